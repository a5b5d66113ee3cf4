from __future__ import annotations

import itertools
import math
import pickle
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError, InvalidOffer
from negotiate_rt.problems.evaluations import LinearEvaluation
from negotiate_rt.problems.interdependent import Box, HyperRectangleUtility
from negotiate_rt.problems.issues import (
    Constraint,
    ContinuousIssue,
    ForbiddenConstraint,
    ImpliedConstraint,
    IntegerIssue,
    Issue,
    LinearConstraint,
    OptionalIssue,
    OutcomeSpace,
    Span,
)
from negotiate_rt.problems.utility import AdditiveUtility

A, B, C = IntegerIssue("a", 0, 4), IntegerIssue("b", 0, 4), Issue("c", ("x", "y", "z"))
BUDGET = LinearConstraint({"a": 1, "b": 2}, most=4)
RULES = {
    "budget": BUDGET,
    "floor": LinearConstraint({"a": 1, "d": -1}, least=0),
    "forbidden": ForbiddenConstraint({"b": Span(1, 2), "c": ("x", "y")}),
    "implied": ImpliedConstraint({"d": 3}, {"a": Span(2)}),
    "predicate": Constraint("odd", lambda outcome: sum(outcome[:2]) % 2 == 1),
    "narrow": Constraint("differ", lambda d, a: a != d, ("d", "a")),
}
HOLDS = {
    "budget": lambda a, b, c, d: a + 2 * b <= 4,
    "floor": lambda a, b, c, d: a >= d,
    "forbidden": lambda a, b, c, d: not (1 <= b <= 2 and c in "xy"),
    "implied": lambda a, b, c, d: d != 3 or a >= 2,
    "predicate": lambda a, b, c, d: (a + b) % 2 == 1,
    "narrow": lambda a, b, c, d: a != d,
}
ISSUES = (A, B, C, IntegerIssue("d", 0, 3))


@given(st.sets(st.sampled_from(sorted(RULES))))
@settings(max_examples=8)
def test_a_constrained_space_holds_numbers_and_lists_exactly_what_its_rules_leave(names):
    space = OutcomeSpace(ISSUES, [RULES[name] for name in sorted(names)])
    every = list(itertools.product(range(5), range(5), "xyz", range(4)))
    left = [outcome for outcome in every if all(HOLDS[name](*outcome) for name in names)]
    assert [outcome for outcome in every if space.contains(outcome)] == left
    assert list(space) == left
    assert space.size == len(space) == len(left)
    assert [space.at(number) for number in range(space.size)] == left
    assert [space.index(outcome) for outcome in left] == list(range(space.size))
    columns = space.columns()
    assert [tuple(issue.at(k) for issue, k in zip(ISSUES, row, strict=True)) for row in zip(*columns, strict=True)] == left
    assert set(space.sample(random.Random(1), 20)) <= set(left)
    assert sorted(space.sample(random.Random(1), len(left), replace=False)) == sorted(left)


def test_ten_to_the_eighteen_outcomes_under_constraints_have_exact_numbers():
    issues = [IntegerIssue(f"i{n}", 0, 9) for n in range(18)]
    space = OutcomeSpace(
        issues, [LinearConstraint({"i0": 1, "i9": 1, "i17": 1}, most=9), ForbiddenConstraint({"i3": 1, "i4": 1})]
    )
    assert space.size == 220 * 99 * 10**13  # 220 = C(12, 3) triples of digits with a sum of at most 9
    for number in (0, 1, 12345678901234567, space.size - 1):
        outcome = space.at(number)
        assert space.contains(outcome)
        assert space.index(outcome) == number
    assert space.at(0) < space.at(1) < space.at(10**17) < space.at(space.size - 1)
    assert all(space.contains(outcome) for outcome in space.sample(random.Random(3), 50))
    with pytest.raises(ConfigurationError, match="at most 10000000 can be enumerated"):
        iter(space)
    with pytest.raises(IndexError, match="so none with index"):
        space.at(space.size)


