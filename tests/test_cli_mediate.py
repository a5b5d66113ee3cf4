"""`negotiate-rt mediate`: the report in words and as JSON, and a user's mistakes."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from negotiate_rt.cli import program


def invoke(*arguments):
    return CliRunner().invoke(program, ["mediate", *arguments])


def test_a_scenario_is_settled_in_each_way():
    result = invoke("mediation", "--rounds", "40", "-w", "optimum", "-w", "direct bargaining", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert [way["way"] for way in found["ways"]] == ["optimum", "direct bargaining"]
    assert found["ways"][0]["ended"] == "AGREED"
    assert found["proven"] is True


def test_the_table_names_what_it_found():
    asked = ["--arbitration", "impose", "--acceptance", "quorum", "--quorum", "3"]
    result = invoke("mediation", "--rounds", "30", "-w", "ranking", *asked)
    assert result.exit_code == 0, result.output
    assert "best social welfare" in result.stdout
    assert "ranking" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["haggling"], "expected a bargaining problem over issues"),
        (["mediation", "-w", "magic"], "ways: expected some of optimum"),
        (["mediation", "--objective", "fun"], "options.objective: expected one of nash"),
        (["nowhere"], "nowhere"),
    ],
)
def test_a_mistake_of_the_users_is_one_clear_line(arguments, text):
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert text in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr
