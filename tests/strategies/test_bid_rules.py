"""Bid strategies by name: what each would pay at most, and how it goes about it."""

from __future__ import annotations

import math
from decimal import Decimal
from types import SimpleNamespace

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt import (
    Bidder,
    BudgetBidding,
    ConfigurationError,
    EquilibriumShading,
    NormalValues,
    PowerValues,
    RatioBidding,
    Reject,
    ShadedBidding,
    SnipingBidding,
    TruthfulBidding,
    UniformValues,
)
from negotiate_rt.solutions.myerson_satterthwaite import ContinuousPrior
from negotiate_rt.strategies.bid_rules import BIDDINGS, make_bidding
from negotiate_rt.strategies.bidding import BidRule, Situation, outbid, worth_to
from tests.protocols.auctions import held, sold

ANN = Bidder("ann", 10)
RULES = [
    TruthfulBidding(), RatioBidding(factor=0.5), ShadedBidding(), EquilibriumShading(prior=UniformValues(high=20)),
    BudgetBidding(budget=6), SnipingBidding(),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "bid"),
    [
        (TruthfulBidding(), 10),
        (RatioBidding(factor=0.5), 5),
        (ShadedBidding(factor=0.8), 8),
        (EquilibriumShading(prior=UniformValues(high=20), bidders=5), 8),
        (EquilibriumShading(prior=PowerValues(high=20, power=2), bidders=2), 10 * 2 / 3),
        (EquilibriumShading(prior=ContinuousPrior(0, 20), bidders=2), 5),
        (BudgetBidding(budget=6), 6),
        (BudgetBidding(budget=60, then=RatioBidding(factor=0.5)), 5),
        (SnipingBidding(then=BudgetBidding(budget=6)), 6),
    ],
)
def test_sealed_bid_is_the_limit(rule, bid):
    assert rule(ANN, "lot") == pytest.approx(bid)
    result = sold("first-price", [Bidder("ann", 10, rule)])
    assert result.pay_price == pytest.approx(bid)


def test_normal_values_are_a_distribution_cut_to_its_range():
    prior = NormalValues(mean=50, deviation=10, low=20, high=80)
    assert (prior.cdf(20), prior.cdf(80), prior.cdf(0), prior.cdf(99)) == (0, pytest.approx(1), 0, 1)
    assert prior.cdf(50) == pytest.approx(0.5)
    bid = EquilibriumShading(prior=prior, bidders=4)(Bidder("a", 60), None)
    assert 50 < bid < 60


def test_equilibrium_knows_the_starting_price_as_the_reserve_unless_told():
    rule = EquilibriumShading(bidders=2)
    result = sold("first-price", [Bidder("a", 0.8, rule)], starting_price=0.5)
    assert result.pay_price == pytest.approx(0.4 + 0.25 / 1.6)
    assert sold("first-price", [Bidder("a", 0.4, rule)], starting_price=0.5).reason == "no-bids: nobody bid"
    known = EquilibriumShading(bidders=2, reserve=0.5)
    assert sold("first-price", [Bidder("a", 0.8, known)]).pay_price == pytest.approx(0.4 + 0.25 / 1.6)


def test_equilibrium_of_procurement_asks_more_than_the_cost():
    rule = EquilibriumShading(bidders=4)
    assert sold("first-price", [Bidder("a", 0.2, rule)], direction="reverse").pay_price == pytest.approx(0.4)
    capped = sold("first-price", [Bidder("a", 0.2, rule)], direction="reverse", starting_price=0.3)
    assert 0.2 < capped.pay_price < 0.3


def test_budget_does_not_bind_who_is_paid():
    assert sold("first-price", [Bidder("a", 9, BudgetBidding(budget=1))], direction="reverse").pay_price == 9


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
@pytest.mark.parametrize("kind", ["first-price", "vickrey", "english", "japanese", "dutch"])
def test_every_rule_bids_in_every_auction_without_a_fault(rule, kind):
    outcome = held(kind, [Bidder("a", 10, rule), Bidder("b", 7, rule)], starting_price=12 if kind == "dutch" else 0)
    assert outcome.agreed
    assert outcome.faults == ()
    assert outcome.result.winner.name == "a" or kind == "english"
    assert outcome.result.pay_price <= 10


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
def test_agent_without_a_value_drops_out(rule):
    bidder = Bidder("a", strategy=rule)
    outcome = held("english", [bidder, Bidder("b", 3)])
    assert outcome.result.winner.name == "b"
    assert outcome.faults == ()


