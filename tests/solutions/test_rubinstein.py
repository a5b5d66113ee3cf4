from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.solutions.rubinstein import EquilibriumShares, ShareInterval, rubinstein
from negotiate_rt.solutions.terms import AlternatingOffers, discount_factor, impatience_factor

F = Fraction
fractions = st.fractions(0, 1, max_denominator=12)
discounts = st.tuples(fractions, fractions)
impatient = discounts.filter(lambda pair: pair != (1, 1))


def shares(*arguments, **more):
    found = rubinstein(*arguments, **more)
    assert isinstance(found, EquilibriumShares)
    return found


def iterated(game, periods, pie=1):
    """The first proposer's share by the plainest recursion there is: the sum of what is left."""
    stakes = game.stakes(2, exact=True)
    least = [max(F(0), one.option if one.option is not None else F(0), one.deadline) for one in stakes]
    demand = F(0)
    for period in range(periods, 0, -1):
        proposer = game.proposer(period)
        other = 1 - proposer
        if period < periods:
            least[other] = max(F(0), stakes[other].option or F(0), stakes[other].keep * demand + stakes[other].add)
        demand = pie - least[other]
    return demand


# ---------------------------------------------------------------------------------------------------------- worked examples
def test_rubinstein_shares_of_the_book():
    assert shares((F(9, 10), F(8, 10))).shares == (F(5, 7), F(2, 7))
    assert shares((F(9, 10), F(9, 10))).shares == (F(10, 19), F(9, 19))
    assert shares((0.9, 0.8)).shares == pytest.approx((5 / 7, 2 / 7), rel=1e-15)
    assert shares(0.9).shares == pytest.approx((10 / 19, 9 / 19), rel=1e-15)


def test_who_proposes_first_has_the_advantage_and_a_pie_scales():
    first = shares(AlternatingOffers(discounts=(F(9, 10), F(8, 10)), first=1), 21)
    assert first.proposer == 1
    assert first.shares == (21 - F(21) * (1 - F(9, 10)) / (1 - F(72, 100)), F(21) * F(1, 10) / F(28, 100))


@pytest.mark.parametrize(("periods", "share"), [(1, F(1)), (2, F(1, 2)), (3, F(3, 4)), (4, F(5, 8)), (5, F(11, 16))])
def test_last_proposer_takes_all_and_the_rest_follows(periods, share):
    assert shares(F(1, 2), horizon=periods).shares == (share, 1 - share)
    assert share == (1 - (-F(1, 2)) ** periods) / (1 + F(1, 2))


def test_a_finite_horizon_is_still_far_from_its_limit_after_twenty_periods():
    assert shares(0.9, horizon=20).shares[0] == pytest.approx(0.4623281, abs=5e-8)
    assert shares(0.9, horizon=2001).shares[0] == pytest.approx(10 / 19, abs=1e-12)


@pytest.mark.parametrize(
    ("option", "expected", "binds"), [(F(6, 10), (F(2, 5), F(3, 5)), True), (F(3, 10), (F(10, 19), F(9, 19)), False)]
)
def test_an_outside_option_counts_only_where_leaving_beats_waiting(option, expected, binds):
    found = shares(AlternatingOffers(discounts=F(9, 10), outside_options=(None, option)))
    assert found.shares == expected
    assert found.option_binds == (False, binds)


def test_an_outside_option_just_as_good_as_waiting_does_not_bind():
    game = AlternatingOffers(discounts=F(9, 10), outside_options=(None, F(9, 19)))
    assert shares(game).shares == (F(10, 19), F(9, 19))
    assert shares(game).option_binds == (False, False)


def test_outside_options_of_both():
    found = shares(AlternatingOffers(discounts=F(9, 10), outside_options=(F(3, 10), F(6, 10))))
    assert found.shares == (F(2, 5), F(3, 5))
    assert found.rules[1].demand == 1 - F(9, 10) * F(2, 5)  # waiting, not its own option, is what 1 compares with
    found = shares(AlternatingOffers(discounts=F(1, 2), outside_options=(F(4, 10), F(5, 10))))
    assert (found.shares, found.option_binds) == ((F(1, 2), F(1, 2)), (True, True))


def test_options_worth_more_than_the_pie_leave_no_agreement():
    found = shares(AlternatingOffers(discounts=F(9, 10), outside_options=(F(6, 10), F(6, 10))))
    assert (found.agreement, found.shares, found.rules[0].leaves) == (False, (F(6, 10), F(6, 10)), True)
    assert shares(AlternatingOffers(discounts=0.9, outside_options=(None, 2.0))).shares == (0.0, 2.0)
    late = shares(AlternatingOffers(discounts=F(9, 10), outside_options=(F(6, 10), F(6, 10)), horizon=7))
    assert (late.agreement, late.shares, late.period) == (False, (F(6, 10), F(6, 10)), 1)


