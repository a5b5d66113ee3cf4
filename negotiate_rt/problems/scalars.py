"""True, finite numbers: what a price, a share, a utility or a parameter has to be before it is used."""

from __future__ import annotations

import math
import numbers
from decimal import Decimal

from negotiate_rt.errors import ConfigurationError, InvalidOffer


def finite(value: object, what: str, error: type[ConfigurationError] | type[InvalidOffer] = InvalidOffer) -> float:
    """Return `value` as a float, or raise `error` if it is not one finite real number.

    int, float, Decimal, Fraction and numpy's real scalars are numbers; a bool, a string, None, NaN, an infinity, a
    complex number and an array are not. `what` names the thing in the message ("a price"). Cost: O(1).
    """
    if type(value) is float and -math.inf < value < math.inf:
        return value
    if isinstance(value, bool) or not isinstance(value, (numbers.Real, Decimal)):
        raise error(f"{what} must be a number, got {value!r} ({type(value).__name__})")
    try:
        number = float(value)
    except (OverflowError, ValueError) as cause:  # an int beyond 1e308; Decimal("sNaN")
        raise error(f"{what} must be a finite number that a float can hold, got {type(value).__name__}") from cause
    if not -math.inf < number < math.inf:
        raise error(f"{what} must be finite, got {number}")
    return number
