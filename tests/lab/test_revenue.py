"""Revenue equivalence: all formats bring the same on average, in simulation and as the executor plays them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.lab.revenue import compare_revenue, drawn_values, played_revenue, revenue_of
from negotiate_rt.solutions.value_distributions import (
    DensityDistribution,
    DiscreteDistribution,
    ExponentialDistribution,
    UniformDistribution,
)

UNIT = UniformDistribution()
POWER = DensityDistribution(0, 1, lambda x: x**2, lambda x: 2 * x)
SURE = 0.9999  # of an interval, so that a true law fails once in ten thousand seeds


@pytest.mark.slow
@pytest.mark.parametrize(("bidders", "expected"), [(2, 1 / 3), (3, 1 / 2), (5, 2 / 3)])  # reference case 12
def test_revenue_equivalence_holds_over_a_hundred_thousand_auctions_of_each_format(bidders: int, expected: float) -> None:
    found = compare_revenue(UNIT, bidders, auctions=100_000, confidence=SURE)
    assert found.expected == pytest.approx(expected)
    assert [one.format for one in found.formats] == ["first-price", "dutch", "vickrey", "english", "all-pay"]
    for one in found.formats:
        assert one.interval[0] <= expected <= one.interval[1], one
        assert one.difference_interval[0] <= 0 <= one.difference_interval[1], one
        assert one.error < 0.002


@pytest.mark.slow
@pytest.mark.parametrize("values", [ExponentialDistribution(2), POWER, UniformDistribution(1, 3)])
@pytest.mark.parametrize("reserve", [0.0, 0.6])
def test_it_holds_for_other_distributions_and_with_a_reserve(values: Any, reserve: float) -> None:
    found = compare_revenue(values, 3, auctions=100_000, reserve=reserve, confidence=SURE)
    for one in found.formats:
        assert one.interval[0] <= found.expected <= one.interval[1], one


@pytest.mark.slow
def test_myersons_reserve_brings_more_than_any_format_without() -> None:  # reference case 13
    found = compare_revenue(UNIT, 2, formats=("vickrey", "myerson"), confidence=SURE)
    assert found.optimal == pytest.approx(5 / 12)
    best = found["myerson"]
    assert best.interval[0] <= 5 / 12 <= best.interval[1]
    assert best.difference_interval[0] > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["first-price", "vickrey", "all-pay"])
@pytest.mark.parametrize("reserve", [0.0, 0.3])
def test_auctions_played_by_the_executor_bring_the_same_to_the_last_digit(name: str, reserve: float) -> None:
    drawn = drawn_values(UNIT, 3, 100, seed=1)
    simulated = revenue_of(name, UNIT, drawn, reserve)
    assert np.allclose(played_revenue(name, UNIT, drawn, reserve), simulated, atol=1e-9)
    error = simulated.std(ddof=1) / len(simulated) ** 0.5
    assert abs(simulated.mean() - compare_revenue(UNIT, 3, auctions=2, reserve=reserve).expected) < 4 * error


@pytest.mark.slow
def test_a_dutch_clock_played_by_the_executor_brings_first_prices_to_within_a_tick() -> None:
    drawn = drawn_values(UNIT, 3, 40, seed=2)
    simulated = revenue_of("first-price", UNIT, drawn, 0.0)
    played = played_revenue("dutch", UNIT, drawn, tick=0.02)
    assert (played <= simulated + 1e-9).all()
    assert (played >= simulated - 0.02 - 1e-9).all()


def test_first_price_varies_less_than_second_price_from_auction_to_auction() -> None:
    found = compare_revenue(UNIT, 2, auctions=2000)
    assert found["first-price"].deviation < found["vickrey"].deviation < found["all-pay"].deviation * 2
    assert found["dutch"].mean == found["first-price"].mean


def test_the_same_seed_gives_the_same_comparison() -> None:
    assert compare_revenue(UNIT, 2, auctions=50, seed=3) == compare_revenue(UNIT, 2, auctions=50, seed=3)
    assert compare_revenue(UNIT, 2, auctions=50, seed=3) != compare_revenue(UNIT, 2, auctions=50, seed=4)


def test_one_bidder_pays_the_reserve_in_every_format() -> None:
    found = compare_revenue(UNIT, 1, auctions=2000, reserve=0.5, confidence=SURE)
    for one in found.formats:
        assert one.interval[0] <= 0.25 <= one.interval[1], one


def test_nobody_enters_above_the_support() -> None:
    found = compare_revenue(UNIT, 2, auctions=10, reserve=2.0)
    assert {one.mean for one in found.formats} == {0.0}


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: compare_revenue(UNIT, 2, formats=["vikrey"]), "did you mean 'vickrey'"),
        (lambda: compare_revenue(UNIT, 2, formats=[]), "name one or more"),
        (lambda: compare_revenue(UNIT, 2, auctions=1), "auctions must be"),
        (lambda: compare_revenue(UNIT, 0), "bidders must be"),
        (lambda: compare_revenue(UNIT, 2, confidence=1), "confidence"),
        (lambda: compare_revenue(DiscreteDistribution((1, 2)), 2), "without atoms"),
        (lambda: compare_revenue((0, 1), 2), "distribution of values"),  # type: ignore[arg-type]
        (lambda: played_revenue("english", UNIT, drawn_values(UNIT, 2, 1, 0)), "is not played"),
    ],
)
def test_mistakes_are_told(call: Any, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        call()
