"""HiGHS against CP-SAT, and our own search against both, on instances of all distributions."""

from __future__ import annotations

import math

import pytest

from negotiate_rt.problems.combinatorial import BundleAuction
from negotiate_rt.scenarios.cats_drawing import DISTRIBUTIONS, draw_cats
from negotiate_rt.solutions.winners import solve
from negotiate_rt.solutions.winners.engines import installed

pytestmark = pytest.mark.skipif(
    not (installed("highs") and installed("cp-sat")),
    reason="needs both engines: pip install 'negotiate-rt[solvers,ortools]'",
)
NAMES = list(DISTRIBUTIONS)
FEW = [(NAMES[n % len(NAMES)], 12, 25 + n % 7, n) for n in range(40)]
MANY = [(NAMES[n % len(NAMES)], 20 + 4 * (n % 5), 60 + n % 60, n) for n in range(500)]


def oracle(auction: BundleAuction) -> float:
    """The optimum by CP-SAT on all bids as they are: nothing of ours is between."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    taken = [model.new_bool_var("") for _ in auction.bids]
    rivals: dict[object, list] = {}
    for variable, bid, own in zip(taken, auction.bids, auction.exclusions, strict=True):
        for one in (*bid.items, *own):
            rivals.setdefault(one, []).append(variable)
    for some in rivals.values():
        model.add_at_most_one(some)
    model.maximize(cp_model.LinearExpr.weighted_sum(taken, [round(bid.value * 2**30) for bid in auction.bids]))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    assert solver.solve(model) == cp_model.OPTIMAL
    won = [bid.value for bid, variable in zip(auction.bids, taken, strict=True) if solver.boolean_value(variable)]
    return math.fsum(won)


def agree(distribution: str, goods: int, bids: int, seed: int) -> None:
    auction = draw_cats(distribution, goods, bids, seed)
    best = oracle(auction)
    for engine in ("highs", "cp-sat"):
        found = solve(auction, engine=engine)
        assert found.proven
        assert found.bound == found.value == pytest.approx(best, rel=1e-8)
        taken = [good for items in found.allocation.values() for good in items]
        assert len(taken) == len(set(taken))


@pytest.mark.parametrize("case", FEW, ids=lambda case: f"{case[0]}-{case[3]}")
def test_highs_and_cp_sat_agree(case):
    agree(*case)
    auction = draw_cats(*case)
    assert solve(auction, engine="exact").value == pytest.approx(solve(auction, engine="highs").value, rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("case", MANY, ids=lambda case: f"{case[0]}-{case[3]}")
def test_highs_and_cp_sat_agree_on_many(case):
    agree(*case)
