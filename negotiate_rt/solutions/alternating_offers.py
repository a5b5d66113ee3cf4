"""Backward induction on alternating offers over a finite outcome space, for any number of parties.

In each period one party proposes an outcome and the others answer; it is struck when all accept. A refusal leaves party j
w_j = keep_j·(its value in the next period) + add_j (see `terms.Stakes`), at the deadline its deadline payoff. So j accepts
what is worth at least w_j, or its outside option if that is better (then it leaves when it refuses), and the proposer
offers the acceptable outcome it likes best, or one that will be refused where waiting is better still. (Zermelo 1913 and
Kuhn 1953 for the method; Rubinstein 1982 and Ståhl 1972 for the game.)

Ties, within `tolerance` (a 1e-12th of a party's largest utility if not given): an indifferent responder accepts; an
indifferent proposer agrees; among its best acceptable outcomes it drops what another of them dominates, then takes the
first in the space's order. The disagreement point is what never agreeing gives: deadline or breakdown payoffs, else 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.ranking import RELATIVE_TOLERANCE
from negotiate_rt.solutions.bargaining import pareto_frontier
from negotiate_rt.solutions.terms import AlternatingOffers, Number, Stakes, real_number, rules_of, size_of_pie

Vector = tuple[float, ...]
TIES = (
    "an indifferent responder accepts; an indifferent proposer agrees, drops what another of its best outcomes "
    "dominates, and takes the first in the space's order"
)


class PeriodPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What the equilibrium says for one period.

    offer: the number of the outcome that the proposer offers. agreed: whether all accept it. least: by party, the
    smallest utility that it accepts (for the proposer: what a refusal is worth to it). leaves: the responder takes its
    outside option when it refuses. values: what the subgame that begins here is worth, in values of this period.
    """

    proposer: int
    offer: int
    agreed: bool
    least: Vector
    leaves: bool
    values: Vector


class SequentialEquilibrium(msgspec.Struct, frozen=True, kw_only=True):
    """A subgame-perfect equilibrium of a game of alternating offers over numbered outcomes.

    plans: one per period; without a horizon one per proposer, repeated for ever. outcome: the number of the agreed
    outcome, None if the parties part without one. period: when it ends. path: what is offered until then. values: what
    the game is worth to each party at its beginning. tolerance: by party, within which utilities are equal.
    """

    plans: tuple[PeriodPlan, ...]
    horizon: int | None
    outcome: int | None
    period: int
    path: tuple[int, ...]
    values: Vector
    tolerance: Vector
    definition: str
    disagreement: str
    ties: str = TIES

    def plan(self, period: int) -> PeriodPlan:
        """Return the plan of a period, from 1; IndexError before the first and after the last. Cost: O(1)."""
        if period < 1 or (self.horizon is not None and period > self.horizon):
            raise IndexError(f"periods count from 1 to {self.horizon or 'no end'}, got {period}")
        return self.plans[(period - 1) % len(self.plans)]

    def accepts(self, period: int, party: int, utility: float) -> bool:
        """Whether a party that answers in this period accepts an offer worth `utility` to it. Cost: O(1)."""
        return utility >= self.plan(period).least[party] - self.tolerance[party]

    def acceptable(self, period: int, party: int, utilities: ArrayLike) -> NDArray[np.intp]:
        """Return the numbers of the outcomes that a party accepts in a period, by its utilities. Cost: O(outcomes)."""
        least = self.plan(period).least[party] - self.tolerance[party]
        return np.flatnonzero(np.asarray(utilities, dtype=np.float64) >= least)


def backward_induction(
    points: ArrayLike, game: AlternatingOffers, *, tolerance: float | None = None
) -> SequentialEquilibrium:
    """Return the subgame-perfect equilibrium of a finite game: `game.horizon` periods over the outcomes of `points`.

    points: utilities in shape (outcomes, parties), two or more parties (outside options: two). ConfigurationError for
    points or rules that fit no game, or without a horizon. Cost: O(horizon · outcomes).
    """
    horizon = rules_of(game).horizon
    if horizon is None:
        raise ConfigurationError("backward induction needs a horizon; without one ask for `stationary_equilibrium`")
    board = Board(points, game, tolerance)
    waiting = board.deadline
    plans: list[PeriodPlan] = []
    for period in range(horizon, 0, -1):
        plan = board.step(game.proposer(period, board.parties), waiting)
        plans.append(plan)
        waiting = board.wait(plan.values)
    return _equilibrium(tuple(reversed(plans)), game, board)


