"""Audits: what is truthful passes, what is not gets a counterexample that anyone can check."""

from __future__ import annotations

import itertools
import math
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.types import CommonPrior, PartyType
from negotiate_rt.solutions.auction_mechanisms import all_pay, first_price, k_unit, schedules, vickrey
from negotiate_rt.solutions.audit import audit
from negotiate_rt.solutions.audit_report import PROPERTIES, AuditReport, Counterexample, kept
from negotiate_rt.solutions.choice_mechanisms import (
    bilateral_trade,
    median_point,
    pivotal_trade,
    serial_dictatorship,
    voting,
)
from negotiate_rt.solutions.clarke import vcg_combinatorial, wants
from negotiate_rt.solutions.equilibrium_bidding import first_price_bid
from negotiate_rt.solutions.mechanisms import Chance, Decision, DirectMechanism, TypeSpace, from_prior, revelation

UNIT = TypeSpace(draw=lambda rng: rng.random())
SMALL = TypeSpace(range(5))


def check_misreport(mechanism: DirectMechanism, example: Counterexample) -> None:
    """Recompute a profitable misreport by hand."""
    agent = mechanism.names.index(example.agent)
    own = example.types[agent]
    reports = list(example.types)
    before = mechanism.utility(agent, own, reports)
    reports[agent] = example.misreport
    after = mechanism.utility(agent, own, reports)
    assert (before, after) == pytest.approx((example.before, example.after))
    assert example.gain == pytest.approx(after - before)
    assert after > before


# ------------------------------------------------------------------------------------------------------ what is truthful
@pytest.mark.parametrize(
    "mechanism",
    [
        vickrey(agents=3),
        vickrey(SMALL, 3, reserve=2),
        k_unit("vickrey", schedules(4, 2), 3),
        k_unit("uniform-price", SMALL, 4, units=2),
        vcg_combinatorial(agents=2),
        median_point(agents=3),
        median_point(agents=2),
        voting("median", tuple("abcde"), 3),
        voting("dictatorship"),
        serial_dictatorship(),
        pivotal_trade(),
    ],
    ids=lambda one: f"{one.name}-{len(one.names)}",
)
def test_no_misreport_pays_in_truthful_mechanisms(mechanism: DirectMechanism) -> None:
    report = audit(mechanism)
    assert report.exhaustive
    assert report["dominant-strategy"].verdict == "holds"
    assert report["bayesian"].verdict == "holds"
    assert report["monotone"].verdict == "holds"


@pytest.mark.parametrize(
    "mechanism",
    [
        first_price(agents=3),
        all_pay(agents=2),
        k_unit("discriminatory", agents=2),
        k_unit("uniform-price", schedules(4, 2), 3),
        voting("plurality"),
        voting("borda"),
        voting("copeland"),
        voting("instant-runoff"),
        voting("median", domain="all"),
        bilateral_trade(),
    ],
    ids=lambda one: one.name,
)
def test_a_profitable_misreport_is_printed_where_there_is_one(mechanism: DirectMechanism) -> None:
    found = audit(mechanism)["dominant-strategy"]
    assert found.verdict == "fails"
    assert found.failures > 0
    assert found.counterexample is not None
    check_misreport(mechanism, found.counterexample)
    assert " reports " in found.counterexample.told


