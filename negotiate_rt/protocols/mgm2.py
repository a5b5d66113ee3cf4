"""MGM-2: like MGM, but two variables that share costs may agree to change together.

Source: Maheswaran, Pearce and Tambe, "Distributed algorithms for DCOP: a graphical-game-based approach", PDCS 2004.

A cycle has five phases, one word in either direction along each edge of the constraint graph in each (10 |E| messages a cycle):

    values   all tell their values
    offers   by chance some make an offer to one neighbour: for each of its values, what the offerer would gain at best, and with
             which value of its own. (The paper lists all pairs of values; the others are never better for the two together.)
    answers  who makes no offer reckons what each offer would gain both, and accepts the best if that is above what it would gain
             alone; the others, and all that reach an offerer, are declined
    gains    all tell what their change gains, alone or together
    go       partners tell each other whether their gain is above those of all other neighbours; they change if both say so.
             Who has no partner changes if its own gain is the greatest, as in MGM

Between equal gains the lower agent name goes first, of two partners the lower name counts. Those who change share no cost
function but with their partner, so gains are real and the cost of the whole never rises. An offer that would gain nothing
tells both that the two of them are content as things stand; who is content with every neighbour, and gains nothing alone, is
quiet. Once all are quiet nothing can change any more, and the assignment is 2-optimal: no two variables that share costs can
improve it together, nor one alone. The cells find that out by themselves (local_search.py), and nobody makes an offer who is
content.

    channel: values -> offers -> answers -> gains -> goes -> values (both say inform in each)
"""

from __future__ import annotations

from typing import ClassVar

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.messages.performatives import Inform
from negotiate_rt.problems.dcop import DcopProblem
from negotiate_rt.protocols.local_search import (
    Cell,
    Changes,
    Counted,
    LocalSearch,
    LocalSearchOptions,
    begin,
    ends_of,
    left_of,
)
from negotiate_rt.protocols.mgm import Rank, rank_of
from negotiate_rt.protocols.solving import Solver, Told, lockstep
from negotiate_rt.runtime.neighbours import Neighbour
from negotiate_rt.solutions.dcop.local_moves import Offer, improvement, joint_move, leads

UNHEARD, CONTENT, OUTBID = -1, -2, -3  # answers to an offer that is not accepted: not looked at, no gain, a lesser gain


class Mgm2Options(LocalSearchOptions, frozen=True, kw_only=True):
    """The options of MGM-2. `offering`: the probability that a variable makes an offer in a cycle, between 0 and 1."""

    offering: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.offering < 1:
            raise ConfigurationError(f"offering must be above 0 and below 1, got {self.offering}")


class Mgm2Value(Told, frozen=True, gc=False, tag="mgm-2-value"):
    """A variable's value: its place in the domain."""

    place: int


class Mgm2Offer(Told, frozen=True, gc=False, tag="mgm-2-offer"):
    """For each value of who hears it: what the offerer gains at best, and with which value. Empty: no offer."""

    offers: tuple[Offer, ...]


class Mgm2Answer(Told, frozen=True, gc=False, tag="mgm-2-answer"):
    """The value with which the offer is accepted, and what that gains both; a `place` below 0 declines."""

    place: int
    gain: float


class Mgm2Gain(Counted, frozen=True, gc=False, tag="mgm-2-gain"):
    """What the sender's change gains, and who leads it: agent and variable."""

    gain: float
    leader: Rank


class Mgm2Go(Told, frozen=True, gc=False, tag="mgm-2-go"):
    """Whether the sender's partner may go ahead."""

    go: bool


