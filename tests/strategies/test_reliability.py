"""Contractors' records: the beta reputation system's numbers, forgetting, and what is refused."""

from __future__ import annotations

import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.strategies import reliability
from negotiate_rt.strategies.reliability import Reliability, ReliabilityLedger


def test_nothing_known_is_one_half_and_its_deviation_is_the_uniform_distributions():
    assert ReliabilityLedger().of("nobody") == Reliability()
    assert Reliability().expected() == 0.5
    assert Reliability().deviation() == pytest.approx(math.sqrt(1 / 12))


def test_eight_good_and_two_bad_results_are_beta_nine_three():
    record = Reliability(8, 2, 0, 8.0, 2.0)
    assert record.expected() == pytest.approx(9 / 12)
    assert record.deviation() == pytest.approx(math.sqrt(9 * 3 / (12**2 * 13)))


def test_claim_is_a_base_rate_that_evidence_outweighs():
    assert Reliability().expected(0.9) == 0.9
    record = Reliability(failed=10, bad=10.0)
    assert record.expected(1.0) == pytest.approx(2 / 12)


@given(st.lists(st.booleans(), max_size=60), st.floats(0.5, 1.0))
def test_evidence_is_the_faded_sum_of_results(results, forgetting):
    ledger = ReliabilityLedger(forgetting=forgetting)
    for result in results:
        ledger.note("a", result)
    n = len(results)
    good = sum(forgetting ** (n - 1 - place) for place, result in enumerate(results) if result)
    bad = sum(forgetting ** (n - 1 - place) for place, result in enumerate(results) if not result)
    record = ledger.of("a")
    assert (record.good, record.bad) == (pytest.approx(good), pytest.approx(bad))
    assert (record.fulfilled, record.failed) == (sum(results), n - sum(results))
    assert 0 < record.expected() < 1


def test_who_mends_its_ways_is_believed_again_when_old_results_fade():
    fading, stubborn = ReliabilityLedger(forgetting=0.8), ReliabilityLedger(forgetting=1.0)
    for ledger in (fading, stubborn):
        for result in [False] * 20 + [True] * 10:
            ledger.note("a", result)
    assert fading["a"].expected() > 0.75
    assert stubborn["a"].expected() == pytest.approx(11 / 32)


def test_lateness_counts_among_failures_only():
    ledger = ReliabilityLedger(forgetting=1)
    ledger.note("a", False, late=True)
    ledger.note("a", True, late=True)
    assert ledger["a"] == Reliability(1, 1, 1, 1.0, 1.0)


def test_ledger_is_a_mapping_that_can_be_kept_and_taken_up_again():
    ledger = ReliabilityLedger()
    ledger.note("a", True)
    ledger.note("b", False)
    again = ReliabilityLedger(pickle.loads(pickle.dumps(dict(ledger))))
    assert dict(again) == dict(ledger)
    assert list(again) == ["a", "b"]
    assert repr(again) == "<ReliabilityLedger of 2 contractors>"
    with pytest.raises(KeyError):
        again["c"]


def test_whoever_has_been_idle_for_longest_is_forgotten_first(monkeypatch):
    monkeypatch.setattr(reliability, "MOST", 2)
    ledger = ReliabilityLedger()
    for name in ("a", "b", "a", "c"):
        ledger.note(name, True)
    assert list(ledger) == ["a", "c"]


@pytest.mark.parametrize("forgetting", [0, -1, 1.1, float("nan"), "x", True])
def test_forgetting_out_of_range_is_refused(forgetting):
    with pytest.raises(ConfigurationError, match="forgetting"):
        ReliabilityLedger(forgetting=forgetting)


def test_records_that_are_none_are_refused():
    with pytest.raises(ConfigurationError, match=r"records: expected names and Reliability, got 'a': 0\.5"):
        ReliabilityLedger({"a": 0.5})
    with pytest.raises(ValueError, match="good must be a finite number of at least 0"):
        Reliability(good=float("nan"))
