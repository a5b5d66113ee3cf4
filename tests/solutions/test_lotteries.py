from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.solutions.feasible import bargaining_set
from negotiate_rt.solutions.frontier import frontier
from negotiate_rt.solutions.linear_program import maximise
from negotiate_rt.solutions.lotteries import Lotteries
from negotiate_rt.solutions.points import (
    bargaining_solutions,
    egalitarian_point,
    equal_loss_point,
    kalai_smorodinsky_point,
    nash_point,
    utilitarian_point,
)
from negotiate_rt.solutions.polytope import rational_lotteries

EVERY = (nash_point, kalai_smorodinsky_point, egalitarian_point, utilitarian_point, equal_loss_point)


def about(*utilities):
    return pytest.approx(utilities, abs=1e-12)


# Kalai and Smorodinsky (1975): A2 offers everything that A1 does and more, yet Nash gives the second party less.
A1 = [(0, 1), (3 / 4, 3 / 4), (1, 0)]
A2 = [(0, 1), (1, 0.7), (1, 0)]


def test_kalai_and_smorodinskys_first_set():
    for solution in EVERY:
        assert solution(Lotteries(A1)).utilities == about(3 / 4, 3 / 4)


def test_kalai_and_smorodinskys_second_set():
    found = bargaining_solutions(Lotteries(A2))
    assert found.nash.utilities == found.utilitarian.utilities == (1, 0.7)
    assert found.kalai_smorodinsky.utilities == found.egalitarian.utilities == about(10 / 13, 10 / 13)
    assert found.ideal == (1, 1)
    (first, one), (second, other) = found.kalai_smorodinsky.lottery
    assert {one: first, other: second} == pytest.approx({1: 10 / 13, 0: 3 / 13}, abs=1e-12)
    assert found.kalai_smorodinsky.outcome is None
    assert found.nash.outcome == 1


def test_two_irrational_outcomes_can_make_a_rational_lottery():
    assert nash_point([(1, 0), (0, 1)], (0.3, 0.3)) is None
    found = nash_point(Lotteries([(1, 0), (0, 1)], (0.3, 0.3)))
    assert found.utilities == about(0.5, 0.5)
    assert found.disagreement == (0.3, 0.3)
    assert nash_point(Lotteries([(1, 0), (0, 1)]), (0.6, 0.5)) is None


def test_the_ideal_is_taken_where_both_are_rational():
    found = bargaining_solutions(Lotteries([(1, 0), (0, 1)]), (0.25, 0.5))
    assert found.ideal == about(0.5, 0.75)
    assert found.kalai_smorodinsky.utilities == about(3 / 8, 5 / 8)
    assert found.utilitarian.utilities == about(0.5, 0.5)


def test_weights_divide_a_pie_in_proportion():
    found = nash_point(Lotteries([(1, 0), (0, 1)]), (0.2, 0), weights=(1, 3))
    assert found.utilities == about(0.2 + 0.8 / 4, 0.6)


def test_an_egalitarian_lottery_may_be_held_at_a_corner():
    assert egalitarian_point(Lotteries([(5, 2), (3, 2.5)])).utilities == (3, 2.5)
    assert egalitarian_point(Lotteries([(5, 2), (4, 2)])).utilities == (5, 2)


def test_three_parties_divide_by_lot():
    found = bargaining_solutions(Lotteries(np.eye(3)))
    for solution in (found.nash, found.kalai_smorodinsky, found.egalitarian, found.equal_loss):
        assert solution.utilities == pytest.approx([1 / 3] * 3, abs=1e-9)
        assert sum(chance for chance, _ in solution.lottery) == pytest.approx(1)
    assert found.nash.value == pytest.approx(1 / 27)
    assert nash_point(Lotteries(np.eye(3)), weights=(1, 2, 3)).utilities == pytest.approx([1 / 6, 1 / 3, 1 / 2], abs=1e-9)


def test_leximin_goes_on_among_lotteries_of_three():
    """The third party is held at 1 whatever happens; the others still share what is left."""
    found = egalitarian_point(Lotteries([(10, 0, 1), (0, 10, 1)]))
    assert found.value == pytest.approx(1)
    assert found.utilities == pytest.approx((5, 5, 1), abs=1e-8)


