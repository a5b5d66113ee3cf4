"""Several offers at once: outcomes of about the same worth to oneself, those nearest to what the other side has asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from negotiate_rt.errors import ConfigurationError, InvalidOffer
from negotiate_rt.messages.performatives import Accept, Propose, Walk
from negotiate_rt.messages.view import View
from negotiate_rt.problems.bargaining import BargainingProblem
from negotiate_rt.strategies.concession import TimeDependentConcession
from negotiate_rt.strategies.deciding import next_target

MENUS = "alternating-menus"
WINDOW = 16
"""Outcomes looked at for each offer of the menu: those nearest above the target."""


class EquivalentOffers(msgspec.Struct, frozen=True, tag_field="name", tag="equivalent-offers"):
    """Concede along Faratin's curve, and offer `count` outcomes at once that are worth about the target.

    A callable of the view. Of the outcomes nearest at or above the target, those that share most values with one of the other
    side's offers. Over a price or a pie there is but one offer of a given worth; where a turn makes only one offer, it is
    the first of them. Cost: O(count) after the space has been ranked once.
    """

    count: int = 3
    beta: float = 1.0

    def __post_init__(self) -> None:
        TimeDependentConcession(self.beta)  # refuses what is out of range
        if isinstance(self.count, bool) or not isinstance(self.count, int) or self.count < 1:
            raise ConfigurationError(f"count: expected a whole number of at least 1, got {self.count!r}")

    def __call__(self, view: View) -> Any:  # a decision, or a list of values
        """Accept the standing offer if it is as good as the own next ones; else make those."""
        preferences, standing = view.preferences, view.standing_offer
        try:
            target = next_target(view, preferences, TimeDependentConcession(self.beta))
            least = preferences.offer(target)
        except InvalidOffer as error:
            return Walk(str(error))
        if standing is not None and "accept-proposal" in view.may_say:
            worth = preferences.utility(standing.value, False)
            if worth >= preferences.reservation_value and worth >= preferences.utility(least, True):
                return Accept()
        if not isinstance(view.problem, BargainingProblem):
            return Propose(least)
        from negotiate_rt.strategies.options import options_of  # late: numpy

        options = options_of(preferences)
        place = options.down_to(target)
        near = options.values[max(0, place - self.count * WINDOW) : place][::-1]  # least worth to oneself first
        heard = list(dict.fromkeys(view.heard))[-WINDOW:]
        alike = likeness(near, heard)
        by_likeness = [near[k] for k in sorted(range(len(near)), key=alike.__getitem__, reverse=True)]
        menu = list(dict.fromkeys([least, *by_likeness]))[: self.count]
        return menu if view.protocol == MENUS else Propose(by_likeness[0] if by_likeness else least)


def likeness(outcomes: Sequence[Any], others: Sequence[Any]) -> list[int]:
    """Return, for each of some outcomes, how many issues are as in the most similar of some others; 0 without any.

    Others are counted side by side, each in digits of its own in one whole number: O(issues) for an outcome, not for each pair.
    """
    if not others:
        return [0] * len(outcomes)
    size = 1 + len(others[0]).bit_length() // 8  # bytes that count up to all issues
    rows: list[dict[Any, int]] = [{} for _ in others[0]]
    for place, other in enumerate(others):
        one = 1 << 8 * size * place
        for row, value in zip(rows, other, strict=True):
            row[value] = row.get(value, 0) + one
    counted = []
    for outcome in outcomes:
        counts = sum([row.get(value, 0) for row, value in zip(rows, outcome, strict=True)])
        several = counts.to_bytes(size * len(others), "little")
        counted.append(max(several) if size == 1 else _largest(several, size))
    return counted


def _largest(several: bytes, size: int) -> int:
    return max(int.from_bytes(several[k : k + size], "little") for k in range(0, len(several), size))
