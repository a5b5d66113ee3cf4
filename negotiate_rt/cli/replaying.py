"""`replay`: what a journal holds, step by step or as a whole; verified, run again, exported."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import msgspec
import rich_click as click

from negotiate_rt import scenarios
from negotiate_rt.cli.consoles import show
from negotiate_rt.errors import ConfigurationError
from negotiate_rt.executor.settings import built_in
from negotiate_rt.journal.journal import Journal
from negotiate_rt.journal.reading import segments
from negotiate_rt.journal.record import Record
from negotiate_rt.journal.records import records_of
from negotiate_rt.protocols.base import NegotiationProtocol
from negotiate_rt.replay.agreement import agreement
from negotiate_rt.replay.exporting import FORMS, ending, in_words
from negotiate_rt.replay.filtering import Wanted
from negotiate_rt.replay.rerunning import Opened, Rerun, opened, rerun
from negotiate_rt.replay.stepping import Step, steps
from negotiate_rt.replay.verifying import Verification, verify
from negotiate_rt.report.plain import encoded

VIOLATION = 4  # the exit code of a journal that is damaged, breaks the rules, or does not run again as it was
WIDE = 160  # characters of a record's content in a line
SHOWN = 20  # flaws that are told; --json tells all


class Wish(msgspec.Struct, frozen=True):
    """What the user asks of `replay`."""

    journal: str
    wanted: Wanted
    limit: int | None
    step: bool
    verify: bool
    rerun: bool
    export: str | None
    out: str | None
    as_json: bool
    protocols: tuple[str, ...] = ()


def replay(wish: Wish) -> int:
    """Do what the command line asks of a journal; return the exit code."""
    known = {**built_in(), **{one.name: one for one in map(own_protocol, wish.protocols)}}
    if wish.export is not None:
        export(wish)
        return 0
    if wish.verify or wish.rerun:
        return verdicts(wish, known)
    if wish.step or not wish.wanted.everything:
        tell_steps(wish, known)
        return 0
    return overview(wish, known)


def own_protocol(name: str) -> NegotiationProtocol:
    """Return a protocol of the user's own, named `package.module:Class`. Raises ConfigurationError."""
    module, _, attribute = name.partition(":")
    sys.path.insert(0, "")  # where the user stands, as for `python -m`
    try:
        found = getattr(importlib.import_module(module), attribute)
        protocol = found() if isinstance(found, type) else found
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise ConfigurationError(f"--protocol {name}: expected package.module:Class of a protocol: {error}") from None
    finally:
        sys.path.remove("")
    if not isinstance(protocol, NegotiationProtocol):
        raise ConfigurationError(f"--protocol {name}: is no NegotiationProtocol, but {protocol!r}")
    return protocol


# -- exports --------------------------------------------------------------------------------------------------------------


def export(wish: Wish) -> None:
    """Write the records that are wanted, or an agreement, in another form."""
    if wish.export == "agreement":
        found = agreement(wish.journal, wish.wanted.negotiation)
        text = msgspec.json.format(encoded(found)).decode() + "\n" if wish.as_json else found.markdown()
        lines: Iterable[str] = [text]
    else:
        records = wish.wanted.among(records_of(segments(wish.journal)))
        lines = FORMS[str(wish.export)](records)
    with written(wish.out) as target:
        target.writelines(lines)


@contextmanager
def written(out: str | None) -> Iterator[IO[str]]:
    """Open a file to write, or stdout. Raises ConfigurationError."""
    if out is None:
        yield sys.stdout
        return
    try:
        with Path(out).open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            yield file
    except OSError as error:
        raise ConfigurationError(f"--out {out}: cannot write there: {error.strerror or error}") from None


# -- steps ----------------------------------------------------------------------------------------------------------------


def tell_steps(wish: Wish, known: Mapping[str, NegotiationProtocol]) -> None:
    """Print the records that are wanted, with what they led to; on a terminal, with --step, one at a time."""
    wanted = (one for one in steps(segments(wish.journal), known) if wish.wanted.fits(one.record))
    asking = wish.step and sys.stdin.isatty() and sys.stdout.isatty() and not wish.as_json
    for count, one in enumerate(wanted, 1):
        if wish.as_json:
            sys.stdout.write(encoded(one).decode() + "\n")
        else:
            show(line(one, full=wish.step))
        if count == wish.limit:
            return
        if asking and click.prompt("Enter: next, q: quit", default="", show_default=False, prompt_suffix=" ") == "q":
            return


def line(step: Step, full: bool) -> str:
    """Return one step in a line, or with the state that it led to and what may be said there."""
    text = told(step.record)
    if step.breach:
        text += f"\n    AGAINST THE RULES: {step.breach}"
    if full and step.state:
        standing = "" if step.standing is None else f", on the table: {in_words({'value': step.standing})}"
        text += f"\n    -> {step.state}{standing}" + (f"; legal: {', '.join(step.legal)}" if step.legal else "")
    return text


