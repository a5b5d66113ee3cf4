"""Messages that should not be: forged, illegal, late, overtaken, of nothing. Each is answered, changes nothing, and the
talk goes on as it would have."""

from __future__ import annotations

import resource

import pytest

from negotiate_rt import (
    Accept,
    Buyer,
    Cancel,
    Constant,
    Contractor,
    Envelope,
    InformDone,
    LinkFaults,
    LocalProtocolError,
    NegotiationConfig,
    NegotiationExecutor,
    Network,
    Notice,
    Propose,
    Reject,
    Route,
    Seller,
    Skip,
    Society,
    Task,
    Trace,
    Walk,
    Withdraw,
)
from negotiate_rt.protocols.awarding import ContractNetOptions

CONFIG = NegotiationConfig("bilateral", max_rounds=6)


class Meddled:
    """One talk of Bea and Sam, who make fixed offers and agree in round 4; `meddle(society, view)` runs at Bea's turn of
    round 2, while Sam waits, or at Sam's, while Bea waits."""

    def __init__(self, meddle=None, at="Bea", slow=False):
        self.meddle, self.at, self.slow = meddle, at, slow
        self.said = []
        self.trace = Trace()

    def turn(self, view):
        if self.meddle is not None and view.agent == self.at and view.round == 2:
            self.said.append(self.meddle(self, view))
        if view.agent == "Sam" and view.round == 4:
            return Accept()
        return Propose(50.0 + view.round if view.agent == "Bea" else 90.0 - view.round)

    def inject(self, view, sender, message, **route):
        origin = route.pop("origin", sender)
        receiver = {"Bea": "Sam", "Sam": "Bea"}.get(sender)
        ends = {
            "conversation": view.negotiation,
            "sender": sender,
            "receiver": receiver,
            "protocol": "bilateral",
            **route,
        }
        return self.society.inject(Envelope(Route(**ends), message, 99), origin)

    async def run(self):
        async def slow_turn(view):
            return self.turn(view)

        async with Society("soc", clock="virtual") as self.society:
            bea = Buyer("Bea", 200, strategy=slow_turn if self.slow else self.turn)
            agents = [bea, Seller("Sam", 10, strategy=self.turn)]
            self.handle = self.society.start(agents, CONFIG)
            self.handle.watch(self.trace)
            outcome = await self.handle
            self.dead = dict(self.society.world.dead_letters.counts)
        return outcome

    def lines(self):
        """What was said and heard, without the ending's faults."""
        return [line for line in self.trace.to_jsonl().splitlines() if b'"kind":"fault"' not in line]


@pytest.fixture(scope="module")
def undisturbed():
    import asyncio

    one = Meddled()
    outcome = asyncio.run(one.run())
    return outcome, one.lines()


def check_undisturbed(one, outcome, undisturbed):
    assert outcome.agreed
    assert outcome.all_offers == undisturbed[0].all_offers
    assert outcome.accepted_offer == undisturbed[0].accepted_offer
    assert outcome.messages == undisturbed[0].messages
    assert one.lines() == undisturbed[1]


def last_offer(view, agent):
    offer = view.standing_offer if view.agent != agent else view.own_last_offer
    return offer.id


ILLEGAL = {
    "offer outside the outcome space": lambda one, view: one.inject(view, "Bea", Propose("abc")),
    "offer of no number": lambda one, view: one.inject(view, "Bea", Propose(float("nan"))),
    "offer that nobody registered": lambda one, view: one.inject(view, "Bea", Propose(55.0)),
    "offer under another's id": lambda one, view: one.inject(view, "Bea", Propose(55.0, last_offer(view, "Sam"))),
    "acceptance of nothing": lambda one, view: one.inject(view, "Bea", Accept()),
    "acceptance of another conversation's offer": lambda one, view: one.inject(view, "Bea", Accept("soc/77/1")),
    "acceptance of one's own offer": lambda one, view: one.inject(view, "Bea", Accept(last_offer(view, "Bea"))),
    "withdrawal of another's offer": lambda one, view: one.inject(view, "Bea", Withdraw(last_offer(view, "Sam"))),
    "message that this protocol has no row for": lambda one, view: one.inject(view, "Bea", Cancel("stop")),
    "system event": lambda one, view: one.inject(view, "Bea", Skip("she passes")),
    "notice": lambda one, view: one.inject(view, "Bea", Notice("refused", 1)),
}


