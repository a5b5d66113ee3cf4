"""The mediator as optimiser: the outcome that is best by what the parties have disclosed.

Spaces that can be listed are looked at whole; sums over the issues go through branch and bound, whatever the size of the space,
numbers on a line included; what is neither is searched by annealing. `proven` says whether no outcome is better.
"""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Sequence
from typing import Any

import msgspec
import numpy as np

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.derived import DiscountedUtility
from negotiate_rt.problems.issues import Outcome, OutcomeSpace
from negotiate_rt.problems.ranking import RELATIVE_TOLERANCE
from negotiate_rt.problems.utility import AdditiveUtility, SpaceUtility, UtilityFunction
from negotiate_rt.solutions.mediation.adding import Menus, best_sum
from negotiate_rt.solutions.mediation.listing import MOST_CELLS, best_listed, listed_goal, table_of
from negotiate_rt.solutions.mediation.objectives import Goal, Vector, check_objective, goal_of
from negotiate_rt.solutions.mediation.wandering import STEPS, Wandering, scale_of
from negotiate_rt.solutions.winners.deadline import NEVER, Deadline


class MediatedOptimum(msgspec.Struct, frozen=True, kw_only=True):
    """The best outcome found. utilities: what it is worth to each party. value: of the objective, for "nash" the product of
    gains. bound: no outcome has a larger value (infinite: nobody knows); proven: nor does any beat this one.

    method: "listing", "branch and bound" or "annealing".
    """

    outcome: Outcome
    utilities: tuple[float, ...]
    value: float
    bound: float
    proven: bool
    objective: str
    method: str


def mediated_optimum(  # noqa: PLR0913  # what is known of a problem, and how to look
    space: OutcomeSpace, utilities: Sequence[UtilityFunction], disagreement: Sequence[float] | None = None,
    objective: str = "nash", *, refused: Collection[Outcome] = (), deadline: Deadline = NEVER, rng: random.Random | None = None,
    steps: int = STEPS,
) -> MediatedOptimum | None:  # fmt: skip
    """Return the outcome that a mediator proposes who knows the utilities; None if none is known that gives each party its
    disagreement payoff.

    utilities: one per party; disagreement: what each gets without a deal (0 each). objective: "nash", "egalitarian" (leximin),
    "utilitarian" or "kalai-smorodinsky"; see objectives.py. refused: outcomes that are out of the question. deadline: when to
    answer with the best that there is. rng, steps: of the annealing where nothing else is possible. Raises ConfigurationError for
    utilities that do not fit the space. Cost: O(outcomes * parties) where that is at most 20 million; exponential at worst
    for sums.

    >>> from negotiate_rt import AdditiveUtility, ContinuousIssue, LinearEvaluation, OutcomeSpace
    >>> pie = OutcomeSpace((ContinuousIssue("mine", 0, 1),))
    >>> own = AdditiveUtility({"mine": 1}, {"mine": LinearEvaluation(1)})
    >>> other = AdditiveUtility({"mine": 1}, {"mine": LinearEvaluation(-1, 1)})
    >>> [round(one, 6) for one in mediated_optimum(pie, [own, other], (0.2, 0.1)).utilities]
    [0.55, 0.45]
    """
    name = check_objective(objective)
    if not utilities:
        raise ConfigurationError("a mediator needs the utility of one party or more")
    bound_to = [one.bind(space) if isinstance(one, SpaceUtility) else one for one in map(timeless, utilities)]
    without = np.zeros(len(bound_to)) if disagreement is None else np.array([float(one) for one in disagreement])
    if len(without) != len(bound_to) or not np.isfinite(without).all():
        raise ConfigurationError(f"disagreement must be {len(bound_to)} finite numbers, got {disagreement!r}")
    kept = frozenset(space.outcome(one) for one in refused)
    if space.countable and space.size * len(bound_to) <= MOST_CELLS and _listable(space, bound_to):
        return _listed(space, bound_to, without, name, kept)
    if all(isinstance(one, AdditiveUtility) for one in bound_to):
        return _added(space, bound_to, without, name, kept, deadline)
    wander = Wandering(space, bound_to, kept, deadline.expired, rng or random.Random(0))
    return _wandered(wander, without, name, steps)


