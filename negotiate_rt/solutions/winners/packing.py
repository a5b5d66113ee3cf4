"""Winner determination as weighted set packing: choose bids of the largest total value that share no resource.

A resource is a good, or a bidder's private dummy; that is all that bidding languages come to. Sets of resources are bits of
Python's integers for the searches and a sparse matrix for bounds and engines. Arithmetic is in floats; a total is summed
exactly (math.fsum), so that it does not depend on the order of bids.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from negotiate_rt.problems.combinatorial import BundleAuction

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

SLACK = 1e-9  # relative: two totals nearer than this are the same to a bound, a proof, and an engine


class Packing:
    """values[b] and members[b], the resources of bid b; `sizes[b]` counts its goods without dummies."""

    def __init__(self, values: Sequence[float], members: Sequence[tuple[int, ...]], sizes: Sequence[int], width: int) -> None:
        self.values = list(values)
        self.members = list(members)
        self.sizes = list(sizes)
        self.width = width

    @classmethod
    def of(cls, auction: BundleAuction) -> Packing:
        """Return the packing of an auction, bid by bid. Dummies that one bid alone names are no resource. O(size)."""
        named = sorted(auction.goods, key=lambda one: (isinstance(one, str), one))
        goods = {good: place for place, good in enumerate(named)}
        shared = Counter(dummy for own in auction.exclusions for dummy in own)
        width = len(goods)
        dummies: dict[object, int] = {}
        for dummy, users in shared.items():
            if users > 1:
                dummies[dummy] = width + len(dummies)
        members = [
            tuple(sorted([goods[good] for good in bid.items] + [dummies[one] for one in own if one in dummies]))
            for bid, own in zip(auction.bids, auction.exclusions, strict=True)
        ]
        values = [bid.value for bid in auction.bids]
        return cls(values, members, [len(bid.items) for bid in auction.bids], width + len(dummies))

    def __len__(self) -> int:
        return len(self.values)

    @cached_property
    def rows(self) -> list[int]:
        """Each bid's resources as bits."""
        return [sum(1 << one for one in own) for own in self.members]

    @cached_property
    def worths(self) -> Floats:
        """The values as an array."""
        return np.array(self.values, dtype=np.float64)

    @cached_property
    def columns(self) -> Places:
        """All bids' resources, one bid after the other."""
        return np.fromiter((one for own in self.members for one in own), dtype=np.intp)

    @cached_property
    def starts(self) -> Places:
        """Where each bid's resources begin in `columns`; one more at the end."""
        lengths = np.fromiter((len(own) for own in self.members), dtype=np.intp, count=len(self.members))
        return np.concatenate((np.zeros(1, dtype=np.intp), np.cumsum(lengths)))

    @cached_property
    def owners(self) -> Places:
        """The bid of each entry of `columns`."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    @cached_property
    def users(self) -> list[list[int]]:
        """The bids on each resource."""
        found: list[list[int]] = [[] for _ in range(self.width)]
        for bid, own in enumerate(self.members):
            for one in own:
                found[one].append(bid)
        return found

    def total(self, chosen: Iterable[int]) -> float:
        """Return what some bids are worth together, rounded once."""
        return math.fsum(self.values[bid] for bid in chosen)

    def feasible(self, chosen: Iterable[int]) -> bool:
        """Whether no two of these bids share a resource."""
        taken = 0
        for bid in chosen:
            if self.rows[bid] & taken:
                return False
            taken |= self.rows[bid]
        return True

    def among(self, kept: Sequence[int]) -> Packing:
        """Return the packing of some bids, in this order; resources keep their numbers."""
        return Packing(
            [self.values[bid] for bid in kept], [self.members[bid] for bid in kept], [self.sizes[bid] for bid in kept],
            self.width,
        )  # fmt: skip

    def undominated(self) -> list[int]:
        """Return the bids that are worth looking at: positive, and no other bid asks for part of the same for as much.

        A bid is left out if one that comes first in order of value (equals: in order of place) uses a subset of its
        resources. Dummies count as resources: a bid of an XOR bidder is never displaced by a stranger's unless that one is
        free of dummies. Cost: O(bids * bids on the rarest resource).
        """
        kept: list[int] = []
        crowd = [len(users) for users in self.users]
        by_rarest: dict[int, list[int]] = {}
        for bid in sorted(range(len(self)), key=lambda one: (-self.values[one], len(self.members[one]), one)):
            row = self.rows[bid]
            if self.values[bid] <= 0:
                break
            if any(self.rows[other] & ~row == 0 for one in self.members[bid] for other in by_rarest.get(one, ())):
                continue
            kept.append(bid)
            by_rarest.setdefault(min(self.members[bid], key=crowd.__getitem__), []).append(bid)
        return sorted(kept)
