"""Inverse queries: what brute force says, on ranked spaces and on searched ones, and exactness on huge ones."""

from __future__ import annotations

import gc
import math
import random
import weakref
from itertools import islice, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError, InvalidOffer
from negotiate_rt.problems import sums as sums_room
from negotiate_rt.problems.additive_search import AdditiveSearch
from negotiate_rt.problems.derived import DiscountedUtility
from negotiate_rt.problems.evaluations import LinearEvaluation, PolynomialEvaluation
from negotiate_rt.problems.inverse import RankedOutcomes, inverse
from negotiate_rt.problems.issues import (
    ContinuousIssue,
    IntegerIssue,
    Issue,
    LinearConstraint,
    OptionalIssue,
    OrdinalIssue,
    OutcomeSpace,
)
from negotiate_rt.problems.utility import AdditiveUtility

KINDS = ("searched", "searched in small lists", "ranked")


hundredths = st.integers(-400, 400).map(lambda n: n / 100)


@st.composite
def problems(draw):
    """A small space of mixed issues and an additive utility, on a grid (many ties) or not."""
    number = st.integers(-3, 3) if draw(st.booleans()) else st.floats(-1, 1).map(lambda x: round(x, 6))
    issues, values = [], {}
    for n in range(draw(st.integers(1, 4))):
        name, size = f"i{n}", draw(st.integers(1, 4))
        kind = draw(st.sampled_from(("named", "ordered", "number", "optional")))
        if kind == "number":
            issues.append(IntegerIssue(name, 0, size - 1))
            slope = draw(number)
            values[name] = LinearEvaluation(slope, 1)
            continue
        issue = (OrdinalIssue if kind == "ordered" else Issue)(name, tuple("abcd"[:size]))
        issues.append(OptionalIssue(issue) if kind == "optional" else issue)
        values[name] = {value: draw(number) for value in issue.values}
    weights = {issue.name: draw(st.sampled_from((0, 1, 0.5))) for issue in issues}
    sums = {issue.name: 1 for issue in issues if isinstance(issue, IntegerIssue)}
    constraints = [LinearConstraint(sums, most=2)] if sums and draw(st.booleans()) else []
    space = OutcomeSpace(issues, constraints)
    return space, AdditiveUtility(weights, values, space)


def answers(kind, space, utility, patch):
    if kind == "searched in small lists":
        patch.setattr(sums_room, "_LONGEST", 5)
    return RankedOutcomes(space, utility) if kind == "ranked" else AdditiveSearch(space, utility)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@given(problem=problems(), target=hundredths, width=hundredths.map(abs))
@settings(max_examples=150)
def test_every_query_equals_brute_force_on_many_problems(kind, problem, target, width):
    check_against_brute_force(kind, *problem, target, width)


@pytest.mark.parametrize("kind", KINDS)
@given(problem=problems(), target=hundredths, width=hundredths.map(abs))
@settings(max_examples=12)
def test_every_query_equals_brute_force(kind, problem, target, width):
    check_against_brute_force(kind, *problem, target, width)


def check_against_brute_force(kind, space, utility, target, width):
    near = 1e-9
    worths = {outcome: utility(outcome) for outcome in space}
    with pytest.MonkeyPatch.context() as patch:
        found = answers(kind, space, utility, patch)
        assert utility(found.best()) == pytest.approx(max(worths.values()), abs=near)
        assert utility(found.worst()) == pytest.approx(min(worths.values()), abs=near)
        assert found.highest == pytest.approx(max(worths.values()), abs=near)
        above = [worth for worth in worths.values() if worth >= target - 1e-13]
        outcome = found.at_or_above(target)
        assert (outcome is None) == (not above)
        assert outcome is None or utility(outcome) == pytest.approx(min(above), abs=near)
        closest = min(abs(worth - target) for worth in worths.values())
        below = [worth for worth in worths.values() if worth <= target + 1e-13]
        outcome = found.at_or_below(target)
        assert (outcome is None) == (not below)
        assert outcome is None or utility(outcome) == pytest.approx(max(below), abs=near)
        assert abs(utility(found.nearest(target)) - target) == pytest.approx(closest, abs=near)
        low, high = target - 1e-7, target + width + 1e-7
        inside = sorted((worth for worth in worths.values() if low <= worth <= high), reverse=True)
        for best_first in (True, False):
            band = list(found.band(low, high, best_first=best_first))
            assert len(set(band)) == len(band) == len(inside)
            expected = inside if best_first else inside[::-1]
            assert [utility(one) for one in band] == pytest.approx(expected, abs=near)
        offer = next(iter(worths))
        nearest = found.nearest_to(offer, low, high)
        apart = [distance(space, one, offer) for one, worth in worths.items() if low <= worth <= high]
        assert (nearest is None) == (not apart)
        assert nearest is None or distance(space, nearest, offer) == pytest.approx(min(apart), abs=near)


