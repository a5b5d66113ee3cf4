"""Our own domain files, TOML or JSON: everything that a problem says which is data and not code, to the last bit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems import (
    AdditiveUtility,
    BargainingProblem,
    ContinuousIssue,
    ForbiddenConstraint,
    ImpliedConstraint,
    IntegerIssue,
    LinearConstraint,
    OptionalIssue,
    OutcomeSpace,
    Span,
)
from negotiate_rt.problems.bargaining import Discount
from negotiate_rt.problems.evaluations import EvaluationFunction
from negotiate_rt.problems.issues import AnyIssue
from negotiate_rt.problems.utility import SpaceUtility
from negotiate_rt.scenarios.domain import Domain, Party, Source, parties_of, refuse_flaws
from negotiate_rt.scenarios.domain_format import DiscountSpec, DomainSpec, PartySpec
from negotiate_rt.scenarios.preferences import MOST_LISTED, check_names, constraint_of, issue_of, key_of, worths_of
from negotiate_rt.scenarios.reading import ScenarioError, Tree, build, decoded, parse
from negotiate_rt.scenarios.toml_text import toml_text
from negotiate_rt.scenarios.utilities import utility_of, utility_tree

EDITORS = "$schema"  # where a file tells an editor which schema to complete and check by


def is_domain(tree: Tree) -> bool:
    """Whether a tree is meant as a domain file, and not as a scenario."""
    ours = isinstance(tree, dict) and ("issue" in tree or "party" in tree)
    return ours and "protocol" not in tree and "agents" not in tree


def domain_of(source: Source, form: str) -> Domain:
    """Return the domain in a file of ours. Raises ScenarioError with all that is wrong, by path."""
    try:
        tree = parse(decoded(source.content), form)
        tree.pop(EDITORS, None)
        if "protocol" in tree:
            raise ScenarioError(["expected a domain ([[issue]], [[party]]), got a scenario, which has a protocol"])
        spec = build(tree, DomainSpec)
        return Domain(spec.name or source.stem, problem_of(spec), form)
    except ScenarioError as error:
        refuse_flaws(error.flaws, source.path)
        raise


# -- from specs to problems -------------------------------------------------------------------------------------------


def problem_of(spec: DomainSpec) -> BargainingProblem:
    """Return the problem that a domain file describes. Raises ScenarioError with all that is wrong, by path."""
    flaws: list[str] = []
    issues = _each("issue", spec.issue, issue_of, flaws)
    constraints = _each("constraint", spec.constraint, constraint_of, flaws)
    space = None
    try:
        space = OutcomeSpace(issues, constraints) if not flaws else None
    except ConfigurationError as error:
        flaws.append(str(error).replace("issues[", "issue[").replace("constraints[", "constraint["))
    seen: dict[str, int] = {}
    for place, party in enumerate(spec.party):
        if party.name in seen:
            flaws.append(f"party[{place}].name: {party.name!r} is also the name of party[{seen[party.name]}]")
        seen[party.name] = place
    if flaws or space is None:
        raise ScenarioError(flaws)
    wants = {party.name: _utility(party, space, f"party[{place}]", flaws) for place, party in enumerate(spec.party)}
    if flaws:
        raise ScenarioError(flaws)
    return BargainingProblem(
        space,
        {name: utility for name, utility in wants.items() if utility is not None},
        {one.name: one.reservation_value for one in spec.party if one.reservation_value is not None},
        {one.name: one.outside_option for one in spec.party if one.outside_option is not None},
        {one.name: _discount(one.discount) for one in spec.party if one.discount is not None},
        spec.information,
    )


def _each(what: str, specs: Sequence[Any], make: Any, flaws: list[str]) -> tuple[Any, ...]:
    made = []
    for place, spec in enumerate(specs):
        try:
            made.append(make(spec))
        except ConfigurationError as error:
            flaws.append(f"{what}[{place}]: {error}")
    return tuple(made)


def _utility(party: PartySpec, space: OutcomeSpace, path: str, flaws: list[str]) -> SpaceUtility | None:
    if party.utility is not None:
        return utility_of(party.utility, space, f"{path}.utility", flaws)
    if not party.weights:
        if party.values or party.evaluations:
            flaws.append(f"{path}.weights: missing; expected a weight for each issue")
        return None
    before = len(flaws)
    check_names(party.weights, space, f"{path}.weights", flaws, complete=True)
    worths = worths_of(space, party.values, party.evaluations, path, flaws)
    if len(flaws) > before:
        return None
    try:
        return AdditiveUtility(party.weights, worths, space)
    except ConfigurationError as error:
        flaws.append(f"{path}: {error}")
        return None


def _discount(given: DiscountSpec | float) -> Discount:
    return Discount(given.factor, given.per) if isinstance(given, DiscountSpec) else Discount(given)


# -- from problems to text --------------------------------------------------------------------------------------------


def domain_text(problem: BargainingProblem, name: str = "", form: str = "toml") -> str:
    """Return a problem as a domain file in `form` ("toml" or "json"), from which the same problem is read.

    Raises ConfigurationError for what is code and not data (utilities, evaluations and constraints that are functions), and
    for what the form cannot hold.
    """
    tree: dict[str, Any] = {"name": name} if name else {}
    if problem.information != "private":
        tree["information"] = problem.information
    tree["issue"] = [_issue(issue) for issue in problem.space.issues]
    if problem.space.constraints:
        tree["constraint"] = [_constraint(one) for one in problem.space.constraints]
    parties = [_party(party, problem.space) for party in parties_of(problem)]
    if parties:
        tree["party"] = parties
    if form == "toml":
        return toml_text(tree)
    return json.dumps(tree, indent=2, ensure_ascii=False) + "\n"


def _issue(issue: AnyIssue) -> dict[str, Any]:
    if isinstance(issue, OptionalIssue):
        return {**_issue(issue.issue), "optional": True}
    if isinstance(issue, IntegerIssue):
        steps = {"step": issue.step} if issue.step != 1 else {}
        return {"name": issue.name, "type": "integer", "low": issue.low, "high": issue.high, **steps}
    if isinstance(issue, ContinuousIssue):
        return {"name": issue.name, "type": "continuous", "low": issue.low, "high": issue.high}
    kind = {"type": "ordinal"} if issue.ordered else {}
    return {"name": issue.name, **kind, "values": list(issue.values)}


def _constraint(one: Any) -> dict[str, Any]:  # any constraint
    named = {"name": one.name} if one.name else {}
    if isinstance(one, LinearConstraint):
        bounds = {key: getattr(one, key) for key in ("most", "least") if getattr(one, key) is not None}
        return {**named, "type": "linear", "coefficients": dict(one.coefficients), **bounds}
    if isinstance(one, ForbiddenConstraint):
        return {**named, "type": "forbidden", "combination": _combination(one.combination)}
    if isinstance(one, ImpliedConstraint):
        return {**named, "type": "implied", "when": _combination(one.when), "then": _combination(one.then)}
    raise ConfigurationError(f"constraint {one.name!r} is a function, which cannot be written to a file")


def _combination(given: Any) -> dict[str, Any]:  # the pairs that a constraint keeps
    return {name: _span(values) if isinstance(values, Span) else _values(values) for name, values in given}


def _span(span: Span) -> dict[str, float]:
    return {key: getattr(span, key) for key in ("low", "high") if getattr(span, key) is not None}


def _values(values: Sequence[Any]) -> Any:
    if None in values:
        raise ConfigurationError("a combination in which an optional issue is left out cannot be written to a file")
    return values[0] if len(values) == 1 else list(values)


def _party(party: Party, space: OutcomeSpace) -> dict[str, Any]:
    tree: dict[str, Any] = {"name": party.name}
    for key in ("reservation_value", "outside_option"):
        if getattr(party, key) is not None:
            tree[key] = getattr(party, key)
    if party.discount is not None:
        by_time = {"factor": party.discount.factor, "per": party.discount.per}
        tree["discount"] = party.discount.factor if party.discount.per == "round" else by_time
    if not party.weights:
        if party.utility is not None:
            tree["utility"] = utility_tree(party.utility, space, party.name, _constraint, _combination)
        return tree
    tree["weights"] = {issue.name: float(party.weights[issue.name]) for issue in space.issues}
    worths = {issue.name: party.values[issue.name] for issue in space.issues}
    tables = {name: one for name, one in worths.items() if isinstance(one, Mapping)}
    curves = {name: _curve(one, party.name, name) for name, one in worths.items() if name not in tables}
    if tables:
        tree["values"] = {issue.name: _table(issue, tables[issue.name]) for issue in space.issues if issue.name in tables}
    if curves:
        tree["evaluations"] = curves
    return tree


def _curve(worths: Any, party: str, issue: str) -> dict[str, Any]:
    if not isinstance(worths, EvaluationFunction):
        raise ConfigurationError(
            f"party {party!r}, issue {issue!r}: the evaluation is a function, which cannot be written to a file; use one of "
            "problems.evaluations, or a table"
        )
    return msgspec.to_builtins(worths)  # type: ignore[no-any-return]  # a struct becomes a dict


def _table(issue: AnyIssue, table: Mapping[Any, float]) -> dict[str, float] | list[float]:
    """Return worths by value where the values are text, else in the issue's order."""
    kind = issue.issue if isinstance(issue, OptionalIssue) else issue
    if kind.size > MOST_LISTED:
        raise ConfigurationError(f"issue {issue.name!r}: a table of {kind.size} worths is too long for a file")
    if None not in table and all(isinstance(value, str) for value in kind.values):
        return {key_of(value): float(table[value]) for value in kind.values}
    last = [float(table[None])] if None in table else []
    return [*(float(table[value]) for value in kind.values), *last]
