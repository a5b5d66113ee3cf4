"""Good allocations at once: greedy orders, then exchanges that pay. Where every solver starts, and what a deadline leaves.

Lehmann, O'Callaghan and Shoham ("Truth revelation in approximately efficient combinatorial auctions", 2002): bids in the
order of value per square root of the bundle's size reach at least 1/sqrt(goods) of the optimum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from negotiate_rt.solutions.winners.packing import Packing

POWERS = (0.5, 1.0, 0.75, 0.0)  # of the bundle's size, by which values are divided


def greedy(packing: Packing, order: Iterable[int], start: Sequence[int] = ()) -> list[int]:
    """Return `start`, and then each bid in this order that still fits. Cost: O(bids)."""
    rows = packing.rows
    chosen, taken = list(start), 0
    for bid in chosen:
        taken |= rows[bid]
    for bid in order:
        if not rows[bid] & taken:
            taken |= rows[bid]
            chosen.append(bid)
    return chosen


def by_density(packing: Packing, power: float) -> list[int]:
    """Return all bids in falling order of value / size ** power; equals in their own order."""
    weight = [value / size**power for value, size in zip(packing.values, packing.sizes, strict=True)]
    return sorted(range(len(packing)), key=weight.__getitem__, reverse=True)


class Seating:
    """An allocation that changes: who holds each resource, and what the holder is worth."""

    __slots__ = ("inside", "owner", "packing", "stake")

    def __init__(self, packing: Packing, chosen: Iterable[int]) -> None:
        self.packing = packing
        self.owner = [-1] * packing.width
        self.stake = np.zeros(packing.width)
        self.inside: set[int] = set()
        for bid in chosen:
            self.seat(bid)

    def seat(self, bid: int) -> None:
        """Give a bid its resources, which are free."""
        self.inside.add(bid)
        for one in self.packing.members[bid]:
            self.owner[one] = bid
            self.stake[one] = self.packing.values[bid]

    def candidates(self, order: Sequence[int]) -> list[int]:
        """Return bids, in this order, that are worth more than each of those they would displace. O(size), at array speed."""
        packing = self.packing
        most = np.maximum.reduceat(self.stake[packing.columns], packing.starts[:-1])
        ahead: list[bool] = (packing.worths > most).tolist()
        return [bid for bid in order if ahead[bid]]

    def rivals(self, bid: int) -> set[int]:
        """Return the bids that one would displace."""
        return {self.owner[one] for one in self.packing.members[bid]} - {-1}

    def exchange(self, bid: int, rivals: set[int], rank: Sequence[int]) -> None:
        """Seat a bid in its rivals' place, and fill what falls free in order of rank."""
        members, users, rows = self.packing.members, self.packing.users, self.packing.rows
        free = {one for rival in rivals for one in members[rival]}
        for one in free:
            self.owner[one] = -1
            self.stake[one] = 0.0
        self.inside -= rivals
        self.seat(bid)
        open_ = sum(1 << one for one, holder in enumerate(self.owner) if holder < 0)
        for filler in sorted({other for one in free for other in users[one]}, key=rank.__getitem__):
            if rows[filler] & ~open_ == 0:
                open_ ^= rows[filler]
                self.seat(filler)


def improve(packing: Packing, chosen: Sequence[int], order: Sequence[int], expired: Callable[[], bool]) -> list[int]:
    """Return an allocation in which no single bid is worth more than the chosen ones that it would displace.

    Looks at bids in this order, again and again until nothing pays, or time is up; what falls free is filled in the same
    order. Cost: O(size) a pass.
    """
    if not len(packing):
        return []
    seating = Seating(packing, chosen)
    rank = [0] * len(packing)
    for place, bid in enumerate(order):
        rank[bid] = place
    values = packing.values
    improved = True
    while improved and not expired():
        improved = False
        for bid in seating.candidates(order):
            rivals = seating.rivals(bid)
            if bid not in rivals and values[bid] > sum(values[one] for one in rivals):
                seating.exchange(bid, rivals, rank)
                improved = True
    return sorted(seating.inside)


def first_allocation(packing: Packing, hint: Sequence[int], expired: Callable[[], bool]) -> list[int]:
    """Return the best of the greedy allocations and of the hint (places that fit together), each filled and improved."""
    best: list[int] = []
    worth = -1.0
    orders = [by_density(packing, power) for power in POWERS]
    starts = [(hint, orders[0])] if hint else []
    starts += [((), order) for order in orders]
    for start, order in starts:
        found = improve(packing, greedy(packing, order, start), order, expired)
        total = packing.total(found)
        if total > worth:
            best, worth = found, total
        if expired():
            break
    return best
