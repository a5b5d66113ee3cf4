"""What distributed algorithms of constraint optimisation share: an actor for each agent, channels along the graph, an account.

Each agent knows its own variables and the cost functions that touch them, and talks to agents it shares one with, along a
channel of its own each (runtime/neighbours.py) under the algorithm's own table. A coordinator, which the runtime seats, says
when to begin and hears from each agent what it has settled on; it takes no part in between. What the search comes to is noted
by the supervisor's account as agents change their values: no agent reads it, and it sends nothing. So the cost curve, the best
assignment met and what was reached when time ran out are known, at no message's cost.

    ready -> request (by the coordinator) -> solving -> inform-result (the agent's values) -> DONE
                                                     -> refuse (it cannot be solved) -> REFUSED

Problems with several parts, agents with several variables, functions of many variables and of one are normal input. An agent
that owns no variable has no part in it. Who is handed in sits under the name of an agent of the problem; the rest is seated
by the runtime.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.machine import Kind, Table
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.outcome import AGREED, FAILED
from negotiate_rt.messages.performatives import Inform, InformResult, Left, Message, Refuse, Request
from negotiate_rt.protocols.base import Convener, NegotiationProtocol, unique_name
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.conversation import Conversation
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.neighbours import FORMER, LATTER, Graph, Neighbour, Neighbourhood, connect
from negotiate_rt.runtime.seat import Question, Seat
from negotiate_rt.runtime.seating import Wiring

if TYPE_CHECKING:
    from negotiate_rt.problems.dcop import DcopProblem
    from negotiate_rt.protocols.account import Account, SolvingResult
    from negotiate_rt.solutions.dcop.tally import CostTally

READY, SOLVING, TIMED_OUT = "ready", "solving", "TIMEOUT"
MOST_NAMED = 5  # broken constraints in a reason; all are in the result
DONE, REFUSED, SILENT = "DONE", "REFUSED", "SILENT"


class Told(msgspec.Struct, frozen=True, gc=False):
    """Root of what neighbours tell each other: in which cycle, and how many constraint checks it rests on."""

    cycle: int
    checks: int


class SolvingOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What every algorithm takes. `progress` is called with each new point of the cost curve, in the kernel: be quick."""

    progress: Callable[[Any], Any] | None = None  # Any: a CostPoint, whose module loads numpy


def lockstep(protocol: str, *phases: str) -> Table:
    """Return the channel's table of an algorithm in phases: in each both sides say one inform, in either order; the last phase
    leads to the first of the next cycle. Between two phases nobody can be ahead by more than one word."""
    moves: dict[str, dict[tuple[str, Kind], str]] = {}
    for phase, following in zip(phases, (*phases[1:], phases[0]), strict=True):
        here, of_former, of_latter = (
            phase,
            f"{phase}_of_{FORMER}",
            f"{phase}_of_{LATTER}",
        )  # states are named for what is awaited
        moves[here] = {(FORMER, Inform): of_latter, (LATTER, Inform): of_former}
        moves[of_latter] = {(LATTER, Inform): following}
        moves[of_former] = {(FORMER, Inform): following}
    return Table(protocol, phases[0], moves, timeouts=dict.fromkeys(moves, TIMED_OUT))


class Solver(Neighbourhood):
    """What an algorithm's role holds: the channels to its neighbours, and its part of the problem.

    `part` is what the protocol's `part` has made for this agent, `task` what the coordinator has told it, `cycles` how many are
    allowed (the config's max_rounds). With a `refusal` (a code and why) it refuses in the end, and the search has failed.
    """

    __slots__ = ("account", "options", "part", "refusal", "task")

    def __init__(self, conversation: Conversation, name: str, account: Account, options: Any, streaming: bool) -> None:
        super().__init__(conversation, name, account.traffic, streaming)
        self.account = account
        self.options = options
        self.part: Any = None  # the protocol's own
        self.task: Any = None  # likewise
        self.refusal = ""

    @property
    def cycles(self) -> int:
        """How many cycles are allowed."""
        return self.conversation.terms.max_rounds

    def note(self, cycle: int, changed: Sequence[tuple[int, int]] = ()) -> None:
        """Let the account know which of our variables (places in the problem's order) have which values (places in their
        domains) from this cycle on; once for each cycle, the first values in cycle 0."""
        self.account.note(cycle, changed)

    def rest(self, cycle: int) -> None:
        """Let the account know that our values stay as they are after this cycle, and that no further one will be noted."""
        self.account.rest(cycle)

    def settle(self, changed: Sequence[tuple[int, int]]) -> None:
        """Let the account know of values that stand from now on, in algorithms without cycles."""
        self.account.settle(changed)


