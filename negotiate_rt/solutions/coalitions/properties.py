"""What kind of game it is: superadditive, convex, monotone. Each verdict has a witness where it is false.

In a cost game the inequalities turn: superadditive reads subadditive, convex concave. All are exact where worths are.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from negotiate_rt.problems.games import Coalition, CoalitionGame
from negotiate_rt.solutions.coalitions.coalition_structures import subsets_of, superadditive_cover
from negotiate_rt.solutions.coalitions.payoffs import TOLERANCE

MOST_PLAYERS = 16
"""Players up to which a game is looked at: superadditivity of 16 takes about a second."""


class GameVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a game has a property; true or false like a bool. coalitions: two that show it has not. reason: in words."""

    holds: bool
    coalitions: tuple[Coalition, Coalition] | None = None
    reason: str = ""

    def __bool__(self) -> bool:
        return self.holds

    def __str__(self) -> str:
        return self.reason


def is_superadditive(game: CoalitionGame) -> GameVerdict:
    """Return whether no two disjoint coalitions are worth more apart, v(S) + v(T) <= v(S and T together). Cost: O(3**n)."""
    table, unit, slack = _signed(game)
    word = "subadditive" if game.costs else "superadditive"
    apart = superadditive_cover(table.astype(np.float64), once=True)
    worst = int((apart - table).argmax())
    if apart[worst] - table[worst] <= slack:
        return GameVerdict(holds=True, reason=f"{word}: joining never loses anything")
    parts = subsets_of(worst)
    one = int(parts[(table[parts] + table[worst ^ parts]).argmax()])
    loss = float(table[one] + table[worst ^ one] - table[worst]) / unit
    reason = f"not {word}: {game.told(one)} and {game.told(worst ^ one)} lose {loss:.10g} by joining"
    return GameVerdict(holds=False, coalitions=(game.coalition(one), game.coalition(worst ^ one)), reason=reason)


def is_convex(game: CoalitionGame) -> GameVerdict:
    """Return whether a player adds the more, the more others are there: v(S + i) - v(S) grows with S (Shapley 1971).

    Convex games have a core, which holds the Shapley value. Cost: O(n**2 2**n).
    """
    table, unit, slack = _signed(game)
    word = "concave" if game.costs else "convex"
    masks = np.arange(len(table))
    for i in range(len(game)):
        for j in range(i + 1, len(game)):
            both = 1 << i | 1 << j
            base = masks[masks & both == 0]
            lack = table[base | 1 << i] + table[base | 1 << j] - table[base | both] - table[base]
            worst = int(lack.argmax())
            if lack[worst] > slack:
                one, other = int(base[worst]) | 1 << i, int(base[worst]) | 1 << j
                loss = float(lack[worst]) / unit
                reason = f"not {word}: {game.told(one)} and {game.told(other)} lose {loss:.10g} by joining what they differ in"
                return GameVerdict(holds=False, coalitions=(game.coalition(one), game.coalition(other)), reason=reason)
    return GameVerdict(holds=True, reason=f"{word}: a player adds the more, the more others are there")


def is_monotone(game: CoalitionGame) -> GameVerdict:
    """Return whether no coalition is worth less (in a cost game: costs less) for one player more. Cost: O(n 2**n)."""
    table, unit, slack = _signed(game)
    if game.costs:
        table = -table
    masks = np.arange(len(table))
    for i in range(len(game)):
        base = masks[masks & 1 << i == 0]
        lack = table[base] - table[base | 1 << i]
        worst = int(lack.argmax())
        if lack[worst] > slack:
            one, other = int(base[worst]), int(base[worst]) | 1 << i
            verb = "costs" if game.costs else "is worth"
            reason = f"not monotone: {game.told(other)} {verb} {float(lack[worst]) / unit:.10g} less than {game.told(one)}"
            return GameVerdict(holds=False, coalitions=(game.coalition(one), game.coalition(other)), reason=reason)
    return GameVerdict(holds=True, reason="monotone: nobody takes anything away")


def _signed(game: CoalitionGame) -> tuple[NDArray[np.int64] | NDArray[np.float64], int, float]:
    """Return all worths (of costs the negatives) times a unit, whole where they are exact, the unit, and what is rounding."""
    game.check_tabled("a property of all coalitions", MOST_PLAYERS)
    sign = -1 if game.costs else 1
    table, whole = game.table(), game.whole()
    if whole is not None:
        return sign * whole[0], whole[1], 0.0
    return sign * table, 1, TOLERANCE * max(float(np.abs(table).max()), 1e-300)
