"""What one variable's values cost, given those of its neighbours: the sum that every step of a local search rests on.

Plain lists instead of arrays: a variable has a few values and a few functions, and for so little an array costs more than it
saves. Each function becomes rows, one for each combination of the other variables, that hold the cost of every own value.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import add
from typing import Any

import numpy as np

from negotiate_rt.problems.dcop import Costs, DcopProblem
from negotiate_rt.solutions.dcop.minimised import ROUNDING, minimised

MOST_LISTED = 1 << 14  # entries of a table that is kept as lists; of a larger one a row is listed when it is looked up
Rows = Any  # Any: of one function, a list of lists or what answers alike: rows[number] -> a list of costs


class LocalCosts:
    """What the values of `variable` cost together with its functions, to minimise and in finite numbers.

    `neighbours`: who shares a function with it, in the order of the problem, with the `sizes` of their domains; `size`: of its
    own; `effort`: constraint checks of one call of `costs`; `tolerance`: costs that differ by less are equal, but for rounding.
    """

    __slots__ = ("_pairs", "_several", "base", "effort", "neighbours", "size", "sizes", "tolerance", "variable")

    def __init__(self, problem: DcopProblem, variable: str) -> None:
        known = minimised(problem)
        self.variable = variable
        self.neighbours = known.near[variable]
        self.base: list[float] = known.unary[variable].tolist()
        self.size = len(self.base)
        self.sizes = tuple(len(problem.variables[one].domain) for one in self.neighbours)
        slot = {name: number for number, name in enumerate(self.neighbours)}
        self._pairs: list[tuple[int, Rows]] = []
        self._several: list[tuple[tuple[tuple[int, int], ...], Rows]] = []
        largest = max(map(abs, self.base))
        for name in known.touching[variable]:
            scope, table = known.scopes[name], known.tables[name]
            others, rows = rows_of(scope, table, variable)
            largest += float(abs(table).max())
            if len(others) == 1:
                self._pairs.append((slot[others[0][0]], rows))
            else:
                self._several.append((tuple((slot[one], stride) for one, stride in others), rows))
        self.effort = self.size * (len(self._pairs) + len(self._several))
        self.tolerance = ROUNDING * largest

    def costs(self, places: Sequence[int]) -> list[float]:
        """Return the cost of each own value where the neighbours have theirs at `places`, in their order.

        Cost: O(size * functions).
        """
        total = self.base
        for slot, rows in self._pairs:
            total = list(map(add, total, rows[places[slot]]))
        for others, rows in self._several:
            number = 0
            for slot, stride in others:
                number += stride * places[slot]
            total = list(map(add, total, rows[number]))
        return total

    def costs_without(self, slot: int, places: Sequence[int]) -> list[float]:
        """Return the costs of the functions that the neighbour at `slot` has no part in; `places` as for `costs`."""
        total = self.base
        for other, rows in self._pairs:
            if other != slot:
                total = list(map(add, total, rows[places[other]]))
        for others, rows in self._several:
            if all(other != slot for other, _ in others):
                total = list(map(add, total, rows[sum(stride * places[other] for other, stride in others)]))
        return total

    def responses(self, slot: int, places: Sequence[int]) -> list[tuple[float, int]]:
        """Return, for each value of the neighbour at `slot`, the lowest own cost and where it stands (the first among equals).

        Cost: O(its domain * size * functions).
        """
        trial = list(places)
        found = []
        for place in range(self.sizes[slot]):
            trial[slot] = place
            costs = self.costs(trial)
            best = min(costs)
            found.append((best, costs.index(best)))
        return found

    def lowest(self) -> float:
        """Return a bound below every cost: the least of each function by itself. Cost: O(entries)."""
        return (
            min(self.base)
            + sum(least_of(rows) for _, rows in self._pairs)
            + sum(least_of(rows) for _, rows in self._several)
        )

    def __repr__(self) -> str:
        return f"<costs of {self.variable}, which {len(self.neighbours)} share>"


class RowByRow:
    """The rows of a large table, whose last axis is the own one: listed one at a time, and never copied as a whole."""

    __slots__ = ("table",)

    def __init__(self, table: Costs) -> None:
        self.table = table

    def __getitem__(self, number: int) -> list[float]:
        row: list[float] = self.table[np.unravel_index(number, self.table.shape[:-1])].tolist()
        return row


def rows_of(scope: Sequence[str], table: Costs, variable: str) -> tuple[list[tuple[str, int]], Rows]:
    """Return the other variables with the stride of each, and the rows: own costs for each combination of theirs."""
    axis = scope.index(variable)
    turned = table if axis == len(scope) - 1 else table.swapaxes(axis, -1)
    names = list(scope)
    names[axis], names[-1] = names[-1], names[axis]
    others: list[tuple[str, int]] = []
    stride = 1
    for name, size in zip(reversed(names[:-1]), reversed(turned.shape[:-1]), strict=True):
        others.append((name, stride))
        stride *= size
    if table.size > MOST_LISTED:
        return others, RowByRow(turned)
    return others, turned.reshape(stride, turned.shape[-1]).tolist()


def least_of(rows: Rows) -> float:
    """Return the least cost in any row. Cost: O(entries)."""
    return float(rows.table.min()) if isinstance(rows, RowByRow) else min(map(min, rows))
