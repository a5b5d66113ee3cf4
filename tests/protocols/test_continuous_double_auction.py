"""The continuous double auction, through the executor, on the virtual clock."""

from __future__ import annotations

import math

import pytest

from negotiate_rt import (
    Auction,
    Bidder,
    Buyer,
    ConfigurationError,
    ContinuousOptions,
    NegotiationConfig,
    NegotiationExecutor,
    Network,
    Order,
    Quote,
    Seller,
    Trace,
    Withdraw,
    ZeroIntelligence,
    gains_from_trade,
)
from negotiate_rt.protocols import ContinuousDoubleAuction


def traded(agents, executor=None, rounds=100, seed=1, **options):
    executor = executor or NegotiationExecutor(clock="virtual")
    config = NegotiationConfig(
        "continuous-double-auction", rounds, options=ContinuousOptions(**{"reply_by": 30, **options}), seed=seed
    )
    return executor.run(agents, config, "share")


def scripted(name, side, *decisions, seen=None):
    """A trader that decides these in turn, and then lets every turn pass."""
    waiting = list(decisions)

    def bid(view):
        if seen is not None:
            seen.append(view)
        return waiting.pop(0) if waiting else None

    return Bidder(name, strategy=bid, side=side)


def test_buyers_and_sellers_order_at_their_limits_until_they_have_traded():
    outcome = traded([Buyer("b1", 9), Buyer("b2", 3), Seller("s1", 2), Seller("s2", 20)])
    result = outcome.result
    assert outcome.agreed
    assert result.quantity == len(result.trades) == 1
    trade = result.trades[0]
    assert (trade.buyer, trade.seller) in {("b1", "s1"), ("b2", "s1")}
    assert trade.price in (2, 9, 3)
    assert result.payments == {trade.buyer: trade.price, "s1": -trade.price}
    assert result.allocation == {trade.buyer: 1, "s1": -1}
    assert outcome.utilities["s1"] == trade.price - 2
    assert outcome.duration_ms == 30_000
    assert outcome.faults == ()


def test_market_closes_early_when_everybody_has_left():
    outcome = traded([Buyer("b", 9), Seller("s", 2)])
    assert outcome.result.quantity == 1
    assert outcome.duration_ms < 30_000


def test_partial_fills_and_the_rest_in_the_book():
    small = scripted("small", "buy", None, None, None, Order("buy", 6, 4))
    outcome = traded([scripted("big", "sell", Order("sell", 5, 10)), small])
    result = outcome.result
    assert [(trade.buyer, trade.seller, trade.price, trade.quantity) for trade in result.trades] == [("small", "big", 5, 4)]
    assert result.quote == Quote(None, 0, 5, 6)
    assert result.payments == {"small": 20, "big": -20}


def test_withdrawn_order_does_not_trade():
    outcome = traded([
        scripted("s", "sell", 5, Withdraw()),
        scripted("b", "buy", *[None] * 12, 6),
    ])  # fmt: skip
    assert not outcome.agreed
    assert outcome.failure_reason == "infeasible: no bid reached an ask"
    assert outcome.result.quote == Quote(6, 1, None, 0)


def test_traders_see_public_quotes_and_what_is_their_own():
    seen = []
    traded([
        scripted("s", "sell", Order("sell", 5, 3)),
        scripted("b", "buy", *[None] * 5, Order("buy", 5, 2), seen=seen),
    ])  # fmt: skip
    before, after = seen[4].call, seen[-1].call
    assert (before.quote, before.last_price, before.position, before.order) == (Quote(None, 0, 5, 3), None, 0, None)
    assert (after.quote, after.last_price, after.position, after.cash) == (Quote(None, 0, 5, 1), 5, 2, 10)
    assert seen[-1].current_price == 5
    assert seen[-1].legal_moves == ("propose", "refuse", "walk")


def test_nan_leaves_and_takes_the_order_out():
    outcome = traded([scripted("s", "sell", 5, math.nan), scripted("b", "buy", *[None] * 12, 6)])
    assert not outcome.agreed
    assert outcome.result.quote.ask is None


