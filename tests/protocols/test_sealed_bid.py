"""Sealed bids, first price and Vickrey, through the executor and through Auction."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt import (
    Agent,
    Auction,
    AuctionOptions,
    Bid,
    Bidder,
    ConfigurationError,
    DutchOptions,
    NegotiationConfig,
    NegotiationExecutor,
    Network,
    NotUnderstood,
    PositionOptions,
    Propose,
    Refuse,
    Skip,
    Society,
    Trace,
    UnitOptions,
    Walk,
    sleep,
)
from tests.protocols.auctions import held


def sold(kind, *bidders, seed=1, task="lot", **options):
    executor = NegotiationExecutor(clock="virtual")
    return Auction(kind, task, bidders, seed=seed, executor=executor, **options).run()


def several(*values):
    return [Bidder(f"b{number}", value) for number, value in enumerate(values)]


def slow(name, value, seconds):
    async def bid(view):
        await view.sleep(seconds)
        return value

    return Bidder(name, value if isinstance(value, (int, float)) else None, bid)


# --------------------------------------------------------------------------------------------------------- worked examples
@pytest.mark.parametrize(
    ("kind", "reserve", "pays"), [("vickrey", 0, 8), ("vickrey", 9, 9), ("first-price", 0, 10), ("first-price", 9, 10)]
)
def test_bids_of_ten_eight_and_five(kind, reserve, pays):
    result = sold(kind, *several(8, 10, 5), reserve_price=reserve)
    assert result.success
    assert (result.winner.name, result.winning_bid, result.pay_price) == ("b1", Bid("b1", 10, 1), pays)
    assert [bid.value for bid in result.bids] == [8, 10, 5]
    assert result.reason is None


@pytest.mark.parametrize("kind", ["vickrey", "first-price"])
def test_bid_equal_to_the_reserve_sells(kind):
    result = sold(kind, *several(9, 5), reserve_price=9)
    assert (result.winner.name, result.pay_price) == ("b0", 9)


def test_single_bidder_pays_the_reserve_or_its_bid():
    assert sold("vickrey", *several(10), reserve_price=4).pay_price == 4
    assert sold("vickrey", *several(10)).pay_price == 0
    assert sold("first-price", *several(10), reserve_price=4).pay_price == 10


def test_second_price_is_the_second_bid_not_the_second_distinct_value():
    assert sold("vickrey", *several(10, 10, 5)).pay_price == 10


def test_second_bid_below_the_reserve_does_not_lower_the_price():
    assert sold("vickrey", *several(10, 3), reserve_price=5).pay_price == 5


@pytest.mark.parametrize("kind", ["vickrey", "first-price"])
def test_no_bid_reaches_the_reserve(kind):
    result = sold(kind, *several(8, 5), reserve_price=9)
    assert not result.success
    assert result.reason == "below-reserve: no bid reached the reserve"
    assert (result.winner, result.winning_bid, result.pay_price) == (None, None, None)
    assert len(result.bids) == 2


@pytest.mark.parametrize("nothing", [None, math.nan, numpy.float64("nan"), numpy.float32("nan"), Decimal("NaN"), Refuse(), Walk(),
                                     NotUnderstood()], ids=repr)  # fmt: skip
def test_none_and_nan_drop_out(nothing):
    executor = NegotiationExecutor(clock="virtual")
    agents = [Bidder("out", strategy=lambda view: nothing), Bidder("in", 7)]
    outcome = executor.run(agents, NegotiationConfig("vickrey"), "lot")
    assert outcome.result.winner.name == "in"
    assert [bid.agent for bid in outcome.result.bids] == ["in"]
    assert outcome.faults == ()
    nobody = executor.run(agents[:1], NegotiationConfig("vickrey"), "lot")
    assert nobody.failure_reason == nobody.result.reason == "no-bids: nobody bid"


@pytest.mark.parametrize("bid", [-1, -0.01, math.inf, -math.inf, True, False, numpy.True_, "9", b"9", [9], {"lot": 9}, ...,
                                 1j, 10**400, numpy.array([9.0]), Decimal("sNaN"), Propose(math.nan), Propose(-1), Propose("9"),
                                 Propose(True), Propose(9, expires_at=1.0)], ids=repr)  # fmt: skip
def test_what_is_no_bid_is_the_bidders_fault_and_never_sent(bid):
    trace = Trace()
    executor = NegotiationExecutor(clock="virtual", journal=trace)
    agents = [Bidder("odd", strategy=lambda view: bid), Bidder("fair", 7)]
    outcome = executor.run(agents, NegotiationConfig("vickrey"), "lot")
    assert outcome.result.winner.name == "fair"
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("odd", "invalid")] * 2
    assert not [one for one in trace.records if one.kind == "said" and one.sender == "odd"]
    assert [offer.agent for offer in outcome.all_offers] == ["fair"]


@pytest.mark.parametrize("bid", [Decimal("9.5"), numpy.float32(9.5), 9.5, Propose(9.5)], ids=repr)
def test_true_numbers_are_bids(bid):
    result = sold("first-price", Bidder("a", strategy=lambda view: bid))
    assert result.pay_price == 9.5
    assert type(result.pay_price) is float


def test_zero_is_a_bid():
    result = sold("first-price", *several(0))
    assert result.success
    assert result.pay_price == 0


@given(
    bids=st.lists(st.one_of(st.integers(0, 20), st.floats(0, 20)), min_size=1, max_size=6),
    reserve=st.integers(0, 20), seed=st.integers(0, 9),
)  # fmt: skip
@settings(max_examples=30)
def test_highest_bid_wins_and_pays_its_own_or_the_second(bids, reserve, seed):
    first = sold("first-price", *several(*bids), reserve_price=reserve, seed=seed)
    second = sold("vickrey", *several(*bids), reserve_price=reserve, seed=seed)
    assert first.success is second.success is (max(bids) >= reserve)
    if first.success:
        assert first.pay_price == first.winning_bid.value == max(bids) == second.winning_bid.value
        assert second.pay_price == max([reserve, *sorted(bids)[-2:-1]])
        assert first.winner.name == second.winner.name, "ties fall alike"


def test_truthful_bidding_is_a_dominant_strategy_in_a_vickrey_auction():
    def gain(bid, others, worth=6):
        result = sold("vickrey", Bidder("me", worth, lambda view: bid), *several(*others))
        return worth - result.pay_price if result.winner.name == "me" else 0

    for others in ([3], [5, 2], [7], [9, 8]):
        assert gain(6, others) >= max(gain(bid, others) for bid in (0, 2.5, 4, 5.5, 6.5, 8, 10))


# ------------------------------------------------------------------------------------------------------------------- ties
def test_ties_are_drawn_fairly_over_seeds():
    wins = Counter(sold("vickrey", *several(5, 5, 5), seed=seed).winner.name for seed in range(90))
    assert set(wins) == {"b0", "b1", "b2"}
    assert min(wins.values()) >= 15


@pytest.mark.parametrize("seed", range(4))
def test_tie_falls_the_same_way_for_a_seed_whatever_the_arrival(seed):
    winners = set()
    for order in ((0, 1, 2), (2, 1, 0), (1, 0, 2)):
        delayed = [slow(f"b{n}", 5, seconds=place) for place, n in enumerate(order)]
        winners.add(sold("first-price", *delayed, seed=seed).winner.name)
        winners.add(sold("first-price", *(several(5, 5, 5)[n] for n in order), seed=seed).winner.name)
    assert len(winners) == 1


def test_executors_seed_draws_alike_in_two_executors_and_anew_in_each_auction():
    def winners(seed):
        executor = NegotiationExecutor(clock="virtual", seed=seed)
        outcomes = executor.run_many([(several(5, 5), NegotiationConfig("vickrey"), "lot")] * 12)
        return [outcome.result.winner.name for outcome in outcomes]

    assert winners(3) == winners(3)
    assert set(winners(3)) == {"b0", "b1"}
    assert winners(3) != winners(4)


# ---------------------------------------------------------------------------------------------------------------- secrecy
def test_no_message_to_a_bidder_carries_anothers_bid():
    values = {"ann": 711.25, "bob": 623.5, "cem": 537.75, "dee": 401.125}
    for kind, public in (("vickrey", {623.5}), ("first-price", {711.25})):
        trace = Trace()
        executor = NegotiationExecutor(clock="virtual", journal=trace)
        bidders = [Bidder(name, value) for name, value in values.items()]
        Auction(kind, "lot", bidders, reserve_price=499.5, executor=executor).run()
        for record in trace.records:
            if record.receiver not in values or record.kind != "said":
                continue
            secrets = {value for name, value in values.items() if name != record.receiver} | {499.5}
            if record.act == "inform":
                assert record.receiver == "ann"
                secrets -= public
            told = repr(record.content)
            assert not [secret for secret in secrets if repr(secret) in told], record


def test_bidders_see_the_lot_and_no_more():
    seen = []

    def look(view):
        seen.append(view)
        return 5

    sold("vickrey", Bidder("a", strategy=look), Bidder("b", 9), reserve_price=3, starting_price=2, timeout=20)
    view = seen[0]
    assert (view.task, view.current_price, view.round, view.previous_bids) == ("lot", 2, 1, ())
    assert (view.role, view.protocol, view.standing_offer) == ("bidder", "vickrey-auction", None)
    assert view.legal_moves == ("propose", "refuse", "walk")
    assert view.time_left == 10, "until the close"
    assert "3" not in view.as_prompt().replace("3 s", ""), "the reserve stays secret"


# ------------------------------------------------------------------------------------------------------------------- time
@pytest.mark.parametrize(("seconds", "winner"), [(10.0, "late"), (10.5, "early")])
def test_close_is_inclusive(seconds, winner):
    executor = NegotiationExecutor(clock="virtual")
    config = NegotiationConfig("first-price", options=AuctionOptions(reply_by=timedelta(seconds=10)))
    outcome = executor.run([Bidder("early", 5), slow("late", 9, seconds)], config, "lot")
    assert outcome.result.winner.name == winner
    assert outcome.duration_ms == 10_000
    assert outcome.faults == ()


def test_without_a_close_half_of_the_time_is_for_bids():
    result = sold("first-price", Bidder("early", 5), slow("late", 9, 31), timeout=60)
    assert [bid.agent for bid in result.bids] == ["early"]


def test_nobody_waits_for_the_close_when_all_have_answered():
    executor = NegotiationExecutor(clock="virtual")
    outcome = executor.run(
        [slow("a", 5, 2), slow("b", 4, 3), Bidder("c", math.nan)], NegotiationConfig("vickrey"), "lot"
    )
    assert outcome.duration_ms == 3000
    assert outcome.result.pay_price == 4


def test_without_any_limit_all_are_waited_for():
    executor = NegotiationExecutor(clock="virtual")
    outcome = executor.run([slow("a", 5, 1e6), Bidder("b", 4)], NegotiationConfig("vickrey", timeout=None), "lot")
    assert outcome.result.winner.name == "a"


def test_bidder_that_crashes_or_is_late_is_left_out():
    def crash(view):
        raise OSError("line dead")

    executor = NegotiationExecutor(clock="virtual")
    agents = [
        Bidder("crash", strategy=crash),
        slow("late", 99, 5),
        Bidder("fine", 7),
        Bidder("skip", strategy=lambda view: Skip()),
    ]
    outcome = executor.run(agents, NegotiationConfig("vickrey", turn_timeout=1), "lot")
    assert outcome.result.winner.name == "fine"
    assert sorted((fault.who, fault.what) for fault in outcome.faults) == [("crash", "raised"), ("late", "late")]


# --------------------------------------------------------------------------------------------------------------- outcomes
def test_outcome_tells_value_minus_price():
    executor = NegotiationExecutor(clock="virtual")
    agents = [Bidder("a", 10), Bidder("b", Decimal(8)), Bidder("c", lambda bundle: 5), Bidder("d", math.nan)]
    outcome = executor.run(agents, NegotiationConfig("vickrey"), "lot")
    assert outcome.agreed
    assert outcome.utilities == {"a": 2, "b": 0}
    assert outcome.rounds_used == 1
    assert (outcome.accepted_offer.agent, outcome.accepted_offer.value) == ("a", 10)
    unsold = executor.run(agents, NegotiationConfig("vickrey", reservation_value=50), "lot")
    assert (unsold.final_state, unsold.reason_code) == ("FAILED", "below-reserve")
    assert unsold.utilities == {"a": 0, "b": 0}
    assert unsold.accepted_offer is None


def test_config_gives_reserve_and_starting_price():
    prices = []

    def bid(agent, task, current_price, round, previous_bids):
        prices.append(current_price)
        return 40

    executor = NegotiationExecutor(clock="virtual")
    config = NegotiationConfig("VICKREY", reservation_value=30, initial_offer=12)
    outcome = executor.run([Bidder("a", strategy=bid)], config, "lot")
    assert outcome.result.pay_price == 30
    assert prices == [12]


def test_value_may_be_a_function_of_the_bundle():
    result = sold("first-price", Bidder("a", lambda bundle: 3 * len(bundle)), task="lot")
    assert result.pay_price == 3


def test_lot_is_frozen():
    lots = []

    def bid(agent, task, *rest):
        lots.append(task)
        return 1

    sold("first-price", Bidder("a", strategy=bid), task={"paintings": ["x"]})
    assert lots[0]["paintings"] == ("x",)
    with pytest.raises(TypeError):
        lots[0]["paintings"] = 1


# ---------------------------------------------------------------------------------------------------------------- Auction
class Plain:
    """Nothing but a name, and an attribute that is nobody's business."""

    original = "mine"
    role = "bidder"

    def __init__(self, name):
        self.name = name


