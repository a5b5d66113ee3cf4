"""`solve`: a problem in, an assignment and its price out; what is said of mistakes and of what cannot be."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from negotiate_rt.cli import program, solving
from negotiate_rt.problems.dcop import CostFunction, DcopProblem, Variable
from negotiate_rt.scenarios.dcop_files import write_dcop
from negotiate_rt.solutions.dcop.tally import CostPoint
from tests.protocols.dcops import by_enumeration, drawn, ring

Run = Callable[..., Result]
DIFFER = [[math.inf if a == b else 0.0 for b in range(2)] for a in range(2)]


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "160")
    runner = CliRunner()
    return lambda *arguments: runner.invoke(program, ["solve", *arguments], prog_name="negotiate-rt")


@pytest.fixture
def file(tmp_path: Path) -> Callable[[DcopProblem], str]:
    def write(problem: DcopProblem) -> str:
        path = tmp_path / "some.toml"
        write_dcop(problem, path)
        return str(path)

    return write


def triangle() -> DcopProblem:
    names = ["a", "b", "c"]
    pairs = [("a", "b"), ("b", "c"), ("a", "c")]
    return DcopProblem([Variable(one, range(2)) for one in names], [CostFunction(f"{x}{y}", (x, y), DIFFER) for x, y in pairs])


def test_solve_prints_the_optimum_and_what_it_took(cli: Run, file: Callable[[DcopProblem], str]) -> None:
    shown = cli(file(ring(5)))
    assert shown.exit_code == 0
    assert "min over 5 variables of 5 agents, 5 cost functions" in shown.output
    assert [line.split()[:3] for line in shown.output.splitlines() if line.startswith("dpop ")] == [["dpop", "optimal", "0"]]
    assert "dpop:  v00 = " in shown.output


def test_solve_compares_algorithms_and_draws_their_costs(
    cli: Run, file: Callable[[DcopProblem], str], tmp_path: Path
) -> None:
    curve = tmp_path / "curve.svg"
    shown = cli(file(ring(9)), "-a", "dpop", "-a", "mgm", "--cycles", "20", "--curve", str(curve), "--picture")
    assert shown.exit_code == 0
    rows = [line.split()[0] for line in shown.output.splitlines() if line[:4] in ("dpop", "mgm ")]
    assert rows[:2] == ["dpop", "mgm"]
    assert f"cost curve: {curve}" in shown.output
    drawn = curve.read_text()
    assert drawn.startswith("<svg ")
    assert "cost by cycle" in drawn
    assert "mgm" in drawn


def test_solve_tells_everything_as_json(cli: Run, file: Callable[[DcopProblem], str]) -> None:
    problem = drawn(3, share=0.0)
    tree = json.loads(cli(file(problem), "--json").output)
    assert tree["variables"] == len(problem.variables)
    (run,) = tree["runs"]
    assert run["cost"] == pytest.approx(by_enumeration(problem))
    assert run["proven"]
    assert set(run["assignment"]) == set(problem.variables)
    assert run["util_messages"] == run["value_messages"]
    assert [point["cost"] for point in run["curve"]] == [run["cost"]]


def test_solve_gives_the_same_for_the_same_seed(cli: Run, file: Callable[[DcopProblem], str]) -> None:
    path = file(ring(12))

    def run(seed: str) -> dict[str, object]:
        tree = json.loads(cli(path, "-a", "dsa", "--seed", seed, "--latency", "0.01..0.5", "--json").output)
        del tree["runs"][0]["wall_seconds"]
        return tree

    assert run("4") == run("4")
    assert run("4") != run("5")


def test_solve_is_exact_over_a_network_that_loses_and_reorders(cli: Run, file: Callable[[DcopProblem], str]) -> None:
    problem = drawn(6, share=0.0)
    faults = ("--latency", "0.01..0.2", "--loss", "0.2", "--duplicate", "0.1", "--reorder")
    (run,) = json.loads(cli(file(problem), *faults, "--json").output)["runs"]
    assert run["cost"] == pytest.approx(by_enumeration(problem))
    assert run["duration_ms"] > 0


def test_what_is_lost_for_good_is_told_as_a_timeout(cli: Run, file: Callable[[DcopProblem], str]) -> None:
    shown = cli(file(ring(5)), "--loss", "0.5", "--unacknowledged", "--timeout", "3")
    assert shown.exit_code == 0
    assert "dpop: timeout: no agreement within 3 s" in shown.output


def test_constraints_that_contradict_each_other_are_named(cli: Run, file: Callable[[DcopProblem], str]) -> None:
    shown = cli(file(triangle()))
    assert shown.exit_code == 0
    assert "dpop: infeasible: these hard constraints cannot be kept together: ab, bc, ac" in shown.output


def test_a_width_beyond_memory_is_a_mistake_told_before_it_starts(cli: Run, file: Callable[[DcopProblem], str]) -> None:
    shown = cli(file(ring(5)), "--set", "most_bytes=100")
    assert shown.exit_code == 2
    assert "Error: dpop: infeasible: the pseudo-tree has width 2 and needs up to" in shown.output
    assert "--set most_bytes=NUMBER" in shown.output


def test_ctrl_c_tells_how_far_it_came(cli: Run, file: Callable[[DcopProblem], str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(run: solving.Run, point: CostPoint) -> None:
        run.last = point
        if point.cycle == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(solving.Run, "look", interrupted)
    shown = cli(file(ring(6)), "-a", "dsa", "--set", "until_settled=false")
    assert shown.exit_code == 130
    assert "Error: interrupted at cost " in shown.output
    assert "cycle 3" in shown.output


def test_solve_takes_the_problem_of_a_built_in_scenario(cli: Run) -> None:
    assert cli("map-colouring", "-a", "mgm").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nowhere.toml",), "nowhere.toml: cannot be read: No such file or directory"),
        (("haggling",), "haggling: this scenario has no DCOP"),
        (("map-colouring", "-a", "vickrey"), "--algorithm: expected one of dpop, mgm,"),
        (("map-colouring", "--set", "rots=2"), "--set rots: expected one of roots, most_bytes"),
        (("map-colouring", "--set", "roots=0"), "dpop: roots: expected a whole number of at least 1, got 0"),
        (("map-colouring", "--latency", "soon"), "--latency: expected seconds, or LOW..HIGH, got 'soon'"),
        (("map-colouring", "-a", "mgm", "--curve", "/nowhere/at/all.svg"), "--curve /nowhere/at/all.svg: cannot write there"),
    ],
)
def test_mistakes_are_told_in_a_line(cli: Run, arguments: tuple[str, ...], told: str) -> None:
    shown = cli(*arguments)
    assert shown.exit_code == 2
    assert told in shown.output.replace("\n", " ")
    assert "Traceback" not in shown.output
