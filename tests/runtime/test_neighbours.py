"""Neighbours: small dialogues along a graph, in step or as messages come, in order and once whatever the network does."""

from __future__ import annotations

from typing import ClassVar

import pytest

from negotiate_rt.errors import LocalProtocolError, MailboxFull
from negotiate_rt.executor.executor import NegotiationExecutor
from negotiate_rt.journal.record import Trace
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.envelope import Envelope
from negotiate_rt.messages.outcome import AGREED, FAILED
from negotiate_rt.messages.performatives import Inform, Request
from negotiate_rt.protocols.solving import Solver, Solving, Told, lockstep
from negotiate_rt.runtime.latency import Uniform
from negotiate_rt.runtime.neighbours import EARLY
from negotiate_rt.runtime.network import Network
from tests.protocols.dcops import ring


class Count(Told, frozen=True, gc=False, tag="test-count"):
    """So far I have counted this."""

    sum: int


class Counting(Solving):
    """Each sums up what its neighbours say, who say what they have summed up."""

    name = "counting"
    channel = lockstep("counting", "counts")
    contents: ClassVar = (Count,)

    def __init__(self, play=None):
        self.sums: dict[str, list[int]] = {}
        self.play = play

    async def solve(self, talk: Solver) -> None:
        if self.play is not None:
            await self.play(talk)
            return
        talk.note(0, [(int(talk.name[1:]), 0)])
        mine, seen = 1, []
        for cycle in range(1, talk.cycles + 1):
            talk.checks += 1
            talk.tell(Inform(Count(cycle, talk.checks, mine)))
            await talk.gather(cycle)
            mine = 1 + sum(end.heard.sum for end in talk.ends)
            seen.append(mine)
            talk.note(cycle)
        self.sums[talk.name] = seen


def run(protocol, size=5, network=None, journal=None, **config):
    executor = NegotiationExecutor(clock="virtual", network=network, journal=journal, name="lab")
    executor.register(protocol)
    return executor.run([], NegotiationConfig("counting", **{"max_rounds": 8, **config}), ring(size))


SUMS = [3, 7, 15, 31, 63, 127, 255, 511]  # each of a ring has two neighbours

NETWORKS = {
    "perfect": None,
    "late": Network(latency=Uniform(0.01, 1.0)),
    "reordered": Network(latency=Uniform(0.01, 1.0), reorder=True),
    "duplicated": Network(latency=Uniform(0.01, 1.0), duplicate=0.5, reorder=True),
    "lossy, acknowledged": Network(latency=Uniform(0.01, 0.1), loss=0.3, duplicate=0.2, reorder=True, acknowledged=True),
}


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_each_hears_each_neighbour_once_a_cycle_whatever_the_network_does(network):
    protocol = Counting()
    outcome = run(protocol, network=network)
    assert outcome.final_state == AGREED
    assert protocol.sums == {f"v{i:02}": SUMS for i in range(5)}
    assert outcome.result.messages == 2 * 5 * 8
    assert outcome.result.cycles == outcome.rounds_used == 8
    assert not outcome.faults


def test_counts_of_checks_are_a_logical_clock():
    assert run(Counting()).result.checks == 8  # one a cycle, one after the other; the others' run beside it


def test_records_tell_what_neighbours_say_and_hear_in_order():
    trace = Trace()
    run(Counting(), 4, journal=trace)
    said = [one for one in trace.records if one.kind == "said" and one.sender == "v01" and one.receiver == "v02"]
    heard = [one for one in trace.records if one.kind == "heard" and one.sender == "v01" and one.receiver == "v02"]
    assert [one.number for one in said] == [one.number for one in heard] == list(range(1, 9))
    assert [one.content["content"].cycle for one in said] == list(range(1, 9))


def test_speaking_out_of_phase_is_refused_and_ends_the_talk():
    async def twice(talk):
        talk.tell(Inform(Count(1, 0, 0)))
        with pytest.raises(LocalProtocolError, match="counting: former may not say inform in counts_of_latter: v00 to v01"):
            talk.tell(Inform(Count(1, 0, 0)), [end for end in talk.ends if end.other == "v01" and talk.name == "v00"])
        if talk.name == "v00":
            talk.tell(Inform(Count(1, 0, 0)))

    outcome = run(Counting(twice))
    assert outcome.final_state == FAILED
    assert outcome.reason_code == "protocol-violation"


def test_acts_without_a_row_are_refused_before_they_are_sent():
    async def wrong(talk):
        with pytest.raises(LocalProtocolError, match="may not say request in counts"):
            talk.say(Request("do it"), talk.ends[0])
        refused.append(talk.name)

    refused: list[str] = []
    assert run(Counting(wrong)).result.messages == 0
    assert len(refused) == 5