@pytest.mark.parametrize(
    ("value", "worth"),
    [(Decimal("7.5"), 7.5), (numpy.float32(2.5), 2.5), (3, 3), (True, None), ("9", None), ([], None), (None, None)], ids=repr,
)  # fmt: skip
def test_value_is_any_true_number(value, worth):
    agent = SimpleNamespace(name="a", value=value)
    assert worth_to(agent, "lot") == pytest.approx(worth if worth is not None else math.nan, nan_ok=True)


def test_a_far_greater_worth_outbids_by_the_least_step():
    assert sold("english", [Bidder("a", 90), Bidder("b", Decimal("2.5"))], increment=1).pay_price == 2


def test_value_may_be_a_function_of_the_bundle():
    assert TruthfulBidding()(Bidder("a", lambda bundle: 3 * len(bundle)), "lot") == 3


# ------------------------------------------------------------------------------------------------------------------ outcry
def at(least, worth=10.0, rounds_left=100, **more):
    return Situation(worth, outcry=True, least=least, rounds_left=rounds_left, **more)


def test_raises_by_the_least_step_up_to_the_limit():
    assert outbid(10, at(4)) == 4
    assert outbid(10, at(10)) == 10
    assert outbid(10, at(10.5)) is None
    assert outbid(math.nan, at(4)) is None
    assert outbid(10, at(14, reverse=True)) == 14
    assert outbid(10, at(9, reverse=True)) is None
    assert outbid(10, at(None, reverse=True)) == 20


@given(limit=st.integers(1, 500), rounds=st.integers(1, 30))
@settings(max_examples=40)
def test_steps_get_longer_so_that_the_limit_is_reached_in_time(limit, rounds):
    least = 0.0
    for left in range(rounds - 1, -1, -1):
        bid = outbid(limit, at(least, rounds_left=left))
        if bid is None:
            break
        assert least <= bid <= limit
        least = bid + 1
    assert least >= limit - 1e-9 or rounds == 1


def test_sniper_passes_until_the_last_call_unless_the_price_is_beyond_it():
    sniper = SnipingBidding()
    assert isinstance(sniper.decide(at(4, last=False)), Reject)
    assert sniper.decide(at(4, last=True)) == 4
    assert sniper.decide(at(11, last=False)) is None
    assert sniper.decide(Situation(10, last=False)) == 10, "nothing to wait for in a sealed auction"


# ---------------------------------------------------------------------------------------------------------------- by name
def test_every_rule_has_its_name():
    for name, kind in BIDDINGS.items():
        rule = make_bidding(name, **({"budget": 5.0} if name == "budget" else {}))
        assert type(rule) is kind
        assert isinstance(rule, BidRule)
    nested = make_bidding("sniping", then={"name": "budget", "budget": 5.0, "then": {"name": "ratio", "factor": 0.5}})
    assert nested(ANN, "lot") == 5
    prior = {"type": "normal", "mean": 5, "deviation": 2, "low": 0, "high": 10}
    assert make_bidding("equilibrium", bidders=3, prior=prior).prior == NormalValues(mean=5, deviation=2, low=0, high=10)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: make_bidding("truthfull"), "no bid strategy 'truthfull', only truthful, .*; did you mean 'truthful'?"),
        (lambda: make_bidding("ratio", factor=-1), "bid strategy 'ratio': Expected `float` >= 0.0"),
        (lambda: make_bidding("ratio", share=1), "bid strategy 'ratio': .*share"),
        (lambda: make_bidding("budget"), "bid strategy 'budget': .*budget"),
        (lambda: EquilibriumShading(prior=5), "prior: expected a distribution with low, high and cdf, got 5"),
        (lambda: EquilibriumShading(bidders=0), "bidders: expected a whole number of at least 1, got 0"),
        (lambda: EquilibriumShading(prior=UniformValues(low=2)), "a prior needs finite low < high"),
    ],
)
def test_what_is_no_rule_is_refused(make, text):
    with pytest.raises(ConfigurationError, match=text):
        make()
