"""Utilities that say outcome by outcome what it is worth: tables, and rankings turned into numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from negotiate_rt.errors import ConfigurationError, InvalidOffer
from negotiate_rt.problems.issues import Outcome, OutcomeSpace
from negotiate_rt.problems.scalars import finite
from negotiate_rt.problems.utility import SpaceUtility

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class TabularUtility(SpaceUtility):
    """A number for each outcome: `TabularUtility({("red", 1): 0.5, ("red", 2): 1.0}, default=0.0)`.

    values: a mapping from outcomes (tuples in issue order), or one number per outcome in the space's order (a list or an
    array). default: what outcomes that a mapping leaves out are worth; without one, it must leave out none. Bound to a
    space both are checked: ConfigurationError for keys that are no outcomes, two keys for one outcome, numbers that are
    not finite, a wrong count, or outcomes without a number. Cost of a call: O(issues).
    """

    __slots__ = ("_known", "default", "values")

    def __init__(
        self, values: Mapping[Any, float] | Sequence[float] | NDArray[Any], default: float | None = None,
        space: OutcomeSpace | None = None,
    ) -> None:  # fmt: skip
        super().__init__(space)
        self.default = None if default is None else finite(default, "default", ConfigurationError)
        self._known: dict[Outcome, float] = {}
        self.values: dict[Outcome, float] | NDArray[np.float64]
        if isinstance(values, Mapping):
            self.values = {key: finite(one, f"values[{key!r}]", ConfigurationError) for key, one in values.items()}
            if space is not None:
                self._known = self._checked(self.values, space)
        else:
            self.values = _vector(values)
            if space is not None and len(self.values) != space.size:
                raise ConfigurationError(f"values must be {space.size} numbers, one per outcome, got {len(self.values)}")

    def bind(self, space: OutcomeSpace) -> TabularUtility:
        """Return this utility over `space`, checked; itself if it is bound to that very space. O(values)."""
        return self if self.space is space else TabularUtility(self.values, self.default, space)

    def worth(self, outcome: Outcome) -> float:
        """Return the utility of an outcome that is the bound space's own tuple, unchecked."""
        if not isinstance(self.values, dict):
            return float(self.values[self._own_space("unbound").index(outcome)])
        found = self._known.get(outcome, self.default)
        assert found is not None  # without a default every outcome is known
        return found

    def _vector(self, space: OutcomeSpace) -> NDArray[np.float64]:
        import numpy as np  # late: heavy, and a small table is asked outcome by outcome

        if not isinstance(self.values, dict):
            return self.values.copy()
        table = np.full(space.size, 0.0 if self.default is None else self.default)
        for outcome, worth in self._known.items():
            table[space.index(outcome)] = worth
        return table

    def _checked(self, values: Mapping[Any, float], space: OutcomeSpace) -> dict[Outcome, float]:
        known: dict[Outcome, float] = {}
        for key, worth in values.items():
            try:
                outcome = space.outcome(key)
            except InvalidOffer as cause:
                raise ConfigurationError(f"values[{key!r}]: {cause}") from cause
            if outcome in known:
                raise ConfigurationError(f"values[{key!r}]: the outcome {outcome!r} has two numbers")
            known[outcome] = worth
        if self.default is None and len(known) != space.size:
            missing = f", such as {next(one for one in space if one not in known)!r}" if space.size <= 10**6 else ""
            raise ConfigurationError(
                f"values name {len(known)} of {space.size} outcomes{missing}: name the others, or give a default"
            )
        return known

    def __reduce__(self) -> tuple[object, ...]:
        return TabularUtility, (self.values, self.default, self.space)

    def __repr__(self) -> str:
        return f"TabularUtility({len(self.values)} values, default={self.default})"


