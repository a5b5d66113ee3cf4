"""Mediation through the executor: what is disclosed stays with the mediator, and what enough accept binds."""

from __future__ import annotations

import asyncio
import random
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt import (
    Accept,
    AdditiveUtility,
    Ballot,
    BargainingProblem,
    Buyer,
    ConfigurationError,
    Constant,
    ContinuousIssue,
    FaultPolicy,
    Issue,
    LinearEvaluation,
    MediationOptions,
    Mediator,
    NegotiationConfig,
    NegotiationExecutor,
    Negotiator,
    Network,
    OutcomeSpace,
    PairAsked,
    PreferencesAsked,
    Propose,
    RankingAsked,
    Reject,
    Seller,
    Trace,
    Walk,
    kalai_smorodinsky_point,
    nash_point,
    sleep,
    utilitarian_point,
)
from negotiate_rt.problems.mediation import METHODS

ALL = list(METHODS)


async def talk(*agents, problem=None, options=None, seed=1, network=None, journal=None, **config):
    executor = NegotiationExecutor(clock="virtual", seed=seed, network=network, journal=journal, name="river")
    given = options if options is None or isinstance(options, MediationOptions) else MediationOptions(**options)
    return await executor.execute(agents, NegotiationConfig("mediation", options=given, **config), problem)


def problem(parties=3, sizes=(3, 4, 3), seed=0, floor=0.0):
    """A problem with random additive utilities of its parties, all in [0, 1]."""
    draw = random.Random(seed)
    space = OutcomeSpace([Issue(f"i{k}", tuple(range(size))) for k, size in enumerate(sizes)])
    utilities = [
        AdditiveUtility(
            dict.fromkeys(space.names, 1 / len(sizes)),
            {one.name: {value: draw.random() for value in one.values} for one in space.issues}, space,
        )
        for _ in range(parties)
    ]  # fmt: skip
    return BargainingProblem(space, utilities, [floor] * parties)


def crew(parties=3, **hooks):
    """Return stock negotiators, with hooks of their own on all of them."""
    found = [Negotiator(f"p{k}") for k in range(parties)]
    for one in found:
        vars(one).update(hooks)
    return found


def hooked(name, disclosure="full", **hooks):
    one = Negotiator(name)
    one.disclosure = disclosure
    vars(one).update(hooks)
    return one


# ------------------------------------------------------------------------------------------------------------- agreement
@pytest.mark.parametrize(
    ("objective", "point"),
    [("nash", nash_point), ("utilitarian", utilitarian_point), ("kalai-smorodinsky", kalai_smorodinsky_point)],
)
async def test_what_is_disclosed_in_full_is_optimised(objective, point):
    matter = problem()
    outcome = await talk(*crew(), problem=matter, options={"objective": objective})
    assert outcome.agreed
    assert outcome.accepted_offer.value == point(matter).outcome
    assert outcome.accepted_offer.agent == "mediator"
    assert outcome.rounds_used == 2, "one to disclose, one to accept"
    assert outcome.messages == 3 * (1 + 1 + 1 + 1) + 3
    assert (outcome.result.disclosed, outcome.result.accepted, outcome.result.proven) == (3, 3, True)
    assert outcome.result.outcome == outcome.accepted_offer.value
    assert outcome.faults == ()


@pytest.mark.parametrize("method", ALL)
@given(seed=st.integers(0, 10**6), parties=st.integers(2, 5))
@settings(max_examples=5, deadline=None)
def test_nobody_is_bound_below_what_no_deal_is_worth_to_it(method, seed, parties):
    matter = problem(parties, seed=seed, floor=0.35)
    executor = NegotiationExecutor(clock="virtual", seed=seed)
    config = NegotiationConfig("mediation", max_rounds=60, options=MediationOptions(method=method))
    outcome = executor.run(crew(parties), config, matter)
    assert outcome.faults == ()
    assert outcome.rounds_used <= 60
    if outcome.agreed:
        assert all(worth >= 0.35 - 1e-9 for worth in outcome.utilities.values())
    else:
        assert outcome.reason_code in ("infeasible", "refused", "max-rounds")