def test_few_outcomes_of_a_huge_grid_are_listed_by_their_numbers():
    issues = [IntegerIssue(f"i{n}", 0, 9) for n in range(18)]
    pairs = [LinearConstraint({f"i{n}": 1, f"i{n + 1}": 1}, most=1 if n == 4 else 0) for n in range(0, 18, 2)]
    space = OutcomeSpace(issues, pairs)
    assert space.size == 3
    assert [(outcome[4], outcome[5], sum(outcome)) for outcome in space] == [(0, 0, 0), (0, 1, 1), (1, 0, 1)]
    worth = AdditiveUtility({name: n for n, name in enumerate(space.names)}, dict.fromkeys(space.names, LinearEvaluation(1)))
    assert worth.table(space).tolist() == [0, 5, 4]
    assert HyperRectangleUtility([Box({"i5": 1}, 2)]).table(space).tolist() == [0, 2, 0]


def test_an_outcome_that_breaks_a_rule_is_refused_by_its_name():
    space = OutcomeSpace(ISSUES, list(RULES.values()))
    for outcome, message in [
        ((4, 1, "z", 0), r"constraint 'a \+ 2 b <= 4' does not hold: a = 4, b = 1"),
        ((1, 0, "z", 2), r"constraint '0 <= a \+ -1 d' does not hold: a = 1, d = 2"),
        ((1, 1, "x", 0), r"constraint .not \(b from 1 to 2 and c in \('x', 'y'\)\). does not hold: b = 1, c = 'x'"),
        ((2, 0, "z", 0), "constraint 'odd' does not hold"),
        ((3, 0, "z", 3), "constraint 'differ' does not hold: a = 3, d = 3"),
    ]:
        with pytest.raises(InvalidOffer, match=message):
            space.outcome(outcome)
        with pytest.raises(InvalidOffer, match=message):
            space.index(dict(zip("abcd", outcome, strict=True)))
    assert "subject to 'a + 2 b <= 4'" in space.json_schema()["description"]


def test_rounding_does_not_break_a_linear_bound():
    space = OutcomeSpace([Issue("p", (0.1, 0.2)), Issue("q", (0.2, 0.3))], [LinearConstraint({"p": 1, "q": 1}, most=0.3)])
    assert list(space) == [(0.1, 0.2)]  # 0.1 + 0.2 is 0.30000000000000004


def test_an_optional_issue_counts_as_nothing_in_a_sum():
    space = OutcomeSpace([OptionalIssue(A), B], [LinearConstraint({"a": 1, "b": 1}, most=0)])
    assert list(space) == [(0, 0), (None, 0)]
    spans = OutcomeSpace([OptionalIssue(A)], [ForbiddenConstraint({"a": Span(1, 4)})])
    assert list(spans) == [(0,), (None,)]


def test_a_continuous_space_is_sampled_under_its_constraints():
    space = OutcomeSpace(
        [ContinuousIssue("x", 0, 1), ContinuousIssue("y", 0, 1), OptionalIssue(ContinuousIssue("z", 5, 6))],
        [LinearConstraint({"x": 1, "y": 1}, most=0.5)],
    )
    drawn = space.sample(random.Random(4), 100, replace=False)
    assert len(set(drawn)) == 100
    assert all(space.contains(outcome) and outcome[0] + outcome[1] <= 0.5 for outcome in drawn)
    assert drawn == space.sample(random.Random(4), 100, replace=False)
    assert 20 < sum(outcome[2] is None for outcome in drawn) < 80
    grid = space.discretize(3)
    assert grid.size == 3 * 4
    assert grid.constraints == space.constraints


def test_a_space_without_outcomes_says_which_rules_leave_none():
    empty = OutcomeSpace([A, B], [BUDGET, LinearConstraint({"a": 1}, least=5)])
    for ask in (lambda: empty.size, lambda: list(empty), lambda: empty.at(0), empty.columns):
        with pytest.raises(ConfigurationError, match=r"no outcome satisfies the constraints 'a \+ 2 b <= 4', '5 <= a'"):
            ask()
    assert not empty.countable
    assert not empty.contains((4, 0))


