from __future__ import annotations

import math
import random
import statistics

import msgspec
import pytest

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.runtime.latency import Constant, Empirical, Exponential, Latency, LogNormal, Normal, Uniform

DRAWS = 4000
ALL = [
    Constant(0.2), Uniform(0.1, 0.3), Normal(0.2, 0.05), Normal(0.0, 1.0), Exponential(0.2), LogNormal(0.2, 0.5),
    Empirical((0.1, 0.2, 0.4)),
]  # fmt: skip


def draws(latency: Latency, seed: str = "s") -> list[float]:
    rng = random.Random(seed)
    return [latency.draw(rng) for _ in range(DRAWS)]


@pytest.mark.parametrize("latency", ALL, ids=repr)
def test_draws_are_finite_never_negative_and_the_same_for_the_same_seed(latency: Latency) -> None:
    values = draws(latency)
    assert all(0 <= value < math.inf for value in values)
    assert values == draws(latency)


@pytest.mark.parametrize("latency", ALL[1:], ids=repr)
def test_another_seed_gives_other_draws(latency: Latency) -> None:
    assert draws(latency) != draws(latency, "another")


@pytest.mark.parametrize(
    ("latency", "mean"),
    [
        (Constant(0.2), 0.2),
        (Uniform(0.1, 0.3), 0.2),
        (Normal(0.2, 0.02), 0.2),
        (Normal(0.0, 1.0), math.sqrt(2 / math.pi)),  # half a bell: truncated, not clipped (that would be half of it)
        (Exponential(0.2), 0.2),
        (LogNormal(0.2, 0.5), 0.2 * math.exp(0.125)),
        (Empirical((0.1, 0.2, 0.6)), 0.3),
    ],
    ids=repr,
)
def test_mean_of_many_draws_is_that_of_the_distribution(latency: Latency, mean: float) -> None:
    assert statistics.fmean(draws(latency)) == pytest.approx(mean, rel=0.05)


def test_half_of_log_normal_draws_lie_below_the_median() -> None:
    assert statistics.median(draws(LogNormal(0.2, 0.5))) == pytest.approx(0.2, rel=0.05)


def test_uniform_stays_between_its_ends_and_empirical_draws_its_samples_only() -> None:
    assert all(0.1 <= value <= 0.3 for value in draws(Uniform(0.1, 0.3)))
    assert set(draws(Empirical((0.1, 0.2, 0.4)))) == {0.1, 0.2, 0.4}


@pytest.mark.parametrize("latency", [Normal(0.3, 0.0), LogNormal(0.3, 0.0), Uniform(0.3, 0.3)], ids=repr)
def test_no_spread_gives_the_same_time_always(latency: Latency) -> None:
    assert set(draws(latency)) == {0.3}


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Constant(-1), r"constant latency: seconds: expected a number from 0 to 1e\+06, got -1"),
        (lambda: Constant(math.nan), "seconds: .*got nan"),
        (lambda: Constant(math.inf), "seconds: .*got inf"),
        (lambda: Constant(True), "seconds: .*got True"),
        (lambda: Constant("fast"), "seconds: .*got 'fast'"),
        (lambda: Uniform(-0.1, 1), "uniform latency: low"),
        (lambda: Uniform(0.3, 0.1), r"uniform latency: high: expected a number from 0.3 to 1e\+06, got 0.1"),
        (lambda: Normal(-1, 1), "normal latency: mean"),
        (lambda: Normal(1, -1), "normal latency: deviation"),
        (lambda: Exponential(-1), "exponential latency: mean"),
        (lambda: LogNormal(-1, 1), "log-normal latency: median"),
        (lambda: LogNormal(1, 11), "log-normal latency: sigma: expected a number from 0 to 10, got 11"),
        (lambda: Empirical(()), "empirical latency: expected at least one sample"),
        (lambda: Empirical((0.1, math.nan)), r"empirical latency: samples\[1\]"),
    ],
)
def test_impossible_parameters_are_refused_by_name(make, words) -> None:
    with pytest.raises(ConfigurationError, match=words):
        make()


@pytest.mark.parametrize("latency", ALL, ids=repr)
def test_every_distribution_is_data(latency: Latency) -> None:
    assert msgspec.convert(msgspec.to_builtins(latency), Latency) == latency


def test_a_wrong_table_is_refused_with_its_path() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"'normle' - at `\$\.kind`"):
        msgspec.convert({"kind": "normle"}, Latency)
    with pytest.raises(msgspec.ValidationError, match="seconds: expected a number"):
        msgspec.convert({"kind": "constant", "seconds": -1}, Latency)
    with pytest.raises(msgspec.ValidationError, match="unknown field `second`"):
        msgspec.convert({"kind": "constant", "second": 1}, Latency)
