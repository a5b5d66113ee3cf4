"""The mediator as optimiser: exact against brute force and the solution points, whatever way it takes."""

from __future__ import annotations

import itertools
import math
import random
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt import (
    AdditiveUtility,
    BargainingProblem,
    Box,
    ConfigurationError,
    Constraint,
    ContinuousIssue,
    Deadline,
    DiscountedUtility,
    HyperRectangleUtility,
    IntegerIssue,
    Issue,
    LinearConstraint,
    LinearEvaluation,
    OptionalIssue,
    OutcomeSpace,
    TriangularEvaluation,
    draw_influence,
    egalitarian_point,
    kalai_smorodinsky_point,
    mediated_optimum,
    nash_point,
    utilitarian_point,
)
from negotiate_rt.problems.mediation import OBJECTIVES
from negotiate_rt.solutions.mediation import optimum

POINTS = {
    "nash": nash_point, "egalitarian": egalitarian_point, "utilitarian": utilitarian_point,
    "kalai-smorodinsky": kalai_smorodinsky_point,
}  # fmt: skip


def drawn(seed, parties=3, sizes=(2, 3, 4), floor=0.4, constraints=()):
    """A space and additive utilities over it, with disagreement payoffs that some outcomes reach."""
    rng = random.Random(seed)
    space = OutcomeSpace([Issue(f"i{k}", tuple(range(size))) for k, size in enumerate(sizes)], constraints)
    utilities = [
        AdditiveUtility(
            {one.name: rng.random() for one in space.issues},
            {one.name: {value: rng.random() for value in one.values} for one in space.issues}, space,
        )
        for _ in range(parties)
    ]  # fmt: skip
    return space, utilities, [rng.random() * floor * one.table().max() for one in utilities]


@pytest.fixture
def unlisted(monkeypatch):
    """Nothing may be listed: sums go through branch and bound."""
    monkeypatch.setattr(optimum, "MOST_CELLS", 0)


# --------------------------------------------------------------------------------------------------------- exact answers
@pytest.mark.parametrize("objective", OBJECTIVES)
@given(seed=st.integers(0, 10**6), parties=st.integers(1, 5))
@settings(max_examples=25, deadline=None)
def test_listing_agrees_with_the_solution_points(objective, seed, parties):
    space, utilities, without = drawn(seed, parties, floor=0.8)
    found = mediated_optimum(space, utilities, without, objective)
    point = POINTS[objective](BargainingProblem(space, utilities, without))
    assert (found is None) == (point is None)
    if found is not None:
        assert found.outcome == point.outcome
        assert found.value == pytest.approx(point.value)
        assert found.proven
        assert found.bound == found.value


@pytest.mark.parametrize("objective", OBJECTIVES)
@given(seed=st.integers(0, 10**6), parties=st.integers(1, 5), tight=st.booleans())
@settings(max_examples=20, deadline=None)
def test_branch_and_bound_agrees_with_listing(objective, seed, parties, tight):
    rules = [LinearConstraint({"i0": 1, "i1": 1}, most=3), Constraint("odd", lambda a, b: a + b != 2, ("i1", "i2"))]
    space, utilities, without = drawn(seed, parties, (3, 4, 3), 0.8, rules if tight else ())
    listed = mediated_optimum(space, utilities, without, objective)
    most, optimum.MOST_CELLS = optimum.MOST_CELLS, 0
    try:
        found = mediated_optimum(space, utilities, without, objective)
    finally:
        optimum.MOST_CELLS = most
    assert (found is None) == (listed is None)
    if found is not None:
        assert found.method == "branch and bound"
        assert found.proven
        assert found.outcome == listed.outcome
        assert found.value == pytest.approx(listed.value)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_refused_outcomes_are_passed_over_one_after_the_other(seed):
    space, utilities, without = drawn(seed, 2, (3, 3))
    refused = []
    values = []
    while (found := mediated_optimum(space, utilities, without, refused=refused)) is not None:
        refused.append(found.outcome)
        values.append(found.value)
    table = np.array([one.table() for one in utilities]).T
    gains = table - np.array(without)
    rational = int((gains >= -1e-12).all(axis=1).sum())
    assert len(set(refused)) == len(refused) == rational
    assert values == sorted(values, reverse=True)


