"""Payments of combinatorial auctions: the published examples, and properties against brute force over coalitions."""

from __future__ import annotations

import itertools
import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.combinatorial import BundleAuction, BundleBid, BundleBids
from negotiate_rt.solutions import nearest, payments
from negotiate_rt.solutions.payments import (
    blocking_coalition,
    core_payments,
    first_price_payments,
    payments_by,
    vcg_payments,
)
from negotiate_rt.solutions.winners import Deadline, solve


def bids(*said):
    return [BundleBid(name, frozenset(items), value) for name, items, value in said]


AUSUBEL_MILGROM = bids(("1", "AB", 2), ("2", "A", 2), ("3", "B", 2))  # "The lovely but lonely Vickrey auction", 2006
DAY_CRAMTON = bids(("1", "A", 28), ("2", "B", 20), ("3", "AB", 32), ("4", "A", 14), ("5", "B", 12))  # 2012


def test_vcg_revenue_can_be_zero_and_outside_the_core():
    found = solve(AUSUBEL_MILGROM)
    paid = vcg_payments(AUSUBEL_MILGROM, found)
    assert found.allocation == {"2": {"A"}, "3": {"B"}}
    assert paid.payments == {"2": 0, "3": 0}
    assert paid.revenue == 0
    block = blocking_coalition(AUSUBEL_MILGROM, found, paid.payments)
    assert (block.bidders, block.value, block.gain) == (("1",), 2, 2)
    assert block.winners == (AUSUBEL_MILGROM[0],)


def test_vcg_revenue_falls_when_a_bidder_joins():
    fewer = AUSUBEL_MILGROM[:2]
    found = solve(fewer)
    assert vcg_payments(fewer, found).revenue == 2
    assert vcg_payments(AUSUBEL_MILGROM, solve(AUSUBEL_MILGROM)).revenue == 0


def test_core_payments_of_ausubel_and_milgroms_example_share_evenly():
    paid = core_payments(AUSUBEL_MILGROM, solve(AUSUBEL_MILGROM))
    assert paid.payments == {"2": 1, "3": 1}
    assert paid.vcg == {"2": 0, "3": 0}
    assert [one.bidders for one in paid.coalitions] == [("1",)]


def test_day_and_cramtons_example():
    found = solve(DAY_CRAMTON)
    assert found.allocation == {"1": {"A"}, "2": {"B"}}
    assert first_price_payments(found).payments == {"1": 28, "2": 20}
    assert vcg_payments(DAY_CRAMTON, found).payments == {"1": 14, "2": 12}
    paid = core_payments(DAY_CRAMTON, found)
    assert paid.payments == {"1": 17, "2": 15}
    assert paid.proven
    assert blocking_coalition(DAY_CRAMTON, found, paid.payments) is None


def test_two_chairs():
    said = bids(("Alice", "l", 5), ("Alice", "r", 5), ("Alice", "lr", 7), ("Bob", "l", 4), ("Bob", "r", 4))
    found = solve(said)
    assert {name: len(items) for name, items in found.allocation.items()} == {"Alice": 1, "Bob": 1}
    assert vcg_payments(said, found).payments == {"Alice": 0, "Bob": 2}


def test_one_good_under_vcg_is_a_vickrey_auction():
    said = bids(("a", "x", 10), ("b", "x", 8), ("c", "x", 5))
    assert vcg_payments(said, solve(said)).payments == {"a": 8}
    assert core_payments(said, solve(said)).payments == {"a": 8}


def test_false_names_pay_under_vcg():
    honest = bids(("1", "AB", 10), ("2", "AB", 8))
    assert "2" not in solve(honest).allocation
    split = bids(("1", "AB", 10), ("2a", "A", 10), ("2b", "B", 10))
    assert vcg_payments(split, solve(split)).payments == {"2a": 0, "2b": 0}


def test_nobody_wins_and_nobody_pays():
    for rule in payments.PAYMENTS:
        assert payments_by(rule, [], solve([])).payments == {}


