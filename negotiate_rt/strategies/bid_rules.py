"""Bid strategies by the names that scenario files use."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.messages.performatives import Message, Reject
from negotiate_rt.solutions.equilibrium_bidding import check_prior, first_price_ask, first_price_bid
from negotiate_rt.strategies.bidding import BidRule, Situation
from negotiate_rt.strategies.straightforward import StraightforwardBidding
from negotiate_rt.strategies.zero_intelligence import ZeroIntelligence

Amount = Annotated[float, Meta(ge=0)]


class TruthfulBidding(BidRule, frozen=True, kw_only=True, tag="truthful"):
    """Bid what the lot is worth to the bidder: the best there is under second price, and in an English auction."""

    def limit(self, now: Situation) -> float | None:
        """Return the worth."""
        return now.worth


class RatioBidding(BidRule, frozen=True, kw_only=True, tag="ratio"):
    """Bid `factor` times one's value (in a reverse auction one's cost, so that a factor above 1 leaves a profit)."""

    factor: Amount = 0.9

    def limit(self, now: Situation) -> float | None:
        """Return the share of the worth."""
        return self.factor * now.worth


class ShadedBidding(RatioBidding, frozen=True, kw_only=True, tag="shaded"):
    """Bid `factor` times one's value; with n uniform values (n - 1) / n is the equilibrium of a first-price auction."""


class UniformValues(msgspec.Struct, frozen=True, kw_only=True, tag="uniform", tag_field="type", forbid_unknown_fields=True):
    """Any value from `low` to `high` alike."""

    low: float = 0.0
    high: float = 1.0
    cdf: None = None


class PowerValues(msgspec.Struct, frozen=True, kw_only=True, tag="power", tag_field="type", forbid_unknown_fields=True):
    """Values with F(x) = ((x - low)/(high - low))^power: above 1 high ones are likely."""

    low: float = 0.0
    high: float = 1.0
    power: Annotated[float, Meta(gt=0)] = 1.0

    def cdf(self, x: float) -> float:
        """Return the probability of a value of at most x."""
        share = min(max((x - self.low) / (self.high - self.low), 0.0), 1.0)
        return float(share**self.power)


class NormalValues(msgspec.Struct, frozen=True, kw_only=True, tag="normal", tag_field="type", forbid_unknown_fields=True):
    """A bell around `mean`, of which only what lies from `low` to `high` occurs."""

    mean: float
    deviation: Annotated[float, Meta(gt=0)]
    low: float
    high: float

    def cdf(self, x: float) -> float:
        """Return the probability of a value of at most x."""
        bell = NormalDist(self.mean, self.deviation)
        below, within = bell.cdf(self.low), bell.cdf(self.high) - bell.cdf(self.low)
        return min(max((bell.cdf(x) - below) / within, 0.0), 1.0)


Prior = UniformValues | PowerValues | NormalValues


class EquilibriumShading(BidRule, frozen=True, kw_only=True, tag="equilibrium"):
    """Bid the symmetric equilibrium of a first-price or Dutch auction with independent private values.

    prior: how each value is distributed: UniformValues, PowerValues, NormalValues, or anything with `low`, `high` and `cdf`
    (None: uniform), such as a ContinuousPrior. bidders: all of them, oneself included. reserve: the reserve, if it is
    known (None: the starting price that is called). In a reverse auction it asks the equilibrium of procurement, with the
    reserve as the ceiling. See solutions.equilibrium_bidding. Raises ConfigurationError.
    """

    prior: Prior = UniformValues()
    bidders: Annotated[int, Meta(ge=1)] = 2
    reserve: Amount | None = None

    def __post_init__(self) -> None:
        if not all(hasattr(self.prior, name) for name in ("low", "high", "cdf")):
            raise ConfigurationError(f"prior: expected a distribution with low, high and cdf, got {self.prior!r}")
        check_prior(self.bidders, self.prior.low, self.prior.high)

    def limit(self, now: Situation) -> float | None:
        """Return the equilibrium bid; None for a worth beyond the reserve."""
        if math.isnan(now.worth):
            return None
        prior, known = self.prior, now.start if self.reserve is None else self.reserve
        cdf: Callable[[float], float] | None = prior.cdf
        if now.reverse:
            ceiling = known if known else math.inf
            return first_price_ask(now.worth, self.bidders, cdf, prior.low, prior.high, ceiling)
        return first_price_bid(now.worth, self.bidders, cdf, prior.low, prior.high, known or 0.0)


class BudgetBidding(BidRule, frozen=True, kw_only=True, tag="budget"):
    """Bid as `then` would, but never more than `budget` (a reverse auction costs no money: there it changes nothing)."""

    budget: Amount
    then: TruthfulBidding | RatioBidding | ShadedBidding | EquilibriumShading = TruthfulBidding()

    def limit(self, now: Situation) -> float | None:
        """Return the lesser of budget and limit."""
        limit = self.then.limit(now)
        return limit if limit is None or now.reverse else min(limit, self.budget)


class SnipingBidding(BidRule, frozen=True, kw_only=True, tag="sniping"):
    """Let the rounds of an outcry pass, and bid when nothing further may be bid otherwise: at the last call, in the last
    round. Elsewhere it bids as `then`."""

    then: TruthfulBidding | RatioBidding | ShadedBidding | EquilibriumShading | BudgetBidding = TruthfulBidding()

    def limit(self, now: Situation) -> float | None:
        """Return the limit of `then`."""
        return self.then.limit(now)

    def decide(self, now: Situation) -> float | Message | None:
        """Wait for the last moment, unless the price has passed the limit."""
        bid = super().decide(now)
        return Reject("not yet") if now.outcry and not now.last and isinstance(bid, (int, float)) else bid


AnyBidding = (
    TruthfulBidding | RatioBidding | ShadedBidding | EquilibriumShading | BudgetBidding | SnipingBidding | ZeroIntelligence
    | StraightforwardBidding
)
BiddingName = Literal["truthful", "ratio", "shaded", "equilibrium", "sniping", "zero-intelligence", "straightforward"]
BIDDINGS: dict[str, Any] = {
    "truthful": TruthfulBidding, "ratio": RatioBidding, "shaded": ShadedBidding, "equilibrium": EquilibriumShading,
    "budget": BudgetBidding, "sniping": SnipingBidding, "zero-intelligence": ZeroIntelligence,
    "straightforward": StraightforwardBidding,
}  # fmt: skip
"""Bid strategy structs by name. `budget` alone needs a parameter."""
TRUTHFUL = TruthfulBidding()


def make_bidding(name: str, **parameters: Any) -> BidRule:
    """Return a bid strategy by its name and parameters, as a scenario file gives them. Raises ConfigurationError."""
    if name not in BIDDINGS:
        raise ConfigurationError(f"no bid strategy {name!r}, only {', '.join(BIDDINGS)}{suggest(str(name), BIDDINGS)}")
    try:
        rule: BidRule = msgspec.convert({"name": name, **parameters}, BIDDINGS[name])
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"bid strategy {name!r}: {error.__cause__ or error}") from error
    return rule
