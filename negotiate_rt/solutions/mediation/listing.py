"""The best of all outcomes that can be listed: exact, at array speed."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from negotiate_rt.problems.issues import Outcome, OutcomeSpace
from negotiate_rt.problems.ranking import RELATIVE_TOLERANCE
from negotiate_rt.problems.utility import UtilityFunction, utility_table
from negotiate_rt.solutions.mediation.objectives import Goal, Vector, best_row, goal_of, slack_of

MOST_CELLS = 20_000_000  # outcomes times parties: 160 MB of numbers


def table_of(space: OutcomeSpace, utilities: Sequence[UtilityFunction]) -> Vector:
    """Return what every outcome is worth to everybody: shape (outcomes, parties)."""
    table = np.empty((space.size, len(utilities)))
    for place, utility in enumerate(utilities):
        table[:, place] = utility_table(space, utility)
    return table


def listed_goal(objective: str, table: Vector, without: Vector) -> Goal | None:
    """Return what an objective comes to over a table; None if no row is rational."""
    slack = np.maximum(slack_of(table), RELATIVE_TOLERANCE * np.abs(without))
    if objective != "kalai-smorodinsky":
        return goal_of(objective, without, slack)
    rational = (table >= without - slack).all(axis=1)
    return goal_of(objective, without, slack, table[rational].max(axis=0)) if rational.any() else None


def best_listed(
    space: OutcomeSpace, goal: Goal, table: Vector, refused: Collection[Outcome]
) -> tuple[Outcome, Vector, float] | None:
    """Return the best outcome that was not refused, its utilities and its value; None if no other is rational."""
    if not refused:
        row = best_row(goal, table)
    else:
        left = np.ones(len(table), dtype=bool)
        left[[space.index(one) for one in refused]] = False
        rows = np.flatnonzero(left)
        found = best_row(goal, table[rows]) if rows.size else None
        row = None if found is None else int(rows[found])
    if row is None:
        return None
    return space.at(row), table[row], float(goal.values(table[row : row + 1])[0])
