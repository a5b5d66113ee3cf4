"""`solve`: its options, and what it prints. What it needs loads when it runs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import rich_click as click

from negotiate_rt.cli.commands import SETTINGS, end, logged

if TYPE_CHECKING:
    from negotiate_rt.executor.executor import NegotiationExecutor
    from negotiate_rt.messages.outcome import NegotiationOutcome
    from negotiate_rt.problems.dcop import DcopProblem
    from negotiate_rt.protocols.account import SolvingResult
    from negotiate_rt.runtime.network import Network
    from negotiate_rt.solutions.dcop.tally import CostPoint

SHOWN = 40  # variables whose values are printed; --json tells all
TOO_WIDE = "most_bytes"  # what can be done about it; told by the exit's own message
LATENCY = "Seconds that a message takes: 0.1, or LOW..HIGH for a uniform distribution (default: none)."


@click.command(
    context_settings=SETTINGS,
    epilog="Exit codes: 0 it ran to an end (an assignment, or a proof that there is none), 2 a mistake of yours (also: tables "
    "that would take more memory than is allowed), 1 a bug of ours, 130 Ctrl-C.",
)
@click.argument("problem", required=False)
@click.option("--generate", "kind", metavar="KIND", help="Instead of PROBLEM: one drawn as `generate KIND` draws it.")
@click.option(
    "--draw", "drawing", multiple=True, metavar="NAME=VALUE", help="With --generate: a parameter of the generator."
)
@click.option(
    "--algorithm", "-a", "algorithms", multiple=True, help="dpop, mgm, ...; several to compare (default: dpop)."
)
@click.option(
    "--cycles", type=click.IntRange(1), default=100, show_default=True, help="Cycles of an algorithm that has them."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of all chance.")
@click.option(
    "--timeout", type=click.FloatRange(0, min_open=True), default=60.0, show_default=True, help="Seconds at most."
)
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="An option of the algorithms, as often as wanted."
)
@click.option("--latency", help=LATENCY)
@click.option("--reorder", is_flag=True, help="Let messages overtake each other.")
@click.option("--loss", type=click.FloatRange(0, 1), default=0.0, help="Share of messages that are lost.")
@click.option("--duplicate", type=click.FloatRange(0, 1), default=0.0, help="Share of messages that arrive twice.")
@click.option("--acknowledged/--unacknowledged", default=True, help="Send lost messages again (default: yes).")
@click.option(
    "--clock", type=click.Choice(["real", "virtual"]), default="virtual", show_default=True, help="Which clock."
)
@click.option("--json", "as_json", is_flag=True, help="Print as one JSON object, with every value and the cost curve.")
@click.option("--curve", type=click.Path(), help="Draw the cost curve into this SVG file.")
@click.option("--over", type=click.Choice(["cycles", "time"]), default="cycles", help="What the SVG's curve runs over.")
@click.option("--picture/--no-picture", default=None, help="Draw the cost curve here (default: on a terminal).")
@logged
def solve(problem: str | None, verbose: int, quiet: int, **options: Any) -> None:
    """Solve a distributed constraint optimisation PROBLEM with agents that talk to their neighbours only.

    PROBLEM is a file, pyDCOP's YAML or TOML of ours, or the name of a built-in scenario that has one. Every agent of it
    becomes an actor; what comes out is the best assignment they met, and what it took them. Or one is drawn:
    `negotiate-rt solve --generate colouring --draw variables=50 --algorithm mgm`.
    """
    from negotiate_rt.cli.logs import log_to_stderr

    with log_to_stderr(verbose - quiet):
        end(run_solve(problem or "", options))


def run_solve(source: str, options: Mapping[str, Any]) -> int:
    """Solve a problem by each algorithm, print what came of it, and return the exit code. Raises ConfigurationError."""
    source, problem = stated(source, options)
    runs = runs_of(problem, options)
    interrupted = False
    for run in runs:
        if not interrupted and not run.solve():
            interrupted = True
    if options["as_json"]:
        print_json(source, problem, runs)
    else:
        print_runs(source, problem, runs, options["picture"])
    if options["curve"] is not None:
        draw(runs, options["curve"], options["over"], not options["as_json"])
    return ending(runs, interrupted)


def runs_of(problem: DcopProblem, options: Mapping[str, Any]) -> list[Run]:
    """Return a run for each algorithm; of several, each takes the settings it knows. Raises ConfigurationError."""
    from negotiate_rt.errors import ConfigurationError, suggest
    from negotiate_rt.lab.audit import options_in_words

    settings = options_in_words(options["settings"])
    runs = [Run(problem, one, options) for one in dict.fromkeys(options["algorithms"] or ("dpop",))]
    known = dict.fromkeys(name for run in runs for name in run.fields)
    for name in settings:
        if name not in known:
            raise ConfigurationError(f"--set {name}: expected one of {', '.join(known)}{suggest(name, known)}")
    for run in runs:
        run.set({name: value for name, value in settings.items() if name in run.fields})
    return runs


def stated(source: str, options: Mapping[str, Any]) -> tuple[str, DcopProblem]:
    """Return what the problem is called, and the problem: given, or drawn. Raises ConfigurationError."""
    from negotiate_rt.cli.generating import drawn
    from negotiate_rt.errors import ConfigurationError

    kind, drawing = options["kind"], options["drawing"]
    if bool(source) == (kind is not None):
        raise ConfigurationError("expected a PROBLEM or --generate KIND, one of them")
    if kind is None:
        if drawing:
            raise ConfigurationError("--draw: it goes with --generate KIND")
        return source, problem_of(source)
    return f"{kind}, seed {options['seed']}", drawn(kind, drawing, options["seed"], "--draw")


def problem_of(source: str) -> DcopProblem:
    """Return the problem in a file, or of a built-in scenario. Raises ConfigurationError."""
    from pathlib import Path

    from negotiate_rt import scenarios
    from negotiate_rt.errors import ConfigurationError
    from negotiate_rt.problems.dcop import DcopProblem
    from negotiate_rt.scenarios.dcop_files import load_dcop

    if Path(source).exists() or source not in scenarios.built_in():
        return load_dcop(source)
    found = scenarios.load(source).problem
    if not isinstance(found, DcopProblem):
        raise ConfigurationError(
            f"{source}: this scenario has no DCOP: expected one, or a file in pyDCOP's YAML or TOML of ours"
        )
    return found


class Run:
    """One algorithm on the problem. `seconds`: of real time; `outcome`: None if it was interrupted."""

    def __init__(self, problem: DcopProblem, algorithm: str, options: Mapping[str, Any]) -> None:
        from msgspec.structs import fields

        from negotiate_rt.errors import ConfigurationError
        from negotiate_rt.executor.executor import NegotiationExecutor
        from negotiate_rt.messages.config import NegotiationConfig, protocol_name
        from negotiate_rt.protocols.solving import Solving, SolvingOptions

        self.problem = problem
        self.executor: NegotiationExecutor = NegotiationExecutor(
            clock=options["clock"], seed=options["seed"], network=network_of(options), name="solve"
        )
        protocol = self.executor.protocols.get(protocol_name(algorithm))
        if not isinstance(protocol, Solving):
            solvers = ", ".join(name for name, one in self.executor.protocols.items() if isinstance(one, Solving))
            raise ConfigurationError(f"--algorithm: expected one of {solvers}, got {algorithm!r}")
        self.algorithm = protocol.name
        self.kind = protocol.options or SolvingOptions
        assert issubclass(self.kind, SolvingOptions)
        self.fields = tuple(one.name for one in fields(self.kind) if one.name != "progress")
        self.config = NegotiationConfig(protocol.name, options["cycles"], options["timeout"])
        self.last: CostPoint | None = None
        self.shown = not options["as_json"]
        self.seconds = 0.0
        self.outcome: NegotiationOutcome | None = None

    def set(self, settings: Mapping[str, Any]) -> None:
        """Take the algorithm's options, and look on ourselves. Raises ScenarioError."""
        from msgspec.structs import replace

        from negotiate_rt.scenarios.options import build_options

        options = build_options(self.kind, settings) or self.kind()
        self.config = replace(self.config, options=replace(options, progress=self.look))

    def look(self, point: CostPoint) -> None:
        """Keep the last point of the cost curve."""
        self.last = point

    def solve(self) -> bool:
        """Run to the end; False if Ctrl-C came first."""
        import asyncio

        from negotiate_rt.cli.running import progress

        start = time.perf_counter()
        try:
            with progress(self.algorithm, self.config.max_rounds, self.shown) as bar:
                self.outcome = asyncio.run(self._solve(bar))
        except KeyboardInterrupt:
            return False
        finally:
            self.seconds = time.perf_counter() - start
        return True

    async def _solve(self, bar: Any) -> NegotiationOutcome:  # a Bar or None
        import asyncio

        ticker = None if bar is None else asyncio.get_running_loop().create_task(self._keep_fresh(bar))
        try:
            return await self.executor.execute([], self.config, self.problem)
        finally:
            if ticker is not None:
                ticker.cancel()

    async def _keep_fresh(self, bar: Any) -> None:
        """Draw the bar anew now and then, with the cycle and the cost by now."""
        import asyncio

        from negotiate_rt.cli.running import TICK
        from negotiate_rt.report.words import number

        while True:
            if self.last is not None:
                told = f"{self.algorithm}: cost {number(self.last.cost, 6)}, {self.last.messages:,} messages"
                bar.progress.update(bar.task, completed=self.last.cycle, description=told)
            bar.progress.refresh()
            await asyncio.sleep(TICK)

    @property
    def result(self) -> SolvingResult | None:
        """What was reached."""
        return None if self.outcome is None else self.outcome.result


