"""The axiomatic solutions of a bargaining problem: Nash, Kalai-Smorodinsky, egalitarian, utilitarian, equal loss.

Each is found among what gives every party at least its disagreement payoff (in a problem: its reservation value), and
each says by which definition. Where nothing does, there is no bargain and the answer is None. On the outcomes of a
problem the comparison is exact to a tolerance, 1e-12 of each party's largest utility: among outcomes that do equally well
those that another one dominates are dropped, and the first of the others in the space's order is taken. All solutions
of one problem come from one frontier; `bargaining_solutions` finds them together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import numpy as np

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.ranking import RELATIVE_TOLERANCE
from negotiate_rt.solutions.feasible import (
    Bargaining,
    Best,
    OutcomeSet,
    RationalSet,
    Vector,
    bargaining_set,
    rational_part,
)
from negotiate_rt.solutions.frontier import ParetoFrontier, checked_vector

NASH = "maximises the product of the parties' gains over the disagreement point (Nash 1950)"
WEIGHTED_NASH = (
    "maximises the product of the parties' gains, each to the power of its weight {} (Harsanyi, Selten 1972)"
)
KALAI_SMORODINSKY = (
    "maximises the smallest gain relative to the most that a party can gain in a rational outcome; a party that can gain "
    "nothing is left out (Kalai, Smorodinsky 1975)"
)
EGALITARIAN = "maximises the smallest gain, then the second smallest, and so on (Kalai 1977; leximin: Imai 1983)"
UTILITARIAN = "maximises the sum of the parties' utilities over the rational outcomes (Harsanyi 1955)"
WEIGHTED_UTILITARIAN = (
    "maximises the sum of the parties' utilities, each times its weight {}, over the rational outcomes"
)
EQUAL_LOSS = "minimises the largest loss against the most that a party can get in a rational outcome (Chun 1988)"


class Solution(msgspec.Struct, frozen=True, kw_only=True):
    """One solution point.

    name: "Nash", "Kalai-Smorodinsky", "egalitarian", "utilitarian" or "equal loss". definition: what it is, in one
    sentence. disagreement: what each party gets without a deal. utilities: what each gets here. value: of the
    objective that the definition names. outcome: the outcome, or a bare point's number; None between outcomes.
    lottery: where lotteries are allowed, the outcomes to draw from, with probabilities. tied: how many other undominated
    utility vectors do equally well; ties: the first outcome of each (between outcomes, its utilities), in the space's
    order, at most 16 of them.
    """

    name: str
    definition: str
    disagreement: tuple[float, ...]
    utilities: tuple[float, ...]
    value: float
    outcome: Any = None
    lottery: tuple[tuple[float, Any], ...] = ()
    ties: tuple[Any, ...] = ()
    tied: int = 0

    @property
    def gains(self) -> tuple[float, ...]:
        """Return what each party gains over its disagreement payoff."""
        return tuple(own - without for own, without in zip(self.utilities, self.disagreement, strict=True))


class BargainingSolutions(msgspec.Struct, frozen=True, kw_only=True):
    """All solutions of one problem, each None if no bargain is possible.

    parties: their names. ideal: the most that each can get in a rational outcome. frontier: None for a set that is given by
    a curve or by lotteries.
    """

    parties: tuple[str, ...]
    disagreement: tuple[float, ...]
    ideal: tuple[float, ...] | None
    nash: Solution | None
    kalai_smorodinsky: Solution | None
    egalitarian: Solution | None
    utilitarian: Solution | None
    equal_loss: Solution | None
    frontier: ParetoFrontier | None = None

    @property
    def possible(self) -> bool:
        """Whether some outcome gives everybody at least the disagreement payoff."""
        return self.ideal is not None

    def __iter__(self) -> Iterator[Solution]:
        """Iterate over the solutions that exist."""
        every = (self.nash, self.kalai_smorodinsky, self.egalitarian, self.utilitarian, self.equal_loss)
        return (one for one in every if one is not None)


def nash_point(
    problem: Bargaining, disagreement: Sequence[float] | None = None, *, weights: Sequence[float] | None = None
) -> Solution | None:
    """Return where the product of gains is largest, or None if nothing gives every party its disagreement payoff.

    Maximises prod_i (u_i - d_i)^w_i over individually rational points (Nash 1950; weights, 1 each by default: Harsanyi,
    Selten 1972). problem: anything in `Bargaining`; disagreement: by default its own. weights: one per party, >= 0, not
    all 0, or a ConfigurationError. Where one party or other can gain nothing everywhere, all products are 0, and tie.
    Cost: that of the frontier.

    >>> nash_point([(10, 1), (8, 3), (6, 5), (4, 7), (1, 9)]).utilities
    (6.0, 5.0)
    """
    part = rational_part(problem, disagreement)
    return None if part is None else _nash(part, weights)


def kalai_smorodinsky_point(problem: Bargaining, disagreement: Sequence[float] | None = None) -> Solution | None:
    """Return where gains are in proportion to the most that each could gain, as nearly as possible; None as for Nash.

    Maximises min_i (u_i - d_i) / (a_i - d_i) over individually rational points, where a_i is the most that party i gets in
    any of them (Kalai, Smorodinsky 1975). A party with a_i = d_i is left out. On lotteries and curves it is the
    exact point; for more than two parties it is continued by leximin, so that it is undominated (Imai 1983).
    """
    part = rational_part(problem, disagreement)
    return None if part is None else _kalai_smorodinsky(part)


def egalitarian_point(problem: Bargaining, disagreement: Sequence[float] | None = None) -> Solution | None:
    """Return where the smallest gain is largest, then the second smallest, and so on; None as for Nash.

    Leximin of u_i - d_i over individually rational points (Kalai 1977, Imai 1983). It depends on the units of utility.
    """
    part = rational_part(problem, disagreement)
    return None if part is None else _egalitarian(part)


def utilitarian_point(
    problem: Bargaining, disagreement: Sequence[float] | None = None, *, weights: Sequence[float] | None = None
) -> Solution | None:
    """Return where the sum of utilities is largest, or None as for Nash.

    Maximises sum_i w_i u_i over individually rational points (Harsanyi 1955); weights as in `nash_point`. It depends on
    the units of utility, and often has ties.
    """
    part = rational_part(problem, disagreement)
    return None if part is None else _utilitarian(part, weights)


def equal_loss_point(problem: Bargaining, disagreement: Sequence[float] | None = None) -> Solution | None:
    """Return where the largest loss against the ideal point is smallest, or None as for Nash.

    Minimises max_i (a_i - u_i) over individually rational points, where a_i is the most that party i gets in any of them
    (Chun 1988). The value is that loss. For more than two parties lotteries are continued by leximin.
    """
    part = rational_part(problem, disagreement)
    return None if part is None else _equal_loss(part)


def bargaining_solutions(problem: Bargaining, disagreement: Sequence[float] | None = None) -> BargainingSolutions:
    """Return all solutions of a problem, from one computation of its frontier. Arguments and errors as in `nash_point`."""
    basis = bargaining_set(problem)
    efficient = basis.frontier if isinstance(basis, OutcomeSet) else None
    part = rational_part(basis, disagreement)
    without = (
        basis.disagreement if disagreement is None else _tuple(checked_vector(disagreement, len(basis.disagreement)))
    )
    return BargainingSolutions(
        parties=tuple(map(str, range(len(without)))) if efficient is None else efficient.parties,
        disagreement=without,
        ideal=None if part is None else _tuple(part.ideal),
        nash=None if part is None else _nash(part),
        kalai_smorodinsky=None if part is None else _kalai_smorodinsky(part),
        egalitarian=None if part is None else _egalitarian(part),
        utilitarian=None if part is None else _utilitarian(part),
        equal_loss=None if part is None else _equal_loss(part),
        frontier=efficient,
    )


# --------------------------------------------------------------------------------------------------- the five objectives
def _nash(part: RationalSet, weights: Sequence[float] | None = None) -> Solution:
    powers = _weights(weights, len(part.ideal))
    definition = NASH if weights is None else WEIGHTED_NASH.format(_tuple(powers))
    return _solution("Nash", definition, part, part.best_product(powers))


def _kalai_smorodinsky(part: RationalSet) -> Solution:
    most = part.ideal - part.disagreement
    nothing = RELATIVE_TOLERANCE * np.maximum(np.abs(part.ideal), np.abs(part.disagreement))
    scale = np.where(most > nothing, most, 0.0)
    return _solution("Kalai-Smorodinsky", KALAI_SMORODINSKY, part, part.best_worst(part.disagreement, scale, False))


def _egalitarian(part: RationalSet) -> Solution:
    best = part.best_worst(part.disagreement, np.ones(len(part.ideal)), True)
    return _solution("egalitarian", EGALITARIAN, part, best)


def _utilitarian(part: RationalSet, weights: Sequence[float] | None = None) -> Solution:
    factors = _weights(weights, len(part.ideal))
    definition = UTILITARIAN if weights is None else WEIGHTED_UTILITARIAN.format(_tuple(factors))
    return _solution("utilitarian", definition, part, part.best_sum(factors))


def _equal_loss(part: RationalSet) -> Solution:
    best = part.best_worst(part.ideal, np.ones(len(part.ideal)), False)
    return _solution("equal loss", EQUAL_LOSS, part, best._replace(value=abs(best.value)))


def _solution(name: str, definition: str, part: RationalSet, best: Best) -> Solution:
    return Solution(name=name, definition=definition, disagreement=_tuple(part.disagreement), **best._asdict())


def _weights(given: Sequence[float] | None, parties: int) -> Vector:
    if given is None:
        return np.ones(parties)
    weights = checked_vector(given, parties, "weights")
    if weights.min() < 0 or not weights.max():
        raise ConfigurationError(f"weights must be >= 0 and not all 0, got {given}")
    return weights


def _tuple(vector: Vector) -> tuple[float, ...]:
    return tuple(vector.tolist())
