"""What is believed of one bidder's value: uniform, exponential, any density, or a list of values such as past bids.

Virtual values are Myerson's ("Optimal auction design", 1981): v - (1 - F(v))/f(v), the revenue that selling to v adds. Where
they fall in v somewhere, the distribution is not regular, and they are ironed: with R(q) the revenue of a price that sells with
probability q, the ironed virtual value is the slope of the least concave function above R.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Protocol

import msgspec
from msgspec.structs import force_setattr

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.derived import distribution
from negotiate_rt.solutions.double_auction import support_of
from negotiate_rt.solutions.terms import Number, real_number

NODES = 2001  # at which a density is ironed


class ValueDistribution(Protocol):
    """What the optimal auction needs to know of one bidder's value."""

    def cdf(self, value: Number) -> Number:
        """Return the probability of at most this value."""

    def quantile(self, chance: Number) -> Number:
        """Return the smallest value that is not exceeded with this probability."""

    def virtual(self, value: Number) -> Number:
        """Return the virtual value, as it is."""

    def ironed(self, value: Number) -> Number:
        """Return the ironed virtual value, which never falls; of a regular distribution the virtual value."""

    def least(self, level: Number, above: bool = False) -> Number:
        """Return the smallest value whose ironed virtual value reaches a level (or goes above it); infinite if none does."""

    @property
    def regular(self) -> bool:
        """Whether the virtual value never falls."""


class UniformDistribution(msgspec.Struct, frozen=True):
    """Evenly spread on [low, high]; exact for whole numbers and fractions. Virtual value: 2v - high."""

    low: Number = 0
    high: Number = 1

    def __post_init__(self) -> None:
        support_of((self.low, self.high), "uniform values")
        if self.low < 0:
            raise ConfigurationError(f"values must be at least 0, got low {self.low!r}")

    @property
    def regular(self) -> bool:
        """Always."""
        return True

    def cdf(self, value: Number) -> Number:
        """Return the probability of at most this value."""
        inside = min(max(value, self.low), self.high)
        return ratio(inside - self.low, self.high - self.low)

    def quantile(self, chance: Number) -> Number:
        """Return the value that is not exceeded with this probability."""
        return self.low + chance * (self.high - self.low)

    def virtual(self, value: Number) -> Number:
        """Return 2v - high."""
        return 2 * value - self.high

    ironed = virtual

    def least(self, level: Number, above: bool = False) -> Number:
        """Return the smallest value of that virtual value; above or not, it is the same."""
        value = max(self.low, ratio(self.high + level, 2))
        return value if value <= self.high else math.inf


class ExponentialDistribution(msgspec.Struct, frozen=True):
    """Exponential with this rate, mean 1/rate. Virtual value: v - 1/rate."""

    rate: Number = 1

    def __post_init__(self) -> None:
        if real_number(self.rate, "rate") <= 0:
            raise ConfigurationError(f"rate must be above 0, got {self.rate!r}")

    @property
    def regular(self) -> bool:
        """Always."""
        return True

    def cdf(self, value: Number) -> Number:
        """Return the probability of at most this value."""
        return -math.expm1(-float(self.rate * max(value, 0)))

    def quantile(self, chance: Number) -> Number:
        """Return the value that is not exceeded with this probability."""
        return math.inf if chance >= 1 else -math.log1p(-float(chance)) / float(self.rate)

    def virtual(self, value: Number) -> Number:
        """Return v - 1/rate."""
        return value - ratio(1, self.rate)

    ironed = virtual

    def least(self, level: Number, above: bool = False) -> Number:
        """Return the smallest value of that virtual value."""
        return max(0, level + ratio(1, self.rate))


