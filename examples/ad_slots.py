"""Slots for advertisements on a page: one slot by Vickrey's rule, then three under GSP and under VCG.

With one slot, the second price makes the truth the best bid. With several, the generalised second price looks like it
(each winner pays, per click, the bid below its own) and is not: a lower slot may cost so much less that it is the better
buy. VCG charges each winner the clicks that it takes from those below, and there the truth is best again.

A theorem of Edelman, Ostrovsky and Schwarz (2007) brings the two together: GSP has an equilibrium in which nobody would
rather have another slot at its price and all pay exactly what they pay under VCG. Its bids are `balanced_bids`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

from negotiate_rt import Auction, Bidder, NegotiationExecutor, PositionOptions
from negotiate_rt.solutions.positions import balanced_bids, is_locally_envy_free

VALUES = {"Ada": 10.0, "Ben": 8.0, "Cleo": 4.0, "Dan": 2.0}  # of a click
CLICKS = (200.0, 180.0, 60.0)  # of each slot an hour, best first
GRID = tuple(half / 2 for half in range(1, 25))


class Hour(NamedTuple):
    """How an hour went: slots (from 1) and payments by winner."""

    slots: Mapping[str, int]
    payments: Mapping[str, float]

    def gain(self, name: str) -> float:
        """Return what a bidder's clicks are worth to it, less what it pays."""
        clicks = CLICKS[self.slots[name] - 1] if name in self.slots else 0.0
        return clicks * VALUES[name] - self.payments.get(name, 0.0)


async def sell(executor: NegotiationExecutor, pricing: str, bids: Mapping[str, float]) -> Hour:
    """Sell an hour's slots; `vickrey`: the first of them only."""
    bidders = [Bidder(name, bid) for name, bid in bids.items()]
    if pricing == "vickrey":
        sold = await Auction("vickrey", "the slot on top, a click", bidders, executor=executor)
        return Hour({sold.winner.name: 1}, {sold.winner.name: CLICKS[0] * (sold.pay_price or 0.0)})
    options = PositionOptions(clicks=CLICKS, pricing="gsp" if pricing == "gsp" else "vcg")
    sold = await Auction("gsp", "an hour's slots", bidders, options=options, executor=executor)
    return Hour(sold.allocation or {}, sold.payments or {})


async def best_lie(executor: NegotiationExecutor, pricing: str, name: str) -> tuple[float, float]:
    """Return the best that a bidder can gain by a bid on the grid while the others tell the truth, and that bid."""
    hours = await asyncio.gather(*(sell(executor, pricing, VALUES | {name: bid}) for bid in GRID))
    gain, bid = max((hour.gain(name), -bid) for hour, bid in zip(hours, GRID, strict=True))
    return gain, -bid


async def play() -> tuple[dict[tuple[str, str], tuple[float, float, float]], dict[str, Hour]]:
    """Return each bidder's gain by truth and by its best lie under each rule, and how GSP's equilibrium compares with VCG."""
    executor = NegotiationExecutor(clock="virtual", seed=2007)
    gains = {}
    for pricing in ("vickrey", "gsp", "vcg"):
        honest = await sell(executor, pricing, VALUES)
        for name in VALUES:
            gains[pricing, name] = (honest.gain(name), *await best_lie(executor, pricing, name))
    return gains, {
        "GSP, truthful": await sell(executor, "gsp", VALUES),
        "GSP, balanced": await sell(executor, "gsp", balanced_bids(VALUES, CLICKS)),
        "VCG, truthful": await sell(executor, "vcg", VALUES),
    }


def main() -> tuple[dict[tuple[str, str], tuple[float, float, float]], dict[str, Hour]]:
    """Print what a lie gains under each rule, and what the slots cost; return both."""
    gains, hours = asyncio.run(play())
    print(f"{'rule':9} {'bidder':7} {'value':>6} {'truthful':>9} {'best misreport':>17}")
    for (pricing, name), (honest, lied, bid) in gains.items():
        lie = f"{lied:.0f} by {bid:g}" if lied > honest + 1e-9 else "no better"
        print(f"{pricing:9} {name:7} {VALUES[name]:6g} {honest:9.0f} {lie:>17}")
    print(f"\n{'payments':15} " + " ".join(f"{name:>6}" for name in VALUES) + f" {'seller':>8}")
    for name, hour in hours.items():
        paid = " ".join(f"{hour.payments.get(one, 0.0):6.0f}" for one in VALUES)
        print(f"{name:15} {paid} {sum(hour.payments.values()):8.0f}")
    print()
    for name, bids in (("truthful", VALUES), ("balanced", balanced_bids(VALUES, CLICKS))):
        content = is_locally_envy_free(bids, VALUES, CLICKS, everywhere=True)
        print(f"GSP, {name}: {'nobody' if content else 'somebody'} would rather have another slot at its price")
    return gains, hours


if __name__ == "__main__":
    main()
