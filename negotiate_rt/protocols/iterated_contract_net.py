"""Iterated contract net (FIPA SC00030H): the manager may call again for better proposals before it awards.

An iteration is a cfp, answered as in a contract net, and it ends in one of three ways: the manager accepts some proposals
and rejects the rest; it rejects them all; or it sends a revised cfp to some of the proposers and rejects the others, and the
next iteration begins. The last iteration, at max_rounds, ends in one of the first two. A new proposal takes the place of the
one before, better or worse; a proposer that refuses a revised call is out.

Whether to go on says the manager's `revise` hook, or a callable in the options: (task, bids, round) -> None to award now; a
task, to call for that; bids or names, to call only these again; True, for the same task from everybody; or a `Revision`.
Without one the manager calls for the same task as long as the best proposal gets better, by the rule it awards by: that
takes at least two iterations, for the first has nothing to be better than. A contractor whose `bid` takes two arguments sees
in the second what is the best so far (`engagement.best`), unless `reveal` is off, and what it has itself proposed (`own`).

Awards, work, failures and replacement are those of a contract net; a replacement begins with new iterations among the
remaining proposers, as far as max_rounds allows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import msgspec
from msgspec.structs import force_setattr

from negotiate_rt.errors import ConfigurationError, InvalidDecision
from negotiate_rt.machine import Moves
from negotiate_rt.machine.joint import JointMoves
from negotiate_rt.messages.config import number, whole
from negotiate_rt.messages.outcome import Bid
from negotiate_rt.messages.performatives import Cfp, Inform, Message, Reject
from negotiate_rt.problems.task import freeze
from negotiate_rt.protocols.awarding import (
    AWAITING_AWARD,
    ContractNetOptions,
    ContractResult,
    names_of,
    rank,
    standing_bids,
    yes_or_no,
)
from negotiate_rt.protocols.calling import AWAITING_BID
from negotiate_rt.protocols.contract_net import COLLECTING, EVALUATING, ContractNet
from negotiate_rt.protocols.course import Course
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.seat import Asked, HookKind, Question


class IteratedContractNetOptions(ContractNetOptions, frozen=True, kw_only=True):
    """Options of an iterated contract net: those of a contract net, and when and whom to call again.

    revise: (task, bids, round) -> what to do next, plain or async (see the protocol); the manager's own `revise` comes before
    it. Without either: improvement is by how much the best proposal must get better for another iteration (in the unit of
    the criterion; the first always has another), keep how many of the best are called again (None: all). reveal: whether
    a revised call tells the best proposal so far. Raises ConfigurationError.
    """

    revise: Callable[..., Any] | None = None
    improvement: float = 0.0
    keep: int | None = None
    reveal: bool = True

    def __post_init__(self) -> None:
        ContractNetOptions.__post_init__(self)
        if self.revise is not None and not callable(self.revise):
            raise ConfigurationError(f"options.revise: expected a callable or None, got {self.revise!r}")
        force_setattr(self, "improvement", number("options.improvement", self.improvement))
        if self.improvement < 0:
            raise ConfigurationError(f"options.improvement: expected a number of at least 0, got {self.improvement!r}")
        if self.keep is not None:
            force_setattr(self, "keep", whole("options.keep", self.keep, 1))
        yes_or_no("options.reveal", self.reveal)


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """A revised call: for which task (None: the same), from which of the proposers (None: all; bids or names)."""

    task: Any = None
    contractors: tuple[Any, ...] | None = None


class IteratedCall(msgspec.Struct, frozen=True):
    """What a call of an iterated contract net says: the task, which iteration this is, and the best proposal so far."""

    task: Any
    round: int
    best: Bid | None = None


class Iteration(msgspec.Struct, frozen=True, kw_only=True):
    """One call and its proposals, in the order of arrival. `best` is the best by the rule (None: no rule, no proposal)."""

    round: int
    task: Any
    called: tuple[str, ...]
    bids: tuple[Bid, ...]
    best: Bid | None = None


class IteratedContractResult(ContractResult, frozen=True, kw_only=True):
    """What a contract net came to, and all its iterations."""

    iterations: tuple[Iteration, ...] = ()


def judge_revision(talk: Any, decision: Any) -> Message:  # a Bundle; whatever the hook returned
    """Turn what `revise` returned into a message to the manager's own role: a Revision, or nothing to award now."""
    bids = standing_bids(talk)
    if decision is None or decision is False:
        return Inform()
    revision = decision if isinstance(decision, Revision) else Revision()
    if isinstance(decision, Mapping):
        revision = Revision(task=decision)
    elif decision is not True and not isinstance(decision, Revision):
        try:
            revision = Revision(contractors=tuple(names_of(decision, bids)))
        except InvalidDecision as error:
            raise InvalidDecision(f"revise: {error}") from None
    names = [bid.agent for bid in bids]
    if revision.contractors is not None:
        names = names_of(revision.contractors, bids)
    try:
        task = None if revision.task is None else freeze(revision.task)
    except ConfigurationError as error:
        raise InvalidDecision(f"revise: {error}") from None
    return Inform(Revision(task=task, contractors=tuple(names)) if names else None)


