"""Synchronous branch and bound between actors: exact, along rows, telling better assignments as it meets them."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from negotiate_rt.journal.record import Trace
from negotiate_rt.messages.config import NegotiationType, protocol_name
from negotiate_rt.messages.outcome import AGREED, FAILED, TIMEOUT
from negotiate_rt.problems.dcop import CostFunction, DcopProblem, Variable
from negotiate_rt.runtime.network import Network
from negotiate_rt.solutions.dcop.chain import chains
from tests.protocols.dcops import by_enumeration, drawn, ring, said, solved
from tests.protocols.test_local_search import NETWORKS


def check_exact(seed: int, **config: object) -> None:
    problem = drawn(seed)
    outcome = solved(problem, "sync-bb", timeout=6000, **config)
    best = by_enumeration(problem)
    result = outcome.result
    assert not outcome.faults
    if best == problem.hard:
        assert outcome.final_state == FAILED
        assert outcome.failure_reason.startswith("infeasible: these hard constraints cannot be kept together: ")
        return
    assert outcome.final_state == AGREED
    assert result.cost == result.final_cost == pytest.approx(best)
    assert result.proven
    told = [
        point.cost if problem.objective == "min" else -point.cost for point in result.curve if point.cost is not None
    ]
    assert told == sorted(told, reverse=True)


@pytest.mark.parametrize("seed", range(40))
def test_branch_and_bound_finds_what_brute_force_finds(seed):
    check_exact(seed)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(10))
def test_branch_and_bound_is_exact_on_many_more(block):
    for seed in range(200 + 30 * block, 230 + 30 * block):
        check_exact(seed, network=NETWORKS["late and reordered"] if seed % 2 else None)


def test_variables_talk_along_their_row_only():
    problem = drawn(11, share=0.0)
    trace = Trace()
    solved(problem, "sync-bb", journal=trace)
    beside = {pair for row in chains(problem) for one in pairwise(row) for pair in (one, one[::-1])}
    assert said(trace)
    assert {(one.sender, one.receiver) for one in said(trace)} <= beside


def test_rows_hold_every_variable_once_and_one_part_of_the_graph_each():
    problem = drawn(17)
    rows = chains(problem)
    assert sorted(name for row in rows for name in row) == sorted(problem.variables)


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_it_is_the_same_whatever_the_network_does(network):
    problem = drawn(8, share=0.0)
    outcome = solved(problem, "sync-bb", network=network, timeout=6000)
    perfect = solved(problem, "sync-bb")
    assert outcome.final_state == AGREED
    assert outcome.result.assignment == perfect.result.assignment
    assert outcome.result.messages == perfect.result.messages
    assert [point.cost for point in outcome.result.curve] == [point.cost for point in perfect.result.curve]


def test_out_of_time_it_leaves_the_best_so_far_unproven():
    outcome = solved(ring(9, weight=-1.0), "sync-bb", network=Network(latency=1.0), timeout=20)
    assert outcome.final_state == TIMEOUT
    assert not outcome.result.proven
    assert outcome.result.assignment is not None
    assert outcome.result.cost == min(point.cost for point in outcome.result.curve if point.cost is not None)


def test_a_bound_of_what_is_behind_cuts_branches_off():
    """The first whole assignment met is the best there can be: nothing else is tried."""
    result = solved(ring(9), "sync-bb").result
    assert result.cost == 0
    assert result.messages < 9 * 6


def test_constraints_that_contradict_each_other_are_named():
    differ = [[math.inf if a == b else 0.0 for b in range(2)] for a in range(2)]
    edges = [("a", "b"), ("b", "c"), ("a", "c"), ("c", "d")]
    problem = DcopProblem(
        [Variable(one, range(2)) for one in "abcd"], [CostFunction("".join(e), e, differ) for e in edges]
    )
    outcome = solved(problem, "sync-bb")
    assert outcome.failure_reason == "infeasible: these hard constraints cannot be kept together: ab, bc, ac"
    assert outcome.result.assignment is None
    alone = DcopProblem([Variable("x", (0, 1), [math.inf, math.inf])])
    assert solved(alone, "sync-bb").failure_reason == "infeasible: these hard constraints cannot be kept together: x"


def test_names_of_branch_and_bound():
    assert [protocol_name(one) for one in ("SYNC_BB", "SyncBB", "sync-bb")] == ["sync-bb"] * 3
    assert NegotiationType.SYNC_BB == "sync-bb"
