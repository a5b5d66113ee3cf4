"""`mediate`: its options, and what it prints. What it needs loads when it runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import rich_click as click

from negotiate_rt.cli.commands import SETTINGS

if TYPE_CHECKING:
    from negotiate_rt.problems.bargaining import BargainingProblem


@click.command(
    context_settings=SETTINGS,
    epilog="Exit codes: 0 all ways were tried (no deal is done, too), 2 a mistake of yours, 1 a bug of ours.",
)
@click.argument("source", metavar="SCENARIO_OR_DOMAIN")
@click.option("--way", "-w", "ways", multiple=True, help="Only these: optimum, annealing, ..., 'direct bargaining'; repeated.")
@click.option("--rounds", type=click.IntRange(1), default=400, show_default=True, help="Rounds at most, in each way.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of all chance.")
@click.option("--session", type=click.IntRange(1), default=1, show_default=True, help="Which session's agents, of a scenario.")
@click.option("--objective", default="nash", show_default=True, help="What the mediator maximises, of what was disclosed.")
@click.option("--acceptance", default="unanimity", show_default=True, help="What binds: unanimity, majority or quorum.")
@click.option("--quorum", type=float, help="With a quorum: how many parties, or which share of them.")
@click.option("--arbitration", default="none", show_default=True, help="Without a deal: none, impose or final-offer.")
@click.option("--json", "as_json", is_flag=True, help="Print as one JSON object.")
def mediate(source: str, as_json: bool, **options: Any) -> None:
    """Settle a scenario or domain by mediation in every way, beside direct bargaining: messages, welfare, who gains least.

    A scenario file or the name of a built-in one, a domain file of ours, a folder of Genius XML or GeniusWeb JSON; with issues,
    and what every party wants.
    """
    from negotiate_rt.lab.mediating import WAYS, compare_mediation

    problem = problem_in(source, options.pop("session"), options["seed"])
    ways = options.pop("ways") or WAYS
    found = compare_mediation(problem, ways, **options)
    if as_json:
        import msgspec

        from negotiate_rt.report.plain import encoded

        sys.stdout.write(msgspec.json.format(encoded(found)).decode() + "\n")
        return
    from negotiate_rt.cli.consoles import stdout_console
    from negotiate_rt.lab.mediation_tables import comparison_tables

    console = stdout_console()
    for part in comparison_tables(found):
        console.print(part)


def problem_in(source: str, session: int, seed: int) -> BargainingProblem:
    """Return the problem of a domain, or of one session of a scenario, with its parties' utilities. Raises ConfigurationError."""
    from negotiate_rt import scenarios
    from negotiate_rt.errors import ConfigurationError
    from negotiate_rt.executor.settings import Settings
    from negotiate_rt.problems.bargaining import BargainingProblem
    from negotiate_rt.report.theory import matter_of

    found = scenarios.load_any(source)
    if not isinstance(found, scenarios.Scenario):
        return found.problem
    _, seats, _, problem, _ = Settings(name=found.name).plan(*found.job(session, seed))
    matter = matter_of(seats, problem) if isinstance(problem, BargainingProblem) else None
    if matter is None:
        raise ConfigurationError(f"{source}: expected a bargaining problem over issues in which each party says what it wants")
    limits = {name: one.limit for name, one in matter.wants.items()}
    return BargainingProblem(problem.space, dict(zip(matter.wants, matter.utilities, strict=True)), limits)
