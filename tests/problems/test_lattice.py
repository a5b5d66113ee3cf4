"""Sums on a lattice: found without sorting, the same as brute force; targets in spaces of 10^18 outcomes."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from negotiate_rt import (
    AdditiveUtility,
    BargainingProblem,
    IntegerIssue,
    LinearEvaluation,
    NegotiationConfig,
    NegotiationExecutor,
    Negotiator,
    OutcomeSpace,
    inverse,
    make_strategy,
)
from negotiate_rt.problems.lattice import lattice_step, lattice_sums

SLACK = 1e-13
WHOLE = OutcomeSpace([IntegerIssue(name, 0, 999) for name in "abcdef"])


def points(places: set[int], step: float) -> np.ndarray:
    return np.array(sorted(places)) * step + 0.3


def test_the_step_is_the_largest_that_all_differences_are_multiples_of():
    assert lattice_step([np.array([0.0, 0.4, 1.0])], 100, SLACK) == pytest.approx(0.2)
    assert lattice_step([np.array([0.0, 0.4]), np.array([5.0, 5.6])], 100, SLACK) == pytest.approx(0.2)
    assert lattice_step([np.array([0.7]), np.array([0.1])], 100, SLACK) is None


def test_no_step_is_found_where_the_lattice_has_too_many_points_or_there_is_none():
    assert lattice_step([np.array([0.0, 0.001, 1.0])], 100, SLACK) is None
    assert lattice_step([np.array([0.0, 1.0, 2**0.5, np.pi])], 1 << 20, SLACK) is None
    assert lattice_sums(np.array([0.0, 1.0]), np.array([0.0, 2**0.5]), 1 << 20, SLACK) is None


@given(
    st.sets(st.integers(0, 300), min_size=1, max_size=12), st.sets(st.integers(0, 300), min_size=2, max_size=12),
    st.sampled_from([0.1, 1 / 3, 0.007, 1 / 5994, 3.0]),
)  # fmt: skip
def test_lattice_sums_are_those_of_brute_force(left, right, step):
    found = lattice_sums(points(left, step), points(right, step), 10_000, 1e-12)
    want = sorted({a + b for a in left for b in right})
    assert found is not None
    assert found == pytest.approx(np.array(want) * step + 0.6, abs=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("weights", [(1, 1, 1, 1, 1, 1), (1, 2, 3, 4, 5, 6), (0.12, 0.23, 0.31, 0.17, 0.04, 0.13)])
def test_targets_among_10_to_the_18_whole_numbers_are_met_exactly(weights):
    """With round weights the utilities are whole multiples of one step, so that the next one is known by arithmetic."""
    utility = AdditiveUtility(dict(zip("abcdef", weights, strict=True)), dict.fromkeys("abcdef", LinearEvaluation(1.0)), WHOLE)
    found, most = inverse(WHOLE, utility), 999 * sum(weights)
    step = Fraction(1) if weights[0] >= 1 else Fraction(1, 100)
    for share in (0.3, 0.5, 0.947):
        target = share * most
        above = -(-Fraction(target - 1e-9) // step) * step
        assert utility(found.at_or_above(target)) == pytest.approx(float(above), abs=1e-9)
        assert found.closely_above(target) == found.at_or_above(target)


def test_an_offer_that_need_only_be_close_is_found_in_the_thin_ends_of_10_to_the_18_outcomes():
    weights = (0.134, 0.847, 0.764, 0.255, 0.495, 0.449)
    utility = AdditiveUtility(dict(zip("abcdef", weights, strict=True)), {n: lambda v: (v / 999) ** 0.5 for n in "abcdef"}, WHOLE)
    found, most = inverse(WHOLE, utility), sum(weights)
    for share in (0.05, 0.3, 0.947, 0.9999):
        worth = utility(found.closely_above(share * most))
        assert share * most - 1e-9 <= worth <= share * most + 0.01
    assert found.closely_above(most + 1) is None


@pytest.mark.slow
@pytest.mark.parametrize("name", ["linear", "considerate", "reciprocal", "nice-tit-for-tat", "trade-off", "random-walker"])
def test_strategies_bargain_over_10_to_the_18_whole_numbers(name):
    buyer = AdditiveUtility(dict.fromkeys("abcdef", 1 / 6), dict.fromkeys("abcdef", LinearEvaluation(1 / 999)))
    weights = {name: (k + 1) / 21 for k, name in enumerate("abcdef")}
    seller = AdditiveUtility(weights, dict.fromkeys("abcdef", LinearEvaluation(-1 / 999, 1)))
    parties = [Negotiator(one, strategy=make_strategy(name)) for one in ("Bea", "Sam")]
    problem = BargainingProblem(WHOLE, {"Bea": buyer, "Sam": seller})
    outcome = NegotiationExecutor(clock="virtual", seed=1).run(parties, NegotiationConfig("bilateral", 20), problem)
    assert outcome.faults == ()
    assert outcome.final_state in ("AGREED", "DEADLOCK")
