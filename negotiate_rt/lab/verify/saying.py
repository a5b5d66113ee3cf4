"""Saying: the half of a dialogue's steps in which an end acts by itself, and the numbers of the dialogue's states."""

from __future__ import annotations

from collections.abc import Iterator

from negotiate_rt.lab.verify.flaws import flaws, is_over
from negotiate_rt.lab.verify.rules import Place, Row, Rulebook
from negotiate_rt.lab.verify.worlds import (
    CANCELLED,
    GONE,
    OFFER,
    OUTCOME,
    PAST,
    Bad,
    Event,
    Key,
    Limits,
    Step,
    World,
    older,
)
from negotiate_rt.messages.outcome import AGREED
from negotiate_rt.messages.performatives import (
    Cancel,
    Failure,
    InformDone,
    InformResult,
    NotUnderstood,
    Refuse,
    Reject,
    Walk,
    Withdraw,
)


class Saying:
    """The speaking half of a dialogue, and the numbers of its states: what an end can say, and what silence does."""

    def __init__(self, book: Rulebook, limits: Limits) -> None:
        self.book = book
        self.limits = limits
        self.joint = book.joint is not None
        self.skip_mark, self.left_mark = len(book.kinds), len(book.kinds) + 1
        self.undoing = {
            place for place, kind in enumerate(book.kinds)
            if issubclass(kind, (Cancel, Failure, NotUnderstood, Refuse, Reject, Walk, Withdraw))
        }  # fmt: skip
        self.reporting = {
            place for place, kind in enumerate(book.kinds) if issubclass(kind, (InformDone, InformResult))
        }
        self.keys: list[Key] = []
        self.ids: dict[Key, int] = {}
        self.memo: list[tuple[Step, ...] | None] = []
        self.bads: list[tuple[Bad, ...]] = []
        self.held: list[int] = []
        self.bound: list[int] = []
        self.stained: list[int] = []
        self.place: list[int] = []
        end = (book.start, 0, 0, 0)
        self.over = self._enter((end, end, (), (), 0, 0, 0, (0, 0)), ())  # the whole has ended: nothing is asked of it any more
        self.start = self.number((end, end, (), (), 0, 0, 0, (limits.faults, limits.faults)))

    def number(self, key: Key) -> int:
        """Return the number of a state, a new one if it has not come up before."""
        found = self.ids.get(key)
        if found is None:
            found = self.ids[key] = self._enter(key, tuple(flaws(self.book, World(key))))
        return found

    def _enter(self, key: Key, bads: tuple[Bad, ...]) -> int:
        self.keys.append(key)
        self.memo.append(None)
        self.bads.append(bads)
        first, _, _, _, stained, held, bound, _ = key
        self.place.append(first[0])
        self.stained.append(stained)
        self.held.append(held)
        self.bound.append(bound)
        return len(self.keys) - 1

    def _settled(self, world: World, outcome: str = "") -> int:
        """Number a state; what is on its way to an end that is over, or has gone, can matter no more."""
        if outcome:
            return self.over
        for end in (0, 1):
            if is_over(self.book, world, end):
                world.boxes[end] = ()
        return self.number(world.key())

    # -- saying ----------------------------------------------------------------------------------------------------------------

    def _said(self, world: World, end: int, row: Row) -> Iterator[Step]:
        """An end says an act, if its board allows it: what arrives, is lost, comes twice, and with rounds used up or not."""
        if not row.turn and any(message >> 3 == row.kind for message in world.boxes[1 - end]):
            return  # saying an aside twice shows nothing new
        age, bad = 0, None
        if self.book.accepting[row.kind]:
            standing = world.ends[end][2]
            stands = 0 < standing < PAST + 1
            age = (standing - 1) % PAST if standing else 0
            if not self.book.allows(row, True, stands, age) or not (standing or not row.rules):
                return
            bad = self._ill_accepted(world, end, row, stands)
        elif self.book.withdrawing[row.kind] and not self.book.allows(row, True, bool(world.ends[end][1]), 0):
            return
        for target, over in self._targets(end, row.target):
            after = world.copy()
            self._note_said(after, end, row)
            after.ends[end][0] = target
            yield from self._sent(after, end, row, (over, age, world.ends[end][0]), bad)

    def _ill_accepted(self, world: World, end: int, row: Row, stands: bool) -> Bad | None:
        role, owner = self.book.roles[end], world.ends[1 - end]
        if not stands and not self.book.by_own_rule(row):
            return (OFFER, f"{role} accepts, and nothing stands to be accepted")
        ends = self.book.places[end][row.target].ends
        if stands and ends and ends != AGREED and owner[1] == 1 and world.ends[end][2] == 1:
            return (OUTCOME, f"{role} accepts an offer that stands, and the talk ends in {ends}")
        return None

    def _note_said(self, world: World, end: int, row: Row) -> None:
        """What saying an act does to the boards, and to an award."""
        mine, theirs, book = world.ends[end], world.ends[1 - end], self.book
        if book.offering[row.kind]:
            mine[1] = 1
            mine[2] = self._past(mine[2])
            if theirs[2]:
                theirs[2] = older(theirs[2], book.oldest)
            for way in (end, 1 - end):
                ageing = book.accepting if way == end else [a or b for a, b in zip(book.offering, book.withdrawing, strict=True)]
                world.boxes[way] = tuple(self._aged(message, ageing) for message in world.boxes[way])
        elif book.withdrawing[row.kind]:
            mine[1] = 0
        elif book.cancelling[row.kind] and mine[1]:
            mine[1] = CANCELLED
        if row.kind in self.undoing:
            world.bound = 0
            world.held = world.held if end else 0
        elif row.kind in self.reporting and end:
            world.bound = 0
        elif self.joint and end == 0 and self._awards(row, world.ends[0][0]):
            world.held = 1

    def _awards(self, row: Row, state: int) -> bool:
        """Whether the convener gives the award by this: a binding acceptance, or the confirmation of one."""
        accepts = self.book.accepting[row.kind] and self.book.binds(row, 1)
        return accepts or (state, row.kind) in self.book.confirming

    def _aged(self, message: int, ageing: list[bool]) -> int:
        kind, age = message >> 3, message & 3
        return message + 1 if kind < len(ageing) and ageing[kind] and age < self.book.oldest else message

    def _past(self, standing: int) -> int:
        if not self.book.remembers or not standing:
            return 0
        return standing if standing > PAST else standing + PAST

    def _sent(self, world: World, end: int, row: Row, how: tuple[int, int, int], bad: Bad | None) -> Iterator[Step]:
        """The ways in which a message that has been said may travel. how: rounds used up, age of the offer, state before."""
        over, age, before = how
        role_place = self.book.places[end][world.ends[end][0]]
        act = row.kind if self.joint and end == 0 else -1
        name = self.book.acts[row.kind]

        def step(after: World, fate: str, kind: str, outcome: str = "") -> Step:
            event = Event(end, "says", name, fate, self.book.names[after.ends[end][0]])
            return Step(act, self._settled(after, outcome), outcome, kind, event, bad)

        if role_place.ends and role_place.ends != AGREED:
            yield step(world, "arrives", "talk", role_place.ends)  # the supervisor hears it at once: reliable
            return
        if role_place.ends:
            world.ends[end][3] = before + 1
        message = row.kind << 3 | over << 2 | age
        box = world.boxes[1 - end]
        deaf = world.ends[1 - end][0] == GONE or is_over(self.book, world, 1 - end)
        fine = world.copy()
        fine.boxes[1 - end] = (*box, message)
        yield step(fine, "arrives", "talk")
        if not deaf and world.left[end]:
            lost = world.copy()
            lost.stain(end)
            yield step(lost, "lost", "fault")
            if not self.limits.deduplicate and len(box) < self.limits.in_flight:
                fine.stain(end)
                fine.boxes[1 - end] = (*box, message, message)
                yield step(fine, "twice", "fault")

    def _targets(self, end: int, target: int) -> list[tuple[int, int]]:
        """Where a move may lead: to its target, or with the rounds used up along that state's row for it."""
        over = self.book.places[end][target].exhausted
        return [(target, 0)] if over is None else [(target, 0), (over, 1)]

    def _skipped(self, world: World, end: int, place: Place) -> Iterator[Step]:
        """Policy lets the turn pass; the peer hears of it, reliably."""
        if not place.mine or place.skip is None or self._never_skips(end, place):
            return
        for target, over in self._targets(end, place.skip):
            after = world.copy()
            after.ends[end][0] = target
            after.boxes[1 - end] = (*world.boxes[1 - end], self.skip_mark << 3 | over << 2)
            if place.skip == place.lapse:
                after.stained = 1
            event = Event(end, "skips", "skip", "", self.book.names[target])
            ends = self.book.places[end][target].ends
            yield Step(-1, self._settled(after, ends), ends, "silence", event)

    def _never_skips(self, end: int, place: Place) -> bool:
        """A convener's role lets a turn pass only where that is a row, and nobody else could go on."""
        return self.joint and end == 0 and (place.theirs or place.name not in self.book.table.skips)

    def _lapsed(self, world: World, end: int, place: Place) -> Iterator[Step]:
        """An end has waited in vain, and goes by its timeout row."""
        if place.lapse is None or not place.listens or not (place.theirs or not place.mine):
            return
        after = world.copy()
        self._give_up(after, end, place.lapse)
        event = Event(end, "waits", "", "", self.book.names[place.lapse])
        ends = self.book.places[end][place.lapse].ends
        yield Step(-1, self._settled(after, ends), ends, "silence", event)

    def _give_up(self, world: World, end: int, target: int) -> None:
        world.ends[end][0] = target
        world.stained = 1
        if end == 0:
            world.held = world.bound = 0

    def _gone(self, world: World) -> Step:
        after = world.copy()
        after.ends[1] = [GONE, 0, 0, 0]
        after.boxes[0] = (*world.boxes[0], self.left_mark << 3)
        after.stained = 1
        after.bound = 0
        return Step(-1, self._settled(after), "", "silence", Event(1, "leaves", "", "", ""))
