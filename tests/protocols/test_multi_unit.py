"""Sealed auctions of k units, through the executor and through Auction."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest

from negotiate_rt import (
    Auction,
    AuctionOptions,
    Bid,
    Bidder,
    Codec,
    ConfigurationError,
    Envelope,
    NegotiationConfig,
    NegotiationExecutor,
    Propose,
    RatioBidding,
    Refuse,
    Route,
    Trace,
    UnitOptions,
)
from negotiate_rt.protocols.multi_unit import MultiUnitVickreyAuction

KRISHNA = {"b1": (50, 47, 40, 32, 15, 5), "b2": (42, 28, 20, 12, 7, 3), "b3": (45, 35, 24, 14, 9, 6)}
KINDS = ("discriminatory", "uniform-price", "multi-unit-vickrey")


def sold(kind, bidders, units=2, seed=1, executor=None, **options):
    executor = executor or NegotiationExecutor(clock="virtual")
    agents = [Bidder(name, value) for name, value in bidders.items()] if isinstance(bidders, dict) else bidders
    return Auction(kind, "unit", agents, seed=seed, executor=executor, options=UnitOptions(units=units, **options)).run()


@pytest.mark.parametrize(
    ("kind", "payments", "price"),
    [
        ("discriminatory", {"b1": 137, "b2": 42, "b3": 80}, None),
        ("uniform-price", {"b1": 96, "b2": 32, "b3": 64}, 32),
        ("multi-unit-vickrey", {"b1": 72, "b2": 32, "b3": 60}, None),
    ],
)
def test_krishnas_three_bidders_for_six_units(kind, payments, price):
    result = sold(kind, KRISHNA, 6)
    assert result.success
    assert result.allocation == {"b1": 3, "b2": 1, "b3": 2}
    assert result.payments == payments
    assert (result.sold, result.unit_price) == (6, price)
    assert (result.winner, result.winning_bid, result.pay_price, result.reason) == (None, None, None, None)
    assert result.bids[0] == Bid("b1", KRISHNA["b1"], 1)


@pytest.mark.parametrize("kind", KINDS)
def test_one_number_is_a_bid_for_one_unit(kind):
    result = sold(kind, {"a": 10, "b": 8, "c": 5, "d": [7, 2]})
    assert result.allocation == {"a": 1, "b": 1}
    assert [bid.value for bid in result.bids] == [(10,), (8,), (5,), (7, 2)]
    assert sum(result.payments.values()) == (18 if kind == "discriminatory" else 14)


@pytest.mark.parametrize("kind", KINDS)
def test_reserve_is_for_each_unit_and_fewer_may_be_sold(kind):
    result = sold(kind, {"a": (9, 6), "b": (5, 1)}, 3, reserve_price=6)
    assert (result.allocation, result.sold) == ({"a": 2}, 2)
    assert result.payments == {"a": 15 if kind == "discriminatory" else 12}
    unsold = sold(kind, {"a": (9, 6), "b": (5, 1)}, 3, reserve_price=10)
    assert (unsold.success, unsold.reason) == (False, "below-reserve: no bid reached the reserve")


@pytest.mark.parametrize("kind", KINDS)
def test_units_that_do_not_reach_the_starting_price_are_left_out(kind):
    result = sold(kind, {"a": (9, 6, 2), "b": (3, 1)}, 4, starting_price=4)
    assert [bid.value for bid in result.bids] == [(9, 6)]
    assert result.payments == {"a": 15 if kind == "discriminatory" else 8}


@pytest.mark.parametrize("kind", KINDS)
def test_procurement_buys_from_the_lowest_asks(kind):
    result = sold(kind, {"a": (2, 5, 9), "b": (3, 4), "c": 6, "dear": 99}, 3, direction="reverse", reserve_price=20)
    assert result.allocation == {"a": 1, "b": 2}
    assert result.payments == {
        "discriminatory": {"a": 2, "b": 7}, "uniform-price": {"a": 5, "b": 10}, "multi-unit-vickrey": {"a": 6, "b": 11},
    }[kind]  # fmt: skip


def test_gains_are_marginal_values_minus_payment():
    executor = NegotiationExecutor(clock="virtual")
    agents = [Bidder("a", (10, 7)), Bidder("b", 6), Bidder("c", lambda bundle: 5), Bidder("d", (1, 1))]
    config = NegotiationConfig("uniform-price", options=UnitOptions(units=2))
    outcome = executor.run(agents, config, "unit")
    assert outcome.agreed
    assert outcome.result.payments == {"a": 12}
    assert outcome.utilities == {"a": 5, "b": 0, "d": 0}
    assert outcome.accepted_offer is None
    buys = NegotiationConfig("multi-unit-vickrey", options=UnitOptions(units=1, direction="reverse"))
    assert executor.run([Bidder("a", (4, 8)), Bidder("b", 6)], buys, "unit").utilities == {"a": 2, "b": 0}


def test_bidders_see_how_many_units_there_are_and_nothing_of_others():
    seen = []

    def look(view):
        seen.append(view)
        return (5, 4)

    sold("uniform-price", [Bidder("a", strategy=look), Bidder("b", 9)], 3, starting_price=2)
    view = seen[0]
    assert (view.call.units, view.call.starting_price, view.current_price, view.previous_bids) == (3, 2, 2, ())


def test_strategies_bid_by_unit():
    result = sold("discriminatory", [Bidder("a", (10, 6), RatioBidding(factor=0.5)), Bidder("b", 4)])
    assert [bid.value for bid in result.bids] == [(5, 3), (4,)]


@pytest.mark.parametrize("kind", KINDS)
def test_no_message_to_a_bidder_carries_anothers_bid(kind):
    values = {"ann": (711.25, 523.5), "bob": (623.5,), "cem": (537.75, 402.5), "dee": (101.125,)}
    trace = Trace()
    result = sold(kind, values, 3, executor=NegotiationExecutor(clock="virtual", journal=trace), reserve_price=99.5)
    for record in trace.records:
        if record.receiver in values and record.kind == "said" and record.act != "inform":
            others = {price for name, bid in values.items() if name != record.receiver for price in bid} | {99.5}
            assert not [one for one in others if repr(one) in repr(record.content)], record
        elif record.receiver in values and record.kind == "said":
            assert record.content["content"] == (result.allocation[record.receiver], result.payments[record.receiver])


@pytest.mark.parametrize("kind", KINDS)
def test_ties_fall_alike_whatever_the_arrival(kind):
    def delayed(name, value, seconds):
        async def bid(view):
            await view.sleep(seconds)
            return value

        return Bidder(name, value, bid)

    drawn = set()
    for seed in range(12):
        results = [
            sold(kind, [delayed(name, (5, 5), wait) for name, wait in zip("abc", order, strict=True)], 3, seed=seed).allocation
            for order in ((0, 1, 2), (2, 1, 0))
        ]
        assert results[0] == results[1]
        drawn.add(tuple(sorted(results[0].items())))
    assert len(drawn) > 1


@pytest.mark.parametrize("bid", [(3, 5), (5, math.nan), (5, -1), (5, True), (5, "4"), (math.inf,), True, "55", {5, 4}, ((5,),),
                                 -1, Propose((3, 5)), Propose(()), Propose(math.nan)], ids=repr)  # fmt: skip
def test_what_is_no_schedule_is_the_bidders_fault_and_never_sent(bid):
    trace = Trace()
    executor = NegotiationExecutor(clock="virtual", journal=trace)
    config = NegotiationConfig("uniform-price", options=UnitOptions(units=2))
    outcome = executor.run([Bidder("odd", strategy=lambda view: bid), Bidder("fair", 7)], config, "unit")
    assert outcome.result.allocation == {"fair": 1}
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("odd", "invalid")] * 2
    assert not [one for one in trace.records if one.kind == "said" and one.sender == "odd"]


@pytest.mark.parametrize("nothing", [None, math.nan, Decimal("NaN"), (), [], Refuse()], ids=repr)
def test_none_nan_and_no_unit_drop_out(nothing):
    executor = NegotiationExecutor(clock="virtual")
    config = NegotiationConfig("discriminatory")
    outcome = executor.run([Bidder("out", strategy=lambda view: nothing), Bidder("in", 7)], config, "unit")
    assert (outcome.result.allocation, outcome.faults) == ({"in": 1}, ())
    nobody = executor.run([Bidder("out", strategy=lambda view: nothing)], config, "unit")
    assert nobody.failure_reason == "no-bids: nobody bid"


def test_true_numbers_of_any_kind_are_prices():
    result = sold("discriminatory", [Bidder("a", strategy=lambda view: [Decimal("9.5"), 2**53 + 1 - 2**53])])
    assert result.bids[0].value == (9.5, 1)


def test_late_bid_is_rejected_and_a_crash_after_the_bid_takes_the_bid_along():
    def late(view):
        async def bid():
            await view.sleep(11)
            return (99, 99)

        return bid()

    executor = NegotiationExecutor(clock="virtual")
    config = NegotiationConfig("multi-unit-vickrey", options=UnitOptions(units=2, reply_by=10))
    outcome = executor.run([Bidder("late", strategy=late), Bidder("a", (5, 4))], config, "unit")
    assert outcome.result.allocation == {"a": 2}

    class Dies(MultiUnitVickreyAuction):
        async def bidder(self, talk):
            call = await talk.receive()
            talk.seat.context = call.content
            await talk.send(await talk.ask(None, call.content))
            if talk.name == "dies":
                raise OSError("gone")
            while not talk.machine.state.final:
                await talk.receive()

    async def slow(view):
        await view.sleep(1)
        return (3,)

    executor.register(Dies())
    outcome = executor.run([Bidder("dies", (9, 8)), Bidder("a", 5), Bidder("slow", strategy=slow)], config, "unit")
    assert outcome.result.allocation == {"a": 1, "slow": 1}
    assert [bid.agent for bid in outcome.result.bids] == ["a", "slow"]


def test_auctioneer_that_dies_ends_the_auction():
    class Dying(MultiUnitVickreyAuction):
        async def clear(self, talk, bids):
            raise OSError("hammer lost")

    executor = NegotiationExecutor(clock="virtual")
    executor.register(Dying())
    outcome = executor.run([Bidder("a", 5)], NegotiationConfig("multi-unit-vickrey"), "unit")
    assert (outcome.final_state, outcome.reason_code) == ("FAILED", "protocol-violation")


def test_plain_auction_options_sell_one_unit():
    executor = NegotiationExecutor(clock="virtual")
    config = NegotiationConfig("uniform-price", options=AuctionOptions(reserve_price=3))
    outcome = executor.run([Bidder("a", (9, 8)), Bidder("b", 2)], config, "unit")
    assert (outcome.result.allocation, outcome.result.payments) == ({"a": 1}, {"a": 3})


@pytest.mark.parametrize("units", [0, -1, True, 1.5, "2", None], ids=repr)
def test_units_are_a_whole_number(units):
    with pytest.raises(ConfigurationError, match=r"options.units: expected a whole number of at least 1"):
        UnitOptions(units=units)


@pytest.mark.parametrize("value", [(), (1, "2"), (1, None), "5"], ids=repr)
def test_value_of_a_bidder_is_a_number_or_several(value):
    with pytest.raises(ConfigurationError, match="agent 'a': value must be a finite number"):
        Bidder("a", value)


@pytest.mark.parametrize("form", ["json", "msgpack"])
def test_calls_and_schedules_survive_the_wire(form):
    trace = Trace()
    sold("discriminatory", KRISHNA, 6, executor=NegotiationExecutor(clock="virtual", journal=trace))
    codec = Codec(form, contents=MultiUnitVickreyAuction.contents)
    for record in trace.records:
        if record.kind == "said":
            content = record.content.get("content", record.content.get("value"))
            envelope = Envelope(Route("talk", record.sender, record.receiver, "p"), Propose(content), 1, 0, None)
            assert codec.decode(codec.encode(envelope)) == envelope
