"""What a player is worth to a game: the values of Shapley and of Banzhaf, exactly.

Shapley (1953): phi_i = sum over S without i of |S|! (n-|S|-1)! / n! · (v(S + i) - v(S)). Banzhaf (1965; Dubey and Shapley 1979):
the same with the equal weights 1/2**(n-1).
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.exact import Exact
from negotiate_rt.problems.games import CoalitionGame, Player, sizes
from negotiate_rt.problems.known_games import AirportGame, WeightedVotingGame
from negotiate_rt.solutions.coalitions.closed_forms import airport_shapley, swings_by_size

Values = dict[Player, Exact]


def shapley(game: CoalitionGame) -> Values:
    """Return each player's Shapley value; they add up to the worth of all.

    Fractions where all worths are ints or fractions, else floats. Cost: O(n 2**n) time and 8·2**n bytes, for up to 24
    players; weighted voting with whole weights costs O(n**2 quota) and airports O(n log n), for any number. ConfigurationError
    for more players: sample_shapley estimates.
    """
    if isinstance(game, AirportGame):
        return airport_shapley(game)
    gains, unit, exact = _gains(game, "the exact Shapley value")
    players = len(game)
    shares = [Fraction(1, players * math.comb(players - 1, size)) for size in range(players)]
    if exact:
        return _named(game, [sum((share * int(one) for share, one in zip(shares, row, strict=True)), Fraction()) / unit
                             for row in gains])  # fmt: skip
    return _named(game, [math.fsum(float(share) * one for share, one in zip(shares, row, strict=True)) for row in gains])


def banzhaf(game: CoalitionGame, *, normalized: bool = False) -> Values:
    """Return each player's Banzhaf value: its expected contribution to a coalition drawn at random from those without it.

    normalized: divided by their sum, the Banzhaf index of a voting game; ConfigurationError where that sum is 0. Number
    types, cost and limit as for shapley.
    """
    gains, unit, exact = _gains(game, "the exact Banzhaf value")
    worth: list[Fraction] | list[float]
    if exact:
        worth = [Fraction(sum(map(int, row)), unit * 2 ** (len(game) - 1)) for row in gains]
    else:
        worth = [math.fsum(row) / 2 ** (len(game) - 1) for row in gains]
    values = _named(game, worth)
    return normalized_values(values) if normalized else values


def normalized_values(values: Values) -> Values:
    """Return values divided by their sum; ConfigurationError where that is 0."""
    total = sum(values.values())
    if total == 0:
        raise ConfigurationError("normalized: the values add up to 0, so that there are no shares of them")
    return {player: value / total for player, value in values.items()}


def _named(game: CoalitionGame, worth: list[Fraction] | list[float]) -> Values:
    return dict(zip(game.players, worth, strict=True))


def _gains(game: CoalitionGame, what: str) -> tuple[list[list[float]] | list[list[int]], int, bool]:
    """Return, by player and by size of the coalition it joins, the sum of what it adds; their denominator; are they exact."""
    if isinstance(game, WeightedVotingGame):
        swings = swings_by_size(game)
        if swings is not None:
            return swings, 1, True
    game.check_tabled(what)
    table, whole = game.table(), game.whole()
    unit = 1 if whole is None else whole[1]
    exact = whole is not None and float(np.abs(whole[0]).max()) * 2.0 ** len(game) < 2**53
    values: NDArray[np.float64] = whole[0].astype(np.float64) if exact and whole is not None else table
    others = sizes(len(game) - 1)
    rows = []
    for place in range(len(game)):
        halves = values.reshape(-1, 2, 1 << place)
        added = (halves[:, 1, :] - halves[:, 0, :]).ravel()
        rows.append(np.bincount(others, weights=added, minlength=len(game)).tolist())
    return rows, unit if exact else 1, exact