@pytest.mark.slow
def test_vcg_of_three_bidders_and_two_goods_keeps_its_promises() -> None:
    report = audit(vcg_combinatorial(agents=3))
    assert report.profiles == 14**3
    assert {one.property for one in report.findings if one.verdict == "holds"} == set(PROPERTIES) - {
        "balanced",
        "expected-balance",
    }


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_the_search_agrees_with_brute_force_on_any_mechanism(data: st.DataObject) -> None:
    sizes = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    profiles = list(itertools.product(*(range(size) for size in sizes)))
    rule = {
        one: Decision(
            data.draw(st.integers(0, 2)), tuple(data.draw(st.integers(-2, 2)) / 1 for _ in sizes)
        )
        for one in profiles
    }
    worth = {
        (agent, own, one): data.draw(st.integers(-3, 3))
        for agent, size in enumerate(sizes) for own in range(size) for one in range(3)
    }  # fmt: skip
    mechanism = DirectMechanism(
        name="any", outcome=rule.__getitem__, types=[TypeSpace(range(size)) for size in sizes],
        valuation=lambda agent, own, one: worth[agent, own, one], allocations=(0, 1, 2),
    )  # fmt: skip

    def utility(agent: int, own: int, said: tuple[int, ...]) -> float:
        return worth[agent, own, rule[said].allocation] - rule[said].payments[agent]

    gains, broken = [0.0], 0
    for types in profiles:
        here = max(
            utility(agent, own, (*types[:agent], said, *types[agent + 1 :])) - utility(agent, own, types)
            for agent, own in enumerate(types)
            for said in range(sizes[agent])
        )
        gains.append(here)
        broken += here > 0
    report = audit(mechanism)
    found = report["dominant-strategy"]
    assert found.failures == broken
    assert (found.counterexample.gain if found.counterexample else 0) == pytest.approx(max(gains))
    if found.counterexample:
        check_misreport(mechanism, found.counterexample)
    sums = [sum(rule[one].payments) for one in profiles]
    assert report["no-deficit"].failures == sum(one < 0 for one in sums)
    assert report["balanced"].failures == sum(one != 0 for one in sums)
    short = [min(utility(agent, own, one) for agent, own in enumerate(one)) < 0 for one in profiles]
    assert report["individually-rational"].failures == sum(short)
    best = [max(sum(worth[a, t, x] for a, t in enumerate(one)) for x in range(3)) for one in profiles]
    chosen = [sum(worth[a, t, rule[one].allocation] for a, t in enumerate(one)) for one in profiles]
    assert report["efficient"].failures == sum(b > c for b, c in zip(best, chosen, strict=True))


# ------------------------------------------------------------------------------------------------------------- on average
@pytest.mark.slow
def test_equilibrium_shading_makes_first_price_truthful_on_average_as_a_direct_mechanism() -> None:
    raw = first_price(UNIT, 3)
    shaded = revelation(
        "first-price, shaded", raw.outcome, [lambda v: first_price_bid(v, 3)] * 3, types=UNIT, agents=3,
        valuation=raw.valuation,
    )  # fmt: skip
    report = audit(shaded, bayesian=True, samples=300, budget=40_000)
    assert report["bayesian"].verdict == "unrefuted"
    assert report["dominant-strategy"].verdict == "fails"  # only on average
    assert audit(raw, bayesian=True, samples=300, budget=40_000)["bayesian"].verdict == "fails"
    assert report.revenue is not None
    assert abs(report.revenue.mean - 1 / 2) < 4 * report.revenue.error


def test_interim_expectations_are_exact_where_types_are_listed() -> None:
    # Two bidders, values 0 or 1 evenly: truth in first price earns 0; a bid of 0 wins half the ties with 0.
    found = audit(first_price(TypeSpace((0, 1)), 2))["bayesian"].counterexample
    assert found is not None
    assert (found.before, found.after) == (0, 1 / 4)
    assert found.types in ((1, None), (None, 1))


