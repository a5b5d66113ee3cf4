"""Leximin: of all allocations of whole items, one that makes the worst off as well off as possible, then the second worst, ..."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from negotiate_rt.problems.exact import common_denominator
from negotiate_rt.problems.goods import DivisionProblem
from negotiate_rt.solutions.division.integer_program import Program, Row, check_solver, has_highs, solve_program
from negotiate_rt.solutions.division.nash_welfare import NODES, WelfareDivision


def leximin(
    problem: DivisionProblem, *, normalized: bool = False, solver: str = "auto", nodes: int = NODES, seconds: float = math.inf
) -> WelfareDivision:
    """Return an allocation whose worths, sorted from the smallest, are lexicographically largest; goods, chores or both.

    normalized: worths as parts of what all items are worth to the party (in absolute value; as they are where that is 0).
    solver, nodes, seconds: as for maximum_nash_welfare; HiGHS solves one program for each party (Ogryczak and Sliwinski 2006).
    Additive worths, ConfigurationError otherwise. Exact within `nodes`; HiGHS to one part in 10**9.
    """
    check_solver(solver)
    rows = [list(row) for row in problem.rows()]
    if normalized:
        rows = [[worth / (abs(sum(row, Fraction())) or 1) for worth in row] for row in rows]
    unit = common_denominator([worth for row in rows for worth in row])
    search = _Search([[int(worth * unit) for worth in row] for row in rows])
    proven, method = False, "branch and bound"
    if solver != "highs":
        proven = search.run(nodes)
    if not proven and solver != "own" and has_highs():
        proven, method = search.sequence(seconds), "HiGHS"
    held = {
        party: frozenset(item for item, owner in zip(problem.items, search.owners, strict=True) if owner == one)
        for one, party in enumerate(problem.parties)
    }
    worths = {party: problem.told(problem.worth(party, bundle)) for party, bundle in held.items()}
    return WelfareDivision(allocation=held, worths=worths, proven=proven, method=method)


class _Search:
    """Depth first over owners: items that matter most first, each to whoever is worst off and likes it best."""

    def __init__(self, rows: list[list[int]]) -> None:
        self.rows = rows
        self.parties, self.items = range(len(rows)), range(len(rows[0]))
        self.order = sorted(self.items, key=lambda item: -max(abs(row[item]) for row in rows))
        self.coming = [[0] * (len(self.items) + 1) for _ in rows]
        for one in self.parties:
            for depth in reversed(self.items):
                self.coming[one][depth] = self.coming[one][depth + 1] + max(0, rows[one][self.order[depth]])
        self.owners = [0] * len(self.items)
        self.best: list[int] | None = None
        self.left = 0

    def run(self, nodes: int) -> bool:
        """Search; return whether it came to its end within `nodes`."""
        self.left = nodes
        self._extend(0, [0] * len(self.rows), [0] * len(self.items))
        return self.left > 0

    def offer(self, owners: list[int], totals: list[int]) -> None:
        """Keep owners whose sorted worths are the largest so far."""
        if self.best is None or sorted(totals) > self.best:
            self.best, self.owners = sorted(totals), list(owners)

    def _extend(self, depth: int, totals: list[int], owners: list[int]) -> None:
        self.left -= 1
        if depth == len(self.order):
            self.offer(owners, totals)
            return
        item = self.order[depth]
        for one in sorted(self.parties, key=lambda one: (self.rows[one][item] < 0, totals[one] - self.rows[one][item])):
            totals[one] += self.rows[one][item]
            owners[item] = one
            if self.best is None or (self.left > 0 and self._reach(depth + 1, totals) > self.best):
                self._extend(depth + 1, totals, owners)
            totals[one] -= self.rows[one][item]

    def _reach(self, depth: int, totals: list[int]) -> list[int]:
        return sorted(total + coming[depth] for total, coming in zip(totals, self.coming, strict=True))

    def sequence(self, seconds: float) -> bool:
        """Maximise the sum of the k smallest worths for k = 1, 2, ..., keeping what was reached; return whether that is proven.

        The sum of the k smallest is max k·t - sum of d_i with d_i >= t - u_i, d_i >= 0.
        """
        count, items = len(self.parties), len(self.items)
        size = count * items
        scale = max(1, max(abs(worth) for row in self.rows for worth in row))
        width = size + count * (1 + count)  # for each k one t, then a d for each party
        rows = [Row({one * items + item: 1.0 for one in self.parties}, 1.0, 1.0) for item in self.items]
        low = np.concatenate((np.zeros(size), np.full(count, -float(items)), np.zeros(count * count)))
        high = np.concatenate((np.ones(size), np.full(count, float(items)), np.full(count * count, 2.0 * items)))
        for k in range(1, count + 1):
            level, first = size + k - 1, size + count + (k - 1) * count
            for one in self.parties:
                coefficients = {one * items + item: self.rows[one][item] / scale for item in self.items if self.rows[one][item]}
                rows.append(Row({**coefficients, first + one: 1.0, level: -1.0}, 0.0, math.inf))
            summed = {level: float(k), **dict.fromkeys(range(first, first + count), -1.0)}
            goal = np.zeros(width)
            goal[list(summed)] = list(summed.values())
            solved = solve_program(Program(goal, rows, low, high, size), seconds)
            if solved.variables is None:
                return False
            chosen = solved.variables[:size].reshape(count, items)
            owners = [int(one) for one in chosen.argmax(axis=0)]
            totals = [sum(row[item] for item in self.items if owners[item] == one) for one, row in enumerate(self.rows)]
            self.offer(owners, totals)
            if not solved.optimal:
                return False
            rows.append(Row(summed, float(Fraction(sum(sorted(totals)[:k]), scale)) - 1e-9, math.inf))
        return True
