"""Who wins a single-lot auction, and what it pays. Pure; chance comes in as a seeded stream.

`lowest` turns an auction round (procurement): the lowest ask wins, and the second lowest is the second price.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from negotiate_rt.messages.outcome import Bid


def best_bid(bids: Sequence[Bid], rng: random.Random | Callable[[], random.Random], lowest: bool = False) -> Bid | None:
    """Return the highest (or lowest) bid, or None without bids. Ties are drawn among the tied in order of name, so that
    arrival does not matter; `rng`: a seeded stream, or what makes one when there is a tie. Cost: O(n log n) in the ties,
    O(n) otherwise.
    """
    if not bids:
        return None
    values = [bid.value for bid in bids]
    best = min(values) if lowest else max(values)
    if values.count(best) == 1:
        return bids[values.index(best)]
    tied = sorted((bid for bid in bids if bid.value == best), key=lambda bid: bid.agent)
    return (rng if isinstance(rng, random.Random) else rng()).choice(tied)


def second_price(bids: Sequence[Bid], winner: Bid, reserve: float, lowest: bool = False) -> float:
    """Return what a Vickrey winner pays: the second bid (not the second distinct value), at least the reserve; `lowest`:
    what it is paid, the second ask, at most the reserve; its own ask where there is neither (an infinite reserve).

    Vickrey, "Counterspeculation, auctions, and competitive sealed tenders", 1961. A single bidder pays the reserve.
    """
    others = [bid.value for bid in bids if bid is not winner]
    if not lowest:
        price: float = max(reserve, *others) if others else reserve
        return price
    ask: float = min(reserve, *others) if others else reserve
    return ask if ask < float("inf") else winner.value
