"""What messages may carry, and how it looks on the wire: a tree of what JSON and MessagePack know, and back again.

Numbers, strings, booleans and None stand for themselves, arrays for tuples, objects for a `Task`. What remains is an
object whose "$type" names it: `set`, `int` (beyond 64 bits, in hexadecimal), `bytes` (base64; MessagePack has bytes of
its own), `task` (one with a key "$type"), or the tag of a registered struct. Lists, sets and dicts come back frozen.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any, TypeAlias

import msgspec

from negotiate_rt.errors import CodecError, suggest
from negotiate_rt.problems.task import Task

TYPE = "$type"
RESERVED = ("set", "int", "bytes", "task")
LEAST, MOST = -(2**63), 2**63 - 1  # what every reader of JSON and MessagePack can take for an integer
HEXADECIMAL = re.compile(r"-?[1-9a-f][0-9a-f]*")
SHOWN = 60  # characters of an offending value in an error

Plain: TypeAlias = Any  # None, bool, int, float, str, bytes, lists and string-keyed dicts of these: typing has no word


class Flaw(Exception):
    """What is wrong with one value. The path to it grows, innermost step first, on the way out."""

    def __init__(self, reason: str, path: str = "") -> None:
        self.reason = reason
        self.path = [path]

    def at(self, step: str | int) -> Flaw:
        """Add a step to the path."""
        self.path.append(step_text(step))
        return self

    def located(self) -> CodecError:
        """Return the error to raise."""
        return CodecError(f"${''.join(reversed(self.path))}: {self.reason}")


def step_text(step: str | int) -> str:
    """Return one step of a path: `[2]`, `.value`, `["due date"]`."""
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if step.replace("$", "").isidentifier() else f"[{shown(step)}]"


def shown(value: object) -> str:
    """Return a value for an error text, cut short; of a container only its type, for it may be deep."""
    if isinstance(value, int) and value.bit_length() > 4 * SHOWN:
        return f"an integer of {value.bit_length()} bits"  # repr refuses thousands of digits
    if isinstance(value, str) and len(value) > SHOWN:
        value = value[: SHOWN - 3] + "..."
    return repr(value) if isinstance(value, (int, float, str)) else f"a value of type {type(value).__name__}"


class Shape:
    """How a struct looks on the wire: its tag, and its fields by the names they have there."""

    __slots__ = ("cls", "names", "required", "tag")

    def __init__(self, cls: type[msgspec.Struct]) -> None:
        tag = cls.__struct_config__.tag
        self.cls = cls
        self.tag = tag if isinstance(tag, str) else cls.__name__
        fields = msgspec.structs.fields(cls)
        self.names = {field.encode_name: field.name for field in fields}
        self.required = tuple(field.encode_name for field in fields if field.required)

    def values(self, struct: msgspec.Struct) -> dict[str, Any]:
        """Return a struct's values by their names on the wire, their types checked: constructors check none."""
        values = {wire: getattr(struct, name) for wire, name in self.names.items()}
        self.build(values)
        return values

    def build(self, values: Mapping[str, Any]) -> Any:
        """Return a struct of these values, types and ranges checked. Raises Flaw."""
        for name in values:
            if name not in self.names:
                known = ", ".join(self.names) or "none"
                raise Flaw(f"{self.tag} has no field {shown(name)}, only {known}{hint(name, self.names)}").at(name)
        for name in self.required:
            if name not in values:
                raise Flaw(f"{self.tag} lacks its field {name!r}")
        return converted(values, self.cls)


def converted(values: Mapping[str, Any], cls: type[msgspec.Struct]) -> Any:
    """Return a struct of these values. Raises Flaw with msgspec's words and path, or with those of a __post_init__."""
    try:
        return msgspec.convert(values, cls)
    except msgspec.ValidationError as error:
        text, mark, path = str(error).rpartition(" - at `$")
        raise Flaw(text, path[:-1]) if mark else Flaw(path) from None
    except Exception as error:  # noqa: BLE001  # the border to users' code: a __post_init__ may raise anything
        raise Flaw(f"{cls.__name__} refuses these values: {type(error).__name__}: {error}") from None


