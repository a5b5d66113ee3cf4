"""Continuous double auction: a market with an order book, open for a time, in which anybody may order at any moment.

Smith, "An experimental study of competitive market behavior" (1962); Gode and Sunder (1993) for traders without intelligence
that all but exhaust the gains from trade. Limit orders, price-time priority, trades at the price of the order that stood,
partial fills (solutions/order_book.py). A trader has one order in the book; a new one takes the place of the old, a withdrawal
takes it out. The market closes after `reply_by`; what then stands has no effect.

A trader's turns come at random times, `pace` seconds apart on average, from its own seeded stream, at most max_rounds of them.
In each it asks for the quote, its agent decides on what it hears (MarketNews: best bid and ask, last price, its own position
and order), and its order goes out. What is awkward: the quote may be old by the time the order arrives, so an order trades
with what stands then. Whatever a trader says is answered, so that no news piles up before who is slow; what it missed is in
the next answer, for its position is told and not its change. None lets a turn pass, and so does the order that stands already,
which keeps its place in the queue. NaN leaves for good, which takes the order out; so does who has traded as many units as it
has values, a Buyer or Seller one. Who crashes is out, with its order; its trades stand. What is ordered after the close is
overtaken: nobody's fault, and no trade. Where a message is lost, its trader hears nothing more before the close.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from msgspec.structs import replace

from negotiate_rt.errors import ConfigurationError, InvalidDecision
from negotiate_rt.machine import Board, Moves, Refusal
from negotiate_rt.machine.joint import JointMoves
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.outcome import AGREED, FAILED, Bid
from negotiate_rt.messages.performatives import (
    Cfp,
    Inform,
    InformResult,
    Lapse,
    Left,
    Message,
    NotUnderstood,
    Propose,
    QueryRef,
    Refuse,
    Skip,
    Withdraw,
)
from negotiate_rt.messages.view import View
from negotiate_rt.problems.orders import Order, order_of
from negotiate_rt.problems.trading import ContinuousOptions, MarketNews, MarketResult, Quote, Trade
from negotiate_rt.protocols.auctioneering import OUT, AuctionProtocol, view_of_bid
from negotiate_rt.protocols.base import DUPLICATION, finite_or_none
from negotiate_rt.protocols.double_auction import check_limit, gain_of, settle_traders, side_of
from negotiate_rt.protocols.guard import spoken, true_number, unbounded
from negotiate_rt.protocols.multi_unit import marginals
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.conversation import Conversation
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Question, Seat
from negotiate_rt.solutions.order_book import OrderBook, positions_of
from negotiate_rt.strategies.bidding import as_bid_hook

OPENING, TRADING, ANSWERING, WATCHING = "opening", "trading", "answering", "watching"
CLOSED = "CLOSED"
LATEST = 0.999  # of the negotiation's time may the market be open: beyond its end there is no result
OPEN, CLOSING = "open", "closing"


def is_order(message: Message, board: Board, mine: bool, now: float) -> Refusal | None:
    """A bid is one order."""
    assert isinstance(message, Propose)
    return None if isinstance(message.value, Order) else Refusal(f"a bid must be an order, got {message.value!r}")


def view_of_market(talk: Dialogue, news: MarketNews) -> View:
    """Return what a trader may see in its turn: the news, and its own limit price if it has one."""
    view = view_of_bid(talk, news)
    mine = talk.seat.preferences
    return view if mine is None else replace(view, preferences=mine)


def judge_trade(talk: Dialogue, decision: Any) -> Message:
    """Turn a trader's decision into a message: an order, or a price for one unit on its own side, is proposed (of several the
    one for its next unit); None lets the turn pass, NaN leaves; Withdraw takes the order out. Raises InvalidDecision.
    """
    proposed = isinstance(decision, Propose)
    if isinstance(decision, Message) and not proposed:
        return spoken(talk, decision)
    value = unbounded(decision) if proposed else decision
    if value is None and not proposed:
        return Skip("no order")
    if isinstance(value, (tuple, list)) and not proposed:
        value = next_of(value, talk.seat.context.position)
    number = true_number(value)
    if number is not None and math.isnan(number) and not proposed:
        return talk.machine.clear(Refuse("leaves"), talk.now)
    try:
        order = order_of(value, side_of(talk.seat.agent))
    except ConfigurationError as error:
        raise InvalidDecision(str(error)) from None
    check_limit(talk.seat, (order,))
    return Skip("it stands already") if order == talk.seat.context.order else talk.offer(order)


def next_of(values: Sequence[Any], position: int) -> Any:
    """Return what is said of the next unit of who holds so many, NaN if nothing is."""
    return values[abs(position)] if abs(position) < len(values) else math.nan


def at_limit(view: View) -> float:
    """Order one unit at one's limit price: what a Buyer or Seller does."""
    return view.preferences.limit  # type: ignore[no-any-return]  # seated with one


