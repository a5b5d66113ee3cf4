"""The Nash demand game: all demand at once; demands that fit together are met, and otherwise nobody gets anything.

Rules after Nash (1953). Each party of two or more names, unseen by the others, the share of a pie that it wants. If the
demands sum to no more than the pie, each gets what it demanded; what is left over goes to nobody, or is divided equally.
Otherwise there is no deal. Over a price a seller and a buyer name theirs, and trade if the buyer's is not below the
seller's, at ask + split · (bid - ask) (Chatterjee and Samuelson 1983). A chair, seated by the runtime, collects the demands
and tells everybody all of them afterwards.

What is awkward: every division of the pie is an equilibrium, and so is no deal at all. The game is played once, whatever
max_rounds says, and demands that do not fit end it FAILED (infeasible); with `repeats` they are named anew, round by
round, until they fit, or the rounds are used up (DEADLOCK). Shares that leave something over are no offer that one party
could have made: the deal is in `outcome.result`, and in `accepted_offer` where it is a price.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import msgspec

from negotiate_rt.errors import ConfigurationError, InvalidDecision
from negotiate_rt.machine import Moves
from negotiate_rt.machine.joint import JointMoves
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.outcome import AGREED, DEADLOCK, FAILED, TIMEOUT, NegotiationOffer
from negotiate_rt.messages.performatives import Cfp, Inform, Left, Message, Propose, Walk
from negotiate_rt.problems.bargaining import Pie
from negotiate_rt.problems.scalars import finite
from negotiate_rt.protocols.chairing import Chaired, view_at_table
from negotiate_rt.protocols.guard import judge_bargain
from negotiate_rt.protocols.stakes import settle_stakes
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.conversation import Conversation
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Question, Seat
from negotiate_rt.strategies.deciding import as_hook, concede

LISTENING, DEMANDING, COLLECTING = "listening", "demanding", "collecting"
LEFT, HEARD = "LEFT", "HEARD"
ROUNDING = 1e-12  # of the pie: what demands may exceed it by


class DemandOptions(msgspec.Struct, frozen=True, kw_only=True):
    """remainder: what becomes of what nobody demands, `lost` or `shared` equally. split: where between ask and bid a price
    lies, from 0 (the ask) to 1. repeats: whether demands that do not fit are named anew."""

    remainder: Literal["lost", "shared"] = "lost"
    split: float = 0.5
    repeats: bool = False

    def __post_init__(self) -> None:
        if self.remainder not in ("lost", "shared"):
            raise ConfigurationError(f"options.remainder: expected 'lost' or 'shared', got {self.remainder!r}")
        if not 0 <= finite(self.split, "options.split", ConfigurationError) <= 1:
            raise ConfigurationError(f"options.split: expected a number from 0 to 1, got {self.split!r}")


class Demands(msgspec.Struct, frozen=True, tag="demands"):
    """What everybody hears afterwards: who demanded how much, in seating order."""

    demands: tuple[tuple[str, float], ...]


class DemandResult(msgspec.Struct, frozen=True, kw_only=True):
    """The last demands by agent, and what each gets: shares of the pie, or the one price. `shares` is empty without a deal."""

    demands: Mapping[str, float]
    shares: Mapping[str, float]


def judge_demand(talk: Dialogue, decision: Any) -> Message:
    """Turn a decision into a demand; a bare number is one, and none expires."""
    if isinstance(decision, Propose) and decision.expires_at is not None:
        raise InvalidDecision("a demand is answered at once: it cannot carry expires_at")
    bare = isinstance(decision, (int, float)) and not isinstance(decision, bool)
    return judge_bargain(talk, Propose(decision) if bare else decision)


DEMAND = Question("decide", judge_demand, view_at_table, adapt=as_hook, default=concede)


class NashDemand(Chaired):
    """One simultaneous demand each, met if all fit together."""

    name = "nash-demand"
    options = DemandOptions
    contents = (Demands,)
    start = LISTENING
    rules: ClassVar = {}
    moves: ClassVar[Moves] = {
        LISTENING: {("chair", Cfp): DEMANDING, ("chair", Inform): LISTENING},
        DEMANDING: {("party", Propose): LISTENING, ("party", Walk): LEFT},
    }
    timeouts: ClassVar = {LISTENING: HEARD, DEMANDING: LISTENING}
    skips: ClassVar = {DEMANDING: LISTENING}
    joint_start = COLLECTING
    joint: ClassVar[JointMoves] = {
        COLLECTING: {
            Cfp: COLLECTING, Inform: COLLECTING,
            "they fit": AGREED, "they do not fit": FAILED, "left": FAILED, "rounds used up": DEADLOCK,
        },
    }  # fmt: skip
    joint_timeouts: ClassVar = {COLLECTING: TIMEOUT}
    questions: ClassVar = {"chair": {None: DEMAND}, "party": {None: DEMAND}}

    def settle(self, seats: Sequence[Seat], config: NegotiationConfig, problem: Any) -> Any:
        """Resolve what the parties want. Raises ConfigurationError unless it is a pie, or a price between two who trade."""
        parties = [seat for seat in seats if seat.role == "party"]
        settled = settle_stakes(self.name, parties, config, problem)
        selling = [getattr(seat.preferences, "selling", None) for seat in parties]
        if not isinstance(settled, Pie) and sorted(selling, key=bool) != [False, True]:
            raise ConfigurationError(
                f"{self.name}: demands are shares of a pie, or the prices of one buyer and one seller; got "
                f"{type(settled).__name__} for {', '.join(seat.name for seat in parties)}"
            )
        return settled

    async def chair(self, talk: Bundle) -> None:
        """Collect the demands, see whether they fit, and tell everybody; once, or until they do."""
        options: DemandOptions = talk.options
        rounds = talk.conversation.terms.max_rounds if options.repeats else 1
        for round in range(1, rounds + 1):
            talk.conversation.round = round
            offers = await self._collect(talk)
            if talk.conversation.over:
                return None
            demands = {name: float(offers[name].value) for name in talk.ends if name in offers}
            await talk.send_all(Inform(Demands(tuple(demands.items()))), list(talk.ends))
            shares = self._shares(talk, demands)
            talk.conversation.result = DemandResult(demands=demands, shares=shares)
            if shares:
                return talk.conclude("they fit", accepted=self._price(talk, shares))
        if options.repeats:
            return talk.conclude("rounds used up", f"max-rounds: no agreement within {rounds} rounds")
        silent = [name for name in talk.ends if name not in demands]
        if silent:
            return talk.conclude("they do not fit", f"agent-late: {', '.join(silent)} made no demand")
        told = ", ".join(f"{name} {demand:g}" for name, demand in demands.items())
        return talk.conclude("they do not fit", f"infeasible: the demands do not fit together: {told}")

    async def _collect(self, talk: Bundle) -> dict[str, NegotiationOffer]:
        """Call upon all at once and wait for each to demand or let its turn pass; end the talk if one leaves."""
        await talk.send_all(Cfp(), list(talk.ends))
        offers: dict[str, NegotiationOffer] = {}
        silent = set(talk.ends)
        while silent:
            name, message = await talk.receive()
            silent.discard(name)
            if isinstance(message, Propose):
                offers[name] = talk.conversation.offers[message.offer]
            elif isinstance(message, (Walk, Left)):
                why = f": {message.reason}" if message.reason else ""
                talk.conclude("left", message.reason if isinstance(message, Left) else f"walked-away: {name}{why}")
                break
        return offers

    @staticmethod
    def _shares(talk: Bundle, demands: Mapping[str, float]) -> dict[str, float]:
        """Return what each gets, nothing if the demands do not fit or one is missing."""
        options: DemandOptions = talk.options
        if len(demands) < len(talk.ends):
            return {}
        if isinstance(talk.problem, Pie):
            left = talk.problem.size - sum(demands.values())
            if left < -ROUNDING * talk.problem.size:
                return {}
            more = max(0.0, left) / len(demands) if options.remainder == "shared" else 0.0
            return {name: demand + more for name, demand in demands.items()}
        sells = {name: talk.ends[name].peer.seat.preferences.selling for name in demands}
        bid, ask = (next(demand for name, demand in demands.items() if sells[name] is side) for side in (False, True))
        return {} if bid < ask else dict.fromkeys(demands, ask + options.split * (bid - ask))

    @staticmethod
    def _price(talk: Bundle, shares: Mapping[str, float]) -> NegotiationOffer | None:
        """Return the deal as an offer where it is a price."""
        if isinstance(talk.problem, Pie):
            return None
        conversation = talk.conversation
        conversation.offer_count += 1
        id = f"{conversation.id}/{conversation.offer_count}"
        return NegotiationOffer(id, talk.name, next(iter(shares.values())), conversation.round, talk.now)

    def utilities(self, seats: Sequence[Seat], conversation: Conversation) -> dict[str, float]:
        """Return what each party's share, or the price, is worth to it."""
        worth = super().utilities(seats, conversation)
        result: DemandResult | None = conversation.result
        if conversation.state == AGREED and result is not None:
            for seat in seats:
                if seat.name in worth:
                    worth[seat.name] = float(seat.preferences.utility(result.shares[seat.name], True))
        return worth

    async def party(self, talk: Dialogue) -> None:
        """Demand when called upon."""
        while True:
            if isinstance(await talk.receive(), Cfp):
                await talk.take_turn()
