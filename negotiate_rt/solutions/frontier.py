"""The Pareto frontier of a bargaining problem: the outcomes that nobody can improve on without hurting somebody.

It is reported as distinct utility vectors, each with the first outcome in the space's order that has it; in a zero-sum
problem every outcome is on it, so all outcomes of a vector are given on request only, one at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.bargaining import BargainingProblem
from negotiate_rt.problems.derived import AffineUtility, DiscountedUtility
from negotiate_rt.problems.issues import Outcome, OutcomeSpace
from negotiate_rt.problems.numbering import Numbering
from negotiate_rt.problems.ranking import RELATIVE_TOLERANCE
from negotiate_rt.problems.scalars import finite
from negotiate_rt.problems.utility import AdditiveUtility, UtilityFunction, utility_table
from negotiate_rt.solutions.dominance import undominated
from negotiate_rt.solutions.minkowski import MinkowskiSum, Term

Additive: TypeAlias = tuple[AdditiveUtility, Sequence[tuple[float, float]]]  # and (scale, shift) pairs, inner first


class ParetoFrontier:
    """The distinct undominated utility vectors, best for the first party first.

    utilities: float64, shape (vectors, parties), read-only. precedence: shape (vectors,), by which their first outcomes are
    ordered in the space. low, high: each party's worst and best utility over all outcomes. tolerance: what
    differences count as none, 1e-12 times each party's largest magnitude. parties: their names (numbers where the
    problem gives none). disagreement: the reservation values, 0 where the problem gives none.

    A frontier of bare points (an array) has the points' numbers for outcomes.
    """

    __slots__ = ("_all", "_outcome", "disagreement", "high", "low", "parties", "precedence", "tolerance", "utilities")

    def __init__(
        self,
        utilities: NDArray[np.float64],
        precedence: NDArray[np.intp],
        bounds: tuple[NDArray[np.float64], NDArray[np.float64]],
        outcome: Callable[[int], Any],
        members: Callable[[int], Iterator[Any]],
    ) -> None:
        utilities.flags.writeable = False
        self.utilities = utilities
        self.precedence = precedence
        self.low, self.high = bounds
        self.tolerance = RELATIVE_TOLERANCE * np.maximum(np.abs(self.low), np.abs(self.high))
        self.parties: tuple[str, ...] = tuple(str(party) for party in range(utilities.shape[1]))
        self.disagreement: tuple[float, ...] = (0.0,) * utilities.shape[1]
        self._outcome, self._all = outcome, members

    def __len__(self) -> int:
        return len(self.utilities)

    def outcome(self, place: int) -> Any:  # a tuple of the space, or the number of a bare point
        """Return the first outcome, in the space's order, with the vector at that place. Cost: O(issues)."""
        return self._outcome(place)

    def all_outcomes(self, place: int) -> Iterator[Any]:
        """Yield every outcome with the vector at that place, lazily: the first in the space's order, then the others.

        Where the space is too large to enumerate, the others come in no promised order, and the first request builds
        the frontier once more.
        """
        return self._all(place)

    def __repr__(self) -> str:
        return f"ParetoFrontier({len(self)} vectors, {self.utilities.shape[1]} parties)"


def frontier(problem: BargainingProblem | ArrayLike) -> ParetoFrontier:
    """Return the Pareto frontier of a problem with all parties' utilities, or of points of shape (outcomes, parties).

    An outcome is on it if no other is at least as good for all and better for one. If all utilities are additive, or
    rescaled or discounted such, no outcome is enumerated: cost and memory go by the frontier, whatever the space's size.
    Otherwise O(n log n) for n outcomes and two parties, a logarithm more for each further party. ConfigurationError if
    the problem has no utilities, the space is too large to enumerate, or the frontier has over MOST_VECTORS vectors.
    """
    if not isinstance(problem, BargainingProblem):
        return _of_points(checked_points(problem))
    names, utilities = _parties(problem)
    additive = [one for one in map(_additive, utilities) if one is not None]
    if len(additive) == len(utilities):
        found = _of_additive(problem.space, additive)
    else:
        found = _of_points(utility_matrix(problem.space, utilities), problem.space)
    found.parties = names
    found.disagreement = reservation_values(problem)
    return found


def utility_matrix(space: OutcomeSpace, utilities: Sequence[UtilityFunction]) -> NDArray[np.float64]:
    """Return what every outcome is worth to every party: shape (space.size, len(utilities)), in the space's order.

    ConfigurationError if there are no utilities, one fails on an outcome, or the space is too large to enumerate.
    Cost: O(outcomes * parties).
    """
    if not utilities:
        raise ConfigurationError("a utility matrix needs at least one utility")
    return np.column_stack([utility_table(space, utility) for utility in utilities])


