"""Rubinstein's alternating offers: two parties divide a pie, or agree on a price or an outcome, while waiting costs them.

Rules after Rubinstein (1982); a last period after Ståhl (1972); a risk of breakdown after Binmore, Rubinstein and Wolinsky
(1986); outside options after Osborne and Rubinstein (1990, 3.12). The first party proposes. The other accepts, or refuses
and makes the next offer, or walks away: one decision a turn. So the k-th offer is made in turn k and answered in turn
k + 1, and that is period k. A round of ours is one turn of each party, so two periods; rounds and turns are counted as in
`bilateral`, and max_rounds rounds hold 2 · max_rounds - 1 periods whose offer can be answered.

A deal of utility u that is struck in period t is worth discount^(t-1) · u less the costs of the periods before, each
discounted to its own period; `outcome.utilities` are these. Discounts by round that agents or problem bring are taken per
period, and come before the options'. Walking away in answer to an offer takes the outside option:
it ends the talk at once (FAILED, walked-away) and gives both parties their own outside options, in values of that period.
After a refusal, and before the next offer, a draw from the seeded stream may end the talk with the breakdown payoffs
(FAILED, breakdown), in values of the period of the refusal. After the refusal of the last period's offer the deadline
payoffs fall due (DEADLOCK). With no `horizon` there is no last period, and max_rounds is only the supervisor's patience.

What is awkward: an outside option is no disagreement point, nobody gets it by waiting. A skipped turn lets a period pass
without an offer and leaves the standing one where it is. A party may take its standing offer back, out of turn. The guard
compares what a deal is worth now, costs that are spent in any case apart, with the reservation value, which is not
discounted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, TypeAlias

import msgspec
from msgspec.structs import replace

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.machine import Moves
from negotiate_rt.machine.engine import Machine
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.outcome import AGREED, DEADLOCK, FAILED, TIMEOUT
from negotiate_rt.messages.performatives import Accept, Propose, Skip, Walk, Withdraw
from negotiate_rt.problems.preferences import Preferences
from negotiate_rt.protocols.base import NegotiationProtocol
from negotiate_rt.protocols.stakes import outside_option
from negotiate_rt.protocols.waning import DiscountedPreferences, WaningPreferences
from negotiate_rt.runtime.conversation import Conversation
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Seat
from negotiate_rt.solutions.terms import AlternatingOffers

OPENING, SECOND_ANSWERS, FIRST_ANSWERS = "opening", "awaiting_second", "awaiting_first"
Each: TypeAlias = float | tuple[float, ...]


class RubinsteinOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What waiting costs, by party in seating order (one number: both). An `AlternatingOffers` is taken as well.

    discounts: δ per period, 0 <= δ <= 1. costs: what each period of delay costs, >= 0. outside_options: what walking away
    is worth (none: 0, or what agent or problem says). breakdown: the risk, 0 to 1, that a refusal ends the talk with
    breakdown_payoffs. horizon: the last period (none: no last one), after which deadline_payoffs fall due.
    """

    discounts: Each = 1.0
    costs: Each = 0.0
    outside_options: tuple[float | None, ...] | None = None
    breakdown: float = 0.0
    breakdown_payoffs: Each = 0.0
    horizon: int | None = None
    deadline_payoffs: Each = 0.0

    def __post_init__(self) -> None:
        try:
            self.game().stakes(2, exact=False)
        except ConfigurationError as error:
            raise ConfigurationError(f"options.{error}") from None

    def game(self) -> AlternatingOffers:
        """Return the rules as the theory takes them."""
        return AlternatingOffers(**{name: getattr(self, name) for name in self.__struct_fields__})


class Turns(msgspec.Struct, frozen=True):
    """How many turns a talk has seen, where no machine counts them."""

    turns: int = 0


BEFORE = Turns()


