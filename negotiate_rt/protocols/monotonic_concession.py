"""Monotonic concession: each party opens with its best offer and then gives way or stands still, never the other way.

Rules after Rosenschein and Zlotkin (1994, chapter 4), for two parties, and Endriss (2006) for more. In each round every party
makes an offer, or repeats its own. A chair, seated by the runtime, collects them. In the simultaneous variant no party
hears another's offer of the round before all have committed theirs; in the alternating one they speak in seating order. An
offer must concede: utilities are private, so the maker's side checks that its own does not rise, and each hearer's that its
own does not fall, as a whole and not issue by issue. Then comes agreement: an offer that is worth at least as much to
every other party as that party's own is the deal. Then standing still: once nobody has made anybody better off in a
round, the talk ends in DEADLOCK, as it does after max_rounds rounds.

With more than two parties `criterion` says what a concession is (Endriss 2006): `pareto` falls for no other party (the rule
above), `strong` rises for all others, `weak` for at least one, `egocentric` lowers the maker's own utility, and
`utilitarian`, `egalitarian` and `nash` raise the others' sum, minimum or product, which the chair is told in confidence.
Standing still is always allowed, and a maker's own utility never rises.

What is awkward: an offer that a hearer refuses as no concession is a fault of its maker, who cannot have known; it counts as
standing still, and the offer before stays the reference. When several offers are acceptable at once, one deal is fixed
for all: drawn from the chair's seeded stream, or the first in seating order (`tie`). A skipped turn stands still.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import msgspec

from negotiate_rt.errors import ConfigurationError, InvalidDecision
from negotiate_rt.machine import Board, Moves, Refusal, inside_outcome_space
from negotiate_rt.machine.joint import JointMoves
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.outcome import AGREED, DEADLOCK, FAILED, TIMEOUT, NegotiationOffer
from negotiate_rt.messages.performatives import Accept, Cfp, Inform, Left, Message, Propose, QueryIf, Reject, Walk
from negotiate_rt.protocols.base import DELAY, DUPLICATION
from negotiate_rt.protocols.chairing import Chaired, Rules, relay, relays_an_offer, view_at_table
from negotiate_rt.protocols.guard import judge_bargain
from negotiate_rt.protocols.waning import DiscountedPreferences
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Question, Seat
from negotiate_rt.strategies.deciding import as_hook, concede

LISTENING, DECIDING, JUDGING = "listening", "deciding", "judging"
CONCEDING, AGREEING = "conceding", "agreeing"
LEFT, SETTLED = "LEFT", "SETTLED"
SAME = 1e-12  # of a utility: what counts as no difference
Criterion = Literal["pareto", "strong", "weak", "egocentric", "utilitarian", "egalitarian", "nash"]
TOLD: Mapping[str, Any] = {"utilitarian": math.fsum, "egalitarian": min, "nash": math.prod}  # Any: all take numbers


class ConcessionOptions(msgspec.Struct, frozen=True, kw_only=True):
    """order: who speaks when in a round, `simultaneous` or `alternating`. tie: which of several acceptable offers is the deal,
    `draw` (seeded) or `first` (in seating order). criterion: what a concession is among many, see above."""

    order: Literal["simultaneous", "alternating"] = "simultaneous"
    tie: Literal["draw", "first"] = "draw"
    criterion: Criterion = "pareto"

    def __post_init__(self) -> None:
        for field in msgspec.structs.fields(self):
            legal = field.type.__args__
            if getattr(self, field.name) not in legal:
                raise ConfigurationError(
                    f"options.{field.name}: expected one of {', '.join(legal)}, got {getattr(self, field.name)!r}"
                )


class Judgement(msgspec.Struct, frozen=True, kw_only=True, tag="judgement"):
    """What one side finds of the offers of a round, by id: which rise and which fall for it against their makers' former ones
    (its own among them), and which are worth at least as much to it as its own. `worth`: (id, before, now), if asked for.
    """

    rises: tuple[str, ...] = ()
    falls: tuple[str, ...] = ()
    acceptable: tuple[str, ...] = ()
    worth: tuple[tuple[str, float, float], ...] = ()


# -- one side of the table -----------------------------------------------------------------------------------------------


class ConcessionBoard(Board):
    """A party's own board: it knows the party's preferences, and each party's last offer that was not refused."""

    __slots__ = ("before", "fresh", "least", "preferences", "theirs")

    def __init__(self, board: Board, seat: Seat) -> None:
        super().__init__(board.agent, board.peer, board.offers, board.check)
        self.preferences = seat.preferences
        self.least: float = seat.preferences.reservation_value if seat.guard else -math.inf
        self.before: NegotiationOffer | None = None  # our own offer before the last
        self.theirs: dict[str, NegotiationOffer] = {}
        self.fresh: dict[str, NegotiationOffer] = {}

    def note(self, message: Message, mine: bool) -> None:
        """Take down an offer. Whether another's becomes its new reference is not known yet."""
        assert isinstance(message, Propose)  # nothing is withdrawn here
        if mine:
            self.before = self.own_last
        else:
            offer = self.offers[message.offer]
            if offer.agent in self.fresh:
                self.theirs[offer.agent] = self.fresh[offer.agent]
            self.fresh[offer.agent] = offer
        super().note(message, mine)

    def refuse(self, id: str) -> None:
        """Forget an offer that was refused as no concession: what was before it stays the reference."""
        maker = self.offers[id].agent
        if maker == self.agent:
            self.own = self.own_last = self.before
        else:
            self.fresh.pop(maker, None)
            if self.standing is not None and self.standing.id == id:
                self.standing = self.theirs.get(maker)

    def worth(self, offer: NegotiationOffer) -> float:
        """Return what an offer is worth to us."""
        return float(self.preferences.utility(offer.value, offer.agent == self.agent))

    def judge(self, ids: Sequence[str], told: bool) -> Judgement:
        """Return how we find the new offers in `ids`, and which of all that stand are worth at least as much as our own."""
        changes = [(id, *self._change(self.offers[id])) for id in ids]
        current = {**self.theirs, **self.fresh}
        own = None if self.own_last is None else self.worth(self.own_last)
        return Judgement(
            rises=tuple(id for id, before, now in changes if differs(before, now) and now > before),
            falls=tuple(id for id, before, now in changes if differs(before, now) and now < before),
            acceptable=tuple(
                one.id for one in current.values()
                if own is not None and (worth := self.worth(one)) >= self.least and (worth >= own or not differs(own, worth))
            ),
            worth=tuple(changes) if told else (),
        )  # fmt: skip

    def _change(self, offer: NegotiationOffer) -> tuple[float, float]:
        """Return what an offer's predecessor is worth to us (itself, if it has none), and what it is."""
        mine = offer.agent == self.agent
        before = self.before if mine else self.theirs.get(offer.agent)
        now = self.worth(offer)
        return (now if before is None else self.worth(before)), now


