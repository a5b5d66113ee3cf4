"""What the values of one numeric issue are worth, as data: lines, triangles, polynomials and exponentials.

Any other function of a value is an evaluation too. These know where they turn, so that the best and worst value of a
range are found without trying all of it, and they can be written to a file.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

import msgspec
from msgspec.structs import force_setattr

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.scalars import finite

Evaluation = Mapping[Any, float] | Callable[[Any], float]
"""What each value of one issue is worth, as a table or a function. `Any`: mappings are invariant in their key, so a
dict[str, float] is no Mapping[Scalar, float]."""


@runtime_checkable
class TurningEvaluation(Protocol):
    """An evaluation that rises or falls all the way between two neighbouring turns."""

    def __call__(self, value: float, /) -> float:
        """Return what a number is worth."""

    def turns(self, low: float, high: float) -> tuple[float, ...]:
        """Return where it may turn between two numbers: its largest and least worth lie there, or at the ends."""


class LinearEvaluation(msgspec.Struct, frozen=True, tag="linear"):
    """A straight line: slope * x + intercept."""

    slope: float
    intercept: float = 0.0

    def __post_init__(self) -> None:
        _numbers(self, "slope", "intercept")

    def __call__(self, value: float) -> float:
        """Return what a number is worth."""
        return self.slope * value + self.intercept

    def turns(self, low: float, high: float) -> tuple[float, ...]:
        """Return nothing: a line never turns."""
        return ()


class TriangularEvaluation(msgspec.Struct, frozen=True, tag="triangular"):
    """1 at the peak, falling in straight lines to 0 at `low` and `high`, and 0 beyond.

    ConfigurationError unless low <= peak <= high and low < high. A side of no length falls at once.
    """

    low: float
    peak: float
    high: float

    def __post_init__(self) -> None:
        _numbers(self, "low", "peak", "high")
        if not (self.low <= self.peak <= self.high and self.low < self.high):
            raise ConfigurationError(
                f"a triangle needs low <= peak <= high and low < high, got {self.low}, {self.peak}, {self.high}"
            )

    def __call__(self, value: float) -> float:
        """Return what a number is worth."""
        if value == self.peak:
            return 1.0
        if not self.low < value < self.high:
            return 0.0
        if value < self.peak:
            return (value - self.low) / (self.peak - self.low)
        return (self.high - value) / (self.high - self.peak)

    def turns(self, low: float, high: float) -> tuple[float, ...]:
        """Return the feet and the peak, as far as they lie between."""
        return tuple(x for x in (self.low, self.peak, self.high) if low < x < high)


class PolynomialEvaluation(msgspec.Struct, frozen=True, tag="polynomial"):
    """c0 + c1 x + c2 x^2 + ...; `coefficients` from the constant upwards, one or more."""

    coefficients: tuple[float, ...]

    def __post_init__(self) -> None:
        given: object = self.coefficients
        if not isinstance(given, (tuple, list)) or not given:
            raise ConfigurationError(f"coefficients must be a list of one or more numbers, got {given!r}")
        own = tuple(finite(one, f"coefficients[{k}]", ConfigurationError) for k, one in enumerate(given))
        force_setattr(self, "coefficients", own)

    def __call__(self, value: float) -> float:
        """Return what a number is worth (Horner's rule)."""
        worth = 0.0
        for coefficient in reversed(self.coefficients):
            worth = worth * value + coefficient
        return worth

    def turns(self, low: float, high: float) -> tuple[float, ...]:
        """Return the real roots of the derivative between two numbers."""
        import numpy as np  # late: heavy, and few evaluations are polynomials

        slopes = [k * coefficient for k, coefficient in enumerate(self.coefficients)][1:]
        roots = np.roots(np.trim_zeros(slopes[::-1], "f"))
        near = roots[np.abs(roots.imag) <= 1e-6 * np.maximum(1.0, np.abs(roots))].real
        return tuple(sorted(float(x) for x in near if low < x < high))


class ExponentialEvaluation(msgspec.Struct, frozen=True, tag="exponential"):
    """scale * base^(rate * x) + intercept; base is e unless said. ConfigurationError unless base > 0."""

    rate: float = 1.0
    base: float = math.e
    scale: float = 1.0
    intercept: float = 0.0

    def __post_init__(self) -> None:
        _numbers(self, "rate", "base", "scale", "intercept")
        if self.base <= 0:
            raise ConfigurationError(f"base must be > 0, got {self.base}")

    def __call__(self, value: float) -> float:
        """Return what a number is worth; math.inf where it outgrows a float, which a utility then refuses."""
        try:
            power = math.exp(self.rate * value) if self.base == math.e else self.base ** (self.rate * value)
        except OverflowError:
            return math.copysign(math.inf, self.scale)
        return self.scale * power + self.intercept

    def turns(self, low: float, high: float) -> tuple[float, ...]:
        """Return nothing: an exponential never turns."""
        return ()


EvaluationFunction = LinearEvaluation | TriangularEvaluation | PolynomialEvaluation | ExponentialEvaluation
"""Every evaluation that is data. In JSON the field `type` says which one it is."""


def _numbers(evaluation: msgspec.Struct, *fields: str) -> None:
    for field in fields:
        force_setattr(evaluation, field, finite(getattr(evaluation, field), f"evaluation.{field}", ConfigurationError))
