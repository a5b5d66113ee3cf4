"""Utilities of any kind that is data, from and to what a domain file says: tables, rankings, boxes and wishes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from negotiate_rt.errors import ConfigurationError, InvalidOffer
from negotiate_rt.problems.interdependent import Box, ConstraintUtility, HyperRectangleUtility, WeightedConstraint
from negotiate_rt.problems.issues import OutcomeSpace
from negotiate_rt.problems.tabular import RankedUtility, TabularUtility
from negotiate_rt.problems.utility import SpaceUtility
from negotiate_rt.scenarios.preferences import MOST_LISTED, combination_of, constraint_of
from negotiate_rt.scenarios.reading import MOST_FLAWS
from negotiate_rt.scenarios.utility_format import BoxesSpec, OutcomeSpec, RankedSpec, TableSpec, UtilitySpec, WishesSpec


def utility_of(spec: UtilitySpec, space: OutcomeSpace, path: str, flaws: list[str]) -> SpaceUtility | None:
    """Return the utility that a file describes, bound to the space; None, and flaws by path, where it fits not."""
    before = len(flaws)
    try:
        utility = _made(spec, space, path, flaws)
    except ConfigurationError as error:
        flaws.append(f"{path}: {error}")
    return None if len(flaws) > before else utility


def _made(spec: UtilitySpec, space: OutcomeSpace, path: str, flaws: list[str]) -> SpaceUtility:
    if isinstance(spec, RankedSpec):
        order = [
            [_outcome(one, space, f"{path}.order[{place}][{k}]", flaws) for k, one in enumerate(group)]
            for place, group in enumerate(spec.order)
        ]
        return RankedUtility(order, spec.levels, None if flaws else space)
    if isinstance(spec, BoxesSpec):
        boxes = [Box(combination_of(one.combination), one.bonus) for one in spec.boxes]
        return HyperRectangleUtility(boxes, spec.start, space)
    if isinstance(spec, WishesSpec):
        wishes = [WeightedConstraint(constraint_of(one.constraint), one.weight) for one in spec.wishes]
        return ConstraintUtility(wishes, spec.start, space)
    return _table(spec, space, path, flaws)


def _table(spec: TableSpec, space: OutcomeSpace, path: str, flaws: list[str]) -> SpaceUtility:
    if spec.worths:
        return TabularUtility(list(spec.worths), None, space)
    worths: dict[Any, float] = {}
    for place, one in enumerate(spec.outcomes):
        where = f"{path}.outcomes[{place}].outcome"
        outcome = _outcome(one.outcome, space, where, flaws)
        if outcome in worths:
            flaws.append(f"{where}: {outcome!r} stands twice")
        worths[outcome] = one.worth
    return TabularUtility(worths, spec.default, None if flaws else space)


def _outcome(given: OutcomeSpec, space: OutcomeSpace, path: str, flaws: list[str]) -> Any:  # an outcome of the space
    if len(flaws) <= MOST_FLAWS:
        try:
            return space.outcome(given)
        except InvalidOffer as error:
            flaws.append(f"{path}: {error}")
    return (path,)  # stands for an outcome that there is not; nothing is made of it


# -- out ---------------------------------------------------------------------------------------------------------------


def utility_tree(
    utility: Any, space: OutcomeSpace, party: str, constraint_tree: Any, combination_tree: Any
) -> dict[str, Any]:  # Any: a utility; two functions to plain trees
    """Return a utility as a file says it. Raises ConfigurationError for one that is code and not data."""
    if isinstance(utility, HyperRectangleUtility):
        boxes = [{"combination": combination_tree(one.combination), "bonus": one.bonus} for one in utility.boxes]
        return {"type": "boxes", **_start(utility.start), "boxes": boxes}
    if isinstance(utility, ConstraintUtility):
        wishes = [{"constraint": constraint_tree(one.constraint), "weight": one.weight} for one in utility.wishes]
        return {"type": "wishes", **_start(utility.start), "wishes": wishes}
    if isinstance(utility, RankedUtility):
        order = [[outcome_tree(space.outcome(one), space) for one in place] for place in utility.order]
        levels = {} if utility.levels is None else {"levels": list(utility.levels)}
        return {"type": "ranked", "order": order, **levels}
    if isinstance(utility, TabularUtility):
        return _table_tree(utility, space, party)
    raise ConfigurationError(f"party {party!r}: a {type(utility).__name__} is code, which cannot be written to a file")


def _start(start: float) -> dict[str, float]:
    return {"start": start} if start else {}


def _table_tree(utility: TabularUtility, space: OutcomeSpace, party: str) -> dict[str, Any]:
    if len(utility.values) > MOST_LISTED:
        raise ConfigurationError(f"party {party!r}: a table of {len(utility.values)} worths is too long for a file")
    if not isinstance(utility.values, Mapping):
        return {"type": "table", "worths": [float(one) for one in utility.values]}
    default = {} if utility.default is None else {"default": utility.default}
    outcomes = [
        {"outcome": outcome_tree(space.outcome(one), space), "worth": worth} for one, worth in utility.values.items()
    ]
    return {"type": "table", **default, "outcomes": outcomes}


def outcome_tree(outcome: tuple[Any, ...], space: OutcomeSpace) -> Any:
    """Return an outcome as a list in the issues' order; by name where an optional issue is left out, for TOML has no null."""
    if None not in outcome:
        return list(outcome)
    return {name: value for name, value in zip(space.names, outcome, strict=True) if value is not None}

