"""The kinds of issues: named values, ordered values, whole numbers, real numbers, and any of these left out.

Every kind answers the same questions. A value's *place* is its number among the values, from 0; on a continuous issue it
is the value itself. `find(value)` returns the place, or None for what is no value of the issue; `at(place)` returns the
issue's own value. So 5.0 is found as 5, and True is never found as 1, nor 1 as True.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn, cast, overload

import msgspec
from msgspec.structs import force_setattr

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.scalars import finite

Scalar = str | int | float | bool

_SHOWN = 8  # legal values in an error message; more hide the point
MOST_LEVELS = 1_000_000  # of one discretized issue: they are kept as Python objects


class Issue(msgspec.Struct, frozen=True, dict=True, tag="categorical"):
    """One thing to agree on, with its possible values: `Issue("water", ("much", "some", "none"))`.

    values: one or more distinct strings, finite numbers or bools; a list is taken as a tuple. 1 and True are equal in
    Python, so one issue cannot hold both. Anything else is a ConfigurationError that names the place.
    """

    name: str
    values: tuple[Scalar, ...]

    if TYPE_CHECKING:  # what a caller may give, where the field says what is kept

        def __init__(self, name: str, values: Sequence[Scalar]) -> None: ...

    def __post_init__(self) -> None:
        _check_name(self.name)
        if not isinstance(self.values, (tuple, list)):
            raise ConfigurationError(f"issue {self.name!r}: values must be a list or tuple, got {self.values!r}")
        if not self.values:
            raise ConfigurationError(f"issue {self.name!r}: values must not be empty")
        force_setattr(self, "values", tuple(self.values))
        seen: dict[Scalar, int] = {}
        for place, value in enumerate(self.values):
            path = f"issue {self.name!r}: values[{place}]"
            if not isinstance(value, (str, int, float)):
                raise ConfigurationError(f"{path} must be a string, number or bool, got {type(value).__name__}")
            if isinstance(value, float) and not math.isfinite(value):
                raise ConfigurationError(f"{path} must be finite, got {value}")
            if value in seen:
                raise ConfigurationError(f"{path} {value!r} equals values[{seen[value]}] {self.values[seen[value]]!r}")
            seen[value] = place

    @property
    def size(self) -> int:
        """Return the number of values."""
        return len(self.values)

    @property
    def ordered(self) -> bool:
        """Whether the distance of two values is that of their places."""
        return False

    @cached_property
    def _places(self) -> dict[object, int]:
        return {value: place for place, value in enumerate(self.values)}

    @cached_property
    def has_flags(self) -> bool:
        """Whether a bool could be taken for a number here, or a number for a bool."""
        return any(value == 0 or value == 1 for value in self.values)

    def find(self, value: object) -> int | None:
        """Return the place of `value` among the values, or None. 5.0 is found as 5; True is not found as 1. O(1)."""
        try:
            place = self._places.get(value)
        except TypeError:  # unhashable
            return None
        if place is None:
            return None
        own = self.values[place]
        return place if type(value) is type(own) or is_flag(value) == is_flag(own) else None

    def at(self, place: int) -> Scalar:
        """Return the value at that place; IndexError unless 0 <= place < size. O(1)."""
        return self.values[place] if place >= 0 else _refuse_place(self, place)

    def legal(self) -> str:
        """Return the values in words, shortened if there are many."""
        return _listed(self.values)

    def json_schema(self) -> dict[str, object]:
        """Return the JSON schema of one value."""
        return {"enum": list(self.values)}


class OrdinalIssue(Issue, frozen=True, dict=True, tag="ordinal"):
    """An issue whose values have an order, from one end to the other: `OrdinalIssue("size", ("S", "M", "L"))`.

    Values as in `Issue`. The order is what tells near from far: S is nearer to M than to L.
    """

    @property
    def ordered(self) -> bool:
        """Whether the distance of two values is that of their places."""
        return True


class IntegerIssue(msgspec.Struct, frozen=True, dict=True, tag="integer"):
    """A whole number from `low` to at most `high`, in steps: `IntegerIssue("days", 0, 30)`.

    The values are a range, never a list, so that a billion of them cost nothing. ConfigurationError unless low <= high
    and step >= 1, all whole numbers.
    """

    name: str
    low: int
    high: int
    step: int = 1

    def __post_init__(self) -> None:
        _check_name(self.name)
        for field in ("low", "high", "step"):
            force_setattr(self, field, _whole(getattr(self, field), f"issue {self.name!r}: {field}"))
        if self.low > self.high:
            raise ConfigurationError(f"issue {self.name!r}: low must not be above high, got {self.low} > {self.high}")
        if self.step < 1:
            raise ConfigurationError(f"issue {self.name!r}: step must be at least 1, got {self.step}")

    @cached_property
    def values(self) -> range:
        """The values, ascending, none of them made before it is asked for."""
        return range(self.low, self.high + 1, self.step)

    @property
    def size(self) -> int:
        """Return the number of values."""
        return (self.high - self.low) // self.step + 1

    @property
    def ordered(self) -> bool:
        """Whether the distance of two values is that of their places."""
        return True

    @cached_property
    def has_flags(self) -> bool:
        """Whether a bool could be taken for a number here."""
        return 0 in self.values or 1 in self.values

    def find(self, value: object) -> int | None:
        """Return the place of a number, or None. 5.0 is found as 5; True, NaN and 5.5 are not found. O(1)."""
        if type(value) is not int:
            if is_flag(value) or not isinstance(value, (numbers.Real, Decimal)):
                return None
            try:
                whole = int(cast(Any, value))
            except (ValueError, OverflowError):  # NaN, an infinity
                return None
            if whole != value:
                return None
            value = whole
        place, rest = divmod(value - self.low, self.step)
        return None if rest or not 0 <= place < self.size else place

    def at(self, place: int) -> int:
        """Return the value at that place; IndexError unless 0 <= place < size. O(1)."""
        return self.low + place * self.step if 0 <= place < self.size else _refuse_place(self, place)

    def discretize(self, levels: int) -> OrdinalIssue:
        """Return the issue thinned out to about `levels` evenly spread values, the first and the last among them."""
        _check_levels(self.name, levels)
        gaps = min(levels, self.size) - 1
        places = [round(k * (self.size - 1) / gaps) for k in range(gaps)] if gaps else []
        return OrdinalIssue(self.name, tuple(self.at(place) for place in dict.fromkeys([*places, self.size - 1])))

    def legal(self) -> str:
        """Return the values in words."""
        steps = f" in steps of {self.step}" if self.step > 1 else ""
        return f"whole numbers from {self.low} to {self.at(self.size - 1)}{steps}"

    def json_schema(self) -> dict[str, object]:
        """Return the JSON schema of one value: an enum where the steps do not start at a multiple of themselves."""
        if self.low % self.step and self.size <= MOST_LEVELS:
            return {"enum": list(self.values)}
        schema: dict[str, object] = {"type": "integer", "minimum": self.low, "maximum": self.at(self.size - 1)}
        return schema if self.step == 1 or self.low % self.step else {**schema, "multipleOf": self.step}


class ContinuousIssue(msgspec.Struct, frozen=True, dict=True, tag="continuous"):
    """Any real number from `low` to `high`, both included: `ContinuousIssue("rate", 0.0, 0.25)`.

    There are infinitely many values (`size` is math.inf), so they have no numbers; `discretize` gives a grid of them.
    ConfigurationError unless low <= high, both finite.
    """

    name: str
    low: float
    high: float

    def __post_init__(self) -> None:
        _check_name(self.name)
        for field in ("low", "high"):
            own = finite(getattr(self, field), f"issue {self.name!r}: {field}", ConfigurationError)
            force_setattr(self, field, own)
        if self.low > self.high:
            raise ConfigurationError(f"issue {self.name!r}: low must not be above high, got {self.low} > {self.high}")
        finite(self.high - self.low, f"issue {self.name!r}: high - low", ConfigurationError)

    @property
    def values(self) -> Sequence[float]:
        """Raise ConfigurationError: nobody can list them."""
        raise ConfigurationError(
            f"issue {self.name!r} is continuous: its values cannot be listed; discretize(levels) gives a grid"
        )

    @property
    def size(self) -> int:
        """Return math.inf."""
        return cast(int, math.inf)  # said to be an int, so that finite spaces stay whole numbers to type checkers

    @property
    def ordered(self) -> bool:
        """Whether the distance of two values is that of their places."""
        return True

    @property
    def has_flags(self) -> bool:
        """Whether a bool could be taken for a number here."""
        return True

    def find(self, value: object) -> float | None:
        """Return the number itself as a float, or None if it is none, not finite, or outside. O(1)."""
        if type(value) is not float:
            if is_flag(value) or not isinstance(value, (numbers.Real, Decimal)):
                return None
            try:
                value = float(value)
            except (ValueError, OverflowError):  # Decimal("sNaN"), an int beyond 1e308
                return None
        return value if self.low <= value <= self.high else None

    def at(self, place: float) -> float:
        """Return the number itself; IndexError if it lies outside."""
        found = self.find(place)
        return found if found is not None else _refuse_place(self, place)

    def discretize(self, levels: int) -> OrdinalIssue:
        """Return a grid of `levels` evenly spread values, both ends among them; one level is the middle.

        ConfigurationError unless 1 <= levels <= a million, or if the values would not differ.
        """
        _check_levels(self.name, levels)
        if self.low == self.high:
            return OrdinalIssue(self.name, (self.low,))
        if levels == 1:
            return OrdinalIssue(self.name, (self.low + (self.high - self.low) / 2,))
        inner = (self.low + (self.high - self.low) * (k / (levels - 1)) for k in range(levels - 1))
        return OrdinalIssue(self.name, (*inner, self.high))

    def legal(self) -> str:
        """Return the values in words."""
        return f"numbers from {self.low} to {self.high}"

    def json_schema(self) -> dict[str, object]:
        """Return the JSON schema of one value."""
        return {"type": "number", "minimum": self.low, "maximum": self.high}


class OptionalIssue(msgspec.Struct, frozen=True, dict=True, tag="optional"):
    """An issue that an agreement may leave out: its values, and then None for its absence.

    `OptionalIssue(Issue("warranty", (1, 2)))` has the values 1, 2 and None. In an outcome given by name it may be
    missing; in a tuple None stands in its place. Absence is worth 0 in an additive utility that does not say otherwise.
    """

    issue: Issue | OrdinalIssue | IntegerIssue | ContinuousIssue

    def __post_init__(self) -> None:
        if not isinstance(self.issue, (Issue, IntegerIssue, ContinuousIssue)):
            raise ConfigurationError(f"an optional issue holds an issue, got {type(self.issue).__name__}")

    @property
    def name(self) -> str:
        """Return the name of the issue."""
        return self.issue.name

    @cached_property
    def values(self) -> Sequence[Any]:
        """The issue's values, and None as the last."""
        return ThenAbsent(self.issue.values)

    @property
    def size(self) -> int:
        """Return the number of values, absence among them."""
        return self.issue.size + 1

    @property
    def ordered(self) -> bool:
        """Whether the distance of two values is that of their places; absence is as far from each of them."""
        return self.issue.ordered

    @property
    def has_flags(self) -> bool:
        """Whether a bool could be taken for a number here, or a number for a bool."""
        return self.issue.has_flags

    def find(self, value: object) -> float | None:
        """Return the place of a value; that of None comes after all others (on a continuous issue it is math.inf)."""
        return self.issue.size if value is None else self.issue.find(value)

    def at(self, place: Any) -> Scalar | None:  # an int, or a float on a continuous issue
        """Return the value at that place; IndexError if there is none."""
        return None if place == self.issue.size else self.issue.at(place)

    def discretize(self, levels: int) -> OptionalIssue:
        """Return the same with the issue inside discretized; categories stay as they are."""
        return OptionalIssue(self.issue if isinstance(self.issue, Issue) else self.issue.discretize(levels))

    def legal(self) -> str:
        """Return the values in words."""
        return f"{self.issue.legal()}, or None (left out)"

    def json_schema(self) -> dict[str, object]:
        """Return the JSON schema of one value."""
        return {"anyOf": [self.issue.json_schema(), {"type": "null"}]}