def test_market_that_would_be_open_to_the_very_end_closes_just_before():
    outcome = traded([Buyer("b", 9), Seller("s", 2), Seller("t", 20)], reply_by=60)
    assert outcome.agreed
    assert outcome.duration_ms == pytest.approx(60_000, rel=0.002)


def test_nobody_orders():
    outcome = traded([scripted("a", "buy"), scripted("b", "sell")])
    assert (outcome.final_state, outcome.failure_reason) == ("FAILED", "no-bids: nobody ordered")


def test_order_that_stands_already_keeps_its_place():
    outcome = traded([
        Bidder("first", strategy=lambda view: 5, side="buy"),
        Bidder("second", strategy=lambda view: 5 if view.call.quote.bid else None, side="buy"),
        Bidder("s", strategy=lambda view: Order("sell", 4) if view.call.quote.bid_quantity == 2 else None, side="sell"),
    ])  # fmt: skip
    assert outcome.result.trades[0].buyer == "first"
    alone = traded([Bidder("first", strategy=lambda view: 5, side="buy")])
    assert len(alone.result.bids) == 1


def test_who_crashes_is_out_with_its_order_and_its_trades_stand():
    told = [Order("sell", 5, 3), None, None]

    def crash(view):
        if not told:
            raise OSError("line dead")
        return told.pop(0)

    def take(view):
        return 6 if view.call.quote.ask else None

    outcome = traded([Bidder("s", strategy=crash, side="sell"), Bidder("b", strategy=take, side="buy")])
    assert [fault.what for fault in outcome.faults] == ["raised"]
    assert outcome.result.quote.ask is None
    assert outcome.result.payments == {"b": 5 * outcome.result.quantity, "s": -5 * outcome.result.quantity}


@pytest.mark.parametrize("decision", [-1, math.inf, True, "5", Order("sell", 5), {5}], ids=repr)
def test_what_is_no_order_is_the_traders_fault(decision):
    outcome = traded([scripted("odd", "buy", decision, decision), scripted("s", "sell", 5)])
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("odd", "invalid")] * 2
    assert not outcome.agreed


def test_guard_keeps_a_seller_above_its_limit():
    class Rash(Seller):
        def bid(self, view):
            return 3

    outcome = traded([Rash("r", 5), Buyer("b", 9)], rounds=1)
    assert "below r's own limit 5" in outcome.faults[0].cause


def test_late_decision_passes_and_an_order_after_the_close_is_nobodys_fault():
    async def slow(view):
        await view.sleep(50)
        return 9

    outcome = traded([Bidder("slow", strategy=slow, side="buy"), Seller("s", 5)])
    assert (outcome.result.trades, outcome.faults) == ((), ())
    assert outcome.duration_ms == 30_000


def test_same_seed_same_market_and_another_another():
    def run(seed):
        agents = [Bidder(f"b{n}", 50 + n, ZeroIntelligence(high=100), side="buy") for n in range(4)]
        agents += [Bidder(f"s{n}", 40 + n, ZeroIntelligence(high=100), side="sell") for n in range(4)]
        return traded(agents, NegotiationExecutor(clock="virtual", name="x"), seed=seed).result.trades

    assert run(3) == run(3) != run(4)


def test_over_a_slow_network_money_and_units_are_conserved():
    network = Network(latency=0.3)
    agents = [Bidder(f"b{n}", (90, 70, 50), ZeroIntelligence(high=100), side="buy") for n in range(5)]
    agents += [Bidder(f"s{n}", (10, 30, 55), ZeroIntelligence(high=100), side="sell") for n in range(5)]
    outcome = traded(agents, NegotiationExecutor(clock="virtual", network=network))
    assert outcome.result.quantity > 5
    assert sum(outcome.result.allocation.values()) == 0
    assert sum(outcome.result.payments.values()) == pytest.approx(0)
    assert all(gain >= -1e-9 for gain in outcome.utilities.values())


