"""One variable's part in DPOP: its place in the trees that are drawn, and its tables. What it says goes through its channels."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import msgspec
import numpy as np

from negotiate_rt.messages.performatives import Confirm, Inform, InformDone, InformRef, Propagate, Request
from negotiate_rt.problems.dcop import DcopProblem, Objective
from negotiate_rt.protocols.dpop_bounded import Bounded, Cut, Question, Utilities
from negotiate_rt.protocols.solving import Solver, Told
from negotiate_rt.runtime.neighbours import Neighbour
from negotiate_rt.solutions.dcop.cost_table import Choices, CostTable, join, project


class Greeting(Told, frozen=True, gc=False, tag="dpop-greeting"):
    """Who my neighbours are."""

    near: tuple[str, ...]


class Visit(Told, frozen=True, gc=False, tag="dpop-visit"):
    """The token of a tree's depth-first search: you are visited now, from these ancestors, each with its domain's size.

    Ancestors without unvisited neighbours are left out, for nobody further down can be near them; the last, the sender, is
    `closed` if it has none but you. So the token of a chain stays short.
    """

    tree: int
    path: tuple[tuple[str, int], ...]
    closed: bool


class Sizes(msgspec.Struct, frozen=True, gc=False, tag="dpop-sizes"):
    """What the part of a tree below a variable takes: entries of all tables that are joined, of all that are sent, of the
    largest; its width, and of how many variables it consists.
    """

    joined: int = 0
    sent: int = 0
    largest: int = 0
    width: int = 0
    variables: int = 0

    def with_table(self, size: int, separator: Sequence[int]) -> Sizes:
        """Return the sizes with those of one more variable: its domain, and the domains of its separator."""
        entries = math.prod(separator)
        return self + Sizes(size * entries, entries, size * entries, len(separator), 1)

    def __add__(self, other: Sizes) -> Sizes:
        largest = self.largest if self.largest > other.largest else other.largest
        width = self.width if self.width > other.width else other.width
        many = self.variables + other.variables
        return Sizes(self.joined + other.joined, self.sent + other.sent, largest, width, many)


class Visited(Told, frozen=True, gc=False, tag="dpop-visited"):
    """The token comes back: my separator, which ancestors were met from below (as seen from whom), and what it takes."""

    tree: int
    separator: tuple[str, ...]
    met: tuple[tuple[str, str], ...]
    sizes: Sizes


class Verdict(Told, frozen=True, gc=False, tag="dpop-verdict"):
    """What a whole tree takes; passed on from its root to all below."""

    tree: int
    sizes: Sizes


class Chosen(Told, frozen=True, gc=False, tag="dpop-chosen"):
    """VALUE: what your separator's variables are set to, as places in their domains."""

    places: tuple[int, ...]


CONTENTS = (Greeting, Visit, Sizes, Visited, Verdict, Utilities, Chosen, Cut, Question)


class Branch:
    """One variable's place in one tree: who is above it and below."""

    __slots__ = ("below", "children", "fresh", "handed_on", "met", "parent", "path", "separator", "sizes")

    def __init__(self, parent: Neighbour | None, path: tuple[tuple[str, int], ...] = (), closed: bool = False) -> None:
        self.parent = parent
        self.path = dict(path)
        self.handed_on = path[:-1] if closed else path  # what is told further down
        self.children: list[tuple[Neighbour, tuple[str, ...]]] = []
        self.fresh: list[str] | None = None  # neighbours to visit, the next one last
        self.below: set[str] = set()  # neighbours that the search has reached through children
        self.met: list[tuple[str, str]] = []  # (ancestor, who below has it for a neighbour)
        self.separator: set[str] = set()
        self.sizes = Sizes()


