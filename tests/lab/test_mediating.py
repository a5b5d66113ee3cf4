"""Mediation beside direct bargaining on the same problem."""

from __future__ import annotations

import random

import pytest

from negotiate_rt import (
    AdditiveUtility,
    BargainingProblem,
    ConfigurationError,
    ContinuousIssue,
    Issue,
    LinearEvaluation,
    OutcomeSpace,
    compare_mediation,
    draw_influence,
    utilitarian_point,
)
from negotiate_rt.lab import mediating
from negotiate_rt.lab.mediating import DIRECT, WAYS
from negotiate_rt.lab.mediation_tables import best_in_words, comparison_tables


def matter(parties=3, seed=1):
    draw = random.Random(seed)
    space = OutcomeSpace([Issue(name, (0, 1, 2, 3)) for name in "xyz"])
    return BargainingProblem(
        space,
        {
            f"p{k}": AdditiveUtility(
                dict.fromkeys("xyz", 1 / 3), {name: [draw.random() for _ in range(4)].__getitem__ for name in "xyz"}
            )
            for k in range(parties)
        },
        dict.fromkeys((f"p{k}" for k in range(parties)), 0.2),
    )  # fmt: skip


def test_all_ways_are_tried_and_measured_against_the_best():
    problem = matter()
    found = compare_mediation(problem, rounds=60, seed=3)
    assert [way.way for way in found.ways] == list(WAYS)
    assert found.best == pytest.approx(utilitarian_point(problem).value)
    assert found.proven
    assert found.parties == ("p0", "p1", "p2")
    by_way = {way.way: way for way in found.ways}
    for way in found.ways:
        assert way.ended in ("AGREED", "DEADLOCK", "FAILED")
        assert way.welfare == pytest.approx(sum(way.utilities.values()))
        assert way.share == pytest.approx(way.welfare / found.best)
        if way.ended == "AGREED":
            assert way.share <= 1 + 1e-9
            assert way.worst >= -1e-9
    assert by_way["optimum"].messages < by_way[DIRECT].messages


def test_the_same_seed_gives_the_same_comparison():
    assert compare_mediation(matter(), rounds=30, seed=5) == compare_mediation(matter(), rounds=30, seed=5)


def test_the_utilitarian_mediator_reaches_the_best_welfare():
    found = compare_mediation(matter(), ["optimum"], objective="utilitarian")
    assert found.ways[0].share == pytest.approx(1.0)


def test_continuous_issues_are_put_on_a_grid_for_direct_bargaining():
    space = OutcomeSpace([ContinuousIssue("share", 0.0, 1.0)])
    both = [AdditiveUtility({"share": 1}, {"share": one}) for one in (LinearEvaluation(1), LinearEvaluation(-1, 1))]
    found = compare_mediation(BargainingProblem(space, both), ["optimum", DIRECT])
    assert [way.ended for way in found.ways] == ["AGREED", "AGREED"]
    assert found.parties == ("party 1", "party 2")
    assert found.outcomes is None


def test_a_way_that_cannot_be_tried_says_why(monkeypatch):
    monkeypatch.setattr(mediating, "SOLVING", 0.05)
    space = OutcomeSpace([Issue(f"c{k}", (0, 1)) for k in range(40)])
    rng = random.Random(2)
    problem = BargainingProblem(space, [draw_influence(space, rng, 2) for _ in range(2)], [-100.0, -100.0])
    found = compare_mediation(problem, ["hill-climbing", DIRECT], rounds=20)
    direct = found.ways[1]
    assert direct.ended == "refused"
    assert "can be enumerated" in direct.reason
    assert direct.welfare is None
    assert not found.proven
    assert list(comparison_tables(found))
    assert "best found" in best_in_words(found)


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ConfigurationError, match="did you mean 'annealing'"):
        compare_mediation(matter(), ["anealing"])
    with pytest.raises(ConfigurationError, match="utilities of two or more parties, got 0"):
        compare_mediation(BargainingProblem(OutcomeSpace([Issue("x", (0, 1))])))
    with pytest.raises(ConfigurationError, match=r"options\.acceptance"):
        compare_mediation(matter(), acceptance="lot")
