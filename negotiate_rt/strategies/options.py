"""What one party may offer, best first: the outcomes worth at least its reservation value, or points of a scale.

Built once for each ranking of an outcome space, and shared by all negotiations that use it.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary, ref

import numpy as np
from numpy.typing import NDArray

from negotiate_rt.errors import InvalidDecision
from negotiate_rt.problems.issues import OutcomeSpace
from negotiate_rt.problems.preferences import OutcomePreferences, Preferences
from negotiate_rt.strategies.issue_sums import IssueSums
from negotiate_rt.strategies.session import undiscounted

POINTS = 101
"""Points that a scale without outcomes (a price, a share) is cut into where a strategy counts or ranks offers."""


class Options:
    """What may be offered. values: offers, best first, ties in the space's order. worths: what they are worth to oneself,
    an array; costs: minus that as a list, ascending, for bisection. numbers: their place in the space. space: None on a
    scale. listed: whether all that is worth the reservation value is among them; in a space too large for that it is a
    ladder of `POINTS` utilities, each with the outcome next above it, searched when it is first asked for.
    """

    __slots__ = ("_sums", "costs", "listed", "numbers", "space", "values", "worths")

    def __init__(
        self, values: Sequence[Any], worth: Sequence[float], numbers: NDArray[np.intp], space: OutcomeSpace | None
    ) -> None:
        self.values = values
        self.costs = [-one for one in worth]
        self.worths = np.asarray(worth, float)
        self.numbers = numbers
        self.space = space
        self.listed = space is not None
        self._sums: IssueSums | None = None

    @property
    def sums(self) -> IssueSums:
        """What adds numbers up over the issues, for options in a space that are listed; made when first asked for."""
        if self._sums is None:
            assert self.space is not None
            self._sums = IssueSums(self.space, self.numbers)
        return self._sums

    def __len__(self) -> int:
        return len(self.values)

    def worth(self, place: int) -> float:
        """Return what the option at a place is worth to oneself."""
        return -self.costs[place]

    def down_to(self, target: float) -> int:
        """Return how many options are worth at least the target, at least 1. O(log options)."""
        return max(1, bisect_left(self.costs, math.nextafter(-target + 1e-12 * abs(target), math.inf)))

    def number(self, value: Any) -> int | None:
        """Return the place in the space of an offer of either side; on a scale, that of the nearest point."""
        if self.space is not None:
            return self.space.index(value)
        if not self.values:
            return None
        return int(np.abs(np.asarray(self.values) - value).argmin())


def options_of(preferences: Preferences) -> Options:
    """Return what a party may offer. Empty if nothing is worth its reservation value.

    Cost: O(n log n) once for n outcomes, then a lookup. Raises InvalidDecision if the preferences name no scale.
    """
    preferences = undiscounted(preferences)
    if isinstance(preferences, OutcomePreferences):
        by_limit = _CACHE.get(preferences.ranking)
        if by_limit is None:
            by_limit = _CACHE[preferences.ranking] = {}
        found = by_limit.get(preferences.reservation_value)
        if found is None:
            found = by_limit[preferences.reservation_value] = _of_outcomes(preferences)
        return found
    space = getattr(preferences, "space", None)
    return _of_scale(preferences) if space is None else _of_search(preferences, space)


_CACHE: WeakKeyDictionary[Any, dict[float, Options]] = WeakKeyDictionary()  # by ranking, then reservation value


def _of_outcomes(preferences: OutcomePreferences) -> Options:
    worth = np.fromiter(preferences.ranking.worth.values(), float)
    order = np.argsort(-worth, kind="stable")
    order = order[: int(np.count_nonzero(worth >= preferences.reservation_value))]
    outcomes = list(preferences.ranking.worth)
    return Options([outcomes[i] for i in order.tolist()], worth[order].tolist(), order, preferences.space)


def _of_scale(preferences: Preferences) -> Options:
    opening, limit = preferences.opening, preferences.limit
    if not (math.isfinite(opening) and math.isfinite(limit)):
        raise InvalidDecision("this strategy needs to know what offers are worth: give the agent a limit or a utility")
    count = POINTS if opening != limit else 1
    points = [opening + (limit - opening) * (step / max(1, count - 1)) for step in range(count - 1)] + [limit]
    values = [preferences.offer(point) for point in points]
    worth = [preferences.utility(value, True) for value in values]
    return Options(values, worth, np.arange(len(values)), None)


class Ladder(Sequence[Any]):
    """The outcomes next above some utilities, searched when first asked for. Does not keep the preferences alive."""

    def __init__(self, preferences: Preferences, targets: Sequence[float]) -> None:
        self._preferences = ref(preferences)
        self._targets = targets
        self._found: dict[int, Any] = {}

    def __len__(self) -> int:
        return len(self._targets)

    def __getitem__(self, place: Any) -> Any:  # an int or a slice
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        place = range(len(self))[place]
        if place not in self._found:
            preferences = self._preferences()
            assert preferences is not None  # whoever asks has a view, which holds them
            self._found[place] = preferences.offer(self._targets[place])
        return self._found[place]


def _of_search(preferences: Preferences, space: OutcomeSpace) -> Options:
    top, limit = preferences.opening, preferences.limit
    if top < preferences.reservation_value:
        return Options([], [], np.empty(0, np.intp), space)
    rungs = [top + (limit - top) * (step / (POINTS - 1)) for step in range(POINTS - 1)] + [limit]
    options = Options(Ladder(preferences, rungs), rungs, np.empty(0, np.intp), space)
    options.listed = False
    return options
