from __future__ import annotations

import gc
import weakref

import numpy as np

from negotiate_rt.problems.issues import Issue, OutcomeSpace
from negotiate_rt.problems.ranking import Ranking, ranking, tied_runs
from negotiate_rt.problems.utility import AdditiveUtility


def make_space():
    return OutcomeSpace([Issue("a", ("x", "y", "z")), Issue("b", ("x", "y"))])


def make_utility():
    return AdditiveUtility({"a": 1, "b": 1}, {"a": {"x": 0, "y": 1, "z": 2}, "b": {"x": 1, "y": 0}})


def test_levels_ascend_and_name_their_first_outcome():
    ranked = Ranking(make_space(), make_utility())
    assert ranked.levels == ranked.lows == [0.0, 1.0, 2.0, 3.0]
    assert ranked.firsts == [("x", "y"), ("x", "x"), ("y", "x"), ("z", "x")]
    assert ranked.worth["y", "y"] == 1.0


def test_a_pair_is_ranked_once():
    space, utility = make_space(), make_utility()
    assert ranking(space, utility) is ranking(space, utility)
    assert ranking(space, utility) is not ranking(space, make_utility())
    assert ranking(space, utility).canonical is ranking(space, make_utility()).canonical


def test_a_ranking_goes_with_its_utility_and_with_its_space():
    space, utility = make_space(), make_utility()
    gone = weakref.ref(utility)
    ranking(space, utility)
    assert len(space.__dict__["_rankings"]) == 1
    del utility
    assert gone() is None
    assert len(space.__dict__["_rankings"]) == 0
    lasting = make_utility()
    ranking(space, lasting.bind(space))
    lost = weakref.ref(space)
    del space
    gc.collect()
    assert lost() is None


def test_an_unhashable_utility_is_ranked_anew():
    class Unhashable:
        __hash__ = None

        def __call__(self, outcome):
            return 0.0

    space, utility = make_space(), Unhashable()
    assert ranking(space, utility) is not ranking(space, utility)


def test_rounding_noise_is_a_tie():
    order, starts, tolerance = tied_runs(np.array([0.1 + 0.2 + 0.3, 1.0, 0.3 + 0.2 + 0.1]))
    assert order.tolist() == [2, 0, 1]
    assert starts.tolist() == [0, 2]
    assert tolerance == 1e-12
