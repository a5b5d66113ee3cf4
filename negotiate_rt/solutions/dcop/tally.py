"""What a run of agents that solve a DCOP costs as it goes on: reckoned from the changes that they make, cycle by cycle.

Agents know their own part only. Who watches them all wants the cost of the whole, and the best assignment so far: most
algorithms may leave it again (anytime solutions, Zivan, Okamoto and Peled 2014).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import count

import msgspec
import numpy as np

from negotiate_rt.problems.dcop import DcopProblem

Change = tuple[int, int]  # a variable, by its place in the problem, and its value, by its place in the domain


class CostPoint(msgspec.Struct, frozen=True, gc=False):
    """What all values together cost at the end of a cycle (0: where the agents began); None while a variable has none.

    `cost` is infinite while a hard constraint is broken. `at`: seconds on the society's clock; `messages`: said by then.
    """

    cycle: int
    at: float
    cost: float | None
    messages: int


class CostTally:
    """The cost of an assignment that `agents` agents change, and the best one so far.

    Cycles close in order, each when all agents have noted theirs. `places`: each variable's value, `cost`: that of the last
    closed cycle, `curve`: of all. Only functions of changed variables are looked up; the sum is exact (fsum) and so never
    drifts. Cost: O(changes * functions of a variable + all functions) a cycle in which something changed.
    """

    def __init__(self, problem: DcopProblem, agents: int) -> None:
        self.problem = problem
        self.agents = agents
        self.places: list[int | None] = [None] * len(problem.variables)
        self.cost: float | None = None if problem.variables else 0.0
        self.best_cost: float | None = self.cost
        self.best_cycle = 0
        self.curve: list[CostPoint] = []
        self.closed = -1
        self._open = len(self.places)  # variables without a value
        self._broken = 0  # hard constraints
        self._kept: list[int | None] | None = None  # the best assignment, once it has been left
        self._best_rank = (math.inf, math.inf)
        self._working = agents  # who notes the cycle that is open
        self._resting: dict[int, int] = {}  # how many note no more from a cycle on
        self._noted: dict[int, tuple[int, list[Change]]] = {}
        self._terms, self._touching, self._lookups, self._scopes = self._compiled()

    def _compiled(
        self,
    ) -> tuple[list[float], list[list[int]], list[Callable[[int], float]], list[tuple[Change, ...]]]:
        """Return a cost of 0 for each unary cost and function, who touches which, how to look each up, and its strides."""
        problem = self.problem
        place = {name: i for i, name in enumerate(problem.variables)}
        touching: list[list[int]] = [[] for _ in place]
        lookups: list[Callable[[int], float]] = []
        scopes: list[tuple[Change, ...]] = []
        unary = [((name,), problem.unary[name]) for name in place if problem.unary[name].any()]
        several = [(one.variables, problem.tables[one.name]) for one in problem.functions.values()]
        for number, (variables, table) in enumerate((*unary, *several)):
            flat = np.ascontiguousarray(table)
            strides = [stride // flat.itemsize for stride in flat.strides]
            scopes.append(tuple((place[one], stride) for one, stride in zip(variables, strides, strict=True)))
            lookups.append(flat.ravel().item)
            for one in variables:
                touching[place[one]].append(number)
        return [0.0] * len(scopes), touching, lookups, scopes

    # -- what agents tell -------------------------------------------------------------------------------------------------

    def note(self, cycle: int, changed: Sequence[Change], now: float, messages: int) -> bool:
        """Take down what one agent has changed in a cycle, maybe nothing; return whether that closed any cycle."""
        agents, changes = self._noted.get(cycle, (0, []))
        changes += changed
        self._noted[cycle] = (agents + 1, changes)
        return self._close_ready(now, messages)

    def rest(self, after: int, now: float, messages: int) -> bool:
        """Take down that one agent keeps its values from the cycle `after` on, and notes none any more."""
        self._resting[after + 1] = self._resting.get(after + 1, 0) + 1
        return self._close_ready(now, messages)

    def _close_ready(self, now: float, messages: int) -> bool:
        """Close the cycles that all agents have noted who are still at it."""
        before = self.closed
        for following in count(before + 1):
            agents, changes = self._noted.get(following, (0, []))
            working = self._working - self._resting.get(following, 0)
            if agents < working or not working:
                break
            self._working = working
            self._resting.pop(following, None)
            del self._noted[following]
            self._close(following, changes, now, messages)
        return self.closed > before

    def settle(self, changed: Sequence[Change], now: float, messages: int) -> None:
        """Take down changes of an algorithm without cycles: each call is a point of the curve."""
        self._close(len(self.curve), changed, now, messages)

    # -- reckoning --------------------------------------------------------------------------------------------------------

    def _close(self, cycle: int, changed: Sequence[Change], now: float, messages: int) -> None:
        if changed:
            before = [(variable, self.places[variable]) for variable, _ in changed]
            self._apply(changed)
            self._judge(before, cycle)
        self.closed = cycle
        self.curve.append(CostPoint(cycle, now, self.cost, messages))

    def _apply(self, changed: Sequence[Change]) -> None:
        places = self.places
        touched: set[int] = set()
        for variable, place in changed:
            self._open -= places[variable] is None
            places[variable] = place
            touched.update(self._touching[variable])
        hard = self.problem.hard
        for number in touched:
            index = 0
            for variable, stride in self._scopes[number]:
                value = places[variable]
                if value is None:
                    break
                index += stride * value
            else:
                cost = self._lookups[number](index)
                self._broken += (cost == hard) - (self._terms[number] == hard)
                self._terms[number] = cost

    def _judge(self, before: Sequence[tuple[int, int | None]], cycle: int) -> None:
        """Reckon the total, and keep the assignment that was left if it was the best."""
        if self._open:
            return
        hard = self.problem.hard
        soft = math.fsum(term for term in self._terms if term != hard) if self._broken else math.fsum(self._terms)
        self.cost = hard if self._broken else soft
        rank = (float(self._broken), soft if self.problem.objective == "min" else -soft)
        if rank <= self._best_rank:
            if rank < self._best_rank or self.best_cost is None:
                self.best_cycle = cycle
            self._best_rank, self._kept, self.best_cost = rank, None, self.cost
        elif self._kept is None:
            self._kept = list(self.places)
            for variable, place in reversed(before):
                self._kept[variable] = place

    @property
    def best(self) -> list[int | None]:
        """The values of the best closed cycle: fewest hard constraints broken, then the best cost; as a list of its own."""
        return list(self.places if self._kept is None else self._kept)
