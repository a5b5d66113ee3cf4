"""SyncBB, synchronous branch and bound: one partial assignment goes along a row of variables and back, until it is the best.

Source: Hirayama and Yokoo, "Distributed partial constraint satisfaction problem", CP 1997. Exact, and small: who has the
assignment is the only one at work, memory is linear, and time may be exponential; small or tight problems are its place.

The variables of each part of the constraint graph stand in a row, in the order of a depth-first search, so that most who share
costs stand near each other; each talks to the one before and the one after it only (rows and not the constraint graph are what
they talk along). First each tells the one before it a bound below all that it and those behind it can cost. Then the first
chooses its value, the next takes the one that costs the least with it, and so on; a value is passed over where the costs so
far and the bound of the rest are no better than the best whole assignment found, and who has no value left goes back. When the
first has none left, the best is known and goes along the row. Hard constraints cut whole branches off: nothing is found where
they contradict each other. Rows of different parts work at the same time.

    channel (former: before, latter: after):
    bounding -> latter says inform -> searching -> former says request (extend) -> extending -> latter says inform-done (back)
             -> searching; former says confirm (the best) -> AGREED

The best assignment so far is told whenever a better one is met, so a search that runs out of time leaves that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, ClassVar

import msgspec

from negotiate_rt.machine import Table
from negotiate_rt.messages.performatives import Confirm, Inform, InformDone, Message, Request
from negotiate_rt.problems.dcop import DcopProblem
from negotiate_rt.protocols.account import Account
from negotiate_rt.protocols.solving import Part, Solver, Solving, SolvingOptions
from negotiate_rt.runtime.neighbours import FORMER, LATTER, Graph, Neighbour
from negotiate_rt.solutions.dcop.chain import ChainStep, chain_steps, chains
from negotiate_rt.solutions.dcop.conflict import conflict_of
from negotiate_rt.solutions.dcop.memo import remembered
from negotiate_rt.solutions.dcop.optimum import MOST_BYTES
from negotiate_rt.solutions.dcop.pseudo_tree import pseudo_tree

CONFLICT = "conflict around"  # in the account's notes
Path = tuple[int, ...]  # values of a row from its first variable on, by their places in the domains


class SyncBbOptions(SolvingOptions, frozen=True, kw_only=True):
    """The options of SyncBB."""


class Rest(msgspec.Struct, frozen=True, gc=False, tag="sync-bb-rest"):
    """A bound below all that the sender and those after it can cost; None: nothing is allowed."""

    bound: float | None
    checks: int


class Extend(msgspec.Struct, frozen=True, gc=False, tag="sync-bb-extend"):
    """The values so far and what they cost; `best`: of the best whole assignment, None while there is none."""

    path: Path
    cost: float
    best: float | None
    checks: int


class Back(msgspec.Struct, frozen=True, gc=False, tag="sync-bb-back"):
    """No value is left: the cost of the best whole assignment, and its values if it was found since the request."""

    best: float | None
    path: Path
    checks: int


class Best(msgspec.Struct, frozen=True, gc=False, tag="sync-bb-best"):
    """The best whole assignment."""

    path: Path
    checks: int


def channel() -> Table:
    """Return the table of two variables that stand one after the other."""
    moves: Any = {
        "bounding": {(LATTER, Inform): "searching"},
        "searching": {(FORMER, Request): "extending", (FORMER, Confirm): "AGREED"},
        "extending": {(LATTER, InformDone): "searching"},
    }
    return Table("sync-bb", "bounding", moves, timeouts=dict.fromkeys(moves, "TIMEOUT"))


class RowNode:
    """One variable in its row: what is before and after it, and what it is trying."""

    __slots__ = (
        "after", "before", "best", "costs", "done", "name", "news", "numbers", "path", "rest", "so_far", "step", "talk",
        "untried",
    )  # fmt: skip

    def __init__(self, talk: Solver, name: str, step: ChainStep, numbers: tuple[int, ...]) -> None:
        self.talk = talk
        self.name = name
        self.step = step
        self.numbers = numbers  # of the row's variables, in the problem
        self.before: Neighbour | None = None
        self.after: Neighbour | None = None
        self.rest = 0.0  # a bound of what comes after
        self.path: Path = ()
        self.so_far = 0.0
        self.costs: list[float] = []
        self.untried: list[int] = []  # the best last
        self.best = math.inf
        self.news: Path = ()
        self.done = False

    # -- before the search ------------------------------------------------------------------------------------------------

    def bound(self, rest: float = 0.0) -> None:
        """Tell the one before what all from here on cost at least; the first begins."""
        self.rest = rest
        if self.before is None:
            self.extend((), 0.0, math.inf)
        else:
            self.say(Inform(Rest(finite(self.step.least + rest), self.talk.checks)), self.before)

    # -- the search -------------------------------------------------------------------------------------------------------

    def extend(self, path: Path, cost: float, best: float) -> None:
        """Begin with the values of those before."""
        self.path, self.so_far, self.best, self.news = path, cost, best, ()
        self.costs = self.step.costs(path)
        self.talk.checks += self.step.effort
        self.untried = sorted(range(len(self.costs)), key=self.costs.__getitem__)[::-1]
        self.go_on()

    def come_back(self, best: float, path: Path) -> None:
        """Take in what the one after has found."""
        if path:
            self.best, self.news = best, path
        self.go_on()

    def go_on(self) -> None:
        """Try the next value, or go back."""
        while self.untried:
            value = self.untried.pop()
            cost = self.so_far + self.costs[value]
            if cost + self.rest >= self.best:
                break  # those that are left cost as much or more
            path = (*self.path, value)
            if self.after is not None:
                self.say(Request(Extend(path, cost, finite(self.best), self.talk.checks)), self.after)
                return
            self.best, self.news = cost, path
            self.talk.settle(list(zip(self.numbers, path, strict=True)))
        if self.before is not None:
            self.say(InformDone(Back(finite(self.best), self.news, self.talk.checks)), self.before)
        elif self.best < math.inf:
            self.take(self.news)
        else:
            self.talk.account.notes[CONFLICT] = self.name
            self.talk.refusal = f"infeasible: the hard constraints around {self.name} cannot all be kept"

    def take(self, path: Path) -> None:
        """The best is known: pass it on."""
        if self.after is not None:
            self.say(Confirm(Best(path, self.talk.checks)), self.after)
        self.done = True

    def say(self, message: Message, end: Neighbour) -> None:
        """Say something to the one before or after."""
        self.talk.say(message, end)

    def hear(self, content: Any) -> None:
        """Follow what has been said."""
        FOLLOW[content.__class__](self, content)


def finite(cost: float) -> float | None:
    """Return a cost, None for infinity: messages hold finite numbers only."""
    return cost if cost < math.inf else None


def infinite(cost: float | None) -> float:
    """Return a cost, infinity for None."""
    return math.inf if cost is None else cost


FOLLOW: Mapping[type, Callable[[RowNode, Any], None]] = {
    Rest: lambda node, told: node.bound(infinite(told.bound)),
    Extend: lambda node, told: node.extend(told.path, told.cost, infinite(told.best)),
    Back: lambda node, told: node.come_back(infinite(told.best), told.path),
    Best: lambda node, told: node.take(told.path),
}


class SyncBb(Solving):
    """Synchronous branch and bound."""

    name = "sync-bb"
    options: ClassVar = SyncBbOptions
    contents: ClassVar = (Rest, Extend, Back, Best)
    channel: ClassVar = channel()
    streaming: ClassVar = True
    exact: ClassVar = True

    def graph(self, problem: DcopProblem) -> Graph:
        """Return the rows: each variable beside the one before and the one after it."""
        rows = remembered(problem, "rows", chains)
        nodes = {name: problem.variables[name].agent for row in rows for name in row}
        return Graph(nodes, tuple(edge for row in rows for edge in pairwise(row)))

    def part(self, problem: DcopProblem, part: Part, talk: Solver) -> dict[str, RowNode]:
        """Return an agent's variables in their rows."""
        steps, where = remembered(problem, "row nodes", row_nodes)
        found = {}
        for name in part.variables:
            node = found[name] = RowNode(talk, name, steps[name], where[name])
            for end in talk.nodes[name]:
                if end.role == LATTER:  # we come after it
                    node.before = end
                else:
                    node.after = end
        return found

    def refused(self, account: Account, reason: str) -> str:
        """Return why there is no assignment: with the constraints that contradict each other, where they can be told."""
        root = account.notes.pop(CONFLICT, None)
        tree = None if root is None else pseudo_tree(account.problem, [root])
        if root is None or tree is None or tree.most_bytes > MOST_BYTES:
            return reason
        conflict = conflict_of(account.problem, tree, root)
        return f"infeasible: these hard constraints cannot be kept together: {', '.join(conflict)}"

    async def solve(self, talk: Solver) -> None:
        """Search with those before and after, until the best is known."""
        nodes: dict[str, RowNode] = talk.part
        for node in nodes.values():
            if node.after is None:
                node.bound()
        while not talk.refusal and not all(node.done for node in nodes.values()):
            end, _ = await talk.receive()
            nodes[end.own].hear(end.heard)


def row_nodes(problem: DcopProblem) -> tuple[dict[str, ChainStep], dict[str, tuple[int, ...]]]:
    """Return each variable's costs, and its row, as numbers in the problem."""
    rows = remembered(problem, "rows", chains)
    number = {name: place for place, name in enumerate(problem.variables)}
    where = {name: numbers for row in rows for numbers in [tuple(number[one] for one in row)] for name in row}
    return chain_steps(problem, rows), where
