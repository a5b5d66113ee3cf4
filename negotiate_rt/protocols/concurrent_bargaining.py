"""Concurrent bargaining: one buyer haggles with many sellers at once and takes the best deal it can get.

Rules after Nguyen and Jennings (2005), with commitments as in Sandholm and Lesser (2001). In each round the buyer turns to
every seller it still talks with, best standing offer first: it proposes, accepts, or breaks that talk off. Then the sellers
answer, all at once: each proposes, accepts or walks away. What the buyer proposes to many cannot bind it to all of them:
a seller's acceptance gives it the choice until the end of the round; it confirms the best and rejects the others.

Without a penalty the first commitment is the deal. With one, the buyer may go on with the other sellers until max_rounds,
and break a commitment by paying the penalty to that seller (in units of utility, the same for both) for a better one: then
no further offer or acceptance of its own is legal for it unless it is worth the present commitment and the penalty
together. The commitment that it holds at the end is the deal. No commitment at the end: DEADLOCK, or FAILED when no seller
is left (walked-away).

What is awkward: roles are called buyer and seller after the usual case, over one price; an agent that sells may as well be
the one that talks with many buyers, and all may bargain over many issues. Who buys, or else the first agent, talks with all the
others. A seller that is slow holds the round up until its own turn_timeout. A commitment to a seller that has gone, or whose
offer had expired when the acceptance came, is none: the buyer goes on, and nobody pays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.machine import Moves
from negotiate_rt.machine.joint import JointMoves
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.outcome import AGREED, DEADLOCK, FAILED, NegotiationOffer
from negotiate_rt.messages.performatives import Accept, Agree, Cancel, Confirm, Left, Propose, Reject, Skip, Walk
from negotiate_rt.problems.preferences import Preferences
from negotiate_rt.problems.scalars import finite
from negotiate_rt.protocols.base import NegotiationProtocol
from negotiate_rt.protocols.waning import SLACK, WaningPreferences
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.conversation import Conversation
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Seat

BUYERS_TURN, SELLERS_TURN, CHOOSING, COMMITTED = "buyers_turn", "sellers_turn", "choosing", "committed"
NOT_CHOSEN, LEFT, SETTLED, DECOMMITTED, CLOSED = "NOT_CHOSEN", "LEFT", "SETTLED", "DECOMMITTED", "CLOSED"
HAGGLING, HOLDING, CLOSING = "haggling", "holding", "closing"


class CommitmentOptions(msgspec.Struct, frozen=True, kw_only=True):
    """penalty: what breaking a commitment costs the buyer and gives the seller, in units of utility, at least 0 (none: a
    commitment cannot be broken, and the first is the deal)."""

    penalty: float | None = None

    def __post_init__(self) -> None:
        if self.penalty is not None and finite(self.penalty, "options.penalty", ConfigurationError) < 0:
            raise ConfigurationError(f"options.penalty: expected a number of at least 0, got {self.penalty!r}")


class Commitment(msgspec.Struct, frozen=True):
    """The buyer's commitment to one seller: to whom, at which offer, in which round."""

    seller: str
    offer: str
    round: int


