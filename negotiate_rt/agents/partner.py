"""Agents that form coalitions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from negotiate_rt.agents.agent import Agent
from negotiate_rt.errors import ConfigurationError
from negotiate_rt.messages.view import View
from negotiate_rt.problems.scalars import finite
from negotiate_rt.strategies.coalitions import form


class Partner(Agent):
    """A player of a game who proposes, joins and leaves coalitions.

    strategy: MyopicBestResponse(), ValueDemand(...), or any callable of the view that decides in the place of `decide`, plain
    or async. reservation_value: the least payoff it agrees to, in a cost game the most that it pays (None: what it gets or
    pays alone). A subclass may define `decide` instead. In its turn it returns a CoalitionProposal or payoffs by member, None
    to let the turn pass, or Cancel to leave its coalition; asked to join (`view.call.proposal`), True or False; or Walk to
    leave the talk. Raises ConfigurationError for a strategy that cannot be called.
    """

    def __init__(
        self, name: str, strategy: Callable[[View], Any] | None = None, *, reservation_value: float | None = None,
        guard: bool = True, isolated: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(name, guard=guard, isolated=isolated)
        if strategy is not None:
            if not callable(strategy) or isinstance(strategy, type):
                raise ConfigurationError(f"agent {name!r}: strategy must be callable, got {strategy!r}")
            vars(self)["decide"] = strategy
        what = f"agent {name!r}: reservation_value"
        self.least = None if reservation_value is None else finite(reservation_value, what, ConfigurationError)

    def decide(self, view: View) -> Any:  # a decision, or an awaitable of one in a subclass
        """Decide a turn, or whether to join: by default the best response of the moment."""
        return form(view)
