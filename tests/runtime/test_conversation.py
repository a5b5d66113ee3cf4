"""The supervisor: one ending, its reason, who is to blame, and nothing left."""

from __future__ import annotations

import math
from typing import ClassVar

import pytest

from negotiate_rt import AGREED, FAILED, Accept, Inform, Left, Network, Propose, Skip, Walk
from negotiate_rt.machine import Table
from negotiate_rt.messages.config import FaultPolicy
from negotiate_rt.runtime.calls import Calls
from negotiate_rt.runtime.conversation import MAX_FAULTS, Conversation, Terms
from negotiate_rt.runtime.kernel import Kernel
from negotiate_rt.runtime.mailbox import Mailbox
from tests.runtime.stage import Answers, Two, play

TABLE = Table("haggle", "opening", {"opening": {("a", Propose): "answer"}, "answer": {("b", Accept): "AGREED"}})


@pytest.fixture
def talk():
    kernel = Kernel("virtual")
    terms = Terms(10, 5.0, math.inf, FaultPolicy(), "seed")
    return Conversation("w/1", TABLE, kernel, Calls(kernel), terms)


def test_only_the_first_ending_counts(talk):
    heard = []
    talk.on_over = lambda one: heard.append((one.state, one.reason))
    talk.finish(FAILED, "one: reason")
    talk.finish(AGREED, result="another")
    assert talk.over
    assert heard == []  # a step later, so that the peer of the last word may hear it
    talk.kernel.run_slice(0)
    talk.close()
    assert heard == [("FAILED", "one: reason")]
    assert talk.result is None
    assert repr(talk) == "<Conversation w/1: FAILED, 0 offers, 0 messages>"


def test_agreement_has_no_reason(talk):
    talk.finish(AGREED, "ignored", result=42)
    assert talk.reason is None
    assert talk.result == 42


def test_deadline_ends_it_once(talk):
    talk.open()
    talk.kernel.run_slice(0)
    assert (talk.state, talk.kernel.now) == ("TIMEOUT", 5.0)
    talk.due()
    assert talk.reason == "timeout: no agreement within 5 s"
    assert talk.closed


def test_deadline_after_the_ending_changes_nothing(talk):
    talk.finish(FAILED, "walked-away: Bea")
    talk.due()
    assert talk.state == "FAILED"


@pytest.mark.parametrize(
    ("state", "cause", "reason"),
    [
        ("TIMEOUT", Walk(), "timeout: haggle waited in vain"),
        ("DEADLOCK", Walk(), "max-rounds: no agreement within 10 rounds"),
        ("FAILED", Left("Bea", "agent-crashed: Bea: boo"), "agent-crashed: Bea: boo"),
        ("FAILED", Left("Bea"), "agent-crashed: Bea"),
        ("FAILED", Skip("too slow", "agent-late"), "agent-late: Sam: too slow"),
    ],
    ids=["timeout", "deadlock", "left", "left without a word", "skipped"],
)
def test_reason_begins_with_a_code(talk, state, cause, reason):
    assert talk.reason_for(state, cause, "Sam") == reason


def test_faults_are_bounded_and_counted(talk):
    for number in range(MAX_FAULTS + 500):
        talk.note_fault("Bea", "illegal", str(number))
    assert len(talk.faults) == MAX_FAULTS
    assert talk.fault_count == MAX_FAULTS + 500


def test_streams_of_chance_are_one_a_name(talk):
    assert talk.rng("a") is talk.rng("a")
    assert talk.rng("a").random() != talk.rng("b").random()


def test_closing_ends_roles_their_finally_blocks_run_and_unread_mail_is_told(talk):
    log = []
    dropped = []

    class End:
        name = "a"
        pending = None
        peer = link = None

    async def role(end):
        try:
            await end.box.receive()
        finally:
            log.append("tidied")

    end = End()
    end.actor = talk.seat("a", role, end)
    end.box = Mailbox(end.actor, on_drop=lambda item, reason: dropped.append((item, reason)))
    talk.ends = [end]
    talk.kernel.run_slice(0)
    talk.finish(FAILED, "x: y")
    end.box.put("in time to be handed over")
    end.box.put("unread")
    talk.close()
    assert log == ["tidied"]
    assert [reason for _, reason in dropped] == ["unread", "unread"]
    assert not talk.kernel.actors
    assert len(talk.kernel.timers) == 0


class Awards(Two):
    """The acceptance begins the work instead of ending the talk."""

    moves: ClassVar = {
        "opening": {("one", Propose): "answer"},
        "answer": {("other", Accept): "working"},
        "working": {("one", Inform): "AGREED"},
    }
    timeouts: ClassVar = {"opening": "TIMEOUT", "answer": "TIMEOUT", "working": "FAILED"}


async def test_award_that_was_overtaken_tells_its_sender_that_nobody_will_come():
    async def one(talk):
        await talk.send(Propose(0.5, expires_at=1.5))
        await talk.receive()

    async def other(talk):
        await talk.receive()
        await talk.send(Accept())
        await talk.receive()

    outcome = await play(Awards(one, other), [Answers("Ann"), Answers("Rob")], network=Network(latency=1.0), name="w")
    assert outcome.failure_reason == "refused: offer w/1/1 expired at 1.5, now is 2"
    assert outcome.duration_ms == 2000
    assert not outcome.faults


async def test_second_hearing_of_an_ending_does_nothing():
    async def one(talk):
        await talk.send(Propose(0.5))
        await talk.receive()

    async def other(talk):
        await talk.receive()
        await talk.send(Accept())

    outcome = await play(Two(one, other), [Answers("Ann"), Answers("Rob")])
    assert outcome.agreed
