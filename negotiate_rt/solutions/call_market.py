"""Clearing a market of many buyers and sellers at once: the k-double auction of n parties, and McAfee's rule. Pure.

Rank bids b(1) >= b(2) >= ... and asks s(1) <= s(2) <= ..., unit by unit. The efficient quantity q is the largest with
b(q) >= s(q); every price in [max(s(q), b(q+1)), min(b(q), s(q+1))] clears the market. The k-double auction (Rustichini,
Satterthwaite and Williams, "Convergence to efficiency in a simple market with incomplete information", 1994) trades q units at
the share k of the way through that interval: efficient by what was said, budget balanced, and not truthful.

McAfee ("A dominant strategy double auction", 1992), for traders of one unit each: let p0 = (b(q+1) + s(q+1)) / 2. If p0 lies in
[s(q), b(q)], all q trade at p0. Otherwise the q - 1 best trade, buyers at b(q) and sellers at s(q), and the market keeps the
difference. The truth is a dominant strategy. A bid that is missing counts as 0, an ask that is missing as infinite.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from typing import Any, NamedTuple, TypeAlias

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.orders import Side, orders_of
from negotiate_rt.solutions.double_auction import double_auction_price

Chance: TypeAlias = random.Random | Callable[[], random.Random] | None
Book: TypeAlias = Mapping[str, Any]  # by trader: a price, an order, or several


class Lot(NamedTuple):
    """So many units of one trader at one price."""

    price: float
    trader: str
    quantity: int


class Margin(NamedTuple):
    """The last bid and ask that trade, and the first that do not (None: there is none)."""

    bid: float
    ask: float
    next_bid: float | None
    next_ask: float | None

    @property
    def interval(self) -> tuple[float, float]:
        """The lowest and the highest price that clear the market."""
        low = self.ask if self.next_bid is None else max(self.ask, self.next_bid)
        high = self.bid if self.next_ask is None else min(self.bid, self.next_ask)
        return low, high


class Clearing(msgspec.Struct, frozen=True, kw_only=True):
    """Who trades how many units at which prices.

    bought, sold: units by trader, those that trade alone. quantity: units traded; efficient_quantity: units whose bid is at
    least their ask. interval: the prices that clear the market (None: no trade would). surplus: what the market keeps.
    """

    bought: Mapping[str, int] = {}
    sold: Mapping[str, int] = {}
    quantity: int = 0
    efficient_quantity: int = 0
    buyer_price: float | None = None
    seller_price: float | None = None
    interval: tuple[float, float] | None = None

    @property
    def surplus(self) -> float:
        """What buyers pay beyond what sellers are paid."""
        if self.buyer_price is None or self.seller_price is None:
            return 0
        return self.quantity * (self.buyer_price - self.seller_price)

    def allocation(self) -> dict[str, int]:
        """Return units by trader, bought ones above 0, sold ones below."""
        return {**self.bought, **{name: -units for name, units in self.sold.items()}}

    def payments(self) -> dict[str, float]:
        """Return what each who trades pays, below 0 for what it is paid."""
        if self.buyer_price is None or self.seller_price is None:
            return {}
        paid: dict[str, float] = {name: units * self.buyer_price for name, units in self.bought.items()}
        return paid | {name: -units * self.seller_price for name, units in self.sold.items()}


def clear_call_market(bids: Book, asks: Book, k: float = 0.5, rng: Chance = None) -> Clearing:
    """Return the trades of a k-double auction: all that are efficient, at one price, from k = 0 (the lowest that clears the
    market) to k = 1 (the highest).

    bids, asks: by trader, a price of one unit, an Order, or several. Ties at the margin are drawn among the tied orders in
    order of name (`rng`: a seeded stream, or what makes one; None: the first by name trade). Raises ConfigurationError.
    Cost: O(n log n) in the orders, whatever their quantities.
    """
    demand, supply = book_of(bids, asks)
    quantity, margin = efficient(demand, supply)
    if margin is None:
        return Clearing()
    low, high = margin.interval
    price = double_auction_price(high, low, k)
    return trades(demand, supply, quantity, quantity, (price, price), margin, rng)  # type: ignore[arg-type]  # high >= low


def mcafee(bids: Book, asks: Book, rng: Chance = None) -> Clearing:
    """Return the trades of McAfee's double auction among traders of one unit each (equation and source above).

    Raises ConfigurationError for an order of several units: the rule's promises do not hold for it. Cost: O(n log n).
    """
    demand, supply = book_of(bids, asks)
    units: Counter[str] = Counter()
    for lot in (*demand, *supply):
        units[lot.trader] += lot.quantity
    if greedy := sorted(name for name in units if units[name] > 1):
        raise ConfigurationError(f"McAfee's rule is for traders of one unit each; {greedy[0]!r} orders more")
    quantity, margin = efficient(demand, supply)
    if margin is None:
        return Clearing()
    price = ((margin.next_bid or 0) + (math.inf if margin.next_ask is None else margin.next_ask)) / 2
    if margin.ask <= price <= margin.bid:
        return trades(demand, supply, quantity, quantity, (price, price), margin, rng)
    return trades(demand, supply, quantity - 1, quantity, (margin.bid, margin.ask), margin, rng)


def gains_from_trade(bids: Book, asks: Book) -> float:
    """Return the most that these can gain by trading: the bids minus the asks of all units that trade efficiently.

    The efficiency of a market is what its traders gained, divided by this. Raises ConfigurationError. Cost: O(n log n).
    """
    demand, supply = book_of(bids, asks)
    quantity, _ = efficient(demand, supply)
    return _first(demand, quantity) - _first(supply, quantity)


def _first(side: list[Lot], quantity: int) -> float:
    value: float = 0
    for lot in side:
        units = min(lot.quantity, quantity)
        value += lot.price * units
        quantity -= units
    return value


def book_of(bids: Book, asks: Book) -> tuple[list[Lot], list[Lot]]:
    """Return demand, dearest first, and supply, cheapest first, ties in order of name. Raises ConfigurationError."""
    both = sorted(set(bids) & set(asks))
    if both:
        raise ConfigurationError(f"{both[0]!r} both buys and sells: a trader does not trade with itself")
    demand = sorted(_lots(bids, "buy"), key=lambda lot: (-lot.price, lot.trader))
    return demand, sorted(_lots(asks, "sell"), key=lambda lot: (lot.price, lot.trader))


def _lots(book: Book, side: Side) -> Iterator[Lot]:
    for trader, told in book.items():
        try:
            orders = orders_of(told, side)
        except ConfigurationError as error:
            raise ConfigurationError(f"{trader!r}: {error}") from None
        yield from (Lot(order.price, trader, order.quantity) for order in orders)


def efficient(demand: list[Lot], supply: list[Lot]) -> tuple[int, Margin | None]:
    """Return how many units trade efficiently, and what lies at the margin (None: nothing trades)."""
    quantity = bid_place = ask_place = 0
    bid_left = ask_left = 0
    last: tuple[float, float] | None = None
    while True:
        bid_left = bid_left or (demand[bid_place].quantity if bid_place < len(demand) else 0)
        ask_left = ask_left or (supply[ask_place].quantity if ask_place < len(supply) else 0)
        next_bid = demand[bid_place].price if bid_left else None
        next_ask = supply[ask_place].price if ask_left else None
        if next_bid is None or next_ask is None or next_bid < next_ask:
            break
        units = min(bid_left, ask_left)
        quantity += units
        last = (next_bid, next_ask)
        bid_left, ask_left = bid_left - units, ask_left - units
        bid_place, ask_place = bid_place + (not bid_left), ask_place + (not ask_left)
    return quantity, None if last is None else Margin(*last, next_bid, next_ask)


def trades(  # noqa: PLR0913  # both sides of one clearing
    demand: list[Lot], supply: list[Lot], quantity: int, most: int, prices: tuple[float, float], margin: Margin, rng: Chance
) -> Clearing:
    """Return the clearing in which so many of the best units trade at the buyers' and the sellers' price."""
    if not quantity:
        return Clearing(efficient_quantity=most, interval=margin.interval)
    return Clearing(
        bought=filled(demand, quantity, rng), sold=filled(supply, quantity, rng), quantity=quantity, efficient_quantity=most,
        buyer_price=prices[0], seller_price=prices[1], interval=margin.interval,
    )  # fmt: skip


def filled(side: list[Lot], quantity: int, rng: Chance) -> dict[str, int]:
    """Return the units that each trader of one side trades, the best first; ties at the margin by draw."""
    units: dict[str, int] = {}
    for _, tied in groupby(side, key=lambda lot: lot.price):
        if not quantity:
            break
        level = list(tied)
        if sum(lot.quantity for lot in level) > quantity and len(level) > 1 and rng is not None:
            (rng if isinstance(rng, random.Random) else rng()).shuffle(level)
        for lot in level:
            taken = min(lot.quantity, quantity)
            if taken:
                units[lot.trader] = units.get(lot.trader, 0) + taken
            quantity -= taken
    return units
