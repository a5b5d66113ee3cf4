"""Coalition structure generation: which partition of the players is worth most in all.

The exact dynamic program is that of Yeh (1986) and of Rothkopf, Pekec and Harstad (1998), best(S) = max over T in S of
v(T) + best(S - T), where T holds the last player of S. For all S with the same last player this is one subset convolution over
(max, +), which is done at array speed. Beyond its reach: merging, splitting and moving (anytime), against an upper bound.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.exact import Exact
from negotiate_rt.problems.games import MOST_TABLED, Coalition, CoalitionGame, Vector
from negotiate_rt.solutions.coalitions.structure_pricing import priced_search
from negotiate_rt.solutions.coalitions.structure_search import search

MOST_EXACT = 18
"""Players up to which the dynamic program is the default: 18 take some ten seconds, each more three times as long."""

_AT_ONCE = 11  # players below which a convolution is done in one go: 3**11 cells

Table: TypeAlias = NDArray[np.float64]


class CoalitionStructure(msgspec.Struct, frozen=True, kw_only=True):
    """A partition of the players. worth: of all its coalitions together (in a cost game their cost). bound: no partition is
    worth more (costs less); infinite where nothing is known. proven: whether this one is a best one. method: how it was found.
    """

    coalitions: tuple[Coalition, ...]
    worth: Exact
    bound: float
    proven: bool
    method: str

    def __iter__(self) -> Iterator[Coalition]:
        return iter(self.coalitions)


def optimal_structure(
    game: CoalitionGame, *, rng: random.Random | None = None, effort: int = 200_000, exact: bool | None = None
) -> CoalitionStructure:
    """Return a partition of the players of the largest total worth (in a cost game: of the smallest total cost).

    Up to 18 players by an exact dynamic program in O(3**n), 14 in about a tenth of a second; exact=True asks for it up to 24.
    Beyond: the best partition that local search finds within `effort` coalitions looked at, from starts drawn from rng
    (default seed 0); then, up to 24 players, by a search among the coalitions that can still matter under prices, whose total
    is the bound. It is proven where that comes to its end within `effort`. ConfigurationError where exact=True asks for too
    much. Ties: whatever comes first, the same each time.
    """
    if isinstance(effort, bool) or not isinstance(effort, int) or effort < 1:
        raise ConfigurationError(f"effort: expected a whole number of at least 1, got {effort!r}")
    if exact or (exact is None and len(game) <= MOST_EXACT):
        game.check_tabled("the exact dynamic program")
        masks = _dynamic_program(_signed(game))
        worth = _total(game, masks)
        return _told(game, masks, float(worth), True, "dynamic program")
    masks = search(game, rng or random.Random(0), effort)
    sign = -1.0 if game.costs else 1.0
    if len(game) > MOST_TABLED:
        return _told(game, masks, sign * np.inf, False, "local search")
    priced = priced_search(_signed(game), masks, effort)
    return _told(game, priced.masks, sign * priced.bound, priced.complete, "local search, then search under prices")


def _signed(game: CoalitionGame) -> Table:
    return -game.table() if game.costs else game.table()


def _total(game: CoalitionGame, masks: list[int]) -> Exact:
    total: Exact = 0
    for mask in masks:
        total += game.worth_of(mask)
    return total


def _told(game: CoalitionGame, masks: list[int], bound: float, proven: bool, method: str) -> CoalitionStructure:
    ordered = sorted(masks, key=lambda mask: mask & -mask)
    return CoalitionStructure(
        coalitions=tuple(game.coalition(mask) for mask in ordered), worth=_total(game, ordered), bound=bound,
        proven=proven, method=method,
    )  # fmt: skip


def _dynamic_program(table: Table) -> list[int]:
    """Return the masks of a best partition: best(S) player after player, then back from all."""
    best = superadditive_cover(table)
    masks = []
    left = len(table) - 1
    while left:
        top = 1 << (left.bit_length() - 1)
        parts = subsets_of(left ^ top)
        chosen = int(parts[(table[parts | top] + best[left ^ top ^ parts]).argmax()]) | top
        masks.append(chosen)
        left ^= chosen
    return masks


def superadditive_cover(table: Table, *, once: bool = False) -> Table:
    """Return what each coalition is worth if it may split as it likes, by mask; once: into two parts at most. Cost: O(3**n)."""
    if once:
        return _convolve(table, table)
    best = np.zeros(len(table))
    for last in range(len(table).bit_length() - 1):
        size = 1 << last
        best[size : 2 * size] = _convolve(table[size : 2 * size], best[:size])
    return best


def subsets_of(mask: int) -> NDArray[np.intp]:
    """Return all subsets of a mask. Cost: O(2**bits)."""
    found = np.zeros(1, dtype=np.intp)
    for place in range(mask.bit_length()):
        if mask >> place & 1:
            found = np.concatenate((found, found | 1 << place))
    return found


def _convolve(one: Table, other: Table) -> Table:
    """Return, for each mask R, the maximum over S in R of one[S] + other[R - S]. Cost: O(3**bits) time.

    By the highest bit: without it both lack it, with it either has it. Large ones are halved, so that memory stays bounded.
    """
    bits = len(one).bit_length() - 1
    if bits > _AT_ONCE:
        half = len(one) // 2
        low = _convolve(one[:half], other[:half])
        high = np.maximum(_convolve(one[half:], other[:half]), _convolve(one[:half], other[half:]))
        return np.concatenate((low, high))
    left, right = one.reshape(1, -1), other.reshape(1, -1)
    for _ in range(bits):  # three problems of half the size for each
        half = left.shape[1] // 2
        left = np.concatenate((left[:, :half], left[:, half:], left[:, :half]))
        right = np.concatenate((right[:, :half], right[:, :half], right[:, half:]))
    found: Vector = left + right
    for _ in range(bits):
        third = len(found) // 3
        found = np.hstack((found[:third], np.maximum(found[third : 2 * third], found[2 * third :])))
    return np.asarray(found[0])


