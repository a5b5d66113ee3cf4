"""Which outcomes of a finite bargaining problem are efficient, and which give the most in total.

Points are utility vectors: a float64 array of shape (outcomes, parties), row i that of the space's outcome i. Utilities
of one party within 1e-12 of its largest magnitude are the same, so that rounding never decides what dominates what.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from negotiate_rt.problems.ranking import RELATIVE_TOLERANCE
from negotiate_rt.solutions.dominance import undominated
from negotiate_rt.solutions.frontier import checked_points, utility_matrix

__all__ = ["BestJoint", "best_joint", "is_pareto_efficient", "pareto_frontier", "utility_matrix"]


class BestJoint(NamedTuple):
    """The largest sum of utilities, and the numbers of all outcomes that reach it, ascending."""

    value: float
    outcomes: tuple[int, ...]


def pareto_frontier(points: ArrayLike) -> NDArray[np.intp]:
    """Return the numbers, ascending, of the outcomes that no other outcome weakly dominates.

    x dominates y if it is at least as good for all parties and better for one; equal vectors are all on the
    frontier. Cost: O(n log n) for two parties, a logarithm more for each further one; memory O(n). See `frontier` for a
    problem, whatever its size.
    """
    vectors = checked_points(points)
    return np.sort(undominated(np.ascontiguousarray(vectors.T), _tolerance(vectors)).members)


def is_pareto_efficient(points: ArrayLike, index: int) -> bool:
    """Whether no outcome weakly dominates outcome `index`; IndexError if there is none. Cost: O(n)."""
    vectors = checked_points(points)
    if not 0 <= index < len(vectors):
        raise IndexError(f"there are {len(vectors)} outcomes, so none with index {index}")
    tolerance = _tolerance(vectors)
    better = vectors - vectors[index]
    return not bool(((better >= -tolerance).all(axis=1) & (better > tolerance).any(axis=1)).any())


def best_joint(points: ArrayLike) -> BestJoint | None:
    """Return the largest sum of all parties' utilities (the utilitarian optimum) and where it is; None without points.

    Sums within 1e-12 of the largest magnitude among them are ties. Cost: O(n).
    """
    totals = checked_points(points).sum(axis=1)
    if not totals.size:
        return None
    best = float(totals.max())
    tied = np.flatnonzero(totals >= best - RELATIVE_TOLERANCE * float(np.abs(totals).max()))
    return BestJoint(best, tuple(tied.tolist()))


def _tolerance(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(RELATIVE_TOLERANCE * np.abs(points).max(axis=0, initial=0.0))
