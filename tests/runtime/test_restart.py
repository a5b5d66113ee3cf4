"""Restart policies count as OTP's supervisors do."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.runtime.restart import RestartPolicy, RestartRecord


@pytest.mark.parametrize(
    ("kind", "after_a_normal_end", "after_a_crash"),
    [("permanent", True, True), ("transient", False, True), ("temporary", False, False)],
)
def test_kind_decides_what_is_started_again(kind, after_a_normal_end, after_a_crash):
    record = RestartRecord(RestartPolicy(kind=kind))
    assert record.should(True) is after_a_normal_end
    assert record.should(False) is after_a_crash


def test_more_than_max_restarts_within_the_window_is_one_too_many():
    record = RestartRecord(RestartPolicy(max_restarts=3, within=5.0))
    assert [record.allow(at) for at in (0.0, 1.0, 2.0, 5.0)] == [True, True, True, False]


def test_restart_exactly_a_window_ago_still_counts():
    record = RestartRecord(RestartPolicy(max_restarts=1, within=5.0))
    assert record.allow(0.0)
    assert not record.allow(5.0)
    assert record.allow(10.001), "the one at 5 s has left the window"


def test_no_restart_is_allowed_where_none_is_granted():
    assert not RestartRecord(RestartPolicy(max_restarts=0)).allow(0.0)


def test_backoff_doubles_within_the_window_and_starts_over_after_it():
    record = RestartRecord(RestartPolicy(max_restarts=5, within=10.0, backoff=0.5))
    waits = []
    for at in (0.0, 1.0, 2.0, 50.0):
        record.allow(at)
        waits.append(record.delay)
    assert waits == [0.5, 1.0, 2.0, 0.5]


def test_default_backoff_is_none():
    record = RestartRecord(RestartPolicy())
    assert record.delay == 0.0
    record.allow(0.0)
    assert record.delay == 0.0


def test_backoff_stays_finite_whatever_the_intensity():
    record = RestartRecord(RestartPolicy(max_restarts=5_000, backoff=1e300))
    for _ in range(5_000):
        record.allow(0.0)
    assert record.delay < math.inf


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"kind": "transiant"}, "did you mean 'transient'"),
        ({"max_restarts": -1}, "max_restarts must be >= 0"),
        ({"within": 0.0}, "within must be finite"),
        ({"within": math.nan}, "within must be finite"),
        ({"within": math.inf}, "within must be finite"),
        ({"backoff": -0.1}, "backoff must be finite"),
        ({"backoff": math.nan}, "backoff must be finite"),
    ],
)
def test_policy_out_of_range_is_refused(wrong, text):
    with pytest.raises(ConfigurationError, match=text):
        RestartPolicy(**wrong)


@given(
    st.lists(st.floats(0, 100), max_size=40).map(sorted), st.integers(0, 5), st.floats(0.1, 20)
)  # fmt: skip
def test_allowed_iff_the_window_holds_no_more_than_max_restarts(times, max_restarts, within):
    record = RestartRecord(RestartPolicy(max_restarts=max_restarts, within=within))
    for number, now in enumerate(times):
        in_window = sum(1 for at in times[: number + 1] if at >= now - within)
        assert record.allow(now) is (in_window <= max_restarts)


def test_record_shows_its_count():
    record = RestartRecord(RestartPolicy())
    record.allow(0.0)
    assert repr(record) == "<RestartRecord permanent: 1 of 3 in 5 s>"
