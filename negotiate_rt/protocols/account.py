"""The supervisor's account of a distributed search: what was reached when, at what cost in messages and checks."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from negotiate_rt.problems.dcop import DcopProblem
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.conversation import Conversation
from negotiate_rt.runtime.neighbours import Traffic
from negotiate_rt.solutions.dcop.tally import CostPoint, CostTally

if TYPE_CHECKING:
    from negotiate_rt.protocols.solving import Solver, Solving


class SolvingResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a distributed algorithm has come to.

    `assignment`: the best that was met, by variable, with its `cost` in the problem's own sense and the hard constraints it
    `violated`; None where variables had no value yet. `final_cost`: of the assignment it ended with. `messages` between agents
    and their `bytes` (MessagePack, without addresses); `cycles` that all agents went through; `checks`: non-concurrent
    constraint checks. `curve`: cost over cycles and time (on the society's clock). `proven`: whether nothing can be better.
    """

    algorithm: str
    objective: str
    assignment: Mapping[str, Hashable] | None
    cost: float | None
    violated: tuple[str, ...]
    final_cost: float | None
    messages: int
    bytes: int
    cycles: int
    checks: int
    proven: bool
    curve: tuple[CostPoint, ...]


class Account:
    """One search's account; `tally` follows the cost. The last cycle may end the search early, if its protocol says so."""

    def __init__(self, protocol: Solving, bundle: Bundle, problem: DcopProblem, agents: int) -> None:
        self.protocol = protocol
        self.bundle: Bundle | None = bundle
        self.conversation = conversation = bundle.conversation
        self.problem = problem
        self.options = bundle.options
        self.tally = CostTally(problem, agents)
        self.traffic = Traffic()
        self.solvers: dict[str, Solver] = {}
        self.proven = False
        self.notes: dict[str, Any] = {}  # the protocol's own
        self.place = {name: number for number, name in enumerate(problem.variables)}
        self._progress = bundle.options.progress
        self._then, conversation.on_over = conversation.on_over, self.close
        bundle.seat.context = self

    # -- while it runs ----------------------------------------------------------------------------------------------------

    def note(self, cycle: int, changed: Sequence[tuple[int, int]]) -> None:
        """An agent's values from this cycle on; when all have noted it the cycle is closed."""
        conversation = self.conversation
        if self.tally.note(cycle, changed, conversation.kernel.now, self.traffic.messages):
            self._closed()

    def rest(self, cycle: int) -> None:
        """An agent notes no cycle after this one: others may go on."""
        if self.tally.rest(cycle, self.conversation.kernel.now, self.traffic.messages):
            self._closed()

    def settle(self, changed: Sequence[tuple[int, int]]) -> None:
        """Values that stand from now on."""
        self.tally.settle(changed, self.conversation.kernel.now, self.traffic.messages)
        self._tell()

    def _closed(self) -> None:
        tally = self.tally
        self.conversation.round = max(1, tally.closed)
        self._tell()
        if self.bundle is not None and not self.conversation.over and self.protocol.enough(tally):
            self.bundle.conclude("solved", result=self.result())

    def _tell(self) -> None:
        if self._progress is not None and self.tally.curve:
            self._progress(self.tally.curve[-1])

    def values_of(self, agent: str) -> tuple[tuple[str, Hashable], ...]:
        """Return an agent's variables and the values they have now."""
        found = []
        for name in self.problem.agents[agent]:
            place = self.tally.places[self.place[name]]
            if place is not None:
                found.append((name, self.problem.variables[name].domain[place]))
        return tuple(found)

    # -- the ending -------------------------------------------------------------------------------------------------------

    def result(self) -> SolvingResult:
        """Return what has been reached so far."""
        tally, problem = self.tally, self.problem
        assignment: dict[str, Hashable] | None = None
        if tally.best is not None and None not in tally.best:
            assignment = {
                name: variable.domain[place]
                for (name, variable), place in zip(problem.variables.items(), tally.best, strict=True)
            }
        found: dict[str, Any] = {
            "algorithm": self.protocol.name, "objective": problem.objective, "assignment": assignment,
            "cost": None if assignment is None else tally.best_cost,
            "violated": () if assignment is None else problem.violated(assignment),
            "final_cost": tally.cost, "messages": self.traffic.messages, "bytes": self.traffic.bytes,
            "cycles": max(0, tally.closed),
            "checks": max((solver.checks for solver in self.solvers.values()), default=0),
            "proven": self.proven, "curve": tuple(tally.curve),
        }  # fmt: skip
        return self.protocol.result(self, found)

    def close(self, conversation: Conversation) -> None:
        """The conversation is over, however it ended: what was reached is its result; let everything go."""
        if conversation.result is None:
            conversation.result = self.result()
        for solver in self.solvers.values():
            solver.let_go()
        self.solvers, self.bundle = {}, None
        then, self._then = self._then, None
        if then is not None:
            then(conversation)
