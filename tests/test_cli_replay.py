"""The command line around journals: run with one, look into it, verify, run again, export, go on after a kill."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from examples.custom_protocol import Ultimatum
from negotiate_rt import Journal, NegotiationConfig, NegotiationExecutor, Negotiator, Pie
from negotiate_rt.cli import program
from negotiate_rt.journal.reading import segments
from negotiate_rt.journal.rows import ENDED, Packing
from negotiate_rt.journal.store import open_store

Run = Callable[..., Result]


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "200")
    runner = CliRunner()
    return lambda *arguments: runner.invoke(program, [str(one) for one in arguments], prog_name="negotiate-rt")


@pytest.fixture
def journal(cli: Run, tmp_path: Path) -> Path:
    path = tmp_path / "haggling.db"
    result = cli("run", "haggling", "-n", 5, "--seed", 4, "--clock", "virtual", "--journal", path)
    assert result.exit_code == 0, result.output
    return path


def test_without_options_a_verdict_and_the_first_records(cli: Run, journal: Path) -> None:
    result = cli("replay", journal)
    assert result.exit_code == 0
    assert "negotiations: 5 (" in result.output
    assert "verified: chain whole, bytes between segments too, every move legal" in result.output
    assert "haggling/1" in result.output
    assert "said     Bea -> Sam" in result.output


def test_verify_and_rerun_give_exit_codes(cli: Run, journal: Path) -> None:
    result = cli("replay", journal, "--verify", "--rerun")
    assert result.exit_code == 0, result.output
    assert "run again:" in result.output
    assert "the same, times and order too" in result.output
    told = json.loads(cli("replay", journal, "--rerun", "--json").output)
    assert told["sound"]
    assert told["rerun"]["same"]
    with sqlite3.connect(journal) as connection:
        connection.execute("UPDATE segments SET hash = zeroblob(32)")
    connection.close()
    result = cli("replay", journal, "--verify")
    assert result.exit_code == 4
    assert "damaged: segment 1: its hash does not fit" in result.output
    assert "NOT SOUND: 1 flaw" in result.output
    assert json.loads(cli("replay", journal, "--json").output)["damage"][0]["where"] == "segment 1"


def test_a_world_that_runs_otherwise_is_told(cli: Run, journal: Path, tmp_path: Path) -> None:
    rows = [row for segment in segments(journal) for row in segment.rows]
    place = next(place for place, row in enumerate(rows) if row[0] == ENDED)
    rows[place] = (*rows[place][:3], {**rows[place][3], "utilities": {"Bea": 1000.0}})
    held = open_store(tmp_path / "x.db", durable=False)
    held.append(Packing()(rows), len(rows))
    held.close()
    result = cli("replay", tmp_path / "x.db", "--rerun")
    assert result.exit_code == 4
    assert "RUN AGAIN, IT DIFFERS:" in result.output
    assert cli("replay", tmp_path / "x.db", "--verify").exit_code == 0  # the rules know nothing of utilities


def test_filters_show_records_and_steps_what_they_led_to(cli: Run, journal: Path) -> None:
    result = cli(
        "replay", journal, "--negotiation", "haggling/2", "--performative", "propose", "--kind", "said", "-n", 2
    )
    assert result.exit_code == 0
    assert [line.split()[1:3] for line in result.output.splitlines()] == [["haggling/2", "said"]] * 2
    result = cli("replay", journal, "--step", "--negotiation", "haggling/2", "-n", 3)
    assert "-> awaiting_responder, on the table: 40; legal: responder propose" in result.output
    lines = cli("replay", journal, "--agent", "Sam", "--json").output.splitlines()
    assert all("Sam" in json.dumps(json.loads(line)["record"]) for line in lines)


@pytest.mark.parametrize(
    ("form", "begins"),
    [("jsonl", '{"negotiation":"haggling/1"'), ("csv", "at,negotiation,kind"), ("mermaid", "sequenceDiagram"), ("fipa", "[\n"),
     ("agreement", "# Agreement haggling/1/")],
)  # fmt: skip
def test_exports_go_to_stdout_or_a_file(cli: Run, journal: Path, tmp_path: Path, form: str, begins: str) -> None:
    result = cli("replay", journal, "--export", form, "--negotiation", "haggling/1")
    assert result.exit_code == 0, result.output
    assert result.output.startswith(begins)
    result = cli("replay", journal, "--export", form, "--negotiation", "haggling/1", "--out", tmp_path / "out")
    assert result.output == ""
    assert (tmp_path / "out").read_text().startswith(begins)
    assert cli("replay", journal, "--export", form, "--negotiation", "haggling/1", "--out", tmp_path).exit_code == 2


def test_an_agreement_can_be_had_as_json(cli: Run, journal: Path) -> None:
    told = json.loads(cli("replay", journal, "--export", "agreement", "--negotiation", "haggling/1", "--json").output)
    assert told["protocol"] == "bilateral"
    assert set(told["terms"]) == {"price"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("replay", "no.db"), "there is no such file"),
        (("replay", "JOURNAL", "--kind", "sayd"), "did you mean 'said'"),
        (("replay", "JOURNAL", "--export", "mermaid"), "name one with --negotiation"),
        (("replay", "JOURNAL", "--protocol", "nowhere"), "expected package.module:Class"),
        (("replay", "JOURNAL", "--protocol", "json:JSONDecoder"), "is no NegotiationProtocol"),
        (("run", "haggling", "--journal", "JOURNAL"), "holds an earlier run; name another file, go on with it"),
        (("run", "haggling", "--journal", "no/x.db"), "there is no folder"),
        (("run", "haggling", "--resume"), "--resume: name the journal, too"),
    ],
)
def test_mistakes_are_told_in_one_line(cli: Run, journal: Path, arguments: tuple[str, ...], said: str) -> None:
    result = cli(*(journal if one == "JOURNAL" else one for one in arguments))
    assert result.exit_code == 2, result.output
    assert said in result.output.replace("\n", " ")
    assert "Traceback" not in result.output


def test_an_earlier_run_is_replaced_only_by_force(cli: Run, journal: Path) -> None:
    assert cli("run", "haggling", "-n", 1, "--clock", "virtual", "--journal", journal, "--force").exit_code == 0
    assert len([one for one in Journal(journal).records() if one.kind == "ended"]) == 1


def test_a_run_that_was_cut_off_is_gone_on_with(cli: Run, journal: Path, tmp_path: Path) -> None:
    rows = [row for segment in segments(journal) for row in segment.rows]
    began = [place for place, row in enumerate(rows) if row[0] == 1]
    cut = tmp_path / "cut.db"
    held = open_store(cut, durable=False)
    body = rows[: began[2] + 1]  # three of five have begun, none has ended
    held.append(Packing()(body), len(body))
    held.close()
    result = cli("run", "haggling", "-n", 5, "--seed", 4, "--clock", "virtual", "--journal", cut, "--resume", "--json")
    assert result.exit_code == 0, result.output
    ended = {one.negotiation: one.content for one in Journal(cut).records() if one.kind == "ended"}
    assert sorted(ended) == [f"haggling/{number}" for number in range(1, 6)]
    assert [ended[f"haggling/{number}"].get("resumed", False) for number in range(1, 6)] == [True] * 3 + [False] * 2
    whole = {one.negotiation: one.content for one in Journal(journal).records() if one.kind == "ended"}
    assert ended["haggling/5"]["accepted"] == whole["haggling/5"]["accepted"]  # the same session as without the kill
    assert cli("replay", cut, "--verify").exit_code == 0


def test_a_durable_run_says_so_in_its_journal(cli: Run, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    assert cli("run", "haggling", "-n", 2, "--journal", path, "--durable").exit_code == 0
    first = next(Journal(path).records())
    assert first.content["durable"] is True
    assert first.content["notes"]["sessions"] == 2
    result = cli("replay", path, "--rerun")
    assert result.exit_code == 0, result.output
    assert "the same words in each negotiation" in result.output


def test_a_protocol_of_ones_own_is_checked_when_it_is_named(cli: Run, tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    executor = NegotiationExecutor(clock="virtual", journal=path)
    executor.register(Ultimatum())
    executor.run([Negotiator("a"), Negotiator("b")], NegotiationConfig("ultimatum"), Pie(1.0))
    assert "not checked against rules: ultimatum" in cli("replay", path).output
    result = cli("replay", path, "--protocol", "examples.custom_protocol:Ultimatum")
    assert result.exit_code == 0, result.output
    assert "not checked" not in result.output
