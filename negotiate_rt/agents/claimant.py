"""Agents of fair division: claimants, with values, a strategy, or a hook."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from negotiate_rt.agents.agent import Agent
from negotiate_rt.errors import ConfigurationError
from negotiate_rt.messages.view import View
from negotiate_rt.strategies.claiming import honest


class Claimant(Agent):
    """Takes part in a fair division.

    values: what each item is worth to it, a mapping by item or numbers in the items' order, or a function of a bundle (a
    frozenset of items); over a cake, a CakeValue; of an estate, the number that it claims. strategy: a callable of the view,
    plain or async, that answers `view.call` (problems/division_calls.py says with what); without one it answers honestly. Without
    both it needs a `claim` method of its own, or a problem that knows its values by name. Raises ConfigurationError.
    """

    role = "claimant"

    def __init__(
        self,
        name: str,
        values: Any = None,
        strategy: Callable[[View], Any] | None = None,
        *,
        guard: bool = True,
        isolated: bool = False,
    ) -> None:
        super().__init__(name, guard=guard, isolated=isolated)
        if strategy is not None and not callable(strategy):
            raise ConfigurationError(f"agent {name!r}: strategy must be callable, got {strategy!r}")
        if isinstance(values, (str, bytes, bool)):
            raise ConfigurationError(
                f"agent {name!r}: values must be numbers by item, a function of a bundle, a CakeValue or a claim, got {values!r}"
            )
        self.values = dict(values) if isinstance(values, Mapping) else tuple(values) if isinstance(values, Sequence) else values
        self.strategy = strategy

    @property
    def honest(self) -> bool:
        """Whether it answers by its values alone, and so needs some."""
        return self.strategy is None and type(self).claim is Claimant.claim

    def claim(self, view: View) -> Any:  # what answers view.call, None to let it pass, or an awaitable of one
        """Decide an answer."""
        return honest(view) if self.strategy is None else self.strategy(view)
