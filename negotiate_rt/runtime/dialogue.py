"""One end of a dialogue: what a role coroutine holds. Send, receive, ask, sleep, now, rng, compute.

Sending is in saying.py, asking the agent in asking.py. Receiving lets our machine follow when the role takes the message.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Generator
from types import coroutine
from typing import Any

from negotiate_rt.errors import RemoteProtocolError
from negotiate_rt.messages.envelope import Envelope
from negotiate_rt.messages.performatives import (
    Lapse,
    Message,
    SystemEvent,
)
from negotiate_rt.runtime.actor import PARK
from negotiate_rt.runtime.asking import gone
from negotiate_rt.runtime.items import Aside, Injected
from negotiate_rt.runtime.mailbox import BURST, NOTHING
from negotiate_rt.runtime.saying import Saying


class Dialogue(Saying):
    """One end of a dialogue between two seats of a conversation."""

    __slots__ = ()

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
        if state.ends_all and not self.conversation.over:
            self.conversation.finish(state.name, self.conversation.reason_for(state.name, event, self.other), by=self)

    def take(self, item: Any) -> Message | None:
        """Let the machine follow one item of the mailbox; return the message, or None if it was refused or no news."""
        if item.__class__ is not Envelope:
            return self._take_special(item)
        envelope: Envelope = item
        if self.seen is not None and self._is_duplicate(envelope):
            return None
        machine, message, conversation = self.machine, envelope.message, self.conversation
        move = machine.state.hears.get(message.__class__)
        if move is not None and move.quiet:
            machine.state = state = move.target
            machine.turns += 1
        else:
            try:
                state = machine.hear(message, self.actor.kernel.now)
            except RemoteProtocolError as error:  # it was legal when said, or it would not have been sent: overtaken
                conversation.note_stale(envelope, error, self)
                return None
        self.heard_up_to = envelope.reply_with
        if conversation.observe is not None:
            conversation.observe("heard", envelope, self)
        if state.ends_all and not conversation.state:
            conversation.bind(state.name, envelope, self)
        return message

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
