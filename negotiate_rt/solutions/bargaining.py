"""Which outcomes of a finite bargaining problem are efficient, and which give the most in total.

Points are utility vectors: a float64 array of shape (outcomes, parties), row i that of the space's outcome i. Utilities
of one party within 1e-12 of its largest magnitude are the same, so that rounding never decides what dominates what.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.issues import OutcomeSpace
from negotiate_rt.problems.ranking import RELATIVE_TOLERANCE, tied_runs
from negotiate_rt.problems.utility import UtilityFunction, utility_table


class BestJoint(NamedTuple):
    """The largest sum of utilities, and the numbers of all outcomes that reach it, ascending."""

    value: float
    outcomes: tuple[int, ...]


def utility_matrix(space: OutcomeSpace, utilities: Sequence[UtilityFunction]) -> NDArray[np.float64]:
    """Return what every outcome is worth to every party: shape (space.size, len(utilities)), in the space's order.

    ConfigurationError if there are no utilities, one fails on an outcome, or the space is too large to enumerate.
    Cost: O(outcomes * parties).
    """
    if not utilities:
        raise ConfigurationError("a utility matrix needs at least one utility")
    return np.column_stack([utility_table(space, utility) for utility in utilities])


def pareto_frontier(points: ArrayLike) -> NDArray[np.intp]:
    """Return the numbers, ascending, of the outcomes that no other outcome weakly dominates.

    x dominates y if it is at least as good for all parties and better for one; equal vectors are all on the
    frontier. Any number of parties. Cost: O(n log n + n * frontier), memory O(n).
    """
    ranks = _ranks(_points(points))
    # The sum of ranks falls strictly from a dominating point to a dominated one, so whatever comes first in falling
    # order of it is on the frontier once all that its predecessors dominate is gone.
    left = np.argsort(-ranks.sum(axis=1), kind="stable")
    efficient: list[NDArray[np.intp]] = []
    while left.size:
        head = ranks[left[0]]
        equal = (ranks[left] == head).all(axis=1)
        efficient.append(left[equal])
        left = left[(ranks[left] > head).any(axis=1)]
    return np.sort(np.concatenate(efficient)) if efficient else np.empty(0, dtype=np.intp)


def is_pareto_efficient(points: ArrayLike, index: int) -> bool:
    """Whether no outcome weakly dominates outcome `index`; IndexError if there is none. Cost: O(n log n)."""
    vectors = _points(points)
    if not 0 <= index < len(vectors):
        raise IndexError(f"there are {len(vectors)} outcomes, so none with index {index}")
    ranks = _ranks(vectors)
    own = ranks[index]
    return not bool(((ranks >= own).all(axis=1) & (ranks > own).any(axis=1)).any())


def best_joint(points: ArrayLike) -> BestJoint | None:
    """Return the largest sum of all parties' utilities (the utilitarian optimum) and where it is; None without points.

    Sums within 1e-12 of the largest magnitude among them are ties. Cost: O(n).
    """
    totals = _points(points).sum(axis=1)
    if not totals.size:
        return None
    best = float(totals.max())
    tied = np.flatnonzero(totals >= best - RELATIVE_TOLERANCE * float(np.abs(totals).max()))
    return BestJoint(best, tuple(tied.tolist()))


def _points(points: ArrayLike) -> NDArray[np.float64]:
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


def _ranks(points: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return each party's utilities replaced by their place among its distinct ones: ties become exactly equal."""
    ranks = np.zeros(points.shape, dtype=np.intp)
    if not len(points):
        return ranks
    for party in range(points.shape[1]):
        order, starts, _ = tied_runs(points[:, party])
        place = np.zeros(len(order), dtype=np.intp)
        place[starts] = 1
        ranks[order, party] = np.cumsum(place) - 1
    return ranks
