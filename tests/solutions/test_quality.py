from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt import AdditiveUtility, BargainingProblem, ConfigurationError, InvalidOffer, Issue, OutcomeSpace
from negotiate_rt.solutions.frontier import frontier
from negotiate_rt.solutions.points import bargaining_solutions
from negotiate_rt.solutions.quality import (
    assess_outcome,
    distance_to_frontier,
    opposition,
    price_zone,
    zone_of_agreement,
)

DEALS = [(10, 1), (8, 3), (6, 5), (4, 7), (1, 9), (5, 5), (0, 0)]


def deals(reservations=()):
    space = OutcomeSpace([Issue("deal", tuple(range(len(DEALS))))])
    return BargainingProblem(
        space, {name: lambda o, k=k: float(DEALS[o[0]][k]) for k, name in enumerate(("Ann", "Bob"))}, reservations
    )


def test_a_zone_spans_what_is_rational():
    zone = zone_of_agreement(deals({"Ann": 4, "Bob": 2}))
    assert zone.possible
    assert zone.verdict == "a bargain is possible"
    assert zone.disagreement == (4, 2)
    assert zone.ideal == (8, 7)
    assert zone.least == (4, 3)
    assert zone.efficient == 3
    assert zone.surplus == 5


def test_no_bargain_possible_is_a_verdict():
    zone = zone_of_agreement(deals({"Ann": 7, "Bob": 4}))
    assert not zone.possible
    assert zone.verdict == "no bargain is possible"
    assert (zone.ideal, zone.least, zone.efficient, zone.surplus) == (None, None, 0, 0)
    assert zone_of_agreement(deals(), (10, 1)).possible


def test_prices_between_the_limits():
    zone = price_zone(60, 80)
    assert (zone.possible, zone.low, zone.high, zone.surplus) == (True, 60, 80, 20)
    assert price_zone(70, 70).possible
    none = price_zone(80, 60)
    assert (none.possible, none.low, none.high, none.surplus) == (False, None, None, -20)
    assert none.verdict == "no bargain is possible"
    with pytest.raises(ConfigurationError, match="buyer_limit must be finite"):
        price_zone(60, math.inf)


def test_opposition_is_the_distance_to_complete_satisfaction():
    assert opposition(deals()) == pytest.approx(math.dist((6, 5), (10, 9)))
    assert opposition(frontier([(1, 1), (0, 1)])) == 0
    assert opposition(frontier([(0.5, 0.5)]), (1, 1)) == pytest.approx(math.sqrt(0.5))
    with pytest.raises(ConfigurationError, match="there are no outcomes"):
        opposition(frontier(np.empty((0, 2))))
    with pytest.raises(ConfigurationError, match="satisfaction must have one number per party"):
        opposition(deals(), (1,))


def test_a_dominated_outcome_is_told_what_dominates_it():
    found = assess_outcome(deals(), (5,))
    assert found.utilities == found.gains == (5, 5)
    assert found.rational
    assert not found.efficient
    assert found.dominated_by == (2,)
    assert found.to_frontier == 1
    assert found.to_points["Nash"] == 1
    assert found.to_points["utilitarian"] == pytest.approx(math.dist((5, 5), (10, 1)))
    assert found.welfare == pytest.approx(10 / 11)


def test_an_efficient_outcome_may_be_irrational():
    found = assess_outcome(deals({"Ann": 4, "Bob": 2}), {"deal": 0})
    assert found.efficient
    assert found.dominated_by is None
    assert found.to_frontier == 0
    assert not found.rational
    assert found.falls_short == ("Bob",)
    assert found.gains == (6, -1)


def test_no_deal_is_assessed_too():
    found = assess_outcome(deals({"Ann": 4, "Bob": 2}), None)
    assert found.outcome is None
    assert found.utilities == (4, 2)
    assert found.gains == (0, 0)
    assert found.rational
    assert not found.efficient
    impossible = assess_outcome(deals({"Ann": 9, "Bob": 9}), None)
    assert impossible.efficient
    assert impossible.welfare is None
    assert impossible.to_points == {}


def test_known_solutions_are_not_computed_again():
    problem = deals()
    known = bargaining_solutions(problem)
    assert assess_outcome(problem, (5,), known) == assess_outcome(problem, (5,))


def test_what_is_no_outcome_is_refused():
    with pytest.raises(InvalidOffer, match="issue 'deal' cannot be 99"):
        assess_outcome(deals(), (99,))


def test_a_distance_needs_a_number_per_party():
    assert distance_to_frontier(frontier(DEALS), (6, 6)) == 1
    with pytest.raises(ConfigurationError, match="utilities must have one number per party"):
        distance_to_frontier(frontier(DEALS), (6,))


@given(st.integers(0, 10_000), st.integers(1, 3))
@settings(max_examples=12)
def test_an_assessment_agrees_with_comparing_all_outcomes(seed, parties):
    rng = np.random.default_rng(seed)
    space = OutcomeSpace([Issue(name, (0, 1, 2)) for name in "abc"])
    utilities = [
        AdditiveUtility(dict.fromkeys("abc", 1), {i: dict(enumerate(rng.integers(0, 4, 3) / 3)) for i in "abc"}, space)
        for _ in range(parties)
    ]
    problem = BargainingProblem(space, utilities)
    known = bargaining_solutions(problem)
    every = np.round([[3 * u(outcome) for u in utilities] for outcome in space])
    for number, outcome in enumerate(space):
        found = assess_outcome(problem, outcome, known)
        dominated = ((every >= every[number]).all(axis=1) & (every > every[number]).any(axis=1)).any()
        assert found.efficient == (not dominated)
        assert (found.dominated_by is None) == found.efficient
        assert (found.to_frontier == 0) == found.efficient
