"""The commands and their options. Each loads what it needs when it runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import rich_click as click
from click.exceptions import Exit

from negotiate_rt import __version__
from negotiate_rt.cli.program import INTERRUPTED, MISTAKE, Program, fail, hush

if TYPE_CHECKING:
    from collections.abc import Callable

SETTINGS = {"help_option_names": ["-h", "--help"]}
EPILOG = (
    "Exit codes: 0 done (no deal is done, too), 1 a bug of ours, 2 a mistake of yours, 130 Ctrl-C with partial results."
)


@click.group(cls=Program, context_settings=SETTINGS, epilog=EPILOG)
@click.version_option(__version__, prog_name="negotiate-rt")
def program() -> None:
    """Run negotiations between autonomous agents: bargaining, contract nets, auctions.

    Start with `negotiate-rt demo`, then `negotiate-rt run haggling --sessions 100`, then write a scenario of your own.
    """


def logged(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add -v and -q."""
    command = click.option("-q", "--quiet", count=True, help="Log errors only; twice: nothing.")(command)
    return click.option("-v", "--verbose", count=True, help="Log each session to stderr; twice: everything.")(command)


@program.command()
@click.argument("scenario")
@click.option("--sessions", "-n", type=click.IntRange(1), help="How many sessions (default: as the scenario says).")
@click.option("--seed", type=int, help="Seed of all chance (default: the scenario's).")
@click.option("--clock", type=click.Choice(["real", "virtual"]), help="Real time, or virtual: waiting takes none.")
@click.option("--limit", type=click.IntRange(1), default=500, show_default=True, help="Most sessions open at once.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
@click.option("--out", type=click.Path(), help="Keep outcomes, events, report.html and report.json in this folder.")
@click.option("--force", is_flag=True, help="Replace what an earlier run left in the --out folder.")
@click.option("--events/--no-events", default=True, help="With --out: keep every message in events.jsonl (default: yes).")
@click.option("--picture/--no-picture", default=None, help="Draw a session (default: a single one, on a terminal).")
@click.option("--journal", type=click.Path(), help="Keep a journal in this file (.jsonl: lines, else SQLite); see `replay`.")
@click.option("--durable", is_flag=True, help="With --journal: an outcome counts once its record is on the disk.")
@click.option("--resume", is_flag=True, help="With --journal: go on with a run that was cut off.")
@click.option("--watch", is_flag=True, help="Show what goes on: sessions, rates, who is slow, what is lost (on stderr).")
@logged
def run(scenario: str, verbose: int, quiet: int, **options: Any) -> None:
    """Run a SCENARIO: a .toml or .json file, the name of a built-in one (see `list scenarios`), or a domain's folder."""
    from negotiate_rt.cli.logs import log_to_stderr
    from negotiate_rt.cli.running import Request, run_scenario

    with log_to_stderr(verbose - quiet):
        end(run_scenario(Request(scenario, **options)))


@program.command()
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of all chance.")
@click.option("--sessions", "-n", type=click.IntRange(1), default=1000, show_default=True, help="How many sessions.")
@click.option("--clock", type=click.Choice(["real", "virtual"]), default="real", show_default=True, help="Which clock.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
@click.option("--watch", is_flag=True, help="Show what goes on: sessions, rates, who is slow, what is lost (on stderr).")
@logged
def demo(verbose: int, quiet: int, **options: Any) -> None:
    """Run a thousand sessions of all protocols, a few agents slow, hung, crashing or talking nonsense."""
    from negotiate_rt.cli.logs import log_to_stderr
    from negotiate_rt.cli.running import run_demo

    with log_to_stderr(verbose - quiet):
        end(run_demo(**options))


@program.command()
@click.argument("source", metavar="SCENARIO_OR_DOMAIN")
@click.option("--session", type=click.IntRange(1), default=1, show_default=True, help="Which session's agents, of a scenario.")
@click.option("--seed", type=int, help="Seed of what the scenario draws (default: the scenario's).")
@click.option("--points", type=click.IntRange(0), help="Most vectors of the frontier to list (default: 20; all in JSON).")
@click.option("--levels", type=click.IntRange(1), default=100, show_default=True, help="Values to cut a continuous issue into.")
@click.option("--json", "as_json", is_flag=True, help="Print as one JSON object.")
@click.option("--plot", type=click.Path(), help="Draw the utility plane into this file: .svg or .html.")
@click.option("--picture/--no-picture", default=None, help="Draw it here (default: on a terminal).")
def analyze(source: str, **options: Any) -> None:
    """Tell what theory says of a scenario or domain: whether a bargain is possible, Pareto frontier, solution points.

    A file or the name of a built-in scenario, a domain file of ours, a folder of Genius XML or GeniusWeb JSON. Of a game between
    coalitions, in a scenario or a file of its own: values, core, nucleolus, objections, the best structure.
    """
    from negotiate_rt.cli.analyzing import Wish, analyze_source

    analyze_source(Wish(source, **options))


@program.command()
@click.argument("journal", type=click.Path())
@click.option("--negotiation", help="Only this negotiation; a pattern such as 'market/*' is fine.")
@click.option("--agent", help="Only what this agent says, hears, decides or is at fault for.")
@click.option("--performative", help="Only messages of this act, such as propose.")
@click.option("--kind", help="Only records of this kind: said, heard, fault, ended ...")
@click.option("--since", type=float, default=float("-inf"), help="Only from this second of the society's clock on.")
@click.option("--until", type=float, default=float("inf"), help="Only up to this second.")
@click.option("--limit", "-n", type=click.IntRange(1), help="Most records to show.")
@click.option("--step", is_flag=True, help="Show what each record led to and what may follow; on a terminal one at a time.")
@click.option("--verify", is_flag=True, help="Check bytes and rules, and say only that (exit code 4: not sound).")
@click.option("--rerun", is_flag=True, help="Run the journal's scenario again from its seed, too, and compare (4: it differs).")
@click.option("--export", type=click.Choice(["jsonl", "csv", "mermaid", "fipa", "agreement"]), help="Write in this form.")
@click.option("--out", type=click.Path(), help="With --export: into this file instead of stdout.")
@click.option("--protocol", "protocols", multiple=True, help="A protocol of your own, package.module:Class; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def replay(**options: Any) -> None:
    """Look into a JOURNAL: what happened, whether it is whole and by the rules, and export it.

    Without options: a verdict (exit code 4 if it is not sound) and the first records.
    """
    from negotiate_rt.cli.replaying import Wish
    from negotiate_rt.cli.replaying import replay as replayed
    from negotiate_rt.replay.filtering import Wanted

    names = ("negotiation", "agent", "performative", "kind", "since", "until")
    wanted = Wanted(**{name: options.pop(name) for name in names})
    end(replayed(Wish(wanted=wanted, **options)))


@program.command("list")
@click.argument("kind", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print as one JSON object.")
def list_all(kind: str | None, as_json: bool) -> None:
    """List what there is: protocols, strategies, scenarios, behaviours, latencies, mechanisms (KIND: only these)."""
    from negotiate_rt.cli.explaining import print_lists

    print_lists(kind, as_json)


@program.command()
@click.argument("protocol")
@click.option("--mermaid", is_flag=True, help="Print only the diagram, in Mermaid's language.")
@click.option("--json", "as_json", is_flag=True, help="Print the rules as one JSON object.")
def explain(protocol: str, mermaid: bool, as_json: bool) -> None:
    """Explain a PROTOCOL: where it comes from, who may say what when, its options, its diagram."""
    from negotiate_rt.cli.explaining import explain_protocol

    explain_protocol(protocol, mermaid, as_json)


@program.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
def validate(files: tuple[str, ...]) -> None:
    """Check scenario, domain, game and DCOP FILES, or folders of a domain; say of each that it is fine, or all that is wrong."""
    from negotiate_rt import scenarios
    from negotiate_rt.cli.converting import in_words, read_any
    from negotiate_rt.scenarios.game_files import read_game

    wrong = 0
    for name in files:
        try:
            game = read_game(name)
            told = in_words(read_any(name)) if game is None else f"a game of {len(game.game)} players"
        except scenarios.ScenarioError as error:
            fail(str(error))
            wrong += 1
        else:
            click.echo(f"{name}: fine: {told}")
    end(MISTAKE if wrong else 0)


@program.command()
@click.argument("source", metavar="IN...", nargs=-1, required=True)
@click.argument("target", metavar="OUT")
@click.option("--to", "form", help="Form of OUT: toml, json, genius or geniusweb (default: as its suffix says).")
@click.option("--name", help="Name of the domain in OUT (default: as in IN).")
@click.option("--lossy", is_flag=True, help="Let go of what the form cannot hold; rescale utilities if it must be.")
@click.option("--force", is_flag=True, help="Replace files that are there.")
@click.option("--json", "as_json", is_flag=True, help="Print what was read and written as one JSON object.")
def convert(source: tuple[str, ...], target: str, **options: Any) -> None:
    """Convert a domain between our TOML and JSON, Genius XML and GeniusWeb JSON; a DCOP between our TOML and pyDCOP's YAML.

    IN is a file or folder, or several files (a domain and its profiles); which form it is, its content says. OUT is a
    file (.toml, .json), or with --to genius or geniusweb a folder. Nothing is lost without --lossy: what a form cannot
    hold is told instead, and nothing is written.
    """
    from negotiate_rt.cli.converting import Conversion, convert_domain

    convert_domain(Conversion(source, target, **options))


@program.command()
@click.argument("kind", type=click.Choice(["scenario", "domain", "dcop"]), default="scenario", required=False)
@click.option("--out", type=click.Path(), help="Write to this file instead of stdout.")
def schema(kind: Any, out: str | None) -> None:  # "scenario", "domain" or "dcop"
    """Print the JSON schema of scenario files (or of domain or DCOP files), for editors that complete and check as you type."""
    import json
    from pathlib import Path

    from negotiate_rt import scenarios
    from negotiate_rt.errors import ConfigurationError

    text = json.dumps(scenarios.schema(kind), indent=2) + "\n"
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        Path(out).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"--out {out}: cannot write there: {error.strerror or error}") from None


def end(code: int) -> None:
    """Leave with an exit code; what was started and interrupted has been told by then."""
    if code:
        raise Exit(code)


def main() -> None:
    """Run the program: the console script `negotiate-rt`."""
    try:
        program(prog_name="negotiate-rt")
    except KeyboardInterrupt:  # between the commands and the exit
        sys.exit(INTERRUPTED)
    finally:
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            hush()
