"""The cost of a distributed search over its cycles, or over time: as a chart in SVG and as a picture for a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from negotiate_rt.report.svg import Axis, Chart
from negotiate_rt.report.words import number

if TYPE_CHECKING:
    from rich.text import Text

    from negotiate_rt.protocols.account import SolvingResult
    from negotiate_rt.solutions.dcop.tally import CostPoint

Over = Literal["cycles", "time"]
WIDEST, NARROWEST, TALLEST = 76, 24, 16  # columns and rows of a picture; a narrower terminal gets none


def steps(curve: Sequence[CostPoint], over: Over = "cycles") -> list[tuple[float, float]]:
    """Return the points of a curve where all variables had values and no hard constraint was broken."""
    return [
        (point.at if over == "time" else point.cycle, point.cost)
        for point in curve
        if point.cost is not None and math.isfinite(point.cost)
    ]


def cost_chart(results: Sequence[SolvingResult], over: Over = "cycles") -> Chart:
    """Return the cost curves of one or several searches of one problem in a chart; a search without cycles is a line across."""
    drawn = [(result.algorithm, steps(result.curve, over)) for result in results]
    points = [point for _, curve in drawn for point in curve]
    label = "cycle" if over == "cycles" else "seconds on the society's clock"
    sense = "cost" if all(result.objective == "min" for result in results) else "utility"
    told = "; ".join(f"{name}: from {number(curve[0][1])} to {number(curve[-1][1])}" for name, curve in drawn if curve)
    chart = Chart(
        Axis(label, [0.0, *(x for x, _ in points)], whole=over == "cycles"), Axis(sense, (y for _, y in points)),
        title=f"{sense} by {label}", description=told or "no complete assignment", name=f"cost-by-{over}",
    )  # fmt: skip
    last = max((x for x, _ in points), default=1.0)
    for place, (name, curve) in enumerate(drawn):
        if len(curve) == 1:
            curve = [(0.0, curve[0][1]), (last, curve[0][1])]
        style = f"s{place % 8}" + (" dashed" if len(curve) == 2 and len(drawn) > 1 else "")
        chart.line(stairs(curve), style, name)
    return chart


def stairs(curve: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return a curve as a line that keeps each value until the next point."""
    found: list[tuple[float, float]] = []
    for x, y in curve:
        if found and found[-1][1] != y:
            found.append((x, found[-1][1]))
        found.append((x, y))
    return found


def cost_picture(result: SolvingResult, width: int, *, ascii_only: bool = False) -> Iterator[Text]:
    """Yield the cost curve line by line; nothing for a search without cycles, or where there is no room."""
    from rich.text import Text

    from negotiate_rt.report.canvas import GUTTER, Canvas

    curve = steps(result.curve)
    columns = min(WIDEST, width) - GUTTER - 1
    if len(curve) < 2 or columns < NARROWEST:
        return
    canvas = Canvas(
        Axis("cycle", (x for x, _ in curve), whole=True), Axis("", (y for _, y in curve)), columns, TALLEST,
        ascii_only=ascii_only,
    )  # fmt: skip
    canvas.line(stairs(curve), "cyan")
    yield Text(f"{'':{GUTTER}}{'cost' if result.objective == 'min' else 'utility'}", style="dim")
    yield from canvas.lines()
