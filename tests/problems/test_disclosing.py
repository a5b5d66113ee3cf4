"""Preferences as data: told, heard, and the same in between; and utilities of influences."""

from __future__ import annotations

import math
import pickle
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt import (
    AdditiveUtility,
    Box,
    Codec,
    ConfigurationError,
    ContinuousIssue,
    DiscountedUtility,
    Envelope,
    HyperRectangleUtility,
    InfluenceUtility,
    Inform,
    IntegerIssue,
    Issue,
    LinearEvaluation,
    OptionalIssue,
    OutcomeSpace,
    RankedUtility,
    Route,
    draw_influence,
)
from negotiate_rt.problems.disclosing import heard_utility, told_preferences
from negotiate_rt.problems.mediation import CONTENTS, SampledEvaluation, SumOfInfluences, SumOfWorths

SPACE = OutcomeSpace([Issue("a", ("x", "y")), IntegerIssue("n", 0, 4), OptionalIssue(Issue("o", (1, 2)))])
ADDITIVE = AdditiveUtility(
    {"a": 2.0, "n": 0.5, "o": 1.0}, {"a": {"x": 1, "y": 0}, "n": LinearEvaluation(0.1), "o": {1: 0.3, 2: 0.6, None: 0.1}}, SPACE
)
UTILITIES = {
    "additive": ADDITIVE,
    "discounted": DiscountedUtility(ADDITIVE, 0.9),
    "boxes": HyperRectangleUtility([Box({"a": "x", "n": (1, 2)}, 0.5), Box({"o": 1}, -0.25)], 0.1, SPACE),
    "influences": InfluenceUtility({"a": 1.0, "n": -0.5}, {("a", "n"): 0.25, ("n", "o"): -1.0}, 0.5, SPACE),
    "ranked": RankedUtility([("x", 0, 1), ("y", 4, None)], space=SPACE),
    "a function": lambda outcome: float(outcome[1]) + (outcome[2] or 0),
}


@pytest.mark.parametrize("name", UTILITIES)
def test_what_is_heard_is_worth_what_was_told(name):
    utility = UTILITIES[name]
    heard = heard_utility(told_preferences(utility, SPACE, 0.25), SPACE)
    for outcome in SPACE:
        assert heard(outcome) == pytest.approx(utility(outcome))


@pytest.mark.parametrize("name", UTILITIES)
@pytest.mark.parametrize("form", ["json", "msgpack"])
def test_told_preferences_go_over_the_wire(name, form):
    told = told_preferences(UTILITIES[name], SPACE, 0.25)
    codec = Codec(form, contents=CONTENTS)
    envelope = Envelope(Route("river/1", "p0", "mediator", "mediation"), Inform(told), 1)
    heard = codec.decode(codec.encode(envelope)).message.content
    again = heard_utility(heard, SPACE)
    assert all(again(outcome) == pytest.approx(UTILITIES[name](outcome)) for outcome in SPACE)


def test_functions_of_numbers_are_told_at_points_and_evaluations_as_they_are():
    space = OutcomeSpace([ContinuousIssue("x", 0.0, 2.0), IntegerIssue("n", 0, 10**7)])
    utility = AdditiveUtility({"x": 3.0, "n": 1.0}, {"x": lambda x: math.sqrt(x + 1), "n": LinearEvaluation(1e-7)}, space)
    told = told_preferences(utility, space)
    assert told.weights == (1.0, 1.0)
    assert isinstance(told.worths[0], SampledEvaluation)
    assert told.worths[1] == LinearEvaluation(1e-7)
    heard = heard_utility(told, space)
    for x in (0.0, 0.123456, 1.0, 1.99999, 2.0):
        assert heard((x, 5)) == pytest.approx(utility((x, 5)), abs=1e-6)


def test_what_cannot_be_told_is_said():
    space = OutcomeSpace([Issue(f"c{k}", (0, 1)) for k in range(30)])
    with pytest.raises(ConfigurationError, match="over more than 100000 outcomes cannot be told"):
        told_preferences(lambda outcome: 1.0, space)


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (SumOfWorths(weights=(1.0,), worths=((1.0, 2.0),)), "weights must be 3 numbers, one per issue"),
        (SumOfWorths(weights=(1.0, 1.0, 1.0), worths=((1.0,), (1.0,) * 5, (1.0,) * 3)), "worths of 'a' must be 2 numbers"),
        (SumOfWorths(weights=(1.0, -1.0, 1.0), worths=((1.0, 1.0), (1.0,) * 5, (1.0,) * 3)), "must be >= 0"),
        (SumOfWorths(weights=(1.0, 1.0, 1.0), worths=((1.0, math.nan), (1.0,) * 5, (1.0,) * 3)), "finite"),
        (SumOfInfluences(own=(1.0, 1.0, 1.0), pairs=((0, 7, 1.0),)), "there is no pair of issues 0, 7"),
    ],
)
def test_preferences_that_do_not_fit_are_refused(told, text):
    with pytest.raises(ConfigurationError, match=text):
        heard_utility(told, SPACE)


# ------------------------------------------------------------------------------------------------------------ influences
@given(st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_a_contract_is_worth_the_influences_among_its_clauses(seed):
    rng = random.Random(seed)
    space = OutcomeSpace([Issue(f"c{k}", (0, 1)) for k in range(6)])
    utility = draw_influence(space, rng, 2)
    assert len(utility.pairs) == 5 + 4
    contract = space.sample(rng, 1)[0]
    held = {name for name, value in space.describe(contract).items() if value}
    worth = sum(utility.own[name] for name in held) + sum(one for pair, one in utility.pairs.items() if set(pair) <= held)
    assert utility(contract) == pytest.approx(worth)
    assert utility.table()[space.index(contract)] == pytest.approx(worth)
    assert pickle.loads(pickle.dumps(utility))(contract) == utility(contract)


def test_levels_are_numbers_as_they_are_truth_and_places():
    issues = [Issue("n", (10, 20)), Issue("yes", (True, False)), Issue("word", ("p", "q", "r")), IntegerIssue("k", 0, 9)]
    space = OutcomeSpace(issues)
    utility = InfluenceUtility({"n": 1, "yes": 100, "word": 1000}, {("n", "k"): 1.0}, space=space)
    assert utility((20, True, "r", 2)) == 20 + 100 + 2000 + 40
    assert all(utility.table()[place] == pytest.approx(utility(space.at(place))) for place in range(0, space.size, 7))


@pytest.mark.parametrize(
    ("own", "pairs", "text"),
    [
        ({"z": 1}, {}, "influence of 'z': there is no such issue"),
        ({}, {("a", "a"): 1}, "the names of two different issues"),
        ({}, {("a", "n"): 1, ("n", "a"): 1}, "the pair is named twice"),
        ({"a": math.inf}, {}, "finite"),
    ],
)
def test_influences_that_make_no_sense_are_refused(own, pairs, text):
    with pytest.raises(ConfigurationError, match=text):
        InfluenceUtility(own, pairs, space=SPACE)
