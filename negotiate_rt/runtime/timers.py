"""A timer heap with lazily re-armed deadlines.

Setting a deadline stores two numbers on its owner; only one that is earlier than the owner's entry in the heap pushes a
new entry. When an entry comes up before its owner's deadline it is pushed again under the sequence number of when that
deadline was *set*, so that equal deadlines fire in the order they were set. Deliveries (rank 0) come before deadlines
(rank 1) of the same instant, which makes `reply_by` inclusive.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Protocol

DELIVERY, DEADLINE = 0, 1
COMPACT_ABOVE = 256  # entries; below that a stale heap costs less than its compaction


class Timed(Protocol):
    """Owner of a deadline. `armed` is the time of its live heap entry (inf: none)."""

    deadline: float
    deadline_seq: int
    armed: float

    def due(self) -> None:
        """Called once when the deadline has come."""


class Timer:
    """A deadline that calls a function."""

    __slots__ = ("action", "armed", "deadline", "deadline_seq")

    def __init__(self, action: Callable[[], None]) -> None:
        self.action: Callable[[], None] | None = action
        self.deadline = self.armed = math.inf
        self.deadline_seq = 0

    def due(self) -> None:
        """Run the action, once."""
        action, self.action = self.action, None
        if action is not None:
            action()


class Timers:
    """The heap. Cost: O(1) to re-arm later or at the same time, O(log n) to arm earlier or to fire."""

    __slots__ = ("heap", "sequence", "stale")

    def __init__(self) -> None:
        self.heap: list[tuple[float, int, int, Timed]] = []
        self.sequence = 0
        self.stale = 0

    def arm(self, owner: Timed, when: float, rank: int = DEADLINE) -> None:
        """Set the owner's one deadline (seconds on the kernel's clock)."""
        self.sequence = sequence = self.sequence + 1
        owner.deadline = when
        owner.deadline_seq = sequence
        if when < owner.armed:
            if owner.armed != math.inf:
                self.stale += 1
            owner.armed = when
            heappush(self.heap, (when, rank, sequence, owner))

    def disarm(self, owner: Timed) -> None:
        """Forget the owner's deadline; its entry is compacted away or dropped when it comes up."""
        owner.deadline = math.inf
        if owner.armed != math.inf:
            owner.armed = math.inf
            self.stale += 1
            if self.stale * 2 > len(self.heap) > COMPACT_ABOVE:
                self._compact()

    def earliest(self) -> float:
        """Return a time before which no deadline falls (inf: none). Cost: O(1); re-armed entries are not looked into."""
        return self.heap[0][0] if self.heap else math.inf

    def next(self, until: float = math.inf) -> float:
        """Return when the next live deadline up to `until` falls (inf: none), tidying the top of the heap on the way.

        With `until` the present, entries that were re-armed for later stay untouched: tidying them all at each look would
        cost what laziness saves.
        """
        heap = self.heap
        while heap and heap[0][0] <= until:
            when, rank, sequence, owner = heap[0]
            if owner.armed != when:
                heappop(heap)
                self.stale -= 1
            elif owner.deadline > when or owner.deadline_seq != sequence:
                heappop(heap)
                owner.armed = owner.deadline
                if owner.deadline != math.inf:
                    heappush(heap, (owner.deadline, rank, owner.deadline_seq, owner))
            else:
                return when
        return math.inf

    def pop(self) -> Timed:
        """Take the owner that `next` spoke of; its deadline is spent."""
        owner = heappop(self.heap)[3]
        owner.armed = owner.deadline = math.inf
        return owner

    def _compact(self) -> None:
        self.heap = [entry for entry in self.heap if entry[3].armed == entry[0]]
        heapify(self.heap)
        self.stale = 0

    def __len__(self) -> int:
        return len(self.heap) - self.stale
