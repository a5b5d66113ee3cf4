"""Perishables by Dutch auction: a crate of fish each few minutes, before the ice melts and the buyers drive home.

Fish is sold by a clock whose price falls until somebody stops it: one bid is enough, so a lot takes seconds. Here the
clock runs in the society's time. Each price stands for half a second: a clock of fine steps from a high start earns more a
crate, for it stops close to what a buyer is ready to pay, and has sold fewer when the evening comes. Coarse steps are
quick and cheap: two buyers are ready at one price, and the quicker one gets the crate.

Buyers do not know each other's values and shade their bids as theory says to: with n buyers whose values are spread evenly
from 0 to 100, and no reserve, to (n - 1) / n of their own, as in a first-price auction, which is the same game. What is
left over goes to the cannery for the reserve.
"""

from __future__ import annotations

import asyncio
from random import Random
from typing import NamedTuple

from negotiate_rt import Auction, Bidder, DutchOptions, EquilibriumShading, NegotiationExecutor, UniformValues

BUYERS = ("Ada", "Ben", "Cleo", "Dan", "Eve")
CRATES = 60
EVENING = 600.0  # seconds until the ice has melted
START, RESERVE = 100.0, 30.0
SEED = 1887
SHADING = EquilibriumShading(prior=UniformValues(low=0.0, high=100.0), bidders=len(BUYERS), reserve=RESERVE)


class Evening(NamedTuple):
    """What came of an evening: crates sold by the clock, what they brought, the share that went to who valued them most, and
    how long it took."""

    name: str
    sold: int
    revenue: float
    efficient: float
    seconds: float


async def sell_out(name: str, start: float, decrement: float, tick: float) -> Evening:
    """Sell crate after crate until all are gone or the ice has melted."""
    executor, chance = NegotiationExecutor(clock="virtual", seed=SEED), Random(SEED)
    options = DutchOptions(starting_price=start, reserve_price=RESERVE, decrement=decrement, tick=tick)
    sold, best, revenue, clock = 0, 0, 0.0, 0.0
    for crate in range(CRATES):
        values = {buyer: chance.uniform(0, 100) for buyer in BUYERS}
        buyers = [Bidder(buyer, value, SHADING) for buyer, value in values.items()]
        handle = Auction("dutch", f"crate {crate}", buyers, options=options, executor=executor).start()
        result = await handle
        clock += (await handle.negotiation).duration_ms / 1000
        if clock > EVENING:
            break
        if result.success:
            sold, revenue = sold + 1, revenue + (result.pay_price or 0.0)
            best += result.winner.name == max(values, key=lambda buyer: values[buyer])
    return Evening(name, sold, revenue, best / max(sold, 1), min(clock, EVENING))


async def play() -> list[Evening]:
    """Sell the same fish by several clocks."""
    return [
        await sell_out("fine steps, from 100", 100, 1, 0.5),
        await sell_out("fine steps, from 80", 80, 1, 0.5),
        await sell_out("coarse steps, from 80", 80, 5, 0.5),
        await sell_out("very coarse, from 80", 80, 25, 0.5),
    ]


def main() -> list[Evening]:
    """Print how each evening went, and return them."""
    evenings = asyncio.run(play())
    print(f"{CRATES} crates, {len(BUYERS)} buyers, {EVENING:g} seconds; the cannery pays {RESERVE:g}\n")
    print(f"{'clock':22} {'crates':>7} {'a crate':>8} {'with cannery':>13} {'to the best':>12} {'seconds':>8}")
    for one in evenings:
        mean, total = one.revenue / max(one.sold, 1), one.revenue + (CRATES - one.sold) * RESERVE
        print(f"{one.name:22} {one.sold:7} {mean:8.1f} {total:13,.0f} {one.efficient:12.0%} {one.seconds:8.0f}")
    return evenings


if __name__ == "__main__":
    main()
