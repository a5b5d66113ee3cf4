"""What all fair divisions share: a referee who asks claimants, and tells each what it gets.

The referee is neutral and seated by the runtime. It asks by cfp; a claimant answers by propose (its sealed appraisal, its
pick, its cut), lets the question pass by reject-proposal, or leaves by walk. In the end each hears, by inform-result, its own
award alone: no message to a claimant carries what another stated. The rule that turns answers into shares is what a
subclass brings.

What is awkward: a message may be lost, so whoever is silent until a call closes is called anew, in a fresh dialogue, as often
as `options.calls` says. Who gives no usable answer then, or leaves, is left out: it gets nothing, and the others divide
everything, if the rule can do without it. Who leaves while the referee computes is left out, too: the rule is applied again.
Whoever has been given a piece, and leaves then, keeps it. What claimants state is taken as it is: the rules promise
something to those who state the truth, and misreports are experiments, not faults.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

import msgspec
from msgspec.structs import force_setattr, replace

from negotiate_rt.errors import ConfigurationError, InvalidDecision, InvalidOffer
from negotiate_rt.machine import Moves
from negotiate_rt.machine.joint import JointMoves
from negotiate_rt.messages.config import NegotiationConfig, seconds, whole
from negotiate_rt.messages.outcome import AGREED, FAILED, TIMEOUT
from negotiate_rt.messages.performatives import (
    Cfp,
    InformResult,
    Lapse,
    Left,
    Message,
    NotUnderstood,
    Propose,
    Reject,
    Skip,
    Walk,
)
from negotiate_rt.messages.view import View
from negotiate_rt.problems.dividing import DivisionResult
from negotiate_rt.problems.division_calls import CONTENTS, DivisionCall
from negotiate_rt.problems.exact import Exact
from negotiate_rt.problems.goods import Bundle as Items
from negotiate_rt.problems.goods import Item
from negotiate_rt.protocols.base import Convener, NegotiationProtocol, finite_or_none, unique_name
from negotiate_rt.protocols.guard import spoken, unbounded
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.conversation import Conversation
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Question, Seat
from negotiate_rt.strategies.claiming import Valuation, honest

R, C = "referee", "claimant"
WAITING, ANSWERING, LAPSED, LATE = "waiting", "answering", "lapsed", "late"
PASSED = "refused"  # the code of a call that was let pass
SERVED, OUT, DIVIDING = "SERVED", "OUT", "dividing"


class DivisionOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Options of every division. reply_by: seconds or timedelta that an answer may take (None: half of what is left).
    calls: how often a claimant who stays silent is called in all. verdicts: whether the result is judged for fairness, which
    for very many items takes seconds. Raises ConfigurationError.
    """

    reply_by: float | timedelta | None = None
    calls: int = 2
    verdicts: bool = True

    def __post_init__(self) -> None:
        force_setattr(self, "reply_by", seconds("options.reply_by", self.reply_by))
        force_setattr(self, "calls", whole("options.calls", self.calls, 1))
        if not isinstance(self.verdicts, bool):
            raise ConfigurationError(f"options.verdicts: expected true or false, got {self.verdicts!r}")

    def wait_for(self, left: float, part: float) -> float:
        """Return the seconds that an answer gets, of those that are left."""
        return left * part if self.reply_by is None else float(self.reply_by)  # type: ignore[arg-type]  # seconds by now


# -- a claimant's turn ------------------------------------------------------------------------------------------------


def view_of_call(talk: Dialogue) -> View:
    """Return what a claimant may see when it is called: the call, its own values, the time it has. Cost: O(1)."""
    conversation, seat = talk.conversation, talk.seat
    call: DivisionCall = seat.context
    now, terms = talk.now, conversation.terms
    closes_at = math.inf if call.closes_at is None else call.closes_at
    return View(
        seat.name, seat.role, talk.route.protocol, conversation.id, conversation.round, terms.max_rounds, now,
        min(conversation.deadline, closes_at, now + terms.turn_timeout), talk.machine.state.mine, None, None, (),
        seat.preferences, seat.strategy, call, talk.repair, call=call,
    )  # fmt: skip


def judge_answer(talk: Dialogue, decision: Any) -> Message:
    """Turn a decision into a message: what answers the call is proposed, None lets it pass (Reject), a Walk leaves.

    Raises InvalidDecision for anything else.
    """
    proposed = isinstance(decision, Propose)
    if isinstance(decision, Message) and not proposed:
        return spoken(talk, decision)
    value = unbounded(decision) if proposed else decision
    if value is None:
        return talk.machine.clear(Reject("no claim"), talk.now)
    call: DivisionCall = talk.seat.context
    try:
        return talk.offer(call.check(value))
    except InvalidOffer as error:
        raise InvalidDecision(str(error)) from None


