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
FRESH_STARTS = 10  # dialogues opened anew with one party that has fallen silent


class Room:
    """What a mediator knows. disclosed: full preferences by party, with `utilities` made of them; gone: who has left, and why;
    last_votes: of the last ballot; refused: proposals that were not accepted, with who refused the last.
    """

    def __init__(self, talk: Bundle) -> None:
        self.talk = talk
        self.options: MediationOptions = talk.options
        self.space: OutcomeSpace = talk.problem.space
        self.needed = self.options.needed(len(talk.ends))
        self.disclosed: dict[str, AnyPreferences] = {}
        self.utilities: dict[str, SpaceUtility] = {}
        self.gone: dict[str, str] = {}
        self.starts: dict[str, int] = {}
        self.silent: set[str] = set()
        self.last_votes: dict[str, tuple[int, ...]] = {}
        self.text: Outcome | None = None
        self.refused: list[Outcome] = []
        self.refusing: list[str] = []
        self.accepted = self.ballots = self.changes = self.proposals = 0
        self.solved: Any = None  # a MediatedOptimum
        whole = talk.deadline - talk.now
        closing = whole / 10 if self.options.closing is None else float(self.options.closing)
        self.closes_at = talk.deadline - closing if math.isfinite(whole) else math.inf
        self.until = talk.deadline if self.options.arbitration == "none" else self.closes_at
        self.began = talk.now

    # -- what is left ---------------------------------------------------------------------------------------------------

    @property
    def round(self) -> int:
        """The round under way, 0 before the first."""
        return int(self.talk.conversation.round)

    @property
    def rounds(self) -> int:
        """All rounds that there are."""
        return self.talk.conversation.terms.max_rounds

    @property
    def more(self) -> bool:
        """Whether there are rounds, time and parties left to go on."""
        return bool(self.round < self.rounds and self.talk.now < self.until and self.possible)

    @property
    def possible(self) -> bool:
        """Whether enough parties are here to accept anything."""
        return bool(len(self.talk.ends) - len(self.gone) >= self.needed)

    @property
    def present(self) -> list[str]:
        """Who is here, in seating order."""
        return [name for name in self.talk.ends if name not in self.gone]

    def progress(self, rounds: int) -> float:
        """Return the share of so many rounds, or of the time until the closing, that has gone by, whichever is more."""
        by_time = (self.talk.now - self.began) / (self.closes_at - self.began) if math.isfinite(self.closes_at) else 0.0
        return max(self.round / max(1, rounds), by_time)

    # -- asking ---------------------------------------------------------------------------------------------------------

    async def ask(self, question: Message, names: Iterable[str] | None = None, afresh: bool = True) -> dict[str, Message]:
        """Open a round: ask the parties (all who are here, or these) and return what they answer in time.

        afresh: whether a party that is overdue is asked in a dialogue opened anew, as long as it has fresh starts left.
        """
        talk = self.talk
        talk.conversation.round += 1
        self._reopen(afresh)
        wanted = self.present if names is None else [name for name in names if name not in self.gone]
        awaited = [name for name in wanted if talk.state(name) == LISTENING]
        due = self._due()
        message = question
        for name in awaited:
            if isinstance(question, Propose):
                message = question if question.offer else talk.ends[name].offer(question.value)
                question = message
            await talk.send(message, name, finite_or_none(due))
        return await self._hear(dict.fromkeys(awaited), due)

    def _due(self) -> float:
        left = self.until - self.talk.now
        reply_by = self.options.reply_by
        return self.talk.now + max(0.0, left / 2 if reply_by is None else min(left, float(reply_by)))  # type: ignore[arg-type]  # seconds

    async def _hear(self, awaited: dict[str, None], due: float) -> dict[str, Message]:
        talk = self.talk
        heard: dict[str, Message] = {}
        while awaited:
            name, message = await talk.receive(deadline=due)
            if isinstance(message, Lapse):
                for silent in awaited:
                    talk.lapse(silent)
                self.silent.update(awaited)
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
        else:
            self.silent.discard(name)

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
        """Open fresh dialogues with those who have been silent since they were asked."""
        for name in sorted(self.silent) if afresh else ():
            if name in self.gone or self.talk.state(name) not in LATE or self.starts.get(name, 0) >= FRESH_STARTS:
                continue
            self.starts[name] = self.starts.get(name, 0) + 1
            self.talk.lapse(name)
            self.talk.call_again(name)
            self.silent.discard(name)

    # -- the questions --------------------------------------------------------------------------------------------------

    async def ask_preferences(self) -> None:
        """Ask everybody for full preferences, and keep what is told."""
        for name, answer in (await self.ask(QueryRef(PreferencesAsked()))).items():
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
        """Put a proposal to everybody; return it as an offer if as many as must have accepted it. One that lacked nothing but the
        answers of some who are still here is not refused: it may be put to them again.
        """
        self.proposals += 1
        count = self.talk.conversation.offer_count
        answers = await self.ask(Propose(outcome))
        self.accepted = sum(isinstance(answer, Accept) for answer in answers.values())
        if self.accepted >= self.needed:
            return self.talk.conversation.offers[f"{self.talk.conversation.id}/{count + 1}"]
        self.refusing = [name for name in self.present if not isinstance(answers.get(name), Accept)]
        if any(name in answers for name in self.refusing) or len(self.present) < len(self.talk.ends):
            self.refused.append(outcome)  # and not only lacked the answers of some who are still here
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
