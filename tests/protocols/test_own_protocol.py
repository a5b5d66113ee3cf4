"""Protocols of one's own: registered, replacing, refused when unsound, and what their roles may do."""

from __future__ import annotations

import asyncio

import pytest

from negotiate_rt import (
    AGREED,
    FAILED,
    TIMEOUT,
    Accept,
    Agent,
    Auction,
    Bidder,
    Buyer,
    ConfigurationError,
    Inform,
    NegotiationConfig,
    NegotiationExecutor,
    NegotiationProtocol,
    Negotiator,
    Propose,
    ProtocolDefinitionError,
    Reject,
    Seller,
    Skip,
    Walk,
)
from negotiate_rt.protocols import BUILT_IN, VickreyAuction
from negotiate_rt.testing import check_protocol


class OneShot(NegotiationProtocol):
    """Take it or leave it."""

    name = "one-shot"
    seats = {"giver": 1, "taker": 1}
    start = "opening"
    moves = {
        "opening": {("giver", Propose): "answer"},
        "answer": {("taker", Accept): AGREED, ("taker", Reject): FAILED},
    }
    timeouts = {"opening": TIMEOUT, "answer": TIMEOUT}

    async def giver(self, talk):
        await talk.send(await talk.ask())
        await talk.receive(Accept, Reject)

    async def taker(self, talk):
        await talk.receive(Propose)
        await talk.send(await talk.ask())


PAIR = [Seller("S", 60, opening=70), Buyer("B", 80)]


def changed(**attributes):
    return type("Changed", (OneShot,), attributes)


async def play(protocol, agents=PAIR, **config):
    executor = NegotiationExecutor(clock="virtual")
    executor.register(protocol)
    return await executor.execute(agents, NegotiationConfig("one-shot", **config))


async def test_registered_protocol_is_listed_and_plays():
    executor = NegotiationExecutor(clock="virtual")
    assert set(executor.protocols) == {one.name for one in BUILT_IN}
    executor.register(OneShot())
    assert "one-shot" in executor.protocols
    assert "one-shot" not in NegotiationExecutor().protocols, "others know nothing of it"
    with pytest.raises(TypeError):
        executor.protocols["x"] = OneShot()
    outcome = await executor.execute(PAIR, NegotiationConfig("ONE_SHOT"))
    assert outcome.agreed
    assert outcome.protocol == "one-shot"


async def test_registering_again_replaces_even_a_built_in():
    class Bilateral(OneShot):
        name = "bilateral"

    executor = NegotiationExecutor(clock="virtual")
    executor.register(Bilateral())
    outcome = await executor.execute(PAIR, NegotiationConfig("bilateral"))
    assert len(outcome.all_offers) == 1
    untouched = await NegotiationExecutor(clock="virtual").execute(PAIR, NegotiationConfig("bilateral"))
    assert outcome.agreed
    assert untouched.agreed


@pytest.mark.parametrize("name", ["one_shot", "One-Shot", "ONE_SHOT", "Take it or leave it"])
async def test_names_may_be_spelled_as_one_likes(name):
    executor = NegotiationExecutor(clock="virtual")
    executor.register(OneShot())
    executor.register(changed(name=name)())
    assert executor.protocols[name].name == name
    assert len(executor.protocols) == len(BUILT_IN) + 1 + (name.count(" ") > 0), "it replaces the one of its name"
    for spelling in (name, name.upper(), name.lower()):
        outcome = await executor.execute(PAIR, NegotiationConfig(spelling))
        assert outcome.agreed
        assert outcome.protocol == name


def plain_role(self, talk):
    return None


