"""Coalition formation between actors: what is agreed, by whom, and what becomes of parties that leave, crash or are late."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt import (
    Accept,
    Agent,
    AirportGame,
    BankruptcyGame,
    Buyer,
    Cancel,
    CoalitionGame,
    CoalitionOptions,
    CoalitionProposal,
    ConfigurationError,
    EquilibriumOffers,
    GloveGame,
    InvalidDecision,
    LinkFaults,
    MyopicBestResponse,
    NegotiationConfig,
    NegotiationExecutor,
    NegotiationType,
    Network,
    Partner,
    Propose,
    Reject,
    Trace,
    ValueDemand,
    Walk,
    WeightedVotingGame,
    shapley,
)
from negotiate_rt.messages.codec import Codec
from negotiate_rt.messages.envelope import Envelope, Route
from negotiate_rt.messages.performatives import Cfp, Inform
from negotiate_rt.problems.coalitions import CoalitionEvent, CoalitionNews, CoalitionResult, CoalitionSpace
from negotiate_rt.protocols import CoalitionFormation

THREE = CoalitionGame("abc", {"a": 0, "b": 0, "c": 0, "ab": 60, "ac": 50, "bc": 40, "abc": 90})
MAJORITY = WeightedVotingGame(2, {"a": 1, "b": 1, "c": 1})
PAIR = CoalitionProposal({"a": 30, "b": 30})


def ran(agents: Any, game: Any, rounds: int = 20, executor: NegotiationExecutor | None = None, **options: Any) -> Any:
    limits = {name: options.pop(name) for name in ("timeout", "turn_timeout", "seed", "on_fault") if name in options}
    executor = executor or NegotiationExecutor(clock="virtual")
    seats = [Agent(one) if isinstance(one, str) else one for one in agents]
    config = NegotiationConfig("coalition-formation", rounds, options=CoalitionOptions(**options), **limits)
    return executor.run(seats, config, game)


def scripted(name: str, *turns: Any, joins: Any = True, seen: list[Any] | None = None, **own: Any) -> Partner:
    """A party that plays its turns from a list, and then passes; asked to join it says `joins`, or calls it with the view."""
    waiting = list(turns)

    def decide(view: Any) -> Any:
        if seen is not None:
            seen.append(view)
        if view.call.proposal is not None:
            return joins(view) if callable(joins) else joins
        return waiting.pop(0) if waiting else None

    return Partner(name, decide, **own)


def kinds(result: CoalitionResult) -> list[tuple[str, str]]:
    return [(event.kind, event.by) for event in result.history]


def check_history(result: CoalitionResult, game: CoalitionGame, names: list[str]) -> None:
    """Replay what happened: each coalition was joined by all its members in the very proposal, and nobody was ever in two."""
    home: dict[str, str] = {}
    joined: dict[str, set[str]] = {}
    for event in result.history:
        if event.kind == "proposed":
            assert event.by in event.payoffs
            joined[event.offer] = {event.by}
        elif event.kind == "joined":
            joined[event.offer].add(event.by)
        elif event.kind == "formed":
            assert joined[event.offer] == set(event.payoffs), "formed without the word of all its members"
            assert not set(event.payoffs) & set(home), "somebody is in two coalitions"
            assert sum(event.payoffs.values()) == pytest.approx(float(game.worth(event.payoffs)), abs=1e-6)
            home.update(dict.fromkeys(event.payoffs, event.offer))
        elif event.kind == "dissolved":
            for name in event.payoffs:
                assert home.pop(name) == event.offer
    assert {one.offer for one in result.formed} == set(home.values())
    assert sorted(name for block in result.structure for name in block) == sorted(names)
    for block in result.structure:
        assert sum(result.payoffs[name] for name in block) == pytest.approx(float(game.worth(block)), abs=1e-6)


# ---------------------------------------------------------------------------------------------------------- what is agreed


def test_best_responses_share_the_gain_evenly_and_stop():
    outcome = ran("abc", THREE)
    result = outcome.result
    assert outcome.agreed
    assert outcome.accepted_offer.value.payoffs == {"a": 30, "b": 30, "c": 30}
    assert outcome.utilities == {"a": 30, "b": 30, "c": 30}
    assert result.structure == (frozenset("abc"),)
    assert result.stable
    assert result.efficiency == 1
    assert outcome.rounds_used == 2, "the others passed in the first round, the proposer in the second"


@pytest.mark.parametrize("concept", ["shapley", "nucleolus"])
def test_who_demand_values_that_are_in_the_core_agree_on_these(concept):
    outcome = ran([Partner(name, ValueDemand(concept=concept)) for name in "abc"], THREE)
    expected = {"shapley": {"a": 35, "b": 30, "c": 25}, "nucleolus": {"a": 40, "b": 30, "c": 20}}[concept]
    assert outcome.utilities == pytest.approx(expected)
    assert outcome.result.stable


def test_glove_market_of_case_27_gives_all_to_the_short_side():
    game = GloveGame(["left"], ["r1", "r2"])
    outcome = ran([Partner(name, ValueDemand(concept="nucleolus")) for name in game.players], game)
    assert outcome.utilities == pytest.approx({"left": 1, "r1": 0, "r2": 0})
    assert outcome.result.stable


@pytest.mark.parametrize(
    ("estate", "awards"), [(100, [100 / 3] * 3), (200, [50, 75, 75]), (300, [50, 100, 150])], ids=str
)
def test_nucleolus_demands_in_a_bankruptcy_give_the_talmuds_awards_of_cases_24_and_30(estate, awards):
    game = BankruptcyGame({"a": 100, "b": 200, "c": 300}, estate)
    outcome = ran([Partner(name, ValueDemand(concept="nucleolus")) for name in "abc"], game)
    assert outcome.utilities == pytest.approx(dict(zip("abc", awards, strict=True)))


def test_airport_of_case_28_shares_its_cost_by_the_shapley_value():
    game = AirportGame({"a": 1, "b": 2, "c": 3})
    outcome = ran([Partner(name, ValueDemand()) for name in "abc"], game)
    assert outcome.result.payoffs == pytest.approx({"a": 1 / 3, "b": 5 / 6, "c": 11 / 6})
    assert outcome.utilities == pytest.approx({"a": -1 / 3, "b": -5 / 6, "c": -11 / 6})
    assert outcome.result.efficiency == 1
    assert outcome.result.stable


def test_three_player_majority_of_case_31_is_stable_nowhere():
    outcome = ran("abc", MAJORITY, rounds=8)
    result = outcome.result
    assert outcome.agreed
    assert outcome.rounds_used == 8, "somebody can always be lured away"
    assert not result.stable
    assert result.theory.gain > 0
    assert result.theory.blocking
    assert len([one for one in result.history if one.kind == "dissolved"]) >= 5


def test_final_coalitions_end_the_majority_game_at_once():
    outcome = ran("abc", MAJORITY, leaving=False)
    assert outcome.rounds_used == 1
    assert outcome.result.formed[0].payoffs == {"a": 0.5, "b": 0.5}
    seen: list[Any] = []
    outcome = ran([scripted("a", {"a": 0.5, "b": 0.5}), "b", scripted("c", seen=seen)], MAJORITY, leaving=False)
    assert outcome.result.structure == (frozenset("ab"), frozenset("c"))
    assert not seen, "c is left, and has nobody to talk to"


def test_best_structure_of_case_34_is_found_by_players_who_know_it():
    worths = {
        "a": 30, "b": 40, "c": 25, "d": 45, "ab": 50, "ac": 60, "ad": 80, "bc": 55, "bd": 70, "cd": 80,
        "abc": 90, "abd": 120, "acd": 100, "bcd": 115, "abcd": 140,
    }  # fmt: skip
    game = CoalitionGame("abcd", worths)
    outcome = ran([Partner(name, ValueDemand()) for name in "abcd"], game)
    result = outcome.result
    assert set(result.structure) == {frozenset("a"), frozenset("b"), frozenset("cd")}
    assert result.worth == result.theory.best == 150
    assert set(result.theory.best_structure) == set(result.structure)


def test_players_without_names_are_the_parties_in_seating_order():
    game = WeightedVotingGame(4, [3, 2, 1])
    outcome = ran([Partner(name, ValueDemand()) for name in ("x", "y", "z")], game)
    assert outcome.utilities == pytest.approx({"x": 5 / 6, "y": 1 / 6, "z": 0}), "x and y can do without z"


def test_several_coalitions_stand_side_by_side():
    game = CoalitionGame("abcd", {"ab": 10, "cd": 8}, otherwise=0)
    outcome = ran("abcd", game)
    assert outcome.accepted_offer is None, "there are two of them"
    assert set(outcome.result.structure) == {frozenset("ab"), frozenset("cd")}
    assert outcome.utilities == {"a": 5, "b": 5, "c": 4, "d": 4}


def test_nobody_moves_where_nothing_is_to_be_gained():
    outcome = ran("abc", CoalitionGame("abc", {"a": 1, "b": 2, "c": 3}, otherwise=0))
    assert (outcome.final_state, outcome.reason_code) == ("FAILED", "refused")
    assert outcome.failure_reason == "refused: nobody proposed a coalition"
    assert outcome.result.structure == (frozenset("a"), frozenset("b"), frozenset("c"))
    assert outcome.utilities == {"a": 1, "b": 2, "c": 3}
    assert outcome.result.stable
    assert outcome.rounds_used == 1


# ----------------------------------------------------------------------------------------------------- joins, leaves, answers


def test_proposal_that_one_rejects_binds_nobody():
    agents = [scripted("a", {"a": 30, "b": 30, "c": 30}), scripted("b"), scripted("c", joins=False)]
    outcome = ran(agents, THREE)
    assert not outcome.agreed
    assert outcome.failure_reason == "refused: no proposal was accepted by all its members"
    assert kinds(outcome.result) == [("proposed", "a"), ("joined", "b"), ("rejected", "c"), ("fell", "a")]
    assert outcome.utilities == {"a": 0, "b": 0, "c": 0}


def test_member_that_leaves_dissolves_its_coalition_for_all():
    agents = [scripted("a", {"a": 30, "b": 30}), scripted("b", Cancel()), scripted("c")]
    outcome = ran(agents, THREE)
    assert not outcome.agreed
    assert outcome.failure_reason == "refused: no coalition lasted"
    assert kinds(outcome.result)[-2:] == [("left", "b"), ("dissolved", "b")]
    assert outcome.result.structure == (frozenset("a"), frozenset("b"), frozenset("c"))


def test_proposal_of_oneself_alone_leaves():
    agents = [scripted("a", {"a": 30, "b": 30}), scripted("b", {"b": 0}), scripted("c")]
    assert ("left", "b") in kinds(ran(agents, THREE).result)


def test_who_joins_another_coalition_leaves_the_one_before():
    agents = [scripted("a", {"a": 30, "b": 30}), scripted("b"), scripted("c", {"b": 35, "c": 5})]
    outcome = ran(agents, THREE)
    assert outcome.result.structure == (frozenset("a"), frozenset("bc"))
    assert outcome.utilities == {"a": 0, "b": 35, "c": 5}
    assert ("dissolved", "b") in kinds(outcome.result)
    check_history(outcome.result, THREE, list("abc"))


def test_final_coalition_is_neither_left_nor_lured_from():
    seen: list[Any] = []
    agents = [scripted("a", {"a": 5, "b": 5}), scripted("b", Cancel(), seen=seen),
              scripted("c", {"b": 6, "c": 5}, {"c": 4, "d": 4}), scripted("d")]  # fmt: skip
    game = CoalitionGame("abcd", {"ab": 10, "bc": 11, "cd": 8}, otherwise=0)
    outcome = ran(agents, game, leaving=False)
    assert set(outcome.result.structure) == {frozenset("ab"), frozenset("cd")}
    assert [fault.who for fault in outcome.faults] == ["c"], "b is bound, and its turn never comes"
    assert "b has joined a coalition that is final" in outcome.faults[0].cause
    assert all(view.call.proposal is not None for view in seen)


def test_everybody_hears_of_all_that_happens_and_sees_how_things_stand():
    seen: list[Any] = []
    trace = Trace()
    agents = [scripted("a", {"a": 30, "b": 30}), scripted("b"), scripted("c", seen=seen)]
    ran(agents, THREE, executor=NegotiationExecutor(clock="virtual", journal=trace))
    (view,) = seen[:1]
    assert view.call.agreement_of("a").payoffs == {"a": 30, "b": 30}
    assert view.call.payoffs == {"a": 30, "b": 30, "c": 0}
    assert view.problem.worth("abc") == 90
    told = [one.content for one in trace.records if one.kind == "said" and one.receiver == "c" and one.act == "inform"]
    assert [event.kind for event in told[0]["content"].events] == ["proposed", "joined", "formed"]


def test_what_fell_is_told_until_anything_changes():
    seen: list[Any] = []
    agents = [scripted("a", {"a": 60, "b": 0}, {"a": 30, "b": 30}), scripted("b", joins=lambda view: view.call.proposal == PAIR),
              scripted("c", seen=seen)]  # fmt: skip
    ran(agents, THREE)
    assert [one.payoffs for one in seen[0].call.fallen] == [{"a": 60, "b": 0}]
    assert seen[-1].call.fallen == ()


# ------------------------------------------------------------------------------------------------------------------ order


def test_first_to_reject_proposes_next_where_the_rules_say_so():
    def turns(order: str) -> list[str]:
        seen: list[Any] = []
        no = {"joins": False, "seen": seen}
        agents = [scripted("a", {"a": 30, "b": 30, "c": 30}, **no), scripted("b", **no), scripted("c", **no)]
        agents[1].decide = lambda view: seen.append(view) or (True if view.call.proposal else None)
        ran(agents, THREE, rounds=1, order=order)
        return [view.agent for view in seen if view.call.proposal is None]

    assert turns("seating") == ["a", "b", "c"]
    assert turns("rejector") == ["a", "c", "a"]


def test_random_order_follows_the_seed():
    def proposers(seed: int) -> list[str]:
        history = ran("abc", MAJORITY, rounds=4, seed=seed, order="random").result.history
        return [event.by for event in history if event.kind == "proposed"]

    assert proposers(1) == proposers(1)
    assert len({tuple(proposers(seed)) for seed in range(6)}) > 3


def test_payoffs_are_discounted_by_the_turns_before_the_agreement():
    outcome = ran([scripted("a", None), scripted("b"), scripted("c", {"a": 25, "c": 25})], THREE, discount=0.5)
    assert outcome.result.payoffs == {"a": 25, "b": 0, "c": 25}
    assert outcome.result.formed[0].turn == 3
    assert outcome.utilities == {"a": 25 / 4, "b": 0, "c": 25 / 4}


@pytest.mark.parametrize(("discount", "first"), [(0.9, 10 / 19), (0.5, 2 / 3)])
def test_two_who_play_the_equilibrium_share_as_in_rubinsteins_game_of_case_1(discount, first):
    game = CoalitionGame("ab", {"ab": 1}, otherwise=0)
    agents = [Partner(name, EquilibriumOffers()) for name in "ab"]
    outcome = ran(agents, game, order="rejector", leaving=False, discount=discount)
    assert outcome.utilities == pytest.approx({"a": first, "b": 1 - first})


def test_three_who_play_the_equilibrium_agree_at_once_and_the_proposer_gains():
    agents = [Partner(name, EquilibriumOffers()) for name in "abc"]
    outcome = ran(agents, THREE, order="rejector", leaving=False, discount=0.9)
    assert outcome.utilities == pytest.approx({"a": 225 / 7, "b": 405 / 14, "c": 405 / 14})
    outcome = ran(agents, THREE, order="random", leaving=False, discount=0.9)
    assert sorted(outcome.utilities.values()) == pytest.approx([27, 27, 36])
    assert outcome.rounds_used == 1


@pytest.mark.parametrize("demand", [20.0, 32.0, 40.0, 60.0])
def test_nobody_gains_by_leaving_the_equilibrium_alone(demand):
    """Against two who play it, c rejects the first offer, and then demands something else until it is past bearing."""

    def stubborn(view):
        call = view.call
        if call.proposal is not None:
            return call.proposal.payoffs["c"] >= demand
        rest = (90 - demand) / 2
        return {"a": rest, "b": rest, "c": demand}

    agents = [*(Partner(name, EquilibriumOffers()) for name in "ab"), Partner("c", stubborn)]
    outcome = ran(agents, THREE, order="rejector", leaving=False, discount=0.9, rounds=20)
    assert outcome.utilities["c"] <= 405 / 14 + 1e-9


def test_equilibrium_offers_haggle_under_other_rules():
    assert ran([Partner(name, EquilibriumOffers()) for name in "abc"], THREE).utilities == {"a": 30, "b": 30, "c": 30}


# ----------------------------------------------------------------------------------------------------------- wrong decisions


@pytest.mark.parametrize(
    ("decision", "told"),
    [
        ({"a": 30, "b": 31}, "a, b share out 61, but together they are worth 60"),
        ({"a": 30, "z": 30}, "'z' is no player of this game, only a, b, c"),
        ({"b": 20, "c": 20}, "a proposes coalitions that it is in"),
        ({"a": -1, "b": 61}, "proposal that gives a -1, below its own reservation value 0"),
        ({"a": float("nan"), "b": 60}, "the payoff of 'a' must be finite"),
        ({"a": True, "b": 59}, "the payoff of 'a' must be a number"),
        ({}, "names a payoff for each member"),
        (Propose(12), "expected a CoalitionProposal, None, Refuse, Cancel or Walk"),
        (Cancel(), "a is in no coalition that it could leave"),
        ("purple", "expected a CoalitionProposal, None, Refuse, Cancel or Walk"),
        (True, "expected a CoalitionProposal"),
        (Accept(), "accept-proposal"),
    ],
    ids=str,
)
def test_what_cannot_be_said_is_told_once_and_then_passes(decision, told):
    seen: list[Any] = []
    outcome = ran([scripted("a", decision, decision, seen=seen), scripted("b"), scripted("c")], THREE)
    assert outcome.failure_reason == "refused: nobody proposed a coalition"
    assert told in " ".join(fault.cause for fault in outcome.faults)
    assert seen[1].repair


@pytest.mark.parametrize("answer", [None, "yes", 3, {"a": 30, "b": 30}, Propose(PAIR), Cancel()], ids=str)
def test_nonsense_is_no_answer(answer):
    outcome = ran([scripted("a", {"a": 30, "b": 30}), scripted("b", joins=answer), scripted("c")], THREE)
    assert not outcome.agreed
    assert ("silent", "b") in kinds(outcome.result)
    assert ("fell", "a") in kinds(outcome.result)
    assert {fault.who for fault in outcome.faults} == {"b"}


def test_nobody_joins_below_what_it_has_alone_unless_unguarded():
    game = CoalitionGame("ab", {"a": 10, "b": 10, "ab": 30})
    unfair = {"a": 25, "b": 5}
    guarded = ran([scripted("a", unfair), scripted("b")], game)
    assert not guarded.agreed
    assert "below its own reservation value 10" in guarded.faults[0].cause
    assert ran([scripted("a", unfair), scripted("b", guard=False)], game).utilities == {"a": 25, "b": 5}
    assert not ran([scripted("a", {"a": 18, "b": 12}), scripted("b", reservation_value=13)], game).agreed


def test_cost_shares_are_guarded_from_above():
    game = CoalitionGame("ab", {"a": 10, "b": 10, "ab": 14}, costs=True)
    assert not ran([scripted("a", {"a": 3, "b": 11}), scripted("b")], game).agreed
    outcome = ran("ab", game)
    assert outcome.result.payoffs == {"a": 7, "b": 7}
    assert outcome.result.efficiency == 1


# ------------------------------------------------------------------------------------------------- leaving, crashing, lateness


def test_party_that_walks_takes_its_coalition_with_it_and_the_others_go_on():
    agents = [scripted("a", {"a": 30, "b": 30}, None, {"a": 30, "c": 20}), scripted("b", None, Walk("bored")), scripted("c")]
    agents[2] = scripted("c", {"a": 10, "c": 40}, joins=True)  # it keeps the talk going
    outcome = ran(agents, THREE)
    result = outcome.result
    assert result.gone == ("b",)
    assert ("gone", "b") in kinds(result)
    assert frozenset("b") in result.structure
    check_history(result, THREE, list("abc"))


def test_final_coalition_outlasts_a_member_that_walks():
    game = CoalitionGame("abcd", {"ab": 10, "cd": 8}, otherwise=0)
    agents = [scripted("a", {"a": 5, "b": 5}), scripted("b"), scripted("c", Walk()), scripted("d")]
    outcome = ran(agents, game, leaving=False)
    assert outcome.agreed
    assert outcome.result.gone == ("c",)
    assert outcome.utilities == {"a": 5, "b": 5, "c": 0, "d": 0}


def test_all_but_one_walk():
    outcome = ran([scripted("a", Walk("enough")), scripted("b", Walk()), scripted("c", {"a": 1, "c": 49})], THREE)
    assert (outcome.final_state, outcome.failure_reason) == ("FAILED", "walked-away: a: enough")
    assert outcome.result.gone == ("a", "b")


def test_member_that_crashes_when_asked_makes_the_proposal_fall():
    def crash(view):
        raise OSError("line dead")

    agents = [scripted("a", {"a": 30, "b": 30, "c": 30}, {"a": 25, "c": 25}), scripted("b", joins=crash), scripted("c")]
    outcome = ran(agents, THREE)
    assert outcome.result.gone == ("b",)
    assert [fault.what for fault in outcome.faults] == ["raised"]
    assert outcome.result.structure == (frozenset("ac"), frozenset("b"))
    assert outcome.utilities == {"a": 25, "b": 0, "c": 25}


def test_late_answer_is_none_and_its_party_stays():
    async def slow(view):
        if view.round == 1:
            await view.sleep(100)
        return True

    agents = [scripted("a", {"a": 30, "b": 30}, {"a": 30, "b": 30}), scripted("b", joins=slow), scripted("c")]
    outcome = ran(agents, THREE, turn_timeout=2, timeout=1000)
    assert kinds(outcome.result)[:3] == [("proposed", "a"), ("silent", "b"), ("fell", "a")]
    assert outcome.result.structure == (frozenset("ab"), frozenset("c"))
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("b", "late")]


def test_party_that_hangs_costs_no_more_than_its_turn_and_what_was_formed_stands():
    async def hang(view):
        await view.sleep(1e6)

    outcome = ran([scripted("a", {"a": 30, "b": 30}), scripted("b"), Partner("c", hang)], THREE, timeout=10)
    assert outcome.agreed
    assert outcome.duration_ms <= 10_000
    assert outcome.result.structure == (frozenset("ab"), frozenset("c"))
    assert {(fault.who, fault.what) for fault in outcome.faults} == {("c", "late")}


def test_deadline_leaves_singles():
    async def think(view):
        await view.sleep(3)
        return {"a": 30, "b": 30} if view.call.proposal is None else False

    outcome = ran([Partner("a", think), Partner("b", think, guard=False), Partner("c", think)], THREE, timeout=10)
    assert not outcome.agreed
    assert outcome.duration_ms <= 10_000
    assert len(outcome.result.structure) == 3


def test_supervisors_timeout_keeps_what_was_formed():
    async def think(view):
        await view.sleep(4)

    agents = [scripted("a", {"a": 30, "b": 30}), scripted("b"), Partner("c", think)]
    outcome = ran(agents, THREE, timeout=3, closing=1e-9, reply_by=100)
    assert outcome.final_state in ("AGREED", "TIMEOUT")
    assert outcome.result.structure == (frozenset("ab"), frozenset("c"))


def test_cancelled_talk_tells_what_it_had_come_to():
    async def main() -> Any:
        async def think(view):
            await view.sleep(10)

        executor = NegotiationExecutor(clock="virtual")
        agents = [scripted("a", {"a": 30, "b": 30}), scripted("b"), Partner("c", think)]
        handle = executor.start(agents, NegotiationConfig("coalition-formation"), THREE)
        async for event in handle.events():
            if (event.receiver, event.act) == ("c", "cfp"):
                handle.cancel("enough")
        return await handle

    outcome = asyncio.run(main())
    assert (outcome.final_state, outcome.reason_code) == ("FAILED", "cancelled")
    assert outcome.result.structure == (frozenset("ab"), frozenset("c"))


def test_chair_that_dies_ends_the_talk():
    class Dying(CoalitionFormation):
        async def turn(self, talk, floor, name):
            raise OSError("gavel lost")

    executor = NegotiationExecutor(clock="virtual")
    executor.register(Dying())
    outcome = ran("abc", THREE, executor=executor)
    assert (outcome.final_state, outcome.reason_code) == ("FAILED", "protocol-violation")


def test_rounds_used_up_close_the_talk_normally():
    outcome = ran([scripted("a", {"a": 30, "b": 30}), scripted("b"), scripted("c", *[{"b": 0, "c": 40}] * 99)], THREE, rounds=3)
    assert outcome.agreed
    assert outcome.rounds_used == 3


# ------------------------------------------------------------------------------------------------------------------ network


@pytest.mark.parametrize("loss", [0.0, 0.05, 0.2])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_over_a_slow_and_lossy_network_nobody_is_in_two_coalitions(loss, seed):
    network = Network(latency=0.2, loss=loss, duplicate=0.1, reorder=True)
    executor = NegotiationExecutor(clock="virtual", network=network, seed=seed)
    outcome = ran("abcd", CoalitionGame("abcd", {"ab": 12, "bc": 14, "cd": 13, "ad": 9, "abcd": 30}, otherwise=0),
                  executor=executor, reply_by=1, rounds=10)  # fmt: skip
    game = CoalitionGame("abcd", {"ab": 12, "bc": 14, "cd": 13, "ad": 9, "abcd": 30}, otherwise=0)
    check_history(outcome.result, game, list("abcd"))
    assert outcome.duration_ms <= 60_000
    assert not outcome.faults
    assert outcome.agreed or loss


def test_late_proposal_and_late_leave_over_a_slow_link():
    async def slowly(view):
        if view.call.proposal is not None:
            return True
        await view.sleep(1.5)
        return {"a": 30, "b": 30} if view.round == 1 else None

    executor = NegotiationExecutor(clock="virtual", network=Network(latency=0.4))
    outcome = ran([Partner("a", slowly), scripted("b"), scripted("c", {"b": 20, "c": 20})], THREE, executor=executor, reply_by=2)
    assert not any(event.kind == "proposed" and event.by == "a" for event in outcome.result.history), "it came too late"
    assert outcome.result.structure == (frozenset("a"), frozenset("bc"))


def test_proposal_whose_answer_is_lost_may_be_made_again_and_one_that_was_refused_is_remembered():
    network = Network(links={("b", "chair"): LinkFaults(loss=1.0)})
    executor = NegotiationExecutor(clock="virtual", network=network)
    seen: list[Any] = []
    agents = [scripted("a", *[{"a": 30, "b": 30}] * 3, seen=seen), scripted("b"), scripted("c", joins=False)]
    outcome = ran(agents, THREE, executor=executor, reply_by=1, rounds=6)
    assert not outcome.agreed, "a word that never comes binds nobody"
    assert all(view.call.fallen == () for view in seen)
    assert ("silent", "b") in kinds(outcome.result)
    seen.clear()
    ran([scripted("a", {"a": 30, "c": 20}, None, seen=seen), *agents[1:]], THREE, executor=executor, reply_by=1, rounds=3)
    assert [one.payoffs for one in seen[-1].call.fallen] == [{"a": 30, "c": 20}]


def test_unheard_party_is_reached_again_by_a_fresh_dialogue():
    seen: list[Any] = []
    network = Network(links={("chair", "b"): LinkFaults(loss=0.6)})
    executor = NegotiationExecutor(clock="virtual", network=network, seed=4)
    agents = [scripted("a", *[{"a": 30, "b": 30}] * 40), scripted("b", seen=seen), scripted("c")]
    outcome = ran(agents, THREE, executor=executor, reply_by=1, timeout=200, rounds=40)
    assert outcome.result.structure == (frozenset("ab"), frozenset("c"))
    check_history(outcome.result, THREE, list("abc"))


@given(st.integers(0, 10**6))
@settings(max_examples=20)
def test_whatever_parties_do_every_coalition_has_the_word_of_all_its_members(seed):
    draw = random.Random(seed)
    names = list("abcde")[: draw.randint(2, 5)]
    worths = {name: draw.randint(0, 3) for name in names}
    game = CoalitionGame(names, lambda coalition: len(coalition) ** 2 + sum(worths[one] for one in coalition))

    def decide(view: Any) -> Any:
        if draw.random() < 0.03:
            raise OSError("crash")
        if draw.random() < 0.05:
            return draw.choice([Walk(), "nonsense", 7, Accept(), Reject(), Cancel()])
        if view.call.proposal is not None:
            return draw.random() < 0.7
        if draw.random() < 0.2:
            return None
        members = {view.agent, *draw.sample(names, draw.randint(1, len(names)))}
        share = float(game.worth(members)) / len(members)
        return dict.fromkeys(members, share)

    network = Network(latency=0.1, loss=0.05) if draw.random() < 0.5 else None
    executor = NegotiationExecutor(clock="virtual", network=network, seed=seed)
    order = draw.choice(["seating", "random", "rejector"])
    outcome = ran([Partner(name, decide, guard=False) for name in names], game, rounds=6, executor=executor,
                  order=order, leaving=draw.random() < 0.6, reply_by=1)  # fmt: skip
    check_history(outcome.result, game, names)
    assert outcome.agreed == bool(outcome.result.formed)
    assert outcome.final_state in ("AGREED", "FAILED")


@given(st.lists(st.integers(0, 9), min_size=7, max_size=7), st.sampled_from(["seating", "random", "rejector"]))
@settings(max_examples=20)
def test_best_responses_that_come_to_rest_are_in_the_core(extra, order):
    table = [0, *extra[:2], 0, extra[2], 0, 0, 0]
    for mask in (3, 5, 6):
        table[mask] = max(table[mask & -mask] + table[mask & (mask - 1)], extra[mask % 4 + 3])
    table[7] = max(table[3] + table[4], table[5] + table[2], table[6] + table[1]) + extra[6]
    game = CoalitionGame("abc", lambda coalition: table[sum(1 << "abc".index(name) for name in coalition)])
    outcome = ran("abc", game, rounds=30, order=order)
    result = outcome.result
    if outcome.rounds_used < 30:
        assert result.stable, "all passed, so no coalition would have gained"
        assert result.worth == pytest.approx(result.theory.best)


# ------------------------------------------------------------------------------------------------------------- views, bad input


def test_language_model_reads_the_situation_and_answers_in_json():
    prompts = []

    def reply(view):
        prompts.append(view.as_prompt())
        if view.call.proposal is None:
            return view.parse('{"move": "propose", "value": {"a": 40, "b": 20}}')
        return view.parse({"move": "accept"})

    outcome = ran([Partner("a", reply), Partner("b", reply), scripted("c")], THREE, rounds=1)
    assert outcome.utilities["a"] == 40
    assert "No coalition has been formed yet." in prompts[0]
    assert "a proposes (a 40, b 20). It is formed only if every member accepts." in prompts[1]
    assert '"minProperties":1' in prompts[0]


def test_reply_that_does_not_share_out_the_worth_is_refused_by_parse():
    told = []

    def reply(view):
        try:
            return view.parse({"move": "propose", "value": {"a": 1, "b": 2}})
        except InvalidDecision as error:
            told.append(str(error))
            return None

    ran([Partner("a", reply), scripted("b"), scripted("c")], THREE, rounds=1)
    assert "but together they are worth 60" in told[0]


def test_many_players_form_coalitions_beyond_what_can_be_tabled():
    names = [f"p{number}" for number in range(20)]
    game = CoalitionGame(names, lambda coalition: min(len(coalition), 5) ** 2)
    outcome = ran(names, game, rounds=10)
    assert outcome.agreed
    assert outcome.result.theory is None
    assert outcome.result.stable is None
    assert outcome.result.efficiency is None
    check_history(outcome.result, game, names)


@pytest.mark.slow
def test_many_players_do_the_same_whatever_the_order_of_sets_is():
    code = """