class GamePreferences(WaningPreferences):
    """What deals are worth to one party of the game, in values of period 1; `game` and `party` (0 or 1) are common knowledge."""

    __slots__ = ("cost", "discount", "game", "machine", "party")

    def __init__(self, base: Preferences, game: AlternatingOffers, party: int, machine: Machine | Turns = BEFORE) -> None:
        super().__init__(base)
        self.game = game
        self.party = party
        self.machine = machine
        impatience = _of(game.impatience, party, 0.0)
        self.discount = float(_of(game.discounts, party, 1 - impatience))
        self.cost = float(_of(game.costs, party))

    @property
    def period(self) -> int:
        """The period of an offer made now; the standing one is answered in the period before."""
        return self.machine.turns + 1

    def in_period(self, period: int, utility: float) -> float:
        """Return what a utility of some period (from 1) is worth, less what it has cost to get there."""
        passed = max(0, period - 1)
        factor = self.discount**passed
        if not self.cost:
            return factor * utility
        waited = passed if self.discount == 1 else (1 - factor) / (1 - self.discount)
        return factor * utility - self.cost * waited

    def worth(self, utility: float, mine: bool) -> float:
        """Return discount^(t-1) · utility in this period for an offer of mine, less what that one period costs, else in the
        one before. What has been spent by then is spent with or without a deal, and not counted."""
        now = self.machine.turns
        return self.in_period(now + mine, utility) - self.in_period(now, 0.0)

    def needed(self, worth: float) -> float:
        """Return the utility that is worth this much in the period of my next offer."""
        spent = self.in_period(self.period, 0.0)
        factor = self.in_period(self.period, 1.0) - spent
        lacking = worth + self.in_period(self.machine.turns, 0.0) - spent
        return lacking / factor if factor else float("inf") if lacking > 0 else worth

    def __reduce__(self) -> tuple[Any, ...]:  # a copy for another process stands still
        return GamePreferences, (self.base, self.game, self.party, Turns(self.machine.turns))


def _turn(mine: str, theirs: str, here: str, passes_to: str) -> dict[Any, str]:
    """Rows of a turn: the mover refuses by its own offer, accepts, or walks; either may take its standing offer back."""
    return {
        (mine, Propose): passes_to,
        (mine, Accept): AGREED,
        (mine, Walk): FAILED,
        (mine, Withdraw): here,
        (theirs, Withdraw): here,
    }


