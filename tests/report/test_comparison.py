"""An ending set beside theory: exact figures on small problems."""

from __future__ import annotations

import math

import pytest

from negotiate_rt import (
    Accept,
    AdditiveUtility,
    BargainingProblem,
    Buyer,
    ConfigurationError,
    Issue,
    NegotiationConfig,
    NegotiationExecutor,
    NegotiationOutcome,
    Negotiator,
    Pie,
    Propose,
    Seller,
    View,
)
from negotiate_rt.agents import Agent
from negotiate_rt.report import compare

POINTS = {"a": (10, 1), "b": (8, 3), "c": (6, 5), "d": (4, 7), "e": (1, 9), "bad": (3, 4), "none": (0, 0)}
DEAL = Issue("deal", tuple(POINTS))


def worth(party: int) -> AdditiveUtility:
    return AdditiveUtility({"deal": 1}, {"deal": {name: point[party] for name, point in POINTS.items()}})


def ending(deal: str | None) -> NegotiationOutcome:
    problem = BargainingProblem([DEAL], {"Ann": worth(0), "Bob": worth(1)})
    other = deal or "e"
    agents = [Negotiator("Ann"), Negotiator("Bob")]
    for agent, wanted in zip(agents, (deal or "a", other), strict=True):
        vars(agent)["decide"] = lambda view, wanted=wanted: decision(view, wanted)
    return NegotiationExecutor(clock="virtual").run(agents, NegotiationConfig("bilateral", 3), problem)


def decision(view: View, wanted: str) -> Accept | Propose:
    standing = view.standing_offer
    return Accept() if standing is not None and standing.value == (wanted,) else Propose((wanted,))


PROBLEM = BargainingProblem([DEAL], {"Ann": worth(0), "Bob": worth(1)})


def test_the_nash_outcome_is_at_distance_0_from_it_and_from_the_frontier() -> None:
    found = compare(ending("c"), PROBLEM)
    assert (found.agreed, found.possible, found.efficient, found.rational) == (True, True, True, True)
    assert found.deal == ("c",)
    assert found.utilities == found.gains == found.realised == (6.0, 5.0)
    assert found.to_points["Nash"] == found.to_frontier == 0.0
    assert found.welfare == 1.0


def test_a_dominated_outcome_is_told_with_what_dominates_it() -> None:
    found = compare(ending("bad"), PROBLEM)
    assert not found.efficient
    assert found.dominated_by in (("c",), ("d",))
    assert found.to_frontier == pytest.approx(math.dist((3, 4), (6, 5)))
    assert found.to_points["Nash"] == pytest.approx(math.sqrt(10))
    assert found.welfare == pytest.approx(7 / 11)


def test_no_deal_is_worth_the_disagreement_point() -> None:
    found = compare(ending(None), PROBLEM)
    assert (found.agreed, found.deal, found.utilities, found.rational) == (False, None, (0.0, 0.0), True)
    assert not found.efficient
    assert found.welfare == 0


def test_parties_by_seat_take_their_names_from_the_outcome() -> None:
    by_seat = BargainingProblem([DEAL], [worth(0), worth(1)], [7, 0])
    found = compare(ending("c"), by_seat)
    assert found.parties == ("Ann", "Bob")
    assert found.gains == (-1.0, 5.0)
    assert found.falls_short == ("Ann",)
    assert not found.rational


def test_a_price_between_the_limits_is_efficient_and_the_middle_is_nash() -> None:
    agents = [Buyer("Bea", 80, opening=70), Seller("Sam", 60, opening=70)]
    outcome = NegotiationExecutor(clock="virtual").run(agents, NegotiationConfig("bilateral", 5))
    found = compare(outcome, None, agents)
    assert found.deal == 70
    assert found.utilities == (10, 10)
    assert found.efficient
    assert found.rational
    assert all(distance == pytest.approx(0) for name, distance in found.to_points.items() if name != "utilitarian")
    assert found.welfare == 1


def test_no_deal_over_a_price_is_efficient_only_where_no_bargain_is_possible() -> None:
    for limit, possible in ((50, False), (70, True)):
        agents = [Buyer("Bea", limit), Seller("Sam", 60)]
        for agent in agents:
            vars(agent)["decide"] = lambda view: None
        outcome = NegotiationExecutor(clock="virtual").run(
            agents, NegotiationConfig("bilateral", 2, on_fault={"invalid": "skip"})
        )
        found = compare(outcome, None, agents)
        assert not found.agreed
        assert found.possible is possible
        assert found.efficient is not possible
        assert found.to_frontier == pytest.approx(10 / math.sqrt(2))
        assert (found.dominated_by is None) is not possible


def test_limits_that_meet_leave_one_price() -> None:
    agents = [Buyer("Bea", 60, opening=60), Seller("Sam", 60, opening=60)]
    found = compare(NegotiationExecutor(clock="virtual").run(agents, NegotiationConfig("bilateral", 5)), None, agents)
    assert found.possible
    assert found.gains == (0, 0)
    assert set(found.to_points.values()) == {0.0}


def test_a_pie_is_divided_on_its_line() -> None:
    agents = [Agent("Ann"), Agent("Bob")]
    config = NegotiationConfig("bilateral", 10, reservation_value=20, initial_offer=100)
    outcome = NegotiationExecutor(clock="virtual").run(agents, config, Pie(100))
    found = compare(outcome, Pie(100), agents, config)
    assert sum(found.utilities) == pytest.approx(100)
    assert found.gains == pytest.approx([one - 20 for one in found.utilities])
    assert found.efficient


def test_agents_bring_what_the_problem_does_not_say() -> None:
    agents = [Negotiator("Ann", worth(0), 2), Negotiator("Bob", worth(1), 2)]
    problem = BargainingProblem([DEAL])
    outcome = NegotiationExecutor(clock="virtual").run(agents, NegotiationConfig("bilateral", 20), problem)
    found = compare(outcome, problem, agents)
    assert found.realised == found.utilities
    assert found.gains == tuple(one - 2 for one in found.utilities)


def test_what_nobody_knows_cannot_be_compared() -> None:
    class Mute(Agent):
        def decide(self, view):  # type: ignore[no-untyped-def]
            return Propose(1.0)

    outcome = ending("c")
    with pytest.raises(ConfigurationError, match="pass agents="):
        compare(outcome, BargainingProblem([DEAL]))
    with pytest.raises(ConfigurationError, match="no utility of 'Bob'; pass agents="):
        compare(outcome, BargainingProblem([DEAL], {"Ann": worth(0)}))
    with pytest.raises(ConfigurationError, match=r"what 'Ann', 'Bob' want\(s\) is unknown"):
        compare(outcome, None, [Mute("Ann"), Mute("Bob")])
    with pytest.raises(ConfigurationError, match="no two sides"):
        compare(outcome, None, [Seller("Ann", 1), Seller("Bob", 2)])


def test_demands_that_leave_something_over_fall_short_of_the_line() -> None:
    agents = [Negotiator("Ann", opening=50, reservation_value=20), Negotiator("Bob", opening=30, reservation_value=20)]
    outcome = NegotiationExecutor(clock="virtual").run(agents, NegotiationConfig("nash-demand"), Pie(100))
    assert outcome.agreed
    assert outcome.accepted_offer is None
    found = compare(outcome, Pie(100), agents)
    assert found.utilities == found.realised == (50, 30)
    assert not found.efficient
    assert found.dominated_by == {"Ann": 60, "Bob": 40}
    assert found.to_frontier == pytest.approx(20 / math.sqrt(2))
    assert found.to_points["Nash"] == pytest.approx(20)
    assert found.welfare == pytest.approx(0.8)
