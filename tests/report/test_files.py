"""A folder of results holds what came, as it came, and is not overwritten by accident."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from negotiate_rt import Buyer, ConfigurationError, NegotiationConfig, NegotiationExecutor, Record, Seller, scenarios
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


def test_events_are_kept_line_by_line_and_the_same_seed_keeps_the_same(tmp_path: Path) -> None:
    texts = []
    for place in ("a", "b"):
        one = scenarios.load("haggling")
        with ResultFolder(tmp_path / place, one.issues, one.agents) as folder:
            for outcome in one.executor("virtual", journal=folder.event).run_many(one.jobs(3)):
                folder.add(outcome)
        texts.append((tmp_path / place / "events.jsonl").read_bytes())
    assert texts[0] == texts[1]
    events = [json.loads(line) for line in texts[0].splitlines()]
    assert {event["kind"] for event in events} >= {"started", "said", "heard", "ended"}
    assert {event["negotiation"] for event in events} == {"haggling/1", "haggling/2", "haggling/3"}


def test_what_is_no_text_and_what_json_cannot_hold_is_still_kept(tmp_path: Path) -> None:
    class Odd:
        def __repr__(self) -> str:
            return "odd \ud800"

    record = Record("x/1", 0.0, "said", "Bea", content={"value": Odd(), "big": 2**70, "key": {Odd(): math.inf}})
    with ResultFolder(tmp_path) as folder:
        folder.event(record)
    [line] = (tmp_path / "events.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line)["content"]["value"] == "odd \\ud800"


def test_an_agent_that_raises_half_a_character_harms_no_run(tmp_path: Path) -> None:
    class Raises(Buyer):
        def decide(self, view: object) -> object:
            raise ValueError("half \ud800 a character")

    agents = [Raises("Bea", 80), Seller("Sam", 60)]
    tally = Tally()
    with ResultFolder(tmp_path) as folder:
        executor = NegotiationExecutor(clock="virtual", journal=folder.event)
        outcome = executor.run(agents, NegotiationConfig("bilateral", 3))
        tally.add(outcome)
        folder.add(outcome)
        folder.finish(tally.report("x"), page="<p>half \ud800</p>")
    assert "half \\\\ud800 a character" in (tmp_path / "outcomes.jsonl").read_text("utf-8")
    assert "half" in (tmp_path / "report.json").read_text("utf-8")
    assert "half" in (tmp_path / "outcomes.csv").read_text("utf-8")


@pytest.mark.parametrize("name", ["outcomes.csv", "events.jsonl", "report.html", "report.json"])
def test_no_file_of_an_earlier_run_is_replaced_unasked(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(ConfigurationError, match=f"holds {name} of an earlier run"):
        ResultFolder(tmp_path)
    assert (tmp_path / name).read_text() == "mine"
