"""`analyze`, `validate` and `run` of games between coalitions, in files of their own and in scenarios."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from negotiate_rt import AirportGame, CoalitionGame, WeightedVotingGame, scenarios
from negotiate_rt.cli import program
from negotiate_rt.report.game_analysis import analyze_game
from negotiate_rt.scenarios import ScenarioError
from negotiate_rt.scenarios.game_files import read_game

Run = Callable[..., Result]
ESTATE = 'name = "estate"\ntype = "bankruptcy"\nestate = 200\nclaims = {ann = 100, bob = 200, cem = 300}\n'
MAJORITY = {"type": "game", "otherwise": 0, "worths": {"ann+bob": 1, "ann+cem": 1, "bob+cem": 1, "ann+bob+cem": 1}}


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "200")
    runner = CliRunner()
    return lambda *arguments: runner.invoke(program, list(arguments), prog_name="negotiate-rt")


def written(folder: Path, text: str, name: str = "game.toml") -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


def test_game_in_a_file_is_told_with_values_core_and_best_structure(cli: Run, tmp_path: Path) -> None:
    shown = cli("analyze", written(tmp_path, ESTATE))
    assert shown.exit_code == 0, shown.stderr
    for fact in ("estate: bankruptcy of 3 players", "the core is not empty", "convex", "83.3333", "nucleolus",
                 "best structure: {ann, bob, cem}", "Shapley value: in the core"):  # fmt: skip
        assert fact in shown.stdout


def test_objection_and_counter_objection_are_printed(cli: Run, tmp_path: Path) -> None:
    shown = cli("analyze", written(tmp_path, json.dumps(MAJORITY), "majority.json"))
    assert "the core is empty: some coalition always lacks at least 0.3333333333" in shown.stdout
    assert "ann against bob: (ann 0.5, cem 0.5) by bob against ann: (bob" in " ".join(shown.stdout.split())


def test_scenario_with_a_game_is_analyzed_and_run(cli: Run) -> None:
    found = json.loads(cli("analyze", "joint-venture", "--json").stdout)
    assert found["players"]["mill"]["nucleolus"] == 26
    assert found["epsilon"] == -7
    shown = cli("run", "joint-venture", "--sessions", "5")
    assert "100.0% of 5 results are in the core" in shown.stdout


def test_game_files_are_validated(cli: Run, tmp_path: Path) -> None:
    shown = cli("validate", written(tmp_path, ESTATE))
    assert "fine: a game of 3 players" in shown.stdout
    assert cli("analyze", written(tmp_path, ESTATE), "--plot", "x.svg").exit_code == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (ESTATE.replace("claims", "claim"), "claim: bankruptcy has no such field; did you mean 'claims'?"),
        (ESTATE.replace("200\n", "700\n"), "estate: expected from 0 to the sum of the claims"),
        ('type = "game"\nworths = {"a+b" = 3}\n', "the table lacks 2 of 4 coalitions"),
        ('type = "game"\nworths = {"a+a" = 3}\n', "expected different names joined by '+'"),
        ('type = "game"\notherwise = 0\nworths = {"a+b" = 3}\nlinks = [["a", "z"]]\n', "links[0]: 'z' is none of a, b"),
        ('type = "weighted-voting"\nquota = 9\nweights = {a = 1}\n', "quota: expected more than 0"),
        ('type = "gloves"\nleft = {a = 1}\nright = {a = -1}\n', "right"),
        ('type = "airport"\ncosts = {a = nan}\n', "costs"),
    ],
    ids=range(8),
)
def test_flaws_of_a_game_file_are_told(cli: Run, tmp_path: Path, text: str, told: str) -> None:
    shown = cli("analyze", written(tmp_path, text))
    assert shown.exit_code == 2
    assert told in shown.stderr


def test_file_of_something_else_is_no_game(tmp_path: Path) -> None:
    assert read_game(written(tmp_path, "name = 'x'\n")) is None
    assert read_game(written(tmp_path, "= broken")) is None
    assert read_game(tmp_path / "absent.toml") is None


@pytest.mark.parametrize(
    ("problem", "payoffs"),
    [
        ('type = "weighted-voting"\nquota = 2\nweights = {a = 1, b = 1}', {"a": 0.5, "b": 0.5}),
        ('type = "bankruptcy"\nestate = 6\nclaims = {a = 4, b = 4}', {"a": 3, "b": 3}),
        ('type = "airport"\ncosts = {a = 4, b = 6}', {"a": 2, "b": 4}),
        ('type = "gloves"\nleft = {a = 1}\nright = {b = 1}', {"a": 0.5, "b": 0.5}),
        ('type = "game"\notherwise = 0\nworths = {"a+b" = 8}\nlinks = [["a", "b"]]', {"a": 4, "b": 4}),
    ],
    ids=["voting", "bankruptcy", "airport", "gloves", "links"],
)
def test_every_kind_of_game_can_be_a_scenarios_problem(problem: str, payoffs: dict[str, float]) -> None:
    agents = "".join(f'[[agents]]\ntype = "partner"\nname = "{name}"\n' for name in "ab")
    scenario = scenarios.loads(f'name = "x"\nprotocol = "coalition-formation"\n{agents}[problem]\n{problem}\n')
    outcome = scenario.executor("virtual").run(*scenario.job(1))
    assert outcome.result.payoffs == pytest.approx(payoffs)


def test_players_without_agents_are_told_at_the_scenario() -> None:
    text = 'name = "x"\nprotocol = "coalition-formation"\n[[agents]]\ntype = "partner"\nname = "a"\ncount = 2\n'
    with pytest.raises(ScenarioError, match="player 'b' has no party"):
        scenarios.loads(text + '[problem]\ntype = "airport"\ncosts = {a-1 = 1, a-2 = 2, b = 3}\n')


@pytest.mark.slow
def test_large_games_are_told_as_far_as_they_can_be() -> None:
    council = WeightedVotingGame(39, {f"s{number}": 7 if number < 5 else 1 for number in range(15)})
    found = analyze_game(council, "council")
    assert found.players["s0"].shapley == pytest.approx(421 / 2145)
    assert found.core is None
    many = analyze_game(CoalitionGame(range(26), lambda coalition: len(coalition) ** 2))
    assert many.players["0"].margin is not None
    assert many.grand == 26**2
    assert not many.properties


def test_cost_game_is_told_in_costs() -> None:
    found = analyze_game(AirportGame({"a": 1, "b": 2, "c": 3}), "runway")
    assert found.properties[:2] == (
        "subadditive: joining never loses anything", "concave: a player adds the more, the more others are there",
    )  # fmt: skip
    assert found.players["c"].nucleolus == 1.75
