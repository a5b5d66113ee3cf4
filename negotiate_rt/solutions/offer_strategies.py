"""Strategies of a game of alternating offers as theory takes them: complete plans, as tables, automata or functions.

Outcomes are numbers, periods count from 1. A table plays by the period alone; an automaton has a state that follows what
has been offered and refused; a function of (period, history, role) may look at the whole history.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from enum import IntEnum
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

import msgspec
import numpy as np
from numpy.typing import NDArray

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.solutions.alternating_offers import SequentialEquilibrium
from negotiate_rt.solutions.terms import real_number

Role: TypeAlias = Literal["propose", "respond"]


class OfferAnswer(IntEnum):
    """What a responder says to an offer; False and True are the first two. To leave is to take the outside option."""

    REJECT = 0
    ACCEPT = 1
    LEAVE = 2


@runtime_checkable
class OfferAutomaton(Protocol):
    """A strategy with a state: `start` in period 1, then `advance` after each refused offer, of whichever party."""

    start: Any  # any hashable state of its own

    def offer(self, state: Any, period: int) -> int:
        """Return the number of the outcome to offer."""

    def answer(self, state: Any, period: int, offer: int) -> OfferAnswer | bool:
        """Return what to say to an offer."""

    def advance(self, state: Any, period: int, offer: int) -> Hashable:
        """Return the state after an offer has been refused."""


class OfferTable(msgspec.Struct, frozen=True):
    """A strategy that looks at the period only: what to offer, and the smallest utility to accept.

    offers, least, leaves: one entry per period (those of periods in which the party does not act are ignored), repeated from the
    beginning if the game is longer; leaves: whether the party takes its outside option when it does not accept.
    """

    offers: tuple[int, ...]
    least: tuple[float, ...]
    leaves: tuple[bool, ...] = ()

    def __post_init__(self) -> None:
        if not self.offers or len(self.least) != len(self.offers):
            raise ConfigurationError(
                f"a table needs one offer and one least utility per period, got {len(self.offers)} and {len(self.least)}"
            )
        if self.leaves and len(self.leaves) != len(self.offers):
            raise ConfigurationError(f"leaves has {len(self.leaves)} entries for {len(self.offers)} periods")
        for period, least in enumerate(self.least, 1):
            if least not in (float("inf"), float("-inf")):  # never, and always
                real_number(least, f"least of period {period}")

    @classmethod
    def of(cls, solution: SequentialEquilibrium, party: int) -> OfferTable:
        """Return one party's strategy in an equilibrium."""
        slack = solution.tolerance[party]
        plans = solution.plans
        return cls(
            tuple(plan.offer for plan in plans), tuple(plan.least[party] - slack for plan in plans),
            tuple(plan.leaves and plan.proposer != party for plan in plans),
        )  # fmt: skip


Strategy: TypeAlias = OfferTable | OfferAutomaton | Callable[[int, tuple[int, ...], Role], Any]


class BoundTable:
    """A table with its party's utilities: an automaton of one state that answers all outcomes at once."""

    __slots__ = ("start", "table", "utilities")

    def __init__(self, table: OfferTable, utilities: NDArray[np.float64]) -> None:
        self.table = table
        self.utilities = utilities
        self.start = None

    def offer(self, state: Any, period: int) -> int:
        """Return the offer of the period."""
        return self.table.offers[(period - 1) % len(self.table.offers)]

    def answer(self, state: Any, period: int, offer: int) -> OfferAnswer:
        """Accept from the period's least utility on; else leave or reject."""
        place = (period - 1) % len(self.table.least)
        if self.utilities[offer] >= self.table.least[place]:
            return OfferAnswer.ACCEPT
        return OfferAnswer.LEAVE if self.table.leaves and self.table.leaves[place] else OfferAnswer.REJECT

    def advance(self, state: Any, period: int, offer: int) -> None:
        """There is one state only."""

    def answers(self, period: int) -> NDArray[np.int8]:
        """Return the answers to all outcomes. Cost: O(outcomes)."""
        place = (period - 1) % len(self.table.least)
        no = OfferAnswer.LEAVE if self.table.leaves and self.table.leaves[place] else OfferAnswer.REJECT
        return np.where(self.utilities >= self.table.least[place], np.int8(OfferAnswer.ACCEPT), np.int8(no))


class RememberingFunction:
    """A function of (period, history, role) as an automaton whose state is the history, or its last `memory` offers."""

    __slots__ = ("function", "memory", "start")

    def __init__(self, function: Callable[..., Any], memory: int | None) -> None:
        if memory is not None and (isinstance(memory, bool) or not isinstance(memory, int) or memory < 0):
            raise ConfigurationError(f"memory must be a number of offers >= 0, or None for all of them, got {memory!r}")
        self.function = function
        self.memory = memory
        self.start: tuple[int, ...] = ()

    def offer(self, state: Any, period: int) -> int:
        """Ask the function for an offer."""
        return self.function(period, state, "propose")  # type: ignore[no-any-return]  # `checked_offer` looks at it

    def answer(self, state: Any, period: int, offer: int) -> Any:
        """Ask the function for an answer; the offer is the last of the history."""
        return self.function(period, (*state, offer), "respond")

    def advance(self, state: Any, period: int, offer: int) -> tuple[int, ...]:
        """Return the history, cut to what is remembered."""
        history: tuple[int, ...] = (*state, offer)
        return history if self.memory is None else history[len(history) - self.memory :] if self.memory else ()


def automaton(strategy: Strategy, utilities: NDArray[np.float64], memory: int | None = None) -> OfferAutomaton:
    """Return any strategy as an automaton; ConfigurationError if it is none."""
    if isinstance(strategy, OfferTable):
        return BoundTable(strategy, utilities)
    if isinstance(strategy, OfferAutomaton):
        return strategy
    if callable(strategy):
        return RememberingFunction(strategy, memory)
    raise ConfigurationError(
        f"a strategy is an OfferTable, an automaton (start, offer, answer, advance) or a function of (period, history, role), "
        f"got {strategy!r}"
    )


def checked_offer(strategy: OfferAutomaton, state: Any, period: int, outcomes: int) -> int:
    """Return what a strategy offers; ConfigurationError unless it is the number of an outcome."""
    offer = strategy.offer(state, period)
    if isinstance(offer, bool) or not isinstance(offer, (int, np.integer)) or not 0 <= offer < outcomes:
        raise ConfigurationError(
            f"a strategy offered {offer!r} in period {period}; expected the number of an outcome, 0 to {outcomes - 1}"
        )
    return int(offer)


def checked_answer(strategy: OfferAutomaton, state: Any, period: int, offer: int, may_leave: bool) -> OfferAnswer:
    """Return what a strategy answers; ConfigurationError unless it is a legal answer."""
    given: object = strategy.answer(state, period, offer)
    if isinstance(given, (bool, np.bool_, OfferAnswer)):
        answer = OfferAnswer(int(given))
        if answer is not OfferAnswer.LEAVE or may_leave:
            return answer
        raise ConfigurationError(f"a strategy left in period {period}, but its party has no outside option")
    raise ConfigurationError(
        f"a strategy answered {given!r} in period {period}; expected True, False or an OfferAnswer"
    )
