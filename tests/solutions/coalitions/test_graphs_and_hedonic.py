"""Games on graphs, and partitions that are stable where players care whom they are with."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.games import CoalitionGame
from negotiate_rt.problems.known_games import WeightedVotingGame
from negotiate_rt.solutions.coalitions.graphs import GraphGame, myerson_value
from negotiate_rt.solutions.coalitions.hedonic import (
    HedonicGame,
    is_core_stable,
    is_individually_stable,
    is_nash_stable,
    stable_partitions,
)
from negotiate_rt.solutions.coalitions.values import shapley

F = Fraction
MAJORITY = WeightedVotingGame(2, [1, 1, 1])


def test_myerson_gives_the_broker_most() -> None:
    assert myerson_value(MAJORITY, [(1, 2), (2, 3)]) == {1: F(1, 6), 2: F(2, 3), 3: F(1, 6)}
    assert GraphGame(MAJORITY, [(1, 2)]).worth([1, 3]) == 0


@given(
    st.integers(2, 4).flatmap(
        lambda n: st.tuples(
            st.lists(st.integers(-5, 9), min_size=2**n - 1, max_size=2**n - 1),
            st.sets(st.sampled_from(list(itertools.combinations(range(n), 2)))),
        )
    )
)
def test_myerson_is_fair_and_efficient_in_each_part(drawn: tuple[list[int], set[tuple[int, int]]]) -> None:
    table, links = [0, *drawn[0]], drawn[1]
    players = range(len(table).bit_length() - 1)
    game = CoalitionGame(players, lambda coalition: table[sum(1 << one for one in coalition)])
    values = myerson_value(game, links)
    restricted = GraphGame(game, links)
    assert sum(values.values()) == restricted.worth(players)
    if len(links) == len(players) * (len(players) - 1) // 2:
        assert values == shapley(game)
    for link in links:
        without = myerson_value(game, links - {link})
        assert values[link[0]] - without[link[0]] == values[link[1]] - without[link[1]]


def test_friends_stay_together() -> None:
    game = HedonicGame("abc", {"a": {"b": 2, "c": -1}, "b": {"a": 2, "c": -1}, "c": {"a": 1, "b": 1}})
    together = [{"a", "b"}, {"c"}]
    nash = is_nash_stable(game, together)
    assert (nash.leaving, nash.joining) == ({"c"}, {"a", "b", "c"})
    assert is_individually_stable(game, together)
    assert is_core_stable(game, together)
    blocked = is_core_stable(game, [{"a"}, {"b"}, {"c"}])
    assert blocked.leaving == {"a", "b"}
    assert list(stable_partitions(game)) == [(frozenset("abc"),)]
    assert [set(blocks) for blocks in stable_partitions(game, "core")] == [{frozenset("ab"), frozenset("c")}]


SQUARES = st.integers(1, 4).flatmap(
    lambda n: st.lists(st.lists(st.integers(-3, 3), min_size=n, max_size=n), min_size=n, max_size=n)
)


@given(SQUARES)
def test_nash_stable_is_individually_stable_and_symmetric_games_have_one(rows: list[list[int]]) -> None:
    game = HedonicGame(range(len(rows)), {one: dict(enumerate(row)) for one, row in enumerate(rows)})
    assert set(stable_partitions(game, "nash")) <= set(stable_partitions(game, "individual"))
    alike = HedonicGame(
        range(len(rows)), {one: {two: rows[min(one, two)][max(one, two)] for two in range(len(rows))} for one in range(len(rows))}
    )
    assert next(stable_partitions(alike, "nash"), None) is not None  # Bogomolnaia and Jackson (2002): a potential


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: HedonicGame([], {}), "at least one"),
        (lambda: HedonicGame("ab", {"c": {}}), "no player"),
        (lambda: is_nash_stable(HedonicGame("ab", {}), ["a"]), "exactly once"),
        (lambda: stable_partitions(HedonicGame("ab", {}), "nesh"), "did you mean 'nash'"),
        (lambda: stable_partitions(HedonicGame(range(11), {})), "at most 10"),
        (lambda: is_core_stable(HedonicGame(range(17), {}), [range(17)]), "at most 16"),
        (lambda: is_nash_stable(HedonicGame("ab", lambda *_: float("nan")), "ab"), "finite"),
        (lambda: GraphGame(MAJORITY, [(1, 1)]), "pairs"),
        (lambda: GraphGame(MAJORITY, [(1, 4)]), "no player"),
    ],
)
def test_bad_input_is_said(make: object, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        make()  # type: ignore[operator]
