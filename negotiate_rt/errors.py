"""Everything this package raises on purpose.

An exception means that somebody broke the rules. Ordinary endings (a deadline, a refusal, no winner) are values, never
exceptions. Whose fault it is stands in the type, and the facts ride along as attributes.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class NegotiationError(Exception):
    """Root of all errors of this package."""


class ConfigurationError(NegotiationError, ValueError):
    """The caller asked for something that cannot start: an unknown protocol, an empty seat, a value out of range."""


class InvalidOffer(NegotiationError, ValueError):
    """A value is no point of the outcome space: partial, unknown, not finite, or of the wrong type."""


class InvalidDecision(NegotiationError, ValueError):
    """A reply of an agent is no decision that is legal here; the text says what would have been."""


class ProtocolError(NegotiationError):
    """A message that the protocol's table or its content rules do not allow.

    Attributes: protocol, role (who said it), state, message (its FIPA name), legal (what could have been said),
    reason (one clause), stale (it was legal when said and has been overtaken: nobody's fault).
    """

    def __init__(  # noqa: PLR0913  # the facts that ride along
        self, reason: str, *, protocol: str = "", role: str = "", state: str = "", message: str = "",
        legal: tuple[str, ...] = (), stale: bool = False,
    ) -> None:  # fmt: skip
        self.reason = reason
        self.stale = stale
        self.protocol = protocol
        self.role = role
        self.state = state
        self.message = message
        self.legal = legal
        super().__init__(reason)

    def __str__(self) -> str:
        legal = ", ".join(self.legal) or "nothing"
        where = f"{self.protocol}: {self.role} may not say {self.message} in {self.state}" if self.protocol else ""
        head = ": ".join(part for part in (where, self.reason) if part)
        return f"{head}; legal here: {legal}"


class LocalProtocolError(ProtocolError):
    """Our own agent or role tried an illegal move; it was not sent."""


class RemoteProtocolError(ProtocolError):
    """The peer's message is illegal here; it was answered by a notice and changed no state."""


class ProtocolDefinitionError(ConfigurationError):
    """A protocol's table is broken: unreachable states, dead ends, missing deadlines, unspecified receptions."""

    def __init__(self, protocol: str, problems: Iterable[str]) -> None:
        self.protocol = protocol
        self.problems = tuple(problems)
        super().__init__(f"protocol {protocol!r} is not sound:\n" + "\n".join(f"  - {one}" for one in self.problems))


class CodecError(NegotiationError, ValueError):
    """Bytes that are no message: malformed, oversized, too deep, or with unknown fields; the text names the path."""


class MailboxFull(NegotiationError):
    """A bounded mailbox refused a message under its `fail` policy. Attributes: mailbox, capacity."""

    def __init__(self, mailbox: str, capacity: int) -> None:
        self.mailbox = mailbox
        self.capacity = capacity
        super().__init__(
            f"mailbox of {mailbox!r} is full ({capacity} messages): slow the sender, raise the capacity, or choose "
            "the policy drop-newest, drop-oldest or wait"
        )


class ForeignAwaitError(NegotiationError, RuntimeError):
    """An actor awaited something that belongs to the host event loop; the text says what to write instead."""


class StalledError(NegotiationError):
    """Nothing in this world can ever run again. `waiting` names who waits for what, and since when."""

    def __init__(self, waiting: Iterable[str]) -> None:
        self.waiting = tuple(waiting)
        lines = "\n".join(f"  - {one}" for one in self.waiting) or "  (nobody)"
        super().__init__(f"stalled: nothing can run, no timer is set and no outside call is in flight:\n{lines}")


class JournalError(NegotiationError):
    """A journal cannot be written or read: a full disk, a damaged file, one of another version, one in use elsewhere."""


class SocietyClosed(NegotiationError, RuntimeError):
    """The society has been closed, or was never opened, and takes no more work."""


def suggest(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for the closest known word, or an empty string. Cost: O(known)."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
