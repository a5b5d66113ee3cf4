"""Allocations that are better for somebody and worse for nobody: the search behind the verdict on Pareto optimality."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING, Any

from negotiate_rt.problems.exact import Exact, common_denominator
from negotiate_rt.problems.goods import Allocation, Bundle, DivisionProblem, Item, Party
from negotiate_rt.solutions.division.trades import Improvement, share_trade, whole_trade

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_LISTED = 200_000
_MOST_PROGRAMMED = 5_000  # shares in one linear program: more would take minutes
_MOST_WHOLE = 10**6  # of what all items are worth, in whole numbers: more is too fine for HiGHS's tolerances
_SECONDS = 10.0  # for HiGHS, where our own search ran out of nodes
_GAIN = 1e-9  # relative to what all items are worth: less is rounding


UNDECIDED = Improvement(allocation={}, worths={})


def improvement(
    problem: DivisionProblem, allocation: Allocation, divisible: bool | None, nodes: int
) -> Improvement | None:
    """Return an allocation that dominates this one, None if there is none, or UNDECIDED. See `is_pareto_optimal`."""
    if not problem.additive:
        return _listed(problem, problem.bundles(allocation))
    shares = problem.shares(allocation)
    split = divisible or any(share != 1 for one in shares.values() for share in one.values())
    if problem.kind == "goods":
        trade = share_trade(problem, shares)
        if trade is None or split:
            return trade
        trade = whole_trade(problem, problem.bundles(allocation))
        if trade is not None:
            return trade
    if len(problem.items) * len(problem.parties) > _MOST_PROGRAMMED:
        return UNDECIDED
    spare = [item for item in problem.items if sum(one.get(item, 0) for one in shares.values()) < 1]
    levels = [problem.worth(party, one) for party, one in shares.items()]
    solved = _relaxed(problem, levels, spare)
    if solved is None:
        return None
    return _shared(problem, solved[1], levels) if split else _searched(problem, levels, spare, solved[0], nodes)


def _searched(
    problem: DivisionProblem, levels: list[Fraction], spare: list[Item], weights: list[float], nodes: int
) -> Improvement | None:
    """Search for owners of whole items that are better, ask HiGHS where the nodes run out; UNDECIDED if neither tells."""
    search = _Search(problem, levels, spare, weights, nodes)
    owners = search.run()
    if owners == [] and not problem.slack(problem.parties[0]):
        owners = _programmed(search)
    if owners is None:
        return None
    if not owners:
        return UNDECIDED
    bundles = [frozenset(item for item, who in zip(problem.items, owners, strict=True) if who == one)
               for one in range(len(levels))]  # fmt: skip
    return _told(problem, dict(zip(problem.parties, bundles, strict=True)), levels)


def _told(problem: DivisionProblem, bundles: dict[Party, Bundle], levels: list[Fraction]) -> Improvement:
    worths = {
        party: (problem.told(level), problem.told(problem.worth(party, bundle)))
        for (party, bundle), level in zip(bundles.items(), levels, strict=True)
    }
    return Improvement(allocation=bundles, worths=worths)


def _shared(problem: DivisionProblem, shares: NDArray[Any], levels: list[Fraction]) -> Improvement:
    given: dict[Party, dict[Item, Exact]] = {}
    worths: dict[Party, tuple[Exact, Exact]] = {}
    for party, row, level in zip(problem.parties, shares, levels, strict=True):
        given[party] = {item: float(share) for item, share in zip(problem.items, row, strict=True) if share > _GAIN}
        after = sum(float(share) * float(worth) for share, worth in zip(row, problem.row(party), strict=True))
        worths[party] = (problem.told(level), after)
    return Improvement(allocation=given, worths=worths)


def _relaxed(
    problem: DivisionProblem, levels: list[Fraction], spare: list[Item]
) -> tuple[list[float], NDArray[Any]] | None:
    """Solve max sum of gains over shares of items that keep all levels; None if there is nothing to gain (to rounding).

    Returns weights of the parties, at which the sum of weighted worths bounds what any allocation reaches, and the shares.
    """
    import numpy as np  # late: verdicts that need no program need no arrays

    from negotiate_rt.solutions.linear_program import maximise

    parties, items = len(levels), len(problem.items)
    if not items:
        return None
    rows = np.array([[float(worth) for worth in row] for row in problem.rows()])
    scale = np.maximum(np.abs(rows).sum(axis=1), 1e-300)
    rows = rows / scale[:, None]
    free = [problem.items.index(item) for item in spare]
    table = np.zeros((parties + items, parties * items + parties + len(free)))
    for one in range(parties):
        table[one, one * items : (one + 1) * items] = rows[one]
        table[parties + np.arange(items), one * items + np.arange(items)] = 1.0
        table[one, parties * items + one] = -1.0
    table[parties + np.array(free, dtype=int), parties * items + parties + np.arange(len(free))] = 1.0
    goal = np.zeros(table.shape[1])
    goal[parties * items : parties * items + parties] = 1.0
    right = np.append([float(level) / one for level, one in zip(levels, scale, strict=True)], np.ones(items))
    best = maximise(goal, table, right)
    if best is None or best.value <= _GAIN:
        return None
    shares = best.variables[: parties * items].reshape(parties, items)
    return [max(-float(price), 0.0) / float(one) for price, one in zip(best.prices[:parties], scale, strict=True)], shares


def _listed(problem: DivisionProblem, bundles: dict[Party, Bundle]) -> Improvement | None:
    """Try every allocation, for worths that are functions."""
    parties = len(problem.parties)
    if parties ** len(problem.items) > _MOST_LISTED:
        return UNDECIDED
    levels = [problem.worth(party, bundle) for party, bundle in bundles.items()]
    for owners in product(range(parties), repeat=len(problem.items)):
        made = {
            party: frozenset(item for item, owner in zip(problem.items, owners, strict=True) if owner == one)
            for one, party in enumerate(problem.parties)
        }
        worths = [problem.worth(party, bundle) for party, bundle in made.items()]
        pairs = [(worth, level, problem.slack(party))
                 for worth, level, party in zip(worths, levels, problem.parties, strict=True)]  # fmt: skip
        if all(worth >= level for worth, level, _ in pairs) and any(worth > level + slack for worth, level, slack in pairs):
            return _told(problem, made, levels)
    return None


def _programmed(search: _Search) -> list[int] | None:
    """Ask HiGHS, where it is installed and the numbers are small enough for its tolerances; as _Search.run otherwise."""
    from negotiate_rt.solutions.division.integer_program import Program, Row, has_highs, solve_program

    parties, items = len(search.rows), len(search.order)
    if not has_highs() or max(sum(map(abs, row)) for row in search.rows) > _MOST_WHOLE:
        return []
    import numpy as np

    taken = [{who for _, who in options} for options in search.options]
    rows = [Row({one * items + item: 1.0 for one in range(parties)}, 0.0 if -1 in taken[item] else 1.0, 1.0)
            for item in range(items)]  # fmt: skip
    for one in range(parties):
        worths = {one * items + item: float(worth) for item, worth in enumerate(search.rows[one]) if worth}
        rows.append(Row(worths, search.levels[one] - 0.25, np.inf))
    goal = np.array(search.rows, dtype=np.float64).ravel()
    size = len(goal)
    solved = solve_program(Program(goal, rows, np.zeros(size), np.ones(size), size), _SECONDS)
    if solved.variables is None:
        return []
    chosen = solved.variables.reshape(parties, items)
    owners = [int(chosen[:, item].argmax()) if chosen[:, item].max() > 0.5 else -1 for item in range(items)]
    worths_of = [sum(row[item] for item in range(items) if owners[item] == one) for one, row in enumerate(search.rows)]
    pairs = list(zip(worths_of, search.levels, strict=True))
    if all(worth >= level for worth, level in pairs) and worths_of != search.levels:
        return owners
    return None if solved.optimal and solved.bound < sum(search.levels) + 0.5 else []


class _Search:
    """Depth first over owners of items, for one that keeps all levels and raises one: in whole numbers.

    Under the weights an allocation loses, against the bound, what its items would bring others more; one that keeps all
    levels can lose no more than bound - levels, which is little where the allocation is nearly optimal.
    """

    def __init__(  # a state of its own
        self, problem: DivisionProblem, levels: list[Fraction], spare: list[Item], weights: list[float], nodes: int
    ) -> None:
        rows = problem.rows()
        unit = common_denominator([*(worth for row in rows for worth in row), *levels])
        self.rows = [[int(worth * unit) for worth in row] for row in rows]
        self.levels = [int(level * unit) for level in levels]
        self.slack = [int(problem.slack(party) * unit) for party in problem.parties]
        self.left = nodes
        parties, items = range(len(rows)), range(len(problem.items))
        self.options: list[list[tuple[float, int]]] = []
        bound = 0.0
        for item in items:
            weighted = [(weights[one] * self.rows[one][item], one) for one in parties]
            if problem.items[item] in spare:
                weighted.append((0.0, -1))
            most = max(weighted)[0]
            bound += most
            self.options.append(sorted((most - worth, one) for worth, one in weighted))
        self.order = sorted(items, key=lambda item: -self.options[item][min(1, len(self.options[item]) - 1)][0])
        at = sum(weight * level for weight, level in zip(weights, self.levels, strict=True))
        scale = max(1.0, sum(abs(weight * worth) for weight, row in zip(weights, self.rows, strict=True) for worth in row))
        self.budget = bound - at + 1e-9 * scale
        self.coming = [[0] * (len(items) + 1) for _ in parties]
        for one in parties:
            for depth in range(len(items) - 1, -1, -1):
                self.coming[one][depth] = self.coming[one][depth + 1] + max(0, self.rows[one][self.order[depth]])
        self.owners = [-1] * len(items)

    def run(self) -> list[int] | None:
        """Return owners by item, None if there are none, and an empty list where the nodes ran out."""
        if self._extend(0, [0] * len(self.rows), 0.0):
            return self.owners
        return None if self.left > 0 else []

    def _extend(self, depth: int, worths: list[int], lost: float) -> bool:
        self.left -= 1
        if any(worth + coming[depth] < level for worth, coming, level in zip(worths, self.coming, self.levels, strict=True)):
            return False
        if depth == len(self.order):
            return any(worth > level + slack for worth, level, slack in zip(worths, self.levels, self.slack, strict=True))
        item = self.order[depth]
        for loss, one in self.options[item]:
            if self.left <= 0 or lost + loss > self.budget:
                return False
            self.owners[item] = one
            if one >= 0:
                worths[one] += self.rows[one][item]
            if self._extend(depth + 1, worths, lost + loss):
                return True
            if one >= 0:
                worths[one] -= self.rows[one][item]
        return False
