"""The command line: what each command prints, and what it says about mistakes."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from negotiate_rt import scenarios
from negotiate_rt.cli import program
from negotiate_rt.cli.commands import main
from negotiate_rt.cli.logs import Facts, log_to_stderr
from negotiate_rt.executor.settings import built_in

Run = Callable[..., Result]
PAIR = 'agents = [{type = "buyer", name = "Bea", limit = 80}, {type = "seller", name = "Sam", limit = 60}]\n'
HEAD = 'name = "x"\nprotocol = "bilateral"\nclock = "virtual"\n'
HOPELESS = (
    HEAD
    + 'max_rounds = 3\nagents = [{type = "buyer", name = "a", limit = 1}, {type = "seller", name = "b", limit = 9}]\n'
)


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "240")
    runner = CliRunner()
    return lambda *arguments: runner.invoke(program, list(arguments), prog_name="negotiate-rt")


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str], str]:
    def write(text: str) -> str:
        path = tmp_path / "some.toml"
        path.write_text(text)
        return str(path)

    return write


# -- help and errors --------------------------------------------------------------------------------------------------


def test_help_names_every_command_and_the_exit_codes(cli: Run) -> None:
    result = cli("--help")
    assert result.exit_code == 0
    for word in ("demo", "explain", "list", "run", "schema", "validate", "Exit codes", "130"):
        assert word in result.output
    for command in program.commands:
        assert cli(command, "--help").exit_code == 0
    assert cli("--version").output == "negotiate-rt, version 0.1.0\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("rnu",), "No such command 'rnu'. Did you mean 'run'?"),
        (("zzz",), f"No such command 'zzz'. Commands: {', '.join(sorted(program.commands))}."),
        (("run",), "Missing argument 'SCENARIO'"),
        (("run", "haggling", "--clock", "vrtual"), "'vrtual' is not one of 'real', 'virtual'"),
        (("run", "haggling", "--sessions", "0"), "0 is not in the range x>=1"),
        (("run", "haggling", "--sesions", "3"), "--sessions"),
        (("run", "hagling"), "hagling: there is no such file; built-in scenarios: "),
        (("list", "protocol"), "got 'protocol'; did you mean 'protocols'?"),
        (("explain", "vickery"), "explain: no protocol 'vickery', only bilateral"),
        (("--zzz",), "No such option"),
    ],
)
def test_mistakes_are_told_in_one_message_and_exit_2(cli: Run, arguments: tuple[str, ...], said: str) -> None:
    result = cli(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.output


def test_a_broken_scenario_is_told_with_all_its_slips(cli: Run, file: Callable[[str], str]) -> None:
    path = file(HEAD + "max_rund = 3\n" + PAIR.replace("60", '"sixty"'))
    result = cli("run", path)
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        f"Error: {path}: 2 errors:",
        "  max_rund: no such field; did you mean 'max_rounds'?",
        "  agents[1].limit: expected a finite number or a table with 'draw', got 'sixty'",
    ]


def test_our_bug_exits_1_and_asks_to_report_it(cli: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> None:
        raise AssertionError("impossible")

    monkeypatch.setattr(scenarios, "schema", broken)
    result = cli("schema")
    assert result.exit_code == 1
    assert "Traceback" in result.stderr
    assert "AssertionError: impossible" in result.stderr
    assert "bug in negotiate_rt, not a mistake of yours: please report it" in result.stderr


def test_a_broken_role_is_our_bug_too(cli: Run, file: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(self: object, talk: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(type(built_in()["bilateral"]), "initiator", broken)
    result = cli("run", file(HEAD + PAIR))
    assert result.exit_code == 1
    assert "a protocol's own role raised: x/1: Bea: ZeroDivisionError: oh" in result.stderr


@pytest.mark.parametrize(("raised", "code"), [(KeyboardInterrupt(), 130), (BrokenPipeError(), 0)])
def test_ctrl_c_and_a_closed_pipe_end_quietly(
    cli: Run, monkeypatch: pytest.MonkeyPatch, raised: BaseException, code: int
) -> None:
    def interrupted(*arguments: object) -> None:
        raise raised

    monkeypatch.setattr(scenarios, "schema", interrupted)
    result = cli("schema")
    assert result.exit_code == code
    assert "Traceback" not in result.output


def test_main_is_the_program(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["negotiate-rt", "--version"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 0
    assert capsys.readouterr().out == "negotiate-rt, version 0.1.0\n"


# -- run --------------------------------------------------------------------------------------------------------------


def test_run_prints_the_report(cli: Run) -> None:
    result = cli("run", "haggling", "--sessions", "20", "--clock", "virtual", "--limit", "3")
    assert result.exit_code == 0
    for fact in ("of 20 sessions agreed", "bilateral", "rounds", "messages", "p99", "Bea", "Sam", "AGREED"):
        assert fact in result.stdout
    assert result.stderr == ""


def test_one_session_is_told_with_its_offers(cli: Run, file: Callable[[str], str]) -> None:
    result = cli("run", file(HEAD + PAIR))
    assert "x/1: the offers" in result.stdout
    assert "1 of 1 sessions agreed (100.0%)" in result.stdout


def test_no_deal_is_no_error(cli: Run, file: Callable[[str], str]) -> None:
    result = cli("run", file(HOPELESS))
    assert result.exit_code == 0
    assert "0 of 1 sessions agreed (0.0%)" in result.stdout
    assert "max-rounds" in result.stdout


def test_json_is_one_object_the_same_for_the_same_seed(cli: Run) -> None:
    arguments = ("run", "haggling", "-n", "15", "--clock", "virtual", "--json", "--seed")
    first, again, other = (json.loads(cli(*arguments, seed).stdout) for seed in ("1", "1", "2"))
    assert first.pop("wall_seconds") > 0
    assert again.pop("wall_seconds") > 0
    assert first == again
    assert first["total"]["utilities"] != other["total"]["utilities"]
    assert (first["scenario"], first["asked"], first["clock"], first["seed"]) == ("haggling", 15, "virtual", 1)
    assert first["total"]["sessions"] == sum(first["total"]["final_states"].values()) == 15


def test_out_keeps_outcomes_report_and_scenario(cli: Run, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    arguments = ("run", "campsite", "-n", "3", "--clock", "virtual", "--out", str(folder))
    result = cli(*arguments)
    assert result.exit_code == 0
    assert f"kept in {folder}: outcomes.jsonl, report.json, scenario.toml" in result.stdout
    outcomes = [json.loads(line) for line in (folder / "outcomes.jsonl").read_text().splitlines()]
    assert len(outcomes) == 3
    assert all(set(one["deal"]) == {"food", "water", "firewood"} for one in outcomes)
    assert json.loads((folder / "report.json").read_text())["total"]["agreed"] == 3
    assert (folder / "scenario.toml").read_text() == scenarios.built_in_text("campsite")
    again = cli(*arguments)
    assert again.exit_code == 2
    assert "--force" in again.stderr
    assert cli(*arguments, "--force", "--json").exit_code == 0


def test_verbose_logs_each_session_to_stderr(cli: Run, file: Callable[[str], str]) -> None:
    path = file(HEAD + PAIR)
    loud = cli("run", path, "-v")
    assert "INFO session_ended session=x/1 state=AGREED reason=None" in loud.stderr
    assert "session_ended" not in loud.stdout
    assert cli("run", path, "-q").stderr == ""
    assert not logging.getLogger("negotiate_rt").handlers


def test_logs_show_events_with_their_fields(capsys: pytest.CaptureFixture[str]) -> None:
    log = logging.getLogger("negotiate_rt")
    with log_to_stderr(-1):
        log.warning("unheard")
        try:
            raise ValueError("why")
        except ValueError:
            log.exception("it_broke", extra={"agent": "Bea"})
        log.error("%s of %s")
    told = capsys.readouterr().err
    assert "unheard" not in told
    assert "ERROR it_broke agent=Bea\nTraceback" in told
    record = logging.makeLogRecord({"msg": "event", "levelname": "INFO", "size": 3})
    assert Facts().format(record).endswith("INFO event size=3")


def test_a_log_that_cannot_be_written_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", None)
    with log_to_stderr(0):
        logging.getLogger("negotiate_rt").warning("nobody_listens")


def test_progress_shows_on_a_terminal_only(file: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    from negotiate_rt.cli import running

    shown: list[int] = []

    class Watched(running.Bar):
        def __exit__(self, *reason: object) -> None:
            shown.append(self.done)
            super().__exit__(*reason)

    monkeypatch.setattr(running, "Bar", Watched)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert running.progress("x", 3, False).__enter__() is None
    one = scenarios.load(file(HEAD + PAIR))
    with running.progress("x", 3, True) as bar:
        assert isinstance(bar, Watched)
    crew = running.Crew(one.executor(), one.jobs(3), 10, [])
    assert crew.run(running.Bar("x", 3)) is False
    assert shown == [0, 3]


# -- the others -------------------------------------------------------------------------------------------------------


def test_list_names_everything_there_is(cli: Run) -> None:
    shown = cli("list").stdout
    for name in (*built_in(), *scenarios.built_in(), "time-dependent", "shaded", "log-normal", "nonsense"):
        assert name in shown
    tree = json.loads(cli("list", "--json").stdout)
    assert list(tree) == ["protocols", "strategies", "scenarios", "behaviours", "latencies", "mechanisms"]
    assert set(tree["protocols"]) == set(built_in())
    assert all(words for entries in tree.values() for words in entries.values())
    assert list(json.loads(cli("list", "scenarios", "--json").stdout)) == ["scenarios"]


@pytest.mark.parametrize("name", list(built_in()))
def test_explain_tells_essay_seats_rules_and_diagram(cli: Run, name: str) -> None:
    shown = cli("explain", name).stdout
    for part in ("Seats", "Rules", "leads to", "Diagram (Mermaid)", "stateDiagram-v2"):
        assert part in shown
    diagram = cli("explain", name, "--mermaid").stdout
    assert diagram.startswith("stateDiagram-v2\n")
    tree = json.loads(cli("explain", name, "--json").stdout)
    assert tree["mermaid"] == diagram
    protocol = built_in()[name]
    assert len(tree["moves"]) == sum(len(rows) for rows in protocol.table.moves.values())
    assert (tree["joint"] is None) == (protocol.joint_table is None)
    assert set(tree["seats"]) == set(protocol.seats)


def test_explain_takes_other_spellings_and_shows_options(cli: Run) -> None:
    shown = cli("explain", "VICKREY").stdout
    assert shown.startswith("vickrey-auction\n")
    assert "reserve_price = 0.0" in shown
    assert "auctioneer: 1 (seated by the runtime if nobody plays it)" in shown


def test_validate_tells_of_each_file(cli: Run, file: Callable[[str], str]) -> None:
    good = cli("validate", *scenarios.built_in())
    assert good.exit_code == 0
    assert "haggling: fine: haggling, bilateral, 2 agents" in good.stdout
    mixed = cli("validate", "haggling", file(HEAD + "agents = []"), "vickrey")
    assert mixed.exit_code == 2
    assert mixed.stdout.count("fine") == 2
    assert "agents: expected at least 1, got 0" in mixed.stderr


def test_schema_is_json_on_stdout_or_in_a_file(cli: Run, tmp_path: Path) -> None:
    tree = json.loads(cli("schema").stdout)
    assert tree == json.loads(json.dumps(scenarios.schema()))
    assert cli("schema", "--out", str(tmp_path / "schema.json")).stdout == ""
    assert json.loads((tmp_path / "schema.json").read_text()) == tree
    assert "cannot write there" in cli("schema", "--out", str(tmp_path / "no" / "schema.json")).stderr


def test_demo_accounts_for_every_session(cli: Run) -> None:
    result = cli("demo", "--sessions", "60", "--clock", "virtual", "--seed", "2")
    assert result.exit_code == 0
    assert "every session accounted for: 60 = " in result.stdout
    assert "in trouble on purpose: " in result.stdout
    tree = json.loads(cli("demo", "-n", "10", "--clock", "virtual", "--json").stdout)
    assert tree["total"]["sessions"] == 10


def test_accounts_that_do_not_add_up_would_be_told() -> None:
    import msgspec

    from negotiate_rt.cli.running import accounted
    from negotiate_rt.report import Tally

    report = Tally().report("x")
    assert accounted(report).startswith("every session accounted for: 0 = ")
    wrong = msgspec.structs.replace(report, total=msgspec.structs.replace(report.total, final_states={"AGREED": 1}))
    assert accounted(wrong).startswith("SESSIONS DO NOT ADD UP")


def test_a_scenario_without_a_text_is_kept_as_json() -> None:
    from negotiate_rt.cli.running import written

    text, form = written(scenarios.Scenario(scenarios.load("vickrey").spec))
    assert form == "json"
    assert scenarios.loads(text, form).spec == scenarios.load("vickrey").spec