async def test_bidders_may_be_anything_with_a_name():
    async def strategy(agent, task, current_price, round, previous_bids):
        assert isinstance(agent, Plain)
        await sleep(1)
        return len(agent.name)

    one, two = Plain("x"), Plain("xyz")
    result = await Auction(
        "FIRST_PRICE_AUCTION", "lot", [one, two], strategy, executor=NegotiationExecutor(clock="virtual")
    )
    assert result.winner is two
    assert result.winning_bid == Bid("xyz", 3, 1)


async def test_own_bidder_without_a_strategy_is_returned_itself():
    class Own(Plain):
        def bid(self, view):
            return 5

    own = Own("o")
    assert (await Auction("vickrey", "lot", [own])).winner is own


@pytest.mark.parametrize(
    "kind", ["vickrey", "VICKREY", "Vickrey-Auction", "VICKREY_AUCTION", "first-price", "sealed-bid", "SEALED_BID",
             "first_price_auction"],
)  # fmt: skip
def test_spellings_of_the_type(kind):
    assert sold(kind, *several(3)).success


async def test_awaited_twice_started_and_awaited_and_cancelled():
    auction = Auction("vickrey", "lot", several(3, 2), executor=NegotiationExecutor(clock="virtual"))
    handle = auction.start()
    assert auction.start() is handle
    assert await auction is await handle is await auction
    assert handle.outcome.result.pay_price == 2
    other = Auction("vickrey", "lot", [slow("a", 5, 50)], executor=NegotiationExecutor(clock="virtual"))
    handle = other.start()
    await asyncio.sleep(0)
    handle.cancel("rain")
    result = await other
    assert not result.success
    assert result.reason == "cancelled: rain"
    assert handle.status().state == "FAILED"


