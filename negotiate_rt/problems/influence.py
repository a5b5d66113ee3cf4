"""Utilities over issues that influence one another in pairs, as in Klein, Faratin, Sayama and Bar-Yam (2003).

Each issue has a level: a whole or real number's own value, yes and no as 1 and 0, else the place of its value. A binary
contract is worth the sum of the influences among the clauses that it holds.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.issues import Issue, Outcome, OutcomeSpace
from negotiate_rt.problems.kinds import OptionalIssue
from negotiate_rt.problems.scalars import finite
from negotiate_rt.problems.utility import SpaceUtility

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class InfluenceUtility(SpaceUtility):
    """A sum of what each issue is worth by itself, and of what each pair of issues is worth together:
    u(x) = start + sum_i own_i * l_i(x_i) + sum_(i,j) pairs_ij * l_i(x_i) * l_j(x_j), where l is an issue's level.

    own: issue name to number; pairs: two issue names to number, each pair once; issues that are not named have no influence.
    A level is a number's own value, 1 and 0 for True and False, else the value's place in the issue (0 for the first), and 0
    for an issue that is left out. ConfigurationError for a name that the bound space does not have, a pair that is named
    twice or is one issue, and numbers that are not finite. Cost of a call: O(pairs) at array speed.
    """

    __slots__ = ("_as_they_are", "_columns", "_levels", "_numbers", "_own", "own", "pairs", "start")

    def __init__(
        self, own: Mapping[str, float], pairs: Mapping[tuple[str, str], float], start: float = 0.0,
        space: OutcomeSpace | None = None,
    ) -> None:  # fmt: skip
        super().__init__(space)
        self.start = finite(start, "start", ConfigurationError)
        self.own = {name: finite(one, f"own[{name!r}]", ConfigurationError) for name, one in own.items()}
        self.pairs: dict[tuple[str, str], float] = {}
        for pair, one in pairs.items():
            if not isinstance(pair, tuple) or len(pair) != 2 or pair[0] == pair[1]:
                raise ConfigurationError(f"pairs[{pair!r}]: expected the names of two different issues")
            if (pair[1], pair[0]) in self.pairs:
                raise ConfigurationError(f"pairs[{pair!r}]: the pair is named twice")
            self.pairs[pair] = finite(one, f"pairs[{pair!r}]", ConfigurationError)
        self._levels: list[dict[Any, float] | None] = []
        if space is not None:
            self._settle(space)

    def _settle(self, space: OutcomeSpace) -> None:
        import numpy as np  # late: heavy, and a price needs none of it

        place = {name: position for position, name in enumerate(space.names)}
        for name in (*self.own, *(one for pair in self.pairs for one in pair)):
            if name not in place:
                raise ConfigurationError(f"influence of {name!r}: there is no such issue, only {', '.join(space.names)}")
        self._levels = [levels_of(issue) for issue in space.issues]
        own_levels = (one is None or all(value == level for value, level in one.items()) for one in self._levels)
        self._as_they_are = all(own_levels) and not any(isinstance(issue, OptionalIssue) for issue in space.issues)
        self._own = np.array([self.own.get(name, 0.0) for name in space.names])
        first = np.array([place[one] for one, _ in self.pairs], dtype=np.intp)
        second = np.array([place[other] for _, other in self.pairs], dtype=np.intp)
        self._columns = first, second
        self._numbers = np.array(list(self.pairs.values()), dtype=np.float64)

    def bind(self, space: OutcomeSpace) -> InfluenceUtility:
        """Return this utility over `space`, checked; itself if it is bound to that very space."""
        return self if self.space is space else InfluenceUtility(self.own, self.pairs, self.start, space)

    def worth(self, outcome: Outcome) -> float:
        """Return the utility of an outcome that is the bound space's own tuple, unchecked."""
        import numpy as np  # late: see _settle

        own: Any = outcome if self._as_they_are else [
            (value or 0.0) if table is None else table[value] for table, value in zip(self._levels, outcome, strict=True)
        ]  # fmt: skip
        levels = np.array(own, dtype=np.float64)
        first, second = self._columns
        return self.start + float(self._own @ levels) + float(self._numbers @ (levels[first] * levels[second]))

    def _vector(self, space: OutcomeSpace) -> NDArray[np.float64]:
        import numpy as np  # late: see _settle

        total = np.full(space.size, self.start)
        columns = [
            np.array([float(value or 0.0) if table is None else table[value] for value in issue.values])[places]
            for issue, table, places in zip(space.issues, self._levels, space.columns(), strict=True)
        ]
        for own, column in zip(self._own, columns, strict=True):
            total += own * column
        for first, second, number in zip(*self._columns, self._numbers, strict=True):
            total += number * columns[first] * columns[second]
        return total

    def __reduce__(self) -> tuple[object, ...]:
        return InfluenceUtility, (self.own, self.pairs, self.start, self.space)

    def __repr__(self) -> str:
        return f"InfluenceUtility({len(self.own)} issues, {len(self.pairs)} pairs, start={self.start})"


def levels_of(issue: Any) -> dict[Any, float] | None:  # any issue
    """Return the level of each value of an issue with named values; None where values are their own levels."""
    kind = issue.issue if isinstance(issue, OptionalIssue) else issue
    if not isinstance(kind, Issue):
        return None
    numbers = all(isinstance(value, (bool, int, float)) for value in kind.values)
    levels = {value: float(value) if numbers else float(place) for place, value in enumerate(kind.values)}
    return levels if kind is issue else {**levels, None: 0.0}


def draw_influence(space: OutcomeSpace, rng: random.Random, reach: int | None = None) -> InfluenceUtility:
    """Return a utility with influences drawn evenly from -1 to 1, of each issue by itself and of each pair of issues.

    reach: pairs are at most so many places apart in the space's order; None for all pairs, as in Klein et al. (2003). With
    a small reach the best outcome for any sum of such utilities is found exactly, by dynamic programming over the issues.
    """
    names = space.names
    own = {name: rng.uniform(-1.0, 1.0) for name in names}
    last = len(names) if reach is None else reach
    pairs = {
        (name, names[later]): rng.uniform(-1.0, 1.0)
        for place, name in enumerate(names) for later in range(place + 1, min(len(names), place + last + 1))
    }  # fmt: skip
    return InfluenceUtility(own, pairs, space=space)
