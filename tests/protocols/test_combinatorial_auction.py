"""Combinatorial auctions through the executor and through Auction: examples, secrecy, bad input, time running out."""

from __future__ import annotations

import asyncio
import math
import random
import threading
from collections import Counter
from decimal import Decimal

import pytest

from negotiate_rt import (
    Auction,
    AuctionOptions,
    Bidder,
    BundleAuction,
    BundleBid,
    BundleBids,
    Buyer,
    Codec,
    CombinatorialOptions,
    ConfigurationError,
    Envelope,
    NegotiationConfig,
    NegotiationExecutor,
    Propose,
    Refuse,
    Route,
    Seller,
    Task,
    Trace,
    payments_by,
    solve_winners,
)
from negotiate_rt.protocols import combinatorial_auction
from negotiate_rt.protocols.combinatorial_auction import CombinatorialAuction, is_bundle_bids
from negotiate_rt.solutions.winners import Deadline
from negotiate_rt.strategies.bid_rules import BIDDINGS

DAY_CRAMTON = {"1": {"A": 28}, "2": {"B": 20}, "3": {("A", "B"): 32}, "4": {"A": 14}, "5": {"B": 12}}


def sold(bidders, goods=("A", "B"), seed=1, trace=None, timeout=60.0, **options):
    agents = [Bidder(name, value) for name, value in bidders.items()] if isinstance(bidders, dict) else bidders
    executor = NegotiationExecutor(clock="virtual", journal=trace)
    return Auction(
        "combinatorial",
        goods,
        agents,
        seed=seed,
        timeout=timeout,
        executor=executor,
        options=CombinatorialOptions(**options),
    ).run()


def held(bidders, goods=("A", "B"), **config):
    executor = NegotiationExecutor(clock="virtual")
    return executor.run(bidders, NegotiationConfig("combinatorial-auction", **config), goods)


def saying(said, name="odd"):
    return Bidder(name, strategy=lambda view: said)


@pytest.mark.parametrize(
    ("payment", "paid"),
    [("vcg", {"1": 14, "2": 12}), ("core", {"1": 17, "2": 15}), ("first-price", {"1": 28, "2": 20})],
)
def test_day_and_cramtons_auction_under_each_payment_rule(payment, paid):
    result = sold(DAY_CRAMTON, payment=payment)
    assert result.success
    assert result.allocation == {"1": {"A"}, "2": {"B"}}
    assert result.payments == paid
    assert (result.value, result.bound, result.proven, result.payment) == (48, 48, True, payment)
    assert (result.winner, result.winning_bid, result.pay_price, result.reason) == (None, None, None, None)


def test_vcg_is_what_winners_pay_unless_said_otherwise():
    result = Auction(
        "COMBINATORIAL", ["A", "B"], [Bidder("1", {("A", "B"): 2}), Bidder("2", {"A": 2}), Bidder("3", {"B": 2})]
    ).run()
    assert result.payments == {"2": 0, "3": 0}


def test_result_can_be_calculated_again_from_its_bids():
    result = sold(DAY_CRAMTON, payment="core")
    auction = BundleAuction(bid.value for bid in result.bids)
    found = solve_winners(auction)
    assert found.allocation == result.allocation
    assert payments_by("core", auction, found).payments == result.payments


def test_utilities_are_worth_of_the_goods_less_the_payment():
    bidders = [
        Bidder("map", {"A": 28, ("A", "B"): 30}),
        Bidder("call", lambda bundle: 16 * len(bundle)),
        Bidder("all", 10),
        Bidder("unknown", strategy=lambda view: {"A": 1}),
    ]
    outcome = held(bidders, options=CombinatorialOptions(payment="vcg"))
    assert outcome.agreed
    assert outcome.result.allocation == {"map": {"A"}, "call": {"B"}}
    assert outcome.result.payments == {"map": 16, "call": 2}
    assert outcome.utilities == {"map": 12, "call": 14, "all": 0}


