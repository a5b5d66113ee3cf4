"""Distributed constraint optimisation: variables that belong to agents, and cost functions over a few of them each.

The cost of an assignment is the sum of all cost functions and unary costs; the objective is to minimise or to maximise it
(Fioretto, Pontelli and Yeoh, "Distributed constraint optimization problems and applications: a survey", 2018). A hard
constraint costs infinity where it is broken: inf when minimising, -inf when maximising; the other infinity is refused, so
that no sum is ever NaN. The constraint graph may fall into several parts, and an agent may own several variables.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Literal, get_args

import msgspec
import numpy as np
import numpy.typing as npt

from negotiate_rt.errors import ConfigurationError, suggest

Objective = Literal["min", "max"]
Costs = npt.NDArray[np.float64]
Assignment = Mapping[str, Hashable]  # variable to value

MOST_ENTRIES = 1 << 24  # of one cost function's table: 128 MiB


class Variable(msgspec.Struct, frozen=True):
    """A variable with its finite domain, what each value costs by itself, and the agent that decides it.

    `cost` is a number for each value: a sequence in the domain's order, a mapping (what it leaves out costs 0) or a function of
    the value. Without `agent` the variable is an agent of its own, of the same name.
    """

    name: str
    domain: tuple[Hashable, ...]
    cost: Sequence[float] | Mapping[Any, float] | Callable[[Any], float] | None = None
    agent: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise ConfigurationError(f"a variable's name must be a non-empty text, got {self.name!r}")
        msgspec.structs.force_setattr(self, "domain", tuple(self.domain))
        if not self.domain:
            raise ConfigurationError(f"variable {self.name!r} has an empty domain: give it at least one value")
        if len(set(self.domain)) < len(self.domain):
            twice = next(value for value in self.domain if self.domain.count(value) > 1)
            raise ConfigurationError(f"variable {self.name!r} has the value {twice!r} more than once in its domain")
        msgspec.structs.force_setattr(self, "agent", self.agent or self.name)

    def costs(self) -> Costs:
        """Return what each value costs by itself, in the domain's order: zeros where no cost is given."""
        if self.cost is None:
            return np.zeros(len(self.domain))
        if isinstance(self.cost, Mapping):
            unknown = [value for value in self.cost if value not in self.domain]
            if unknown:
                raise ConfigurationError(f"variable {self.name!r}: {unknown[0]!r} has a cost but is not in the domain")
            found: Iterable[Any] = [self.cost.get(value, 0.0) for value in self.domain]
        else:
            found = map(self.cost, self.domain) if callable(self.cost) else self.cost
        return _table(list(found), (len(self.domain),), f"the unary cost of variable {self.name!r}")


class CostFunction(msgspec.Struct, frozen=True):
    """What the values of some variables cost together: a table with one axis for each, in the domains' order, or a function
    that is called with one value of each.
    """

    name: str
    variables: tuple[str, ...]
    cost: Any  # Any: whatever numpy takes for a tensor, or a callable

    def __post_init__(self) -> None:
        variables = tuple(self.variables)
        msgspec.structs.force_setattr(self, "variables", variables)
        if not isinstance(self.name, str) or not self.name:
            raise ConfigurationError(f"a cost function's name must be a non-empty text, got {self.name!r}")
        if not variables:
            raise ConfigurationError(f"cost function {self.name!r} names no variable: give it at least one")
        if len(set(variables)) < len(variables):
            raise ConfigurationError(
                f"cost function {self.name!r} names a variable more than once: {', '.join(variables)}"
            )


