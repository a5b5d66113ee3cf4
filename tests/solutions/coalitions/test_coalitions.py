"""Coalitional games: the books' numbers, the axioms, and brute force."""

from __future__ import annotations

import itertools
import math
import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.games import CoalitionGame
from negotiate_rt.problems.known_games import AirportGame, BankruptcyGame, GloveGame, WeightedVotingGame
from negotiate_rt.solutions.coalitions.bargaining_set import Objection, counter_objection, is_in_bargaining_set
from negotiate_rt.solutions.coalitions.coalition_structures import optimal_structure
from negotiate_rt.solutions.coalitions.core import core_point, is_core_empty, is_in_core
from negotiate_rt.solutions.coalitions.kernel import is_in_kernel, kernel_point
from negotiate_rt.solutions.coalitions.kohlberg import is_nucleolus
from negotiate_rt.solutions.coalitions.nucleolus import least_core, nucleolus, prenucleolus
from negotiate_rt.solutions.coalitions.sampling import sample_banzhaf, sample_shapley
from negotiate_rt.solutions.coalitions.values import banzhaf, shapley

F = Fraction
MAJORITY = WeightedVotingGame(2, [1, 1, 1])


def game_of(table: list[int], costs: bool = False) -> CoalitionGame:
    players = range(len(table).bit_length() - 1)
    return CoalitionGame(players, lambda coalition: table[sum(1 << player for player in coalition)], costs=costs)


@st.composite
def tables(draw: st.DrawFn, most: int = 5) -> list[int]:
    players = draw(st.integers(1, most))
    return [0, *draw(st.lists(st.integers(-8, 20), min_size=2**players - 1, max_size=2**players - 1))]


@st.composite
def superadditive(draw: st.DrawFn, most: int = 5) -> list[int]:
    table = draw(tables(most))
    for mask in range(1, len(table)):
        part, best = (mask - 1) & mask, 0
        while part:
            best = max(best, table[part] + table[mask ^ part])
            part = (part - 1) & mask
        alone = mask.bit_count() == 1
        table[mask] = abs(table[mask]) % 3 if alone else best + abs(table[mask]) % 5 * (mask + 1 < len(table))
    return table


# --------------------------------------------------------------------------------------------------------------- values
def by_orders(table: list[int]) -> list[Fraction]:
    players = len(table).bit_length() - 1
    total = [F(0)] * players
    for order in itertools.permutations(range(players)):
        mask = 0
        for player in order:
            total[player] += table[mask | 1 << player] - table[mask]
            mask |= 1 << player
    return [one / math.factorial(players) for one in total]


def test_shapley_of_the_glove_market_favours_the_short_side() -> None:
    assert shapley(GloveGame(["l"], ["r1", "r2"])) == {"l": F(2, 3), "r1": F(1, 6), "r2": F(1, 6)}


@pytest.mark.parametrize(
    ("costs", "shares"), [([1, 2, 3], [F(1, 3), F(5, 6), F(11, 6)]), ([4, 6, 10], [F(4, 3), F(7, 3), F(19, 3)])]
)
def test_shapley_of_an_airport_splits_each_stretch_among_its_users(costs: list[int], shares: list[Fraction]) -> None:
    game = AirportGame(costs)
    assert list(shapley(game).values()) == shares
    assert list(shapley(CoalitionGame(game.players, game.worth)).values()) == shares  # the same from the table


def test_shapley_of_a_bankruptcy_differs_from_the_talmud() -> None:
    assert list(shapley(BankruptcyGame([100, 200, 300], 200)).values()) == [F(100, 3), F(250, 3), F(250, 3)]


def test_shapley_shubik_index_of_4_3_2_1() -> None:
    assert shapley(WeightedVotingGame(4, {"a": 3, "b": 2, "c": 1})) == {"a": F(2, 3), "b": F(1, 6), "c": F(1, 6)}
    assert banzhaf(WeightedVotingGame(4, [3, 2, 1]), normalized=True) == {1: F(3, 5), 2: F(1, 5), 3: F(1, 5)}


def test_security_council_by_generating_function_and_by_table() -> None:
    council = WeightedVotingGame(39, [7] * 5 + [1] * 10)
    power = shapley(council)
    assert (power[1], power[15]) == (F(421, 2145), F(4, 2145))
    plain = CoalitionGame(council.players, lambda one: int(sum(7 if member <= 5 else 1 for member in one) >= 39))
    assert shapley(plain) == power
    assert banzhaf(plain) == banzhaf(council)


