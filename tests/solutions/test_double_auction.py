from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.solutions.double_auction import double_auction_price, first_best_gains, linear_double_auction
from negotiate_rt.solutions.myerson_satterthwaite import ContinuousPrior, myerson_satterthwaite

F = Fraction
HALF = F(1, 2)
supports = st.tuples(st.fractions(0, 3, max_denominator=4), st.fractions(F(1, 4), 3, max_denominator=4)).map(
    lambda pair: (pair[0], pair[0] + pair[1])
)


# ---------------------------------------------------------------------------------------------------- Chatterjee, Samuelson
def test_the_linear_equilibrium_of_the_book():
    found = linear_double_auction(k=HALF)
    assert found is not None
    for type_ in (F(0), F(1, 3), F(1)):
        assert found.bid(type_) == F(2, 3) * type_ + F(1, 12)
        assert found.ask(type_) == F(2, 3) * type_ + F(1, 4)
    assert (found.bids, found.asks) == ((F(1, 12), F(3, 4)), (F(1, 4), F(11, 12)))
    assert (found.total, found.first_best, found.trade_probability) == (F(9, 64), F(1, 6), F(9, 32))
    assert found.gains == (F(9, 128), F(9, 128))
    assert (found.spread, found.efficient) == (F(1, 4), False)
    assert found.trade(F(0), F(1, 4)) == F(1, 4)
    assert found.trade(F(1, 100), F(1, 4)) is None


def test_a_seller_who_names_the_price_is_a_monopolist():
    found = linear_double_auction(k=F(0))
    assert found is not None
    assert (found.ask(F(0)), found.bid(F(1, 3))) == (HALF, F(1, 3))
    assert found.gains == (F(1, 12), F(1, 24))
    mirrored = linear_double_auction(k=F(1))
    assert mirrored is not None
    assert (mirrored.bid(F(1)), mirrored.gains) == (HALF, (F(1, 24), F(1, 12)))


def test_floats_give_floats_and_fractions_fractions():
    rough = linear_double_auction()
    assert rough is not None
    assert isinstance(rough.total, float)
    assert rough.total == pytest.approx(9 / 64, rel=1e-15)


def test_other_supports_scale_and_shift():
    found = linear_double_auction((F(10), F(30)), (F(10), F(30)), HALF)
    assert found is not None
    assert found.total == 20 * F(9, 64)
    assert found.spread == 5


def test_where_no_linear_equilibrium_trades_there_is_none():
    assert linear_double_auction((0, 1), (2, 3)) is None  # everybody trades: bids and asks meet at a price between
    assert linear_double_auction((2, 3), (0, 1)) is None  # nobody does


def test_the_price_lies_between_ask_and_bid():
    assert double_auction_price(10, 6) == 8
    assert double_auction_price(10, 6, 1) == 10
    assert double_auction_price(10, 6, 0) == 6
    assert double_auction_price(7, 7) == 7
    assert double_auction_price(6, 7) is None


@settings(max_examples=12)
@given(supports, supports, st.fractions(0, 1, max_denominator=4), st.fractions(0, 1, max_denominator=6))
def test_nobody_gains_by_another_bid_or_ask(cost, value, k, place):
    found = linear_double_auction(cost, value, k)
    assume(found is not None)
    assert found is not None
    (a0, a1), (b0, b1) = found.asks, found.bids
    worth, own = value[0] + place * (value[1] - value[0]), cost[0] + place * (cost[1] - cost[0])

    def buying(bid):  # the integral of (worth - k·bid - (1-k)·ask) over uniform asks up to the bid
        top = min(max(bid, a0), a1)
        return ((worth - k * bid) * (top - a0) - (1 - k) * (top**2 - a0**2) / 2) / (a1 - a0)

    def selling(ask):
        foot = max(min(ask, b1), b0)
        return (((1 - k) * ask - own) * (b1 - foot) + k * (b1**2 - foot**2) / 2) / (b1 - b0)

    grid = [F(n, 16) * 8 for n in range(17)] + [a0, a1, b0, b1]
    assert all(buying(one) <= buying(found.bid(worth)) for one in grid)
    assert all(selling(one) <= selling(found.ask(own)) for one in grid)


@settings(max_examples=8)
@given(supports, supports, st.fractions(0, 1, max_denominator=4))
def test_expected_gains_equal_the_sum_over_types(cost, value, k):
    found = linear_double_auction(cost, value, k)
    assume(found is not None)
    assert found is not None
    nodes = (np.arange(400) + 0.5) / 400
    c = float(cost[0]) + nodes[:, None] * float(cost[1] - cost[0])
    v = float(value[0]) + nodes[None, :] * float(value[1] - value[0])
    ask = (c + float((1 - k) * found.bids[1])) / float(2 - k)
    bid = (v + float(k * found.asks[0])) / float(1 + k)
    price = float(k) * bid + float(1 - k) * ask
    assert np.where(bid >= ask, price - c, 0).mean() == pytest.approx(float(found.gains[0]), abs=2e-3)
    assert np.where(bid >= ask, v - price, 0).mean() == pytest.approx(float(found.gains[1]), abs=2e-3)
    assert (bid >= ask).mean() == pytest.approx(float(found.trade_probability), abs=5e-3)
    assert np.maximum(v - c, 0).mean() == pytest.approx(float(found.first_best), abs=1e-3)
    assert found.total <= found.first_best


