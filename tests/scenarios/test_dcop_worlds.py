"""Drawn meetings, sensors and smart environments: their structure, and that a seed tells them entirely."""

from __future__ import annotations

import itertools
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.scenarios.dcop_generators import GENERATORS, SIZES, draw_dcop, parameters_of
from negotiate_rt.scenarios.dcop_toml import dcop_toml_text
from negotiate_rt.scenarios.dcop_worlds import draw_meetings, draw_secp, draw_sensors
from negotiate_rt.solutions.dcop.optimum import dcop_optimum


@given(st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_holding_no_meeting_is_allowed_and_worth_nothing(seed):
    problem = draw_meetings(5, 4, 4, random.Random(seed), longest=2)
    nothing = dict.fromkeys(problem.variables, 0)
    assert problem.cost(nothing) == 0
    assert dcop_optimum(problem).cost >= 0


def test_meetings_bind_all_who_attend_and_never_overlap_for_anybody():
    problem = draw_meetings(6, 4, 5, random.Random(3), longest=2)
    best = dcop_optimum(problem).assignment
    assert best is not None
    for event, names in itertools.groupby(sorted(problem.variables), lambda name: name.split("_")[0]):
        assert len({best[name] for name in names}) == 1, event
    assert all(name.split("_")[1] == variable.agent for name, variable in problem.variables.items())
    name = next(iter(problem.functions.values())).variables[0]
    moved = {**best, name: next(value for value in problem.variables[name].domain if value != best[name])}
    assert problem.cost(moved) == -math.inf
    assert problem.objective == "max"


def test_a_long_meeting_shuts_out_all_that_begins_before_it_ends():
    problem = draw_meetings(2, 2, 4, random.Random(1), longest=3)
    lengths = {name: 5 - max(variable.domain) for name, variable in problem.variables.items()}
    for function in (one for name, one in problem.functions.items() if "|" in name):
        one, other = function.variables
        for first, second in itertools.product(problem.variables[one].domain, problem.variables[other].domain):
            table = problem.tables[function.name]
            busy = set(range(first, first + lengths[one])) if first else set()
            both = busy & (set(range(second, second + lengths[other])) if second else set())
            assert (table[first, second] == -math.inf) == bool(both)


def test_a_target_is_seen_by_the_four_sensors_around_it_and_costs_what_is_missing_of_three():
    problem = draw_sensors(3, 3, 4, random.Random(2), energy=0.0)
    assert len(problem.variables) == 9
    assert all(len(function.variables) == 4 for function in problem.functions.values())
    assert len(problem.variables["s1_1"].domain) == 5  # idle, and all four targets
    assert len(problem.variables["s0_0"].domain) == 2
    idle = dict.fromkeys(problem.variables, "idle")
    target = problem.functions["t0"].variables
    none, one, three, four = (problem.cost({**idle, **dict.fromkeys(target[:count], "t0")}) for count in (0, 1, 3, 4))
    assert none - one == pytest.approx((none - three) / 3)
    assert three == four


def test_a_scene_is_the_rounded_sum_of_its_lights():
    problem = draw_secp(6, 3, 2, random.Random(4))
    for name, function in problem.functions.items():
        if name.startswith("model_"):
            scene, *lights = function.variables
            assert problem.variables[scene].agent == min(lights)
            for values in itertools.product(range(5), repeat=len(lights)):
                allowed = [level for level in range(5) if problem.tables[name][(level, *values)] == 0]
                assert len(allowed) >= 1
    assert all(one.agent == name for name, one in problem.variables.items() if name.startswith("l"))
    assert math.isfinite(dcop_optimum(problem).cost)


@pytest.mark.parametrize("kind", sorted(GENERATORS))
def test_a_seed_tells_a_problem_entirely(kind):
    one, same, other = (dcop_toml_text(draw_dcop(kind, random.Random(seed))) for seed in (7, 7, 8))
    assert one == same
    assert one != other
    assert set(SIZES[kind]) <= set(parameters_of(kind))


def test_parameters_may_come_as_text():
    drawn = draw_dcop("colouring", random.Random(1), variables="8", graph="tree", soft="false", degree="2.5")
    assert len(drawn.variables) == 8
    assert len(drawn.functions) == 7
    assert drawn.hard in drawn.tables["v0-v1"] or any(drawn.hard in table for table in drawn.tables.values())


@pytest.mark.parametrize(
    ("kind", "parameters", "told"),
    [
        ("coloring", {}, "generator must be one of colouring, ising, .* got 'coloring'; did you mean 'colouring'"),
        ("ising", {"row": 3}, "ising has no parameter 'row'; did you mean 'rows'"),
        ("ising", {"rows": "many"}, "ising: rows must be a whole number, got 'many'"),
        ("colouring", {"graph": "ring"}, "colouring: graph must be one of random, tree, grid, scale-free, got 'ring'"),
        ("colouring", {"soft": "perhaps"}, "colouring: soft must be true or false"),
        ("colouring", {"degree": "x"}, "colouring: degree must be a number"),
        ("meetings", {"people": 1}, "people must be at least 2, got 1"),
        ("meetings", {"longest": 9}, r"longest must be at most slots \(5\), got 9"),
        ("sensors", {"targets": 100}, r"targets must be at most the cells of the grid \(12\), got 100"),
        ("sensors", {"needed": 5}, "needed must be at most 4"),
        ("secp", {"levels": 1}, "levels must be at least 2, got 1"),
    ],
)
def test_what_cannot_be_drawn_is_told(kind, parameters, told):
    with pytest.raises(ConfigurationError, match=told):
        draw_dcop(kind, random.Random(0), **parameters)
