"""`run` and `demo`: sessions streamed, counted, kept and shown; Ctrl-C keeps what is done."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, ExitStack, aclosing, nullcontext
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from negotiate_rt import scenarios
from negotiate_rt.cli.consoles import show, stdout_console
from negotiate_rt.cli.program import BUG, INTERRUPTED, REPORT_IT, fail
from negotiate_rt.errors import ConfigurationError
from negotiate_rt.executor.executor import NegotiationExecutor
from negotiate_rt.executor.settings import logger
from negotiate_rt.messages.outcome import NegotiationOutcome
from negotiate_rt.report import Report, ResultFolder, Tally
from negotiate_rt.report.plain import encoded
from negotiate_rt.scenarios.dcop_format import AnyDcop

if TYPE_CHECKING:
    from negotiate_rt.journal.journal import Journal
    from negotiate_rt.report.following import Following
    from negotiate_rt.report.study import Study
    from negotiate_rt.scenarios.scenario import Job

DEMO_LIMIT = 40  # sessions open at once: as quick as with all thousand, and the sound ones have time enough on a busy machine
ROLE = "role"  # the kind of fault that a crashed role coroutine leaves
TICK = 0.1  # seconds between two looks at the progress bar
Sink = Callable[[NegotiationOutcome], None]


class Request(msgspec.Struct, frozen=True):
    """What the user asks of `run`; None: as the scenario says."""

    scenario: str
    sessions: int | None
    seed: int | None
    clock: str | None
    limit: int
    as_json: bool
    out: str | None
    force: bool
    events: bool = True
    picture: bool | None = None
    journal: str | None = None
    durable: bool = False
    resume: bool = False
    watch: bool = False


def run_scenario(wish: Request) -> int:
    """Run a scenario as the command line asks; return the exit code."""
    from negotiate_rt.report.following import Following

    if wish.journal is None and (wish.durable or wish.resume):
        raise ConfigurationError(f"--{'durable' if wish.durable else 'resume'}: name the journal, too (--journal FILE)")
    scenario = scenarios.load(wish.scenario)
    asked = scenario.spec.sessions if wish.sessions is None else wish.sessions
    seed = scenario.spec.seed if wish.seed is None else wish.seed
    clock = wish.clock or scenario.spec.clock
    tally, following = Tally(), Following()
    tally.searches.problem = scenario.problem if isinstance(scenario.spec.problem, AnyDcop) else None
    last: list[NegotiationOutcome] = []
    sinks: list[Sink] = [tally.add]
    if asked == 1:
        sinks.append(last.append)
    if logging.getLogger("negotiate_rt").isEnabledFor(logging.INFO):
        sinks.append(log_outcome)
    with ExitStack() as stack:
        folder = None
        if wish.out is not None:
            folder = stack.enter_context(ResultFolder(wish.out, scenario.issues, scenario.agents, force=wish.force))
        sinks.append(keeping(following, folder))
        observer: Any = folder.event if folder and wish.events else None
        if wish.journal is not None:
            observer = journal_for(wish, scenario, (asked, seed))
        executor = scenario.executor(clock, seed, journal=observer)
        before = begun(wish.journal) if wish.resume else 0
        jobs = islice(scenario.jobs(asked, seed), before, None)
        bar = shown(scenario.name, asked, executor, sinks, wish.watch, not wish.as_json)
        crew = Crew(executor, following.jobs(jobs), wish.limit, sinks, following.started)
        interrupted = crew.run(bar)
        report = tally.report(
            scenario.name, asked, clock=clock, seed=seed, wall_seconds=crew.seconds, theory=following.study.report()
        )
        if folder is not None:
            text, form = written(scenario)
            folder.finish(report, text, form, page(report, following.study, scenario))
    tell(report, wish.as_json, scenario.issues, last)
    if not wish.as_json:
        if before:
            show(f"{before} sessions had begun before: see the journal; {len(executor.resumed)} of them were cut off")
        draw(following.study, asked, wish.picture)
        if folder is not None:
            show(f"kept in {folder.path}: {', '.join(folder.written())}")
    return ended(interrupted, report)


def journal_for(wish: Request, scenario: scenarios.Scenario, run: tuple[int, int]) -> Journal:
    """Return the journal that is asked for; it holds the scenario, to be run again. Raises ConfigurationError for one that is
    there and is not to be gone on with."""
    from negotiate_rt.journal.journal import Journal

    path = Path(wish.journal or "")
    if wish.out is not None and wish.events:
        raise ConfigurationError("--journal: the --out folder would hold every message a second time: add --no-events")
    if path.exists() and path.stat().st_size and not wish.resume:
        if not wish.force:
            raise ConfigurationError(
                f"--journal {path}: holds an earlier run; name another file, go on with it (--resume), or replace it (--force)"
            )
        for name in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
            name.unlink(missing_ok=True)
    text, form = written(scenario)
    notes = {"scenario": text, "form": form, "sessions": run[0], "limit": wish.limit}
    if scenario.spec.domain is not None:
        notes["folder"] = str(scenario.folder.resolve())
    return Journal(path, durable=wish.durable, notes=notes)


def begun(journal: str | None) -> int:
    """Return how many sessions of a scenario a journal has seen begin."""
    from negotiate_rt.journal.reading import segments
    from negotiate_rt.journal.rows import STARTED

    if journal is None or not Path(journal).exists():
        return 0
    return sum(row[0] == STARTED and not row[3].get("within") for one in segments(journal) for row in one.rows)


def keeping(following: Following, folder: ResultFolder | None) -> Sink:
    """Return a sink that sets outcomes beside theory and keeps them in the folder, if there is one."""

    def keep(outcome: NegotiationOutcome) -> None:
        comparison = following.add(outcome)
        if folder is not None:
            folder.add(outcome, comparison)

    return keep


def page(report: Report, study: Study, scenario: scenarios.Scenario) -> str:
    """Return the report as a page of HTML."""
    from negotiate_rt.report.page import page as made  # late: only where a folder is asked for

    return made(report, study, scenario.issues, scenario.spec.description)


def draw(study: Study, asked: int, wanted: bool | None) -> None:
    """Draw a single session on a terminal that can show it, or whenever a picture is asked for: its first one then."""
    console = stdout_console()
    if not (wanted or (wanted is None and asked == 1 and console.is_terminal)) or not study.talks:
        return
    from negotiate_rt.report.pictures import plane_picture, talk_picture

    talk, plain = study.talks[0], not console.encoding.lower().startswith("utf")
    console.print(*talk_picture(talk, console.width, ascii_only=plain), sep="\n")
    if talk.theory is not None and len(talk.theory.parties) == 2:
        ended = talk.comparison
        deals = [ended.utilities] if ended is not None and ended.agreed else []
        console.print(*plane_picture(talk.theory, console.width, deals=deals, ascii_only=plain), sep="\n")


def run_demo(sessions: int, seed: int, clock: str, as_json: bool, watch: bool) -> int:
    """Run the demonstration; return the exit code."""
    from negotiate_rt.scenarios.demo import Demo

    demo = Demo(seed)
    tally = Tally()
    executor = NegotiationExecutor(clock=clock, seed=seed, name="demo")
    sinks: list[Sink] = [tally.add]
    bar = shown("demo", sessions, executor, sinks, watch, not as_json)
    crew = Crew(executor, demo.jobs(sessions), DEMO_LIMIT, sinks)
    interrupted = crew.run(bar)
    report = tally.report("demo", sessions, clock=clock, seed=seed, wall_seconds=crew.seconds)
    tell(report, as_json)
    if not as_json:
        spoilt = ", ".join(f"{count} {kind}" for kind, count in sorted(demo.troubled.items())) or "none"
        show(f"sessions with an agent in trouble on purpose: {sum(demo.troubled.values())} ({spoilt})")
        show(accounted(report))
    return ended(interrupted, report)


class Crew:
    """Runs jobs on an executor and hands each outcome to the sinks. `seconds`: of real time, so far."""

    def __init__(
        self, executor: NegotiationExecutor, jobs: Iterable[Job], limit: int, sinks: Iterable[Sink],
        on_start: Callable[[str], object] | None = None,
    ) -> None:  # fmt: skip
        self.executor = executor
        self.jobs = jobs
        self.limit = limit
        self.sinks = tuple(sinks)
        self.on_start = on_start
        self.seconds = 0.0

    def run(self, bar: AbstractContextManager[Shown | None]) -> bool:
        """Run all jobs; return whether Ctrl-C cut them off. What had ended by then is with the sinks."""
        start = time.perf_counter()
        try:
            with bar as screen:
                asyncio.run(self._run(screen))
        except KeyboardInterrupt:
            return True
        finally:
            self.seconds = time.perf_counter() - start
        return False

    async def _run(self, bar: Shown | None) -> None:
        ticker = None if bar is None else asyncio.get_running_loop().create_task(bar.keep_fresh())
        try:
            async with aclosing(self.executor.stream(self.jobs, self.limit, self.on_start)) as outcomes:  # type: ignore[type-var]  # an async generator
                async for outcome in outcomes:
                    for sink in self.sinks:
                        sink(outcome)
                    if bar is not None:
                        bar.done += 1
        finally:
            if ticker is not None:
                ticker.cancel()


class Bar:
    """A progress bar on stderr, drawn from the event loop: a thread of its own would cost every slice of the kernel."""

    def __init__(self, what: str, total: int) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        from negotiate_rt.cli.consoles import stderr_console

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self.progress = Progress(*columns, console=stderr_console(), auto_refresh=False, transient=True)
        self.task = self.progress.add_task(what, total=total)
        self.done = 0

    async def keep_fresh(self) -> None:
        """Draw it anew now and then."""
        while True:
            self.progress.update(self.task, completed=self.done, refresh=True)
            await asyncio.sleep(TICK)

    def __enter__(self) -> Bar:
        self.progress.start()
        return self

    def __exit__(self, *reason: object) -> None:
        self.progress.stop()


class Shown(Protocol):
    """What stands on the screen meanwhile: a progress bar, or a view of what goes on."""

    done: int  # sessions that have ended

    async def keep_fresh(self) -> None:
        """Draw it anew now and then, until cancelled."""


def shown(
    what: str, total: int, executor: NegotiationExecutor, sinks: list[Sink], watch: bool, wanted: bool
) -> AbstractContextManager[Shown | None]:
    """Return what to show meanwhile; a view of what goes on becomes one more sink of outcomes."""
    if not watch:
        return progress(what, total, wanted)
    from negotiate_rt.cli.watching import Watch  # late: only who asks for it

    view = Watch(what, total, executor.statistics)
    sinks.append(view.add)
    return view


def progress(what: str, total: int, wanted: bool) -> AbstractContextManager[Bar | None]:
    """Return a progress bar where somebody can see it, else nothing."""
    return Bar(what, total) if wanted and sys.stderr.isatty() else nullcontext()


def written(scenario: scenarios.Scenario) -> tuple[str, str]:
    """Return a scenario's text and form."""
    if scenario.text:
        return scenario.text, scenario.form
    return msgspec.json.encode(scenario.spec).decode(), "json"


