"""Playing what theory says: agents that follow a subgame-perfect equilibrium of alternating offers, on its path and off it.

Such a strategy is a callable of the view (give it as `strategy=`). It reads nothing but whose turn of which period it is
and what stands, so a skipped turn, a repeated question or an opponent that plays something else do not confuse it: it then
plays on as the equilibrium of the subgame it is in. It holds no state and can serve many negotiations at once.

Turn k of a talk makes the offer of period k and answers that of period k - 1: in round r the party that opens makes the
offer of period 2r - 1, the other one that of period 2r. A protocol whose preferences have a `period` says so itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

import msgspec

from negotiate_rt.errors import ConfigurationError, InvalidDecision, InvalidOffer
from negotiate_rt.messages.performatives import Accept, Message, Propose, Refuse, Reject, Walk
from negotiate_rt.messages.view import View
from negotiate_rt.problems.bargaining import Pie
from negotiate_rt.problems.preferences import OutcomePreferences, PricePreferences
from negotiate_rt.problems.scalars import finite
from negotiate_rt.solutions.rubinstein import EquilibriumShares, rubinstein
from negotiate_rt.solutions.terms import AlternatingOffers

if TYPE_CHECKING:
    from negotiate_rt.problems.issues import OutcomeSpace
    from negotiate_rt.problems.ranking import Ranking
    from negotiate_rt.solutions.alternating_offers import SequentialEquilibrium
    from negotiate_rt.solutions.offer_strategies import OfferTable

SOLVED: WeakKeyDictionary[Ranking, dict[Any, OutcomeEquilibrium]] = WeakKeyDictionary()  # a space's games, solved once
NO_GAME = (
    "needs a protocol that tells its game, e.g. 'rubinstein'; elsewhere solve the game and play it with PieEquilibrium, "
    "PriceEquilibrium or OutcomeEquilibrium"
)
NO_OTHER = "over prices or outcomes needs the other's preferences: a problem with information = 'complete'"
TOLERANCE = 1e-12  # of the pie: what rounding may take from an offer that is just enough


class Rule(NamedTuple):
    """One period as one party plays it: who offers, my offer if it is me, what I accept if not, whether I then leave."""

    proposer: int
    offer: Any  # an offer value of the problem
    least: float
    leaves: bool


class EquilibriumStrategy:
    """Follows a table of rules, one per period. Subclasses say what a period's rule is and what an offer is worth.

    party: 0 or 1, this party's number in the game that was solved. opens: whether it makes the first offer. Never goes below the
    reservation value of its preferences: it then asks for just that, and walks away if no offer gives it. Past the
    last period it accepts what is not below reservation.
    """

    __slots__ = ("opens", "party", "period_of")

    def __init__(self, party: int, opens: bool, period_of: Callable[[View], int] | None = None) -> None:
        if isinstance(party, bool) or party not in (0, 1):
            raise ConfigurationError(f"party must be 0 or 1, got {party!r}")
        self.party = party
        self.opens = opens
        self.period_of = period_of

    def rule(self, period: int) -> Rule | None:
        """Return this party's rule for a period, or None past the last one."""
        raise NotImplementedError

    def worth(self, value: Any) -> float:
        """Return what an offer of the other party is worth to this one, undiscounted."""
        raise NotImplementedError

    def best(self) -> Any:
        """Return the offer that is best for this party, for turns past the last period."""
        raise NotImplementedError

    def period(self, view: View) -> int:
        """Return the period of an offer made in this turn."""
        if self.period_of is not None:
            return self.period_of(view)
        told = getattr(view.preferences, "period", None)
        return told if isinstance(told, int) else 2 * view.round - (1 if self.opens else 0)

    def __call__(self, view: View) -> Message:
        """Decide: accept what the period's rule accepts, else leave or make the offer of this period."""
        may = view.may_say
        period = self.period(view)
        if view.standing_offer is not None and "accept-proposal" in may:
            rule = self._answering(period - 1 if "propose" in may else view.round)
            if self._acceptable(view, rule):
                return Accept()
            if rule is not None and rule.leaves and "walk" in view.legal_moves:
                return Walk("outside option")
        if "propose" in may:
            return self._offer(view, period)
        if "reject-proposal" in may:
            return Reject("less than waiting is worth")
        return Refuse("less than waiting is worth") if "refuse" in may else Walk("less than waiting is worth")

    def _answering(self, period: int) -> Rule | None:
        rule = self.rule(period) if period >= 1 else None
        return None if rule is None or rule.proposer == self.party else rule

    def _acceptable(self, view: View, rule: Rule | None) -> bool:
        assert view.standing_offer is not None  # asked only then
        value = view.standing_offer.value
        if rule is not None and not self.worth(value) >= rule.least:
            return False
        mine = view.preferences
        return mine is None or bool(mine.utility(value, False) >= mine.reservation_value)

    def _offer(self, view: View, period: int) -> Message:
        rule = self.rule(period)
        value = self.best() if rule is None or rule.proposer != self.party else rule.offer
        mine = view.preferences
        if mine is not None and mine.utility(value, True) < mine.reservation_value:
            try:
                value = mine.offer(mine.limit)
            except InvalidOffer:
                value = self.best()
            if mine.utility(value, True) < mine.reservation_value:
                return Walk("no offer is worth the reservation value")
        return Propose(value)


