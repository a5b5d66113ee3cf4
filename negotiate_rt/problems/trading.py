"""A market that trades continuously: what its traders are told, its options, its trades and its result."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from msgspec.structs import force_setattr

from negotiate_rt.problems.auction import AuctionCall, AuctionOptions, AuctionResult, wait
from negotiate_rt.problems.orders import Order, check_market


class Trade(msgspec.Struct, frozen=True, tag="trade"):
    """So many units that changed hands at a price, at a time on the society's clock."""

    buyer: str
    seller: str
    price: float
    quantity: int = 1
    at: float = 0.0


class Quote(msgspec.Struct, frozen=True, tag="quote"):
    """What stands in the book: the best bid and ask and how many units are behind them (None: there is none)."""

    bid: float | None = None
    bid_quantity: int = 0
    ask: float | None = None
    ask_quantity: int = 0


class MarketNews(AuctionCall, frozen=True, kw_only=True, tag="market-news"):
    """What a trader knows when it decides: the public quote and last price, and what is its own.

    position: units bought minus units sold so far; cash: what was paid for them, below 0 if paid. order: its own order as it
    stands in the book, with what is left of it. `starting_price` is the last price, None before the first trade.
    """

    quote: Quote = Quote()
    last_price: float | None = None
    trades: int = 0
    position: int = 0
    cash: float = 0.0
    order: Order | None = None


class ContinuousOptions(AuctionOptions, frozen=True, kw_only=True):
    """Options of a continuous double auction. pace: mean seconds (or timedelta) between two turns of one trader, which come at
    random, exponentially distributed, from a seeded stream. reply_by: how long the market is open (None: half of what is
    left). Raises ConfigurationError for reserve, starting price and direction, which no market has.
    """

    pace: float | timedelta = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_market(self)
        force_setattr(self, "pace", wait("options.pace", self.pace))


class MarketResult(AuctionResult, frozen=True, kw_only=True):
    """How a continuous double auction ended: its trades in order. `allocation`: by trader who has traded, units bought minus
    units sold; `payments`: what it paid in all, below 0 for what it was paid; they add up to 0."""

    trades: tuple[Trade, ...] = ()
    quantity: int = 0
    quote: Quote = Quote()
