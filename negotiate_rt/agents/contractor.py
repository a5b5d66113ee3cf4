"""Contract-net agents: contractors that bid and perform, managers that award."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from negotiate_rt.agents.agent import Agent
from negotiate_rt.errors import ConfigurationError
from negotiate_rt.messages.outcome import Bid


class Contractor(Agent):
    """Bids for tasks and performs what it is awarded.

    bid: task -> number or mapping of numbers (None: refuse); perform: task -> report (None: done). Both plain or async; a
    subclass may define `bid` and `perform` instead. Raises ConfigurationError if there is no way to bid.
    """

    role = "contractor"

    def __init__(
        self, name: str, bid: Callable[[Any], Any] | None = None, perform: Callable[[Any], Any] | None = None,
        capabilities: Iterable[str] = (), *, guard: bool = True, isolated: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(name, guard=guard, isolated=isolated, capabilities=capabilities)
        for hook, given in (("bid", bid), ("perform", perform)):
            if given is not None:
                if not callable(given):
                    raise ConfigurationError(f"agent {name!r}: {hook} must be callable, got {given!r}")
                vars(self)[hook] = given
        if not callable(getattr(self, "bid", None)):
            raise ConfigurationError(
                f"agent {name!r}: a contractor needs a way to bid: Contractor(name, bid=...) or a `bid` method"
            )


class Manager(Agent):
    """Awards tasks. award: (task, bids) -> a bid, a name, or a sequence of them; plain or async. None: by the options' rule."""

    role = "manager"

    def __init__(
        self,
        name: str,
        award: Callable[[Any, Sequence[Bid]], Any] | None = None,
        *,
        guard: bool = True,
        isolated: bool = False,
    ) -> None:
        super().__init__(name, guard=guard, isolated=isolated)
        if award is not None:
            if not callable(award):
                raise ConfigurationError(f"agent {name!r}: award must be callable, got {award!r}")
            vars(self)["award"] = award
