"""Subscribe (FIPA SC00035H): the initiator asks to be told a thing, and again whenever it changes, until it cancels.

The participant refuses, or agrees (which FIPA leaves to it: the first news will do) and sends an inform for each piece of
news. Its hook `handle_subscription(subject)`, if it has one, decides; its hook `notify(subject)` tells: an asynchronous
iterator of news, a function that returns several at once, or one that takes a second argument and calls it with each piece,
`tell(news)`, plain or async. A failure of its own ends it. What is not in FIPA's diagram: a participant with nothing more to
tell, whose iterator has ended, says inform-done.

The initiator cancels after `notifications` pieces of news, `duration` seconds, or when its own hook `hear(news)` returns
False. AGREED once the participant had agreed and was heard out: cancelled, or at an end of its own; the latest news are in
`outcome.result.news`. Cancelled before there was any answer: FAILED. News that cross the cancel are not counted.
"""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar

import msgspec
from msgspec.structs import force_setattr

from negotiate_rt.errors import InvalidDecision
from negotiate_rt.machine import Moves
from negotiate_rt.messages.config import seconds, whole
from negotiate_rt.messages.outcome import AGREED, FAILED
from negotiate_rt.messages.performatives import (
    Agree,
    Cancel,
    Failure,
    Inform,
    InformDone,
    Lapse,
    Message,
    NotUnderstood,
    Refuse,
    Subscribe,
)
from negotiate_rt.messages.view import sleep
from negotiate_rt.problems.task import freeze
from negotiate_rt.protocols.base import finite_or_none
from negotiate_rt.protocols.engagement import takes
from negotiate_rt.protocols.guard import spoken
from negotiate_rt.protocols.interaction import (
    AWAITING_ANSWER,
    CALLED_OFF,
    CANCELLING,
    OVERDUE,
    I,
    Interaction,
    InteractionOptions,
    P,
    after,
    confirm_cancel,
)
from negotiate_rt.runtime import pipe
from negotiate_rt.runtime.asking import Interrupted
from negotiate_rt.runtime.conversation import Conversation
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Asked, HookKind, Question, Seat

SUBSCRIBING, SUBSCRIBED, ELAPSED, UNSUBSCRIBING = "subscribing", "subscribed", "elapsed", "unsubscribing"
TELL = frozenset({"tell"})


class SubscribeOptions(InteractionOptions, frozen=True, kw_only=True):
    """Options of a subscription: those of all interactions (perform_timeout is the longest silence between news), and when
    the initiator cancels: after `notifications` pieces of news, after `duration` seconds (None: not for that). keep: how many
    of the latest news stand in the result. Raises ConfigurationError."""

    notifications: int | None = None
    duration: float | timedelta | None = None
    keep: int = 1000

    def __post_init__(self) -> None:
        InteractionOptions.__post_init__(self)
        if self.notifications is not None:
            force_setattr(self, "notifications", whole("options.notifications", self.notifications, 1))
        force_setattr(self, "duration", seconds("options.duration", self.duration))
        force_setattr(self, "keep", whole("options.keep", self.keep, 1))


class News(msgspec.Struct, frozen=True):
    """One piece of news, and when the initiator heard it, in seconds on the society's clock."""

    content: Any
    at: float


class SubscribeResult(msgspec.Struct, frozen=True, kw_only=True):
    """What was told: the latest news, oldest first, and how many there were in all."""

    news: tuple[News, ...]
    count: int


class Subscriber:
    """The initiator's side: its options, and what it has heard."""

    __slots__ = ("count", "news", "options")

    def __init__(self, options: SubscribeOptions) -> None:
        self.options = options
        self.news: deque[News] = deque(maxlen=options.keep)
        self.count = 0


