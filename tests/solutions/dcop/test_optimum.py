"""Exact optima by dynamic programming on pseudo-trees: against brute force and proved optima, and what is too wide."""

from __future__ import annotations

import itertools
import json
import math
import os
import pickle
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.dcop import CostFunction, DcopProblem, Variable
from negotiate_rt.scenarios.dcop_yaml import load_dcop
from negotiate_rt.solutions.dcop.cost_table import CostTable, join, project
from negotiate_rt.solutions.dcop.optimum import TooWide, check_width, dcop_optimum
from negotiate_rt.solutions.dcop.pseudo_tree import PseudoTree, best_pseudo_tree, neighbours, pseudo_tree

COLOURS = ("R", "G", "B")


@st.composite
def problems(draw: st.DrawFn) -> DcopProblem:
    """Up to seven variables of one to three values, functions of up to three of them, some of them hard; often a forest."""
    rng = random.Random(draw(st.integers(0, 2**32)))
    objective = draw(st.sampled_from(["min", "max"]))
    hard = math.inf if objective == "min" else -math.inf
    share = draw(st.sampled_from([0.0, 0.2, 0.6]))

    def cost() -> float:
        return hard if rng.random() < share else rng.randint(-9, 9)

    sizes = [rng.choice([1, 2, 2, 3, 3]) for _ in range(draw(st.integers(1, 7)))]
    variables = [
        Variable(f"v{i}", range(size), [cost() for _ in range(size)] if rng.random() < 0.4 else None, f"agent{i // 2}")
        for i, size in enumerate(sizes)
    ]
    functions = []
    for number in range(draw(st.integers(0, 9))):
        scope = rng.sample(range(len(sizes)), min(len(sizes), rng.choice([1, 2, 2, 2, 3])))
        shape = [sizes[i] for i in scope]
        table = np.reshape([cost() for _ in range(math.prod(shape))], shape)
        functions.append(CostFunction(f"f{number}", tuple(f"v{i}" for i in scope), table))
    return DcopProblem(variables, functions, objective)


def by_enumeration(problem: DcopProblem) -> float:
    best = min if problem.objective == "min" else max
    domains = [variable.domain for variable in problem.variables.values()]
    return best(
        problem.cost(dict(zip(problem.variables, values, strict=True))) for values in itertools.product(*domains)
    )


@settings(max_examples=10)
@given(problems())
def test_the_optimum_is_that_of_brute_force(problem):
    check_optimum(problem)


@pytest.mark.slow
@settings(max_examples=500)
@given(problems())
def test_the_optimum_is_that_of_brute_force_on_500_problems(problem):
    check_optimum(problem)


def check_optimum(problem: DcopProblem) -> None:
    known = by_enumeration(problem)
    for tree in (None, pseudo_tree(problem), pseudo_tree(problem, [list(problem.variables)[-1]])):
        solution = dcop_optimum(problem, tree=tree)
        assert solution.cost == known
        assert (solution.assignment is None) == math.isinf(known) == bool(solution.conflict)
        if solution.assignment is not None:
            assert problem.cost(solution.assignment) == known
            assert list(solution.assignment) == list(problem.variables)
        else:
            check_conflict(problem, solution.conflict)


def check_conflict(problem: DcopProblem, conflict: tuple[str, ...]) -> None:
    for spared in (None, *conflict):
        kept = set(conflict) - {spared}
        variables = [
            Variable(name, one.domain, problem.unary[name] if name in kept else None)
            for name, one in problem.variables.items()
        ]
        functions = [function for name, function in problem.functions.items() if name in kept]
        satisfiable = math.isfinite(by_enumeration(DcopProblem(variables, functions, problem.objective)))
        assert satisfiable == (spared is not None)


@settings(max_examples=10)
@given(problems())
def test_neighbours_are_never_on_different_branches_and_separators_hold_who_is_met(problem):
    graph = neighbours(problem)
    for tree in (best_pseudo_tree(problem), pseudo_tree(problem)):
        assert sorted(tree.order) == sorted(problem.variables)
        assert len(tree.roots) + len(tree.parent) == len(problem.variables)
        for one in tree.order:
            above = ancestors(tree, one)
            for other in graph[one]:
                assert other in above or one in ancestors(tree, other)
            met = {other for other in graph[one] if other in above}
            assert set(tree.pseudo_parents[one]) == met - {tree.parent.get(one)}
            lower = {other for child in tree.children[one] for other in tree.separator[child]} - {one}
            assert set(tree.separator[one]) == met | lower
            assert set(tree.separator[one]) <= set(above)


