from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.solutions.alternating_offers import backward_induction
from negotiate_rt.solutions.rubinstein import EquilibriumShares, rubinstein
from negotiate_rt.solutions.terms import AlternatingOffers
from negotiate_rt.solutions.ultimatum import ultimatum
from negotiate_rt.solutions.unanimity import unanimity

F = Fraction
below_one = st.fractions(0, F(9, 10), max_denominator=10)


def test_one_discount_for_all_gives_herreros_shares():
    assert unanimity(F(1, 2), parties=3).shares == (F(4, 7), F(2, 7), F(1, 7))
    found = unanimity(F(9, 10), 100, parties=4)
    whole = sum(F(9, 10) ** power for power in range(4))
    assert found.shares == tuple(100 * F(9, 10) ** power / whole for power in range(4))
    assert found.table[1] == (found.shares[3], *found.shares[:3])


def test_patient_parties_have_every_division_as_an_equilibrium():
    assert unanimity(F(1, 2), parties=3).every_division
    assert not unanimity(F(49, 100), parties=3).every_division
    assert not unanimity(F(9, 10), parties=2).every_division
    assert (unanimity(0.9, parties=2).unique, unanimity(0.9, parties=3).unique) == (True, False)


def test_two_parties_are_rubinsteins():
    assert unanimity((F(9, 10), F(8, 10))).shares == (F(5, 7), F(2, 7))


def test_a_perfectly_patient_party_takes_all():
    assert unanimity((F(1, 2), 1, F(3, 4))).shares == (0, 1, 0)


def test_before_a_horizon_the_last_proposer_takes_all():
    found = unanimity(AlternatingOffers(discounts=F(1, 2), horizon=3), parties=3)
    assert found.table == ((F(1, 2), F(1, 4), F(1, 4)), (0, F(1, 2), F(1, 2)), (0, 0, 1))
    assert found.unique


def test_near_patience_the_shares_keep_their_precision():
    tiny = 1e-13
    found = unanimity(AlternatingOffers(impatience=(tiny, 2 * tiny, 2 * tiny)))
    assert found.shares == pytest.approx((1 / 2, 1 / 4, 1 / 4), rel=1e-12)  # weights 1 / impatience
    assert sum(found.shares) == pytest.approx(1, abs=1e-15)


def test_breakdown_payoffs_are_split_around():
    game = AlternatingOffers(breakdown=F(1, 10**9), breakdown_payoffs=(F(3, 10), F(1, 10), 0))
    assert [float(one) for one in unanimity(game).shares] == pytest.approx([0.5, 0.3, 0.2], abs=1e-8)
    two = AlternatingOffers(breakdown=F(1, 10), breakdown_payoffs=(F(2, 10), F(1, 10)))
    assert unanimity(two).shares == (F(54, 95), F(41, 95))


@pytest.mark.parametrize(
    ("game", "more", "says"),
    [
        (0.9, {}, "how many parties"),
        (0.9, {"parties": 1}, "how many parties"),
        ((1, 1, 0.5), {}, "indeterminate"),
        ((0.9, 0.9, 0.9), {"pie": 0}, "pie must be > 0"),
        ((0.9, 0.9, 1.2), {}, r"discounts\[2\]"),
        (AlternatingOffers(discounts=0.9, costs=0.1), {"parties": 3}, "fixed costs"),
        (AlternatingOffers(discounts=0.9, outside_options=(0, 0, 0)), {"parties": 3}, "outside options"),
        (AlternatingOffers(breakdown=0.1, breakdown_payoffs=(-1, 0, 0)), {}, ">= 0 here"),
        (AlternatingOffers(breakdown=0.1, breakdown_payoffs=0.5), {"parties": 3}, "nothing to bargain over"),
        (AlternatingOffers(horizon=2, deadline_payoffs=0.5), {"parties": 3}, "nothing to bargain over"),
    ],
)
def test_games_without_an_answer_are_refused(game, more, says):
    with pytest.raises(ConfigurationError, match=says):
        unanimity(game, **more)


