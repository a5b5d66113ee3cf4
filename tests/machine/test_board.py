from __future__ import annotations

import math

import pytest

from negotiate_rt.errors import InvalidOffer
from negotiate_rt.machine import (
    Board,
    Refusal,
    finite_number,
    inside_outcome_space,
    names_own_offer,
    names_standing_offer,
)
from negotiate_rt.messages.outcome import NegotiationOffer
from negotiate_rt.messages.performatives import Accept, Inform, Propose, Withdraw

OFFERS = {
    "c/1": NegotiationOffer("c/1", "Sam", 90.0, 1, 0.0, expires_at=5.0),
    "c/2": NegotiationOffer("c/2", "Bea", 40.0, 1, 0.0),
    "c/3": NegotiationOffer("c/3", "Sam", 80.0, 2, 0.0),
    "c/4": NegotiationOffer("c/4", "Eve", 10.0, 1, 0.0),
}


def board() -> Board:
    return Board("Bea", "Sam", OFFERS)


def heard(*ids: str) -> Board:
    """Bea's board after these offers."""
    mine = board()
    for number in ids:
        mine.note(Propose(OFFERS[number].value, number), OFFERS[number].agent == "Bea")
    return mine


def test_a_counter_proposal_answers_the_standing_offer() -> None:
    after_one = heard("c/1")
    assert after_one.standing == OFFERS["c/1"]
    assert after_one.own is None
    after_two = heard("c/1", "c/2")
    assert after_two.standing is None
    assert after_two.own == OFFERS["c/2"]
    after_three = heard("c/1", "c/2", "c/3")
    assert after_three.standing == OFFERS["c/3"]
    assert after_three.own is None


def test_what_was_heard_is_kept_oldest_first() -> None:
    assert board().heard == ()
    assert heard("c/1", "c/2", "c/3").heard == [90.0, 80.0]


def test_a_withdrawal_takes_back_its_makers_offer_only() -> None:
    mine = heard("c/1")
    mine.note(Withdraw("c/2"), True)
    assert mine.standing == OFFERS["c/1"]
    mine.note(Withdraw("c/1"), False)
    assert mine.standing is None
    own = heard("c/2")
    own.note(Inform(), False)
    assert own.own == OFFERS["c/2"]
    own.note(Withdraw("c/2"), True)
    assert own.own is None


# ----------------------------------------------------------------------------------------------------------- acceptance
def accept(mine: Board, number: str, now: float = 0.0, by_me: bool = True) -> Refusal | None:
    return names_standing_offer(Accept(number), mine, by_me, now)


def test_the_standing_offer_may_be_accepted() -> None:
    assert accept(heard("c/1"), "c/1") is None
    assert accept(heard("c/1", "c/2"), "c/2", by_me=False) is None


def test_an_offer_may_be_accepted_until_it_expires_inclusive() -> None:
    assert accept(heard("c/1"), "c/1", 5.0) is None
    assert accept(heard("c/1"), "c/1", 5.1) == Refusal("offer c/1 expired at 5, now is 5.1")


@pytest.mark.parametrize(
    ("mine", "number", "reason"),
    [
        (board(), "", "nothing stands to be accepted"),
        (board(), "c/9", "no offer 'c/9' stands here"),
        (heard("c/1"), "c/4", "no offer 'c/4' stands here"),  # another conversation's, or another agent's
        (heard("c/1"), "c/2", "no offer 'c/2' stands here"),  # one's own
        (heard("c/1", "c/2"), "c/1", "offer c/1 stands no longer"),
        (heard("c/1", "c/2", "c/3"), "c/1", "offer c/1 stands no longer"),
    ],
)
def test_no_other_offer_may_be_accepted(mine: Board, number: str, reason: str) -> None:
    assert accept(mine, number) == Refusal(reason)


def test_the_peers_acceptance_of_what_stands_no_longer_is_nobodys_fault() -> None:
    withdrawn = heard("c/2")
    withdrawn.note(Withdraw("c/2"), True)
    assert accept(withdrawn, "c/2", by_me=False) == Refusal("offer c/2 stands no longer", stale=True)
    assert accept(heard("c/2"), "c/1", by_me=False) == Refusal("no offer 'c/1' stands here")
    expired = Board("Sam", "Bea", OFFERS)
    expired.note(Propose(90.0, "c/1"), True)
    assert accept(expired, "c/1", 6.0, by_me=False) == Refusal("offer c/1 expired at 5, now is 6", stale=True)


# ---------------------------------------------------------------------------------------------------------- withdrawals
def test_only_its_maker_withdraws_an_offer_and_only_while_it_stands() -> None:
    assert names_own_offer(Withdraw("c/2"), heard("c/2"), True, 0.0) is None
    assert names_own_offer(Withdraw("c/1"), heard("c/1"), False, 0.0) is None
    assert names_own_offer(Withdraw("c/1"), heard("c/1"), True, 0.0) == Refusal("offer 'c/1' does not stand")
    assert names_own_offer(Withdraw("c/1"), heard("c/1", "c/2"), False, 0.0) == Refusal(
        "offer 'c/1' does not stand", stale=True
    )
    assert names_own_offer(Withdraw(""), board(), True, 0.0) == Refusal("offer '' does not stand")


# --------------------------------------------------------------------------------------------------------------- offers
def check_price(value: object) -> None:
    if not isinstance(value, float):
        raise InvalidOffer(f"expected a price, got {value!r}")


def test_an_offer_is_registered_in_its_makers_name_and_inside_the_space() -> None:
    mine = Board("Bea", "Sam", OFFERS, check_price)
    assert inside_outcome_space(Propose(OFFERS["c/2"].value, "c/2"), mine, True, 0.0) is None
    assert inside_outcome_space(Propose(OFFERS["c/1"].value, "c/1"), mine, False, 0.0) is None
    for message, by_me, words in (
        (Propose(40.0, "c/2"), False, "is not one that Sam has made"),
        (Propose(40.0, "c/9"), True, "offer 'c/9' is not one that Bea has made"),
        (Propose("dear", "c/2"), True, "expected a price, got 'dear'"),
    ):
        refusal = inside_outcome_space(message, mine, by_me, 0.0)
        assert refusal is not None
        assert words in refusal.reason
        assert not refusal.stale


@pytest.mark.parametrize("value", [0, 0.0, 17, 1e300])
def test_a_finite_number_from_zero_is_a_bid(value: float) -> None:
    assert finite_number(Propose(value), board(), True, 0.0) is None


@pytest.mark.parametrize("value", [-1, math.nan, math.inf, True, "5", None, (1,)])
def test_nothing_else_is_a_bid(value: object) -> None:
    refusal = finite_number(Propose(value), board(), True, 0.0)
    assert refusal == Refusal(f"a bid must be a finite number of at least 0, got {value!r}")
