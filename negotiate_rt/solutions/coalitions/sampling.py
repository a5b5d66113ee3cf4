"""Values of games with too many players for 2**n coalitions, estimated from random orders, with confidence intervals."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from statistics import NormalDist

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.games import CoalitionGame, Player
from negotiate_rt.problems.scalars import finite


class SampledValue(msgspec.Struct, frozen=True, kw_only=True):
    """An estimate of each player's value. margins: half the width of its interval, which holds the true value with
    probability `confidence`, each by itself. samples: of marginal contributions, per player.
    """

    values: dict[Player, float]
    margins: dict[Player, float]
    samples: int
    confidence: float
    definition: str

    def interval(self, player: Player) -> tuple[float, float]:
        """Return the ends of a player's confidence interval."""
        return self.values[player] - self.margins[player], self.values[player] + self.margins[player]


def sample_shapley(
    game: CoalitionGame, rng: random.Random, samples: int = 1000, *, confidence: float = 0.95
) -> SampledValue:
    """Estimate Shapley values from random orders in which the players join (Castro, Gomez and Tejada 2009).

    Orders come in pairs, one the other's reverse, so that chances even out; the estimates add up to the worth of all.
    The interval is the normal one over independent pairs. samples: orders, made even, at least 4. Cost: samples · n worths
    of coalitions, each asked for as it comes.
    """
    pairs, factor = _plan(samples, confidence, 4, 2)
    spread = _Spread(len(game))
    order = list(range(len(game)))
    for _ in range(pairs):
        rng.shuffle(order)
        added = [0.0] * len(game)
        for way in (order, order[::-1]):
            for player, gain in _joining(game, way):
                added[player] += gain / 2
        spread.add(added)
    return _estimate(game, spread, 2 * pairs, factor, confidence, "Shapley value, sampled orders in pairs")


def sample_banzhaf(
    game: CoalitionGame, rng: random.Random, samples: int = 1000, *, confidence: float = 0.95
) -> SampledValue:
    """Estimate Banzhaf values from coalitions drawn at random, each with its complement's (Bachrach and others 2010).

    samples: coalitions, at least 2. Cost: samples · 2n worths. The interval is the normal one.
    """
    drawn, factor = _plan(samples, confidence, 2, 1)
    spread = _Spread(len(game))
    for _ in range(drawn):
        mask = rng.getrandbits(len(game))
        whole = float(game.worth_of(mask))
        spread.add([
            whole - float(game.worth_of(mask ^ bit)) if mask & bit else float(game.worth_of(mask | bit)) - whole
            for bit in (1 << place for place in range(len(game)))
        ])  # fmt: skip
    return _estimate(game, spread, drawn, factor, confidence, "Banzhaf value, sampled coalitions")


class _Spread:
    """Running means and sums of squared differences (Welford 1962), one for each player."""

    def __init__(self, players: int) -> None:
        self.count = 0
        self.means = [0.0] * players
        self.squares = [0.0] * players

    def add(self, row: list[float]) -> None:
        self.count += 1
        for place, value in enumerate(row):
            off = value - self.means[place]
            self.means[place] += off / self.count
            self.squares[place] += off * (value - self.means[place])


def _joining(game: CoalitionGame, order: list[int]) -> Iterator[tuple[int, float]]:
    mask, before = 0, 0.0
    for player in order:
        mask |= 1 << player
        after = float(game.worth_of(mask))
        yield player, after - before
        before = after


def _plan(samples: int, confidence: float, least: int, step: int) -> tuple[int, float]:
    if isinstance(samples, bool) or not isinstance(samples, int) or samples < least:
        raise ConfigurationError(f"samples: expected a whole number of at least {least}, got {samples!r}")
    if not 0 < finite(confidence, "confidence", ConfigurationError) < 1:
        raise ConfigurationError(f"confidence: expected a probability between 0 and 1, got {confidence}")
    return -(-samples // step), NormalDist().inv_cdf((1 + confidence) / 2)


def _estimate(
    game: CoalitionGame, spread: _Spread, samples: int, factor: float, confidence: float, definition: str
) -> SampledValue:  # fmt: skip
    errors = [factor * math.sqrt(one / (spread.count - 1) / spread.count) for one in spread.squares]
    return SampledValue(
        values=dict(zip(game.players, spread.means, strict=True)), margins=dict(zip(game.players, errors, strict=True)),
        samples=samples, confidence=confidence, definition=definition,
    )  # fmt: skip
