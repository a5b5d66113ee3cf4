"""Envelopes as bytes and back, in JSON or MessagePack.

The wire form is one flat object: conversation, sender, receiver, protocol, reply_with, in_reply_to, reply_by, and
`message` with its `performative` (the FIPA name) beside the act's own fields. Keys are sorted, so that equal envelopes
give equal bytes. content.py says how contents look.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias, get_args

import msgspec

from negotiate_rt.errors import CodecError
from negotiate_rt.messages.content import TYPE, Contents, Flaw, Plain, checked_float, converted, hint, shapes, shown
from negotiate_rt.messages.envelope import Envelope, Route
from negotiate_rt.messages.performatives import PERFORMATIVES, SYSTEM_EVENTS, Message

Format: TypeAlias = Literal["json", "msgpack"]
ACT = "performative"
NUMBERS = ("reply_with", "in_reply_to", "reply_by")
DEEPEST = 100  # far below the interpreter's recursion limit, so that reading never comes near it


class Frame(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An envelope as it stands on the wire."""

    conversation: str
    sender: str
    receiver: str
    protocol: str
    message: dict[str, Any]  # Any: the act's fields, read in a second step that knows the act
    reply_with: int = 0
    in_reply_to: int = 0
    reply_by: float | None = None


class Codec:
    """Writes and reads envelopes of all performatives, system events included.

    `contents`: frozen structs of one's own that messages carry, and acts of one's own (Message subclasses). Contents
    are None, bool, int of any size, finite floats, str, bytes, tuples, frozensets, Task and those structs, nested at
    most `max_depth` deep (1 to 100). An envelope of these comes back equal; lists, sets and dicts come back as tuple,
    frozenset and Task, members of an Enum as their values. Whatever is wrong raises CodecError, which names the path
    (`$.message.value[2]`) and what was expected. Where JSON repeats a key, the last one counts.

    Cost: O(bytes), and a sort of each object's keys; about 9 µs to write and 6 µs to read a small offer.
    """

    def __init__(
        self, format: Format = "json", contents: tuple[type[msgspec.Struct], ...] = (), max_bytes: int = 1 << 20,
        max_depth: int = 32,
    ) -> None:  # fmt: skip
        if format not in get_args(Format):
            raise CodecError(f"format: expected json or msgpack, got {format!r}{hint(format, get_args(Format))}")
        if not 1 <= max_depth <= DEEPEST or max_bytes < 1:
            raise CodecError(f"expected max_bytes >= 1 and max_depth from 1 to {DEEPEST}, got {max_bytes}, {max_depth}")
        self.format = format
        self.max_bytes = max_bytes
        self._write: Callable[[Plain], bytes]
        self._read: Callable[[bytes], Plain]
        if format == "json":
            self._write = msgspec.json.Encoder(order="deterministic").encode
            self._read = msgspec.json.Decoder().decode
        else:
            self._write = msgspec.msgpack.Encoder(order="deterministic").encode
            self._read = msgspec.msgpack.Decoder().decode
        own: list[object] = [cls for cls in contents if Message in getattr(cls, "__mro__", ())]
        self._acts = shapes((*PERFORMATIVES, *SYSTEM_EVENTS, *own))
        self._shapes = {shape.cls: shape for shape in self._acts.values()}
        self._contents = Contents((cls for cls in contents if cls not in own), max_depth, format != "json", self._write)

    def encode(self, envelope: Envelope) -> bytes:
        """Return the envelope's bytes, the same for equal envelopes. Raises CodecError."""
        try:
            data = self._write(self._frame(envelope))
        except Flaw as flaw:
            raise flaw.located() from None
        except RecursionError:
            raise CodecError("$: no stack is left to write it: call from less deep") from None
        if len(data) > self.max_bytes:
            raise CodecError(f"$: expected at most {self.max_bytes} bytes, got {len(data)}")
        return data

    def decode(self, data: bytes) -> Envelope:
        """Return the envelope that these bytes are. Raises CodecError, and nothing else."""
        if not isinstance(data, (bytes, bytearray)):
            raise CodecError(f"$: expected bytes, got {type(data).__name__}")
        if len(data) > self.max_bytes:
            raise CodecError(f"$: expected at most {self.max_bytes} bytes, got {len(data)}")
        try:
            return self._envelope(self._tree(data))
        except Flaw as flaw:
            raise flaw.located() from None
        except RecursionError:
            raise CodecError(f"$: expected at most {self._contents.max_depth} containers inside each other") from None

    def _tree(self, data: bytes) -> Plain:
        try:
            return self._read(data)
        except RecursionError:
            raise
        except (ValueError, TypeError, OverflowError, MemoryError) as error:  # msgspec's own are ValueErrors
            raise Flaw(f"expected {self.format}: {error}") from None

    def _frame(self, envelope: Envelope) -> Plain:
        plain = self._contents.plain
        tree: dict[str, Plain] = {}
        for part, names in ((envelope.route, Route.__struct_fields__), (envelope, NUMBERS)):
            for name in names:
                try:
                    tree[name] = plain(getattr(part, name), 0)
                except Flaw as flaw:
                    raise flaw.at(name) from None
        try:
            tree["message"] = self._message_tree(envelope.message)
        except Flaw as flaw:
            raise flaw.at("message") from None
        check_frame(tree)
        return tree

    def _message_tree(self, message: Message) -> Plain:
        shape = self._shapes.get(type(message))
        if shape is None:
            name = type(message).__name__
            raise Flaw(f"expected a performative, got {shown(message)}: register it, contents=({name}, ...)")
        return {ACT: shape.tag, **self._contents.plain_fields(shape, message, self._contents.max_depth)}

    def _envelope(self, tree: Plain) -> Envelope:
        frame = check_frame(tree)
        try:
            message = self._message(dict(frame.message))
        except Flaw as flaw:
            raise flaw.at("message") from None
        route = Route(frame.conversation, frame.sender, frame.receiver, frame.protocol)
        return Envelope(route, message, frame.reply_with, frame.in_reply_to, frame.reply_by)

    def _message(self, tree: dict[str, Plain]) -> Message:
        tag = tree.pop(ACT, None)
        shape = self._acts.get(tag) if isinstance(tag, str) else None
        if shape is None:
            known = ", ".join(self._acts)
            raise Flaw(f"expected one of {known}, got {shown(tag)}{hint(tag, self._acts)}").at(ACT)
        message: Message = shape.build(self._contents.fields(tree, self._contents.max_depth))
        return message

    def schema(self) -> dict[str, Any]:
        """Return the JSON schema of the wire form, stricter about the frame than about what contents hold inside."""
        names = {shape.tag: f"content-{shape.tag}" for shape in self._contents.by_tag.values()}
        acts = [self._act_schema(tag) for tag in self._acts]
        _, known = msgspec.json.schema_components([Frame])
        frame = known["Frame"]
        frame["properties"]["message"] = {"oneOf": acts}
        frame["additionalProperties"] = False
        content = {"$ref": "#/$defs/content"}
        anything: list[dict[str, Any]] = [
            {"type": ["null", "boolean", "number", "string"]},
            {"type": "array", "items": content},
            {"type": "object", "not": {"required": [TYPE]}, "additionalProperties": content},
            tagged("set", {"items": {"type": "array", "items": content}}),
            tagged("int", {"hex": {"type": "string", "pattern": "^-?[1-9a-f][0-9a-f]*$"}}),
            tagged("bytes", {"base64": {"type": "string", "contentEncoding": "base64"}}),
            tagged("task", {"items": {"type": "object", "additionalProperties": content}}),
        ]  # fmt: skip
        anything += [{"$ref": f"#/$defs/{name}"} for name in names.values()]
        own = {
            names[shape.tag]: tagged(shape.tag, dict.fromkeys(shape.names, content), shape.required)
            for shape in self._contents.by_tag.values()
        }
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            **frame,
            "$defs": {"content": {"anyOf": anything}, **own},
        }

    def _act_schema(self, tag: str) -> dict[str, Any]:
        shape = self._acts[tag]
        fields = msgspec.structs.fields(shape.cls)
        properties: dict[str, Any] = {ACT: {"const": tag}}
        for field in fields:
            plain = field.type in (str, int, bool, float | None, tuple[str, ...])
            properties[field.encode_name] = msgspec.json.schema(field.type) if plain else {"$ref": "#/$defs/content"}
        return {
            "title": shape.cls.__name__, "type": "object", "properties": properties, "required": [ACT, *shape.required],
            "additionalProperties": False,
        }  # fmt: skip


def tagged(tag: str, properties: dict[str, Any], required: tuple[str, ...] | None = None) -> dict[str, Any]:
    """Return the schema of an object whose "$type" names it."""
    return {
        "type": "object", "properties": {TYPE: {"const": tag}, **properties}, "additionalProperties": False,
        "required": [TYPE, *(properties if required is None else required)],
    }  # fmt: skip


def check_frame(tree: Plain) -> Frame:
    """Return a tree as a frame, types and ranges checked. Raises Flaw."""
    frame: Frame = converted(tree, Frame)
    for name in ("reply_with", "in_reply_to"):
        if getattr(frame, name) < 0:
            raise Flaw(f"expected a whole number of at least 0, got {shown(getattr(frame, name))}").at(name)
    if frame.reply_by is not None:
        try:
            checked_float(frame.reply_by)
        except Flaw as flaw:
            raise flaw.at("reply_by") from None
    return frame
