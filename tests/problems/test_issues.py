from __future__ import annotations

import math
import pickle
import sys

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError, InvalidOffer
from negotiate_rt.problems.issues import Issue, OutcomeSpace

CAMP = OutcomeSpace(
    [Issue("food", (3, 2, 1, 0)), Issue("water", ("much", "some", "none")), Issue("fire", [True, False])]
)
MANY = Issue("price", tuple(range(100)))

scalars = st.one_of(st.text(max_size=3), st.integers(-5, 5), st.floats(-5, 5), st.booleans())
value_lists = st.lists(scalars, min_size=1, max_size=3, unique=True)
spaces = st.lists(value_lists, min_size=1, max_size=3).map(
    lambda lists: OutcomeSpace([Issue(f"i{n}", values) for n, values in enumerate(lists)])
)


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("", (1,), "issue.name must be a non-empty string, got ''"),
        (3, (1,), "issue.name must be a non-empty string, got 3"),
        ("x", (), "issue 'x': values must not be empty"),
        ("x", "abc", "issue 'x': values must be a list or tuple, got 'abc'"),
        ("x", (1, None), r"issue 'x': values\[1\] must be a string, number or bool, got NoneType"),
        ("x", (1, math.nan), r"issue 'x': values\[1\] must be finite, got nan"),
        ("x", (math.inf,), r"issue 'x': values\[0\] must be finite, got inf"),
        ("x", ("a", "b", "a"), r"issue 'x': values\[2\] 'a' equals values\[0\] 'a'"),
        ("x", (1, True), r"issue 'x': values\[1\] True equals values\[0\] 1"),
    ],
)
def test_a_bad_issue_is_refused_with_its_place(name, values, message):
    with pytest.raises(ConfigurationError, match=message):
        Issue(name, values)


@pytest.mark.parametrize(
    ("issues", "message"),
    [
        ([], r"issues must be a non-empty list of issues, got \[\]"),
        ("food", "issues must be a non-empty list of issues, got 'food'"),
        (["food"], r"issues\[0\] must be an Issue, got str"),
        ([MANY, MANY], r"issues\[1\].name 'price' is also issues\[0\].name"),
    ],
)
def test_a_bad_space_is_refused_with_its_place(issues, message):
    with pytest.raises(ConfigurationError, match=message):
        OutcomeSpace(issues)


def test_outcomes_are_numbered_row_major():
    outcomes = list(CAMP)
    assert outcomes[:3] == [(3, "much", True), (3, "much", False), (3, "some", True)]
    assert len(CAMP) == CAMP.size == len(outcomes) == 24
    assert CAMP.at(2) == (3, "some", True)
    assert CAMP.index((3, "some", True)) == CAMP.index({"fire": True, "food": 3, "water": "some"}) == 2


@given(spaces)
@settings(max_examples=40)
def test_index_and_at_are_inverse_to_iteration(space):
    for number, outcome in enumerate(space):
        assert space.at(number) == outcome
        assert space.index(outcome) == number
        assert space.contains(outcome)
        assert outcome in space
        assert space.outcome(list(outcome)) == outcome
        assert space.outcome(space.describe(outcome)) == outcome


@pytest.mark.parametrize("index", [-1, 24])
def test_an_index_outside_is_an_index_error(index):
    with pytest.raises(IndexError, match=f"24 outcomes, so none with index {index}"):
        CAMP.at(index)


def test_a_space_of_ten_to_the_eighteen_is_indexed_without_enumeration():
    huge = OutcomeSpace([Issue(f"i{n}", tuple(range(10))) for n in range(19)])
    assert huge.size == 10**19 > sys.maxsize
    assert huge
    outcome = huge.at(1234567890123456789)
    assert outcome == tuple(map(int, "1234567890123456789"))
    assert huge.index(outcome) == 1234567890123456789
    with pytest.raises(OverflowError):
        len(huge)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"food": 3, "fire": True}, "the offer is partial: issue 'water' is missing"),
        ({"food": 3}, "the offer is partial: issues 'water', 'fire' are missing"),
        ((3, "much"), "the offer is partial: issue 'fire' is missing"),
        ((), "the offer is partial: issues 'food', 'water', 'fire' are missing"),
        ((3, "much", True, 4), r"4 values for 3 issues \(food, water, fire\)"),
        ({"food": 3, "watr": "much", "fire": True}, "no issue 'watr', only food, water, fire; did you mean 'water'?"),
        ({"food": 3, "water": "mch", "fire": True}, "'water' cannot be 'mch'; legal: 'much', .*did you mean 'much'"),
        ((3, 1, True), "issue 'water' cannot be 1; legal: 'much', 'some', 'none'$"),
        ((math.nan, "much", True), "issue 'food' cannot be nan; legal: 3, 2, 1, 0"),
        ((True, "much", True), "issue 'food' cannot be True; legal: 3, 2, 1, 0"),
        ((np.True_, "much", True), "issue 'food' cannot be .*True"),
        ((3, "much", 1), "issue 'fire' cannot be 1; legal: True, False"),
        ((3, "much", 0.0), "issue 'fire' cannot be 0.0; legal: True, False"),
        (("much", ["much"], True), "issue 'food' cannot be 'much'"),
        ((3, ["much"], True), r"issue 'water' cannot be \['much'\]"),
        (7, r"an outcome must be a mapping by issue name, or a tuple .* \(food, water, fire\), got 7 \(int\)"),
        ("much", "an outcome must be a mapping"),
        (None, r"got None \(NoneType\)"),
    ],
)
def test_what_is_no_outcome_is_refused_and_not_contained(value, message):
    with pytest.raises(InvalidOffer, match=message):
        CAMP.outcome(value)
    assert not CAMP.contains(value)


def test_equal_numbers_become_the_space_s_own():
    space = OutcomeSpace([MANY])
    for number in (5.0, np.int64(5), np.float64(5)):
        (found,) = space.outcome((number,))
        assert type(found) is int
    assert CAMP.outcome((3.0, "much", np.True_)) == (3, "much", True)


def test_many_legal_values_are_shortened():
    with pytest.raises(InvalidOffer, match=r"legal: 0, 1, 2, 3, 4, 5, 6, 7, \.\.\. \(100 values\)$"):
        OutcomeSpace([MANY]).outcome([-1])


def test_a_space_describes_an_outcome_and_itself():
    assert CAMP.describe((0, "none", False)) == {"food": 0, "water": "none", "fire": False}
    assert CAMP.json_schema() == {
        "type": "object",
        "properties": {
            "food": {"enum": [3, 2, 1, 0]},
            "water": {"enum": ["much", "some", "none"]},
            "fire": {"enum": [True, False]},
        },
        "required": ["food", "water", "fire"],
        "additionalProperties": False,
    }


def test_spaces_travel_by_pickle_and_by_json():
    assert CAMP.size == 24
    assert pickle.loads(pickle.dumps(CAMP)) == CAMP
    assert msgspec.json.decode(msgspec.json.encode(CAMP), type=OutcomeSpace) == CAMP
    with pytest.raises(msgspec.ValidationError, match=r"values\[1\] 'a' equals values\[0\] 'a' - at `\$.issues\[0\]`"):
        msgspec.json.decode(b'{"issues": [{"type": "categorical", "name": "x", "values": ["a", "a"]}]}', type=OutcomeSpace)
