"""Tabular, ranked, discounted, rescaled, uncertain and interdependent utilities, and evaluations as data."""

from __future__ import annotations

import math
import pickle
import random

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError, InvalidOffer
from negotiate_rt.problems.constraints import (
    Constraint,
    ForbiddenConstraint,
    ImpliedConstraint,
    LinearConstraint,
    Span,
)
from negotiate_rt.problems.derived import AffineUtility, DiscountedUtility, UncertainUtility
from negotiate_rt.problems.evaluations import (
    EvaluationFunction,
    ExponentialEvaluation,
    LinearEvaluation,
    PolynomialEvaluation,
    TriangularEvaluation,
)
from negotiate_rt.problems.interdependent import Box, ConstraintUtility, HyperRectangleUtility, WeightedConstraint
from negotiate_rt.problems.issues import ContinuousIssue, IntegerIssue, Issue, OptionalIssue, OutcomeSpace
from negotiate_rt.problems.tabular import RankedUtility, TabularUtility
from negotiate_rt.problems.utility import AdditiveUtility, utility_table

SPACE = OutcomeSpace([IntegerIssue("n", 0, 3), Issue("colour", ("red", "blue"))])
TIGHT = OutcomeSpace(SPACE.issues, [Constraint("not many reds", lambda n, c: c == "blue" or n < 2, ("n", "colour"))])
COLOURS = {"red": 1.0, "blue": 0.0}
LIKES = AdditiveUtility({"n": 1, "colour": 2}, {"n": LinearEvaluation(-1, 3), "colour": COLOURS})


# ---------------------------------------------------------------------------------------------------------- evaluations
@pytest.mark.parametrize(
    ("evaluation", "worths"),
    [
        (LinearEvaluation(2, 1), [1, 3, 5, 7]),
        (TriangularEvaluation(0, 2, 3), [0, 0.5, 1, 0]),
        (TriangularEvaluation(0, 0, 2), [1, 0.5, 0, 0]),
        (TriangularEvaluation(1, 3, 3), [0, 0, 0.5, 1]),
        (PolynomialEvaluation((1, -2, 1)), [1, 0, 1, 4]),
        (PolynomialEvaluation([5]), [5, 5, 5, 5]),
        (ExponentialEvaluation(base=2), [1, 2, 4, 8]),
        (ExponentialEvaluation(-1, scale=-1, intercept=1), [1 - math.exp(-x) for x in range(4)]),
    ],
)
def test_an_evaluation_values_numbers(evaluation, worths):
    assert [evaluation(x) for x in range(4)] == worths
    twin = msgspec.json.decode(msgspec.json.encode(evaluation), type=EvaluationFunction)
    assert twin == evaluation
    utility = AdditiveUtility({"n": 2}, {"n": evaluation}, OutcomeSpace([IntegerIssue("n", 0, 3)]))
    assert utility.table().tolist() == [2 * worth for worth in worths]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LinearEvaluation(math.nan), "evaluation.slope must be finite, got nan"),
        (lambda: TriangularEvaluation(0, 3, 2), "a triangle needs low <= peak <= high and low < high"),
        (lambda: TriangularEvaluation(1, 1, 1), "a triangle needs"),
        (lambda: PolynomialEvaluation(()), "coefficients must be a list of one or more numbers"),
        (lambda: PolynomialEvaluation((1, "x")), r"coefficients\[1\] must be a number"),
        (lambda: ExponentialEvaluation(base=0), "base must be > 0, got 0"),
    ],
)
def test_an_evaluation_that_is_none_is_refused(make, message):
    with pytest.raises(ConfigurationError, match=message):
        make()