def distance(space, one, other):
    total = 0.0
    for issue, x, y in zip(space.issues, one, other, strict=True):
        inner = issue.issue if isinstance(issue, OptionalIssue) else issue
        if x is None or y is None or not inner.ordered:
            total += x != y
        elif inner.size > 1:
            total += abs(inner.find(x) - inner.find(y)) / (inner.size - 1)
    return total


TRIP = OutcomeSpace([Issue("city", ("Oslo", "Bern", "Rome")), IntegerIssue("days", 1, 5), OrdinalIssue("class", (3, 2, 1))])
WISH = AdditiveUtility(
    {"city": 0.5, "days": 0.3, "class": 0.2},
    {"city": {"Oslo": 1, "Bern": 0.5, "Rome": 0}, "days": LinearEvaluation(0.25, -0.25), "class": {3: 0, 2: 0.5, 1: 1}}, TRIP,
)  # fmt: skip


def test_the_first_of_equal_outcomes_is_taken():
    found = inverse(TRIP, WISH)
    assert found is inverse(TRIP, WISH)
    assert found.best() == ("Oslo", 5, 1)
    assert found.worst() == ("Rome", 1, 3)
    assert (found.highest, found.lowest) == (1.0, 0.0)
    assert found.at_or_above(0.5) == ("Oslo", 1, 3)  # 0.5 exactly, before ("Bern", 2, 1)'s 0.525 and the like
    assert found.at_or_above(1.0001) is None
    assert found.at_or_above(-7) == ("Rome", 1, 3)
    assert found.nearest(7) == ("Oslo", 5, 1)
    assert found.nearest(-7) == ("Rome", 1, 3)
    assert found.count(0.9, 1.0) == len(list(found.band(0.9, 1.0)))
    assert list(found.band(0.9)) == [("Oslo", 5, 1), ("Oslo", 4, 1), ("Oslo", 5, 2)]
    assert list(found.band(0.9, best_first=False)) == [("Oslo", 5, 2), ("Oslo", 4, 1), ("Oslo", 5, 1)]
    assert list(found.band(2, 3)) == list(found.band(0.3, 0.2)) == []


def test_a_trade_off_keeps_the_utility_and_comes_nearest_to_the_offer():
    found = inverse(TRIP, WISH)
    assert found.nearest_to(("Rome", 5, 3), 0.5, 0.55) == ("Bern", 5, 3)
    assert WISH(("Bern", 5, 3)) == 0.55
    assert found.nearest_to({"city": "Rome", "days": 5, "class": 3}, 0.5, 0.55, weights={"city": 1}) == ("Rome", 5, 1)
    assert found.nearest_to(("Rome", 5, 3), 0.7, distances={"days": lambda x, y: 10 * abs(x - y)}) == ("Oslo", 5, 3)
    assert found.nearest_to(("Rome", 5, 3), 2) is None
    with pytest.raises(InvalidOffer, match="issue 'days' cannot be 9"):
        found.nearest_to(("Rome", 9, 3))


