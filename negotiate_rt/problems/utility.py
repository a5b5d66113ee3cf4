"""Utility functions over outcome spaces: what an outcome is worth to one party."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Self, cast

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.problems.evaluations import Evaluation
from negotiate_rt.problems.issues import Outcome, OutcomeSpace, check_listable
from negotiate_rt.problems.scalars import finite
from negotiate_rt.problems.task import FrozenMapping
from negotiate_rt.problems.worths import Worths

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

UtilityFunction = Callable[[Any], float]
"""What an outcome, a tuple in the space's order, is worth: any pure function that returns a finite float. `Any`:
whoever writes one knows which position holds a number; the union of all scalars would refuse `outcome[0] / 10`."""

MOST_OUTCOMES = 1_000_000  # more take over 100 MB as Python tuples, so a slip of the pen must not enumerate them


class SpaceUtility(ABC):
    """A utility that can be bound to an outcome space, is checked against it, and has a table over it."""

    __slots__ = ("__weakref__", "_table", "inverse", "space")

    space: OutcomeSpace | None
    inverse: Any  # kept here by problems.inverse, which is above this module, for as long as this utility lives
    _table: NDArray[np.float64] | None

    def __init__(self, space: OutcomeSpace | None) -> None:
        self.space = space
        self.inverse = None
        self._table = None

    @abstractmethod
    def bind(self, space: OutcomeSpace) -> Self:
        """Return this utility over `space`, checked; itself if it is bound to that very space."""

    @abstractmethod
    def worth(self, outcome: Outcome) -> float:
        """Return the utility of an outcome that is the bound space's own tuple, unchecked."""

    @abstractmethod
    def _vector(self, space: OutcomeSpace) -> NDArray[np.float64]:
        """Return the utilities of all outcomes of the bound space, which can be listed."""

    def __call__(self, outcome: object) -> float:
        """Return the utility of an outcome: a tuple or list in the space's order, or a mapping by issue name.

        InvalidOffer if it is no outcome, ConfigurationError if this utility is not bound to a space. Cost: O(issues).
        """
        return self.worth(self._own_space("this utility knows no outcome space yet").outcome(outcome))

    def table(self, space: OutcomeSpace | None = None) -> NDArray[np.float64]:
        """Return the utilities of all outcomes: float64, shape (space.size,), in the space's order, read-only.

        Bit for bit what calls return. Kept if `space` is the bound one. ConfigurationError for more than ten million
        outcomes, or infinitely many. Cost: O(outcomes).
        """
        if space is not None and space is not self.space:
            return self.bind(space).table()
        own = self._own_space("this utility knows no outcome space yet: name one, table(space)")
        if self._table is None:
            check_listable(own)
            table = self._vector(own)
            table.flags.writeable = False
            self._table = table
        return self._table

    def _own_space(self, without: str) -> OutcomeSpace:
        if self.space is None:
            raise ConfigurationError(f"{without}: bind(space) returns one that does")
        return self.space


