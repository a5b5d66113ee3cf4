"""The revelation principle on the real protocols: auctions played by the executor inside of direct mechanisms."""

from __future__ import annotations

from typing import Any

import pytest

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.lab.revelation import PlayedAuction, revealed_auction
from negotiate_rt.problems.auction import AuctionOptions, ClockOptions, DutchOptions, EnglishOptions
from negotiate_rt.solutions.auction_mechanisms import first_price, vickrey
from negotiate_rt.solutions.audit import audit
from negotiate_rt.solutions.mechanisms import TypeSpace

SIX = TypeSpace(range(6))
DUTCH = DutchOptions(starting_price=3, increment=0.5)


def half(value: float) -> float:
    """The equilibrium of two bidders with evenly spread values."""
    return value / 2


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "options"), [("first-price", None), ("dutch", DUTCH)])
def test_dutch_and_first_price_with_equilibrium_shading_are_incentive_compatible_on_average(kind: str, options: Any) -> None:
    report = audit(revealed_auction(kind, [half, half], SIX, options))
    assert report.exhaustive
    assert report["bayesian"].verdict == "holds"
    assert report["individually-rational"].verdict == "holds"
    assert report["efficient"].verdict == "holds"
    assert report["dominant-strategy"].verdict == "fails"  # only on average


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "options"), [("first-price", None), ("dutch", DutchOptions(starting_price=5, increment=1))])
def test_without_shading_they_are_not(kind: str, options: Any) -> None:
    report = audit(revealed_auction(kind, [float, float], SIX, options))
    assert report["bayesian"].verdict == "fails"


@pytest.mark.slow
def test_vickrey_and_the_japanese_clock_are_truthful_as_played() -> None:
    assert audit(revealed_auction("vickrey", [float] * 2, SIX))["dominant-strategy"].verdict == "holds"
    clock = revealed_auction("japanese", [float] * 2, TypeSpace(range(5)), ClockOptions(increment=1))
    found = audit(clock)["dominant-strategy"].counterexample
    assert found is None or found.gain <= 1  # as far as one step of the clock


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "pure"), [("first-price", first_price), ("vickrey", vickrey)])
def test_the_protocol_and_the_pure_rule_agree_in_every_profile(kind: str, pure: Any) -> None:
    played, direct = PlayedAuction(kind, 2), pure(SIX, 2)
    for one in range(6):
        for two in range(6):
            said = played((one, two))
            assert said in [decision for _, decision in direct.lottery((one, two))]


@pytest.mark.parametrize(
    ("kind", "options", "winner", "paid"),
    [
        ("first-price", None, 0, (10, 0, 0)),  # reference case 11
        ("vickrey", None, 0, (8, 0, 0)),
        ("vickrey", AuctionOptions(reserve_price=9), 0, (9, 0, 0)),
        ("vickrey", AuctionOptions(reserve_price=11), None, (0, 0, 0)),
        ("dutch", DutchOptions(starting_price=20, increment=1), 0, (10, 0, 0)),
        ("english", EnglishOptions(increment=1), 0, (9, 0, 0)),
        ("all-pay", None, 0, (10, 8, 5)),
        ("VICKREY", None, 0, (8, 0, 0)),
    ],
)
def test_one_play_gives_the_books_winner_and_price(kind: str, options: Any, winner: Any, paid: tuple[float, ...]) -> None:
    found = PlayedAuction(kind, 3, options)((10, 8, 5))
    assert (found.allocation, found.payments) == (winner, paid)


def test_several_winners_and_those_who_stay_away() -> None:
    units = PlayedAuction("uniform-price", 3)(((5, 4), 3, 2))
    assert units.allocation == (1, None, None)
    assert PlayedAuction("first-price", 3)((None, None, 3)) == (2, (0, 0, 3))


def test_the_same_limits_give_the_same_outcome_though_they_tie() -> None:
    play = PlayedAuction("vickrey", 3, seed=4)
    assert play((7, 7, 7)) == play((7, 7, 7))


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: PlayedAuction("bilateral", 2), "unknown auction 'bilateral'"),
        (lambda: PlayedAuction("vickrey", 0), "bidders must be"),
        (lambda: PlayedAuction("vickrey", 2)((1,)), "needs as many actions"),
        (lambda: PlayedAuction("vickrey", 2)((1, "a")), "value must be a finite number"),
    ],
)
def test_mistakes_are_told(call: Any, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        call()
