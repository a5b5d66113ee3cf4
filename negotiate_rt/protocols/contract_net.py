"""Contract net (Smith 1980; FIPA SC00029H): a manager calls for proposals, awards the task, and the winners do the work.

The manager sends a cfp; each contractor proposes, refuses, or has not understood. Evaluation starts when all have answered
or at reply-by (inclusive); the award rule picks the winners, the others get reject-proposal. A winner ends with
inform-done, inform-result or failure. The manager may cancel in any open state, answered by inform-done (cancelled) or
failure.

What is awkward: a proposal that comes after reply-by is answered by reject-proposal (late), no hook asked. One party's
not-understood ends only its own dialogue. A slow contractor is not a dead one: it is cancelled before the task is awarded
again. After the rejects have gone out, a failed winner is replaced through a new cfp to the remaining proposers. A cancel may
cross a proposal, a refusal or a report, so these have rows where a cancel is under way.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, ClassVar

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.machine import Moves
from negotiate_rt.machine.joint import JointMoves
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.outcome import AGREED, FAILED, Bid
from negotiate_rt.messages.performatives import (
    Accept,
    Cancel,
    Cfp,
    Failure,
    InformDone,
    InformResult,
    Lapse,
    Message,
    NotUnderstood,
    Propose,
    Refuse,
    Reject,
    Skip,
)
from negotiate_rt.problems.task import Task, freeze
from negotiate_rt.protocols.awarding import ContractNetOptions, ContractResult, award, judge_award, limit
from negotiate_rt.protocols.base import Convener, NegotiationProtocol, finite_or_none, unique_name
from negotiate_rt.protocols.calling import AWAITING_BID, LAPSED, LATE, bids_of, collect, reject_late
from negotiate_rt.protocols.guard import judge_proposal, judge_report
from negotiate_rt.runtime.asking import CODES, Interrupted
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.conversation import Conversation
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Asked, HookKind, Question, Seat

CALLING, AWAITING_AWARD, PERFORMING, CANCELLING = "calling", "awaiting_award", "performing", "cancelling"
NOT_AWARDED, FULFILLED, NOT_FULFILLED, CANCELLED = "NOT_AWARDED", "FULFILLED", "NOT_FULFILLED", "CANCELLED"
COLLECTING, EVALUATING, EXECUTING = "collecting", "evaluating", "executing"


class ContractNet(NegotiationProtocol):
    """One task, or one awarded several times, to the best of many contractors."""

    name = "contract-net"
    seats: ClassVar = {"manager": 1, "contractor": (1, None)}
    convener = "manager"
    start = CALLING
    options = ContractNetOptions
    moves: ClassVar[Moves] = {
        CALLING: {("manager", Cfp): AWAITING_BID},
        AWAITING_BID: {
            ("contractor", Propose): AWAITING_AWARD,
            ("contractor", Refuse): NOT_AWARDED,
            ("contractor", NotUnderstood): NOT_AWARDED,
            ("manager", Cancel): CANCELLING,
        },
        LAPSED: {
            ("contractor", Propose): LATE,
            ("contractor", Refuse): NOT_AWARDED,
            ("contractor", NotUnderstood): NOT_AWARDED,
            ("manager", Cancel): CANCELLING,
        },
        LATE: {("manager", Reject): NOT_AWARDED},
        AWAITING_AWARD: {
            ("manager", Accept): PERFORMING,
            ("manager", Reject): NOT_AWARDED,
            ("manager", Cancel): CANCELLING,
        },
        PERFORMING: {
            ("contractor", InformDone): FULFILLED,
            ("contractor", InformResult): FULFILLED,
            ("contractor", Failure): NOT_FULFILLED,
            ("manager", Cancel): CANCELLING,
        },
        CANCELLING: {
            ("contractor", InformDone): CANCELLED,
            ("contractor", InformResult): CANCELLED,
            ("contractor", Failure): CANCELLED,
            ("contractor", Refuse): CANCELLED,
            ("contractor", NotUnderstood): CANCELLED,
            ("contractor", Propose): CANCELLING,
        },
    }
    timeouts: ClassVar = {
        CALLING: NOT_AWARDED, AWAITING_BID: LAPSED, LAPSED: NOT_AWARDED, LATE: NOT_AWARDED, AWAITING_AWARD: NOT_AWARDED,
        PERFORMING: NOT_FULFILLED, CANCELLING: CANCELLED,
    }  # fmt: skip
    skips: ClassVar = {AWAITING_BID: NOT_AWARDED, PERFORMING: NOT_FULFILLED}
    joint_start = COLLECTING
    joint: ClassVar[JointMoves] = {
        COLLECTING: {Cfp: COLLECTING, Reject: COLLECTING, Cancel: COLLECTING, "closed": EVALUATING},
        EVALUATING: {Accept: EVALUATING, Reject: EVALUATING, "nobody": FAILED, "awarded": EXECUTING},
        EXECUTING: {
            Reject: EXECUTING, Cancel: EXECUTING, "again": COLLECTING, "fulfilled": AGREED, "unfulfilled": FAILED,
        },
    }  # fmt: skip
    joint_timeouts: ClassVar = {COLLECTING: EVALUATING, EVALUATING: FAILED, EXECUTING: FAILED}
    questions: ClassVar = {
        "manager": {None: Question("name", judge_award), "award": Question("award", judge_award)},
        "contractor": {
            None: Question("bid", judge_proposal),
            "perform": Question("perform", judge_report, execution=True, default=lambda task: None),
        },
    }

    def make_initiator(self, config: NegotiationConfig, agents: Sequence[Any]) -> Convener:
        """Return the manager that the runtime seats."""
        return Convener(unique_name("manager", agents))

    def settle(self, seats: Sequence[Seat], config: NegotiationConfig, problem: Any) -> Task:
        """Return the task, frozen. Raises ConfigurationError if there is none."""
        if problem is None:
            raise ConfigurationError("contract-net: needs a task: execute(agents, config, problem=Task(hours=4))")
        task = freeze(problem)
        for seat in seats:
            seat.problem = task
        return task  # type: ignore[no-any-return]  # a Task, or whatever frozen thing the user calls one

    def utilities(self, seats: Sequence[Seat], conversation: Conversation) -> dict[str, float]:
        """Nothing is known of contractors' costs."""
        return {}

    # -- manager ----------------------------------------------------------------------------------------------------------

    async def manager(self, talk: Bundle) -> None:
        """Call, evaluate, award; replace winners that fail, as often as the options allow."""
        options: ContractNetOptions = talk.options
        course = Course(candidates=list(talk.ends))
        for attempt in range(options.retries + 1):
            talk.conversation.round = attempt + 1
            reply_by = talk.now + options.wait_for(talk.deadline - talk.now)
            await talk.send_all(Cfp(talk.problem), course.candidates, finite_or_none(reply_by))
            proposers = await collect(talk, reply_by, AWAITING_AWARD)
            talk.advance("closed")
            bids = bids_of(talk, proposers, attempt + 1)
            course.bids += bids
            winners = await self._choose(talk, bids, course.missing)
            for name in proposers:
                await talk.send(Accept() if name in winners else Reject("not awarded"), name)
            if not winners:
                break
            talk.advance("awarded")
            course.note(talk, winners, await self._await_reports(talk, winners, options))
            course.candidates = [name for name in proposers if name not in winners]
            if course.missing == 0 or attempt == options.retries or not course.candidates:
                break
            for name in course.candidates:
                talk.call_again(name)
            talk.advance("again")
        self._conclude(talk, course)

    async def _choose(self, talk: Bundle, bids: tuple[Bid, ...], missing: int | None) -> dict[str, None]:
        """Return the winners' names, best first: by the manager's own `award` hook, else by the rule in the options.

        `missing`: how many winners are to be replaced (None: the first award). A hook or callable says how many win.
        """
        options: ContractNetOptions = talk.options
        if not bids:
            return {}
        if not callable(getattr(talk.seat.agent, "award", None)):
            if not callable(options.award):
                return dict.fromkeys(award(options.award, bids, options.awards if missing is None else missing))
            talk.seat.asked["award"] = Asked(talk.seat.question("award"), options.award, HookKind.PLAIN)
        chosen = await talk.ask("award", talk.problem, bids)
        proposed = {bid.agent for bid in bids}
        names = [name for name in getattr(chosen, "content", None) or () if name in proposed]
        return dict.fromkeys(names[:missing])

    async def _await_reports(self, talk: Bundle, winners: Collection[str], options: ContractNetOptions) -> dict[str, Any]:
        """Wait for the winners' reports; cancel who is too slow. Return what each reported, or why it did not."""
        reports: dict[str, Any] = {}
        deadline = talk.now + limit(options.perform_timeout)
        working = set(winners)
        while working:
            name, message = await talk.receive(deadline=deadline)
            if isinstance(message, Lapse):
                await self._cancel(talk, [name for name in winners if name in working], reports)
                deadline = talk.now + limit(options.cancel_timeout)
            elif name in working and talk.state(name) != CANCELLED:
                reports[name] = report_of(talk, name, message)
            elif isinstance(message, Propose):
                await reject_late(talk, name)
            working = {name for name in working if talk.state(name) in (PERFORMING, CANCELLING)}
        return reports

    async def _cancel(self, talk: Bundle, slow: Sequence[str], reports: dict[str, Any]) -> None:
        """Cancel who is still at work; give up on who does not even answer that."""
        for name in slow:
            reports[name] = "agent-late: cancelled"
            if talk.state(name) == PERFORMING:
                await talk.send(Cancel("too slow"), name)
            else:
                talk.lapse(name)

    def _conclude(self, talk: Bundle, course: Course) -> None:
        awarded = course.fulfilled
        result = ContractResult(awarded=tuple(awarded), reports=course.reports, bids=course.bids)
        if course.missing == 0:
            accepted = talk.ends[awarded[0]].machine.board.last_heard if len(awarded) == 1 else None
            talk.conclude("fulfilled", result=result, accepted=accepted)
            return
        reason = course.failure or ("refused: no proposal was awarded" if course.bids else "no-bids: nobody proposed")
        talk.conclude("nobody" if talk.joint.state == EVALUATING else "unfulfilled", reason, result=result)

    # -- contractor -------------------------------------------------------------------------------------------------------

    async def contractor(self, talk: Dialogue) -> None:
        """Answer one call; if awarded, do the work and report."""
        call = await talk.receive(Cfp)
        if not isinstance(call, Cfp):
            return
        try:
            reply = await talk.ask(None, call.content, until=(Cancel,))
            await talk.send(reply)
            if not isinstance(reply, Propose):
                return
            verdict = await talk.receive()
            if isinstance(verdict, Accept):
                await talk.send(await talk.ask("perform", call.content, until=(Cancel,)))
            elif isinstance(verdict, Cancel):
                await talk.send(InformDone("cancelled"))
        except Interrupted:
            await talk.receive(Cancel)
            await talk.send(InformDone("cancelled"))


