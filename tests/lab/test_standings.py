"""The ranking: numbers worked out by hand, and intervals and tests that hold what they say."""

from __future__ import annotations

import random

import numpy as np
import pytest

from negotiate_rt.lab import GameResult
from negotiate_rt.lab.standings import bootstrap_interval, paired_lead, sign_flip_p, standings


def game(number: int, strategies: tuple[str, str], utilities: tuple[float, float], **facts: object) -> GameResult:
    given = {
        "scenario": "s", "repeat": 1, "agreed": True, "rounds": 4, "to_frontier": 0.1, "to_nash": 0.2,
        "to_kalai_smorodinsky": 0.3, "ending": "AGREED", "faults": (0, 0), **facts,
    }  # fmt: skip
    return GameResult(number=number, strategies=strategies, utilities=utilities, welfare=sum(utilities), **given)  # type: ignore[arg-type]


# A and B meet in all four ways. A gets .5, .9 (first), .7 (second, against B), .5 as second against itself.
SMALL = [
    game(0, ("A", "A"), (0.5, 0.5)),
    game(1, ("A", "B"), (0.9, 0.3), rounds=2, to_frontier=0.0),
    game(2, ("B", "A"), (0.4, 0.7), to_nash=None, faults=(2, 0)),
    game(3, ("B", "B"), (0.0, 0.0), agreed=False, rounds=10, ending="DEADLOCK", faults=(1, 0)),
]


def test_a_small_ranking_is_what_a_hand_works_out() -> None:
    first, second = standings(SMALL)
    assert (first.rank, first.strategy, first.games) == (1, "A", 4)
    assert first.utility == pytest.approx((0.5 + 0.5 + 0.9 + 0.7) / 4)
    assert first.opponents == pytest.approx((0.5 + 0.5 + 0.3 + 0.4) / 4)
    assert first.welfare == pytest.approx((1.0 + 1.0 + 1.2 + 1.1) / 4)
    assert first.agreement_rate == 1.0
    assert first.to_frontier == pytest.approx((0.1 + 0.1 + 0.0 + 0.1) / 4)
    assert first.to_nash == pytest.approx(0.2)
    assert first.rounds == pytest.approx((4 + 4 + 2 + 4) / 4)
    assert first.faults == 0
    assert (second.rank, second.strategy, second.games) == (2, "B", 4)
    assert second.utility == pytest.approx((0.3 + 0.4 + 0.0 + 0.0) / 4)
    assert second.agreement_rate == pytest.approx(0.5)
    assert second.rounds == pytest.approx((2 + 4 + 10 + 10) / 4)
    assert second.faults == 3
    assert (second.lead, second.p, second.ahead) == (None, None, False)


def test_the_lead_compares_games_that_differ_in_the_contestant_alone() -> None:
    # Against A as second party: A .5, B .4; against A as first party: A .5, B .3; against B: A .9 and .7, B 0 and 0.
    first, _ = standings(SMALL)
    assert first.lead == pytest.approx(((0.5 - 0.4) + (0.5 - 0.3) + (0.9 - 0.0) + (0.7 - 0.0)) / 4)
    assert first.p == 2 / 16  # all four differences have one sign: so have 2 of the 16 ways to flip them
    assert not first.ahead


def test_order_of_the_results_makes_no_difference() -> None:
    shuffled = list(SMALL)
    for seed in range(5):
        random.Random(seed).shuffle(shuffled)
        assert standings(shuffled, 3) == standings(SMALL, 3)


def test_equal_contestants_are_ranked_by_name_and_without_a_lead() -> None:
    games = [game(place, pair, (0.5, 0.5)) for place, pair in enumerate([("b", "b"), ("b", "a"), ("a", "b"), ("a", "a")])]
    first, second = standings(games)
    assert (first.strategy, second.strategy) == ("a", "b")
    assert (first.lead, first.p) == (0.0, 1.0)
    assert (first.low, first.high) == (0.5, 0.5)


def test_of_no_games_there_is_no_ranking() -> None:
    assert standings([]) == ()


def test_without_common_games_there_is_no_lead() -> None:
    assert paired_lead({("s", 1, 0, ("x",)): 1.0}, {("s", 2, 0, ("x",)): 0.5}, "seed") == (None, None)


def test_bootstrap_interval_of_many_draws_is_that_of_the_normal_distribution() -> None:
    values = np.array([0.0, 1.0] * 200)
    low, high = bootstrap_interval(values, random.Random(1))
    assert low == pytest.approx(0.5 - 1.96 * 0.5 / 400**0.5, abs=0.006)
    assert high == pytest.approx(0.5 + 1.96 * 0.5 / 400**0.5, abs=0.006)
    assert bootstrap_interval(values, random.Random(1)) == (low, high)


def test_bootstrap_of_two_values_spans_both() -> None:
    assert bootstrap_interval(np.array([0.2, 0.8]), random.Random(0)) == (0.2, 0.8)


@pytest.mark.slow
def test_bootstrap_intervals_hold_the_true_mean_about_as_often_as_they_say() -> None:
    rng = random.Random(7)
    held = 0
    for trial in range(200):
        low, high = bootstrap_interval(np.array([rng.random() for _ in range(40)]), random.Random(trial))
        held += low <= 0.5 <= high
    assert 180 <= held <= 198


@pytest.mark.parametrize("count", [3, 8, 12])
def test_all_flips_of_few_differences_are_tried(count: int) -> None:
    assert sign_flip_p(np.full(count, 0.3), random.Random(0)) == 2 / 2**count
    assert sign_flip_p(np.array([0.3, -0.3] * count), random.Random(0)) == 1.0


def test_flips_of_many_differences_are_sampled_and_never_impossible() -> None:
    assert sign_flip_p(np.full(400, 0.1), random.Random(0)) == pytest.approx(1 / 2001)
    rng = random.Random(3)
    noise = np.array([rng.uniform(-1, 1) for _ in range(100)])
    assert 0.05 < sign_flip_p(noise, random.Random(0)) <= 1


def test_differences_of_nothing_tell_nothing() -> None:
    assert sign_flip_p(np.zeros(30), random.Random(0)) == 1.0
    assert sign_flip_p(np.array([0.5, 0, 0, 0]), random.Random(0)) == 1.0  # one game either way
