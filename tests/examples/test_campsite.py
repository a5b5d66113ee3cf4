from __future__ import annotations

from pathlib import Path

import pytest

from examples import campsite
from examples.campsite import (
    HAND_WRITTEN,
    NUMBER,
    PRIVATE,
    RANKINGS,
    Pair,
    judge,
    main,
    read_pairs,
    utility_of,
    worth_to,
)

EQUAL = ((5, 4, 3), (5, 4, 3))
OPPOSITE = ((5, 4, 3), (3, 4, 5))


@pytest.fixture
def corpus(casino_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NEGOTIATE_RT_DATA", str(casino_path))
    return casino_path


def test_both_persons_points_come_from_the_same_outcome():
    assert utility_of((5, 4, 3), 0)((3, 1, 0)) == 19
    assert utility_of((3, 4, 5), 1)((3, 1, 0)) == 23


def test_hand_written_pairs_hold_every_relation_of_two_rankings():
    pairs = read_pairs(HAND_WRITTEN)
    relations = {tuple(second[first.index(points)] for points in (5, 4, 3)) for (first, second), _ in pairs}
    assert len(pairs) == 12
    assert relations == set(RANKINGS)


def test_a_deal_is_measured_against_what_was_possible_for_its_pair():
    # Opposite rankings: 15 + 15 for the favourites and 4 for each package of water make 42; equal ones always make 36.
    deals = [Pair(OPPOSITE, (3, 1, 0)), Pair(OPPOSITE, (0, 1, 3)), Pair(EQUAL, (1, 2, 0)), Pair(EQUAL)]
    report = judge("a few", deals, [pair.deal for pair in deals], [1, 2, 3, 6])
    assert (report.pairs, report.deals, report.rounds) == (4, 3, 3.0)
    assert report.efficient == pytest.approx(2 / 3)
    assert report.joint == pytest.approx((42 / 42 + 30 / 42 + 36 / 36) / 3)
    assert report.joint_all == pytest.approx((42 / 42 + 30 / 42 + 36 / 36 + 10 / 36) / 4)
    assert report.points == pytest.approx((42 + 30 + 36 + 10) / 8)


def test_what_is_asked_for_tells_the_ranking():
    food, water, firewood = (NUMBER[outcome] for outcome in ((0, 3, 3), (3, 0, 3), (3, 3, 0)))  # what the second keeps
    prior = worth_to(1, ())
    assert prior[[food, water, firewood]] == pytest.approx(12)
    guess = worth_to(1, ((0, 0, 0), (1, 0, 0), (2, 0, 0), (3, 0, 0), (3, 1, 0)))  # it gives up food first, then water
    assert guess[food] < 9.5 < guess[water] < 13.5 < guess[firewood] <= 15


def test_nobody_is_told_the_others_utility():
    assert len(PRIVATE.utilities) == 0
    assert PRIVATE.information == "private"


def test_without_the_corpus_the_hand_written_pairs_are_bargained_for(monkeypatch, capsys):
    monkeypatch.delenv("NEGOTIATE_RT_DATA", raising=False)
    reports = {report.name: report for report in main()}
    assert list(reports) == [*campsite.AGENTS, *campsite.INFORMED]
    assert all(report.deals == report.pairs == 12 for report in reports.values())
    default, linear, boulware, library, *informed = reports.values()
    assert default.joint_all == pytest.approx(0.963, abs=5e-4)
    assert linear.joint_all == pytest.approx(0.980, abs=5e-4)
    assert boulware.joint_all == pytest.approx(0.988, abs=5e-4)
    assert boulware.efficient == library.efficient == 1.0
    assert [report.efficient for report in informed] == [1.0, 1.0]
    assert "12 pairs written by hand" in capsys.readouterr().out


def test_the_corpus_is_found_in_the_folder_named_or_one_below_it(tmp_path, monkeypatch):
    for folder in (tmp_path / "given", tmp_path / "parent" / "casino"):
        folder.mkdir(parents=True)
        (folder / "casino.jsonl").touch()
    for named, found in (("given", "given"), ("parent", "parent/casino")):
        monkeypatch.setenv("NEGOTIATE_RT_DATA", str(tmp_path / named))
        assert campsite.corpus_file() == tmp_path / found / "casino.jsonl"
    monkeypatch.setenv("NEGOTIATE_RT_DATA", str(tmp_path / "nowhere"))
    assert campsite.corpus_file() is None


def test_the_people_of_the_corpus_come_out_as_published(corpus):
    pairs = read_pairs(corpus / "casino.jsonl")
    people = judge("people", pairs, [pair.deal for pair in pairs])
    assert (people.pairs, people.deals) == (1030, 1005)
    assert round(100 * people.efficient, 1) == 67.4
    assert round(100 * people.joint, 1) == 96.4
    assert round(100 * people.joint_all, 1) == 94.7


@pytest.mark.slow
def test_considerate_agents_leave_less_on_the_table_than_the_people_did(corpus):
    people, default, linear, boulware, library, *informed = main()
    assert people.joint_all < linear.joint_all < boulware.joint_all
    assert default.deals == linear.deals == boulware.deals == 1030
    assert default.joint_all == pytest.approx(0.937, abs=5e-4)  # the plain default does not reach the people
    assert linear.joint_all == pytest.approx(0.978, abs=5e-4)
    assert boulware.joint_all == pytest.approx(0.991, abs=5e-4)
    assert boulware.efficient == 1.0
    assert library.joint_all == pytest.approx(0.988, abs=5e-4)
    assert library.efficient == 1.0
    for report in informed:
        assert report.deals == 1030
        assert report.efficient == 1.0
    assert informed[-1].joint_all == pytest.approx(0.997, abs=5e-4)
