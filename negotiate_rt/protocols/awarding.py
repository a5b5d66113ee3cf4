"""How a manager awards: by cost, time, reliability, expected cost, or a callable. Ties go to the proposal that came first."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec
from msgspec.structs import force_setattr

from negotiate_rt.errors import ConfigurationError, InvalidDecision, suggest
from negotiate_rt.messages.config import number, seconds, whole
from negotiate_rt.messages.outcome import Bid
from negotiate_rt.messages.performatives import Inform, Message
from negotiate_rt.strategies.reliability import UNKNOWN, Reliability

RULES = ("cost", "time", "reliability", "expected-cost")
AWAITING_AWARD = "awaiting_award"
AwardRule = str | Callable[..., Any]
Records = Mapping[str, Reliability]


class ContractNetOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Options of a contract net.

    award: "cost" or "time" (the lowest wins), "reliability" (the likeliest to succeed, by the society's record of the
    contractor; what a proposal claims of itself is where the record begins), "expected-cost" (the lowest cost divided by
    that likelihood: what it takes until somebody like this has succeeded), or a callable (task, bids) -> a bid, a name, or a
    sequence of them, plain or async; one that takes three arguments gets the records by name, too. A bid is a number, the
    cost, or a mapping that holds the criterion. awards: how many win at most; a callable says so itself. capability: only
    contractors with this capability, or all of these, are called (None: what the task names as `capability` or
    `capabilities`). Durations are seconds or timedeltas. reply_by: for proposals (None: half of what is left);
    perform_timeout: for the work (None: what is left); progress_timeout: for the silence between two progress reports of
    a contractor at work (None: it need not report); cancel_timeout: for the answer to a cancel. retries: how many further
    awards replace failed winners. withhold_rejects: who was not awarded is told only when the work is done, and can be
    awarded without a new call. contractor_penalty, manager_penalty: what breaking the contract costs a contractor at work
    (its `perform` returns a Walk) or the manager (its `monitor` calls off), paid to the other side (None: a contractor that
    walks away has failed, a manager that calls off pays nothing). Raises ConfigurationError.
    """

    award: AwardRule = "cost"
    awards: int = 1
    capability: str | tuple[str, ...] | None = None
    reply_by: float | timedelta | None = None
    perform_timeout: float | timedelta | None = None
    progress_timeout: float | timedelta | None = None
    cancel_timeout: float | timedelta = 1.0
    retries: int = 3
    withhold_rejects: bool = False
    contractor_penalty: float | None = None
    manager_penalty: float | None = None

    def __post_init__(self) -> None:
        if not callable(self.award) and self.award not in RULES:
            raise ConfigurationError(
                f"options.award: expected {', '.join(RULES)} or a callable, got {self.award!r}"
                + suggest(str(self.award), RULES)
            )
        force_setattr(self, "awards", whole("options.awards", self.awards, 1))
        force_setattr(self, "retries", whole("options.retries", self.retries, 0))
        for name in ("reply_by", "perform_timeout", "progress_timeout", "cancel_timeout"):
            force_setattr(self, name, seconds(f"options.{name}", getattr(self, name)))
        if self.capability is not None:
            force_setattr(self, "capability", several("options.capability", self.capability))
        yes_or_no("options.withhold_rejects", self.withhold_rejects)
        for name in ("contractor_penalty", "manager_penalty"):
            if getattr(self, name) is not None:
                force_setattr(self, name, at_least_zero(f"options.{name}", getattr(self, name)))

    def wait_for(self, left: float) -> float:
        """Return the seconds that proposals get, of those that are left."""
        return left / 2 if self.reply_by is None else limit(self.reply_by)


def yes_or_no(name: str, value: object) -> None:
    """Raise ConfigurationError unless it is True or False."""
    if not isinstance(value, bool):
        raise ConfigurationError(f"{name}: expected True or False, got {value!r}")


def at_least_zero(name: str, value: object) -> float:
    """Return a finite number of at least 0. Raises ConfigurationError."""
    amount = number(name, value)
    if amount < 0:
        raise ConfigurationError(f"{name}: expected a number of at least 0, got {value!r}")
    return amount


def several(name: str, value: Any) -> tuple[str, ...]:  # whatever the caller gave
    """Return one capability, or several, as a tuple. Raises ConfigurationError."""
    found = (value,) if isinstance(value, str) else value
    if not isinstance(found, (tuple, list, set, frozenset)) or not all(isinstance(one, str) and one for one in found):
        raise ConfigurationError(f"{name}: expected the name of a capability, or several, got {value!r}")
    return tuple(sorted(found)) if isinstance(found, (set, frozenset)) else tuple(found)


def required(task: Any, options: ContractNetOptions) -> tuple[str, ...]:
    """Return what a contractor must be able to do: what the options say, else the task. Raises ConfigurationError."""
    if options.capability is not None:
        return several("options.capability", options.capability)
    if isinstance(task, Mapping):
        for name in ("capability", "capabilities"):
            if task.get(name) is not None:
                return several(f"the task's {name}", task[name])
    return ()


def limit(seconds: float | timedelta | None) -> float:
    """Return an option's seconds, infinite without a limit."""
    return math.inf if seconds is None else float(seconds)  # type: ignore[arg-type]  # seconds since __post_init__


class ProgressReport(msgspec.Struct, frozen=True):
    """What a contractor at work told its manager: `content` is its own, `at` seconds on the society's clock."""

    agent: str
    content: Any
    at: float
    round: int = 1


class Penalty(msgspec.Struct, frozen=True):
    """What one side paid the other for breaking their contract."""

    payer: str
    payee: str
    amount: float


class ContractResult(msgspec.Struct, frozen=True, kw_only=True):
    """Who was awarded and fulfilled, what each winner reported (or why it did not), all proposals, the progress told, and the
    penalties paid for broken contracts."""

    awarded: tuple[str, ...]
    reports: Mapping[str, Any]
    bids: tuple[Bid, ...]
    progress: tuple[ProgressReport, ...] = ()
    penalties: tuple[Penalty, ...] = ()


def award(rule: str, bids: Sequence[Bid], wanted: int, records: Records | None = None) -> list[str]:
    """Return the names of at most `wanted` winners by a rule, best first. Cost: O(bids log bids)."""
    ranks = {bid.agent: rank(bid, rule, records or {}) for bid in bids}
    ranked = sorted(bids, key=lambda bid: ranks[bid.agent])  # stable: ties stay in the order of arrival
    return [bid.agent for bid in ranked if ranks[bid.agent] < math.inf][:wanted]


def rank(bid: Bid, rule: str, records: Records) -> float:
    """Return a proposal's rank under a rule, lower is better; infinite if it does not name the criterion.

    reliability: minus the expected chance of success, (good + 2a) / (good + bad + 2) with the evidence of the records and
    the chance that the bid claims as base rate a, one half if it claims none. expected-cost: the cost over that chance.
    """
    if rule in ("cost", "time"):
        return figure(bid.value, rule)
    chance = records.get(bid.agent, UNKNOWN).expected(claim(bid.value))
    if rule == "reliability":
        return -chance
    cost = figure(bid.value, "cost")
    return cost / chance if chance > 0 else math.inf


def figure(value: Any, criterion: str) -> float:
    """Return what a proposal names, itself if it is a number; infinite if it does not."""
    named = value.get(criterion) if isinstance(value, Mapping) else value
    if isinstance(named, bool) or not isinstance(named, (int, float)) or math.isnan(named):
        return math.inf
    return named


def claim(value: Any) -> float:
    """Return the chance of success that a proposal claims, held between 0 and 1; one half if it claims none."""
    claimed = figure(value, "reliability") if isinstance(value, Mapping) else math.inf
    return 0.5 if claimed == math.inf else min(1.0, max(0.0, claimed))


def names_of(chosen: Any, bids: Sequence[Bid]) -> list[str]:
    """Return the names in what an award rule chose: a bid, a name, a sequence of them, or None. Raises InvalidDecision."""
    try:
        several = [chosen] if isinstance(chosen, (str, Bid)) else list(() if chosen is None else chosen)
    except TypeError:
        raise InvalidDecision(f"an award is a bid, a name, or a sequence of them, got {chosen!r}") from None
    names = [one.agent if isinstance(one, Bid) else one for one in several]
    known = [bid.agent for bid in bids]
    for name in names:
        if name not in known:
            raise InvalidDecision(f"award named {name!r}, who has not proposed; proposals came from {', '.join(known)}")
    return list(dict.fromkeys(names))


def judge_award(talk: Any, decision: Any) -> Message:  # a Bundle; whatever the hook returned
    """Turn an award into a message to the manager's own role."""
    return Inform(tuple(names_of(decision, standing_bids(talk))))


def standing_bids(talk: Any) -> list[Bid]:  # a Bundle
    """Return the proposals that wait for the award, in seating order."""
    boards = ((name, talk.ends[name].machine.board) for name in talk.waiting(AWAITING_AWARD))
    return [Bid(name, board.standing.value) for name, board in boards if board.standing is not None]