def test_an_exponential_that_outgrows_a_float_is_refused_when_bound():
    with pytest.raises(ConfigurationError, match=r"values\['n'\]\(710\) must be finite, got inf"):
        AdditiveUtility({"n": 1}, {"n": ExponentialEvaluation()}, OutcomeSpace([IntegerIssue("n", 1, 1000)]))


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=5), st.integers(-9, 9), st.integers(0, 30), st.integers(1, 3))
@settings(max_examples=30)
def test_the_extremes_of_a_polynomial_over_a_huge_range_are_those_of_trying_all(coefficients, low, length, step):
    import negotiate_rt.problems.worths as room

    issue = IntegerIssue("x", low, low + length, step)
    evaluation = PolynomialEvaluation(coefficients)
    tried = [evaluation(x) for x in issue.values]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "MOST_TABLED", 0)
        part = room.Worths(issue, evaluation, 1.0, "values['x']")
    assert part.table is None
    assert part.extreme(True)[1] == max(tried)
    assert part.extreme(False)[1] == min(tried)


def test_the_extremes_over_a_continuous_issue_lie_at_ends_and_turns():
    utility = AdditiveUtility(
        {"x": 1, "y": 1}, {"x": PolynomialEvaluation((0, 1, -1)), "y": TriangularEvaluation(0, 4, 9)},
        OutcomeSpace([ContinuousIssue("x", 0, 2), OptionalIssue(ContinuousIssue("y", 1, 8))]),
    )  # fmt: skip
    assert utility.parts[0].extreme(True) == (pytest.approx(0.5), pytest.approx(0.25))
    assert utility.parts[0].extreme(False) == (2.0, -2.0)
    assert utility.parts[1].extreme(True) == (4.0, 1.0)
    assert utility.parts[1].extreme(False) == (None, 0.0)
    assert utility((0.5, None)) == 0.25
    plain = AdditiveUtility({"x": 1}, {"x": lambda x: x}, OutcomeSpace([ContinuousIssue("x", 0, 2)]))
    with pytest.raises(ConfigurationError, match=r"a plain function over issue 'x' .* has no best or worst value"):
        plain.parts[0].extreme(True)
    with pytest.raises(ConfigurationError, match="infinitely many outcomes"):
        utility.table()


def test_a_billion_values_cost_nothing_before_they_are_asked_for():
    space = OutcomeSpace([IntegerIssue("price", 0, 10**9), Issue("colour", ("red", "blue"))])
    utility = AdditiveUtility({"price": 1, "colour": 1}, {"price": LinearEvaluation(-1e-9, 1), "colour": COLOURS}, space)
    assert utility((10**9, "red")) == 1.0
    assert utility.parts[0].extreme(True) == (0, 1.0)
    with pytest.raises(ConfigurationError, match=r"values\['price'\]\[1\] is missing"):
        AdditiveUtility({"price": 1, "colour": 1}, {"price": {0: 1.0}, "colour": COLOURS}, space)
    with pytest.raises(ConfigurationError, match=r"values\['price'\]\(0\) raised ZeroDivisionError"):
        AdditiveUtility({"price": 1, "colour": 1}, {"price": lambda x: 1 / x, "colour": COLOURS}, space)
    with pytest.raises(ConfigurationError, match="a table cannot value the continuous issue 'x'"):
        AdditiveUtility({"x": 1}, {"x": {0.0: 1}}, OutcomeSpace([ContinuousIssue("x", 0, 1)]))


def test_an_issue_left_out_is_worth_nothing_unless_its_table_says_so():
    space = OutcomeSpace([OptionalIssue(Issue("warranty", (1, 2)))])
    assert AdditiveUtility({"warranty": 1}, {"warranty": {1: 1, 2: 3}}, space).table().tolist() == [1, 3, 0]
    assert AdditiveUtility({"warranty": 1}, {"warranty": {1: 1, 2: 3, None: -1}}, space).table().tolist() == [1, 3, -1]
    assert AdditiveUtility({"warranty": 2}, {"warranty": lambda years: years}, space).table().tolist() == [2, 4, 0]


def test_weights_that_are_all_zero_are_an_indifferent_party():
    utility = AdditiveUtility({"n": 0, "colour": 0}, {"n": LinearEvaluation(1), "colour": COLOURS}, SPACE)
    assert set(utility.table().tolist()) == {0.0}


