"""An initiator's end of a one-to-many conversation: a bundle of dialogues under one id, plus the joint table."""

from __future__ import annotations

import math
import random
from collections.abc import Awaitable, Callable, Generator
from types import coroutine
from typing import TYPE_CHECKING, Any

from negotiate_rt.errors import LocalProtocolError
from negotiate_rt.machine.joint import JointMachine
from negotiate_rt.messages.envelope import Envelope
from negotiate_rt.messages.outcome import NegotiationOffer
from negotiate_rt.messages.performatives import Lapse, Message, Notice
from negotiate_rt.runtime.actor import PARK, Actor
from negotiate_rt.runtime.asking import Asking, give_way, gone
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.items import Aside, Injected
from negotiate_rt.runtime.mailbox import BURST, NOTHING, Mailbox
from negotiate_rt.runtime.saying import DONE
from negotiate_rt.runtime.seat import Seat

if TYPE_CHECKING:
    from negotiate_rt.runtime.conversation import Conversation


class Bundle(Asking):
    """What an initiator's role holds. `ends` maps each participant's name to our end of the dialogue with it.

    `problem` is what the negotiation is about, `options` the protocol's own struct.
    """

    __slots__ = ("actor", "box", "ends", "joint", "options", "problem", "reopen", "said", "seated")

    def __init__(self, conversation: Conversation, seat: Seat, joint: JointMachine) -> None:
        self.conversation = conversation
        self.seat = seat
        self.joint = joint
        self.ends: dict[str, Dialogue] = {}
        self.actor: Actor = None  # type: ignore[assignment]  # set by `attach`, before anything runs
        self.box: Mailbox = None  # type: ignore[assignment]  # likewise
        self.problem: Any = None  # a Task, a lot: the protocol's own
        self.options: Any = None  # the protocol's own struct
        self.reopen: Callable[[str], Dialogue] | None = None
        self.repair = ""
        self.said = 0
        self.seated: dict[Actor, Any] = {}  # whose end (a Dialogue, or this) an actor plays on

    def attach(self, actor: Actor, box: Mailbox) -> None:
        """Give the bundle and all its dialogues their one actor and mailbox."""
        self.actor, self.box = actor, box
        for end in self.ends.values():
            end.attach(actor, box)

    @property
    def name(self) -> str:
        """Who sits here."""
        return self.seat.name

    @property
    def now(self) -> float:
        """Seconds on the society's clock."""
        return self.conversation.kernel.now

    @property
    def deadline(self) -> float:
        """When the whole negotiation ends at the latest."""
        return self.conversation.deadline

    @property
    def rng(self) -> random.Random:
        """This seat's stream of chance."""
        return self.conversation.rng(self.seat.name)

    def waiting(self, *states: str) -> list[str]:
        """Return the participants whose dialogue is in one of these states, in seating order."""
        return [name for name, end in self.ends.items() if end.machine.state.name in states]

    def state(self, name: str) -> str:
        """Return the state of one dialogue."""
        return self.ends[name].machine.state.name

    def send(self, message: Message, to: str, reply_by: float | None = None) -> Awaitable[Notice | None]:
        """Say something to one participant; legal in that dialogue and in the joint table, or LocalProtocolError."""
        end = self.ends[to]
        if self.conversation.state:
            return end.send(message)
        move = end.machine.state.says.get(message.__class__)
        if move is None or not move.quiet:
            message = end.machine.clear(end.complete(message), self.now)
        joint = self.joint
        then = joint.table.moves.get(joint.state, {}).get(message.__class__)
        if then is None:
            joint.say(message.__class__)  # raises, with everything that is legal here
        else:
            joint.state = then
        self.said += 1
        return end.send(message, reply_by) if self.said % BURST else self._send_and_give_way(end, message, reply_by)

    async def _send_and_give_way(self, end: Dialogue, message: Message, reply_by: float | None) -> Notice | None:
        notice = await end.send(message, reply_by)
        await give_way(self.actor)
        return notice

    async def send_all(self, message: Message, to: list[str], reply_by: float | None = None) -> None:
        """Say the same to several participants, in order; `reply_by`: until when answers are taken."""
        for name in to:
            said = self.send(message, name, reply_by)
            if said is not DONE:
                await said

    def advance(self, event: str) -> None:
        """Take a named row of the joint table. Raises LocalProtocolError if it has no row here, or its guard is not met."""
        if self.joint.table.guards:
            self._check_guard(event)
        self.joint.advance(event)
        if self.conversation.observe is not None:
            self.conversation.observe("advanced", event, self)

    def _check_guard(self, event: str) -> None:
        table = self.joint.table
        states = table.guards.get(event, ())
        there = self.waiting(*states)
        if there:
            raise LocalProtocolError(
                f"{event!r} must wait while anybody is in {' or '.join(states)}: {', '.join(there)}",
                protocol=table.protocol, role=table.initiator, state=self.joint.state, message=event,
            )  # fmt: skip

    def agent_of(self, name: str) -> Any:  # anything with a name
        """Return the agent that sits at the other end of one dialogue."""
        return self.ends[name].peer.seat.agent

    def conclude(
        self, event: str, reason: str | None = None, *, result: Any = None, accepted: NegotiationOffer | None = None
    ) -> None:
        """Take the row that ends the whole; the supervisor writes the outcome. Raises LocalProtocolError if it does not end."""
        self.advance(event)
        state = self.joint.state
        if not self.joint.final:
            raise LocalProtocolError(f"{event!r} leads to {state}, which is no end", legal=self.joint.table.names())
        self.conversation.finish(state, reason, result=result, accepted=accepted, by=self)

    def call_again(self, name: str) -> None:
        """Open a fresh dialogue with a participant whose last one has ended."""
        assert self.reopen is not None
        end = self.reopen(name)
        end.attach(self.actor, self.box)
        self.ends[name] = end

    @coroutine
    def receive(self, deadline: float = math.inf) -> Generator[Any, None, tuple[str, Message]]:
        """Wait for news from any participant: its name, and the message or system event (Skip, Left).

        When `deadline` passes in silence the name is empty and the event a Lapse; each dialogue keeps its state until
        `lapse` is called on it.
        """
        box = self.box
        while True:
            if self.conversation.state:
                yield from gone(self)
            item = box.take_nowait()
            if item is NOTHING:
                box.burst = BURST
                box.park(deadline)
                yield PARK
                if self.actor.timed_out and not len(box):
                    return "", Lapse(self.joint.state)
                continue
            box.burst -= 1
            if box.burst <= 0:
                box.burst = BURST
                self.actor.wake(self.actor)
                yield PARK
            end = self._end_of(item)
            message = end.take(item) if end is not None else None
            if message is not None and end is not None:
                return end.other, message

    def _end_of(self, item: Any) -> Dialogue | None:
        if item.__class__ is Envelope:
            end = self.ends.get(item.route.sender)
            return (
                end if end is not None and end.peer.route is item.route else None
            )  # else: of a dialogue that was reopened
        if isinstance(item, Aside):
            end = self.ends.get(item.sender)
            return end if end is not None and (item.route is None or item.route is end.peer.route) else None  # else: likewise
        return self.ends.get(item.envelope.sender) if isinstance(item, Injected) else None

    def lapse(self, name: str) -> None:
        """Advance one dialogue along its timeout row."""
        self.ends[name].lapse()

    def sleep(self, seconds: float) -> Awaitable[None]:
        """Wait on the society's clock."""
        return self.actor.pause(self.now + seconds)

    async def compute(self, function: Callable[..., Any], *args: Any) -> Any:  # Any: the function's own types
        """Run a function in a worker thread, off the loop. Raises what it raises."""
        if self.conversation.state:
            await gone(self)
        return await self.conversation.compute(self.actor, function, args)

    def take_notes(self) -> None:
        """Nothing to note: an initiator takes every message in `receive`."""

    def __repr__(self) -> str:
        return f"<{self.joint.table.protocol} {self.conversation.id}: {self.name} with {len(self.ends)} in {self.joint.state}>"