class Teller:
    """What a `notify` hook may call with each piece of news; False when nobody listens any more. Works in a worker process."""

    __slots__ = ("_talk",)

    def __init__(self, talk: Dialogue | None = None) -> None:
        self._talk = talk

    def report(self, news: Any) -> bool:
        """Tell the initiator."""
        return pipe.tell(news) if self._talk is None else self._talk.tell(Inform(freeze(news)))

    __call__ = report

    def __reduce__(self) -> tuple[Any, ...]:
        return Teller, ()


def judge_subscription(talk: Dialogue, decision: Any) -> Message:
    """Turn what handle_subscription says into a message: None or True agrees, False refuses."""
    if isinstance(decision, Message):
        return spoken(talk, decision)
    if decision is not None and not isinstance(decision, bool):
        raise InvalidDecision(f"a subscription is answered by True or False, Agree or Refuse, got {decision!r}")
    return talk.machine.clear(Refuse() if decision is False else Agree(), talk.now)


def judge_end(talk: Dialogue, decision: Any) -> Message:
    """Turn what is left when a `notify` hook has ended into a message: it has nothing more to tell, unless it says otherwise."""
    return spoken(talk, decision) if isinstance(decision, Message) else talk.machine.clear(InformDone(), talk.now)


def judge_hearing(talk: Dialogue, decision: Any) -> Message:
    """Turn what `hear` returns into a message to the initiator's own role: False or a Cancel ends the subscription."""
    if isinstance(decision, Cancel):
        return decision
    if decision is not None and not isinstance(decision, bool):
        raise InvalidDecision(f"hear returns None or True to go on, False to cancel, got {decision!r}")
    return Cancel("heard enough") if decision is False else Inform()


