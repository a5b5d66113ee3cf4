"""Max-Sum's two kinds of message, on costs to minimise: what a factor and what a variable make of what they hear.

Source: Farinelli, Rogers, Petcu and Jennings, "Decentralised coordination of low-power embedded devices using the max-sum
algorithm", AAMAS 2008: the generalised distributive law on a factor graph. With x the values of the other variables of f,

    r_{f -> i}(x_i) = min_x  f(x_i, x) + sum_{j != i} q_{j -> f}(x_j)
    q_{i -> f}(x_i) = c_i(x_i) + sum_{g != f} r_{g -> i}(x_i),  less its least

and variable i takes the value with the least c_i + sum of all r.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import add, sub

import numpy as np

from negotiate_rt.problems.dcop import Costs

Message = Sequence[float]  # one number for each value of the variable
FEW = 256  # entries of a table of two variables up to which plain lists are quicker than arrays


class FactorTable:
    """A cost function as a factor: what it tells each of its variables, given what they told it."""

    __slots__ = ("_columns", "_rows", "effort", "table")

    def __init__(self, table: Costs) -> None:
        self.table = table
        self.effort = table.size  # constraint checks of all answers
        few = table.ndim == 2 and table.size <= FEW
        self._rows: list[list[float]] | None = table.tolist() if few else None
        self._columns: list[list[float]] = table.T.tolist() if few else []

    def answers(self, heard: Sequence[Message]) -> list[tuple[float, ...]]:
        """Return a message to each variable. Cost: O(entries * variables)."""
        if self._rows is not None:
            one, other = heard
            return [
                tuple([min(map(add, row, other)) for row in self._rows]),
                tuple([min(map(add, column, one)) for column in self._columns]),
            ]
        axes = range(self.table.ndim)
        total = self.table
        told = []
        for axis, message in enumerate(heard):
            shape = [1] * self.table.ndim
            shape[axis] = -1
            told.append(np.array(message))
            total = total + told[-1].reshape(shape)
        return [
            tuple((total.min(axis=tuple(one for one in axes if one != axis)) - told[axis]).tolist()) for axis in axes
        ]


def belief(base: Message, heard: Sequence[Message]) -> list[float]:
    """Return what each value of a variable costs at best, as far as it has heard: its own cost and all answers."""
    total = list(base)
    for message in heard:
        total = list(map(add, total, message))
    return total


def query(total: Message, answer: Message) -> list[float]:
    """Return what a variable tells a factor: its belief without that factor's own answer, less the least of it."""
    rest = list(map(sub, total, answer))
    least = min(rest)
    return [cost - least for cost in rest]


def damped(last: Message, new: Message, damping: float, stillness: float) -> tuple[tuple[float, ...], bool]:
    """Return a message with a share `damping` of what was said last, and whether it says anything new: if it differs by no
    more than `stillness` the last is said again, to the bit, so that silence everywhere is a fixed point.
    """
    mixed = tuple([damping * old + (1 - damping) * one for old, one in zip(last, new, strict=True)])
    if all(abs(one - old) <= stillness for old, one in zip(last, mixed, strict=True)):
        return tuple(last), False
    return mixed, True
