"""DPOP where tables do not fit: a variable works out smaller ones, for one combination of some ancestors' values after the other.

The idea is that of MB-DPOP (Petcu and Faltings, IJCAI 2007): memory is bounded, messages and time grow with the domains of the
variables that are cut out of the tables instead. Each variable, from the leaves up, tells its parent which ancestors it must be
given values of (`agree`), the topmost first, until its table fits. Who is such an ancestor tries its own values one by one: for
each it asks those children that depend on it (`query-ref`), and they answer with a table of what is left (`inform-ref`). What a
child has answered last is kept, so only those are asked again whose given values have changed. When the best values are known
from above, a variable whose choices were for other values works its table out once more for these.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from negotiate_rt.messages.performatives import Agree, InformRef, QueryRef
from negotiate_rt.protocols.solving import Solver, Told
from negotiate_rt.solutions.dcop.cost_table import CostTable, fixed, join, project

if TYPE_CHECKING:
    from negotiate_rt.protocols.dpop_node import Node

MOST_WORK = 1 << 34  # entries that it may be made to go through: some minutes
ASKING = 1 << 13  # entries that could be gone through while a question travels there and its answer back
ENDLESS = 1 << 60  # nobody counts further: it is told in messages
OFF_LOOP = 1 << 17  # entries of a join beyond which it is made in a worker thread: about a millisecond


class Cut(Told, frozen=True, gc=False, tag="dpop-cut"):
    """Which ancestors' values I must be given, and how much work each combination then is for me and all below, in entries."""

    given: tuple[str, ...]
    work: int


class Question(Told, frozen=True, gc=False, tag="dpop-question"):
    """What can you do, given these values of the variables you named?"""

    places: tuple[int, ...]


class Utilities(Told, frozen=True, gc=False, tag="dpop-utilities"):
    """UTIL: the best that I and all below me can do, for each combination of my separator's values (float64, in C order); of
    those values, where memory is bounded, that were not given."""

    separator: tuple[str, ...]
    costs: bytes


