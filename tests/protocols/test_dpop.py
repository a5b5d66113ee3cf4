"""DPOP between actors: exact, by as many messages as its law says, along the trees of theory, whatever the network does."""

from __future__ import annotations

import asyncio
import math
import random

import pytest

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.executor.executor import NegotiationExecutor
from negotiate_rt.journal.record import Trace
from negotiate_rt.messages.codec import Codec
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.envelope import Envelope, Route
from negotiate_rt.messages.outcome import AGREED, FAILED, TIMEOUT, NegotiationOutcome
from negotiate_rt.messages.performatives import Inform
from negotiate_rt.problems.dcop import CostFunction, DcopProblem, Variable
from negotiate_rt.protocols.base import Convener
from negotiate_rt.protocols.dpop import Dpop, DpopOptions
from negotiate_rt.runtime.latency import Uniform
from negotiate_rt.runtime.network import Network
from negotiate_rt.scenarios.dcop_yaml import load_dcop
from negotiate_rt.solutions.dcop.optimum import dcop_optimum
from negotiate_rt.solutions.dcop.pseudo_tree import best_pseudo_tree, components, neighbours, pseudo_tree
from tests.protocols.dcops import INSTANCES, by_enumeration, dcop_path, drawn, proved_optimum, ring, said, solved

TUTORIAL = DcopProblem(  # REFCASES 37: pyDCOP's first tutorial
    [
        Variable("v1", "RG", {"R": -0.1, "G": 0.1}),
        Variable("v2", "RG", {"R": 0.1, "G": -0.1}),
        Variable("v3", "RG", {"R": 0.1, "G": -0.1}),
    ],
    [
        CostFunction("diff_1_2", ("v1", "v2"), [[10, 0], [0, 10]]),
        CostFunction("diff_2_3", ("v2", "v3"), [[10, 0], [0, 10]]),
    ],
)  # fmt: skip


def check_against_theory(problem: DcopProblem, **config: object) -> None:
    """An outcome is what brute force finds, with as many messages as the law says, in a tree as wide as theory's."""
    outcome = solved(problem, **config)
    best = by_enumeration(problem)
    if best == problem.hard:
        assert outcome.final_state == FAILED
        assert outcome.reason_code == "infeasible"
        assert outcome.result.assignment is None
        assert not outcome.result.proven
        return
    result = outcome.result
    assert outcome.final_state == AGREED
    assert result.cost == pytest.approx(best)
    assert problem.cost(dict(result.assignment)) == result.cost
    assert result.proven
    assert not result.violated
    tree = best_pseudo_tree(problem, DpopOptions().roots)
    assert result.width == tree.width
    assert result.largest_table == tree.largest_table
    parts = len(components(neighbours(problem)))
    assert result.util_messages == result.value_messages == len(problem.variables) - parts


@pytest.mark.parametrize("seed", range(50))
def test_dpop_finds_what_brute_force_finds(seed):
    check_against_theory(drawn(seed))


@pytest.mark.slow
@pytest.mark.parametrize("block", range(45))
def test_dpop_finds_what_brute_force_finds_on_many_more(block):
    for seed in range(50 + 10 * block, 60 + 10 * block):
        check_against_theory(drawn(seed, most=9))


@pytest.mark.parametrize("name", INSTANCES)
def test_dpop_finds_the_proved_optimum_of_published_instances(name):
    """REFCASES 38."""
    problem = load_dcop(dcop_path() / f"{name}.yaml")
    outcome = solved(problem)
    assert outcome.result.cost == pytest.approx(proved_optimum(name), abs=1e-9)
    assert outcome.result.proven
    parts = len(components(neighbours(problem)))
    assert outcome.result.util_messages + outcome.result.value_messages == 2 * (len(problem.variables) - parts)


def test_dpop_solves_the_tutorial_of_three_variables():
    """REFCASES 37."""
    outcome = solved(TUTORIAL)
    assert outcome.result.assignment == {"v1": "R", "v2": "G", "v3": "R"}
    assert outcome.result.cost == pytest.approx(-0.1)


def test_dpop_says_two_messages_less_than_twice_the_variables_where_all_are_connected():
    """REFCASES 39: UTIL and VALUE, counted in the trace."""
    trace = Trace()
    solved(ring(9), journal=trace)
    acts = [one.act for one in said(trace)]
    assert acts.count("inform-ref") == acts.count("confirm") == 8


