from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from negotiate_rt import AdditiveUtility, BargainingProblem, ConfigurationError, Issue, OutcomeSpace
from negotiate_rt.solutions.feasible import SHOWN_TIES
from negotiate_rt.solutions.frontier import frontier
from negotiate_rt.solutions.points import (
    bargaining_solutions,
    egalitarian_point,
    equal_loss_point,
    kalai_smorodinsky_point,
    nash_point,
    utilitarian_point,
)

EVERY = (nash_point, kalai_smorodinsky_point, egalitarian_point, utilitarian_point, equal_loss_point)
SYMMETRIC = EVERY
ZEUTHEN = [(10, 1), (8, 3), (6, 5), (4, 7), (1, 9)]
BARTER = {  # Nash (1950): what each thing is worth to (Bill, Jack), and whose it is
    "book": (2, 4, "Bill"), "whip": (2, 2, "Bill"), "ball": (2, 1, "Bill"), "bat": (2, 2, "Bill"),
    "box": (4, 1, "Bill"), "pen": (10, 1, "Jack"), "toy": (4, 1, "Jack"), "knife": (6, 2, "Jack"),
    "hat": (2, 2, "Jack"),
}  # fmt: skip

worth = st.integers(-2, 8)
points_of = st.integers(1, 4).flatmap(
    lambda parties: st.lists(st.tuples(*[worth] * parties), min_size=1, max_size=12)
)
whole_and_disagreement = points_of.flatmap(
    lambda points: st.tuples(st.just(points), st.tuples(*[st.integers(-2, 4)] * len(points[0])))
)


def rational(points, d):
    return [k for k, u in enumerate(points) if all(a >= b for a, b in zip(u, d, strict=True))]


def dominates(x, y):
    return all(a >= b for a, b in zip(x, y, strict=True)) and x != y


def first_of_the_best(points, candidates, objective):
    """The rule of all solutions, from its words: best, then undominated among the tied, then first."""
    best = max(objective(points[k]) for k in candidates)
    tied = [k for k in candidates if objective(points[k]) == best]
    good = [k for k in tied if not any(dominates(points[other], points[k]) for other in tied)]
    return good[0], len({points[k] for k in good}) - 1


def by_definition(points, d):
    from fractions import Fraction

    candidates = rational(points, d)
    if not candidates:
        return dict.fromkeys(EVERY)
    parties = range(len(d))
    ideal = [max(points[k][i] for k in candidates) for i in parties]

    def relative(u):
        return min((Fraction(u[i] - d[i], ideal[i] - d[i]) for i in parties if ideal[i] > d[i]), default=Fraction(0))

    objectives = {
        nash_point: lambda u: math.prod(u[i] - d[i] for i in parties),
        kalai_smorodinsky_point: relative,
        egalitarian_point: lambda u: sorted(u[i] - d[i] for i in parties),
        utilitarian_point: sum,
        equal_loss_point: lambda u: -max(ideal[i] - u[i] for i in parties),
    }
    return {solution: first_of_the_best(points, candidates, rule) for solution, rule in objectives.items()}


# ------------------------------------------------------------------------------------------------------- worked examples
def test_nash_1950_bill_and_jack():
    space = OutcomeSpace([Issue(thing, ("Bill", "Jack")) for thing in BARTER])
    ones = dict.fromkeys(BARTER, 1)
    bill = {thing: {"Bill": worth, "Jack": 0} for thing, (worth, _, _) in BARTER.items()}
    jack = {thing: {"Bill": 0, "Jack": worth} for thing, (_, worth, _) in BARTER.items()}
    problem = BargainingProblem(space, [AdditiveUtility(ones, bill), AdditiveUtility(ones, jack)], [12, 6])
    nash = nash_point(problem)
    assert nash.disagreement == (12, 6)
    assert nash.gains == (12, 5)
    assert nash.value == 60
    given_to = space.describe(nash.outcome)
    assert {thing for thing, owner in given_to.items() if owner != BARTER[thing][2]} == {
        "book", "whip", "ball", "bat", "pen", "toy", "knife",
    }  # fmt: skip
    assert bargaining_solutions(problem).nash == nash


def test_where_zeuthens_concessions_end():
    found = bargaining_solutions(ZEUTHEN)
    assert found.nash.utilities == found.kalai_smorodinsky.utilities == (6, 5)
    assert found.nash.value == 30
    assert found.nash.outcome == 2
    assert found.kalai_smorodinsky.value == pytest.approx(5 / 9, abs=1e-15)
    assert found.ideal == (10, 9)
    assert found.possible


def test_utilitarian_ties_are_told():
    found = utilitarian_point(ZEUTHEN)
    assert (found.outcome, found.value, found.ties, found.tied) == (0, 11, (1, 2, 3), 3)