TRADING_TURN = Question("bid", judge_trade, view_of_market, adapt=as_bid_hook, default=at_limit)


class Floor:
    """One session: the book, the trades, the orders that were placed, and who holds what."""

    def __init__(self, lot: Any, closes_at: float) -> None:
        self.lot = lot
        self.closes_at = finite_or_none(closes_at)
        self.book = OrderBook()
        self.orders: list[Bid] = []
        self.trades: list[Trade] = []
        self.held: dict[str, tuple[int, float]] = {}

    def take(self, trader: str, message: Message, at: float) -> None:
        """Follow what a trader says."""
        if isinstance(message, Propose):
            self.orders.append(Bid(trader, message.value, 1))
            trades = self.book.place(trader, message.value, at)
            self.trades += trades
            for name, (units, cash) in positions_of(trades).items():
                before = self.held.get(name, (0, 0.0))
                self.held[name] = before[0] + units, before[1] + cash
        elif not isinstance(message, QueryRef):
            self.book.cancel(trader)

    def news(self, trader: str) -> MarketNews:
        """Return what a trader is told."""
        units, cash = self.held.get(trader, (0, 0.0))
        last = self.trades[-1].price if self.trades else None
        return MarketNews(
            lot=self.lot, starting_price=last, closes_at=self.closes_at, quote=self.book.quote(), last_price=last,
            trades=len(self.trades), position=units, cash=cash, order=self.book.order_of(trader),
        )  # fmt: skip

    def result(self) -> MarketResult:
        """Return the session's result."""
        traded = bool(self.trades)
        reason = None if traded else "infeasible: no bid reached an ask" if self.orders else "no-bids: nobody ordered"
        return MarketResult(
            success=traded, reason=reason, bids=tuple(self.orders), trades=tuple(self.trades), quote=self.book.quote(),
            quantity=sum(trade.quantity for trade in self.trades),
            allocation={name: units for name, (units, _) in self.held.items()} if traded else None,
            payments={name: cash for name, (_, cash) in self.held.items()} if traded else None,
        )  # fmt: skip


