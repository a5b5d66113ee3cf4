"""Deals that lose worth while the talk goes on: preferences discounted by round or by time, seen at the moment of asking.

A deal struck in round t is worth discount^(t-1) times its utility, or discount^(seconds since the start). The reservation
value is not discounted: it is what the discounted worth is compared with, so a party that waits must ask for more. An
offer is judged at the earliest round in which it can be struck, an acceptance at the present one.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

from negotiate_rt.errors import InvalidOffer
from negotiate_rt.problems.preferences import (
    PiePreferences,
    Preferences,
    PricePreferences,
    UnknownPreferences,
    ValuedPricePreferences,
)

if TYPE_CHECKING:
    from negotiate_rt.runtime.conversation import Conversation

SLACK = 1e-12  # of the reservation value: what dividing by a discount and multiplying again may lose


class WaningPreferences:
    """Preferences over deals whose worth depends on when they are struck; a subclass says how, by `worth` and `needed`.

    `base` holds the preferences over deals struck at once. Utilities are what a deal is worth if struck now (an own
    offer: if it is taken at the first chance); `limit` moves so that it is always worth the reservation value then.
    """

    __slots__ = ("__weakref__", "aim", "base", "check", "disagreement", "known", "opening", "reservation_value", "scale")

    def __init__(self, base: Preferences) -> None:
        self.base = base
        self.aim: tuple[float, Any] | None = None
        self.check = base.check
        self.scale = base.scale
        self.known = base.known
        self.opening = base.opening
        self.disagreement = base.disagreement
        least = base.reservation_value
        self.reservation_value = least - SLACK * max(1.0, abs(least)) if math.isfinite(least) else least

    def worth(self, utility: float, mine: bool) -> float:
        """Return what a deal of this utility is worth if struck now; `mine`: I make the offer, it is struck later."""
        raise NotImplementedError

    def needed(self, worth: float) -> float:
        """Return the utility that an offer of mine must have to be worth this much; infinite if none has."""
        raise NotImplementedError

    @property
    def selling(self) -> bool | None:
        """Whether I sell, or None where nobody buys or sells."""
        return getattr(self.base, "selling", None)

    def layers(self) -> list[WaningPreferences]:
        """Return this and what it rests on, outermost first, down to the preferences over deals struck at once."""
        found: list[WaningPreferences] = [self]
        while isinstance(found[-1].base, WaningPreferences):
            found.append(found[-1].base)
        return found

    @property
    def limit(self) -> float:
        """Where concession ends, on the strategy's scale: what is still worth the reservation value."""
        layers = self.layers()
        plain = layers[-1].base
        if isinstance(plain, (UnknownPreferences, ValuedPricePreferences)):
            return plain.limit
        needed = plain.reservation_value if isinstance(plain, PricePreferences) else plain.limit
        for layer in layers:
            needed = layer.needed(needed)
        if isinstance(plain, PricePreferences):
            return plain.limit + needed if plain.selling else plain.limit - needed
        return min(needed, max(plain.opening, plain.limit))

    def utility(self, value: Any, mine: bool) -> float:
        """Return what a deal at this (checked) value is worth if it is struck now."""
        return self.worth(self.base.utility(value, mine), mine)

    def offer(self, target: float) -> Any:
        """Return the offer to make for a target on the scale; InvalidOffer if there is none that is worth making any more."""
        value = self.base.offer(target)
        if self.utility(value, True) < self.reservation_value:
            if self.hopeless:
                raise InvalidOffer(
                    f"no deal is worth its reservation value {self.base.reservation_value:g} any more: too much time has passed"
                )
            value = self.base.offer(self.limit)  # the limit has moved past the target since it was set
        return value

    @property
    def hopeless(self) -> bool:
        """Whether no deal at all is worth the reservation value any more."""
        layers = self.layers()
        if getattr(layers[-1].base, "hopeless", False):  # no deal was from the start
            return True
        worth = best_of(layers[-1].base)
        for layer in reversed(layers):
            worth = layer.worth(worth, True)
        return worth < self.reservation_value


def best_of(plain: Preferences) -> float:
    """Return the utility of the best deal there is, infinite where none is the best."""
    if isinstance(plain, PiePreferences):
        return plain.size
    if isinstance(plain, (UnknownPreferences, ValuedPricePreferences, PricePreferences)):
        return math.inf
    return float(plain.utility(plain.offer(sys.float_info.max), True))


class DiscountedPreferences(WaningPreferences):
    """Preferences discounted by round or by time. `later`: rounds that pass until the others can take an offer of mine."""

    __slots__ = ("by_round", "conversation", "discount", "later", "passed")

    def __init__(self, base: Preferences, discount: float, by_round: bool, later: int) -> None:
        super().__init__(base)
        self.discount = discount
        self.by_round = by_round
        self.later = later
        self.conversation: Conversation | None = None
        self.passed = 0.0  # rounds or seconds, where no conversation says

    def follow(self, conversation: Conversation) -> None:
        """Take time and rounds from this conversation from now on."""
        self.conversation = conversation

    def take_at_once(self) -> None:
        """Judge one's own offers as struck in the round that they are made in, whoever opens."""
        for layer in self.layers():
            if isinstance(layer, DiscountedPreferences):
                layer.later = 0

    def delay(self, mine: bool) -> float:
        """Return the rounds or seconds by which a deal struck now is late."""
        talk = self.conversation
        if talk is None:
            return self.passed
        if not self.by_round:
            return (talk.ended_at if talk.over else talk.kernel.now) - talk.started_at
        return round_of(talk) - 1 + (self.later if mine and not talk.over else 0)

    def worth(self, utility: float, mine: bool) -> float:
        """Return discount^delay · utility."""
        factor = self.discount ** self.delay(mine)
        return float(factor * utility) if factor else 0.0

    def needed(self, worth: float) -> float:
        """Return worth / discount^delay."""
        factor = self.discount ** self.delay(True)
        return worth / factor if factor else math.inf if worth > 0 else worth

    def __reduce__(self) -> tuple[Any, ...]:  # a copy for another process stands still in time
        return still, (self.base, self.discount, self.delay(False))


def still(base: Preferences, discount: float, passed: float) -> DiscountedPreferences:
    """Return discounted preferences as they are after so many rounds or seconds."""
    frozen = DiscountedPreferences(base, discount, False, 0)
    frozen.passed = passed
    return frozen


def round_of(talk: Conversation) -> int:
    """Return the round that a conversation is in, or ended in."""
    if talk.round:
        return talk.round
    over = talk.over
    return max((one.machine.round if over else one.machine.turns // 2 + 1 for one in talk.ends), default=1)
