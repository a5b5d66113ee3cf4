"""Combinatorial auctions that buy: asks on bundles, the mirror image of selling, against brute force."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt import (
    Auction,
    Bidder,
    BundleBid,
    BundleBids,
    CombinatorialOptions,
    ConfigurationError,
    NegotiationConfig,
    NegotiationExecutor,
)
from negotiate_rt.problems.bundles import bundle_worths, cost_of
from negotiate_rt.strategies.bid_rules import BIDDINGS

GOODS = ("A", "B", "C")


def bought(suppliers, goods=GOODS, seed=1, reserve=10.0, **options):
    agents = [Bidder(name, value) if not isinstance(value, Bidder) else value for name, value in suppliers.items()]
    wish = CombinatorialOptions(direction="reverse", reserve_price=reserve, **options)
    executor = NegotiationExecutor(clock="virtual")
    return Auction("combinatorial", goods, agents, seed=seed, executor=executor, options=wish).run()


LANES = {"north": {"A": 6, "B": 7, ("A", "B"): 9}, "south": {"B": 4, "C": 5}, "east": {("A", "B", "C"): 15, "C": 8}}


@pytest.mark.parametrize(
    ("payment", "paid"),
    [
        ("first-price", {"north": 9, "south": 5}),
        # north: without it the buyer keeps 15 of 30, the others with it 30 - 5 - 20 = 5: paid 20 - (15 - 5)
        # south: without it 15 (east) against 20 - 9 = 11 for the others: paid 10 - (15 - 11)
        ("vcg", {"north": 10, "south": 6}),
    ],
)
def test_the_cheapest_asks_win_together_and_are_paid_by_the_rule(payment, paid):
    result = bought(LANES, payment=payment)
    assert result.allocation == {"north": {"A", "B"}, "south": {"C"}}
    assert result.payments == paid
    assert (result.value, result.bound, result.proven, result.direction) == (14, 14, True, "reverse")


def test_core_payments_lie_between_the_asks_and_vickreys():
    core, vcg = bought(LANES, payment="core"), bought(LANES)
    asks = {"north": 9, "south": 5}
    for name in asks:
        assert asks[name] <= core.payments[name] <= vcg.payments[name]


def test_goods_that_cost_more_than_they_are_worth_are_not_bought():
    result = bought({"x": {"A": 3}, "y": {"B": 11}, "z": {"C": 10}})
    assert result.allocation == {"x": {"A"}, "z": {"C"}}  # an ask at the reserve is taken
    assert result.payments == {"x": 10, "z": 10}
    none = bought({"y": {"B": 11}})
    assert not none.success
    assert none.reason == "below-reserve: no bid was as low as the reserve"


def test_asks_above_the_starting_price_drop_out_and_a_free_delivery_is_an_ask():
    result = bought({"x": {"A": 6}, "y": {"A": 4, "B": 0}}, starting_price=5, payment="first-price")
    assert result.allocation == {"y": {"B"}}
    assert [bid.agent for bid in result.bids] == ["y"]


def test_gains_are_payments_less_what_the_delivery_costs():
    agents = [Bidder(name, costs) for name, costs in LANES.items()]
    executor = NegotiationExecutor(clock="virtual")
    options = CombinatorialOptions(direction="reverse", reserve_price=10.0)
    outcome = executor.run(agents, NegotiationConfig("combinatorial-auction", options=options), GOODS)
    assert outcome.utilities == {"north": 1.0, "south": 1.0, "east": 0.0}


def test_callables_and_numbers_are_costs_too():
    def cost(items):
        return None if "C" in items else 2.0 * len(items) + 1

    result = bought({"deft": cost, "all": 28.0}, payment="first-price")
    assert result.allocation == {"deft": {"A", "B"}}
    assert result.payments == {"deft": 5.0}
    assert bundle_worths(cost, ("A", "C"), reverse=True) == {frozenset("A"): 3.0}


def test_strategies_ask_for_a_profit_on_every_bundle():
    dear = Bidder("dear", {"A": 4, ("A", "B"): 6}, strategy=BIDDINGS["ratio"](factor=1.5))
    result = bought({"dear": dear}, payment="first-price")
    assert result.payments == {"dear": 9.0}


@pytest.mark.parametrize(
    ("value", "items", "cost"),
    [
        ({"A": 3, "B": 4, ("A", "B"): 6}, "AB", 6),
        ({"A": 3, "B": 4}, "AB", 7),
        ({("A", "B"): 6}, "A", 6),
        ({("A", "B"): 6, ("B", "C"): 5, "A": 2}, "ABC", 7),
        ({"A": 3}, "AB", None),
        (9.5, "ABC", 9.5),
    ],
)
def test_a_delivery_costs_the_cheapest_bundles_that_hold_it(value, items, cost):
    assert cost_of(value, frozenset(items)) == cost


BUNDLES = [frozenset(held) for size in (1, 2, 3) for held in itertools.combinations(GOODS, size)]
COSTS = st.dictionaries(st.sampled_from(BUNDLES), st.integers(0, 40), min_size=1, max_size=4)


def least_cost(costs, reserve, without=None):
    """What the buyer keeps at best, over every choice of one bundle or none from each supplier."""
    names = [name for name in costs if name != without]
    best = 0.0
    for choice in itertools.product(*([None, *costs[name]] for name in names)):
        taken = [bundle for bundle in choice if bundle is not None]
        if sum(map(len, taken)) == len(frozenset().union(*taken)):
            kept = sum(
                reserve * len(b) - costs[name][b] for name, b in zip(names, choice, strict=True) if b is not None
            )
            best = max(best, kept)
    return best


@given(
    costs=st.dictionaries(st.sampled_from("vwxyz"), COSTS, min_size=1, max_size=4), reserve=st.sampled_from([5, 10, 20])
)
@settings(max_examples=60)
def test_winners_and_vickrey_payments_equal_brute_force(costs, reserve):
    result = bought(costs, reserve=float(reserve))
    best = least_cost(costs, reserve)
    if not result.success:
        assert best == 0
        return
    got = sum(map(len, result.allocation.values()))
    assert reserve * got - result.value == best
    assert math.fsum(costs[name][frozenset(items)] for name, items in result.allocation.items()) == result.value
    for name, items in result.allocation.items():
        alone = best - least_cost(costs, reserve, without=name)
        assert result.payments[name] == pytest.approx(costs[name][frozenset(items)] + alone)


def test_or_asks_of_one_supplier_win_side_by_side():
    said = BundleBids((BundleBid("big", {"A"}, 3), BundleBid("big", {"B", "C"}, 8)), "or")
    result = bought({"big": Bidder("big", strategy=lambda view: said)}, payment="first-price")
    assert result.allocation == {"big": {"A", "B", "C"}}
    assert result.payments == {"big": 11}


def test_one_that_buys_needs_a_reserve_in_its_options_or_in_the_config():
    executor, agents = NegotiationExecutor(clock="virtual"), [Bidder("x", {"A": 3})]
    wish = CombinatorialOptions(direction="reverse")
    with pytest.raises(ConfigurationError, match="reserve_price: a combinatorial auction that buys needs"):
        executor.run(agents, NegotiationConfig("combinatorial-auction", options=wish), GOODS)
    config = NegotiationConfig("combinatorial-auction", reservation_value=10, options=wish)
    assert executor.run(agents, config, GOODS).result.payments == {"x": 10}
