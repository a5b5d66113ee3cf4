"""A folder of results holds what came, as it came, and is not overwritten by accident."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from negotiate_rt import ConfigurationError, scenarios
from negotiate_rt.report import ResultFolder, Tally


def test_outcomes_come_line_by_line_then_the_report_and_the_scenario(tmp_path: Path) -> None:
    one = scenarios.load("campsite")
    tally = Tally()
    with ResultFolder(tmp_path / "new" / "run", one.issues) as folder:
        for outcome in one.executor("virtual").run_many(one.jobs(5)):
            tally.add(outcome)
            folder.add(outcome)
        folder.finish(tally.report(one.name), one.text, one.form)
    lines = (folder.path / "outcomes.jsonl").read_text().splitlines()
    assert [json.loads(line)["id"] for line in lines] == [f"campsite/{number}" for number in range(1, 6)]
    assert json.loads((folder.path / "report.json").read_text())["total"]["sessions"] == 5
    assert scenarios.load(folder.path / "scenario.toml").spec == one.spec


def test_what_an_earlier_run_left_is_refused_or_replaced_with_force(tmp_path: Path) -> None:
    with ResultFolder(tmp_path) as folder:
        folder.finish(Tally().report("x"))
    assert not (tmp_path / "scenario.toml").exists()
    with pytest.raises(ConfigurationError, match=r"holds outcomes\.jsonl of an earlier run; .* --force"):
        ResultFolder(tmp_path)
    with ResultFolder(tmp_path, force=True):
        assert not (tmp_path / "report.json").exists()


def test_what_is_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="is no folder"):
        ResultFolder(tmp_path / "file")
    with pytest.raises(ConfigurationError, match="cannot write there: Not a directory"):
        ResultFolder(tmp_path / "file" / "below")
