"""Double auctions of many traders, through the executor and through Auction."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt import (
    Agent,
    Auction,
    AuctionOptions,
    Bidder,
    Buyer,
    ConfigurationError,
    DoubleAuctionOptions,
    NegotiationConfig,
    NegotiationExecutor,
    Order,
    Propose,
    Refuse,
    Seller,
    Trace,
)
from negotiate_rt.protocols.double_auction import DoubleAuction


def market(bids, asks):
    buyers = [Buyer(f"b{place}", limit) for place, limit in enumerate(bids, 1)]
    return buyers + [Seller(f"s{place}", limit) for place, limit in enumerate(asks, 1)]


def ran(agents, executor=None, seed=None, **options):
    executor = executor or NegotiationExecutor(clock="virtual")
    config = NegotiationConfig("double-auction", options=DoubleAuctionOptions(**options), seed=seed)
    return executor.run(agents, config, "wheat")


def test_mcafees_three_trades_at_one_price():
    result = ran(market((9, 8, 7, 4), (2, 3, 4, 5)), pricing="mcafee").result
    assert (result.quantity, result.buyer_price, result.seller_price, result.surplus) == (3, 4.5, 4.5, 0)
    assert result.allocation == {"b1": 1, "b2": 1, "b3": 1, "s1": -1, "s2": -1, "s3": -1}


def test_mcafees_two_trades_and_what_the_market_keeps():
    outcome = ran(market((9, 8, 7, 1), (2, 3, 4, 20)), pricing="mcafee")
    result = outcome.result
    assert (result.quantity, result.buyer_price, result.seller_price, result.surplus) == (2, 7, 4, 6)
    assert result.payments == {"b1": 7, "b2": 7, "s1": -4, "s2": -4}
    assert outcome.utilities == {"b1": 2, "b2": 1, "b3": 0, "b4": 0, "s1": 2, "s2": 1, "s3": 0, "s4": 0}


@pytest.mark.parametrize(("k", "price"), [(0, 4), (0.5, 4.5), (1, 5)])
def test_all_efficient_trades_at_the_price_k_of_the_way(k, price):
    outcome = ran(market((9, 8, 7, 4), (2, 3, 4, 5)), k=k)
    result = outcome.result
    assert outcome.agreed
    assert (result.quantity, result.buyer_price, result.seller_price, result.interval) == (3, price, price, (4, 5))
    assert sum(result.payments.values()) == result.surplus == 0
    assert (result.winner, result.pay_price, outcome.accepted_offer, outcome.rounds_used) == (None, None, None, 1)


def test_bidders_with_a_side_trade_several_units():
    agents = [
        Bidder("dealer", (9, 8, 3), side="buy"),
        Bidder("farm", (2, 4, 8.5), side="sell"),
        Bidder("mill", strategy=lambda view: Order("buy", 7, 10)),
        Seller("Sam", 5),
    ]
    outcome = ran(agents, k=0)
    assert outcome.result.allocation == {"dealer": 2, "mill": 1, "farm": -2, "Sam": -1}
    assert (outcome.result.interval, outcome.result.buyer_price) == ((7, 7), 7)
    assert outcome.utilities == {"dealer": 3, "farm": 8, "Sam": 2}


def test_auction_takes_a_strategy_of_orders():
    class Plain:
        def __init__(self, name, side=None):
            self.name = name
            if side:
                self.side = side

    def strategy(agent, task, current_price, round, previous_bids):
        return 6 if hasattr(agent, "side") else (Order("sell", 4), Order("sell", 5, 2))

    agents = [Plain("a", "buy"), Plain("b", "buy"), Plain("c")]
    result = Auction("double", "wheat", agents, strategy, executor=NegotiationExecutor(clock="virtual")).run()
    assert result.allocation == {"a": 1, "b": 1, "c": -2}
    assert result.payments == {"a": 5, "b": 5, "c": -10}, "the third ask is for 5"


@pytest.mark.parametrize(
    ("agents", "options", "reason"),
    [
        (market((3,), (5,)), {}, "infeasible: no bid reaches an ask"),
        (market((3,), ()), {}, "infeasible: no bid reaches an ask"),
        (market((5,), (3,)), {"pricing": "mcafee"}, "infeasible: the only trade is given up by McAfee's rule"),
        ([Bidder("a", strategy=lambda view: None)], {}, "no-bids: nobody ordered"),
    ],
)
def test_nobody_trades(agents, options, reason):
    outcome = ran(agents, **options)
    assert (outcome.final_state, outcome.failure_reason, outcome.result.success) == ("FAILED", reason, False)
    assert set(outcome.utilities.values()) <= {0}


@given(
    bids=st.lists(st.integers(0, 12), max_size=4), asks=st.lists(st.integers(0, 12), min_size=1, max_size=4),
    pricing=st.sampled_from(["k", "mcafee"]), k=st.sampled_from([0, 0.25, 1]),
)  # fmt: skip
@settings(max_examples=20)
def test_money_is_conserved_and_nobody_loses(bids, asks, pricing, k):
    outcome = ran(market(bids, asks), pricing=pricing, k=k)
    assert all(gain >= 0 for gain in outcome.utilities.values())
    if outcome.agreed:
        result = outcome.result
        assert sum(result.payments.values()) == pytest.approx(result.surplus)
        assert result.surplus >= 0
        assert sum(result.allocation.values()) == 0


@pytest.mark.parametrize("pricing", ["k", "mcafee"])
def test_ties_are_drawn_by_seed_whatever_the_arrival(pricing):
    def delayed(name, seconds):
        async def bid(view):
            await view.sleep(seconds)
            return 5

        return Bidder(name, strategy=bid, side="buy")

    drawn = Counter()
    for seed in range(30):
        sellers = [Seller("s1", 1), Seller("s2", 1)]
        one, two = (
            ran([*map(delayed, "abc", order), *sellers], seed=seed, pricing=pricing, k=0).result.allocation
            for order in ((0, 1, 2), (2, 1, 0))
        )
        assert one == two
        drawn.update(name for name in one if name in "abc")
    assert set(drawn) == set("abc")


def test_no_message_to_a_trader_carries_anothers_order():
    trace = Trace()
    ran(market((711.25, 623.5, 601.125), (101.25, 203.75, 305.5)), NegotiationExecutor(clock="virtual", journal=trace), k=0.5)
    prices = {"b1": 711.25, "b2": 623.5, "b3": 601.125, "s1": 101.25, "s2": 203.75, "s3": 305.5}
    for record in trace.records:
        if record.receiver in prices and record.kind == "said":
            others = [price for name, price in prices.items() if name != record.receiver]
            assert not [one for one in others if repr(one) in repr(record.content)], record


def test_traders_see_the_rule_and_their_own_limit():
    seen = []

    class Cautious(Buyer):
        def bid(self, view):
            seen.append(view)
            return view.preferences.limit - 1

    outcome = ran([Cautious("c", 9), Seller("s", 2)], pricing="k", k=1)
    assert outcome.result.buyer_price == 8
    assert (seen[0].call.pricing, seen[0].task, seen[0].previous_bids) == ("k", "wheat", ())


@pytest.mark.parametrize("order", [10, Order("buy", 10), (8, 10), Order("sell", 5)], ids=repr)
def test_guard_keeps_a_buyer_from_ordering_above_its_limit_or_on_the_other_side(order):
    class Rash(Buyer):
        def bid(self, view):
            return order

    outcome = ran([Rash("r", 9), Seller("s", 2), Buyer("b", 4)])
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("r", "invalid")] * 2
    assert outcome.result.allocation == {"b": 1, "s": -1}


def test_without_a_guard_misreports_pass():
    class Rash(Seller):
        def bid(self, view):
            return 1

    outcome = ran([Rash("r", 9, guard=False), Buyer("b", 4)], k=0)
    assert outcome.utilities == {"r": -8, "b": 3}


@pytest.mark.parametrize("bid", [-1, math.inf, True, "5", 5, (), {4}, (Order("buy", 4), Order("sell", 5)), Propose(math.nan),
                                 [Order("buy", 4), "x"]], ids=repr)  # fmt: skip
def test_what_is_no_order_is_the_traders_fault_and_never_sent(bid):
    trace = Trace()
    agents = [Bidder("odd", strategy=lambda view: bid), *market((5,), (3,))]
    outcome = ran(agents, NegotiationExecutor(clock="virtual", journal=trace))
    assert outcome.result.allocation == {"b1": 1, "s1": -1}
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("odd", "invalid")] * 2
    assert not [one for one in trace.records if one.kind == "said" and one.sender == "odd"]


@pytest.mark.parametrize("nothing", [None, math.nan, Refuse()], ids=repr)
def test_none_and_nan_drop_out(nothing):
    outcome = ran([Bidder("out", strategy=lambda view: nothing), *market((5,), (3,))])
    assert outcome.agreed
    assert outcome.faults == ()


def test_several_units_are_refused_where_mcafees_rule_clears():
    outcome = ran([Bidder("two", (9, 8), side="buy"), *market((7, 6), (1, 2))], pricing="mcafee")
    assert [fault.cause for fault in outcome.faults[:1]] == ["McAfee's rule is for traders of one unit each; order one"]
    assert "two" not in outcome.result.allocation


def test_late_order_is_left_out_and_so_is_that_of_who_has_gone():
    async def late(view):
        await view.sleep(20)
        return 99

    class Dies(DoubleAuction):
        async def bidder(self, talk):
            call = await talk.receive()
            talk.seat.context = call.content
            await talk.send(await talk.ask(None, call.content))
            if talk.name == "b1":
                raise OSError("gone")
            while not talk.machine.state.final:
                await talk.receive()

    agents = [Bidder("late", strategy=late, side="buy"), *market((9, 7), (1, 2))]
    assert set(ran(agents, reply_by=10).result.allocation) == {"b1", "b2", "s1", "s2"}
    executor = NegotiationExecutor(clock="virtual")
    executor.register(Dies())
    assert set(ran(agents, executor, reply_by=10).result.allocation) == {"b2", "s1"}


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"k": 1.5}, "options.k: expected a share from 0 to 1, got 1.5"),
        ({"k": -0.1}, "options.k must be at least 0, got -0.1"),
        ({"k": math.nan}, "options.k must be finite"),
        ({"k": True}, "options.k must be a number"),
        ({"pricing": "macafee"}, "options.pricing: expected k or mcafee, got 'macafee'; did you mean 'mcafee'?"),
        ({"reserve_price": 3}, "options.reserve_price: a double auction has none: let a seller ask 3"),
        ({"starting_price": 3}, "options.starting_price: a double auction has none"),
        ({"direction": "reverse"}, "options.direction: a double auction has both: traders buy and sell"),
    ],
)
def test_what_the_caller_did_wrong_is_said_at_once(options, text):
    with pytest.raises(ConfigurationError) as refusal:
        DoubleAuctionOptions(**options)
    assert text in str(refusal.value)


def test_reserve_given_otherwise_is_refused_too():
    executor = NegotiationExecutor(clock="virtual")
    for config in (
        NegotiationConfig("double-auction", reservation_value=5),
        NegotiationConfig("double-auction", options=AuctionOptions(reserve_price=5)),
    ):
        with pytest.raises(ConfigurationError, match="a double auction has none"):
            executor.run(market((5,), (3,)), config)


def test_who_can_neither_bid_nor_has_a_limit_cannot_sit():
    with pytest.raises(ConfigurationError, match=r"agent 'x' .* cannot sit as bidder: it has neither a hook 'bid'"):
        ran([Agent("x"), Seller("s", 3)])
    with pytest.raises(ConfigurationError, match="side: expected buy or sell, got 'bid'"):
        Bidder("x", 3, side="bid")


def test_a_thousand_traders():
    outcome = ran(market(range(500), range(500)), k=0.5)
    assert (outcome.result.quantity, outcome.result.interval) == (250, (249, 250))