def test_nothing_rational_is_none_and_not_an_error(unlisted):
    space, utilities, _ = drawn(1)
    assert mediated_optimum(space, utilities, [9.0, 9.0, 9.0]) is None
    assert mediated_optimum(space, utilities, [9.0, 9.0, 9.0], "kalai-smorodinsky") is None


@pytest.mark.usefixtures("unlisted")
def test_a_party_that_can_never_gain_leaves_an_undominated_outcome():
    space = OutcomeSpace([Issue("x", (0, 1, 2))])
    flat = AdditiveUtility({"x": 1}, {"x": {0: 0.5, 1: 0.5, 2: 0.5}}, space)
    rising = AdditiveUtility({"x": 1}, {"x": {0: 0.1, 1: 0.9, 2: 0.4}}, space)
    found = mediated_optimum(space, [flat, rising], [0.5, 0.0])
    assert (found.outcome, found.value) == ((1,), 0.0)


# ------------------------------------------------------------------------------------------------------- reference cases
def test_refcase_6_nash_1950_bill_and_jack():
    bill = {"book": (2, 4), "whip": (2, 2), "ball": (2, 1), "bat": (2, 2), "box": (4, 1)}  # (to Bill, to Jack)
    jack = {"pen": (10, 1), "toy": (4, 1), "knife": (6, 2), "hat": (2, 2)}
    space = OutcomeSpace([Issue(name, ("Bill", "Jack")) for name in (*bill, *jack)])
    ones = dict.fromkeys(space.names, 1)
    both = bill | jack
    to_bill = AdditiveUtility(ones, {name: {"Bill": own, "Jack": 0} for name, (own, _) in both.items()}, space)
    to_jack = AdditiveUtility(ones, {name: {"Bill": 0, "Jack": own} for name, (_, own) in both.items()}, space)
    kept = sum(own for own, _ in bill.values()), sum(own for _, own in jack.values())
    for cells in (optimum.MOST_CELLS, 0):
        optimum.MOST_CELLS, before = cells, optimum.MOST_CELLS
        try:
            found = mediated_optimum(space, [to_bill, to_jack], kept)
        finally:
            optimum.MOST_CELLS = before
        given = {name for name, owner in space.describe(found.outcome).items() if (owner == "Jack") == (name in bill)}
        assert given == {"book", "whip", "ball", "bat", "pen", "toy", "knife"}
        assert [own - least for own, least in zip(found.utilities, kept, strict=True)] == [12, 5]
        assert found.value == pytest.approx(60)
        assert found.proven
    second = mediated_optimum(space, [to_bill, to_jack], kept, refused=[found.outcome])
    assert second.value == pytest.approx(56)


def share(own, other):
    """A pie of size 1, what the first gets of it, and both utilities."""
    space = OutcomeSpace([ContinuousIssue("first", 0.0, 1.0)])
    return space, [AdditiveUtility({"first": 1}, {"first": one}) for one in (own, other)]


@pytest.mark.parametrize("objective", ["nash", "egalitarian", "kalai-smorodinsky"])
def test_refcase_7_split_the_difference(objective):
    space, both = share(LinearEvaluation(1), LinearEvaluation(-1, 1))
    found = mediated_optimum(space, both, [0.2, 0.1], objective)
    assert found.utilities == pytest.approx((0.55, 0.45), abs=1e-6)
    assert found.proven


def test_refcase_8_risk_aversion():
    space, both = share(LinearEvaluation(1), lambda first: math.sqrt(1 - first))
    found = mediated_optimum(space, both)
    assert found.outcome[0] == pytest.approx(2 / 3, abs=1e-6)
    assert not found.proven, "a plain function may rise anywhere between two points"


def test_refcase_9_kalai_smorodinsky_is_monotone_and_nash_is_not():
    steps = 90  # of the hull {(0,1), (1,.7), (1,0)}: first gets k/steps, second 1 - .3 k/steps
    points = {k: (k / steps, 1 - 0.3 * k / steps) for k in range(steps + 1)}
    space = OutcomeSpace([IntegerIssue("k", 0, steps)])
    both = [AdditiveUtility({"k": 1}, {"k": {k: one[party] for k, one in points.items()}}) for party in (0, 1)]
    assert mediated_optimum(space, both).utilities == (1.0, 0.7)
    assert mediated_optimum(space, both, objective="utilitarian").utilities == (1.0, 0.7)
    for objective in ("egalitarian", "kalai-smorodinsky"):
        assert mediated_optimum(space, both, objective=objective).utilities == pytest.approx((10 / 13, 10 / 13), abs=1 / steps)


