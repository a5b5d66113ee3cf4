"""Sums of worths that lie on a lattice, such as those of whole numbers on lines with round weights.

A thousand values an issue and six issues are 10^18 outcomes, but often no more than some thousand different sums: all are
whole multiples of one step, from where they start. Found step and all, they are added without sorting.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_MOST_STEPS = 64  # of Euclid's algorithm: a lattice of a million points takes some thirty at the worst


def lattice_step(values: list[Floats], most: int, slack: float) -> float | None:
    """Return the largest step of which all differences within each array are whole multiples, to within `slack`.

    values: ascending arrays. None where there is no such step, or the arrays together span more than `most` of them.
    Euclid's algorithm on all differences at once. Cost: O(values) a step.
    """
    away = np.concatenate([one - one[0] for one in values])
    away = away[away > slack]
    span = sum(float(one[-1] - one[0]) for one in values)
    if not away.size:
        return None
    largest, step = float(away.max()), float(away.min())
    error = 8 * float(np.finfo(float).eps) * span  # of the step; remainders multiply it
    for _ in range(_MOST_STEPS):
        if step * most < span:
            return None
        error = largest / step * error + slack
        left = np.abs(away - step * np.rint(away / step))
        remainders = left[left > error]
        if not remainders.size:
            step = largest / round(largest / step)  # told most precisely by the largest
            return step if float(np.abs(away - step * np.rint(away / step)).max()) <= slack else None
        step = float(remainders.min())
    return None


def lattice_sums(one: Floats, other: Floats, most: int, slack: float) -> Floats | None:
    """Return the different sums of a number of each of two ascending arrays, ascending; None if they lie on no lattice of
    at most `most` points. Sums closer than `slack` are one. Cost: O(the number of pairs), nothing is sorted."""
    step = lattice_step([one, other], most, slack)
    if step is None:
        return None
    many, few = (one, other) if len(one) >= len(other) else (other, one)
    places = np.rint((many - many[0]) / step).astype(np.intp)
    shifts = np.rint((few - few[0]) / step).astype(np.intp)
    found = np.full(int(places[-1] + shifts[-1]) + 1, np.nan)
    for shift, worth in zip(shifts.tolist(), few.tolist(), strict=True):
        found[places + shift] = many + worth
    return np.asarray(found[~np.isnan(found)])
