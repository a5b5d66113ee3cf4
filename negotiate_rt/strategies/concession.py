"""How a party gives way: three curves over the rounds, and tit-for-tat.

With opening o, reservation r, M rounds and p = (round - 1) / (M - 1), a curve g with g(0) = 0 and g(1) = 1 offers
o + (r - o) g(p). A strategy is not told the opening, only its own last offer, so each step takes the fraction
(g(p) - g(p')) / (1 - g(p')) of what is left of the way to r, p' being the p of the round before. That is the same curve
while rounds follow one another, and it still ends at r after an offer that was not the strategy's own.

All of them work in both directions (r below or above o), never pass r, and return r itself in the last round and after
it. With one round only the opening is ever offered. Any callable of the same signature is a strategy as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar, Protocol

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.scalars import finite

_INFINITY = math.inf
_TABLED = 1024  # rounds up to which a curve's fractions are computed once and kept
_TABLES = 16  # numbers of rounds that a curve keeps fractions for
_FLAT = 1e-15  # a rate this close to 0 moves the exponential less than a rounding error away from the line
_LEAST_EXPONENT = 1e-300  # p ** 1e-300 is 1.0 for every p > 0; smaller exponents would lose their digits as subnormals


class ConcessionStrategy(Protocol):
    """Decide the next offer, on the scale of the issue (a price) or of one's own utility; called from round 2 on.

    reservation_value: where concession ends, on that scale. current_value: one's own last offer. history: the
    opponent's offers, oldest first, on the same scale.
    """

    def __call__(
        self, round: int, max_rounds: int, reservation_value: float, current_value: float, history: Sequence[float], /
    ) -> float:
        """Return the value to offer in this round. Plain and fast: it runs inside the turn."""


class ConcessionCurve(msgspec.Struct, frozen=True, dict=True, tag_field="name"):
    """A curve over the rounds; subclasses give the `fraction` of the remaining way that one round takes."""

    def __call__(
        self,
        round: int,
        max_rounds: int,
        reservation_value: float,
        current_value: float,
        history: Sequence[float] = (),
    ) -> float:
        """Return the next offer; ConfigurationError if rounds or values are no finite numbers, or below 1. O(1)."""
        try:
            way = reservation_value - current_value
            if not (1 < round < max_rounds < _INFINITY and -_INFINITY < way < _INFINITY):
                return self._at_the_edge(round, max_rounds, reservation_value, current_value)
        except TypeError:  # None, a string, a Decimal among floats: told like any other nonsense
            raise _refusal(round, max_rounds, reservation_value, current_value) from None
        if max_rounds <= _TABLED:
            fractions = self._fractions.get(max_rounds)
            taken = fractions[round] if fractions is not None else self._table(max_rounds)[round]
        else:
            taken = self.fraction(round, max_rounds)
        point = current_value + way * taken
        return point if (point < reservation_value) == (way > 0) else reservation_value  # rounding may step past it

    @cached_property
    def _fractions(self) -> dict[int, tuple[float, ...]]:
        """This curve's fractions by max_rounds and round, computed once: strategies are few, and turns are many."""
        return {}

    def _table(self, max_rounds: int) -> tuple[float, ...]:
        if len(self._fractions) >= _TABLES:
            self._fractions.clear()
        table = (0.0, 0.0, *(self.fraction(round, max_rounds) for round in range(2, max_rounds)))
        self._fractions[max_rounds] = table
        return table

    def fraction(self, round: int, max_rounds: int) -> float:
        """Return the share, in [0, 1], of the remaining way to take in this round, 1 < round < max_rounds."""
        raise NotImplementedError

    def _at_the_edge(self, round: int, max_rounds: int, reservation_value: float, current_value: float) -> float:
        """Return the offer of the first and last rounds, and of a way that is longer than the largest float."""
        way_to(round, max_rounds, reservation_value, current_value)
        if round <= 1:
            return current_value
        if round >= max_rounds:
            return reservation_value
        fraction = self.fraction(round, max_rounds)
        return current_value * (1.0 - fraction) + reservation_value * fraction


class LinearConcession(ConcessionCurve, frozen=True, tag="linear"):
    """The same step every round: g = p, so (current - reservation) / (M - round + 1) each time."""

    def fraction(self, round: int, max_rounds: int) -> float:
        """Return 1 / (M - round + 1)."""
        return 1.0 / (max_rounds - round + 1)


