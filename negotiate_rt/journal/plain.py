"""Values of any kind as plain trees that JSON and MessagePack can hold, whatever an agent or protocol of one's own brought in."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

import msgspec

DEEPEST = 20  # containers inside one another; what lies deeper is told by its repr
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")  # differs from run to run; the same world gives the same bytes
SHOWN = 200  # characters of the repr of an object that has no plain form


def plain(value: Any, room: int = DEEPEST) -> Any:  # the user's own -> None, bool, int, float, str, list, dict
    """Return a value as a plain tree: agents by name, structs and tasks as objects, numbers that JSON lacks as text."""
    if value is None or isinstance(value, (bool, str)):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, (int, float)):
        return number(value)
    if room <= 0:
        return _named(value)
    if isinstance(value, Enum):
        return plain(value.value, room - 1)
    if isinstance(value, msgspec.Struct):
        return {name: plain(getattr(value, name), room - 1) for name in value.__struct_fields__}
    if isinstance(value, Mapping):
        return {str(key): plain(one, room - 1) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one, room - 1) for one in value]
    if isinstance(value, (set, frozenset)):
        return sorted((plain(one, room - 1) for one in value), key=repr)
    return _named(value)


def number(value: float) -> Any:  # an int, a float, or text
    """Return a number as JSON can hold it: beyond 64 bits in hexadecimal, not finite as text."""
    if isinstance(value, int):
        whole = int(value)
        return whole if whole.bit_length() <= 63 else hex(whole)
    return float(value) if math.isfinite(value) else str(float(value))


def _named(value: Any) -> Any:  # an agent, a numpy scalar, a Decimal, anything
    name = getattr(value, "name", None)
    if isinstance(name, str):
        return name
    try:
        return number(float(value))
    except Exception:  # noqa: BLE001  # the border to users' code: an object of their own may raise anything
        return _repr(value)


def _repr(value: Any) -> str:
    try:
        text = ADDRESS.sub("", repr(value))
    except Exception as error:  # noqa: BLE001  # as above
        text = f"<{type(value).__name__} whose repr raised {type(error).__name__}>"
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."
