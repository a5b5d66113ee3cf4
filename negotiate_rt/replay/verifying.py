"""Verifying a journal: its bytes against the chain, and every negotiation in it against its protocol's tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from negotiate_rt.errors import JournalError
from negotiate_rt.journal.layout import check_layout
from negotiate_rt.journal.play import Breach, Play
from negotiate_rt.journal.reading import Damage, segments
from negotiate_rt.journal.recovery import Sorter
from negotiate_rt.journal.rows import CLOSED, DECIDED, ENDED, LOST, OPENED, STARTED, Row
from negotiate_rt.journal.store import form_of
from negotiate_rt.protocols.base import NegotiationProtocol

MOST = 1000  # flaws that are listed; further ones are counted


class Verification(msgspec.Struct, kw_only=True):
    """What a journal holds, and what is wrong with it.

    `damage`: bytes that are not as they were written; `breaches`: what the rules do not allow; `flaws` counts both. `open`:
    negotiations without an ending; `closed`: whether the society that wrote last closed it; `unknown`: protocols whose
    rules are not known here, so that their negotiations were only counted; `layout`: whether the bytes between the segments
    were compared, too (SQLite, closed).
    """

    path: str
    form: str
    bytes: int
    segments: int = 0
    rows: int = 0
    messages: int = 0
    negotiations: int = 0
    ended: dict[str, int] = {}
    faults: int = 0
    lost: int = 0
    sessions: int = 0
    closed: bool = False
    layout: bool = False
    open: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    flaws: int = 0
    damage: tuple[Damage, ...] = ()
    breaches: tuple[Breach, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.flaws


class Verifier:
    """Follows a journal's rows and notes what is wrong."""

    def __init__(self, path: Path, protocols: Mapping[str, NegotiationProtocol]) -> None:
        self.protocols = protocols
        self.found = Verification(path=str(path), form=form_of(path), bytes=path.stat().st_size)
        self.damage: list[Damage] = []
        self.breaches: list[Breach] = []
        self.open: dict[str, Play] = {}
        self.done: set[str] = set()
        self.unknown: dict[str, None] = {}
        self.talk_of = Sorter()
        self.facts: Mapping[str, Any] = {}

    def harm(self, damage: Damage) -> None:
        """Note damage."""
        self.found.flaws += 1
        if len(self.damage) < MOST:
            self.damage.append(damage)

    def breach(self, talk: str, at: Any, what: str) -> None:
        """Note a breach of the rules."""
        self.found.flaws += 1
        if len(self.breaches) < MOST:
            self.breaches.append(Breach(talk, at if isinstance(at, (int, float)) else 0.0, what))

    def follow(self, row: Row) -> None:
        """Follow one row."""
        kind, found = row[0], self.found
        found.rows += 1
        found.closed = kind == CLOSED
        talk = self.talk_of(row)
        if not talk:
            if kind == OPENED:
                found.sessions += 1
                self.facts = row[2]
            elif kind != CLOSED:
                self.breach("", row[1], f"a row belongs to no negotiation: {str(row)[:80]}")
            return
        if kind == STARTED:
            self._start(row, talk)
            return
        play = self.open.get(talk)
        if play is not None:
            if kind != DECIDED:
                play.follow(row)
            if kind == ENDED:
                self._end(talk, play)
        elif kind == LOST:  # what was still on its way when the talk ended
            found.lost += 1
        else:
            what = "was over already" if talk in self.done else "never started"
            self.breach(talk, row[1], f"something happened in a negotiation that {what}")

    def _start(self, row: Row, talk: str) -> None:
        self.found.negotiations += 1
        if talk in self.done or talk in self.open:
            self.breach(talk, row[1], "started twice")
        name = str(row[3].get("protocol", ""))
        protocol = self.protocols.get(name)
        if protocol is None:
            self.unknown[name] = None
        self.open[talk] = Play(talk, row[3], protocol)

    def _end(self, talk: str, play: Play) -> None:
        """A negotiation is over: keep the sums, let it go."""
        del self.open[talk]
        self.done.add(talk)
        state = str((play.outcome or {}).get("state"))
        self.found.ended[state] = self.found.ended.get(state, 0) + 1
        self._add(play)

    def _add(self, play: Play) -> None:
        self.found.messages += play.messages
        self.found.faults += play.faults
        self.found.lost += play.lost
        self.found.flaws += len(play.breaches)
        self.breaches += play.breaches[: max(0, MOST - len(self.breaches))]

    def finish(self) -> Verification:
        """Return what was found."""
        for play in self.open.values():
            self._add(play)
        found = self.found
        found.open, found.unknown = tuple(self.open), tuple(self.unknown)
        found.damage, found.breaches = tuple(self.damage), tuple(self.breaches)
        if found.closed and found.open:
            for talk in found.open[:MOST]:
                self.breach(talk, self.open[talk].at, "the journal was closed, and this negotiation never ended")
            found.breaches = tuple(self.breaches)
        return found


def verify(path: str | Path, protocols: Mapping[str, NegotiationProtocol]) -> Verification:
    """Verify a journal: the chain, the bytes between its segments, and each negotiation by the rules of its protocol.

    Raises JournalError where there is no journal to verify. Cost: O(rows), about 10 µs each.
    """
    path = Path(path)
    if not path.is_file():
        raise JournalError(f"journal {path}: there is no such file")
    verifier = Verifier(path, protocols)
    for segment in segments(path, verifier.harm):
        verifier.found.segments += 1
        for row in segment.rows:
            verifier.follow(row)
    if verifier.found.form == "sqlite":
        try:
            verifier.found.layout = check_layout(path, str(verifier.facts.get("sqlite", "")), verifier.harm)
        except sqlite3.Error as error:
            verifier.harm(Damage("file", f"SQLite cannot read all of it: {error}"))
    return verifier.finish()
