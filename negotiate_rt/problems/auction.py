"""What an auction is about: the call to bidders, its options, and its result."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec

from negotiate_rt.errors import ConfigurationError


class AuctionCall(msgspec.Struct, frozen=True, kw_only=True, tag="auction-call"):
    """What a bidder is told: the lot, and the price that bidding starts at. The reserve stays with the auctioneer."""

    lot: Any  # whatever the caller sells
    starting_price: float = 0.0


class AuctionOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Options of an auction; prices in the lot's currency, finite, never negative; reply_by: seconds for sealed bids (None:
    half of what is left). Raises ConfigurationError.
    """

    starting_price: float = 0.0
    reserve_price: float = 0.0
    increment: float = 1.0
    reply_by: float | None = None

    def __post_init__(self) -> None:
        for name in ("starting_price", "reserve_price", "increment"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
                raise ConfigurationError(f"options.{name}: expected a finite price of at least 0, got {value!r}")
        if self.reply_by is not None and not self.reply_by > 0:
            raise ConfigurationError(f"options.reply_by: expected seconds above 0, got {self.reply_by!r}")

    def wait_for(self, left: float) -> float:
        """Return the seconds that bids get, of those that are left."""
        return left / 2 if self.reply_by is None else self.reply_by


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
