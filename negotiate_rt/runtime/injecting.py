"""How a message that no machine of ours has checked comes to an end: from outside, or from an adversary on a link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from negotiate_rt.messages.envelope import Envelope
from negotiate_rt.runtime.items import Injected

if TYPE_CHECKING:
    from negotiate_rt.runtime.dialogue import Dialogue


def admit(end: Dialogue, envelope: Envelope, origin: str) -> str:
    """Put an envelope that really comes from `origin` into an end's mailbox; return why not, in a word, or nothing.

    One that claims another sender is `origin`'s fault. Half of the mailbox is kept for those who sit here: no flood from
    outside may drown what they say.
    """
    if envelope.sender != origin:
        end.conversation.note_fault(origin, "forged", f"claimed to be {envelope.sender} in a {type(envelope.message).__name__}")
        return "forged"
    box = end.box
    if (box.owner.waits_on is not box and 2 * len(box) + 2 > box.capacity) or not box.put(Injected(envelope, origin)):
        return "congested"
    return ""
