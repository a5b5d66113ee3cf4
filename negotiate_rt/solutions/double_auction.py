"""One seller and one buyer who know only their own mind: the k-double auction of Chatterjee and Samuelson.

Both name a price at once; if the bid is at least the ask they trade at k·bid + (1-k)·ask. With a cost uniform on [c0, c1] and a
value uniform on [v0, v1] there is an equilibrium in linear strategies ("Bargaining under incomplete information", 1983):

    bid(v) = (v + k·a)/(1+k),   ask(c) = (c + (1-k)·b)/(2-k),   a = ((1+k)·c0 + (1-k)·v1)/2,   b = ((2-k)·v1 + k·c0)/2,

a the lowest ask and b the highest bid. On [0, 1] with k = 1/2: bid = 2v/3 + 1/12, ask = 2c/3 + 1/4, trade if v >= c + 1/4.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.solutions.terms import Number, chance, real_number

Support = tuple[Number, Number]


class LinearDoubleAuction(msgspec.Struct, frozen=True, kw_only=True):
    """The linear equilibrium of a k-double auction between uniform priors, and what it is worth before types are known.

    bids, asks: their ranges. gains: expected, of (seller, buyer). first_best: expected gains if all trades worth making were
    made. spread: by how much a value must exceed a cost before they trade, if that is the same for all (k = 1/2).
    trade_probability: of any trade. efficient: whether ex post every trade worth making is made.
    """

    k: Number
    cost: Support
    value: Support
    bids: Support
    asks: Support
    gains: tuple[Number, Number]
    first_best: Number
    trade_probability: Number
    spread: Number | None
    efficient: bool
    definition: str = "linear equilibrium of the k-double auction, uniform priors (Chatterjee and Samuelson 1983)"
    disagreement: str = "no trade: 0 for both"
    ties: str = "a bid equal to the ask trades"

    @property
    def total(self) -> Number:
        """Expected gains of both."""
        return self.gains[0] + self.gains[1]

    def bid(self, value: Number) -> Number:
        """Return what a buyer with this value bids; ConfigurationError outside of the support."""
        _inside(value, self.value, "value")
        return (value + self.k * self.asks[0]) / (1 + self.k)

    def ask(self, cost: Number) -> Number:
        """Return what a seller with this cost asks; ConfigurationError outside of the support."""
        _inside(cost, self.cost, "cost")
        return (cost + (1 - self.k) * self.bids[1]) / (2 - self.k)

    def trade(self, cost: Number, value: Number) -> Number | None:
        """Return the price at which these two trade, or None if they do not."""
        return double_auction_price(self.bid(value), self.ask(cost), self.k)


def double_auction_price(bid: Number, ask: Number, k: Number = 0.5) -> Number | None:
    """Return the price k·bid + (1-k)·ask of a k-double auction, or None if the bid is below the ask.

    ConfigurationError unless bid and ask are finite and 0 <= k <= 1. The price lies between the two, whatever the rounding.
    """
    share, high, low = chance(k, "k"), real_number(bid, "bid"), real_number(ask, "ask")
    return None if high < low else min(max(low + share * (high - low), low), high)


def linear_double_auction(
    cost: Support = (0, 1), value: Support = (0, 1), k: Number = 0.5
) -> LinearDoubleAuction | None:
    """Return the linear equilibrium of the k-double auction, or None where none trades.

    cost, value: the supports of uniform priors, (low, high) with low < high. None if the highest value is not above the lowest
    cost, or if the lowest bid of these strategies would exceed the lowest ask, or the highest bid the highest ask: somebody
    would then trade for sure at a worse price than needed, and equilibria are not linear. All numbers whole or fractions
    (k=Fraction(1, 2)): so is the answer. ConfigurationError for supports or k out of range. Cost: O(1).
    """
    given = (*support_of(cost, "cost"), *support_of(value, "value"), chance(k, "k"))
    exact = any(isinstance(one, Fraction) for one in given) and not any(isinstance(one, float) for one in given)
    low, high, least, most, share = (Fraction(one) for one in given)
    ask = (low * (1 + share) + (1 - share) * most) / 2
    bid = (most * (2 - share) + share * low) / 2
    bids = ((least + share * ask) / (1 + share), bid)
    asks = (ask, (high + (1 - share) * bid) / (2 - share))
    if most <= low or bids[0] > asks[0] or bids[1] > asks[1]:
        return None
    # Bids and asks are uniform, so trades fill a triangle of side (v1 - c0)/2. With ask = a + x and bid = a + y, x <= y, the
    # buyer gains y - (1-k)·x and the seller k·y - x + (1-k)·side: integrated, side³/6 times (1+k) and (2-k).
    side = bids[1] - asks[0]
    density = 1 / ((bids[1] - bids[0]) * (asks[1] - asks[0]))
    gains = (side**3 * (2 - share) / 6 * density, side**3 * (1 + share) / 6 * density)
    kept: Any = (lambda x: x) if exact else float
    best = first_best_gains((low, high), (least, most))
    return LinearDoubleAuction(
        k=kept(share), cost=(kept(low), kept(high)), value=(kept(least), kept(most)),
        bids=(kept(bids[0]), kept(bids[1])), asks=(kept(asks[0]), kept(asks[1])),
        gains=(kept(gains[0]), kept(gains[1])), first_best=kept(Fraction(best)),
        trade_probability=kept(side**2 / 2 * density), spread=kept((most - low) / 4) if share == Fraction(1, 2) else None,
        efficient=gains[0] + gains[1] == best,
    )  # fmt: skip


def first_best_gains(cost: Support, value: Support) -> Number:
    """Return E[max(v - c, 0)] for uniform priors: (h(v1-c0) - h(v0-c0) - h(v1-c1) + h(v0-c1)) / area, h(z) = max(z, 0)³/6.

    Exact for fractions. ConfigurationError unless both supports are (low, high) with low < high.
    """
    (low, high), (least, most) = support_of(cost, "cost"), support_of(value, "value")
    total = _third(most - low) - _third(least - low) - _third(most - high) + _third(least - high)
    return total / (6 * (high - low) * (most - least))


def _third(length: Number) -> Number:
    return max(length, 0) ** 3


def support_of(support: Support, path: str) -> Support:
    """Return a support (low, high) with low < high; ConfigurationError otherwise."""
    if not isinstance(support, (tuple, list)) or len(support) != 2:
        raise ConfigurationError(f"{path} must be a support (low, high), got {support!r}")
    low, high = real_number(support[0], f"{path}[0]"), real_number(support[1], f"{path}[1]")
    if not low < high:
        raise ConfigurationError(f"{path} must be a support (low, high) with low < high, got ({low}, {high})")
    return low, high


def _inside(number: Number, support: Support, path: str) -> None:
    if not support[0] <= real_number(number, path) <= support[1]:
        raise ConfigurationError(f"{path} must lie in its support [{support[0]}, {support[1]}], got {number}")
