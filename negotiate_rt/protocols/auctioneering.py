"""What all auctions share: announcing, collecting bids until the close, who has won and pays what, telling everybody.

The auctioneer is neutral and seated by the runtime, unless an agent plays it. An auction of one's own subclasses
AuctionProtocol (or SealedBidAuction, where bids are sealed), turns its bids into a Sale, and leaves the rest to
`tell_winners` and `conclude`.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar, TypeAlias

import msgspec
from msgspec.structs import asdict, fields, replace

from negotiate_rt.errors import ConfigurationError, InvalidDecision, InvalidOffer
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.outcome import Bid, NegotiationOffer
from negotiate_rt.messages.performatives import Accept, Inform, Message, Propose, Refuse
from negotiate_rt.messages.view import View
from negotiate_rt.problems.auction import (
    AuctionCall,
    AuctionClosed,
    AuctionOptions,
    AuctionResult,
    ClockCall,
    OutcryCall,
    reaches,
)
from negotiate_rt.problems.task import freeze
from negotiate_rt.protocols.base import Convener, NegotiationProtocol, unique_name
from negotiate_rt.protocols.guard import short, spoken, true_number, unbounded
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.conversation import Conversation
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Question, Seat
from negotiate_rt.strategies.bidding import as_bid_hook

AWAITING_PRICE = "awaiting_price"
WON, LOST, OUT = "WON", "LOST", "OUT"
LARGEST = sys.float_info.max
AnyCall: TypeAlias = AuctionCall | OutcryCall | ClockCall


class Sale(msgspec.Struct, frozen=True, kw_only=True):
    """Who gets what at which price. payments: by winner's name, what it pays, or in a reverse auction is paid.

    best: the winning bid where there is one lot. allocation: by winner's name what it gets, where there is more than one.
    reason: why nothing was sold, a code in front.
    """

    payments: Mapping[str, float] = {}
    best: Bid | None = None
    allocation: Mapping[str, Any] | None = None
    reason: str | None = None


class PriceSpace:
    """What may be bid where bids are prices: true numbers, finite, never negative.

    It stands where a bargainer's preferences stand, so that a bid is checked once, when it is made, or when it comes from
    outside; nothing is known of what it is worth.
    """

    __slots__ = ()

    known = False

    @staticmethod
    def check(value: Any) -> Any:  # a number
        """Return a price. Raises InvalidOffer."""
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= LARGEST:
            raise InvalidOffer(f"a bid must be a finite number of at least 0, got {value!r}")
        return value


PRICES = PriceSpace()


# -- a bidder's turn --------------------------------------------------------------------------------------------------


def view_of_bid(talk: Dialogue, call: AnyCall | None = None) -> View:
    """Return what a bidder may see when it is called: the lot, the price now, the bids that are public, the time it has.

    `call`: the one that it answers, by default the one in its seat's context. Cost: O(1).
    """
    conversation = talk.conversation
    seat = talk.seat
    if call is None:
        call = seat.context
        assert call is not None  # nobody bids before the first call
    now = talk.actor.kernel.now
    terms = conversation.terms
    closes_at = conversation.deadline if call.closes_at is None else call.closes_at
    price = call.starting_price if isinstance(call, AuctionCall) else call.price
    bids: tuple[Bid, ...] = call.bids if isinstance(call, OutcryCall) else ()
    return View(
        seat.name, seat.role, talk.route.protocol, conversation.id, conversation.round, terms.max_rounds, now,
        min(conversation.deadline, closes_at, now + terms.turn_timeout), talk.machine.state.mine,
        None, None, (), None, seat.strategy, None, talk.repair, call.lot, math.inf if price is None else price, bids,
        call=call,
    )  # fmt: skip


def judge_bid(talk: Dialogue, decision: Any) -> Message:
    """Turn a sealed bid into a message: a true, finite number of at least 0 is proposed; None, NaN and what does not reach
    the starting price drop out (Refuse). Raises InvalidDecision for anything else, and for a Propose that falls short.
    """
    kind = decision.__class__
    if (kind is float or kind is int) and 0 <= decision <= LARGEST:
        value = decision
    else:
        value = price_in(talk, decision)
        if isinstance(value, Message):
            return value
    call: AuctionCall = talk.seat.context
    start = call.starting_price
    if start and not reaches(value, start, call.direction == "reverse"):
        return short_of(talk, decision, f"{value:g} does not reach the starting price {start:g}")
    return talk.offer(value)


def price_in(talk: Dialogue, decision: Any) -> float | Message:
    """Return the price that a bidder's decision states, or the message that it stands for: None and NaN are a Refuse.

    Raises InvalidDecision for what is no price: a bool, text, a negative or infinite number.
    """
    kind = decision.__class__
    if (kind is float or kind is int) and 0 <= decision <= LARGEST:
        return decision  # type: ignore[no-any-return]  # a number
    proposed = isinstance(decision, Propose)
    if isinstance(decision, Message) and not proposed:
        return spoken(talk, decision)
    value = true_number(unbounded(decision) if proposed else decision)
    if decision is None or (not proposed and value is not None and math.isnan(value)):
        return talk.machine.clear(Refuse("no bid"), talk.now)
    if value is None or not 0 <= value < math.inf:
        raise InvalidDecision(
            f"a bid must be a finite number of at least 0, NaN or None to drop out, got {short(decision)}"
        )
    return value


def short_of(talk: Dialogue, decision: Any, cause: str) -> Message:
    """Return what a price that falls short comes to: a strategy's value drops out, which is no fault, and says why.

    Raises InvalidDecision for a Propose, which says in so many words that it bids.
    """
    if isinstance(decision, Propose):
        raise InvalidDecision(cause)
    return talk.machine.clear(Refuse(cause), talk.now)


BIDDING = Question("bid", judge_bid, view_of_bid, adapt=as_bid_hook)


# -- the auction ------------------------------------------------------------------------------------------------------


class AuctionProtocol(NegotiationProtocol):
    """Root of the auctions: seats, options, the lot, the bidders' gains, and how every auction ends."""

    seats: ClassVar = {"auctioneer": 1, "bidder": (1, None)}
    convener = "auctioneer"
    options: ClassVar[type[AuctionOptions]] = AuctionOptions
    contents: ClassVar[tuple[type, ...]] = (AuctionCall, OutcryCall, ClockCall, AuctionClosed)
    questions: ClassVar = {"auctioneer": {None: Question("name", judge_bid)}, "bidder": {None: BIDDING}}

    def make_initiator(self, config: NegotiationConfig, agents: Sequence[Any]) -> Convener:
        """Return the auctioneer that the runtime seats."""
        return Convener(unique_name("auctioneer", agents))

    def settings(self, config: NegotiationConfig) -> Any:  # of the type in `options`
        """Return the options. Where they name no reserve or starting price, reservation_value is the reserve and initial_offer
        the starting price. What every auction has may be given as plain AuctionOptions. Raises ConfigurationError, also for
        what is said in options of another auction and means nothing here."""
        given = config.options
        start, reserve = config.initial_offer or 0.0, config.reservation_value or 0.0
        if given is None:
            return plain_options(self.options, start, reserve)
        options = super().settings(config) if given.__class__ is not AuctionOptions else given
        if options.__class__ is not self.options:
            check_understood(options, self.options, self.name)
            options = self.options(**asdict(options)) if options.__class__ is AuctionOptions else options
        if (start and not options.starting_price) or (reserve and not options.reserve_price):
            return replace(
                options, starting_price=options.starting_price or start, reserve_price=options.reserve_price or reserve
            )
        return options

    def settle(self, seats: Sequence[Seat], config: NegotiationConfig, problem: Any) -> Any:
        """Return what is sold, frozen: anything the caller calls a lot or task."""
        lot = freeze(problem)
        prices = None if self.rules else PRICES  # content rules of its own say what else may be bid
        for seat in seats:
            seat.problem, seat.preferences = lot, prices
        return lot

    # -- gains --------------------------------------------------------------------------------------------------------

    def utilities(self, seats: Sequence[Seat], conversation: Conversation) -> dict[str, float]:
        """Return what each bidder whose value is a number has gained: value minus price for a winner, 0 for the others; in
        a reverse auction, where the value is a cost, payment minus cost."""
        result: AuctionResult | None = conversation.result
        payments = payments_of(result)
        worth = {}
        for seat in seats:
            value = getattr(seat.agent, "value", None)
            if seat.name in payments:
                share = (result.allocation or {}).get(seat.name)  # type: ignore[union-attr]  # sold, so there is a result
                gain = self.gain(value, share, payments[seat.name], conversation.bundle.options)  # type: ignore[union-attr]
                if gain is not None:
                    worth[seat.name] = gain
            elif self.weighs(value):
                worth[seat.name] = 0.0
        return worth

    def weighs(self, value: Any) -> bool:
        """Whether a bidder's value tells what it gains."""
        return known(value) is not None

    def gain(self, value: Any, share: Any, payment: float, options: AuctionOptions) -> float | None:
        """Return what a winner gains by its share (None: the one lot) at a payment; None if its value is not a number."""
        worth = known(value)
        return None if worth is None else float(payment - worth if options.reverse else worth - payment)

    # -- the end ------------------------------------------------------------------------------------------------------

    async def tell_winners(self, talk: Bundle, sale: Sale) -> None:
        """Tell each winner that it has won, and what it pays."""
        for name in sale.payments:
            await talk.send(Accept(), name)
            await talk.send(Inform(self.bill(sale, name)), name)

    def bill(self, sale: Sale, name: str) -> Any:  # the content of a message
        """Return what a winner is told: its payment; with what it gets, where there is more than one lot."""
        return sale.payments[name] if sale.allocation is None else (sale.allocation[name], sale.payments[name])

    def conclude(self, talk: Bundle, bids: Sequence[Bid], sale: Sale, accepted: NegotiationOffer | None = None) -> None:
        """Fix the result, and end the whole along the joint table's rows `sold` or `unsold`."""
        if not sale.payments:
            reason = sale.reason or "below-reserve: nothing was sold"
            talk.conclude("unsold", reason, result=AuctionResult(success=False, bids=tuple(bids), reason=reason))
            return
        talk.conclude("sold", result=self.result(talk, bids, sale), accepted=accepted)

    def result(self, talk: Bundle, bids: Sequence[Bid], sale: Sale) -> AuctionResult:
        """Return the result of a sale."""
        best = sale.best
        winner = pay = None
        if best is not None:
            agent = talk.agent_of(best.agent)
            winner, pay = getattr(agent, "stands_for", agent), sale.payments[best.agent]
        return AuctionResult(
            success=True, winner=winner, winning_bid=best, pay_price=pay, bids=tuple(bids), allocation=sale.allocation,
            payments=None if sale.allocation is None else sale.payments,
        )  # fmt: skip


