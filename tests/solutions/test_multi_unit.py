"""Who wins how many of k equal units, and what for: book cases, and properties against brute force."""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.solutions.multi_unit import (
    allocate_units,
    discriminatory_payments,
    uniform_price,
    vickrey_payments,
)

KRISHNA = {"b1": (50, 47, 40, 32, 15, 5), "b2": (42, 28, 20, 12, 7, 3), "b3": (45, 35, 24, 14, 9, 6)}


def schedules(reverse=False):
    return st.dictionaries(
        st.sampled_from("abcd"),
        st.lists(st.integers(0, 12), min_size=1, max_size=3).map(lambda prices: tuple(sorted(prices, reverse=not reverse))),
        max_size=4,
    )


def welfare(bids, units, reserve, reverse=False):
    """The most that bids are worth over the reserve, by trying every way to hand out the units."""
    best = 0
    for shares in itertools.product(*(range(len(prices) + 1) for prices in bids.values())):
        if sum(shares) <= units:
            worth = sum(sum(prices[:share]) for prices, share in zip(bids.values(), shares, strict=True))
            gain = reserve * sum(shares) - worth if reverse else worth - reserve * sum(shares)
            best = max(best, gain)
    return best


def test_krishnas_three_bidders_for_six_units():
    allocation = allocate_units(KRISHNA, 6)
    assert allocation.winners == {"b1": 3, "b2": 1, "b3": 2}
    assert (allocation.sold, allocation.best_losing) == (6, 32)
    assert discriminatory_payments(KRISHNA, allocation) == {"b1": 137, "b2": 42, "b3": 80}
    assert uniform_price(KRISHNA, allocation) == 32, "96, 32 and 64 in all"
    assert vickrey_payments(KRISHNA, allocation, 6) == {"b1": 20 + 24 + 28, "b2": 32, "b3": 28 + 32}


def test_one_unit_is_a_single_lot():
    bids = {"a": 10, "b": 8, "c": 5}
    allocation = allocate_units(bids, 1)
    assert allocation.winners == {"a": 1}
    assert discriminatory_payments(bids, allocation) == {"a": 10}
    assert uniform_price(bids, allocation) == 8
    assert vickrey_payments(bids, allocation, 1) == {"a": 8}
    assert vickrey_payments(bids, allocate_units(bids, 1, 9), 1, 9) == {"a": 9}


def test_reserve_stands_for_bids_that_are_missing():
    bids = {"a": (9, 7), "b": (6, 2)}
    allocation = allocate_units(bids, 4, 3)
    assert (allocation.winners, allocation.sold, allocation.best_losing) == ({"a": 2, "b": 1}, 3, 3)
    assert uniform_price(bids, allocation) == 3
    assert vickrey_payments(bids, allocation, 4, 3) == {"a": 6, "b": 3}


def test_unit_bid_equal_to_the_reserve_wins_and_one_below_does_not():
    assert allocate_units({"a": (5, 4)}, 2, 5).winners == {"a": 1}
    assert allocate_units({"a": (5, 4)}, 2, 5.5).winners == {}


def test_nobody_bids():
    allocation = allocate_units({}, 3, 2)
    assert (allocation.winners, allocation.sold, allocation.best_losing) == ({}, 0, 2)
    assert vickrey_payments({}, allocation, 3, 2) == discriminatory_payments({}, allocation) == {}


def test_prices_beyond_the_units_on_sale_count_for_nothing():
    allocation = allocate_units({"a": (9, 8, 7)}, 2)
    assert (allocation.winners, allocation.best_losing) == ({"a": 2}, 0)


def test_procurement_takes_the_lowest_asks():
    asks = {"a": (2, 5, 9), "b": (3, 4), "c": (6,)}
    allocation = allocate_units(asks, 3, reverse=True)
    assert allocation.winners == {"a": 1, "b": 2}
    assert discriminatory_payments(asks, allocation) == {"a": 2, "b": 7}
    assert uniform_price(asks, allocation) == 5
    assert vickrey_payments(asks, allocation, 3, reverse=True) == {"a": 6, "b": 5 + 6}


def test_procurement_without_a_ceiling_pays_its_own_asks_to_whom_nobody_can_replace():
    asks = {"a": (2, 5), "b": (3,)}
    allocation = allocate_units(asks, 2, reverse=True)
    assert vickrey_payments(asks, allocation, 2, reverse=True) == {"a": 2, "b": 5}
    alone = allocate_units({"a": (2, 5)}, 2, reverse=True)
    assert alone.best_losing is None
    assert uniform_price({"a": (2, 5)}, alone) == 5
    assert vickrey_payments({"a": (2, 5)}, alone, 2, reverse=True) == {"a": 7}
    assert vickrey_payments({"a": (2, 5)}, allocate_units({"a": (2, 5)}, 2, 8, reverse=True), 2, 8, reverse=True) == {"a": 16}


def test_whole_numbers_beyond_floats_and_fractions_stay_exact():
    bids = {"a": (2**53 + 1,), "b": (2**53,), "c": (2**53 + 1,)}
    allocation = allocate_units(bids, 2)
    assert set(allocation.winners) == {"a", "c"}
    assert vickrey_payments({"a": (Fraction(1, 3),), "b": (Fraction(1, 7),)}, allocate_units(
        {"a": (Fraction(1, 3),), "b": (Fraction(1, 7),)}, 1), 1) == {"a": Fraction(1, 7)}  # fmt: skip


