"""Variables in a row, each knowing what its values cost together with those before it: what branch and bound goes along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import add

from negotiate_rt.problems.dcop import Costs, DcopProblem
from negotiate_rt.solutions.dcop.local_costs import Rows, least_of, rows_of
from negotiate_rt.solutions.dcop.pseudo_tree import best_pseudo_tree


def chains(problem: DcopProblem) -> list[tuple[str, ...]]:
    """Return the variables in rows, one for each part of the constraint graph: depth first along its best pseudo-tree, so that
    those that share costs stand near each other. A variable of one value is a row by itself.
    """
    tree = best_pseudo_tree(problem)
    rows: list[list[str]] = []
    for one in tree.order:
        if one not in tree.parent:
            rows.append([])
        rows[-1].append(one)
    return [tuple(row) for row in rows]


class ChainStep:
    """The costs of one variable's values, to minimise, of all functions whose last variable in the row it is.

    `base`: its own costs; forbidden values cost infinity. `least`: a bound below all costs.
    """

    __slots__ = ("_terms", "base", "effort", "least")

    def __init__(self, problem: DcopProblem, name: str, row: Mapping[str, int], functions: Sequence[str]) -> None:
        sign = 1.0 if problem.objective == "min" else -1.0
        self.base: list[float] = (sign * problem.unary[name]).tolist()
        self._terms: list[tuple[tuple[tuple[int, int], ...], Rows]] = []
        for function in functions:
            table: Costs = sign * problem.tables[function]
            others, rows = rows_of(problem.functions[function].variables, table, name)
            before = tuple((row[one], stride) for one, stride in others if one in row)  # the others have one value each
            if before:
                self._terms.append((before, rows))
            else:
                self.base = list(map(add, self.base, rows[0]))
        self.least = min(self.base) + sum(least_of(rows) for _, rows in self._terms)
        self.effort = len(self.base) * len(self._terms)

    def costs(self, path: Sequence[int]) -> list[float]:
        """Return what each value costs where those before it in the row have their values at `path`."""
        total = self.base
        for before, rows in self._terms:
            number = 0
            for position, stride in before:
                number += stride * path[position]
            total = list(map(add, total, rows[number]))
        return total


def chain_steps(problem: DcopProblem, rows: Sequence[Sequence[str]]) -> dict[str, ChainStep]:
    """Return the step of every variable; each function belongs to the last of its variables that has a choice."""
    last = {name: number for number, name in enumerate(name for row in rows for name in row)}
    free = {name for name, one in problem.variables.items() if len(one.domain) > 1}
    owned: dict[str, list[str]] = {name: [] for name in problem.variables}
    for function in problem.functions.values():
        scope = [one for one in function.variables if one in free] or list(function.variables)
        owned[max(scope, key=last.__getitem__)].append(function.name)
    found = {}
    for row in rows:
        position = {name: number for number, name in enumerate(row)}
        found.update({name: ChainStep(problem, name, position, owned[name]) for name in row})
    return found
