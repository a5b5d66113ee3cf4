"""The order book: price-time priority, partial fills, cancelling, and properties against the call market."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.problems.orders import Order
from negotiate_rt.problems.trading import Quote, Trade
from negotiate_rt.solutions.call_market import clear_call_market, gains_from_trade
from negotiate_rt.solutions.order_book import OrderBook, positions_of


def buy(price, quantity=1):
    return Order("buy", price, quantity)


def sell(price, quantity=1):
    return Order("sell", price, quantity)


def test_trade_is_at_the_price_of_the_order_that_stood():
    book = OrderBook()
    assert book.place("s", sell(5)) == ()
    assert book.place("b", buy(8), at=2.5) == (Trade("b", "s", 5, 1, 2.5),)
    assert book.quote() == Quote()
    book.place("b", buy(8))
    assert book.place("s", sell(5)) == (Trade("b", "s", 8, 1),)


def test_best_price_first_and_the_oldest_of_one_price():
    book = OrderBook()
    for trader, price in (("a", 6), ("b", 5), ("c", 5), ("d", 7)):
        book.place(trader, sell(price))
    trades = book.place("x", buy(6, 5))
    assert [(trade.seller, trade.price) for trade in trades] == [("b", 5), ("c", 5), ("a", 6)]
    assert book.quote() == Quote(6, 2, 7, 1)


def test_orders_are_filled_in_part_and_the_rest_stands():
    book = OrderBook()
    book.place("s", sell(5, 10))
    assert book.place("b", buy(5, 4)) == (Trade("b", "s", 5, 4),)
    assert book.order_of("s") == sell(5, 6)
    assert book.place("c", buy(6, 8)) == (Trade("c", "s", 5, 6),)
    assert (book.order_of("s"), book.order_of("c")) == (None, buy(6, 2))
    assert book.quote() == Quote(6, 2, None, 0)


def test_new_order_takes_the_place_of_the_old_and_goes_to_the_end_of_the_queue():
    book = OrderBook()
    book.place("a", buy(5))
    book.place("b", buy(5))
    book.place("a", buy(5))
    assert book.place("s", sell(5)) == (Trade("b", "s", 5, 1),)
    book.place("a", sell(9))
    assert book.quote() == Quote(None, 0, 9, 1), "its bid has gone"
    assert book.place("a", buy(9)) == (), "nobody trades with itself"


def test_cancelled_order_is_out():
    book = OrderBook()
    book.place("a", buy(5, 3))
    book.place("s", sell(5))
    assert book.cancel("a") == buy(5, 2)
    assert book.cancel("a") is None
    assert book.cancel("nobody") is None
    assert book.place("s", sell(4)) == ()


def test_depth_adds_up_each_level():
    book = OrderBook()
    for trader, order in (("a", buy(5, 2)), ("b", buy(4)), ("c", buy(5, 3)), ("d", sell(8)), ("e", sell(7, 4))):
        book.place(trader, order)
    assert book.depth("buy") == ((5, 5), (4, 1))
    assert book.depth("sell") == ((7, 4), (8, 1))
    assert book.quote() == Quote(5, 5, 7, 4)
    assert repr(book).startswith("<OrderBook: 5 orders, ")


class Naive:
    """The same rules, by looking through a list."""

    def __init__(self):
        self.orders = []

    def place(self, trader, order):
        self.cancel(trader)
        left, trades = order.quantity, []
        while left:
            sign = 1 if order.side == "buy" else -1
            others = [one for one in self.orders if one[1] != order.side and sign * (order.price - one[2]) >= 0]
            if not others:
                break
            best = min(others, key=lambda one: sign * one[2])  # the first of equals is the oldest
            units = min(left, best[3])
            pair = (trader, best[0]) if order.side == "buy" else (best[0], trader)
            trades.append(Trade(*pair, best[2], units))
            left, best[3] = left - units, best[3] - units
            self.orders = [one for one in self.orders if one[3]]
        if left:
            self.orders.append([trader, order.side, order.price, left])
        return tuple(trades)

    def cancel(self, trader):
        self.orders = [one for one in self.orders if one[0] != trader]


some = st.builds(Order, st.sampled_from(["buy", "sell"]), st.integers(1, 6), st.integers(1, 4))
orders = st.tuples(st.sampled_from("abcdef"), st.one_of(st.none(), some))


@given(st.lists(orders, max_size=40))
@settings(max_examples=40)
def test_book_does_what_the_rules_say(moves):
    book, naive = OrderBook(), Naive()
    trades = []
    for trader, order in moves:
        if order is None:
            book.cancel(trader)
            naive.cancel(trader)
            continue
        made = book.place(trader, order)
        assert made == naive.place(trader, order)
        trades += made
        quote = book.quote()
        assert quote.bid is None or quote.ask is None or quote.bid < quote.ask
        for side, price in (("buy", quote.bid), ("sell", quote.ask)):
            prices = [one[2] for one in naive.orders if one[1] == side]
            assert price == (None if not prices else max(prices) if side == "buy" else min(prices))
    held = positions_of(trades)
    assert sum(units for units, _ in held.values()) == 0
    assert sum(cash for _, cash in held.values()) == 0
    assert all(trade.buyer != trade.seller for trade in trades)


@given(bids=st.lists(st.integers(0, 20), max_size=6), asks=st.lists(st.integers(0, 20), max_size=6), seed=st.integers(0, 5))
@settings(max_examples=40)
def test_no_order_of_arrival_gains_more_than_the_call_market(bids, asks, seed):
    demand = {f"b{place}": price for place, price in enumerate(bids)}
    supply = {f"s{place}": price for place, price in enumerate(asks)}
    arrivals = [(name, buy(price)) for name, price in demand.items()] + [(name, sell(price)) for name, price in supply.items()]
    random.Random(seed).shuffle(arrivals)
    book = OrderBook()
    trades = [trade for name, order in arrivals for trade in book.place(name, order)]
    best = gains_from_trade(demand, supply)
    assert sum(demand[trade.buyer] - supply[trade.seller] for trade in trades) <= best
    clearing = clear_call_market(demand, supply)
    assert best == sum(demand[name] for name in clearing.bought) - sum(supply[name] for name in clearing.sold)


def test_gains_from_trade_count_units():
    bids, asks = {"a": Order("buy", 9, 3), "b": (8, 1)}, {"s": Order("sell", 2, 2), "t": (7, 8.5)}
    assert gains_from_trade(bids, asks) == 9 * 3 - 2 * 2 - 7, "a fourth unit would cost more than it is worth"
    assert gains_from_trade({}, {}) == 0


