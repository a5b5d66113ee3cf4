"""One record of what happened, and an in-memory trace of them."""

from __future__ import annotations

from typing import Any

import msgspec

from negotiate_rt.messages.envelope import Envelope
from negotiate_rt.messages.performatives import Message, fipa_name


class Record(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What happened in a negotiation, at `at` seconds on the society's clock.

    kind: "started", "said" (sent), "heard" (taken by the receiver's machine), "skipped", "passed" (a silent row), "fault",
    "ended"; a journal kept in a file adds "decided" (an outside hook's answer), "lost" (a message that nobody reads),
    "advanced" (an event of the joint table), "opened" and "closed" (of the society). `act` is the FIPA name; `number` the
    sender's count of messages in the dialogue, `in_reply_to` the last one it had taken, `reply_by` until when an answer is
    taken.
    """

    negotiation: str
    at: float
    kind: str
    sender: str = ""
    receiver: str = ""
    act: str = ""
    content: Any = None  # the message's own fields, or the ending
    number: int = 0
    reply_by: float | None = None
    in_reply_to: int = 0


def record_of(negotiation: str, at: float, kind: str, what: Envelope | Message, sender: str, receiver: str) -> Record:
    """Return the record of an envelope on its way, or of a system event at one end."""
    if isinstance(what, Envelope):
        return Record(
            negotiation,
            at,
            kind,
            what.sender,
            what.receiver,
            fipa_name(type(what.message)),
            fields(what.message),
            what.reply_with,
            what.reply_by,
            what.in_reply_to,
        )
    return Record(negotiation, at, kind, sender, receiver, fipa_name(type(what)), fields(what))


def fields(message: Message) -> dict[str, Any]:
    """Return a message's own fields."""
    return {name: getattr(message, name) for name in message.__struct_fields__}


class Trace:
    """Keeps every record in memory; give it as `journal=`. `to_jsonl()` is deterministic."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def __call__(self, record: Record) -> None:
        """Keep a record."""
        self.records.append(record)

    def to_jsonl(self) -> bytes:
        """Return one JSON object a line, keys in a fixed order."""
        encode = msgspec.json.Encoder(order="deterministic", enc_hook=plain).encode
        return b"".join(encode(record) + b"\n" for record in self.records)


def plain(value: Any) -> Any:
    """Return something JSON can hold for values of the user's own: mappings as objects, the rest as text."""
    if hasattr(value, "items"):
        return dict(value.items())
    return getattr(value, "name", None) or repr(value)
