"""Maximum Nash welfare: of all allocations of whole goods, one with the largest product of worths.

Caragiannis, Kurokawa, Moulin, Procaccia, Shah and Wang (2019): it is EF1 and Pareto-optimal. First as many parties as possible
get something they value, then the product over those parties is largest. NP-hard; found by branch and bound, whose bound comes
from the market equilibrium in which goods can be split (Eisenberg and Gale 1959): at its worths w, sum of log u_i is at most
sum of log w_i - n + sum of u_i/w_i, a sum over the goods. What that leaves open, HiGHS decides, by cuts of the same kind.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations

import msgspec
import numpy as np

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.exact import Exact, common_denominator
from negotiate_rt.problems.goods import Bundle, DivisionProblem, Party
from negotiate_rt.solutions.division.integer_program import Program, Row, Vector, check_solver, has_highs, solve_program

NODES = 100_000
"""Partial allocations that our own search looks at, about a second, before it hands over."""

_MOST_GROUPS = 300  # of parties who can all get something, where not all can
_MOST_CUTS = 200
_CLOSE = 1e-9  # of logarithms: what is nearer than this part our own search still looks at
_SOLVED = 1e-7  # of logarithms, for each party: products nearer than this part are equal to HiGHS


class WelfareDivision(msgspec.Struct, frozen=True, kw_only=True):
    """An allocation of whole items, what each bundle is worth to its owner, and whether no other is better. For Nash welfare:
    product is that of the worths of those who get something they value, `positive` of them. method: what proved it, or gave up.
    """

    allocation: dict[Party, Bundle]
    worths: dict[Party, Exact]
    proven: bool
    method: str
    product: Exact | None = None
    positive: int | None = None


def maximum_nash_welfare(
    problem: DivisionProblem, *, solver: str = "auto", nodes: int = NODES, seconds: float = math.inf
) -> WelfareDivision:
    """Return an allocation of goods with the largest product of worths, after as many parties as possible get something.

    solver: `own` (branch and bound within `nodes`), `highs`, or `auto`: our own first, then HiGHS for up to `seconds` if it
    is installed. Products are compared exactly; HiGHS proves to one part in 10**7 a party. Goods that nobody values go to
    the first party. ConfigurationError unless all worths are additive and none is negative.
    """
    check_solver(solver)
    rows = problem.rows()
    if problem.kind != "goods":
        raise ConfigurationError("maximum Nash welfare is for goods: no worth may be negative; leximin takes chores")
    units = [common_denominator(row) for row in rows]
    whole = [[int(worth * unit) for worth in row] for row, unit in zip(rows, units, strict=True)]
    most = _matching(whole, range(len(whole)))
    best: tuple[Fraction, list[int], list[int]] | None = None
    proven, method = True, "branch and bound"
    for number, group in enumerate(_groups(whole, most)):
        if number >= _MOST_GROUPS:
            proven = False
            break
        owners, done, how = _best(_Group([whole[one] for one in group], len(problem.items)), solver, nodes, seconds)
        totals = zip(group, _sums(whole, group, owners), strict=True)
        product = math.prod((Fraction(total, units[one]) for one, total in totals), start=Fraction(1))
        proven, method = proven and done, how
        if best is None or product > best[0]:
            best = (product, owners, group)
    assert best is not None  # there is one group at least, even if it is empty
    bundles: dict[Party, list[object]] = {party: [] for party in problem.parties}
    for item, owner in zip(problem.items, best[1], strict=True):
        bundles[problem.parties[best[2][owner] if best[2] else 0]].append(item)
    held = {party: frozenset(items) for party, items in bundles.items()}
    return WelfareDivision(
        allocation=held, worths={party: problem.told(problem.worth(party, bundle)) for party, bundle in held.items()},
        proven=proven, method=method, product=problem.told(best[0]), positive=most,
    )  # fmt: skip


def _sums(whole: list[list[int]], group: list[int], owners: list[int]) -> list[int]:
    return [
        sum(worth for worth, owner in zip(whole[one], owners, strict=True) if owner == place)
        for place, one in enumerate(group)
    ]


def _groups(whole: list[list[int]], most: int) -> Iterator[list[int]]:
    """Yield the largest sets of parties who can all get something they value at once."""
    for group in combinations(range(len(whole)), most):
        if _matching(whole, group) == most:
            yield list(group)


def _matching(whole: list[list[int]], group: range | tuple[int, ...]) -> int:
    """Return how many of these parties can get one item each that they value (augmenting paths)."""
    owner: dict[int, int] = {}

    def find(party: int, seen: set[int]) -> bool:
        for item, worth in enumerate(whole[party]):
            if worth and item not in seen:
                seen.add(item)
                if item not in owner or find(owner[item], seen):
                    owner[item] = party
                    return True
        return False

    return sum(find(party, set()) for party in group)


def _best(group: _Group, solver: str, nodes: int, seconds: float) -> tuple[list[int], bool, str]:
    """Return owners by item (as places in the group), whether they are proven best, and by what."""
    complete = False
    if solver != "highs":
        complete = group.search(nodes)
    if complete or not group.rows or solver == "own" or not has_highs():
        return group.owners, complete or not group.rows, "branch and bound"
    proven = group.cut(seconds)
    return group.owners, proven, "HiGHS"


class _Group:
    """Parties who are all to get something: worths in whole numbers, and the best owners found so far."""

    def __init__(self, rows: list[list[int]], items: int) -> None:
        self.rows = rows
        self.parties, self.items = range(len(rows)), range(items)
        self.owners = [0] * len(self.items)
        self.product = 0
        self.level = -math.inf
        self.floats = np.array(rows, dtype=np.float64).reshape(len(rows), items)
        self.shared = self._market()
        if rows:
            self._start()

    def _market(self) -> Vector:
        """Return what everybody gets where goods can be split: proportional response (Wu and Zhang 2007; Zhang 2011)."""
        bids = self.floats / np.maximum(self.floats.sum(axis=1, keepdims=True), 1e-300)
        for _ in range(300):
            prices = np.maximum(bids.sum(axis=0), 1e-300)
            gained = self.floats * bids / prices
            bids = gained / np.maximum(gained.sum(axis=1, keepdims=True), 1e-300)
        prices = np.maximum(bids.sum(axis=0), 1e-300)
        self.bids = bids
        least = 1e-9 * np.maximum(self.floats.max(axis=1, initial=0), 1e-300)
        return np.asarray(np.maximum((self.floats * bids / prices).sum(axis=1), least))

    def _start(self) -> None:
        """Begin with each good at whoever pays most for it in the market, then let goods move as long as that helps."""
        owners = [int(one) for one in self.bids.argmax(axis=0)]
        totals = _sums(self.rows, list(self.parties), owners)
        better = True
        while better:
            better = False
            for item in self.items:
                for one in self.parties:
                    mine = owners[item]
                    if one != mine and self._gains(totals, mine, one, item):
                        totals[mine] -= self.rows[mine][item]
                        totals[one] += self.rows[one][item]
                        owners[item], better = one, True
        self.offer(owners, totals)

    def _gains(self, totals: list[int], mine: int, one: int, item: int) -> bool:
        left, more = totals[mine] - self.rows[mine][item], totals[one] + self.rows[one][item]
        before = ((totals[mine] > 0) + (totals[one] > 0), totals[mine] * totals[one])
        after = ((left > 0) + (more > 0), left * more)
        return after > before

    def offer(self, owners: list[int], totals: list[int]) -> None:
        """Keep owners whose product is the largest so far."""
        product = math.prod(totals)
        if product > self.product:
            self.product, self.owners = product, list(owners)
            self.level = sum(map(math.log, totals))

    def search(self, nodes: int) -> bool:
        """Search all allocations that the bound leaves; return whether that came to its end within `nodes`."""
        if not self.rows:
            return True
        weights = (self.floats / self.shared[:, None]).tolist()
        best = [max(row[item] for row in weights) for item in self.items]
        self.options = [sorted((best[item] - weights[one][item], one) for one in self.parties) for item in self.items]
        self.order = sorted(self.items, key=lambda item: -self.options[item][min(1, len(self.parties) - 1)][0])
        self.bound = float(np.log(self.shared).sum()) - len(self.parties) + sum(best)
        self.left = nodes
        self.coming = [[0] * (len(self.items) + 1) for _ in self.parties]
        for one in self.parties:
            for depth in reversed(self.items):
                self.coming[one][depth] = self.coming[one][depth + 1] + self.rows[one][self.order[depth]]
        self._extend(0, [0] * len(self.parties), self.bound, [0] * len(self.items))
        return self.left > 0

    def _extend(self, depth: int, totals: list[int], bound: float, owners: list[int]) -> None:
        self.left -= 1
        if depth == len(self.order):
            self.offer(owners, totals)
            return
        reach = [total + coming[depth] for total, coming in zip(totals, self.coming, strict=True)]
        if not all(reach) or sum(map(math.log, reach)) <= self.level - _CLOSE:
            return
        item = self.order[depth]
        for loss, one in self.options[item]:
            if self.left <= 0 or bound - loss < self.level - _CLOSE:
                return
            owners[item] = one
            totals[one] += self.rows[one][item]
            self._extend(depth + 1, totals, bound - loss, owners)
            totals[one] -= self.rows[one][item]

    def cut(self, seconds: float) -> bool:
        """Maximise the sum of logarithms under tangents, adding those at each answer; return whether the best is proven."""
        count, items = len(self.parties), len(self.items)
        size = count * items
        scale = self.floats.sum(axis=1)
        rows = [Row({one * items + item: 1.0 for one in self.parties}, 1.0, 1.0) for item in self.items]
        rows += [Row({one * items + item: worth / scale[one] for item, worth in enumerate(self.rows[one]) if worth},
                     0.5 / scale[one], math.inf) for one in self.parties]  # fmt: skip  # everybody gets something
        goal = np.append(np.zeros(size), np.ones(count))
        low, high = np.append(np.zeros(size), np.full(count, -100.0)), np.append(np.ones(size), np.zeros(count))
        points = [self.shared, np.array(_sums(self.rows, list(self.parties), self.owners), dtype=float)]
        seen: list[list[int]] = []
        for _ in range(_MOST_CUTS):
            for point in points:
                rows += [self._tangent(one, float(point[one]), float(scale[one])) for one in self.parties if point[one] > 0]
            solved = solve_program(Program(goal, rows, low, high, size), seconds)
            if solved.variables is None:
                return False
            chosen = solved.variables[:size].reshape(count, items)
            owners = [int(one) for one in chosen.argmax(axis=0)]
            totals = _sums(self.rows, list(self.parties), owners)
            self.offer(owners, totals)
            best = self.level - float(np.log(scale).sum())
            if solved.bound <= best + _SOLVED * count:
                return True
            if not solved.optimal or totals in seen:  # a cut that holds but to a tolerance did not keep the answer out
                return False
            seen.append(totals)
            points = [np.array(totals, dtype=float)]
        return False

    def _tangent(self, one: int, point: float, scale: float) -> Row:
        """Return log(u/scale) <= log(p/scale) + (u - p)/p, for the worth u of what a party gets; a secant to the next
        whole number where p is one, which cuts as much off and no whole worth.
        """
        items = len(self.items)
        slope = 1 / point
        if point == int(point):
            slope = math.log1p(1 / point)
        coefficients = {one * items + item: -slope * worth for item, worth in enumerate(self.rows[one]) if worth}
        coefficients[len(self.parties) * items + one] = 1.0
        return Row(coefficients, -math.inf, math.log(point / scale) - slope * point)
