"""Dutch auctions: the price falls, the first to take it wins."""

from __future__ import annotations

import math
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt import (
    Auction,
    AuctionOptions,
    Bid,
    Bidder,
    ConfigurationError,
    DutchOptions,
    EquilibriumShading,
    NegotiationConfig,
    NegotiationExecutor,
    Network,
    NotUnderstood,
    Propose,
    Refuse,
    Reject,
    Society,
    Trace,
    Uniform,
    UniformValues,
    Walk,
)
from tests.protocols.auctions import held, several, sold, thinking


def test_first_to_take_the_price_wins_and_pays_it():
    outcome = held("dutch", several(50, 80, 33), starting_price=100, reserve_price=10, increment=8)
    assert (outcome.result.winner.name, outcome.result.pay_price) == ("b1", 76)
    assert outcome.result.winning_bid == Bid("b1", 76, 4)
    assert outcome.rounds_used == 4
    assert outcome.result.bids == (Bid("b1", 76, 4),)
    assert outcome.utilities == {"b0": 0, "b1": 4, "b2": 0}
    assert outcome.accepted_offer.value == 76


def test_last_tick_is_the_reserve_itself():
    outcome = held("dutch", several(10), starting_price=100, reserve_price=10, increment=8)
    assert outcome.result.pay_price == 10
    assert outcome.rounds_used == 13, "100, 92 ... 12, 4 would be the next: 10"
    prices = [tick.price_at(n) for tick in (DutchOptions(starting_price=1, increment=0.1),) for n in range(1, tick.ticks + 1)]
    assert len(prices) == 11
    assert prices[-1] == 0


def test_nobody_there_nothing_sold():
    outcome = held("dutch", several(9, 8), starting_price=100, reserve_price=10, increment=8)
    assert (outcome.result.success, outcome.failure_reason) == (False, "below-reserve: nobody took the lot at the reserve")


@pytest.mark.parametrize("leaves", [Refuse(), Walk(), NotUnderstood()], ids=repr)
def test_who_leaves_is_asked_no_more(leaves):
    out = held("dutch", [Bidder("a", 5, lambda view: leaves)], starting_price=100, increment=5)
    assert (out.failure_reason, out.rounds_used) == ("no-bids: nobody bid", 1), "all have left"
    assert out.faults == ()


@pytest.mark.parametrize("nothing", [None, math.nan, Decimal("NaN"), Reject()], ids=repr)
def test_none_and_nan_wait_for_a_better_price(nothing):
    bidder = Bidder("a", 42, lambda agent, task, price, *rest: price if price <= agent.value else nothing)
    assert sold("dutch", [bidder], starting_price=100, increment=5).pay_price == 40


def test_one_winner_a_tick_by_arrival():
    bidders = [thinking("slow", 60, 2), thinking("quick", 60, 1)]
    assert sold("dutch", bidders, starting_price=100, increment=10, reply_by=5).winner.name == "quick"
    assert sold("dutch", several(60, 60), starting_price=100, increment=10).winner.name == "b0"


def test_strategies_see_the_price_of_the_tick_and_a_value_that_reaches_it_takes_it():
    seen = []

    def bid(agent, task, current_price, round, previous_bids):
        seen.append((task, current_price, round, previous_bids))
        return 93

    result = sold("dutch", [Bidder("a", 1, bid)], starting_price=100, increment=5)
    assert seen == [("lot", 100, 1, ()), ("lot", 95, 2, ()), ("lot", 90, 3, ())]
    assert result.pay_price == 90, "the clock's price, not the one named"


def test_explicit_propose_takes_the_price_too():
    assert sold("dutch", [Bidder("a", 1, lambda view: Propose(99))], starting_price=50, increment=5).pay_price == 50


def test_reverse_price_rises_to_the_ceiling():
    config = {"starting_price": 10, "reserve_price": 60, "increment": 8, "direction": "reverse"}
    outcome = held("dutch", several(50, 30, 42), **config)
    assert (outcome.result.winner.name, outcome.result.pay_price) == ("b1", 34)
    assert outcome.utilities["b1"] == 4
    assert sold("dutch", several(60), **config).pay_price == 60
    assert sold("dutch", several(61), **config).reason == "below-reserve: nobody took the lot at the reserve"


@given(values=st.lists(st.integers(0, 100), min_size=2, max_size=5, unique=True))
@settings(max_examples=12, deadline=None)
def test_outcome_is_that_of_a_first_price_auction_under_equilibrium_strategies(values):
    shading = EquilibriumShading(prior=UniformValues(high=100), bidders=len(values))
    bidders = [Bidder(f"b{number}", value, shading) for number, value in enumerate(values)]
    sealed = sold("first-price", bidders)
    step = 2
    clock = sold("dutch", bidders, starting_price=100, increment=step)
    assert sealed.pay_price - step <= clock.pay_price <= sealed.pay_price
    if sealed.pay_price - sorted(bid.value for bid in sealed.bids)[-2] > step:
        assert clock.winner.name == sealed.winner.name


