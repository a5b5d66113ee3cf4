"""Coalition formation: parties propose, join and leave coalitions, and divide what each is worth, until nobody moves.

A game with transferable payoff, played as bargaining among the players themselves: proposers in turn, as in Chatterjee, Dutta,
Ray and Sengupta (1993) and Okada (1996), and, unless coalitions are final, leaving and luring away as in the dynamics of
Konishi and Ray (2003) and Arnold and Schwalbe (2002). Who has the floor proposes a coalition that it is in, with a payoff for
each member that adds up to what the coalition is worth; or leaves its coalition; or lets the turn pass. A proposal is put to
all its other members at once, so that no answer depends on another's. It is formed when every one of them has accepted this
very proposal, and binds when the last acceptance reaches the chair; else it falls, and binds nobody. Whoever joins leaves the
coalition that it was in, and that dissolves: its members agreed on a division with it, not without. All are in one coalition,
or alone.

The talk closes when all who may move have let a turn pass since anything changed, when max_rounds are used up, or shortly
before the deadline. What has been formed by then stands, and everybody else is alone. It ends AGREED if any coalition stands,
else FAILED; the result is set beside theory. A round is as many turns as there were parties free to move when it began.

The chair is neutral and seated by the runtime: it gives the floor, passes proposals on unchanged under their makers' names
and ids, and keeps the register. It is why nobody can be in two coalitions: over a lossy link two parties cannot be sure of
each other, and three who each count the others' acceptances may come to differ about who is together.

What is awkward: an answer may come after it was awaited. Its dialogue has lapsed by then: a late proposal is answered by
reject-proposal (late), a late acceptance binds nobody, a late leave and a late walk still count. Who is silent for a whole
round gets a fresh dialogue, for a message is lost; three turns in a row of which no word comes count as one that was let
pass. A member that goes while others still think makes the proposal fall. An acceptance of a proposal that has fallen cannot
come up, because the chair asks nobody anew before the last answer is in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from msgspec.structs import replace

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.machine import Moves
from negotiate_rt.machine.joint import JointMoves
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.outcome import AGREED, FAILED, TIMEOUT
from negotiate_rt.messages.performatives import (
    Accept,
    Cancel,
    Cfp,
    Inform,
    InformResult,
    Message,
    Propose,
    Refuse,
    Reject,
    Skip,
    Walk,
)
from negotiate_rt.problems.coalitions import (
    CoalitionAgreement,
    CoalitionCall,
    CoalitionEvent,
    CoalitionNews,
    CoalitionOptions,
    CoalitionProposal,
    CoalitionResult,
    CoalitionSpace,
)
from negotiate_rt.protocols.base import Convener, NegotiationProtocol, unique_name
from negotiate_rt.protocols.calling import LAPSED, LATE
from negotiate_rt.protocols.chairing import names_a_relayed_offer, relays_an_offer
from negotiate_rt.protocols.coalition_floor import ANSWERING, DECIDING, LISTENING, Floor
from negotiate_rt.protocols.coalition_register import Register
from negotiate_rt.protocols.coalition_turn import FORMING, judge_party
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.conversation import Conversation
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Question, Seat
from negotiate_rt.strategies.coalitions import form
from negotiate_rt.strategies.deciding import only_concedes

if TYPE_CHECKING:
    from negotiate_rt.problems.games import CoalitionGame

MEETING, CLOSED = "meeting", "closed"
LEFT, SETTLED = "LEFT", "SETTLED"
TABLED = 12  # players up to which all worths are asked for before the talk begins: a few milliseconds
AT_ONCE = 8  # players up to which theory is worked out in place: some ten milliseconds, once a game


# -- the protocol -----------------------------------------------------------------------------------------------------


class CoalitionFormation(NegotiationProtocol):
    """Parties propose, join and leave coalitions, and divide what each is worth."""

    name = "coalition-formation"
    seats: ClassVar = {"chair": 1, "party": (2, None)}
    convener = "chair"
    options = CoalitionOptions
    contents = (CoalitionProposal, CoalitionAgreement, CoalitionEvent, CoalitionCall, CoalitionNews)
    questions: ClassVar = {"chair": {None: Question("name", judge_party)}, "party": {None: FORMING}}
    rules: ClassVar = {("chair", Propose): (relays_an_offer,), ("party", Accept): (names_a_relayed_offer,)}
    start = LISTENING
    moves: ClassVar[Moves] = {
        LISTENING: {
            ("chair", Cfp): DECIDING,
            ("chair", Propose): ANSWERING,
            ("chair", Inform): LISTENING,
            ("chair", Reject): LISTENING,
            ("chair", InformResult): SETTLED,
            ("chair", Cancel): SETTLED,
        },
        DECIDING: {
            ("party", Propose): LISTENING,
            ("party", Cancel): LISTENING,
            ("party", Refuse): LISTENING,
            ("party", Walk): LEFT,
            ("chair", Inform): DECIDING,
            ("chair", Cancel): SETTLED,
        },
        ANSWERING: {
            ("party", Accept): LISTENING,
            ("party", Reject): LISTENING,
            ("party", Walk): LEFT,
            ("chair", Inform): ANSWERING,
            ("chair", Cancel): SETTLED,
        },
        LAPSED: {
            ("party", Propose): LATE,
            ("party", Cancel): LISTENING,
            ("party", Refuse): LISTENING,
            ("party", Accept): LISTENING,
            ("party", Reject): LISTENING,
            ("party", Walk): LEFT,
            ("chair", Inform): LAPSED,
            ("chair", Cancel): SETTLED,
        },
        LATE: {("chair", Reject): LISTENING, ("chair", Inform): LATE, ("chair", Cancel): SETTLED},
    }
    timeouts: ClassVar = {LISTENING: LEFT, DECIDING: LAPSED, ANSWERING: LAPSED, LAPSED: LEFT, LATE: LEFT}
    skips: ClassVar = {DECIDING: LISTENING, ANSWERING: LISTENING, LAPSED: LISTENING}
    joint_start = MEETING
    joint: ClassVar[JointMoves] = {
        MEETING: {Cfp: MEETING, Propose: MEETING, Inform: MEETING, Reject: MEETING, "closed": CLOSED},
        CLOSED: {InformResult: CLOSED, Cancel: CLOSED, "formed": AGREED, "apart": FAILED},
    }
    joint_timeouts: ClassVar = {MEETING: TIMEOUT, CLOSED: TIMEOUT}

    def make_initiator(self, config: NegotiationConfig, agents: Sequence[Any]) -> Convener:
        """Return the chair that the runtime seats."""
        return Convener(unique_name("chair", agents))

    def settle(self, seats: Sequence[Seat], config: NegotiationConfig, problem: Any) -> CoalitionGame:
        """Return the game, its players named as the parties. Raises ConfigurationError for what is no game of these parties."""
        parties = [seat for seat in seats if seat.role != self.convener]
        game = game_among(problem, [seat.name for seat in parties])
        for seat in parties:
            if only_concedes(getattr(seat.agent, "decide", form)):
                raise ConfigurationError(
                    f"agent {seat.name!r} concedes along preferences, of which a game has none: seat a Partner, a plain "
                    "Agent, or an agent with a `decide` hook of its own"
                )
            least = getattr(seat.agent, "least", None)
            alone = float(game.worth((seat.name,)))
            seat.problem, seat.strategy = game, None
            seat.preferences = CoalitionSpace(game, seat.name, alone if least is None else float(least))
        return game

    def opened(self, conversation: Conversation, seats: Sequence[Seat], options: Any) -> None:
        """Everybody is alone, and knows it."""
        parties = [seat for seat in seats if seat.role != self.convener]
        call = Register(parties[0].problem, [seat.name for seat in parties], options).call()
        for seat in parties:
            seat.context = call

    async def chair(self, talk: Bundle) -> None:
        """Give the floor in turn, put what is proposed to its members, and close once nobody moves."""
        floor = Floor(talk)
        register = floor.register
        if talk.options.theory:
            await prepared(talk)
        while (name := await floor.next()) is not None:
            await self.turn(talk, floor, name)
            await floor.tell()
        theory = await judged(talk, register.result()) if talk.options.theory else None
        talk.advance("closed")
        await floor.dismiss()
        result = register.result(theory)
        if not result.formed:
            talk.conclude("apart", floor.why_apart(), result=result)
            return
        offers = talk.conversation.offers
        accepted = offers[result.formed[0].offer] if len(result.formed) == 1 else None
        talk.conclude("formed", result=result, accepted=accepted)

    async def turn(self, talk: Bundle, floor: Floor, name: str) -> None:
        """Give one party the floor, and follow what it says."""
        due = floor.due()
        await talk.send(Cfp(floor.register.call(due)), name, due)
        message = (await floor.hear([name], due)).get(name)
        if message is None:
            floor.unheard(name)
        elif isinstance(message, Propose):
            await self.put(talk, floor, message, name)
        elif isinstance(message, Cancel) and floor.register.leave(name):
            floor.stir()
        else:
            floor.passed.add(name)

    async def put(self, talk: Bundle, floor: Floor, message: Propose, name: str) -> None:
        """Put a proposal to its other members; it is formed if every one of them accepts it."""
        register = floor.register
        offer = talk.conversation.offers[message.offer]
        members = [one for one in register.home if one in offer.value.payoffs and one != name]
        register.note("proposed", name, offer)
        asked = [one for one in members if not floor.within_reach(one)]  # in vain: it cannot be heard
        answers: Mapping[str, Message] = {}
        if not asked:
            asked, due = members, floor.due()
            await talk.send_all(replace(message, expires_at=due), asked, due)
            answers = await floor.hear(asked, due)
        joined = [one for one in asked if isinstance(answers.get(one), Accept)]
        rejected = [one for one in asked if isinstance(answers.get(one), Reject)]
        for one in asked:
            kind = "joined" if one in joined else "rejected" if one in rejected else "silent"
            register.note(kind, one, offer)  # type: ignore[arg-type]  # one of the three
        if len(joined) == len(members) and not any(one in register.gone for one in offer.value.payoffs):
            register.form(offer)
            floor.stir()
        else:
            register.fall(offer, unheard=not rejected and not any(one in answers for one in asked if one not in joined))
            floor.rejector = rejected[0] if rejected else None

    async def party(self, talk: Dialogue) -> None:
        """Decide whenever called upon; follow the news."""
        seat = talk.seat
        while not talk.machine.state.final:
            message = await talk.receive(Inform, Reject)
            if isinstance(message, Inform):
                seat.context = message.content.standing
            elif isinstance(message, Cfp):
                seat.context = message.content
                await decide(talk, message.content.closes_at)
            elif isinstance(message, Propose):
                maker, round = talk.conversation.offers[message.offer].agent, talk.conversation.round
                due = message.expires_at
                seat.context = replace(seat.context, proposal=message.value, proposer=maker, closes_at=due, round=round)
                await decide(talk, due)
                seat.context = replace(seat.context, proposal=None, proposer="")

    def utilities(self, seats: Sequence[Seat], conversation: Conversation) -> dict[str, float]:
        """Return what the ending is worth to each party: its payoff, in a cost game minus its share, discounted by the turns
        before its coalition was formed; alone what it is worth alone."""
        result: CoalitionResult | None = conversation.result
        if result is None:
            return {}
        discount = conversation.bundle.options.discount  # type: ignore[union-attr]  # there is a chair
        sign = -1.0 if result.costs else 1.0
        worth = {name: sign * payoff for name, payoff in result.payoffs.items()}
        for one in result.formed:
            for name in one.payoffs:
                worth[name] *= discount ** (one.turn - 1)
        return worth


async def decide(talk: Dialogue, due: float | None) -> None:
    """Ask a party, and say what it says; what was asked too late is the network's fault, not the agent's."""
    if due is not None and talk.now > due:
        await talk.send(Skip("the call came after it had lapsed"))
        return
    await talk.send(await talk.ask(deadline=math.inf if due is None else due))


# -- what is at stake, and theory beside it -----------------------------------------------------------------------------


def game_among(problem: Any, names: Sequence[str]) -> CoalitionGame:
    """Return the game of these parties: the one given, or with its players named as they are, where those are no names.

    Raises ConfigurationError for what is no game, players without a party and parties that are no players.
    """
    from negotiate_rt.problems.games import CoalitionGame, NamedGame  # late: numpy, which other protocols do without

    if not isinstance(problem, CoalitionGame):
        raise ConfigurationError(
            "coalition-formation: needs a game: execute(agents, config, problem=CoalitionGame(players, worth)), got "
            + ("none" if problem is None else f"{type(problem).__name__}")
        )
    game = problem
    if not any(isinstance(player, str) for player in game.players) and len(game) == len(names):
        game = problem.remember(("named", tuple(names)), lambda: NamedGame(problem, names))
    absent = [player for player in game.players if player not in names]
    strange = [name for name in names if name not in game.players]
    if absent or strange:
        wrong = f"player {absent[0]!r} has no party" if absent else f"{strange[0]!r} is no player of the game"
        told = ", ".join(map(str, game.players))
        raise ConfigurationError(f"coalition-formation: {wrong}; players: {told}; parties: {', '.join(names)}")
    try:
        for name in names:
            game.worth((name,))
        if len(game) <= TABLED:
            game.table()
    except ConfigurationError:
        raise
    except Exception as error:  # the border to users' code: a worth may raise anything
        raise ConfigurationError(f"problem: the worth of a coalition raised {type(error).__name__}: {error}") from error
    return game


async def prepared(talk: Bundle) -> None:
    """Work out what theory says of the game, off the loop where that takes long; nothing where it is too much work."""
    from negotiate_rt.solutions.coalitions.judging import MOST_JUDGED, study_game  # late: numpy

    game: CoalitionGame = talk.problem
    if AT_ONCE < len(game) <= MOST_JUDGED:
        await talk.compute(study_game, game)


async def judged(talk: Bundle, result: CoalitionResult) -> Any:  # CoalitionTheory, or None
    """Return what theory says of a result."""
    from negotiate_rt.solutions.coalitions.judging import MOST_JUDGED, judge_structure  # late: numpy

    game: CoalitionGame = talk.problem
    if len(game) > MOST_JUDGED:
        return None
    return judge_structure(game, result.payoffs, result.structure)
