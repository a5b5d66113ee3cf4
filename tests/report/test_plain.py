"""Whatever agents and protocols bring in, an outcome is one JSON object."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from enum import Enum, StrEnum

import msgspec
import numpy as np
import pytest

from negotiate_rt import Bidder, NegotiationExecutor, Task, scenarios
from negotiate_rt.problems import FrozenMapping
from negotiate_rt.report import outcome_record, plain
from negotiate_rt.report.plain import DEEPEST, deal


class Colour(Enum):
    RED = 1.5


class Word(StrEnum):
    YES = "yes"


class Inner(msgspec.Struct, frozen=True):
    x: float


class Rude:
    def __float__(self) -> float:
        raise RuntimeError("no")

    def __repr__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None), (True, True), ("a", "a"), (3, 3), (2.5, 2.5), (Word.YES, "yes"), (Colour.RED, 1.5),
        (math.inf, "inf"), (math.nan, "nan"), (2**70, "0x400000000000000000"),
        ((1, [2]), [1, [2]]), (frozenset({"b", "a"}), ["a", "b"]), (Task(hours=4, who=("x",)), {"hours": 4, "who": ["x"]}),
        (FrozenMapping({1: 2}), {"1": 2}), (Inner(math.inf), {"x": "inf"}), (Bidder("Bo", 3), "Bo"),
        (np.float64(1.5), 1.5), (np.int64(7), 7.0), (Decimal("0.5"), 0.5), (Rude(), "<Rude whose repr raised RuntimeError>"),
        (b"ab", "b'ab'"),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_plain_values(value: object, expected: object) -> None:
    made = plain(value)
    assert made == expected
    json.dumps(made, allow_nan=False)


def test_an_endless_value_and_a_long_repr_are_cut() -> None:
    endless: list[object] = []
    endless.append(endless)
    text = json.dumps(plain(endless))
    assert text.count("[") <= DEEPEST + 3
    assert len(plain(type("Long", (), {"__repr__": lambda self: "x" * 1000})())) == 200


def test_outcomes_over_many_issues_are_told_by_issue() -> None:
    assert deal((1, "a"), ("food", "site")) == {"food": 1, "site": "a"}
    assert deal((1, "a")) == [1, "a"]
    assert deal(5.0, ("food",)) == 5.0


def test_record_of_a_bargain_names_deal_and_offers_by_issue() -> None:
    one = scenarios.load("campsite")
    outcome = one.executor("virtual").run(*one.job(1))
    record = outcome_record(outcome, one.issues)
    json.dumps(record, allow_nan=False)
    assert set(record["deal"]) == {"food", "water", "firewood"}
    assert record["deal"] == record["accepted_offer"]["value"]
    assert len(record["offers"]) == len(outcome.all_offers)
    assert record["utilities"] == outcome.utilities
    assert list(record) == [
        "id", "protocol", "agreed", "final_state", "failure_code", "failure_reason", "deal", "rounds", "duration_ms",
        "messages", "utilities", "accepted_offer", "offers", "faults", "result",
    ]  # fmt: skip


def test_record_of_an_auction_names_the_winner() -> None:
    one = scenarios.load("vickrey")
    record = outcome_record(one.executor("virtual").run(*one.job(1)))
    assert record["result"]["winner"] == record["accepted_offer"]["agent"]
    assert record["result"]["success"] is True


def test_record_of_a_failure_names_code_reason_and_faults() -> None:
    one = scenarios.loads(
        'name = "x"\nprotocol = "bilateral"\nagents = [{type = "buyer", name = "a", limit = 9, behaviour = "crash"}, '
        '{type = "seller", name = "b", limit = 1}]'
    )
    record = outcome_record(NegotiationExecutor(clock="virtual").run(*one.job(1)))
    assert record["failure_code"] == "agent-crashed"
    assert record["failure_reason"].startswith("agent-crashed: a: ")
    assert record["deal"] is None
    assert [(fault["agent"], fault["kind"]) for fault in record["faults"]] == [("a", "raised")]