def test_where_not_all_can_gain_at_once_nash_falls_back_on_leximin():
    found = nash_point(Lotteries([(1, 0, 0.5), (0, 1, 0.5)]), (0, 0, 0.5))
    assert found.value == 0
    assert found.utilities == pytest.approx((0.5, 0.5, 0.5), abs=1e-8)
    found = nash_point(Lotteries([(1, 0), (0, 1)]), (1, 0))
    assert found.utilities == (1, 0)


def test_one_party_takes_its_best():
    for solution in EVERY:
        assert solution(Lotteries([(1,), (3,), (2,)])).outcome == 1
    assert nash_point(Lotteries([(1,)]), (2,)) is None


def test_lotteries_share_a_frontier_and_a_disagreement_point():
    efficient = frontier(A2)
    assert bargaining_set(efficient).frontier is efficient
    assert Lotteries(efficient).frontier is efficient
    assert repr(Lotteries(efficient)) == "Lotteries(ParetoFrontier(2 vectors, 2 parties))"
    assert nash_point(Lotteries(np.empty((0, 2)))) is None
    assert nash_point(Lotteries(np.empty((0, 3)))) is None


def some_points(seed, parties):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 30))
    whole = rng.integers(0, 6, (count, parties)).astype(float)
    return (whole, rng.random(parties) * 3) if seed % 2 else (rng.random((count, parties)), rng.random(parties) * 0.6)


@given(st.integers(0, 10_000))
@settings(max_examples=12)
def test_the_polyline_and_the_programs_agree_for_two_parties(seed):
    points, d = some_points(seed, 2)
    efficient = frontier(points)
    one = Lotteries(efficient).rational(d)
    other = rational_lotteries(efficient.utilities, efficient.outcome, d)
    assert (one is None) == (other is None)
    if one is None:
        return
    weights = np.random.default_rng(seed).random(2) + 0.1
    assert one.ideal == pytest.approx(other.ideal, abs=1e-8)
    for ask, arguments in (
        ("best_product", (np.ones(2),)),
        ("best_product", (weights,)),
        ("best_sum", (weights,)),
        ("best_worst", (d, np.ones(2), True)),
        ("best_worst", (one.ideal, np.ones(2), True)),
        ("best_worst", (d, one.ideal - d, True)),
    ):
        mine, theirs = getattr(one, ask)(*arguments), getattr(other, ask)(*arguments)
        assert mine.utilities == pytest.approx(theirs.utilities, abs=1e-7)
        assert mine.value == pytest.approx(theirs.value, abs=1e-7)


@given(st.integers(0, 10_000), st.integers(2, 4))
@settings(max_examples=12)
def test_lotteries_are_what_they_say_and_never_worse_than_outcomes(seed, parties):
    points, d = some_points(seed, parties)
    mixed, plain = bargaining_solutions(Lotteries(points), tuple(d)), bargaining_solutions(points, tuple(d))
    assert mixed.possible or not plain.possible
    for solution in mixed:
        assert sum(chance for chance, _ in solution.lottery) == pytest.approx(1)
        expected = sum(chance * points[outcome] for chance, outcome in solution.lottery)
        assert solution.utilities == pytest.approx(expected.tolist(), abs=1e-9)
        assert min(solution.gains) > -1e-9
        assert len(solution.lottery) <= 2 * parties + 1
    if plain.possible:
        assert mixed.nash.value >= plain.nash.value - 1e-9
        assert mixed.egalitarian.value >= plain.egalitarian.value - 1e-9
        assert mixed.utilitarian.value >= plain.utilitarian.value - 1e-9


