"""One conversation and its supervisor: it holds the deadline, collects faults, and alone says how the talk ended.

`finish` settles the ending at once; `close` (a step later, so that the peer of the last word may hear it) ends every role,
cancels what is in flight and tells the society. Both happen exactly once.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING, Any

from negotiate_rt.errors import RemoteProtocolError
from negotiate_rt.machine import Table
from negotiate_rt.messages.acknowledgement import Acknowledgement
from negotiate_rt.messages.config import FaultPolicy
from negotiate_rt.messages.envelope import Envelope
from negotiate_rt.messages.outcome import AGREED, FAILED, TIMEOUT, Fault, NegotiationOffer
from negotiate_rt.messages.performatives import Accept, Left, Message, Notice, Skip, SystemEvent
from negotiate_rt.runtime.actor import PARK, Actor, Ended
from negotiate_rt.runtime.asking import Withdrawn
from negotiate_rt.runtime.calls import Call, Calls
from negotiate_rt.runtime.commons import Commons
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.items import Aside, Injected, Verdict
from negotiate_rt.runtime.kernel import Kernel, described, formatted

if TYPE_CHECKING:
    from negotiate_rt.runtime.bundle import Bundle

MAX_FAULTS = 1000  # a flood of forged messages must not fill the memory; further faults are counted only
Observe = Callable[[str, Any, Any], None]  # what happened: an envelope, event or fault; at whose end


class Terms:
    """What all conversations of one negotiation's config share: limits and policy."""

    __slots__ = ("acknowledged", "hurried", "max_rounds", "policy", "seed", "timeout", "turn_timeout")

    def __init__(  # made once a negotiation
        self, max_rounds: int, timeout: float, turn_timeout: float, policy: FaultPolicy, seed: str,
        acknowledged: Acknowledgement | bool | None = None,
    ) -> None:  # fmt: skip
        self.max_rounds = max_rounds
        self.timeout = timeout
        self.turn_timeout = turn_timeout
        self.hurried = turn_timeout < math.inf  # single decisions have deadlines of their own
        self.policy = policy
        self.seed = seed
        self.acknowledged = acknowledged  # None: as the network says


