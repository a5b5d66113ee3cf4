"""Utilities made of other utilities: discounted, rescaled, and uncertain ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.issues import Outcome, OutcomeSpace
from negotiate_rt.problems.scalars import finite
from negotiate_rt.problems.utility import SpaceUtility, UtilityFunction, utility_table, worth_of

if TYPE_CHECKING:
    from random import Random

    import numpy as np
    from numpy.typing import NDArray


class DiscountedUtility(SpaceUtility):
    """A utility that shrinks while the parties talk: u(x, t) = discount^(t - 1) u(x) in round t, or discount^t at time t.

    base: any utility; discount: within [0, 1]. 1 is patience; 0 leaves only round 1 (or time 0) worth anything, as
    0^0 = 1. per: "round" (counted from 1) or "time" (seconds since the beginning). Called without a moment it gives the
    base utility, the worth of an immediate deal, and so does its table: at one moment all outcomes shrink alike, so that
    their order never changes. The reservation value is not discounted unless a protocol says so.
    """

    __slots__ = ("base", "discount", "per")

    def __init__(
        self, base: UtilityFunction, discount: float, per: Literal["round", "time"] = "round",
        space: OutcomeSpace | None = None,
    ) -> None:  # fmt: skip
        if not callable(base):
            raise ConfigurationError(f"base must be a utility function, got {type(base).__name__}")
        if per not in ("round", "time"):
            raise ConfigurationError(f"per must be 'round' or 'time', got {per!r}")
        super().__init__(space if space is not None else getattr(base, "space", None))
        self.base = base if self.space is None else bound(base, self.space)
        self.discount = discount_factor(discount, "discount")
        self.per = per

    def bind(self, space: OutcomeSpace) -> DiscountedUtility:
        """Return this utility over `space`; itself if it is bound to that very space."""
        return self if self.space is space else DiscountedUtility(self.base, self.discount, self.per, space)

    def factor(self, round: int = 1, time: float = 0.0) -> float:
        """Return what is left of each unit of utility in that round, or at that time in seconds.

        ConfigurationError unless round >= 1 and time >= 0.
        """
        if not (round >= 1 and time >= 0):  # this way round, so that NaN fails too
            raise ConfigurationError(f"rounds count from 1 and time from 0, got round {round!r}, time {time!r}")
        return float(self.discount ** ((round - 1) if self.per == "round" else time))

    def at(self, outcome: object, round: int = 1, time: float = 0.0) -> float:
        """Return what a deal struck in that round (or at that time) is worth; errors as in a call and in `factor`."""
        return self.factor(round, time) * self(outcome)

    def __call__(self, outcome: object) -> float:
        """Return what a deal struck at once is worth."""
        return super().__call__(outcome) if self.space is not None else self.base(outcome)

    def worth(self, outcome: Outcome) -> float:
        """Return the utility of an outcome that is the bound space's own tuple, unchecked."""
        return own_worth(self.base, outcome)

    def _vector(self, space: OutcomeSpace) -> NDArray[np.float64]:
        return utility_table(space, self.base).copy()

    def __reduce__(self) -> tuple[object, ...]:
        return DiscountedUtility, (self.base, self.discount, self.per, self.space)

    def __repr__(self) -> str:
        return f"DiscountedUtility({self.base!r}, {self.discount}, per={self.per!r})"


class AffineUtility(SpaceUtility):
    """The same preferences on another scale: scale * u(x) + shift; a negative scale turns them round."""

    __slots__ = ("base", "scale", "shift")

    def __init__(
        self, base: UtilityFunction, scale: float = 1.0, shift: float = 0.0, space: OutcomeSpace | None = None
    ) -> None:
        super().__init__(space if space is not None else getattr(base, "space", None))
        self.base = base if self.space is None else bound(base, self.space)
        self.scale = finite(scale, "scale", ConfigurationError)
        self.shift = finite(shift, "shift", ConfigurationError)

    def bind(self, space: OutcomeSpace) -> AffineUtility:
        """Return this utility over `space`; itself if it is bound to that very space."""
        return self if self.space is space else AffineUtility(self.base, self.scale, self.shift, space)

    def worth(self, outcome: Outcome) -> float:
        """Return the utility of an outcome that is the bound space's own tuple, unchecked."""
        return self.scale * own_worth(self.base, outcome) + self.shift

    def _vector(self, space: OutcomeSpace) -> NDArray[np.float64]:
        return self.scale * utility_table(space, self.base) + self.shift

    def __reduce__(self) -> tuple[object, ...]:
        return AffineUtility, (self.base, self.scale, self.shift, self.space)

    def __repr__(self) -> str:
        return f"AffineUtility({self.base!r}, {self.scale}, {self.shift})"