@pytest.mark.parametrize("what", ILLEGAL)
async def test_illegal_message_is_its_senders_fault_and_changes_nothing(what, undisturbed):
    one = Meddled(ILLEGAL[what])
    outcome = await one.run()
    assert one.said == [True]
    check_undisturbed(one, outcome, undisturbed)
    (fault,) = outcome.faults
    assert (fault.who, fault.what) == ("Bea", "illegal")
    assert "legal here:" in fault.cause


OUT_OF_TURN = {
    "proposal": lambda one, view: one.inject(view, "Sam", Propose(1.0)),
    "acceptance": lambda one, view: one.inject(view, "Sam", Accept(last_offer(view, "Bea"))),
    "walking": lambda one, view: one.inject(view, "Sam", Walk("bye")),
}


@pytest.mark.parametrize("what", OUT_OF_TURN)
async def test_message_out_of_turn_is_its_senders_fault_and_changes_nothing(what, undisturbed):
    one = Meddled(OUT_OF_TURN[what], slow=True)  # Bea still thinks when the others know what she has heard
    outcome = await one.run()
    check_undisturbed(one, outcome, undisturbed)
    (fault,) = outcome.faults
    assert (fault.who, fault.what) == ("Sam", "illegal")
    assert "responder may not say" in fault.cause


@pytest.mark.parametrize("what", ["offer outside the outcome space", "acceptance of nothing", "notice"])
async def test_illegal_message_to_one_whose_turn_it_is_changes_nothing_either(what, undisturbed):
    one = Meddled(ILLEGAL[what], at="Sam")  # Sam decides while the message for him waits in his mailbox
    outcome = await one.run()
    check_undisturbed(one, outcome, undisturbed)
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("Bea", "illegal")]


async def test_forged_sender_is_refused_and_named(undisturbed):
    one = Meddled(lambda one, view: one.inject(view, "Sam", Walk("bye"), origin="Mallory"))
    outcome = await one.run()
    assert one.said == [False]
    check_undisturbed(one, outcome, undisturbed)
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("Mallory", "forged")]
    assert "claimed to be Sam" in outcome.faults[0].cause


async def test_unknown_conversation_and_unknown_seats_are_dead_letters(undisturbed):
    def meddle(one, view):
        return [
            one.inject(view, "Bea", Walk(), conversation="soc/4711"),
            one.inject(view, "Mallory", Walk(), receiver="Sam"),
            one.inject(view, "Bea", Walk(), receiver="Mallory"),
            one.inject(view, "Bea", Walk(), receiver="Bea"),
        ]

    one = Meddled(meddle)
    outcome = await one.run()
    assert one.said == [[False] * 4]
    check_undisturbed(one, outcome, undisturbed)
    assert not outcome.faults
    assert one.dead == {"unknown": 4}


async def test_ones_own_legal_word_from_outside_counts():
    one = Meddled(lambda one, view: one.inject(view, "Bea", Walk("by post")), at="Sam")
    one.meddle = lambda one, view: one.inject(view, "Sam", Walk("by post"))
    one.at = "Sam"
    outcome = await one.run()
    assert outcome.failure_reason == "walked-away: Sam: by post"
    assert not outcome.faults


async def test_second_acceptance_finds_the_talk_over():
    def meddle(one, view):
        accept = Accept(last_offer(view, "Bea"))
        return one.inject(view, "Sam", accept), one.inject(view, "Sam", accept)

    one = Meddled(meddle, at="Sam")
    outcome = await one.run()
    assert outcome.agreed
    assert outcome.accepted_offer.agent == "Bea"
    assert not outcome.faults


async def test_stale_acceptance_from_outside_is_nobodys_fault(undisturbed):
    def meddle(one, view):  # an offer of Bea's that Sam has answered long ago
        first = next(iter(one.handle._conversation.offers))
        return one.inject(view, "Sam", Accept(first))

    one = Meddled(meddle, at="Sam")
    outcome = await one.run()
    check_undisturbed(one, outcome, undisturbed)
    assert not outcome.faults


