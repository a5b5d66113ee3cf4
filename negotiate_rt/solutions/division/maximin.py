"""Maximin shares: what a party can secure by dividing the items itself and taking the worst bundle (Budish 2011)."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.exact import Exact, common_denominator
from negotiate_rt.problems.goods import Bundle, DivisionProblem, Party

MOST_LISTED = 200_000  # partitions that are tried one by one where worths are functions
NODES = 200_000
"""Partial partitions that the search looks at, some tenths of a second, before it settles for the best one found."""


class MaximinPartition(msgspec.Struct, frozen=True, kw_only=True):
    """Bundles whose worst is worth as much to one party as it can be. share: what the worst is worth. bound: no partition has a
    better worst one. proven: whether this one is best, that is, share equals bound.
    """

    bundles: tuple[Bundle, ...]
    share: Exact
    bound: Exact
    proven: bool


def maximin_partition(
    problem: DivisionProblem, party: Party, count: int | None = None, *, nodes: int = NODES
) -> MaximinPartition:
    """Return how a party would divide the items in `count` bundles (one for each party by default) if it took the worst.

    Goods, chores and mixed items. Additive worths: branch and bound, exact within `nodes` partial partitions (finding the share
    is NP-hard), a bound beyond. Functions: every partition, ConfigurationError beyond 200,000 of them.
    """
    count = len(problem.parties) if count is None else count
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise ConfigurationError(f"count: expected a whole number of bundles, got {count!r}")
    problem.total(party)  # refuses whoever is no party here
    try:
        row = problem.row(party)
    except ConfigurationError:
        return _listed(problem, party, count)
    unit = common_denominator(row)
    search = _Search([int(worth * unit) for worth in row], count, nodes)
    worst, bound = search.run()
    bundles: list[list[object]] = [[] for _ in range(count)]
    for item, bundle in zip(problem.items, search.best, strict=True):
        bundles[bundle].append(item)
    return MaximinPartition(
        bundles=tuple(map(frozenset, bundles)), share=problem.told(Fraction(worst, unit)),
        bound=problem.told(Fraction(bound, unit)), proven=worst == bound,
    )  # fmt: skip


def _listed(problem: DivisionProblem, party: Party, count: int) -> MaximinPartition:
    if count ** len(problem.items) > MOST_LISTED:
        raise ConfigurationError(
            f"maximin share: {party!r} values bundles by a function, and there are {count}**{len(problem.items)} ways to "
            f"divide them; at most {MOST_LISTED} are tried"
        )
    best: tuple[Fraction, tuple[Bundle, ...]] | None = None
    for owners in product(range(count), repeat=len(problem.items)):
        bundles = tuple(
            frozenset(item for item, owner in zip(problem.items, owners, strict=True) if owner == one) for one in range(count)
        )
        worst = min(problem.worth(party, bundle) for bundle in bundles)
        if best is None or worst > best[0]:
            best = (worst, bundles)
    assert best is not None  # there is one way at least
    share = problem.told(best[0])
    return MaximinPartition(bundles=best[1], share=share, bound=share, proven=True)


class _Search:
    """Depth first: the items of largest worth first, each to the bundle that has least; bundles worth the same are one case."""

    def __init__(self, worths: list[int], count: int, nodes: int) -> None:
        self.order = sorted(range(len(worths)), key=lambda place: -abs(worths[place]))
        self.worths = [worths[place] for place in self.order]
        self.count, self.left = count, nodes
        self.gains = [0]  # what is still to come that anybody would want, by how many items are placed
        for worth in reversed(self.worths):
            self.gains.append(self.gains[-1] + max(worth, 0))
        self.gains.reverse()
        self.upper = sum(worths) // count if worths else 0
        self.owner = [0] * len(worths)
        self.best = [0] * len(worths)
        self.worst: int | None = None

    def run(self) -> tuple[int, int]:
        """Search; return the best worst bundle's worth and an upper bound on it."""
        self._place(0, [0] * self.count)
        assert self.worst is not None  # the first dive goes to the bottom
        complete = self.left > 0 or self.worst == self.upper
        return self.worst, self.worst if complete else self.upper

    def _place(self, depth: int, loads: list[int]) -> None:
        self.left -= 1
        if depth == len(self.worths):
            worst = min(loads)
            if self.worst is None or worst > self.worst:
                self.worst = worst
                for place, bundle in zip(self.order, self.owner, strict=True):
                    self.best[place] = bundle
            return
        worth = self.worths[depth]
        ways = sorted(range(self.count), key=loads.__getitem__, reverse=worth < 0)
        seen = set()
        for bundle in ways:
            if loads[bundle] in seen:
                continue
            seen.add(loads[bundle])
            loads[bundle] += worth
            self.owner[depth] = bundle
            if self.worst is None or (self.left > 0 and self._reachable(depth + 1, loads) > self.worst):
                self._place(depth + 1, loads)
            loads[bundle] -= worth
            if self.worst is not None and (self.worst == self.upper or self.left <= 0):
                return

    def _reachable(self, depth: int, loads: list[int]) -> int:
        """Return the most the worst bundle can still get: what is to come poured over the lowest, as if it could be split."""
        coming = self.gains[depth]
        lowest = sorted(loads)
        filled = 0
        for number, load in enumerate(lowest, 1):
            filled += load
            level = (filled + coming) // number
            if number == len(lowest) or level <= lowest[number]:
                return level
        return self.upper