class PieEquilibrium(EquilibriumStrategy):
    """Divides a pie as `solutions.rubinstein` says; an offer is the share that its maker demands for itself.

    shares: the solution; its pie is the problem's. period_of: the period of an offer made now (None: see this module).
    """

    __slots__ = ("shares", "size")

    def __init__(self, shares: EquilibriumShares, party: int, period_of: Callable[[View], int] | None = None) -> None:
        if not isinstance(shares, EquilibriumShares):
            raise ConfigurationError(
                f"shares must be one equilibrium, got {type(shares).__name__}: there is no one to play"
            )
        super().__init__(party, party == shares.proposer, period_of)
        self.shares = shares
        self.size = float(shares.pie)

    def rule(self, period: int) -> Rule | None:
        """Return this party's rule for a period, or None past the last one."""
        if self.shares.horizon is not None and period > self.shares.horizon:
            return None
        rule = self.shares.rule(period)
        least = float(rule.least) - TOLERANCE * self.size
        return Rule(rule.proposer, self.asking(float(rule.demand)), least, rule.leaves)

    def worth(self, value: Any) -> float:
        """Return the share that the other's demand leaves."""
        return self.size - float(value)

    def asking(self, share: float) -> float:
        """Return the offer that gives this party that share."""
        return share

    def best(self) -> Any:
        """Return the demand of the whole pie."""
        return self.asking(self.size)


