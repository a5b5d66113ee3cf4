"""`stress`: its options, and what it prints. What it needs loads when it runs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

from negotiate_rt.cli.commands import SETTINGS, end, logged

if TYPE_CHECKING:
    from collections.abc import Callable

    from negotiate_rt.lab.stress.campaign import Campaign
    from negotiate_rt.lab.stress.report import StressReport

T = TypeVar("T")
EPILOG = "Exit codes: 0 all held, 2 a mistake of yours, 4 an invariant broken or worse than the baseline, 130 Ctrl-C."


def listed(kind: type[T]) -> Callable[[Any, Any, str | None], tuple[T, ...]]:
    """Return a callback that reads words or numbers with commas between."""

    def read(context: Any, option: Any, text: str | None) -> tuple[T, ...]:  # click's own types
        try:
            return tuple(kind(word.strip()) for word in (text or "").split(",") if word.strip())  # type: ignore[call-arg]
        except ValueError:
            raise click.BadParameter(f"expected numbers with commas between, got {text!r}") from None

    return read


@click.command(context_settings=SETTINGS, epilog=EPILOG)
@click.argument("scenario", nargs=-1, metavar="[SCENARIO]...")
@click.option("--all", "everything", is_flag=True, help="All built-in scenarios, and so all protocols.")
@click.option("--negotiations", "-n", type=click.IntRange(1), default=1000, show_default=True, help="How many, at least.")
@click.option("--sessions", type=click.IntRange(1), default=20, show_default=True, help="Negotiations side by side in a world.")
@click.option("--latency", "latencies", callback=listed(float), help="Median seconds, e.g. 0,0.05,0.5 (log-normal).")
@click.option("--loss", "losses", callback=listed(float), help="Probabilities, e.g. 0,0.01,0.1.")
@click.option("--network", "networks", callback=listed(str), help="Presets instead: perfect,lan,wan,mobile,flaky,hostile.")
@click.option("--population", "populations", callback=listed(int), help="How many of the most numerous agents, e.g. 3,10,30.")
@click.option("--protocol", "protocols", callback=listed(str), help="Protocols to play the scenario under.")
@click.option("--strategy", "strategies", callback=listed(str), help="Strategies for all agents (see `list strategies`).")
@click.option("--duplicate", type=click.FloatRange(0, 1), default=0.0, help="Probability that a message comes twice.")
@click.option("--reorder", is_flag=True, help="Let messages overtake each other.")
@click.option("--troubles", type=click.FloatRange(0, 1), default=0.0, help="Share of negotiations with agents that misbehave.")
@click.option("--acknowledged", is_flag=True, help="Send again what was lost, drop what came twice.")
@click.option("--schedules/--no-schedules", default=True, help="Every second world with a schedule of its own (default).")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of all chance.")
@click.option("--jobs", "-j", type=click.IntRange(1), help="Worker processes (default: one a core).")
@click.option("--world", type=click.IntRange(0), help="Play only this world again, and shrink it if it breaks anything.")
@click.option("--shrink/--no-shrink", default=True, help="Shrink the first world that breaks something (default).")
@click.option("--baseline", type=click.Path(), help="A report that --json printed: what is worse now? (exit code 4)")
@click.option("--plot", type=click.Path(), help="Draw the campaign into this file: .svg or .html.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
@logged
def stress(scenario: tuple[str, ...], everything: bool, verbose: int, quiet: int, **options: Any) -> None:
    """Run SCENARIOs in thousands of seeded worlds with faults, and check every invariant in each.

    A SCENARIO is the name of a built-in one or a file. Options with commas are swept: each combination is a row. A world
    that breaks an invariant is printed with the one command that plays it again, and shrunk to a minimal trace.
    """
    from negotiate_rt.cli.logs import log_to_stderr
    from negotiate_rt.lab.stress.campaign import ALL, Campaign

    names = ("world", "jobs", "shrink", "baseline", "plot", "as_json")
    shown = {name: options.pop(name) for name in names}
    with log_to_stderr(verbose - quiet):
        end(run_stress(Campaign(scenarios=(ALL,) if everything else scenario, **options), **shown))


def run_stress(  # noqa: PLR0913  # the options that do not belong to the campaign
    campaign: Campaign, world: int | None, jobs: int | None, shrink: bool, baseline: str | None, plot: str | None, as_json: bool
) -> int:  # fmt: skip
    """Run a campaign, or one world of it, as the command line asks; return the exit code."""
    from negotiate_rt.cli.consoles import show, stderr_console, stdout_console
    from negotiate_rt.lab.stress.baseline import load_baseline, regressions, unknown_cells
    from negotiate_rt.lab.stress.plots import check_form, write_plot
    from negotiate_rt.lab.stress.tables import regression_lines, stress_tables

    if plot is not None:
        check_form(plot)
    before = None if baseline is None else load_baseline(baseline)
    if world is not None:
        return play_one(campaign, world, shrink, as_json)
    report, interrupted = played(campaign, jobs or os.cpu_count() or 1, as_json)
    worse = [] if before is None else regressions(before, report)
    console = stdout_console()
    if as_json:
        tell_json(report)
    else:
        for part in stress_tables(report):
            console.print(part)
    if before is not None:  # beside JSON on stderr, which a script may read or not
        beside = stderr_console() if as_json else console
        for line in regression_lines(worse, unknown_cells(before, report)):
            beside.print(line, soft_wrap=True)
    if plot is not None:
        write_plot(report, plot)
        if not as_json:
            show(f"plotted in {plot}")
    if report.failures and shrink and not as_json:
        play_one(campaign, report.failures[0].world, True, False)
    return code(report, interrupted, bool(worse))


def code(report: StressReport, interrupted: bool, worse: bool) -> int:
    """Return the exit code; an interruption is told."""
    from negotiate_rt.cli.program import INTERRUPTED, fail

    if report.violations or worse:
        return 4
    if interrupted:
        fail(f"interrupted: {report.negotiations} of {report.asked} negotiations had ended; what is told covers these")
    return INTERRUPTED if interrupted else 0


def played(campaign: Campaign, jobs: int, as_json: bool) -> tuple[StressReport, bool]:
    """Play a campaign with a progress bar; return its report, and whether Ctrl-C cut it off."""
    import asyncio
    import time

    from negotiate_rt.cli.running import progress
    from negotiate_rt.lab.stress.report import Tally
    from negotiate_rt.lab.stress.running import Done, Plan, play_campaign, report_of

    plan = Plan(campaign)
    tallies = [Tally() for _ in plan.cells]
    start = time.perf_counter()
    interrupted = False

    async def playing() -> None:
        ticker = None if bar is None else asyncio.get_running_loop().create_task(bar.keep_fresh())
        try:
            await play_campaign(plan, jobs=jobs, on_done=take)
        finally:
            if ticker is not None:
                ticker.cancel()

    def take(done: Done) -> None:
        tallies[done[0]].plus(done[1])
        if bar is not None:
            bar.done += done[1].negotiations

    try:
        with progress("stress", plan.negotiations, not as_json) as bar:
            asyncio.run(playing())
    except KeyboardInterrupt:
        interrupted = True
    return report_of(plan, tallies, time.perf_counter() - start, jobs), interrupted


def play_one(campaign: Campaign, number: int, shrink: bool, as_json: bool) -> int:
    """Play one world of a campaign again, shrink it if it breaks anything, and return the exit code."""
    import sys

    import msgspec

    from negotiate_rt.cli.consoles import show, stdout_console
    from negotiate_rt.executor.executor import run_sync
    from negotiate_rt.lab.stress.running import play_safely, world_numbered
    from negotiate_rt.lab.stress.shrinking import first_of, told
    from negotiate_rt.lab.stress.shrinking import shrink as shrunk
    from negotiate_rt.lab.stress.tables import shrunk_lines

    world = world_numbered(campaign, number)
    again = run_sync(lambda: play_safely(world, digest=True))
    broken = first_of(again)
    if broken is None and getattr(run_sync(lambda: play_safely(world, digest=True)), "digest", b"") != again.digest:
        show(f"world {number}: same-seed-same-bytes: played twice, it was not the same")
        return 4
    if broken is None:
        show(f"world {number}: {len(world.sessions)} negotiations, no invariant broken")
        return 0
    found = (shrunk(world) if shrink else None) or told(world, again, broken, 1)
    if as_json:
        from negotiate_rt.journal.record import plain

        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found, enc_hook=plain)).decode() + "\n")
    else:
        console = stdout_console()
        for line in shrunk_lines(found):
            console.print(line)
    return 4


def tell_json(report: StressReport) -> None:
    """Print a report as JSON."""
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(report)).decode())