def test_refcase_10_zeuthen_agreement_is_the_mediators_nash_optimum():
    deals = [(10, 1), (8, 3), (6, 5), (4, 7), (1, 9)]
    space = OutcomeSpace([Issue("deal", tuple(range(5)))])
    both = [AdditiveUtility({"deal": 1}, {"deal": {k: deal[party] for k, deal in enumerate(deals)}}) for party in (0, 1)]
    found = mediated_optimum(space, both)
    assert (found.utilities, found.value) == ((6.0, 5.0), pytest.approx(30))


@pytest.mark.slow
# ------------------------------------------------------------------------------------------------------ numbers on a line
@given(st.floats(0.1, 3), st.floats(0.1, 3), st.floats(0, 0.3), st.floats(0, 0.3))
@settings(max_examples=20, deadline=None)
def test_two_linear_issues_are_logrolled_exactly(first, second, low, high):
    """Each party cares more for one of two pies: it gets that, and the rest splits the difference (checked on a fine grid)."""
    space = OutcomeSpace([ContinuousIssue("a", 0.0, 1.0), ContinuousIssue("b", 0.0, 1.0)])
    one = AdditiveUtility({"a": first, "b": 1}, {"a": LinearEvaluation(1), "b": LinearEvaluation(1)}, space)
    other = AdditiveUtility({"a": 1, "b": second}, {"a": LinearEvaluation(-1, 1), "b": LinearEvaluation(-1, 1)}, space)
    found = mediated_optimum(space, [one, other], [low, high])
    best = max(
        (one((a, b)) - low) * (other((a, b)) - high)
        for a, b in itertools.product(np.linspace(0, 1, 41).tolist(), repeat=2)
        if one((a, b)) >= low and other((a, b)) >= high
    )
    assert found.value >= best - 1e-9
    assert found.value <= found.bound + 1e-9


@pytest.mark.slow
def test_discrete_and_continuous_issues_under_constraints():
    space = OutcomeSpace(
        [Issue("colour", ("red", "blue")), ContinuousIssue("size", 0.0, 10.0), OptionalIssue(IntegerIssue("extras", 0, 50_000))],
        [LinearConstraint({"size": 1.0, "extras": 0.001}, most=7.0)],
    )
    one = AdditiveUtility(
        {"colour": 1, "size": 1, "extras": 1},
        {"colour": {"red": 1, "blue": 0}, "size": TriangularEvaluation(0, 8, 10), "extras": LinearEvaluation(1e-5)}, space,
    )  # fmt: skip
    other = AdditiveUtility(
        {"colour": 1, "size": 1, "extras": 1},
        {"colour": {"red": 0.4, "blue": 1}, "size": LinearEvaluation(-0.1, 1), "extras": LinearEvaluation(1e-5)}, space,
    )  # fmt: skip
    found = mediated_optimum(space, [one, other], objective="utilitarian")
    assert space.contains(found.outcome)
    colour, size, extras = found.outcome
    assert colour == "red"  # 1.4 against 1
    assert size == pytest.approx(7.0, abs=1e-6)  # each step is worth 1/8 - 1/10, and 1000 extras 0.02
    assert size + 0.001 * extras <= 7.0 + 1e-9


