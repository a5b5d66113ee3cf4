"""From a utility function to preferences that can be told as data, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.constraints import is_finite_issue
from negotiate_rt.problems.derived import DiscountedUtility
from negotiate_rt.problems.evaluations import (
    EvaluationFunction,
    ExponentialEvaluation,
    LinearEvaluation,
    PolynomialEvaluation,
    TriangularEvaluation,
)
from negotiate_rt.problems.influence import InfluenceUtility
from negotiate_rt.problems.interdependent import HyperRectangleUtility
from negotiate_rt.problems.issues import OutcomeSpace
from negotiate_rt.problems.kinds import AnyIssue
from negotiate_rt.problems.mediation import (
    AnyPreferences,
    Evaluated,
    ListOfWorths,
    SampledEvaluation,
    SumOfBoxes,
    SumOfInfluences,
    SumOfWorths,
)
from negotiate_rt.problems.tabular import TabularUtility
from negotiate_rt.problems.utility import AdditiveUtility, SpaceUtility, UtilityFunction, utility_table
from negotiate_rt.problems.worths import Worths

MOST_TOLD = 100_000
"""Outcomes whose worths are told one by one."""

_SAMPLED = 1_001  # points at which a function of a number is told
_FUNCTIONS = (LinearEvaluation, TriangularEvaluation, PolynomialEvaluation, ExponentialEvaluation, SampledEvaluation)


def told_preferences(utility: UtilityFunction, space: OutcomeSpace, without: float = 0.0) -> AnyPreferences:
    """Return preferences as data: sums as they are, boxes and influences as well, anything else outcome by outcome.

    without: what no deal is worth. A function of a number that is none of problems.evaluations is told at 1,001 points.
    ConfigurationError if the utility is none of these and the space has more than 100,000 outcomes. Cost: O(what is told).
    """
    while isinstance(utility, DiscountedUtility):
        utility = utility.base
    own: Any = utility.bind(space) if isinstance(utility, SpaceUtility) else utility
    if isinstance(own, AdditiveUtility):
        pairs = [_told_part(part) for part in own.parts]
        return SumOfWorths(weights=tuple(one for one, _ in pairs), worths=tuple(one for _, one in pairs), without=without)
    if isinstance(own, HyperRectangleUtility):
        return SumOfBoxes(boxes=own.boxes, start=own.start, without=without)
    if isinstance(own, InfluenceUtility):
        place = {name: position for position, name in enumerate(space.names)}
        pairs_told = tuple((place[one], place[other], number) for (one, other), number in own.pairs.items())
        return SumOfInfluences(
            own=tuple(own.own.get(name, 0.0) for name in space.names), pairs=pairs_told, start=own.start, without=without
        )
    if not space.countable or space.size > MOST_TOLD:
        raise ConfigurationError(
            f"a utility of type {type(own).__name__} over more than {MOST_TOLD} outcomes cannot be told: use an AdditiveUtility, "
            "HyperRectangleUtility or InfluenceUtility, or a method that needs votes only"
        )
    return ListOfWorths(worths=tuple(utility_table(space, own).tolist()), without=without)


def heard_utility(told: AnyPreferences, space: OutcomeSpace) -> SpaceUtility:
    """Return the utility that told preferences describe, bound to the space. ConfigurationError if they do not fit it."""
    if isinstance(told, SumOfWorths):
        _check_count("weights", len(told.weights), len(space.issues), "issue")
        _check_count("worths", len(told.worths), len(space.issues), "issue")
        values = {issue.name: _heard_part(issue, one) for issue, one in zip(space.issues, told.worths, strict=True)}
        return AdditiveUtility(dict(zip(space.names, told.weights, strict=True)), values, space)
    if isinstance(told, SumOfBoxes):
        return HyperRectangleUtility(told.boxes, told.start, space)
    if isinstance(told, SumOfInfluences):
        _check_count("own", len(told.own), len(space.issues), "issue")
        names = space.names
        for first, second, _ in told.pairs:
            if not (0 <= first < len(names) and 0 <= second < len(names)):
                raise ConfigurationError(f"pairs: there is no pair of issues {first}, {second}, only 0 to {len(names) - 1}")
        pairs = {(names[first], names[second]): number for first, second, number in told.pairs}
        _check_count("pairs", len(pairs), len(told.pairs), "pair")
        return InfluenceUtility(dict(zip(names, told.own, strict=True)), pairs, told.start, space)
    return TabularUtility(np.array(told.worths, dtype=np.float64), space=space)


def _told_part(part: Worths) -> tuple[float, Evaluated]:
    """Return the weight and the worths of one issue."""
    if part.table is not None:
        return 1.0, tuple(part.table.values())
    evaluation: Any = part.evaluation
    if isinstance(evaluation, EvaluationFunction | SampledEvaluation):
        return part.weight, evaluation
    low, high = (float(one) for one in part.ends()[:2])
    points = np.linspace(low, high, _SAMPLED).tolist()
    if is_finite_issue(part.issue):
        points = [round(one) for one in points]
    return 1.0, SampledEvaluation(low, high, tuple(part[one] for one in points))


def _heard_part(issue: AnyIssue, told: Evaluated) -> dict[Any, float] | Callable[[float], float]:
    if isinstance(told, _FUNCTIONS):
        return told
    if not is_finite_issue(issue):
        raise ConfigurationError(f"worths of {issue.name!r}: a continuous issue needs an evaluation, got {len(told)} numbers")
    _check_count(f"worths of {issue.name!r}", len(told), issue.size, "value")
    return dict(zip(issue.values, told, strict=True))


def _check_count(what: str, given: int, expected: int, each: str) -> None:
    if given != expected:
        raise ConfigurationError(f"{what} must be {expected} numbers, one per {each}, got {given}")