class DcopProblem:
    """A distributed constraint optimisation problem, checked and with every cost function as a table.

    Attributes: variables and functions (by name, in the given order), tables (by function), unary (by variable), objective,
    agents (by name, each with its variables; those in `agents` own none until a variable says so) and name. Raises
    ConfigurationError for what is malformed. Cost: the entries of all tables; one function may have 2**24.
    """

    def __init__(
        self, variables: Iterable[Variable], functions: Iterable[CostFunction] = (), objective: Objective = "min", *,
        name: str = "", agents: Iterable[str] = (),
    ) -> None:  # fmt: skip
        if objective not in get_args(Objective):
            raise ConfigurationError(f"objective must be 'min' or 'max', got {objective!r}")
        self.name = name
        self.objective: Objective = objective
        self.variables = _named(variables, "variable")
        self.functions = _named(functions, "cost function")
        self.hard = math.inf if objective == "min" else -math.inf
        self.unary = {one.name: self._checked(one.costs(), f"variable {one.name!r}") for one in self.variables.values()}
        self.tables = {
            one.name: self._checked(self._tabled(one), f"cost function {one.name!r}") for one in self.functions.values()
        }
        self._places = {one.name: {value: i for i, value in enumerate(one.domain)} for one in self.variables.values()}
        owned: dict[str, list[str]] = {agent: [] for agent in agents}
        for variable in self.variables.values():
            owned.setdefault(variable.agent, []).append(variable.name)
        self.agents = {agent: tuple(names) for agent, names in owned.items()}
        if not math.isfinite(sum(map(self._largest, (*self.unary.values(), *self.tables.values())))):
            raise ConfigurationError("the costs are too large: their sum leaves the range of a float")

    def _tabled(self, function: CostFunction) -> Costs:
        for one in function.variables:
            if one not in self.variables:
                raise ConfigurationError(
                    f"cost function {function.name!r} names the unknown variable {one!r}{suggest(one, self.variables)}"
                )
        domains = [self.variables[one].domain for one in function.variables]
        shape = tuple(map(len, domains))
        if (entries := math.prod(shape)) > MOST_ENTRIES:
            raise ConfigurationError(
                f"cost function {function.name!r} over {len(shape)} variables has {entries:,} entries, at most "
                f"{MOST_ENTRIES:,} are allowed: break it into functions of fewer variables"
            )
        costs = (
            [function.cost(*values) for values in itertools.product(*domains)]
            if callable(function.cost)
            else function.cost
        )
        return _table(costs, shape, f"cost function {function.name!r}", flat=callable(function.cost))

    def _checked(self, table: Costs, what: str) -> Costs:
        wrong = np.isnan(table) | (table == -self.hard)
        if wrong.any():
            place = tuple(int(i) for i in np.argwhere(wrong)[0])
            sense = "minimising" if self.objective == "min" else "maximising"
            raise ConfigurationError(
                f"{what} costs {table[place]} at place {place} of its table: expected a finite number, or {self.hard} "
                f"for what is forbidden when {sense}"
            )
        table.flags.writeable = False
        return table

    @staticmethod
    def _largest(table: Costs) -> float:
        return float(np.max(np.abs(table), initial=0.0, where=np.isfinite(table)))

    def place(self, variable: str, value: Hashable) -> int:
        """Return where `value` stands in the variable's domain. Raises ConfigurationError if it does not."""
        try:
            return self._places[variable][value]
        except (KeyError, TypeError):
            known = self.variables.get(variable)
        if known is None:
            raise ConfigurationError(f"there is no variable {variable!r}{suggest(variable, self.variables)}")
        raise ConfigurationError(f"variable {variable!r} has no value {value!r}: its domain is {known.domain}")

    def _costs(self, assignment: Assignment) -> Iterable[tuple[str, float]]:
        missing = [one for one in self.variables if one not in assignment]
        if missing:
            raise ConfigurationError(f"the assignment leaves out {', '.join(missing)}: give every variable a value")
        places = {one: self.place(one, value) for one, value in assignment.items()}
        for one, unary in self.unary.items():
            yield one, float(unary[places[one]])
        for name, table in self.tables.items():
            yield name, float(table[tuple(places[one] for one in self.functions[name].variables)])

    def cost(self, assignment: Assignment) -> float:
        """Return the total cost of a complete assignment; infinite (with the objective's sign) if it breaks a constraint."""
        costs = [cost for _, cost in self._costs(assignment)]
        return self.hard if self.hard in costs else math.fsum(costs)

    def violated(self, assignment: Assignment) -> tuple[str, ...]:
        """Return the names of the hard constraints that a complete assignment breaks; a variable's for its own cost."""
        return tuple(name for name, cost in self._costs(assignment) if cost == self.hard)

    def neighbours(self) -> dict[str, tuple[str, ...]]:
        """Return, for each variable, those that share a cost function with it, in the order of the variables."""
        near: dict[str, set[str]] = {one: set() for one in self.variables}
        for function in self.functions.values():
            for one in function.variables:
                near[one].update(function.variables)
        order = {one: i for i, one in enumerate(self.variables)}
        return {one: tuple(sorted(found - {one}, key=order.__getitem__)) for one, found in near.items()}

    def __repr__(self) -> str:
        return (
            f"DcopProblem({self.name!r}, {self.objective}, {len(self.variables)} variables, {len(self.functions)} functions, "
            f"{len(self.agents)} agents)"
        )


def _named(ones: Iterable[Any], what: str) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for one in ones:
        if one.name in named:
            raise ConfigurationError(f"there are two {what}s named {one.name!r}: names must differ")
        named[one.name] = one
    return named


def _table(costs: Any, shape: tuple[int, ...], what: str, *, flat: bool = False) -> Costs:
    try:
        found = np.asarray(costs)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"{what} must be made of numbers: {error}") from None
    if found.dtype.kind not in "fiub":  # numpy would read texts as numbers and None as NaN
        raise ConfigurationError(f"{what} must be made of numbers, got {found.dtype} values")
    table = found.astype(np.float64)
    if flat:
        return table.reshape(shape)
    if table.shape != shape:
        raise ConfigurationError(f"{what} has a table of shape {table.shape}, expected one axis a variable: {shape}")
    return table
