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
    subclass may define `bid` and `perform` instead. Either may take a second argument, its `Engagement`: to tell the manager
    how the work goes (`progress("half done")`), to subcontract (`await context.negotiate(...)`), and to look at what is
    known of the call. Only who has the `capabilities` that a task or its manager asks for is called. Raises
    ConfigurationError if there is no way to bid.
    """

    role = "contractor"

    def __init__(
        self, name: str, bid: Callable[..., Any] | None = None, perform: Callable[..., Any] | None = None,
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
    """Awards tasks. Each hook may be plain or async, given here or written as a method of a subclass.

    award: (task, bids) -> a bid, a name, or a sequence of them (None: by the options' rule); with a third argument it gets
    the proposers' records by name. monitor: (task, report) -> None or True to let a contractor that told of its progress go
    on, False or a Cancel to call it off and award again. revise: (task, bids, round) -> what to call for next in an iterated
    contract net, None to award. Raises ConfigurationError for a hook that cannot be called.
    """

    role = "manager"

    def __init__(
        self, name: str, award: Callable[..., Any] | None = None, *, monitor: Callable[[Any, Any], Any] | None = None,
        revise: Callable[[Any, Sequence[Bid], int], Any] | None = None, guard: bool = True, isolated: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(name, guard=guard, isolated=isolated)
        for hook, given in (("award", award), ("monitor", monitor), ("revise", revise)):
            if given is not None:
                if not callable(given):
                    raise ConfigurationError(f"agent {name!r}: {hook} must be callable, got {given!r}")
                vars(self)[hook] = given
