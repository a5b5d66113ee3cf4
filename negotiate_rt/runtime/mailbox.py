"""Bounded mailboxes: one reader, any number of writers, a system lane that overtakes.

A message for a reader that is already waiting is handed over without touching the queue. A receive that is cancelled
before it ran leaves the message in the box, where `close` finds it.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Generator
from types import coroutine
from typing import Any, Literal, Protocol, TypeAlias

from negotiate_rt.errors import ConfigurationError, LocalProtocolError, MailboxFull
from negotiate_rt.runtime.actor import PARK, Actor

Overflow: TypeAlias = Literal["fail", "drop-newest", "drop-oldest", "wait"]
OVERFLOWS = ("fail", "drop-newest", "drop-oldest", "wait")
CAPACITY = 1024
BURST = 64  # receives without a pause before an actor lets others run
NOTHING: Any = object()  # not None: None is a fine message


class Waiter(Protocol):
    """What waits for room: an actor that sends, or a link that holds messages back."""

    def due(self) -> None:
        """Called once when a message has been taken, or the mailbox closed."""


class Mailbox:
    """The inbox of one actor.

    `overflow` says what happens when `capacity` messages wait: `fail` the sender (MailboxFull), `drop-newest`,
    `drop-oldest`, or `wait` (`put` returns False and the sender awaits `room`). `on_drop(message, reason)` hears of
    each message that will never be read.
    """

    __slots__ = ("burst", "capacity", "closed", "dropped", "handed", "interrupts", "match", "on_drop", "overflow", "owner",
                 "queue", "system", "writers")  # fmt: skip

    def __init__(
        self, owner: Actor, capacity: int = CAPACITY, overflow: Overflow = "fail",
        on_drop: Callable[[Any, str], None] | None = None,
    ) -> None:  # fmt: skip
        if overflow not in OVERFLOWS or capacity < 1:
            raise ConfigurationError(
                f"mailbox: expected capacity >= 1 and a policy of {OVERFLOWS}, got {capacity}, {overflow!r}"
            )
        self.owner = owner
        self.capacity = capacity
        self.overflow = overflow
        self.on_drop = on_drop
        self.queue: deque[Any] | None = None  # made when first needed: an empty deque is 600 bytes
        self.system: deque[Any] | None = None
        self.handed = NOTHING
        self.match: Callable[[Any], bool] | None = None
        self.interrupts: Callable[[Any], bool] | None = None
        self.burst = BURST
        self.closed = False
        self.dropped = 0
        self.writers: deque[Waiter] | None = None

    def put(self, item: Any) -> bool:
        """Deliver a message; False if the sender must await `room` and try again. Raises MailboxFull under `fail`."""
        owner = self.owner
        if owner.waits_on is self and (self.match is None or self.match(item)):
            owner.waits_on = None
            self.handed = item
            wake = owner.wake  # a local: see Kernel._run_ready
            wake(owner)
            return True
        queue = self.queue
        if queue is None:
            queue = self.queue = deque()
        if self.closed or len(queue) >= self.capacity:
            return self._refuse(item, queue)
        queue.append(item)
        if self.interrupts is not None and owner.waits_on is not None and self.interrupts(item):
            owner.waits_on = None
            owner.interrupted = True
            owner.wake(owner)
        return True

    def put_system(self, item: Any) -> None:
        """Deliver a message of the runtime's: it overtakes, and no bound stops it."""
        owner = self.owner
        if self.closed:
            self._drop(item, "closed")
        elif owner.waits_on is self and (self.match is None or self.match(item)):
            owner.waits_on = None
            self.handed = item
            owner.wake(owner)
        else:
            if self.system is None:
                self.system = deque()
            self.system.append(item)

    def put_ordered(self, item: Any) -> None:
        """Deliver a message of the runtime's in its order, beyond any bound."""
        capacity, self.capacity = self.capacity, 1 << 62
        try:
            self.put(item)
        finally:
            self.capacity = capacity

    def _refuse(self, item: Any, queue: deque[Any]) -> bool:
        if self.closed:
            self._drop(item, "closed")
        elif self.overflow == "wait":
            return False
        elif self.overflow == "fail":
            self._drop(item, "full")
            raise MailboxFull(self.owner.name, self.capacity)
        elif self.overflow == "drop-newest":
            self._drop(item, "overflow")
        else:
            self._drop(queue.popleft(), "overflow")
            queue.append(item)
        return True

    def _drop(self, item: Any, reason: str) -> None:
        self.dropped += 1
        if self.on_drop is not None:
            self.on_drop(item, reason)

    def take_nowait(self) -> Any:
        """Return the next message, or NOTHING. Never blocks."""
        if self.handed is not NOTHING:
            item, self.handed = self.handed, NOTHING
            return item
        if self.system:
            return self.system.popleft()
        return self.take_queued() if self.queue else NOTHING

    def take_queued(self) -> Any:
        """Return the oldest message of the ordinary lane, which must hold one; a waiting writer gets its place."""
        assert self.queue is not None
        item = self.queue.popleft()
        if self.writers:
            self._let_in()
        elif not self.queue:
            self.queue = None
        return item

    def take_one(self, item: Any) -> None:
        """Take a message that waits in the ordinary lane out of its turn. Cost: O(waiting messages)."""
        assert self.queue is not None
        del self.queue[next(place for place, one in enumerate(self.queue) if one is item)]
        if self.writers:
            self._let_in()

    def park(self, deadline: float) -> None:
        """Let the owner wait for this box until `deadline`; it must yield PARK next."""
        actor = self.owner
        kernel = actor.kernel
        if kernel.current is not actor:
            raise LocalProtocolError(
                f"receive on the mailbox of {actor.name!r} from outside its own actor: each mailbox has one reader"
            )
        actor.waits_on = self
        actor.timed_out = False
        actor.waits_since = kernel.now
        if deadline >= actor.armed != math.inf:  # its entry comes up in time: note the new deadline, push nothing
            actor.deadline = deadline
            timers = kernel.timers
            timers.sequence = actor.deadline_seq = timers.sequence + 1
        elif deadline != math.inf:
            kernel.timers.arm(actor, deadline)
        else:
            actor.deadline = deadline

    @coroutine
    def receive(self, deadline: float = math.inf) -> Generator[Any, None, Any]:
        """Wait for the next message; NOTHING when `deadline` (a time on the kernel's clock) passes first."""
        if self.handed is not NOTHING or self.queue or self.system:
            item = self.take_nowait()
            self.burst -= 1
            if self.burst <= 0:
                self.burst = BURST
                self.owner.wake(self.owner)
                yield PARK
            return item
        self.burst = BURST
        self.park(deadline)
        yield PARK
        item = self.handed
        if item is NOTHING:
            return self.take_nowait()
        self.handed = NOTHING
        return item

    @coroutine
    def receive_where(self, match: Callable[[Any], bool], deadline: float = math.inf) -> Generator[Any, None, Any]:
        """Wait for the first message that fits; others stay in the box, in order. Cost: O(waiting messages)."""
        for lane in (self.system, self.queue):
            for item in lane or ():
                if match(item):
                    lane.remove(item)  # type: ignore[union-attr]  # not None: it held the item
                    if lane is self.queue:
                        self._let_in()
                    return item
        self.match = match
        try:
            self.park(deadline)
            yield PARK
        finally:
            self.match = None
        item, self.handed = self.handed, NOTHING
        return item

    @coroutine
    def room(self, writer: Actor, deadline: float = math.inf) -> Generator[Any, None, bool]:
        """Let a sender wait until a message has been taken (True) or `deadline` passes (False)."""
        self.tell_room(writer)
        assert self.writers is not None
        writer.waits_on = ("room in", self)
        writer.waits_since = writer.kernel.now
        writer.kernel.arm(writer, deadline)
        try:
            yield PARK
        except BaseException:  # the writer is being ended: if the room was its own, it is for the next one now
            if writer in self.writers:
                self.writers.remove(writer)
            else:
                self._let_in()
            raise
        if writer in self.writers:
            self.writers.remove(writer)
            return False
        return not self.closed

    def tell_room(self, waiter: Waiter) -> None:
        """Call `due` on a waiter once there is room; those who asked before come first."""
        if self.writers is None:
            self.writers = deque()
        self.writers.append(waiter)

    def _let_in(self) -> None:
        if self.writers:
            self.writers.popleft().due()

    def close(self) -> int:
        """Refuse everything from now on; return how many messages were left unread (each is reported to `on_drop`)."""
        self.closed = True
        left = 0
        while (item := self.take_nowait()) is not NOTHING:
            left += 1
            self._drop(item, "unread")
        while self.writers:
            self.writers.popleft().due()
        return left

    def __len__(self) -> int:
        return (self.handed is not NOTHING) + len(self.queue or ()) + len(self.system or ())

    def __repr__(self) -> str:
        return f"<Mailbox of {self.owner.name}: {len(self)} of {self.capacity}>"