def test_correlated_types_change_what_is_expected() -> None:
    # The other has the same type: in first price, shading to 0 never wins against a 1.
    low, high = PartyType("low", lambda won: 0.0), PartyType("high", lambda won: 1.0)
    worth = {"low": 0.0, "high": 1.0}

    def outcome(reports: tuple[Any, ...]) -> Any:
        bids = [worth[one.name] for one in reports]
        tied = [place for place, bid in enumerate(bids) if bid == max(bids)]
        paid = [tuple(bids[place] if place == winner else 0.0 for place in range(2)) for winner in tied]
        return [Chance(1 / len(tied), Decision(winner, pay)) for winner, pay in zip(tied, paid, strict=True)]

    def value(agent: int, own: PartyType, winner: int) -> float:
        return worth[own.name] * (winner == agent)

    parties = {"Ann": [low, high], "Bob": [low, high]}
    together = CommonPrior(parties, {("low", "low"): 0.5, ("high", "high"): 0.5})
    assert audit(from_prior("fp", outcome, together, valuation=value))["bayesian"].verdict == "holds"
    apart = audit(from_prior("fp", outcome, CommonPrior(parties), valuation=value))
    assert apart["bayesian"].verdict == "fails"
    assert apart.agents == ("Ann", "Bob")
    assert "high reports low" in apart.counterexamples["bayesian"].told
    drawn = audit(from_prior("fp", outcome, together, valuation=value), samples=100, bayesian=True)
    assert drawn["bayesian"].verdict == "unrefuted"


def test_party_types_bring_their_own_utility_and_reservation() -> None:
    keen, cold = PartyType("keen", lambda deal: 3.0 * deal), PartyType("cold", lambda deal: -1.0 * deal, 0.5)
    made = from_prior("deal", lambda reports: Decision(1), CommonPrior({"Ann": [keen, cold]}), allocations=(0, 1))
    report = audit(made)
    assert report["individually-rational"].counterexample is not None
    assert report["individually-rational"].counterexample.gain == 1.5
    assert report["efficient"].failures == 1


# ------------------------------------------------------------------------------------------------- money, welfare, orders
def test_pivotal_trade_runs_a_deficit_of_the_whole_gain() -> None:
    report = audit(pivotal_trade())
    found = report["no-deficit"].counterexample
    assert found is not None
    assert (found.types, found.after) == ((0, 10), -10)
    assert report["expected-no-deficit"].verdict == "fails"
    assert report["efficient"].verdict == "holds"
    assert report.revenue is not None
    gains = [max(0, value - cost) for cost in range(11) for value in range(11)]
    assert report.revenue.mean == pytest.approx(-sum(gains) / 121)


def test_k_double_auction_balances_and_is_not_truthful() -> None:
    report = audit(bilateral_trade())
    assert report["balanced"].verdict == report["individually-rational"].verdict == "holds"
    assert report["dominant-strategy"].verdict == report["bayesian"].verdict == "fails"


def test_all_pay_is_not_rational_for_the_truthful_and_vickrey_with_a_reserve_not_efficient() -> None:
    assert audit(all_pay(agents=2))["individually-rational"].verdict == "fails"
    found = audit(vickrey(agents=2, reserve=3))["efficient"]
    assert found.failures == 8  # of (0..2)², all but (0, 0)
    assert found.counterexample is not None
    assert found.counterexample.before == 2


def test_selling_to_the_lowest_is_not_monotone() -> None:
    def lowest(bids: tuple[Any, ...]) -> Decision:
        return Decision(bids.index(min(bids)))

    made = DirectMechanism(
        name="lowest", outcome=lowest, types=SMALL, agents=2, valuation=lambda a, v, won: float(v * (won == a))
    )
    found = audit(made)["monotone"]
    assert found.verdict == "fails"
    assert audit(made, samples=50)["monotone"].verdict == "fails"
    assert audit(made)["efficient"].verdict == "not judged"


def test_serial_dictatorship_is_pareto_efficient_and_the_worst_alternative_is_not() -> None:
    assert audit(serial_dictatorship())["efficient"].verdict == "holds"
    worst = DirectMechanism(
        name="worst", outcome=lambda said: Decision(said[0][-1]), types=voting("borda").types,
        valuation=voting("borda").valuation, allocations=("a", "b", "c"), money=False,
    )  # fmt: skip
    found = audit(worst)["efficient"]
    assert found.verdict == "fails"
    assert audit(worst, samples=40)["efficient"].verdict == "fails"
    assert audit(serial_dictatorship(), samples=40)["efficient"].verdict == "unrefuted"


