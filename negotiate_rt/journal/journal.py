"""The journal a user hands to an executor or society: where it is kept, and what is asked of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from negotiate_rt.errors import ConfigurationError, JournalError, suggest
from negotiate_rt.journal.reading import segments
from negotiate_rt.journal.record import Record
from negotiate_rt.journal.records import records_of
from negotiate_rt.journal.recovery import Recovery, recover
from negotiate_rt.journal.rows import OPENED
from negotiate_rt.journal.session import Session
from negotiate_rt.journal.store import form_of
from negotiate_rt.journal.writers import InlineWriter, ProcessWriter, Writer

ON_ERROR = ("stop", "continue")
WRITERS = ("inline", "process")
IN_USE: set[Path] = set()  # journals that societies of this process are writing
INTERVAL = 0.01  # seconds between two segments on the real clock


class Journal:
    """An append-only, hash-chained record of everything that happens in a society: `journal=Journal(path)`, or the path.

    path: a SQLite database, or with the suffix .jsonl a file of JSON lines; one that is there is gone on with. durable: an
    outcome is announced only once its record is committed to the disk. on_error: when the journal cannot be written (a
    full disk), `stop` ends the society with a JournalError, `continue` logs an error and goes on unjournalled. writer:
    `inline` commits between two slices of the kernel; `process` hands segments to a process of its own, which spares the
    event loop slow disks. interval: seconds between two segments (real clock). notes: what the journal is to say of itself,
    such as the scenario. Raises ConfigurationError.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, durable: bool = False, on_error: str = "stop", writer: str = "inline",
        interval: float = INTERVAL, notes: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        for name, value, known in (("on_error", on_error, ON_ERROR), ("writer", writer, WRITERS)):
            if value not in known:
                raise ConfigurationError(
                    f"journal: {name}: expected {' or '.join(known)}, got {value!r}{suggest(str(value), known)}"
                )
        if isinstance(interval, bool) or not isinstance(interval, (int, float)) or not 0 <= interval <= 60:
            raise ConfigurationError(f"journal: interval: expected seconds from 0 to 60, got {interval!r}")
        self.path = Path(path)
        self.durable = bool(durable)
        self.on_error = on_error
        self.writer = writer
        self.interval = float(interval)
        self.notes = dict(notes or {})

    @property
    def society(self) -> str | None:
        """The name of the society that began this journal, None if nobody has. Raises JournalError for a damaged one, unless
        the society is to go on without it."""
        if not self.path.is_file() or not self.path.stat().st_size:
            return None
        try:
            first = next((row for segment in segments(self.path) for row in segment.rows if row[0] == OPENED), None)
        except JournalError:
            if self.on_error == "stop":
                raise
            return None
        return None if first is None else str(first[2].get("society"))

    def open(self, virtual: bool) -> tuple[Session, Recovery]:
        """Take hold of the file for one society; return its session, and what an earlier one left. Raises JournalError."""
        form, place = form_of(self.path), self.path.resolve()
        if place in IN_USE:  # told at once: waiting for the other one would hold up the event loop that it runs in
            raise JournalError(f"journal {self.path}: is being written by another society of this program; name another file")
        make: Callable[[Path, bool], Writer] = InlineWriter if self.writer == "inline" else ProcessWriter
        there = self.path.is_file() and self.path.stat().st_size > 0
        writer = make(self.path, self.durable)
        try:
            found = recover(self.path) if there else Recovery()
        except BaseException:
            writer.close()
            raise
        session = Session(str(self.path), writer, form, self.interval, virtual)
        IN_USE.add(place)
        session.on_closed = lambda: IN_USE.discard(place)
        return session, found

    def records(self) -> Iterator[Record]:
        """Yield what the file holds, as records. Raises JournalError where it is damaged."""
        return records_of(segments(self.path))

    def __repr__(self) -> str:
        return f"Journal({str(self.path)!r}{', durable=True' if self.durable else ''})"


def as_journal(given: Any) -> Any:  # what a caller gave as `journal=` -> Journal, a callable, or None
    """Return a journal for a path; a Journal, a callable that takes records and None stay what they are."""
    if given is None or isinstance(given, Journal) or (callable(given) and not isinstance(given, os.PathLike)):
        return given
    if isinstance(given, (str, os.PathLike)):
        return Journal(given)
    raise ConfigurationError(f"journal: expected a path, a Journal, or a callable that takes records, got {given!r}")
