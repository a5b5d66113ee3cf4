"""How alike two outcomes are, issue by issue: fuzzy similarity as in Faratin, Sierra and Jennings (2002)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.issues import OutcomeSpace
from negotiate_rt.strategies.issue_sums import IssueSums, Places

Floats = NDArray[np.float64]
Criteria = Mapping[str, Mapping[Any, float]]


class Similarity:
    """Similarity in [0, 1] of outcomes of one space: the weighted sum over the issues of 1 - |h(x) - h(y)|.

    criteria: by issue, h of each value, in [0, 1]. Without one h is a number's share of its issue's range, or the place
    in an ordered issue; values of any other issue are alike only if they are equal. ConfigurationError for criteria of an
    unknown issue, or that leave out a value.
    """

    def __init__(self, space: OutcomeSpace, criteria: Criteria | None = None) -> None:
        given = criteria or {}
        for name in given:
            if name not in space.names:
                raise ConfigurationError(f"criteria[{name!r}]: there is no such issue, only {', '.join(space.names)}")
        self.space = space
        self.tables: list[Floats] = [_table(issue, given.get(issue.name)) for issue in space.issues]
        self._alike = [share * table for share, table in zip(self._shares(None), self.tables, strict=True)]
        self._places = Places(space)
        self._sums: IssueSums | None = None

    def between(self, one: object, other: object, weights: Any = None) -> float:  # weights: numbers by issue, or None
        """Return how alike two outcomes are. O(issues)."""
        places, others = self._places(one), self._places(other)
        shares = self._shares(weights)
        rows = zip(shares, self.tables, places, others, strict=True)
        return float(sum(share * table[x, y] for share, table, x, y in rows))

    def parts(self, outcome: object, weights: Any = None) -> list[Floats]:
        """Return, per issue, what each value adds to how alike an outcome is to this one. O(issues)."""
        places = self._places(outcome)
        if weights is None:
            return [table[place] for table, place in zip(self._alike, places, strict=True)]
        shares = self._shares(weights)
        return [share * table[place] for share, table, place in zip(shares, self.tables, places, strict=True)]

    def to(self, outcome: object, weights: Any = None) -> Floats:
        """Return how alike each outcome of the space is to this one, in the space's order. O(outcomes)."""
        if self._sums is None:
            self._sums = IssueSums(self.space, np.arange(self.space.size))
        parts = self.parts(outcome, weights)
        return self._sums.of(self._sums.combine(parts), parts, 0, self.space.size)

    def _shares(self, weights: Any) -> Floats:
        count = len(self.tables)
        if weights is None:
            return np.full(count, 1.0 / count)
        given = np.asarray(weights, float)
        total = float(given.sum())
        return given / total if total > 0 else np.full(count, 1.0 / count)


def _table(issue: Any, criterion: Mapping[Any, float] | None) -> Floats:  # any discrete issue
    if not isinstance(issue.size, int):
        raise ConfigurationError(f"issue {issue.name!r} is continuous: discretize the space to compare its outcomes")
    if criterion is not None:
        missing = [value for value in issue.values if value not in criterion]
        if missing:
            raise ConfigurationError(f"criteria[{issue.name!r}]: {missing[0]!r} is missing")
        scale = np.array([criterion[value] for value in issue.values], float)
    elif getattr(issue, "ordered", False):
        scale = np.arange(issue.size) / max(1, issue.size - 1)
    elif all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in issue.values):
        numbers = np.array(issue.values, float)
        scale = (numbers - numbers.min()) / max(np.ptp(numbers), 1e-300)
    else:
        return np.eye(issue.size)
    table: Floats = 1.0 - np.abs(scale[:, None] - scale[None, :])
    return table
