"""What a journal that is there already says to a society that goes on with it: which ids are used, and what was cut off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from negotiate_rt.journal.play import Play
from negotiate_rt.journal.reading import last_row, segments
from negotiate_rt.journal.rows import CLOSED, DECIDED, ENDED, HEARD, OPENED, PASSED, SAID, SEATED, SKIPPED, STARTED, Row
from negotiate_rt.messages.outcome import AGREED, FAILED, TIMEOUT, NegotiationOutcome, NegotiationState
from negotiate_rt.problems import Pie, PriceProblem
from negotiate_rt.protocols.base import NegotiationProtocol

BY_END = frozenset({SAID, HEARD, SKIPPED, PASSED})  # rows that name an end, and not the negotiation
INTERRUPTED = "cancelled: the society that held it was killed"
Find = Mapping[str, NegotiationProtocol]


class Recovery(msgspec.Struct):
    """`used`: the highest number of an id, by society; `open`: the rows of negotiations without an ending, oldest first."""

    used: dict[str, int] = {}
    open: dict[str, list[Row]] = {}
    sessions: int = 0
    clean: bool = True


class Sorter:
    """Tells which negotiation a row belongs to; `last`: that of the row before."""

    def __init__(self) -> None:
        self.talks: dict[int, str] = {}
        self.last = ""

    def __call__(self, row: Row) -> str:
        """Return the negotiation's id, or "" for a row of the whole society."""
        self.last = talk = self._talk(row)
        return talk

    def _talk(self, row: Row) -> str:
        kind = row[0]
        if kind in BY_END:
            return self.talks.get(row[2], "")
        if kind == SEATED:
            self.talks[row[2]] = self.talks[row[2] + 1] = row[3]
            return str(row[3])
        if kind == OPENED:
            self.talks.clear()
            return ""
        return "" if kind == CLOSED else str(row[2])


def recover(path: Path) -> Recovery:
    """Return what an earlier society left. Raises JournalError if the journal is damaged.

    Cost: O(bytes); O(1) where it was closed properly, for then its last row says all.
    """
    last = last_row(path)
    if last is not None and last[0] == CLOSED:
        return Recovery(dict(last[2].get("used", {})))
    return gathered(row for segment in segments(path) for row in segment.rows)


def gathered(rows: Iterable[Row]) -> Recovery:
    """Return what these rows leave open."""
    found, talk_of = Recovery(), Sorter()
    for row in rows:
        kind = row[0]
        found.clean = kind == CLOSED
        talk = talk_of(row)
        if kind == STARTED:
            name, _, number = talk.rpartition("/")
            if number.isdecimal():
                found.used[name] = max(found.used.get(name, 0), int(number))
            found.open[talk] = [row]
        elif kind == ENDED:
            found.open.pop(talk, None)
        elif kind == OPENED:
            found.sessions += 1
        elif kind == CLOSED:
            found.used.update({name: max(n, found.used.get(name, 0)) for name, n in row[2].get("used", {}).items()})
        elif kind != DECIDED and talk in found.open:
            found.open[talk].append(row)
    return found


def concluded(talk: str, rows: list[Row], protocols: Find) -> NegotiationOutcome:
    """Return how a negotiation that was cut off ends: AGREED if an acceptance had bound, or as its table had ended, else
    FAILED, `cancelled`."""
    facts = rows[0][3]
    play = Play(talk, facts, protocols.get(facts.get("protocol", "")))
    for row in rows[1:]:
        play.follow(row)
    state, named = play.bound or ("", "")
    accepted = play.offers.get(named) if state == AGREED else None
    joint = play.joint is not None
    agreed = state == AGREED and accepted is not None and not joint
    reason = INTERRUPTED
    if not agreed and state in (TIMEOUT, "DEADLOCK") and not joint:
        reason = f"{'timeout' if state == TIMEOUT else 'max-rounds'}: the society was killed as it ended"
    else:
        state = AGREED if agreed else FAILED
    return NegotiationOutcome(
        id=talk, protocol=facts.get("protocol", ""), agreed=agreed, accepted_offer=accepted if agreed else None,
        all_offers=tuple(play.offers.values()), rounds_used=play.rounds, duration_ms=1000.0 * (play.at - rows[0][1]),
        final_state=NegotiationState(state), failure_reason=None if agreed else reason, utilities={},
        messages=play.messages,
    )  # fmt: skip


def facts_of(protocol: NegotiationProtocol, seats: Iterable[Any], terms: Any, problem: Any) -> dict[str, Any]:
    """Return what stands in the row of a start: enough to play the negotiation again without its agents."""
    facts: dict[str, Any] = {
        "protocol": protocol.name,
        "seats": [[seat.role, seat.name] for seat in seats],
        "max_rounds": terms.max_rounds,
        "timeout": finite(terms.timeout),
        "seed": terms.seed,
    }
    names = getattr(getattr(problem, "space", None), "names", ())
    if names:
        facts["issues"] = list(names)
    elif isinstance(problem, (PriceProblem, Pie)):
        facts["issues"] = ["price" if isinstance(problem, PriceProblem) else "share"]
    return facts


def finite(seconds: float) -> float | None:
    """Return seconds, None for no limit."""
    return seconds if seconds < float("inf") else None