@pytest.mark.parametrize("method", ALL)
async def test_the_same_seed_gives_the_same_mediation(method):
    traces = []
    for _ in range(2):
        trace = Trace()
        await talk(*crew(), problem=problem(seed=3), options={"method": method}, journal=trace, max_rounds=40)
        traces.append([(one.kind, one.sender, one.receiver, one.act, str(one.content)) for one in trace.records])
    assert traces[0] == traces[1]


async def test_continuous_issues_are_mediated():
    space = OutcomeSpace([ContinuousIssue("price", 60.0, 80.0)])
    seller = AdditiveUtility({"price": 1}, {"price": LinearEvaluation(1, -60)}, space)
    buyer = AdditiveUtility({"price": 1}, {"price": LinearEvaluation(-1, 80)}, space)
    matter = BargainingProblem(space, {"Sam": seller, "Bea": buyer}, {"Sam": 4.0})
    outcome = await talk(Negotiator("Sam"), Negotiator("Bea"), problem=matter)
    assert outcome.accepted_offer.value[0] == pytest.approx(72.0, abs=1e-4)
    assert outcome.result.proven


async def test_a_hopeless_dispute_ends_infeasible():
    outcome = await talk(*crew(), problem=problem(floor=0.99))
    assert (outcome.final_state, outcome.reason_code) == ("FAILED", "infeasible")
    assert outcome.result.outcome is None
    assert set(outcome.utilities.values()) == {0.99}


async def test_rounds_used_up_end_in_deadlock():
    outcome = await talk(*crew(decide=lambda view: Reject()), problem=problem(), max_rounds=5)
    assert (outcome.final_state, outcome.reason_code, outcome.rounds_used) == ("DEADLOCK", "max-rounds", 5)
    assert outcome.result.proposals == 4
    assert len({offer.value for offer in outcome.all_offers}) == 4, "never the same proposal twice"


# --------------------------------------------------------------------------------------------------------------- secrecy
CANARIES = {"p0": 0.271828, "p1": 0.314159, "p2": 0.141421}


def canaries():
    """A problem in which each party's worths carry a number of its own, and a different order of outcomes."""
    space = OutcomeSpace([Issue("x", tuple(range(6)))])
    utilities = {
        name: AdditiveUtility({"x": 1}, {"x": {value: canary + (value * (place + 2)) % 7 for value in range(6)}}, space)
        for place, (name, canary) in enumerate(CANARIES.items())
    }
    return BargainingProblem(space, utilities)


@pytest.mark.parametrize("arbitration", ["none", "impose", "final-offer"])
@pytest.mark.parametrize("method", ALL)
async def test_no_disclosed_value_ranking_or_vote_stands_in_a_message_to_another_party(method, arbitration):
    trace = Trace()
    agents = [Negotiator(name) for name in CANARIES]
    options = {"method": method, "arbitration": arbitration, "shortlist": 4}
    await talk(*agents, problem=canaries(), options=options, journal=trace, max_rounds=30)
    said = [one for one in trace.records if one.kind == "said"]
    assert {one.receiver for one in said if one.sender in CANARIES} == {"mediator"}, "parties talk to the mediator alone"
    outgoing = [one for one in said if one.sender == "mediator"]
    acts = {one.act for one in outgoing}
    assert acts <= {"query-ref", "query-if", "cfp", "propose", "inform-result", "cancel"}
    for one in outgoing:
        text = str(one.content)
        assert not any(str(canary)[2:] in text for canary in CANARIES.values())
        for secret in ("worths", "order", "which", "without", *CANARIES):
            assert f"'{secret}'" not in text
        if "'grades': (" in text or "'grades': [" in text:
            raise AssertionError(f"a vote was passed on: {text}")
    inward = [one for one in said if one.sender in CANARIES and one.act in ("inform", "inform-if")]
    assert inward or method == "final-offer"


