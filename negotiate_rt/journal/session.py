"""A journal while a society writes in it: rows gather, are cut into segments, written, and what waited for them is let go.

On the real clock a segment is cut about every 10 ms, between two slices of the kernel; on the virtual clock by its number
of rows alone, and where somebody waits for it, so that the same world gives the same bytes. Rows are bounded: a full
segment is written at once, whoever speaks waiting for that, and a writer process that falls behind pauses the society.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

from negotiate_rt.errors import JournalError
from negotiate_rt.journal.plain import plain
from negotiate_rt.journal.rows import (
    ADVANCED,
    CLOSED,
    DECIDED,
    ENDED,
    FAULT,
    HEARD,
    LOST,
    OPENED,
    PASSED,
    SAID,
    SEATED,
    SKIPPED,
    STARTED,
    Lines,
    Packing,
    Row,
    Tongue,
)
from negotiate_rt.journal.writers import Writer
from negotiate_rt.messages.envelope import Envelope
from negotiate_rt.messages.outcome import Fault, NegotiationOutcome
from negotiate_rt.messages.performatives import Message
from negotiate_rt.runtime.kernel import Kernel

MOST_ROWS = 1024  # of a segment: about 50 KB, which take 2 ms to pack, hash and commit
SOON = 0.002  # seconds between two segments while nothing runs and somebody waits for the first


class JournalStatistics(msgspec.Struct, frozen=True):
    """What a journal has taken: rows and segments since the society opened it, rows not yet handed to the writer, segments
    not yet safe. `state`: "open", "failed" (the society goes on without it) or "closed"."""

    path: str
    rows: int
    segments: int
    buffered: int
    unsafe: int
    state: str


class Session:
    """One society's stay in a journal. `on_failure(error)` is called once if it cannot be written any more."""

    def __init__(self, path: str, writer: Writer, form: str, interval: float, virtual: bool) -> None:
        self.path = path
        self.writer = writer
        self.interval = interval
        self.virtual = virtual
        self.state = "open"
        self.rows: list[Row] = []
        self.written = self.sent = 0
        self.due = 0.0
        self.pending: deque[tuple[int, Callable[[bool], Any]]] = deque()
        self.error: JournalError | None = None  # that nobody has been told of
        self.ends = 0
        self.on_failure: Callable[[JournalError], None] = _ignore
        self.on_closed: Callable[[], None] = _nothing
        self._body: Packing | Lines = Packing() if form == "sqlite" else Lines()
        self._clock = time.monotonic
        self._tongues: dict[tuple[type, ...], Tongue] = {}

    # -- rows -------------------------------------------------------------------------------------------------------------

    def add(self, row: Row) -> None:
        """Take one row."""
        self.rows.append(row)
        if len(self.rows) >= MOST_ROWS:
            self.flush()

    def open(self, facts: dict[str, Any]) -> None:
        """Note that a society begins to write."""
        self.add((OPENED, 0.0, facts))

    def page(self, talk: str, structs: tuple[type, ...], kernel: Kernel) -> Page:
        """Return what observes one negotiation. `structs`: those its protocol's messages carry."""
        tongue = self._tongues.get(structs)
        if tongue is None:
            tongue = self._tongues[structs] = Tongue(structs)
        return Page(self, talk, tongue, kernel)

    def lost(self, at: float, item: Any, reason: str) -> None:
        """Note a message that nobody will read."""
        envelope = getattr(item, "envelope", item)
        if isinstance(envelope, Envelope):
            one = envelope.route
            self.add((LOST, at, one.conversation, one.sender, one.receiver, envelope.reply_with, reason))

    def ended(self, at: float, outcome: NegotiationOutcome, facts: dict[str, Any] | None = None) -> None:
        """Note how a negotiation ended."""
        tree = {
            "protocol": outcome.protocol, "state": str(outcome.final_state), "reason": outcome.failure_reason,
            "accepted": plain(outcome.accepted_offer), "rounds": outcome.rounds_used, "duration_ms": outcome.duration_ms,
            "messages": outcome.messages, "offers": len(outcome.all_offers), "faults": len(outcome.faults),
            "utilities": plain(outcome.utilities), "result": plain(outcome.result), **(facts or {}),
        }  # fmt: skip
        self.add((ENDED, at, outcome.id, tree))

    # -- segments ---------------------------------------------------------------------------------------------------------

    def flush(self) -> None:
        """Hand what has gathered to the writer. Back-pressure: in place, this returns when it is committed."""
        rows = self.rows
        if not rows:
            return
        if self.state == "open":
            try:
                self.writer.write(self._body(rows), len(rows))
            except JournalError as error:
                self._fail(error)
            else:
                self.written += len(rows)
                self.sent += 1
        rows.clear()

    def when_safe(self, action: Callable[[bool], Any]) -> None:
        """Call a function between two slices, once everything noted so far is committed (True) or the journal has failed."""
        self.pending.append((self.sent + bool(self.rows), action))

    def tick(self, idle: bool) -> None:
        """Between two slices on the real clock: cut a segment if it is time, and let go what waited. `idle`: nothing can run."""
        now = self._clock()
        if self.rows and now >= (self.due - self.interval + SOON if idle and self.pending else self.due):
            self.flush()
            self.due = self._clock() + self.interval
        if self.pending or self.error is not None:
            self.release()

    def look(self) -> None:
        """Between two slices on the virtual clock."""
        if self.error is not None:
            self.release()

    async def settle(self) -> None:
        """Nothing can run at this instant (virtual clock): write what somebody waits for, and let go."""
        if self.pending or self.error is not None:
            self.flush()
            try:
                await self.writer.drain()
            except JournalError as error:
                self._fail(error)
            self.release()

    def rest(self) -> float | None:
        """Return how many seconds the host may sleep before the next segment is due; None: as long as it likes."""
        if self.virtual and self.rows:  # it is about to wait for the real world
            self.flush()
        if not self.rows:
            return None
        due = self.due - self.interval + SOON if self.pending else self.due
        return max(0.0, due - self._clock())

    async def room(self) -> None:
        """Wait until the writer has caught up."""
        try:
            await self.writer.room()
        except JournalError as error:
            self._fail(error)
        self.release()

    def release(self) -> None:
        """Let go what waited for segments that are safe now; tell of a failure."""
        try:
            if self.state == "open":
                self.writer.poll()
        except JournalError as error:
            self._fail(error)
        untold, self.error = self.error, None
        if untold is not None:
            self.on_failure(untold)
        while self.pending and (self.state != "open" or self.pending[0][0] <= self.writer.committed):
            number, action = self.pending.popleft()
            action(number <= self.writer.committed)

    def _fail(self, error: JournalError) -> None:
        if self.state == "open":
            self.state = "failed"
            self.error = error

    # -- the end ----------------------------------------------------------------------------------------------------------

    async def close(self, at: float, facts: dict[str, Any]) -> None:
        """Write the rest and a last row, let go what waited, and close the file."""
        self.add((CLOSED, at, facts))
        self.flush()
        try:
            if self.state == "open":
                await self.writer.drain()
        except JournalError as error:
            self._fail(error)
        self.abandon()

    def abandon(self) -> None:
        """Write the rest and close the file at once, from where nothing can be awaited."""
        if self.state == "closed":
            return
        self.flush()
        try:
            self.writer.close()
        except JournalError as error:
            self._fail(error)
        if self.state == "open":
            self.state = "closed"
        self.on_closed()
        self.release()

    def statistics(self) -> JournalStatistics:
        """Return a snapshot."""
        unsafe = self.sent - self.writer.committed if self.state == "open" else 0
        return JournalStatistics(self.path, self.written, self.sent, len(self.rows), unsafe, self.state)


