"""Random DCOP problems: their shapes, and the same from the same seed."""

from __future__ import annotations

import math
import random

import pytest

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.scenarios.dcop_drawing import draw_colouring, draw_ising
from negotiate_rt.solutions.dcop.optimum import dcop_optimum
from negotiate_rt.solutions.dcop.pseudo_tree import components, neighbours


@pytest.mark.parametrize(("graph", "edges"), [("random", 30), ("tree", 19), ("grid", 31), ("scale-free", 37)])
def test_a_graph_has_its_number_of_edges(graph, edges):
    problem = draw_colouring(20, random.Random(1), graph=graph, degree=3)
    pairs = {frozenset(function.variables) for function in problem.functions.values()}
    assert len(pairs) == len(problem.functions) == edges
    assert all(len(pair) == 2 for pair in pairs)
    assert graph == "random" or len(components(neighbours(problem))) == 1
    assert list(problem.variables)[:2] == ["v00", "v01"]


def test_the_same_seed_draws_the_same_problem():
    one, same, other = (draw_colouring(12, random.Random(seed)) for seed in (5, 5, 6))
    assert list(one.functions) == list(same.functions)
    assert all((one.tables[name] == same.tables[name]).all() for name in one.tables)
    assert list(one.functions) != list(other.functions)


def test_hard_colourings_forbid_equal_neighbours():
    problem = draw_colouring(12, random.Random(2), graph="tree", soft=False)
    solution = dcop_optimum(problem)
    assert 0 < solution.cost < 12
    assert problem.cost(dict.fromkeys(problem.variables, "R")) == math.inf


def test_an_ising_torus_has_two_pairs_a_cell_and_an_optimum_below_zero():
    problem = draw_ising(4, 3, random.Random(3))
    assert (len(problem.variables), len(problem.functions)) == (12, 24)
    assert all(len(near) == 4 for near in problem.neighbours().values())
    assert dcop_optimum(problem).cost < 0


def test_a_dense_random_graph_has_every_edge():
    assert len(draw_colouring(6, random.Random(1), degree=50).functions) == 15
    assert not draw_colouring(1, random.Random(1)).functions


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda rng: draw_colouring(0, rng), "at least 1 variable, got 0"),
        (lambda rng: draw_colouring(5, rng, colours=1), "colours must be from 2 to 10, got 1"),
        (lambda rng: draw_colouring(5, rng, degree=-1), "degree must be finite and at least 0"),
        (lambda rng: draw_colouring(5, rng, graph="ring"), "graph must be one of random, tree, grid, scale-free"),
        (lambda rng: draw_ising(2, 5, rng), "at least 3 rows and 3 columns, got 2 x 5"),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw, words):
    with pytest.raises(ConfigurationError, match=words):
        draw(random.Random(1))
