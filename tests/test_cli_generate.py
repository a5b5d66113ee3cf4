"""`negotiate-rt generate`, and `solve --generate`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from negotiate_rt.cli import program
from negotiate_rt.scenarios.dcop_files import load_dcop
from negotiate_rt.scenarios.dcop_generators import GENERATORS


def ran(*words: str) -> Result:
    return CliRunner().invoke(program, list(words), prog_name="negotiate-rt")


@pytest.mark.parametrize("kind", sorted(GENERATORS))
def test_what_is_drawn_is_read_again_and_solved(kind: str, tmp_path: Path) -> None:
    out = tmp_path / "p.toml"
    written = ran("generate", kind, "--seed", "3", "--out", str(out))
    assert written.exit_code == 0, written.output
    problem = load_dcop(out)
    assert f"{len(problem.variables)} variables, {len(problem.functions)} cost functions" in written.output
    assert ran("generate", kind, "--seed", "3").output == out.read_text()
    from_file = json.loads(ran("solve", str(out), "-a", "mgm", "--seed", "3", "--json").output)
    drawn = json.loads(ran("solve", "--generate", kind, "-a", "mgm", "--seed", "3", "--json").output)
    assert from_file["runs"][0]["cost"] == drawn["runs"][0]["cost"]


def test_parameters_are_taken_and_a_file_is_replaced_only_if_asked(tmp_path: Path) -> None:
    out = str(tmp_path / "p.toml")
    words = ("generate", "colouring", "--set", "variables=12", "--set", "graph=tree", "--out", out)
    told = json.loads(ran(*words, "--json").output)
    assert (told["variables"], told["functions"], told["agents"], told["objective"]) == (12, 11, 12, "min")
    again = ran(*words)
    assert again.exit_code == 2
    assert "it is there already; replace it with --force" in again.output
    assert ran(*words, "--force").exit_code == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("generate", "colour"), "did you mean 'colouring'"),
        (("generate", "ising", "--set", "rows=2"), "at least 3 rows"),
        (("generate", "ising", "--set", "rows"), "--set 'rows': expected NAME=VALUE"),
        (("generate", "ising", "--out", "x.txt"), "expected a file named .toml"),
        (("solve",), "expected a PROBLEM or --generate KIND, one of them"),
        (("solve", "x.toml", "--generate", "ising"), "one of them"),
        (("solve", "x.toml", "--draw", "rows=3"), "--draw: it goes with --generate KIND"),
        (("solve", "--generate", "ising", "--draw", "rows"), "--draw 'rows': expected NAME=VALUE"),
    ],
)
def test_mistakes_are_told_in_one_message_and_exit_2(words: tuple[str, ...], told: str) -> None:
    result = ran(*words)
    assert result.exit_code == 2
    assert told in " ".join(result.output.split())
    assert "Traceback" not in result.output


def test_a_search_takes_options_that_are_true_or_false() -> None:
    words = ("solve", "--generate", "ising", "-a", "mgm", "--set", "until_settled=false", "--cycles", "30", "--json")
    assert json.loads(ran(*words).output)["runs"][0]["cycles"] == 30


def test_a_dcop_is_converted_between_our_toml_and_pydcops_yaml_and_validated(tmp_path: Path) -> None:
    pytest.importorskip("yaml", reason="pyDCOP's form needs PyYAML, of the extra dcop")
    ours, theirs, back = (str(tmp_path / name) for name in ("a.toml", "b.yaml", "c.toml"))
    ran("generate", "secp", "--out", ours)
    there = ran("convert", ours, theirs)
    assert there.exit_code == 0, there.output
    assert "a DCOP (min), 11 variables, 7 cost functions, 8 agents; written" in " ".join(there.output.split())
    assert ran("convert", theirs, back, "--json").exit_code == 0
    assert ran("convert", theirs, back).exit_code == 2
    fine = ran("validate", ours, theirs, back)
    assert fine.exit_code == 0
    assert fine.output.count(": fine: 8 lights, 3 scenes, 4 rules, a DCOP (min)") == 3
    best = {name: json.loads(ran("solve", name, "--json").output)["runs"][0]["cost"] for name in (ours, theirs, back)}
    assert len({round(cost, 9) for cost in best.values()}) == 1
    (tmp_path / "a.toml").write_text("[[variables]]\nname = 'x'\ndomain = []\n")
    wrong = ran("validate", ours)
    assert wrong.exit_code == 2
    assert "variables[0].domain: expected at least 1, got 0" in wrong.output
    assert ran("convert", theirs, back, "--to", "genius").exit_code == 2
