"""How a manager awards: by cost, time, reliability, or a callable. Ties go to the proposal that arrived first."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec
from msgspec.structs import force_setattr

from negotiate_rt.errors import ConfigurationError, InvalidDecision, suggest
from negotiate_rt.messages.config import seconds, whole
from negotiate_rt.messages.outcome import Bid
from negotiate_rt.messages.performatives import Inform, Message

RULES = ("cost", "time", "reliability")
AwardRule = str | Callable[[Any, Sequence[Bid]], Any]


class ContractNetOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Options of a contract net.

    award: "cost" or "time" (the lowest wins), "reliability" (the highest), or a callable (task, bids) -> a bid, a name, or a
    sequence of them, plain or async; a bid is a number, or a mapping that holds the criterion. awards: how many win at most;
    a callable says so itself. Durations are seconds or timedeltas. reply_by: for proposals (None: half of what is left);
    perform_timeout: for the work (None: what is left); cancel_timeout: for the answer to a cancel. retries: how many new
    calls replace failed winners. Raises ConfigurationError.
    """

    award: AwardRule = "cost"
    awards: int = 1
    reply_by: float | timedelta | None = None
    perform_timeout: float | timedelta | None = None
    cancel_timeout: float | timedelta = 1.0
    retries: int = 3

    def __post_init__(self) -> None:
        if not callable(self.award) and self.award not in RULES:
            raise ConfigurationError(
                f"options.award: expected {', '.join(RULES)} or a callable, got {self.award!r}"
                + suggest(str(self.award), RULES)
            )
        force_setattr(self, "awards", whole("options.awards", self.awards, 1))
        force_setattr(self, "retries", whole("options.retries", self.retries, 0))
        for name in ("reply_by", "perform_timeout", "cancel_timeout"):
            force_setattr(self, name, seconds(f"options.{name}", getattr(self, name)))

    def wait_for(self, left: float) -> float:
        """Return the seconds that proposals get, of those that are left."""
        return left / 2 if self.reply_by is None else limit(self.reply_by)


def limit(seconds: float | timedelta | None) -> float:
    """Return an option's seconds, infinite without a limit."""
    return math.inf if seconds is None else float(seconds)  # type: ignore[arg-type]  # seconds since __post_init__


class ContractResult(msgspec.Struct, frozen=True, kw_only=True):
    """Who was awarded and fulfilled, what each winner reported (or why it did not), and all proposals."""

    awarded: tuple[str, ...]
    reports: Mapping[str, Any]
    bids: tuple[Bid, ...]


def award(rule: str, bids: Sequence[Bid], wanted: int) -> list[str]:
    """Return the names of at most `wanted` winners by cost, time or reliability, best first."""
    ranked = sorted(bids, key=lambda bid: worth(bid.value, rule))  # stable: ties stay in the order of arrival
    return [bid.agent for bid in ranked if worth(bid.value, rule) < math.inf][:wanted]


def worth(value: Any, rule: str) -> float:
    """Return a proposal's rank under a rule, lower is better; infinite if it does not name the criterion."""
    criterion = value.get(rule) if isinstance(value, Mapping) else value
    if isinstance(criterion, bool) or not isinstance(criterion, (int, float)) or math.isnan(criterion):
        return math.inf
    return -criterion if rule == "reliability" else criterion


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
    standing = [Bid(name, end.machine.board.standing) for name, end in talk.ends.items() if end.machine.board.standing]
    return Inform(tuple(names_of(decision, standing)))
