"""Sealed bids on bundles of goods: each bidder names bundles and what it would pay for them; the bids that are worth the most
together and share no good win.

Cramton, Shoham and Steinberg (eds.), "Combinatorial auctions", 2006. Bids are XOR unless they say OR or OR*; disposal is
free. Winners pay by Vickrey, Clarke and Groves (the truth is a dominant strategy; revenue can be nothing), the core payments
nearest to that (Day and Cramton 2012), or what they bid. Reserve and starting price are for each good: a bundle of three must
reach three times as much, as if the seller bid the reserve on each good. In a reverse auction bids are asks for delivering
a bundle; the reserve is what each good is worth to the buyer, and those asks win that leave it the most: to it, an ask is
worth the reserve of its goods less the price, so that winners and payments are those of selling in mirror image.

What is awkward: to find the winners is NP-hard. It is done off the event loop, by the engine that is there, in the time that
the options allow; then the best allocation found is taken, and the result tells its bound and whether it is proven. Ties go
by a seeded draw: bidders are put in a random order, in which the engine meets their bids. One round, sealed as in
sealed_bid.py; a listener to the trace sees bids as they arrive, a bidder never; a winner hears what it gets and pays. A
reverse auction buys no good twice, so that two asks that overlap never win together: who would deliver a part of a bundle
must ask for that part, too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

from negotiate_rt.errors import ConfigurationError, InvalidDecision
from negotiate_rt.machine import Board, Refusal
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.outcome import Bid
from negotiate_rt.messages.performatives import Message, Propose, Refuse
from negotiate_rt.problems.auction import AuctionOptions, reaches
from negotiate_rt.problems.bundles import (
    BundleCall,
    CombinatorialOptions,
    CombinatorialResult,
    cost_of,
    goods_in,
    worth_of,
)
from negotiate_rt.problems.combinatorial import BundleAuction, BundleBid, BundleBids, bids_from
from negotiate_rt.protocols.auctioneering import Sale, known, short_of, unsold, view_of_bid
from negotiate_rt.protocols.base import finite_or_none
from negotiate_rt.protocols.guard import spoken, true_number, unbounded
from negotiate_rt.protocols.sealed_bid import SealedBidAuction
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Question, Seat
from negotiate_rt.runtime.working_clock import working_clock
from negotiate_rt.strategies.bidding import as_bid_hook


class BundleSale(Sale, frozen=True, kw_only=True):
    """Who gets which goods, with what is known of the allocation."""

    value: float = 0.0
    bound: float = 0.0
    proven: bool = True
    payment: str = "vcg"
    engine: str = ""


def is_bundle_bids(message: Message, board: Board, mine: bool, now: float) -> Refusal | None:
    """A bid is a BundleBids of at least one bid, in its sender's own name."""
    assert isinstance(message, Propose)
    value = message.value
    if not isinstance(value, BundleBids) or not value.bids:
        return Refusal(f"a bid must be BundleBids with at least one bid, got {value!r}")
    sender = board.agent if mine else board.peer
    if value.bids[0].bidder != sender:
        return Refusal(f"{sender} bids in its own name only, not in that of {value.bids[0].bidder!r}")
    return None


def judge_bundles(talk: Dialogue, decision: Any) -> Message:
    """Turn a bidder's decision into a message: a mapping of bundles to values, a sequence of BundleBid, or BundleBids are
    proposed; a number is bid for all goods together. None, NaN, no bid, and bids below the starting price drop out (Refuse).
    Raises InvalidDecision for anything else.
    """
    proposed = isinstance(decision, Propose)
    if isinstance(decision, Message) and not proposed:
        return spoken(talk, decision)
    value = unbounded(decision) if proposed else decision
    number = true_number(value)
    if not proposed and (value is None or (number is not None and math.isnan(number))):
        return talk.machine.clear(Refuse("no bid"), talk.now)
    call: BundleCall = talk.seat.context
    goods = frozenset(call.goods)
    try:
        said = bids_from({goods: value} if number is not None else value, talk.name, call.language)
        BundleAuction([said], goods)
    except ConfigurationError as error:
        raise InvalidDecision(str(error)) from None
    reverse = call.direction == "reverse"
    start = call.starting_price if call.starting_price is not None else math.inf if reverse else 0.0
    taken = tuple(bid for bid in said.bids if reaches(bid.value, start * len(bid.items), reverse))
    if taken:
        return talk.offer(BundleBids(taken, said.language) if len(taken) < len(said.bids) else said)
    short = f"no bundle reaches the starting price of {start:g} a good" if said.bids else "no bid"
    return short_of(talk, decision, short)


BUNDLING = Question("bid", judge_bundles, view_of_bid, adapt=as_bid_hook)