class ExponentialConcession(ConcessionCurve, frozen=True, tag="exponential"):
    """Hold firm, then accelerate: g = (e^(rate p) - 1) / (e^rate - 1).

    rate: any finite number; the larger, the later the concession; 0 is linear, below 0 the early concession comes
    first. Computed with exponents <= 0 only, so that no rate overflows.
    """

    rate: float = 5.0

    def __post_init__(self) -> None:
        finite(self.rate, "rate", ConfigurationError)

    def fraction(self, round: int, max_rounds: int) -> float:
        """Return e^(rate (p - 1)) (1 - e^(-rate (p - p'))) / (1 - e^(-rate (1 - p'))), or its mirror for rate < 0."""
        rate, steps = self.rate, max_rounds - 1
        if abs(rate) < _FLAT:
            return 1.0 / (max_rounds - round + 1)
        if rate < 0:
            return math.expm1(rate / steps) / math.expm1(rate * ((max_rounds - round + 1) / steps))
        ahead = math.exp(-rate * ((max_rounds - round) / steps))
        return ahead * math.expm1(-rate / steps) / math.expm1(-rate * ((max_rounds - round + 1) / steps))


class TimeDependentConcession(ConcessionCurve, frozen=True, tag="time-dependent"):
    """Faratin's polynomial tactic: g = p^(1/beta) (Faratin, Sierra and Jennings 1998, kappa = 0).

    beta > 0 and finite: below 1 Boulware (late), 1 linear, above 1 conceder (early).
    """

    beta: float = 0.5

    def __post_init__(self) -> None:
        if finite(self.beta, "beta", ConfigurationError) <= 0:
            raise ConfigurationError(f"beta must be > 0, got {self.beta}")

    def fraction(self, round: int, max_rounds: int) -> float:
        """Return (p^e - p'^e) / (1 - p'^e) with e = 1/beta, through logarithms so that nothing cancels near p = 1."""
        exponent = max(1.0 / self.beta, _LEAST_EXPONENT)
        steps = max_rounds - 1
        now = exponent * math.log1p(-(max_rounds - round) / steps)
        if round == 2:
            return math.exp(now)
        before = exponent * math.log1p(-(max_rounds - round + 1) / steps)
        grown = exponent * math.log1p(-1.0 / (round - 1))  # log(p'^e / p^e)
        return math.exp(now) * math.expm1(grown) / math.expm1(before)


class TitForTatConcession(msgspec.Struct, frozen=True, tag_field="name", tag="tit-for-tat"):
    """Concede what the opponent last conceded, measured on the shared scale: never less than 0, never past r.

    With fewer than two offers of the opponent, the linear step. It does not promise to reach r in the last round.
    """

    takes_view: ClassVar[bool] = False  # five arguments, so that nobody needs to inspect the signature

    def __call__(
        self,
        round: int,
        max_rounds: int,
        reservation_value: float,
        current_value: float,
        history: Sequence[float] = (),
    ) -> float:
        """Return the next offer; errors as in ConcessionCurve. O(1)."""
        if len(history) < 2:
            return _LINEAR(round, max_rounds, reservation_value, current_value, history)
        way = way_to(round, max_rounds, reservation_value, current_value)
        if round <= 1:
            return current_value
        # Prices: the opponent comes towards me against my own direction. Utilities: my utility of its offers rises
        # while my target falls. Both are a movement against the sign of my way.
        conceded = history[-2] - history[-1] if way > 0 else history[-1] - history[-2]
        if conceded >= abs(way):
            return reservation_value
        if not conceded > 0:  # this way round, so that NaN holds firm
            return current_value
        point = current_value + conceded if way > 0 else current_value - conceded
        return point if (point < reservation_value) == (way > 0) else reservation_value  # as in ConcessionCurve


_LINEAR = LinearConcession()

CONCESSIONS: dict[str, type[ConcessionCurve] | type[TitForTatConcession]] = {
    "linear": LinearConcession,
    "exponential": ExponentialConcession,
    "time-dependent": TimeDependentConcession,
    "tit-for-tat": TitForTatConcession,
}
"""The concession strategies by the names that scenario files use."""


def way_to(round: int, max_rounds: int, reservation_value: float, current_value: float) -> float:
    """Return reservation_value - current_value, or refuse arguments that are nonsense."""
    try:
        if (
            1 <= round < _INFINITY
            and 1 <= max_rounds < _INFINITY
            and -_INFINITY < reservation_value < _INFINITY
            and -_INFINITY < current_value < _INFINITY
        ):
            return reservation_value - current_value
    except TypeError:
        pass  # told like any other nonsense
    raise _refusal(round, max_rounds, reservation_value, current_value)


def _refusal(round: int, max_rounds: int, reservation_value: float, current_value: float) -> ConfigurationError:
    return ConfigurationError(
        "concession needs finite ints or floats, and rounds from 1 on; got "
        f"round={round!r}, max_rounds={max_rounds!r}, reservation_value={reservation_value!r}, "
        f"current_value={current_value!r}"
    )
