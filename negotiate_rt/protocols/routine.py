"""The routine turn: a stock agent that concedes along a stock curve over stock preferences.

Nothing of a user's own runs in it, so deciding and judging are one step: no view is made, no value is checked twice, and no
watch need be kept. It says what `concede` and the guard would say of the same turn (a test holds the two against each
other); whatever is out of the ordinary it leaves to them.
"""

from __future__ import annotations

from collections.abc import Callable

from negotiate_rt.errors import InvalidOffer
from negotiate_rt.messages.performatives import Accept, Message, Propose
from negotiate_rt.problems.preferences import OutcomePreferences, PiePreferences, PricePreferences
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Seat
from negotiate_rt.strategies.concession import (
    ConcessionCurve,
    ExponentialConcession,
    LinearConcession,
    TimeDependentConcession,
)
from negotiate_rt.strategies.deciding import DEFAULT_CONCESSION, only_concedes

CURVES: frozenset[type] = frozenset({LinearConcession, ExponentialConcession, TimeDependentConcession})
STOCK: frozenset[type] = frozenset({PricePreferences, PiePreferences, OutcomePreferences})


def routine_of(seat: Seat, hook: Callable[..., object]) -> Callable[[Dialogue], Message | None] | None:
    """Return what takes this seat's turns without its agent, or None if the agent or its strategy is anything but stock."""
    strategy = seat.strategy or DEFAULT_CONCESSION
    stock = strategy.__class__ in CURVES and seat.preferences.__class__ in STOCK
    return concede_routinely if stock and only_concedes(hook) else None


def concede_routinely(talk: Dialogue) -> Message | None:
    """Return the move of this turn, ready to send, or None if it is none of routine. Cost: O(log outcomes)."""
    machine = talk.machine
    says = machine.state.says
    if Propose not in says:
        return None
    seat = talk.seat
    board, preferences = machine.board, seat.preferences
    round = machine.turns // 2 + 1
    own = board.own_last
    try:
        if own is None or round <= 1:
            target = preferences.opening
        else:
            strategy: ConcessionCurve = seat.strategy or DEFAULT_CONCESSION
            current = own.value
            if current.__class__ is not float:
                aim = preferences.aim
                current = aim[0] if aim is not None and aim[1] == current else preferences.scale(current)
            target = strategy(round, talk.conversation.terms.max_rounds, preferences.limit, current)
        offer = preferences.offer(target)
    except InvalidOffer:
        return None
    worth = preferences.utility(offer, True)
    standing = board.standing
    if standing is not None and Accept in says:
        if standing.expires_at is not None:
            return None
        offered = preferences.utility(standing.value, False)
        if offered >= preferences.reservation_value and offered >= worth:
            return machine.clear(Accept(standing.id), talk.now)
    if seat.guard and worth < preferences.reservation_value:
        return None
    if offer.__class__ is not float:
        preferences.aim = target, offer
    return talk.offer(offer)
