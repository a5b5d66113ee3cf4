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

import math
from collections.abc import Sequence
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
    Left,
    Message,
    NotUnderstood,
    Propose,
    Refuse,
    Reject,
)
from negotiate_rt.problems.task import Task, freeze
from negotiate_rt.protocols.awarding import ContractNetOptions, ContractResult, award, judge_award
from negotiate_rt.protocols.base import Convener, NegotiationProtocol, unique_name
from negotiate_rt.protocols.guard import judge_proposal, judge_report
from negotiate_rt.runtime.asking import Interrupted
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.conversation import Conversation
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Question, Seat

CALLING, AWAITING_BID, AWAITING_AWARD, PERFORMING = "calling", "awaiting_bid", "awaiting_award", "performing"
LAPSED, LATE, CANCELLING = "lapsed", "late", "cancelling"
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
        reports: dict[str, Any] = {}
        candidates, wanted, failed = list(talk.ends), options.awards, ""
        bids: tuple[Bid, ...] = ()
        for attempt in range(options.retries + 1):
            talk.conversation.round = attempt + 1
            await talk.send_all(Cfp(talk.problem), candidates)
            proposers = await self._collect(talk, options)
            talk.advance("closed")
            new = bids_of(talk, proposers, attempt + 1)
            bids += new
            winners = await self._choose(talk, new, wanted)
            if not winners:
                break
            for name in proposers:
                await talk.send(Accept() if name in winners else Reject("not awarded"), name)
            talk.advance("awarded")
            done = await self._await_reports(talk, winners, options)
            reports |= done
            fulfilled = [name for name in winners if talk.state(name) == FULFILLED]
            failed = "; ".join(f"{name}: {done.get(name)}" for name in winners if name not in fulfilled) or failed
            wanted -= len(fulfilled)
            candidates = [name for name in proposers if name not in winners]
            if wanted == 0 or attempt == options.retries or not candidates:
                break
            for name in candidates:
                talk.call_again(name)
            talk.advance("again")
        self._conclude(talk, bids, reports, wanted, failed)

    async def _collect(self, talk: Bundle, options: ContractNetOptions) -> list[str]:
        """Wait until all have answered, or reply-by; return who proposed, in the order of arrival."""
        deadline = talk.now + options.wait_for(talk.deadline - talk.now)
        proposers: list[str] = []
        while talk.waiting(AWAITING_BID):
            name, message = await talk.receive(deadline=deadline)
            if isinstance(message, Lapse):
                for silent in talk.waiting(AWAITING_BID):
                    talk.lapse(silent)
            elif isinstance(message, Propose) and not await self._reject_late(talk, name):
                proposers.append(name)
        return proposers

    async def _reject_late(self, talk: Bundle, name: str) -> bool:
        late = talk.state(name) == LATE
        if late:
            await talk.send(Reject("late"), name)
        return late

    async def _choose(self, talk: Bundle, bids: tuple[Bid, ...], wanted: int) -> list[str]:
        """Return the winners' names: by the manager's own `award` hook if it has one, else by the rule in the options."""
        if not bids:
            return []
        if not callable(getattr(talk.seat.agent, "award", None)):
            return award(talk.options, talk.problem, bids, wanted)
        chosen = await talk.ask("award", talk.problem, bids)
        names = getattr(chosen, "content", None) or ()
        return [name for name in names if any(bid.agent == name for bid in bids)][:wanted]

    async def _await_reports(self, talk: Bundle, winners: list[str], options: ContractNetOptions) -> dict[str, Any]:
        """Wait for the winners' reports; cancel who is too slow. Return what each reported, or why it did not."""
        reports: dict[str, Any] = {}
        deadline = talk.now + options.perform_timeout if options.perform_timeout is not None else math.inf
        while talk_open := [name for name in winners if talk.state(name) in (PERFORMING, CANCELLING)]:
            name, message = await talk.receive(deadline=deadline)
            if isinstance(message, Lapse):
                for slow in talk_open:
                    reports[slow] = "agent-late: cancelled"
                    if talk.state(slow) == PERFORMING:
                        await talk.send(Cancel("too slow"), slow)
                    else:
                        talk.lapse(slow)
                deadline = talk.now + options.cancel_timeout
            elif name in winners and talk.state(name) != CANCELLED:
                reports[name] = report_of(message)
            elif isinstance(message, Propose):
                await self._reject_late(talk, name)
        return reports

    def _conclude(self, talk: Bundle, bids: tuple[Bid, ...], reports: dict[str, Any], wanted: int, failed: str) -> None:
        awarded = tuple(name for name in reports if talk.state(name) == FULFILLED)
        result = ContractResult(awarded=awarded, reports=reports, bids=bids)
        event = "nobody" if talk.joint.state == EVALUATING else "unfulfilled" if wanted else "fulfilled"
        if event == "fulfilled":
            accepted = talk.ends[awarded[0]].machine.board.last_heard if len(awarded) == 1 else None
            talk.conclude(event, result=result, accepted=accepted)
            return
        code = failed.partition(": ")[2].partition(":")[0]
        if not bids:
            reason = "no-bids: nobody proposed"
        elif failed:
            reason = f"{code if code in ('agent-late', 'agent-crashed', 'protocol-violation') else 'refused'}: {failed}"
        else:
            reason = "refused: no proposal was awarded"
        talk.conclude(event, reason, result=result)

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


def bids_of(talk: Bundle, names: list[str], round: int) -> tuple[Bid, ...]:
    """Return the standing proposals of some participants as bids, in the order given."""
    standing = ((name, talk.ends[name].machine.board.standing) for name in names)
    return tuple(Bid(name, offer.value, round) for name, offer in standing if offer is not None)


def report_of(message: Message) -> Any:  # whatever the contractor reported
    """Return what a final report says."""
    if isinstance(message, InformResult):
        return message.result
    if isinstance(message, InformDone):
        return "done" if message.content is None else message.content
    if isinstance(message, (Failure, Left)):
        return message.reason
    return f"agent-late: {getattr(message, 'reason', '')}"
