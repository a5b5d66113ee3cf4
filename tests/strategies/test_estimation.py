"""Estimating where and when the opponent's concessions end."""

from __future__ import annotations

import math
import random

import pytest

from negotiate_rt import ConfigurationError
from negotiate_rt.strategies.estimation import ReservationBelief, fit_concession


def curve(opening, reservation, deadline, beta, count):
    return [opening + (reservation - opening) * min(1, t / deadline) ** (1 / beta) for t in range(count)]


@pytest.mark.parametrize(("opening", "reservation"), [(120.0, 60.0), (40.0, 80.0), (0.1, 0.6)])
@pytest.mark.parametrize("beta", [0.3, 1.0, 3.0])
def test_with_a_known_deadline_the_reservation_value_and_beta_are_found(opening, reservation, beta):
    found = fit_concession(curve(opening, reservation, 20, beta, 12), deadline=20)
    assert found.reservation_value == pytest.approx(reservation, abs=0.02 * abs(opening - reservation))
    assert found.beta == pytest.approx(beta, rel=0.03)
    assert found.deadline == 20
    assert found.offer(15) == pytest.approx(opening + (reservation - opening) * 0.75 ** (1 / beta), rel=0.02)


def test_a_deadline_that_has_passed_shows():
    found = fit_concession(curve(120.0, 60.0, 10, 1.0, 16))
    assert found.reservation_value == pytest.approx(60.0, abs=0.5)
    assert found.offer(30) == pytest.approx(60.0, abs=0.5)


def test_noise_is_averaged_out():
    rng = random.Random(3)
    offers = [value + rng.gauss(0, 0.5) for value in curve(120.0, 60.0, 30, 1.0, 20)]
    found = fit_concession(offers, deadline=30)
    assert found.reservation_value == pytest.approx(60.0, abs=6.0)
    assert 0.1 < found.error < 1.0


def test_limits_hold_the_estimate():
    found = fit_concession(curve(120.0, 20.0, 20, 1.0, 8), deadline=20, limits=(50.0, math.inf))
    assert found.reservation_value == 50.0


def test_gaps_in_time_are_allowed():
    times = [0, 1, 4, 9, 12]
    offers = [100 - 2 * t for t in times]
    assert fit_concession(offers, times, deadline=25).reservation_value == pytest.approx(50.0, abs=1.0)


@pytest.mark.parametrize("offers", [(), (3.0,), (3.0, 4.0), (5.0, 5.0, 5.0, 5.0)])
def test_too_few_offers_or_offers_that_stand_still_say_nothing(offers):
    assert fit_concession(offers) is None


def test_belief_finds_the_hypothesis_that_predicts_the_offers():
    belief = ReservationBelief([50, 60, 70, 80], deadline=20, deviation=2.0)
    assert belief.mean() == 65
    for time, offer in enumerate(curve(120.0, 70.0, 20, 1.0, 10)):
        belief.update(offer, time)
    assert belief.likeliest() == 70
    assert belief.mean() == pytest.approx(70, abs=0.5)
    assert belief.probabilities.sum() == pytest.approx(1.0)


def test_an_impossible_hypothesis_stays_impossible():
    belief = ReservationBelief([50, 60], deadline=10, prior=[0, 1])
    for time, offer in enumerate(curve(100.0, 50.0, 10, 1.0, 8)):
        belief.update(offer, time)
    assert belief.likeliest() == 60


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fit_concession([1, 2, math.nan]), r"offers\[2\] must be finite"),
        (lambda: fit_concession([1, 2, 3], [0, 1]), "times must be as many as the offers"),
        (lambda: fit_concession([1, 2, 3], [0, 2, 1]), "ascending"),
        (lambda: fit_concession([1, 2, 3], deadline=0), "deadline must be > 0, got 0"),
        (lambda: fit_concession([1, 2, 3], limits=(2, 1)), r"limits must be \(low, high\)"),
        (lambda: ReservationBelief([], 10), "a belief needs hypotheses"),
        (lambda: ReservationBelief([1], 0), "deadline must be > 0, got 0"),
        (lambda: ReservationBelief([1, 2], 10, prior=[0, 0]), "not all 0"),
        (lambda: ReservationBelief([1, 2], 10, prior=[1]), "one number >= 0 for each hypothesis"),
    ],
)
def test_numbers_that_do_not_fit_are_refused(call, message):
    with pytest.raises(ConfigurationError, match=message):
        call()
