"""Recruiting (FIPA SC00034H): as brokering, but the agents that are found answer the initiator itself, not the recruiter.

The recruiter looks up who fits, and opens the dialogues between the initiator and each of them; what it says to the initiator
at the end is with whom they were held, and how they ended. So here the initiator is the first party of each dialogue, with
its own hooks (`hear`, for a subscription) and its own name in the journal.
"""

from __future__ import annotations

from typing import Any

from negotiate_rt.protocols.brokering import BrokeringProtocol
from negotiate_rt.runtime.dialogue import Dialogue


class RecruitingProtocol(BrokeringProtocol):
    """One proxy to one recruiter, who brings the initiator together with others."""

    name = "recruiting"

    def leader(self, talk: Dialogue) -> Any:  # anything with a name
        """Return who leads the dialogues: the initiator."""
        return talk.peer.seat.agent
