"""MGM, MGM-2 and DSA between actors: what each promises of costs and local optima, by its law of messages, on any network."""

from __future__ import annotations

import asyncio
import itertools
import math
import random

import pytest

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.executor.executor import NegotiationExecutor
from negotiate_rt.journal.record import Trace
from negotiate_rt.messages.config import NegotiationConfig, NegotiationType, protocol_name
from negotiate_rt.messages.outcome import AGREED, FAILED, TIMEOUT, NegotiationOutcome
from negotiate_rt.problems.dcop import CostFunction, DcopProblem, Variable
from negotiate_rt.protocols.catalogue import built_in
from negotiate_rt.protocols.dsa import DsaOptions
from negotiate_rt.protocols.local_search import LocalSearchOptions
from negotiate_rt.protocols.mgm import MgmOptions
from negotiate_rt.protocols.mgm2 import Mgm2Options
from negotiate_rt.runtime.latency import Uniform
from negotiate_rt.runtime.network import Network
from negotiate_rt.scenarios.dcop_drawing import draw_colouring, draw_ising
from negotiate_rt.solutions.dcop.local_optima import is_one_optimal, is_two_optimal
from negotiate_rt.solutions.dcop.minimised import minimised
from negotiate_rt.solutions.dcop.tally import CostPoint
from tests.protocols.dcops import by_enumeration, drawn, ring, said, solved

SEARCHES = {"mgm": MgmOptions, "mgm-2": Mgm2Options, "dsa": DsaOptions}
PHASES = {"mgm": 2, "mgm-2": 5, "dsa": 1}
NETWORKS = {
    "late and reordered": Network(latency=Uniform(0.01, 0.5), reorder=True),
    "duplicated": Network(latency=Uniform(0.01, 0.5), reorder=True, duplicate=0.3),
    "lossy, acknowledged": Network(
        latency=Uniform(0.01, 0.2), loss=0.2, duplicate=0.1, reorder=True, acknowledged=True
    ),
}


def check_never_rises(problem: DcopProblem, curve) -> None:
    """Costs never get worse from cycle to cycle, and a kept hard constraint is never broken again."""
    costs = [point.cost if problem.objective == "min" else -point.cost for point in curve]
    assert all(after <= before for before, after in itertools.pairwise(costs))


def check_mgm(seed: int, **config: object) -> None:
    problem = drawn(seed)
    outcome = solved(problem, "mgm", seed=seed, **config)
    result = outcome.result
    assert outcome.final_state == (FAILED if result.violated else AGREED)
    assert outcome.failure_reason is None or outcome.failure_reason.startswith(
        "infeasible: the best assignment that was met breaks"
    )
    assert is_one_optimal(problem, result.assignment)
    assert result.cost == result.final_cost == problem.cost(dict(result.assignment))
    assert result.cycles < 100, "it ends by itself"
    check_never_rises(problem, result.curve)
    assert not outcome.faults


@pytest.mark.parametrize("seed", range(50))
def test_mgm_never_lets_the_cost_rise_and_ends_where_nobody_alone_can_improve_it(seed):
    """REFCASES 40."""
    check_mgm(seed)


@pytest.mark.parametrize("seed", range(15))
def test_mgm_keeps_its_promise_under_random_latency(seed):
    """REFCASES 40."""
    check_mgm(seed, network=NETWORKS["late and reordered"])


@pytest.mark.slow
@pytest.mark.parametrize("block", range(20))
def test_mgm_keeps_its_promise_on_a_thousand_problems(block):
    """REFCASES 40."""
    for seed in range(1000 + 50 * block, 1050 + 50 * block):
        check_mgm(seed)
        check_mgm(seed, network=NETWORKS["late and reordered"])


def check_mgm2(seed: int, **config: object) -> None:
    problem = drawn(seed)
    outcome = solved(problem, "mgm-2", seed=seed, max_rounds=400, **config)
    result = outcome.result
    assert is_two_optimal(problem, result.assignment)
    assert result.cycles < 400, "it ends by itself"
    check_never_rises(problem, result.curve)
    assert not outcome.faults


@pytest.mark.parametrize("seed", range(30))
def test_mgm2_never_lets_the_cost_rise_and_ends_where_no_two_can_improve_it(seed):
    check_mgm2(seed)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(10))
def test_mgm2_keeps_its_promise_on_many_problems(block):
    for seed in range(30 + 50 * block, 80 + 50 * block):
        check_mgm2(seed, network=NETWORKS["late and reordered"] if seed % 2 else None)