class IteratedContractNet(ContractNet):
    """One task, or one awarded several times, to the best of many contractors after calls for ever better proposals."""

    name = "iterated-contract-net"
    options = IteratedContractNetOptions
    contents = (IteratedCall,)
    moves: ClassVar[Moves] = {
        **ContractNet.moves,
        AWAITING_AWARD: {**ContractNet.moves[AWAITING_AWARD], ("manager", Cfp): AWAITING_BID},
    }
    joint: ClassVar[JointMoves] = {
        **ContractNet.joint, EVALUATING: {**ContractNet.joint[EVALUATING], "revised": COLLECTING},
    }  # fmt: skip
    questions: ClassVar = {
        **ContractNet.questions,
        "manager": {**ContractNet.questions["manager"], "revise": Question("revise", judge_revision)},
    }

    async def tender(self, talk: Bundle, course: Course) -> tuple[Bid, ...]:
        """Call, and call again, until no revision follows; return the last proposals, in the order of arrival."""
        best: Bid | None = None
        before = math.inf
        while True:
            reveal = isinstance(course.options, IteratedContractNetOptions) and course.options.reveal
            bids = await self.call(talk, course, IteratedCall(course.task, course.round + 1, best if reveal else None))
            best = self._note(course, bids)
            if not bids or course.round >= talk.conversation.terms.max_rounds:
                return bids
            revision = await self._revision(talk, course, bids, before)
            if revision is None:
                return bids
            before = self._rank(course, best)
            course.candidates = [bid.agent for bid in bids if bid.agent in revision.contractors]
            course.task = course.task if revision.task is None else revision.task
            talk.advance("revised")
            for bid in bids:
                if bid.agent not in course.candidates:
                    await talk.send(Reject("not called again"), bid.agent)

    def _note(self, course: Course, bids: tuple[Bid, ...]) -> Bid | None:
        """Take an iteration down; return its best proposal."""
        ranked = [bid for bid in bids if self._rank(course, bid) < math.inf]
        best = min(ranked, key=lambda bid: self._rank(course, bid), default=None)
        called = tuple(course.candidates)
        course.iterations.append(
            Iteration(round=course.round, task=course.task, called=called, bids=bids, best=best)
        )
        return best

    @staticmethod
    def _rank(course: Course, bid: Bid | None) -> float:
        """Return a proposal's rank by the rule that awards, lower is better; infinite without a rule."""
        rule = course.options.award
        return math.inf if bid is None or callable(rule) else rank(bid, rule, course.records((bid,)))

    async def _revision(self, talk: Bundle, course: Course, bids: tuple[Bid, ...], before: float) -> Any:
        """Return the Revision that follows these proposals, None to award now; `before` was the best rank."""
        options: IteratedContractNetOptions = talk.options
        if not callable(getattr(talk.seat.agent, "revise", None)):
            if options.revise is None:
                return self._ask_for_better(course, options, bids, before)
            talk.seat.asked["revise"] = Asked(talk.seat.question("revise"), options.revise, HookKind.PLAIN)
        reply = await talk.ask("revise", course.task, bids, course.round)
        revision = getattr(reply, "content", None)
        if revision is None or not isinstance(revision, Revision):
            return None
        standing = set(talk.waiting(AWAITING_AWARD))  # somebody may have gone while the hook was thinking
        names = tuple(name for name in revision.contractors or () if name in standing)
        return Revision(task=revision.task, contractors=names) if names else None

    def _ask_for_better(
        self, course: Course, options: IteratedContractNetOptions, bids: Sequence[Bid], before: float
    ) -> Revision | None:
        """Call again while the best proposal gets better; not at all if the manager's rule is its own secret."""
        ranks = {bid.agent: self._rank(course, bid) for bid in bids}
        best = min(ranks.values())
        if not (best < math.inf and before - best > options.improvement) or callable(
            getattr(course.talk.seat.agent, "award", None)
        ):
            return None
        ordered = sorted((bid.agent for bid in bids if ranks[bid.agent] < math.inf), key=lambda name: ranks[name])
        return Revision(contractors=tuple(ordered[: options.keep]))

    def read(self, content: Any) -> tuple[Any, Bid | None]:
        """Return the task and the best proposal so far, as far as a call tells them."""
        return (content.task, content.best) if isinstance(content, IteratedCall) else (content, None)

    def result(self, course: Course) -> ContractResult:
        """Return what the net came to, with its iterations."""
        return IteratedContractResult(**course.facts(), iterations=tuple(course.iterations))
