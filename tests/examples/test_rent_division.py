from __future__ import annotations

import pytest

from examples.rent_division import RENT, WORTHS, main


@pytest.fixture(scope="module")
def found():
    return main()


def test_division_is_envy_free_and_that_of_theory(found):
    result, theory = found.outcome.result, found.theory
    assert result.verdicts["envy-free"]
    assert result.verdicts["Pareto-optimal"]
    assert sum(result.payments.values()) == RENT
    assert {name: {room} for name, room in theory.rooms.items()} == result.allocation
    assert {name: theory.payment(name) for name in WORTHS} == result.payments
    assert sum(result.worths.values()) == found.best_total


def test_nobody_who_gains_least_could_gain_more_without_envy(found):
    assert found.better_shifts == 0
    assert found.least == min(found.outcome.utilities.values())


def test_equal_rents_leave_envy_and_a_lie_may_pay(found):
    assert "envies" in found.envied_at_equal_rents
    honest, lied = found.gains
    assert lied >= honest == found.outcome.utilities["Ada"]


def test_it_prints_the_verdict(capsys):
    main()
    printed = capsys.readouterr().out
    assert "yes envy-free: nobody prefers another's items at what it pays" in printed
    assert "theory: the same rooms and rents: True" in printed