def test_dpop_lets_only_neighbours_talk_to_each_other():
    problem = drawn(4, share=0.0)
    trace = Trace()
    solved(problem, journal=trace)
    near = problem.neighbours()
    assert said(trace)
    assert all(one.receiver in near[one.sender] for one in said(trace))


def test_dpop_knows_width_and_memory_before_the_first_table():
    trace = Trace()
    solved(ring(9), journal=trace)
    acts = [one.act for one in said(trace)]
    last_verdict = len(acts) - acts[::-1].index("propagate")
    assert acts.index("inform-ref") > acts.index("propagate")
    assert {one.sender for one in said(trace)[:last_verdict]} == set(ring(9).variables)
    for place, act in enumerate(acts):  # nobody sends a table before it has heard of all trees
        if act == "inform-ref":
            heard = sum(one.act == "propagate" and one.receiver == said(trace)[place].sender for one in said(trace)[:place])
            assert heard >= DpopOptions().roots - 1  # the root of one hears of it from nobody


def test_dpop_draws_the_tree_that_theory_draws():
    problem = drawn(11, share=0.0)
    result = solved(problem).result
    assert result.roots == tuple(sorted(best_pseudo_tree(problem, DpopOptions().roots).roots))
    assert dcop_optimum(problem, tree=pseudo_tree(problem, result.roots)).cost == result.cost


NETWORKS = [
    Network(latency=Uniform(0.01, 0.5), reorder=True),
    Network(latency=Uniform(0.01, 0.5), reorder=True, duplicate=0.3),
    Network(latency=Uniform(0.01, 0.2), loss=0.2, duplicate=0.1, reorder=True, acknowledged=True),
]


@pytest.mark.parametrize("network", NETWORKS, ids=["late and reordered", "duplicated", "lossy, acknowledged"])
@pytest.mark.parametrize("seed", [3, 8, 17])
def test_dpop_is_exact_whatever_the_network_does(network, seed):
    problem = drawn(seed, share=0.0)
    outcome = solved(problem, network=network)
    assert outcome.final_state == AGREED
    assert outcome.result.cost == pytest.approx(by_enumeration(problem))
    assert outcome.result.messages == solved(problem).result.messages
    assert not outcome.faults


def test_a_message_lost_for_good_ends_the_search_in_time_without_an_assignment():
    outcome = solved(ring(6), network=Network(loss=0.3), timeout=30)
    assert outcome.final_state == TIMEOUT
    assert outcome.duration_ms == 30_000
    assert outcome.result.assignment is None
    assert not outcome.result.proven


def test_dpop_refuses_before_any_table_what_would_take_too_much_memory():
    trace = Trace()
    outcome = solved(ring(9), journal=trace, options=DpopOptions(most_bytes=100))
    assert outcome.final_state == FAILED
    told = "infeasible: the pseudo-tree has width 2 and needs up to 1,504 bytes, 100 are allowed"
    assert outcome.failure_reason.startswith(told)
    assert "inform-ref" not in {one.act for one in trace.records}
    assert outcome.result.width == 2


BOUNDED = DpopOptions(most_bytes=600, beyond="condition")


def check_in_bounded_memory(problem: DcopProblem) -> tuple[str, ...]:
    """An outcome in bounded memory is that of brute force; return the variables that were tried value by value."""
    outcome = solved(problem, options=BOUNDED)
    best = by_enumeration(problem)
    if best == problem.hard:
        assert "cannot be kept together" in outcome.failure_reason
    else:
        assert outcome.final_state == AGREED
        assert outcome.result.cost == pytest.approx(best)
        assert outcome.result.proven
    return outcome.result.conditioned


@pytest.mark.parametrize("seed", range(40))
def test_dpop_is_exact_in_bounded_memory(seed):
    check_in_bounded_memory(drawn(seed, most=8))


@pytest.mark.slow
def test_dpop_is_exact_in_bounded_memory_on_many_more():
    assert sum(bool(check_in_bounded_memory(drawn(seed, most=9))) for seed in range(40, 400)) > 20


def grid(side: int) -> DcopProblem:
    """Cells of three values, each with its neighbours across and below."""
    rng = random.Random(side)
    cells = [(row, column) for row in range(side) for column in range(side)]
    names = {cell: f"v{cell[0]}{cell[1]}" for cell in cells}
    pairs = [(one, other) for one in cells for other in ((one[0], one[1] + 1), (one[0] + 1, one[1])) if other in names]
    functions = [
        CostFunction(f"{names[one]}-{names[two]}", (names[one], names[two]), [[rng.randint(0, 9) for _ in "abc"] for _ in "abc"])
        for one, two in pairs
    ]
    return DcopProblem([Variable(name, range(3)) for name in names.values()], functions)