async def test_handle_of_an_auction_tells_its_status_and_events():
    auction = Auction("vickrey", "lot", several(3, 2), executor=NegotiationExecutor(clock="virtual"))
    handle = auction.start()
    assert handle.status().protocol == "vickrey-auction"
    kinds = [record.kind async for record in handle.events()]
    assert kinds[-1] == "ended"
    assert (await handle).success


async def test_auction_that_runs_out_of_time_gives_a_result_with_the_reason():
    executor = NegotiationExecutor(clock="virtual")
    outcome = await executor.execute(
        [slow("a", 5, 50)], NegotiationConfig("vickrey", timeout=10, options=AuctionOptions(reply_by=20)), "lot"
    )
    assert outcome.final_state == "TIMEOUT"
    result = sold("vickrey", slow("a", 5, 50), timeout=10)
    assert result.reason == "no-bids: nobody bid"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"type": "vickry"}, "unknown auction 'vickry'; known: first-price, vickrey"),
        ({"type": "vickry"}, "; did you mean 'vickrey'?"),
        ({"type": "bilateral"}, "unknown auction 'bilateral'"),
        ({"type": "contract-net"}, "unknown auction 'contract-net'"),
        ({"type": None}, "unknown auction None"),
        ({"type": "vickrey", "bidders": ["ann"]}, "bidders: 'ann' has no name"),
        ({"type": "vickrey", "bidders": None}, "bidders: expected several agents, got None"),
        ({"type": "vickrey", "bidders": "ann"}, "bidders: expected several agents, got 'ann'"),
        ({"type": "vickrey", "executor": 3}, "executor: expected a NegotiationExecutor, got 3"),
        ({"type": "vickrey", "bid_strategy": 5}, "bid_strategy must be callable, got 5"),
        (
            {"type": "vickrey", "reserve_price": -1},
            "options.reserve_price: expected a finite price of at least 0, got -1",
        ),
        (
            {"type": "vickrey", "reserve_price": math.nan},
            "options.reserve_price: expected a finite price of at least 0, got nan",
        ),
        (
            {"type": "vickrey", "starting_price": "5"},
            "options.starting_price: expected a finite price of at least 0, got '5'",
        ),
        ({"type": "vickrey", "timeout": 0}, "timeout: expected seconds"),
    ],
)
def test_what_the_caller_did_wrong_is_said_at_once(arguments, text):
    with pytest.raises(ConfigurationError) as refusal:
        Auction(**arguments)
    assert text in str(refusal.value)


