"""An hour of take-offs from Newark, sold slot by slot and all at once: what a bid on a bundle is worth.

Real flights (data/newark.csv): 29 of nine carriers meant to leave between 13:00 and 13:59 on 2 December 2013. Suppose
that fog leaves a take-off every three minutes: 20 slots. A flight never leaves early; on time it is worth its seats, and
that fades evenly to nothing over half an hour's delay. One of 200 seats or more also keeps the slot behind it empty (a model
of wake separation): it needs two slots in a row, and one of them alone is worth nothing to it. Each flight bids by itself.

Sold one after the other by Vickrey's rule, slots expose who needs two. The cautious bid what a slot adds to what they
hold, so the large never fly. The hopeful bid half of what the pair adds, and once they hold one half, all of it for the
other: some pay for two slots what two small flights would have made more of. In a combinatorial auction a flight bids on
pairs, one bid for each time at which it could leave, of which one wins at most (XOR), and the best allocation of all is
found. Winners pay the core prices nearest to VCG's (Day and Cramton 2012): no losers would have paid more together.
"""

from __future__ import annotations

import asyncio
import csv
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

from negotiate_rt import Auction, AuctionResult, Bidder, CombinatorialOptions, NegotiationExecutor

FLIGHTS = Path(__file__).parent / "data" / "newark.csv"
EVERY = 3  # minutes between slots
FADE = 30  # minutes of delay at which a flight is worth nothing
LARGE = 200  # seats from which a flight needs two slots
SLOTS = tuple(f"13:{minute:02}" for minute in range(0, 60, EVERY))
NOTHING: frozenset[str] = frozenset()

Ways: TypeAlias = Mapping[frozenset[str], float]  # sets of slots with which a flight could leave, and their worth


class Sale(NamedTuple):
    """What came of one way to sell. held: slots by flight. welfare: what they are worth to those who hold them."""

    name: str
    held: Mapping[str, frozenset[str]]
    revenue: float
    welfare: float
    seconds: float


def read_flights(path: Path) -> dict[str, Ways]:
    """Return the ways in which each flight could leave."""
    flights: dict[str, Ways] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for flight in csv.DictReader(file):
            seats, wanted = int(flight["seats"]), int(flight["sched_dep_time"]) % 100
            needs = 2 if seats >= LARGE else 1
            places = range(-(-wanted // EVERY), len(SLOTS) - needs + 1)  # from the first slot that is not early
            flights[f"{flight['carrier']} {flight['flight']}"] = {
                frozenset(SLOTS[place : place + needs]): seats * (1 - late / FADE)
                for place in places
                if (late := place * EVERY - wanted) < FADE
            }
    return flights


def worth(ways: Ways, held: frozenset[str]) -> float:
    """Return what a set of slots is worth to a flight: the best way to leave within it."""
    return max((value for slots, value in ways.items() if slots <= held), default=0.0)


def bid_for(place: int, ways: Ways, held: frozenset[str], hopeful: bool) -> float:
    """Return what a flight bids for one slot: what it adds, or half of what it and the next one add together."""
    has, with_it, with_both = (worth(ways, held.union(SLOTS[place : place + more])) for more in range(3))
    return max(with_it - has, (with_both - has) / 2) if hopeful and not with_it else with_it - has


async def one_by_one(executor: NegotiationExecutor, flights: Mapping[str, Ways], hopeful: bool) -> Sale:
    """Sell slot after slot by Vickrey's rule."""
    began, revenue, held = time.perf_counter(), 0.0, dict.fromkeys(flights, NOTHING)
    for place, slot in enumerate(SLOTS):
        bidders = [Bidder(name, bid_for(place, ways, held[name], hopeful)) for name, ways in flights.items()]
        sold: AuctionResult = await Auction("vickrey", slot, bidders, reserve_price=1, executor=executor)
        if sold.success:
            held[sold.winner.name] |= {slot}
            revenue += sold.pay_price or 0.0
    took = time.perf_counter() - began
    return Sale("one by one, " + ("hopeful" if hopeful else "cautious"), held, revenue, welfare(flights, held), took)


async def all_at_once(executor: NegotiationExecutor, flights: Mapping[str, Ways]) -> Sale:
    """Sell all slots in one combinatorial auction, at core prices."""
    began, options = time.perf_counter(), CombinatorialOptions(payment="core", reply_by=1)
    bidders = [Bidder(name, ways) for name, ways in flights.items()]
    sold = await Auction("combinatorial", SLOTS, bidders, options=options, executor=executor)
    held, paid = sold.allocation or {}, sold.payments or {}
    return Sale("all at once", held, sum(paid.values()), welfare(flights, held), time.perf_counter() - began)


def welfare(flights: Mapping[str, Ways], held: Mapping[str, frozenset[str]]) -> float:
    """Return what slots are worth to the flights that hold them."""
    return sum(worth(flights[name], frozenset(slots)) for name, slots in held.items())


async def compare(flights: Mapping[str, Ways]) -> list[Sale]:
    """Sell the slots in each way."""
    executor = NegotiationExecutor(clock="virtual", seed=13)
    sales = [await one_by_one(executor, flights, hopeful) for hopeful in (False, True)]
    return [*sales, await all_at_once(executor, flights)]


def main(path: Path = FLIGHTS) -> list[Sale]:
    """Print revenue, welfare and time of each way to sell, and when who leaves in the end; return the sales."""
    flights = read_flights(path)
    sales = asyncio.run(compare(flights))
    print(f"{len(flights)} flights, {len(SLOTS)} slots; money and worth in seats on time\n")
    print(f"{'sold':21} {'revenue':>8} {'welfare':>8} {'leave':>6} {'large':>6} {'time':>8}")
    for one in sales:
        leave = [name for name, slots in one.held.items() if worth(flights[name], frozenset(slots))]
        large = sum(len(next(iter(flights[name]))) == 2 for name in leave)
        print(f"{one.name:21} {one.revenue:8,.1f} {one.welfare:8,.1f} {len(leave):6} {large:6} {one.seconds:6.2f} s")
    print("\nAll at once:")
    by_carrier: dict[str, list[str]] = {}
    for name, slots in sorted(sales[-1].held.items(), key=lambda item: min(item[1])):
        by_carrier.setdefault(name.split()[0], []).append(min(slots))
    for carrier, departures in sorted(by_carrier.items()):
        print(f"  {carrier}  {' '.join(departures)}")
    return sales


if __name__ == "__main__":
    main()
