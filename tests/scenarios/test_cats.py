"""CATS files, and instances drawn with the suite's distributions."""

from __future__ import annotations

import itertools
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.combinatorial import BundleAuction, BundleBid, BundleBids
from negotiate_rt.scenarios import ScenarioError
from negotiate_rt.scenarios.cats import load_cats, read_cats, write_cats
from negotiate_rt.scenarios.cats_drawing import DISTRIBUTIONS, draw_cats
from negotiate_rt.solutions.winners import solve

FILE = """%% File of a test

% with comments
goods 3
bids  4
dummy\t2

0\t10.5\t0\t1\t3\t#
1   7   2 3  #   % spaces, and a comment
2\t4\t0\t#
3\t1e1\t1\t2\t4\t#
"""


def test_a_file_is_read_with_its_comments_tabs_and_dummies():
    auction = read_cats(FILE)
    assert auction.goods == {0, 1, 2}
    assert auction.bidders == ("bidder 0", "bidder 1", "bidder 2")
    assert [bid.bidder[-1] for bid in auction.bids] == ["0", "0", "1", "2"]
    assert [(set(bid.items), bid.value) for bid in auction.bids] == [({0, 1}, 10.5), ({2}, 7), ({0}, 4), ({1, 2}, 10)]
    assert solve(auction).value == 14  # 10.5 and 7 share a dummy


def test_bids_that_share_dummies_through_others_are_one_bidders():
    auction = read_cats("goods 3\nbids 3\ndummy 2\n0 1 0 3 #\n1 1 1 3 4 #\n2 1 2 4 #\n")
    assert auction.bidders == ("bidder 0",)
    assert solve(auction).value == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("goods 3", "goods three"), "line 4: goods must be a whole number from 0 to 999999999, got 'three'"),
        (("goods 3", "gods 3"), "line 4: expected goods, bids, dummy or a bid, got 'gods'; did you mean 'goods'"),
        (("goods 3", "goods 3 4"), "line 4: expected `goods N`, got 2 words"),
        (("goods 3", "goods 3\ngoods 3"), "line 5: goods is given twice"),
        (("goods 3\n", ""), "there is no line `goods N`"),
        (("bids  4", ""), "there is no line `bids N`"),
        (("bids  4", "bids 5"), "`bids 5` are promised, but there are 4 lines of bids"),
        (("1\t3\t#", "1\t3"), "line 8: a bid must end with #"),
        (("1\t3\t#", "# 3 #"), "line 8: expected a number, a price, at least one good, and one #"),
        (("0\t10.5", "0\tten"), "line 8: expected a price, got 'ten'"),
        (("0\t10.5", "0\tnan"), "line 8: a price must be finite and at least 0, got nan"),
        (("0\t10.5", "0\t-1"), "line 8: a price must be finite and at least 0, got -1"),
        (("0\t10.5", "0.5\t10"), "line 8: the bid's number must be a whole number"),
        (("1   7", "0   7"), "line 9: there are two bids with number 0"),
        (("1\t3\t#", "9\t#"), "line 8: good 9: there are 3 goods and 2 dummies, 0 to 4"),
        (("1\t3\t#", "0\t#"), "line 8: good 0 is named twice"),
        (("0\t1\t3\t#", "-1\t#"), "line 8: a good must be a whole number"),
        (("0\t1\t3\t#", "3\t#"), "line 8: the bid names dummies only"),
    ],
)
def test_a_malformed_file_is_told_by_its_line(change, words):
    with pytest.raises(ScenarioError) as told:
        read_cats(FILE.replace(*change), "some.txt")
    assert words in str(told.value)
    assert str(told.value).startswith("some.txt: ")


def test_all_faulty_lines_are_told_at_once():
    with pytest.raises(ScenarioError) as told:
        read_cats(FILE.replace("10.5", "x").replace("1e1", "y"))
    assert [flaw[:7] for flaw in told.value.flaws] == ["line 8:", "line 11"]


def test_a_bidder_that_bids_twice_alike_and_bytes_that_are_no_text_are_told():
    with pytest.raises(ScenarioError, match=r"bids twice on \{0\}"):
        read_cats("goods 1\nbids 2\ndummy 1\n0 1 0 1 #\n1 2 0 1 #\n")
    with pytest.raises(ScenarioError, match="UTF-8"):
        read_cats(b"\xff\xfe", "bytes.txt")


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ScenarioError, match=r"absent.txt: cannot be read"):
        load_cats(tmp_path / "absent.txt")