class DiscreteDistribution(msgspec.Struct, frozen=True, dict=True):
    """Finitely many values with probabilities (evenly spread unless given); exact for fractions.

    The virtual value of v_k is v_k - (v_{k+1} - v_k)·P(above v_k)/P(v_k). Raises ConfigurationError.
    """

    values: tuple[Number, ...]
    probabilities: tuple[Number, ...] = ()

    def __post_init__(self) -> None:
        given = tuple(self.values)
        for place, one in enumerate(given):
            if real_number(one, f"values[{place}]") < 0:
                raise ConfigurationError(f"values[{place}] must be at least 0, got {one!r}")
        if not given or len(set(given)) < len(given):
            raise ConfigurationError("values must be a list of one or more different numbers")
        odds = tuple(self.probabilities) or (Fraction(1, len(given)),) * len(given)
        if len(odds) != len(given):
            raise ConfigurationError(f"{len(given)} values need as many probabilities, got {len(odds)}")
        distribution([float(real_number(p, "probabilities")) for p in odds], "probabilities")
        kept = sorted((value, p) for value, p in zip(given, odds, strict=True) if p > 0)
        force_setattr(self, "values", tuple(value for value, _ in kept))
        force_setattr(self, "probabilities", tuple(p for _, p in kept))

    @classmethod
    def of_sample(cls, sample: Iterable[Number]) -> DiscreteDistribution:
        """Return the empirical distribution of a sample. Raises ConfigurationError for an empty one."""
        listed = sorted(sample)
        counts: dict[Number, int] = {}
        for one in listed:
            counts[one] = counts.get(one, 0) + 1
        return cls(tuple(counts), tuple(Fraction(n, len(listed)) for n in counts.values()))

    @cached_property
    def above(self) -> tuple[Number, ...]:
        """The probability of more than each value."""
        found: list[Number] = []
        rest: Number = 0
        for p in reversed(self.probabilities):
            found.append(rest)
            rest += p
        return tuple(reversed(found))

    @cached_property
    def raw(self) -> tuple[Number, ...]:
        """The virtual value of each value."""
        following = (*self.values[1:], self.values[-1])
        return tuple(
            value - ratio((more - value) * above, p)
            for value, more, above, p in zip(self.values, following, self.above, self.probabilities, strict=True)
        )

    @cached_property
    def smooth(self) -> tuple[Number, ...]:
        """The ironed virtual value of each value: neighbours that fall are pooled at their mean."""
        return pooled([one * p for one, p in zip(self.raw, self.probabilities, strict=True)], self.probabilities)

    @property
    def regular(self) -> bool:
        """Whether the virtual value never falls."""
        return all(one <= two for one, two in itertools.pairwise(self.raw))

    def cdf(self, value: Number) -> Number:
        """Return the probability of at most this value."""
        place = bisect.bisect_right(self.values, value)
        return 0 if place == 0 else 1 - self.above[place - 1]

    def quantile(self, chance: Number) -> Number:
        """Return the smallest value that is not exceeded with this probability."""
        return next((v for v in self.values if self.cdf(v) >= chance), self.values[-1])

    def virtual(self, value: Number) -> Number:
        """Return the virtual value of one of the values (between them, of the next one below)."""
        return self.raw[self._place(value)]

    def ironed(self, value: Number) -> Number:
        """Return the ironed virtual value of one of the values (between them, of the next one below)."""
        return self.smooth[self._place(value)]

    def least(self, level: Number, above: bool = False) -> Number:
        """Return the smallest value whose ironed virtual value reaches a level (or goes above it)."""
        found = zip(self.values, self.smooth, strict=True)
        return next((v for v, one in found if one > level or (one == level and not above)), math.inf)

    def _place(self, value: Number) -> int:
        return max(0, bisect.bisect_right(self.values, value) - 1)


