from __future__ import annotations

import itertools

import pytest

from examples.meeting_scheduling import HOURS, MEETINGS, day, main, name
from negotiate_rt import dcop_optimum


@pytest.fixture(scope="module")
def outcomes():
    return main()


def test_timetable_is_the_best_and_keeps_every_rule(outcomes):
    result = outcomes["dpop"].result
    assert result.proven
    assert result.cost == dcop_optimum(day()).cost == 116
    hour = {meeting: {result.assignment[name(one, meeting)] for one in people} for meeting, people in MEETINGS.items()}
    assert all(len(named) == 1 for named in hour.values())
    for one, other in itertools.combinations(MEETINGS, 2):
        if set(MEETINGS[one]) & set(MEETINGS[other]):
            assert hour[one] != hour[other]


def test_slow_and_lossy_network_costs_time_and_nothing_else(outcomes):
    perfect, slow = outcomes["dpop"], outcomes["slow"]
    assert slow.result.assignment == perfect.result.assignment
    assert slow.result.messages == perfect.result.messages
    assert perfect.duration_ms == 0 < 1000 < slow.duration_ms


def test_algorithms_that_look_one_step_ahead_do_worse(outcomes):
    for algorithm in ("mgm", "dsa"):
        result = outcomes[algorithm].result
        assert result.violated or result.cost < outcomes["dpop"].result.cost
        assert not result.proven


def test_half_a_day_is_too_short_for_the_four_meetings_of_one_person(outcomes):
    reason = outcomes["short"].failure_reason
    own = [meeting for meeting, people in MEETINGS.items() if "Dan" in people]
    assert reason.startswith("infeasible: these hard constraints cannot be kept together: Dan: not stand-up and design, ")
    assert reason.count("Dan: not") == len(list(itertools.combinations(own, 2))) == 6 > len(HOURS[:3])


def test_too_little_memory_is_refused_before_any_table(outcomes):
    outcome = outcomes["wide"]
    assert "10,000 are allowed" in outcome.failure_reason
    assert outcome.result.util_messages == 0


def test_timetable_is_printed_with_what_the_talk_took(capsys):
    main()
    printed = capsys.readouterr().out
    assert "  9:00  retrospective (Dan, Finn)" in printed
    assert "proved to be the best; 148 messages" in printed
