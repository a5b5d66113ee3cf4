"""What searches for a good assignment came to, as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from negotiate_rt.report.searches import COLUMNS, SearchReport, in_line, rows
from negotiate_rt.report.words import number, words

if TYPE_CHECKING:
    from rich.console import RenderableType

    from negotiate_rt.messages.outcome import NegotiationOutcome
    from negotiate_rt.problems.dcop import DcopProblem
    from negotiate_rt.protocols.account import SolvingResult

SHOWN = 40  # variables whose values are printed; JSON tells all
WIDE = 78  # columns of a cost curve


def problem_line(source: str, problem: DcopProblem) -> Text:
    """Return a line on what is to be solved."""
    told = (
        f"{source}: {problem.objective} over {len(problem.variables)} variables of {len(problem.agents)} agents, "
        f"{len(problem.functions)} cost functions"
    )
    return Text(told, style="bold")


def results_table(done: Sequence[tuple[NegotiationOutcome, float]]) -> Table:
    """Return a row for each algorithm: what it reached and what that took; with the seconds of real time beside those of the
    society's clock."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("algorithm", "ended", "cost", "broken", "messages", "bytes", "cycles", "checks", "clock s", "real s"):
        table.add_column(title, justify="left" if title in ("algorithm", "ended") else "right")
    for outcome, seconds in done:
        result: SolvingResult = outcome.result
        ended = "optimal" if result.proven else str(outcome.final_state).lower()
        table.add_row(
            result.algorithm, ended, number(result.cost, 6), str(len(result.violated)), number(result.messages),
            number(result.bytes), number(result.cycles), number(result.checks), number(outcome.duration_ms / 1000.0),
            f"{seconds:.3g}",
        )  # fmt: skip
    return table


def assignment_table(result: SolvingResult, most: int) -> Table:
    """Return the first variables with their values, and how many more there are; broken constraints first."""
    table = Table.grid(padding=(0, 2))
    assert result.assignment is not None
    if result.violated:
        table.add_row("broken:", Text(", ".join(result.violated), style="red"))
    pairs = [f"{name} = {words(value)}" for name, value in result.assignment.items()]
    more = f" ... and {len(pairs) - most} more (--json)" if len(pairs) > most else ""
    table.add_row(f"{result.algorithm}:", ", ".join(pairs[:most]) + more)
    return table


def session_tables(result: SolvingResult) -> Iterator[RenderableType]:
    """Yield what one search came to: the assignment, what it took, and its cost from cycle to cycle."""
    from negotiate_rt.report.cost_curve import cost_picture

    proof = ", proved to be the best" if result.proven else ""
    sense = "cost" if result.objective == "min" else "utility"
    yield Text(f"{result.algorithm}: {sense} {number(result.cost, 6)}{proof}", style="bold")
    took = f"{number(result.messages)} messages, {number(result.bytes)} bytes, {number(result.checks)} checks one after the other"
    yield Text(f"{took}, {number(result.cycles)} cycles" if result.cycles else took)
    if result.assignment is not None:
        yield assignment_table(result, SHOWN)
    yield from cost_picture(result, WIDE)


def figures_tables(found: SearchReport) -> Iterator[RenderableType]:
    """Yield the figures of many searches, beside theory."""
    from negotiate_rt.report.tables import table

    yield Text(in_line(found))
    made = table("assignments", *COLUMNS)
    for one in rows(found):
        made.add_row(*map(Text, one))
    yield made