def test_mgm2_leaves_a_local_optimum_that_mgm_stays_in():
    table = [[1, 5], [5, 0]]
    problem = DcopProblem([Variable("x", (0, 1)), Variable("y", (0, 1))], [CostFunction("f", ("x", "y"), table)])
    stuck = solved(problem, "mgm", options=MgmOptions(start="first")).result
    assert (stuck.cost, stuck.cycles) == (1, 2)
    assert solved(problem, "mgm-2", options=Mgm2Options(start="first")).result.cost == 0


@pytest.mark.parametrize("variant", "ABCDE")
def test_dsa_reports_the_best_assignment_that_it_met(variant):
    for seed in range(12):
        problem = drawn(seed, share=0.0)
        result = solved(problem, "dsa", seed=seed, max_rounds=30, options=DsaOptions(variant=variant)).result
        costs = [point.cost for point in result.curve]
        assert result.cost == (min(costs) if problem.objective == "min" else max(costs))
        assert result.cost == problem.cost(dict(result.assignment))
        assert result.final_cost == costs[-1]


def test_dsa_a_ends_where_nobody_alone_can_improve_the_cost():
    for seed in range(20):
        problem = drawn(seed, share=0.0)
        outcome = solved(problem, "dsa", seed=seed, max_rounds=500, options=DsaOptions(variant="A", probability=0.5))
        assert outcome.result.cycles < 500
        assert is_one_optimal(problem, outcome.result.assignment)


def test_dsa_leaves_what_is_no_worse_only_where_its_variant_may():
    """Three colours on a line, all kept apart: A and B have nothing to do, C wanders between equals."""
    problem = draw_colouring(12, random.Random(1), graph="tree")
    flat = DcopProblem(problem.variables.values(), [
        CostFunction(name, one.variables, [[10 * (a == b) for b in range(3)] for a in range(3)])
        for name, one in problem.functions.items()
    ])  # fmt: skip
    cycles = {
        variant: solved(flat, "dsa", seed=3, max_rounds=300, options=DsaOptions(variant=variant)).result.cycles
        for variant in "ABC"
    }
    assert max(cycles["A"], cycles["B"]) < 100
    assert cycles["C"] == 300


@pytest.mark.parametrize("name", SEARCHES)
def test_messages_go_by_the_algorithms_law(name):
    """REFCASES 39: MGM says 4 |E| messages a cycle, DSA 2 |E|; 200 edges, 20 of pyDCOP's 100 cycles; MGM-2 says 10 |E|."""
    problem = draw_ising(10, 10, random.Random(1))
    result = solved(problem, name, max_rounds=20, options=SEARCHES[name](until_settled=False)).result
    assert result.cycles == 20
    assert result.messages == 2 * 200 * PHASES[name] * 20
    assert [point.messages for point in result.curve][-1] == result.messages
    assert result.checks > 0


@pytest.mark.parametrize("name", SEARCHES)
def test_only_neighbours_talk_and_what_an_agent_tells_itself_is_not_sent(name):
    problem = drawn(4, share=0.0)
    trace = Trace()
    solved(problem, name, journal=trace)
    near = problem.neighbours()
    assert said(trace)
    assert all(one.receiver in near[one.sender] for one in said(trace))
    alone = DcopProblem([Variable(f"v{i}", range(2), agent="ann") for i in range(4)],
                        [CostFunction(f"f{i}", (f"v{i}", f"v{i + 1}"), [[3, 0], [1, 2]]) for i in range(3)])  # fmt: skip
    outcome = solved(alone, name)
    assert outcome.agreed
    assert outcome.result.messages == outcome.result.bytes == 0
    assert is_one_optimal(alone, outcome.result.assignment)


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_is_the_same_whatever_the_network_does(name, network):
    problem = drawn(8, share=0.0)
    outcome = solved(problem, name, network=network, seed=5)
    perfect = solved(problem, name, seed=5)
    assert outcome.final_state == AGREED
    assert [point.cost for point in outcome.result.curve] == [point.cost for point in perfect.result.curve]
    assert outcome.result.assignment == perfect.result.assignment
    assert outcome.result.messages == perfect.result.messages
    assert not outcome.faults


