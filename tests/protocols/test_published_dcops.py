"""The algorithms between actors on pyDCOP's tutorial and on six published instances, beside their proved optima."""

from __future__ import annotations

import pytest

from negotiate_rt.protocols.max_sum import MaxSumOptions
from negotiate_rt.scenarios.dcop_files import load_dcop
from negotiate_rt.solutions.dcop.local_optima import is_one_optimal, is_two_optimal
from tests.protocols.dcops import INSTANCES, dcop_path, proved_optimum, solved
from tests.protocols.test_dpop import TUTORIAL

EVERY = ("dpop", "sync-bb", "max-sum", "mgm", "mgm-2", "dsa", "cocoa")


@pytest.mark.parametrize("name", ["dpop", "sync-bb", "max-sum", "mgm-2", "cocoa"])
def test_the_tutorial_is_solved_by_all_that_look_beyond_one_variable(name):
    """REFCASES 37: -0.1 with R, G, R; MGM and DSA may stay with G, R, G, which no variable alone can leave."""
    result = solved(TUTORIAL, name, seed=1).result
    assert result.cost == pytest.approx(-0.1)
    assert result.assignment == {"v1": "R", "v2": "G", "v3": "R"}


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", [name for name in EVERY if name not in ("dpop", "sync-bb")])
@pytest.mark.parametrize("name", INSTANCES)
def test_no_algorithm_is_better_than_the_proved_optimum(name, algorithm):
    """REFCASES 38."""
    problem = load_dcop(dcop_path() / f"{name}.yaml")
    result = solved(problem, algorithm, seed=1, max_rounds=200).result
    sign = 1 if problem.objective == "min" else -1
    assert sign * result.cost >= sign * proved_optimum(name) - 1e-9
    if algorithm in ("mgm", "mgm-2") and result.cycles < 200:
        assert is_one_optimal(problem, result.assignment)
        assert algorithm == "mgm" or is_two_optimal(problem, result.assignment)


@pytest.mark.slow
@pytest.mark.parametrize("damping", [0.0, 0.5])
def test_max_sum_finds_the_proved_optimum_of_a_tree_of_a_hundred(damping):
    """REFCASES 38: the instance without cycles."""
    name = "gc_tree_100_soft"
    result = solved(
        load_dcop(dcop_path() / f"{name}.yaml"), "max-sum", max_rounds=300, options=MaxSumOptions(damping=damping)
    ).result
    assert result.cost == result.final_cost == proved_optimum(name)


@pytest.mark.slow
def test_branch_and_bound_proves_the_optimum_of_the_smallest():
    """REFCASES 38."""
    result = solved(load_dcop(dcop_path() / "gc_random_10_soft.yaml"), "sync-bb").result
    assert (result.cost, result.proven) == (proved_optimum("gc_random_10_soft"), True)
