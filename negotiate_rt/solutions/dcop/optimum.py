"""Exact optima of distributed constraint optimisation, by dynamic programming on the best pseudo-tree found.

This is DPOP (Petcu and Faltings, IJCAI 2005) in one place instead of among agents: from the leaves up, each variable joins its
cost functions with its children's tables and projects itself out (UTIL); from the roots down each takes its best value given
its separator's (VALUE). Time and memory are exponential in the induced width alone, which is known before any table is made.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import msgspec
import numpy as np

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.dcop import DcopProblem
from negotiate_rt.solutions.dcop.conflict import conflict_of
from negotiate_rt.solutions.dcop.cost_table import Choices, CostTable, join, project, tables_by_lowest
from negotiate_rt.solutions.dcop.pseudo_tree import PseudoTree, best_pseudo_tree

MOST_BYTES = 1 << 30
MOST_AXES = 32  # of a numpy array, before numpy 2


class TooWide(ConfigurationError):
    """The pseudo-tree's tables would not fit into memory. Attributes: width, needed and allowed (in bytes)."""

    def __init__(self, width: int, needed: int, allowed: int) -> None:
        self.width = width
        self.needed = needed
        self.allowed = allowed
        super().__init__(
            f"the pseudo-tree has width {width} and needs up to {needed:,} bytes, {allowed:,} are allowed: allow more with "
            "`most_bytes`, or take an algorithm that is not exact"
        )

    def __reduce__(self) -> tuple[type[TooWide], tuple[int, int, int]]:
        return TooWide, (self.width, self.needed, self.allowed)


class DcopSolution(msgspec.Struct, frozen=True):
    """An optimal assignment and its cost, or None and an infinite cost where hard constraints cannot all be kept.

    `conflict`: then the names of hard constraints that cannot be kept together, though they could without any one of them (a
    variable's name for its own cost). `width`, `largest_table` (entries) and `roots` are those of the pseudo-tree.
    """

    assignment: Mapping[str, Hashable] | None
    cost: float
    width: int
    largest_table: int
    roots: tuple[str, ...]
    conflict: tuple[str, ...] = ()


def check_width(tree: PseudoTree, most_bytes: int = MOST_BYTES) -> None:
    """Raise TooWide, with width and bytes, if DPOP on this pseudo-tree could need more memory. Costs no table."""
    if tree.most_bytes > most_bytes or tree.width >= MOST_AXES:
        raise TooWide(tree.width, tree.most_bytes, most_bytes)


def dcop_optimum(problem: DcopProblem, *, tree: PseudoTree | None = None, most_bytes: int = MOST_BYTES) -> DcopSolution:
    """Return an assignment of least (or greatest) total cost, proved; among ties the first values, roots before leaves.

    `tree`: a pseudo-tree of this problem, else the best of several roots. Raises TooWide before any table is made if that could
    take more than `most_bytes`. Cost: O(sum of domain * separator tables).
    """
    tree = best_pseudo_tree(problem) if tree is None else tree
    check_width(tree, most_bytes)
    choices, best = _utilities(problem, tree)
    if problem.hard in best.values():
        root = next(one for one in tree.roots if best[one] == problem.hard)
        conflict = conflict_of(problem, tree, root)
        return DcopSolution(None, problem.hard, tree.width, tree.largest_table, tree.roots, conflict)
    places: dict[str, int] = {}
    for one in tree.order:
        places[one] = int(choices[one][tuple(places[other] for other in tree.separator[one])])
    assignment = {one: variable.domain[places[one]] for one, variable in problem.variables.items()}
    return DcopSolution(assignment, problem.cost(assignment), tree.width, tree.largest_table, tree.roots)


def _utilities(problem: DcopProblem, tree: PseudoTree) -> tuple[dict[str, Choices], dict[str, float]]:
    """Return each variable's best places for each combination of its separator, and the best total of each root."""
    tables: dict[str, list[CostTable]] = tables_by_lowest(problem, tree.order)
    choices: dict[str, Choices] = {}
    best: dict[str, float] = {}
    for one in reversed(tree.order):
        joined = join(tables.pop(one), (one, *tree.separator[one]), tree.sizes)  # own axis first: projected fastest
        message, choices[one] = project(joined, one, problem.objective)
        if one in tree.parent:
            tables[tree.parent[one]].append(message)
        else:
            best[one] = float(np.asarray(message.costs))
    return choices, best