class Node:
    """A variable. `value` is its place in the domain once it is chosen; `best` a root's best total."""

    def __init__(self, name: str, place: int, talk: Solver, problem: DcopProblem, tables: Sequence[CostTable]) -> None:
        self.name = name
        self.place = place
        self.talk = talk
        self.size = len(problem.variables[name].domain)
        self.objective: Objective = problem.objective
        self.tables = [(frozenset(table.variables), table) for table in tables]
        self.ends = {end.other: end for end in talk.nodes[name]}
        self.near: dict[str, frozenset[str]] = {}
        self.held: list[tuple[int, Branch]] = []  # visits that came before all greetings had
        self.trees: dict[int, Branch] = {}
        self.tries = 0
        self.verdicts: dict[int, Sizes] = {}
        self.tree: Branch | None = None  # the one that was chosen
        self.utilities: dict[str, Utilities] = {}
        self.choices: Choices | None = None
        self.sent = 0  # UTIL messages
        self.bounded: Bounded | None = None  # how it works where tables do not fit
        self.cuts: dict[str, Cut] = {}
        self.best = 0.0
        self.value: int | None = None

    # -- drawing trees ----------------------------------------------------------------------------------------------------

    def greet(self) -> None:
        """Tell all neighbours who one's neighbours are."""
        self.talk.tell(Inform(Greeting(0, self.talk.checks, tuple(self.ends))), self.talk.nodes[self.name])

    def greeted(self, end: Neighbour, content: Greeting) -> None:
        """A neighbour has said who its neighbours are; with the last of them the search may go on from here."""
        self.near[end.other] = frozenset(content.near)
        if len(self.near) == len(self.ends):
            held, self.held = self.held, []
            for tree, branch in held:
                self._go_on(tree, branch)

    def start(self, tree: int) -> None:
        """Be the root of a tree."""
        self._enter(tree, Branch(None))

    def visited(self, end: Neighbour, content: Visit) -> None:
        """The token has come from above."""
        self._enter(content.tree, Branch(end, content.path, content.closed))

    def _enter(self, tree: int, branch: Branch) -> None:
        self.trees[tree] = branch
        for one in self.ends:
            if one in branch.path:
                branch.separator.add(one)
                branch.met.append((one, self.name))
        if len(self.near) == len(self.ends):
            self._go_on(tree, branch)
        else:
            self.held.append((tree, branch))

    def _go_on(self, tree: int, branch: Branch) -> None:
        """Pass the token to the neighbour that most visited variables are neighbours of, then to the one with most of its own;
        back up where all are visited. (Who is visited and still near an unvisited one stands on the path: a search never
        leaves a branch before all near it are visited.)
        """
        fresh = branch.fresh
        if fresh is None:
            fresh = branch.fresh = self._in_turn(branch)
        while fresh and fresh[-1] in branch.below:
            fresh.pop()
        if not fresh:
            self._go_back(tree, branch)
            return
        following = fresh[-1]
        content = Visit(0, self.talk.checks, tree, (*branch.handed_on, (self.name, self.size)), len(fresh) == 1)
        self.talk.say(Request(content), self.ends[following])

    def _in_turn(self, branch: Branch) -> list[str]:
        """Return the neighbours that are not above, the one to visit first last; the order stays as it is while they wait."""
        near, here = self.near, branch.path.keys()
        fresh = [one for one in self.ends if one not in here]
        if len(fresh) > 1:
            fresh.sort(key=lambda one: (len(near[one] & here), len(near[one])), reverse=True)  # stable: ties in order
            fresh.reverse()
        return fresh

    def came_back(self, end: Neighbour, content: Visited) -> None:
        """The token has come back from below."""
        branch = self.trees[content.tree]
        branch.children.append((end, content.separator))
        branch.separator.update(content.separator)
        branch.separator.discard(self.name)
        for ancestor, one in content.met:
            if ancestor == self.name:
                branch.below.add(one)
            else:
                branch.met.append((ancestor, one))
        branch.sizes += content.sizes
        self._go_on(content.tree, branch)

    def _go_back(self, tree: int, branch: Branch) -> None:
        separator = self.separator(branch)
        branch.sizes = branch.sizes.with_table(self.size, [branch.path[one] for one in separator])
        if branch.parent is None:
            self.judged(None, Verdict(0, self.talk.checks, tree, branch.sizes))
        else:
            content = Visited(0, self.talk.checks, tree, separator, tuple(branch.met), branch.sizes)
            self.talk.say(InformDone(content), branch.parent)

    @staticmethod
    def separator(branch: Branch) -> tuple[str, ...]:
        """Return the separator, in the order of the path."""
        return tuple(one for one in branch.path if one in branch.separator)

    def judged(self, end: Neighbour | None, content: Verdict) -> None:
        """Hear what a tree takes, and pass it on; once all are known everybody chooses the same: the smallest, then the first."""
        self.verdicts[content.tree] = content.sizes
        below = [end for end, _ in self.trees[content.tree].children]
        if below:
            self.talk.tell(Propagate(Verdict(0, self.talk.checks, content.tree, content.sizes)), below)
        if len(self.verdicts) == self.tries:
            self.tree = self.trees[self.choice_of_tree]

    @property
    def choice_of_tree(self) -> int:
        """The tree with the fewest entries to join, then the least width, then the first that was begun."""
        return min(self.verdicts, key=lambda tree: (self.verdicts[tree].joined, self.verdicts[tree].width, tree))

    # -- utilities and values ---------------------------------------------------------------------------------------------

    def heard_utilities(self, end: Neighbour, content: Utilities) -> None:
        """A child has said what it can do (which may be before we know the chosen tree ourselves)."""
        self.utilities[end.other] = content

    @property
    def ready(self) -> bool:
        """Whether all children have said what they can do."""
        assert self.tree is not None
        return len(self.utilities) == len(self.tree.children)

    @property
    def is_root(self) -> bool:
        """Whether nobody stands above in the chosen tree."""
        return self.tree is not None and self.tree.parent is None

    def work(self) -> tuple[Callable[[], tuple[CostTable, Choices]], int]:
        """Return what is to be computed, the join of all tables that end here with this variable projected out, and how many
        entries the join has."""
        assert self.tree is not None
        sizes = {**self.tree.path, self.name: self.size}
        tables = [table for scope, table in self.tables if sizes.keys() >= scope]
        for content in self.utilities.values():
            costs = np.frombuffer(content.costs).reshape([sizes[one] for one in content.separator])
            tables.append(CostTable(content.separator, costs))
        self.utilities = {}
        variables = (self.name, *self.separator(self.tree))
        entries = math.prod(sizes[one] for one in variables)
        self.talk.checks += len(tables) * entries
        return lambda: project(join(tables, variables, sizes), self.name, self.objective), entries

    def computed(self, best: CostTable, choices: Choices) -> None:
        """Send the result up, or take it for the total where nobody is above."""
        assert self.tree is not None
        self.choices = choices
        if self.tree.parent is None:
            self.best = float(best.costs)
        else:
            self.sent += 1
            content = Utilities(0, self.talk.checks, best.variables, best.costs.tobytes())
            self.talk.say(InformRef(content), self.tree.parent)

    def choose(self, above: Mapping[str, int]) -> None:
        """Take the best value, given those of the separator, and tell the children theirs."""
        if self.bounded is not None:
            self.bounded.final = above
        else:
            self.settle(tuple(above.values()), above)

    def settle(self, at: tuple[int, ...], above: Mapping[str, int]) -> None:
        """Take the value that was best for a combination of what the choices are over; tell the children what stands above
        them."""
        assert self.tree is not None
        assert self.choices is not None
        self.value = int(self.choices[at])
        known = {**above, self.name: self.value}
        for end, separator in self.tree.children:
            content = Chosen(0, self.talk.checks, tuple(known[one] for one in separator))
            self.talk.say(Confirm(content), end)

    def told(self, end: Neighbour, content: Chosen) -> None:
        """The parent has said what stands above."""
        assert self.tree is not None
        self.choose(dict(zip(self.separator(self.tree), content.places, strict=True)))

    # -- in bounded memory ------------------------------------------------------------------------------------------------

    def told_cut(self, end: Neighbour, content: Cut) -> None:
        """A child has said what it must be given (which may be before we know the chosen tree ourselves)."""
        self.cuts[end.other] = content

    def questioned(self, end: Neighbour, content: Question) -> None:
        """The parent has asked what can be done, given some values."""
        assert self.bounded is not None
        self.bounded.question = content.places

    def bound(self, most_entries: int) -> Bounded:
        """Return how this variable works in bounded memory."""
        if self.bounded is None:
            self.bounded = Bounded(self, most_entries)
            self.bounded.cuts = self.cuts
        return self.bounded
