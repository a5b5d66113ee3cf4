from __future__ import annotations

import math
import subprocess
import sys
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError, InvalidOffer
from negotiate_rt.problems.bargaining import PriceProblem
from negotiate_rt.problems.evaluations import LinearEvaluation
from negotiate_rt.problems.issues import IntegerIssue, Issue, OutcomeSpace
from negotiate_rt.problems.preferences import (
    OutcomePreferences,
    PiePreferences,
    Preferences,
    PricePreferences,
    UnknownPreferences,
)
from negotiate_rt.problems.searched import SearchedPreferences
from negotiate_rt.problems.utility import AdditiveUtility

SPACE = OutcomeSpace([Issue("food", (0, 1, 2, 3)), Issue("water", ("none", "much"))])
UTILITY = AdditiveUtility({"food": 0.25, "water": 0.25}, {"food": float, "water": {"none": 0, "much": 1}})


def test_every_kind_is_preferences():
    kinds: list[Preferences] = [
        PricePreferences(60, selling=True), PiePreferences(100), OutcomePreferences(SPACE, UTILITY),
        UnknownPreferences(PriceProblem().check),
    ]
    for one in kinds:
        for name in ("opening", "limit", "reservation_value", "disagreement"):
            assert type(getattr(one, name)) is float
        assert one.known is not isinstance(one, UnknownPreferences)
        assert not hasattr(one, "__dict__")


# ---------------------------------------------------------------------------------------------------------- a price


@pytest.mark.parametrize(
    ("selling", "limit", "opening"),
    [(True, 60, 120), (False, 80, 0), (True, -60, 0), (False, -60, -120), (True, 0, 0), (False, 0, 0)],
)
def test_automatic_openings_are_on_the_good_side_of_the_limit(selling, limit, opening):
    own = PricePreferences(limit, selling=selling)
    assert own.opening == opening
    assert own.utility(own.opening, True) >= 0


def test_a_price_is_worth_its_surplus_over_the_limit():
    seller, buyer = PricePreferences(60, 120, selling=True), PricePreferences(80, 40, selling=False)
    for mine in (True, False):
        assert seller.utility(70.0, mine) == 10.0
        assert buyer.utility(70.0, mine) == 10.0
    assert str(seller.utility(60.0, True)) == str(buyer.utility(80.0, True)) == "0.0"
    assert (seller.reservation_value, seller.disagreement, seller.limit) == (0.0, 0.0, 60.0)
    assert seller.scale(70.0) == seller.offer(70.0) == 70.0
    assert seller.check(Decimal("70.5")) == buyer.offer(np.float64(70.5)) == 70.5


@pytest.mark.parametrize("value", [True, math.nan, math.inf, "70", None, (70,), {"price": 70}])
def test_what_is_no_price_is_refused(value):
    own = PricePreferences(60, selling=True)
    with pytest.raises(InvalidOffer, match=r"^a price must be"):
        own.check(value)
    with pytest.raises(InvalidOffer, match=r"^a price must be"):
        own.offer(value)


@pytest.mark.parametrize(
    ("limit", "opening", "selling", "message"),
    [
        (60, 59, True, "a seller's opening 59.0 must not lie below its limit 60.0"),
        (60, 61, False, "a buyer's opening 61.0 must not lie above its limit 60.0"),
        (math.nan, None, True, "limit must be finite, got nan"),
        (None, None, True, "limit must be a number, got None"),
        (60, math.inf, True, "opening must be finite, got inf"),
        (60, "120", True, "opening must be a number, got '120'"),
        (1.5e308, None, True, "opening must be finite, got inf"),
    ],
)
def test_a_limit_and_opening_that_cannot_be_are_refused(limit, opening, selling, message):
    with pytest.raises(ConfigurationError, match=message):
        PricePreferences(limit, opening, selling=selling)


# ------------------------------------------------------------------------------------------------------------ a pie


def test_a_demand_is_its_maker_s_share():
    own = PiePreferences(100, 50, 100)
    assert own.utility(70.0, mine=True) == 70.0
    assert own.utility(70.0, mine=False) == own.scale(70.0) == 30.0
    assert own.offer(70) == own.check(70) == 70.0
    assert (own.opening, own.limit, own.reservation_value, own.disagreement) == (100.0, 50.0, 50.0, 50.0)
    assert PiePreferences(100).opening == 100.0


@pytest.mark.parametrize("value", [-0.1, 100.1])
def test_a_demand_outside_the_pie_is_refused(value):
    with pytest.raises(InvalidOffer, match=f"a share of the pie must be between 0 and 100.0, got {value}"):
        PiePreferences(100).check(value)


