"""What is legal: a protocol's rows, compiled once into a graph of states per role.

A dialogue runs between two roles. Its rows say who may say what in which state and where that leads; `timeouts` and
`skips` say where silence and a skipped turn lead; `exhausted` says where a turn leads that would open a round beyond
max_rounds. Content rules are pure predicates listed beside the rows, by act, or by (role, act) where one side's act has
rules of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from negotiate_rt.errors import ProtocolDefinitionError
from negotiate_rt.machine.board import Board, Refusal, inside_outcome_space
from negotiate_rt.messages.outcome import NegotiationState
from negotiate_rt.messages.performatives import Accept, Message, Propose, Withdraw, fipa_name

Kind: TypeAlias = type[Message]
Moves: TypeAlias = Mapping[str, Mapping[tuple[str, Kind], str]]
Rule: TypeAlias = Callable[[Message, Board, bool, float], Refusal | None]
FINAL = frozenset(state.value for state in NegotiationState)


class Move:
    """One row, seen from one end: where it leads, its content rules, whether it is a turn of its own.

    `further` are the rules beyond the one that registering an offer has already applied; `plain` if there are none.
    `tabled` if the board takes it down: an offer, or its withdrawal. `quiet` if it is a turn to be taken without a look at
    its content, the board or the rounds.
    """

    __slots__ = ("further", "plain", "quiet", "rules", "tabled", "target", "turn")

    def __init__(self, kind: Kind, target: State, rules: tuple[Rule, ...], turn: bool) -> None:
        self.target = target
        self.tabled = issubclass(kind, (Propose, Withdraw))
        self.quiet = turn and not rules and not issubclass(kind, (Propose, Withdraw, Accept))
        self.rules = rules
        self.further = tuple(rule for rule in rules if rule is not inside_outcome_space)
        self.plain = inside_outcome_space in rules and not self.further
        self.turn = turn


class State:
    """One state, seen from one role: what it says, what it hears, where silence and skips lead.

    `legal` names every row of the state ("contractor propose"), `mine` the acts this role may say; `ends_all` says whether
    the whole negotiation is over here, and not just this dialogue.
    """

    __slots__ = ("ends_all", "exhausted", "final", "hears", "lapse", "legal", "mine", "name", "says", "skip", "speakers")

    def __init__(self, name: str) -> None:
        self.name = name
        self.final = self.ends_all = False
        self.says: dict[Kind, Move] = {}
        self.hears: dict[Kind, Move] = {}
        self.lapse: State | None = None
        self.skip: State | None = None
        self.exhausted: State | None = None
        self.legal: tuple[str, ...] = ()
        self.mine: tuple[str, ...] = ()
        self.speakers: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"<State {self.name}: {', '.join(self.legal) or 'final'}>"


class Table:
    """The rows of one kind of dialogue, with a compiled graph per role (`states[role][name]`, `starts[role]`)."""

    __slots__ = ("exhausted", "moves", "protocol", "roles", "rules", "skips", "start", "starts", "states", "timeouts")

    def __init__(  # noqa: PLR0913  # one argument a kind of row
        self, protocol: str, start: str, moves: Moves, *, timeouts: Mapping[str, str] | None = None,
        skips: Mapping[str, str] | None = None, exhausted: Mapping[str, str] | None = None,
        rules: Mapping[Kind | tuple[str, Kind], tuple[Rule, ...]] | None = None,
    ) -> None:  # fmt: skip
        self.protocol = protocol
        check_rows(protocol, moves, timeouts=timeouts, skips=skips, exhausted=exhausted)
        self.start = str(start)
        self.moves = {str(s): {row: str(to) for row, to in rows.items()} for s, rows in moves.items()}
        self.timeouts = {str(s): str(to) for s, to in (timeouts or {}).items()}
        self.skips = {str(s): str(to) for s, to in (skips or {}).items()}
        self.exhausted = {str(s): str(to) for s, to in (exhausted or {}).items()}
        self.rules = dict(rules or {})
        self.roles = tuple(dict.fromkeys(role for rows in self.moves.values() for role, _ in rows))
        self._check_shape()
        self.states = {role: self._compile(role) for role in self.roles}
        self.starts = {role: self.states[role][self.start] for role in self.roles}

    def names(self) -> tuple[str, ...]:
        """Return all state names: those with rows in the order given, then the ends."""
        targets = [to for rows in self.moves.values() for to in rows.values()]
        silent = [to for rows in (self.timeouts, self.skips, self.exhausted) for to in rows.values()]
        return tuple(dict.fromkeys([*self.moves, *targets, *silent]))

    def ends(self) -> tuple[str, ...]:
        """Return the states without rows."""
        return tuple(name for name in self.names() if name not in self.moves)

    def speakers(self, state: str) -> frozenset[str]:
        """Return the roles whose move takes the dialogue out of this state: whose turn it is."""
        return frozenset(role for (role, _), to in self.moves.get(state, {}).items() if to != state)

    def _check_shape(self) -> None:
        problems: list[str] = []
        if self.start not in self.moves:
            problems.append(f"start {self.start!r} has no rows; states with rows: {', '.join(self.moves) or 'none'}")
        if len(self.roles) != 2:
            problems.append(f"a dialogue has two roles, this table names {', '.join(self.roles) or 'none'}")
        for state, rows in self.moves.items():
            if state in FINAL:
                problems.append(f"final state {state!r} has rows: the talk is over there")
            problems.extend(
                f"{state!r}: {kind!r} is no performative (expected a Message class)"
                for _, kind in rows if not (isinstance(kind, type) and issubclass(kind, Message))
            )  # fmt: skip
        for label, silent in (("timeouts", self.timeouts), ("skips", self.skips), ("exhausted", self.exhausted)):
            problems.extend(
                f"{label} names {state!r}, which has no rows" for state in silent if state not in self.moves
            )
        if problems:
            raise ProtocolDefinitionError(self.protocol, problems)

    def _compile(self, role: str) -> dict[str, State]:
        states = {name: State(name) for name in self.names()}
        for name, state in states.items():
            state.final = name not in self.moves
            state.ends_all = state.final and name in FINAL
            state.lapse = self._silent(states, self.timeouts, name)
            state.skip = self._silent(states, self.skips, name) or state.lapse
            state.exhausted = self._silent(states, self.exhausted, name)
            state.speakers = self.speakers(name)
            rows = self.moves.get(name, {})
            state.legal = tuple(f"{who} {fipa_name(kind)}" for who, kind in rows)
            state.mine = tuple(fipa_name(kind) for who, kind in rows if who == role)
            for (who, kind), to in rows.items():
                rules = self.rules.get((who, kind), self.rules.get(kind, ()))
                move = Move(kind, states[to], rules, to != name)
                (state.says if who == role else state.hears)[kind] = move
        for state in states.values():
            for move in (*state.says.values(), *state.hears.values()):
                move.quiet = move.quiet and move.target.exhausted is None
        return states

    @staticmethod
    def _silent(states: Mapping[str, State], rows: Mapping[str, str], name: str) -> State | None:
        return states[rows[name]] if name in rows else None


def acts(kinds: Iterable[Kind]) -> str:
    """Return the FIPA names of some acts, for error texts."""
    return ", ".join(fipa_name(kind) for kind in kinds) or "nothing"


def check_rows(protocol: str, moves: object, **silent: object) -> None:
    """Raise ProtocolDefinitionError unless rows are written as rows: every mistake of somebody's first protocol."""
    problems = [
        f"{label} must map states to states, got {rows!r}"
        for label, rows in silent.items() if rows is not None and not isinstance(rows, Mapping)
    ]  # fmt: skip
    if isinstance(moves, Mapping):
        for state, rows in moves.items():
            if not isinstance(rows, Mapping):
                problems.append(f"{state!r}: its rows must be a mapping, {{(role, Act): next state}}, got {rows!r}")
                continue
            problems += [
                f"{state!r}: a row is written (role, Act): next state, got {row!r}"
                for row in rows if not (isinstance(row, tuple) and len(row) == 2 and isinstance(row[0], str))
            ]  # fmt: skip
    else:
        problems.append(f"moves must map states to their rows, {{state: {{(role, Act): next state}}}}, got {moves!r}")
    if problems:
        raise ProtocolDefinitionError(protocol, problems)
