"""`verify`: its options, and what it prints. What it needs loads when it runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import rich_click as click

from negotiate_rt.cli.commands import SETTINGS, end

if TYPE_CHECKING:
    from negotiate_rt.lab.verify import Verification

REFUTED = 4  # a property fails, or the bounds were too narrow to tell


@click.command(
    context_settings=SETTINGS,
    epilog="Exit codes: 0 everything is proved, 4 a property fails (its shortest counterexample is shown) or was left open, "
    "2 a mistake of yours, 1 a bug of ours.",
)
@click.argument("protocols", nargs=-1, metavar="PROTOCOL...")
@click.option("--all", "everything", is_flag=True, help="Verify all built-in protocols.")
@click.option("--participants", "-n", type=int, default=2, show_default=True, help="How many, beside the convener.")
@click.option("--faults", "-k", type=int, default=2, show_default=True, help="Lost or overtaking messages on each way; 0: none.")
@click.option("--in-flight", type=int, default=2, show_default=True, help="Messages on each way at once, at most.")
@click.option("--copies", is_flag=True, help="Channels without serial numbers: a copy of a message is heard as if it were new.")
@click.option(
    "--limit", type=int, default=300_000, show_default=True,
    help="States to visit with every participant followed closely; beyond, one is, the others as their convener sees them.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print as one JSON object.")
@click.option("--mermaid", is_flag=True, help="Draw counterexamples in Mermaid's language.")
def verify(protocols: tuple[str, ...], everything: bool, as_json: bool, mermaid: bool, **options: Any) -> None:
    """Prove what a PROTOCOL's tables promise, or show the shortest way to where they fail.

    Every order in which messages can be said, delayed, lost, overtaken and doubled is explored. PROTOCOL is a name (see `list
    protocols`), a Python file that defines one, file.py:Class or module:Class.
    """
    from negotiate_rt.errors import ConfigurationError
    from negotiate_rt.lab.verify import Bounds, find_protocol, verify_all, verify_protocol
    from negotiate_rt.machine import Table
    from negotiate_rt.protocols import BUILT_IN

    bounds = Bounds(deduplicate=not options.pop("copies"), **options)
    if everything == bool(protocols):
        raise ConfigurationError("verify: either name protocols or say --all")
    wanted = [kind() for kind in BUILT_IN] if everything else [find_protocol(one) for one in protocols]
    with Counter(not as_json) as progress:
        bare = [verify_protocol(one, bounds, progress=progress) for one in wanted if isinstance(one, Table)]
        found = [*bare, *verify_all([one for one in wanted if not isinstance(one, Table)], bounds, progress)]
    if as_json:
        import msgspec

        tree = {"holds": all(one.holds for one in found), "protocols": found}
        click.echo(msgspec.json.format(msgspec.json.encode(tree)).decode())
    else:
        from negotiate_rt.cli.consoles import show

        show("\n\n".join("\n".join(lines(one, mermaid, brief=len(found) > 1)) for one in found))
    broken = [one.protocol for one in found if not one.holds]
    if broken:
        from negotiate_rt.cli.program import fail

        fail(f"verify: not proved: {', '.join(broken)}")
    end(REFUTED if broken else 0)


class Counter:
    """Tells on stderr how many states have come up, where somebody can see it."""

    def __init__(self, wanted: bool) -> None:
        self.shown = wanted and sys.stderr.isatty()

    def __enter__(self) -> Callable[[int], None] | None:
        return self._tell if self.shown else None

    def _tell(self, states: int) -> None:
        click.echo(f"\r{states:,} states ...", err=True, nl=False)

    def __exit__(self, *reason: object) -> None:
        if self.shown:
            click.echo("\r" + " " * 30 + "\r", err=True, nl=False)


def lines(one: Verification, mermaid: bool, brief: bool = False) -> list[str]:
    """Return what a verification found, in words; `brief` leaves out what is the same for all protocols."""
    told = [f"{one.protocol}: {'verified' if one.holds else 'NOT verified'}", *_extent(one)]
    for judged in one.judgements:
        mark = judged.claim.partition(":")[0] if brief else judged.claim
        told.append(f"  {judged.verdict:<10}  {mark}" + (f" -- {judged.why}" if judged.why else ""))
    for example in one.counterexamples:
        told += ["", *_counterexample(one, example, mermaid)]
    if not brief:
        late = "; ".join(f"{what} at {where}" for what, where in one.late)
        told.append(f"  late, dropped and nobody's fault: {late or 'nothing'}")
        rules = f" ({', '.join(one.abstracted_rules)})" if one.abstracted_rules else ""
        told += ["  abstracted:", *(f"    {what}{rules if place == 0 else ''}" for place, what in enumerate(one.abstracted))]
    for channel in one.channels:
        told += ["", *(f"  {line}".rstrip() for line in lines(channel, mermaid, brief=True))]
    return told


def _extent(one: Verification) -> list[str]:
    if one.same_as:
        return [f"  the same tables and rules about offers as {one.same_as}"]
    bounds = one.bounds
    faults = "none" if not bounds.faults else f"any number (so {bounds.faults}, too)" if one.any_faults else f"{bounds.faults}"
    who = f"{one.participants} participants" if one.joint else "two parties"
    if one.joint and one.participants == 1:
        who = "1 participant"
    if one.joint and one.closely < one.participants:
        who += f", {one.closely} followed closely, the others as their convener sees them (more can happen there)"
    return [
        f"  {who}; faults on each way: {faults}; in flight on each way: {bounds.in_flight}",
        f"  {one.states:,} states, {one.steps:,} steps; one dialogue: {one.dialogue_states:,} states; {one.seconds:.1f} s; "
        f"endings: {', '.join(one.outcomes) or 'none'}",
    ]


def _counterexample(one: Verification, example: Any, mermaid: bool) -> Sequence[str]:  # a Counterexample
    if not example.steps:
        return [f"  {example.property}: {example.wrong} (everything that can happen was searched)"]
    head = f"  {example.property}: {example.wrong} ({example.steps} steps, {example.faults} faults)"
    if example.sketched:
        head += "; the others are only seen by their convener here: look again with fewer participants or a higher --limit"
    diagram = example.mermaid if mermaid else example.text
    return [head, *(f"    {line}" for line in diagram.rstrip().splitlines())]
