"""Propose (FIPA SC00036H): the initiator proposes to do something, and the participant accepts or rejects it.

The participant's hook `consider(proposal)` decides: True or `Accept()` accepts, False or `Reject("why")` rejects. AGREED binds
when the initiator hears the acceptance, with the proposal as accepted_offer; that what was accepted is then done is outside
of this protocol. There is no counter-proposal: that is bargaining.
"""

from __future__ import annotations

from typing import Any, ClassVar

from negotiate_rt.errors import InvalidDecision
from negotiate_rt.machine import Moves
from negotiate_rt.messages.outcome import AGREED, FAILED
from negotiate_rt.messages.performatives import (
    Accept,
    Cancel,
    Failure,
    InformDone,
    Message,
    NotUnderstood,
    Propose,
    Reject,
)
from negotiate_rt.protocols.guard import spoken
from negotiate_rt.protocols.interaction import (
    AWAITING_ANSWER,
    CANCELLING,
    OVERDUE,
    I,
    Interaction,
    P,
    confirm_cancel,
)
from negotiate_rt.runtime.asking import Interrupted
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Question

PROPOSING = "proposing"


def judge_verdict(talk: Dialogue, decision: Any) -> Message:
    """Turn a verdict into a message: True accepts, False rejects."""
    if isinstance(decision, Message):
        return spoken(talk, decision)
    if not isinstance(decision, bool):
        raise InvalidDecision(f"a proposal is answered by True or False, Accept or Reject, got {decision!r}")
    return talk.machine.clear(talk.complete(Accept()) if decision else Reject(), talk.now)


class ProposeProtocol(Interaction):
    """One proposal to one participant: take it or leave it."""

    name = "propose"
    subject = "a proposal"
    start = PROPOSING
    moves: ClassVar[Moves] = {
        PROPOSING: {(I, Propose): AWAITING_ANSWER},
        AWAITING_ANSWER: {
            (P, Accept): AGREED, (P, Reject): FAILED, (P, NotUnderstood): FAILED, (I, Cancel): CANCELLING,
        },
        OVERDUE: {(I, Cancel): CANCELLING},
        CANCELLING: {
            (P, Accept): FAILED, (P, Reject): FAILED, (P, NotUnderstood): FAILED, (P, InformDone): FAILED,
            (P, Failure): FAILED,
        },
    }  # fmt: skip
    timeouts: ClassVar = {PROPOSING: FAILED, AWAITING_ANSWER: OVERDUE, OVERDUE: FAILED, CANCELLING: FAILED}
    skips: ClassVar = {AWAITING_ANSWER: FAILED}
    questions: ClassVar = {I: {None: Question("name", judge_verdict)}, P: {None: Question("consider", judge_verdict)}}

    def opening(self, talk: Dialogue) -> Message:
        """Return the proposal."""
        return Propose(talk.seat.problem)

    async def participant(self, talk: Dialogue) -> None:
        """Consider what is proposed."""
        proposal = await talk.receive(Propose)
        if not isinstance(proposal, Propose):
            return
        try:
            await talk.send(await talk.ask(None, proposal.value, until=(Cancel,)))
        except Interrupted:
            await confirm_cancel(talk)
