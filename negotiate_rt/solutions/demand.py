"""The Nash demand game: both name at once what they want, and get it if that fits; else both get disagreement.

Every efficient division above disagreement is an equilibrium, and so is asking for too much on both sides (Nash, "Two-person
cooperative games", 1953). Smoothing chooses among them: if near the frontier demands fit with a probability p that falls
steadily, the parties maximise gain times p, and where the product gain_1 · gain_2 · p is largest is always an equilibrium;
as p sharpens it tends to the Nash bargaining solution (Nash 1953; Binmore, "Nash bargaining theory II", 1987).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.ranking import RELATIVE_TOLERANCE
from negotiate_rt.solutions.alternating_offers import checked_points
from negotiate_rt.solutions.terms import real_number, size_of_pie

Pair = tuple[float, float]


class DemandEquilibrium(msgspec.Struct, frozen=True, kw_only=True):
    """Demands from which neither gains by naming another one of its demands.

    compatible: whether they fit. efficient: whether no compatible demands give both at least as much and one more.
    """

    demands: Pair
    payoffs: Pair
    compatible: bool
    efficient: bool


class DemandGame(msgspec.Struct, frozen=True, kw_only=True):
    """The pure equilibria of a finite demand game, in order of the first party's demand, then the second's."""

    equilibria: tuple[DemandEquilibrium, ...]
    disagreement: Pair
    definition: str = "pure Nash equilibria of the Nash demand game (Nash 1953)"
    ties: str = "utilities within a 1e-12th of the largest are equal; compatible demands that just fit do fit"

    @property
    def efficient(self) -> tuple[DemandEquilibrium, ...]:
        """The equilibria that waste nothing."""
        return tuple(one for one in self.equilibria if one.efficient)


class SmoothedDemands(msgspec.Struct, frozen=True, kw_only=True):
    """The equilibrium of a smoothed demand game with the largest product of gains and probability.

    payoffs are expected: disagreement where demands do not fit. equilibria: all pure ones found, as pairs of demands (on a
    continuum just this one, which is the only one).
    """

    demands: Pair
    payoffs: Pair
    probability: float
    equilibria: tuple[Pair, ...]
    disagreement: Pair
    definition: str = "smoothed Nash demand game: the largest gain_1 · gain_2 · p (Nash 1953)"
    ties: str = "among equal products the lowest demands, the first party's first"


def demand_equilibria(
    demands: tuple[ArrayLike, ArrayLike], fits: ArrayLike | Callable[[float, float], bool], disagreement: Pair = (0, 0)
) -> DemandGame:
    """Return all pure equilibria of the game in which each party names one of its demands (utilities, ascending or not).

    fits: which pairs are compatible, as a matrix of shape (demands of 0, demands of 1) or a function of the two.
    ConfigurationError if shapes differ or a number is not finite. Cost: O(demands of 0 · demands of 1).
    """
    first, second = (_demands(one, f"demands[{at}]") for at, one in enumerate(demands))
    least = _pair(disagreement)
    table = _table(fits, first, second).astype(bool)
    payoffs = [np.where(table, first[:, None], least[0]), np.where(table, second[None, :], least[1])]
    slack = [RELATIVE_TOLERANCE * float(np.abs(one).max()) for one in payoffs]
    stable = (payoffs[0] >= payoffs[0].max(axis=0) - slack[0]) & (
        payoffs[1] >= payoffs[1].max(axis=1)[:, None] - slack[1]
    )
    wasteful = _dominated(table, first, second)
    rows, columns = np.argsort(first, kind="stable").tolist(), np.argsort(second, kind="stable").tolist()
    found = []
    for row, column in np.argwhere(stable[np.ix_(rows, columns)]).tolist():
        i, j = rows[row], columns[column]
        found.append(
            DemandEquilibrium(
                demands=(float(first[i]), float(second[j])), payoffs=(float(payoffs[0][i, j]), float(payoffs[1][i, j])),
                compatible=bool(table[i, j]), efficient=bool(table[i, j]) and not bool(wasteful[i, j]),
            )
        )  # fmt: skip
    return DemandGame(equilibria=tuple(found), disagreement=least)


def pie_demand_game(pie: float = 1, *, units: int = 100, disagreement: Pair = (0, 0)) -> DemandGame:
    """Return the equilibria of naming shares of a pie in whole units: demands fit if together they are at most the pie."""
    if isinstance(units, bool) or not isinstance(units, int) or units < 1:
        raise ConfigurationError(f"units must be a whole number >= 1, got {units!r}")
    count = np.arange(units + 1)
    shares = count * (float(size_of_pie(pie)) / units)
    return demand_equilibria((shares, shares), count[:, None] + count[None, :] <= units, disagreement)


def outcome_demand_game(points: ArrayLike, disagreement: Pair = (0, 0)) -> DemandGame:
    """Return the equilibria of demanding utilities of a finite outcome space: a pair fits if one outcome gives both.

    points: utilities in shape (outcomes, 2). The demands are the distinct utilities that outcomes give.
    """
    vectors = checked_points(points)
    if vectors.shape[1] != 2:
        raise ConfigurationError(f"the demand game has two parties, the points are of {vectors.shape[1]}")
    first, second = np.unique(vectors[:, 0]), np.unique(vectors[:, 1])
    most = np.full(len(first), -np.inf)  # the most that 1 can have where 0 has at least so much
    np.maximum.at(most, np.searchsorted(first, vectors[:, 0]), vectors[:, 1])
    most = np.maximum.accumulate(most[::-1])[::-1]
    return demand_equilibria((first, second), second[None, :] <= most[:, None], disagreement)


def smoothed_demands(
    demands: tuple[ArrayLike, ArrayLike],
    chances: ArrayLike | Callable[[float, float], float],
    disagreement: Pair = (0, 0),
) -> SmoothedDemands | None:
    """Return the equilibrium of a finite smoothed game that maximises gain_0 · gain_1 · p over demands above disagreement.

    chances: the probability that a pair fits, as a matrix or a function. gain_0 · gain_1 · p is a potential of the game
    (Monderer and Shapley 1996), so that its maximum is an equilibrium. None if no demands above disagreement fit at all.
    ConfigurationError as for `demand_equilibria`, and for a probability outside [0, 1]. Cost: O(demands · demands).
    """
    least = _pair(disagreement)
    first, second = (_demands(one, f"demands[{at}]") for at, one in enumerate(demands))
    table = _table(chances, first, second)
    if not ((table >= 0) & (table <= 1)).all():
        raise ConfigurationError("chances must be probabilities between 0 and 1")
    rows, columns = np.argsort(first, kind="stable"), np.argsort(second, kind="stable")
    rows, columns = rows[first[rows] > least[0]], columns[second[columns] > least[1]]
    gains = (first[rows] - least[0], second[columns] - least[1])
    table = table[np.ix_(rows, columns)]
    product = gains[0][:, None] * gains[1][None, :] * table
    if not product.size or product.max() <= 0:
        return None
    i, j = np.unravel_index(int(np.argmax(product)), product.shape)
    worth = [gains[0][:, None] * table, gains[1][None, :] * table]
    near = 1 - RELATIVE_TOLERANCE
    stable = (worth[0] >= worth[0].max(axis=0) * near) & (worth[1] >= worth[1].max(axis=1)[:, None] * near)
    stable &= table > 0
    pairs = tuple((float(first[rows[a]]), float(second[columns[b]])) for a, b in np.argwhere(stable).tolist())
    return SmoothedDemands(
        demands=(float(first[rows[i]]), float(second[columns[j]])),
        payoffs=(least[0] + float(worth[0][i, j]), least[1] + float(worth[1][i, j])),
        probability=float(table[i, j]), equilibria=pairs, disagreement=least,
    )  # fmt: skip


def smoothed_pie(width: float, pie: float = 1, disagreement: Pair = (0, 0)) -> SmoothedDemands | None:
    """Return the only equilibrium of dividing a pie whose size is uncertain: p = 1 / (1 + exp((x_0 + x_1 - pie) / width)).

    Each wants x_i - d_i = -p / p', the same for both, so the gains are equal and tend to the split of the difference as
    width > 0 goes to 0. Solved by bisection to the last bit. None if disagreement is worth more than the pie.
    """
    if not real_number(width, "width") > 0:
        raise ConfigurationError(f"width must be > 0, got {width!r}")
    least = _pair(disagreement)
    spare = float(size_of_pie(pie)) - sum(least)
    if spare < 0:
        return None
    low, high = 0.0, spare / 2 + 2 * width
    while not _excess(high, spare, width) >= 0:
        high *= 2
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if _excess(middle, spare, width) < 0 else (low, middle)
    gain = high
    chance = 1 / (1 + np.exp(min((2 * gain - spare) / width, 700.0)))
    demands = (least[0] + gain, least[1] + gain)
    payoffs = (least[0] + gain * float(chance), least[1] + gain * float(chance))
    return SmoothedDemands(
        demands=demands, payoffs=payoffs, probability=float(chance), equilibria=(demands,), disagreement=least
    )


def _excess(gain: float, spare: float, width: float) -> float:
    """Return gain + p/p' = gain - width / (1 - p), which rises through 0 where both demands are best."""
    missing = np.exp(min((spare - 2 * gain) / width, 700.0))  # p / (1 - p)
    return gain - width * (1 + float(missing))


