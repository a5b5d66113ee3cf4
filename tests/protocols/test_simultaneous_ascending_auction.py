"""The simultaneous ascending auction, with straightforward bidders and with others."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt import (
    AscendingOptions,
    Auction,
    Bidder,
    ConfigurationError,
    LotBid,
    NegotiationConfig,
    NegotiationExecutor,
    Network,
    StraightforwardBidding,
    Trace,
)
from negotiate_rt.protocols import SimultaneousAscendingAuction


def ran(bidders, lots=("north", "south"), executor=None, rounds=100, seed=1, **options):
    executor = executor or NegotiationExecutor(clock="virtual")
    agents = [one if isinstance(one, Bidder) else Bidder(*one) for one in bidders]
    config = NegotiationConfig("saa", rounds, options=AscendingOptions(**options), seed=seed)
    return executor.run(agents, config, list(lots))


def scripted(name, *decisions, seen=None):
    waiting = list(decisions)

    def bid(view):
        if seen is not None:
            seen.append(view.call)
        return waiting.pop(0) if waiting else {}

    return Bidder(name, strategy=bid)


def additive(**worths):
    return lambda bundle: sum(worths.get(lot, 0) for lot in bundle)


def test_lots_that_stand_in_for_each_other_end_at_one_price():
    outcome = ran([("a", {"north": 10, "south": 7}), ("b", {"north": 9, "south": 8}), ("c", {"north": 6, "south": 6})])
    result = outcome.result
    assert result.success
    assert result.allocation == {"a": ("north",), "b": ("south",)}
    assert abs(result.prices["north"] - result.prices["south"]) <= 1
    assert 5 <= result.prices["south"] <= 7, "c's 6, give or take an increment"
    assert result.payments == {"a": result.prices["north"], "b": result.prices["south"]}
    assert outcome.utilities == {"a": 10 - result.payments["a"], "b": 8 - result.payments["b"], "c": 0}


def test_one_lot_is_an_english_auction():
    result = ran([("a", 10), ("b", 7.5), ("c", 4)], ["lot"], starting_price=2).result
    assert result.allocation == {"a": ("lot",)}
    assert 7 <= result.payments["a"] <= 8.5


def test_additive_bidders_compete_lot_by_lot():
    values = {"a": additive(north=10, south=2), "b": additive(north=4, south=9)}
    outcome = ran(values.items(), increment=0.5, activity=0)
    assert outcome.result.allocation == {"a": ("north",), "b": ("south",)}
    assert outcome.result.prices["north"] == pytest.approx(4, abs=0.5)
    assert outcome.result.prices["south"] == pytest.approx(2, abs=0.5)


def test_bids_within_a_round_are_sealed_and_ties_drawn():
    winners = {
        ran([scripted("a", {"north": 5}), scripted("b", {"north": 5})], ["north"], seed=seed).result.bids[0].agent
        for seed in range(12)
    }
    assert winners == {"a", "b"}
    seen = []
    ran([scripted("a", {"north": 3}, seen=seen), scripted("b", {"north": 7}, seen=seen)], ["north"])
    assert {state.price for call in seen if call.round == 1 for state in call.lots} == {None}
    assert {state.price for call in seen if call.round == 2 for state in call.lots} == {7}


def test_who_is_idle_loses_its_eligibility():
    seen = []
    idle = scripted("idle", {"north": 1}, {"north": 3}, seen=seen)
    ran([idle, scripted("b", {"south": 1, "north": 2}, {"north": 4}, {"north": 6})])
    assert [call.eligibility for call in seen] == [2, 1, 1]
    seen.clear()
    outcome = ran([scripted("idle", {}, {"north": 3}, seen=seen), scripted("b", {"south": 1, "north": 2})])
    assert [call.eligibility for call in seen] == [2]
    assert outcome.result.allocation == {"b": ("north", "south")}


def test_without_the_rule_one_may_lie_in_wait():
    seen = []
    waiting = scripted("idle", {}, {"north": 3}, seen=seen)
    outcome = ran([waiting, scripted("b", {"south": 1, "north": 2})], activity=0)
    assert {call.eligibility for call in seen} == {2}
    assert outcome.result.allocation == {"idle": ("north",), "b": ("south",)}


def test_more_lots_than_the_eligibility_are_refused():
    both = {"north": 5, "south": 5}
    outcome = ran([scripted("a", {"north": 1}, both, both), scripted("b", {"north": 2}, {"south": 3})])
    assert outcome.faults[0].cause == "it may be active on 1 lots, those it holds included, and would be on 2"


@pytest.mark.parametrize(
    ("bid", "cause"),
    [
        ({"east": 5}, "there is no lot 'east', only {north, south}"),
        ({"north": 0.5}, "0.5 on lot 'north' is not enough: expected at least 1"),
        ({"north": -1}, "the price of lot 'north' must be at least 0, got -1"),
        ({"north": math.nan}, "the price of lot 'north' must be finite, got nan"),
        ({"north": True}, "the price of lot 'north' must be a number, got True"),
        ((LotBid("north", 5), LotBid("north", 6)), "a lot is bid on twice"),
        (7, "expected a mapping of lots to prices, or several LotBid, got int 7"),
        (True, "expected a mapping of lots to prices, or several LotBid, got bool True"),
        ("north", "expected a mapping of lots to prices"),
    ],
    ids=repr,
)
def test_what_is_no_bid_is_the_bidders_fault(bid, cause):
    outcome = ran([scripted("odd", bid, bid), ("b", additive(north=5, south=5))], starting_price=1)
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("odd", "invalid")] * 2
    assert outcome.faults[0].cause.startswith(cause)
    assert set(outcome.result.allocation) == {"b"}


def test_nobody_outbids_itself():
    outcome = ran([scripted("a", {"north": 3}, {"north": 5}, {"north": 5}), scripted("b", {"south": 1}, {"south": 4})])
    assert outcome.faults[0].cause == "lot 'north' is its own at 3: nobody outbids itself"
    assert outcome.result.prices["north"] == 3


@pytest.mark.parametrize("out", [None, math.nan], ids=repr)
def test_who_leaves_is_bound_by_what_stands(out):
    outcome = ran([scripted("a", {"north": 3}, out), scripted("b", {"south": 1}, {}, {"north": 9})])
    assert outcome.result.allocation == {"a": ("north",), "b": ("south",)}


def test_reserve_and_nobody_bids():
    result = ran([scripted("a", {"north": 3, "south": 8})], reserve_price=5).result
    assert result.prices == {"south": 8}
    assert ran([scripted("a", {"north": 3})], reserve_price=5).failure_reason == "below-reserve: no bid reached the reserve"
    assert ran([scripted("a", {})]).failure_reason == "no-bids: nobody bid"
    assert ran([scripted("a", None)]).failure_reason == "no-bids: nobody bid"


def test_last_round_closes_the_lots_as_they_stand():
    outcome = ran([("a", 50), ("b", 40)], ["lot"], rounds=3)
    assert outcome.agreed
    assert outcome.rounds_used == 3
    assert outcome.result.prices["lot"] == 2


def test_bidder_that_crashes_loses_what_it_held_to_the_bid_before():
    told = [{"north": 5}]

    def crash(view):
        if not told:
            raise OSError("line dead")
        return told.pop()

    outcome = ran([Bidder("a", strategy=crash), scripted("b", {"north": 2}), scripted("c", {"south": 1}, {})])
    assert [fault.what for fault in outcome.faults] == ["raised"]
    assert "a" not in (outcome.result.allocation or {})


def test_late_answer_passes_the_round():
    async def slow(view):
        await view.sleep(100)
        return {"north": 50}

    outcome = ran([Bidder("slow", strategy=slow), scripted("b", {"north": 2})], reply_by=5)
    assert outcome.result.allocation == {"b": ("north",)}


@pytest.mark.parametrize("loss", [0.0, 0.1])
def test_over_a_slow_and_lossy_network_what_is_sold_is_paid(loss):
    executor = NegotiationExecutor(clock="virtual", network=Network(latency=0.2, loss=loss), seed=3)
    values = {"a": {"north": 10, "south": 7}, "b": {"north": 9, "south": 8}, "c": {"north": 6, "south": 6}}
    outcome = ran(values.items(), executor=executor, reply_by=2, activity=0)
    result = outcome.result
    assert result.success
    assert sum(result.payments.values()) == sum(result.prices.values())
    assert sorted(lot for won in result.allocation.values() for lot in won) == sorted(result.prices)
    assert all(gain >= 0 for gain in outcome.utilities.values())


def test_auctioneer_that_dies_ends_the_auction():
    class Dying(SimultaneousAscendingAuction):
        async def run_round(self, talk, room):
            raise OSError("hammer lost")

    executor = NegotiationExecutor(clock="virtual")
    executor.register(Dying())
    outcome = ran([("a", 5)], ["lot"], executor)
    assert (outcome.final_state, outcome.reason_code) == ("FAILED", "protocol-violation")


def test_losers_hear_how_all_lots_stand_at_the_end():
    trace = Trace()
    ran([("a", {"north": 10}), ("b", {"north": 4})], ["north"], NegotiationExecutor(clock="virtual", journal=trace))
    told = [record.content for record in trace.records if record.kind == "said" and record.receiver == "b"][-1]
    assert told["result"].lots[0].bidder == "a"


def test_auction_takes_a_strategy_that_bids_by_lot():
    agents = [Bidder("a", {"x": 9}), Bidder("b", {"y": 9})]
    executor = NegotiationExecutor(clock="virtual")
    result = Auction("simultaneous-ascending", ["x", "y"], agents, StraightforwardBidding(), increment=2, executor=executor).run()
    assert result.allocation == {"a": ("x",), "b": ("y",)}
    assert result.payments == {"a": 0, "b": 0}


def test_exposure_problem_is_real():
    outcome = ran([("both", {("north", "south"): 10}), ("n", {"north": 8}), ("s", {"south": 8})])
    assert set(outcome.result.allocation) <= {"both", "n", "s"}
    assert outcome.utilities["both"] <= 0


worths = st.lists(st.lists(st.integers(0, 12), min_size=3, max_size=3), min_size=1, max_size=4)


@given(worths)
@settings(max_examples=10)
def test_straightforward_bidders_for_one_lot_each_end_near_the_best_assignment(table):
    lots = ("x", "y", "z")
    values = {f"b{place}": dict(zip(lots, row, strict=True)) for place, row in enumerate(table)}
    outcome = ran(values.items(), lots, increment=0.5, rounds=1000, activity=0)
    best = max(
        sum(0 if lot is None else values[name][lot] for name, lot in zip(values, given_out, strict=True))
        for given_out in itertools.product((None, *lots), repeat=len(values))
        if len({lot for lot in given_out if lot}) == sum(lot is not None for lot in given_out)
    )
    result = outcome.result
    got = sum(values[name][lot] for name, won in (result.allocation or {}).items() for lot in won)
    assert got >= best - 0.5 * 2 * len(lots)
    assert all(gain >= 0 for gain in outcome.utilities.values())
    if result.success:
        assert sum(result.payments.values()) == pytest.approx(sum(result.prices.values()))


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"increment": 0}, "options.increment: expected a price above 0"),
        ({"activity": 1.5}, "options.activity: expected a share from 0 to 1, got 1.5"),
        ({"activity": math.nan}, "options.activity must be finite"),
        ({"direction": "reverse"}, "options.direction: lots are sold, not bought"),
    ],
)
def test_what_the_caller_did_wrong_is_said_at_once(options, text):
    with pytest.raises(ConfigurationError) as refusal:
        AscendingOptions(**options)
    assert text in str(refusal.value)


@pytest.mark.parametrize("lots", [[], ["a", "a"], [True]], ids=repr)
def test_lots_are_named(lots):
    with pytest.raises(ConfigurationError):
        ran([("a", 1)], lots)
