"""Max-Sum between actors: exact where the factor graph has no cycle, the best that it met elsewhere."""

from __future__ import annotations

import itertools
import math
import random

import numpy as np
import pytest

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.journal.record import Trace
from negotiate_rt.messages.config import NegotiationType, protocol_name
from negotiate_rt.messages.outcome import AGREED, FAILED, TIMEOUT
from negotiate_rt.problems.dcop import CostFunction, DcopProblem, Variable
from negotiate_rt.protocols.max_sum import MaxSum, MaxSumOptions
from negotiate_rt.runtime.network import Network
from negotiate_rt.scenarios.dcop_drawing import draw_ising
from negotiate_rt.solutions.dcop.optimum import dcop_optimum
from tests.protocols.dcops import by_enumeration, drawn, ring, said, solved
from tests.protocols.test_local_search import NETWORKS


def grown(seed: int, most: int = 9, crowded: bool = False) -> DcopProblem:
    """A problem whose factor graph is a forest: each function joins variables of different trees, so that no cycle arises."""
    rng = random.Random(seed)
    objective = rng.choice(["min", "max"])
    hard = math.inf if objective == "min" else -math.inf
    share = rng.choice([0.0, 0.1])

    def cost() -> float:
        return hard if rng.random() < share else float(rng.randint(-9, 9))

    sizes = [rng.randint(1, 4) for _ in range(rng.randint(1, most))]
    variables = [
        Variable(
            f"v{i}",
            range(size),
            [cost() for _ in range(size)] if rng.random() < 0.3 else None,
            f"a{i // 2}" if crowded else "",
        )
        for i, size in enumerate(sizes)
    ]
    trees = [[i] for i in range(len(sizes))]
    functions = []
    while len(trees) > 1 and rng.random() < 0.95:
        joined = rng.sample(trees, min(len(trees), rng.choice([2, 2, 2, 3, 4])))
        scope = [rng.choice(tree) for tree in joined]
        shape = [sizes[i] for i in scope]
        table = np.reshape([cost() for _ in range(math.prod(shape))], shape)
        functions.append(CostFunction(f"f{len(functions)}", tuple(f"v{i}" for i in scope), table))
        trees = [tree for tree in trees if tree not in joined] + [list(itertools.chain(*joined))]
    return DcopProblem(variables, functions, objective)


def check_exact(problem: DcopProblem, **config: object) -> None:
    outcome = solved(problem, "max-sum", max_rounds=300, **config)
    best = dcop_optimum(problem)
    result = outcome.result
    assert result.cycles < 300, "it ends by itself"
    if best.assignment is None:
        assert outcome.reason_code == "infeasible"
        return
    assert outcome.final_state == AGREED
    assert result.final_cost == pytest.approx(best.cost)
    assert result.cost == pytest.approx(best.cost)


@pytest.mark.parametrize("seed", range(25))
def test_max_sum_is_exact_on_a_factor_graph_without_cycles(seed):
    check_exact(grown(seed, crowded=seed % 3 == 0), seed=seed)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(10))
def test_max_sum_is_exact_on_many_more(block):
    for seed in range(100 + 40 * block, 140 + 40 * block):
        check_exact(grown(seed, most=14), seed=seed, network=NETWORKS["late and reordered"] if seed % 2 else None)


def test_ties_are_broken_the_same_way_everywhere():
    """Two optima of equal cost: without the tiny costs each end of the edge may choose half of either."""
    same = [[0, 1], [1, 0]]
    problem = DcopProblem([Variable("x", (0, 1)), Variable("y", (0, 1))], [CostFunction("f", ("x", "y"), same)])
    assert [solved(problem, "max-sum", seed=seed).result.final_cost for seed in range(20)] == [0] * 20


def test_on_a_graph_with_cycles_the_best_assignment_met_is_told():
    for seed in range(10):
        problem = drawn(seed, share=0.0)
        result = solved(problem, "max-sum", seed=seed, max_rounds=40).result
        costs = [point.cost for point in result.curve]
        assert result.cost == (min(costs) if problem.objective == "min" else max(costs))
        assert result.cost == problem.cost(dict(result.assignment))


def test_damped_max_sum_solves_a_ring():
    assert solved(ring(6), "max-sum", seed=1).result.cost == by_enumeration(ring(6)) == 0


def test_two_messages_for_each_variable_of_each_function_a_cycle_but_for_those_inside_an_agent():
    problem = draw_ising(5, 5, random.Random(1))
    result = solved(problem, "max-sum", max_rounds=10, options=MaxSumOptions(until_settled=False)).result
    assert result.cycles == 10
    assert result.messages == 2 * 50 * 10  # 50 functions of two variables, each played by the agent of one of them


def test_functions_are_played_by_agents_of_theirs_and_spread_among_them():
    graph = MaxSum().graph(draw_ising(5, 5, random.Random(1)))
    played = [agent for node, agent in graph.nodes.items() if node.startswith("function ")]
    assert max(played.count(agent) for agent in set(played)) <= 4
    trace = Trace()
    problem = drawn(4, share=0.0)
    solved(problem, "max-sum", journal=trace)
    near = problem.neighbours()
    assert said(trace)
    for one in said(trace):
        ends = [name.removeprefix("function ") for name in (one.sender, one.receiver)]
        function = next(name for name in ends if name in problem.functions)
        variable = next(name for name in ends if name in near)
        assert variable in problem.functions[function].variables


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_max_sum_is_the_same_whatever_the_network_does(network):
    problem = drawn(8, share=0.0)
    outcome = solved(problem, "max-sum", network=network, seed=5, timeout=600)
    perfect = solved(problem, "max-sum", seed=5)
    assert [point.cost for point in outcome.result.curve] == [point.cost for point in perfect.result.curve]
    assert outcome.result.assignment == perfect.result.assignment
    assert not outcome.faults


def test_a_message_lost_for_good_ends_it_in_time_with_the_best_so_far():
    outcome = solved(ring(8), "max-sum", network=Network(loss=0.02), timeout=30, seed=1)
    assert (outcome.final_state, outcome.duration_ms) == (TIMEOUT, 30_000)
    assert outcome.result.assignment is not None


def test_hard_constraints_that_cannot_be_kept_end_infeasible():
    problem = DcopProblem(
        [Variable("x", (0, 1)), Variable("y", (0, 1))], [CostFunction("f", ("x", "y"), [[math.inf] * 2] * 2)]
    )
    outcome = solved(problem, "max-sum")
    assert outcome.final_state == FAILED
    assert outcome.reason_code == "infeasible"
    assert outcome.result.violated == ("f",)


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ({"damping": 1}, "damping must be at least 0 and below 1, got 1"),
        ({"damping": math.nan}, "damping must be"),
        ({"tie_break": -1}, "tie_break must be from 0 to 1, got -1"),
    ],
)
def test_options_out_of_range_are_refused(bad, told):
    with pytest.raises(ConfigurationError, match=told):
        MaxSumOptions(**bad)


def test_a_variable_named_as_a_function_node_is_refused():
    problem = DcopProblem(
        [Variable("x", (0, 1)), Variable("function f", (0, 1))],
        [CostFunction("f", ("x", "function f"), [[0, 1], [1, 0]])],
    )
    with pytest.raises(ConfigurationError, match="rename it"):
        solved(problem, "max-sum")


def test_names_of_max_sum():
    assert [protocol_name(one) for one in ("MAX_SUM", "maxsum", "max-sum")] == ["max-sum"] * 3
    assert NegotiationType.MAX_SUM == "max-sum"
