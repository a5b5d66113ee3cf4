"""Saying: the sending half of one end of a dialogue.

Sending checks the move on our own machine, stamps the route and hands the envelope to the link. A move that ends the dialogue
in AGREED is tentative until the supervisor says that it bound; `send` waits for that word.
"""

from __future__ import annotations

import math
import random
from collections.abc import Awaitable, Generator
from functools import partial
from types import coroutine
from typing import TYPE_CHECKING, Any

from negotiate_rt.errors import LocalProtocolError, MailboxFull
from negotiate_rt.machine import Machine, Standing, State
from negotiate_rt.messages.envelope import Envelope, Route
from negotiate_rt.messages.outcome import AGREED, NegotiationOffer
from negotiate_rt.messages.performatives import (
    Accept,
    Message,
    Notice,
    Propose,
    Skip,
    Withdraw,
)
from negotiate_rt.runtime.actor import Actor
from negotiate_rt.runtime.asking import PLAIN, Asking, Faulty, give_way, gone
from negotiate_rt.runtime.calls import Call
from negotiate_rt.runtime.items import Aside, Verdict
from negotiate_rt.runtime.mailbox import BURST, Mailbox
from negotiate_rt.runtime.seat import Seat

if TYPE_CHECKING:
    from negotiate_rt.runtime.acknowledging import AcknowledgedChannel
    from negotiate_rt.runtime.conversation import Conversation
    from negotiate_rt.runtime.dialogue import Dialogue
    from negotiate_rt.runtime.link import Link


class _Done(tuple[()]):
    """An await that is over at once: nothing to iterate over, and no Python frame to find that out."""

    __slots__ = ()
    __await__ = tuple.__iter__


DONE: Awaitable[Any] = _Done()  # type: ignore[assignment]  # typeshed wants a generator of __await__; any iterator does


class Saying(Asking):
    """The speaking half of a dialogue's end, and what both halves stand on.

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
        self.link: Link | AcknowledgedChannel | None = None
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

    def send(self, message: Message, reply_by: float | None = None) -> Awaitable[Notice | None]:  # noqa: C901  # hot
        """Say something. The result is None, or the engine's notice if an acceptance bound nobody (the turn is ours again).

        `reply_by` goes on the envelope: until when an answer is taken. Raises LocalProtocolError if the move is illegal
        here; nothing is sent then. A Skip passes the turn.
        """
        conversation, machine = self.conversation, self.machine
        before, turns = machine.state, machine.turns
        move = before.says.get(message.__class__)
        if conversation.state or move is None or not (move.quiet or message is machine.cleared):
            if conversation.state:
                return gone(self)
            if message.__class__ is Skip:
                return self._skip(message)
            message = machine.clear(self.complete(message), self.actor.kernel.now)
            move = before.says[message.__class__]
        stood: Standing | None = None
        if move.quiet:
            machine.state = state = move.target
            machine.turns = turns + 1
        else:
            box = self.peer.box
            if box.owner.waits_on is not box:  # it may be full
                board = machine.board
                stood = board.own, board.own_last, board.standing
            state = machine.make(move, message)
        self.serial = number = self.serial + 1
        envelope = Envelope(self.route, message, number, self.heard_up_to, reply_by)
        conversation.messages += 1
        if conversation.observe is not None:
            conversation.observe("said", envelope, self)
        if state.ends_all:
            return self._last_word(envelope, state, (number, before, turns))
        if self.link is not None:
            self.link.carry(envelope, self.peer)
            return DONE if number % BURST else give_way(self.actor)
        try:
            if self.peer.box.put(envelope):
                return DONE if number % BURST else give_way(self.actor)  # one that only talks must let others run
        except MailboxFull:
            machine.revert(before, turns, stood)
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
            number,
            self.seat.name,
            value,
            conversation.round or machine.turns // 2 + 1,
            self.actor.kernel.now,
            expires_at,
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

    def take_turn(self) -> Awaitable[None]:
        """Ask our agent and say what it decides; ask again while the turn stays ours: an acceptance came too late to bind,
        or the agent took its own offer back. A plain hook's plain turn is over at once, without a coroutine."""
        asked = self.seat.own
        if asked is None or asked.kind is not PLAIN or self.conversation.state:
            return self._take_turn()
        try:
            message = self.ask_plain(asked, (), math.inf)
        except Faulty as fault:
            return self._take_turn(self.remedy(asked, (), fault, (), self.due(asked, math.inf)))
        said = self.send(message)
        return DONE if said is DONE and message.__class__ is not Withdraw else self._take_turn(None, message, said)

    async def _take_turn(
        self, decision: Awaitable[Message] | None = None, message: Message | None = None,
        said: Awaitable[Notice | None] = DONE,
    ) -> None:  # fmt: skip
        """Go on with a turn from where it is: to ask, at a decision under way, or at a message that has been said."""
        while True:
            if message is None:
                message = await (decision or self.ask())
                said = self.send(message)
            if await said is None and message.__class__ is not Withdraw:  # which leaves the turn ours
                return
            decision = message = None

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

    def tell(self, message: Message) -> bool:
        """Say something out of turn from inside our agent's own hook, plain or asynchronous; False, and nothing is said, where
        it is not legal (any more). The row must keep the state."""
        if not self._may_tell(message):
            return False
        kernel, call = self.actor.kernel, self.actor.waits_on
        if kernel.current is None and isinstance(call, Call):
            call.act(partial(self._tell_if_legal, message))
            kernel.wake_host()
        else:
            self.say_aside(message)
        return True

    def _tell_if_legal(self, message: Message) -> None:
        if self._may_tell(message):
            self.say_aside(message)

    def _may_tell(self, message: Message) -> bool:
        return self.open and message.__class__ in self.machine.state.says

    def _skip(self, event: Skip) -> Awaitable[None]:
        """Pass the turn: advance our machine, and the peer's when it takes the event. Skips are never lost."""
        state = self.machine.pass_by(event)
        if self.conversation.observe is not None:
            self.conversation.observe("skipped", event, self)
        self.peer.box.put_ordered(Aside(event, self.name, self.route))
        if state.ends_all:
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


def _is_verdict(item: Any) -> bool:  # any item of a mailbox
    return item.__class__ is Verdict
