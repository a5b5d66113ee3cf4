"""Outcome spaces: every way of agreeing on some issues, and the issues themselves.

An outcome is a plain tuple with one value per issue, in the order of the issues. Outcomes are numbered row-major (the
last issue changes fastest), so that `space.at(i)` and `space.index(outcome)` need no enumeration. Constraints take
outcomes out; those that are left keep their order and are numbered without gaps.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn, cast

import msgspec
from msgspec.structs import force_setattr

from negotiate_rt.errors import ConfigurationError, InvalidOffer, suggest
from negotiate_rt.problems.constraints import (
    AnyConstraint,
    Constraint,
    ForbiddenConstraint,
    ImpliedConstraint,
    LinearConstraint,
    Rule,
    Span,
    is_finite_issue,
)
from negotiate_rt.problems.kinds import (
    AnyIssue,
    ContinuousIssue,
    IntegerIssue,
    Issue,
    OptionalIssue,
    OrdinalIssue,
    Scalar,
)
from negotiate_rt.problems.sampling import draw

if TYPE_CHECKING:
    import random

    import numpy as np
    from numpy.typing import NDArray

    from negotiate_rt.problems.numbering import Group, Numbering

__all__ = [
    "AnyConstraint", "AnyIssue", "Constraint", "ContinuousIssue", "ForbiddenConstraint", "ImpliedConstraint",
    "IntegerIssue", "Issue", "LinearConstraint", "OptionalIssue", "OrdinalIssue", "Outcome", "OutcomeSpace", "Scalar",
    "Span",
]  # fmt: skip

Outcome = tuple[Scalar | None, ...]
"""One value per issue, in the space's order; None only for an optional issue that is left out."""