def test_risk_of_breakdown_tends_to_the_split_of_the_difference():
    at_risk = AlternatingOffers(breakdown=F(1, 10), breakdown_payoffs=(F(2, 10), F(1, 10)))
    assert shares(at_risk).shares == (F(54, 95), F(41, 95))
    hardly = shares(AlternatingOffers(breakdown=1e-13, breakdown_payoffs=(0.2, 0.1)))
    assert hardly.shares == pytest.approx((0.55, 0.45), abs=1e-12)


def test_the_lower_fixed_cost_takes_all_and_the_higher_the_cost_of_one_period():
    assert shares(AlternatingOffers(costs=(F(1, 10), F(2, 10)))).shares == (1, 0)
    assert shares(AlternatingOffers(costs=(F(2, 10), F(1, 10)))).shares == (F(1, 10), F(9, 10))
    assert shares(AlternatingOffers(costs=(F(2, 10), F(1, 10)), first=1)).shares == (0, 1)
    assert shares(AlternatingOffers(costs=(5, 3)), 1).shares == (1, 0)  # waiting costs more than the pie


def test_equal_fixed_costs_give_an_interval():
    found = rubinstein(AlternatingOffers(costs=F(1, 10)))
    assert isinstance(found, ShareInterval)
    assert (found.lowest, found.highest, found.unique) == ((F(1, 10), 0), (1, F(9, 10)), False)
    other = rubinstein(AlternatingOffers(costs=F(1, 10), first=1))
    assert isinstance(other, ShareInterval)
    assert (other.lowest, other.highest) == ((0, F(1, 10)), (F(9, 10), 1))
    assert shares(AlternatingOffers(costs=F(1))).shares == (1, 0)


def test_no_patience_is_the_ultimatum_game():
    assert shares((0, 0)).shares == (1.0, 0.0)
    assert shares((0.5, 0)).shares == (1.0, 0.0)
    assert shares((0, 0.5)).shares == (0.5, 0.5)


def test_perfect_patience_of_one_takes_all():
    assert shares((1, 0.9)).shares == (1.0, 0.0)
    assert shares((F(9, 10), 1)).shares == (0, 1)


@pytest.mark.parametrize("tiny", [1e-3, 1e-9, 1e-12, 1e-15, 1e-18, 1e-300])
def test_impatience_keeps_its_precision_near_discount_one(tiny):
    game = AlternatingOffers(impatience=(tiny, 3 * tiny))
    one, other = F(tiny), F(3 * tiny)
    assert shares(game).shares[0] == float(other / (one + other - one * other))
    assert shares(game).shares == pytest.approx((3 / 4, 1 / 4), rel=4 * tiny + 1e-15)


def test_discounts_near_one_are_solved_to_the_last_digit():
    mine, yours = 1 - 1e-12, 1 - 7e-12
    exact = (1 - F(yours)) / (1 - F(mine) * F(yours))
    assert shares((mine, yours)).shares == (float(exact), float(1 - exact))


def test_a_finite_horizon_near_discount_one_does_not_cancel():
    found = shares(AlternatingOffers(impatience=1e-14, horizon=2))
    assert found.shares == (1e-14, 1 - 1e-14)
    exact = shares(AlternatingOffers(impatience=F(1e-14), horizon=6)).shares[0]
    assert shares(AlternatingOffers(impatience=1e-14, horizon=6)).shares[0] == pytest.approx(float(exact), rel=1e-14)


def test_a_discount_comes_from_interest_and_delay():
    assert discount_factor(0.05, 2.0) == pytest.approx(math.exp(-0.1))
    assert impatience_factor(1e-9, 1e-6) == pytest.approx(1e-15, rel=1e-12)
    rates = tuple(impatience_factor(rate, 1e-9) for rate in (0.03, 0.06))
    assert shares(AlternatingOffers(impatience=rates)).shares == pytest.approx((2 / 3, 1 / 3), abs=1e-9)


