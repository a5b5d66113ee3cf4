"""Stacked alternating offers through the executor: many parties, one standing offer, everybody hears everything."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from negotiate_rt import (
    Accept,
    Agent,
    BargainingProblem,
    Buyer,
    ConfigurationError,
    ExponentialConcession,
    Issue,
    LocalProtocolError,
    NegotiationConfig,
    NegotiationExecutor,
    Negotiator,
    Network,
    Propose,
    Reject,
    Seller,
    TimeDependentConcession,
    TitForTatConcession,
    Trace,
    Walk,
)

SAO = "stacked-alternating-offers"


async def talk(*agents, problem=None, seed=1, network=None, journal=None, protocol=SAO, **config):
    executor = NegotiationExecutor(clock="virtual", seed=seed, network=network, journal=journal)
    return await executor.execute(agents, NegotiationConfig(protocol, **config), problem)


def space(parties, size=4, issues=3, seed=0):
    """A problem with random additive tables for some parties."""
    draw = random.Random(seed)
    names = "uvwxyz"[:issues]
    tables = [{name: [draw.random() for _ in range(size)] for name in names} for _ in range(parties)]
    utilities = [lambda o, t=t: sum(t[name][o[k]] for k, name in enumerate(names)) for t in tables]
    return BargainingProblem([Issue(name, tuple(range(size))) for name in names], utilities)


def scripted(name, *moves, seen=None, **settings):
    left = list(moves)

    def decide(view):
        if seen is not None:
            seen.append(replace(view, heard=view.history))
        move = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(move, BaseException):
            raise move
        return move(view) if callable(move) else move

    return Negotiator(name, strategy=decide, **settings)


ONE, TWO, THREE = (Propose((k,)) for k in range(3))
ONES = BargainingProblem([Issue("x", (0, 1, 2, 3))])


# -------------------------------------------------------------------------------------------------------------- agreement
async def test_all_others_must_accept_in_a_row():
    outcome = await talk(scripted("a", ONE), scripted("b", Accept()), scripted("c", Accept()), problem=ONES)
    assert (outcome.final_state, outcome.rounds_used) == ("AGREED", 1)
    assert outcome.accepted_offer.value == (0,)
    assert outcome.accepted_offer.agent == "a"


async def test_a_new_offer_discards_the_standing_one_and_its_acceptances():
    outcome = await talk(
        scripted("a", ONE, Accept()), scripted("b", Accept(), Accept()), scripted("c", TWO), problem=ONES
    )
    assert outcome.agreed
    assert outcome.accepted_offer.value == (1,)
    assert outcome.rounds_used == 2, "c offers in round 1, a and b accept in round 2"
    assert [offer.agent for offer in outcome.all_offers] == ["a", "c"]


async def test_acceptances_of_an_offer_made_late_in_a_round_carry_over_to_the_next():
    outcome = await talk(scripted("a", ONE, Accept()), scripted("b", TWO), scripted("c", Accept()), problem=ONES)
    assert outcome.accepted_offer.value == (1,)
    assert outcome.rounds_used == 2


async def test_everybody_hears_every_offer_and_every_vote():
    seen: dict[str, list] = {name: [] for name in "abc"}
    trace = Trace()
    await talk(
        scripted("a", ONE, Accept(), seen=seen["a"]), scripted("b", Accept(), Accept(), seen=seen["b"]),
        scripted("c", TWO, seen=seen["c"]), problem=ONES, journal=trace,
    )  # fmt: skip
    assert [view.history for view in seen["a"]] == [(), ((1,),)]
    assert [view.history for view in seen["b"]] == [((0,),), ((0,), (1,))]
    assert [view.history for view in seen["c"]] == [((0,),)]
    assert seen["b"][1].standing_offer.agent == "c"
    assert seen["a"][1].own_last_offer.value == (0,)
    votes = [(r.receiver, r.content["content"].agent) for r in trace.records if r.kind == "said" and r.act == "inform"]
    assert votes == [("a", "b"), ("c", "b"), ("b", "a"), ("c", "a"), ("a", "b"), ("c", "b")]


async def test_rounds_and_legal_moves_are_in_the_view():
    seen: list = []
    await talk(
        scripted("a", ONE, TWO, THREE, seen=seen), scripted("b", TWO), scripted("c", THREE), problem=ONES, max_rounds=3
    )
    assert [view.round for view in seen] == [1, 2, 3]
    assert {view.max_rounds for view in seen} == {3}
    assert seen[0].legal_moves == ("propose", "walk")
    assert seen[1].legal_moves == ("propose", "accept", "walk")
    assert [view.standing_offer and view.standing_offer.agent for view in seen] == [None, "c", "c"]


async def test_rounds_used_up_end_in_deadlock():
    outcome = await talk(scripted("a", ONE), scripted("b", TWO), scripted("c", THREE), problem=ONES, max_rounds=4)
    assert (outcome.final_state, outcome.rounds_used) == ("DEADLOCK", 4)
    assert len(outcome.all_offers) == 12
    assert outcome.reason_code == "max-rounds"


# ------------------------------------------------------------------------------------------------------------- strategies
STRATEGIES = [
    None,
    ExponentialConcession(3),
    TimeDependentConcession(0.3),
    TimeDependentConcession(3),
    TitForTatConcession(),
]


@pytest.mark.parametrize("parties", [2, 3, 5])
@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
async def test_conceding_agents_agree_on_what_all_find_rational(parties, strategy):
    problem = space(parties)
    agents = [Negotiator(f"n{k}", reservation_value=0.4, strategy=strategy) for k in range(parties)]
    outcome = await talk(*agents, problem=problem, max_rounds=30)
    assert outcome.faults == ()
    if outcome.agreed:
        assert all(worth >= 0.4 for worth in outcome.utilities.values())


@given(seed=st.integers(0, 10**6), pair=st.tuples(*[st.sampled_from(STRATEGIES[:4])] * 2), rounds=st.integers(1, 15))
@settings(max_examples=10, deadline=None)
def test_between_two_it_is_bilateral_bargaining(seed, pair, rounds):
    problem = space(2, seed=seed)
    found = []
    for protocol in (SAO, "bilateral"):
        agents = [Negotiator(name, strategy=strategy) for name, strategy in zip("ab", pair, strict=True)]
        outcome = NegotiationExecutor(clock="virtual").run(agents, NegotiationConfig(protocol, rounds), problem)
        offers = [(offer.agent, offer.value, offer.round) for offer in outcome.all_offers]
        found.append((outcome.final_state, outcome.rounds_used, offers, outcome.utilities))
    assert found[0] == found[1]


async def test_one_price_among_traders():
    outcome = await talk(Buyer("B", 80), Seller("S", 60), Seller("T", 50), max_rounds=10)
    assert outcome.agreed
    assert 60 <= outcome.accepted_offer.value <= 80
    assert set(outcome.utilities) == {"B", "S", "T"}


async def test_pie_is_divided_between_two_only():
    assert (await talk(Agent("a"), Agent("b"), max_rounds=5)).agreed
    with pytest.raises(ConfigurationError, match="a pie is divided between two, not 3"):
        await talk(Agent("a"), Agent("b"), Agent("c"))


async def test_one_party_alone_is_refused():
    with pytest.raises(ConfigurationError, match="needs at least 2 parties, got 1"):
        await talk(Agent("a"))


# ----------------------------------------------------------------------------------------------- leaving, faults, time
async def test_whoever_walks_ends_it_and_takes_its_outside_option():
    outcome = await talk(
        scripted("a", ONE, outside_option=0.2, utility=lambda o: o[0]), scripted("b", Walk("enough")), scripted("c", Accept()),
        problem=ONES,
    )  # fmt: skip
    assert outcome.final_state == "FAILED"
    assert outcome.failure_reason == "walked-away: b: enough"
    assert outcome.utilities == {"a": 0.2}
    last = await talk(scripted("a", ONE), scripted("b", TWO), scripted("c", Walk()), problem=ONES)
    assert (last.failure_reason, last.rounds_used) == ("walked-away: c", 1)


async def test_a_crash_ends_it_by_policy():
    outcome = await talk(scripted("a", ONE), scripted("b", RuntimeError("gone")), scripted("c", Accept()), problem=ONES)
    assert (outcome.final_state, outcome.reason_code) == ("FAILED", "agent-crashed")
    goes_on = await talk(
        scripted("a", ONE), scripted("b", RuntimeError("gone"), Accept()), scripted("c", Accept()), problem=ONES,
        on_fault={"raised": "skip"},
    )  # fmt: skip
    assert (goes_on.agreed, goes_on.rounds_used) == (True, 2)


async def test_a_skipped_turn_is_no_acceptance_and_takes_none_back():
    outcome = await talk(
        scripted("a", ONE, ONE), scripted("b", 42, 42, Accept()), scripted("c", Accept()), problem=ONES, max_rounds=3
    )
    assert outcome.agreed
    assert [fault.what for fault in outcome.faults] == ["invalid", "invalid"]
    assert outcome.rounds_used == 2


async def test_illegal_decisions_are_faults_and_skipped():
    outcome = await talk(
        scripted("a", Accept(), Accept(), ONE), scripted("b", Reject(), Reject(), Accept()), problem=ONES
    )
    assert outcome.agreed
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("a", "illegal")] * 2 + [("b", "illegal")] * 2


async def test_a_late_hook_passes_its_turn():
    async def slow(view):
        await view.sleep(10.0)
        return Accept()

    outcome = await talk(
        scripted("a", ONE),
        Negotiator("b", strategy=slow),
        scripted("c", Accept()),
        problem=ONES,
        turn_timeout=1.0,
        max_rounds=3,
    )
    assert outcome.final_state == "DEADLOCK"
    assert [fault.what for fault in outcome.faults] == ["late"] * 3
    assert outcome.duration_ms == 3000


async def test_timeout_of_the_whole():
    async def hang(view):
        await view.sleep(1e6)

    outcome = await talk(
        scripted("a", ONE), Negotiator("b", strategy=hang), scripted("c", Accept()), problem=ONES, timeout=7.0
    )
    assert (outcome.final_state, outcome.duration_ms) == ("TIMEOUT", 7000)


async def test_an_expired_offer_cannot_be_accepted():
    async def thinks(view):
        await view.sleep(5.0)
        return Accept() if view.standing_offer is not None else TWO

    outcome = await talk(
        scripted("a", Propose((0,), expires_at=1.0), Accept()),
        Negotiator("b", strategy=thinks),
        problem=ONES,
        max_rounds=4,
    )
    assert [fault.what for fault in outcome.faults] == ["illegal"]
    assert outcome.accepted_offer.value == (1,)


async def test_the_same_over_a_slow_network():
    problem = space(3)
    agents = [Negotiator(f"n{k}") for k in range(3)]
    near = await talk(*agents, problem=problem, max_rounds=20)
    far = await talk(*agents, problem=problem, max_rounds=20, network=Network(latency=0.05), timeout=1000.0)
    assert far.agreed
    assert far.accepted_offer.value == near.accepted_offer.value
    assert far.rounds_used == near.rounds_used


# ------------------------------------------------------------------------------------------------------------- retraction
def started(*agents, network=None, **config):
    executor = NegotiationExecutor(clock="virtual", seed=1, network=network)
    return executor.start(agents, NegotiationConfig(SAO, **config), ONES)


async def test_a_standing_offer_may_be_taken_back_and_everybody_hears_it():
    seen: list = []

    async def thinks(view):
        seen.append(view.standing_offer)
        if len(seen) == 1:
            handle.withdraw("a")
        await view.sleep(2.0)
        return Accept() if view.standing_offer is not None else TWO

    handle = started(scripted("a", ONE, Accept()), Negotiator("b", strategy=thinks), scripted("c", Accept()))
    outcome = await handle
    assert outcome.agreed
    assert outcome.accepted_offer.value == (1,)
    assert [one and one.value for one in seen] == [(0,), None]
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("b", "illegal")], (
        "what it accepts stands no longer"
    )


@pytest.mark.parametrize("latency", [0.3, 1.0])
async def test_an_acceptance_that_crosses_a_withdrawal_binds_nobody_and_the_turn_goes_back(latency):
    asked: list = []

    def eager(view):
        asked.append(view.standing_offer)
        if view.standing_offer is None:
            return TWO
        handle.withdraw("a")  # while this very acceptance is on its way
        return Accept()

    handle = started(
        scripted("a", ONE, Accept()), Negotiator("b", strategy=eager), network=Network(latency=latency), timeout=100.0
    )
    outcome = await handle
    assert outcome.agreed
    assert outcome.accepted_offer.value == (1,)
    assert outcome.faults == ()
    assert [one is not None for one in asked] == [True, False], "it is asked once more, in the same round"
    assert outcome.rounds_used == 2


async def test_only_a_standing_offer_can_be_taken_back():
    refused: list = []

    def regrets(view):
        if view.round == 2:
            with pytest.raises(LocalProtocolError) as error:
                handle.withdraw("a")
            refused.append(error.value.reason)
        return ONE

    handle = started(Negotiator("a", strategy=regrets), scripted("b", TWO), max_rounds=2)
    assert (await handle).final_state == "DEADLOCK"
    assert refused == ["offer '' does not stand"], "b has answered it by an offer of its own"


# ------------------------------------------------------------------------------------------------------------ seated chair
async def test_nobody_needs_to_be_called_chair_and_somebody_may():
    outcome = await talk(scripted("chair", ONE), scripted("b", Accept()), problem=ONES)
    assert outcome.agreed
    assert outcome.accepted_offer.agent == "chair"


async def test_same_seed_same_trace():
    traces = []
    for _ in range(2):
        trace = Trace()
        executor = NegotiationExecutor(clock="virtual", seed=3, journal=trace, name="n", network=Network(latency=0.1))
        agents = [Negotiator(f"n{k}") for k in range(4)]
        await executor.execute(agents, NegotiationConfig(SAO, 20), space(4))
        traces.append(trace.records)
    assert traces[0] == traces[1]
