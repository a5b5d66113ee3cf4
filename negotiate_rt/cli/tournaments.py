"""`tournament`: its options, and what it prints. What it needs loads when it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rich_click as click

from negotiate_rt.cli.commands import SETTINGS, end, logged

if TYPE_CHECKING:
    from negotiate_rt.lab.contestants import Contestant
    from negotiate_rt.lab.tournament import Tournament

STRATEGY = (
    "Who takes part, as often as wanted: NAME, NAME:PARAMETER=VALUE,..., LABEL=NAME:..., NAME:{JSON}, or names with commas "
    "between (see `list strategies`; also boulware, conceder). Default: nine well-known ones."
)


@click.command(context_settings=SETTINGS)
@click.argument("scenario", nargs=-1, required=True, metavar="SCENARIO...")
@click.option("--strategy", "-s", "strategies", multiple=True, help=STRATEGY)
@click.option("--rounds", type=click.IntRange(1), default=100, show_default=True, help="Rounds of a game at most.")
@click.option("--repeats", type=click.IntRange(1), default=1, show_default=True, help="Games of each pairing and seating.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of all chance.")
@click.option("--self-play/--no-self-play", default=True, show_default=True, help="Let strategies meet themselves.")
@click.option("--protocol", help="Default: bilateral between two, stacked-alternating-offers among more.")
@click.option("--normalise", is_flag=True, help="Count utilities from 0, a party's worst outcome, to 1, its best.")
@click.option("--game", "analysis", is_flag=True, help="Analyse it as a game: payoffs, equilibria, replicator dynamics.")
@click.option("--jobs", "-j", type=click.IntRange(1), default=1, show_default=True, help="Worker processes.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
@click.option("--out", type=click.Path(), help="Keep games and ranking in this folder; go on where a run was cut off.")
@click.option("--force", is_flag=True, help="Replace what another tournament left in the --out folder.")
@logged
def tournament(scenario: tuple[str, ...], strategies: tuple[str, ...], verbose: int, quiet: int, **options: Any) -> None:
    """Let strategies meet each other on SCENARIOs, all pairings in all seats, and rank them.

    A SCENARIO is the name of a built-in one, a .toml or .json file, or a folder that holds a domain's files.
    """
    from negotiate_rt.cli.logs import log_to_stderr
    from negotiate_rt.lab.tournament import Tournament

    shown = {name: options.pop(name) for name in ("analysis", "jobs", "as_json", "out", "force")}
    with log_to_stderr(verbose - quiet):
        end(play(Tournament(scenario, field(strategies), **options), **shown))


def field(texts: tuple[str, ...]) -> tuple[Contestant | str, ...]:
    """Return the contestants that the options name."""
    from negotiate_rt.lab.contestants import DEFAULT_FIELD, parsed

    separate = [part for text in texts for part in (text.split(",") if ":" not in text else (text,))]
    return tuple(parsed(text) for text in separate) or DEFAULT_FIELD


def play(wanted: Tournament, analysis: bool, jobs: int, as_json: bool, out: str | None, force: bool) -> int:
    """Play a tournament with a progress bar, print the report, and return the exit code."""
    import asyncio

    import msgspec

    from negotiate_rt.cli.consoles import show, stdout_console
    from negotiate_rt.cli.program import INTERRUPTED, fail
    from negotiate_rt.cli.running import progress
    from negotiate_rt.lab.running import TournamentRun

    run = TournamentRun(wanted, out=out, force=force, analysis=analysis)
    before = len(run.results)
    interrupted = False

    async def playing() -> None:
        ticker = None if bar is None else asyncio.get_running_loop().create_task(bar.keep_fresh())
        try:
            await run.play(jobs)
        finally:
            if ticker is not None:
                ticker.cancel()

    try:
        with progress("tournament", wanted.games, not as_json) as bar:
            if bar is not None:
                run.on_result = lambda result: setattr(bar, "done", len(run.results))
            asyncio.run(playing())
    except KeyboardInterrupt:
        interrupted = True
    report = run.report()
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(report)).decode())
    else:
        from negotiate_rt.lab.tables import tournament_tables

        console = stdout_console()
        for part in tournament_tables(report):
            console.print(part)
        if out is not None:
            gone_on = f" ({before} of the games were there before)" if before else ""
            show(f"kept in {out}: games.jsonl, games.csv, ranking.csv, report.json{gone_on}")
    if interrupted:
        kept = f"; the same command goes on from here: {out}" if out is not None else ""
        fail(f"interrupted: {report.played} of {report.asked} games were played; what is told covers these{kept}")
    return INTERRUPTED if interrupted else 0