@pytest.mark.parametrize("value", [True, math.nan, "70", None])
def test_what_is_no_share_is_refused(value):
    with pytest.raises(InvalidOffer, match=r"^a share of the pie must be"):
        PiePreferences(100).offer(value)


@pytest.mark.parametrize("arguments", [(0,), (-1,), (100, -1), (100, 60, 50), (100, 50, 101), (100, 101)])
def test_a_pie_that_cannot_be_is_refused(arguments):
    with pytest.raises(ConfigurationError, match="0 <= reservation <= opening <= size and size > 0, got reservation"):
        PiePreferences(*arguments)


@pytest.mark.parametrize("arguments", [("1",), (1, math.nan), (1, 0, True)])
def test_a_pie_of_no_numbers_is_refused(arguments):
    with pytest.raises(ConfigurationError, match=r"^(size|reservation|opening) must be"):
        PiePreferences(*arguments)


# ------------------------------------------------------------------------------------------------------ many issues


def test_the_scale_is_one_s_own_utility():
    own = OutcomePreferences(SPACE, UTILITY, 0.5)
    assert (own.opening, own.limit, own.reservation_value, own.disagreement) == (1.0, 0.5, 0.5, 0.5)
    outcome = own.check({"water": "much", "food": 2})
    assert outcome == (2, "much")
    assert own.utility(outcome, True) == own.utility(outcome, False) == own.scale(outcome) == 0.75


@pytest.mark.parametrize(
    ("target", "outcome"),
    [
        (1.0, (3, "much")), (7, (3, "much")), (0.76, (3, "much")),
        (0.75, (2, "much")),  # (3, "none") is worth as much and comes later in the space's order
        (0.6, (2, "much")), (0.5, (1, "much")), (0.0, (0, "none")), (-3.0, (0, "none")), (0.75 + 1e-14, (2, "much")),
    ],
)
def test_an_offer_is_the_nearest_outcome_at_or_above_the_target(target, outcome):
    assert OutcomePreferences(SPACE, UTILITY).offer(target) == outcome


@given(st.lists(st.integers(0, 12), min_size=1, max_size=15), st.floats(-1, 2), st.integers(0, 12))
@settings(max_examples=50)
def test_offers_equal_brute_force(worths, target, reservation):
    space = OutcomeSpace([Issue("x", tuple(range(len(worths))))])
    own = OutcomePreferences(space, lambda outcome: worths[outcome[0]] / 12, reservation / 12)
    if max(worths) < reservation:
        with pytest.raises(InvalidOffer, match="no outcome is worth its reservation value"):
            own.offer(target)
        return
    floor = target - 1e-12 * (max(worths) / 12)
    enough = [worth for worth in worths if worth / 12 >= floor] or [max(worths)]
    assert own.offer(target) == (worths.index(min(enough)),)
    assert own.utility(own.offer(own.limit), True) >= own.reservation_value


def test_rounding_noise_neither_hides_an_outcome_nor_puts_it_below_the_reservation_value():
    sums = (0.1 + 0.2 + 0.3, 0.3 + 0.2 + 0.1, 0.5)  # 0.6000000000000001 and 0.6
    space = OutcomeSpace([Issue("x", ("a", "b", "c"))])
    own = OutcomePreferences(space, lambda outcome: sums["abc".index(outcome[0])], sums[0])
    assert own.limit == sums[0]
    assert own.reservation_value == sums[1]
    assert own.offer(own.limit) == ("a",)
    other = OutcomePreferences(space, lambda outcome: -sums["cba".index(outcome[0])], -sums[1])
    assert other.offer(other.limit) == ("b",)
    assert other.utility(("c",), True) < other.utility(("a",), True) + 1  # the numbers themselves stay as they are
    assert other.utility(other.offer(other.limit), True) >= other.reservation_value


@pytest.mark.parametrize(
    ("opening", "expected"), [(None, 1.0), (0.8, 0.8), ((2, "much"), 0.75), ({"water": "much", "food": 1}, 0.5)]
)
def test_an_opening_is_a_utility_or_an_outcome(opening, expected):
    assert OutcomePreferences(SPACE, UTILITY, 0.25, opening).opening == expected