def reservation_values(problem: BargainingProblem) -> tuple[float, ...]:
    """Return each party's reservation value in the order of the problem's utilities, 0 where it gives none."""
    names, utilities = _parties(problem)
    known = [problem.reservation_of(name, seat) for seat, name in enumerate(names)]
    return tuple(0.0 if value is None else value for value in known[: len(utilities)])


def checked_points(points: ArrayLike) -> NDArray[np.float64]:
    """Return points as float64 of shape (outcomes, parties); ConfigurationError if they are no finite numbers."""
    try:
        vectors = np.asarray(points, dtype=np.float64)
    except (TypeError, ValueError) as cause:
        raise ConfigurationError(f"points must be numbers in shape (outcomes, parties): {cause}") from cause
    if vectors.ndim != 2 or not vectors.shape[1]:
        raise ConfigurationError(f"points must have shape (outcomes, parties), got {vectors.shape}")
    if not np.isfinite(vectors).all():
        row, party = np.argwhere(~np.isfinite(vectors))[0].tolist()
        raise ConfigurationError(f"points[{row}, {party}] must be finite, got {vectors[row, party]}")
    return vectors


def checked_vector(
    given: Sequence[float] | NDArray[np.float64], parties: int, what: str = "disagreement"
) -> NDArray[np.float64]:
    """Return one number per party as float64; ConfigurationError, naming `what`, if one is not finite or their number is off."""
    values = [finite(value, f"{what}[{party}]", ConfigurationError) for party, value in enumerate(given)]
    if len(values) != parties:
        raise ConfigurationError(f"{what} must have one number per party ({parties}), got {len(values)}")
    return np.array(values, dtype=np.float64)


def _parties(problem: BargainingProblem) -> tuple[tuple[str, ...], list[UtilityFunction]]:
    given = problem.utilities
    if not given:
        raise ConfigurationError("the problem has no utilities; a solution needs those of all parties")
    if isinstance(given, Mapping):
        return tuple(given), list(given.values())
    return tuple(str(seat) for seat in range(len(given))), list(given)


def _of_points(points: NDArray[np.float64], space: OutcomeSpace | None = None) -> ParetoFrontier:
    columns = np.ascontiguousarray(points.T)
    none = np.zeros(len(columns))
    bounds = (columns.min(axis=1), columns.max(axis=1)) if len(points) else (none, none)
    tolerance = RELATIVE_TOLERANCE * np.maximum(np.abs(bounds[0]), np.abs(bounds[1]))
    firsts, members, starts = undominated(columns, tolerance)
    runs = np.append(starts, len(members))

    def outcome(number: int) -> Any:
        return number if space is None else space.at(number)

    return ParetoFrontier(
        points[firsts],
        firsts,
        bounds,
        lambda place: outcome(int(firsts[place])),
        lambda place: (outcome(int(number)) for number in members[runs[place] : runs[place + 1]]),
    )


def _additive(utility: UtilityFunction) -> Additive | None:
    """Return what is additive up to scale, and its scales; a deal that is struck at once is not discounted."""
    steps: list[tuple[float, float]] = []
    while isinstance(utility, AffineUtility | DiscountedUtility):
        if isinstance(utility, AffineUtility):
            steps.append((utility.scale, utility.shift))
        utility = utility.base
    return (utility, steps[::-1]) if isinstance(utility, AdditiveUtility) else None


def _of_additive(space: OutcomeSpace, utilities: Sequence[Additive]) -> ParetoFrontier:
    parts = zip(*(utility.bind(space).parts for utility, _ in utilities), strict=True)
    worths = [np.array([part.array() for part in of_issue]) for of_issue in parts]
    sums = MinkowskiSum(worths, _terms(space), [steps for _, steps in utilities])
    vectors, places = sums.frontier()
    order = np.lexsort(places[::-1])
    precedence = np.empty_like(order)
    precedence[order] = np.arange(len(order))

    def named(numbers: Sequence[int]) -> Outcome:
        return tuple(issue.at(number) for issue, number in zip(space.issues, numbers, strict=True))

    def members(place: int) -> Iterator[Outcome]:
        return map(named, sums.members(places[:, place]))

    return ParetoFrontier(
        np.ascontiguousarray(vectors.T),
        precedence,
        (sums.low, sums.high),
        lambda place: named(places[:, place].tolist()),
        members,
    )


def _terms(space: OutcomeSpace) -> list[Term]:
    """Return the issues one by one, and those that constraints tie together as one choice of their legal combinations."""
    if not space.rules:
        return []
    assert space.size  # or an error that names the constraints
    terms = []
    for group in Numbering(space.issues, space.rules).groups:
        sizes = [space.issues[position].size for position in group.positions]
        rows = np.arange(group.count) if group.rows is None else np.asarray(group.rows)
        terms.append(Term(group.positions, np.array(np.unravel_index(rows, sizes), dtype=np.intp)))
    return terms
