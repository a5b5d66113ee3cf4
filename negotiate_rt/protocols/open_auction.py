"""What all open auctions share: one dialogue table, asking round by round, and the hammer that everybody hears.

A bidder waits for a call, answers it, and waits again. `propose` bids, `reject-proposal` lets this call pass and stays in,
`refuse` leaves the bidding for good, and still hears how it ends. Whoever is silent until the round closes passes it.

What is awkward: an answer may cross the close of its round. Its dialogue has lapsed by then, so it is not called again
before its answer has come, or a whole round has passed without (a message is lost: a fresh dialogue is opened); a bid that
comes late is answered by reject-proposal (late). Whoever has a call open when the hammer falls hears that it is cancelled,
the others who won and at which price. A bidder that left the bidding may still win, if all who bid more have crashed: its
last standing bid binds it until the hammer falls.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, ClassVar

from negotiate_rt.machine import Moves
from negotiate_rt.machine.joint import JointMoves
from negotiate_rt.messages.outcome import AGREED, FAILED, Bid, NegotiationOffer
from negotiate_rt.messages.performatives import (
    Accept,
    Cancel,
    Cfp,
    Inform,
    InformResult,
    Lapse,
    Left,
    Message,
    NotUnderstood,
    Propose,
    Refuse,
    Reject,
    Skip,
    Walk,
)
from negotiate_rt.problems.auction import AuctionClosed, AuctionOptions, ClockCall, reaches
from negotiate_rt.protocols.auctioneering import AWAITING_PRICE, LOST, OUT, WON, AuctionProtocol, Sale, price_in
from negotiate_rt.protocols.base import finite_or_none
from negotiate_rt.protocols.calling import LAPSED, LATE, reject_late
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.dialogue import Dialogue

WAITING, BIDDING, WATCHING = "waiting", "bidding", "watching"
OPEN, CLOSED, SELLING = "open", "closed", "selling"
IN = (WAITING, BIDDING, LAPSED, LATE)


class OpenAuction(AuctionProtocol):
    """Root of the auctions in which bidders are called round by round and hear what stands."""

    start = WAITING
    winners: ClassVar[int | None] = None  # as many as there are lots
    moves: ClassVar[Moves] = {
        WAITING: {
            ("auctioneer", Cfp): BIDDING,
            ("auctioneer", Inform): WAITING,
            ("auctioneer", Reject): WAITING,
            ("auctioneer", Accept): AWAITING_PRICE,
            ("auctioneer", InformResult): LOST,
            ("auctioneer", Cancel): LOST,
        },
        BIDDING: {
            ("bidder", Propose): WAITING,
            ("bidder", Reject): WAITING,
            ("bidder", Refuse): WATCHING,
            ("bidder", NotUnderstood): OUT,
            ("auctioneer", Cancel): LOST,
        },
        LAPSED: {
            ("bidder", Propose): LATE,
            ("bidder", Reject): WAITING,
            ("bidder", Refuse): WATCHING,
            ("bidder", NotUnderstood): OUT,
            ("auctioneer", Cancel): LOST,
        },
        LATE: {("auctioneer", Reject): WAITING, ("auctioneer", Cancel): LOST},
        WATCHING: {
            ("auctioneer", Accept): AWAITING_PRICE,
            ("auctioneer", InformResult): LOST,
            ("auctioneer", Cancel): LOST,
        },
        AWAITING_PRICE: {("auctioneer", Inform): WON},
    }
    timeouts: ClassVar = {
        WAITING: OUT, BIDDING: LAPSED, LAPSED: OUT, LATE: OUT, WATCHING: OUT, AWAITING_PRICE: WON,
    }  # fmt: skip
    skips: ClassVar = {BIDDING: WAITING, LAPSED: WAITING}
    joint_start = OPEN
    joint: ClassVar[JointMoves] = {
        OPEN: {Cfp: OPEN, Inform: OPEN, Reject: OPEN, "closed": CLOSED},
        CLOSED: {InformResult: CLOSED, Cancel: CLOSED, Accept: SELLING, "unsold": FAILED},
        SELLING: {Accept: SELLING, Inform: SELLING, "sold": AGREED},
    }
    joint_timeouts: ClassVar = {OPEN: CLOSED, CLOSED: FAILED}

    async def hammer(self, talk: Bundle, bids: list[Bid], sale: Sale, closed: Any = None) -> None:
        """Tell everybody how it ends, and end it. closed: what those hear who win nothing (None: who has the lot)."""
        talk.advance("closed")
        best = sale.best
        if closed is None:
            closed = AuctionClosed() if best is None else AuctionClosed(bidder=best.agent, price=sale.payments[best.agent])
        heard = InformResult(closed), Cancel("the auction is over")
        for name, end in talk.ends.items():
            state = end.machine.state
            if name not in sale.payments and not state.final:
                await talk.send(heard[state.name not in (WAITING, WATCHING)], name)
        accepted = None if best is None else offer_of(talk, best)
        await self.tell_winners(talk, sale)
        self.conclude(talk, bids, sale, accepted)

    async def bidder(self, talk: Dialogue) -> None:
        """Answer each call; hear the end."""
        state = talk.machine
        why = ""
        while not state.state.final:
            message = await talk.receive(Reject)
            if isinstance(message, Reject):
                why = message.reason
            elif isinstance(message, Cfp):
                call = talk.seat.context = message.content
                closes_at = math.inf if call.closes_at is None else call.closes_at
                if talk.now > closes_at:  # the network's fault, not the agent's
                    await talk.send(Skip("the call came after its round had closed"))
                    continue
                talk.repair, why = why, ""
                answer = await talk.ask(None, call, deadline=closes_at)
                talk.repair = ""
                await talk.send(answer)


def offer_of(talk: Bundle, best: Bid) -> NegotiationOffer | None:
    """Return the offer that a bid was made by: its bidder's last, unless that came after and was refused."""
    offers = reversed(talk.conversation.offers.values())
    return next((one for one in offers if one.agent == best.agent and one.value == best.value), None)


