"""One negotiation's records with what they led to: the state of the dialogue, the standing offer, what may be said next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from negotiate_rt.journal.play import Play
from negotiate_rt.journal.reading import Segment
from negotiate_rt.journal.record import Record
from negotiate_rt.journal.records import Telling
from negotiate_rt.journal.rows import ENDED, STARTED, Row
from negotiate_rt.protocols.base import NegotiationProtocol


class Step(msgspec.Struct, frozen=True):
    """One record, and what it led to at the end that spoke or heard: "" where the rules are not known.

    `legal`: what could be said there next, by anyone; `breach`: what the rules do not allow about it.
    """

    record: Record
    state: str = ""
    standing: Any = None  # the value of the offer that stands, as that end sees it
    legal: tuple[str, ...] = ()
    breach: str = ""


def steps(segments: Iterable[Segment], protocols: Mapping[str, NegotiationProtocol]) -> Iterator[Step]:
    """Yield every record of a journal as a step, all negotiations as they interleave."""
    tell, plays = Telling(), dict[str, Play]()
    for segment in segments:
        for row in segment.rows:
            record = tell(row)
            play = follow(row, tell.talk_of.last, plays, protocols)
            if record is not None:
                yield after(row, record, play)


def follow(row: Row, talk: str, plays: dict[str, Play], protocols: Mapping[str, NegotiationProtocol]) -> Play | None:
    """Let the negotiation that a row belongs to follow it."""
    if row[0] == STARTED:
        plays[talk] = Play(talk, row[3], protocols.get(str(row[3].get("protocol", ""))))
    play = plays.get(talk)
    if play is not None:
        play.follow(row)
        if row[0] == ENDED:
            del plays[talk]
    return play


def after(row: Row, record: Record, play: Play | None) -> Step:
    """Return a record as a step."""
    if play is None:
        return Step(record)
    breach = ""
    if play.breaches:
        breach = play.breaches.pop(0).what
        play.breaches.clear()
    end = play.ends.get(row[2]) if record.kind in ("said", "heard", "skipped", "passed") else None
    if end is None:
        return Step(record, breach=breach)
    board, state = end.machine.board, end.machine.state
    standing = board.standing or board.own
    return Step(record, state.name, standing.value if standing is not None else None, state.legal, breach)