class OutcomeSpace(msgspec.Struct, frozen=True, dict=True, weakref=True):
    """All combinations of the issues' values that break no constraint.

    Issues: one or more, with distinct names. Lists are taken as tuples. Nothing is enumerated before somebody iterates;
    `size` and numbers are exact for spaces of any size. Under constraints both count what the constraints leave, which
    needs each group of issues that constraints tie together to have at most ten million combinations. A continuous
    issue makes the size math.inf: there are no numbers then, and `discretize` gives a space that has them.
    """

    issues: tuple[AnyIssue, ...]
    constraints: tuple[AnyConstraint, ...] = ()

    if TYPE_CHECKING:  # as in Issue

        def __init__(self, issues: Sequence[AnyIssue], constraints: Sequence[AnyConstraint] = ()) -> None: ...

    def __post_init__(self) -> None:
        issues: object = self.issues
        if not isinstance(issues, (tuple, list)) or not issues:
            raise ConfigurationError(f"issues must be a non-empty list of issues, got {issues!r}")
        force_setattr(self, "issues", tuple(self.issues))
        seen: dict[str, int] = {}
        for place, issue in enumerate(self.issues):
            if not isinstance(issue, AnyIssue):
                raise ConfigurationError(f"issues[{place}] must be an Issue, got {type(issue).__name__}")
            if issue.name in seen:
                raise ConfigurationError(f"issues[{place}].name {issue.name!r} is also issues[{seen[issue.name]}].name")
            seen[issue.name] = place
        constraints: object = self.constraints
        if not isinstance(constraints, (tuple, list)):
            raise ConfigurationError(f"constraints must be a list of constraints, got {constraints!r}")
        force_setattr(self, "constraints", tuple(self.constraints))
        for place, one in enumerate(self.constraints):
            if not isinstance(one, AnyConstraint):
                raise ConfigurationError(f"constraints[{place}] must be a Constraint, got {type(one).__name__}")
        assert len(self.rules) == len(self.constraints)  # bound once, so that what does not fit is told at once

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The issues' names, in order."""
        return tuple(issue.name for issue in self.issues)

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """The constraints, bound to the issues."""
        return tuple(one.bind(self.issues) for one in self.constraints)

    @cached_property
    def finite(self) -> bool:
        """Whether every issue has finitely many values."""
        return all(is_finite_issue(issue) for issue in self.issues)

    @cached_property
    def combinations(self) -> int:
        """The number of combinations of values, constraints aside; math.inf with a continuous issue."""
        return math.prod(issue.size for issue in self.issues) if self.finite else cast(int, math.inf)

    @cached_property
    def size(self) -> int:
        """The number of outcomes; math.inf with a continuous issue.

        ConfigurationError if no outcome breaks no constraint, or constraints tie too many combinations to be counted.
        """
        if not self.rules or not self.finite:
            return self.combinations
        if not self._numbering.size:
            raise ConfigurationError(f"no outcome satisfies the constraints {', '.join(rule.text for rule in self.rules)}")
        return self._numbering.size

    @cached_property
    def countable(self) -> bool:
        """Whether outcomes have numbers: no continuous issue, and constraints that can be counted."""
        if not self.finite:
            return False
        try:
            return self.size > 0
        except ConfigurationError:
            return False

    @cached_property
    def has_flags(self) -> bool:
        """Whether equal tuples may differ here in a bool that stands for a number; see `Issue.has_flags`."""
        return any(issue.has_flags for issue in self.issues)

    @cached_property
    def _radix(self) -> tuple[tuple[int, Callable[[int], Any]], ...]:
        """Size and values of each issue, the last one first: what `at` needs, so that a lookup takes about a microsecond."""
        self._check_finite("numbered")
        return tuple((issue.size, issue.values.__getitem__) for issue in reversed(self.issues))

    @property
    def groups(self) -> Sequence[Group]:
        """The issues in groups that constraints tie together, each with its rows; ConfigurationError as in `size`."""
        return self._numbering.groups

    @cached_property
    def _numbering(self) -> Numbering:
        from negotiate_rt.problems.numbering import Numbering  # late: it needs numpy, and few spaces need it

        return Numbering(self.issues, self.rules)

    def __len__(self) -> int:
        self._check_finite("counted")
        return self.size

    def __bool__(self) -> bool:
        return True  # without it, bool() would ask __len__, which cannot tell more than sys.maxsize

    def __iter__(self) -> Iterator[Outcome]:
        """Iterate over the outcomes in order; ConfigurationError for more than ten million, nobody would see the end."""
        check_listable(self)
        if self.rules and self.combinations > 4 * self.size:
            return map(self.at, range(self.size))
        every = itertools.product(*(issue.values for issue in self.issues))
        return filter(self.allows, every) if self.rules else every

    def __contains__(self, outcome: object) -> bool:
        return self.contains(outcome)

    def contains(self, outcome: object) -> bool:
        """Whether `outcome` is a tuple or list of one legal value per issue that breaks no constraint. O(issues)."""
        if not isinstance(outcome, (tuple, list)) or len(outcome) != len(self.issues):
            return False
        places = [issue.find(value) for issue, value in zip(self.issues, outcome, strict=True)]
        if None in places:
            return False
        return not self.rules or self.allows(self._own(places))

    def outcome(self, value: object) -> Outcome:
        """Return `value`, a tuple or list in issue order or a mapping by issue name, as this space's own tuple.

        InvalidOffer if an issue is missing or unknown, a value is none of its issue's, or a constraint is broken: the
        text names it. A mapping may leave out optional issues. Cost: O(issues).
        """
        own = self._own(self._places(value))
        if self.rules:
            for rule in self.rules:
                if not rule.test([own[position] for position in rule.positions]):
                    shown = ", ".join(f"{self.names[position]} = {own[position]!r}" for position in rule.positions)
                    raise InvalidOffer(f"constraint {rule.text} does not hold: {shown}")
        return own

    def index(self, outcome: object) -> int:
        """Return the number of an outcome, 0 <= index < size; InvalidOffer if it is none. Cost: O(issues).

        Under constraints a bisection per issue. ConfigurationError if this space has no numbers (see `size`).
        """
        self._check_finite("numbered")
        if self.rules:
            return self._numbering.index(self._places(self.outcome(outcome)))
        number = 0
        for issue, place in zip(self.issues, self._places(outcome), strict=True):
            number = number * issue.size + place
        return number

    def at(self, index: int) -> Outcome:
        """Return the outcome of that number; IndexError unless 0 <= index < size. Cost: as `index`."""
        radix = self._radix
        if not 0 <= index < self.size:
            raise IndexError(f"the space has {self.size} outcomes, so none with index {index}")
        if self.rules:
            return self._own(self._numbering.places(index))
        values: list[Scalar | None] = []
        for size, value_at in radix:
            index, place = divmod(index, size)
            values.append(value_at(place))
        values.reverse()
        return tuple(values)

    def sample(self, rng: random.Random, count: int, replace: bool = True) -> list[Outcome]:
        """Return `count` outcomes drawn evenly from the space, each draw anew, or all different if not `replace`.

        rng: a seeded stream, the only source of chance. On a continuous issue evenly between its ends; an optional one
        is left out half of the time. Where constraints cannot be counted, outcomes are drawn until one holds.
        ConfigurationError for more different outcomes than there are, or if 100,000 draws find none that holds.
        """
        return draw(self, rng, count, replace)

    def discretize(self, levels: int | Mapping[str, int]) -> OutcomeSpace:
        """Return the space with a grid in place of each continuous issue; itself if there is none.

        levels: values per continuous issue; or by issue name, where integer issues may be named too, and continuous ones
        that are not named stay. ConfigurationError for levels that are no whole number from 1 to a million.
        """
        by_name = levels if isinstance(levels, Mapping) else {
            issue.name: levels for issue in self.issues if not is_finite_issue(issue)
        }  # fmt: skip
        issues: list[AnyIssue] = list(self.issues)
        for name, number in by_name.items():
            if name not in self.names:
                raise ConfigurationError(f"levels[{name!r}]: {self._unknown(name)}")
            place = self.names.index(name)
            issue = issues[place]
            if isinstance(issue, Issue):
                raise ConfigurationError(f"levels[{name!r}]: the issue has named values, which cannot be spread evenly")
            issues[place] = issue.discretize(number)
        return OutcomeSpace(issues, self.constraints) if by_name else self

    def describe(self, outcome: object) -> dict[str, Scalar | None]:
        """Return an outcome as a dict by issue name, in issue order; InvalidOffer if it is none."""
        return dict(zip(self.names, self.outcome(outcome), strict=True))

    def json_schema(self) -> dict[str, object]:
        """Return the JSON schema of one outcome, as an object by issue name; constraints stand in its description."""
        schema: dict[str, object] = {
            "type": "object",
            "properties": {issue.name: issue.json_schema() for issue in self.issues},
            "required": [issue.name for issue in self.issues if not isinstance(issue, OptionalIssue)],
            "additionalProperties": False,
        }
        if self.rules:
            schema["description"] = "subject to " + ", ".join(rule.text for rule in self.rules)
        return schema

    def columns(self) -> list[NDArray[np.intp]]:
        """Return the places of all outcomes, one integer array of length `size` per issue, in the space's order.

        ConfigurationError for more than ten million outcomes. Cost: O(outcomes * issues).
        """
        import numpy as np  # late: heavy, and most spaces are never listed

        check_listable(self)
        if self.rules:
            return self._numbering.columns()
        return list(np.unravel_index(np.arange(self.size), [issue.size for issue in self.issues]))

    def _places(self, value: object) -> list[Any]:
        """Return the place of each value: an int, or a float on a continuous issue. InvalidOffer as `outcome` says."""
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
        places = [issue.find(one) for issue, one in zip(self.issues, values, strict=True)]
        if None in places:
            at = places.index(None)
            _refuse_value(self.issues[at], values[at])
        return places

    def _own(self, places: Sequence[Any]) -> Outcome:
        return tuple([issue.at(place) for issue, place in zip(self.issues, places, strict=True)])

    def allows(self, outcome: Outcome) -> bool:
        """Whether an outcome that is this space's own tuple, or would be one, breaks no constraint."""
        return all(rule.test([outcome[position] for position in rule.positions]) for rule in self.rules)

    def _by_name(self, value: Mapping[Any, object]) -> list[object]:
        for name in value:
            if name not in self.names:
                raise InvalidOffer(self._unknown(name))
        if len(value) < len(self.names):
            optional = {issue.name for issue in self.issues if isinstance(issue, OptionalIssue)}
            missing = [name for name in self.names if name not in value and name not in optional]
            if missing:
                _refuse_partial(missing)
        return [value.get(name) for name in self.names]

    def _unknown(self, name: object) -> str:
        return f"there is no issue {name!r}, only {', '.join(self.names)}{suggest(str(name), self.names)}"

    def _check_finite(self, done: str) -> None:
        if not self.finite:
            names = ", ".join(repr(issue.name) for issue in self.issues if not is_finite_issue(issue))
            raise ConfigurationError(
                f"the space has infinitely many outcomes (continuous: {names}), which cannot be {done}: "
                "discretize(levels) gives a space that can"
            )

    def _refuse_length(self, length: int) -> NoReturn:
        if length < len(self.issues):
            _refuse_partial(list(self.names[length:]))
        raise InvalidOffer(f"{length} values for {len(self.issues)} issues ({', '.join(self.names)})")


