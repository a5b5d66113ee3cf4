"""Utilities in which issues depend on one another: bonuses of boxes, and weighted constraints.

Both are sums of bumps (Ito, Hattori and Klein 2007): whatever region of the space holds the outcome adds its number.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import force_setattr

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.constraints import (
    AnyConstraint,
    Combination,
    GivenCombination,
    combination,
    in_words,
    region,
)
from negotiate_rt.problems.issues import MOST_LISTED, Outcome, OutcomeSpace
from negotiate_rt.problems.scalars import finite
from negotiate_rt.problems.utility import SpaceUtility

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Box(msgspec.Struct, frozen=True, tag="box"):
    """A hyper-rectangle: its bonus is added to every outcome that shows the combination.

    `Box({"days": Span(3, 5), "colour": ("red", "blue")}, 0.4)`; issues that are not named are free. The bonus may be
    negative.
    """

    combination: dict[str, Any] | Combination
    bonus: float

    if TYPE_CHECKING:  # what a caller may give, where the field says what is kept

        def __init__(self, combination: GivenCombination, bonus: float) -> None: ...

    def __post_init__(self) -> None:
        force_setattr(self, "combination", combination(self.combination))
        force_setattr(self, "bonus", finite(self.bonus, "box.bonus", ConfigurationError))


class WeightedConstraint(msgspec.Struct, frozen=True, tag="weighted"):
    """A wish: its weight, finite and >= 0, is added to every outcome that satisfies the constraint."""

    constraint: AnyConstraint
    weight: float

    def __post_init__(self) -> None:
        force_setattr(self, "weight", finite(self.weight, "constraint weight", ConfigurationError))
        if self.weight < 0:
            raise ConfigurationError(f"constraint weight must be >= 0, got {self.weight}")


Bump = tuple[tuple[int, ...], Callable[[Sequence[Any]], bool], float]
"""Positions that a region looks at, its test of the values there, and what it adds."""


class _Bumps(SpaceUtility):
    """A start and bumps on it, added in order."""

    __slots__ = ("_bumps", "start")

    def __init__(self, start: float, space: OutcomeSpace | None) -> None:
        super().__init__(space)
        self.start = finite(start, "start", ConfigurationError)
        self._bumps: list[Bump] = []

    def worth(self, outcome: Outcome) -> float:
        """Return the utility of an outcome that is the bound space's own tuple, unchecked."""
        total = self.start
        for positions, test, bonus in self._bumps:
            if test([outcome[position] for position in positions]):
                total += bonus
        return total

    def _vector(self, space: OutcomeSpace) -> NDArray[np.float64]:
        import numpy as np  # late: heavy, and a price needs none of it

        sizes = [issue.size for issue in space.issues]
        if space.combinations > MOST_LISTED:  # constraints leave few of them
            return np.fromiter(map(self.worth, space), float, space.size)
        total = np.full(sizes, self.start)
        for positions, test, bonus in self._bumps:
            shown = itertools.product(*(space.issues[k].values for k in positions))
            inside = np.fromiter(map(test, shown), bool, math.prod(sizes[k] for k in positions))
            shape = [size if k in positions else 1 for k, size in enumerate(sizes)]
            np.add(total, bonus, out=total, where=np.broadcast_to(inside.reshape(shape), sizes))
        return total[tuple(space.columns())] if space.rules else total.ravel()


class HyperRectangleUtility(_Bumps):
    """The sum of the bonuses of all boxes that hold the outcome, on top of `start` (0 unless said).

    boxes: of `Box`; they may overlap. ConfigurationError for an issue or value that the bound space does not have.
    Cost of a call: O(boxes).
    """

    __slots__ = ("boxes",)

    def __init__(self, boxes: Sequence[Box], start: float = 0.0, space: OutcomeSpace | None = None) -> None:
        super().__init__(start, space)
        self.boxes = _all_of(Box, boxes, "boxes")
        for place, box in enumerate(self.boxes if space is not None else ()):
            assert space is not None  # see the line before
            where = f"boxes[{place}] ({in_words(box.combination)})"
            self._bumps.append((*region(box.combination, space.issues, where), box.bonus))

    def bind(self, space: OutcomeSpace) -> HyperRectangleUtility:
        """Return this utility over `space`, checked; itself if it is bound to that very space."""
        return self if self.space is space else HyperRectangleUtility(self.boxes, self.start, space)

    def __reduce__(self) -> tuple[object, ...]:
        return HyperRectangleUtility, (self.boxes, self.start, self.space)

    def __repr__(self) -> str:
        return f"HyperRectangleUtility({len(self.boxes)} boxes, start={self.start})"


class ConstraintUtility(_Bumps):
    """The sum of the weights of all constraints that the outcome satisfies, on top of `start` (0 unless said).

    wishes: WeightedConstraints, pairs (constraint, weight), or a mapping {constraint: weight}. ConfigurationError for
    weights that are negative or no numbers, and for an issue or value that the bound space does not have.
    Cost of a call: O(wishes).
    """

    __slots__ = ("wishes",)

    def __init__(
        self, wishes: Sequence[WeightedConstraint | tuple[AnyConstraint, float]] | Mapping[AnyConstraint, float],
        start: float = 0.0, space: OutcomeSpace | None = None,
    ) -> None:  # fmt: skip
        super().__init__(start, space)
        pairs = list(wishes.items()) if isinstance(wishes, Mapping) else list(wishes)
        own = [one if isinstance(one, WeightedConstraint) else WeightedConstraint(*one) for one in pairs]
        self.wishes = _all_of(WeightedConstraint, own, "wishes")
        for wish in self.wishes if space is not None else ():
            assert space is not None  # see the line before
            rule = wish.constraint.bind(space.issues)
            self._bumps.append((rule.positions, rule.test, wish.weight))

    def bind(self, space: OutcomeSpace) -> ConstraintUtility:
        """Return this utility over `space`, checked; itself if it is bound to that very space."""
        return self if self.space is space else ConstraintUtility(self.wishes, self.start, space)

    def __reduce__(self) -> tuple[object, ...]:
        return ConstraintUtility, (self.wishes, self.start, self.space)

    def __repr__(self) -> str:
        return f"ConstraintUtility({len(self.wishes)} constraints, start={self.start})"


def _all_of(kind: type[Any], given: Sequence[Any], what: str) -> tuple[Any, ...]:
    if not isinstance(given, (list, tuple)):
        raise ConfigurationError(f"{what} must be a list, got {type(given).__name__}")
    for place, one in enumerate(given):
        if not isinstance(one, kind):
            raise ConfigurationError(f"{what}[{place}] must be a {kind.__name__}, got {type(one).__name__}")
    return tuple(given)