def test_an_or_winner_gives_its_surplus_up_once():
    said = [
        BundleBids(tuple(bids(("a", "x", 10), ("a", "y", 10))), "or"),
        BundleBids(tuple(bids(("b", "xyz", 12)))),
        BundleBids(tuple(bids(("c", "z", 5)))),
    ]
    found = solve(said)
    paid = core_payments(said, found)
    assert paid.revenue == 12
    assert paid.payments["a"] + paid.payments["c"] == 12
    assert paid.payments == {"a": 9.5, "c": 2.5}  # from VCG's 7 and 0, half of the 5 that are missing each


def test_an_or_winner_with_too_many_combinations_is_told():
    said = [BundleBids(tuple(BundleBid("a", {n}, 1) for n in range(13)), "or")]
    with pytest.raises(ConfigurationError, match="the OR bids of winner 'a' combine to more than 4096 bundles"):
        core_payments(said, solve(said))
    assert vcg_payments(said, solve(said)).revenue == 0


def test_an_unknown_rule_is_told():
    with pytest.raises(ConfigurationError, match="did you mean 'core'"):
        payments_by("cores", [], solve([]))


# ------------------------------------------------------------------------------------------------------------ properties
def random_bids(seed: int) -> BundleAuction:
    rng = random.Random(seed)
    said = {}
    for name in range(rng.randint(2, 6)):
        for _ in range(rng.randint(1, 3)):
            items = frozenset(rng.sample("ABCD", rng.randint(1, 3)))
            said[name, items] = BundleBid(f"b{name}", items, float(rng.randint(0, 20)))
    return BundleAuction(said.values())


def worth(auction: BundleAuction, names: tuple[str, ...]) -> float:
    return solve(auction.among(names), engine="exact").value


def blocked_by_hand(auction: BundleAuction, found, paid) -> float:
    """The largest gain of any coalition: what it is worth, less its winners' surplus, less what the seller is paid."""
    surplus = {name: found.won_by(name) - paid.get(name, 0) for name in auction.bidders}
    revenue = sum(paid.values())
    gains = [
        worth(auction, group) - sum(surplus[name] for name in group) - revenue
        for size in range(len(auction.bidders) + 1)
        for group in itertools.combinations(auction.bidders, size)
    ]
    return max(gains)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_core_payments_are_blocked_by_nobody_and_cannot_be_less(seed):
    auction = random_bids(seed)
    found = solve(auction)
    vickrey, paid = vcg_payments(auction, found), core_payments(auction, found)
    for name in found.allocation:
        instead = worth(auction, tuple(one for one in auction.bidders if one != name))
        assert vickrey.payments[name] == pytest.approx(instead - found.value + found.won_by(name), abs=1e-9)
        assert -1e-9 <= vickrey.payments[name] - 1e-9 <= paid.payments[name] <= found.won_by(name)
    assert blocked_by_hand(auction, found, dict(paid.payments)) <= 1e-6
    for name, price in paid.payments.items():  # nothing of it can be given back to one winner
        if price > vickrey.payments[name] + 1e-6:
            assert blocked_by_hand(auction, found, {**paid.payments, name: price - 1e-3}) > 0
    gain = blocked_by_hand(auction, found, dict(vickrey.payments))
    block = blocking_coalition(auction, found, vickrey.payments)
    assert (block is None) == (gain <= 1e-9 * max(found.value, 1))
    assert block is None or block.gain == pytest.approx(gain)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_no_single_bid_of_more_or_less_pays_under_vcg(seed):
    auction = random_bids(seed)
    rng = random.Random(seed)
    place = rng.randrange(len(auction.bids))
    liar = auction.bids[place].bidder
    told = {n: bid.value for n, bid in enumerate(auction.bids)}

    def profit(said: BundleAuction) -> float:
        found = solve(said, engine="exact")
        own = [bid for bid in found.winners if bid.bidder == liar]
        true = sum(bid.value for bid in auction.bids if bid.bidder == liar and own and bid.items == own[0].items)
        return true - vcg_payments(said, found, engine="exact").payments.get(liar, 0.0)

    lie = auction.revalued({**told, place: float(rng.randint(0, 30))})
    assert profit(lie) <= profit(auction) + 1e-9


