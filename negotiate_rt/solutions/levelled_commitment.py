"""Levelled commitment: when it pays to break a contract for a penalty (Sandholm and Lesser 2001).

Two parties have a contract, and each may be offered something better outside of it. Either may break the contract by paying
its penalty to the other. Who looks only at itself breaks as soon as the outside offer is worth more than the contract and
the penalty together. Who also thinks of the other's breaking holds out for more: if the other breaks, it is free for nothing
and is paid besides. With p the chance that the other breaks, v what the contract is worth, a the own penalty and b the
other's, the outside offer at which breaking is as good as keeping is, when both decide at once,

    v + a / (1 - p)            if both pay when both break,
    v + a + b p / (1 - p)      if neither pays when both break,

and v + a if the other has decided to keep the contract (the second to move).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, NamedTuple

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.scalars import finite

BothBreak = Literal["both-pay", "neither-pays"]
RULES = ("both-pay", "neither-pays")
STEPS = 10_000  # of the iteration towards the equilibrium


def break_even(
    value: float, penalty: float, other_penalty: float = 0.0, other_breaks: float = 0.0, rule: BothBreak = "both-pay"
) -> float:
    """Return the outside offer above which it pays to break the contract; infinite if the other surely breaks.

    Money and utility in one unit; other_breaks: the chance that the other breaks, 0 when it has decided not to. Sandholm and
    Lesser 2001, decommitting at once. Raises ConfigurationError.
    """
    v, a, b, p = (
        finite(one, name, ConfigurationError)
        for name, one in (
            ("value", value), ("penalty", penalty), ("other_penalty", other_penalty), ("other_breaks", other_breaks),
        )
    )  # fmt: skip
    if a < 0 or b < 0:
        raise ConfigurationError(f"penalties are at least 0, got {penalty!r} and {other_penalty!r}")
    if not 0 <= p <= 1:
        raise ConfigurationError(f"other_breaks: expected a probability, got {other_breaks!r}")
    if rule not in RULES:
        raise ConfigurationError(f"rule: expected {' or '.join(RULES)}, got {rule!r}")
    if p == 1:
        return v if a == 0 and (rule == "both-pay" or b == 0) else math.inf
    return v + a / (1 - p) if rule == "both-pay" else v + a + b * p / (1 - p)


class BreachSide(NamedTuple):
    """One party: what the contract is worth to it, its penalty, and the distribution function of its outside offer."""

    value: float
    penalty: float
    outside: Callable[[float], float]  # offer -> the chance that the offer is at most this


class BreachEquilibrium(NamedTuple):
    """Thresholds of both sides, and how likely each breaks the contract."""

    thresholds: tuple[float, float]
    breaks: tuple[float, float]


def breach_equilibrium(first: BreachSide, second: BreachSide, rule: BothBreak = "both-pay") -> BreachEquilibrium:
    """Return a Nash equilibrium of breaking at once: each side breaks when its outside offer is above its threshold.

    A higher threshold of one side makes the other break sooner, so that one's likelier breach makes breaches of the other
    rarer; iterated from a second side that never breaks, the second's chance only grows and converges: of all equilibria
    this is the one in which the second breaks least. Cost: O(iterations), to 1e-12. Raises ConfigurationError if a
    distribution function is none, ArithmeticError if it has not converged after 10,000 steps.
    """
    chance = 0.0
    for _ in range(STEPS):
        mine = break_even(first.value, first.penalty, second.penalty, chance, rule)
        first_breaks = _breaks(first, mine)
        theirs = break_even(second.value, second.penalty, first.penalty, first_breaks, rule)
        before, chance = chance, _breaks(second, theirs)
        if abs(chance - before) <= 1e-12:
            return BreachEquilibrium((mine, theirs), (first_breaks, chance))
    raise ArithmeticError(f"no equilibrium found in {STEPS} steps: the outside offers' distribution changes too steeply")


def _breaks(side: BreachSide, threshold: float) -> float:
    if threshold == math.inf:
        return 0.0
    below = finite(side.outside(threshold), "outside", ConfigurationError)
    if not 0 <= below <= 1:
        raise ConfigurationError(f"outside: expected a distribution function, got {below!r} at {threshold!r}")
    return 1.0 - below
