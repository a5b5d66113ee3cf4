"""The rules of local search, and verdicts on what it ends with, against brute force."""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.dcop import CostFunction, DcopProblem, Variable
from negotiate_rt.solutions.dcop.local_costs import LocalCosts
from negotiate_rt.solutions.dcop.local_moves import (
    improvement,
    joint_move,
    leads,
    stochastic_move,
    stochastic_options,
)
from negotiate_rt.solutions.dcop.local_optima import is_one_optimal, is_two_optimal
from negotiate_rt.solutions.dcop.minimised import minimised


@st.composite
def problems(draw: st.DrawFn, hard: bool = True) -> DcopProblem:
    """Small problems with functions of one to three variables, hard constraints, to minimise or to maximise."""
    rng = random.Random(draw(st.integers(0, 10**9)))
    objective = draw(st.sampled_from(["min", "max"]))
    infinite = math.inf if objective == "min" else -math.inf
    sizes = [rng.randint(1, 3) for _ in range(rng.randint(1, 5))]

    def cost() -> float:
        return infinite if hard and rng.random() < 0.2 else float(rng.randint(-4, 4))

    variables = [Variable(f"v{i}", tuple(range(size)), [cost() for _ in range(size)]) for i, size in enumerate(sizes)]
    functions = []
    for number in range(rng.randint(0, 6)):
        scope = rng.sample(range(len(sizes)), rng.randint(1, min(3, len(sizes))))
        table = np.array([cost() for _ in range(math.prod(sizes[one] for one in scope))])
        shaped = table.reshape([sizes[one] for one in scope])
        functions.append(CostFunction(f"f{number}", tuple(f"v{one}" for one in scope), shaped))
    return DcopProblem(variables, functions, objective)


def ranks(problem: DcopProblem, assignment: dict[str, int]) -> tuple[float, float]:
    """How good an assignment is: hard constraints broken, then soft costs, each the less the better."""
    broken = soft = 0.0
    tables = [(problem.unary[name], (name,)) for name in problem.variables]
    tables += [(problem.tables[name], one.variables) for name, one in problem.functions.items()]
    for table, scope in tables:
        cost = table[tuple(assignment[one] for one in scope)]
        broken += cost == problem.hard
        soft += 0 if cost == problem.hard else float(cost)
    return broken, soft if problem.objective == "min" else -soft


def changed(problem: DcopProblem, assignment: dict[str, int], names: tuple[str, ...]):
    for values in itertools.product(*(problem.variables[name].domain for name in names)):
        yield {**assignment, **dict(zip(names, values, strict=True))}


def any_assignment(problem: DcopProblem, seed: int) -> dict[str, int]:
    rng = random.Random(seed)
    return {name: rng.choice(one.domain) for name, one in problem.variables.items()}


@settings(max_examples=80, deadline=None)
@given(problems(), st.integers(0, 99))
def test_local_costs_differ_as_the_whole_does_and_hard_constraints_come_first(problem, seed):
    assignment = any_assignment(problem, seed)
    for name, variable in problem.variables.items():
        local = LocalCosts(problem, name)
        costs = local.costs([assignment[other] for other in local.neighbours])
        wholes = [ranks(problem, {**assignment, name: value}) for value in variable.domain]
        for one, other in itertools.combinations(variable.domain, 2):
            (broken, soft), (its, others) = wholes[one], wholes[other]
            if broken != its:
                assert (costs[one] < costs[other]) == (broken < its)
            elif not broken:
                assert costs[one] - costs[other] == pytest.approx(soft - others)
        assert min(costs) >= local.lowest() - local.tolerance


@settings(max_examples=60, deadline=None)
@given(problems(hard=False), st.integers(0, 99))
def test_verdicts_on_local_optima_equal_brute_force(problem, seed):
    assignment = any_assignment(problem, seed)
    own = ranks(problem, assignment)
    for verdict, size in ((is_one_optimal(problem, assignment), 1), (is_two_optimal(problem, assignment), 2)):
        subsets = [one for k in range(1, size + 1) for one in itertools.combinations(problem.variables, k)]
        expected = not any(
            ranks(problem, other) < own for names in subsets for other in changed(problem, assignment, names)
        )
        assert bool(verdict) == expected
        if not verdict:
            better = {**assignment, **verdict.changes}
            assert len(verdict.changes) <= size
            assert abs(problem.cost(better) - problem.cost(assignment)) == pytest.approx(verdict.gain)
            assert ranks(problem, better) < own


@settings(max_examples=60, deadline=None)
@given(problems(), st.integers(0, 99))
def test_a_witness_against_a_local_optimum_breaks_no_more_hard_constraints(problem, seed):
    assignment = any_assignment(problem, seed)
    for verdict in (is_one_optimal(problem, assignment), is_two_optimal(problem, assignment)):
        if not verdict:
            assert ranks(problem, {**assignment, **verdict.changes})[0] <= ranks(problem, assignment)[0]


