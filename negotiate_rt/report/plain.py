"""Outcomes as plain trees that JSON can hold, whatever values and results an agent or protocol of one's own brought in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from negotiate_rt.journal.plain import DEEPEST, number, plain
from negotiate_rt.messages.outcome import NegotiationOffer, NegotiationOutcome

__all__ = ["DEEPEST", "deal", "encoded", "offer_record", "outcome_record", "plain"]


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
        "utilities": {name: number(worth) for name, worth in outcome.utilities.items()},
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
