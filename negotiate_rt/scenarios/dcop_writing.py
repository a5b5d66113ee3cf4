"""A problem of distributed constraint optimisation as pyDCOP YAML."""

from __future__ import annotations

import itertools
import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.cost_expressions import CostExpression
from negotiate_rt.problems.dcop import CostFunction, DcopProblem
from negotiate_rt.scenarios.dcop_yaml import RANGE, _yaml

WORD = re.compile(r"[^\s|]+")
TypedDomain = tuple[tuple[str, Hashable], ...]
Table = dict[tuple[Hashable, ...], float]  # the cost of each combination of values


def write_dcop(problem: DcopProblem, path: str | Path) -> None:
    """Write a problem as pyDCOP YAML; see `dcop_text`."""
    Path(path).write_text(dcop_text(problem), encoding="utf-8")


def dcop_text(problem: DcopProblem) -> str:
    """Return a problem as pyDCOP YAML: expressions stay expressions, every other cost becomes a table.

    Reading it back gives the same variables, costs and owners. Raises ConfigurationError for values that the format cannot
    hold (texts with spaces or |, and what is neither text nor number).
    """
    tree: dict[str, Any] = {"name": problem.name, "objective": problem.objective}
    names: dict[TypedDomain, str] = {}
    for variable in problem.variables.values():
        _check(variable.name, variable.domain)
        names.setdefault(_typed(variable.domain), f"d{len(names)}")
    tree["domains"] = {name: {"values": [value for _, value in domain]} for domain, name in names.items()}
    tree["variables"] = {one.name: {"domain": names[_typed(one.domain)]} for one in problem.variables.values()}
    tree["constraints"] = {one.name: _function(problem, one) for one in problem.functions.values()}
    for name, costs in problem.unary.items():
        if costs.any():
            constraints = tree["constraints"]
            free = next(word for word in _free(f"unary_{name}") if word not in constraints)
            domain = problem.variables[name].domain
            table: Table = {(value,): float(cost) for value, cost in zip(domain, costs, strict=True)}
            constraints[free] = {"type": "extensional", "variables": [name], "values": _grouped(table)}
    tree["agents"] = {agent: {} for agent in problem.agents}
    tree["distribution_hints"] = {"must_host": {agent: list(own) for agent, own in problem.agents.items() if own}}
    return str(_yaml().safe_dump(tree, sort_keys=False, allow_unicode=True))


def _free(stem: str) -> Any:
    return itertools.chain([stem], (f"{stem}_{number}" for number in itertools.count(2)))


def _typed(domain: tuple[Hashable, ...]) -> TypedDomain:
    return tuple((type(value).__name__, value) for value in domain)  # 1, 1.0 and True are equal, and differ in a file


def _check(name: str, domain: tuple[Hashable, ...]) -> None:
    for value in domain:
        if not isinstance(value, str | int | float) or not WORD.fullmatch(str(value)):
            raise ConfigurationError(f"variable {name!r}: pyDCOP's format cannot hold the value {value!r}")
    if len({str(value) for value in domain}) < len(domain) or (len(domain) == 1 and RANGE.fullmatch(str(domain[0]))):
        raise ConfigurationError(f"variable {name!r}: pyDCOP's format cannot tell the values {domain} apart")


def _function(problem: DcopProblem, function: CostFunction) -> dict[str, Any]:
    if isinstance(function.cost, CostExpression) and CostExpression(function.cost.text).variables == function.variables:
        return {"type": "intention", "function": function.cost.text}
    domains = [problem.variables[one].domain for one in function.variables]
    costs = problem.tables[function.name].ravel().tolist()
    table: Table = dict(zip(itertools.product(*domains), costs, strict=True))
    return {"type": "extensional", "variables": list(function.variables), "values": _grouped(table)}


def _grouped(table: Table) -> dict[float, str]:
    groups: dict[float, list[str]] = {}
    for values, cost in table.items():
        groups.setdefault(cost, []).append(" ".join(map(str, values)))
    return {cost: " | ".join(words) for cost, words in sorted(groups.items())}