def test_tick_lasts_its_time_unless_the_price_is_taken():
    options = DutchOptions(starting_price=100, decrement=10, tick=timedelta(seconds=3))
    outcome = held("dutch", several(75, 80), options=options)
    assert (outcome.result.pay_price, outcome.duration_ms) == (80, 6000)


def test_answer_after_its_tick_is_too_late_and_the_price_goes_on():
    trace = Trace()
    options = DutchOptions(starting_price=100, decrement=10, tick=3)
    late = thinking("late", 95, 4)
    outcome = held("dutch", [late, Bidder("a", 70)], options=options, trace=trace)
    assert (outcome.result.winner.name, outcome.result.pay_price) == ("a", 70)
    assert {(fault.who, fault.what) for fault in outcome.faults} == {("late", "late")}


async def test_bidder_that_has_gone_takes_nothing():
    async with Society("hall", clock="virtual") as hall:

        async def saboteur(view):
            if view.round == 2:
                await view.sleep(1)
                await hall.leave("a")
            return 1

        for bidder in (Bidder("a", 50), Bidder("b", 30), Bidder("s", 99, saboteur)):
            await hall.spawn(bidder)
        options = DutchOptions(starting_price=100, increment=10)
        outcome = await hall.negotiate(["a", "b", "s"], NegotiationConfig("dutch", options=options), "lot")
    assert (outcome.result.winner.name, outcome.result.pay_price) == ("b", 30)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"starting_price": 100, "decrement": 0}, "options.decrement: expected a price above 0, or the price never moves"),
        ({"starting_price": 100, "increment": 0}, "options.increment: expected a price above 0, or the price never moves"),
        ({"starting_price": 100, "decrement": -1}, "options.decrement: expected a finite price of at least 0, got -1"),
        ({"starting_price": 100, "decrement": True}, "options.decrement: expected a finite price"),
        ({"starting_price": 100, "decrement": math.nan}, "options.decrement: expected a finite price"),
        ({"starting_price": 1e20, "decrement": 1}, "by steps of 1 the price never gets from 1e\\+20 to the reserve"),
        ({"starting_price": 100, "decrement": 1e-9}, "never gets from 100 to the reserve 0"),
        ({"starting_price": 5, "reserve_price": 10}, "options.starting_price: 5 is below the reserve 10"),
        ({}, "options.starting_price: a Dutch auction starts high"),
        ({"direction": "reverse"}, "options.reserve_price: an ask that rises stops somewhere"),
        ({"direction": "reverse", "starting_price": 9, "reserve_price": 5}, "options.starting_price: 9 is above the reserve 5"),
    ],
)
def test_price_that_never_reaches_the_reserve_is_refused(options, text):
    with pytest.raises(ConfigurationError, match=text):
        DutchOptions(**options)


def test_rounds_that_do_not_suffice_are_refused_but_the_default_does_not_bound_the_clock():
    with pytest.raises(ConfigurationError, match="the price needs 101 rounds to reach the reserve 0, and gets 50"):
        Auction("dutch", "lot", several(3), starting_price=100, max_rounds=50)
    result = Auction("dutch", "lot", several(3), starting_price=150).run()
    assert result.pay_price == 3


def test_start_at_the_reserve_is_a_single_tick():
    outcome = held("dutch", several(9), starting_price=9, reserve_price=9)
    assert (outcome.result.pay_price, outcome.rounds_used) == (9, 1)


@pytest.mark.parametrize("bid", [-1, math.inf, True, "9"], ids=repr)
def test_what_is_no_price_is_a_fault_and_the_tick_passes(bid):
    outcome = held("dutch", [Bidder("odd", 1, lambda view: bid), Bidder("a", 5)], starting_price=6)
    assert outcome.result.winner.name == "a"
    assert {(fault.who, fault.what) for fault in outcome.faults} == {("odd", "invalid")}


def test_increment_of_an_auction_is_the_decrement():
    result = Auction("DUTCH_AUCTION", "fish", several(42), starting_price=50, increment=10).run()
    assert (result.pay_price, result.winner.name) == (40, "b0")


def test_plain_options_serve_every_auction():
    config = NegotiationConfig("dutch", options=AuctionOptions(starting_price=50, increment=10))
    outcome = NegotiationExecutor(clock="virtual").run(several(42), config, "fish")
    assert outcome.result.pay_price == 40


@pytest.mark.parametrize("kind", ["english", "dutch"])
def test_lost_messages_keep_nobody_out_for_long(kind):
    start = {"starting_price": 60} if kind == "dutch" else {}
    config = NegotiationConfig(kind, timeout=600, options=AuctionOptions(increment=5, reply_by=3, **start))
    network = Network(latency=Uniform(0, 1), loss=0.05, duplicate=0.1)
    prices = []
    for seed in range(20):
        executor = NegotiationExecutor(clock="virtual", seed=seed, network=network)
        outcome = executor.run(several(10, 20, 30, 40), config, "lot")
        assert outcome.agreed
        assert outcome.faults == (), "what the network does is nobody's fault"
        prices.append(outcome.result.pay_price)
    assert sum(prices) >= 20 * 20
