"""Fair division: the books' numbers, properties, and verdicts against brute force."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.goods import DivisionProblem
from negotiate_rt.problems.known_games import BankruptcyGame
from negotiate_rt.solutions.coalitions.nucleolus import nucleolus
from negotiate_rt.solutions.division import integer_program
from negotiate_rt.solutions.division.bankruptcy import (
    RULES,
    constrained_equal_awards,
    constrained_equal_losses,
    contested_garment,
    divide_estate,
    proportional_awards,
    talmud,
)
from negotiate_rt.solutions.division.cake import CakeValue, cut_and_choose, even_paz, moving_knife
from negotiate_rt.solutions.division.fairness import (
    assess_division,
    is_ef1,
    is_efx,
    is_envy_free,
    is_equitable,
    is_maximin_share,
    is_pareto_optimal,
    is_prop1,
    is_proportional,
)
from negotiate_rt.solutions.division.leximin import leximin
from negotiate_rt.solutions.division.maximin import maximin_partition
from negotiate_rt.solutions.division.nash_welfare import maximum_nash_welfare
from negotiate_rt.solutions.division.random_assignment import assignment_lottery, probabilistic_serial
from negotiate_rt.solutions.division.rent import divide_rent
from negotiate_rt.solutions.division.sealed_bids import knaster
from negotiate_rt.solutions.division.turns import envy_cycle_elimination, round_robin
from negotiate_rt.solutions.division.two_parties import adjusted_winner, divide_and_choose

F = Fraction
SOLVERS = [
    "own",
    pytest.param("highs", marks=pytest.mark.skipif(not integer_program.has_highs(), reason="HiGHS is an extra: [solvers]")),
]


@st.composite
def problems(draw: st.DrawFn, low: int = 0, high: int = 6, parties: int = 3, items: int = 5) -> DivisionProblem:
    width = draw(st.integers(1, items))
    rows = draw(st.lists(st.lists(st.integers(low, high), min_size=width, max_size=width), min_size=1, max_size=parties))
    return DivisionProblem(dict(enumerate(rows)))


KINDS = st.one_of(problems(), problems(-6, 0), problems(-5, 5))


def allocations(problem: DivisionProblem) -> list[dict[int, list[int]]]:
    return [
        {one: [item for item, who in zip(problem.items, owners, strict=True) if who == one] for one in problem.parties}
        for owners in itertools.product(problem.parties, repeat=len(problem.items))
    ]


# --------------------------------------------------------------------------------------------------------- two parties
@pytest.mark.parametrize(
    ("one", "two", "split", "kept", "points"),
    [
        ([10, 40, 10, 38, 2], [38, 20, 30, 10, 2], 2, F(13, 15), F(218, 3)),  # Trump; 2/15 of Palm Beach goes over
        ([30, 15, 20, 30, 5], [20, 25, 15, 15, 25], 3, F(1, 7), F(440, 7)),  # Macmillan
        ([40, 30, 10, 10, 10], [50, 20, 15, 10, 5], 1, F(1, 6), F(170, 3)),  # New York University
    ],
)
def test_adjusted_winner_of_the_books(
    one: list[int], two: list[int], split: int, kept: Fraction, points: Fraction
) -> None:
    """Cases 20, 21 and 22."""
    found = adjusted_winner(DivisionProblem({"a": one, "b": two}))
    assert found.split == split
    assert found.shares["a"][split] == kept
    assert found.points == {"a": points, "b": points}


@given(st.integers(1, 6).flatmap(lambda width: st.tuples(*[st.lists(st.integers(0, 9), min_size=width, max_size=width)] * 2)))
def test_adjusted_winner_is_envy_free_equitable_and_efficient_with_one_split(rows: tuple[list[int], list[int]]) -> None:
    problem = DivisionProblem(dict(enumerate(rows)))
    if not all(map(sum, rows)):
        with pytest.raises(ConfigurationError, match="gives no item any points"):
            adjusted_winner(problem)
        return
    found = adjusted_winner(problem)
    assert is_envy_free(problem, found.shares)
    assert is_equitable(problem, found.shares, normalized=True)
    assert is_pareto_optimal(problem, found.shares, divisible=True)
    cut = [share for shares in found.shares.values() for share in shares.values() if share != 1]
    assert len(cut) == (0 if found.split is None else 2)
    assert sum(sum(shares.values()) for shares in found.shares.values()) == len(problem.items)


def test_divider_makes_halves_and_chooser_envies_nobody() -> None:
    problem = DivisionProblem({"a": [5, 4, 3, 3, 3], "b": [1, 9, 1, 1, 1]})
    found = divide_and_choose(problem)
    assert found["b"] == {1, 2}
    assert problem.worth("a", found["a"]) == 9
    assert is_maximin_share(problem, found)
    swapped = divide_and_choose(problem, divider="b")
    assert problem.worth("b", swapped["b"]) >= 4


# ----------------------------------------------------------------------------------------------------------- with money
def test_knaster_sells_the_house_to_carol() -> None:
    """Case 23."""
    bids = {"Bob": 120_000, "Carol": 200_000, "Ted": 140_000, "Alice": 180_000}
    found = knaster(DivisionProblem({name: {"house": bid} for name, bid in bids.items()}))
    assert found.allocation["Carol"] == {"house"}
    assert found.payments == {"Bob": -40_000, "Carol": 140_000, "Ted": -45_000, "Alice": -55_000}
    assert found.surplus == 40_000


@given(problems(0, 9, 4, 4))
def test_knaster_is_proportional_and_balanced(problem: DivisionProblem) -> None:
    found = knaster(problem)
    assert sum(found.payments.values()) == 0
    for party in problem.parties:
        assert problem.worth(party, found.allocation[party]) - found.payments[party] >= found.fair_shares[party]


SQUARES = st.integers(1, 4).flatmap(
    lambda n: st.lists(st.lists(st.integers(0, 20), min_size=n, max_size=n), min_size=n, max_size=n)
)


@given(SQUARES)
def test_rents_are_envy_free_and_the_worst_off_gains_most(rows: list[list[int]]) -> None:
    problem, rent = DivisionProblem(dict(enumerate(rows))), 20
    found = divide_rent(problem, rent)
    assert sum(found.rents.values()) == rent
    for party in problem.parties:
        own = problem.worth(party, [found.rooms[party]]) - found.payment(party)
        assert own == found.gains[party]
        assert own >= max(problem.worth(party, [room]) - price for room, price in found.rents.items())
    orders = itertools.permutations(range(len(rows)))
    best = max(sum(row[room] for row, room in zip(rows, order, strict=True)) for order in orders)
    assert sum(found.gains.values()) == best - rent


@pytest.mark.parametrize(
    ("estate", "awards"), [(100, [F(100, 3)] * 3), (200, [50, 75, 75]), (300, [50, 100, 150])]
)
def test_talmud_of_the_mishna(estate: int, awards: list[Fraction]) -> None:
    """Case 24."""
    assert list(talmud({"a": 100, "b": 200, "c": 300}, estate).values()) == awards


def test_contested_garment_gives_three_quarters() -> None:
    """Case 25."""
    assert contested_garment([1, F(1, 2)], 1) == {1: F(3, 4), 2: F(1, 4)} == talmud([1, F(1, 2)], 1)


def test_other_rules_of_bankruptcy() -> None:
    claims = [100, 200, 300]
    assert list(proportional_awards(claims, 300).values()) == [50, 100, 150]
    assert list(constrained_equal_awards(claims, 400).values()) == [100, 150, 150]
    assert list(constrained_equal_losses(claims, 200).values()) == [0, 50, 150]
    assert list(divide_estate([0.5, 1.0], 0.75, "proportional").values()) == [0.25, 0.5]


@given(st.lists(st.integers(0, 30), min_size=1, max_size=5), st.fractions(0, 1))
@settings(max_examples=25)
def test_awards_are_within_claims_and_add_up(claims: list[int], part: Fraction) -> None:
    estate = part * sum(claims)
    for name, rule in RULES.items():
        if name != "contested-garment" or len(claims) == 2:
            awards = list(rule(claims, estate).values())
            assert sum(awards) == estate
            assert all(0 <= award <= claim for award, claim in zip(awards, claims, strict=True))
    assert talmud(claims, estate) == nucleolus(BankruptcyGame(claims, estate))
    if len(claims) == 2:
        assert contested_garment(claims, estate) == talmud(claims, estate)


# --------------------------------------------------------------------------------------------------------- whole items
@given(KINDS)
def test_round_robin_is_ef1_for_goods_chores_and_both(problem: DivisionProblem) -> None:
    """Case 26, as the next two."""
    found = round_robin(problem)
    assert is_ef1(problem, found)
    assert sorted(item for bundle in found.values() for item in bundle) == list(problem.items)


@given(st.one_of(problems(), problems(-6, 0)))
def test_envy_cycles_leave_ef1(problem: DivisionProblem) -> None:
    found = envy_cycle_elimination(problem)
    assert is_ef1(problem, found)
    assert sorted(item for bundle in found.values() for item in bundle) == list(problem.items)


def test_envy_cycles_take_worths_that_do_not_add_up() -> None:
    problem = DivisionProblem({"a": lambda one: min(2, len(one)), "b": lambda one: len(one) ** 2}, items="wxyz")
    assert is_ef1(problem, envy_cycle_elimination(problem))


@pytest.mark.parametrize("solver", SOLVERS)
@given(problem=problems())
@settings(max_examples=30)
def test_nash_welfare_is_the_largest_product_ef1_and_efficient(solver: str, problem: DivisionProblem) -> None:
    found = maximum_nash_welfare(problem, solver=solver)
    worths = [[problem.worth(party, bundle) for party, bundle in one.items()] for one in allocations(problem)]
    best = max((sum(one > 0 for one in some), math.prod(one for one in some if one > 0)) for some in worths)
    assert (found.positive, found.product) == best
    assert found.proven
    assert is_ef1(problem, found.allocation)
    assert is_pareto_optimal(problem, found.allocation)


@pytest.mark.parametrize("solver", SOLVERS)
@given(problem=KINDS)
@settings(max_examples=30)
def test_leximin_is_the_best_for_the_worst_off(solver: str, problem: DivisionProblem) -> None:
    found = leximin(problem, solver=solver)
    best = max(sorted(problem.worth(party, bundle) for party, bundle in one.items()) for one in allocations(problem))
    assert sorted(found.worths.values()) == best
    assert found.proven


def test_nash_welfare_of_many_goods_is_proven() -> None:
    rows = [[(7 * item * (party + 3) + 11 * party) % 101 for item in range(40)] for party in range(5)]
    found = maximum_nash_welfare(DivisionProblem(dict(enumerate(rows))), solver="own")
    assert found.proven
    assert is_ef1(DivisionProblem(dict(enumerate(rows))), found.allocation)


def test_nodes_that_run_out_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [[(7 * item * (party + 3) + 11 * party) % 101 for item in range(20)] for party in range(5)]
    problem = DivisionProblem(dict(enumerate(rows)))
    assert not maximum_nash_welfare(problem, solver="own", nodes=3).proven
    assert not leximin(problem, solver="own", nodes=30).proven
    monkeypatch.setattr(integer_program, "has_highs", lambda: False)
    assert is_pareto_optimal(problem, round_robin(problem), nodes=2).holds is None
    assert is_maximin_share(problem, maximum_nash_welfare(problem).allocation, nodes=1).holds is not False


@pytest.mark.skipif(not integer_program.has_highs(), reason="HiGHS is an extra: [solvers]")
@given(problems(0, 9, 3, 5))
@settings(max_examples=25)
def test_highs_decides_pareto_optimality_where_nodes_run_out(problem: DivisionProblem) -> None:
    taken = round_robin(problem)
    worths = {party: problem.worth(party, bundle) for party, bundle in taken.items()}
    better = [way for way in allocations(problem) if all(problem.worth(one, way[one]) >= worths[one] for one in worths)]
    beaten = any(problem.worth(one, way[one]) > worths[one] for way in better for one in worths)
    verdict = is_pareto_optimal(problem, taken, nodes=1)
    assert verdict.holds == (not beaten)
    if beaten:
        assert all(after >= before for before, after in verdict.witness.worths.values())  # type: ignore[union-attr]


# ------------------------------------------------------------------------------------------------------------- verdicts
def envy_after(problem: DivisionProblem, one: dict[int, list[int]], party: int, other: int) -> list[tuple[int, int]]:
    """(worth of the removed item, what envy is left) for every good there and every chore here."""
    row = dict(zip(problem.items, problem.row(party), strict=True))
    gap = sum(row[item] for item in one[other]) - sum(row[item] for item in one[party])
    goods = [(int(row[item]), int(gap - row[item])) for item in one[other] if row[item] >= 0]
    return goods + [(int(row[item]), int(gap + row[item])) for item in one[party] if row[item] <= 0] + [(99, int(gap))]


@given(KINDS, st.data())
def test_verdicts_are_brute_force(problem: DivisionProblem, data: st.DataObject) -> None:
    every = allocations(problem)
    one = data.draw(st.sampled_from(every))
    worths = {party: problem.worth(party, one[party]) for party in problem.parties}
    envies = [envy_after(problem, one, *pair) for pair in itertools.permutations(problem.parties, 2)]
    verdicts = assess_division(problem, one)
    assert verdicts["envy-free"].holds == all(ways[-1][1] <= 0 for ways in envies)
    assert verdicts["EF1"].holds == all(min(gap for _, gap in ways) <= 0 for ways in envies)
    mixed = problem.kind == "mixed"
    if not mixed:
        side = 1 if problem.kind == "goods" else 0
        expected = True
        for party, other in itertools.permutations(problem.parties, 2):
            row = dict(zip(problem.items, problem.row(party), strict=True))
            gap = sum(row[item] for item in one[other]) - sum(row[item] for item in one[party])
            removable = one[other] if side else one[party]
            left = [gap - abs(row[item]) for item in removable] or [gap]
            expected = expected and max(left) <= 0
        assert verdicts["EFX"].holds == expected
    else:
        assert verdicts["EFX"].holds == all(
            max((gap for worth, gap in ways[:-1] if worth), default=ways[-1][1]) <= 0 for ways in envies
        )
    due = {party: problem.total(party) / len(problem.parties) for party in problem.parties}
    assert verdicts["proportional"].holds == all(worths[party] >= due[party] for party in worths)
    assert verdicts["PROP1"].holds == all(
        any(problem.worth(party, set(one[party]) ^ {item}) >= due[party] for item in problem.items) or worths[party] >= due[party]
        for party in worths
    )
    shares = {party: max(min(problem.worth(party, bundle) for bundle in way.values()) for way in every) for party in worths}
    assert verdicts["maximin share"].holds == all(worths[party] >= shares[party] for party in worths)
    assert verdicts["equitable"].holds == (len(set(worths.values())) == 1)
    better = [way for way in every if all(problem.worth(party, way[party]) >= worths[party] for party in worths)]
    beaten = any(problem.worth(party, way[party]) > worths[party] for way in better for party in worths)
    assert verdicts["Pareto-optimal"].holds == (not beaten)


def test_witnesses_name_who_complains_of_what() -> None:
    problem = DivisionProblem({"ann": {"x": 6, "y": 5, "z": 1}, "bob": {"x": 6, "y": 5, "z": 1}})
    unfair = {"ann": ["x", "y"], "bob": ["z"]}
    envy = is_ef1(problem, unfair)
    assert (envy.witness.party, envy.witness.envied, envy.witness.removed) == ("bob", "ann", "x")  # type: ignore[union-attr]
    assert str(envy) == "EF1: bob envies ann even without x: 1 against 5"
    assert is_efx(problem, {"ann": ["x", "z"], "bob": ["y"]}).witness.removed == "z"  # type: ignore[union-attr]
    share = is_maximin_share(problem, unfair)
    assert share.witness.due == 6  # type: ignore[union-attr]
    assert set(share.witness.bundles) == {frozenset("x"), frozenset("yz")}  # type: ignore[union-attr]
    assert not is_proportional(problem, unfair)
    assert is_prop1(problem, unfair)
    assert not is_pareto_optimal(problem, {"ann": ["x"], "bob": ["y"]})  # nobody would lose if z were given away
    chores = DivisionProblem({"ann": [-1, -2], "bob": [-1, -2]})
    assert is_pareto_optimal(chores, {"ann": [1]})  # but a chore that is left over may stay so
    swap = DivisionProblem({"ann": [1, 5], "bob": [5, 1]})
    better = is_pareto_optimal(swap, {"ann": [1], "bob": [2]})
    assert better.witness.allocation == {"ann": {2}, "bob": {1}}  # type: ignore[union-attr]
    assert better.witness.worths == {"ann": (1, 5), "bob": (1, 5)}  # type: ignore[union-attr]


def test_floats_that_print_alike_do_not_make_envy() -> None:
    problem = DivisionProblem({"a": {"x": 0.1, "y": 0.2, "z": 0.3}, "b": {"x": 0.1, "y": 0.2, "z": 0.3}})
    assert is_envy_free(problem, {"a": ["x", "y"], "b": ["z"]})
    thirds = DivisionProblem({"a": [1 / 3, 1 / 3, 1 / 3, 1.0], "b": [1.0, 1.0, 1.0, 1.0]})
    assert is_envy_free(thirds, {"a": [1, 2, 3], "b": [4]}).witness.party == "b"  # type: ignore[union-attr]


def test_items_may_be_named_in_a_string() -> None:
    problem = DivisionProblem({"a": {"x": 1, "y": 2, "car": 3}, "b": {"x": 2, "y": 1, "car": 3}})
    assert problem.bundles({"a": "xy", "b": "car"}) == {"a": {"x", "y"}, "b": {"car"}}


def test_maximin_verdict_on_many_items_is_quick_where_it_is_clear() -> None:
    rows = {party: [(7 * item * (party + 3) + 11 * party) % 101 + 1 for item in range(40)] for party in range(6)}
    problem = DivisionProblem(rows)
    verdict = is_maximin_share(problem, {0: problem.items})
    assert verdict.holds is False
    assert min(problem.worth(1, bundle) for bundle in verdict.witness.bundles) == verdict.witness.due  # type: ignore[union-attr]


@given(problems(-5, 9, 3, 6))
def test_maximin_share_is_brute_force(problem: DivisionProblem) -> None:
    best = max(min(problem.worth(0, bundle) for bundle in way.values()) for way in allocations(problem))
    found = maximin_partition(problem, 0)
    assert (found.share, found.bound, found.proven) == (best, best, True)
    assert min(problem.worth(0, bundle) for bundle in found.bundles) == best


# ------------------------------------------------------------------------------------------------------ cake and chances
@given(st.lists(st.lists(st.integers(0, 4), min_size=4, max_size=4).filter(any), min_size=1, max_size=4))
def test_cake_pieces_are_proportional_and_cover_it(heights: list[list[int]]) -> None:
    values = {party: CakeValue([0, 1, 2, 3, 4], row) for party, row in enumerate(heights)}
    for rule in (moving_knife, even_paz, cut_and_choose) if len(values) == 2 else (moving_knife, even_paz):
        pieces = rule(values)
        assert all(values[party].worth(*piece) * len(values) >= values[party].total for party, piece in pieces.items())
        ordered = sorted(pieces.values())
        assert (ordered[0][0], ordered[-1][1]) == (0, 4)
        assert all(one[1] == two[0] for one, two in itertools.pairwise(ordered))


def test_cut_finds_the_point_of_a_worth() -> None:
    value = CakeValue([0, 2, 3], [1, 4])
    assert value.cut(0, 4) == F(5, 2)
    assert value.cut(1, 1) == 2
    assert value.cut(0, 7) is None
    assert value.worth(F(1, 2), F(5, 2)) == F(7, 2)


def test_probabilistic_serial_of_bogomolnaia_and_moulin() -> None:
    ranked = DivisionProblem({1: [4, 3, 2, 1], 2: [4, 3, 2, 1], 3: [3, 4, 1, 2], 4: [3, 4, 1, 2]}, items="abcd")
    shares = probabilistic_serial(ranked)
    assert shares[1] == {"a": F(1, 2), "c": F(1, 2)}
    assert shares[3] == {"b": F(1, 2), "d": F(1, 2)}
    lottery = assignment_lottery(ranked, shares)
    assert sum(chance for chance, _ in lottery) == 1


@given(st.integers(1, 4).flatmap(lambda n: st.lists(st.permutations(range(n)), min_size=n, max_size=n)))
def test_serial_shares_are_envy_free_and_a_lottery(rankings: list[list[int]]) -> None:
    problem = DivisionProblem(dict(enumerate(rankings)))
    shares = probabilistic_serial(problem)
    assert is_envy_free(problem, shares)
    drawn: dict[tuple[int, int], Fraction] = {}
    for chance, allocation in assignment_lottery(problem, shares):
        for party, bundle in allocation.items():
            for item in bundle:
                drawn[party, item] = drawn.get((party, item), F(0)) + chance
    assert drawn == {(party, item): share for party, one in shares.items() for item, share in one.items()}


# ------------------------------------------------------------------------------------------------------------ bad input
GOODS = DivisionProblem({"a": [1, 2], "b": [2, 1]})


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: DivisionProblem({}), "at least one party"),
        (lambda: DivisionProblem({"a": {"x": math.nan}}), "'a''s worth of 'x' must be finite"),
        (lambda: DivisionProblem({"a": {"x": True}}), "must be a number"),
        (lambda: DivisionProblem({"a": {"x": 1}, "b": {"y": 1}}), "no worth for 'x'"),
        (lambda: DivisionProblem({"a": [1, 2], "b": [1]}), "expected 2 worths"),
        (lambda: DivisionProblem({"a": len}), "have to be named"),
        (lambda: DivisionProblem({"a": [1, 2]}, items="xx"), "named twice"),
        (lambda: is_envy_free(GOODS, {"a": [1], "b": [1]}), "more than one whole"),
        (lambda: is_envy_free(GOODS, {"c": [1]}), "no party here"),
        (lambda: is_envy_free(GOODS, {"a": [3]}), "no item here"),
        (lambda: is_envy_free(GOODS, {"a": {1: 2}}), "from 0 to 1"),
        (lambda: is_ef1(GOODS, {"a": {1: F(1, 2)}}), "whole items"),
        (lambda: adjusted_winner(DivisionProblem({"a": [1]})), "two parties"),
        (lambda: adjusted_winner(DivisionProblem({"a": [-1], "b": [1]})), "goods"),
        (lambda: maximum_nash_welfare(DivisionProblem({"a": [-1], "b": [1]})), "goods"),
        (lambda: maximum_nash_welfare(GOODS, solver="simplex"), "solver"),
        (lambda: leximin(DivisionProblem({"a": len}, items="x")), "additive"),
        (lambda: round_robin(GOODS, ["a"]), "each party once"),
        (lambda: envy_cycle_elimination(GOODS, [1]), "each item once"),
        (lambda: envy_cycle_elimination(DivisionProblem({"a": [-1, 1]})), "not both"),
        (lambda: talmud([1, -2], 1), "at least 0"),
        (lambda: talmud([1, 2], 4), "estate"),
        (lambda: talmud([], 0), "there are none"),
        (lambda: talmud([1, math.nan], 1), "must be finite"),
        (lambda: contested_garment([1, 2, 3], 1), "two claims"),
        (lambda: divide_estate([1], 1, "talmut"), "did you mean 'talmud'"),
        (lambda: divide_rent(DivisionProblem({"a": [1, 2]}), 1), "as many rooms"),
        (lambda: CakeValue([0], []), "edges"),
        (lambda: CakeValue([0, 1], [0]), "above 0"),
        (lambda: moving_knife({"a": CakeValue([0, 1], [1]), "b": CakeValue([0, 2], [1])}), "same cake"),
        (lambda: cut_and_choose({"a": CakeValue([0, 1], [1])}), "two parties"),
        (lambda: assignment_lottery(GOODS, {"a": {1: F(1)}, "b": {1: F(0)}}), "add up to exactly 1"),
        (lambda: maximin_partition(GOODS, "a", 0), "count"),
    ],
)
def test_bad_input_is_said(make: object, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        make()  # type: ignore[operator]
