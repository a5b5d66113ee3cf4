"""How a manager watches over contractors at work: reports, progress, silence, and calling off who is too slow.

A slow contractor is not a dead one: it is cancelled, and its answer awaited, before the task is awarded again.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

from negotiate_rt.errors import InvalidDecision
from negotiate_rt.messages.outcome import NegotiationOffer
from negotiate_rt.messages.performatives import (
    Cancel,
    Inform,
    InformDone,
    InformResult,
    Lapse,
    Message,
    Propose,
    Skip,
    Walk,
)
from negotiate_rt.protocols.awarding import ContractNetOptions, Penalty, ProgressReport, limit
from negotiate_rt.protocols.calling import reject_late
from negotiate_rt.runtime.asking import CODES
from negotiate_rt.runtime.bundle import Bundle

PERFORMING, CANCELLING = "performing", "cancelling"
FULFILLED, CANCELLED, DECOMMITTED = "FULFILLED", "CANCELLED", "DECOMMITTED"
LATE_REPORT, CALLED_OFF = "agent-late: cancelled", "cancelled: called off by the manager"
REPORT_CODES = frozenset({*CODES.values(), "cancelled", "walked-away"})


class Shift:
    """Winners at work. `reports`: what each reported, or why it did not; `progress`: what they told on the way; `stopped`:
    who did not go on to the end without having failed or for being late, and whether it is the latter; `penalties`: what
    was paid for that."""

    def __init__(self, talk: Bundle, winners: Collection[str]) -> None:
        self.talk = talk
        self.options: ContractNetOptions = talk.options
        self.reports: dict[str, Any] = {}
        self.progress: list[ProgressReport] = []
        self.penalties: list[Penalty] = []
        self.working = list(winners)
        self.stopped: dict[str, bool] = {}
        self.dismissed: dict[str, str] = {}  # whom the manager wants to call off, and why
        self.watched = callable(getattr(talk.seat.agent, "monitor", None))
        end = talk.now + limit(self.options.perform_timeout)
        self.ends = dict.fromkeys(winners, end)  # by when the work must be done, or a cancel answered
        self.heard_by = dict.fromkeys(winners, talk.now + limit(self.options.progress_timeout))

    async def watch(self) -> None:
        """Wait until every winner has reported, has gone, or has been called off."""
        talk = self.talk
        while self.working:
            await self._dismiss()
            name, message = await talk.receive(deadline=min(map(self._due, self.working)))
            if isinstance(message, Lapse):
                for slow in [name for name in self.working if self._due(name) <= talk.now]:
                    await self._too_slow(slow)
            elif isinstance(message, Propose):
                await reject_late(talk, name)
            elif name in self.working:
                await self._hear(name, message)
            self.working = [name for name in self.working if talk.state(name) in (PERFORMING, CANCELLING)]

    def _due(self, name: str) -> float:
        return min(self.ends[name], self.heard_by[name])

    async def _hear(self, name: str, message: Message) -> None:
        state = self.talk.state(name)
        if isinstance(message, Inform):
            if state == PERFORMING:
                await self._note_progress(name, message.content)
        elif state != CANCELLED:
            self.reports[name] = report_of(self.talk, name, message)
            if state == DECOMMITTED:
                self.stopped[name] = False
                self._pay(name, self.talk.name, self.options.contractor_penalty)

    async def _note_progress(self, name: str, content: Any) -> None:
        """Take down what a contractor told; a manager with a `monitor` of its own may call it off for that."""
        talk = self.talk
        self.heard_by[name] = talk.now + limit(self.options.progress_timeout)
        told = ProgressReport(name, content, talk.now, talk.conversation.round)
        self.progress.append(told)
        if self.watched:
            verdict = await talk.ask("monitor", talk.problem, told)
            if isinstance(verdict, Cancel):
                self.dismissed[name] = verdict.reason

    async def _dismiss(self) -> None:
        """Call off whom the manager no longer wants, unless the report has come while it was thinking."""
        if self.dismissed and not len(self.talk.box):
            for name, reason in self.dismissed.items():
                if self.talk.state(name) == PERFORMING:
                    await self.call_off(name, CALLED_OFF, reason)
                    self._pay(self.talk.name, name, self.options.manager_penalty)
            self.dismissed.clear()

    def _pay(self, payer: str, payee: str, penalty: float | None) -> None:
        if penalty is not None:
            self.penalties.append(Penalty(payer, payee, penalty))

    async def call_off(self, name: str, why: str, reason: str) -> None:
        """Cancel one contractor's work, and give it time to answer."""
        self.stopped[name] = why == LATE_REPORT
        self.reports[name] = why
        self.heard_by[name] = math.inf
        self.ends[name] = self.talk.now + limit(self.options.cancel_timeout)
        await self.talk.send(Cancel(reason), name)

    async def _too_slow(self, name: str) -> None:
        """Cancel who is still at work; give up on who does not even answer that."""
        if self.talk.state(name) == PERFORMING:
            await self.call_off(name, LATE_REPORT, "too slow" if self.ends[name] <= self.talk.now else "no news")
        else:
            self.talk.lapse(name)


def judge_monitor(talk: Any, decision: Any) -> Message:  # a Bundle; whatever the hook returned
    """Turn what a manager's `monitor` says into a message to its own role: None or True goes on, False or Cancel calls off."""
    if isinstance(decision, Cancel):
        return decision
    if decision is None or decision is True:
        return Inform(True)
    if decision is False:
        return Cancel("called off")
    raise InvalidDecision(f"monitor returns None or True to go on, False or Cancel to call off, got {decision!r}")


def report_of(talk: Bundle, name: str, message: Message) -> Any:  # whatever the contractor reported
    """Return what a final report says."""
    if isinstance(message, InformResult):
        return message.result
    if isinstance(message, InformDone):
        return "done" if message.content is None else message.content
    if isinstance(message, Skip):
        blame = [fault.what for fault in talk.conversation.faults if fault.who == name]
        return f"{CODES.get(blame[-1] if blame else '', 'agent-late')}: {message.reason}"
    if isinstance(message, Walk):
        return f"walked-away: {message.reason or 'broke the contract'}"
    return getattr(message, "reason", "")


def failure_of(name: str, report: Any) -> str:
    """Return why a winner has not done its work, with a code in front and its name."""
    code, _, cause = f"{report}".partition(": ")
    if code not in REPORT_CODES:
        code, cause = "refused", f"{report}"
    return f"{code}: {cause if cause.startswith(f'{name}: ') else f'{name}: {cause}'}"


def accepted_offer(talk: Bundle, awarded: Collection[str]) -> NegotiationOffer | None:
    """Return the one offer that was accepted and fulfilled; None if there are several."""
    names = list(awarded)
    return talk.ends[names[0]].machine.board.last_heard if len(names) == 1 else None
