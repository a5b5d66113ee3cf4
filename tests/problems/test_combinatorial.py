"""Bundle bids: the languages, and everything that is no bid."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import msgspec
import numpy
import pytest

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.combinatorial import BundleAuction, BundleBid, BundleBids, bids_from


def test_a_bid_holds_a_set_of_goods_and_a_float():
    bid = BundleBid("a", ["x", "y"], 3)
    assert bid.items == frozenset("xy")
    assert type(bid.value) is float
    assert BundleBid("a", "lot", Fraction(1, 2)) == BundleBid("a", {"lot"}, Decimal("0.5"))
    assert BundleBid("a", {1, "x"}, numpy.float32(2)).value == 2.0
    assert msgspec.json.decode(msgspec.json.encode(bid), type=BundleBid) == bid


@pytest.mark.parametrize(
    "value", [-1, math.nan, math.inf, -math.inf, True, False, "3", None, 1j, 10**400, Decimal("NaN")]
)
def test_what_is_no_value_is_refused(value):
    with pytest.raises(ConfigurationError, match=r"a bid of 'a' on \{x\}: its value"):
        BundleBid("a", {"x"}, value)


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ((), "the bundle is empty"),
        (None, "expected a set of goods"),
        ({"x": 1}, "expected a set of goods"),
        ([1.5], "named by text or a whole number, got 1.5"),
        ([True], "named by text or a whole number, got True"),
        (["x", "x"], "good 'x' is named twice"),
        (b"xy", "expected a set of goods"),
        (True, "expected a set of goods"),
    ],
)
def test_what_is_no_bundle_is_refused(items, words):
    with pytest.raises(ConfigurationError, match=words):
        BundleBid("a", items, 1)


def test_a_bidder_has_a_name():
    with pytest.raises(ConfigurationError, match="bidder: expected a name"):
        BundleBid(7, {"x"}, 1)


@pytest.mark.parametrize(
    ("bids", "language", "words"),
    [
        ([BundleBid("a", "x", 1), BundleBid("a", "x", 2)], "xor", "'a' bids twice on {x}"),
        ([BundleBid("a", "x", 1, {"d"})], "or", "names dummy goods, which language 'or' has not"),
        ([BundleBid("a", "x", 1)], "xnor", "did you mean 'xor'"),
        ([BundleBid("a", "x", 1)], None, "expected one of xor, or, or"),
        ([BundleBid("a", "x", 1), BundleBid("b", "x", 2)], "xor", "of one bidder at a time, got bids of a, b"),
        ([3], "xor", "expected BundleBid, got 3"),
        (3, "xor", "expected several bundle bids, got 3"),
    ],
)
def test_what_is_no_set_of_bids_is_refused(bids, language, words):
    with pytest.raises(ConfigurationError, match=words):
        BundleBids(bids, language)


def test_two_bids_on_one_bundle_with_other_dummies_are_two():
    said = BundleBids((BundleBid("a", "x", 1, {"d"}), BundleBid("a", "x", 2, {"e"})), "OR*")
    assert said.language == "or*"
    assert len(BundleAuction([said]).bids) == 2


@pytest.mark.parametrize(
    ("bids", "goods", "words"),
    [
        (
            [BundleBid("a", "window", 1)],
            ["windows", "doors"],
            "names good 'window', which is not sold.*did you mean 'windows'",
        ),
        ([BundleBid("a", "x", 1)], [], "sold are none"),
        ([BundleBid("a", "x", 1)], [1.5], "goods: a good is named by text"),
        ([BundleBids((BundleBid("a", "x", 1),))] * 2, None, "duplicate bidder 'a'"),
        ([BundleBids((BundleBid("a", "x", 1),)), BundleBid("a", "y", 2)], None, "duplicate bidder 'a'"),
        ([BundleBid("a", "y", 2), BundleBids((BundleBid("a", "x", 1),))], None, "duplicate bidder 'a'"),
        ([BundleBid("a", "y", 2), BundleBid("a", "y", 3)], None, "'a' bids twice on {y}"),
        (["a"], None, "expected BundleBid or BundleBids"),
        ("ab", None, "bids: expected several"),
        (BundleBids(()), None, "bids: expected several"),
    ],
)
def test_what_is_no_auction_is_refused(bids, goods, words):
    with pytest.raises(ConfigurationError, match=words):
        BundleAuction(bids, goods)


def test_a_bid_tells_what_a_set_of_goods_is_worth():
    said = (BundleBid("a", "x", 3), BundleBid("a", "y", 4), BundleBid("a", {"x", "y"}, 5))
    assert [BundleBids(said).worth(items) for items in ("", "x", "xy", "xyz")] == [0, 3, 5, 5]
    assert BundleBids(said, "or").worth("xy") == 7
    both = tuple(BundleBid("a", bid.items, bid.value, {"d"}) for bid in said)
    assert BundleBids(both, "or*").worth("xy") == 5


def test_an_auction_without_a_bidder_keeps_its_goods():
    auction = BundleAuction([BundleBid("a", "x", 1), BundleBid("b", "y", 2), BundleBids(())], ["x", "y", "z"])
    assert auction.bidders == ("a", "b")
    other = auction.without("a")
    assert (other.bidders, other.goods) == (("b",), frozenset("xyz"))
    assert repr(other) == "<BundleAuction: 1 bids of 1 bidders on 3 goods>"


def test_a_bidder_may_say_its_bids_in_many_shapes():
    said = BundleBids((BundleBid("a", "x", 1), BundleBid("a", {"x", "y"}, 3)))
    assert bids_from({"x": 1, ("x", "y"): 3}, "a") == said
    assert bids_from({frozenset("x"): 1, frozenset("xy"): 3}, "a") == said
    assert bids_from(list(said.bids), "a") == said
    assert bids_from(said, "a") is said
    assert bids_from(BundleBid("a", "x", 1), "a").bids == said.bids[:1]
    assert bids_from({}, "a") == BundleBids(())


@pytest.mark.parametrize("said", [3, "x", None, b"x"])
def test_what_says_no_bids_is_refused(said):
    with pytest.raises(ConfigurationError, match="bundle bids are a mapping"):
        bids_from(said, "a")


def test_nobody_bids_in_anothers_name():
    with pytest.raises(ConfigurationError, match="in its own name only, not in that of 'b'"):
        bids_from([BundleBid("b", "x", 1)], "a")
