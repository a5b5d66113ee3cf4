from __future__ import annotations

import pytest

from examples.salary import CANDIDATE, OPTIONS, SPACE, bargain, main


@pytest.fixture(scope="module")
def found():
    return main()


def test_the_journey_needs_both_the_money_and_the_days():
    worth = CANDIDATE.bind(SPACE)
    neither, money, days, both = (worth(terms) for terms in ((59, 25, None), (60, 25, None), (59, 26, None), (60, 26, None)))
    assert money - neither == pytest.approx(0.02)
    assert days - neither == pytest.approx(0.015)
    assert both - neither == pytest.approx(0.335)


def test_a_contract_may_leave_the_days_at_home_out():
    assert SPACE.outcome({"salary": 60, "vacation": 26}) == (60, 26, None)


def test_the_journey_is_found_only_once_wants_are_common_knowledge(found):
    known, _ = found
    assert not known["private"].efficient
    assert known["private"].utilities[1] < 0.3
    assert known["complete"].efficient
    assert known["complete"].outcome == (60, 26, None)
    assert sum(known["complete"].utilities) > sum(known["private"].utilities) + 0.2


def test_an_outside_option_moves_nothing_until_it_is_better_than_the_deal(found):
    _, gained = found
    due = gained[None][0]
    for option in OPTIONS[1:]:
        if option <= due:
            assert gained[option][0] == due
        else:
            assert option <= gained[option][0] < option + 0.02  # met, but for the size of the steps


def test_a_reservation_value_moves_the_nash_point_from_the_start(found):
    _, gained = found
    points = [point for _, point in gained.values()]
    assert points == sorted(points)
    assert len(set(points)) == len(points)


def test_equilibrium_play_agrees_at_once():
    outcome = bargain(0.7)
    assert (outcome.final_state, outcome.rounds_used, outcome.faults) == ("AGREED", 1, ())
