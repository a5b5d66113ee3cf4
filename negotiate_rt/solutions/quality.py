"""How good an outcome is, and how much a domain sets its parties against each other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.bargaining import BargainingProblem
from negotiate_rt.problems.ranking import RELATIVE_TOLERANCE
from negotiate_rt.problems.scalars import finite
from negotiate_rt.problems.utility import worth_of
from negotiate_rt.solutions.feasible import OutcomeSet, RationalOutcomes, Vector
from negotiate_rt.solutions.frontier import ParetoFrontier, checked_vector, frontier
from negotiate_rt.solutions.points import BargainingSolutions, bargaining_solutions

POSSIBLE = "a bargain is possible"
IMPOSSIBLE = "no bargain is possible"


class Zone(msgspec.Struct, frozen=True, kw_only=True):
    """The zone of possible agreement: the outcomes that give every party at least its reservation value.

    possible: whether there is any. disagreement: the reservation values. ideal: the most that each party can get in the
    zone; least: the least that each can be held to by an undominated outcome in it. efficient: how many distinct
    undominated vectors lie in it. surplus: the largest sum of gains. All but the first two are None or 0 without a zone.
    """

    possible: bool
    disagreement: tuple[float, ...]
    ideal: tuple[float, ...] | None = None
    least: tuple[float, ...] | None = None
    efficient: int = 0
    surplus: float = 0.0

    @property
    def verdict(self) -> str:
        """Return it in words: "a bargain is possible" or "no bargain is possible"."""
        return POSSIBLE if self.possible else IMPOSSIBLE


class PriceZone(msgspec.Struct, frozen=True, kw_only=True):
    """The prices that both a seller and a buyer can live with: from the seller's limit to the buyer's.

    low, high: its ends, None if there is no such price. surplus: what there is to share; below 0 by how much they miss.
    """

    possible: bool
    surplus: float
    low: float | None = None
    high: float | None = None

    @property
    def verdict(self) -> str:
        """Return it in words: "a bargain is possible" or "no bargain is possible"."""
        return POSSIBLE if self.possible else IMPOSSIBLE


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """One outcome (or no deal) set beside what theory says of its problem.

    outcome: None for no deal, which is worth the disagreement payoffs. rational: whether every party gets at least that;
    falls_short: the parties that do not. efficient: whether nothing dominates it; dominated_by: an undominated outcome
    that does, else None. gains: over the disagreement payoffs. to_frontier: Euclidean distance to the nearest
    undominated vector (0 on the frontier); to_points: to each solution, by its name. welfare: its sum of utilities as
    a share of the largest among rational outcomes; None where that is not above 0.
    """

    outcome: Any
    utilities: tuple[float, ...]
    gains: tuple[float, ...]
    rational: bool
    falls_short: tuple[str, ...]
    efficient: bool
    dominated_by: Any
    to_frontier: float
    to_points: Mapping[str, float]
    welfare: float | None


def zone_of_agreement(problem: BargainingProblem | ParetoFrontier, disagreement: Sequence[float] | None = None) -> Zone:
    """Return the zone of possible agreement; that there is none is an answer, not an error.

    Cost and errors: those of `frontier`: no outcome is listed where utilities are additive.
    """
    efficient = problem if isinstance(problem, ParetoFrontier) else frontier(problem)
    given = efficient.disagreement if disagreement is None else disagreement
    without = checked_vector(given, efficient.utilities.shape[1])
    part = OutcomeSet(efficient).rational(without)
    if part is None:
        return Zone(possible=False, disagreement=tuple(without.tolist()))
    return Zone(
        possible=True,
        disagreement=tuple(without.tolist()),
        ideal=tuple(part.ideal.tolist()),
        least=tuple(part.utilities.min(axis=0).tolist()),
        efficient=len(part.places),
        surplus=float((part.utilities - without).sum(axis=1).max()),
    )


def price_zone(seller_limit: float, buyer_limit: float) -> PriceZone:
    """Return the prices from the least that a seller takes to the most that a buyer pays; a single one is a zone.

    ConfigurationError unless both are finite numbers.
    """
    low = finite(seller_limit, "seller_limit", ConfigurationError)
    high = finite(buyer_limit, "buyer_limit", ConfigurationError)
    if low > high:
        return PriceZone(possible=False, surplus=high - low)
    return PriceZone(possible=True, surplus=high - low, low=low, high=high)


def opposition(problem: BargainingProblem | ParetoFrontier, satisfaction: Sequence[float] | None = None) -> float:
    """Return how far the parties are from all having what they want most: 0 if one outcome is best for everybody.

    The smallest Euclidean distance of any outcome's utilities to the point of complete satisfaction (Baarslag et al.,
    "Evaluating practical negotiating agents: results and analysis of the 2011 international competition", Artificial
    Intelligence 198, 2013, where utilities are scaled to a best of 1). satisfaction: that point; by default each party's
    largest utility over all outcomes, so that it needs no scaling. Cost: that of `frontier`.
    """
    efficient = problem if isinstance(problem, ParetoFrontier) else frontier(problem)
    best = efficient.high if satisfaction is None else checked_vector(satisfaction, len(efficient.high), "satisfaction")
    distances = np.sqrt(((efficient.utilities - best) ** 2).sum(axis=1))
    if not len(distances):
        raise ConfigurationError("there are no outcomes, so the parties are not opposed over any")
    return float(distances.min())


def assess_outcome(
    problem: BargainingProblem, outcome: object, solutions: BargainingSolutions | None = None
) -> Assessment:
    """Set one outcome beside the frontier and the solutions of its problem; None stands for no deal.

    outcome: a tuple or list in the space's order, or a mapping by issue name; InvalidOffer if it is none of the space's.
    solutions: those of `bargaining_solutions(problem)`, if they are known already; then the cost is O(frontier).
    """
    known = bargaining_solutions(problem) if solutions is None else solutions
    efficient = known.frontier if known.frontier is not None else frontier(problem)
    without = np.array(known.disagreement)
    if outcome is None:
        own, deal = without, None
    else:
        deal = problem.space.outcome(outcome)
        utilities = problem.utilities.values() if isinstance(problem.utilities, Mapping) else problem.utilities
        own = np.array([worth_of(utility, deal) for utility in utilities])
    slack = np.maximum(efficient.tolerance, RELATIVE_TOLERANCE * np.maximum(np.abs(own), np.abs(without)))
    short = own < without - slack
    better = _dominating(efficient, own, slack)
    return Assessment(
        outcome=deal,
        utilities=tuple(own.tolist()),
        gains=tuple((own - without).tolist()),
        rational=not short.any(),
        falls_short=tuple(name for name, below in zip(efficient.parties, short.tolist(), strict=True) if below),
        efficient=better is None,
        dominated_by=None if better is None else efficient.outcome(better),
        to_frontier=0.0 if better is None and deal is not None else distance_to_frontier(efficient, own),
        to_points={solution.name: math.dist(own, solution.utilities) for solution in known},
        welfare=_welfare(efficient, own, without),
    )


def distance_to_frontier(efficient: ParetoFrontier, utilities: Sequence[float] | Vector) -> float:
    """Return the Euclidean distance of a utility vector to the nearest undominated one; infinite if there is none."""
    own = checked_vector(utilities, efficient.utilities.shape[1], "utilities")
    return float(np.sqrt(((efficient.utilities - own) ** 2).sum(axis=1).min(initial=np.inf)))


def _dominating(efficient: ParetoFrontier, own: Vector, slack: Vector) -> int | None:
    """Return the place of the vector that dominates this one with the largest worst advantage; None if none does."""
    ahead = efficient.utilities - own
    dominating = np.flatnonzero((ahead >= -slack).all(axis=1) & (ahead > slack).any(axis=1))
    if not dominating.size:
        return None
    return int(dominating[ahead[dominating].min(axis=1).argmax()])


def _welfare(efficient: ParetoFrontier, own: Vector, without: Vector) -> float | None:
    part: RationalOutcomes | None = OutcomeSet(efficient).rational(without)
    most = 0.0 if part is None else float(part.utilities.sum(axis=1).max())
    return float(own.sum()) / most if most > 0 else None
