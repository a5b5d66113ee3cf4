"""Brokering (FIPA SC00033H): the initiator asks a broker to find agents that can do a thing, and to deal with them for it.

The initiator sends proxy: what the agents must be able to do, under which protocol they are to be addressed (request, query,
propose or subscribe), with which content, and whether the first that serves will do or everybody is asked. The broker refuses, or
agrees and looks them up in the society's directory. It holds one dialogue with each, inside this one and bounded by its
deadline, with itself as initiator, and passes on what came of them: inform-result, or failure if nobody fits (no match) or
nobody served. The replies are in `outcome.result.replies`.

The broker is an agent: `Broker`, or any with a hook `mediate(proxied, context)`, where `context.search(...)` looks up names and
`await context.negotiate(...)` opens a dialogue; a hook `handle_proxy(proxied)` may refuse beforehand (False or `Refuse`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec
from msgspec.structs import force_setattr

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.machine import Moves
from negotiate_rt.messages.config import NegotiationConfig, protocol_name, seconds
from negotiate_rt.messages.outcome import AGREED, FAILED, NegotiationOutcome
from negotiate_rt.messages.performatives import (
    Agree,
    Cancel,
    Failure,
    InformResult,
    Message,
    NotUnderstood,
    Proxy,
    Refuse,
)
from negotiate_rt.problems.task import freeze
from negotiate_rt.protocols.awarding import several
from negotiate_rt.protocols.engagement import Engagement
from negotiate_rt.protocols.guard import judge_report
from negotiate_rt.protocols.interaction import (
    AGREED_TO,
    AWAITING_ANSWER,
    CALLED_OFF,
    CANCELLING,
    OVERDUE,
    I,
    Interaction,
    confirm_cancel,
)
from negotiate_rt.protocols.subscribe import judge_subscription
from negotiate_rt.runtime.asking import Interrupted
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Question, Seat

B, PROXYING = "broker", "proxying"
INNER = ("request", "query", "propose", "subscribe")


class Proxied(msgspec.Struct, frozen=True, kw_only=True):
    """What a broker is asked to do: find agents with a capability (or all of several), and hold a dialogue with each.

    protocol: request, query, propose or subscribe; content: what that one is about; options: its own. everybody: ask all that
    fit, at once; else one after the other, in the order in which they registered, until one has served. timeout: seconds for
    each dialogue (None: what is left). Raises ConfigurationError.
    """

    capability: str | tuple[str, ...]
    content: Any
    protocol: str = "request"
    everybody: bool = False
    timeout: float | None = None
    options: Any = None

    def __post_init__(self) -> None:
        force_setattr(self, "capability", several("capability", self.capability))
        force_setattr(self, "protocol", protocol_name(self.protocol))
        if self.protocol not in INNER:
            raise ConfigurationError(
                f"protocol: expected one of {', '.join(INNER)}, got {self.protocol!r}{suggest(self.protocol, INNER)}"
            )
        force_setattr(self, "content", freeze(self.content))
        force_setattr(self, "timeout", seconds("timeout", self.timeout))

    def config(self) -> NegotiationConfig:
        """Return the config of one dialogue."""
        return NegotiationConfig(self.protocol, timeout=self.timeout, options=self.options)


class ProxyReply(msgspec.Struct, frozen=True):
    """What came of the dialogue with one agent: whether it served, the dialogue's result, or why not; and its id."""

    agent: str
    served: bool
    result: Any
    reason: str | None
    negotiation: str

    @classmethod
    def of(cls, agent: str, outcome: NegotiationOutcome) -> ProxyReply:
        """Return an agent's reply out of the outcome of its dialogue."""
        return cls(agent, outcome.agreed, outcome.result, outcome.failure_reason, outcome.id)


class ProxyResult(msgspec.Struct, frozen=True, kw_only=True):
    """What all dialogues came to, in the order in which the agents had registered."""

    replies: tuple[ProxyReply, ...]


