"""Faratin's tactics: the paper's formulas, both directions, too little history, and no step past the limit."""

from __future__ import annotations

import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.strategies import LinearConcession, TimeDependentConcession, TitForTatConcession
from negotiate_rt.strategies.faratin import (
    TACTICS,
    AveragedTitForTat,
    DynamicDeadlineTactic,
    ExponentialTactic,
    MixedConcession,
    PolynomialTactic,
    RandomAbsoluteTitForTat,
    RelativeTitForTat,
    ResourceTactic,
    exponential_alpha,
    polynomial_alpha,
)

prices = st.floats(-1e6, 1e6)


def offers(strategy, opening, reservation, rounds, heard=()):
    """What a strategy offers in rounds 1 to `rounds`; it hears one more offer each round."""
    made = [opening]
    for round in range(2, rounds + 1):
        made.append(strategy(round, rounds, reservation, made[-1], heard[: round - 1]))
    return made


@pytest.mark.parametrize(("opening", "reservation"), [(120.0, 60.0), (40.0, 80.0), (1.0, 0.25)])
@pytest.mark.parametrize(("beta", "kappa", "tmax"), [(0.5, 0.0, None), (2.0, 0.1, 6), (1.0, 0.3, 20), (0.2, 0.0, 4)])
def test_the_polynomial_tactic_offers_what_alpha_says_in_every_round(opening, reservation, beta, kappa, tmax):
    made = offers(PolynomialTactic(beta, kappa, tmax), opening, reservation, 10)
    for round in range(2, 10):
        alpha = kappa + (1 - kappa) * (min(round - 1, tmax or 9) / (tmax or 9)) ** (1 / beta)
        assert made[round - 1] == pytest.approx(opening + alpha * (reservation - opening))
    assert made[0] == opening
    assert made[-1] == reservation


@pytest.mark.parametrize(("beta", "kappa", "tmax"), [(0.5, 0.05, None), (3.0, 0.2, 5), (1.0, 1.0, None)])
def test_the_exponential_tactic_offers_what_alpha_says_in_every_round(beta, kappa, tmax):
    made = offers(ExponentialTactic(beta, kappa, tmax), 120.0, 60.0, 10)
    for round in range(2, 10):
        share = min(round - 1, tmax or 9) / (tmax or 9)
        alpha = math.exp((1 - share) ** beta * math.log(kappa))
        assert made[round - 1] == pytest.approx(120 - alpha * 60)


def test_time_is_clamped_at_tmax_and_before_the_start():
    assert polynomial_alpha(7, 5, 0.5) == polynomial_alpha(5, 5, 0.5) == 1.0
    assert polynomial_alpha(-1, 5, 0.5, 0.2) == 0.2
    assert exponential_alpha(9, 5, 0.5, 0.1) == 1.0
    assert exponential_alpha(0, 5, 2.0, 0.1) == pytest.approx(0.1)
    assert polynomial_alpha(0, 0, 1.0) == exponential_alpha(0, 0, 1.0, 0.5) == 1.0


def test_without_kappa_and_tmax_the_polynomial_tactic_is_the_plain_curve():
    for beta in (0.2, 1.0, 3.0):
        plain, tactic = TimeDependentConcession(beta), PolynomialTactic(beta)
        assert offers(tactic, 9.0, 1.0, 30) == pytest.approx(offers(plain, 9.0, 1.0, 30))


def test_one_opponent_brings_the_dynamic_deadline_to_the_last_round():
    heard = [40.0 + step for step in range(11)]
    made = offers(DynamicDeadlineTactic(), 120.0, 60.0, 11, heard)
    # t = 5 of 10, thread of 5 + 5 offers: tmax = 2 * 10^2 / 10 = 20, alpha = 5 / 20
    assert made[5] == pytest.approx(120 - 60 * 5 / 20)
    assert made[-1] == 60.0
    relaxed = offers(DynamicDeadlineTactic(opponents=3), 120.0, 60.0, 11, heard)
    assert all(slow >= fast for slow, fast in zip(relaxed, made, strict=True))
    assert relaxed[5] == pytest.approx(120 - 60 * 5 / 60)


