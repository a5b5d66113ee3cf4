"""Dutch auction: the price starts high and falls tick by tick; the first bidder to take it wins, and pays it.

At each tick everybody who is still in is asked at the clock's price: propose takes the lot at this price, reject-proposal
waits for a better one, refuse leaves for good. A strategy's value that reaches the price takes it; any other, and None or
NaN, waits: the price only gets better. It falls by the decrement, and the last tick is the reserve itself; nobody there,
nothing sold. One winner a tick: of several the earliest arrival. In a reverse auction the ask rises to the reserve, and the
first supplier to take it is paid it.

What is awkward: who waits for a better price may lose the lot to another, as who shades a sealed bid may; the outcome in
equilibrium is that of a sealed first-price auction (Vickrey 1961; Krishna, "Auction Theory", section 2.1). A take that
arrives after its tick has closed is answered by reject-proposal (late), and the bidder is asked again at the price of the
day. The clock's own prices bound the ticks: max_rounds, where it is not the default of 100, must suffice for them all, or
the price would never reach the reserve.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.outcome import Bid
from negotiate_rt.messages.performatives import Message, Propose, Reject
from negotiate_rt.problems.auction import DutchOptions
from negotiate_rt.protocols.auctioneering import Sale, unsold, view_of_bid
from negotiate_rt.protocols.base import DUPLICATION
from negotiate_rt.protocols.guard import true_number
from negotiate_rt.protocols.open_auction import (
    ClockAuction,
    OpenAuction,
    call_all,
    judge_tick,
    linger,
    next_answer,
    reopen,
    still_in,
)
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Question
from negotiate_rt.strategies.bidding import as_bid_hook

DEFAULT_ROUNDS = 100  # of a NegotiationConfig: nobody has said how many ticks there may be


def judge_take(talk: Dialogue, decision: Any) -> Message:
    """Turn a value into taking the clock's price, if it reaches it, or waiting, as None and NaN do. Raises InvalidDecision."""
    number = true_number(decision)
    waits = decision is None or (number is not None and math.isnan(number))
    answer = None if waits else judge_tick(talk, decision)
    return talk.machine.clear(Reject(f"not at {talk.seat.context.price:g}"), talk.now) if answer is None else answer


class DutchAuction(ClockAuction):
    """One lot, a falling clock (rising in reverse); the first to take the price wins and pays it."""

    name = "dutch-auction"
    options = DutchOptions
    tolerates: ClassVar = frozenset({DUPLICATION})  # who comes first is part of the rules, and so is the time
    questions: ClassVar = {
        **OpenAuction.questions, "bidder": {None: Question("bid", judge_take, view_of_bid, adapt=as_bid_hook)},
    }  # fmt: skip

    def settings(self, config: NegotiationConfig) -> DutchOptions:
        """Return the options. Raises ConfigurationError if max_rounds ends the auction before the price is the reserve."""
        options: DutchOptions = super().settings(config)
        if options.ticks > config.max_rounds != DEFAULT_ROUNDS:
            raise ConfigurationError(
                f"max_rounds: from {options.starting_price:g} by steps of {options.increment:g} the price needs {options.ticks} "
                f"rounds to reach the reserve {options.reserve_price:g}, and gets {config.max_rounds}: allow more rounds, or "
                "take larger steps"
            )
        return options

    async def auctioneer(self, talk: Bundle) -> None:
        """Let the price fall until somebody takes it."""
        options: DutchOptions = talk.options
        inside = list(talk.ends)
        silent: set[str] = set()
        for tick in range(1, options.ticks + 1):
            silent = reopen(talk, inside, silent)
            taken = await self.run_tick(talk, tick, inside)
            if taken is not None:
                await self.hammer(talk, [taken], Sale(payments={taken.agent: taken.value}, best=taken))
                return
            inside = still_in(talk, inside)
            if not inside:
                break
        reason = unsold([]) if not inside else "below-reserve: nobody took the lot at the reserve"
        await self.hammer(talk, [], Sale(reason=reason))

    async def run_tick(self, talk: Bundle, tick: int, inside: list[str]) -> Bid | None:
        """Ask all who are in at a tick's price; return the first that takes it."""
        options: DutchOptions = talk.options
        following = options.price_at(tick + 1) if tick < options.ticks else None
        call = self.call_at(talk, tick, options.price_at(tick), following, None)
        awaited = await call_all(talk, call, inside)
        while (answer := await next_answer(talk, awaited, call.closes_at)) is not None:
            name, message = answer
            if isinstance(message, Propose) and message.value == call.price:
                return Bid(name, call.price, tick)
        if options.tick is not None and call.closes_at is not None:
            await linger(talk, call.closes_at)
        return None
