"""Japanese auctions: the clock moves, bidders leave for good, the last one pays where the second last left."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt import Auction, Bid, Bidder, ClockOptions, ConfigurationError, NegotiationConfig, Society, Trace
from tests.protocols.auctions import held, several, sold, thinking


def test_last_one_in_pays_the_price_at_which_the_second_last_left():
    outcome = held("japanese", several(50, 80, 33), increment=5)
    assert (outcome.result.winner.name, outcome.result.pay_price) == ("b1", 55)
    assert outcome.rounds_used == 12, "0, 5 ... 55"
    assert outcome.result.winning_bid == Bid("b1", 55, 12)
    assert outcome.accepted_offer.value == 55
    assert outcome.utilities == {"b0": 0, "b1": 25, "b2": 0}


def test_value_at_the_clocks_price_stays():
    assert sold("japanese", several(50, 80), increment=10).pay_price == 60


def test_single_bidder_pays_the_starting_price_or_the_reserve_to_the_cent():
    assert sold("japanese", several(9), starting_price=4).pay_price == 4
    outcome = held("japanese", several(9), reserve_price=7.5, increment=2)
    assert outcome.result.pay_price == 7.5
    assert outcome.rounds_used == 5, "0, 2, 4, 6, 7.5"


def test_reserve_that_nobody_reaches_leaves_the_lot_unsold():
    result = sold("japanese", several(5, 6), reserve_price=7)
    assert (result.success, result.reason) == (False, "below-reserve: no bid reached the reserve")
    assert sold("japanese", several(5, 6), starting_price=10).reason == "no-bids: nobody bid"


def test_all_leaving_at_one_tick_the_first_to_have_stayed_wins_at_the_tick_before():
    result = sold("japanese", [thinking("slow", 20, 2), thinking("quick", 20, 1)], increment=3, reply_by=10)
    assert (result.winner.name, result.pay_price) == ("quick", 18)
    assert sold("japanese", several(20, 20), increment=3).winner.name == "b0"


def test_max_rounds_close_the_clock_for_the_first_of_those_that_stay():
    result = sold("japanese", several(50, 60), max_rounds=4)
    assert (result.winner.name, result.pay_price) == ("b0", 3)


def test_reverse_clock_falls_and_pays_where_the_second_last_gave_up():
    outcome = held("japanese", several(50, 30, 42), starting_price=60, increment=4, direction="reverse")
    assert (outcome.result.winner.name, outcome.result.pay_price) == ("b1", 40)
    assert outcome.utilities["b1"] == 10
    capped = sold("japanese", several(30), starting_price=60, increment=4, reserve_price=45, direction="reverse")
    assert capped.pay_price == 45


def test_reverse_clock_stops_at_zero():
    outcome = held("japanese", several(0, 0), starting_price=5, increment=2, direction="reverse")
    assert (outcome.result.pay_price, outcome.rounds_used) == (0, 4)


@given(values=st.lists(st.integers(0, 40), min_size=1, max_size=6), increment=st.integers(2, 9))
@settings(max_examples=10, deadline=None)
def test_price_is_the_vickrey_price_within_one_increment(values, increment):
    clock = sold("japanese", several(*values), increment=increment, max_rounds=200)
    vickrey = sold("vickrey", several(*values))
    assert abs(clock.pay_price - vickrey.pay_price) <= increment
    assert clock.winner.value > vickrey.winner.value - increment
    if sorted(values)[-2:-1] != [max(values)] and max(values) - vickrey.pay_price > increment:
        assert clock.winner.name == vickrey.winner.name


def test_leaving_is_for_good_and_all_hear_how_it_ends():
    calls = []

    def wavering(view):
        calls.append((view.round, view.current_price, view.call.following, view.call.bidding))
        return math.nan if view.round == 2 else 99

    trace = Trace()
    result = sold("japanese", [Bidder("w", 99, wavering), *several(20, 9)], increment=5, trace=trace)
    assert calls == [(1, 0, 5, 3), (2, 5, 10, 3)]
    assert (result.winner.name, result.pay_price) == ("b0", 10)
    said = {record.receiver: record.content["result"].price for record in trace.records
            if record.act == "inform-result" and record.kind == "said"}  # fmt: skip
    assert said == {"w": 10, "b1": 10}


def test_silence_lets_go_of_the_button():
    outcome = held("japanese", [thinking("late", 99, 11), Bidder("a", 20), Bidder("b", 9)], reply_by=10, increment=5)
    assert outcome.result.winner.name == "a"
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("late", "late")]


def test_tick_is_as_long_as_it_is_said_to_be():
    outcome = held("japanese", several(20, 9), options=ClockOptions(increment=5, tick=2))
    assert outcome.duration_ms == 4000, "two ticks stood their time, at the third one bidder was left"
    assert held("japanese", several(20, 9), increment=5).duration_ms == 0


async def test_bidder_that_has_gone_is_not_sold_to():
    async with Society("hall", clock="virtual") as hall:

        async def saboteur(view):
            if view.round == 2:
                await view.sleep(1)
                await hall.leave("a")
                return None
            return 99

        for bidder in (Bidder("a", 50), Bidder("b", 8), Bidder("s", 99, saboteur)):
            await hall.spawn(bidder)
        options = ClockOptions(increment=5)
        outcome = await hall.negotiate(["a", "b", "s"], NegotiationConfig("japanese", options=options), "lot")
    assert (outcome.result.winner.name, outcome.result.pay_price) == ("b", 5)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"increment": 0}, "options.increment: expected a price above 0"),
        ({"direction": "reverse"}, "options.starting_price: a clock that falls starts somewhere"),
        ({"starting_price": 1e20, "increment": 1}, "options.increment: by steps of 1 the price never gets from 1e\\+20"),
        ({"tick": 0}, "options.tick: expected seconds above 0, got 0"),
        ({"tick": math.nan}, "options.tick: expected seconds above 0"),
    ],
)
def test_clock_that_gets_nowhere_is_refused(options, text):
    with pytest.raises(ConfigurationError, match=text):
        ClockOptions(**options)


@pytest.mark.parametrize("bid", [-1, math.inf, True, "9"], ids=repr)
def test_what_is_no_bid_is_a_fault_and_leaves(bid):
    outcome = held("japanese", [Bidder("odd", 1, lambda view: bid), Bidder("a", 5)])
    assert outcome.result.winner.name == "a"
    assert {(fault.who, fault.what) for fault in outcome.faults} == {("odd", "invalid")}


@pytest.mark.parametrize("spelling", ["japanese", "JAPANESE_AUCTION", "english-clock"])
def test_spellings(spelling):
    assert Auction(spelling, "lot", several(3, 2)).run().winner.name == "b0"
