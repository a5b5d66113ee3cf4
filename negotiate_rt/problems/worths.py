"""What the values of one issue add to an additive utility: weight times evaluation, checked."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.constraints import is_finite_issue
from negotiate_rt.problems.evaluations import Evaluation, TurningEvaluation
from negotiate_rt.problems.kinds import AnyIssue, ContinuousIssue, IntegerIssue, Issue, OptionalIssue
from negotiate_rt.problems.scalars import finite

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_TABLED = 100_000
"""Values of one issue up to which its worths are computed once and kept; larger issues are evaluated when asked for."""

MOST_SCANNED = 10_000_000
"""Values of one issue that are tried one by one where nothing better is known: some seconds."""


class Worths:
    """The worth of each value of one issue, `worths[value]`: from a table, or by an evaluation of a number.

    An optional issue that is left out is worth 0, unless a table has an entry for None. ConfigurationError, beginning
    with `path`, where a worth is missing or no finite number; found at once on issues of up to 100,000 values.
    """

    __slots__ = ("evaluation", "issue", "path", "table", "weight")

    def __init__(self, issue: AnyIssue, evaluation: Evaluation, weight: float, path: str) -> None:
        self.issue, self.evaluation, self.weight, self.path = issue, evaluation, weight, path
        self.table: dict[Any, float] | None = None
        if isinstance(evaluation, Mapping):
            self._check_names(evaluation)
        if is_finite_issue(issue) and issue.size <= MOST_TABLED:
            self.table = {value: self._worth(value) for value in issue.values}
        else:
            for end in self.ends():
                self._worth(end)

    def __getitem__(self, value: Any) -> float:
        """Return what the issue's own value adds."""
        return self._worth(value) if self.table is None else self.table[value]

    def array(self) -> NDArray[np.float64]:
        """Return what every value adds: float64, shape (issue.size,). ConfigurationError if they are too many."""
        import numpy as np  # late: heavy, and a price needs none of it

        if self.table is not None:
            return np.fromiter(self.table.values(), float, len(self.table))
        if self.issue.size == math.inf:
            raise ConfigurationError(
                f"{self.path}: issue {self.issue.name!r} is continuous, so its values cannot be enumerated: discretize(levels) "
                "gives a space whose values can"
            )
        if self.issue.size > MOST_SCANNED:
            raise ConfigurationError(
                f"{self.path}: issue {self.issue.name!r} has {self.issue.size} values; at most {MOST_SCANNED} can be "
                "enumerated: discretize(levels) gives a space with fewer"
            )
        return np.fromiter(map(self._worth, self.issue.values), float, self.issue.size)

    def extreme(self, largest: bool) -> tuple[Any, float]:
        """Return the value that adds most (or least) and what it adds; among ties the first.

        On large and continuous issues only the ends and turns of an evaluation are looked at. ConfigurationError where
        a plain function leaves no way but to try more than ten million values, or infinitely many.
        """
        sign = 1.0 if largest else -1.0
        if self.table is not None:
            value = max(self.table, key=lambda one: sign * self.table[one])  # type: ignore[index]  # not None: see above
            return value, self.table[value]
        return max(((one, self._worth(one)) for one in self._candidates()), key=lambda pair: sign * pair[1])

    def ends(self) -> tuple[Any, ...]:
        """Return the first and the last value of a numeric issue, and None if it may be left out."""
        kind = self.issue.issue if isinstance(self.issue, OptionalIssue) else self.issue
        ends = (kind.low, kind.high) if isinstance(kind, ContinuousIssue) else (kind.at(0), kind.at(kind.size - 1))
        return ends if kind is self.issue else (*ends, None)

    def _candidates(self) -> Iterable[Any]:
        kind = self.issue.issue if isinstance(self.issue, OptionalIssue) else self.issue
        if isinstance(kind, Issue) or not isinstance(self.evaluation, TurningEvaluation):
            if self.issue.size > MOST_SCANNED:
                raise ConfigurationError(
                    f"{self.path}: a plain function over issue {self.issue.name!r} ({self.issue.legal()}) has no best or "
                    "worst value that can be found: use one of problems.evaluations, or discretize"
                )
            return self.issue.values
        low, high = self.ends()[:2]
        turns = self.evaluation.turns(low, high)
        if isinstance(kind, IntegerIssue):
            below = [math.floor((turn - kind.low) / kind.step) for turn in turns]
            places = sorted({k for place in below for k in (place - 1, place, place + 1, place + 2) if 0 <= k < kind.size})
            turns = tuple(kind.at(place) for place in places)
        absent = (None,) if kind is not self.issue else ()
        return (low, *turns, high, *absent)

    def _worth(self, value: Any) -> float:
        evaluation = self.evaluation
        if isinstance(evaluation, Mapping):
            where = f"{self.path}[{value!r}]"
            own: Any = evaluation.get(value, 0.0) if value is None else evaluation[value]
        elif value is None:
            return 0.0
        else:
            where = f"{self.path}({value!r})"
            try:
                own = evaluation(value)
            except Exception as cause:  # the caller's function: whatever it raises, the value has no worth
                raise ConfigurationError(f"{where} raised {type(cause).__name__}: {cause}") from cause
        return finite(self.weight * finite(own, where, ConfigurationError), f"weight * {where}", ConfigurationError)

    def _check_names(self, table: Mapping[Any, float]) -> None:
        issue = self.issue
        for value in table:
            if issue.find(value) is None:
                raise ConfigurationError(f"{self.path}: issue has no value {value!r}; legal: {issue.legal()}")
        if not is_finite_issue(issue):
            raise ConfigurationError(
                f"{self.path}: a table cannot value the continuous issue {issue.name!r}: use a function, or discretize"
            )
        optional = isinstance(issue, OptionalIssue)
        if len(table) + optional < issue.size:  # so that a range of a billion values is never walked
            missing = next(value for value in issue.values if value not in table)
            raise ConfigurationError(f"{self.path}[{missing!r}] is missing")
        for value in issue.values:
            if value is not None and value not in table:
                raise ConfigurationError(f"{self.path}[{value!r}] is missing")