class ContinuousDoubleAuction(AuctionProtocol):
    """A market with an order book, open until its close."""

    name = "continuous-double-auction"
    options = ContinuousOptions
    tolerates: ClassVar = frozenset({DUPLICATION})  # who comes first is part of the rules, and so is the time
    contents: ClassVar = (MarketNews, Quote, Order)
    rules: ClassVar = {Propose: (is_order,)}
    questions: ClassVar = {"auctioneer": {None: TRADING_TURN}, "bidder": {None: TRADING_TURN}}
    start = OPENING
    moves: ClassVar[Moves] = {
        OPENING: {("auctioneer", Cfp): TRADING},
        TRADING: {
            ("bidder", QueryRef): ANSWERING,
            ("bidder", Propose): ANSWERING,
            ("bidder", Withdraw): ANSWERING,
            ("bidder", Refuse): WATCHING,
            ("bidder", NotUnderstood): WATCHING,
            ("auctioneer", InformResult): CLOSED,
        },
        ANSWERING: {("auctioneer", Inform): TRADING, ("auctioneer", InformResult): CLOSED},
        WATCHING: {("auctioneer", InformResult): CLOSED},
    }
    timeouts: ClassVar = {OPENING: OUT, TRADING: OUT, ANSWERING: OUT, WATCHING: OUT}
    skips: ClassVar = {TRADING: TRADING}
    joint_start = OPEN
    joint: ClassVar[JointMoves] = {
        OPEN: {Cfp: OPEN, Inform: OPEN, "closed": CLOSING},
        CLOSING: {InformResult: CLOSING, "sold": AGREED, "unsold": FAILED},
    }
    joint_timeouts: ClassVar = {OPEN: CLOSING, CLOSING: FAILED}

    def settings(self, config: NegotiationConfig) -> Any:  # ContinuousOptions
        """Return the options. Raises ConfigurationError for a market that would never close."""
        options: ContinuousOptions = super().settings(config)
        if options.reply_by is None and config.timeout is None:
            raise ConfigurationError("options.reply_by: missing; without a timeout nothing else says when the market closes")
        return options

    def settle(self, seats: Sequence[Seat], config: NegotiationConfig, problem: Any) -> Any:
        """Return what is traded, frozen. Raises ConfigurationError for who has neither a hook nor a limit price."""
        lot = super().settle(seats, config, problem)
        settle_traders(seats)
        return lot

    # -- auctioneer -------------------------------------------------------------------------------------------------------

    async def auctioneer(self, talk: Bundle) -> None:
        """Open, match orders as they come, answer each, close."""
        options: ContinuousOptions = talk.options
        talk.conversation.round = 1
        left = talk.deadline - talk.now
        closes_at = talk.now + min(options.wait_for(left), LATEST * left)
        floor = Floor(talk.problem, closes_at)
        await talk.send_all(Cfp(floor.news("")), list(talk.ends), floor.closes_at)
        trading, listening = set(talk.ends), dict.fromkeys(talk.ends)
        while trading:
            name, message = await talk.receive(deadline=closes_at)
            if isinstance(message, Lapse):
                break
            if isinstance(message, Skip):
                continue
            floor.take(name, message, talk.now)
            if talk.state(name) == ANSWERING:
                await talk.send(Inform(floor.news(name)), name)
            else:
                trading.discard(name)
            if isinstance(message, Left):
                listening.pop(name, None)
        talk.advance("closed")
        for name in listening:
            await talk.send(InformResult(floor.news(name)), name)
        result = floor.result()
        talk.conclude("sold" if result.success else "unsold", result.reason, result=result)

    def utilities(self, seats: Sequence[Seat], conversation: Conversation) -> dict[str, float]:
        """Return what each trader whose values are known has gained."""
        result = conversation.result
        units: Mapping[str, int] = getattr(result, "allocation", None) or {}
        paid: Mapping[str, float] = getattr(result, "payments", None) or {}
        found = {seat.name: gain_of(seat, units.get(seat.name, 0), paid.get(seat.name, 0.0)) for seat in seats}
        return {name: gain for name, gain in found.items() if gain is not None}

    # -- trader -----------------------------------------------------------------------------------------------------------

    async def bidder(self, talk: Dialogue) -> None:
        """Wait for one's moment, look at the market, order; leave with nothing more to trade."""
        options: ContinuousOptions = talk.conversation.bundle.options  # type: ignore[union-attr]  # a joint talk has one
        most = capacity(talk.seat)
        await talk.receive(Cfp)
        for _ in range(talk.conversation.terms.max_rounds):
            await talk.sleep(talk.rng.expovariate(1 / float(options.pace)))  # type: ignore[arg-type]  # seconds by now
            await talk.send(QueryRef("quote"))
            answer = await talk.receive()
            if not isinstance(answer, Inform):
                return
            talk.seat.context = news = answer.content
            if abs(news.position) >= most:
                await talk.send(Refuse("has traded all it wanted"))
                break
            decision = await talk.ask(None, news)
            if isinstance(decision, Skip):
                continue
            await talk.send(decision)
            if talk.machine.state.name == ANSWERING:
                await talk.receive()
            if talk.machine.state.name != TRADING:
                break
        while not talk.machine.state.final:
            await talk.receive()


def capacity(seat: Seat) -> float:
    """Return how many units a trader can want: one for each of its values, one at a limit price; infinite if none are known."""
    worths = (0.0,) if seat.preferences is not None else marginals(getattr(seat.agent, "value", None))
    return math.inf if worths is None or side_of(seat.agent) is None else len(worths)
