"""Optimal auctions: Myerson's reserve and revenue for uniform values, ironing, and what one more bidder is worth."""

from __future__ import annotations

import itertools
import math
import random
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.solutions.audit import audit
from negotiate_rt.solutions.mechanisms import TypeSpace
from negotiate_rt.solutions.myerson import (
    bulow_klemperer,
    expected_revenue,
    optimal_auction,
    optimal_reserve,
    virtual_value,
)
from negotiate_rt.solutions.value_distributions import (
    DensityDistribution,
    DiscreteDistribution,
    ExponentialDistribution,
    UniformDistribution,
    pooled,
)

UNIT = UniformDistribution()
POWER = DensityDistribution(0, 1, lambda x: x**2, lambda x: 2 * x)
TWO_HUMPS = DensityDistribution(
    0, 3,
    lambda x: 0.8 * x if x <= 1 else (0.8 if x <= 2 else 0.8 + 0.2 * (x - 2)),
    lambda x: 0.8 if x <= 1 else (0.0 if x <= 2 else 0.2),
)  # fmt: skip


def test_uniform_reserve_is_one_half_and_revenue_exact() -> None:  # reference case 13
    assert optimal_reserve(UNIT) == Fraction(1, 2)
    assert [expected_revenue(UNIT, n) for n in (1, 2, 3)] == [Fraction(1, 4), Fraction(5, 12), Fraction(17, 32)]


def test_uniform_revenue_without_a_reserve_is_the_expected_second_value() -> None:  # reference case 12
    assert [expected_revenue(UNIT, n, 0) for n in (2, 3, 5)] == [Fraction(1, 3), Fraction(1, 2), Fraction(2, 3)]
    assert expected_revenue(UNIT, 1, 0) == 0


@pytest.mark.parametrize("reserve", [None, 0, Fraction(1, 4), Fraction(1, 2), Fraction(9, 10), 2])
@pytest.mark.parametrize("bidders", [1, 2, 5])
def test_numeric_revenue_agrees_with_the_closed_form(reserve: Any, bidders: int) -> None:
    same = DensityDistribution(0, 1, lambda x: x, lambda x: 1.0)
    assert expected_revenue(same, bidders, reserve) == pytest.approx(float(expected_revenue(UNIT, bidders, reserve)))


@pytest.mark.parametrize("bidders", [1, 2, 3])
@pytest.mark.parametrize("reserve", [0, 1, Fraction(3, 2)])
def test_supports_that_do_not_begin_at_zero(bidders: int, reserve: Any) -> None:
    exact, numeric = UniformDistribution(1, 2), DensityDistribution(1, 2, lambda x: x - 1, lambda x: 1.0)
    assert float(expected_revenue(exact, bidders, reserve)) == pytest.approx(expected_revenue(numeric, bidders, reserve))
    assert optimal_reserve(exact) == 1  # nobody is kept out
    assert expected_revenue(UniformDistribution(1, 2), 2) == 1 + Fraction(1, 3)


def test_exponential_values_have_a_reserve_of_one_mean() -> None:
    values = ExponentialDistribution(Fraction(1, 2))
    assert optimal_reserve(values) == 2
    assert virtual_value(values, 5) == 3
    assert expected_revenue(values, 1) == pytest.approx(2 * math.exp(-1))
    assert expected_revenue(values, 3, 0) == pytest.approx(2 * (1 / 3 + 1 / 2))  # the mean second of three
    assert optimal_reserve(values, own_value=1) == 3


def test_a_density_of_ones_own_is_solved_by_its_first_order_condition() -> None:
    assert POWER.regular
    assert optimal_reserve(POWER) == pytest.approx(3**-0.5)  # 3r² = 1
    r = 3**-0.5
    assert expected_revenue(POWER, 1) == pytest.approx(r * (1 - r**2))


def test_an_items_own_value_raises_the_reserve_and_counts_when_unsold() -> None:
    assert optimal_reserve(UNIT, Fraction(1, 2)) == Fraction(3, 4)
    gained = expected_revenue(UNIT, 1, own_value=Fraction(1, 2))
    assert gained == Fraction(3, 4) * Fraction(1, 4) + Fraction(1, 2) * Fraction(3, 4)
    assert optimal_reserve(UNIT, 2) == math.inf
    assert expected_revenue(UNIT, 3, own_value=2) == 2