def test_voting_of_a_hundred_is_exact_without_looking_at_coalitions() -> None:
    game = WeightedVotingGame(51, [1] * 100)
    assert set(shapley(game).values()) == {F(1, 100)}
    assert set(banzhaf(game).values()) == {F(math.comb(99, 50), 2**99)}


def test_shapley_of_twenty_players_from_the_whole_table() -> None:
    claims = [3, 7, 1, 9, 5, 2, 8, 4, 6, 10, 11, 13, 12, 15, 17, 14, 16, 18, 20, 19]
    values = shapley(BankruptcyGame(claims, 100))
    assert sum(values.values()) == 100
    assert values[1] == F(12822749, 8953560)


@given(tables())
@settings(max_examples=25)
def test_shapley_is_the_mean_over_orders(table: list[int]) -> None:
    assert list(shapley(game_of(table)).values()) == by_orders(table)


@given(tables(), tables())
@settings(max_examples=25)
def test_shapley_is_efficient_and_additive(one: list[int], other: list[int]) -> None:
    size = min(len(one), len(other))
    one, other = one[:size], other[:size]
    both = [a + b for a, b in zip(one, other, strict=True)]
    values = [shapley(game_of(table)) for table in (one, other, both)]
    assert all(sum(value.values()) == table[-1] for value, table in zip(values, (one, other, both), strict=True))
    assert all(values[0][player] + values[1][player] == values[2][player] for player in values[2])


@given(tables(4), st.integers(-3, 7))
@settings(max_examples=25)
def test_shapley_treats_equals_equally_and_gives_a_dummy_what_it_has(table: list[int], alone: int) -> None:
    wide = [*table, *(value + alone for value in table)]  # one more player, who adds `alone` to everybody
    assert list(shapley(game_of(wide)).values())[-1] == alone
    sizes = [int(table[(1 << mask.bit_count()) - 1]) for mask in range(len(table))]  # only the number of members counts
    assert len(set(shapley(game_of(sizes)).values())) == 1


@given(tables())
def test_banzhaf_is_the_mean_over_coalitions(table: list[int]) -> None:
    players = len(table).bit_length() - 1
    for player, value in banzhaf(game_of(table)).items():
        without = [mask for mask in range(len(table)) if not mask >> player & 1]
        assert value == F(sum(table[mask | 1 << player] - table[mask] for mask in without), 2 ** (players - 1))


def test_sampled_values_hold_the_true_ones_and_repeat_with_the_seed() -> None:
    council = WeightedVotingGame(39, [7] * 5 + [1] * 10)
    drawn = sample_shapley(council, random.Random(7), 1500, confidence=0.999)
    low, high = drawn.interval(1)
    assert low <= 421 / 2145 <= high
    assert sum(drawn.values.values()) == pytest.approx(1)
    assert drawn == sample_shapley(council, random.Random(7), 1500, confidence=0.999)
    exact = banzhaf(council)
    guess = sample_banzhaf(council, random.Random(7), 1500, confidence=0.999)
    assert all(abs(guess.values[player] - exact[player]) <= guess.margins[player] + 1e-9 for player in (1, 2, 3, 4, 5))


def test_sampling_reaches_where_tables_do_not() -> None:
    game = CoalitionGame(range(40), lambda coalition: len(coalition) ** 2)
    drawn = sample_shapley(game, random.Random(1), 200)
    assert drawn.values[0] == pytest.approx(40, abs=6)


# --------------------------------------------------------------------------------------------------- core and nucleolus
def test_glove_market_has_one_core_point() -> None:
    game = GloveGame(["l"], ["r1", "r2"])
    alone = {"l": 1, "r1": 0, "r2": 0}
    assert nucleolus(game) == core_point(game) == alone
    assert is_in_core(game, alone)
    verdict = is_in_core(game, shapley(game))
    assert not verdict
    assert (verdict.coalition, verdict.excess) == (frozenset({"l", "r1"}), F(1, 6))


@pytest.mark.parametrize(("costs", "shares"), [([1, 2, 3], [F(1, 2), F(3, 4), F(7, 4)]), ([4, 6, 10], [2, 2, 6])])
def test_nucleolus_of_an_airport(costs: list[int], shares: list[Fraction]) -> None:
    game = AirportGame(costs)
    found = nucleolus(game)
    assert found is not None
    assert list(found.values()) == shares
    assert is_nucleolus(game, found)
    assert is_in_core(game, found)
    assert not is_in_core(game, {**found, 1: found[1] + 1})