def test_what_is_written_reads_back(tmp_path):
    auction = BundleAuction(
        [
            BundleBids((BundleBid("ann", {0, 1}, 0.1 + 0.2), BundleBid("ann", {2}, 1e300))),
            BundleBids((BundleBid("bob", {0}, 5, {"d"}), BundleBid("bob", {2}, 0, {"d", "e"})), "or*"),
            BundleBids((BundleBid("cid", {1}, 3),), "or"),
        ],
        range(4),
    )
    text = write_cats(auction, tmp_path / "one.txt", comment="first\nsecond")
    again = load_cats(tmp_path / "one.txt")
    assert text.startswith("% first\n% second\ngoods 4\nbids 5\ndummy 2\n")
    assert again.goods == auction.goods
    assert [(bid.items, bid.value) for bid in again.bids] == [(bid.items, bid.value) for bid in auction.bids]
    assert [bid.bidder for bid in again.bids] == ["bidder 0", "bidder 0", "bidder 1", "bidder 1", "bidder 2"]
    assert solve(again).value == solve(auction).value
    assert write_cats(again) == text.partition("second\n")[2]


def test_goods_with_names_keep_them_in_comments():
    auction = BundleAuction([BundleBid("a", {"north wing", "roof"}, 2)], ["north wing", "roof", 7])
    text = write_cats(auction)
    assert text.startswith("% good 0: 7\n% good 1: north wing\n% good 2: roof\ngoods 3\n")
    assert read_cats(text).bids[0].items == {1, 2}


# --------------------------------------------------------------------------------------------------------------- drawing
@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_each_distribution_gives_what_was_asked_for_and_the_same_again(name):
    auction = draw_cats(name, 24, 60, seed=3)
    assert (len(auction.bids), auction.goods) == (60, frozenset(range(24)))
    assert write_cats(auction) == write_cats(draw_cats(name.upper(), 24, 60, seed=3))
    assert write_cats(auction) != write_cats(draw_cats(name, 24, 60, seed=4))
    again = read_cats(write_cats(auction))
    assert [(bid.items, bid.value) for bid in again.bids] == [(bid.items, bid.value) for bid in auction.bids]
    assert all(bid.value > 0 for bid in auction.bids)


@pytest.mark.parametrize("name", ["regions", "arbitrary", "matching", "scheduling", "paths"])
@given(goods=st.sampled_from((8, 12, 40)), seed=st.integers(0, 999))
@settings(max_examples=10, deadline=None)
def test_no_bidder_bids_more_for_less(name, goods, seed):
    auction = draw_cats(name, goods, 25, seed)
    for one in auction.bids:
        for other in auction.bids:
            assert one.bidder != other.bidder or not one.items < other.items or one.value < other.value


def test_sizes_follow_their_distributions():
    def mean(name: str) -> float:
        return statistics.mean(len(bid.items) for bid in draw_cats(name, 100, 600, 1).bids)

    assert {len(bid.items) for bid in draw_cats("L3", 100, 300).bids} == {3}
    assert mean("L4") == pytest.approx(1 / 0.45, rel=0.15)  # geometric
    assert mean("L5") == pytest.approx(4, rel=0.15)
    assert mean("L7") == pytest.approx(20, rel=0.15)
    assert mean("matching") == 2


def test_goods_of_a_region_lie_together():
    def apart(name: str) -> float:
        held = [sorted(bid.items) for bid in draw_cats(name, 100, 200, 1).bids if len(bid.items) > 1]
        gaps = [b % 10 - a % 10 for goods in held for a, b in itertools.pairwise(goods)]
        return statistics.mean(map(abs, gaps))

    assert apart("regions") < 0.8 * apart("L3")  # columns of a grid of ten by ten


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("region",), "did you mean 'regions'"),
        (("matching", 10), "a multiple of 4, at least 8, got 10"),
        (("L1", 0), "goods: expected a whole number of at least 1, got 0"),
        (("L1", 5, -1), "bids: expected a whole number of at least 0"),
        (("L1", 5, True), "bids: expected a whole number"),
    ],
)
def test_wrong_arguments_are_told(arguments, words):
    with pytest.raises(ConfigurationError, match=words):
        draw_cats(*arguments)


@pytest.mark.parametrize("name", [name for name in DISTRIBUTIONS if name != "matching"])
def test_one_good_is_enough(name):
    assert len(draw_cats(name, 1, 2).bids) == 2