def network_of(options: Mapping[str, Any]) -> Network | None:
    """Return the network that the options describe, None for a perfect one. Raises ConfigurationError."""
    from negotiate_rt.errors import ConfigurationError
    from negotiate_rt.runtime.latency import Uniform
    from negotiate_rt.runtime.network import Network

    latency: Any = None
    if options["latency"] is not None:
        low, dots, high = options["latency"].partition("..")
        try:
            latency = Uniform(float(low), float(high)) if dots else float(low)
        except ValueError:
            raise ConfigurationError(f"--latency: expected seconds, or LOW..HIGH, got {options['latency']!r}") from None
    faulty = {name: options[name] for name in ("loss", "duplicate", "reorder")}
    if latency is None and not any(faulty.values()):
        return None
    acknowledged = options["acknowledged"] and bool(options["loss"])
    return Network(latency, **faulty, acknowledged=acknowledged)


def ending(runs: list[Run], interrupted: bool) -> int:
    """Return the exit code; what was interrupted or refused is told."""
    from negotiate_rt.cli.program import BUG, INTERRUPTED, MISTAKE, REPORT_IT, fail

    for run in runs:
        reason = run.outcome.failure_reason if run.outcome is not None else None
        if reason is not None and reason.startswith("protocol-violation"):
            fail(f"{run.algorithm}: {reason}\n{REPORT_IT}")
            return BUG
        if reason is not None and TOO_WIDE in reason:
            fail(f"{run.algorithm}: {reason} (here: --set most_bytes=NUMBER, or patience: --set beyond=condition)")
            return MISTAKE
    if interrupted:
        at = next(
            (f" at cost {run.last.cost}, cycle {run.last.cycle}" for run in runs[::-1] if run.last is not None), ""
        )
        fail(f"interrupted{at}")
    return INTERRUPTED if interrupted else 0


