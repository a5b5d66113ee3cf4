"""Invariants of what is said and heard: nothing crosses conversations, comes twice, out of nowhere, out of order or against
the table; mailboxes keep their bounds; nobody is blamed for what others did."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from negotiate_rt.lab.invariants.witness import Event, Witness
from negotiate_rt.machine.table import Moves
from negotiate_rt.messages.envelope import Envelope
from negotiate_rt.messages.outcome import Fault
from negotiate_rt.messages.performatives import Skip
from negotiate_rt.runtime.adversary import NUMBER

MOST = 5  # told of one kind: the rest follows from the first
OUTSIDE = ("outside",)  # who speaks from outside of a society unless it says otherwise


def own_conversation(seen: Witness) -> Iterator[str]:
    """Every message belongs to this conversation and protocol, and is heard by whom it was addressed to."""
    identity, protocol, agents = seen.conversation.id, seen.protocol.name, seen.agents
    for event in seen.events:
        envelope = event.what
        if not isinstance(envelope, Envelope):
            continue
        route = envelope.route
        if route.conversation != identity or route.protocol != protocol:
            yield f"a message of {route.conversation} under {route.protocol} was {event.kind} here"
        if not hasattr(event.end, "machine"):
            continue  # cells of a graph, who have names of their own
        if route.sender not in agents or route.receiver not in agents:
            yield f"a message from {route.sender} to {route.receiver}, who do not both sit here"
        here, there = (route.sender, route.receiver) if event.kind == "said" else (route.receiver, route.sender)
        if event.end.name != here or event.end.other != there:
            yield f"{event.end.name} has {event.kind} a message from {route.sender} to {route.receiver}"


def heard_was_said(seen: Witness) -> Iterator[str]:
    """What is heard was said before, unchanged, and is heard once."""
    said: dict[int, Envelope] = {}
    heard: set[int] = set()
    for kind, what, _, end, _ in seen.events:
        if kind == "said":
            said[id(what)] = what
        elif kind == "heard":
            if id(what) not in said:
                if not outsider(what, seen) and getattr(end, "remote", True):  # what an agent tells itself is not said
                    yield f"{end.name} heard {what.message!r} from {end.other}, who never said it"
            elif id(what) in heard:
                yield f"{end.name} heard message {what.reply_with} of {end.other} twice"
            heard.add(id(what))


def outsider(envelope: Envelope, seen: Witness) -> bool:
    """Whether a message may have come from outside of its sender's role: from an adversary on the link."""
    return envelope.reply_with >= NUMBER and envelope.sender in (*seen.adversaries, *OUTSIDE)


def in_order(seen: Witness) -> Iterator[str]:
    """Where the links keep order, what one says to another is heard in the order of saying."""
    if seen.reordered:
        return
    last: dict[int, int] = {}  # by route: a dialogue that is opened again counts afresh
    for event in seen.events:
        if event.kind == "heard" and event.what.reply_with < NUMBER:
            route, number = id(event.what.route), event.what.reply_with
            if number <= last.get(route, 0):
                yield f"{event.end.name} heard message {number} of {event.end.other} after {last[route]}"
            last[route] = number


def numbered(seen: Witness) -> Iterator[str]:
    """A dialogue's messages are numbered 1, 2, 3 without gaps, and answers name one that was heard."""
    count: dict[int, int] = {}
    for event in seen.events:
        if event.kind == "said":
            envelope: Envelope = event.what
            number = count[id(envelope.route)] = count.get(id(envelope.route), 0) + 1
            if envelope.reply_with != number:
                yield f"message {number} of {event.end.name} to {event.end.other} is numbered {envelope.reply_with}"
                count[id(envelope.route)] = envelope.reply_with


def legal_moves(seen: Witness) -> Iterator[str]:
    """Every move follows a row of the protocol's table, as it is written there."""
    table = Rows(seen.protocol.moves, seen.protocol)
    where: dict[Any, str] = {}
    fallback: dict[Any, str] = {}  # where a tentative acceptance goes back to if it does not bind
    for event in seen.events:
        end, before = event.end, where.get(event.end, seen.protocol.start)
        if getattr(getattr(end, "machine", None), "table", None) is not seen.protocol.table:
            continue  # a channel with a table of its own
        where[end] = event.state
        allowed = table.after(event, before)
        if event.state not in allowed and end in fallback:
            before = fallback[end]
            allowed = table.after(event, before)
        if event.state not in allowed:
            told = type(event.message).__name__
            leads = ", ".join(allowed) or "nothing"
            yield f"{end.name} in {before} has {event.kind} {told}, and is in {event.state}; the table leads to {leads}"
        fallback.pop(end, None)
        if event.kind == "said" and event.state == "AGREED":
            fallback[end] = before


class Rows:
    """A table's rows as they are written, and where each leads."""

    def __init__(self, moves: Moves, protocol: Any) -> None:  # protocol: a NegotiationProtocol
        self.moves = moves
        self.protocol = protocol

    def after(self, event: Event, before: str) -> tuple[str, ...]:
        """Return the states that an event may lead to; none if there is no row for it."""
        protocol, message = self.protocol, event.message
        if event.kind in ("said", "heard"):
            role = event.end.seat.role if event.kind == "said" else event.end.machine.other
            target = self.moves.get(before, {}).get((role, type(message)))
        elif isinstance(message, Skip):
            target = protocol.skips.get(before, protocol.timeouts.get(before, before))
        else:
            target = protocol.timeouts.get(before, before)
        if target is None:
            return ()
        return (target, protocol.exhausted[target]) if target in protocol.exhausted else (target,)


def skips_told(seen: Witness) -> Iterator[str]:
    """A turn that passes at one end passes at the other, too, unless the talk is over, or the other side has gone on to another
    dialogue with it."""
    passed = {id(event.what) for event in seen.events if event.kind == "passed"}
    said = {  # the dialogue in which one last spoke to another: a pass may still have been on its way when that began
        (event.end.name, event.end.other): id(event.what.route) for event in seen.events if event.kind == "said"
    }
    heard: dict[Any, int] = {}  # the dialogue that an end has last heard something in: its own
    for event in seen.events:
        if event.kind == "heard":
            heard[event.end] = id(event.what.route)
        if event.kind != "skipped" or id(event.what) in passed or event.at >= seen.conversation.ended_at:
            continue
        if heard.get(event.end) == said.get((event.end.other, event.end.name)):
            yield f"{event.end.other} never heard that {event.end.name} let its turn pass at {event.at:g}"


def mailboxes_bounded(seen: Witness) -> Iterator[str]:
    """No mailbox ever holds more than its bound."""
    if seen.overfull:
        yield seen.overfull


def nobody_innocent_blamed(seen: Witness) -> Iterator[str]:
    """Only agents who are known to misbehave have faults, and no role of a protocol raises."""
    for fault in seen.outcome.faults if seen.outcome is not None else ():
        if fault.what == "role":
            yield f"the role of {fault.who} raised: {fault.cause}"
        elif fault.who not in seen.suspects and not waited_for_others(fault, seen):
            yield f"{fault.who} is blamed: {fault.what}: {fault.cause}"


def waited_for_others(fault: Fault, seen: Witness) -> bool:
    """Whether a hook was late because of a dialogue of its own with others, which a broker's may be."""
    return fault.what == "late" and seen.protocol.name in ("brokering", "recruiting")


def first_few(check: Iterator[str]) -> list[str]:
    """Return the first violations that a check tells."""
    told = []
    for text in check:
        told.append(text)
        if len(told) == MOST:
            break
    return told
