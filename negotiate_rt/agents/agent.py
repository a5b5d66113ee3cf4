"""Who takes part: an agent has a name, hooks, and what it wants."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from negotiate_rt.errors import ConfigurationError


class Agent:
    """A party with a name. Alone it divides a pie as the config says; its subclasses bring preferences of their own.

    Life-cycle hooks (plain or async, each with a deadline): `on_start` before its first conversation or when it joins a
    society, `on_stop` after its last or when it leaves. `live(inbox)`, if defined, runs as long as the agent is in a
    society. `max_in_flight` bounds how many of its asynchronous hooks run at once (None: no bound). `guard=False` lets it
    go below its own reservation value; `isolated=True` runs its hooks in a worker process that is killed when late.
    """

    role: ClassVar[str] = ""
    max_in_flight: int | None = None
    capabilities: tuple[str, ...] = ()

    def __init__(
        self, name: str, *, guard: bool = True, isolated: bool = False, capabilities: Iterable[str] = ()
    ) -> None:
        if not isinstance(name, str) or not name.strip():
            raise ConfigurationError(f"an agent needs a name, got {name!r}")
        self.name = name
        self.guard = guard
        self.isolated = isolated
        if isinstance(capabilities, str):
            raise ConfigurationError(f"agent {name!r}: capabilities must be several strings: write ({capabilities!r},)")
        if capabilities:
            self.capabilities = tuple(capabilities)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"
