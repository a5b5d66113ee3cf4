"""One end of a dialogue: what a role coroutine holds. Send, receive, ask, sleep, now, rng, compute.

Sending checks the move on our own machine, stamps the route and hands the envelope to the link; receiving lets the machine
follow when the role takes the message. A move that ends the dialogue in AGREED is tentative until the supervisor says
that it bound; `send` waits for that word.
"""

from __future__ import annotations

import math
import random
from collections.abc import Awaitable, Callable, Generator
from types import coroutine
from typing import TYPE_CHECKING, Any

import msgspec

from negotiate_rt.errors import LocalProtocolError, MailboxFull, RemoteProtocolError
from negotiate_rt.machine import FINAL, Machine, State
from negotiate_rt.messages.envelope import Envelope, Route
from negotiate_rt.messages.outcome import AGREED, NegotiationOffer
from negotiate_rt.messages.performatives import (
    Accept,
    Lapse,
    Message,
    Notice,
    Propose,
    Skip,
    SystemEvent,
    Withdraw,
)
from negotiate_rt.runtime.actor import PARK, Actor
from negotiate_rt.runtime.asking import PLAIN, Asking, Faulty, give_way, gone
from negotiate_rt.runtime.mailbox import BURST, NOTHING, Mailbox
from negotiate_rt.runtime.seat import Seat

if TYPE_CHECKING:
    from negotiate_rt.runtime.conversation import Conversation
    from negotiate_rt.runtime.network import Link


class _Done:
    """An await that is over at once; a coroutine object per message would cost 0.1 µs."""

    def __await__(self) -> Generator[Any, Any, Any]:
        return _NOTHING_TO_WAIT_FOR  # type: ignore[no-any-return]  # an exhausted iterator serves every await


_NOTHING_TO_WAIT_FOR: Any = iter(())  # Any: typeshed wants a Generator, any iterator does
DONE: Awaitable[Any] = _Done()


COMPLETED: frozenset[type[Message]] = frozenset({Propose, Accept, Withdraw})  # they name an offer: the channel fills it in


class Injected(msgspec.Struct, frozen=True, gc=False):
    """An envelope from outside, which no machine of ours has checked; `origin` is who really sent it."""

    envelope: Envelope
    origin: str


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """The supervisor's word on a tentative acceptance: None when it bound, or the notice that it did not."""

    notice: Notice | None


class Aside(msgspec.Struct, frozen=True, gc=False):
    """A system event in its place among a dialogue's messages; `sender` is the seat it speaks of."""

    event: SystemEvent
    sender: str


