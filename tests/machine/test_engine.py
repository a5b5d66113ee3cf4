from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from negotiate_rt.errors import LocalProtocolError, RemoteProtocolError
from negotiate_rt.machine import Board, Machine, Refusal, Table, inside_outcome_space
from negotiate_rt.messages.outcome import NegotiationOffer
from negotiate_rt.messages.performatives import Accept, Cfp, InformDone, Lapse, Left, Propose, Skip, Walk, Withdraw
from tests.machine.tables import contracting, haggling


class Pair:
    """Both ends of a dialogue without anything between them; messages are heard at once."""

    def __init__(self, table: Table, max_rounds: int = 0) -> None:
        self.offers: dict[str, NegotiationOffer] = {}
        first, second = table.roles
        self.ends = {
            first: Machine(table, first, Board("Bea", "Sam", self.offers), max_rounds),
            second: Machine(table, second, Board("Sam", "Bea", self.offers), max_rounds),
        }

    def offer(self, role: str, value: Any, expires_at: float | None = None) -> Propose:
        machine = self.ends[role]
        number = f"c/{len(self.offers) + 1}"
        self.offers[number] = NegotiationOffer(number, machine.board.agent, value, machine.round, 0.0, expires_at)
        return Propose(value, number, expires_at)

    def say(self, role: str, message: Any, now: float = 0.0) -> str:
        machine = self.ends[role]
        said = machine.say(message, now)
        heard = self.ends[machine.other].hear(message, now)
        assert said.name == heard.name
        return said.name


def test_both_ends_follow_the_same_rows() -> None:
    pair = Pair(haggling())
    assert pair.say("buyer", pair.offer("buyer", 40)) == "seller_to_answer"
    assert pair.say("seller", pair.offer("seller", 90)) == "buyer_to_answer"
    assert pair.say("buyer", Accept("c/2")) == "AGREED"
    assert all(end.state.final for end in pair.ends.values())
    assert pair.ends["buyer"].legal() == ()
    assert repr(pair.ends["buyer"].state) == "<State AGREED: final>"


def test_an_illegal_move_of_ones_own_says_who_what_where_and_what_was_legal() -> None:
    pair = Pair(contracting())
    machine = pair.ends["manager"]
    with pytest.raises(LocalProtocolError) as caught:
        machine.say(Accept("c/1"), 0.0)
    error = caught.value
    assert str(error) == "contracting: manager may not say accept-proposal in calling; legal here: manager cfp"
    assert (error.protocol, error.role, error.state, error.message) == (
        "contracting", "manager", "calling", "accept-proposal"
    )  # fmt: skip
    assert error.legal == ("manager cfp",)
    assert not error.stale
    assert machine.state.name == "calling"
    assert machine.turns == 0


def test_a_peers_illegal_move_is_blamed_on_the_peers_role() -> None:
    pair = Pair(haggling())
    machine = pair.ends["buyer"]
    with pytest.raises(RemoteProtocolError, match="haggling: seller may not say walk in opening; legal here: buyer"):
        machine.hear(Walk(), 0.0)
    assert machine.state.name == "opening"


def test_a_role_may_not_say_what_only_the_other_may() -> None:
    pair = Pair(contracting())
    pair.say("manager", Cfp())
    with pytest.raises(LocalProtocolError, match="manager may not say propose in awaiting_bid"):
        pair.ends["manager"].say(Propose(1), 0.0)
    with pytest.raises(LocalProtocolError, match="contractor may not say cfp"):
        pair.ends["contractor"].clear(Cfp(), 0.0)


def test_a_rule_of_content_refuses_with_its_reason_and_changes_nothing() -> None:
    pair = Pair(haggling())
    pair.say("buyer", pair.offer("buyer", 40))
    seller = pair.ends["seller"]
    before = (seller.state, seller.turns, seller.board.standing)
    with pytest.raises(LocalProtocolError, match=r"in seller_to_answer: no offer 'c/9' stands here; legal here"):
        seller.say(Accept("c/9"), 0.0)
    with pytest.raises(LocalProtocolError, match="is not one that Sam has made"):
        seller.say(Propose(1, "c/1"), 0.0)
    assert (seller.state, seller.turns, seller.board.standing) == before


def test_what_was_overtaken_is_marked_stale() -> None:
    pair = Pair(haggling())
    pair.say("buyer", pair.offer("buyer", 40))
    pair.ends["buyer"].say(Withdraw("c/1"), 0.0)
    with pytest.raises(RemoteProtocolError) as caught:
        pair.ends["buyer"].hear(Accept("c/1"), 0.0)
    assert caught.value.stale
    assert caught.value.reason == "offer c/1 stands no longer"


def test_a_message_that_was_cleared_is_not_checked_again() -> None:
    calls = []

    def rule(message: Any, board: Board, mine: bool, now: float) -> None:
        calls.append(mine)

    pair = Pair(haggling(rules={Propose: (rule,)}))
    machine = pair.ends["buyer"]
    message = machine.clear(pair.offer("buyer", 40), 0.0)
    assert machine.state.name == "opening"
    machine.say(message, 0.0)
    assert calls == [True]
    assert machine.state.name == "seller_to_answer"