def hint(word: object, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` or nothing; a long word is not compared, for that takes quadratic time."""
    return suggest(word, known) if isinstance(word, str) and len(word) <= SHOWN else ""


def checked_text(value: str) -> str:
    """Return a string that can be written as UTF-8. Raises Flaw for half a surrogate pair."""
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Flaw(f"expected text, got {shown(value)}, which holds half a surrogate pair") from None
    return value


def checked_float(value: float) -> float:
    """Return a finite number. Raises Flaw."""
    if not math.isfinite(value):
        raise Flaw(f"expected a finite number, got {value}")
    return value


class Contents:
    """Turns contents into plain trees and back.

    `structs` are classes of one's own, frozen, each with a tag (or class name) that no other has. `native_bytes`:
    whether the format knows bytes. `order` gives a plain value the key by which sets are ordered. Raises CodecError
    for classes that cannot be carried; `plain` and `value` raise Flaw, and go at most `max_depth` containers deep.
    """

    __slots__ = ("by_class", "by_tag", "max_depth", "native_bytes", "order", "writers")

    def __init__(
        self, structs: Iterable[object], max_depth: int, native_bytes: bool, order: Callable[[Plain], bytes]
    ) -> None:
        self.max_depth = max_depth
        self.native_bytes = native_bytes
        self.order = order
        self.by_tag = shapes(structs, RESERVED)
        self.by_class = {shape.cls: shape for shape in self.by_tag.values()}
        # Tried in turn; Enum comes before str and int, for a member may be one of these as well.
        self.writers: tuple[tuple[Any, Callable[[Any, int], Plain]], ...] = (
            (msgspec.Struct, self._plain_struct),
            (Enum, lambda value, room: self.plain(value.value, room)),
            (str, lambda value, room: checked_text(str.__str__(value))),
            (int, lambda value, room: self.plain(int(value), room)),
            (float, lambda value, room: checked_float(float(value))),
            ((bytes, bytearray), lambda value, room: self._plain_bytes(bytes(value))),
            ((tuple, list), self._plain_items),
            ((frozenset, set), self._plain_set),
            (Mapping, self._plain_mapping),
        )

    # -- out ----------------------------------------------------------------------------------------------------------

    def plain(self, value: Any, room: int) -> Plain:
        """Return a content as a plain tree, `room` more containers deep at most. Cost: O(everything inside)."""
        kind = value.__class__
        if kind is str:
            return checked_text(value)
        if kind is float:
            return checked_float(value)
        if value is None or kind is bool:
            return value
        if kind is int:
            return value if LEAST <= value <= MOST else {TYPE: "int", "hex": format(value, "x")}
        for known, write in self.writers:
            if isinstance(value, known):
                return write(value, room)
        raise Flaw(f"expected {self.expected()}, got {shown(value)}")

    def expected(self) -> str:
        """Return what a content may be, for error texts."""
        own = "".join(f", {shape.cls.__name__}" for shape in self.by_tag.values())
        return f"None, bool, int, float, str, bytes, tuple, frozenset, Task{own}"

    def _deeper(self, room: int) -> int:
        if room <= 0:
            raise Flaw(f"expected at most {self.max_depth} containers inside each other")
        return room - 1

    def _plain_items(self, value: Iterable[Any], room: int) -> Plain:
        room = self._deeper(room)
        items = []
        for index, one in enumerate(value):
            try:
                items.append(self.plain(one, room))
            except Flaw as flaw:
                raise flaw.at(index) from None
        return items

    def _plain_set(self, value: Iterable[Any], room: int) -> Plain:
        return {TYPE: "set", "items": sorted(self._plain_items(value, room), key=self.order)}

    def _plain_bytes(self, value: bytes) -> Plain:
        return value if self.native_bytes else {TYPE: "bytes", "base64": base64.b64encode(value).decode()}

    def _plain_mapping(self, value: Mapping[Any, Any], room: int) -> Plain:
        room = self._deeper(room)
        tree = {}
        for key, one in value.items():
            if not isinstance(key, str):
                raise Flaw(f"expected keys that are strings, got {shown(key)}")
            try:
                tree[checked_text(str.__str__(key))] = self.plain(one, room)
            except Flaw as flaw:
                raise flaw.at(key) from None
        return {TYPE: "task", "items": tree} if TYPE in tree else tree

    def _plain_struct(self, value: msgspec.Struct, room: int) -> Plain:
        shape = self.by_class.get(type(value))
        if shape is None:
            name = type(value).__name__
            raise Flaw(f"expected {self.expected()}, got {shown(value)}: register it, contents=({name}, ...)")
        return {TYPE: shape.tag, **self.plain_fields(shape, value, self._deeper(room))}

    def plain_fields(self, shape: Shape, value: msgspec.Struct, room: int) -> dict[str, Plain]:
        """Return the fields of a struct or act as plain trees."""
        tree = {}
        for name, one in shape.values(value).items():
            try:
                tree[name] = self.plain(one, room)
            except Flaw as flaw:
                raise flaw.at(name) from None
        return tree

    # -- in -----------------------------------------------------------------------------------------------------------

    def value(self, plain: Plain, room: int) -> Any:
        """Return the content that a plain tree stands for. Cost: O(everything inside)."""
        kind = plain.__class__
        if kind is list:
            return self._items(plain, self._deeper(room))
        if kind is dict:
            return self._object(plain, self._deeper(room))
        if kind is float:
            return checked_float(plain)
        if plain is None or kind in (bool, int, str, bytes):
            return plain
        raise Flaw(f"expected {self.expected()}, got {shown(plain)}")

    def _items(self, plain: list[Plain], room: int) -> tuple[Any, ...]:
        items = []
        for index, one in enumerate(plain):
            try:
                items.append(self.value(one, room))
            except Flaw as flaw:
                raise flaw.at(index) from None
        return tuple(items)

    def fields(self, plain: Mapping[Any, Plain], room: int) -> dict[str, Any]:
        """Return the values of an object by its keys, which must be strings."""
        values = {}
        for key, one in plain.items():
            if key.__class__ is not str:
                raise Flaw(f"expected keys that are strings, got {shown(key)}")
            try:
                values[key] = self.value(one, room)
            except Flaw as flaw:
                raise flaw.at(key) from None
        return values

    def _object(self, plain: dict[str, Plain], room: int) -> Any:
        if TYPE not in plain:
            return Task(**self.fields(plain, room))
        tag = plain[TYPE]
        shape = self.by_tag.get(tag) if isinstance(tag, str) else None
        if shape is not None:
            return shape.build(self.fields({key: one for key, one in plain.items() if key != TYPE}, room))
        if tag == "set":
            return self._set(only(plain, "items", list), room)
        if tag == "int":
            return whole_number(only(plain, "hex", str))
        if tag == "bytes":
            return raw_bytes(only(plain, "base64", str))
        if tag == "task":
            return Task(**self.fields(only(plain, "items", dict), room))
        known = (*RESERVED, *self.by_tag)
        raise Flaw(f"expected one of {', '.join(known)}, got {shown(tag)}{hint(tag, known)}").at(TYPE)

    def _set(self, plain: list[Plain], room: int) -> frozenset[Any]:
        try:
            items = self._items(plain, room)
            found = frozenset(items)
        except Flaw as flaw:
            raise flaw.at("items") from None
        except TypeError as error:
            raise Flaw(f"expected members that can be hashed: {error}").at("items") from None
        if len(found) < len(items):
            raise Flaw("expected members that differ").at("items")
        return found


def only(plain: Mapping[str, Plain], key: str, kind: type) -> Any:
    """Return the one value beside "$type" of an object, of this type. Raises Flaw."""
    if set(plain) != {TYPE, key}:
        raise Flaw(f"expected {key!r} beside {TYPE!r} and nothing else")
    if not isinstance(plain[key], kind):
        raise Flaw(f"expected {kind.__name__}, got {shown(plain[key])}").at(key)
    return plain[key]


def whole_number(text: str) -> int:
    """Return an integer beyond 64 bits from its hexadecimal digits, of which any number is read in linear time."""
    number = int(text, 16) if HEXADECIMAL.fullmatch(text) else 0
    if LEAST <= number <= MOST:
        raise Flaw(f"expected hexadecimal digits of an integer beyond 64 bits, got {shown(text)}").at("hex")
    return number


def raw_bytes(text: str) -> bytes:
    """Return bytes from base64."""
    try:
        found = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        found = b""
    if base64.b64encode(found).decode() != text:  # spare bits must be zero: one value, one spelling
        raise Flaw(f"expected base64, got {shown(text)}").at("base64")
    return found


def shapes(structs: Iterable[object], taken: Iterable[str] = ()) -> dict[str, Shape]:
    """Return the shapes of some struct classes by tag. Raises CodecError for other things, and for a tag used twice."""
    owners = dict.fromkeys(taken, "the codec's own")
    found: dict[str, Shape] = {}
    for cls in structs:
        if not (isinstance(cls, type) and issubclass(cls, msgspec.Struct) and cls.__struct_config__.frozen):
            raise CodecError(f"contents: expected classes of frozen msgspec structs, got {cls!r}")
        shape = Shape(cls)
        if shape.tag in owners:
            raise CodecError(f"contents: tag {shape.tag!r} of {cls.__name__} is taken: it is {owners[shape.tag]}")
        if TYPE in shape.names:
            raise CodecError(f"contents: {cls.__name__} names a field {TYPE!r}, which is the codec's own")
        owners[shape.tag] = f"that of {cls.__name__}"
        found[shape.tag] = shape
    return found
