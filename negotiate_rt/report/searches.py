"""Searches for a good assignment beside theory: what they cost, in utility and in talk, and how far from the proved optimum.

A result of a search is told by its looks, so that no program that haggles loads what solves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from negotiate_rt.messages.outcome import NegotiationOutcome
from negotiate_rt.report.series import Series, Spread
from negotiate_rt.report.words import number, share

if TYPE_CHECKING:
    from negotiate_rt.protocols.account import SolvingResult

MOST_BYTES = 1 << 26  # of tables that an optimum may take on behalf of a report
CLOSE = 1e-9  # of the larger amount: costs this close are the same
COLUMNS = (
    "algorithm",
    "sessions",
    "complete",
    "proved",
    "mean cost",
    "best",
    "worst",
    "at the optimum",
    "messages",
    "checks",
)


class SearchFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one algorithm's searches.

    complete: those that ended with a value for every variable and no hard constraint broken; cost (of these): in the problem's
    own sense, `maximised` or not; proven: those with a proof; optimal: those at the optimum, None where that is not known.
    """

    sessions: int
    complete: int
    proven: int
    optimal: int | None
    maximised: bool
    cost: Spread
    messages: Spread
    bytes: Spread
    cycles: Spread
    checks: Spread


class SearchReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of searches, by algorithm; the `optimum` of the one problem that all were about, if it is known."""

    algorithms: Mapping[str, SearchFigures]
    optimum: float | None


class Search:
    """One algorithm's searches, counted."""

    def __init__(self) -> None:
        self.sessions = self.proven = 0
        self.maximised = False
        self.costs = Series()
        self.messages, self.bytes, self.cycles, self.checks = Series(), Series(), Series(), Series()

    def add(self, result: SolvingResult) -> None:
        """Count one."""
        self.sessions += 1
        self.proven += result.proven
        self.maximised = result.objective == "max"
        if result.cost is not None and not result.violated:
            self.costs.add(result.cost)
        self.messages.add(result.messages)
        self.bytes.add(result.bytes)
        self.cycles.add(result.cycles)
        self.checks.add(result.checks)

    def figures(self, optimum: float | None) -> SearchFigures:
        """Return what was counted."""
        near = None
        if optimum is not None:
            near = sum(abs(cost - optimum) <= CLOSE * max(1.0, abs(optimum)) for cost in self.costs.sample)
        return SearchFigures(
            sessions=self.sessions, complete=self.costs.count, proven=self.proven, optimal=near, maximised=self.maximised,
            cost=self.costs.spread(), messages=self.messages.spread(), bytes=self.bytes.spread(),
            cycles=self.cycles.spread(), checks=self.checks.spread(),
        )  # fmt: skip


class Searches:
    """Counts searches as they come. Memory is bounded. `problem`: what all are about, if it is one and the same."""

    def __init__(self) -> None:
        self.problem: Any = None  # a DcopProblem
        self._algorithms: dict[str, Search] = {}

    def add(self, outcome: NegotiationOutcome) -> None:
        """Count an outcome, if it is one of a search."""
        result = outcome.result
        if is_search(result):
            search = self._algorithms.get(result.algorithm)
            if search is None:
                search = self._algorithms[result.algorithm] = Search()
            search.add(result)

    def report(self) -> SearchReport | None:
        """Return the figures; None if nothing was searched. Cost: that of the optimum, where its tables are small."""
        if not self._algorithms:
            return None
        optimum = self._optimum()
        found = {name: one.figures(optimum) for name, one in sorted(self._algorithms.items())}
        return SearchReport(algorithms=found, optimum=optimum)

    def _optimum(self) -> float | None:
        if self.problem is None:
            return None
        from negotiate_rt.solutions.dcop.optimum import TooWide, dcop_optimum  # late: numpy

        try:
            return dcop_optimum(self.problem, most_bytes=MOST_BYTES).cost
        except TooWide:
            return None


def is_search(result: Any) -> bool:  # typed by the protocol
    """Whether a result is one of a search."""
    return hasattr(result, "algorithm") and hasattr(result, "curve")


def in_line(found: SearchReport) -> str:
    """Return in a line how the searches compare with theory."""
    if found.optimum is None:
        return "beside theory: the optimum is not known (the problem is too wide to prove it in passing, or differs)"
    told = [
        f"{name} is at it in {share(one.optimal / one.sessions)} of {number(one.sessions)}"
        for name, one in found.algorithms.items()
        if one.optimal is not None
    ]
    return f"beside theory: the optimum is {number(found.optimum, 6)}; {', '.join(told)}"


def rows(found: SearchReport) -> list[tuple[str, ...]]:
    """Return a row for each algorithm, as COLUMNS name them."""
    told: list[tuple[str, ...]] = []
    for name, one in found.algorithms.items():
        best, worst = (one.cost.max, one.cost.min) if one.maximised else (one.cost.min, one.cost.max)
        told.append(
            (name, number(one.sessions), number(one.complete), number(one.proven), number(one.cost.mean, 6), number(best, 6),
             number(worst, 6), number(one.optimal), number(one.messages.mean), number(one.checks.mean))
        )  # fmt: skip
    return told
