"""The running cost of an assignment equals that of the whole reckoned anew, whatever is changed in whatever order."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.problems.dcop import CostFunction, DcopProblem, Variable
from negotiate_rt.scenarios.dcop_generators import draw_dcop
from negotiate_rt.solutions.dcop.tally import CostTally


def assigned(problem: DcopProblem, places: list[int | None]) -> dict[str, object]:
    return {
        name: one.domain[place]
        for (name, one), place in zip(problem.variables.items(), places, strict=True)
        if place is not None
    }


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["colouring", "meetings", "sensors", "secp", "ising"]))
def test_the_tally_is_the_cost_of_the_whole_and_keeps_the_best(seed, kind):
    rng = random.Random(seed)
    problem = draw_dcop(kind, rng)
    sizes = [len(one.domain) for one in problem.variables.values()]
    tally = CostTally(problem, 1)
    seen = []
    for cycle in range(12):
        moved = range(len(sizes)) if not cycle else rng.sample(range(len(sizes)), rng.randint(0, 3))
        assert tally.note(cycle, [(one, rng.randrange(sizes[one])) for one in moved], cycle / 2, cycle)
        cost = problem.cost(assigned(problem, tally.places))
        assert tally.cost == pytest.approx(cost)
        seen.append((cost, tally.places.copy()))
    sign = 1 if problem.objective == "min" else -1
    assert tally.best_cost == pytest.approx(min((cost for cost, _ in seen), key=lambda cost: sign * cost))
    assert problem.cost(assigned(problem, tally.best)) == pytest.approx(tally.best_cost)
    assert [(point.cycle, point.at, point.messages) for point in tally.curve] == [(i, i / 2, i) for i in range(12)]


def pair(**extra) -> DcopProblem:
    variables = [Variable("x", ("a", "b")), Variable("y", ("a", "b"))]
    return DcopProblem(variables, [CostFunction("f", ("x", "y"), [[math.inf, 1], [2, math.inf]])], **extra)


def test_cycles_close_in_order_when_all_agents_have_noted_theirs():
    tally = CostTally(pair(), 2)
    assert not tally.note(0, [(0, 0)], 0.0, 0)
    assert not tally.note(1, [(0, 1)], 1.0, 2)  # ahead of the other
    assert (tally.closed, tally.cost, tally.curve) == (-1, None, [])
    assert tally.note(0, [(1, 1)], 2.0, 3)
    assert (tally.closed, tally.cost) == (0, 1.0)
    assert tally.note(1, [(1, 0)], 3.0, 4)
    assert [(point.cycle, point.cost) for point in tally.curve] == [(0, 1.0), (1, 2.0)]
    assert (tally.best, tally.best_cost, tally.best_cycle) == ([0, 1], 1.0, 0)


def test_what_breaks_fewer_hard_constraints_is_better_and_never_a_number_that_is_none():
    tally = CostTally(pair(), 1)
    tally.settle([(0, 0)], 0.0, 0)
    assert tally.cost is None
    tally.settle([(1, 0)], 0.0, 0)
    assert tally.cost == math.inf
    tally.settle([(0, 1)], 0.0, 0)
    assert tally.cost == 2
    tally.settle([(1, 1)], 0.0, 0)
    assert (tally.cost, tally.best_cost, tally.best) == (math.inf, 2, [1, 0])


def test_a_variable_that_changes_twice_in_a_cycle_is_set_back_to_what_it_was_before():
    tally = CostTally(pair(), 1)
    tally.settle([(0, 0), (1, 1)], 0.0, 0)
    tally.settle([(0, 1), (0, 0), (0, 1)], 0.0, 0)
    assert tally.best == [0, 1]


def test_an_agent_that_rests_is_not_waited_for():
    tally = CostTally(pair(), 2)
    tally.note(0, [(0, 0)], 0.0, 0)
    tally.note(0, [(1, 1)], 0.0, 0)
    assert not tally.note(1, [(0, 1)], 1.0, 0)
    assert tally.note(1, [(1, 0)], 1.0, 0)
    assert not tally.note(2, [(0, 0)], 2.0, 0)
    assert tally.rest(1, 2.0, 0)  # known only now
    assert (tally.closed, tally.cost) == (2, math.inf)
    assert tally.note(3, [(0, 1)], 3.0, 0)
    assert not tally.rest(3, 3.0, 0)
    assert (tally.closed, tally.cost) == (3, 2.0)
