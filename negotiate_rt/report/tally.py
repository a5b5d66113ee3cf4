"""Outcomes counted as they come: a report is made of counts and bounded samples, never of a list of outcomes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import msgspec

from negotiate_rt.messages.outcome import NegotiationOutcome
from negotiate_rt.report.coalitions import CoalitionFigures, Coalitions
from negotiate_rt.report.divisions import DivisionFigures, Divisions
from negotiate_rt.report.searches import Searches, SearchReport
from negotiate_rt.report.series import Series, Spread
from negotiate_rt.report.study import TheoryReport

NAMED = 64  # agents told apart in one report; a crowd's utilities are told as one
OTHERS = "(others)"
LONGEST = 200  # characters of an example


class GroupReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of some sessions. Times are milliseconds on the negotiations' own clock.

    `final_states` sum to `sessions`; `failure_codes` sum to `sessions - agreed`. `utilities`: by agent, over the sessions
    whose preferences are known; no deal counts as what it is worth to the agent. `faults`: by kind (late, raised ...).
    `examples`: by failure code and kind of fault, the first that came, in full.
    """

    sessions: int
    agreed: int
    agreement_rate: float | None
    rounds: Spread
    duration_ms: Spread
    messages: Spread
    offers: Spread
    utilities: Mapping[str, Spread]
    final_states: Mapping[str, int]
    failure_codes: Mapping[str, int]
    faults: Mapping[str, int]
    examples: Mapping[str, str]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a run. `asked` sessions were to be run; fewer finished where `interrupted`.

    `theory`: how the deals compare with theory, unset (and not in JSON) where no party's wishes are known; `coalitions`: the
    same where coalitions were formed; `divisions`: which properties fair divisions had; `searches`: how far
    from the optimum assignments are. `wall_seconds` is the one figure that
    differs when the same world runs again.
    """

    scenario: str
    protocols: Mapping[str, GroupReport]
    total: GroupReport
    asked: int
    interrupted: bool = False
    clock: str = ""
    seed: int | None = None
    wall_seconds: float | None = None
    theory: TheoryReport | msgspec.UnsetType = msgspec.UNSET
    coalitions: CoalitionFigures | msgspec.UnsetType = msgspec.UNSET
    divisions: DivisionFigures | msgspec.UnsetType = msgspec.UNSET
    searches: SearchReport | msgspec.UnsetType = msgspec.UNSET


class Group:
    """Sessions counted together."""

    def __init__(self) -> None:
        self.endings: Counter[tuple[str, str]] = Counter()  # (final state, failure code or "")
        self.faults: Counter[str] = Counter()
        self.examples: dict[str, str] = {}
        self.agreed = 0
        self.rounds, self.duration, self.messages, self.offers = Series(), Series(), Series(), Series()
        self.utilities: dict[str, Series] = {}

    def add(self, outcome: NegotiationOutcome) -> None:
        """Count one outcome. Cost: O(agents + faults)."""
        self.agreed += outcome.agreed
        code = outcome.reason_code or ""
        self.endings[str(outcome.final_state), code] += 1
        if code and code not in self.examples:
            self.examples[code] = f"{outcome.id}: {outcome.failure_reason}"[:LONGEST]
        self.rounds.add(outcome.rounds_used)
        self.duration.add(outcome.duration_ms)
        self.messages.add(outcome.messages)
        self.offers.add(len(outcome.all_offers))
        for fault in outcome.faults:
            self.faults[fault.what] += 1
            if fault.what not in self.examples:
                self.examples[fault.what] = f"{outcome.id}: {fault.who}: {fault.cause}"[:LONGEST]
        for name, worth in outcome.utilities.items():
            series = self.utilities.get(name)
            if series is None:
                key = name if len(self.utilities) < NAMED else OTHERS
                series = self.utilities.setdefault(key, Series())
            series.add(worth)

    def report(self) -> GroupReport:
        """Return what was counted so far."""
        sessions = self.rounds.count
        states: Counter[str] = Counter()
        codes: Counter[str] = Counter()
        for (state, code), count in self.endings.items():
            states[state] += count
            if code:
                codes[code] += count
        return GroupReport(
            sessions=sessions, agreed=self.agreed, agreement_rate=self.agreed / sessions if sessions else None,
            rounds=self.rounds.spread(), duration_ms=self.duration.spread(), messages=self.messages.spread(),
            offers=self.offers.spread(), utilities={name: one.spread() for name, one in sorted(self.utilities.items())},
            final_states=ordered(states), failure_codes=ordered(codes), faults=ordered(self.faults),
            examples=dict(sorted(self.examples.items())),
        )  # fmt: skip


class Tally:
    """Outcomes counted by protocol and in all. Memory is bounded whatever their number."""

    def __init__(self) -> None:
        self.total = Group()
        self.protocols: dict[str, Group] = {}
        self.coalitions = Coalitions()
        self.divisions = Divisions()
        self.searches = Searches()

    @property
    def sessions(self) -> int:
        """How many outcomes were counted."""
        return self.total.rounds.count

    def add(self, outcome: NegotiationOutcome) -> None:
        """Count one outcome."""
        self.total.add(outcome)
        self.coalitions.add(outcome)
        self.divisions.add(outcome)
        self.searches.add(outcome)
        group = self.protocols.get(outcome.protocol)
        if group is None:
            group = self.protocols[outcome.protocol] = Group()
        group.add(outcome)

    def report(
        self, scenario: str, asked: int | None = None, *, clock: str = "", seed: int | None = None,
        wall_seconds: float | None = None, theory: TheoryReport | None = None,
    ) -> Report:  # fmt: skip
        """Return a report of what was counted so far; `asked`: how many sessions were to be run (None: these)."""
        wanted = self.sessions if asked is None else asked
        return Report(
            scenario=scenario, protocols={name: group.report() for name, group in sorted(self.protocols.items())},
            total=self.total.report(), asked=wanted, interrupted=self.sessions < wanted, clock=clock, seed=seed,
            wall_seconds=wall_seconds, theory=theory or msgspec.UNSET, coalitions=self.coalitions.report() or msgspec.UNSET,
            divisions=self.divisions.report() or msgspec.UNSET, searches=self.searches.report() or msgspec.UNSET,
        )  # fmt: skip


def ordered(counts: Mapping[str, int]) -> dict[str, int]:
    """Return counts by key, so that equal reports are equal texts."""
    return dict(sorted(counts.items()))
