"""A protocol's options in a file: its own struct, without what only a program can give (callables)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import UnionType
from typing import Any, Union, get_args, get_origin

import msgspec

from negotiate_rt.scenarios.reading import ScenarioError, build, shown


@lru_cache(64)
def file_form(options: type) -> type[msgspec.Struct]:
    """Return a struct of the fields that a file can hold, under the same name and with the same defaults."""
    fields: list[tuple[str, Any, Any]] = []
    for field in msgspec.structs.fields(options):
        kept = _writable(field.type)
        if kept is not None:
            fields.append((field.encode_name, kept, msgspec.UNSET if field.required else field.default))
    own = [(name, kept) if default is msgspec.UNSET else (name, kept, default) for name, kept, default in fields]
    return msgspec.defstruct(options.__name__, own, kw_only=True, frozen=True, forbid_unknown_fields=True)


def build_options(options: type | None, tree: Mapping[str, Any]) -> Any:  # the protocol's own struct, or None
    """Return a protocol's options from a file's tree, None for an empty one. Raises ScenarioError."""
    if not tree:
        return None
    if options is None:
        raise ScenarioError([f"options: this protocol takes none, got {shown(dict(tree))} with {', '.join(tree)}"])
    given = build(dict(tree), file_form(options), "options")
    try:
        return options(**{name: getattr(given, name) for name in tree})
    except ValueError as error:
        text = str(error)
        raise ScenarioError([text if text.startswith("options") else f"options: {text}"]) from None


def _writable(kind: Any) -> Any:  # a type annotation, or None if nothing of it can stand in a file
    if get_origin(kind) in (Union, UnionType):
        kept = tuple(one for one in map(_writable, get_args(kind)) if one is not None)
        return Union[kept] if set(kept) - {type(None)} else None  # noqa: UP007  # made of a tuple at run time
    return None if _callable(kind) else kind


def _callable(kind: Any) -> bool:
    return getattr(get_origin(kind) or kind, "__name__", "") == "Callable"