class Bounded:
    """One variable's work in bounded memory: which ancestors are `given`, and whether its own values are taken one by one
    (`split`). `work`: what it and all below have to do for each combination of what is given, in entries gone through, of
    which asking for it takes the time of `ASKING`.
    """

    def __init__(self, node: Node, most_entries: int) -> None:
        assert node.tree is not None
        self.node = node
        self.tree = node.tree
        self.most_entries = most_entries
        self.separator = node.separator(node.tree)
        self.given: tuple[str, ...] = ()
        self.rest: tuple[str, ...] = ()
        self.split = self.labelled = False
        self.work = 0
        self.cuts: dict[str, Cut] = {}
        self.asked: dict[str, tuple[int, ...]] = {}
        self.answers: dict[str, tuple[tuple[int, ...], CostTable]] = {}
        self.question: tuple[int, ...] | None = None
        self.context: dict[str, int] | None = None  # what is being worked out
        self.done: dict[str, int] | None = None  # what the node's choices are for
        self.final: Mapping[str, int] | None = None  # the separator's values, once they are chosen
        self.place = 0
        self.best: Any = None  # an array: the best costs over the places tried so far
        self.choices: Any = None  # likewise: which of them

    # -- what must be given -----------------------------------------------------------------------------------------------

    def label(self) -> None:
        """Settle what must be given, now that all children have said what they must be, and tell the parent."""
        node, sizes = self.node, {**self.tree.path, self.node.name: self.node.size}
        needed = {one for cut in self.cuts.values() for one in cut.given}
        self.split = node.name in needed
        given = [one for one in self.separator if one in needed]
        left = [one for one in self.separator if one not in needed]  # topmost first
        while left and math.prod(sizes[one] for one in left) * (1 if self.split else node.size) > self.most_entries:
            given.append(left.pop(0))
        self.given = tuple(one for one in self.separator if one in given)
        self.rest = tuple(left)
        self.work = node.size * math.prod(sizes[one] for one in left) + (ASKING if given else 0)
        for cut in self.cuts.values():
            self.work += cut.work * (node.size if node.name in cut.given else 1)
        self.work = min(self.work, ENDLESS)
        self.labelled = True
        if self.tree.parent is None:
            self.question = ()
        else:
            node.talk.say(Agree(Cut(0, node.talk.checks, self.given, self.work)), self.tree.parent)

    # -- working it out ---------------------------------------------------------------------------------------------------

    async def advance(self, talk: Solver) -> None:
        """Do all that can be done with what has been heard."""
        if not self.labelled:
            if len(self.cuts) < len(self.tree.children):
                return
            self.label()
            if self.work > MOST_WORK:
                return  # the root refuses
        self._take_answers()
        while self._has_context() and self._has_answers():
            await self._try_place(talk)

    def _take_answers(self) -> None:
        sizes = {**self.tree.path, self.node.name: self.node.size}
        for other, content in self.node.utilities.items():
            costs = np.frombuffer(content.costs).reshape([sizes[one] for one in content.separator])
            self.answers[other] = self.asked.pop(other), CostTable(content.separator, costs)
        self.node.utilities = {}

    def _has_context(self) -> bool:
        """Whether there is something to work out; if not, and all is known, take the value."""
        if self.context is not None:
            return True
        if self.question is not None:
            self._begin(dict(zip(self.given, self.question, strict=True)))
            return True
        if self.final is None or self.node.value is not None:
            return False
        wanted = {one: self.final[one] for one in self.given}
        if self.done != wanted:
            self._begin(wanted)
            return True
        self.node.settle(tuple(self.final[one] for one in self.rest), self.final)
        return False

    def _begin(self, context: dict[str, int]) -> None:
        self.context = context
        self.place = 0
        self.best = self.choices = None

    @property
    def _known(self) -> dict[str, int]:
        assert self.context is not None
        return {**self.context, self.node.name: self.place} if self.split else self.context

    def _has_answers(self) -> bool:
        """Whether every child's answer is for what is being tried; ask those whose is not."""
        known, complete = self._known, True
        for end, _ in self.tree.children:
            wanted = tuple(known[one] for one in self.cuts[end.other].given)
            answer = self.answers.get(end.other)
            if answer is not None and answer[0] == wanted:
                continue
            complete = False
            if self.asked.get(end.other) != wanted:
                self.asked[end.other] = wanted
                self.node.talk.say(QueryRef(Question(0, self.node.talk.checks, wanted)), end)
        return complete

    async def _try_place(self, talk: Solver) -> None:
        """Join the tables for the values that are given; with its own value among them for the next place only."""
        node, known = self.node, self._known
        sizes = {**self.tree.path, node.name: node.size}
        tables = [fixed(table, known) for scope, table in node.tables if sizes.keys() >= scope]
        tables += [fixed(table, known) for _, table in self.answers.values()]
        axes = self.rest if self.split else (node.name, *self.rest)
        entries = math.prod(sizes[one] for one in axes)
        talk.checks += len(tables) * entries
        joined = join(tables, axes, sizes) if entries < OFF_LOOP else await talk.compute(join, tables, axes, sizes)
        if not self.split:
            best, self.choices = project(joined, node.name, node.objective)
            self.best = best.costs
        elif self.best is None:
            self.best, self.choices = joined.costs, np.zeros(joined.costs.shape, np.min_scalar_type(node.size - 1))
        else:
            better = joined.costs < self.best if node.objective == "min" else joined.costs > self.best
            self.best = np.where(better, joined.costs, self.best)
            self.choices = np.where(better, self.choices.dtype.type(self.place), self.choices)
        self.place += 1
        if not self.split or self.place == node.size:
            self._finish()

    def _finish(self) -> None:
        node = self.node
        node.choices, self.done, self.context = self.choices, self.context, None
        if self.question is None:  # for its own choice
            return
        self.question = None
        if self.tree.parent is None:
            node.best = float(self.best)
        else:
            node.sent += 1
            costs = np.ascontiguousarray(self.best).tobytes()
            node.talk.say(InformRef(Utilities(0, node.talk.checks, self.rest, costs)), self.tree.parent)
