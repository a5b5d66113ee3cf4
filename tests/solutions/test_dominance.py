from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.solutions import dominance
from negotiate_rt.solutions.dominance import undominated


def brute_force(columns):
    better_or_equal = (columns[:, :, None] >= columns[:, None, :]).all(axis=0)
    better = (columns[:, :, None] > columns[:, None, :]).any(axis=0)
    return np.flatnonzero(~(better_or_equal & better).any(axis=0)).tolist()


def cloud(parties, count, levels, seed):
    return np.random.default_rng(seed).integers(0, levels, (parties, count))


def check(columns):
    found = undominated(columns, np.zeros(len(columns)))
    efficient = brute_force(columns)
    assert sorted(found.members.tolist()) == efficient
    firsts = {}
    for number in efficient:
        firsts.setdefault(tuple(columns[:, number]), number)
    assert sorted(found.firsts.tolist()) == sorted(firsts.values())
    assert found.members[found.starts].tolist() == found.firsts.tolist()
    vectors = [tuple(column) for column in columns[:, found.firsts].T]
    assert vectors == sorted(vectors, reverse=True)


@given(st.integers(1, 5), st.integers(1, 300), st.integers(2, 40), st.integers(0, 10_000))
@settings(max_examples=30)
def test_the_division_finds_what_comparing_all_pairs_finds(parties, count, levels, seed):
    check(cloud(parties, count, levels, seed))


@pytest.mark.parametrize("parties", [3, 4, 5])
def test_a_sample_weeds_out_dominated_vectors_only(parties, monkeypatch):
    monkeypatch.setattr(dominance, "_SAMPLE", 16)
    monkeypatch.setattr(dominance, "_BRUTE", 8)
    for seed in range(8):
        check(cloud(parties, 600, 6 + 8 * seed, seed))


@pytest.mark.parametrize("parties", [3, 4])
def test_a_curved_front_on_which_everything_is_efficient(parties):
    vectors = np.abs(np.random.default_rng(5).normal(size=(parties, 2000)))
    vectors /= np.sqrt((vectors**2).sum(axis=0))
    assert len(undominated(vectors, np.full(parties, 1e-12)).firsts) == 2000


def test_among_equal_vectors_the_precedence_decides():
    columns = np.array([[1, 1, 0, 1], [1, 1, 5, 1]])
    keys = np.array([[2, 0, 1, 0], [0, 9, 0, 3]])
    found = undominated(columns, np.zeros(2), keys)
    assert found.firsts.tolist() == [3, 2]
    assert found.members.tolist() == [3, 1, 0, 2]


def test_numbers_within_the_tolerance_are_the_same():
    columns = np.array([[1.0, 1.0 + 1e-13, 0.5], [0.5 + 1e-13, 0.5, 0.5]])
    assert undominated(columns, np.full(2, 1e-12)).members.tolist() == [0, 1]
    assert undominated(columns, np.full(2, 1e-14)).members.tolist() == [1, 0]


def test_no_vectors_have_no_frontier():
    assert undominated(np.empty((3, 0)), np.zeros(3)).members.tolist() == []