@settings(max_examples=40, deadline=None)
@given(problems(hard=False), st.integers(0, 99))
def test_the_joint_gain_of_two_is_that_of_the_whole(problem, seed):
    assignment = any_assignment(problem, seed)
    for name in problem.variables:
        one = LocalCosts(problem, name)
        near = [assignment[other] for other in one.neighbours]
        now = one.costs(near)[assignment[name]]
        for slot, other in enumerate(one.neighbours):
            two = LocalCosts(problem, other)
            without = two.costs_without(two.neighbours.index(name), [assignment[each] for each in two.neighbours])
            offers = [(now - cost, place) for cost, place in one.responses(slot, near)]
            gain, mine, its = joint_move(offers, without, assignment[other], 1e-9)
            before = ranks(problem, assignment)[1]
            best = min(ranks(problem, moved)[1] for moved in changed(problem, assignment, (name, other)))
            assert gain == pytest.approx(before - best)
            if gain:
                assert ranks(problem, {**assignment, name: mine, other: its})[1] == pytest.approx(best)


def test_a_table_too_large_for_lists_is_looked_up_row_by_row():
    table = np.random.default_rng(1).random((20, 50, 20))
    variables = [Variable("x", tuple(range(20))), Variable("y", tuple(range(50))), Variable("z", tuple(range(20)))]
    problem = DcopProblem(variables, [CostFunction("f", ("x", "y", "z"), table)])
    assert LocalCosts(problem, "y").costs([3, 4]) == table[3, :, 4].tolist()
    assert LocalCosts(problem, "x").costs([7, 4]) == table[:, 7, 4].tolist()
    assert LocalCosts(problem, "z").lowest() == table.min()


def test_a_forbidden_value_costs_more_than_all_soft_costs_can_differ_by():
    variables = [Variable("x", (0, 1), [math.inf, 0]), Variable("y", (0, 1), [0, 100])]
    problem = DcopProblem(variables, [CostFunction("f", ("x", "y"), [[-900, 900], [0, 0]])])
    known = minimised(problem)
    assert known.unary["x"][0] == 0 + (1800 + 100) + 1
    assert not is_one_optimal(problem, {"x": 0, "y": 0})
    assert is_one_optimal(problem, {"x": 1, "y": 0})
    assert minimised(problem) is known


def test_a_local_optimum_need_not_be_one_for_pairs():
    table = [[1, 5], [5, 0]]
    problem = DcopProblem([Variable("x", (0, 1)), Variable("y", (0, 1))], [CostFunction("f", ("x", "y"), table)])
    start = {"x": 0, "y": 0}
    assert is_one_optimal(problem, start)
    verdict = is_two_optimal(problem, start)
    assert (bool(verdict), verdict.changes, verdict.gain) == (False, {"x": 1, "y": 1}, 1)
    with pytest.raises(ConfigurationError, match="the assignment leaves out y"):
        is_one_optimal(problem, {"x": 0})


def test_the_first_among_the_best_values_is_taken_and_rounding_is_no_gain():
    assert improvement([3.0, 1.0, 1.0], 0, 1e-9) == (2.0, 1)
    assert improvement([1.0 + 1e-12, 1.0], 0, 1e-9) == (0.0, 0)


def test_equal_gains_go_to_the_lower_rank():
    assert leads(2.0, 1, [(2.0, 3), (1.0, 0)])
    assert not leads(2.0, 3, [(2.0, 1)])
    assert not leads(2.0, 0, [(3.0, 9)])
    assert leads(1.0, 5, [])


@pytest.mark.parametrize(
    ("variant", "gain", "tie_in_conflict", "tie"),
    [
        ("A", ([1, 2], False), ([], False), ([], False)),
        ("B", ([1, 2], False), ([2], False), ([], False)),
        ("C", ([1, 2], False), ([2], False), ([2], False)),
        ("D", ([1, 2], True), ([2], False), ([], False)),
        ("E", ([1, 2], True), ([2], False), ([2], False)),
    ],
)
def test_variants_of_dsa_differ_in_when_they_may_change(variant, gain, tie_in_conflict, tie):
    costs = [4.0, 1.0, 1.0]
    assert stochastic_options(variant, costs, 0, 0.0, 1e-9) == gain
    assert stochastic_options(variant, costs, 1, 0.0, 1e-9) == tie_in_conflict
    assert stochastic_options(variant, costs, 1, 1.0, 1e-9) == tie


def test_dsa_changes_with_its_probability_and_to_each_option_alike():
    rng = random.Random(1)
    moves = Counter(stochastic_move([1, 2], False, 0, 0.6, rng) for _ in range(10_000))
    assert moves[0] == pytest.approx(4_000, rel=0.05)
    assert moves[1] == pytest.approx(moves[2], rel=0.05)
    assert stochastic_move([3], True, 0, 0.0, rng) == 3
    assert stochastic_move([], True, 0, 1.0, rng) == 0
