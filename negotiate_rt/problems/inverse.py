"""From a utility back to outcomes: the best and the worst, those in a band, and the nearest to a target or to an offer.

`inverse(space, utility)` answers them all. Spaces of up to ten million outcomes are ranked once, as sorted arrays (some
thirty bytes an outcome); after that a target costs a bisection. Larger ones are searched without listing them where the
utility is additive (see additive_search.py). Utilities within 1e-12 of the largest magnitude are ties; among them
the first outcome in the space's order is taken.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.constraints import is_finite_issue
from negotiate_rt.problems.derived import DiscountedUtility
from negotiate_rt.problems.issues import MOST_LISTED, Outcome, OutcomeSpace
from negotiate_rt.problems.kinds import AnyIssue
from negotiate_rt.problems.ranking import tied_runs, view
from negotiate_rt.problems.scalars import finite
from negotiate_rt.problems.utility import AdditiveUtility, SpaceUtility, UtilityFunction, utility_table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Distance = Callable[[Any, Any], float]
"""How far apart two values of one issue are, >= 0. `Any`: the issue's own values."""


class InverseUtility(ABC):
    """The outcomes of a space by what they are worth to one party. Targets and bands are utilities, finite numbers."""

    __slots__ = ("__weakref__", "space")

    space: OutcomeSpace

    @property
    @abstractmethod
    def highest(self) -> float:
        """The utility of the best outcome."""

    @property
    @abstractmethod
    def lowest(self) -> float:
        """The utility of the worst outcome."""

    @abstractmethod
    def best(self) -> Outcome:
        """Return an outcome of the largest utility."""

    @abstractmethod
    def worst(self) -> Outcome:
        """Return an outcome of the least utility."""

    @abstractmethod
    def at_or_above(self, target: float) -> Outcome | None:
        """Return the outcome of the least utility that reaches the target, or None if none does."""

    def closely_above(self, target: float) -> Outcome | None:
        """Return an outcome of about the least utility that reaches the target, or None if none does: what a strategy offers,
        which cannot wait. The exact one, unless the space is so large that it takes long to tell."""
        return self.at_or_above(target)

    @abstractmethod
    def at_or_below(self, target: float) -> Outcome | None:
        """Return the outcome of the largest utility that does not exceed the target, or None if all do."""

    @abstractmethod
    def nearest(self, target: float) -> Outcome:
        """Return the outcome whose utility is nearest to the target, from above if two are as near."""

    @abstractmethod
    def band(self, low: float = -math.inf, high: float = math.inf, *, best_first: bool = True) -> Iterator[Outcome]:
        """Iterate lazily over all outcomes with low <= utility <= high, by utility; ends may be infinite, not NaN."""

    @abstractmethod
    def nearest_to(
        self, offer: object, low: float = -math.inf, high: float = math.inf,
        weights: Mapping[str, float] | None = None, distances: Mapping[str, Distance] | None = None,
    ) -> Outcome | None:  # fmt: skip
        """Return, of the outcomes with low <= utility <= high, the one nearest to an offer; None if there is none.

        Distances are summed over the issues: sum_i w_i d_i(x_i, offer_i). weights: by issue name, >= 0; all 1 unless
        given, 0 for issues left out. d_i, unless given by issue name: 0 or 1 for equal and different categories, the share
        of the way from end to end for ordered issues and numbers, 1 between absence and presence. InvalidOffer if the
        offer is no outcome.
        """


def inverse(space: OutcomeSpace, utility: UtilityFunction) -> InverseUtility:
    """Return the answers to inverse queries on a utility over a space, built once per pair and dropped with either.

    ConfigurationError for a utility that fails on an outcome, and for a space that is too large: more than ten million
    outcomes (a million for a plain function), unless the utility is additive. With continuous issues an additive utility
    has a best and a worst outcome, and targets are met; bands and nearest offers need `discretize`. Cost: O(n log n) for n
    outcomes, once.
    """
    if isinstance(utility, SpaceUtility) and utility.space is space:
        if utility.inverse is None:
            utility.inverse = _build(space, utility)
        own: InverseUtility = utility.inverse
        return own
    cache: WeakKeyDictionary[UtilityFunction, InverseUtility] = space.__dict__.setdefault("_inverses", WeakKeyDictionary())
    try:
        known = cache.get(utility)
    except TypeError:  # unhashable, or takes no weak references
        return _build(space, utility)
    if known is None:
        known = cache[utility] = _build(space, utility)
    return known


