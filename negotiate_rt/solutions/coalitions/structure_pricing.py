"""An upper bound on partitions by prices, and an exact search among the coalitions that can still matter under them.

Prices p of the players with p(S) >= v(S) for all coalitions make p(N) an upper bound; the least such bound is a linear program,
solved over the few coalitions that bind. A partition then loses, against the bound, what its coalitions' prices exceed their
worths by, so that no coalition that alone loses more than bound - best can be part of a better one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from negotiate_rt.problems.games import Vector, subset_sums
from negotiate_rt.solutions.linear_program import maximise

MOST_CANDIDATES = 200_000
_ADDED = 60  # coalitions that join the program at a time
_ROUNDS = 400
_ROUNDING = 1e-9


class Priced(NamedTuple):
    """The best partition known, an upper bound on all, and whether the search came to its end."""

    masks: list[int]
    bound: float
    complete: bool


def priced_search(table: Vector, masks: list[int], effort: int) -> Priced:
    """Return a partition at least as good as `masks`, with a bound; `effort`: coalitions that the search may try."""
    players = len(table).bit_length() - 1
    scale = max(float(np.abs(table).max()), 1e-300)
    prices, loss = _prices(table / scale, masks, players)
    bound = float(prices.sum())
    best = float(table[masks].sum()) / scale
    gap = bound - best
    if gap <= _ROUNDING:
        return Priced(masks, best * scale, True)
    loss[0] = np.inf
    kept = np.flatnonzero(loss < gap)
    complete = len(kept) <= MOST_CANDIDATES
    if not complete:
        kept = kept[np.argpartition(loss[kept], MOST_CANDIDATES)[:MOST_CANDIDATES]]
    search = _Search(kept, loss[kept], players, gap, effort)
    search.extend(0, 0.0, [])
    found = masks if search.best is None else search.best
    complete = complete and search.left > 0
    return Priced(found, float(table[found].sum()) if complete else (bound + _ROUNDING) * scale, complete)


def _prices(table: Vector, masks: list[int], players: int) -> tuple[Vector, Vector]:
    """Return prices that are at least every coalition's worth, and what each coalition loses under them."""
    active = sorted({1 << place for place in range(players)} | set(masks))
    places = np.arange(players)
    prices, loss = np.zeros(players), -table
    for _ in range(_ROUNDS):
        members = (np.array(active)[:, None] >> places & 1).astype(np.float64)
        best = maximise(table[active], members.T, np.ones(players))
        assert best is not None  # the players alone are a partition
        prices = best.prices
        loss = subset_sums(prices) - table
        short = np.flatnonzero(loss < -_ROUNDING)
        if not len(short):
            break
        if len(short) > _ADDED:
            short = short[np.argpartition(loss[short], _ADDED)[:_ADDED]]
        active = sorted(set(active) | set(short.tolist()))
    missing = max(0.0, -float(loss.min()))  # where the rounds ran out, a surcharge makes up for it
    prices = prices + missing
    return prices, subset_sums(prices) - table


class _Search:
    """Depth first over partitions: the first player left joins each coalition that it may, those that lose least first."""

    def __init__(self, kept: NDArray[np.intp], loss: Vector, players: int, gap: float, effort: int) -> None:
        order = np.argsort(loss, kind="stable")
        masks, losses = kept[order], loss[order]
        self.by_first: list[list[tuple[int, float]]] = []
        for place in range(players):
            mine = (masks & -masks) == 1 << place
            self.by_first.append(list(zip(masks[mine].tolist(), losses[mine].tolist(), strict=True)))
        self.grand = (1 << players) - 1
        self.gap = gap
        self.left = effort
        self.best: list[int] | None = None

    def extend(self, used: int, lost: float, chosen: list[int]) -> None:
        """Complete a partial partition in every way that loses less than the best one known."""
        if used == self.grand:
            self.gap, self.best = lost, chosen
            return
        first = ~used & (used + 1)
        for mask, loss in self.by_first[first.bit_length() - 1]:
            if lost + loss >= self.gap - _ROUNDING or self.left <= 0:
                return
            self.left -= 1
            if not mask & used:
                self.extend(used | mask, lost + loss, [*chosen, mask])
