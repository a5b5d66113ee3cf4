"""Linear equations in fractions: what a linear program found in floats, told exactly."""

from __future__ import annotations

from fractions import Fraction


def solve_exactly(rows: list[list[Fraction]]) -> list[Fraction] | None:
    """Return the one solution of equations given as [coefficients..., right side]; None if there is none or more than one.

    Gauss and Jordan's elimination. Cost: O(rows * unknowns**2) fractions.
    """
    unknowns = len(rows[0]) - 1
    left = [row[:] for row in rows]
    solved: list[list[Fraction]] = []
    for column in range(unknowns):
        pivot = next((row for row in left if row[column]), None)
        if pivot is None:
            return None
        left.remove(pivot)
        pivot = [value / pivot[column] for value in pivot]
        for group in (left, solved):
            for place, row in enumerate(group):
                if row[column]:
                    factor = row[column]
                    group[place] = [one - factor * other for one, other in zip(row, pivot, strict=True)]
        solved.append(pivot)
    if any(row[-1] for row in left):
        return None
    return [row[-1] for row in solved]
