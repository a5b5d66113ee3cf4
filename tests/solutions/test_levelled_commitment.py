"""Levelled commitment: thresholds against the payoffs they follow from, and equilibria against best responses."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.solutions.levelled_commitment import BreachSide, breach_equilibrium, break_even

MONEY = st.floats(0, 100)


def payoffs(value, own, other, chance, offer, rule):
    """What keeping and breaking are worth, by cases: the other breaks, or does not."""
    keep = chance * (offer + other) + (1 - chance) * value
    paid = other - own if rule == "both-pay" else 0.0
    return keep, chance * (offer + paid) + (1 - chance) * (offer - own)


def test_second_to_move_breaks_for_more_than_the_contract_and_its_penalty():
    assert break_even(10, 3) == 13


def test_thresholds_with_numbers():
    assert break_even(10, 3, 2, 0.5) == 16
    assert break_even(10, 3, 2, 0.5, "neither-pays") == 15
    assert break_even(10, 0, 0, 1.0) == 10
    assert break_even(10, 3, 2, 1.0) == math.inf


@given(MONEY, MONEY, MONEY, st.floats(0, 0.95), st.sampled_from(["both-pay", "neither-pays"]))
def test_at_the_threshold_breaking_is_as_good_as_keeping_and_better_above(value, own, other, chance, rule):
    threshold = break_even(value, own, other, chance, rule)
    keep, leave = payoffs(value, own, other, chance, threshold, rule)
    assert leave == pytest.approx(keep, abs=1e-6 * max(1, abs(keep), threshold))
    above, below = (payoffs(value, own, other, chance, threshold + step, rule) for step in (1.0, -1.0))
    assert above[1] > above[0]
    assert below[1] < below[0]


@given(MONEY, MONEY, MONEY, st.floats(0, 0.9), st.floats(0, 0.9))
def test_the_likelier_the_others_breach_the_longer_one_holds_out(value, own, other, one, two):
    low, high = sorted((one, two))
    for rule in ("both-pay", "neither-pays"):
        assert break_even(value, own, other, low, rule) <= break_even(value, own, other, high, rule)


def uniform(low, high):
    return lambda offer: min(1.0, max(0.0, (offer - low) / (high - low)))


@given(st.floats(0, 10), st.floats(0, 10), st.floats(0.5, 10), st.floats(0.5, 10), st.sampled_from(["both-pay", "neither-pays"]))
def test_equilibrium_thresholds_answer_each_other(v1, v2, a, b, rule):
    sides = BreachSide(v1, a, uniform(0, 30)), BreachSide(v2, b, uniform(0, 30))
    try:
        (mine, theirs), (p, q) = breach_equilibrium(*sides, rule)
    except ArithmeticError:
        assume(False)
        raise
    assert mine == pytest.approx(break_even(v1, a, b, q, rule), rel=1e-9)
    assert theirs == pytest.approx(break_even(v2, b, a, p, rule), rel=1e-9)
    assert p == pytest.approx(1 - uniform(0, 30)(mine), abs=1e-9)
    assert q == pytest.approx(1 - uniform(0, 30)(theirs), abs=1e-9)


def test_penalties_that_nobody_can_pay_are_full_commitment():
    equilibrium = breach_equilibrium(BreachSide(5, 100, uniform(0, 30)), BreachSide(5, 100, uniform(0, 30)))
    assert equilibrium.breaks == (0, 0)
    assert equilibrium.thresholds == (105, 105)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [((1, -1), "penalties are at least 0"), ((1, 1, 1, 2), "other_breaks: expected a probability"),
     ((1, 1, 1, 0, "x"), "rule: expected both-pay or neither-pays"), ((float("nan"), 1), "value must be finite")],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(arguments, text):
    with pytest.raises(ConfigurationError, match=text):
        break_even(*arguments)


def test_what_is_no_distribution_is_refused():
    with pytest.raises(ConfigurationError, match="outside: expected a distribution function"):
        breach_equilibrium(BreachSide(1, 1, lambda offer: 2.0), BreachSide(1, 1, uniform(0, 1)))
