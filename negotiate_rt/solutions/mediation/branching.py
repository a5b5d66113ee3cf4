"""Branch and bound over utilities that are sums over the issues: exact when it comes to its end, anytime before.

Issues are fixed one by one, those that matter most first. A partial outcome is given up when no completion is rational, or
the cuts of relaxing.py show that none beats the best known; the last few issues are looked at together, at array speed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from negotiate_rt.solutions.mediation.objectives import Goal, Vector, best_row
from negotiate_rt.solutions.mediation.relaxing import Cut, Oracle, Relaxed, relax

Places = tuple[int, ...]
Allowed = Callable[[Places], bool]

_BLOCK = 8_192  # outcomes of the last issues times parties, evaluated together
_MOST_CUTS = 12
_CLOSE = 1e-12  # of an objective's magnitude: what counts as no better
_LOOKS = 16  # partial outcomes between two looks at the clock
_BELOW = 1e6  # below the logarithm of any product that is not 0
_CLIMBS = 200  # improvements of a first outcome


class Rule(NamedTuple):
    """What an outcome must satisfy: the positions that it looks at, and its test of the places there."""

    positions: tuple[int, ...]
    test: Callable[[Sequence[int]], bool]


class Found(NamedTuple):
    """The best outcome by places, its value, an upper bound on all values, and whether the search came to its end."""

    places: Places | None
    value: float
    bound: float
    proven: bool


def merits(goal: Goal, vectors: Vector) -> Vector:
    """Return the objective of each row, and below all that are rational how far from it the others are. A product of 0 lies
    between."""
    values = goal.values(vectors)
    short = np.minimum(vectors - goal.without, 0.0).sum(axis=1)
    return np.asarray(np.where(values > -np.inf, values, np.where(goal.rational(vectors), -_BELOW, short - 2 * _BELOW)))


class Branching:
    """One search. worths: per issue, shape (values, parties). refused: outcomes that may not be taken again."""

    def __init__(
        self, goal: Goal, worths: Sequence[Vector], rules: Sequence[Rule], refused: frozenset[Places],
        expired: Callable[[], bool],
    ) -> None:  # fmt: skip
        self.goal, self.worths, self.rules, self.refused, self.expired = goal, worths, rules, refused, expired
        self.oracle = Oracle(worths)
        self.best: Places | None = None
        self.vector: Vector | None = None
        self.value = -math.inf
        self.nodes = 0
        self.stopped = False

    def run(self, hints: Sequence[Places] = (), nodes: int | None = None) -> Found:
        """Return the best outcome found within the time, or so many partial outcomes."""
        self.most = math.inf if nodes is None else nodes
        relaxed = relax(self.goal, self.oracle, self.expired)
        if relaxed.bound == -math.inf:
            return Found(None, -math.inf, -math.inf, True)
        for places in dict.fromkeys([*hints, *relaxed.met[-_MOST_CUTS:]]):
            self._climb(places)
        self._prepare(relaxed)
        self._extend(0, np.zeros(len(self.goal.without)), [0] * len(self.worths))
        bound = self.value if not self.stopped else relaxed.bound
        return Found(self.best, self.value, max(bound, self.value), not self.stopped)

    def lawful(self, places: Places) -> bool:
        """Whether an outcome breaks no rule and was not refused."""
        return places not in self.refused and all(
            rule.test([places[position] for position in rule.positions]) for rule in self.rules
        )

    def offer(self, places: Places, vector: Vector) -> None:
        """Keep a lawful outcome if it is the best by now."""
        if self.best is None or self.vector is None:
            row = best_row(self.goal, vector[None])
            better = row is not None
        else:
            better = best_row(self.goal, np.array([self.vector, vector])) == 1
        if better:
            self.best, self.vector = places, vector
            self.value = float(self.goal.values(vector[None])[0])

    # -- a first outcome --------------------------------------------------------------------------------------------------

    def _climb(self, places: Places) -> None:
        """Change one issue at a time for the better, from an outcome that need not be rational."""
        own, total = list(places), self.oracle.at(places)
        for _ in range(_CLIMBS):
            best, move = merits(self.goal, total[None])[0], None
            for k, each in enumerate(self.worths):
                vectors = total - each[own[k]] + each
                worth = merits(self.goal, vectors)
                place = int(worth.argmax())
                if worth[place] > best + _CLOSE * max(1.0, abs(best)):
                    trial = (*own[:k], place, *own[k + 1 :])
                    if self.lawful(trial):
                        best, move = worth[place], (k, place, vectors[place])
            if move is None:
                break
            own[move[0]], total = move[1], move[2]
            if self.expired():
                break
        if self.lawful(tuple(own)):
            self.offer(tuple(own), self.oracle.at(own))

    # -- the search -------------------------------------------------------------------------------------------------------

    def _prepare(self, relaxed: Relaxed) -> None:
        cuts = relaxed.cuts[-_MOST_CUTS:]
        weights = cuts[-1].weights if cuts else np.ones(len(self.goal.without))
        spread = [float(np.ptp(one @ weights)) for one in self.worths]
        self.order = sorted(range(len(self.worths)), key=lambda k: (-spread[k], k))
        tail = len(self.order)
        size = len(self.goal.without)
        while tail and size * len(self.worths[self.order[tail - 1]]) <= _BLOCK:
            tail -= 1
            size *= len(self.worths[self.order[tail]])
        self.tail = tail
        self._block(self.order[tail:])
        self._suffixes(cuts)
        self.due: list[list[Rule]] = [[] for _ in range(len(self.order) + 1)]
        at = {k: depth for depth, k in enumerate(self.order)}
        for rule in self.rules:
            last = max(at[position] for position in rule.positions)
            self.due[min(last + 1, self.tail + 1)].append(rule)

    def _block(self, issues: Sequence[int]) -> None:
        """List all combinations of the last issues, with their utilities."""
        sizes = [len(self.worths[k]) for k in issues]
        total = np.zeros((1, len(self.goal.without)))
        for k in issues:
            total = (total[:, None, :] + self.worths[k][None]).reshape(-1, total.shape[1])
        self.block, self.sizes, self.last = total, sizes, list(issues)

    def _suffixes(self, cuts: Sequence[Cut]) -> None:
        parties, count = len(self.goal.without), len(self.order)
        self.lines = np.array([cut.weights for cut in cuts]).reshape(len(cuts), parties).T
        self.constants = np.array([cut.constant for cut in cuts])
        self.after = np.zeros((count + 1, len(cuts)))
        self.most_after = np.zeros((count + 1, parties))
        for depth in range(count - 1, -1, -1):
            each = self.worths[self.order[depth]]
            self.after[depth] = self.after[depth + 1] + (each @ self.lines).max(axis=0, initial=-np.inf)
            self.most_after[depth] = self.most_after[depth + 1] + each.max(axis=0)

    def _extend(self, depth: int, total: Vector, places: list[int]) -> None:
        """Complete a partial outcome in all ways that may beat the best."""
        self.nodes += 1
        if self.nodes > self.most or (not self.nodes % _LOOKS and self.expired()):
            self.stopped = True
            return
        if depth == self.tail:
            self._finish(total, places)
            return
        k = self.order[depth]
        totals = total + self.worths[k]
        bounds = self._bounds(totals, depth + 1)
        for place in np.argsort(-bounds, kind="stable").tolist():
            if not self._may_win(bounds[place]):
                break
            places[k] = place
            if all(rule.test([places[position] for position in rule.positions]) for rule in self.due[depth + 1]):
                self._extend(depth + 1, totals[place], places)
            if self.stopped:
                return

    def _bounds(self, totals: Vector, depth: int) -> Vector:
        """Return for partial utilities what completions reach at most: minus infinity where none is rational."""
        reach = totals + self.most_after[depth]
        bounds = self.goal.values(reach)
        if self.lines.size:
            bounds = np.minimum(bounds, (self.constants + totals @ self.lines + self.after[depth]).min(axis=1))
        return np.asarray(bounds)

    def _may_win(self, bound: float) -> bool:
        if bound == -math.inf:
            return self.goal.form == "product" and self.best is None
        if self.value == -math.inf:
            return True
        close = _CLOSE * max(1.0, abs(self.value))
        return bound > self.value + close or (self.goal.leximin and bound > self.value - close)

    def _finish(self, total: Vector, places: list[int]) -> None:
        """Look at all combinations of the last issues; the best that breaks no rule is a candidate."""
        vectors = total + self.block
        values = self.goal.values(vectors)
        if not self.rules and not self.refused:
            row = best_row(self.goal, vectors)
            if row is not None and (self.best is None or self._may_win(float(values[row]))):
                self._take(row, vectors, places)
            return
        rational = self.goal.rational(vectors)
        for row in np.argsort(-values, kind="stable").tolist():
            if not rational[row] or (self.best is not None and not self._may_win(float(values[row]))):
                break
            if self.lawful(self._whole(row, places)):
                self._take(row, vectors, places)
                if not self.goal.leximin:
                    break

    def _whole(self, row: int, places: list[int]) -> Places:
        found = list(places)
        for k, place in zip(self.last, np.unravel_index(row, self.sizes) if self.sizes else (), strict=True):
            found[k] = int(place)
        return tuple(found)

    def _take(self, row: int, vectors: NDArray[np.float64], places: list[int]) -> None:
        self.offer(self._whole(row, places), vectors[row])
