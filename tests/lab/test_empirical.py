"""Tournaments as games: payoffs, equilibria, cycles and replicator dynamics on games whose answers are in books."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from negotiate_rt import ConfigurationError
from negotiate_rt.lab import PayoffMatrix, Tournament, mixed_equilibria, payoff_matrix, replicate, run_tournament
from negotiate_rt.lab import equilibria as lab_equilibria
from negotiate_rt.lab.empirical import best_response_cycles, best_responses, pure_equilibria
from negotiate_rt.lab.equilibria import undominated_strategies
from tests.lab.problems import three, two
from tests.lab.test_standings import SMALL, game

DILEMMA = [[3, 0], [5, 1]]  # cooperate, defect
HAWK_DOVE = [[-1, 4], [0, 2]]  # value 4, cost 6: two thirds hawks (Maynard Smith 1982)
ROCK_PAPER_SCISSORS = [[0, -1, 1], [1, 0, -1], [-1, 1, 0]]
COORDINATION = [[2, 0], [0, 1]]


@pytest.fixture(scope="module")
def nashpy() -> Any:
    """The extra that finds mixed equilibria."""
    return pytest.importorskip("nashpy", reason="mixed equilibria need nashpy: pip install 'negotiate-rt[games]'")


# -- the payoff matrix ------------------------------------------------------------------------------------------------


def test_payoffs_are_means_over_both_seats() -> None:
    matrix = payoff_matrix(SMALL)
    assert matrix.strategies == ("A", "B")
    assert np.allclose(matrix.payoffs, [[0.5, 0.8], [0.35, 0.0]])  # A against B: .9 and .7; B against A: .3 and .4
    assert matrix.games == ((2, 2), (2, 2))
    assert payoff_matrix(SMALL, ("B", "A")).payoffs[0] == matrix.payoffs[1][::-1]


def test_payoffs_need_every_pair_and_two_parties() -> None:
    with pytest.raises(ConfigurationError, match=r"'A' has not met itself \(allow self-play\) yet"):
        payoff_matrix(SMALL[1:])
    with pytest.raises(ConfigurationError, match="'A' has not met 'C' yet"):
        payoff_matrix([*SMALL, game(4, ("C", "C"), (0, 0))])
    with pytest.raises(ConfigurationError, match="game analysis is of games between two"):
        run_tournament(Tournament({"where": three()}, ["linear", "boulware"]), analysis=True)
    with pytest.raises(ConfigurationError, match="allow self-play"):
        run_tournament(Tournament({"a": two()}, ["linear", "boulware"], self_play=False), analysis=True)


@pytest.mark.parametrize("wrong", [[[1, 2]], [], [[float("nan")]], [["a"]], [[1, 2], [3]], 5])
def test_payoffs_are_a_square_matrix_of_numbers(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match="payoffs must be a square matrix"):
        replicate(wrong)


# -- pure equilibria and cycles ---------------------------------------------------------------------------------------


def test_the_dilemma_has_one_pure_equilibrium_and_no_cycle() -> None:
    assert pure_equilibria(DILEMMA) == ((1, 1),)
    assert best_response_cycles(DILEMMA) == ()
    assert best_responses(DILEMMA) == ((1,), (1,))


def test_hawk_against_dove_is_pure_and_best_responses_go_round() -> None:
    assert pure_equilibria(HAWK_DOVE) == ((0, 1),)
    assert best_response_cycles(HAWK_DOVE) == ((0, 1),)


def test_rock_paper_scissors_goes_round_without_a_pure_equilibrium() -> None:
    assert pure_equilibria(ROCK_PAPER_SCISSORS) == ()
    assert best_response_cycles(ROCK_PAPER_SCISSORS) == ((0, 1, 2),)


def test_ties_are_all_best_and_end_a_walk() -> None:
    assert best_responses([[1, 1], [1, 1]]) == ((0, 1), (0, 1))
    assert pure_equilibria([[1, 1], [1, 1]]) == ((0, 0), (0, 1), (1, 1))
    assert best_response_cycles([[1, 1], [1, 1]]) == ()


# -- replicator dynamics ----------------------------------------------------------------------------------------------


def test_defectors_take_over() -> None:
    path = replicate(DILEMMA)
    assert path.settled
    assert path.resting == (0.0, 1.0)
    shares = [one[1] for one in path.shares]
    assert shares[0] == 0.5
    assert shares == sorted(shares)
    assert path.survivors == {"1": 1.0}


@pytest.mark.parametrize("start", [(0.01, 0.99), (0.5, 0.5), (0.99, 0.01)])
def test_hawks_settle_at_value_over_cost_from_wherever_they_start(start: tuple[float, float]) -> None:
    path = replicate(HAWK_DOVE, start)
    assert path.settled
    assert path.resting == pytest.approx((2 / 3, 1 / 3), abs=1e-6)


def test_rock_paper_scissors_keeps_the_product_of_shares() -> None:
    """x y z is a constant of motion of the zero-sum game (Hofbauer and Sigmund 1998): the orbit neither widens nor closes."""
    path = replicate(ROCK_PAPER_SCISSORS, (0.5, 0.3, 0.2), steps=2_000)
    products = [float(np.prod(one)) for one in path.shares]
    assert not path.settled
    assert products == pytest.approx([0.03] * len(products), rel=1e-4)


def test_which_of_two_conventions_wins_depends_on_the_start() -> None:
    assert replicate(COORDINATION, (0.34, 0.66)).resting == (1.0, 0.0)  # the border lies at one third
    assert replicate(COORDINATION, (0.32, 0.68)).resting == (0.0, 1.0)


def test_scaling_and_shifting_payoffs_changes_nothing() -> None:
    plain = replicate(HAWK_DOVE, (0.2, 0.8))
    moved = replicate(np.array(HAWK_DOVE) * 1e-3 + 7, (0.2, 0.8))
    assert np.allclose(plain.shares, moved.shares, atol=1e-6)


def test_a_strategy_that_nobody_plays_stays_away_and_equal_ones_stay_as_they_are() -> None:
    assert replicate(DILEMMA, (1, 0)).resting == (1.0, 0.0)
    path = replicate([[2, 2], [2, 2]], (0.3, 0.7))
    assert path.settled
    assert path.resting == pytest.approx((0.3, 0.7))


def test_shares_always_sum_to_one_and_a_trajectory_is_short() -> None:
    path = replicate(np.array([[0, 9, 1], [2, 0, 7], [5, 1, 0]]), steps=5_000)
    assert len(path.times) == len(path.shares) <= 101
    assert all(sum(one) == pytest.approx(1) and min(one) >= 0 for one in path.shares)


@pytest.mark.parametrize("start", [(1,), (0, 0), (-1, 2), (float("nan"), 1)])
def test_start_is_a_share_for_each(start: Any) -> None:
    with pytest.raises(ConfigurationError, match="start must hold 2 shares"):
        replicate(DILEMMA, start)


# -- mixed equilibria -------------------------------------------------------------------------------------------------


def test_prisoners_dilemma_has_defection_as_its_only_equilibrium(nashpy: Any) -> None:
    found = mixed_equilibria(DILEMMA)
    assert found.complete
    assert [one.first for one in found.found] == [(0.0, 1.0)]
    assert found.found[0].payoffs == (1.0, 1.0)


def test_hawk_dove_has_one_mixed_and_one_lopsided_equilibrium(nashpy: Any) -> None:
    lopsided, mixed = mixed_equilibria(HAWK_DOVE).found
    assert (lopsided.first, lopsided.second, lopsided.symmetric) == ((1.0, 0.0), (0.0, 1.0), False)
    assert mixed.symmetric
    assert mixed.first == pytest.approx((2 / 3, 1 / 3))
    assert mixed.payoffs == pytest.approx((2 / 3, 2 / 3))


def test_rock_paper_scissors_is_played_evenly(nashpy: Any) -> None:
    [only] = mixed_equilibria(PayoffMatrix(("r", "p", "s"), tuple(map(tuple, ROCK_PAPER_SCISSORS)))).found
    assert only.first == pytest.approx((1 / 3,) * 3)
    assert only.regret == pytest.approx(0)


def test_coordination_has_both_conventions_and_one_mixture(nashpy: Any) -> None:
    found = mixed_equilibria(COORDINATION).found
    assert sorted(one.first for one in found) == [pytest.approx(one) for one in [(0, 1), (1 / 3, 2 / 3), (1, 0)]]


def test_degenerate_games_are_said_to_be(nashpy: Any) -> None:
    assert mixed_equilibria([[1, 1], [1, 1]]).degenerate


def test_dominated_strategies_are_put_aside_in_turn(nashpy: Any) -> None:
    # The last is worse than the second; without it the first is worse than the second as well.
    matrix = np.array([[1.0, 0.0, 9.0], [2.0, 1.0, 5.0], [0.0, 0.0, 0.0]])
    assert undominated_strategies(matrix) == [1]
    [only] = mixed_equilibria(matrix).found
    assert only.first == (0.0, 1.0, 0.0)


@pytest.mark.slow
def test_of_many_strategies_some_equilibria_are_found_and_said_to_be_some(nashpy: Any) -> None:
    count = 9  # rock, paper, scissors of nine: each beats the next four
    cyclic = [[0 if i == j else 1 if (j - i) % count <= count // 2 else -1 for j in range(count)] for i in range(count)]
    found = mixed_equilibria(cyclic)
    assert not found.complete
    assert found.found[0].first == pytest.approx((1 / count,) * count)


def test_without_nashpy_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> Any:
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(lab_equilibria, "import_module", absent)
    with pytest.raises(ConfigurationError, match=r"pip install 'negotiate-rt\[games\]'"):
        mixed_equilibria(DILEMMA)
    report = run_tournament(Tournament({"a": two()}, ["linear", "micro"], rounds=8), analysis=True)
    assert report.analysis is not None
    assert report.analysis.mixed is None
    assert "negotiate-rt[games]" in (report.analysis.note or "")
    assert report.analysis.matrix.strategies == ("linear", "micro")


def test_an_analysis_names_strategies() -> None:
    report = run_tournament(Tournament({"a": two()}, ["linear", "micro", "conceder"], rounds=20), analysis=True)
    found = report.analysis
    assert found is not None
    assert {name for pair in found.pure for name in pair} <= {"linear", "micro", "conceder"}
    assert sum(found.replication.resting) == pytest.approx(1)
    assert found.replication.strategies == found.matrix.strategies == ("linear", "micro", "conceder")