@pytest.mark.parametrize(
    ("estate", "awards"), [(100, [F(100, 3)] * 3), (200, [50, 75, 75]), (300, [50, 100, 150])]
)
def test_nucleolus_of_a_bankruptcy_is_the_talmud(estate: int, awards: list[Fraction]) -> None:
    assert list((nucleolus(BankruptcyGame([100, 200, 300], estate)) or {}).values()) == awards


def test_three_player_majority_has_no_core() -> None:
    least = least_core(MAJORITY)
    assert is_core_empty(MAJORITY)
    assert least.epsilon == F(1, 3)
    assert set(least.payoffs.values()) == {F(1, 3)}
    assert sum(least.weights.values()) == pytest.approx(1)
    assert nucleolus(MAJORITY) == shapley(MAJORITY)


def test_no_imputation_no_nucleolus() -> None:
    game = CoalitionGame("ab", {"a": 3, "b": 4, ("a", "b"): 5})
    assert nucleolus(game) is None
    assert prenucleolus(game) == {"a": 2, "b": 3}


def test_players_of_one_letter_make_coalitions_as_words() -> None:
    assert CoalitionGame("ab", {"a": 1, "b": 2, "ab": 4}).worth("ba") == 4


def test_lone_player_gets_its_worth() -> None:
    game = CoalitionGame(["a"], {"a": 3})
    assert nucleolus(game) == prenucleolus(game) == shapley(game) == {"a": 3}
    assert least_core(game).epsilon == 0


@given(superadditive())
@settings(max_examples=25)
def test_nucleolus_is_certified_and_lies_in_kernel_and_bargaining_set(table: list[int]) -> None:
    game = game_of(table)
    found = nucleolus(game)
    assert found is not None
    assert is_nucleolus(game, found)
    assert is_in_kernel(game, found)
    assert is_in_bargaining_set(game, found)
    point = core_point(game)
    if point is not None:
        assert is_in_core(game, point)
        assert is_in_core(game, found)
    else:
        assert least_core(game).epsilon > 0


@given(superadditive(4), st.integers(0, 3), st.fractions(F(1, 50), 1))
@settings(max_examples=25)
def test_kohlberg_refuses_all_others(table: list[int], player: int, step: Fraction) -> None:
    game = game_of(table)
    found = nucleolus(game)
    assert found is not None
    if len(game) > 1:
        names = list(found)
        moved = {**found, names[player % len(game)]: found[names[player % len(game)]] + step}
        moved[names[(player + 1) % len(game)]] -= step
        assert not is_nucleolus(game, moved)


@given(tables(4), st.booleans())
@settings(max_examples=25)
def test_prenucleolus_is_certified_and_agrees_between_costs_and_gains(table: list[int], costs: bool) -> None:
    found = prenucleolus(game_of(table, costs))
    assert is_nucleolus(game_of(table, costs), found, rational=False)
    negative = prenucleolus(game_of([-value for value in table], not costs))
    assert {player: -value for player, value in negative.items()} == found


@given(tables(4), st.lists(st.integers(-5, 15), min_size=4, max_size=4))
@settings(max_examples=25)
def test_core_verdict_is_brute_force(table: list[int], paid: list[int]) -> None:
    game = game_of(table)
    payoffs = dict(zip(game.players, paid, strict=False))
    payoffs[0] = table[-1] - sum(payoffs[player] for player in game.players if player)
    short = {mask: table[mask] - sum(payoffs[player] for player in game.players if mask >> player & 1)
             for mask in range(1, len(table))}  # fmt: skip
    verdict = is_in_core(game, payoffs)
    assert bool(verdict) == (max(short.values()) <= 0)
    if not verdict:
        assert verdict.excess == max(short.values())
        assert short[game.mask(verdict.coalition or ())] == verdict.excess


@pytest.mark.parametrize("seed", range(3))
def test_nucleolus_of_twelve_players_is_certified(seed: int) -> None:
    rng = random.Random(seed)
    table = [rng.randint(0, 10 * mask.bit_count() ** 2) for mask in range(1 << 12)]
    table[0], table[-1] = 0, 10 * 144
    game = game_of(table)
    found = nucleolus(game)
    assert found is not None
    assert is_nucleolus(game, found)


def test_nucleolus_of_a_voting_body_with_many_ties_is_certified() -> None:
    game = WeightedVotingGame(39, [7] * 3 + [5] * 4 + [1] * 5)
    found = nucleolus(game)
    assert list((found or {}).values()) == [F(1, 7)] * 7 + [0] * 5
    assert is_nucleolus(game, found or {})


