"""One end of a channel between two neighbours: a dialogue cut down to a state, a look-up a message, and numbers in order."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from negotiate_rt.errors import LocalProtocolError, MailboxFull, RemoteProtocolError
from negotiate_rt.machine.table import State
from negotiate_rt.messages.envelope import Envelope, Route
from negotiate_rt.messages.performatives import Message, fipa_name

if TYPE_CHECKING:
    from negotiate_rt.runtime.conversation import Conversation
    from negotiate_rt.runtime.neighbours import Neighbourhood

FORMER, LATTER = "former", "latter"  # the roles of a channel: its two nodes in the graph's order
EARLY = 1024  # messages that may wait at one end; a neighbour that runs further ahead is not in step


class Neighbour:
    """Our end of the channel to one neighbour. `own` and `other` are the two nodes, `heard` the content taken last.

    `known` is the role's own: what it wants to keep for each neighbour.
    """

    __slots__ = (
        "awaited", "early", "expected", "first", "heard", "hood", "known", "link", "more", "other_agent", "peer", "remote",
        "role", "route", "seen", "serial", "state", "taken",
    )  # fmt: skip
    closed, queue = False, None  # as links see it: an end is its own mailbox, never full before `put` says so

    def __init__(self, hood: Neighbourhood, role: str, state: State, route: Route, other_agent: str) -> None:
        self.hood = hood
        self.role = role
        self.state = state
        self.route = route
        self.other_agent = other_agent
        self.remote = other_agent != hood.name
        self.peer: Neighbour = None  # type: ignore[assignment]  # set by `connect`, before anything runs
        self.link: Any = None  # a Link, or an acknowledged channel; None: perfect
        self.seen: set[int] | None = None  # links set it where they duplicate; numbers in order make it needless here
        self.serial = self.taken = 0
        self.expected = 1
        self.first: Envelope | None = None
        self.more: deque[Envelope] | None = None
        self.early: dict[int, Envelope] | None = None
        self.awaited = True
        self.heard: Any = None  # a content of the protocol's own
        self.known: Any = None  # the role's own

    # -- facts ----------------------------------------------------------------------------------------------------------

    @property
    def own(self) -> str:
        """Our node."""
        return self.route.sender

    @property
    def other(self) -> str:
        """The neighbour's node."""
        return self.route.receiver

    @property
    def name(self) -> str:
        """The agent at this end."""
        return self.hood.name

    @property
    def conversation(self) -> Conversation:
        """The conversation that the channel belongs to."""
        return self.hood.conversation

    @property
    def box(self) -> Neighbour:
        """Where a link puts what arrives."""
        return self

    # -- arriving -------------------------------------------------------------------------------------------------------

    def put(self, envelope: Envelope) -> bool:
        """Take in a message that has arrived; what comes twice is dropped, what comes early waits for what is between.

        Raises MailboxFull, as a mailbox does.
        """
        number = envelope.reply_with
        if number == self.expected:
            self.expected = number + 1
            hood = self.hood
            if hood.arrived is not None:
                self._join_queue(hood, hood.arrived, envelope)
            elif self.first is None:
                self.first = envelope
                if self.awaited:
                    hood.missing = missing = hood.missing - 1
                    actor = hood.actor
                    if not missing and actor.waits_on is hood:
                        actor.waits_on = None
                        wake = actor.wake
                        wake(actor)
            else:
                self._line_up(envelope)
            if self.early:
                self._catch_up()
        elif number > self.expected:
            if self.early is None:
                self.early = {}
            if len(self.early) >= EARLY:
                raise MailboxFull(self.hood.name, EARLY)
            self.early[number] = envelope
        else:
            self.hood.conversation.duplicates += 1
        return True

    def put_ordered(self, envelope: Envelope) -> None:
        """Take in a message, as `put`."""
        self.put(envelope)

    def _catch_up(self) -> None:
        while self.early and (envelope := self.early.pop(self.expected, None)) is not None:
            self.put(envelope)

    def _line_up(self, envelope: Envelope) -> None:
        if self.more is None:
            self.more = deque()
        if len(self.more) >= EARLY:
            raise MailboxFull(self.hood.name, EARLY)
        self.more.append(envelope)

    def _join_queue(self, hood: Neighbourhood, queue: deque[tuple[Neighbour, Envelope]], envelope: Envelope) -> None:
        if len(queue) >= hood.room:
            raise MailboxFull(hood.name, hood.room)
        queue.append((self, envelope))
        actor = hood.actor
        if actor.waits_on is hood:
            actor.waits_on = None
            actor.wake(actor)

    # -- taking ---------------------------------------------------------------------------------------------------------

    def follow(self, envelope: Envelope) -> Message:
        """Let our machine follow a message. Raises RemoteProtocolError, changing nothing."""
        message = envelope.message
        move = self.state.hears.get(message.__class__)
        if move is None:
            raise self.illegal(RemoteProtocolError, message)
        self.state = move.target
        self.taken = envelope.reply_with
        observe = self.hood.conversation.observe
        if observe is not None:
            observe("heard", envelope, self)
        return message

    def illegal(
        self, error: type[LocalProtocolError | RemoteProtocolError], message: Message, reason: str = ""
    ) -> Exception:
        """Return the error for a message that the table does not allow here."""
        role = self.role if error is LocalProtocolError else LATTER if self.role == FORMER else FORMER
        who = f"{self.own} to {self.other}" if error is LocalProtocolError else f"{self.other} to {self.own}"
        return error(
            reason or who, protocol=self.route.protocol, role=role, state=self.state.name,
            message=fipa_name(type(message)), legal=self.state.legal,
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"<{self.route.protocol} channel {self.own} to {self.other} in {self.state.name}>"