@pytest.mark.parametrize(
    ("bidders", "text"),
    [
        ([], "vickrey-auction: needs at least 1 bidder"),
        ([Bidder("a", 1), Bidder("a", 2)], "vickrey-auction: two agents are named 'a'"),
        ([Agent("a")], "agent 'a' .* cannot sit as bidder: it has no hook 'bid'"),
    ],
)
async def test_seats_that_cannot_be_filled_are_refused_when_it_starts(bidders, text):
    with pytest.raises(ConfigurationError, match=text):
        await Auction("vickrey", "lot", bidders)


@pytest.mark.parametrize("reply_by", [0, -1, "5", math.nan, True, timedelta(0)], ids=repr)
def test_close_is_above_zero(reply_by):
    with pytest.raises(ConfigurationError, match=r"options.reply_by: expected seconds above 0"):
        AuctionOptions(reply_by=reply_by)


def test_options_take_true_numbers():
    options = AuctionOptions(reserve_price=Decimal("2.5"), starting_price=numpy.int64(3), reply_by=timedelta(minutes=1))
    assert (options.reserve_price, options.starting_price, options.reply_by) == (2.5, 3.0, 60.0)


def test_bidder_needs_a_way_to_bid():
    with pytest.raises(ConfigurationError, match="agent 'a': a bidder needs a value, a strategy, or a `bid` method"):
        Bidder("a")
    with pytest.raises(ConfigurationError, match="agent 'a': strategy must be callable, got 5"):
        Bidder("a", 1, 5)
    with pytest.raises(ConfigurationError, match=r"agent 'a': value must be a finite number or a callable .*, got '5'"):
        Bidder("a", "5")


