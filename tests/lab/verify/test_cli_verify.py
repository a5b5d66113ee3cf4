"""`negotiate-rt verify`: what it prints, its exit codes, protocols of one's own, and mistakes."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from negotiate_rt.cli import program

BROKEN = '''
"""An auction that may be sold twice."""
from negotiate_rt import AGREED
from negotiate_rt.messages.performatives import Accept, Inform
from negotiate_rt.protocols import VickreyAuction

class Twice(VickreyAuction):
    name = "twice"
    joint = {**VickreyAuction.joint, "selling": {Accept: "selling", Inform: "selling", "sold": AGREED}}
'''


@pytest.fixture
def cli(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    return lambda *args: CliRunner().invoke(program, ["verify", *args])


@pytest.fixture
def twice(tmp_path):
    path = tmp_path / "twice.py"
    path.write_text(BROKEN)
    return str(path)


def test_what_is_proved_is_printed_with_bounds_and_what_is_abstracted(cli):
    result = cli("vickrey", "--in-flight", "1")
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0] == "vickrey-auction: verified"
    assert lines[1] == "  2 participants; faults on each way: any number (so 2, too); in flight on each way: 1"
    assert "states" in lines[2]
    assert "endings: AGREED, FAILED" in lines[2]
    assert sum(line.startswith("  proved ") for line in lines) == 9
    assert "  proved      never two winners of one item" in lines
    assert any("role coroutines" in line for line in lines)
    assert any(line.startswith("    contents of messages: rules about them are taken to hold (inside_") for line in lines)


def test_a_counterexample_is_drawn_and_the_exit_code_is_four(cli, twice):
    result = cli(f"{twice}:Twice", "--in-flight", "1")
    assert result.exit_code == 4
    assert "twice: NOT verified" in result.stdout
    assert "  refuted     never two winners of one item -- 2 participants hold what 1 may win" in result.stdout
    assert "  winners: 2 participants hold what 1 may win (11 steps, 0 faults)" in result.stdout
    assert "Error: verify: not proved: twice" in result.stderr


def test_a_file_that_defines_one_protocol_is_enough_and_mermaid_is_drawn(cli, twice):
    result = cli(twice, "--in-flight", "1", "--mermaid")
    assert result.exit_code == 4
    assert "    sequenceDiagram" in result.stdout
    assert "auctioneer->>bidder_1: cfp [awaiting_bid]" in result.stdout


def test_json_is_one_object(cli, twice):
    told = json.loads(cli("propose", "request", "--json").stdout)
    assert told["holds"] is True
    assert [one["protocol"] for one in told["protocols"]] == ["propose", "request"]
    assert told["protocols"][0]["bounds"]["faults"] == 2
    broken = cli(twice, "--json", "--in-flight", "1")
    assert broken.exit_code == 4
    told = json.loads(broken.stdout)
    assert told["holds"] is False
    assert [one["property"] for one in told["protocols"][0]["counterexamples"]] == ["winners"]


def test_a_table_of_ones_own_is_verified(cli):
    result = cli("tests.lab.verify.planted:OWN_OFFER")
    assert result.exit_code == 4
    assert "reach: nothing that can happen leads to AGREED (everything that can happen was searched)" in result.stdout


def test_protocols_with_equal_tables_say_so(cli):
    result = cli("first-price", "vickrey", "mgm", "--in-flight", "1")
    assert result.exit_code == 0
    assert "  the same tables and rules about offers as first-price-auction" in result.stdout
    assert "  mgm: former and latter: verified" in result.stdout


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), "either name protocols or say --all"),
        (("--all", "bilateral"), "either name protocols or say --all"),
        (("bilatral",), "no protocol 'bilatral'"),
        (("nowhere.at.all:Thing",), "nowhere.at.all: cannot be imported"),
        (("bilateral", "--faults", "-3"), "faults: expected a whole number from 0 to 1000, got -3"),
        (("bilateral", "--participants", "77"), "participants: expected a whole number from 1 to 5, got 77"),
    ],
)
def test_mistakes_are_told_without_a_traceback(cli, args, words):
    result = cli(*args)
    assert result.exit_code == 2
    assert words in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.slow
def test_all_built_in_protocols_are_verified(cli):
    result = cli("--all", "--in-flight", "1", "--limit", "10000", "--json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert told["holds"] is True
    assert {one["protocol"] for one in told["protocols"]} >= {"bilateral", "contract-net", "vickrey-auction"}
