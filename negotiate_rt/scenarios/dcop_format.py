"""What a file of ours says of a problem of distributed constraint optimisation, as frozen structs.

The same tables stand in a file of their own and in a scenario's `[problem]`. Costs are numbers, also `inf` (when minimising) or
`-inf` (when maximising) for what is forbidden.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta

from negotiate_rt.scenarios.reading import ScenarioError, decoded, parse

Name = Annotated[str, Meta(min_length=1)]
Scalar = str | bool | int | float
MOST_VALUES = 1_000_000  # of a domain given as a range


class RangeSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole numbers from `low` to `high`, both included, in steps of `step`."""

    low: int
    high: int
    step: Annotated[int, Meta(ge=1)] = 1

    def __post_init__(self) -> None:
        if self.high < self.low:
            raise ValueError(f"high: expected at least low ({self.low}), got {self.high}")
        if (self.high - self.low) // self.step >= MOST_VALUES:
            raise ValueError(f"high: expected at most {MOST_VALUES:,} values")


Values = Annotated[tuple[Scalar, ...], Meta(min_length=1)]


class VariableSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A variable: its `domain` (a name among the `domains`, a list of values or a range), and the `agent` that decides it.

    `cost`: what each value costs by itself: numbers in the domain's order, a table by value, or an expression of the variable.
    """

    name: Name
    domain: Name | Values | RangeSpec
    agent: Name | None = None
    cost: Any = None


class EntrySpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one combination of values costs: one value of each variable, in the function's order."""

    values: tuple[Scalar, ...]
    cost: Any


class FunctionSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the values of some `variables` cost together.

    `cost`: nested lists, one level for each variable, or an expression (of the variables that it names, unless `variables`
    says in which order); or `entries`, with a `default` for the combinations that are not among them.
    """

    name: Name
    variables: tuple[Name, ...] = ()
    cost: Any = None
    entries: tuple[EntrySpec, ...] = ()
    default: Any = None


class DcopSpec(msgspec.Struct, frozen=True, kw_only=True, tag="dcop", tag_field="type", forbid_unknown_fields=True):
    """A problem of distributed constraint optimisation. `agents`: those who own no variable, or the order of all."""

    variables: Annotated[tuple[VariableSpec, ...], Meta(min_length=1)]
    functions: tuple[FunctionSpec, ...] = ()
    domains: dict[str, Values | RangeSpec] = {}
    objective: Literal["min", "max"] = "min"
    agents: tuple[Name, ...] = ()
    name: str = ""
    description: str = ""


class DcopFileSpec(
    msgspec.Struct, frozen=True, kw_only=True, tag="dcop-file", tag_field="type", forbid_unknown_fields=True
):
    """The problem in a file, seen from the scenario's folder: TOML of ours, or pyDCOP's YAML."""

    path: Name


class DrawnDcopSpec(
    msgspec.Struct, frozen=True, kw_only=True, tag="drawn-dcop", tag_field="type", forbid_unknown_fields=True
):
    """A problem drawn from a `seed`: the `generator` (colouring, ising, meetings, secp, sensors) and its `parameters`."""

    generator: Name
    parameters: dict[str, Scalar] = {}
    seed: int = 0


AnyDcop: TypeAlias = DcopSpec | DcopFileSpec | DrawnDcopSpec


def holds_dcop(path: str | Path) -> bool:
    """Whether a file is meant as a DCOP: YAML, or TOML with variables that is no scenario. False where it cannot be read."""
    place = Path(path)
    if place.suffix.lower() in (".yaml", ".yml"):
        return True
    if place.suffix.lower() != ".toml" or not place.is_file():
        return False
    try:
        tree = parse(decoded(place.read_bytes()), "toml")
    except (OSError, ScenarioError):
        return False  # told again, and better, by who reads it for good
    return "variables" in tree and "protocol" not in tree
