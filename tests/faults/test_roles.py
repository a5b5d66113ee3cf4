"""Protocols of one's own whose roles are wrong: they crash, return early, wait for the wrong thing, or will not end."""

from __future__ import annotations

import asyncio
import time

import anyio
import pytest

from negotiate_rt import (
    AGREED,
    FAILED,
    TIMEOUT,
    Accept,
    Agent,
    Cfp,
    Inform,
    InformDone,
    NegotiationConfig,
    NegotiationExecutor,
    NegotiationProtocol,
    Propose,
    Refuse,
    Reject,
)
from negotiate_rt.protocols.base import Convener


class Says(Agent):
    def __init__(self, name, *decisions):
        super().__init__(name)
        self.decisions = list(decisions)

    def decide(self, view):
        return self.decisions.pop(0)


class Ultimatum(NegotiationProtocol):
    name, seats, start = "ultimatum", {"proposer": 1, "responder": 1}, "opening"
    moves = {"opening": {("proposer", Propose): "answer"},
             "answer": {("responder", Accept): AGREED, ("responder", Reject): FAILED}}  # fmt: skip
    timeouts = {"opening": TIMEOUT, "answer": TIMEOUT}

    async def proposer(self, talk):
        await talk.send(await talk.ask())
        await talk.receive(Accept, Reject)

    async def responder(self, talk):
        await talk.receive(Propose)
        await talk.send(await talk.ask())


async def run(protocol, answer=None, config=None, **settings):
    executor = NegotiationExecutor(clock="virtual", **settings)
    executor.register(protocol)
    outcome = await asyncio.wait_for(
        executor.execute(
            [Says("Ann", Propose(0.5)), Says("Rob", answer or Accept())], config or NegotiationConfig("ultimatum")
        ),
        10,
    )
    assert len(asyncio.all_tasks()) == 1
    return outcome


async def test_sound_protocol_of_ones_own_works():
    outcome = await run(Ultimatum())
    assert outcome.agreed
    assert outcome.accepted_offer.value == 0.5
    outcome = await run(Ultimatum(), Reject("too little"))
    assert outcome.failure_reason == "refused: Rob: too little"


# -- crashes -----------------------------------------------------------------------------------------------------------


class Unsayable(Exception):
    def __str__(self):
        raise ValueError


@pytest.mark.parametrize(
    "error", [ValueError("a bug"), SystemExit(1), asyncio.CancelledError(), GeneratorExit(), Unsayable()], ids=repr
)
@pytest.mark.parametrize("where", ["proposer", "responder", "proposer at the end"])
async def test_role_that_raises_fails_its_talk_and_says_so(error, where):
    class Buggy(Ultimatum):
        async def proposer(self, talk):
            if where == "proposer":
                raise error
            await talk.send(await talk.ask())
            if where == "proposer at the end":
                raise error
            await talk.receive(Accept, Reject)

        async def responder(self, talk):
            await talk.receive(Propose)
            if where == "responder":
                raise error
            await talk.send(await talk.ask())

    outcome = await run(Buggy())
    who = "Rob" if where == "responder" else "Ann"
    assert outcome.final_state == "FAILED"
    assert outcome.failure_reason.startswith(f"protocol-violation: role of {who} raised {type(error).__name__}")
    assert [(fault.who, fault.what) for fault in outcome.faults] == [(who, "role")]
    assert "test_roles.py" in outcome.faults[0].traceback


async def test_illegal_move_of_a_role_is_reported_and_never_sent():
    class Hasty(Ultimatum):
        async def responder(self, talk):
            await talk.send(Reject("before I was asked"))

    outcome = await run(Hasty())
    assert outcome.failure_reason.startswith("protocol-violation: role of Rob raised LocalProtocolError")
    assert "legal here: proposer propose" in outcome.failure_reason
    assert outcome.messages <= 1


async def test_unknown_hook_says_what_the_agent_lacks():
    class Curious(Ultimatum):
        async def proposer(self, talk):
            await talk.ask("guess")

    outcome = await run(Curious())
    assert "has no hook 'guess'" in outcome.failure_reason


