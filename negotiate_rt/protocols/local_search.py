"""What the local search of many agents shares: cells, one for each variable, in step with their neighbours.

Every variable is a node of its own, also where an agent has several: the agent plays all its cells, in the same phases, and
what one of them tells another never leaves the agent. A cell knows its own costs and the values of its neighbours, nothing else.
It is settled once it has been quiet for so long that every cell of its part of the graph must be: each tells its neighbours a
count of the quiet cycles that it and all it has heard of have gone through, and at one more than the greatest distance nothing
can move any more, anywhere; all of that part come to this in the same cycle (Yokoo and Hirayama, "Distributed breakout
algorithm", 1996). So they end without a word said for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, Literal

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.dcop import DcopProblem
from negotiate_rt.protocols.solving import Part, Solver, Solving, SolvingOptions, Told
from negotiate_rt.runtime.neighbours import Graph, Neighbour
from negotiate_rt.solutions.dcop.local_costs import LocalCosts
from negotiate_rt.solutions.dcop.minimised import minimised

Changes = list[tuple[int, int]]  # variables, by their places in the problem, and their values, by those in the domains


class LocalSearchOptions(SolvingOptions, frozen=True, kw_only=True):
    """How a local search begins and ends. `start`: from random values, each variable's first, or the best for it alone.

    `until_settled`: stop once nothing can change any more, else go through all `max_rounds` cycles.
    """

    start: Literal["random", "first", "best"] = "random"
    until_settled: bool = True

    def __post_init__(self) -> None:
        if self.start not in ("random", "first", "best"):
            raise ConfigurationError(f"start must be random, first or best, got {self.start!r}")


class Cell:
    """One variable of an agent: its place in the problem, its value, what it costs, and the channels to its neighbours.

    `audience`: the channels to tell, None for all of the agent's; `seen`: the neighbours' values; `costs`: of each own value,
    given these; `quiet`: how long nothing has moved, as far as it has heard; `reach`: how long is long enough.
    """

    __slots__ = (
        "audience", "best", "costs", "ends", "gain", "local", "lowest", "number", "place", "quiet", "reach", "seen", "tolerance",
    )  # fmt: skip

    def __init__(self, problem: DcopProblem, name: str, ends: tuple[Neighbour, ...]) -> None:
        known = minimised(problem)
        self.local = LocalCosts(problem, name)
        self.number = known.place[name]
        self.reach = known.reach[name]
        self.tolerance = self.local.tolerance
        self.lowest = 0.0  # a bound below all costs, for those who ask
        self.ends = ends
        self.audience: tuple[Neighbour, ...] | None = ends
        self.place = self.best = 0
        self.gain = 0.0
        self.seen: list[int] = []
        self.costs: Sequence[float] = self.local.base
        self.quiet = 0

    def hear(self) -> int:
        """Take in the values that the neighbours have told; return the constraint checks that it took."""
        seen = [end.heard.place for end in self.ends]
        if seen == self.seen:
            return 0
        self.seen = seen
        self.costs = self.local.costs(seen)
        return self.local.effort

    def count(self, quiet: bool) -> None:
        """Count a cycle in which this cell was quiet, or begin anew; the neighbours' counts were heard last."""
        if not quiet:
            self.quiet = 0
            return
        least = self.quiet
        for end in self.ends:
            if end.heard.quiet < least:
                least = end.heard.quiet
        self.quiet = least + 1

    @property
    def settled(self) -> bool:
        """Whether nothing can change any more in this part of the graph."""
        return self.quiet > self.reach


class Counted(Told, frozen=True, gc=False):
    """Root of what tells how many cycles all have been quiet that the sender has heard of."""

    quiet: int


class LocalSearch(Solving):
    """Root of the algorithms in which each variable goes on changing its value by what its neighbours have."""

    options: ClassVar[type | None] = LocalSearchOptions

    def graph(self, problem: DcopProblem) -> Graph:
        """Return the constraint graph: variables, and which share a cost function."""
        return constraint_graph(problem)

    def part(self, problem: DcopProblem, part: Part, talk: Solver) -> list[Cell]:
        """Return an agent's cells."""
        cells = [self.cell(problem, name, talk.nodes[name]) for name in part.variables]
        if len(cells) == 1:
            cells[0].audience = None
        return cells

    def cell(self, problem: DcopProblem, name: str, ends: tuple[Neighbour, ...]) -> Cell:
        """Return the cell of one variable."""
        return Cell(problem, name, ends)


def constraint_graph(problem: DcopProblem) -> Graph:
    """Return the variables, each with the agent that plays it, and which share a cost function."""
    known = minimised(problem)
    place = known.place
    edges = [(one, other) for one, near in known.near.items() for other in near if place[one] < place[other]]
    return Graph({name: one.agent for name, one in problem.variables.items()}, tuple(edges))


def begin(talk: Solver, cells: Iterable[Cell]) -> None:
    """Give every cell its first value, as the options say."""
    start = talk.options.start
    for cell in cells:
        base = cell.local.base
        cell.place = (
            talk.rng.randrange(len(base)) if start == "random" else base.index(min(base)) if start == "best" else 0
        )
    talk.note(0, [(cell.number, cell.place) for cell in cells])


def left_of(talk: Solver, cells: Sequence[Cell], cycle: int) -> Sequence[Cell]:
    """Return the cells that still have something to do after a cycle; without any, the agent has come to rest."""
    if not talk.options.until_settled or not any(cell.quiet > cell.reach for cell in cells):
        return cells
    left = [cell for cell in cells if not cell.settled]
    for cell in left:
        cell.audience = cell.ends
    if not left:
        talk.rest(cycle)
    return left


def ends_of(talk: Solver, cells: Sequence[Cell]) -> list[Neighbour] | None:
    """Return the channels of some cells; None for all that the agent has."""
    if sum(len(cell.ends) for cell in cells) == len(talk.ends):
        return None
    return [end for cell in cells for end in cell.ends]
