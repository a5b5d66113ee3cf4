"""Straightforward bidding in a simultaneous ascending auction: bid the least on the lots one likes best at today's prices.

Milgrom, "Putting auction theory to work: the simultaneous ascending auction" (2000). If all lots are substitutes for everybody
and all bid so, the auction ends near a competitive equilibrium: nobody is more than an increment a lot away from what it likes
best. Where lots are complements it may hold a part of what it wanted, at a loss (the exposure problem).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from negotiate_rt.messages.view import View
from negotiate_rt.problems.bundles import bundle_worths, worth_of
from negotiate_rt.problems.combinatorial import Good, goods_of
from negotiate_rt.problems.lots import LotsCall
from negotiate_rt.strategies.bidding import BidRule, Situation


class StraightforwardBidding(BidRule, frozen=True, kw_only=True, tag="straightforward"):
    """Bid the least that is taken on each lot of the bundle with the greatest gain at standing prices, unless one holds it.

    For a bidder whose value is a number (for all lots together), a mapping of bundles to numbers, or a callable bundle ->
    number over up to 12 lots. Ties: the fewest lots, then in order of name. Elsewhere it bids its value.
    """

    def limit(self, now: Situation) -> float:
        """Return the worth."""
        return now.worth

    def bid_for(self, agent: Any, view: View) -> Any:  # prices by lot, a price, None
        """Return what it bids for an agent that sees this."""
        call = view.call
        if not isinstance(call, LotsCall):
            return super().bid_for(agent, view)
        value = getattr(agent, "value", None)
        if value is None:
            return None
        held = {state.lot for state in call.lots if state.bidder == view.agent}
        costs = {state.lot: state.least if state.lot not in held else state.price or 0.0 for state in call.lots}
        wanted = max(
            (one for one in bundles(value, tuple(costs)) if len(one | held) <= call.eligibility),
            key=lambda one: (gain(value, one, costs), -len(one), [-place for place, lot in enumerate(costs) if lot in one]),
        )
        return {lot: cost for lot, cost in costs.items() if lot in wanted and lot not in held}


def bundles(value: Any, lots: tuple[Good, ...]) -> Iterator[frozenset[Good]]:
    """Yield nothing at all, and every bundle that a bidder's value names."""
    yield frozenset()
    named = bundle_worths(value, lots)
    if isinstance(named, Mapping):
        yield from (goods_of(one, "items") & frozenset(lots) for one in named)
    else:
        yield frozenset(lots)


def gain(value: Any, bundle: frozenset[Good], costs: Mapping[Good, float]) -> float:
    """Return what a bundle is worth beyond its cost."""
    worth = worth_of(value, bundle) if bundle else 0.0
    return float(worth - sum(costs[lot] for lot in bundle))