def test_a_word_of_another_cycle_is_refused():
    async def ahead(talk):
        talk.tell(Inform(Count(2 if talk.name == "v01" else 1, 0, 0)))
        await talk.gather(1)

    outcome = run(Counting(ahead))
    assert outcome.final_state == FAILED
    assert "it is of cycle 2, expected 1" in outcome.failure_reason


def test_some_neighbours_can_be_heard_alone():
    async def pairs(talk):
        first = talk.ends[:1]
        for cycle in (1, 2):
            talk.tell(Inform(Count(cycle, 0, int(talk.name[1:]))))
            await talk.gather(cycle, first)
            await talk.gather(cycle, talk.ends[1:])
        sums[talk.name] = [end.heard.sum for end in talk.ends]

    sums: dict[str, list[int]] = {}
    run(Counting(pairs), 4, network=Network(latency=Uniform(0.1, 1.0)))
    assert sums == {"v00": [1, 3], "v01": [0, 2], "v02": [1, 3], "v03": [0, 2]}


def test_what_comes_early_waits_and_what_comes_twice_is_dropped():
    async def look(talk):
        if talk.name == "v00":
            end = talk.ends[0]
            envelopes = [Envelope(end.peer.route, Inform(Count(n, 0, n)), n) for n in range(1, 5)]
            for envelope in (envelopes[2], envelopes[1], envelopes[0], envelopes[0], envelopes[3]):
                assert end.put(envelope)
            assert [end.first, *end.more] == envelopes
            assert end.conversation.duplicates == 1
            assert "v00" in repr(talk)
            assert repr(end) == "<counting channel v00 to v01 in counts>"
            done.append(len(talk))

    done: list[int] = []
    run(Counting(look))
    assert done == [4]


def test_a_channel_takes_no_more_than_its_bound():
    async def flood(talk):
        if talk.name == "v00":
            end = talk.ends[0]
            message = Inform(Count(1, 0, 0))
            for number in range(1, EARLY + 2):
                end.put(Envelope(end.peer.route, message, number))
            with pytest.raises(MailboxFull):
                end.put(Envelope(end.peer.route, message, EARLY + 2))
            for number in range(EARLY + 4, 2 * EARLY + 4):
                end.put(Envelope(end.peer.route, message, number))
            with pytest.raises(MailboxFull):
                end.put(Envelope(end.peer.route, message, 3 * EARLY))
            full.append(talk.name)

    full: list[str] = []
    run(Counting(flood))
    assert full == ["v00"]


def test_nothing_is_left_of_a_talk_that_has_ended():
    talks: list[Solver] = []

    async def keep(talk):
        talks.append(talk)

    run(Counting(keep))
    assert len(talks) == 5
    assert all(talk.ends == () and not talk.nodes for talk in talks)
    talks[0].tell(Inform(Count(1, 0, 0)))  # said to nobody


def test_a_neighbourhood_is_heard_in_its_own_actor_only():
    async def stray(talk):
        talks[talk.name] = talk
        if talk.name == "v04":
            with pytest.raises(LocalProtocolError, match="'v00' is to hear its neighbours in its own actor only"):
                await talks["v00"].gather(1)
            refused.append(talk.name)

    talks: dict[str, Solver] = {}
    refused: list[str] = []
    run(Counting(stray))
    assert refused == ["v04"]


class Streaming(Counting):
    """Hears neighbours as they come."""

    name = "counting"
    streaming = True


def test_a_neighbourhood_that_streams_hears_whoever_comes_first():
    async def listen(talk):
        talk.tell(Inform(Count(1, int(talk.name[1:]), 0)))
        for _ in talk.ends:
            end, message = talk.receive_nowait() or await talk.receive()
            heard.setdefault(talk.name, set()).add(end.other)
            assert message.content is end.heard
        checks[talk.name] = talk.checks

    heard: dict[str, set[str]] = {}
    checks: dict[str, int] = {}
    run(Streaming(listen), 4, network=Network(latency=Uniform(0.1, 1.0)))
    assert heard == {"v00": {"v01", "v03"}, "v01": {"v00", "v02"}, "v02": {"v01", "v03"}, "v03": {"v00", "v02"}}
    assert checks == {"v00": 3, "v01": 2, "v02": 3, "v03": 2}  # the largest that was heard of


def test_a_stream_takes_no_more_than_its_bound():
    async def flood(talk):
        if talk.name == "v00":
            end = talk.ends[0]
            for number in range(1, talk.room + 1):
                end.put(Envelope(end.peer.route, Inform(Count(1, 0, 0)), number))
            with pytest.raises(MailboxFull):
                end.put(Envelope(end.peer.route, Inform(Count(1, 0, 0)), talk.room + 1))
            full.append(len(talk))

    full: list[int] = []
    run(Streaming(flood))
    assert full == [2 * EARLY]

