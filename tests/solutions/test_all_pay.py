"""The equilibrium of the all-pay auction."""

from __future__ import annotations

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
    types = [place / 50 for place in range(51)]
    bids = [all_pay_bid(one, 3) for one in types]
    for value in (0.3, 0.7, 0.9):  # who bids as another type wins as often as that type does
        gains = [value * one**2 - bid for one, bid in zip(types, bids, strict=True)]
        assert value * value**2 - all_pay_bid(value, 3) >= max(gains) - 1e-9


def test_revenue_is_that_of_every_standard_auction():
    steps = 40
    revenue = sum(3 * all_pay_bid((place + 0.5) / steps, 3) for place in range(steps)) / steps
    assert revenue == pytest.approx(1 / 2, abs=1e-3)


@pytest.mark.parametrize(("arguments", "text"), [((0.5, 0), "bidders"), ((0.5, 2, lambda x: 2), "a cdf must lie"),
                                                 ((0.5, 2, None, 1, 0), "a prior needs")])  # fmt: skip
def test_what_is_no_prior(arguments, text):
    with pytest.raises(ConfigurationError, match=text):
        all_pay_bid(*arguments)
