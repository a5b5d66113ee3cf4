"""Who wins how many of k equal units, and what for: pay-as-bid, uniform price, and Vickrey's rule. Pure.

Bids are schedules of marginal values (problems/units.py). The k highest unit bids that reach the reserve win. With a price of
each unit bid in order, b(1) >= b(2) >= ..., a winner pays (Krishna, "Auction theory", chapter 12)

    discriminatory: its own winning bids;   uniform price: the highest losing bid b(k+1), a unit;
    Vickrey: for its q units the q lowest of c(1) >= ... >= c(k), the k highest unit bids of the others.

The reserve (None: none) stands for bids that are missing. `reverse` buys units: schedules are asks, the lowest win, and the
reserve is a ceiling. Whole numbers and fractions stay exact.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import msgspec

from negotiate_rt.problems.auction import reaches
from negotiate_rt.problems.units import Schedule, check_count, schedule_of

Schedules: TypeAlias = Mapping[str, Schedule]
Bids: TypeAlias = Mapping[str, Sequence[float] | float]
Chance: TypeAlias = random.Random | Callable[[], random.Random] | None


class UnitBid(NamedTuple):
    """One bidder's price for one more unit."""

    price: float
    bidder: str


class UnitAllocation(msgspec.Struct, frozen=True, kw_only=True):
    """Who wins how many units. winners: units by bidder, the winners alone. sold: units in all. best_losing: the best unit bid
    that does not win, the reserve if that is better (in a reverse auction without a ceiling perhaps None: nobody is left).
    """

    winners: Mapping[str, int]
    sold: int
    best_losing: float | None


def allocate_units(
    bids: Bids, units: int, reserve: float | None = None,
    rng: Chance = None, reverse: bool = False,
) -> UnitAllocation:  # fmt: skip
    """Return who wins how many of so many units.

    Ties are drawn among the tied unit bids in order of name, so that arrival does not matter; `rng`: a seeded stream, or
    what makes one when there is a tie (None: the first by name win). A bidder's prices beyond the units on sale count for
    nothing. Raises ConfigurationError for what is no schedule. Cost: O(n log n) in the unit bids.
    """
    schedules = checked_schedules(bids, units, reverse)
    limit = worst_price(reserve, reverse)
    ranked = ranked_bids(schedules, limit, reverse)
    winning: Sequence[UnitBid] = ranked[:units]
    losing = ranked[units:]
    if losing and losing[0].price == winning[-1].price:
        winning = _draw_ties(ranked, units, rng)
    winners: dict[str, int] = {}
    for bid in winning:
        winners[bid.bidder] = winners.get(bid.bidder, 0) + 1
    best = losing[0].price if losing else limit
    named = {name: winners[name] for name in schedules if name in winners}
    return UnitAllocation(winners=named, sold=len(winning), best_losing=best if best < math.inf else None)


def discriminatory_payments(bids: Bids, allocation: UnitAllocation) -> dict[str, float]:
    """Return what each winner pays: the sum of its winning bids."""
    return {name: total(_listed(bids[name])[:won]) for name, won in allocation.winners.items()}


def uniform_price(bids: Bids, allocation: UnitAllocation) -> float:
    """Return what each unit costs: the (k+1)-st bid, or the reserve if it is better for the auctioneer.

    Where a reverse auction has neither, it is the highest ask that was taken.
    """
    if allocation.best_losing is not None:
        return allocation.best_losing
    return max(_listed(bids[name])[won - 1] for name, won in allocation.winners.items())


def vickrey_payments(  # the same arguments as of the allocation
    bids: Bids, allocation: UnitAllocation, units: int, reserve: float | None = None, reverse: bool = False
) -> dict[str, float]:  # fmt: skip
    """Return what each winner pays: what the others would have paid for its units, the reserve where nobody would.

    Vickrey 1961; Krishna, chapter 12.3: truthful bidding is a dominant strategy. In a reverse auction without a ceiling, units
    that nobody else could deliver are paid at the winner's own ask, its cheapest units first. Cost: O(winners · n log n).
    """
    schedules = checked_schedules(bids, units, reverse)
    limit = worst_price(reserve, reverse)
    ranked = ranked_bids(schedules, limit, reverse)
    return {name: total(displaced(ranked, name, won, units, limit, schedules[name])) for name, won in allocation.winners.items()}


def displaced(  # one winner's place in the whole
    ranked: Sequence[UnitBid], name: str, won: int, units: int, reserve: float, own: Schedule
) -> list[float]:
    """Return the unit bids of others that a winner of `won` units keeps from winning, best first."""
    others = [bid.price for bid in ranked if bid.bidder != name][:units]
    beaten = others[units - won :]
    missing = won - len(beaten)
    return beaten + ([reserve] * missing if reserve < math.inf else list(own[:missing]))


def checked_schedules(bids: Bids, units: int, reverse: bool = False) -> dict[str, Schedule]:
    """Return the bids as schedules of at most so many units. Raises ConfigurationError."""
    check_count(units, "units")
    return {name: schedule_of(bid, reverse)[:units] for name, bid in bids.items()}


def worst_price(reserve: float | None, reverse: bool = False) -> float:
    """Return the worst price at which there is a deal, of a reserve or none."""
    return (math.inf if reverse else 0.0) if reserve is None else reserve


def ranked_bids(schedules: Schedules, reserve: float, reverse: bool = False) -> list[UnitBid]:
    """Return all unit bids that reach the reserve, best first, ties in order of name."""
    single = [
        UnitBid(price, name) for name in sorted(schedules) for price in schedules[name] if reaches(price, reserve, reverse)
    ]
    return sorted(single, key=lambda bid: bid.price if reverse else -bid.price)


def _draw_ties(ranked: Sequence[UnitBid], units: int, rng: Chance) -> Sequence[UnitBid]:
    """Return the winning unit bids where the last that wins ties with the first that does not."""
    price = ranked[units].price
    first = next(place for place, bid in enumerate(ranked) if bid.price == price)
    tied = [bid for bid in ranked[first:] if bid.price == price]
    if rng is None or len({bid.bidder for bid in tied}) == 1:
        return ranked[:units]
    stream = rng if isinstance(rng, random.Random) else rng()
    return [*ranked[:first], *stream.sample(tied, units - first)]


def _listed(bid: Sequence[float] | float) -> Sequence[float]:
    return bid if isinstance(bid, Sequence) else (bid,)


def total(prices: Sequence[float]) -> float:
    """Return the sum of some prices: exact for whole numbers and fractions."""
    return sum(prices)