async def test_votes_of_one_party_change_no_message_to_another_but_through_the_text():
    """With a majority against it either way, one party's vote moves nothing: all else is said word for word the same."""
    heard = []
    for grade in (-10, 10):
        trace = Trace()
        agents = [
            hooked("p0", vote=lambda view, own=grade: own),
            hooked("p1", vote=lambda view: -1),
            hooked("p2", vote=lambda view: -1),
        ]
        options = {"method": "hill-climbing", "acceptance": "majority"}
        await talk(*agents, problem=problem(), options=options, journal=trace, max_rounds=10)
        heard.append([str(one.content) for one in trace.records if one.kind == "said" and one.receiver in ("p1", "p2")])
    assert heard[0] == heard[1]


async def test_a_mediators_own_agent_sees_what_was_disclosed_and_nobodys_utility():
    seen = []

    def suggest(view):
        seen.append(view)
        return None

    outcome = await talk(Mediator("Mo", suggest), *crew(), problem=problem())
    assert outcome.accepted_offer.agent == "Mo"
    (view,) = seen
    assert len(view.problem.utilities) == 0
    assert view.preferences is None
    assert set(view.call.disclosed) == {"p0", "p1", "p2"}
    assert view.call.draft == outcome.accepted_offer.value


# ------------------------------------------------------------------------------------------------------------- disclosure
async def test_a_party_that_keeps_its_preferences_to_itself_is_won_over_by_votes():
    matter = problem(3, (4, 4, 4), seed=8, floor=0.5)
    agents = [Negotiator("p0"), Negotiator("p1"), hooked("p2", "votes")]
    outcome = await talk(*agents, problem=matter, max_rounds=200)
    assert outcome.agreed
    assert outcome.result.disclosed == 2
    assert outcome.utilities["p2"] >= 0.5


@pytest.mark.parametrize(("limit", "asked"), [("full", 3), ("ranking", 2), ("pairwise", 1), ("votes", 0)])
async def test_who_tells_little_is_not_made_to_tell_more(limit, asked):
    told = 0
    for method in ("optimum", "ranking", "pairwise"):
        trace = Trace()
        agents = [hooked(f"p{k}", limit) for k in range(2)]
        await talk(*agents, problem=problem(2), options={"method": method}, journal=trace, max_rounds=20)
        acts = [one.act for one in trace.records if one.kind == "said" and one.sender == "p0"]
        told += "inform" in acts
    assert told == asked


async def test_hooks_of_ones_own_answer_every_question():
    calls = []

    def disclose(view):
        calls.append(type(view.call).__name__)
        if isinstance(view.call, RankingAsked):
            return [*reversed(view.call.outcomes)]
        if isinstance(view.call, PairAsked):
            return view.call.first
        assert isinstance(view.call, PreferencesAsked)
        return lambda outcome: float(sum(outcome))

    def vote(view):
        calls.append(type(view.call).__name__)
        assert isinstance(view.call, Ballot)
        return [1] * len(view.call.drafts)

    agents = [hooked(f"p{k}", disclose=disclose, vote=vote, decide=lambda view: Accept()) for k in range(2)]
    for method in ("optimum", "ranking", "pairwise", "feedback"):
        outcome = await talk(*agents, problem=problem(2, (2, 2)), options={"method": method, "shortlist": 3})
        assert outcome.agreed, outcome
        assert outcome.faults == ()
    assert set(calls) == {"PreferencesAsked", "RankingAsked", "PairAsked", "Ballot"}
    best = await talk(*agents, problem=problem(2, (2, 2)))
    assert best.accepted_offer.value == (1, 1), "by what they told, not by what the problem says"


async def test_parties_without_preferences_need_hooks():
    space = OutcomeSpace([Issue("x", (0, 1))])
    agents = [Negotiator(f"p{k}", strategy=lambda view: Accept()) for k in range(2)]
    outcome = await talk(*agents, problem=BargainingProblem(space), options={"method": "annealing"}, max_rounds=10)
    assert outcome.agreed
    assert {fault.what for fault in outcome.faults} == {"invalid"}
    assert "define a `vote` hook" in outcome.faults[0].cause
    with pytest.raises(ConfigurationError, match="has no utility here"):
        await talk(Negotiator("a"), Negotiator("b"), problem=BargainingProblem(space))


