"""`convert`, `validate` and `run` with domain files: what is printed, exit codes, no traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from negotiate_rt.cli import program
from negotiate_rt.scenarios import load_domain
from tests.scenarios.domains_at_random import GENIUS, GENIUSWEB, facts


def cli(*arguments: object) -> Result:
    return CliRunner().invoke(program, [str(one) for one in arguments])


@pytest.fixture
def car(tmp_path: Path) -> Path:
    folder = tmp_path / "car"
    folder.mkdir()
    for name, text in GENIUS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_convert_goes_round_without_a_loss(car: Path, tmp_path: Path) -> None:
    for source, target, form in ((car, "a.toml", ()), ("a.toml", "b.json", ()), ("b.json", "c", ("--to", "genius"))):
        result = cli("convert", tmp_path / source, tmp_path / target, *form)
        assert result.exit_code == 0, result.output
        assert "Car, a domain" in result.output
        assert "3 issues, infinitely many outcomes, 2 parties; written as" in " ".join(result.output.split())
    assert facts(load_domain(tmp_path / "c")) == facts(load_domain(car))


def test_convert_takes_single_files_and_prints_json(car: Path, tmp_path: Path) -> None:
    files = [car / "car_seller.xml", car / "car.xml"]
    result = cli("convert", *files, tmp_path / "out.json", "--json", "--name", "Auto")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {
        "name": "Car", "from": "genius", "to": "json", "files": [str(tmp_path / "out.json")],
        "issues": ["Colour", "Doors", "Price"], "parties": ["car_seller"],
    }  # fmt: skip
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["name"] == "Auto"


def test_convert_tells_the_users_mistakes_and_exits_2(car: Path, tmp_path: Path) -> None:
    (tmp_path / "there.toml").write_text("", encoding="utf-8")
    (tmp_path / "bad.xml").write_text("<negotiation_template>", encoding="utf-8")
    cases = (
        ((car, tmp_path / "x"), "form (--to): expected one of toml, json, genius, geniusweb"),
        ((car, tmp_path / "x", "--to", "geniusweb"), "GeniusWeb JSON has no continuous issues"),
        ((car, tmp_path / "x.json", "--to", "gnius"), "did you mean 'genius'?"),
        ((car, tmp_path / "there.toml"), "is there already; force (--force) replaces it"),
        ((tmp_path / "nowhere", tmp_path / "x.toml"), "there is no such file"),
        ((tmp_path / "bad.xml", tmp_path / "x.toml"), "line 1: not XML: no element found"),
        ((car,), "Missing argument"),
    )
    for arguments, said in cases:
        result = cli("convert", *arguments)
        assert result.exit_code == 2, arguments
        assert said in result.stderr
        assert "Traceback" not in result.output
    assert not (tmp_path / "x").exists()
    assert not (tmp_path / "x.toml").exists()
    assert cli("convert", car, tmp_path / "there.toml", "--force").exit_code == 0


def test_convert_lets_go_of_what_is_lost_when_told_to(tmp_path: Path) -> None:
    for name, text in GENIUSWEB.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    result = cli("convert", tmp_path, tmp_path / "g", "--to", "genius")
    assert result.exit_code == 2
    assert "issue 'rent' would lose its steps of 50" in result.stderr
    assert cli("convert", tmp_path, tmp_path / "g", "--to", "genius", "--lossy").exit_code == 0


def test_validate_tells_of_domains(car: Path) -> None:
    result = cli("validate", car, car / "car.xml", "haggling")
    assert result.exit_code == 0
    assert "Car, a domain (genius), 3 issues, infinitely many outcomes, 2 parties" in result.output
    assert "0 parties" in result.output
    (car / "car_buyer.xml").write_text(GENIUS["car_buyer.xml"].replace('value="0.9"', 'value="9"'), encoding="utf-8")
    result = cli("validate", car)
    assert result.exit_code == 2
    assert "car_buyer.xml: line 18: expected a discount factor within [0, 1], got 9.0" in result.stderr


def test_run_takes_a_folder_of_a_domain(genius_path: Path, tmp_path: Path) -> None:
    result = cli("run", genius_path / "ItexvsCypress", "--clock", "virtual", "--json", "--out", tmp_path / "kept")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["protocols"]["bilateral"]["agreed"] == 1
    again = cli("validate", next((tmp_path / "kept").glob("scenario.*")))
    assert again.exit_code == 0
    assert "ItexvsCypress, bilateral, 2 agents" in again.output


def test_schema_prints_either_kind_of_file() -> None:
    for kind, part in (("scenario", "ScenarioSpec"), ("domain", "DomainSpec")):
        result = cli("schema", kind)
        assert json.loads(result.stdout)["$ref"] == f"#/$defs/{part}"