def test_only_the_first_ties_are_listed_and_all_are_counted():
    shares = [(k, 100 - k) for k in range(101)]
    found = utilitarian_point(shares)
    assert found.outcome == 0
    assert found.ties == tuple(range(1, SHOWN_TIES + 1))
    assert found.tied == 100


def test_nice_or_die_has_several_nash_points_and_takes_the_first():
    points = [(1, 0.16), (0.16, 1), (0.299, 0.299)]
    found = bargaining_solutions(points)
    assert (found.nash.outcome, found.nash.ties) == (0, (1,))
    assert found.kalai_smorodinsky.utilities == found.egalitarian.utilities == (0.299, 0.299)


def test_a_product_of_two_losses_is_no_gain():
    found = nash_point([(0, 0), (5, 5), (6, 4)], (4, 4))
    assert found.outcome == 1
    assert found.value == 1
    assert nash_point([(0, 0), (1, 1)], (4, 4)) is None


def test_nothing_rational_is_an_answer():
    found = bargaining_solutions([(1, 0), (0, 1)], (0.5, 0.5))
    assert not found.possible
    assert list(found) == []
    assert found.nash is found.equal_loss is found.ideal is None


def test_reservation_values_of_the_problem_are_the_disagreement_point():
    space = OutcomeSpace([Issue("x", (0, 1, 2, 3))])
    problem = BargainingProblem(space, {"A": lambda o: float(o[0]), "B": lambda o: 3.0 - o[0]}, {"A": 1.5})
    found = bargaining_solutions(problem)
    assert found.parties == ("A", "B")
    assert found.disagreement == (1.5, 0)
    assert found.nash.outcome == (2,)
    assert bargaining_solutions(problem, (0, 1)).nash.outcome == (1,)


def test_a_party_that_can_gain_nothing_is_left_out_of_kalai_smorodinsky():
    points = [(2, 1, 5), (2, 4, 1), (2, 2, 2)]
    found = kalai_smorodinsky_point(points, (2, 0, 0))
    assert found.outcome == 2
    assert kalai_smorodinsky_point([(2, 2), (2, 2), (1, 5)], (2, 2)).outcome == 0


def test_weights_shift_the_nash_point():
    shares = [(k, 100 - k) for k in range(101)]
    assert nash_point(shares, weights=(3, 1)).outcome == 75
    assert nash_point(shares, weights=(1, 0)).outcome == 100
    assert "(3.0, 1.0)" in nash_point(shares, weights=(3, 1)).definition
    assert utilitarian_point(shares, weights=(1, 2)).outcome == 0


def test_every_solution_names_its_definition():
    for solution in bargaining_solutions(ZEUTHEN):
        assert solution.name
        assert solution.definition.startswith(("maximises", "minimises"))
        assert solution.disagreement == (0, 0)


def test_leximin_goes_on_where_the_smallest_gains_are_equal():
    assert egalitarian_point([(1, 5, 1), (1, 2, 3), (1, 3, 3)]).outcome == 2
    assert kalai_smorodinsky_point([(1, 5, 1), (1, 2, 5), (5, 1, 3)]).outcome == 0


def test_rounding_does_not_break_ties_nor_rationality():
    noisy, clean = 0.1 + 0.2 + 0.3, 0.3 + 0.2 + 0.1
    assert noisy != clean
    found = nash_point([(clean, noisy), (noisy, clean), (1, 0)], (max(noisy, clean), 0))
    assert found.outcome == 0
    assert utilitarian_point([(clean, 1.0), (1.0, noisy)]).ties == (1,)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nash_point(ZEUTHEN, (0,)), r"disagreement must have one number per party \(2\), got 1"),
        (lambda: nash_point(ZEUTHEN, (0, math.nan)), r"disagreement\[1\] must be finite, got nan"),
        (lambda: nash_point(ZEUTHEN, weights=(1, 2, 3)), r"weights must have one number per party \(2\), got 3"),
        (lambda: nash_point(ZEUTHEN, weights=(1, -1)), "weights must be >= 0 and not all 0"),
        (lambda: utilitarian_point(ZEUTHEN, weights=(0, 0)), "weights must be >= 0 and not all 0"),
        (lambda: bargaining_solutions([(1, 2), (3, math.inf)]), r"points\[1, 1\] must be finite"),
        (lambda: bargaining_solutions(BargainingProblem([Issue("x", (1, 2))])), "has no utilities"),
    ],
)
def test_what_the_caller_got_wrong_is_said(call, message):
    with pytest.raises(ConfigurationError, match=message):
        call()


