"""The whole: as many dialogues as there are participants, the joint table above them, and the supervisor, explored to the end.

Breadth first from the start, each state once; states that differ only in which participant is which are one, for no table
knows the seating order. What is remembered of a state is one number and the state before it, so that the way to whatever
is wrong is a shortest one. The supervisor's deadline may cut in anywhere and then ends the whole by its reliable notice: it
is not explored, and nothing proved here leans on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol, TypeAlias

from negotiate_rt.lab.verify.rules import Rulebook
from negotiate_rt.lab.verify.worlds import OUTCOME, Bad, Event, Step
from negotiate_rt.messages.outcome import AGREED
from negotiate_rt.messages.performatives import Accept, Confirm

BITS = 21  # of a number that stands for one dialogue's state
MASK = (1 << BITS) - 1
WINNERS = "winners"
EVERY = 1_000  # states between two looks at the limit, and reports of progress
Happening: TypeAlias = tuple[int, Event]  # which participant's dialogue (-1: the convener by itself), and what
Progress: TypeAlias = Callable[[int], None]


class System(Protocol):
    """A dialogue, as far as the whole is concerned."""

    start: int
    bads: list[tuple[Bad, ...]]
    held: list[int]
    bound: list[int]
    stained: list[int]
    place: list[int]

    def steps(self, number: int) -> tuple[Step, ...]:
        """Return all that can happen in a state."""


class Found(NamedTuple):
    """Something wrong: the property, in words, and the way to it."""

    bad: Bad
    way: tuple[Happening, ...]


class Winners(NamedTuple):
    """How many participants may hold an award at once (None: any number), and whether the protocol says so itself."""

    most: int | None
    declared: bool = True


class JointEvent(NamedTuple):
    """A row of the joint table that is the convener's own step: its name, target, and where nobody may be."""

    name: str
    target: int
    guard: frozenset[int]


class Joint:
    """The joint table by numbers; a protocol without one has a single state, in which everything is allowed."""

    def __init__(self, book: Rulebook) -> None:
        table = book.joint
        self.names = [""] if table is None else list(table.names())
        number = {name: place for place, name in enumerate(self.names)}
        self.start = 0 if table is None else number[table.start]
        self.acts: list[dict[int, int]] = [{} for _ in self.names]
        self.events: list[list[JointEvent]] = [[] for _ in self.names]
        self.ends = [table is not None and name not in table.moves for name in self.names]
        self.free = table is None
        self.accepts = [False] * len(self.names)
        self.unawarded: set[int] = set()  # where the whole may be, and may go in one step, before anything was awarded
        if table is None:
            return
        for name, rows in table.moves.items():
            for on, to in rows.items():
                if isinstance(on, str):
                    guard = frozenset(book.number[one] for one in table.guards.get(on, ()) if one in book.number)
                    self.events[number[name]].append(JointEvent(on, number[to], guard))
                elif on in book.kind_number:
                    self.acts[number[name]][book.kind_number[on]] = number[to]
                    self.accepts[number[name]] |= issubclass(on, Accept)
        self.unawarded = self._before_awards(book)

    def _before_awards(self, book: Rulebook) -> set[int]:
        found, queue = {self.start}, [self.start]
        for place in queue:  # it grows while it is walked through
            told = (to for kind, to in self.acts[place].items() if not issubclass(book.kinds[kind], (Accept, Confirm)))
            for to in (*told, *(event.target for event in self.events[place])):
                if to not in found:
                    found.add(to)
                    queue.append(to)
        return found


