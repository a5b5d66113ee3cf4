"""Max-Sum: variables and cost functions pass messages about what each value costs at best, as far as they have heard.

Source: Farinelli, Rogers, Petcu and Jennings, "Decentralised coordination of low-power embedded devices using the max-sum
algorithm", AAMAS 2008; damping after Cohen, Galiki and Zivan, "Governing convergence of Max-sum on DCOPs through damping and
splitting", Artificial Intelligence 279, 2020.

The nodes are those of the factor graph: every variable, and every cost function of several variables. A function is played by
one of the agents whose variables it touches, the one that plays the fewest so far, so that agents talk to neighbours only. In
each cycle every variable tells its functions what each of its values costs elsewhere (a query); each function answers with
what each value costs at best together with it; and the variable takes the value that is the cheapest by all answers. On a
graph without cycles these messages come to rest, and the values are the best there are: exact. On others they may go round for
ever; queries are damped with a share of what was said before, and the result is the best assignment met.

Ties are broken the same way everywhere by a tiny cost of each value, drawn by its agent (`tie_break`, a share of what a cost
function spans on average): without it neighbours may choose halves of different optima. Who would say almost the same as
before says it again to the bit; once all do, nothing changes any more, which variables find out by counts of quiet cycles as
in local search (local_search.py; functions pass on the least count they hear).

Two messages for each variable of each function a cycle, one in either direction.

    channel: queries -> former (a variable) says query-ref -> answers -> latter (a function) says inform-ref -> queries

Hard constraints are penalties above all soft costs (solutions/dcop/minimised.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.machine import Table
from negotiate_rt.messages.performatives import InformRef, QueryRef
from negotiate_rt.problems.dcop import DcopProblem
from negotiate_rt.protocols.solving import Part, Solver, Solving, SolvingOptions, Told
from negotiate_rt.runtime.neighbours import FORMER, LATTER, Graph, Neighbour
from negotiate_rt.solutions.dcop.max_sum import FactorTable, belief, damped, query
from negotiate_rt.solutions.dcop.minimised import minimised

STILLNESS = 1e-10  # of what a cost function spans on average: far below the ties that are broken, far above rounding
FUNCTION = "function "  # before a function's name, where a variable may have the same


class MaxSumOptions(SolvingOptions, frozen=True, kw_only=True):
    """The options of Max-Sum. `damping`: the share of the last message in the next, from 0 and below 1. `tie_break`: of what a
    cost function spans on average, 0 for none. `until_settled`: stop once no message changes any more.
    """

    damping: float = 0.5
    tie_break: float = 1e-6
    until_settled: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.damping < 1:
            raise ConfigurationError(f"damping must be at least 0 and below 1, got {self.damping}")
        if not 0 <= self.tie_break <= 1:
            raise ConfigurationError(f"tie_break must be from 0 to 1, got {self.tie_break}")


class MaxSumCosts(Told, frozen=True, gc=False, tag="max-sum-costs"):
    """What each value of a variable costs at best, and how long all has been quiet that the sender has heard of."""

    quiet: int
    costs: tuple[float, ...]


def channel() -> Table:
    """Return the table of a variable and a function."""
    moves: Any = {
        "queries": {(FORMER, QueryRef): "answers"},
        "answers": {(LATTER, InformRef): "queries"},
    }
    return Table("max-sum", "queries", moves, timeouts=dict.fromkeys(moves, "TIMEOUT"))


class VariableNode:
    """A variable: its own costs (with what breaks ties), its value, and what it last told each of its functions."""

    __slots__ = ("base", "ends", "heard", "name", "number", "place", "quiet", "reach", "said", "still")

    def __init__(self, problem: DcopProblem, name: str, ends: tuple[Neighbour, ...], ties: Sequence[float]) -> None:
        known = minimised(problem)
        self.name = name
        self.number = known.place[name]
        self.reach = known.reach[name]
        self.ends = ends
        self.base = [cost + tie for cost, tie in zip(known.unary[name].tolist(), ties, strict=True)]
        self.place = self.base.index(min(self.base))
        least = min(self.base)
        self.said = [tuple(cost - least for cost in self.base)] * len(ends)
        self.quiet = 0
        self.heard: list[tuple[float, ...]] = []
        self.still = False  # said nothing new last time

    def hear(self, damping: float, stillness: float) -> bool:
        """Take in all answers; return whether the value has changed."""
        heard = [end.heard.costs for end in self.ends]
        before = self.place
        if not self.still or heard != self.heard:
            self.heard, self.still = heard, True
            total = belief(self.base, heard)
            self.place = total.index(min(total))
            for slot, answer in enumerate(heard):
                self.said[slot], new = damped(self.said[slot], query(total, answer), damping, stillness)
                self.still = self.still and not new
        self.quiet = min([self.quiet, *(end.heard.quiet for end in self.ends)]) + 1 if self.still else 0
        return self.place != before


class FunctionNode:
    """A cost function that an agent plays, beside a variable of its own that the function touches."""

    __slots__ = ("answers", "beside", "ends", "heard", "table")

    def __init__(self, table: FactorTable, ends: tuple[Neighbour, ...], beside: VariableNode) -> None:
        self.table = table
        self.ends = ends
        self.beside = beside
        self.heard: list[tuple[float, ...]] = []
        self.answers: list[tuple[float, ...]] = []

    def answer(self, talk: Solver, cycle: int) -> None:
        """Answer all queries."""
        heard = [end.heard.costs for end in self.ends]
        if heard != self.heard:
            self.heard, self.answers = heard, self.table.answers(heard)
            talk.checks += self.table.effort
        quiet = min(end.heard.quiet for end in self.ends)
        for end, costs in zip(self.ends, self.answers, strict=True):
            talk.say(InformRef(MaxSumCosts(cycle, talk.checks, quiet, costs)), end)


class Nodes:
    """What one agent plays: its variables, and the functions that fell to it."""

    __slots__ = ("functions", "stillness", "variables")

    def __init__(self, variables: list[VariableNode], functions: list[FunctionNode], stillness: float) -> None:
        self.variables = variables
        self.functions = functions
        self.stillness = stillness

    def drop_settled(self) -> None:
        """Let go of those in whose part of the graph nothing changes any more."""
        self.variables = [one for one in self.variables if one.quiet <= one.reach]
        self.functions = [one for one in self.functions if one.beside.quiet <= one.beside.reach]


class MaxSum(Solving):
    """Messages on the factor graph."""

    name = "max-sum"
    options: ClassVar = MaxSumOptions
    contents: ClassVar = (MaxSumCosts,)
    channel: ClassVar = channel()

    def graph(self, problem: DcopProblem) -> Graph:
        """Return the factor graph: variables first, then functions, each with the agent that plays it."""
        known = minimised(problem)
        nodes = {name: one.agent for name, one in problem.variables.items()}
        played = dict.fromkeys(problem.agents, 0)
        edges = []
        for name, scope in known.scopes.items():
            agent = min((problem.variables[one].agent for one in scope), key=played.__getitem__)
            played[agent] += 1
            nodes[FUNCTION + name] = agent
            edges += [(one, FUNCTION + name) for one in scope]
        if len(nodes) < len(problem.variables) + len(known.scopes):
            raise ConfigurationError(f"max-sum: a variable is named {FUNCTION!r} and a function's name: rename it")
        return Graph(nodes, tuple(edges))

    def part(self, problem: DcopProblem, part: Part, talk: Solver) -> Nodes:
        """Return the nodes that an agent plays."""
        known = minimised(problem)
        scale = (known.penalty - 1) / len(known.scopes) if known.scopes else 0.0
        noise = talk.options.tie_break * scale
        variables = {}
        for name in part.variables:
            ties = [talk.rng.uniform(0, noise) for _ in problem.variables[name].domain]
            variables[name] = VariableNode(problem, name, talk.nodes[name], ties)
        functions = []
        for name in part.functions:
            ends = talk.nodes.get(FUNCTION + name)
            if ends:  # it fell to us; its ends are in the order of the variables, its axes in that of its scope
                scope = known.scopes[name]
                order = sorted(range(len(scope)), key=lambda axis, scope=scope: known.place[scope[axis]])  # type: ignore[misc]
                beside = next(variables[one] for one in scope if one in variables)
                functions.append(FunctionNode(FactorTable(known.tables[name].transpose(order)), ends, beside))
        return Nodes(list(variables.values()), functions, STILLNESS * scale)

    async def solve(self, talk: Solver) -> None:
        """Ask, answer, take what is cheapest."""
        nodes: Nodes = talk.part
        options: MaxSumOptions = talk.options
        talk.note(0, [(one.number, one.place) for one in nodes.variables])
        for cycle in range(1, talk.cycles + 1):
            for one in nodes.variables:
                for end, costs in zip(one.ends, one.said, strict=True):
                    talk.say(QueryRef(MaxSumCosts(cycle, talk.checks, one.quiet, costs)), end)
            await talk.gather(cycle, [end for function in nodes.functions for end in function.ends])
            for function in nodes.functions:
                function.answer(talk, cycle)
            await talk.gather(cycle, [end for one in nodes.variables for end in one.ends])
            changed = [one for one in nodes.variables if one.hear(options.damping, nodes.stillness)]
            talk.note(cycle, [(one.number, one.place) for one in changed])
            if options.until_settled:
                nodes.drop_settled()
                if not nodes.variables:
                    talk.rest(cycle)
                    return