async def test_many_auctions_share_one_executor():
    executor = NegotiationExecutor(clock="virtual")
    auctions = [Auction("vickrey", "lot", several(n, n + 1), executor=executor) for n in range(20)]
    results = await asyncio.gather(*auctions)
    assert [result.pay_price for result in results] == list(range(20))


async def test_a_thousand_bidders():
    result = await Auction("vickrey", "lot", several(*range(1000)), executor=NegotiationExecutor(clock="virtual"))
    assert (result.winner.name, result.pay_price) == ("b999", 998)


async def test_a_fallback_bid_strategy_bids_for_an_agent_whose_own_fails() -> None:
    def fails(view: Any) -> float:
        raise ValueError("no idea")

    def half(agent: Any, task: Any, current_price: float, round: int, previous_bids: Any) -> float:
        return agent.value / 2

    config = NegotiationConfig("vickrey", on_fault={"raised": "fallback", "fallback": half})
    bidders = [Bidder("Ada", 10, strategy=fails), Bidder("Ben", 4)]
    outcome = await NegotiationExecutor(clock="virtual").execute(bidders, config, "lot")
    assert [(bid.agent, bid.value) for bid in outcome.result.bids] == [("Ada", 5.0), ("Ben", 4)]
    assert outcome.result.winner is bidders[0]
    assert [fault.what for fault in outcome.faults] == ["raised"]


def some(agent, task=None, current_price=0.0, round=1, previous_bids=()):
    return agent.value


class Some:
    def __call__(self, agent, *rest):
        return agent.value


@pytest.mark.parametrize("strategy", [lambda agent, *rest: agent.value, some, Some(), lambda *all: all[0].value])
def test_strategy_that_need_not_take_all_five_is_called_with_them(strategy):
    result = Auction("vickrey", "lot", [Bidder("a", 5, strategy), Bidder("b", 4, strategy)]).run()
    assert (result.winner.name, result.pay_price) == ("a", 4)
    result = Auction("vickrey", "lot", [Bidder("a", 5), Bidder("b", 4)], strategy).run()
    assert (result.winner.name, result.pay_price) == ("a", 4)


