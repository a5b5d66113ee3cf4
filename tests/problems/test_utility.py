from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError, InvalidOffer
from negotiate_rt.problems.evaluations import LinearEvaluation
from negotiate_rt.problems.issues import MOST_LISTED, ContinuousIssue, Issue, OutcomeSpace
from negotiate_rt.problems.utility import AdditiveUtility, utility_table

SPACE = OutcomeSpace([Issue("price", (10, 20, 30)), Issue("colour", ("red", "blue"))])
WEIGHTS = {"price": 0.75, "colour": 0.25}
COLOURS = {"red": 1.0, "blue": 0.0}
VALUES = {"price": lambda price: (price - 10) / 20, "colour": COLOURS}


def test_an_additive_utility_is_the_weighted_sum_of_its_parts():
    utility = AdditiveUtility(WEIGHTS, VALUES, SPACE)
    assert utility((20, "red")) == 0.75 * 0.5 + 0.25
    assert utility([30, "blue"]) == utility({"colour": "blue", "price": 30}) == 0.75
    assert utility.table().tolist() == [0.25, 0.0, 0.625, 0.375, 1.0, 0.75]


def test_nothing_is_rescaled():
    utility = AdditiveUtility({"price": 2, "colour": 3}, {"price": lambda price: price, "colour": COLOURS}, SPACE)
    assert utility((30, "red")) == 63.0


@given(st.data())
@settings(max_examples=30)
def test_the_table_is_bit_for_bit_what_calls_return(data):
    sizes = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    space = OutcomeSpace([Issue(f"i{n}", tuple(range(size))) for n, size in enumerate(sizes)])
    numbers = st.floats(-10, 10)
    weights = {issue.name: data.draw(st.floats(0, 10)) for issue in space.issues}
    values = {issue.name: {value: data.draw(numbers) for value in issue.values} for issue in space.issues}
    utility = AdditiveUtility(weights, values, space)
    assert utility.table().tolist() == [utility(outcome) for outcome in space]
    assert AdditiveUtility(weights, values).table(space).tolist() == utility.table().tolist()


def test_the_table_is_kept_and_read_only():
    utility = AdditiveUtility(WEIGHTS, VALUES, SPACE)
    assert utility.table() is utility.table(SPACE)
    assert utility.table().dtype == np.float64
    with pytest.raises(ValueError, match="read-only"):
        utility.table()[0] = 1


def test_binding_checks_and_binds_to_another_space():
    free = AdditiveUtility(WEIGHTS, VALUES)
    bound = free.bind(SPACE)
    assert bound((10, "red")) == 0.25
    assert bound.bind(SPACE) is bound
    with pytest.raises(ConfigurationError, match=r"bind\(space\)"):
        free((10, "red"))
    with pytest.raises(ConfigurationError, match=r"table\(space\)"):
        free.table()


def test_an_outcome_that_is_none_has_no_utility():
    utility = AdditiveUtility(WEIGHTS, VALUES, SPACE)
    with pytest.raises(InvalidOffer, match="issue 'colour' is missing"):
        utility({"price": 10})


