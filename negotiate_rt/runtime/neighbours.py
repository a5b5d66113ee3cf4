"""Neighbours: many small dialogues of one actor, one for each edge of a graph, for algorithms that run along it.

Distributed algorithms say little and often: each agent the same to all its neighbours, then it waits for one word of each. A
channel has a machine at either end as every dialogue has, cut down to what such talk needs: a state of the compiled table, moved
on by one look-up a message; no board, no rounds, no seat. Messages are numbered, and each end takes them in that order, once,
whatever the network does to them; what comes early waits at its end. An actor is woken when everything it waits for is there.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from types import coroutine
from typing import TYPE_CHECKING, Any

import msgspec

from negotiate_rt.errors import LocalProtocolError, RemoteProtocolError
from negotiate_rt.machine import Table
from negotiate_rt.messages.envelope import Envelope, Route
from negotiate_rt.messages.performatives import Message
from negotiate_rt.runtime.actor import PARK, Actor
from negotiate_rt.runtime.asking import gone
from negotiate_rt.runtime.mailbox import BURST
from negotiate_rt.runtime.neighbour import EARLY, FORMER, LATTER, Neighbour

if TYPE_CHECKING:
    from negotiate_rt.runtime.conversation import Conversation
    from negotiate_rt.runtime.network import Network

__all__ = ["EARLY", "FORMER", "LATTER", "Graph", "Neighbour", "Neighbourhood", "Traffic", "connect"]

_encode = msgspec.msgpack.Encoder().encode


class Traffic:
    """What all agents of one conversation have said to each other, counted in messages and bytes."""

    __slots__ = ("bytes", "messages")

    def __init__(self) -> None:
        self.messages = self.bytes = 0


class Neighbourhood:
    """All channels of one agent, and its actor: what the role of a distributed algorithm holds.

    `ends` in the graph's order, `nodes` the same by the agent's own nodes. Take what is heard either in step, one message from
    each (`gather`), or as it comes (`receive`); `streaming` says which. Contents carry `cycle`, which must be the one that is
    gathered, and `checks`, the sender's count of constraint checks: a logical clock, so that the largest count at the end is
    that of checks that had to be made one after the other (Meisels, Kaplansky, Razgon and Zivan 2002).
    """

    __slots__ = (
        "actor", "arrived", "burst", "checks", "conversation", "ends", "missing", "name", "nodes", "outgoing", "room", "traffic",
    )  # fmt: skip

    def __init__(self, conversation: Conversation, name: str, traffic: Traffic, streaming: bool = False) -> None:
        self.conversation = conversation
        self.name = name
        self.traffic = traffic
        self.actor: Actor = None  # type: ignore[assignment]  # set once its role is seated, before anything runs
        self.ends: tuple[Neighbour, ...] = ()
        self.nodes: dict[str, tuple[Neighbour, ...]] = {}
        self.arrived: deque[tuple[Neighbour, Envelope]] | None = deque() if streaming else None
        self.missing = self.outgoing = 0
        self.room = EARLY  # for messages that nobody has taken, of a neighbourhood that streams
        self.checks = 0
        self.burst = BURST

    @property
    def now(self) -> float:
        """Seconds on the society's clock."""
        return self.conversation.kernel.now

    @property
    def rng(self) -> random.Random:
        """This agent's stream of chance."""
        return self.conversation.rng(self.name)

    # -- saying ---------------------------------------------------------------------------------------------------------

    def tell(self, message: Message, ends: Sequence[Neighbour] | None = None) -> None:
        """Say the same to all neighbours, or to those of some channels; never waits.

        Raises LocalProtocolError where a channel's table does not allow it. Counted are messages to other agents, and their
        bytes as MessagePack without addresses.
        """
        conversation = self.conversation
        if conversation.state:
            return
        kind, observe = message.__class__, conversation.observe
        if ends is None:
            ends, remote = self.ends, self.outgoing
        else:
            remote = sum(end.remote for end in ends)
        for end in ends:
            move = end.state.says.get(kind)
            if move is None:
                raise end.illegal(LocalProtocolError, message)
            end.state = move.target
            end.serial = number = end.serial + 1
            envelope = Envelope(end.route, message, number, end.taken)
            if observe is not None and end.remote:
                observe("said", envelope, end)
            if end.link is None:
                end.peer.put(envelope)
            else:
                end.link.carry(envelope, end.peer)
        if remote:
            traffic = self.traffic
            traffic.messages += remote
            traffic.bytes += remote * len(_encode(message))
            conversation.messages += remote

    def say(self, message: Message, end: Neighbour) -> None:
        """Say something to one neighbour; never waits. Raises LocalProtocolError, as `tell`."""
        conversation = self.conversation
        if conversation.state:
            return
        move = end.state.says.get(message.__class__)
        if move is None:
            raise end.illegal(LocalProtocolError, message)
        end.state = move.target
        end.serial = number = end.serial + 1
        envelope = Envelope(end.route, message, number, end.taken)
        if end.remote:
            traffic = self.traffic
            traffic.messages += 1
            traffic.bytes += len(_encode(message))
            conversation.messages += 1
            if conversation.observe is not None:
                conversation.observe("said", envelope, end)
        if end.link is None:
            end.peer.put(envelope)
        else:
            end.link.carry(envelope, end.peer)

    # -- hearing --------------------------------------------------------------------------------------------------------

    @coroutine
    def gather(self, cycle: int, ends: Sequence[Neighbour] | None = None) -> Generator[Any, None, None]:
        """Wait for the next message of every neighbour, or of some; each end's `heard` is then its content.

        Raises RemoteProtocolError where a channel's table does not allow it, or it is of another cycle.
        """
        if ends is not None:
            self._await_only(ends)
        actor = self.actor
        if self.conversation.state:
            yield from gone(self)  # type: ignore[arg-type]  # it counts knocks at the conversation only
        if self.missing:
            self.burst = BURST
            while self.missing:
                self._park(actor)
                yield PARK
        else:
            self.burst -= 1
            if self.burst <= 0:
                self.burst = BURST
                actor.wake(actor)
                yield PARK
        self._take(cycle, self.ends if ends is None else ends)
        if ends is not None:
            self._await_only(self.ends)

    def _take(self, cycle: int, ends: Iterable[Neighbour]) -> None:
        """Let every machine follow its next message."""
        observe = self.conversation.observe
        checks, missing = self.checks, self.missing
        for end in ends:
            envelope = end.first
            assert envelope is not None
            if end.more:
                end.first = end.more.popleft()
            else:
                end.first = None
                missing += 1
            message: Any = envelope.message  # one with a content: others have no row in a table of phases
            move = end.state.hears.get(message.__class__)
            if move is None:
                raise end.illegal(RemoteProtocolError, message)
            content = message.content
            if content.cycle != cycle:
                raise end.illegal(RemoteProtocolError, message, f"it is of cycle {content.cycle}, expected {cycle}")
            end.state = move.target
            end.taken = envelope.reply_with
            end.heard = content
            if content.checks > checks:
                checks = content.checks
            if observe is not None and end.remote:
                observe("heard", envelope, end)
        self.checks = checks
        self.missing = missing

    @coroutine
    def receive(self) -> Generator[Any, None, tuple[Neighbour, Message]]:
        """Wait for the next message from any neighbour: its end, and the message. For neighbourhoods that stream."""
        arrived, actor = self.arrived, self.actor
        assert arrived is not None, "made for gathering: use gather, or streaming"
        if self.conversation.state:
            yield from gone(self)  # type: ignore[arg-type]  # as above
        if arrived:
            self.burst -= 1
            if self.burst <= 0:
                self.burst = BURST
                actor.wake(actor)
                yield PARK
        else:
            self.burst = BURST
            while not arrived:
                self._park(actor)
                yield PARK
        return self._take_next(arrived)

    def receive_nowait(self) -> tuple[Neighbour, Message] | None:
        """Return the next message from any neighbour if there is one and others need not be let run first. Never blocks."""
        arrived = self.arrived
        if not arrived or self.burst <= 1 or self.conversation.state:
            return None
        self.burst -= 1
        return self._take_next(arrived)

    def _take_next(self, arrived: deque[tuple[Neighbour, Envelope]]) -> tuple[Neighbour, Message]:
        end, envelope = arrived.popleft()
        message: Any = end.follow(envelope)  # one with a content, as in `_take`
        end.heard = content = message.content
        if content.checks > self.checks:
            self.checks = content.checks
        return end, message

    async def compute(self, function: Callable[..., Any], *args: Any) -> Any:  # Any: the function's own types
        """Run a function in a worker thread, off the loop. Raises what it raises."""
        return await self.conversation.compute(self.actor, function, args)

    def _await_only(self, ends: Sequence[Neighbour]) -> None:
        for end in self.ends:
            end.awaited = False
        for end in ends:
            end.awaited = True
        self.missing = sum(end.first is None for end in ends)

    def _park(self, actor: Actor) -> None:
        if actor.kernel.current is not actor:
            raise LocalProtocolError(f"{self.name!r} is to hear its neighbours in its own actor only")
        actor.waits_on = self
        actor.timed_out = False
        actor.waits_since = actor.kernel.now
        actor.deadline = float("inf")

    def let_go(self) -> None:
        """Break the rings between ends: an ended talk must not wait for the collector."""
        for end in self.ends:
            if end.link is not None:
                end.link.let_go()
            end.peer = None  # type: ignore[assignment]  # nothing is said or heard any more
        self.ends = ()
        self.nodes = {}

    def __len__(self) -> int:
        return sum((end.first is not None) + len(end.more or ()) for end in self.ends) + len(self.arrived or ())

    def __repr__(self) -> str:
        heard = f"{self.missing} of {len(self.ends)}" if self.arrived is None else f"one of {len(self.ends)}"
        return f"<{heard} neighbours of {self.name}>"