@pytest.mark.parametrize("name", SEARCHES)
def test_a_message_lost_for_good_ends_the_search_in_time_with_the_best_so_far(name):
    outcome = solved(
        ring(8), name, network=Network(loss=0.02), timeout=30, seed=1, options=SEARCHES[name](until_settled=False)
    )
    assert outcome.final_state == TIMEOUT
    assert outcome.duration_ms == 30_000
    assert outcome.result.assignment is not None
    assert outcome.result.cycles < 100
    assert outcome.result.cost == min(point.cost for point in outcome.result.curve)


@pytest.mark.parametrize("name", SEARCHES)
def test_parts_of_a_graph_come_to_rest_by_themselves_each(name):
    one, other = ring(4), ring(12)
    rename = {variable: f"w{variable}" for variable in other.variables}
    shared = [
        Variable(variable.name, variable.domain, agent="hub" if variable.name == "v00" else "")
        for variable in one.variables.values()
    ]
    others = [
        Variable(rename[name_], v.domain, agent="hub" if name_ == "v00" else "") for name_, v in other.variables.items()
    ]
    functions = [CostFunction(f.name, f.variables, one.tables[f.name]) for f in one.functions.values()]
    functions += [
        CostFunction(f"w{f.name}", tuple(rename[v] for v in f.variables), other.tables[f.name])
        for f in other.functions.values()
    ]
    problem = DcopProblem([*shared, *others, Variable("alone", (1, 2), [5, 3])], functions)
    outcome = solved(problem, name, max_rounds=400, network=NETWORKS["late and reordered"])
    assert outcome.agreed
    assert outcome.result.cycles < 400
    assert is_one_optimal(problem, outcome.result.assignment)
    assert outcome.result.assignment["alone"] == 2


@pytest.mark.parametrize("name", SEARCHES)
def test_hard_constraints_that_cannot_be_kept_end_infeasible_with_what_is_broken(name):
    differ = [[math.inf if a == b else 0.0 for b in range(2)] for a in range(2)]
    edges = [("a", "b"), ("b", "c"), ("a", "c")]
    problem = DcopProblem(
        [Variable(one, range(2)) for one in "abc"], [CostFunction("".join(e), e, differ) for e in edges]
    )
    outcome = solved(problem, name)
    assert outcome.final_state == FAILED
    assert outcome.reason_code == "infeasible"
    (broken,) = outcome.result.violated
    assert f"the best assignment that was met breaks {broken};" in outcome.failure_reason
    assert outcome.result.cost == math.inf
    assert len(problem.violated(dict(outcome.result.assignment))) == 1


@pytest.mark.parametrize(
    ("who", "told"),
    [
        ("v03", "agent-crashed: v03 has gone"),
        ("coordinator", "agent-crashed: coordinator has gone"),
        ("", "cancelled: enough"),
    ],
    ids=["a party leaves", "the coordinator dies", "cancelled"],
)
@pytest.mark.parametrize("name", [*SEARCHES, "max-sum", "cocoa"])
def test_a_search_that_is_broken_off_leaves_what_was_reached(name, who, told):
    executor = NegotiationExecutor(clock="virtual", network=Network(latency=1.0))

    async def broken_off() -> NegotiationOutcome:
        def look(point: CostPoint) -> None:
            if point.cycle == 1:
                break_off()

        def break_off() -> None:
            if not who:
                negotiation.cancel("enough")
            else:
                negotiation.lose(
                    next(one for one in negotiation.agents if one.name == who), "agent-crashed", f"{who} has gone"
                )

        options = built_in(name).options(progress=look)
        negotiation = executor.start([], NegotiationConfig(name, options=options), ring(6))
        return await negotiation

    outcome = asyncio.run(broken_off())
    assert (outcome.final_state, outcome.failure_reason) == (FAILED, told)
    assert outcome.result.cycles >= 1
    assert (outcome.result.assignment is None) == (name == "cocoa")  # where not all have chosen yet
    assert not outcome.result.proven


@pytest.mark.parametrize("name", SEARCHES)
def test_the_same_seed_gives_the_same_trace_and_another_another(name):
    def trace(seed: int) -> str:
        kept = Trace()
        solved(ring(9), name, network=Network(latency=Uniform(0.1, 1.0)), journal=kept, seed=seed)
        return kept.to_jsonl()

    assert trace(1) == trace(1)
    assert trace(1) != trace(2)


