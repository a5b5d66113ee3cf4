"""Reports for people: tables for a terminal. The only part of this room that loads rich."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from negotiate_rt.messages.outcome import NegotiationOutcome
from negotiate_rt.problems.coalitions import CoalitionResult
from negotiate_rt.problems.dividing import DivisionResult
from negotiate_rt.report.plain import plain
from negotiate_rt.report.searches import is_search
from negotiate_rt.report.series import Spread
from negotiate_rt.report.study import ENDED, TheoryReport
from negotiate_rt.report.tally import GroupReport, Report
from negotiate_rt.report.words import in_line, number, share, words

if TYPE_CHECKING:
    from rich.console import RenderableType

ENDS_SHOWN = 30  # offers at either end of a long talk
__all__ = ["ENDS_SHOWN", "number", "outcome_tables", "report_tables", "table", "words"]
COLOURS = {"AGREED": "green", "FAILED": "red", "TIMEOUT": "yellow", "DEADLOCK": "magenta"}


MOST_AGENTS = 24  # whose utilities a terminal shows; more would hide the rest


def table(title: str, *columns: str) -> Table:
    """Return an empty table whose first column holds words and whose others hold numbers."""
    made = Table(title=Text(title, style="bold"), title_justify="left", header_style="bold", box=SIMPLE_HEAD)
    for place, column in enumerate(columns):
        made.add_column(column, justify="left" if place == 0 else "right", overflow="fold")
    return made


def report_tables(report: Report) -> Iterator[RenderableType]:
    """Yield the parts of a report, in the order to print them."""
    yield Text.assemble(*_headline(report))
    yield _protocols(report)
    yield _endings(report)
    worth = _utilities(report)
    if worth.row_count <= MOST_AGENTS:
        if worth.row_count:
            yield worth
    else:
        yield Text(f"utilities of {worth.row_count} agents: in --json, and in what run --out keeps", style="dim")
    if report.theory:
        yield Text(beside_theory(report.theory))
        means = _means(report.theory)
        if means.row_count:
            yield means
    if report.coalitions:
        from negotiate_rt.report.coalition_tables import figures_tables

        yield from figures_tables(report.coalitions)
    if report.divisions:
        from negotiate_rt.report import division_tables

        yield from division_tables.figures_tables(report.divisions)
    if report.searches:
        from negotiate_rt.report import solving_tables

        yield from solving_tables.figures_tables(report.searches)
    if report.total.faults:
        yield _faults(report.total)


def _headline(report: Report) -> list[tuple[str, str]]:
    total = report.total
    parts = [(report.scenario, "bold"), (f": {number(total.agreed)} of {number(total.sessions)} sessions agreed", "")]
    if total.agreement_rate is not None:
        parts.append((f" ({total.agreement_rate:.1%})", "green" if total.agreed else "red"))
    if report.interrupted:
        parts.append((f"; INTERRUPTED, {number(report.asked)} were asked for", "bold yellow"))
    facts = [f"{report.clock} clock" if report.clock else "", "" if report.seed is None else f"seed {report.seed}"]
    if report.wall_seconds:
        facts.append(f"{report.wall_seconds:.2f} s, {number(total.sessions / report.wall_seconds, 3)} sessions/s")
    parts.append(("\n" + ", ".join(fact for fact in facts if fact), "dim"))
    return parts


def _protocols(report: Report) -> Table:
    made = table(
        "by protocol", "protocol", "sessions", "agreed", "rounds", "p99", "messages", "p99", "time ms p50", "p99", "max"
    )
    groups = list(report.protocols.items())
    if len(groups) > 1:
        groups.append(("all", report.total))
    for name, group in groups:
        made.add_row(Text(name), *_measures(group))
    return made


def _measures(group: GroupReport) -> list[str]:
    rate = "-" if group.agreement_rate is None else f"{group.agreement_rate:.1%}"
    time = group.duration_ms
    return [
        number(group.sessions), rate, number(group.rounds.mean), number(group.rounds.p99), number(group.messages.mean),
        number(group.messages.p99), number(time.p50), number(time.p99), number(time.max),
    ]  # fmt: skip


def _endings(report: Report) -> Table:
    """Every session is in exactly one row of the states; failures are told again by their code."""
    total = report.total
    made = table("how they ended", "state", "sessions", "share", "the first" if total.failure_codes else "")
    made.columns[3].justify = "left"
    for state, count in total.final_states.items():
        made.add_row(Text(state, style=COLOURS.get(state, "")), number(count), f"{count / total.sessions:.1%}")
    for code, count in total.failure_codes.items():
        first = Text(total.examples.get(code, ""), style="dim")
        made.add_row(Text(f"  {code}", style="dim"), number(count), f"{count / total.sessions:.1%}", first)
    return made


def _utilities(report: Report) -> Table:
    made = table("utility", "agent", "mean", "min", "p50", "max", "sessions")
    several = len(report.protocols) > 1
    for protocol, group in report.protocols.items():
        for name, spread in group.utilities.items():
            label = f"{name} ({protocol})" if several else name
            made.add_row(Text(label), *_worth(spread))
    return made


def beside_theory(found: TheoryReport) -> str:
    """Return in a line how the deals compare with theory."""
    impossible = found.compared - found.possible
    parts = [f"beside theory: a bargain was possible in {number(found.possible)} of {number(found.compared)} sessions"]
    if found.possible:
        parts.append(f"{share(found.reached / found.possible)} of these agreed")
    if found.impossible_agreed:
        parts.append(f"{number(found.impossible_agreed)} of the {number(impossible)} impossible ones agreed as well")
    if found.deals:
        parts.append(f"{share(found.efficient)} of deals Pareto-efficient, {number(found.to_frontier)} from the frontier")
    if found.welfare is not None:
        parts.append(f"{share(found.welfare)} of the best joint utility")
    return "; ".join(parts)


def _means(found: TheoryReport) -> Table:
    parties = next(iter(found.utilities.values()), {})
    made = table("mean utility where a bargain was possible", "", *parties, "distance of deals")
    for name, by_party in found.utilities.items():
        label = "as they ended" if name == ENDED else name
        made.add_row(Text(label), *(number(one) for one in by_party.values()), number(found.to_points.get(name)))
    return made


def _faults(total: GroupReport) -> Table:
    made = table("faults of agents", "kind", "times", "the first")
    made.columns[2].justify = "left"
    for kind, count in total.faults.items():
        made.add_row(Text(kind), number(count), Text(total.examples.get(kind, ""), style="dim"))
    return made


def _worth(spread: Spread) -> list[str]:
    return [number(one) for one in (spread.mean, spread.min, spread.p50, spread.max, spread.count)]


def outcome_tables(outcome: NegotiationOutcome, issues: Sequence[str] = ()) -> Iterator[RenderableType]:
    """Yield one session told at length: its offers, and how it ended."""
    made = table(f"{outcome.id}: the offers", "round", "agent", "offer")
    made.columns[1].justify = made.columns[2].justify = "left"
    for place, offer in enumerate(outcome.all_offers):
        if ENDS_SHOWN <= place < len(outcome.all_offers) - ENDS_SHOWN:
            if place == ENDS_SHOWN:
                made.add_row("...", "", f"{len(outcome.all_offers) - 2 * ENDS_SHOWN} more offers")
            continue
        accepted = outcome.accepted_offer is not None and offer.id == outcome.accepted_offer.id
        style = "bold green" if accepted else ""
        made.add_row(str(offer.round), Text(offer.agent), Text(words(offer.value, issues), style=style))
    coalitions = outcome.result if isinstance(outcome.result, CoalitionResult) else None
    if outcome.all_offers and coalitions is None:  # else they are told with what became of them
        yield made
    state = str(outcome.final_state)
    ending = [(state, COLOURS.get(state, "")), (f" in round {outcome.rounds_used}", "")]
    if outcome.accepted_offer is not None and coalitions is None:
        ending.append((f" at {words(outcome.accepted_offer.value, issues)}", "bold"))
    if outcome.failure_reason is not None:
        ending.append((f": {outcome.failure_reason}", ""))
    yield Text.assemble(*ending)
    yield from _result(outcome.result)
    for fault in outcome.faults[:ENDS_SHOWN]:
        yield Text(f"fault of {fault.who}: {fault.what}: {fault.cause}", style="yellow")


def _result(result: Any) -> Iterator[RenderableType]:  # typed by the protocol
    """Yield what a session came to."""
    if isinstance(result, CoalitionResult):
        from negotiate_rt.report import coalition_tables

        yield from coalition_tables.session_tables(result)
    elif isinstance(result, DivisionResult):
        from negotiate_rt.report import division_tables

        yield from division_tables.session_tables(result)
    elif is_search(result):
        from negotiate_rt.report import solving_tables

        yield from solving_tables.session_tables(result)
    elif isinstance(fields := plain(result), dict):
        told = ", ".join(f"{key} {in_line(one)}" for key, one in fields.items() if key not in ("bids", "reason") and one)
        yield Text(f"result: {told}")
