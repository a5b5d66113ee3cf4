"""Reports against numbers worked out by hand."""

from __future__ import annotations

import msgspec
import pytest

from negotiate_rt.messages.outcome import Fault, NegotiationOffer, NegotiationOutcome, NegotiationState
from negotiate_rt.report import Spread, Tally
from negotiate_rt.report.tally import NAMED, OTHERS


def outcome(
    number: int, state: str = "AGREED", reason: str | None = None, protocol: str = "bilateral", **facts: object
) -> NegotiationOutcome:
    fields: dict[str, object] = {
        "rounds_used": 1, "duration_ms": 0.0, "utilities": {}, "faults": (), "all_offers": (), "accepted_offer": None,
        **facts,
    }  # fmt: skip
    return NegotiationOutcome(
        id=f"s/{number}",
        protocol=protocol,
        agreed=state == "AGREED",
        final_state=NegotiationState(state),
        failure_reason=reason,
        **fields,
    )  # type: ignore[arg-type]  # fields of the types they have


OFFER = NegotiationOffer("s/1/1", "Bea", 5.0, 1, 0.0)
FOUR = (
    outcome(1, rounds_used=2, duration_ms=10.0, messages=4, utilities={"Bea": 6.0, "Sam": 4.0}, all_offers=(OFFER,) * 3),
    outcome(2, rounds_used=4, duration_ms=30.0, messages=8, utilities={"Bea": 2.0, "Sam": 8.0}, all_offers=(OFFER,)),
    outcome(3, "DEADLOCK", "max-rounds: none within 9", rounds_used=9, duration_ms=50.0, messages=18, utilities={"Bea": 0.0}),
    outcome(
        4, "FAILED", "agent-crashed: Sam: decide raised", "vickrey-auction", duration_ms=110.0, messages=2,
        faults=(
            Fault("Sam", "late", 0.1, "too late"), Fault("Sam", "raised", 0.2, "it broke"), Fault("Sam", "late", 0.3, "again"),
        ),
    ),
)  # fmt: skip


def tally(*outcomes: NegotiationOutcome) -> Tally:
    made = Tally()
    for one in outcomes:
        made.add(one)
    return made


def test_totals_are_those_worked_out_by_hand() -> None:
    report = tally(*FOUR).report("x", clock="real", seed=3, wall_seconds=2.0)
    total = report.total
    assert (total.sessions, total.agreed, total.agreement_rate) == (4, 2, 0.5)
    assert total.rounds == Spread(4, 4.0, 1.0, 2.0, 9.0, 9.0)
    assert total.duration_ms == Spread(4, 50.0, 10.0, 30.0, 110.0, 110.0)
    assert total.messages == Spread(4, 8.0, 2.0, 4.0, 18.0, 18.0)
    assert total.offers == Spread(4, 1.0, 0.0, 0.0, 3.0, 3.0)
    assert total.utilities == {
        "Bea": Spread(3, pytest.approx(8 / 3), 0.0, 2.0, 6.0, 6.0), "Sam": Spread(2, 6.0, 4.0, 4.0, 8.0, 8.0),
    }  # fmt: skip
    assert total.final_states == {"AGREED": 2, "DEADLOCK": 1, "FAILED": 1}
    assert total.failure_codes == {"agent-crashed": 1, "max-rounds": 1}
    assert total.faults == {"late": 2, "raised": 1}
    assert total.examples == {
        "agent-crashed": "s/4: agent-crashed: Sam: decide raised", "max-rounds": "s/3: max-rounds: none within 9",
        "late": "s/4: Sam: too late", "raised": "s/4: Sam: it broke",
    }  # fmt: skip
    assert (report.asked, report.interrupted) == (4, False)


def test_protocols_are_told_apart() -> None:
    report = tally(*FOUR).report("x")
    assert {name: group.sessions for name, group in report.protocols.items()} == {"bilateral": 3, "vickrey-auction": 1}
    assert report.protocols["vickrey-auction"].agreement_rate == 0.0


def test_every_session_is_in_one_state_and_every_failure_under_one_code() -> None:
    total = tally(*FOUR).report("x").total
    assert sum(total.final_states.values()) == total.sessions
    assert sum(total.failure_codes.values()) == total.sessions - total.agreed


def test_nothing_is_a_report_too() -> None:
    report = tally().report("x", 5)
    assert report.total.agreement_rate is None
    assert report.total.rounds == Spread(0)
    assert report.interrupted


def test_a_crowd_of_names_takes_bounded_memory() -> None:
    made = tally(*[outcome(number, utilities={f"agent-{number}": 1.0}) for number in range(NAMED + 36)])
    utilities = made.report("x").total.utilities
    assert len(utilities) == NAMED + 1
    assert utilities[OTHERS].count == 36


def test_json_keys_are_stable_and_equal_reports_equal_texts() -> None:
    texts = {msgspec.json.encode(tally(*order).report("x", clock="virtual", seed=1)) for order in (FOUR, FOUR[::-1])}
    assert len(texts) == 1
    tree = msgspec.json.decode(texts.pop())
    assert list(tree) == ["scenario", "protocols", "total", "asked", "interrupted", "clock", "seed", "wall_seconds"]
    assert list(tree["total"]) == [
        "sessions", "agreed", "agreement_rate", "rounds", "duration_ms", "messages", "offers", "utilities",
        "final_states", "failure_codes", "faults", "examples",
    ]  # fmt: skip
    assert list(tree["total"]["rounds"]) == ["count", "mean", "min", "p50", "p99", "max"]