# --------------------------------------------------------------------------------------------------- Myerson, Satterthwaite
def test_the_bound_of_uniform_priors():
    found = myerson_satterthwaite()
    assert found.gains == pytest.approx(9 / 64, abs=1e-6)
    assert found.first_best == pytest.approx(1 / 6, abs=1e-6)
    assert found.alpha == pytest.approx(1 / 3, abs=1e-6)
    assert found.trade_probability == pytest.approx(9 / 32, abs=1e-6)
    assert not found.efficient
    for cost, threshold in zip(found.costs, found.threshold, strict=True):
        assert threshold == (pytest.approx(cost + 0.25, abs=1e-5) if cost <= 0.75 else math.inf)


def test_the_linear_double_auction_attains_the_bound_of_uniform_priors():
    for cost, value in [((0, 1), (0, 1)), ((0, 2), (0, 2)), ((1, 4), (0, 3.5))]:
        found = linear_double_auction(cost, value)
        assert found is not None
        bound = myerson_satterthwaite(cost, value)
        assert found.total == pytest.approx(bound.gains, rel=1e-5)
    for k in (0.0, 0.25, 1.0):
        other = linear_double_auction(k=k)
        assert other is not None
        assert other.total < 9 / 64


def test_nothing_is_lost_where_supports_do_not_overlap():
    found = myerson_satterthwaite((0, 1), (1, 2))
    assert (found.efficient, found.alpha) == (True, 0.0)
    assert found.gains == found.first_best == pytest.approx(1.0)
    none = myerson_satterthwaite((2, 3), (0, 1))
    assert (none.gains, none.first_best, none.trade_probability) == (0.0, 0.0, 0.0)


def test_a_skewed_prior_has_its_own_bound():
    high = ContinuousPrior(0, 1, lambda x: x**2, lambda x: max(2 * x, 1e-12))  # values tend to be high
    low = ContinuousPrior(0, 1, lambda x: 1 - (1 - x) ** 2, lambda x: max(2 * (1 - x), 1e-12))  # costs to be low
    found = myerson_satterthwaite(low, high)
    # E max(v - c, 0) with v and 1 - c the larger of two uniforms: 2/3 - 1/3 + E max(c - v, 0) = 1/3 + 1/30.
    assert found.first_best == pytest.approx(1 / 3 + 1 / 30, abs=1e-5)
    assert myerson_satterthwaite().gains < found.gains < found.first_best
    coarse = myerson_satterthwaite(low, high, nodes=1001)
    assert coarse.gains == pytest.approx(found.gains, abs=1e-5)


@settings(max_examples=10)
@given(supports, supports)
def test_the_bound_lies_between_the_double_auction_and_the_first_best(cost, value):
    pair = tuple(map(float, cost)), tuple(map(float, value))
    found = myerson_satterthwaite(*pair, nodes=1001)
    exact = float(first_best_gains(cost, value))
    assert found.first_best == pytest.approx(exact, abs=1e-5)
    assert found.gains <= found.first_best + 1e-9
    assert found.efficient == (value[0] >= cost[1] or value[1] <= cost[0])
    auction = linear_double_auction(cost, value, HALF)
    if auction is not None:
        assert found.gains >= float(auction.total) - 1e-5


# --------------------------------------------------------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: linear_double_auction((1, 0)), "low < high"),
        (lambda: linear_double_auction(3), r"cost must be a support \(low, high\)"),
        (lambda: linear_double_auction((0, math.inf)), r"cost\[1\]"),
        (lambda: linear_double_auction(k=1.5), "k must be between 0 and 1"),
        (lambda: double_auction_price(math.nan, 1), "bid must be a finite number"),
        (lambda: linear_double_auction().bid(2), "value must lie in its support"),
        (lambda: linear_double_auction().ask(-1), "cost must lie in its support"),
        (lambda: ContinuousPrior(0, 1, lambda x: x), "both cdf and density"),
        (lambda: ContinuousPrior(1, 1), "low < high"),
        (lambda: myerson_satterthwaite(nodes=3), "nodes must be"),
        (lambda: myerson_satterthwaite(ContinuousPrior(0, 1, lambda x: x / 2, lambda x: 0.5)), "rises from 0 to 1"),
        (lambda: myerson_satterthwaite(ContinuousPrior(0, 1, lambda x: x, lambda x: 0.0)), "positive"),
        (lambda: myerson_satterthwaite(ContinuousPrior(0, 1, lambda x: x, lambda x: 3.0)), "integrates to 3"),
        (lambda: myerson_satterthwaite(ContinuousPrior(0, 1, lambda x: x, lambda x: math.nan)), "finite number"),
    ],
)
def test_what_is_no_double_auction_is_refused(call, says):
    with pytest.raises(ConfigurationError, match=says):
        call()


def test_a_prior_that_is_not_regular_is_refused():
    def density(x):  # two humps: hardly any value in the middle
        return 1.9 if x < 0.5 else 0.1

    def cdf(x):
        return 1.9 * x if x < 0.5 else 0.95 + 0.1 * (x - 0.5)

    with pytest.raises(ConfigurationError, match="not a regular distribution"):
        myerson_satterthwaite((0, 1), ContinuousPrior(0, 1, cdf, density))
