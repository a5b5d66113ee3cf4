"""`negotiate-rt audit`: verdicts with counterexamples, mechanisms of one's own, exit codes, and mistakes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from negotiate_rt.cli import program
from negotiate_rt.errors import ConfigurationError
from negotiate_rt.lab.audit import find_mechanism, options_in_words, types_in_words
from negotiate_rt.solutions.mechanism_library import MECHANISMS, ready_mechanism

Run = Callable[..., Result]
THIRD_PRICE = '''
"""A third-price auction: not truthful."""
from negotiate_rt.solutions.mechanisms import Decision, DirectMechanism, TypeSpace

def outcome(bids):
    order = sorted(range(len(bids)), key=lambda place: -bids[place])
    paid = [0.0] * len(bids)
    paid[order[0]] = float(bids[order[2]])
    return Decision(order[0], tuple(paid))

def third_price(agents=3, types=TypeSpace(range(4)), reserve=0):
    return DirectMechanism(
        name="third-price", outcome=outcome, types=types, agents=agents,
        valuation=lambda agent, value, winner: value if winner == agent else 0,
    )

mechanism = third_price()
broken = DirectMechanism(name="broken", outcome=lambda bids: bids[7], types=TypeSpace((1, 2)), agents=2)
'''


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "160")
    runner = CliRunner()
    return lambda *arguments: runner.invoke(program, list(arguments), prog_name="negotiate-rt")


@pytest.fixture
def third_price(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "third.py"
    path.write_text(THIRD_PRICE, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["vickrey", "vcg", "position-vcg", "median", "median-point", "multi-unit-vickrey"])
def test_no_profitable_misreport_is_found_where_truth_is_dominant(cli: Run, name: str) -> None:
    result = cli("audit", name, "-p", "dominant-strategy", "--require", "dominant-strategy")
    assert result.exit_code == 0, result.output
    assert "holds" in result.output
    assert " reports " not in result.output


@pytest.mark.parametrize("name", ["first-price", "gsp", "plurality", "borda", "all-pay", "uniform-price"])
def test_a_profitable_misreport_is_printed_and_fails_only_what_requires_it(cli: Run, name: str) -> None:
    result = cli("audit", name, "-p", "dominant-strategy")
    assert result.exit_code == 0
    assert "dominant-strategy fails: " in result.output
    assert " reports " in result.output
    assert "utility" in result.output
    required = cli("audit", name, "--require", "dominant-strategy")
    assert required.exit_code == 4
    assert "required, but dominant-strategy fails" in required.output


@pytest.mark.parametrize("name", list(MECHANISMS))
def test_every_ready_mechanism_can_be_audited_and_is_listed(cli: Run, name: str) -> None:
    result = cli("audit", name, "--samples", "5", "--bayesian", "--budget", "2000", "--json")
    report = json.loads(result.stdout)
    assert result.exit_code == 0
    assert report["mechanism"]
    assert len(report["findings"]) == 10


def test_list_names_all_mechanisms_with_their_options(cli: Run) -> None:
    found = json.loads(cli("list", "mechanisms", "--json").stdout)["mechanisms"]
    assert set(found) == set(MECHANISMS)
    assert found["vcg"].startswith("(goods=A,B) ")


def test_json_is_the_report_and_the_same_each_time(cli: Run) -> None:
    wanted = ("audit", "first-price", "-n", "2", "--types", "uniform(0,1)", "--samples", "40", "--seed", "5", "--json")
    result = cli(*wanted)
    report = json.loads(result.stdout)
    assert (report["exhaustive"], report["seed"], report["profiles"]) == (False, 5, 40)
    assert cli(*wanted).stdout == result.stdout


def test_a_balance_that_is_required_is_judged_though_a_seller_keeps_the_money(cli: Run) -> None:
    assert "the seller keeps what is paid" in cli("audit", "vickrey", "-n", "2").output
    result = cli("audit", "vickrey", "-n", "2", "--require", "dominant-strategy,balanced")
    assert result.exit_code == 4
    assert "balanced fails" in result.output
    assert "dominant-strategy fails" not in result.output


def test_types_and_options_are_told_in_words(cli: Run) -> None:
    report = json.loads(cli("audit", "vickrey", "-n", "2", "--types", "0:4:2", "--set", "reserve=3", "--json").stdout)
    assert report["profiles"] == 9
    assert report["revenue"]["least"] == 0
    wide = cli("audit", "median", "-n", "2", "--set", "alternatives=a,b,c,d", "--set", "domain=all", "--json").stdout
    assert json.loads(wide)["profiles"] == 24**2


# ------------------------------------------------------------------------------------------------- mechanisms of one's own
def test_a_file_with_several_mechanisms_asks_which(cli: Run, third_price: Path) -> None:
    result = cli("audit", "third.py")
    assert result.exit_code == 2
    assert "there are mechanism, broken: say third.py:NAME" in result.output


def test_an_object_of_a_file_is_audited(cli: Run, third_price: Path) -> None:
    result = cli("audit", "third.py:mechanism")
    assert result.exit_code == 0
    assert "third-price: 3 agents" in result.output
    assert "dominant-strategy fails: " in result.output


def test_a_function_of_a_module_gets_agents_types_and_options(cli: Run, third_price: Path) -> None:
    found = find_mechanism("third:third_price", 4, types_in_words("0,1"), {"reserve": 2})
    assert (len(found.types), found.types[0].types) == (4, (0, 1))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("audit", "vikrey"), "did you mean 'vickrey'"),
        (("audit", "absent.py"), "there is no such file"),
        (("audit", "absent_module:thing"), "cannot be imported"),
        (("audit", "third.py:thrid_price"), "did you mean 'third_price'"),
        (("audit", "third.py:mechanism", "-n", "4"), "is a finished mechanism and takes no agents"),
        (("audit", "third.py:third_price", "--set", "colour=red"), "raised TypeError"),
        (("audit", "third.py:outcome"), "raised TypeError"),
        (("audit", "third.py:THIRD"), "there is no 'THIRD'"),
        (("audit", "third.py:broken"), "mechanism 'broken' raised IndexError: tuple index out of range (third.py, line 18)"),
        (("audit", "vickrey", "--types", "a,b"), "'a' is no number"),
        (("audit", "vickrey", "--types", "0:1:0"), "a step above 0"),
        (("audit", "vickrey", "--types", "0:1:0.0001"), "too many"),
        (("audit", "vickrey", "--types", "nan"), "not finite"),
        (("audit", "vickrey", "--types", ","), "expected a list"),
        (("audit", "vickrey", "--types", "uniform(3,1)"), "low < high"),
        (("audit", "vickrey", "--types", "exponential(-1)"), "one rate"),
        (("audit", "vickrey", "--types", "-1,2"), "at least 0"),
        (("audit", "vickrey", "--set", "reserve"), "expected NAME=VALUE"),
        (("audit", "vickrey", "--set", "reserved=1"), "did you mean 'reserve'"),
        (("audit", "vickrey", "--set", "reserve=high"), "reserve"),
        (("audit", "vickrey", "--require", "truthful"), "unknown property 'truthful'"),
        (("audit", "vickrey", "-p", "truthful"), "unknown property 'truthful'"),
        (("audit", "mcafee", "-n", "4"), "it has buyers and sellers"),
        (("audit", "borda", "--types", "0:3"), "rankings of the alternatives"),
        (("audit", "borda", "--set", "alternatives=a"), "alternatives"),
        (("audit", "vcg", "--set", "goods=A,B,C"), "defaults for one or two only"),
        (("audit", "myerson", "--types", "uniform(0,1)"), "list them"),
    ],
)
def test_a_mistake_is_told_without_a_traceback(cli: Run, third_price: Path, arguments: tuple[str, ...], told: str) -> None:
    result = cli(*arguments)
    assert result.exit_code == 2, result.output
    assert told in result.output
    assert "Traceback" not in result.output


def test_a_file_that_does_not_run_is_told_with_its_line(cli: Run, tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text("x = 1\ny = x +\n", encoding="utf-8")
    assert "SyntaxError" in cli("audit", str(bad)).output
    bad.write_text("x = 1\nx / 0\n", encoding="utf-8")
    assert "ZeroDivisionError: division by zero (bad.py, line 2)" in cli("audit", str(bad)).output
    bad.write_text("x = 1\n", encoding="utf-8")
    assert "there is none" in cli("audit", str(bad)).output
    bad.write_text("def make():\n    return 3\n", encoding="utf-8")
    assert "must return a DirectMechanism, got 3" in cli("audit", f"{bad}:make").output


def test_words_become_types_and_options() -> None:
    assert types_in_words("0:1:0.25").types == (0, 0.25, 0.5, 0.75, 1.0)
    assert types_in_words("1, 5").types == (1, 5)
    assert not types_in_words("Uniform(2, 3)").finite
    assert options_in_words(("reserve-price=2.5", "goods=A,B", "domain=all", "units=2")) == {
        "reserve_price": 2.5, "goods": ("A", "B"), "domain": "all", "units": 2,
    }  # fmt: skip
    with pytest.raises(ConfigurationError, match="agents must be"):
        ready_mechanism("vickrey", agents=0)


@pytest.mark.slow
def test_a_false_name_attack_on_vcg_is_shown(cli: Run) -> None:
    wanted = ("audit", "vcg", "-n", "2", "-p", "dominant-strategy", "--false-names")
    result = cli(*wanted)
    assert result.exit_code == 0
    assert "holds" in result.output
    assert "reports {A} 0; {A, B} 2; {B} 2, and {A} 2; {A, B} 2; {B} 0" in result.output.replace("\n", " ")
    assert "false name" in result.output
    (probe,) = json.loads(cli(*wanted, "--samples", "40", "--json").stdout)["probes"]
    assert (probe["seed"], probe["profiles"]) == (0, 40)
    assert "none pays" in cli("audit", "vickrey", "-n", "2", "--types", "0:3", "--false-names").output


def test_colluders_in_vickrey_are_shown_and_probes_refuse_what_they_cannot_do(cli: Run) -> None:
    result = cli("audit", "vickrey", "-n", "3", "--types", "0:2", "--collusion", "2")
    assert "collusion of 2: pays in" in result.output
    assert "false names are probed in first-price" in cli("audit", "borda", "--false-names").output
    assert cli("audit", "vickrey", "-n", "2", "--collusion", "3").exit_code == 2
