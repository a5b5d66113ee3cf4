"""Utility functions over outcome spaces: what an outcome is worth to one party."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.problems.issues import Issue, Outcome, OutcomeSpace, Scalar
from negotiate_rt.problems.scalars import finite
from negotiate_rt.problems.task import FrozenMapping

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

UtilityFunction = Callable[[Any], float]
"""What an outcome, a tuple in the space's order, is worth: any pure function that returns a finite float. `Any`:
whoever writes one knows which position holds a number; the union of all scalars would refuse `outcome[0] / 10`."""

Evaluation = Mapping[Any, float] | Callable[[Any], float]
"""What each value of one issue is worth, as a table or a function. `Any`: mappings are invariant in their key, so a
dict[str, float] is no Mapping[Scalar, float]."""

MOST_OUTCOMES = 1_000_000  # more take over 100 MB as Python tuples, so a slip of the pen must not enumerate them


class AdditiveUtility:
    """A weighted sum of independent issues: u(x) = sum_i w_i * v_i(x_i), added in the space's order.

    weights: issue name to number >= 0. values: issue name to a table {value: number} or a function of the value.
    Nothing is rescaled: weights need not sum to 1, and v_i is taken as it stands (it may be negative).

    Given a space, or by `bind`, both are checked against it: each issue has one weight and a finite worth for every
    one of its values, and nothing else is named; ConfigurationError says where not. Bound once, call often.
    """

    __slots__ = ("__weakref__", "_parts", "_table", "space", "values", "weights")

    def __init__(
        self, weights: Mapping[str, float], values: Mapping[str, Evaluation], space: OutcomeSpace | None = None
    ) -> None:
        for name, weight in weights.items():
            if finite(weight, f"weights[{name!r}]", ConfigurationError) < 0:
                raise ConfigurationError(f"weights[{name!r}] must be >= 0, got {weight}")
        _same_names("weights", weights, "values", values)
        for name, worth in values.items():
            if not callable(worth) and not isinstance(worth, Mapping):
                raise ConfigurationError(f"values[{name!r}] must be a table or a function, got {type(worth).__name__}")
        self.weights = FrozenMapping(weights)
        self.values = FrozenMapping(values)
        self.space = space
        self._table: NDArray[np.float64] | None = None
        self._parts: tuple[dict[Scalar, float], ...] = ()
        if space is not None:
            _same_names("weights", weights, "the space's issues", dict.fromkeys(space.names))
            self._parts = tuple(self._part(issue) for issue in space.issues)

    def bind(self, space: OutcomeSpace) -> AdditiveUtility:
        """Return this utility over `space`, checked; itself if it is bound to that very space. O(all values)."""
        return self if self.space is space else AdditiveUtility(self.weights, self.values, space)

    def __call__(self, outcome: object) -> float:
        """Return the utility of an outcome: a tuple or list in the space's order, or a mapping by issue name.

        InvalidOffer if it is no outcome, ConfigurationError if this utility is not bound to a space. Cost: O(issues).
        """
        if self.space is None:
            raise ConfigurationError("this utility knows no outcome space yet: bind(space) returns one that does")
        return sum([part[x] for part, x in zip(self._parts, self.space.outcome(outcome), strict=True)])

    def table(self, space: OutcomeSpace | None = None) -> NDArray[np.float64]:
        """Return the utilities of all outcomes: float64, shape (space.size,), in the space's order, read-only.

        Bit for bit what calls return. Computed as a broadcast sum, O(outcomes); kept if `space` is the bound one.
        """
        import numpy as np  # late: heavy, and a price needs none of it

        if space is not None and space is not self.space:
            return self.bind(space).table()
        if self.space is None:
            raise ConfigurationError("this utility knows no outcome space yet: name one, table(space)")
        if self._table is None:
            check_enumerable(self.space)
            total = np.zeros(1)
            for part in self._parts:
                total = np.add.outer(total, np.fromiter(part.values(), float, len(part))).ravel()
            total.flags.writeable = False
            self._table = total
        return self._table

    def __reduce__(self) -> tuple[object, ...]:
        return AdditiveUtility, (self.weights, self.values, self.space)

    def __repr__(self) -> str:
        return f"AdditiveUtility(weights={self.weights!r}, values={self.values!r})"

    def _part(self, issue: Issue) -> dict[Scalar, float]:
        """Return w_i * v_i(x) for every value x of one issue, in the issue's order."""
        worth, path = self.values[issue.name], f"values[{issue.name!r}]"
        if isinstance(worth, Mapping):
            for value in worth:
                if issue.find(value) is None:
                    raise ConfigurationError(f"{path}: issue has no value {value!r}; legal: {issue.legal()}")
            for value in issue.values:
                if value not in worth:
                    raise ConfigurationError(f"{path}[{value!r}] is missing")
        part: dict[Scalar, float] = {}
        for value in issue.values:
            where = f"{path}[{value!r}]" if isinstance(worth, Mapping) else f"{path}({value!r})"
            own = finite(worth[value] if isinstance(worth, Mapping) else worth(value), where, ConfigurationError)
            part[value] = finite(float(self.weights[issue.name]) * own, f"weight * {where}", ConfigurationError)
        return part


def utility_table(space: OutcomeSpace, utility: UtilityFunction) -> NDArray[np.float64]:
    """Return the utility of every outcome: float64, shape (space.size,), in the space's order.

    An AdditiveUtility is summed at array speed, any other function is called once per outcome. ConfigurationError if
    it raises or returns no finite number, or if the space is too large to enumerate. Cost: O(outcomes).
    """
    if isinstance(utility, AdditiveUtility):
        return utility.table(space)
    import numpy as np  # late: see AdditiveUtility.table

    check_enumerable(space)
    return np.array([_worth(utility, outcome) for outcome in space], dtype=float)


def check_enumerable(space: OutcomeSpace) -> None:
    """Raise ConfigurationError if the space has more than MOST_OUTCOMES outcomes."""
    if space.size > MOST_OUTCOMES:
        raise ConfigurationError(f"the space has {space.size} outcomes; at most {MOST_OUTCOMES} can be enumerated")


def _worth(utility: UtilityFunction, outcome: Outcome) -> float:
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
