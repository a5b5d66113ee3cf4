"""What a variable can tell a neighbour that is about to choose: what each of its values would cost the two of them at best.

Source: van Leeuwen and Pawełczak, "CoCoA: a non-iterative approach to a local search (A)DCOP solver", AAAI 2017, for functions of
two variables. Of a function of more, all whose other variables have values are reckoned by who chooses; the others by the first
of its variables that has none yet, which takes the best of what the rest may do. So no function is reckoned twice.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from negotiate_rt.problems.dcop import Costs, DcopProblem
from negotiate_rt.solutions.dcop.minimised import minimised

Assigned = Mapping[int, int]  # variables, by their places in the problem, and their values, by those in the domains


class CooperativeCosts:
    """One variable's view of its functions, for choosing and for answering those who choose; to minimise, in finite numbers.

    `effort`: constraint checks of one answer or choice, at most.
    """

    __slots__ = ("_functions", "base", "effort", "number", "tolerance")

    def __init__(self, problem: DcopProblem, variable: str) -> None:
        known = minimised(problem)
        self.number = known.place[variable]
        self.base: Costs = known.unary[variable]
        self._functions: list[tuple[tuple[int, ...], Costs]] = [
            (tuple(known.place[one] for one in known.scopes[name]), known.tables[name])
            for name in known.touching[variable]
        ]
        self.effort = sum(table.size for _, table in self._functions)
        self.tolerance = 1e-12 * sum(
            (float(abs(table).max()) for _, table in self._functions), float(abs(self.base).max())
        )

    def costs(self, assigned: Assigned) -> Costs:
        """Return what each value costs by itself and by all functions whose other variables have values."""
        total = self.base.copy()
        for scope, table in self._functions:
            if all(one in assigned for one in scope if one != self.number):
                total += table[tuple(slice(None) if one == self.number else assigned[one] for one in scope)]
        return total

    def answer(self, asker: int, assigned: Assigned) -> list[float]:
        """Return, for each value of the neighbour that asks, what is the least that it costs together with this variable: with
        the functions of both that fall to this one, and its own costs, as far as the others have values.
        """
        known = {one: place for one, place in assigned.items() if one not in (asker, self.number)}
        alone = self.costs(known)  # of functions that the asker has no part in: it has no value there
        both: Costs | None = None
        for scope, table in self._functions:
            open_ = [one for one in scope if one != asker and one not in known]
            if asker not in scope or min(open_) != self.number:
                continue
            found = table[tuple(known.get(one, slice(None)) for one in scope)]
            left = [one for one in scope if one not in known]
            rest = tuple(axis for axis, one in enumerate(left) if one not in (asker, self.number))
            found = found.min(axis=rest) if rest else found
            found = found if left.index(asker) < left.index(self.number) else found.T
            both = found if both is None else both + found
        return [] if both is None else (both + alone).min(axis=1).tolist()

    def best(self, total: Costs) -> list[int]:
        """Return the values that cost the least, but for rounding."""
        return [int(place) for place in np.flatnonzero(total <= total.min() + self.tolerance)]
