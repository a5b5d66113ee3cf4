"""What a mailbox holds beside envelopes: the runtime's own words, each in its place or ahead of it."""

from __future__ import annotations

import msgspec

from negotiate_rt.messages.envelope import Envelope, Route
from negotiate_rt.messages.performatives import Notice, SystemEvent


class Injected(msgspec.Struct, frozen=True, gc=False):
    """An envelope from outside, which no machine of ours has checked; `origin` is who really sent it."""

    envelope: Envelope
    origin: str


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """The supervisor's word on a tentative acceptance: None when it bound, or the notice that it did not."""

    notice: Notice | None


class Aside(msgspec.Struct, frozen=True, gc=False):
    """A system event in its place among a dialogue's messages; `sender` is the seat it speaks of, `route` the dialogue's that
    it belongs to (None: whichever is open)."""

    event: SystemEvent
    sender: str
    route: Route | None = None
