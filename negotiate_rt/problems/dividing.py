"""What a division is about, and how it ends: a flat, an estate, a cake, or whole items, which need no more than names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import force_setattr

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.division_calls import Award
from negotiate_rt.problems.exact import Exact
from negotiate_rt.problems.goods import Bundle, Item
from negotiate_rt.problems.scalars import finite


class Rent(msgspec.Struct, frozen=True):
    """A flat: the whole rent, and the rooms' names (none: those that the claimants value). Raises ConfigurationError."""

    rent: Exact
    rooms: tuple[Item, ...] = ()

    def __post_init__(self) -> None:
        finite(self.rent, "rent", ConfigurationError)
        force_setattr(self, "rooms", tuple(self.rooms))


class Estate(msgspec.Struct, frozen=True):
    """What there is to meet claims with. Raises ConfigurationError unless it is a number of at least 0."""

    amount: Exact

    def __post_init__(self) -> None:
        if finite(self.amount, "estate", ConfigurationError) < 0:
            raise ConfigurationError(f"estate: expected at least 0, got {self.amount!r}")


class Cake(msgspec.Struct, frozen=True):
    """Land or time, from `low` to `high`, that can be cut anywhere. Raises ConfigurationError."""

    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        ends = (finite(self.low, "low", ConfigurationError), finite(self.high, "high", ConfigurationError))
        if not ends[0] < ends[1]:
            raise ConfigurationError(f"cake: expected low below high, got {self.low!r} and {self.high!r}")


class DivisionResult(msgspec.Struct, frozen=True, kw_only=True):
    """Who gets what. By claimant: `allocation`, the items it gets whole; `shares`, of each item it gets any of; `pieces` of a
    cake, from where to where; `awards` from an estate; `payments`, what it pays (is paid, below 0), where there is money;
    `worths`, what it gets is worth to it, without money. `drawn`: shares are chances, and the allocation was drawn by them.

    verdicts: by property, and with a witness where it does not hold: by what claimants stated to the referee, or, where they
    only choose, by their own values if all bring some. promised: those that the rule keeps if all are honest. left_out: who
    got nothing because it left or did not answer, and why. remainder: items that nobody got. proven: whether a searched optimum
    is one (None: nothing is searched); method: what found it. Numbers are fractions where all that was stated is exact.
    """

    rule: str
    allocation: Mapping[str, Bundle] = {}
    shares: Mapping[str, Mapping[Item, Exact]] = {}
    pieces: Mapping[str, tuple[Exact, Exact]] = {}
    awards: Mapping[str, Exact] = {}
    payments: Mapping[str, Exact] = {}
    worths: Mapping[str, Exact] = {}
    verdicts: Mapping[str, Any] = {}  # FairnessVerdict of solutions.division.fairness
    promised: tuple[str, ...] = ()
    left_out: Mapping[str, str] = {}
    remainder: tuple[Item, ...] = ()
    drawn: bool = False
    proven: bool | None = None
    method: str = ""

    @property
    def kept(self) -> bool | None:
        """Whether all that the rule promises holds; None if something of it was not judged, or is undecided."""
        told = [self.verdicts[name].holds if name in self.verdicts else None for name in self.promised]
        return None if None in told and False not in told else all(told)

    def award(self, name: str) -> Award:
        """Return what one claimant hears, in numbers that a message carries."""
        shares = self.shares.get(name, {})
        if self.drawn:
            shares = {item: 1 for item in shares if item in self.allocation.get(name, ())}
        piece, amount = self.pieces.get(name), self.awards.get(name)
        return Award(
            shares=tuple((item, float(share)) for item, share in shares.items()),
            piece=None if piece is None else (float(piece[0]), float(piece[1])),
            amount=None if amount is None else float(amount), payment=float(self.payments.get(name, 0)),
        )  # fmt: skip