class Whole:
    """A product of dialogues under a joint table. `systems`: one a participant; those that are one object are interchangeable.

    After `explore`: `parents` (all states, with the one before), `found` (the first of each kind of wrong, nearest first),
    `outcomes` (endings that came about), `reached` (states of each system that came about), `joints` (joint states).
    """

    def __init__(self, book: Rulebook, systems: list[System], winners: Winners) -> None:
        self.book = book
        self.systems = systems
        self.winners = winners
        self.joint = Joint(book)
        self.parents: dict[int, int] = {}
        self.found: dict[str, Found] = {}
        self.outcomes: dict[str, None] = {}
        self.reached: list[set[int]] = [set() for _ in systems]
        self.joints: set[int] = set()
        self.steps = 0
        self.complete = False
        self._bound = [system.bound for system in systems]
        self._alike = [place and systems[place] is systems[place - 1] for place in range(len(systems))]

    def pack(self, joint: int, ids: list[int]) -> int:
        """Return the number of a state of the whole: participants in the same system in order of their numbers."""
        if len(ids) == 2:
            first, second = ids
            if self._alike[1] and first < second:
                first, second = second, first
            return (joint << BITS | first) << BITS | second
        if any(self._alike):
            ids = self._sorted(ids)
        code = joint
        for one in ids:
            code = code << BITS | one
        return code

    def _sorted(self, ids: list[int]) -> list[int]:
        first = 1 if len(ids) > 1 and not self._alike[1] else 0  # a first one that is looked at closely keeps its place
        return [*ids[:first], *sorted(ids[first:], reverse=True)]

    def unpack(self, code: int) -> tuple[int, list[int]]:
        """Return the joint state and the dialogues' states of a number."""
        ids = []
        for _ in self.systems:
            ids.append(code & MASK)
            code >>= BITS
        return code, ids[::-1]

    def explore(self, limit: int, progress: Progress | None = None) -> None:
        """Visit every state that can come about, nearest first, or as many as `limit`; `complete` says which. Cost: about
        2 µs a step."""
        start = self.pack(self.joint.start, [system.start for system in self.systems])
        self.parents[start] = -1
        queue = [start]
        for place, system in enumerate(self.systems):
            self.reached[place].add(system.start)
            self._look(start, place, system.start)
        for count, code in enumerate(queue):  # it grows while it is walked through
            if count % EVERY == 0:
                if progress is not None:
                    progress(len(queue))
                if len(queue) > limit:
                    return
            self._expand(code, queue)
        self.complete = True

    def _expand(self, code: int, queue: list[int]) -> None:
        joint, ids = self.unpack(code)
        self.joints.add(joint)
        if self.joint.ends[joint]:  # an act has ended the whole
            self._conclude(code, joint, ids)
            return
        acts, free, parents = self.joint.acts[joint], self.joint.free, self.parents
        for place, system in enumerate(self.systems):
            mine = ids[place]
            if self._alike[place] and mine == ids[place - 1]:
                continue
            for act, to, outcome, _, event, bad in system.steps(mine):
                then = joint if free or act < 0 else acts.get(act, -1)
                if then < 0:
                    continue
                self.steps += 1
                if bad is not None:
                    self._note(code, bad, (place, event))
                if outcome:
                    self.outcomes[outcome] = None
                    continue
                ids[place] = to
                after = self.pack(then, ids)
                if after not in parents:
                    parents[after] = code
                    queue.append(after)
                    self._arrived(after, place, to, ids)
            ids[place] = mine
        if self.joint.events[joint]:
            self._lead(code, joint, ids, queue)

    def _arrived(self, after: int, place: int, to: int, ids: list[int]) -> None:
        """Look at a state that has not come up before."""
        system = self.systems[place]
        if to not in self.reached[place]:
            self.reached[place].add(to)
            self._look(after, place, to)
        most = self.winners.most
        if most is not None and system.held[to]:
            holders = sum(one.held[id] for one, id in zip(self.systems, ids, strict=True))
            if holders > most:
                hint = "" if self.winners.declared else " (where several may win, say `winners = None`)"
                self._note(after, (WINNERS, f"{holders} participants hold what {most} may win{hint}"))

    def _look(self, code: int, place: int, number: int) -> None:
        for bad in self.systems[place].bads[number]:
            self._note(code, bad)

    def _lead(self, code: int, joint: int, ids: list[int], queue: list[int]) -> None:
        """The convener's own steps: named rows of the joint table."""
        for event in self.joint.events[joint]:
            if event.guard and any(s.place[id] in event.guard for s, id in zip(self.systems, ids, strict=True)):
                continue
            self.steps += 1
            target = event.target
            if self.joint.ends[target]:
                self._conclude(code, target, ids, event)
                continue
            if self.joint.accepts[target] and not self.joint.accepts[joint]:
                self._check_anew(code, ids, event)
            after = self.pack(target, ids)
            if after not in self.parents:
                self.parents[after] = code
                queue.append(after)

    def _leads(self, event: JointEvent) -> Happening:
        return -1, Event(0, "leads", event.name, "", self.joint.names[event.target])

    def _check_anew(self, code: int, ids: list[int], event: JointEvent) -> None:
        """Nothing is awarded anew while somebody who was awarded it is still at it."""
        for system, id in zip(self.systems, ids, strict=True):
            if system.held[id] and not self.book.places[0][system.place[id]].final:
                state = self.book.names[system.place[id]]
                bad = (WINNERS, f"it may be awarded anew while the one who has it is still in {state!r}")
                self._note(code, bad, self._leads(event))

    def _conclude(self, code: int, joint: int, ids: list[int], event: JointEvent | None = None) -> None:
        """The convener has ended the whole: does the outcome agree with what was accepted?"""
        name = self.joint.names[joint]
        self.outcomes[name] = None
        wrong = ""
        if name != AGREED:
            for bound, id in zip(self._bound, ids, strict=True):
                if bound[id]:
                    wrong = "an acceptance was binding"
        elif self.winners.most and self.winners.declared and joint in self.joint.unawarded and not any(
            system.held[id] or system.stained[id] for system, id in zip(self.systems, ids, strict=True)
        ):
            wrong = "nobody was awarded anything"
        if wrong:
            last = None if event is None else self._leads(event)
            self._note(code, (OUTCOME, f"the outcome is {name}, and {wrong}"), last)

    def _note(self, code: int, bad: Bad, last: Happening | None = None) -> None:
        if bad[0] in self.found:
            return
        way, ids = self.way_to(code)
        if last is not None:
            if last[0] >= 0:
                number = self.unpack(code)[1][last[0]]
                last = (ids.index(number, 0 if last[0] == 0 or self._alike[last[0]] else last[0]), last[1])
            way = (*way, last)
        self.found[bad[0]] = Found(bad, way)

    # -- the way to a state ------------------------------------------------------------------------------------------------------

    def way_to(self, code: int) -> tuple[tuple[Happening, ...], list[int]]:
        """Return what happens on the way to a state, and the dialogues' states there, each participant in the place that it
        had at the start."""
        codes = [code]
        while (before := self.parents[codes[-1]]) != -1:
            codes.append(before)
        codes.reverse()
        way: list[Happening] = []
        joint, ids = self.unpack(codes[0])
        for then in codes[1:]:
            happening, joint, ids = self._step_to(joint, ids, then)
            way.append(happening)
        return tuple(way), ids

    def _step_to(self, joint: int, ids: list[int], target: int) -> tuple[Happening, int, list[int]]:
        """Find the step that leads to a state; participants keep their places here, whatever the packed order is."""
        return next(
            (happening, then, after) for happening, then, after in self._all_steps(joint, ids)
            if self.pack(then, list(after)) == target
        )  # fmt: skip

    def _all_steps(self, joint: int, ids: list[int]) -> Iterator[tuple[Happening, int, list[int]]]:
        for place, system in enumerate(self.systems):
            for step in system.steps(ids[place]):
                then = joint if step.act < 0 or self.joint.free else self.joint.acts[joint].get(step.act)
                if then is not None and not step.outcome:
                    yield (place, step.event), then, [*ids[:place], step.to, *ids[place + 1 :]]
        for event in self.joint.events[joint]:
            where = {system.place[id] for system, id in zip(self.systems, ids, strict=True)}
            if event.guard.isdisjoint(where):
                yield self._leads(event), event.target, ids
