"""The auction that brings the seller most: Myerson's ("Optimal auction design", Mathematics of Operations Research 6, 1981).

Sell to the highest ironed virtual value if it is at least the seller's own value of the item, at the lowest value with which the
winner would still have won. With identical regular bidders this is a second-price auction with the reserve r*, where the
virtual value is the seller's: 1/2 for values uniform on [0, 1], whatever the number of bidders. Its revenue is the
expectation of the highest virtual value, where that is sold:

    E[revenue] = ∫_{r*} φ(v) d F(v)^n,   φ(v) = v - (1 - F(v))/f(v).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.solutions.auction_mechanisms import SELLER, item_value
from negotiate_rt.solutions.equilibrium_bidding import integral
from negotiate_rt.solutions.mechanisms import Decision, DirectMechanism, Types, TypeSpace
from negotiate_rt.solutions.terms import Number, real_number
from negotiate_rt.solutions.value_distributions import (
    DensityDistribution,
    DiscreteDistribution,
    ExponentialDistribution,
    UniformDistribution,
    ValueDistribution,
    ratio,
)

PIECES = 64  # of an integral over values
TAIL = 1e-18  # of an exponential: what lies beyond is worth less than rounding


class BulowKlemperer(msgspec.Struct, frozen=True, kw_only=True):
    """One more bidder against the best reserve: revenue of a second-price auction without reserve among `bidders` + 1, and of
    the optimal auction among `bidders`. holds: whether the first is at least the second, as it is for regular distributions
    whose bidders all have serious values (Bulow and Klemperer, "Auctions versus negotiations", 1996)."""

    bidders: int
    one_more: Number
    optimal: Number
    regular: bool

    @property
    def holds(self) -> bool:
        """Whether one more bidder is worth at least the best reserve."""
        return float(self.one_more) >= float(self.optimal) * (1 - 1e-9)


def optimal_reserve(values: ValueDistribution, own_value: Number = 0) -> Number:
    """Return Myerson's reserve r*: the least value whose (ironed) virtual value reaches the seller's own value of the item.

    Exact for uniform and discrete values in fractions. Infinite if no bidder is worth selling to.
    """
    check_distribution(values, "values")
    return values.least(real_number(own_value, "own_value"))


def virtual_value(values: ValueDistribution, value: Number) -> Number:
    """Return Myerson's virtual value of a bidder, as it is; `values.ironed` gives the ironed one."""
    check_distribution(values, "values")
    return values.virtual(real_number(value, "value"))


def expected_revenue(values: ValueDistribution, bidders: int, reserve: Number | None = None, own_value: Number = 0) -> Number:
    """Return what the seller expects, its own value of an unsold item included, from bidders with independent values.

    reserve: of a second-price auction (revenue-equivalent: first-price, Dutch, English, all-pay); None: of Myerson's optimal
    auction, ironed where need be. Exact for uniform values in fractions, and for discrete ones (up to the ties of second
    price, at which nothing is lost); otherwise by Gauss-Legendre over the values on 64 pieces, or where a density is ironed, to
    the spacing of its nodes.
    Raises ConfigurationError.
    """
    check_distribution(values, "values")
    count = check_bidders(bidders)
    own = real_number(own_value, "own_value")
    least = optimal_reserve(values, own) if reserve is None else real_number(reserve, "reserve")
    if least < 0:
        raise ConfigurationError(f"reserve must be at least 0, got {reserve!r}")
    if isinstance(values, DiscreteDistribution):
        return _discrete_revenue(values, count, None if reserve is None else least, own)
    if isinstance(values, DensityDistribution) and not values.regular and reserve is None:
        return _hull_revenue(values, count, float(own))
    unsold = raised(values.cdf(least), count)
    if unsold >= 1:
        return own
    if isinstance(values, UniformDistribution):
        return _uniform_revenue(values, count, least) + own * unsold
    if isinstance(values, ExponentialDistribution):
        top = (math.log(count) - math.log(TAIL)) / float(values.rate)
        gained = _density_revenue(values, count, float(least), top)
    else:
        gained = _density_revenue(values, count, float(least), float(values.quantile(1)))
    return gained + float(own * unsold)


def bulow_klemperer(values: ValueDistribution, bidders: int) -> BulowKlemperer:
    """Compare one more bidder without a reserve with the optimal auction. Raises ConfigurationError."""
    return BulowKlemperer(
        bidders=check_bidders(bidders), one_more=expected_revenue(values, bidders + 1, 0),
        optimal=expected_revenue(values, bidders), regular=values.regular,
    )  # fmt: skip


