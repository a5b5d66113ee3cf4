"""The tables as a model checker reads them: compiled states of the real engine, numbered, and its real rules about offers.

Nothing about legality is written twice: rows, timeouts, skips and used-up rounds are those that `machine.table` has compiled
for both ends, and whether an acceptance or a withdrawal is legal is asked of the very rules of the table, on boards that
hold stand-ins for offers. A rule that refuses a stand-in even where everything is in order looks at contents: it is
abstracted, that is, taken to hold.
"""

from __future__ import annotations

from typing import NamedTuple

from negotiate_rt.machine.board import Board, names_own_offer, names_standing_offer
from negotiate_rt.machine.explore import turns_of
from negotiate_rt.machine.joint import JointTable
from negotiate_rt.machine.table import Kind, Move, Rule, Table
from negotiate_rt.messages.outcome import NegotiationOffer
from negotiate_rt.messages.performatives import Accept, Cancel, Confirm, Message, Propose, Reject, Withdraw, fipa_name

OLDEST = 2  # offers of one maker are told apart by age: its latest, the one before, and all older ones alike
ME, PEER, THIRD = "me", "peer", "third"
OFFERS = {
    f"{maker}/{age}": NegotiationOffer(f"{maker}/{age}", maker, 0.0, 1, 0.0)
    for maker in (ME, PEER, THIRD) for age in range(OLDEST + 1)
}  # fmt: skip


class Row(NamedTuple):
    """One row, seen from one end: the act, where it leads, whether it is a turn, and the rules that are asked."""

    kind: int
    target: int
    turn: bool
    rules: tuple[Rule, ...]


class Place:
    """One state, seen from one end. `listens`: takes what moves the dialogue on; `mine`, `theirs`: whose turn it is; `ends`:
    the ending of the whole that it is, or nothing."""

    __slots__ = ("ends", "exhausted", "final", "hears", "lapse", "listens", "mine", "name", "says", "skip", "theirs")

    def __init__(self, name: str) -> None:
        self.name = name
        self.ends = ""
        self.final = self.listens = self.mine = self.theirs = False
        self.says: tuple[Row, ...] = ()
        self.hears: dict[int, Row] = {}
        self.lapse: int | None = None
        self.skip: int | None = None
        self.exhausted: int | None = None