def _build(space: OutcomeSpace, utility: UtilityFunction) -> InverseUtility:
    timeless = utility
    while isinstance(timeless, DiscountedUtility):
        timeless = timeless.base
    if isinstance(timeless, AdditiveUtility) and not space.finite:
        from negotiate_rt.problems.continuous_search import ContinuousSearch  # late: it imports this module

        return ContinuousSearch(space, timeless.bind(space))
    if isinstance(timeless, AdditiveUtility) and not (space.countable and space.size <= MOST_LISTED):
        from negotiate_rt.problems.additive_search import AdditiveSearch  # late: it needs numpy, and few spaces need it

        return AdditiveSearch(space, timeless.bind(space))
    return RankedOutcomes(space, utility)


class RankedOutcomes(InverseUtility):
    """All outcomes sorted by utility. Memory: 8 + 4 bytes an outcome, and up to 28 for each distinct utility."""

    __slots__ = ("_ascending", "_columns", "_firsts", "_levels", "_order", "_starts", "tolerance")

    def __init__(self, space: OutcomeSpace, utility: UtilityFunction) -> None:
        import numpy as np  # late: heavy, and a price needs none of it

        self.space = space  # and not the utility, which the cache of `inverse` must not keep alive
        table = utility_table(space, utility)
        order, starts, self.tolerance = tied_runs(table)
        firsts = np.minimum.reduceat(order, starts)
        ends = np.append(starts[1:], len(order))
        ascending = table[order]
        self._levels = view(ascending[ends - 1])
        self._ascending = view(ascending)
        self._order = order.astype(np.int32)
        self._starts = view(np.append(starts, len(order)))
        self._firsts = view(firsts)
        self._columns: list[NDArray[np.intp]] | None = None

    @property
    def highest(self) -> float:
        """The utility of the best outcome."""
        return float(self._ascending[-1])

    @property
    def lowest(self) -> float:
        """The utility of the worst outcome."""
        return float(self._ascending[0])

    def best(self) -> Outcome:
        """Return the first outcome of the largest utility."""
        return self.space.at(self._firsts[-1])

    def worst(self) -> Outcome:
        """Return the first outcome of the least utility."""
        return self.space.at(self._firsts[0])

    def at_or_above(self, target: float) -> Outcome | None:
        """Return the outcome of the least utility that reaches the target, or None if none does. O(log n)."""
        place = bisect_left(self._levels, finite(target, "a target utility", ConfigurationError) - self.tolerance)
        return self.space.at(self._firsts[place]) if place < len(self._levels) else None

    def at_or_below(self, target: float) -> Outcome | None:
        """Return the outcome of the largest utility that does not exceed the target, or None if all do. O(log n)."""
        place = bisect_right(self._levels, finite(target, "a target utility", ConfigurationError) + self.tolerance)
        return self.space.at(self._firsts[place - 1]) if place else None

    def nearest(self, target: float) -> Outcome:
        """Return the outcome whose utility is nearest to the target, from above if two are as near. O(log n)."""
        target = finite(target, "a target utility", ConfigurationError)
        levels = self._levels
        place = bisect_left(levels, target - self.tolerance)
        if place == len(levels) or (
            place and target - levels[place - 1] < levels[place] - target - self.tolerance
        ):
            place -= 1
        return self.space.at(self._firsts[place])

    def count(self, low: float = -math.inf, high: float = math.inf) -> int:
        """Return how many outcomes have low <= utility <= high. O(log n)."""
        first, last = self._span(low, high)
        return last - first

    def band(self, low: float = -math.inf, high: float = math.inf, *, best_first: bool = True) -> Iterator[Outcome]:
        """Iterate lazily over all outcomes with low <= utility <= high; ties in the space's order."""
        first, last = self._span(low, high)
        return map(self.space.at, self._numbers(first, last, best_first))

    def nearest_to(
        self, offer: object, low: float = -math.inf, high: float = math.inf,
        weights: Mapping[str, float] | None = None, distances: Mapping[str, Distance] | None = None,
    ) -> Outcome | None:  # fmt: skip
        """Return, of the outcomes in a band, the one nearest to an offer; among ties the best, then the first.

        Cost: O(outcomes in the band * issues) at array speed.
        """
        import numpy as np  # late: see __init__

        own = self.space.outcome(offer)
        far = issue_distances(self.space, own, weights, distances)
        first, last = self._span(low, high)
        if first == last:
            return None
        rows = self._order[first:last]
        total = np.zeros(len(rows))
        for position, (issue, away) in enumerate(zip(self.space.issues, far, strict=True)):
            if away is not None:
                each = np.array([away(value) for value in issue.values])
                total += each[self._places(position, rows)]
        tied = np.flatnonzero(total <= total.min() + 1e-12 * max(1.0, float(total.max())))
        levels = np.asarray(self._ascending)[first + tied]
        top = tied[levels >= levels.max() - self.tolerance]
        return self.space.at(int(rows[top].min()))

    def _places(self, position: int, rows: NDArray[np.int32]) -> NDArray[Any]:
        """Return the places on one issue of the outcomes with these numbers."""
        if self.space.rules:
            if self._columns is None:
                self._columns = self.space.columns()
            return self._columns[position][rows]
        sizes = [issue.size for issue in self.space.issues]
        return (rows // math.prod(sizes[position + 1 :])) % sizes[position]

    def _span(self, low: float, high: float) -> tuple[int, int]:
        low, high = ends_of_band(low, high)
        first = bisect_left(self._ascending, low - self.tolerance)
        return first, max(first, bisect_right(self._ascending, high + self.tolerance))

    def _numbers(self, first: int, last: int, best_first: bool) -> Iterator[int]:
        if first == last:
            return
        run, end = bisect_right(self._starts, first) - 1, bisect_left(self._starts, last)
        runs = range(run, end)
        for k in reversed(runs) if best_first else runs:
            low, high = max(first, self._starts[k]), min(last, self._starts[k + 1])
            if high - low == 1:
                yield int(self._order[low])
            else:
                yield from sorted(self._order[low:high].tolist())


def ends_of_band(low: object, high: object) -> tuple[float, float]:
    """Return the ends of a band of utilities as floats; they may be infinite. ConfigurationError for what is no number."""
    ends = []
    for name, end in (("low", low), ("high", high)):
        infinite = isinstance(end, float) and math.isinf(end)
        ends.append(float(end) if infinite else finite(end, f"a band's {name}", ConfigurationError))  # type: ignore[arg-type]
    return ends[0], ends[1]


def issue_distances(
    space: OutcomeSpace, offer: Outcome, weights: Mapping[str, float] | None, distances: Mapping[str, Distance] | None
) -> list[Callable[[Any], float] | None]:
    """Return for each issue how far its values are from the offer's, weighted; None where the weight is 0.

    ConfigurationError for an unknown issue, and for weights that are negative or no numbers.
    """
    for what, given in (("weights", weights), ("distances", distances)):
        for name in given or {}:
            if name not in space.names:
                raise ConfigurationError(f"{what}[{name!r}]: there is no such issue, only {', '.join(space.names)}")
    far: list[Callable[[Any], float] | None] = []
    for issue, own in zip(space.issues, offer, strict=True):
        weight = 1.0
        if weights is not None:
            weight = finite(weights.get(issue.name, 0.0), f"weights[{issue.name!r}]", ConfigurationError)
        if weight < 0:
            raise ConfigurationError(f"weights[{issue.name!r}] must be >= 0, got {weight}")
        given_distance = (distances or {}).get(issue.name)
        far.append(_weighted(issue, own, weight, given_distance) if weight else None)
    return far


def _weighted(issue: AnyIssue, own: Any, weight: float, given: Distance | None) -> Callable[[Any], float]:
    if given is not None:
        path = f"distances[{issue.name!r}]"
        return lambda value: weight * finite(given(value, own), path, ConfigurationError)
    if not issue.ordered or own is None:
        return lambda value: 0.0 if value == own else weight
    find: Any = issue.find  # a place is an int, or a float on a continuous issue; the next two lines as well
    kind: Any = getattr(issue, "issue", issue)
    here, whole = find(own), kind.size - 1 if is_finite_issue(issue) else kind.high - kind.low
    scale = weight / whole if whole else 0.0
    return lambda value: weight if value is None else scale * abs(find(value) - here)
