"""Orders of a market where many buy and many sell: who would trade how many units, and at which price at worst."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, TypeAlias

import msgspec
from msgspec.structs import force_setattr

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.problems.auction import AuctionCall, AuctionOptions, AuctionResult
from negotiate_rt.problems.units import check_count, price_of

Side = Literal["buy", "sell"]
SIDES = ("buy", "sell")
PRICINGS = ("k", "mcafee")


class Order(msgspec.Struct, frozen=True, tag="order"):
    """A limit order: buy (or sell) up to `quantity` units at `price` or better. Raises ConfigurationError, a ValueError."""

    side: Side
    price: float  # in the market's currency, finite, never negative
    quantity: int = 1

    def __post_init__(self) -> None:
        check_side(self.side)
        force_setattr(self, "price", price_of(self.price, "the price of an order"))
        check_count(self.quantity, "the quantity of an order")


Orders: TypeAlias = tuple[Order, ...]


class OrdersCall(AuctionCall, frozen=True, kw_only=True, tag="orders-call"):
    """What a trader is told in a double auction: the lot is one unit, and how prices are found ("k" or "mcafee")."""

    pricing: str = "k"


class DoubleAuctionOptions(AuctionOptions, frozen=True, kw_only=True):
    """Options of a double auction. pricing: "k" for one price of all trades, the share k of the way from the lowest to the
    highest price that clears the market; "mcafee" for McAfee's rule. A market has neither reserve nor starting price: that is
    what its sellers' asks are. Raises ConfigurationError.
    """

    k: float = 0.5
    pricing: Literal["k", "mcafee"] = "k"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_market(self)
        share = price_of(self.k, "options.k")
        if share > 1:
            raise ConfigurationError(f"options.k: expected a share from 0 to 1, got {self.k!r}")
        force_setattr(self, "k", float(share))
        if self.pricing not in PRICINGS:
            hint = suggest(str(self.pricing), PRICINGS)
            raise ConfigurationError(f"options.pricing: expected k or mcafee, got {self.pricing!r}{hint}")


class DoubleAuctionResult(AuctionResult, frozen=True, kw_only=True):
    """How a double auction ended.

    `allocation`: units by trader, bought ones above 0, sold ones below. `payments`: what each pays, below 0 for what it is
    paid. quantity: units traded. buyer_price, seller_price: of a unit. interval: the prices that clear the market.
    surplus: what the market keeps, the sum of all payments (0 unless McAfee's rule gives a trade up).
    """

    quantity: int = 0
    buyer_price: float | None = None
    seller_price: float | None = None
    interval: tuple[float, float] | None = None
    surplus: float = 0.0


def check_side(side: object) -> None:
    """Raise ConfigurationError unless this is a side of the market."""
    if side not in SIDES:
        raise ConfigurationError(f"side: expected buy or sell, got {side!r}{suggest(str(side), SIDES)}")


def check_market(options: AuctionOptions) -> None:
    """Raise ConfigurationError for what only an auction with one seller, or one buyer, has."""
    for name in ("starting_price", "reserve_price"):
        if getattr(options, name):
            raise ConfigurationError(f"options.{name}: a double auction has none: let a seller ask {getattr(options, name):g}")
    if options.reverse:
        raise ConfigurationError("options.direction: a double auction has both: traders buy and sell")


def orders_of(value: Any, side: Side | None = None) -> Orders:
    """Return orders of one side, from one or several of orders and prices of one unit; `side`: what prices are on, and the
    only one that orders may be on.

    Equal prices become one order. Raises ConfigurationError for anything else, for none, and for orders on both sides: a
    trader does not trade with itself.
    """
    several = isinstance(value, Sequence) and not isinstance(value, (str, bytes))
    orders = tuple(order_of(one, side) for one in (value if several else (value,)))
    if not orders:
        raise ConfigurationError("no order: name a price, or make no bid")
    sides = {order.side for order in orders}
    if len(sides) > 1:
        raise ConfigurationError("orders on both sides: a trader buys or sells, it does not trade with itself")
    return merged(orders)


def order_of(value: Any, side: Side | None) -> Order:
    """Return one order, from an order or the price of one unit. Raises ConfigurationError."""
    if isinstance(value, Order):
        if side is not None and value.side != side:
            raise ConfigurationError(f"an order to {value.side} of one who is here to {side}")
        return value
    if side is None:
        price_of(value, "a price")
        raise ConfigurationError(f"a price alone does not say whether to buy or sell: write Order('buy', {value!r})")
    return Order(side, price_of(value, "a price"))


def merged(orders: Iterable[Order]) -> Orders:
    """Return orders with those of one price made one, in the order of their first."""
    amounts: dict[tuple[Side, float], int] = {}
    for order in orders:
        key = (order.side, order.price)
        amounts[key] = amounts.get(key, 0) + order.quantity
    return tuple(Order(side, price, quantity) for (side, price), quantity in amounts.items())
