"""Which records of a journal are wanted."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

import msgspec

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.journal.record import Record
from negotiate_rt.journal.rows import KINDS

TOLD = tuple(kind for kind in KINDS if kind != "seated")


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a record must be to be wanted; None: anything. Raises ConfigurationError for a kind that does not exist.

    negotiation: an id, or a pattern (`market/*`); agent: who said, heard, decided or is at fault; performative: the act's
    FIPA name; kind: "said", "fault", ...; since, until: seconds on the society's clock, inclusive.
    """

    negotiation: str | None = None
    agent: str | None = None
    performative: str | None = None
    kind: str | None = None
    since: float = -math.inf
    until: float = math.inf

    def __post_init__(self) -> None:
        if self.kind is not None and self.kind not in TOLD:
            raise ConfigurationError(
                f"kind: expected one of {', '.join(TOLD)}, got {self.kind!r}{suggest(self.kind, TOLD)}"
            )

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return self == Wanted()

    def fits(self, record: Record) -> bool:
        """Return whether a record is wanted."""
        return (
            self.since <= record.at <= self.until
            and (self.kind is None or record.kind == self.kind)
            and (self.performative is None or record.act == self.performative)
            and (self.agent is None or self.agent in (record.sender, record.receiver))
            and (self.negotiation is None or fnmatchcase(record.negotiation, self.negotiation))
        )

    def among(self, records: Iterable[Record]) -> Iterator[Record]:
        """Yield the records that are wanted."""
        return filter(self.fits, records)