AnyIssue = Issue | OrdinalIssue | IntegerIssue | ContinuousIssue | OptionalIssue
"""Every kind of issue. In JSON the field `type` says which one it is."""


class ThenAbsent(Sequence[Any]):
    """The values of an issue, whatever they are, followed by None. Nothing is copied."""

    __slots__ = ("present",)

    def __init__(self, present: Sequence[Any]) -> None:
        self.present = present

    def __len__(self) -> int:
        return len(self.present) + 1

    def __iter__(self) -> Iterator[Any]:
        yield from self.present
        yield None

    @overload
    def __getitem__(self, place: int) -> Any: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Any]: ...
    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, slice):
            return tuple(self[k] for k in range(*place.indices(len(self))))
        if place in (len(self.present), -1):
            return None
        return self.present[place + 1 if place < 0 else place]


def is_flag(value: object) -> bool:
    """Whether `value` is a bool, Python's or numpy's."""
    return type(value).__name__ in ("bool", "bool_")  # numpy's equals 1 as well; its name needs no import


def _listed(values: Sequence[Any]) -> str:
    shown = ", ".join(repr(value) for value in values[:_SHOWN])
    return shown if len(values) <= _SHOWN else f"{shown}, ... ({len(values)} values)"


def _check_name(name: object) -> None:  # msgspec checks types when it decodes, not when a caller constructs
    if not isinstance(name, str) or not name:
        raise ConfigurationError(f"issue.name must be a non-empty string, got {name!r}")


def _check_levels(name: str, levels: object) -> None:
    if type(levels) is not int or not 1 <= levels <= MOST_LEVELS:
        raise ConfigurationError(f"issue {name!r}: levels must be a whole number from 1 to {MOST_LEVELS}, got {levels!r}")


def _whole(value: object, what: str) -> int:
    number = finite(value, what, ConfigurationError) if not isinstance(value, int) or is_flag(value) else value
    if number != int(number):
        raise ConfigurationError(f"{what} must be a whole number, got {value!r}")
    return int(number)


def _refuse_place(issue: AnyIssue, place: float) -> NoReturn:
    raise IndexError(f"issue {issue.name!r} has no value at place {place!r}; legal: {issue.legal()}")
