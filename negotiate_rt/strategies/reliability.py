"""What is known of contractors by how their work has gone: counts, and a Beta estimate that fades with time.

The beta reputation system (Jøsang and Ismail 2002): r good and s bad results make the chance of another good one a Beta
distribution, with expectation (r + 1) / (r + s + 2) for somebody of whom nothing else is known. A base rate a takes the
place of one half: (r + 2a) / (r + s + 2). With each new result all older ones fade by a factor (their forgetting factor), so
that a contractor may mend its ways, or go astray.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterator, Mapping

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.scalars import finite

PRIOR = 2.0  # what a base rate weighs, in results: the uniform prior of the paper is a base rate of one half
FORGETTING = 0.95  # the evidence of many results then weighs twenty at most
MOST = 100_000  # contractors remembered; whoever has been idle for longest is forgotten first


class Reliability(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one contractor's work has gone. `late` are those of the failures that were called off for being too slow;
    `good` and `bad` are the evidence, faded."""

    fulfilled: int = 0
    failed: int = 0
    late: int = 0
    good: float = 0.0
    bad: float = 0.0

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be a finite number of at least 0, got {getattr(self, name)!r}")

    def expected(self, base_rate: float = 0.5) -> float:
        """Return the chance that the next work succeeds: (good + 2 base_rate) / (good + bad + 2)."""
        return (self.good + PRIOR * base_rate) / (self.good + self.bad + PRIOR)

    def deviation(self, base_rate: float = 0.5) -> float:
        """Return how uncertain that is: the Beta distribution's standard deviation, sqrt(E (1 - E) / (good + bad + 3))."""
        mean = self.expected(base_rate)
        return math.sqrt(mean * (1.0 - mean) / (self.good + self.bad + PRIOR + 1.0))


UNKNOWN = Reliability()


class ReliabilityLedger(Mapping[str, Reliability]):
    """Contractors' records by name: those of all negotiations of one society or executor, unless it was given another.

    forgetting: what an older result weighs after a new one of the same contractor, above 0 and at most 1 (nothing is
    forgotten). records: where to begin, as `dict(ledger)` gives them. Raises ConfigurationError.
    """

    def __init__(self, records: Mapping[str, Reliability] | None = None, *, forgetting: float = FORGETTING) -> None:
        if not 0 < finite(forgetting, "forgetting", ConfigurationError) <= 1:
            raise ConfigurationError(f"forgetting: expected a number above 0 and at most 1, got {forgetting!r}")
        self.forgetting = float(forgetting)
        self._records: OrderedDict[str, Reliability] = OrderedDict()
        for name, record in (records or {}).items():
            if not isinstance(name, str) or not isinstance(record, Reliability):
                raise ConfigurationError(f"records: expected names and Reliability, got {name!r}: {record!r}")
            self._records[name] = record

    def of(self, name: str) -> Reliability:
        """Return a contractor's record, a blank one if it has none. Cost: O(1)."""
        return self._records.get(name, UNKNOWN)

    def note(self, name: str, fulfilled: bool, late: bool = False) -> Reliability:
        """Take down how one contractor's work went, and return its record. Cost: O(1)."""
        before = self.of(name)
        fade = self.forgetting
        record = self._records[name] = Reliability(
            before.fulfilled + fulfilled, before.failed + (not fulfilled), before.late + (late and not fulfilled),
            fade * before.good + fulfilled, fade * before.bad + (not fulfilled),
        )  # fmt: skip
        self._records.move_to_end(name)
        if len(self._records) > MOST:
            self._records.popitem(last=False)
        return record

    def __getitem__(self, name: str) -> Reliability:
        return self._records[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)

    def __repr__(self) -> str:
        return f"<ReliabilityLedger of {len(self)} contractors>"
