"""Alternating multiple offers: in each round every party puts an offer on the table, then every party votes on all of them.

The protocol AMOP of Aydoğan, Festen, Hindriks and Jonker (2017), for two or more parties. A round has a bidding phase, in
which all make an offer at once, unseen by the others, and a voting phase, in which each accepts or rejects every offer of
the others; its own it has accepted. An offer that all accept is the deal; of several the first in seating order. Otherwise
all offers and votes are void, everybody hears who accepted what, and the next round begins. Whoever walks away ends the
talk. After max_rounds rounds it ends in DEADLOCK. A chair, seated by the runtime, collects and passes on.

What is awkward: votes are asked offer by offer, so that a party's hook hears each as the standing offer: agents that
concede accept what is worth at least as much to them as their own offer of this round and their reservation value; an agent
with a `vote(view)` hook answers Accept or Reject (True or False will do); one with a `decide` hook of its own is asked that,
and a counter-proposal is a vote against. A skipped turn makes no offer, a skipped vote is none. Offers are made for the
round: they neither expire nor are taken back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import msgspec
from msgspec.structs import replace

from negotiate_rt.errors import InvalidDecision
from negotiate_rt.machine import Board, Moves, Refusal
from negotiate_rt.machine.joint import JointMoves
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.outcome import AGREED, DEADLOCK, FAILED, TIMEOUT, NegotiationOffer
from negotiate_rt.messages.performatives import Accept, Cfp, Inform, Left, Message, Propose, Reject, Walk
from negotiate_rt.messages.view import View
from negotiate_rt.protocols.chairing import CHAIR_RULES, Chaired, Rules, view_at_table
from negotiate_rt.protocols.guard import judge_bargain
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Question, Seat
from negotiate_rt.strategies.deciding import as_hook, concede, only_concedes

LISTENING, BIDDING, VOTING = "listening", "bidding", "voting"
LEFT, SETTLED = "LEFT", "SETTLED"


class Slate(msgspec.Struct, frozen=True, tag="slate"):
    """What everybody hears before the vote: the ids of the round's offers, in the order in which they are voted on."""

    offers: tuple[str, ...]


class Ballots(msgspec.Struct, frozen=True, tag="ballots"):
    """What everybody hears after the vote: who has accepted each offer, its maker among them, in seating order."""

    accepted: tuple[tuple[str, tuple[str, ...]], ...]


class BallotResult(msgspec.Struct, frozen=True, kw_only=True):
    """The last vote: who accepted each offer of the round, by the offer's id."""

    accepted: Mapping[str, tuple[str, ...]]


def names_an_offer_of_its_maker(message: Message, board: Board, mine: bool, now: float) -> Refusal | None:
    """The chair tells a party that an offer of its own is the deal."""
    assert isinstance(message, Accept)
    offer = board.offers.get(message.offer)
    owner = board.peer if mine else board.agent
    return None if offer is not None and offer.agent == owner else Refusal(f"offer {message.offer!r} is not {owner}'s own")


# -- a party's turns --------------------------------------------------------------------------------------------------


def view_of_bidding(talk: Dialogue) -> View:
    """Return what a party may see when it makes an offer: nothing stands, what was voted down is history."""
    return replace(view_at_table(talk), standing_offer=None)


def view_of_vote(talk: Dialogue) -> View:
    """Return what a party may see when it votes: the offer in question stands, the others are in `standing_offers`; that a
    counter-proposal is a vote against is why it may make one."""
    view = view_at_table(talk)
    slate: tuple[NegotiationOffer, ...] = talk.seat.context or ()
    return replace(view, standing_offers=slate, may_say=(*view.may_say, "propose"))


def judge_offer(talk: Dialogue, decision: Any) -> Message:
    """Turn a decision into an offer for this round. Raises InvalidDecision for one that would expire."""
    if isinstance(decision, Propose) and decision.expires_at is not None:
        raise InvalidDecision("an offer is voted on in the round in which it is made: it cannot carry expires_at")
    return judge_bargain(talk, decision)


def judge_vote(talk: Dialogue, decision: Any) -> Message:
    """Turn a decision into a vote: True and Accept are for the offer; False, Reject and a counter-proposal against it."""
    if isinstance(decision, bool):
        decision = Accept() if decision else Reject()
    if isinstance(decision, Propose):
        decision = Reject("would rather have another offer")
    if isinstance(decision, Reject):
        return talk.machine.clear(decision, talk.now)
    return judge_bargain(talk, decision)


def vote_by_worth(view: View) -> Message:
    """Accept what is worth at least as much as one's own offer of this round, and not less than the reservation value."""
    mine, offer, own = view.preferences, view.standing_offer, view.own_last_offer
    assert offer is not None  # there is no vote without an offer
    worth = mine.utility(offer.value, False)
    made = own is not None and own.round == view.round
    least = mine.utility(own.value, True) if made and own is not None else mine.reservation_value
    return Accept() if worth >= max(least, mine.reservation_value) else Reject("worth less than what I have offered")


OFFER = Question("decide", judge_offer, view_of_bidding, adapt=as_hook, default=concede)
VOTE = Question("vote", judge_vote, view_of_vote, adapt=as_hook, default=vote_by_worth)
OWN_VOTE = Question("decide", judge_vote, view_of_vote, adapt=as_hook)


