"""CoCoA between actors: every variable chooses once, by few messages, whatever the graph and the network."""

from __future__ import annotations

import random

import pytest

from negotiate_rt.journal.record import Trace
from negotiate_rt.messages.config import NegotiationType, protocol_name
from negotiate_rt.messages.outcome import AGREED
from negotiate_rt.problems.dcop import CostFunction, DcopProblem, Variable
from negotiate_rt.protocols.cocoa import CocoaOptions
from negotiate_rt.runtime.latency import Uniform
from negotiate_rt.runtime.network import Network
from negotiate_rt.scenarios.dcop_drawing import draw_colouring
from negotiate_rt.solutions.dcop.cooperation import CooperativeCosts
from negotiate_rt.solutions.dcop.optimum import dcop_optimum
from tests.protocols.dcops import drawn, ring, said, solved
from tests.protocols.test_local_search import NETWORKS


def check_chooses_once(seed: int, **config: object) -> None:
    problem = drawn(seed)
    trace = Trace()
    outcome = solved(problem, "cocoa", seed=seed, journal=trace, **config)
    assert outcome.agreed == (not outcome.result.violated)
    assert outcome.agreed or outcome.reason_code == "infeasible"
    assert set(outcome.result.assignment) == set(problem.variables)
    assert len(outcome.result.curve) == len(problem.variables)
    assert not outcome.faults


@pytest.mark.parametrize("seed", range(40))
def test_every_variable_chooses_once(seed):
    check_chooses_once(seed, network=Network(latency=Uniform(0.01, 1.0), reorder=True) if seed % 2 else None)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(20))
def test_every_variable_chooses_once_on_a_thousand_problems(block):
    for seed in range(50 * block, 50 * block + 50):
        check_chooses_once(seed, network=Network(latency=Uniform(0.01, 1.0), reorder=True))


@pytest.mark.parametrize("unique_first", [True, False])
def test_ties_everywhere_end_all_the_same(unique_first):
    flat = [[0.0, 0.0], [0.0, 0.0]]
    names = [f"v{i}" for i in range(7)]
    pairs = [(one, other) for place, one in enumerate(names) for other in names[place + 1 :]]
    problem = DcopProblem(
        [Variable(one, (0, 1)) for one in names], [CostFunction(f"{a}{b}", (a, b), flat) for a, b in pairs]
    )
    for seed in range(5):
        network = Network(latency=Uniform(0.01, 1.0))
        outcome = solved(problem, "cocoa", network=network, seed=seed, options=CocoaOptions(unique_first=unique_first))
        assert outcome.final_state == AGREED


def test_a_variable_that_could_choose_either_holds_back_until_a_neighbour_has_chosen():
    """The first of three is indifferent; the last has a wish, and the first follows it."""
    differ = [[5, 0], [0, 5]]
    variables = [Variable("hub", (0, 1)), Variable("one", (0, 1)), Variable("two", (0, 1), [0, 3])]
    problem = DcopProblem(
        variables, [CostFunction("a", ("hub", "one"), differ), CostFunction("b", ("hub", "two"), differ)]
    )
    for seed in range(10):
        assert solved(problem, "cocoa", seed=seed).result.cost == dcop_optimum(problem).cost == 0


def test_a_colouring_is_as_good_as_after_many_cycles_of_mgm_by_a_tenth_of_the_messages():
    better = 0
    for seed in range(2):
        problem = draw_colouring(60, random.Random(seed), degree=2.4)
        once, long = (solved(problem, name, seed=seed).result for name in ("cocoa", "mgm"))
        better += once.cost <= long.cost
        assert once.messages < long.messages / 10
        assert once.messages <= 8 * len(problem.functions)
    assert better == 2


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_it_ends_whatever_the_network_does(network):
    outcome = solved(draw_colouring(20, random.Random(3)), "cocoa", network=network, seed=2)
    assert outcome.final_state == AGREED
    assert not outcome.faults


def test_only_neighbours_talk_and_an_agent_to_itself_without_messages():
    problem = drawn(4, share=0.0)
    trace = Trace()
    solved(problem, "cocoa", journal=trace)
    near = problem.neighbours()
    assert said(trace)
    assert all(one.receiver in near[one.sender] for one in said(trace))
    alone = DcopProblem([Variable(f"v{i}", range(2), agent="ann") for i in range(4)],
                        [CostFunction(f"f{i}", (f"v{i}", f"v{i + 1}"), [[3, 0], [1, 2]]) for i in range(3)])  # fmt: skip
    assert solved(alone, "cocoa").result.messages == 0


def test_a_function_of_three_is_reckoned_once():
    """Asked by x, y answers for the function (it stands before z), z for its own costs only, and then has nothing to say."""
    table = [[[x + 10 * y + 100 * z for z in range(2)] for y in range(2)] for x in range(2)]
    variables = [Variable("x", (0, 1)), Variable("y", (0, 1), [7, 0]), Variable("z", (0, 1), [0, -500])]
    problem = DcopProblem(variables, [CostFunction("f", ("x", "y", "z"), table)])
    y, z = CooperativeCosts(problem, "y"), CooperativeCosts(problem, "z")
    assert y.answer(0, {}) == [7.0, 8.0]  # with y at 0 (7), z at best 0: what z costs itself is not y's to know
    assert z.answer(0, {}) == []
    assert z.answer(0, {1: 1}) == [-390.0, -389.0]  # y has chosen: the function falls to z
    assert CooperativeCosts(problem, "x").costs({1: 1, 2: 0}).tolist() == [10.0, 11.0]


def test_a_ring_of_three_colours_is_solved_without_conflict():
    assert {solved(ring(9), "cocoa", seed=seed).result.cost for seed in range(5)} <= {0.0, 1.0}


def test_names_of_cocoa():
    assert [protocol_name(one) for one in ("COCOA", "CoCoA", "cocoa")] == ["cocoa"] * 3
    assert NegotiationType.COCOA == "cocoa"