class OneLotOpenAuction(OpenAuction):
    """Root of the open auctions of one lot: once one bidder has been told that it has won, no other can be."""

    winners = 1
    joint: ClassVar[JointMoves] = {**OpenAuction.joint, SELLING: {Inform: SELLING, "sold": AGREED}}


class ClockAuction(OneLotOpenAuction):
    """Root of the auctions in which the price moves by itself, and a bidder says no more than yes or no to it."""

    def call_at(self, talk: Bundle, tick: int, price: float, following: float | None, bidding: int | None) -> ClockCall:
        """Return the call of a tick, which opens now."""
        talk.conversation.round = tick
        options: AuctionOptions = talk.options
        closes_at = talk.now + options.wait_for(talk.deadline - talk.now)
        return ClockCall(
            lot=talk.problem, price=price, following=following, round=tick, closes_at=finite_or_none(closes_at),
            direction=options.direction, bidding=bidding,
        )  # fmt: skip


def judge_tick(talk: Dialogue, decision: Any) -> Message | None:
    """Return the answer to a clock's price: a value that reaches it takes the price itself, None or NaN leaves (Refuse).
    None for a value that does not reach it. Raises InvalidDecision.
    """
    call: ClockCall = talk.seat.context
    value = price_in(talk, leaving(decision))
    if isinstance(value, Message):
        return value
    return talk.offer(call.price) if reaches(value, call.price, call.direction == "reverse") else None


def leaving(decision: Any) -> Any:  # whatever the agent decided
    """Return the decision, a Walk as the Refuse that leaves the bidding, not as the Reject that lets a call pass."""
    return Refuse(decision.reason) if isinstance(decision, Walk) else decision


async def call_all(talk: Bundle, call: Any, names: list[str]) -> dict[str, None]:
    """Call those of the names that wait for a call; return them, in order. Cost: O(names)."""
    awaited = {name: None for name in names if talk.state(name) == WAITING}
    await talk.send_all(Cfp(call), list(awaited), call.closes_at)
    return awaited


async def next_answer(talk: Bundle, awaited: dict[str, None], closes_at: float | None) -> tuple[str, Message] | None:
    """Return the next answer of those awaited, and take its sender off the list; None once nobody is awaited, or at the
    close, when the dialogues of the silent lapse. Whatever else comes is dealt with on the way.
    """
    while awaited:
        name, message = await talk.receive(deadline=math.inf if closes_at is None else closes_at)
        if isinstance(message, Lapse):
            for silent in awaited:
                talk.lapse(silent)
            awaited.clear()
            await linger(talk, talk.now)  # what comes at the very instant of the close
            return None
        await note(talk, name, message)
        if name in awaited:
            del awaited[name]
            return name, message
    return None


def reopen(talk: Bundle, names: Iterable[str], silent: set[str]) -> set[str]:
    """Open a fresh dialogue with those of `silent`, who had lapsed when the last round began, that have not been heard of
    since: a message of theirs or to them is lost. Return who of the names has lapsed now. Cost: O(names).
    """
    lapsed = {name for name in names if talk.state(name) == LAPSED}
    for name in [one for one in names if one in silent and one in lapsed]:
        talk.lapse(name)
        talk.call_again(name)
        lapsed.discard(name)
    return lapsed


async def linger(talk: Bundle, until: float) -> None:
    """Wait until a time on the society's clock, and deal with what comes meanwhile."""
    while True:
        name, message = await talk.receive(deadline=until)
        if isinstance(message, Lapse):
            return
        await note(talk, name, message)


async def note(talk: Bundle, name: str, message: Message) -> None:
    """Deal with what is no answer to the call at hand: a late bid is refused, whoever has gone is out."""
    if isinstance(message, Propose):
        await reject_late(talk, name)
    elif isinstance(message, Left) and talk.state(name) == LAPSED:
        talk.lapse(name)


def still_in(talk: Bundle, names: Iterable[str]) -> list[str]:
    """Return those of the names that have neither left the bidding nor gone. Cost: O(names)."""
    ends = talk.ends
    return [name for name in names if ends[name].machine.state.name in IN]


def present(talk: Bundle, name: str) -> bool:
    """Whether a bidder is still there to be sold to: it waits for a call, or watches, and has made a bid."""
    machine = talk.ends[name].machine
    return machine.board.standing is not None and machine.state.name in (WAITING, WATCHING)