@pytest.mark.parametrize(
    ("attributes", "text"),
    [
        ({"name": ""}, "name must be text, without spaces around it, got ''"),
        ({"name": None}, "name must be text, without spaces around it, got None"),
        ({"name": " one-shot"}, "name must be text, without spaces around it, got ' one-shot'"),
        ({"name": "vickrey"}, "name 'vickrey' is another spelling of 'vickrey-auction': choose one of its own"),
        ({"name": "SEALED_BID"}, "name 'SEALED_BID' is another spelling of 'first-price-auction'"),
        ({"moves": None}, r"moves must map states to their rows, {state: {(role, Act): next state}}, got None"),
        ({"moves": {"opening": None}}, "'opening': its rows must be a mapping, {(role, Act): next state}, got None"),
        ({"moves": {"opening": {"giver": "answer"}}}, "'opening': a row is written (role, Act): next state, got 'giver'"),
        ({"timeouts": 5}, "timeouts must map states to states, got 5"),
        ({"seats": None}, "seats must map roles to a number or (at least, at most or None), got None"),
        ({"seats": {"giver": 1, "taker": "many"}}, "seats must map roles to a number or (at least, at most or None)"),
        ({"start": "nowhere"}, "start 'nowhere' has no rows"),
        ({"moves": {}}, "start 'opening' has no rows; states with rows: none"),
        ({"seats": {"giver": 1}}, "role 'taker' has rows but no seat; seats: giver"),
        ({"seats": {"giver": 1, "taker": 1, "judge": 1}}, "seat 'judge' has no rows"),
        ({"seats": {"giver": 1, "taker": (1, None)}}, "'taker' has many seats: a one-to-many protocol needs a joint table"),
        ({"taker": None}, "role 'taker' has no coroutine: write `async def taker(self, talk)`"),
        ({"taker": plain_role}, "role 'taker' has no coroutine"),
        ({"timeouts": {"opening": TIMEOUT}}, "state 'answer' has no deadline"),
        ({"timeouts": {"opening": TIMEOUT, "answer": TIMEOUT, "later": TIMEOUT}}, "timeouts names 'later', which has no rows"),
        ({"timeouts": {"opening": TIMEOUT, "answer": "LOST"}}, "state 'LOST' has no rows: give it some, or end in one of AGREED"),
        (
            {"moves": {**OneShot.moves, "lost": {("giver", Propose): "lost"}},
             "timeouts": {**OneShot.timeouts, "lost": "lost"}},
            "state 'lost' is unreachable",
        ),
        ({"moves": {"opening": {("giver", "propose"): "answer"}}}, "'propose' is no performative"),
        (
            {"moves": {"opening": {("giver", Propose): "answer", ("taker", Inform): "opening"},
                       "answer": OneShot.moves["answer"]}},
            "taker inform may reach giver in state 'answer', where no row takes it",
        ),
        ({"joint": {"start": {Propose: "start", "over": AGREED}}, "joint_start": "start"},
         "convener '' must be a role with one seat"),
    ],
)  # fmt: skip
def test_unsound_protocol_is_refused_at_once_with_a_clear_text(attributes, text):
    executor = NegotiationExecutor()
    with pytest.raises(ProtocolDefinitionError) as refusal:
        executor.register(changed(**attributes)())
    assert text in str(refusal.value)
    assert isinstance(refusal.value, ConfigurationError)
    assert refusal.value.problems
    assert "one-shot" not in executor.protocols


def test_the_test_bench_finds_what_registering_would_refuse():
    check_protocol(OneShot())
    check_protocol(OneShot)
    for attributes, text in (
        ({"seats": {"giver": 1}}, "role 'taker' has rows but no seat"),
        ({"taker": None}, "no coroutine"),
    ):
        with pytest.raises(AssertionError, match=text):
            check_protocol(changed(**attributes)())


@pytest.mark.parametrize("thing", [None, "bilateral", object(), NegotiationExecutor])
def test_what_is_no_protocol_is_refused(thing):
    with pytest.raises(ConfigurationError, match="register: expected a NegotiationProtocol"):
        NegotiationExecutor().register(thing)


async def test_role_that_raises_fails_the_negotiation_and_names_it():
    async def giver(self, talk):
        raise KeyError("slip")

    outcome = await play(changed(giver=giver)())
    assert outcome.failure_reason == "protocol-violation: role of S raised KeyError: 'slip'"
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("S", "role")]


async def test_role_that_breaks_its_own_table_is_told_what_is_legal():
    async def giver(self, talk):
        await talk.send(Accept())

    outcome = await play(changed(giver=giver)())
    assert "giver may not say accept-proposal in opening; legal here: giver propose" in outcome.failure_reason


async def test_roles_that_all_return_before_the_end_fail_it():
    async def silent(self, talk):
        return

    outcome = await play(changed(giver=silent, taker=silent)())
    assert outcome.final_state == "FAILED"
    assert outcome.reason_code in ("protocol-violation", "refused")


async def test_role_that_awaits_the_outside_is_told_what_to_write():
    async def giver(self, talk):
        await asyncio.sleep(1)

    outcome = await play(changed(giver=giver)())
    assert "talk.sleep" in outcome.failure_reason


async def test_roles_may_sleep_draw_and_compute():
    seen = {}

    async def giver(self, talk):
        await talk.sleep(5)
        seen.update(now=talk.now, draw=talk.rng.random(), sum=await talk.compute(sum, [1, 2]))
        await talk.send(await talk.ask())
        await talk.receive(Accept, Reject)

    first = await play(changed(giver=giver)(), seed=4)
    draw = seen["draw"]
    await play(changed(giver=giver)(), seed=4)
    assert (seen["now"], seen["sum"], seen["draw"]) == (5, 3, draw)
    assert first.duration_ms == 5000