class Graph(msgspec.Struct, frozen=True):
    """Who talks to whom: nodes, each with the agent that plays it, and the edges between them, either end first."""

    nodes: dict[str, str]
    edges: tuple[tuple[str, str], ...]


def connect(
    graph: Graph, hoods: dict[str, Neighbourhood], conversation: Conversation, table: Table, network: Network | None
) -> None:
    """Open a channel for each edge of the graph, and give every neighbourhood its ends, in the graph's order of nodes.

    Cost: O(nodes + edges); nothing is said.
    """
    place = {node: number for number, node in enumerate(graph.nodes)}
    near: dict[str, list[tuple[int, Neighbour]]] = {node: [] for node in graph.nodes}
    starts = table.starts
    for one, other in graph.edges:
        former, latter = (one, other) if place[one] < place[other] else (other, one)
        pair = []
        for role, own, to in ((FORMER, former, latter), (LATTER, latter, former)):
            route = Route(conversation.id, own, to, table.protocol)
            end = Neighbour(hoods[graph.nodes[own]], role, starts[role], route, graph.nodes[to])
            near[own].append((place[to], end))
            pair.append(end)
        first, second = pair
        first.peer, second.peer = second, first
        if network is not None and first.remote:
            network.connect(first, second, conversation.terms.acknowledged)  # type: ignore[arg-type]  # as much of a dialogue as it needs
    nodes: dict[str, dict[str, tuple[Neighbour, ...]]] = {}
    for node, found in near.items():
        nodes.setdefault(graph.nodes[node], {})[node] = tuple(end for _, end in sorted(found, key=lambda one: one[0]))
    for agent, hood in hoods.items():
        hood.nodes = nodes.get(agent, {})
        hood.ends = tuple(end for ends in hood.nodes.values() for end in ends)
        hood.outgoing = sum(end.remote for end in hood.ends)
        hood.missing = len(hood.ends)
        hood.room = EARLY * max(1, len(hood.ends))