class Part(msgspec.Struct, frozen=True):
    """What an agent knows of the problem: its own variables (and their places in the problem's order), and every cost function
    that touches one of them, by name.
    """

    agent: str
    variables: tuple[str, ...]
    places: tuple[int, ...]
    functions: tuple[str, ...]


def parts(problem: DcopProblem) -> dict[str, Part]:
    """Return what each agent knows that owns a variable, in the problem's order. Cost: O(sizes of all functions)."""
    known: dict[str, dict[str, None]] = {agent: {} for agent, own in problem.agents.items() if own}
    for name, function in problem.functions.items():
        for variable in function.variables:
            known[problem.variables[variable].agent][name] = None
    place = {name: number for number, name in enumerate(problem.variables)}
    found = {}
    for agent, functions in known.items():
        own = problem.agents[agent]
        found[agent] = Part(agent, own, tuple(place[name] for name in own), tuple(functions))
    return found


def graph_of_agents(problem: DcopProblem) -> Graph:
    """Return the agents that own a variable, and who shares a cost function with whom."""
    place = {agent: number for number, agent in enumerate(agent for agent, own in problem.agents.items() if own)}
    edges: dict[tuple[str, str], None] = {}
    for function in problem.functions.values():
        touched = sorted({problem.variables[one].agent for one in function.variables}, key=place.__getitem__)
        for number, one in enumerate(touched):
            for other in touched[number + 1 :]:
                edges[one, other] = None
    return Graph({agent: agent for agent in place}, tuple(edges))


def judge_silence(talk: Dialogue, decision: Any) -> Message:
    """Agents decide nothing here: the algorithm does, on what their problem says."""
    return Inform(decision)


NOTHING_ASKED = Question("solve", judge_silence, default=lambda: None)


