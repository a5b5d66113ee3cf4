"""Menus of offers through the executor: the other side takes one, by name or the best for it, or answers by its own."""

from __future__ import annotations

import random

import pytest

from negotiate_rt import (
    Accept,
    AdditiveUtility,
    BargainingProblem,
    Buyer,
    ConfigurationError,
    Issue,
    MenuOptions,
    NegotiationConfig,
    NegotiationExecutor,
    Negotiator,
    Network,
    Propose,
    Seller,
    Trace,
    Walk,
)
from negotiate_rt.strategies.menus import EquivalentOffers

FIVE = [Issue("x", (0, 1, 2, 3, 4))]
PROBLEM = BargainingProblem(FIVE, [lambda o: 4 - o[0], lambda o: o[0]])


async def talk(*agents, problem=PROBLEM, options=None, network=None, journal=None, **config):
    executor = NegotiationExecutor(clock="virtual", seed=1, network=network, journal=journal)
    return await executor.execute(agents, NegotiationConfig("alternating-menus", options=options, **config), problem)


def scripted(name, *moves, seen=None, **settings):
    left = list(moves)

    def decide(view):
        if seen is not None:
            seen.append(view)
        move = left.pop(0) if len(left) > 1 else left[0]
        return move(view) if callable(move) else move

    return Negotiator(name, strategy=decide, **settings)


def faults(outcome):
    return [(fault.who, fault.what) for fault in outcome.faults]


async def test_an_acceptance_without_a_name_takes_the_best_for_oneself():
    outcome = await talk(scripted("a", [(0,), (3,), (1,)]), scripted("b", Accept()))
    assert (outcome.agreed, outcome.rounds_used) == (True, 1)
    assert outcome.accepted_offer.value == (3,)
    assert [offer.value for offer in outcome.all_offers] == [(0,), (3,), (1,)]
    assert outcome.utilities == {"a": 1, "b": 3}


async def test_any_offer_of_the_menu_may_be_taken_by_its_name():
    outcome = await talk(scripted("a", [(0,), (3,), (1,)]), scripted("b", lambda view: Accept(view.standing_offers[2].id)))
    assert outcome.accepted_offer.value == (1,)


async def test_a_counter_menu_discards_the_one_before():
    kept: list = []

    def keeps(view):
        kept.extend(one.id for one in view.standing_offers)
        return [(4,), (3,)]

    outcome = await talk(
        scripted("a", [(0,), (1,)], [(2,)]), scripted("b", keeps, lambda view: Accept(kept[0]), Accept()), max_rounds=4
    )
    assert faults(outcome) == [("b", "illegal")], "it is asked once more and takes what stands"
    assert outcome.accepted_offer.value == (2,)


async def test_view_shows_the_menu_and_the_best_of_it():
    seen: list = []
    await talk(scripted("a", [(0,), (3,), (1,)], Walk()), scripted("b", [Propose((4,))], seen=seen))
    view = seen[0]
    assert [one.value for one in view.standing_offers] == [(0,), (3,), (1,)]
    assert view.standing_offer.value == (3,)
    assert view.history == ((0,), (3,), (1,))
    assert view.legal_moves == ("propose", "accept", "walk")


async def test_a_menu_is_one_message_and_each_offer_has_an_id():
    trace = Trace()
    outcome = await talk(scripted("a", [(0,), (3,)]), scripted("b", Accept()), journal=trace)
    said = [record for record in trace.records if record.kind == "said"]
    assert [record.act for record in said] == ["propose", "accept-proposal"]
    assert [id for id, _ in said[0].content["value"].offers] == [offer.id for offer in outcome.all_offers]


