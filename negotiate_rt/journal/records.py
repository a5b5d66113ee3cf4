"""Rows as records: what a reader of a journal sees, messages with their act and fields, each with its negotiation and names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from negotiate_rt.journal.reading import Segment
from negotiate_rt.journal.record import Record
from negotiate_rt.journal.recovery import Sorter
from negotiate_rt.journal.rows import (
    DECIDED,
    ENDED,
    FAULT,
    FIELDS,
    HEARD,
    KINDS,
    LOST,
    OPENED,
    SAID,
    SEATED,
    STARTED,
    Row,
)
from negotiate_rt.messages.codec import ACT


class Telling:
    """Tells rows as records, one after the other; it remembers who sits where, and what was said and not yet heard."""

    def __init__(self) -> None:
        self.talk_of = Sorter()
        self.names: dict[int, tuple[str, str]] = {}
        self.peers: dict[int, int] = {}
        self.said: dict[int, dict[int, tuple[Mapping[str, Any], int, float | None]]] = {}  # by end and number
        self.by_talk: dict[str, list[int]] = {}

    def __call__(self, row: Row) -> Record | None:
        """Return the record of a row; None for a row that only says who sits where."""
        kind, at = row[0], row[1]
        talk = self.talk_of(row)
        if kind == SEATED:
            self._seat(row, talk)
            return None
        if kind == SAID:
            return self._said(row, talk)
        if kind == HEARD:
            return self._heard(row, talk)
        if kind == OPENED:
            self.names.clear()
            self.peers.clear()
            self.said.clear()
        if kind in (STARTED, ENDED):
            if kind == ENDED:
                self._forget(talk)
            return Record(talk, at, KINDS[kind], content=row[3])
        if kind == FAULT:
            return Record(talk, at, "fault", row[3], content={"what": row[4], "cause": row[5]})
        if kind == DECIDED:
            return Record(talk, at, "decided", row[3], content=dict(zip(FIELDS[DECIDED][2:], row[4:], strict=True)))
        if kind == LOST:
            return Record(talk, at, "lost", row[3], row[4], content={"reason": row[6]}, number=row[5])
        return self._other(row, talk)

    def _other(self, row: Row, talk: str) -> Record:
        """Return the record of a silent row, an event of the joint table, an opening or a closing."""
        kind, at = row[0], row[1]
        if not talk or kind not in (5, 6):
            content = row[3] if talk else row[2]
            return Record(talk, at, KINDS[kind], content=content)
        sender, receiver = self.names.get(row[2], ("", ""))
        tree = row[3]
        return Record(talk, at, KINDS[kind], sender, receiver, str(tree.get(ACT, "")), without_act(tree))

    def _seat(self, row: Row, talk: str) -> None:
        _, _, number, _, name, other, _, _ = row
        self.names[number], self.names[number + 1] = (name, other), (other, name)
        self.peers[number], self.peers[number + 1] = number + 1, number
        self.by_talk.setdefault(talk, []).append(number)

    def _said(self, row: Row, talk: str) -> Record:
        _, at, number, count, answers, reply_by, tree = row
        sender, receiver = self.names.get(number, ("", ""))
        self.said.setdefault(number, {})[count] = tree, answers, reply_by
        return Record(
            talk, at, "said", sender, receiver, str(tree.get(ACT, "")), without_act(tree), count, reply_by, answers
        )

    def _heard(self, row: Row, talk: str) -> Record:
        at, number, count = row[1], row[2], row[3]
        receiver, sender = self.names.get(number, ("", ""))
        told = row[4] if len(row) > 4 else None
        peer = self.peers.get(number, 0)
        tree, answers, reply_by = (
            (told, 0, None) if told is not None else self.said.get(peer, {}).pop(count, ({}, 0, None))
        )
        return Record(
            talk, at, "heard", sender, receiver, str(tree.get(ACT, "")), without_act(tree), count, reply_by, answers
        )

    def _forget(self, talk: str) -> None:
        """A negotiation is over: what was said in it and never heard is nobody's any more."""
        for first in self.by_talk.pop(talk, ()):
            for end in (first, first + 1):
                self.said.pop(end, None)
                self.names.pop(end, None)
                self.peers.pop(end, None)


def without_act(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message's own fields."""
    return {name: value for name, value in tree.items() if name != ACT}


def records_of(segments: Iterable[Segment]) -> Iterator[Record]:
    """Yield the records of a journal's segments."""
    tell = Telling()
    for segment in segments:
        for row in segment.rows:
            record = tell(row)
            if record is not None:
                yield record
