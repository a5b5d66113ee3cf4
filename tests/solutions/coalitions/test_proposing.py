"""Stationary equilibria of bargaining among n players: proposer's shares, and that nobody gains by another proposal."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt import AirportGame, CoalitionGame, ConfigurationError, random_proposer_shares, rejector_proposes

TABLES = st.integers(2, 4).flatmap(lambda n: st.lists(st.integers(0, 9), min_size=1 << n, max_size=1 << n))
DISCOUNTS = st.sampled_from([Fraction(0), Fraction(1, 3), Fraction(1, 2), Fraction(9, 10), Fraction(99, 100)])


def game_of(table: list[int]) -> CoalitionGame:
    players = range(len(table).bit_length() - 1)
    return CoalitionGame(players, lambda coalition: table[sum(1 << one for one in coalition)] if coalition else 0)


def coalitions_with(players: tuple[int, ...], player: int) -> list[frozenset[int]]:
    others = [one for one in players if one != player]
    return [frozenset((player, *some)) for size in range(len(players)) for some in combinations(others, size)]


def test_two_share_as_in_rubinsteins_game_of_case_1() -> None:
    game = CoalitionGame("ab", {"ab": 1}, otherwise=0)
    found = rejector_proposes(game, Fraction(9, 10))
    assert found.payoffs == {"a": Fraction(10, 19), "b": Fraction(10, 19)}
    assert found.waiting["b"] == Fraction(9, 19) == 1 - found.payoffs["a"]


def test_n_players_with_one_good_coalition_share_by_the_formula() -> None:
    for n in (3, 5, 8):
        game = CoalitionGame(range(n), lambda coalition, n=n: int(len(coalition) == n))
        delta = Fraction(4, 5)
        found = rejector_proposes(game, delta)
        assert set(found.payoffs.values()) == {1 / (1 + delta * (n - 1))}
        shares = random_proposer_shares(game, delta)
        assert shares is not None
        assert set(shares.waiting.values()) == {delta / n}
        assert set(shares.payoffs.values()) == {1 - delta * (n - 1) / n}


def test_majority_leaves_one_out() -> None:
    game = CoalitionGame("abc", {"ab": 1, "ac": 1, "bc": 1, "abc": 1}, otherwise=0)
    assert all(len(proposal) == 2 for proposal in rejector_proposes(game, 0.9).proposals.values())
    assert random_proposer_shares(game, 0.9) is None


@given(TABLES, DISCOUNTS)
@settings(max_examples=80)
def test_each_proposal_is_the_best_that_there_is(table: list[int], delta: Fraction) -> None:
    game = game_of(table)
    found = rejector_proposes(game, delta)
    for player in game.players:
        gains = {
            coalition: game.worth(coalition) - sum(found.waiting[one] for one in coalition if one != player)
            for coalition in coalitions_with(game.players, player)
        }
        assert found.payoffs[player] == max(gains.values()) == gains[found.proposals[player]]
        assert found.waiting[player] == delta * found.payoffs[player]


@given(TABLES, DISCOUNTS)
@settings(max_examples=60)
def test_random_proposers_stay_together_only_where_none_gains_by_leaving_somebody_out(table: list[int], delta: Fraction) -> None:
    game = game_of(table)
    whole, count = Fraction(game.worth_of(game.grand)), len(game)
    share = delta * whole / count
    gains = [
        game.worth(coalition) - share * (len(coalition) - 1)
        for player in game.players for coalition in coalitions_with(game.players, player)
    ]  # fmt: skip
    found = random_proposer_shares(game, delta)
    assert (found is not None) == (whole - share * (count - 1) >= max(gains))
    if found is not None:
        assert sum(found.payoffs.values()) / count + sum(found.waiting.values()) * (count - 1) / count == whole


@pytest.mark.parametrize("solve", [rejector_proposes, random_proposer_shares])
def test_bad_input_is_said(solve) -> None:
    game = CoalitionGame("ab", {"ab": 1}, otherwise=0)
    with pytest.raises(ConfigurationError, match="from 0 to below 1"):
        solve(game, 1)
    with pytest.raises(ConfigurationError, match="discount"):
        solve(game, float("nan"))
    with pytest.raises(ConfigurationError, match="of gains"):
        solve(AirportGame([1, 2]), 0.5)
    with pytest.raises(ConfigurationError, match="may not be negative"):
        solve(CoalitionGame("ab", {"a": -1}, otherwise=0), 0.5)
    with pytest.raises(ConfigurationError, match="at most 16 players"):
        solve(CoalitionGame(range(17), len), 0.5)
