"""One negotiation played again from its rows: the protocol's own table at both ends of each dialogue, and no agents.

What the table does not allow is a breach. The same play tells how an interrupted negotiation stood: whether an agreement had
already bound when the society was killed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from negotiate_rt.errors import ProtocolError
from negotiate_rt.journal.plain import plain
from negotiate_rt.journal.rows import (
    ADVANCED,
    DEPTH,
    ENDED,
    FAULT,
    HEARD,
    LOST,
    PASSED,
    SAID,
    SEATED,
    SKIPPED,
    Row,
)
from negotiate_rt.machine import Board, Machine, State
from negotiate_rt.machine.joint import JointMachine
from negotiate_rt.machine.table import FINAL
from negotiate_rt.messages.codec import ACT
from negotiate_rt.messages.content import Contents, Flaw
from negotiate_rt.messages.outcome import AGREED, NegotiationOffer
from negotiate_rt.messages.performatives import PERFORMATIVES, SYSTEM_EVENTS, Accept, Message, Propose, fipa_name
from negotiate_rt.protocols.base import NegotiationProtocol

ACTS: dict[str, type[Message]] = {fipa_name(one): one for one in (*PERFORMATIVES, *SYSTEM_EVENTS)}
PLAIN = frozenset({str, float, int, bool, type(None)})
Undo = tuple[State, int, tuple[NegotiationOffer | None, NegotiationOffer | None, NegotiationOffer | None]]


class Breach(msgspec.Struct, frozen=True):
    """Where a record breaks the rules: which negotiation, when, and what."""

    talk: str
    at: float
    what: str

    def __str__(self) -> str:
        return f"{self.talk} at {self.at:g} s: {self.what}"


class Reader:
    """Turns the messages of one protocol's rows back into messages."""

    def __init__(self, protocol: NegotiationProtocol | None) -> None:
        structs = tuple(protocol.contents) if protocol is not None else ()
        self.acts = dict(ACTS)
        if protocol is not None:
            kinds = {kind for rows in protocol.table.moves.values() for _, kind in rows}
            self.acts.update({fipa_name(kind): kind for kind in kinds})
        own = [one for one in structs if not issubclass(one, Message)]
        self.contents = Contents(own, DEPTH, native_bytes=False, order=msgspec.json.encode)

    def message(self, tree: Mapping[str, Any]) -> Message:
        """Return a message. Raises ValueError for a tree that is none."""
        kind = self.acts.get(tree.get(ACT, ""))
        if kind is None:
            raise ValueError(f"{tree.get(ACT)!r} is no act of this protocol")
        try:
            fields = {name: self.value(one) for name, one in tree.items() if name != ACT}
            return kind(**fields)
        except (Flaw, TypeError) as error:
            raise ValueError(f"{tree.get(ACT)}: {error}") from None

    def value(self, tree: Any) -> Any:  # a plain tree -> what it stands for
        """Return a content; one that was told in words stays a tree."""
        if tree.__class__ in PLAIN:
            return tree
        try:
            return self.contents.value(tree, DEPTH)
        except Flaw:
            return tree


class End:
    """One end of a dialogue, played again."""

    __slots__ = ("count", "machine", "name", "other", "peer", "said", "tentative", "undo", "unheard")

    def __init__(self, name: str, other: str, machine: Machine) -> None:
        self.name = name
        self.other = other
        self.machine = machine
        self.peer: End = self
        self.said: dict[int, Message] = {}
        self.count = 0
        self.tentative: Undo | None = None  # before an acceptance of which no word has come back
        self.undo: Undo | None = None  # before the last word
        self.unheard = False  # that found no room

    def keep(self) -> Undo:
        """Return what to go back to."""
        machine = self.machine
        board = machine.board
        return machine.state, machine.turns, (board.own, board.own_last, board.standing)

    def go_back(self, undo: Undo, refused: bool) -> None:
        """Take back a move that did not get through."""
        self.machine.revert(*undo)
        if refused:
            self.machine.board.standing = None