class AdditiveUtility(SpaceUtility):
    """A weighted sum of independent issues: u(x) = sum_i w_i * v_i(x_i), added in the space's order.

    weights: issue name to number >= 0. values: issue name to a table {value: number}, one of problems.evaluations
    (LinearEvaluation, TriangularEvaluation, ...) or any function of the value. Nothing is rescaled: weights need not sum
    to 1 (all of them 0 is a party that is indifferent), and v_i is taken as it stands (it may be negative). An optional
    issue that is left out is worth 0, unless its table has an entry for None.

    Given a space, or by `bind`, both are checked against it: each issue has one weight and a finite worth for every
    one of its values, and nothing else is named; ConfigurationError says where not. Bound once, call often.
    """

    __slots__ = ("_lookups", "parts", "values", "weights")

    def __init__(
        self, weights: Mapping[str, float], values: Mapping[str, Evaluation], space: OutcomeSpace | None = None
    ) -> None:
        super().__init__(space)
        for what, given in (("weights", weights), ("values", values)):
            if not isinstance(given, Mapping):
                raise ConfigurationError(f"{what}: expected a mapping with an entry for each issue, got {type(given).__name__}")
        for name, weight in weights.items():
            if finite(weight, f"weights[{name!r}]", ConfigurationError) < 0:
                raise ConfigurationError(f"weights[{name!r}] must be >= 0, got {weight}")
        _same_names("weights", weights, "values", values)
        for name, worth in values.items():
            if not callable(worth) and not isinstance(worth, Mapping):
                raise ConfigurationError(f"values[{name!r}] must be a table or a function, got {type(worth).__name__}")
        self.weights = FrozenMapping(weights)
        self.values = FrozenMapping(values)
        self.parts: tuple[Worths, ...] = ()  # what each issue adds, in the order of the bound space
        if space is not None:
            _same_names("weights", weights, "the space's issues", dict.fromkeys(space.names))
            self.parts = tuple(
                Worths(issue, self.values[issue.name], float(self.weights[issue.name]), f"values[{issue.name!r}]")
                for issue in space.issues
            )
        self._lookups = tuple(part if part.table is None else part.table for part in self.parts)

    def bind(self, space: OutcomeSpace) -> AdditiveUtility:
        """Return this utility over `space`, checked; itself if it is bound to that very space. O(all values)."""
        return self if self.space is space else AdditiveUtility(self.weights, self.values, space)

    def worth(self, outcome: Outcome) -> float:
        """Return the utility of an outcome that is the bound space's own tuple, unchecked."""
        total = 0.0
        for lookup, value in zip(self._lookups, outcome, strict=True):
            total += lookup[value]  # one by one: sum() rounds differently from Python 3.12 on
        return total

    def _vector(self, space: OutcomeSpace) -> NDArray[np.float64]:
        import numpy as np  # late: heavy, and a price needs none of it

        total = np.zeros(1)
        if space.rules:
            for part, places in zip(self.parts, space.columns(), strict=True):
                total = total + part.array()[places]
            return total
        for part in self.parts:
            total = np.add.outer(total, part.array()).ravel()
        return total

    def __reduce__(self) -> tuple[object, ...]:
        return AdditiveUtility, (self.weights, self.values, self.space)

    def __repr__(self) -> str:
        return f"AdditiveUtility(weights={self.weights!r}, values={self.values!r})"


def utility_table(space: OutcomeSpace, utility: UtilityFunction) -> NDArray[np.float64]:
    """Return the utility of every outcome: float64, shape (space.size,), in the space's order.

    A SpaceUtility (additive, tabular and so on) gives its table at array speed, up to ten million outcomes; any other
    function is called once per outcome, up to a million. ConfigurationError if it raises or returns no finite number,
    or if the space is too large to enumerate. Cost: O(outcomes).
    """
    if isinstance(utility, SpaceUtility):
        return utility.table(space)
    import numpy as np  # late: see AdditiveUtility

    check_enumerable(space)
    return np.fromiter((worth_of(utility, outcome) for outcome in space), float, space.size)


def check_enumerable(space: OutcomeSpace) -> None:
    """Raise ConfigurationError if the space is infinite, or has more than MOST_OUTCOMES outcomes."""
    check_listable(space)
    if space.size > MOST_OUTCOMES:
        raise ConfigurationError(f"the space has {space.size} outcomes; at most {MOST_OUTCOMES} can be made one by one")


def worth_of(utility: UtilityFunction, outcome: Outcome) -> float:
    """Return what a party's function says of an outcome; ConfigurationError if it raises, or says no finite number."""
    try:
        worth = utility(outcome)
    except Exception as cause:  # agents' code: whatever it raises means that the agent cannot be seated
        raise ConfigurationError(f"the utility of {outcome!r} raised {type(cause).__name__}: {cause}") from cause
    return finite(cast(object, worth), f"the utility of {outcome!r}", ConfigurationError)


def _same_names(what: str, given: Mapping[str, object], other: str, expected: Mapping[str, object]) -> None:
    for name in given:
        if name not in expected:
            raise ConfigurationError(f"{what}[{name!r}] has no counterpart in {other}{suggest(str(name), expected)}")
    for name in expected:
        if name not in given:
            raise ConfigurationError(f"{what}[{name!r}] is missing")
