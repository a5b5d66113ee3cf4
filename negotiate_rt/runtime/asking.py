"""Asking an agent: call the hook once, judge its decision, and let policy, as data, answer what went wrong.

A hook is never called twice for one turn, except by `repair`. The runtime never invents a REJECT.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from negotiate_rt.errors import InvalidDecision, LocalProtocolError
from negotiate_rt.messages.performatives import Message, Skip
from negotiate_rt.runtime.actor import Actor, Ended
from negotiate_rt.runtime.calls import Call
from negotiate_rt.runtime.kernel import described, formatted
from negotiate_rt.runtime.mailbox import Mailbox
from negotiate_rt.runtime.seat import Asked, HookKind, Seat

if TYPE_CHECKING:
    from negotiate_rt.machine import Machine
    from negotiate_rt.runtime.conversation import Conversation

PLAIN = HookKind.PLAIN
UNDECIDED: Any = object()
CODES = {
    "late": "agent-late",
    "raised": "agent-crashed",
    "invalid": "protocol-violation",
    "illegal": "protocol-violation",
}


class Withdrawn(BaseException):
    """Unwinds the role of an agent that leaves by policy. `code` and `cause` tell why."""

    def __init__(self, code: str, cause: str) -> None:
        self.code = code
        self.cause = cause
        super().__init__(f"{code}: {cause}")


class Faulty(Exception):
    """A decision went wrong: kind, cause, traceback. `ready` holds an awaitable that stands for the decision instead."""

    def __init__(self, kind: str, cause: str, trace: str = "", ready: Any = None) -> None:
        self.kind = kind
        self.cause = cause
        self.trace = trace
        self.ready = ready


class Interrupted(Exception):
    """A message of the kinds in `until` arrived while the hook was working; it waits in the mailbox."""


class Asking:
    """The `ask` half of a dialogue's end."""

    __slots__ = ("conversation", "machine", "repair", "seat")

    conversation: Conversation
    machine: Machine
    seat: Seat
    actor: Actor
    box: Mailbox

    def take_notes(self) -> None:
        """Follow what waits in the mailbox and keeps the state."""
        raise AssertionError("Dialogue defines it")

    async def ask(
        self, hook: str | None = None, *args: Any, until: tuple[type[Message], ...] = (), deadline: float = math.inf
    ) -> Message:
        """Ask this role's agent (its own hook by default) and return a message ready to send.

        The decision is guarded, an Accept names the standing offer, a Walk becomes the refusal that is legal here. Returns
        a Skip when policy lets the turn pass. `deadline` is a time on the society's clock. Raises Interrupted when a
        message of a kind in `until` arrives first.
        """
        asked = self.seat.asked.get(hook) or self.seat.resolve(hook)
        try:
            if asked.kind is PLAIN:
                return self.ask_plain(asked, args, deadline)
            return await self._decide(asked, args, until, self._deadline(asked, deadline))
        except Faulty as fault:
            return await self.remedy(asked, args, fault, until, deadline)

    def ask_plain(self, asked: Asked, args: tuple[Any, ...], deadline: float) -> Message:
        """Call a plain hook in place and judge its decision. Raises Faulty."""
        conversation = self.conversation
        if conversation.state:
            raise Ended
        if self.box.queue:
            self.take_notes()
        question = asked.question
        kernel = self.actor.kernel
        kernel.asking = self
        kernel.hooked = True
        decision = UNDECIDED
        try:
            decision = asked.function(*args) if question.view is None else asked.function(question.view(self, *args))
            if conversation.terms.hurried or deadline < math.inf:
                self._check_late(asked, deadline)
            if conversation.state:
                raise Ended
            return question.judge(self, decision)  # type: ignore[arg-type]  # self is a Dialogue
        except (KeyboardInterrupt, Ended):
            raise
        except BaseException as error:  # noqa: BLE001  # the border to agents' code: whatever it raises is policy's business
            raise self._classify(error, asked, decision) from None
        finally:
            kernel.asking = None

    def _check_late(self, asked: Asked, deadline: float) -> None:
        kernel = self.actor.kernel
        if not kernel.virtual and kernel.read_clock() > self._deadline(asked, deadline):
            raise Faulty("late", f"{asked.question.hook} returned after its deadline")

    def _deadline(self, asked: Asked, deadline: float) -> float:
        """Return when this question's answer is due: the role's deadline, the turn's, or the negotiation's."""
        conversation = self.conversation
        if not asked.question.execution:
            deadline = min(deadline, self.actor.kernel.now + conversation.turn_timeout)
        return min(deadline, conversation.deadline)

    @staticmethod
    def _classify(error: BaseException, asked: Asked, decision: Any) -> Faulty:
        if isinstance(error, Faulty):
            return error
        if inspect.isawaitable(decision):
            return Faulty("invalid", "", ready=decision)
        if isinstance(error, InvalidDecision):
            return Faulty("invalid", str(error))
        if isinstance(error, LocalProtocolError) and decision is not UNDECIDED:
            return Faulty("illegal", str(error))
        return Faulty("raised", f"{asked.question.hook} raised {described(error)}", formatted(error))

    async def _decide(
        self, asked: Asked, args: tuple[Any, ...], until: tuple[type[Message], ...], due: float, ready: Any = None
    ) -> Message:
        """Make one outside call (or wait for the awaitable in `ready`) and judge its decision. Raises Faulty."""
        question = asked.question
        arguments = args if question.view is None else (question.view(self, *args),)
        function = asked.function
        if ready is None and asked.kind is not PLAIN:
            decision = await self._outside(question.hook, lambda: function(*arguments), until, due)
        else:
            decision = self._called(asked, arguments) if ready is None else ready
            if inspect.isawaitable(decision):
                decision = await self._outside(question.hook, lambda: decision, until, due)
        self.take_notes()
        if self.conversation.over:
            raise Ended
        try:
            return question.judge(self, decision)  # type: ignore[arg-type]  # self is a Dialogue
        except InvalidDecision as error:
            raise Faulty("invalid", str(error)) from None
        except LocalProtocolError as error:
            raise Faulty("illegal", str(error)) from None

    def _called(self, asked: Asked, arguments: tuple[Any, ...]) -> Any:
        try:
            return asked.function(*arguments)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  # the border to agents' code
            raise self._classify(error, asked, UNDECIDED) from None

    async def _outside(
        self, hook: str, awaitable: Callable[[], Awaitable[Any]], until: tuple[type[Message], ...], due: float
    ) -> Any:
        call = Call(self.conversation.calls, self.actor, self.seat.name, hook, due, self.conversation.loose)
        if until:
            self.box.interrupts = lambda item: getattr(item, "message", None).__class__ in until
        try:
            done = await self.conversation.calls.run(call, awaitable, self.seat.agent)
        finally:
            self.box.interrupts = None
        if not done:
            if self.actor.interrupted:
                raise Interrupted
            raise Faulty("late", f"{hook} gave no answer by {due:.6g} s")
        if call.error is None:
            return call.result
        if isinstance(call.error, InvalidDecision):
            raise Faulty("invalid", str(call.error))
        raise Faulty("raised", f"{hook} raised {described(call.error)}", formatted(call.error))

    async def remedy(
        self,
        asked: Asked,
        args: tuple[Any, ...],
        fault: Faulty,
        until: tuple[type[Message], ...],
        deadline: float,
    ) -> Message:
        """Answer a fault by the policy table; each fault is recorded."""
        due = self._deadline(asked, deadline)
        if fault.ready is not None:  # no fault at all: a plain callable that returned an awaitable
            try:
                return await self._decide(asked, args, until, due, ready=fault.ready)
            except Faulty as late:
                fault = late
        repaired = False
        queue = self._record(fault)
        while queue:
            remedy, *queue = queue
            if remedy == "skip":
                return Skip(fault.cause)
            if remedy == "fail":
                self.conversation.finish("FAILED", f"{CODES[fault.kind]}: {self.seat.name}: {fault.cause}")
                raise Ended
            if remedy == "withdraw":
                break
            if remedy == "repair" and repaired:
                continue
            try:
                if remedy == "repair":
                    repaired = True
                    self.repair = fault.cause
                    return await self._decide(asked, args, until, due)
                return self._fall_back(asked, args, remedy)
            except Faulty as again:
                fault = again
                queue = self._record(again) if remedy == "repair" else queue or ["skip"]
            finally:
                self.repair = ""
        raise Withdrawn(CODES[fault.kind], f"{self.seat.name}: {fault.cause}")

    def _record(self, fault: Faulty) -> list[Any]:
        """Note the fault and return the remedies for its kind."""
        self.conversation.note_fault(self.seat.name, fault.kind, fault.cause, fault.trace)
        return list(getattr(self.conversation.policy, fault.kind))

    def _fall_back(self, asked: Asked, args: tuple[Any, ...], remedy: Any) -> Message:
        """Let the fallback strategy decide this turn."""
        question = asked.question
        strategy = self.conversation.policy.fallback if remedy == "fallback" else remedy
        function = question.adapt(strategy)
        arguments = args if question.view is None else (question.view(self, *args),)
        decision = self._called(Asked(question, function, PLAIN), arguments)
        try:
            return question.judge(self, decision)  # type: ignore[arg-type]  # self is a Dialogue
        except (InvalidDecision, LocalProtocolError) as error:
            raise Faulty("invalid", f"the fallback's decision: {error}") from None