async def test_async_hooks_are_awaited_and_overtaken_by_the_end():
    async def decide(view):
        await sleep(1.0)
        return Accept()

    async def dither(view):
        await sleep(1e6)

    quick = [hooked(f"p{k}", decide=decide) for k in range(3)]
    slow = hooked("p3", decide=dither)
    options = {"acceptance": "quorum", "quorum": 3, "reply_by": 5.0}
    outcome = await talk(*quick, slow, problem=problem(4), options=options, timeout=30)
    assert outcome.agreed
    assert outcome.result.accepted == 3


# ------------------------------------------------------------------------------------------------------------ acceptance
@pytest.mark.parametrize(
    ("options", "agrees"),
    [
        ({}, False),
        ({"acceptance": "majority"}, True),
        ({"acceptance": "quorum", "quorum": 3}, True),
        ({"acceptance": "quorum", "quorum": 4}, False),
        ({"acceptance": "quorum", "quorum": 0.6}, True),
    ],
)
async def test_what_binds_is_unanimity_a_majority_or_a_quorum(options, agrees):
    agents = [*crew(3), hooked("p3", decide=lambda view: Reject("never"))]
    outcome = await talk(*agents, problem=problem(4), options=options, max_rounds=6)
    assert outcome.agreed is agrees
    if agrees:
        assert outcome.result.accepted == 3


async def test_half_is_no_majority():
    agents = [*crew(2), *(hooked(name, decide=lambda view: Reject()) for name in ("p2", "p3"))]
    outcome = await talk(*agents, problem=problem(4), options={"acceptance": "majority"}, max_rounds=5)
    assert not outcome.agreed
    assert outcome.result.needed == 3


# ----------------------------------------------------------------------------------------------------------- arbitration
async def test_an_arbitrator_imposes_the_optimum_when_nothing_is_accepted():
    matter = problem()
    agents = crew(decide=lambda view: Reject())
    outcome = await talk(*agents, problem=matter, options={"arbitration": "impose"}, max_rounds=4)
    assert outcome.agreed
    assert outcome.result.imposed
    assert outcome.accepted_offer.value == nash_point(matter).outcome


async def test_final_offers_are_taken_as_they_stand():
    space = OutcomeSpace([Issue("x", tuple(range(11)))])
    up = AdditiveUtility({"x": 1}, {"x": {value: value for value in range(11)}}, space)
    down = AdditiveUtility({"x": 1}, {"x": {value: 10 - value for value in range(11)}}, space)
    matter = BargainingProblem(space, {"high": up, "low": down})
    agents = [
        hooked("high", decide=lambda view: Propose((9,)) if "propose" in view.legal_moves else Reject()),
        hooked("low", decide=lambda view: Propose((4,)) if "propose" in view.legal_moves else Reject()),
    ]
    outcome = await talk(*agents, problem=matter, options={"arbitration": "final-offer"}, max_rounds=3)
    assert outcome.result.imposed
    assert outcome.accepted_offer.value == (4,), "24 is the larger product: the more moderate offer wins"
    chosen = await talk(*agents, problem=matter, options={"method": "final-offer"}, max_rounds=3)
    assert not chosen.agreed, "final offers are proposed, and bind nobody by themselves"


@pytest.mark.parametrize("arbitration", ["none", "impose", "final-offer"])
@pytest.mark.parametrize("method", ALL)
@pytest.mark.parametrize("rounds", [1, 2, 3, 5])
async def test_no_mediation_takes_more_rounds_than_there_are(method, arbitration, rounds):
    agents = [*crew(2), hooked("p2", decide=lambda view: Propose((0, 0, 0)) if "propose" in view.legal_moves else Reject())]
    options = {"method": method, "arbitration": arbitration}
    outcome = await talk(*agents, problem=problem(), options=options, max_rounds=rounds)
    assert outcome.rounds_used <= rounds
    if arbitration != "none":
        assert outcome.agreed
        assert outcome.result.imposed
    else:
        assert outcome.final_state in ("DEADLOCK", "FAILED")


