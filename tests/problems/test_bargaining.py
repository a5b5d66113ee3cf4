from __future__ import annotations

import math

import pytest

from negotiate_rt.errors import ConfigurationError, InvalidOffer
from negotiate_rt.problems.bargaining import BargainingProblem, Pie, PriceProblem
from negotiate_rt.problems.issues import Issue, OutcomeSpace
from negotiate_rt.problems.utility import AdditiveUtility

SPACE = OutcomeSpace([Issue("colour", ("red", "blue"))])
LIKES_RED = AdditiveUtility({"colour": 1}, {"colour": {"red": 1, "blue": 0}})


def test_a_price_is_any_finite_number():
    assert PriceProblem().check(7) == 7.0
    assert PriceProblem().check(-7.5) == -7.5
    assert PriceProblem().json_schema() == {"type": "number"}
    assert PriceProblem() == PriceProblem()
    with pytest.raises(InvalidOffer, match="a price must be finite, got nan"):
        PriceProblem().check(math.nan)


def test_a_share_lies_within_the_pie():
    assert Pie().size == 1.0
    assert Pie(100).check(100) == 100.0
    assert Pie(100).json_schema() == {"type": "number", "minimum": 0, "maximum": 100}
    with pytest.raises(InvalidOffer, match=r"a share of the pie must be between 0 and 100, got 100.5"):
        Pie(100).check(100.5)
    with pytest.raises(InvalidOffer, match=r"between 0 and 1.0, got -0.5"):
        Pie().check(-0.5)


@pytest.mark.parametrize(("size", "message"), [(0, "must be > 0, got 0"), (math.nan, "finite"), ("1", "a number")])
def test_a_pie_has_a_size(size, message):
    with pytest.raises(ConfigurationError, match=f"^pie.size must be {message}|^pie.size {message}"):
        Pie(size)


def test_a_problem_takes_a_space_or_its_issues():
    problem = BargainingProblem([Issue("colour", ("red", "blue"))])
    assert problem.space == SPACE
    assert BargainingProblem(SPACE).space is SPACE
    assert problem.check({"colour": "red"}) == ("red",)
    assert problem.json_schema() == SPACE.json_schema()
    assert repr(problem) == "BargainingProblem(colour(2), 0 utilities)"
    assert problem.utility_of("Ann", 0) is None
    assert problem.reservation_of("Ann", 0) is None


def test_utilities_and_reservation_values_go_by_name_or_by_seat():
    def other(outcome):
        return 0.5

    named = BargainingProblem(SPACE, {"Ann": LIKES_RED, "Bob": other}, {"Bob": 0.25})
    assert named.utility_of("Bob", 0) is other
    assert named.utility_of("Ann", 1)(("red",)) == 1.0
    assert named.utility_of("Cem", 0) is None
    assert named.reservation_of("Bob", 0) == 0.25
    assert named.reservation_of("Ann", 0) is None
    seated = BargainingProblem(SPACE, [other, LIKES_RED], [0, 1])
    assert seated.utility_of("Bob", 0) is other
    assert seated.utility_of("Ann", 1)(("blue",)) == 0.0
    assert seated.utility_of("Cem", 2) is None
    assert seated.reservation_of("Cem", 1) == 1.0


@pytest.mark.parametrize(
    ("utilities", "reservation_values", "message"),
    [
        ([3], (), r"utilities\[0\] must be a utility function, got int"),
        ({"Ann": 3}, (), r"utilities\['Ann'\] must be a utility function, got int"),
        (LIKES_RED, (), "utilities must be a mapping by agent name or a list by seat"),
        ("Ann", (), "utilities must be a mapping by agent name or a list by seat"),
        ({"Ann": AdditiveUtility({}, {})}, (), r"utilities\['Ann'\]: weights\['colour'\] is missing"),
        ((), [math.nan], r"reservation_values\[0\] must be finite, got nan"),
        ((), {"Ann": "x"}, r"reservation_values\['Ann'\] must be a number"),
    ],
)
def test_what_does_not_fit_a_problem_is_refused_with_its_path(utilities, reservation_values, message):
    with pytest.raises(ConfigurationError, match=message):
        BargainingProblem(SPACE, utilities, reservation_values)