def report_of(talk: Bundle, name: str, message: Message) -> Any:  # whatever the contractor reported
    """Return what a final report says."""
    if isinstance(message, InformResult):
        return message.result
    if isinstance(message, InformDone):
        return "done" if message.content is None else message.content
    if isinstance(message, Skip):
        blame = [fault.what for fault in talk.conversation.faults if fault.who == name]
        return f"{CODES.get(blame[-1] if blame else '', 'agent-late')}: {message.reason}"
    return getattr(message, "reason", "")


class Course:
    """How a contract net has gone so far: whom to call, all bids and reports, how many awards are not fulfilled yet."""

    __slots__ = ("bids", "candidates", "failure", "fulfilled", "missing", "reports")

    def __init__(self, candidates: list[str]) -> None:
        self.candidates = candidates
        self.bids: tuple[Bid, ...] = ()
        self.reports: dict[str, Any] = {}
        self.fulfilled: list[str] = []
        self.missing: int | None = None  # None before the first award
        self.failure = ""

    def note(self, talk: Bundle, winners: Collection[str], reports: dict[str, Any]) -> None:
        """Take down what a round of awards came to; `failure` names the last winner that failed, with a code."""
        self.reports |= reports
        done = [name for name in reports if talk.state(name) == FULFILLED]
        self.fulfilled += done
        self.missing = (len(winners) if self.missing is None else self.missing) - len(done)
        for name in winners:
            if name not in done:
                code, _, cause = f"{reports.get(name, '')}".partition(": ")
                known = code in CODES.values()
                cause = cause if known else f"{reports.get(name, '')}"
                self.failure = f"{code if known else 'refused'}: {cause if cause.startswith(f'{name}: ') else f'{name}: {cause}'}"
