"""Simultaneous ascending auction: several lots open for bidding at once, round by round, until none of them moves.

The design of spectrum auctions (McAfee, McMillan, Milgrom and Wilson 1994; Milgrom 2000; Cramton 2006). In each round all hear
the standing price and holder of every lot, and who still may bids on any lots at the standing price plus the increment or more.
The best bid on each lot stands. A round without a new bid closes all lots together; each holder gets its lots at its own
bids, if they reach the reserve. Because no lot closes before the others, bidders can turn from one to another as prices rise.

The activity rule (Milgrom and Wilson) keeps bidders from lying in wait: who is active on few lots, held or bid on, may be active
on few from then on. With `activity = 1` a bidder's eligibility falls to what it used, with 0 it never falls.

What is awkward: within a round bids are sealed, so ties are drawn by seed, in order of name, and not by arrival. Nobody outbids
itself. No bid lets the round pass, None and NaN leave the bidding for good; bids that stand bind all the same. A bidder that
has gone, or cannot be reached when the hammer falls, loses what it held to the best bid before it whose maker is still there.
After max_rounds the lots close as they stand. Dialogues, lateness and lost messages as in open_auction.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from negotiate_rt.errors import ConfigurationError, InvalidDecision
from negotiate_rt.machine import Board, Refusal
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.outcome import Bid
from negotiate_rt.messages.performatives import Cfp, Message, Propose, Refuse, Reject
from negotiate_rt.problems.auction import AuctionOptions, outbids, reaches, step_beyond
from negotiate_rt.problems.bundles import goods_in, worth_of
from negotiate_rt.problems.combinatorial import Good, shown
from negotiate_rt.problems.lots import AscendingOptions, AscendingResult, LotBid, LotsCall, LotsClosed, LotState
from negotiate_rt.protocols.auctioneering import Sale, known, unsold, view_of_bid
from negotiate_rt.protocols.base import finite_or_none
from negotiate_rt.protocols.guard import short, spoken, unbounded
from negotiate_rt.protocols.multi_unit import dropped
from negotiate_rt.protocols.open_auction import WAITING, OpenAuction, leaving, next_answer, present, reopen, still_in
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Question, Seat
from negotiate_rt.solutions.auction import best_bid
from negotiate_rt.strategies.bidding import as_bid_hook

SLACK = 1e-9  # of a lot: rounding of activity / share


class LotsSale(Sale, frozen=True, kw_only=True):
    """Who gets which lots, and what each lot cost."""

    prices: Mapping[Any, float] = {}


def is_lot_bids(message: Message, board: Board, mine: bool, now: float) -> Refusal | None:
    """A bid is a tuple of bids on lots, no lot twice."""
    assert isinstance(message, Propose)
    value = message.value
    if isinstance(value, tuple) and value and all(isinstance(one, LotBid) for one in value):
        return None if len({one.lot for one in value}) == len(value) else Refusal("a lot is bid on twice")
    return Refusal(f"a bid must be one or more bids on lots, got {value!r}")


def judge_lots(talk: Dialogue, decision: Any) -> Message:
    """Turn a bidder's decision into a message: a mapping of lots to prices, or LotBids, is proposed; none of them lets the
    round pass (Reject), None and NaN leave (Refuse). Raises InvalidDecision for bids that are not taken now.
    """
    decision = leaving(decision)
    proposed = isinstance(decision, Propose)
    if isinstance(decision, Message) and not proposed:
        return spoken(talk, decision)
    value = unbounded(decision) if proposed else decision
    if not proposed and dropped(value):
        return talk.machine.clear(Refuse("no bid"), talk.now)
    bids = lot_bids(value)
    if not bids:
        return talk.machine.clear(Reject("no new bid"), talk.now)
    call: LotsCall = talk.seat.context
    if trouble := trouble_with(bids, call.lots, talk.name, call.eligibility):
        raise InvalidDecision(trouble)
    return talk.offer(bids)


def lot_bids(value: Any) -> tuple[LotBid, ...]:
    """Return bids on lots. Raises InvalidDecision for anything else."""
    if isinstance(value, LotBid):
        return (value,)
    if isinstance(value, Mapping):
        try:
            return tuple(LotBid(lot, price) for lot, price in value.items())
        except ConfigurationError as error:
            raise InvalidDecision(str(error)) from None
    if isinstance(value, (tuple, list)) and all(isinstance(one, LotBid) for one in value):
        return tuple(value)
    raise InvalidDecision(f"expected a mapping of lots to prices, or several LotBid, got {short(value)}")


def trouble_with(bids: Sequence[LotBid], lots: Sequence[LotState], bidder: str, eligibility: int) -> str:
    """Return why these bids are not taken now, nothing if they are."""
    states = {state.lot: state for state in lots}
    for bid in bids:
        state = states.get(bid.lot)
        if state is None:
            return f"there is no lot {bid.lot!r}, only {shown(frozenset(states))}"
        if state.bidder == bidder:
            return f"lot {bid.lot!r} is its own at {state.price:g}: nobody outbids itself"
        if not reaches(bid.price, state.least) and not goes_beyond(bid.price, state):
            return f"{bid.price:g} on lot {bid.lot!r} is not enough: expected at least {state.least:g}"
    if len({bid.lot for bid in bids}) < len(bids):
        return "a lot is bid on twice"
    active = len(bids) + sum(state.bidder == bidder for state in lots)
    if active > eligibility:
        return f"it may be active on {eligibility} lots, those it holds included, and would be on {active}"
    return ""


def goes_beyond(price: float, state: LotState) -> bool:
    """Whether a bid outbids the standing one within rounding."""
    return state.price is not None and outbids(price, state.price, state.least - state.price)


LOTS = Question("bid", judge_lots, view_of_bid, adapt=as_bid_hook)


class SimultaneousAscendingAuction(OpenAuction):
    """Several lots at once, rising until none moves."""

    name = "simultaneous-ascending-auction"
    options = AscendingOptions
    contents: ClassVar = (LotsCall, LotState, LotBid, LotsClosed)
    rules: ClassVar = {Propose: (is_lot_bids,)}
    questions: ClassVar = {"auctioneer": {None: LOTS}, "bidder": {None: LOTS}}

    def settle(self, seats: Sequence[Seat], config: NegotiationConfig, problem: Any) -> Any:
        """Return what is sold, frozen. Raises ConfigurationError unless it names lots."""
        goods_in(problem)
        return super().settle(seats, config, problem)

    async def auctioneer(self, talk: Bundle) -> None:
        """Call round by round, until no lot moves; then bring the hammer down on all."""
        room = Room(talk)
        rounds = talk.conversation.terms.max_rounds
        for round in range(1, rounds + 1):
            talk.conversation.round = round
            if not await self.run_round(talk, room) or not room.active:
                break
        room.tidy()
        sale = room.sale()
        await self.hammer(talk, room.bids, sale, LotsClosed(lots=room.states()))

    async def run_round(self, talk: Bundle, room: Room) -> bool:
        """Call everybody who may bid and hear them out; return whether a lot has moved."""
        room.silent = reopen(talk, room.active, room.silent)
        closes_at = finite_or_none(talk.now + talk.options.wait_for(talk.deadline - talk.now))
        awaited = {name: None for name in room.active if talk.state(name) == WAITING and room.eligibility[name]}
        states = room.states()
        for name in awaited:
            await talk.send(Cfp(room.call(name, states, closes_at)), name, closes_at)
        heard: dict[str, tuple[LotBid, ...]] = {}
        while (answer := await next_answer(talk, awaited, closes_at)) is not None:
            name, message = answer
            if isinstance(message, Propose) and not trouble_with(message.value, states, name, room.eligibility[name]):
                heard[name] = message.value
        return room.take(heard)

    def result(self, talk: Bundle, bids: Sequence[Bid], sale: Sale) -> AscendingResult:
        """Return the result of the sale."""
        assert isinstance(sale, LotsSale)
        return AscendingResult(
            success=True, bids=tuple(bids), allocation=sale.allocation, payments=sale.payments, prices=sale.prices
        )

    def weighs(self, value: Any) -> bool:
        """Whether a bidder's value tells what it gains."""
        return callable(value) or isinstance(value, Mapping) or known(value) is not None

    def gain(self, value: Any, share: Any, payment: float, options: AuctionOptions) -> float | None:
        """Return what a winner gains: what its lots are worth, minus its payment. A number is for all lots together."""
        if not (callable(value) or isinstance(value, Mapping)):
            return None
        worth = known(worth_of(value, frozenset(share)))
        return None if worth is None else float(worth - payment)