def stationary_equilibrium(
    points: ArrayLike, game: AlternatingOffers, *, tolerance: float | None = None, max_periods: int = 100_000
) -> SequentialEquilibrium | None:
    """Return an equilibrium of the game without a horizon: what backward induction settles on as the end moves away.

    Starts from the deadline payoffs, with the party before `game.first` the last to propose, and goes back until offers
    repeat and reproduce their own values within the tolerance, which makes them an equilibrium if waiting costs something.
    None if that is not reached in max_periods. A discrete space may have several (van Damme, Selten and Winter 1990: with a
    smallest unit every division is one for patient parties). ConfigurationError as for `backward_induction`, or if neither
    discounts nor costs nor risk make delay costly. Cost: O(periods · outcomes), as a rule few.
    """
    board = Board(points, game, tolerance)
    if all(one.lose == 0 and one.add == 0 for one in board.stakes):
        raise ConfigurationError(
            "without a horizon, delay must cost something: discounts below 1, costs or a risk of breakdown"
        )
    order = [game.proposer(period, board.parties) for period in range(board.parties, 0, -1)]  # last first
    waiting = board.deadline
    check = 1
    for cycle in range(1, max(1, max_periods // board.parties) + 1):
        plans: list[PeriodPlan] = []
        for proposer in order:
            plans.append(board.step(proposer, waiting))
            waiting = board.wait(plans[-1].values)
        if cycle == check or cycle % 64 == 0:
            check *= 2
            settled = board.settle(plans[::-1])
            if settled is not None:
                return _equilibrium(settled, game, board)
    return None


def pie_points(pie: Number = 1, *, steps: int = 100) -> NDArray[np.float64]:
    """Return the divisions of a pie into `steps` equal units as points: row k gives k units to party 0, the rest to 1."""
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        raise ConfigurationError(f"steps must be a whole number >= 1, got {steps!r}")
    units = np.arange(steps + 1, dtype=np.float64)
    return np.column_stack([units, steps - units]) * (float(size_of_pie(pie)) / steps)


class Board:
    """The outcomes and rules of one game, ready for one step of induction after the other."""

    __slots__ = ("columns", "deadline", "parties", "points", "stakes", "tolerance")

    def __init__(self, points: ArrayLike, game: AlternatingOffers, tolerance: float | None = None) -> None:
        self.points = checked_points(points)
        rules_of(game)
        self.parties = self.points.shape[1]
        self.stakes: tuple[Stakes, ...] = game.stakes(self.parties, exact=False)
        if self.parties > 2 and any(one.option is not None for one in self.stakes):
            raise ConfigurationError(
                f"outside options need two parties, not {self.parties}: nobody says who leaves first"
            )
        self.columns = np.ascontiguousarray(self.points.T)
        self.deadline: Vector = tuple(float(one.deadline) for one in self.stakes)
        if tolerance is None:
            self.tolerance: Vector = tuple((np.abs(self.columns).max(axis=1) * RELATIVE_TOLERANCE).tolist())
        else:
            if real_number(tolerance, "tolerance") < 0:
                raise ConfigurationError(f"tolerance must be >= 0, got {tolerance}")
            self.tolerance = (float(tolerance),) * self.parties

    def wait(self, values: Sequence[float]) -> Vector:
        """Return what refusing is worth when the next period is worth `values`."""
        return tuple(float(one.keep * value + one.add) for one, value in zip(self.stakes, values, strict=True))

    def parting(self, who: int) -> Vector:
        """Return what everybody gets when `who` leaves for its outside option: their own options, or 0."""
        return tuple(float(one.option or 0.0) for one in self.stakes)

    def step(self, proposer: int, waiting: Vector) -> PeriodPlan:
        """Return what happens in a period, given what a refusal leads to. Cost: O(outcomes · parties)."""
        leaves, refused = False, waiting
        if self.parties == 2:
            option = self.stakes[1 - proposer].option
            if option is not None and option > waiting[1 - proposer]:
                leaves, refused = True, self.parting(1 - proposer)
        acceptable = self._acceptable(proposer, refused)
        own = self.columns[proposer]
        offer = self._best(proposer, acceptable)
        agreed = offer is not None and bool(own[offer] >= refused[proposer] - self.tolerance[proposer])
        if not agreed and (offer is None or len(acceptable) < len(own)):
            unacceptable = np.setdiff1d(np.arange(len(own)), acceptable, assume_unique=True)
            offer = int(unacceptable[np.argmax(own[unacceptable])])
        else:  # everything would be accepted: then the proposer must make the best of it
            agreed = True
        assert offer is not None  # there is an acceptable outcome or an unacceptable one
        values = tuple(self.points[offer].tolist()) if agreed else refused
        return PeriodPlan(
            proposer=proposer, offer=offer, agreed=agreed, least=refused, leaves=leaves, values=values
        )  # fmt: skip

    def settle(self, plans: Sequence[PeriodPlan]) -> tuple[PeriodPlan, ...] | None:
        """Return these plans for ever after, with the values that this gives them, if they then still are best."""
        values = self._forever(plans)
        if values is None:
            return None
        settled = []
        for place, plan in enumerate(plans):
            again = self.step(plan.proposer, self.wait(values[(place + 1) % len(plans)]))
            near = np.abs(np.subtract(again.values, values[place])) <= self.tolerance
            if (again.offer, again.agreed, again.leaves) != (plan.offer, plan.agreed, plan.leaves) or not near.all():
                return None
            settled.append(again)
        return tuple(settled)

    def _forever(self, plans: Sequence[PeriodPlan]) -> list[Vector] | None:
        values: list[Vector | None] = [None] * len(plans)
        for place, plan in enumerate(plans):
            if plan.agreed or plan.leaves:
                values[place] = plan.values
        if all(one is None for one in values):  # nobody ever agrees: x = keep·x + add
            if any(one.lose == 0 and one.add != 0 for one in self.stakes):
                return None  # the cost of waiting has no end
            never = tuple(float(one.add / one.lose) if one.lose else 0.0 for one in self.stakes)
            return [never] * len(plans)
        for place in range(2 * len(plans) - 1, -1, -1):  # twice around: each then finds a known one after it
            known = values[(place + 1) % len(plans)]
            if values[place % len(plans)] is None and known is not None:
                values[place % len(plans)] = self.wait(known)
        return [one for one in values if one is not None]

    def _acceptable(self, proposer: int, least: Vector) -> NDArray[np.intp]:
        others = [party for party in range(self.parties) if party != proposer]
        mask = self.columns[others[0]] >= least[others[0]] - self.tolerance[others[0]]
        for party in others[1:]:
            mask &= self.columns[party] >= least[party] - self.tolerance[party]
        return np.flatnonzero(mask)

    def _best(self, proposer: int, acceptable: NDArray[np.intp]) -> int | None:
        if not len(acceptable):
            return None
        own = self.columns[proposer][acceptable]
        tied = acceptable[own >= own.max() - self.tolerance[proposer]]
        if len(tied) == 1:
            return int(tied[0])
        if self.parties == 2:
            other = self.columns[1 - proposer][tied]
            return int(tied[np.argmax(other >= other.max() - self.tolerance[1 - proposer])])
        others = [party for party in range(self.parties) if party != proposer]
        return int(tied[pareto_frontier(self.points[np.ix_(tied, others)])[0]])


def checked_points(points: ArrayLike) -> NDArray[np.float64]:
    """Return utilities as an array of shape (outcomes >= 1, parties >= 2), finite; ConfigurationError otherwise."""
    try:
        array = np.asarray(points, dtype=np.float64)
    except (TypeError, ValueError) as cause:
        raise ConfigurationError(f"points must be numbers in shape (outcomes, parties): {cause}") from cause
    if array.ndim != 2 or array.shape[1] < 2 or not array.shape[0]:
        raise ConfigurationError(f"points must have shape (1 or more outcomes, 2 or more parties), got {array.shape}")
    if not np.isfinite(array).all():
        row, party = np.argwhere(~np.isfinite(array))[0].tolist()
        raise ConfigurationError(f"points[{row}, {party}] must be finite, got {array[row, party]}")
    return array


def _equilibrium(plans: tuple[PeriodPlan, ...], game: AlternatingOffers, board: Board) -> SequentialEquilibrium:
    period = 1
    while not plans[period - 1].agreed and not plans[period - 1].leaves and period < len(plans):
        period += 1
    end = plans[period - 1]
    ended = "stationary" if game.horizon is None else f"{game.horizon} periods"
    return SequentialEquilibrium(
        plans=plans, horizon=game.horizon, outcome=end.offer if end.agreed else None, period=period,
        path=tuple(plan.offer for plan in plans[:period]), values=plans[0].values, tolerance=board.tolerance,
        definition=f"subgame-perfect equilibrium by backward induction on alternating offers, {ended}",
        disagreement=f"deadline payoffs {board.deadline}" if game.horizon else "what waiting for ever gives",
    )  # fmt: skip