async def test_notice_about_an_injected_message_is_not_taken_for_the_word_on_an_acceptance():
    """Bea withdraws while Sam's acceptance is on its way, and somebody posts nonsense in Sam's name meanwhile."""
    network = Network(latency=1.0)
    offers = []

    def sam(view):
        offers.append(view.standing_offer and view.standing_offer.value)
        return Accept() if view.standing_offer is not None else Walk("nothing stands")

    async with Society("soc", clock="virtual", network=network) as society:
        agents = [Buyer("Bea", 200, strategy=lambda view: Propose(50.0)), Seller("Sam", 10, strategy=sam)]
        handle = society.start(agents, CONFIG)
        kernel = society.world.kernel
        route = Route(handle.id, "Sam", "Bea", "bilateral")
        kernel.call_at(1.2, lambda: handle.withdraw("Bea"))
        for number in (0, 1, 2):
            kernel.call_at(1.3, lambda number=number: society.inject(Envelope(route, Reject("x"), number), "Sam"))
        outcome = await handle
    assert offers == [50.0, None]
    assert outcome.failure_reason == "walked-away: Sam: nothing stands"
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("Sam", "illegal")] * 3


async def test_nonsense_in_front_of_a_withdrawal_hides_it_from_nobody():
    """Without latency the two would accept and refuse for ever."""
    seen = []

    async def sam(view):
        seen.append(view.standing_offer and view.standing_offer.value)
        await view.sleep(10.0)
        return Accept()

    async with Society("soc", clock="virtual") as society:
        agents = [Buyer("Bea", 200, strategy=lambda view: Propose(50.0)), Seller("Sam", 10, strategy=sam)]
        handle = society.start(agents, NegotiationConfig("bilateral", max_rounds=1, on_fault={"illegal": "withdraw"}))
        route = Route(handle.id, "Bea", "Sam", "bilateral")
        kernel = society.world.kernel
        kernel.call_at(4.0, lambda: society.inject(Envelope(route, Reject("x"), 7), "Bea"))
        kernel.call_at(5.0, lambda: handle.withdraw("Bea"))
        outcome = await handle
    assert seen == [50.0]
    assert outcome.failure_reason.startswith("protocol-violation: Sam: ")
    assert {(fault.who, fault.what) for fault in outcome.faults} == {("Sam", "illegal"), ("Bea", "illegal")}


# -- crossing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("when", "agreed"), [(0.5, False), (1.5, False), (2.0, True), (2.5, True)])
async def test_withdrawal_that_crosses_an_acceptance(when, agreed):
    """The offer leaves at 0 and is accepted at 1; the acceptance arrives, and binds, at 2."""

    def sam(view):
        return Accept() if view.standing_offer is not None else Walk("it is gone")

    async with Society("soc", clock="virtual", network=Network(latency=1.0)) as society:
        agents = [Buyer("Bea", 200, strategy=lambda view: Propose(50.0)), Seller("Sam", 10, strategy=sam)]
        handle = society.start(agents, CONFIG)
        society.world.kernel.call_at(when, lambda: handle.withdraw("Bea"))
        outcome = await handle
        if agreed:
            with pytest.raises(LocalProtocolError, match="is over"):
                handle.withdraw("Bea")
    assert outcome.agreed == agreed
    assert not outcome.faults
    if not agreed:
        assert outcome.failure_reason == "walked-away: Sam: it is gone"


async def test_acceptance_that_arrives_after_the_offer_expired_binds_nobody():
    seen = []

    def sam(view):
        seen.append((view.now, view.standing_offer and view.standing_offer.value))
        return Accept() if view.standing_offer is not None and view.now < 3 else Walk("too far away")

    async with Society("soc", clock="virtual", network=Network(latency=1.0)) as society:
        agents = [
            Buyer("Bea", 200, strategy=lambda view: Propose(50.0, expires_at=1.5)),
            Seller("Sam", 10, strategy=sam),
        ]
        outcome = await society.negotiate(agents, CONFIG)
    assert outcome.failure_reason == "walked-away: Sam: too far away"
    assert seen[0] == (1.0, 50.0)
    assert seen[1][0] == 2.0
    assert not outcome.faults


async def test_offer_accepted_at_the_instant_it_expires_is_in_time():
    async with Society("soc", clock="virtual", network=Network(latency=1.0)) as society:
        agents = [
            Buyer("Bea", 200, strategy=lambda view: Propose(50.0, expires_at=2.0)),
            Seller("Sam", 10, strategy=lambda view: Accept()),
        ]
        outcome = await society.negotiate(agents, CONFIG)
    assert outcome.agreed