def test_float_worths_give_float_nucleolus() -> None:
    game = CoalitionGame("abc", lambda coalition: 0.1 * len(coalition) ** 2)
    found = nucleolus(game)
    assert found is not None
    assert all(value == pytest.approx(0.3) and isinstance(value, float) for value in found.values())
    assert is_nucleolus(game, found)


# ------------------------------------------------------------------------------------------------------- bargaining set
def test_majority_pair_must_share_evenly() -> None:
    pair = [{1, 2}, {3}]
    even = is_in_bargaining_set(MAJORITY, {1: F(1, 2), 2: F(1, 2), 3: 0}, pair)
    assert even
    assert even.objection is not None
    assert even.counter_objection is not None
    uneven = is_in_bargaining_set(MAJORITY, {1: F(2, 3), 2: F(1, 3), 3: 0}, pair)
    assert not uneven
    assert uneven.objection is not None
    assert (uneven.objection.player, uneven.objection.against) == (2, 1)
    assert counter_objection(MAJORITY, {1: F(2, 3), 2: F(1, 3), 3: 0}, uneven.objection) is None
    assert "no counter-objection" in str(uneven)
    assert is_in_kernel(MAJORITY, {1: F(1, 2), 2: F(1, 2), 3: 0}, pair)
    kernel = is_in_kernel(MAJORITY, {1: F(2, 3), 2: F(1, 3), 3: 0}, pair)
    assert (kernel.strong, kernel.weak) == (2, 1)
    assert kernel_point(MAJORITY, pair) == {1: F(1, 2), 2: F(1, 2), 3: 0}


@given(superadditive(4), st.randoms(use_true_random=False))
@settings(max_examples=20)
def test_verdict_and_sampled_objections_agree(table: list[int], rng: random.Random) -> None:
    """No objection drawn at random is justified where the verdict says that all are countered."""
    game = game_of(table)
    found = nucleolus(game)
    assert found is not None
    cut = sorted(F(rng.randint(0, 100), 100) for _ in range(len(game) - 1))
    parts = [b - a for a, b in itertools.pairwise([F(0), *cut, F(1)])]
    spare = table[-1] - sum(table[1 << player] for player in game.players)
    payoffs = {player: table[1 << player] + spare * part for player, part in zip(game.players, parts, strict=True)}
    verdict = is_in_bargaining_set(game, payoffs)
    if not verdict:
        assert verdict.objection is not None
        assert counter_objection(game, payoffs, verdict.objection) is None
        return
    for i, j in itertools.permutations(game.players, 2):
        for mask in range(1, len(table)):
            excess = table[mask] - sum(payoffs[player] for player in game.players if mask >> player & 1)
            if mask >> i & 1 and not mask >> j & 1 and excess > 0:
                members = [player for player in game.players if mask >> player & 1]
                weights = [F(rng.randint(1, 20)) for _ in members]
                offer = {player: payoffs[player] + excess * weight / sum(weights)
                         for player, weight in zip(members, weights, strict=True)}  # fmt: skip
                objection = Objection(player=i, against=j, coalition=frozenset(members), payoffs=offer)
                assert counter_objection(game, payoffs, objection) is not None


# ----------------------------------------------------------------------------------------------------------- structures
RAHWAN_JENNINGS = {
    (1,): 30, (2,): 40, (3,): 25, (4,): 45, (1, 2): 50, (1, 3): 60, (1, 4): 80, (2, 3): 55, (2, 4): 70, (3, 4): 80,
    (1, 2, 3): 90, (1, 2, 4): 120, (1, 3, 4): 100, (2, 3, 4): 115, (1, 2, 3, 4): 140,
}  # fmt: skip


def partitions(players: list[int]) -> list[list[int]]:
    if not players:
        return [[]]
    first, rest = 1 << players[0], partitions(players[1:])
    return [[first, *one] for one in rest] + [
        [*one[:place], one[place] | first, *one[place + 1 :]] for one in rest for place in range(len(one))
    ]


def test_best_structure_of_rahwan_and_jennings() -> None:
    found = optimal_structure(CoalitionGame([1, 2, 3, 4], RAHWAN_JENNINGS))
    assert found.worth == 150
    assert set(found.coalitions) == {frozenset({1}), frozenset({2}), frozenset({3, 4})}
    assert found.proven
    assert len(partitions(list(range(4)))) == 15


