"""Bilateral alternating offers: two parties propose in turn until one accepts, walks away, or rounds or time run out.

Rules after Rubinstein (1982) without discounting, and after FIPA's propose and accept-proposal. The initiator opens. A
counter-proposal answers the standing offer, which stands no longer; an offer may carry an expiry, and its maker may
withdraw it while it stands, out of turn. Walking away is a row of its own. A skipped turn passes to the other party and
leaves the standing offer where it is. After max_rounds rounds (each party has had that many turns) the talk ends in
DEADLOCK.

What is awkward: a withdrawal or an expiry may cross an acceptance. The acceptance binds when the offer's owner receives it;
one that comes too late binds nobody, and the turn goes back to who said it.
"""

from __future__ import annotations

from typing import Any, ClassVar

from negotiate_rt.machine import Moves
from negotiate_rt.messages.outcome import AGREED, DEADLOCK, FAILED, TIMEOUT
from negotiate_rt.messages.performatives import Accept, Propose, Walk, Withdraw
from negotiate_rt.protocols.base import NegotiationProtocol
from negotiate_rt.runtime.dialogue import Dialogue

OPENING, ANSWER, COUNTER = "opening", "awaiting_responder", "awaiting_initiator"


def _turn(mine: str, theirs: str, passes_to: str) -> dict[Any, str]:
    """Rows of a turn: the mover proposes, accepts or walks; either may take its standing offer back."""
    here = ANSWER if mine == "responder" else COUNTER
    return {
        (mine, Propose): passes_to,
        (mine, Accept): AGREED,
        (mine, Walk): FAILED,
        (mine, Withdraw): here,
        (theirs, Withdraw): here,
    }


class Bilateral(NegotiationProtocol):
    """Alternating offers over one price, a pie, or many issues."""

    name = "bilateral"
    seats: ClassVar = {"initiator": 1, "responder": 1}
    start = OPENING
    moves: ClassVar[Moves] = {
        OPENING: {("initiator", Propose): ANSWER, ("initiator", Walk): FAILED},
        ANSWER: _turn("responder", "initiator", COUNTER),
        COUNTER: _turn("initiator", "responder", ANSWER),
    }
    skips: ClassVar = {OPENING: ANSWER, ANSWER: COUNTER, COUNTER: ANSWER}
    timeouts: ClassVar = {OPENING: TIMEOUT, ANSWER: TIMEOUT, COUNTER: TIMEOUT}
    exhausted: ClassVar = {COUNTER: DEADLOCK}

    async def initiator(self, talk: Dialogue) -> None:
        """Open, then answer in turn."""
        while True:
            await talk.take_turn()
            await talk.receive()

    async def responder(self, talk: Dialogue) -> None:
        """Answer in turn."""
        while True:
            await talk.receive()
            await talk.take_turn()
