from __future__ import annotations

import itertools
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt import AdditiveUtility, BargainingProblem, ConfigurationError, Issue, OutcomeSpace
from negotiate_rt.problems.constraints import ForbiddenConstraint, LinearConstraint
from negotiate_rt.problems.derived import AffineUtility, DiscountedUtility
from negotiate_rt.problems.kinds import ContinuousIssue, IntegerIssue
from negotiate_rt.solutions import minkowski
from negotiate_rt.solutions.frontier import frontier, reservation_values, utility_matrix

# Numbers whose sums are equal on paper and differ by rounding: tenths, thirds, sevenths.
UNITS = {"whole": 1.0, "tenths": 0.1, "thirds": 1 / 3, "sevenths": 1 / 7 / 9}


def random_problem(seed, parties, issues, values, unit=None):
    """A problem with additive utilities, worth multiples of a unit, or any numbers in [0, 1)."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, values + 1, issues)
    space = OutcomeSpace([Issue(f"i{k}", tuple(range(size))) for k, size in enumerate(sizes)])
    utilities = []
    for _ in range(parties):
        draw = rng.random if unit is None else lambda size: rng.integers(-2, 4, size) * unit
        tables = {f"i{k}": dict(enumerate(draw(size).tolist())) for k, size in enumerate(sizes)}
        utilities.append(AdditiveUtility(dict.fromkeys(tables, 1), tables, space))
    return BargainingProblem(space, utilities)


def listed(problem):
    """The same problem with utilities of which nothing is known, so that all outcomes must be called for."""
    return BargainingProblem(problem.space, [lambda outcome, u=u: u(outcome) for u in problem.utilities])


def same(one, other):
    assert [one.outcome(k) for k in range(len(one))] == [other.outcome(k) for k in range(len(other))]
    assert (one.utilities == other.utilities).all()
    assert np.argsort(one.precedence).tolist() == np.argsort(other.precedence).tolist()
    for place in range(len(one)):
        own, others = list(one.all_outcomes(place)), list(other.all_outcomes(place))
        assert own[0] == others[0] == one.outcome(place)
        assert sorted(own) == sorted(others)


@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(1, 5), st.sampled_from([None, *UNITS.values()]))
@settings(max_examples=10)
def test_issue_by_issue_and_outcome_by_outcome_find_the_same(seed, parties, issues, unit):
    problem = random_problem(seed, parties, issues, 4, unit)
    same(frontier(problem), frontier(listed(problem)))


@given(st.integers(0, 10_000), st.sampled_from([None, *UNITS.values()]))
@settings(max_examples=10)
def test_outcomes_that_take_several_numbers_and_sums_that_take_several_pieces(seed, unit):
    problem = random_problem(seed, 2, 5, 4, unit)
    with patch.object(minkowski, "_COLUMN", 8), patch.object(minkowski, "_CANDIDATES", 5):
        same(frontier(problem), frontier(listed(problem)))


@given(st.integers(0, 10_000))
@settings(max_examples=10)
def test_issues_that_constraints_tie_together(seed):
    loose = random_problem(seed, 2, 5, 4)
    names = loose.space.names
    constraints = (
        LinearConstraint({names[0]: 1, names[3]: 1}, most=3),
        ForbiddenConstraint({names[1]: (0,), names[4]: (0,)}),
    )
    try:
        space = OutcomeSpace(loose.space.issues, constraints)
        assert space.size
    except ConfigurationError:
        return  # nothing is left
    problem = BargainingProblem(space, [AdditiveUtility(u.weights, u.values, space) for u in loose.utilities])
    same(frontier(problem), frontier(listed(problem)))


def test_utilities_are_bit_for_bit_what_calls_return():
    problem = random_problem(3, 3, 8, 5)
    found = frontier(problem)
    for place in range(len(found)):
        assert [u(found.outcome(place)) for u in problem.utilities] == found.utilities[place].tolist()


def test_in_a_zero_sum_problem_every_outcome_is_on_it_once_per_vector():
    space = OutcomeSpace([Issue(name, tuple(range(10))) for name in "abc"])
    mine = {name: {k: k / 10 for k in range(10)} for name in "abc"}
    yours = {name: {k: 1 - k / 10 for k in range(10)} for name in "abc"}
    ones = dict.fromkeys("abc", 1)
    found = frontier(BargainingProblem(space, [AdditiveUtility(ones, mine), AdditiveUtility(ones, yours)]))
    assert len(found) == 28
    assert sum(1 for place in range(28) for _ in found.all_outcomes(place)) == 1000
    assert found.outcome(0) == (9, 9, 9)
    assert found.outcome(27) == (0, 0, 0)
    assert found.outcome(26) == (0, 0, 1)  # the first of three


def test_rescaled_and_discounted_utilities_are_additive_all_the_same():
    plain = random_problem(11, 3, 6, 4)
    first, second, third = plain.utilities
    problem = BargainingProblem(
        plain.space,
        [AffineUtility(AffineUtility(first, 2.0, 0.1), -3.0, 5.0), DiscountedUtility(second, 0.9), third],
    )
    with patch.object(OutcomeSpace, "__iter__", side_effect=AssertionError("nothing is listed")):
        found = frontier(problem)
    same(found, frontier(listed(problem)))
    assert found.low[0] == pytest.approx(min(map(problem.utilities[0], plain.space)))
    assert found.high[0] == pytest.approx(max(map(problem.utilities[0], plain.space)))


def many(issues, values, seed=1, opposed=None):
    rng = np.random.default_rng(seed)
    names = [f"i{k}" for k in range(issues)]
    space = OutcomeSpace([Issue(name, tuple(range(values))) for name in names])
    mine = rng.random((issues, values))
    yours = rng.random((issues, values)) if opposed is None else 1 - mine + opposed * rng.random((issues, values))
    return BargainingProblem(
        space,
        [
            AdditiveUtility(
                dict.fromkeys(names, 1 / issues),
                {name: dict(enumerate(row)) for name, row in zip(names, table.tolist(), strict=True)},
            )
            for table in (mine, yours)
        ],
    )


def test_a_frontier_over_ten_to_the_eighteen_outcomes_is_supported_by_weighted_sums():
    problem = many(18, 10)
    found = frontier(problem)
    assert problem.space.size == 10**18
    assert (np.diff(found.utilities[:, 0]) < 0).all()
    assert (np.diff(found.utilities[:, 1]) > 0).all()
    for share in np.linspace(0.01, 0.99, 25):  # the best for a weighted sum is the sum of each issue's best
        values = [
            max(range(10), key=lambda v, name=name: sum(
                weight * u.values[name][v] for weight, u in zip((share, 1 - share), problem.utilities, strict=True)
            ))
            for name in problem.space.names
        ]  # fmt: skip
        best = [u(tuple(values)) for u in problem.utilities]
        assert np.isclose(found.utilities, best, rtol=0, atol=1e-12).all(axis=1).any()


def test_a_frontier_over_more_outcomes_than_64_bits_count():
    problem = many(25, 10)
    found = frontier(problem)
    assert len(found) > 100
    for place in (0, len(found) // 2, len(found) - 1):
        assert [u(found.outcome(place)) for u in problem.utilities] == found.utilities[place].tolist()
        assert next(found.all_outcomes(place)) == found.outcome(place)
    order = np.argsort(found.precedence)
    outcomes = [found.outcome(place) for place in order.tolist()]
    assert outcomes == sorted(outcomes)


@pytest.mark.slow
def test_a_frontier_of_many_thousand_vectors():
    found = frontier(many(12, 10, opposed=0.002))
    assert len(found) > 40_000
    assert (np.diff(found.utilities[:, 1]) > 0).all()


def test_a_frontier_that_outgrows_all_bounds_is_an_error():
    with (
        patch.object(minkowski, "MOST_VECTORS", 1000),
        pytest.raises(ConfigurationError, match="takes more than 1000 distinct vectors"),
    ):
        frontier(many(12, 10, opposed=0.0))


def test_a_large_range_of_integers_is_one_issue():
    space = OutcomeSpace([IntegerIssue("a", 0, 9999), IntegerIssue("b", 0, 9999)])
    up, down = (lambda v: v / 9999), (lambda v: 1 - v / 9999)
    problem = BargainingProblem(
        space, [AdditiveUtility({"a": 1, "b": 1}, values) for values in ({"a": up, "b": up}, {"a": up, "b": down})]
    )
    found = frontier(problem)
    assert len(found) == 10_000
    assert found.outcome(0) == (9999, 9999)


def test_a_continuous_issue_must_be_discretized():
    space = OutcomeSpace([ContinuousIssue("price", 0, 1)])
    own = AdditiveUtility({"price": 1}, {"price": lambda v: v})
    with pytest.raises(ConfigurationError, match="discretize"):
        frontier(BargainingProblem(space, [own, own]))
    assert len(frontier(BargainingProblem(space.discretize(11), [own, own]))) == 1


def test_a_frontier_knows_parties_reservations_and_bounds():
    space = OutcomeSpace([Issue("x", (0, 1, 2))])
    problem = BargainingProblem(
        space, {"Ann": lambda o: o[0], "Bob": lambda o: -float(o[0])}, {"Bob": -1.5, "Eve": 3}
    )
    found = frontier(problem)
    assert found.parties == ("Ann", "Bob")
    assert found.disagreement == reservation_values(problem) == (0.0, -1.5)
    assert found.low.tolist() == [0, -2]
    assert found.high.tolist() == [2, 0]
    assert repr(found) == "ParetoFrontier(3 vectors, 2 parties)"
    assert not found.utilities.flags.writeable


def test_bare_points_are_known_by_their_numbers():
    found = frontier([(1, 1), (0, 1), (1, 1), (2, 0)])
    assert [found.outcome(k) for k in range(len(found))] == [3, 0]
    assert list(found.all_outcomes(1)) == [0, 2]


def test_a_problem_without_utilities_is_refused():
    with pytest.raises(ConfigurationError, match="has no utilities"):
        frontier(BargainingProblem([Issue("x", (1, 2))]))


def test_a_space_too_large_to_list_needs_additive_utilities():
    space = OutcomeSpace([Issue(f"i{k}", tuple(range(10))) for k in range(18)])
    with pytest.raises(ConfigurationError, match="1000000000000000000 outcomes"):
        frontier(BargainingProblem(space, [lambda o: 0.0, lambda o: 1.0]))


def test_one_outcome_and_indifferent_parties():
    space = OutcomeSpace([Issue("x", (7,))])
    nothing = AdditiveUtility({"x": 0}, {"x": {7: 0}})
    found = frontier(BargainingProblem(space, [nothing, nothing, nothing]))
    assert found.utilities.tolist() == [[0, 0, 0]]
    assert found.outcome(0) == (7,)


def test_the_matrix_has_a_row_per_outcome():
    problem = random_problem(1, 2, 3, 3)
    matrix = utility_matrix(problem.space, problem.utilities)
    assert [tuple(row) for row in matrix.tolist()] == [
        tuple(u(outcome) for u in problem.utilities)
        for outcome in itertools.product(*(issue.values for issue in problem.space.issues))
    ]
