"""Contract net (Smith 1980; FIPA SC00029H): a manager calls for proposals, awards the task, and the winners do the work.

The manager sends a cfp to every contractor that has the capabilities asked for; each proposes, refuses, or has not
understood. Evaluation starts when all have answered or at reply-by (inclusive); the award rule picks the winners, the others
get reject-proposal. A winner may tell how it gets on (inform, any number of times) and ends with inform-done, inform-result
or failure. The manager may cancel in any open state, answered by inform-done (cancelled) or failure.

What is awkward: a proposal that comes after reply-by is answered by reject-proposal (late), no hook asked. One party's
not-understood ends only its own dialogue. A slow contractor is not a dead one: it is cancelled before the task is awarded
again. After the rejects have gone out, a failed winner is replaced through a new cfp to the remaining proposers; with
`withhold_rejects` they wait for the work to be done, and the next best is awarded at once. A cancel may cross a proposal, a
refusal, news of progress or a report, so these have rows where a cancel is under way. How work has gone is kept in the
society's ledger (`executor.reliability`), which the awards "reliability" and "expected-cost" go by: a contractor that was
called off for being late has failed; one that the manager called off for another reason has not. Contracts may be levelled
commitments (Sandholm and Lesser 2001; `break_even` says when it pays): with a penalty in the options a contractor at work may
walk away, and a manager call it off, for what it costs; either is replaced as if it had failed, and has not failed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    Inform,
    InformDone,
    InformResult,
    NotUnderstood,
    Propose,
    Refuse,
    Reject,
    Walk,
)
from negotiate_rt.problems.task import Task, freeze
from negotiate_rt.protocols.awarding import (
    AWAITING_AWARD,
    ContractNetOptions,
    ContractResult,
    award,
    judge_award,
    required,
)
from negotiate_rt.protocols.base import Convener, NegotiationProtocol, finite_or_none, unique_name
from negotiate_rt.protocols.calling import AWAITING_BID, LAPSED, LATE, bids_of, collect
from negotiate_rt.protocols.course import Course
from negotiate_rt.protocols.engagement import Engagement, takes
from negotiate_rt.protocols.guard import judge_proposal, judge_report
from negotiate_rt.protocols.supervising import (
    CANCELLED,
    CANCELLING,
    DECOMMITTED,
    FULFILLED,
    PERFORMING,
    Shift,
    accepted_offer,
    judge_monitor,
)
from negotiate_rt.runtime.asking import Interrupted
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.conversation import Conversation
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Asked, HookKind, Question, Seat

CALLING, NOT_AWARDED, NOT_FULFILLED = "calling", "NOT_AWARDED", "NOT_FULFILLED"
COLLECTING, EVALUATING, AWARDING, EXECUTING = "collecting", "evaluating", "awarding", "executing"
AT_WORK = (PERFORMING, CANCELLING)


class ContractNet(NegotiationProtocol):
    """One task, or one awarded several times, to the best of many contractors."""

    name = "contract-net"
    seats: ClassVar = {"manager": 1, "contractor": (1, None)}
    convener = "manager"
    start = CALLING
    winners = None  # as many as the options say
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
            ("contractor", Inform): PERFORMING,
            ("contractor", Walk): DECOMMITTED,
            ("manager", Cancel): CANCELLING,
        },
        CANCELLING: {
            ("contractor", InformDone): CANCELLED,
            ("contractor", InformResult): CANCELLED,
            ("contractor", Failure): CANCELLED,
            ("contractor", Refuse): CANCELLED,
            ("contractor", NotUnderstood): CANCELLED,
            ("contractor", Propose): CANCELLING,
            ("contractor", Inform): CANCELLING,
            ("contractor", Walk): CANCELLED,
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
        EVALUATING: {Accept: AWARDING, Reject: EVALUATING, "nobody": FAILED},
        AWARDING: {Accept: AWARDING, Reject: AWARDING, "awarded": EXECUTING},
        EXECUTING: {
            Reject: EXECUTING, Cancel: EXECUTING, "again": COLLECTING, "next best": EVALUATING, "fulfilled": AGREED,
            "unfulfilled": FAILED,
        },
    }  # fmt: skip
    joint_timeouts: ClassVar = {COLLECTING: EVALUATING, EVALUATING: FAILED, EXECUTING: FAILED}
    joint_guards: ClassVar = dict.fromkeys(("again", "next best", "fulfilled", "unfulfilled"), AT_WORK)
    questions: ClassVar = {
        "manager": {
            None: Question("name", judge_award),
            "award": Question("award", judge_award),
            "monitor": Question("monitor", judge_monitor),
        },
        "contractor": {
            None: Question("bid", judge_proposal),
            "perform": Question("perform", judge_report, execution=True, default=lambda task: None),
        },
    }

    def make_initiator(self, config: NegotiationConfig, agents: Sequence[Any]) -> Convener:
        """Return the manager that the runtime seats."""
        return Convener(unique_name("manager", agents))

    def invites(self, agents: Sequence[Any], config: NegotiationConfig, problem: Any) -> tuple[str, ...]:
        """Without a contractor among the agents, those that live in the society and can do what is asked are invited."""
        if any(getattr(agent, "role", "") != "manager" for agent in agents):
            return ()
        return required(freeze(problem), self.settings(config))

    def _check_counts(self, taken: Mapping[str, int], names: Sequence[str]) -> None:
        """Leave a net without contractors to `settle`, which knows whether they were to be found by what they can do."""
        if taken["contractor"]:
            super()._check_counts(taken, names)

    def settle(self, seats: Sequence[Seat], config: NegotiationConfig, problem: Any) -> Task:
        """Return the task, frozen. Raises ConfigurationError if there is none, or nobody to call."""
        task = freeze(problem)
        names = [seat.name for seat in seats if not isinstance(seat.agent, Convener)]
        if all(seat.role != "contractor" for seat in seats) and not required(task, self.settings(config)):
            super()._check_counts({"manager": 0, "contractor": 0}, names)
        if problem is None:
            raise ConfigurationError(
                f"{self.name}: needs a task: execute(agents, config, problem=Task(hours=4))"
            )
        required(task, self.settings(config))
        for seat in seats:
            seat.problem = task
        return task  # type: ignore[no-any-return]  # a Task, or whatever frozen thing the user calls one

    def opened(self, conversation: Conversation, seats: Sequence[Seat], options: Any) -> None:
        """Let each contractor know what breaking its contract would cost it."""
        for seat in seats:
            seat.context = options.contractor_penalty

    def utilities(self, seats: Sequence[Seat], conversation: Conversation) -> dict[str, float]:
        """Nothing is known of contractors' costs."""
        return {}

    # -- manager ----------------------------------------------------------------------------------------------------------

    async def manager(self, talk: Bundle) -> None:
        """Call, evaluate, award; replace winners that fail, as often as the options allow."""
        course = Course(talk)
        if course.candidates:
            bids = await self.tender(talk, course)
            for attempt in range(course.options.retries + 1):
                winners = await self._choose(talk, course, bids)
                await self._announce(talk, course, bids, winners)
                if not winners:
                    break
                talk.advance("awarded")
                shift = Shift(talk, winners)
                await shift.watch()
                course.note(winners, shift)
                bids = tuple(bid for bid in bids if bid.agent not in winners)
                if course.missing == 0 or attempt == course.options.retries or not await self._again(talk, course, bids):
                    break
                bids = self._withheld(talk, course, bids) or await self.tender(talk, course)
        else:
            talk.advance("closed")
        for name in talk.waiting(AWAITING_AWARD):
            await talk.send(Reject("not awarded"), name)
        self._conclude(talk, course)

    async def tender(self, talk: Bundle, course: Course) -> tuple[Bid, ...]:
        """Call the candidates once; return what they proposed, in the order of arrival."""
        return await self.call(talk, course, talk.problem)

    async def call(self, talk: Bundle, course: Course, content: Any) -> tuple[Bid, ...]:
        """Send one cfp to all candidates and wait for the answers, until reply-by at the latest."""
        course.round += 1
        talk.conversation.round = course.round
        reply_by = talk.now + course.options.wait_for(talk.deadline - talk.now)
        await talk.send_all(Cfp(content), course.candidates, finite_or_none(reply_by))
        proposers = await collect(talk, reply_by, AWAITING_AWARD)
        talk.advance("closed")
        bids = bids_of(talk, proposers, course.round)
        course.bids += bids
        return bids

    async def _choose(self, talk: Bundle, course: Course, bids: tuple[Bid, ...]) -> dict[str, None]:
        """Return the winners' names, best first: by the manager's own `award` hook, else by the rule in the options.

        The first award says how many win; later ones fill what is missing. A hook or callable says so itself.
        """
        options, missing = course.options, course.missing
        if not bids:
            return {}
        hook = getattr(talk.seat.agent, "award", None)
        if not callable(hook):
            if not callable(options.award):
                wanted = options.awards if missing is None else missing
                return dict.fromkeys(award(options.award, bids, wanted, course.records(bids)))
            hook = options.award
            talk.seat.asked["award"] = Asked(talk.seat.question("award"), hook, HookKind.PLAIN)
        further = (course.records(bids),) if takes(hook, 3, frozenset({"records"})) else ()
        chosen = await talk.ask("award", course.task, bids, *further)
        proposed = {bid.agent for bid in bids}
        names = [name for name in getattr(chosen, "content", None) or () if name in proposed]
        return dict.fromkeys(names[:missing])

    async def _announce(
        self, talk: Bundle, course: Course, bids: Sequence[Bid], winners: Mapping[str, None]
    ) -> None:
        """Tell all proposers, in the order of their proposals; the rejected later, if the options say so and somebody won."""
        later = course.options.withhold_rejects and winners
        for bid in bids:
            if bid.agent in winners:
                await talk.send(Accept(), bid.agent)
            elif not later and talk.state(bid.agent) == AWAITING_AWARD:
                await talk.send(Reject("not awarded"), bid.agent)

    async def _again(self, talk: Bundle, course: Course, bids: Sequence[Bid]) -> bool:
        """Get ready to award what has failed once more, among the other proposers; False if there are none."""
        if course.options.withhold_rejects:
            if not talk.waiting(AWAITING_AWARD):
                return False
            talk.advance("next best")
            return True
        course.candidates = [bid.agent for bid in bids]
        for name in course.candidates:
            talk.call_again(name)
        if course.candidates:
            talk.advance("again")
        return bool(course.candidates)

    @staticmethod
    def _withheld(talk: Bundle, course: Course, bids: Sequence[Bid]) -> tuple[Bid, ...]:
        """Return the proposals that still stand because their rejects were withheld."""
        if not course.options.withhold_rejects:
            return ()
        course.round += 1
        talk.conversation.round = course.round
        standing = set(talk.waiting(AWAITING_AWARD))
        return tuple(bid for bid in bids if bid.agent in standing)

    def _conclude(self, talk: Bundle, course: Course) -> None:
        result = self.result(course)
        if course.missing == 0:
            talk.conclude("fulfilled", result=result, accepted=accepted_offer(talk, course.fulfilled))
            return
        reason = course.failure or course.why_nobody()
        talk.conclude("nobody" if talk.joint.state == EVALUATING else "unfulfilled", reason, result=result)

    def result(self, course: Course) -> ContractResult:
        """Return what the net came to."""
        return ContractResult(**course.facts())

    # -- contractor -------------------------------------------------------------------------------------------------------

    async def contractor(self, talk: Dialogue) -> None:
        """Answer each call; if awarded, do the work and report."""
        call = await talk.receive(Cfp)
        try:
            while isinstance(call, Cfp):
                task, best = self.read(call.content)
                reply = await talk.ask(None, *arguments(talk, "bid", task, best), until=(Cancel,))
                await talk.send(reply)
                if not isinstance(reply, Propose):
                    return
                call = await talk.receive()
            if isinstance(call, Accept):
                report = await talk.ask("perform", *arguments(talk, "perform", task, best), until=(Cancel,))
                if isinstance(report, Walk) and talk.seat.context is None:
                    report = Failure(report.reason or "walked away")  # its contract cannot be broken
                await talk.send(report)
            elif isinstance(call, Cancel):
                await talk.send(InformDone("cancelled"))
        except Interrupted:
            await talk.receive(Cancel)
            await talk.send(InformDone("cancelled"))

    def read(self, content: Any) -> tuple[Any, Bid | None]:
        """Return the task and the best proposal so far, as far as a call tells them."""
        return content, None


def arguments(talk: Dialogue, hook: str, task: Any, best: Bid | None) -> tuple[Any, ...]:
    """Return what a contractor's hook is asked with: the task, and its engagement if it takes two arguments."""
    two = takes(getattr(talk.seat.agent, hook, None), 2)
    return (task, Engagement.of(talk, task, best)) if two else (task,)
