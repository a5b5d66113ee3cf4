"""Tables that several tests look at; written out here, so that no built-in protocol can break these tests."""

from __future__ import annotations

from typing import Any

from negotiate_rt.machine import Moves, Table, inside_outcome_space, names_own_offer, names_standing_offer
from negotiate_rt.machine.joint import JointTable
from negotiate_rt.messages.performatives import (
    Accept,
    Cancel,
    Cfp,
    InformDone,
    NotUnderstood,
    Propose,
    Refuse,
    Reject,
    Walk,
    Withdraw,
)

RULES = {Propose: (inside_outcome_space,), Accept: (names_standing_offer,), Withdraw: (names_own_offer,)}


def haggling(*, withdrawals: str = "both", **changes: Any) -> Table:
    """Two parties propose in turn. `withdrawals`: who may withdraw in whose turn: both, waiting (who waits), none."""

    def turn(mine: str, theirs: str, here: str, there: str) -> dict[tuple[str, type], str]:
        rows = {(mine, Propose): there, (mine, Accept): "AGREED", (mine, Walk): "FAILED"}
        if withdrawals != "none":
            rows[theirs, Withdraw] = here
        if withdrawals == "both":
            rows[mine, Withdraw] = here
        return rows

    moves: Moves = {
        "opening": {("buyer", Propose): "seller_to_answer", ("buyer", Walk): "FAILED"},
        "seller_to_answer": turn("seller", "buyer", "seller_to_answer", "buyer_to_answer"),
        "buyer_to_answer": turn("buyer", "seller", "buyer_to_answer", "seller_to_answer"),
    }
    settings: dict[str, Any] = {
        "timeouts": dict.fromkeys(moves, "TIMEOUT"),
        "skips": {"seller_to_answer": "buyer_to_answer", "buyer_to_answer": "seller_to_answer"},
        "exhausted": {"buyer_to_answer": "DEADLOCK"},
        "rules": RULES,
    }
    return Table("haggling", "opening", moves, **{**settings, **changes})


CONTRACTING: Moves = {
    "calling": {("manager", Cfp): "awaiting_bid"},
    "awaiting_bid": {
        ("contractor", Propose): "awaiting_award",
        ("contractor", Refuse): "NOT_AWARDED",
        ("contractor", NotUnderstood): "NOT_AWARDED",
    },
    "late": {("contractor", Propose): "rejecting", ("contractor", Refuse): "NOT_AWARDED"},
    "rejecting": {("manager", Reject): "NOT_AWARDED"},
    "awaiting_award": {("manager", Accept): "working", ("manager", Reject): "NOT_AWARDED"},
    "working": {("contractor", InformDone): "DONE", ("manager", Cancel): "CANCELLED"},
}
CONTRACTING_TIMEOUTS = {
    "calling": "NOT_AWARDED", "awaiting_bid": "late", "late": "NOT_AWARDED", "rejecting": "NOT_AWARDED",
    "awaiting_award": "NOT_AWARDED", "working": "NOT_DONE",
}  # fmt: skip


def contracting(moves: Moves = CONTRACTING, timeouts: dict[str, str] | None = None) -> Table:
    """A contract net's dialogue, with a row for late proposals."""
    return Table("contracting", "calling", moves, timeouts=timeouts or CONTRACTING_TIMEOUTS)


def whole(**changes: Any) -> JointTable:
    """The manager's own table."""
    settings: dict[str, Any] = {
        "initiator": "manager",
        "start": "announcing",
        "moves": {
            "announcing": {Cfp: "announcing", "announced": "collecting"},
            "collecting": {Reject: "collecting", "evaluated": "awarding", "nobody": "FAILED"},
            "awarding": {Accept: "awarding", Reject: "awarding", "awarded": "working"},
            "working": {Cancel: "working", Reject: "working", "done": "AGREED", "not done": "FAILED"},
        },
        "timeouts": {"collecting": "awarding", "working": "TIMEOUT"},
    }
    return JointTable("contracting", **{**settings, **changes})
