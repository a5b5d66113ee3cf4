"""Issues and outcome spaces: what there is to agree on, and every way of agreeing on it.

An outcome is a plain tuple with one value per issue, in the order of the issues. Outcomes are numbered row-major (the
last issue changes fastest), so that `space.at(i)` and `space.index(outcome)` need no enumeration.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NoReturn

import msgspec

from negotiate_rt.errors import ConfigurationError, InvalidOffer, suggest

Scalar = str | int | float | bool
Outcome = tuple[Scalar, ...]

_SHOWN = 8  # legal values in an error message; more hide the point


class Issue(msgspec.Struct, frozen=True, dict=True):
    """One thing to agree on, with its possible values: `Issue("water", ("much", "some", "none"))`.

    values: one or more distinct strings, finite numbers or bools; a list is taken as a tuple. 1 and True are equal in
    Python, so one issue cannot hold both. Anything else is a ConfigurationError that names the place.
    """

    name: str
    values: tuple[Scalar, ...]

    if TYPE_CHECKING:  # what a caller may give, where the field says what is kept

        def __init__(self, name: str, values: Sequence[Scalar]) -> None: ...

    def __post_init__(self) -> None:
        name: object = self.name  # msgspec checks types when it decodes, not when a caller constructs
        if not isinstance(name, str) or not name:
            raise ConfigurationError(f"issue.name must be a non-empty string, got {name!r}")
        if not isinstance(self.values, (tuple, list)):
            raise ConfigurationError(f"issue {self.name!r}: values must be a list or tuple, got {self.values!r}")
        if not self.values:
            raise ConfigurationError(f"issue {self.name!r}: values must not be empty")
        msgspec.structs.force_setattr(self, "values", tuple(self.values))
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
        if place is None or not self.has_flags:
            return place
        return place if _is_flag(value) == _is_flag(self.values[place]) else None

    def legal(self) -> str:
        """Return the values in words, shortened if there are many."""
        shown = ", ".join(repr(value) for value in self.values[:_SHOWN])
        return shown if self.size <= _SHOWN else f"{shown}, ... ({self.size} values)"

    def json_schema(self) -> dict[str, object]:
        """Return the JSON schema of one value."""
        return {"enum": list(self.values)}


class OutcomeSpace(msgspec.Struct, frozen=True, dict=True, weakref=True):
    """All combinations of the issues' values. Issues: one or more, with distinct names; a list is taken as a tuple.

    Nothing is enumerated before somebody iterates; `size` and indices are exact for spaces of any size.
    """

    issues: tuple[Issue, ...]

    if TYPE_CHECKING:  # as in Issue

        def __init__(self, issues: Sequence[Issue]) -> None: ...

    def __post_init__(self) -> None:
        issues: object = self.issues
        if not isinstance(issues, (tuple, list)) or not issues:
            raise ConfigurationError(f"issues must be a non-empty list of issues, got {issues!r}")
        msgspec.structs.force_setattr(self, "issues", tuple(self.issues))
        seen: dict[str, int] = {}
        for place, issue in enumerate(self.issues):
            if not isinstance(issue, Issue):
                raise ConfigurationError(f"issues[{place}] must be an Issue, got {type(issue).__name__}")
            if issue.name in seen:
                raise ConfigurationError(f"issues[{place}].name {issue.name!r} is also issues[{seen[issue.name]}].name")
            seen[issue.name] = place

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The issues' names, in order."""
        return tuple(issue.name for issue in self.issues)

    @cached_property
    def size(self) -> int:
        """The number of outcomes."""
        return math.prod(issue.size for issue in self.issues)

    @cached_property
    def has_flags(self) -> bool:
        """Whether equal tuples may differ here in a bool that stands for a number; see `Issue.has_flags`."""
        return any(issue.has_flags for issue in self.issues)

    def __len__(self) -> int:
        return self.size

    def __bool__(self) -> bool:
        return True  # without it, bool() would ask __len__, which cannot tell more than sys.maxsize

    def __iter__(self) -> Iterator[Outcome]:
        return itertools.product(*(issue.values for issue in self.issues))

    def __contains__(self, outcome: object) -> bool:
        return self.contains(outcome)

    def contains(self, outcome: object) -> bool:
        """Whether `outcome` is a tuple or list of one legal value per issue. Cost: O(issues), no exception."""
        if not isinstance(outcome, (tuple, list)) or len(outcome) != len(self.issues):
            return False
        return all(issue.find(value) is not None for issue, value in zip(self.issues, outcome, strict=True))

    def outcome(self, value: object) -> Outcome:
        """Return `value`, a tuple or list in issue order or a mapping by issue name, as this space's own tuple.

        InvalidOffer if an issue is missing or unknown, or a value is none of its issue's. Cost: O(issues).
        """
        if isinstance(value, Mapping):
            values: Sequence[object] = self._by_name(value)
        elif isinstance(value, (tuple, list)):
            values = value
            if len(values) != len(self.issues):
                self._refuse_length(len(values))
        else:
            raise InvalidOffer(
                f"an outcome must be a mapping by issue name, or a tuple of one value per issue "
                f"({', '.join(self.names)}), got {value!r} ({type(value).__name__})"
            )
        found = [issue.find(one) for issue, one in zip(self.issues, values, strict=True)]
        for issue, one, place in zip(self.issues, values, found, strict=True):
            if place is None:
                hint = suggest(one, (v for v in issue.values if isinstance(v, str))) if isinstance(one, str) else ""
                raise InvalidOffer(f"issue {issue.name!r} cannot be {one!r}; legal: {issue.legal()}{hint}")
        return tuple(issue.values[place or 0] for issue, place in zip(self.issues, found, strict=True))

    def _by_name(self, value: Mapping[object, object]) -> list[object]:
        for name in value:
            if name not in self.names:
                raise InvalidOffer(
                    f"there is no issue {name!r}, only {', '.join(self.names)}{suggest(str(name), self.names)}"
                )
        if len(value) < len(self.names):
            _refuse_partial([name for name in self.names if name not in value])
        return [value[name] for name in self.names]

    def _refuse_length(self, length: int) -> NoReturn:
        if length < len(self.issues):
            _refuse_partial(list(self.names[length:]))
        raise InvalidOffer(f"{length} values for {len(self.issues)} issues ({', '.join(self.names)})")

    def index(self, outcome: object) -> int:
        """Return the number of an outcome, 0 <= index < size; InvalidOffer if it is none. Cost: O(issues)."""
        number = 0
        for issue, value in zip(self.issues, self.outcome(outcome), strict=True):
            number = number * issue.size + issue._places[value]
        return number

    def at(self, index: int) -> Outcome:
        """Return the outcome of that number; IndexError unless 0 <= index < size. Cost: O(issues)."""
        if not 0 <= index < self.size:
            raise IndexError(f"the space has {self.size} outcomes, so none with index {index}")
        values: list[Scalar] = []
        for issue in reversed(self.issues):
            index, place = divmod(index, issue.size)
            values.append(issue.values[place])
        return tuple(reversed(values))

    def describe(self, outcome: object) -> dict[str, Scalar]:
        """Return an outcome as a dict by issue name, in issue order; InvalidOffer if it is none."""
        return dict(zip(self.names, self.outcome(outcome), strict=True))

    def json_schema(self) -> dict[str, object]:
        """Return the JSON schema of one outcome, as an object by issue name."""
        return {
            "type": "object",
            "properties": {issue.name: issue.json_schema() for issue in self.issues},
            "required": list(self.names),
            "additionalProperties": False,
        }


def _is_flag(value: object) -> bool:
    return type(value).__name__ in ("bool", "bool_")  # numpy's bool equals 1 as well; its name needs no import


def _refuse_partial(missing: list[str]) -> NoReturn:
    if len(missing) == 1:
        raise InvalidOffer(f"the offer is partial: issue {missing[0]!r} is missing")
    raise InvalidOffer(f"the offer is partial: issues {', '.join(map(repr, missing))} are missing")
