"""Honest answers to a referee: what a claimant without a strategy of its own says, by what things are worth to it."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from negotiate_rt.errors import InvalidDecision
from negotiate_rt.messages.view import View
from negotiate_rt.problems.division_calls import (
    AppraisalCall,
    ChoiceCall,
    ClaimCall,
    CutCall,
    EnvyCall,
    MarkCall,
    PickCall,
    WishCall,
)
from negotiate_rt.problems.goods import DivisionProblem

if TYPE_CHECKING:
    from negotiate_rt.solutions.division.cake import CakeValue


class Valuation:
    """What one claimant, the `party`, wants, resolved for what is at stake: `items`, a problem that knows its worths of these;
    `cake`, a density; or `claim`, a number. Others do not see it.
    """

    known = False  # not a bargainer's preferences: nothing is offered that could be worth anything to it

    def __init__(
        self, party: str, items: DivisionProblem | None = None, cake: CakeValue | None = None, claim: Any = None  # a number
    ) -> None:
        self.party = party
        self.items = items
        self.cake = cake
        self.claim = claim

    def worth(self, bundle: Any) -> Fraction:
        """Return what items, or shares of them by item, are worth."""
        assert self.items is not None
        return self.items.worth(self.party, bundle)

    @staticmethod
    def check(value: Any) -> Any:  # an answer: the call that it answers checks it
        """Return the value as it is."""
        return value

    def __repr__(self) -> str:
        return f"<Valuation of {self.party}: {self.items or self.cake or self.claim!r}>"


def honest(view: View) -> Any:  # whatever answers the call
    """Answer a call by what things are worth to oneself. Raises InvalidDecision where they are not known in the way it needs.

    Of equal things the first. Costs: a pick O(items); a cut of whole items as `maximin_partition`, which is exact unless
    that takes too long.
    """
    mine: Valuation | None = view.preferences
    call = view.call
    if mine is None:
        raise InvalidDecision(f"{view.agent} has no values to answer by")
    if isinstance(call, AppraisalCall):
        assert mine.items is not None
        return [plain_number(worth) for worth in mine.items.row(mine.party)]
    if isinstance(call, ClaimCall):
        return mine.claim
    if isinstance(call, WishCall):
        return [item for item in call.items if mine.worth([item]) > 0]
    if isinstance(call, EnvyCall):
        own = mine.worth(call.bundles[call.mine])
        return [place for place, one in enumerate(call.bundles) if mine.worth(one) > own]
    if isinstance(call, PickCall):
        return _pick(mine, call, view.agent)
    if isinstance(call, CutCall):
        return _cut(mine, call)
    if isinstance(call, ChoiceCall):
        first, second = (_worth(mine, part, call.cake) for part in call.parts)
        return int(second > first)
    if isinstance(call, MarkCall):
        return mark(mine, call)
    raise InvalidDecision(f"nothing is known of an honest answer to {type(call).__name__}")


def mark(mine: Valuation, call: MarkCall) -> float:
    """Return where the piece from the call's start is worth one part of the cake."""
    assert mine.cake is not None
    due = mine.cake.worth(call.origin, call.high) / call.parties
    point = mine.cake.cut(call.start, due)
    return call.high if point is None else min(max(float(point), call.start), call.high)


def _pick(mine: Valuation, call: PickCall, name: str) -> Any:  # an item, or None for none
    assert mine.items is not None
    if mine.items.values_by_function(mine.party):
        held = [item for who, item in call.taken if who == name]
        base = mine.worth(held)
        gains = {item: mine.worth([*held, item]) - base for item in call.items}
    else:
        gains = {item: mine.worth((item,)) for item in call.items}
    best = max(gains, key=gains.__getitem__)
    return None if call.may_pass and gains[best] <= 0 else best


def _cut(mine: Valuation, call: CutCall) -> Any:  # two bundles, or a point
    if mine.cake is not None:
        assert call.low is not None
        assert call.high is not None
        middle = mine.cake.cut(call.low, mine.cake.worth(call.low, call.high) / 2)
        return call.high if middle is None else float(middle)
    from negotiate_rt.solutions.division.two_parties import divide  # late: who cuts nothing need not load it

    assert mine.items is not None
    return divide(mine.items, mine.party)


def _worth(mine: Valuation, part: tuple[Any, ...], cake: bool) -> Fraction:
    if cake:
        assert mine.cake is not None
        return mine.cake.worth(*part)
    return mine.worth(part)


def plain_number(worth: Fraction) -> int | float:
    """Return a worth as a message carries it: whole, or a float."""
    return int(worth) if worth.denominator == 1 else float(worth)