def test_random_orders_within_ones_means_reap_most_gains_from_trade():
    values, costs = {"b1": (90, 60), "b2": (80, 40), "b3": (70, 30)}, {"s1": (20, 50), "s2": (30, 65), "s3": (45, 80)}
    rule = ZeroIntelligence(high=100)
    agents = [Bidder(name, worth, rule, side="buy") for name, worth in values.items()]
    agents += [Bidder(name, cost, rule, side="sell") for name, cost in costs.items()]
    outcome = traded(agents)
    assert min(outcome.utilities.values()) >= 0
    assert sum(outcome.utilities.values()) > 0.8 * gains_from_trade(values, costs)


@pytest.mark.slow
def test_constrained_zero_intelligence_reaps_nearly_all_gains_from_trade():
    values = {f"b{n}": (180 - 12 * n, 120 - 10 * n) for n in range(6)}
    costs = {f"s{n}": (20 + 12 * n, 70 + 10 * n) for n in range(6)}
    best = gains_from_trade(values, costs)

    def efficiency(constrained, seed):
        rule = ZeroIntelligence(high=200, constrained=constrained, seed=seed)
        agents = [Bidder(name, worth, rule, side="buy") for name, worth in values.items()]
        agents += [Bidder(name, cost, rule, side="sell") for name, cost in costs.items()]
        return sum(traded(agents, seed=seed, reply_by=60).utilities.values()) / best

    constrained = [efficiency(True, seed) for seed in range(5)]
    unconstrained = [efficiency(False, seed) for seed in range(5)]
    assert min(constrained) > 0.9
    assert sum(constrained) / 5 > 0.95 > sum(unconstrained) / 5


def test_over_a_lossy_network_the_market_still_closes():
    agents = [Buyer(f"b{n}", 9 - n) for n in range(4)] + [Seller(f"s{n}", 2 + n) for n in range(4)]
    outcome = traded(agents, NegotiationExecutor(clock="virtual", network=Network(latency=0.1, loss=0.1), seed=2))
    assert outcome.duration_ms <= 30_000
    assert sum(outcome.result.payments.values()) == pytest.approx(0)


def test_auctioneer_that_dies_ends_the_market():
    class Dying(ContinuousDoubleAuction):
        async def auctioneer(self, talk):
            await talk.sleep(1)
            raise OSError("exchange down")

    executor = NegotiationExecutor(clock="virtual")
    executor.register(Dying())
    outcome = traded([Buyer("b", 9), Seller("s", 5)], executor)
    assert (outcome.final_state, outcome.reason_code) == ("FAILED", "protocol-violation")


def test_auction_takes_a_market_too():
    agents = [Buyer("b", 9), Seller("s", 5)]
    options = ContinuousOptions(reply_by=20, pace=0.5)
    result = Auction("cda", "share", agents, executor=NegotiationExecutor(clock="virtual"), options=options).run()
    assert result.quantity == 1


def test_no_message_to_a_trader_names_another_before_the_close():
    trace = Trace()
    names = {"ann": 9, "bob": 8, "cem": 2}
    agents = [Buyer("ann", 9), Buyer("bob", 8), Seller("cem", 2)]
    traded(agents, NegotiationExecutor(clock="virtual", journal=trace))
    for record in trace.records:
        if record.kind == "said" and record.receiver in names:
            assert not [name for name in names if name in repr(record.content)], "the book is anonymous"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"pace": 0}, "options.pace: expected seconds above 0, got 0"),
        ({"pace": math.inf}, "options.pace: expected seconds above 0"),
        ({"reserve_price": 4}, "options.reserve_price: a double auction has none"),
        ({"direction": "reverse"}, "options.direction: a double auction has both"),
    ],
)
def test_what_the_caller_did_wrong_is_said_at_once(options, text):
    with pytest.raises(ConfigurationError) as refusal:
        ContinuousOptions(**options)
    assert text in str(refusal.value)


def test_market_needs_an_end():
    with pytest.raises(ConfigurationError, match=r"options.reply_by: missing; without a timeout nothing else"):
        NegotiationExecutor(clock="virtual").run([Buyer("b", 3)], NegotiationConfig("cda", timeout=None))


def test_price_range_of_zero_intelligence_is_checked():
    with pytest.raises(ConfigurationError, match="high: expected at least low"):
        ZeroIntelligence(low=5, high=4)
    with pytest.raises(ConfigurationError, match="low must be at least 0"):
        ZeroIntelligence(low=-1)
