"""What a mediator maximises, on many utility vectors at once, and how it takes the best of those.

Every objective is taken over the outcomes that give each party at least its disagreement payoff, as in solutions/points.py:
the Nash product of gains (1950), the egalitarian leximin of gains (Kalai 1977; Imai 1983), the utilitarian sum, and Kalai and
Smorodinsky's smallest gain relative to the most that each could gain (1975; a party that can gain nothing is left out).
Outcomes within 1e-12 of the best are tied; of these the dominated are dropped and the first in order is taken.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.problems.mediation import OBJECTIVES
from negotiate_rt.problems.ranking import RELATIVE_TOLERANCE

Vector: TypeAlias = NDArray[np.float64]
Form = Literal["sum", "product", "worst"]

_MOST_COMPARED = 2_000  # tied outcomes that are compared pair by pair


class Goal(NamedTuple):
    """One objective, its parameters filled in.

    form: the sum of gains times their weights, the product of gains, or the smallest gain over its scale (a scale of 0 leaves
    a party out). without: the disagreement payoffs. slack: how far below one of these counts as at it. leximin: ties in the
    smallest gain go by the second smallest, and so on.
    """

    form: Form
    without: Vector
    slack: Vector
    scale: Vector
    leximin: bool = False

    def values(self, utilities: Vector) -> Vector:
        """Return the objective of each row, shape (rows,): minus infinity for one that is not rational. A product is told by
        the sum of its logarithms."""
        gains = utilities - self.without
        rational = (gains >= -self.slack).all(axis=1)
        if self.form == "sum":
            found = gains @ self.scale
        elif self.form == "product":
            with np.errstate(divide="ignore"):
                found = np.log(np.maximum(gains, 0.0)).sum(axis=1)
        else:
            found = self.relative(gains).min(axis=1, initial=np.inf)
        return np.asarray(np.where(rational, found, -np.inf))

    def relative(self, gains: Vector) -> Vector:
        """Return gains over their scales, of the parties that have one."""
        counted = self.scale > 0
        return np.asarray(gains[:, counted] / self.scale[counted])

    def rational(self, utilities: Vector) -> NDArray[np.bool_]:
        """Return which rows give everybody at least its disagreement payoff."""
        return np.asarray((utilities >= self.without - self.slack).all(axis=1))


def goal_of(objective: str, without: Vector, slack: Vector, ideal: Vector | None = None) -> Goal:
    """Return what an objective comes to. ideal: the most that each gets in a rational outcome, for Kalai-Smorodinsky."""
    ones = np.ones(len(without))
    if objective == "nash":
        return Goal("product", without, slack, ones)
    if objective == "utilitarian":
        return Goal("sum", without, slack, ones)
    if objective == "egalitarian":
        return Goal("worst", without, slack, ones, leximin=True)
    assert ideal is not None  # Kalai-Smorodinsky
    most = ideal - without
    nothing = RELATIVE_TOLERANCE * np.maximum(np.abs(ideal), np.abs(without))
    return Goal("worst", without, slack, np.where(most > nothing, most, 0.0))


def check_objective(objective: object) -> str:
    """Return an objective's name. Raises ConfigurationError."""
    name = str(objective).replace("_", "-")
    if name not in OBJECTIVES:
        raise ConfigurationError(
            f"objective: expected one of {', '.join(OBJECTIVES)}, got {objective!r}{suggest(name, OBJECTIVES)}"
        )
    return name


def slack_of(utilities: Vector) -> Vector:
    """Return for each party the difference in utility that counts as none. utilities: shape (rows, parties)."""
    return np.asarray(RELATIVE_TOLERANCE * np.abs(utilities).max(axis=0, initial=0.0))


def best_row(goal: Goal, utilities: Vector) -> int | None:
    """Return the first undominated row among those with the best value; None if no row is rational. O(rows * parties)."""
    values = goal.values(utilities)
    rational = goal.rational(utilities)
    if not rational.any():
        return None
    top = values.max()
    tied = np.flatnonzero(values >= top - _tolerance(top) if top > -np.inf else rational)  # a product of 0 everywhere: all tie
    if goal.leximin and len(tied) > 1:
        tied = _leximin(tied, utilities[tied] - goal.without, goal.slack)
    return int(_undominated(tied, utilities, goal.slack)[0])


def _tolerance(value: float) -> float:
    return float(RELATIVE_TOLERANCE * max(1e-300, abs(value))) + 1e-15


def _leximin(rows: NDArray[np.intp], gains: Vector, slack: Vector) -> NDArray[np.intp]:
    """Return the rows whose gains, sorted, come last in the order of dictionaries."""
    ordered = np.sort(gains, axis=1)
    close = float(slack.max(initial=0.0))
    left = np.arange(len(rows))
    for place in range(ordered.shape[1]):
        column = ordered[left, place]
        left = left[column >= column.max() - close]
        if len(left) == 1:
            break
    return rows[left]


def _undominated(rows: NDArray[np.intp], utilities: Vector, slack: Vector) -> NDArray[np.intp]:
    """Return the rows that none of the others dominates; of very many those with the largest sum."""
    if len(rows) == 1:
        return rows
    vectors = utilities[rows]
    if len(rows) > _MOST_COMPARED:
        totals = vectors.sum(axis=1)
        return np.asarray(rows[totals >= totals.max() - slack.sum()])
    kept = [
        place for place, own in enumerate(vectors)
        if not ((vectors >= own - slack).all(axis=1) & (vectors > own + slack).any(axis=1)).any()
    ]  # fmt: skip
    return rows[kept] if kept else rows[:1]