async def test_arbitration_comes_before_the_deadline_and_a_silent_party_cannot_stop_it():
    async def silent(view):
        await sleep(1e6)

    agents = [*crew(2), hooked("p2", decide=silent)]
    outcome = await talk(*agents, problem=problem(), options={"arbitration": "impose"}, timeout=20)
    assert outcome.agreed
    assert outcome.result.imposed
    assert outcome.duration_ms < 20_000


async def test_without_arbitration_a_silent_party_lets_the_time_run_out():
    async def silent(view):
        await sleep(1e6)

    outcome = await talk(*crew(2), hooked("p2", decide=silent), problem=problem(), timeout=20)
    assert outcome.final_state == "TIMEOUT"
    assert outcome.duration_ms == pytest.approx(20_000)


# ------------------------------------------------------------------------------------------------------------- bad input
LEAVERS = {
    "walks when asked": {"disclose": lambda view: Walk("enough")},
    "walks at a vote": {"vote": lambda view: Walk("enough")},
    "walks from a proposal": {"decide": lambda view: Walk("enough")},
    "crashes": {"decide": lambda view: 1 / 0, "vote": lambda view: 1 / 0, "disclose": lambda view: 1 / 0},
}


@pytest.mark.parametrize("how", LEAVERS)
@pytest.mark.parametrize("method", ["optimum", "annealing", "ranking", "pairwise", "feedback", "final-offer"])
async def test_a_party_that_leaves_ends_a_talk_that_needs_it_and_no_other(method, how):
    for options, needed in (({}, True), ({"acceptance": "majority"}, False)):
        agents = [*crew(2), hooked("p2", **LEAVERS[how])]
        outcome = await talk(*agents, problem=problem(), options={"method": method, **options}, max_rounds=40)
        left = any(offer.agent == "mediator" for offer in outcome.all_offers) or outcome.result.ballots or method == "optimum"
        if needed and not outcome.agreed:
            assert outcome.reason_code in ("walked-away", "agent-crashed")
            assert "p2" in outcome.failure_reason
        elif needed:
            assert how == "walks at a vote" or how == "walks when asked", "it was never asked"
        else:
            assert outcome.agreed, (outcome, left)


async def test_a_mediator_that_dies_fails_the_talk_with_the_blame():
    outcome = await talk(Mediator("Mo", lambda view: 1 / 0), *crew(), problem=problem())
    assert (outcome.final_state, outcome.reason_code) == ("FAILED", "agent-crashed")
    assert "Mo" in outcome.failure_reason
    assert outcome.faults[0].who == "Mo"


async def test_a_mediator_that_dies_in_its_role_fails_the_talk(monkeypatch):
    from negotiate_rt.protocols.mediating import Room

    def broken(self):
        raise RuntimeError("out of paper")

    monkeypatch.setattr(Room, "ask_preferences", broken)
    outcome = await talk(*crew(), problem=problem())
    assert (outcome.final_state, outcome.reason_code) == ("FAILED", "protocol-violation")
    assert "out of paper" in outcome.failure_reason


async def test_a_mediator_that_hangs_leaves_it_to_the_method():
    async def suggest(view):
        await sleep(1e6)

    outcome = await talk(Mediator("Mo", suggest), *crew(), problem=problem(), turn_timeout=1.0)
    assert outcome.agreed
    assert outcome.faults[0].what == "late"


async def test_a_mediators_suggestion_is_put_to_the_parties_and_nonsense_is_not():
    own = await talk(Mediator("Mo", lambda view: (0, 0, 0)), *crew(), problem=problem())
    assert own.accepted_offer.value == (0, 0, 0)
    wrong = await talk(Mediator("Mo", lambda view: ("no", "such", "thing")), *crew(), problem=problem())
    assert wrong.accepted_offer.value == nash_point(problem()).outcome
    assert {fault.what for fault in wrong.faults} == {"invalid"}