class Brokerage(Engagement):
    """What a broker's `mediate` takes besides the proxy: `search` the directory, `negotiate`; `leader` is the agent that begins
    the dialogues with those who are found."""

    __slots__ = ("leader",)

    leader: Any  # an agent

    def search(self, *capabilities: str) -> tuple[str, ...]:
        """Return who lives in the society and can do all of this, but for the two who sit here, in the order of arrival."""
        talk = self._here()
        commons = talk.conversation.commons
        names = commons.directory.search(*capabilities) if commons is not None else ()
        return tuple(name for name in names if name not in (talk.name, talk.other))


class BrokeringProtocol(Interaction):
    """One proxy to one broker, who deals with others and passes on their replies."""

    name = "brokering"
    subject = "a Proxied"
    seats: ClassVar = {I: 1, B: 1}
    contents = (Proxied, ProxyReply)
    start = PROXYING
    moves: ClassVar[Moves] = {
        PROXYING: {(I, Proxy): AWAITING_ANSWER},
        AWAITING_ANSWER: {(B, Agree): AGREED_TO, (B, Refuse): FAILED, (B, NotUnderstood): FAILED, (I, Cancel): CANCELLING},
        AGREED_TO: {(B, InformResult): AGREED, (B, Failure): FAILED, (I, Cancel): CANCELLING},
        OVERDUE: {(I, Cancel): CANCELLING},
        CANCELLING: {**{(B, act): to for (_, act), to in CALLED_OFF.items()}, (B, InformResult): FAILED},
    }  # fmt: skip
    timeouts: ClassVar = {
        PROXYING: FAILED, AWAITING_ANSWER: OVERDUE, AGREED_TO: OVERDUE, OVERDUE: FAILED, CANCELLING: FAILED,
    }  # fmt: skip
    skips: ClassVar = {AWAITING_ANSWER: FAILED, AGREED_TO: FAILED}
    questions: ClassVar = {
        I: {None: Question("name", judge_report)},
        B: {
            None: Question("mediate", judge_report, execution=True),
            "mediate": Question("mediate", judge_report, execution=True),
            "handle_proxy": Question("handle_proxy", judge_subscription, default=lambda proxied: None),
        },
    }

    def open_roles(self, agents: Sequence[Any]) -> list[str]:
        """Return the roles that agents without one fill, in order."""
        return [B] if len(agents) < 2 else [I, B]

    def settle(self, seats: Sequence[Seat], config: NegotiationConfig, problem: Any) -> Any:
        """Return what is asked of the broker. Raises ConfigurationError unless it is a Proxied."""
        if not isinstance(problem, Proxied):
            raise ConfigurationError(f"{self.name}: needs a Proxied(capability=..., content=...), got {problem!r}")
        return super().settle(seats, config, problem)

    def opening(self, talk: Dialogue) -> Message:
        """Return the proxy."""
        return Proxy(talk.seat.problem)

    def result(self, message: Message, agreed: bool) -> ProxyResult:
        """Return the replies."""
        told = message.result if isinstance(message, InformResult) else ()
        replies = told if isinstance(told, tuple) else (told,)
        return ProxyResult(replies=replies)

    def leader(self, talk: Dialogue) -> Any:  # anything with a name
        """Return who leads the dialogues: the broker."""
        return talk.seat.agent

    async def broker(self, talk: Dialogue) -> None:
        """Agree, mediate, and pass on what came of it."""
        proxy = await talk.receive(Proxy)
        if not isinstance(proxy, Proxy):
            return
        try:
            reply = await talk.ask("handle_proxy", proxy.content, until=(Cancel,))
            await talk.send(reply)
            if isinstance(reply, Agree):
                talk.seat.context = None  # an engagement's penalty; the options are the initiator's business
                context = Brokerage.of(talk, proxy.content)
                assert isinstance(context, Brokerage)
                context.leader = self.leader(talk)
                await talk.send(await talk.ask("mediate", proxy.content, context, until=(Cancel,)))
        except Interrupted:
            await confirm_cancel(talk)
