from __future__ import annotations

import time

import pytest

from negotiate_rt.machine import Moves, Table
from negotiate_rt.machine.check import problems_of
from negotiate_rt.machine.explore import WORLDS_ENOUGH, Exploration
from negotiate_rt.messages.performatives import Accept, Cancel, Cfp, Inform, Propose, Refuse, Reject, Walk, Withdraw
from negotiate_rt.testing import check_protocol
from tests.machine.tables import CONTRACTING, CONTRACTING_TIMEOUTS, contracting, haggling, whole

ULTIMATUM: Moves = {
    "opening": {("proposer", Propose): "answer"},
    "answer": {("responder", Accept): "AGREED", ("responder", Reject): "FAILED"},
}


def ultimatum(moves: Moves | None = None, timeouts: dict[str, str] | None = None, start: str = "opening") -> Table:
    moves = ULTIMATUM if moves is None else moves
    return Table("ultimatum", start, moves, timeouts=dict.fromkeys(moves, "TIMEOUT") if timeouts is None else timeouts)


# ---------------------------------------------------------------------------------------------------------------- sound
def test_sound_tables_have_no_problems() -> None:
    assert problems_of(ultimatum()) == []
    assert problems_of(haggling()) == []
    assert problems_of(contracting(), whole()) == []


# ---------------------------------------------------------------------------------------------------------------- shape
def test_a_state_that_nothing_leads_to_is_named() -> None:
    moves = {**ULTIMATUM, "appeal": {("proposer", Walk): "FAILED"}}
    assert problems_of(ultimatum(moves)) == ["state 'appeal' is unreachable: nothing that can happen leads there"]


@pytest.mark.parametrize("way", ["timeouts", "skips", "exhausted"])
def test_a_state_may_be_reached_in_silence(way: str) -> None:
    moves = {**ULTIMATUM, "appeal": {("proposer", Walk): "FAILED"}}
    timeouts = {"opening": "TIMEOUT", "answer": "TIMEOUT", "appeal": "TIMEOUT"}
    settings = {"timeouts": timeouts, "skips": {}, "exhausted": {}}
    settings[way] = {**settings[way], "answer": "appeal"}
    assert problems_of(Table("ultimatum", "opening", moves, **settings)) == []


def test_states_from_which_no_end_can_be_reached_are_named() -> None:
    moves = {
        **ULTIMATUM,
        "opening": {("proposer", Propose): "answer", ("proposer", Inform): "musing"},
        "musing": {("proposer", Inform): "dreaming"},
        "dreaming": {("proposer", Inform): "musing", ("proposer", Withdraw): "dreaming"},
    }
    timeouts = {"opening": "TIMEOUT", "answer": "TIMEOUT", "musing": "dreaming", "dreaming": "musing"}
    problems = problems_of(ultimatum(moves, timeouts))
    assert [one for one in problems if "dead end" in one] == [
        "state 'musing' is a dead end: no row, timeout or skip leads from it to an end",
        "state 'dreaming' is a dead end: no row, timeout or skip leads from it to an end",
    ]


def test_two_parties_end_in_one_of_the_four_ways() -> None:
    moves = {**ULTIMATUM, "answer": {("responder", Accept): "AGREED", ("responder", Reject): "REFUSED"}}
    assert problems_of(ultimatum(moves)) == [
        "state 'REFUSED' has no rows: give it some, or end in one of AGREED, DEADLOCK, FAILED, TIMEOUT"
    ]


def test_states_without_a_deadline_are_named() -> None:
    assert problems_of(ultimatum(timeouts={"opening": "TIMEOUT"})) == [
        "state 'answer' has no deadline: say in `timeouts` where silence leads"
    ]


