"""A dialogue as its convener sees it: the convener's end alone, which may hear at any time whatever its rows let it hear.

More can happen here than in any real dialogue, whatever the channel and the participant do, forgers included. A product in
which one participant is followed closely and the others are only seen like this is small; what is proved of it holds, and
a counterexample may need a participant that does what no role can.
"""

from __future__ import annotations

from collections.abc import Iterator

from negotiate_rt.lab.verify.rules import Row, Rulebook
from negotiate_rt.lab.verify.worlds import Bad, Event, Step
from negotiate_rt.messages.performatives import (
    Failure,
    InformDone,
    InformResult,
    NotUnderstood,
    Refuse,
    Reject,
    Walk,
    Withdraw,
)

Sight = tuple[int, int, int, int, int]  # state, own offer stands, theirs stands, award held, award binding


class Glimpse:
    """All states of a convener's end, by number, and the steps out of each."""

    def __init__(self, book: Rulebook) -> None:
        self.book = book
        self.undoing = {
            place for place, kind in enumerate(book.kinds)
            if book.cancelling[place] or issubclass(kind, (Failure, NotUnderstood, Refuse, Reject, Walk, Withdraw))
        }  # fmt: skip
        self.reporting = {place for place, kind in enumerate(book.kinds) if issubclass(kind, (InformDone, InformResult))}
        self.keys: list[Sight] = []
        self.ids: dict[Sight, int] = {}
        self.memo: list[tuple[Step, ...] | None] = []
        self.bads: list[tuple[Bad, ...]] = []
        self.held: list[int] = []
        self.bound: list[int] = []
        self.stained: list[int] = []
        self.place: list[int] = []
        self.start = self.number((book.start, 0, 0, 0, 0))

    def number(self, key: Sight) -> int:
        """Return the number of a state, a new one if it has not come up before."""
        found = self.ids.get(key)
        if found is None:
            found = self.ids[key] = len(self.keys)
            self.keys.append(key)
            self.memo.append(None)
            self.bads.append(())
            self.place.append(key[0])
            self.held.append(key[3])
            self.bound.append(key[4])
            self.stained.append(0)
        return found

    def steps(self, number: int) -> tuple[Step, ...]:
        """Return all that the convener can do, and hear."""
        found = self.memo[number]
        if found is None:
            found = self.memo[number] = tuple(self._moves(self.keys[number]))
        return found

    def _moves(self, key: Sight) -> Iterator[Step]:
        state, own, standing, held, bound = key
        place = self.book.places[0][state]
        if place.final:
            if not held:
                yield self._step("calls again", "", (self.book.start, 0, 0, 0, 0))
            return
        for row in place.says:
            yield from self._said(key, row)
        for row in place.hears.values():
            yield from self._heard(key, row)
        if place.lapse is not None:
            yield self._step("hears", "left", (place.lapse, own, standing, 0, 0))
        if place.skip is not None and place.theirs:
            yield self._step("hears", "skip", (place.skip, own, standing, 0, 0))
        if place.skip is not None and place.mine and not place.theirs and place.name in self.book.table.skips:
            yield self._step("skips", "skip", (place.skip, own, standing, held, bound))

    def _said(self, key: Sight, row: Row) -> Iterator[Step]:
        state, own, standing, held, bound = key
        book = self.book
        if book.accepting[row.kind]:
            if not book.allows(row, True, bool(standing), 0):
                return
            held = bound = held or int(book.binds(row, 1))
        elif (state, row.kind) in book.confirming:
            held = bound = 1
        elif book.offering[row.kind]:
            own, standing = 1, 0
        elif book.withdrawing[row.kind]:
            if not own:
                return
            own = 0
        if row.kind in self.undoing:
            held = bound = 0
        yield self._step("says", book.acts[row.kind], (row.target, own, standing, held, bound), row.kind)

    def _heard(self, key: Sight, row: Row) -> Iterator[Step]:
        _, own, standing, held, bound = key
        book = self.book
        if book.accepting[row.kind]:
            if not book.allows(row, False, bool(own), 0):
                return
            held = bound = held or int(book.binds(row, 0) and not book.by_own_rule(row))
        elif book.offering[row.kind]:
            own, standing = 0, 1
        elif book.withdrawing[row.kind]:
            standing = 0
        if row.kind in self.undoing:
            held = bound = 0
        elif row.kind in self.reporting:
            bound = 0
        yield self._step("hears", book.acts[row.kind], (row.target, own, standing, held, bound))

    def _step(self, what: str, act: str, key: Sight, kind: int = -1) -> Step:
        place = self.book.places[0][key[0]]
        event = Event(0, what, act, "seen" if what == "hears" else "arrives" if what == "says" else "", place.name)
        return Step(kind, self.number(key), place.ends, "talk", event)
