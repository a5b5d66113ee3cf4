"""Both ends of a dialogue against each other: every order in which messages can cross, without their contents.

Two machines run the same table from both sides, with a bounded first-in-first-out queue each way. Either end may say
what its state allows, skip its turn (the peer passes by when it takes the event), lapse while it waits (only its own
end moves), and take what has arrived. What this cannot see: content rules, and what a role's code leaves out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from negotiate_rt.machine.table import State, Table
from negotiate_rt.messages.performatives import Cancel, Message, NotUnderstood, Skip, Withdraw, fipa_name

DEEPEST_QUEUE = 3  # messages on their way in one direction; two can cross, a third shows what follows from it
WORLDS_ENOUGH = 1_500  # after a bound that took so many the next is left out: 50 ms is what a check may cost
ASIDES = (Cancel, NotUnderstood, Withdraw)  # said out of turn: a role that may say nothing else does not have the turn

Queue: TypeAlias = tuple[type[Message], ...]


class End(NamedTuple):
    """One end: its state, what is on its way to it, whether it has ever moved along a timeout row by itself."""

    state: State
    incoming: Queue
    lapsed: bool


World: TypeAlias = tuple[End, End]
Step: TypeAlias = tuple[str, World]


def unspecified_receptions(table: Table, initiator: str = "") -> list[str]:
    """Return a line for each message that can arrive in a state without a row for it, with a shortest way there.

    Not reported: what arrives at an end that is over or has lapsed before; both are stale in the runtime, nobody's
    fault. `initiator` (of a joint table) takes messages in every state; other roles only while the peer may move on, or
    to take note of what keeps the state. Queues of one, two and three messages are explored; where a bound takes more
    than 1,500 worlds, larger ones are left out. Rows for used-up rounds are not followed: both ends count alike. Cost:
    about 10 µs a world.
    """
    found: dict[tuple[int, str, type[Message]], str] = {}
    for bound in range(1, DEEPEST_QUEUE + 1):
        exploration = Exploration(table, initiator, bound)
        exploration.run()
        for reception, line in exploration.found.items():
            found.setdefault(reception, line)
        if len(exploration.seen) > WORLDS_ENOUGH:
            break
    return list(found.values())


class Exploration:
    """One breadth-first search, with at most `bound` messages on their way in each direction.

    `seen` maps each world to the one before it and the step between; `found` each unspecified reception (which end, in
    which state, of what) to its line.
    """

    def __init__(self, table: Table, initiator: str, bound: int) -> None:
        self.roles = table.roles
        self.bound = bound
        first, second = (End(table.starts[role], (), False) for role in table.roles)
        self.seen: dict[World, tuple[World, str] | None] = {(first, second): None}
        self.found: dict[tuple[int, str, type[Message]], str] = {}
        self.turns = [turns_of(table, role) for role in table.roles]
        self.listens = [
            frozenset(
                name for name, state in table.states[role].items()
                if state.final or role == initiator or table.roles[1 - place] in state.speakers
            )
            for place, role in enumerate(table.roles)
        ]  # fmt: skip

    def run(self) -> None:
        """Visit every world that can come about, nearest first."""
        queue = list(self.seen)
        for world in queue:  # it grows while it is walked through
            for step, then in (*self._moves(world, 0), *self._moves(world, 1)):
                if then not in self.seen:
                    self.seen[then] = (world, step)
                    queue.append(then)

    def _moves(self, world: World, place: int) -> Iterator[Step]:
        """What one end can do: in words, and the world after it."""
        end, peer, role = world[place], world[1 - place], self.roles[place]
        state = end.state
        mine = state.name in self.turns[place]
        if len(peer.incoming) < self.bound:
            for kind, move in state.says.items():
                if move.turn or kind not in peer.incoming:  # saying an aside twice shows nothing new
                    yield f"{role} {fipa_name(kind)}", said(world, place, kind, move.target)
            if mine and state.skip is not None:
                overtaken = state.skip is state.lapse  # it moves along the timeout row, as if it had waited
                yield f"{role} skips its turn", said(world, place, Skip, state.skip, overtaken)
        theirs = state.name in self.turns[1 - place] or not mine
        if state.lapse is not None and theirs and state.name in self.listens[place]:
            yield f"{role} waits in vain", changed(world, place, End(state.lapse, end.incoming, True))
        if end.incoming:
            yield from self._taken(world, place, end.incoming[0])

    def _taken(self, world: World, place: int, kind: type[Message]) -> Iterator[Step]:
        """What becomes of the message that has arrived, if the end takes it in this state."""
        (state, (_, *rest), lapsed), role = world[place], self.roles[place]
        listens = state.name in self.listens[place]
        move = state.hears.get(kind)
        if move is not None and (listens or not move.turn):
            yield f"{role} hears {fipa_name(kind)}", changed(world, place, End(move.target, tuple(rest), lapsed))
        elif listens and kind is Skip:
            yield f"{role} passes by", changed(world, place, End(state.skip or state, tuple(rest), lapsed))
        elif listens:
            if not (state.final or lapsed):
                self._report(world, place, kind)
            yield f"{role} drops {fipa_name(kind)}", changed(world, place, End(state, tuple(rest), lapsed))

    def _report(self, world: World, place: int, kind: type[Message]) -> None:
        state = world[place].state.name
        if (place, state, kind) not in self.found:
            self.found[place, state, kind] = (
                f"{self.roles[1 - place]} {fipa_name(kind)} may reach {self.roles[place]} in state {state!r}, where no "
                f"row takes it: {', '.join(self._way_to(world))}"
            )

    def _way_to(self, world: World) -> list[str]:
        steps: list[str] = []
        while (before := self.seen[world]) is not None:
            world, step = before
            steps.append(step)
        return steps[::-1]


def turns_of(table: Table, role: str) -> frozenset[str]:
    """Return the states in which it is a role's turn: it can move on by more than an aside, so its agent is asked."""
    return frozenset(
        name for name, state in table.states[role].items()
        if any(move.turn and kind not in ASIDES for kind, move in state.says.items())
    )  # fmt: skip


def changed(world: World, place: int, end: End) -> World:
    """Return the world with another end in this place."""
    return (end, world[1]) if place == 0 else (world[0], end)


def said(world: World, place: int, kind: type[Message], target: State, lapsed: bool = False) -> World:
    """Return the world after one end has said something and moved on."""
    end, peer = world[place], world[1 - place]
    moved = changed(world, place, End(target, end.incoming, end.lapsed or lapsed))
    return changed(moved, 1 - place, End(peer.state, (*peer.incoming, kind), peer.lapsed))