class SubscribeProtocol(Interaction):
    """News of one subject, from one participant."""

    name = "subscribe"
    subject = "a subject"
    options = SubscribeOptions
    start = SUBSCRIBING
    moves: ClassVar[Moves] = {
        SUBSCRIBING: {(I, Subscribe): AWAITING_ANSWER},
        AWAITING_ANSWER: {
            (P, Agree): SUBSCRIBED, (P, Inform): SUBSCRIBED, (P, Refuse): FAILED, (P, NotUnderstood): FAILED,
            (P, Failure): FAILED, (I, Cancel): CANCELLING,
        },
        SUBSCRIBED: {
            (P, Inform): SUBSCRIBED, (P, InformDone): AGREED, (P, Failure): FAILED, (I, Cancel): UNSUBSCRIBING,
        },
        ELAPSED: {(I, Cancel): UNSUBSCRIBING},
        UNSUBSCRIBING: {(P, Inform): UNSUBSCRIBING, (P, InformDone): AGREED, (P, Failure): FAILED},
        OVERDUE: {(I, Cancel): CANCELLING},
        CANCELLING: {**CALLED_OFF, (P, Inform): CANCELLING},
    }  # fmt: skip
    timeouts: ClassVar = {
        SUBSCRIBING: FAILED, AWAITING_ANSWER: OVERDUE, SUBSCRIBED: ELAPSED, ELAPSED: AGREED, UNSUBSCRIBING: AGREED,
        OVERDUE: FAILED, CANCELLING: FAILED,
    }  # fmt: skip
    skips: ClassVar = {AWAITING_ANSWER: FAILED, SUBSCRIBED: FAILED}
    questions: ClassVar = {
        I: {None: Question("name", judge_hearing), "hear": Question("hear", judge_hearing, default=lambda news: None)},
        P: {
            None: Question("notify", judge_end, execution=True),
            "notify": Question("notify", judge_end, execution=True),
            "handle_subscription": Question("handle_subscription", judge_subscription, default=lambda subject: None),
        },
    }

    def opened(self, conversation: Conversation, seats: Sequence[Seat], options: Any) -> None:
        """Keep the options, and what is heard, where the roles find them."""
        for seat in seats:
            seat.context = Subscriber(options) if seat.role == I else options

    def utilities(self, seats: Sequence[Seat], conversation: Conversation) -> dict[str, float]:
        """Nothing is known of what it is worth to anybody; what was heard is the result, however the talk has ended."""
        for seat in seats:
            if isinstance(seat.context, Subscriber):
                conversation.result = SubscribeResult(news=tuple(seat.context.news), count=seat.context.count)
        return {}

    # -- initiator --------------------------------------------------------------------------------------------------------

    async def initiator(self, talk: Dialogue) -> None:
        """Subscribe, hear the news, and cancel when there is enough."""
        mine: Subscriber = talk.seat.context
        options = mine.options
        reply_by = after(talk, options.reply_by)
        await talk.send(Subscribe(talk.seat.problem), finite_or_none(reply_by))
        message = await talk.receive(Inform, deadline=reply_by)
        end = after(talk, options.duration)
        while talk.open:
            reason = "too slow"
            if isinstance(message, Inform):
                reason = await self._hear(talk, message)
            if isinstance(message, Lapse) or reason != "too slow":
                await self.cancel(talk, reason)
                return
            message = await talk.receive(Inform, deadline=min(end, after(talk, options.perform_timeout)))

    async def _hear(self, talk: Dialogue, message: Inform) -> str:
        """Take news down; return why they are the last to be heard, if they are."""
        mine: Subscriber = talk.seat.context
        mine.news.append(News(message.content, talk.now))
        mine.count += 1
        verdict = await talk.ask("hear", message.content) if callable(getattr(talk.seat.agent, "hear", None)) else None
        if isinstance(verdict, Cancel):
            return verdict.reason or "heard enough"
        return "heard enough" if mine.count == mine.options.notifications else "too slow"

    async def cancel(self, talk: Dialogue, reason: str = "too slow") -> None:
        """Say cancel, and hear what becomes of it."""
        mine: Subscriber = talk.seat.context
        if talk.conversation.reason is None:
            talk.conversation.reason = f"agent-late: {talk.other}: no answer in time, cancelled"
        await talk.send(Cancel(reason))
        deadline = after(talk, mine.options.cancel_timeout)
        while talk.open:
            await talk.receive(deadline=deadline)

    # -- participant ------------------------------------------------------------------------------------------------------

    async def participant(self, talk: Dialogue) -> None:
        """Agree, and tell the news until there are none, or nobody wants them."""
        subscription = await talk.receive(Subscribe)
        if not isinstance(subscription, Subscribe):
            return
        subject = subscription.content
        try:
            reply = await talk.ask("handle_subscription", subject, until=(Cancel,))
            await talk.send(reply)
            if isinstance(reply, (Agree, Inform)):
                question = talk.seat.question("notify")
                hook = talk.seat.worker.hook("notify") if talk.seat.worker is not None else talk.seat.function(question)
                two = takes(talk.seat.agent.notify, 2, TELL)
                talk.seat.asked["notify"] = Asked(question, partial(stream, talk, hook, two), HookKind.ASYNC)
                await talk.send(await talk.ask("notify", subject, until=(Cancel,)))
        except Interrupted:
            await confirm_cancel(talk)


async def stream(talk: Dialogue, hook: Callable[..., Any], two: bool, subject: Any) -> Any:  # what the hook has left to say
    """Call a `notify` hook and tell all that comes of it, giving way after each piece of news."""
    tell = Teller(talk)
    told = hook(subject, tell) if two else hook(subject)
    if inspect.isawaitable(told):
        told = await told
    if isinstance(told, AsyncIterable):
        async with AsyncExitStack() as stack:
            if isinstance(told, AsyncGenerator):  # closed here, not by the collector in a task of nobody's
                await stack.enter_async_context(aclosing(told))
            async for news in told:
                tell(news)
                await sleep(0)
    elif isinstance(told, Iterable) and not isinstance(told, (str, bytes, Mapping)):
        for news in told:
            tell(news)
            await sleep(0)
    elif isinstance(told, Message):
        return told
    elif told is not None:
        tell(told)
    return None
