"""What a protocol is: a name, seats, a table, and one coroutine per role.

A protocol of one's own subclasses NegotiationProtocol, names its seats and rows, and writes its roles as plain `async def`
methods that send, receive and ask. Everything else here has a default that fits two-party bargaining.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from negotiate_rt.errors import ConfigurationError, ProtocolDefinitionError
from negotiate_rt.machine import (
    Kind,
    Moves,
    Rule,
    Table,
    inside_outcome_space,
    names_own_offer,
    names_standing_offer,
)
from negotiate_rt.machine.check import problems_of
from negotiate_rt.machine.joint import JointMachine, JointMoves, JointTable
from negotiate_rt.messages.config import SPELLINGS, NegotiationConfig, canonical, protocol_name
from negotiate_rt.messages.performatives import Accept, Propose, Withdraw
from negotiate_rt.protocols.guard import BARGAIN
from negotiate_rt.protocols.stakes import outside_option, settle_stakes
from negotiate_rt.protocols.waning import DiscountedPreferences, WaningPreferences
from negotiate_rt.runtime.conversation import Conversation
from negotiate_rt.runtime.seat import Question, Seat
from negotiate_rt.runtime.seating import Wiring

SeatCount = int | tuple[int, int | None]
DELAY, DUPLICATION, REORDERING, LOSS = "delay", "duplication", "reordering", "loss"
OFFER_RULES: Mapping[Kind, tuple[Rule, ...]] = {
    Propose: (inside_outcome_space,), Accept: (names_standing_offer,), Withdraw: (names_own_offer,),
}  # fmt: skip


class NegotiationProtocol:
    """One protocol. Class attributes are its rules; methods named after its seats are its roles.

    name; seats: role -> how many sit there, a number or (at least, at most or None); start and moves: the rows of a
    dialogue, `{state: {(role, Act): next state}}`; timeouts, skips, exhausted: where silence, a skipped turn and a turn
    beyond max_rounds lead; rules: content predicates by act, added to those that every offer obeys, or by (role, act), in
    the place of those; joint, joint_start, joint_timeouts: the second table of a one-to-many protocol; joint_guards: event ->
    states in which no dialogue may be when the convener takes it; winners: how many participants may hold an award at once
    (None: several, and the tables do not say how many), which `negotiate-rt verify` proves; convener: its initiating role,
    which the runtime seats when nobody plays it; questions: role -> hook name (None: the role's own) -> Question; options: the
    type of config.options; contents: structs of its own that its messages carry.

    tolerates: what links may do to messages (delay, duplication, reordering, loss) without changing how a talk ends and what it
    is worth to whom, given time enough. Whatever else happens, it ends by its deadline. With acknowledged delivery a protocol
    that tolerates delay tolerates all of them.
    """

    name: ClassVar[str] = ""
    seats: ClassVar[Mapping[str, SeatCount]] = {}
    start: ClassVar[str] = ""
    moves: ClassVar[Moves] = {}
    timeouts: ClassVar[Mapping[str, str]] = {}
    skips: ClassVar[Mapping[str, str]] = {}
    exhausted: ClassVar[Mapping[str, str]] = {}
    rules: ClassVar[Mapping[Kind | tuple[str, Kind], tuple[Rule, ...]]] = {}
    rounds_from: ClassVar[str] = ""  # the state in which rounds begin to count, if talk comes before them
    joint: ClassVar[JointMoves | None] = None
    joint_start: ClassVar[str] = ""
    joint_timeouts: ClassVar[Mapping[str, str]] = {}
    joint_guards: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    winners: ClassVar[int | None] = 1
    convener: ClassVar[str] = ""
    questions: ClassVar[Mapping[str, Mapping[str | None, Question]]] = {}
    options: ClassVar[type | None] = None
    contents: ClassVar[tuple[type, ...]] = ()
    tolerates: ClassVar[frozenset[str]] = frozenset({DELAY, DUPLICATION, REORDERING})

    @cached_property
    def table(self) -> Table:
        """The compiled table. Raises ProtocolDefinitionError if its shape is wrong."""
        rules = {on: tuple(one) for on, one in self.rules.items()}
        for kind, ours in OFFER_RULES.items():
            rules[kind] = ours + rules.get(kind, ())
        return Table(
            self.name, self.start, self.moves, timeouts=self.timeouts, skips=self.skips, exhausted=self.exhausted,
            rules=rules,
        )  # fmt: skip

    @cached_property
    def joint_table(self) -> JointTable | None:
        """The compiled joint table of a one-to-many protocol."""
        if self.joint is None:
            return None
        return JointTable(self.name, self.convener, self.joint_start, self.joint, self.joint_timeouts, self.joint_guards)

    def channels(self) -> tuple[Table, ...]:
        """Return the tables of what participants say to each other, beside those with the convener: none."""
        return ()

    def check(self) -> None:
        """Raise ProtocolDefinitionError unless names, seats, roles and rows fit together and the tables are sound."""
        problems = self.misfits() + problems_of(self.table, self.joint_table)
        problems += [problem for table in self.channels() for problem in problems_of(table)]
        if problems:
            raise ProtocolDefinitionError(self.name or type(self).__name__, problems)

    def misfits(self) -> list[str]:
        """Return what does not fit together of name, seats and roles, one readable line each."""
        if not isinstance(self.seats, Mapping) or not all(map(is_count, self.seats.values())):
            return [f"seats must map roles to a number or (at least, at most or None), got {self.seats!r}"]
        problems = []
        if not isinstance(self.name, str) or not self.name or self.name != self.name.strip():
            problems.append(f"name must be text, without spaces around it, got {self.name!r}")
        elif canonical(self.name) in SPELLINGS:
            problems.append(f"name {self.name!r} is another spelling of {protocol_name(self.name)!r}: choose one of its own")
        for role in self.table.roles:
            if role not in self.seats:
                problems.append(f"role {role!r} has rows but no seat; seats: {', '.join(self.seats) or 'none'}")
            elif not inspect.iscoroutinefunction(getattr(self, role, None)):
                problems.append(f"role {role!r} has no coroutine: write `async def {role}(self, talk)`")
        problems += [f"seat {role!r} has no rows in the table" for role in self.seats if role not in self.table.roles]
        if self.joint is None:
            crowded = [role for role, count in self.seats.items() if count != 1]
            if crowded:
                problems.append(f"{crowded[0]!r} has many seats: a one-to-many protocol needs a joint table")
        elif self.seats.get(self.convener) != 1:
            problems.append(f"convener {self.convener!r} must be a role with one seat; seats: {', '.join(self.seats) or 'none'}")
        return problems

    def role(self, name: str) -> Callable[..., Any]:
        """Return a role's coroutine function."""
        return getattr(self, name)  # type: ignore[no-any-return]  # checked to be callable by `check`

    def questions_for(self, role: str) -> Mapping[str | None, Question]:
        """Return what this role may ask its agent."""
        return self.questions.get(role, BARGAINING)

    # -- seats ------------------------------------------------------------------------------------------------------------

    def assign(self, agents: Sequence[Any]) -> list[tuple[str, Any]]:  # agents: anything with a name
        """Return (role, agent) pairs: agents with a role of their own sit there, the others fill what is open, in order.

        Raises ConfigurationError for too few, too many, or two agents of one name.
        """
        names = [agent.name for agent in agents]
        twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
        if twice:
            raise ConfigurationError(
                f"{self.name}: two agents are named {twice[0]!r}; names must differ in one negotiation"
            )
        roles = [self._role_of(agent) for agent in agents]
        if roles and len(roles) == len(self._in_turn) and not any(roles):
            return list(zip(self._in_turn, agents, strict=True))
        taken = dict.fromkeys(self.seats, 0)
        for role in roles:
            if role:
                taken[role] += 1
        open_roles = self.open_roles(agents)
        for place, role in enumerate(roles):
            if not role:
                free = next((one for one in open_roles if taken[one] < limits(self.seats[one])[1]), "")
                roles[place] = free or open_roles[-1]
                taken[roles[place]] += 1
        self._check_counts(taken, names)
        return list(zip(roles, agents, strict=True))

    def open_roles(self, agents: Sequence[Any]) -> list[str]:
        """Return the roles that agents without one of their own fill, in order: all but the convener's."""
        return [role for role in self.seats if role != self.convener]

    @cached_property
    def _in_turn(self) -> tuple[str, ...]:
        """The roles of agents without one, where each role has one seat and no convener presides; else nothing."""
        alone = not self.convener and all(count == 1 for count in self.seats.values())
        return tuple(self.seats) if alone else ()

    def _role_of(self, agent: Any) -> str:
        role = getattr(agent, "role", "")
        return role if isinstance(role, str) and role in self.seats else ""

    def _check_counts(self, taken: Mapping[str, int], names: Sequence[str]) -> None:
        for role, count in self.seats.items():
            least, most = limits(count)
            if role == self.convener:
                least = 0  # the runtime seats one
            if not least <= taken[role] <= most:
                wanted = (
                    f"{least}" if least == most else f"at least {least}" if taken[role] < least else f"at most {most:g}"
                )
                raise ConfigurationError(
                    f"{self.name}: needs {wanted} {role if wanted == '1' else plural(role)}, got {taken[role]} "
                    f"(agents: {', '.join(names) or 'none'}); seats: {', '.join(self.seats)}"
                )

    def invites(self, agents: Sequence[Any], config: NegotiationConfig, problem: Any) -> tuple[str, ...]:
        """Return capabilities: who lives in the society and has all of them takes part, too; () invites nobody."""
        return ()

    def make_initiator(self, config: NegotiationConfig, agents: Sequence[Any]) -> Any:
        """Return the agent that the runtime seats when nobody plays the initiator."""
        raise ConfigurationError(f"{self.name}: nobody plays the {self.convener}")

    def settle(self, seats: Sequence[Seat], config: NegotiationConfig, problem: Any) -> Any:
        """Resolve what each seat wants, and return the problem. Raises ConfigurationError for what cannot be negotiated."""
        return settle_stakes(self.name, seats, config, problem)

    def joint_machine(self) -> JointMachine | None:
        """Return a fresh joint machine, or None for a two-party protocol."""
        return JointMachine(self.joint_table) if self.joint_table is not None else None

    def in_order(self, seats: Sequence[Seat]) -> tuple[Seat, Seat]:
        """Return the two seats in the order of the protocol's roles."""
        first, second = seats
        return (first, second) if first.role == next(iter(self.seats)) else (second, first)

    def settings(self, config: NegotiationConfig) -> Any:
        """Return the protocol's options, defaults if none are given. Raises ConfigurationError for a wrong type."""
        if config.options is None:
            return self.options() if self.options is not None else None
        if self.options is None or not isinstance(config.options, self.options):
            expected = "no options" if self.options is None else f"options of type {self.options.__name__}"
            raise ConfigurationError(f"{self.name}: expected {expected}, got {type(config.options).__name__}")
        return config.options

    def opened(self, conversation: Conversation, seats: Sequence[Seat], options: Any) -> None:
        """The conversation's clock has started, its roles have not: set up what belongs to this one talk."""
        for seat in seats:
            if isinstance(seat.preferences, WaningPreferences):
                for layer in seat.preferences.layers():
                    if isinstance(layer, DiscountedPreferences):
                        layer.follow(conversation)

    def seated(self, conversation: Conversation, wiring: Wiring) -> None:
        """All ends of a one-to-many conversation are there, its roles are about to run: open what lies between participants."""

    # -- endings ----------------------------------------------------------------------------------------------------------

    def utilities(self, seats: Sequence[Seat], conversation: Conversation) -> dict[str, float]:
        """Return what the ending is worth to each seat whose preferences are known.

        Without a deal it is the disagreement value; once somebody has walked away, the outside option of all who have one.
        """
        offer = conversation.accepted
        walked = offer is None and (conversation.reason or "").startswith("walked-away")
        worth = {}
        for place, seat in enumerate(one for one in seats if one.preferences is not None):
            mine = seat.preferences
            if not mine.known:
                continue
            try:
                worth[seat.name] = (
                    mine.disagreement if offer is None else mine.utility(offer.value, offer.agent == seat.name)
                )
                if walked and (option := outside_option(seat, place, seat.problem)) is not None:
                    worth[seat.name] = option
            except Exception as error:  # noqa: BLE001  # the border to agents' code: a utility of its own
                conversation.note_fault(seat.name, "raised", f"utility raised {type(error).__name__}: {error}")
        return worth

    def __repr__(self) -> str:
        return f"<protocol {self.name}: {', '.join(self.seats)}>"


class Convener:
    """The neutral agent that the runtime seats as manager, auctioneer or mediator: a name, and no hooks."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"Convener({self.name!r})"


def unique_name(name: str, agents: Sequence[Any]) -> str:
    """Return `name`, numbered if an agent already has it."""
    taken = {agent.name for agent in agents}
    number = 2
    candidate = name
    while candidate in taken:
        candidate, number = f"{name}-{number}", number + 1
    return candidate


def finite_or_none(time: float) -> float | None:
    """Return a time, or None for never: messages hold finite numbers only."""
    return time if math.isfinite(time) else None


BARGAINING: Mapping[str | None, Question] = {None: BARGAIN}


def is_count(count: object) -> bool:
    """Whether this says how many may sit in a role: a number, or (at least, at most or None)."""
    least, most = count if isinstance(count, tuple) and len(count) == 2 else (count, count)
    return isinstance(least, int) and (most is None or (isinstance(most, int) and most >= least)) and least >= 0


def plural(role: str) -> str:
    """Return what several of a role are called in an error text."""
    return f"{role[:-1]}ies" if role.endswith("y") else f"{role}s"


def limits(count: SeatCount) -> tuple[int, float]:
    """Return the least and the most that may sit in a role."""
    if isinstance(count, int):
        return count, count
    least, most = count
    return least, float("inf") if most is None else most