def test_bounded_memory_is_paid_for_with_messages():
    problem = grid(4)
    whole, bounded = solved(problem).result, solved(problem, options=DpopOptions(most_bytes=12_000, beyond="condition")).result
    assert bounded.cost == whole.cost
    assert bounded.conditioned
    assert not whole.conditioned
    assert bounded.util_messages > whole.util_messages == bounded.value_messages == 15


def test_no_table_is_larger_in_bounded_memory_than_its_share():
    trace = Trace()
    most_bytes = 12_000
    solved(grid(4), journal=trace, options=DpopOptions(most_bytes=most_bytes, beyond="condition"))
    tables = [len(one.content["content"].costs) for one in said(trace) if one.act == "inform-ref"]
    assert max(tables) <= most_bytes / 16 / 3  # of 16 variables, in 8 of the 24 bytes that an entry takes in all


@pytest.mark.parametrize("network", NETWORKS, ids=["late and reordered", "duplicated", "lossy, acknowledged"])
def test_bounded_memory_is_exact_whatever_the_network_does(network):
    outcome = solved(grid(3), network=network, options=DpopOptions(most_bytes=1_500, beyond="condition"), timeout=10_000)
    assert outcome.result.conditioned
    assert outcome.result.cost == dcop_optimum(grid(3)).cost


def test_too_much_work_is_refused_even_in_bounded_memory():
    crowd = [Variable(f"v{i:02}", range(3)) for i in range(26)]
    pairs = [CostFunction(f"{i},{j}", (f"v{i:02}", f"v{j:02}"), [[i, j, 1]] * 3) for i in range(26) for j in range(i)]
    outcome = solved(DcopProblem(crowd, pairs), options=DpopOptions(roots=1, beyond="condition", most_bytes=1_000_000))
    assert outcome.failure_reason.startswith("infeasible: in 1,000,000 bytes it would take ")


def test_asking_millions_of_times_for_tiny_tables_is_refused_as_well():
    outcome = solved(grid(6), options=DpopOptions(beyond="condition", most_bytes=100))
    assert outcome.failure_reason.startswith("infeasible: in 100 bytes it would take ")
    assert outcome.result.util_messages == 0
    assert outcome.result.util_messages == 0


def test_dpop_names_hard_constraints_that_contradict_each_other():
    differ = [[math.inf if a == b else 0.0 for b in range(2)] for a in range(2)]
    names = ["a", "b", "c"]
    triangle = [CostFunction(f"{x}{y}", (x, y), differ) for x, y in [("a", "b"), ("b", "c"), ("a", "c")]]
    loose = CostFunction("free", ("c", "d"), differ)
    problem = DcopProblem([Variable(one, range(2)) for one in [*names, "d"]], [*triangle, loose])
    outcome = solved(problem)
    assert outcome.failure_reason == "infeasible: these hard constraints cannot be kept together: ab, bc, ac"
    assert outcome.result.assignment is None


def test_the_same_seed_gives_the_same_trace():
    traces = [Trace(), Trace()]
    for trace in traces:
        solved(drawn(5, share=0.0), network=Network(latency=Uniform(0.1, 1.0)), journal=trace)
    assert traces[0].to_jsonl() == traces[1].to_jsonl()


def test_messages_inside_an_agent_are_not_counted():
    whole = DcopProblem([Variable(f"v{i}", range(2), agent="ann") for i in range(4)],
                        [CostFunction(f"f{i}", (f"v{i}", f"v{i + 1}"), [[3, 0], [1, 2]]) for i in range(3)])  # fmt: skip
    trace = Trace()
    outcome = solved(whole, journal=trace)
    assert outcome.result.cost == by_enumeration(whole)
    assert outcome.result.messages == outcome.result.bytes == 0
    assert outcome.result.util_messages == 3
    assert not said(trace)


def test_every_variable_alone_is_its_own_root():
    problem = DcopProblem([Variable(f"v{i}", range(3), [2, 1, 3]) for i in range(3)])
    outcome = solved(problem)
    assert outcome.result.roots == ("v0", "v1", "v2")
    assert outcome.result.assignment == {"v0": 1, "v1": 1, "v2": 1}
    assert outcome.result.messages == 0