def ancestors(tree: PseudoTree, one: str) -> list[str]:
    found = []
    while one in tree.parent:
        one = tree.parent[one]
        found.append(one)
    return found


def test_the_published_colouring_is_solved():
    # pyDCOP's tutorial: three variables in a chain, the second would rather be G
    unary = [{"R": -0.1, "G": 0.1}, {"R": 0.1, "G": -0.1}, {"R": -0.1, "G": 0.1}]
    variables = [Variable(f"v{i}", ("R", "G"), cost) for i, cost in enumerate(unary, 1)]
    different = [CostFunction(f"c{i}", (f"v{i}", f"v{i + 1}"), [[10, 0], [0, 10]]) for i in (1, 2)]
    solution = dcop_optimum(DcopProblem(variables, different))
    assert solution.assignment == {"v1": "R", "v2": "G", "v3": "R"}
    assert solution.cost == pytest.approx(-0.3)
    assert (solution.width, solution.largest_table, solution.roots) == (1, 4, ("v2",))


def different(edges: list[tuple[str, str]], names: str, colours: tuple[str, ...] = COLOURS) -> DcopProblem:
    table = np.where(np.eye(len(colours)) == 1, math.inf, 0.0)
    return DcopProblem(
        [Variable(one, colours) for one in names], [CostFunction(a + b, (a, b), table) for a, b in edges]
    )


def test_a_conflict_names_just_the_constraints_that_clash():
    triangle = [("a", "b"), ("b", "c"), ("a", "c"), ("c", "d"), ("x", "y")]
    solution = dcop_optimum(different(triangle, "abcdxyz", ("R", "G")))
    assert solution.assignment is None
    assert solution.cost == math.inf
    assert solution.conflict == ("ab", "bc", "ac")
    assert dcop_optimum(different(triangle, "abcdxyz")).cost == 0


def test_a_large_conflict_is_told_unshrunk(monkeypatch):
    monkeypatch.setattr("negotiate_rt.solutions.dcop.conflict.MOST_WORK", 1)
    solution = dcop_optimum(different([("a", "b"), ("b", "c"), ("a", "c"), ("c", "d")], "abcd", ("R", "G")))
    assert solution.conflict == ("ab", "bc", "ac", "cd")


def test_a_forest_has_a_root_for_each_part_and_lonely_variables_take_their_best():
    problem = DcopProblem(
        [Variable("a", (0, 1)), Variable("b", (0, 1)), Variable("lonely", (0, 1, 2), [3, 1, 2])],
        [CostFunction("f", ("a", "b"), [[1, 2], [0, 4]])],
    )
    solution = dcop_optimum(problem)
    assert solution.assignment == {"a": 1, "b": 0, "lonely": 1}
    assert solution.roots == ("a", "lonely")
    assert dcop_optimum(DcopProblem([])).assignment == {}


def test_a_chain_has_width_one_however_long():
    names = [f"v{i}" for i in range(1_000)]
    functions = [CostFunction(a, (a, b), [[1, 0], [0, 1]]) for a, b in itertools.pairwise(names)]
    problem = DcopProblem([Variable(one, (0, 1)) for one in names], functions)
    tree = pseudo_tree(problem, [names[0]])
    assert (tree.width, tree.largest_table) == (1, 4)
    assert dcop_optimum(problem, tree=tree).cost == 0


def clique(count: int) -> DcopProblem:
    names = [f"v{i}" for i in range(count)]
    functions = [CostFunction(a + b, (a, b), [[1, 0], [0, 1]]) for a, b in itertools.combinations(names, 2)]
    return DcopProblem([Variable(one, (0, 1)) for one in names], functions)


def test_what_is_too_wide_is_refused_with_width_and_bytes_before_it_starts():
    problem = clique(34)
    tree = pseudo_tree(problem)
    with pytest.raises(TooWide, match=r"width 33 and needs up to [0-9,]+ bytes, 1,073,741,824 are allowed") as refusal:
        dcop_optimum(problem, tree=tree)
    assert refusal.value.width == 33
    assert refusal.value.needed > 2**34 * 8
    assert pickle.loads(pickle.dumps(refusal.value)).width == 33
    with pytest.raises(TooWide):
        dcop_optimum(problem, tree=tree, most_bytes=1 << 60)
    with pytest.raises(TooWide):
        dcop_optimum(clique(6), most_bytes=100)
    check_width(best_pseudo_tree(clique(6)))
    assert dcop_optimum(clique(6)).cost == 6