def test_a_table_over_a_constrained_space_holds_what_is_left():
    assert TIGHT.size == 6
    assert LIKES.table(TIGHT).tolist() == [LIKES.bind(TIGHT)(outcome) for outcome in TIGHT]
    with pytest.raises(InvalidOffer, match="constraint 'not many reds' does not hold: n = 3, colour = 'red'"):
        LIKES.bind(TIGHT)((3, "red"))


# --------------------------------------------------------------------------------------------------- tables and rankings
def test_a_tabular_utility_takes_a_mapping_or_numbers_in_order():
    numbers = [0.5, 1, 2, 3, 4, 5, 6, 7.5]
    for values in (numbers, np.array(numbers), dict(zip(SPACE, numbers, strict=True))):
        utility = TabularUtility(values, space=SPACE)
        assert utility((3, "blue")) == utility({"n": 3.0, "colour": "blue"}) == 7.5
        assert utility.table().tolist() == numbers
        assert pickle.loads(pickle.dumps(utility)).table().tolist() == numbers
        with pytest.raises(InvalidOffer):
            utility((4, "blue"))
    short = TabularUtility({(0, "red"): 1}, default=-1).bind(SPACE)
    assert short((0, "red")) == 1.0
    assert short((1, "red")) == -1.0
    assert short.table().tolist() == [1] + [-1] * 7
    assert short.bind(SPACE) is short
    huge = OutcomeSpace([IntegerIssue("price", 0, 10**18)])
    assert TabularUtility({(7,): 1}, 0.0, huge)((8,)) == 0.0


