"""What a scenario's fair division can be about: whole items, a flat, an estate, a cake."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta

from negotiate_rt.problems.dividing import Cake, Estate, Rent

Names = tuple[Annotated[str, Meta(min_length=1)], ...]


class ItemsSpec(msgspec.Struct, frozen=True, tag="items", tag_field="type", forbid_unknown_fields=True):
    """Whole items to divide, by name."""

    items: Annotated[Names, Meta(min_length=1)]


class RentSpec(msgspec.Struct, frozen=True, tag="rent", tag_field="type", forbid_unknown_fields=True):
    """A flat with as many rooms as there are claimants, and what it costs in all."""

    rent: float
    rooms: Annotated[Names, Meta(min_length=1)]


class EstateSpec(msgspec.Struct, frozen=True, tag="estate", tag_field="type", forbid_unknown_fields=True):
    """An estate that claims are made on."""

    amount: Annotated[float, Meta(ge=0)]


class CakeSpec(msgspec.Struct, frozen=True, tag="cake", tag_field="type", forbid_unknown_fields=True):
    """A cake from `low` to `high`, that can be cut anywhere."""

    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"high: expected more than low, {self.low}, got {self.high}")


AnyDivision: TypeAlias = ItemsSpec | RentSpec | EstateSpec | CakeSpec
DIVISIONS = (ItemsSpec, RentSpec, EstateSpec, CakeSpec)


def stake_of(spec: AnyDivision) -> Any:  # as a division takes it
    """Return what is divided."""
    if isinstance(spec, ItemsSpec):
        return spec.items
    if isinstance(spec, RentSpec):
        return Rent(spec.rent, spec.rooms)
    return Estate(spec.amount) if isinstance(spec, EstateSpec) else Cake(spec.low, spec.high)
