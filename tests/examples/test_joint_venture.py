from __future__ import annotations

import pytest

from examples.joint_venture import FIRMS, GAME, main
from negotiate_rt import is_core_empty, is_in_core, nucleolus, shapley


@pytest.fixture(scope="module")
def outcomes():
    return main()


def test_haggling_ends_in_the_core_with_all_four(outcomes):
    result = outcomes["haggling"].result
    assert result.structure == (frozenset(FIRMS),)
    assert result.stable
    assert is_in_core(GAME, result.payoffs)
    assert len(outcomes["haggling"].all_offers) == 4


def test_nucleolus_demands_are_met_at_once(outcomes):
    outcome = outcomes["each its nucleolus"]
    assert outcome.utilities == pytest.approx({firm: float(payoff) for firm, payoff in nucleolus(GAME).items()})
    assert len(outcome.all_offers) == 1


@pytest.mark.parametrize("way", ["each its Shapley value", "signed for good", "the fund falls silent"])
def test_other_ways_leave_the_fund_out_and_four_millions_on_the_table(outcomes, way):
    result = outcomes[way].result
    assert set(result.structure) == {frozenset(FIRMS) - {"fund"}, frozenset({"fund"})}
    assert (result.worth, result.theory.best) == (80, 84)
    assert not result.stable
    assert result.theory.gain > 0


def test_shapley_value_is_outside_of_a_core_that_is_not_empty():
    assert not is_core_empty(GAME)
    assert is_in_core(GAME, shapley(GAME)).coalition == frozenset(FIRMS) - {"fund"}


def test_fund_that_crashes_is_gone_and_blamed(outcomes):
    outcome = outcomes["the fund falls silent"]
    assert outcome.agreed
    assert outcome.result.gone == ("fund",)
    assert [fault.who for fault in outcome.faults] == ["fund"]


def test_results_are_printed_beside_theory(capsys):
    main()
    printed = capsys.readouterr().out
    assert "nucleolus" in printed
    assert "would gain 4 on its own" in printed
    assert "fund has no counter-objection" in printed
