"""What can be said: the communicative acts of FIPA (SC00037J) and the runtime's own system events.

Every act is a frozen struct whose tag is its FIPA name (`Accept` is `accept-proposal` on the wire). Contents must be
frozen too: numbers, strings, tuples, frozensets, `Task`, structs registered with a protocol.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

Content: TypeAlias = Any  # whatever a protocol registers; the codec and the protocol's content rules check it


class Message(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, tag_field="performative"):
    """Root of all that one party can say to another."""


class Propose(Message, frozen=True, gc=False, tag="propose"):
    """I offer this. `value` is a price, a share or an outcome; the channel fills in the `offer` id.

    `expires_at` is a time on the society's clock (seconds), or None for an offer that stands until it is answered.
    """

    value: Content
    offer: str = ""
    expires_at: float | None = None


class Accept(Message, frozen=True, gc=False, tag="accept-proposal"):
    """I take the offer with this id (empty: the one that stands; the channel fills it in)."""

    offer: str = ""


class Reject(Message, frozen=True, gc=False, tag="reject-proposal"):
    """I do not take the offer."""

    reason: str = ""
    offer: str = ""


class Cfp(Message, frozen=True, gc=False, tag="cfp"):
    """Call for proposals: who can do this, or would buy this, and for what?"""

    content: Content = None


class Refuse(Message, frozen=True, gc=False, tag="refuse"):
    """I will not do what you ask."""

    reason: str = ""


class NotUnderstood(Message, frozen=True, gc=False, tag="not-understood"):
    """I cannot make sense of what you said (a move with a row of its own; the engine's refusals are notices)."""

    reason: str = ""


class Inform(Message, frozen=True, gc=False, tag="inform"):
    """This is so."""

    content: Content = None


class InformDone(Message, frozen=True, gc=False, tag="inform-done"):
    """The task is done."""

    content: Content = None


class InformResult(Message, frozen=True, gc=False, tag="inform-result"):
    """The task is done, and this is its result."""

    result: Content = None


class Failure(Message, frozen=True, gc=False, tag="failure"):
    """I tried and failed."""

    reason: str = ""


class Cancel(Message, frozen=True, gc=False, tag="cancel"):
    """Stop what I asked you to do."""

    reason: str = ""


class Agree(Message, frozen=True, gc=False, tag="agree"):
    """I will do what you ask."""

    content: Content = None


class Confirm(Message, frozen=True, gc=False, tag="confirm"):
    """What you were unsure of is true."""

    content: Content = None


class Disconfirm(Message, frozen=True, gc=False, tag="disconfirm"):
    """What you believed is false."""

    content: Content = None


class InformIf(Message, frozen=True, gc=False, tag="inform-if"):
    """Whether it is true (the act that query-if requests)."""

    content: Content = None


class InformRef(Message, frozen=True, gc=False, tag="inform-ref"):
    """The object that fits the description (the act that query-ref requests)."""

    content: Content = None


class Propagate(Message, frozen=True, gc=False, tag="propagate"):
    """Treat this as said to you, and pass it on."""

    content: Content = None


class Proxy(Message, frozen=True, gc=False, tag="proxy"):
    """Choose agents that fit and tell them this."""

    content: Content = None


class QueryIf(Message, frozen=True, gc=False, tag="query-if"):
    """Is this true?"""

    content: Content = None


class QueryRef(Message, frozen=True, gc=False, tag="query-ref"):
    """Which object fits this description?"""

    content: Content = None


class Request(Message, frozen=True, gc=False, tag="request"):
    """Do this."""

    content: Content = None


class RequestWhen(Message, frozen=True, gc=False, tag="request-when"):
    """Do this once the condition holds."""

    content: Content = None


class RequestWhenever(Message, frozen=True, gc=False, tag="request-whenever"):
    """Do this each time the condition comes to hold."""

    content: Content = None


class Subscribe(Message, frozen=True, gc=False, tag="subscribe"):
    """Tell me the value, and again whenever it changes."""

    content: Content = None


class Walk(Message, frozen=True, gc=False, tag="walk"):
    """I leave the table: no deal. Not a FIPA act; where a table has no row for it, the refusal legal there is said."""

    reason: str = ""


class Withdraw(Message, frozen=True, gc=False, tag="withdraw"):
    """I take my standing offer back. Not a FIPA act; never passes the turn."""

    offer: str = ""


class SystemEvent(Message, frozen=True, gc=False):
    """Root of what the runtime says in nobody's name."""


class Skip(SystemEvent, frozen=True, gc=False, tag="skip"):
    """The turn passes without a move: policy's answer to a late or unusable decision, with the failure code it stands for."""

    reason: str = ""
    code: str = "agent-late"


class Lapse(SystemEvent, frozen=True, gc=False, tag="lapse"):
    """A deadline of the table has passed in silence."""

    state: str = ""


class Left(SystemEvent, frozen=True, gc=False, tag="left"):
    """The peer has gone and will say nothing more."""

    agent: str = ""
    reason: str = ""


class Notice(SystemEvent, frozen=True, gc=False, tag="notice"):
    """The engine's answer to a message it refused. Never answered by another notice; changes no state."""

    reason: str = ""
    refused: int = 0
    legal: tuple[str, ...] = ()


PERFORMATIVES: tuple[type[Message], ...] = (
    Accept, Agree, Cancel, Cfp, Confirm, Disconfirm, Failure, Inform, InformDone, InformIf, InformRef, InformResult,
    NotUnderstood, Propagate, Propose, Proxy, QueryIf, QueryRef, Refuse, Reject, Request, RequestWhen, RequestWhenever,
    Subscribe, Walk, Withdraw,
)  # fmt: skip
SYSTEM_EVENTS: tuple[type[SystemEvent], ...] = (Skip, Lapse, Left, Notice)


def fipa_name(kind: type[Message]) -> str:
    """Return the name of an act on the wire and in error texts, e.g. `accept-proposal`."""
    return str(kind.__struct_config__.tag or kind.__name__)