def test_a_number_bids_for_all_goods_and_can_win_them():
    outcome = held([Bidder("all", 50), Bidder("a", {"A": 20}), Bidder("b", {"B": 25})])
    assert outcome.result.allocation == {"all": {"A", "B"}}
    assert outcome.utilities == {"all": 5, "a": 0, "b": 0}


def test_a_value_that_fails_after_the_sale_is_worth_nothing_known():
    calls = []

    def moody(bundle):
        calls.append(bundle)
        if len(calls) > 3:
            raise RuntimeError("moody")
        return len(bundle)

    outcome = held([Bidder("moody", moody)])
    assert outcome.result.allocation == {"moody": {"A", "B"}}
    assert outcome.utilities == {}


def test_languages_are_the_bidders_own_or_those_of_the_auction():
    said = {"A": 5, "B": 5}
    assert sold({"x": said}).value == 5
    assert sold({"x": said}, language="or").value == 10
    whole = BundleBids((BundleBid("y", "A", 5, {"d"}), BundleBid("y", "B", 4, {"d"}), BundleBid("y", "C", 1)), "or*")
    result = sold([saying(whole, "y")], goods=["A", "B", "C"])
    assert result.allocation == {"y": {"A", "C"}}


@pytest.mark.parametrize(
    ("goods", "names"),
    [
        (["A", "B"], ("A", "B")),
        ({"A", "B"}, ("A", "B")),
        ("A", ("A",)),
        (Task(goods=["A", "B"], where="here"), ("A", "B")),
        ({"A": "first", "B": "second"}, ("A", "B")),
        ([2, "B", 10], (2, 10, "B")),
    ],
)
def test_goods_are_named_in_many_ways(goods, names):
    seen = []

    def bid(view):
        seen.append((view.call.goods, view.current_price))
        return {names[0]: 1}

    result = sold([Bidder("x", strategy=bid)], goods=goods, starting_price=0.5)
    assert seen == [(names, 0.5)]
    assert result.allocation == {"x": {names[0]}}


@pytest.mark.parametrize(
    ("goods", "words"),
    [
        (None, "needs goods"),
        ([], "at least one, got none"),
        (["A", "A"], "named twice"),
        ([1.5], "named by text"),
        (3.5, "expected a set"),
    ],
)
def test_a_lot_without_goods_is_the_callers_mistake(goods, words):
    with pytest.raises(ConfigurationError, match=words):
        held([Bidder("x", 1)], goods)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"payment": "vgc"}, "did you mean 'vcg'"),
        ({"language": "and"}, "language: expected one of xor"),
        ({"engine": "cplex"}, "options.engine: expected one of auto"),
        ({"solve_time": 0}, "options.solve_time: expected seconds above 0"),
        ({"reserve_price": math.nan}, "reserve_price"),
    ],
)
def test_wrong_options_are_told(options, words):
    with pytest.raises(ConfigurationError, match=words):
        CombinatorialOptions(**options)


# -------------------------------------------------------------------------------------------------- reserve, start, ties
def test_reserve_is_for_each_good_and_a_bid_equal_to_it_sells():
    result = sold({"x": {("A", "B"): 20}, "y": {"A": 9}}, reserve_price=10)
    assert result.allocation == {"x": {"A", "B"}}
    assert result.payments == {"x": 20}
    unsold = sold({"x": {("A", "B"): 19}, "y": {"A": 9}}, reserve_price=10)
    assert (unsold.success, unsold.reason) == (False, "below-reserve: no bid reached the reserve")


def test_reserve_holds_payments_up_as_a_bid_of_the_sellers_would():
    result = sold({"2": {"A": 12}, "3": {"B": 15}, "1": {("A", "B"): 8}}, reserve_price=5)
    assert result.payments == {"2": 5, "3": 5}
    assert (result.value, result.bound) == (27, 27)


def test_bundles_below_the_starting_price_drop_out():
    result = sold({"x": {"A": 3, ("A", "B"): 12}, "y": {"B": 1}}, starting_price=5)
    assert [bid.agent for bid in result.bids] == ["x"]
    assert [bid.value for bid in result.bids[0].value.bids] == [12]