def optimal_auction(
    values: Sequence[ValueDistribution], own_value: Number = 0, types: Sequence[TypeSpace] | TypeSpace | None = None
) -> DirectMechanism:
    """Return Myerson's optimal auction as a direct mechanism, for independent bidders who need not be alike.

    values: each bidder's distribution. own_value: the seller's, of keeping the item. types: what to audit it over (default:
    the values of discrete distributions, draws from others). Ties in ironed virtual value go to the earlier bidder, so that
    each pays the least of its own values that wins: truth is dominant. Raises ConfigurationError.
    """
    known = tuple(values)
    if not known:
        raise ConfigurationError("an auction needs the value distributions of one or more bidders")
    for place, one in enumerate(known):
        check_distribution(one, f"values[{place}]")
    own = real_number(own_value, "own_value")

    def outcome(reports: Types) -> Decision:
        levels = [one.ironed(report) for one, report in zip(known, reports, strict=True)]
        winner = max(range(len(known)), key=lambda place: levels[place])
        if levels[winner] < own:
            return Decision(None)
        price = max(
            known[winner].least(own),
            *(known[winner].least(level, above=place < winner) for place, level in enumerate(levels) if place != winner),
            0,
        )
        due = float(min(price, reports[winner]))
        return Decision(winner, tuple(due if place == winner else 0.0 for place in range(len(known))))

    spaces = tuple(space_of(one) for one in known) if types is None else types
    return DirectMechanism(
        name="myerson", outcome=outcome, types=spaces, agents=len(known), valuation=item_value, residual=SELLER,
        names=tuple(f"bidder {place}" for place in range(1, len(known) + 1)),
        best=lambda own_values: max(0.0, *map(float, own_values)),
        assumes="independent private values of known distributions; ties go to the earlier bidder",
    )  # fmt: skip


def space_of(values: ValueDistribution) -> TypeSpace:
    """Return the type space of a distribution: the values of a discrete one, draws from any other."""
    if isinstance(values, DiscreteDistribution):
        return TypeSpace(values.values, [float(p) for p in values.probabilities])
    return TypeSpace(draw=lambda rng: float(values.quantile(rng.random())))


def check_distribution(values: object, path: str) -> None:
    """Raise ConfigurationError unless this is a distribution of values."""
    if not all(hasattr(values, name) for name in ("cdf", "quantile", "virtual", "ironed", "least")):
        kinds = "UniformDistribution, ExponentialDistribution, DiscreteDistribution or DensityDistribution"
        raise ConfigurationError(f"{path} must be a distribution of values: {kinds}; got {values!r}")


def check_bidders(bidders: object) -> int:
    """Return the number of bidders. Raises ConfigurationError unless a whole number >= 1."""
    if isinstance(bidders, bool) or not isinstance(bidders, int) or bidders < 1:
        raise ConfigurationError(f"bidders must be a whole number >= 1, got {bidders!r}")
    return bidders


def raised(chance: Number, n: int) -> Number:
    """Return a probability to the power n: exact for fractions."""
    found: Number = chance**n
    return found


def _uniform_revenue(values: UniformDistribution, n: int, reserve: Number) -> Number:
    """∫ (low - w + 2wx) n x^(n-1) dx from x_r to 1, with x = F(v) and the width w; below the support, x_r = 0."""
    if n == 1 and reserve < values.low:
        return reserve
    width = values.high - values.low
    x = values.cdf(reserve)
    head = (values.low - width) * (1 - x**n)
    return head + ratio(2 * width * n, n + 1) * (1 - x ** (n + 1))


def _density_revenue(values: ValueDistribution, n: int, reserve: float, top: float) -> float:
    """r (1 - F(r)^n) + ∫_r^top P(second > v) dv, where P(second > v) = 1 - F^n - n F^(n-1) (1 - F).

    By parts, as a density need not be smooth. The reserve counts whenever it sells.
    """

    def second_above(value: float) -> float:
        chance = float(values.cdf(value))
        return float(-math.expm1(n * math.log(chance)) if chance > 0 else 1.0) - n * chance ** (n - 1) * (1 - chance)

    start = max(reserve, float(values.quantile(0)))
    least = reserve * (1 - float(values.cdf(reserve)) ** n) + (start - reserve) * (n > 1)
    return least + integral(second_above, start, top, PIECES)


def _hull_revenue(values: DensityDistribution, n: int, own: float) -> float:
    """Sum the highest ironed virtual value, or the seller's own, over the nodes."""
    heights = itertools.pairwise([height**n for height in values.heights])
    return math.fsum(max(level, own) * (two - one) for level, (one, two) in zip(values.smooth, heights, strict=True))


def _discrete_revenue(values: DiscreteDistribution, n: int, reserve: Number | None, own: Number) -> Number:
    """Sum over the values: without a reserve given the highest ironed virtual value, else the second price."""
    total: Number = 0
    if reserve is None:
        below: Number = 0
        for value, level in zip(values.values, values.smooth, strict=True):
            height = values.cdf(value) ** n
            total += max(level, own) * (height - below)
            below = height
        return total
    steps = sorted({reserve, *(value for value in values.values if value > reserve)})
    at_least = [1 - _below(values, value) for value in steps]
    unsold = (1 - at_least[0]) ** n
    total = own * unsold + reserve * (1 - unsold)
    for (low, high), q in zip(itertools.pairwise(steps), at_least[1:], strict=True):
        second = 1 - (1 - q) ** n - n * q * (1 - q) ** (n - 1)
        total += (high - low) * second
    return total


def _below(values: DiscreteDistribution, value: Number) -> Number:
    """Return the probability of less than a value."""
    return sum(p for one, p in zip(values.values, values.probabilities, strict=True) if one < value)
