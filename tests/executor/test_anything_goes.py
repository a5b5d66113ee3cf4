"""Agents that do anything at all: every negotiation still ends, on time, in one outcome that holds together."""

from __future__ import annotations

import asyncio
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt import (
    Accept,
    AdditiveUtility,
    Agent,
    BargainingProblem,
    Bidder,
    Buyer,
    Cancel,
    Cfp,
    Constant,
    ContractNetOptions,
    Contractor,
    ExponentialConcession,
    Failure,
    Inform,
    InformDone,
    InvalidDecision,
    Issue,
    LinearConcession,
    Manager,
    NegotiationConfig,
    NegotiationExecutor,
    Negotiator,
    Network,
    NotUnderstood,
    Pie,
    PriceProblem,
    Propose,
    Refuse,
    Reject,
    Seller,
    Skip,
    Task,
    TimeDependentConcession,
    TitForTatConcession,
    Walk,
    Withdraw,
    sleep,
)

CODES = {"walked-away", "no-bids", "below-reserve", "refused", "agent-crashed", "agent-late", "protocol-violation", "cancelled",
         "infeasible"}  # fmt: skip
POLICIES = ["skip", "withdraw", "fail", {}, {"raised": "skip"}, {"late": "withdraw", "invalid": ["repair", "fail"]},
            {"raised": "fallback", "fallback": LinearConcession()},
            {"invalid": "fallback", "fallback": lambda *told: Walk()}]  # fmt: skip
VALUES = [0, 1, 5.5, 50, 70, 99, 100, 101, -1, math.nan, math.inf, "x", None, (0, 1), (2, 2), [1, 1], {"a": 1}]
TALK = [
    Walk(),
    Walk("so"),
    Reject(),
    Refuse("no"),
    Cancel(),
    Cfp(),
    Inform(1),
    InformDone(),
    Failure("f"),
    Skip("s"),
    Withdraw(),
]
THINGS = [NotUnderstood(), None, 0, 7, 12.5, math.nan, -3, "text", True, [], {}, {"cost": 3}]
DECISIONS = [
    lambda draw: Propose(draw.choice(VALUES)),
    lambda draw: Propose(draw.uniform(0, 100), expires_at=draw.choice([None, 0.0, 3.0, 1e9, -1.0])),
    lambda draw: Accept(draw.choice(["", "", "", "nonsense", "x/1/1"])),
    lambda draw: draw.choice(TALK),
    lambda draw: draw.choice(THINGS),
]  # fmt: skip
ERRORS = [
    ValueError("v"),
    InvalidDecision("i"),
    KeyError(1),
    SystemExit(),
    asyncio.CancelledError(),
    TimeoutError(),
    GeneratorExit(),
]


class Chaos:
    """One hook that draws what it does: decide, raise, take its time."""

    def __init__(self, seed, weights=(6, 1, 1)):
        self.draw = random.Random(seed)
        self.weights = weights

    def act(self):
        what = self.draw.choices(["decide", "raise", "other"], self.weights)[0]
        if what == "raise":
            raise self.draw.choice(ERRORS)
        return self.draw.choice(DECISIONS)(self.draw)

    def plain(self, told):
        return self.act()

    async def slow(self, told):
        await sleep(self.draw.choice([0, 0.5, 1, 2, 7, 100]))
        return self.act()

    def hook(self):
        return self.draw.choice([self.plain, self.slow])


def chaotic(role, name, seed):
    chaos = Chaos(seed)
    if role == "bidder":
        return Bidder(name, chaos.draw.choice([None, 5, math.nan, -1]), chaos.hook())
    if role == "contractor":
        return Contractor(name, chaos.hook(), chaos.hook())
    if role == "manager":
        return Manager(
            name, lambda task, bids: chaos.draw.choice([None, name, [bid.agent for bid in bids], bids[:1], 5, bids])
        )
    kind = chaos.draw.choice([Negotiator, lambda n, strategy: Negotiator(n, len, strategy=strategy), Agent])
    return Agent(name) if kind is Agent else kind(name, strategy=chaos.hook())


def run(agents, config, problem, **settings):
    """Run on a virtual clock, and hold the outcome to what every outcome promises."""
    left = []

    async def main():
        executor = NegotiationExecutor(clock="virtual", **settings)
        outcome = await executor.execute(agents, config, problem)
        left.extend(task for task in asyncio.all_tasks() if task is not asyncio.current_task())
        return outcome

    outcome = asyncio.run(main())
    assert left == []
    names = {agent.name for agent in agents} | {"manager", "auctioneer"}
    assert outcome.agreed == (outcome.final_state == "AGREED") == (outcome.failure_reason is None)
    assert outcome.final_state in ("AGREED", "FAILED", "TIMEOUT", "DEADLOCK")
    if outcome.final_state == "FAILED":
        assert outcome.reason_code in CODES, outcome.failure_reason
    assert outcome.accepted_offer is None or (outcome.agreed and outcome.accepted_offer in outcome.all_offers)
    assert {offer.agent for offer in outcome.all_offers} <= names
    assert len({offer.id for offer in outcome.all_offers}) == len(outcome.all_offers)
    assert {fault.who for fault in outcome.faults} <= names
    assert {fault.what for fault in outcome.faults} <= {"late", "raised", "invalid", "illegal"}, outcome.faults
    assert all(math.isfinite(worth) for worth in outcome.utilities.values())
    assert 1 <= outcome.rounds_used <= config.max_rounds
    assert 0 <= outcome.duration_ms <= config.timeout * 1000
    return outcome


seeds = st.integers(0, 10**9)
policies = st.sampled_from(POLICIES)
turns = st.sampled_from([None, 1, 3])


