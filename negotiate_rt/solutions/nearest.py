"""The nearest point of a polyhedron, and the least sum over one: the two steps of core payments.

Least distance programming after Lawson and Hanson, "Solving least squares problems", 1974, chapter 23: the nearest point to
the origin with G x >= h comes from a least-squares problem with non-negative unknowns. Dense, for dozens of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from negotiate_rt.solutions.linear_program import maximise

Floats = NDArray[np.float64]

_MOST_STEPS = 1000
_ZERO = 1e-12


def least_sum(matrix: Floats, right: Floats, most: Floats) -> float | None:
    """Return the least sum of x with matrix @ x >= right and 0 <= x <= most; None if there is no such x."""
    rows, columns = matrix.shape
    table = np.block(
        [
            [matrix, -np.eye(rows), np.zeros((rows, columns))],
            [np.eye(columns), np.zeros((columns, rows)), np.eye(columns)],
        ]
    )
    costs = np.concatenate((-np.ones(columns), np.zeros(rows + columns)))
    found = maximise(costs, table, np.concatenate((right, most)))
    return None if found is None else -found.value


def nearest_to_origin(matrix: Floats, right: Floats) -> Floats | None:
    """Return the x of least Euclidean length with matrix @ x >= right; None if there is no such x."""
    target = np.zeros(matrix.shape[1] + 1)
    target[-1] = 1.0
    stacked = np.vstack((matrix.T, right))
    weights = non_negative_least_squares(stacked, target)
    rest = stacked @ weights - target
    if abs(rest[-1]) < _ZERO:
        return None
    return np.asarray(-rest[:-1] / rest[-1])


def exact_projection(point: Sequence[float], rows: Sequence[Sequence[float]], right: Sequence[float]) -> list[float] | None:
    """Return the nearest x to `point` with rows @ x == right, calculated in fractions and rounded once.

    None if no x satisfies that. Dependent rows do no harm. Cost: O(rows^3) fractions.
    """
    given = [[Fraction(one) for one in row] for row in rows]
    start = [Fraction(one) for one in point]
    gaps = [
        Fraction(value) - sum((a * b for a, b in zip(row, start, strict=True)), Fraction(0))
        for row, value in zip(given, right, strict=True)
    ]
    square = [[sum((a * b for a, b in zip(one, other, strict=True)), Fraction(0)) for other in given] for one in given]
    weights = solved([[*row, gap] for row, gap in zip(square, gaps, strict=True)])
    if weights is None:
        return None
    for row, weight in zip(given, weights, strict=True):
        start = [a + weight * b for a, b in zip(start, row, strict=True)]
    return [float(one) for one in start]


def solved(table: list[list[Fraction]]) -> list[Fraction] | None:
    """Return one solution of square equations by elimination, free unknowns 0; the right side is each row's last entry."""
    count = len(table)
    pivots: list[tuple[int, int]] = []
    for column in range(count):
        at = len(pivots)
        pivot = next((row for row in range(at, count) if table[row][column]), None)
        if pivot is None:
            continue
        table[at], table[pivot] = table[pivot], table[at]
        lead = table[at][column]
        table[at] = [one / lead for one in table[at]]
        for row in range(count):
            if row != at and table[row][column]:
                factor = table[row][column]
                table[row] = [a - factor * b for a, b in zip(table[row], table[at], strict=True)]
        pivots.append((at, column))
    if any(row[-1] for row in table[len(pivots) :]):
        return None
    unknowns = [Fraction(0)] * count
    for row, column in pivots:
        unknowns[column] = table[row][-1]
    return unknowns


def non_negative_least_squares(matrix: Floats, target: Floats) -> Floats:
    """Return the x >= 0 that makes matrix @ x nearest to target (Lawson and Hanson 1974, chapter 23: active sets)."""
    columns = matrix.shape[1]
    free = np.zeros(columns, dtype=bool)
    x = np.zeros(columns)
    scale = max(float(np.abs(matrix).max(initial=0.0)), 1.0)
    for _ in range(_MOST_STEPS):
        pull = matrix.T @ (target - matrix @ x)
        pull[free] = -np.inf
        best = int(np.argmax(pull)) if columns else 0
        if not columns or pull[best] <= _ZERO * scale:
            break
        free[best] = True
        while True:
            trial = np.zeros(columns)
            trial[free] = np.linalg.lstsq(matrix[:, free], target, rcond=None)[0]
            bad = free & (trial <= 0)
            if not bad.any():
                x = trial
                break
            step = float((x[bad] / np.maximum(x[bad] - trial[bad], 1e-300)).min())
            x = x + step * (trial - x)
            free &= x > _ZERO * max(float(x.max()), 1e-300)
            x[~free] = 0.0
            if not free.any():
                break
    return x