def test_equal_gains_go_to_the_lower_agent_name():
    """Both would gain 4; the convention decides, not the order of the variables."""
    table = [[4, 0], [0, 4]]
    variables = [Variable("x", (0, 1), agent="zoe"), Variable("y", (0, 1), agent="amy")]
    result = solved(
        DcopProblem(variables, [CostFunction("f", ("x", "y"), table)]), "mgm", options=MgmOptions(start="first")
    ).result
    assert result.assignment == {"x": 0, "y": 1}


@pytest.mark.parametrize("name", ["dpop", "sync-bb", "max-sum", "cocoa", *SEARCHES])
def test_the_smallest_problems_are_solved_and_idle_agents_do_not_matter(name):
    assert solved(DcopProblem([]), name).result.cost == 0
    assert solved(DcopProblem([Variable("x", "a")]), name).result.assignment == {"x": "a"}
    alone = DcopProblem([Variable("x", "ab")], [CostFunction("own", ("x",), [3, 1])], agents=["idle"])
    outcome = solved(alone, name)
    assert (outcome.final_state, outcome.result.assignment, outcome.result.cost) == (AGREED, {"x": "b"}, 1)
    named = DcopProblem([Variable("x", "ab", agent="coordinator")], [CostFunction("own", ("x",), [3, 1])], "max")
    assert solved(named, name).result.assignment == {"x": "a"}


@pytest.mark.parametrize("name", ["mgm", "mgm-2"])
def test_costs_that_are_no_whole_numbers_never_rise_either(name):
    for seed in range(4):
        problem = draw_ising(5, 5, random.Random(seed))
        result = solved(problem, name, seed=seed, max_rounds=300).result
        check_never_rises(problem, result.curve)
        assert (is_one_optimal if name == "mgm" else is_two_optimal)(problem, result.assignment)
        assert result.cycles < 300


def test_a_search_may_begin_anywhere():
    problem = DcopProblem([Variable("x", (1, 2, 3), [5, 0, 1])])
    curves = {
        start: [point.cost for point in solved(problem, "mgm", options=MgmOptions(start=start)).result.curve]
        for start in ("first", "best")
    }
    assert curves["first"] == [5, 0, 0]
    assert curves["best"] == [0, 0]


@pytest.mark.parametrize("name", SEARCHES)
def test_tables_too_large_for_lists_are_looked_up_all_the_same(name):
    rng = random.Random(1)
    big = [[[rng.randint(0, 99) for _ in range(30)] for _ in range(30)] for _ in range(30)]
    problem = DcopProblem([Variable(one, range(30)) for one in "xyz"], [CostFunction("f", tuple("xyz"), big)])
    result = solved(problem, name, max_rounds=60).result
    assert is_one_optimal(problem, result.assignment) or name == "dsa"


def test_an_optimum_without_conflict_is_met_by_all_of_them():
    problem = ring(6)
    assert by_enumeration(problem) == 0
    assert {name: solved(problem, name, seed=2, max_rounds=300).result.cost for name in SEARCHES} == dict.fromkeys(
        SEARCHES, 0
    )


@pytest.mark.parametrize(
    ("kind", "bad", "told"),
    [
        (DsaOptions, {"variant": "F"}, "variant must be A, B, C, D or E, got 'F'"),
        (DsaOptions, {"probability": 0}, "probability must be above 0 and at most 1, got 0"),
        (DsaOptions, {"probability": math.nan}, "probability must be above 0"),
        (Mgm2Options, {"offering": 1}, "offering must be above 0 and below 1, got 1"),
        (LocalSearchOptions, {"start": "worst"}, "start must be random, first or best, got 'worst'"),
        (DsaOptions, {"start": "worst"}, "start must be random, first or best, got 'worst'"),
    ],
)
def test_options_out_of_range_are_refused(kind, bad, told):
    with pytest.raises(ConfigurationError, match=told):
        kind(**bad)


def test_costs_that_leave_no_room_for_penalties_are_refused_before_anything_starts():
    problem = DcopProblem([Variable("x", (0, 1), [0, 1e308]), Variable("y", (0, 1), [1e307, math.inf])])
    with pytest.raises(ConfigurationError, match="penalties leave the range of a float"):
        solved(problem, "mgm")


def test_names_of_algorithms():
    assert [protocol_name(one) for one in ("MGM", "MGM_2", "mgm2", "DSA")] == ["mgm", "mgm-2", "mgm-2", "dsa"]
    assert (NegotiationType.MGM, NegotiationType.MGM_2, NegotiationType.DSA) == ("mgm", "mgm-2", "dsa")
    assert minimised(ring(3)).reach == {"v00": 2, "v01": 2, "v02": 2}