@pytest.mark.slow
def test_ties_are_drawn_by_seed_and_not_by_arrival():
    def winner(names, seed):
        return next(iter(sold({name: {("A", "B"): 5} for name in names}, seed=seed).allocation))

    drawn = Counter(winner("abc", seed) for seed in range(40))
    assert set(drawn) == {"a", "b", "c"}
    assert min(drawn.values()) >= 5
    assert all(winner("abc", seed) == winner("cba", seed) for seed in range(10))


# -------------------------------------------------------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    "said",
    [
        {"A": -1}, {"A": math.nan}, {"A": math.inf}, {"A": True}, {"A": "9"}, {"C": 1}, {(): 1}, {("A", "A"): 1}, {1.5: 1},
        [BundleBid("someone", "A", 1)], [BundleBid("odd", "A", 1), BundleBid("odd", "A", 2)], "A", True, -1, math.inf, object(),
        {"A": 1, ("A",): 2}, [3], Propose("A"), Propose(math.nan), {"A": 10**400},
        BundleBids((BundleBid("odd", "Z", 1),)),
    ],
    ids=lambda said: "object" if type(said) is object else str(said),
)  # fmt: skip
def test_what_is_no_bid_is_a_fault_of_its_bidder_and_harms_nobody(said):
    outcome = held([saying(said), Bidder("good", {"A": 3, "B": 4})])
    assert outcome.agreed
    assert outcome.result.allocation == {"good": {"B"}}
    assert {fault.who for fault in outcome.faults} == {"odd"}
    assert {fault.what for fault in outcome.faults} == {"invalid"}


@pytest.mark.parametrize("said", [None, math.nan, {}, [], BundleBids(()), Refuse("no"), Decimal("NaN")], ids=str)
def test_who_says_nothing_drops_out_without_fault(said):
    outcome = held([saying(said), Bidder("good", {"A": 3})])
    assert outcome.result.allocation == {"good": {"A"}}
    assert outcome.faults == ()


def test_values_near_two_to_the_53rd_are_told_apart():
    big = 2.0**53
    result = sold({"a": {"A": big - 1}, "b": {"A": big}, "c": {"A": big - 2}})
    assert result.allocation == {"b": {"A"}}
    assert result.payments == {"b": big - 1}


def test_no_bids_one_bidder_and_bidders_of_one_name():
    nobody = sold([saying(None)])
    assert (nobody.success, nobody.reason) == (False, "no-bids: nobody bid")
    alone = sold({"x": {"A": 7}})
    assert (alone.allocation, alone.payments) == ({"x": {"A"}}, {"x": 0})
    with pytest.raises(ConfigurationError, match="two agents are named 'x'"):
        sold([Bidder("x", {"A": 1}), Bidder("x", {"B": 1})])
    with pytest.raises(ConfigurationError, match="needs at least 1 bidder"):
        sold([])


def test_a_callable_over_too_many_goods_is_told():
    outcome = held([Bidder("x", len), Bidder("y", {"g1": 1})], [f"g{n}" for n in range(13)])
    assert "at most 12 goods; there are 13" in outcome.faults[0].cause
    assert outcome.result.allocation == {"y": {"g1"}}


def test_or_bids_that_core_payments_cannot_price_sell_nothing_and_are_nobodys_violation():
    goods = tuple(f"g{place:02}" for place in range(13))
    many = {(good,): 5 for good in goods}  # 2^13 bundles
    trace = Trace()
    result = sold({"many": many, "one": {goods: 6}}, goods, language="or", payment="core", trace=trace)
    assert not result.success
    assert result.reason.startswith("infeasible: core payments: the OR bids of winner 'many' combine to more than 4096")
    assert len(result.bids) == 2
    told = [one.content for one in trace.records if one.kind == "said" and one.act == "reject-proposal"]
    assert len(told) == 2
    assert all("nothing is sold: these bids cannot be priced" in repr(content) for content in told)
    assert not [one for one in trace.records if one.kind == "fault"]
    assert dict(sold({"many": many, "one": {goods: 6}}, goods, language="or").payments) == {"many": 6.0}


