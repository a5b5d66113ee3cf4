from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.issues import Issue, OutcomeSpace
from negotiate_rt.problems.utility import AdditiveUtility
from negotiate_rt.solutions.bargaining import (
    BestJoint,
    best_joint,
    is_pareto_efficient,
    pareto_frontier,
    utility_matrix,
)

BARTER = {  # Nash (1950): what each thing is worth to (Bill, Jack), and whose it is
    "book": (2, 4, "Bill"), "whip": (2, 2, "Bill"), "ball": (2, 1, "Bill"), "bat": (2, 2, "Bill"),
    "box": (4, 1, "Bill"), "pen": (10, 1, "Jack"), "toy": (4, 1, "Jack"), "knife": (6, 2, "Jack"),
    "hat": (2, 2, "Jack"),
}
ZEUTHEN = [(10, 1), (8, 3), (6, 5), (4, 7), (1, 9)]

points_of = st.integers(1, 3).flatmap(
    lambda parties: st.lists(st.tuples(*[st.integers(0, 4)] * parties), min_size=1, max_size=12)
)


def barter():
    space = OutcomeSpace([Issue(thing, ("Bill", "Jack")) for thing in BARTER])
    weights = dict.fromkeys(BARTER, 1)
    bill = {thing: {"Bill": worth, "Jack": 0} for thing, (worth, _, _) in BARTER.items()}
    jack = {thing: {"Bill": 0, "Jack": worth} for thing, (_, worth, _) in BARTER.items()}
    points = utility_matrix(space, [AdditiveUtility(weights, bill), AdditiveUtility(weights, jack)])
    return space, points


def test_the_barter_of_bill_and_jack():
    space, points = barter()
    assert points.shape == (512, 2)
    before = points[space.index({thing: owner for thing, (_, _, owner) in BARTER.items()})]
    assert before.tolist() == [12, 6]
    to_jack = {"book", "whip", "ball", "bat", "hat"}
    deal = space.index({thing: "Jack" if thing in to_jack else "Bill" for thing in BARTER})
    assert (points[deal] - before).tolist() == [12, 5]
    assert is_pareto_efficient(points, deal)
    assert deal in pareto_frontier(points)
    gains = np.clip(points - before, 0, None)
    assert gains.prod(axis=1).max() == 60 == gains[deal].prod()


def test_a_line_of_trade_offs_is_all_efficient():
    assert pareto_frontier(ZEUTHEN).tolist() == [0, 1, 2, 3, 4]
    assert best_joint(ZEUTHEN) == BestJoint(11.0, (0, 1, 2, 3))


def test_equal_vectors_are_all_on_the_frontier():
    points = [(1, 1), (0, 1), (1, 1), (1, 0)]
    assert pareto_frontier(points).tolist() == [0, 2]
    assert [is_pareto_efficient(points, i) for i in range(4)] == [True, False, True, False]


def test_in_a_zero_sum_problem_everything_is_efficient():
    shares = np.linspace(0, 1, 101)
    points = np.column_stack([shares, 1 - shares])
    assert len(pareto_frontier(points)) == 101
    assert best_joint(points).outcomes == tuple(range(101))


def test_rounding_noise_dominates_nothing():
    points = [(0.1 + 0.2 + 0.3, 1.0), (0.3 + 0.2 + 0.1, 1.0)]
    assert points[0] != points[1]
    assert pareto_frontier(points).tolist() == [0, 1]
    assert is_pareto_efficient(points, 1)
    assert best_joint(points).outcomes == (0, 1)


@given(points_of)
@settings(max_examples=40)
def test_the_frontier_equals_the_definition(points):
    def dominates(x, y):
        return all(a >= b for a, b in zip(x, y, strict=True)) and x != y

    efficient = [i for i, y in enumerate(points) if not any(dominates(x, y) for x in points)]
    assert pareto_frontier(points).tolist() == efficient
    assert [i for i in range(len(points)) if is_pareto_efficient(points, i)] == efficient
    best = best_joint(points)
    assert best.value == max(map(sum, points))
    assert set(best.outcomes) & set(efficient)


def test_no_points_have_no_solution():
    none = np.empty((0, 2))
    assert pareto_frontier(none).tolist() == []
    assert best_joint(none) is None


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([1, 2], r"shape \(outcomes, parties\), got \(2,\)"),
        ([[], []], r"shape \(outcomes, parties\), got \(2, 0\)"),
        ([(1, 2), (3,)], r"points must be numbers in shape \(outcomes, parties\)"),
        ([("a", "b")], "points must be numbers"),
        ([(1, 2), (3, math.nan)], r"points\[1, 1\] must be finite, got nan"),
    ],
)
def test_what_are_no_points_is_refused(points, message):
    for ask in (pareto_frontier, best_joint, lambda given: is_pareto_efficient(given, 0)):
        with pytest.raises(ConfigurationError, match=message):
            ask(points)


@pytest.mark.parametrize("index", [-1, 5])
def test_an_index_outside_is_an_index_error(index):
    with pytest.raises(IndexError, match=f"there are 5 outcomes, so none with index {index}"):
        is_pareto_efficient(ZEUTHEN, index)


def test_a_matrix_needs_a_utility():
    with pytest.raises(ConfigurationError, match="at least one utility"):
        utility_matrix(OutcomeSpace([Issue("x", (1, 2))]), [])
