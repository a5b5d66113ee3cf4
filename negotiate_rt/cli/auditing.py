"""`audit`: its options, and what it prints. What it needs loads when it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rich_click as click

from negotiate_rt.cli.commands import SETTINGS, end

if TYPE_CHECKING:
    from negotiate_rt.solutions.audit_report import AuditReport
    from negotiate_rt.solutions.probes import ProbeReport

BROKEN = 4  # a property that was required fails, or could not be judged
TYPES = (
    "What agents may be: a list 0,1,5, a range 0:10 or 0:1:0.25, or drawn: uniform(0,1), exponential(1). "
    "Default: the mechanism's own."
)
REQUIRE = "Exit with 4 unless these hold: properties with commas between, as the report names them."


@click.command(
    context_settings=SETTINGS,
    epilog="Exit codes: 0 the audit ran (a broken promise is a finding), 4 one that --require names is broken or could not "
    "be judged, 2 a mistake of yours, 1 a bug of ours.",
)
@click.argument("mechanism")
@click.option("--agents", "-n", type=click.IntRange(1), help="How many agents (default: the mechanism's own number).")
@click.option("--types", help=TYPES)
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="An option of the mechanism, as often as wanted.")
@click.option("--samples", type=click.IntRange(2), help="Draw so many profiles (default: search all, if they are few).")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of what is drawn.")
@click.option("--bayesian", is_flag=True, help="Look at expectations, too, where profiles are drawn.")
@click.option("--budget", type=click.IntRange(100), default=200_000, show_default=True, help="Most outcomes to compute.")
@click.option("--property", "-p", "properties", multiple=True, help="Judge only these; commas between, or repeated.")
@click.option("--require", multiple=True, help=REQUIRE)
@click.option("--false-names", is_flag=True, help="Look for agents that gain by taking part under two names, too.")
@click.option("--collusion", type=click.IntRange(2), help="Look for coalitions of so many that gain together, too.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
def audit(mechanism: str, as_json: bool, **options: Any) -> None:
    """Test what a MECHANISM promises: truthfulness, rationality, budget balance, efficiency.

    Every broken promise is shown with its counterexample: who gains by which misreport. MECHANISM is a name (vickrey,
    first-price, vcg, mcafee, borda, ...; see `list mechanisms`), a Python file that holds a DirectMechanism, or
    file.py:object or module:object, where the object is one or returns one.
    """
    end(run_audit(mechanism, as_json, **options))


def run_audit(mechanism: str, as_json: bool, **options: Any) -> int:
    """Audit a mechanism, print the report, and return the exit code. Raises ConfigurationError."""
    from negotiate_rt.lab.audit import (
        audit_mechanism,
        find_mechanism,
        options_in_words,
        probe_collusion,
        probe_false_names,
        types_in_words,
        unmet,
    )
    from negotiate_rt.solutions.audit import BALANCE, wanted_properties

    required = wanted_properties(split(options["require"])) if options["require"] else ()
    asked = tuple(split(options["properties"]))
    if asked or not set(required).isdisjoint(BALANCE):  # else balance is not judged where a seller keeps what is paid
        asked = wanted_properties((*asked, *required) if asked else ())
    space = None if options["types"] is None else types_in_words(options["types"])
    settings = options_in_words(options["settings"])
    found = find_mechanism(mechanism, options["agents"], space, settings)
    averages = options["bayesian"] or bool({"bayesian", "interim-rational"} & set(required))
    report = audit_mechanism(
        found, samples=options["samples"], seed=options["seed"], bayesian=averages, budget=options["budget"],
        properties=asked,
    )  # fmt: skip
    drawn = (options["samples"], options["seed"])
    probes = []
    if options["false_names"]:
        probes.append(probe_false_names(mechanism, len(found.types), space, settings, *drawn))
    if options["collusion"] is not None:
        probes.append(probe_collusion(found, options["collusion"], *drawn))
    show_report(report, probes, as_json)
    broken = unmet(report, required)
    if broken:
        from negotiate_rt.cli.program import fail

        fail(f"{report.mechanism}: required, but {', '.join(f'{name} {report[name].verdict}' for name in broken)}")
    return BROKEN if broken else 0


def split(texts: tuple[str, ...]) -> list[str]:
    """Return words that stand with commas between them."""
    return [word.strip() for text in texts for word in text.split(",") if word.strip()]


def show_report(report: AuditReport, probes: list[ProbeReport], as_json: bool) -> None:
    """Print a report, and what probes found."""
    if as_json:
        import msgspec

        from negotiate_rt.solutions.audit_report import shown

        tree = msgspec.to_builtins(report, enc_hook=shown) | {"probes": msgspec.to_builtins(probes, enc_hook=shown)}
        click.echo(msgspec.json.format(msgspec.json.encode(tree)).decode())
        return
    from negotiate_rt.cli.consoles import stdout_console
    from negotiate_rt.lab.audit_tables import audit_tables, probe_lines

    console = stdout_console()
    for part in audit_tables(report):
        console.print(part)
    for probe in probes:
        for line in probe_lines(probe):
            console.print(line)
