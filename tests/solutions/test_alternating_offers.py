from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.solutions.alternating_offers import (
    SequentialEquilibrium,
    backward_induction,
    pie_points,
    stationary_equilibrium,
)
from negotiate_rt.solutions.rubinstein import EquilibriumShares, rubinstein
from negotiate_rt.solutions.terms import AlternatingOffers

ZEUTHEN = [(10, 1), (8, 3), (6, 5), (4, 7), (1, 9)]


@st.composite
def small_games(draw, parties=2, most=6):
    outcomes = draw(st.integers(1, 6))
    points = draw(st.lists(st.tuples(*[st.integers(0, 5)] * parties), min_size=outcomes, max_size=outcomes))
    halves = st.sampled_from([0.0, 0.5, 0.75, 1.0])
    each = [halves] * parties
    options = [st.sampled_from([None, 0.0, 1.0, 2.5, 6.0])] * parties if parties == 2 else None
    return points, AlternatingOffers(
        discounts=draw(st.tuples(*each)), costs=draw(st.tuples(*[st.sampled_from([0.0, 0.25])] * parties)),
        outside_options=draw(st.tuples(*options)) if options else None,
        breakdown=draw(st.sampled_from([0.0, 0.25, 1.0])), breakdown_payoffs=draw(st.tuples(*each)),
        deadline_payoffs=draw(st.tuples(*[st.sampled_from([0.0, 1.0, 3.0])] * parties)),
        horizon=draw(st.integers(1, most)), first=draw(st.integers(0, parties - 1)),
    )  # fmt: skip


def by_game_tree(points, game, period=1):
    """Values by walking the whole tree, one answer at a time; powers of two only, so that ties are exact."""
    parties = len(points[0])
    stakes = game.stakes(parties, exact=False)
    proposer = game.proposer(period, parties)
    if period == game.horizon:
        refused = tuple(one.deadline for one in stakes)
    else:
        after = by_game_tree(points, game, period + 1)
        refused = tuple(one.keep * value + one.add for one, value in zip(stakes, after, strict=True))
    if parties == 2:
        option = stakes[1 - proposer].option
        if option is not None and option > refused[1 - proposer]:
            refused = tuple(one.option or 0.0 for one in stakes)
    best = None
    for point in points:
        accepted = all(point[j] >= refused[j] for j in range(parties) if j != proposer)
        result = point if accepted else refused
        key = (result[proposer], accepted)
        if best is None or key > best[0]:
            best = (key, [result])
        elif key == best[0]:
            best[1].append(result)
    ties = best[1]
    kept = [x for x in ties if not any(all(b >= a for a, b in zip(x, y, strict=True)) and y != x for y in ties)]
    return tuple(map(float, kept[0]))


# ---------------------------------------------------------------------------------------------------------- worked examples
def test_one_period_is_an_ultimatum():
    found = backward_induction(ZEUTHEN, AlternatingOffers(horizon=1))
    assert (found.outcome, found.period, found.values, found.path) == (0, 1, (10.0, 1.0), (0,))
    floor = backward_induction(ZEUTHEN, AlternatingOffers(horizon=1, deadline_payoffs=(0, 4)))
    assert floor.values == (6.0, 5.0)


def test_two_periods_leave_the_first_responder_its_continuation():
    found = backward_induction(ZEUTHEN, AlternatingOffers(horizon=2, discounts=0.5))
    # In period 2 party 1 takes (1, 9), so in period 1 it accepts from 4.5 on: party 0 offers (6, 5).
    assert found.plan(2).values == (1.0, 9.0)
    assert found.plan(1).least[1] == 4.5
    assert (found.outcome, found.values) == (2, (6.0, 5.0))
    assert found.accepts(1, 1, 4.5)
    assert not found.accepts(1, 1, 4.4999)
    assert found.acceptable(1, 1, [1, 3, 5, 7, 9]).tolist() == [2, 3, 4]


def test_an_indifferent_responder_accepts_and_ties_go_to_the_undominated_and_then_the_first():
    points = [(5, 0), (5, 2), (5, 2), (4, 9)]
    found = backward_induction(points, AlternatingOffers(horizon=1))
    assert found.outcome == 1
    indifferent = backward_induction(points, AlternatingOffers(horizon=1, deadline_payoffs=(0, 2)))
    assert indifferent.outcome == 1
    three = backward_induction([(5, 0, 3), (5, 1, 1), (5, 1, 3), (5, 0, 4)], AlternatingOffers(horizon=1))
    assert three.outcome == 2


def test_no_agreement_where_none_is_better_for_both():
    found = backward_induction([(1, 1), (2, 0)], AlternatingOffers(horizon=3, deadline_payoffs=(3, 3)))
    assert (found.outcome, found.period, found.values) == (None, 3, (3.0, 3.0))
    assert found.path == (1, 1, 1) or len(found.path) == 3


