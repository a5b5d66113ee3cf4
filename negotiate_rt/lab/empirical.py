"""A tournament as a game: contestants are its strategies, mean utilities its payoffs.

After Walsh, Das, Tesauro and Kephart (2002) and Wellman (2006). Who plays whom is symmetric here, because every pair has
met in both seats: the payoff of i against j is i's mean utility over all scenarios, repeats and both seats. The
replicator dynamics (Taylor and Jonker 1978) tell which contestants a population would keep that copies success.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.lab.results import GameResult

TIE = 1e-9  # of the range of payoffs: what differs by less is equal
STEP = 0.25  # of the time in which a share grows e-fold at the largest difference of payoffs
STEPS = 40_000
SETTLED = 1e-10  # by which no share moves in a step any more
EXTINCT = 1e-4  # a share below this is none
SHOWN = 101  # points of a trajectory that are kept

Matrix = NDArray[np.float64]


class PayoffMatrix(msgspec.Struct, frozen=True):
    """payoffs[i][j]: the mean utility of strategy i against j; games[i][j]: of how many games and seats."""

    strategies: tuple[str, ...]
    payoffs: tuple[tuple[float, ...], ...]
    games: tuple[tuple[int, ...], ...] = ()


class Replication(msgspec.Struct, frozen=True, kw_only=True):
    """A path of shares under the replicator dynamics.

    times, shares: points of it, the first and the last among them; each row of shares sums to 1. resting: the shares at
    the end, those below 0.0001 as 0. settled: whether nothing moved any more.
    """

    strategies: tuple[str, ...]
    times: tuple[float, ...]
    shares: tuple[tuple[float, ...], ...]
    resting: tuple[float, ...]
    settled: bool

    @property
    def survivors(self) -> dict[str, float]:
        """The strategies that are left, and their shares."""
        return {name: share for name, share in zip(self.strategies, self.resting, strict=True) if share > 0}


def payoff_matrix(results: Iterable[GameResult], strategies: Sequence[str] = ()) -> PayoffMatrix:
    """Return what each strategy got against each other one; strategies: their order, by default that of first appearance.

    Raises ConfigurationError for games among more than two, and unless every pair has met, also each with itself.
    """
    sums: dict[tuple[str, str], list[float]] = {}
    for game in sorted(results, key=lambda one: one.number):
        if len(game.strategies) != 2:
            raise ConfigurationError(f"game analysis is of games between two; scenario {game.scenario!r} has more parties")
        for seat in (0, 1):
            sums.setdefault((game.strategies[seat], game.strategies[1 - seat]), []).append(game.utilities[seat])
    names = tuple(strategies) or tuple(dict.fromkeys(name for pair in sums for name in pair))
    for one in names:
        for other in names:
            if (one, other) not in sums:
                what = "itself (allow self-play)" if one == other else repr(other)
                raise ConfigurationError(f"game analysis: {one!r} has not met {what} yet")
    return PayoffMatrix(
        names,
        tuple(tuple(float(np.mean(sums[one, other])) for other in names) for one in names),
        tuple(tuple(len(sums[one, other]) for other in names) for one in names),
    )


def checked_matrix(payoffs: PayoffMatrix | ArrayLike) -> tuple[Matrix, tuple[str, ...]]:
    """Return payoffs as a square array of finite numbers, and the names of the strategies (their numbers, if none)."""
    given = payoffs.payoffs if isinstance(payoffs, PayoffMatrix) else payoffs
    try:
        matrix = np.array(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"payoffs must be a square matrix of numbers: {error}") from None
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size or not np.isfinite(matrix).all():
        raise ConfigurationError(f"payoffs must be a square matrix of finite numbers, got shape {matrix.shape}")
    names = payoffs.strategies if isinstance(payoffs, PayoffMatrix) else tuple(map(str, range(len(matrix))))
    return matrix, names


def best_responses(payoffs: PayoffMatrix | ArrayLike) -> tuple[tuple[int, ...], ...]:
    """Return for each strategy the ones that do best against it, ties (to 1e-9 of the range) included."""
    matrix, _ = checked_matrix(payoffs)
    slack = TIE * float(np.ptp(matrix))
    return tuple(tuple(np.flatnonzero(column >= column.max() - slack).tolist()) for column in matrix.T)


def pure_equilibria(payoffs: PayoffMatrix | ArrayLike) -> tuple[tuple[int, int], ...]:
    """Return the pairs of strategies that are best against each other: the pure Nash equilibria (Nash 1951).

    Of (i, j) and (j, i), which are the same game seen from both seats, only that with i <= j is told.
    """
    best = best_responses(payoffs)
    pairs = ((one, other) for other, answers in enumerate(best) for one in answers if one <= other)
    return tuple(sorted((one, other) for one, other in pairs if other in best[one]))


def best_response_cycles(payoffs: PayoffMatrix | ArrayLike) -> tuple[tuple[int, ...], ...]:
    """Return the cycles in which everybody's best response goes round, each from its smallest number on.

    From each strategy on one goes to what is best against it: to itself if that is among the best, else to the first. A
    strategy that is best against itself ends the walk; it is a pure equilibrium and no cycle.
    """
    best = best_responses(payoffs)
    following = [place if place in answers else answers[0] for place, answers in enumerate(best)]
    found = set()
    for start in range(len(following)):
        walk: dict[int, int] = {}
        place = start
        while place not in walk:
            walk[place] = len(walk)
            place = following[place]
        cycle = list(walk)[walk[place] :]
        if len(cycle) > 1:
            least = cycle.index(min(cycle))
            found.add((*cycle[least:], *cycle[:least]))
    return tuple(sorted(found))


def replicate(
    payoffs: PayoffMatrix | ArrayLike, start: Sequence[float] | None = None, *, steps: int = STEPS, step: float = STEP
) -> Replication:
    """Return how shares of a population change by dx_i/dt = x_i ((A x)_i - x A x), from equal shares unless told otherwise.

    Integrated by Runge and Kutta's fourth order with a fixed step, time counted in units of 1 / the range of payoffs, so
    that multiplying payoffs changes nothing; until no share moves, or for `steps`. ConfigurationError unless start
    holds a share >= 0 for each strategy, not all 0. Cost: O(steps * strategies^2).
    """
    matrix, names = checked_matrix(payoffs)
    spread = float(np.ptp(matrix))
    field = (matrix - matrix.min()) / spread if spread > 0 else np.zeros_like(matrix)
    shares = _start(start, len(matrix))
    path, settled = [shares], False
    for _ in range(max(0, steps)):
        moved = _moved(field, shares, step)
        settled = bool(np.abs(moved - shares).max() < SETTLED)
        shares = moved
        path.append(shares)
        if settled:
            break
    kept = np.unique(np.linspace(0, len(path) - 1, SHOWN).round().astype(int)).tolist()
    resting = np.where(shares < EXTINCT, 0.0, shares)
    return Replication(
        strategies=names,
        times=tuple(place * step for place in kept),
        shares=tuple(tuple(path[place].tolist()) for place in kept),
        resting=tuple((resting / resting.sum()).tolist()),
        settled=settled,
    )


def _moved(field: Matrix, shares: Matrix, step: float) -> Matrix:
    one = _slope(field, shares)
    two = _slope(field, shares + step / 2 * one)
    three = _slope(field, shares + step / 2 * two)
    four = _slope(field, shares + step * three)
    moved = np.maximum(shares + step / 6 * (one + 2 * two + 2 * three + four), 0.0)
    return np.asarray(moved / moved.sum())


def _slope(field: Matrix, shares: Matrix) -> Matrix:
    fitness = field @ shares
    return np.asarray(shares * (fitness - shares @ fitness))


def _start(given: Sequence[float] | None, count: int) -> Matrix:
    if given is None:
        return np.full(count, 1 / count)
    shares = np.array(given, dtype=np.float64)
    if shares.shape != (count,) or not np.isfinite(shares).all() or (shares < 0).any() or not shares.sum() > 0:
        raise ConfigurationError(f"start must hold {count} shares >= 0, not all of them 0, got {given!r}")
    return np.asarray(shares / shares.sum())
