"""What a caller asks for: the kind of negotiation, its limits, and what to do about faults."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

import msgspec
from msgspec.structs import force_setattr

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.messages.acknowledgement import Acknowledgement, acknowledgement
from negotiate_rt.problems.scalars import finite

SPELLINGS = {
    "sealed-bid": "first-price-auction", "vickrey": "vickrey-auction", "first-price": "first-price-auction",
    "english": "english-auction", "english-clock": "japanese-auction", "japanese": "japanese-auction", "dutch": "dutch-auction",
    "discriminatory": "discriminatory-auction", "pay-as-bid": "discriminatory-auction", "uniform-price": "uniform-price-auction",
    "multi-unit-vickrey": "multi-unit-vickrey-auction", "double": "double-auction", "call-market": "double-auction",
    "gsp": "gsp-auction", "generalised-second-price": "gsp-auction", "generalized-second-price": "gsp-auction",
    "all-pay": "all-pay-auction", "continuous-double": "continuous-double-auction", "cda": "continuous-double-auction",
    "simultaneous-ascending": "simultaneous-ascending-auction", "saa": "simultaneous-ascending-auction",
    "cut-and-choose": "divide-and-choose", "sealed-bids": "knaster", "knaster-sealed-bids": "knaster",
    "mnw": "maximum-nash-welfare",
    "envy-cycle": "envy-cycle-elimination", "envy-cycles": "envy-cycle-elimination", "max-nash-welfare": "maximum-nash-welfare",
    "nash-welfare": "maximum-nash-welfare", "rent": "rent-division", "claims": "bankruptcy", "dubins-spanier": "moving-knife",
    "combinatorial": "combinatorial-auction", "coalition": "coalition-formation", "coalitions": "coalition-formation",
    "mgm2": "mgm-2", "maximum-gain-message": "mgm", "distributed-stochastic-algorithm": "dsa",
    "maxsum": "max-sum", "syncbb": "sync-bb",
}  # fmt: skip
FAULT_KINDS = ("late", "raised", "invalid", "illegal")
REMEDIES = ("repair", "skip", "fallback", "withdraw", "fail")


class NegotiationType(StrEnum):
    """The built-in protocols; plain strings and upper-case spellings (`SEALED_BID`) are accepted everywhere."""

    BILATERAL = "bilateral"
    RUBINSTEIN = "rubinstein"
    MONOTONIC_CONCESSION = "monotonic-concession"
    STACKED_ALTERNATING_OFFERS = "stacked-alternating-offers"
    ALTERNATING_MULTIPLE_OFFERS = "alternating-multiple-offers"
    ALTERNATING_MENUS = "alternating-menus"
    NASH_DEMAND = "nash-demand"
    CONCURRENT_BARGAINING = "concurrent-bargaining"
    SIGNALLED_BARGAINING = "signalled-bargaining"
    CONTRACT_NET = "contract-net"
    ITERATED_CONTRACT_NET = "iterated-contract-net"
    REQUEST = "request"
    QUERY = "query"
    PROPOSE = "propose"
    SUBSCRIBE = "subscribe"
    BROKERING = "brokering"
    RECRUITING = "recruiting"
    FIRST_PRICE_AUCTION = "first-price-auction"
    VICKREY_AUCTION = "vickrey-auction"
    ENGLISH_AUCTION = "english-auction"
    JAPANESE_AUCTION = "japanese-auction"
    DUTCH_AUCTION = "dutch-auction"
    DISCRIMINATORY_AUCTION = "discriminatory-auction"
    UNIFORM_PRICE_AUCTION = "uniform-price-auction"
    MULTI_UNIT_VICKREY_AUCTION = "multi-unit-vickrey-auction"
    DOUBLE_AUCTION = "double-auction"
    GSP_AUCTION = "gsp-auction"
    ALL_PAY_AUCTION = "all-pay-auction"
    CONTINUOUS_DOUBLE_AUCTION = "continuous-double-auction"
    SIMULTANEOUS_ASCENDING_AUCTION = "simultaneous-ascending-auction"
    COMBINATORIAL_AUCTION = "combinatorial-auction"
    DIVIDE_AND_CHOOSE = "divide-and-choose"
    ADJUSTED_WINNER = "adjusted-winner"
    KNASTER = "knaster"
    ROUND_ROBIN = "round-robin"
    ENVY_CYCLE_ELIMINATION = "envy-cycle-elimination"
    MAXIMUM_NASH_WELFARE = "maximum-nash-welfare"
    LEXIMIN = "leximin"
    PROBABILISTIC_SERIAL = "probabilistic-serial"
    RENT_DIVISION = "rent-division"
    BANKRUPTCY = "bankruptcy"
    MOVING_KNIFE = "moving-knife"
    COALITION_FORMATION = "coalition-formation"
    MEDIATION = "mediation"
    DPOP = "dpop"
    MGM = "mgm"
    MGM_2 = "mgm-2"
    DSA = "dsa"
    MAX_SUM = "max-sum"
    SYNC_BB = "sync-bb"
    COCOA = "cocoa"
    SEALED_BID = "first-price-auction"
    VICKREY = "vickrey-auction"
    ENGLISH = "english-auction"
    DUTCH = "dutch-auction"


def protocol_name(spelling: str) -> str:
    """Return a protocol's canonical name: `VICKREY` and `vickrey` give `vickrey-auction`, unknown names lower case."""
    name = canonical(spelling)
    return SPELLINGS.get(name, name)