# --------------------------------------------------------------------------------------------------------- joint tables
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"moves": {**whole().moves, "gloating": {"done": "AGREED"}}},
            ["joint state 'gloating' is unreachable: nothing that can happen leads there"],
        ),
        (
            {"moves": {**whole().moves, "awarding": {Accept: "awarding", Reject: "awarding", "awarded": "collecting"}}},
            ["joint state 'working' is unreachable: nothing that can happen leads there",
             "joint state 'AGREED' is unreachable: nothing that can happen leads there",
             "joint state 'TIMEOUT' is unreachable: nothing that can happen leads there"],
        ),
        (
            {"moves": {**whole().moves, "working": {Cancel: "working", Reject: "working"}}, "timeouts": {}},
            ["joint state 'awarding' is a dead end: nothing leads from it to an end",
             "joint state 'working' is a dead end: nothing leads from it to an end"],
        ),
        (
            {"timeouts": {"colecting": "awarding"}},
            ["joint state 'colecting' is unreachable: nothing that can happen leads there",
             "joint timeouts name 'colecting', which has no rows"],
        ),
        (
            {"initiator": "boss"},
            ["joint table: its initiator 'boss' is none of the dialogue's roles manager, contractor"],
        ),
        (
            {"guards": {"evaluated": ("working", "calling"), "evaluted": ("working",), "nobody": ("asleep",)}},
            ["joint guards name 'evaluted', which is no step of the joint table",
             "joint guard of 'nobody' names 'asleep', which is no state of a dialogue"],
        ),
        (
            {"moves": {"announcing": {Cfp: "announcing", Walk: "FAILED", Accept: "AGREED"}}, "timeouts": {}},
            ["manager may say reject-proposal in a dialogue, but no joint state allows it",
             "manager may say cancel in a dialogue, but no joint state allows it",
             "the joint table allows walk, but no dialogue lets manager say it"],
        ),
    ],
)  # fmt: skip
def test_a_joint_table_that_does_not_fit_is_described(changes, expected) -> None:
    found = [one for one in problems_of(contracting(), whole(**changes)) if "may reach" not in one]
    assert found == expected


def test_a_joint_timeout_into_nowhere_is_a_dead_end() -> None:
    problems = problems_of(contracting(), whole(timeouts={"collecting": "limbo"}))
    assert "joint state 'limbo' is a dead end: nothing leads from it to an end" in problems


# ----------------------------------------------------------------------------------------------------------------- talk
def haggling_without_skips(withdrawals: str) -> Table:
    return haggling(withdrawals=withdrawals, skips={})


def test_a_withdrawal_that_crosses_a_counter_proposal_needs_a_row() -> None:
    assert problems_of(haggling_without_skips("none")) == []
    assert problems_of(haggling_without_skips("waiting")) == [
        "buyer withdraw may reach seller in state 'buyer_to_answer', where no row takes it: buyer propose, seller "
        "hears propose, buyer withdraw, seller propose",
        "seller withdraw may reach buyer in state 'seller_to_answer', where no row takes it: buyer propose, seller "
        "hears propose, seller propose, buyer hears propose, buyer propose, seller withdraw",
    ]
    assert problems_of(haggling_without_skips("both")) == []


def test_a_cancel_that_crosses_a_proposal_is_found_with_its_shortest_way() -> None:
    moves = {state: dict(rows) for state, rows in CONTRACTING.items()}
    moves["awaiting_bid"]["manager", Cancel] = "CANCELLED"
    assert problems_of(contracting(moves), whole()) == [
        "manager cancel may reach contractor in state 'awaiting_award', where no row takes it: manager cfp, contractor "
        "hears cfp, manager cancel, contractor propose"
    ]
    moves["awaiting_award"]["manager", Cancel] = "CANCELLED"
    assert problems_of(contracting(moves), whole()) == []


def test_what_reaches_an_end_that_is_over_is_stale() -> None:
    moves = {
        "talking": {("a", Inform): "talking", ("b", Inform): "talking", ("a", Walk): "FAILED", ("b", Walk): "FAILED"},
    }
    assert problems_of(Table("chat", "talking", moves, timeouts={"talking": "TIMEOUT"})) == []


def test_what_reaches_an_end_after_its_own_timeout_is_stale() -> None:
    without_late_row = {state: rows for state, rows in CONTRACTING.items() if state not in ("late", "rejecting")}
    without_late_row["asking_why"] = {("manager", Inform): "NOT_AWARDED"}
    timeouts = {state: CONTRACTING_TIMEOUTS.get(state, "NOT_AWARDED") for state in without_late_row}
    timeouts["awaiting_bid"] = "asking_why"
    joint = whole(moves={**whole().moves, "collecting": {**whole().moves["collecting"], Inform: "collecting"}})
    lines = problems_of(contracting(without_late_row, timeouts), joint)
    assert not [one for one in lines if "reach manager" in one]  # a proposal that comes too late
    assert any("manager inform may reach contractor in state 'awaiting_award'" in one for one in lines)


