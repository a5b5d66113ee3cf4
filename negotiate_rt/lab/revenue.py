"""What auction formats bring the seller in equilibrium, compared on the same drawn values, with confidence intervals.

Revenue equivalence (Vickrey 1961; Myerson 1981; Riley and Samuelson 1981): with independent private values from one regular or
irregular distribution, all formats that give the lot to the highest value at or above one entry level, and nothing to the
lowest type, bring the same on average. Each auction differs: the variance is least in first price and Dutch.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.lab.revelation import PlayedAuction
from negotiate_rt.problems.auction import AuctionOptions, DutchOptions
from negotiate_rt.solutions.all_pay import all_pay_bid
from negotiate_rt.solutions.equilibrium_bidding import first_price_bid
from negotiate_rt.solutions.myerson import check_bidders, check_distribution, expected_revenue, optimal_reserve
from negotiate_rt.solutions.value_distributions import (
    DensityDistribution,
    DiscreteDistribution,
    ExponentialDistribution,
    UniformDistribution,
    ValueDistribution,
)

Array = NDArray[np.float64]
NODES = 257  # at which bids are computed; between them they are interpolated, to about 1e-6 of the range
QUANTILES = 2001  # likewise, of a density
ALIKE = {"dutch": "first-price", "english": "vickrey"}  # what brings the same in every single auction
FORMATS = ("first-price", "dutch", "vickrey", "english", "all-pay", "myerson")
PLAYED = ("first-price", "dutch", "vickrey", "all-pay")
TAIL = 1e-12  # of an exponential, beyond which bids no longer rise


class FormatRevenue(msgspec.Struct, frozen=True, kw_only=True):
    """One format's revenue: mean, its standard error, a confidence interval, and the deviation from auction to auction.

    difference: of the mean to the first format's, with an interval of its own (both on the same draws).
    """

    format: str
    mean: float
    error: float
    interval: tuple[float, float]
    deviation: float
    difference: float
    difference_interval: tuple[float, float]


class RevenueComparison(msgspec.Struct, frozen=True, kw_only=True):
    """Formats compared. expected: the exact mean for formats with this reserve; optimal: that of Myerson's auction."""

    bidders: int
    auctions: int
    reserve: float
    seed: int
    confidence: float
    expected: float
    optimal: float
    formats: tuple[FormatRevenue, ...]

    def __getitem__(self, name: str) -> FormatRevenue:
        return next(one for one in self.formats if one.format == name)


def compare_revenue(  # noqa: PLR0913  # one experiment
    values: ValueDistribution, bidders: int, *, auctions: int = 100_000, formats: Sequence[str] = FORMATS[:5],
    reserve: float = 0.0, seed: int = 0, confidence: float = 0.95,
) -> RevenueComparison:  # fmt: skip
    """Simulate so many auctions of each format between bidders who play its equilibrium, all on the same values.

    formats: of FORMATS; "english" and "vickrey" bring the second value, "dutch" what "first-price" does, "myerson" uses the
    optimal reserve instead of `reserve`. reserve: the least value that enters; in "all-pay" the least bid that makes it so,
    r·F(r)^(n-1). Raises ConfigurationError. Cost: O(auctions * bidders) at array speed.
    """
    check_distribution(values, "values")
    count = check_bidders(bidders)
    if isinstance(values, DiscreteDistribution):
        raise ConfigurationError("equilibrium bids need a distribution without atoms: uniform, exponential or a density")
    if isinstance(auctions, bool) or not isinstance(auctions, int) or auctions < 2:
        raise ConfigurationError(f"auctions must be a whole number >= 2, got {auctions!r}")
    if not 0 < confidence < 1:
        raise ConfigurationError(f"confidence must be above 0 and below 1, got {confidence!r}")
    wanted = tuple(formats)
    for one in wanted:
        if one not in FORMATS:
            raise ConfigurationError(f"unknown format {one!r}; there are {', '.join(FORMATS)}{suggest(str(one), FORMATS)}")
    if not wanted:
        raise ConfigurationError(f"formats: name one or more of {', '.join(FORMATS)}")
    drawn = drawn_values(values, count, auctions, seed)
    kinds = dict.fromkeys(ALIKE.get(one, one) for one in wanted)
    known = {one: revenue_of(one, values, drawn, reserve) for one in kinds}
    gained = [known[ALIKE.get(one, one)] for one in wanted]
    width = NormalDist().inv_cdf((1 + confidence) / 2)
    return RevenueComparison(
        bidders=count, auctions=auctions, reserve=float(reserve), seed=seed, confidence=confidence,
        expected=float(expected_revenue(values, count, reserve)), optimal=float(expected_revenue(values, count)),
        formats=tuple(_told(name, one, gained[0], width) for name, one in zip(wanted, gained, strict=True)),
    )  # fmt: skip


