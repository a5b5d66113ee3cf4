"""How a bidder bids: the shape of a bid strategy. Any callable of this signature is one, plain or async."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from itertools import takewhile
from typing import Any, NamedTuple, Protocol

import msgspec

from negotiate_rt.messages.outcome import Bid
from negotiate_rt.messages.performatives import Message
from negotiate_rt.messages.view import View
from negotiate_rt.problems.auction import AuctionCall, OutcryCall
from negotiate_rt.problems.bundles import BundleCall, bundle_worths
from negotiate_rt.strategies.deciding import takes_view


class BidStrategy(Protocol):
    """Decide a bid. NaN or None drops out; in an English auction so does a value at or below `current_price`.

    agent: who bids. task: what is sold. previous_bids: oldest first; empty in sealed formats.
    """

    def __call__(
        self, agent: Any, task: Any, current_price: float, round: int, previous_bids: Sequence[Bid], /
    ) -> float | Awaitable[float | None] | None:
        """Return the price to bid."""


class Situation(NamedTuple):
    """What a strategy of ours looks at, at a bidder's turn.

    worth: of the lot to the bidder, or its cost where the auction buys (`reverse`). start: the worst price that is a bid at
    all, None if any is. outcry: bids are open and must outbid. least: what is taken now, None if anything is. rounds_left:
    after this one. last: nothing further may be bid if nobody bids now.
    """

    worth: float
    reverse: bool = False
    start: float | None = None
    outcry: bool = False
    least: float | None = None
    increment: float = 1.0
    rounds_left: int = 0
    last: bool = True


class BidRule(msgspec.Struct, frozen=True, kw_only=True, tag_field="name", forbid_unknown_fields=True):
    """Root of our own bid strategies: each has a limit, the most it would pay, or the least it would be paid.

    In sealed auctions it bids its limit; by a clock it takes any price up to it; in an outcry it raises by the least step
    while that is within the limit. Where the rounds left would not suffice for that, it takes longer steps, and in the
    last two rounds goes to its limit. Called with the five arguments of a BidStrategy it bids its limit.
    """

    def limit(self, now: Situation) -> float | None:
        """Return the most to pay, or in a reverse auction the least to be paid; None: do not bid at all."""
        raise NotImplementedError(f"{type(self).__name__} must say its limit")

    def decide(self, now: Situation) -> float | Message | None:
        """Return the price to bid, None to drop out, or a Reject to let a round of an outcry pass."""
        limit = self.limit(now)
        return outbid(limit, now) if now.outcry and limit is not None else limit

    def __call__(
        self, agent: Any, task: Any, current_price: float = 0.0, round: int = 1, previous_bids: Sequence[Bid] = (), /
    ) -> float | None:
        """Return its limit for the agent's value."""
        return self.limit(Situation(worth_to(agent, task)))

    def bid_for(self, agent: Any, view: View) -> Any:  # a price, one for each unit, None, or a message
        """Return what it bids for an agent that sees this."""
        if isinstance(view.call, BundleCall):
            return self.bundles(getattr(agent, "value", None), view.call)
        call = view.call
        several = getattr(agent, "value", None)
        if isinstance(several, (tuple, list)):
            return self.schedule(several, call)
        worth = worth_to(agent, view.task)
        reverse = getattr(call, "direction", "forward") == "reverse"
        if isinstance(call, AuctionCall):
            return self.decide(Situation(worth, reverse, call.starting_price))
        if not isinstance(call, OutcryCall):
            return self.decide(Situation(worth, reverse))
        start = call.price if call.bidder is None else None
        return self.decide(
            Situation(worth, reverse, start, True, call.least, call.increment, view.rounds_left, call.last)
        )

    def bundles(self, value: Any, call: BundleCall) -> Any:  # a mapping of bundles to prices, a price for all, or None
        """Return what it bids where bundles of goods are sold: its limit for each bundle that it knows the worth of."""
        reverse = call.direction == "reverse"
        worths = bundle_worths(value, call.goods, reverse)
        if not isinstance(worths, Mapping):
            return None if worths is None else self.limit(Situation(worths, reverse))
        limits = {bundle: self.limit(Situation(worth, reverse)) for bundle, worth in worths.items()}
        return {bundle: limit for bundle, limit in limits.items() if limit is not None} or None

    def schedule(self, worths: Sequence[float], call: Any) -> Any:  # a price for each unit, or None
        """Return what it bids where there are several units: its limit for each, up to the first it does not bid for."""
        reverse = getattr(call, "direction", "forward") == "reverse"
        limits = (self.limit(Situation(worth, reverse, getattr(call, "starting_price", None))) for worth in worths)
        return tuple(takewhile(lambda limit: limit is not None, limits)) or None


def outbid(limit: float, now: Situation) -> float | None:
    """Return the next bid in an outcry of who would go as far as `limit`: the least that is taken, unless the rounds left are
    too few to get there by least steps; then the further the fewer they are. None beyond the limit. Where nothing is said,
    a supplier begins at twice its limit.
    """
    least = now.least if now.least is not None else 2 * limit
    if not (least >= limit if now.reverse else least <= limit):  # this way round, so that NaN drops out
        return None
    rounds = max(now.rounds_left - 1, 0)  # at the limit one round early: in the last, the standing bidder has no answer
    short = abs(limit - least) - rounds * now.increment
    if short <= 0 or short == math.inf:
        return least
    step = short / (rounds + 1)
    return max(least - step, limit) if now.reverse else min(least + step, limit)


def worth_to(agent: Any, task: Any) -> float:
    """Return what the lot is worth to an agent: its value, or what its value says of the bundle of this one lot. NaN if
    no number is known, which drops out."""
    value = getattr(agent, "value", None)
    if callable(value):
        value = value({task})
    if value.__class__ is float or value.__class__ is int:
        return value
    try:
        return math.nan if value is None or isinstance(value, (bool, str)) else float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def bid_by(strategy: Callable[..., Any], agent: Any, view: View) -> Any:  # a price, None, or an awaitable of one
    """Return what a strategy bids for an agent; a callable of the view alone is a strategy, too."""
    if isinstance(strategy, BidRule):
        return strategy.bid_for(agent, view)
    if takes_view(strategy):
        return strategy(view)
    return strategy(agent, view.task, view.current_price, view.round, view.previous_bids)


def as_bid_hook(strategy: Callable[..., Any], agent: Any) -> Callable[[View], Any]:  # as above
    """Return a bid hook, of the view alone, for a strategy and the agent it bids for."""
    return partial(bid_by, strategy, agent)