# ------------------------------------------------------------------------------------------------------------ large spaces
def large(parties, issues=9, size=10):
    rng = random.Random(1)
    space = OutcomeSpace([Issue(f"i{k}", tuple(range(size))) for k in range(issues)])
    utilities = []
    for _ in range(parties):
        weights = [rng.random() for _ in range(issues)]
        utilities.append(
            AdditiveUtility(
                {f"i{k}": weight / sum(weights) for k, weight in enumerate(weights)},
                {f"i{k}": {value: rng.random() for value in range(size)} for k in range(issues)}, space,
            )
        )  # fmt: skip
    return space, utilities


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["nash", "utilitarian"])
def test_a_hundred_parties_and_a_billion_outcomes_are_solved_with_proof(objective):
    space, utilities = large(100)
    assert space.size == 10**9
    found = mediated_optimum(space, utilities, objective=objective)
    assert found.proven
    rng = random.Random(2)
    for outcome in space.sample(rng, 200):
        own = [one(outcome) for one in utilities]
        assert found.value >= (math.prod(own) if objective == "nash" else sum(own))


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["egalitarian", "kalai-smorodinsky"])
def test_at_the_deadline_the_best_known_is_returned_with_its_bound(objective):
    space, utilities = large(100)
    found = mediated_optimum(space, utilities, objective=objective, deadline=Deadline(0.5, time.monotonic))
    assert found.value <= found.bound
    assert found.outcome in space
    if objective == "egalitarian":
        assert min(found.utilities) == pytest.approx(found.value)


def test_a_cancelled_deadline_still_gives_an_outcome(unlisted):
    space, utilities, without = drawn(3, floor=0.1)
    over = Deadline()
    over.cancel()
    found = mediated_optimum(space, utilities, without, deadline=over)
    assert found is None or found.outcome in space


@pytest.mark.slow
def test_interdependent_spaces_are_searched_without_a_proof():
    space = OutcomeSpace([Issue(f"c{k}", (0, 1)) for k in range(40)])
    rng = random.Random(4)
    utilities = [draw_influence(space, rng, 3) for _ in range(2)]
    found = mediated_optimum(space, utilities, [-50, -50], "utilitarian", steps=4_000)
    assert found.method == "annealing"
    assert not found.proven
    assert found.bound == math.inf
    assert found.value > max(sum(one(outcome) for one in utilities) for outcome in space.sample(rng, 300))


def test_the_same_seed_gives_the_same_search():
    space = OutcomeSpace([Issue(f"c{k}", (0, 1)) for k in range(40)])
    utilities = [HyperRectangleUtility([Box({"c0": 1, "c39": 0}, 1.0), Box({f"c{k}": k % 2}, 0.1)]) for k in range(1, 4)]
    one, two = (mediated_optimum(space, utilities, rng=random.Random(5), steps=200) for _ in range(2))
    assert one == two


# --------------------------------------------------------------------------------------------------------------- bad input
def test_discounts_are_left_out():
    space, utilities, without = drawn(7)
    waning = [DiscountedUtility(one, 0.5) for one in utilities]
    assert mediated_optimum(space, waning, without) == mediated_optimum(space, utilities, without)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"objective": "nashh"}, "did you mean 'nash'"),
        ({"disagreement": [1.0]}, "disagreement must be 3 finite numbers"),
        ({"disagreement": [1.0, math.nan, 0]}, "disagreement must be 3 finite numbers"),
        ({"utilities": []}, "a mediator needs the utility of one party or more"),
    ],
)
def test_what_the_caller_did_wrong_is_said(change, text):
    space, utilities, without = drawn(1)
    given = {"utilities": utilities, "disagreement": without, "objective": "nash"} | change
    with pytest.raises(ConfigurationError, match=text):
        mediated_optimum(space, given["utilities"], given["disagreement"], given["objective"])


@pytest.mark.slow
@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize(("parties", "issues"), [(2, 3), (3, 3), (4, 4)])
def test_linear_worths_over_numbers_are_optimised_with_proof(objective, parties, issues):
    rng = random.Random(3)
    space = OutcomeSpace([ContinuousIssue(f"x{k}", 0.0, 1.0) for k in range(issues)])
    lines = LinearEvaluation(1), LinearEvaluation(-1, 1)
    utilities = [
        AdditiveUtility({name: rng.random() for name in space.names}, {name: rng.choice(lines) for name in space.names}, space)
        for _ in range(parties)
    ]
    found = mediated_optimum(space, utilities, objective=objective)
    assert found.proven
    for outcome in space.sample(rng, 300):
        own = [one(outcome) for one in utilities]
        worst = {"nash": math.prod(own), "egalitarian": min(own), "utilitarian": sum(own)}.get(objective, 0.0)
        assert found.value >= worst - 1e-7
