"""Verdicts where money changes hands, on awards of a bankruptcy, on pieces of a cake, and on shares."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.goods import DivisionProblem
from negotiate_rt.solutions.division.awards import assess_awards
from negotiate_rt.solutions.division.bankruptcy import RULES, divide_estate
from negotiate_rt.solutions.division.cake import CakeValue, assess_cake, cut_and_choose, even_paz, moving_knife
from negotiate_rt.solutions.division.fairness import (
    Envy,
    Inequity,
    Shortfall,
    assess_division,
    is_pareto_optimal,
    splits_nothing,
)
from negotiate_rt.solutions.division.pareto import _relaxed
from negotiate_rt.solutions.division.random_assignment import probabilistic_serial
from negotiate_rt.solutions.division.rent import divide_rent
from negotiate_rt.solutions.division.sealed_bids import knaster
from negotiate_rt.solutions.division.trades import share_trade
from negotiate_rt.solutions.division.two_parties import adjusted_winner
from negotiate_rt.solutions.division.with_money import assess_with_money

F = Fraction
ROWS = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(st.integers(-4, 9), min_size=width, max_size=width), min_size=1, max_size=3)
)


# --------------------------------------------------------------------------------------------------------------- with money
@given(rows=ROWS, data=st.data())
@settings(max_examples=60)
def test_verdicts_with_money_are_brute_force(rows: list[list[int]], data: st.DataObject) -> None:
    problem = DivisionProblem(dict(enumerate(rows)))
    count = len(rows)
    owners = data.draw(st.lists(st.integers(0, count - 1), min_size=len(rows[0]), max_size=len(rows[0])))
    pays = data.draw(st.lists(st.integers(-9, 9), min_size=count, max_size=count))
    held = {one: [item for item, who in zip(problem.items, owners, strict=True) if who == one] for one in range(count)}
    found = assess_with_money(problem, held, dict(enumerate(pays)))
    net = [[problem.worth(one, held[two]) - pays[two] for two in range(count)] for one in range(count)]
    assert found["envy-free"].holds == all(net[one][one] >= max(net[one]) for one in range(count))
    assert found["proportional"].holds == all(
        net[one][one] * count >= problem.total(one) - sum(pays) for one in range(count)
    )
    assert found["equitable"].holds == (len({net[one][one] for one in range(count)}) == 1)
    best = sum(max(row[place] for row in rows) for place in range(len(rows[0])))
    worth = sum(problem.worth(one, held[one]) for one in range(count))
    assert found["Pareto-optimal"].holds == (worth == best)
    if worth < best:
        witness = found["Pareto-optimal"].witness
        assert all(after > before for before, after in witness.worths.values())  # type: ignore[union-attr]


def test_witnesses_count_money() -> None:
    problem = DivisionProblem({"ann": {"x": 6, "y": 2}, "bob": {"x": 5, "y": 4}})
    found = assess_with_money(problem, {"ann": ["y"], "bob": ["x"]}, {"bob": 1, "ann": -1})
    assert found["envy-free"].witness == Envy(party="ann", envied="bob", own=F(3), other=F(5))
    assert found["proportional"].witness == Shortfall(party="ann", own=F(3), due=F(4))
    assert found["equitable"].witness == Inequity(party="ann", better="bob", own=F(3), other=F(4))
    assert found["Pareto-optimal"].witness.allocation == {"ann": {"x"}, "bob": {"y"}}  # type: ignore[union-attr]
    assert assess_with_money(problem, {"ann": ["x"], "bob": ["y"]}, {"ann": 1, "bob": -1})["envy-free"]
    with pytest.raises(ConfigurationError, match="'eve' is no party here"):
        assess_with_money(problem, {}, {"eve": 1})


def test_case_23_knaster_is_proportional_efficient_and_not_envy_free() -> None:
    problem = DivisionProblem({"Bob": [120_000], "Carol": [200_000], "Ted": [140_000], "Alice": [180_000]})
    found = knaster(problem)
    verdicts = assess_with_money(problem, found.allocation, found.payments)
    assert [name for name, verdict in verdicts.items() if verdict] == ["proportional", "Pareto-optimal"]


SQUARES = st.integers(1, 4).flatmap(
    lambda n: st.lists(st.lists(st.integers(0, 20), min_size=n, max_size=n), min_size=n, max_size=n)
)


@given(SQUARES)
@settings(max_examples=30)
def test_rents_pass_their_verdicts(rows: list[list[int]]) -> None:
    problem = DivisionProblem(dict(enumerate(rows)))
    found = divide_rent(problem, 20)
    rooms = {party: [room] for party, room in found.rooms.items()}
    verdicts = assess_with_money(problem, rooms, {party: found.payment(party) for party in rooms}, one_each=True)
    assert verdicts["envy-free"]
    assert verdicts["proportional"]
    assert verdicts["Pareto-optimal"]
    worst = min(
        itertools.permutations(problem.items), key=lambda order: sum(row[room - 1] for row, room in zip(rows, order, strict=True))
    )
    total = sum(row[room - 1] for row, room in zip(rows, worst, strict=True))
    bad = assess_with_money(problem, {party: [room] for party, room in enumerate(worst)}, {}, one_each=True)
    best = sum(problem.worth(party, [room]) for party, room in found.rooms.items())
    assert bad["Pareto-optimal"].holds == (total == best)


# ------------------------------------------------------------------------------------------------------------------- awards
@settings(max_examples=30)
@given(claims=st.lists(st.integers(0, 30), min_size=1, max_size=5), part=st.fractions(0, 1, max_denominator=12))
def test_rules_of_bankruptcy_pass_their_verdicts(claims: list[int], part: Fraction) -> None:
    estate = sum(claims) * part
    for rule in RULES:
        if rule == "contested-garment" and len(claims) != 2:
            continue
        named = dict(enumerate(claims))
        awards = dict(zip(named, divide_estate(named, estate, rule).values(), strict=True))
        assert all(assess_awards(named, estate, awards).values())


def test_awards_that_break_a_rule_are_told_with_a_witness() -> None:
    claims = {"a": 100, "b": 200}
    found = assess_awards(claims, 150, {"a": 110, "b": 30})
    assert str(found["balanced"]) == "balanced: the awards add up to 140 of 150"
    assert found["claims-bounded"].witness == Shortfall(party="a", own=F(110), due=F(100))
    assert found["order-preserving"].witness == Inequity(party="b", better="a", own=F(30), other=F(110))
    losses = assess_awards(claims, 190, {"a": 0, "b": 190})["order-preserving"]
    assert losses.witness == Inequity(party="b", better="a", own=F(10), other=F(100)), "the larger claim loses less"
    with pytest.raises(ConfigurationError, match="'b' has only one of claim and award"):
        assess_awards(claims, 100, {"a": 100})


# --------------------------------------------------------------------------------------------------------------------- cake
@settings(max_examples=20)
@given(st.lists(st.lists(st.integers(0, 4), min_size=3, max_size=3).filter(any), min_size=2, max_size=3))
def test_verdicts_on_pieces_are_brute_force(heights: list[list[int]]) -> None:
    values = {party: CakeValue([0, 1, 2, 3], row) for party, row in enumerate(heights)}
    for rule in (moving_knife, even_paz, cut_and_choose) if len(values) == 2 else (moving_knife, even_paz):
        pieces = rule(values)
        found = assess_cake(values, pieces)
        worths = {one: {two: values[one].worth(*pieces[two]) for two in pieces} for one in pieces}
        assert found["proportional"]
        assert found["envy-free"].holds == all(worths[one][one] >= max(worths[one].values()) for one in pieces)
        assert found["equitable"].holds == (len({worths[one][one] / values[one].total for one in pieces}) == 1)
        if rule is cut_and_choose:
            assert found["envy-free"]


def test_pieces_are_efficient_unless_others_could_have_what_they_like_better() -> None:
    values = {"ann": CakeValue([0, 1, 2], [1, 3]), "bob": CakeValue([0, 1, 2], [3, 1])}
    assert assess_cake(values, {"bob": (0, 1), "ann": (1, 2)})["Pareto-optimal"]
    swapped = assess_cake(values, {"ann": (0, 1), "bob": (1, 2)})
    assert not swapped["Pareto-optimal"]
    assert swapped["envy-free"].witness.other == 3  # type: ignore[union-attr]
    assert assess_cake(values, {"ann": (0.0, 1.0)})["proportional"].witness.party in ("ann", "bob")  # type: ignore[union-attr]
    with pytest.raises(ConfigurationError, match=r"two overlap between 1 and 1\.5"):
        assess_cake(values, {"ann": (0, 1.5), "bob": (1, 2)})


# ------------------------------------------------------------------------------------------------------------------- shares
def test_shares_have_the_verdicts_that_make_sense_of_them() -> None:
    problem = DivisionProblem({"Donald": [10, 40, 10, 38, 2], "Ivana": [38, 20, 30, 10, 2]})
    shares = adjusted_winner(problem).shares
    assert not splits_nothing(problem, shares)
    found = assess_division(problem, shares, normalized=True)
    assert list(found) == ["envy-free", "proportional", "equitable", "Pareto-optimal"]
    assert all(found.values())
    ranked = DivisionProblem({1: [4, 3, 2, 1], 2: [4, 3, 2, 1], 3: [3, 4, 1, 2], 4: [3, 4, 1, 2]})
    assert assess_division(ranked, probabilistic_serial(ranked))["envy-free"]
    whole = assess_division(problem, {"Donald": [2, 4], "Ivana": [1, 3, 5]})
    assert list(whole)[1:3] == ["EFX", "EF1"]


def test_maximin_shares_of_functions_of_too_many_bundles_are_undecided() -> None:
    problem = DivisionProblem({"a": len, "b": len}, items=range(20))
    found = assess_division(problem, {"a": range(10), "b": range(10, 20)})
    assert found["maximin share"].holds is None
    assert found["envy-free"]


@given(problem=st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(st.integers(0, 5), min_size=width, max_size=width), min_size=1, max_size=4)
), data=st.data())  # fmt: skip
@settings(max_examples=60)
def test_trades_tell_efficient_shares_as_the_linear_program_does(problem: list[list[int]], data: st.DataObject) -> None:
    goods = DivisionProblem(dict(enumerate(problem)))
    parts = st.lists(st.integers(0, 2), min_size=len(problem) + 1, max_size=len(problem) + 1).filter(any)
    shares: dict[int, dict[int, Fraction]] = {party: {} for party in goods.parties}
    for item in goods.items:
        drawn = data.draw(parts)
        for party, part in zip(goods.parties, drawn, strict=False):
            shares[party][item] = F(part, sum(drawn))  # the last part is left over
    exact = goods.shares(shares)
    found = share_trade(goods, exact)
    levels = [goods.worth(party, one) for party, one in exact.items()]
    spare = [item for item in goods.items if sum(one.get(item, 0) for one in exact.values()) < 1]
    assert (found is None) == (_relaxed(goods, levels, spare) is None)
    if found is not None:
        assert all(after >= before for before, after in found.worths.values())
        assert any(after > before for before, after in found.worths.values())
        assert {party: goods.worth(party, one) for party, one in found.allocation.items()} == {
            party: after for party, (_, after) in found.worths.items()
        }


def test_verdicts_that_are_not_begun_in_time_are_undecided() -> None:
    problem = DivisionProblem({"a": [1, 2], "b": [2, 1]})
    late = iter([False] * 3 + [True] * 5)
    found = assess_division(problem, {"a": [2], "b": [1]}, expired=lambda: next(late))
    assert [verdict.holds for verdict in found.values()] == [True] * 3 + [None] * 5
    assert found["Pareto-optimal"].reason == "undecided: the time was up"


def test_efficiency_of_many_goods_is_decided_by_trades() -> None:
    rows = {party: [(7 * item * (party + 3) + 11 * party) % 101 for item in range(200)] for party in range(8)}
    problem = DivisionProblem(rows)
    best = {item: max(rows, key=lambda one: rows[one][item - 1]) for item in problem.items}
    to_the_highest = {party: [item for item, owner in best.items() if owner == party] for party in rows}
    assert is_pareto_optimal(problem, to_the_highest)
    verdict = is_pareto_optimal(problem, {party: list(problem.items)[party::8] for party in rows})
    assert not verdict
    assert all(after >= before for before, after in verdict.witness.worths.values())
