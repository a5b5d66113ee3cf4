"""`generate`: draw a problem of distributed constraint optimisation and write it down. What it needs loads when it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click

from negotiate_rt.cli.commands import SETTINGS

if TYPE_CHECKING:
    from negotiate_rt.problems.dcop import DcopProblem


@click.command(
    context_settings=SETTINGS,
    epilog="KIND: colouring (variables, graph = random, tree, grid or scale-free, colours, degree, soft), ising (rows, columns, "
    "coupling, field), meetings (events, people, slots, attendees, longest), secp (lights, models, rules, levels), sensors "
    "(rows, columns, targets, needed, energy). Exit codes: 0 done, 2 a mistake of yours, 1 a bug of ours.",
)
@click.argument("kind")
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="A parameter of the generator, as often as wanted."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of all chance.")
@click.option(
    "--out", type=click.Path(), help="Write to this file: .toml (ours) or .yaml (pyDCOP's); default: TOML to stdout."
)
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@click.option("--json", "as_json", is_flag=True, help="With --out: print what was written as one JSON object.")
def generate(kind: str, settings: tuple[str, ...], seed: int, out: str | None, force: bool, as_json: bool) -> None:
    """Draw a distributed constraint optimisation problem of a KIND, from a seed, for `negotiate-rt solve`."""
    from pathlib import Path

    from negotiate_rt.errors import ConfigurationError
    from negotiate_rt.scenarios.dcop_files import dcop_file_text, write_dcop

    problem = drawn(kind, settings, seed)
    if out is None:
        click.echo(dcop_file_text(problem), nl=False)
        return
    if Path(out).exists() and not force:
        raise ConfigurationError(f"--out {out}: it is there already; replace it with --force")
    write_dcop(problem, out)
    told = {
        "file": out, "kind": kind, "seed": seed, "name": problem.name, "objective": problem.objective,
        "variables": len(problem.variables), "functions": len(problem.functions), "agents": len(problem.agents),
    }  # fmt: skip
    if as_json:
        import json

        click.echo(json.dumps(told, indent=2))
    else:
        counts = f"{told['variables']} variables, {told['functions']} cost functions, {told['agents']} agents"
        click.echo(f"{out}: {problem.name}: {counts}, {problem.objective}")


def drawn(kind: str, settings: tuple[str, ...], seed: int, option: str = "--set") -> DcopProblem:
    """Return the problem that a command line asks for. Raises ConfigurationError."""
    import random

    from negotiate_rt.errors import ConfigurationError
    from negotiate_rt.scenarios.dcop_generators import draw_dcop

    parameters = {}
    for text in settings:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise ConfigurationError(f"{option} {text!r}: expected NAME=VALUE")
        parameters[name.strip().replace("-", "_")] = value.strip()
    return draw_dcop(kind, random.Random(seed), **parameters)