class UncertainUtility(SpaceUtility):
    """A party that does not quite know what it wants: one of several utilities, each with a probability.

    Called, it gives the expected utility: u(x) = sum_k p_k u_k(x). probabilities: finite, >= 0, sum 1 (within 1e-9);
    evenly spread unless given.
    """

    __slots__ = ("probabilities", "utilities")

    def __init__(
        self, utilities: Sequence[UtilityFunction], probabilities: Sequence[float] | None = None,
        space: OutcomeSpace | None = None,
    ) -> None:  # fmt: skip
        super().__init__(space)
        if not isinstance(utilities, Sequence) or not utilities or not all(callable(one) for one in utilities):
            raise ConfigurationError(f"utilities must be a list of one or more utility functions, got {utilities!r}")
        self.utilities = tuple(one if space is None else bound(one, space) for one in utilities)
        even = (1 / len(utilities),) * len(utilities)
        self.probabilities = even if probabilities is None else distribution(probabilities, "probabilities")
        if len(self.probabilities) != len(self.utilities):
            raise ConfigurationError(
                f"{len(self.utilities)} utilities need as many probabilities, got {len(self.probabilities)}"
            )

    def bind(self, space: OutcomeSpace) -> UncertainUtility:
        """Return this utility over `space`; itself if it is bound to that very space."""
        return self if self.space is space else UncertainUtility(self.utilities, self.probabilities, space)

    def worth(self, outcome: Outcome) -> float:
        """Return the expected utility of an outcome that is the bound space's own tuple, unchecked."""
        total = 0.0
        for probability, utility in zip(self.probabilities, self.utilities, strict=True):
            total += probability * own_worth(utility, outcome)
        return total

    def sample(self, rng: Random) -> UtilityFunction:
        """Return one of the utilities, drawn by its probability from a seeded stream."""
        return rng.choices(self.utilities, self.probabilities)[0]

    def _vector(self, space: OutcomeSpace) -> NDArray[np.float64]:
        import numpy as np  # late: heavy, and a price needs none of it

        total = np.zeros(space.size)
        for probability, utility in zip(self.probabilities, self.utilities, strict=True):
            total += probability * utility_table(space, utility)
        return total

    def __reduce__(self) -> tuple[object, ...]:
        return UncertainUtility, (self.utilities, self.probabilities, self.space)

    def __repr__(self) -> str:
        return f"UncertainUtility({len(self.utilities)} utilities, {self.probabilities})"


def bound(utility: UtilityFunction, space: OutcomeSpace) -> UtilityFunction:
    """Return a utility over `space`, checked if it can be; a plain function as it is."""
    return utility.bind(space) if isinstance(utility, SpaceUtility) else utility


def own_worth(utility: Any, outcome: Outcome) -> float:  # Any: any callable; mypy knows no function that may have `worth`
    """Return what a bound utility or a plain function says of an outcome that is the space's own tuple."""
    return utility.worth(outcome) if isinstance(utility, SpaceUtility) else worth_of(utility, outcome)


def discount_factor(value: object, path: str) -> float:
    """Return a discount factor as a float; ConfigurationError, naming `path`, unless 0 <= value <= 1."""
    factor = finite(value, path, ConfigurationError)
    if not 0 <= factor <= 1:
        raise ConfigurationError(f"{path} must be within [0, 1], got {factor}")
    return factor


def distribution(values: Sequence[float], path: str) -> tuple[float, ...]:
    """Return probabilities as floats; ConfigurationError, naming `path`, unless all are >= 0 and they sum to 1."""
    own = tuple(finite(one, f"{path}[{k}]", ConfigurationError) for k, one in enumerate(values))
    for place, one in enumerate(own):
        if one < 0:
            raise ConfigurationError(f"{path}[{place}] must be >= 0, got {one}")
    if abs(sum(own) - 1) > 1e-9:
        raise ConfigurationError(f"{path} must sum to 1, got {sum(own)}")
    return own