def test_agreement_may_wait_where_waiting_costs_nothing():
    # Party 0 cannot get more than party 1 will offer it when the end has come, so it waits for period 2.
    points = [(0, 4), (3, 1)]
    found = backward_induction(points, AlternatingOffers(horizon=2, deadline_payoffs=(2, 0)))
    assert found.plan(2).offer == 1
    assert (found.outcome, found.values) == (1, (3.0, 1.0))


def test_an_outside_option_is_taken_by_the_responder():
    game = AlternatingOffers(horizon=4, discounts=0.9, outside_options=(None, 9.5))
    found = backward_induction(ZEUTHEN, game)
    assert (found.outcome, found.period, found.values) == (None, 1, (0.0, 9.5))
    assert found.plan(1).leaves
    lower = backward_induction(ZEUTHEN, AlternatingOffers(horizon=3, discounts=0.5, outside_options=(None, 7)))
    assert (lower.outcome, lower.plan(1).leaves) == (3, True)


def test_three_parties_agree_unanimously():
    points = [(1, 1, 1), (3, 0, 0), (0, 3, 0), (0, 0, 3)]
    found = backward_induction(points, AlternatingOffers(horizon=3, discounts=0.5))
    assert [plan.proposer for plan in found.plans] == [0, 1, 2]
    assert found.plan(3).offer == 3
    assert found.plan(2).least[2] == 1.5  # so that nothing party 1 can offer is taken but (0, 0, 3)
    assert found.values == by_game_tree(points, AlternatingOffers(horizon=3, discounts=0.5))


def test_a_single_outcome_and_parties_that_are_never_happy():
    assert backward_induction([(1, 1)], AlternatingOffers(horizon=5, discounts=0.9)).values == (1.0, 1.0)
    refused = backward_induction([(-1, -1)], AlternatingOffers(horizon=2))
    assert (refused.outcome, refused.values) == (None, (0.0, 0.0))


def test_a_fine_pie_reaches_stahl_and_rubinstein():
    game = AlternatingOffers(discounts=(0.9, 0.8), horizon=9)
    found = backward_induction(pie_points(steps=20_000), game)
    closed = rubinstein(game)
    assert isinstance(closed, EquilibriumShares)
    assert found.values == pytest.approx(closed.shares, abs=9 / 20_000)
    still = stationary_equilibrium(pie_points(steps=20_000), AlternatingOffers(discounts=(0.9, 0.8)))
    assert still is not None
    assert still.values == pytest.approx((5 / 7, 2 / 7), abs=1e-3)
    assert still.horizon is None
    assert still.plan(1) == still.plan(77)


def test_a_stationary_equilibrium_reproduces_its_own_values():
    for discounts in [(0.9, 0.8), (0.5, 0.99), (0.999, 0.9999), (0.0, 0.0)]:
        game = AlternatingOffers(discounts=discounts)
        found = stationary_equilibrium(ZEUTHEN, game)
        assert found is not None
        stakes = game.stakes(2, exact=False)
        for now, later in [(found.plan(1), found.plan(2)), (found.plan(2), found.plan(3))]:
            other = 1 - now.proposer
            assert now.least[other] == pytest.approx(stakes[other].keep * later.values[other])
            assert now.values == tuple(map(float, ZEUTHEN[now.offer]))


def test_nobody_ever_agrees_where_breaking_down_is_better():
    game = AlternatingOffers(breakdown=0.5, breakdown_payoffs=(5, 5))
    found = stationary_equilibrium([(1, 1), (0, 2)], game)
    assert found is not None
    assert (found.outcome, found.values) == (None, (5.0, 5.0))


def test_answers_name_definition_disagreement_and_ties():
    found = backward_induction(ZEUTHEN, AlternatingOffers(horizon=2, deadline_payoffs=(1, 2)))
    assert "backward induction" in found.definition
    assert "(1.0, 2.0)" in found.disagreement
    assert "first in the space's order" in found.ties


def test_costs_make_even_patient_parties_settle():
    settled = stationary_equilibrium([(1, 1)], AlternatingOffers(discounts=(1.0, 0.5), costs=(0.5, 0)))
    assert settled is not None
    assert settled.values == (1.0, 1.0)


# --------------------------------------------------------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    ("points", "says"),
    [
        ([], "1 or more outcomes"),
        ([(1,), (2,)], "2 or more parties"),
        ([(1, math.nan)], r"points\[0, 1\] must be finite"),
        ([("a", "b")], "must be numbers"),
        ([1, 2], "1 or more outcomes"),
    ],
)
def test_points_that_are_none_are_refused(points, says):
    with pytest.raises(ConfigurationError, match=says):
        backward_induction(points, AlternatingOffers(horizon=1))