FOREIGN = {
    "asyncio.sleep": lambda talk: asyncio.sleep(1),
    "a future": lambda talk: asyncio.get_running_loop().create_future(),
    "anyio.sleep": lambda talk: anyio.sleep(1),
    "a scope": lambda talk: in_scope(talk),
    "a timeout": lambda talk: in_timeout(talk),
    "wait_for": lambda talk: asyncio.wait_for(talk.receive(), 1),
}


async def in_scope(talk):
    with anyio.move_on_after(1):
        await talk.receive()


async def in_timeout(talk):
    async with asyncio.timeout(1):
        await talk.receive()


@pytest.mark.parametrize("what", FOREIGN)
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")  # asyncio.wait_for drops it
async def test_foreign_await_in_a_role_fails_its_own_talk_only(what):
    class Foreign(Ultimatum):
        name = "foreign"

        async def proposer(self, talk):
            await FOREIGN[what](talk)

    executor = NegotiationExecutor(clock="virtual")
    executor.register(Foreign())
    executor.register(Ultimatum())
    wrong, right = await asyncio.gather(
        executor.execute([Says("Ann", Propose(0.5)), Says("Rob", Accept())], NegotiationConfig("foreign")),
        executor.execute([Says("Ann", Propose(0.5)), Says("Rob", Accept())], NegotiationConfig("ultimatum")),
    )
    assert right.agreed
    assert "ForeignAwaitError" in wrong.failure_reason
    assert "talk." in wrong.failure_reason
    assert len(asyncio.all_tasks()) == 1


# -- early and late ----------------------------------------------------------------------------------------------------


async def test_role_that_returns_with_nothing_left_to_say_is_heard_out():
    class Brief(Ultimatum):
        async def proposer(self, talk):
            await talk.send(await talk.ask())

    outcome = await run(Brief())
    assert outcome.agreed
    assert outcome.accepted_offer.agent == "Ann"
    assert outcome.duration_ms == 0
    assert (await run(Brief(), Reject("no"))).failure_reason == "refused: Rob: no"


@pytest.mark.parametrize("who", ["proposer", "responder", "both"])
async def test_role_that_returns_when_it_had_to_speak_fails_the_talk_at_once(who):
    class Mute(Ultimatum):
        async def proposer(self, talk):
            if who != "responder":
                return
            await super().proposer(talk)

        async def responder(self, talk):
            if who == "proposer":
                await super().responder(talk)

    outcome = await run(Mute())
    assert outcome.failure_reason.startswith("protocol-violation: role of ")
    assert "where it had to speak" in outcome.failure_reason
    assert outcome.duration_ms == 0


async def test_roles_that_wait_for_each_other_end_by_the_timeout():
    class Polite(Ultimatum):
        async def proposer(self, talk):
            await talk.receive()

    outcome = await run(Polite(), config=NegotiationConfig("ultimatum", timeout=9.0))
    assert outcome.final_state == "TIMEOUT"
    assert outcome.duration_ms == 9000


async def test_roles_that_can_never_go_on_are_named():
    class Polite(Ultimatum):
        async def proposer(self, talk):
            await talk.receive()

    outcome = await run(Polite(), config=NegotiationConfig("ultimatum", timeout=None))
    assert outcome.failure_reason.startswith("protocol-violation: stalled")
    assert "Ann: waits for <Mailbox of Ann" in outcome.failure_reason
    assert "Rob: waits for <Mailbox of Rob" in outcome.failure_reason


async def test_silence_takes_the_tables_timeout_row():
    class Impatient(Ultimatum):
        async def proposer(self, talk):
            await talk.send(await talk.ask())
            await talk.receive(deadline=talk.now + 4.0)

        async def responder(self, talk):
            await talk.sleep(100.0)

    outcome = await run(Impatient())
    assert outcome.final_state == "TIMEOUT"
    assert outcome.duration_ms == 4000


# -- stubborn ----------------------------------------------------------------------------------------------------------

WAITS = {
    "receive": lambda talk: talk.receive(),
    "ask": lambda talk: talk.ask(),
    "take_turn": lambda talk: talk.take_turn(),
    "send": lambda talk: talk.send(Propose(0.1)),
    "sleep": lambda talk: talk.sleep(1.0),
    "compute": lambda talk: talk.compute(time.time),
}


