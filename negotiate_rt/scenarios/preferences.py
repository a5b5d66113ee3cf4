"""From what a file says of issues, worths and constraints to the values that a problem takes, each slip at its path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from negotiate_rt.problems import (
    ContinuousIssue,
    ForbiddenConstraint,
    ImpliedConstraint,
    IntegerIssue,
    Issue,
    LinearConstraint,
    LinearEvaluation,
    OptionalIssue,
    OrdinalIssue,
    OutcomeSpace,
    Span,
)
from negotiate_rt.problems.constraints import is_finite_issue
from negotiate_rt.problems.issues import AnyIssue
from negotiate_rt.scenarios.constraint_format import (
    CombinationSpec,
    ConstraintSpec,
    ForbiddenSpec,
    LinearSpec,
    Scalar,
    SpanSpec,
)
from negotiate_rt.scenarios.domain_format import IssueSpec
from negotiate_rt.scenarios.reading import MOST_FLAWS, hint, listed, step

MOST_LISTED = 100_000  # values of an issue whose worths may stand in a file one by one
ITSELF = LinearEvaluation(1.0)  # a number is worth itself


def issue_of(spec: IssueSpec) -> AnyIssue:
    """Return an issue. Raises ConfigurationError for what its own kind refuses, such as values that stand twice."""
    issue: Issue | IntegerIssue | ContinuousIssue
    if spec.type == "integer":
        issue = IntegerIssue(spec.name, _whole(spec.low), _whole(spec.high), spec.step or 1)
    elif spec.type == "continuous":
        issue = ContinuousIssue(spec.name, spec.low or 0.0, spec.high or 0.0)
    else:
        issue = (OrdinalIssue if spec.type == "ordinal" else Issue)(spec.name, spec.values or ())
    return OptionalIssue(issue) if spec.optional else issue


def _whole(number: float | int | None) -> Any:  # an int, or what IntegerIssue refuses
    return int(number) if isinstance(number, float) and number.is_integer() else number


def constraint_of(spec: ConstraintSpec) -> LinearConstraint | ForbiddenConstraint | ImpliedConstraint:
    """Return a constraint. Raises ConfigurationError for one that says nothing."""
    if isinstance(spec, LinearSpec):
        return LinearConstraint(spec.coefficients, spec.most, spec.least, spec.name)
    if isinstance(spec, ForbiddenSpec):
        return ForbiddenConstraint(combination_of(spec.combination), spec.name)
    return ImpliedConstraint(combination_of(spec.when), combination_of(spec.then), spec.name)


def combination_of(given: CombinationSpec) -> dict[str, Any]:
    """Return a combination as a constraint or a box takes it."""
    return {name: Span(one.low, one.high) if isinstance(one, SpanSpec) else one for name, one in given.items()}


def check_names(given: Mapping[str, Any], space: OutcomeSpace, path: str, flaws: list[str], *, complete: bool) -> None:
    """Note names that are no issues; and issues that are not named, if all must be."""
    for name in given:
        if len(flaws) > MOST_FLAWS:
            return
        if name not in space.names:
            known = f"only {listed(space.names)}{hint(name, space.names)}"
            flaws.append(f"{step(path, name)}: there is no such issue, {known}")
    if complete:
        flaws.extend(f"{step(path, name)}: missing" for name in space.names if name not in given)


def worths_of(
    space: OutcomeSpace, values: Mapping[str, Any], evaluations: Mapping[str, Any], path: str, flaws: list[str]
) -> dict[str, Any]:
    """Return what every issue's values are worth: tables and evaluations by issue, from `path`.values and .evaluations."""
    check_names(values, space, step(path, "values"), flaws, complete=False)
    check_names(evaluations, space, step(path, "evaluations"), flaws, complete=False)
    worths: dict[str, Any] = {}
    for issue in space.issues:
        if issue.name not in evaluations:
            worths[issue.name] = _worths(issue, values.get(issue.name), step(path, "values"), flaws)
            continue
        worths[issue.name] = evaluations[issue.name]
        where = step(step(path, "evaluations"), issue.name)
        if issue.name in values:
            flaws.append(f"{where}: {step(step(path, 'values'), issue.name)} says what it is worth, too; expected one")
        elif not _numeric(issue):
            flaws.append(f"{where}: expected an issue of numbers, got {issue.legal()}")
    return worths


def _numeric(issue: AnyIssue) -> bool:
    kind = issue.issue if isinstance(issue, OptionalIssue) else issue
    return not isinstance(kind, Issue) or all(isinstance(value, (int, float)) for value in kind.values)


def _worths(issue: AnyIssue, given: Any, path: str, flaws: list[str]) -> Any:  # a table or an evaluation
    """Return what each value of an issue is worth: from a table by value, a list in order, or the values themselves."""
    path = step(path, issue.name)
    kind = issue.issue if isinstance(issue, OptionalIssue) else issue
    if given is None and _numeric(issue):
        return {value: float(value) for value in kind.values} if isinstance(kind, Issue) else ITSELF
    if given is None:
        flaws.append(f"{path}: missing; say what each of {issue.legal()} is worth")
        return {}
    if not is_finite_issue(issue) or kind.size > MOST_LISTED:
        flaws.append(f"{path}: expected a line or curve in 'evaluations' for {issue.legal()}, got a table")
        return {}
    if isinstance(given, tuple):
        return _listed(issue, kind.values, given, path, flaws)
    by_key = {key_of(value): value for value in kind.values}
    worths: dict[Scalar, float] = {}
    for key, worth in given.items():
        if len(flaws) > MOST_FLAWS:
            break
        value = by_key.get(key, by_key.get(_number_key(key)))
        if value is None:
            flaws.append(f"{step(path, key)}: the issue has no such value, only {issue.legal()}{hint(key, by_key)}")
        elif value in worths:
            flaws.append(f"{step(path, key)}: {value!r} stands twice")
        else:
            worths[value] = worth
    missing = [value for value in kind.values if value not in worths]
    if missing and len(worths) == len(given):
        flaws.extend(f"{step(path, key_of(value))}: missing" for value in missing)
    return worths


def _listed(issue: AnyIssue, values: Sequence[Scalar], given: tuple[float, ...], path: str, flaws: list[str]) -> Any:
    """Return a table from a list; the worth of leaving an optional issue out may stand as the last."""
    if len(given) not in (len(values), issue.size):
        flaws.append(f"{path}: expected {len(values)} numbers, one for each of {issue.legal()}, got {len(given)}")
        return {}
    table: dict[Any, float] = dict(zip(values, given, strict=False))
    return {**table, None: given[-1]} if len(given) > len(values) else table


def key_of(value: Scalar) -> str:
    """Return a value as the key of a table, where TOML and JSON know strings only."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number_key(key: str) -> str:
    """Return the canonical key of a number: `1.0` and `1` are one value."""
    try:
        number = float(key)
    except ValueError:
        return key
    return str(int(number)) if number.is_integer() else str(number)
