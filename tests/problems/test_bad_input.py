"""Bad input ends in a clear error or a defined answer, at once: everything here goes through the front door."""

from __future__ import annotations

import math

import pytest

from negotiate_rt import (
    AdditiveUtility,
    BargainingProblem,
    ConfigurationError,
    ContinuousIssue,
    DiscountedUtility,
    IntegerIssue,
    Issue,
    LinearConstraint,
    LinearEvaluation,
    NegotiationConfig,
    NegotiationExecutor,
    Negotiator,
    OutcomeSpace,
    TabularUtility,
    inverse,
    normalized,
)
from negotiate_rt.problems.utility import utility_table

SPACE = OutcomeSpace([Issue("colour", ("red", "blue")), IntegerIssue("days", 1, 3)])
TABLES = {"colour": {"red": 1, "blue": 0}, "days": {1: 0, 2: 0.5, 3: 1}}
HUGE = OutcomeSpace([IntegerIssue(f"i{n}", 0, 9) for n in range(18)])
LINES = dict.fromkeys(HUGE.names, LinearEvaluation(1))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: AdditiveUtility({"colour": math.nan, "days": 1}, TABLES, SPACE), r"weights\['colour'\] must be finite, got nan"),
        (lambda: AdditiveUtility({"colour": -1, "days": 1}, TABLES, SPACE), r"weights\['colour'\] must be >= 0, got -1"),
        (lambda: Issue("x", ()), "issue 'x': values must not be empty"),
        (lambda: Issue("x", ("a", "a")), r"issue 'x': values\[1\] 'a' equals values\[0\] 'a'"),
        (lambda: DiscountedUtility(lambda x: x, 1.01), r"discount must be within \[0, 1\], got 1.01"),
        (lambda: DiscountedUtility(lambda x: x, -0.01), r"discount must be within \[0, 1\], got -0.01"),
        (lambda: BargainingProblem(SPACE, discounts=[2]), r"discounts\[0\] must be within \[0, 1\], got 2.0"),
        (  # a profile of another domain
            lambda: BargainingProblem(SPACE, [AdditiveUtility({"colour": 1}, {"colour": TABLES["colour"]})]),
            r"utilities\[0\]: weights\['days'\] is missing",
        ),
        (
            lambda: BargainingProblem(SPACE, [AdditiveUtility({"colour": 1, "day": 1}, {"colour": {}, "day": {}})]),
            r"utilities\[0\]: weights\['day'\] has no counterpart in the space's issues; did you mean 'days'",
        ),
        (lambda: BargainingProblem(SPACE, [TabularUtility([1, 2])]), r"utilities\[0\]: values must be 6 numbers"),
        (lambda: list(HUGE), f"the space has {10**18} outcomes; at most 10000000 can be enumerated"),
        (lambda: utility_table(HUGE, lambda outcome: 0), f"the space has {10**18} outcomes"),
        (lambda: AdditiveUtility(dict.fromkeys(HUGE.names, 1), LINES, HUGE).table(), f"the space has {10**18} outcomes"),
        (lambda: inverse(HUGE, lambda outcome: 0), f"the space has {10**18} outcomes"),
        (lambda: list(OutcomeSpace([ContinuousIssue("x", 0, 1)])), "infinitely many outcomes"),
    ],
)
def test_bad_input_is_refused_at_once(make, message):
    with pytest.raises(ConfigurationError, match=message):
        make()


def test_no_rational_outcome_ends_without_a_deal():
    problem = BargainingProblem(SPACE, [AdditiveUtility({"colour": 1, "days": 1}, TABLES)] * 2, [0.0, 5.0])
    outcome = NegotiationExecutor(clock="virtual", seed=1).run(
        [Negotiator("Ann"), Negotiator("Bob", opening=9)], NegotiationConfig("bilateral", max_rounds=5), problem
    )
    assert not outcome.agreed
    with pytest.raises(ConfigurationError, match="no outcome satisfies the constraints"):
        _ = OutcomeSpace(SPACE.issues, [LinearConstraint({"days": 1}, most=0)]).size


def test_a_single_outcome_is_negotiated_like_any_other():
    space = OutcomeSpace([Issue("x", ("only",))])
    utility = AdditiveUtility({"x": 1}, {"x": {"only": 0.5}})
    outcome = NegotiationExecutor(clock="virtual", seed=1).run(
        [Negotiator("Ann"), Negotiator("Bob")], NegotiationConfig("bilateral"), BargainingProblem(space, [utility, utility])
    )
    assert outcome.agreed
    assert outcome.accepted_offer.value == ("only",)
    assert inverse(space, utility).best() == inverse(space, utility).worst() == ("only",)
    assert normalized(space, utility)(("only",)) == 1.0


def test_an_indifferent_party_is_normal_input():
    zero = AdditiveUtility({"colour": 0, "days": 0}, TABLES, SPACE)
    assert zero.table().tolist() == [0.0] * 6
    assert inverse(SPACE, zero).best() == ("red", 1)
    assert normalized(SPACE, zero).table().tolist() == [1.0] * 6
