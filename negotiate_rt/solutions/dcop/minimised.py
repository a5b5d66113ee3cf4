"""A DCOP as local algorithms see it: something to minimise, in finite numbers.

Costs to maximise change their sign. Every forbidden combination costs the same penalty, instead of its soft cost: the sum over
all tables of what their soft costs and 0 span, plus one. So breaking fewer hard constraints is always better, whatever the soft
costs; among assignments that break as many, the soft costs of what is kept decide; and a gain is never NaN.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property

import numpy as np

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.dcop import Costs, DcopProblem
from negotiate_rt.solutions.dcop.memo import remembered
from negotiate_rt.solutions.dcop.reach import reach

ROUNDING = 1e-12  # of the costs that a sum is made of; what differs by less is equal


class Minimised:
    """A problem's costs to minimise, in finite numbers.

    `unary`: each variable's own costs with those of functions of it alone; `tables`: of the functions of several variables;
    `touching`: their names by variable, `near`: each variable's neighbours, in the problem's order; `place`: where
    it stands in that order. Raises ConfigurationError where penalties leave the range of a float. Cost: O(entries of all
    tables).
    """

    def __init__(self, problem: DcopProblem) -> None:
        self.sign = 1.0 if problem.objective == "min" else -1.0
        known = (*problem.unary.values(), *problem.tables.values())
        self.penalty = 1 + sum(map(_span, known))
        if not math.isfinite(self.penalty * len(known)):
            raise ConfigurationError("the costs are too large for local search: penalties leave the range of a float")
        self.unary: dict[str, Costs] = {name: self._finite(costs) for name, costs in problem.unary.items()}
        self.tables: dict[str, Costs] = {}
        self.touching: dict[str, list[str]] = {name: [] for name in problem.variables}
        for function in problem.functions.values():
            table = self._finite(problem.tables[function.name])
            if len(function.variables) == 1:
                self.unary[function.variables[0]] = self.unary[function.variables[0]] + table
                continue
            self.tables[function.name] = table
            for one in function.variables:
                self.touching[one].append(function.name)
        self.scopes = {name: problem.functions[name].variables for name in self.tables}
        self.near: Mapping[str, tuple[str, ...]] = problem.neighbours()
        self.place = {name: number for number, name in enumerate(problem.variables)}

    @cached_property
    def reach(self) -> Mapping[str, int]:
        """For each variable, a bound of the distances in its part of the constraint graph."""
        return reach(self.near)

    def _finite(self, table: Costs) -> Costs:
        costs = table if self.sign > 0 else -table
        hard = costs == math.inf
        return np.where(hard, self.penalty, costs) if hard.any() else costs


def _span(table: Costs) -> float:
    """Return how far the soft costs of a table, and 0, lie apart."""
    soft = np.isfinite(table)
    return float(table.max(where=soft, initial=0.0) - table.min(where=soft, initial=0.0))


def minimised(problem: DcopProblem) -> Minimised:
    """Return a problem's costs to minimise, made once for all its agents."""
    return remembered(problem, "minimised", Minimised)