# ---------------------------------------------------------------------------------------------------------------- reverse
@pytest.mark.parametrize(("kind", "pays"), [("first-price", 5), ("vickrey", 8)])
def test_reverse_auction_pays_the_lowest_ask_or_the_second_lowest(kind, pays):
    outcome = held(kind, several(8, 10, 5), direction="reverse")
    assert (outcome.result.winner.name, outcome.result.pay_price) == ("b2", pays)
    assert outcome.utilities == {"b0": 0, "b1": 0, "b2": pays - 5}


def test_reserve_of_a_reverse_auction_is_the_ceiling():
    assert held("vickrey", several(8, 10), direction="reverse", reserve_price=9).result.pay_price == 9
    assert held("vickrey", several(9), direction="reverse", reserve_price=9).result.pay_price == 9
    result = held("vickrey", several(9.5), direction="reverse", reserve_price=9).result
    assert result.reason == "below-reserve: no bid was as low as the reserve"
    assert held("vickrey", several(7), direction="reverse").result.pay_price == 7, "nobody else, and no ceiling"


@given(bids=st.lists(st.integers(0, 20), min_size=1, max_size=6), seed=st.integers(0, 9))
@settings(max_examples=20)
def test_reverse_auction_is_the_mirror_image(bids, seed):
    forward = held("vickrey", several(*bids), seed=seed, starting_price=0, reserve_price=0).result
    mirror = held("vickrey", several(*(20 - bid for bid in bids)), seed=seed, direction="reverse", reserve_price=20).result
    assert forward.winner.name == mirror.winner.name, "ties fall alike"
    assert forward.pay_price == 20 - mirror.pay_price


# --------------------------------------------------------------------------------------------------------- starting price
def test_bid_that_does_not_reach_the_starting_price_drops_out_and_says_why():
    trace = Trace()
    outcome = held("first-price", several(9, 10, 12), starting_price=10, trace=trace)
    assert [bid.value for bid in outcome.result.bids] == [10, 12]
    assert outcome.faults == ()
    said = [record.content["reason"] for record in trace.records if record.act == "refuse" and record.kind == "said"]
    assert said == ["9 does not reach the starting price 10"]
    assert held("first-price", several(9), starting_price=10).failure_reason == "no-bids: nobody bid"


def test_propose_below_the_starting_price_is_a_fault_with_its_cause():
    outcome = held("first-price", [Bidder("a", strategy=lambda view: Propose(9)), Bidder("b", 11)], starting_price=10)
    assert [fault.cause for fault in outcome.faults] == ["9 does not reach the starting price 10"] * 2
    assert outcome.result.winner.name == "b"


def test_ask_above_the_starting_price_of_a_reverse_auction_drops_out():
    outcome = held("vickrey", several(9, 12), starting_price=10, direction="reverse")
    assert [bid.value for bid in outcome.result.bids] == [9]
    assert outcome.result.pay_price == 10, "no worse than any bid could have been"


def test_single_vickrey_bidder_pays_the_starting_price_if_no_less_could_be_bid():
    assert sold("vickrey", *several(10), starting_price=4).pay_price == 4
    assert sold("vickrey", *several(10), starting_price=4, reserve_price=6).pay_price == 6


# ------------------------------------------------------------------------------------------------------------- who is gone
async def test_bidder_that_crashes_between_bid_and_award_is_out_and_its_bid_with_it():
    async with Society("hall", clock="virtual") as hall:

        async def saboteur(view):
            await view.sleep(5)
            await hall.leave("top")
            return 1

        for bidder in (Bidder("top", 50), Bidder("mid", 30), Bidder("s", 99, saboteur)):
            await hall.spawn(bidder)
        outcome = await hall.negotiate(["top", "mid", "s"], NegotiationConfig("vickrey"), "lot")
    assert (outcome.result.winner.name, outcome.result.pay_price) == ("mid", 1)
    assert [bid.agent for bid in outcome.result.bids] == ["mid", "s"]


async def test_auctioneer_that_dies_ends_the_auction():
    class Hammerer(Agent):
        role = "auctioneer"

        async def live(self, inbox):
            await inbox.receive()
            raise OSError("power failure")

    async with Society("hall", clock="virtual") as hall:

        async def saboteur(view):
            hall.tell("Hans", "die")
            await view.sleep(1)
            return 5

        await hall.spawn(Hammerer("Hans"))
        await hall.spawn(Bidder("a", 5, saboteur))
        outcome = await hall.negotiate(["Hans", "a"], NegotiationConfig("vickrey"), "lot")
    assert (outcome.final_state, outcome.reason_code, outcome.result) == ("FAILED", "agent-crashed", None)


