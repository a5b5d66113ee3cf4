"""One negotiation as it is seen from its start: every message at both ends, mailboxes, and who was seated.

A witness stands where a journal's observer stands (and passes everything on to it), and keeps the live objects, so that
checks rest on what was really sent and heard, not on what somebody wrote down about it.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection
from typing import Any, NamedTuple

import msgspec

from negotiate_rt.executor.negotiation import Negotiation
from negotiate_rt.journal.record import fields, plain
from negotiate_rt.messages.envelope import Envelope
from negotiate_rt.messages.outcome import NegotiationOutcome
from negotiate_rt.messages.performatives import Message, fipa_name
from negotiate_rt.runtime.saying import Saying

TAKEN = frozenset(
    ("said", "heard", "skipped", "passed")
)  # of what an observer hears: what happens at one end of a dialogue
SPARE = 8  # places beyond a mailbox's bound that the runtime's own words may take
_encode = msgspec.json.Encoder(order="deterministic", enc_hook=plain).encode


class Event(NamedTuple):
    """What happened at one end: kind ("said", "heard", "skipped", "passed"), what (an envelope or a system event), when, at
    which end, and the state that its machine was in afterwards."""

    kind: str
    what: Any  # an Envelope or a SystemEvent
    at: float
    end: Saying
    state: str

    @property
    def message(self) -> Message:
        """The act itself."""
        return self.what.message if isinstance(self.what, Envelope) else self.what


class Witness:
    """What is seen of one negotiation.

    suspects: agents who are known to misbehave; adversaries: those in whose name anything may be said at any time (they sit
    behind a link with an adversary that speaks out of turn); reordered: whether the links between the seats may change the
    order; faultless: whether nothing at all goes wrong here. Attach it right after the start, before anything has run.
    """

    def __init__(
        self, negotiation: Negotiation, *, suspects: Collection[str] = (), adversaries: Collection[str] = (),
        reordered: bool = False, faultless: bool = False,
    ) -> None:  # fmt: skip
        conversation = negotiation._conversation
        self.negotiation = negotiation
        self.conversation = conversation
        self.protocol = negotiation._protocol
        self.seats = list(negotiation._seats)
        self.config = negotiation.config
        self.problem = negotiation.problem
        self.suspects = frozenset(suspects) | frozenset(adversaries)
        self.adversaries = frozenset(adversaries)
        self.reordered = reordered
        self.faultless = faultless
        self.events: list[Event] = []
        self.ends: dict[Saying, None] = dict.fromkeys(conversation.ends)
        self.actors = list(conversation.actors)
        self.options: Any = None if conversation.bundle is None else conversation.bundle.options
        self.endings = 0
        self.held: list[str] = []  # what ran on or stood open when the outcome was there
        self.overfull = ""
        self._before = conversation.observe
        self._capacity: dict[Any, int] = {}
        conversation.observe = self.see
        negotiation.on_done(self._ended)

    @property
    def outcome(self) -> NegotiationOutcome | None:
        """How it ended, once it has."""
        return self.negotiation.outcome

    @property
    def agents(self) -> tuple[str, ...]:
        """Who sits here."""
        return tuple(seat.name for seat in self.seats)

    def see(self, kind: str, what: Any, end: Saying) -> None:
        """Take down what happens (the conversation's observer)."""
        if self._before is not None:
            self._before(kind, what, end)
        if kind not in TAKEN:
            return
        machine: Any = getattr(end, "machine", end)  # a neighbour in a graph is its own
        self.events.append(Event(kind, what, self.conversation.kernel.now, end, machine.state.name))
        if machine is end:
            return
        if end not in self.ends:
            self.ends[end] = None
        box = end.box
        if box.queue is not None:
            bound = self._capacity.setdefault(box, box.capacity)  # the first: it is lifted for the runtime's own words
            if len(box.queue) > bound + SPARE:
                self.overfull = f"{len(box.queue)} messages in a mailbox of {bound} of {end.name}"

    def _ended(self, negotiation: Negotiation) -> None:
        """The outcome is there: by now every role has been ended, every mailbox and timer closed."""
        self.endings += 1
        conversation = self.conversation
        ends = {end for end in self.ends if end.actor is not None}
        actors = {*self.actors, *conversation.actors, *(end.actor for end in ends)}
        self.held += sorted(f"the role of {actor.name} runs on" for actor in actors if actor.alive)
        self.held += sorted({f"the mailbox of {end.name} is still open" for end in ends if not end.box.closed})
        if conversation.deadline < math.inf:
            self.held.append(f"its deadline at {conversation.deadline:g} is still set")

    def digest(self) -> bytes:
        """Return a hash of all that was said and heard, and of the outcome: the same for the same seed."""
        told = hashlib.blake2b(digest_size=16)
        for kind, what, at, end, state in self.events:
            message = what.message if isinstance(what, Envelope) else what
            line = (kind, at, end.route.sender, end.route.receiver, fipa_name(type(message)), fields(message), state)
            told.update(_encode(line))
        if self.outcome is not None:
            told.update(_encode(summary(self.outcome)))
        return told.digest()

    def __repr__(self) -> str:
        return f"<Witness of {self.negotiation!r}: {len(self.events)} events>"


def summary(outcome: NegotiationOutcome) -> tuple[Any, ...]:
    """Return what of an outcome must be the same each time."""
    accepted = None if outcome.accepted_offer is None else (outcome.accepted_offer.agent, outcome.accepted_offer.value)
    faults = [(fault.who, fault.what, fault.when) for fault in outcome.faults]
    return (
        outcome.id, outcome.final_state, outcome.failure_reason, accepted, len(outcome.all_offers), outcome.rounds_used,
        outcome.duration_ms, dict(outcome.utilities), faults, outcome.messages,
    )  # fmt: skip