def test_a_late_bid_and_one_that_crashes_after_bidding():
    async def late(view):
        await view.sleep(20)
        return {"A": 99}

    class Dies(Bidder):
        def bid(self, view):
            return {"B": 50}

        def on_stop(self):
            raise RuntimeError("dead")

    outcome = held(
        [Bidder("late", strategy=late), Dies("dies", {"B": 50}), Bidder("x", {"A": 3})],
        options=CombinatorialOptions(reply_by=5),
    )
    assert outcome.result.allocation == {"dies": {"B"}, "x": {"A"}}
    assert "late" not in outcome.result.payments


def test_a_mapping_is_checked_when_the_bidder_is_made():
    with pytest.raises(ConfigurationError, match="value must be a finite number"):
        Bidder("x", {"A": "much"})


def test_strategies_shade_every_bundle():
    shaded = BIDDINGS["shaded"]()
    result = sold([Bidder("x", {"A": 10, ("A", "B"): 30}, shaded), Bidder("y", 4, shaded), Bidder("z", {}, shaded)])
    factor = shaded.factor
    assert {bid.items: bid.value for bid in result.bids[0].value.bids} == {
        frozenset("A"): 10 * factor,
        frozenset("AB"): 30 * factor,
    }
    assert [bid.agent for bid in result.bids] == ["x", "y"]


def test_plain_auction_options_are_taken_too():
    agents = [Bidder("x", {"A": 4})]
    result = Auction("combinatorial", ["A"], agents, reserve_price=3).run()
    assert result.payments == {"x": 3}
    assert held(agents, options=AuctionOptions(reserve_price=2)).result.payments == {"x": 2}


# ---------------------------------------------------------------------------------------------------- secrecy, the wire
def test_no_message_to_a_bidder_carries_anothers_bid():
    trace = Trace()
    values = {"1": 2801.25, "2": 2002.25, "3": 3203.25, "4": 1404.25, "5": 1205.25}
    sold(
        {name: dict.fromkeys(DAY_CRAMTON[name], value) for name, value in values.items()},
        trace=trace,
        payment="first-price",
    )
    told = [one for one in trace.records if one.kind == "said" and one.receiver in DAY_CRAMTON]
    assert Counter(one.act for one in told) == {"cfp": 5, "reject-proposal": 3, "accept-proposal": 2, "inform": 2}
    for record in told:
        others = [str(value) for name, value in values.items() if name != record.receiver]
        assert not any(value in repr(record.content) for value in others)
    first = min(n for n, one in enumerate(trace.records) if one.act in ("accept-proposal", "reject-proposal"))
    assert all(one.act != "propose" for one in trace.records[first:])


def test_bids_and_calls_cross_the_wire():
    codec = Codec("json", CombinatorialAuction.contents)
    said = BundleBids((BundleBid("x", {"A", "B"}, 3.5), BundleBid("x", {"A"}, 1, {"d"})), "or*")
    envelope = Envelope(Route("c", "x", "auctioneer", "combinatorial-auction"), Propose(said, "o1"), 1)
    assert codec.decode(codec.encode(envelope)) == envelope
    call = CombinatorialAuction().call(("A", 7), CombinatorialOptions(starting_price=2), 5.0)
    assert (call.goods, call.starting_price, call.closes_at) == ((7, "A"), 2, 5.0)


def test_a_forged_value_is_refused_by_the_table():
    from negotiate_rt.machine import Board

    board = Board("auctioneer", "x", {})
    for value in (3, BundleBids(()), BundleBids((BundleBid("y", "A", 1),)), None):
        assert is_bundle_bids(Propose(value), board, False, 0.0) is not None
    assert is_bundle_bids(Propose(BundleBids((BundleBid("x", "A", 1),))), board, False, 0.0) is None


