"""Which agent owns a variable, by what a pyDCOP file says of hosting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def owners(tree: Mapping[Any, Any], variables: Iterable[str], agents: list[str]) -> dict[str, str]:
    """Return each variable's agent: who must host it, else who alone hosts it for less than its default, else who owns the
    fewest variables so far, in the order of the file. Empty without agents.
    """
    if not agents:
        return {}
    owned = _hinted(tree.get("distribution_hints"), agents)
    asked = _cheapest(tree.get("hosting_costs"), agents)
    named = {one: owned.get(one) or asked.get(one) for one in variables}
    held = dict.fromkeys(agents, 0)
    for owner in named.values():
        if owner:
            held[owner] += 1
    for one, owner in named.items():
        if not owner:
            named[one] = fewest = min(agents, key=held.__getitem__)
            held[fewest] += 1
    return {one: owner for one, owner in named.items() if owner}


def _hinted(hints: Any, agents: list[str]) -> dict[str, str]:
    must = hints.get("must_host") if isinstance(hints, Mapping) else None
    if not isinstance(must, Mapping):
        return {}
    return {str(one): agent for agent in agents for one in (must.get(agent) or ())}


def _cheapest(costs: Any, agents: list[str]) -> dict[str, str]:
    """Return the agent whose listed cost of hosting is the lowest, where only one agent lists it as low."""
    if not isinstance(costs, Mapping):
        return {}
    offers: dict[str, list[tuple[float, str]]] = {}
    for agent in agents:
        entry = costs.get(agent)
        listed = entry.get("computations") if isinstance(entry, Mapping) else None
        for one, cost in listed.items() if isinstance(listed, Mapping) else ():
            if isinstance(cost, int | float):
                offers.setdefault(str(one), []).append((cost, agent))
    best = {one: sorted(found) for one, found in offers.items()}
    return {one: found[0][1] for one, found in best.items() if len(found) == 1 or found[0][0] < found[1][0]}