def test_an_end_whose_turn_it_is_does_not_take_what_would_move_it() -> None:
    """`b` may lapse and speak while `a` still thinks; `a` takes that only once it has made its move."""
    moves = {
        "a_first": {("a", Propose): "b_answers", ("a", Walk): "FAILED"},
        "b_answers": {("b", Accept): "AGREED", ("b", Walk): "FAILED"},
    }
    timeouts = {"a_first": "b_answers", "b_answers": "TIMEOUT"}
    assert problems_of(Table("late", "a_first", moves, timeouts=timeouts)) == []


def test_an_initiator_with_many_dialogues_takes_messages_in_its_own_turn() -> None:
    moves = {
        "calling": {("manager", Cfp): "bidding"},
        "bidding": {("contractor", Propose): "awarding"},
        "awarding": {("manager", Accept): "DONE", ("manager", Reject): "LOST"},
    }
    timeouts = {"calling": "LOST", "bidding": "LOST", "awarding": "bidding"}
    table = Table("nets", "calling", moves, timeouts=timeouts)
    assert unspecified(table, "") == []
    assert unspecified(table, "manager") == [
        "contractor propose may reach manager in state 'awarding', where no row takes it: manager cfp, contractor "
        "hears cfp, contractor propose, manager hears propose, contractor waits in vain, contractor propose"
    ]


def unspecified(table: Table, initiator: str) -> list[str]:
    exploration = Exploration(table, initiator, 2)
    exploration.run()
    return list(exploration.found.values())


def test_a_skipped_turn_moves_both_ends() -> None:
    moves = {
        "first": {("a", Propose): "second", ("a", Refuse): "FAILED"},
        "second": {("b", Accept): "AGREED", ("b", Reject): "FAILED"},
        "third": {("b", Inform): "AGREED"},
    }
    timeouts = {"first": "TIMEOUT", "second": "TIMEOUT", "third": "TIMEOUT"}
    table = Table("skipping", "first", moves, timeouts=timeouts, skips={"first": "third"})
    assert problems_of(table) == []


# ----------------------------------------------------------------------------------------------------------------- cost
def ten_states() -> Table:
    states = [f"s{n}" for n in range(10)]
    moves = {}
    for n, state in enumerate(states):
        there = states[(n + 1) % 10]
        mine, theirs = ("a", "b") if n % 2 else ("b", "a")
        moves[state] = {(mine, Propose): there, (mine, Accept): "AGREED", (mine, Walk): "FAILED"}
        moves[state] |= {(role, act): state for role in (mine, theirs) for act in (Withdraw, Inform)}
    return Table("big", "s1", moves, timeouts=dict(zip(states, [*states[1:], "TIMEOUT"], strict=True)))


def test_a_large_table_is_explored_with_shorter_queues_only() -> None:
    table = ten_states()
    narrowest = Exploration(table, "", 1)
    narrowest.run()
    assert len(narrowest.seen) > WORLDS_ENOUGH
    assert problems_of(table) == []


@pytest.mark.slow
@pytest.mark.timing
def test_a_table_of_ten_states_is_checked_in_fifty_milliseconds() -> None:
    table = ten_states()
    assert min(timed(table) for _ in range(3)) < 0.05


def timed(table: Table) -> float:
    start = time.process_time()
    problems_of(table)
    return time.process_time() - start


# ------------------------------------------------------------------------------------------------------- check_protocol
class Sound:
    table = contracting()
    joint_table = whole()


def test_check_protocol_takes_protocols_and_tables() -> None:
    check_protocol(haggling())
    check_protocol(contracting(), whole())
    check_protocol(Sound())


def test_check_protocol_lists_everything_that_is_wrong() -> None:
    with pytest.raises(AssertionError) as caught:
        check_protocol(ultimatum(timeouts={}))
    assert str(caught.value) == (
        "protocol 'ultimatum' is not sound:\n"
        "  - state 'opening' has no deadline: say in `timeouts` where silence leads\n"
        "  - state 'answer' has no deadline: say in `timeouts` where silence leads"
    )
