"""What a domain file may hold, as frozen structs: issues, what is ruled out, and what the parties want."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from negotiate_rt.problems.evaluations import EvaluationFunction
from negotiate_rt.scenarios.constraint_format import ConstraintSpec, Scalar
from negotiate_rt.scenarios.utility_format import UtilitySpec

Name = Annotated[str, Meta(min_length=1)]
Probability = Annotated[float, Meta(ge=0, le=1)]
Positive = Annotated[float, Meta(gt=0)]
Whole = Annotated[int, Meta(ge=1)]


class IssueSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing to agree on: a list of `values`, which have an order if it is ordinal, or numbers from `low` to `high`.

    Integer: whole numbers in steps of `step` (1 unless said). An agreement may leave out an `optional` issue.
    """

    name: Name
    values: Annotated[tuple[Scalar, ...], Meta(min_length=1)] | None = None
    type: Literal["categorical", "ordinal", "integer", "continuous"] = "categorical"
    low: int | float | None = None
    high: int | float | None = None
    step: Whole | None = None
    optional: bool = False

    def __post_init__(self) -> None:
        numeric = self.type in ("integer", "continuous")
        for field in ("low", "high") if numeric else ("values",):
            if getattr(self, field) is None:
                other = "" if numeric else "a list (or type = 'integer' or 'continuous', with low and high)"
                raise ValueError(f"{field}: missing; expected {other or 'a finite number'} for type {self.type!r}")
        for field in ("values",) if numeric else ("low", "high", "step"):
            if getattr(self, field) is not None:
                raise ValueError(f"{field}: an issue of type {self.type!r} has none")
        if self.type == "continuous" and self.step is not None:
            raise ValueError("step: an issue of type 'continuous' has none")


class DiscountSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A deal is worth factor^(round - 1) of its utility, or factor^seconds."""

    factor: Probability
    per: Literal["round", "time"] = "round"


class PartySpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one party wants: the sum of weight times worth over the issues, a `utility` of another kind, or nothing that is
    known.

    `values` and `evaluations`: as an agent's. `discount`: a factor per round, or a table. `outside_option`: the utility
    that walking away gives.
    """

    name: Name
    weights: dict[str, Annotated[float, Meta(ge=0)]] = {}
    values: dict[str, dict[str, float] | tuple[float, ...]] = {}
    evaluations: dict[str, EvaluationFunction] = {}
    utility: UtilitySpec | None = None
    reservation_value: float | None = None
    outside_option: float | None = None
    discount: DiscountSpec | Probability | None = None

    def __post_init__(self) -> None:
        if self.utility is not None and (self.weights or self.values or self.evaluations):
            raise ValueError("utility: says all that the party wants; expected no weights, values or evaluations beside it")


class DomainSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A domain file: issues (`[[issue]]`), what is ruled out (`[[constraint]]`), and what the parties want (`[[party]]`)."""

    issue: Annotated[tuple[IssueSpec, ...], Meta(min_length=1)]
    party: tuple[PartySpec, ...] = ()
    constraint: tuple[ConstraintSpec, ...] = ()
    name: str = ""
    description: str = ""
    information: Literal["private", "complete"] = "private"