def test_discrete_virtual_values_by_hand_and_ironed() -> None:
    values = DiscreteDistribution((1, 2, 3))
    assert values.raw == (-1, 1, 3)
    assert optimal_reserve(values) == 2
    rough = DiscreteDistribution((1, 4, 5), (Fraction(1, 2), Fraction(1, 10), Fraction(2, 5)))
    assert rough.raw == (1 - 3, 4 - 4, 5)
    dented = DiscreteDistribution((2, 3, 10), (Fraction(3, 5), Fraction(1, 5), Fraction(1, 5)))
    assert dented.raw == (2 - Fraction(2, 3), 3 - 7, 10)
    assert not dented.regular
    assert dented.smooth[0] == dented.smooth[1] == (Fraction(4, 3) * 3 - 4 * 1) / 4  # pooled 3 : 1
    assert dented.smooth[2] == 10


def test_the_best_price_for_one_bidder_is_found_where_the_distribution_is_not_regular() -> None:
    # Posted prices: p (1 - 0.8 p) on [0, 1] has its best, 0.3125, at 0.625; at p = 2 it is 0.4.
    assert not TWO_HUMPS.regular
    assert optimal_reserve(TWO_HUMPS) == pytest.approx(2, abs=0.002)
    assert expected_revenue(TWO_HUMPS, 1) == pytest.approx(0.4, abs=1e-3)


def test_ironing_bunches_types_and_brings_more_than_any_reserve() -> None:
    best = max(expected_revenue(TWO_HUMPS, 3, one / 10) for one in range(30))
    ironed = expected_revenue(TWO_HUMPS, 3)
    assert ironed >= best - 3 / 2000  # exact to the spacing of the nodes
    assert [TWO_HUMPS.ironed(x / 10) for x in range(31)] == sorted(TWO_HUMPS.ironed(x / 10) for x in range(31))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(1, 6)), min_size=1, max_size=6, unique_by=lambda one: one[0]))
def test_one_bidder_pays_the_best_posted_price(pairs: list[tuple[int, int]]) -> None:
    whole = sum(weight for _, weight in pairs)
    values = DiscreteDistribution(tuple(v for v, _ in pairs), tuple(Fraction(w, whole) for _, w in pairs))
    best = max(price * sum(Fraction(w, whole) for v, w in pairs if v >= price) for price, _ in pairs)
    assert expected_revenue(values, 1) == best
    reserve = optimal_reserve(values)
    assert reserve * sum(Fraction(w, whole) for v, w in pairs if v >= reserve) == best
    assert list(values.smooth) == sorted(values.smooth)


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.integers(1, 5), min_size=2, max_size=4), st.lists(st.integers(1, 5), min_size=2, max_size=4)
)
def test_optimal_auctions_are_truthful_rational_and_bring_the_virtual_surplus(one: list[int], two: list[int]) -> None:
    bidders = [
        DiscreteDistribution(tuple(range(1, len(odds) + 1)), tuple(Fraction(w, sum(odds)) for w in odds)) for odds in (one, two)
    ]
    report = audit(optimal_auction(bidders))
    for name in ("dominant-strategy", "individually-rational", "no-deficit", "monotone"):
        assert report[name].verdict == "holds"
    surplus = sum(
        bidders[0].probabilities[i] * bidders[1].probabilities[j] * max(0, bidders[0].smooth[i], bidders[1].smooth[j])
        for i, j in itertools.product(range(len(one)), range(len(two)))
    )
    assert report.revenue is not None
    assert report.revenue.mean == pytest.approx(float(surplus))


def test_no_take_it_or_leave_it_mechanism_of_two_bidders_beats_the_optimal_auction() -> None:
    # All pairs of thresholds (bidder 1 first, then bidder 2) over a small asymmetric pair.
    a, b = DiscreteDistribution((1, 2, 4)), DiscreteDistribution((1, 3))
    best = audit(optimal_auction([a, b])).revenue
    assert best is not None
    for p, q in itertools.product(a.values, b.values):
        sold = sum(pa for v, pa in zip(a.values, a.probabilities, strict=True) if v >= p)
        then = sum(pb for v, pb in zip(b.values, b.probabilities, strict=True) if v >= q)
        assert p * sold + (1 - sold) * q * then <= best.mean + 1e-9


def test_identical_uniform_bidders_get_a_second_price_auction_with_reserve_one_half() -> None:
    auction = optimal_auction([UNIT, UNIT])
    for bids, winner, price in (((0.9, 0.7), 0, 0.7), ((0.9, 0.3), 0, 0.5), ((0.2, 0.6), 1, 0.5), ((0.4, 0.3), None, 0)):
        ((_, found),) = auction.lottery(bids)
        assert (found.allocation, sum(found.payments)) == (winner, pytest.approx(price))


def test_asymmetric_uniform_bidders_are_compared_by_virtual_value() -> None:
    auction = optimal_auction([UniformDistribution(0, 1), UniformDistribution(0, 2)])
    ((_, found),) = auction.lottery((0.8, 1.2))  # virtual 0.6 against 0.4: the smaller value wins
    assert found.allocation == 0
    assert found.payments[0] == pytest.approx(0.7)  # 2v - 1 = 0.4
    report = audit(auction, samples=60)
    assert report["dominant-strategy"].verdict == "unrefuted"
    assert report["efficient"].verdict == "fails"


