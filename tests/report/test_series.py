"""A series measures exactly what was added, and samples fairly what is too much to keep."""

from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from negotiate_rt.report import Series, Spread
from negotiate_rt.report.series import nearest_rank


def series(values: list[float], kept: int = 20_000) -> Series:
    made = Series(kept)
    for value in values:
        made.add(value)
    return made


def test_percentiles_are_nearest_rank() -> None:
    fifteen_to_fifty = [15.0, 20.0, 35.0, 40.0, 50.0]  # the textbook's: p30 is 20, p40 20, p50 35, p100 50
    assert [nearest_rank(fifteen_to_fifty, share) for share in (0.3, 0.4, 0.5, 1.0)] == [20.0, 20.0, 35.0, 50.0]
    hundred = [float(number) for number in range(1, 101)]
    assert series(hundred).spread() == Spread(100, 50.5, 1.0, 50.0, 99.0, 100.0)
    assert series([7.0]).spread() == Spread(1, 7.0, 7.0, 7.0, 7.0, 7.0)
    assert series(hundred).percentile(0.07) == 7.0  # 0.07 * 100 is 7.000000000000001


def test_nothing_measured_is_no_number() -> None:
    assert Series().spread() == Spread(0)
    assert math.isnan(Series().percentile(0.5))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50))
def test_mean_and_bounds_are_those_of_all_values(values: list[float]) -> None:
    spread = series(values, kept=3).spread()
    assert spread.count == len(values)
    assert spread.mean == pytest.approx(statistics.fmean(values), rel=1e-9, abs=1e-6)
    assert (spread.min, spread.max) == (min(values), max(values))
    assert spread.min <= spread.p50 <= spread.p99 <= spread.max


def test_beyond_what_is_kept_a_seeded_sample_stands_for_all() -> None:
    values = [float(number) for number in range(20_000)]
    sampled = series(values, kept=1000).spread()
    assert sampled == series(values, kept=1000).spread()
    assert sampled.p50 == pytest.approx(10_000, abs=1_000)  # three deviations of a median of a thousand: 950
    assert sampled.p99 == pytest.approx(19_800, abs=200)
