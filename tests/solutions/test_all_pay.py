"""The equilibrium of the all-pay auction."""

from __future__ import annotations

import random

import pytest

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.solutions.all_pay import all_pay_bid
from negotiate_rt.solutions.equilibrium_bidding import first_price_bid


@pytest.mark.parametrize("bidders", [2, 3, 5])
@pytest.mark.parametrize("value", [0, 0.3, 0.5, 1])
def test_uniform_values_have_a_closed_form(bidders, value):
    assert all_pay_bid(value, bidders) == pytest.approx((bidders - 1) / bidders * value**bidders, abs=1e-12)


def test_bid_is_the_first_price_bid_times_the_chance_to_win():
    def cdf(x):
        return x * x / 4

    for value in (0.5, 1, 1.7, 2):
        fair = first_price_bid(value, 3, cdf, 0, 2) * cdf(value) ** 2
        assert all_pay_bid(value, 3, cdf, 0, 2) == pytest.approx(fair)


def test_who_cannot_expect_to_earn_the_reserve_stays_away():
    assert all_pay_bid(0.49, 2, reserve=0.25) is None
    assert all_pay_bid(0.5, 2, reserve=0.25) == pytest.approx(0.25)
    assert all_pay_bid(1, 2, reserve=0.25) == pytest.approx((1 + 0.25) / 2)
    assert all_pay_bid(2, 1, low=0, high=3, reserve=1) == 1
    assert all_pay_bid(0.5, 1, reserve=1) is None
    assert all_pay_bid(-1, 2) is None


def test_no_other_bid_gains_more_in_expectation():
    def expected(bid, value, bidders=3):
        other = next(x / 1000 for x in range(1001) if all_pay_bid(x / 1000, bidders) >= bid - 1e-12)
        return value * other ** (bidders - 1) - bid

    for value in (0.3, 0.7, 0.9):
        best = expected(all_pay_bid(value, 3), value)
        assert all(best >= expected(share * 2 / 3 * 0.999, value) - 2e-3 for share in (0, 0.1, 0.3, 0.6, 0.9, 1))


def test_revenue_is_that_of_every_standard_auction():
    draw = random.Random(7)
    rounds = 4000
    revenue = sum(sum(all_pay_bid(draw.random(), 3) for _ in range(3)) for _ in range(rounds // 20)) / (rounds // 20)
    assert revenue == pytest.approx(1 / 2, abs=0.06)


@pytest.mark.parametrize(("arguments", "text"), [((0.5, 0), "bidders"), ((0.5, 2, lambda x: 2), "a cdf must lie"),
                                                 ((0.5, 2, None, 1, 0), "a prior needs")])  # fmt: skip
def test_what_is_no_prior(arguments, text):
    with pytest.raises(ConfigurationError, match=text):
        all_pay_bid(*arguments)