class Rulebook:
    """A table, and the joint table above it, by numbers. `places[end][state]`; end 0 is the convener's, if there is one."""

    def __init__(self, table: Table, joint: JointTable | None = None) -> None:
        self.table = table
        self.joint = joint
        first, second = table.roles
        self.roles = (second, first) if joint is not None and second == joint.initiator else (first, second)
        self.names = table.names()
        self.number = {name: place for place, name in enumerate(self.names)}
        self.kinds: tuple[Kind, ...] = tuple(dict.fromkeys(kind for rows in table.moves.values() for _, kind in rows))
        self.kind_number = {kind: place for place, kind in enumerate(self.kinds)}
        self.acts = [fipa_name(kind) for kind in self.kinds]
        self.start = self.number[table.start]
        self.abstracted: dict[str, None] = {}
        self.places = [[self._place(end, name) for name in self.names] for end in (0, 1)]
        self.offering = self._of(Propose)
        self.accepting = self._of(Accept)
        self.withdrawing = self._of(Withdraw)
        self.cancelling = self._of(Cancel)
        self.oldest = OLDEST if any(self.withdrawing) else 1 if any(self.accepting) else 0  # an acceptance asks for the latest
        self._permitted: dict[tuple[object, ...], bool] = {}
        self.confirming = self._confirming()
        self.otherwise = frozenset(
            one.target for places in self.places for place in places for one in place.says
            if one.turn and not issubclass(self.kinds[one.kind], (Accept, Confirm))
        )  # fmt: skip
        self.remembers = any(
            self.allows(row, True, False, 0)
            for places in self.places for place in places for row in place.says if self.accepting[row.kind] and row.rules
        )  # fmt: skip

    def _of(self, family: type[Message]) -> list[bool]:
        return [issubclass(kind, family) for kind in self.kinds]

    def _place(self, end: int, name: str) -> Place:
        state, place = self.table.states[self.roles[end]][name], Place(name)
        mine, theirs = (turns_of(self.table, self.roles[one]) for one in (end, 1 - end))
        place.final = state.final
        place.ends = name if state.ends_all else ""
        place.mine, place.theirs = name in mine, name in theirs
        leads = self.joint is not None and end == 0
        place.listens = state.final or leads or self.roles[1 - end] in state.speakers
        place.says = tuple(self._row(kind, move, True) for kind, move in state.says.items())
        place.hears = {self.kind_number[kind]: self._row(kind, move, False) for kind, move in state.hears.items()}
        for slot in ("lapse", "skip", "exhausted"):
            target = getattr(state, slot)
            setattr(place, slot, None if target is None else self.number[target.name])
        return place

    def _row(self, kind: Kind, move: Move, mine: bool) -> Row:
        kept: tuple[Rule, ...] = ()
        if issubclass(kind, (Accept, Withdraw)):
            kept = tuple(rule for rule in move.rules if self._is_about_standing(rule, kind, mine))
            if move.rules and not kept:  # contents only: nothing better is known than the rule that every acceptance obeys
                kept = (names_standing_offer,) if issubclass(kind, Accept) else (names_own_offer,)
        self.abstracted |= {getattr(rule, "__name__", repr(rule)): None for rule in move.rules if rule not in kept}
        return Row(self.kind_number[kind], self.number[move.target.name], move.turn, kept)

    def _is_about_standing(self, rule: Rule, kind: Kind, mine: bool) -> bool:
        """Whether a rule lets a stand-in pass where all is in order, so that it can be asked about the rest."""
        asked = permits_accept if issubclass(kind, Accept) else permits_withdraw
        return asked((rule,), mine, True, 0)

    def _confirming(self) -> frozenset[tuple[int, int]]:
        """The (state, act) pairs where a confirmation makes an acceptance binding."""
        accepted = {
            row.target for places in self.places for place in places for row in place.says if self.accepting[row.kind]
        }
        return frozenset(
            (state, row.kind) for state in accepted for row in self.places[0][state].says
            if issubclass(self.kinds[row.kind], Confirm)
        )  # fmt: skip

    def allows(self, row: Row, mine: bool, stands: bool, age: int) -> bool:
        """Whether the table's own rules let an acceptance (or a withdrawal) pass: of an offer of this age, while the latest
        stands or does not stand on the board of who asks."""
        key = (row.rules, row.kind, mine, stands, age)
        found = self._permitted.get(key)
        if found is None:
            asked = permits_accept if self.accepting[row.kind] else permits_withdraw
            found = self._permitted[key] = asked(row.rules, mine, stands, age)
        return found

    def by_own_rule(self, row: Row) -> bool:
        """Whether an acceptance goes by rules of the protocol's own, for which the offer need not stand at this end."""
        return bool(row.rules) and any(permits_accept(row.rules, mine, False, 0) for mine in (True, False))

    def binds(self, row: Row, owner: int) -> bool:
        """Whether an acceptance is the last word: its owner cannot turn it down in the state that it leads to, and that state
        says that something was accepted, for nothing else leads there (a vote goes back to where others come from, too)."""
        after = self.places[owner][row.target]
        if row.target == self.start or any(issubclass(self.kinds[one.kind], Reject) for one in after.says):
            return False
        return row.target not in self.otherwise

def permits_accept(rules: tuple[Rule, ...], mine: bool, stands: bool, age: int) -> bool:
    """Ask rules about an acceptance: by us of their offer (mine), or by them of ours; relayed offers are a third party's."""
    for maker in (PEER if mine else ME, THIRD):
        board = Board(ME, PEER, dict(OFFERS))
        named = OFFERS[f"{maker}/{age}"]
        if stands and mine:
            board.standing = board.last_heard = named
        elif stands:
            board.own = board.own_last = OFFERS[f"{maker}/0"]
        if passes(rules, Accept(named.id), board, mine):
            return True
    return False


def permits_withdraw(rules: tuple[Rule, ...], mine: bool, stands: bool, age: int) -> bool:
    """Ask rules about a withdrawal: of our offer (mine), or of theirs, where the one of this age is named."""
    for maker in (ME if mine else PEER, THIRD):
        board = Board(ME, PEER, dict(OFFERS))
        named = OFFERS[f"{maker}/{age}"]
        if stands and mine:
            board.own = board.own_last = named
        elif stands:
            board.standing = board.last_heard = named
        if passes(rules, Withdraw(named.id), board, mine):
            return True
    return False


def passes(rules: tuple[Rule, ...], message: Message, board: Board, mine: bool) -> bool:
    """Whether no rule refuses a message; one that cannot read the stand-ins refuses."""
    try:
        return all(rule(message, board, mine, 0.0) is None for rule in rules)
    except Exception:  # noqa: BLE001  # a rule of the user's own, which expects contents that stand-ins do not have
        return False