def test_rules_tell_what_each_offers_and_the_least_each_accepts():
    found = shares((F(9, 10), F(8, 10)))
    assert (found.demand(0), found.least(1), found.demand(1), found.least(0)) == (
        F(5, 7), F(2, 7), F(5, 14), F(9, 14),
    )  # fmt: skip
    assert found.rule(1) == found.rule(1001)
    assert found.rule(2).proposer == 1
    stahl = shares(F(1, 2), horizon=2)
    assert (stahl.rule(2).demand, stahl.rule(2).least, stahl.rule(2).values) == (1, 0, (0, 1))
    with pytest.raises(IndexError, match="from 1 to 2"):
        stahl.rule(3)
    with pytest.raises(ConfigurationError, match="never proposes"):
        shares(F(1, 2), horizon=1).demand(1)


def test_deadline_payoffs_are_what_the_last_responder_compares_with():
    game = AlternatingOffers(discounts=F(1, 2), deadline_payoffs=(0, F(1, 4)), horizon=1)
    assert shares(game).shares == (F(3, 4), F(1, 4))


def test_answers_name_their_definition_and_disagreement():
    found = shares(AlternatingOffers(breakdown=F(1, 10), breakdown_payoffs=(F(2, 10), F(1, 10)), costs=F(1, 100)))
    assert "Binmore" in found.definition
    assert "fixed costs" in found.definition
    assert "breakdown payoffs" in found.disagreement
    assert found.unique
    assert "indifferent responder accepts" in found.ties


# --------------------------------------------------------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"discounts": 1.1}, "discounts must be between 0 and 1"),
        ({"discounts": (0.9, -0.1)}, r"discounts\[1\] must be between 0 and 1"),
        ({"discounts": math.nan}, "discounts must be a finite number"),
        ({"discounts": True}, "discounts must be a finite number"),
        ({"discounts": "0.9"}, "discounts must be a finite number"),
        ({"impatience": (2, 0)}, r"impatience\[0\]"),
        ({"discounts": 0.9, "impatience": 0.1}, "not both"),
        ({"costs": -1}, "costs must be >= 0"),
        ({"breakdown": 1.5}, "breakdown must be between 0 and 1"),
        ({"breakdown_payoffs": math.inf}, "breakdown_payoffs must be a finite number"),
        ({"outside_options": (math.nan, None)}, r"outside_options\[0\]"),
        ({"outside_options": 0.3}, "one number or None per party"),
        ({"horizon": 0}, "horizon must be a number of periods >= 1"),
        ({"horizon": 2.5}, "horizon must be"),
        ({"first": -1}, "first must be"),
    ],
)  # fmt: skip
def test_rules_out_of_range_are_refused(fields, says):
    with pytest.raises(ConfigurationError, match=says):
        AlternatingOffers(**fields)


@pytest.mark.parametrize(
    ("fields", "pie", "says"),
    [
        ({"discounts": (1, 1)}, 1, "indeterminate"),
        ({}, 1, "indeterminate"),
        ({"discounts": (0.9, 0.9, 0.9)}, 1, "3 values for 2 parties"),
        ({"discounts": 0.9, "outside_options": (0.1,)}, 1, "1 values for 2 parties"),
        ({"discounts": 0.9, "first": 2}, 1, "0 to 1"),
        ({"discounts": 0.9}, 0, "pie must be > 0"),
        ({"discounts": 0.9}, math.nan, "pie must be a finite number"),
        ({"breakdown": 0.1, "breakdown_payoffs": (0.6, 0.6)}, 1, "nothing to bargain over"),
        ({"horizon": 3, "deadline_payoffs": (0.6, 0.6)}, 1, "nothing to bargain over"),
    ],
)
def test_games_without_an_answer_are_refused(fields, pie, says):
    with pytest.raises(ConfigurationError, match=says):
        rubinstein(AlternatingOffers(**fields), pie)


def test_delay_of_no_cost_is_fine_before_a_deadline():
    assert shares((1, 1), horizon=4).shares == (0.0, 1.0)


# -------------------------------------------------------------------------------------------------------------- properties
@settings(max_examples=15)
@given(impatient)
def test_closed_form_holds_for_all_discounts(pair):
    d1, d2 = pair
    assert shares(pair).shares[0] == (1 - d2) / (1 - d1 * d2)


@settings(max_examples=15)
@given(fractions, st.integers(1, 12))
def test_stahl_closed_form_holds_for_all_horizons(discount, periods):
    assert shares(discount, horizon=periods).shares[0] == (1 - (-discount) ** periods) / (1 + discount)


