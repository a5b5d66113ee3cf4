"""The k-double auction of many, and McAfee's rule: book cases, and properties against brute force."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.orders import Order
from negotiate_rt.solutions.call_market import clear_call_market, mcafee


def named(letter, prices):
    return {f"{letter}{place}": price for place, price in enumerate(prices, 1)}


def market(most=5):
    prices = st.lists(st.integers(0, 10), max_size=most)
    return st.tuples(prices.map(lambda bids: named("b", bids)), prices.map(lambda asks: named("s", asks)))


def gains(bids, asks):
    """The most that trades are worth, by trying every way to match."""
    best = 0
    for count in range(min(len(bids), len(asks)) + 1):
        for buyers in itertools.combinations(bids.values(), count):
            for sellers in itertools.combinations(asks.values(), count):
                best = max(best, sum(buyers) - sum(sellers))
    return best


def gained(clearing, bids, asks):
    return sum(bids[name] for name in clearing.bought) - sum(asks[name] for name in clearing.sold)


def test_mcafees_two_markets():
    first = mcafee(named("b", (9, 8, 7, 4)), named("s", (2, 3, 4, 5)))
    assert (first.quantity, first.buyer_price, first.seller_price, first.surplus) == (3, 4.5, 4.5, 0)
    assert first.bought == {"b1": 1, "b2": 1, "b3": 1}
    assert first.sold == {"s1": 1, "s2": 1, "s3": 1}
    second = mcafee(named("b", (9, 8, 7, 1)), named("s", (2, 3, 4, 20)))
    assert (second.quantity, second.efficient_quantity) == (2, 3)
    assert (second.buyer_price, second.seller_price, second.surplus) == (7, 4, 6)
    assert second.payments() == {"b1": 7, "b2": 7, "s1": -4, "s2": -4}
    assert second.allocation() == {"b1": 1, "b2": 1, "s1": -1, "s2": -1}


@pytest.mark.parametrize(("k", "price"), [(0, 4), (0.5, 4.5), (1, 5), (Fraction(1, 4), Fraction(17, 4))])
def test_price_is_the_share_k_of_the_way_through_the_clearing_interval(k, price):
    clearing = clear_call_market(named("b", (9, 8, 7, 4)), named("s", (2, 3, 4, 5)), k)
    assert clearing.interval == (4, 5)
    assert clearing.buyer_price == clearing.seller_price == price
    assert clearing.quantity == 3


def test_one_buyer_and_one_seller_split_the_difference():
    clearing = clear_call_market({"b": 10}, {"s": 4})
    assert (clearing.interval, clearing.buyer_price) == ((4, 10), 7)
    assert mcafee({"b": 10}, {"s": 4}).quantity == 0, "its one trade is given up"
    assert mcafee({"b": 10}, {"s": 4}).efficient_quantity == 1


def test_bid_equal_to_an_ask_trades():
    assert clear_call_market({"b": 5}, {"s": 5}).payments() == {"b": 5, "s": -5}


@pytest.mark.parametrize(("bids", "asks"), [({}, {}), ({"b": 5}, {}), ({}, {"s": 5}), ({"b": 4}, {"s": 5})])
def test_nobody_trades(bids, asks):
    for clearing in (clear_call_market(bids, asks), mcafee(bids, asks)):
        assert (clearing.quantity, clearing.buyer_price, clearing.interval) == (0, None, None)
        assert clearing.payments() == clearing.allocation() == {}
        assert clearing.surplus == 0


def test_orders_of_many_units_are_filled_in_part():
    bids = {"a": Order("buy", 9, 4), "b": (8, 6), "c": [Order("buy", 7, 3), 2]}
    asks = {"x": Order("sell", 3, 5), "y": (4, 7, 7)}
    clearing = clear_call_market(bids, asks, 0)
    assert clearing.quantity == 8
    assert clearing.bought == {"a": 4, "b": 1, "c": 3}
    assert clearing.sold == {"x": 5, "y": 3}
    assert clearing.interval == (7, 7), "bids at 9 9 9 9 8 7 7 7 | 6, asks at 3 3 3 3 3 4 7 7"


def test_quantities_cost_nothing():
    clearing = clear_call_market({"a": Order("buy", 9, 10**15)}, {"b": Order("sell", 2, 10**14), "c": Order("sell", 8, 1)})
    assert clearing.sold == {"b": 10**14, "c": 1}
    assert clearing.interval == (9, 9), "the buyer would take more"


def test_ties_at_the_margin_are_drawn_whatever_the_order():
    drawn = Counter()
    for seed in range(200):
        bids = {"a": 5, "b": 9, "c": 5, "d": 5}
        winners = clear_call_market(bids, {"s": (1, 1)}, rng=random.Random(seed)).bought
        again = clear_call_market(dict(reversed(bids.items())), {"s": (1, 1)}, rng=random.Random(seed)).bought
        assert winners == again
        assert len(winners) == 2
        drawn.update(set(winners) - {"b"})
    assert set(drawn) == {"a", "c", "d"}
    assert min(drawn.values()) >= 45
    assert set(clear_call_market(bids, {"s": (1, 1)}).bought) == {"a", "b"}, "without chance the first by name"


@pytest.mark.parametrize(
    ("bids", "asks", "text"),
    [
        ({"a": 5}, {"a": 3}, "'a' both buys and sells"),
        ({"a": -1}, {}, "'a': a price must be at least 0, got -1"),
        ({"a": float("nan")}, {}, "'a': a price must be finite, got nan"),
        ({"a": True}, {}, "'a': a price must be a number, got True"),
        ({"a": ()}, {}, "'a': no order"),
        ({"a": Order("sell", 4)}, {}, "'a': an order to sell of one who is here to buy"),
    ],
)
def test_what_is_no_market(bids, asks, text):
    with pytest.raises(ConfigurationError) as refusal:
        clear_call_market(bids, asks)
    assert text in str(refusal.value)


@pytest.mark.parametrize("told", [Order("buy", 4, 2), (4, 3), (4, 4)], ids=repr)
def test_mcafees_rule_is_for_one_unit_each(told):
    with pytest.raises(ConfigurationError, match="traders of one unit each; 'a' orders more"):
        mcafee({"a": told, "b": 5}, {"s": 1})


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (("bid", 4, 1), "side: expected buy or sell, got 'bid'"),
        (("buy", -4, 1), "the price of an order must be at least 0"),
        (("buy", float("inf"), 1), "the price of an order must be finite"),
        (("buy", 4, 0), "the quantity of an order: expected a whole number of at least 1, got 0"),
        (("buy", 4, 1.5), "the quantity of an order"),
        (("buy", 4, True), "the quantity of an order"),
    ],
)
def test_what_is_no_order(fields, text):
    with pytest.raises(ConfigurationError) as refusal:
        Order(*fields)
    assert text in str(refusal.value)


@given(market=market(), k=st.sampled_from([0, Fraction(1, 3), 1]), seed=st.integers(0, 3))
@settings(max_examples=50)
def test_call_market_is_efficient_rational_and_balanced(market, k, seed):
    bids, asks = market
    clearing = clear_call_market(bids, asks, k, random.Random(seed))
    assert gained(clearing, bids, asks) == gains(bids, asks)
    assert sum(clearing.payments().values()) == clearing.surplus == 0
    assert sum(clearing.bought.values()) == sum(clearing.sold.values()) == clearing.quantity
    for name in clearing.bought:
        assert clearing.buyer_price <= bids[name]
    for name in clearing.sold:
        assert clearing.seller_price >= asks[name]
    if clearing.interval:
        low, high = clearing.interval
        assert low <= clearing.buyer_price <= high
        for price in (low, high):  # everybody who would gain at a price that clears the market trades
            assert all(name in clearing.bought for name, bid in bids.items() if bid > price)
            assert all(name in clearing.sold for name, ask in asks.items() if ask < price)


@given(market=market(), seed=st.integers(0, 3))
@settings(max_examples=50)
def test_mcafee_gives_up_at_most_the_least_trade_and_never_runs_a_deficit(market, seed):
    bids, asks = market
    clearing = mcafee(bids, asks, random.Random(seed))
    assert clearing.quantity in (clearing.efficient_quantity, clearing.efficient_quantity - 1)
    assert sum(clearing.payments().values()) == clearing.surplus >= 0
    if clearing.quantity:
        assert all(bids[name] >= clearing.buyer_price for name in clearing.bought)
        assert all(asks[name] <= clearing.seller_price for name in clearing.sold)
    least = gains(bids, asks) / clearing.efficient_quantity if clearing.efficient_quantity else 0
    assert gains(bids, asks) - gained(clearing, bids, asks) <= least


@given(market=market(4), worth=st.integers(0, 10), lie=st.integers(0, 10), seed=st.integers(0, 2))
@settings(max_examples=50)
def test_no_misreport_pays_under_mcafees_rule(market, worth, lie, seed):
    bids, asks = market

    def buyer(bid):
        clearing = mcafee({**bids, "me": bid}, asks, random.Random(seed))
        return worth - clearing.buyer_price if "me" in clearing.bought else 0

    def seller(ask):
        clearing = mcafee(bids, {**asks, "me": ask}, random.Random(seed))
        return clearing.seller_price - worth if "me" in clearing.sold else 0

    assert buyer(worth) >= buyer(lie)
    assert seller(worth) >= seller(lie)


def test_misreporting_pays_in_a_k_double_auction():
    def gain(bid):
        clearing = clear_call_market({"me": bid}, {"s": 2})
        return 10 - clearing.buyer_price

    assert gain(4) == 7 > gain(10) == 4


@given(market=market(), quantities=st.lists(st.integers(1, 4), min_size=10, max_size=10))
@settings(max_examples=50)
def test_an_order_of_many_units_is_worth_as_many_orders_of_one(market, quantities):
    bids, asks = market
    sized = dict(zip([*bids, *asks], quantities, strict=False))
    big = clear_call_market(
        {name: Order("buy", price, sized[name]) for name, price in bids.items()},
        {name: Order("sell", price, sized[name]) for name, price in asks.items()},
    )
    small = clear_call_market(
        {name: (price,) * sized[name] for name, price in bids.items()},
        {name: (price,) * sized[name] for name, price in asks.items()},
    )
    assert big == small
