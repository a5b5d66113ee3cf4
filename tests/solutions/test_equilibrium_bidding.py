"""Equilibrium bids of first-price auctions: closed forms, and nobody gains by another bid."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from negotiate_rt import ConfigurationError
from negotiate_rt.solutions.equilibrium_bidding import first_price_ask, first_price_bid, integral


@pytest.mark.parametrize("bidders", [1, 2, 3, 5, 50])
@pytest.mark.parametrize("value", [0.01, 0.3, 0.75, 1.0])
def test_uniform_values_shade_by_one_in_n(bidders, value):
    expected = value * (bidders - 1) / bidders
    assert first_price_bid(value, bidders) == pytest.approx(expected)
    assert first_price_bid(value, bidders, lambda x: x) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("power", [0.5, 1, 2, 3])
@pytest.mark.parametrize("bidders", [2, 4])
def test_power_distribution_has_its_closed_form(power, bidders):
    """F(x) = x^a gives b(v) = v·a(n-1) / (a(n-1) + 1)."""
    share = power * (bidders - 1) / (power * (bidders - 1) + 1)
    tolerance = 1e-9 if power >= 1 else 1e-4  # a root's slope is infinite at 0
    assert first_price_bid(0.8, bidders, lambda x: x**power) == pytest.approx(0.8 * share, abs=tolerance)


def test_reserve_lifts_bids_and_keeps_low_values_away():
    """Uniform, two bidders, reserve r: b(v) = v/2 + r^2 / (2v)."""
    assert first_price_bid(0.5, 2, reserve=0.5) == 0.5
    assert first_price_bid(0.8, 2, reserve=0.5) == pytest.approx(0.4 + 0.25 / 1.6)
    assert first_price_bid(0.8, 2, lambda x: x, reserve=0.5) == pytest.approx(0.4 + 0.25 / 1.6)
    assert first_price_bid(0.49, 2, reserve=0.5) is None


def test_range_shifts_and_scales_the_bid():
    assert first_price_bid(150, 3, low=100, high=200) == pytest.approx(100 + 50 * 2 / 3)
    assert first_price_bid(150, 3, lambda x: (x - 100) / 100, 100, 200) == pytest.approx(100 + 50 * 2 / 3)


def test_values_outside_of_the_prior():
    assert first_price_bid(1.5, 3) == first_price_bid(1.0, 3), "no more is needed to win"
    assert first_price_bid(90, 3, low=100, high=200) == 90
    assert first_price_bid(100, 3, low=100, high=200) == 100


def test_bid_at_a_probability_too_small_for_floats_is_the_value():
    assert first_price_bid(1e-200, 3, lambda x: x**2) == pytest.approx(1e-200)


def test_ask_is_the_mirror_image_of_a_bid():
    """Uniform costs, n suppliers: a(c) = c + (1 - c)/n."""
    assert first_price_ask(0.2, 4) == pytest.approx(0.2 + 0.8 / 4)
    assert first_price_ask(0.2, 4, lambda x: x) == pytest.approx(0.4)
    assert first_price_ask(0.2, 2, reserve=0.9) == pytest.approx(0.2 + (0.8**2 - 0.1**2) / (2 * 0.8))
    assert first_price_ask(0.9, 2, reserve=0.9) == 0.9
    assert first_price_ask(0.91, 2, reserve=0.9) is None
    assert first_price_ask(1.2, 2) == 1.2


@given(value=st.floats(0.05, 1), other=st.floats(0, 1), bidders=st.integers(2, 6), power=st.sampled_from([1, 2, 3]))
def test_no_bid_of_another_value_gains_more(value, other, bidders, power):
    """Expected gain (v - b(w))·F(w)^(n-1) is largest at w = v."""

    def cdf(x):
        return x**power

    def gain(like):
        return (value - first_price_bid(like, bidders, cdf)) * cdf(like) ** (bidders - 1)

    assert gain(value) >= gain(other) - 1e-9


@given(values=st.tuples(st.floats(0, 1), st.floats(0, 1)), bidders=st.integers(1, 8), reserve=st.floats(0, 0.9))
def test_bids_rise_with_the_value_and_stay_between_reserve_and_value(values, bidders, reserve):
    low, high = sorted(values)
    bids = [first_price_bid(value, bidders, lambda x: x, reserve=reserve) for value in (low, high)]
    for value, bid in zip((low, high), bids, strict=True):
        assert (bid is None) is (value < reserve)
        assert bid is None or reserve - 1e-12 <= bid <= value
    if None not in bids:
        assert bids[0] <= bids[1] + 1e-9


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((0.5, 0), "bidders: expected a whole number of at least 1, got 0"),
        ((0.5, True), "bidders: expected a whole number"),
        ((0.5, 2.0), "bidders: expected a whole number"),
        ((0.5, 2, None, 1.0, 1.0), "a prior needs finite low < high"),
        ((0.5, 2, None, 0.0, math.inf), "a prior needs finite low < high"),
        ((0.5, 2, lambda x: 2 * x + 1), "a cdf must lie between 0 and 1"),
        ((0.5, 2, lambda x: math.nan), "a cdf must lie between 0 and 1"),
    ],
)
def test_what_is_no_prior_is_refused(arguments, text):
    with pytest.raises(ConfigurationError, match=text):
        first_price_bid(*arguments)


def test_quadrature_is_exact_for_polynomials():
    assert integral(lambda x: x**40, 0, 1, pieces=1) == pytest.approx(1 / 41, rel=1e-13)
    assert integral(math.sin, 0, math.pi) == pytest.approx(2, rel=1e-14)
