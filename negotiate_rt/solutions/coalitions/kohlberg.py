"""Kohlberg's criterion: whether payoffs are the nucleolus, without computing it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from negotiate_rt.problems.games import CoalitionGame, Player
from negotiate_rt.solutions.coalitions.payoffs import Payoffs, blocks_of, excesses, rationality_fault
from negotiate_rt.solutions.linear_program import maximise


def is_nucleolus(
    game: CoalitionGame, payoffs: Payoffs, structure: Iterable[Iterable[Player]] | None = None, *, rational: bool = True
) -> bool:
    """Return whether payoffs are the nucleolus (with rational=False: the prenucleolus), by Kohlberg's criterion (1971).

    They are if, for every level, the coalitions whose excess is at least that are balanced: some weights, all positive, add
    up to the same for each player, where coalitions of the structure may count with any sign, and (for the nucleolus) players
    at what they get alone with any weight of at least 0. Cost: a linear program for each level until the coalitions span.
    """
    blocks = blocks_of(game, structure)
    excess = excesses(game, payoffs)
    fault = rationality_fault(game, excess, blocks)
    if fault is not None and (rational or fault in blocks):
        return False
    held = [1 << place for place in range(len(game)) if abs(excess.values[1 << place]) <= excess.tolerance] * rational
    order = np.argsort(-excess.values, kind="stable")
    order = order[order != 0]
    sorted_excess = excess.values[order]
    cuts = np.flatnonzero(sorted_excess[:-1] - sorted_excess[1:] > excess.tolerance) + 1
    fixed, bounded = _members(np.array(blocks), len(game)), _members(np.array(held, dtype=np.intp), len(game))
    for end in (*cuts.tolist(), len(order)):
        members = _members(order[:end], len(game))
        if not _balanced(members, np.vstack((fixed, -fixed, bounded))):
            return False
        if np.linalg.matrix_rank(members) == len(game):
            return True  # payoffs cannot change without breaking one of these
    return True


def _balanced(members: NDArray[np.float64], others: NDArray[np.float64]) -> bool:
    """Return whether weights of at least 1 on all members, and of at least 0 on others, add up to nothing."""
    right = -members.mean(axis=0)
    columns = np.vstack((members, others)).T
    return maximise(np.zeros(columns.shape[1]), columns, right) is not None


def _members(masks: NDArray[np.intp], players: int) -> NDArray[np.float64]:
    return np.asarray(masks[:, None] >> np.arange(players) & 1, dtype=np.float64)
