"""Exact answers without any solver: dynamic programming over sets of resources, and branch and bound guided by prices.

The dynamic program is O(bids * 2^resources) (Rothkopf, Pekec and Harstad, "Computationally manageable combinational
auctions", 1998). The search branches on the resource with the fewest bids left, as Sandholm's (2002) and Fujishima's (1999)
do. Its bound: at prices p, and no bid above its price, an allocation falls short of the sum of prices by what its bids pay
below theirs and by the prices of what stays unsold; a branch has used up its allowance when it falls short by more than the
best allocation does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from negotiate_rt.solutions.winners.packing import SLACK, Floats, Packing

MOST_RESOURCES = 16
MOST_CELLS = 1 << 23  # bids * 2^resources of the dynamic program: a fifth of a second, 8 MiB of choices at most
NODES_A_LOOK = 32  # about a millisecond


def programmable(packing: Packing) -> bool:
    """Whether the dynamic program is small enough."""
    resources = len({one for own in packing.members for one in own})
    return resources <= MOST_RESOURCES and len(packing) << resources <= MOST_CELLS


def dynamic_program(packing: Packing) -> list[int]:
    """Return an allocation of the largest value. Cost: O(bids * 2^resources) array cells; see `programmable`.

    best[S] is the most that bids inside S are worth. Bids are taken by their highest resource, so that best[S] looks at the
    bids that hold the highest resource of S: best[S] = max(best[S without it], v_b + best[S - b]).
    """
    named = sorted({one for own in packing.members for one in own})
    place = {one: bit for bit, one in enumerate(named)}
    rows = [sum(1 << place[one] for one in own) for own in packing.members]
    best = np.zeros(1 << len(named))
    choice: NDArray[np.int32] = np.full(1 << len(named), -1, dtype=np.int32)
    for top in range(len(named)):
        low = 1 << top
        subsets = np.arange(low)
        best[low : 2 * low] = best[:low]
        for bid, row in enumerate(rows):
            if row.bit_length() != top + 1:
                continue
            rest = row ^ low
            holds = subsets[subsets & rest == rest]
            worth = packing.values[bid] + best[holds ^ rest]
            better = worth > best[low + holds]
            best[low + holds[better]] = worth[better]
            choice[low + holds[better]] = bid
    chosen = []
    left = (1 << len(named)) - 1
    while left:
        bid = int(choice[left])
        if bid >= 0:
            chosen.append(bid)
            left ^= rows[bid]
        else:
            left ^= 1 << (left.bit_length() - 1)
    return sorted(chosen)


class Searched(NamedTuple):
    """The best allocation met, whether the search is complete, and how many nodes it took."""

    chosen: list[int]
    complete: bool
    nodes: int


class Search:
    """Depth first, the least loss first; `expired` is looked at every few dozen nodes."""

    def __init__(self, packing: Packing, prices: Floats, chosen: list[int], expired: Callable[[], bool]) -> None:
        lifted, losses = covering(packing, prices)
        self.packing = packing
        self.prices = lifted.tolist()
        self.losses = losses.tolist()
        self.ceiling = float(lifted.sum())
        self.expired = expired
        self.chosen = chosen
        self.allowance = 0.0
        self.nodes = 0
        self.limit = 0  # of nodes; 0: none
        self.conflicts = conflicts(packing)
        self.on = [sum(1 << bid for bid in users) for users in packing.users]
        self.set_allowance()

    def set_allowance(self) -> None:
        """What a branch may lose and still beat the best allocation."""
        worth = self.packing.total(self.chosen)
        self.allowance = self.ceiling - worth - SLACK * max(worth, 1e-300)

    def run(self) -> Searched:
        """Search. Cost: exponential in the bids at worst."""
        open_ = (1 << len(self.packing)) - 1
        unsold = sum(1 << one for one in range(self.packing.width))
        stack: list[tuple[float, int, int, tuple[int, ...]]] = [(0.0, open_, unsold, ())]
        while stack:
            self.nodes += 1
            if self.nodes == self.limit or (self.nodes % NODES_A_LOOK == 0 and self.expired()):
                return Searched(self.chosen, False, self.nodes)
            loss, bids, resources, path = stack.pop()
            if loss < self.allowance:
                stack.extend(self.branches(loss, bids, resources, path))
        return Searched(self.chosen, True, self.nodes)

    def branches(
        self, loss: float, bids: int, resources: int, path: tuple[int, ...]
    ) -> list[tuple[float, int, int, tuple[int, ...]]]:
        """Return the branches of a node, the most promising last."""
        loss, resources, pick, bids = self.settle(loss, bids, resources)
        if loss >= self.allowance:
            return []
        if pick < 0:
            self.chosen = sorted(path)
            self.set_allowance()
            return []
        unsold = (loss + self.prices[pick], bids & ~self.on[pick], resources & ~(1 << pick), path)
        found = [unsold] if unsold[0] < self.allowance else []
        for bid in bits(bids & self.on[pick]):
            after = loss + self.losses[bid]
            if after < self.allowance:
                found.append((after, bids & ~self.conflicts[bid], resources & ~self.packing.rows[bid], (*path, bid)))
        found.sort(key=lambda one: -one[0])
        return found

    def settle(self, loss: float, bids: int, resources: int) -> tuple[float, int, int, int]:
        """Count what can no longer be sold as lost; return the resource with the fewest bids that still are in reach."""
        pick, fewest = -1, 1 << 60
        room = self.allowance - loss
        for one in bits(resources):
            here = self.on[one] & bids
            count = here.bit_count()
            if 0 < count <= 3:
                for bid in bits(here):
                    if self.losses[bid] >= room:
                        bids &= ~(1 << bid)
                        count -= 1
            if count == 0:
                loss += self.prices[one]
                resources &= ~(1 << one)
                if loss >= self.allowance:
                    return loss, resources, -1, bids
                room = self.allowance - loss
            elif count < fewest:
                pick, fewest = one, count
        if pick >= 0 and not self.on[pick] & bids:
            return self.settle(loss, bids, resources)
        return loss, resources, pick, bids


def covering(packing: Packing, prices: Floats) -> tuple[Floats, Floats]:
    """Return prices at which no bid is above its price, and what each bid pays below: each surplus is laid on the bid's
    own resources, so that the sum of prices stays as near to the bound as can be.
    """
    lifted = prices.copy()
    paid = packing.worths - np.add.reduceat(lifted[packing.columns], packing.starts[:-1])
    for bid in np.argsort(-paid, kind="stable").tolist():
        own = list(packing.members[bid])
        short = packing.values[bid] - float(lifted[own].sum())
        if short > 0:
            lifted[own[int(np.argmax(lifted[own]))]] += short * (1 + SLACK)
    losses = np.add.reduceat(lifted[packing.columns], packing.starts[:-1]) - packing.worths
    return lifted, np.maximum(losses, 0.0)


def conflicts(packing: Packing) -> list[int]:
    """Return, for each bid, the bits of all bids that share a resource with it, itself among them."""
    on = [sum(1 << bid for bid in users) for users in packing.users]
    found = []
    for own in packing.members:
        together = 0
        for one in own:
            together |= on[one]
        found.append(together)
    return found


def bits(mask: int) -> list[int]:
    """Return the places of the bits that are set, lowest first."""
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found