# ------------------------------------------------------------------------------------------------------------ properties
@given(whole_and_disagreement)
@settings(max_examples=40)
def test_every_solution_is_what_its_definition_says(given):
    points, d = given
    expected = by_definition(points, d)
    for solution in EVERY:
        found = solution(points, d)
        if expected[solution] is None:
            assert found is None
        else:
            assert (found.outcome, found.tied) == expected[solution]
            assert found.utilities == points[found.outcome]


@given(whole_and_disagreement)
@settings(max_examples=25)
def test_every_solution_is_rational_and_undominated(given):
    points, d = given
    for solution in bargaining_solutions(points, d):
        assert all(gain >= 0 for gain in solution.gains)
        assert not any(dominates(other, solution.utilities) for other in points)
        if solution.name == "Nash":
            assert solution.value == math.prod(solution.gains)


@given(st.lists(st.tuples(worth, worth), min_size=1, max_size=8))
@settings(max_examples=25)
def test_a_symmetric_problem_with_one_best_point_is_solved_symmetrically(points):
    both_ways = points + [(b, a) for a, b in points]
    for solution in SYMMETRIC:
        found = solution(both_ways, (-2, -2))
        if not found.tied:
            assert found.utilities[0] == found.utilities[1]


@given(
    st.lists(st.tuples(worth, worth, worth), min_size=1, max_size=8),
    st.tuples(*[st.sampled_from([0.25, 2.0, 8.0])] * 3),
    st.tuples(*[st.integers(-8, 8)] * 3),
)
@settings(max_examples=25)
def test_nash_and_kalai_smorodinsky_do_not_depend_on_units(points, scale, shift):
    d = (-2, -2, -2)
    changed = np.array(points) * scale + shift
    for solution in (nash_point, kalai_smorodinsky_point):
        found = solution(changed, tuple(np.array(d) * scale + shift))
        assert found.outcome == solution(points, d).outcome


@given(st.lists(st.tuples(worth, worth, worth), min_size=2, max_size=9), st.integers(0, 8))
@settings(max_examples=25)
def test_nash_does_not_depend_on_what_is_not_chosen(points, dropped):
    d = (-2, -2, -2)
    found = nash_point(points, d)
    assume(dropped < len(points) and dropped != found.outcome)
    fewer = points[:dropped] + points[dropped + 1 :]
    assert nash_point(fewer, d).utilities == found.utilities


@given(st.lists(st.tuples(worth, worth), min_size=1, max_size=8), st.tuples(worth, worth))
@settings(max_examples=25)
def test_the_smallest_gain_grows_with_what_can_be_chosen(points, more):
    """Kalai (1977): more to choose from leaves nobody's guaranteed gain smaller."""
    d = (-2, -2)
    assert egalitarian_point([*points, more], d).value >= egalitarian_point(points, d).value


@given(st.integers(0, 2000), st.integers(2, 4))
@settings(max_examples=12)
def test_additive_problems_are_solved_as_if_all_outcomes_were_listed(seed, parties):
    rng = np.random.default_rng(seed)
    space = OutcomeSpace([Issue(f"i{k}", tuple(range(rng.integers(1, 5)))) for k in range(4)])
    ones = dict.fromkeys(space.names, 1)
    unit = [1 / 3, 0.1, 1.0][seed % 3]
    utilities = [
        AdditiveUtility(
            ones, {i.name: {v: float(rng.integers(0, 5)) * unit for v in i.values} for i in space.issues}, space
        )
        for _ in range(parties)
    ]
    d = tuple(float(x) * unit for x in rng.integers(0, 8, parties))
    points = [tuple(round(u(outcome) / unit) for u in utilities) for outcome in space]
    expected = by_definition(points, tuple(round(x / unit) for x in d))
    every = list(itertools.product(*(i.values for i in space.issues)))
    efficient = frontier(BargainingProblem(space, utilities, d))
    for solution in EVERY:
        found = solution(efficient)
        if expected[solution] is None:
            assert found is None
        else:
            assert (found.outcome, found.tied) == (every[expected[solution][0]], expected[solution][1])


def test_ten_to_the_twelve_outcomes_are_solved_without_listing_them():
    rng = np.random.default_rng(4)
    names = [f"i{k}" for k in range(12)]
    space = OutcomeSpace([Issue(name, tuple(range(10))) for name in names])
    utilities = [
        AdditiveUtility(
            dict.fromkeys(names, 1 / 12), {name: dict(enumerate(rng.random(10).tolist())) for name in names}
        )
        for _ in range(2)
    ]
    problem = BargainingProblem(space, utilities, [0.5, 0.6])
    found = bargaining_solutions(problem)
    for solution in found:
        assert tuple(u(solution.outcome) for u in problem.utilities) == solution.utilities
        assert min(solution.gains) >= 0
    assert found.egalitarian.value >= min(found.nash.gains)
    assert found.utilitarian.value >= sum(found.nash.utilities)