class PriceEquilibrium(PieEquilibrium):
    """Divides the surplus between a seller's and a buyer's limit: the pie of the solution is high - low.

    selling: whether this party is the seller. low, high: the seller's and the buyer's limit, commonly known.
    """

    __slots__ = ("high", "low", "selling")

    def __init__(
        self, shares: EquilibriumShares, party: int, low: float, high: float, *, selling: bool,
        period_of: Callable[[View], int] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(shares, party, period_of)
        self.low = finite(low, "low", ConfigurationError)
        self.high = finite(high, "high", ConfigurationError)
        if not math.isclose(self.high - self.low, self.size, rel_tol=1e-9):
            raise ConfigurationError(f"the solution divides {self.size}, but high - low is {self.high - self.low}")
        self.selling = selling

    def worth(self, value: Any) -> float:
        """Return the surplus that a price leaves this party."""
        return float(value) - self.low if self.selling else self.high - float(value)

    def asking(self, share: float) -> float:
        """Return the price that gives this party that surplus."""
        return self.low + share if self.selling else self.high - share


class OutcomeEquilibrium(EquilibriumStrategy):
    """Plays the plans of `backward_induction` or `stationary_equilibrium` over the outcomes of a space.

    utilities: this party's, by number of outcome: its column of the points that were solved. ConfigurationError if they are not
    one per outcome of the space. Deciding costs O(issues).
    """

    __slots__ = ("solution", "space", "utilities")

    def __init__(
        self, solution: SequentialEquilibrium, party: int, space: OutcomeSpace, utilities: Sequence[float],
        period_of: Callable[[View], int] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(party, party == solution.plans[0].proposer, period_of)
        if len(solution.values) != 2:
            raise ConfigurationError(f"two parties alternate here, the solution is about {len(solution.values)}")
        self.utilities = _one_each(utilities, space)
        self.solution = solution
        self.space = space

    def rule(self, period: int) -> Rule | None:
        """Return this party's rule for a period, or None past the last one."""
        if self.solution.horizon is not None and period > self.solution.horizon:
            return None
        plan = self.solution.plan(period)
        least = plan.least[self.party] - self.solution.tolerance[self.party]
        return Rule(plan.proposer, self.space.at(plan.offer), least, plan.leaves)

    def worth(self, value: Any) -> float:
        """Return the utility of an outcome."""
        return self.utilities[self.space.index(value)]

    def best(self) -> Any:
        """Return this party's best outcome."""
        return self.space.at(max(range(len(self.utilities)), key=self.utilities.__getitem__))


class TableStrategy(EquilibriumStrategy):
    """Plays any table of offers over the outcomes of a space, such as a best response (`BestResponse.as_table`).

    first: which party proposes in period 1. horizon: the last period (None: the table repeats for ever). utilities: as for
    `OutcomeEquilibrium`.
    """

    __slots__ = ("first", "horizon", "space", "table", "utilities")

    def __init__(  # noqa: PLR0913  # a table knows neither its seat nor its game
        self, table: OfferTable, party: int, space: OutcomeSpace, utilities: Sequence[float], *, first: int = 0,
        horizon: int | None = None, period_of: Callable[[View], int] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(party, party == first, period_of)
        self.utilities = _one_each(utilities, space)
        self.table = table
        self.space = space
        self.first = first
        self.horizon = horizon

    def rule(self, period: int) -> Rule | None:
        """Return this party's rule for a period, or None past the last one."""
        if self.horizon is not None and period > self.horizon:
            return None
        place = (period - 1) % len(self.table.offers)
        leaves = bool(self.table.leaves) and self.table.leaves[place]
        return Rule(
            (self.first + period - 1) % 2, self.space.at(self.table.offers[place]), self.table.least[place], leaves
        )

    def worth(self, value: Any) -> float:
        """Return the utility of an outcome."""
        return self.utilities[self.space.index(value)]

    def best(self) -> Any:
        """Return this party's best outcome."""
        return self.space.at(max(range(len(self.utilities)), key=self.utilities.__getitem__))


def _one_each(utilities: Sequence[float], space: OutcomeSpace) -> tuple[float, ...]:
    if len(utilities) != space.size:
        raise ConfigurationError(f"there are {len(utilities)} utilities for {space.size} outcomes")
    return tuple(float(one) for one in utilities)


def play_equilibrium(view: View) -> Message:
    """Decide as the equilibrium of the game that the protocol has told: give it as `strategy=` to both parties.

    Reads `game` and `party` of the view's preferences, as the protocol `rubinstein` sets them. A pie needs no more; for prices
    and outcomes of many issues the other's preferences must be common knowledge (information = "complete"). Solved once per game.
    Raises InvalidDecision where something of this is not known, or the game has no single equilibrium.
    """
    mine = view.preferences
    game = getattr(mine, "game", None)
    if not isinstance(game, AlternatingOffers):
        raise InvalidDecision(f"an equilibrium {NO_GAME}")
    try:
        if isinstance(view.problem, Pie):
            return _of_pie(game, view.problem.size, mine.party)(view)
        theirs = _only_other(view)
        if isinstance(mine.base, PricePreferences) and isinstance(theirs, PricePreferences):
            return _of_prices(game, mine.base, theirs, mine.party, view)
        if isinstance(mine.base, OutcomePreferences) and isinstance(theirs, OutcomePreferences):
            return _of_outcomes(game, mine.base, theirs, mine.party)(view)
    except ConfigurationError as error:
        raise InvalidDecision(f"the game has no equilibrium to play: {error}") from error
    raise InvalidDecision("this strategy needs a pie, a price between a buyer and a seller, or outcomes with utilities")


class Equilibrium(msgspec.Struct, frozen=True, tag_field="name", tag="equilibrium"):
    """Play the equilibrium of the game that the protocol has told, as `play_equilibrium` does: two of them divide a pie."""

    def misfit(self, preferences: Any, problem: Any, parties: int) -> str:
        """Return why this strategy cannot be played here, asked before a negotiation starts; empty if it can."""
        if not isinstance(getattr(preferences, "game", None), AlternatingOffers):
            return f"'equilibrium' {NO_GAME}"
        if isinstance(problem, Pie) or getattr(problem, "information", "private") == "complete":
            return ""
        return f"'equilibrium' {NO_OTHER}"

    def __call__(self, view: View) -> Message:
        """Decide a turn."""
        return play_equilibrium(view)


def _only_other(view: View) -> Any:  # the other party's undiscounted preferences
    others = tuple((view.others or {}).values())
    if len(others) != 1:
        raise InvalidDecision(f"an equilibrium {NO_OTHER}")
    return getattr(others[0], "base", others[0])


def _of_prices(
    game: AlternatingOffers, mine: PricePreferences, theirs: PricePreferences, party: int, view: View
) -> Message:
    low, high = (mine.limit, theirs.limit) if mine.selling else (theirs.limit, mine.limit)
    if mine.selling == theirs.selling or not low < high:
        return Walk("no price suits both")
    return PriceEquilibrium(_shares(game, high - low), party, low, high, selling=mine.selling)(view)


@lru_cache(maxsize=256)
def _of_pie(game: AlternatingOffers, size: float, party: int) -> PieEquilibrium:
    return PieEquilibrium(_shares(game, size), party)


@lru_cache(maxsize=256)
def _shares(game: AlternatingOffers, size: float) -> EquilibriumShares:
    shares = rubinstein(game, size)
    if not isinstance(shares, EquilibriumShares):
        raise InvalidDecision("equal costs leave an interval of equilibria: solve the game and choose what to play")
    return shares


def _of_outcomes(
    game: AlternatingOffers, mine: OutcomePreferences, theirs: OutcomePreferences, party: int
) -> OutcomeEquilibrium:
    kept = SOLVED.setdefault(mine.ranking, {})
    key = (game, theirs.ranking, party)
    if key not in kept:
        kept[key] = _solved(game, mine, theirs, party)
    return kept[key]


def _solved(
    game: AlternatingOffers, mine: OutcomePreferences, theirs: OutcomePreferences, party: int
) -> OutcomeEquilibrium:
    from negotiate_rt.solutions.alternating_offers import backward_induction, stationary_equilibrium  # numpy: late

    own, others = list(mine.ranking.worth.values()), list(theirs.ranking.worth.values())
    points = list(zip(own, others, strict=True)) if party == 0 else list(zip(others, own, strict=True))
    solution = stationary_equilibrium(points, game) if game.horizon is None else backward_induction(points, game)
    if solution is None:
        raise InvalidDecision(
            "the game without an end has no stationary equilibrium that induction settles on: give a horizon"
        )
    return OutcomeEquilibrium(solution, party, mine.space, own)
