"""Traders without intelligence: random orders, within the trader's means or not.

Gode and Sunder, "Allocative efficiency of markets with zero-intelligence traders: market as a partial substitute for individual
rationality" (1993). A constrained trader (ZI-C) never orders at a loss: a buyer bids any price from `low` to the worth of its
next unit alike, a seller asks any from the cost of its next unit to `high`. An unconstrained one (ZI-U) draws from the whole
range. In a continuous double auction the constrained reap nearly all gains from trade.
"""

from __future__ import annotations

import math
import random
from typing import Any

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.messages.view import View
from negotiate_rt.problems.trading import MarketNews
from negotiate_rt.problems.units import price_of
from negotiate_rt.strategies.bidding import BidRule, Situation, worth_to


class ZeroIntelligence(BidRule, frozen=True, kw_only=True, tag="zero-intelligence"):
    """Order at a random price, that makes no loss if `constrained`, between `low` and `high`, the market's range of prices.

    seed: of its own chance, which depends on nothing else but the negotiation, the agent's name and the time. For an agent with
    a `side` and a value, or several by unit; with a limit price in the place of a value. Raises ConfigurationError.
    """

    low: float = 0.0
    high: float = 200.0
    constrained: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        price_of(self.low, "low")
        if price_of(self.high, "high") < self.low:
            raise ConfigurationError(f"high: expected at least low ({self.low:g}), got {self.high:g}")

    def limit(self, now: Situation) -> float:
        """Return the worth, which is as far as it may go."""
        return now.worth

    def bid_for(self, agent: Any, view: View) -> float:
        """Return the price that it orders one unit at; NaN with nothing more to trade."""
        call = view.call
        worth = next_worth(agent, view.task, call.position if isinstance(call, MarketNews) else 0)
        low, high = self.low, self.high
        if self.constrained and getattr(agent, "side", None) == "sell":
            low = max(worth, low)
        elif self.constrained:
            high = min(worth, high)
        if not low <= high:
            return math.nan
        return random.Random(f"{self.seed}/{view.negotiation}/{view.agent}/{view.now!r}").uniform(low, high)  # not for secrets


def next_worth(agent: Any, task: Any, position: int) -> float:
    """Return what the next unit is worth to, or costs, an agent that holds so many; NaN for one beyond its values."""
    several = getattr(agent, "limit", None)
    if several is None:
        several = getattr(agent, "value", None)
    if not isinstance(several, (tuple, list)):
        several = (worth_to(agent, task) if callable(several) or several is None else several,)
    return float(several[abs(position)]) if abs(position) < len(several) else math.nan
