"""Fair divisions as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from negotiate_rt.problems.dividing import DivisionResult
from negotiate_rt.report.divisions import COLUMNS, DivisionFigures, holdings, in_line, rows

if TYPE_CHECKING:
    from rich.console import RenderableType

CLAIMANTS_SHOWN = 60


def session_tables(result: DivisionResult) -> Iterator[RenderableType]:
    """Yield who gets what in one division, and the verdicts, those that the rule promises first."""
    from negotiate_rt.report.tables import table

    made = table(f"the division ({result.rule})", "claimant", "gets", "pays", "worth to it")
    made.columns[1].justify = "left"
    told = holdings(result)
    for one in told[:CLAIMANTS_SHOWN]:
        made.add_row(*map(Text, one))
    if len(told) > CLAIMANTS_SHOWN:
        made.add_row("...", f"{len(told) - CLAIMANTS_SHOWN} more", "", "")
    yield made
    if result.remainder:
        yield Text(f"nobody got {', '.join(map(str, result.remainder))}")
    if result.proven is not None:
        yield Text(f"{'proven optimal' if result.proven else 'not proven optimal'} by {result.method}")
    order = sorted(result.verdicts, key=lambda name: name not in result.promised)
    for name in order:
        verdict = result.verdicts[name]
        mark = {True: "yes", False: "no", None: "open"}[verdict.holds]
        promised = " (promised)" if name in result.promised else ""
        style = "green" if verdict.holds else "red" if promised and verdict.holds is False else "dim"
        yield Text(f"{mark:4} {name}{promised}: {verdict.reason}", style=style)


def figures_tables(found: DivisionFigures) -> Iterator[RenderableType]:
    """Yield the figures of many divisions, beside theory."""
    from negotiate_rt.report.tables import table

    yield Text(in_line(found))
    made = table("fairness", *COLUMNS)
    made.columns[1].justify = made.columns[5].justify = "left"
    for one in rows(found):
        made.add_row(*map(Text, one))
    if made.row_count:
        yield made
