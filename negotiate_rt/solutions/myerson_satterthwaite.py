"""How much of the gains from trade any mechanism can realise between a seller and a buyer with private information.

If cost and value are independent and their supports overlap, no incentive-compatible, individually rational mechanism
without subsidy makes every trade worth making (Myerson and Satterthwaite, "Efficient mechanisms for bilateral trading", 1983).
The best one trades where

    v - α·(1 - F(v))/f(v)  >=  c + α·G(c)/g(c),

with the smallest α in [0, 1] for which the budget E[(virtual value - virtual cost)·trade] at α = 1 is not negative; α = 0 makes
every trade. For uniform priors on [0, 1]: α = 1/3, trade if v >= c + 1/4, gains 9/64 of a possible 1/6.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np
from numpy.typing import NDArray

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.solutions.double_auction import support_of
from negotiate_rt.solutions.terms import real_number

Array = NDArray[np.float64]
NODES = 4001  # per prior; the rule below is exact to the square of the spacing


class ContinuousPrior(msgspec.Struct, frozen=True):
    """What is believed of a cost or a value: a distribution on [low, high] with a positive density.

    cdf, density: functions of one number (None: uniform). They are sampled and checked where they are used.
    """

    low: float
    high: float
    cdf: Callable[[float], float] | None = None
    density: Callable[[float], float] | None = None

    def __post_init__(self) -> None:
        support_of((self.low, self.high), "prior")
        if (self.cdf is None) != (self.density is None):
            raise ConfigurationError("a prior needs both cdf and density, or neither (uniform)")


class TradeBound(msgspec.Struct, frozen=True, kw_only=True):
    """The largest expected gains from trade under incentive compatibility, individual rationality and a balanced budget.

    first_best: all trades worth making. alpha: the weight of the virtual parts. efficient: whether nothing is lost.
    threshold: for each cost of `costs`, the smallest value with which it trades (infinite: with none).
    """

    gains: float
    first_best: float
    alpha: float
    trade_probability: float
    efficient: bool
    costs: tuple[float, ...]
    threshold: tuple[float, ...]
    method: str
    definition: str = "second-best bilateral trade (Myerson and Satterthwaite 1983)"
    disagreement: str = "no trade: 0 for both"
    ties: str = "types whose virtual value equals the virtual cost trade"


def myerson_satterthwaite(
    cost: ContinuousPrior | tuple[float, float] = (0, 1), value: ContinuousPrior | tuple[float, float] = (0, 1),
    *, nodes: int = NODES,
) -> TradeBound:  # fmt: skip
    """Return the Myerson–Satterthwaite bound for independent priors; a pair (low, high) is a uniform one.

    Method: the seller's distribution is sampled at `nodes` points and its inverse virtual cost interpolated, the buyer's is
    integrated by the trapezoid rule, α is bisected; relative error about 1e-6 for smooth densities at the default.
    ConfigurationError if a prior is no distribution, or not regular (a virtual value or cost that falls): the rule above does not
    hold then. Cost: about 50 passes over the nodes.
    """
    if isinstance(nodes, bool) or not isinstance(nodes, int) or nodes < 11:
        raise ConfigurationError(f"nodes must be a whole number >= 11, got {nodes!r}")
    seller, buyer = _Sampled(cost, "cost", nodes), _Sampled(value, "value", nodes)
    hazards = (seller.cdf / seller.density, (1 - buyer.cdf) / buyer.density)
    _regular(seller.types + hazards[0], "cost")
    _regular(buyer.types - hazards[1], "value")
    trade = _Trade(seller, buyer, *hazards)
    alpha = 0.0
    if trade.budget(0.0) < 0:
        low, alpha = 0.0, 1.0
        while low < (middle := (low + alpha) / 2) < alpha and alpha - low > 1e-14:
            low, alpha = (middle, alpha) if trade.budget(middle) < 0 else (low, middle)
    ends = trade.ends(alpha)
    costs = np.linspace(seller.types[0], seller.types[-1], 11)
    levels = np.interp(costs, seller.types, seller.types + alpha * hazards[0])
    virtual = np.maximum.accumulate(buyer.types - alpha * hazards[1])
    threshold = np.where(levels > virtual[-1], np.inf, np.interp(levels, virtual, buyer.types))
    return TradeBound(
        gains=trade.gains(ends), first_best=trade.gains(trade.ends(0.0)), alpha=alpha,
        trade_probability=buyer.mean(np.interp(ends, seller.types, seller.cdf)), efficient=alpha == 0.0,
        costs=tuple(costs.tolist()), threshold=tuple(threshold.tolist()),
        method=f"trapezoid rule on {nodes} nodes, bisection on alpha",
    )  # fmt: skip


class _Sampled:
    """A prior at equally spaced types."""

    __slots__ = ("cdf", "density", "types", "weights")

    def __init__(self, prior: ContinuousPrior | tuple[float, float], path: str, nodes: int) -> None:
        if not isinstance(prior, ContinuousPrior):
            low, high = support_of(prior, path)
            prior = ContinuousPrior(float(low), float(high))
        self.types: Array = np.linspace(float(prior.low), float(prior.high), nodes)
        width = float(prior.high - prior.low)
        if prior.cdf is None or prior.density is None:
            self.cdf: Array = (self.types - self.types[0]) / width
            self.density: Array = np.full(nodes, 1 / width)
        else:
            self.cdf = np.array(
                [real_number(prior.cdf(x), f"{path}.cdf({x})") for x in self.types.tolist()], dtype=float
            )
            self.density = np.array(
                [real_number(prior.density(x), f"{path}.density({x})") for x in self.types.tolist()], dtype=float
            )
        if abs(self.cdf[0]) > 1e-9 or abs(self.cdf[-1] - 1) > 1e-9 or (np.diff(self.cdf) < 0).any():
            raise ConfigurationError(
                f"{path}: a cdf rises from 0 to 1, this one goes from {self.cdf[0]} to {self.cdf[-1]}"
            )
        if not (self.density > 0).all():
            raise ConfigurationError(f"{path}: the density must be positive on the whole support")
        self.weights: Array = self.density * width / (nodes - 1)
        self.weights[[0, -1]] /= 2
        if abs(self.weights.sum() - 1) > 1e-3:
            raise ConfigurationError(
                f"{path}: the density integrates to {self.weights.sum():.6g}, expected 1: is it the cdf's?"
            )

    def mean(self, of: Array) -> float:
        return float(self.weights @ of)


class _Trade:
    """Expectations over the trades of one α. With c*(v) the highest cost that trades with v, the seller's virtual cost
    integrates to c*·G(c*), and its cost to c*·G(c*) less the integral of G.
    """

    __slots__ = ("below", "buyer", "hazards", "seller", "virtual")

    def __init__(self, seller: _Sampled, buyer: _Sampled, cost_hazard: Array, value_hazard: Array) -> None:
        self.seller, self.buyer, self.hazards = seller, buyer, (cost_hazard, value_hazard)
        self.virtual = buyer.types - value_hazard
        steps = np.diff(seller.types) * (seller.cdf[1:] + seller.cdf[:-1]) / 2
        self.below: Array = np.concatenate([[0.0], np.cumsum(steps)])  # the integral of G up to each type

    def ends(self, alpha: float) -> Array:
        """Return c*(v), at most the highest cost; below the lowest cost nothing trades, as G is 0 there."""
        levels = self.buyer.types - alpha * self.hazards[1]
        return np.interp(levels, self.seller.types + alpha * self.hazards[0], self.seller.types)

    def budget(self, alpha: float) -> float:
        ends = self.ends(alpha)
        return self.buyer.mean((self.virtual - ends) * np.interp(ends, self.seller.types, self.seller.cdf))

    def gains(self, ends: Array) -> float:
        traded = np.interp(ends, self.seller.types, self.seller.cdf)
        below = np.interp(ends, self.seller.types, self.below)
        return self.buyer.mean((self.buyer.types - ends) * traded + below)


def _regular(virtual: Array, path: str) -> None:
    falls = np.diff(virtual) < -1e-9 * float(np.abs(virtual).max())
    if falls.any():
        place = int(np.argmax(falls))
        raise ConfigurationError(
            f"{path}: the virtual {path} falls after sample {place} of the support: not a regular distribution, and the "
            "bound of Myerson and Satterthwaite's theorem does not apply as it stands"
        )
