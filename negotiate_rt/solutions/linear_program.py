"""Small linear programs: few rows, any number of columns, all held in memory. The revised simplex method.

Lotteries over a frontier lead to programs with a row per party and a column per outcome: for so few rows a dense inverse is
cheap and exact to rounding, and each step looks at all columns at array speed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

_ZERO = 1e-11  # relative to the columns, which are scaled to at most 1: what is no gain, no pivot, no infeasibility
_STALLED = 50  # steps without progress after which Bland's rule takes over, which cannot cycle
_MOST_STEPS = 20_000


class Optimum(NamedTuple):
    """The value, and the variables where it is attained: a corner, with no more of them above 0 than there are rows.

    prices: what one more of each row's right side would add, prices @ matrix >= objective.
    """

    value: float
    variables: Vector
    prices: Vector


def maximise(objective: Vector, matrix: Vector, right: Vector) -> Optimum | None:
    """Return the largest objective @ x with matrix @ x == right, x >= 0; None if no x satisfies that.

    right may have any sign. The program must be bounded, as programs over probabilities are; ArithmeticError otherwise.
    Cost: O(rows * columns) a step, usually a few steps per row.
    """
    rows, columns = matrix.shape
    sign = np.where(right < 0, -1.0, 1.0)
    table = np.hstack((matrix * sign[:, None], np.eye(rows)))
    bound = np.abs(right)
    basis = np.arange(columns, columns + rows)
    artificial = np.append(np.zeros(columns), -np.ones(rows))
    basis, values = _climb(artificial, table, bound, basis, columns + rows)
    if values[basis >= columns].sum() > 1e-9 * max(1.0, float(bound.max(initial=0.0))):
        return None
    basis, values = _climb(np.append(objective, np.zeros(rows)), table, bound, basis, columns)
    variables = np.zeros(columns + rows)
    variables[basis] = values
    prices = sign * np.linalg.solve(table[:, basis].T, np.append(objective, np.zeros(rows))[basis])
    return Optimum(float(objective @ variables[:columns]), variables[:columns], prices)


def _climb(
    objective: Vector, table: Vector, bound: Vector, basis: NDArray[np.intp], allowed: int
) -> tuple[NDArray[np.intp], Vector]:
    """Exchange columns (only those below `allowed` may enter) until none improves; return the basis and its values."""
    basis = basis.copy()
    scale = np.maximum(np.abs(objective[:allowed]), 1e-300).max()
    best, stalled = -np.inf, 0
    for _ in range(_MOST_STEPS):
        square = table[:, basis]
        values: Vector = np.maximum(np.linalg.solve(square, bound), 0.0)
        reached = float(objective[basis] @ values)
        stalled = 0 if reached > best + _ZERO * scale else stalled + 1
        best = max(best, reached)
        prices = np.linalg.solve(square.T, objective[basis])
        gain = objective[:allowed] - prices @ table[:, :allowed]
        gain[basis[basis < allowed]] = 0.0
        better = gain > _ZERO * scale
        if not better.any():
            return basis, values
        entering = int(better.argmax()) if stalled > _STALLED else int(gain.argmax())
        direction: Vector = np.asarray(np.linalg.solve(square, table[:, entering]), dtype=np.float64)
        leaving = _leaving(direction, values, basis, allowed)
        basis[leaving] = entering
    raise ArithmeticError("the linear program did not end")


def _leaving(direction: Vector, values: Vector, basis: NDArray[np.intp], allowed: int) -> int:
    """Return the row that bounds the step: among ties one of a column that may not stay, else the lowest column."""
    stuck = (basis >= allowed) & (np.abs(direction) > _ZERO)  # at 0, where it has to remain
    if stuck.any():
        return int(np.flatnonzero(stuck)[0])
    rising = direction > _ZERO
    if not rising.any():
        raise ArithmeticError("the linear program is unbounded")
    ratio = np.full(len(values), np.inf)
    ratio[rising] = values[rising] / direction[rising]
    tied = np.flatnonzero(ratio <= ratio.min() + 1e-15)
    return int(tied[np.argmin(basis[tied])])
