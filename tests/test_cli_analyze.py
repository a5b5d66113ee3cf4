"""`analyze`, and the pictures and files of `run`: what is printed, what is written, and what is said about mistakes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from negotiate_rt import scenarios
from negotiate_rt.cli import program

Run = Callable[..., Result]
DOMAIN = """
name = "crumbs"
[[issue]]
name = "share"
values = ["all", "most", "half", "none"]
[[party]]
name = "Ann"
weights = {share = 1}
values = {share = [9, 6, 5, 0]}
[[party]]
name = "Bob"
weights = {share = 1}
values = {share = [0, 4, 5, 9]}
"""


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "120")
    runner = CliRunner()
    return lambda *arguments: runner.invoke(program, list(arguments), prog_name="negotiate-rt")


@pytest.fixture
def domain(tmp_path: Path) -> str:
    path = tmp_path / "crumbs.toml"
    path.write_text(DOMAIN)
    return str(path)


def test_a_domain_is_told_with_verdict_points_and_frontier(cli: Run, domain: str) -> None:
    shown = cli("analyze", domain)
    assert shown.exit_code == 0
    for fact in (
        "crumbs: 1 issue, 4 outcomes, parties Ann, Bob", "a bargain is possible", "Pareto frontier: 4 utility vectors",
        "share half", "maximises the product", "without a deal", "opposition", "ties", "+ 1",
    ):  # fmt: skip
        assert fact in shown.stdout
    assert "└" not in shown.stdout  # no picture where nobody looks
    assert "└" in cli("analyze", domain, "--picture").stdout


def test_json_has_one_schema_for_all_kinds(cli: Run, domain: str) -> None:
    trees = [json.loads(cli("analyze", what, "--json").stdout) for what in (domain, "haggling", "campsite", "holiday")]
    assert len({tuple(tree) for tree in trees}) == 1
    first = trees[0]
    assert first["solutions"]["Nash"] == {
        "definition": "maximises the product of the parties' gains over the disagreement point (Nash 1950)",
        "deal": {"share": "half"}, "utilities": {"Ann": 5, "Bob": 5}, "gains": {"Ann": 5, "Bob": 5}, "value": 25, "tied": 0,
        "ties": [],
    }  # fmt: skip
    assert first["frontier"][0] == {"utilities": {"Ann": 9, "Bob": 0}, "deal": {"share": "all"}}
    assert (first["possible"], first["outcomes"], first["frontier_size"], len(first["frontier"])) == (True, 4, 4, 4)
    assert len(json.loads(cli("analyze", domain, "--json", "--points", "2").stdout)["frontier"]) == 2
    assert [tree["kind"] for tree in trees] == ["issues", "price", "issues", "issues"]


def test_no_bargain_is_said_plainly(cli: Run, tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(
        'name = "x"\nprotocol = "bilateral"\n'
        'agents = [{type = "buyer", name = "Bea", limit = 50}, {type = "seller", name = "Sam", limit = 60}]'
    )
    shown = cli("analyze", str(path), "--picture")
    assert shown.exit_code == 0
    assert "no bargain is possible" in shown.stdout
    assert "no price suits both: Sam and Bea miss each other by 10" in shown.stdout
    assert "Nash" not in shown.stdout


def test_a_session_of_a_scenario_is_chosen_by_number_and_seed(cli: Run) -> None:
    shown = [cli("analyze", "haggling", *more).stdout for more in ((), ("--session", "1"), ("--session", "2"), ("--seed", "8"))]
    assert shown[0] == shown[1]
    assert shown[2].startswith("as in session 2 of seed 7\nhaggling: one price, parties Bea, Sam\n")
    assert len(set(shown)) == 3
    assert "split the difference (Nash)" in shown[0]
    assert "zone of agreement: " in shown[0]


def test_rubinsteins_shares_stand_beside_the_nash_point(cli: Run) -> None:
    shown = cli("analyze", "rubinstein").stdout
    assert "alternating offers, Ann first: Ann 0.714286, Bob 0.285714 in period 1" in shown
    assert "Rubinstein 1982" in shown


@pytest.mark.parametrize("name", ["campsite", "haggling", "holiday"])
def test_a_plot_is_svg_or_a_page(cli: Run, tmp_path: Path, name: str) -> None:
    from tests.report.test_page import read

    svg, html = tmp_path / "plot.svg", tmp_path / "plot.html"
    assert f"plotted in {svg}" in cli("analyze", name, "--plot", str(svg)).stdout
    root = ElementTree.fromstring(svg.read_text("utf-8"))
    assert root.tag.endswith("svg")
    assert "Nash" in "".join(root.itertext())
    assert cli("analyze", name, "--plot", str(html)).exit_code == 0
    reader = read(html.read_text("utf-8"))
    assert "Solution points" in reader.text
    assert reader.tags.count("svg") == (3 if name == "holiday" else 1)


def test_continuous_issues_are_cut_into_levels(cli: Run, tmp_path: Path) -> None:
    path = tmp_path / "share.toml"
    party = '[[party]]\nname = "{}"\nweights = {{share = 1}}\nevaluations = {{share = {{type = "linear", slope = {}}}}}\n'
    path.write_text(
        'name = "share"\n[[issue]]\nname = "share"\ntype = "continuous"\nlow = 0\nhigh = 1\n'
        + party.format("Ann", "1")
        + party.format("Bob", "-1, intercept = 1")
    )
    checked = cli("validate", str(path))
    assert checked.exit_code == 0, checked.output
    tree = json.loads(cli("analyze", str(path), "--json", "--levels", "5").stdout)
    assert (tree["levels"], tree["outcomes"]) == (5, 5)
    assert tree["solutions"]["Nash"]["deal"] == {"share": 0.5}
    assert "cut into 100 values" in cli("analyze", str(path)).stdout


def test_mistakes_exit_2_in_one_message(cli: Run, domain: str, tmp_path: Path) -> None:
    (tmp_path / "alone.toml").write_text(DOMAIN.rpartition("[[party]]")[0])
    for arguments, said in (
        (("vickrey",), "no bargaining problem whose solutions are known: it is a vickrey-auction"),
        (("contract-net",), "it is a contract-net"),
        ((domain, "--plot", "x.png"), "expected a name that ends in .svg or .html"),
        ((domain, "--plot", str(tmp_path / "no" / "x.svg")), "cannot write there: No such file or directory"),
        ((str(tmp_path / "none.toml"),), "there is no such file"),
        ((str(tmp_path / "alone.toml"),), "expected the preferences of two or more parties, got 1"),
        ((domain, "--points", "-1"), "-1 is not in the range"),
        ((), "Missing argument"),
    ):
        result = cli("analyze", *arguments)
        assert result.exit_code == 2, arguments
        assert said in result.stderr
        assert "Traceback" not in result.output


# -- run --------------------------------------------------------------------------------------------------------------


def test_a_single_session_is_drawn_when_asked_for(cli: Run) -> None:
    shown = cli("run", "campsite", "-n", "1", "--clock", "virtual", "--picture").stdout
    assert "utility of one's own offers" in shown
    assert "● the deal" in shown
    assert "N Nash" in shown
    assert "utility of one's own offers" not in cli("run", "campsite", "-n", "1", "--clock", "virtual").stdout


@pytest.mark.parametrize("name", ["vickrey", "contract-net", "holiday", "haggling"])
def test_a_picture_can_be_asked_for_of_any_scenario(cli: Run, name: str) -> None:
    shown = cli("run", name, "-n", "2", "--clock", "virtual", "--picture")
    assert shown.exit_code == 0
    assert ("└" in shown.stdout) is (name in ("holiday", "haggling"))


def test_out_keeps_rows_events_and_a_page(cli: Run, tmp_path: Path) -> None:
    from tests.report.test_page import read

    folder = tmp_path / "results"
    result = cli("run", "haggling", "-n", "5", "--clock", "virtual", "--out", str(folder))
    names = "outcomes.jsonl, report.json, scenario.toml, outcomes.csv, events.jsonl, report.html"
    assert f"kept in {folder}: {names}" in result.stdout
    assert len((folder / "outcomes.csv").read_text().splitlines()) == 6
    assert all(json.loads(line)["kind"] for line in (folder / "events.jsonl").read_text().splitlines())
    reader = read((folder / "report.html").read_text("utf-8"))
    assert scenarios.load("haggling").spec.description in reader.text
    theory = json.loads((folder / "report.json").read_text())["theory"]
    assert theory["compared"] == 5
    assert theory["efficient"] == theory["welfare"] == 1
    assert set(theory["utilities"]) == {"ended", "Nash", "Kalai-Smorodinsky", "egalitarian", "utilitarian", "equal loss"}
    lean = tmp_path / "lean"
    assert cli("run", "haggling", "-n", "2", "--clock", "virtual", "--out", str(lean), "--no-events").exit_code == 0
    assert not (lean / "events.jsonl").exists()


def test_where_theory_says_nothing_nothing_is_said(cli: Run) -> None:
    assert "theory" not in json.loads(cli("run", "vickrey", "-n", "2", "--clock", "virtual", "--json").stdout)


def test_how_deals_compare_stands_below_the_report(cli: Run) -> None:
    shown = cli("run", "campsite", "-n", "4", "--clock", "virtual").stdout
    for words in ("beside theory: a bargain was possible in 4 of 4 sessions", "as they ended", "distance of deals"):
        assert words in shown
    assert "beside theory" not in cli("run", "vickrey", "-n", "2", "--clock", "virtual").stdout


@pytest.mark.parametrize(
    ("name", "outcomes", "frontier", "nash", "smorodinsky"),
    [
        ("NiceOrDie", 3, 3, (1, 0.16), (0.299, 0.299)),
        ("Laptop", 27, 4, (1, 0.815063), (0.873979, 0.873979)),
        ("ItexvsCypress", 180, 18, (0.670478, 0.721478), (0.670478, 0.721478)),
        ("EnglandZimbabwe", 576, 25, (0.910916, 0.733218), (0.822286, 0.78657)),
        ("Party", 3072, 99, (0.785, 0.928565, 0.717657), (0.800833, 0.758375, 0.808212)),
    ],
)
def test_published_domains_are_told_as_the_references_say(  # noqa: PLR0913  # one row of a table
    cli: Run, genius_path: Path, name: str, outcomes: int, frontier: int, nash: tuple[float, ...],
    smorodinsky: tuple[float, ...],
) -> None:  # fmt: skip
    tree = json.loads(cli("analyze", str(genius_path / name), "--json").stdout)
    assert (tree["outcomes"], tree["frontier_size"], len(tree["frontier"])) == (outcomes, frontier, frontier)
    points = tree["solutions"]
    assert tuple(points["Nash"]["utilities"].values()) == pytest.approx(nash, abs=5e-7)
    assert tuple(points["Kalai-Smorodinsky"]["utilities"].values()) == pytest.approx(smorodinsky, abs=5e-7)
