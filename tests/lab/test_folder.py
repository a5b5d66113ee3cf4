"""Results in a folder: a tournament that was cut off goes on and ends as if it had not been; another one is refused."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from negotiate_rt import ConfigurationError
from negotiate_rt.lab import GameResult, Tournament, run_tournament
from negotiate_rt.lab.running import TournamentRun
from tests.lab.problems import three, two

FINAL = ("games.csv", "ranking.csv", "report.json")


class CutError(Exception):
    """The power went out."""


def tournament(**options: Any) -> Tournament:
    return Tournament({"a": two(), "b": two((0.2, 0.3))}, ["linear", "micro", "random-walker"], rounds=8, at_once=5, **options)


def final(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in FINAL]


def cut_after(folder: Path, games: int, **options: Any) -> None:
    """Play some games and fail in the middle of things."""
    seen: list[GameResult] = []

    def count(result: GameResult) -> None:
        seen.append(result)
        if len(seen) == games:
            raise CutError

    with pytest.raises(CutError):
        run_tournament(tournament(**options), out=folder, on_result=count)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of the tournament, played in one go."""
    folder = tmp_path_factory.mktemp("finished")
    run_tournament(tournament(), out=folder)
    return folder


@pytest.fixture
def whole(finished: Path, tmp_path: Path) -> Path:
    """A copy of them, to be spoilt."""
    return Path(shutil.copytree(finished, tmp_path / "whole"))


@pytest.mark.parametrize("games", [pytest.param(n, marks=[] if n in (1, 5, 17) else pytest.mark.slow) for n in range(1, 18)])
def test_a_tournament_cut_after_any_game_ends_with_the_same_bytes(whole: Path, tmp_path: Path, games: int) -> None:
    folder = tmp_path / "cut"
    cut_after(folder, games)
    kept = (folder / "games.jsonl").read_bytes()
    assert kept.count(b"\n") == games
    assert not (folder / "report.json").exists()
    fresh: list[GameResult] = []
    report = run_tournament(tournament(), out=folder, on_result=fresh.append)
    assert len(fresh) == tournament().games - games
    assert report.played == report.asked == 18
    assert (folder / "games.jsonl").read_bytes().startswith(kept)
    assert final(folder) == final(whole)


def test_a_tournament_may_be_cut_again_and_again(whole: Path, tmp_path: Path) -> None:
    for games in (4, 1, 6, 2):
        cut_after(tmp_path / "cut", games)
    run_tournament(tournament(), out=tmp_path / "cut")
    assert final(tmp_path / "cut") == final(whole)


def test_a_line_that_was_cut_short_is_played_again(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cut"
    cut_after(folder, 7)
    games = folder / "games.jsonl"
    games.write_bytes(games.read_bytes()[:-20])
    run_tournament(tournament(), out=folder)
    assert final(folder) == final(whole)
    assert len(games.read_bytes().splitlines()) == 18


def test_a_finished_tournament_is_not_played_again(whole: Path) -> None:
    before = final(whole)
    fresh: list[GameResult] = []
    run_tournament(tournament(), out=whole, on_result=fresh.append)
    assert fresh == []
    assert final(whole) == before


def test_another_tournament_is_refused_with_what_differs_and_replaced_by_force(whole: Path) -> None:
    before = final(whole)
    with pytest.raises(ConfigurationError, match=r"holds another tournament: seed 0, not 1; name another folder") as told:
        run_tournament(tournament(seed=1), out=whole)
    assert str(told.value).startswith(f"--out {whole}: ")
    assert final(whole) == before
    run_tournament(tournament(seed=1), out=whole, force=True)
    assert final(whole) != before
    with pytest.raises(ConfigurationError, match="strategies linear, micro, random-walker, not linear"):
        run_tournament(Tournament({"a": two(), "b": two((0.2, 0.3))}, ["linear"], rounds=8, seed=1, at_once=5), out=whole)


def test_other_utilities_under_the_same_name_are_another_tournament(tmp_path: Path) -> None:
    run_tournament(Tournament({"a": two()}, ["linear"]), out=tmp_path / "out")
    with pytest.raises(ConfigurationError, match="holds another tournament: scenarios a of other content"):
        run_tournament(Tournament({"a": two((0.1, 0.1))}, ["linear"]), out=tmp_path / "out")


def test_what_cannot_be_read_is_refused_with_its_line(whole: Path) -> None:
    games = whole / "games.jsonl"
    lines = games.read_bytes().splitlines(keepends=True)
    games.write_bytes(b"".join([lines[0], b"{nonsense\n", *lines[1:]]))
    with pytest.raises(ConfigurationError, match=r"games.jsonl, line 2: no result of a game .*--force"):
        run_tournament(tournament(), out=whole)
    games.write_bytes(lines[0].replace(b'"number":', b'"number":9'))
    with pytest.raises(ConfigurationError, match=r"games.jsonl, line 1: the tournament has no such game"):
        run_tournament(tournament(), out=whole)
    (whole / "tournament.json").write_text("[]")
    with pytest.raises(ConfigurationError, match=r"holds a tournament.json that cannot be read"):
        run_tournament(tournament(), out=whole)
    (whole / "tournament.json").unlink()
    with pytest.raises(ConfigurationError, match=r"games without a tournament\.json"):
        run_tournament(tournament(), out=whole)


def test_a_folder_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="is no folder"):
        run_tournament(tournament(), out=tmp_path / "file")


def test_tables_hold_every_game_and_every_contestant(whole: Path) -> None:
    with (whole / "games.csv").open(newline="") as stream:
        games = list(csv.DictReader(stream))
    assert [int(row["number"]) for row in games] == list(range(18))
    assert (games[1]["strategy_1"], games[1]["strategy_2"]) == ("linear", "micro")
    assert float(games[1]["utility_1"]) + float(games[1]["utility_2"]) == pytest.approx(float(games[1]["welfare"]))
    assert all(json.loads(row["deal"]) for row in games if row["agreed"] == "1")
    with (whole / "ranking.csv").open(newline="") as stream:
        ranking = list(csv.DictReader(stream))
    report = json.loads((whole / "report.json").read_text())
    assert [row["strategy"] for row in ranking] == [one["strategy"] for one in report["ranking"]]
    mean = sum(float(row[f"utility_{seat}"]) for row in games for seat in "12" if row[f"strategy_{seat}"] == "micro") / 12
    assert next(float(row["utility"]) for row in ranking if row["strategy"] == "micro") == pytest.approx(mean)
    assert report["analysis"] is None


def test_a_table_of_games_among_three_has_a_column_for_each(tmp_path: Path) -> None:
    run_tournament(Tournament({"where": three(), "a": two()}, ["linear"]), out=tmp_path / "out")
    with (tmp_path / "out" / "games.csv").open(newline="") as stream:
        first, second = csv.DictReader(stream)
    assert first["strategy_3"] == "linear"
    assert second["strategy_3"] == ""


def test_a_partial_report_says_so(tmp_path: Path) -> None:
    cut_after(tmp_path / "cut", 5)
    run = TournamentRun(tournament(), out=tmp_path / "cut", analysis=True)
    report = run.report()
    assert (report.interrupted, report.played, report.asked, report.analysis) == (True, 5, 18, None)
    assert sum(one.games for one in report.ranking) == 10
