"""What an adversary on a link does beyond losing and delaying: garbled, forged, replayed and untimely messages, floods.

All of it is added behind a message that passes the link, by the link's own stream of chance. A forged, garbled or untimely
message is no machine's own: it goes the way of a message from outside (injecting.py), is checked by the receiver, and is
its real sender's fault. A replayed one is the network's: the same envelope once more, dropped by its number.
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from negotiate_rt.messages.envelope import Envelope, Route
from negotiate_rt.messages.performatives import (
    Accept,
    Agree,
    Cancel,
    Failure,
    Inform,
    InformDone,
    Message,
    NotUnderstood,
    Propose,
    Refuse,
    Reject,
    Walk,
)
from negotiate_rt.runtime.injecting import admit

if TYPE_CHECKING:
    from negotiate_rt.runtime.dialogue import Dialogue
    from negotiate_rt.runtime.link import Link

REMEMBERED = 32  # messages of a link that may be replayed
NUMBER = 1 << 40  # of a message that nobody of ours has counted
GARBLED: tuple[Message, ...] = (Propose(math.nan, "garbled"), Propose((), "garbled"), Propose({"?": ()}, "garbled"))
UNTIMELY: tuple[Callable[[], Message], ...] = (
    Accept, Reject, Refuse, Walk, Cancel, Agree, Inform, InformDone, Failure, NotUnderstood,
)  # fmt: skip


class Adversary:
    """What sits on one link. Made only for a link whose faults ask for it."""

    __slots__ = ("link", "past")

    def __init__(self, link: Link) -> None:
        self.link = link
        self.past: deque[tuple[Envelope, Any]] = deque(maxlen=REMEMBERED)

    def garbles(self, envelope: Envelope, end: Any) -> bool:  # end: a Dialogue, or a channel that stands for one
        """Whether a message arrives as nonsense instead of itself; that nonsense is on its way then."""
        faults, rng = self.link.faults, self.link.rng
        if not faults.garble or rng.random() >= faults.garble:
            return False
        target = dialogue_of(envelope, end)
        if target is not None:
            self._say(target, rng.choice(GARBLED), envelope.sender)
        return True

    def strike(self, envelope: Envelope, end: Any) -> None:
        """Add to a message what the faults of its link ask for."""
        target = dialogue_of(envelope, end)
        if target is None:
            return
        faults, rng = self.link.faults, self.link.rng
        if faults.replay:
            if self.past and rng.random() < faults.replay:
                self.link.depart_again(*rng.choice(self.past))
            self.past.append((envelope, end))
        if faults.forge and rng.random() < faults.forge:
            self._say(target, Accept() if rng.random() < 0.5 else Walk(), self._another(target, rng))
        if faults.untimely and rng.random() < faults.untimely:
            self._say(target, rng.choice(UNTIMELY)(), envelope.sender)
        if faults.lie and rng.random() < faults.lie:
            self._say(target, Accept(self._offer_never_made(target, rng)), envelope.sender)
        if faults.flood and rng.random() < faults.flood:
            for _ in range(faults.flood_size):
                self._say(target, GARBLED[0], envelope.sender)

    def _say(self, end: Dialogue, message: Message, claimed: str) -> None:
        route = Route(end.route.conversation, claimed, end.name, end.route.protocol)
        refused = admit(end, Envelope(route, message, NUMBER), self.link.sender)
        if refused:
            self.link.network.on_drop(Envelope(route, message, NUMBER), refused)

    @staticmethod
    def _another(end: Dialogue, rng: random.Random) -> str:
        """Return somebody else's name to speak in: one who sits here, if there is a third, or the receiver itself."""
        others = sorted({one.name for one in end.conversation.ends} - {end.other})
        return rng.choice(others) if others else "nobody"

    @staticmethod
    def _offer_never_made(end: Dialogue, rng: random.Random) -> str:
        """Return the id of an offer that the receiver has not made, or that stands no longer: the lie."""
        stale = [one.id for one in end.conversation.offers.values() if end.machine.board.own is not one]
        return rng.choice([*stale, f"{end.route.conversation}/never"])


def dialogue_of(envelope: Any, end: Any) -> Dialogue | None:
    """Return the end that a message on a link goes to; None for an acknowledgement, once the talk is over, and where the end
    has no machine that could check what comes from outside (a cell of a graph, which hears its neighbours only)."""
    if envelope.__class__ is not Envelope or end.conversation.over:
        return None
    target = getattr(end, "end", end)  # a channel's end is None once it was let go
    return target if hasattr(target, "machine") else None
