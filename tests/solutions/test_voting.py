"""Voting rules: worked elections, single-peaked preferences, and who can manipulate what."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.solutions.manipulability import gibbard_satterthwaite, manipulability
from negotiate_rt.solutions.voting import (
    RULES,
    all_rankings,
    borda,
    condorcet_winner,
    copeland,
    single_peaked_rankings,
    vote,
)

ABC = ("a", "b", "c")

# Tennessee's capital, the usual example: shares of voters in percent, towns by distance.
CAPITALS = (
    [("Memphis", "Nashville", "Chattanooga", "Knoxville")] * 42
    + [("Nashville", "Chattanooga", "Knoxville", "Memphis")] * 26
    + [("Chattanooga", "Knoxville", "Nashville", "Memphis")] * 15
    + [("Knoxville", "Chattanooga", "Nashville", "Memphis")] * 17
)


@pytest.mark.parametrize(
    ("rule", "winner"),
    [("plurality", "Memphis"), ("borda", "Nashville"), ("copeland", "Nashville"), ("instant-runoff", "Knoxville")],
)
def test_four_rules_choose_three_capitals(rule: str, winner: str) -> None:
    assert vote(rule, CAPITALS) == winner


def test_nashville_is_the_condorcet_winner_by_194_points() -> None:
    towns = sorted(set(CAPITALS[0]))
    assert condorcet_winner(CAPITALS) == "Nashville"
    assert borda(CAPITALS, towns) == ["Nashville"]
    points = {town: sum(3 - ranking.index(town) for ranking in CAPITALS) for town in towns}
    assert points == {"Memphis": 126, "Nashville": 194, "Chattanooga": 173, "Knoxville": 107}


def test_condorcet_paradox_has_no_winner_and_a_threefold_tie() -> None:
    cycle = [("a", "b", "c"), ("b", "c", "a"), ("c", "a", "b")]
    assert condorcet_winner(cycle) is None
    assert copeland(cycle, ABC) == ["a", "b", "c"]
    assert vote("copeland", cycle, ("c", "b", "a")) == "c"  # the first in the list of alternatives


def test_instant_runoff_is_not_monotone() -> None:
    # 17 voters (Fishburn and Brams 1983, in short): raising the winner on two ballots makes it lose.
    before = [("a", "b", "c")] * 6 + [("c", "a", "b")] * 5 + [("b", "c", "a")] * 4 + [("b", "a", "c")] * 2
    after = [("a", "b", "c")] * 6 + [("c", "a", "b")] * 5 + [("b", "c", "a")] * 4 + [("a", "b", "c")] * 2
    assert vote("instant-runoff", before) == "a"
    assert vote("instant-runoff", after) == "c"


def test_single_peaked_rankings_are_those_that_fall_on_both_sides_of_a_peak() -> None:
    line = (0, 1, 2, 3, 4)
    expected = {
        ranking
        for ranking in all_rankings(line)
        if all(
            ranking.index(middle) < ranking.index(far)
            for peak in (ranking[0],)
            for middle, far in itertools.permutations(line, 2)
            if peak <= middle < far or far < middle <= peak
        )
    }
    assert set(single_peaked_rankings(line)) == expected
    assert len(expected) == 2**4


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 9), st.integers(0, 10_000))
def test_median_beats_every_other_where_preferences_are_single_peaked(voters: int, seed: int) -> None:
    rng = random.Random(seed)
    rankings = [rng.choice(single_peaked_rankings(range(5))) for _ in range(voters)]
    chosen = vote("median", rankings, range(5))
    for other in set(range(5)) - {chosen}:  # Black's theorem; with an even number of voters it may draw
        assert 2 * sum(one.index(chosen) < one.index(other) for one in rankings) >= voters


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(all_rankings(ABC)), min_size=1, max_size=7))
def test_copeland_chooses_the_condorcet_winner(rankings: list[tuple[str, ...]]) -> None:
    best = condorcet_winner(rankings)
    if best is not None:
        assert vote("copeland", rankings, ABC) == best


@pytest.mark.parametrize("rule", ["plurality", "borda", "copeland", "instant-runoff"])
def test_every_rule_that_is_no_dictatorship_has_a_manipulation(rule: str) -> None:
    found = gibbard_satterthwaite(rule, ABC, 3)
    assert found.wins == ABC
    assert found.dictators == ()
    witness = found.witness
    assert witness is not None
    ballots = list(witness.rankings)
    assert vote(rule, ballots, ABC) == witness.before
    ballots[witness.voter] = witness.says
    assert vote(rule, ballots, ABC) == witness.after
    own = witness.rankings[witness.voter]
    assert own.index(witness.after) < own.index(witness.before)
    assert f"voter {witness.voter + 1}" in witness.told


def test_dictatorship_is_the_horn_without_manipulation() -> None:
    found = gibbard_satterthwaite("dictatorship", ABC, 3)
    assert found.dictators == (0,)
    assert found.witness is None
    assert found.holds


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(ABC), min_size=36, max_size=36))
def test_the_theorem_holds_for_any_table_of_winners(table: list[str]) -> None:
    rankings = all_rankings(ABC)
    places = {ranking: place for place, ranking in enumerate(rankings)}

    def rule(said: object) -> str:
        one, two = said  # type: ignore[misc]
        return table[places[one] * 6 + places[two]]

    assert gibbard_satterthwaite(rule, ABC, 2).holds


def test_share_of_manipulable_profiles_is_exact_for_few_voters() -> None:
    assert manipulability("plurality", ABC, 3).manipulable == 36
    assert manipulability("borda", ABC, 3).share == pytest.approx(51 / 216)
    assert manipulability("dictatorship", ABC, 3).share == 0
    assert manipulability("median", range(5), 3, rankings=single_peaked_rankings(range(5))).manipulable == 0
    assert manipulability("median", ABC, 3).manipulable == 36  # not single-peaked: no promise


def test_two_alternatives_leave_nothing_to_manipulate() -> None:
    for rule in RULES:
        assert manipulability(rule, ("yes", "no"), 5).share == 0


def test_a_sample_tells_its_seed_and_error() -> None:
    found = manipulability("borda", ABC, 3, samples=400, seed=7)
    assert found.seed == 7
    assert found == manipulability("borda", ABC, 3, samples=400, seed=7)
    assert abs(found.share - 51 / 216) < 4 * found.error
    assert manipulability("borda", tuple("abcd"), 9, samples=20).profiles == 20


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: vote("bordas", [ABC]), "did you mean 'borda'"),
        (lambda: vote("borda", []), "one or more rankings"),
        (lambda: vote("borda", [ABC, ("a", "b")]), r"rankings\[1\] must name each of a, b, c once"),
        (lambda: vote("borda", [ABC, ("a", "b", "b")]), r"rankings\[1\]"),
        (lambda: vote("borda", [ABC], "abc"), "alternatives must be a list"),
        (lambda: vote("borda", [("a", "a")]), "must differ"),
        (lambda: manipulability("borda", ABC, 0), "voters must be a whole number >= 1"),
        (lambda: manipulability("borda", ABC, 3, samples=0), "samples must be"),
        (lambda: gibbard_satterthwaite("borda", tuple("abcd"), 5), "take fewer"),
        (lambda: manipulability(lambda said: "z", ABC, 2), "no alternative"),
    ],
)
def test_mistakes_are_told(call: object, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        call()  # type: ignore[operator]
