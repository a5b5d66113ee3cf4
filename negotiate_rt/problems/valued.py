"""Preferences of a party that is asked what outcomes are worth, and seldom for offers of its own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from negotiate_rt.errors import ConfigurationError, InvalidOffer
from negotiate_rt.problems.derived import bound, own_worth
from negotiate_rt.problems.issues import Outcome, OutcomeSpace
from negotiate_rt.problems.preferences import Preferences
from negotiate_rt.problems.ranking import RELATIVE_TOLERANCE
from negotiate_rt.problems.scalars import finite
from negotiate_rt.problems.searched import outcome_preferences
from negotiate_rt.problems.utility import UtilityFunction


class ValuedPreferences:
    """As OutcomePreferences, over a space of any size and for any utility: nothing is ranked or searched before an offer is
    wanted, and where that cannot be done there are no offers (InvalidOffer), only worths.

    `reservation_value` is lowered by a 1e-12th. ConfigurationError for a utility that does not fit the space.
    """

    def __init__(
        self, space: OutcomeSpace, utility: UtilityFunction, reservation_value: float = 0.0,
        opening: float | Outcome | Mapping[str, object] | None = None,
    ) -> None:  # fmt: skip
        self.space = space
        self.known = True
        self.aim: tuple[float, Any] | None = None
        self.limit = self.disagreement = finite(reservation_value, "reservation_value", ConfigurationError)
        self.reservation_value = self.limit - RELATIVE_TOLERANCE * max(1.0, abs(self.limit))
        self._utility = bound(utility, space)
        self._opening = opening

    def check(self, value: object) -> Outcome:
        """Return the space's own tuple for a tuple, list or mapping; InvalidOffer as `OutcomeSpace.outcome` says."""
        return self.space.outcome(value)

    def utility(self, value: Outcome, mine: bool) -> float:
        """Return the utility of a checked outcome; whose offer it was makes no difference."""
        return own_worth(self._utility, value)

    def scale(self, value: Outcome) -> float:
        """Return my utility of the opponent's offer."""
        return own_worth(self._utility, value)

    @property
    def opening(self) -> float:
        """Where concession starts. InvalidOffer where the utility cannot be searched."""
        return self._whole.opening

    def offer(self, target: float) -> Outcome:
        """Return the outcome to offer for a target. InvalidOffer as in OutcomePreferences, or where it cannot be searched."""
        return self._whole.offer(target)  # type: ignore[no-any-return]  # an outcome of the space

    @cached_property
    def _whole(self) -> Preferences:
        try:
            return outcome_preferences(self.space, self._utility, self.limit, self._opening)
        except ConfigurationError as cause:
            raise InvalidOffer(f"no offer can be found for a target: {cause}") from cause
