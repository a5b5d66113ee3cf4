"""English auction, open outcry: bidders outbid each other until nobody goes higher; the standing bidder pays its bid.

Each round the auctioneer cries out the standing price and bidder to all who are still in. Any of them but the standing
bidder may bid: the first bid at least the starting price, each later one at least an increment beyond what stands when it
arrives. Less is refused, and the bidder is called again in the round. A strategy's value at or below the current price
drops out for good, as NaN and None do; a bidder may also let a round pass (reject-proposal). The auction ends when nobody
outbids in a round (or in `calls` rounds running), when nobody is left to do so, or after max_rounds. The standing bidder
wins, if it meets the reserve. In a reverse auction (procurement) asks fall, from the starting price if there is one.

What is awkward: bids of one round are answers to one call, and arrive one after the other: of two equal bids the earlier
stands, the later has become too low and is asked again at the new price. A bidder that was told the price and still bids
too little is asked again once a round. If the standing bidder goes (it crashed, it left) its bid goes with it: the best of the
earlier bids whose bidder is still there stands again, also that of a bidder which has dropped out since.

Vickrey's remark of 1961: with private values the price ends within an increment of the second highest value.
"""

from __future__ import annotations

from typing import Any, ClassVar

from negotiate_rt.messages.outcome import Bid
from negotiate_rt.messages.performatives import Inform, Message, Propose, Reject
from negotiate_rt.problems.auction import EnglishOptions, OutcryCall, outbids, reaches, step_beyond
from negotiate_rt.protocols.auctioneering import Sale, price_in, short_of, unsold, view_of_bid
from negotiate_rt.protocols.base import DUPLICATION, finite_or_none
from negotiate_rt.protocols.open_auction import (
    OneLotOpenAuction,
    call_all,
    leaving,
    next_answer,
    present,
    reopen,
    still_in,
)
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Question
from negotiate_rt.strategies.bidding import as_bid_hook

CHANCES = 2  # bids that a bidder may make too low in a round although it had been told the price


def judge_outcry(talk: Dialogue, decision: Any) -> Message:
    """Turn a bid in an outcry into a message: a value beyond the current price is bid, also where it is less than a step
    beyond, which the auctioneer refuses; one at or below it drops out. Raises InvalidDecision for what is no price.
    """
    value = price_in(talk, leaving(decision))
    if isinstance(value, Message):
        return value
    call: OutcryCall = talk.seat.context
    reverse = call.direction == "reverse"
    if call.bidder is None:
        if call.price is not None and not reaches(value, call.price, reverse):
            return short_of(talk, decision, f"{value:g} does not reach the starting price {call.price:g}")
    elif call.price is not None and reaches(call.price, value, reverse):
        side = "above" if reverse else "below"
        return short_of(talk, decision, f"{value:g} is at or {side} the current price {call.price:g}")
    return talk.offer(value)


class EnglishAuction(OneLotOpenAuction):
    """One lot, open outcry with rising bids (falling asks in reverse); the standing bidder wins and pays its bid."""

    name = "english-auction"
    options = EnglishOptions
    tolerates: ClassVar = frozenset({DUPLICATION})  # who comes first is part of the rules, and so is the time
    questions: ClassVar = {
        **OneLotOpenAuction.questions, "bidder": {None: Question("bid", judge_outcry, view_of_bid, adapt=as_bid_hook)},
    }  # fmt: skip

    async def auctioneer(self, talk: Bundle) -> None:
        """Cry out what stands, take bids, until nobody goes further."""
        floor = Floor(talk)
        options: EnglishOptions = talk.options
        rounds = talk.conversation.terms.max_rounds
        quiet = 0
        for round in range(1, rounds + 1):
            talk.conversation.round = round
            moved = await self.run_round(talk, floor, round == rounds or quiet + 1 == options.calls)
            quiet = 0 if moved else quiet + 1
            if quiet == options.calls or not floor.rivals():
                break
        await self.hammer(talk, floor.bids, floor.sale())

    async def run_round(self, talk: Bundle, floor: Floor, last: bool) -> bool:
        """Call everybody but the standing bidder, and hear them out; return whether another bid stands."""
        stood = floor.standing
        floor.silent = reopen(talk, floor.active, floor.silent)
        closes_at = finite_or_none(talk.now + talk.options.wait_for(talk.deadline - talk.now))
        call = floor.cry(closes_at, last)
        if stood is not None:
            await talk.send(Inform(call), stood.agent)
        floor.told.clear()
        floor.misses.clear()
        awaited = await call_all(talk, call, floor.rivals())
        floor.told.update(dict.fromkeys(awaited, call.least))
        while (answer := await next_answer(talk, awaited, closes_at)) is not None:
            name, message = answer
            if not isinstance(message, Propose) or floor.take(name, message.value):
                continue
            await talk.send(Reject(floor.too_little(message.value)), name)
            if floor.may_try_again(name, message.value):
                again = floor.cry(closes_at, last)
                floor.told[name] = again.least
                awaited |= await call_all(talk, again, [name])
        floor.tidy()
        return floor.standing is not stood


