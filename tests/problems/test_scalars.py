from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from negotiate_rt.errors import ConfigurationError, InvalidOffer
from negotiate_rt.problems.scalars import finite


@pytest.mark.parametrize("value", [2, 2.0, Decimal("2"), Fraction(2), np.float64(2), np.float32(2), np.int8(2)])
def test_every_kind_of_real_number_becomes_the_same_float(value):
    number = finite(value, "a price")
    assert type(number) is float
    assert number == 2.0


@pytest.mark.parametrize("value", [True, "2", None, 2j, [2], (2,), np.True_, np.array([2.0]), b"2"])
def test_what_is_no_number_is_named_with_its_type(value):
    with pytest.raises(InvalidOffer, match=rf"^a price must be a number, got .*\({type(value).__name__}\)"):
        finite(value, "a price")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, Decimal("NaN"), Decimal("-inf"), np.float64("nan")])
def test_nan_and_infinities_are_not_finite(value):
    with pytest.raises(InvalidOffer, match=r"^a price must be finite, got -?(nan|inf)"):
        finite(value, "a price")


@pytest.mark.parametrize("value", [10**400, Decimal("sNaN")])
def test_a_number_that_no_float_holds_is_refused(value):
    with pytest.raises(InvalidOffer, match="that a float can hold"):
        finite(value, "a price")


def test_the_caller_chooses_whose_fault_it_is():
    with pytest.raises(ConfigurationError, match=r"^rate must be finite"):
        finite(math.nan, "rate", ConfigurationError)