# -- telling it -------------------------------------------------------------------------------------------------------------


def print_json(source: str, problem: DcopProblem, runs: list[Run]) -> None:
    """Print everything as one JSON object."""
    import msgspec

    from negotiate_rt.report.plain import encoded

    found = []
    for run in runs:
        if run.outcome is not None:
            one = run.outcome
            told = {
                "final_state": str(one.final_state),
                "failure_reason": one.failure_reason,
                "duration_ms": one.duration_ms,
            }
            found.append({**told, "wall_seconds": run.seconds, **msgspec.structs.asdict(one.result)})
    tree = {
        "problem": source, "name": problem.name, "objective": problem.objective, "variables": len(problem.variables),
        "functions": len(problem.functions), "agents": len(problem.agents), "runs": found,
    }  # fmt: skip
    click.echo(msgspec.json.format(encoded(tree)).decode())


def print_runs(source: str, problem: DcopProblem, runs: list[Run], picture: bool | None) -> None:
    """Print a table with a row for each algorithm, and the assignment and cost curve of the best."""
    from negotiate_rt.cli.consoles import stdout_console
    from negotiate_rt.report.cost_curve import cost_picture
    from negotiate_rt.report.solving_tables import assignment_table, problem_line, results_table

    console = stdout_console()
    console.print(problem_line(source, problem), soft_wrap=True)
    done = [(run.outcome, run.seconds) for run in runs if run.outcome is not None]
    console.print(results_table(done))
    for outcome, _ in done:
        if outcome.failure_reason is not None and TOO_WIDE not in outcome.failure_reason:
            console.print(f"{outcome.protocol}: {outcome.failure_reason}", soft_wrap=True)
    best = best_of(runs)
    if best is None:
        return
    console.print(assignment_table(best, SHOWN))
    if picture or (picture is None and console.is_terminal):
        plain = not console.encoding.lower().startswith("utf")
        for run in runs:
            if run.result is not None:
                console.print(*cost_picture(run.result, console.width, ascii_only=plain), sep="\n")


def best_of(runs: list[Run]) -> SolvingResult | None:
    """Return the result with the best cost, the first among ties; None if no assignment was met."""
    found = [run.result for run in runs if run.result is not None and run.result.cost is not None]
    if not found:
        return None
    sign = 1 if found[0].objective == "min" else -1
    return min(found, key=lambda one: (len(one.violated), sign * (one.cost or 0.0)))


def draw(runs: list[Run], path: str, over: Any, tell: bool) -> None:  # "cycles" or "time"
    """Write the cost curves as SVG. Raises ConfigurationError where that cannot be."""
    from pathlib import Path

    from negotiate_rt.cli.consoles import show
    from negotiate_rt.errors import ConfigurationError
    from negotiate_rt.report.cost_curve import cost_chart

    results = [run.result for run in runs if run.result is not None]
    try:
        Path(path).write_text(cost_chart(results, over).svg(alone=True), encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"--curve {path}: cannot write there: {error.strerror or error}") from None
    if tell:
        show(f"cost curve: {path}")
