"""The guard: protects an agent against itself before anything is sent.

No offer or acceptance below its own reservation value, no acceptance of nothing, no partial, unknown or infinite value. It
guards reservation, not valuation; `guard=False` on an agent switches the reservation check off.
"""

from __future__ import annotations

import inspect
import math
import numbers
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from negotiate_rt.errors import ConfigurationError, InvalidDecision
from negotiate_rt.messages.performatives import (
    Accept,
    InformDone,
    InformResult,
    Message,
    Propose,
    Refuse,
    Reject,
    Skip,
    Walk,
)
from negotiate_rt.messages.view import View
from negotiate_rt.problems.task import FrozenMapping, freeze
from negotiate_rt.protocols.routine import routine_of
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Question
from negotiate_rt.strategies.deciding import as_hook, concede


def view_of(talk: Dialogue) -> View:
    """Return what the agent at this end may see now; an offer that has expired stands no longer. Cost: O(1)."""
    conversation = talk.conversation
    machine = talk.machine
    seat = talk.seat
    board = machine.board
    standing = board.standing
    now = talk.actor.kernel.now
    terms = conversation.terms
    deadline = conversation.deadline if not terms.hurried else min(conversation.deadline, now + terms.turn_timeout)
    if standing is not None and standing.expires_at is not None and now > standing.expires_at:
        standing = None
    return View(
        seat.name, seat.role, talk.route.protocol, conversation.id, machine.turns // 2 + 1, terms.max_rounds, now, deadline,
        machine.state.mine, standing, board.own_last, board.heard,
        seat.preferences, seat.strategy, seat.problem, talk.repair,
    )  # fmt: skip


def judge_bargain(talk: Dialogue, decision: Any) -> Message:
    """Turn a decision of a bargaining agent into a message that is legal here.

    Raises InvalidDecision (no decision, value outside the space, below reservation) or LocalProtocolError (not legal now).
    """
    kind = decision.__class__
    if kind is not Propose:
        if kind is Accept:
            return _judge_acceptance(talk, decision)
        if isinstance(decision, Message):
            return spoken(talk, decision)
        raise InvalidDecision(f"expected Propose, Accept or Walk, got {short(decision)}")
    seat = talk.seat
    preferences = seat.preferences
    try:
        value = preferences.check(decision.value)
    except ValueError as error:
        raise InvalidDecision(str(error)) from None
    if seat.guard:
        worth = preferences.utility(value, True)
        if worth < preferences.reservation_value:
            raise InvalidDecision(_below(talk, "offer", value, worth))
    expires = decision.expires_at
    return talk.offer(value) if expires is None else talk.offer(value, _expiry(talk, expires))


def _expiry(talk: Dialogue, expires: Any) -> float:
    time = true_number(expires)
    if time is None or not talk.now <= time < math.inf:
        raise InvalidDecision(
            f"an offer expires at a time from now on (it is {talk.now:g}) or never (None), got {short(expires)}"
        )
    return time


def _judge_acceptance(talk: Dialogue, decision: Accept) -> Message:
    machine = talk.machine
    message = machine.clear(talk.complete(decision), talk.now)
    standing = machine.board.standing
    if talk.seat.guard and standing is not None:
        preferences = talk.seat.preferences
        worth = preferences.utility(standing.value, False)
        if worth < preferences.reservation_value:
            raise InvalidDecision(_below(talk, "acceptance of", standing.value, worth))
    return message


def refusal(talk: Dialogue, walk: Walk) -> Message:
    """Return what walking away is called here: a Walk row, else Reject or Refuse, whichever is legal."""
    says = talk.machine.state.says
    for kind in (Walk, Reject, Refuse):
        if kind in says:
            return walk if kind is Walk else kind(walk.reason)
    return walk


def _below(talk: Dialogue, what: str, value: Any, worth: float) -> str:
    least = talk.seat.preferences.reservation_value
    return f"{what} {value!r} is worth {worth:g} to {talk.name}, below its own reservation value {least:g}"


def short(value: object) -> str:
    """Return a value's type and its repr, cut short, for an error."""
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 60 else text[:57] + '...'}"


BARGAIN = Question("decide", judge_bargain, view_of, adapt=as_hook, default=concede, routine=routine_of)


def spoken(talk: Dialogue, decision: Message) -> Message:
    """Clear a message that an agent returned as it is; a Walk becomes the refusal that is legal here."""
    if isinstance(decision, Skip):
        return decision
    message = refusal(talk, decision) if isinstance(decision, Walk) else talk.complete(decision)
    return talk.machine.clear(message, talk.now)


def unbounded(decision: Propose) -> Any:  # its value, of whatever type
    """Return a bid's value. Raises InvalidDecision if it would expire: bids stand until they are answered."""
    if decision.expires_at is not None:
        raise InvalidDecision("a bid stands until it is answered: it cannot carry expires_at")
    return decision.value


def judge_proposal(talk: Dialogue, decision: Any) -> Message:
    """Turn a contractor's bid into a message: a cost (any finite number) or a mapping to finite numbers; None refuses."""
    proposed = isinstance(decision, Propose)
    if isinstance(decision, Message) and not proposed:
        return spoken(talk, decision)
    if decision is None:
        return talk.machine.clear(Refuse("no bid"), talk.now)
    value = unbounded(decision) if proposed else decision
    several = isinstance(value, Mapping)
    figures = {key: true_number(one) for key, one in (value.items() if several else (("", value),))}
    if not figures or not all(one is not None and math.isfinite(one) for one in figures.values()):
        raise InvalidDecision(
            f"a proposal must be a finite number or a mapping to finite numbers, got {short(decision)}"
        )
    return talk.offer(FrozenMapping(figures) if several else figures[""])


def judge_report(talk: Dialogue, decision: Any) -> Message:
    """Turn what `perform` returned into a report: a message as it is, None is done, anything else the result."""
    if isinstance(decision, Message):
        return spoken(talk, decision)
    if inspect.isawaitable(decision):
        raise InvalidDecision("a plain hook returned an awaitable")  # `ask` awaits it
    try:
        report = InformDone() if decision is None else InformResult(freeze(decision))
    except (ConfigurationError, RecursionError):
        raise InvalidDecision("a report nests too deep, or contains itself") from None
    return talk.machine.clear(report, talk.now)


def true_number(value: Any) -> float | int | None:
    """Return a number as int or float, or None: bools and text are no numbers; Decimal, Fraction and numpy scalars are."""
    if type(value) is float:
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float, numbers.Real, Decimal)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):  # Decimal("sNaN"); an int beyond the largest float
        return None
    return int(value) if isinstance(value, int) else number
