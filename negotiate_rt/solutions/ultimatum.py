"""The ultimatum game: one party proposes how to divide a pie, the other accepts or both get what disagreement gives.

On a continuum there is one subgame-perfect equilibrium: the responder accepts whatever is at least its disagreement payoff,
and is offered just that. With a smallest unit there may be two, since a responder that would be indifferent may refuse:
it then gets a unit more (Güth, Schmittberger and Schwarze 1982 for the game; Osborne and Rubinstein 1994, 6.4).
"""

from __future__ import annotations

from fractions import Fraction

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.solutions.terms import Number, real_number, size_of_pie


class UltimatumEquilibrium(msgspec.Struct, frozen=True, kw_only=True):
    """One subgame-perfect equilibrium: (proposer, responder). least: the smallest offer that the responder accepts."""

    agreement: bool
    shares: tuple[Number, Number]
    least: Number
    accepts_when_indifferent: bool


class UltimatumSolution(msgspec.Struct, frozen=True, kw_only=True):
    """All subgame-perfect equilibria; the first is the one in which an indifferent responder accepts."""

    equilibria: tuple[UltimatumEquilibrium, ...]
    unique: bool
    disagreement: tuple[Number, Number]
    definition: str
    ties: str = "an indifferent proposer prefers agreement; both ties of the responder are listed where they differ"

    @property
    def shares(self) -> tuple[Number, Number]:
        """(proposer, responder) where an indifferent responder accepts."""
        return self.equilibria[0].shares


def ultimatum(
    pie: Number = 1, disagreement: tuple[Number, Number] = (0, 0), *, units: int | None = None
) -> UltimatumSolution:
    """Return the subgame-perfect equilibria of the ultimatum game over a pie of size `pie` > 0.

    disagreement: what the proposer and the responder get if it is refused. units: into how many equal smallest units
    the pie is divided (None: any division). If the two disagreement payoffs are worth more than the pie, or no unit fits between
    them, there is no agreement. ConfigurationError for numbers out of range. Cost: O(1).
    """
    pie = size_of_pie(pie)
    size = Fraction(pie)
    if not isinstance(disagreement, (tuple, list)) or len(disagreement) != 2:
        raise ConfigurationError(f"disagreement must hold two payoffs, proposer and responder, got {disagreement!r}")
    payoffs = [real_number(one, f"disagreement[{at}]") for at, one in enumerate(disagreement)]
    mine, theirs = Fraction(payoffs[0]), Fraction(payoffs[1])
    given = (pie, *payoffs)
    exact = any(isinstance(one, Fraction) for one in given) and not any(isinstance(one, float) for one in given)
    found = []
    if units is None:
        found.append(_equilibrium(size, max(theirs, Fraction(0)), (mine, theirs), True, exact))
    else:
        if isinstance(units, bool) or not isinstance(units, int) or units < 1:
            raise ConfigurationError(f"units must be a whole number >= 1, or None for any division, got {units!r}")
        unit = size / units
        least = max(-(-theirs // unit), 0) * unit
        found.append(_equilibrium(size, least, (mine, theirs), True, exact))
        if least == theirs and (found[0].agreement or least <= size):
            other = _equilibrium(size, least + unit, (mine, theirs), False, exact)
            if other.shares != found[0].shares or other.agreement != found[0].agreement:
                found.append(other)
    kind = "any division" if units is None else f"{units} units"
    return UltimatumSolution(
        equilibria=tuple(found), unique=len(found) == 1, disagreement=(_kept(mine, exact), _kept(theirs, exact)),
        definition=f"subgame-perfect equilibrium of the ultimatum game, {kind}",
    )  # fmt: skip


def _equilibrium(
    pie: Fraction, least: Fraction, without: tuple[Fraction, Fraction], indifferent: bool, exact: bool
) -> UltimatumEquilibrium:
    agreement = least <= pie and pie - least >= without[0]
    shares = (pie - least, least) if agreement else without
    return UltimatumEquilibrium(
        agreement=agreement, shares=(_kept(shares[0], exact), _kept(shares[1], exact)), least=_kept(least, exact),
        accepts_when_indifferent=indifferent,
    )  # fmt: skip


def _kept(value: Fraction, exact: bool) -> Number:
    return value if exact else float(value)
