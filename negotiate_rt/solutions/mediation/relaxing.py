"""How much any outcome can reach: an upper bound that is a sum over the issues.

For every objective f here and every weights L there is a c with f(u) <= c + L @ u for all rational utility vectors u: a Nash
product lies below its tangents (in logarithms), the smallest gain below each weighted mean of gains, a sum below itself plus
any price on what parties have over their disagreement payoffs. Where utilities are sums over the issues, the largest c + L @ u is
found issue by issue. Good weights are the prices of the relaxation in which outcomes may be mixed, found by column generation
(Dantzig and Wolfe 1960): each step adds the outcome that the present prices like best.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from negotiate_rt.solutions.linear_program import maximise
from negotiate_rt.solutions.mediation.objectives import Goal, Vector

_FEW = 16  # parties up to which the relaxation is solved exactly
_STEPS = 120  # of column generation; a bound holds after each
_WEIGHINGS = 1_500  # steps where there are more
_KEPT = 50  # of these, one is kept as a hint
_CLOSE = 1e-10
NOBODY: Vector = np.zeros(0)
_LINE = 60  # halvings of a line search


class Cut(NamedTuple):
    """f(u) <= constant + weights @ u for every rational u."""

    constant: float
    weights: Vector


class Relaxed(NamedTuple):
    """Cuts, tightest last; the upper bound on the objective; the places of outcomes that the search met on its way; the utilities
    of a mixture of them that does well, and the share of each in it (empty where nobody kept count)."""

    cuts: list[Cut]
    bound: float
    met: list[tuple[int, ...]]
    mixture: Vector
    shares: Vector


class Oracle:
    """Utilities that are sums over issues: worths[k] has shape (values of issue k, parties)."""

    def __init__(self, worths: Sequence[Vector]) -> None:
        self.worths = worths

    def best(self, weights: Vector) -> tuple[tuple[int, ...], Vector, float]:
        """Return the places of the outcome with the largest weights @ u, its utilities, and that sum."""
        places = tuple(int((one @ weights).argmax()) for one in self.worths)
        vector = self.at(places)
        return places, vector, float(vector @ weights)

    def at(self, places: Sequence[int]) -> Vector:
        """Return the utilities of an outcome."""
        total = np.zeros(self.worths[0].shape[1])
        for one, place in zip(self.worths, places, strict=True):
            total = total + one[place]
        return total


def relax(goal: Goal, oracle: Oracle, expired: Callable[[], bool]) -> Relaxed:
    """Return bounds for an objective; without cuts, where no mixture is rational and so no outcome is (the bound is then minus
    infinity)."""
    if goal.form == "sum":
        return _sum(goal, oracle, expired)
    worst = _worst(goal, oracle, expired, np.ones(len(goal.without)))
    if worst.bound < -float(goal.slack.max(initial=0.0)):  # nobody can be satisfied together
        return worst._replace(cuts=[], bound=-np.inf)
    if goal.form == "worst":
        return _worst(goal, oracle, expired, goal.scale) if (goal.scale != 1).any() else worst
    return _product(goal, oracle, expired, worst)


def _worst(goal: Goal, oracle: Oracle, expired: Callable[[], bool], scale: Vector) -> Relaxed:
    """Maximise the smallest gain over its scale in the relaxation: exactly for a few parties, closely for many."""
    counted = np.flatnonzero(scale > 0)
    if not counted.size:
        return Relaxed([], np.inf, [], goal.without, NOBODY)
    over = np.zeros((len(scale), counted.size))
    over[counted, np.arange(counted.size)] = 1 / scale[counted]
    return (_columns if counted.size <= _FEW else _weighing)(goal, oracle, expired, over)


def _columns(goal: Goal, oracle: Oracle, expired: Callable[[], bool], over: Vector) -> Relaxed:
    """Add outcomes until the prices of the parties like none better than the mixture. over: gains to relative gains."""
    prices = np.full(over.shape[1], 1 / over.shape[1])
    cuts: list[Cut] = []
    met, columns, bound = [], [], np.inf
    mixture = np.ones(1)
    for _ in range(_STEPS):
        weights = over @ prices
        places, vector, reached = oracle.best(weights)
        constant = -float(weights @ goal.without)
        if reached + constant < bound:
            bound = reached + constant
            cuts.append(Cut(constant, weights))
        met.append(places)
        columns.append(vector)
        value, mixture, prices = _mix((np.array(columns) - goal.without) @ over)
        if bound - value <= _CLOSE * max(1.0, abs(bound)) or expired():
            break
    return Relaxed(cuts, bound, met, mixture @ np.array(columns), mixture)


def _weighing(goal: Goal, oracle: Oracle, expired: Callable[[], bool], over: Vector) -> Relaxed:
    """Weigh parties the more, the less they have had so far (multiplicative weights: Freund and Schapire 1999)."""
    parties = over.shape[1]
    total = np.zeros(parties)
    sum_of_vectors = np.zeros(len(goal.without))
    cuts: list[Cut] = []
    met: list[tuple[int, ...]] = []
    bound, size = np.inf, 1e-300
    for step in range(_WEIGHINGS):
        lean = np.exp(-(total - total.min()) * np.sqrt(np.log(parties) / (step + 1)) / size)
        weights = over @ (lean / lean.sum())
        places, vector, reached = oracle.best(weights)
        constant = -float(weights @ goal.without)
        if reached + constant < bound:
            bound = reached + constant
            cuts.append(Cut(constant, weights))
        gains = (vector - goal.without) @ over
        size = max(size, float(np.ptp(gains)))
        total += gains
        sum_of_vectors += vector
        if not step % _KEPT:
            met.append(places)
            if expired():
                break
    return Relaxed(cuts, bound, met, sum_of_vectors / (step + 1), NOBODY)


def _mix(columns: Vector) -> tuple[float, Vector, Vector]:
    """Return the largest smallest gain of a mixture of rows, the mixture, and the parties' prices. columns: (rows, parties)."""
    rows, parties = columns.shape
    size = max(1e-300, float(np.abs(columns).max()))
    matrix = np.zeros((parties + 1, rows + 2 + parties))
    matrix[:parties, :rows] = columns.T / size
    matrix[:parties, rows], matrix[:parties, rows + 1] = -1.0, 1.0
    matrix[:parties, rows + 2 :] = -np.eye(parties)
    matrix[parties, :rows] = 1.0
    objective = np.zeros(rows + 2 + parties)
    objective[rows], objective[rows + 1] = 1.0, -1.0
    found = maximise(objective, matrix, np.append(np.zeros(parties), 1.0))
    assert found is not None  # any one row is feasible
    prices = np.maximum(-found.prices[:parties], 0.0)
    return found.value * size, found.variables[:rows], np.asarray(prices / max(1e-300, float(prices.sum())))


