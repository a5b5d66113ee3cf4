"""Our own TOML of problems of distributed constraint optimisation, in and out.

It holds all that a problem says, to the last bit: values keep their types, expressions stay expressions, owners are named at
their variables. Everything that is wrong is told at once, each with its path.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.cost_expressions import CostExpression
from negotiate_rt.problems.dcop import MOST_ENTRIES, CostFunction, Costs, DcopProblem, Variable
from negotiate_rt.scenarios.dcop_format import DcopSpec, FunctionSpec, RangeSpec, VariableSpec
from negotiate_rt.scenarios.reading import (
    MOST_FLAWS,
    ScenarioError,
    build,
    decoded,
    hint,
    listed,
    parse,
    shown,
    step,
)
from negotiate_rt.scenarios.toml_text import toml_value

Domain = tuple[Hashable, ...]
SHORTEST_RANGE = 8  # values; fewer are listed


def read_dcop_toml(text: str | bytes, source: str = "") -> DcopProblem:
    """Return the problem that a TOML text of ours holds. Raises ScenarioError with every faulty path."""
    try:
        tree = parse(decoded(text), "toml")
        tree.pop("$schema", None)
        return dcop_of(build(tree, DcopSpec))
    except ScenarioError as error:
        raise ScenarioError(error.flaws[:MOST_FLAWS], source) from None


def dcop_of(spec: DcopSpec, path: str = "") -> DcopProblem:
    """Return the problem that a description stands for. Raises ScenarioError with all that is wrong, each below `path`."""
    reading = _Reading(spec, path)
    variables = [reading.variable(one, place) for place, one in enumerate(spec.variables)]
    functions = [reading.function(one, place) for place, one in enumerate(spec.functions)]
    reading.check_names()
    if reading.flaws:
        raise ScenarioError(reading.flaws)
    try:
        return DcopProblem(
            [one for one in variables if one is not None], [one for one in functions if one is not None], spec.objective,
            name=spec.name, agents=spec.agents,
        )  # fmt: skip
    except ConfigurationError as error:
        raise ScenarioError([reading.placed(str(error))]) from None


class _Reading:
    """Reads table by table; every flaw is kept with its path."""

    def __init__(self, spec: DcopSpec, path: str) -> None:
        self.spec = spec
        self.path = f"{path}." if path else ""
        self.flaws: list[str] = []
        self.domains: dict[str, Domain] = {name: _values(given) for name, given in spec.domains.items()}
        self.scopes: dict[str, Domain | None] = {}

    def variable(self, spec: VariableSpec, place: int) -> Variable | None:
        path = f"{self.path}variables[{place}]"
        domain = self.domains.get(spec.domain) if isinstance(spec.domain, str) else _values(spec.domain)
        self.scopes[spec.name] = domain
        if domain is None:
            known = f"one of {listed(self.domains)}" if self.domains else "a list: there are no [domains]"
            self.flaws.append(f"{path}.domain: expected {known}, got {spec.domain!r}{hint(spec.domain, self.domains)}")
            return None
        try:
            costs = None if spec.cost is None else _unary(spec, domain)
        except ConfigurationError as error:
            self.flaws.append(f"{path}.cost{getattr(error, 'path', '')}: {error}")
            return None
        try:
            return Variable(spec.name, domain, costs, spec.agent or "")
        except ConfigurationError as error:
            self.flaws.append(f"{path}.domain: {error}")
            return None

    def function(self, spec: FunctionSpec, place: int) -> CostFunction | None:
        path = f"{self.path}functions[{place}]"
        if (spec.cost is None) == (spec.default is None and not spec.entries):
            self.flaws.append(f"{path}: expected either a `cost` or `entries` (and a `default`)")
            return None
        try:
            if isinstance(spec.cost, str):
                expression = CostExpression(spec.cost, spec.variables or None)
                if not expression.variables:
                    raise _Flawed(".cost", f"names no variable: {spec.cost!r}")
                self._scope(expression.variables, ".variables" if spec.variables else ".cost")
                return CostFunction(spec.name, expression.variables, expression)
            domains = self._scope(spec.variables, ".variables")
            if domains is None:
                return None  # the flaw of a variable is told there
            table = (
                _entries(spec, domains) if spec.cost is None else _table(spec.cost, tuple(map(len, domains)), ".cost")
            )
            return CostFunction(spec.name, spec.variables, table)
        except _Flawed as error:
            self.flaws.append(f"{path}{error.path}: {error}")
        except ConfigurationError as error:
            self.flaws.append(f"{path}{'.cost' if isinstance(spec.cost, str) else ''}: {error}")
        return None

    def _scope(self, names: Sequence[str], path: str) -> list[Domain] | None:
        if not names:
            raise _Flawed(path, "missing; expected the names of variables")
        for name in names:
            if name not in self.scopes:
                raise _Flawed(path, f"unknown variable {name!r}{hint(name, self.scopes)}")
        domains = [domain for name in names if (domain := self.scopes[name]) is not None]
        return domains if len(domains) == len(names) else None

    def check_names(self) -> None:
        tables: tuple[tuple[str, tuple[Any, ...]], ...] = (
            ("variables", self.spec.variables),
            ("functions", self.spec.functions),
        )
        for what, ones in tables:
            seen: dict[str, int] = {}
            for place, one in enumerate(ones):
                if one.name in seen:
                    twice = f"{one.name!r} is also the name of {what}[{seen[one.name]}]"
                    self.flaws.append(f"{self.path}{what}[{place}].name: {twice}")
                seen.setdefault(one.name, place)
        for place, agent in enumerate(self.spec.agents):
            if agent in self.spec.agents[:place]:
                self.flaws.append(f"{self.path}agents[{place}]: {agent!r} stands twice")

    def placed(self, text: str) -> str:
        """Return a refusal of the problem with the path of what it is about."""
        tables: tuple[tuple[str, str, tuple[Any, ...]], ...] = (
            ("variables", "variable", self.spec.variables),
            ("functions", "cost function", self.spec.functions),
        )
        for what, word, ones in tables:
            for place, one in enumerate(ones):
                if f"{word} {one.name!r}" in text:
                    return f"{self.path}{what}[{place}]: {text}"
        return f"{self.path.rstrip('.')}: {text}" if self.path else text


class _Flawed(ConfigurationError):
    """A flaw at a path below the table that is read."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        super().__init__(text)


