from __future__ import annotations

import pytest

from examples.haggling import STRATEGIES, main


@pytest.fixture(scope="module")
def shown():
    return main()


def test_every_pair_of_strategies_meets_once(shown):
    table, _ = shown
    assert len(table) == len(STRATEGIES) ** 2 == 16


def test_deals_lie_between_the_limits_and_share_the_surplus_of_20(shown):
    table, _ = shown
    deals = [one for one in table.values() if one.price is not None]
    assert len(deals) == 15
    for one in deals:
        assert one.state == "AGREED"
        assert 60 <= one.price <= 80
        assert one.buyer == pytest.approx(80 - one.price)
        assert one.seller == pytest.approx(one.price - 60)


@pytest.mark.parametrize(
    ("buyer", "seller", "price", "rounds"),
    [
        ("linear", "linear", 73.33, 9),  # Bea would bid 40 + 40 * 8/9 = 75.56 in round 9, so she takes 73.33
        ("linear", "Boulware", 79.48, 10),
        ("Boulware", "linear", 67.01, 9),
        ("conceder", "conceder", 72.88, 6),
        ("tit-for-tat", "conceder", 80.00, 4),
    ],
)
def test_prices_and_rounds(shown, buyer, seller, price, rounds):
    one = shown[0][buyer, seller]
    assert one.price == pytest.approx(price, abs=0.005)
    assert one.rounds == rounds


def test_two_who_wait_for_each_other_end_in_deadlock_and_gain_nothing(shown):
    one = shown[0]["tit-for-tat", "tit-for-tat"]
    assert (one.price, one.rounds, one.buyer, one.seller, one.state) == (None, 10, 0.0, 0.0, "DEADLOCK")


def test_holding_out_pays_against_a_linear_seller(shown):
    table, _ = shown
    assert table["Boulware", "linear"].buyer > table["linear", "linear"].buyer > table["conceder", "linear"].buyer


def test_the_log_holds_every_message_in_order(shown):
    table, log = shown
    assert log[0] == "Bea to Sam: propose 40.00"
    assert log[1] == "Sam to Bea: propose 120.00"
    assert log[-2:] == ["Bea to Sam: accept-proposal", "ended: AGREED"]
    assert log[-3] == f"Sam to Bea: propose {table['linear', 'Boulware'].price:.2f}"
    assert len(log) == 20
