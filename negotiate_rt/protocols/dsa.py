"""DSA, the distributed stochastic algorithm: all change at once, but each only with some probability.

Source: Zhang, Wang, Xing and Wittenburg, "Distributed stochastic search and distributed breakout: properties, comparison and
applications to constraint optimization problems in sensor networks", Artificial Intelligence 161, 2005.

In each cycle every variable tells its neighbours its value and, knowing theirs, may change to one that is best for all it
shares costs with; between several, each alike. The variants differ in when it may:

    variant   a change gains                      another value is as good
    A         with the probability                never
    B         with the probability                with the probability, if a cost function of its own is in conflict
    C         with the probability                with the probability
    D         for sure                            as B
    E         for sure                            as C

A cost function is in conflict if it costs more than the least it could: what the paper says of constraints, for costs. Two
neighbours that change at once may both be wrong, so costs also rise: that is how it leaves local optima, and why the result is
the best assignment met and not the last. Where nobody may change any more, nothing ever will: the cells find that out by
themselves (local_search.py). Variants C and E go on as long as anybody has a choice between equals.

One message in either direction along each edge of the constraint graph a cycle, 2 |E| in all.

    channel: values (both say inform) -> values
"""

from __future__ import annotations

from typing import ClassVar

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.messages.performatives import Inform
from negotiate_rt.problems.dcop import DcopProblem
from negotiate_rt.protocols.local_search import Cell, Counted, LocalSearch, LocalSearchOptions, begin, ends_of, left_of
from negotiate_rt.protocols.solving import Solver, lockstep
from negotiate_rt.runtime.neighbours import Neighbour
from negotiate_rt.solutions.dcop.local_moves import Variant, stochastic_move, stochastic_options


class DsaOptions(LocalSearchOptions, frozen=True, kw_only=True):
    """The options of DSA: which variant, and the probability of a change, above 0 and at most 1."""

    variant: Variant = "B"
    probability: float = 0.7

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.variant not in ("A", "B", "C", "D", "E"):
            raise ConfigurationError(f"variant must be A, B, C, D or E, got {self.variant!r}")
        if not 0 < self.probability <= 1:
            raise ConfigurationError(f"probability must be above 0 and at most 1, got {self.probability}")


class DsaValue(Counted, frozen=True, gc=False, tag="dsa-value"):
    """A variable's value: its place in the domain."""

    place: int


class DsaCell(Cell):
    """A variable with what it may change to, `choices`; None: not known since something has changed."""

    __slots__ = ("choices", "sure")

    def __init__(self, problem: DcopProblem, name: str, ends: tuple[Neighbour, ...]) -> None:
        super().__init__(problem, name, ends)
        self.lowest = self.local.lowest()
        self.choices: list[int] | None = None
        self.sure = False

    def consider(self, variant: Variant) -> int:
        """Find out what it may change to, if anything is new; return the constraint checks that it took."""
        checks = self.hear()
        if checks or self.choices is None:
            self.choices, self.sure = stochastic_options(variant, self.costs, self.place, self.lowest, self.tolerance)
        return checks


class Dsa(LocalSearch):
    """The distributed stochastic algorithm."""

    name = "dsa"
    options: ClassVar = DsaOptions
    contents: ClassVar = (DsaValue,)
    channel: ClassVar = lockstep("dsa", "values")

    def cell(self, problem: DcopProblem, name: str, ends: tuple[Neighbour, ...]) -> Cell:
        """Return the cell of one variable."""
        return DsaCell(problem, name, ends)

    async def solve(self, talk: Solver) -> None:
        """Tell values, and change by chance where a change is good."""
        cells: list[DsaCell] = talk.part
        options: DsaOptions = talk.options
        variant, probability, rng = options.variant, options.probability, talk.rng
        ends = None
        begin(talk, cells)
        for cycle in range(1, talk.cycles + 1):
            for cell in cells:
                talk.tell(Inform(DsaValue(cycle, talk.checks, cell.quiet, cell.place)), cell.audience)
            await talk.gather(cycle, ends)
            changes = []
            for cell in cells:
                talk.checks += cell.consider(variant)
                choices = cell.choices
                cell.count(not choices)
                if choices:
                    place = stochastic_move(choices, cell.sure, cell.place, probability, rng)
                    if place != cell.place:
                        cell.place, cell.choices = place, None
                        changes.append((cell.number, place))
            talk.note(cycle, changes)
            left = left_of(talk, cells, cycle)
            if not left:
                return
            if left is not cells:
                cells, ends = list(left), ends_of(talk, left)  # type: ignore[arg-type]  # cells of ours
