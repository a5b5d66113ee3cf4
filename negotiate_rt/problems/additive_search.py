"""Inverse queries on additive utilities over spaces too large to list: exact, without enumeration.

The best and the worst outcome are those of each issue. Targets and bands are met by the sums of sums.py. The outcome
nearest to an offer is found by the search of approach.py. Issues that
constraints tie together are one issue whose values are the rows of their group (see numbering.py). Where a group is too
large for that, outcomes are taken in the order of the query until one satisfies the constraints.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.approach import Approach
from negotiate_rt.problems.inverse import Distance, InverseUtility, ends_of_band, issue_distances
from negotiate_rt.problems.issues import Outcome, OutcomeSpace, check_listable
from negotiate_rt.problems.numbering import Group
from negotiate_rt.problems.scalars import finite
from negotiate_rt.problems.sums import Part, Sums, suffix_sums
from negotiate_rt.problems.utility import AdditiveUtility

_MOST_TRIED = 100_000  # outcomes in a row that break a constraint: some seconds


class GroupWorths:
    """What each row of a group of issues adds: the sum of what its issues' values do. numbers: by position, if in it."""

    def __init__(self, group: Group, numbers: Sequence[NDArray[np.float64] | None]) -> None:
        self.group, self.numbers = group, numbers

    def array(self) -> NDArray[np.float64]:
        """Return the worth of every row."""
        group = self.group
        rest = np.arange(group.count) if group.rows is None else np.asarray(group.rows)
        total = np.zeros(group.count)
        for position, stride in zip(group.positions, group.strides, strict=True):
            places, rest = np.divmod(rest, stride)
            each = self.numbers[position]
            assert each is not None  # every issue of a tied group has its numbers
            total += each[places]
        return total


