"""A Vickrey auction beside a first-price one: where it pays to say what one thinks.

Three bidders want one painting. Each bids once, sealed. In a first-price auction the winner pays its own bid; in
Vickrey's (1961) it pays the second highest. The first table lets each bidder in turn misreport its value, on a grid,
while the others bid theirs: under Vickrey's rule nobody ever gains by it, under the first-price rule the winner does.

The second table has each rule played as theory says to: truthfully under Vickrey's; under the first-price rule, with n
bidders whose values are drawn evenly from 0 to 100, by bidding (n - 1) / n of one's value. On average the seller gets
the same (revenue equivalence), for n = 3 half of the highest value possible.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, NamedTuple

from negotiate_rt import Auction, AuctionResult, NegotiationExecutor, sleep

KINDS = ("vickrey", "first-price")
GRID = tuple(range(0, 91, 5))
DRAWS = 400
SEED = 7


class Collector(NamedTuple):
    """Who bids: anything with a name may. `value` is what the painting is worth to it."""

    name: str
    value: float


COLLECTORS = (Collector("Ada", 30), Collector("Ben", 45), Collector("Cleo", 60))


class Trial(NamedTuple):
    """What one bidder gains by telling the truth, and by the best misreport on the grid."""

    kind: str
    name: str
    truthful: float
    best: float
    best_bid: float


async def auction(
    executor: NegotiationExecutor, kind: str, bidders: Sequence[Collector], bids: Mapping[str, float]
) -> AuctionResult:
    """Run one sealed-bid auction in which everybody bids as told, after a moment's thought."""

    async def think(bidder: Collector, lot: Any, price: float, round: int, earlier: Any) -> float:
        await sleep(0.25)  # seconds on the society's clock: a call to a model, a look into a catalogue
        return bids[bidder.name]

    return await Auction(type=kind, task="a painting", bidders=bidders, bid_strategy=think, executor=executor)


def gain(bidder: Collector, result: AuctionResult) -> float:
    """Return a bidder's value less what it pays if it won, else 0."""
    if result.winner is not bidder:
        return 0.0
    assert result.pay_price is not None  # sold
    return float(bidder.value - result.pay_price)


async def misreport(executor: NegotiationExecutor, kind: str, bidder: Collector) -> Trial:
    """Let one bidder bid its value, then everything on the grid, while the others bid their values."""
    truth = {one.name: one.value for one in COLLECTORS}
    honest = gain(bidder, await auction(executor, kind, COLLECTORS, truth))
    lies = [bid for bid in GRID if bid != bidder.value]
    results = await asyncio.gather(*(auction(executor, kind, COLLECTORS, truth | {bidder.name: bid}) for bid in lies))
    best, bid = max((gain(bidder, result), -bid) for bid, result in zip(lies, results, strict=True))
    return Trial(kind, bidder.name, honest, best, -bid)


async def revenue(executor: NegotiationExecutor, kind: str, bid_of: Callable[[float], float], draws: int) -> float:
    """Return the mean price over auctions with values drawn from 0 to 100, the same for every kind."""
    chance = Random(SEED)
    crowds = [[Collector(one.name, chance.uniform(0, 100)) for one in COLLECTORS] for _ in range(draws)]
    results = await asyncio.gather(
        *(auction(executor, kind, crowd, {one.name: bid_of(one.value) for one in crowd}) for crowd in crowds)
    )
    return sum(result.pay_price or 0.0 for result in results) / draws


async def play(draws: int) -> tuple[list[Trial], dict[str, float]]:
    """Run everything in one executor, on a clock that jumps."""
    executor = NegotiationExecutor(clock="virtual", seed=SEED)
    trials = [await misreport(executor, kind, bidder) for kind in KINDS for bidder in COLLECTORS]
    share = (len(COLLECTORS) - 1) / len(COLLECTORS)
    return trials, {
        "vickrey, truthful": await revenue(executor, "vickrey", lambda value: value, draws),
        "first-price, shaded": await revenue(executor, "first-price", lambda value: share * value, draws),
        "first-price, truthful": await revenue(executor, "first-price", lambda value: value, draws),
    }


def main(draws: int = DRAWS) -> tuple[list[Trial], dict[str, float]]:
    """Print both tables and return them."""
    trials, prices = asyncio.run(play(draws))
    worth = ", ".join(f"{one.name} {one.value:g}" for one in COLLECTORS)
    print(f"One painting, worth {worth}. What a bidder gains while the others bid their values:\n")
    print(f"{'auction':13} {'bidder':7} {'truthful':>9} {'best misreport':>15}")
    for one in trials:
        lie = f"{one.best:.2f} by {one.best_bid:g}" if one.best > one.truthful else "no better"
        print(f"{one.kind:13} {one.name:7} {one.truthful:9.2f} {lie:>15}")
    print(f"\nMean price over {draws} auctions with values from 0 to 100 (theory: 50.0, 50.0, 75.0):\n")
    for name, price in prices.items():
        print(f"{name:22} {price:6.1f}")
    return trials, prices


if __name__ == "__main__":
    main()