def _values(given: Sequence[Any] | RangeSpec) -> Domain:
    return tuple(range(given.low, given.high + 1, given.step)) if isinstance(given, RangeSpec) else tuple(given)


def _unary(spec: VariableSpec, domain: Domain) -> list[float] | CostExpression:
    if isinstance(spec.cost, str):
        expression = CostExpression(spec.cost, (spec.name,))
        for value in domain:
            expression(value)  # told here, where the path is known
        return expression
    if isinstance(spec.cost, Mapping):
        words = {_word(value): place for place, value in enumerate(domain)}
        costs = [0.0] * len(domain)
        for word, cost in spec.cost.items():
            if word not in words:
                raise _Flawed(step(".", word)[1:], f"no value of the domain{hint(word, words)}")
            costs[words[word]] = _number(cost, step(".", word)[1:])
        return costs
    return [float(cost) for cost in _table(spec.cost, (len(domain),), "")]


def _word(value: Hashable) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(given: Any, path: str) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or math.isnan(given):
        raise _Flawed(path, f"expected a number, got {shown(given)}")
    try:
        return float(given)
    except OverflowError:
        raise _Flawed(path, f"expected a number that a float can hold, got {shown(given)}") from None


def _table(given: Any, shape: tuple[int, ...], path: str) -> Costs:
    """Return nested lists as a table. Raises _Flawed at the first place that does not fit."""
    _check_size(shape, path)
    table = np.empty(shape)
    flat = table.reshape(-1)
    for place, number in enumerate(_flat(given, shape, path)):
        flat[place] = number
    return table


def _flat(given: Any, shape: tuple[int, ...], path: str) -> Iterator[float]:
    if not shape:
        yield _number(given, path)
        return
    if not isinstance(given, list):
        raise _Flawed(path, f"expected a list of {shape[0]}, got {shown(given)}")
    if len(given) != shape[0]:
        raise _Flawed(path, f"expected a list of {shape[0]}, one for each value, got {len(given)}")
    for place, one in enumerate(given):
        yield from _flat(one, shape[1:], f"{path}[{place}]")


def _check_size(shape: tuple[int, ...], path: str) -> None:
    if (entries := math.prod(shape)) > MOST_ENTRIES:
        raise _Flawed(path, f"the table has {entries:,} entries, at most {MOST_ENTRIES:,} are allowed")


