"""Whether games are superadditive, convex, monotone, with witnesses; and what theory says of a structure of coalitions."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt import (
    AirportGame,
    BankruptcyGame,
    CoalitionGame,
    ConfigurationError,
    WeightedVotingGame,
    best_structure,
    is_convex,
    is_core_empty,
    is_in_core,
    is_monotone,
    is_superadditive,
    judge_structure,
    nucleolus,
    optimal_structure,
    shapley,
    structure_values,
)
from negotiate_rt.problems.games import NamedGame
from negotiate_rt.solutions.coalitions.judging import is_structure_core_empty

TABLES = st.integers(2, 4).flatmap(lambda n: st.lists(st.integers(-3, 9), min_size=1 << n, max_size=1 << n))


def game_of(table: list[int], costs: bool = False) -> CoalitionGame:
    players = range(len(table).bit_length() - 1)
    return CoalitionGame(players, lambda coalition: table[sum(1 << one for one in coalition)] if coalition else 0, costs=costs)


@given(TABLES, st.booleans())
@settings(max_examples=60)
def test_properties_are_those_of_brute_force_and_witnesses_break_them(table: list[int], costs: bool) -> None:
    game = game_of(table, costs)
    sign = -1 if costs else 1
    worth = [sign * (value if mask else 0) for mask, value in enumerate(table)]
    pairs = [(one, other) for one in range(len(table)) for other in range(len(table))]
    superadditive = all(worth[one] + worth[other] <= worth[one | other] for one, other in pairs if not one & other)
    convex = all(worth[one] + worth[other] <= worth[one | other] + worth[one & other] for one, other in pairs)
    monotone = all(sign * worth[one] <= sign * worth[other] for one, other in pairs if one & other == one)
    for verdict, truth in ((is_superadditive(game), superadditive), (is_convex(game), convex), (is_monotone(game), monotone)):
        assert bool(verdict) == truth, verdict.reason
        if not truth:
            one, other = (game.mask(coalition) for coalition in verdict.coalitions)
            if verdict.reason.startswith("not monotone"):
                assert one & other == one
                assert sign * worth[one] > sign * worth[other]
            else:
                assert worth[one] + worth[other] > worth[one | other] + worth[one & other]


@given(TABLES)
@settings(max_examples=30)
def test_convex_games_have_the_shapley_value_in_their_core(table: list[int]) -> None:
    game = game_of(table)
    if is_convex(game):
        assert is_superadditive(game)
        assert is_in_core(game, shapley(game))


def test_known_games_are_what_theory_says() -> None:
    assert is_convex(BankruptcyGame([100, 200, 300], 250))
    assert is_convex(AirportGame([4, 6, 10])), "cost games are concave, which is told as convex"
    assert not is_convex(WeightedVotingGame(2, [1, 1, 1]))
    assert is_monotone(WeightedVotingGame(2, [1, 1, 1]))
    assert is_superadditive(WeightedVotingGame(2, [1, 1, 1]))


@given(TABLES)
@settings(max_examples=30)
def test_judging_a_structure_agrees_with_its_parts(table: list[int]) -> None:
    game = game_of(table)
    found = optimal_structure(game)
    structure = best_structure(game)
    assert structure.worth == found.worth
    values = structure_values(game, "shapley")
    for block in structure.coalitions:
        assert sum(values[player] for player in block) == pytest.approx(float(game.worth(block)), abs=1e-9)
    told = judge_structure(game, values, structure.coalitions)
    assert told.stable == bool(is_in_core(game, values, structure.coalitions))
    assert told.best == found.worth
    if len(structure.coalitions) == 1:
        assert is_structure_core_empty(game) == is_core_empty(game)
        assert values == pytest.approx({player: float(value) for player, value in shapley(game).items()})
    if not is_structure_core_empty(game):
        kernel = nucleolus(game, structure.coalitions)
        assert is_in_core(game, kernel, structure.coalitions)


@given(TABLES)
@settings(max_examples=20)
def test_where_the_best_structures_core_is_empty_no_structure_has_one(table: list[int]) -> None:
    game = game_of(table)
    if not is_structure_core_empty(game):
        return
    players = list(game.players)
    for size in range(1, len(players)):
        for block in combinations(players, size):
            rest = [player for player in players if player not in block]
            found = nucleolus(game, [block, rest])
            assert found is None or not is_in_core(game, found, [block, rest])


def test_named_game_is_the_same_game() -> None:
    base = BankruptcyGame([100, 200, 300], 200)
    game = NamedGame(base, ["x", "y", "z"])
    assert game.worth(["y", "z"]) == base.worth([2, 3]) == 100
    assert list(shapley(game).values()) == list(shapley(base).values())
    assert list(game.table()) == list(base.table())
    with pytest.raises(ConfigurationError, match="expected 3 names"):
        NamedGame(base, ["x", "y"])


def test_too_many_players_are_refused() -> None:
    game = CoalitionGame(range(17), len)
    for ask in (is_superadditive, is_convex, is_monotone, lambda one: judge_structure(one, {}, [])):
        with pytest.raises(ConfigurationError, match="at most 16 players"):
            ask(game)
