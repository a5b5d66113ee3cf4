"""Sealed bids: each bidder answers the call once, unseen by the others; the highest bid wins.

First price: the winner pays its bid. Vickrey (1961): it pays the second highest bid, or the reserve if that is higher; a
single bidder pays the reserve. A bid equal to the reserve sells. Ties are broken by a seeded draw among the tied, so that
arrival does not matter. NaN or None drops out. Truthful bidding is a dominant strategy under second price; under first price
it never is.

What is awkward: a bid after the close is answered by reject-proposal (late). No message to a bidder carries another's bid:
losers hear that they lost, the winner what it pays.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

from negotiate_rt.machine import Moves, finite_number
from negotiate_rt.machine.joint import JointMoves
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.outcome import AGREED, FAILED, Bid
from negotiate_rt.messages.performatives import Accept, Cfp, Inform, NotUnderstood, Propose, Refuse, Reject
from negotiate_rt.problems.auction import AuctionCall, AuctionOptions, AuctionResult
from negotiate_rt.problems.task import freeze
from negotiate_rt.protocols.base import Convener, NegotiationProtocol, finite_or_none, unique_name
from negotiate_rt.protocols.calling import AWAITING_BID, LAPSED, LATE, bids_of, collect
from negotiate_rt.protocols.guard import judge_price, true_number, view_of_bid
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.conversation import Conversation
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Question, Seat
from negotiate_rt.solutions.auction import best_bid, second_price
from negotiate_rt.strategies.bidding import as_bid_hook

CALLING, AWAITING_RESULT, AWAITING_PRICE = "calling", "awaiting_result", "awaiting_price"
WON, LOST, OUT = "WON", "LOST", "OUT"
COLLECTING, CLOSED = "collecting", "closed"


class FirstPriceAuction(NegotiationProtocol):
    """One lot, sealed bids; the highest wins and pays what it bid."""

    name = "first-price-auction"
    seats: ClassVar = {"auctioneer": 1, "bidder": (1, None)}
    convener = "auctioneer"
    start = CALLING
    options = AuctionOptions
    contents = (AuctionCall,)
    rules: ClassVar = {Propose: (finite_number,)}
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
        CLOSED: {Accept: CLOSED, Reject: CLOSED, Inform: CLOSED, "sold": AGREED, "unsold": FAILED},
    }
    joint_timeouts: ClassVar = {COLLECTING: CLOSED, CLOSED: FAILED}
    questions: ClassVar = {
        "auctioneer": {None: Question("name", judge_price)},
        "bidder": {None: Question("bid", judge_price, view_of_bid, adapt=as_bid_hook)},
    }

    def make_initiator(self, config: NegotiationConfig, agents: Sequence[Any]) -> Convener:
        """Return the auctioneer that the runtime seats."""
        return Convener(unique_name("auctioneer", agents))

    def settings(self, config: NegotiationConfig) -> AuctionOptions:
        """Return the options; without any, reservation_value is the reserve and initial_offer the starting price."""
        if config.options is None:
            return AuctionOptions(
                starting_price=config.initial_offer or 0.0, reserve_price=config.reservation_value or 0.0
            )
        return super().settings(config)  # type: ignore[no-any-return]  # of the type in `options`

    def settle(self, seats: Sequence[Seat], config: NegotiationConfig, problem: Any) -> Any:
        """Return what is sold, frozen: anything the caller calls a lot or task."""
        lot = freeze(problem)
        for seat in seats:
            seat.problem = lot
        return lot

    def price(self, bids: Sequence[Bid], winner: Bid, reserve: float) -> float:
        """Return what the winner pays."""
        return winner.value  # type: ignore[no-any-return]  # a number, by the table's rule

    def utilities(self, seats: Sequence[Seat], conversation: Conversation) -> dict[str, float]:
        """Return value minus price for the winner, 0 for the others, of those whose value is known."""
        result: AuctionResult | None = conversation.result
        worth = {}
        for seat in seats:
            value = true_number(getattr(seat.agent, "value", None))
            if value is not None and math.isfinite(value):
                won = result is not None and result.success and result.winning_bid.agent == seat.name
                worth[seat.name] = float(value - result.pay_price) if won else 0.0  # type: ignore[union-attr,operator]  # sold, so there is a price
        return worth

    async def auctioneer(self, talk: Bundle) -> None:
        """Call for bids, close, tell winner and losers."""
        options: AuctionOptions = talk.options
        talk.conversation.round = 1
        closes_at = talk.now + options.wait_for(talk.deadline - talk.now)
        call = AuctionCall(lot=talk.problem, starting_price=options.starting_price, closes_at=finite_or_none(closes_at))
        await talk.send_all(Cfp(call), list(talk.ends), call.closes_at)
        bidders = await collect(talk, closes_at, AWAITING_RESULT)
        talk.advance("closed")
        bids = bids_of(talk, bidders, 1)
        winner = best_bid([bid for bid in bids if bid.value >= options.reserve_price], talk.rng)
        for name in bidders:
            if winner is None or name != winner.agent:
                await talk.send(Reject("not the winner" if winner else "below the reserve"), name)
        if winner is None:
            reason = "below-reserve: no bid reached the reserve" if bids else "no-bids: nobody bid"
            talk.conclude("unsold", reason, result=AuctionResult(success=False, bids=bids, reason=reason))
            return
        pay = self.price(bids, winner, options.reserve_price)
        await talk.send(Accept(), winner.agent)
        await talk.send(Inform(pay), winner.agent)
        agent = talk.agent_of(winner.agent)
        result = AuctionResult(
            success=True, winner=getattr(agent, "stands_for", agent), winning_bid=winner, pay_price=pay, bids=bids
        )
        talk.conclude("sold", result=result, accepted=talk.ends[winner.agent].machine.board.last_heard)

    async def bidder(self, talk: Dialogue) -> None:
        """Bid once, then hear the result."""
        call = await talk.receive(Cfp)
        if not isinstance(call, Cfp):
            return
        bid = await talk.ask(None, call.content)
        await talk.send(bid)
        while not talk.machine.state.final:
            await talk.receive()


class VickreyAuction(FirstPriceAuction):
    """One lot, sealed bids; the highest wins and pays the second highest, or the reserve."""

    name = "vickrey-auction"

    def price(self, bids: Sequence[Bid], winner: Bid, reserve: float) -> float:
        """Return the second highest bid, or the reserve if that is higher."""
        return second_price(bids, winner, reserve)
