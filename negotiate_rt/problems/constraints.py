"""What an outcome space leaves out: named predicates, linear bounds, and combinations that exclude or imply others.

A constraint is data. Bound to a space's issues it becomes a `Rule`, which knows the positions that it looks at: rules
over few issues let even huge spaces be counted and numbered exactly (see numbering.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec.structs import force_setattr

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.problems.kinds import AnyIssue, ContinuousIssue, Issue, OptionalIssue, Scalar
from negotiate_rt.problems.scalars import finite

_TOLERANCE = 1e-12  # of a sum's largest term: 0.1 + 0.2 is at most 0.3


class Rule(NamedTuple):
    """A constraint bound to issues. positions: ascending, what it looks at; test: of the values there, in that order."""

    text: str
    positions: tuple[int, ...]
    test: Callable[[Sequence[Any]], bool]


class Span(msgspec.Struct, frozen=True, tag="span"):
    """The numbers from `low` to `high`, both included, in a combination; an end that is None is open."""

    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        for field in ("low", "high"):
            if getattr(self, field) is not None:
                finite(getattr(self, field), f"span.{field}", ConfigurationError)
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ConfigurationError(f"a span's low must not be above its high, got {self.low} > {self.high}")


Combination = tuple[tuple[str, Span | tuple[Scalar | None, ...]], ...]
"""Issue names with the values that are meant: a tuple of values, or a Span of numbers."""

GivenCombination = Mapping[str, Any] | Combination
"""The same as a caller writes it, {"issue": value | tuple or list of values | Span}. `Any`: Mapping is invariant."""


class Constraint(msgspec.Struct, frozen=True, tag="predicate"):
    """A named predicate: `Constraint("in budget", lambda outcome: outcome[0] + outcome[1] <= 10)`.

    test: called with the outcome as a tuple; or, if `issues` names what it looks at, with the values of these issues one
    by one: `Constraint("in budget", lambda a, b: a + b <= 10, ("a", "b"))`, which keeps a huge space countable.
    A predicate is code, so it cannot be written to a file; the other constraints can.
    """

    name: str
    test: Any  # Callable[..., bool]; msgspec cannot name it
    issues: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise ConfigurationError(f"constraint.name must be a non-empty string, got {self.name!r}")
        if not callable(self.test):
            raise ConfigurationError(f"constraint {self.name!r}: test must be callable, got {type(self.test).__name__}")
        force_setattr(self, "issues", tuple(self.issues))

    def bind(self, issues: Sequence[AnyIssue]) -> Rule:
        """Return the rule over these issues; ConfigurationError for an issue that is not there."""
        if not self.issues:
            whole = tuple(range(len(issues)))
            return Rule(repr(self.name), whole, lambda values: self._holds((tuple(values),)))
        given = [_position(name, issues, f"constraint {self.name!r}") for name in self.issues]
        positions = tuple(sorted(set(given)))
        order = [positions.index(position) for position in given]
        return Rule(repr(self.name), positions, lambda values: self._holds([values[k] for k in order]))

    def _holds(self, arguments: Iterable[Any]) -> bool:
        try:
            return bool(self.test(*arguments))
        except Exception as cause:  # the caller's code: whatever it raises, the space cannot say what is in it
            raise ConfigurationError(
                f"constraint {self.name!r} raised {type(cause).__name__} for {tuple(arguments)!r}: {cause}"
            ) from cause


class LinearConstraint(msgspec.Struct, frozen=True, tag="linear"):
    """A weighted sum of numeric issues within bounds: `LinearConstraint({"a": 1, "b": 2}, most=10)` is a + 2 b <= 10.

    coefficients: by issue name; kept as pairs. least, most: at least one of them. An optional issue that is left out
    counts as 0. Sums within 1e-12 of their largest term of a bound satisfy it.
    """

    coefficients: dict[str, float] | tuple[tuple[str, float], ...]
    most: float | None = None
    least: float | None = None
    name: str = ""

    if TYPE_CHECKING:  # what a caller may give, where the field says what is kept

        def __init__(
            self, coefficients: Mapping[str, float] | Sequence[tuple[str, float]], most: float | None = None,
            least: float | None = None, name: str = "",
        ) -> None: ...  # fmt: skip

    def __post_init__(self) -> None:
        pairs = self.coefficients.items() if isinstance(self.coefficients, Mapping) else self.coefficients
        own = tuple((name, finite(number, f"coefficients[{name!r}]", ConfigurationError)) for name, number in pairs)
        if not own or len(dict(own)) < len(own):
            raise ConfigurationError(f"coefficients must name one or more issues, each once, got {own}")
        force_setattr(self, "coefficients", own)
        for field in ("most", "least"):
            if getattr(self, field) is not None:
                force_setattr(self, field, finite(getattr(self, field), f"constraint.{field}", ConfigurationError))
        if self.most is None and self.least is None:
            raise ConfigurationError("a linear constraint needs a bound: most, least or both")
        if self.most is not None and self.least is not None and self.least > self.most:
            raise ConfigurationError(f"no sum is at least {self.least} and at most {self.most}")

    def bind(self, issues: Sequence[AnyIssue]) -> Rule:
        """Return the rule over these issues; ConfigurationError for one that is not there or holds no numbers."""
        factors: dict[int, float] = {}
        for name, number in _pairs(self.coefficients):
            position = _position(name, issues, f"constraint {self.text!r}")
            _check_numeric(issues[position], f"constraint {self.text!r}")
            factors[position] = number
        positions = tuple(sorted(factors))
        scales = [factors[position] for position in positions]
        most = math.inf if self.most is None else self.most
        least = -math.inf if self.least is None else self.least

        def test(values: Sequence[Any]) -> bool:
            terms = [scale * (value or 0) for scale, value in zip(scales, values, strict=True)]
            total, slack = sum(terms), _TOLERANCE * max(map(abs, terms))
            return least - slack <= total <= most + slack

        return Rule(repr(self.text), positions, test)

    @property
    def text(self) -> str:
        """Return the name, or else the inequality."""
        if self.name:
            return self.name
        total = " + ".join(name if number == 1 else f"{number:g} {name}" for name, number in _pairs(self.coefficients))
        lower = "" if self.least is None else f"{self.least:g} <= "
        return lower + total + ("" if self.most is None else f" <= {self.most:g}")


class ForbiddenConstraint(msgspec.Struct, frozen=True, tag="forbidden"):
    """A combination that no outcome may show: `ForbiddenConstraint({"engine": "diesel", "city": ("Oslo", "Bern")})`."""

    combination: dict[str, Any] | Combination
    name: str = ""

    if TYPE_CHECKING:  # as in LinearConstraint

        def __init__(self, combination: GivenCombination, name: str = "") -> None: ...

    def __post_init__(self) -> None:
        force_setattr(self, "combination", combination(self.combination))

    def bind(self, issues: Sequence[AnyIssue]) -> Rule:
        """Return the rule over these issues; ConfigurationError for issues or values that are not there."""
        text = self.name or f"not ({in_words(self.combination)})"
        positions, shows = region(self.combination, issues, f"constraint {text!r}")
        return Rule(repr(text), positions, lambda values: not shows(values))


class ImpliedConstraint(msgspec.Struct, frozen=True, tag="implied"):
    """Where one combination shows, another must: `ImpliedConstraint({"delivery": "express"}, {"price": Span(10)})`."""

    when: dict[str, Any] | Combination
    then: dict[str, Any] | Combination
    name: str = ""

    if TYPE_CHECKING:  # as in LinearConstraint

        def __init__(self, when: GivenCombination, then: GivenCombination, name: str = "") -> None: ...

    def __post_init__(self) -> None:
        force_setattr(self, "when", combination(self.when))
        force_setattr(self, "then", combination(self.then))

    def bind(self, issues: Sequence[AnyIssue]) -> Rule:
        """Return the rule over these issues; ConfigurationError for issues or values that are not there."""
        text = self.name or f"{in_words(self.when)} implies {in_words(self.then)}"
        first, premise = region(self.when, issues, f"constraint {text!r}")
        second, conclusion = region(self.then, issues, f"constraint {text!r}")
        positions = tuple(sorted({*first, *second}))
        here, there = [positions.index(k) for k in first], [positions.index(k) for k in second]

        def test(values: Sequence[Any]) -> bool:
            return not premise([values[k] for k in here]) or conclusion([values[k] for k in there])

        return Rule(repr(text), positions, test)


AnyConstraint = Constraint | LinearConstraint | ForbiddenConstraint | ImpliedConstraint
"""Every kind of constraint. In JSON the field `type` says which one it is."""


def combination(given: GivenCombination) -> Combination:
    """Return a combination as it is kept; ConfigurationError if it names no issue, one twice, or no values for one."""
    pairs = tuple(given.items()) if isinstance(given, Mapping) else tuple(given)
    own = tuple((name, _meant(name, values)) for name, values in pairs)
    if not own or len(dict(own)) < len(own):
        raise ConfigurationError(f"a combination must name one or more issues, each once, got {given!r}")
    return own


def region(
    meant: dict[str, Any] | Combination, issues: Sequence[AnyIssue], where: str
) -> tuple[tuple[int, ...], Callable[[Sequence[Any]], bool]]:
    """Return the positions of a combination, ascending, and the test whether values there (canonical ones) show it.

    ConfigurationError, beginning with `where`, for an issue or a value that is not there.
    """
    tests: dict[int, Callable[[Any], bool]] = {}
    for name, values in _pairs(meant):
        position = _position(name, issues, where)
        tests[position] = _member(values, issues[position], where)
    positions = tuple(sorted(tests))
    each = [tests[position] for position in positions]
    return positions, lambda values: all(map(_shows, each, values))


def in_words(meant: dict[str, Any] | Combination) -> str:
    """Return a combination as a reader would write it."""
    return " and ".join(f"{name} {_values_in_words(values)}" for name, values in _pairs(meant))


def _values_in_words(values: Span | tuple[Scalar | None, ...]) -> str:
    if isinstance(values, Span):
        ends = ("from", values.low), ("to", values.high)
        return " ".join(f"{word} {end:g}" for word, end in ends if end is not None) or "any"
    return f"= {values[0]!r}" if len(values) == 1 else f"in {values!r}"


def _meant(name: object, values: Any) -> Span | tuple[Scalar | None, ...]:
    if isinstance(values, Mapping):  # a Span as JSON decodes it where the type says Any
        values = msgspec.convert(dict(values), Span)
    if isinstance(values, Span):
        return values
    own = tuple(values) if isinstance(values, (tuple, list, set, frozenset)) else (values,)
    if not own:
        raise ConfigurationError(f"a combination names no values for issue {name!r}")
    return own


def _member(values: Span | tuple[Scalar | None, ...], issue: AnyIssue, where: str) -> Callable[[Any], bool]:
    if isinstance(values, Span):
        _check_numeric(issue, where)
        low = -math.inf if values.low is None else values.low
        high = math.inf if values.high is None else values.high
        return lambda value: value is not None and low <= value <= high
    own = set()
    for value in values:
        place = issue.find(value)
        if place is None:
            raise ConfigurationError(f"{where}: issue {issue.name!r} has no value {value!r}; legal: {issue.legal()}")
        own.add(issue.at(place))  # type: ignore[arg-type]  # a place of this very issue
    return frozenset(own).__contains__


def _shows(test: Callable[[Any], bool], value: Any) -> bool:
    return test(value)


def _check_numeric(issue: AnyIssue, where: str) -> None:
    kind = issue.issue if isinstance(issue, OptionalIssue) else issue
    if isinstance(kind, Issue):
        for value in kind.values:
            if isinstance(value, (bool, str)):
                raise ConfigurationError(f"{where}: issue {issue.name!r} holds {value!r}, which is no number")


def _position(name: object, issues: Sequence[AnyIssue], where: str) -> int:
    names = [issue.name for issue in issues]
    if name not in names:
        raise ConfigurationError(f"{where}: there is no issue {name!r}, only {', '.join(names)}{suggest(str(name), names)}")
    return names.index(name)


def _pairs(kept: Any) -> Any:  # the pairs that __post_init__ has made of a mapping; the field's type says both
    return kept


def is_finite_issue(issue: AnyIssue) -> bool:
    """Whether an issue has finitely many values."""
    return not isinstance(issue.issue if isinstance(issue, OptionalIssue) else issue, ContinuousIssue)
