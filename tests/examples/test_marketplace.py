from __future__ import annotations

import pytest

from examples.marketplace import LIMIT, PENALTIES, SHOPS, haggle, main, market, trade


@pytest.fixture(scope="module")
def found():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("examples.marketplace.MARKETS", 6)
        return main()


def test_she_goes_from_her_opening_to_her_reservation_price_wherever_that_is():
    assert haggle(1, 20, 100.0, 30.0, ()) == 30
    assert haggle(20, 20, 100.0, 96.0, ()) == 100
    assert haggle(20, 20, 64.0, 66.0, ()) == 64


def test_more_shops_are_the_same_ones_and_others():
    few, many = market(3, 2), market(3, 8)
    assert [shop.limit for shop in few] == [shop.limit for shop in many[:3]]


def test_competition_lowers_the_price(found):
    by_shops, _ = found
    prices = [by_shops[shops].price for shops in SHOPS]
    assert prices == sorted(prices, reverse=True)
    assert prices[0] - prices[-1] > 5


def test_without_a_way_out_there_is_one_commitment_and_no_penalty(found):
    by_shops, by_penalty = found
    assert by_penalty[None] == by_shops[SHOPS[-1]]
    assert (by_penalty[None].commitments, by_penalty[None].penalties) == (1, 0)


def test_the_cheaper_the_way_out_the_better_she_does_and_never_worse_than_without(found):
    _, by_penalty = found
    gains = [by_penalty[penalty].gain for penalty in PENALTIES]
    assert gains == sorted(gains)
    assert gains[-1] > gains[0] + 3
    for penalty in PENALTIES[1:]:
        report = by_penalty[penalty]
        assert report.penalties == pytest.approx(penalty * (report.commitments - 1))
        assert report.gain == pytest.approx(LIMIT - report.price - report.penalties)


@pytest.mark.slow
def test_all_the_markets_tell_the_same():
    by_penalty = {penalty: trade(SHOPS[-1], penalty).gain for penalty in (None, 10.0, 0.0)}
    assert by_penalty[None] < by_penalty[10.0] < by_penalty[0.0]
