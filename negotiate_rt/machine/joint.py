"""The second table of a one-to-many protocol: what the initiator may say, to anyone, while the whole is in some state.

As in h11, the dialogues' own tables and this one hold at once: the manager of a contract net may accept in a dialogue only
while the whole is awarding. Rows lead on an act (said to any participant) or on a named event of the initiator's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from negotiate_rt.errors import LocalProtocolError, ProtocolDefinitionError
from negotiate_rt.machine.table import FINAL, Kind
from negotiate_rt.messages.performatives import fipa_name

JointMoves: TypeAlias = Mapping[str, Mapping[Kind | str, str]]


class JointTable:
    """Rows of the initiator: state -> act or event -> state. Ends are AGREED, FAILED, TIMEOUT, DEADLOCK.

    `guards`: event -> states in which no dialogue may be (at the initiator's end) when the event is taken.
    """

    __slots__ = ("guards", "initiator", "moves", "protocol", "start", "timeouts")

    def __init__(
        self, protocol: str, initiator: str, start: str, moves: JointMoves, timeouts: Mapping[str, str] | None = None,
        guards: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:  # fmt: skip
        self.protocol = protocol
        self.initiator = initiator
        self.start = str(start)
        self.moves = {str(s): {on: str(to) for on, to in rows.items()} for s, rows in moves.items()}
        self.timeouts = {str(s): str(to) for s, to in (timeouts or {}).items()}
        self.guards = {str(on): tuple(map(str, states)) for on, states in (guards or {}).items()}
        ends = {to for rows in self.moves.values() for to in rows.values()} - set(self.moves)
        problems = [
            f"joint table: {end!r} has no rows and is none of {', '.join(sorted(FINAL))}"
            for end in sorted(ends - FINAL)
        ]
        if self.start not in self.moves:
            problems.append(f"joint table: start {self.start!r} has no rows")
        if problems:
            raise ProtocolDefinitionError(protocol, problems)

    def names(self) -> tuple[str, ...]:
        """Return all states, those with rows first."""
        return tuple(dict.fromkeys([*self.moves, *(to for rows in self.moves.values() for to in rows.values())]))


class JointMachine:
    """Where the whole stands."""

    __slots__ = ("state", "table")

    def __init__(self, table: JointTable) -> None:
        self.table = table
        self.state = table.start

    def say(self, kind: Kind) -> None:
        """The initiator says an act to someone. Raises LocalProtocolError where the whole does not allow it."""
        self._step(kind)

    def advance(self, event: str) -> str:
        """A named event of the initiator's own; return the new state. Raises LocalProtocolError if it has no row here."""
        self._step(event)
        return self.state

    @property
    def final(self) -> bool:
        """Whether the whole is over."""
        return self.state not in self.table.moves

    def _step(self, on: Kind | str) -> None:
        rows = self.table.moves.get(self.state, {})
        if on not in rows:
            legal = tuple(one if isinstance(one, str) else f"{self.table.initiator} {fipa_name(one)}" for one in rows)
            raise LocalProtocolError(
                "", protocol=self.table.protocol, role=self.table.initiator, state=self.state,
                message=on if isinstance(on, str) else fipa_name(on), legal=legal,
            )  # fmt: skip
        self.state = rows[on]
