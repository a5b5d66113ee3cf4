"""The rules of a game of alternating offers, shared by everything that solves or plays one.

Periods count from 1. In each, one party proposes and the others answer at once; a refused offer leads to the next
period, in which the next party proposes. What a deal is worth is told in values of the period in which it is struck.
"""

from __future__ import annotations

import math
import numbers
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

import msgspec

from negotiate_rt.errors import ConfigurationError

Number: TypeAlias = float | Fraction
PerParty: TypeAlias = Number | tuple[Number, ...]  # one number is everybody's


class Stakes(NamedTuple):
    """What refusing means to one party: it gets `keep` of the next period's value, plus `add`.

    keep = (1-q)·δ, lose = 1 - keep without cancellation, add = q·breakdown - (1-q)·cost; `option` is what it gets by
    leaving when it answers (None: it cannot leave), `deadline` what it gets when the last offer is refused.
    """

    keep: Number
    lose: Number
    add: Number
    option: Number | None
    deadline: Number


class AlternatingOffers(msgspec.Struct, frozen=True, kw_only=True):
    """The rules: how much waiting costs, what else the parties have, and when it ends.

    discounts: δ of each party per period, in [0, 1]; or impatience: 1 - δ, which keeps its precision near δ = 1 (give one
    of the two; neither: no discounting). costs: what each pays per period of delay, >= 0. breakdown: the risk q in
    [0, 1] that a refusal ends the game with breakdown_payoffs (Binmore, Rubinstein, Wolinsky 1986). outside_options: what
    a party may leave for when it answers an offer (None: it cannot); the other then gets its own outside option, or 0.
    horizon: the number of periods, >= 1, after which deadline_payoffs fall due, in values of the last period (None: no end).
    first: which party proposes in period 1; the others follow in order. A single number stands for all parties; a Fraction
    is kept exact. ConfigurationError says which field is wrong.
    """

    discounts: PerParty | None = None
    impatience: PerParty | None = None
    costs: PerParty = 0
    outside_options: tuple[Number | None, ...] | None = None
    breakdown: Number = 0
    breakdown_payoffs: PerParty = 0
    deadline_payoffs: PerParty = 0
    horizon: int | None = None
    first: int = 0

    def __post_init__(self) -> None:
        if self.discounts is not None and self.impatience is not None:
            raise ConfigurationError("give discounts or impatience (1 - discount), not both")
        for name in ("discounts", "impatience", "costs", "breakdown", "breakdown_payoffs", "deadline_payoffs"):
            value = _listed(getattr(self, name))
            if isinstance(value, tuple):
                if name == "breakdown":
                    raise ConfigurationError(f"breakdown is one risk for both, got {value!r}")
                value = tuple(_checked(name, f"{name}[{place}]", one) for place, one in enumerate(value))
            elif value is not None:
                value = _checked(name, name, value)
            msgspec.structs.force_setattr(self, name, value)
        if self.outside_options is not None:
            msgspec.structs.force_setattr(self, "outside_options", _checked_options(_listed(self.outside_options)))
        if self.horizon is not None and (not _whole(self.horizon) or self.horizon < 1):
            raise ConfigurationError(
                f"horizon must be a number of periods >= 1, or None for no end, got {self.horizon!r}"
            )
        if not _whole(self.first) or self.first < 0:
            raise ConfigurationError(f"first must be the number of a party, from 0, got {self.first!r}")

    def is_exact(self, *more: Number) -> bool:
        """Whether all numbers here and in `more` are fractions or whole, and one is a fraction: so then is the answer."""
        given = [one for name in self.__struct_fields__[:7] for one in _flat(getattr(self, name))] + list(more)
        return any(isinstance(one, Fraction) for one in given) and not any(isinstance(one, float) for one in given)

    def proposer(self, period: int, parties: int = 2) -> int:
        """Return who proposes in a period, counted from 1."""
        return (self.first + period - 1) % parties

    def stakes(self, parties: int, *, exact: bool) -> tuple[Stakes, ...]:
        """Return what refusing means to each party, in fractions if `exact`, else in floats.

        ConfigurationError if a field holds another number of values than there are parties.
        """
        if self.first >= parties:
            raise ConfigurationError(
                f"first must be one of the {parties} parties, 0 to {parties - 1}, got {self.first}"
            )
        kind = Fraction if exact else float
        discounts, impatience = self._patience(parties, kind)
        risk = kind(self.breakdown)
        costs, broken = self._spread("costs", parties, kind), self._spread("breakdown_payoffs", parties, kind)
        late = self._spread("deadline_payoffs", parties, kind)
        options = self.outside_options or (None,) * parties
        if len(options) != parties:
            raise ConfigurationError(f"outside_options has {len(options)} values for {parties} parties")
        return tuple(
            Stakes(
                (1 - risk) * discounts[i], impatience[i] + risk * discounts[i],
                risk * broken[i] - (1 - risk) * costs[i], None if one is None else kind(one), late[i],
            )
            for i, one in enumerate(options)
        )  # fmt: skip

    def _patience(self, parties: int, kind: type) -> tuple[tuple[Number, ...], tuple[Number, ...]]:
        if self.impatience is not None:
            impatience = self._spread("impatience", parties, kind)
            return tuple(1 - one for one in impatience), impatience
        discounts = self._spread("discounts", parties, kind) if self.discounts is not None else (kind(1),) * parties
        return discounts, tuple(1 - one for one in discounts)

    def _spread(self, name: str, parties: int, kind: type) -> tuple[Number, ...]:
        value = getattr(self, name)
        values = value if isinstance(value, tuple) else (value,) * parties
        if len(values) != parties:
            raise ConfigurationError(f"{name} has {len(values)} values for {parties} parties")
        return tuple(kind(one) for one in values)