def tell(report: Report, as_json: bool, issues: tuple[str, ...] = (), last: Iterable[NegotiationOutcome] = ()) -> None:
    """Print a report: as JSON, or as tables, a single session with its offers."""
    if as_json:
        sys.stdout.write(msgspec.json.format(encoded(report)).decode() + "\n")
        return
    from negotiate_rt.report.tables import outcome_tables, report_tables

    console = stdout_console()
    for outcome in last:
        for part in outcome_tables(outcome, issues):
            console.print(part)
    for part in report_tables(report):
        console.print(part)


def accounted(report: Report) -> str:
    """Say that each session ended once: by final state, and the failed ones by code."""
    total = report.total
    states, codes = total.final_states, total.failure_codes
    by_state = " + ".join(f"{count} {state}" for state, count in states.items())
    by_code = " + ".join([f"{total.agreed} agreed", *(f"{count} {code}" for code, count in codes.items())])
    right = sum(states.values()) == total.sessions == total.agreed + sum(codes.values())
    verdict = "every session accounted for" if right else "SESSIONS DO NOT ADD UP"
    return f"{verdict}: {total.sessions} = {by_state}\n  and by failure code: {total.sessions} = {by_code}"


def log_outcome(outcome: NegotiationOutcome) -> None:
    """Log one session's ending."""
    logger().info(
        "session_ended", session=outcome.id, state=str(outcome.final_state), reason=outcome.failure_reason,
        rounds=outcome.rounds_used, ms=round(outcome.duration_ms, 3), faults=len(outcome.faults),
    )  # fmt: skip


def ended(interrupted: bool, report: Report) -> int:
    """Return the exit code; an interruption is told, and so is a built-in role that broke, which is nobody's but ours."""
    total = report.total
    if ROLE in total.faults:
        fail(f"a protocol's own role raised: {total.examples[ROLE]}\n{REPORT_IT}")
        return BUG
    if interrupted:
        fail(f"interrupted: {total.sessions} of {report.asked} sessions had ended; what is told and kept covers these")
    return INTERRUPTED if interrupted else 0