def differs(one: float, other: float) -> bool:
    """Whether two utilities differ by more than rounding."""
    return abs(one - other) > SAME * max(1.0, abs(one), abs(other))


def opens_with_its_best(message: Message, board: Board, mine: bool, now: float) -> Refusal | None:
    """The first offer is the best for oneself, or what the agent declared to open with. Only its own side can tell."""
    assert isinstance(message, Propose)
    if not (mine and isinstance(board, ConcessionBoard) and board.own_last is None):
        return None
    wants = board.preferences
    if math.isnan(wants.opening):
        return None
    best, worth = wants.utility(wants.offer(wants.opening), True), wants.utility(message.value, True)
    if worth < best and differs(best, worth):
        return Refusal(f"each opens with its best offer: {message.value!r} is worth {worth:g} to its maker, the best {best:g}")
    return None


def does_not_rise(message: Message, board: Board, mine: bool, now: float) -> Refusal | None:
    """An offer is worth no more to its maker than its last one. Only the maker's own side can tell."""
    assert isinstance(message, Propose)
    if not (mine and isinstance(board, ConcessionBoard) and board.own_last is not None):
        return None
    worth, before = board.preferences.utility(message.value, True), board.worth(board.own_last)
    if worth > before and differs(before, worth):
        return Refusal(
            f"no concession: {message.value!r} is worth {worth:g} to its maker, its last offer was worth {before:g}"
        )
    return None


def names_an_offer_of_its_maker(message: Message, board: Board, mine: bool, now: float) -> Refusal | None:
    """The chair takes an offer in the dialogue with the party that made it."""
    assert isinstance(message, Accept)
    offer = board.offers.get(message.offer)
    maker = board.peer if mine else board.agent
    return None if offer is not None and offer.agent == maker else Refusal(f"{message.offer!r} is no offer of {maker}'s")


