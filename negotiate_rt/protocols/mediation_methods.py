"""How a mediator finds what to propose: one class a method, each with `explore` and then `proposal` after `proposal`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from negotiate_rt.messages.performatives import Inform, QueryRef
from negotiate_rt.problems.issues import Outcome
from negotiate_rt.problems.mediation import PairAsked, Preferred, Ranked, RankingAsked
from negotiate_rt.protocols.mediating import EXPLORING, Room
from negotiate_rt.runtime.working_clock import working_clock

LONGEST_SEARCH = 5.0  # seconds of a computation, where the options do not say
QUICK = 50_000  # outcomes times parties that are looked at in place: less than a thread would cost
PLEASING = 20  # of the rounds of a text, one part is for changes after each refusal
LEAST_PLEASING = 5


class Approach(Protocol):
    """One way to find proposals."""

    async def explore(self) -> None:
        """Ask the parties what the method needs to know."""

    async def proposal(self) -> Outcome | None:
        """Return the next proposal, None if there is none."""

    async def verdict(self) -> Outcome | None:
        """Return what an arbitrator imposes, None if it finds nothing."""


class TextApproach:
    """A single text, changed as the parties vote; proposed when four fifths of the rounds, or the time, have gone by. After a
    refusal it is changed to please those who refused, and proposed again."""

    def __init__(self, room: Room, start: Outcome | None = None) -> None:
        from negotiate_rt.solutions.mediation.text import SingleText  # late, as all that computes here: numpy

        self.room = room
        heat = room.options.heat() if room.options.method == "annealing" else None
        self.text = SingleText(room.space, room.talk.rng, room.needed, heat, start)
        self.asked = False
        room.text = self.text.text

    async def explore(self) -> None:
        """Vote on one change after the other."""
        room, text = self.room, self.text
        while room.exploring:
            draft = await room.suggested(text.draft(), voting=True)
            if draft is None:
                break
            votes = await room.vote((draft,), text.text)
            grades = [one[0] for one in votes.values()]
            text.take(draft, grades, len(room.present), room.progress(int(EXPLORING * room.rounds)))
            self._note()

    async def proposal(self) -> Outcome | None:
        """Return the text as it stands, changed first for those who refused it."""
        if not self.asked or self.text.text not in self.room.refused:
            self.asked = True
            return self.text.text
        changes = self.text.changes
        await self._please()
        return self.text.text if self.text.changes > changes else None

    async def _please(self) -> None:
        room, text = self.room, self.text
        last = room.round + max(LEAST_PLEASING, room.rounds // PLEASING)
        before = text.changes
        while room.more and room.round < room.rounds - 1 and (room.round < last or text.changes == before):
            draft = await room.suggested(text.draft(), voting=True)
            if draft is None:
                break
            votes = await room.vote((draft,), text.text)
            text.please(draft, {name: one[0] for name, one in votes.items()}, room.refusing)
            self._note()

    async def verdict(self) -> Outcome | None:
        """Return the text."""
        return self.text.text

    def _note(self) -> None:
        self.room.text, self.room.changes = self.text.text, self.text.changes


class OptimumApproach:
    """The best outcome by what was disclosed, then the next best. Parties that keep their preferences to themselves vote on
    changes of what they refused; if nobody disclosed any, there is only a text to vote on."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.text: TextApproach | None = None
        self.best: Outcome | None = None

    async def explore(self) -> None:
        """Ask for preferences."""
        await self.room.ask_preferences()
        if not self.room.utilities:
            self.text = TextApproach(self.room)
            await self.text.explore()

    async def proposal(self) -> Outcome | None:
        """Return the best outcome that was not refused."""
        room = self.room
        if self.text is None and room.refused and any(name not in room.utilities for name in room.present):
            self.text = TextApproach(room, room.refused[-1])
            self.text.asked = True
        if self.text is not None:
            return await self.text.proposal()
        found = await optimum(room, room.refused)
        self.best = self.best or found
        return found

    async def verdict(self) -> Outcome | None:
        """Return the best of all outcomes, or the text."""
        if self.text is not None:
            return await self.text.verdict()
        return self.best if self.best is not None else await optimum(self.room, ())


async def optimum(room: Room, refused: Sequence[Outcome]) -> Outcome | None:
    """Compute the best outcome by what was disclosed; off the loop, unless it takes a moment only."""
    from negotiate_rt.solutions.mediation.optimum import mediated_optimum  # late: numpy
    from negotiate_rt.solutions.winners.deadline import Deadline

    names = [name for name in room.utilities if name not in room.gone] or list(room.utilities)
    utilities = [room.utilities[name] for name in names]
    without = [room.disclosed[name].without for name in names]
    space, objective = room.space, room.options.objective
    if space.countable and space.size * len(names) <= QUICK:
        found = mediated_optimum(space, utilities, without, objective, refused=refused)
    else:
        wanted = room.options.solve_timeout
        left = max(0.0, room.until - room.talk.now)
        limit = Deadline(min(LONGEST_SEARCH, left / 2) if wanted is None else min(float(wanted), left), working_clock)  # type: ignore[arg-type]  # seconds
        rng = room.talk.rng

        def compute() -> Any:  # a MediatedOptimum or None
            return mediated_optimum(space, utilities, without, objective, refused=refused, deadline=limit, rng=rng)

        try:
            found = await room.talk.compute(compute)
        finally:  # whatever ended the wait: the thread, which nobody can stop from outside, stops soon
            limit.cancel()
    if found is None:
        return None
    room.solved = found
    return found.outcome


