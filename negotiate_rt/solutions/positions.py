"""Position auctions: slots of unequal worth (x(1) >= x(2) >= ... clicks), one bid per click from each bidder. Pure.

The i-th highest bid gets the i-th slot. With b(i) that bid, and the reserve for bids that are missing, a click costs

    generalised second price (GSP): p(i) = b(i+1), the next bid;
    VCG, in all: t(i) = sum over j >= i of (x(j) - x(j+1))·b(j+1), what the others lose by i's presence.

Edelman, Ostrovsky and Schwarz, "Internet advertising and the generalized second-price auction" (2007); Varian, "Position
auctions" (2007). Under GSP the truth is no equilibrium. Bids are locally envy-free if nobody would rather have the slot above
its own at the price paid there; where nobody would rather have any other slot, they are Varian's symmetric equilibria, which
lie between the bids with b(i)·x(i-1) = v(i)·(x(i-1) - x(i)) + b(i+1)·x(i), from the last up, and the same with v(i-1) for
v(i). The lowest pay what VCG does, and no locally envy-free equilibrium brings less.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.positions import checked_clicks
from negotiate_rt.problems.units import price_of

Chance: TypeAlias = random.Random | Callable[[], random.Random] | None
TOLERANCE = 1e-9  # of the best gain: envy below it is rounding


class PositionAssignment(msgspec.Struct, frozen=True, kw_only=True):
    """Who gets which slot. slots: by bidder, numbered from 1, best first. order: all bidders whose bid reaches the reserve, the
    highest first."""

    slots: Mapping[str, int]
    order: tuple[str, ...]


class EnvyFreeBounds(msgspec.Struct, frozen=True, kw_only=True):
    """The range of symmetric (envy-free) equilibrium bids, by rank from 2 on, and of what they bring in all.

    lowest, highest: bids per click; revenue: of the two. The lowest revenue is that of VCG.
    """

    lowest: tuple[float, ...]
    highest: tuple[float, ...]
    revenue: tuple[float, float]


def assign_positions(
    bids: Mapping[str, float], clicks: Sequence[float], reserve: float = 0.0, rng: Chance = None
) -> PositionAssignment:
    """Return who gets which slot. Ties are drawn among the tied in order of name (`rng`: a seeded stream, or what makes one;
    None: in order of name). Raises ConfigurationError. Cost: O(n log n).
    """
    checked_clicks(clicks, "clicks")
    names = sorted(name for name, bid in bids.items() if price_of(bid, f"{name!r}: a bid") >= reserve)
    if rng is not None and len({bids[name] for name in names}) < len(names):
        (rng if isinstance(rng, random.Random) else rng()).shuffle(names)
    order = tuple(sorted(names, key=lambda name: -bids[name]))
    return PositionAssignment(slots={name: slot for slot, name in enumerate(order[: len(clicks)], 1)}, order=order)


def gsp_payments(
    bids: Mapping[str, float], clicks: Sequence[float], assignment: PositionAssignment, reserve: float = 0.0
) -> dict[str, float]:
    """Return what each who has a slot pays for all its clicks under the generalised second price."""
    ladder = _ladder(bids, assignment, reserve)
    return {name: clicks[slot - 1] * ladder[slot] for name, slot in assignment.slots.items()}


def vcg_payments(
    bids: Mapping[str, float], clicks: Sequence[float], assignment: PositionAssignment, reserve: float = 0.0
) -> dict[str, float]:
    """Return what each who has a slot pays for all its clicks under VCG, under which the truth is a dominant strategy."""
    ladder = _ladder(bids, assignment, reserve)
    steps = [*clicks[: len(assignment.slots)], 0]
    due: float = 0
    payments: dict[str, float] = {}
    for name, slot in reversed(list(assignment.slots.items())):
        due += (steps[slot - 1] - steps[slot]) * ladder[slot]
        payments[name] = due
    return dict(reversed(list(payments.items())))


def is_locally_envy_free(
    bids: Mapping[str, float], values: Mapping[str, float], clicks: Sequence[float], everywhere: bool = False
) -> bool:
    """Return whether under GSP nobody would rather have the slot above its own at the price paid there (Edelman, Ostrovsky and
    Schwarz, definition 1); `everywhere`: any other slot at its price (Varian's symmetric equilibrium).

    A bidder without a slot looks at the last. Ties in order of name.
    """
    assignment = assign_positions(bids, clicks)
    ladder = _ladder(bids, assignment, 0.0)
    slots = len(assignment.slots)
    for rank, name in enumerate(assignment.order):
        own = clicks[rank] * (values[name] - ladder[rank + 1]) if rank < slots else 0
        looks = range(slots) if everywhere else range(max(rank - 1, 0), min(rank, slots))
        for place in looks:
            if place != rank and clicks[place] * (values[name] - ladder[place + 1]) > own + TOLERANCE * max(1, abs(own)):
                return False
    return True


def envy_free_bounds(values: Sequence[float], clicks: Sequence[float]) -> EnvyFreeBounds:
    """Return the least and the greatest symmetric equilibrium bids of bidders with these values, highest first.

    The bid of rank 1 has no upper bound and no effect, so ranks begin with 2; ranks beyond the first without a slot play no
    part. Raises ConfigurationError for values that rise.
    """
    checked_clicks(clicks, "clicks")
    worths = [price_of(value, f"value {place}") for place, value in enumerate(values, 1)]
    if any(one < following for one, following in pairwise(worths)):
        raise ConfigurationError(f"values: expected them highest first, got {tuple(values)!r}")
    ranks = min(len(worths), len(clicks) + 1)
    steps = [*clicks[:ranks], 0]
    lowest, highest = (_recursion(worths, steps, ranks, offset) for offset in (0, 1))
    revenues = tuple(sum(bid * steps[rank] for rank, bid in enumerate(bids)) for bids in (lowest, highest))
    return EnvyFreeBounds(lowest=lowest, highest=highest, revenue=(revenues[0], revenues[1]))


def balanced_bids(values: Mapping[str, float], clicks: Sequence[float]) -> dict[str, float]:
    """Return the lowest locally envy-free bids, which pay what VCG does (EOS, theorem 1): the highest bidder tells the truth,
    those without a slot, too."""
    ranked = sorted(values, key=lambda name: (-values[name], name))
    lowest = envy_free_bounds([values[name] for name in ranked], clicks).lowest
    bids = {name: values[name] for name in ranked}
    return bids | dict(zip(ranked[1:], lowest, strict=False))


def _ladder(bids: Mapping[str, float], assignment: PositionAssignment, reserve: float) -> list[float]:
    """Return the bids from the highest down, and the reserve for those that are missing."""
    return [*(bids[name] for name in assignment.order), reserve]


def _recursion(worths: Sequence[float], steps: Sequence[float], ranks: int, offset: int) -> tuple[float, ...]:
    bids: list[float] = []
    following: float = 0
    for rank in range(ranks - 1, 0, -1):
        above, own = steps[rank - 1], steps[rank]
        following = (worths[rank - offset] * (above - own) + following * own) / above
        bids.append(following)
    return tuple(reversed(bids))