class Floor:
    """How an outcry stands: who is in, what stands, and all bids that stood.

    Of the round at hand, `told` holds the least bid that each was told, `misses` how often each bid less than that.
    """

    __slots__ = ("active", "bids", "misses", "public", "silent", "standing", "talk", "told")

    def __init__(self, talk: Bundle) -> None:
        self.talk = talk
        self.active = list(talk.ends)
        self.bids: list[Bid] = []
        self.public: tuple[Bid, ...] = ()
        self.standing: Bid | None = None
        self.told: dict[str, float | None] = {}
        self.misses: dict[str, int] = {}
        self.silent: set[str] = set()  # who had lapsed when the last round began

    def rivals(self) -> list[str]:
        """Return who may outbid the standing bidder."""
        holder = self.standing.agent if self.standing is not None else ""
        return [name for name in self.active if name != holder]

    @property
    def least(self) -> float:
        """The least bid that is taken now; in a reverse auction the highest ask."""
        options: EnglishOptions = self.talk.options
        if self.standing is None:
            return options.start
        return step_beyond(self.standing.value, options.increment, options.reverse)

    def cry(self, closes_at: float | None, last: bool) -> OutcryCall:
        """Return what is cried out now."""
        options: EnglishOptions = self.talk.options
        standing = self.standing
        if len(self.public) != len(self.bids):
            self.public = tuple(self.bids)
        return OutcryCall(
            lot=self.talk.problem, price=finite_or_none(options.start if standing is None else standing.value),
            bidder=None if standing is None else standing.agent, least=finite_or_none(self.least),
            increment=options.increment, round=self.talk.conversation.round, closes_at=closes_at,
            direction=options.direction, bids=self.public, last=last,
        )  # fmt: skip

    def take(self, name: str, value: float) -> bool:
        """Let a bid stand if it goes far enough; return whether it does."""
        options: EnglishOptions = self.talk.options
        if self.standing is None:
            enough = reaches(value, options.start, options.reverse)
        else:
            enough = outbids(value, self.standing.value, options.increment, options.reverse)
        if enough:
            self.standing = Bid(name, value, self.talk.conversation.round)
            self.bids.append(self.standing)
        return enough

    def too_little(self, value: float) -> str:
        """Return why a bid was refused."""
        most = "at most" if self.talk.options.reverse else "at least"
        return f"{value:g} does not outbid: expected {most} {self.least:g}"

    def may_try_again(self, name: str, value: float) -> bool:
        """Whether a bidder whose bid was refused is called again in this round: always, if the price had moved on."""
        told = self.told.get(name)
        if told is None or reaches(value, told, self.talk.options.reverse):
            return True
        self.misses[name] = self.misses.get(name, 0) + 1
        return self.misses[name] < CHANCES

    def tidy(self) -> None:
        """After a round: forget who has left the bidding; a bid whose bidder has gone stands no longer."""
        self.active = still_in(self.talk, self.active)
        if self.standing is not None and not present(self.talk, self.standing.agent):
            self.standing = next((bid for bid in reversed(self.bids) if present(self.talk, bid.agent)), None)

    def sale(self) -> Sale:
        """Return what the outcry came to."""
        options: EnglishOptions = self.talk.options
        best = self.standing
        if best is not None and reaches(best.value, options.limit, options.reverse):
            return Sale(payments={best.agent: best.value}, best=best)
        return Sale(reason=unsold([] if best is None else self.bids, options.reverse))


