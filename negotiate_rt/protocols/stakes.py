"""What is at stake in a bargain: which problem it is, and what each seat wants of it.

Agents own their preferences; the problem, then the config, fill what an agent does not bring. Without a problem, agents
with limit prices, and those that all decide for themselves, negotiate one price; plain agents divide a pie of size
`initial_offer`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.problems.bargaining import BargainingProblem, Pie, PriceProblem
from negotiate_rt.problems.derived import DiscountedUtility
from negotiate_rt.problems.preferences import (
    PiePreferences,
    Preferences,
    PricePreferences,
    UnknownPreferences,
    ValuedPricePreferences,
)
from negotiate_rt.problems.searched import outcome_preferences
from negotiate_rt.protocols.waning import DiscountedPreferences
from negotiate_rt.runtime.seat import Question, Seat
from negotiate_rt.strategies.deciding import only_concedes

Problem = PriceProblem | Pie | BargainingProblem


def settle_stakes(
    protocol: str, seats: Sequence[Seat], config: NegotiationConfig, problem: Any,
    over_outcomes: Callable[..., Preferences] = outcome_preferences,
) -> Problem:  # fmt: skip
    """Resolve the problem and set each seat's problem, preferences and strategy. Raises ConfigurationError.

    over_outcomes: (space, utility, reservation value, opening) -> preferences, where there are issues.
    """
    resolved = _problem(protocol, seats, config, problem)
    for number, seat in enumerate(seats):
        seat.problem = resolved.known_to(seat.name, number) if isinstance(resolved, BargainingProblem) else resolved
        seat.preferences = _wants(seat, number, seats, config, resolved, over_outcomes)
        seat.strategy = getattr(seat.agent, "strategy", None) or config.concession_strategy
    if getattr(resolved, "information", "private") == "complete":
        for seat in seats:
            seat.questions = {hook: revealing(question, seats) for hook, question in seat.questions.items()}
    return resolved


def revealing(question: Question, seats: Sequence[Seat]) -> Question:
    """Return a question whose view shows the other parties' preferences, as they are when it is asked."""
    shown = question.view
    if shown is None:
        return question

    def view(talk: Any, *arguments: Any) -> Any:
        return replace(
            shown(talk, *arguments), others={one.name: one.preferences for one in seats if one is not talk.seat}
        )

    return Question(
        question.hook, question.judge, view, question.execution, question.adapt, question.default, question.routine
    )  # fmt: skip


def _problem(protocol: str, seats: Sequence[Seat], config: NegotiationConfig, problem: Any) -> Problem:
    if isinstance(problem, (PriceProblem, Pie, BargainingProblem)):
        return problem
    if problem is not None:
        raise ConfigurationError(
            f"{protocol}: problem must be a PriceProblem, Pie or BargainingProblem, got {type(problem).__name__}"
        )
    if any(_trades(seat.agent) or getattr(seat.agent, "utility", None) is not None for seat in seats):
        return PriceProblem()
    if config.initial_offer is None and all(_decides(seat) for seat in seats):
        return PriceProblem()
    return Pie(1.0 if config.initial_offer is None else config.initial_offer)


def _trades(agent: Any) -> bool:
    """Whether an agent buys or sells at a limit price."""
    return getattr(agent, "side", None) in ("buy", "sell")


def _decides(seat: Seat) -> bool:
    """Whether an agent has a hook of its own, which needs no preferences."""
    return not only_concedes(seat.function(seat.question(None)))


def _wants(
    seat: Seat, number: int, seats: Sequence[Seat], config: NegotiationConfig, problem: Problem,
    over_outcomes: Callable[..., Preferences],
) -> Preferences:  # fmt: skip
    agent = seat.agent
    try:
        if isinstance(problem, BargainingProblem):
            wants = _of_outcomes(seat, number, config, problem, over_outcomes)
        elif isinstance(problem, Pie):
            wants = _of_pie(agent, config, problem)
        else:
            wants = _of_price(seat, seats, config, problem)
        wants = _waning(wants, seat, number, problem)
        if isinstance(wants, UnknownPreferences):
            _check_decides(seat, problem)
    except ConfigurationError as error:
        raise ConfigurationError(f"agent {seat.name!r}: {error}") from None
    return wants


def _utility(seat: Seat, number: int, problem: Problem) -> Any:  # a utility function, or None
    """Return the utility function that a seat's preferences are made of."""
    own = getattr(seat.agent, "utility", None)
    return problem.utility_of(seat.name, number) if own is None and isinstance(problem, BargainingProblem) else own


