"""An audit's report for people: the verdicts, and every counterexample in a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from negotiate_rt.report.tables import number, table
from negotiate_rt.solutions.audit_report import PROPERTIES, AuditReport, Finding, shown

if TYPE_CHECKING:
    from rich.console import RenderableType

    from negotiate_rt.solutions.probes import ProbeReport

COLOURS = {"holds": "green", "unrefuted": "green", "fails": "red", "not judged": "dim"}


def audit_tables(report: AuditReport) -> Iterator[RenderableType]:
    """Yield the parts of a report, in the order to print them."""
    yield Text.assemble(*_headline(report))
    yield _verdicts(report)
    for one in report.findings:
        if one.counterexample is not None:
            yield Text.assemble((f"{one.property} fails: ", "bold red"), one.counterexample.told)
            yield Text(f"  types ({_types(one)}); gain {number(one.counterexample.gain, 6)}", style="dim")
    if report.revenue is not None:
        found = report.revenue
        error = f" ± {number(found.error, 2)} (standard error)" if found.error else ""
        spread = f", from {number(found.least, 6)} to {number(found.most, 6)}"
        yield Text(f"revenue from the truthful: {number(found.mean, 6)}{error}{spread}")
    yield Text(_claim(report), style="dim")


def probe_lines(report: ProbeReport) -> Iterator[RenderableType]:
    """Yield what a search for attacks found, in the order to print it."""
    how = "all" if report.exhaustive else "drawn with seed " + str(report.seed)
    searched = f"{number(report.profiles)} profiles of types ({how}), {number(report.attacks)} attacks"
    if report.worst is None:
        yield Text(f"{report.probe}: none pays in {searched}", style="green")
        return
    share = f"pays in {number(report.open_profiles)} of {searched}"
    yield Text.assemble((f"{report.probe}: ", "bold red"), f"{share}; the best: {report.worst.told}")
    own = "; ".join(map(shown, report.worst.types))
    yield Text(f"  types ({own}); gain {number(report.worst.gain, 6)}", style="dim")


def _headline(report: AuditReport) -> list[tuple[str, str]]:
    how = "exhaustive" if report.exhaustive else f"sampled, seed {report.seed}"
    facts = f"{number(report.profiles)} profiles of types, {number(report.evaluations)} outcomes computed"
    return [
        (report.mechanism, "bold"),
        (f": {len(report.agents)} agents, {how}, {facts}", ""),
        (f"\nassumes {report.assumes}" if report.assumes else "", "dim"),
    ]


def _verdicts(report: AuditReport) -> Table:
    made = table("promises", "property", "verdict", "fails in", "what it says")
    made.columns[1].justify = made.columns[3].justify = "left"
    for one in report.findings:
        failures = f"{number(one.failures)} of {number(one.cases)}" if one.cases else "-"
        meaning = one.note if one.verdict == "not judged" else PROPERTIES[one.property]
        made.add_row(one.property, Text(one.verdict, style=COLOURS[one.verdict]), failures, Text(meaning, style="dim"))
    return made


def _types(one: Finding) -> str:
    assert one.counterexample is not None  # the caller has asked
    return "; ".join("any" if own is None else shown(own) for own in one.counterexample.types)


def _claim(report: AuditReport) -> str:
    """Return what was searched for what, and what a pass is worth."""
    properties: dict[str, list[str]] = {}
    for one in report.findings:
        if one.searched:
            properties.setdefault(one.searched, []).append(one.property)
    said = [f"searched {searched}: {', '.join(names)}" for searched, names in properties.items()]
    claim = (
        "'holds' covers what was searched, and nothing beyond"
        if report.exhaustive
        else "'unrefuted' means that the search found no counterexample; it proves nothing beyond"
    )
    return "\n".join([*said, claim])
