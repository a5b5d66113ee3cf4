"""How alike two outcomes are, issue by issue: fuzzy similarity as in Faratin, Sierra and Jennings (2002)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.issues import OutcomeSpace

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
        self._numbers: NDArray[np.intp] | None = None

    def between(self, one: object, other: object, weights: Any = None) -> float:  # weights: numbers by issue, or None
        """Return how alike two outcomes are. O(issues)."""
        places, others = self._places(one), self._places(other)
        shares = self._shares(weights)
        rows = zip(shares, self.tables, places, others, strict=True)
        return float(sum(share * table[x, y] for share, table, x, y in rows))

    def to(self, outcome: object, weights: Any = None) -> Floats:
        """Return how alike each outcome of the space is to this one, in the space's order. O(outcomes)."""
        total = np.zeros(1)
        for share, table, place in zip(self._shares(weights), self.tables, self._places(outcome), strict=True):
            total = np.add.outer(total, share * table[place]).ravel()
        if len(total) != self.space.size:  # constraints leave some combinations out
            if self._numbers is None:
                sizes = [len(table) for table in self.tables]
                rows = np.array([self._places(one) for one in self.space]).T
                self._numbers = np.ravel_multi_index(rows, sizes).astype(np.intp)
            total = total[self._numbers]
        return total

    def _places(self, outcome: object) -> tuple[int, ...]:
        known = self.space.outcome(outcome)
        return tuple(int(issue.find(value) or 0) for issue, value in zip(self.space.issues, known, strict=True))

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