async def test_one_offer_at_a_time_is_bilateral_bargaining():
    found = []
    for protocol in ("alternating-menus", "bilateral"):
        agents = [Buyer("B", 80, 40), Seller("S", 60, 120)]
        outcome = await NegotiationExecutor(clock="virtual").execute(agents, NegotiationConfig(protocol, 10))
        found.append(([offer.value for offer in outcome.all_offers], outcome.utilities, outcome.rounds_used))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("menu", "what", "text"),
    [
        ([], "invalid", "at least one offer"),
        ([(0,), (0,)], "illegal", "each offer once"),
        ([(k,) for k in range(4)], "illegal", "at most 3 offers, not 4"),
        ([(0,), (9,)], "invalid", "9"),
        ([Propose((0,), expires_at=9.0)], "invalid", "cannot carry expires_at"),
        ([(0,), (4,)], "invalid", "is worth 0 to a, below its own reservation value 1"),
    ],
)
async def test_menus_that_are_none_leave_nothing_behind(menu, what, text):
    outcome = await talk(
        scripted("a", menu, menu, [(1,)], reservation_value=1), scripted("b", [(4,)], Accept()),
        options=MenuOptions(most=3), max_rounds=3,
    )  # fmt: skip
    assert outcome.faults[0].what == what
    assert text in outcome.faults[0].cause
    assert [(offer.agent, offer.value) for offer in outcome.all_offers] == [("b", (4,)), ("a", (1,))]
    assert [offer.id.rpartition("/")[2] for offer in outcome.all_offers] == ["1", "2"]


async def test_guard_watches_the_offer_that_is_named():
    greedy = scripted("b", lambda view: Accept(view.standing_offers[0].id), Walk(), reservation_value=2)
    outcome = await talk(scripted("a", [(0,), (3,)]), greedy)
    assert faults(outcome) == [("b", "invalid")]
    assert "is worth 0 to b, below its own reservation value 2" in outcome.faults[0].cause
    assert outcome.failure_reason == "walked-away: b"


async def test_silence_crash_and_rounds():
    async def hang(view):
        await view.sleep(1e6)

    assert (await talk(scripted("a", [(0,)]), Negotiator("b", strategy=hang), timeout=3.0)).final_state == "TIMEOUT"
    assert (await talk(scripted("a", [(0,)]), scripted("b", [(4,)]), max_rounds=3)).rounds_used == 3

    def crash(view):
        raise RuntimeError("gone")

    assert (await talk(scripted("a", [(0,)]), Negotiator("b", strategy=crash))).reason_code == "agent-crashed"
    skipped = await talk(scripted("a", [(0,)], [(1,)]), scripted("b", 42, 42, Accept()))
    assert (skipped.agreed, skipped.rounds_used) == (True, 2)


async def test_a_slow_network_carries_whole_menus():
    outcome = await talk(scripted("a", [(0,), (3,)]), scripted("b", Accept()), network=Network(latency=0.2))
    assert outcome.accepted_offer.value == (3,)


def test_equivalent_offers_do_better_together_than_one_by_one():
    totals = {}
    for count in (1, 4):
        total = 0.0
        for seed in range(8):
            draw = random.Random(seed)
            issues = [Issue(name, tuple(range(4))) for name in "uvwx"]
            wants = [
                AdditiveUtility(
                    {name: draw.random() for name in "uvwx"},
                    {name: {k: draw.random() for k in range(4)} for name in "uvwx"},
                )
                for _ in "ab"
            ]  # fmt: skip
            agents = [Negotiator(name, strategy=EquivalentOffers(count=count)) for name in "ab"]
            config = NegotiationConfig("alternating-menus", 20)
            outcome = NegotiationExecutor(clock="virtual").run(agents, config, BargainingProblem(issues, wants))
            assert outcome.agreed
            assert outcome.faults == ()
            total += sum(outcome.utilities.values())
        totals[count] = total
    assert totals[4] > totals[1]


async def test_equivalent_offers_play_other_protocols_and_problems():
    problem = BargainingProblem(FIVE, [lambda o: 4 - o[0], lambda o: o[0]])
    config = NegotiationConfig("bilateral", 10)
    agents = [Negotiator(name, strategy=EquivalentOffers()) for name in "ab"]
    assert (await NegotiationExecutor(clock="virtual").execute(agents, config, problem)).agreed
    traders = Buyer("B", 80, strategy=EquivalentOffers()), Seller("S", 60, strategy=EquivalentOffers(beta=0.5))
    assert (await talk(*traders, problem=None, max_rounds=10)).agreed
    for bad in ({"count": 0}, {"count": True}, {"beta": 0.0}):
        with pytest.raises(ConfigurationError):
            EquivalentOffers(**bad)
    with pytest.raises(ConfigurationError, match=r"options\.most"):
        MenuOptions(most=0)