CLAIMING = Question("claim", judge_answer, view_of_call, default=honest)


# -- the referee ------------------------------------------------------------------------------------------------------


class Sitting:
    """One division under way. `gone`: who has left, and why; `missed`: who gave no answer when last asked, and why; `promises`:
    what the rule keeps if all are honest."""

    def __init__(self, talk: Bundle, promises: tuple[str, ...] = ()) -> None:
        self.talk = talk
        self.promises = promises
        self.options: DivisionOptions = talk.options
        self.gone: dict[str, str] = {}
        self.missed: dict[str, str] = {}
        self.answers: dict[str, Any] = {}

    @property
    def present(self) -> list[str]:
        """Who has not left, in seating order."""
        return [name for name in self.talk.ends if name not in self.gone]

    async def ask(self, calls: Mapping[str, DivisionCall], part: float = 0.5) -> dict[str, Any]:
        """Call upon claimants at once; return the answers, in the order of the calls. Who gives none is in `missed`, or `gone`.

        part: of the time left, what one call gets unless the options say. Cost: O(claimants called).
        """
        self.answers, self.missed = {}, {}
        silent = list(calls)
        for _ in range(self.options.calls):
            silent = [name for name in silent if name not in self.gone]
            if not silent:
                break
            silent = await self._call({name: calls[name] for name in silent}, part)
        self.missed |= {name: f"agent-late: {name} did not answer" for name in silent if name not in self.gone}
        return {name: self.answers[name] for name in calls if name in self.answers and name not in self.gone}

    async def _call(self, calls: Mapping[str, DivisionCall], part: float) -> list[str]:
        """Call once; return who was silent until it closed."""
        talk = self.talk
        closes_at = talk.now + self.options.wait_for(talk.deadline - talk.now, part)
        for name, call in calls.items():
            if talk.state(name) in (LAPSED, LATE):  # a message of its dialogue is lost
                talk.lapse(name)
                talk.call_again(name)
            await talk.send(Cfp(replace(call, closes_at=finite_or_none(closes_at))), name, closes_at)
        awaited = dict(calls)
        while awaited:
            name, message = await talk.receive(deadline=closes_at)
            if isinstance(message, Lapse):
                for one in awaited:
                    talk.lapse(one)
                await self.linger()
                break
            await self._hear(name, message, awaited.get(name))
            if talk.state(name) != ANSWERING:
                awaited.pop(name, None)
        return [name for name in awaited if talk.state(name) == LAPSED]

    async def linger(self) -> None:
        """Deal with what has come by now."""
        while True:
            name, message = await self.talk.receive(deadline=self.talk.now)
            if isinstance(message, Lapse):
                return
            await self._hear(name, message, None)

    async def _hear(self, name: str, message: Message, call: DivisionCall | None) -> None:
        """Take down what a claimant says; `call`: the one that it answers, None where that has closed."""
        talk = self.talk
        if isinstance(message, Left):
            self.gone[name] = message.reason or f"agent-crashed: {name}"
            if talk.state(name) == LAPSED:
                talk.lapse(name)
        elif isinstance(message, (Walk, NotUnderstood)):
            code = "walked-away" if isinstance(message, Walk) else "refused"
            self.gone[name] = f"{code}: {name}" + (f": {message.reason}" if message.reason else "")
        elif isinstance(message, Propose):
            if talk.state(name) == LATE:
                await talk.send(Reject("late"), name)
            elif call is not None:
                self._take(name, message.value, call)
        elif isinstance(message, (Skip, Reject)):
            code = message.code if isinstance(message, Skip) else PASSED
            self.missed[name] = f"{code}: {name}: {message.reason}"

    def _take(self, name: str, value: Any, call: DivisionCall) -> None:
        try:
            self.answers[name] = call.check(value)
            self.missed.pop(name, None)
        except InvalidOffer as error:  # the guard keeps an agent from it; a forger outside may say anything
            self.missed[name] = f"protocol-violation: {name}: {error}"

    def why(self) -> dict[str, str]:
        """Return who is left out, and why, in seating order."""
        told = self.missed | self.gone
        return {name: told[name] for name in self.talk.ends if name in told}

    async def announce(self, result: DivisionResult) -> None:
        """Tell everybody who can be reached what it gets."""
        for name, end in self.talk.ends.items():
            if end.machine.state.name == WAITING:
                await self.talk.send(InformResult(result.award(name)), name)

    async def conclude(self, result: DivisionResult) -> None:
        """Tell everybody, and end it."""
        result = replace(result, promised=() if result.proven is False else self.promises)
        await self.announce(result)
        self.talk.conclude("divided", result=result)

    def fail(self, reason: str = "") -> None:
        """End it without a division; unless a reason is given it is that of the first who was left out."""
        why = reason or next(iter(self.why().values()), "infeasible: there is nobody to divide with")
        self.talk.conclude("undivided", why)