class CombinatorialAuction(SealedBidAuction):
    """Several goods, sealed bids on bundles; those worth the most together win."""

    name = "combinatorial-auction"
    options = CombinatorialOptions
    contents: ClassVar = (BundleCall, BundleBids, BundleBid)
    rules: ClassVar = {Propose: (is_bundle_bids,)}
    questions: ClassVar = {"auctioneer": {None: BUNDLING}, "bidder": {None: BUNDLING}}

    def settings(self, config: NegotiationConfig) -> Any:  # CombinatorialOptions
        """Return the options. Raises ConfigurationError for one that buys and says nothing of what goods are worth."""
        options = super().settings(config)
        if options.reverse and not options.reserve_price:
            raise ConfigurationError(
                "options.reserve_price: a combinatorial auction that buys needs the most that it pays for each good: without it "
                "a supplier that nobody can replace has no price; expected a number above 0, got 0"
            )
        return options

    def settle(self, seats: Sequence[Seat], config: NegotiationConfig, problem: Any) -> Any:
        """Return the lot, frozen. Raises ConfigurationError unless it names goods."""
        lot = super().settle(seats, config, problem)
        goods_in(lot)
        return lot

    def call(self, lot: Any, options: AuctionOptions, closes_at: float | None) -> BundleCall:
        """Return what bidders are told when they are called."""
        assert isinstance(options, CombinatorialOptions)
        start = finite_or_none(options.start)
        return BundleCall(
            lot=lot, starting_price=start, closes_at=closes_at, direction=options.direction, goods=goods_in(lot),
            language=options.language,
        )  # fmt: skip

    def valid(self, bids: tuple[Bid, ...], options: AuctionOptions) -> tuple[Bid, ...]:
        """Return the bids as they are: `clear` looks at each bundle."""
        return bids

    async def clear(self, talk: Bundle, bids: Sequence[Bid]) -> Sale:
        """Determine winners and payments off the loop, within the time that the options allow. Bids that the rule of payment
        cannot price sell nothing: the result says why."""
        from negotiate_rt.solutions.winners.deadline import Deadline  # late, as all of winner determination

        options: CombinatorialOptions = talk.options
        auction = net_of_reserve(bids, frozenset(goods_in(talk.problem)), options, talk)
        if not auction.bids:
            return Sale(reason=unsold(bids, options.reverse))
        seconds = options.time_to_solve(talk.deadline - talk.now)
        limit = Deadline(seconds, working_clock)
        try:
            sale: Sale = await talk.compute(determine, auction, options, limit)
        except ConfigurationError as error:  # OR bids of too many combinations for core payments: the bidder's, not a bug
            return Sale(reason=f"infeasible: {error}")
        finally:  # whatever ended the wait: the thread, which nobody can stop from outside, stops soon
            limit.cancel()
        return sale

    def verdict(self, sale: Sale) -> str:
        """Return what losers are told."""
        off = sale.reason is not None and sale.reason.startswith("infeasible")
        return "nothing is sold: these bids cannot be priced" if off else super().verdict(sale)

    def result(self, talk: Bundle, bids: Sequence[Bid], sale: Sale) -> CombinatorialResult:
        """Return the result of a sale."""
        assert isinstance(sale, BundleSale)
        return CombinatorialResult(
            success=True, bids=tuple(bids), allocation=sale.allocation, payments=sale.payments, value=sale.value,
            bound=sale.bound, proven=sale.proven, payment=sale.payment, engine=sale.engine, direction=talk.options.direction,
        )  # fmt: skip

    def weighs(self, value: Any) -> bool:
        """Whether a bidder's value tells what it gains: a number, a mapping of bundles, or a callable."""
        return callable(value) or hasattr(value, "keys") or known(value) is not None

    def gain(self, value: Any, share: Any, payment: float, options: AuctionOptions) -> float | None:
        """Return what a winner gains by its goods."""
        if not self.weighs(value):
            return None
        try:
            worth = known(cost_of(value, share) if options.reverse else worth_of(value, share))
        except Exception:  # noqa: BLE001  # the border to agents' code: a value of its own
            return None
        return super().gain(worth, share, payment, options)


def net_of_reserve(
    bids: Sequence[Bid], goods: frozenset[Any], options: CombinatorialOptions, talk: Bundle
) -> BundleAuction:
    """Return the auction of what bids gain above the reserve (reverse: below it), bidders in a random order.

    Bundles on unknown goods and below the starting price are left out: what the guard keeps an agent from, a forger outside
    may send.
    """
    least, reverse = options.worst, options.reverse
    said = {
        bid.agent: BundleBids(
            tuple(
                BundleBid(one.bidder, one.items, gain_by(one.value, len(one.items), options), one.dummies)
                for one in bid.value.bids
                if one.items <= goods and reaches(one.value, least * len(one.items), reverse)
            ),
            bid.value.language,
        )
        for bid in bids
    }
    names = sorted(said)
    talk.rng.shuffle(names)
    return BundleAuction([said[name] for name in names], goods)


def determine(auction: BundleAuction, options: CombinatorialOptions, limit: Any) -> BundleSale:
    """Return who wins what, at which price, with the reserve for each good on top; half of the time goes to payments."""
    from negotiate_rt.solutions.payments import payments_by
    from negotiate_rt.solutions.winners import solve

    found = solve(auction, limit.share(0.5), engine=options.engine)
    paid = payments_by(options.payment, auction, found, limit, engine=options.engine)
    held = {name: options.reserve_price * len(items) for name, items in found.allocation.items()}
    prices = {name: min(paid.payments[name], found.won_by(name)) for name in held}
    kept = math.fsum(held.values())
    if options.reverse:
        prices = {name: held[name] - price for name, price in prices.items()}
        value, bound = kept - found.value, kept - found.bound
    else:
        prices = {name: held[name] + price for name, price in prices.items()}
        value, bound = found.value + kept, found.bound + options.reserve_price * len(auction.goods)
    return BundleSale(
        payments=prices, allocation=found.allocation, value=value, bound=value if found.proven else bound,
        proven=found.proven and paid.proven, payment=options.payment, engine=found.engine,
    )  # fmt: skip


def gain_by(price: float, goods: int, options: CombinatorialOptions) -> float:
    """Return what the auction's owner gains by a bid on so many goods at this price, beside the reserve."""
    reserve = options.reserve_price * goods
    return max(reserve - price if options.reverse else price - reserve, 0.0)
