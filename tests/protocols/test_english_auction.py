"""English auctions: outbidding by word of mouth, through the executor on the virtual clock."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt import (
    Agent,
    Auction,
    AuctionClosed,
    Bid,
    Bidder,
    ConfigurationError,
    EnglishOptions,
    NegotiationConfig,
    NegotiationExecutor,
    NotUnderstood,
    Propose,
    Reject,
    Skip,
    SnipingBidding,
    Society,
    Trace,
    Walk,
)
from tests.protocols.auctions import by_steps, held, several, sold, thinking


# ------------------------------------------------------------------------------------------------------------ how it goes
def test_standing_bidder_wins_and_pays_its_bid():
    outcome = held("english", several(50, 80, 33), increment=5)
    result = outcome.result
    assert (result.winner.name, result.pay_price) == ("b1", 50)
    assert result.winning_bid == Bid("b1", 50, result.winning_bid.round)
    assert [bid.value for bid in result.bids] == [5 * step for step in range(11)], "each bid that stood"
    assert outcome.utilities == {"b0": 0, "b1": 30, "b2": 0}
    assert (outcome.accepted_offer.agent, outcome.accepted_offer.value) == ("b1", 50)
    assert outcome.agreed


def test_first_bid_may_equal_the_starting_price_and_the_next_must_outbid_it_by_the_increment():
    trace = Trace()
    result = sold("english", several(10, 12), starting_price=10, increment=2, trace=trace)
    assert [(bid.agent, bid.value) for bid in result.bids] == [("b0", 10), ("b1", 12)]
    refused = [record.content["reason"] for record in trace.records if record.kind == "said" and record.act == "reject-proposal"]
    assert refused == ["10 does not outbid: expected at least 12"]


def test_less_than_the_increment_is_refused_and_the_bidder_bids_again_in_the_round():
    seen = []

    def timid(view):
        seen.append((view.round, view.current_price, view.call.least, view.repair))
        return view.current_price + 1 if not view.repair else view.call.least

    result = sold("english", [Bidder("a", 10), Bidder("b", 30, timid)], starting_price=10, increment=5)
    assert result.winner.name == "b"
    assert seen[0] == (1, 10, 10, "")
    assert seen[1] == (1, 10, 15, "11 does not outbid: expected at least 15")
    assert result.winning_bid == Bid("b", 15, 1)


def test_who_bids_too_little_again_passes_the_round():
    calls = []

    def stubborn(view):
        calls.append(view.round)
        return view.current_price + 0.5

    result = sold("english", [Bidder("a", 10), Bidder("b", 99, stubborn)], starting_price=10, increment=5)
    assert result.winner.name == "a"
    assert calls == [1, 1, 1, 2, 2], "two chances at a price that it knew, and one when the price had moved"


@pytest.mark.parametrize("bid", [20, 15, 0, math.nan, None, Walk(), NotUnderstood()], ids=repr)
def test_value_at_or_below_the_current_price_drops_out(bid):
    calls = []

    def once(view):
        calls.append(view.current_price)
        return bid

    outcome = held("english", [Bidder("a", 25), Bidder("b", 99, once), Bidder("c", 40)], starting_price=20, increment=1)
    assert outcome.result.winner.name == "c"
    assert len(calls) == (2 if bid == 20 else 1), "20 is a bid at the start, and none once 20 stands"
    assert outcome.faults == ()


def test_propose_that_falls_short_is_a_fault_with_its_cause():
    outcome = held("english", [Bidder("b", 99, lambda view: Propose(3))], starting_price=20)
    assert [fault.cause for fault in outcome.faults] == ["3 does not reach the starting price 20"] * 2
    assert outcome.failure_reason == "no-bids: nobody bid"


def test_nobody_outbids_itself():
    asked = []

    def eager(view):
        asked.append(view.round)
        return view.current_price + 10

    result = sold("english", [Bidder("a", 5, eager), Bidder("b", 5)], starting_price=0, increment=1)
    assert (result.winner.name, result.pay_price) == ("a", 10)
    assert asked == [1]


def test_earliest_of_equal_bids_stands():
    same = [thinking("slow", 20, 2), thinking("quick", 20, 1)]
    assert sold("english", same, starting_price=5).winner.name == "quick"
    assert sold("english", several(20, 20), starting_price=20).winner.name == "b0"


def test_every_round_all_hear_what_stands_and_who_bid_before():
    views = []

    def watch(view):
        views.append(view)
        return view.call.least if view.call.least <= 30 else None

    trace = Trace()
    held("english", [Bidder("a", 30, watch), Bidder("b", 26)], increment=10, trace=trace, lot="a cow")
    second = next(view for view in views if view.round == 2)
    assert (second.task, second.current_price, second.call.bidder) == ("a cow", 10, "b")
    assert second.previous_bids == (Bid("a", 0, 1), Bid("b", 10, 1))
    assert (second.legal_moves, second.call.least, second.call.increment) == (("propose", "reject", "refuse", "walk"), 20, 10)
    holder = [record for record in trace.records if record.act == "inform" and record.receiver == "b" and record.kind == "said"]
    assert holder[0].content["content"].bidder == "b"
    ends = [record for record in trace.records if record.act == "inform-result" and record.kind == "said"]
    assert [(record.receiver, record.content["result"]) for record in ends] == [("b", AuctionClosed(bidder="a", price=20))]


def test_rounds_count_and_max_rounds_close_normally():
    outcome = held("english", several(100, 90), max_rounds=5, increment=1)
    assert outcome.rounds_used == 5
    assert outcome.agreed
    assert outcome.result.winner.name == "b0", "with few rounds left bidders take long steps, up to their value"
    slow = [Bidder("a", 100, by_steps(1)), Bidder("b", 90, by_steps(1))]
    assert held("english", slow, max_rounds=5).result.pay_price == 6


def test_price_is_within_an_increment_of_the_second_value_even_if_rounds_are_short():
    result = sold("english", several(500, 800), max_rounds=100, increment=1)
    assert result.winner.name == "b1"
    assert 500 <= result.pay_price < 520


@pytest.mark.parametrize("calls", [1, 2, 3])
def test_auction_ends_after_so_many_calls_without_a_bid(calls):
    quiet = Bidder("b", 99, lambda view: Reject("let it pass") if view.round > 1 else 3)
    outcome = held("english", [quiet, Bidder("a", 4)], options=EnglishOptions(calls=calls))
    assert outcome.result.winner.name == "a"
    assert outcome.rounds_used == 1 + calls


def test_sniper_waits_for_the_last_call():
    asked = []

    class Watched(SnipingBidding, frozen=True, kw_only=True, tag="watched"):
        def decide(self, now):
            bid = super().decide(now)
            asked.append((now.last, bid))
            return bid

    outcome = held("english", [Bidder("a", 4), Bidder("b", 99, Watched())], options=EnglishOptions(calls=2))
    assert outcome.result.winner.name == "b"
    assert all(isinstance(bid, Reject) is not last for last, bid in asked)
    assert any(last for last, _ in asked)


# -------------------------------------------------------------------------------------------------------- reserve, reverse
def test_reserve_decides_whether_the_standing_bid_sells():
    assert sold("english", several(20, 30), reserve_price=21).pay_price == 21
    result = sold("english", several(20, 30), reserve_price=25)
    assert (result.success, result.reason) == (False, "below-reserve: no bid reached the reserve")
    assert len(result.bids) == 22
    assert held("english", several(20, 30), reserve_price=25).final_state == "FAILED"


def test_reverse_auction_goes_down_and_the_lowest_ask_is_paid():
    outcome = held("english", several(50, 30, 42), starting_price=60, increment=3, direction="reverse")
    result = outcome.result
    assert result.winner.name == "b1"
    assert [bid.value for bid in result.bids][:3] == [60, 57, 54]
    assert 38 <= result.pay_price <= 42
    assert outcome.utilities["b1"] == result.pay_price - 30


def test_reverse_auction_without_a_ceiling_begins_at_twice_the_cost():
    result = sold("english", several(50, 30), increment=5, direction="reverse")
    assert result.bids[0].value == 100
    assert result.winner.name == "b1"


def test_reserve_of_a_reverse_auction_is_its_ceiling():
    assert sold("english", several(50), starting_price=60, reserve_price=55, direction="reverse").reason == (
        "below-reserve: no bid was as low as the reserve"
    )
    assert sold("english", several(50), starting_price=60, reserve_price=60, direction="reverse").pay_price == 60


@given(values=st.lists(st.integers(0, 40), min_size=1, max_size=5), increment=st.integers(2, 7))
@settings(max_examples=10, deadline=None)
def test_price_is_within_an_increment_of_the_second_highest_value(values, increment):
    result = sold("english", several(*values), increment=increment, max_rounds=200)
    second = sorted(values)[-2] if len(values) > 1 else 0
    assert result.winner.value > max(values) - increment
    assert second - increment <= result.pay_price <= min(second + increment, max(values))


# ---------------------------------------------------------------------------------------------------------- time and faults
def test_round_has_its_deadline_and_the_silent_pass_it():
    outcome = held("english", [thinking("late", 99, 11), Bidder("a", 5), Bidder("b", 9)], reply_by=10, timeout=1000)
    assert outcome.result.winner.name == "b"
    assert {fault.who for fault in outcome.faults} == {"late"}
    assert {fault.what for fault in outcome.faults} == {"late"}


def test_who_was_late_once_is_called_again():
    def sometimes(view):
        async def wait():
            await view.sleep(50)
            return 1

        return wait() if view.round == 1 else view.call.least

    outcome = held("english", [Bidder("late", 99, sometimes), Bidder("a", 20), Bidder("b", 20)], reply_by=10, timeout=1000)
    assert outcome.result.winner.name == "late"
    assert len(outcome.faults) == 1


def test_whole_auction_ends_in_time_though_nobody_answers():
    outcome = held("english", [thinking("a", 1, 1e6), thinking("b", 1, 1e6)], timeout=60)
    assert outcome.failure_reason == "no-bids: nobody bid"
    assert outcome.duration_ms <= 60_000


def test_bidder_that_raises_leaves_and_the_others_go_on():
    def crash(view):
        if view.round == 2:
            raise OSError("line dead")
        return view.call.least

    outcome = held("english", [Bidder("crash", 99, crash), *several(10, 8)])
    assert outcome.result.winner.name == "b0"
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("crash", "raised")]


def once(price, after=0.0):
    """A hook that bids this price once, after some seconds, and leaves the bidding when it is outbid."""

    async def bid(view):
        await view.sleep(after)
        return price if view.current_price < price else None

    return bid


@pytest.mark.parametrize(("gone", "winner", "pays"), [("top", "mid", 20), ("mid", "top", 30), ("mid top", "low", 10)])
async def test_bid_of_a_bidder_that_is_gone_before_the_hammer_goes_with_it(gone, winner, pays):
    async with Society("hall", clock="virtual") as hall:

        async def saboteur(view):
            await view.sleep(5)
            for name in gone.split():
                await hall.leave(name)

        await hall.spawn(Bidder("low", 10, once(10)))
        await hall.spawn(Bidder("mid", 20, once(20, 1)))
        await hall.spawn(Bidder("top", 30, once(30, 2)))
        await hall.spawn(Bidder("saboteur", 0, saboteur))
        options = EnglishOptions(increment=1, reply_by=50)
        names = ["low", "mid", "top", "saboteur"]
        outcome = await hall.negotiate(names, NegotiationConfig("english", options=options, timeout=1000), "lot")
    assert outcome.result.winner.name == winner
    assert outcome.result.pay_price == pays


class Hammerer(Agent):
    """Plays the auctioneer."""

    role = "auctioneer"

    async def live(self, inbox):
        await inbox.receive()
        raise OSError("power failure")


async def test_auctioneer_that_dies_ends_the_auction():
    async with Society("hall", clock="virtual") as hall:

        async def saboteur(view):
            await view.sleep(5)
            hall.tell("Hans", "die")
            await view.sleep(1)
            return 5

        await hall.spawn(Hammerer("Hans"))
        await hall.spawn(Bidder("a", 5, saboteur))
        outcome = await hall.negotiate(["Hans", "a"], NegotiationConfig("english"), "lot")
    assert outcome.final_state == "FAILED"
    assert outcome.reason_code == "agent-crashed"
    assert outcome.result is None


# --------------------------------------------------------------------------------------------------------------- bad input
@pytest.mark.parametrize("bid", [-1, math.inf, -math.inf, True, "9", [9], ...], ids=repr)
def test_what_is_no_bid_is_a_fault_and_the_round_passes(bid):
    outcome = held("english", [Bidder("odd", 1, lambda view: bid), Bidder("a", 5)])
    assert outcome.result.winner.name == "a"
    assert {(fault.who, fault.what) for fault in outcome.faults} == {("odd", "invalid")}


def test_ties_near_two_to_the_53_are_told_apart():
    big = 2**53
    result = sold("english", [Bidder("a", big, lambda view: big), Bidder("b", big + 1, lambda view: big + 1)], increment=1)
    assert (result.winner.name, result.pay_price) == ("b", big + 1)
    same = sold("english", [Bidder("a", big, lambda view: big), Bidder("b", big, lambda view: float(big))], increment=1)
    assert same.winner.name == "a"


def test_increment_smaller_than_floats_can_tell_still_moves_the_price():
    start = 1e17
    bidders = [Bidder("a", start, lambda view: view.call.least), Bidder("b", start + 64, lambda view: view.call.least)]
    result = sold("english", bidders, starting_price=start, increment=1e-3, max_rounds=3)
    assert len({bid.value for bid in result.bids}) == len(result.bids) == 4


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"increment": 0}, "options.increment: expected a price above 0, or the price never moves"),
        ({"increment": -1}, "options.increment: expected a finite price of at least 0, got -1"),
        ({"increment": math.nan}, "options.increment: expected a finite price"),
        ({"calls": 0}, "options.calls: expected a whole number of at least 1, got 0"),
        ({"calls": True}, "options.calls: expected a whole number"),
        ({"direction": "sideways"}, "options.direction: expected forward or reverse, got 'sideways'"),
    ],
)
def test_options_out_of_range_are_refused(options, text):
    with pytest.raises(ConfigurationError, match=text):
        EnglishOptions(**options)


def test_increment_zero_is_refused_before_anything_starts():
    with pytest.raises(ConfigurationError, match="increment"):
        Auction("english", "lot", several(1, 2), increment=0)


def test_no_bidder_and_one_bidder():
    with pytest.raises(ConfigurationError, match="needs at least 1 bidder"):
        held("english", [])
    outcome = held("english", several(9), starting_price=4)
    assert (outcome.result.pay_price, outcome.rounds_used) == (4, 1)


def test_skip_passes_a_round_and_stays_in():
    bidder = Bidder("b", 99, lambda view: Skip() if view.round == 1 else view.call.least)
    outcome = held("english", [bidder, Bidder("a", 5)])
    assert outcome.result.winner.name == "b"


def test_half_a_step_is_a_step_within_rounding():
    bidders = [Bidder("a", 1, lambda view: 0.2), Bidder("b", 1, lambda view: 0.3)]
    assert sold("english", bidders, increment=0.1).winning_bid.value == 0.3


# ----------------------------------------------------------------------------------------------------------------- Auction
async def test_awaited_by_its_name_with_options():
    executor = NegotiationExecutor(clock="virtual")
    result = await Auction("english", "lot", several(30, 20), increment=2, executor=executor)
    assert (result.winner.name, result.success) == ("b0", True)
    assert 18 <= result.pay_price <= 22
    reverse = EnglishOptions(direction="reverse", starting_price=50, increment=2)
    result = await Auction("ENGLISH_AUCTION", "lot", several(30, 20), options=reverse, executor=executor)
    assert result.winner.name == "b1"
    with pytest.raises(ConfigurationError, match="reserve_price: beside options, these hold the prices"):
        Auction("english", "lot", several(1), reserve_price=3, options=reverse)


async def test_strategy_of_five_arguments_raises_step_by_step():
    result = await Auction("english", "lot", several(30, 20), by_steps(2), executor=NegotiationExecutor(clock="virtual"))
    assert result.winner.name == "b0"
    assert result.pay_price in (20, 22)


def test_same_seed_same_auction():
    def said() -> list[Any]:
        trace = Trace()
        held("english", several(7, 9, 8), seed=4, trace=trace)
        return [(record.at, record.kind, record.sender, record.receiver, record.act) for record in trace.records]

    assert said() == said()


def test_prompt_says_what_stands_and_what_may_be_done():
    prompts = []

    def model(view):
        prompts.append(view.as_prompt())
        return view.parse('{"move": "propose", "value": 12}') if view.round == 1 else view.parse({"move": "refuse"})

    held("english", [Bidder("m", 99, model), Bidder("a", 20)], starting_price=10, increment=3)
    assert "Nobody has bid yet: bid at least 10, reject to let the round pass" in prompts[0]
    assert "a stands at 15: bid at least 18, reject to let the round pass, or refuse" in prompts[1]
    assert "without another bid this round is the last" in prompts[1]
    assert "Legal moves: propose, reject, refuse, walk." in prompts[1]


@pytest.mark.parametrize(
    ("kind", "text"),
    [("vickrey", "Sealed bids, one each; none below 10."), ("japanese", "The clock asks 10: propose it to agree; the next price"),
     ("dutch", "The clock asks 10: propose it to agree; the next price will be 9.")],
)  # fmt: skip
def test_prompts_of_other_auctions(kind, text):
    prompts = []
    held(kind, [Bidder("m", 5, lambda view: prompts.append(view.as_prompt()))], starting_price=10)
    assert text in prompts[0]