def test_single_valued_variables_cost_no_width():
    names = [f"v{i}" for i in range(40)]
    variables = [Variable(one, (0, 1) if i < 2 else (7,)) for i, one in enumerate(names)]
    functions = [CostFunction(f"f{i}", ("v0", one), [[2], [1]]) for i, one in enumerate(names[2:])]
    solution = dcop_optimum(DcopProblem(variables, functions))
    assert (solution.width, solution.cost) == (0, 38)


def test_roots_are_of_the_problem_and_one_for_each_part():
    problem = different([("a", "b"), ("c", "d")], "abcd")
    assert pseudo_tree(problem, ["d"]).roots == ("a", "d")
    with pytest.raises(ConfigurationError, match="'a' and 'b' are connected: one of them can be the root"):
        pseudo_tree(problem, ["a", "b"])
    with pytest.raises(ConfigurationError, match="no variable 'e' to be a root"):
        pseudo_tree(problem, ["e"])


def test_several_roots_give_a_tree_no_larger_than_one():
    rng = random.Random(4)
    names = [f"v{i}" for i in range(14)]
    edges = [pair for pair in itertools.combinations(names, 2) if rng.random() < 0.25]
    problem = DcopProblem(
        [Variable(one, COLOURS) for one in names], [CostFunction(a + b, (a, b), np.eye(3)) for a, b in edges]
    )
    sizes = [best_pseudo_tree(problem, tries).most_bytes for tries in (1, 14)]
    assert sizes[1] <= sizes[0]


def test_join_sums_over_the_union_and_projection_keeps_the_best():
    first = CostTable(("a", "b"), np.array([[1.0, 2.0], [3.0, math.inf]]))
    second = CostTable(("c", "a"), np.array([[10.0, 20.0], [0.0, 0.0], [5.0, 5.0]]))
    joined = join([first, second], ("b", "a", "c"), {"a": 2, "b": 2, "c": 3})
    assert joined.costs.shape == (2, 2, 3)
    assert joined.costs[0, 1, 0] == 23
    assert joined.costs[1, 1].tolist() == [math.inf] * 3
    message, choices = project(joined, "a", "min")
    assert message.variables == ("b", "c")
    assert message.costs.tolist() == [[11, 1, 6], [12, 2, 7]]
    assert choices.tolist() == [[0, 0, 0], [0, 0, 0]]
    assert project(first, "b", "max")[0].costs.tolist() == [2, math.inf]


def test_wide_domains_are_projected_alike():
    costs = np.random.default_rng(3).integers(0, 9, (40, 6)).astype(float)
    for objective, best in (("min", np.argmin), ("max", np.argmax)):
        message, choices = project(CostTable(("a", "b"), costs), "a", objective)
        assert choices.tolist() == best(costs, 0).tolist()
        narrow, chosen = project(CostTable(("a", "b"), costs[:9]), "a", objective)
        assert chosen.tolist() == best(costs[:9], 0).tolist()
        assert (message.costs[0], narrow.costs[0]) == (costs[choices[0], 0], costs[chosen[0], 0])


def test_published_instances_reach_their_proved_optima():
    pytest.importorskip("yaml", reason="DCOP files need PyYAML, of the extra dcop")
    named = os.environ.get("NEGOTIATE_RT_DATA")
    data = Path(named) if named else Path(__file__).resolve().parents[4] / "shared" / "data"
    folder = next((one for one in (data / "dcop", data) if (one / "OPTIMA.json").is_file()), None)
    if folder is None:
        pytest.skip(f"no DCOP instances in {data}: let NEGOTIATE_RT_DATA name the folder that holds them")
    for name, known in json.loads((folder / "OPTIMA.json").read_text()).items():
        problem = load_dcop(folder / name)
        solution = dcop_optimum(problem)
        assert solution.cost == pytest.approx(known["optimum"], abs=1e-9), name
        assert problem.cost(solution.assignment) == solution.cost