class ConcurrentResult(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the buyer deals with at last (empty: nobody), all its commitments in order, and the penalties it paid, by seller."""

    seller: str
    commitments: tuple[Commitment, ...]
    penalties: Mapping[str, float]


class CommittedPreferences(WaningPreferences):
    """The buyer's preferences while it may be committed: a deal must be worth at least `floor`, the commitment and penalty."""

    __slots__ = ("floor",)

    def __init__(self, base: Preferences) -> None:
        super().__init__(base)
        self.reservation_value = base.reservation_value  # exactly: nothing is multiplied here
        self.floor = base.reservation_value

    def commit(self, worth: float, penalty: float) -> None:
        """Go no lower than this commitment and what breaking it costs."""
        self.floor = worth + penalty
        self.reservation_value = self.floor - SLACK * max(1.0, abs(self.floor))

    def free(self) -> None:
        """Go as low as without a commitment."""
        self.floor = self.reservation_value = self.base.reservation_value

    def worth(self, utility: float, mine: bool) -> float:
        """Return the utility itself: commitments change what is enough, not what a deal is worth."""
        return utility

    def needed(self, worth: float) -> float:
        """Return the utility that a deal must have."""
        return max(worth, self.floor)

    def offer(self, target: float) -> Any:
        """Return the offer to make for a target, no lower than the floor; InvalidOffer if nothing is worth that."""
        value = self.base.offer(target)
        if self.base.utility(value, True) >= self.reservation_value or not self.known:
            return value
        return super().offer(self.limit)

    def __reduce__(self) -> tuple[Any, ...]:
        return copied, (self.base, self.floor)


def copied(base: Preferences, floor: float) -> CommittedPreferences:
    """Return preferences with this floor."""
    copy = CommittedPreferences(base)
    copy.commit(floor, 0.0)
    return copy


class ConcurrentBargaining(NegotiationProtocol):
    """One buyer, many sellers, all talks at once; commitments that may be broken for a penalty."""

    name = "concurrent-bargaining"
    seats: ClassVar = {"buyer": 1, "seller": (1, None)}
    convener = "buyer"
    options = CommitmentOptions
    winners = None  # two while one commitment is broken for another
    start = BUYERS_TURN
    moves: ClassVar[Moves] = {
        BUYERS_TURN: {
            ("buyer", Propose): SELLERS_TURN,
            ("buyer", Accept): COMMITTED,
            ("buyer", Reject): NOT_CHOSEN,
        },
        SELLERS_TURN: {
            ("seller", Propose): BUYERS_TURN,
            ("seller", Accept): CHOOSING,
            ("seller", Walk): LEFT,
        },
        CHOOSING: {("buyer", Confirm): COMMITTED, ("buyer", Reject): NOT_CHOSEN},
        COMMITTED: {("buyer", Agree): SETTLED, ("buyer", Cancel): DECOMMITTED},
    }
    timeouts: ClassVar = dict.fromkeys((BUYERS_TURN, SELLERS_TURN, CHOOSING, COMMITTED), CLOSED)
    skips: ClassVar = {BUYERS_TURN: SELLERS_TURN, SELLERS_TURN: BUYERS_TURN}
    joint_start = HAGGLING
    joint: ClassVar[JointMoves] = {
        HAGGLING: {
            Propose: HAGGLING, Reject: HAGGLING, Accept: HOLDING, Confirm: HOLDING,
            "nobody left": FAILED, "rounds used up": DEADLOCK,
        },
        HOLDING: {**dict.fromkeys((Propose, Accept, Reject, Confirm, Cancel), HOLDING), Agree: CLOSING, "released": HAGGLING},
        CLOSING: {"deal": AGREED},
    }  # fmt: skip
    joint_timeouts: ClassVar = {HAGGLING: FAILED, HOLDING: FAILED}
    joint_guards: ClassVar = {"released": (COMMITTED,)}

    def assign(self, agents: Sequence[Any]) -> list[tuple[str, Any]]:
        """Seat who buys opposite all others; if nobody says so, the first agent. Raises ConfigurationError."""
        pairs = super().assign(agents)
        if all(role != "buyer" for role, _ in pairs):
            pairs[0] = ("buyer", pairs[0][1])
            self._check_counts({"buyer": 1, "seller": len(pairs) - 1}, [agent.name for agent in agents])
        return pairs

    def _role_of(self, agent: Any) -> str:
        return super()._role_of(agent) or {"buy": "buyer", "sell": "seller"}.get(getattr(agent, "side", ""), "")

    def settle(self, seats: Sequence[Seat], config: NegotiationConfig, problem: Any) -> Any:
        """Resolve what the parties want; the buyer's preferences follow its commitments."""
        settled = super().settle(seats, config, problem)
        for seat in seats:
            if seat.role == "buyer":
                seat.preferences = CommittedPreferences(seat.preferences)
        return settled

    # -- the buyer --------------------------------------------------------------------------------------------------------

    async def buyer(self, talk: Bundle) -> None:
        """Turn to each seller, then hear them all, round by round; hold the best commitment."""
        course = Course(talk)
        rounds = talk.conversation.terms.max_rounds
        for round in range(1, rounds + 1):
            talk.conversation.round = round
            for name in course.best_first(talk.waiting(BUYERS_TURN)):
                await self._turn(course, name)
            await self._hear_all(course)
            await self._choose(course)
            if course.bound or not talk.waiting(BUYERS_TURN):
                break
        await self._conclude(course, rounds)

    async def _turn(self, course: Course, name: str) -> None:
        """Ask the buyer about one seller and say what it decides."""
        talk = course.talk
        if course.bound:
            await talk.send(Reject("dealt with another"), name)
            return
        end = talk.ends[name]
        message = await end.ask()
        if isinstance(message, Skip):
            await end.send(message)
            return
        standing = end.standing
        await talk.send(message, name)
        if isinstance(message, Accept) and standing is not None:
            await self._commit(course, name, standing)

    async def _hear_all(self, course: Course) -> None:
        """Wait until every seller whose turn it is has answered, let its turn pass, or left."""
        talk = course.talk
        silent = set(talk.waiting(SELLERS_TURN))
        while silent:
            name, message = await talk.receive()
            silent.discard(name)
            if isinstance(message, (Left, Walk)):
                course.gone.append(message.reason if isinstance(message, Left) else f"walked-away: {name}")
                if isinstance(message, Left):
                    talk.lapse(name)
                    self._release(course, name)

    @staticmethod
    def _release(course: Course, name: str) -> None:
        """A commitment has come to nothing: its seller has gone, or the acceptance came too late to bind it."""
        if course.held is not None and course.held.seller == name:
            course.let_go()
            course.talk.advance("released")

    async def _choose(self, course: Course) -> None:
        """Confirm the best of the acceptances that have come in, if it is better than the commitment; reject the others."""
        talk = course.talk
        for name in course.best_first(talk.waiting(CHOOSING), taken=True):
            offer = talk.ends[name].machine.board.own
            if not course.bound and offer is not None and course.worth(offer) >= course.preferences.floor:
                await talk.send(Confirm(), name)
                await self._commit(course, name, offer)
            else:
                await talk.send(Reject("a better deal elsewhere"), name)

    async def _commit(self, course: Course, name: str, offer: NegotiationOffer) -> None:
        """Take a commitment on, and break the one before."""
        before = course.held
        course.hold(name, offer)
        if before is not None:
            course.penalties[before.seller] = course.penalty or 0.0
            await course.talk.send(Cancel("a better deal, for the penalty"), before.seller)

    async def _conclude(self, course: Course, rounds: int) -> None:
        talk, held = course.talk, course.held
        talk.conversation.result = ConcurrentResult(
            seller=held.seller if held is not None else "", commitments=tuple(course.commitments), penalties=course.penalties
        )
        if held is not None:
            for name in talk.waiting(BUYERS_TURN, CHOOSING):
                await talk.send(Reject("dealt with another"), name)
            await talk.send(Agree(), held.seller)
            talk.conclude("deal", accepted=talk.conversation.offers[held.offer])
        elif talk.waiting(BUYERS_TURN):
            talk.conclude("rounds used up", f"max-rounds: no agreement within {rounds} rounds")
        else:
            talk.conclude("nobody left", course.gone[-1] if course.gone else f"walked-away: {talk.name} broke off every talk")

    # -- a seller ---------------------------------------------------------------------------------------------------------

    async def seller(self, talk: Dialogue) -> None:
        """Answer whenever the buyer has had its turn; hear what becomes of it."""
        while True:
            if isinstance(await talk.receive(), (Propose, Skip)):
                await talk.take_turn()

    # -- endings ----------------------------------------------------------------------------------------------------------

    def utilities(self, seats: Sequence[Seat], conversation: Conversation) -> dict[str, float]:
        """Return what the deal is worth to both sides of it, and what penalties make of the rest."""
        worth = super().utilities(seats, conversation)
        result: ConcurrentResult | None = conversation.result
        for seat in seats:
            if seat.name not in worth or result is None:
                continue
            if seat.role == "buyer":
                worth[seat.name] -= sum(result.penalties.values())
            elif seat.name != result.seller:
                worth[seat.name] = seat.preferences.disagreement + result.penalties.get(seat.name, 0.0)
        return worth


class Course:
    """How it stands: the buyer's commitments and penalties so far, and who has gone, with the reason."""

    __slots__ = ("commitments", "gone", "held", "penalties", "penalty", "preferences", "talk")

    def __init__(self, talk: Bundle) -> None:
        self.talk = talk
        self.preferences: CommittedPreferences = talk.seat.preferences
        self.penalty: float | None = talk.options.penalty
        self.held: Commitment | None = None
        self.commitments: list[Commitment] = []
        self.penalties: dict[str, float] = {}
        self.gone: list[str] = []

    @property
    def bound(self) -> bool:
        """Whether a commitment is held that cannot be broken."""
        return self.held is not None and self.penalty is None

    def worth(self, offer: NegotiationOffer) -> float:
        """Return what an offer is worth to the buyer."""
        return float(self.preferences.utility(offer.value, offer.agent == self.talk.name))

    def best_first(self, names: Sequence[str], taken: bool = False) -> list[str]:
        """Return sellers by the worth of their standing offer (of the buyer's own, if they have taken it), then as seated."""

        def worth(name: str) -> float:
            board = self.talk.ends[name].machine.board
            offer = board.own if taken else board.standing
            return float("inf") if offer is None else -self.worth(offer)

        return sorted(names, key=worth)

    def hold(self, seller: str, offer: NegotiationOffer) -> None:
        """Take down a new commitment; from now on a deal must be worth it and the penalty."""
        self.held = Commitment(seller, offer.id, self.talk.conversation.round)
        self.commitments.append(self.held)
        self.preferences.commit(self.worth(offer), self.penalty or 0.0)

    def let_go(self) -> None:
        """The commitment is none any more, and nobody owes anything for it."""
        self.held = None
        self.preferences.free()