@given(st.integers(0, 10_000))
@settings(max_examples=12)
def test_the_nash_lottery_of_three_satisfies_the_tangent_condition(seed):
    """At the largest product no outcome does better at the prices 1/gain (the first-order condition of a concave program)."""
    points, _ = some_points(seed, 3)
    points = points + 0.01  # so that everybody can gain
    found = nash_point(Lotteries(points))
    prices = 1 / np.array(found.gains)
    assert (points @ prices).max() <= 3 + 1e-6


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=6), st.integers(0, 8), st.integers(0, 7))
@settings(max_examples=25)
def test_kalai_smorodinsky_is_individually_monotone(points, first, second):
    """Kalai and Smorodinsky's axiom: more to choose from, the first party's best unchanged, never hurts the second."""
    anchored = [*points, (8, 0), (0, 4)]
    fewer, more = (kalai_smorodinsky_point(Lotteries(set_)) for set_ in (anchored, [*anchored, (first, second)]))
    assert more.utilities[1] >= fewer.utilities[1] - 1e-12


@given(st.integers(0, 10_000))
@settings(max_examples=12)
def test_a_nash_lottery_does_not_depend_on_what_is_not_drawn(seed):
    points, _ = some_points(seed, 2)
    points = points + 0.01
    found = nash_point(Lotteries(points))
    drawn = [outcome for _, outcome in found.lottery]
    kept = np.random.default_rng(seed).random(len(points)) < 0.5
    kept[drawn] = True
    assert nash_point(Lotteries(points[kept])).utilities == pytest.approx(found.utilities, abs=1e-9)


@given(st.integers(0, 10_000), st.integers(3, 5))
@settings(max_examples=12)
def test_units_of_utility_do_not_matter_however_far_they_lie_apart(seed, parties):
    points, d = some_points(seed, parties)
    rng = np.random.default_rng(seed)
    scale = 10.0 ** rng.integers(-6, 7, parties)
    shift = rng.normal(size=parties) * scale
    for solution in (nash_point, kalai_smorodinsky_point):
        plain, scaled = solution(Lotteries(points), d), solution(Lotteries(points * scale + shift), d * scale + shift)
        assert (plain is None) == (scaled is None)
        if plain is not None:
            assert (np.array(scaled.utilities) - shift) / scale == pytest.approx(plain.utilities, abs=1e-6)


def test_a_linear_program_by_hand():
    """Maximise 3x + 5y with x <= 4, 2y <= 12, 3x + 2y <= 18 (Dantzig's Wyndor Glass example): 36 at (2, 6)."""
    matrix = np.array([[1.0, 0, 1, 0, 0], [0, 2, 0, 1, 0], [3, 2, 0, 0, 1]])
    best = maximise(np.array([3.0, 5, 0, 0, 0]), matrix, np.array([4.0, 12, 18]))
    assert best.value == pytest.approx(36)
    assert best.variables[:2] == pytest.approx([2, 6])


def test_a_linear_program_that_cycles_without_blands_rule():
    """Beale's example (1955): -3/4, 20, -1/2, 6; the optimum is 5/4."""
    matrix = np.array([[1 / 4, -8, -1, 9, 1, 0, 0], [1 / 2, -12, -1 / 2, 3, 0, 1, 0], [0, 0, 1, 0, 0, 0, 1.0]])
    best = maximise(np.array([3 / 4, -20, 1 / 2, -6, 0, 0, 0]), matrix, np.array([0, 0, 1.0]))
    assert best.value == pytest.approx(5 / 4)


def test_linear_programs_without_an_answer():
    assert maximise(np.ones(1), np.array([[1.0]]), np.array([-1.0])) is None
    with pytest.raises(ArithmeticError, match="unbounded"):
        maximise(np.ones(2), np.array([[1.0, -1.0]]), np.array([0.0]))


@pytest.mark.parametrize("parties", [2, 3, 5])
def test_a_sphere_is_solved_on_its_diagonal(parties):
    """All solutions of a symmetric set are symmetric; on a fine sphere they lie near the diagonal."""
    rng = np.random.default_rng(8)
    points = np.abs(rng.normal(size=(400, parties)))
    points = np.concatenate([np.roll(points, turn, axis=1) for turn in range(parties)])
    points /= np.sqrt((points**2).sum(axis=1))[:, None]
    found = bargaining_solutions(Lotteries(points))
    for solution in (found.nash, found.egalitarian):
        assert solution.utilities == pytest.approx([1 / math.sqrt(parties)] * parties, abs=0.05)
    assert found.nash.utilities == pytest.approx([found.nash.utilities[0]] * parties, abs=1e-6)