@given(tables(6), st.booleans())
@settings(max_examples=25)
def test_structures_by_both_ways_are_brute_force(table: list[int], costs: bool) -> None:
    game = game_of(table, costs)
    sign = -1 if costs else 1
    best = max(sign * sum(table[mask] for mask in one) for one in partitions(list(game.players)))
    exact = optimal_structure(game)
    assert sign * exact.worth == best == sign * exact.bound
    assert sorted(player for coalition in exact for player in coalition) == list(game.players)
    searched = optimal_structure(game, exact=False, effort=300)
    assert sign * searched.worth <= best <= sign * searched.bound + 1e-6
    assert not searched.proven or sign * searched.worth == best


@pytest.mark.slow
def test_structures_of_fourteen_and_sixteen_players_agree_both_ways() -> None:
    for players in (14, 16):
        rng = random.Random(players)
        game = game_of([round(rng.gauss(100, 30) * mask.bit_count()) for mask in range(1 << players)])
        exact, searched = optimal_structure(game), optimal_structure(game, exact=False, effort=100_000)
        assert searched.proven
        assert searched.worth == exact.worth


def test_structure_of_many_players_is_found_anyhow() -> None:
    game = CoalitionGame(range(40), lambda coalition: -abs(len(coalition) - 5))
    found = optimal_structure(game, effort=20_000)
    assert sorted(player for coalition in found.coalitions for player in coalition) == list(range(40))
    assert (found.bound, found.proven) == (math.inf, False)
    assert found.worth >= -8


# ------------------------------------------------------------------------------------------------------------ bad input
@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: CoalitionGame([], len), "at least one player"),
        (lambda: CoalitionGame(["a", "a"], len), "named twice"),
        (lambda: CoalitionGame("ab", 3), "expected a function"),  # type: ignore[arg-type]
        (lambda: CoalitionGame("ab", {"a": 1}), "lacks 2 of 4"),
        (lambda: CoalitionGame("ab", {"a": 1, ("a",): 2}, otherwise=0), "inconsistent worths"),
        (lambda: CoalitionGame("ab", {(): 1}, otherwise=0), "empty coalition"),
        (lambda: CoalitionGame("ab", {"c": 1}, otherwise=0), "'c'"),
        (lambda: CoalitionGame("ab", {"a": math.nan}, otherwise=0), "must be finite"),
        (lambda: CoalitionGame("ab", lambda one: math.inf).table(), "must be finite"),
        (lambda: CoalitionGame("ab", lambda one: "much").worth("a"), "must be a number"),  # type: ignore[arg-type,return-value]
        (lambda: shapley(CoalitionGame(range(10**6), len)), "at most 24 players, got 1000000"),
        (lambda: nucleolus(CoalitionGame(range(30), len)), "at most 20 players"),
        (lambda: is_in_bargaining_set(CoalitionGame(range(13), len), dict.fromkeys(range(13), 1)), "at most 12"),
        (lambda: optimal_structure(CoalitionGame(range(30), len), exact=True), "at most 24"),
        (lambda: is_in_core(MAJORITY, {1: 1, 2: 0}), "none for 3"),
        (lambda: is_in_core(MAJORITY, {1: 1, 2: 0, 3: 0, 4: 0}), "no player"),
        (lambda: is_in_core(MAJORITY, {1: math.nan, 2: 0, 3: 0}), "payoff of 1"),
        (lambda: nucleolus(MAJORITY, [{1, 2}, {2, 3}]), "shares a player"),
        (lambda: nucleolus(MAJORITY, [{1, 2}]), "nobody's coalition"),
        (lambda: WeightedVotingGame(0, [1, 2]), "quota"),
        (lambda: WeightedVotingGame(7, [1, 2]), "quota"),
        (lambda: WeightedVotingGame(1, [1, -2]), "at least 0"),
        (lambda: BankruptcyGame([1, 2], 4), "estate"),
        (lambda: BankruptcyGame([1, -2], 1), "at least 0"),
        (lambda: AirportGame([]), "there are none"),
        (lambda: GloveGame({"a": 1.5}, ["b"]), "whole number"),  # type: ignore[dict-item]
        (lambda: sample_shapley(MAJORITY, random.Random(1), 1), "samples"),
        (lambda: sample_shapley(MAJORITY, random.Random(1), 10, confidence=1.0), "confidence"),
    ],
)
def test_bad_input_is_said(make: object, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        make()  # type: ignore[operator]
