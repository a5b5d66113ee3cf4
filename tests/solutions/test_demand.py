from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.solutions.demand import (
    demand_equilibria,
    outcome_demand_game,
    pie_demand_game,
    smoothed_demands,
    smoothed_pie,
)

ZEUTHEN = [(10, 1), (8, 3), (6, 5), (4, 7), (1, 9)]


def test_every_efficient_division_is_an_equilibrium_and_so_is_asking_for_all():
    found = pie_demand_game(units=10)
    assert [one.payoffs for one in found.efficient] == [pytest.approx((k / 10, 1 - k / 10)) for k in range(11)]
    wasted = [one for one in found.equilibria if not one.compatible]
    assert [one.demands for one in wasted] == [(1.0, 1.0)]
    assert wasted[0].payoffs == (0.0, 0.0)


def test_disagreement_cuts_off_what_is_worse():
    found = pie_demand_game(10, units=10, disagreement=(2, 3))
    assert [one.demands for one in found.efficient] == [(float(k), 10.0 - k) for k in range(2, 8)]
    assert found.disagreement == (2.0, 3.0)


def test_demands_on_outcomes_meet_on_the_frontier():
    found = outcome_demand_game([*ZEUTHEN, (5, 5), (0, 0)])
    assert [one.demands for one in found.efficient] == [(1, 9), (4, 7), (6, 5), (8, 3), (10, 1)]
    assert all(one.efficient or not one.compatible for one in found.equilibria)


def test_smoothing_chooses_the_nash_bargaining_solution():
    shares = np.arange(301) / 300
    for disagreement, expected in [((0, 0), (0.5, 0.5)), ((0.2, 0.1), (0.55, 0.45))]:
        found = smoothed_demands(
            (shares, shares), lambda x, y: 1 / (1 + math.exp(min((x + y - 1) / 0.002, 700))), disagreement
        )
        assert found is not None
        assert found.demands == pytest.approx(expected, abs=0.02)
        assert found.demands in found.equilibria


def test_a_risk_averse_party_gets_less_when_smoothed():
    shares = np.arange(301) / 300
    fits = np.array([[math.exp(-(max(0.0, x + y - 1) ** 2) * 1e6) for y in shares] for x in shares])
    found = smoothed_demands((shares, np.sqrt(shares)), fits)
    assert found is not None
    assert found.demands[0] == pytest.approx(2 / 3, abs=0.01)


@pytest.mark.parametrize("width", [0.1, 0.01, 1e-3, 1e-6])
def test_an_uncertain_pie_tends_to_the_split_of_the_difference(width):
    found = smoothed_pie(width, 1, (0.2, 0.1))
    assert found is not None
    gains = found.demands[0] - 0.2, found.demands[1] - 0.1
    assert gains[0] == pytest.approx(gains[1])
    assert gains[0] == pytest.approx(width / (1 - found.probability), rel=1e-9)
    if width < 0.01:
        assert found.demands == pytest.approx((0.55, 0.45), abs=10 * width)


def test_nothing_to_demand_is_no_equilibrium():
    assert smoothed_pie(0.1, 1, (0.7, 0.7)) is None
    assert smoothed_demands(([0.0], [1.0]), [[1.0]]) is None
    assert smoothed_demands(([0.5], [0.6]), [[0.0]]) is None


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: pie_demand_game(units=0), "units must be"),
        (lambda: pie_demand_game(0), "pie must be > 0"),
        (lambda: demand_equilibria(([], [1]), [[]]), r"demands\[0\]"),
        (lambda: demand_equilibria((["a"], [1]), [[True]]), r"demands\[0\] must be numbers"),
        (lambda: demand_equilibria(([1], [math.nan]), [[True]]), r"demands\[1\]"),
        (lambda: demand_equilibria(([1], [1, 2]), [[True]]), r"shape \(1, 2\)"),
        (lambda: demand_equilibria(([1], [1]), [["x"]]), "numbers or bools"),
        (lambda: demand_equilibria(([1], [1]), [[True]], (0, math.nan)), r"disagreement\[1\]"),
        (lambda: demand_equilibria(([1], [1]), [[True]], 3), "two payoffs"),
        (lambda: smoothed_demands(([1], [1]), [[1.5]]), "between 0 and 1"),
        (lambda: smoothed_pie(0), "width must be > 0"),
        (lambda: outcome_demand_game([(1, 2, 3)]), "two parties"),
    ],
)
def test_what_is_no_demand_game_is_refused(call, says):
    with pytest.raises(ConfigurationError, match=says):
        call()


numbers = st.lists(st.integers(0, 6), min_size=1, max_size=5)


@settings(max_examples=40)
@given(numbers, numbers, st.integers(0, 2**25 - 1), st.tuples(st.integers(0, 3), st.integers(0, 3)))
def test_equilibria_equal_trying_every_deviation(first, second, bits, disagreement):
    fits = [[bool(bits >> (5 * i + j) & 1) for j in range(len(second))] for i in range(len(first))]

    def payoff(i, j):
        return (first[i], second[j]) if fits[i][j] else disagreement

    expected = []
    cells = list(itertools.product(range(len(first)), range(len(second))))
    for i, j in cells:
        mine, yours = payoff(i, j)
        if all(payoff(k, j)[0] <= mine for k in range(len(first))) and all(
            payoff(i, k)[1] <= yours for k in range(len(second))
        ):
            dominated = any(
                fits[k][m] and first[k] >= first[i] and second[m] >= second[j]
                and (first[k], second[m]) != (first[i], second[j])
                for k, m in cells
            )  # fmt: skip
            expected.append(((first[i], second[j]), (mine, yours), fits[i][j], fits[i][j] and not dominated))
    found = demand_equilibria((first, second), fits, disagreement).equilibria
    assert sorted((one.demands, one.payoffs, one.compatible, one.efficient) for one in found) == sorted(expected)


@settings(max_examples=30)
@given(numbers, numbers, st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=25, max_size=25))
def test_the_smoothed_choice_is_an_equilibrium(first, second, chances):
    table = np.array(chances).reshape(5, 5)[: len(first), : len(second)]
    found = smoothed_demands((first, second), table)
    best = max(x * y * table[i, j] for i, x in enumerate(first) for j, y in enumerate(second))
    if found is None:
        assert best == 0
        return
    assert found.demands in found.equilibria
    assert found.demands[0] * found.demands[1] * found.probability == best
    assert found.payoffs == (found.demands[0] * found.probability, found.demands[1] * found.probability)
