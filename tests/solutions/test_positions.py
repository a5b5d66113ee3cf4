"""Position auctions: the examples of Edelman, Ostrovsky and Schwarz (2007), and properties."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.solutions.positions import (
    assign_positions,
    balanced_bids,
    envy_free_bounds,
    gsp_payments,
    is_locally_envy_free,
    vcg_payments,
)

VALUES = {"a": 10, "b": 4, "c": 2}
slots = st.lists(st.integers(1, 20), min_size=1, max_size=4).map(lambda clicks: tuple(sorted(clicks, reverse=True)))
worths = st.lists(st.integers(0, 30), min_size=1, max_size=5).map(lambda values: {f"b{n}": one for n, one in enumerate(values)})


def paid(rule, bids, clicks, reserve=0):
    return rule(bids, clicks, assign_positions(bids, clicks, reserve), reserve)


def gain(rule, bids, clicks, name, worth):
    assignment = assign_positions(bids, clicks)
    slot = assignment.slots.get(name)
    return 0 if slot is None else clicks[slot - 1] * worth - rule(bids, clicks, assignment)[name]


def test_three_advertisers_and_two_slots():
    assert paid(gsp_payments, VALUES, (200, 100)) == {"a": 800, "b": 200}
    assert paid(vcg_payments, VALUES, (200, 100)) == {"a": 600, "b": 200}


def test_bidding_less_pays_under_gsp():
    truth = gain(gsp_payments, VALUES, (200, 199), "a", 10)
    assert truth == 1200
    assert gain(gsp_payments, {**VALUES, "a": 3}, (200, 199), "a", 10) == 1592
    assert not is_locally_envy_free(VALUES, VALUES, (200, 199), everywhere=True)


def test_balanced_bids_are_envy_free_and_pay_what_vcg_does():
    bids = balanced_bids(VALUES, (200, 100))
    assert bids == {"a": 10, "b": 3, "c": 2}
    assert paid(gsp_payments, bids, (200, 100)) == paid(vcg_payments, VALUES, (200, 100)) == {"a": 600, "b": 200}
    assert is_locally_envy_free(bids, VALUES, (200, 100), everywhere=True)


def test_bounds_of_envy_free_bids():
    bounds = envy_free_bounds((10, 4, 2), (200, 100))
    assert bounds.lowest == (3, 2)
    assert bounds.highest == (7, 4), "b: (10·100 + 4·100)/200; c: the value above it"
    assert bounds.revenue == (800, 200 * 7 + 100 * 4)


def test_one_slot_is_a_vickrey_auction():
    for rule in (gsp_payments, vcg_payments):
        assert paid(rule, {"a": 10, "b": 8}, (1,)) == {"a": 8}
        assert paid(rule, {"a": 10, "b": 8}, (1,), 9) == {"a": 9}


def test_reserve_stands_for_bids_that_are_missing():
    assert paid(gsp_payments, {"a": 10, "b": 1}, (200, 100), 2) == {"a": 400}
    assert paid(vcg_payments, {"a": 10, "b": 3}, (200, 100), 2) == {"a": 100 * 3 + 100 * 2, "b": 200}
    assert assign_positions({"a": 2}, (5,), 2).slots == {"a": 1}
    assert assign_positions({}, (5,)).slots == paid(gsp_payments, {}, (5,)) == paid(vcg_payments, {}, (5,)) == {}


def test_ties_are_drawn_whatever_the_order():
    drawn = Counter()
    for seed in range(60):
        order = assign_positions({"a": 5, "b": 5, "c": 7}, (3, 2, 1), rng=random.Random(seed)).order
        assert order == assign_positions({"c": 7, "b": 5, "a": 5}, (3, 2, 1), rng=random.Random(seed)).order
        drawn[order] += 1
    assert set(drawn) == {("c", "a", "b"), ("c", "b", "a")}
    assert min(drawn.values()) >= 15
    assert assign_positions({"b": 5, "a": 5}, (1,)).slots == {"a": 1}


@pytest.mark.parametrize("clicks", [(), (0,), (1, 2), (1, -1), (1, float("nan")), (True,), 5, None, "21"], ids=repr)
def test_what_are_no_slots(clicks):
    with pytest.raises(ConfigurationError, match="clicks"):
        assign_positions({"a": 1}, clicks)


def test_what_is_no_bid_and_values_out_of_order():
    with pytest.raises(ConfigurationError, match="'a': a bid must be at least 0"):
        assign_positions({"a": -1}, (1,))
    with pytest.raises(ConfigurationError, match="values: expected them highest first"):
        envy_free_bounds((1, 2), (1,))


@given(bids=worths, clicks=slots, reserve=st.integers(0, 5))
@settings(max_examples=40)
def test_vcg_charges_the_harm_to_the_others_and_never_more_than_gsp(bids, clicks, reserve):
    assignment = assign_positions(bids, clicks, reserve)
    gsp, vcg = gsp_payments(bids, clicks, assignment, reserve), vcg_payments(bids, clicks, assignment, reserve)

    def worth(some):
        ranked = sorted((bid for bid in some.values() if bid >= reserve), reverse=True)
        return sum(x * (bid - reserve) for x, bid in zip(clicks, ranked, strict=False))

    for name, slot in assignment.slots.items():
        without = worth({one: bid for one, bid in bids.items() if one != name})
        others = worth(bids) - clicks[slot - 1] * (bids[name] - reserve)
        assert vcg[name] == without - others + clicks[slot - 1] * reserve
        assert vcg[name] <= gsp[name] <= clicks[slot - 1] * bids[name]


@given(values=worths, clicks=slots, lie=st.integers(0, 30))
@settings(max_examples=40)
def test_no_misreport_pays_under_vcg(values, clicks, lie):
    name = next(iter(values))
    assert gain(vcg_payments, values, clicks, name, values[name]) >= gain(
        vcg_payments, {**values, name: lie}, clicks, name, values[name]
    )


@given(values=st.lists(st.integers(0, 60), min_size=2, max_size=5, unique=True), clicks=slots)
@settings(max_examples=40)
def test_bounds_are_envy_free_and_the_lowest_pay_what_vcg_does(values, clicks):
    values = sorted(values, reverse=True)
    named = {f"b{rank}": value for rank, value in enumerate(values)}
    bounds = envy_free_bounds(values, clicks)
    for bids, revenue in zip((bounds.lowest, bounds.highest), bounds.revenue, strict=True):
        told = named | {f"b{rank}": bid for rank, bid in enumerate(bids, 1)} | {"b0": values[0] + 100}
        told = {name: bid if int(name[1:]) <= len(bids) else 0 for name, bid in told.items()}
        if len(clicks) == len(set(clicks)) and len(set(told.values())) == len(told):
            assert is_locally_envy_free(told, named, clicks, everywhere=True)
            assert sum(paid(gsp_payments, told, clicks).values()) == pytest.approx(revenue)
    assert bounds.revenue[0] == pytest.approx(sum(paid(vcg_payments, named, clicks).values()))
    assert bounds.revenue[0] <= bounds.revenue[1] + 1e-9