@pytest.mark.parametrize("kind", KINDS)
def test_queries_that_are_none_are_refused(kind):
    with pytest.MonkeyPatch.context() as patch:
        found = answers(kind, TRIP, WISH, patch)
    for ask, message in [
        (lambda: found.at_or_above(math.nan), "a target utility must be finite, got nan"),
        (lambda: found.nearest(math.inf), "a target utility must be finite, got inf"),
        (lambda: found.nearest("x"), "a target utility must be a number"),
        (lambda: found.band(math.nan), "a band's low must be finite, got nan"),
        (lambda: found.band(0, "x"), "a band's high must be a number"),
        (lambda: found.nearest_to(("Rome", 5, 3), weights={"town": 1}), r"weights\['town'\]: there is no such issue"),
        (lambda: found.nearest_to(("Rome", 5, 3), weights={"city": -1}), r"weights\['city'\] must be >= 0, got -1"),
        (lambda: found.nearest_to(("Rome", 5, 3), weights={"city": math.nan}), r"weights\['city'\] must be finite"),
    ]:
        with pytest.raises(ConfigurationError, match=message):
            ask()


def huge(issues, values, seed, constraints=(), grid=None):
    rng = random.Random(seed)
    space = OutcomeSpace([IntegerIssue(f"i{n}", 0, values - 1) for n in range(issues)], constraints)
    worth = (lambda: rng.randrange(grid) / grid) if grid else rng.random
    tables = {name: {value: worth() for value in range(values)} for name in space.names}
    return space, AdditiveUtility(dict.fromkeys(space.names, 1.0), tables, space)


@pytest.mark.slow
def test_a_target_among_ten_to_the_twelve_is_met_as_closely_as_brute_force_over_halves():
    space, utility = huge(8, 8, 5)  # 16,777,216 outcomes: too many to be ranked, few enough to be tried here
    found = inverse(space, utility)
    assert isinstance(found, AdditiveSearch)
    import numpy as np

    total = np.zeros(1)
    for part in utility.parts:
        total = np.add.outer(total, part.array()).ravel()
    for target in (1.0, 3.3, 4.0, 6.5):
        above = total[total >= target]
        outcome = found.at_or_above(target)
        assert (outcome is None) == (above.size == 0)
        assert outcome is None or utility(outcome) == pytest.approx(above.min(), abs=1e-11)
        assert utility(found.nearest(target)) == pytest.approx(total[np.abs(total - target).argmin()], abs=1e-11)
    top = np.sort(total)[::-1][:5000]
    assert [utility(outcome) for outcome in islice(found.band(), 5000)] == pytest.approx(top.tolist(), abs=1e-11)
    middle = np.sort(total[total <= 4.0])[::-1][:5000]
    assert [utility(outcome) for outcome in islice(found.band(high=4.0), 5000)] == pytest.approx(middle.tolist(), abs=1e-11)


@pytest.mark.slow
@pytest.mark.parametrize("issues", [18, 24])
def test_among_ten_to_the_eighteen_any_target_is_met_to_the_last_digits(issues):
    space, utility = huge(issues, 10, 7)
    found = inverse(space, utility)
    target = 0.55 * found.highest + 0.45 * found.lowest
    assert utility(found.at_or_above(target)) == pytest.approx(target, abs=1e-10)
    assert utility(found.nearest(target)) == pytest.approx(target, abs=1e-10)
    band = list(islice(found.band(target - 0.1, target), 5))
    assert len(set(band)) == 5
    assert all(target - 0.1 <= utility(outcome) <= target + 1e-9 for outcome in band)
    offer = found.best()
    near = found.nearest_to(offer, target, target * 1.01)
    assert target - 1e-9 <= utility(near) <= target * 1.01 + 1e-9


def test_round_worths_over_ten_to_the_eighteen_are_answered_exactly():
    space, utility = huge(18, 10, 3, grid=20)
    found = inverse(space, utility)
    assert found.highest == pytest.approx(sum(max(part.table.values()) for part in utility.parts))
    assert utility(found.at_or_above(9.0)) == pytest.approx(9.0)
    assert utility(found.at_or_above(9.001)) == pytest.approx(9.05)
    assert utility(found.nearest(9.02)) == pytest.approx(9.0)
    assert found.at_or_above(found.highest + 0.01) is None
    first = list(islice(found.band(high=9.07), 30))
    assert len(set(first)) == 30
    assert {round(utility(outcome), 6) for outcome in first} == {9.05}
    rising = islice(found.band(low=found.lowest, best_first=False), 30)
    worths = [utility(outcome) for outcome in rising]
    assert worths == pytest.approx(sorted(worths))
    assert worths[0] == pytest.approx(found.lowest)


