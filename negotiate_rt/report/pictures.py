"""Pictures for a terminal: the utility plane of a problem and the offer curves of a session. Loads rich."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.text import Text

from negotiate_rt.report.canvas import GUTTER, Canvas
from negotiate_rt.report.charts import drawn_frontier
from negotiate_rt.report.svg import Axis
from negotiate_rt.report.talk import Talk, offers_of, own_curves, value_curves
from negotiate_rt.report.theory import Theory

LETTERS = {
    "Nash": ("N", "bold cyan"), "Kalai-Smorodinsky": ("K", "bold yellow"), "egalitarian": ("E", "bold green"),
    "utilitarian": ("U", "bold magenta"), "equal loss": ("L", "bold blue"),
}  # fmt: skip
COLOURS = ("cyan", "yellow", "green", "magenta", "blue", "red")
WIDEST, NARROWEST = 76, 24  # columns of a picture; a terminal narrower than the latter gets none
TALLEST = 22
FEW = 100  # vectors of a frontier that get a sign each; more are dots
Point = tuple[float, float]


def plane_picture(
    theory: Theory, width: int, *, deals: Sequence[Sequence[float]] = (), cloud: Any = None, ascii_only: bool = False
) -> Iterator[Text]:  # cloud: utility vectors of shape (outcomes, parties), or None
    """Yield the utility plane of the first two parties, with its frontier, solution points and deals."""
    size = _size(width)
    if size is None:
        return
    frontier = [(row[0], row[1]) for row in drawn_frontier(theory)]
    without = theory.solutions.disagreement
    around = [] if cloud is None else [(row[0], row[1]) for row in cloud.tolist()]
    seen = [*frontier, *around, (without[0], without[1]), *((one[0], one[1]) for one in deals)]
    canvas = _canvas(seen, (f"utility of {theory.parties[0]}", "utility"), size, ascii_only)
    for point in around:
        canvas.dot(*point, "dim")
    if theory.kind != "issues":
        canvas.line(frontier, "cyan")
    few = theory.kind == "issues" and len(frontier) <= FEW
    for point in () if few else frontier:
        canvas.dot(*point, "cyan")
    for one in deals:
        canvas.letter(one[0], one[1], "x" if ascii_only else "●", "bold red")
    for solution in theory.solutions:
        letter, style = LETTERS[solution.name]
        canvas.letter(solution.utilities[0], solution.utilities[1], letter, style)
    canvas.letter(without[0], without[1], "d", "bold")
    sign = "o" if ascii_only else "○"
    for point in frontier if few else ():
        canvas.fill(*point, sign, "cyan")
    second = theory.parties[1]
    yield Text(f"{'':{GUTTER}}{f'utility of {second}'}"[:width], style="dim")
    yield from canvas.lines()
    names = ", ".join(f"{letter} {name}" for name, (letter, _) in LETTERS.items() if theory.possible)
    ended = [f"{'x' if ascii_only else '●'} deal"] if deals else []
    edge = [f"{sign} Pareto frontier"] if few else []
    yield Text(", ".join(one for one in (names, *edge, "d no deal", *ended) if one), style="dim")


def talk_picture(talk: Talk, width: int, *, ascii_only: bool = False) -> Iterator[Text]:
    """Yield what each side's offers were worth to itself, round by round; where utilities are unknown, or a price is
    negotiated, the offers themselves."""
    size = _size(width)
    by_price = talk.theory is None or talk.theory.kind == "price"
    curves = value_curves(talk.outcome) if by_price else own_curves(talk, offers_of(talk))
    points = [point for line in curves.values() for point in line]
    if size is None or len({x for x, _ in points}) < 2:
        return
    label = "offers" if by_price else "utility of one's own offers"
    canvas = _canvas(points, ("round", label), size, ascii_only)
    legend = Text()
    for place, (name, line) in enumerate(curves.items()):
        style = COLOURS[place % len(COLOURS)]
        canvas.line(line, style)
        canvas.letter(*line[0], _letter(place), f"bold {style}")
        legend.append(f"{', ' if place else ''}{_letter(place)} {name}", style)
    accepted = talk.outcome.accepted_offer
    ended = [one for one in curves.get(accepted.agent, ()) if one[0] == accepted.round] if accepted is not None else []
    if ended:
        deal = "x" if ascii_only else "●"
        canvas.letter(*ended[-1], deal, "bold red")
        legend.append(f", {deal} the deal", "red")
    yield Text(f"{'':{GUTTER}}{label}"[:width], style="dim")
    yield from canvas.lines()
    yield legend


def _letter(place: int) -> str:
    return chr(ord("a") + place) if place < 26 else "*"


def _size(width: int) -> tuple[int, int] | None:
    columns = min(WIDEST, width) - GUTTER - 1
    return None if width < NARROWEST else (columns, min(TALLEST, max(8, round(columns * 0.32))))


def _canvas(points: Sequence[Point], labels: tuple[str, str], size: tuple[int, int], ascii_only: bool) -> Canvas:
    across = Axis(labels[0], (x for x, _ in points), whole=labels[0] == "round", room=0)
    return Canvas(across, Axis(labels[1], (y for _, y in points), room=0), *size, ascii_only=ascii_only)
