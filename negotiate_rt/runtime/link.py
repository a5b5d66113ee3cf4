"""One direction between two agents: what it does to messages, and those on their way."""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import force_setattr

from negotiate_rt.errors import ConfigurationError, MailboxFull
from negotiate_rt.runtime.latency import Constant, Latency, check_range
from negotiate_rt.runtime.timers import DELIVERY

if TYPE_CHECKING:
    from negotiate_rt.messages.envelope import Envelope
    from negotiate_rt.runtime.adversary import Adversary
    from negotiate_rt.runtime.dialogue import Dialogue
    from negotiate_rt.runtime.mailbox import Mailbox
    from negotiate_rt.runtime.network import Network

IN_FLIGHT = 65_536  # messages on one link at once; a flood beyond it is dropped, as a router's queue would
ADVERSE = ("garble", "replay", "forge", "untimely", "lie", "flood")
OnDrop = Callable[[Any, str], None]  # Any: as for a mailbox's on_drop, with which it is shared


class LinkFaults(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one direction of a connection does to messages. The default is perfect.

    `latency`: a distribution, or seconds (constant). `loss`, `duplicate`: probabilities per message; a duplicate is the
    same envelope delivered again after a delay of its own, and a lost message has none. Without `reorder` messages
    arrive in the order they were sent, the later waiting for the earlier; with it each takes its own time. `in_flight`
    bounds what is on its way or held at once; what comes on top is dropped (`congested`).

    An adversary may sit on it, with these probabilities per message: `garble` (it arrives as nonsense instead), `replay` (an
    earlier one arrives again), `forge` (one in somebody else's name follows), `untimely` (one out of turn follows), `lie` (an
    acceptance of an offer that was never made, or stands no longer, follows), `flood` (`flood_size` pieces of nonsense
    follow). Raises ConfigurationError.
    """

    latency: Latency | float | None = None
    loss: float = 0.0
    duplicate: float = 0.0
    reorder: bool = False
    in_flight: int = IN_FLIGHT
    garble: float = 0.0
    replay: float = 0.0
    forge: float = 0.0
    untimely: float = 0.0
    lie: float = 0.0
    flood: float = 0.0
    flood_size: int = 100

    def __post_init__(self) -> None:
        for name in ("loss", "duplicate", *ADVERSE):
            check_range(f"link: {name}", getattr(self, name), at_most=1.0)
        check_range("link: in_flight", self.in_flight, at_least=1.0, at_most=1e9)
        check_range("link: flood_size", self.flood_size, at_least=1.0, at_most=1e6)
        if isinstance(self.latency, (int, float)):
            force_setattr(self, "latency", Constant(self.latency))
        elif self.latency is not None and not isinstance(self.latency, Latency):
            raise ConfigurationError(f"link: latency: expected seconds or a distribution, got {self.latency!r}")

    @property
    def perfect(self) -> bool:
        """Whether messages pass at once, each exactly once."""
        return self.latency is None and not self.loss and not self.duplicate and not self.adverse

    @property
    def adverse(self) -> bool:
        """Whether an adversary sits on the link."""
        return any(getattr(self, name) for name in ADVERSE)


class Parcel:
    """One message on its way; a timer of its own. Slots are explained in timers.py."""

    __slots__ = ("armed", "deadline", "deadline_seq", "end", "envelope", "link")

    def __init__(self, link: Link, envelope: Envelope, end: Dialogue) -> None:
        self.link = link
        self.envelope = envelope
        self.end = end
        self.deadline = self.armed = math.inf
        self.deadline_seq = 0

    def due(self) -> None:
        """It arrives."""
        self.link.arrive(self.envelope, self.end)


class Backlog:
    """Messages for a full mailbox whose policy is `wait`: they stay on the link, in order, until it has room."""

    __slots__ = ("box", "link", "parcels")

    def __init__(self, link: Link, box: Mailbox) -> None:
        self.link = link
        self.box = box
        self.parcels: deque[tuple[Envelope, Dialogue]] = deque()

    def due(self) -> None:
        """The mailbox has room for one more, or has been closed."""
        parcels = self.parcels
        while parcels:
            if not self.link.hand_over(*parcels[0]):
                self.box.tell_room(self)
                return
            parcels.popleft()
        del self.link.backlogs[self.box]


class Link:
    """One direction between two agents. Cost of `carry`: O(log of all timers); O(1) where nothing delays a message."""

    __slots__ = (
        "_rng", "adversary", "backlogs", "blocked", "faults", "held", "in_flight", "last", "network", "receiver", "sender",
    )  # fmt: skip

    def __init__(self, network: Network, sender: str, receiver: str, faults: LinkFaults) -> None:
        self.network = network
        self.sender = sender
        self.receiver = receiver
        self.faults = faults
        self.blocked = False
        self.held: deque[tuple[Envelope, Dialogue]] | None = None
        self.in_flight = 0
        self.last = 0.0
        self.backlogs: dict[Mailbox, Backlog] = {}
        self._rng: random.Random | None = None
        self.adversary: Adversary | None = None
        if faults.adverse:
            from negotiate_rt.runtime.adversary import Adversary  # late: few links have one

            self.adversary = Adversary(self)

    @property
    def duplicates(self) -> bool:
        """Whether an envelope may arrive twice: the receiving end then needs its `seen`."""
        return self.faults.duplicate > 0 or self.faults.replay > 0

    @property
    def rng(self) -> random.Random:
        """This link's stream of chance, made when first needed: it takes 2.5 KiB."""
        if self._rng is None:
            self._rng = random.Random(f"{self.network.seed}/{self.sender}>{self.receiver}")
        return self._rng

    def carry(self, envelope: Envelope, end: Dialogue) -> None:
        """Take a message to `end`, the receiving end; never waits and never raises for what happens on the way.

        Where the mailbox is full on arrival: its policy `fail` drops the message (counted as undelivered), for the
        sender has long gone on; `wait` keeps it on the link, in order, until there is room.
        """
        network = self.network
        network.carried += 1
        if self.held is None:
            self._send(envelope, end)
        elif len(self.held) >= self.faults.in_flight:
            self._drop(envelope, "congested")
        else:
            self.held.append((envelope, end))
            network.held += 1

    def _send(self, envelope: Envelope, end: Dialogue) -> None:
        network, faults = self.network, self.faults
        if self.blocked:
            network.blocked += 1
            network.on_drop(envelope, "blocked")
        elif faults.loss and self.rng.random() < faults.loss:
            network.lost += 1
            network.on_drop(envelope, "lost")
        elif self.adversary is not None and self.adversary.garbles(envelope, end):
            network.lost += 1
            network.on_drop(envelope, "garbled")
        else:
            self._depart(envelope, end)
            if self.adversary is not None:
                self.adversary.strike(envelope, end)
            if faults.duplicate and self.rng.random() < faults.duplicate:
                network.duplicated += 1
                self._depart(envelope, end)

    def depart_again(self, envelope: Envelope, end: Dialogue) -> None:
        """Replay a message that has passed before."""
        self.network.duplicated += 1
        self._depart(envelope, end)

    def _depart(self, envelope: Envelope, end: Dialogue) -> None:
        faults, kernel = self.faults, self.network.kernel
        assert kernel is not None  # a link exists only while its network is bound
        now = when = kernel.now
        if faults.latency is not None:
            when += faults.latency.draw(self.rng)  # type: ignore[union-attr]  # __post_init__ leaves no plain number
        if not faults.reorder:
            when = self.last = max(when, self.last)
        if self.in_flight >= faults.in_flight:
            self._drop(envelope, "congested")
            return
        self.in_flight += 1
        self.network.in_flight += 1
        if when <= now and self.in_flight == 1:
            self.arrive(envelope, end)
        else:
            kernel.arm(Parcel(self, envelope, end), when, DELIVERY)

    def arrive(self, envelope: Envelope, end: Dialogue) -> None:
        """A message has come to the other side: into the mailbox, or behind those that wait for room in it."""
        backlog = self.backlogs.get(end.box) if self.backlogs else None
        if backlog is None:
            if self.hand_over(envelope, end):
                return
            backlog = self.backlogs[end.box] = Backlog(self, end.box)
            end.box.tell_room(backlog)
        backlog.parcels.append((envelope, end))

    def hand_over(self, envelope: Envelope, end: Dialogue) -> bool:
        """Put a message into the mailbox; False if it must wait for room."""
        network = self.network
        if end.conversation.closed or end.box.closed:
            self._drop(envelope, "closed")
        else:
            try:
                if not end.box.put(envelope):
                    return False
                network.delivered += 1
            except MailboxFull:  # the mailbox itself has told its on_drop
                network.undelivered += 1
        self.in_flight -= 1
        network.in_flight -= 1
        return True

    def _drop(self, envelope: Envelope, reason: str) -> None:
        self.network.undelivered += 1
        self.network.on_drop(envelope, reason)

    def hold(self) -> None:
        """Keep what is sent from now on."""
        if self.held is None:
            self.held = deque()

    def release(self) -> None:
        """Send what was kept, in order, as if it were said now."""
        held, self.held = self.held or (), None
        self.network.held -= len(held)
        for envelope, end in held:
            self._send(envelope, end)

    def let_go(self) -> None:
        """One of the dialogues that went over it has ended; others have not."""

    def __repr__(self) -> str:
        state = "".join([", blocked" * self.blocked, f", {len(self.held or ())} held" * (self.held is not None)])
        return f"<Link {self.sender} to {self.receiver}: {self.in_flight} in flight{state}>"
