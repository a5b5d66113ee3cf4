"""The kernel: payoffs at which no two partners can complain of each other, unless the other gets no more than alone.

Davis and Maschler (1965). The surplus of i against j is the largest excess of a coalition with i and without j.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations

import msgspec
import numpy as np
from numpy.typing import NDArray

from negotiate_rt.problems.exact import Exact
from negotiate_rt.problems.games import Coalition, CoalitionGame, Player
from negotiate_rt.solutions.coalitions.nucleolus import nucleolus
from negotiate_rt.solutions.coalitions.payoffs import Payoffs, blocks_of, excesses, rationality_fault


class KernelVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether payoffs lie in the kernel; true or false like a bool.

    Where they do not: `strong` outweighs `weak`, who gets more than alone. surplus: of strong against weak through
    `coalition`, and of weak against strong. Both players are None where payoffs are no imputation. reason: in words.
    """

    holds: bool
    strong: Player | None = None
    weak: Player | None = None
    coalition: Coalition | None = None
    surplus: tuple[Exact, Exact] = (0, 0)
    reason: str = ""

    def __bool__(self) -> bool:
        return self.holds

    def __str__(self) -> str:
        return self.reason


def is_in_kernel(
    game: CoalitionGame, payoffs: Payoffs, structure: Iterable[Iterable[Player]] | None = None
) -> KernelVerdict:
    """Return whether payoffs lie in the kernel of a coalition structure (by default all together).

    They do if they are an imputation, and for all partners i and j: s_ij(x) <= s_ji(x), or x_j = v(j), where s_ij(x) is the
    largest excess of a coalition that holds i and not j. Cost: O(n**2 2**n).
    """
    blocks = blocks_of(game, structure)
    excess = excesses(game, payoffs)
    fault = rationality_fault(game, excess, blocks)
    if fault is not None:
        reason = f"no imputation: {game.told(fault)} does not share out its worth, or gets less than alone"
        return KernelVerdict(holds=False, coalition=game.coalition(fault), reason=reason)
    for block in blocks:
        partners = [place for place in range(len(game)) if block >> place & 1]
        for i, j in permutations(partners, 2):
            if excess.values[1 << j] >= -excess.tolerance:
                continue  # j gets what it gets alone, and can let everybody complain
            one, other = strongest(excess.values, i, j), strongest(excess.values, j, i)
            if excess.values[one] > excess.values[other] + excess.tolerance:
                both = (excess.told(one), excess.told(other))
                strong, weak = game.players[i], game.players[j]
                reason = (
                    f"not in the kernel: {strong}'s surplus against {weak} is {float(both[0]):.10g}, through {game.told(one)}; "
                    f"{weak}'s against {strong} is {float(both[1]):.10g}"
                )
                return KernelVerdict(
                    holds=False, strong=strong, weak=weak, coalition=game.coalition(one), surplus=both, reason=reason
                )
    return KernelVerdict(holds=True, reason="in the kernel: partners' surpluses are balanced")


def strongest(excess: NDArray[np.float64], place: int, without: int) -> int:
    """Return the mask of the coalition with the largest excess that holds one player and not the other; the first if tied."""
    low, high = sorted((place, without))
    cells = excess.reshape(-1, 2, 1 << (high - low - 1), 2, 1 << low)
    part = cells[:, 1, :, 0, :] if place == high else cells[:, 0, :, 1, :]
    above, between, below = np.unravel_index(int(part.argmax()), part.shape)
    return int(above) << (high + 1) | int(between) << (low + 1) | int(below) | 1 << place


def kernel_point(
    game: CoalitionGame, structure: Iterable[Iterable[Player]] | None = None
) -> dict[Player, Exact] | None:
    """Return a point of the kernel, the nucleolus; None where some coalition of the structure cannot pay what players get alone.

    The kernel of a structure holds its nucleolus (Schmeidler 1969). Cost: that of `nucleolus`.
    """
    return nucleolus(game, structure)
