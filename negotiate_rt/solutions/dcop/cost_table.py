"""Cost tables with named axes, joined and projected: the two operations of dynamic programming on a pseudo-tree.

Petcu and Faltings, "A scalable method for multiagent constraint optimization", IJCAI 2005, definitions 3 and 4: the join of
tables is their sum over the union of their variables; projecting a variable out keeps, for every combination of the others,
its best value. Hard constraints are infinite costs, which sums and bests carry along.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from negotiate_rt.problems.dcop import Costs, DcopProblem, Objective

Choices = npt.NDArray[np.integer]  # places in a domain
MOST_COMPARED = 32  # values of a domain; beyond, one argmin is quicker than a comparison for each


class CostTable(msgspec.Struct, frozen=True):
    """Costs over some variables: axis i of `costs` is the domain of `variables[i]`."""

    variables: tuple[str, ...]
    costs: Costs


def join(tables: Iterable[CostTable], variables: Sequence[str], sizes: Mapping[str, int]) -> CostTable:
    """Return the sum of the tables over `variables`, which must hold all of theirs. Cost: O(tables * entries)."""
    place = {one: i for i, one in enumerate(variables)}
    total = np.zeros([sizes[one] for one in variables])
    for table in tables:
        axes = sorted(range(len(table.variables)), key=lambda axis: place[table.variables[axis]])
        shape = [1] * len(variables)
        for axis in axes:
            shape[place[table.variables[axis]]] = table.costs.shape[axis]
        total += table.costs.transpose(axes).reshape(shape)
    return CostTable(tuple(variables), total)


def project(table: CostTable, variable: str, objective: Objective) -> tuple[CostTable, Choices]:
    """Return the best costs over all values of `variable`, and which place in its domain is best for each combination of the
    other variables; among ties the first. Cost: O(entries).
    """
    axis = table.variables.index(variable)
    rest = table.variables[:axis] + table.variables[axis + 1 :]
    costs = np.moveaxis(table.costs, axis, 0)
    best = np.asarray(costs.min(0) if objective == "min" else costs.max(0))
    if len(costs) > MOST_COMPARED:
        return CostTable(rest, best), np.asarray(costs.argmin(0) if objective == "min" else costs.argmax(0))
    choices = np.zeros(best.shape, np.min_scalar_type(len(costs) - 1))
    for place in range(len(costs) - 1, -1, -1):  # argmin(axis) takes twenty times as long as min(axis)
        np.copyto(choices, place, where=costs[place] == best)
    return CostTable(rest, best), choices


def fixed(table: CostTable, places: Mapping[str, int]) -> CostTable:
    """Return the table at these places of some variables, as a view without their axes. Cost: O(axes)."""
    if places.keys().isdisjoint(table.variables):
        return table
    at = tuple(places.get(one, slice(None)) for one in table.variables)
    return CostTable(tuple(one for one in table.variables if one not in places), table.costs[at])


def tables_by_lowest(problem: DcopProblem, order: Sequence[str]) -> dict[str, list[CostTable]]:
    """Return, for each variable, its own cost and the cost functions of which it is the lowest in the order of a pseudo-tree.

    Variables with a single value are cut out of the tables of others, so that no table spends an axis on them.
    """
    depth = {one: place for place, one in enumerate(order)}
    found: dict[str, list[CostTable]] = {one: [CostTable((one,), problem.unary[one])] for one in order}
    for name in problem.functions:
        table = free_table(problem, name)
        found[max(table.variables, key=depth.__getitem__)].append(table)
    return found


def free_table(problem: DcopProblem, name: str) -> CostTable:
    """Return a cost function's table without the variables of a single value; with its first one if all are."""
    table = problem.tables[name]
    variables = problem.functions[name].variables
    if 1 in table.shape:
        variables = tuple(one for one in variables if len(problem.variables[one].domain) > 1) or variables[:1]
        table = table.reshape([len(problem.variables[one].domain) for one in variables])
    return CostTable(variables, table)
