"""Double auction: many buyers and many sellers send sealed orders to a market, which clears once, at the call.

Two rules (solutions/call_market.py). The k-double auction trades all that is efficient by the orders, at one price, the share
k of the way through the prices that clear the market (Chatterjee and Samuelson 1983 for one of each; Rustichini, Satterthwaite
and Williams 1994 for many): what buyers pay, sellers get, and who can move the price gains by shading. McAfee's rule (1992),
for traders of one unit each, gives up the least valuable trade where it must: the truth is a dominant strategy, and what
buyers then pay beyond what sellers get stays with the market.

A trader is a Buyer or Seller, which orders one unit at its limit; a Bidder with a `side`, which orders a unit at each of its
values; or anything whose `bid` hook returns a price, several, an Order, or several. What is awkward: a price alone does not
say on which side it is, so who has no side must return orders. A trader is on one side, it does not trade with itself. A bid
equal to an ask trades. Ties at the margin are drawn by seed, in order of name. There is no reserve: a seller's ask is one.

Sealed as in sealed_bid.py: who trades hears how many units, above 0 if bought, and what it pays, below 0 if it is paid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from msgspec.structs import replace

from negotiate_rt.errors import ConfigurationError, InvalidDecision
from negotiate_rt.machine import Board, Refusal
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.outcome import Bid
from negotiate_rt.messages.performatives import Message, Propose, Refuse
from negotiate_rt.messages.view import View
from negotiate_rt.problems.auction import AuctionOptions
from negotiate_rt.problems.orders import (
    SIDES,
    DoubleAuctionOptions,
    DoubleAuctionResult,
    Order,
    Orders,
    OrdersCall,
    Side,
    orders_of,
)
from negotiate_rt.problems.preferences import PricePreferences
from negotiate_rt.protocols.auctioneering import Sale, view_of_bid
from negotiate_rt.protocols.guard import spoken, true_number, unbounded
from negotiate_rt.protocols.multi_unit import dropped, marginals
from negotiate_rt.protocols.sealed_bid import SealedBidAuction
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.conversation import Conversation
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Question, Seat
from negotiate_rt.solutions.call_market import Clearing, clear_call_market, mcafee
from negotiate_rt.solutions.multi_unit import total
from negotiate_rt.strategies.bidding import as_bid_hook


class Trades(Sale, frozen=True, kw_only=True):
    """Who trades what, and how the market cleared."""

    clearing: Clearing = Clearing()


def is_orders(message: Message, board: Board, mine: bool, now: float) -> Refusal | None:
    """A bid is a tuple of orders, all on one side."""
    assert isinstance(message, Propose)
    value = message.value
    if isinstance(value, tuple) and value and all(isinstance(one, Order) for one in value):
        sides = {one.side for one in value}
        return None if len(sides) == 1 else Refusal("orders on both sides: a trader does not trade with itself")
    return Refusal(f"a bid must be one or more orders, got {value!r}")


def side_of(agent: Any) -> Side | None:
    """Return the side that an agent, or whom it stands for, says it is on."""
    for one in (agent, getattr(agent, "stands_for", None)):
        side = getattr(one, "side", None)
        if side in SIDES:
            return side  # type: ignore[no-any-return]  # one of the two
    return None


def view_of_order(talk: Dialogue, call: OrdersCall | None = None) -> View:
    """Return what a trader may see when it is called: as any bidder, and its own limit price if it has one."""
    view = view_of_bid(talk, call)
    mine = talk.seat.preferences
    return view if mine is None else replace(view, preferences=mine)


def judge_order(talk: Dialogue, decision: Any) -> Message:
    """Turn a trader's decision into a message: orders, or prices on its own side, are proposed; None and NaN drop out.

    Raises InvalidDecision for anything else, and for an order that is worse than the trader's own limit price.
    """
    proposed = isinstance(decision, Propose)
    if isinstance(decision, Message) and not proposed:
        return spoken(talk, decision)
    value = unbounded(decision) if proposed else decision
    if not proposed and dropped(value):
        return talk.machine.clear(Refuse("no order"), talk.now)
    call: OrdersCall = talk.seat.context
    try:
        orders = orders_of(value, side_of(talk.seat.agent))
    except ConfigurationError as error:
        raise InvalidDecision(str(error)) from None
    check_unit(orders, call.pricing)
    check_limit(talk.seat, orders)
    return talk.offer(orders)


def check_unit(orders: Orders, pricing: str) -> None:
    """Raise InvalidDecision for more than one unit where McAfee's rule clears the market."""
    if pricing == "mcafee" and sum(order.quantity for order in orders) > 1:
        raise InvalidDecision("McAfee's rule is for traders of one unit each; order one")


def check_limit(seat: Seat, orders: Orders) -> None:
    """Raise InvalidDecision for an order at a price worse than the trader's own limit, unless its guard is off."""
    mine: PricePreferences | None = seat.preferences
    if mine is None or not seat.guard:
        return
    for order in orders:
        if mine.utility(order.price, True) < mine.reservation_value:
            side = "below" if mine.selling else "above"
            raise InvalidDecision(f"an order to {order.side} at {order.price:g} is {side} {seat.name}'s own limit {mine.limit:g}")


