"""Who did best in a tournament, how sure that is, and what it cost the others.

Score is one's own mean utility over all games and seats. Its interval is a percentile bootstrap over the games (Efron
1979). The difference to the next in the ranking is tested by flipping signs (Fisher 1935) of differences between games
that are alike in all but the contestant: same scenario, repeat, seat and opponents. Both draw from a stream of the
tournament's seed. They tell what more games of the same kind, on scenarios and against opponents like these, would show.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

from negotiate_rt.lab.results import GameResult

CONFIDENCE = 0.95
RESAMPLES = 2_000
EXACT = 12  # pairs up to which all 2^n flips are tried
BLOCK = 1 << 20  # numbers drawn at a time
METHOD = (
    f"{CONFIDENCE:.0%} percentile bootstrap of the mean over games, {RESAMPLES} resamples; p: two-sided sign-flip test against "
    "the next in the ranking, games paired by scenario, repeat, seat and opponents"
)

Vector = NDArray[np.float64]
Cell = tuple[str, int, int, tuple[str, ...]]  # scenario, repeat, seat, opponents in the order of their seats


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How one contestant did. All but rank, games and faults are means over its games in all seats.

    A game against itself counts once for each seat. low, high: the interval of `utility`. welfare: of all parties together.
    agreement_rate: the share of games with a deal. opponents: the mean utility of the others. lead: how much better than
    the next in the ranking in games that are alike, p: how likely at least that is by luck; None for the last, and
    where no games are alike. ahead: whether p < 0.05. Distances are None where no game has them.
    """

    rank: int
    strategy: str
    games: int
    utility: float
    low: float
    high: float
    agreement_rate: float
    welfare: float
    opponents: float
    to_frontier: float
    to_nash: float | None
    to_kalai_smorodinsky: float | None
    rounds: float
    faults: int
    lead: float | None = None
    p: float | None = None

    @property
    def ahead(self) -> bool:
        """Whether the lead on the next is significant."""
        return self.p is not None and self.p < 1 - CONFIDENCE


class Columns:
    """What one contestant's games came to, one entry for each game and seat."""

    def __init__(self) -> None:
        self.games: list[GameResult] = []
        self.seats: list[int] = []

    def add(self, game: GameResult, seat: int) -> None:
        """Take in one game."""
        self.games.append(game)
        self.seats.append(seat)

    @property
    def utilities(self) -> Vector:
        """One's own utilities."""
        return np.array([game.utilities[seat] for game, seat in zip(self.games, self.seats, strict=True)])

    def cells(self) -> dict[Cell, float]:
        """Return one's own utility by all that another contestant's game can share."""
        found = {}
        for game, seat in zip(self.games, self.seats, strict=True):
            others = game.strategies[:seat] + game.strategies[seat + 1 :]
            found[game.scenario, game.repeat, seat, others] = game.utilities[seat]
        return found

    def standing(self, name: str, seed: str) -> Standing:
        """Return the standing, as yet without rank and lead."""
        own = self.utilities
        low, high = bootstrap_interval(own, random.Random(f"{seed}/{name}"))
        games = self.games
        others = [(game.welfare - worth) / (len(game.utilities) - 1) for game, worth in zip(games, own.tolist(), strict=True)]
        return Standing(
            rank=0, strategy=name, games=len(games), utility=_mean(own), low=low, high=high,
            agreement_rate=_mean([game.agreed for game in games]), welfare=_mean([game.welfare for game in games]),
            opponents=_mean(others), to_frontier=_mean([game.to_frontier for game in games]),
            to_nash=_mean_known([game.to_nash for game in games]),
            to_kalai_smorodinsky=_mean_known([game.to_kalai_smorodinsky for game in games]),
            rounds=_mean([game.rounds for game in games]),
            faults=sum(game.faults[seat] for game, seat in zip(games, self.seats, strict=True) if game.faults),
        )  # fmt: skip


def standings(results: Iterable[GameResult], seed: int = 0) -> tuple[Standing, ...]:
    """Return the ranking, best first; equal ones by name. The order of the results makes no difference.

    Contestants without a game are left out. O(games * resamples).
    """
    columns: dict[str, Columns] = {}
    for game in sorted(results, key=lambda one: one.number):
        for seat, name in enumerate(game.strategies):
            columns.setdefault(name, Columns()).add(game, seat)
    stream = f"{seed}/standings"
    found = sorted((one.standing(name, stream) for name, one in columns.items()), key=lambda one: (-one.utility, one.strategy))
    ranked = []
    for place, one in enumerate(found):
        lead, p = None, None
        if place + 1 < len(found):
            rival = found[place + 1].strategy
            lead, p = paired_lead(columns[one.strategy].cells(), columns[rival].cells(), f"{stream}/{one.strategy}/{rival}")
        ranked.append(msgspec.structs.replace(one, rank=place + 1, lead=lead, p=p))
    return tuple(ranked)


def paired_lead(one: Mapping[Cell, float], other: Mapping[Cell, float], seed: str) -> tuple[float | None, float | None]:
    """Return the mean difference over the cells that both have, and its p; None and None if there are none."""
    shared = [cell for cell in one if cell in other]
    if not shared:
        return None, None
    differences = np.array([one[cell] - other[cell] for cell in shared])
    return _mean(differences), sign_flip_p(differences, random.Random(seed))


def bootstrap_interval(values: Vector, rng: random.Random) -> tuple[float, float]:
    """Return the percentile bootstrap interval of the mean of one or more values. Equal values give a point."""
    count = len(values)
    if values.min() == values.max():
        return float(values[0]), float(values[0])
    means = np.empty(RESAMPLES)
    step = max(1, BLOCK // count)
    for start in range(0, RESAMPLES, step):
        rows = min(step, RESAMPLES - start)
        draws = (_uniform(rng, rows * count).astype(np.uint64) * np.uint64(count)) >> np.uint64(32)
        means[start : start + rows] = values[draws.astype(np.intp)].reshape(rows, count).mean(axis=1)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)


def sign_flip_p(differences: Vector, rng: random.Random) -> float:
    """Return how likely a mean at least as far from 0 is if each difference might as well have the other sign.

    Differences of 0 tell nothing. Up to 12 others all flips are tried; of more a sample, and the p counts the flips that
    were seen (Phipson and Smyth 2010), so that it is never 0.
    """
    moved = differences[np.abs(differences) > 1e-12]
    if not moved.size:
        return 1.0
    least = abs(float(moved.sum())) * (1 - 1e-9)
    if moved.size <= EXACT:
        bits = (np.arange(1 << moved.size)[:, None] >> np.arange(moved.size)) & 1
        return float((np.abs((1 - 2 * bits) @ moved) >= least).mean())
    beyond, step = 0, max(1, BLOCK // moved.size)
    for start in range(0, RESAMPLES, step):
        rows = min(step, RESAMPLES - start)
        signs = 1.0 - 2.0 * (_uniform(rng, rows * moved.size) >> np.uint32(31)).reshape(rows, -1)
        beyond += int((np.abs(signs @ moved) >= least).sum())
    return (beyond + 1) / (RESAMPLES + 1)


def _uniform(rng: random.Random, count: int) -> NDArray[np.uint32]:
    """Return whole numbers below 2^32 from a stream that is the same for every numpy."""
    return np.frombuffer(rng.randbytes(4 * count), dtype="<u4")


def _mean(values: Vector | list[float] | list[bool] | list[int]) -> float:
    return float(np.mean(values))


def _mean_known(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return _mean(known) if known else None
