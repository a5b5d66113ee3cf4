"""What an auction is about: the call to bidders, its options, and its result."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec
from msgspec.structs import force_setattr

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.scalars import finite


class AuctionCall(msgspec.Struct, frozen=True, kw_only=True, tag="auction-call"):
    """What a bidder is told: the lot, the price that bidding starts at, and when sealed bids close (a time of receipt on the
    society's clock, inclusive; None: not before all have answered). The reserve stays with the auctioneer.
    """

    lot: Any  # whatever the caller sells
    starting_price: float = 0.0
    closes_at: float | None = None


class AuctionOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Options of an auction; prices in the lot's currency, finite, never negative; reply_by: seconds or timedelta for sealed
    bids (None: half of what is left). Raises ConfigurationError.
    """

    starting_price: float = 0.0
    reserve_price: float = 0.0
    increment: float = 1.0
    reply_by: float | timedelta | None = None

    def __post_init__(self) -> None:
        for name in ("starting_price", "reserve_price", "increment"):
            force_setattr(self, name, _amount(getattr(self, name), f"options.{name}: expected a finite price of at least 0"))
        if self.reply_by is not None:
            wait = self.reply_by.total_seconds() if isinstance(self.reply_by, timedelta) else self.reply_by
            if not _amount(wait, expected := "options.reply_by: expected seconds above 0"):
                raise ConfigurationError(f"{expected}, got {self.reply_by!r}")
            force_setattr(self, "reply_by", float(wait))

    def wait_for(self, left: float) -> float:
        """Return the seconds that bids get, of those that are left."""
        return left / 2 if self.reply_by is None else float(self.reply_by)  # type: ignore[arg-type]  # seconds by now


def _amount(value: object, expected: str) -> float:
    """Return a finite number of at least 0. Raises ConfigurationError."""
    try:
        amount = finite(value, "", ConfigurationError)
    except ConfigurationError:
        amount = -1.0
    if amount < 0:
        raise ConfigurationError(f"{expected}, got {value!r}")
    return amount


class AuctionResult(msgspec.Struct, frozen=True, kw_only=True):
    """How an auction ended. `winner` is the bidder handed in; `reason` begins with a code where nothing was sold.

    `bids` in the order of arrival; `allocation` and `payments` (by bidder's name) are filled where there are many winners.
    """

    success: bool
    winner: Any = None  # the bidder handed in
    winning_bid: Any = None  # a Bid
    pay_price: float | None = None
    bids: tuple[Any, ...] = ()  # of Bid
    reason: str | None = None
    allocation: Mapping[str, Any] | None = None
    payments: Mapping[str, float] | None = None
