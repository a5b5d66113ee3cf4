"""Sealed bids for several equal units: each bidder names a price for each further unit; the highest unit bids win.

Three rules for what the winners pay (Krishna, "Auction theory", chapters 12 and 13). Discriminatory: their own winning bids.
Uniform price: the highest losing bid, the (k+1)-st, for every unit. Vickrey (1961): what the others would have paid for the
units that a winner takes from them; only here is the truth a dominant strategy, under a uniform price it pays to bid less for
all units but the first (demand reduction). The reserve is a price for one unit and stands for bids that are missing; unit bids
below it win nothing. In a reverse auction schedules are asks, which must not fall, and the lowest win.

What is awkward: a schedule that runs the wrong way has no allocation that fits it, and is no bid. Unit bids that do not reach
the starting price are left out, as are those beyond the units on sale. Ties among unit bids are drawn by seed, in order of
name. One round, sealed as in sealed_bid.py: a winner hears how many units it gets and what it pays for all of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeAlias

from negotiate_rt.errors import ConfigurationError, InvalidDecision
from negotiate_rt.machine import Board, Refusal
from negotiate_rt.messages.outcome import Bid
from negotiate_rt.messages.performatives import Message, Propose, Refuse
from negotiate_rt.problems.auction import AuctionOptions, reaches
from negotiate_rt.problems.units import Schedule, UnitOptions, UnitsCall, UnitsResult, schedule_of
from negotiate_rt.protocols.auctioneering import Sale, short_of, unsold, view_of_bid
from negotiate_rt.protocols.base import finite_or_none
from negotiate_rt.protocols.guard import spoken, true_number, unbounded
from negotiate_rt.protocols.sealed_bid import SealedBidAuction
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Question
from negotiate_rt.solutions.multi_unit import (
    Schedules,
    UnitAllocation,
    allocate_units,
    discriminatory_payments,
    total,
    uniform_price,
    vickrey_payments,
)
from negotiate_rt.strategies.bidding import as_bid_hook

Payments: TypeAlias = tuple[dict[str, float], float | None]


class UnitSale(Sale, frozen=True, kw_only=True):
    """Who gets how many units; `unit_price` where every unit costs the same."""

    unit_price: float | None = None


def is_schedule(message: Message, board: Board, mine: bool, now: float) -> Refusal | None:
    """A bid is a tuple of prices, one a unit: finite numbers of at least 0, no bools."""
    assert isinstance(message, Propose)
    value = message.value
    if isinstance(value, tuple) and value and all(map(is_price, value)):
        return None
    return Refusal(f"a bid must be one or more finite prices of at least 0, one a unit, got {value!r}")


def is_price(value: object) -> bool:
    """Whether this is a true, finite number of at least 0."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < math.inf


def dropped(decision: Any) -> bool:
    """Whether a decision says that the bidder drops out: None or NaN."""
    number = true_number(decision)
    return decision is None or (number is not None and math.isnan(number))


def judge_schedule(talk: Dialogue, decision: Any) -> Message:
    """Turn a bidder's decision into a message: one price, or several by unit, are proposed; None, NaN, no unit, and what does
    not reach the starting price drop out (Refuse). Raises InvalidDecision for anything else.
    """
    proposed = isinstance(decision, Propose)
    if isinstance(decision, Message) and not proposed:
        return spoken(talk, decision)
    value = unbounded(decision) if proposed else decision
    if not proposed and dropped(value):
        return talk.machine.clear(Refuse("no bid"), talk.now)
    call: UnitsCall = talk.seat.context
    reverse = call.direction == "reverse"
    try:
        prices = schedule_of(value, reverse)[: call.units]
    except ConfigurationError as error:
        raise InvalidDecision(str(error)) from None
    prices = tuple(price if isinstance(price, int) else float(price) for price in prices)
    start = call.starting_price
    taken = prices if start is None else tuple(price for price in prices if reaches(price, start, reverse))
    if taken:
        return talk.offer(taken)
    return short_of(talk, decision, "no price for any unit" if not prices else f"no unit reaches the starting price {start:g}")


SCHEDULING = Question("bid", judge_schedule, view_of_bid, adapt=as_bid_hook)