def test_agents_sit_under_the_names_of_the_problem():
    executor = NegotiationExecutor(clock="virtual")
    outcome = executor.run([Convener("v2"), Convener("v1")], "dpop", TUTORIAL)
    assert outcome.agreed
    with pytest.raises(ConfigurationError, match="'v7' is no agent of the problem"):
        executor.run([Convener("v7")], "dpop", TUTORIAL)
    with pytest.raises(ConfigurationError, match="expected a DcopProblem"):
        executor.run([], "dpop", 3)


@pytest.mark.parametrize("bad", [{"roots": 0}, {"most_bytes": 0}, {"roots": 2.5}, {"beyond": "hope"}])
def test_options_out_of_range_are_refused(bad):
    with pytest.raises(ConfigurationError, match="dpop: "):
        DpopOptions(**bad)


@pytest.mark.parametrize("format", ["json", "msgpack"])
def test_all_that_is_said_travels_as_bytes_and_back(format):
    trace = Trace()
    solved(drawn(4, share=0.0), journal=trace)
    codec = Codec(format, Dpop.contents)
    contents = {type(one.content["content"]): one.content["content"] for one in trace.records if "content" in one.content}
    assert {kind.__name__ for kind in contents} >= {"Begin", "Greeting", "Visit", "Visited", "Verdict", "Utilities", "Chosen"}
    for content in contents.values():
        envelope = Envelope(Route("lab/1", "v0", "v1", "dpop"), Inform(content), 1)
        assert codec.decode(codec.encode(envelope)) == envelope


class Boss:
    """Plays the coordinator, whom the runtime would seat."""

    name, role = "boss", "coordinator"


def leaving(who: str) -> NegotiationOutcome:
    """The outcome of a search from which somebody goes while messages are on their way."""
    executor = NegotiationExecutor(clock="virtual", network=Network(latency=1.0))

    async def play() -> NegotiationOutcome:
        negotiation = executor.start([Boss()], NegotiationConfig("dpop"), ring(6))
        negotiation.lose(next(one for one in negotiation.agents if one.name == who), "agent-crashed", f"{who} has gone")
        return await negotiation

    return asyncio.run(play())


@pytest.mark.parametrize("who", ["v03", "boss"])
def test_a_party_or_coordinator_that_dies_ends_the_search(who):
    outcome = leaving(who)
    assert outcome.final_state == FAILED
    assert outcome.failure_reason == f"agent-crashed: {who} has gone"
    assert outcome.result.assignment is None


def test_a_large_join_is_made_off_the_loop_and_time_stands_still():
    names = [f"v{i:02}" for i in range(17)]
    pairs = [(one, other) for i, one in enumerate(names) for other in names[:i]]
    tables = [CostFunction(f"{one}-{other}", (one, other), [[5, i % 3], [i % 7, 5]]) for i, (one, other) in enumerate(pairs)]
    problem = DcopProblem([Variable(one, range(2)) for one in names], tables)
    outcome = solved(problem, options=DpopOptions(roots=1))
    assert outcome.result.largest_table == 2**17
    assert outcome.result.cost == dcop_optimum(problem).cost
    assert outcome.duration_ms == 0


def test_a_token_tells_of_ancestors_with_unvisited_neighbours_only():
    trace = Trace()
    chain = [CostFunction(f"f{i}", (f"v{i}", f"v{i + 1}"), [[3, 0], [1, 2]]) for i in range(9)]
    solved(DcopProblem([Variable(f"v{i}", range(2)) for i in range(10)], chain), journal=trace, options=DpopOptions(roots=1))
    paths = [one.content["content"].path for one in said(trace) if one.act == "request"]
    assert max(map(len, paths)) == 2  # the root, which has another side, and the parent


def test_a_tree_of_many_variables_is_solved_by_as_many_messages():
    tree = [CostFunction(f"f{i}", (f"v{i // 2}", f"v{i}"), [[3, 0], [1, 2]]) for i in range(1, 80)]
    problem = DcopProblem([Variable(f"v{i}", range(2)) for i in range(80)], tree)
    result = solved(problem, options=DpopOptions(roots=1)).result
    assert result.cost == dcop_optimum(problem).cost
    assert (result.width, result.messages) == (1, 79 * (2 + 2 + 1 + 2))  # greetings, token, verdict, UTIL and VALUE
