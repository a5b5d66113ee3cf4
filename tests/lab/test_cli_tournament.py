"""`negotiate-rt tournament`: what it prints, keeps, and says about mistakes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from negotiate_rt.cli import program

Run = Callable[..., Result]
SMALL = ("tournament", "campsite", "-s", "linear,boulware", "-s", "late=time-dependent:beta=0.1", "--rounds", "8")


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "160")
    runner = CliRunner()
    return lambda *arguments: runner.invoke(program, list(arguments), prog_name="negotiate-rt")


def test_help_tells_of_scenarios_strategies_and_resuming(cli: Run) -> None:
    result = cli("tournament", "--help")
    assert result.exit_code == 0
    for word in ("SCENARIO", "--strategy", "--jobs", "--game", "--out", "--normalise", "boulware", "go on where"):
        assert word in result.output


def test_the_ranking_is_a_table(cli: Run) -> None:
    result = cli(*SMALL)
    assert result.exit_code == 0
    for word in ("3 strategies on 1 scenarios, 9 games", "ranking", "late", "boulware", "95%", "bootstrap", "to Nash"):
        assert word in result.output
    assert "faults" not in result.output


def test_json_is_the_report_and_the_same_each_time(cli: Run) -> None:
    result = cli(*SMALL, "--json")
    report = json.loads(result.stdout)
    assert result.exit_code == 0
    assert [one["rank"] for one in report["ranking"]] == [1, 2, 3]
    assert {one["strategy"] for one in report["ranking"]} == {"linear", "boulware", "late"}
    assert report["played"] == report["asked"] == 9
    assert report["analysis"] is None
    assert cli(*SMALL, "--json").stdout == result.stdout


def test_game_analysis_is_printed_with_whatever_is_installed(cli: Run) -> None:
    result = cli(*SMALL, "--game")
    assert result.exit_code == 0
    for word in ("payoffs", "pure equilibria", "best-response cycles", "replicator dynamics from equal shares"):
        assert word in result.output
    assert "Nash equilibria" in result.output or "negotiate-rt[games]" in result.output


def test_results_are_kept_and_gone_on_with(cli: Run, tmp_path: Path) -> None:
    folder = str(tmp_path / "out")
    first = cli(*SMALL, "--out", folder)
    assert f"kept in {folder}: games.jsonl, games.csv, ranking.csv, report.json" in first.output
    games = tmp_path / "out" / "games.jsonl"
    games.write_bytes(b"".join(games.read_bytes().splitlines(keepends=True)[:4]))
    again = cli(*SMALL, "--out", folder)
    assert "4 of the games were there before" in again.output
    refused = cli(*SMALL, "--out", folder, "--seed", "3")
    assert refused.exit_code == 2
    assert "holds another tournament: scenarios campsite of other content; seed 0, not 3" in refused.stderr
    assert cli(*SMALL, "--out", folder, "--seed", "3", "--force").exit_code == 0


def test_faults_have_a_column_only_where_there_are_some(cli: Run) -> None:
    from negotiate_rt.lab import Tournament, run_tournament
    from negotiate_rt.lab.tables import tournament_tables
    from negotiate_rt.report.tables import table
    from tests.lab.problems import raising, two

    report = run_tournament(Tournament({"a": two()}, {"broken": raising}))
    tables = [part for part in tournament_tables(report) if isinstance(part, type(table("")))]
    assert [str(column.header) for column in tables[1].columns][-1] == "faults"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Missing argument 'SCENARIO...'"),
        (("nowhere",), "nowhere: there is no such file"),
        (("haggling",), "scenario 'haggling': a tournament is played over issues"),
        (("campsite", "campsite"), "two go by the name 'campsite'"),
        (("campsite", "-s", "linaer"), "no strategy 'linaer'"),
        (("campsite", "-s", "time-dependent:beta=-2"), "beta must be > 0"),
        (("campsite", "-s", "time-dependent:beta"), "expected PARAMETER=VALUE"),
        (("campsite", "-s", "linear", "--no-self-play"), "one contestant alone has nobody to play"),
        (("campsite", "-s", "linear,micro", "--no-self-play", "--game"), "allow self-play"),
        (("campsite", "--rounds", "0"), "0 is not in the range x>=1"),
        (("campsite", "--protocol", "monoton"), "unknown protocol 'monoton'"),
        (("campsite", "--jobs", "none"), "'none' is not a valid integer"),
    ],
)
def test_mistakes_are_told_in_one_message_and_exit_2(cli: Run, arguments: tuple[str, ...], said: str) -> None:
    result = cli("tournament", *arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())
    assert result.stdout == ""
    assert "Traceback" not in result.output


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_exits_130_and_the_same_command_goes_on(tmp_path: Path, jobs: str) -> None:
    folder = tmp_path / "out"
    command = [
        sys.executable, "-m", "negotiate_rt", "tournament", "campsite", "--repeats", "40", "--rounds", "60", "-s", "linear,micro",
        "-s", "hard-headed,nice-tit-for-tat", "--json", "--out", str(folder), "--jobs", jobs,
    ]  # fmt: skip
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    deadline, kept = time.monotonic() + 40, folder / "games.jsonl"
    while not (kept.is_file() and kept.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the workers get it, too
    stdout, stderr = process.communicate(timeout=30)
    report = json.loads(stdout)
    assert process.returncode == 130
    assert report["interrupted"]
    assert 0 < report["played"] == len(kept.read_bytes().splitlines()) < report["asked"] == 640
    assert "interrupted" in stderr
    assert "Traceback" not in stderr
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(done.stdout)["played"] == 640
