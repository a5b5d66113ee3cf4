"""How far news has to travel in a constraint graph: a bound that each part of it can know before a search begins.

Agents who only hear their neighbours know that all are content once enough quiet cycles have passed: one more than the greatest
distance (the termination counters of distributed breakout; Yokoo and Hirayama 1996).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from negotiate_rt.solutions.dcop.pseudo_tree import components


def reach(graph: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Return, for each node, a bound of the greatest distance between two nodes of its part of the graph: exact on trees, at
    most twice the diameter. Cost: O(nodes + edges).
    """
    found: dict[str, int] = {}
    for part in components(graph):
        before = _search(graph, part[0])
        one = list(before)[-1]  # among the farthest
        before = _search(graph, one)
        other = list(before)[-1]
        way = [other]
        while before[way[-1]] != way[-1]:
            way.append(before[way[-1]])
        middle = way[len(way) // 2]
        tree = sum(len(graph[one]) for one in part) == 2 * (len(part) - 1)
        bound = len(way) - 1 if tree else min(2 * _depth(_search(graph, middle)), len(part) - 1)
        found.update(dict.fromkeys(part, bound))
    return found


def _search(graph: Mapping[str, Sequence[str]], start: str) -> dict[str, str]:
    """Return the nodes in order of their distance from the start, each with the one before it."""
    before = {start: start}
    order = [start]
    for one in order:  # grows while it is walked
        for other in graph[one]:
            if other not in before:
                before[other] = one
                order.append(other)
    return before


def _depth(before: Mapping[str, str]) -> int:
    depths: dict[str, int] = {}
    for one, previous in before.items():
        depths[one] = 0 if one == previous else depths[previous] + 1
    return max(depths.values())