def timeless(utility: UtilityFunction) -> UtilityFunction:
    """Return a utility without its discount."""
    while isinstance(utility, DiscountedUtility):
        utility = utility.base
    return utility


def _listable(space: OutcomeSpace, utilities: Sequence[Any]) -> bool:
    """Whether tables are quickly made: plain functions are called once for every outcome."""
    plain = sum(not isinstance(one, SpaceUtility) for one in utilities)
    return plain * space.size <= 2_000_000 and space.size <= (1_000_000 if plain else 10_000_000)


def _listed(
    space: OutcomeSpace, utilities: Sequence[UtilityFunction], without: Vector, objective: str, refused: Collection[Outcome]
) -> MediatedOptimum | None:
    table = table_of(space, utilities)
    goal = listed_goal(objective, table, without)
    found = None if goal is None else best_listed(space, goal, table, refused)
    if found is None or goal is None:
        return None
    outcome, vector, value = found
    return _told(goal, outcome, vector, (value, value, True), (objective, "listing"))


def _added(
    space: OutcomeSpace, utilities: Sequence[Any], without: Vector, objective: str, refused: Collection[Outcome],
    deadline: Deadline,
) -> MediatedOptimum | None:  # fmt: skip
    menus = Menus(space, utilities)
    sizes = np.sum([np.abs(one).max(axis=0) for one in menus.worths()], axis=0)
    slack = RELATIVE_TOLERANCE * np.maximum(sizes, np.abs(without))
    ideal = _ideal(menus, without, slack, deadline) if objective == "kalai-smorodinsky" else None
    if objective == "kalai-smorodinsky" and ideal is None:
        return None
    goal = goal_of(objective, without, slack, ideal)
    found = best_sum(menus, goal, refused, deadline.expired)
    if found.outcome is None or found.vector is None:
        return None
    proofs = found.value, found.bound, found.proven
    return _told(goal, found.outcome, found.vector, proofs, (objective, "branch and bound"))


def _ideal(menus: Menus, without: Vector, slack: Vector, deadline: Deadline) -> Vector | None:
    """Return the most that each party gets in a rational outcome, as far as it is found; None if no outcome is known to be
    rational."""
    ideal = np.array(without)
    for place in range(len(without)):
        weights = np.zeros(len(without))
        weights[place] = 1.0
        part = deadline.share(0.5 / (len(without) - place))
        found = best_sum(menus, Goal("sum", without, slack, weights), (), part.expired)
        if found.vector is None:
            return None
        ideal = np.maximum(ideal, found.vector)
    return ideal


def _wandered(wander: Wandering, without: Vector, objective: str, steps: int) -> MediatedOptimum | None:
    slack = RELATIVE_TOLERANCE * scale_of(wander.space, wander, without)
    ideal = wander.ideal(without, slack, steps) if objective == "kalai-smorodinsky" else None
    goal = goal_of(objective, without, slack, ideal)
    found = wander.run(goal, steps)
    if found is None:
        return None
    outcome, vector, value = found
    return _told(goal, outcome, vector, (value, math.inf, False), (objective, "annealing"))


def _told(
    goal: Goal, outcome: Outcome, vector: Vector, proofs: tuple[float, float, bool], names: tuple[str, str]
) -> MediatedOptimum:
    value, bound, proven = proofs
    utilities = tuple(vector.tolist())
    if goal.form == "sum":  # of utilities, not of gains
        total = float(goal.without.sum())
        value, bound = math.fsum(utilities), bound + total
    if goal.form == "product":
        value, bound = product(value), product(bound)
    bound = value if proven else max(bound, value)
    return MediatedOptimum(
        outcome=outcome, utilities=utilities, value=value, bound=bound, proven=proven, objective=names[0], method=names[1]
    )


def product(logarithm: float) -> float:
    """Return the number with this logarithm, infinite beyond all floats."""
    try:
        return math.exp(logarithm)
    except OverflowError:
        return math.inf