@pytest.mark.slow
def test_simulated_revenue_of_an_ironed_auction_is_as_computed() -> None:
    rng = random.Random(5)
    auction = optimal_auction([TWO_HUMPS, TWO_HUMPS])
    space = auction.types[0]
    sums = []
    for _ in range(1500):
        ((_, found),) = auction.lottery((space.sample(rng), space.sample(rng)))
        sums.append(sum(found.payments))
    mean = sum(sums) / len(sums)
    error = (sum((one - mean) ** 2 for one in sums) / len(sums) ** 2) ** 0.5
    assert abs(mean - float(expected_revenue(TWO_HUMPS, 2))) < 4 * error


@pytest.mark.parametrize("values", [UNIT, ExponentialDistribution(3), POWER, UniformDistribution(1, 2)])
@pytest.mark.parametrize("bidders", [1, 2, 4])
def test_one_more_bidder_is_worth_more_than_the_best_reserve(values: Any, bidders: int) -> None:
    found = bulow_klemperer(values, bidders)
    assert found.regular
    assert found.holds


def test_bulow_and_klemperer_for_one_uniform_bidder_is_a_third_against_a_quarter() -> None:
    found = bulow_klemperer(UNIT, 1)
    assert (found.one_more, found.optimal) == (Fraction(1, 3), Fraction(1, 4))


def test_one_more_bidder_may_be_worth_less_where_the_distribution_is_not_regular() -> None:
    rare = DiscreteDistribution((1, 100), (Fraction(9, 10), Fraction(1, 10)))
    found = bulow_klemperer(rare, 1)
    assert found.optimal == 10
    assert not found.holds  # 1 + 99/100


def test_an_empirical_distribution_is_that_of_its_sample() -> None:
    values = DiscreteDistribution.of_sample([3, 1, 3, 2])
    assert values == DiscreteDistribution((1, 2, 3), (Fraction(1, 4), Fraction(1, 4), Fraction(1, 2)))
    assert optimal_reserve(values) in (2, 3)
    assert expected_revenue(values, 1) == Fraction(3, 2)
    sample = [random.Random(1).random() for _ in range(3)]
    assert optimal_reserve(DiscreteDistribution.of_sample(sample)) in sample


def test_pooling_never_falls_and_keeps_the_mean() -> None:
    assert pooled([1, 3, 2], [1, 1, 1]) == (1, Fraction(5, 2), Fraction(5, 2))
    assert pooled([3, 2, 1], [1, 1, 1]) == (2, 2, 2)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: UniformDistribution(1, 1), "low < high"),
        (lambda: UniformDistribution(-1, 1), "at least 0"),
        (lambda: ExponentialDistribution(0), "rate must be above 0"),
        (lambda: DiscreteDistribution(()), "one or more different numbers"),
        (lambda: DiscreteDistribution((1, 1)), "different"),
        (lambda: DiscreteDistribution((1, math.nan)), r"values\[1\]"),
        (lambda: DiscreteDistribution((1, -1)), r"values\[1\] must be at least 0"),
        (lambda: DiscreteDistribution((1, 2), (0.5, 0.6)), "sum to 1"),
        (lambda: DiscreteDistribution((1, 2), (1.0,)), "as many probabilities"),
        (lambda: DiscreteDistribution.of_sample([]), "one or more"),
        (lambda: DensityDistribution(0, 1, lambda x: x / 2, lambda x: 0.5), "rises from 0 to 1"),
        (lambda: DensityDistribution(0, 1, lambda x: x, lambda x: 2.0), "integrates to 2"),
        (lambda: DensityDistribution(0, 1, lambda x: x, lambda x: -1.0), "a density is at least 0"),
        (lambda: DensityDistribution(0, 1, 3, lambda x: 1.0), "must be a function"),  # type: ignore[arg-type]
        (lambda: DensityDistribution(0, 1, lambda x: abs(x - 0.5) * 2 if 0 < x < 1 else x, lambda x: 1.0), "never falls"),
        (lambda: optimal_reserve((0, 1)), "must be a distribution of values"),  # type: ignore[arg-type]
        (lambda: expected_revenue(UNIT, 0), "bidders must be"),
        (lambda: expected_revenue(UNIT, 2, -1), "reserve must be at least 0"),
        (lambda: expected_revenue(UNIT, 2, math.nan), "reserve"),
        (lambda: optimal_auction([]), "one or more bidders"),
        (lambda: optimal_auction([UNIT, TypeSpace((1,))]), r"values\[1\]"),  # type: ignore[list-item]
    ],
)
def test_mistakes_are_told(call: Any, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        call()