def drawn_values(values: ValueDistribution, bidders: int, auctions: int, seed: int) -> Array:
    """Return the values of all bidders in all auctions, (auctions, bidders), from one seeded stream."""
    rng = random.Random(f"revenue {seed}")
    chances = np.array([rng.random() for _ in range(auctions * bidders)])
    if isinstance(values, DensityDistribution):
        nodes = np.array([float(values.quantile(one)) for one in np.linspace(0, 1, QUANTILES)])
        found: Any = np.interp(chances, np.linspace(0, 1, QUANTILES), nodes)
    elif isinstance(values, ExponentialDistribution):
        found = -np.log1p(-chances) / float(values.rate)
    else:
        found = np.array([float(values.quantile(one)) for one in chances.tolist()])
    table: Array = found.reshape(auctions, bidders)
    return table


def revenue_of(name: str, values: ValueDistribution, drawn: Array, reserve: float) -> Array:
    """Return what each auction of a format brings, if all bid as its equilibrium says."""
    bidders = drawn.shape[1]
    best: Array = drawn.max(axis=1)
    if name in ("vickrey", "english", "myerson"):
        least = float(optimal_reserve(values)) if name == "myerson" else reserve
        second = np.sort(drawn, axis=1)[:, -2] if bidders > 1 else np.zeros(len(drawn))
        sold: Array = np.where(best >= least, np.maximum(second, least), 0.0)
        return sold
    if name == "all-pay":
        paid: Array = bid_function(name, values, bidders, reserve)(drawn).sum(axis=1)
        return paid
    return bid_function(name, values, bidders, reserve)(best)


def own_reserve(name: str, values: ValueDistribution, bidders: int, entry: float) -> float:
    """Return the least bid of a format that keeps values below `entry` out."""
    return entry * float(values.cdf(entry)) ** (bidders - 1) if name == "all-pay" else entry


def bid_function(name: str, values: ValueDistribution, bidders: int, reserve: float) -> Callable[[Array], Array]:
    """Return equilibrium bids of first price, Dutch or all-pay as a function of arrays of values: 0 for those that do not
    enter, interpolated between 257 values above.
    """
    rule: Callable[..., float | None] = all_pay_bid if name == "all-pay" else first_price_bid
    least = own_reserve(name, values, bidders, float(reserve))
    low = float(values.quantile(0))
    high = float(values.quantile(1 - TAIL if isinstance(values, ExponentialDistribution) else 1))
    entry = max(low, float(reserve))
    if entry > high:
        return lambda drawn: np.zeros(drawn.shape)
    nodes = np.linspace(entry, high, NODES)

    def cdf(value: float) -> float:
        return float(values.cdf(value))

    known = None if isinstance(values, UniformDistribution) else cdf  # None: uniform, in closed form
    bids = np.array([rule(one, bidders, known, low, high, least) or 0.0 for one in nodes.tolist()])
    bids[0] = least if name == "all-pay" else bids[0]  # whatever the rounding
    return lambda drawn: np.where(drawn < entry, 0.0, np.interp(drawn, nodes, bids))


def played_revenue(
    name: str, values: ValueDistribution, drawn: Array, reserve: float = 0.0, tick: float = 0.01
) -> Array:
    """Return what each of these auctions brings, played by the executor on the virtual clock by bidders who bid their
    equilibrium. tick: the decrement of a Dutch clock, which starts one tick above the highest bid. Cost: some milliseconds
    an auction. Raises ConfigurationError.
    """
    if name not in PLAYED:
        raise ConfigurationError(f"{name!r} is not played; there are {', '.join(PLAYED)}")
    bidders = drawn.shape[1]
    options: Any = AuctionOptions(reserve_price=own_reserve(name, values, bidders, reserve))
    bids = drawn if name == "vickrey" else bid_function(name, values, bidders, reserve)(drawn)
    if name == "dutch":
        start = reserve + math.ceil((float(bids.max()) - reserve) / tick + 1) * tick
        options = DutchOptions(starting_price=start, reserve_price=reserve, increment=tick)
    play = PlayedAuction(name, bidders, options)
    actions = np.where(drawn < reserve, -1.0, bids)
    return np.array([math.fsum(play([None if one < 0 else one for one in row]).payments) for row in actions.tolist()])


def _told(name: str, gained: Array, first: Array, width: float) -> FormatRevenue:
    mean, deviation = float(gained.mean()), float(gained.std(ddof=1))
    error = deviation / math.sqrt(len(gained))
    apart = gained - first
    gap, spread = float(apart.mean()), width * float(apart.std(ddof=1)) / math.sqrt(len(gained))
    return FormatRevenue(
        format=name, mean=mean, error=error, interval=(mean - width * error, mean + width * error), deviation=deviation,
        difference=gap, difference_interval=(gap - spread, gap + spread),
    )  # fmt: skip
