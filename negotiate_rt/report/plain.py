"""Outcomes as plain trees that JSON can hold, whatever values and results an agent or protocol of one's own brought in."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

import msgspec

from negotiate_rt.messages.outcome import NegotiationOffer, NegotiationOutcome

DEEPEST = 20  # containers inside one another; what lies deeper is told by its repr
SHOWN = 200  # characters of the repr of an object that has no plain form


def plain(value: Any, room: int = DEEPEST) -> Any:  # the user's own -> None, bool, int, float, str, list, dict
    """Return a value as a plain tree: agents by name, structs and tasks as objects, numbers that JSON lacks as text."""
    if value is None or isinstance(value, (bool, str)):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, (int, float)):
        return _number(value)
    if room <= 0:
        return _named(value)
    if isinstance(value, Enum):
        return plain(value.value, room - 1)
    if isinstance(value, msgspec.Struct):
        return {name: plain(getattr(value, name), room - 1) for name in value.__struct_fields__}
    if isinstance(value, Mapping):
        return {str(key): plain(one, room - 1) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one, room - 1) for one in value]
    if isinstance(value, (set, frozenset)):
        return sorted((plain(one, room - 1) for one in value), key=repr)
    return _named(value)


def _number(value: float) -> Any:  # an int, a float, or text
    if isinstance(value, int):
        whole = int(value)
        return whole if whole.bit_length() <= 63 else hex(whole)
    return float(value) if math.isfinite(value) else str(float(value))


def _named(value: Any) -> Any:  # an agent, a numpy scalar, a Decimal, anything
    name = getattr(value, "name", None)
    if isinstance(name, str):
        return name
    try:
        number = float(value)
    except Exception:  # noqa: BLE001  # the border to users' code: an object of their own may raise anything
        return _repr(value)
    return _number(number)


def _repr(value: Any) -> str:
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001  # as above
        text = f"<{type(value).__name__} whose repr raised {type(error).__name__}>"
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


def deal(value: Any, issues: Sequence[str] = ()) -> Any:  # an offer's value -> plain
    """Return an offer's value as plain data; over many issues as an object by issue name."""
    if issues and isinstance(value, tuple) and len(value) == len(issues):
        return {name: plain(one) for name, one in zip(issues, value, strict=True)}
    return plain(value)


def outcome_record(outcome: NegotiationOutcome, issues: Sequence[str] = ()) -> dict[str, Any]:
    """Return an outcome as one JSON object, keys in a fixed order. `issues`: the names of a multi-issue problem's."""
    accepted = outcome.accepted_offer
    return {
        "id": outcome.id,
        "protocol": outcome.protocol,
        "agreed": outcome.agreed,
        "final_state": str(outcome.final_state),
        "failure_code": outcome.reason_code,
        "failure_reason": outcome.failure_reason,
        "deal": None if accepted is None else deal(accepted.value, issues),
        "rounds": outcome.rounds_used,
        "duration_ms": outcome.duration_ms,
        "messages": outcome.messages,
        "utilities": {name: _number(worth) for name, worth in outcome.utilities.items()},
        "accepted_offer": None if accepted is None else offer_record(accepted, issues),
        "offers": [offer_record(offer, issues) for offer in outcome.all_offers],
        "faults": [{"agent": one.who, "kind": one.what, "at": one.when, "cause": one.cause} for one in outcome.faults],
        "result": plain(outcome.result),
    }


def offer_record(offer: NegotiationOffer, issues: Sequence[str] = ()) -> dict[str, Any]:
    """Return an offer as one JSON object."""
    return {
        "id": offer.id,
        "agent": offer.agent,
        "value": deal(offer.value, issues),
        "round": offer.round,
        "at": offer.at,
        "expires_at": offer.expires_at,
    }


def encoded(value: Any) -> bytes:  # a struct or a plain tree
    """Return a value as JSON in UTF-8, keys as they come; what is no text (half a surrogate pair) as its escape, as in
    a Python literal. What JSON cannot hold is told as `plain` tells it."""
    try:
        return msgspec.json.encode(value, enc_hook=plain)
    except UnicodeEncodeError:
        return msgspec.json.encode(_scrubbed(msgspec.to_builtins(value, enc_hook=plain, str_keys=True)))


def _scrubbed(tree: Any) -> Any:
    if isinstance(tree, str):
        return tree.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(tree, dict):
        return {_scrubbed(key): _scrubbed(one) for key, one in tree.items()}
    return [_scrubbed(one) for one in tree] if isinstance(tree, (list, tuple)) else tree
