"""Numbers as fractions: what theory computes without rounding, and how the answer is told in the caller's kind of number.

Whole numbers and fractions in, fractions out; as soon as one float comes in, floats come out. A float is read as the shortest
decimal that it prints (0.1 is one tenth), so that sums which a reader would call equal are equal.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from numbers import Integral
from typing import TypeAlias

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.scalars import finite

Exact: TypeAlias = int | float | Fraction


def fraction_of(value: object, what: str) -> Fraction:
    """Return a finite real number as a fraction; ConfigurationError names `what` for anything else. Cost: O(digits)."""
    if type(value) is int or isinstance(value, Fraction):
        return Fraction(value)
    number = finite(value, what, ConfigurationError)
    if isinstance(value, (Integral, Decimal)):
        return Fraction(int(value) if isinstance(value, Integral) else value)
    return Fraction(repr(number))


def is_exact(value: object) -> bool:
    """Whether a number carries no rounding: an int, a fraction or a decimal."""
    return isinstance(value, (Integral, Fraction, Decimal)) and not isinstance(value, bool)


def told(value: Fraction, exact: bool) -> Fraction | float:
    """Return a result as it is told: the fraction itself where all that came in was exact, else a float."""
    return value if exact else float(value)


def common_denominator(values: Iterable[Fraction]) -> int:
    """Return the least whole number that makes all of these whole. Cost: O(values)."""
    return math.lcm(1, *{value.denominator for value in values})
