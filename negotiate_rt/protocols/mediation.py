"""Mediation: parties tell a neutral mediator, in confidence, as much as they choose; what it proposes binds if enough accept.

A mediator has no interests. It asks for full preferences, for rankings, about pairs of outcomes, or for votes on drafts; each
party answers it alone, or keeps that to itself, and no party hears what another has disclosed: between them pass only the
mediator's drafts and proposals. How it finds these is its method (MediationOptions): a single negotiation text, voted on
change by change (Fisher and Ury 1981), by hill climbing or annealed (Klein, Faratin, Sayama and Bar-Yam 2003); the optimum of
an objective over disclosed utilities; a shortlist that is ranked, graded or compared in pairs; or final-offer arbitration
(Stevens 1966).

What is awkward: votes bind nobody, only an Accept of a proposal does, and with a majority or a quorum the deal binds those who
rejected it as well: that is what they agreed to by taking part. So does what an arbitrator imposes. All who sit down count for
the majority, whoever has left since; once too few are left to accept anything, it ends FAILED. Who is silent abstains: it
is not asked again before it has been heard of, but for a few fresh dialogues, since a message may be lost; a late answer
moves nothing but its own dialogue. An agent that only concedes along a strategy rejects what it does not want; anybody else
who walks leaves for good. A round is one question put to everybody, and max_rounds of them are all there are: a single text takes
four fifths of them for its ballots.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from negotiate_rt.errors import ConfigurationError, InvalidDecision, InvalidOffer
from negotiate_rt.machine import Moves
from negotiate_rt.machine.joint import JointMoves
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.outcome import AGREED, DEADLOCK, FAILED, TIMEOUT, NegotiationOffer
from negotiate_rt.messages.performatives import (
    Accept,
    Cancel,
    Cfp,
    Inform,
    InformIf,
    InformResult,
    Lapse,
    Message,
    Propose,
    QueryIf,
    QueryRef,
    Refuse,
    Reject,
    Walk,
)
from negotiate_rt.messages.view import View
from negotiate_rt.problems.bargaining import BargainingProblem
from negotiate_rt.problems.issues import Outcome
from negotiate_rt.problems.mediation import CONTENTS, MediationOptions, Settlement
from negotiate_rt.problems.valued import ValuedPreferences
from negotiate_rt.protocols.base import Convener, NegotiationProtocol, unique_name
from negotiate_rt.protocols.mediating import LATE, LEFT, LISTENING, Room
from negotiate_rt.protocols.mediation_methods import APPROACHES, Approach, FinalOfferApproach
from negotiate_rt.protocols.mediation_turns import questions_of
from negotiate_rt.protocols.stakes import settle_stakes
from negotiate_rt.runtime.asking import Interrupted
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Question, Seat
from negotiate_rt.strategies.candour import Candour, check_disclosure

TELLING, VOTING, OFFERING, CONSENTING = "telling", "voting", "offering", "consenting"
TELLING_LATE, VOTING_LATE, OFFERING_LATE, CONSENTING_LATE = LATE
SETTLED, MEDIATING = "SETTLED", "mediating"
P, M = "party", "mediator"


class Mediation(NegotiationProtocol):
    """Two or more parties and a neutral mediator."""

    name = "mediation"
    seats: ClassVar = {M: 1, P: (2, None)}
    convener = M
    options = MediationOptions
    contents = CONTENTS
    start = LISTENING
    moves: ClassVar[Moves] = {
        LISTENING: {
            (M, QueryRef): TELLING,
            (M, QueryIf): VOTING,
            (M, Cfp): OFFERING,
            (M, Propose): CONSENTING,
            (M, InformResult): SETTLED,
            (M, Cancel): SETTLED,
        },
        TELLING: {(P, Inform): LISTENING, (P, Refuse): LISTENING, (P, Walk): LEFT, (M, Cancel): SETTLED},
        VOTING: {(P, InformIf): LISTENING, (P, Refuse): LISTENING, (P, Walk): LEFT, (M, Cancel): SETTLED},
        OFFERING: {(P, Propose): LISTENING, (P, Refuse): LISTENING, (P, Walk): LEFT, (M, Cancel): SETTLED},
        CONSENTING: {(P, Accept): LISTENING, (P, Reject): LISTENING, (P, Walk): LEFT, (M, Cancel): SETTLED},
        TELLING_LATE: {(P, Inform): LISTENING, (P, Refuse): LISTENING, (P, Walk): LEFT, (M, Cancel): SETTLED},
        VOTING_LATE: {(P, InformIf): LISTENING, (P, Refuse): LISTENING, (P, Walk): LEFT, (M, Cancel): SETTLED},
        OFFERING_LATE: {(P, Propose): LISTENING, (P, Refuse): LISTENING, (P, Walk): LEFT, (M, Cancel): SETTLED},
        CONSENTING_LATE: {(P, Accept): LISTENING, (P, Reject): LISTENING, (P, Walk): LEFT, (M, Cancel): SETTLED},
    }
    timeouts: ClassVar = {
        LISTENING: LEFT, TELLING: TELLING_LATE, VOTING: VOTING_LATE, OFFERING: OFFERING_LATE, CONSENTING: CONSENTING_LATE,
        **dict.fromkeys(LATE, LEFT),
    }  # fmt: skip
    skips: ClassVar = dict.fromkeys((TELLING, VOTING, OFFERING, CONSENTING, *LATE), LISTENING)
    joint_start = MEDIATING
    joint: ClassVar[JointMoves] = {
        MEDIATING: {
            QueryRef: MEDIATING, QueryIf: MEDIATING, Cfp: MEDIATING, Propose: MEDIATING, InformResult: MEDIATING,
            Cancel: MEDIATING,
            "settled": AGREED, "left": FAILED, "refused": FAILED, "rounds used up": DEADLOCK,
        },
    }  # fmt: skip
    joint_timeouts: ClassVar = {MEDIATING: TIMEOUT}
    questions: ClassVar = {P: questions_of(None)}

    def questions_for(self, role: str) -> Any:  # hook name -> Question
        """Return what this role may ask its agent."""
        return SUGGESTIONS if role == M else super().questions_for(role)

    def make_initiator(self, config: NegotiationConfig, agents: Sequence[Any]) -> Convener:
        """Return the mediator that the runtime seats."""
        return Convener(unique_name(M, agents))

    def settle(self, seats: Sequence[Seat], config: NegotiationConfig, problem: Any) -> Any:
        """Resolve what the parties want. Raises ConfigurationError without issues, or for a quorum that cannot be reached."""
        if not isinstance(problem, BargainingProblem):
            raise ConfigurationError(
                f"{self.name}: needs a BargainingProblem, whose outcomes a mediator can propose (a price or a share is a "
                f"ContinuousIssue), got {'none' if problem is None else type(problem).__name__}"
            )
        parties = [seat for seat in seats if seat.role == P]
        options: MediationOptions = self.settings(config)
        options.needed(len(parties))
        settled = settle_stakes(self.name, parties, config, problem, ValuedPreferences)
        for seat in seats:
            if seat.role == M:
                seat.problem = BargainingProblem(problem.space)
        for place, seat in enumerate(parties):
            limit = check_disclosure(getattr(seat.agent, "disclosure", "full"), f"agent {seat.name!r}: disclosure")
            own = getattr(seat.agent, "utility", None)
            candour = Candour(seat.preferences, problem.utility_of(seat.name, place) if own is None else own, limit)
            seat.questions = {**seat.questions, **questions_of(candour), None: seat.questions[None]}
        return settled

    # -- the mediator ---------------------------------------------------------------------------------------------------

    async def mediator(self, talk: Bundle) -> None:
        """Find out what the parties want, propose until enough accept, and arbitrate at the end if that was agreed."""
        room = Room(talk)
        talk.conversation.result = room.result(None)
        approach: Approach = APPROACHES[room.options.method](room)
        if room.more:
            await approach.explore()
        offered = True
        while room.more and offered and await room.quorate():
            outcome = await room.suggested(await approach.proposal())
            offered = outcome is not None
            if outcome is None:
                break
            offer = await room.propose(outcome)
            talk.conversation.result = room.result(None)
            if offer is not None:
                return await self._settle(room, offer)
        if not room.possible:
            return talk.conclude("left", next(iter(room.gone.values())), result=room.result(None))
        if room.options.arbitration != "none":
            return await self._arbitrate(room, approach)
        return await self._give_up(room, offered)

    async def _arbitrate(self, room: Room, approach: Approach) -> None:
        """Impose what the method, or one of the parties' final offers, comes to."""
        room.until, room.reserved = room.talk.deadline, 0
        imposed = await approach.verdict() if room.options.arbitration == "impose" else None
        if room.options.arbitration == "final-offer":
            last = FinalOfferApproach(room)
            await last.explore()
            imposed = await last.verdict()
        if not room.possible:
            room.talk.conclude("left", next(iter(room.gone.values())), result=room.result(None))
        elif imposed is None:
            await self._give_up(room, False)
        else:
            conversation = room.talk.conversation
            conversation.offer_count += 1
            id = f"{conversation.id}/{conversation.offer_count}"
            offer = NegotiationOffer(id, room.talk.name, imposed, conversation.round, room.talk.now)
            conversation.offers[id] = offer
            await self._settle(room, offer, True)

    async def _settle(self, room: Room, offer: NegotiationOffer, imposed: bool = False) -> None:
        """Tell everybody what binds, and end it."""
        talk = room.talk
        heard = Cancel("the mediation is over"), InformResult(Settlement(offer.value, imposed))
        for name, end in talk.ends.items():
            state = end.machine.state
            if not state.final:
                await talk.send(heard[state.name == LISTENING], name)
        talk.conclude("settled", accepted=offer, result=room.result(offer.value, imposed))

    async def _give_up(self, room: Room, offered: bool) -> None:
        """End without a deal: the time is left to run out, rounds are used up, or there is nothing more to propose."""
        talk, result = room.talk, room.result(None)
        talk.conversation.result = result
        if offered and room.round >= room.rounds:
            rounds = talk.conversation.terms.max_rounds
            talk.conclude("rounds used up", f"max-rounds: no agreement within {rounds} rounds", result=result)
        elif offered:  # the supervisor ends it at the deadline, unless enough have left before
            await room.wait_for_the_end()
            talk.conclude("left", next(iter(room.gone.values())), result=result)
        elif room.proposals:
            reason = f"refused: none of {room.proposals} proposals was accepted by {room.needed} of {result.parties} parties"
            talk.conclude("refused", reason, result=result)
        else:
            reason = "infeasible: the mediator knows of no outcome that gives everybody what it has without a deal"
            talk.conclude("refused", reason, result=result)

    # -- a party --------------------------------------------------------------------------------------------------------

    async def party(self, talk: Dialogue) -> None:
        """Answer the mediator's questions, until it tells the end."""
        hooks: dict[type[Message], str | None] = {QueryRef: "disclose", QueryIf: "vote", Cfp: None, Propose: None}
        while talk.open:
            asked = await talk.receive()
            if isinstance(asked, Lapse) or asked.__class__ not in hooks:
                continue
            call = talk.seat.context = getattr(asked, "content", None)
            try:
                await talk.send(await talk.ask(hooks[asked.__class__], call, until=(Cancel,)))
            except Interrupted:
                continue


