"""Which hard constraints cannot be kept together."""

from __future__ import annotations

import numpy as np

from negotiate_rt.problems.dcop import CostFunction, DcopProblem, Variable
from negotiate_rt.solutions.dcop.cost_table import CostTable, join, project, tables_by_lowest
from negotiate_rt.solutions.dcop.pseudo_tree import PseudoTree

MOST_WORK = 1 << 28  # entries of tables; where leaving out one after the other would take more, all are told


def conflict_of(problem: DcopProblem, tree: PseudoTree, root: str) -> tuple[str, ...]:
    """Return hard constraints of the tree below `root` that cannot be kept together, in the problem's order.

    None of them can be spared: leave any one out and the others can be kept (a minimal unsatisfiable core, found by deletion).
    Precondition: they cannot all be kept. Cost: a DPOP run on 0-1 tables for each; where those would go through more than
    2**28 entries, all are returned unshrunk.
    """
    below = [root]
    for one in below:  # grows while it is walked
        below += tree.children[one]
    inside = set(below)
    hard = [("", name) for name in problem.unary if name in inside and (problem.unary[name] == problem.hard).any()]
    for name, function in problem.functions.items():
        if not inside.isdisjoint(function.variables) and (problem.tables[name] == problem.hard).any():
            hard.append(("function", name))
    kept = list(hard)
    if len(hard) * sum(tree.sizes[one] * tree.message_entries(one) for one in below) <= MOST_WORK:
        for spared in hard:
            without = [other for other in kept if other != spared]
            if not _satisfiable(problem, tree, below, without):
                kept = without
    return tuple(name for _, name in kept)


def _satisfiable(problem: DcopProblem, tree: PseudoTree, below: list[str], kept: list[tuple[str, str]]) -> bool:
    """Say whether the kept hard constraints can be kept: the least number broken is 0."""
    unary = {name for kind, name in kept if not kind}
    functions = {name for kind, name in kept if kind}
    tables = tables_by_lowest(_broken_only(problem, unary, functions), tree.order)
    for one in reversed(below):
        joined = join(tables[one], (one, *tree.separator[one]), tree.sizes)
        message, _ = project(CostTable(joined.variables, np.minimum(joined.costs, 1.0)), one, "min")
        if one in tree.parent:
            tables[tree.parent[one]].append(message)
    return bool(message.costs == 0)


def _broken_only(problem: DcopProblem, unary: set[str], functions: set[str]) -> DcopProblem:
    """Return the problem of how many of the named hard constraints are broken."""
    variables = [
        Variable(name, one.domain, (problem.unary[name] == problem.hard) * 1.0 if name in unary else None)
        for name, one in problem.variables.items()
    ]
    kept = [
        CostFunction(name, one.variables, (problem.tables[name] == problem.hard) * 1.0)
        for name, one in problem.functions.items()
        if name in functions
    ]
    return DcopProblem(variables, kept)
