"""Prices of resources: an upper bound on every allocation, and greedy orders that know what is scarce.

Lagrangian relaxation of weighted set packing: for any prices p >= 0 no allocation is worth more than
L(p) = sum_i p_i + sum_b max(0, v_b - p(b)); the least L is the linear relaxation's value. Prices follow subgradient steps
(Held, Wolfe and Crowder 1974; step length after Polyak). A bid's surplus v_b - p(b) tells how much the bound falls if it is
forced in, so that many bids can be ruled out for good.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from negotiate_rt.solutions.winners.greedy import greedy, improve
from negotiate_rt.solutions.winners.packing import SLACK, Floats, Packing

PATIENCE = 12  # steps without a better bound after which steps are halved
SHORTEST = 1e-3  # of Polyak's step: below that nothing moves any more
AGAIN = 25  # steps between two greedy allocations by the prices of the day


class Prices(NamedTuple):
    """An upper bound, the prices that prove it, each bid's surplus at them, and the best allocation met on the way."""

    bound: float
    prices: Floats
    surplus: Floats
    chosen: list[int]


def price(
    packing: Packing, chosen: list[int], steps: int, expired: Callable[[], bool], start: Floats | None = None
) -> Prices:
    """Return prices after at most `steps` steps; `chosen` is an allocation to compare with, `start` are prices to begin with.

    Every few steps a greedy allocation by the prices of the day is tried. Cost: O(size) a step.
    """
    values, columns, starts, owners = packing.worths, packing.columns, packing.starts[:-1], packing.owners
    if not len(packing):
        return Prices(0.0, np.zeros(packing.width), values, chosen)
    prices = first_prices(packing) if start is None else start
    best, at = np.inf, prices
    worth = packing.total(chosen)
    length, stalled, momentum = 1.0, 0, np.zeros(packing.width)
    for step in range(steps):
        surplus = values - np.add.reduceat(prices[columns], starts)
        wanted = surplus > 0
        bound = float(prices.sum() + surplus[wanted].sum())
        stalled += 1
        if bound < best * (1 - 1e-7):
            stalled = 0
        if bound < best:
            best, at = bound, prices.copy()
        if best <= worth * (1 + SLACK) or (step % 8 == 7 and expired()):
            break
        if stalled > PATIENCE:
            length, stalled = length / 2, 0
            prices, momentum = at.copy(), np.zeros(packing.width)
            if length < SHORTEST:
                break
            continue
        if step % AGAIN == AGAIN - 1:
            chosen, worth = by_prices(packing, surplus, chosen, worth, expired)
        slack = 1.0 - np.bincount(columns[wanted[owners]], minlength=packing.width)
        slack[(slack > 0) & (prices <= 0)] = 0.0
        momentum = 0.7 * momentum + 0.3 * slack
        norm = float(momentum @ momentum)
        if norm <= 0:
            break
        prices = np.maximum(prices - length * (bound - worth) / norm * momentum, 0.0)
    surplus = values - np.add.reduceat(at[columns], starts)
    return Prices(max(best, worth), at, surplus, chosen)


def first_prices(packing: Packing) -> Floats:
    """Return prices that cover every bid: each resource at the most that a bid pays for it, if it pays evenly."""
    share = packing.worths / np.maximum(np.diff(packing.starts), 1)
    prices = np.zeros(packing.width)
    np.maximum.at(prices, packing.columns, share[packing.owners])
    return prices


def by_prices(
    packing: Packing, surplus: Floats, chosen: list[int], worth: float, expired: Callable[[], bool]
) -> tuple[list[int], float]:
    """Return the better of an allocation and the greedy one in order of surplus, and what it is worth."""
    order = np.argsort(-surplus, kind="stable").tolist()
    found = improve(packing, greedy(packing, order), order, expired)
    total = packing.total(found)
    return (found, total) if total > worth else (chosen, worth)


def promising(priced: Prices, worth: float, chosen: list[int]) -> list[int]:
    """Return the bids that can be part of an allocation worth more than `worth`, and those of `chosen`."""
    possible = priced.bound + np.minimum(priced.surplus, 0.0) >= worth * (1 - SLACK)
    possible[chosen] = True
    return [int(bid) for bid in np.flatnonzero(possible)]