class Conversation:
    """The supervisor's record of one negotiation.

    `round` is set by protocols with a joint table; two-party rounds are counted by the machines. `observe`, if set, is told
    of every message; `on_over(conversation)` hears once that everything has been released.
    """

    __slots__ = (
        "accepted",
        "actors",
        "armed",
        "bundle",
        "calls",
        "closed",
        "commons",
        "deadline",
        "deadline_seq",
        "duplicates",
        "ended_at",
        "ends",
        "fault_count",
        "faults",
        "id",
        "kernel",
        "knocks",
        "loose",
        "messages",
        "observe",
        "offer_count",
        "offers",
        "on_over",
        "reason",
        "result",
        "resume",
        "roles_left",
        "round",
        "stale",
        "started_at",
        "state",
        "streams",
        "table",
        "terms",
    )  # fmt: skip

    alive = True  # for the run queue, where a settled conversation stands among actors

    def __init__(self, id: str, table: Table, kernel: Kernel, calls: Calls, terms: Terms) -> None:
        self.id = id
        self.table = table
        self.kernel = kernel
        self.calls = calls
        self.terms = terms
        self.offers: dict[str, NegotiationOffer] = {}
        self.faults: list[Fault] | tuple[()] = ()
        self.ends: list[Dialogue] = []
        self.actors: list[Actor] = []
        self.bundle: Bundle | None = None
        self.commons: Commons | None = None
        self.loose: list[Any] = []  # asyncio tasks of hooks that were cancelled
        self.streams: dict[str, random.Random] | None = None
        self.observe: Observe | None = None
        self.on_over: Callable[[Conversation], None] | None = None
        self.offer_count = self.messages = self.stale = self.duplicates = self.knocks = self.fault_count = 0
        self.round = 0
        self.roles_left = 0
        self.started_at = kernel.now
        self.ended_at = 0.0
        self.deadline = self.armed = math.inf
        self.deadline_seq = 0
        self.state = ""
        self.reason: str | None = None
        self.accepted: NegotiationOffer | None = None
        self.result: Any = None
        self.closed = False
        self.resume = None

    @property
    def over(self) -> bool:
        """Whether the ending is settled."""
        return self.state != ""

    @property
    def policy(self) -> FaultPolicy:
        """What to do about faults."""
        return self.terms.policy

    @property
    def turn_timeout(self) -> float:
        """Seconds for one decision."""
        return self.terms.turn_timeout

    def rng(self, name: str) -> random.Random:
        """Return a seat's stream of chance. Seeding by text does not depend on PYTHONHASHSEED, nor on the society's name."""
        if self.streams is None:
            self.streams = {}
        if name not in self.streams:
            self.streams[name] = random.Random(f"{self.terms.seed}/{name}")  # not for secrets
        return self.streams[name]

    # -- start ----------------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Start the clock of the whole negotiation."""
        self.started_at = self.kernel.now
        if self.terms.timeout < math.inf:
            self.kernel.arm(self, self.started_at + self.terms.timeout)

    def seat(self, name: str, role: Callable[..., Any], end: Any, context: Context | None = None) -> Actor:
        """Start a role coroutine on its end (a Dialogue or a Bundle)."""
        actor = self.kernel.spawn(name, role, end, on_end=self, context=context)
        self.actors.append(actor)
        self.roles_left += 1
        if self.bundle is not None:
            self.bundle.seated[actor] = end
        return actor

    # -- endings --------------------------------------------------------------------------------------------------------

    def due(self) -> None:
        """The negotiation's own deadline: that of every hook still at work, for it had what was left of the whole."""
        if not self.over:
            for actor in self.actors:
                call = actor.waits_on
                if isinstance(call, Call):
                    self.note_fault(call.owner, "late", f"{call.what} gave no answer by {call.deadline:.6g} s")
            self.finish(TIMEOUT, f"timeout: no agreement within {self.terms.timeout:g} s")

    def finish(
        self,
        state: str,
        reason: str | None = None,
        *,
        accepted: NegotiationOffer | None = None,
        result: Any = None,
        by: Any = None,
    ) -> None:
        """Settle the ending. Only the first call counts."""
        if self.over:
            return
        self.state = str(state)
        self.reason = None if state == AGREED else reason
        self.accepted = accepted
        if result is not None:
            self.result = result
        self.ended_at = self.kernel.now
        for end in self.ends:
            if end.pending is not None and end is not by:
                end.box.put_system(Verdict(None))
        self.kernel.ready.append(self)
        self.kernel.wake_host()

    def run(self, resume: object, value: object) -> object:
        """The kernel's step for a settled conversation: close it."""
        self.close()
        return PARK

    def close(self) -> None:
        """End every role, drop every timer and message, cancel every call, and tell the society. Between steps only."""
        if self.closed:
            return
        self.closed = True
        self.kernel.timers.disarm(self)
        try:
            for actor in self.actors:
                self.kernel.kill(actor)
            for box in {end.box: None for end in self.ends}:  # an initiator's ends share one
                box.close()
        finally:  # a Ctrl-C may come anywhere
            on_over, self.on_over = self.on_over, None
            if on_over is not None:
                on_over(self)
            self._let_go()

    def _let_go(self) -> None:
        """Break the rings between ends, peers and bundle: an ended talk must not wait for the collector."""
        for end in self.ends:
            end.peer = None  # type: ignore[assignment]  # nothing is sent or heard any more
            if end.link is not None:
                end.link.let_go()
        if self.bundle is not None:
            self.bundle.ends = {}
            self.bundle.seated = {}
            self.bundle.reopen = None
        self.actors, self.ends, self.bundle = [], [], None

    def bind(self, state: str, envelope: Envelope, end: Dialogue) -> None:
        """A message that ends the talk was heard: an acceptance binds here, at the offer's owner."""
        message = envelope.message
        accepted = self.offers.get(message.offer) if isinstance(message, Accept) and state == AGREED else None
        self.finish(state, self.reason_for(state, envelope), accepted=accepted, by=end)

    def reason_for(self, state: str, cause: Envelope | SystemEvent, who: str = "") -> str:
        """Return the failure reason for an ending that the table reached; `who` skipped or was silent. A role that has called
        the talk off has said why before."""
        if self.reason:
            return self.reason
        if state == TIMEOUT:
            return f"timeout: {self.table.protocol} waited in vain"
        if state == "DEADLOCK":
            return f"max-rounds: no agreement within {self.terms.max_rounds} rounds"
        if isinstance(cause, Envelope):
            name = cause.message.__class__.__name__
            why = getattr(cause.message, "reason", "")
            code = "walked-away" if name == "Walk" else "refused"
            return f"{code}: {cause.sender}" + (f": {why}" if why else "")
        if isinstance(cause, Left):
            return cause.reason or f"agent-crashed: {cause.agent}"
        if isinstance(cause, Skip):
            return f"{cause.code}: {who}: {cause.reason}"
        return f"agent-late: {who} was silent"

    def __call__(self, actor: Actor, result: Any, error: BaseException | None) -> None:
        """A role has ended (the kernel's on_end; the conversation itself, because a bound method a role costs 64 bytes)."""
        self.roles_left -= 1
        if self.over:
            return
        end = self._end_of(actor)
        if isinstance(error, Withdrawn):
            self.leave(end, error.code, error.cause)
        elif error is not None and not isinstance(error, Ended):
            self.note_fault(actor.name, "role", described(error), formatted(error))
            self.leave(end, "protocol-violation", f"role of {actor.name} raised {described(error)}")
        elif not isinstance(end, Dialogue):
            self.leave(end, "protocol-violation", f"role of {end.name} returned before the whole was over")
        elif self._listens(end):
            end.actor = self.seat(end.name, self._hear_out, end)
            end.box.owner = end.actor
        elif not end.machine.state.final:
            if self.stale:  # by its own account it was done
                self.leave(end, "refused", f"{end.name} had said its last word, which came before one that it had said earlier")
                return
            state = end.machine.state.name
            self.leave(end, "protocol-violation", f"role of {end.name} returned in {state}, where it had to speak")
        elif not self.roles_left:
            self.finish(FAILED, f"protocol-violation: every role of {self.table.protocol} returned before the talk was over")

    def _end_of(self, actor: Actor) -> Any:  # a Dialogue or the Bundle
        if self.bundle is not None:
            return self.bundle.seated[actor]
        return next(end for end in self.ends if end.actor is actor)

    def _listens(self, end: Dialogue) -> bool:
        """Whether a role that has returned has only to hear the other side out, which its machine can do without it."""
        state = end.machine.state
        return not state.final and end.seat.role not in state.speakers and bool(state.speakers)

    async def _hear_out(self, end: Dialogue) -> None:
        """Stand in for a role that has returned, until its turn would come."""
        while self._listens(end):
            await end.receive()

    def depart(self, end: Any, code: str, cause: str) -> None:
        """An agent has gone from outside its role: end the role, and let the others know."""
        if end.actor.alive and not self.over:
            end.actor.on_end = None
            self.roles_left -= 1
            self.kernel.kill(end.actor)
            self.leave(end, code, cause)

    def leave(self, end: Any, code: str, cause: str) -> None:
        """A seat has gone: two parties cannot go on without one, an initiator can go on without a participant."""
        reason = f"{code}: {cause}"
        if self.bundle is None or end is self.bundle:
            self.finish(FAILED, reason, by=end)
        else:
            end.peer.box.put_ordered(Aside(Left(end.name, reason), end.name))
            if not self.roles_left:
                self.finish(FAILED, reason, by=end)

    # -- what went wrong --------------------------------------------------------------------------------------------------

    def note_fault(self, who: str, what: str, cause: str, trace: str = "") -> None:
        """Record a fault of an agent's."""
        self.fault_count += 1
        if not isinstance(self.faults, list):
            self.faults = []
        if len(self.faults) < MAX_FAULTS:
            fault = Fault(who, what, self.kernel.read_clock(), cause, trace)
            self.faults.append(fault)
            if self.observe is not None:
                self.observe("fault", fault, None)

    def note_stale(self, envelope: Envelope, error: RemoteProtocolError, end: Dialogue) -> None:
        """A message that was legal when said came too late: dropped, counted, nobody's fault. An acceptance that bound
        nobody is given back to who said it."""
        self.stale += 1
        peer = end.peer
        if peer.pending is not None and peer.pending[0] == envelope.reply_with:
            peer.box.put_system(Verdict(Notice(error.reason or "overtaken", envelope.reply_with, error.legal)))
        elif isinstance(envelope.message, Accept):  # not tentative: its sender waits for work that never comes
            peer.box.put_ordered(Aside(Left(end.name, f"refused: {error.reason}"), end.name))

    def take_injected(self, item: Injected, end: Dialogue) -> Message | None:
        """Let an end follow a message from outside; an illegal one is answered by a notice and is its sender's fault."""
        envelope = item.envelope
        try:
            return end.take(envelope) if self._hears(end, envelope) else None
        except RemoteProtocolError as error:
            if error.stale:  # legal once, and overtaken
                self.stale += 1
            else:
                self.note_fault(item.origin, "illegal", str(error))
            if not isinstance(envelope.message, SystemEvent):  # never a notice for a notice
                end.peer.box.put_system(Notice(str(error), envelope.reply_with, error.legal))
            return None

    @staticmethod
    def _hears(end: Dialogue, envelope: Envelope) -> bool:
        machine = end.machine
        move = machine.state.hears.get(type(envelope.message))
        if move is not None and not any(rule(envelope.message, machine.board, False, end.now) for rule in move.rules):
            return True
        machine.hear(envelope.message, end.now)  # raises, with everything that is legal here
        return False

    async def compute(self, actor: Actor, function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        """Run a function in a thread while its actor is parked."""
        call = Call(self.calls, actor, actor.name, getattr(function, "__name__", "compute"), self.deadline, self.loose)
        call.computes = self.kernel.virtual
        if not await self.calls.run(call, lambda: self.calls.threads.run(function, *args)):
            raise Ended
        if call.error is not None:
            raise call.error
        return call.result

    def __repr__(self) -> str:
        return f"<Conversation {self.id}: {self.state or 'open'}, {len(self.offers)} offers, {self.messages} messages>"
