"""How a bidder bids: the shape of a bid strategy. Any callable of this signature is one, plain or async."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any, Protocol

from negotiate_rt.messages.outcome import Bid


class BidStrategy(Protocol):
    """Decide a bid. NaN or None drops out; in an English auction so does a value at or below `current_price`.

    agent: who bids. task: what is sold. previous_bids: oldest first; empty in sealed formats.
    """

    def __call__(
        self, agent: Any, task: Any, current_price: float, round: int, previous_bids: Sequence[Bid], /
    ) -> float | Awaitable[float | None] | None:
        """Return the price to bid."""
