"""What a society or executor was made with: clock, network, seed, limits, protocols, and how its log is written."""

from __future__ import annotations

import itertools
import logging
import math
import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, get_args

from negotiate_rt.errors import ConfigurationError, ProtocolDefinitionError, suggest
from negotiate_rt.machine.check import problems_of
from negotiate_rt.messages.config import NegotiationConfig, protocol_name, seconds, whole
from negotiate_rt.messages.outcome import NegotiationOutcome
from negotiate_rt.protocols.base import NegotiationProtocol
from negotiate_rt.protocols.catalogue import Catalogue
from negotiate_rt.runtime.mailbox import CAPACITY, Overflow
from negotiate_rt.runtime.seat import Seat
from negotiate_rt.strategies.reliability import ReliabilityLedger

if TYPE_CHECKING:
    from negotiate_rt.runtime.network import Network

CLOCKS = ("real", "virtual")
OVERFLOWS: tuple[str, ...] = get_args(Overflow)
_numbers = itertools.count(1)


class Settings:
    """The frozen choices of a society, its protocols, and its count of ids (`<society>/<number>`, made without chance)."""

    def __init__(  # noqa: PLR0913  # the public keywords of executor and society
        self, *, clock: str = "real", network: Network | None = None, seed: int | None = None,
        journal: Any = None, name: str | None = None, max_in_flight: float | None = math.inf,
        mailbox_capacity: int = CAPACITY, overflow: Overflow = "fail", start_timeout: float | timedelta | None = 10.0,
        stop_timeout: float | timedelta | None = 5.0, grace: float = 0.5, watchdog: float = 0.25,
        reliability: ReliabilityLedger | None = None, shuffle: int | None = None,
    ) -> None:  # fmt: skip
        if clock not in CLOCKS:
            raise ConfigurationError(
                f"clock: expected 'real' or 'virtual', got {clock!r}" + suggest(str(clock), CLOCKS)
            )
        if journal is not None:
            from negotiate_rt.journal.journal import Journal, as_journal  # late: most programs keep none

            journal = as_journal(journal)
            if name is None and isinstance(journal, Journal):
                name = journal.society
        if name is not None and not isinstance(name, str):
            raise ConfigurationError(f"name: expected text, got {name!r}")
        if overflow not in OVERFLOWS:
            raise ConfigurationError(
                f"overflow: expected one of {', '.join(OVERFLOWS)}, got {overflow!r}"
                + suggest(str(overflow), OVERFLOWS)
            )
        self.clock = clock
        self.network = checked_network(network)
        self.seed = 0 if seed is None else whole("seed", seed)
        self.journal = journal
        self.name = name or f"society-{next(_numbers)}"
        unbounded = max_in_flight is None or max_in_flight == math.inf
        self.max_in_flight = math.inf if unbounded else whole("max_in_flight", max_in_flight, 1)
        self.mailbox_capacity = whole("mailbox_capacity", mailbox_capacity, 1)
        self.overflow = overflow
        self.start_timeout = limit("start_timeout", start_timeout)
        self.stop_timeout = limit("stop_timeout", stop_timeout)
        self.grace = limit("grace", grace, or_none=True)
        self.watchdog = limit("watchdog", watchdog, or_none=True)
        if reliability is not None and not isinstance(reliability, ReliabilityLedger):
            raise ConfigurationError(f"reliability: expected a ReliabilityLedger or None, got {reliability!r}")
        self.reliability = ReliabilityLedger() if reliability is None else reliability
        self.shuffle = None if shuffle is None else whole("shuffle", shuffle)
        self.protocols = Catalogue()
        self.last_id = 0
        self.resumed: list[NegotiationOutcome] = []  # those that a killed society had left in the journal

    def schedule(self) -> random.Random | None:
        """Return the stream by which those that are ready take turns; None: in the order in which they became so."""
        return None if self.shuffle is None else random.Random(f"schedule/{self.shuffle}")

    def next_id(self) -> str:
        """Return the next conversation id."""
        self.last_id += 1
        return f"{self.name}/{self.last_id}"

    def go_on_from(self, number: int) -> None:
        """Let ids go on after those that a journal knows."""
        self.last_id = max(self.last_id, number)

    def register(self, protocol: NegotiationProtocol) -> None:
        """Add a protocol, or replace the one of its name. Raises ProtocolDefinitionError if it is not sound."""
        if isinstance(protocol, type) and issubclass(protocol, NegotiationProtocol):
            protocol = protocol()  # a class is as good as an instance
        if not isinstance(protocol, NegotiationProtocol):
            raise ConfigurationError(f"register: expected a NegotiationProtocol, got {type(protocol).__name__}")
        protocol.check()
        if problems := problems_of(protocol.table, protocol.joint_table):
            raise ProtocolDefinitionError(protocol.name, problems)
        for name in list(self.protocols):  # one that is only spelled otherwise is the same to `find`
            if name != protocol.name and protocol_name(name) == protocol_name(protocol.name):
                del self.protocols[name]
        self.protocols[protocol.name] = protocol

    def find(self, name: str) -> NegotiationProtocol | None:
        """Return the protocol of this name, however it is spelled."""
        if name in self.protocols:
            return self.protocols[name]
        same = next((known for known in self.protocols if protocol_name(known) == name), None)
        return None if same is None else self.protocols[same]

    def chosen(self, config: NegotiationConfig) -> tuple[NegotiationConfig, NegotiationProtocol]:
        """Return a config (made of a bare name, if that is what is given) and its protocol. Raises ConfigurationError."""
        if isinstance(config, str):
            config = NegotiationConfig(config)
        if not isinstance(config, NegotiationConfig):
            raise ConfigurationError(f"config: expected a NegotiationConfig, got {type(config).__name__}")
        protocol = self.find(config.type) or self.find(protocol_name(config.type))
        if protocol is None:
            raise ConfigurationError(
                f"unknown protocol {config.type!r}; registered: {', '.join(self.protocols)}"
                + suggest(protocol_name(config.type), self.protocols)
            )
        return config, protocol

    def plan(
        self, agents: Sequence[Any], config: NegotiationConfig, problem: Any
    ) -> tuple[NegotiationProtocol, list[Seat], NegotiationConfig, Any, Any]:
        """Return protocol, seats, config, problem and options of a negotiation to be. Raises ConfigurationError."""
        config, protocol = self.chosen(config)
        agents = checked(agents)
        options = protocol.settings(config)
        seats = [Seat(agent, role, protocol.questions_for(role)) for role, agent in protocol.assign(agents)]
        convener = protocol.convener
        if convener and not any(seat.role == convener for seat in seats):
            host = protocol.make_initiator(config, agents)
            seats.insert(0, Seat(host, convener, protocol.questions_for(convener)))
        deciding = [(seat, seat.function(seat.questions[None])) for seat in seats if seat.role != convener]
        problem = protocol.settle(seats, config, problem)
        for seat, hook in deciding:
            misfit = getattr(hook, "misfit", None)
            if misfit is not None and (cause := misfit(seat.preferences, problem, len(deciding))):
                raise ConfigurationError(f"agent {seat.name!r}: its strategy {cause}")
        return protocol, seats, config, problem, options