def told(record: Record) -> str:
    """Return a record in a line."""
    head = f"{record.at:12.6f}  {record.negotiation:<16} {record.kind:<8}"
    if record.kind in ("said", "heard", "skipped", "passed", "lost"):
        who = f"{record.sender} -> {record.receiver}"
        return f"{head} {who:<24} {record.act} {in_words(record.content)}".rstrip()
    if record.kind == "ended":
        return f"{head} {ending(record.content)}"
    content = encoded(record.content).decode()
    return f"{head} {record.sender:<24} {content if len(content) <= WIDE else content[:WIDE] + ' ...'}"


# -- verdicts -------------------------------------------------------------------------------------------------------------


def overview(wish: Wish, known: Mapping[str, NegotiationProtocol]) -> int:
    """Print what a journal holds, whether it is sound, and its first records."""
    code = verdicts(wish, known)
    if not wish.as_json:
        for count, record in enumerate(records_of(segments(wish.journal, lambda damage: None)), 1):
            show(told(record))
            if count == (wish.limit or 10):
                show("... (--step, --negotiation, --agent, --kind and others show more; --export writes all)")
                break
    return code


def verdicts(wish: Wish, known: Mapping[str, NegotiationProtocol]) -> int:
    """Verify, and run again if asked; print what was found; return the exit code."""
    found = verify(wish.journal, known)
    again = run_again(wish.journal) if wish.rerun else None
    if wish.as_json:
        tree = {**msgspec.to_builtins(found), "sound": found.sound, **({"rerun": again} if again else {})}
        sys.stdout.write(msgspec.json.format(encoded(tree)).decode() + "\n")
    else:
        tell(found)
        if again is not None:
            tell_rerun(again)
    return 0 if found.sound and (again is None or again.same) else VIOLATION


def tell(found: Verification) -> None:
    """Print what was found."""
    endings = ", ".join(f"{count} {state}" for state, count in sorted(found.ended.items())) or "none ended"
    size = f"{found.bytes:,} bytes, {found.segments:,} segments, {found.rows:,} rows"
    show(f"{found.path}: {found.form}, {size}, {found.sessions} run{'s' * (found.sessions != 1)}")
    counts = f"messages: {found.messages:,}, lost: {found.lost:,}, faults: {found.faults:,}"
    show(f"negotiations: {found.negotiations:,} ({endings}); {counts}")
    if found.open:
        some = ", ".join(found.open[:5]) + (", ..." if len(found.open) > 5 else "")
        show(f"still open: {len(found.open)} ({some}); a society that goes on with this journal ends them")
    if not found.closed:
        show("not closed: the society still runs, or was killed; what it had not committed is not here")
    if found.unknown:
        show(f"not checked against rules: {', '.join(found.unknown)}; name them with --protocol package.module:Class")
    flaws = [*(f"damaged: {one}" for one in found.damage), *(f"against the rules: {one}" for one in found.breaches)]
    for flaw in flaws[:SHOWN]:
        show(flaw)
    if found.flaws > SHOWN:
        show(f"... and {found.flaws - SHOWN} more")
    bytes_too = ", bytes between segments too" if found.layout else ""
    show(
        f"verified: chain whole{bytes_too}, every move legal, every negotiation ended at most once"
        if found.sound else f"NOT SOUND: {found.flaws} flaw(s)"
    )  # fmt: skip


def tell_rerun(again: Rerun) -> None:
    """Print how the world that was run again compares."""
    if again.same:
        how = (
            "the same, times and order too"
            if again.exact
            else "the same words in each negotiation (real clock: times aside)"
        )
        show(f"run again: {again.records:,} records, {how}")
        return
    show(f"RUN AGAIN, IT DIFFERS{'' if again.exact else ' (real clock: what agents decide by the time may)'}:")
    for one in again.differences:
        show(f"  journal: {told(one.recorded) if one.recorded else 'nothing more'}")
        show(f"  again:   {told(one.again) if one.again else 'nothing more'}")


def run_again(path: str) -> Rerun:
    """Run the scenario in a journal again. Raises ConfigurationError where there is none."""
    facts = opened(path)
    if "scenario" not in facts.notes:
        raise ConfigurationError(
            f"--rerun: {path} holds no scenario (`negotiate-rt run SCENARIO --journal` writes one); a program of your own "
            "runs its world again with negotiate_rt.replay.rerun"
        )
    return rerun(path, lambda journal: run_scenario_of(facts, journal))


def run_scenario_of(facts: Opened, journal: Journal) -> None:
    """Run a journal's scenario as it was run, into another journal."""
    from negotiate_rt.cli.running import Crew, progress  # late: nothing else here runs anything

    notes: Any = facts.notes
    scenario = scenarios.loads(notes["scenario"], notes["form"], folder=notes.get("folder", ""))
    executor = scenario.executor(facts.clock, facts.seed, journal=journal)
    Crew(executor, scenario.jobs(notes["sessions"], facts.seed), notes["limit"], []).run(
        progress("again", 0, wanted=False)
    )