@pytest.mark.parametrize("wait", WAITS)
async def test_role_that_will_not_end_does_not_spin_and_holds_up_nobody(wait):
    tries = []

    class Stubborn(Ultimatum):
        async def proposer(self, talk):
            await talk.send(await talk.ask())
            while len(tries) < 1000:
                try:
                    await (talk.receive() if not tries else WAITS[wait](talk))
                except BaseException:  # noqa: BLE001  # what a careless role does
                    tries.append(1)

    started = time.perf_counter()
    outcome = await run(Stubborn())
    assert outcome.agreed
    assert 0 < len(tries) < 100
    assert time.perf_counter() - started < 5
    tries.extend([1] * 1000)  # or the interpreter would complain at its end


async def test_stubborn_roles_are_listed():
    from negotiate_rt import Society

    relents = []

    class Stubborn(Ultimatum):
        async def proposer(self, talk):
            await talk.send(await talk.ask())
            while not relents:
                try:
                    await talk.receive()
                except BaseException:  # noqa: BLE001  # what a careless role does
                    pass

    async with Society(clock="virtual") as society:
        society.register(Stubborn())
        outcome = await society.negotiate(
            [Says("Ann", Propose(0.5)), Says("Rob", Accept())], NegotiationConfig("ultimatum")
        )
        assert outcome.agreed
        assert society.statistics().stubborn == ("Ann",)
        assert society.statistics().actors == 0
    relents.append(True)


# -- talkers -----------------------------------------------------------------------------------------------------------


class Stream(NegotiationProtocol):
    """One tells without end until the other has enough."""

    name, seats, start = "stream", {"teller": 1, "listener": 1}, "telling"
    moves = {"telling": {("teller", Inform): "telling", ("listener", Refuse): FAILED, ("teller", InformDone): AGREED}}
    timeouts = {"telling": TIMEOUT}
    count = 3000

    async def teller(self, talk):
        for number in range(self.count):
            await talk.send(Inform(number))
        await talk.send(InformDone())

    async def listener(self, talk):
        heard = await talk.receive(Inform)
        while isinstance(heard, Inform):
            self.heard.append(heard.content)
            heard = await talk.receive(Inform)


class Teller(Agent):
    def decide(self, view):
        raise AssertionError


async def stream(overflow, protocol=Stream, **settings):
    executor = NegotiationExecutor(clock="virtual", overflow=overflow, mailbox_capacity=100, **settings)
    one = protocol()
    one.heard = []
    executor.register(one)
    outcome = await asyncio.wait_for(
        executor.execute([Teller("t"), Teller("l")], NegotiationConfig("stream", timeout=30.0, max_rounds=10**6)), 10
    )
    return outcome, one.heard


async def test_teller_waits_for_room_and_every_message_arrives_in_order():
    outcome, heard = await stream("wait")
    assert outcome.agreed
    assert heard == list(range(3000))


async def test_teller_that_only_talks_lets_its_listener_run():
    outcome, heard = await stream("drop-newest")
    assert outcome.agreed
    assert heard == list(range(3000))  # it gives way before the box is full


async def test_flooded_listener_that_does_not_listen_costs_the_teller_its_talk():
    class Deaf(Stream):
        async def listener(self, talk):
            await talk.sleep(10.0)

    outcome, _ = await stream("fail", Deaf)
    assert "raised MailboxFull" in outcome.failure_reason
    assert outcome.faults[0].who == "t"


@pytest.mark.parametrize("overflow", ["drop-newest", "drop-oldest"])
async def test_teller_without_end_is_stopped_by_the_timeout(overflow):
    """On the real clock: on the virtual one no time would ever pass."""

    class Endless(Stream):
        async def teller(self, talk):
            while True:
                await talk.send(Inform(1))

        async def listener(self, talk):
            await talk.sleep(10.0)

    executor = NegotiationExecutor(overflow=overflow, mailbox_capacity=100, watchdog=0)
    executor.register(Endless())
    outcome = await asyncio.wait_for(
        executor.execute([Teller("t"), Teller("l")], NegotiationConfig("stream", timeout=0.03)), 10
    )
    assert outcome.final_state == "TIMEOUT"


# -- one to many -------------------------------------------------------------------------------------------------------


