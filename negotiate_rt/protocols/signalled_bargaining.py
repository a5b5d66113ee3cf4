"""Signalled bargaining: both parties say what they care for before they bargain, and may or may not be held to it.

Before the first offer the initiator, and then the responder, who has heard it, may signal: bounds on the price (of a pie: on
its own share), the values that it would agree to issue by issue, and how much the issues matter to it. What follows is
`bilateral`; signals are no turns, and rounds count from the first offer.

With `talk = "cheap"` a signal binds nobody (Crawford and Sobel 1982; before bargaining Farrell and Gibbons 1989). With
`talk = "binding"` the table holds both ends to it: no offer and no acceptance may go beyond the bounds that its sayer
signalled, or name a value that it did not say it would agree to; such a move is illegal and never sent. Weights are talk
in both cases: nobody can see in an offer what an issue weighs.

What is awkward: a signal that a party's own reservation value contradicts may be said, even where it binds; the party may
then be unable to agree to anything. Agents that concede along a curve stay within what they have signalled; what other
strategies offer beyond it is refused. A party without a `signal` hook, or whose turn is skipped, has signalled nothing.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import msgspec
from msgspec.structs import force_setattr, replace

from negotiate_rt.errors import ConfigurationError, InvalidDecision, InvalidOffer
from negotiate_rt.machine import Board, Moves, Refusal
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.outcome import FAILED, TIMEOUT, NegotiationOffer
from negotiate_rt.messages.performatives import Accept, Inform, Message, Propose, Walk
from negotiate_rt.messages.view import View
from negotiate_rt.problems.bargaining import BargainingProblem, Pie
from negotiate_rt.problems.preferences import PiePreferences, Preferences, PricePreferences
from negotiate_rt.protocols.bilateral import OPENING, Bilateral
from negotiate_rt.protocols.concurrent_bargaining import CommittedPreferences
from negotiate_rt.protocols.guard import judge_bargain, spoken, true_number, view_of
from negotiate_rt.protocols.waning import SLACK, WaningPreferences
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Question, Seat
from negotiate_rt.strategies.deciding import as_hook, concede

FIRST_SIGNAL, SECOND_SIGNAL = "initiator_signals", "responder_signals"


class SignalOptions(msgspec.Struct, frozen=True, kw_only=True):
    """talk: whether signals are `cheap`, or `binding` for whoever says them."""

    talk: Literal["cheap", "binding"] = "cheap"

    def __post_init__(self) -> None:
        if self.talk not in ("cheap", "binding"):
            raise ConfigurationError(f"options.talk: expected 'cheap' or 'binding', got {self.talk!r}")


class Signal(msgspec.Struct, frozen=True, kw_only=True, tag="signal"):
    """What a party says of its wishes: bounds on the price (of a pie: on its own share), the values that it would agree to
    by issue, and how much each issue matters to it. All of it may be left out; mappings are taken for the pairs.
    """

    at_least: float | None = None
    at_most: float | None = None
    values: tuple[tuple[str, tuple[Any, ...]], ...] = ()  # Any: the issues' own values
    weights: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.values, Mapping):
            force_setattr(self, "values", tuple((name, tuple(ones)) for name, ones in self.values.items()))
        if isinstance(self.weights, Mapping):
            force_setattr(self, "weights", tuple(self.weights.items()))


NOTHING_SAID = Signal()


class SignalBoard(Board):
    """What is on the table, and what was said before: `signals` by agent; `held` whether they bind."""

    __slots__ = ("held", "problem", "signals")

    def __init__(self, board: Board, seat: Seat) -> None:
        super().__init__(board.agent, board.peer, board.offers, board.check)
        self.problem = seat.problem
        self.held: bool = seat.context.talk == "binding"
        self.signals: dict[str, Signal] = {}


def keeps_its_word(message: Message, board: Board, mine: bool, now: float) -> Refusal | None:
    """Where talk binds, whoever offers or accepts stays within what it has signalled."""
    if not (isinstance(board, SignalBoard) and board.held):
        return None
    offer = board.offers.get(getattr(message, "offer", ""))
    sayer = board.agent if mine else board.peer
    broken = None if offer is None else breach(board.signals.get(sayer, NOTHING_SAID), offer, sayer, board.problem)
    return None if broken is None else Refusal(f"{sayer} is bound by its signal: {broken}")


def breach(signal: Signal, offer: NegotiationOffer, sayer: str, problem: Any) -> str | None:
    """Return how a deal at this offer would go beyond what one party has signalled, or None."""
    value = offer.value
    if isinstance(problem, BargainingProblem):
        for name, agreed in signal.values:
            named = value[problem.space.names.index(name)]
            if not any(named == one and type(named) is type(one) for one in agreed):
                return f"{named!r} is none of the values of {name!r} that it would agree to"
        return None
    amount = problem.size - value if isinstance(problem, Pie) and offer.agent != sayer else value
    if signal.at_least is not None and amount < signal.at_least:
        return f"{amount:g} is less than {signal.at_least:g}"
    if signal.at_most is not None and amount > signal.at_most:
        return f"{amount:g} is more than {signal.at_most:g}"
    return None


def view_with_signals(talk: Dialogue) -> View:
    """Return what a party may see, with all that has been signalled."""
    board = talk.machine.board
    return replace(view_of(talk), signals=dict(board.signals) if isinstance(board, SignalBoard) else None)


def judge_signal(talk: Dialogue, decision: Any) -> Message:
    """Turn a signal into a message; None says nothing. Raises InvalidDecision for one that does not fit the problem."""
    if isinstance(decision, Message):
        return spoken(talk, decision)
    signal = NOTHING_SAID if decision is None else decision
    if not isinstance(signal, Signal):
        raise InvalidDecision(f"expected a Signal, None or Walk, got {type(decision).__name__}")
    problem = talk.seat.problem
    for bound in (signal.at_least, signal.at_most):
        number = 0.0 if bound is None else true_number(bound)
        if number is None or not math.isfinite(number) or (bound is not None and isinstance(problem, BargainingProblem)):
            raise InvalidDecision(f"signal: bounds are finite numbers, and of a price or a share only, got {bound!r}")
    if None not in (signal.at_least, signal.at_most) and signal.at_least > signal.at_most:  # type: ignore[operator]  # numbers
        raise InvalidDecision(f"signal: at_least {signal.at_least:g} is above at_most {signal.at_most:g}")
    issues = {one.name: one for one in problem.space.issues} if isinstance(problem, BargainingProblem) else {}
    for name, values in signal.values:
        unknown = [one for one in values if name in issues and issues[name].find(one) is None]
        if name not in issues or unknown or not values:
            raise InvalidDecision(f"signal: values[{name!r}] must be some of that issue's values, got {values!r}")
    for name, weight in signal.weights:
        number = true_number(weight)
        if name not in issues or number is None or not 0 <= number < math.inf:
            raise InvalidDecision(f"signal: weights[{name!r}] must be an issue's finite weight of at least 0, got {weight!r}")
    return talk.machine.clear(Inform(signal), talk.now)


def _nothing(view: View) -> None:
    """Signal nothing: what agents without a `signal` hook do."""


SIGNAL = Question("signal", judge_signal, view_with_signals, default=_nothing)
DECIDE = Question("decide", judge_bargain, view_with_signals, adapt=as_hook, default=concede)


class SignalledBargaining(Bilateral):
    """Preference signals, cheap or binding, and then alternating offers."""

    name = "signalled-bargaining"
    options = SignalOptions
    contents = (Signal,)
    start = FIRST_SIGNAL
    rounds_from = OPENING
    rules: ClassVar = {Propose: (keeps_its_word,), Accept: (keeps_its_word,)}
    moves: ClassVar[Moves] = {
        FIRST_SIGNAL: {("initiator", Inform): SECOND_SIGNAL, ("initiator", Walk): FAILED},
        SECOND_SIGNAL: {("responder", Inform): OPENING, ("responder", Walk): FAILED},
        **Bilateral.moves,
    }
    skips: ClassVar = {FIRST_SIGNAL: SECOND_SIGNAL, SECOND_SIGNAL: OPENING, **Bilateral.skips}
    timeouts: ClassVar = {FIRST_SIGNAL: TIMEOUT, SECOND_SIGNAL: TIMEOUT, **Bilateral.timeouts}
    questions: ClassVar = {
        "initiator": {None: DECIDE, "signal": SIGNAL}, "responder": {None: DECIDE, "signal": SIGNAL},
    }  # fmt: skip

    def settle(self, seats: Sequence[Seat], config: NegotiationConfig, problem: Any) -> Any:
        """Resolve what the parties want, and whether they are held to what they say."""
        options: SignalOptions = self.settings(config)
        settled = super().settle(seats, config, problem)
        for seat in seats:
            seat.context = options
            if options.talk == "binding" and isinstance(seat.preferences, (PricePreferences, PiePreferences)):
                seat.preferences = CommittedPreferences(seat.preferences)
        return settled

    async def initiator(self, talk: Dialogue) -> None:
        """Signal, hear the other's signal, then bargain."""
        board = talk.machine.board = SignalBoard(talk.machine.board, talk.seat)
        await self._signal(talk, board)
        self._heard(board, await talk.receive())
        talk.machine.turns = 0  # signals are no turns
        await super().initiator(talk)

    async def responder(self, talk: Dialogue) -> None:
        """Hear the other's signal, signal, then bargain."""
        board = talk.machine.board = SignalBoard(talk.machine.board, talk.seat)
        self._heard(board, await talk.receive())
        await self._signal(talk, board)
        talk.machine.turns = 0
        await super().responder(talk)

    @staticmethod
    async def _signal(talk: Dialogue, board: SignalBoard) -> None:
        message = await talk.ask("signal")
        if isinstance(message, Inform):
            board.signals[talk.name] = message.content
            hold_to(talk.seat, message.content)
        await talk.send(message)

    @staticmethod
    def _heard(board: SignalBoard, message: Message) -> None:
        board.signals[board.peer] = message.content if isinstance(message, Inform) else NOTHING_SAID


