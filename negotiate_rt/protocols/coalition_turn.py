"""A party's turn when coalitions are formed: what it sees, and how its decision becomes a message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from negotiate_rt.errors import InvalidDecision
from negotiate_rt.messages.performatives import Accept, Cancel, Message, Propose, Refuse, Reject
from negotiate_rt.messages.view import View
from negotiate_rt.problems.coalitions import CoalitionCall, CoalitionProposal, CoalitionSpace
from negotiate_rt.protocols.guard import short, spoken, unbounded
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Question
from negotiate_rt.strategies.coalitions import form


def view_of_party(talk: Dialogue) -> View:
    """Return what a party may see: how things stand, and what it is asked to join, if it is. Cost: O(1)."""
    conversation, seat, machine = talk.conversation, talk.seat, talk.machine
    call: CoalitionCall = seat.context
    terms, now = conversation.terms, talk.now
    closes_at = conversation.deadline if call.closes_at is None else call.closes_at
    return View(
        seat.name, seat.role, talk.route.protocol, conversation.id, call.round, terms.max_rounds, now,
        min(conversation.deadline, closes_at, now + terms.turn_timeout), machine.state.mine,
        None if call.proposal is None else machine.board.standing, machine.board.own_last, machine.board.heard,
        seat.preferences, seat.strategy, seat.problem, talk.repair, call=call,
    )  # fmt: skip


def judge_party(talk: Dialogue, decision: Any) -> Message:
    """Turn a party's decision into a message. In its turn a CoalitionProposal, payoffs by member, or Propose of either
    proposes; one of itself alone, or Cancel, leaves its coalition; None and Refuse let the turn pass. Asked to join, True or
    Accept joins, False or Reject does not. Walk leaves the talk. Raises InvalidDecision, LocalProtocolError.
    """
    call: CoalitionCall = talk.seat.context
    if call.proposal is not None and isinstance(decision, bool):
        decision = Accept() if decision else Reject()
    if isinstance(decision, Accept):
        message = spoken(talk, decision)
        assert call.proposal is not None  # an acceptance is legal in an answer only
        _check_own(talk, call.proposal, "acceptance")
        return message
    if decision is None and call.proposal is None:
        decision = Refuse("lets the turn pass")
    if isinstance(decision, Message) and not isinstance(decision, Propose):
        return _leaving(talk, call) if isinstance(decision, Cancel) else spoken(talk, decision)
    value = unbounded(decision) if isinstance(decision, Propose) else decision
    if not isinstance(value, (CoalitionProposal, Mapping)):
        wanted = "True, False, Accept, Reject" if call.proposal is not None else "a CoalitionProposal, None, Refuse, Cancel"
        raise InvalidDecision(f"expected {wanted} or Walk, got {short(decision)}")
    return _proposing(talk, call, value)


def _proposing(talk: Dialogue, call: CoalitionCall, value: Any) -> Message:
    try:
        proposal: CoalitionProposal = talk.seat.preferences.check(value)
    except ValueError as error:
        raise InvalidDecision(str(error)) from None
    if talk.name not in proposal.payoffs:
        raise InvalidDecision(f"{talk.name} proposes coalitions that it is in, not {proposal}")
    if len(proposal.payoffs) == 1:
        return _leaving(talk, call)
    available = set(call.available())
    for name in proposal.payoffs:
        if name not in available:
            raise InvalidDecision(f"{name} has {'left the talk' if name in call.gone else 'joined a coalition that is final'}")
    _check_own(talk, proposal, "proposal")
    return talk.offer(proposal)


def _leaving(talk: Dialogue, call: CoalitionCall) -> Message:
    if call.proposal is None and call.agreement_of(talk.name) is None:
        raise InvalidDecision(f"{talk.name} is in no coalition that it could leave")
    if call.proposal is None and not call.leaving:
        raise InvalidDecision("a coalition is final once it has been formed")
    return talk.machine.clear(Cancel("leaves its coalition"), talk.now)


def _check_own(talk: Dialogue, proposal: CoalitionProposal, what: str) -> None:
    """The guard: nobody agrees to less than it has alone. Raises InvalidDecision."""
    space: CoalitionSpace = talk.seat.preferences
    payoff = proposal.payoffs[talk.name]
    if talk.seat.guard and space.short(payoff):
        side = "above" if space.costs else "below"
        raise InvalidDecision(
            f"{what} that gives {talk.name} {payoff:.10g}, {side} its own reservation value {space.least:.10g}"
        )


def as_forming_hook(strategy: Any, agent: Any) -> Any:  # a callable of the view, as it is
    """Return a fallback strategy as a hook."""
    return strategy


FORMING = Question("decide", judge_party, view_of_party, adapt=as_forming_hook, default=form)
