"""How talks end: offers, faults, the states of an ending, and the one outcome that the supervisor writes."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec


class NegotiationState(StrEnum):
    """How a negotiation ended (API.md, Final states)."""

    AGREED = "AGREED"
    FAILED = "FAILED"
    TIMEOUT = "TIMEOUT"
    DEADLOCK = "DEADLOCK"


AGREED = NegotiationState.AGREED
FAILED = NegotiationState.FAILED
TIMEOUT = NegotiationState.TIMEOUT
DEADLOCK = NegotiationState.DEADLOCK


class NegotiationOffer(msgspec.Struct, frozen=True, gc=False):
    """One offer that was made. `value` is a price, a share or an outcome; times are seconds on the society's clock."""

    id: str
    agent: str
    value: Any  # the problem's: a number, or a tuple of issue values in the space's order
    round: int
    at: float
    expires_at: float | None = None


class Bid(msgspec.Struct, frozen=True, gc=False):
    """What one agent bid: `value` in the lot's or task's unit."""

    agent: str
    value: Any  # a number, or one of the bundle bids of a combinatorial auction
    round: int = 1


class Fault(msgspec.Struct, frozen=True, gc=False):
    """Something an agent did wrong: who, what (late, raised, invalid, illegal, forged ...), when, and the cause."""

    who: str
    what: str
    when: float
    cause: str
    traceback: str = ""

    @property
    def agent(self) -> str:
        return self.who

    @property
    def kind(self) -> str:
        return self.what

    @property
    def at(self) -> float:
        return self.when


class NegotiationOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """The one record of how a negotiation ended.

    `duration_ms` runs on the negotiation's clock. `utilities` holds what the deal, or having none, is worth to each
    agent whose preferences are known. `result` is typed by the protocol: an award with its reports, an auction's result.
    `failure_reason` begins with a code and is None if and only if `agreed`.
    """

    id: str
    protocol: str
    agreed: bool
    accepted_offer: NegotiationOffer | None
    all_offers: tuple[NegotiationOffer, ...]
    rounds_used: int
    duration_ms: float
    final_state: NegotiationState
    failure_reason: str | None
    utilities: Mapping[str, float]
    faults: tuple[Fault, ...] = ()
    result: Any = None  # a struct of the protocol's own
    messages: int = 0

    def __repr__(self) -> str:
        deal = (
            f"{self.accepted_offer.value!r} offered by {self.accepted_offer.agent}"
            if self.accepted_offer
            else self.failure_reason
        )
        return (
            f"<NegotiationOutcome {self.id} {self.protocol}: {self.final_state} in round {self.rounds_used}, {deal}; "
            f"{len(self.all_offers)} offers, {len(self.faults)} faults, {self.duration_ms:.3g} ms>"
        )

    @property
    def reason_code(self) -> str | None:
        """The code before the colon of `failure_reason`, e.g. `walked-away`."""
        return None if self.failure_reason is None else self.failure_reason.split(":", 1)[0]
