"""The Vickrey-Clarke-Groves mechanism: choose what is worth the most together, and let each pay what it costs the others.

    payment of i = max_a Σ_{j≠i} v_j(a) - Σ_{j≠i} v_j(a*)   (Clarke's pivot rule; Vickrey 1961, Clarke 1971, Groves 1973)

Truth is dominant whatever the valuations are. Zero revenue, revenue that falls when a bidder joins, and false-name bids that
pay are true properties of it (Ausubel and Milgrom, "The lovely but lonely Vickrey auction", 2006), not bugs.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.combinatorial import Good, goods_of
from negotiate_rt.problems.scalars import finite
from negotiate_rt.solutions.auction_mechanisms import SELLER, bidder_names
from negotiate_rt.solutions.mechanisms import Decision, DirectMechanism, Spaces, Types, TypeSpace

Bundle: TypeAlias = frozenset[Good]
Wants: TypeAlias = tuple[tuple[Bundle, float], ...]  # XOR: what a bundle is worth, sorted by the names of its goods
ALLOCATIONS = 100_000  # at most: each is looked at in every outcome


def clarke(
    name: str, allocations: Sequence[Any], valuation: Callable[[int, Any, Any], float], types: Spaces,
    agents: int | None = None, **facts: Any,
) -> DirectMechanism:  # fmt: skip
    """Return the VCG mechanism over a finite list of allocations.

    Ties go to the first in the list. facts: the rest of DirectMechanism. Raises ConfigurationError for no allocations, or more
    than 100,000. Cost of an outcome: O(agents * allocations) at array speed; valuations are remembered.
    """
    listed = tuple(allocations)
    if not 0 < len(listed) <= ALLOCATIONS:
        raise ConfigurationError(f"{name}: expected 1 to {ALLOCATIONS:,} allocations to choose from, got {len(listed):,}")
    known: dict[tuple[int, Any], NDArray[np.float64]] = {}

    def worths(agent: int, report: Any) -> NDArray[np.float64]:
        found = known.get((agent, report))
        if found is None:
            found = np.array([valuation(agent, report, one) for one in listed], dtype=float)
            if len(known) * len(listed) < 10_000_000:  # 80 MB; types that are drawn do not come back
                known[agent, report] = found
        return found

    def outcome(reports: Types) -> Decision:
        rows = np.array([worths(agent, report) for agent, report in enumerate(reports)])
        total = rows.sum(axis=0)
        best = int(total.argmax())
        paid = []
        for own in rows:
            others = total - own
            paid.append(max(0.0, float(others.max() - others[best])))
        return Decision(listed[best], tuple(paid))

    def most(values: Types) -> float:
        return float(np.sum([worths(agent, own) for agent, own in enumerate(values)], axis=0).max())

    return DirectMechanism(
        name=name, outcome=outcome, types=types, agents=agents,
        valuation=valuation, best=most, **{"assumes": "private values; ties go to the first allocation", **facts},
    )  # fmt: skip


def vcg_combinatorial(
    goods: Iterable[Good] = ("A", "B"), types: Spaces | None = None, agents: int | None = None
) -> DirectMechanism:
    """Return the VCG auction of several goods, solved over all (agents + 1)^goods ways to give them away.

    types: Wants (see `wants`), by default all with values 0, 1, 2 for two goods and their bundle, each worth no less than
    its parts. Disposal is free. An allocation says what each agent gets.
    """
    named = tuple(sorted(goods_of(goods, "goods"), key=str))
    spaces = small_wants(named) if types is None else types
    bidders = bidder_names(spaces, agents)
    allocations = bundles_to(len(bidders), named) if bidders else ()
    return clarke("vcg", allocations, bundle_value, spaces, agents, names=bidders, residual=SELLER)


def bundles_to(agents: int, goods: Sequence[Good]) -> list[tuple[Bundle, ...]]:
    """Return every way to give goods to agents, or to nobody. Raises ConfigurationError where there are too many."""
    if (agents + 1) ** len(goods) > ALLOCATIONS:
        raise ConfigurationError(f"{agents} agents and {len(goods)} goods make more than {ALLOCATIONS:,} allocations")
    return [
        tuple(frozenset(good for good, to in zip(goods, owners, strict=True) if to == agent) for agent in range(agents))
        for owners in itertools.product([*range(agents), None], repeat=len(goods))
    ]


def bundle_value(agent: int, own: Wants, allocation: tuple[Bundle, ...]) -> float:
    """Return what an agent's goods are worth to it: the best of its bundles that is among them."""
    held = allocation[agent]
    return max((worth for bundle, worth in own if bundle <= held), default=0.0)


def wants(values: Mapping[Any, float]) -> Wants:
    """Return a combinatorial type from what bundles are worth: {("A", "B"): 2, "A": 1}. Raises ConfigurationError."""
    named = {goods_of(bundle, "wants"): finite(worth, "wants", ConfigurationError) for bundle, worth in values.items()}
    return tuple(sorted(named.items(), key=lambda pair: sorted(map(str, pair[0]))))


def small_wants(goods: Sequence[Good], levels: int = 3) -> TypeSpace:
    """Return all monotone Wants over one or two goods with values 0, 1, ..., levels - 1. Raises ConfigurationError beyond."""
    if not 1 <= len(goods) <= 2:
        raise ConfigurationError(f"give types for {len(goods)} goods: there are defaults for one or two only")
    found = []
    for values in itertools.product(range(levels), repeat=len(goods)):
        if len(goods) == 1:
            found.append(wants({goods[0]: values[0]}))
        else:
            found += [
                wants({goods[0]: values[0], goods[1]: values[1], tuple(goods): both})
                for both in range(max(values), levels)
            ]
    return TypeSpace(found)


def merged_bundles(allocation: tuple[Bundle, ...], keeper: int, alias: int) -> tuple[Bundle, ...]:
    """Return an allocation as an agent sees it that holds an alias, too: the alias's goods are its own, its place is gone."""
    held = [bundle | allocation[alias] if place == keeper else bundle for place, bundle in enumerate(allocation)]
    return tuple(bundle for place, bundle in enumerate(held) if place != alias)
