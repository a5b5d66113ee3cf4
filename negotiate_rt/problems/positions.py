"""Slots on a page, sold together by bids per click: what bidders are told, the options, the result."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Literal

import msgspec
from msgspec.structs import force_setattr

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.problems.auction import AuctionCall, AuctionOptions, AuctionResult
from negotiate_rt.problems.units import price_of

PRICINGS = ("gsp", "vcg")


class PositionsCall(AuctionCall, frozen=True, kw_only=True, tag="positions-call"):
    """What a bidder is told in a position auction: the clicks of each slot, best first; bids are for one click."""

    clicks: tuple[float, ...] = (1.0,)
    pricing: str = "gsp"


class PositionOptions(AuctionOptions, frozen=True, kw_only=True):
    """Options of a position auction. clicks: of each slot, best first, above 0. pricing: "gsp" for the generalised second price,
    or "vcg". Reserve and starting price are for one click. Raises ConfigurationError.
    """

    clicks: tuple[float, ...] = (1.0,)
    pricing: Literal["gsp", "vcg"] = "gsp"

    def __post_init__(self) -> None:
        super().__post_init__()
        force_setattr(self, "clicks", checked_clicks(self.clicks, "options.clicks"))
        if self.pricing not in PRICINGS:
            hint = suggest(str(self.pricing), PRICINGS)
            raise ConfigurationError(f"options.pricing: expected gsp or vcg, got {self.pricing!r}{hint}")
        if self.reverse:
            raise ConfigurationError("options.direction: slots are sold, not bought: expected forward")


class PositionsResult(AuctionResult, frozen=True, kw_only=True):
    """How a position auction ended: `allocation` tells each winner's slot, numbered from 1, `payments` what it pays for all its
    clicks, `click_prices` for one."""

    click_prices: Mapping[str, float] = msgspec.field(default_factory=dict)


def checked_clicks(clicks: object, name: str) -> tuple[float, ...]:
    """Return the clicks of slots, best first: above 0, never rising. Raises ConfigurationError."""
    if not isinstance(clicks, (tuple, list)) or not clicks:
        raise ConfigurationError(f"{name}: expected the clicks of one slot or more, best first, got {clicks!r}")
    amounts = tuple(price_of(one, f"{name}[{place}]") for place, one in enumerate(clicks))
    if not all(amounts) or any(one < following for one, following in pairwise(amounts)):
        raise ConfigurationError(f"{name}: expected numbers above 0, best slot first, got {tuple(clicks)!r}")
    return amounts
