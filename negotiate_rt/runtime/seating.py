"""Putting a conversation together: pairs of dialogue ends, their mailboxes and links, and the role coroutines on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from negotiate_rt.machine import Board, Machine
from negotiate_rt.messages.envelope import Route
from negotiate_rt.runtime.actor import Actor
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.conversation import Conversation
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.mailbox import Mailbox, Overflow
from negotiate_rt.runtime.seat import Seat

if TYPE_CHECKING:
    from negotiate_rt.runtime.network import Network


class Wiring:
    """What a society gives to each of its conversations: the network, and the size and policy of mailboxes."""

    __slots__ = ("capacity", "network", "on_drop", "overflow")

    def __init__(
        self, network: Network | None, capacity: int, overflow: Overflow, on_drop: Callable[[Any, str], None] | None
    ) -> None:
        self.network = network
        self.capacity = capacity
        self.overflow = overflow
        self.on_drop = on_drop

    def mailbox(self, actor: Actor, peers: int = 0) -> Mailbox:
        """Return a role's mailbox; that of an initiator has room for a few messages of each of its peers besides."""
        return Mailbox(actor, self.capacity + 4 * peers, self.overflow, self.on_drop)

    def pair(self, conversation: Conversation, first: Seat, second: Seat) -> tuple[Dialogue, Dialogue]:
        """Return the two ends of a dialogue, connected, without actors yet."""
        one, two = self._end(conversation, first, second), self._end(conversation, second, first)
        one.peer, two.peer = two, one
        if self.network is not None:
            self.network.connect(one, two, conversation.terms.acknowledged)
        conversation.ends += one, two
        return one, two

    @staticmethod
    def _end(conversation: Conversation, mine: Seat, other: Seat) -> Dialogue:
        table, offers, wants = conversation.table, conversation.offers, mine.preferences
        check = () if wants is None else (wants.check,)
        board = Board(mine.name, other.name, offers, *check)
        machine = Machine(table, mine.role, board, conversation.terms.max_rounds)
        return Dialogue(conversation, mine, machine, Route(conversation.id, mine.name, other.name, table.protocol))

    def seat_two(self, conversation: Conversation, seats: tuple[Seat, Seat], roles: Callable[[str], Any]) -> None:
        """Start a two-party conversation."""
        for end in self.pair(conversation, *seats):
            actor = conversation.seat(end.name, roles(end.seat.role), end)
            end.attach(actor, self.mailbox(actor))

    def seat_many(
        self, conversation: Conversation, bundle: Bundle, seats: list[Seat], roles: Callable[[str], Any]
    ) -> None:
        """Start a one-to-many conversation: one bundle, one dialogue and role a participant."""
        by_name = {seat.name: seat for seat in seats}

        def open_with(name: str) -> Dialogue:
            mine, theirs = self.pair(conversation, bundle.seat, by_name[name])
            participant = conversation.seat(name, roles(theirs.seat.role), theirs)
            theirs.attach(participant, self.mailbox(participant))
            return mine

        bundle.reopen = open_with
        conversation.bundle = bundle
        actor = conversation.seat(bundle.seat.name, roles(bundle.seat.role), bundle)
        bundle.ends = {seat.name: open_with(seat.name) for seat in seats}
        bundle.attach(actor, self.mailbox(actor, len(seats)))