def canonical(spelling: str) -> str:
    """Return a name in lower case, with hyphens."""
    return str(spelling).strip().lower().replace("_", "-")


Remedy = str | Callable[..., Any] | tuple["str | Callable[..., Any]", ...]


class FaultPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What to do about a decision that is late, raised, is invalid or illegal: one remedy, or several in order.

    Remedies: `repair` (ask once more inside the same deadline, with the reason), `skip` (the turn passes), `fallback`
    (use the strategy in `fallback` for this turn), `withdraw` (the agent leaves), `fail` (the negotiation fails), or a
    callable `view -> decision` as a fallback of its own. A repair that does not help is followed by a skip.
    """

    late: Remedy = "skip"
    raised: Remedy = "withdraw"
    invalid: Remedy = ("repair", "skip")
    illegal: Remedy = ("repair", "skip")
    fallback: Callable[..., Any] | None = None

    def __post_init__(self) -> None:
        if self.fallback is not None and not callable(self.fallback):
            raise ConfigurationError(f"on_fault.fallback: expected a strategy, got {self.fallback!r}")
        for kind in FAULT_KINDS:
            remedies = getattr(self, kind)
            remedies = tuple(remedies) if isinstance(remedies, (tuple, list)) else (remedies,)
            for remedy in remedies:
                check_remedy(kind, remedy, self.fallback)
            force_setattr(self, kind, (*remedies, "skip") if remedies[-1:] in (("repair",), ()) else remedies)


def check_remedy(kind: str, remedy: object, fallback: object) -> None:
    """Raise ConfigurationError for a remedy that does not exist or cannot apply to this kind of fault."""
    if callable(remedy):
        return
    if not isinstance(remedy, str) or remedy not in REMEDIES:
        raise ConfigurationError(
            f"on_fault.{kind}: expected one of {', '.join(REMEDIES)} or a callable, got {remedy!r}"
            + suggest(str(remedy), REMEDIES)
        )
    if remedy == "repair" and kind in ("late", "raised"):
        raise ConfigurationError(
            f"on_fault.{kind}: a {kind} hook is never called twice; repair is for invalid, illegal"
        )
    if remedy == "fallback" and fallback is None:
        raise ConfigurationError(f"on_fault.{kind}: 'fallback' needs a strategy: FaultPolicy(..., fallback=strategy)")


def fault_policy(value: FaultPolicy | Mapping[str, Any] | str) -> FaultPolicy:
    """Return a policy from a policy, a mapping of kinds to remedies, or one remedy for every kind."""
    if isinstance(value, FaultPolicy):
        return value
    if isinstance(value, str):
        value = {kind: value for kind in FAULT_KINDS if (value, kind) not in (("repair", "late"), ("repair", "raised"))}
    if not isinstance(value, Mapping):
        raise ConfigurationError(f"on_fault: expected a FaultPolicy, a mapping of kinds to remedies, or a remedy, got {value!r}")
    unknown = [key for key in value if key not in (*FAULT_KINDS, "fallback")]
    if unknown:
        raise ConfigurationError(
            f"on_fault: unknown kind {unknown[0]!r}; expected {', '.join(FAULT_KINDS)}"
            + suggest(str(unknown[0]), FAULT_KINDS)
        )
    return FaultPolicy(**value)


def seconds(name: str, value: float | timedelta | None) -> float | None:
    """Return a duration in seconds (None: without limit); raise ConfigurationError unless it is above zero."""
    if value is None:
        return None
    if value == math.inf:
        return None
    try:
        amount = value.total_seconds() if isinstance(value, timedelta) else finite(value, name, ConfigurationError)
    except ConfigurationError:
        amount = 0.0
    if not amount > 0:
        raise ConfigurationError(f"{name}: expected seconds or a timedelta above 0, got {value!r}")
    return amount


def number(name: str, value: object) -> float:
    """Return a finite number as a float; raise ConfigurationError for anything else, bools and text included."""
    try:
        return finite(value, name, ConfigurationError)
    except ConfigurationError:
        raise ConfigurationError(f"{name}: expected a finite number, got {value!r}") from None


def whole(name: str, value: Any, least: int | None = None) -> int:  # whatever the caller gave
    """Return a whole number as an int; raise ConfigurationError for anything else, bools included, or below `least`."""
    try:
        amount = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        amount = None
    if amount is None or (least is not None and amount < least):
        bound = "" if least is None else f" of at least {least}"
        raise ConfigurationError(f"{name}: expected a whole number{bound}, got {value!r}")
    return amount


class _Further(msgspec.Struct, frozen=True, kw_only=True):
    """What is given to a NegotiationConfig by keyword only."""

    turn_timeout: float | timedelta | None = None
    options: Any = None  # typed by the protocol, which checks it
    on_fault: FaultPolicy | Mapping[str, Any] | str = FaultPolicy()
    seed: int | None = None
    acknowledged: Acknowledgement | bool | None = None


class NegotiationConfig(_Further, frozen=True):
    """What the caller asks for. Agents own their preferences; `reservation_value`, `initial_offer` and
    `concession_strategy` fill only what an agent does not bring.

    `timeout`: seconds or timedelta for the whole negotiation (None: no limit); `turn_timeout`: for one decision (None:
    what is left of the whole). `initial_offer` None or -1: automatic. `options`: the protocol's own frozen struct.
    `seed` replaces the stream derived from the society's seed. `acknowledged`: whether its messages are sent again until
    they have arrived, and those that come twice dropped (None: as the network says; it costs nothing without one).
    Raises ConfigurationError for values out of range.
    """

    type: str
    max_rounds: int = 100
    timeout: float | timedelta | None = 60.0
    reservation_value: float | None = None
    initial_offer: float | None = None
    concession_strategy: Callable[..., Any] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.type, str) or not self.type.strip():
            raise ConfigurationError(f"type: expected the name of a protocol, got {self.type!r}")
        force_setattr(self, "max_rounds", whole("max_rounds", self.max_rounds, 1))
        for name in ("reservation_value", "initial_offer"):
            value = getattr(self, name)
            force_setattr(self, name, None if value is None else number(name, value))
        if self.seed is not None:
            force_setattr(self, "seed", whole("seed", self.seed))
        if self.concession_strategy is not None and not callable(self.concession_strategy):
            raise ConfigurationError(f"concession_strategy: expected a callable, got {self.concession_strategy!r}")
        force_setattr(self, "type", protocol_name(self.type))
        force_setattr(self, "timeout", seconds("timeout", self.timeout))
        force_setattr(self, "turn_timeout", seconds("turn_timeout", self.turn_timeout))
        force_setattr(self, "on_fault", fault_policy(self.on_fault))
        if self.acknowledged is not None:
            acknowledgement("acknowledged", self.acknowledged)
        if self.initial_offer == -1:
            force_setattr(self, "initial_offer", None)
