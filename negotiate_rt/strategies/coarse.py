"""A model of the opponent over issues with too many values to have an opinion of each: it learns on a grid of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from negotiate_rt.problems.issues import OutcomeSpace
from negotiate_rt.problems.kinds import AnyIssue, ContinuousIssue, IntegerIssue, OptionalIssue
from negotiate_rt.problems.utility import AdditiveUtility, check_enumerable

if TYPE_CHECKING:
    from negotiate_rt.strategies.models import AdditiveEstimate

LEVELS = 101
"""Values that an issue is cut into."""
FINE = 1_000
"""Values of an issue up to which each is learned of by itself: a Bayesian model keeps their square."""


def coarse_space(space: OutcomeSpace) -> OutcomeSpace:
    """Return the space with a grid in place of each continuous issue and each of very many numbers, without constraints; the
    space itself if there is none of either."""
    if not any(_too_fine(issue) for issue in space.issues):
        return space
    return OutcomeSpace([_grid(issue) if _too_fine(issue) else issue for issue in space.issues])


class CoarseEstimate:
    """An estimate over a space through one over a coarse space: every value counts as the nearest of the grid."""

    def __init__(self, space: OutcomeSpace, inner: AdditiveEstimate) -> None:
        self.space = space
        self.inner = inner
        self._table: NDArray[np.float64] | None = None
        self._numbers: NDArray[np.intp] | None = None

    @property
    def heard(self) -> int:
        """How many offers it has learned from."""
        return self.inner.heard

    @property
    def weights(self) -> NDArray[np.float64]:
        """The estimated weights of the issues."""
        return self.inner.weights

    def update(self, offer: Any, time: float) -> None:
        """Learn from an offer made at progress `time` in [0, 1]; InvalidOffer if it is no outcome."""
        self.inner.update(self._nearest(offer), time)
        self._table = None

    def utility(self, offer: Any) -> float:
        """Return the estimated utility of one outcome, in [0, 1]."""
        return self.inner.utility(self._nearest(offer))

    def estimate(self) -> NDArray[np.float64]:
        """Return the estimated utility of all outcomes, in the space's order, read-only; ConfigurationError if they are too
        many. O(outcomes) after news."""
        if self._table is None:
            check_enumerable(self.space)
            if self._numbers is None:
                pairs = zip(self.space.issues, self.inner.space.issues, strict=True)
                places = [np.array([_place(fine, grid)(value) for value in fine.values]) for fine, grid in pairs]
                self._numbers = np.array([one[column] for one, column in zip(places, self.space.columns(), strict=True)])
            total = np.zeros(self.space.size)
            for part, column in zip(self.inner.parts(), self._numbers, strict=True):
                total += part[column]
            total.flags.writeable = False
            self._table = total
        return self._table

    def as_utility(self) -> AdditiveUtility:
        """Return the estimate as a utility function over the coarse space."""
        return self.inner.as_utility()

    def _nearest(self, offer: Any) -> tuple[Any, ...]:
        pairs = zip(self.space.issues, self.inner.space.issues, self.space.outcome(offer), strict=True)
        return tuple([grid.at(_place(fine, grid)(value)) for fine, grid, value in pairs])


def _too_fine(issue: AnyIssue) -> bool:
    kind = issue.issue if isinstance(issue, OptionalIssue) else issue
    return isinstance(kind, ContinuousIssue) or (isinstance(kind, IntegerIssue) and kind.size > FINE)


def _grid(issue: Any) -> AnyIssue:  # one that `_too_fine` says yes to: it can be discretized
    grid: AnyIssue = issue.discretize(LEVELS)
    return grid


def _place(fine: AnyIssue, grid: AnyIssue) -> Callable[[Any], int]:
    """Return which place of the grid a value of the fine issue is nearest to; any: of whatever values the issue has."""
    if not _too_fine(fine):
        return lambda value: _whole(grid.find(value))
    kind: Any = fine.issue if isinstance(fine, OptionalIssue) else fine
    low, high = float(kind.low), float(kind.high if isinstance(kind, ContinuousIssue) else kind.at(kind.size - 1))
    last = grid.size - (2 if isinstance(grid, OptionalIssue) else 1)
    scale = last / (high - low) if high > low else 0.0
    return lambda value: last + 1 if value is None else min(last, round((value - low) * scale))


def _whole(place: Any) -> int:  # the place of a value of an issue that is the same in both spaces, and so is found
    assert isinstance(place, int)
    return place
