"""Zeuthen's strategy by itself: the risk, what it needs to know, and how it plays where offers are accepted by word."""

from __future__ import annotations

import pytest

from negotiate_rt import (
    Buyer,
    ConfigurationError,
    NegotiationConfig,
    NegotiationExecutor,
    Negotiator,
    Pie,
    Seller,
)
from negotiate_rt.problems import BargainingProblem, Issue
from negotiate_rt.strategies import make_strategy
from negotiate_rt.strategies.zeuthen import Zeuthen, risk

LINE = ((10, 1), (8, 3), (6, 5), (4, 7), (1, 9))


def problem(information="complete", worth=LINE, least=(0.0, 0.0)):
    utilities = [lambda o, k=k: float(worth[o[0]][k]) for k in (0, 1)]
    return BargainingProblem([Issue("deal", tuple(range(len(worth))))], utilities, list(least), information=information)


async def talk(*agents, over, protocol="bilateral", rounds=20):
    return await NegotiationExecutor(clock="virtual").execute(agents, NegotiationConfig(protocol, rounds), over)


def pair(strategy):
    return [Negotiator(name, strategy=strategy) for name in "AB"]


@pytest.mark.parametrize(
    ("own", "given", "expected"),
    [
        (10, 1, 0.9), (9, 1, 8 / 9), (10, 4, 0.6), (7, 1, 6 / 7), (6, 4, 1 / 3), (5, 5, 0.0), (0, 3, 1.0), (-1, 3, 1.0),
        (4, -2, 1.0),
    ],
)
def test_risk_is_what_giving_in_loses_of_what_conflict_loses(own, given, expected):
    assert risk(own, given) == pytest.approx(expected)


async def test_bilateral_play_ends_at_the_product_too():
    outcome = await talk(*pair(Zeuthen()), over=problem())
    assert outcome.utilities == {"A": 6, "B": 5}
    assert outcome.faults == ()


async def test_gains_count_from_the_reservation_values():
    outcome = await talk(*pair(Zeuthen()), over=problem(least=(5.0, 0.0)), protocol="monotonic-concession")
    assert outcome.utilities == {"A": 8, "B": 3}, "gains (3, 3) beat (1, 5) and (5, 1)"


async def test_a_pie_is_halved_and_a_surplus_is_shared_by_an_estimate_of_the_other():
    halves = await talk(*pair(Zeuthen().against(lambda share: share)), over=Pie(), protocol="monotonic-concession", rounds=2000)
    assert halves.utilities == pytest.approx({"A": 0.5, "B": 0.5}, abs=0.002)
    traders = (
        Buyer("B", 80, strategy=Zeuthen().against(lambda price: price - 60)),
        Seller("S", 60, strategy=Zeuthen().against(lambda price: 80 - price)),
    )
    price = await talk(*traders, over=None, protocol="monotonic-concession", rounds=2000)
    assert price.accepted_offer.value == pytest.approx(70, abs=0.2)


async def test_private_information_leaves_it_without_a_decision():
    with pytest.raises(ConfigurationError, match="needs the other's utility"):
        await talk(*pair(Zeuthen()), over=problem("private"), rounds=2)
    wrapped = [Negotiator(one.name, one.utility, strategy=lambda view: Zeuthen()(view)) for one in pair(None)]
    outcome = await talk(*wrapped, over=problem("private"), rounds=2)  # inside another, it is found out at its turn
    assert not outcome.agreed
    assert "needs the other's utility" in outcome.faults[0].cause


async def test_it_is_about_two_parties():
    worth = [(3, 1, 1), (1, 3, 1), (1, 1, 3)]
    three = BargainingProblem(
        [Issue("deal", (0, 1, 2))], [lambda o, k=k: worth[o[0]][k] for k in range(3)], information="complete"
    )
    agents = [Negotiator(name, strategy=Zeuthen()) for name in "ABC"]
    with pytest.raises(ConfigurationError, match="two parties, here are 3"):
        await talk(*agents, over=three, protocol="monotonic-concession", rounds=2)


def test_parameters_are_checked_and_files_can_name_it():
    assert make_strategy("zeuthen", {"tie": "coin"}) == Zeuthen(tie="coin")
    with pytest.raises(ConfigurationError, match="tie"):
        Zeuthen(tie="duel")
    with pytest.raises(ConfigurationError, match="opponent"):
        Zeuthen().against("nobody")
