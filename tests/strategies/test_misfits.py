"""A strategy that cannot be played in a talk says so before the talk begins, instead of costing a fault a turn."""

from __future__ import annotations

import pytest

from negotiate_rt import (
    AdditiveUtility,
    BargainingProblem,
    Buyer,
    ConfigurationError,
    Issue,
    NegotiationConfig,
    NegotiationExecutor,
    Negotiator,
    OutcomeSpace,
    Pie,
    Seller,
)
from negotiate_rt.strategies.equilibrium import Equilibrium
from negotiate_rt.strategies.zeuthen import Zeuthen

SPACE = OutcomeSpace([Issue("colour", ["red", "blue", "green"])])
LIKES = AdditiveUtility({"colour": 1.0}, {"colour": {"red": 1.0, "blue": 0.6, "green": 0.0}})
HATES = AdditiveUtility({"colour": 1.0}, {"colour": {"red": 0.0, "blue": 0.6, "green": 1.0}})


def two(strategy):
    return [Negotiator("Ann", LIKES, strategy=strategy), Negotiator("Bob", HATES, strategy=strategy)]


def problem(information):
    return BargainingProblem(SPACE, {"Ann": LIKES, "Bob": HATES}, information=information)


def run(agents, config, stake=None):
    return NegotiationExecutor(clock="virtual").run(agents, NegotiationConfig(config), stake)


@pytest.mark.parametrize("protocol", ["bilateral", "monotonic-concession", "rubinstein"])
@pytest.mark.parametrize("strategy", [Zeuthen(), Equilibrium()])
def test_what_needs_the_others_utility_is_refused_under_private_information(protocol, strategy):
    with pytest.raises(
        ConfigurationError, match=r"agent 'Ann': its strategy '(zeuthen|equilibrium)' .*(information|tells its game)"
    ):
        run(two(strategy), protocol, problem("private"))


def test_zeuthen_is_refused_over_a_price_and_among_three():
    with pytest.raises(ConfigurationError, match="agent 'Sam': its strategy 'zeuthen' compares both risks"):
        run([Buyer("Bea", 80), Seller("Sam", 60, strategy=Zeuthen())], "bilateral")
    three = [*two(Zeuthen()), Negotiator("Cid", LIKES)]
    with pytest.raises(ConfigurationError, match="'zeuthen' is about two parties, here are 3"):
        run(three, "stacked-alternating-offers", problem("complete"))


def test_an_equilibrium_is_refused_where_no_game_is_told():
    with pytest.raises(
        ConfigurationError, match="agent 'Ann': its strategy 'equilibrium' needs a protocol that tells its game"
    ):
        run([Negotiator("Ann", strategy=Equilibrium()), Negotiator("Bob")], "bilateral", Pie(1.0))


def test_what_fits_is_played_without_a_fault():
    zeuthen = run(two(Zeuthen()), "monotonic-concession", problem("complete"))
    against = [
        Negotiator("Ann", LIKES, strategy=Zeuthen().against(HATES)),
        Negotiator("Bob", HATES, strategy=Zeuthen().against(LIKES)),
    ]
    private = run(against, "monotonic-concession", problem("private"))
    assert zeuthen.accepted_offer.value == private.accepted_offer.value == ("blue",)
    assert not zeuthen.faults
    assert not private.faults
