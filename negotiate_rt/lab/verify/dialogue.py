"""One dialogue as a finite system: both ends' machines, what stands on their boards, and what is on its way between them.

Every state is interned, so that the whole is a few small integers. A step is one thing that can happen: an end says an act
(it arrives, is lost or comes twice), takes what has arrived, lets its turn pass, waits in vain, or has gone. Each way keeps
at most `in_flight` messages; delay is the freedom to take them later. Faults are counted by way, or unlimited. A duplicate
is dropped by its serial number, as the runtime does it, before any machine sees it: taking the copy later is no other
world, so only a channel without serial numbers (`deduplicate=False`) explores copies.

Offers are told apart by age (latest, one before, older), as seen by their maker, which is all that legality asks.
"""

from __future__ import annotations

from collections.abc import Iterator

from negotiate_rt.lab.verify.rules import Place, Row
from negotiate_rt.lab.verify.saying import Saying
from negotiate_rt.lab.verify.worlds import GONE, OFFER, RECEPTION, Bad, Event, Step, World


class Dialogue(Saying):
    """All states of one dialogue that have come up so far, by number, and the steps out of each. Cost: some 20 µs a step."""

    def steps(self, number: int) -> tuple[Step, ...]:
        """Return all that can happen in a state."""
        found = self.memo[number]
        if found is None:
            world = World(self.keys[number])
            found = self.memo[number] = tuple(
                step for end in (0, 1) if world.ends[end][0] != GONE for step in self._moves(world, end)
            )
        return found

    def _moves(self, world: World, end: int) -> Iterator[Step]:
        state, _, _, pending = world.ends[end]
        place = self.book.places[end][state]
        if place.final and not pending:
            if self.joint and end == 0 and not world.held and world.ends[1][0] != GONE:
                fresh = World(self.keys[self.start])
                fresh.left = world.left
                event = Event(0, "calls again", "", "", self.book.names[self.book.start])
                yield Step(-1, self.number(fresh.key()), "", "talk", event)
            return
        if not pending:
            room = self.limits.in_flight
            if world.ends[1 - end][3]:  # it waits for the supervisor's word, and takes nothing: that must not shut us up
                room += 2
            if len(world.boxes[1 - end]) < room:
                for row in place.says:
                    yield from self._said(world, end, row)
                yield from self._skipped(world, end, place)
            yield from self._lapsed(world, end, place)
            yield from self._taken(world, end, place)
        if self.joint and end == 1:
            yield self._gone(world)

    # -- hearing --------------------------------------------------------------------------------------------------------------

    def _taken(self, world: World, end: int, place: Place) -> Iterator[Step]:
        """An end takes what has arrived: the first on its way, or (a fault of the channel) one behind it."""
        for index, message in enumerate(world.boxes[end]):
            kind, over = message >> 3, message >> 2 & 1
            system = kind >= self.skip_mark  # the runtime's own word takes no channel: it may overtake, and is never lost
            if index and not system and not world.left[1 - end]:
                continue
            after = world.copy()
            after.boxes[end] = world.boxes[end][:index] + world.boxes[end][index + 1 :]
            if index and system:
                after.stained = 1
            elif index:
                after.stain(1 - end)
            fate = ("fault", "overtaking") if index and not system else ("talk", "")
            if system:
                if place.listens:
                    yield self._told(after, end, kind, over)
            else:
                yield from self._heard(after, end, message, fate)

    def _told(self, world: World, end: int, kind: int, over: int) -> Step:
        """The runtime's word that the peer's turn passed, or that it has gone."""
        place = self.book.places[end][world.ends[end][0]]
        skip = kind == self.skip_mark
        target = place.skip if skip else place.lapse
        if target is not None:
            over_target = self.book.places[end][target].exhausted
            target = over_target if over and over_target is not None else target
            world.ends[end][0] = target
            if end == 0:
                world.held = world.bound = 0
        state = world.ends[end][0]
        event = Event(end, "hears", "skip" if skip else "left", "", self.book.names[state])
        ends = self.book.places[end][state].ends
        return Step(-1, self._settled(world, ends), ends, "talk", event)

    def _heard(self, world: World, end: int, message: int, how: tuple[str, str]) -> Iterator[Step]:
        kind, age = message >> 3, message & 3
        place = self.book.places[end][world.ends[end][0]]
        row = place.hears.get(kind)
        if row is None or (row.turn and not place.listens):
            if place.listens:
                yield self._dropped(world, end, kind, how, row is None)
            return
        mine = world.ends[end]
        if self.book.accepting[kind]:
            if not self.book.allows(row, False, bool(mine[1]), age):
                yield self._dropped(world, end, kind, how, False)
                return
            if row.rules and not self.book.by_own_rule(row):
                late = world.copy()
                late.stained = 1
                yield self._dropped(late, end, kind, ("silence", "expired"), False)
        elif self.book.withdrawing[kind] and not self.book.allows(row, False, mine[2] == age + 1, age):
            yield self._dropped(world, end, kind, how, False)
            return
        yield from self._followed(world, end, row, message, how)

    def _followed(self, world: World, end: int, row: Row, message: int, how: tuple[str, str]) -> Iterator[Step]:
        """A message is legal, and the machine goes where its row leads."""
        bad = self._note_heard(world, end, row, message & 3)
        over = self.book.places[end][row.target].exhausted
        targets = [row.target if over is None or not message >> 2 & 1 else over]
        if over is not None and world.stained and self.book.places[end][over].ends and over not in targets:
            targets.append(over)  # after a loss the two ends may count their turns differently
        for target in targets:
            after = world.copy()
            after.ends[end][0] = target
            event = Event(end, "hears", self.book.acts[row.kind], how[1], self.book.names[target])
            ends = self.book.places[end][target].ends
            yield Step(-1, self._settled(after, ends), ends, how[0], event, bad)

    def _note_heard(self, world: World, end: int, row: Row, age: int) -> Bad | None:
        """What hearing an act does to the board, and to an award."""
        mine, book = world.ends[end], self.book
        if book.offering[row.kind]:
            mine[1], mine[2] = 0, age + 1
        elif book.withdrawing[row.kind]:
            mine[2] = self._past(mine[2])
        elif book.accepting[row.kind]:
            ours = not book.by_own_rule(row)
            if ours and (not mine[1] or age):
                return (OFFER, f"{book.roles[end]} is bound by an acceptance of an offer that stands no longer")
            if self.joint and book.binds(row, end) and (end or ours):
                world.held = world.held if end else 1
                world.bound = world.held  # not what the convener has given up, or taken back, before it arrived
        elif end and (mine[0], row.kind) in book.confirming:
            world.bound = world.held
        if end == 0 and row.kind in self.undoing:
            world.held = 0
        return None

    def _dropped(self, world: World, end: int, kind: int, how: tuple[str, str], unknown: bool) -> Step:
        """A message that no row takes, or that came too late: dropped, and nobody's fault if something was late before."""
        book, other = self.book, world.ends[1 - end]
        state, act, role = book.names[world.ends[end][0]], book.acts[kind], book.roles[end]
        bad: Bad | None = None
        if unknown and not world.stained and not how[1]:
            bad = (RECEPTION, f"{book.roles[1 - end]} {act} reaches {role} in state {state!r}, where no row takes it")
        if other[3] and self._waits_for(1 - end, other, kind):
            other[0], other[2], other[3] = other[3] - 1, self._past(other[2]), 0
        elif book.accepting[kind] and self.left_mark << 3 not in world.boxes[1 - end]:
            world.boxes[1 - end] = (*world.boxes[1 - end], self.left_mark << 3)
            world.stained = 1
        event = Event(end, "drops", act, how[1] or "late", state)
        return Step(-1, self._settled(world), "", how[0], event, bad)

    def _waits_for(self, end: int, who: list[int], kind: int) -> bool:
        """Whether an end that has said its last word, tentatively, said this act."""
        return any(row.kind == kind and row.target == who[0] for row in self.book.places[end][who[3] - 1].says)
