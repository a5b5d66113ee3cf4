"""What a variable does next in local search: pure rules, one for each algorithm's step of decision.

Sources: MGM and MGM-2, Maheswaran, Pearce and Tambe, "Distributed algorithms for DCOP: a graphical-game-based approach", PDCS
2004; DSA, Zhang, Wang, Xing and Wittenburg, "Distributed stochastic search and distributed breakout", Artificial Intelligence
161, 2005. Costs are to be minimised; what differs by no more than `tolerance` counts as equal.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Literal, TypeVar

Variant = Literal["A", "B", "C", "D", "E"]
Offer = tuple[
    float, int
]  # for one value of the partner: what the offerer gains at best, and the value at which it does


def improvement(costs: Sequence[float], place: int, tolerance: float) -> tuple[float, int]:
    """Return what the best value gains on that at `place`, and where it stands: the first among equals; 0 and `place` if
    nothing gains more than rounding.
    """
    best = min(costs)
    gain = costs[place] - best
    return (gain, costs.index(best)) if gain > tolerance else (0.0, place)


Rank = TypeVar("Rank", int, tuple[str, str])


def leads(gain: float, rank: Rank, rivals: Sequence[tuple[float, Rank]]) -> bool:
    """Return whether a gain is above those of all rivals, each with its rank; among equal gains the lower rank leads."""
    return all(gain > other or (gain == other and rank < its) for other, its in rivals)


def joint_move(offers: Sequence[Offer], costs: Sequence[float], place: int, tolerance: float) -> tuple[float, int, int]:
    """Return what two variables gain by changing together, and the values of the offerer and of the partner who reckons.

    offers: for each of the partner's values; costs: the partner's own, of functions that the offerer has no part in, where
    `place` is its value now. The gain is 0 if it is no more than rounding; then so is the offerer's place in `offers[place]`.
    """
    now = costs[place]
    gains = [gain + now - cost for (gain, _), cost in zip(offers, costs, strict=True)]
    best = max(gains)
    if best <= tolerance:
        return 0.0, offers[place][1], place
    value = gains.index(best)
    return best, offers[value][1], value


def stochastic_options(
    variant: Variant, costs: Sequence[float], place: int, lowest: float, tolerance: float
) -> tuple[list[int], bool]:
    """Return the values that DSA may change to, none if it stays, and whether it does so for sure.

    A changes for a gain; B also to another value that is as good, if some cost function is in conflict (above its own least:
    then the costs are above their `lowest` bound); C to one as good in any case. With a gain A, B and C change with the
    algorithm's probability, D for sure, else like B, E for sure, else like C.
    """
    best = min(costs)
    limit = best + tolerance
    if costs[place] > limit:
        return [value for value, cost in enumerate(costs) if cost <= limit], variant in "DE"
    if variant == "A" or (variant in "BD" and costs[place] <= lowest + tolerance):
        return [], False
    return [value for value, cost in enumerate(costs) if cost <= limit and value != place], False


def stochastic_move(options: Sequence[int], sure: bool, place: int, probability: float, rng: random.Random) -> int:
    """Return the value that DSA takes: one of the options by chance, each alike, or the present one."""
    if not options or not (sure or rng.random() < probability):
        return place
    return options[0] if len(options) == 1 else options[int(rng.random() * len(options))]
