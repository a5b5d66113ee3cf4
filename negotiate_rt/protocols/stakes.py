"""What is at stake in a bargain: which problem it is, and what each seat wants of it.

Agents own their preferences; the problem, then the config, fill what an agent does not bring. Without a problem, agents
with limit prices negotiate one price, and plain agents divide a pie of size `initial_offer`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.problems.bargaining import BargainingProblem, Pie, PriceProblem
from negotiate_rt.problems.preferences import (
    OutcomePreferences,
    PiePreferences,
    Preferences,
    PricePreferences,
    UnknownPreferences,
    ValuedPricePreferences,
)
from negotiate_rt.runtime.seat import Seat

Problem = PriceProblem | Pie | BargainingProblem


def settle_stakes(protocol: str, seats: Sequence[Seat], config: NegotiationConfig, problem: Any) -> Problem:
    """Resolve the problem and set each seat's problem, preferences and strategy. Raises ConfigurationError."""
    resolved = _problem(protocol, seats, config, problem)
    for number, seat in enumerate(seats):
        seat.problem = resolved
        seat.preferences = _wants(seat, number, seats, config, resolved)
        seat.strategy = getattr(seat.agent, "strategy", None) or config.concession_strategy
    return resolved


def _problem(protocol: str, seats: Sequence[Seat], config: NegotiationConfig, problem: Any) -> Problem:
    if isinstance(problem, (PriceProblem, Pie, BargainingProblem)):
        return problem
    if problem is not None:
        raise ConfigurationError(
            f"{protocol}: problem must be a PriceProblem, Pie or BargainingProblem, got {type(problem).__name__}"
        )
    if any(_trades(seat.agent) or getattr(seat.agent, "utility", None) is not None for seat in seats):
        return PriceProblem()
    return Pie(1.0 if config.initial_offer is None else config.initial_offer)


def _trades(agent: Any) -> bool:
    """Whether an agent buys or sells at a limit price."""
    return getattr(agent, "side", None) in ("buy", "sell")


def _wants(seat: Seat, number: int, seats: Sequence[Seat], config: NegotiationConfig, problem: Problem) -> Preferences:
    agent = seat.agent
    try:
        if isinstance(problem, BargainingProblem):
            return _of_outcomes(seat, number, config, problem)
        if isinstance(problem, Pie):
            return _of_pie(agent, config, problem)
        return _of_price(seat, seats, config, problem)
    except ConfigurationError as error:
        raise ConfigurationError(f"agent {seat.name!r}: {error}") from None


def _opening(agent: Any, config: NegotiationConfig) -> Any:
    opening = getattr(agent, "opening", None)
    return config.initial_offer if opening is None else opening


def _of_price(seat: Seat, seats: Sequence[Seat], config: NegotiationConfig, problem: PriceProblem) -> Preferences:
    agent = seat.agent
    opening = _opening(agent, config)
    utility = getattr(agent, "utility", None)
    if _trades(agent):
        return PricePreferences(agent.limit, opening, selling=agent.side == "sell")
    if utility is not None:
        return ValuedPricePreferences(utility, agent.reservation_value, opening)
    sides = [one.agent.side for one in seats if _trades(one.agent)]
    if config.reservation_value is not None and len(sides) == 1:  # a plain agent opposite a trader takes the other side
        return PricePreferences(config.reservation_value, opening, selling=sides[0] == "buy")
    return UnknownPreferences(problem.check, opening)


def _of_pie(agent: Any, config: NegotiationConfig, problem: Pie) -> Preferences:
    if _trades(agent):
        raise ConfigurationError("a buyer or seller negotiates a price; this problem is a pie")
    brought = getattr(agent, "reservation_value", 0.0)
    least = brought or config.reservation_value or 0.0
    opening = getattr(agent, "opening", None)
    return PiePreferences(problem.size, least, problem.size if opening is None else opening)


def _of_outcomes(seat: Seat, number: int, config: NegotiationConfig, problem: BargainingProblem) -> Preferences:
    agent = seat.agent
    if _trades(agent):
        raise ConfigurationError("a buyer or seller negotiates a price; this problem has issues: seat a Negotiator")
    own = getattr(agent, "utility", None)
    utility = own or problem.utility_of(seat.name, number)
    if utility is None:
        return UnknownPreferences(problem.check)
    least = getattr(agent, "reservation_value", 0.0)
    if not least:
        given = problem.reservation_of(seat.name, number)
        least = given if given is not None else (config.reservation_value or 0.0) if own is None else 0.0
    return OutcomePreferences(problem.space, utility, least, _opening(agent, config))