@pytest.mark.parametrize(
    ("method", "hooks", "text"),
    [
        ("annealing", {"vote": lambda view: 11}, "whole number from -10 to 10"),
        ("annealing", {"vote": lambda view: 0.5}, "whole number from -10 to 10"),
        ("annealing", {"vote": lambda view: (1, 2)}, "one grade for each of 1 drafts"),
        ("feedback", {"vote": lambda view: 3}, "one grade for each of"),
        ("ranking", {"disclose": lambda view: [0, 0, 1]}, "more than once"),
        ("ranking", {"disclose": lambda view: view.call.outcomes[1:]}, "leaves out"),
        ("ranking", {"disclose": lambda view: "best"}, "a ranking is a list"),
        ("ranking", {"disclose": lambda view: [(9, 9, 9)]}, "neither a number"),
        ("pairwise", {"disclose": lambda view: "both"}, "expected 'first', 'second' or 'either'"),
        ("pairwise", {"disclose": lambda view: 7}, "expected 'first', 'second' or 'either'"),
        ("optimum", {"disclose": lambda view: 42}, "expected a utility function"),
        ("optimum", {"disclose": lambda view: AdditiveUtility({"z": 1}, {"z": {0: 1}})}, "z"),
    ],
)
async def test_an_answer_that_makes_no_sense_is_its_partys_fault_and_counts_as_none(method, hooks, text):
    outcome = await talk(*crew(2), hooked("p2", **hooks), problem=problem(), options={"method": method}, max_rounds=20)
    assert {(fault.who, fault.what) for fault in outcome.faults} == {("p2", "invalid")}
    assert text in outcome.faults[0].cause
    assert outcome.final_state in ("AGREED", "DEADLOCK", "FAILED")


async def test_answers_about_pairs_that_contradict_each_other_do_not_count():
    """Rock, paper and scissors: the third answer closes a circle."""
    space = OutcomeSpace([Issue("hand", ("rock", "paper", "scissors"))])
    beats = {("rock", "scissors"), ("scissors", "paper"), ("paper", "rock")}

    def disclose(view):
        return "first" if (view.call.first[0], view.call.second[0]) in beats else "second"

    flat = AdditiveUtility({"hand": 1}, {"hand": {"rock": 1, "paper": 3, "scissors": 2}}, space)
    agents = [hooked("whimsical", disclose=disclose), Negotiator("steady")]
    matter = BargainingProblem(space, {"whimsical": flat, "steady": flat})
    outcome = await talk(*agents, problem=matter, options={"method": "pairwise"})
    assert outcome.agreed
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("whimsical", "inconsistent")]
    assert "answer 3 contradicts" in outcome.faults[0].cause


# --------------------------------------------------------------------------------------------------------------- network
@pytest.mark.parametrize("method", ["optimum", "annealing", "ranking", "pairwise", "feedback", "final-offer"])
@pytest.mark.parametrize("seed", range(3))
async def test_over_a_lossy_slow_network_there_is_one_ending_in_time(method, seed):
    network = Network(latency=Constant(0.05), loss=0.1, duplicate=0.1, reorder=True)
    options = {"method": method, "reply_by": 0.5, "acceptance": "majority"}
    outcome = await talk(*crew(4), problem=problem(4), options=options, network=network, seed=seed, max_rounds=40, timeout=60)
    assert outcome.final_state in ("AGREED", "DEADLOCK", "TIMEOUT", "FAILED")
    assert outcome.duration_ms <= 60_000
    assert all(fault.what != "illegal" for fault in outcome.faults), outcome.faults


async def test_a_lost_message_is_made_good_by_a_fresh_dialogue():
    agreed = 0
    for seed in range(10):
        network = Network(latency=Constant(0.01), loss=0.1)
        options = {"reply_by": 0.5}
        outcome = await talk(*crew(3), problem=problem(), options=options, network=network, seed=seed, timeout=60)
        agreed += outcome.agreed
    assert agreed >= 8


async def test_acknowledged_delivery_loses_nothing():
    network = Network(latency=Constant(0.01), loss=0.3, acknowledged=True)
    outcome = await talk(*crew(3), problem=problem(), network=network, options={"method": "annealing"}, timeout=600)
    assert outcome.agreed


