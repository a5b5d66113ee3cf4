"""What one seat of a two-party negotiation wants, resolved for the problem at hand.

A strategy concedes on a scale: the price itself, the share of a pie, or, over many issues, one's own utility. The
guard compares utilities. Preferences turn one into the other, the same way for every protocol. Everything here runs
once or more per turn, so the methods allocate nothing and cost well under a microsecond on canonical values.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Mapping
from operator import is_
from typing import Any, Protocol

from negotiate_rt.errors import ConfigurationError, InvalidOffer
from negotiate_rt.problems.issues import Outcome, OutcomeSpace
from negotiate_rt.problems.ranking import Ranking, ranking
from negotiate_rt.problems.scalars import finite
from negotiate_rt.problems.utility import UtilityFunction


class Preferences(Protocol):
    """What the guard, a strategy and the outcome need to know of one party.

    opening, limit: where concession starts and ends, on the strategy's scale. reservation_value, disagreement: as
    utilities, the least that is acceptable and what no deal is worth. known: whether utilities mean anything.
    Offer values are `Any` here: a float for a price or a share, a tuple for an outcome; the implementation knows.
    aim: over outcomes, the last target of a concession and the offer that it led to, for the next to go on from.
    """

    aim: tuple[float, Any] | None

    @property
    def opening(self) -> float: ...
    @property
    def limit(self) -> float: ...
    @property
    def reservation_value(self) -> float: ...
    @property
    def disagreement(self) -> float: ...
    @property
    def known(self) -> bool: ...

    def check(self, value: object) -> Any:
        """Return the canonical form of an offer value; InvalidOffer says why it is none."""

    def utility(self, value: Any, mine: bool) -> float:
        """Return what a deal at this (checked) value is worth; `mine`: I made the offer (a share is its maker's)."""

    def scale(self, value: Any) -> float:
        """Return an opponent's (checked) offer on my strategy's scale."""

    def offer(self, target: float) -> Any:
        """Return the offer to make for a target on that scale, canonical; InvalidOffer if there is none."""


class PricePreferences:
    """A buyer's or seller's: the scale is the price, utility is the surplus over the limit in the price's unit.

    selling: utility = price - limit, otherwise limit - price. Without an opening a seller starts at limit + |limit|
    (twice a positive limit) and a buyer at 0 (twice a negative limit). ConfigurationError if limit or opening is no
    finite number, or the opening is worse for oneself than the limit.
    """

    __slots__ = ("__weakref__", "aim", "disagreement", "known", "limit", "opening", "reservation_value", "selling")

    def __init__(self, limit: float, opening: float | None = None, *, selling: bool) -> None:
        self.limit = finite(limit, "limit", ConfigurationError)
        self.selling = selling
        if opening is None:
            opening = self.limit + abs(self.limit) if selling else min(0.0, 2 * self.limit)
        self.opening = finite(opening, "opening", ConfigurationError)
        self.reservation_value = 0.0
        self.disagreement = 0.0
        self.known = True
        self.aim: tuple[float, Any] | None = None
        if self.utility(self.opening, True) < 0:
            who, side = ("seller", "below") if selling else ("buyer", "above")
            raise ConfigurationError(f"a {who}'s opening {self.opening} must not lie {side} its limit {self.limit}")

    def check(self, value: object) -> float:
        """Return the price as a float; InvalidOffer unless it is a finite number."""
        if type(value) is float and -math.inf < value < math.inf:
            return value
        return finite(value, "a price")

    def utility(self, value: float, mine: bool) -> float:
        """Return the surplus over the limit, in the price's unit; whose offer it was makes no difference."""
        return value - self.limit if self.selling else self.limit - value

    def scale(self, value: float) -> float:
        """Return the price."""
        return value

    def offer(self, target: float) -> float:
        """Return the target price; InvalidOffer if it is no finite number."""
        return finite(target, "a price")


class PiePreferences:
    """A share of a pie: each offer is what its proposer demands for itself, utility is one's own share.

    size: the pie, > 0. reservation: the least share worth having, also what no deal is worth. opening: the first
    demand, the whole pie by default. ConfigurationError unless 0 <= reservation <= opening <= size.
    """

    __slots__ = ("__weakref__", "aim", "disagreement", "known", "limit", "opening", "reservation_value", "size")

    def __init__(self, size: float, reservation: float = 0.0, opening: float | None = None) -> None:
        self.size = finite(size, "size", ConfigurationError)
        self.limit = finite(reservation, "reservation", ConfigurationError)
        self.opening = finite(self.size if opening is None else opening, "opening", ConfigurationError)
        if not (self.size > 0 and 0 <= self.limit <= self.opening <= self.size):
            raise ConfigurationError(
                f"a share of a pie needs 0 <= reservation <= opening <= size and size > 0, got reservation "
                f"{self.limit}, opening {self.opening}, size {self.size}"
            )
        self.reservation_value = self.disagreement = self.limit
        self.known = True
        self.aim: tuple[float, Any] | None = None

    def check(self, value: object) -> float:
        """Return the demand as a float; InvalidOffer unless it is a number between 0 and the size of the pie."""
        demand = finite(value, "a share of the pie")
        if 0.0 <= demand <= self.size:
            return demand
        raise InvalidOffer(f"a share of the pie must be between 0 and {self.size}, got {demand}")

    def utility(self, value: float, mine: bool) -> float:
        """Return my share: my own demand, or what the opponent's leaves me."""
        return value if mine else self.size - value

    def scale(self, value: float) -> float:
        """Return the share that an opponent's demand leaves me."""
        return self.size - value

    def offer(self, target: float) -> float:
        """Return the demand for that share; InvalidOffer unless 0 <= target <= size."""
        return self.check(target)


class OutcomePreferences:
    """Over many issues: the scale is one's own utility, and an offer is an outcome of about that utility.

    opening: a utility, or an outcome whose utility it is; the best outcome's by default. Utilities closer than a
    1e-12th of the largest count as equal; `reservation_value` is lowered by that much where an outcome needs it, so
    that a plain comparison with it is right. Spaces of up to a million outcomes, ranked once per (utility, space)
    and shared by all sessions: O(n log n), then a lookup per check and utility, a bisection per offer.
    ConfigurationError for a utility that fails on some outcome, or an opening below the reservation value.
    """

    __slots__ = (
        "__weakref__", "_canonical", "_firsts", "_has_flags", "_levels", "_ranking", "_tolerance", "_worth", "aim",
        "disagreement", "known", "limit", "opening", "reservation_value", "space",
    )

    def __init__(
        self,
        space: OutcomeSpace,
        utility: UtilityFunction,
        reservation_value: float = 0.0,
        opening: float | Outcome | Mapping[str, object] | None = None,
    ) -> None:
        ranked = ranking(space, utility)
        self.space = space
        self._ranking = ranked
        self._canonical, self._worth, self._firsts = ranked.canonical, ranked.worth, ranked.firsts
        self._tolerance, self._has_flags = ranked.tolerance, space.has_flags
        self.limit = self.disagreement = finite(reservation_value, "reservation_value", ConfigurationError)
        place = bisect_left(ranked.levels, self.limit - ranked.tolerance)
        rational = place < len(ranked.levels)
        self._levels = ranked.levels if rational else []
        self.reservation_value = min(self.limit, ranked.lows[place]) if rational else self.limit
        self.opening = ranked.levels[-1] if opening is None else opening_worth(opening, space, self.scale, self.reservation_value)
        self.known = True
        self.aim: tuple[float, Any] | None = None

    @property
    def hopeless(self) -> bool:
        """Whether no outcome is worth the reservation value."""
        return not self._levels

    @property
    def ranking(self) -> Ranking:
        """All outcomes by what they are worth here, shared by everyone with this utility."""
        return self._ranking

    def check(self, value: object) -> Outcome:
        """Return the space's own tuple for a tuple, list or mapping; InvalidOffer as `OutcomeSpace.outcome` says."""
        if type(value) is tuple:
            try:
                known = self._canonical[value]
            except (KeyError, TypeError):  # no outcome, or something unhashable in it: say what is wrong
                return self.space.outcome(value)
            if not self._has_flags or value is known or all(map(is_, map(type, value), map(type, known))):
                return known
        return self._canonical[self.space.outcome(value)]

    def utility(self, value: Outcome, mine: bool) -> float:
        """Return the utility of a checked outcome; whose offer it was makes no difference."""
        return self._worth[value]

    def scale(self, value: Outcome) -> float:
        """Return my utility of the opponent's offer."""
        return self._worth[value]

    def offer(self, target: float) -> Outcome:
        """Return the outcome whose utility is nearest at or above the target, or the best if none reaches it.

        Among ties the first in the space's order. InvalidOffer if the target is no finite number, or no outcome is
        worth the reservation value. Cost: O(log outcomes).
        """
        if type(target) is not float or not -math.inf < target < math.inf:
            target = finite(target, "a target utility")
        levels = self._levels
        if not levels:
            raise self._refusal()
        place = bisect_left(levels, target - self._tolerance)
        return self._firsts[place] if place < len(levels) else self._firsts[-1]

    def _refusal(self) -> InvalidOffer:
        best = self.space.describe(self._firsts[-1])
        return InvalidOffer(
            f"no outcome is worth its reservation value {self.limit}: the best, {best}, is worth "
            f"{self._ranking.levels[-1]}"
        )


def opening_worth(opening: object, space: OutcomeSpace, worth_of: Callable[[Any], float], least: float) -> float:
    """Return an opening as a utility; of an outcome (a tuple, list or mapping) its own.

    Raises ConfigurationError if it is no outcome and no finite number, or below `least`, the reservation value.
    """
    if isinstance(opening, (tuple, list, Mapping)):
        try:
            worth = worth_of(space.outcome(opening))
        except InvalidOffer as cause:
            raise ConfigurationError(f"opening: {cause}") from cause
    else:
        worth = finite(opening, "opening", ConfigurationError)
    if worth < least:
        raise ConfigurationError(f"an opening of utility {worth} is below its own reservation value {least}")
    return worth


class UnknownPreferences:
    """Of a party that told nobody what it wants: only the form of its offers is checked.

    Every value is worth 0.0 and acceptable (`reservation_value` is minus infinity); `known` is False, so that a
    report leaves the utility out. A target is offered as it stands. check: the problem's own. opening: NaN if None.
    """

    __slots__ = ("__weakref__", "aim", "check", "disagreement", "known", "limit", "opening", "reservation_value")

    def __init__(self, check: Callable[[object], Any], opening: float | None = None) -> None:
        self.check = check
        self.opening = math.nan if opening is None else finite(opening, "opening", ConfigurationError)
        self.limit = math.nan
        self.reservation_value = -math.inf
        self.disagreement = 0.0
        self.known = False
        self.aim: tuple[float, Any] | None = None

    def utility(self, value: object, mine: bool) -> float:
        """Return 0.0: nobody knows."""
        return 0.0

    def scale(self, value: object) -> float:
        """Return a price or share as it stands, NaN for an outcome of many issues."""
        return value if isinstance(value, float) else math.nan

    def offer(self, target: float) -> Any:
        """Return the target itself, checked: right for a price or share; InvalidOffer in a space of many issues."""
        return self.check(target)


class ValuedPricePreferences:
    """Of a party that knows what each price is worth to it, as a function, but names no limit price.

    The scale is the price. Without an inverse there is no way to concede along it: such a party decides for itself
    (its `decide` hook), or names an opening and a strategy. utility must return finite numbers.
    """

    __slots__ = ("__weakref__", "aim", "disagreement", "known", "limit", "opening", "reservation_value", "worth")

    def __init__(
        self, utility: Callable[[float], float], reservation_value: float = 0.0, opening: float | None = None
    ) -> None:
        self.worth = utility
        self.reservation_value = self.disagreement = finite(
            reservation_value, "reservation_value", ConfigurationError
        )
        self.opening = math.nan if opening is None else finite(opening, "opening", ConfigurationError)
        self.limit = self.opening
        self.known = True
        self.aim: tuple[float, Any] | None = None

    def check(self, value: object) -> float:
        """Return the price as a float; InvalidOffer unless it is a finite number."""
        return finite(value, "a price")

    def utility(self, value: float, mine: bool) -> float:
        """Return what the price is worth, by the party's own function."""
        return finite(self.worth(value), "a utility")

    def scale(self, value: float) -> float:
        """Return the price."""
        return value

    def offer(self, target: float) -> float:
        """Return the target price; InvalidOffer if it is no finite number."""
        return finite(target, "a price")
