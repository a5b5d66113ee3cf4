"""Position auctions and all-pay auctions, through the executor and through Auction."""

from __future__ import annotations

import math

import pytest

from negotiate_rt import (
    Auction,
    AuctionOptions,
    Bidder,
    ConfigurationError,
    NegotiationConfig,
    NegotiationExecutor,
    PositionOptions,
    Trace,
)

EOS = {"a": 10, "b": 4, "c": 2}


def sold(kind, bidders, options=None, executor=None, seed=1):
    executor = executor or NegotiationExecutor(clock="virtual")
    agents = [Bidder(name, value) for name, value in bidders.items()]
    return Auction(kind, "slots", agents, seed=seed, executor=executor, options=options).run()


def slots(*clicks, **options):
    return PositionOptions(clicks=clicks, **options)


@pytest.mark.parametrize(("pricing", "payments"), [("gsp", {"a": 800, "b": 200}), ("vcg", {"a": 600, "b": 200})])
def test_three_advertisers_and_two_slots(pricing, payments):
    result = sold("gsp", EOS, slots(200, 100, pricing=pricing))
    assert result.success
    assert result.allocation == {"a": 1, "b": 2}
    assert result.payments == payments
    assert result.click_prices == {"a": payments["a"] / 200, "b": 2}


def test_advertisers_gain_clicks_times_value_minus_payment():
    executor = NegotiationExecutor(clock="virtual")
    agents = [Bidder("a", 10, lambda view: 3), Bidder("b", 4), Bidder("c", 2)]
    outcome = executor.run(agents, NegotiationConfig("gsp", options=slots(200, 199)), "slots")
    assert outcome.utilities == {"b": 200 * 4 - 200 * 3, "a": 199 * 10 - 199 * 2, "c": 0}
    assert outcome.utilities["a"] == 1592


def test_reserve_per_click_and_nobody_above_it():
    result = sold("gsp", EOS, slots(200, 100, 50, reserve_price=3))
    assert result.payments == {"a": 800, "b": 300}
    assert sold("gsp", EOS, slots(5, reserve_price=11)).reason == "below-reserve: no bid reached the reserve"
    assert sold("gsp", {"a": math.nan}, slots(5)).reason == "no-bids: nobody bid"


def test_bidders_see_the_clicks_and_no_message_tells_anothers_bid():
    trace, seen = Trace(), []
    values = {"ann": 711.25, "bob": 623.5, "cem": 537.75}
    executor = NegotiationExecutor(clock="virtual", journal=trace)

    def look(view):
        seen.append(view.call)
        return values[view.agent]

    agents = [Bidder(name, strategy=look) for name in values]
    Auction("gsp", "slots", agents, executor=executor, options=slots(3, 1)).run()
    assert (seen[0].clicks, seen[0].pricing) == ((3, 1), "gsp")
    for record in trace.records:
        if record.receiver in values and record.kind == "said" and record.act != "inform":
            others = [value for name, value in values.items() if name != record.receiver]
            assert not [one for one in others if repr(one) in repr(record.content)], record


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"clicks": ()}, "options.clicks: expected the clicks of one slot or more"),
        ({"clicks": (1, 2)}, "options.clicks: expected numbers above 0, best slot first"),
        ({"clicks": (1, True)}, "options.clicks[1] must be a number, got True"),
        ({"pricing": "vgc"}, "options.pricing: expected gsp or vcg, got 'vgc'; did you mean 'vcg'?"),
        ({"direction": "reverse"}, "options.direction: slots are sold, not bought"),
    ],
)
def test_what_the_caller_did_wrong_is_said_at_once(options, text):
    with pytest.raises(ConfigurationError) as refusal:
        PositionOptions(**options)
    assert text in str(refusal.value)


# ---------------------------------------------------------------------------------------------------------------- all-pay
def test_everybody_pays_and_the_highest_wins():
    executor = NegotiationExecutor(clock="virtual")
    agents = [Bidder("a", 10, lambda view: 6), Bidder("b", 9, lambda view: 5), Bidder("c", 8, lambda view: 0)]
    outcome = executor.run(agents, NegotiationConfig("all-pay"), "patent")
    result = outcome.result
    assert (result.winner.name, result.pay_price, result.payments) == ("a", 6, {"a": 6, "b": 5, "c": 0})
    assert result.allocation == {"a": 1}
    assert outcome.utilities == {"a": 4, "b": -5, "c": 0}
    assert outcome.accepted_offer.value == 6


def test_bid_below_the_reserve_is_not_due():
    result = sold("all-pay", {"a": 6, "b": 3}, AuctionOptions(reserve_price=5))
    assert result.payments == {"a": 6}
    nobody = sold("all-pay", {"a": 6, "b": 3}, AuctionOptions(reserve_price=7))
    assert (nobody.success, nobody.payments, nobody.reason) == (False, None, "below-reserve: no bid reached the reserve")


def test_losers_hear_that_their_bids_are_due_and_no_more():
    trace = Trace()
    sold("all-pay", {"a": 6.25, "b": 3.75}, executor=NegotiationExecutor(clock="virtual", journal=trace))
    told = [record.content for record in trace.records if record.kind == "said" and record.receiver == "b"]
    assert told[-1]["reason"] == "not the winner; a bid that reached the reserve is due"
    assert "6.25" not in repr(told)


def test_ties_are_drawn():
    assert {sold("all-pay", {"a": 5, "b": 5}, seed=seed).winner.name for seed in range(12)} == {"a", "b"}


def test_an_all_pay_auction_only_sells():
    with pytest.raises(ConfigurationError, match="where everybody pays there is only selling"):
        sold("all-pay", EOS, AuctionOptions(direction="reverse", reserve_price=20))
