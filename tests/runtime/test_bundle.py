"""An initiator's end: many dialogues under one id, one mailbox, one joint table."""

from __future__ import annotations

import threading

import pytest

from negotiate_rt import Agent, Cfp, Inform, Lapse, LocalProtocolError
from tests.runtime.stage import Many, play

SEEN: list = []


@pytest.fixture(autouse=True)
def nothing_seen():
    SEEN.clear()


async def answer(talk):
    await talk.receive(Cfp)
    await talk.send(Inform(talk.name))


async def collect(talk):
    await talk.send_all(Cfp(), list(talk.ends))
    heard = {}
    while len(heard) < len(talk.ends):
        name, message = await talk.receive()
        heard[name] = message
    talk.conclude("done", result=sorted(heard))


def crew(count=3):
    return [Agent(f"m{number}") for number in range(count)]


async def test_everybody_is_heard_under_one_conversation():
    outcome = await play(Many(collect, answer), crew())
    assert outcome.agreed
    assert outcome.result == ["m0", "m1", "m2"]
    assert outcome.messages == 6


async def test_facts_of_the_whole():
    async def chair(talk):
        SEEN.append((talk.name, talk.now, talk.deadline, talk.state("m0"), talk.waiting("idle"), repr(talk)))
        SEEN.append(talk.agent_of("m1").name)
        SEEN.append(talk.rng.random())
        await talk.sleep(2.0)
        SEEN.append(await talk.compute(threading.get_ident))
        await collect(talk)

    outcome = await play(Many(chair, answer), crew(2), name="w")
    assert outcome.agreed
    assert SEEN[0] == ("chair", 0.0, 50.0, "idle", ["m0", "m1"], "<many w/1: chair with 2 in calling>")
    assert SEEN[1] == "m1"
    assert SEEN[3] != threading.get_ident()


async def test_silence_is_a_lapse_of_nobody_and_each_dialogue_lapses_by_itself():
    async def chair(talk):
        await talk.send_all(Cfp(), list(talk.ends))
        name, message = await talk.receive(deadline=3.0)
        SEEN.append((name, type(message), talk.waiting("called")))
        for silent in talk.waiting("called"):
            talk.lapse(silent)
        SEEN.append([talk.state(name) for name in talk.ends])
        talk.conclude("in vain", "no-bids: nobody spoke")

    async def silent(talk):
        await talk.receive(Cfp)
        await talk.sleep(100.0)

    outcome = await play(Many(chair, silent), crew(2))
    assert [("", Lapse, ["m0", "m1"]), ["SILENT", "SILENT"]] == SEEN
    assert outcome.failure_reason == "no-bids: nobody spoke"
    assert outcome.duration_ms == 3000


async def test_message_overtaken_by_a_lapse_is_stale_and_nobodys_fault():
    async def chair(talk):
        await talk.send_all(Cfp(), list(talk.ends))
        await talk.receive(deadline=3.0)
        for silent in talk.waiting("called"):
            talk.lapse(silent)
        await talk.receive(deadline=9.0)
        SEEN.append(talk.conversation.stale)
        talk.conclude("done")

    async def late(talk):
        await talk.receive(Cfp)
        await talk.sleep(5.0)
        await talk.send(Inform("late"))

    outcome = await play(Many(chair, late), crew(1))
    assert outcome.agreed
    assert SEEN == [1]
    assert not outcome.faults


async def test_dialogue_that_ended_may_be_opened_afresh():
    async def chair(talk):
        for _ in range(3):
            await talk.send(Cfp(), "m0")
            name, message = await talk.receive()
            SEEN.append((name, message.content, talk.state("m0")))
            talk.advance("again")
            talk.call_again("m0")
        talk.conclude("done")

    outcome = await play(Many(chair, answer), crew(1))
    assert outcome.agreed
    assert SEEN == [("m0", "m0", "ANSWERED")] * 3


async def test_guarded_step_is_refused_while_anybody_is_where_nobody_may_be():
    async def chair(talk):
        await talk.send_all(Cfp(), ["m0", "m1"])
        await talk.receive()
        with pytest.raises(LocalProtocolError, match="'done' must wait while anybody is in called: m1") as refused:
            talk.conclude("done")
        assert (refused.value.state, refused.value.message) == (talk.joint.state, "done")
        await talk.receive()
        talk.conclude("done")

    class Guarded(Many):
        joint_guards = {"done": ("called",)}

    outcome = await play(Guarded(chair, answer), crew(3))
    assert outcome.agreed
    assert outcome.faults == ()


async def test_message_of_a_dialogue_that_was_replaced_is_not_heard():
    async def chair(talk):
        await talk.send(Cfp(), "m0")
        await talk.receive(deadline=1.0)
        talk.call_again("m0")
        await talk.send(Cfp(), "m0")
        SEEN.append((await talk.receive())[0])
        SEEN.append((talk.now, (await talk.receive(deadline=20.0))[0]))
        talk.conclude("done")

    async def slow(talk):
        await talk.receive(Cfp)
        await talk.sleep(4.0)
        await talk.send(Inform(talk.now))

    outcome = await play(Many(chair, slow), crew(1))
    assert outcome.agreed
    assert SEEN == ["m0", (5.0, "")]


async def test_what_the_joint_table_does_not_allow_is_not_said():
    class Strict(Many):
        joint = {"calling": {Cfp: "closed"}, "closed": {"done": "AGREED", "in vain": "FAILED", "again": "calling"}}
        joint_timeouts = {"calling": "FAILED", "closed": "FAILED"}

    async def chair(talk):
        await talk.send(Cfp(), "m0")
        with pytest.raises(LocalProtocolError, match="legal here: done, in vain, again"):
            await talk.send(Cfp(), "m1")
        with pytest.raises(LocalProtocolError, match="chair may not say cfp in called"):
            await talk.send(Cfp(), "m0")
        SEEN.append(talk.state("m1"))
        with pytest.raises(LocalProtocolError, match="leads to calling, which is no end"):
            talk.conclude("again")
        await talk.send(Cfp(), "m1")
        talk.conclude("done")

    outcome = await play(Strict(chair, answer), crew(2))
    assert outcome.agreed
    assert SEEN == ["idle"]


async def test_long_lists_of_messages_let_others_run():
    async def chair(talk):
        for name in talk.ends:
            await talk.send(Cfp(), name)
        SEEN.append(len(talk.box))
        for _ in talk.ends:
            await talk.receive()
        talk.conclude("done")

    outcome = await play(Many(chair, answer), crew(300))
    assert outcome.agreed
    assert SEEN[0] > 200  # they have answered meanwhile
