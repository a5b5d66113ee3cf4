"""A channel that delivers each message once and in order over links that lose, repeat, delay and reorder.

It stands where a dialogue's end has its link, one for each direction, and is made only where acknowledged delivery is
asked for: everywhere else nothing of this exists. It numbers nothing itself: an envelope's `reply_with` counts a sender's
messages of the dialogue from 1. The receiver acknowledges with the number up to which all has arrived, keeps what came too
early, and drops what it has had. Acknowledgements and repeated messages are carried by the same links as everything else,
and counted there. A full mailbox acknowledges nothing: the message comes again. System events never travel over links.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from negotiate_rt.messages.acknowledgement import Acknowledged, Acknowledgement
from negotiate_rt.messages.envelope import Envelope

if TYPE_CHECKING:
    from negotiate_rt.runtime.dialogue import Dialogue
    from negotiate_rt.runtime.link import Link
    from negotiate_rt.runtime.mailbox import Waiter

EARLY = 1024  # messages kept for the one before them; what comes on top is not acknowledged, and comes again
AT_ONCE = 16  # of the oldest messages that are sent again when an acknowledgement does not come


class AcknowledgedChannel:
    """One direction of one dialogue, with its sending and its receiving half. Its one timer is that of the oldest message
    not acknowledged yet (slots are explained in timers.py). Cost a message: that of two on the link, O(1) here.

    To the link it is the end that messages go to, and that end's mailbox.
    """

    __slots__ = (
        "armed", "attempts", "back", "conversation", "deadline", "deadline_seq", "early", "end", "expected", "gave_up", "link",
        "option", "repeated", "unacknowledged",
    )  # fmt: skip

    def __init__(self, option: Acknowledgement, link: Link, back: Link | None, end: Dialogue) -> None:
        self.option = option
        self.link = link
        self.back = back
        self.conversation = end.conversation
        self.end: Dialogue | None = end  # the receiving one
        self.expected = 1
        self.early: dict[int, Envelope] = {}
        self.unacknowledged: dict[int, Envelope] = {}  # in the order of sending
        self.attempts = 0
        self.repeated = 0
        self.gave_up = False
        self.deadline = self.armed = math.inf
        self.deadline_seq = 0

    # -- the sender's half ------------------------------------------------------------------------------------------------

    def carry(self, envelope: Envelope, end: Dialogue) -> None:
        """Take a message to the other end; to nowhere once the channel has given up, for order could not be kept."""
        if self.gave_up:
            self.link.network.on_drop(envelope, "unacknowledged")
            return
        self.unacknowledged[envelope.reply_with] = envelope
        if len(self.unacknowledged) == 1:
            self._wait(1)
        self.link.carry(envelope, self)  # type: ignore[arg-type]  # what a link needs of an end

    def _wait(self, attempt: int) -> None:
        self.attempts = attempt
        kernel = self.conversation.kernel
        kernel.arm(self, kernel.now + self.option.wait(attempt))

    def due(self) -> None:
        """No acknowledgement has come in time."""
        if self.conversation.over or not self.unacknowledged:
            return
        if self.attempts >= self.option.attempts:
            self.gave_up = True
            for envelope in self.unacknowledged.values():
                self.link.network.on_drop(envelope, "unacknowledged")
            self.unacknowledged = {}
            return
        self._wait(self.attempts + 1)
        for envelope in list(self.unacknowledged.values())[:AT_ONCE]:
            self.repeated += 1
            self.link.carry(envelope, self)  # type: ignore[arg-type]  # as in `carry`

    def acknowledge(self, up_to: int) -> None:
        """All up to a number has arrived."""
        waiting, before = self.unacknowledged, len(self.unacknowledged)
        while waiting and (oldest := next(iter(waiting))) <= up_to:
            del waiting[oldest]
        if not waiting:
            self.conversation.kernel.timers.disarm(self)
        elif len(waiting) < before:
            self._wait(1)

    # -- the receiver's half: what a link takes for an end and its mailbox ------------------------------------------------

    @property
    def box(self) -> AcknowledgedChannel:
        """Where the link puts what arrives."""
        return self

    @property
    def closed(self) -> bool:
        """Whether nothing more can arrive."""
        return self.end is None or self.end.box.closed

    def put(self, envelope: Envelope) -> bool:
        """A message has arrived: it, and what waited for it, goes into the mailbox, in order."""
        number = envelope.reply_with
        if number < self.expected or number in self.early:
            self.conversation.duplicates += 1
        elif number > self.expected:
            if len(self.early) < EARLY:
                self.early[number] = envelope
        elif self._deliver(envelope):
            while (following := self.early.get(self.expected)) is not None and self._deliver(following):
                del self.early[following.reply_with]
        self._confirm()
        return True

    def _deliver(self, envelope: Envelope) -> bool:
        """Hand a message over, unless the mailbox is full: then it is as if it had not come."""
        assert self.end is not None
        box = self.end.box
        full = box.queue is not None and len(box.queue) >= box.capacity
        if full and box.owner.waits_on is not box and box.overflow in ("fail", "wait"):
            return False
        self.expected = envelope.reply_with + 1
        box.put(envelope)
        return True

    def _confirm(self) -> None:
        if self.back is None:
            self.acknowledge(self.expected - 1)
        elif self.expected > 1:
            assert self.end is not None
            told = Acknowledged(self.end.peer.route, self.expected - 1)
            self.back.carry(told, Confirmation(self))  # type: ignore[arg-type]  # what a link needs of a message and an end

    def tell_room(self, waiter: Waiter) -> None:
        """A link asks this of a mailbox that has refused something; ours never does."""
        raise AssertionError("a channel refuses nothing")

    # -- the end ----------------------------------------------------------------------------------------------------------

    def let_go(self) -> None:
        """The conversation is over: leave no timer, and hold nobody."""
        self.conversation.kernel.timers.disarm(self)
        self.unacknowledged, self.early = {}, {}
        self.end = None

    def __repr__(self) -> str:
        state = ", gave up" * self.gave_up
        return f"<channel over {self.link!r}: {len(self.unacknowledged)} not acknowledged, {self.repeated} repeated{state}>"


class Confirmation:
    """Where an acknowledgement goes: to a link, an end and its mailbox in one."""

    __slots__ = ("channel",)

    closed = False

    def __init__(self, channel: AcknowledgedChannel) -> None:
        self.channel = channel

    @property
    def conversation(self) -> Any:  # runtime.Conversation
        """Whose messages are acknowledged."""
        return self.channel.conversation

    @property
    def box(self) -> Confirmation:
        """Where the link puts what arrives."""
        return self

    def put(self, told: Acknowledged) -> bool:
        """The acknowledgement has arrived."""
        self.channel.acknowledge(told.up_to)
        return True