@pytest.mark.parametrize(
    ("reservation", "opening", "message"),
    [
        (math.nan, None, "reservation_value must be finite, got nan"),
        ("x", None, "reservation_value must be a number"),
        (0.5, 0.4, "an opening of utility 0.4 is below its own reservation value 0.5"),
        (0.5, (0, "none"), "an opening of utility 0.0 is below its own reservation value 0.5"),
        (0.5, (0,), "opening: the offer is partial: issue 'water' is missing"),
        (0.5, math.inf, "opening must be finite"),
        (0.5, "best", "opening must be a number, got 'best'"),
    ],
)
def test_a_reservation_or_opening_that_cannot_be_is_refused(reservation, opening, message):
    with pytest.raises(ConfigurationError, match=message):
        OutcomePreferences(SPACE, UTILITY, reservation, opening)


@pytest.mark.parametrize("target", [math.nan, math.inf, None, True, "best", (1, "much")])
def test_a_target_that_is_no_number_is_refused(target):
    with pytest.raises(InvalidOffer, match=r"^a target utility must be"):
        OutcomePreferences(SPACE, UTILITY).offer(target)


def test_without_any_rational_outcome_there_is_nothing_to_offer():
    own = OutcomePreferences(SPACE, UTILITY, 1.5)
    assert own.opening == 1.0
    message = r"no outcome is worth its reservation value 1.5: the best, {'food': 3, 'water': 'much'}, is worth 1.0"
    with pytest.raises(InvalidOffer, match=message):
        own.offer(1.5)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ((1,), "issue 'water' is missing"), ((9, "much"), "issue 'food' cannot be 9"), (0.5, "an outcome must be"),
        ((True, "much"), "issue 'food' cannot be True"), ((math.nan, "much"), "cannot be nan"),
        (([1], "much"), r"cannot be \[1\]"), ([1, "mch"], "did you mean 'much'"), ({"food": 1}, "'water' is missing"),
    ],
)
def test_what_is_no_outcome_is_refused(value, message):
    with pytest.raises(InvalidOffer, match=message):
        OutcomePreferences(SPACE, UTILITY).check(value)


def test_a_checked_outcome_is_the_space_s_own_tuple():
    own = OutcomePreferences(SPACE, UTILITY)
    mine = own.offer(0.5)
    assert own.check(mine) is mine
    for twin in ((1, "much"), [1, "much"], (1.0, "much"), (np.int64(1), "much")):
        assert own.check(twin) is mine
    plain = OutcomeSpace([Issue("x", (5, 6))])
    (five,) = OutcomePreferences(plain, lambda outcome: 0.0).check((5.0,))
    assert type(five) is int


# ------------------------------------------------------------------------------------------------------- not known


def test_of_unknown_preferences_only_the_form_of_offers_is_checked():
    own = UnknownPreferences(PriceProblem().check, opening=40)
    assert not own.known
    assert own.opening == 40.0
    assert math.isnan(own.limit)
    assert own.utility(70.0, True) == 0.0 >= own.reservation_value
    assert own.scale(70.0) == own.offer(70) == own.check(70) == 70.0
    with pytest.raises(InvalidOffer, match="a price must be finite"):
        own.check(math.nan)


def test_unknown_preferences_over_many_issues_have_no_scale():
    own = UnknownPreferences(SPACE.outcome)
    assert math.isnan(own.opening)
    assert math.isnan(own.scale((1, "much")))
    assert own.check([1, "much"]) == (1, "much")
    with pytest.raises(InvalidOffer, match="an outcome must be a mapping"):
        own.offer(0.5)


def test_prices_pies_and_tasks_do_without_numpy():
    code = (
        "import sys; from negotiate_rt.problems import *; from negotiate_rt.strategies import *\n"
        "PricePreferences(60, selling=True); PiePreferences(1); Task(hours=4); PriceProblem(); Pie()\n"
        "AdditiveUtility({'x': 1}, {'x': {'a': 1}}, OutcomeSpace([Issue('x', ['a'])]))\n"
        "sys.exit('numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=30).returncode == 0


def test_preferences_say_whether_any_outcome_is_worth_the_reservation_value():
    space, best = OutcomeSpace([Issue("x", (0, 1, 2))]), lambda outcome: float(outcome[0])
    large = OutcomeSpace([IntegerIssue("x", 0, 10**7)])
    sum_of = AdditiveUtility({"x": 1}, {"x": LinearEvaluation(1e-7)})
    assert [OutcomePreferences(space, best, least).hopeless for least in (0.0, 2.0, 2.1)] == [False, False, True]
    assert [SearchedPreferences(large, sum_of, least).hopeless for least in (0.0, 1.0, 1.1)] == [False, False, True]