class Mgm2Cell(Cell):
    """A variable with its partner of this cycle, if any, and the neighbours with whom it is `content`, by slot.

    `addressee`: the slot of the neighbour to whom it makes an offer, -1 for none; `partner` likewise; `leader`: who decides
    between equal gains.
    """

    __slots__ = ("addressee", "content", "leader", "offers", "partner", "replies")

    def __init__(self, problem: DcopProblem, name: str, ends: tuple[Neighbour, ...]) -> None:
        super().__init__(problem, name, ends)
        self.addressee = self.partner = -1
        self.content: set[int] = set()
        self.leader: Rank = ("", "")
        self.offers: tuple[Offer, ...] = ()
        self.replies: list[tuple[int, float]] = []

    def look(self, talk: Solver) -> None:
        """Take in values; whatever has changed, nobody is content any more. Then maybe make an offer."""
        if checks := self.hear():
            talk.checks += checks
            self.content.clear()
        self.gain, self.best = improvement(self.costs, self.place, self.tolerance)
        self.leader, self.partner, self.addressee, self.offers = rank_of(talk, self), -1, -1, ()
        open_ = [slot for slot in range(len(self.ends)) if slot not in self.content]
        if open_ and talk.rng.random() < talk.options.offering:
            self.addressee = open_[int(talk.rng.random() * len(open_))]
            now = self.costs[self.place]
            responses = self.local.responses(self.addressee, self.seen)
            self.offers = tuple((now - cost, place) for cost, place in responses)
            talk.checks += self.local.effort * len(responses)

    def answer(self, talk: Solver) -> None:
        """Reckon what the offers that have come would gain, and accept the best if it is above the own gain."""
        self.replies = [(UNHEARD, 0.0)] * len(self.ends)
        if self.addressee >= 0:
            return
        alone, accepted = self.gain, -1
        for slot, end in enumerate(self.ends):
            offers = end.heard.offers
            if not offers:
                continue
            costs = self.local.costs_without(slot, self.seen)
            talk.checks += self.local.effort
            gain, _, own = joint_move(offers, costs, self.place, self.tolerance)
            if not gain:
                self.content.add(slot)
            self.replies[slot] = (OUTBID if gain else CONTENT, gain)
            if gain > alone:
                alone, accepted, self.best = gain, slot, own
        if accepted >= 0:
            self.replies[accepted] = (self.best, alone)
            self.team_up(accepted, alone)

    def hear_answer(self) -> None:
        """Take in what became of the own offer."""
        if self.addressee < 0:
            return
        answer: Mgm2Answer = self.ends[self.addressee].heard
        if answer.place == CONTENT:
            self.content.add(self.addressee)
        elif answer.place >= 0:
            self.best = self.offers[answer.place][1]
            self.team_up(self.addressee, answer.gain)

    def team_up(self, slot: int, gain: float) -> None:
        """Change together with the neighbour at a slot, if at all in this cycle."""
        end = self.ends[slot]
        self.partner, self.gain = slot, gain
        self.leader = min(self.leader, (end.other_agent, end.other))

    @property
    def ahead(self) -> bool:
        """Whether the gain is above those of all neighbours but the partner."""
        rivals = [(end.heard.gain, end.heard.leader) for slot, end in enumerate(self.ends) if slot != self.partner]
        return bool(self.gain) and leads(self.gain, self.leader, rivals)

    def move(self, ahead: bool) -> bool:
        """Change if all say so; return whether."""
        if not ahead or (self.partner >= 0 and not self.ends[self.partner].heard.go):
            return False
        if self.best != self.place:
            self.place = self.best
            self.content.clear()
            return True
        return False


class Mgm2(LocalSearch):
    """Maximum gain message for pairs."""

    name = "mgm-2"
    options: ClassVar = Mgm2Options
    contents: ClassVar = (Mgm2Value, Mgm2Offer, Mgm2Answer, Mgm2Gain, Mgm2Go)
    channel: ClassVar = lockstep("mgm-2", "values", "offers", "answers", "gains", "goes")

    def cell(self, problem: DcopProblem, name: str, ends: tuple[Neighbour, ...]) -> Cell:
        """Return the cell of one variable."""
        return Mgm2Cell(problem, name, ends)

    async def solve(self, talk: Solver) -> None:
        """Go through the five phases of each cycle."""
        cells: list[Mgm2Cell] = talk.part
        ends = None
        begin(talk, cells)
        for cycle in range(1, talk.cycles + 1):
            for cell in cells:
                talk.tell(Inform(Mgm2Value(cycle, talk.checks, cell.place)), cell.audience)
            await talk.gather(cycle, ends)
            await self.make_offers(talk, cells, cycle, ends)
            await self.answer_offers(talk, cells, cycle, ends)
            talk.note(cycle, await self.change(talk, cells, cycle, ends))
            left = left_of(talk, cells, cycle)
            if not left:
                return
            if left is not cells:
                cells, ends = list(left), ends_of(talk, left)  # type: ignore[arg-type]  # cells of ours

    async def make_offers(self, talk: Solver, cells: list[Mgm2Cell], cycle: int, ends: list[Neighbour] | None) -> None:
        """The phase of offers."""
        for cell in cells:
            cell.look(talk)
        nothing = Inform(Mgm2Offer(cycle, talk.checks, ()))
        for cell in cells:
            for slot, end in enumerate(cell.ends):
                offered = slot == cell.addressee
                talk.say(Inform(Mgm2Offer(cycle, talk.checks, cell.offers)) if offered else nothing, end)
        await talk.gather(cycle, ends)

    async def answer_offers(
        self, talk: Solver, cells: list[Mgm2Cell], cycle: int, ends: list[Neighbour] | None
    ) -> None:
        """The phase of answers."""
        for cell in cells:
            cell.answer(talk)
        for cell in cells:
            for end, (place, gain) in zip(cell.ends, cell.replies, strict=True):
                talk.say(Inform(Mgm2Answer(cycle, talk.checks, place, gain)), end)
        await talk.gather(cycle, ends)
        for cell in cells:
            cell.hear_answer()

    async def change(self, talk: Solver, cells: list[Mgm2Cell], cycle: int, ends: list[Neighbour] | None) -> Changes:
        """The phases of gains and of going ahead; return what has changed."""
        for cell in cells:
            talk.tell(Inform(Mgm2Gain(cycle, talk.checks, cell.quiet, cell.gain, cell.leader)), cell.audience)
        await talk.gather(cycle, ends)
        ahead = []
        for cell in cells:
            cell.count(not cell.gain and len(cell.content) == len(cell.ends))
            ahead.append(cell.ahead)
        for cell, go in zip(cells, ahead, strict=True):
            talk.tell(Inform(Mgm2Go(cycle, talk.checks, go)), cell.audience)
        await talk.gather(cycle, ends)
        return [(cell.number, cell.place) for cell, go in zip(cells, ahead, strict=True) if cell.move(go)]