async def test_agent_that_takes_its_own_offer_back_still_has_its_turn():
    moves = []

    async def late(view):
        await view.sleep(1e9)

    def bea(view):
        moves.append(view.round)
        return Withdraw() if len(moves) == 2 else Propose(50.0 + len(moves))

    outcome = await NegotiationExecutor(clock="virtual").execute(
        [Buyer("Bea", 200, strategy=bea), Seller("Sam", 10, strategy=late)],
        NegotiationConfig("bilateral", max_rounds=2, turn_timeout=5.0),
    )
    assert moves == [1, 2, 2]
    assert [offer.value for offer in outcome.all_offers] == [51.0, 53.0]
    assert outcome.final_state == "DEADLOCK"


async def test_duplicates_of_the_network_are_dropped_and_nobodys_fault():
    network = Network(duplicate=1.0, latency=0.1)
    outcome = await NegotiationExecutor(clock="virtual", network=network).execute(
        [Buyer("Bea", 80, opening=40), Seller("Sam", 60, opening=120)], NegotiationConfig("bilateral")
    )
    perfect = await NegotiationExecutor(clock="virtual").execute(
        [Buyer("Bea", 80, opening=40), Seller("Sam", 60, opening=120)], NegotiationConfig("bilateral")
    )
    assert outcome.accepted_offer.value == perfect.accepted_offer.value
    assert outcome.messages == perfect.messages
    assert not outcome.faults


async def test_message_lost_on_the_way_ends_the_talk_at_its_timeout():
    outcome = await NegotiationExecutor(clock="virtual", network=Network(loss=1.0)).execute(
        [Buyer("Bea", 80, opening=40), Seller("Sam", 60, opening=120)], NegotiationConfig("bilateral", timeout=30.0)
    )
    assert outcome.final_state == "TIMEOUT"
    assert outcome.duration_ms == 30_000
    assert not outcome.faults


async def test_lost_acceptance_binds_nobody():
    network = Network(links={("Sam", "Bea"): LinkFaults(loss=1.0)})
    outcome = await NegotiationExecutor(clock="virtual", network=network).execute(
        [Buyer("Bea", 200, strategy=lambda view: Propose(50.0)), Seller("Sam", 10, strategy=lambda view: Accept())],
        NegotiationConfig("bilateral", timeout=30.0),
    )
    assert outcome.final_state == "TIMEOUT"
    assert outcome.accepted_offer is None


# -- contract net ------------------------------------------------------------------------------------------------------


async def test_late_proposal_is_rejected_as_late_without_asking_anybody():
    network = Network(links={("slow", "manager"): LinkFaults(latency=Constant(10.0))})
    trace = Trace()
    asked = []

    def bid(task):
        asked.append(1)
        return 1.0

    crew = [Contractor("slow", bid=bid), Contractor("quick", bid=lambda task: 5.0, perform=work)]
    config = NegotiationConfig("contract-net", options=ContractNetOptions(reply_by=3.0))
    executor = NegotiationExecutor(clock="virtual", network=network, journal=trace)
    outcome = await executor.execute(crew, config, Task(hours=1))
    assert outcome.agreed
    assert outcome.result.awarded == ("quick",)
    rejections = [
        (one.receiver, one.content["reason"])
        for one in trace.records
        if one.act == "reject-proposal" and one.kind == "said"
    ]
    assert rejections == [("slow", "late")]
    assert asked == [1]
    assert not outcome.faults


async def work(task):
    from negotiate_rt import sleep

    await sleep(20.0)
    return "done"


async def test_proposal_received_at_reply_by_is_in_time():
    network = Network(links={("far", "manager"): LinkFaults(latency=Constant(3.0))})
    crew = [Contractor("far", bid=lambda task: 1.0), Contractor("quick", bid=lambda task: 5.0)]
    config = NegotiationConfig("contract-net", options=ContractNetOptions(reply_by=3.0))
    outcome = await NegotiationExecutor(clock="virtual", network=network).execute(crew, config, Task(hours=1))
    assert outcome.result.awarded == ("far",)