class ShortlistApproach:
    """A shortlist that the parties rank, or grade; from large spaces one is bred from the other. What comes out on top is
    proposed, then what comes after it."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.order: list[Outcome] = []
        self.seen: dict[Outcome, None] = {}

    async def explore(self) -> None:
        """Ask about one shortlist after the other, until there is nothing new."""
        from negotiate_rt.solutions.mediation.shortlists import first_shortlist, next_shortlist  # late: numpy

        room = self.room
        size, rng = room.options.shortlist, room.talk.rng
        shortlist = first_shortlist(room.space, size, rng)
        while room.exploring and shortlist:
            before = room.text
            self.order = await self.ranked(shortlist)
            self.seen.update(dict.fromkeys(shortlist))
            room.text = self.order[0]
            room.changes += room.text != before
            if room.space.countable and len(self.seen) >= room.space.size:
                break
            bred = next_shortlist(room.space, self.order, size, rng, self.seen.keys() - {self.order[0]})
            shortlist = bred if len(bred) > 1 else []

    async def ranked(self, shortlist: list[Outcome]) -> list[Outcome]:
        """Return a shortlist in the order in which the parties like it, taken together."""
        from negotiate_rt.solutions.mediation.shortlists import by_rankings  # late: numpy

        room = self.room
        room.ballots += 1
        answers = await room.ask(QueryRef(RankingAsked(tuple(shortlist))))
        rankings = []
        for name, answer in answers.items():
            content = answer.content if isinstance(answer, Inform) else None
            if isinstance(content, Ranked) and sorted(content.order) == list(range(len(shortlist))):
                rankings.append(content.order)
            elif isinstance(answer, Inform):
                room.talk.conversation.note_fault(name, "invalid", "a ranking must name each outcome once")
        return by_rankings(shortlist, rankings)

    async def proposal(self) -> Outcome | None:
        """Return the best liked outcome that was not refused."""
        return next((one for one in self.order if one not in self.room.refused), None)

    async def verdict(self) -> Outcome | None:
        """Return the best liked outcome."""
        return self.order[0] if self.order else None


class FeedbackApproach(ShortlistApproach):
    """As a ranked shortlist, with grades against the outcome that is liked best so far (feedback-based proposals: the parties
    tell which of the mediator's drafts are better, and it learns where to look)."""

    async def ranked(self, shortlist: list[Outcome]) -> list[Outcome]:
        """Return a shortlist by the total of its grades."""
        from negotiate_rt.solutions.mediation.shortlists import by_grades  # late: numpy

        text = self.room.text if self.room.text is not None else shortlist[0]
        votes = await self.room.vote(shortlist, text)
        return by_grades(shortlist, list(votes.values()))


class PairwiseApproach(ShortlistApproach):
    """A shortlist compared in pairs, each by everybody at once; who wins most duels by majority is proposed first. An answer that
    contradicts its party's earlier ones does not count, and is that party's fault."""

    async def explore(self) -> None:
        """Ask about all pairs, as far as the rounds go."""
        from negotiate_rt.solutions.mediation.shortlists import Duels, first_shortlist  # late: numpy

        room = self.room
        shortlist = first_shortlist(room.space, room.options.shortlist, room.talk.rng)
        duels = Duels(len(shortlist))
        for first, second in duels.pairs():
            if not room.exploring:
                break
            room.ballots += 1
            answers = await room.ask(QueryRef(PairAsked(shortlist[first], shortlist[second])))
            for name, answer in answers.items():
                content = answer.content if isinstance(answer, Inform) else None
                if isinstance(content, Preferred) and not duels.hear(name, first, second, content.which):
                    cause = f"answer {room.ballots} contradicts what it said before, and does not count"
                    room.talk.conversation.note_fault(name, "inconsistent", cause)
        self.order = duels.order(shortlist)
        room.text = self.order[0]


class FinalOfferApproach:
    """Final-offer arbitration: each party makes one offer, and the mediator takes one as it stands. It goes by the objective
    where everybody disclosed its preferences, else by how the parties rank the offers, shown without names."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.order: list[Outcome] = []

    async def explore(self) -> None:
        """Ask for preferences, then for offers."""
        room = self.room
        if not room.utilities:
            await room.ask_preferences(keep=1)
        if not room.more:
            return
        offers = {name: one.value for name, one in (await room.ask_offers()).items()}
        choices = list(dict.fromkeys(offers[name] for name in sorted(offers)))
        if len(choices) < 2:
            self.order = choices
            return
        room.talk.rng.shuffle(choices)
        if all(name in room.utilities for name in room.present):
            self.order = by_objective(room, choices)
        elif room.round < room.rounds:
            self.order = await ShortlistApproach(room).ranked(choices)
        else:
            self.order = choices

    async def proposal(self) -> Outcome | None:
        """Return the best offer that was not refused."""
        return next((one for one in self.order if one not in self.room.refused), None)

    async def verdict(self) -> Outcome | None:
        """Return the best offer."""
        return self.order[0] if self.order else None


def by_objective(room: Room, choices: Sequence[Outcome]) -> list[Outcome]:
    """Return outcomes by the objective, best first; those that leave somebody below what no deal is worth come last."""
    from negotiate_rt.solutions.mediation.choosing import in_order_of  # late: numpy

    names = room.present
    return in_order_of(
        choices, [room.utilities[name] for name in names], [room.disclosed[name].without for name in names],
        room.options.objective,
    )  # fmt: skip


APPROACHES: Mapping[str, Any] = {
    "optimum": OptimumApproach, "annealing": TextApproach, "hill-climbing": TextApproach, "ranking": ShortlistApproach,
    "pairwise": PairwiseApproach, "feedback": FeedbackApproach, "final-offer": FinalOfferApproach,
}  # fmt: skip
