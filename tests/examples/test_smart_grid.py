from __future__ import annotations

import pytest

from examples.smart_grid import CABLES, HOURS, blown, load_of, main, street
from negotiate_rt import AGREED, FAILED, is_one_optimal


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    target = tmp_path_factory.mktemp("grid") / "curve.svg"
    return main(target), target.read_text(encoding="utf-8")


def test_a_fuse_blows_where_all_three_cars_charge_at_once():
    assert blown(18, 19, 18) == blown(20, 20, 21) == float("inf")
    assert blown(18, 19, 20) == blown(18, 22, 18) == 0
    problem = street()
    at_six = {name: variable.domain[0] for name, variable in problem.variables.items()}
    assert problem.violated(at_six) == tuple(f"fuse {cable}" for cable in range(CABLES))
    assert len(problem.agents) == 18
    assert all(len(own) == 2 for own in problem.agents.values())


@pytest.mark.slow
def test_mgm_lets_the_cost_only_fall_and_ends_where_no_home_alone_can_save(drawn):
    outcome = drawn[0]["MGM"]
    costs = [point.cost for point in outcome.result.curve]
    assert outcome.final_state == AGREED
    assert costs == sorted(costs, reverse=True)
    assert costs[0] == float("inf")
    assert is_one_optimal(street(), outcome.result.assignment)
    loads = load_of(outcome.result.assignment)
    assert set(loads) == set(HOURS)
    assert max(loads.values()) < 60


@pytest.mark.slow
def test_a_lossy_network_costs_time_and_nothing_else(drawn):
    slow, lossy = drawn[0]["MGM"], drawn[0]["MGM, lossy"]
    assert lossy.result.assignment == slow.result.assignment
    assert lossy.duration_ms > slow.duration_ms > 0


@pytest.mark.slow
def test_what_was_reached_stands_when_a_home_leaves(drawn):
    outcome = drawn[0]["left"]
    assert (outcome.final_state, outcome.failure_reason) == (FAILED, "agent-crashed: home 3b has gone off the net")
    assert 0 < outcome.result.cycles < drawn[0]["MGM"].result.cycles
    assert set(outcome.result.assignment) == set(street().variables)


@pytest.mark.slow
def test_the_cost_over_time_is_drawn(drawn):
    svg = drawn[1]
    assert svg.startswith("<svg")
    assert svg.count("<polyline") + svg.count("<path") >= 3
    assert "mgm-2" in svg