async def test_silence_of_a_peer_leads_along_the_timeout_row():
    async def taker(self, talk):
        await talk.receive(Propose)
        await talk.sleep(50)

    async def giver(self, talk):
        await talk.send(await talk.ask())
        await talk.receive(Accept, deadline=talk.now + 3)

    outcome = await play(changed(giver=giver, taker=taker)())
    assert outcome.final_state == "TIMEOUT"
    assert outcome.duration_ms == 3000


async def test_skip_goes_along_the_skip_row_or_the_timeout_row():
    skipper = Negotiator("x", strategy=lambda view: Skip("pass"))
    assert (await play(OneShot(), [Seller("S", 60), skipper])).final_state == "TIMEOUT"

    class Lenient(OneShot):
        skips = {"answer": FAILED}

    assert (await play(Lenient(), [Seller("S", 60), skipper])).final_state == "FAILED"


async def test_agents_hook_for_a_question_of_ones_own():
    class Asking(OneShot):
        async def taker(self, talk):
            await talk.receive(Propose)
            await talk.send(await talk.ask("answer_to"))

    class Party(Negotiator):
        def answer_to(self, view):
            return Accept() if view.standing_offer.value >= 5 else Walk()

    outcome = await play(Asking(), [Negotiator("g", strategy=lambda view: Propose(7)), Party("t")], initial_offer=10)
    assert outcome.agreed
    missing = await play(
        Asking(), [Negotiator("g", strategy=lambda view: Propose(7)), Negotiator("t")], initial_offer=10
    )
    assert missing.final_state == "FAILED"
    assert "answer_to" in missing.failure_reason


async def test_content_rules_of_ones_own_are_added_to_those_of_offers():
    from negotiate_rt.machine import Refusal

    def even(message, board, mine, now):
        return None if message.value % 2 == 0 else Refusal("offers are even here")

    class Even(OneShot):
        rules = {Propose: (even,)}

    odd = Negotiator("g", strategy=lambda view: Propose(8) if view.repair else Propose(7))
    outcome = await play(Even(), [odd, Buyer("B", 80)])
    assert outcome.agreed
    assert outcome.accepted_offer.value == 8
    assert [(fault.what, "offers are even here" in fault.cause) for fault in outcome.faults] == [("illegal", True)]


async def test_utilities_of_ones_own_that_fail_do_not_cost_the_outcome():
    class Broken(OneShot):
        def utilities(self, seats, conversation):
            raise RuntimeError("no idea")

    outcome = await play(Broken())
    assert outcome.agreed
    assert outcome.utilities == {}
    assert "utilities raised RuntimeError: no idea" in outcome.faults[0].cause


async def test_plain_agents_know_what_to_do_in_any_bargaining_protocol():
    outcome = await play(OneShot(), [Agent("a"), Agent("b")], initial_offer=4)
    assert outcome.agreed
    assert outcome.utilities == {"a": 4, "b": 0}


async def test_auction_of_ones_own_is_found_without_its_suffix():
    class Lottery(VickreyAuction):
        name = "lottery-auction"

        def price(self, bids, winner, reserve):
            return 1

    executor = NegotiationExecutor(clock="virtual")
    executor.register(Lottery())
    result = await Auction("LOTTERY", "lot", [Bidder("a", 5)], executor=executor)
    assert result.pay_price == 1


async def test_convener_that_nobody_seats_is_told():
    class Hosted(VickreyAuction):
        name = "hosted-auction"
        make_initiator = NegotiationProtocol.make_initiator

    executor = NegotiationExecutor(clock="virtual")
    executor.register(Hosted())
    with pytest.raises(ConfigurationError, match="hosted-auction: nobody plays the auctioneer"):
        await executor.execute([Bidder("a", 5)], NegotiationConfig("hosted-auction"), "lot")
    assert repr(Hosted()) == "<protocol hosted-auction: auctioneer, bidder>"


async def test_walk_where_no_refusal_is_legal_is_illegal():
    class Forced(OneShot):
        moves = {"opening": {("giver", Propose): "answer"}, "answer": {("taker", Accept): AGREED}}

    walker = Negotiator("t", strategy=lambda view: Accept() if view.repair else Walk())
    outcome = await play(Forced(), [Seller("S", 60), walker])
    assert outcome.agreed
    assert [fault.what for fault in outcome.faults] == ["illegal"]
