"""TOML out: the standard library reads it and does not write it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from negotiate_rt.errors import ConfigurationError

WIDTH = 80  # characters of a table that stands in one line
BARE = re.compile(r"[A-Za-z0-9_-]+")


def toml_text(tree: Mapping[str, Any]) -> str:
    """Return a tree of text, numbers, bools, lists and tables as TOML that reads back as the same tree.

    Lists of tables become [[sections]], and the tables in these sections of their own; what nests deeper stands inline.
    Raises ConfigurationError for what TOML cannot hold: None, numbers that are not finite or need over 64 bits.
    """
    plain = {key: one for key, one in tree.items() if not _tables(one)}
    parts = ["\n".join(_fields(plain))] if plain else []
    for key, one in tree.items():
        if _tables(one):
            parts.extend("\n".join([f"[[{_key(key)}]]", *_section(table, _key(key))]) for table in one)
    return "\n\n".join(parts) + "\n"


def _tables(one: Any) -> bool:
    return isinstance(one, Sequence) and not isinstance(one, str) and any(isinstance(item, Mapping) for item in one)


def _section(table: Mapping[str, Any], path: str) -> Iterator[str]:
    lines = {key: f"{_key(key)} = {toml_value(one)}" for key, one in table.items()}
    long = {key for key, one in table.items() if isinstance(one, Mapping) and len(lines[key]) > WIDTH}
    yield from (line for key, line in lines.items() if key not in long)
    for key in table:
        if key in long:
            yield f"[{path}.{_key(key)}]"
            yield from _fields(table[key])


def _fields(table: Mapping[str, Any]) -> Iterator[str]:
    return (f"{_key(key)} = {toml_value(one)}" for key, one in table.items())


def _key(key: str) -> str:
    return key if BARE.fullmatch(key) else _text(key)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def toml_value(value: Any) -> str:
    """Return one value as TOML, in one line. Raises ConfigurationError for what TOML cannot hold."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and value.bit_length() <= 63:
        return str(value)
    if isinstance(value, float) and value - value == 0:  # finite
        return repr(value)
    if isinstance(value, Mapping):
        return f"{{{', '.join(_fields(value))}}}"
    if isinstance(value, Sequence):
        return f"[{', '.join(toml_value(one) for one in value)}]"
    shown = "an integer of over 64 bits" if isinstance(value, int) else repr(value)
    raise ConfigurationError(f"a TOML file cannot hold {shown}")
