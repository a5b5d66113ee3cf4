"""Numbers that differ from session to session, as a scenario file writes them: `{draw = "uniform", low = 10, high = 90}`."""

from __future__ import annotations

import random
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta


class UniformDraw(msgspec.Struct, frozen=True, tag="uniform", tag_field="draw", forbid_unknown_fields=True):
    """Any number from `low` to `high` alike."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if self.high < self.low:
            raise ValueError(f"high: expected at least low ({self.low:g}), got {self.high:g}")

    def draw(self, rng: random.Random) -> float:
        """Return a number."""
        return rng.uniform(self.low, self.high)


class NormalDraw(msgspec.Struct, frozen=True, tag="normal", tag_field="draw", forbid_unknown_fields=True):
    """A bell around `mean`, cut off at `low` if given: what falls below is `low`."""

    mean: float
    deviation: Annotated[float, Meta(ge=0)]
    low: float | None = None

    def draw(self, rng: random.Random) -> float:
        """Return a number."""
        value = rng.normalvariate(self.mean, self.deviation)
        return value if self.low is None else max(self.low, value)


class ChoiceDraw(msgspec.Struct, frozen=True, tag="choice", tag_field="draw", forbid_unknown_fields=True):
    """One of `values`, each alike."""

    values: Annotated[tuple[float, ...], Meta(min_length=1)]

    def draw(self, rng: random.Random) -> float:
        """Return one of the values."""
        return rng.choice(self.values)


Draw: TypeAlias = UniformDraw | NormalDraw | ChoiceDraw
Amount: TypeAlias = float | Draw
