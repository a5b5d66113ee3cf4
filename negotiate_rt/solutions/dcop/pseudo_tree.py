"""Pseudo-trees: a rooted arrangement of variables in which those that share a cost are never on different branches.

A depth-first search of the constraint graph gives one: edges that the search did not walk lead from a variable to an ancestor,
its pseudo-parent (Freuder and Quinn 1985; Petcu and Faltings, "DPOP", IJCAI 2005, section 3). A variable's separator are the
ancestors that it or a descendant shares a cost with; the largest is the induced width. A graph of several parts has a tree
each: a forest. Variables with one value restrict nothing and stand as roots by themselves.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.problems.dcop import DcopProblem

ROOTS_TRIED = 12  # of each part of the graph: those with the most neighbours
BYTES = 8  # of one cost
CHOICE_BYTES = 8  # of one remembered choice


class PseudoTree(msgspec.Struct, frozen=True):
    """A pseudo-forest over the variables of one problem.

    `order`: every variable, parents before children; `roots`: one for each part of the graph; `parent`: of all others;
    `children` and `separator`: of every variable, the separator in the order of `order`; `pseudo_parents`: its neighbours among
    the ancestors, without the parent. `sizes`: of the domains.
    """

    order: tuple[str, ...]
    roots: tuple[str, ...]
    parent: Mapping[str, str]
    children: Mapping[str, tuple[str, ...]]
    pseudo_parents: Mapping[str, tuple[str, ...]]
    separator: Mapping[str, tuple[str, ...]]
    sizes: Mapping[str, int]

    def message_entries(self, variable: str) -> int:
        """Return how many costs the variable's UTIL message to its parent holds: the product of its separator's domains."""
        return math.prod(self.sizes[one] for one in self.separator[variable])

    @property
    def width(self) -> int:
        """The induced width: the largest number of variables in a separator."""
        return max(map(len, self.separator.values()), default=0)

    @property
    def largest_table(self) -> int:
        """The entries of the largest table that DPOP joins: a variable's domain times its separator's."""
        return max((self.sizes[one] * self.message_entries(one) for one in self.order), default=0)

    @property
    def most_bytes(self) -> int:
        """A bound of the memory that a sequential DPOP needs: the largest join and every message and choice, all at once."""
        kept = sum(map(self.message_entries, self.order)) * (BYTES + CHOICE_BYTES)
        return 2 * BYTES * self.largest_table + kept


def neighbours(problem: DcopProblem) -> dict[str, tuple[str, ...]]:
    """Return the constraint graph without the variables of one value, which need no search."""
    free = {one for one, variable in problem.variables.items() if len(variable.domain) > 1}
    near = problem.neighbours()
    return {one: tuple(other for other in near[one] if other in free) if one in free else () for one in near}


def pseudo_tree(problem: DcopProblem, roots: Iterable[str] = ()) -> PseudoTree:
    """Return the pseudo-forest of one depth-first search from each given root, and for parts of the graph without one from
    the variable with the most neighbours.

    The search goes on to the neighbour that most visited variables are neighbours of, then to the one with most neighbours,
    then in the problem's order. Raises ConfigurationError for an unknown root, or two in one part. Cost: O(edges * width).
    """
    graph = neighbours(problem)
    sizes = {one: len(variable.domain) for one, variable in problem.variables.items()}
    starts: dict[int, str] = {}
    parts = components(graph)
    part_of = {one: place for place, part in enumerate(parts) for one in part}
    for root in roots:
        if root not in graph:
            raise ConfigurationError(f"there is no variable {root!r} to be a root{suggest(root, graph)}")
        if part_of[root] in starts:
            raise ConfigurationError(
                f"{starts[part_of[root]]!r} and {root!r} are connected: one of them can be the root"
            )
        starts[part_of[root]] = root
    trees = [_search(graph, sizes, starts.get(i) or _by_degree(graph, part)[0]) for i, part in enumerate(parts)]
    return _forest(trees, sizes)


def best_pseudo_tree(problem: DcopProblem, tries: int = ROOTS_TRIED) -> PseudoTree:
    """Return, for each part of the graph, the pseudo-tree whose tables are the smallest among searches from several roots.

    The `tries` variables with the most neighbours are tried; the sum of all tables decides, then the width. Cost: O(tries *
    edges * width), no table is made.
    """
    graph = neighbours(problem)
    sizes = {one: len(variable.domain) for one, variable in problem.variables.items()}
    best = []
    for part in components(graph):
        trees = [_search(graph, sizes, root) for root in roots_to_try(graph, part, tries)]
        best.append(min(trees, key=lambda tree: (_entries(tree), tree.width)))
    return _forest(best, sizes)


def components(graph: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Return the connected parts of a graph, each and all in the graph's order of variables."""
    order = {one: place for place, one in enumerate(graph)}
    found: list[list[str]] = []
    seen: set[str] = set()
    for start in graph:
        if start not in seen:
            seen.add(start)
            part = [start]
            for one in part:  # grows while it is walked
                fresh = [other for other in graph[one] if other not in seen]
                seen.update(fresh)
                part += fresh
            found.append(sorted(part, key=order.__getitem__))
    return found