class Rubinstein(NegotiationProtocol):
    """Alternating offers where delay costs: discounting, fixed costs, a risk of breakdown, outside options, a last period."""

    name = "rubinstein"
    seats: ClassVar = {"first": 1, "second": 1}
    start = OPENING
    options = RubinsteinOptions
    moves: ClassVar[Moves] = {
        OPENING: {("first", Propose): SECOND_ANSWERS, ("first", Walk): FAILED},
        SECOND_ANSWERS: _turn("second", "first", SECOND_ANSWERS, FIRST_ANSWERS),
        FIRST_ANSWERS: _turn("first", "second", FIRST_ANSWERS, SECOND_ANSWERS),
    }
    skips: ClassVar = {OPENING: SECOND_ANSWERS, SECOND_ANSWERS: FIRST_ANSWERS, FIRST_ANSWERS: SECOND_ANSWERS}
    timeouts: ClassVar = {OPENING: TIMEOUT, SECOND_ANSWERS: TIMEOUT, FIRST_ANSWERS: TIMEOUT}
    exhausted: ClassVar = {SECOND_ANSWERS: DEADLOCK, FIRST_ANSWERS: DEADLOCK}

    def settings(self, config: NegotiationConfig) -> AlternatingOffers:
        """Return the rules of the game. Raises ConfigurationError for a wrong type or number of parties."""
        if not isinstance(config.options, AlternatingOffers):
            options: RubinsteinOptions = super().settings(config)
            return options.game()
        config.options.stakes(2, exact=False)  # raises unless it is about two parties
        if config.options.first:
            raise ConfigurationError("rubinstein: options.first must be 0: seat the agents in the order in which they propose")
        return config.options

    def settle(self, seats: Sequence[Seat], config: NegotiationConfig, problem: Any) -> Any:
        """Resolve problem and preferences; what deals are worth then wanes from period to period."""
        problem = super().settle(seats, config, problem)
        game = self.settings(config)
        given = game.outside_options or (None, None)
        own = [outside_option(seat, place, problem) for place, seat in enumerate(self.in_order(seats))]
        options = tuple(theirs if mine is None else mine for mine, theirs in zip(own, given, strict=True))
        game = replace(game, outside_options=None if options == (None, None) else options)
        wants, game = _per_period([seat.preferences for seat in self.in_order(seats)], game)
        for party, seat in enumerate(self.in_order(seats)):
            seat.preferences = GamePreferences(wants[party], game, party)
        return problem

    def opened(self, conversation: Conversation, seats: Sequence[Seat], options: AlternatingOffers) -> None:
        """Count no more rounds than the periods need."""
        super().opened(conversation, seats, options)
        if options.horizon is not None:
            terms = conversation.terms
            terms.max_rounds = min(terms.max_rounds, options.horizon // 2 + 1)

    async def first(self, talk: Dialogue) -> None:
        """Make the first offer, then answer in turn."""
        self._take_seat(talk)
        while True:
            await self._take_turn(talk)
            await talk.receive()

    async def second(self, talk: Dialogue) -> None:
        """Answer in turn."""
        self._take_seat(talk)
        while True:
            await talk.receive()
            await self._take_turn(talk)

    @staticmethod
    def _take_seat(talk: Dialogue) -> None:
        """Let the party's preferences count turns with its machine, which stops after the last period's answer."""
        mine: GamePreferences = talk.seat.preferences
        mine.machine = talk.machine
        if mine.game.horizon is not None:
            talk.machine.max_turns = min(talk.machine.max_turns, mine.game.horizon + 1)

    async def _take_turn(self, talk: Dialogue) -> None:
        """Ask the agent and say what it decides; a refusal may be the end. Ask again while the turn stays here."""
        while True:
            message = await talk.ask()
            refuses = isinstance(message, Propose | Skip) and talk.machine.turns > 0
            if refuses and self._breaks_down(talk):
                period = talk.machine.turns
                talk.conversation.finish(FAILED, f"breakdown: after {talk.name} refused in period {period}", by=talk)
            if await talk.send(message) is None and not isinstance(message, Withdraw):
                return

    @staticmethod
    def _breaks_down(talk: Dialogue) -> bool:
        """Draw whether the talk ends here. The last period's refusal ends it anyway, and no draw decides on that."""
        game: AlternatingOffers = talk.seat.preferences.game
        if not game.breakdown or talk.machine.turns == game.horizon:
            return False
        return talk.conversation.rng("breakdown").random() < game.breakdown

    def utilities(self, seats: Sequence[Seat], conversation: Conversation) -> dict[str, float]:
        """Return what the ending is worth to each party in values of period 1, where its preferences are known."""
        turns = max((end.machine.turns for end in conversation.ends), default=0)
        deal = conversation.accepted
        for seat in seats:  # an offer of mine is worth what it is one period on
            seat.preferences.machine = Turns(turns - 1 - (deal is not None and deal.agent == seat.name))
        worth = super().utilities(seats, conversation)
        for seat in seats:
            mine: GamePreferences = seat.preferences
            if seat.name in worth and deal is not None:
                worth[seat.name] += mine.in_period(mine.machine.turns, 0.0)  # what had been spent before
            elif seat.name in worth:
                worth[seat.name] = _without_deal(mine, conversation, turns)
        return worth


def _per_period(wants: list[Preferences], game: AlternatingOffers) -> tuple[list[Preferences], AlternatingOffers]:
    """Take what agents and problem discount by round for discounts per period of the game, which comes before the options'."""
    waning = [one if isinstance(one, DiscountedPreferences) and one.by_round else None for one in wants]
    if all(one is None for one in waning):
        return wants, game
    given = [stakes.keep for stakes in replace(game, breakdown=0).stakes(2, exact=False)]
    factors = tuple(float(given[party]) if one is None else one.discount for party, one in enumerate(waning))
    bases = [wants[party] if one is None else one.base for party, one in enumerate(waning)]
    return bases, replace(game, discounts=factors, impatience=None)


def _without_deal(mine: GamePreferences, conversation: Conversation, turns: int) -> float:
    """Return what an ending without a deal is worth to a party after so many turns."""
    game, party = mine.game, mine.party
    code = (conversation.reason or "").partition(":")[0]
    if code == "walked-away":
        option = None if game.outside_options is None else game.outside_options[party]
        elsewhere = mine.disagreement + mine.in_period(turns - 1, 0.0)
        return elsewhere if option is None else mine.in_period(turns - 1, float(option))
    if code == "breakdown":
        return mine.in_period(turns, float(_of(game.breakdown_payoffs, party)))
    if conversation.state == DEADLOCK and game.horizon is not None and turns > game.horizon:
        return mine.in_period(game.horizon, float(_of(game.deadline_payoffs, party)))
    return mine.disagreement + mine.in_period(turns, 0.0)


def _of(value: Any, party: int, default: float = 0.0) -> Any:
    """Return one party's number of a game's field."""
    return default if value is None else value[party] if isinstance(value, tuple) else value
