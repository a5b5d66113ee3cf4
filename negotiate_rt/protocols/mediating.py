"""The mediator's room: who is in it, what was disclosed to the mediator, and how it asks everybody something at once.

An answer is waited for until it is due; whoever is silent then is not asked again before it has been heard of, but for a few
fresh starts, because a message may be lost. What one party says reaches the mediator alone: nothing here passes any of it on.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from negotiate_rt.errors import ConfigurationError, InvalidOffer
from negotiate_rt.messages.outcome import NegotiationOffer
from negotiate_rt.messages.performatives import (
    Accept,
    Cfp,
    Inform,
    InformIf,
    Lapse,
    Left,
    Message,
    Propose,
    QueryIf,
    QueryRef,
    Walk,
)
from negotiate_rt.problems.disclosing import heard_utility
from negotiate_rt.problems.issues import Outcome, OutcomeSpace
from negotiate_rt.problems.mediation import (
    AnyPreferences,
    Ballot,
    MediationOptions,
    MediationResult,
    OfferAsked,
    PreferencesAsked,
    Suggested,
    Vote,
)
from negotiate_rt.problems.utility import SpaceUtility
from negotiate_rt.protocols.base import finite_or_none
from negotiate_rt.protocols.mediation_turns import WHOLE
from negotiate_rt.runtime.bundle import Bundle

LISTENING, LEFT = "listening", "LEFT"
LATE = "telling_late", "voting_late", "offering_late", "consenting_late"
FRESH_STARTS = 10  # dialogues opened anew with a party that has not been heard of in between
TRIES = 3  # at full preferences: who is silent is asked again
FINAL_OFFERS = 3  # rounds that these take: preferences, offers, rankings of the offers
EXPLORING = 4 / 5  # of rounds and time, before something is proposed
SHARE, BALLOT_SHARE = 1 / 3, 1 / 10  # of the time that is left, for an answer; for a vote


class Room:
    """What a mediator knows. disclosed: full preferences by party, with `utilities` made of them; gone: who has left, and why;
    silences: how often a party was silent, since it was last heard of; last_votes: of the last ballot; pending: the proposal that
    stands, with who has accepted it; refused: those that were not accepted, with who refused the last.
    """

    def __init__(self, talk: Bundle) -> None:
        self.talk = talk
        self.options: MediationOptions = talk.options
        self.space: OutcomeSpace = talk.problem.space
        self.needed = self.options.needed(len(talk.ends))
        self.disclosed: dict[str, AnyPreferences] = {}
        self.utilities: dict[str, SpaceUtility] = {}
        self.gone: dict[str, str] = {}
        self.silences: dict[str, int] = {}
        self.again_at: dict[str, int] = {}
        self.pending: NegotiationOffer | None = None
        self.consenting: set[str] = set()
        self.last_votes: dict[str, tuple[int, ...]] = {}
        self.text: Outcome | None = None
        self.refused: list[Outcome] = []
        self.refusing: list[str] = []
        self.accepted = self.ballots = self.changes = self.proposals = 0
        self.solved: Any = None  # a MediatedOptimum
        whole = talk.deadline - talk.now
        closing = whole / 10 if self.options.closing is None else float(self.options.closing)
        self.closes_at = talk.deadline - closing if math.isfinite(whole) else math.inf
        self.explored_by = talk.now + EXPLORING * (self.closes_at - talk.now)
        self.until = talk.deadline if self.options.arbitration == "none" else self.closes_at
        self.began = talk.now
        self.reserved = FINAL_OFFERS if self.options.arbitration == "final-offer" else 0

    # -- what is left ---------------------------------------------------------------------------------------------------

    @property
    def round(self) -> int:
        """The round under way, 0 before the first."""
        return int(self.talk.conversation.round)

    @property
    def rounds(self) -> int:
        """All rounds that there are, but for those that final offers will take."""
        return max(0, self.talk.conversation.terms.max_rounds - self.reserved)

    @property
    def more(self) -> bool:
        """Whether there are rounds, time and parties left to go on."""
        return bool(self.round < self.rounds and self.talk.now < self.until and self.possible)

    @property
    def exploring(self) -> bool:
        """Whether there are rounds and time left to find something to propose."""
        return bool(self.more and self.round < max(1, int(EXPLORING * self.rounds)) and self.talk.now < self.explored_by)

    @property
    def possible(self) -> bool:
        """Whether enough parties are here to accept anything."""
        return bool(len(self.talk.ends) - len(self.gone) >= self.needed)

    @property
    def present(self) -> list[str]:
        """Who is here, in seating order."""
        return [name for name in self.talk.ends if name not in self.gone]

    def progress(self, rounds: int) -> float:
        """Return the share of so many rounds, or of the time to explore, that has gone by, whichever is more."""
        whole = self.explored_by - self.began
        by_time = (self.talk.now - self.began) / whole if math.isfinite(whole) and whole > 0 else 0.0
        return max(self.round / max(1, rounds), by_time)

    # -- asking ---------------------------------------------------------------------------------------------------------

    async def ask(self, question: Message, names: Iterable[str] | None = None, afresh: bool = True) -> dict[str, Message]:
        """Open a round: ask the parties (all who are here, or these) and return what they answer in time.

        afresh: whether a party that is overdue is asked at once in a dialogue opened anew, or only after some rounds.
        """
        talk = self.talk
        talk.conversation.round += 1
        self._reopen(afresh)
        wanted = self.present if names is None else [name for name in names if name not in self.gone]
        awaited = [name for name in wanted if talk.state(name) == LISTENING]
        due = self._due(question)
        message = question
        for name in awaited:
            if isinstance(question, Propose):
                message = question if question.offer else talk.ends[name].offer(question.value)
                question = message
            await talk.send(message, name, finite_or_none(due))
        return await self._hear(dict.fromkeys(awaited), due)

    def _due(self, question: Message) -> float:
        """Return until when answers are waited for: ballots come in numbers, and each is given less of what is left."""
        left = self.until - self.talk.now
        reply_by = self.options.reply_by
        share = BALLOT_SHARE if isinstance(question, QueryIf) else SHARE
        return self.talk.now + max(0.0, left * share if reply_by is None else min(left, float(reply_by)))  # type: ignore[arg-type]  # seconds

    async def _hear(self, awaited: dict[str, None], due: float) -> dict[str, Message]:
        talk = self.talk
        heard: dict[str, Message] = {}
        while awaited:
            name, message = await talk.receive(deadline=due)
            if isinstance(message, Lapse):
                for silent in awaited:
                    talk.lapse(silent)
                    self.silences[silent] = self.silences.get(silent, 0) + 1
                    self.again_at[silent] = self.round + 2 ** self.silences[silent]
                break
            self._note(name, message)
            if name in awaited:
                del awaited[name]
                if not isinstance(message, (Left, Walk)):
                    heard[name] = message
        return heard

    async def quorate(self) -> bool:
        """Wait until as many parties as must accept can be asked; False if that does not happen in time."""
        self._reopen(True)
        while self.possible and sum(self.talk.state(name) == LISTENING for name in self.present) < self.needed:
            name, message = await self.talk.receive(deadline=self.until)
            if isinstance(message, Lapse):
                return False
            self._note(name, message)
        return self.possible

    async def wait_for_the_end(self) -> None:
        """Ask no more; wait until too few are left to accept anything."""
        while self.possible:
            self._note(*await self.talk.receive())

    def _note(self, name: str, message: Message) -> None:
        """Take note of what is no answer that is waited for, and of who has gone."""
        if isinstance(message, (Left, Walk)):
            self._leave(name, message)
            return
        self.silences.pop(name, None)
        pending = self.pending
        if isinstance(message, Accept) and pending is not None and message.offer == pending.id:
            self.consenting.add(name)

    def _leave(self, name: str, message: Message) -> None:
        """Note that somebody has gone for good."""
        talk = self.talk
        if isinstance(message, Left):
            self.gone.setdefault(name, message.reason or f"agent-crashed: {name}")
            while talk.ends[name].machine.state.lapse is not None:
                talk.lapse(name)
        else:
            why = getattr(message, "reason", "")
            self.gone.setdefault(name, f"walked-away: {name}" + (f": {why}" if why else ""))

    def _reopen(self, afresh: bool) -> None:
        """Open fresh dialogues with those who have been silent since they were asked: at once, or ever later."""
        for name in [one for one in self.talk.ends if one in self.silences]:
            late = name not in self.gone and self.talk.state(name) in LATE
            if late and self.silences[name] <= FRESH_STARTS and (afresh or self.round >= self.again_at[name]):
                self.talk.lapse(name)
                self.talk.call_again(name)

    # -- the questions --------------------------------------------------------------------------------------------------

    async def ask_preferences(self, keep: int = 0) -> None:
        """Ask everybody for full preferences, and keep what is told; who is silent is asked again. keep: rounds that are left
        for something else."""
        silent = self.present
        for _ in range(TRIES):
            if not silent or not self.more or self.round >= self.rounds - keep:
                break
            answers = await self.ask(QueryRef(PreferencesAsked()), silent)
            silent = [name for name in silent if name not in answers]
            self._keep(answers)

    def _keep(self, answers: Mapping[str, Message]) -> None:
        """Keep the preferences among some answers."""
        for name, answer in answers.items():
            if not isinstance(answer, Inform):
                continue
            try:
                if not isinstance(answer.content, WHOLE):
                    raise ConfigurationError(f"expected full preferences, got {type(answer.content).__name__}")
                self.utilities[name] = heard_utility(answer.content, self.space)
                self.disclosed[name] = answer.content
            except (ConfigurationError, InvalidOffer) as error:  # a forger outside may tell anything
                self.talk.conversation.note_fault(name, "invalid", f"its preferences do not fit the problem: {error}")

    async def vote(self, drafts: Sequence[Outcome], text: Outcome) -> dict[str, tuple[int, ...]]:
        """Put drafts to the vote; return the grades by party."""
        self.ballots += 1
        ballot = Ballot(self.ballots, text, tuple(drafts), self.options.grades)
        votes: dict[str, tuple[int, ...]] = {}
        for name, answer in (await self.ask(QueryIf(ballot), afresh=False)).items():
            if isinstance(answer, InformIf):
                if valid_vote(answer.content, ballot):
                    votes[name] = answer.content.grades
                else:
                    self.talk.conversation.note_fault(name, "invalid", f"no vote on ballot {ballot.number}")
        self.last_votes = votes
        return votes

    async def ask_offers(self) -> dict[str, NegotiationOffer]:
        """Ask everybody for a final offer."""
        answers = await self.ask(Cfp(OfferAsked()))
        offers = self.talk.conversation.offers
        return {name: offers[one.offer] for name, one in answers.items() if isinstance(one, Propose)}

    async def propose(self, outcome: Outcome) -> NegotiationOffer | None:
        """Put a proposal to everybody; return it as an offer once as many as must have accepted it. One that lacks nothing but
        the answers of some who are still here is not refused: put to the vote again, it is put to those only.
        """
        pending = self.pending
        if pending is None or pending.value != outcome:
            self.proposals += 1
            self.consenting.clear()
            self.pending = pending = None
        count = self.talk.conversation.offer_count
        question = Propose(outcome) if pending is None else Propose(outcome, pending.id)
        answers = await self.ask(question, [name for name in self.present if name not in self.consenting])
        if pending is None:
            pending = self.pending = self.talk.conversation.offers.get(f"{self.talk.conversation.id}/{count + 1}")
        self.consenting.update(name for name, answer in answers.items() if isinstance(answer, Accept))
        self.accepted = len(self.consenting)
        if pending is not None and self.accepted >= self.needed:
            return pending
        self.refusing = [name for name in self.present if name not in self.consenting]
        if any(name in answers for name in self.refusing) or self.gone:
            self.refused.append(outcome)
            self.pending = None
        return None

    # -- what the mediator's own agent says -------------------------------------------------------------------------------

    async def suggested(self, draft: Outcome | None, voting: bool = False) -> Outcome | None:
        """Return what the mediator's own `suggest` hook says in the draft's place, the draft if there is no such hook."""
        talk = self.talk
        if not callable(getattr(talk.seat.agent, "suggest", None)):
            return draft
        call = Suggested(draft, voting, self.text, dict(self.disclosed), dict(self.last_votes), tuple(self.refused))
        said = await talk.ask("suggest", call)
        own: Any = getattr(said, "content", None)  # an outcome that was checked, or None, also where the turn was skipped
        return draft if own is None else own

    def result(self, outcome: Outcome | None, imposed: bool = False) -> MediationResult:
        """Return what the mediation came to."""
        solved = self.solved
        known: Mapping[str, Any] = {} if solved is None else {
            "value": solved.value, "bound": finite_or_none(solved.bound), "proven": solved.proven, "engine": solved.method,
        }  # fmt: skip
        return MediationResult(
            outcome=outcome, method=self.options.method, objective=self.options.objective, parties=len(self.talk.ends),
            disclosed=len(self.disclosed), ballots=self.ballots, changes=self.changes, proposals=self.proposals,
            accepted=self.accepted, needed=self.needed, imposed=imposed, **known,
        )  # fmt: skip


def valid_vote(content: Any, ballot: Ballot) -> bool:
    """Whether this is a vote on that ballot, and not something that a forger outside sent."""
    return (
        isinstance(content, Vote) and content.ballot == ballot.number and len(content.grades) == len(ballot.drafts)
        and all(isinstance(one, int) and -ballot.grades <= one <= ballot.grades for one in content.grades)
    )  # fmt: skip
