"""Several units of one good: schedules of marginal values, the options of a k-unit auction, and what its bidders are told.

A schedule names a price for each further unit: what the first is worth, what the second is worth on top of it, and so on. A
buyer's never rises (diminishing marginal values), a seller's never falls. A single number is a schedule of one unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any, TypeAlias

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.auction import AuctionCall, AuctionOptions, AuctionResult
from negotiate_rt.problems.scalars import finite

Schedule: TypeAlias = tuple[float, ...]


class UnitsCall(AuctionCall, frozen=True, kw_only=True, tag="units-call"):
    """What a bidder is told in an auction of several units: the lot is one unit, `units` are on sale (or wanted), and the
    starting price is for each.
    """

    units: int = 1


class UnitOptions(AuctionOptions, frozen=True, kw_only=True):
    """Options of a k-unit auction. units: how many are sold, or in a reverse auction bought; prices are for one unit."""

    units: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_count(self.units, "options.units")


class UnitsResult(AuctionResult, frozen=True, kw_only=True):
    """How a k-unit auction ended: `allocation` tells how many units each winner gets, `payments` what it pays for all of
    them. sold: units in all. unit_price: the one price of a unit, None where units cost different prices.
    """

    sold: int = 0
    unit_price: float | None = None


def price_of(value: object, what: str) -> float:
    """Return a price: a finite number of at least 0; whole numbers, however large, and fractions are kept exact.

    Raises ConfigurationError.
    """
    number = finite(value, what, ConfigurationError)
    if number < 0:
        raise ConfigurationError(f"{what} must be at least 0, got {value!r}")
    return value if isinstance(value, (int, Fraction)) else number  # type: ignore[return-value]  # a number all the same


def schedule_of(value: Any, rising: bool = False) -> Schedule:
    """Return a schedule of prices by unit, from several numbers or one; `rising`: a seller's, whose marginal costs rise.

    Raises ConfigurationError, which names the unit, for what is no price, and for a schedule that runs the wrong way: no
    rule of several units can tell which unit such a price is for. Cost: O(units).
    """
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
        return (price_of(value, "a price for a unit"),)
    prices = tuple(price_of(one, f"the price of unit {place}") for place, one in enumerate(value, 1))
    for place, (one, following) in enumerate(pairwise(prices), 2):
        if following < one if rising else following > one:
            way, bound = ("fall", "costs less than") if rising else ("rise", "is worth more than")
            raise ConfigurationError(
                f"marginal prices must not {way}: unit {place} {bound} the one before ({following!r} after {one!r})"
            )
    return prices


def check_count(count: object, name: str) -> None:
    """Raise ConfigurationError unless this is a whole number of at least 1."""
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise ConfigurationError(f"{name}: expected a whole number of at least 1, got {count!r}")