def test_constraints_on_a_huge_space_are_kept():
    limits = [LinearConstraint({f"i{n}": 1 for n in range(4)}, most=9), LinearConstraint({"i7": 1, "i9": 1}, least=12)]
    space, utility = huge(18, 10, 3, limits, grid=20)
    found = inverse(space, utility)
    assert isinstance(found, AdditiveSearch)
    for outcome in (found.best(), found.worst(), found.at_or_above(9.0), found.nearest(9.02)):
        assert space.contains(outcome)
    assert utility(found.at_or_above(9.0)) == pytest.approx(9.0)
    assert all(space.contains(outcome) for outcome in islice(found.band(9.0, 9.5), 10))
    assert space.contains(found.nearest_to(found.worst(), 9.0, 9.5))
    tables = [part.table for part in utility.parts]
    four = max(sum(tables[k][x] for k, x in enumerate(four)) for four in product(range(10), repeat=4) if sum(four) <= 9)
    two = max(tables[7][x] + tables[9][y] for x in range(10) for y in range(10) if x + y >= 12)
    others = sum(max(tables[k].values()) for k in range(4, 18) if k not in (7, 9))
    assert utility(found.best()) == found.highest == pytest.approx(four + two + others)


def test_constraints_over_too_many_issues_are_met_by_trying(monkeypatch):
    loose = LinearConstraint({f"i{n}": 1 for n in range(18)}, most=100)
    space, utility = huge(18, 10, 3, [loose], grid=20)
    found = inverse(space, utility)
    assert not space.countable
    for outcome in (found.best(), found.worst(), found.at_or_above(9.0), found.nearest(9.02)):
        assert space.contains(outcome)
    assert space.contains(found.nearest_to(found.worst(), 9.0, 9.5))
    never = LinearConstraint({f"i{n}": 1 for n in range(18)}, most=-1)
    hopeless, same = huge(18, 10, 3, [never], grid=20)
    monkeypatch.setattr("negotiate_rt.problems.additive_search._MOST_TRIED", 100)
    with pytest.raises(ConfigurationError, match="100 outcomes in a row break"):
        inverse(hopeless, same).best()


def test_a_price_of_a_billion_steps_is_searched_without_being_listed():
    space = OutcomeSpace([IntegerIssue("price", 0, 10**9), Issue("colour", ("red", "blue")), IntegerIssue("days", 1, 30)])
    for slope in (1e-9, -1e-9):
        utility = AdditiveUtility(
            {"price": 0.5, "colour": 0.25, "days": 0.25},
            {"price": LinearEvaluation(slope, max(0, -slope * 10**9)), "colour": {"red": 1, "blue": 0},
             "days": PolynomialEvaluation((1, -0.01))}, space,
        )  # fmt: skip
        found = inverse(space, utility)
        assert found.best() == (10**9 if slope > 0 else 0, "red", 1)
        outcome = found.at_or_above(0.612345678)
        assert utility(outcome) - 0.612345678 == pytest.approx(0, abs=1e-9)
        assert utility(outcome) >= 0.612345678 - 1e-12
        assert utility(found.nearest(0.4)) == pytest.approx(0.4, abs=1e-9)
        band = list(islice(found.band(0.3, 0.4), 100))
        worths = [utility(one) for one in band]
        assert len(set(band)) == 100
        assert worths == pytest.approx(sorted(worths, reverse=True), abs=1e-12)
        assert worths[0] <= 0.4 + 1e-9


def test_a_continuous_space_has_a_best_and_a_worst_outcome_and_says_what_the_rest_needs():
    space = OutcomeSpace([ContinuousIssue("x", 0, 2), Issue("colour", ("red", "blue"))])
    utility = AdditiveUtility(
        {"x": 1, "colour": 1}, {"x": PolynomialEvaluation((0, 2, -1)), "colour": {"red": 0, "blue": 1}}, space
    )
    found = inverse(space, utility)
    assert found.best() == (pytest.approx(1.0), "blue")
    assert found.worst() == (0.0, "red")
    assert found.highest == pytest.approx(2.0)
    for ask in (lambda: next(found.band()), lambda: found.nearest_to((1, "red"))):
        with pytest.raises(ConfigurationError, match=r"infinitely many outcomes .* discretize"):
            ask()
    grid = space.discretize(101)
    assert inverse(grid, utility.bind(grid)).best() == (1.0, "blue")


