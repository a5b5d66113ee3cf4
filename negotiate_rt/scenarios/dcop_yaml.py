"""pyDCOP's YAML files in and out: problems of distributed constraint optimisation.

The format is that of pyDCOP's documentation ("DCOP YAML file format"): `name`, `objective`, `domains` (values, or a range such
as "0 .. 10"), `variables` (with `cost_function`, an expression), `constraints` (extensional: a cost, then the assignments
that cost it, separated by |; intentional: an expression), and `agents`. Expressions are read by problems/cost_expressions.py
and never run as Python. What concerns pyDCOP's deployment (routes, capacities, descriptions) is passed over; places given by
`distribution_hints` or `hosting_costs` say which agent owns a variable, the rest go to those that own the fewest, in order.
YAML is read with PyYAML, of the extra `negotiate-rt[dcop]`.
"""

from __future__ import annotations

import math
import random
import re
import reprlib
from collections.abc import Hashable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.problems.cost_expressions import CostExpression
from negotiate_rt.problems.dcop import MOST_ENTRIES, CostFunction, DcopProblem, Variable
from negotiate_rt.scenarios.dcop_places import owners
from negotiate_rt.scenarios.reading import MOST_FLAWS, ScenarioError, decoded

SECTIONS = (
    "name", "description", "objective", "domains", "variables", "constraints", "agents", "routes", "hosting_costs",
    "distribution_hints",
)  # fmt: skip
RANGE = re.compile(r"\s*(-?\d+)\s*\.\.\s*(-?\d+)\s*")
MOST_VALUES = 1_000_000  # of a domain given as a range