@settings(max_examples=10)
@given(st.lists(below_one, min_size=2, max_size=4), st.integers(0, 1))
def test_each_accepts_what_waiting_is_worth(discounts, first):
    found = unanimity(AlternatingOffers(discounts=tuple(discounts), first=first))
    count = len(discounts)
    for turn, row in enumerate(found.table):
        after = found.table[(turn + 1) % count]
        assert sum(row) == 1
        assert all(one >= 0 for one in row)
        for party, discount in enumerate(discounts):
            if party != (first + turn) % count:
                assert row[party] == discount * after[party]
    if count == 2:
        closed = rubinstein(AlternatingOffers(discounts=tuple(discounts), first=first))
        assert isinstance(closed, EquilibriumShares)
        assert found.shares == pytest.approx(closed.shares)


@settings(max_examples=10)
@given(st.lists(st.sampled_from([0.0, 0.5, 0.75]), min_size=3, max_size=3), st.integers(1, 4))
def test_a_finite_game_equals_backward_induction_on_units(discounts, horizon):
    game = AlternatingOffers(discounts=tuple(discounts), horizon=horizon)
    units = 64  # all shares of so short a game are whole units
    points = [(a / units, b / units, (units - a - b) / units) for a in range(units + 1) for b in range(units + 1 - a)]
    assert backward_induction(points, game).values == unanimity(game).shares


# ------------------------------------------------------------------------------------------------------------- ultimatum
def test_the_responder_to_an_ultimatum_gets_what_disagreement_gives():
    assert ultimatum().shares == (1.0, 0.0)
    found = ultimatum(1, (F(1, 5), F(1, 10)))
    assert (found.shares, found.unique) == ((F(9, 10), F(1, 10)), True)


def test_a_smallest_unit_leaves_two_equilibria():
    found = ultimatum(1, units=10)
    assert [one.shares for one in found.equilibria] == [(1.0, 0.0), (0.9, 0.1)]
    assert [one.accepts_when_indifferent for one in found.equilibria] == [True, False]
    between = ultimatum(F(1), (0, F(1, 4)), units=10)
    assert (between.shares, between.unique) == ((F(7, 10), F(3, 10)), True)


def test_an_ultimatum_without_gains_is_refused():
    found = ultimatum(1, (F(7, 10), F(7, 10)))
    assert (found.equilibria[0].agreement, found.shares) == (False, (F(7, 10), F(7, 10)))
    coarse = ultimatum(1, (0.0, 0.9), units=2)
    assert (coarse.equilibria[0].agreement, coarse.shares) == (True, (0.0, 1.0))
    assert not ultimatum(1, (0.1, 0.9), units=2).equilibria[0].agreement
    assert not ultimatum(1, (0, 3), units=2).equilibria[0].agreement


@pytest.mark.parametrize(
    ("arguments", "says"),
    [((0,), "pie must be > 0"), ((1, (0, float("nan"))), r"disagreement\[1\]"), ((1, 3), "two payoffs")],
)
def test_ultimatums_that_are_none_are_refused(arguments, says):
    with pytest.raises(ConfigurationError, match=says):
        ultimatum(*arguments)
    with pytest.raises(ConfigurationError, match="units"):
        ultimatum(units=0)


def test_a_crowd_is_divided_to_the_last_bits():
    discounts = tuple(1 - 10.0 ** -(party % 12 + 1) for party in range(60))
    found = unanimity(discounts)
    assert sum(found.shares) == pytest.approx(1, abs=1e-14)
    for now, after in zip(found.table, found.table[1:], strict=False):
        proposer = found.table.index(now)
        for party, discount in enumerate(discounts):
            if party != proposer:
                assert now[party] == pytest.approx(discount * after[party], rel=1e-12)
    few = (0.9, 1 - 1e-9, 1 - 1e-14)
    exact = unanimity(tuple(map(F, few)))
    assert unanimity(few).shares == pytest.approx(tuple(map(float, exact.shares)), rel=1e-14)
