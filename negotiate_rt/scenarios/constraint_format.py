"""What an outcome may have to keep to, as a file says it: combinations of values, and constraints made of them."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

Scalar = str | bool | int | float


class SpanSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The numbers from `low` to `high`, both included, in a combination; an end that is not given is open."""

    low: float | None = None
    high: float | None = None


CombinationSpec: TypeAlias = dict[str, Scalar | tuple[Scalar, ...] | SpanSpec]


class LinearSpec(msgspec.Struct, frozen=True, kw_only=True, tag="linear", tag_field="type", forbid_unknown_fields=True):
    """Outcomes must keep a weighted sum of numbers (`coefficients` by issue) within `least` and `most`."""

    coefficients: dict[str, float]
    most: float | None = None
    least: float | None = None
    name: str = ""


class ForbiddenSpec(msgspec.Struct, frozen=True, kw_only=True, tag="forbidden", tag_field="type", forbid_unknown_fields=True):
    """No outcome may show this combination: issue -> a value, a list of values, or {low, high}."""

    combination: CombinationSpec
    name: str = ""


class ImpliedSpec(msgspec.Struct, frozen=True, kw_only=True, tag="implied", tag_field="type", forbid_unknown_fields=True):
    """Outcomes that show the combination `when` must show `then`, too."""

    when: CombinationSpec
    then: CombinationSpec
    name: str = ""


ConstraintSpec: TypeAlias = LinearSpec | ForbiddenSpec | ImpliedSpec
