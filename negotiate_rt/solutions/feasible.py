"""What a bargaining set has to answer so that every solution can be found on it, and the answers for finitely many points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from negotiate_rt.problems.bargaining import BargainingProblem
from negotiate_rt.solutions.frontier import ParetoFrontier, checked_vector, frontier

Vector = NDArray[np.float64]

SHOWN_TIES = 16
"""Tied outcomes that a solution lists; how many there are is counted in full."""


class Best(NamedTuple):
    """Where an objective is largest: the utilities there, its value, and what leads there.

    outcome: of the space, or a bare point's number; None between outcomes. lottery: (probability, outcome) pairs, where
    outcomes are mixed. ties: the first outcome of each other undominated vector that does as well, in the space's
    order, the first few of them; tied: how many such vectors there are.
    """

    utilities: tuple[float, ...]
    value: float
    outcome: Any = None  # a tuple of the space, or an int
    lottery: tuple[tuple[float, Any], ...] = ()
    ties: tuple[Any, ...] = ()
    tied: int = 0


class RationalSet(Protocol):
    """The individually rational part of a bargaining set; it is not empty.

    disagreement: what each party gets without a deal. ideal: the most that each can get here.
    """

    @property
    def disagreement(self) -> Vector: ...
    @property
    def ideal(self) -> Vector: ...

    def best_product(self, weights: Vector) -> Best:
        """Return where prod_i gain_i^weight_i is largest."""

    def best_worst(self, origin: Vector, scale: Vector, leximin: bool) -> Best:
        """Return where min_i (u_i - origin_i) / scale_i is largest, over the parties whose scale is not 0.

        leximin: then where the second smallest is, and so on; sets of lotteries always go on like that.
        """

    def best_sum(self, weights: Vector) -> Best:
        """Return where sum_i weight_i * u_i is largest."""


class BargainingSet(Protocol):
    """Utility vectors that the parties can reach, with a disagreement point of its own."""

    @property
    def disagreement(self) -> tuple[float, ...]: ...

    def rational(self, disagreement: Vector) -> RationalSet | None:
        """Return what gives everybody at least that much; None if nothing does."""


Bargaining: TypeAlias = BargainingProblem | ParetoFrontier | BargainingSet | ArrayLike
"""Whatever has solutions: a problem with utilities, its frontier (so that it is computed once), bare points of shape
(outcomes, parties), `Lotteries` over one of these, or a `LinearCurve` or `ConcaveCurve`."""


class OutcomeSet:
    """The outcomes of a problem, through its frontier: what is best for any rising objective is on it.

    Comparisons are exact to the frontier's tolerance: what would reach the best value if every utility were higher by
    it is tied with the best. A tied outcome that another one dominates is not on the frontier and so never taken; among
    the others the first in the space's order is.
    """

    def __init__(self, efficient: ParetoFrontier) -> None:
        self.frontier = efficient
        self.disagreement = efficient.disagreement

    def rational(self, disagreement: Vector) -> RationalOutcomes | None:
        """Return the outcomes that give everybody at least that much; None if there are none. O(frontier)."""
        slack = np.maximum(self.frontier.tolerance, 1e-12 * np.abs(disagreement))
        places = np.flatnonzero((self.frontier.utilities >= disagreement - slack).all(axis=1))
        return RationalOutcomes(self.frontier, places, disagreement) if places.size else None


class RationalOutcomes:
    """The undominated outcomes at `places` of a frontier, all of them individually rational."""

    def __init__(self, efficient: ParetoFrontier, places: NDArray[np.intp], disagreement: Vector) -> None:
        self.frontier = efficient
        self.places = places
        self.disagreement = disagreement
        self.utilities = efficient.utilities[places]
        # The best for a party over all rational outcomes: whoever dominates one of them is rational too.
        self.ideal = self.utilities.max(axis=0)

    def best_product(self, weights: Vector) -> Best:
        """Return where prod_i gain_i^weight_i is largest (gains below 0 by rounding only count as 0). O(frontier)."""

        def product(utilities: Vector) -> Vector:
            return np.asarray(np.prod(np.maximum(utilities - self.disagreement, 0.0) ** weights, axis=1))

        return self._largest(product)

    def best_worst(self, origin: Vector, scale: Vector, leximin: bool) -> Best:
        """Return where min_i (u_i - origin_i) / scale_i is largest, by leximin if asked. O(frontier)."""
        counted = scale > 0
        if not counted.any():
            return self._largest(lambda utilities: np.zeros(len(utilities)))

        def shares(utilities: Vector) -> Vector:
            return np.asarray((utilities[:, counted] - origin[counted]) / scale[counted])

        if not leximin:
            return self._largest(lambda utilities: shares(utilities).min(axis=1))
        ascending = np.sort(shares(self.utilities), axis=1)
        slack = float((self.frontier.tolerance[counted] / scale[counted]).max())
        best = np.arange(len(ascending))
        for column in ascending.T:
            best = best[column[best] >= column[best].max() - slack]
        return self._first(best, float(ascending[best[0], 0]))

    def best_sum(self, weights: Vector) -> Best:
        """Return where sum_i weight_i * u_i is largest. O(frontier)."""
        return self._largest(lambda utilities: utilities @ weights)

    def _largest(self, objective: Callable[[Vector], Vector]) -> Best:
        values = objective(self.utilities)
        tied = np.flatnonzero(objective(self.utilities + self.frontier.tolerance) >= values.max())
        return self._first(tied, float(values.max()))

    def _first(self, tied: NDArray[np.intp], value: float) -> Best:
        places = self.places[tied]
        places = places[np.argsort(self.frontier.precedence[places])]
        chosen, *others = places[: SHOWN_TIES + 1].tolist()
        return Best(
            tuple(self.frontier.utilities[chosen].tolist()),
            value,
            self.frontier.outcome(chosen),
            ties=tuple(self.frontier.outcome(place) for place in islice(others, SHOWN_TIES)),
            tied=len(places) - 1,
        )


def rational_part(problem: Bargaining, disagreement: Sequence[float] | None = None) -> RationalSet | None:
    """Return the individually rational part of anything that can be bargained over; None if it is empty.

    disagreement: utilities without a deal; by default the problem's reservation values, 0 where it has none.
    ConfigurationError if it does not have one finite number per party, or as `frontier` says.
    """
    found: BargainingSet = bargaining_set(problem)
    given = found.disagreement if disagreement is None else disagreement
    return found.rational(checked_vector(given, len(found.disagreement)))


def bargaining_set(problem: Bargaining) -> BargainingSet:
    """Return what a problem, a frontier or bare points are bargained over; a set is itself."""
    if isinstance(problem, ParetoFrontier):
        return OutcomeSet(problem)
    if hasattr(problem, "rational"):
        own: Any = problem  # an array-like has no such method, whatever its type says
        return own  # type: ignore[no-any-return]
    return OutcomeSet(frontier(problem))
