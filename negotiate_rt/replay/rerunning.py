"""Running a world again, beside its journal: the same seed and agents, and the recorded answers of the world outside.

On the virtual clock every row must come again as it stood. On the real clock the same words come at other times and in
another interleaving, so each negotiation is compared by itself, without its times.
"""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

import msgspec

from negotiate_rt.errors import ConfigurationError, JournalError
from negotiate_rt.journal.journal import Journal
from negotiate_rt.journal.play import Reader
from negotiate_rt.journal.reading import segments
from negotiate_rt.journal.record import Record
from negotiate_rt.journal.records import records_of
from negotiate_rt.journal.rows import DECIDED, OPENED
from negotiate_rt.messages.codec import ACT
from negotiate_rt.messages.view import View, sleep
from negotiate_rt.protocols.base import NegotiationProtocol

MOST = 5  # differences that are told
FOR_EVER = 1e9  # seconds: beyond any deadline
APART = ("opened", "closed", "decided")  # records about this run, or that the comparison uses itself


class Difference(msgspec.Struct, frozen=True):
    """Where the two worlds part: the record of the journal, and of the world run again (None: there is none)."""

    negotiation: str
    recorded: Record | None
    again: Record | None


class Rerun(msgspec.Struct, frozen=True, kw_only=True):
    """How a world that was run again compares. `exact`: with all times and in one order (virtual clock)."""

    same: bool
    exact: bool
    records: int
    differences: tuple[Difference, ...]


class Opened(msgspec.Struct, frozen=True):
    """What the first row of a journal says."""

    society: str
    clock: str
    seed: int
    notes: Mapping[str, Any] = {}


def opened(path: str | Path) -> Opened:
    """Return what a journal says of the society that wrote it.

    Raises ConfigurationError where several wrote, one after the other: only a world of one piece can be run again.
    """
    found = [row[2] for segment in segments(path) for row in segment.rows if row[0] == OPENED]
    if len(found) != 1:
        raise ConfigurationError(
            f"{path}: {len(found)} societies wrote in it one after the other; only one that ran in one piece can be run again"
        )
    facts = found[0]
    return Opened(str(facts["society"]), str(facts["clock"]), int(facts["seed"]), facts.get("notes", {}))


def rerun(path: str | Path, world: Callable[[Journal], Any]) -> Rerun:
    """Run a world again and compare. `world(journal)` runs it with that journal, the seed, name and clock it had.

    Agents that asked the world outside get its recorded answers from `Answers`. Raises what `world` raises.
    """
    facts = opened(path)
    exact = facts.clock == "virtual"
    with tempfile.TemporaryDirectory(prefix="negotiate_rt") as folder:
        again = Path(folder) / Path(path).name
        world(Journal(again))
        if not again.exists():
            raise JournalError(f"{path}: the world that was run again recorded nothing")
        pairs = in_order(path, again) if exact else by_negotiation(path, again)
        differences: list[Difference] = []
        count = unequal = 0
        for one, other in pairs:
            count += 1
            if one != other:
                unequal += 1
                if len(differences) < MOST:
                    differences.append(Difference((one or other or Record("", 0.0, "")).negotiation, one, other))
                if exact:  # from here on everything may differ
                    break
    return Rerun(same=not unequal, exact=exact, records=count, differences=tuple(differences))


def told(path: str | Path) -> Iterator[Record]:
    """Yield the records that count."""
    return (record for record in records_of(segments(path)) if record.kind not in APART)


def in_order(path: str | Path, again: Path) -> Iterator[tuple[Record | None, Record | None]]:
    """Yield the records of two journals side by side."""
    return zip_longest(told(path), told(again))


def by_negotiation(path: str | Path, again: Path) -> Iterator[tuple[Record | None, Record | None]]:
    """Yield the records of two journals side by side, by negotiation and sender, without what time alone decides."""
    one, other = sorted_out(told(path)), sorted_out(told(again))
    for key in dict.fromkeys([*one, *other]):
        yield from zip_longest(one.get(key, ()), other.get(key, ()))


def sorted_out(records: Iterable[Record]) -> dict[tuple[str, str], list[Record]]:
    """Return records by negotiation and sender, their times left out."""
    found: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        if record.kind in ("heard", "lost"):  # when, beside what else, is the network's and the scheduler's
            continue
        content = record.content
        if record.kind == "ended":
            content = {name: value for name, value in content.items() if name != "duration_ms"}
            if content.get("accepted"):
                content["accepted"] = {**content["accepted"], "at": 0.0, "expires_at": None}
        elif record.kind == "said" and "expires_at" in content:
            content = {**content, "expires_at": None}
        timeless = msgspec.structs.replace(record, at=0.0, content=content, reply_by=None, in_reply_to=0)
        found.setdefault((record.negotiation, record.sender), []).append(timeless)
    return found


class Answers:
    """What asynchronous and isolated hooks answered in a journal, to be answered again: `answers.stand_in(agent)`."""

    def __init__(self, path: str | Path, protocol: NegotiationProtocol | None = None) -> None:
        self._reader = Reader(protocol)
        self._by_talk: dict[tuple[str, str, str], deque[tuple[str, Any, float]]] = {}
        self._hooks: dict[str, set[str]] = {}
        for segment in segments(path):
            for row in segment.rows:
                if row[0] == DECIDED:
                    _, _, talk, name, hook, how, decision, waited = row
                    self._by_talk.setdefault((talk, name, hook), deque()).append((how, decision, waited))
                    self._hooks.setdefault(name, set()).add(hook)

    def stand_in(self, agent: Any) -> Any:  # anything with a name and hooks
        """Let an agent answer as recorded, after the time it took then, wherever the journal holds its answers; return it."""
        for hook in sorted(self._hooks.get(agent.name, ())):
            vars(agent)[hook] = self._recorded(agent.name, hook)
        return agent

    def _recorded(self, name: str, hook: str) -> Callable[..., Awaitable[Any]]:
        async def answer(*arguments: Any) -> Any:
            how, tree, waited = self._next(name, hook, arguments)
            await sleep(FOR_EVER if how == "late" else waited)
            if how == "raised":
                kind, _, text = str(tree).partition(": ")
                raise type(kind, (Exception,), {})(text)
            is_message = isinstance(tree, dict) and ACT in tree
            return self._reader.message(tree) if is_message else self._reader.value(tree)

        return answer

    def _next(self, name: str, hook: str, arguments: tuple[Any, ...]) -> tuple[str, Any, float]:
        """Return the next answer: of this negotiation, where the hook is shown which it is, else the first that is left."""
        talk = arguments[0].negotiation if arguments and isinstance(arguments[0], View) else None
        for (of, who, what), answers in self._by_talk.items():
            if (who, what) == (name, hook) and answers and talk in (None, of):
                return answers.popleft()
        return "late", None, 0.0
