from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt import ConfigurationError
from negotiate_rt.solutions.curves import ConcaveCurve, LinearCurve
from negotiate_rt.solutions.points import (
    bargaining_solutions,
    egalitarian_point,
    equal_loss_point,
    kalai_smorodinsky_point,
    nash_point,
    utilitarian_point,
)

PIE = LinearCurve((1, 0), (0, 1))
EVERY = (nash_point, kalai_smorodinsky_point, egalitarian_point, utilitarian_point, equal_loss_point)


def about(*utilities, abs=1e-12):
    return pytest.approx(utilities, abs=abs)


def test_nash_splits_the_difference():
    assert nash_point(PIE, (0.2, 0.1)).utilities == about(0.55, 0.45)


def test_a_line_knows_its_disagreement_point_and_either_order_of_its_ends():
    for line in (LinearCurve((0, 1), (1, 0), (0.2, 0.1)), LinearCurve((1, 0), (0, 1), (0.2, 0.1))):
        found = bargaining_solutions(line)
        assert found.disagreement == (0.2, 0.1)
        assert found.ideal == about(0.9, 0.8)
        assert found.nash.utilities == about(0.55, 0.45)
        assert found.kalai_smorodinsky.utilities == about(0.55, 0.45)
        assert found.frontier is None
        assert found.nash.outcome is None
        assert found.nash.lottery == ()


def test_the_whole_line_ties_for_the_sum():
    found = utilitarian_point(PIE)
    assert found.utilities == (1, 0)
    assert found.ties == ((0, 1),)


def test_ends_that_meet_are_one_point():
    for solution in EVERY:
        assert solution(LinearCurve((2, 3), (2, 3))).utilities == (2, 3)
        assert solution(LinearCurve((2, 3), (2, 3)), (2, 3)).utilities == (2, 3)
        assert solution(LinearCurve((2, 3), (2, 3)), (2, 4)) is None


def test_risk_aversion_costs_the_averse():
    """Maximise x sqrt(1 - x): the risk-neutral party gets 2/3."""
    found = nash_point(ConcaveCurve(lambda x: math.sqrt(1 - x), 0, 1))
    assert found.utilities == about(2 / 3, math.sqrt(1 / 3), abs=1e-9)


def test_a_steep_curve_has_closed_forms():
    found = bargaining_solutions(ConcaveCurve(lambda x: 1 - x**2, 0, 1))
    golden = (math.sqrt(5) - 1) / 2
    assert found.nash.utilities == about(1 / math.sqrt(3), 2 / 3, abs=1e-9)
    assert found.utilitarian.utilities == about(1 / 2, 3 / 4, abs=1e-9)
    assert found.kalai_smorodinsky.utilities == about(golden, golden)
    assert found.egalitarian.utilities == about(golden, golden)
    assert found.equal_loss.utilities == about(golden, golden)


def test_a_kink_is_found():
    found = nash_point(ConcaveCurve(lambda x: min(1 - x / 4, 3 * (1 - x)), 0, 1))
    assert found.utilities == about(8 / 11, 9 / 11, abs=1e-10)


def test_weights_on_a_curve():
    found = nash_point(ConcaveCurve(lambda x: 1 - x, 0, 1), (0.2, 0.1), weights=(3, 1))
    assert found.utilities == about(0.2 + 0.7 * 3 / 4, 0.1 + 0.7 / 4, abs=1e-9)


@given(st.floats(0, 0.6), st.floats(0, 0.6))
@settings(max_examples=12)
def test_a_curve_that_is_a_line_is_solved_like_one(first, second):
    curve = ConcaveCurve(lambda x: 1 - x, 0, 1)
    line, bent = bargaining_solutions(PIE, (first, second)), bargaining_solutions(curve, (first, second))
    assert line.possible == bent.possible
    if line.possible:
        assert bent.ideal == pytest.approx(line.ideal, abs=1e-9)
        for one, other in zip(line, bent, strict=True):
            if one.name != "utilitarian":  # all points tie
                assert one.utilities == pytest.approx(other.utilities, abs=1e-7)
                assert one.value == pytest.approx(other.value, abs=1e-9)


def test_where_a_solution_lies_at_an_end():
    curve = ConcaveCurve(lambda x: 10 - x, 0, 1)
    assert egalitarian_point(curve).utilities == (1, 9)
    assert utilitarian_point(curve, weights=(1, 2)).utilities == about(0, 10)
    low = ConcaveCurve(lambda x: 1 - x / 100, 5, 9)
    assert egalitarian_point(low).utilities == (5, 0.95)
    assert kalai_smorodinsky_point(low, (9, 0)).utilities == about(9, 0.91)
    assert kalai_smorodinsky_point(low, (0, 0.95)).utilities == about(5, 0.95)
    assert kalai_smorodinsky_point(PIE, (1, 0)).utilities == (1, 0)
    assert kalai_smorodinsky_point(PIE, (0, 1)).utilities == (0, 1)


def test_nothing_rational_on_a_curve():
    curve = ConcaveCurve(lambda x: 1 - x, 0, 1)
    for solution in EVERY:
        assert solution(curve, (0.7, 0.6)) is None
        assert solution(curve, (1.5, 0)) is None
        assert solution(curve, (0, 1.5)) is None
        assert solution(PIE, (0.7, 0.6)) is None


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LinearCurve((1, 1), (0, 0)), "a line must fall"),
        (lambda: LinearCurve((1, 1), (1, 0)), "a line must fall"),
        (lambda: LinearCurve((1, math.nan), (1, 0)), r"end\[1\] must be finite"),
        (lambda: ConcaveCurve(lambda x: x, 0, 1), "must fall, but rises before"),
        (lambda: ConcaveCurve(lambda x: (1 - x) ** 2, 0, 1), "must be concave, but is convex near"),
        (lambda: ConcaveCurve(lambda x: 1 - x, 1, 1), "low must be below high"),
        (lambda: ConcaveCurve(lambda x: 1 / x, 0, 1), "the curve at 0.0 raised ZeroDivisionError"),
        (lambda: ConcaveCurve(lambda x: math.inf, 0, 1), "the curve at 0.0 must be finite"),
    ],
)
def test_what_is_no_curve_is_refused(make, message):
    with pytest.raises(ConfigurationError, match=message):
        make()