class RankedUtility(SpaceUtility):
    """Preferences known by their order alone: `RankedUtility([("red", 1), [("red", 2), ("blue", 1)]])`.

    order: outcomes (tuples in issue order, or mappings by issue name), best first; a list or set of outcomes shares one
    place. Outcomes that are not named share a last place of their own. levels: what the places are worth, falling, one
    number per place (the last one for the outcomes not named, if there are any); by default evenly spread from 1 for the
    best to 0 for the last (Borda's scores, scaled), and 1 if all share one place.
    """

    __slots__ = ("_known", "_rest", "levels", "order")

    def __init__(
        self, order: Sequence[Any], levels: Sequence[float] | None = None, space: OutcomeSpace | None = None
    ) -> None:
        super().__init__(space)
        if isinstance(order, (str, Mapping)) or not isinstance(order, Sequence) or not order:
            raise ConfigurationError(f"order must be a list of one or more outcomes, best first, got {order!r}")
        self.order: tuple[tuple[Any, ...], ...] = tuple(
            tuple(place) if isinstance(place, (list, set, frozenset)) else (place,) for place in order
        )
        self.levels = None
        if levels is not None:
            self.levels = tuple(finite(one, f"levels[{k}]", ConfigurationError) for k, one in enumerate(levels))
            if any(later >= earlier for earlier, later in zip(self.levels, self.levels[1:], strict=False)):
                raise ConfigurationError(f"levels must fall from place to place, got {self.levels}")
        self._known: dict[Outcome, float] = {}
        self._rest = 0.0
        if space is not None:
            self._place(space)

    def bind(self, space: OutcomeSpace) -> RankedUtility:
        """Return this utility over `space`, checked; itself if it is bound to that very space. O(outcomes named)."""
        return self if self.space is space else RankedUtility([list(place) for place in self.order], self.levels, space)

    def worth(self, outcome: Outcome) -> float:
        """Return the utility of an outcome that is the bound space's own tuple, unchecked."""
        return self._known.get(outcome, self._rest)

    def _vector(self, space: OutcomeSpace) -> NDArray[np.float64]:
        import numpy as np  # late: as in TabularUtility

        table = np.full(space.size, self._rest)
        for outcome, worth in self._known.items():
            table[space.index(outcome)] = worth
        return table

    def _place(self, space: OutcomeSpace) -> None:
        places: dict[Outcome, int] = {}
        for number, group in enumerate(self.order):
            for one in group:
                try:
                    outcome = space.outcome(one)
                except InvalidOffer as cause:
                    raise ConfigurationError(f"order[{number}]: {cause}") from cause
                if outcome in places:
                    raise ConfigurationError(f"order[{number}]: {outcome!r} stands at order[{places[outcome]}] already")
                places[outcome] = number
        count = len(self.order) + (len(places) < space.size)
        levels = self.levels
        if levels is None:
            levels = tuple((count - 1 - k) / (count - 1) for k in range(count)) if count > 1 else (1.0,)
        if len(levels) != count:
            raise ConfigurationError(f"levels must be {count} numbers, one per place, got {len(levels)}")
        self._known = {outcome: levels[number] for outcome, number in places.items()}
        self._rest = levels[-1]

    def __reduce__(self) -> tuple[object, ...]:
        return RankedUtility, ([list(place) for place in self.order], self.levels, self.space)

    def __repr__(self) -> str:
        return f"RankedUtility({len(self.order)} places)"


def _vector(values: Iterable[Any]) -> NDArray[np.float64]:
    import numpy as np  # late: as in TabularUtility

    if isinstance(values, np.ndarray):
        numbers = np.array(values, dtype=float) if values.dtype.kind in "iuf" else None
    elif isinstance(values, (list, tuple)):
        checked = (finite(one, f"values[{k}]", ConfigurationError) for k, one in enumerate(values))
        numbers = np.fromiter(checked, float, len(values))
    else:
        numbers = None
    if numbers is None or numbers.ndim != 1:
        raise ConfigurationError("values must be a mapping by outcome, or a list of one number per outcome")
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if wrong.size:
        raise ConfigurationError(f"values[{wrong[0]}] must be finite, got {numbers[wrong[0]]}")
    return numbers
