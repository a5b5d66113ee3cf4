"""CoCoA, cooperative constraint approximation: each asks its neighbours once what its values would cost them, and chooses.

Source: van Leeuwen and Pawełczak, "CoCoA: a non-iterative approach to a local search (A)DCOP solver", AAAI 2017.

In each part of the constraint graph the variable with the most neighbours begins. Who begins asks every neighbour that has no
value yet what each of its own values would cost the two of them at best, given the values that are known; it adds up the
answers and chooses the best. Then it tells all neighbours, and those that have not begun begin. If several values are equally
good while some neighbour may still decide between them (it has no value, and does not hold back itself), it holds back, and
tells so: that, too, makes neighbours begin. It asks again when a neighbour has chosen; where all that are left around it hold
back, the one of the lowest name chooses by chance. So every variable chooses once, and nobody goes back: a few messages an
edge, and a good assignment at once, which another algorithm may start from. Neighbours may choose at the same time, and then
neither knows of the other.

    channel: open -> query-ref (what would my values cost?), inform-ref (so much), inform (I hold back), either side, any number
             -> confirm (my value) by one, -> confirm by the other -> AGREED

Hard constraints are penalties above all soft costs (solutions/dcop/minimised.py). Functions of several variables are shared out
so that none is reckoned twice (solutions/dcop/cooperation.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np

from negotiate_rt.machine import Table
from negotiate_rt.messages.performatives import Confirm, Inform, InformRef, Message, QueryRef
from negotiate_rt.problems.dcop import DcopProblem
from negotiate_rt.protocols.base import DUPLICATION
from negotiate_rt.protocols.local_search import constraint_graph
from negotiate_rt.protocols.solving import Part, Solver, Solving, SolvingOptions, Told
from negotiate_rt.runtime.neighbours import FORMER, LATTER, Graph, Neighbour
from negotiate_rt.solutions.dcop.cooperation import CooperativeCosts
from negotiate_rt.solutions.dcop.memo import remembered
from negotiate_rt.solutions.dcop.minimised import minimised
from negotiate_rt.solutions.dcop.pseudo_tree import components, roots_to_try

IDLE, ASKING, HOLDING, CHOSEN = "idle", "asking", "holding", "chosen"


class CocoaOptions(SolvingOptions, frozen=True, kw_only=True):
    """The options of CoCoA. `unique_first`: hold back while several values are equally good, else choose one at once."""

    unique_first: bool = True


class CocoaQuery(Told, frozen=True, gc=False, tag="cocoa-query"):
    """What would each of my values cost you? With the values around the asker that are known: variables and places."""

    known: tuple[tuple[int, int], ...]


class CocoaAnswer(Told, frozen=True, gc=False, tag="cocoa-answer"):
    """What each value of the asker costs at best; nothing from who has chosen, or has nothing to add."""

    costs: tuple[float, ...]


class CocoaHold(Told, frozen=True, gc=False, tag="cocoa-hold"):
    """The sender holds back."""


class CocoaValue(Told, frozen=True, gc=False, tag="cocoa-value"):
    """The sender has chosen: the place of its value."""

    place: int


def channel() -> Table:
    """Return the table of two neighbours: both ask and answer until both have chosen; questions may cross a choice."""
    asking = (QueryRef, InformRef, Inform)
    moves: Any = {"open": {(role, kind): "open" for role in (FORMER, LATTER) for kind in asking}}
    for role, other in ((FORMER, LATTER), (LATTER, FORMER)):
        state = f"{role}_chose"
        moves["open"][role, Confirm] = state
        moves[state] = {(role, InformRef): state, (other, Confirm): "AGREED"} | {
            (other, kind): state for kind in asking
        }
    return Table("cocoa", "open", moves, timeouts=dict.fromkeys(moves, "TIMEOUT"))


class CocoaNode:
    """One variable: what it knows of its neighbours (by slot), and how far it is."""

    __slots__ = (
        "answers",
        "awaited",
        "costs",
        "ends",
        "held",
        "known",
        "name",
        "place",
        "slots",
        "state",
        "talk",
        "told",
    )

    def __init__(self, problem: DcopProblem, name: str, talk: Solver) -> None:
        self.talk = talk
        self.name = name
        self.costs = CooperativeCosts(problem, name)
        self.ends = talk.nodes[name]
        place = minimised(problem).place
        self.slots = {end: place[end.other] for end in self.ends}
        self.state = IDLE
        self.place = -1
        self.known: dict[int, int] = {}  # of neighbours, and of what they have told of theirs
        self.awaited: set[Neighbour] = set()
        self.answers: dict[Neighbour, tuple[float, ...]] = {}
        self.held: set[Neighbour] = set()
        self.told = False  # that it holds back

    @property
    def open(self) -> list[Neighbour]:
        """The neighbours that have not chosen."""
        return [end for end in self.ends if self.slots[end] not in self.known]

    @property
    def over(self) -> bool:
        """Whether nothing is left to be said or heard."""
        return self.state == CHOSEN and not self.open

    def say(self, message: Message, end: Neighbour) -> None:
        """Say something to a neighbour."""
        self.talk.say(message, end)

    # -- choosing ---------------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Ask all that have not chosen."""
        self.state = ASKING
        self.answers = {}
        self.awaited = set(self.open)
        query = CocoaQuery(0, self.talk.checks, tuple(self.known.items()))
        for end in self.open:
            self.say(QueryRef(query), end)
        if not self.awaited:
            self.decide()

    def decide(self) -> None:
        """Choose, or hold back."""
        total = self.costs.costs(self.known)
        self.talk.checks += self.costs.effort
        for end in self.open:
            if self.answers.get(end):
                total = total + np.array(self.answers[end])
        best = self.costs.best(total)
        if len(best) > 1 and self.talk.options.unique_first and not self.is_next():
            self.hold()
        else:
            self.choose(best[int(self.talk.rng.random() * len(best))] if len(best) > 1 else best[0])

    def is_next(self) -> bool:
        """Whether nobody is left around who could make a difference: all hold back, those of lower names excepted."""
        return all(end in self.held and self.name < end.other for end in self.open)

    def hold(self) -> None:
        """Hold back, and tell so."""
        self.state = HOLDING
        if not self.told:
            self.told = True
            for end in self.open:
                self.say(Inform(CocoaHold(0, self.talk.checks)), end)

    def choose(self, place: int) -> None:
        """Take a value for good, and tell all neighbours."""
        self.state, self.place = CHOSEN, place
        self.talk.settle([(self.costs.number, place)])
        for end in self.ends:
            self.say(Confirm(CocoaValue(0, self.talk.checks, place)), end)

    # -- hearing ----------------------------------------------------------------------------------------------------------

    def asked(self, end: Neighbour, told: CocoaQuery) -> None:
        """Answer a neighbour that is about to choose."""
        costs: list[float] = []
        if self.state != CHOSEN:
            costs = self.costs.answer(self.slots[end], {**self.known, **dict(told.known)})
            self.talk.checks += self.costs.effort
        self.say(InformRef(CocoaAnswer(0, self.talk.checks, tuple(costs))), end)

    def answered(self, end: Neighbour, told: CocoaAnswer) -> None:
        """Take in an answer; with the last one, decide."""
        self.answers[end] = told.costs
        self.awaited.discard(end)
        if not self.awaited and self.state == ASKING:
            self.decide()

    def held_back(self, end: Neighbour, told: CocoaHold) -> None:
        """A neighbour holds back: it is our turn, or maybe so."""
        self.held.add(end)
        if self.state == IDLE or (self.state == HOLDING and self.is_next()):
            self.begin()

    def chosen(self, end: Neighbour, told: CocoaValue) -> None:
        """A neighbour has chosen: begin, or ask again."""
        self.known[self.slots[end]] = told.place
        if self.state in (IDLE, HOLDING):
            self.begin()


