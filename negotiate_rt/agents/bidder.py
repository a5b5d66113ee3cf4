"""Auction agents: bidders, with a value, a bid strategy, or a hook."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from negotiate_rt.agents.agent import Agent
from negotiate_rt.errors import ConfigurationError
from negotiate_rt.messages.view import View
from negotiate_rt.protocols.guard import true_number
from negotiate_rt.strategies.bidding import bid_by


class Bidder(Agent):
    """Bids in auctions. value: what the lot is worth to it, a number, or a callable bundle -> number. strategy: a BidStrategy
    `(agent, task, current_price, round, previous_bids) -> price`, or a callable of the view; plain or async. Without a
    strategy it bids its value; without both it needs a `bid` method of its own. Raises ConfigurationError.
    """

    role = "bidder"

    def __init__(
        self,
        name: str,
        value: Any = None,
        strategy: Callable[..., Any] | None = None,
        *,
        guard: bool = True,
        isolated: bool = False,
    ) -> None:
        super().__init__(name, guard=guard, isolated=isolated)
        if strategy is not None and not callable(strategy):
            raise ConfigurationError(f"agent {name!r}: strategy must be callable, got {strategy!r}")
        if value is not None and not callable(value) and true_number(value) is None:
            raise ConfigurationError(f"agent {name!r}: value must be a number or a callable bundle -> number, got {value!r}")
        if value is None and strategy is None and type(self).bid is Bidder.bid:
            raise ConfigurationError(f"agent {name!r}: a bidder needs a value, a strategy, or a `bid` method")
        self.value = value
        self.strategy = strategy

    def bid(self, view: View) -> Any:  # a price, None or NaN to drop out, or an awaitable of one
        """Decide a bid."""
        strategy = self.strategy
        if strategy is None:
            return self.value({view.task}) if callable(self.value) else self.value
        return bid_by(strategy, self, view)


class StrategyBidder:
    """Seats anything with a name as a bidder, bidding by a strategy; it `stands_for` who was handed in."""

    __slots__ = ("name", "stands_for", "strategy", "value")

    role = "bidder"

    def __init__(self, original: Any, strategy: Callable[..., Any]) -> None:
        self.stands_for = original
        self.name = original.name
        self.strategy = strategy
        self.value = getattr(original, "value", None)

    def bid(self, view: View) -> Any:  # as Bidder.bid
        """Decide a bid by the strategy, which is called with the original agent."""
        return bid_by(self.strategy, self.stands_for, view)
