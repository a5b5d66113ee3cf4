"""Utilities that are no weighted sum over issues, as a domain file says them: `utility = {type = "boxes", ...}`."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

from negotiate_rt.scenarios.constraint_format import CombinationSpec, ConstraintSpec, Scalar

OutcomeSpec: TypeAlias = dict[str, Scalar | None] | tuple[Scalar | None, ...]
"""An outcome: a value for each issue, by name or in the issues' order."""


class WorthSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one outcome is worth."""

    outcome: OutcomeSpec
    worth: float


class TableSpec(msgspec.Struct, frozen=True, tag="table", tag_field="type", forbid_unknown_fields=True):
    """A number for each outcome: one by one, those left out at `default`; or `worths`, all of them in the space's order."""

    outcomes: tuple[WorthSpec, ...] = ()
    worths: tuple[float, ...] = ()
    default: float | None = None

    def __post_init__(self) -> None:
        if bool(self.outcomes) == bool(self.worths) and self.default is None:
            raise ValueError("outcomes: expected a list of {outcome, worth}, or `worths` instead, one number per outcome")
        if self.worths and (self.outcomes or self.default is not None):
            raise ValueError("worths: they name all outcomes; expected no 'outcomes' or 'default' beside them")


class RankedSpec(msgspec.Struct, frozen=True, tag="ranked", tag_field="type", forbid_unknown_fields=True):
    """An order alone: `order` lists the places, best first, each with the outcomes that share it; what is not named comes
    last. `levels`: what the places are worth, falling; spread evenly from 1 to 0 unless given."""

    order: Annotated[tuple[Annotated[tuple[OutcomeSpec, ...], Meta(min_length=1)], ...], Meta(min_length=1)]
    levels: tuple[float, ...] | None = None


class BoxSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A hyper-rectangle: every outcome that shows the combination gets the bonus."""

    combination: CombinationSpec
    bonus: float


class BoxesSpec(msgspec.Struct, frozen=True, tag="boxes", tag_field="type", forbid_unknown_fields=True):
    """The sum of the bonuses of all boxes that hold the outcome, on top of `start`."""

    boxes: tuple[BoxSpec, ...]
    start: float = 0.0


class WishSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A constraint that an outcome may keep, and what that adds."""

    constraint: ConstraintSpec
    weight: Annotated[float, Meta(ge=0)]


class WishesSpec(msgspec.Struct, frozen=True, tag="wishes", tag_field="type", forbid_unknown_fields=True):
    """The sum of the weights of all wishes that the outcome meets, on top of `start`."""

    wishes: tuple[WishSpec, ...]
    start: float = 0.0


UtilitySpec: TypeAlias = TableSpec | RankedSpec | BoxesSpec | WishesSpec
