"""False names and collusion: what dominant strategies do not guard against."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.solutions.auction_mechanisms import first_price, k_unit, vickrey
from negotiate_rt.solutions.choice_mechanisms import voting
from negotiate_rt.solutions.clarke import bundle_value, merged_bundles, vcg_combinatorial, wants
from negotiate_rt.solutions.mechanisms import TypeSpace
from negotiate_rt.solutions.probes import collusion, false_names, merged_units, merged_winner

SMALL = TypeSpace(range(4))
FEW = TypeSpace([wants({("A", "B"): 2}), wants({"A": 2}), wants({"B": 2}), wants({"A": 0})])


def test_a_false_name_attack_on_vcg_is_found_and_shown() -> None:
    found = false_names(lambda n: vcg_combinatorial(types=FEW, agents=n), 2, merged_bundles)
    assert found.exhaustive
    assert found.open_profiles > 0
    attack = found.worst
    assert attack is not None
    assert attack.gain == 2  # both want both goods: as two bidders, who want one each, the attacker pays nothing
    bigger = vcg_combinatorial(types=FEW, agents=3)
    agent = ("bidder 1", "bidder 2").index(attack.attackers[0])
    reports = list(attack.types)
    reports[agent] = attack.reports[0]
    ((_, decision),) = bigger.lottery((*reports, attack.reports[1]))
    own = merged_bundles(decision.allocation, agent, 2)
    after = bundle_value(agent, attack.types[agent], own) - decision.payments[agent] - decision.payments[2]
    assert after == attack.after == 2
    assert "under a false name" in attack.told


def test_ausubel_and_milgrom_revenue_falls_to_zero_when_a_bidder_joins() -> None:  # reference case 16
    space = TypeSpace([wants({("A", "B"): 2}), wants({"A": 2}), wants({"B": 2})])
    both, one, other = space.types
    ((_, three),) = vcg_combinatorial(types=space, agents=3).lottery((both, one, other))
    ((_, two),) = vcg_combinatorial(types=space, agents=2).lottery((both, one))
    assert (sum(three.payments), sum(two.payments)) == (0, 2)
    assert three.allocation == (frozenset(), frozenset("A"), frozenset("B"))


def test_false_names_gain_nothing_where_one_item_is_sold() -> None:
    found = false_names(lambda n: vickrey(SMALL, n), 2, merged_winner)
    assert (found.worst, found.open_profiles, found.profiles) == (None, 0, 16)


def test_false_names_gain_nothing_in_vickrey_of_units_with_falling_values() -> None:
    # With falling marginal values goods are substitutes, and VCG is safe from false names.
    space = TypeSpace([(0, 0), (1, 0), (1, 1), (2, 0), (2, 1), (2, 2)])
    found = false_names(lambda n: k_unit("vickrey", space, n), 2, merged_units)
    assert found.exhaustive
    assert found.worst is None


def test_two_colluders_share_the_second_price() -> None:
    found = collusion(vickrey(TypeSpace(range(4)), 3))
    assert found.exhaustive
    attack = found.worst
    assert attack is not None
    assert attack.gain == 3  # 3 against 3, and the third at 0: one stays away, the other pays nothing
    assert sorted(attack.types) == [0, 3, 3]
    alone = collusion(vickrey(TypeSpace(range(4)), 3), transfers=False)
    assert alone.worst is not None  # who loses anyway loses nothing by helping


def test_collusion_agrees_with_brute_force() -> None:
    made = first_price(SMALL, 2)
    best: float = 0
    for types in itertools.product(SMALL.types, repeat=2):
        truth = sum(made.utility(agent, own, types) for agent, own in enumerate(types))
        for said in itertools.product(SMALL.types, repeat=2):
            best = max(best, sum(made.utility(agent, own, said) for agent, own in enumerate(types)) - truth)
    found = collusion(made)
    assert found.attacks == 16 * 16
    assert found.worst is not None
    assert found.worst.gain == best


def test_single_peaked_medians_are_safe_from_coalitions_without_transfers() -> None:
    found = collusion(voting("median", tuple("abc"), 3), transfers=False)  # group strategy-proof (Moulin 1980)
    assert found.exhaustive
    assert found.worst is None


def test_a_budget_or_drawn_types_make_it_a_sample_with_a_seed() -> None:
    drawn = vickrey(TypeSpace(draw=lambda rng: rng.random()), 3)
    found = collusion(drawn, samples=3, seed=3)
    assert (found.exhaustive, found.seed, found.profiles) == (False, 3, 3)
    assert found == collusion(drawn, samples=3, seed=3)
    assert found.worst is not None
    small = false_names(lambda n: vcg_combinatorial(types=FEW, agents=n), 2, merged_bundles, budget=4000)
    assert small.exhaustive
    assert not false_names(lambda n: vcg_combinatorial(types=FEW, agents=n), 2, merged_bundles, budget=300).exhaustive


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: collusion(vickrey(SMALL, 3), 1), "from 2 to the 3 agents"),
        (lambda: collusion(vickrey(SMALL, 3), budget=0), "budget"),
        (lambda: false_names(lambda n: vickrey(SMALL, 2), 2, merged_winner), r"make\(3\) must return"),
    ],
)
def test_mistakes_are_told(call: Any, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        call()