@lru_cache(256)
def plain_options(kind: type[AuctionOptions], start: float, reserve: float) -> AuctionOptions:
    """Return options that say no more than where bidding starts and ends."""
    return kind(starting_price=start, reserve_price=reserve)


def check_understood(given: AuctionOptions, known: type[AuctionOptions], protocol: str) -> None:
    """Raise ConfigurationError for an option that is set and that this auction's own options do not have."""
    for one in fields(given):
        if one.name not in known.__struct_fields__ and getattr(given, one.name) != one.default:
            raise ConfigurationError(
                f"options.{one.name}: {protocol} has no such option, and would leave it unheard: "
                f"expected options of type {known.__name__}, got {type(given).__name__}"
            )


def payments_of(result: AuctionResult | None) -> Mapping[str, float]:
    """Return the payments by winner's name."""
    if result is None or not result.success:
        return {}
    return {result.winning_bid.agent: result.pay_price} if result.payments is None else result.payments  # type: ignore[dict-item]  # sold, so there is a price


def known(value: Any) -> float | None:
    """Return a bidder's value if it is a finite number."""
    if value.__class__ is not float:
        value = true_number(value)
    return value if value is not None and math.isfinite(value) else None


def unsold(bids: Sequence[Bid], reverse: bool = False) -> str:
    """Return why nothing was sold although bids may have come."""
    if not bids:
        return "no-bids: nobody bid"
    return f"below-reserve: no bid {'was as low as' if reverse else 'reached'} the reserve"
