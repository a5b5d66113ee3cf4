"""A campaign's report for people: a table for a terminal. The only part of this room that loads rich."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from negotiate_rt.lab.stress.baseline import Regression
from negotiate_rt.lab.stress.report import CellReport, StressReport
from negotiate_rt.lab.stress.shrinking import Shrunk
from negotiate_rt.report.tables import number, table

if TYPE_CHECKING:
    from rich.console import RenderableType


def stress_tables(report: StressReport) -> Iterator[RenderableType]:
    """Yield the parts of a report, in the order to print them."""
    times = ("timed out", "p50 ms", "p99 ms")
    made = table("stress", "cell", "runs", "agreed", *times, "rounds", "messages", "welfare lost", "survived", "broken")
    for cell in report.cells:
        made.add_row(Text(cell.name), *_measures(cell))
    yield made
    worlds = f"{report.negotiations:,} negotiations in {report.worlds:,} worlds, {report.messages:,} messages"
    speed = f"{report.rate:,.0f} negotiations and {report.messages / max(report.seconds, 1e-9):,.0f} messages a second"
    yield Text(f"{worlds}, {report.seconds:,.1f} s with {report.jobs} processes: {speed}")
    yield Text(
        "agreed: of all runs; times on the virtual clock; survived: agreements although an agent misbehaved; broken: invariants",
        style="dim",
    )
    if report.violations:
        yield Text(f"invariant violations: {report.violations}", style="bold red")
        for failure in report.failures:
            yield Text(f"  {failure.violation}\n    in {', '.join(failure.cell)}; again: {failure.command}")
    else:
        yield Text("invariant violations: 0", style="green")


def _measures(cell: CellReport) -> list[str]:
    messages = cell.messages / cell.negotiations if cell.negotiations else 0.0
    lost = "-" if cell.welfare_lost is None else f"{100 * cell.welfare_lost:.1f} %"
    return [
        number(cell.negotiations), f"{100 * cell.agreement_rate:.1f} %", f"{100 * cell.timed_out:.1f} %", _time(cell.p50),
        _time(cell.p99), f"{cell.rounds:.1f}", f"{messages:.1f}", lost,
        f"{cell.survived} of {cell.troubled}" if cell.troubled else "-", number(cell.violations),
    ]  # fmt: skip


def _time(milliseconds: float | None) -> str:
    return "-" if milliseconds is None else f"{milliseconds:,.0f}" if milliseconds >= 10 else f"{milliseconds:.2g}"


def shrunk_lines(shrunk: Shrunk) -> Iterator[Text]:
    """Yield what a broken world was shrunk to, and its trace."""
    yield Text(f"{shrunk.violation}", style="bold red")
    world = shrunk.world
    network = "a perfect network" if world.network is None else f"{world.network}"
    yield Text(
        f"shrunk in {shrunk.tries} tries to {shrunk.negotiations} negotiation(s), {shrunk.agents} agents, {shrunk.messages} "
        f"messages, at most {world.spec.max_rounds} rounds, schedule {'shuffled' if world.shuffle is not None else 'plain'}, "
        f"seed {world.seed}, {network}"
    )
    for one in shrunk.trace:
        yield Text(f"  {one}")


def regression_lines(found: list[Regression], unknown: list[str]) -> Iterator[Text]:
    """Yield what has become worse, and which cells are `unknown` to the baseline, so that nothing could be said of them."""
    if not found:
        yield Text("no worse than the baseline" + (", where it has the same cells" if unknown else ""), style="green")
    for name in unknown:
        yield Text(f"not in the baseline: {name}", style="yellow")
    for one in found:
        yield Text(f"worse: {one}", style="bold red")
