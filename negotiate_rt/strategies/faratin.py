"""Faratin's tactics: concede by time, by a resource that runs out, or by how the other side behaves; and mixtures.

After Faratin, Sierra and Jennings, "Negotiation decision functions for autonomous agents", Robotics and Autonomous
Systems 24 (1998), section 4. A time-dependent tactic offers o + alpha(t) (r - o) between the opening o and the
reservation value r. Time t is counted in rounds from 0, so t = round - 1, and is clamped at tmax. Round 1 is the opening
itself, whatever alpha(0) = kappa is; kappa is felt from round 2 on.

All are concession strategies of the usual five arguments and work on prices and on own utility, in both directions. A
concession is never taken back and never passes r, where the paper clamps to the whole range between r and o.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, ClassVar, Literal

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.scalars import finite
from negotiate_rt.strategies.concession import (
    ConcessionCurve,
    ConcessionStrategy,
    ExponentialConcession,
    LinearConcession,
    TimeDependentConcession,
    TitForTatConcession,
    way_to,
)

_LEAST_KAPPA = 1e-300  # its logarithm is finite
_DRAWS = 4096  # rounds after which the chance of a random tactic repeats itself


def polynomial_alpha(time: float, tmax: float, beta: float, kappa: float = 0.0) -> float:
    """Return kappa + (1 - kappa) (min(t, tmax) / tmax)^(1/beta) (Faratin et al. 1998, section 4.1). 1 if tmax is 0."""
    if time >= tmax:
        return kappa + (1.0 - kappa)
    return kappa + (1.0 - kappa) * (time / tmax) ** (1.0 / beta) if time > 0.0 else kappa


def exponential_alpha(time: float, tmax: float, beta: float, kappa: float) -> float:
    """Return e^((1 - min(t, tmax) / tmax)^beta ln kappa), kappa > 0 (Faratin et al. 1998, section 4.1). 1 if tmax is 0."""
    left = 0.0 if time >= tmax else 1.0 - max(0.0, time) / tmax
    return math.exp(left**beta * math.log(kappa))


def _step(before: float, now: float) -> float:
    """Return the share of the remaining way that leads from alpha = before to alpha = now; 0 if that is backwards."""
    if before >= 1.0:
        return 1.0
    share = (now - before) / (1.0 - before)
    return 0.0 if share < 0.0 else share if share < 1.0 else 1.0


def _towards(current: float, reservation_value: float, share: float) -> float:
    """Return the point a share in [0, 1] of the way to the reservation value, never past it."""
    if share >= 1.0:
        return reservation_value
    point = current + (reservation_value - current) * share
    return point if (point < reservation_value) == (current < reservation_value) else reservation_value


def _check(beta: float, kappa: float, tmax: float | None, *, least: float = 0.0) -> None:
    if finite(beta, "beta", ConfigurationError) <= 0:
        raise ConfigurationError(f"beta must be > 0, got {beta}")
    if not least <= finite(kappa, "kappa", ConfigurationError) <= 1:
        shown = f"in [{least:g}, 1]" if least == 0 else "in (0, 1]"
        raise ConfigurationError(f"kappa must be {shown}, got {kappa}")
    if tmax is not None and finite(tmax, "tmax", ConfigurationError) < 0:
        raise ConfigurationError(f"tmax must be >= 0 rounds, got {tmax}")


class PolynomialTactic(ConcessionCurve, frozen=True, tag="polynomial"):
    """Concede by alpha(t) = kappa + (1 - kappa) (min(t, tmax) / tmax)^(1/beta), t = round - 1 (Faratin 1998).

    beta > 0: below 1 Boulware, above 1 conceder. kappa in [0, 1]: the share conceded at once. tmax: rounds after the
    first at which all is conceded; the last round by default. With kappa 0 and no tmax, `TimeDependentConcession`.
    """

    beta: float = 0.5
    kappa: float = 0.0
    tmax: float | None = None

    def __post_init__(self) -> None:
        _check(self.beta, self.kappa, self.tmax)

    def alpha(self, round: int, max_rounds: int) -> float:
        """Return the share of the whole way that has been conceded in a round; 0 in round 1, which is the opening."""
        tmax = max_rounds - 1 if self.tmax is None else self.tmax
        return 0.0 if round <= 1 else polynomial_alpha(round - 1, tmax, self.beta, self.kappa)

    def fraction(self, round: int, max_rounds: int) -> float:
        """Return (alpha(t) - alpha(t - 1)) / (1 - alpha(t - 1))."""
        return _step(self.alpha(round - 1, max_rounds), self.alpha(round, max_rounds))


class ExponentialTactic(ConcessionCurve, frozen=True, tag="exponential-tactic"):
    """Concede by alpha(t) = e^((1 - min(t, tmax) / tmax)^beta ln kappa), t = round - 1 (Faratin 1998).

    beta > 0: above 1 conceder, below 1 Boulware. kappa in (0, 1]: the share conceded at once. tmax as in
    `PolynomialTactic`.
    """

    beta: float = 0.5
    kappa: float = 0.05
    tmax: float | None = None

    def __post_init__(self) -> None:
        _check(self.beta, self.kappa, self.tmax, least=_LEAST_KAPPA)

    def alpha(self, round: int, max_rounds: int) -> float:
        """Return the share of the whole way that has been conceded in a round; 0 in round 1, which is the opening."""
        tmax = max_rounds - 1 if self.tmax is None else self.tmax
        return 0.0 if round <= 1 else exponential_alpha(round - 1, tmax, self.beta, self.kappa)

    def fraction(self, round: int, max_rounds: int) -> float:
        """Return (alpha(t) - alpha(t - 1)) / (1 - alpha(t - 1))."""
        return _step(self.alpha(round - 1, max_rounds), self.alpha(round, max_rounds))


Curve = LinearConcession | ExponentialConcession | TimeDependentConcession | PolynomialTactic | ExponentialTactic


class _Tactic(msgspec.Struct, frozen=True, tag_field="name"):
    """A strategy that looks at more than the round: checks its arguments, then asks `_next` from round 2 on."""

    takes_view: ClassVar[bool] = False  # five arguments, so that nobody needs to inspect the signature

    def __call__(
        self,
        round: int,
        max_rounds: int,
        reservation_value: float,
        current_value: float,
        history: Sequence[float] = (),
    ) -> float:
        """Return the next offer; ConfigurationError if rounds or values are no finite numbers, or below 1."""
        way = way_to(round, max_rounds, reservation_value, current_value)  # refuses nonsense
        if round <= 1 or not way:  # the opening; or nothing is left to concede
            return current_value
        target = self._next(round, max_rounds, reservation_value, current_value, history)
        if way < 0:  # both ways round NaN holds firm
            point = target if target < current_value else current_value
            return point if point > reservation_value else reservation_value
        point = target if target > current_value else current_value
        return point if point < reservation_value else reservation_value

    def _next(self, round: int, max_rounds: int, reservation_value: float, current: float, history: Sequence[float]) -> float:
        raise NotImplementedError


class DynamicDeadlineTactic(_Tactic, frozen=True, tag="dynamic-deadline"):
    """The polynomial tactic with a deadline that comes closer as threads grow: tmax = mu n^2 / sum of thread lengths.

    opponents n: how many one bargains with at once, taken to have threads as long as this one (both sides' offers); so
    tmax = mu n / length: many opponents relax, long talks press. mu: rounds that are reasonable for one opponent; by
    default 2 (M - 1)^2, with which one opponent brings tmax to the last round. Faratin et al. 1998, section 4.2.1.
    """

    beta: float = 1.0
    kappa: float = 0.0
    opponents: int = 1
    mu: float | None = None

    def __post_init__(self) -> None:
        _check(self.beta, self.kappa, None)
        _check_opponents(self.opponents, self.mu)

    def _next(self, round: int, max_rounds: int, reservation_value: float, current: float, history: Sequence[float]) -> float:
        heard, beta, kappa = len(history), self.beta, self.kappa
        budget = (2.0 * (max_rounds - 1) ** 2 if self.mu is None else self.mu) * self.opponents
        now = polynomial_alpha(round - 1, budget / _length(round, heard), beta, kappa)
        if round == 2:
            return _towards(current, reservation_value, _step(0.0, now))
        before = polynomial_alpha(round - 2, budget / _length(round - 1, heard - 1), beta, kappa)
        return _towards(current, reservation_value, _step(before, now))


class ResourceTactic(_Tactic, frozen=True, tag="resource-dependent"):
    """Concede as a resource runs out: alpha = kappa + (1 - kappa) e^(-resource) (Faratin et al. 1998, section 4.2.2).

    resource: "participants": the number of opponents; "messages": mu opponents / thread length, as in
    `DynamicDeadlineTactic`, mu = 1 by default; "time": the rounds that are left, max(0, tmax - t) (the paper prints
    min(0, t - tmax), whose negative is meant), in units of mu rounds.
    """

    resource: Literal["participants", "messages", "time"] = "time"
    kappa: float = 0.0
    opponents: int = 1
    mu: float | None = None
    tmax: float | None = None

    def __post_init__(self) -> None:
        if self.resource not in ("participants", "messages", "time"):
            raise ConfigurationError(f"resource must be participants, messages or time, got {self.resource!r}")
        _check(1.0, self.kappa, self.tmax)
        _check_opponents(self.opponents, self.mu)

    def _next(self, round: int, max_rounds: int, reservation_value: float, current: float, history: Sequence[float]) -> float:
        heard = len(history)
        before = 0.0 if round == 2 else self._alpha(round - 1, max_rounds, heard - 1)
        return _towards(current, reservation_value, _step(before, self._alpha(round, max_rounds, heard)))

    def _alpha(self, round: int, max_rounds: int, heard: int) -> float:
        mu = 1.0 if self.mu is None else self.mu
        if self.resource == "participants":
            left = float(self.opponents)
        elif self.resource == "messages":
            left = mu * self.opponents / _length(round, heard)
        else:
            tmax = max_rounds - 1 if self.tmax is None else self.tmax
            left = max(0.0, tmax - (round - 1)) / mu
        return self.kappa + (1.0 - self.kappa) * math.exp(-left)


def _length(round: int, heard: int) -> int:
    """Return the length of a thread: offers made before this round, and offers heard; at least 1."""
    said = round - 1 + heard if heard > 0 else round - 1
    return said if said > 1 else 1


def _check_opponents(opponents: int, mu: float | None) -> None:
    if isinstance(opponents, bool) or not isinstance(opponents, int) or opponents < 1:
        raise ConfigurationError(f"opponents must be a whole number >= 1, got {opponents!r}")
    if mu is not None and finite(mu, "mu", ConfigurationError) <= 0:
        raise ConfigurationError(f"mu must be > 0, got {mu}")


def _count(number: int, name: str) -> None:
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise ConfigurationError(f"{name} must be a whole number >= 1, got {number!r}")


class RelativeTitForTat(_Tactic, frozen=True, tag="relative-tit-for-tat"):
    """Concede in proportion to what the opponent conceded `delta` steps ago: x * y[n - delta] / y[n - delta + 1].

    y are the opponent's offers. With fewer than delta + 1 of them, or a ratio that means nothing (signs differ, or
    division by 0), the fallback's value. Faratin et al. 1998, section 4.3.
    """

    delta: int = 1
    fallback: Curve = LinearConcession()

    def __post_init__(self) -> None:
        _count(self.delta, "delta")

    def _next(self, round: int, max_rounds: int, reservation_value: float, current: float, history: Sequence[float]) -> float:
        place = len(history) - self.delta - 1
        if place >= 0:
            earlier, later = history[place], history[place + 1]
            if earlier * later > 0:
                return current * (earlier / later)
        return self.fallback.__call__(round, max_rounds, reservation_value, current)


class RandomAbsoluteTitForTat(_Tactic, frozen=True, tag="random-absolute-tit-for-tat"):
    """Concede as much as the opponent did `delta` steps ago, plus or minus chance: x + y[n-delta] - y[n-delta+1] + R.

    The chance R is uniform in [-spread, spread], on the scale of the issue (the paper's is an integer and goes one way;
    a whole range suits utilities); it comes from the seed and the round. With fewer than delta + 1 of the opponent's
    offers, the fallback's value. Faratin et al. 1998, section 4.3.
    """

    delta: int = 1
    spread: float = 0.0
    seed: int = 0
    fallback: Curve = LinearConcession()

    def __post_init__(self) -> None:
        _count(self.delta, "delta")
        if finite(self.spread, "spread", ConfigurationError) < 0:
            raise ConfigurationError(f"spread must be >= 0, got {self.spread}")

    def _next(self, round: int, max_rounds: int, reservation_value: float, current: float, history: Sequence[float]) -> float:
        place = len(history) - self.delta - 1
        if place < 0:
            return self.fallback(round, max_rounds, reservation_value, current)
        chance = self.spread * _chances(self.seed)[round % _DRAWS] if self.spread else 0.0
        return current + (history[place] - history[place + 1]) + chance


@lru_cache(32)
def _chances(seed: int) -> tuple[float, ...]:
    """Return numbers in [-1, 1], one a round: drawn once, because seeding a stream each turn would cost 10 µs."""
    rng = random.Random(seed)
    return tuple(rng.uniform(-1.0, 1.0) for _ in range(_DRAWS))


class AveragedTitForTat(_Tactic, frozen=True, tag="averaged-tit-for-tat"):
    """Concede in proportion to what the opponent conceded over its last `window` steps: x * y[n - window] / y[n].

    With fewer than window + 1 offers of the opponent, or a ratio that means nothing, the fallback's value; window 1 is
    `RelativeTitForTat` with delta 1. Faratin et al. 1998, section 4.3.
    """

    window: int = 3
    fallback: Curve = LinearConcession()

    def __post_init__(self) -> None:
        _count(self.window, "window")

    def _next(self, round: int, max_rounds: int, reservation_value: float, current: float, history: Sequence[float]) -> float:
        place = len(history) - self.window - 1
        if place >= 0:
            earlier, later = history[place], history[-1]
            if earlier * later > 0:
                return current * (earlier / later)
        return self.fallback.__call__(round, max_rounds, reservation_value, current)


Pure = (
    Curve | TitForTatConcession | DynamicDeadlineTactic | ResourceTactic | RelativeTitForTat | RandomAbsoluteTitForTat
    | AveragedTitForTat
)  # fmt: skip


class MixedConcession(_Tactic, frozen=True, tag="mixed"):
    """A weighted combination of strategies, each of which proposes its next value from the present one.

    weights: >= 0, one a strategy, not all 0; equal by default; they are rescaled to sum to 1. final_weights: what they
    have become in the last round, moving in a straight line (the weights of a row of Gamma over time in Faratin et al.
    1998, section 4.4). Strategies may be any callables of the five arguments; a scenario file names pure ones.
    """

    strategies: tuple[Pure, ...] = (LinearConcession(), TitForTatConcession())
    weights: tuple[float, ...] = ()
    final_weights: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        strategies: Any = self.strategies  # a list is taken as a tuple
        if isinstance(strategies, (str, bytes)) or not strategies or not all(map(callable, strategies)):
            raise ConfigurationError(f"a mixture needs one or more concession strategies, got {strategies!r}")
        msgspec.structs.force_setattr(self, "strategies", tuple(strategies))
        for name in ("weights", "final_weights"):
            given = tuple(getattr(self, name))
            if given:
                msgspec.structs.force_setattr(self, name, _shares(name, given, len(self.strategies)))

    def _next(self, round: int, max_rounds: int, reservation_value: float, current: float, history: Sequence[float]) -> float:
        strategies = self.strategies
        shares = self.weights or (1.0 / len(strategies),) * len(strategies)
        if self.final_weights:
            gone = min(1.0, (round - 1) / max(1, max_rounds - 1))
            pairs = zip(shares, self.final_weights, strict=True)
            shares = tuple([start + (end - start) * gone for start, end in pairs])
        value = 0.0
        one: ConcessionStrategy
        for share, one in zip(shares, strategies, strict=True):
            if share:
                value += share * one.__call__(round, max_rounds, reservation_value, current, history)
        return value


def _shares(name: str, given: tuple[float, ...], count: int) -> tuple[float, ...]:
    if len(given) != count:
        raise ConfigurationError(f"{name}: one weight a strategy, {count} in all; got {len(given)}")
    for place, weight in enumerate(given):
        if finite(weight, f"{name}[{place}]", ConfigurationError) < 0:
            raise ConfigurationError(f"{name}[{place}] must be >= 0, got {weight}")
    total = math.fsum(given)
    if total <= 0:
        raise ConfigurationError(f"{name} must not all be 0")
    return tuple(weight / total for weight in given)


TACTICS: dict[str, type[ConcessionCurve] | type[_Tactic]] = {
    "polynomial": PolynomialTactic,
    "exponential-tactic": ExponentialTactic,
    "dynamic-deadline": DynamicDeadlineTactic,
    "resource-dependent": ResourceTactic,
    "relative-tit-for-tat": RelativeTitForTat,
    "random-absolute-tit-for-tat": RandomAbsoluteTitForTat,
    "averaged-tit-for-tat": AveragedTitForTat,
    "mixed": MixedConcession,
}
"""Faratin's tactics by the names that scenario files use."""
