"""All offer, then all vote on all offers (AMOP): rounds, votes, hooks of all kinds, and what goes wrong."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt import (
    Accept,
    AdditiveUtility,
    BargainingProblem,
    Buyer,
    FaultPolicy,
    Issue,
    NegotiationConfig,
    NegotiationExecutor,
    Negotiator,
    Network,
    Propose,
    Reject,
    Seller,
    Trace,
    Walk,
)
from negotiate_rt.protocols.alternating_multiple_offers import BallotResult

DISHES = ("soup", "pie", "rice", "cake")
PROBLEM = BargainingProblem([Issue("dish", DISHES)])
WORTH = {"Ann": (1.0, 0.7, 0.2, 0.0), "Bob": (0.0, 0.6, 1.0, 0.3), "Cid": (0.2, 0.8, 0.0, 1.0)}


def likes(*worths):
    return AdditiveUtility({"dish": 1.0}, {"dish": dict(zip(DISHES, worths, strict=True))})


def party(name, decide=None, vote=None, kind=Negotiator, **more):
    agent = kind(name, likes(*WORTH[name]), strategy=decide, **more)
    if vote is not None:
        agent.vote = vote
    return agent


def run(agents, rounds=10, trace=None, network=None, **config):
    executor = NegotiationExecutor(clock="virtual", journal=trace, network=network)
    return executor.run(agents, NegotiationConfig("alternating-multiple-offers", rounds, **config), PROBLEM)


def offers(dish):
    return lambda view: Propose((dish,))


def yes_to(*dishes):
    return lambda view: view.standing_offer.value[0] in dishes


def test_three_who_concede_settle_on_what_suits_all():
    outcome = run([party(name) for name in WORTH])
    assert outcome.agreed
    assert outcome.accepted_offer.value == ("pie",)
    assert isinstance(outcome.result, BallotResult)
    assert outcome.result.accepted[outcome.accepted_offer.id] == ("Ann", "Bob", "Cid")


def test_every_round_has_an_offer_of_each_and_a_vote_of_all_others_on_each():
    asked = []

    def note(name):
        def vote(view):
            asked.append((view.round, name, view.standing_offer.agent, view.standing_offer.value[0]))
            return False

        return vote

    agents = [
        party("Ann", offers("soup"), note("Ann")),
        party("Bob", offers("rice"), note("Bob")),
        party("Cid", offers("cake"), note("Cid")),
    ]
    outcome = run(agents, rounds=2)
    assert (outcome.final_state, outcome.failure_reason) == ("DEADLOCK", "max-rounds: no agreement within 2 rounds")
    assert outcome.rounds_used == 2
    assert len(outcome.all_offers) == 6
    one = [("Ann", "soup", ("Bob", "Cid")), ("Bob", "rice", ("Ann", "Cid")), ("Cid", "cake", ("Ann", "Bob"))]
    expected = [(round, voter, maker, dish) for round in (1, 2) for maker, dish, voters in one for voter in voters]
    assert asked == expected


def test_bids_are_made_unseen_and_the_slate_is_seen_by_who_votes():
    seen = {}

    def decide(view):
        seen.setdefault(("bids", view.agent), []).append((view.standing_offer, tuple(view.heard), view.may_say))
        return Propose(("cake",))

    def vote(view):
        seen.setdefault(("votes", view.agent), []).append([offer.value[0] for offer in view.standing_offers])
        return Reject()

    run(
        [party("Ann", decide, vote), party("Bob", offers("rice"), yes_to()), party("Cid", offers("soup"), yes_to())],
        rounds=2,
    )
    first, second = seen["bids", "Ann"]
    assert first == (None, (), ("propose", "walk"))
    assert second == (None, (("rice",), ("soup",)), ("propose", "walk"))
    assert seen["votes", "Ann"] == [["rice", "soup"]] * 4


def test_of_several_that_all_accept_the_first_in_seating_order_is_the_deal():
    agents = [
        party("Ann", offers("soup"), yes_to("pie", "cake")),
        party("Bob", offers("pie"), yes_to(*DISHES)),
        party("Cid", offers("cake"), yes_to(*DISHES)),
    ]
    outcome = run(agents)
    assert outcome.accepted_offer.value == ("soup",)
    assert set(map(len, outcome.result.accepted.values())) == {3}
    agents[2].vote = yes_to("pie")
    assert run(agents).accepted_offer.value == ("pie",)


def test_votes_may_be_words_truth_values_or_counter_proposals():
    for no in (False, Reject("no"), Propose(("cake",))):
        assert run(
            [party("Ann", offers("soup"), lambda view, no=no: no), party("Bob", offers("rice"), yes_to("soup"))]
        ).accepted_offer.value == ("soup",)
    assert run(
        [party("Ann", offers("soup"), lambda view: Accept()), party("Bob", offers("rice"), yes_to())]
    ).accepted_offer.value == ("rice",)


def test_an_agent_with_one_hook_decides_votes_by_it():
    asked = []

    def decide(view):
        asked.append(view.standing_offer.value[0] if view.standing_offer else None)
        if view.standing_offer is not None and view.standing_offer.value == ("rice",):
            return Accept()
        return Propose(("soup",))

    outcome = run([party("Ann", decide), party("Bob", offers("rice"), yes_to())])
    assert outcome.accepted_offer.value == ("rice",)
    assert asked == [None, "rice"]


def test_the_guard_watches_votes_and_offers():
    outcome = run(
        [
            party("Ann", offers("cake"), yes_to("rice"), reservation_value=0.5),
            party("Bob", offers("rice"), yes_to("cake")),
        ],
        rounds=1,
    )
    assert not outcome.agreed
    assert {fault.what for fault in outcome.faults} == {"invalid"}
    free = run(
        [
            party("Ann", offers("cake"), yes_to("rice"), reservation_value=0.5, guard=False),
            party("Bob", offers("rice"), yes_to()),
        ],
        rounds=1,
    )
    assert free.accepted_offer.value == ("rice",)


def test_who_walks_away_ends_it_in_either_phase():
    early = run([party("Ann", lambda view: Walk("bored")), party("Bob"), party("Cid")])
    assert (early.final_state, early.failure_reason) == ("FAILED", "walked-away: Ann: bored")
    late = run([party("Ann", offers("soup"), lambda view: Walk("enough")), party("Bob"), party("Cid")])
    assert late.failure_reason == "walked-away: Ann: enough"


def test_a_late_voter_has_no_vote_and_a_late_bidder_no_offer():
    async def sleeps(view):
        await view.sleep(60)
        return True

    lazy = run(
        [
            party("Ann", offers("soup"), sleeps),
            party("Bob", offers("rice"), yes_to("soup")),
            party("Cid", offers("cake"), yes_to("soup")),
        ],
        rounds=1,
        turn_timeout=1.0,
    )
    assert lazy.accepted_offer.value == ("soup",)  # its own offer needs no vote of its own
    assert [fault.what for fault in lazy.faults] == ["late", "late"]
    mute = run(
        [
            party("Ann", sleeps, yes_to(*DISHES)),
            party("Bob", offers("rice"), yes_to()),
            party("Cid", offers("cake"), yes_to(*DISHES)),
        ],
        rounds=1,
        turn_timeout=1.0,
    )
    assert mute.accepted_offer.value == ("rice",)
    assert len(mute.all_offers) == 2


def test_a_party_that_crashes_ends_the_talk():
    def broken(view):
        raise ValueError("oops")

    outcome = run([party("Ann"), party("Bob", offers("rice"), broken), party("Cid")])
    assert outcome.final_state == "FAILED"
    assert outcome.failure_reason.startswith("agent-crashed: Bob")
    skipped = run(
        [party("Ann"), party("Bob", offers("rice"), broken), party("Cid")],
        on_fault=FaultPolicy(raised="skip"),
        rounds=3,
    )
    assert skipped.final_state in ("AGREED", "DEADLOCK")


def test_an_offer_cannot_carry_an_expiry():
    outcome = run([party("Ann", lambda view: Propose(("soup",), expires_at=5.0)), party("Bob")], rounds=1)
    assert "cannot carry expires_at" in outcome.faults[0].cause


def test_two_traders_meet_over_a_price():
    executor = NegotiationExecutor(clock="virtual")
    outcome = executor.run(
        [Buyer("B", 80, 40), Seller("S", 60, 120)], NegotiationConfig("alternating-multiple-offers", 10)
    )
    assert outcome.agreed
    assert 60 <= outcome.accepted_offer.value <= 80
    apart = executor.run([Buyer("B", 50), Seller("S", 60)], NegotiationConfig("alternating-multiple-offers", 10))
    assert apart.final_state == "DEADLOCK"


def test_parties_hear_of_votes_from_the_chair_and_only_when_all_have_voted():
    trace = Trace()
    run([party(name) for name in WORTH], rounds=1, trace=trace)
    said = [record for record in trace.records if record.kind == "said"]
    assert all("chair" in (record.sender, record.receiver) for record in said)
    acts = [(record.sender == "chair", record.act) for record in said]
    votes = [
        place for place, (chair, act) in enumerate(acts) if not chair and act in ("accept-proposal", "reject-proposal")
    ]
    told = [place for place, (chair, act) in enumerate(acts) if chair and act == "inform"]
    assert len(votes) == 6
    assert told[3] > votes[-1]  # three hear of the slate, and then of the ballots


@given(seed=st.integers(0, 10**6), loss=st.sampled_from([0.0, 0.1]))
@settings(max_examples=20)
def test_it_ends_once_under_latency_and_acknowledged_loss(seed, loss):
    network = Network(0.02, loss=loss)
    executor = NegotiationExecutor(clock="virtual", network=network, seed=seed)
    config = NegotiationConfig("alternating-multiple-offers", 10, timeout=60.0, acknowledged=True)
    outcome = executor.run([party(name) for name in WORTH], config, PROBLEM)
    assert outcome.agreed
    assert outcome.accepted_offer.value == ("pie",)


async def test_a_hundred_tables_at_once():
    executor = NegotiationExecutor(clock="virtual")
    config = NegotiationConfig("alternating-multiple-offers", 10)
    outcomes = await asyncio.gather(
        *(executor.execute([party(name) for name in WORTH], config, PROBLEM) for _ in range(100))
    )
    assert {outcome.accepted_offer.value for outcome in outcomes} == {("pie",)}


@pytest.mark.parametrize("count", [2, 6])
def test_any_number_of_parties(count):
    agents = [Negotiator(f"p{k}", likes(*WORTH[list(WORTH)[k % 3]])) for k in range(count)]
    assert run(agents).agreed
