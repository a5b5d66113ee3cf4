from __future__ import annotations

import pytest

from examples.service_level import CUSTOMER, PROBLEM, PROVIDER, SPACE, main


@pytest.fixture(scope="module")
def deals():
    return main()


def test_both_want_utilities_from_0_to_1_and_care_for_different_things():
    for utility in (CUSTOMER, PROVIDER):
        table = utility.table(SPACE)
        assert 0 <= table.min() < 0.05
        assert 0.95 < table.max() <= 1
    assert max(CUSTOMER.weights, key=CUSTOMER.weights.get) == "latency"
    assert max(PROVIDER.weights, key=PROVIDER.weights.get) == "price"


def test_every_deal_gives_both_what_they_need(deals):
    assert list(deals) == ["no thought", "frequency", "Bayesian", "trade-off"]
    assert all(deal.outcome is not None and deal.rational for deal in deals.values())


def test_without_a_thought_for_the_other_side_both_lose(deals):
    blind = deals["no thought"]
    better = PROBLEM.space.outcome(blind.dominated_by)
    assert not blind.efficient
    assert CUSTOMER.bind(SPACE)(better) > blind.utilities[0]
    assert PROVIDER.bind(SPACE)(better) > blind.utilities[1]
    assert blind.to_frontier == pytest.approx(0.081, abs=1e-3)


def test_a_good_guess_and_trade_offs_reach_the_frontier_at_the_kalai_smorodinsky_point(deals):
    for name in ("Bayesian", "trade-off"):
        assert deals[name].efficient
        assert deals[name].outcome == (960, 10, "99.9 %")
        assert deals[name].to_points["Kalai-Smorodinsky"] == 0
        assert all(own > less for own, less in zip(deals[name].utilities, deals["no thought"].utilities, strict=True))


def test_a_poor_guess_comes_near_the_frontier_and_far_from_its_middle(deals):
    guess = deals["frequency"]
    assert guess.to_frontier < deals["no thought"].to_frontier
    assert guess.to_points["Nash"] > deals["no thought"].to_points["Nash"]
