"""Request (FIPA SC00026H): the initiator asks the participant to do something.

The participant refuses, or does it and says so: inform-done, inform-result, or failure. Before that it may agree, which FIPA
leaves to it where the work is done at once. Here its hook `handle_request(action)` decides: what it returns is the result
(None: done), unless it is a message, `Refuse("why")`, `Failure("why")`, `NotUnderstood()`; after `Agree()` the work itself is
asked of the hook `perform(action)`. AGREED when it was done; the report is in `outcome.result`. An agent with a plain
`handle_request` cannot be interrupted by a cancel, an asynchronous one is.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from negotiate_rt.machine import Moves
from negotiate_rt.messages.outcome import AGREED, FAILED
from negotiate_rt.messages.performatives import (
    Agree,
    Cancel,
    Failure,
    InformDone,
    InformResult,
    Message,
    NotUnderstood,
    Refuse,
    Request,
)
from negotiate_rt.protocols.guard import judge_report
from negotiate_rt.protocols.interaction import (
    AGREED_TO,
    AWAITING_ANSWER,
    CALLED_OFF,
    CANCELLING,
    OVERDUE,
    I,
    Interaction,
    P,
    own_hook,
)
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Question

REQUESTING = "requesting"


class RequestResult(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a request: whether it was done, what was reported, and whether the participant had said agree before."""

    done: bool
    report: Any = None
    agreed: bool = False


class RequestProtocol(Interaction):
    """One action, asked of one participant."""

    name = "request"
    subject = "an action"
    start = REQUESTING
    moves: ClassVar[Moves] = {
        REQUESTING: {(I, Request): AWAITING_ANSWER},
        AWAITING_ANSWER: {
            (P, Agree): AGREED_TO, (P, Refuse): FAILED, (P, NotUnderstood): FAILED, (P, InformDone): AGREED,
            (P, InformResult): AGREED, (P, Failure): FAILED, (I, Cancel): CANCELLING,
        },
        AGREED_TO: {(P, InformDone): AGREED, (P, InformResult): AGREED, (P, Failure): FAILED, (I, Cancel): CANCELLING},
        OVERDUE: {(I, Cancel): CANCELLING},
        CANCELLING: {**CALLED_OFF, (P, InformResult): FAILED},
    }  # fmt: skip
    timeouts: ClassVar = {
        REQUESTING: FAILED, AWAITING_ANSWER: OVERDUE, AGREED_TO: OVERDUE, OVERDUE: FAILED, CANCELLING: FAILED,
    }  # fmt: skip
    skips: ClassVar = {AWAITING_ANSWER: FAILED, AGREED_TO: FAILED}
    questions: ClassVar = {I: {None: Question("name", judge_report)}, P: own_hook("handle_request", judge_report)}

    def opening(self, talk: Dialogue) -> Message:
        """Return the request."""
        return Request(talk.seat.problem)

    def result(self, message: Message, agreed: bool) -> RequestResult:
        """Return the report."""
        if isinstance(message, InformResult):
            return RequestResult(done=True, report=message.result, agreed=agreed)
        done = isinstance(message, InformDone)
        return RequestResult(done=done, report=message.content if isinstance(message, InformDone) else None, agreed=agreed)