class Page:
    """Observes one negotiation: called for every message, silent row, decision, fault. Cost: about a microsecond a call."""

    __slots__ = ("_add", "_kernel", "_rows", "_session", "ends", "talk", "tongue")

    def __init__(self, session: Session, talk: str, tongue: Tongue, kernel: Kernel) -> None:
        self._session = session
        self._rows = session.rows
        self._add = session.rows.append
        self._kernel = kernel
        self.talk = talk
        self.tongue = tongue
        self.ends: dict[Any, int] = {}

    def start(self, at: float, facts: dict[str, Any]) -> None:
        """Note that the negotiation begins."""
        self._session.add((STARTED, at, self.talk, facts))

    def close(self) -> None:
        """The negotiation is over: let its ends go, which hold this page in turn."""
        self.ends = {}

    def __call__(self, kind: str, what: Any, end: Any) -> None:
        """Take down one thing that happened, at an end of a dialogue (or at an initiator's bundle of them)."""
        at = self._kernel.now
        if kind == "said":
            number = self.ends.get(end) or self._seat(end, what.route.sender, what.route.receiver)
            message = self.tongue.written(what.message)
            self._add((SAID, at, number, what.reply_with, what.in_reply_to, what.reply_by, message))
        elif kind == "heard":
            number = self.ends.get(end) or self._seat(end, what.route.receiver, what.route.sender)
            peer = end.peer
            if peer is not None and what.route is peer.route:
                self._add((HEARD, at, number, what.reply_with))
            else:  # from outside: no peer has said it
                self._add((HEARD, at, number, what.reply_with, self.tongue.written(what.message)))
        else:
            self._rest(kind, what, end, at)
        if len(self._rows) >= MOST_ROWS:
            self._session.flush()

    def _rest(self, kind: str, what: Any, end: Any, at: float) -> None:
        """Take down what is rarer than messages."""
        if kind in ("skipped", "passed"):
            number = self.ends.get(end) or self._seat(end, end.name, end.other)
            self._add((SKIPPED if kind == "skipped" else PASSED, at, number, self.tongue.written(what)))
        elif kind == "fault":
            one: Fault = what
            self._add((FAULT, one.when, self.talk, one.who, one.what, one.cause))
        elif kind == "decided":
            hook, how, decision, waited = what
            told = self.tongue.tree(decision) if isinstance(decision, Message) else self.tongue.value(decision)
            self._add((DECIDED, at, self.talk, end.name, hook, how, told, waited))
        elif kind == "advanced":
            self._add((ADVANCED, at, self.talk, what))

    def _seat(self, end: Any, name: str, other: str) -> int:
        """Note a dialogue's two ends at the first word of either; return this one's number."""
        session = self._session
        number = session.ends + 1
        session.ends += 2
        peer = end.peer
        self._add((SEATED, self._kernel.now, number, self.talk, name, other, role_of(end), role_of(peer)))
        self.ends[end] = number
        if peer is not None:
            self.ends[peer] = number + 1
        return number


def role_of(end: Any) -> str:
    """Return the role at an end of a dialogue, or of a channel between neighbours in a graph; "" for an end that is none."""
    seat = getattr(end, "seat", None)
    return str(getattr(end, "role", "") if seat is None else seat.role)


def _nothing() -> None:
    """Nobody waits for the file."""


def _ignore(error: JournalError) -> None:
    """Nobody asked to hear of failures."""
