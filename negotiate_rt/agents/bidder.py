"""Auction agents: bidders, with a value, a bid strategy, or a hook."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from negotiate_rt.agents.agent import Agent
from negotiate_rt.errors import ConfigurationError
from negotiate_rt.messages.view import View
from negotiate_rt.problems.auction import OutcryCall
from negotiate_rt.problems.bundles import BundleCall, bundle_worths
from negotiate_rt.problems.lots import LotsCall
from negotiate_rt.problems.orders import Side, check_side
from negotiate_rt.protocols.guard import true_number
from negotiate_rt.strategies.bidding import bid_by


class Bidder(Agent):
    """Bids in auctions. value: what the lot is worth to it (its cost, where an auction buys): a number, several where
    several units are sold, or for bundles of goods a mapping of bundles to numbers or a callable bundle -> number.
    strategy: a BidStrategy `(agent, task, current_price, round, previous_bids) -> price`, one of `strategies.bid_rules`,
    or a callable of the view; plain or async. Without a strategy it bids its value; in an open outcry, step by step up to
    its value. Without both it needs a `bid` method of its own. Raises ConfigurationError.
    """

    role = "bidder"
    side: Side | None = None  # "buy" or "sell", where there are both

    def __init__(
        self,
        name: str,
        value: Any = None,
        strategy: Callable[..., Any] | None = None,
        *,
        guard: bool = True,
        isolated: bool = False,
        side: Side | None = None,
    ) -> None:
        super().__init__(name, guard=guard, isolated=isolated)
        if side is not None:
            check_side(side)
            self.side = side
        if strategy is not None and not callable(strategy):
            raise ConfigurationError(f"agent {name!r}: strategy must be callable, got {strategy!r}")
        if value is not None and not callable(value) and not is_value(value):
            raise ConfigurationError(
                f"agent {name!r}: value must be a finite number or a callable bundle -> number, or a mapping of bundles, "
                f"got {value!r}"
            )
        if value is None and strategy is None and type(self).bid is Bidder.bid:
            raise ConfigurationError(f"agent {name!r}: a bidder needs a value, a strategy, or a `bid` method")
        self.value = value
        self.strategy = strategy

    def bid(self, view: View) -> Any:  # a price, None or NaN to drop out, or an awaitable of one
        """Decide a bid."""
        strategy = self.strategy
        if strategy is not None:
            return bid_by(strategy, self, view)
        if view.call.__class__ is OutcryCall:
            from negotiate_rt.strategies.bid_rules import TRUTHFUL  # late: one bids one's value without

            return TRUTHFUL.bid_for(self, view)
        if view.call.__class__ is BundleCall:
            return bundle_worths(self.value, view.call.goods, view.call.direction == "reverse")
        if view.call.__class__ is LotsCall:
            from negotiate_rt.strategies.straightforward import StraightforwardBidding  # late, too

            return StraightforwardBidding().bid_for(self, view)
        value = self.value({view.task}) if callable(self.value) else self.value
        return None if isinstance(value, (int, float)) and value < 0 else value  # it would not have the lot for nothing


class StrategyBidder:
    """Seats anything with a name as a bidder, bidding by a strategy; it `stands_for` who was handed in.

    It takes after the original in all that the runtime looks at: its value, its guard, whether it is isolated, how many of
    its hooks may run at once, and, where the original has some, its life-cycle hooks.
    """

    role = "bidder"

    def __init__(self, original: Any, strategy: Callable[..., Any]) -> None:
        self.stands_for = original
        self.name = original.name
        self.strategy = strategy
        self.value = getattr(original, "value", None)
        self.guard = getattr(original, "guard", True)
        self.isolated = getattr(original, "isolated", False)
        self.max_in_flight = getattr(original, "max_in_flight", None)

    def bid(self, view: View) -> Any:  # as Bidder.bid
        """Decide a bid by the strategy, which is called with the original agent."""
        return bid_by(self.strategy, self.stands_for, view)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.stands_for!r})"


class LivingBidder(StrategyBidder):
    """Seats, with a strategy, an agent that has life-cycle hooks: they are the original's, once for all its auctions.

    Where the original is isolated, they run in this bidder's own process, with its strategy.
    """

    @property
    def lives_as(self) -> Any:  # anything with a name
        """Whose life-cycle hooks are called."""
        return self if self.isolated else self.stands_for

    def on_start(self) -> Any:  # whatever the original's hook returns, an awaitable perhaps
        """Start the original, in its own process."""
        return getattr(self.stands_for, "on_start", nothing)()

    def on_stop(self) -> Any:  # likewise
        """Stop the original, in its own process."""
        return getattr(self.stands_for, "on_stop", nothing)()


def nothing() -> None:
    """Do nothing."""


def seated(original: Any, strategy: Callable[..., Any]) -> StrategyBidder:
    """Return what sits for an agent that bids by a strategy."""
    kind = type(original)
    living = hasattr(kind, "on_start") or hasattr(kind, "on_stop")
    return (LivingBidder if living else StrategyBidder)(original, strategy)


def is_value(value: Any) -> bool:
    """Whether this is a number, several (one for each further unit), or a mapping of bundles to numbers, none of them
    infinite. NaN is a value that is not known."""
    numbers = value.values() if isinstance(value, Mapping) else value if isinstance(value, (tuple, list)) else (value,)
    found = [true_number(one) for one in numbers]
    return bool(found or isinstance(value, Mapping)) and all(one is not None and abs(one) != math.inf for one in found)