def at_limit(view: View) -> float | None:
    """Order one unit at one's limit price: what a Buyer or Seller does."""
    return view.preferences.limit  # type: ignore[no-any-return]  # seated with one


ORDERING = Question("bid", judge_order, view_of_order, adapt=as_bid_hook, default=at_limit)


class DoubleAuction(SealedBidAuction):
    """Many buyers, many sellers, one call; trades at one price, or by McAfee's rule."""

    name = "double-auction"
    options = DoubleAuctionOptions
    contents: ClassVar = (OrdersCall, Order)
    rules: ClassVar = {Propose: (is_orders,)}
    questions: ClassVar = {"auctioneer": {None: ORDERING}, "bidder": {None: ORDERING}}

    def settle(self, seats: Sequence[Seat], config: NegotiationConfig, problem: Any) -> Any:
        """Return what is traded, frozen. Raises ConfigurationError for who has neither a hook nor a limit price."""
        lot = super().settle(seats, config, problem)
        settle_traders(seats)
        return lot

    def call(self, lot: Any, options: AuctionOptions, closes_at: float | None) -> OrdersCall:
        """Return what traders are told when they are called."""
        assert isinstance(options, DoubleAuctionOptions)
        return OrdersCall(lot=lot, closes_at=closes_at, pricing=options.pricing)

    def valid(self, bids: tuple[Bid, ...], options: AuctionOptions) -> tuple[Bid, ...]:
        """Return the bids that count: what the guard keeps an agent from, a forger outside may send."""
        assert isinstance(options, DoubleAuctionOptions)
        if options.pricing != "mcafee":
            return bids
        return tuple(bid for bid in bids if sum(order.quantity for order in bid.value) == 1)

    async def clear(self, talk: Bundle, bids: Sequence[Bid]) -> Trades:
        """Match bids and asks by the rule of the options."""
        options: DoubleAuctionOptions = talk.options
        demand = {bid.agent: bid.value for bid in bids if bid.value[0].side == "buy"}
        supply = {bid.agent: bid.value for bid in bids if bid.value[0].side == "sell"}
        if options.pricing == "mcafee":
            clearing = mcafee(demand, supply, lambda: talk.rng)
        else:
            clearing = clear_call_market(demand, supply, options.k, lambda: talk.rng)
        reason = None if clearing.quantity else untraded(bids, clearing)
        return Trades(payments=clearing.payments(), allocation=clearing.allocation(), clearing=clearing, reason=reason)

    def result(self, talk: Bundle, bids: Sequence[Bid], sale: Sale) -> DoubleAuctionResult:
        """Return the result of the trades."""
        assert isinstance(sale, Trades)
        cleared = sale.clearing
        return DoubleAuctionResult(
            success=True, bids=tuple(bids), allocation=sale.allocation, payments=sale.payments, quantity=cleared.quantity,
            buyer_price=cleared.buyer_price, seller_price=cleared.seller_price, interval=cleared.interval,
            surplus=cleared.surplus,
        )  # fmt: skip

    def utilities(self, seats: Sequence[Seat], conversation: Conversation) -> dict[str, float]:
        """Return what each trader whose values are known has gained: worth minus payment, or what it was paid minus cost; 0 for
        who does not trade."""
        result = conversation.result
        traded: Mapping[str, int] = getattr(result, "allocation", None) or {}
        paid: Mapping[str, float] = getattr(result, "payments", None) or {}
        found = {seat.name: gain_of(seat, traded.get(seat.name, 0), paid.get(seat.name, 0.0)) for seat in seats}
        return {name: gain for name, gain in found.items() if gain is not None}


def settle_traders(seats: Sequence[Seat]) -> None:
    """Give who has a side and a limit price its preferences. Raises ConfigurationError for who has neither these nor a hook."""
    for seat in seats:
        agent = seat.agent
        limit, side = true_number(getattr(agent, "limit", None)), side_of(agent)
        if limit is not None and side is not None:
            seat.preferences = PricePreferences(limit, selling=side == "sell")
        elif seat.role == "bidder" and not callable(getattr(agent, "bid", None)):
            raise ConfigurationError(
                f"agent {seat.name!r} ({type(agent).__name__}) cannot sit as bidder: it has neither a hook 'bid' nor, as a "
                "Buyer or Seller has, a side and a limit price"
            )


def gain_of(seat: Seat, units: int, payment: float) -> float | None:
    """Return what a trader gains by units that it buys (above 0) or sells; None if its values are not known."""
    if seat.preferences is not None:
        return float(seat.preferences.limit * units - payment)
    worths = marginals(getattr(seat.agent, "value", None))
    if worths is None:
        return None
    worth = total(worths[: abs(units)])
    return float((worth if units > 0 else -worth) - payment)


def untraded(bids: Sequence[Bid], clearing: Clearing) -> str:
    """Return why nothing was traded."""
    if not bids:
        return "no-bids: nobody ordered"
    if clearing.efficient_quantity:
        return "infeasible: the only trade is given up by McAfee's rule"
    return "infeasible: no bid reaches an ask"
