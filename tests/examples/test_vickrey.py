from __future__ import annotations

import asyncio

import pytest

from examples.vickrey import COLLECTORS, GRID, auction, gain, main
from negotiate_rt import NegotiationExecutor

TRUTH = {one.name: one.value for one in COLLECTORS}


def sell(kind, bids):
    return asyncio.run(auction(NegotiationExecutor(clock="virtual", seed=1), kind, COLLECTORS, bids))


def test_vickrey_winner_pays_the_second_price_and_first_price_winner_its_own():
    second, first = sell("vickrey", TRUTH), sell("first-price", TRUTH)
    assert second.winner is first.winner is COLLECTORS[2]
    assert (second.winning_bid.value, second.pay_price) == (60, 45)
    assert (first.winning_bid.value, first.pay_price) == (60, 60)


def test_a_lie_that_wins_against_a_higher_value_costs_more_than_it_brings():
    result = sell("vickrey", TRUTH | {"Ben": 65})
    assert result.winner is COLLECTORS[1]
    assert gain(COLLECTORS[1], result) == -15


def test_no_misreport_on_the_grid_beats_the_truth_under_the_second_price_only():
    trials, _ = main(draws=1)
    gains = {(one.kind, one.name): (one.truthful, one.best) for one in trials}
    assert gains == {
        ("vickrey", "Ada"): (0, 0),
        ("vickrey", "Ben"): (0, 0),
        ("vickrey", "Cleo"): (15, 15),
        ("first-price", "Ada"): (0, 0),
        ("first-price", "Ben"): (0, 0),
        ("first-price", "Cleo"): (0, 10),
    }
    shading = trials[-1].best_bid
    assert shading == 50 == min(bid for bid in GRID if bid > TRUTH["Ben"])


@pytest.mark.slow
def test_theory_and_sellers_agree_on_what_the_rules_bring():
    _, prices = main()
    assert prices["vickrey, truthful"] == pytest.approx(50, abs=3)  # three standard errors of 400 draws
    assert prices["first-price, shaded"] == pytest.approx(50, abs=3)
    assert prices["first-price, truthful"] == pytest.approx(75, abs=3)
    assert prices["first-price, truthful"] == pytest.approx(1.5 * prices["first-price, shaded"])