class Solving(NegotiationProtocol):
    """Root of the algorithms. A subclass gives `channel`, the table of neighbours, and `solve`, the role of an agent; it may
    have a graph of its own, and stop early (`enough`). `streaming`: neighbours are heard as they come, not in step."""

    seats: ClassVar = {"coordinator": 1, "agent": (0, None)}
    convener = "coordinator"
    start = READY
    moves: ClassVar = {
        READY: {("coordinator", Request): SOLVING},
        SOLVING: {("agent", InformResult): DONE, ("agent", Refuse): REFUSED},
    }
    timeouts: ClassVar = {READY: SILENT, SOLVING: SILENT}
    joint: ClassVar = {SOLVING: {Request: SOLVING, "solved": AGREED, "failed": FAILED}}
    joint_start = SOLVING
    joint_timeouts: ClassVar = {SOLVING: TIMED_OUT}
    questions: ClassVar = {"coordinator": {None: NOTHING_ASKED}, "agent": {None: NOTHING_ASKED}}
    options: ClassVar[type | None] = SolvingOptions
    channel: ClassVar[Table]
    streaming: ClassVar[bool] = False
    exact: ClassVar[bool] = False  # whether what it ends with is proved to be best

    # -- what a subclass says ---------------------------------------------------------------------------------------------

    async def solve(self, talk: Solver) -> None:
        """Play one agent; its values are settled when this returns."""
        raise NotImplementedError(f"{type(self).__name__} has no `solve`")

    def graph(self, problem: DcopProblem) -> Graph:
        """Return who talks to whom: agents that share a cost function."""
        return graph_of_agents(problem)

    def part(self, problem: DcopProblem, part: Part, talk: Solver) -> Any:
        """Return what one agent's role works with, made of its part of the problem; called once, when channels are open."""
        return part

    def tasks(self, account: Account) -> Mapping[str, Any]:
        """Return what the coordinator tells agents to begin with, by name; nothing, unless a protocol says so."""
        return {}

    def refused(self, account: Account, reason: str) -> str:
        """Return why the search has failed, made of an agent's refusal."""
        return reason

    def enough(self, tally: CostTally) -> bool:
        """Whether no further cycle could change anything; asked whenever a cycle has closed."""
        return False

    def result(self, account: Account, found: Mapping[str, Any]) -> SolvingResult:
        """Return the outcome's result, made of what the account has found."""
        from negotiate_rt.protocols.account import SolvingResult

        return SolvingResult(**found)

    # -- seats ------------------------------------------------------------------------------------------------------------

    def make_initiator(self, config: NegotiationConfig, agents: Sequence[Any]) -> Convener:
        """Return the coordinator that the runtime seats."""
        return Convener(unique_name("coordinator", agents))

    def settle(self, seats: Sequence[Seat], config: NegotiationConfig, problem: Any) -> Any:
        """Seat who is missing. Raises ConfigurationError unless the problem is a DcopProblem of these agents."""
        from negotiate_rt.problems.dcop import DcopProblem

        if not isinstance(problem, DcopProblem):
            raise ConfigurationError(f"{self.name}: expected a DcopProblem as problem=..., got {problem!r:.80}")
        assert isinstance(seats, list)  # the executor's own, to which those are added who were not handed in
        for seat in seats:
            if seat.role != self.convener and seat.name not in problem.agents:
                raise ConfigurationError(
                    f"{self.name}: {seat.name!r} is no agent of the problem{suggest(seat.name, problem.agents)}"
                )
        chair = next(seat for seat in seats if seat.role == self.convener)
        if chair.name in problem.agents and isinstance(chair.agent, Convener):
            chair.name = chair.agent.name = unique_name(chair.name, [Convener(name) for name in problem.agents])
        taken = {seat.name for seat in seats}
        for agent, own in problem.agents.items():
            if own and agent not in taken:
                seats.append(Seat(Convener(agent), "agent", self.questions_for("agent")))
        return problem

    def seated(self, conversation: Conversation, wiring: Wiring) -> None:
        """Open the channels and the account."""
        from negotiate_rt.protocols.account import Account

        bundle = conversation.bundle
        assert bundle is not None
        problem: DcopProblem = bundle.problem
        known = parts(problem)
        account = Account(self, bundle, problem, len(known))
        ends = {name: end.peer for name, end in bundle.ends.items()}
        solvers = {name: Solver(conversation, name, account, bundle.options, self.streaming) for name in known}
        connect(self.graph(problem), solvers, conversation, self.channel, wiring.network)  # type: ignore[arg-type]  # Solvers are
        account.solvers = solvers
        for name, solver in solvers.items():
            solver.actor = ends[name].actor
            solver.part = self.part(problem, known[name], solver)
            ends[name].seat.context = solver

    # -- roles ------------------------------------------------------------------------------------------------------------

    async def coordinator(self, talk: Bundle) -> None:
        """Let everybody begin, and hear from each what it has settled on."""
        account: Account = talk.seat.context
        tasks = self.tasks(account)
        for name in talk.ends:
            await talk.send(Request(tasks.get(name)), name)
        if failure := await self.hear_out(talk):
            talk.conclude("failed", failure)
            return
        account.proven = self.exact
        result = account.result()
        if result.violated:
            talk.conclude("failed", self.shortfall(result), result=result)
        else:
            talk.conclude("solved", result=result)

    def shortfall(self, result: SolvingResult) -> str:
        """Return why an assignment that breaks hard constraints is no solution."""
        broken = result.violated
        more = f" and {len(broken) - MOST_NAMED} more" if len(broken) > MOST_NAMED else ""
        return (
            f"infeasible: the best assignment that was met breaks {', '.join(broken[:MOST_NAMED])}{more}; whether any keeps all "
            "hard constraints, an exact algorithm can tell (dpop)"
        )

    async def hear_out(self, talk: Bundle) -> str:
        """Wait until every agent has reported its values; return why the search has failed, nothing if it has not. Without one
        of them there is no assignment."""
        awaited = set(talk.ends)
        while awaited:
            name, message = await talk.receive()
            if isinstance(message, Left):
                return message.reason or f"agent-crashed: {name}"
            if isinstance(message, Refuse):
                return self.refused(talk.seat.context, message.reason)
            if isinstance(message, InformResult):
                awaited.discard(name)
        return ""

    async def agent(self, talk: Dialogue) -> None:
        """Solve with the neighbours, once told to begin, and report."""
        request = await talk.receive(Request)
        solver: Solver | None = talk.seat.context
        if solver is None:  # it owns no variable
            await talk.send(InformResult(()))
            return
        assert isinstance(request, Request)
        solver.task = request.content
        await self.solve(solver)
        report = Refuse(solver.refusal) if solver.refusal else InformResult(solver.account.values_of(solver.name))
        await talk.send(report)

    def channels(self) -> tuple[Table, ...]:
        """Return the table of neighbours."""
        return (self.channel,)


__all__ = [
    "Graph", "Neighbour", "Part", "Solver", "Solving", "SolvingOptions", "Told", "graph_of_agents", "lockstep", "parts",
]  # fmt: skip
