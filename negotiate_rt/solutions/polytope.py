"""Solutions on the lotteries over finitely many outcomes, for any number of parties.

Whatever maximises a worst share or a sum is a linear program with a row per party; the Nash product is a concave program
that is solved through its prices. Only undominated outcomes matter, and of them few are drawn from in the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from negotiate_rt.problems.ranking import RELATIVE_TOLERANCE
from negotiate_rt.solutions.feasible import Best, Vector
from negotiate_rt.solutions.linear_program import maximise
from negotiate_rt.solutions.polyline import best_of

_CHANCE = 1e-9  # a smaller probability is rounding
_PRECISION = 1e-9  # relative to what a party can gain: shares nearer than this are equal when leximin goes on
_GAP = 1e-12  # of the logarithm of the Nash product
_CLOSE = 1e-6  # Newton's decrement, relative to the barrier: near enough to the middle path
_MOST_STEPS = 100


class RationalLotteries:
    """Lotteries over points, shape (points, parties), that give everybody at least the disagreement payoff in expectation.

    outcome: from a point's position to what it stands for.
    """

    def __init__(self, points: Vector, outcome: Callable[[int], Any], disagreement: Vector, ideal: Vector) -> None:
        self.points, self._outcome = points, outcome
        self.disagreement = disagreement
        self.ideal = ideal

    def best_product(self, weights: Vector) -> Best:
        """Return where prod_i gain_i^w_i is largest, to about 1e-9 of what each party can gain.

        Where not all parties can gain at once every product is 0: then the leximin of the gains, which is one of them.
        """
        scale = self.ideal - self.disagreement
        counted = [party for party, weight in enumerate(weights) if weight > 0]
        level, _ = self._raised(self.disagreement, counted, self.disagreement, np.maximum(scale, 1e-300))
        if level <= _PRECISION or (scale[counted] <= 0).any():
            without = self.best_worst(self.disagreement, np.ones(len(weights)), True)
            gains = np.maximum(np.array(without.utilities) - self.disagreement, 0.0)
            return without._replace(value=float(np.prod(gains**weights)))
        worth = np.where(scale > 0, scale, 1.0)
        goal = _product_gains((self.points - self.disagreement) / worth, weights / weights.sum()) * worth
        best = self._reaching(self.disagreement + goal, worth)
        return best._replace(
            value=float(np.prod(np.maximum(np.array(best.utilities) - self.disagreement, 0.0) ** weights))
        )

    def best_worst(self, origin: Vector, scale: Vector, leximin: bool) -> Best:
        """Return where the worst share is largest, then the second worst, and so on, as a sequence of linear programs."""
        floors = self.disagreement.copy()
        open_parties = [party for party in range(len(scale)) if scale[party] > 0]
        chances, worst = None, 0.0
        first = True
        while open_parties:
            level, chances = self._raised(floors, open_parties, origin, scale)
            worst, first = (level, False) if first else (worst, False)
            held = floors.copy()
            for party in open_parties:
                held[party] = max(held[party], origin[party] + level * scale[party])
            stuck = [party for party in open_parties if not self._can_exceed(party, held, scale[party])]
            stuck = stuck or open_parties[:1]  # rounding: one of them is
            floors[stuck] = held[stuck]
            open_parties = [party for party in open_parties if party not in stuck]
        if chances is None:
            return self.best_sum(np.ones(len(scale)))
        return self._drawn(chances, worst)

    def best_sum(self, weights: Vector) -> Best:
        """Return where sum_i w_i u_i is largest, by one linear program."""
        chances = _program(self.points @ weights, self.points, self.disagreement)
        assert chances is not None  # some lottery is rational
        best = self._drawn(chances, 0.0)
        return best._replace(value=float(np.array(best.utilities) @ weights))

    def _raised(self, floors: Vector, parties: Sequence[int], origin: Vector, scale: Vector) -> tuple[float, Vector]:
        """Return the highest share that all these parties can have at once while nobody falls below its floor."""
        count, everybody = len(self.points), self.points.shape[1]
        shares = (self.points[:, parties] - origin[parties]) / scale[parties]
        size = max(1.0, float(np.abs(shares).max()))
        rows = len(parties) + everybody + 1
        matrix = np.zeros((rows, count + 2 + len(parties) + everybody))
        matrix[: len(parties), :count] = shares.T / size
        matrix[: len(parties), count : count + 2] = (-1.0, 1.0)  # the share itself, of any sign
        matrix[len(parties) : -1, :count], right = _floored(self.points, floors)
        matrix[:-1, count + 2 :] = -np.eye(rows - 1)
        matrix[-1, :count] = 1.0
        objective = np.zeros(matrix.shape[1])
        objective[count : count + 2] = (1.0, -1.0)
        best = maximise(objective, matrix, np.concatenate((np.zeros(len(parties)), right, [1.0])))
        assert best is not None  # the floors were reached before
        return best.value * size, best.variables[:count]

    def _can_exceed(self, party: int, floors: Vector, scale: float) -> bool:
        chances = _program(self.points[:, party], self.points, floors)
        most = -np.inf if chances is None else float(self.points[:, party] @ chances)
        return bool(most > floors[party] + _PRECISION * max(scale, abs(float(self.ideal[party]))))

    def _reaching(self, goal: Vector, scale: Vector) -> Best:
        """Return a lottery over few outcomes that comes nearest to a goal, by the largest shortfall relative to a scale."""
        _, chances = self._raised(np.full_like(goal, -np.inf), range(len(goal)), goal, scale)
        return self._drawn(chances, 0.0)

    def _drawn(self, chances: Vector, value: float) -> Best:
        support = np.flatnonzero(chances > _CHANCE).tolist()
        total = float(chances[support].sum())
        lottery = tuple((float(chances[at]) / total, self._outcome(at)) for at in support)
        utilities = self.points[support].T @ (chances[support] / total)
        return best_of(self.points[support[0]] if len(support) == 1 else utilities, lottery, value)


def rational_lotteries(points: Vector, outcome: Callable[[int], Any], disagreement: Vector) -> RationalLotteries | None:
    """Return the lotteries over points that are rational in expectation; None if there are none."""
    slack = RELATIVE_TOLERANCE * np.maximum(np.abs(points).max(axis=0, initial=0.0), np.abs(disagreement))
    ideal = []
    for party in range(points.shape[1] if len(points) else 0):
        chances = _program(points[:, party], points, disagreement - slack)
        if chances is None:
            return None
        ideal.append(float(points[:, party] @ chances))
    if not ideal:
        return None
    return RationalLotteries(points, outcome, disagreement, np.maximum(np.array(ideal), disagreement))


def _program(objective: Vector, points: Vector, floors: Vector) -> Vector | None:
    """Return the probabilities that maximise an expectation while everybody expects at least the floor; None if none do."""
    count, parties = points.shape
    matrix = np.zeros((parties + 1, count + parties))
    matrix[:parties, :count], right = _floored(points, floors)
    matrix[:parties, count:] = -np.eye(parties)
    matrix[parties, :count] = 1.0
    best = maximise(np.append(objective, np.zeros(parties)), matrix, np.append(right, 1.0))
    return None if best is None else best.variables[:count]


def _floored(points: Vector, floors: Vector) -> tuple[Vector, Vector]:
    """Return rows and right sides of `expected utility >= floor`, scaled to at most 1; a floor of -inf binds nobody.

    A hair below the floor, so that what was reached up to rounding can be reached again.
    """
    low = np.where(np.isfinite(floors), floors, points.min(axis=0))
    size = np.maximum(np.maximum(np.abs(points).max(axis=0), np.abs(low)), 1e-300)
    return points.T / size[:, None], low / size - 2 * RELATIVE_TOLERANCE


def _product_gains(gains: Vector, weights: Vector) -> Vector:
    """Return the gains with the largest prod_i gain_i^w_i over all lotteries; weights sum to 1, gains are about 1 at most.

    Prices y with gains @ y <= 1 for every outcome and the largest sum_i w_i log y_i belong to it, by duality: gain_i =
    w_i / y_i. They are found by Newton's method under a logarithmic barrier that is taken away step by step. The
    duality gap is the number of outcomes times the barrier's weight.
    """
    count = len(gains)
    prices = np.full(len(weights), 0.5 / (len(weights) * max(1.0, float(np.abs(gains).max()))))
    slack = 1.0 - gains @ prices
    barrier = 1.0
    while barrier * count > _GAP:
        barrier *= 0.1
        for _ in range(_MOST_STEPS):
            pull = (weights + barrier) / prices - barrier * (gains.T @ (1.0 / slack))
            curve = np.diag((weights + barrier) / prices**2) + barrier * (gains.T / slack**2) @ gains
            step = np.linalg.solve(curve, pull)
            decrement = float(pull @ step)
            if decrement < _CLOSE * barrier:
                break
            rate, use = step / prices, gains @ step / slack
            length = min(1.0, 0.9 / max(float(np.max(-rate)), float(use.max()), 1e-300))
            while length > 1e-12:  # back until it rises as it should, by Armijo's rule
                risen = (weights + barrier) @ np.log1p(length * rate) + barrier * np.log1p(-length * use).sum()
                if risen >= 0.1 * length * decrement:
                    break
                length /= 2
            prices = prices + length * step
            slack = slack * (1.0 - length * use)  # not anew from the prices: what is left in the end is below rounding
    return np.asarray(weights / prices)