def rules_of(game: object) -> AlternatingOffers:
    """Return the rules of a game; ConfigurationError if they are none."""
    if not isinstance(game, AlternatingOffers):
        raise ConfigurationError(f"the rules of the game must be AlternatingOffers(...), got {game!r}")
    return game


def discount_factor(rate: float, delay: float) -> float:
    """Return the discount δ = e^(-rate·delay) per period of `delay`, at interest `rate` per unit of time; both >= 0."""
    return math.exp(-_interest(rate, delay))


def impatience_factor(rate: float, delay: float) -> float:
    """Return 1 - δ = 1 - e^(-rate·delay) without cancellation, for `AlternatingOffers(impatience=...)`."""
    return -math.expm1(-_interest(rate, delay))


def real_number(value: object, path: str) -> Number:
    """Return a finite int, float or Fraction as it is, other real numbers (Decimal, numpy's) converted.

    ConfigurationError names the path for anything else: bools, text, None, NaN and infinities.
    """
    if isinstance(value, bool) or not isinstance(value, (numbers.Real, Decimal)) or not math.isfinite(value):
        raise ConfigurationError(f"{path} must be a finite number, got {value!r}")
    if isinstance(value, Decimal):
        return Fraction(value)
    if isinstance(value, Fraction):
        return value
    return int(value) if isinstance(value, numbers.Integral) else float(value)


def chance(value: object, path: str) -> Number:
    """Return a number between 0 and 1; ConfigurationError names the path otherwise."""
    number = real_number(value, path)
    if not 0 <= number <= 1:
        raise ConfigurationError(f"{path} must be between 0 and 1, got {value!r}")
    return number


def size_of_pie(pie: Number) -> Number:
    """Return the size of a pie, a finite number > 0; ConfigurationError otherwise."""
    size = real_number(pie, "pie")
    if size <= 0:
        raise ConfigurationError(f"pie must be > 0, got {pie!r}")
    return size


def _interest(rate: float, delay: float) -> float:
    for name, value in (("rate", rate), ("delay", delay)):
        if real_number(value, name) < 0:
            raise ConfigurationError(f"{name} must be >= 0, got {value!r}")
    return float(rate) * float(delay)


def _checked(name: str, path: str, value: object) -> Number:
    if name in ("discounts", "impatience", "breakdown"):
        return chance(value, path)
    number = real_number(value, path)
    if number < 0 and name == "costs":
        raise ConfigurationError(f"{path} must be >= 0, got {value!r}")
    return number


def _checked_options(options: object) -> tuple[Number | None, ...]:
    if not isinstance(options, tuple):
        raise ConfigurationError(f"outside_options must hold one number or None per party, got {options!r}")
    return tuple(
        None if one is None else real_number(one, f"outside_options[{place}]") for place, one in enumerate(options)
    )


def _listed(value: object) -> Any:  # whatever was given, a list or array as a tuple
    listed = getattr(value, "tolist", None)
    value = value if listed is None else listed()
    return tuple(value) if isinstance(value, list) else value


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _flat(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)