@given(seed=seeds, policy=policies, turn=turns, rounds=st.integers(1, 6), latency=st.booleans(), problem=st.sampled_from(
    [PriceProblem(), Pie(100.0), BargainingProblem([Issue("a", (0, 1, 2)), Issue("b", (0, 1, 2))], [len, sum])]
))  # fmt: skip
@settings(max_examples=25)
def test_bargaining(seed, policy, turn, rounds, latency, problem):
    agents = [chaotic("", "x", seed), chaotic("", "y", seed + 1)]
    if isinstance(problem, PriceProblem):
        agents[seed % 2] = Buyer("x" if seed % 2 == 0 else "y", 80)
    config = NegotiationConfig(
        "bilateral", rounds, 50, reservation_value=1, turn_timeout=turn, on_fault=policy,
    )  # fmt: skip
    outcome = run(agents, config, problem, network=Network(latency=Constant(0.25)) if latency else None)
    if outcome.agreed and isinstance(problem, PriceProblem):
        assert outcome.utilities[agents[seed % 2].name] >= 0, "the guard held"


@given(seed=seeds, policy=policies, turn=turns, size=st.integers(1, 4), managed=st.booleans(), latency=st.booleans())
@settings(max_examples=25)
def test_contracting(seed, policy, turn, size, managed, latency):
    agents = [chaotic("contractor", f"c{n}", seed + n) for n in range(size)]
    if managed:
        agents.append(chaotic("manager", "boss", seed))
    draw = random.Random(seed)
    options = ContractNetOptions(
        award=draw.choice(["cost", "time", "reliability"]), awards=draw.choice([1, 2]), retries=draw.choice([0, 3]),
        reply_by=draw.choice([None, 1, 5]), perform_timeout=draw.choice([None, 2]),
    )  # fmt: skip
    config = NegotiationConfig("contract-net", timeout=50, options=options, turn_timeout=turn, on_fault=policy)
    outcome = run(agents, config, Task(hours=1), network=Network(latency=Constant(0.25)) if latency else None)
    if outcome.agreed:
        assert outcome.result.awarded
        assert set(outcome.result.awarded) <= set(outcome.result.reports) <= {agent.name for agent in agents}


@given(
    seed=seeds,
    policy=policies,
    turn=turns,
    size=st.integers(1, 4),
    kind=st.sampled_from(["vickrey", "first-price"]),
    latency=st.booleans(),
)
@settings(max_examples=25)
def test_sealed_bids(seed, policy, turn, size, kind, latency):
    agents = [chaotic("bidder", f"b{n}", seed + n) for n in range(size)]
    config = NegotiationConfig(kind, timeout=50, turn_timeout=turn, on_fault=policy, reservation_value=3)
    outcome = run(agents, config, "lot", network=Network(latency=Constant(0.25)) if latency else None)
    if outcome.agreed:
        assert outcome.result.pay_price >= 3
        assert outcome.result.winning_bid.value == max(bid.value for bid in outcome.result.bids)
        assert outcome.result.winner in agents


LEVELS = st.lists(st.integers(0, 10), min_size=3, max_size=3)
STRATEGIES = [LinearConcession(), ExponentialConcession(), TimeDependentConcession(0.3), TimeDependentConcession(3.0)]


@given(
    tables=st.lists(LEVELS, min_size=4, max_size=4), weights=st.lists(st.integers(0, 5), min_size=4, max_size=4),
    least=st.lists(st.integers(0, 20), min_size=2, max_size=2),
    pick=st.lists(st.sampled_from(STRATEGIES), min_size=2, max_size=2),
    rounds=st.integers(2, 15),
)  # fmt: skip
@settings(max_examples=20)
def test_bargaining_over_issues_finds_only_deals_that_both_can_bear(tables, weights, least, pick, rounds):
    names, values = ("food", "water"), (0, 1, 2)
    issues = [Issue(name, values) for name in names]
    utilities = [
        AdditiveUtility(
            dict(zip(names, weights[2 * who : 2 * who + 2], strict=True)),
            {
                name: dict(zip(values, table, strict=True))
                for name, table in zip(names, tables[2 * who :], strict=False)
            },
        )
        for who in (0, 1)
    ]
    problem = BargainingProblem(issues)
    space = problem.space
    best = [max(utility.bind(space)(outcome) for outcome in space) for utility in utilities]
    reservation = [min(worth, most) for worth, most in zip(least, best, strict=True)]
    agents = [
        Negotiator(name, utility, worth, strategy=strategy)
        for name, utility, worth, strategy in zip("ab", utilities, reservation, pick, strict=True)
    ]
    outcome = run(agents, NegotiationConfig("bilateral", rounds), problem)
    assert outcome.faults == ()
    assert all(offer.value in space for offer in outcome.all_offers)
    for offer in outcome.all_offers:
        who = "ab".index(offer.agent)
        assert utilities[who].bind(space)(offer.value) >= reservation[who] - 1e-9
    if outcome.agreed:
        assert outcome.utilities["a"] >= reservation[0] - 1e-9
        assert outcome.utilities["b"] >= reservation[1] - 1e-9


@pytest.mark.parametrize("timeout", [1e-9, 1e-300])
async def test_almost_no_time_at_all(timeout):
    for clock in ("real", "virtual"):
        agents = [Buyer("b", 50, strategy=TitForTatConcession()), Seller("s", 60)]
        outcome = await NegotiationExecutor(clock=clock).execute(
            agents, NegotiationConfig("bilateral", timeout=timeout)
        )
        assert outcome.final_state in ("TIMEOUT", "DEADLOCK")