def checked_network(network: Any) -> Network | None:  # whatever the caller gave
    """Return the network. Raises ConfigurationError if it is none."""
    if network is None:
        return None
    from negotiate_rt.runtime.network import Network  # late: a perfect network is none

    if not isinstance(network, Network):
        raise ConfigurationError(f"network: expected a Network or None, got {network!r}")
    return network


def limit(name: str, value: float | timedelta | None, or_none: bool = False) -> float:
    """Return seconds, infinite for None; `or_none`: 0 is allowed, and is what None means. Raises ConfigurationError."""
    if or_none and (value is None or (value == 0 and not isinstance(value, bool))):
        return 0.0
    amount = seconds(name, value)
    return math.inf if amount is None else amount


def checked(agents: Any) -> list[Any]:  # whatever the caller gave
    """Return the agents as a list. Raises ConfigurationError unless it is some, each with a name."""
    if isinstance(agents, str) or not isinstance(agents, Iterable):
        raise ConfigurationError(f"agents: expected a list of agents, got {agents!r}")
    listed = list(agents)
    for agent in listed:
        name = getattr(agent, "name", None)
        if not isinstance(name, str) or not name:
            raise ConfigurationError(f"agents: {agent!r} has no name, so it cannot take part")
    return listed


def built_in() -> Mapping[str, NegotiationProtocol]:
    """Return the built-in protocols by name; each is loaded when it is looked up."""
    return Catalogue()


@cache
def _stdlib_logger() -> Any:  # a structlog BoundLogger
    import structlog  # late: 60 ms of import that many programs never need

    return structlog.wrap_logger(
        logging.getLogger("negotiate_rt"),
        processors=[structlog.stdlib.filter_by_level, structlog.stdlib.render_to_log_kwargs],
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def logger() -> Any:  # a structlog BoundLogger
    """Return the log: the application's structlog if it configured one, else the standard library's `negotiate_rt` logger."""
    import structlog  # late, as above

    return structlog.get_logger("negotiate_rt") if structlog.is_configured() else _stdlib_logger()
