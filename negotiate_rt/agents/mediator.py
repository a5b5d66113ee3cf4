"""A mediator of one's own: neutral, with a say in what is proposed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from negotiate_rt.agents.agent import Agent
from negotiate_rt.errors import ConfigurationError


class Mediator(Agent):
    """Mediates as the options say, and may propose something else.

    suggest: view -> an outcome to put to the parties, or None for what the method itself found; plain or async, given here or
    written as a method of a subclass. `view.call` (a Suggested) tells the method's own draft, whether it is put to the
    vote only, what was disclosed, and the last votes; `view.problem` is the problem without anybody's utilities.
    Raises ConfigurationError for a hook that cannot be called.
    """

    role = "mediator"

    def __init__(
        self, name: str, suggest: Callable[[Any], Any] | None = None, *, guard: bool = True, isolated: bool = False
    ) -> None:
        super().__init__(name, guard=guard, isolated=isolated)
        if suggest is not None:
            if not callable(suggest):
                raise ConfigurationError(f"agent {name!r}: suggest must be callable, got {suggest!r}")
            vars(self)["suggest"] = suggest