class MultiUnitAuction(SealedBidAuction):
    """Root of the k-unit auctions. A subclass says in `payments` what the winners pay."""

    options = UnitOptions
    contents: ClassVar = (UnitsCall,)
    rules: ClassVar = {Propose: (is_schedule,)}
    questions: ClassVar = {"auctioneer": {None: SCHEDULING}, "bidder": {None: SCHEDULING}}

    def payments(self, bids: Schedules, allocation: UnitAllocation, options: UnitOptions) -> Payments:
        """Return what each winner pays, or in a reverse auction is paid, for all its units, and the price of every unit if
        there is one."""
        raise NotImplementedError(f"{type(self).__name__} must say what the winners pay")

    def call(self, lot: Any, options: AuctionOptions, closes_at: float | None) -> UnitsCall:
        """Return what bidders are told when they are called."""
        assert isinstance(options, UnitOptions)
        start, direction = finite_or_none(options.start), options.direction
        return UnitsCall(lot=lot, starting_price=start, closes_at=closes_at, direction=direction, units=options.units)

    def valid(self, bids: tuple[Bid, ...], options: AuctionOptions) -> tuple[Bid, ...]:
        """Return the bids that count: what the guard keeps an agent from, a forger outside may send."""
        return tuple(bid for bid in bids if in_order(bid.value, options))

    async def clear(self, talk: Bundle, bids: Sequence[Bid]) -> Sale:
        """Sell to the best unit bids that meet the reserve."""
        options: UnitOptions = talk.options
        schedules: dict[str, Schedule] = {bid.agent: bid.value for bid in bids}
        allocation = allocate_units(schedules, options.units, options.worst, lambda: talk.rng, options.reverse)
        if not allocation.sold:
            return Sale(reason=unsold(bids, options.reverse))
        payments, price = self.payments(schedules, allocation, options)
        return UnitSale(payments=payments, allocation=allocation.winners, unit_price=price)

    def result(self, talk: Bundle, bids: Sequence[Bid], sale: Sale) -> UnitsResult:
        """Return the result of a sale."""
        assert isinstance(sale, UnitSale)
        won: Mapping[str, int] = sale.allocation or {}
        return UnitsResult(
            success=True, bids=tuple(bids), allocation=won, payments=sale.payments, sold=sum(won.values()),
            unit_price=sale.unit_price,
        )  # fmt: skip

    def weighs(self, value: Any) -> bool:
        """Whether a bidder's value tells what it gains: a number, or marginal values."""
        return marginals(value) is not None

    def gain(self, value: Any, share: Any, payment: float, options: AuctionOptions) -> float | None:
        """Return what a winner gains by its units; those beyond its marginal values are worth nothing (or cost nothing)."""
        worths = marginals(value)
        if worths is None:
            return None
        worth = total(worths[:share])
        return float(payment - worth if options.reverse else worth - payment)


class DiscriminatoryAuction(MultiUnitAuction):
    """Several units, sealed bids; the highest win and pay what they bid."""

    name = "discriminatory-auction"

    def payments(self, bids: Schedules, allocation: UnitAllocation, options: UnitOptions) -> Payments:
        """Return the sums of the winning bids."""
        return discriminatory_payments(bids, allocation), None


class UniformPriceAuction(MultiUnitAuction):
    """Several units, sealed bids; the highest win, and every unit costs the highest losing bid."""

    name = "uniform-price-auction"

    def payments(self, bids: Schedules, allocation: UnitAllocation, options: UnitOptions) -> Payments:
        """Return units times the one price."""
        price = uniform_price(bids, allocation)
        return {name: units * price for name, units in allocation.winners.items()}, price


class MultiUnitVickreyAuction(MultiUnitAuction):
    """Several units, sealed bids; the highest win and pay what the others would have for their units."""

    name = "multi-unit-vickrey-auction"

    def payments(self, bids: Schedules, allocation: UnitAllocation, options: UnitOptions) -> Payments:
        """Return the sums of the bids that each winner displaces."""
        return vickrey_payments(bids, allocation, options.units, options.worst, options.reverse), None


def in_order(prices: Schedule, options: AuctionOptions) -> bool:
    """Whether these prices run the right way and reach the starting price."""
    try:
        schedule_of(prices, options.reverse)
    except ConfigurationError:
        return False
    return all(reaches(price, options.start, options.reverse) for price in prices)


def marginals(value: Any) -> Schedule | None:
    """Return a bidder's values by unit if they are numbers."""
    try:
        return schedule_of(value, rising=False)
    except ConfigurationError:
        pass
    try:
        return schedule_of(value, rising=True)
    except ConfigurationError:
        return None