FOLLOW: Mapping[type, Callable[[CocoaNode, Neighbour, Any], None]] = {
    CocoaQuery: CocoaNode.asked, CocoaAnswer: CocoaNode.answered, CocoaHold: CocoaNode.held_back, CocoaValue: CocoaNode.chosen,
}  # fmt: skip


class Cocoa(Solving):
    """Cooperative constraint approximation."""

    name = "cocoa"
    options: ClassVar = CocoaOptions
    contents: ClassVar = (CocoaQuery, CocoaAnswer, CocoaHold, CocoaValue)
    channel: ClassVar = channel()
    streaming: ClassVar = True
    tolerates: ClassVar = frozenset({DUPLICATION})  # who hears first chooses first

    def graph(self, problem: DcopProblem) -> Graph:
        """Return the constraint graph."""
        return constraint_graph(problem)

    def part(self, problem: DcopProblem, part: Part, talk: Solver) -> tuple[dict[str, CocoaNode], list[str]]:
        """Return an agent's variables, and those of them that begin."""
        nodes = {name: CocoaNode(problem, name, talk) for name in part.variables}
        return nodes, [
            name for name in part.variables if name in remembered(problem, "first to choose", first_to_choose)
        ]

    async def solve(self, talk: Solver) -> None:
        """Ask and answer until all around have chosen."""
        nodes: dict[str, CocoaNode] = talk.part[0]
        for name in talk.part[1]:
            nodes[name].begin()
        while not all(node.over for node in nodes.values()):
            end, _ = await talk.receive()
            FOLLOW[end.heard.__class__](nodes[end.own], end, end.heard)


def first_to_choose(problem: DcopProblem) -> frozenset[str]:
    """Return who begins: in each part of the constraint graph the variable with the most neighbours."""
    near = minimised(problem).near
    return frozenset(roots_to_try(near, part, 1)[0] for part in components(near))