def _dominated(table: NDArray[np.bool_], first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which pairs another compatible pair weakly dominates. Cost: O(pairs)."""
    levels = [np.unique(first, return_inverse=True)[1].ravel(), np.unique(second, return_inverse=True)[1].ravel()]
    best = np.full(int(levels[0].max()) + 1, -1)  # the best level of 1 that fits with each level of 0
    fitting = np.where(table, levels[1][None, :], -1).max(axis=1)
    np.maximum.at(best, levels[0], fitting)
    at_least = np.maximum.accumulate(best[::-1])[::-1]  # with that level of 0 or a higher one
    above = np.append(at_least[1:], -1)
    theirs = levels[1][None, :]
    return (at_least[levels[0]][:, None] > theirs) | (above[levels[0]][:, None] >= theirs)


def _demands(values: ArrayLike, path: str) -> NDArray[np.float64]:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as cause:
        raise ConfigurationError(f"{path} must be numbers: {cause}") from cause
    if array.ndim != 1 or not array.size or not np.isfinite(array).all():
        raise ConfigurationError(f"{path} must be one or more finite numbers")
    return array


def _table(given: object, first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    if callable(given):
        given = [[given(float(one), float(other)) for other in second] for one in first]
    try:
        table = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as cause:
        raise ConfigurationError(f"whether demands fit must be told in numbers or bools: {cause}") from cause
    if table.shape != (len(first), len(second)) or not np.isfinite(table).all():
        raise ConfigurationError(
            f"expected one finite number per pair, shape {(len(first), len(second))}, got {table.shape}"
        )
    return table


def _pair(disagreement: Sequence[float]) -> Pair:
    if not isinstance(disagreement, (tuple, list)) or len(disagreement) != 2:
        raise ConfigurationError(f"disagreement must hold two payoffs, got {disagreement!r}")
    one, other = (float(real_number(value, f"disagreement[{at}]")) for at, value in enumerate(disagreement))
    return one, other
