"""How a party that trusts its mediator answers: truthfully, and as far as it is willing to."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from negotiate_rt import (
    AdditiveUtility,
    Ballot,
    BargainingProblem,
    ConfigurationError,
    InvalidDecision,
    InvalidOffer,
    Issue,
    OutcomeSpace,
    PairAsked,
    PreferencesAsked,
    RankingAsked,
    Refuse,
    View,
    draw_influence,
)
from negotiate_rt.problems.disclosing import heard_utility
from negotiate_rt.problems.preferences import UnknownPreferences
from negotiate_rt.problems.valued import ValuedPreferences
from negotiate_rt.strategies.candour import BELOW, Candour, check_disclosure

SPACE = OutcomeSpace([Issue("x", tuple(range(11)))])
UTILITY = AdditiveUtility({"x": 1}, {"x": {value: float(value) for value in range(11)}}, SPACE)


def asked(call):
    """A view in which the mediator asks."""
    problem = BargainingProblem(SPACE)
    return View("p", "party", "mediation", "t/1", 1, 9, 0.0, math.inf, (), None, None, (), None, None, problem, call=call)


def candour(limit="full", least=0.0):
    return Candour(ValuedPreferences(SPACE, UTILITY, least), UTILITY, limit)


@pytest.mark.parametrize(
    ("limit", "tells"),
    [("full", "full ranking pairwise"), ("ranking", "ranking pairwise"), ("pairwise", "pairwise"), ("votes", "")],
)
def test_who_is_willing_to_tell_one_thing_tells_what_says_less(limit, tells):
    calls = {"full": PreferencesAsked(), "ranking": RankingAsked(((1,), (7,))), "pairwise": PairAsked((1,), (7,))}
    told = {name for name, call in calls.items() if not isinstance(candour(limit).disclose(asked(call)), Refuse)}
    assert told == set(tells.split())


def test_full_preferences_are_the_truth_with_what_no_deal_is_worth():
    told = candour(least=3.0).disclose(asked(PreferencesAsked()))
    assert told.without == 3.0
    assert [heard_utility(told, SPACE)((value,)) for value in range(11)] == list(range(11))


def test_rankings_and_pairs_go_by_worth_and_ties_as_they_stand():
    assert candour().disclose(asked(RankingAsked(((1,), (7,), (3,), (7,))))).order == (1, 3, 2, 0)
    assert [candour().disclose(asked(PairAsked(one, two))).which for one, two in (((1,), (2,)), ((2,), (1,)), ((2,), (2,)))] == [
        "second", "first", "either",
    ]  # fmt: skip


@given(st.integers(0, 10), st.lists(st.integers(0, 10), min_size=1, max_size=6), st.integers(1, 10))
def test_grades_have_the_sign_and_the_order_of_the_changes(text, drafts, most):
    ballot = Ballot(1, (text,), tuple((one,) for one in drafts), most)
    first = candour()
    first.vote(asked(ballot))
    grades = first.vote(asked(ballot))
    for draft, grade in zip(drafts, grades, strict=True):
        assert -most <= grade <= most
        assert (grade > 0) - (grade < 0) == (draft > text) - (draft < text)


def test_a_change_of_three_times_the_usual_earns_the_largest_grade():
    party = candour()
    party.vote(asked(Ballot(1, (5,), ((6,), (4,)) * 50, 10)))
    assert party.usual == pytest.approx(1.0)
    assert party.vote(asked(Ballot(2, (5,), ((6,), (8,), (10,)), 10))) == (3, 10, 10)


def test_what_is_worth_less_than_no_deal_counts_for_more():
    party = candour(least=5.0)
    assert party.felt(6.0) == 6.0
    assert party.felt(4.0) == 5.0 - BELOW


def test_without_known_preferences_nothing_can_be_told():
    party = Candour(UnknownPreferences(SPACE.outcome))
    for answer in (party.vote, party.disclose):
        with pytest.raises(InvalidDecision, match="define a `"):
            answer(asked(Ballot(1, (1,), ((2,),), 5)))


def test_a_utility_that_cannot_be_told_is_kept():
    space = OutcomeSpace([Issue(f"c{k}", (0, 1)) for k in range(30)])
    party = Candour(ValuedPreferences(space, sum), sum)
    view = asked(PreferencesAsked())
    told = party.disclose(replace(view, problem=BargainingProblem(space)))
    assert isinstance(told, Refuse)
    assert "cannot be told" in told.reason


def test_levels_of_disclosure_are_checked():
    assert check_disclosure("full", "here") == "full"
    with pytest.raises(ConfigurationError, match="here: expected one of full, ranking, pairwise, votes, got 'fulll'"):
        check_disclosure("fulll", "here")


def test_valued_preferences_know_worths_at_once_and_offers_when_asked():
    mine = ValuedPreferences(SPACE, UTILITY, 3.0)
    assert (mine.utility((7,), True), mine.scale((2,)), mine.disagreement) == (7.0, 2.0, 3.0)
    assert mine.opening == 10.0
    assert mine.offer(6.5) == (7,)
    large = OutcomeSpace([Issue(f"c{k}", (0, 1)) for k in range(40)])
    unsearchable = ValuedPreferences(large, draw_influence(large, random.Random(1), 2))
    assert unsearchable.utility((0,) * 40, True) == 0.0
    with pytest.raises(InvalidOffer, match="no offer can be found"):
        unsearchable.offer(1.0)
