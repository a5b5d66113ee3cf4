"""What a utility ranges over, and the same preferences brought to the range from 0 to 1."""

from __future__ import annotations

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.derived import AffineUtility, bound
from negotiate_rt.problems.inverse import inverse
from negotiate_rt.problems.issues import MOST_LISTED, OutcomeSpace
from negotiate_rt.problems.utility import AdditiveUtility, SpaceUtility, UtilityFunction, utility_table


def extremes(space: OutcomeSpace, utility: UtilityFunction) -> tuple[float, float]:
    """Return what the worst and the best outcome of a space are worth.

    Issue by issue for an additive utility, in a space of any size and on continuous issues; else from its table:
    ConfigurationError for a space too large to enumerate. Cost: O(values), or O(outcomes).
    """
    if isinstance(utility, AdditiveUtility):
        own = utility.bind(space)
        if not space.rules:
            low, high = (own.worth(tuple(part.extreme(largest)[0] for part in own.parts)) for largest in (False, True))
            return low, high
        if not (space.countable and space.size <= MOST_LISTED):
            found = inverse(space, own)
            return found.lowest, found.highest
    table = utility_table(space, utility)
    return float(table.min()), float(table.max())


def normalized(space: OutcomeSpace, utility: UtilityFunction) -> SpaceUtility:
    """Return the same preferences rescaled over a space: the worst outcome is worth 0 and the best 1.

    u'(x) = (u(x) - min u) / (max u - min u). A utility to which all outcomes are worth the same is worth 1 everywhere. An
    additive utility stays additive, if no constraint ties its issues and none of them has more than 100,000 values.
    Errors and cost: those of `extremes`.
    """
    low, high = extremes(space, utility)
    if high == low:
        return AffineUtility(bound(utility, space), 0.0, 1.0, space)
    if isinstance(utility, AdditiveUtility) and not space.rules:
        additive = _normalized_issues(utility.bind(space), space)
        if additive is not None:
            return additive
    scale = 1.0 / (high - low)
    if not 0 < scale < float("inf"):
        raise ConfigurationError(f"utilities from {low} to {high} cannot be rescaled: their range is no normal number")
    return AffineUtility(bound(utility, space), scale, -low * scale, space)


def negated(utility: UtilityFunction) -> AffineUtility:
    """Return the opposite preferences: -u(x)."""
    return AffineUtility(utility, -1.0)


def _normalized_issues(utility: AdditiveUtility, space: OutcomeSpace) -> AdditiveUtility | None:
    tables = [part.table for part in utility.parts]
    if None in tables:
        return None
    weights: dict[str, float] = {}
    values: dict[str, dict[object, float]] = {}
    ends = [(min(table.values()), max(table.values())) for table in tables if table is not None]
    whole = sum(high - low for low, high in ends)
    for name, table, (low, high) in zip(space.names, tables, ends, strict=True):
        assert table is not None  # see above
        weights[name] = (high - low) / whole
        values[name] = {value: (worth - low) / (high - low) if high > low else 0.0 for value, worth in table.items()}
    return AdditiveUtility(weights, values, space)