def test_ties_are_drawn_among_the_tied_unit_bids_whatever_the_order():
    bids = {"a": (9, 5, 5), "b": (5,), "c": (7, 5)}
    drawn = Counter()
    for seed in range(300):
        winners = allocate_units(bids, 3, rng=random.Random(seed)).winners
        again = allocate_units(dict(reversed(bids.items())), 3, rng=random.Random(seed)).winners
        assert winners == again
        assert sum(winners.values()) == 3
        assert winners["a"] >= 1
        drawn[next(name for name in "abc" if winners.get(name, 0) > {"a": 1, "b": 0, "c": 1}[name])] += 1
    assert 110 <= drawn["a"] <= 190, "two of the four tied unit bids are a's"
    assert 45 <= drawn["b"] <= 105
    assert allocate_units(bids, 3).winners == {"a": 2, "c": 1}, "without chance the first by name"


def test_no_chance_is_drawn_without_a_tie():
    def never():
        raise AssertionError("drawn")

    assert allocate_units({"a": (5, 5), "b": (4,)}, 1, rng=never).winners == {"a": 1}
    assert allocate_units({"a": (5,), "b": (5,)}, 2, rng=never).winners == {"a": 1, "b": 1}


@pytest.mark.parametrize(
    ("bid", "text"),
    [
        ((3, 5), "marginal prices must not rise: unit 2 is worth more than the one before (5 after 3)"),
        ((5, -1), "the price of unit 2 must be at least 0, got -1"),
        ((5, math.nan), "the price of unit 2 must be finite, got nan"),
        ((5, True), "the price of unit 2 must be a number, got True"),
        (math.inf, "a price for a unit must be finite, got inf"),
        ("9", "a price for a unit must be a number, got '9'"),
        ({3, 5}, "a price for a unit must be a number"),
    ],
    ids=repr,
)
def test_what_is_no_schedule(bid, text):
    with pytest.raises(ConfigurationError) as refusal:
        allocate_units({"a": bid}, 2)
    assert text in str(refusal.value)


def test_asks_that_fall_are_no_schedule():
    with pytest.raises(ConfigurationError, match="must not fall: unit 2 costs less than the one before"):
        allocate_units({"a": (5, 3)}, 2, reverse=True)


@pytest.mark.parametrize("units", [0, -1, 1.5, True, None, "2"], ids=repr)
def test_units_are_a_whole_number_above_zero(units):
    with pytest.raises(ConfigurationError, match="units: expected a whole number of at least 1"):
        allocate_units({"a": 1}, units)


@given(bids=schedules(), units=st.integers(1, 6), reserve=st.integers(0, 8), seed=st.integers(0, 5))
@settings(max_examples=40)
def test_allocation_is_efficient_and_payments_are_ordered(bids, units, reserve, seed):
    allocation = allocate_units(bids, units, reserve, random.Random(seed))
    worth = sum(sum(bids[name][:won]) - reserve * won for name, won in allocation.winners.items())
    assert worth == welfare(bids, units, reserve)
    assert sum(allocation.winners.values()) == allocation.sold <= units
    pay, price = discriminatory_payments(bids, allocation), uniform_price(bids, allocation)
    for name, vickrey in vickrey_payments(bids, allocation, units, reserve).items():
        assert reserve * allocation.winners[name] <= vickrey <= price * allocation.winners[name] <= pay[name]


@given(bids=schedules(), units=st.integers(1, 6), reserve=st.integers(0, 8))
@settings(max_examples=40)
def test_vickrey_payment_is_the_harm_to_all_others_and_the_seller(bids, units, reserve):
    allocation = allocate_units(bids, units, reserve)
    best = welfare(bids, units, reserve)
    for name, paid in vickrey_payments(bids, allocation, units, reserve).items():
        without = {one: bid for one, bid in bids.items() if one != name}
        gain = sum(bids[name][: allocation.winners[name]]) - paid
        assert gain == best - welfare(without, units, reserve)


@given(asks=schedules(reverse=True), units=st.integers(1, 6), ceiling=st.integers(0, 12))
@settings(max_examples=40)
def test_vickrey_procurement_pays_what_a_seller_adds(asks, units, ceiling):
    allocation = allocate_units(asks, units, ceiling, reverse=True)
    best = welfare(asks, units, ceiling, reverse=True)
    for name, paid in vickrey_payments(asks, allocation, units, ceiling, reverse=True).items():
        without = {one: ask for one, ask in asks.items() if one != name}
        cost = sum(asks[name][: allocation.winners[name]])
        assert paid - cost == best - welfare(without, units, ceiling, reverse=True)


@given(bids=schedules(), units=st.integers(1, 4), values=st.lists(st.integers(0, 12), min_size=1, max_size=3),
       lie=st.lists(st.integers(0, 12), min_size=1, max_size=3))  # fmt: skip
@settings(max_examples=40)
def test_no_misreport_pays_under_vickreys_rule(bids, units, values, lie):
    truth = tuple(sorted(values, reverse=True))

    def gain(bid):
        told = {**bids, "me": bid}
        allocation = allocate_units(told, units)
        won = allocation.winners.get("me", 0)
        return sum(truth[:won]) - vickrey_payments(told, allocation, units).get("me", 0)

    assert gain(truth) >= gain(tuple(sorted(lie, reverse=True)))


def test_demand_reduction_pays_under_a_uniform_price():
    def gain(bid):
        told = {"me": bid, "other": (6,)}
        allocation = allocate_units(told, 2)
        won = allocation.winners.get("me", 0)
        return sum((10, 7)[:won]) - won * uniform_price(told, allocation)

    assert (gain((10, 7)), gain((10, 0))) == (5, 10)
