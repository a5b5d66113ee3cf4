"""`analyze`: what theory says of a scenario or domain, in words, as JSON, and as a picture."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from negotiate_rt import scenarios
from negotiate_rt.cli.consoles import show, stdout_console
from negotiate_rt.cli.gaming import analyze_game_of
from negotiate_rt.errors import ConfigurationError
from negotiate_rt.executor.settings import Settings
from negotiate_rt.problems.bargaining import BargainingProblem, Pie, PriceProblem
from negotiate_rt.report.analysis import Analysis, analysis_of, cloud_of, on_grid
from negotiate_rt.report.plain import encoded
from negotiate_rt.report.theory import Theory, solved_issues, theory_of
from negotiate_rt.report.words import in_line, number
from negotiate_rt.scenarios.game_files import read_game
from negotiate_rt.scenarios.game_format import GAMES

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

LISTED = 20  # vectors of the frontier in the table, unless asked for otherwise
FORMS = (".svg", ".html", ".htm")


class Wish(msgspec.Struct, frozen=True):
    """What the user asks of `analyze`."""

    source: str
    session: int = 1
    seed: int | None = None
    points: int | None = None
    as_json: bool = False
    plot: str | None = None
    picture: bool | None = None
    levels: int = 100


def analyze_source(wish: Wish) -> None:
    """Analyze a scenario file, a domain in any form, or a built-in scenario. Raises ConfigurationError."""
    if wish.plot is not None and Path(wish.plot).suffix.lower() not in FORMS:
        raise ConfigurationError(f"--plot {wish.plot}: expected a name that ends in .svg or .html")
    game = game_in(wish)
    if game is not None:
        analyze_game_of(wish, *game)
        return
    name, theory, cut, about = matter_in(wish)
    every = wish.as_json and wish.points is None
    found = analysis_of(theory, name, None if every else LISTED if wish.points is None else wish.points)
    if cut:
        found = msgspec.structs.replace(found, levels=wish.levels)
    if wish.plot is not None:
        write(wish.plot, picture_file(found, theory, Path(wish.plot).suffix.lower()))
    if wish.as_json:
        sys.stdout.write(msgspec.json.format(encoded(found)).decode() + "\n")
        return
    console = stdout_console()
    if about:
        show(about)
    for part in in_tables(found):
        console.print(part)
    if wish.picture or (wish.picture is None and console.is_terminal):
        draw(theory)
    if wish.plot is not None:
        show(f"plotted in {wish.plot}")


class Matter(NamedTuple):
    """What is analyzed: its name, its problem solved, whether continuous issues were cut into a grid, and a remark."""

    name: str
    theory: Theory
    cut: bool = False
    about: str = ""


def game_in(wish: Wish) -> tuple[str, Any] | None:
    """Return the game between coalitions that the user asks about, in a file of its own or a scenario's; None if there is
    none."""
    held = read_game(wish.source)
    if held is not None:
        return held
    found = scenarios.load_any(wish.source)
    if isinstance(found, scenarios.Scenario) and isinstance(found.spec.problem, GAMES):
        return found.name, found.problem
    return None


def matter_in(wish: Wish) -> Matter:
    """Return what the user asks about. Raises ConfigurationError."""
    found = scenarios.load_any(wish.source)
    if isinstance(found, scenarios.Scenario):
        seed = found.spec.seed if wish.seed is None else wish.seed
        return Matter(found.name, of_scenario(found, wish), about=f"as in session {wish.session} of seed {seed}")
    if len(found.problem.utilities) < 2:
        raise ConfigurationError(
            f"{wish.source}: expected the preferences of two or more parties, got {len(found.problem.utilities)}; "
            "name a folder, or a file, that holds them too"
        )
    problem = on_grid(found.problem, wish.levels)
    return Matter(found.name, solved_issues(problem), cut=problem is not found.problem)


def of_scenario(scenario: scenarios.Scenario, wish: Wish) -> Theory:
    """Return what theory says of one session of a scenario."""
    _, seats, _, problem, _ = Settings(name=scenario.name).plan(*scenario.job(wish.session, wish.seed))
    theory = theory_of(seats, problem)
    if theory is not None:
        return theory
    unknown = [seat.name for seat in seats if seat.preferences is not None and not seat.preferences.known]
    if not isinstance(problem, (PriceProblem, Pie, BargainingProblem)):
        reason = f"it is a {scenario.protocol}"
    elif unknown:
        reason = f"what {', '.join(unknown)} wants is unknown"
    else:
        reason = "it is none between a buyer and a seller"
    raise ConfigurationError(
        f"{wish.source}: no bargaining problem whose solutions are known: {reason}; analyze takes bargaining over issues, one "
        "price or a pie, where each party says what it wants"
    )


# -- words ------------------------------------------------------------------------------------------------------------


def in_tables(found: Analysis) -> Iterator[RenderableType]:
    """Yield the parts of an analysis, in the order to print them."""
    from rich.text import Text

    size = "" if found.outcomes is None else f", {counted(found.outcomes, 'outcome')}"
    what = {"issues": f"{counted(len(found.issues), 'issue')}{size}", "price": "one price", "pie": "a pie to divide"}[found.kind]
    yield Text.assemble((found.name, "bold"), f": {what}, parties {', '.join(found.parties)}")
    yield Text(found.verdict, style="bold green" if found.possible else "bold red")
    if found.levels is not None:
        yield Text(f"continuous issues were cut into {counted(found.levels, 'value')}; --levels says how many")
    if found.issues:
        yield _issues(found)
    yield _parties(found)
    if found.opposition is not None:
        yield Text(f"opposition {number(found.opposition)} (the distance, in utilities, to everybody having what it wants most)")
    if found.price is not None:
        yield from _price(found)
    if found.solutions:
        yield _solutions(found)
        yield Text("\n".join(f"{name}: {one.definition}" for name, one in found.solutions.items()), style="dim")
    if found.delay is not None:
        yield from _delay(found)
    if found.frontier_size is not None:
        many, shown = found.frontier_size, len(found.frontier)
        left_out = f", {number(shown)} shown" if shown < many else ""
        yield Text(f"Pareto frontier: {counted(many, 'utility vector')}{left_out}", style="bold")
        yield _frontier(found)


def _table(title: str, *columns: str, words: int = 0) -> Table:
    """Return a table whose first column, and the last so many, hold words."""
    from negotiate_rt.report.tables import table

    made = table(title, *columns)
    for column in made.columns[len(columns) - words :]:
        column.justify = "left"
    return made


def _issues(found: Analysis) -> Table:
    made = _table("issues", "issue", "kind", "values", "legal", words=1)
    made.columns[1].justify = "left"
    for one in found.issues:
        made.add_row(*_texts(one.name, one.kind, "infinitely many" if one.values is None else number(one.values), one.legal))
    return made


def _parties(found: Analysis) -> Table:
    made = _table("parties", "party", "without a deal", "most in a rational deal")
    for name in found.parties:
        ideal = None if found.ideal is None else found.ideal[name]
        made.add_row(*_texts(name, number(found.disagreement[name]), number(ideal)))
    return made


def _solutions(found: Analysis) -> Table:
    made = _table("solution points", "point", *found.parties, "deal", "ties", words=2)
    for name, one in found.solutions.items():
        told = in_words(one.deal)
        own = (number(one.utilities[party], 6) for party in found.parties)
        made.add_row(*_texts(name, *own, told, f"+ {number(one.tied)}" if one.tied else ""))
    return made


def _frontier(found: Analysis) -> Table:
    made = _table("", "", *found.parties, "outcome", words=1)
    made.title = None  # it would be folded to the width of the table
    for place, one in enumerate(found.frontier, 1):
        own = (number(one.utilities[party], 6) for party in found.parties)
        made.add_row(*_texts(str(place), *own, in_words(one.deal)))
    return made


def _price(found: Analysis) -> Iterator[RenderableType]:
    from rich.text import Text

    price = found.price
    assert price is not None
    if price.low is None:
        yield Text(f"no price suits both: {price.seller} and {price.buyer} miss each other by {number(-price.surplus, 6)}")
        return
    yield Text(f"zone of agreement: {number(price.low, 6)} to {number(price.high, 6)}, a surplus of {number(price.surplus, 6)}")
    yield Text(f"split the difference (Nash): {number(price.middle, 6)}", style="bold")


def _delay(found: Analysis) -> Iterator[RenderableType]:
    from rich.text import Text

    delay = found.delay
    assert delay is not None
    told = f"alternating offers, {delay.first} first: "
    if delay.deal is not None:
        own = ", ".join(f"{name} {number(share, 6)}" for name, share in delay.shares.items())
        told += f"{in_words(delay.deal)} in period {delay.period} ({own})"
    yield Text(told + delay.note, style="bold")
    yield Text(f"  {delay.definition}", style="dim")


def counted(many: int, what: str) -> str:
    """Return a number of things in words."""
    return f"{number(many)} {what}{'' if many == 1 else 's'}"


def in_words(deal: Any) -> str:  # a plain tree
    """Return a deal in a line."""
    return ", ".join(f"{name} {in_line(one)}" for name, one in deal.items()) if isinstance(deal, Mapping) else in_line(deal)


def _texts(*cells: str) -> Iterator[RenderableType]:
    """Return cells as they are: what users name is no markup."""
    from rich.text import Text

    return map(Text, cells)


# -- pictures ---------------------------------------------------------------------------------------------------------


def draw(theory: Theory) -> None:
    """Draw the utility plane on the terminal."""
    from negotiate_rt.report.pictures import plane_picture

    console = stdout_console()
    plain = not console.encoding.lower().startswith("utf")
    console.print(*plane_picture(theory, console.width, cloud=_cloud(theory), ascii_only=plain), sep="\n")


def picture_file(found: Analysis, theory: Theory, form: str) -> str:
    """Return the utility plane as SVG (of the first two parties), or a page of HTML with the planes of all pairs."""
    from negotiate_rt.report.charts import plane_charts
    from negotiate_rt.report.page import analysis_page

    charts = plane_charts(theory, "plane", cloud=_cloud(theory))
    if form == ".svg":
        return charts[0].svg(alone=True) + "\n"
    return analysis_page(found, theory, [one.svg() for one in charts])


def write(path: str, text: str) -> None:
    """Write a file. Raises ConfigurationError."""
    try:
        Path(path).write_text(text, encoding="utf-8", errors="xmlcharrefreplace")
    except OSError as error:
        raise ConfigurationError(f"--plot {path}: cannot write there: {error.strerror or error}") from None


def _cloud(theory: Theory) -> Any:  # utility vectors, or None
    return None if theory.problem is None else cloud_of(theory.problem)