def test_resources_that_run_out_press():
    people = ResourceTactic("participants", opponents=2)
    assert people(2, 10, 60, 120, (40.0,)) == pytest.approx(120 - 60 * math.exp(-2))
    assert people(3, 10, 60, 110, (40.0, 41.0)) == 110.0  # as many as before: no more pressure
    messages = ResourceTactic("messages", mu=4.0)
    assert offers(messages, 120.0, 60.0, 4, [40.0] * 4)[1] == pytest.approx(120 - 60 * math.exp(-4 / 2))
    time = ResourceTactic("time", kappa=0.1)
    made = offers(time, 120.0, 60.0, 6)
    assert made[3] == pytest.approx(120 - 60 * (0.1 + 0.9 * math.exp(-2)))  # t = 3 of 5: two rounds left
    assert made[-1] == 60.0


@pytest.mark.parametrize(
    ("reservation", "current", "history", "offer"),
    [
        (60, 120, (40, 50), 120 * 40 / 50),  # a seller, the buyer rose
        (80, 40, (120, 100), 40 * 120 / 100),  # a buyer, the seller came down
        (0.25, 1.0, (0.4, 0.5), 0.8),  # own utility: the opponent's offers became better
        (60, 120, (50, 40), 120),  # the buyer went back: nothing is taken back
        (60, 62, (40, 80), 60),  # never past the limit
    ],
)
def test_relative_tit_for_tat_answers_in_proportion(reservation, current, history, offer):
    assert RelativeTitForTat()(3, 10, reservation, current, history) == pytest.approx(offer)
    assert AveragedTitForTat(1)(3, 10, reservation, current, history) == pytest.approx(offer)


def test_relative_tit_for_tat_looks_delta_steps_back():
    assert RelativeTitForTat(delta=2)(5, 10, 60, 120, (40, 44, 66)) == pytest.approx(120 * 40 / 44)
    assert AveragedTitForTat(window=2)(5, 10, 60, 120, (40, 44, 50)) == pytest.approx(120 * 40 / 50)


@pytest.mark.parametrize("tactic", [RelativeTitForTat(3), RandomAbsoluteTitForTat(3), AveragedTitForTat(3)])
@pytest.mark.parametrize("length", [0, 1, 2, 3])
def test_too_little_history_gives_the_fallback_and_never_looks_backwards(tactic, length):
    heard = (1e9, -1e9, 7.0)[:length]
    assert tactic(4, 10, 60, 110, heard) == LinearConcession()(4, 10, 60, 110)


@pytest.mark.parametrize("history", [(0.0, 5.0), (5.0, 0.0), (-3.0, 5.0), (math.nan, 5.0)])
def test_ratios_that_mean_nothing_give_the_fallback(history):
    assert RelativeTitForTat()(4, 10, 60, 110, history) == LinearConcession()(4, 10, 60, 110)
    assert AveragedTitForTat(1)(4, 10, 60, 110, history) == LinearConcession()(4, 10, 60, 110)


def test_absolute_tit_for_tat_without_chance_is_tit_for_tat():
    for reservation, current, history in ((60, 120, (40, 47)), (80, 40, (120, 110)), (0.25, 1.0, (0.1, 0.35))):
        assert RandomAbsoluteTitForTat()(3, 10, reservation, current, history) == pytest.approx(
            TitForTatConcession()(3, 10, reservation, current, history)
        )