class Room:
    """How the lots stand: who may still bid on how many, which bid stands on each, and all bids that stood."""

    def __init__(self, talk: Bundle) -> None:
        self.talk = talk
        self.lots = goods_in(talk.problem)
        self.active = list(talk.ends)
        self.eligibility = dict.fromkeys(talk.ends, len(self.lots))
        self.stood: dict[Good, list[Bid]] = {lot: [] for lot in self.lots}
        self.bids: list[Bid] = []
        self.silent: set[str] = set()

    def states(self) -> tuple[LotState, ...]:
        """Return how each lot stands."""
        options: AscendingOptions = self.talk.options
        found = []
        for lot, bids in self.stood.items():
            if bids:
                price = bids[-1].value
                found.append(LotState(lot, price, bids[-1].agent, step_beyond(price, options.increment)))
            else:
                found.append(LotState(lot, None, None, options.start))
        return tuple(found)

    def call(self, name: str, states: tuple[LotState, ...], closes_at: float | None) -> LotsCall:
        """Return what one bidder is told."""
        options: AscendingOptions = self.talk.options
        return LotsCall(
            lot=self.talk.problem, starting_price=options.start, closes_at=closes_at, lots=states,
            round=self.talk.conversation.round, increment=options.increment, eligibility=self.eligibility[name],
        )  # fmt: skip

    def take(self, heard: Mapping[str, Sequence[LotBid]]) -> bool:
        """Let the best bid on each lot stand, and see to the activity rule; return whether a lot has moved."""
        talk = self.talk
        round = talk.conversation.round
        used = {name: len(heard.get(name, ())) + self.held(name) for name in self.active}
        for lot in self.lots:
            new = [Bid(name, bid.price, round) for name, bids in heard.items() for bid in bids if bid.lot == lot]
            best = best_bid(new, lambda: talk.rng)
            if best is not None:
                self.stood[lot].append(best)
                self.bids.append(Bid(best.agent, LotBid(lot, best.value), round))
        share = talk.options.activity
        for name, active in used.items():
            if share:
                self.eligibility[name] = min(self.eligibility[name], int(active / share + SLACK))
        self.tidy()
        return bool(heard)

    def held(self, name: str) -> int:
        """Return how many lots a bidder holds."""
        return sum(bool(bids) and bids[-1].agent == name for bids in self.stood.values())

    def tidy(self) -> None:
        """Forget who has left the bidding; a bid whose maker has gone stands no longer."""
        self.active = still_in(self.talk, self.active)
        for bids in self.stood.values():
            while bids and not self.binds(bids[-1].agent):
                bids.pop()

    def binds(self, name: str) -> bool:
        """Whether a bidder is still there to be sold to, or may yet be."""
        return name in self.active or present(self.talk, name)

    def sale(self) -> LotsSale:
        """Return what the bidding came to."""
        options: AscendingOptions = self.talk.options
        payments: dict[str, float] = {}
        allocation: dict[str, tuple[Good, ...]] = {}
        prices: dict[Good, float] = {}
        for lot, bids in self.stood.items():
            best = next((bid for bid in reversed(bids) if present(self.talk, bid.agent)), None)
            if best is not None and reaches(best.value, options.limit):
                prices[lot] = best.value
                payments[best.agent] = payments.get(best.agent, 0) + best.value
                allocation[best.agent] = (*allocation.get(best.agent, ()), lot)
        reason = None if payments else unsold(self.bids)
        return LotsSale(payments=payments, allocation=allocation, prices=prices, reason=reason)
