"""Query (FIPA SC00027H): the initiator asks whether something is true (query-if), or what fits a description (query-ref).

The participant refuses, or answers: inform-if with true or false, inform-ref with what it found, or failure. Before that it
may agree. Its hook `answer(query)` returns the answer; None means that it does not know, which is a refusal (a failure once it
has agreed). After `Agree()` the answer itself is asked of the hook `perform(query)`. A hook with a second argument gets the act,
"query-if" or "query-ref". `problem` is a QueryIf or QueryRef, or the content of the one that the options name.
AGREED when it was answered; `outcome.result.answer` is the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec

from negotiate_rt.errors import ConfigurationError, InvalidDecision, suggest
from negotiate_rt.machine import Board, Moves, Refusal
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.outcome import AGREED, FAILED
from negotiate_rt.messages.performatives import (
    Agree,
    Cancel,
    Failure,
    InformIf,
    InformRef,
    Message,
    NotUnderstood,
    QueryIf,
    QueryRef,
    Refuse,
    fipa_name,
)
from negotiate_rt.protocols.engagement import takes
from negotiate_rt.protocols.guard import spoken
from negotiate_rt.protocols.interaction import (
    CALLED_OFF,
    CANCELLING,
    OVERDUE,
    I,
    Interaction,
    InteractionOptions,
    P,
    judge_frozen,
    own_hook,
)
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Question, Seat

QUERYING, AWAITING_TRUTH, AWAITING_REFERENCE = "querying", "awaiting_truth", "awaiting_reference"
FINDING_TRUTH, FINDING_REFERENCE = "finding_truth", "finding_reference"
ACTS = {"query-if": QueryIf, "query-ref": QueryRef}
ACT = frozenset({"act"})


class QueryOptions(InteractionOptions, frozen=True, kw_only=True):
    """Options of a query: those of all interactions, and act, "query-if" or "query-ref", for a problem that is none itself."""

    act: str = "query-ref"

    def __post_init__(self) -> None:
        InteractionOptions.__post_init__(self)
        if self.act not in ACTS:
            raise ConfigurationError(
                f"options.act: expected query-if or query-ref, got {self.act!r}{suggest(str(self.act), ACTS)}"
            )


class QueryResult(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a query: whether it was answered, the answer, and whether the participant had said agree before."""

    answered: bool
    answer: Any = None
    agreed: bool = False


def true_or_false(message: Message, board: Board, mine: bool, now: float) -> Refusal | None:
    """Whether something is true is said by true or false."""
    assert isinstance(message, InformIf)
    return None if isinstance(message.content, bool) else Refusal(f"expected true or false, got {message.content!r}")


def judge_answer(talk: Dialogue, decision: Any) -> Message:
    """Turn an answer into a message: true or false to query-if, any value to query-ref; None is not known."""
    if isinstance(decision, Message):
        return spoken(talk, decision)
    says = talk.machine.state.says
    if decision is None:
        return talk.machine.clear(Refuse("not known") if Refuse in says else Failure("not known"), talk.now)
    if InformIf not in says:
        return judge_frozen(talk, decision, InformRef)
    if not isinstance(decision, bool):
        raise InvalidDecision(f"query-if is answered by True or False, or None for not known, got {decision!r}")
    return talk.machine.clear(InformIf(decision), talk.now)


def first_answers(inform: type[Message], agreed: str) -> dict[tuple[str, type[Message]], str]:
    """Return the rows of the state where the first answer is awaited."""
    return {
        (P, Agree): agreed, (P, Refuse): FAILED, (P, NotUnderstood): FAILED, (P, inform): AGREED, (P, Failure): FAILED,
        (I, Cancel): CANCELLING,
    }  # fmt: skip


class QueryProtocol(Interaction):
    """One question, asked of one participant."""

    name = "query"
    subject = "a question"
    options = QueryOptions
    start = QUERYING
    moves: ClassVar[Moves] = {
        QUERYING: {(I, QueryIf): AWAITING_TRUTH, (I, QueryRef): AWAITING_REFERENCE},
        AWAITING_TRUTH: first_answers(InformIf, FINDING_TRUTH),
        FINDING_TRUTH: {(P, InformIf): AGREED, (P, Failure): FAILED, (I, Cancel): CANCELLING},
        AWAITING_REFERENCE: first_answers(InformRef, FINDING_REFERENCE),
        FINDING_REFERENCE: {(P, InformRef): AGREED, (P, Failure): FAILED, (I, Cancel): CANCELLING},
        OVERDUE: {(I, Cancel): CANCELLING},
        CANCELLING: {
            **CALLED_OFF, (P, InformIf): FAILED, (P, InformRef): FAILED,
        },
    }  # fmt: skip
    timeouts: ClassVar = {
        QUERYING: FAILED, AWAITING_TRUTH: OVERDUE, FINDING_TRUTH: OVERDUE, AWAITING_REFERENCE: OVERDUE,
        FINDING_REFERENCE: OVERDUE, OVERDUE: FAILED, CANCELLING: FAILED,
    }  # fmt: skip
    skips: ClassVar = dict.fromkeys((AWAITING_TRUTH, FINDING_TRUTH, AWAITING_REFERENCE, FINDING_REFERENCE), FAILED)
    rules: ClassVar = {InformIf: (true_or_false,)}
    questions: ClassVar = {I: {None: Question("name", judge_answer)}, P: own_hook("answer", judge_answer)}

    def settle(self, seats: Sequence[Seat], config: NegotiationConfig, problem: Any) -> Any:
        """Return the query, of the act that the options name if it is only a content. Raises ConfigurationError."""
        if not isinstance(problem, (QueryIf, QueryRef)):
            content = super().settle(seats, config, problem)
            problem = ACTS[self.settings(config).act](content)
        for seat in seats:
            seat.problem = problem
        return problem

    def opening(self, talk: Dialogue) -> Message:
        """Return the query."""
        return talk.seat.problem  # type: ignore[no-any-return]  # a QueryIf or QueryRef since `settle`

    def arguments(self, talk: Dialogue, asked: Message, subject: Any) -> tuple[Any, ...]:
        """Return the query's content, and its act for a hook that takes two arguments."""
        hook = "answer" if Refuse in talk.machine.state.says else "perform"
        two = takes(getattr(talk.seat.agent, hook, None), 2, ACT)
        return (subject, fipa_name(type(asked))) if two else (subject,)

    def result(self, message: Message, agreed: bool) -> QueryResult:
        """Return the answer."""
        if isinstance(message, (InformIf, InformRef)):
            return QueryResult(answered=True, answer=message.content, agreed=agreed)
        return QueryResult(answered=False, agreed=agreed)
