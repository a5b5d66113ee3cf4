"""Japanese auction, the English auction by the clock: the price rises, bidders leave for good, the last one pays the price.

At each tick everybody who is still in says whether it stays at this price (propose, of the price itself) or leaves
(refuse). The first price is the starting price; it rises by the increment, with one tick at the reserve itself. When one
bidder is left and the reserve is met, it wins and pays the price at which the second last left. In a reverse auction the
clock falls from the starting price, and the last one still supplying is paid the price at which the second last left.

What is awkward: if all who are left leave at one tick, the lot goes to the one of them whose stay at the tick before
arrived first, at that tick's price: the highest that they all agreed to. So it does when max_rounds is used up. A bidder
that is silent until a tick closes has left: that is what letting go of the button means. A strategy's value at the
clock's price stays. With private values the price is within an increment above the second highest value (Milgrom and
Weber, "A theory of auctions and competitive bidding", 1982, call this model the English auction).
"""

from __future__ import annotations

from typing import Any, ClassVar

from negotiate_rt.machine import Moves
from negotiate_rt.messages.outcome import Bid
from negotiate_rt.messages.performatives import Message, Propose, Refuse, Reject
from negotiate_rt.problems.auction import ClockOptions, reaches, step_beyond
from negotiate_rt.protocols.auctioneering import Sale, unsold, view_of_bid
from negotiate_rt.protocols.base import DUPLICATION
from negotiate_rt.protocols.calling import LAPSED
from negotiate_rt.protocols.open_auction import (
    BIDDING,
    ClockAuction,
    OpenAuction,
    call_all,
    judge_tick,
    linger,
    next_answer,
    present,
)
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Question
from negotiate_rt.strategies.bidding import as_bid_hook

ON_THE_BUTTON = {
    state: {row: to for row, to in OpenAuction.moves[state].items() if row != ("bidder", Reject)}
    for state in (BIDDING, LAPSED)
}


def judge_stay(talk: Dialogue, decision: Any) -> Message:
    """Turn a value into staying, if it reaches the clock's price, or leaving. Raises InvalidDecision for what is no price."""
    answer = judge_tick(talk, decision)
    return talk.machine.clear(Refuse(f"not at {talk.seat.context.price:g}"), talk.now) if answer is None else answer


class JapaneseAuction(ClockAuction):
    """One lot, a rising clock (falling in reverse); the last bidder in pays the price at which the second last left."""

    name = "japanese-auction"
    options = ClockOptions
    tolerates: ClassVar = frozenset({DUPLICATION})  # who comes first is part of the rules, and so is the time
    moves: ClassVar[Moves] = {**OpenAuction.moves, **ON_THE_BUTTON}
    questions: ClassVar = {
        **OpenAuction.questions, "bidder": {None: Question("bid", judge_stay, view_of_bid, adapt=as_bid_hook)},
    }  # fmt: skip

    async def auctioneer(self, talk: Bundle) -> None:
        """Let the clock run until one bidder is left."""
        options: ClockOptions = talk.options
        inside = list(talk.ends)
        bids: list[Bid] = []
        stayed: list[Bid] = []
        price: float | None = options.starting_price
        for tick in range(1, talk.conversation.terms.max_rounds + 1):
            assert price is not None
            following = self.following(price, options)
            before = [bid for bid in stayed if present(talk, bid.agent)]
            stayed = await self.run_tick(talk, tick, (price, following), inside)
            bids += stayed
            inside = [bid.agent for bid in stayed]
            met = reaches(price, options.limit, options.reverse)
            stayed = stayed or before
            if not inside or (len(inside) == 1 and met) or following is None:
                break
            price = following
        winner = next((bid for bid in stayed if present(talk, bid.agent)), None)
        if winner is None or not reaches(winner.value, options.limit, options.reverse):
            await self.hammer(talk, bids, Sale(reason=unsold(bids, options.reverse)))
            return
        await self.hammer(talk, bids, Sale(payments={winner.agent: winner.value}, best=winner))

    async def run_tick(self, talk: Bundle, tick: int, prices: tuple[float, float | None], inside: list[str]) -> list[Bid]:
        """Ask all who are in at a price (of two: this tick's and the next); return who stays, in the order of arrival."""
        price, following = prices
        call = self.call_at(talk, tick, price, following, len(inside))
        awaited = await call_all(talk, call, inside)
        stayed = []
        while (answer := await next_answer(talk, awaited, call.closes_at)) is not None:
            name, message = answer
            if isinstance(message, Propose) and message.value == price:
                stayed.append(Bid(name, price, tick))
        if talk.options.tick is not None and call.closes_at is not None and len(stayed) > 1:
            await linger(talk, call.closes_at)
        return [bid for bid in stayed if present(talk, bid.agent)]

    @staticmethod
    def following(price: float, options: ClockOptions) -> float | None:
        """Return the next tick's price: a step further, or the reserve on the way; None where the clock stands at zero."""
        then = step_beyond(price, options.increment, options.reverse)
        limit, reverse = options.limit, options.reverse
        if reaches(then, limit, reverse) and not reaches(price, limit, reverse):
            return limit
        return then if then != price else None
