"""Payoffs to the players, and how far each coalition falls short of what it could get on its own.

The excess of a coalition S at payoffs x is e(S, x) = v(S) - x(S), in a cost game x(S) - c(S): what its members would gain
together by going their own way. It is compared exactly where worths and payoffs are exact, else to within a tolerance.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.exact import Exact, common_denominator, fraction_of, is_exact
from negotiate_rt.problems.games import CoalitionGame, Player, subset_sums

TOLERANCE = 1e-9
"""Relative to the largest worth: excesses of floats that are nearer to each other count as equal."""

_WHOLE = 2**60

Payoffs = Mapping[Player, Exact]


class Excesses(NamedTuple):
    """Of every coalition by mask, times `unit`: whole numbers with tolerance 0, or floats with unit 1."""

    values: NDArray[Any]
    unit: int
    tolerance: float

    def told(self, mask: int) -> Exact:
        """Return one coalition's excess."""
        return self.exact(self.values[mask])

    def exact(self, value: Any) -> Exact:
        """Return an excess as it is told."""
        return float(value) if self.values.dtype == np.float64 else Fraction(int(value), self.unit)


def payoffs_of(game: CoalitionGame, payoffs: Payoffs) -> list[Exact]:
    """Return payoffs in the game's order; ConfigurationError unless they name each player once, with finite numbers."""
    if not isinstance(payoffs, Mapping):
        raise ConfigurationError(f"payoffs: expected a number by player, got {type(payoffs).__name__}")
    missing = [player for player in game.players if player not in payoffs]
    unknown = [player for player in payoffs if player not in game.players] if len(payoffs) > len(game) else []
    if missing or unknown:
        wrong = f"none for {missing[0]!r}" if missing else f"one for {unknown[0]!r}, who is no player"
        raise ConfigurationError(f"payoffs: expected one for each player, got {wrong}")
    found: list[Exact] = []
    for player in game.players:
        exact = fraction_of(payoffs[player], f"the payoff of {player!r}")
        found.append(exact if is_exact(payoffs[player]) else float(exact))
    return found


def blocks_of(game: CoalitionGame, structure: Iterable[Iterable[Player]] | None) -> list[int]:
    """Return a coalition structure's masks, by default the grand coalition; ConfigurationError unless it is a partition."""
    if structure is None:
        return [game.grand]
    masks = [game.mask(block) for block in structure]
    seen = 0
    for mask in masks:
        if not mask or seen & mask:
            raise ConfigurationError(f"structure: {game.told(mask)} is empty or shares a player with another coalition")
        seen |= mask
    if seen != game.grand:
        raise ConfigurationError(f"structure: nobody's coalition holds {game.told(game.grand & ~seen)}")
    return masks


def excesses(game: CoalitionGame, payoffs: Payoffs) -> Excesses:
    """Return the excess of every coalition at these payoffs; of the empty one it is 0. Cost: O(2**n)."""
    amounts = payoffs_of(game, payoffs)
    sign = -1 if game.costs else 1
    table, whole = game.table(), game.whole()
    if whole is not None and all(isinstance(amount, (int, Fraction)) for amount in amounts):
        exact = [Fraction(amount) for amount in amounts]
        unit = math.lcm(common_denominator(exact), whole[1])
        largest = max(float(np.abs(whole[0]).max()) * (unit // whole[1]), float(sum(map(abs, exact)) * unit))
        if largest < _WHOLE:
            paid = np.array([int(amount * unit) for amount in exact], dtype=np.int64)
            return Excesses(sign * (whole[0] * (unit // whole[1]) - subset_sums(paid)), unit, 0.0)
    floats = np.array([float(amount) for amount in amounts])
    scale = max(float(np.abs(table).max()), float(np.abs(floats).max()), 1e-300)
    return Excesses(sign * (table - subset_sums(floats)), 1, TOLERANCE * scale)


def rationality_fault(game: CoalitionGame, excess: Excesses, blocks: list[int]) -> int | None:
    """Return the first block that is not shared out exactly, else the first player who gets less than alone; by mask."""
    for block in blocks:
        if abs(excess.values[block]) > excess.tolerance:
            return block
    return next((1 << place for place in range(len(game)) if excess.values[1 << place] > excess.tolerance), None)