def test_payments_without_time_lie_between_nothing_and_the_bid():
    rng = random.Random(2)
    said = bids(*((f"b{n}", map(str, rng.sample(range(30), 4)), 4 + rng.random()) for n in range(150)))
    late = Deadline(0.0, lambda: 0.0)
    found = solve(said, late)
    for rule in ("vcg", "core"):
        paid = payments_by(rule, said, found, late)
        assert not paid.proven
        assert all(0 <= paid.payments[name] <= found.won_by(name) for name in found.allocation)


# --------------------------------------------------------------------------------------------------------- nearest point
@given(seed=st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_nearest_point_is_no_further_than_any_other(seed):
    draw = np.random.default_rng(seed)
    matrix = draw.integers(-2, 3, (5, 3)).astype(float)
    inside = draw.normal(size=3) * 3
    right = matrix @ inside - draw.random(5)
    found = nearest.nearest_to_origin(matrix, right)
    assert (matrix @ found >= right - 1e-8).all()
    for _ in range(50):
        other = inside + draw.random() * (found - inside) + draw.normal(size=3) * 0.1
        if (matrix @ other >= right).all():
            assert np.linalg.norm(found) <= np.linalg.norm(other) + 1e-8


def test_a_polyhedron_without_points_has_no_nearest():
    assert nearest.nearest_to_origin(np.array([[1.0], [-1.0]]), np.array([1.0, 1.0])) is None
    assert nearest.least_sum(np.array([[1.0]]), np.array([2.0]), np.array([1.0])) is None


def test_projection_is_exact_in_fractions():
    third = nearest.exact_projection([0.0, 0.0, 0.0], [[1, 1, 1], [2, 2, 2]], [1, 2])
    assert third == [1 / 3] * 3
    assert nearest.exact_projection([0.0], [[1], [1]], [1, 2]) is None
    assert nearest.exact_projection([5.0], [], []) == [5.0]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_nearest_payments_agree_with_a_quadratic_solver(seed):
    highspy = pytest.importorskip("highspy", reason="needs highspy: pip install 'negotiate-rt[solvers]'")
    rng = random.Random(seed)
    said = bids(*((f"b{n}", rng.sample("ABCDEFGH", rng.randint(1, 4)), float(rng.randint(1, 40))) for n in range(25)))
    found = solve(said)
    paid = core_payments(said, found)
    names = list(found.allocation)
    count = len(names)
    rows = [[float(name not in one.bidders) for name in names] for one in paid.coalitions]
    right = [one.value - sum(found.won_by(name) for name in names if name in one.bidders) for one in paid.coalitions]
    least = np.array([paid.vcg[name] for name in names])
    most = np.array([found.won_by(name) for name in names])
    lowest = paid.revenue
    rows.append([1.0] * count)
    upper = [math.inf] * len(right) + [lowest + 1e-7]
    right.append(-math.inf)
    flat = np.array([one for row in rows for one in row])
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.passModel(
        count, len(rows), len(flat), count, int(highspy.MatrixFormat.kRowwise), 1, 1, 0.0, -least, least, most,
        np.array(right), np.array(upper), np.arange(len(rows), dtype=np.int32) * count,
        np.tile(np.arange(count, dtype=np.int32), len(rows)), flat, np.arange(count, dtype=np.int32),
        np.arange(count, dtype=np.int32), np.ones(count), np.zeros(count, dtype=np.int32),
    )  # fmt: skip
    solver.run()
    oracle = solver.getSolution().col_value
    assert [paid.payments[name] for name in names] == pytest.approx(list(oracle), abs=1e-3)