def _entries(spec: FunctionSpec, domains: list[Domain]) -> Costs:
    shape = tuple(map(len, domains))
    _check_size(shape, ".variables")
    table = np.full(shape, math.nan if spec.default is None else _number(spec.default, ".default"))
    places = [{(type(value), value): i for i, value in enumerate(domain)} for domain in domains]
    given: set[tuple[int, ...]] = set()
    for number, entry in enumerate(spec.entries):
        path = f".entries[{number}]"
        if len(entry.values) != len(domains):
            raise _Flawed(
                f"{path}.values", f"expected one value of each variable, {len(domains)}, got {len(entry.values)}"
            )
        for axis, value in enumerate(entry.values):
            if (type(value), value) not in places[axis]:
                raise _Flawed(
                    f"{path}.values[{axis}]",
                    f"{spec.variables[axis]!r} has no value {value!r}, only {listed(domains[axis])}",
                )
        place = tuple(known[type(value), value] for known, value in zip(places, entry.values, strict=True))
        if place in given:
            raise _Flawed(f"{path}.values", "this combination has two costs")
        given.add(place)
        table[place] = _number(entry.cost, f"{path}.cost")
    missing = np.argwhere(np.isnan(table))
    if len(missing):
        left = [domain[i] for domain, i in zip(domains, missing[0], strict=True)]
        raise _Flawed(".entries", f"{left} has no cost: list it, or give a `default`")
    return table


# -- out --------------------------------------------------------------------------------------------------------------


def dcop_toml_text(problem: DcopProblem) -> str:
    """Return a problem as TOML of ours, from which the same problem is read; costs that are functions become tables.

    Raises ConfigurationError for values that are neither text nor bool nor a finite number.
    """
    for one in problem.variables.values():
        for value in one.domain:
            if not isinstance(value, Scalars) or value in (math.inf, -math.inf) or value != value:
                raise ConfigurationError(f"variable {one.name!r}: a TOML file cannot hold the value {value!r}")
    return "\n".join(_lines(problem)) + "\n"


Scalars = str | bool | int | float


def _lines(problem: DcopProblem) -> Iterator[str]:
    if problem.name:
        yield f"name = {toml_value(problem.name)}"
    yield f"objective = {toml_value(problem.objective)}"
    if tuple(problem.agents) != _in_turn(problem):
        yield f"agents = {toml_value(list(problem.agents))}"
    names: dict[Any, str] = {}
    for one in problem.variables.values():
        names.setdefault(_typed(one.domain), f"d{len(names)}")
    yield "\n[domains]"
    for typed, name in names.items():
        yield f"{name} = {_domain(tuple(value for _, value in typed))}"
    for one in problem.variables.values():
        yield f"\n[[variables]]\nname = {toml_value(one.name)}\ndomain = {toml_value(names[_typed(one.domain)])}"
        if one.agent != one.name:
            yield f"agent = {toml_value(one.agent)}"
        if isinstance(one.cost, CostExpression) and one.cost.variables == (one.name,):
            yield f"cost = {toml_value(one.cost.text)}"
        elif problem.unary[one.name].any():
            yield f"cost = {_numbers(problem.unary[one.name].tolist())}"
    yield from _function_lines(problem)


def _function_lines(problem: DcopProblem) -> Iterator[str]:
    for function in problem.functions.values():
        yield f"\n[[functions]]\nname = {toml_value(function.name)}\nvariables = {toml_value(list(function.variables))}"
        if isinstance(function.cost, CostExpression):
            yield f"cost = {toml_value(function.cost.text)}"
        else:
            yield f"cost = {_numbers(problem.tables[function.name].tolist())}"


def _in_turn(problem: DcopProblem) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.agent for one in problem.variables.values()))


def _typed(domain: Domain) -> tuple[tuple[type, Hashable], ...]:
    return tuple((type(value), value) for value in domain)  # 1, 1.0 and True are equal, and differ in a file


def _domain(domain: tuple[Any, ...]) -> str:
    whole = all(type(value) is int for value in domain)
    if whole and len(domain) >= SHORTEST_RANGE and domain == tuple(range(domain[0], domain[0] + len(domain))):
        return f"{{low = {domain[0]}, high = {domain[-1]}}}"
    return f"[{', '.join(toml_value(value) for value in domain)}]"


def _numbers(costs: Any, depth: int = 1) -> str:
    """Return nested lists of costs as TOML, the innermost in one line each."""
    if not isinstance(costs[0], list):
        return f"[{', '.join(map(repr, costs))}]"
    indent = "  " * depth
    rows = "".join(f"{indent}{_numbers(one, depth + 1)},\n" for one in costs)
    return f"[\n{rows}{'  ' * (depth - 1)}]"