class Poll(NegotiationProtocol):
    """A convener asks many; each informs."""

    name = "poll"
    seats = {"chair": 1, "voter": (1, None)}
    convener = "chair"
    start = "idle"
    moves = {"idle": {("chair", Cfp): "asked"}, "asked": {("voter", Inform): "VOTED"}}
    timeouts = {"idle": "SILENT", "asked": "SILENT"}
    joint_start = "polling"
    joint = {"polling": {Cfp: "polling", "counted": AGREED, "nobody": FAILED}}
    joint_timeouts = {"polling": FAILED}

    def make_initiator(self, config, agents):
        return Convener("chair")

    def settle(self, seats, config, problem):
        return problem

    def utilities(self, seats, conversation):
        return {}

    async def chair(self, talk):
        votes = {}
        await talk.send_all(Cfp(), list(talk.ends))
        while len(votes) < len(talk.ends):
            name, message = await talk.receive()
            votes[name] = getattr(message, "content", None)
        talk.conclude("counted", result=votes)

    async def voter(self, talk):
        await talk.receive(Cfp)
        await talk.send(Inform(talk.name))


async def poll(protocol, voters=3, **config):
    executor = NegotiationExecutor(clock="virtual")
    executor.register(protocol)
    crew = [Teller(f"v{number}") for number in range(voters)]
    outcome = await asyncio.wait_for(executor.execute(crew, NegotiationConfig("poll", **config)), 10)
    assert len(asyncio.all_tasks()) == 1
    return outcome


async def test_sound_poll_works():
    outcome = await poll(Poll())
    assert outcome.agreed
    assert outcome.result == {"v0": "v0", "v1": "v1", "v2": "v2"}


async def test_initiator_that_returns_without_a_conclusion_fails_the_whole_at_once():
    class Forgetful(Poll):
        async def chair(self, talk):
            await talk.send_all(Cfp(), list(talk.ends))
            await talk.receive()

    outcome = await poll(Forgetful())
    assert outcome.failure_reason == "protocol-violation: role of chair returned before the whole was over"
    assert outcome.duration_ms == 0


async def test_initiator_that_raises_fails_the_whole():
    class Buggy(Poll):
        async def chair(self, talk):
            await talk.send_all(Cfp(), list(talk.ends))
            await talk.receive()
            raise KeyError("v1")

    outcome = await poll(Buggy())
    assert outcome.failure_reason == "protocol-violation: role of chair raised KeyError: 'v1'"


async def test_initiator_that_concludes_wrongly_is_told_what_was_legal():
    class Confused(Poll):
        async def chair(self, talk):
            talk.conclude("finished")

    outcome = await poll(Confused())
    assert "legal here: chair cfp, counted, nobody" in outcome.failure_reason


@pytest.mark.parametrize("kind", ["raises", "returns"])
async def test_initiator_hears_of_each_participant_that_has_gone(kind):
    class Shy(Poll):
        async def voter(self, talk):
            if talk.name == "v1":
                await talk.receive(Cfp)
                if kind == "raises":
                    raise ValueError("shy")
                return
            await super().voter(talk)

        async def chair(self, talk):
            votes, gone = {}, {}
            await talk.send_all(Cfp(), list(talk.ends))
            while len(votes) + len(gone) < 3:
                name, message = await talk.receive()
                (votes if isinstance(message, Inform) else gone)[name] = message
            talk.conclude("counted", result=(sorted(votes), {name: left.reason for name, left in gone.items()}))

    outcome = await poll(Shy())
    assert outcome.agreed
    votes, gone = outcome.result
    assert votes == ["v0", "v2"]
    assert gone["v1"].startswith("protocol-violation: role of v1 ")
    assert [(fault.who, fault.what) for fault in outcome.faults] == ([("v1", "role")] if kind == "raises" else [])


async def test_whole_ends_by_its_timeout_when_a_participant_is_silent():
    class Silent(Poll):
        async def voter(self, talk):
            await talk.sleep(1e9)

    outcome = await poll(Silent(), timeout=12.0)
    assert outcome.final_state == "TIMEOUT"
    assert outcome.duration_ms == 12_000


async def test_three_thousand_participants_are_heard():
    outcome = await poll(Poll(), voters=3000)
    assert outcome.agreed
    assert len(outcome.result) == 3000
