"""Tasks: what a contractor or bidder is asked to do, as a mapping that nobody can change on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from negotiate_rt.errors import ConfigurationError, suggest


class FrozenMapping(Mapping[Any, Any]):
    """A mapping that is frozen all the way down: lists are tuples in it, sets frozensets, mappings frozen mappings.

    Equal to any mapping with equal items; hashable if its values are; pickles and copies. Keys and values are `Any`
    because they are the user's own. Objects of other types are kept as they are. Construction: O(everything inside).
    """

    __slots__ = ("_hash", "_items")

    _lacks: ClassVar[str] = "there is no key"
    _items: dict[Any, Any]
    _hash: int | None

    def __init__(self, items: Mapping[Any, Any], /) -> None:
        try:
            self._items = {key: freeze(value) for key, value in items.items()}
        except RecursionError:
            raise ConfigurationError("a value nests too deep, or contains itself") from None
        self._hash = None

    def __getitem__(self, key: Any) -> Any:
        try:
            return self._items[key]
        except KeyError:
            raise KeyError(self._missing(key)) from None

    def __contains__(self, key: object) -> bool:
        return key in self._items  # the inherited one asks for the value, and is told at length what is not there

    def get(self, key: Any, default: Any = None) -> Any:
        """Return the value of a key, or `default`; for the reason above not the inherited one."""
        return self._items.get(key, default)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, FrozenMapping):
            return self._items == other._items
        return dict(other) == self._items if isinstance(other, Mapping) else NotImplemented

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self._items.items()))
        return self._hash

    def __reduce__(self) -> tuple[object, ...]:
        return FrozenMapping, (self._items,)

    def __repr__(self) -> str:
        return repr(self._items)

    def _missing(self, key: Any) -> str:
        known = [str(one) for one in self._items]
        return f"{self._lacks} {key!r}, only {', '.join(known) or 'none at all'}{suggest(str(key), known)}"


class Task(FrozenMapping):
    """What is to be done: `Task(hours=4)` is a frozen mapping with `task["hours"] == 4`.

    Attributes are any values; lists, sets and mappings inside are frozen (see FrozenMapping). A missing attribute is
    a KeyError that names the ones there are.
    """

    __slots__ = ()

    _lacks = "the task has no attribute"

    def __init__(self, /, **attributes: Any) -> None:
        super().__init__(attributes)

    def __reduce__(self) -> tuple[object, ...]:
        return _task, (self._items,)

    def __repr__(self) -> str:
        if all(name.isidentifier() for name in self._items):
            return f"Task({', '.join(f'{name}={value!r}' for name, value in self._items.items())})"
        return f"Task(**{self._items!r})"


def _task(attributes: dict[str, Any]) -> Task:
    return Task(**attributes)


def freeze(value: Any) -> Any:
    """Return `value` with every list, set and mapping in it replaced by its frozen counterpart.

    Values of other types, `Any` for that reason, pass unchanged; a frozen mapping is returned as it is.
    """
    if isinstance(value, (FrozenMapping, str, bytes)):
        return value
    if isinstance(value, Mapping):
        return FrozenMapping(value)
    if isinstance(value, list) or type(value) is tuple:  # a named tuple or a subclass keeps its type
        return tuple(freeze(one) for one in value)
    if isinstance(value, (set, frozenset)):
        return frozenset(value)
    return bytes(value) if isinstance(value, bytearray) else value