def test_bid_after_the_close_is_answered_as_late_and_changes_nothing():
    trace = Trace()
    bidders = [slow("late", 99, 12), slow("slower", 1, 20), Bidder("a", 5)]
    network = Network(latency=1.0)
    executor = NegotiationExecutor(clock="virtual", journal=trace, network=network)
    outcome = executor.run(bidders, NegotiationConfig("vickrey", options=AuctionOptions(reply_by=10), timeout=100), "lot")
    assert outcome.result.winner.name == "a"
    assert [bid.agent for bid in outcome.result.bids] == ["a"]


def test_ties_near_two_to_the_53_are_told_apart():
    big = 2**53
    assert sold("first-price", *several(big, big + 1)).pay_price == big + 1
    winners = {sold("vickrey", *several(float(big), big), seed=seed).winner.name for seed in range(20)}
    assert winners == {"b0", "b1"}, "a tie, drawn"
    assert sold("vickrey", *several(big + 1, big)).pay_price == big


# ------------------------------------------------------------------------------------------------- whom a strategy sits for
class Careful(Plain):
    """An agent with a life of its own, of whatever kind the runtime looks at."""

    guard = False
    max_in_flight = 1
    value = 7

    def __init__(self, name):
        super().__init__(name)
        self.life = []

    def on_start(self):
        self.life.append("start")

    async def on_stop(self):
        self.life.append("stop")


async def test_strategy_bidder_takes_after_whom_it_sits_for():
    careful = Careful("c")
    executor = NegotiationExecutor(clock="virtual")

    async def strategy(agent, *rest):
        assert agent is careful
        assert agent.life == ["start"], "once, for all its auctions"
        await sleep(1)
        return 5

    auctions = [Auction(kind, "lot", [careful], strategy, executor=executor) for kind in ("vickrey", "first-price")]
    results = await asyncio.gather(*auctions)
    assert all(result.winner is careful for result in results)
    assert careful.life == ["start", "stop"]
    seat = auctions[0]._agents[0]
    assert (seat.guard, seat.max_in_flight, seat.value, seat.isolated) == (False, 1, 7, False)
    assert repr(seat) == f"LivingBidder({careful!r})"


def test_options_beside_prices_are_refused_and_own_options_taken():
    options = AuctionOptions(reserve_price=9)
    executor = NegotiationExecutor(clock="virtual")
    assert Auction("vickrey", "lot", several(10), options=options, executor=executor).run().pay_price == 9
    with pytest.raises(ConfigurationError, match="reserve_price: beside options, these hold the prices"):
        Auction("vickrey", "lot", several(10), reserve_price=3, options=options)
    with pytest.raises(ConfigurationError, match="expected options of type AuctionOptions, got int"):
        Auction("vickrey", "lot", several(10), options=5)


def test_what_another_auctions_options_say_is_refused_where_nobody_would_hear_it():
    for options, name in (
        (UnitOptions(units=2), "units"),
        (PositionOptions(clicks=(3, 2)), "clicks"),
        (DutchOptions(starting_price=9, decrement=2), "decrement"),
    ):
        with pytest.raises(ConfigurationError, match=rf"options\.{name}: vickrey-auction has no such option.*AuctionOptions"):
            Auction("vickrey", "lot", several(10, 8), options=options)
    heard = DutchOptions(starting_price=9)  # says nothing that a Vickrey auction does not know
    assert sold("vickrey", *several(10, 8), options=heard).pay_price == 9


def test_config_fills_what_options_leave_open():
    executor, agents = NegotiationExecutor(clock="virtual"), [Bidder("x", 9), Bidder("y", 3)]
    filled = NegotiationConfig("vickrey-auction", reservation_value=4, options=AuctionOptions())
    assert executor.run(agents, filled, "lot").result.pay_price == 4
    own = NegotiationConfig("vickrey-auction", reservation_value=4, options=AuctionOptions(reserve_price=5))
    assert executor.run(agents, own, "lot").result.pay_price == 5
    started = NegotiationConfig("first-price-auction", initial_offer=4, options=AuctionOptions(reply_by=3))
    assert [bid.agent for bid in executor.run(agents, started, "lot").result.bids] == ["x"]
