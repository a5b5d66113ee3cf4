"""Which of a few outcomes a mediator prefers by an objective."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from negotiate_rt.problems.issues import Outcome
from negotiate_rt.problems.ranking import RELATIVE_TOLERANCE
from negotiate_rt.problems.utility import UtilityFunction, worth_of
from negotiate_rt.solutions.mediation.branching import merits
from negotiate_rt.solutions.mediation.objectives import best_row, check_objective, goal_of, slack_of


def in_order_of(
    outcomes: Sequence[Outcome], utilities: Sequence[UtilityFunction], without: Sequence[float], objective: str
) -> list[Outcome]:
    """Return outcomes by an objective, best first; those that are not rational come last, the nearest to it first.

    For Kalai-Smorodinsky the most that each could gain is taken among these outcomes. Cost: O(outcomes^2 * parties).
    """
    name = check_objective(objective)
    table = np.array([[worth_of(one, outcome) for one in utilities] for outcome in outcomes])
    least = np.array(without, dtype=np.float64)
    slack = np.maximum(slack_of(table), RELATIVE_TOLERANCE * np.abs(least))
    goal = goal_of(name, least, slack, np.maximum(table.max(axis=0), least))
    left = list(range(len(outcomes)))
    ordered: list[Outcome] = []
    while left and (row := best_row(goal, table[left])) is not None:
        ordered.append(outcomes[left.pop(row)])
    rest = merits(goal, table[left]) if left else np.zeros(0)
    return ordered + [outcomes[left[place]] for place in np.argsort(-rest, kind="stable")]
