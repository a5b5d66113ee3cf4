"""Every strategy that a scenario file can name passes the battery, and the battery finds what it is for."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest

from negotiate_rt import Accept, NegotiationConfig, Propose, Walk
from negotiate_rt.protocols.rubinstein import RubinsteinOptions
from negotiate_rt.strategies import STRATEGIES, make_strategy
from negotiate_rt.strategies.acceptance import AcceptConstant, AcceptPrevious, AcceptTime, AcceptWindow
from negotiate_rt.strategies.composed import ComposedStrategy
from negotiate_rt.strategies.faratin import RandomAbsoluteTitForTat
from negotiate_rt.strategies.opponent import BayesianModel, FrequencyModel
from negotiate_rt.testing import check_strategy

NEEDS: dict[str, dict[str, Any]] = {  # what a strategy needs to be told, or is for
    "zeuthen": {"kinds": ("issues",), "information": "complete", "calls": None},
    "equilibrium": {"kinds": ("pie",), "config": NegotiationConfig("rubinstein", options=RubinsteinOptions(discounts=0.9))},
}
OTHERS: dict[str, Any] = {  # strategies with parameters that change what they do
    "chance": RandomAbsoluteTitForTat(spread=3.0, seed=5),
    "conceding with a model": make_strategy("composed", {"model": {"kind": "frequency", "rule": "smith"}}),
    "issue by issue": make_strategy(
        "composed", {"bidding": {"kind": "issue-by-issue", "otherwise": {"name": "averaged-tit-for-tat"}}}
    ),
    "learned stopping": make_strategy("optimal-stopping", {"learned": True}),
    "trade-off with weights": make_strategy(
        "composed", {"bidding": {"kind": "trade-off"}, "acceptance": {"kind": "aspiration"}, "model": {"kind": "bayesian"}}
    ),
    "conditions": ComposedStrategy(
        acceptance=(AcceptPrevious() | AcceptWindow("average")) & AcceptTime(0.5) & AcceptConstant(0.1)
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_that_a_file_can_name_passes_the_battery(name):
    check_strategy(STRATEGIES[name](), **NEEDS.get(name, {}))


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_strategies_with_parameters_pass_the_battery(name):
    kinds = ("issues",) if name == "issue by issue" else ("price", "pie", "issues")
    check_strategy(OTHERS[name], kinds=kinds)


@pytest.mark.parametrize("name", [name for name in STRATEGIES if name not in NEEDS])
def test_every_strategy_passes_the_battery_over_pies(name):
    check_strategy(STRATEGIES[name](), kinds=("pie",))


def test_needs_name_strategies_only():
    assert set(NEEDS) <= set(STRATEGIES)


# --------------------------------------------------------------------------------------- a custom strategy is a function


def best_always(view):
    mine = view.preferences
    standing = view.standing_offer
    if standing is not None and mine.utility(standing.value, False) >= mine.reservation_value:
        return Accept()
    offer = mine.offer(mine.opening)
    return Propose(offer) if mine.utility(offer, True) >= mine.reservation_value else Walk("nothing to gain")


def halfway(round, max_rounds, reservation_value, current_value, history):
    return (reservation_value + current_value) / 2


@pytest.mark.parametrize("strategy", [best_always, halfway])
def test_functions_of_one_s_own_pass(strategy):
    check_strategy(strategy, kinds=("pie",))


def overshooting(round, max_rounds, reservation_value, current_value, history):
    return reservation_value - 0.5 if current_value > reservation_value else reservation_value + 0.5


def nowhere(view):
    return Propose(("no", "such", "outcome"))


def endless(round, max_rounds, reservation_value, current_value, history):
    return math.inf


def undecided(view):
    return "maybe"


def crashing(view):
    raise KeyError("oops")


async def waiting(view):
    return Walk()


counter = itertools.count()


def forgetful(round, max_rounds, reservation_value, current_value, history):
    return current_value + (reservation_value - current_value) / (2 + next(counter) % 7)


class Sharing:
    """Counts the turns of all its negotiations together, from 0 again where one begins."""

    def __init__(self):
        self.turns = 0

    def __call__(self, view):
        self.turns = 0 if view.own_last_offer is None else self.turns + 1
        mine = view.preferences
        share = max(0.0, 1 - self.turns / 30)
        return Propose(mine.offer(mine.limit + share * (mine.opening - mine.limit)))


def laborious(round, max_rounds, reservation_value, current_value, history):
    for _ in range(3_000):
        abs(current_value)
    return reservation_value


@pytest.mark.parametrize(
    ("strategy", "kinds", "claim"),
    [
        (
            overshooting, ("pie",),
            r"overshooting.*\n.*never goes below its reservation value: round 2: offers propose 1.5, which is worth 1.5 "
            r"where 2 is the least \(situation: a pie, 10 rounds, a patient opponent, speaking first\); \d+ more",
        ),
        (nowhere, ("pie",), "offers values of the problem only: round 1: "),
        (endless, ("pie",), "decides in every situation: round 2: InvalidDecision"),
        (undecided, ("pie",), "returns Propose, Accept or Walk: round 1: got 'maybe'"),
        (crashing, ("pie",), "raises nothing: round 1: KeyError: 'oops'"),
        (waiting, ("pie",), "is a plain function, not async"),
        (forgetful, ("pie",), "decides the same in the same situation: round "),
        (Sharing(), ("pie",), "keeps negotiations apart that run at the same time: round "),
        pytest.param(
            laborious, ("issues",), r"decides within its budget: \d+ function calls a decision, at most 2000",
            marks=pytest.mark.slow,
        ),
    ],
    ids=lambda one: getattr(one, "__name__", None),
)  # fmt: skip
def test_broken_promises_are_told_with_claim_and_situation(strategy, kinds, claim):
    with pytest.raises(AssertionError, match=claim):
        check_strategy(strategy, kinds=kinds)


def test_an_acceptance_below_the_reservation_value_is_told():
    def eager(view):
        return Propose(view.preferences.offer(view.preferences.opening)) if view.standing_offer is None else Accept()

    with pytest.raises(AssertionError, match=r"never goes below its reservation value: round 1: accepts 10\.0"):
        check_strategy(eager, kinds=("pie",))


def test_an_acceptance_of_nothing_is_told():
    with pytest.raises(AssertionError, match="accepts only what stands: round 1: nothing does"):
        check_strategy(lambda view: Accept(), kinds=("pie",))


@pytest.mark.timing
def test_time_can_be_a_budget_too():
    with pytest.raises(AssertionError, match="s a decision, at most 1e-12"):
        check_strategy(STRATEGIES["linear"](), kinds=("issues",), seconds=1e-12)


@pytest.mark.parametrize("model", [FrequencyModel(), BayesianModel()])
def test_a_model_may_serve_any_bidding(model):
    check_strategy(ComposedStrategy(model=model), kinds=("pie",))