def test_a_lottery_is_judged_by_its_mean_for_truth_and_branch_by_branch_for_rationality() -> None:
    coin = DirectMechanism(
        name="coin", types=SMALL, agents=1, valuation=lambda agent, own, won: float(won),
        outcome=lambda said: [Chance(0.5, Decision(1, (2.0,))), Chance(0.5, Decision(1, (0.0,)))],
    )  # fmt: skip
    report = audit(coin)
    assert report["individually-rational"].verdict == "fails"
    assert report["interim-rational"].verdict == "holds"
    assert report["dominant-strategy"].verdict == "holds"
    assert report.revenue is not None
    assert report.revenue.mean == 1


# ------------------------------------------------------------------------------------------------------- what was searched
def test_a_pass_never_claims_more_than_was_searched() -> None:
    every = audit(vickrey(agents=2))["dominant-strategy"]
    assert (every.verdict, every.cases, every.searched) == ("holds", 121, "all 121 profiles of types, every misreport")
    some = audit(vickrey(UNIT, 2), samples=50, seed=3)["dominant-strategy"]
    assert some.verdict == "unrefuted"
    assert some.searched == "50 profiles drawn with seed 3, 1,200 misreports"
    assert kept(every)
    assert kept(some)


def test_same_seed_same_report_and_another_draws_others() -> None:
    once = audit(first_price(UNIT, 2), samples=60, seed=1, bayesian=True, budget=8000)
    assert once == audit(first_price(UNIT, 2), samples=60, seed=1, bayesian=True, budget=8000)
    assert once.counterexamples != audit(first_price(UNIT, 2), samples=60, seed=2, bayesian=True, budget=8000).counterexamples


def test_a_budget_turns_an_exhaustive_search_into_a_sampled_one_and_is_kept() -> None:
    calls = 0
    inner = vickrey(agents=3)

    def counted(reports: Any) -> Any:
        nonlocal calls
        calls += 1
        return inner.outcome(reports)

    made = DirectMechanism(name="counted", outcome=counted, types=inner.types, valuation=inner.valuation)
    report = audit(made, budget=1000, bayesian=True)
    assert not report.exhaustive
    assert report.seed == 0
    assert calls == report.evaluations <= 1000


def test_only_what_is_asked_for_is_judged_in_the_order_of_reports() -> None:
    report = audit(vickrey(agents=2), properties=("efficient", "dominant-strategy"))
    assert [one.property for one in report.findings] == ["dominant-strategy", "efficient"]
    assert audit(vickrey(agents=2), properties=["balanced"])["balanced"].verdict == "fails"
    assert audit(vickrey(agents=2))["balanced"].note == "the seller keeps what is paid"
    assert audit(voting("borda"))["balanced"].note == "no payments are made"
    with pytest.raises(KeyError):
        report["balanced"]


@pytest.mark.slow
def test_sampled_and_exhaustive_searches_agree_on_listed_types() -> None:
    for mechanism in (vickrey(SMALL, 2), first_price(SMALL, 2), bilateral_trade(0.5, SMALL, SMALL), pivotal_trade(SMALL, SMALL)):
        full, part = audit(mechanism), audit(mechanism, samples=200, bayesian=True, budget=60_000)
        assert [kept(one) for one in full.findings] == [kept(one) for one in part.findings], mechanism.name