@st.composite
def games(draw):
    options = draw(st.tuples(*[st.none() | st.fractions(0, F(1, 2), max_denominator=12)] * 2))
    broken = draw(st.tuples(*[st.fractions(-1, F(1, 2), max_denominator=6)] * 2))
    return AlternatingOffers(
        discounts=draw(discounts), costs=draw(st.tuples(*[st.fractions(0, F(1, 2), max_denominator=10)] * 2)),
        outside_options=options, breakdown=draw(st.sampled_from([F(0), F(1, 10), F(1, 2), F(1)])),
        breakdown_payoffs=broken, first=draw(st.integers(0, 1)),
    )  # fmt: skip


@settings(max_examples=15)
@given(games(), st.integers(1, 9), st.sampled_from([F(1), F(7, 3)]))
def test_finite_rules_equal_the_plain_recursion(game, periods, pie):
    from msgspec.structs import replace

    finite = replace(game, horizon=periods)
    found = shares(finite, pie)
    assert found.shares[game.first] == iterated(finite, periods, pie)
    assert sum(found.shares) == pie
    assert all(0 <= one <= pie for one in found.shares)
    rough = shares(replace(finite, discounts=tuple(map(float, game.discounts))), float(pie))
    assert rough.shares == pytest.approx(tuple(map(float, found.shares)), abs=1e-12)


@settings(max_examples=15)
@given(games())
def test_infinite_rules_satisfy_their_equations_and_are_the_limit_of_finite_ones(game):
    stakes = game.stakes(2, exact=True)
    if all(one.lose == 0 == one.add for one in stakes):
        with pytest.raises(ConfigurationError, match="indeterminate"):
            rubinstein(game)
        return
    found = rubinstein(game)
    if isinstance(found, ShareInterval):
        return
    for rule in found.rules:
        other = 1 - rule.proposer
        waiting = stakes[other].keep * found.demand(other) + stakes[other].add
        assert rule.demand + rule.least == 1
        assert rule.least == max(0, stakes[other].option or 0, waiting)
    if max(one.keep for one in stakes) <= F(9, 10):
        limit = shares(AlternatingOffers(
            discounts=tuple(map(float, game.discounts)), costs=game.costs, outside_options=game.outside_options,
            breakdown=game.breakdown, breakdown_payoffs=game.breakdown_payoffs, first=game.first, horizon=400,
        ))  # fmt: skip
        assert limit.shares == pytest.approx(tuple(map(float, found.shares)), abs=1e-9)


@settings(max_examples=15)
@given(impatient, fractions)
def test_more_patience_never_gives_less(pair, discount):
    low, high = sorted((pair[0], discount))
    if pair[1] < 1:
        assert shares((low, pair[1])).shares[0] <= shares((high, pair[1])).shares[0]
        assert shares((pair[1], low)).shares[1] <= shares((pair[1], high)).shares[1]


# ------------------------------------------------------------------------------------------------------------ other numbers
def test_decimals_and_numpys_numbers_are_numbers():
    import numpy as np

    assert shares((Decimal("0.9"), Decimal("0.8"))).shares == (F(5, 7), F(2, 7))
    assert shares(np.array([0.9, 0.8]), np.int64(1)).shares == shares((0.9, 0.8)).shares
    assert shares([0.9, 0.8], np.float32(2)).shares == shares((0.9, 0.8), 2.0).shares
    game = AlternatingOffers(discounts=0.5, outside_options=[None, np.float64(0.75)])
    assert shares(game).shares == (0.25, 0.75)
    with pytest.raises(ConfigurationError, match="breakdown is one risk for both"):
        AlternatingOffers(breakdown=(0.1, 0.2))
    with pytest.raises(ConfigurationError, match="rate must be >= 0"):
        discount_factor(-1, 1)
    with pytest.raises(ConfigurationError, match="give the horizon in the rules"):
        rubinstein(AlternatingOffers(discounts=0.9), horizon=3)


def test_a_long_horizon_is_no_burden():
    found = shares(AlternatingOffers(impatience=1e-3, horizon=20_001))
    assert found.shares[0] == pytest.approx((1 + 0.999**20_001) / (2 - 1e-3), rel=1e-12)
    assert len(found.rules) == 20_001


def test_a_party_paid_more_for_leaving_than_breaking_down_leaves():
    game = AlternatingOffers(breakdown=0.5, breakdown_payoffs=(0.5, 0.5), outside_options=(0.6, 0.6))
    assert shares(game).agreement is False
    with pytest.raises(ConfigurationError, match="no unique equilibrium"):
        rubinstein(AlternatingOffers(breakdown=0.5, breakdown_payoffs=(0.5, 0.5), outside_options=(0.1, 1.2)))
