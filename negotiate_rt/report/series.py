"""One measured quantity over any number of sessions, in bounded memory."""

from __future__ import annotations

import math
import random
from array import array

import msgspec

KEPT = 20_000  # values kept exactly; beyond it a uniform sample of that size, whose p99 rests on 200 values


class Spread(msgspec.Struct, frozen=True):
    """How a quantity is spread. Percentiles are nearest-rank: the least value with at least that share at or below it.

    Mean, least and most are exact. All but `count` are None where nothing was measured.
    """

    count: int
    mean: float | None = None
    min: float | None = None
    p50: float | None = None
    p99: float | None = None
    max: float | None = None


class Series:
    """Counts values as they come. Percentiles are exact up to `kept` values, then those of a seeded uniform sample."""

    __slots__ = ("_chance", "_kept", "_sample", "_sum", "count", "least", "most")

    def __init__(self, kept: int = KEPT) -> None:
        self.count = 0
        self.least = math.inf
        self.most = -math.inf
        self._sum = 0.0
        self._kept = kept
        self._sample = array("d")
        self._chance: random.Random | None = None

    def add(self, value: float) -> None:
        """Take one value. Cost: O(1)."""
        self.count += 1
        self._sum += value
        if value < self.least:
            self.least = value
        if value > self.most:
            self.most = value
        if len(self._sample) < self._kept:
            self._sample.append(value)
            return
        if self._chance is None:
            self._chance = random.Random(0)  # a report of the same outcomes is the same report
        place = int(self._chance.random() * self.count)  # Vitter's algorithm R
        if place < self._kept:
            self._sample[place] = value

    @property
    def sample(self) -> tuple[float, ...]:
        """Return the values that were kept: all of them, or a uniform sample."""
        return tuple(self._sample)

    def percentile(self, share: float) -> float:
        """Return the nearest-rank percentile, 0 < share <= 1, of what was kept; NaN if nothing was."""
        return nearest_rank(sorted(self._sample), share)

    def spread(self) -> Spread:
        """Return what was measured. Cost: O(kept log kept)."""
        if not self.count:
            return Spread(0)
        ordered = sorted(self._sample)
        p50, p99 = nearest_rank(ordered, 0.50), nearest_rank(ordered, 0.99)
        return Spread(self.count, self._sum / self.count, self.least, p50, p99, self.most)


def nearest_rank(ordered: list[float], share: float) -> float:
    """Return the value at rank ceil(share * n) of an ordered list; NaN of an empty one."""
    return ordered[max(1, math.ceil(share * len(ordered) - 1e-9)) - 1] if ordered else math.nan