def roots_to_try(graph: Mapping[str, Sequence[str]], part: Iterable[str], tries: int = ROOTS_TRIED) -> list[str]:
    """Return the variables of a part of the graph to search from: those with the most neighbours, at least one."""
    return _by_degree(graph, part)[: max(tries, 1)]


def _by_degree(graph: Mapping[str, Sequence[str]], part: Iterable[str]) -> list[str]:
    return sorted(part, key=lambda one: -len(graph[one]))  # stable: ties in the problem's order


def _entries(tree: PseudoTree) -> int:
    return sum(tree.sizes[one] * tree.message_entries(one) for one in tree.order)


def _search(graph: Mapping[str, Sequence[str]], sizes: Mapping[str, int], root: str) -> PseudoTree:
    """Search depth first from `root`; iterative, for chains are long."""
    depth = {root: 0}  # in order of the visits
    parent: dict[str, str] = {}
    visited_near = dict.fromkeys(graph[root], 1)
    path = [root]
    while path:
        here = path[-1]
        fresh = [one for one in graph[here] if one not in depth]
        if not fresh:
            path.pop()
            continue
        following = max(fresh, key=lambda one: (visited_near[one], len(graph[one])))
        parent[following] = here
        depth[following] = len(path)
        path.append(following)
        for one in graph[following]:
            visited_near[one] = visited_near.get(one, 0) + 1
    return _arranged(graph, sizes, root, parent, depth)


def _arranged(
    graph: Mapping[str, Sequence[str]],
    sizes: Mapping[str, int],
    root: str,
    parent: dict[str, str],
    depth: dict[str, int],
) -> PseudoTree:
    children: dict[str, list[str]] = {one: [] for one in depth}
    for child, above in parent.items():
        children[above].append(child)
    pseudo: dict[str, tuple[str, ...]] = {}
    separators: dict[str, set[str]] = {}
    for one in reversed(depth):  # children first
        met = {other for other in graph[one] if depth[other] < depth[one]}
        pseudo[one] = tuple(sorted((other for other in met if other != parent.get(one)), key=depth.__getitem__))
        separators[one] = met.union(*(separators[child] for child in children[one])) - {one}
    return PseudoTree(
        tuple(depth), (root,), parent, {one: tuple(found) for one, found in children.items()}, pseudo,
        {one: tuple(sorted(found, key=depth.__getitem__)) for one, found in separators.items()},
        {one: sizes[one] for one in depth},
    )  # fmt: skip


def _forest(trees: Sequence[PseudoTree], sizes: Mapping[str, int]) -> PseudoTree:
    parent: dict[str, str] = {}
    children: dict[str, tuple[str, ...]] = {}
    pseudo: dict[str, tuple[str, ...]] = {}
    separator: dict[str, tuple[str, ...]] = {}
    for tree in trees:
        parent |= tree.parent
        children |= tree.children
        pseudo |= tree.pseudo_parents
        separator |= tree.separator
    order = tuple(one for tree in trees for one in tree.order)
    return PseudoTree(order, tuple(tree.roots[0] for tree in trees), parent, children, pseudo, separator, dict(sizes))