@given(
    st.lists(st.integers(-3, 3), min_size=3, max_size=3), st.lists(st.integers(-4, 4), min_size=1, max_size=4),
    st.sampled_from((0, 0.5, 2)), hundredths,
)  # fmt: skip
@settings(max_examples=40)
def test_a_target_over_continuous_issues_is_met_exactly_where_it_can_be(worths, coefficients, weight, target):
    space = OutcomeSpace([ContinuousIssue("x", -1, 2), Issue("c", ("a", "b", "c")), ContinuousIssue("y", 0, 1)])
    utility = AdditiveUtility(
        {"x": 1, "c": 1, "y": weight},
        {"x": PolynomialEvaluation(coefficients), "c": dict(zip("abc", worths, strict=True)), "y": LinearEvaluation(-1, 1)},
        space,
    )
    found = inverse(space, utility)
    least = utility.parts[0].extreme(False)[1]
    most = utility.parts[0].extreme(True)[1] + weight
    reached = [min(max(target, least + worth), most + worth) for worth in worths]  # the nearest that each category gives
    above = [worth for worth in reached if worth >= target - 1e-9]
    below = [worth for worth in reached if worth <= target + 1e-9]
    for outcome, expected in [
        (found.at_or_above(target), min(above, default=None)),
        (found.at_or_below(target), max(below, default=None)),
        (found.nearest(target), min(reached, key=lambda worth: abs(worth - target))),
    ]:
        if expected is None:
            assert outcome is None
        elif outcome is not None or abs(expected - target) > 1e-8:
            assert space.contains(outcome)
            assert abs(utility(outcome) - target) == pytest.approx(abs(expected - target), abs=1e-8)


def test_a_discounted_utility_is_searched_like_the_one_it_discounts():
    space, utility = huge(18, 10, 3, grid=20)
    assert utility(inverse(space, DiscountedUtility(utility, 0.9)).at_or_above(9.0)) == pytest.approx(9.0)


def test_answers_go_with_their_utility():
    def plain(outcome):
        return float(outcome[1])

    for make in (lambda: AdditiveUtility(WISH.weights, WISH.values, TRIP), lambda: AdditiveUtility(WISH.weights, WISH.values)):
        utility = make()
        gone = weakref.ref(inverse(TRIP, utility))
        assert inverse(TRIP, utility) is gone()
        del utility
        gc.collect()
        assert gone() is None
    gone = weakref.ref(inverse(TRIP, plain))
    assert inverse(TRIP, plain) is gone()
    del plain
    gc.collect()
    assert gone() is None


def test_a_plain_function_over_a_huge_space_is_refused():
    space, _ = huge(18, 10, 3, grid=20)
    with pytest.raises(ConfigurationError, match=f"the space has {10**18} outcomes"):
        inverse(space, lambda outcome: 0.0)


def test_a_single_outcome_and_an_indifferent_party_are_normal_input():
    one = OutcomeSpace([Issue("x", ("only",))])
    for found in (inverse(one, lambda outcome: 0.25), AdditiveSearch(one, AdditiveUtility({"x": 1}, {"x": {"only": 0.25}}, one))):
        assert found.best() == found.worst() == found.nearest(9) == found.at_or_above(0.25) == ("only",)
        assert list(found.band()) == [("only",)]
        assert found.at_or_above(0.3) is None
        assert found.nearest_to(("only",)) == ("only",)
    indifferent = AdditiveUtility({"city": 0, "days": 0, "class": 0}, WISH.values, TRIP)
    for found in (RankedOutcomes(TRIP, indifferent), AdditiveSearch(TRIP, indifferent)):
        assert len(list(found.band())) == TRIP.size
        assert TRIP.contains(found.at_or_above(0.0))
        assert found.at_or_above(0.1) is None
        assert found.nearest_to(("Bern", 2, 1)) == ("Bern", 2, 1)
