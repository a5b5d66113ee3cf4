"""Asking an agent: call the hook once, judge its decision, and let policy, as data, answer what went wrong.

A hook is never called twice for one turn, except by `repair`. The runtime never invents a REJECT.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Awaitable, Callable, Generator
from types import coroutine
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from negotiate_rt.errors import InvalidDecision, LocalProtocolError
from negotiate_rt.messages.performatives import Message, Skip
from negotiate_rt.messages.view import View
from negotiate_rt.runtime.actor import PARK, Actor, Ended
from negotiate_rt.runtime.calls import Call
from negotiate_rt.runtime.kernel import described, formatted
from negotiate_rt.runtime.mailbox import Mailbox
from negotiate_rt.runtime.seat import Asked, HookKind, Seat

if TYPE_CHECKING:
    from negotiate_rt.machine import Machine
    from negotiate_rt.runtime.conversation import Conversation

PLAIN = HookKind.PLAIN
UNDECIDED: Any = object()
KNOCKS = 16  # that a role which will not unwind may make at a conversation that is over, before it is parked
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


def until_due(view: Any, due: float) -> Any:  # a View, or whatever a question of a protocol's own shows
    """Return the view with the time that is really left: a repair gets what its turn has not used up."""
    return replace(view, deadline=due) if isinstance(view, View) and due < view.deadline else view


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
        if self.conversation.state:
            await gone(self)
        if self.actor.kernel.hooked:  # each plain hook has a step of its own; by count, for time would change the order
            await give_way(self.actor)
        asked = self.seat.resolve(hook, bool(args))
        if asked.kind is PLAIN:
            try:
                return self.ask_plain(asked, args, deadline)
            except Faulty as fault:
                return await self.remedy(asked, args, fault, until, self.due(asked, deadline))
        due = self.due(asked, deadline)
        self.take_notes()
        try:
            return await self._decide(asked, args, until, due)
        except Faulty as fault:
            return await self.remedy(asked, args, fault, until, due)

    def ask_plain(self, asked: Asked, args: tuple[Any, ...], deadline: float) -> Message:
        """Call a plain hook in place and judge its decision. Raises Faulty."""
        conversation = self.conversation
        if self.box.queue:
            self.take_notes()
        if asked.routine is not None:
            routine = asked.routine
            message = routine(self)  # type: ignore[arg-type]  # self is a Dialogue
            if message is not None:
                return message
        question = asked.question
        function, view, judge = asked.function, question.view, question.judge
        kernel = self.actor.kernel
        kernel.asking = self
        kernel.hooked = True
        decision = UNDECIDED
        try:
            if args or view is None:
                decision = function(*args) if view is None else function(view(self, *args))
            else:
                decision = function(view(self))
            if deadline != math.inf or conversation.terms.hurried:
                self._check_late(asked, self.due(asked, deadline))
            if conversation.state:
                raise Ended
            return judge(self, decision)  # type: ignore[arg-type]  # self is a Dialogue
        except (KeyboardInterrupt, Ended):
            discard(decision)
            raise
        except BaseException as error:  # noqa: BLE001  # the border to agents' code: whatever it raises is policy's business
            raise self._classify(error, asked, decision) from None
        finally:
            kernel.asking = None

    def _check_late(self, asked: Asked, due: float) -> None:
        if self.actor.kernel.read_clock() > due:
            raise Faulty("late", f"{asked.question.hook} returned after its deadline")

    def due(self, asked: Asked, deadline: float) -> float:
        """Return when this question's answer is due: the role's deadline, the turn's, or the negotiation's."""
        conversation = self.conversation
        if not asked.question.execution:
            deadline = min(deadline, self.actor.kernel.now + conversation.turn_timeout)
        return min(deadline, conversation.deadline)

    @staticmethod
    def _classify(error: BaseException, asked: Asked, decision: Any) -> Faulty:
        if isinstance(error, Faulty):
            discard(decision)
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
        arguments = args if question.view is None else (until_due(question.view(self, *args), due),)
        function = asked.function
        if ready is None and asked.kind is not PLAIN:
            decision = await self._outside(question.hook, lambda: function(*arguments), until, due)
        else:
            decision = self._called(asked, arguments) if ready is None else ready
            if inspect.isawaitable(decision):
                decision = await self._awaited(question.hook, decision, until, due)
            else:
                self._check_late(asked, due)
        self.take_notes()
        if self.conversation.over:
            raise Ended
        return self._judged(asked, decision)

    async def _awaited(
        self, hook: str, ready: Awaitable[Any], until: tuple[type[Message], ...], due: float
    ) -> Any:  # whatever the agent decides
        try:
            return await self._outside(hook, lambda: ready, until, due)
        finally:
            discard(ready)

    def _judged(self, asked: Asked, decision: Any) -> Message:
        """Return the message that a decision stands for. Raises Faulty; a utility of the agent's own may raise anything."""
        try:
            return asked.question.judge(self, decision)  # type: ignore[arg-type]  # self is a Dialogue
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  # the border to agents' code
            raise self._classify(error, asked, decision) from None

    def _called(self, asked: Asked, arguments: tuple[Any, ...]) -> Any:
        kernel = self.actor.kernel
        kernel.asking = self
        kernel.hooked = True
        try:
            return asked.function(*arguments)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  # the border to agents' code
            raise self._classify(error, asked, UNDECIDED) from None
        finally:
            kernel.asking = None

    async def _outside(
        self, hook: str, awaitable: Callable[[], Awaitable[Any]], until: tuple[type[Message], ...], due: float
    ) -> Any:
        call = Call(self.conversation.calls, self.actor, self.seat.name, hook, due, self.conversation.loose)
        if until:
            if any(getattr(item, "message", None).__class__ in until for item in self.box.queue or ()):
                raise Interrupted
            self.box.interrupts = lambda item: getattr(item, "message", None).__class__ in until
        try:
            done = await self.conversation.calls.run(call, awaitable, self.seat.agent)
        finally:
            self.box.interrupts = None
        if self.conversation.observe is not None:
            waited = self.actor.kernel.now - self.actor.waits_since
            self.conversation.observe("decided", (hook, *answer_of(call, done), waited), self)
        if not done:
            if self.actor.interrupted:
                raise Interrupted
            if call.task is None:
                raise Faulty("late", f"{hook} had to wait for a place among the calls in flight until {due:.6g} s")
            raise Faulty("late", f"{hook} gave no answer by {due:.6g} s")
        if call.error is None:
            return call.result
        if isinstance(call.error, InvalidDecision):
            raise Faulty("invalid", str(call.error))
        raise Faulty("raised", f"{hook} raised {described(call.error)}", formatted(call.error))

    async def remedy(
        self, asked: Asked, args: tuple[Any, ...], fault: Faulty, until: tuple[type[Message], ...], due: float
    ) -> Message:
        """Answer a fault by the policy table; each fault is recorded. A repair must be done by `due` as well."""
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
                return Skip(fault.cause, CODES[fault.kind])
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
                remedies = self._record(again)
                queue = remedies if remedy == "repair" else queue or ["skip"]
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
        function = Asked(question, question.adapt(strategy, self.seat.agent), PLAIN)
        try:
            decision = self._called(function, args if question.view is None else (question.view(self, *args),))
            message = self._judged(function, decision)
        except Faulty as fault:
            cause = "it must be a plain function" if fault.ready is not None else fault.cause
            discard(fault.ready)
            raise Faulty(fault.kind, f"the fallback: {cause}", fault.trace) from None
        return message


def answer_of(call: Call, done: bool) -> tuple[str, Any]:  # Any: whatever the hook answered
    """Return how an outside call came back, and with what: what a journal keeps of it."""
    if not done:
        return "late", None
    return ("answer", call.result) if call.error is None else ("raised", described(call.error))


def discard(decision: Any) -> None:  # Any: whatever an agent returned
    """Close a coroutine that nobody will run, or Python would warn of it."""
    if inspect.iscoroutine(decision) and inspect.getcoroutinestate(decision) == inspect.CORO_CREATED:
        decision.close()


@coroutine
def give_way(actor: Actor) -> Generator[Any, None, None]:
    """Let others run."""
    actor.wake(actor)
    yield PARK


@coroutine
def gone(end: Asking) -> Generator[Any, None, Any]:
    """The conversation is over: unwind the role. One that will not unwind is parked, or it would spin for ever."""
    end.conversation.knocks += 1
    if end.conversation.knocks > KNOCKS:
        while True:
            yield PARK
    raise Ended
