"""One broken invariant: which, where, and what was seen."""

from __future__ import annotations

import msgspec


class Violation(msgspec.Struct, frozen=True):
    """`invariant`: its name in INVARIANTS; `negotiation`: the id, empty for a whole world's; `seen`: what is wrong."""

    invariant: str
    negotiation: str
    seen: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.negotiation or 'the world'}: {self.seen}"
