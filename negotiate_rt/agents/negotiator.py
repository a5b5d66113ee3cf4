"""Bargaining agents: negotiators with a utility, buyers and sellers with a limit price."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import FunctionType
from typing import Any, ClassVar

from negotiate_rt.agents.agent import Agent
from negotiate_rt.errors import ConfigurationError
from negotiate_rt.messages.performatives import Message
from negotiate_rt.messages.view import View
from negotiate_rt.problems.scalars import finite
from negotiate_rt.runtime.seat import is_async
from negotiate_rt.strategies.deciding import STRATEGY_ARGUMENTS, concede, conceding, takes_view


class Negotiator(Agent):
    """A party with a utility over the problem's outcomes and a reservation value.

    utility: AdditiveUtility or any callable outcome -> number (None: the problem's, if it has one). opening: a utility or
    an outcome to start from (a price or share in those problems; None: automatic). strategy: a concession strategy, or a
    callable of the view that decides in the place of `decide`. outside_option: the utility of what it can have elsewhere
    by walking away (None: the problem's, if it has one); unlike the reservation value, it is no bound on deals. How much it
    tells a mediator, at most, stands in its attribute `disclosure`: "full" (its utility), "ranking" (the order of outcomes),
    "pairwise" (which of two is better) or "votes". Raises ConfigurationError for values out of range.
    """

    outside_option: float | None = None
    disclosure: str = "full"

    def __init__(  # noqa: PLR0913  # the public signature
        self, name: str, utility: Callable[..., float] | None = None, reservation_value: float = 0.0,
        opening: Any = None, strategy: Callable[..., Any] | None = None, *, guard: bool = True, isolated: bool = False,
        outside_option: float | None = None,
    ) -> None:  # fmt: skip
        super().__init__(name, guard=guard, isolated=isolated)
        if outside_option is not None:
            self.outside_option = finite(outside_option, f"agent {name!r}: outside_option", ConfigurationError)
        if utility is not None and not callable(utility):
            raise ConfigurationError(f"agent {name!r}: utility must be callable, got {utility!r}")
        self.utility = utility
        self.reservation_value = finite(reservation_value, f"agent {name!r}: reservation_value", ConfigurationError)
        self.opening = opening
        self.strategy = decides(self, strategy)

    @conceding
    def decide(self, view: View) -> Any:  # a decision, or an awaitable of one in a subclass
        """Decide a turn: Propose, Accept or Walk. By default concede along the strategy."""
        return concede(view)


class Trader(Negotiator):
    """A party that trades at a price no worse than `limit`; utility is the surplus over it, in the price's unit."""

    side: ClassVar[str] = ""

    def __init__(  # noqa: PLR0913  # the public signature
        self, name: str, limit: float, opening: float | None = None, strategy: Callable[..., Any] | None = None, *,
        guard: bool = True, isolated: bool = False, outside_option: float | None = None,
    ) -> None:  # fmt: skip
        super().__init__(
            name, opening=opening, strategy=strategy, guard=guard, isolated=isolated, outside_option=outside_option
        )
        self.limit = finite(limit, f"agent {name!r}: limit", ConfigurationError)
        if opening is not None:
            self.opening = finite(opening, f"agent {name!r}: opening", ConfigurationError)


class Buyer(Trader):
    """Buys at `limit` or less; opens at 0 unless told otherwise."""

    side = "buy"


class Seller(Trader):
    """Sells at `limit` or more; opens at twice its limit unless told otherwise."""

    side = "sell"


def decides(agent: Agent, strategy: Callable[..., Any] | None) -> Callable[..., Any] | None:
    """Return a concession strategy as it is; let a callable of the view decide in the place of the agent's own hook."""
    if strategy is None:
        return None
    if not callable(strategy):
        raise ConfigurationError(f"agent {agent.name!r}: strategy must be callable, got {strategy!r}")
    if takes_view(strategy):
        hook: Callable[..., Message] = strategy
        vars(agent)["decide"] = hook
        return None
    if is_async(strategy):
        raise ConfigurationError(
            f"agent {agent.name!r}: strategy {strategy!r} is async; a concession strategy is a plain function of five "
            "arguments, a function of the view may be async"
        )
    if isinstance(strategy, FunctionType) and not _may_take(strategy, STRATEGY_ARGUMENTS):
        raise ConfigurationError(
            f"agent {agent.name!r}: strategy {strategy!r} must take one argument, the view, or five: round, max_rounds, "
            "reservation_value, current_value, history"
        )
    return strategy


def _may_take(function: FunctionType, arguments: int) -> bool:
    """Whether a plain function can be called with so many positional arguments."""
    if function.__dict__:  # a decorated one may have another's signature
        return True
    code, given = function.__code__, len(function.__defaults__ or ())
    fits = code.co_argcount - given <= arguments and (
        code.co_argcount >= arguments or bool(code.co_flags & inspect.CO_VARARGS)
    )
    return fits and code.co_kwonlyargcount == len(function.__kwdefaults__ or {})
