"""Outcomes ranked by one utility, for answers in less than a microsecond while a negotiation runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from negotiate_rt.problems.issues import Outcome, OutcomeSpace
from negotiate_rt.problems.utility import UtilityFunction, check_enumerable, utility_table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RELATIVE_TOLERANCE = 1e-12
"""Utilities closer than this times the largest magnitude among them are the same: 0.1 + 0.2 + 0.3 is 0.3 + 0.2 + 0.1.
Ten thousand times the rounding error of adding a few terms, and far below any difference that somebody meant."""


class Ranking:
    """One utility's view of a space.

    worth: outcome to utility. canonical: outcome to the space's own tuple (shared by all rankings of the space).
    levels: the distinct utilities, ascending, each the highest of its ties; lows: the lowest of its ties; firsts: the
    outcome of each level that is first in the space's order. tolerance: what still counts as a tie.
    """

    __slots__ = ("__weakref__", "canonical", "firsts", "levels", "lows", "tolerance", "worth")

    def __init__(self, space: OutcomeSpace, utility: UtilityFunction) -> None:
        import numpy as np  # late: heavy, and a price needs none of it

        check_enumerable(space)  # a table may be larger than what is kept as tuples here
        table = utility_table(space, utility)
        self.canonical = _canonical(space)
        self.worth: dict[Outcome, float] = dict(zip(self.canonical, table.tolist(), strict=True))
        order, starts, self.tolerance = tied_runs(table)
        self.lows: list[float] = table[order[starts]].tolist()
        ends = np.append(starts[1:], len(order)) - 1
        self.levels: list[float] = table[order[ends]].tolist()
        outcomes = list(self.canonical)
        self.firsts: list[Outcome] = [outcomes[i] for i in np.minimum.reduceat(order, starts).tolist()]


def ranking(space: OutcomeSpace, utility: UtilityFunction) -> Ranking:
    """Return the ranking of a utility over a space, built once per pair of objects and dropped with either.

    A utility that is unhashable or takes no weak references is ranked anew on every call. Building costs
    O(n log n) for n outcomes, a lookup O(1). Errors: those of `utility_table`.
    """
    cache: WeakKeyDictionary[UtilityFunction, Ranking] = space.__dict__.setdefault("_rankings", WeakKeyDictionary())
    try:
        known = cache.get(utility)
    except TypeError:
        return Ranking(space, utility)
    if known is None:
        known = cache[utility] = Ranking(space, utility)
    return known


def tied_runs(table: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp], float]:
    """Return (order, starts, tolerance) of a non-empty vector: its ascending order, stable, cut into runs of ties.

    A run ends where the next value is more than `tolerance` (RELATIVE_TOLERANCE times the largest magnitude) higher.
    Cost: O(n log n).
    """
    import numpy as np

    order = np.argsort(table, kind="stable")
    tolerance = RELATIVE_TOLERANCE * float(np.abs(table).max())
    ascending = table[order]
    starts = np.flatnonzero(np.append(True, ascending[1:] - ascending[:-1] > tolerance))
    return order, starts, tolerance


def view(array: Any) -> memoryview:  # Any: numpy's types do not all tell that arrays are buffers
    """Return an array's numbers as a sequence that bisect reads faster than the array, without a copy."""
    return memoryview(array)


def _canonical(space: OutcomeSpace) -> dict[Outcome, Outcome]:
    known: dict[Outcome, Outcome] | None = space.__dict__.get("_canonical")
    if known is None:
        known = space.__dict__["_canonical"] = {outcome: outcome for outcome in space}
    return known
