from __future__ import annotations

import math
import pickle
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.strategies import (
    CONCESSIONS,
    ConcessionCurve,
    ConcessionStrategy,
    ExponentialConcession,
    LinearConcession,
    TimeDependentConcession,
    TitForTatConcession,
)

prices = st.floats(-1e6, 1e6)
rates = st.one_of(st.floats(-50, 50), st.sampled_from([0.0, 1e-300, -1e-16, 1e6, -1e6, 1e308]))
betas = st.one_of(st.floats(0.02, 50), st.sampled_from([1.0, 1e-300, 1e-310, 1e300, 1.7e308]))
curves = st.one_of(
    st.just(LinearConcession()), rates.map(ExponentialConcession), betas.map(TimeDependentConcession),
)


def offers(strategy, opening, reservation, rounds, history=()):
    """What the strategy offers in rounds 1 to `rounds`, the opening first."""
    made = [opening]
    for round in range(2, rounds + 1):
        made.append(strategy(round, rounds, reservation, made[-1], history))
    return made


def g(strategy, p):
    match strategy:
        case LinearConcession():
            return p
        case TimeDependentConcession(beta=beta):
            return p ** (1 / beta)
        case ExponentialConcession(rate=rate) if abs(rate) < 1e-12:
            return p
        case ExponentialConcession(rate=rate) if rate > 0:
            return math.exp(rate * (p - 1)) * math.expm1(-rate * p) / math.expm1(-rate)
        case ExponentialConcession(rate=rate):
            return math.expm1(rate * p) / math.expm1(rate)


@settings(max_examples=60)
@given(curves, prices, prices, st.integers(2, 40))
@example(LinearConcession(), 120.0, 60.0, 10)
@example(ExponentialConcession(), 40.0, 80.0, 10)
@example(TimeDependentConcession(0.02), 0.0, 1.0, 60)
def test_iterated_steps_are_the_curve(strategy, opening, reservation, rounds):
    made = offers(strategy, opening, reservation, rounds)
    scale = abs(opening) + abs(reservation)
    for number, offer in enumerate(made):
        wanted = opening + (reservation - opening) * g(strategy, number / (rounds - 1))
        assert offer == pytest.approx(wanted, rel=0, abs=1e-9 * scale)


@given(curves, prices, prices, st.integers(2, 60))
def test_a_curve_is_monotone_and_ends_at_the_reservation_value_itself(strategy, opening, reservation, rounds):
    made = offers(strategy, opening, reservation, rounds)
    assert made[-1] == reservation
    ascending = made if opening <= reservation else made[::-1]
    assert all(one <= next for one, next in pairwise(ascending))


@given(curves, prices, prices, st.integers(1, 10**12), st.integers(1, 10**12))
def test_no_step_leaves_the_way(strategy, current, reservation, round, rounds):
    offer = strategy(round, rounds, reservation, current, ())
    assert min(current, reservation) <= offer <= max(current, reservation)


def test_worked_linear_example():
    assert offers(LinearConcession(), 120, 60, 4) == [120, 100, 80, 60]
    assert offers(LinearConcession(), 40, 80, 5) == [40, 50, 60, 70, 80]
    assert LinearConcession()(5, 9, 50, 90, ()) == 90 - (90 - 50) / (9 - 5 + 1)


def test_worked_exponential_example():
    made = offers(ExponentialConcession(rate=math.log(4)), 0, 3, 3)  # g(1/2) = (2 - 1) / (4 - 1)
    assert made == pytest.approx([0, 1, 3])
    assert offers(ExponentialConcession(0), 0, 3, 4) == [0, 1, 2, 3]
    firm = offers(ExponentialConcession(), 120, 60, 10)
    assert 120 - firm[4] < firm[4] - firm[9]


def test_worked_time_dependent_example():
    assert offers(TimeDependentConcession(0.5), 9, 0, 4) == pytest.approx([9, 8, 5, 0])  # p squared: 1/9, 4/9
    assert offers(TimeDependentConcession(1), 9, 0, 4) == pytest.approx([9, 6, 3, 0])
    assert offers(TimeDependentConcession(2), 0, 1, 5) == pytest.approx([0, 0.5, math.sqrt(0.5), math.sqrt(0.75), 1])


def test_huge_rates_are_steps():
    assert offers(ExponentialConcession(1e6), 120, 60, 5) == [120, 120, 120, 120, 60]
    assert offers(ExponentialConcession(-1e6), 120, 60, 5) == [120, 60, 60, 60, 60]
    assert offers(TimeDependentConcession(1e-310), 120, 60, 4) == [120, 120, 120, 60]
    assert offers(TimeDependentConcession(1e308), 120, 60, 4) == [120, 60, 60, 60]


def test_a_way_longer_than_the_largest_float_is_walked():
    assert LinearConcession()(2, 3, -1.5e308, 1.5e308, ()) == 0.0