@pytest.mark.parametrize(
    ("values", "default", "message"),
    [
        ({(0, "red"): 1}, None, r"values name 1 of 8 outcomes, such as \(0, 'blue'\): name the others, or give a default"),
        ({(9, "red"): 1}, 0, r"values\[\(9, 'red'\)\]: issue 'n' cannot be 9"),
        ({(0, "red"): math.nan}, 0, r"values\[\(0, 'red'\)\] must be finite, got nan"),
        ({(0, "red"): 1}, math.inf, "default must be finite, got inf"),
        ([1, 2], None, "values must be 8 numbers, one per outcome, got 2"),
        ([1, math.nan], None, r"values\[1\] must be finite, got nan"),
        (np.array([1, math.nan]), None, r"values\[1\] must be finite, got nan"),
        (np.ones((2, 4)), None, "values must be a mapping by outcome, or a list of one number per outcome"),
        ("12345678", None, "values must be a mapping by outcome"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(values, default, message):
    with pytest.raises(ConfigurationError, match=message):
        TabularUtility(values, default, SPACE)


def test_a_ranking_becomes_evenly_spread_scores():
    space = OutcomeSpace([Issue("x", ("a", "b", "c", "d"))])
    assert RankedUtility([("b",), ("a",), ("d",), ("c",)], space=space).table().tolist() == [2 / 3, 1, 0, 1 / 3]
    tied = RankedUtility([("b",), [("a",), {"x": "d"}]], space=space)
    assert tied.table().tolist() == [0.5, 1, 0, 0.5]  # c, not named, comes last
    assert tied(("c",)) == 0.0
    assert RankedUtility([("b",), ("a",)], levels=[9, 5, 1], space=space).table().tolist() == [5, 9, 1, 1]
    assert RankedUtility([[("a",), ("b",), ("c",), ("d",)]], space=space).table().tolist() == [1, 1, 1, 1]
    assert pickle.loads(pickle.dumps(tied)).table().tolist() == tied.table().tolist()


@pytest.mark.parametrize(
    ("order", "levels", "message"),
    [
        ([], None, "order must be a list of one or more outcomes"),
        ([("a",), ("a",)], None, r"order\[1\]: \('a',\) stands at order\[0\] already"),
        ([("z",)], None, r"order\[0\]: issue 'x' cannot be 'z'"),
        ([("a",)], [1, 2], "levels must fall from place to place"),
        ([("a",)], [3, 2, 1], "levels must be 2 numbers, one per place, got 3"),
        ([("a",)], [math.nan], r"levels\[0\] must be finite"),
    ],
)
def test_a_ranking_that_is_none_is_refused(order, levels, message):
    with pytest.raises(ConfigurationError, match=message):
        RankedUtility(order, levels, OutcomeSpace([Issue("x", ("a", "b"))]))


# ------------------------------------------------------------------------------------- discounted, rescaled, uncertain
def test_a_discount_per_round_leaves_the_first_round_whole():
    utility = DiscountedUtility(LIKES, 0.9).bind(SPACE)
    assert utility((0, "red")) == utility.at((0, "red")) == 5.0
    assert utility.at((0, "red"), round=3) == pytest.approx(5 * 0.81)
    assert utility.at((0, "red"), round=3, time=100) == pytest.approx(5 * 0.81)
    assert utility.table().tolist() == LIKES.table(SPACE).tolist()
    assert pickle.loads(pickle.dumps(utility)).at((0, "red"), round=2) == pytest.approx(4.5)


def test_a_discount_per_time_counts_seconds():
    utility = DiscountedUtility(LIKES, 0.5, per="time").bind(SPACE)
    assert utility.at((0, "red"), time=2, round=50) == 1.25
    assert utility.at((0, "red"), time=0.5) == pytest.approx(5 * math.sqrt(0.5))


def test_a_discount_of_zero_leaves_only_the_first_moment():
    assert DiscountedUtility(LIKES, 0).factor(round=1) == 1.0
    assert DiscountedUtility(LIKES, 0).factor(round=2) == 0.0
    assert DiscountedUtility(LIKES, 0, "time").factor(time=0.0) == 1.0
    assert DiscountedUtility(LIKES, 0, "time").factor(time=1e-9) == 0.0
    assert DiscountedUtility(LIKES, 1).factor(round=10**6) == 1.0


@pytest.mark.parametrize("discount", [-0.1, 1.1, math.nan, math.inf, "0.9", True, None])
def test_a_discount_outside_zero_to_one_is_refused(discount):
    with pytest.raises(ConfigurationError, match="discount must be"):
        DiscountedUtility(LIKES, discount)


@pytest.mark.parametrize("moment", [{"round": 0}, {"time": -1}, {"time": math.nan}])
def test_a_moment_before_the_beginning_is_refused(moment):
    with pytest.raises(ConfigurationError, match="rounds count from 1 and time from 0"):
        DiscountedUtility(LIKES, 0.5).factor(**moment)
    with pytest.raises(ConfigurationError, match="per must be 'round' or 'time', got 'day'"):
        DiscountedUtility(LIKES, 0.5, "day")


def test_a_plain_function_is_discounted_without_a_space():
    share = DiscountedUtility(lambda share: share, 0.9)
    assert share.at(0.5, round=2) == pytest.approx(0.45)


def test_an_affine_utility_turns_preferences_round():
    against = AffineUtility(LIKES, -1, 5).bind(SPACE)
    assert against((0, "red")) == 0.0
    assert against.table().tolist() == [5 - worth for worth in LIKES.table(SPACE).tolist()]
    assert pickle.loads(pickle.dumps(against))((3, "blue")) == 5.0


def test_an_uncertain_utility_is_worth_what_is_expected():
    unsure = UncertainUtility([LIKES, lambda outcome: 10.0], [0.75, 0.25], SPACE)
    assert unsure((0, "red")) == 0.75 * 5 + 0.25 * 10
    assert unsure.table().tolist() == [unsure(outcome) for outcome in SPACE]
    drawn = [unsure.sample(random.Random(seed)) is unsure.utilities[1] for seed in range(400)]
    assert 60 < sum(drawn) < 140
    assert UncertainUtility([LIKES, LIKES]).probabilities == (0.5, 0.5)


@pytest.mark.parametrize(
    ("utilities", "probabilities", "message"),
    [
        ([], None, "utilities must be a list of one or more utility functions"),
        ([3], None, "utilities must be a list of one or more utility functions"),
        ([LIKES], [0.5], "probabilities must sum to 1, got 0.5"),
        ([LIKES, LIKES], [1.5, -0.5], r"probabilities\[1\] must be >= 0, got -0.5"),
        ([LIKES], [0.5, 0.5], "1 utilities need as many probabilities, got 2"),
        ([LIKES], [math.nan], r"probabilities\[0\] must be finite"),
    ],
)
def test_a_distribution_that_is_none_is_refused(utilities, probabilities, message):
    with pytest.raises(ConfigurationError, match=message):
        UncertainUtility(utilities, probabilities)


# ------------------------------------------------------------------------------------------------------- interdependent
@pytest.mark.parametrize("space", [SPACE, TIGHT])
def test_boxes_that_hold_the_outcome_add_their_bonuses(space):
    utility = HyperRectangleUtility(
        [Box({"n": Span(1, 2)}, 0.5), Box({"n": (1, 3), "colour": "red"}, 0.25), Box({"colour": "blue"}, -0.125)]
    ).bind(space)
    assert utility((1, "red")) == 0.75
    assert utility((0, "red")) == 0.0
    assert utility((2, "blue")) == 0.375
    assert utility.table().tolist() == [utility(outcome) for outcome in space]
    assert pickle.loads(pickle.dumps(utility.bind(SPACE)))((1, "red")) == 0.75


def test_satisfied_constraints_add_their_weights():
    utility = ConstraintUtility(
        [
            WeightedConstraint(LinearConstraint({"n": 1}, most=1), 2),
            (ForbiddenConstraint({"colour": "red", "n": 3}), 1),
            (ImpliedConstraint({"colour": "blue"}, {"n": 0}), 0.5),
            (Constraint("even", lambda outcome: outcome[0] % 2 == 0), 0.25),
        ],
        start=10, space=SPACE,
    )  # fmt: skip
    assert utility((0, "blue")) == 13.75
    assert utility((3, "red")) == 10.5
    assert utility.table().tolist() == [utility(outcome) for outcome in SPACE]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Box({"n": 1}, math.nan), "box.bonus must be finite, got nan"),
        (lambda: Box({}, 1), "a combination must name one or more issues"),
        (lambda: Box({"n": ()}, 1), "a combination names no values for issue 'n'"),
        (lambda: HyperRectangleUtility([3]), r"boxes\[0\] must be a Box, got int"),
        (lambda: HyperRectangleUtility([Box({"m": 1}, 1)], space=SPACE), r"boxes\[0\] \(m = 1\): there is no issue 'm'"),
        (lambda: HyperRectangleUtility([Box({"n": 9}, 1)], space=SPACE), r"boxes\[0\].*: issue 'n' has no value 9"),
        (lambda: HyperRectangleUtility([Box({"colour": Span(1)}, 1)], space=SPACE), "holds 'red', which is no number"),
        (lambda: WeightedConstraint(Constraint("c", bool), -1), "constraint weight must be >= 0, got -1"),
        (lambda: Span(2, 1), "a span's low must not be above its high"),
    ],
)
def test_a_region_that_is_none_is_refused(make, message):
    with pytest.raises(ConfigurationError, match=message):
        make()


def test_regions_travel_by_json():
    box = Box({"n": Span(1, 2), "colour": ("red", "blue")}, 0.5)
    assert msgspec.json.decode(msgspec.json.encode(box), type=Box) == box
    wish = WeightedConstraint(ImpliedConstraint({"n": Span(high=2)}, {"colour": "red"}), 2)
    twin = msgspec.json.decode(msgspec.json.encode(wish), type=WeightedConstraint)
    assert utility_table(SPACE, ConstraintUtility([twin])).tolist() == utility_table(SPACE, ConstraintUtility([wish])).tolist()
