"""The role-blind engine: one Machine per end of a dialogue, and the same class at every end.

A machine holds a state and a board, refuses what the table or a content rule does not allow, and moves on otherwise. It
knows no clock, no mailbox and no agent. `make` and `hear` run once a message each, and so take down a plain offer and take
the turn themselves: a call for either is felt in every turn of every negotiation.
"""

from __future__ import annotations

from negotiate_rt.errors import LocalProtocolError, ProtocolError, RemoteProtocolError
from negotiate_rt.machine.board import Board, Standing
from negotiate_rt.machine.table import Move, State, Table
from negotiate_rt.messages.performatives import Message, Skip, SystemEvent, fipa_name


class Machine:
    """One end of a dialogue.

    `turns` counts moves that changed the state; with two parties the round is `turns // 2 + 1`. A turn that would open a
    round beyond `max_rounds` leads to the state's `exhausted` row where the table has one. Cost of a step: O(1).
    """

    __slots__ = ("board", "cleared", "max_turns", "role", "state", "table", "turns")

    def __init__(self, table: Table, role: str, board: Board, max_rounds: int = 0) -> None:
        self.table = table
        self.role = role
        self.board = board
        self.state: State = table.starts[role]
        self.turns = 0
        self.cleared: Message | None = None
        self.max_turns = 2 * max_rounds

    @property
    def round(self) -> int:
        """The current round, from 1; after the last move, the round in which it was made."""
        turns = self.turns - 1 if self.state.final and self.turns else self.turns
        return turns // 2 + 1

    @property
    def other(self) -> str:
        """The other role of the dialogue."""
        first, second = self.table.roles
        return second if self.role == first else first

    def say(self, message: Message, now: float) -> State:
        """Check and make a move of our own; return the state it led to. Raises LocalProtocolError, changing nothing."""
        move = self.state.says.get(message.__class__)
        if move is None:
            raise self._illegal(LocalProtocolError, message, "", self.role)
        if message is not self.cleared:
            self._check_own(move, message, now)
        return self.make(move, message)

    def make(self, move: Move, message: Message) -> State:
        """Make a move of our own that is legal here and has been checked; return the state it led to."""
        if move.plain:  # an offer, taken down as `note` does, without its call
            board = self.board
            board.own = board.own_last = board.offers[message.offer]  # type: ignore[attr-defined]  # a Propose
            board.standing = None
        elif move.tabled:
            self.board.note(message, True)
        if not move.turn:
            return move.target
        self.turns = turns = self.turns + 1
        target = move.target
        if target.exhausted is not None and 0 < self.max_turns <= turns:
            target = target.exhausted
        self.state = target
        return target

    def hear(self, message: Message, now: float) -> State:
        """Check and follow a move of the other side; return the new state. Raises RemoteProtocolError, changing nothing."""
        move = self.state.hears.get(message.__class__)
        if move is None:
            raise self._illegal(RemoteProtocolError, message, "", self.other)
        board = self.board
        offer = board.offers.get(message.offer) if move.plain else None  # type: ignore[attr-defined]  # a Propose
        if offer is not None and offer.value is message.value and offer.agent == board.peer:  # type: ignore[attr-defined]
            board.standing = board.last_heard = offer  # the very object in the register, taken down as `note` does
            board.own = None
            if board.heard:
                board.heard.append(offer.value)
            else:
                board.heard = [offer.value]
        elif move.rules or move.tabled:
            self._weigh(move, message, now)
        if not move.turn:
            return move.target
        self.turns = turns = self.turns + 1
        target = move.target
        if target.exhausted is not None and 0 < self.max_turns <= turns:
            target = target.exhausted
        self.state = target
        return target

    def _weigh(self, move: Move, message: Message, now: float) -> None:
        """Check the content of what the other side says, and take down an offer or its withdrawal."""
        for rule in move.rules:
            refusal = rule(message, self.board, False, now)
            if refusal is not None:
                raise self._illegal(RemoteProtocolError, message, refusal.reason, self.other, refusal.stale)
        if move.tabled:
            self.board.note(message, False)

    def _unless_exhausted(self, target: State, turns: int) -> State:
        """Return the state to go to: where it leads once the rounds are used up, itself otherwise."""
        return target if target.exhausted is None or not 0 < self.max_turns <= turns else target.exhausted

    def clear(self, message: Message, now: float) -> Message:
        """Check a move of our own without making it; `say` will not check the same message again.

        Raises LocalProtocolError.
        """
        move = self.state.says.get(message.__class__)
        if move is None:
            raise self._illegal(LocalProtocolError, message, "", self.role)
        self._check_own(move, message, now)
        self.cleared = message
        return message

    def _check_own(self, move: Move, message: Message, now: float) -> None:
        for rule in move.rules:
            refusal = rule(message, self.board, True, now)
            if refusal is not None:
                raise self._illegal(LocalProtocolError, message, refusal.reason, self.role)

    def pass_by(self, event: SystemEvent) -> State:
        """Advance along the skip row (for a Skip) or the timeout row (for silence); a state without one stays as it is."""
        target = self.state.skip if event.__class__ is Skip else self.state.lapse
        if target is not None:
            self.turns += 1
            self.state = self._unless_exhausted(target, self.turns)
        return self.state

    def revert(self, state: State, turns: int, stood: Standing | None = None) -> None:
        """Take back a move that did not get through: a tentative acceptance that bound nobody, an offer that found no room."""
        self.state, self.turns = state, turns
        if stood is not None:
            self.board.own, self.board.own_last, self.board.standing = stood

    def legal(self) -> tuple[str, ...]:
        """Return what could be said here, by anyone: `contractor propose`, `contractor refuse`."""
        return self.state.legal

    def _illegal(
        self, error: type[ProtocolError], message: Message, reason: str, role: str, stale: bool = False
    ) -> ProtocolError:
        return error(
            reason, protocol=self.table.protocol, role=role, state=self.state.name, message=fipa_name(type(message)),
            legal=self.state.legal, stale=stale,
        )  # fmt: skip
