"""Max-Sum's messages by their definition."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.solutions.dcop.max_sum import FactorTable, belief, damped, query


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.integers(0, 10**6))
def test_a_factor_tells_what_each_value_costs_at_best_together_with_the_others(shape, seed):
    rng = random.Random(seed)
    table = np.array([rng.uniform(-9, 9) for _ in range(int(np.prod(shape)))]).reshape(shape)
    heard = [[rng.uniform(0, 9) for _ in range(size)] for size in shape]
    told = FactorTable(table).answers(heard)
    for axis, size in enumerate(shape):
        for value in range(size):
            best = min(
                table[places] + sum(heard[other][place] for other, place in enumerate(places) if other != axis)
                for places in itertools.product(*map(range, shape))
                if places[axis] == value
            )
            assert told[axis][value] == pytest.approx(best)


def test_lists_and_arrays_say_the_same():
    table = np.random.default_rng(1).random((20, 20))
    heard = [table[0].tolist(), table[:, 1].tolist()]
    small = FactorTable(table[:10, :10]).answers([one[:10] for one in heard])
    assert np.allclose(small[0], (table[:10, :10] + np.array(heard[1][:10])).min(1))
    large = FactorTable(table).answers(heard)
    assert np.allclose(large[0], (table + np.array(heard[1])).min(1))


def test_a_query_leaves_out_the_answer_of_who_is_asked_and_has_a_least_of_zero():
    total = belief([1.0, 2.0], [[3.0, 0.0], [1.0, 1.0]])
    assert total == [5.0, 3.0]
    assert query(total, [3.0, 0.0]) == [0.0, 1.0]


def test_damping_mixes_and_what_is_almost_the_same_is_said_again_to_the_bit():
    assert damped((0.0, 4.0), (2.0, 0.0), 0.75, 1e-9) == ((0.5, 3.0), True)
    last = (0.0, 4.0)
    again, new = damped(last, (0.0, 4.0 + 1e-12), 0.5, 1e-9)
    assert (again, new) == (last, False)