MOST_LISTED = 10_000_000
"""Outcomes of a space that can be listed: 80 MB a table of float64, and about ten seconds of iteration."""


def check_listable(space: OutcomeSpace) -> None:
    """Raise ConfigurationError if the space is infinite, or has more than MOST_LISTED outcomes."""
    space._check_finite("enumerated")
    if space.size > MOST_LISTED:
        raise ConfigurationError(
            f"the space has {space.size} outcomes; at most {MOST_LISTED} can be enumerated: ask for outcomes by number "
            "(at), draw some (sample), or search (problems.inverse)"
        )


def _refuse_value(issue: AnyIssue, value: object) -> NoReturn:
    kind = issue.issue if isinstance(issue, OptionalIssue) else issue
    words = [one for one in kind.values if isinstance(one, str)] if isinstance(kind, Issue) else []
    hint = suggest(value, words) if isinstance(value, str) else ""
    raise InvalidOffer(f"issue {issue.name!r} cannot be {value!r}; legal: {issue.legal()}{hint}")


def _refuse_partial(missing: list[str]) -> NoReturn:
    if len(missing) == 1:
        raise InvalidOffer(f"the offer is partial: issue {missing[0]!r} is missing")
    raise InvalidOffer(f"the offer is partial: issues {', '.join(map(repr, missing))} are missing")
