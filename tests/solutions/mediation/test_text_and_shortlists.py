"""What a mediator does with votes, grades, rankings and answers about pairs."""

from __future__ import annotations

import itertools
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt import ContinuousIssue, IntegerIssue, Issue, LinearConstraint, OptionalIssue, OutcomeSpace
from negotiate_rt.problems.mediation import MediationOptions
from negotiate_rt.solutions.mediation.changing import another, changed
from negotiate_rt.solutions.mediation.choosing import in_order_of
from negotiate_rt.solutions.mediation.shortlists import (
    Duels,
    by_grades,
    by_rankings,
    first_shortlist,
    next_shortlist,
)
from negotiate_rt.solutions.mediation.text import SingleText

SPACE = OutcomeSpace([Issue("a", (0, 1, 2)), Issue("b", (0, 1)), Issue("c", ("x", "y", "z"))])
MIXED = OutcomeSpace(
    [Issue("a", (0, 1)), IntegerIssue("n", 0, 1000), ContinuousIssue("x", 0.0, 1.0), OptionalIssue(ContinuousIssue("y", 0, 1))],
    [LinearConstraint({"n": 1, "x": 100}, most=900)],
)


# ------------------------------------------------------------------------------------------------------------------ text
def text(**settings):
    return SingleText(SPACE, random.Random(1), **{"needed": 2, **settings})


@pytest.mark.parametrize(
    ("grades", "passes"), [((1, 1), True), ((0, 0), True), ((3, -1), False), ((-1, -1), False), ((0,), True), ((), True)]
)
def test_hill_climbing_takes_what_nobody_votes_worse_and_silence_is_indifference(grades, passes):
    assert text().passes(grades, 2, 0.5) is passes


def test_hill_climbing_by_majority_outvotes_one():
    assert text(needed=2).passes((1, 1, -9), 3, 0.0)
    assert not text(needed=3).passes((1, 1, -9), 3, 0.0)


def test_annealing_takes_gains_always_and_losses_as_often_as_the_temperature_says():
    hot = text(heat=(4.0, 0.5))
    assert hot.temperature(0.0) == 4.0
    assert hot.temperature(1.0) == pytest.approx(0.5)
    assert hot.temperature(0.5) == pytest.approx(math.sqrt(2.0))
    assert all(hot.passes((5, -5), 2, 0.9) for _ in range(50))
    taken = sum(hot.passes((1, -3), 2, 0.0) for _ in range(4_000))
    assert taken / 4_000 == pytest.approx(math.exp(-2 / 4), abs=0.03)
    assert not any(hot.passes((-10, -10), 2, 1.0) for _ in range(1_000))


def test_options_name_the_temperature_or_it_goes_by_the_grades():
    assert MediationOptions(grades=10).heat() == (6.0, 0.2)
    assert MediationOptions(temperature=(3, 1)).heat() == (3.0, 1.0)


def test_a_refused_text_changes_for_those_who_refused():
    one = text(start=(0, 0, "x"))
    assert not one.please((1, 0, "x"), {"p": -1, "q": 3}, ["p", "q"]), "worse for one of them"
    assert not one.please((1, 0, "x"), {"p": 0}, ["p"]), "no better"
    assert not one.please((1, 0, "x"), {"r": 5}, [])
    assert one.please((1, 0, "x"), {"p": 1, "q": 0, "r": -9}, ["p", "q"])
    assert (one.text, one.ballots, one.changes) == ((1, 0, "x"), 4, 1)


# --------------------------------------------------------------------------------------------------------------- changes
@given(seed=st.integers(0, 10**6))
@settings(max_examples=100, deadline=None)
def test_a_change_is_another_outcome_of_the_space(seed):
    rng = random.Random(seed)
    for space in (SPACE, MIXED):
        outcome = space.sample(rng, 1)[0]
        found = changed(space, outcome, rng)
        assert found is not None
        assert found != outcome
        assert space.contains(found)
        assert space.outcome(found) == found


def test_where_nothing_can_change_nothing_does():
    only = OutcomeSpace([Issue("a", (1,))])
    assert changed(only, (1,), random.Random(0)) is None
    assert another(only.issues[0], 1, random.Random(0)) == 1


# ------------------------------------------------------------------------------------------------------------- shortlists
def test_a_small_space_is_its_own_shortlist():
    assert first_shortlist(SPACE, 18, random.Random(0)) == list(SPACE)
    few = first_shortlist(SPACE, 5, random.Random(0))
    assert len(set(few)) == 5


@given(seed=st.integers(0, 10**6))
@settings(max_examples=50, deadline=None)
def test_the_next_shortlist_keeps_the_best_and_shows_nothing_twice(seed):
    rng = random.Random(seed)
    first = first_shortlist(SPACE, 6, rng)
    bred = next_shortlist(SPACE, first, 6, rng, set(first[1:]))
    assert bred[0] == first[0]
    assert len(set(bred)) == len(bred) <= 6
    assert not set(bred[1:]) & set(first[1:])
    assert all(SPACE.contains(one) for one in bred)


def test_borda_and_grades_put_the_best_liked_first_and_ties_as_they_stand():
    assert by_rankings("abc", [(2, 0, 1), (2, 1, 0), (0, 1, 2)]) == ["c", "a", "b"]
    assert by_rankings("abc", []) == ["a", "b", "c"]
    assert by_grades("abc", [(0, 5, -5), (1, -5, 5)]) == ["a", "b", "c"]


def test_outcomes_by_an_objective_the_irrational_last():
    gains = {1: (3.0, 3.0), 2: (5.0, 2.0), 3: (9.0, -1.0), 4: (0.0, 0.5)}
    both = [lambda one, party=party: gains[one][party] for party in (0, 1)]
    assert in_order_of([1, 2, 3, 4], both, [0, 0], "nash") == [2, 1, 4, 3]
    assert in_order_of([1, 2, 3, 4], both, [0, 0], "egalitarian") == [1, 2, 4, 3]
    assert in_order_of([3], both, [0, 0], "utilitarian") == [3]


# ----------------------------------------------------------------------------------------------------------------- duels
@given(st.permutations(range(5)))
@settings(max_examples=30, deadline=None)
def test_answers_by_one_order_never_contradict(order):
    duels = Duels(5)
    for first, second in duels.pairs():
        answer = "first" if order.index(first) < order.index(second) else "second"
        assert duels.hear("p", first, second, answer)
    assert duels.order("abcde") == ["abcde"[place] for place in order]
    assert len(duels.pairs()) == 10


@given(answers=st.lists(st.sampled_from(["first", "second", "either"]), min_size=6, max_size=6))
@settings(max_examples=200, deadline=None)
def test_an_answer_contradicts_just_when_no_order_with_ties_fits(answers):
    """Against brute force over all weak orders of four outcomes."""
    duels = Duels(4)
    kept = []
    for (first, second), answer in zip(duels.pairs(), answers, strict=True):
        trial = [*kept, (first, second, answer)]
        fits = any(
            all(("first", "either", "second")[1 + (level[one] > level[two]) - (level[one] < level[two])] == said
                for one, two, said in trial)
            for level in itertools.product(range(4), repeat=4)
        )  # fmt: skip
        assert duels.hear("p", first, second, answer) is fits
        if fits:
            kept = trial


def test_a_condorcet_winner_wins_the_duels():
    duels = Duels(3)
    for name, order in (("p", (1, 0, 2)), ("q", (1, 2, 0)), ("r", (0, 1, 2))):
        for first, second in duels.pairs():
            duels.hear(name, first, second, "first" if order.index(first) < order.index(second) else "second")
    assert duels.order("abc")[0] == "b"