# ----------------------------------------------------------------------------------------------------------------- mistakes
def broken(outcome: Any, valuation: Any = lambda agent, own, one: 0.0, types: Any = SMALL) -> DirectMechanism:
    return DirectMechanism(name="broken", outcome=outcome, types=types, valuation=valuation, agents=2)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: audit("vickrey"), "expected a DirectMechanism"),  # type: ignore[arg-type]
        (lambda: audit(vickrey(agents=2), properties=["truthful"]), "unknown property 'truthful'"),
        (lambda: audit(vickrey(agents=2), samples=1), "samples must be a whole number >= 2"),
        (lambda: audit(vickrey(agents=2), budget=5), "budget"),
        (lambda: audit(vickrey(agents=2), seed=True), "seed"),
        (lambda: audit(vickrey(agents=2), tolerance=-1), "tolerance"),
        (lambda: audit(broken(lambda said: 3)), r"reports \(0, 0\): outcome must return a Decision"),
        (lambda: audit(broken(lambda said: Decision(1, (1.0,)))), "one payment for each of 2 agents"),
        (lambda: audit(broken(lambda said: Decision(1, (1.0, math.nan)))), "payments must be finite"),
        (lambda: audit(broken(lambda said: Decision(1, (1.0, "2")))), "payments must be finite"),
        (lambda: audit(broken(lambda said: Decision([1]))), "an allocation must be hashable"),
        (lambda: audit(broken(lambda said: [Chance(0.5, Decision(1))])), "probabilities must sum to 1"),
        (lambda: audit(broken(lambda said: Decision(1), lambda *all: None)), "must be a finite number, got None"),
        (lambda: audit(broken(lambda said: Decision(1), None)), "give `valuation`"),
        (lambda: broken(3), "outcome must be a function"),
        (lambda: broken(lambda said: 3, types=()), "types must be a TypeSpace for each agent"),
        (lambda: TypeSpace(), "a list of one or more types"),
        (lambda: TypeSpace((1, 1)), "types must differ"),
        (lambda: TypeSpace((1, math.nan)), r"types\[1\]: expected a finite number"),
        (lambda: TypeSpace((1, 2), (1.0,)), "need as many probabilities"),
        (lambda: TypeSpace((1, 2), (1.0, 1.0)), "sum to 1"),
        (lambda: vickrey(agents=0), "agents must be a whole number >= 1"),
        (lambda: vickrey(agents=2, reserve=-1), "reserve"),
        (lambda: vickrey(TypeSpace((-1, 2)), 2), "value of at least 0"),
        (lambda: k_unit("third-price"), "rule must be one of"),
        (lambda: voting("borda", domain="odd"), "domain must be one of"),
        (lambda: voting("bordo"), "unknown voting rule"),
        (lambda: serial_dictatorship(tuple("abcdef")), "at most 5"),
        (lambda: vcg_combinatorial(tuple("abc")), "there are defaults for one or two only"),
        (lambda: vcg_combinatorial(range(30), TypeSpace([wants({1: 2})]), 3), "allocations"),
        (lambda: revelation("r", lambda acts: Decision(1), [3], types=SMALL), r"strategies\[0\]"),  # type: ignore[list-item]
        (lambda: revelation("r", lambda acts: Decision(1), [abs], types=SMALL, agents=2), "as many strategies"),
    ],
)
def test_mistakes_are_told(call: Any, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        call()


def test_schedules_fall() -> None:
    assert schedules(3, 2).types == ((0, 0), (1, 0), (1, 1), (2, 0), (2, 1), (2, 2))


def test_type_spaces_draw_and_suggest_misreports() -> None:
    rng = random.Random(1)
    assert TypeSpace((1, 2, 3), (0, 0, 1)).sample(rng) == 3
    assert TypeSpace(range(5)).misreports(2, rng, 9) == [0, 1, 3, 4]
    assert len(TypeSpace(range(50)).misreports(2, rng, 9)) == 9
    near = UNIT.misreports(0.5, rng, 12)
    assert near[:3] == [0.0, 0.25, 0.375]
    assert len(near) == 12
    assert TypeSpace(draw=lambda rng: "x", near=lambda own: ["y"]).misreports("x", rng, 2) == ["y", "x"]


def test_reports_are_values_that_can_be_encoded() -> None:
    import msgspec

    report: AuditReport = audit(first_price(agents=2))
    assert b'"dominant-strategy"' in msgspec.json.encode(report)