class Division(NegotiationProtocol):
    """Root of the fair divisions: seats, table, the claimants' role, what everybody gains."""

    seats: ClassVar = {R: 1, C: (2, None)}
    convener = R
    start = WAITING
    moves: ClassVar[Moves] = {
        WAITING: {(R, Cfp): ANSWERING, (R, Reject): WAITING, (R, InformResult): SERVED},
        ANSWERING: {(C, Propose): WAITING, (C, Reject): WAITING, (C, Walk): OUT, (C, NotUnderstood): OUT},
        LAPSED: {(C, Propose): LATE, (C, Reject): WAITING, (C, Walk): OUT, (C, NotUnderstood): OUT},
        LATE: {(R, Reject): WAITING},
    }
    timeouts: ClassVar = {WAITING: OUT, ANSWERING: LAPSED, LAPSED: OUT, LATE: OUT}
    skips: ClassVar = {ANSWERING: WAITING, LAPSED: WAITING}
    joint_start = DIVIDING
    joint: ClassVar[JointMoves] = {
        DIVIDING: {Cfp: DIVIDING, Reject: DIVIDING, InformResult: DIVIDING, "divided": AGREED, "undivided": FAILED},
    }
    joint_timeouts: ClassVar = {DIVIDING: TIMEOUT}
    options: ClassVar[type[DivisionOptions]] = DivisionOptions
    promises: ClassVar[tuple[str, ...]] = ()  # the verdicts that hold if all are honest
    contents: ClassVar[tuple[type, ...]] = CONTENTS
    questions: ClassVar = {R: {None: CLAIMING}, C: {None: CLAIMING}}

    def make_initiator(self, config: NegotiationConfig, agents: Sequence[Any]) -> Convener:
        """Return the referee that the runtime seats."""
        return Convener(unique_name(R, agents))

    def settings(self, config: NegotiationConfig) -> Any:  # of the type in `options`
        """Return the options; what every division has may be given as plain DivisionOptions."""
        given = config.options
        if given.__class__ is DivisionOptions is not self.options:
            return self.options(**msgspec.structs.asdict(given))
        return super().settings(config)

    async def referee(self, talk: Bundle) -> None:
        """Ask, divide, and tell everybody."""
        raise NotImplementedError(f"{type(self).__name__} must say how it divides")

    async def claimant(self, talk: Dialogue) -> None:
        """Answer each call; hear the award."""
        while not talk.machine.state.final:
            message = await talk.receive()
            if not isinstance(message, Cfp):
                continue
            talk.seat.context = call = message.content
            closes_at = math.inf if call.closes_at is None else call.closes_at
            if talk.now > closes_at:  # the network's fault, not the agent's
                await talk.send(Skip("the call came after it had closed"))
                continue
            await talk.send(await talk.ask(None, deadline=closes_at))

    def utilities(self, seats: Sequence[Seat], conversation: Conversation) -> dict[str, float]:
        """Return what each claimant whose values are known has gained by its own measure: what it got, less what it pays."""
        result: DivisionResult | None = conversation.result
        worth = {}
        for seat in seats:
            mine = seat.preferences
            if isinstance(mine, Valuation):
                try:
                    worth[seat.name] = 0.0 if result is None else gained(mine, result)
                except Exception as error:  # noqa: BLE001  # the border to agents' code: a worth of its own
                    conversation.note_fault(seat.name, "raised", f"values raised {type(error).__name__}: {error}")
        return worth


def passed(sitting: Sitting, names: Sequence[str]) -> bool:
    """Whether all of these have let the last call pass, rather than missed it."""
    return all(sitting.missed.get(name, "").startswith(PASSED) for name in names)


def gained(mine: Valuation, result: DivisionResult) -> float:
    """Return what a claimant has gained by its own measure; of a lottery, by what was drawn."""
    name = mine.party
    if mine.claim is not None:
        return float(result.awards.get(name, 0))
    if mine.cake is not None:
        piece = result.pieces.get(name)
        return 0.0 if piece is None else float(mine.cake.worth(*piece))
    whole_items = result.allocation.get(name, ())
    split = not result.drawn and len(result.shares.get(name, ())) > len(whole_items)
    return float(mine.worth(result.shares[name] if split else whole_items)) - float(result.payments.get(name, 0))


def whole_shares(allocation: Mapping[str, Items], items: Sequence[Item]) -> dict[str, dict[Item, Exact]]:
    """Return whole items as shares, in the order of `items`: a set has none of its own."""
    return {name: {item: 1 for item in items if item in bundle} for name, bundle in allocation.items()}

