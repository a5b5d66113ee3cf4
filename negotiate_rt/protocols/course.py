"""What a manager knows in the course of a contract net: whom to call, what came of it, what is still to be done."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from negotiate_rt.messages.outcome import Bid
from negotiate_rt.protocols.awarding import ContractNetOptions, Penalty, ProgressReport, required
from negotiate_rt.protocols.supervising import FULFILLED, Shift, failure_of
from negotiate_rt.runtime.bundle import Bundle


class Course:
    """How a contract net has gone so far: whom to call, all bids and reports, how many awards are not fulfilled yet."""

    __slots__ = (
        "bids", "candidates", "failure", "fulfilled", "iterations", "ledger", "missing", "options", "penalties", "progress",
        "reports", "required", "round", "talk", "task",
    )  # fmt: skip

    def __init__(self, talk: Bundle) -> None:
        commons = talk.conversation.commons
        self.talk = talk
        self.options: ContractNetOptions = talk.options
        self.ledger: Any = commons.reliability if commons is not None else None  # a ReliabilityLedger
        self.required = required(talk.problem, self.options)
        self.candidates = [name for name in talk.ends if self._able(name)]
        self.task = talk.problem
        self.round = 0
        self.bids: tuple[Bid, ...] = ()
        self.iterations: list[Any] = []  # of an iterated contract net
        self.reports: dict[str, Any] = {}
        self.progress: list[ProgressReport] = []
        self.penalties: list[Penalty] = []
        self.fulfilled: list[str] = []
        self.missing: int | None = None  # None before the first award
        self.failure = ""

    def _able(self, name: str) -> bool:
        """Whether somebody can do all that is required: by the directory, if it is on its pages, else as it says itself."""
        if not self.required:
            return True
        commons = self.talk.conversation.commons
        if commons is not None and name in commons.directory:
            known = commons.directory.capabilities(name)
        else:
            known = getattr(self.talk.agent_of(name), "capabilities", ())
        return all(one in known for one in self.required)

    def records(self, bids: Sequence[Bid]) -> dict[str, Any]:
        """Return what is known of the proposers, by name."""
        return {bid.agent: self.ledger.of(bid.agent) for bid in bids} if self.ledger is not None else {}

    def note(self, winners: Collection[str], shift: Shift) -> None:
        """Take down what a round of awards came to; `failure` names the last winner that failed, with a code."""
        talk, reports = self.talk, shift.reports
        self.reports |= reports
        self.progress += shift.progress
        self.penalties += shift.penalties
        done = [name for name in reports if talk.state(name) == FULFILLED]
        self.fulfilled += done
        self.missing = (len(winners) if self.missing is None else self.missing) - len(done)
        for name in winners:
            if name not in done:
                self.failure = failure_of(name, reports.get(name, ""))
            late = shift.stopped.get(name)
            if self.ledger is not None and late is not False:  # not called off for the manager's own reasons
                self.ledger.note(name, name in done, late=bool(late))

    def why_nobody(self) -> str:
        """Return why there was no award, with a code in front."""
        if any(bid.round == self.round for bid in self.bids):
            return "refused: no proposal was awarded"
        if not self.candidates and self.required:
            return f"no-bids: nobody here is capable of {', '.join(self.required)}"
        return "no-bids: nobody proposed" + (f" in round {self.round}" if self.bids else "")

    def facts(self) -> dict[str, Any]:
        """Return the fields of a ContractResult."""
        return {
            "awarded": tuple(self.fulfilled), "reports": self.reports, "bids": self.bids, "progress": tuple(self.progress),
            "penalties": tuple(self.penalties),
        }  # fmt: skip
