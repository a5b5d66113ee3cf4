"""Stacked alternating offers: two or more parties in turn accept the standing offer, make a new one, or walk away.

Rules after Aydoğan, Festen, Hindriks and Jonker (2017). In each round every party has one turn, in seating order. A new
offer discards the standing one and all acceptances of it. The talk ends in agreement as soon as all others have accepted the
standing offer, and in failure when anybody walks away. All that is said is public: a chair, seated by the runtime, passes
offers, acceptances and withdrawals on to everybody. After max_rounds rounds the talk ends in DEADLOCK. Between two
parties this is `bilateral`, with a chair between them.

What is awkward: nobody accepts or repeats an offer of its own; a party whose turn comes while its own offer stands (another's
turn was skipped) makes a new one or walks. A skipped turn is no acceptance, and takes back none. An offer may be taken back
out of turn while it stands; an acceptance that crosses this binds nobody, and the turn goes back to who said it. The
agreement binds when the last acceptance reaches the chair.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from negotiate_rt.machine import Moves
from negotiate_rt.machine.joint import JointMoves
from negotiate_rt.messages.outcome import AGREED, DEADLOCK, FAILED, TIMEOUT, NegotiationOffer
from negotiate_rt.messages.performatives import Accept, Cfp, Inform, Left, Message, Propose, Walk, Withdraw
from negotiate_rt.protocols.base import DELAY, DUPLICATION
from negotiate_rt.protocols.chairing import Chaired, relay
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.dialogue import Dialogue

LISTENING, DECIDING, BARGAINING, AGREEING = "listening", "deciding", "bargaining", "agreeing"
LEFT, SETTLED = "LEFT", "SETTLED"


class Assent(msgspec.Struct, frozen=True, tag="assent"):
    """What everybody hears of an acceptance: who has accepted which offer."""

    agent: str
    offer: str


class StackedAlternatingOffers(Chaired):
    """Alternating offers among two or more parties; all others must accept the standing offer."""

    name = "stacked-alternating-offers"
    contents = (Assent,)
    tolerates: ClassVar = frozenset({DELAY, DUPLICATION})  # a call that overtakes the verdict before it finds nobody ready
    winners = 1
    start = LISTENING
    moves: ClassVar[Moves] = {
        LISTENING: {
            ("chair", Cfp): DECIDING,
            ("chair", Propose): LISTENING,
            ("chair", Inform): LISTENING,
            ("chair", Withdraw): LISTENING,
            ("chair", Accept): SETTLED,
            ("party", Withdraw): LISTENING,
        },
        DECIDING: {
            ("party", Propose): LISTENING,
            ("party", Accept): LISTENING,
            ("party", Walk): LEFT,
            ("party", Withdraw): DECIDING,
            ("chair", Withdraw): DECIDING,
        },
    }
    timeouts: ClassVar = {LISTENING: LEFT, DECIDING: LISTENING}
    skips: ClassVar = {DECIDING: LISTENING}
    joint_start = BARGAINING
    joint: ClassVar[JointMoves] = {
        BARGAINING: {
            Cfp: BARGAINING, Propose: BARGAINING, Inform: BARGAINING, Withdraw: BARGAINING, Accept: AGREEING,
            "left": FAILED, "rounds used up": DEADLOCK,
        },
        AGREEING: {"agreed": AGREED},
    }  # fmt: skip
    joint_timeouts: ClassVar = {BARGAINING: TIMEOUT}

    async def chair(self, talk: Bundle) -> None:
        """Give each party its turn, round by round, until all accept one offer, somebody leaves, or the rounds are used up."""
        floor = Floor()
        rounds = talk.conversation.terms.max_rounds
        for round in range(1, rounds + 1):
            talk.conversation.round = round
            for name in talk.ends:
                while not await self._turn(talk, floor, name):
                    pass
                if talk.conversation.over:
                    return
        talk.conclude("rounds used up", f"max-rounds: no agreement within {rounds} rounds")

    async def _turn(self, talk: Bundle, floor: Floor, name: str) -> bool:
        """Call on one party and follow what it decides; False if its acceptance came too late, so that its turn goes on."""
        await talk.send(Cfp(), name)
        answer = await self._answer(talk, floor, name)
        if isinstance(answer, Propose):
            floor.standing, floor.accepted = talk.conversation.offers[answer.offer], []
            await relay(talk, answer, name)
        elif isinstance(answer, Accept):
            if not floor.stands(answer.offer, talk.now):
                return False
            floor.accepted.append(name)
            await self._assent(talk, floor, Assent(name, answer.offer))
        elif isinstance(answer, Walk):
            talk.conclude("left", f"walked-away: {name}" + (f": {answer.reason}" if answer.reason else ""))
        return True

    async def _answer(self, talk: Bundle, floor: Floor, name: str) -> Message:
        """Wait for one party's decision; pass on what others take back meanwhile, and end the talk if one has gone."""
        while True:
            who, message = await talk.receive()
            if isinstance(message, Withdraw):
                if floor.standing is not None and floor.standing.id == message.offer:
                    floor.standing, floor.accepted = None, []
                    await relay(talk, message, who)
            elif isinstance(message, Left):
                talk.conclude("left", message.reason)
            elif who == name:
                return message

    async def _assent(self, talk: Bundle, floor: Floor, assent: Assent) -> None:
        """Tell everybody of an acceptance; if it was the last that lacked, the owner's offer is taken."""
        standing = floor.standing
        assert standing is not None  # `stands` said so
        await relay(talk, Inform(assent), assent.agent)
        if len(floor.accepted) == len(talk.ends) - 1:
            await talk.send(Accept(standing.id), standing.agent)
            talk.conclude("agreed", accepted=standing)

    async def party(self, talk: Dialogue) -> None:
        """Decide whenever called upon."""
        while True:
            if isinstance(await talk.receive(), Cfp):
                await talk.take_turn()


class Floor:
    """What is before everybody: the standing offer, if there is one, and who has accepted it so far."""

    __slots__ = ("accepted", "standing")

    def __init__(self) -> None:
        self.standing: NegotiationOffer | None = None
        self.accepted: list[str] = []

    def stands(self, offer: str, now: float) -> bool:
        """Whether an offer still stands: not withdrawn, answered or expired."""
        standing = self.standing
        return (
            standing is not None and standing.id == offer and (standing.expires_at is None or now <= standing.expires_at)
        )

    def __repr__(self) -> str:
        return f"<Floor {self.standing}, accepted by {', '.join(self.accepted) or 'nobody'}>"