@pytest.mark.parametrize("name", CONCESSIONS)
def test_round_one_keeps_the_offer_and_rounds_past_the_end_give_all(name):
    strategy = CONCESSIONS[name]()
    assert strategy(1, 10, 60, 120, ()) == strategy(1, 10, 60, 120, (40, 45)) == 120
    assert strategy(1, 1, 60, 120, ()) == 120
    assert strategy(2, 1, 60, 120, ()) == 60
    assert strategy(11, 10, 60, 120, ()) == 60
    assert strategy(10, 10, 60, 60, ()) == 60


@pytest.mark.parametrize("history", [(), (100.0,), (100.0, 90.0)])
@pytest.mark.parametrize("name", CONCESSIONS)
@pytest.mark.parametrize(
    ("round", "rounds", "reservation", "current"),
    [
        (2, 0, 60, 120), (2, math.nan, 60, 120), (2, math.inf, 60, 120), (2, None, 60, 120), (0, 10, 60, 120),
        (math.nan, 10, 60, 120), (2, 10, math.nan, 120), (2, 10, None, 120), (2, 10, 60, math.inf), (2, "10", 60, 120),
        (2, 10, Decimal(60), 120.0),
    ],
)
def test_nonsense_is_refused_with_what_was_given(name, round, rounds, reservation, current, history):
    message = f"round={round!r}, max_rounds={rounds!r}, reservation_value={reservation!r}, current_value={current!r}"
    with pytest.raises(ConfigurationError, match="finite ints or floats, and rounds from 1 on; ") as caught:
        CONCESSIONS[name]()(round, rounds, reservation, current, history)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("make", "argument", "message"),
    [
        (ExponentialConcession, math.inf, "rate must be finite, got inf"),
        (ExponentialConcession, "5", r"rate must be a number, got '5' \(str\)"),
        (TimeDependentConcession, 0, "beta must be > 0, got 0"),
        (TimeDependentConcession, -1.0, "beta must be > 0, got -1.0"),
        (TimeDependentConcession, math.nan, "beta must be finite, got nan"),
        (TimeDependentConcession, True, "beta must be a number, got True"),
    ],
)
def test_parameters_out_of_range_are_refused(make, argument, message):
    with pytest.raises(ConfigurationError, match=message):
        make(argument)


@pytest.mark.parametrize("name", CONCESSIONS)
def test_strategies_are_values(name):
    strategy: ConcessionStrategy = CONCESSIONS[name]()
    assert strategy == CONCESSIONS[name]()
    assert hash(strategy) == hash(CONCESSIONS[name]())
    assert pickle.loads(pickle.dumps(strategy)) == strategy
    assert repr(strategy).startswith(CONCESSIONS[name].__name__ + "(")
    with pytest.raises(AttributeError):
        strategy.rate = 3
    assert CONCESSIONS[name].__struct_config__.tag == name


def test_reprs_show_their_parameters():
    assert repr(LinearConcession()) == "LinearConcession()"
    assert repr(ExponentialConcession(rate=2)) == "ExponentialConcession(rate=2)"
    assert repr(TimeDependentConcession()) == "TimeDependentConcession(beta=0.5)"


def test_a_bare_curve_has_no_shape():
    with pytest.raises(NotImplementedError):
        ConcessionCurve()(2, 10, 60, 120, ())


def test_a_bug_in_a_curve_of_one_s_own_is_not_taken_for_bad_arguments():
    class Broken(ConcessionCurve, frozen=True):
        def fraction(self, round, max_rounds):
            return round + "1"

    with pytest.raises(TypeError):
        Broken()(2, 10, 60, 120, ())


# ------------------------------------------------------------------------------------------------------ tit-for-tat

TIT = TitForTatConcession()


@pytest.mark.parametrize("history", [(), (40.0,)])
def test_without_two_offers_to_compare_the_step_is_linear(history):
    assert TIT(2, 10, 60, 120, history) == LinearConcession()(2, 10, 60, 120, history)
    assert TIT(10, 10, 60, 120, history) == 60


@pytest.mark.parametrize(
    ("reservation", "current", "history", "offer"),
    [
        (60, 120, (40, 47), 113),  # a seller: the buyer rose by 7
        (80, 40, (120, 110), 50),  # a buyer: the seller came down by 10
        (60, 120, (47, 40), 120),  # the buyer went back: hold firm
        (60, 120, (40, 40), 120),
        (60, 63, (40, 47), 60),  # never past the limit, and then the limit itself
        (80, 79.5, (120, 110), 80),
        (60, 60, (40, 47), 60),
        (0.25, 1.0, (0.1, 0.35), 0.75),  # own utility: the opponent's offers became better by 0.25
        (60, 120, (40, 45, 47), 118),
        (60, 120, (math.nan, 47), 120),
        (60, 120, (-math.inf, 47), 60),
    ],
)
def test_tit_for_tat_mirrors_the_last_concession(reservation, current, history, offer):
    assert TIT(3, 10, reservation, current, history) == offer


@settings(max_examples=60)
@given(prices, prices, st.lists(st.floats(), min_size=2, max_size=2), st.integers(2, 12))
def test_tit_for_tat_never_leaves_the_way(current, reservation, history, round):
    offer = TIT(round, 10, reservation, current, history)
    assert min(current, reservation) <= offer <= max(current, reservation)
