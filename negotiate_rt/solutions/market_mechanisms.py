"""Markets of one-unit buyers and sellers as direct mechanisms: McAfee's double auction and the k-double auction of many.

The first agents buy, the others sell. Types are a buyer's value and a seller's cost. Truth is dominant in McAfee's rule for
traders of one unit; ties at the margin go to the earlier agent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.solutions.call_market import Clearing, clear_call_market, mcafee
from negotiate_rt.solutions.mechanisms import Decision, DirectMechanism, Spaces, Types, TypeSpace
from negotiate_rt.solutions.terms import chance

MARKET = "the market"
SMALL = TypeSpace(range(7))


def mcafee_market(buyers: int = 2, sellers: int = 2, types: Spaces = SMALL) -> DirectMechanism:
    """Return McAfee's double auction (1992): truthful, individually rational, never short of money, not quite efficient."""
    return _market("mcafee", mcafee, buyers, sellers, types, residual=MARKET)


def call_market(buyers: int = 2, sellers: int = 2, k: float = 0.5, types: Spaces = SMALL) -> DirectMechanism:
    """Return the k-double auction of many (Rustichini, Satterthwaite and Williams 1994): balanced and efficient by what is
    said, and not truthful.
    """
    chance(k, "k")
    return _market("call-market", lambda bids, asks: clear_call_market(bids, asks, k), buyers, sellers, types)


def _market(
    name: str, rule: Callable[[Any, Any], Clearing], buyers: int, sellers: int, types: Spaces, residual: str = ""
) -> DirectMechanism:
    for what, count in (("buyers", buyers), ("sellers", sellers)):
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise ConfigurationError(f"{what} must be a whole number >= 1, got {count!r}")
    names = [f"{place:06}" for place in range(buyers + sellers)]

    def outcome(reports: Types) -> Decision:
        said = list(zip(names, reports, strict=True))
        found = rule(dict(said[:buyers]), dict(said[buyers:]))
        paid = found.payments()
        traded = tuple(one in found.bought or one in found.sold for one in names)
        return Decision(traded, tuple(float(paid.get(one, 0.0)) for one in names))

    def value(agent: int, own: float, traded: tuple[bool, ...]) -> float:
        return (own if agent < buyers else -own) if traded[agent] else 0.0

    return DirectMechanism(
        name=name, outcome=outcome, types=types, agents=buyers + sellers, valuation=value,
        best=lambda values: _gains(values[:buyers], values[buyers:]), residual=residual,
        names=[f"buyer {place + 1}" for place in range(buyers)] + [f"seller {place + 1}" for place in range(sellers)],
        assumes="private values and costs of one unit each; ties go to the earlier agent",
    )  # fmt: skip


def _gains(values: Sequence[float], costs: Sequence[float]) -> float:
    """Return the largest gains from trade: the dearest values less the cheapest costs, as long as they are above 0."""
    pairs = zip(sorted(values, reverse=True), sorted(costs), strict=False)
    return float(sum(max(0, value - cost) for value, cost in pairs))


