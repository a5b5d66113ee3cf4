"""VCG over listed allocations: the same as winner determination with VCG payments, and the books' numbers."""

from __future__ import annotations

import itertools
import random

import pytest

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.combinatorial import BundleBid
from negotiate_rt.solutions.auction_mechanisms import k_unit
from negotiate_rt.solutions.audit import audit
from negotiate_rt.solutions.clarke import clarke, vcg_combinatorial, wants
from negotiate_rt.solutions.mechanisms import TypeSpace
from negotiate_rt.solutions.payments import vcg_payments
from negotiate_rt.solutions.winners import solve

GOODS = ("a", "b", "c")
BUNDLES = [frozenset(one) for size in (1, 2, 3) for one in itertools.combinations(GOODS, size)]


@pytest.mark.parametrize("seed", range(12))
def test_the_direct_mechanism_agrees_with_winner_determination_and_its_vcg_payments(seed: int) -> None:
    rng = random.Random(seed)
    types = [wants({bundle: rng.randint(1, 1000) + rng.random() for bundle in rng.sample(BUNDLES, 3)}) for _ in range(3)]
    ((_, found),) = vcg_combinatorial(GOODS, TypeSpace(types), 3).lottery(types)
    bids = [BundleBid(str(place), bundle, worth) for place, own in enumerate(types) for bundle, worth in own]
    solved = solve(bids)
    paid = vcg_payments(bids, solved).payments
    assert sum(max((w for b, w in own if b <= found.allocation[i]), default=0) for i, own in enumerate(types)) == (
        pytest.approx(solved.value)
    )
    assert found.payments == pytest.approx([paid.get(str(place), 0.0) for place in range(3)])


def test_krishnas_six_units_cost_what_the_book_says() -> None:  # reference case 15
    bids = ((50, 47, 40, 32, 15, 5), (42, 28, 20, 12, 7, 3), (45, 35, 24, 14, 9, 6))
    for rule, paid in (("discriminatory", (137, 42, 80)), ("uniform-price", (96, 32, 64)), ("vickrey", (72, 32, 60))):
        ((_, found),) = k_unit(rule, TypeSpace(bids), 3, units=6).lottery(bids)
        assert found.allocation == (3, 1, 2)
        assert found.payments == paid


def test_two_chairs_cost_alice_nothing_and_bob_two() -> None:  # reference case 19
    bids = ((5, 2), (4,))
    ((_, found),) = k_unit("vickrey", TypeSpace(bids), 2, units=2).lottery(bids)
    assert (found.allocation, found.payments) == ((1, 1), (0, 2))


def test_a_public_project_is_built_if_it_is_worth_its_cost_and_the_pivotal_pay() -> None:
    # Cost 6 shared by three; each values the project at 0, 2 or 5 and bears 2 of the cost.
    project = clarke("bridge", (False, True), lambda agent, own, built: (own - 2.0) * built, TypeSpace((0, 2, 5)), 3)
    ((_, found),) = project.lottery((5, 2, 0))
    assert (found.allocation, found.payments) == (True, (2, 0, 0))  # without the first, the others lose 2 by building
    report = audit(project)
    assert report["dominant-strategy"].verdict == "holds"
    assert report["efficient"].verdict == "holds"
    assert report["no-deficit"].verdict == "holds"
    assert report["balanced"].verdict == "fails"
    assert report["individually-rational"].verdict == "fails"  # who values it at 0 bears 2 of it


def test_mistakes_are_told() -> None:
    with pytest.raises(ConfigurationError, match="1 to 100,000 allocations"):
        clarke("none", (), lambda agent, own, one: 0.0, TypeSpace((1,)), 2)
    with pytest.raises(ConfigurationError, match="wants must be finite"):
        wants({"A": float("nan")})