def load_dcop(path: str | Path, rng: random.Random | None = None) -> DcopProblem:
    """Return the problem of a pyDCOP YAML file. Raises ScenarioError, which names the file and each faulty path."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise ScenarioError([f"cannot be read: {error.strerror or error}"], str(path)) from None
    return read_dcop(content, rng, source=str(path))


def read_dcop(text: str | bytes, rng: random.Random | None = None, *, source: str = "") -> DcopProblem:
    """Return the problem that a pyDCOP YAML text holds.

    A variable's `noise_level` is drawn from `rng`, uniform between 0 and the level for each value; without `rng` costs have
    no noise. Raises ScenarioError for a malformed text, with every faulty path, and ConfigurationError without PyYAML.
    """
    try:
        reading = _Reading(_tree(decoded(text)), rng)
        if reading.flaws:
            raise ScenarioError(reading.flaws[:MOST_FLAWS])
        return reading.problem()
    except ScenarioError as error:
        raise ScenarioError(error.flaws, source) from None
    except ConfigurationError as error:
        raise ScenarioError([str(error)], source) from None


def _yaml() -> Any:  # Any: an extra, which need not be there
    try:
        import yaml
    except ImportError:
        raise ConfigurationError("DCOP files are YAML and need PyYAML: pip install 'negotiate-rt[dcop]'") from None
    return yaml


def _tree(text: str) -> Mapping[Any, Any]:
    yaml = _yaml()
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's where it is built in: ten times as fast
    try:
        tree = yaml.load(text, loader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise ScenarioError([f"{where}no YAML: {getattr(error, 'problem', None) or error}"]) from None
    if not isinstance(tree, Mapping):
        raise ScenarioError([f"expected a mapping with the sections {', '.join(SECTIONS)}, got {type(tree).__name__}"])
    return tree


class _Reading:
    """Reads section by section; every flaw is kept with its path."""

    def __init__(self, tree: Mapping[Any, Any], rng: random.Random | None) -> None:
        self.tree = tree
        self.rng = rng
        self.flaws: list[str] = []
        for name in tree:
            if name not in SECTIONS:
                self.flaws.append(f"{name}: unknown section{suggest(str(name), SECTIONS)}")
        self.objective = tree.get("objective", "min")
        if self.objective not in ("min", "max"):
            self.flaws.append(f"objective: expected min or max, got {self.objective!r}")
        self.domains = self._each("domains", self._domain)
        self.scopes = self._each("variables", self._domain_of)
        self.places = {name: {str(value): i for i, value in enumerate(values)} for name, values in self.scopes.items()}
        self.costs = self._each("variables", self._unary)
        self.functions = self._each("constraints", self._function)
        self.agents = self._agents()
        if not self.scopes and not self.flaws:
            self.flaws.append("variables: expected at least one variable")

    def problem(self) -> DcopProblem:
        owned = owners(self.tree, list(self.scopes), self.agents)
        variables = [
            Variable(name, values, self.costs[name], owned.get(name, "")) for name, values in self.scopes.items()
        ]
        name = str(self.tree.get("name") or "")
        return DcopProblem(variables, self.functions.values(), self.objective, name=name, agents=self.agents)

    def _each(self, section: str, read: Any) -> dict[str, Any]:
        """Read every entry of a section; what is flawed is told and left out."""
        found: dict[str, Any] = {}
        entries = self.tree.get(section) or {}
        if not isinstance(entries, Mapping):
            self._tell(f"{section}: expected a mapping of names, got {type(entries).__name__}")
            return found
        for name, entry in entries.items():
            path = f"{section}.{name}"
            try:
                if not isinstance(entry, Mapping):
                    raise ConfigurationError(f"expected a mapping, got {reprlib.repr(entry)}")
                found[str(name)] = read(str(name), entry)
            except ConfigurationError as error:
                self._tell(f"{path}: {error}")
        return found

    def _tell(self, flaw: str) -> None:
        if flaw not in self.flaws:  # variables are gone through twice
            self.flaws.append(flaw)

    def _domain(self, name: str, entry: Mapping[Any, Any]) -> tuple[Hashable, ...]:
        values = entry.get("values")
        if isinstance(values, str):
            values = [values]
        if not isinstance(values, list) or not values:
            raise ConfigurationError(f"values: expected at least one value, got {reprlib.repr(values)}")
        span = RANGE.fullmatch(values[0]) if len(values) == 1 and isinstance(values[0], str) else None
        if span:
            low, high = int(span[1]), int(span[2])
            if not 0 <= high - low < MOST_VALUES:
                raise ConfigurationError(f"values: expected a range of 1 to {MOST_VALUES} values, got {values[0]!r}")
            return tuple(range(low, high + 1))
        for place, value in enumerate(values):
            if not isinstance(value, str | int | float):
                raise ConfigurationError(f"values[{place}]: expected a text or a number, got {reprlib.repr(value)}")
        if len(set(values)) < len(values) or len({str(value) for value in values}) < len(values):
            raise ConfigurationError(f"values: each may stand once, got {reprlib.repr(values)}")
        return tuple(values)

    def _domain_of(self, name: str, entry: Mapping[Any, Any]) -> tuple[Hashable, ...]:
        domain = entry.get("domain")
        if domain in self.domains:
            values: tuple[Hashable, ...] = self.domains[domain]
            return values
        known = self.tree.get("domains") or {}
        if domain in known:
            raise ConfigurationError(f"domain: {domain!r} is flawed")
        raise ConfigurationError(f"domain: expected the name of a domain, got {domain!r}{suggest(str(domain), known)}")

    def _unary(self, name: str, entry: Mapping[Any, Any]) -> list[float] | None:
        if name not in self.scopes:
            return None
        costs = [0.0] * len(self.scopes[name])
        if "cost_function" in entry:
            try:
                expression = CostExpression(str(entry["cost_function"]), (name,))
                costs = [expression(value) for value in self.scopes[name]]
            except ConfigurationError as error:
                raise ConfigurationError(f"cost_function: {error}") from None
        noise = _cost(entry.get("noise_level", 0), "noise_level")
        if not 0 <= noise < math.inf:
            raise ConfigurationError(f"noise_level: expected a number from 0, got {noise}")
        if noise and self.rng is not None:
            costs = [cost + self.rng.uniform(0, noise) for cost in costs]
        return costs if any(costs) else None

    def _function(self, name: str, entry: Mapping[Any, Any]) -> CostFunction:
        kind = entry.get("type")
        if kind == "intention":
            return self._intentional(name, entry)
        if kind == "extensional":
            return self._extensional(name, entry)
        raise ConfigurationError(f"type: expected intention or extensional, got {kind!r}")

    def _intentional(self, name: str, entry: Mapping[Any, Any]) -> CostFunction:
        if "source" in entry or "partial" in entry:
            raise ConfigurationError(
                "source: code in other files is not run; write the cost as an expression in `function`"
            )
        if not isinstance(entry.get("function"), str | int | float):
            raise ConfigurationError(f"function: expected an expression, got {entry.get('function')!r}")
        try:
            expression = CostExpression(str(entry["function"]))
            self._known(expression.variables)
        except ConfigurationError as error:
            raise ConfigurationError(f"function: {error}") from None
        if not expression.variables:
            raise ConfigurationError(f"function: names no variable: {expression.text!r}")
        return CostFunction(name, expression.variables, expression)

    def _extensional(self, name: str, entry: Mapping[Any, Any]) -> CostFunction:
        scope = entry.get("variables")
        scope = [scope] if isinstance(scope, str) else scope
        if not isinstance(scope, list) or not scope or not all(isinstance(one, str) for one in scope):
            raise ConfigurationError(f"variables: expected the names of variables, got {reprlib.repr(scope)}")
        self._known(scope, "variables: ")
        shape = tuple(len(self.scopes[one]) for one in scope)
        if math.prod(shape) > MOST_ENTRIES:
            raise ConfigurationError(
                f"the table has {math.prod(shape):,} entries, at most {MOST_ENTRIES:,} are allowed"
            )
        table = np.full(shape, _cost(entry["default"], "default") if "default" in entry else math.nan)
        costs = entry.get("values") or {}
        if not isinstance(costs, Mapping):
            raise ConfigurationError(f"values: expected a mapping of costs, got {reprlib.repr(costs)}")
        given: set[tuple[int, ...]] = set()
        for cost, assignments in costs.items():
            number = _cost(cost, "values")
            for words in str(assignments).split("|"):
                place = self._place(scope, words.split(), f"values.{cost}")
                if place in given:
                    raise ConfigurationError(f"values.{cost}: {' '.join(words.split())!r} has two costs")
                given.add(place)
                table[place] = number
        missing = np.argwhere(np.isnan(table))
        if len(missing):
            left = " ".join(str(self.scopes[one][i]) for one, i in zip(scope, missing[0], strict=True))
            raise ConfigurationError(f"values: {left!r} has no cost: list it, or give a `default`")
        return CostFunction(name, tuple(scope), table)

    def _place(self, scope: list[str], words: list[str], where: str) -> tuple[int, ...]:
        if len(words) != len(scope):
            raise ConfigurationError(
                f"{where}: expected one value of each of {', '.join(scope)}, got {' '.join(words)!r}"
            )
        for one, word in zip(scope, words, strict=True):
            if word not in self.places[one]:
                legal = self.places[one]
                raise ConfigurationError(f"{where}: {one} has no value {word!r}{suggest(word, legal)}")
        return tuple(self.places[one][word] for one, word in zip(scope, words, strict=True))

    def _known(self, names: Iterable[str], where: str = "") -> None:
        for one in names:
            if one not in self.scopes:
                raise ConfigurationError(f"{where}unknown variable {one!r}{suggest(one, self.scopes)}")

    def _agents(self) -> list[str]:
        agents = self.tree.get("agents") or ()
        if not isinstance(agents, Mapping | list | tuple):
            self.flaws.append(f"agents: expected names, got {reprlib.repr(agents)}")
            return []
        names = [str(one) for one in agents]
        for name in {one for one in names if names.count(one) > 1} if len(set(names)) < len(names) else ():
            self.flaws.append(f"agents: {name} stands twice")
        return names


def _cost(value: Any, where: str) -> float:
    try:
        if isinstance(value, str | int | float):
            number = float(value)
            if not math.isnan(number):
                return number
    except (ValueError, OverflowError):
        pass
    raise ConfigurationError(f"{where}: expected a number, got {reprlib.repr(value)}")