@pytest.mark.slow
def test_drawing_what_hardly_ever_holds_ends_in_an_error():
    with pytest.raises(ConfigurationError, match=r"100000 draws found no further outcome under the constraints 'never'"):
        OutcomeSpace([ContinuousIssue("x", 0, 1)], [Constraint("never", lambda x: False)]).sample(random.Random(1), 1)


def test_rules_over_too_many_combinations_still_say_what_is_legal():
    wide = OutcomeSpace(
        [IntegerIssue("a", 0, 10**6), IntegerIssue("b", 0, 10**6)], [LinearConstraint({"a": 1, "b": 1}, most=10**6)]
    )
    assert wide.contains((1, 2))
    assert not wide.contains((10**6, 2))
    assert all(wide.contains(outcome) for outcome in wide.sample(random.Random(5), 20))
    assert not wide.countable
    with pytest.raises(ConfigurationError, match="tie the issues a, b with 1000002000001 combinations; at most 10000000"):
        _ = wide.size


def test_samples_are_seeded_and_different_if_asked():
    space = OutcomeSpace([IntegerIssue("n", 0, 10**30)])
    assert space.sample(random.Random(1), 5) == space.sample(random.Random(1), 5)
    assert len(set(space.sample(random.Random(1), 500, replace=False))) == 500
    small = OutcomeSpace([A])
    assert len(small.sample(random.Random(1), 50)) == 50
    with pytest.raises(ConfigurationError, match="there are only 5 outcomes, so no 6 different ones"):
        small.sample(random.Random(1), 6, replace=False)
    for count in (-1, 1.5, True):
        with pytest.raises(ConfigurationError, match="count must be a whole number of at least 0"):
            small.sample(random.Random(1), count)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LinearConstraint({"a": 1}), "a linear constraint needs a bound"),
        (lambda: LinearConstraint({}, most=1), "coefficients must name one or more issues"),
        (lambda: LinearConstraint({"a": math.nan}, most=1), r"coefficients\['a'\] must be finite"),
        (lambda: LinearConstraint({"a": 1}, most=1, least=2), "no sum is at least 2.0 and at most 1.0"),
        (lambda: Constraint("", bool), "constraint.name must be a non-empty string"),
        (lambda: Constraint("c", 3), "constraint 'c': test must be callable, got int"),
        (lambda: OutcomeSpace([A], [3]), r"constraints\[0\] must be a Constraint, got int"),
        (lambda: OutcomeSpace([A], BUDGET), "constraints must be a list of constraints"),
        (lambda: OutcomeSpace([A], [BUDGET]), "constraint 'a . 2 b <= 4': there is no issue 'b', only a"),
        (lambda: OutcomeSpace([C], [LinearConstraint({"c": 1}, most=1)]), "issue 'c' holds 'x', which is no number"),
        (lambda: OutcomeSpace([C], [ForbiddenConstraint({"c": "w"})]), "issue 'c' has no value 'w'; legal: 'x', 'y', 'z'"),
        (lambda: OutcomeSpace([C], [Constraint("k", bool, ("d",))]), "constraint 'k': there is no issue 'd', only c"),
        (lambda: ForbiddenConstraint({}), "a combination must name one or more issues"),
    ],
)
def test_a_constraint_that_does_not_fit_is_refused(make, message):
    with pytest.raises(ConfigurationError, match=message):
        make()


def test_a_predicate_that_fails_says_for_what():
    space = OutcomeSpace([A], [Constraint("bad", lambda a: 1 / a, ("a",))])
    with pytest.raises(ConfigurationError, match=r"constraint 'bad' raised ZeroDivisionError for \(0,\)"):
        space.contains((0,))


def test_a_constrained_space_travels():
    space = OutcomeSpace(ISSUES, [RULES[name] for name in ("budget", "floor", "forbidden", "implied")])
    twin = msgspec.json.decode(msgspec.json.encode(space), type=OutcomeSpace)
    assert twin == space
    assert list(twin) == list(space)
    assert pickle.loads(pickle.dumps(space)) == space
    assert hash(space) == hash(twin)
