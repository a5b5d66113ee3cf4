from __future__ import annotations

import math
import pickle
from decimal import Decimal

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError, InvalidOffer
from negotiate_rt.problems.issues import (
    ContinuousIssue,
    IntegerIssue,
    Issue,
    OptionalIssue,
    OrdinalIssue,
    OutcomeSpace,
)

SIZES = OrdinalIssue("size", ("S", "M", "L"))
DAYS = IntegerIssue("days", 0, 30, 5)
RATE = ContinuousIssue("rate", 0, 0.25)
MIXED = OutcomeSpace([SIZES, DAYS, OptionalIssue(Issue("warranty", (1, 2))), Issue("colour", ("red", "blue"))])

discrete = st.one_of(
    st.lists(st.integers(-9, 9), min_size=1, max_size=5, unique=True).map(lambda values: OrdinalIssue("x", values)),
    st.tuples(st.integers(-9, 9), st.integers(0, 20), st.integers(1, 4)).map(
        lambda shape: IntegerIssue("x", shape[0], shape[0] + shape[1], shape[2])
    ),
)


@given(st.one_of(discrete, discrete.map(OptionalIssue)))
def test_every_place_is_found_by_its_value(issue):
    assert len(issue.values) == issue.size
    for place, value in enumerate(issue.values):
        assert issue.find(value) == place
        assert issue.at(place) == issue.values[place] == value
    for place in (-1, issue.size + 1):
        with pytest.raises(IndexError):
            issue.at(place)


def test_a_billion_whole_numbers_are_never_listed():
    price = IntegerIssue("price", 1, 10**9)
    space = OutcomeSpace([price, price_in_cents := IntegerIssue("cents", 0, 10**30, 7)])
    assert price.size == 10**9
    assert price.find(999_999_999) == 999_999_998
    assert space.size == 10**9 * price_in_cents.size
    assert space.at(space.size - 1) == (10**9, 10**30 - 10**30 % 7)
    assert space.index(space.at(123456789012345678)) == 123456789012345678
    with pytest.raises(ConfigurationError, match="at most 10000000 can be enumerated"):
        iter(space)


@pytest.mark.parametrize(("value", "found"), [(5, 5), (5.0, 5), (np.int64(10), 10), (np.float64(10), 10), (Decimal(5), 5)])
def test_equal_numbers_are_found_as_whole_ones(value, found):
    (own,) = OutcomeSpace([DAYS]).outcome([value])
    assert own == found
    assert type(own) is int


@pytest.mark.parametrize("value", [True, False, np.True_, 3, 5.5, math.nan, math.inf, 35, -5, "5", None, [5], np.array([5])])
def test_what_is_no_step_of_an_integer_issue_is_refused(value):
    assert DAYS.find(value) is None
    with pytest.raises(InvalidOffer, match=r"issue 'days' cannot be .*; legal: whole numbers from 0 to 30 in steps of 5"):
        OutcomeSpace([DAYS]).outcome([value])


@pytest.mark.parametrize("value", [True, math.nan, math.inf, -0.1, 0.26, "0.1", None, [0.1], 10**400, Decimal("sNaN")])
def test_what_lies_outside_a_continuous_issue_is_refused(value):
    assert RATE.find(value) is None
    with pytest.raises(InvalidOffer, match=r"issue 'rate' cannot be .*; legal: numbers from 0.0 to 0.25"):
        OutcomeSpace([RATE]).outcome([value])


def test_a_continuous_issue_takes_any_number_between_as_a_float():
    space = OutcomeSpace([RATE])
    for value in (0, 0.125, Decimal("0.25"), np.float32(0.5) / 4):
        (own,) = space.outcome([value])
        assert type(own) is float
        assert own == value
    assert RATE.at(0.1) == 0.1
    with pytest.raises(IndexError, match="no value at place 1"):
        RATE.at(1)


def test_a_space_with_a_continuous_issue_is_infinite_and_says_so():
    space = OutcomeSpace([SIZES, RATE])
    assert space.size == math.inf
    assert not space.countable
    assert space.contains(("S", 0.1))
    for ask in (lambda: space.at(0), lambda: space.index(("S", 0.1)), lambda: iter(space), lambda: len(space),
                space.columns):  # fmt: skip
        with pytest.raises(ConfigurationError, match=r"infinitely many outcomes \(continuous: 'rate'\).*discretize"):
            ask()
    with pytest.raises(ConfigurationError, match="continuous: its values cannot be listed"):
        _ = RATE.values


