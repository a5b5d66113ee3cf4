"""How an act travels: who said it to whom, in which conversation, in answer to what."""

from __future__ import annotations

import msgspec

from negotiate_rt.messages.performatives import Message


class Route(msgspec.Struct, frozen=True, gc=False):
    """The part of an envelope that is the same for a whole dialogue; the channel stamps it, no agent can."""

    conversation: str
    sender: str
    receiver: str
    protocol: str


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """One message on its way.

    `reply_with` numbers the sender's messages of this dialogue from 1 (the network's own duplicates carry the same
    number and are dropped); `in_reply_to` is the number of the last message taken from the other side, 0 if none;
    `reply_by` is a time of receipt on the society's clock, inclusive.
    """

    route: Route
    message: Message
    reply_with: int = 0
    in_reply_to: int = 0
    reply_by: float | None = None

    @property
    def conversation(self) -> str:
        return self.route.conversation

    @property
    def sender(self) -> str:
        return self.route.sender

    @property
    def receiver(self) -> str:
        return self.route.receiver

    @property
    def protocol(self) -> str:
        return self.route.protocol
