"""Which vectors no other vector dominates: by sorting and dividing, never by comparing all pairs.

Vectors are the columns of an array of shape (parties, vectors), so that each party's numbers lie together. One vector
dominates another if it is at least as good for all parties and better for one. Numbers of one party that lie within its
tolerance of each other are the same number, so that rounding never decides what dominates what.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Columns = NDArray[Any]  # int64 or float64: sums of additive utilities are kept as exact integers while they grow
Places = NDArray[np.intp]

_BRUTE = 96  # vectors compared pair by pair at the leaves of the division; measured, and flat from 64 to 200
_SAMPLE = 1024  # vectors whose own frontier weeds out the rest before the division starts
_MOST_WEEDERS = 48
_WORTHWHILE = 0.99  # of the vectors may be left by each weeder, on average, for the next one to be tried


class Undominated(NamedTuple):
    """The undominated vectors: `firsts`, one position for each distinct one, best for the first party first; and
    `members`, the positions of all vectors, those of one distinct vector in a run that begins at its `starts`.
    """

    firsts: Places
    members: Places
    starts: Places


def undominated(columns: Columns, tolerance: Columns, precedence: Columns | None = None) -> Undominated:
    """Return the vectors that none dominates, equal ones together.

    tolerance: shape (parties,). precedence: columns of keys (shape (keys, vectors), the first decides first) whose
    smallest comes first among equal vectors; by default the position. Cost: O(n log n) for up to two parties, O(n log n +
    m log^(parties - 1) m) for more, where m is what is left after a sample has weeded out most; memory O(n).
    """
    if not columns.shape[1]:
        nothing = np.empty(0, dtype=np.intp)
        return Undominated(nothing, nothing, nothing)
    left = _sift(columns, tolerance)
    ranks = _ranks(columns[:, left], tolerance)
    keys = [] if precedence is None else [key[left] for key in precedence[::-1]]
    order = np.lexsort((*keys, *(-ranks[::-1])))  # stable: by position in the end
    ranks = ranks[:, order]
    fresh = np.append(True, (ranks[:, 1:] != ranks[:, :-1]).any(axis=0))
    starts = np.flatnonzero(fresh)
    good = _maximal(ranks[:, starts])
    sizes = np.diff(np.append(starts, len(order)))
    members = left[order[np.repeat(good, sizes)]]
    starts = np.concatenate(([0], np.cumsum(sizes[good])[:-1])).astype(np.intp)
    return Undominated(members[starts], members, starts)


# ------------------------------------------------------------------------------------------------ a cheap first pass
def _sift(columns: Columns, tolerance: Columns) -> Places:
    """Return the positions, ascending, of a superset of the frontier: only what is surely dominated is gone."""
    parties, count = columns.shape
    if parties == 1:
        return np.flatnonzero(columns[0] >= columns[0].max() - tolerance[0])
    if parties == 2:
        # Stable, because sums of sorted runs are sorted runs, which the stable sort merges.
        order = np.argsort(-columns[0], kind="stable")
        second = columns[1][order]
        before = np.maximum.accumulate(second)[:-1]
        return np.sort(order[np.append(True, second[1:] >= before - tolerance[1])])
    left = np.arange(count)
    if count <= 4 * _SAMPLE:
        return left
    sample = columns[:, :: max(1, count // _SAMPLE)]
    weeders = sample[:, undominated(sample, tolerance).firsts]
    spread = np.maximum(columns.max(axis=1) - columns.min(axis=1), 1)[:, None].astype(float)
    weeders = weeders[:, np.argsort(-(weeders / spread).sum(axis=0))[:_MOST_WEEDERS]]
    rest = columns
    for tried, one in enumerate(weeders.T[:, :, None]):
        if len(left) > count * _WORTHWHILE**tried:  # next to nothing is dominated
            break
        gone = (rest <= one).all(axis=0)
        gone[gone] = (rest[:, gone] < one - tolerance[:, None]).any(axis=0)
        left, rest = left[~gone], rest[:, ~gone]
    return left


def _ranks(columns: Columns, tolerance: Columns) -> Places:
    """Return each party's numbers replaced by their place among its distinct ones: ties become exactly equal."""
    ranks = np.zeros(columns.shape, dtype=np.intp)
    for party, numbers in enumerate(columns):
        order = np.argsort(numbers, kind="stable")
        ascending = numbers[order]
        ranks[party, order[1:]] = np.cumsum(ascending[1:] - ascending[:-1] > tolerance[party])
    return ranks


# ------------------------------------------------------------------------------------------------------- the division
def _maximal(ranks: Places) -> NDArray[np.bool_]:
    """Tell which of distinct vectors in falling lexicographic order are undominated (Kung, Luccio, Preparata 1975).

    A vector can only be dominated by one before it, which is then no worse for the first party: what is left to compare
    is one party less.
    """
    parties, count = ranks.shape
    if parties == 1 or count == 1:
        return np.append(True, np.zeros(count - 1, dtype=bool))
    if parties == 2:
        second = ranks[1]
        return np.append(True, np.greater(second[1:], np.maximum.accumulate(second)[:-1]))
    if count <= _BRUTE:
        others = ranks[1:]
        covered = np.all(others[:, :, None] >= others[:, None, :], axis=0)
        free: NDArray[np.bool_] = np.logical_not(np.any(np.triu(covered, 1), axis=0))
        return free
    middle = count // 2
    good = np.concatenate((_maximal(ranks[:, :middle]), _maximal(ranks[:, middle:])))
    high, low = np.flatnonzero(good[:middle]), middle + np.flatnonzero(good[middle:])
    good[low] = ~_covered(ranks[1:, high], ranks[1:, low])
    return good


def _covered(high: Places, low: Places) -> NDArray[np.bool_]:
    """Tell which columns of `low` some column of `high` reaches or exceeds in every row."""
    rows, covered = len(low), np.zeros(low.shape[1], dtype=bool)
    if not high.shape[1] or not low.shape[1]:
        return covered
    if rows == 1:
        reached: NDArray[np.bool_] = np.less_equal(low[0], high[0].max())
        return reached
    if rows == 2:
        order = np.argsort(high[0])
        best = np.maximum.accumulate(high[1, order][::-1])[::-1]  # of those from here upwards in the first row
        place = np.searchsorted(high[0, order], low[0])
        inside = place < len(order)
        covered[inside] = best[place[inside]] >= low[1, inside]
        return covered
    if high.shape[1] * low.shape[1] <= _BRUTE * _BRUTE:
        paired: NDArray[np.bool_] = np.any(np.all(high[:, :, None] >= low[:, None, :], axis=0), axis=0)
        return paired
    if high[0].min() >= low[0].max():
        return _covered(high[1:], low[1:])
    return _divided(high, low)


def _divided(high: Places, low: Places) -> NDArray[np.bool_]:
    covered = np.zeros(low.shape[1], dtype=bool)
    both = np.concatenate((high[0], low[0]))
    pivot = np.partition(both, len(both) // 2)[len(both) // 2]
    if pivot == both.min():
        pivot = both[both > pivot].min()  # there is one: otherwise the row had been dropped
    upper, above = np.greater_equal(high[0], pivot), np.greater_equal(low[0], pivot)
    covered[above] = _covered(high[:, upper], low[:, above])
    covered[~above] = _covered(high[1:, upper], low[1:, ~above])
    rest = np.logical_not(above | covered)
    covered[rest] = _covered(high[:, ~upper], low[:, rest])
    return covered
