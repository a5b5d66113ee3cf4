from __future__ import annotations

from typing import Any

import pytest

from negotiate_rt.errors import LocalProtocolError, ProtocolDefinitionError
from negotiate_rt.machine import Table
from negotiate_rt.machine.joint import JointMachine, JointTable
from negotiate_rt.machine.table import acts
from negotiate_rt.messages.performatives import Accept, Cfp, Propose, Reject, Withdraw
from tests.machine.tables import contracting, haggling, whole


def test_a_table_is_compiled_for_both_roles() -> None:
    table = haggling()
    assert table.roles == ("buyer", "seller")
    buyer, seller = (table.states[role]["seller_to_answer"] for role in table.roles)
    assert set(buyer.says) == {Withdraw}
    assert set(buyer.hears) == set(seller.says)
    assert buyer.mine == ("withdraw",)
    assert buyer.legal == seller.legal
    assert "seller accept-proposal" in buyer.legal
    assert repr(table.starts["buyer"]) == "<State opening: buyer propose, buyer walk>"


def test_states_ends_and_speakers_are_known_by_name() -> None:
    table = haggling()
    assert table.names() == (
        "opening", "seller_to_answer", "buyer_to_answer", "FAILED", "AGREED", "TIMEOUT", "DEADLOCK"
    )  # fmt: skip
    assert table.ends() == ("FAILED", "AGREED", "TIMEOUT", "DEADLOCK")
    assert table.speakers("seller_to_answer") == {"seller"}  # the buyer may withdraw, which is no turn
    assert table.speakers("AGREED") == frozenset()


def test_silent_rows_lead_to_compiled_states_and_a_skip_falls_back_on_the_timeout() -> None:
    states = haggling().states["buyer"]
    assert states["opening"].skip is states["opening"].lapse is states["TIMEOUT"]
    assert states["seller_to_answer"].skip is states["buyer_to_answer"]
    assert states["buyer_to_answer"].exhausted is states["DEADLOCK"]
    assert states["AGREED"].lapse is None


ROWS = {"opening": {("a", Propose): "answer"}, "answer": {("b", Accept): "AGREED"}}


@pytest.mark.parametrize(
    ("start", "moves", "settings", "words"),
    [
        ("begin", ROWS, {}, "start 'begin' has no rows; states with rows: opening, answer"),
        ("begin", {}, {}, "states with rows: none"),
        ("opening", {"opening": {("a", Propose): "AGREED"}}, {}, "a dialogue has two roles, this table names a"),
        ("opening", {**ROWS, "third": {("c", Reject): "FAILED"}}, {}, "this table names a, b, c"),
        ("opening", {**ROWS, "AGREED": {("a", Reject): "FAILED"}}, {}, "final state 'AGREED' has rows"),
        ("opening", {"opening": {("a", int): "x", ("b", Accept): "x"}}, {}, "<class 'int'> is no performative"),
        ("opening", {"opening": {("a", "propose"): "x", ("b", Accept): "x"}}, {}, "'propose' is no performative"),
        ("opening", ROWS, {"timeouts": {"opning": "TIMEOUT"}}, "timeouts names 'opning', which has no rows"),
        ("opening", ROWS, {"skips": {"AGREED": "x"}}, "skips names 'AGREED'"),
        ("opening", ROWS, {"exhausted": {"x": "DEADLOCK"}}, "exhausted names 'x'"),
    ],
)
def test_a_table_of_the_wrong_shape_says_what_is_wrong(start: str, moves: Any, settings: Any, words: str) -> None:
    with pytest.raises(ProtocolDefinitionError) as caught:
        Table("odd", start, moves, **settings)
    assert words in str(caught.value)
    assert str(caught.value).startswith("protocol 'odd' is not sound:\n  - ")


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(ProtocolDefinitionError) as caught:
        Table("odd", "begin", {"AGREED": {("a", int): "x"}}, timeouts={"y": "z"})
    assert len(caught.value.problems) == 5


def test_acts_are_named_for_error_texts() -> None:
    assert acts([Accept, Cfp]) == "accept-proposal, cfp"
    assert acts([]) == "nothing"


# --------------------------------------------------------------------------------------------------------- joint tables
def test_a_joint_machine_follows_acts_and_events() -> None:
    machine = JointMachine(whole())
    machine.say(Cfp)
    assert machine.state == "announcing"
    assert machine.advance("announced") == "collecting"
    machine.advance("evaluated")
    machine.say(Accept)
    machine.advance("awarded")
    assert not machine.final
    assert machine.advance("done") == "AGREED"
    assert machine.final


def test_what_the_whole_does_not_allow_is_refused_with_what_it_does() -> None:
    machine = JointMachine(whole())
    with pytest.raises(LocalProtocolError) as caught:
        machine.say(Accept)
    assert str(caught.value) == (
        "contracting: manager may not say accept-proposal in announcing; legal here: manager cfp, announced"
    )
    with pytest.raises(LocalProtocolError, match="manager may not say awarded in announcing"):
        machine.advance("awarded")
    assert machine.state == "announcing"
    for event in ("announced", "nobody"):
        machine.advance(event)
    with pytest.raises(LocalProtocolError, match="legal here: nothing"):
        machine.say(Reject)


def test_a_joint_table_names_all_its_states() -> None:
    assert whole().names() == ("announcing", "collecting", "awarding", "working", "FAILED", "AGREED")


def test_a_joint_table_of_the_wrong_shape_says_what_is_wrong() -> None:
    with pytest.raises(ProtocolDefinitionError) as caught:
        JointTable("odd", "manager", "begin", {"calling": {Cfp: "DONE", "over": "AGREED"}})
    assert caught.value.problems == (
        "joint table: 'DONE' has no rows and is none of AGREED, DEADLOCK, FAILED, TIMEOUT",
        "joint table: start 'begin' has no rows",
    )


def test_dialogues_under_a_joint_table_name_their_own_ends() -> None:
    assert contracting().ends() == ("NOT_AWARDED", "DONE", "CANCELLED", "NOT_DONE")
