"""Outcomes as rows of a table, one a line: outcomes.csv, for a spreadsheet or a data frame."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from typing import Any, TextIO

from negotiate_rt.messages.outcome import NegotiationOutcome
from negotiate_rt.report.comparison import Comparison
from negotiate_rt.report.plain import plain

MOST_AGENTS = 64  # with a column each; the utilities of a larger crowd stand in one column, as JSON
FACTS = (
    "id", "protocol", "agreed", "final_state", "failure_code", "failure_reason", "rounds", "duration_ms", "messages", "offers",
    "faults", "deal_by",
)  # fmt: skip
POINTS = ("Nash", "Kalai-Smorodinsky", "egalitarian", "utilitarian", "equal loss")
THEORY = ("possible", "efficient", "rational", "welfare", "to_frontier", *(f"to {name}" for name in POINTS))


class OutcomeRows:
    """Writes outcomes as CSV (RFC 4180, UTF-8, "." in numbers); the columns are fixed by the issues and the agents.

    After the facts: `deal`, or over many issues `deal.ISSUE` each; `utility.AGENT` each; then the comparison with theory,
    empty where theory says nothing. What is unknown is empty; truth is `true` or `false`; lists and tables are JSON. Numbers
    are written so that reading them gives back the same float.
    """

    def __init__(self, stream: TextIO, issues: Sequence[str] = (), agents: Sequence[str] = ()) -> None:
        self.issues = tuple(issues)
        self.agents = tuple(agents) if len(agents) <= MOST_AGENTS else ()
        self._writer = csv.writer(stream, lineterminator="\n")
        self._writer.writerow(self.header)

    @property
    def header(self) -> tuple[str, ...]:
        """The names of the columns."""
        deals = tuple(f"deal.{name}" for name in self.issues) or ("deal",)
        worth = tuple(f"utility.{name}" for name in self.agents) or ("utilities",)
        return (*FACTS, *deals, *worth, *THEORY)

    def add(self, outcome: NegotiationOutcome, comparison: Comparison | None = None) -> None:
        """Write one row."""
        accepted = outcome.accepted_offer
        facts = (
            outcome.id, outcome.protocol, outcome.agreed, str(outcome.final_state), outcome.reason_code,
            outcome.failure_reason, outcome.rounds_used, outcome.duration_ms, outcome.messages, len(outcome.all_offers),
            len(outcome.faults), None if accepted is None else accepted.agent,
        )  # fmt: skip
        row = (*facts, *self._deal(accepted), *self._worth(outcome), *_theory(comparison))
        self._writer.writerow([cell(one) for one in row])

    def _deal(self, accepted: Any) -> Sequence[Any]:  # a NegotiationOffer or None
        value = None if accepted is None else accepted.value
        if not self.issues:
            return (value,)
        if isinstance(value, tuple) and len(value) == len(self.issues):
            return value
        return (value, *(None for _ in self.issues[1:]))

    def _worth(self, outcome: NegotiationOutcome) -> Sequence[Any]:
        if self.agents:
            return [outcome.utilities.get(name) for name in self.agents]
        return (dict(outcome.utilities),)


def _theory(found: Comparison | None) -> Sequence[Any]:
    if found is None:
        return (None,) * len(THEORY)
    distances = (found.to_points.get(name) for name in POINTS)
    return (found.possible, found.efficient, found.rational, found.welfare, found.to_frontier, *distances)


def cell(value: object) -> str:
    """Return a value as the text of one cell."""
    told = plain(value)
    if told is None:
        return ""
    if isinstance(told, bool):
        return "true" if told else "false"
    if isinstance(told, float):
        return repr(told)
    return json.dumps(told, ensure_ascii=False) if isinstance(told, (dict, list)) else str(told)
