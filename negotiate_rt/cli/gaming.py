"""`analyze` of games between coalitions: in tables, and as JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from negotiate_rt.cli.consoles import stdout_console
from negotiate_rt.errors import ConfigurationError
from negotiate_rt.report.plain import encoded
from negotiate_rt.report.words import number

if TYPE_CHECKING:
    from rich.console import RenderableType

    from negotiate_rt.cli.analyzing import Wish
    from negotiate_rt.report.game_analysis import GameAnalysis


def analyze_game_of(wish: Wish, name: str, game: Any) -> None:  # a CoalitionGame
    """Print what theory says of a game. Raises ConfigurationError where a picture is asked for."""
    from negotiate_rt.report.game_analysis import analyze_game  # late: numpy

    if wish.plot is not None or wish.picture:
        raise ConfigurationError(f"{wish.source}: a game between coalitions has no utility plane to draw")
    found = analyze_game(game, name)
    if wish.as_json:
        sys.stdout.write(msgspec.json.format(encoded(found)).decode() + "\n")
        return
    console = stdout_console()
    for part in in_tables(found):
        console.print(part)


def in_tables(found: GameAnalysis) -> Iterator[RenderableType]:
    """Yield the parts of an analysis, in the order to print them."""
    from rich.text import Text

    from negotiate_rt.report.tables import table

    what = "cost" if found.costs else "worth"
    yield Text.assemble(
        (found.name, "bold"), f": {found.kind} of {len(found.players)} players; all together: {what} {number(found.grand, 6)}"
    )
    for one in found.properties:
        yield Text(f"  {one}", style="" if not one.startswith("not") else "yellow")
    if found.core is not None:
        style = "bold green" if "not empty" in found.core else "bold red"
        yield Text(f"{found.core}; least core epsilon {number(found.epsilon, 6)}", style=style)
    estimated = any(one.margin is not None for one in found.players.values())
    columns = ["player", "alone", "Shapley", *(["±"] if estimated else []), "Banzhaf"]
    known = any(one.nucleolus is not None for one in found.players.values())
    made = table("values", *columns, *(["nucleolus"] if known else []))
    for name, facts in found.players.items():
        cells = [number(facts.alone, 6), number(facts.shapley, 6)]
        cells += [number(facts.margin, 2)] if estimated else []
        cells += [number(facts.banzhaf, 6)] + ([number(facts.nucleolus, 6)] if known else [])
        made.add_row(Text(name), *cells)
    yield made
    blocks = " ".join("{" + ", ".join(block) + "}" for block in found.best_structure)
    proven = "" if found.proven else " (not proven)"
    yield Text(f"best structure: {blocks}, {what} {number(found.best, 6)}{proven}", style="bold")
    for one in found.verdicts:
        yield Text(f"  {one}")
    for one in found.notes:
        yield Text(one, style="dim")
