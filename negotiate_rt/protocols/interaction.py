"""What FIPA's one-to-one interaction protocols share: two seats, a subject, deadlines, and the cancel meta-protocol.

The initiator says what it wants (`problem`), and by when it expects an answer; a participant's hook answers. The initiator may
cancel in any open state, and does so itself when a deadline of the options passes: the participant is told to stop, and
answers with inform-done (cancelled) or failure. A cancel may cross any answer, so all of these have rows where it is under
way; whatever arrives there, the talk has been called off. `handle.call_off(reason)` cancels from outside.

One agent alone is the participant, and the runtime seats the initiator; of two the first is the initiator.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

import msgspec
from msgspec.structs import force_setattr

from negotiate_rt.errors import ConfigurationError, InvalidDecision
from negotiate_rt.messages.config import NegotiationConfig, seconds
from negotiate_rt.messages.outcome import FAILED
from negotiate_rt.messages.performatives import (
    Agree,
    Cancel,
    Failure,
    InformDone,
    Lapse,
    Message,
    NotUnderstood,
    Refuse,
)
from negotiate_rt.problems.task import freeze
from negotiate_rt.protocols.base import Convener, NegotiationProtocol, finite_or_none, unique_name
from negotiate_rt.runtime.asking import Interrupted
from negotiate_rt.runtime.conversation import Conversation
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.items import Aside
from negotiate_rt.runtime.seat import Question, Seat

I, P = "initiator", "participant"  # noqa: E741  # as the tables read best
AWAITING_ANSWER, AGREED_TO, OVERDUE, CANCELLING = "awaiting_answer", "agreed_to", "overdue", "cancelling"
CALLED_OFF: Mapping[tuple[str, type[Message]], str] = {  # where a cancel is under way
    (P, InformDone): FAILED, (P, Failure): FAILED, (P, Refuse): FAILED, (P, NotUnderstood): FAILED, (P, Agree): CANCELLING,
}  # fmt: skip


class InteractionOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds or timedeltas. reply_by: for the first answer, an agree or the whole; perform_timeout: for what was agreed to;
    either passed in silence, the initiator cancels (None: what is left of the whole, which then ends in TIMEOUT).
    cancel_timeout: for the answer to a cancel. Raises ConfigurationError."""

    reply_by: float | timedelta | None = None
    perform_timeout: float | timedelta | None = None
    cancel_timeout: float | timedelta = 1.0

    def __post_init__(self) -> None:
        for name in ("reply_by", "perform_timeout", "cancel_timeout"):
            force_setattr(self, name, seconds(f"options.{name}", getattr(self, name)))


def after(talk: Dialogue, limit: float | timedelta | None) -> float:
    """Return the time on the society's clock at which an option's seconds will have passed, infinite without a limit."""
    return math.inf if limit is None else talk.now + float(limit)  # type: ignore[arg-type]  # seconds by now