class AlternatingMultipleOffers(Chaired):
    """All offer, then all vote on all offers; unanimity decides."""

    name = "alternating-multiple-offers"
    contents = (Slate, Ballots)
    winners = 1
    rules: ClassVar[Rules] = {**CHAIR_RULES, ("chair", Accept): (names_an_offer_of_its_maker,)}
    start = LISTENING
    moves: ClassVar[Moves] = {
        LISTENING: {
            ("chair", Cfp): BIDDING,
            ("chair", Inform): LISTENING,
            ("chair", Propose): VOTING,
            ("chair", Accept): SETTLED,
        },
        BIDDING: {("party", Propose): LISTENING, ("party", Walk): LEFT},
        VOTING: {("party", Accept): LISTENING, ("party", Reject): LISTENING, ("party", Walk): LEFT},
    }
    timeouts: ClassVar = {LISTENING: LEFT, BIDDING: LISTENING, VOTING: LISTENING}
    skips: ClassVar = {BIDDING: LISTENING, VOTING: LISTENING}
    joint_start = "bargaining"
    joint: ClassVar[JointMoves] = {
        "bargaining": {
            Cfp: "bargaining", Inform: "bargaining", Propose: "bargaining", Accept: "agreeing",
            "left": FAILED, "rounds used up": DEADLOCK,
        },
        "agreeing": {"agreed": AGREED},
    }  # fmt: skip
    joint_timeouts: ClassVar = {"bargaining": TIMEOUT}
    questions: ClassVar = {"chair": {None: OFFER}, "party": {None: OFFER, "vote": VOTE}}

    def settle(self, seats: Sequence[Seat], config: NegotiationConfig, problem: Any) -> Any:
        """Resolve what the parties want; who decides for itself and has no hook for votes is asked to decide those, too."""
        settled = super().settle(seats, config, problem)
        for seat in seats:
            own = seat.role != self.convener and not only_concedes(seat.function(seat.questions[None]))
            if own and not hasattr(seat.agent, "vote"):
                seat.questions = {**seat.questions, "vote": OWN_VOTE}
        return settled

    async def chair(self, talk: Bundle) -> None:
        """Collect the offers of a round, have them voted on, and so on until all accept one, or the rounds are used up."""
        rounds = talk.conversation.terms.max_rounds
        for round in range(1, rounds + 1):
            talk.conversation.round = round
            offers = await self._offers(talk)
            accepted = {offer.id: (await self._vote(talk, offer)) for offer in offers}
            if talk.conversation.over:
                return
            talk.conversation.result = BallotResult(accepted=accepted)
            await talk.send_all(Inform(Ballots(tuple(accepted.items()))), list(talk.ends))
            for offer in offers:
                if len(accepted[offer.id]) == len(talk.ends):
                    await talk.send(Accept(offer.id), offer.agent)
                    talk.conclude("agreed", accepted=offer)
                    return
        talk.conclude("rounds used up", f"max-rounds: no agreement within {rounds} rounds")

    async def _offers(self, talk: Bundle) -> list[NegotiationOffer]:
        """Have everybody make an offer; return them in seating order, when everybody has heard which there are."""
        await talk.send_all(Cfp(), list(talk.ends))
        said = await self._answers(talk, set(talk.ends))
        made = [said[name] for name in talk.ends if name in said]
        offers = [talk.conversation.offers[one.offer] for one in made if isinstance(one, Propose)]
        if not talk.conversation.over:
            await talk.send_all(Inform(Slate(tuple(one.id for one in offers))), list(talk.ends))
        return offers

    async def _vote(self, talk: Bundle, offer: NegotiationOffer) -> tuple[str, ...]:
        """Put an offer to all but its maker; return who accepts it, in seating order, its maker among them."""
        if talk.conversation.over:
            return ()
        others = [name for name in talk.ends if name != offer.agent]
        await talk.send_all(Propose(offer.value, offer.id), others)
        said = await self._answers(talk, set(others))
        return tuple(name for name in talk.ends if name == offer.agent or isinstance(said.get(name), Accept))

    async def _answers(self, talk: Bundle, waiting: set[str]) -> dict[str, Message]:
        """Wait until all these have answered; end the talk if somebody walks away or has gone."""
        said: dict[str, Message] = {}
        while waiting and not talk.conversation.over:
            name, message = await talk.receive()
            if isinstance(message, Walk):
                talk.conclude("left", f"walked-away: {name}" + (f": {message.reason}" if message.reason else ""))
            elif isinstance(message, Left):
                talk.conclude("left", message.reason)
            elif name in waiting:
                waiting.discard(name)
                said[name] = message
        return said

    async def party(self, talk: Dialogue) -> None:
        """Offer when called upon, vote when asked."""
        offers = talk.conversation.offers
        while True:
            message = await talk.receive(Inform)
            if isinstance(message, Cfp):
                await talk.take_turn()
            elif isinstance(message, Propose):
                await talk.send(await talk.ask("vote"))
            elif isinstance(message, Inform) and isinstance(message.content, Slate):
                talk.seat.context = tuple(offers[one] for one in message.content.offers if offers[one].agent != talk.name)
