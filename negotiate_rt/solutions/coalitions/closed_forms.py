"""Values of games so regular that 2**n coalitions need not be looked at: weighted voting and airports."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from negotiate_rt.problems.exact import Exact, common_denominator
from negotiate_rt.problems.games import Player
from negotiate_rt.problems.known_games import AirportGame, WeightedVotingGame

MOST_CELLS = 20_000_000  # of the table of sizes by weights: a few seconds
MOST_EXACT = 1000  # players of an airport whose shares are told as fractions


def swings_by_size(game: WeightedVotingGame) -> list[list[int]] | None:
    """Return how many coalitions of each size every player turns from losing to winning; None where that costs too much.

    Counts coalitions by size and weight below the quota with a generating function, and divides one player out again
    (Mann and Shapley 1962; Brams and Affuso 1976). Cost: O(n**2 quota) with whole weights, exact.
    """
    unit = common_denominator((*game.amounts, game.total))
    weights = [int(weight * unit) for weight in game.amounts]
    quota, players = int(game.total * unit), len(game)
    if players * players * quota > MOST_CELLS:
        return None
    kind = np.int64 if players <= 61 else object  # counts reach the binomial coefficients of n
    counts = np.zeros((players + 1, quota), dtype=kind)
    counts[0, 0] = 1
    for weight in weights:
        if weight < quota:
            counts[1:, weight:] += counts[:-1, : quota - weight].copy()
    found: dict[int, list[int]] = {}
    for weight in set(weights):
        without = counts.copy()  # those with a player of this weight are taken away, size by size
        if weight < quota:
            for size in range(1, players + 1):
                without[size, weight:] -= without[size - 1, : quota - weight]
        near = without[:, max(quota - weight, 0) :] if weight else without[:, :0]
        found[weight] = [int(count) for count in near.sum(axis=1)[:players]]
    return [found[weight] for weight in weights]


def airport_shapley(game: AirportGame) -> dict[Player, Exact]:
    """Return the Shapley value of an airport game: each further stretch of runway is paid in equal parts by all who need it.

    Littlechild and Owen (1973). Cost: O(n log n) for any number of players; floats beyond 1,000, where the
    common denominator of 1/2, 1/3, ... has hundreds of digits.
    """
    order = sorted(range(len(game)), key=lambda place: game.amounts[place])
    shares: dict[Player, Exact] = dict.fromkeys(game.players, 0)
    exact = len(game) <= MOST_EXACT
    paid: Fraction | float = Fraction(0)
    reached = Fraction(0)
    for rank, place in enumerate(order):
        if game.amounts[place] > reached:  # many have the same cost: their part of the stretch is one sum
            share = (game.amounts[place] - reached) / (len(order) - rank)
            paid += share if exact else float(share)
            reached = game.amounts[place]
        shares[game.players[place]] = paid if game.exact else float(paid)
    return shares