class AdditiveSearch(InverseUtility):
    """The outcomes of a space by an additive utility, never listed. Among ties any one, always the same."""

    utility: AdditiveUtility

    def __init__(self, space: OutcomeSpace, utility: AdditiveUtility) -> None:
        self.space, self.utility = space, utility

    @property
    def highest(self) -> float:
        """The utility of the best outcome."""
        return self.utility.worth(self.best())

    @property
    def lowest(self) -> float:
        """The utility of the worst outcome."""
        return self.utility.worth(self.worst())

    def best(self) -> Outcome:
        """Return an outcome of the largest utility: the best value of every issue, if no constraint forbids it."""
        return self._best

    def worst(self) -> Outcome:
        """Return an outcome of the least utility: the worst value of every issue, if no constraint forbids it."""
        return self._worst

    def at_or_above(self, target: float) -> Outcome | None:
        """Return the outcome of the least utility that reaches the target, or None if none does."""
        target = finite(target, "a target utility", ConfigurationError)
        if self._unlawful:
            return next(self.band(target, math.inf, best_first=False), None)
        found = self._rising.below(-target)
        return None if found is None else self._outcome(next(self._rising.members(found)))

    def closely_above(self, target: float) -> Outcome | None:
        """Return an outcome that reaches the target, within a millionth of the least utility that does where a few passes over
        the sums find one, or None if none does. Exact wherever one pass tells."""
        target = finite(target, "a target utility", ConfigurationError)
        if self._unlawful:
            return self.at_or_above(target)
        found = self._rising.below(-target, close=True)
        return None if found is None else self._outcome(next(self._rising.members(found)))

    def nearest(self, target: float) -> Outcome:
        """Return the outcome whose utility is nearest to the target, from above if two are as near."""
        above = self.at_or_above(target)
        below = self.at_or_below(target)
        if above is None or below is None:
            return above or below or self.best()
        tolerance = self._falling.tolerance
        return above if self.utility.worth(above) - target <= target - self.utility.worth(below) + tolerance else below

    def band(self, low: float = -math.inf, high: float = math.inf, *, best_first: bool = True) -> Iterator[Outcome]:
        """Iterate lazily over all outcomes with low <= utility <= high."""
        low, high = ends_of_band(low, high)
        low, high = max(low, self._ends[0]), min(high, self._ends[1])
        every = self._falling.descending(high, low) if best_first else self._rising.descending(-low, -high)
        outcomes = map(self._outcome, every)
        return self._lawful(outcomes) if self._unlawful else outcomes

    def nearest_to(
        self, offer: object, low: float = -math.inf, high: float = math.inf,
        weights: Mapping[str, float] | None = None, distances: Mapping[str, Distance] | None = None,
    ) -> Outcome | None:  # fmt: skip
        """Return, of the outcomes in a band, the one nearest to an offer; None if there is none.

        Among ties any one, always the same. ConfigurationError where two million choices for the first issues, by their
        distance, do not tell (a band so narrow that few outcomes lie in it).
        """
        own = self.space.outcome(offer)
        low, high = ends_of_band(low, high)
        self._check_finite()
        far = issue_distances(self.space, own, weights, distances)
        away: list[NDArray[np.float64]] = [
            np.zeros(issue.size) if one is None else np.array([one(value) for value in issue.values])
            for issue, one in zip(self.space.issues, far, strict=True)
        ]
        if self._groups is not None:
            away = [GroupWorths(group, away).array() for group in self._groups]
        slack = self._falling.tolerance
        near = Approach(away, self._worths, self._after)
        for places in near.into(low - slack, high + slack, None if self._unlawful else slack):
            outcome = self._outcome(dict(enumerate(places)))
            if not self._unlawful or self.space.allows(outcome):
                return outcome
        return None

    @cached_property
    def _groups(self) -> tuple[Group, ...] | None:
        """The groups of issues that constraints tie together; None without constraints, or if they cannot be counted."""
        return tuple(self.space.groups) if self.space.rules and self.space.countable else None

    @cached_property
    def _unlawful(self) -> bool:
        """Whether what the search finds may break a constraint."""
        return bool(self.space.rules) and self._groups is None

    @cached_property
    def _parts(self) -> Sequence[Part]:
        self._check_finite()
        if self._groups is None:
            return self.utility.parts
        worths = [part.array() if self._tied(k) else None for k, part in enumerate(self.utility.parts)]
        return [
            self.utility.parts[group.positions[0]] if group.rows is None else GroupWorths(group, worths)
            for group in self._groups
        ]

    def _tied(self, position: int) -> bool:
        return any(group.rows is not None and position in group.positions for group in self._groups or ())

    @cached_property
    def _falling(self) -> Sums:
        return Sums(self._parts, 1.0)

    @cached_property
    def _rising(self) -> Sums:
        return Sums(self._parts, -1.0)

    @cached_property
    def _after(self) -> list[memoryview | None]:
        return suffix_sums(self._worths, self._falling.tolerance / 10)

    @cached_property
    def _worths(self) -> list[NDArray[np.float64]]:
        return [part.array() for part in self._parts]

    @cached_property
    def _best(self) -> Outcome:
        return self._extreme(True)

    @cached_property
    def _worst(self) -> Outcome:
        return self._extreme(False)

    @cached_property
    def _ends(self) -> tuple[float, float]:
        """The least and the largest sum, constraints aside."""
        least, most = ([part.extreme(largest)[1] for part in self.utility.parts] for largest in (False, True))
        return math.fsum(least), math.fsum(most)

    def _extreme(self, largest: bool) -> Outcome:
        outcome = tuple(part.extreme(largest)[0] for part in self.utility.parts)
        if self.space.allows(outcome):
            return outcome
        for found in self.band(best_first=largest):
            return found
        raise ConfigurationError("no outcome satisfies the constraints")

    def at_or_below(self, target: float) -> Outcome | None:
        """Return the outcome of the largest utility that does not exceed the target, or None if all do."""
        target = finite(target, "a target utility", ConfigurationError)
        if self._unlawful:
            return next(self.band(-math.inf, target), None)
        found = self._falling.below(target)
        return None if found is None else self._outcome(next(self._falling.members(found)))

    def _outcome(self, places: Mapping[int, int]) -> Outcome:
        if self._groups is not None:
            places = {k: place for g, group in enumerate(self._groups) for k, place in group.places(places[g]).items()}
        return tuple([issue.at(places[position]) for position, issue in enumerate(self.space.issues)])

    def _lawful(self, outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
        """Pass on what breaks no constraint; give up after 100,000 in a row that do."""
        broken = 0
        for outcome in outcomes:
            if self.space.allows(outcome):
                broken = 0
                yield outcome
            elif (broken := broken + 1) >= _MOST_TRIED:
                raise ConfigurationError(
                    f"{_MOST_TRIED} outcomes in a row break the constraints: the next one that holds is too far to be found"
                )

    def _check_finite(self) -> None:
        if not self.space.finite:
            check_listable(self.space)
