"""DPOP: dynamic programming along a pseudo-tree. Exact, with a number of messages linear in the variables.

Petcu and Faltings, "A scalable method for multiagent constraint optimization", IJCAI 2005. Variables that share a cost function
are neighbours; each pair has a channel. Three things happen, each started by its own news, with no step in common:

1. Trees. After greeting, a token searches depth first from each of several roots (those with the most neighbours), all at once:
   `request` (visited, with the path above) down, `inform-done` (back, with the separator and the sizes of all tables below) up.
   The root of each passes on to all below what the whole takes (`propagate`); who knows all trees of its part of the graph
   chooses the one with the smallest tables, and so does everybody else. So width and memory are known to all before the first
   table is made; a root whose part would take too much refuses, and the search is `infeasible`. With the
   option `beyond="condition"` it is solved all the same, by smaller tables and more of them (dpop_bounded.py).
2. UTIL, from the leaves up (`inform-ref`): a variable adds up its children's tables and the cost functions whose other variables
   are all above it, and sends its parent the best it can do for each combination of its separator.
3. VALUE, from the roots down (`confirm`): each takes its best value given what its separator has, and tells its children.

UTIL and VALUE are 2 (n - parts) messages. What is awkward: both neighbours may still be drawing trees when one has begun with its
tables, so what belongs to trees is legal until the other has heard that; and only one of two can be the other's child.

    greeting -> inform (both) -> drawing -> request, inform-done, propagate (any number) -> inform-ref (UTIL)
             -> confirm (VALUE) -> AGREED
    in bounded memory: drawing -> agree (what the child must be given) -> any number of query-ref, inform-ref -> confirm -> AGREED
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.machine import Kind, Table
from negotiate_rt.messages.config import whole
from negotiate_rt.messages.performatives import (
    Agree,
    Confirm,
    Inform,
    InformDone,
    InformRef,
    Message,
    Propagate,
    QueryRef,
    Request,
)
from negotiate_rt.problems.dcop import DcopProblem
from negotiate_rt.protocols.account import Account, SolvingResult
from negotiate_rt.protocols.dpop_bounded import MOST_WORK, OFF_LOOP
from negotiate_rt.protocols.dpop_node import CONTENTS, Node, Sizes
from negotiate_rt.protocols.solving import Part, Solver, Solving, SolvingOptions
from negotiate_rt.runtime.neighbours import FORMER, LATTER, Graph, Neighbour
from negotiate_rt.solutions.dcop.conflict import conflict_of
from negotiate_rt.solutions.dcop.cost_table import CostTable, free_table
from negotiate_rt.solutions.dcop.optimum import MOST_AXES, MOST_BYTES, TooWide
from negotiate_rt.solutions.dcop.pseudo_tree import (
    BYTES,
    CHOICE_BYTES,
    components,
    neighbours,
    pseudo_tree,
    roots_to_try,
)

ROOTS = 6  # trees drawn for each part of the graph: more gave smaller tables on one of six published instances, by a sixteenth

MOST_DRAWN = 6_000  # places in trees of one part of the graph: fewer trees of a large one
CONFLICT = "conflict around"  # in the account's notes, beside the roots of the trees

FOLLOW: Mapping[type[Message], Callable[[Node, Neighbour, Any], None]] = {
    Inform: Node.greeted, Request: Node.visited, InformDone: Node.came_back, Propagate: Node.judged,
    InformRef: Node.heard_utilities, Confirm: Node.told, Agree: Node.told_cut, QueryRef: Node.questioned,
}  # fmt: skip


class DpopOptions(SolvingOptions, frozen=True, kw_only=True):
    """`roots`: how many trees are tried for each part of the graph. `most_bytes`: what the tables of one part may take, at
    most; told before any is made. `beyond` that: refuse, or condition on values of some variables (slower, in bounded memory).
    Raises ConfigurationError for values out of range.
    """

    roots: int = ROOTS
    most_bytes: int = MOST_BYTES
    beyond: Literal["refuse", "condition"] = "refuse"

    def __post_init__(self) -> None:
        if self.beyond not in ("refuse", "condition"):
            raise ConfigurationError(f"dpop: beyond: expected refuse or condition, got {self.beyond!r}")
        whole("dpop: roots", self.roots, 1)
        whole("dpop: most_bytes", self.most_bytes, 1)


class DpopResult(SolvingResult, frozen=True, kw_only=True):
    """`width` and `largest_table` (entries) of the pseudo-trees that were used, and their `roots`; `util_messages` and
    `value_messages` between variables, those inside an agent included; `conditioned`: variables whose values were tried one by
    one, for tables with all of them did not fit.
    """

    width: int
    largest_table: int
    roots: tuple[str, ...]
    util_messages: int
    value_messages: int
    conditioned: tuple[str, ...] = ()


class Begin(msgspec.Struct, frozen=True, gc=False, tag="dpop-begin"):
    """What the coordinator tells an agent: how many trees each of its variables will be in, and which of them it is the root
    of."""

    tries: tuple[int, ...]
    roots: tuple[tuple[str, int], ...]


def channel() -> Table:
    """Return the table of two variables that share a cost function."""
    tree_words = (Request, InformDone, Propagate)
    ours: dict[str, dict[tuple[str, Kind], str]] = {
        "greeting": {(FORMER, Inform): "greeting_of_latter", (LATTER, Inform): "greeting_of_former"},
        "greeting_of_latter": {(LATTER, Inform): "drawing"},
        "greeting_of_former": {(FORMER, Inform): "drawing"},
        "drawing": {(role, kind): "drawing" for role in (FORMER, LATTER) for kind in tree_words},
    }
    for child, parent in ((FORMER, LATTER), (LATTER, FORMER)):
        value, question, table = f"value_of_{parent}", f"question_of_{parent}", f"table_of_{child}"
        ours["drawing"] |= {(child, InformRef): value, (child, Agree): question}
        contradiction = {(parent, InformRef): "FAILED", (parent, Agree): "FAILED"}  # both would be the other's child
        ours[value] = {**{(parent, kind): value for kind in tree_words}, (parent, Confirm): "AGREED", **contradiction}
        ours[question] = {
            **{(parent, kind): question for kind in tree_words},
            (parent, QueryRef): table,
            **contradiction,
        }
        ours[question][parent, Confirm] = "AGREED"
        ours[table] = {(child, InformRef): question}
    return Table("dpop", "greeting", ours, timeouts=dict.fromkeys(ours, "TIMEOUT"))


def needed(sizes: Sizes) -> int:
    """Return how many bytes the tables of a part of the graph take at most, all at once."""
    return 2 * BYTES * sizes.largest + sizes.sent * (BYTES + CHOICE_BYTES)


def fits(sizes: Sizes, most_bytes: int) -> bool:
    """Whether the tables of a part of the graph fit, into memory and into numpy."""
    return needed(sizes) <= most_bytes and sizes.width < MOST_AXES


class Dpop(Solving):
    """Exact by dynamic programming along a pseudo-tree."""

    name = "dpop"
    options = DpopOptions
    contents: ClassVar = (Begin, *CONTENTS)
    channel = channel()
    streaming = True
    exact = True

    def graph(self, problem: DcopProblem) -> Graph:
        """Return the variables, and which share a cost function."""
        near = neighbours(problem)
        place = {name: number for number, name in enumerate(near)}
        edges = [(one, other) for one, found in near.items() for other in found if place[one] < place[other]]
        return Graph({name: variable.agent for name, variable in problem.variables.items()}, tuple(edges))

    def part(self, problem: DcopProblem, part: Part, talk: Solver) -> dict[str, Node]:
        """Return the agent's variables, each with the tables of the cost functions that touch it."""
        tables: dict[str, list[CostTable]] = {one: [CostTable((one,), problem.unary[one])] for one in part.variables}
        for name in part.functions:
            table = free_table(problem, name)
            for one in table.variables:
                if one in tables:
                    tables[one].append(table)
        places = zip(part.variables, part.places, strict=True)
        return {one: Node(one, place, talk, problem, tables[one]) for one, place in places}

    def tasks(self, account: Account) -> dict[str, Begin]:
        """Return what each agent is told: the roots are the variables with the most neighbours in each part of the graph."""
        problem = account.problem
        tries: dict[str, int] = {}
        roots: dict[str, list[tuple[str, int]]] = {agent: [] for agent in problem.agents}
        near = neighbours(problem)
        for part in components(near):
            chosen = roots_to_try(near, part, min(account.options.roots, MOST_DRAWN // len(part)))
            tries |= dict.fromkeys(part, len(chosen))
            for number, root in enumerate(chosen):
                roots[problem.variables[root].agent].append((root, number))
        return {
            agent: Begin(tuple(tries[one] for one in own), tuple(roots[agent])) for agent, own in problem.agents.items()
        }

    # -- the role of an agent ---------------------------------------------------------------------------------------------

    async def solve(self, talk: Solver) -> None:
        """Draw trees, then send tables up and values down, for all variables of the agent, as messages come."""
        nodes: dict[str, Node] = talk.part
        begin: Begin = talk.task
        for node, tries in zip(nodes.values(), begin.tries, strict=True):
            node.tries = tries
            node.greet()
        for root, tree in begin.roots:
            nodes[root].start(tree)
        for node in nodes.values():
            if node.tree is not None:  # it has no neighbours
                await self.advance(talk, node)
        unset = sum(node.value is None for node in nodes.values())
        while unset and not talk.refusal:
            end, message = talk.receive_nowait() or await talk.receive()
            node = nodes[end.own]
            FOLLOW[message.__class__](node, end, end.heard)
            if node.tree is not None and (node.choices is None or node.bounded is not None):
                await self.advance(talk, node)
            unset -= node.value is not None
        talk.note(0, [(node.place, node.value) for node in nodes.values() if node.value is not None])

    async def advance(self, talk: Solver, node: Node) -> None:
        """Let a variable that knows its tree and has all it needs make its table; a root chooses."""
        sizes = node.verdicts[node.choice_of_tree]
        if fits(sizes, talk.options.most_bytes):
            if not node.ready:
                return
            work, entries = node.work()
            node.computed(*(work() if entries < OFF_LOOP else await talk.compute(work)))
            if node.is_root:
                self.crown(talk, node)
        elif talk.options.beyond == "refuse":
            if node.is_root:
                self.refuse(talk, node, f"{TooWide(sizes.width, needed(sizes), talk.options.most_bytes)}")
        else:
            await self.advance_bounded(talk, node, sizes)

    async def advance_bounded(self, talk: Solver, node: Node, sizes: Sizes) -> None:
        """Let a variable whose tables do not fit do what it can, given values of ancestors."""
        share = talk.options.most_bytes // ((2 * BYTES + CHOICE_BYTES) * sizes.variables)
        bounded = node.bound(max(1, share))
        await bounded.advance(talk)
        if not node.is_root or not bounded.labelled or talk.refusal:
            return
        if bounded.work > MOST_WORK:
            told = (
                f"in {talk.options.most_bytes:,} bytes it would take as long as {bounded.work:,} entries of tables, "
                "one after the other: allow more with `most_bytes`, or take an algorithm that is not exact"
            )
            self.refuse(talk, node, told)
        elif bounded.done is not None and bounded.final is None:
            self.crown(talk, node)
            await bounded.advance(talk)

    def refuse(self, talk: Solver, root: Node, reason: str) -> None:
        """The tables of a root's part of the graph take too much."""
        talk.account.notes[root.name] = root.verdicts[root.choice_of_tree]
        talk.refusal = f"infeasible: {reason}"

    def crown(self, talk: Solver, root: Node) -> None:
        """A root knows its total: it chooses, and the rest follows; or nothing is allowed."""
        account = talk.account
        account.notes[root.name] = root.verdicts[root.choice_of_tree]
        if root.best == account.problem.hard:
            account.notes[CONFLICT] = root.name
            talk.refusal = f"infeasible: the hard constraints around {root.name} cannot all be kept"
        else:
            root.choose({})

    # -- endings ----------------------------------------------------------------------------------------------------------

    def refused(self, account: Account, reason: str) -> str:
        """Return why there is no assignment: with the constraints that contradict each other, if it is for that."""
        root = account.notes.pop(CONFLICT, None)
        if root is None:
            return reason
        conflict = conflict_of(account.problem, pseudo_tree(account.problem, [root]), root)
        return f"infeasible: these hard constraints cannot be kept together: {', '.join(conflict)}"

    def result(self, account: Account, found: Mapping[str, Any]) -> DpopResult:
        """Return the result, with the trees that were used."""
        trees: dict[str, Sizes] = {root: sizes for root, sizes in account.notes.items() if isinstance(sizes, Sizes)}
        order = {name: number for number, name in enumerate(account.problem.variables)}
        nodes = [node for solver in account.solvers.values() for node in solver.part.values()]
        return DpopResult(
            **found, width=max((sizes.width for sizes in trees.values()), default=0),
            largest_table=max((sizes.largest for sizes in trees.values()), default=0),
            roots=tuple(sorted(trees, key=order.__getitem__)),
            util_messages=sum(node.sent for node in nodes),
            conditioned=tuple(node.name for node in nodes if node.bounded is not None and node.bounded.split),
            value_messages=sum(node.value is not None and not node.is_root for node in nodes),
        )  # fmt: skip