def _waning(wants: Preferences, seat: Seat, number: int, problem: Problem) -> Preferences:
    """Return preferences that shrink as the agent's own discounted utility says, else as the problem does. Who opens can have
    its offer taken in the same round, anybody else in the next."""
    utility = getattr(seat.agent, "utility", None)
    later = int(number > 0)
    if isinstance(utility, DiscountedUtility):
        while isinstance(utility, DiscountedUtility):
            wants = _discounted(wants, utility.discount, utility.per, later)
            utility = utility.base
    elif isinstance(problem, BargainingProblem) and (rate := problem.discount_of(seat.name, number)) is not None:
        wants = _discounted(wants, rate.factor, rate.per, later)
    return wants


def _discounted(wants: Preferences, factor: float, per: str, later: int) -> Preferences:
    return DiscountedPreferences(wants, factor, per == "round", later) if factor < 1 and wants.known else wants


def _check_decides(seat: Seat, problem: Problem) -> None:
    """Raise ConfigurationError for an agent that brings neither preferences nor a way to decide without."""
    if _decides(seat):
        return
    if isinstance(problem, BargainingProblem):
        raise ConfigurationError("has no utility here: bring one, name it in the problem, or define a `decide` hook")
    raise ConfigurationError(
        "has no limit price here: seat a Buyer or Seller, set reservation_value opposite one, or define a `decide` hook"
    )


def _opening(agent: Any, config: NegotiationConfig) -> Any:
    opening = getattr(agent, "opening", None)
    return config.initial_offer if opening is None else opening


def _of_price(seat: Seat, seats: Sequence[Seat], config: NegotiationConfig, problem: PriceProblem) -> Preferences:
    agent = seat.agent
    utility = getattr(agent, "utility", None)
    if _trades(agent):
        return _trading(agent, agent.limit, config, agent.side == "sell")
    if utility is not None:
        return ValuedPricePreferences(utility, getattr(agent, "reservation_value", 0.0), _opening(agent, config))
    sides = [one.agent.side for one in seats if _trades(one.agent)]
    if config.reservation_value is not None and len(sides) == 1:  # a plain agent opposite a trader takes the other side
        return _trading(agent, config.reservation_value, config, sides[0] == "buy")
    return UnknownPreferences(problem.check, _opening(agent, config))


def _trading(agent: Any, limit: float, config: NegotiationConfig, selling: bool) -> PricePreferences:
    """Return a trader's preferences. One initial_offer serves both sides: whom it would harm opens automatically."""
    opening = _opening(agent, config)
    if opening is not None and getattr(agent, "opening", None) is None and (opening < limit if selling else opening > limit):
        opening = None
    return PricePreferences(limit, opening, selling=selling)


def _of_pie(agent: Any, config: NegotiationConfig, problem: Pie) -> Preferences:
    if _trades(agent):
        raise ConfigurationError("a buyer or seller negotiates a price; this problem is a pie")
    brought = getattr(agent, "reservation_value", 0.0)
    least = brought or config.reservation_value or 0.0
    opening = getattr(agent, "opening", None)
    return PiePreferences(problem.size, least, problem.size if opening is None else opening)


def _of_outcomes(
    seat: Seat, number: int, config: NegotiationConfig, problem: BargainingProblem,
    over_outcomes: Callable[..., Preferences],
) -> Preferences:  # fmt: skip
    agent = seat.agent
    if _trades(agent):
        raise ConfigurationError("a buyer or seller negotiates a price; this problem has issues: seat a Negotiator")
    own = getattr(agent, "utility", None)
    utility = _utility(seat, number, problem)
    if utility is None:
        return UnknownPreferences(problem.check)
    least = getattr(agent, "reservation_value", 0.0)
    if not least:
        given = problem.reservation_of(seat.name, number)
        least = given if given is not None else (config.reservation_value or 0.0) if own is None else 0.0
    return over_outcomes(problem.space, utility, least, _opening(agent, config))


def outside_option(seat: Seat, number: int, problem: Problem) -> float | None:
    """Return what walking away is worth to a seat, as a utility: what the agent brings, else the problem; None for neither."""
    brought: float | None = getattr(seat.agent, "outside_option", None)
    if brought is None and isinstance(problem, BargainingProblem):
        return problem.outside_option_of(seat.name, number)
    return brought
