from __future__ import annotations

import asyncio

import pytest

from examples.perishables import BUYERS, CRATES, EVENING, RESERVE, SHADING, main, sell_out
from negotiate_rt import Bidder


@pytest.mark.slow
def test_a_clock_of_coarse_steps_is_quicker_and_earns_less_a_crate(capsys):
    slow, fine, coarse, very = main()
    assert slow.sold < CRATES == fine.sold
    assert slow.seconds == EVENING > fine.seconds > coarse.seconds > very.seconds
    assert fine.revenue > coarse.revenue > very.revenue
    assert fine.efficient > coarse.efficient > very.efficient
    assert "the cannery pays 30" in capsys.readouterr().out


@pytest.mark.slow
def test_a_fine_clock_earns_what_theory_says():
    # Revenue equivalence: a second-price auction with the same reserve, values spread evenly from 0 to 100.
    # E[max(second, reserve); first > reserve], by the density of the two highest of five.
    fine = asyncio.run(sell_out("fine", 80, 1, 0.1))
    r, n = RESERVE / 100, len(BUYERS)
    sold_at_reserve = n * r ** (n - 1) * (1 - r) * r
    above = n * (n - 1) * ((1 / n - 1 / (n + 1)) - (r**n / n - r ** (n + 1) / (n + 1)))
    per_crate = 100 * (sold_at_reserve + above)
    assert fine.revenue / CRATES == pytest.approx(per_crate, abs=4)  # two standard errors of sixty crates


def test_a_coarse_clock_sells_the_evenings_fish_in_time():
    coarse = asyncio.run(sell_out("coarse", 80, 10, 0.5))
    assert coarse.sold == CRATES
    assert coarse.revenue % 10 == 0, "it asks for 80, 70, ... 30 only"
    assert coarse.revenue / CRATES > RESERVE
    assert coarse.seconds < EVENING / 8


def test_who_values_a_crate_below_the_reserve_does_not_bid():
    assert SHADING(Bidder("Ada", RESERVE - 1), "a crate") is None
    assert RESERVE < SHADING(Bidder("Ada", 50.0), "a crate") < 50