class DensityDistribution(msgspec.Struct, frozen=True, dict=True):
    """Any distribution on [low, high], 0 <= low < high, by its cdf and its density, functions of one number.

    Quantiles and levels are found by bisection. Where the virtual value falls it is ironed at 2,001 points, so that
    prices there are exact to the spacing. Raises ConfigurationError for functions that are no cdf and its density.
    """

    low: float
    high: float
    distribution: Callable[[float], float]
    density: Callable[[float], float]

    def __post_init__(self) -> None:
        low, high = support_of((self.low, self.high), "values")
        if low < 0:
            raise ConfigurationError(f"values must be at least 0, got low {self.low!r}")
        for name in ("distribution", "density"):
            if not callable(getattr(self, name)):
                raise ConfigurationError(f"{name} must be a function of one number, got {getattr(self, name)!r}")
        ends = [float(real_number(self.distribution(float(one)), f"distribution({one})")) for one in (low, high)]
        if abs(ends[0]) > 1e-9 or abs(ends[1] - 1) > 1e-9:
            raise ConfigurationError(f"a cdf rises from 0 to 1, this one goes from {ends[0]} to {ends[1]}")
        if any(one > two + 1e-12 for one, two in itertools.pairwise(self.heights)):
            raise ConfigurationError("a cdf never falls, this one does")
        mass = math.fsum(self._dense(one) for one in self.nodes) * (self.high - self.low) / (NODES - 1)
        mass -= (self._dense(self.low) + self._dense(self.high)) / 2 * (self.high - self.low) / (NODES - 1)
        if abs(mass - 1) > 1e-2:
            raise ConfigurationError(f"the density integrates to {mass:.4g}, expected 1: is it the cdf's?")

    @cached_property
    def nodes(self) -> tuple[float, ...]:
        """Equally spaced values of the support."""
        step = (self.high - self.low) / (NODES - 1)
        return (*(self.low + step * place for place in range(NODES - 1)), float(self.high))

    @cached_property
    def heights(self) -> tuple[float, ...]:
        """The cdf at the nodes."""
        return tuple(float(self.distribution(one)) for one in self.nodes)

    @cached_property
    def smooth(self) -> tuple[float, ...]:
        """The ironed virtual value between one node and the next: slopes of the hull of R(q) = v·q."""
        weights = [max(two - one, 0.0) for one, two in itertools.pairwise(self.heights)]
        revenue = [value * (1 - height) for value, height in zip(self.nodes, self.heights, strict=True)]
        falls = [one - two for one, two in itertools.pairwise(revenue)]
        return tuple(float(one) for one in pooled(falls, weights))

    @cached_property
    def regular(self) -> bool:
        """Whether the virtual value never falls from node to node, but for rounding."""
        slack = 1e-9 * max(1.0, abs(self.high))
        found = [self.virtual(one) for one in self.nodes]  # minus infinity in a gap
        return all(two >= one - slack for one, two in itertools.pairwise(found))

    def cdf(self, value: Number) -> Number:
        """Return the probability of at most this value."""
        if value <= self.low:
            return 0.0
        return 1.0 if value >= self.high else min(max(float(self.distribution(float(value))), 0.0), 1.0)

    def quantile(self, chance: Number) -> Number:
        """Return the smallest value that is not exceeded with this probability."""
        return self._first(lambda value: self.cdf(value) >= chance)

    def virtual(self, value: Number) -> Number:
        """Return v - (1 - F(v))/f(v); minus infinity where there is no density below the top."""
        inside = min(max(float(value), self.low), self.high)
        rest, density = 1 - self.cdf(inside), self._dense(inside)
        if density > 0:
            return inside - rest / density
        return inside if rest <= 0 else -math.inf

    def ironed(self, value: Number) -> Number:
        """Return the ironed virtual value."""
        if self.regular:
            return self.virtual(value)
        place = bisect.bisect_right(self.nodes, float(value)) - 1
        return self.smooth[min(max(place, 0), len(self.smooth) - 1)]

    def least(self, level: Number, above: bool = False) -> Number:
        """Return the smallest value whose ironed virtual value reaches a level (or goes above it)."""
        top = self.ironed(self.high)
        if top < level or (above and top == level):
            return math.inf
        if self.regular:
            return self._first(lambda value: self.virtual(value) >= level)
        return next(v for v, one in zip(self.nodes, self.smooth, strict=False) if one > level or (one == level and not above))

    def _first(self, reached: Callable[[float], bool]) -> float:
        low, high = float(self.low), float(self.high)
        if reached(low):
            return low
        while low < (middle := (low + high) / 2) < high:
            low, high = (low, middle) if reached(middle) else (middle, high)
        return high

    def _dense(self, value: float) -> float:
        found = float(real_number(self.density(value), f"density({value})"))
        if found < 0:
            raise ConfigurationError(f"a density is at least 0, got {found} at {value}")
        return found


def pooled(rises: Sequence[Number], runs: Sequence[Number]) -> tuple[Number, ...]:
    """Return slopes rise / run that never fall: neighbours whose slopes do are given their common one (pool adjacent violators).

    They are the slopes of the least concave function above the points with these steps, from the right. A run of 0, a jump
    of the revenue, has an infinite slope. O(n).
    """
    pools: list[tuple[Number, Number, int]] = []
    for rise, run in zip(rises, runs, strict=True):
        pool = (rise, run, 1)
        while pools and slope(*pools[-1][:2]) > slope(*pool[:2]):
            before = pools.pop()
            pool = (before[0] + pool[0], before[1] + pool[1], before[2] + pool[2])
        pools.append(pool)
    return tuple(slope(rise, run) for rise, run, count in pools for _ in range(count))


def slope(rise: Number, run: Number) -> Number:
    """Return rise / run, infinite for a run of 0."""
    return ratio(rise, run) if run > 0 else math.copysign(math.inf, rise)


def ratio(one: Number, other: Number) -> Number:
    """Return a quotient, exact for whole numbers and fractions."""
    if isinstance(one, float) or isinstance(other, float):
        return one / other
    return Fraction(one) / Fraction(other)