# ------------------------------------------------------------------------------------------------------------------ limits
async def test_faults_go_by_policy():
    policy = FaultPolicy(raised="skip")
    agents = [*crew(2), hooked("p2", vote=lambda view: 1 / 0)]
    outcome = await talk(*agents, problem=problem(), options={"method": "hill-climbing"}, on_fault=policy, max_rounds=20)
    assert outcome.agreed
    assert {fault.what for fault in outcome.faults} == {"raised"}


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"method": "magic"}, "options.method: expected one of optimum, annealing"),
        ({"acceptance": "quorum"}, "goes with acceptance 'quorum'"),
        ({"quorum": 2}, "goes with acceptance 'quorum'"),
        ({"acceptance": "quorum", "quorum": 2.5}, "expected a number of parties"),
        ({"grades": 0}, "options.grades: expected a whole number of at least 1"),
        ({"temperature": (1.0, 2.0)}, "expected start >= end > 0"),
        ({"temperature": 3.0}, "expected two numbers"),
        ({"reply_by": -1}, "expected seconds above 0"),
        ({"objective": "nashh"}, "did you mean 'nash'"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, text):
    with pytest.raises(ConfigurationError, match=text):
        MediationOptions(**options)


async def test_what_cannot_be_mediated_is_refused_before_it_starts():
    with pytest.raises(ConfigurationError, match="needs a BargainingProblem"):
        await talk(Buyer("Bea", 80), Seller("Sam", 60))
    with pytest.raises(ConfigurationError, match="5 of 3 parties can never accept"):
        await talk(*crew(), problem=problem(), options={"acceptance": "quorum", "quorum": 5})
    with pytest.raises(ConfigurationError, match="disclosure: expected one of full"):
        await talk(Negotiator("p0"), hooked("p1", "nothing"), problem=problem(2))
    with pytest.raises(ConfigurationError, match="at least 2 parties"):
        await talk(Negotiator("p0"), problem=problem(1))


@pytest.mark.slow
async def test_a_hundred_parties_and_a_billion_outcomes():
    matter = problem(100, (10,) * 9, seed=5)
    assert matter.space.size == 10**9
    outcome = await talk(*crew(100), problem=matter, options={"solve_timeout": 100.0}, timeout=600)
    assert outcome.agreed
    assert (outcome.result.disclosed, outcome.result.proven) == (100, True)
    assert outcome.messages == 500
    voted = await talk(*crew(100), problem=matter, options={"method": "annealing"}, max_rounds=300, timeout=600)
    assert voted.agreed
    assert sum(voted.utilities.values()) > 0.75 * sum(outcome.utilities.values())


# -------------------------------------------------------------------------------------------------------- off the loop
async def test_a_computation_stops_with_its_negotiation(monkeypatch):
    started, stopped = threading.Event(), threading.Event()

    def endless(*_, deadline, **__):
        started.set()
        while not deadline.expired():
            pass
        stopped.set()

    monkeypatch.setattr("negotiate_rt.solutions.mediation.optimum.mediated_optimum", endless)
    monkeypatch.setattr("negotiate_rt.protocols.mediation_methods.QUICK", 0)
    handle = NegotiationExecutor().start(crew(), NegotiationConfig("mediation", timeout=60), problem())
    assert await asyncio.to_thread(started.wait, 10)
    handle.cancel("enough")
    outcome = await handle
    assert outcome.reason_code == "cancelled"
    assert await asyncio.to_thread(stopped.wait, 10)


@pytest.mark.slow
async def test_what_is_not_proven_in_time_is_proposed_with_its_bound():
    matter = problem(60, (10,) * 9, seed=5)
    options = {"objective": "egalitarian", "solve_timeout": 0.3}
    outcome = await talk(*crew(60), problem=matter, options=options, timeout=600)
    assert outcome.agreed
    assert outcome.result.proven is False
    assert outcome.result.value <= outcome.result.bound
    assert min(outcome.utilities.values()) == pytest.approx(outcome.result.value)
