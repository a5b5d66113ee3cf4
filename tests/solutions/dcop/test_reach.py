"""The bound of distances in a constraint graph: never too short, exact on trees."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.solutions.dcop.reach import reach


def distances(graph: dict[str, list[str]], start: str) -> dict[str, int]:
    found = {start: 0}
    order = [start]
    for one in order:
        for other in graph[one]:
            if other not in found:
                found[other] = found[one] + 1
                order.append(other)
    return found


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 14), st.integers(0, 10), st.integers(0, 10**6))
def test_no_two_nodes_are_farther_apart_than_the_bound(count, extra, seed):
    rng = random.Random(seed)
    names = [f"n{i}" for i in range(count)]
    edges = {(rng.randrange(one), one) for one in range(1, count) if rng.random() < 0.9}
    trees = not extra
    edges |= {tuple(sorted(rng.sample(range(count), 2))) for _ in range(extra) if count > 1}
    graph: dict[str, list[str]] = {name: [] for name in names}
    for one, other in edges:
        graph[names[one]].append(names[other])
        graph[names[other]].append(names[one])
    found = reach(graph)
    for name in names:
        apart = distances(graph, name)
        diameter = max(max(distances(graph, other).values()) for other in apart)
        assert diameter <= found[name] <= max(2 * diameter, 0)
        assert not trees or found[name] == diameter
