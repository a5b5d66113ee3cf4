"""How long a message is on its way: distributions as frozen data, drawn from a link's own stream of chance.

All parameters are seconds, finite, from 0 to MAX_SECONDS. In TOML a distribution is a table with its `kind`:
`latency = {kind = "uniform", low = 0.01, high = 0.05}`; a bare number of seconds is constant.
"""

from __future__ import annotations

import math
import random
from typing import TypeAlias

import msgspec

from negotiate_rt.errors import ConfigurationError

MAX_SECONDS = 1e6  # eleven days: far beyond any link, and small enough that no draw leaves the finite numbers
MAX_SIGMA = 10.0  # of the logarithm: at 10 one draw in six is 22,000 times the median


class Constant(msgspec.Struct, frozen=True, tag="constant", tag_field="kind", forbid_unknown_fields=True):
    """Always the same time."""

    seconds: float

    def __post_init__(self) -> None:
        check_range("constant latency: seconds", self.seconds)

    def draw(self, rng: random.Random) -> float:
        """Return seconds; uses no chance."""
        return self.seconds


class Uniform(msgspec.Struct, frozen=True, tag="uniform", tag_field="kind", forbid_unknown_fields=True):
    """Any time between `low` and `high` alike."""

    low: float
    high: float

    def __post_init__(self) -> None:
        check_range("uniform latency: low", self.low)
        check_range("uniform latency: high", self.high, at_least=self.low)

    def draw(self, rng: random.Random) -> float:
        """Return seconds."""
        return self.low + (self.high - self.low) * rng.random()


class Normal(msgspec.Struct, frozen=True, tag="normal", tag_field="kind", forbid_unknown_fields=True):
    """A bell around `mean`, truncated at 0: what falls below is drawn again, so that no heap of zeros arises.

    `mean` and `deviation` are those of the bell before it is truncated. Cost: two draws at most on average.
    """

    mean: float
    deviation: float

    def __post_init__(self) -> None:
        check_range("normal latency: mean", self.mean)
        check_range("normal latency: deviation", self.deviation)

    def draw(self, rng: random.Random) -> float:
        """Return seconds."""
        while (value := rng.normalvariate(self.mean, self.deviation)) < 0:
            pass
        return value


class Exponential(msgspec.Struct, frozen=True, tag="exponential", tag_field="kind", forbid_unknown_fields=True):
    """Memoryless, with this mean."""

    mean: float

    def __post_init__(self) -> None:
        check_range("exponential latency: mean", self.mean)

    def draw(self, rng: random.Random) -> float:
        """Return seconds."""
        return rng.expovariate(1.0) * self.mean


class LogNormal(msgspec.Struct, frozen=True, tag="log-normal", tag_field="kind", forbid_unknown_fields=True):
    """Half of the messages take less than `median`; `sigma` is the deviation of the logarithm (0.5 is a calm WAN)."""

    median: float
    sigma: float

    def __post_init__(self) -> None:
        check_range("log-normal latency: median", self.median)
        check_range("log-normal latency: sigma", self.sigma, at_most=MAX_SIGMA)

    def draw(self, rng: random.Random) -> float:
        """Return seconds."""
        return self.median * math.exp(rng.normalvariate(0.0, self.sigma))


class Empirical(msgspec.Struct, frozen=True, tag="empirical", tag_field="kind", forbid_unknown_fields=True):
    """One of the measured `samples`, each alike (list a time twice to make it twice as likely)."""

    samples: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.samples:
            raise ConfigurationError("empirical latency: expected at least one sample, got none")
        for index, sample in enumerate(self.samples):
            check_range(f"empirical latency: samples[{index}]", sample)

    def draw(self, rng: random.Random) -> float:
        """Return seconds."""
        return self.samples[int(rng.random() * len(self.samples))]


Latency: TypeAlias = Constant | Uniform | Normal | Exponential | LogNormal | Empirical


def check_range(name: str, value: object, *, at_least: float = 0.0, at_most: float = MAX_SECONDS) -> None:
    """Raise ConfigurationError unless `value` is a true number inside the range."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not at_least <= value <= at_most:  # type: ignore[operator]  # a number; this way round for NaN
        raise ConfigurationError(f"{name}: expected a number from {at_least:g} to {at_most:g}, got {value!r}")