class Dialogue(Asking):
    """One end of a dialogue between two seats of a conversation.

    `link` is None for a perfect link. `pending` holds what to go back to if our tentative acceptance does not bind.
    """

    __slots__ = ("actor", "box", "heard_up_to", "link", "peer", "pending", "route", "seen", "serial")

    def __init__(self, conversation: Conversation, seat: Seat, machine: Machine, route: Route) -> None:
        self.conversation = conversation
        self.seat = seat
        self.machine = machine
        self.route = route
        self.actor: Actor = None  # type: ignore[assignment]  # set by `attach`, before anything runs
        self.box: Mailbox = None  # type: ignore[assignment]  # likewise
        self.peer: Dialogue = None  # type: ignore[assignment]  # likewise
        self.link: Link | None = None
        self.serial = 0
        self.heard_up_to = 0
        self.seen: set[int] | None = None
        self.pending: tuple[int, State, int] | None = None
        self.repair = ""

    def attach(self, actor: Actor, box: Mailbox) -> None:
        """Give this end its actor and mailbox (an initiator's ends share them)."""
        self.actor = actor
        self.box = box

    # -- facts ----------------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Who sits at this end."""
        return self.route.sender

    @property
    def other(self) -> str:
        """Who sits at the other end."""
        return self.route.receiver

    @property
    def open(self) -> bool:
        """Whether anything more can be said here."""
        return not (self.conversation.over or self.machine.state.final)

    @property
    def now(self) -> float:
        """Seconds on the society's clock."""
        return self.actor.kernel.now

    @property
    def rng(self) -> random.Random:
        """This seat's stream of chance, derived from the seed, the conversation and the seat's name."""
        return self.conversation.rng(self.seat.name)

    @property
    def standing(self) -> NegotiationOffer | None:
        """The other side's standing offer."""
        return self.machine.board.standing

    # -- saying ---------------------------------------------------------------------------------------------------------

    def send(self, message: Message) -> Awaitable[Notice | None]:
        """Say something. The result is None, or the engine's notice if an acceptance bound nobody (the turn is ours again).

        Raises LocalProtocolError if the move is illegal here; nothing is sent then. A Skip passes the turn.
        """
        conversation = self.conversation
        if conversation.state:
            return gone(self)
        machine = self.machine
        if message.__class__ is Skip:
            return self._skip(message)
        if message is not machine.cleared and message.__class__ in COMPLETED:
            message = self.complete(message)
        before, turns = machine.state, machine.turns
        state = machine.say(message, self.actor.kernel.now)
        self.serial = number = self.serial + 1
        envelope = Envelope(self.route, message, number, self.heard_up_to)
        conversation.messages += 1
        if conversation.observe is not None:
            conversation.observe("said", envelope, self)
        if state.final and state.name in FINAL:
            return self._last_word(envelope, state, (number, before, turns))
        if self.link is not None:
            self.link.carry(envelope, self.peer)
            return DONE if number % BURST else give_way(self.actor)
        try:
            if self.peer.box.put(envelope):
                return DONE if number % BURST else give_way(self.actor)  # one that only talks must let others run
        except MailboxFull:
            machine.revert(before, turns)
            raise
        return self._wait_for_room(envelope)

    def complete(self, message: Message) -> Message:
        """Fill in what the channel owns: the id of a new offer, the standing offer that an Accept or Withdraw names."""
        kind = message.__class__
        board = self.machine.board
        if isinstance(message, Propose) and not message.offer and Propose in self.machine.state.says:
            try:
                return self.offer(board.check(message.value), message.expires_at)
            except ValueError:
                return message  # the table's own rule refuses it, and says why
        if kind is Accept and not message.offer and board.standing is not None:  # type: ignore[attr-defined]  # an Accept
            return Accept(board.standing.id)
        if kind is Withdraw and not message.offer and board.own is not None:  # type: ignore[attr-defined]  # a Withdraw
            return Withdraw(board.own.id)
        return message

    def offer(self, value: Any, expires_at: float | None = None) -> Propose:
        """Enter an offer of a checked value in the conversation's register; return its proposal, cleared to be sent.

        Raises LocalProtocolError, leaving nothing behind.
        """
        machine = self.machine
        move = machine.state.says.get(Propose)
        conversation = self.conversation
        conversation.offer_count = count = conversation.offer_count + 1
        number = f"{conversation.id}/{count}"
        conversation.offers[number] = NegotiationOffer(
            number, self.seat.name, value, conversation.round or machine.turns // 2 + 1, self.actor.kernel.now, expires_at
        )
        message = Propose(value, number, expires_at)
        if move is not None and not move.further:  # all that the table asks of an offer holds by now
            machine.cleared = message
            return message
        try:
            return machine.clear(message, self.actor.kernel.now)  # type: ignore[return-value]  # the same Propose
        except LocalProtocolError:
            del self.conversation.offers[message.offer]
            raise

    async def take_turn(self) -> None:
        """Ask our agent and say what it decides; ask again while the turn stays ours: an acceptance came too late to bind,
        or the agent took its own offer back."""
        while True:
            asked = self.seat.own or self.seat.resolve(None)
            if asked.kind is PLAIN and not self.conversation.state:  # as `ask` does, without a coroutine of its own
                try:
                    message = self.ask_plain(asked, (), math.inf)
                except Faulty as fault:
                    message = await self.remedy(asked, (), fault, (), self.due(asked, math.inf))
            else:
                message = await self.ask()
            if await self.send(message) is None and message.__class__ is not Withdraw:  # which leaves the turn ours
                return

    def say_aside(self, message: Message) -> None:
        """Say something out of turn, from outside the role (withdraw an offer). Never waits; the row must keep the state."""
        message = self.complete(message)
        self.machine.say(message, self.actor.kernel.now)
        self.serial += 1
        envelope = Envelope(self.route, message, self.serial, self.heard_up_to)
        self.conversation.messages += 1
        if self.conversation.observe is not None:
            self.conversation.observe("said", envelope, self)
        if self.link is not None:
            self.link.carry(envelope, self.peer)
        else:
            self.peer.box.put_ordered(envelope)

    def _skip(self, event: Skip) -> Awaitable[None]:
        """Pass the turn: advance our machine, and the peer's when it takes the event. Skips are never lost."""
        state = self.machine.pass_by(event)
        if self.conversation.observe is not None:
            self.conversation.observe("skipped", event, self)
        self.peer.box.put_ordered(Aside(event, self.name))
        if state.final and state.name in FINAL:
            self.conversation.finish(state.name, self.conversation.reason_for(state.name, event, self.name), by=self)
        return DONE

    def _last_word(self, envelope: Envelope, state: State, back: tuple[int, State, int]) -> Awaitable[Notice | None]:
        if state.name == AGREED:
            self.pending = back
            if self.link is not None:
                self.link.carry(envelope, self.peer)
            else:
                self.peer.box.put_ordered(envelope)  # one a dialogue at most; it must not drown in others
            return self._await_binding()
        self.peer.box.put_system(envelope)
        self.conversation.finish(state.name, self.conversation.reason_for(state.name, envelope), by=self)
        return DONE

    @coroutine
    def _wait_for_room(self, envelope: Envelope) -> Generator[Any, None, None]:
        while not self.peer.box.put(envelope):
            yield from self.peer.box.room(self.actor)

    @coroutine
    def _await_binding(self) -> Generator[Any, None, Notice | None]:
        """Wait for the supervisor's word: None when the agreement bound, or the notice that it did not."""
        verdict: Verdict = yield from self.box.receive_where(_is_verdict)
        assert self.pending is not None
        _, state, turns = self.pending
        self.pending = None
        if verdict.notice is not None:
            self.machine.revert(state, turns)
            self.machine.board.standing = None  # its owner has said so, whatever else is still on its way
        return verdict.notice

    # -- hearing --------------------------------------------------------------------------------------------------------

    @coroutine
    def receive(self, *kinds: type[Message], deadline: float = math.inf) -> Generator[Any, None, Message]:
        """Wait for the message that moves the dialogue on, or for one of `kinds` even if it does not.

        Returns a system event instead when the peer's turn was skipped (Skip), it left (Left), or `deadline` (on the
        society's clock) passed in silence (Lapse). Messages that keep the state, such as a withdrawal, are noted on the way.
        """
        box = self.box
        machine = self.machine
        if self.conversation.state or machine.state.final:
            yield from gone(self)
        while True:
            if box.handed is NOTHING and not box.queue and not box.system:
                box.burst = BURST
                box.park(deadline)
                yield PARK
                item = box.handed
                if item is NOTHING:
                    if self.actor.timed_out and not len(box):
                        return self.lapse()
                    continue
                box.handed = NOTHING
            else:
                item = box.take_nowait()
                box.burst -= 1
                if box.burst <= 0:
                    box.burst = BURST
                    self.actor.wake(self.actor)
                    yield PARK
            before = machine.state
            message = self.take(item)
            if message is not None and (machine.state is not before or message.__class__ in kinds
                                        or isinstance(message, SystemEvent)):  # fmt: skip
                return message

    def lapse(self) -> Lapse:
        """Advance along the state's timeout row: the peer was silent for too long."""
        event = Lapse(self.machine.state.name)
        self.pass_by(event)
        return event

    def pass_by(self, event: SystemEvent) -> None:
        """Advance our machine along a silent row."""
        state = self.machine.pass_by(event)
        if self.conversation.observe is not None:
            self.conversation.observe("passed", event, self)
        if state.final and state.name in FINAL and not self.conversation.over:
            self.conversation.finish(state.name, self.conversation.reason_for(state.name, event, self.other), by=self)

    def take(self, item: Any) -> Message | None:
        """Let the machine follow one item of the mailbox; return the message, or None if it was refused or no news."""
        if item.__class__ is not Envelope:
            return self._take_special(item)
        envelope: Envelope = item
        if self.seen is not None and self._is_duplicate(envelope):
            return None
        try:
            state = self.machine.hear(envelope.message, self.actor.kernel.now)
        except RemoteProtocolError as error:  # it was legal when said, or it would not have been sent: overtaken
            self.conversation.note_stale(envelope, error, self)
            return None
        self.heard_up_to = envelope.reply_with
        if self.conversation.observe is not None:
            self.conversation.observe("heard", envelope, self)
        if state.final and state.name in FINAL and not self.conversation.over:
            self.conversation.bind(state.name, envelope, self)
        return envelope.message

    def _take_special(self, item: Any) -> Message | None:
        if isinstance(item, Injected):
            return self.conversation.take_injected(item, self)
        if isinstance(item, Aside):
            self.pass_by(item.event)
            return item.event
        return None  # a notice: our role has nothing to do about what somebody else said in our name

    def _is_duplicate(self, envelope: Envelope) -> bool:
        assert self.seen is not None
        if envelope.reply_with in self.seen:
            self.conversation.duplicates += 1
            return True
        self.seen.add(envelope.reply_with)
        return False

    def take_notes(self) -> None:
        """Follow messages that wait in the mailbox and keep the state (a withdrawal), so that a decision rests on them."""
        queue = self.box.queue
        if not queue:
            return
        for item in list(queue):
            if self._is_note(item):
                self.box.take_one(item)
                self.take(item)

    def _is_note(self, item: Any) -> bool:  # any item of a mailbox
        """Whether an item can be taken now without the turn passing on: a legal note, or what is to be refused."""
        injected = item.__class__ is Injected
        envelope = item.envelope if injected else item
        if envelope.__class__ is not Envelope or envelope.route.sender != self.other:
            return False
        move = self.machine.state.hears.get(envelope.message.__class__)
        if move is None or move.turn:
            return injected and move is None
        return injected or not any(rule(envelope.message, self.machine.board, False, self.now) for rule in move.rules)

    # -- time and work --------------------------------------------------------------------------------------------------

    def sleep(self, seconds: float) -> Awaitable[None]:
        """Wait on the society's clock."""
        return self.actor.pause(self.actor.kernel.now + seconds)

    async def compute(self, function: Callable[..., Any], *args: Any) -> Any:  # Any: the function's own types
        """Run a function in a worker thread, off the loop. Raises what it raises."""
        if self.conversation.state:
            await gone(self)
        return await self.conversation.compute(self.actor, function, args)

    def __repr__(self) -> str:
        return f"<{self.route.protocol} {self.route.conversation}: {self.name} to {self.other} in {self.machine.state.name}>"


def _is_verdict(item: Any) -> bool:  # any item of a mailbox
    return item.__class__ is Verdict
