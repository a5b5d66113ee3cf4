from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt import NegotiationConfig, NegotiationExecutor, Negotiator
from negotiate_rt.errors import ConfigurationError, InvalidOffer
from negotiate_rt.problems.bargaining import BargainingProblem
from negotiate_rt.problems.evaluations import LinearEvaluation, TriangularEvaluation
from negotiate_rt.problems.issues import ContinuousIssue, IntegerIssue, Issue, LinearConstraint, OutcomeSpace
from negotiate_rt.problems.preferences import OutcomePreferences
from negotiate_rt.problems.scaling import extremes, negated, normalized
from negotiate_rt.problems.searched import SearchedPreferences, outcome_preferences
from negotiate_rt.problems.utility import AdditiveUtility

SPACE = OutcomeSpace([IntegerIssue("n", 0, 3), Issue("colour", ("red", "blue"))])
TIGHT = OutcomeSpace(SPACE.issues, [LinearConstraint({"n": 1}, most=1)])
LIKES = AdditiveUtility({"n": 2, "colour": 1}, {"n": LinearEvaluation(1, 1), "colour": {"red": 3, "blue": 4}})
HUGE = OutcomeSpace([IntegerIssue(f"i{n}", 0, 9) for n in range(18)])


def rising(weights, falling=False):
    line = LinearEvaluation(-1 / 9, 1) if falling else LinearEvaluation(1 / 9)
    return AdditiveUtility(weights, dict.fromkeys(HUGE.names, line), HUGE)


def test_extremes_are_those_of_trying_all():
    assert extremes(SPACE, LIKES) == (5.0, 12.0)
    assert extremes(TIGHT, LIKES) == (5.0, 8.0)
    assert extremes(SPACE, lambda outcome: outcome[0]) == (0.0, 3.0)
    assert extremes(HUGE, rising(dict.fromkeys(HUGE.names, 1))) == (0.0, pytest.approx(18))
    plane = OutcomeSpace([ContinuousIssue("x", 0, 10)])
    assert extremes(plane, AdditiveUtility({"x": 2}, {"x": TriangularEvaluation(-1, 4, 20)})) == (0.4, 2.0)


@pytest.mark.parametrize("space", [SPACE, TIGHT])
@given(st.lists(st.integers(-5, 5), min_size=4, max_size=4), st.integers(0, 3), st.integers(0, 3))
@settings(max_examples=15)
def test_normalized_utilities_run_from_zero_to_one_in_the_same_order(space, worths, first, second):
    utility = AdditiveUtility(
        {"n": first, "colour": second}, {"n": dict(enumerate(worths)), "colour": {"red": 0, "blue": 2}}
    )
    before, after = utility.table(space), normalized(space, utility).table(space)
    span = before.max() - before.min()
    expected = (before - before.min()) / span if span else [1.0] * len(before)
    assert after.tolist() == pytest.approx(list(expected))


def test_an_additive_utility_stays_additive_when_normalized():
    own = normalized(SPACE, LIKES)
    assert isinstance(own, AdditiveUtility)
    assert dict(own.weights) == {"n": 6 / 7, "colour": 1 / 7}
    assert normalized(HUGE, rising(dict.fromkeys(HUGE.names, 1)))((9,) * 18) == pytest.approx(1)
    wide = OutcomeSpace([IntegerIssue("n", 0, 10**9)])
    line = normalized(wide, AdditiveUtility({"n": 1}, {"n": LinearEvaluation(2, 5)}))
    assert line((10**9,)) == pytest.approx(1)
    assert line((0,)) == pytest.approx(0)
    with pytest.raises(ConfigurationError, match="cannot be rescaled"):
        normalized(SPACE, lambda outcome: 5e-324 * (outcome[0] > 0))


def test_a_negated_utility_prefers_the_opposite():
    assert negated(LIKES.bind(SPACE)).table().tolist() == [-worth for worth in LIKES.table(SPACE).tolist()]


def test_preferences_over_a_huge_space_are_searched():
    utility = rising({name: n + 1 for n, name in enumerate(HUGE.names)})
    wants = outcome_preferences(HUGE, utility, 100.0)
    assert isinstance(wants, SearchedPreferences)
    assert wants.opening == pytest.approx(171)
    outcome = wants.offer(150.0)
    assert wants.offer(150.0) is outcome
    assert wants.utility(outcome, True) == wants.scale(outcome) == pytest.approx(150)
    assert wants.scale(wants.offer(-5)) == pytest.approx(100)
    assert wants.offer(1e9) == (9,) * 18
    assert wants.check(list(outcome)) == outcome
    assert outcome_preferences(HUGE, utility, 1.0, outcome).opening == pytest.approx(150)
    for opening, message in [(0.5, "is below its own reservation value"), (("x",), "opening: the offer is partial"),
                             (math.nan, "opening must be finite")]:  # fmt: skip
        with pytest.raises(ConfigurationError, match=message):
            outcome_preferences(HUGE, utility, 1.0, opening)
    with pytest.raises(InvalidOffer, match=r"no outcome is worth its reservation value 500.0: the best, .* is worth 171"):
        outcome_preferences(HUGE, utility, 500.0, 600.0).offer(600.0)
    with pytest.raises(InvalidOffer, match="a target utility must be finite"):
        wants.offer(math.nan)
    assert isinstance(outcome_preferences(SPACE, LIKES), OutcomePreferences)
    plane = OutcomeSpace([ContinuousIssue("x", 0, 1)])
    assert outcome_preferences(plane, AdditiveUtility({"x": 1}, {"x": LinearEvaluation(2)})).offer(0.5) == (0.25,)
    with pytest.raises(ConfigurationError, match=r"infinitely many outcomes .*discretize"):
        outcome_preferences(plane, lambda outcome: outcome[0])


def test_two_parties_agree_over_continuous_issues():
    space = OutcomeSpace([ContinuousIssue("salary", 30_000, 60_000), IntegerIssue("days off", 20, 30)])
    wants = [
        AdditiveUtility({"salary": 0.7, "days off": 0.3}, {"salary": up(3e4, 6e4), "days off": up(20, 30)}),
        AdditiveUtility({"salary": 0.5, "days off": 0.5}, {"salary": down(3e4, 6e4), "days off": down(20, 30)}),
    ]
    outcome = NegotiationExecutor(clock="virtual", seed=1).run(
        [Negotiator("Ann"), Negotiator("Firm")], NegotiationConfig("bilateral", max_rounds=20), BargainingProblem(space, wants)
    )
    assert outcome.agreed
    assert space.contains(outcome.accepted_offer.value)
    assert not outcome.faults


def up(low, high):
    return LinearEvaluation(1 / (high - low), -low / (high - low))


def down(low, high):
    return LinearEvaluation(-1 / (high - low), high / (high - low))


@pytest.mark.slow
def test_two_parties_agree_over_ten_to_the_eighteen_outcomes():
    rng = random.Random(1)
    weights = [{name: rng.random() for name in HUGE.names} for _ in range(2)]
    problem = BargainingProblem(HUGE, [rising(weights[0]), rising(weights[1], falling=True)])
    outcome = NegotiationExecutor(clock="virtual", seed=1).run(
        [Negotiator("Ann"), Negotiator("Bob")], NegotiationConfig("bilateral", max_rounds=8), problem
    )
    assert outcome.agreed
    assert HUGE.contains(outcome.accepted_offer.value)
