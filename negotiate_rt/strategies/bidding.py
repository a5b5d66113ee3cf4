"""How a bidder bids: the shape of a bid strategy. Any callable of this signature is one, plain or async."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Protocol

from negotiate_rt.messages.outcome import Bid
from negotiate_rt.messages.view import View
from negotiate_rt.strategies.deciding import takes_view


class BidStrategy(Protocol):
    """Decide a bid. NaN or None drops out; in an English auction so does a value at or below `current_price`.

    agent: who bids. task: what is sold. previous_bids: oldest first; empty in sealed formats.
    """

    def __call__(
        self, agent: Any, task: Any, current_price: float, round: int, previous_bids: Sequence[Bid], /
    ) -> float | Awaitable[float | None] | None:
        """Return the price to bid."""


def bid_by(strategy: Callable[..., Any], agent: Any, view: View) -> Any:  # a price, None, or an awaitable of one
    """Return what a strategy bids for an agent; a callable of the view alone is a strategy, too."""
    if takes_view(strategy):
        return strategy(view)
    return strategy(agent, view.task, view.current_price, view.round, view.previous_bids)


def as_bid_hook(strategy: Callable[..., Any], agent: Any) -> Callable[[View], Any]:  # as above
    """Return a bid hook, of the view alone, for a strategy and the agent it bids for."""
    return partial(bid_by, strategy, agent)