# -- a mediator of one's own --------------------------------------------------------------------------------------------


def view_of_mediator(talk: Any, call: Any = None) -> View:  # talk: the Bundle
    """Return what a mediator's own agent may see: `view.call` is a Suggested, and the problem holds nobody's utilities."""
    conversation, seat = talk.conversation, talk.seat
    deadline = min(conversation.deadline, talk.now + conversation.terms.turn_timeout)
    return View(
        seat.name, seat.role, Mediation.name, conversation.id, conversation.round + 1, conversation.terms.max_rounds, talk.now,
        deadline, (), None, None, (), None, None, seat.problem, talk.repair, call=call,
    )  # fmt: skip


def judge_suggestion(talk: Any, decision: Any) -> Message:  # talk: the Bundle; whatever the hook returned
    """Turn what `suggest` returned into a message to the mediator's own role: an outcome, or None. Raises InvalidDecision."""
    if isinstance(decision, Propose):
        decision = decision.value
    if decision is None:
        return Inform(None)
    if isinstance(decision, Message):
        raise InvalidDecision(f"suggest returns an outcome, or None for the method's own, got {decision!r}")
    try:
        outcome: Outcome = talk.seat.problem.space.outcome(decision)
    except InvalidOffer as error:
        raise InvalidDecision(str(error)) from None
    return Inform(outcome)


def keep_draft(view: View) -> None:
    """Leave it to the method."""


SUGGEST = Question("suggest", judge_suggestion, view_of_mediator, default=keep_draft)
SUGGESTIONS: dict[str | None, Question] = {None: SUGGEST, "suggest": SUGGEST}