def judge_concession(talk: Dialogue, decision: Any) -> Message:
    """Turn a decision into a message, as elsewhere; an offer here stands until its maker makes another, so it cannot expire."""
    if isinstance(decision, Propose) and decision.expires_at is not None:
        raise InvalidDecision("an offer stands here until its maker makes another: it cannot carry expires_at")
    return judge_bargain(talk, decision)


CONCESSION = Question("decide", judge_concession, view_at_table, adapt=as_hook, default=concede)


class MonotonicConcession(Chaired):
    """Offers that only ever give way, made at once or in turn, by two parties or more."""

    name = "monotonic-concession"
    options = ConcessionOptions
    tolerates: ClassVar = frozenset({DELAY, DUPLICATION})  # a call that overtakes the verdict before it finds nobody ready
    contents = (Judgement,)
    winners = 1
    start = LISTENING
    rules: ClassVar[Rules] = {
        ("party", Propose): (inside_outcome_space, opens_with_its_best, does_not_rise),
        ("chair", Propose): (relays_an_offer,),
        ("chair", Accept): (names_an_offer_of_its_maker,),
    }
    moves: ClassVar[Moves] = {
        LISTENING: {
            ("chair", Cfp): DECIDING,
            ("chair", Propose): LISTENING,
            ("chair", QueryIf): JUDGING,
            ("chair", Reject): LISTENING,
            ("chair", Accept): SETTLED,
        },
        DECIDING: {("party", Propose): LISTENING, ("party", Walk): LEFT},
        JUDGING: {("party", Inform): LISTENING},
    }
    timeouts: ClassVar = {LISTENING: LEFT, DECIDING: LISTENING, JUDGING: LEFT}
    skips: ClassVar = {DECIDING: LISTENING}
    joint_start = CONCEDING
    joint: ClassVar[JointMoves] = {
        CONCEDING: {
            Cfp: CONCEDING, Propose: CONCEDING, QueryIf: CONCEDING, Reject: CONCEDING, Accept: AGREEING,
            "left": FAILED, "all stood still": DEADLOCK, "rounds used up": DEADLOCK,
        },
        AGREEING: {"agreed": AGREED},
    }  # fmt: skip
    joint_timeouts: ClassVar = {CONCEDING: TIMEOUT}
    questions: ClassVar = {"chair": {None: CONCESSION}, "party": {None: CONCESSION}}

    def settle(self, seats: Sequence[Seat], config: NegotiationConfig, problem: Any) -> Any:
        """Resolve what the parties want. Raises ConfigurationError for one that cannot tell what an offer is worth to it."""
        settled = super().settle(seats, config, problem)
        for seat in seats:
            if seat.role != "party":
                continue
            if not seat.preferences.known:
                raise ConfigurationError(
                    f"agent {seat.name!r}: {self.name} judges offers by utilities: bring one, or a limit price"
                )
            if isinstance(seat.preferences, DiscountedPreferences):
                seat.preferences.take_at_once()
        return settled

    async def chair(self, talk: Bundle) -> None:
        """Collect offers round by round, until one is acceptable to all, all stand still, or the rounds are used up."""
        options: ConcessionOptions = talk.options
        everybody = list(talk.ends)
        groups = [everybody] if options.order == "simultaneous" else [[name] for name in everybody]
        rounds = talk.conversation.terms.max_rounds
        current: dict[str, NegotiationOffer] = {}
        for round in range(1, rounds + 1):
            talk.conversation.round = round
            moved = False
            for group in groups:
                moved |= await self._move(talk, current, group)
                if talk.conversation.over:
                    return
            if not moved:
                return talk.conclude("all stood still", f"stood-still: nobody conceded in round {round}")
        talk.conclude("rounds used up", f"max-rounds: no agreement within {rounds} rounds")

    async def _move(self, talk: Bundle, current: dict[str, NegotiationOffer], group: Sequence[str]) -> bool:
        """Let some parties move at once; return whether one of them conceded. Ends the talk if that brings agreement."""
        fresh = await self._committed(talk, group)
        for offer in fresh:
            await relay(talk, Propose(offer.value, offer.id), offer.agent)
        judgements = await self._judged(talk, fresh)
        refused = [one for one in fresh if one.agent in current and not self._concedes(talk, one, judgements)]
        for offer in refused:
            await self._refuse(talk, offer)
        legal = [one for one in fresh if one not in refused]
        moved = any(
            one.agent not in current or any(one.id in judgements[name].rises for name in judgements if name != one.agent)
            for one in legal
        )
        current |= {one.agent: one for one in legal}
        if refused:
            judgements = await self._judged(talk, ())
        await self._agree(talk, current, judgements)
        return moved

    async def _committed(self, talk: Bundle, group: Sequence[str]) -> list[NegotiationOffer]:
        """Call upon some parties, and wait until each has made an offer or let its turn pass; in seating order."""
        for name in group:
            await talk.send(Cfp(), name)
        made: dict[str, NegotiationOffer] = {}
        deciding = set(group)
        while deciding:
            name, message = await talk.receive()
            self._end_if_gone(talk, name, message)
            deciding.discard(name)
            if isinstance(message, Propose):
                made[name] = talk.conversation.offers[message.offer]
        return [made[name] for name in group if name in made]

    async def _judged(self, talk: Bundle, fresh: Sequence[NegotiationOffer]) -> dict[str, Judgement]:
        """Ask every side what it finds of the new offers, and which of all that stand it could accept."""
        told = talk.options.criterion in TOLD
        await talk.send_all(QueryIf((tuple(one.id for one in fresh), told)), list(talk.ends))
        found: dict[str, Judgement] = {}
        while len(found) < len(talk.ends):
            name, message = await talk.receive()
            self._end_if_gone(talk, name, message)
            if isinstance(message, Inform):
                found[name] = message.content
        return found

    @staticmethod
    def _end_if_gone(talk: Bundle, name: str, message: Message) -> None:
        if isinstance(message, Walk):
            talk.conclude("left", f"walked-away: {name}" + (f": {message.reason}" if message.reason else ""))
        elif isinstance(message, Left):
            talk.conclude("left", message.reason)

    @staticmethod
    def _concedes(talk: Bundle, offer: NegotiationOffer, judgements: Mapping[str, Judgement]) -> bool:
        """Whether an offer is a concession, or stands still, by the options' criterion and all sides' judgement."""
        criterion = talk.options.criterion
        others = [found for name, found in judgements.items() if name != offer.agent]
        rises = [offer.id in one.rises for one in others]
        falls = [offer.id in one.falls for one in others]
        lowers = offer.id in judgements[offer.agent].falls
        if not (lowers or any(rises) or any(falls)):
            return True  # it stands still
        if criterion in TOLD:
            welfare = TOLD[criterion]
            figures = [(before, now) for one in others for id, before, now in one.worth if id == offer.id]
            before, now = welfare([one[0] for one in figures]), welfare([one[1] for one in figures])
            return bool(now > before and differs(before, now))
        met = {"pareto": not any(falls), "strong": all(rises), "weak": any(rises), "egocentric": lowers}
        return met[criterion]

    async def _refuse(self, talk: Bundle, offer: NegotiationOffer) -> None:
        """Tell everybody that an offer is no concession and not the new reference."""
        cause = f"no concession ({talk.options.criterion}): {offer.value!r} in round {offer.round}"
        talk.conversation.note_fault(offer.agent, "illegal", cause)
        await talk.send_all(Reject(cause, offer.id), list(talk.ends))

    async def _agree(
        self, talk: Bundle, current: Mapping[str, NegotiationOffer], judgements: Mapping[str, Judgement]
    ) -> None:
        """End the talk if an offer is worth at least as much to each other party as its own; fix one deal for all."""
        deals = [
            one for name in talk.ends if (one := current.get(name)) is not None
            and all(one.id in found.acceptable for other, found in judgements.items() if other != name)
        ]  # fmt: skip
        if deals:
            deal = deals[0] if len(deals) == 1 or talk.options.tie == "first" else talk.rng.choice(deals)
            await talk.send(Accept(deal.id), deal.agent)
            talk.conclude("agreed", accepted=deal)

    async def party(self, talk: Dialogue) -> None:
        """Make an offer when called upon; judge what the others have offered when asked."""
        board = ConcessionBoard(talk.machine.board, talk.seat)
        talk.machine.board = board
        while True:
            message = await talk.receive(Reject)
            if isinstance(message, Cfp):
                await talk.take_turn()
            elif isinstance(message, QueryIf):
                await talk.send(Inform(board.judge(*message.content)))
            elif isinstance(message, Reject):
                board.refuse(message.offer)
