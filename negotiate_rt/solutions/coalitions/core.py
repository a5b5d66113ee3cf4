"""The core: payoffs at which no coalition could do better on its own."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import numpy as np

from negotiate_rt.problems.exact import Exact
from negotiate_rt.problems.games import Coalition, CoalitionGame, Player
from negotiate_rt.solutions.coalitions.nucleolus import least_core
from negotiate_rt.solutions.coalitions.payoffs import TOLERANCE, Payoffs, blocks_of, excesses


class CoreVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether payoffs lie in the core; true or false like a bool.

    coalition: where they do not, the one that could gain most on its own, or one whose worth is not shared out exactly.
    excess: what it could gain, e(S, x) = v(S) - x(S), in a cost game x(S) - c(S). reason: the same in words.
    """

    holds: bool
    coalition: Coalition | None = None
    excess: Exact = 0
    reason: str = ""

    def __bool__(self) -> bool:
        return self.holds

    def __str__(self) -> str:
        return self.reason


def is_in_core(
    game: CoalitionGame, payoffs: Payoffs, structure: Iterable[Iterable[Player]] | None = None
) -> CoreVerdict:
    """Return whether payoffs lie in the core, x(N) = v(N) and x(S) >= v(S) for all S, with a blocking coalition if not.

    structure: a partition whose coalitions each share out their own worth (Aumann and Dreze 1974). The witness is the
    coalition with the largest excess, among ties the smallest, then the first in the players' order. Exact where all numbers
    are, else to 1e-9 of the largest worth. Cost: O(2**n). Gillies (1959).
    """
    blocks = blocks_of(game, structure)
    excess = excesses(game, payoffs)
    for block in blocks:
        off = excess.values[block]
        if abs(off) > excess.tolerance:
            told = excess.told(block)
            amount = _number(max(told, -told))
            more = "less" if (off > 0) != game.costs else "more"
            reason = f"{game.told(block)} shares out {more} than its worth, by {amount}"
            return CoreVerdict(holds=False, coalition=game.coalition(block), excess=told, reason=reason)
    if excess.values[1:].max() <= excess.tolerance:
        return CoreVerdict(holds=True, reason="in the core: no coalition can do better on its own")
    largest = np.flatnonzero(excess.values >= excess.values.max() - excess.tolerance)
    mask = min(map(int, largest), key=lambda one: (one.bit_count(), one))
    told = excess.told(mask)
    reason = f"not in the core: {game.told(mask)} would gain {_number(told)} on its own"
    return CoreVerdict(holds=False, coalition=game.coalition(mask), excess=told, reason=reason)


def core_point(game: CoalitionGame) -> dict[Player, Exact] | None:
    """Return a point of the core, the prenucleolus, or None if the core is empty. Cost: that of `least_core`."""
    least = least_core(game)
    slack = 0.0 if not isinstance(least.epsilon, float) else TOLERANCE * float(np.abs(game.table()).max())
    return least.payoffs if least.epsilon <= slack else None


def is_core_empty(game: CoalitionGame) -> bool:
    """Return whether the core is empty; least_core tells by how much, and proves it. Cost: that of `least_core`."""
    return core_point(game) is None


def _number(value: Exact) -> str:
    return f"{float(value):.10g}"