class KeptPreferences(WaningPreferences):
    """Preferences over outcomes of a party that has bound itself to some values: it offers no others."""

    __slots__ = ("kept", "levels")

    def __init__(self, base: Preferences, outcomes: Sequence[Any]) -> None:
        super().__init__(base)
        self.reservation_value = base.reservation_value
        self.kept = sorted(outcomes, key=lambda outcome: base.utility(outcome, True))  # stable: ties in the space's order
        self.levels = [base.utility(outcome, True) for outcome in self.kept]

    def worth(self, utility: float, mine: bool) -> float:
        """Return the utility itself."""
        return utility

    def needed(self, worth: float) -> float:
        """Return that worth."""
        return worth

    def offer(self, target: float) -> Any:
        """Return the kept outcome whose utility is nearest at or above the target, else the best; InvalidOffer for none."""
        self.base.offer(target)  # refuses what is no target, and where nothing is rational
        if not self.kept:
            raise InvalidOffer("no outcome holds only values that it has signalled to agree to")
        return self.kept[min(bisect_left(self.levels, target - SLACK * max(1.0, abs(target))), len(self.kept) - 1)]

    def __reduce__(self) -> tuple[Any, ...]:
        return KeptPreferences, (self.base, self.kept)


def hold_to(seat: Seat, signal: Signal) -> None:
    """Let what a party wants, where it is bound by its signal, ask for nothing that the signal excludes."""
    mine = seat.preferences
    if isinstance(mine, CommittedPreferences):
        bound = signal.at_most if mine.selling is False else signal.at_least
        if bound is not None:
            mine.commit(max(mine.base.utility(float(bound), True), mine.base.reservation_value), 0.0)
    elif seat.context.talk == "binding" and signal.values and mine.known:
        space = seat.problem.space
        places = {space.names.index(name): set(values) for name, values in signal.values}
        kept = [one for one in space if all(one[place] in values for place, values in places.items())]
        seat.preferences = KeptPreferences(mine, [mine.check(one) for one in kept])