def test_games_that_do_not_fit_are_refused():
    with pytest.raises(ConfigurationError, match="needs a horizon"):
        backward_induction(ZEUTHEN, AlternatingOffers(discounts=0.9))
    with pytest.raises(ConfigurationError, match="delay must cost"):
        stationary_equilibrium(ZEUTHEN, AlternatingOffers(discounts=1))
    with pytest.raises(ConfigurationError, match="outside options need two parties"):
        backward_induction([(1, 1, 1)], AlternatingOffers(horizon=1, outside_options=(0, None, None)))
    with pytest.raises(ConfigurationError, match="3 values for 2 parties"):
        backward_induction(ZEUTHEN, AlternatingOffers(horizon=1, discounts=(1, 1, 1)))
    with pytest.raises(ConfigurationError, match="tolerance must be >= 0"):
        backward_induction(ZEUTHEN, AlternatingOffers(horizon=1), tolerance=-1)
    with pytest.raises(ConfigurationError, match="steps"):
        pie_points(steps=0)
    with pytest.raises(IndexError, match="from 1 to 1"):
        backward_induction(ZEUTHEN, AlternatingOffers(horizon=1)).plan(0)


# -------------------------------------------------------------------------------------------------------------- properties
@settings(max_examples=25)
@given(small_games())
def test_values_equal_the_game_tree(case):
    points, game = case
    assert backward_induction(points, game).values == by_game_tree(points, game)


@settings(max_examples=15)
@given(small_games(parties=3, most=4))
def test_values_of_three_parties_equal_the_game_tree(case):
    points, game = case
    assert backward_induction(points, game).values == by_game_tree(points, game)


@settings(max_examples=15)
@given(small_games())
def test_the_path_leads_to_the_values(case):
    points, game = case
    found = backward_induction(points, game)
    assert len(found.path) == found.period
    value = found.plans[found.period - 1].values
    stakes = game.stakes(2, exact=False)
    for _ in range(found.period - 1):
        value = tuple(one.keep * x + one.add for one, x in zip(stakes, value, strict=True))
    assert value == pytest.approx(found.values)
    if found.outcome is not None:
        assert found.plans[found.period - 1].values == tuple(map(float, points[found.outcome]))


@settings(max_examples=15)
@given(small_games(), st.sampled_from([0.5, 2.0, 8.0]))
def test_scaling_a_partys_utilities_scales_its_value(case, factor):
    points, game = case

    def scaled(value):
        pair = value if isinstance(value, tuple) else (value, value)
        return (pair[0] if pair[0] is None else pair[0] * factor, pair[1])

    from msgspec.structs import replace

    other = replace(
        game, costs=scaled(game.costs), outside_options=scaled(game.outside_options),
        breakdown_payoffs=scaled(game.breakdown_payoffs), deadline_payoffs=scaled(game.deadline_payoffs),
    )  # fmt: skip
    found = backward_induction(np.array(points) * [factor, 1], other)
    expected = backward_induction(points, game)
    assert found.values == (expected.values[0] * factor, expected.values[1])
    assert found.path == expected.path


@settings(max_examples=25)
@given(st.sampled_from(list(itertools.product([0.0, 0.5, 0.75, 0.9], repeat=2))), st.integers(1, 8))
def test_a_pie_of_units_stays_near_the_closed_form(discounts, periods):
    game = AlternatingOffers(discounts=discounts, horizon=periods)
    closed = rubinstein(game)
    assert isinstance(closed, EquilibriumShares)
    assert backward_induction(pie_points(steps=2000), game).values == pytest.approx(closed.shares, abs=periods / 2000)


@settings(max_examples=15)
@given(small_games())
def test_a_stationary_equilibrium_is_its_own_continuation(case):
    points, game = case
    from msgspec.structs import replace

    endless = replace(game, horizon=None, discounts=0.5)
    found = stationary_equilibrium(points, endless)
    if found is None:
        return
    assert isinstance(found, SequentialEquilibrium)
    finite = replace(endless, horizon=1, first=found.plans[-1].proposer)
    stakes = endless.stakes(2, exact=False)
    later = found.plan(3).values
    waiting = tuple(one.keep * x + one.add for one, x in zip(stakes, later, strict=True))
    again = backward_induction(points, replace(finite, deadline_payoffs=waiting))
    assert again.values == pytest.approx(found.plan(2).values)


def test_rules_that_are_none_are_refused():
    for solve in (backward_induction, stationary_equilibrium):
        with pytest.raises(ConfigurationError, match=r"must be AlternatingOffers\(\.\.\.\), got 3"):
            solve(ZEUTHEN, 3)
