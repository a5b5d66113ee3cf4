"""An order book with price-time priority, and how efficient a market's trades were. Pure.

A trader has at most one order in the book; a new one takes the place of the old. An order that reaches the best of the other
side trades at once, at the price of the order that stood, until it is filled or reaches no further; what is left of it stands.
Among orders of one price the oldest trades first. Nobody trades with itself, for its own order goes as the new one comes.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from negotiate_rt.problems.orders import Order, Side
from negotiate_rt.problems.trading import Quote, Trade

OTHER: dict[Side, Side] = {"buy": "sell", "sell": "buy"}


class Standing:
    """One order in the book, and what is left of it."""

    __slots__ = ("left", "order", "trader")

    def __init__(self, trader: str, order: Order) -> None:
        self.trader = trader
        self.order = order
        self.left = order.quantity


class OrderBook:
    """The orders that stand, both sides. Cost: O(log n) an order and trade, amortised."""

    def __init__(self) -> None:
        self._queues: dict[Side, list[tuple[float, int, Standing]]] = {"buy": [], "sell": []}
        self._standing: dict[str, Standing] = {}
        self._volume: dict[tuple[Side, float], int] = {}
        self._count = 0

    def place(self, trader: str, order: Order, at: float = 0.0) -> tuple[Trade, ...]:
        """Take an order in the place of the trader's last; return the trades it makes, in order."""
        self.cancel(trader)
        mine = Standing(trader, order)
        trades = []
        while mine.left and (best := self._best(OTHER[order.side])) is not None and crosses(order, best.order.price):
            units = min(mine.left, best.left)
            buyer, seller = (trader, best.trader) if order.side == "buy" else (best.trader, trader)
            trades.append(Trade(buyer, seller, best.order.price, units, at))
            mine.left -= units
            self._take(best, units)
        if mine.left:
            self._count += 1
            rank = -order.price if order.side == "buy" else order.price
            heapq.heappush(self._queues[order.side], (rank, self._count, mine))
            self._standing[trader] = mine
            key = (order.side, order.price)
            self._volume[key] = self._volume.get(key, 0) + mine.left
        return tuple(trades)

    def cancel(self, trader: str) -> Order | None:
        """Take a trader's order out of the book; return what was left of it, None if nothing stood."""
        standing = self._standing.get(trader)
        if standing is None:
            return None
        left = self.order_of(trader)
        self._take(standing, standing.left)
        return left

    def order_of(self, trader: str) -> Order | None:
        """Return a trader's order as it stands, with what is left of it."""
        standing = self._standing.get(trader)
        return None if standing is None else Order(standing.order.side, standing.order.price, standing.left)

    def quote(self) -> Quote:
        """Return the best bid and ask, and the units behind them."""
        bid, ask = self._best("buy"), self._best("sell")
        return Quote(
            None if bid is None else bid.order.price, 0 if bid is None else self._volume["buy", bid.order.price],
            None if ask is None else ask.order.price, 0 if ask is None else self._volume["sell", ask.order.price],
        )  # fmt: skip

    def depth(self, side: Side) -> tuple[tuple[float, int], ...]:
        """Return (price, units) of one side, best first."""
        levels = [(price, units) for (one, price), units in self._volume.items() if one == side]
        return tuple(sorted(levels, reverse=side == "buy"))

    def _best(self, side: Side) -> Standing | None:
        queue = self._queues[side]
        while queue and not queue[0][2].left:
            heapq.heappop(queue)
        return queue[0][2] if queue else None

    def _take(self, standing: Standing, units: int) -> None:
        standing.left -= units
        key = (standing.order.side, standing.order.price)
        self._volume[key] -= units
        if not self._volume[key]:
            del self._volume[key]
        if not standing.left:
            del self._standing[standing.trader]

    def __repr__(self) -> str:
        return f"<OrderBook: {len(self._standing)} orders, {self.quote()}>"


def crosses(order: Order, price: float) -> bool:
    """Whether an order trades with one of the other side at this price."""
    return order.price >= price if order.side == "buy" else order.price <= price


def positions_of(trades: Sequence[Trade]) -> dict[str, tuple[int, float]]:
    """Return by trader the units bought minus those sold, and what was paid for them."""
    held: dict[str, tuple[int, float]] = {}
    for trade in trades:
        paid = trade.price * trade.quantity
        units, cash = held.get(trade.buyer, (0, 0))
        held[trade.buyer] = units + trade.quantity, cash + paid
        units, cash = held.get(trade.seller, (0, 0))
        held[trade.seller] = units - trade.quantity, cash - paid
    return held
