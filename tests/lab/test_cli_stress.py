"""`negotiate-rt stress` from outside: exit codes, JSON, baselines, plots, and mistakes told."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from negotiate_rt.cli import program
from tests.lab.planted import PLANTS, plant

FEW = ["haggling", "--latency", "0,0.1", "--loss", "0,0.1", "-n", "40", "--sessions", "10", "-j", "1"]


def run(*words):
    return CliRunner().invoke(program, ["stress", *words])


def test_a_campaign_prints_one_table_and_ends_well():
    done = run(*FEW)
    assert done.exit_code == 0, done.output
    assert "invariant violations: 0" in done.output
    assert "40 negotiations in 4 worlds" in done.output


def test_json_serves_as_the_baseline_of_the_next(tmp_path):
    told = run(*FEW, "--json")
    report = json.loads(told.stdout)
    assert report["negotiations"] == 40
    assert report["violations"] == 0
    path = tmp_path / "before.json"
    path.write_text(told.stdout)
    again = run(*FEW, "--baseline", str(path))
    assert again.exit_code == 0
    assert "no worse than the baseline" in again.output


def test_cells_that_the_baseline_does_not_have_are_named(tmp_path):
    path = tmp_path / "before.json"
    path.write_text(run("haggling", "-n", "20", "-j", "1", "--json").output)
    again = run("haggling", "-n", "20", "-j", "1", "--loss", "0,0.5", "--baseline", str(path))
    assert again.exit_code == 0
    assert "no worse than the baseline, where it has the same cells" in again.output
    assert "not in the baseline: haggling, 0 s, loss 0.5" in again.output


def test_a_regression_ends_with_exit_code_4(tmp_path):
    told = json.loads(run(*FEW, "--json").stdout)
    for cell in told["cells"]:
        cell["messages"] //= 2
    path = tmp_path / "before.json"
    path.write_text(json.dumps(told))
    worse = run(*FEW, "--baseline", str(path))
    assert worse.exit_code == 4
    assert "messages a negotiation" in worse.output


def test_a_broken_invariant_ends_with_exit_code_4_a_command_and_a_trace(monkeypatch):
    plant(next(bug for bug in PLANTS if bug.name == "messages are not numbered"), monkeypatch)
    broken = run(*FEW)
    assert broken.exit_code == 4
    assert "again: negotiate-rt stress haggling" in broken.output
    assert "shrunk in" in broken.output
    assert "said propose" in broken.output
    again = run(*FEW, "--world", "0")
    assert again.exit_code == 4
    assert "heard message 1 of Bea" in again.output


def test_a_sound_world_played_again_is_told_so():
    done = run(*FEW, "--world", "1000000")
    assert done.exit_code == 0
    assert "no invariant broken" in done.output


@pytest.mark.parametrize("suffix", [".svg", ".html"])
def test_a_campaign_is_drawn(suffix, tmp_path):
    path = tmp_path / f"stress{suffix}"
    assert run(*FEW, "--plot", str(path)).exit_code == 0
    text = path.read_text()
    assert "agreement rate" in text
    assert ("<html" in text) == (suffix == ".html")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["hagling"], "did you mean 'haggling'"),
        (["haggling", "--loss", "2"], "expected a number from 0 to 1"),
        (["haggling", "--loss", "much"], "expected numbers with commas between"),
        (["haggling", "--network", "lann"], "did you mean 'lan'"),
        (["haggling", "--strategy", "liner"], "did you mean 'linear'"),
        (["haggling", "--population", "5"], "bilateral"),
        (["haggling", "--world", "9000000"], "has 1 cells"),
        (["haggling", "--plot", "x.png"], "ends in .svg or .html"),
        (["haggling", "--baseline", "nowhere.json"], "cannot be read"),
        ([], "scenarios: expected at least one"),
    ],
)
def test_mistakes_are_told_with_exit_code_2(words, told):
    done = run(*words)
    assert done.exit_code == 2
    assert told in " ".join(done.output.split())
