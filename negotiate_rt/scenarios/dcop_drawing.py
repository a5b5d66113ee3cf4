"""Random problems of distributed constraint optimisation, drawn from a seeded stream: graph colouring and Ising grids.

The shapes are those that the literature compares algorithms on (pyDCOP's generators among others): graphs by density, trees,
grids, and scale-free graphs by preferential attachment (Barabási and Albert 1999).
"""

from __future__ import annotations

import itertools
import math
import random
from typing import Literal, get_args

import numpy as np

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.dcop import CostFunction, DcopProblem, Variable

GraphKind = Literal["random", "tree", "grid", "scale-free"]
COLOURS = ("R", "G", "B", "Y", "O", "P", "C", "M", "L", "W")


def draw_colouring(
    variables: int,
    rng: random.Random,
    *,
    graph: GraphKind = "random",
    colours: int = 3,
    degree: float = 3.0,
    soft: bool = True,
) -> DcopProblem:
    """Return a graph colouring: `soft`, each pair of colours of an edge costs a whole number from 0 to 9; else equal colours are
    forbidden and each variable has small preferences, uniform between 0 and 1.

    `degree`: the mean number of neighbours of a random graph; a scale-free graph attaches each variable to half as many (at
    least one), trees and grids (as square as can be) take none. A random graph may fall into several parts.
    """
    if not 2 <= colours <= len(COLOURS):
        raise ConfigurationError(f"colours must be from 2 to {len(COLOURS)}, got {colours}")
    names = [f"v{i:0{len(str(max(variables - 1, 0)))}d}" for i in range(variables)]
    palette = COLOURS[:colours]
    functions = []
    for one, other in _edges(variables, rng, graph, degree):
        if soft:
            table = np.array([[rng.randint(0, 9) for _ in palette] for _ in palette], dtype=float)
        else:
            table = np.where(np.eye(colours) == 1, math.inf, 0.0)
        functions.append(CostFunction(f"{names[one]}-{names[other]}", (names[one], names[other]), table))
    own = [Variable(name, palette, None if soft else [rng.random() for _ in palette]) for name in names]
    return DcopProblem(own, functions, name=f"{graph} colouring of {variables}")


def draw_ising(
    rows: int, columns: int, rng: random.Random, *, coupling: float = 1.6, field: float = 0.05
) -> DcopProblem:
    """Return an Ising model on a torus: each cell is 0 or 1; a pair of neighbours costs k where they agree and -k where they
    differ, k uniform in [-coupling, coupling], and a cell costs r for 0 and -r for 1, r uniform in [-field, field].

    Source: Vinyals, Rodriguez-Aguilar and Cerquides, "Constructing a unifying theory of dynamic programming DCOP algorithms via
    the generalized distributive law", 2011. Rows and columns must be at least 3, so that no two cells are neighbours twice.
    """
    if min(rows, columns) < 3:
        raise ConfigurationError(f"an Ising torus needs at least 3 rows and 3 columns, got {rows} x {columns}")
    cells = list(itertools.product(range(rows), range(columns)))
    own = []
    functions = []
    for row, column in cells:
        strength = rng.uniform(-field, field)
        own.append(Variable(f"v{row}_{column}", (0, 1), [strength, -strength]))
        for below in ((row, (column + 1) % columns), ((row + 1) % rows, column)):
            pull = rng.uniform(-coupling, coupling)
            pair = (f"v{row}_{column}", f"v{below[0]}_{below[1]}")
            functions.append(CostFunction("-".join(pair), pair, [[pull, -pull], [-pull, pull]]))
    return DcopProblem(own, functions, name=f"Ising {rows} x {columns}")


def _edges(count: int, rng: random.Random, graph: str, degree: float) -> list[tuple[int, int]]:
    if count < 1:
        raise ConfigurationError(f"a graph needs at least 1 variable, got {count}")
    if not 0 <= degree < math.inf:
        raise ConfigurationError(f"degree must be finite and at least 0, got {degree}")
    if graph == "random":
        return _random_edges(count, min(round(count * degree / 2), count * (count - 1) // 2), rng)
    if graph == "tree":
        return [(rng.randrange(one), one) for one in range(1, count)]
    if graph == "grid":
        width = math.isqrt(count - 1) + 1
        right = [(one, one + 1) for one in range(count - 1) if (one + 1) % width]
        return sorted(right + [(one, one + width) for one in range(count - width)])
    if graph == "scale-free":
        return _attached(count, max(1, round(degree / 2)), rng)
    raise ConfigurationError(f"graph must be one of {', '.join(get_args(GraphKind))}, got {graph!r}")


def _random_edges(count: int, edges: int, rng: random.Random) -> list[tuple[int, int]]:
    """Draw distinct pairs, numbered row by row, so that no list of all pairs is made."""
    found = []
    for number in sorted(rng.sample(range(count * (count - 1) // 2), edges)):
        other = (1 + math.isqrt(1 + 8 * number)) // 2  # number = other * (other - 1) / 2 + one
        found.append((number - other * (other - 1) // 2, other))
    return found


def _attached(count: int, each: int, rng: random.Random) -> list[tuple[int, int]]:
    """Attach each variable to `each` earlier ones, drawn in proportion to their neighbours."""
    edges: list[tuple[int, int]] = []
    ends: list[int] = [0]  # every variable as often as it has neighbours
    for one in range(1, count):
        met: set[int] = set()
        while len(met) < min(each, one):
            met.add(ends[rng.randrange(len(ends))] if one > each else len(met))  # the first few know one another
        for other in sorted(met):
            edges.append((other, one))
            ends += (other, one)
    return edges