def _sum(goal: Goal, oracle: Oracle, expired: Callable[[], bool]) -> Relaxed:
    """Maximise the weighted sum in the relaxation, with a price on each party's disagreement payoff, by a subgradient."""
    price = np.zeros(len(goal.without))
    cuts: list[Cut] = []
    met: list[tuple[int, ...]] = []
    bound = np.inf
    size = max(1.0, float(goal.scale.max()))
    vectors = []
    for step in range(_STEPS):
        weights = goal.scale + price
        places, vector, reached = oracle.best(weights)
        constant = -float(goal.scale @ goal.without) - float(price @ goal.without)
        if reached + constant < bound:
            bound = reached + constant
            cuts.append(Cut(constant, weights))
        met.append(places)
        vectors.append(vector)
        gains = vector - goal.without
        if (not step and (gains >= 0).all()) or expired():
            break
        direction = np.where((price > 0) | (gains < 0), -gains, 0.0)
        length = float(np.sqrt(direction @ direction))
        if length <= 0:
            break
        price = np.maximum(price + direction * size / (length * np.sqrt(step + 1)), 0.0)
    return Relaxed(cuts, bound, met, np.mean(vectors, axis=0), NOBODY)


def _product(goal: Goal, oracle: Oracle, expired: Callable[[], bool], worst: Relaxed) -> Relaxed:
    """Maximise the sum of the logarithms of gains in the relaxation (Frank and Wolfe 1956, fully along each line)."""
    gains = worst.mixture - goal.without
    if gains.min() <= 0:  # perhaps somebody can never gain, and every product is 0
        return worst._replace(cuts=[], bound=np.inf)
    cuts: list[Cut] = []
    met, bound = list(worst.met), np.inf
    for _ in range(_STEPS):
        weights = 1 / gains
        places, vector, reached = oracle.best(weights)
        constant = float(np.log(gains).sum()) - float(weights @ goal.without) - len(gains)
        if reached + constant < bound:
            bound = reached + constant
            cuts.append(Cut(constant, weights))
        met.append(places)
        if bound - float(np.log(gains).sum()) <= _CLOSE or expired():
            break
        gains = _along(gains, vector - goal.without)
    return Relaxed(cuts, bound, met, gains + goal.without, NOBODY)


def _along(gains: Vector, other: Vector) -> Vector:
    """Return the point between two vectors of gains with the largest product: the derivative changes sign there."""
    step = other - gains
    low, high = 0.0, 1.0
    for _ in range(_LINE):
        middle = (low + high) / 2
        here = gains + middle * step
        if here.min() > 0 and float((step / here).sum()) > 0:
            low = middle
        else:
            high = middle
    return np.asarray(gains + low * step)