from negotiate_rt import *
names = [f"p{number}" for number in range(24)]
game = CoalitionGame(names, lambda coalition: min(len(coalition), 5) ** 2 / 3)
outcome = NegotiationExecutor(clock="virtual").run([Agent(name) for name in names], NegotiationConfig("coalitions", 6), game)
print([str(event) for event in outcome.result.history])
"""
    worlds = [{**os.environ, "PYTHONHASHSEED": seed} for seed in ("1", "2", "3")]
    told = {subprocess.run([sys.executable, "-c", code], env=one, capture_output=True, check=True).stdout for one in worlds}
    assert len(told) == 1


def test_theory_of_a_larger_game_is_worked_out_off_the_loop():
    names = [f"p{number}" for number in range(13)]
    game = CoalitionGame(names, lambda coalition: len(coalition) ** 2)
    outcome = ran(names, game)
    assert outcome.result.theory.best == 169
    assert outcome.result.stable


def test_theory_is_left_out_on_request():
    assert ran("abc", THREE, theory=False).result.theory is None


def test_exact_payoffs_are_taken_as_they_are():
    game = WeightedVotingGame(4, {"a": 3, "b": 2, "c": 1})
    shares = shapley(game)
    assert shares["a"] == Fraction(2, 3)
    outcome = ran([scripted("a", shares), scripted("b"), scripted("c")], game)
    assert outcome.utilities["a"] == 2 / 3


@pytest.mark.parametrize(
    ("agents", "game", "told"),
    [
        ("abc", None, "needs a game"),
        ("abc", {"ab": 3}, "needs a game"),
        ("ab", THREE, "player 'c' has no party"),
        ("abcd", THREE, "'d' is no player of the game"),
        ("a", THREE, "at least 2"),
        ([Buyer("a", 10), "b", "c"], THREE, "agent 'a' concedes along preferences"),
        ("ab", CoalitionGame("ab", lambda coalition: 1 / 0), "ZeroDivisionError"),
        ("ab", CoalitionGame("ab", lambda coalition: float("nan")), "must be finite"),
    ],
    ids=["none", "no game", "few", "many", "one", "buyer", "raises", "nan"],
)
def test_what_the_caller_did_wrong_is_said_at_once(agents, game, told):
    with pytest.raises(ConfigurationError) as refusal:
        ran(agents, game)
    assert told in str(refusal.value)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: CoalitionOptions(order="alphabet"), "options.order: expected seating, random or rejector"),
        (lambda: CoalitionOptions(discount=1.5), "options.discount: expected from 0 to 1"),
        (lambda: CoalitionOptions(leaving=1), "options.leaving: expected true or false"),
        (lambda: CoalitionOptions(reply_by=0), "options.reply_by: expected seconds above 0"),
        (lambda: ValueDemand(concept="shapely"), "did you mean 'shapley'"),
        (lambda: ValueDemand(values={"a": "x"}), "values: that of 'a' must be a number"),
        (lambda: Partner("a", strategy=3), "strategy must be callable"),
        (lambda: Partner("a", strategy=MyopicBestResponse), "strategy must be callable"),
        (lambda: Partner("a", reservation_value=float("inf")), "reservation_value must be finite"),
    ],
    ids=range(9),
)
def test_options_out_of_range_are_said(make: Callable[[], object], told: str):
    with pytest.raises(ConfigurationError) as refusal:
        make()
    assert told in str(refusal.value)


@pytest.mark.parametrize("form", ["json", "msgpack"])
def test_what_is_said_can_be_written_and_read(form):
    codec = Codec(form, contents=CoalitionFormation.contents)
    seen: list[Any] = []
    ran([scripted("a", {"a": 60, "b": 0}, {"a": 30, "b": 30}), scripted("b", joins=lambda view: view.call.proposal == PAIR),
         scripted("c", seen=seen)], THREE)  # fmt: skip
    for view in seen:
        content = CoalitionNews(events=(CoalitionEvent(kind="gone", by="a", round=2),), standing=view.call)
        for message in (Cfp(view.call), Inform(content), Propose(PAIR, "x/1", 3.0)):
            envelope = Envelope(Route("x", "a", "chair", "coalition-formation"), message)
            assert codec.decode(codec.encode(envelope)) == envelope


def test_protocol_has_its_spellings():
    assert NegotiationType.COALITION_FORMATION == "coalition-formation"
    executor = NegotiationExecutor(clock="virtual")
    assert executor.run([Agent("a"), Agent("b"), Agent("c")], NegotiationConfig("COALITIONS"), THREE).agreed


def test_space_takes_what_adds_up_within_rounding():
    space = CoalitionSpace(CoalitionGame("abc", {"abc": 0.3}, otherwise=0), "a", 0.0)
    assert space.check({"a": 0.1, "b": 0.1, "c": 0.1}).coalition == frozenset("abc")
    assert space.json_schema()["properties"].keys() == {"a", "b", "c"}
