"""Where messages end that nobody will ever read: all are counted by reason, the last few are kept to look at."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from negotiate_rt.errors import ConfigurationError


class DeadLetter(msgspec.Struct, frozen=True, gc=False):
    """One message that was not read: an envelope or a system event, and one word on why."""

    item: Any  # whatever a mailbox or link carries
    reason: str


class DeadLetters:
    """A bounded sink. `add` fits wherever an `on_drop(item, reason)` is asked for. Cost of `add`: O(1).

    Reasons are single words from a fixed set (`closed`, `unread`, `overflow`, `full`, `lost`, `blocked`, `congested`
    ...), so that counting them stays bounded too; details belong to the log. Raises ConfigurationError for a negative
    `keep`.
    """

    __slots__ = ("_counts", "_recent")

    def __init__(self, keep: int = 1000) -> None:
        if keep < 0:
            raise ConfigurationError(f"dead letters: expected to keep 0 or more, got {keep}")
        self._counts: Counter[str] = Counter()
        self._recent: deque[DeadLetter] = deque(maxlen=keep)

    def add(self, item: Any, reason: str) -> None:  # Any: see DeadLetter
        """Count a message and keep it, if among the last."""
        self._counts[reason] += 1
        self._recent.append(DeadLetter(item, reason))

    @property
    def counts(self) -> Mapping[str, int]:
        """How many ended here, by reason; a view that follows."""
        return MappingProxyType(self._counts)

    @property
    def recent(self) -> tuple[DeadLetter, ...]:
        """The last ones, oldest first."""
        return tuple(self._recent)

    @property
    def total(self) -> int:
        """How many ended here."""
        return self._counts.total()

    def __repr__(self) -> str:
        by_reason = ", ".join(f"{count} {reason}" for reason, count in sorted(self._counts.items()))
        return f"<DeadLetters: {by_reason or 'none'}>"