class Play:
    """One negotiation. `breaches` holds what its protocol does not allow; without a protocol nothing is checked."""

    def __init__(self, talk: str, facts: Mapping[str, Any], protocol: NegotiationProtocol | None) -> None:
        self.talk = talk
        self.facts = facts
        self.protocol = protocol
        self.reader = Reader(protocol)
        self.offers: dict[str, NegotiationOffer] = {}
        self.ends: dict[int, End] = {}
        self.breaches: list[Breach] = []
        self.messages = self.faults = self.lost = 0
        self.bound: tuple[str, str] | None = None  # the state in which the talk ended, and the offer accepted
        self.outcome: Mapping[str, Any] | None = None
        self.at = 0.0
        self.turns = 0
        self.joint: JointMachine | None = protocol.joint_machine() if protocol is not None else None
        self._steps: dict[int, Callable[[Row], None]] = {
            SEATED: self._seat, SAID: self._say, HEARD: self._hear, SKIPPED: self._skip, PASSED: self._pass,
            FAULT: self._fault, LOST: self._lose, ADVANCED: self._advance, ENDED: self._end,
        }  # fmt: skip

    def follow(self, row: Row) -> None:
        """Follow one row. What the rules do not allow is noted, never raised."""
        step = self._steps.get(row[0])
        if step is None:
            return
        if self.outcome is not None:
            what = "it ended twice" if row[0] == ENDED else "something happened after its end"
            if row[0] not in (LOST, FAULT):
                self._breach(row, what)
            return
        if row[0] != SEATED:
            if row[1] < self.at and row[0] != FAULT and not ended_later(row):
                self._breach(row, f"time goes backwards, from {self.at:g}")
            self.at = row[1] if row[0] != FAULT else self.at  # a fault's own time is read later than its slice's
        try:
            step(row)
        except ProtocolError as error:
            self._breach(row, str(error))
        except (ValueError, KeyError, IndexError, AttributeError, TypeError) as error:
            self._breach(row, f"makes no sense: {type(error).__name__}: {error}")

    def _breach(self, row: Row, what: str) -> None:
        at = row[1] if isinstance(row[1], (int, float)) else self.at
        self.breaches.append(Breach(self.talk, at, what))

    # -- rows -------------------------------------------------------------------------------------------------------------

    def _seat(self, row: Row) -> None:
        _, _, number, _, name, other, role, other_role = row
        if self.protocol is None or not {role, other_role} <= set(self.protocol.table.roles):
            return
        rounds = int(self.facts.get("max_rounds", 0))
        pair = []
        for mine, theirs, seat in ((name, other, role), (other, name, other_role)):
            pair.append(End(mine, theirs, Machine(self.protocol.table, seat, Board(mine, theirs, self.offers), rounds)))
        one, two = pair
        one.peer, two.peer = two, one
        self.ends[number], self.ends[number + 1] = one, two

    def _say(self, row: Row) -> None:
        _, at, number, count, _, _, tree = row
        self.messages += 1
        message = self.reader.message(tree)
        if isinstance(message, Propose):
            self._register(row, message)
        end = self.ends.get(number)
        if end is None:
            return
        if count != end.count + 1:
            self._breach(row, f"{end.name} numbers its message to {end.other} {count} after {end.count}")
        end.count = count
        end.said[count] = message
        self._settle_tentative(end)
        machine = end.machine
        if end.unheard and end.undo is not None and type(message) not in machine.state.says:
            end.go_back(end.undo, refused=False)
        end.unheard = False
        before = end.keep()
        self._say_jointly(machine, message)
        state = machine.say(message, at)
        end.undo = before
        if state.name == AGREED and state.ends_all:
            end.tentative = before
        elif state.ends_all:
            self.bound = (state.name, "")
        self._count_rounds(machine, before[0])

    def _say_jointly(self, machine: Machine, message: Message) -> None:
        """The initiator's word must be legal in the joint table, too, unless it moves nothing in its dialogue."""
        joint, kind = self.joint, type(message)
        if joint is None or self.protocol is None or machine.role != self.protocol.convener:
            return
        move = machine.state.says.get(kind)
        if move is not None and not move.turn and kind not in joint.table.moves.get(joint.state, {}):
            return
        joint.say(kind)

    def _hear(self, row: Row) -> None:
        end = self.ends.get(row[2])
        if end is None:
            return
        at, count = row[1], row[3]
        tree = row[4] if len(row) > 4 else None
        message = self.reader.message(tree) if tree is not None else end.peer.said.pop(count, None)
        if message is None:
            self._breach(row, f"{end.name} heard message {count} of {end.other}, which was not said, or heard before")
            return
        self._settle_tentative(end)
        machine = end.machine
        before = machine.state
        state = machine.hear(message, at)
        if state.ends_all and self.bound is None:
            accepted = message.offer if isinstance(message, Accept) else ""
            self.bound = (state.name, accepted if state.name == AGREED else "")
        self._count_rounds(machine, before)

    def _skip(self, row: Row) -> None:
        self._silent(row)

    def _pass(self, row: Row) -> None:
        self._silent(row)

    def _silent(self, row: Row) -> None:
        end = self.ends.get(row[2])
        if end is None:
            return
        self._settle_tentative(end)
        before = end.machine.state
        state = end.machine.pass_by(self.reader.message(row[3]))  # type: ignore[arg-type]  # a system event
        if state.ends_all and self.bound is None:
            self.bound = (state.name, "")
        self._count_rounds(end.machine, before)

    def _fault(self, row: Row) -> None:
        self.faults += 1

    def _lose(self, row: Row) -> None:
        """A message is lost. One that found no room may leave its sender where it was: told apart when it speaks again."""
        self.lost += 1
        if row[6] == "full":
            for end in self.ends.values():
                if (end.name, end.other, end.count) == (row[3], row[4], row[5]):
                    end.unheard = True

    def _advance(self, row: Row) -> None:
        if self.joint is not None:
            self.joint.advance(row[3])

    def _end(self, row: Row) -> None:
        self.outcome = outcome = row[3]
        state, accepted = outcome.get("state"), outcome.get("accepted")
        if state not in FINAL:
            self._breach(row, f"ended as {state!r}; expected one of {', '.join(sorted(FINAL))}")
        if self.protocol is None:
            return
        if (state == AGREED) == bool(outcome.get("reason")):
            self._breach(row, f"{state} with the reason {outcome.get('reason')!r}")
        if self.joint is None:
            self._end_of_two(row, str(state), accepted["id"] if accepted else None)
        elif state == AGREED and not (self.joint.final and self.joint.state == AGREED):
            self._breach(row, f"AGREED, but the joint table stands at {self.joint.state}")
        known = self.offers.get(accepted["id"]) if accepted else None
        if known is not None and (known.agent != accepted["agent"] or plain(known.value) != accepted["value"]):
            self._breach(row, f"the accepted offer {accepted['id']} is not the one that {known.agent} made")

    def _end_of_two(self, row: Row, state: str, accepted: str | None) -> None:
        if state == AGREED and (self.bound is None or self.bound[0] != AGREED):
            self._breach(row, "AGREED, but no acceptance had reached the offer's owner")
        elif self.bound is not None and self.bound[0] == AGREED and state != AGREED:
            self._breach(row, f"{state}, though an acceptance had bound")
        elif self.bound is not None and state == AGREED and self.bound[1] != (accepted or ""):
            self._breach(row, f"accepted is {accepted}, but the acceptance named {self.bound[1] or 'nothing'}")

    # -- what lies beneath ------------------------------------------------------------------------------------------------

    def _register(self, row: Row, message: Propose) -> None:
        """Enter an offer, or those of a menu, in the register, as the speaking end did."""
        _, at, number, _, _, _, _ = row
        end = self.ends.get(number)
        agent = end.name if end is not None else ""
        turn = end.machine.turns // 2 + 1 if end is not None else 1
        menu = getattr(message.value, "offers", None)
        entries = menu if isinstance(menu, tuple) and menu else ((message.offer, message.value),)
        for id, value in entries:
            self.offers.setdefault(id, NegotiationOffer(id, agent, value, turn, at, message.expires_at))

    def _settle_tentative(self, end: End) -> None:
        """The end goes on after an acceptance that bound nobody."""
        if end.tentative is not None:
            end.go_back(end.tentative, refused=True)
            end.tentative = None

    def _count_rounds(self, machine: Machine, before: State) -> None:
        assert self.protocol is not None
        if machine.state is not before and machine.state.name == self.protocol.rounds_from != before.name:
            machine.turns = 0
        self.turns = max(self.turns, machine.turns)

    @property
    def rounds(self) -> int:
        """The round that it was in last."""
        return max((end.machine.round for end in self.ends.values()), default=1)


def ended_later(row: Row) -> bool:
    """Whether a row is the ending that a later society wrote, on its own clock, for one that was killed."""
    return row[0] == ENDED and bool(row[3].get("resumed"))
