"""Preferences over spaces too large to be kept outcome by outcome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from negotiate_rt.errors import ConfigurationError, InvalidOffer
from negotiate_rt.problems.derived import bound, own_worth
from negotiate_rt.problems.inverse import inverse
from negotiate_rt.problems.issues import Outcome, OutcomeSpace
from negotiate_rt.problems.preferences import OutcomePreferences, Preferences, opening_worth
from negotiate_rt.problems.ranking import RELATIVE_TOLERANCE
from negotiate_rt.problems.scalars import finite
from negotiate_rt.problems.utility import MOST_OUTCOMES, UtilityFunction


class SearchedPreferences:
    """As OutcomePreferences, for spaces of more than a million outcomes: nothing is kept by outcome.

    Up to ten million outcomes are sorted once; beyond that the utility must be additive, and each new target is a search
    (milliseconds to a tenth of a second). Utilities closer than a 1e-12th of the largest count as equal;
    `reservation_value` is lowered by that much. ConfigurationError for a space with continuous issues that must be
    discretized (under constraints, or if the utility is not additive), a utility that cannot be searched, or an opening
    below the reservation value.
    """

    __slots__ = (
        "__weakref__", "_best", "_found", "_offers", "_utility", "aim", "disagreement", "known", "limit", "opening",
        "reservation_value", "space",
    )  # fmt: skip

    def __init__(
        self,
        space: OutcomeSpace,
        utility: UtilityFunction,
        reservation_value: float = 0.0,
        opening: float | Outcome | Mapping[str, object] | None = None,
    ) -> None:
        self.space = space
        self._utility = bound(utility, space)
        self._found = inverse(space, self._utility)
        self._best = self._found.best()
        highest = self._found.highest
        self.limit = self.disagreement = finite(reservation_value, "reservation_value", ConfigurationError)
        self.reservation_value = self.limit - RELATIVE_TOLERANCE * max(abs(highest), abs(self.limit))
        self._offers: dict[float, Outcome] = {}
        self.known = True
        self.aim: tuple[float, Any] | None = None
        self.opening = highest if opening is None else opening_worth(opening, space, self.scale, self.reservation_value)

    @property
    def hopeless(self) -> bool:
        """Whether no outcome is worth the reservation value."""
        return self._found.highest < self.reservation_value

    def check(self, value: object) -> Outcome:
        """Return the space's own tuple for a tuple, list or mapping; InvalidOffer as `OutcomeSpace.outcome` says."""
        return self.space.outcome(value)

    def utility(self, value: Outcome, mine: bool) -> float:
        """Return the utility of a checked outcome; whose offer it was makes no difference."""
        return own_worth(self._utility, value)

    def scale(self, value: Outcome) -> float:
        """Return my utility of the opponent's offer."""
        return own_worth(self._utility, value)

    def offer(self, target: float) -> Outcome:
        """Return the outcome whose utility is nearest at or above the target, or the best if none reaches it.

        In spaces far beyond 10^12 outcomes one that is nearly so: see `InverseUtility.closely_above`. Never one below the
        reservation value. InvalidOffer if the target is no finite number, or no outcome is worth the
        reservation value.
        """
        target = max(finite(target, "a target utility"), self.limit)
        if self.hopeless:
            best = self.space.describe(self._best)
            raise InvalidOffer(
                f"no outcome is worth its reservation value {self.limit}: the best, {best}, is worth {self._found.highest}"
            )
        known = self._offers.get(target)
        if known is None:
            if len(self._offers) >= 1024:
                self._offers.clear()
            known = self._offers[target] = self._found.closely_above(target) or self._best
        return known


def outcome_preferences(
    space: OutcomeSpace,
    utility: UtilityFunction,
    reservation_value: float = 0.0,
    opening: float | Outcome | Mapping[str, object] | None = None,
) -> Preferences:
    """Return preferences over a space: kept by outcome up to a million of them, searched beyond."""
    kept = space.countable and space.size <= MOST_OUTCOMES
    return (OutcomePreferences if kept else SearchedPreferences)(space, utility, reservation_value, opening)