def test_chance_comes_from_the_seed_and_the_round():
    tactic = RandomAbsoluteTitForTat(spread=5.0, seed=1)
    rounds = [tactic(round, 99, 60, 120, (40, 50)) for round in range(3, 60)]
    assert rounds == [tactic(round, 99, 60, 120, (40, 50)) for round in range(3, 60)]
    assert all(105 <= offer <= 115 for offer in rounds)
    assert len(set(rounds)) > 50
    other = RandomAbsoluteTitForTat(spread=5.0, seed=2)
    assert rounds != [other(round, 99, 60, 120, (40, 50)) for round in range(3, 60)]


def test_a_mixture_is_the_weighted_mean_of_what_its_strategies_propose():
    linear, tit = LinearConcession(), TitForTatConcession()
    mixed = MixedConcession((linear, tit), (3, 1))
    one, other = linear(3, 10, 60, 110), tit(3, 10, 60, 110, (40, 45))
    assert mixed(3, 10, 60, 110, (40, 45)) == pytest.approx(0.75 * one + 0.25 * other)
    assert MixedConcession((linear, tit))(3, 10, 60, 110, (40, 45)) == pytest.approx((one + other) / 2)
    assert mixed.weights == (0.75, 0.25)


def test_weights_of_a_mixture_move_over_time():
    def stand(*_):
        return 100.0

    def give(*_):
        return 60.0

    mixed = MixedConcession((stand, give), (1, 0), (0, 1))
    assert [mixed(round, 11, 60, 100, ()) for round in (2, 6, 11)] == pytest.approx([96, 80, 60])


@given(st.sampled_from(sorted(TACTICS)), prices, prices, st.lists(prices, max_size=6), st.integers(1, 12), st.integers(1, 12))
def test_no_tactic_leaves_the_way_to_the_reservation_value(name, current, reservation, history, round, rounds):
    offer = TACTICS[name]()(round, rounds, reservation, current, tuple(history))
    assert min(current, reservation) <= offer <= max(current, reservation)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PolynomialTactic(0), "beta must be > 0, got 0"),
        (lambda: PolynomialTactic(kappa=1.5), r"kappa must be in \[0, 1\], got 1.5"),
        (lambda: PolynomialTactic(tmax=-1), "tmax must be >= 0 rounds, got -1"),
        (lambda: ExponentialTactic(kappa=0), r"kappa must be in \(0, 1\], got 0"),
        (lambda: DynamicDeadlineTactic(opponents=0), "opponents must be a whole number >= 1, got 0"),
        (lambda: DynamicDeadlineTactic(mu=0), "mu must be > 0, got 0"),
        (lambda: ResourceTactic("patience"), "resource must be participants, messages or time, got 'patience'"),
        (lambda: RelativeTitForTat(0), "delta must be a whole number >= 1, got 0"),
        (lambda: AveragedTitForTat(True), "window must be a whole number >= 1, got True"),
        (lambda: RandomAbsoluteTitForTat(spread=-1), "spread must be >= 0, got -1"),
        (lambda: MixedConcession(()), r"a mixture needs one or more concession strategies, got \(\)"),
        (lambda: MixedConcession(weights=(1,)), "weights: one weight a strategy, 2 in all; got 1"),
        (lambda: MixedConcession(weights=(0, 0)), "weights must not all be 0"),
        (lambda: MixedConcession(weights=(1, -1)), r"weights\[1\] must be >= 0, got -1"),
        (lambda: MixedConcession(weights=(1, math.nan)), r"weights\[1\] must be finite, got nan"),
    ],
)
def test_parameters_out_of_range_are_refused(make, message):
    with pytest.raises(ConfigurationError, match=message):
        make()


@pytest.mark.parametrize("name", TACTICS)
def test_tactics_are_values(name):
    tactic = TACTICS[name]()
    assert pickle.loads(pickle.dumps(tactic)) == tactic == TACTICS[name]()
    assert hash(tactic) == hash(TACTICS[name]())
    assert TACTICS[name].__struct_config__.tag == name
    with pytest.raises(ConfigurationError, match="rounds from 1 on"):
        tactic(0, 10, 60, 120, ())
