"""MGM, maximum gain message: neighbours compare what each would gain by a change alone, and only the greatest gain is taken.

Source: Maheswaran, Pearce and Tambe, "Distributed algorithms for DCOP: a graphical-game-based approach", PDCS 2004; the rule is
that of distributed breakout (Yokoo and Hirayama 1996) without its weights.

In each cycle every variable tells its neighbours its value; knowing theirs it finds the value that is best for all it shares
costs with, and tells what that would gain. It changes if its gain is above that of every neighbour; between equal gains the
lower agent name goes first (for variables of one agent, the lower name). No two neighbours change at once, so each gain is real
and the cost of the whole never rises. Where nobody gains, the assignment is 1-optimal: no variable alone can improve it. That
is a fixed point, which the cells find out by themselves (local_search.py), so that a search ends before its `max_rounds` cycles.

Two messages in either direction along each edge of the constraint graph a cycle, 4 |E| in all.

    channel: values (both say inform) -> gains (both say inform) -> values

Hard constraints are penalties above all soft costs (solutions/dcop/minimised.py). What is awkward: a start that breaks hard
constraints may lead to a 1-optimum that does, too; MGM-2 and DSA leave some of those.
"""

from __future__ import annotations

from typing import ClassVar

from negotiate_rt.messages.performatives import Inform
from negotiate_rt.protocols.local_search import Cell, Counted, LocalSearch, LocalSearchOptions, begin, ends_of, left_of
from negotiate_rt.protocols.solving import Solver, Told, lockstep
from negotiate_rt.solutions.dcop.local_moves import improvement, leads


class MgmOptions(LocalSearchOptions, frozen=True, kw_only=True):
    """The options of MGM."""


class MgmValue(Told, frozen=True, gc=False, tag="mgm-value"):
    """A variable's value: its place in the domain."""

    place: int


class MgmGain(Counted, frozen=True, gc=False, tag="mgm-gain"):
    """What the best change of one variable alone gains, 0 if none does."""

    gain: float


class Mgm(LocalSearch):
    """Maximum gain message."""

    name = "mgm"
    options: ClassVar = MgmOptions
    contents: ClassVar = (MgmValue, MgmGain)
    channel: ClassVar = lockstep("mgm", "values", "gains")

    async def solve(self, talk: Solver) -> None:
        """Tell values, tell gains, change where the own gain is the greatest around."""
        cells: list[Cell] = talk.part
        ends = None
        begin(talk, cells)
        for cycle in range(1, talk.cycles + 1):
            for cell in cells:
                talk.tell(Inform(MgmValue(cycle, talk.checks, cell.place)), cell.audience)
            await talk.gather(cycle, ends)
            for cell in cells:
                talk.checks += cell.hear()
                cell.gain, cell.best = improvement(cell.costs, cell.place, cell.tolerance)
            for cell in cells:
                talk.tell(Inform(MgmGain(cycle, talk.checks, cell.quiet, cell.gain)), cell.audience)
            await talk.gather(cycle, ends)
            changes = []
            for cell in cells:
                cell.count(not cell.gain)
                if cell.gain and leads(cell.gain, rank_of(talk, cell), rivals_of(cell)):
                    cell.place = cell.best
                    changes.append((cell.number, cell.place))
            talk.note(cycle, changes)
            left = left_of(talk, cells, cycle)
            if not left:
                return
            if left is not cells:
                cells, ends = list(left), ends_of(talk, left)


Rank = tuple[str, str]  # agent, variable


def rank_of(talk: Solver, cell: Cell) -> Rank:
    """Return what decides between equal gains: the agent's name, then the variable's."""
    return talk.name, cell.local.variable


def rivals_of(cell: Cell) -> list[tuple[float, Rank]]:
    """Return the gains that the neighbours have told, with their ranks."""
    return [(end.heard.gain, (end.other_agent, end.other)) for end in cell.ends]