class Interaction(NegotiationProtocol):
    """Root of FIPA's one-to-one protocols. A subclass adds its table, the initiator's first words and the participant."""

    seats: ClassVar = {I: 1, P: 1}
    convener = I
    options: ClassVar[type | None] = InteractionOptions
    subject: ClassVar[str] = "a subject"  # what `problem` is called in errors

    def open_roles(self, agents: Sequence[Any]) -> list[str]:
        """Return the roles that agents without one fill, in order."""
        return [P] if len(agents) < 2 else [I, P]

    def make_initiator(self, config: NegotiationConfig, agents: Sequence[Any]) -> Convener:
        """Return the initiator that the runtime seats."""
        return Convener(unique_name(I, agents))

    def settle(self, seats: Sequence[Seat], config: NegotiationConfig, problem: Any) -> Any:
        """Return what it is about, frozen. Raises ConfigurationError if there is nothing."""
        if problem is None:
            raise ConfigurationError(f"{self.name}: needs {self.subject}: execute(agents, config, problem=...)")
        settled = freeze(problem)
        for seat in seats:
            seat.problem = settled
        return settled

    def opened(self, conversation: Conversation, seats: Sequence[Seat], options: Any) -> None:
        """Keep the options where the roles find them."""
        for seat in seats:
            seat.context = options

    def utilities(self, seats: Sequence[Seat], conversation: Conversation) -> dict[str, float]:
        """Nothing is known of what it is worth to anybody."""
        return {}

    def call_off(self, conversation: Conversation, reason: str) -> bool:
        """Let the initiator cancel as soon as its role looks up; False if there is no talk to cancel."""
        for end in conversation.ends:
            if end.seat.role == I and end.machine.state.lapse is not None and end.open:
                conversation.reason = f"cancelled: {reason}" if reason else "cancelled"
                end.box.put_ordered(Aside(Lapse("called off"), end.name))
                return True
        return False

    # -- initiator --------------------------------------------------------------------------------------------------------

    async def initiator(self, talk: Dialogue) -> None:
        """Ask, and wait for the answer; cancel who is silent for too long."""
        options: InteractionOptions = talk.seat.context
        reply_by = after(talk, options.reply_by)
        await talk.send(self.opening(talk), finite_or_none(reply_by))
        message = await talk.receive(deadline=reply_by)
        agreed = isinstance(message, Agree)
        if agreed:
            message = await talk.receive(deadline=after(talk, options.perform_timeout))
        if isinstance(message, Lapse) and talk.open:
            await self.cancel(talk)
        else:
            talk.conversation.result = self.result(message, agreed)

    def opening(self, talk: Dialogue) -> Message:
        """Return the initiator's first words."""
        raise NotImplementedError(f"{type(self).__name__} must say how its initiator begins")

    def result(self, message: Message, agreed: bool) -> Any:
        """Return what the participant's last word comes to."""
        return None

    async def cancel(self, talk: Dialogue, reason: str = "too slow") -> None:
        """Say cancel, and hear what becomes of it."""
        options: InteractionOptions = talk.seat.context
        if talk.conversation.reason is None:
            talk.conversation.reason = f"agent-late: {talk.other}: no answer in time, cancelled"
        await talk.send(Cancel(reason))
        deadline = after(talk, options.cancel_timeout)
        while talk.open:
            await talk.receive(deadline=deadline)

    # -- participant ------------------------------------------------------------------------------------------------------

    async def participant(self, talk: Dialogue) -> None:
        """Answer; do what was agreed to; when cancelled, stop and say so."""
        asked = await talk.receive()
        if isinstance(asked, Lapse):
            return
        try:
            subject = getattr(asked, "content", None)
            reply = await talk.ask(None, *self.arguments(talk, asked, subject), until=(Cancel,))
            await talk.send(reply)
            if isinstance(reply, Agree):
                await talk.send(await talk.ask("perform", *self.arguments(talk, asked, subject), until=(Cancel,)))
        except Interrupted:
            await confirm_cancel(talk)

    def arguments(self, talk: Dialogue, asked: Message, subject: Any) -> tuple[Any, ...]:
        """Return what the participant's hooks are asked with."""
        return (subject,)


async def confirm_cancel(talk: Dialogue) -> None:
    """Take the cancel that has arrived, and answer it."""
    while talk.open:
        if isinstance(await talk.receive(), Cancel) and talk.open:
            await talk.send(InformDone("cancelled"))
            return


def judge_frozen(talk: Dialogue, value: Any, message: type[Message]) -> Message:
    """Return a value as the content of a message that is legal here. Raises InvalidDecision, LocalProtocolError."""
    try:
        frozen = freeze(value)
    except (ConfigurationError, RecursionError):
        raise InvalidDecision("the answer nests too deep, or contains itself") from None
    return talk.machine.clear(message(frozen), talk.now)  # each has one field, its content


def own_hook(hook: str, judge: Any) -> dict[str | None, Question]:  # judge: as Question has it
    """Return a participant's questions: its own hook, and `perform` for what it has agreed to, done at once without one."""
    return {None: Question(hook, judge), "perform": Question("perform", judge, execution=True, default=_done)}


def _done(*_: Any) -> None:
    """Nothing is to be done, and nothing to be told of it."""