def test_rows_know_whether_an_offer_needs_more_than_its_registration() -> None:
    def never(message: Any, board: Board, mine: bool, now: float) -> Refusal:
        return Refusal("never")

    plain = Pair(haggling()).ends["buyer"].state.says[Propose]
    strict = Pair(haggling(rules={Propose: (inside_outcome_space, never)})).ends["buyer"].state.says[Propose]
    assert strict.further == (never,)
    assert not strict.plain
    assert not plain.further


def test_a_skip_into_used_up_rounds_ends_the_talk() -> None:
    pair = Pair(haggling(), max_rounds=1)
    pair.say("buyer", pair.offer("buyer", 40))
    assert pair.ends["seller"].pass_by(Skip()).name == "DEADLOCK"


def test_rows_that_keep_the_state_are_no_turns() -> None:
    pair = Pair(haggling())
    pair.say("buyer", pair.offer("buyer", 40))
    assert pair.say("buyer", Withdraw("c/1")) == "seller_to_answer"
    assert [end.turns for end in pair.ends.values()] == [1, 1]
    assert pair.ends["seller"].board.standing is None
    assert pair.ends["buyer"].board.own is None


def test_rounds_count_from_one_and_name_the_round_of_the_ending() -> None:
    pair = Pair(haggling())
    rounds = [pair.ends["buyer"].round]
    for place in range(3):
        role = ("buyer", "seller")[place % 2]
        pair.say(role, pair.offer(role, 50 + place))
        rounds.append(pair.ends["buyer"].round)
    assert rounds == [1, 1, 2, 2]
    pair.say("seller", Accept("c/3"))
    assert pair.ends["buyer"].round == pair.ends["seller"].round == 2


def test_a_talk_that_ended_before_a_move_ended_in_round_one() -> None:
    machine = Pair(haggling()).ends["buyer"]
    machine.pass_by(Lapse("opening"))
    assert machine.state.name == "TIMEOUT"
    assert machine.round == 1


@pytest.mark.parametrize("max_rounds", [1, 2, 5])
def test_a_turn_beyond_the_last_round_leads_where_the_table_says(max_rounds: int) -> None:
    pair = Pair(haggling(), max_rounds)
    moves = 0
    while not pair.ends["buyer"].state.final:
        role = ("buyer", "seller")[moves % 2]
        pair.say(role, pair.offer(role, moves))
        moves += 1
    assert moves == 2 * max_rounds
    assert {end.state.name for end in pair.ends.values()} == {"DEADLOCK"}
    assert pair.ends["buyer"].round == max_rounds


def test_a_skip_follows_its_own_row_and_else_the_timeout() -> None:
    pair = Pair(haggling())
    for machine in pair.ends.values():
        assert machine.pass_by(Skip()).name == "TIMEOUT"  # the opening has no row for a skip
    pair = Pair(haggling())
    pair.say("buyer", pair.offer("buyer", 40))
    for machine in pair.ends.values():
        assert machine.pass_by(Skip()).name == "buyer_to_answer"
        assert machine.turns == 2
    assert pair.ends["seller"].board.standing is not None  # a skipped turn answers nothing


def test_silence_and_departures_follow_the_timeout_row() -> None:
    for event in (Lapse("opening"), Left("Bea")):
        machine = Pair(haggling()).ends["seller"]
        assert machine.pass_by(event).name == "TIMEOUT"


def test_a_state_without_a_silent_row_stays() -> None:
    machine = Pair(haggling(timeouts={}, skips={})).ends["seller"]
    assert machine.pass_by(Skip()) is machine.state
    assert machine.pass_by(Lapse()).name == "opening"
    assert machine.turns == 0


def test_a_tentative_acceptance_can_be_taken_back() -> None:
    pair = Pair(haggling())
    pair.say("buyer", pair.offer("buyer", 40))
    seller = pair.ends["seller"]
    state, turns = seller.state, seller.turns
    seller.say(Accept("c/1"), 0.0)
    assert seller.state.name == "AGREED"
    seller.revert(state, turns)
    assert (seller.state, seller.turns) == (state, turns)
    assert pair.say("seller", pair.offer("seller", 90)) == "buyer_to_answer"


def test_both_roles_have_each_other() -> None:
    pair = Pair(contracting())
    assert pair.ends["manager"].other == "contractor"
    assert pair.ends["contractor"].other == "manager"


@settings(max_examples=50)
@given(some.data())
def test_random_walks_keep_both_ends_together_and_refuse_everything_else(data: Any) -> None:
    pair = Pair(contracting())
    acts = {"cfp": Cfp(), "propose": pair.offer("contractor", 1), "inform-done": InformDone()}
    for _ in range(8):
        legal = pair.ends["manager"].legal()
        assert legal == pair.ends["contractor"].legal()
        role = data.draw(some.sampled_from(("manager", "contractor")))
        name = data.draw(some.sampled_from(sorted(acts)))
        if f"{role} {name}" in legal:
            pair.say(role, acts[name])
        else:
            state = pair.ends[role].state
            with pytest.raises(LocalProtocolError):
                pair.ends[role].say(acts[name], 0.0)
            with pytest.raises(RemoteProtocolError):
                pair.ends[pair.ends[role].other].hear(acts[name], 0.0)
            assert pair.ends[role].state is state
