"""Who wins a sealed-bid auction, and what it pays. Pure; chance comes in as a seeded stream."""

from __future__ import annotations

import random
from collections.abc import Sequence

from negotiate_rt.messages.outcome import Bid


def best_bid(bids: Sequence[Bid], rng: random.Random) -> Bid | None:
    """Return the highest bid, or None without bids. Ties are drawn from `rng` among the tied in order of name, so that
    arrival does not matter. Cost: O(n log n) in the ties, O(n) otherwise.
    """
    if not bids:
        return None
    highest = max(bid.value for bid in bids)
    tied = sorted((bid for bid in bids if bid.value == highest), key=lambda bid: bid.agent)
    return tied[0] if len(tied) == 1 else rng.choice(tied)


def second_price(bids: Sequence[Bid], winner: Bid, reserve: float) -> float:
    """Return what a Vickrey winner pays: the second bid (not the second distinct value), at least the reserve.

    Vickrey, "Counterspeculation, auctions, and competitive sealed tenders", 1961. A single bidder pays the reserve.
    """
    others = [bid.value for bid in bids if bid is not winner]
    price: float = max([reserve, *others])
    return price