@pytest.mark.slow
def test_an_isolated_bidders_mapping_comes_back_whole():
    result = sold([Bidder("x", {"A": 3, ("A", "B"): 5}, isolated=True), Bidder("y", {"B": 1})])
    assert result.allocation == {"x": {"A", "B"}}


# ------------------------------------------------------------------------------------------------------------------ time
def hard(count=300, goods=50):
    rng = random.Random(5)
    return {f"b{n}": {tuple(map(str, rng.sample(range(goods), 5))): 5 + rng.random()} for n in range(count)}


@pytest.mark.slow
def test_when_time_is_up_the_best_allocation_is_sold_with_its_bound():
    result = sold(hard(), goods=list(map(str, range(50))), solve_time=0.3, engine="exact")
    assert result.success
    assert not result.proven
    assert 0.6 * result.bound <= result.value < result.bound
    assert all(payment >= 0 for payment in result.payments.values())


class Endless:
    """A stand-in for `determine` that runs until it is cancelled."""

    def __init__(self):
        self.begun = threading.Event()
        self.ended = threading.Event()

    def __call__(self, auction, options, limit):
        self.begun.set()
        while not limit.expired():
            self.ended.wait(0.001)
        self.ended.set()
        return combinatorial_auction.BundleSale(reason="cancelled: stopped")


async def test_cancelling_an_auction_stops_its_solver(monkeypatch):
    endless = Endless()
    monkeypatch.setattr(combinatorial_auction, "determine", endless)
    handle = Auction("combinatorial", ["A"], [Bidder("x", {"A": 1})]).start()
    await asyncio.to_thread(endless.begun.wait, 10)
    handle.cancel("enough")
    result = await handle
    assert (result.success, result.reason) == (False, "cancelled: enough")
    assert await asyncio.to_thread(endless.ended.wait, 10)


async def test_a_negotiation_that_times_out_stops_its_solver(monkeypatch):
    endless = Endless()
    monkeypatch.setattr(combinatorial_auction, "determine", endless)
    monkeypatch.setattr(CombinatorialOptions, "time_to_solve", lambda self, left: 1000.0)
    outcome = await NegotiationExecutor().execute(
        [Bidder("x", {"A": 1})], NegotiationConfig("combinatorial-auction", timeout=0.05), ["A"]
    )
    assert outcome.final_state == "TIMEOUT"
    assert await asyncio.to_thread(endless.ended.wait, 10)


@pytest.mark.slow
async def test_a_hundred_negotiations_keep_their_deadlines_while_a_hard_instance_is_solved():
    async def think(view):
        await view.sleep(0.01)
        return Propose(1.0)

    executor = NegotiationExecutor()
    auction = Auction(
        "combinatorial", list(map(str, range(60))), [Bidder(name, value) for name, value in hard(400, 60).items()],
        executor=executor, options=CombinatorialOptions(solve_time=3.0, reply_by=5), timeout=30,
    ).start()  # fmt: skip
    await asyncio.sleep(0.3)
    jobs = [
        ([Buyer(f"b{n}", 80), Seller(f"s{n}", 60)], NegotiationConfig("bilateral", 20, timeout=2.0)) for n in range(100)
    ]
    outcomes = await executor.execute_many(jobs)
    assert all(outcome.agreed for outcome in outcomes)
    assert max(outcome.duration_ms for outcome in outcomes) < 2000
    result = await auction
    assert result.success


def test_solve_winners_takes_seconds():
    bids = [BundleBid("a", {"x"}, 3), BundleBid("b", {"x", "y"}, 4)]
    assert solve_winners(bids).value == 4
    assert solve_winners(bids, 5.0).seconds < 5
    assert solve_winners(bids, 0).value == 4
    assert solve_winners(bids, Deadline()).proven
    for wrong in (-1, math.nan, "soon", True):
        with pytest.raises(ConfigurationError, match="deadline"):
            solve_winners(bids, wrong)