@pytest.mark.parametrize(
    ("weights", "values", "message"),
    [
        ({"price": -1, "colour": 1}, VALUES, r"weights\['price'\] must be >= 0, got -1"),
        ({"price": math.nan, "colour": 1}, VALUES, r"weights\['price'\] must be finite, got nan"),
        ({"price": "1", "colour": 1}, VALUES, r"weights\['price'\] must be a number, got '1' \(str\)"),
        ({"price": True, "colour": 1}, VALUES, r"weights\['price'\] must be a number, got True \(bool\)"),
        ({"price": 1}, VALUES, r"weights\['colour'\] is missing"),
        (WEIGHTS, {"price": VALUES["price"]}, r"weights\['colour'\] has no counterpart in values"),
        ({"price": 1, "color": 1}, VALUES, r"weights\['color'\] has no counterpart in values; did you mean 'colour'?"),
        ({"price": 1}, {"price": {10: 1, 20: 1, 30: 1}}, r"weights\['colour'\] is missing"),
        (
            {"price": 1, "color": 1}, {"price": VALUES["price"], "color": COLOURS},
            r"weights\['color'\] has no counterpart in the space's issues; did you mean 'colour'?",
        ),
        (WEIGHTS, {"price": VALUES["price"], "colour": 3}, r"\['colour'\] must be a table or a function, got int"),
        (WEIGHTS, {"price": VALUES["price"], "colour": {"red": 1}}, r"values\['colour'\]\['blue'\] is missing"),
        (
            WEIGHTS, {"price": VALUES["price"], "colour": {"red": 1, "blu": 1, "blue": 0}},
            r"values\['colour'\]: issue has no value 'blu'; legal: 'red', 'blue'",
        ),
        (
            WEIGHTS, {"price": VALUES["price"], "colour": {"red": math.nan, "blue": 1}},
            r"values\['colour'\]\['red'\] must be finite, got nan",
        ),
        (WEIGHTS, {"price": lambda price: None, "colour": COLOURS}, r"\['price'\]\(10\) must be a number, got None"),
        (
            {"price": 1e300, "colour": 1}, {"price": lambda price: 1e300, "colour": COLOURS},
            r"weight \* values\['price'\]\(10\) must be finite, got inf",
        ),
    ],
)
def test_what_does_not_fit_the_space_is_refused_with_its_path(weights, values, message):
    with pytest.raises(ConfigurationError, match=message):
        AdditiveUtility(weights, values, SPACE)


def test_an_additive_utility_pickles_with_its_space():
    utility = AdditiveUtility(WEIGHTS, {"price": {10: 0, 20: 0.5, 30: 1}, "colour": COLOURS}, SPACE)
    twin = pickle.loads(pickle.dumps(utility))
    assert twin.table().tolist() == utility.table().tolist()
    assert repr(twin) == repr(utility)
    assert "weights={'price': 0.75, 'colour': 0.25}" in repr(twin)


def test_any_function_of_the_outcome_has_a_table():
    assert utility_table(SPACE, lambda outcome: outcome[0] / 10).tolist() == [1, 1, 2, 2, 3, 3]
    assert utility_table(SPACE, AdditiveUtility(WEIGHTS, VALUES)).tolist() == [0.25, 0.0, 0.625, 0.375, 1.0, 0.75]


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda outcome: 1 / 0, r"the utility of \(10, 'red'\) raised ZeroDivisionError: division by zero"),
        (lambda outcome: math.nan, r"the utility of \(10, 'red'\) must be finite, got nan"),
        (lambda outcome: "good", r"the utility of \(10, 'red'\) must be a number, got 'good'"),
    ],
)
def test_a_function_that_fails_on_an_outcome_is_refused(function, message):
    with pytest.raises(ConfigurationError, match=message):
        utility_table(SPACE, function)


def test_a_space_too_large_is_refused_before_anything_is_enumerated():
    huge = OutcomeSpace([Issue(f"i{n}", tuple(range(10))) for n in range(18)])
    weights, values = dict.fromkeys(huge.names, 1), dict.fromkeys(huge.names, float)
    message = f"the space has {10**18} outcomes; at most {MOST_LISTED} can be enumerated"
    with pytest.raises(ConfigurationError, match=message):
        utility_table(huge, AdditiveUtility(weights, values))
    with pytest.raises(ConfigurationError, match=message):
        utility_table(huge, lambda outcome: 0.0)


def test_a_continuous_issue_is_told_to_be_one_where_its_values_are_needed():
    space = OutcomeSpace([ContinuousIssue("rate", 0, 1)])
    utility = AdditiveUtility({"rate": 1}, {"rate": LinearEvaluation(1)}, space)
    with pytest.raises(ConfigurationError, match=r"issue 'rate' is continuous, .* discretize\(levels\) gives a space"):
        utility.parts[0].array()


def test_additive_utility_says_what_it_expected_in_place_of_a_mapping():
    with pytest.raises(ConfigurationError, match="weights: expected a mapping with an entry for each issue, got OutcomeSpace"):
        AdditiveUtility(OutcomeSpace([Issue("a", (1, 2))]), {"a": {1: 0.0, 2: 1.0}})
    with pytest.raises(ConfigurationError, match="values: expected a mapping with an entry for each issue, got list"):
        AdditiveUtility({"a": 1.0}, [{1: 0.0, 2: 1.0}])
