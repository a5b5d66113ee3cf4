"""Coalition formations as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from rich.text import Text

from negotiate_rt.problems.coalitions import CoalitionResult
from negotiate_rt.report.coalitions import CoalitionFigures, history_in_words, in_line, structure_in_words
from negotiate_rt.report.words import number

if TYPE_CHECKING:
    from rich.console import RenderableType

EVENTS_SHOWN = 60  # of one session
PLAYERS_SHOWN = 24


def session_tables(result: CoalitionResult) -> Iterator[RenderableType]:
    """Yield one session's coalitions, step by step, and what they came to."""
    from negotiate_rt.report.tables import table

    steps = history_in_words(result)
    made = table("what happened", "round", "who", "what")
    made.columns[1].justify = made.columns[2].justify = "left"
    for one in steps[:EVENTS_SHOWN]:
        made.add_row(*map(Text, one))
    if len(steps) > EVENTS_SHOWN:
        made.add_row("...", "", f"{len(steps) - EVENTS_SHOWN} more")
    if steps:
        yield made
    yield Text(f"coalitions: {structure_in_words(result)}, worth {number(result.worth)} in all", style="bold")
    if result.gone:
        yield Text(f"left the talk: {', '.join(result.gone)}")
    theory = result.theory
    if theory is not None:
        yield Text(theory.reason, style="green" if theory.stable else "red")


def figures_tables(found: CoalitionFigures) -> Iterator[RenderableType]:
    """Yield the figures of many sessions, beside theory."""
    from negotiate_rt.report.tables import table

    yield Text(in_line(found))
    values = {"Shapley": found.shapley, "nucleolus": found.nucleolus}
    known = {name: one for name, one in values.items() if one is not None}
    made = table("cost shares" if found.costs else "payoffs", "player", "mean", "min", "max", *known)
    for name, spread in list(found.payoffs.items())[:PLAYERS_SHOWN]:
        beside = (number(one.get(name)) for one in known.values())
        made.add_row(Text(name), number(spread.mean), number(spread.min), number(spread.max), *beside)
    yield made
    yield _structures(found.structures, found.best_structure)


def _structures(structures: Mapping[str, int], best: str | None) -> RenderableType:
    from negotiate_rt.report.tables import table

    made = table("coalitions", "structure", "sessions")
    for told, count in structures.items():
        made.add_row(Text(told), number(count))
    if best is not None:
        made.add_row(Text(f"best: {best}", style="dim"), "")
    return made