async def test_cancel_that_crosses_a_report_is_nobodys_fault():
    """The manager gives up at 4; the report that left at 3.5 arrives at 4.5, the cancel at 5."""

    async def slow(task):
        from negotiate_rt import sleep

        await sleep(1.5)
        return "done"

    crew = [Contractor("far", bid=lambda task: 1.0, perform=slow)]
    options = ContractNetOptions(perform_timeout=2.0, retries=0)
    network = Network(latency=1.0)
    outcome = await NegotiationExecutor(clock="virtual", network=network).execute(
        crew, NegotiationConfig("contract-net", options=options), Task(hours=1)
    )
    assert not outcome.agreed
    assert outcome.failure_reason.startswith("agent-late")
    assert not outcome.faults


async def test_duplicate_award_and_strange_reports_from_outside_are_refused():
    async with Society("soc", clock="virtual") as society:
        crew = [Contractor("c", bid=lambda task: 1.0, perform=work)]
        handle = society.start(crew, NegotiationConfig("contract-net"), Task(hours=1))
        said = []

        def meddle():
            to_c = Route(handle.id, "manager", "c", "contract-net")
            to_manager = Route(handle.id, "c", "manager", "contract-net")
            for route, message in [
                (to_c, Accept(f"{handle.id}/1")),
                (to_manager, Propose(2.0)),
                (to_manager, Accept()),
            ]:
                said.append(society.inject(Envelope(route, message, 9), route.sender))

        society.world.kernel.call_at(5.0, meddle)
        outcome = await handle
    assert said == [True] * 3
    assert outcome.agreed
    assert sorted((fault.who, fault.what) for fault in outcome.faults) == [
        ("c", "illegal"), ("c", "illegal"), ("manager", "illegal"),
    ]  # fmt: skip


async def test_report_in_ones_own_name_from_outside_is_taken():
    async with Society("soc", clock="virtual") as society:
        crew = [Contractor("c", bid=lambda task: 1.0, perform=work)]
        handle = society.start(crew, NegotiationConfig("contract-net"), Task(hours=1))
        route = Route(handle.id, "c", "manager", "contract-net")
        society.world.kernel.call_at(5.0, lambda: society.inject(Envelope(route, InformDone("by post"), 9), "c"))
        outcome = await handle
    assert outcome.agreed
    assert outcome.result.reports == {"c": "by post"}
    assert outcome.duration_ms == 5000


# -- floods ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [5_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("overflow", ["fail", "wait", "drop-oldest"])
async def test_flood_from_outside_stays_within_bounds_and_drowns_nobody(count, overflow):
    if count > 100_000 and overflow != "fail":
        pytest.skip("once is enough")
    grown = []
    taken = []

    async def patient(view):
        await view.sleep(5.0)
        return Propose(50.0 + view.round)

    def accepts(view):
        return Accept() if view.round == 3 else Propose(90.0)

    async with Society("soc", clock="virtual", overflow=overflow) as society:
        handle = society.start([Buyer("Bea", 200, strategy=patient), Seller("Sam", 10, strategy=accepts)], CONFIG)
        envelope = Envelope(Route(handle.id, "Sam", "Bea", "bilateral"), Reject("spam"), 1)

        def flood():
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            taken.extend(society.inject(envelope, "Sam") for _ in range(2_000))
            for _ in range(count - 2_000):
                society.inject(envelope, "Sam")
            grown.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)

        society.world.kernel.call_at(1.0, flood)
        outcome = await handle
        dead = society.statistics().dead_letters
    assert outcome.agreed
    assert outcome.accepted_offer.value == 53.0
    assert taken.count(True) == 512  # half of the mailbox
    assert dead >= count - 512
    assert grown[0] < 20_000  # KiB
    assert len(outcome.faults) <= 1000


async def test_more_participants_than_a_mailbox_holds_are_all_heard():
    crew = [Contractor(f"c{number}", bid=lambda task, number=number: float(number + 1)) for number in range(50)]
    outcome = await NegotiationExecutor(clock="virtual", mailbox_capacity=8).execute(
        crew, NegotiationConfig("contract-net"), Task(hours=1)
    )
    assert outcome.agreed
    assert not outcome.faults
    assert len(outcome.result.bids) == 50


async def test_mailboxes_of_one_message_are_enough_to_haggle():
    for overflow in ("fail", "wait", "drop-newest", "drop-oldest"):
        outcome = await NegotiationExecutor(clock="virtual", mailbox_capacity=1, overflow=overflow).execute(
            [Buyer("Bea", 80, opening=40), Seller("Sam", 60, opening=120)], NegotiationConfig("bilateral")
        )
        assert outcome.agreed
