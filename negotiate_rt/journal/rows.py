"""What stands in a journal: rows, each a short tuple that begins with its kind and its time on the society's clock.

    opened   at, facts             a society began to write: its name, clock, seed, what the caller noted
    started  at, talk, facts       a negotiation began: protocol, seats, limits
    seated   at, end, talk, name, other, role, other role     two ends of a dialogue, numbered `end` and `end + 1`
    said     at, end, number, in reply to, reply by, message
    heard    at, end, number[, message]      taken by that end's machine; the message, if no peer said it (injected)
    skipped  at, end, event        passed  at, end, event        silent rows of the table
    fault    at, talk, who, what, cause
    ended    at, talk, outcome
    decided  at, talk, name, hook, how, decision, waited     an outside hook's answer; how: "answer", "raised" or "late"
    lost     at, talk, sender, receiver, number, reason
    advanced at, talk, event       a named row of the joint table
    closed   at, facts             the society ended: how many ids are used

A message is an object with its `performative` beside the act's own fields; contents look as on the wire (content.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec

from negotiate_rt.journal.plain import plain
from negotiate_rt.messages.codec import ACT
from negotiate_rt.messages.content import Contents, Flaw, Shape
from negotiate_rt.messages.performatives import Message

KINDS = (
    "opened", "started", "seated", "said", "heard", "skipped", "passed", "fault", "ended", "decided", "lost", "advanced",
    "closed",
)  # fmt: skip
OPENED, STARTED, SEATED, SAID, HEARD, SKIPPED, PASSED, FAULT, ENDED, DECIDED, LOST, ADVANCED, CLOSED = range(len(KINDS))
Row: TypeAlias = tuple[Any, ...]  # as above
SCALARS = frozenset({str, float, int, bool, type(None)})
DEPTH = 32
CLOSED_TYPES = (str, int, bool, float | None, tuple[str, ...])

FIELDS = {
    OPENED: ("facts",), STARTED: ("talk", "facts"), SEATED: ("end", "talk", "name", "other", "role", "other_role"),
    SAID: ("end", "number", "in_reply_to", "reply_by", "message"), HEARD: ("end", "number", "message"),
    SKIPPED: ("end", "event"), PASSED: ("end", "event"), FAULT: ("talk", "who", "what", "cause"),
    ENDED: ("talk", "outcome"), DECIDED: ("talk", "name", "hook", "how", "decision", "waited"),
    LOST: ("talk", "sender", "receiver", "number", "reason"), ADVANCED: ("talk", "event"), CLOSED: ("facts",),
}  # fmt: skip


class Tongue:
    """How one protocol's messages are written down: as they are where msgspec can do that, else as plain trees."""

    __slots__ = ("contents", "fields", "shapes")

    def __init__(self, structs: tuple[type, ...] = ()) -> None:
        own = [one for one in structs if issubclass(one, msgspec.Struct) and not issubclass(one, Message)]
        self.contents = Contents(own, DEPTH, native_bytes=False, order=msgspec.json.encode)
        self.fields: dict[type[Message], tuple[str, ...]] = {}
        self.shapes: dict[type[Message], Shape] = {}

    def written(self, message: Message) -> Any:  # a Message, or a tree
        """Return what stands in the row for a message. Cost: O(its fields) where these are plain."""
        kind = message.__class__
        fields = self.fields.get(kind)
        if fields is None:
            fields = self.fields[kind] = open_fields(kind)
        for name in fields:
            value = getattr(message, name)
            if value.__class__ in SCALARS:
                continue
            if value.__class__ is tuple and all(one.__class__ in SCALARS for one in value):
                continue
            return self.tree(message)
        return message

    def tree(self, message: Message) -> dict[str, Any]:
        """Return a message as a tree, contents as on the wire; what no codec carries is told in words."""
        kind = message.__class__
        shape = self.shapes.get(kind)
        if shape is None:
            shape = self.shapes[kind] = Shape(kind)
        tree = {ACT: shape.tag}
        for wire, name in shape.names.items():
            tree[wire] = self.value(getattr(message, name))
        return tree

    def value(self, value: Any) -> Any:  # whatever an agent decided or a message carries
        """Return a content as a plain tree."""
        try:
            return self.contents.plain(value, DEPTH)
        except Flaw:
            return plain(value)
        except RecursionError:
            return plain(value, 3)


def open_fields(kind: type[Message]) -> tuple[str, ...]:
    """Return the fields of an act that may hold anything; the others hold text and numbers, written as they are."""
    return tuple(field.name for field in msgspec.structs.fields(kind) if field.type not in CLOSED_TYPES)


class Packing:
    """Rows as one MessagePack array: what the SQLite journal keeps."""

    def __init__(self) -> None:
        self._encode = msgspec.msgpack.Encoder(order="deterministic", enc_hook=plain).encode

    def __call__(self, rows: list[Row]) -> bytes:
        """Return the body of a segment. Never fails for what agents said."""
        try:
            return self._encode(rows)
        except Exception:  # noqa: BLE001  # numbers beyond 64 bits, half a surrogate pair: find the row, tell it in words
            return self._encode([readable(row, self._encode) for row in rows])


class Lines:
    """Rows as lines of JSON: one object each, its keys in the order of `rows.FIELDS`."""

    def __init__(self) -> None:
        self._encode = msgspec.json.Encoder(enc_hook=plain).encode

    def __call__(self, rows: list[Row]) -> bytes:
        """Return the body of a segment, a line a row."""
        return b"".join(self._line(row) + b"\n" for row in rows)

    def _line(self, row: Row) -> bytes:
        try:
            return self._encode(named(row))
        except Exception:  # noqa: BLE001  # as above
            return self._encode(named(readable(row, self._encode)))


def named(row: Row) -> dict[str, Any]:
    """Return a row as an object that says what is what."""
    kind, at, *values = row
    return {"kind": KINDS[kind], "at": at, **dict(zip(FIELDS[kind], values, strict=False))}


def readable(row: Row, encode: Callable[[Any], bytes]) -> Row:
    """Return a row that can be encoded: what cannot is told as a plain tree, half a surrogate pair by its escape."""
    safe = []
    for value in row:
        try:
            encode(value)
            safe.append(value)
        except Exception:  # noqa: BLE001  # whatever it is that cannot be written
            safe.append(scrubbed(Tongue().tree(value) if isinstance(value, Message) else plain(value)))
    return tuple(safe)


def scrubbed(tree: Any) -> Any:
    """Return a plain tree whose text is all UTF-8."""
    if isinstance(tree, str):
        return tree.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(tree, dict):
        return {scrubbed(key): scrubbed(one) for key, one in tree.items()}
    return [scrubbed(one) for one in tree] if isinstance(tree, list) else tree
