"""Several lots sold at once by open bidding: what bidders are told and say, the options, the result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import force_setattr

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.auction import AuctionCall, AuctionOptions, AuctionResult, check_step
from negotiate_rt.problems.combinatorial import Good
from negotiate_rt.problems.units import price_of


class LotBid(msgspec.Struct, frozen=True, tag="lot-bid"):
    """What is bid on one lot. Raises ConfigurationError, a ValueError, for what is no price."""

    lot: Good
    price: float

    def __post_init__(self) -> None:
        force_setattr(self, "price", price_of(self.price, f"the price of lot {self.lot!r}"))


class LotState(msgspec.Struct, frozen=True, tag="lot-state"):
    """How one lot stands: its price and who holds it (None: nobody has bid), and the least bid that is taken now."""

    lot: Good
    price: float | None
    bidder: str | None
    least: float


class LotsCall(AuctionCall, frozen=True, kw_only=True, tag="lots-call"):
    """What a bidder is told in each round: how all lots stand, and on how many lots it may be active, those it holds included.

    `lot` is what the seller calls the whole, `starting_price` that of each lot.
    """

    lots: tuple[LotState, ...] = ()
    round: int = 1
    increment: float = 1.0
    eligibility: int = 0


class LotsClosed(msgspec.Struct, frozen=True, kw_only=True, tag="lots-closed"):
    """What everybody who wins nothing hears at the end: how all lots stand."""

    lots: tuple[LotState, ...] = ()


class AscendingOptions(AuctionOptions, frozen=True, kw_only=True):
    """Options of a simultaneous ascending auction; prices are for one lot.

    activity: the share of its eligibility that a bidder must use to keep it: after each round it may be active on at most
    (lots it held or bid on) / activity lots; 1 is the strictest, 0 no rule. reply_by: for each round. Raises
    ConfigurationError.
    """

    activity: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_step(self.increment, "increment")
        share = price_of(self.activity, "options.activity")
        if share > 1:
            raise ConfigurationError(f"options.activity: expected a share from 0 to 1, got {self.activity!r}")
        force_setattr(self, "activity", float(share))
        if self.reverse:
            raise ConfigurationError("options.direction: lots are sold, not bought: expected forward")


class AscendingResult(AuctionResult, frozen=True, kw_only=True):
    """How a simultaneous ascending auction ended: `allocation` tells the lots of each winner, `payments` what it pays for all of
    them, `prices` that of each lot that was sold."""

    prices: Mapping[Any, float] = msgspec.field(default_factory=dict)
