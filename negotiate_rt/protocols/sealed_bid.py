"""Sealed bids: each bidder answers the call once, unseen by the others; the best bid wins.

First price: the winner pays its bid. Vickrey (1961): it pays the second highest bid, or the reserve if that is higher; a
single bidder pays the reserve. A bid equal to the reserve sells; one that does not reach the starting price drops out, as
NaN and None do. Ties are broken by a seeded draw among the tied, so that arrival does not matter. Truthful bidding is a
dominant strategy under second price; under first price it never is. In a reverse auction the lowest ask wins, the winner is
paid its ask or the second lowest, and the reserve is the ceiling.

What is awkward: a bid after the close is answered by reject-proposal (late). No message to a bidder carries another's bid:
losers hear that they lost, the winner what it pays. A journal's or listener's record of a bid is made when the bid is said,
before the close: records are the auctioneer's and the operator's to see, never handed to a bidder; whoever shows them to
bidders while bids are open breaks the seal. A bidder that has gone after its bid (it crashed, it left) is out, and its bid
with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from negotiate_rt.machine import Moves
from negotiate_rt.machine.joint import JointMoves
from negotiate_rt.messages.outcome import AGREED, FAILED, Bid
from negotiate_rt.messages.performatives import Accept, Cfp, Inform, NotUnderstood, Propose, Refuse, Reject
from negotiate_rt.problems.auction import AuctionCall, AuctionOptions, reaches
from negotiate_rt.protocols.auctioneering import AWAITING_PRICE, LOST, OUT, WON, AuctionProtocol, Sale, unsold
from negotiate_rt.protocols.base import finite_or_none
from negotiate_rt.protocols.calling import AWAITING_BID, LAPSED, LATE, bids_of, collect
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.solutions.auction import best_bid, second_price

CALLING, AWAITING_RESULT = "calling", "awaiting_result"
COLLECTING, CLOSED, SELLING = "collecting", "closed", "selling"


class SealedBidAuction(AuctionProtocol):
    """Root of the auctions with one round of sealed bids. A subclass says in `clear` who wins what, at which price."""

    start = CALLING
    winners: ClassVar[int | None] = None  # as many as `clear` names
    moves: ClassVar[Moves] = {
        CALLING: {("auctioneer", Cfp): AWAITING_BID},
        AWAITING_BID: {
            ("bidder", Propose): AWAITING_RESULT,
            ("bidder", Refuse): OUT,
            ("bidder", NotUnderstood): OUT,
        },
        LAPSED: {("bidder", Propose): LATE, ("bidder", Refuse): OUT, ("bidder", NotUnderstood): OUT},
        LATE: {("auctioneer", Reject): OUT},
        AWAITING_RESULT: {("auctioneer", Accept): AWAITING_PRICE, ("auctioneer", Reject): LOST},
        AWAITING_PRICE: {("auctioneer", Inform): WON},
    }
    timeouts: ClassVar = {
        CALLING: OUT, AWAITING_BID: LAPSED, LAPSED: OUT, LATE: OUT, AWAITING_RESULT: OUT, AWAITING_PRICE: WON,
    }  # fmt: skip
    skips: ClassVar = {AWAITING_BID: OUT}
    joint_start = COLLECTING
    joint: ClassVar[JointMoves] = {
        COLLECTING: {Cfp: COLLECTING, Reject: COLLECTING, "closed": CLOSED},
        CLOSED: {Reject: CLOSED, Accept: SELLING, "unsold": FAILED},
        SELLING: {Accept: SELLING, Inform: SELLING, "sold": AGREED},
    }
    joint_timeouts: ClassVar = {COLLECTING: CLOSED, CLOSED: FAILED}

    async def clear(self, talk: Bundle, bids: Sequence[Bid]) -> Sale:
        """Return who wins what, at which price, of valid bids in the order of arrival."""
        raise NotImplementedError(f"{type(self).__name__} must say who wins")

    async def auctioneer(self, talk: Bundle) -> None:
        """Call for bids, close, tell winners and losers."""
        options: AuctionOptions = talk.options
        talk.conversation.round = 1
        left = talk.deadline - talk.now
        closes_at = talk.now + options.wait_for(left)
        call = self.call(talk.problem, options, finite_or_none(closes_at))
        await talk.send_all(Cfp(call), list(talk.ends), call.closes_at)
        bidders = await collect(talk, closes_at, AWAITING_RESULT)
        talk.advance("closed")
        bids = self.valid(bids_of(talk, bidders, 1), options)
        sale = await self.clear(talk, bids)
        verdict = Reject(self.verdict(sale))
        for name in bidders:
            if name not in sale.payments:
                await talk.send(verdict, name)
        if sale.payments:
            await self.tell_winners(talk, sale)
        accepted = None if sale.best is None else talk.ends[sale.best.agent].machine.board.last_heard
        self.conclude(talk, bids, sale, accepted)

    def verdict(self, sale: Sale) -> str:
        """Return what losers are told."""
        return "not the winner" if sale.payments else "below the reserve"

    def call(self, lot: Any, options: AuctionOptions, closes_at: float | None) -> AuctionCall:
        """Return what bidders are told when they are called."""
        start = finite_or_none(options.start)
        return AuctionCall(lot=lot, starting_price=start, closes_at=closes_at, direction=options.direction)

    def valid(self, bids: tuple[Bid, ...], options: AuctionOptions) -> tuple[Bid, ...]:
        """Return the bids that count: those that reach the starting price (what the guard keeps an agent from, a forger
        outside may send)."""
        if not options.starting_price:
            return bids
        return tuple(bid for bid in bids if reaches(bid.value, options.start, options.reverse))

    async def bidder(self, talk: Dialogue) -> None:
        """Bid once, then hear the result."""
        call = await talk.receive(Cfp)
        if not isinstance(call, Cfp):
            return
        seat = talk.seat
        seat.context = call.content
        seat.resolve(None)
        await talk.take_turn()
        while not talk.machine.state.final:
            await talk.receive()


class OneLotAuction(SealedBidAuction):
    """Root of the sealed auctions of one lot: once one bidder has been told that it has won, no other can be."""

    winners = 1
    joint: ClassVar[JointMoves] = {**SealedBidAuction.joint, SELLING: {Inform: SELLING, "sold": AGREED}}


class FirstPriceAuction(OneLotAuction):
    """One lot, sealed bids; the highest wins and pays what it bid."""

    name = "first-price-auction"

    async def clear(self, talk: Bundle, bids: Sequence[Bid]) -> Sale:
        """Sell to the best bid that meets the reserve."""
        options: AuctionOptions = talk.options
        limit, reverse = options.limit, options.reverse
        winner = best_bid([bid for bid in bids if reaches(bid.value, limit, reverse)], lambda: talk.rng, reverse)
        if winner is None:
            return Sale(reason=unsold(bids, reverse))
        return Sale(payments={winner.agent: self.price(bids, winner, options)}, best=winner)

    def price(self, bids: Sequence[Bid], winner: Bid, options: AuctionOptions) -> float:
        """Return what the winner pays, or in a reverse auction is paid."""
        return winner.value  # type: ignore[no-any-return]  # a number, by the table's rule


class VickreyAuction(FirstPriceAuction):
    """One lot, sealed bids; the highest wins and pays the second highest, or the reserve."""

    name = "vickrey-auction"

    def price(self, bids: Sequence[Bid], winner: Bid, options: AuctionOptions) -> float:
        """Return the second best bid, or the reserve or starting price if that is worse for the winner."""
        return second_price(bids, winner, options.worst, options.reverse)
