"""What an executor and a society have in common: settings of their own, the protocols they know, and who listens."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.executor.listeners import Listeners
from negotiate_rt.executor.settings import Settings
from negotiate_rt.messages.outcome import NegotiationOutcome
from negotiate_rt.protocols.base import NegotiationProtocol
from negotiate_rt.strategies.reliability import ReliabilityLedger


class Owner:
    """Root of NegotiationExecutor and Society. Raises ConfigurationError for choices that there are not."""

    def __init__(self, **choices: Any) -> None:
        try:
            self._settings = Settings(**choices)
        except TypeError as error:
            raise ConfigurationError(f"{type(self).__name__}: {error}") from None
        self._listeners = Listeners()

    @property
    def name(self) -> str:
        """The name that conversation ids begin with."""
        return self._settings.name

    @property
    def reliability(self) -> ReliabilityLedger:
        """How contractors' work has gone in the negotiations held here: name -> Reliability."""
        return self._settings.reliability

    @property
    def resumed(self) -> tuple[NegotiationOutcome, ...]:
        """How the negotiations ended that a killed society had left open in this journal: each once, `cancelled` unless an
        acceptance had bound."""
        return tuple(self._settings.resumed)

    @property
    def protocols(self) -> Mapping[str, NegotiationProtocol]:
        """Registered protocols by name."""
        return MappingProxyType(self._settings.protocols)

    def register(self, protocol: NegotiationProtocol) -> None:
        """Add a protocol, or replace the one of its name. Raises ProtocolDefinitionError if it is not sound."""
        self._settings.register(protocol)

    def add_listener(self, listener: Any) -> None:
        """Tell a NegotiationListener, or anything with methods of its, of starts, outcomes, and records."""
        self._listeners.listeners.append(listener)