def test_discretizing_spreads_values_with_both_ends():
    assert RATE.discretize(3) == OrdinalIssue("rate", (0.0, 0.125, 0.25))
    assert RATE.discretize(1) == OrdinalIssue("rate", (0.125,))
    assert ContinuousIssue("x", 2, 2).discretize(9).values == (2.0,)
    assert IntegerIssue("x", 0, 10**9).discretize(3).values == (0, 5 * 10**8, 10**9)
    assert IntegerIssue("x", 0, 3).discretize(100).values == (0, 1, 2, 3)
    grid = OutcomeSpace([SIZES, RATE, DAYS]).discretize(5)
    assert grid.size == 3 * 5 * 7
    assert OutcomeSpace([SIZES, RATE, DAYS]).discretize({"days": 2}).issues[2].values == (0, 30)
    assert MIXED.discretize(5) is MIXED
    assert OutcomeSpace([OptionalIssue(RATE)]).discretize(2).issues[0].values[2] is None
    for levels in (0, -1, 1.5, True, 10**7):
        with pytest.raises(ConfigurationError, match="levels must be a whole number from 1 to 1000000"):
            RATE.discretize(levels)
    with pytest.raises(ConfigurationError, match="no issue 'rte', only size, rate; did you mean 'rate'"):
        OutcomeSpace([SIZES, RATE]).discretize({"rte": 3})
    with pytest.raises(ConfigurationError, match="cannot be spread evenly"):
        OutcomeSpace([SIZES, RATE]).discretize({"size": 3})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: IntegerIssue("x", 3, 2), "issue 'x': low must not be above high, got 3 > 2"),
        (lambda: IntegerIssue("x", 1, 2, 0), "issue 'x': step must be at least 1, got 0"),
        (lambda: IntegerIssue("x", 1.5, 2), "issue 'x': low must be a whole number, got 1.5"),
        (lambda: IntegerIssue("x", True, 2), "issue 'x': low must be a number, got True"),
        (lambda: IntegerIssue("x", 0, math.nan), "issue 'x': high must be finite, got nan"),
        (lambda: IntegerIssue("", 0, 1), "issue.name must be a non-empty string"),
        (lambda: ContinuousIssue("x", 1, 0), "issue 'x': low must not be above high, got 1.0 > 0.0"),
        (lambda: ContinuousIssue("x", 0, math.inf), "issue 'x': high must be finite, got inf"),
        (lambda: ContinuousIssue("x", -1.7e308, 1.7e308), "issue 'x': high - low must be finite"),
        (lambda: OptionalIssue(OptionalIssue(RATE)), "an optional issue holds an issue, got OptionalIssue"),
    ],
)
def test_a_range_that_is_none_is_refused(make, message):
    with pytest.raises(ConfigurationError, match=message):
        make()


def test_an_optional_issue_may_be_left_out():
    assert MIXED.outcome({"size": "S", "days": 5, "colour": "red"}) == ("S", 5, None, "red")
    assert MIXED.describe(("S", 5, None, "red"))["warranty"] is None
    assert MIXED.index(("S", 0, None, "red")) == 4
    assert MIXED.size == 3 * 7 * 3 * 2 == len(list(MIXED))
    with pytest.raises(InvalidOffer, match=r"'warranty' cannot be 3; legal: 1, 2, or None \(left out\)"):
        MIXED.outcome(("S", 5, 3, "red"))
    with pytest.raises(InvalidOffer, match="issue 'size' is missing"):
        MIXED.outcome({"days": 5, "colour": "red"})
    tariff = OptionalIssue(RATE)
    assert tariff.size == math.inf
    assert tariff.at(tariff.find(None)) is None
    assert tariff.at(tariff.find(0.1)) == 0.1


def test_every_kind_tells_its_json_schema():
    schema = MIXED.json_schema()
    assert schema["required"] == ["size", "days", "colour"]
    assert schema["properties"]["days"] == {"type": "integer", "minimum": 0, "maximum": 30, "multipleOf": 5}
    assert schema["properties"]["warranty"] == {"anyOf": [{"enum": [1, 2]}, {"type": "null"}]}
    assert IntegerIssue("x", 1, 9, 2).json_schema() == {"enum": [1, 3, 5, 7, 9]}
    assert IntegerIssue("x", 1, 2).json_schema() == {"type": "integer", "minimum": 1, "maximum": 2}
    assert RATE.json_schema() == {"type": "number", "minimum": 0.0, "maximum": 0.25}


def test_every_kind_travels_by_json_and_pickle():
    space = OutcomeSpace([*MIXED.issues, RATE, OptionalIssue(IntegerIssue("n", 1, 10**12))])
    assert msgspec.json.decode(msgspec.json.encode(space), type=OutcomeSpace) == space
    assert pickle.loads(pickle.dumps(space)) == space
    with pytest.raises(msgspec.ValidationError, match=r"low must not be above high, got 3 > 2 - at `\$.issues\[0\]`"):
        msgspec.json.decode(b'{"issues": [{"type": "integer", "name": "x", "low": 3, "high": 2}]}', type=OutcomeSpace)


def test_only_ordered_kinds_say_that_places_tell_distance():
    assert [issue.ordered for issue in MIXED.issues] == [True, True, False, False]
    assert RATE.ordered
    assert OptionalIssue(RATE).ordered
