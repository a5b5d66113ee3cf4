"""What the problem and the agents say beside utilities: discounts, outside options, and what is common knowledge."""

from __future__ import annotations

import pickle

import pytest

from negotiate_rt import (
    Accept,
    BargainingProblem,
    DiscountedUtility,
    Issue,
    NegotiationConfig,
    NegotiationExecutor,
    Negotiator,
    PriceProblem,
    Propose,
    Seller,
    TimeDependentConcession,
    Walk,
)
from negotiate_rt.protocols.waning import DiscountedPreferences

TEN = [Issue("x", tuple(range(11)))]
PROTOCOLS = ["bilateral", "stacked-alternating-offers", "monotonic-concession"]


def mine(outcome):
    return float(outcome[0])


def theirs(outcome):
    return 10.0 - outcome[0]


async def talk(*agents, problem=None, protocol="bilateral", **config):
    executor = NegotiationExecutor(clock="virtual", seed=1)
    return await executor.execute(agents, NegotiationConfig(protocol, **config), problem or BargainingProblem(TEN))


def script(*moves):
    left = list(moves)
    return lambda view: left.pop(0) if len(left) > 1 else left[0]


# -------------------------------------------------------------------------------------------------------------- discounts
@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_outcome_utilities_are_discounted_by_the_round_of_the_deal(protocol):
    a = Negotiator("a", DiscountedUtility(mine, 0.9))
    b = Negotiator("b", DiscountedUtility(theirs, 0.5))
    outcome = await talk(a, b, protocol=protocol, max_rounds=11)
    assert outcome.agreed
    assert outcome.faults == ()
    value, late = outcome.accepted_offer.value, outcome.rounds_used - 1
    assert outcome.utilities == pytest.approx({"a": 0.9**late * mine(value), "b": 0.5**late * theirs(value)})


async def test_discounts_by_time_run_on_the_societys_clock():
    async def slow(view):
        await view.sleep(2.0)
        return Accept() if view.round == 2 else Propose((0,))

    outcome = await talk(
        Negotiator("a", DiscountedUtility(mine, 0.5, per="time"), strategy=script(Propose((9,)), Propose((6,)))),
        Negotiator("b", DiscountedUtility(theirs, 0.9, per="time"), strategy=slow),
    )  # fmt: skip
    assert outcome.duration_ms == 4000
    assert outcome.utilities == pytest.approx({"a": 6 * 0.5**4, "b": 4 * 0.9**4})


async def test_discounts_by_round_and_by_time_multiply():
    async def slow(view):
        await view.sleep(1.0)
        return Accept() if view.round == 2 else Propose((0,))

    both = DiscountedUtility(DiscountedUtility(mine, 0.5), 0.9, per="time")
    outcome = await talk(Negotiator("a", both, strategy=script(Propose((8,)))), Negotiator("b", theirs, strategy=slow))
    assert outcome.utilities == pytest.approx({"a": 8 * 0.5 * 0.81, "b": 2.0})


async def test_problem_discounts_serve_agents_that_bring_none():
    problem = BargainingProblem(TEN, [mine, theirs], discounts={"a": 0.5, "b": 0.5})
    moves = script(Propose((0,)), Accept())
    a = Negotiator("a", strategy=script(Propose((8,))))
    outcome = await talk(a, Negotiator("b", DiscountedUtility(theirs, 0.9), strategy=moves), problem=problem)
    assert outcome.utilities == pytest.approx({"a": 8 * 0.5, "b": 2 * 0.9})


async def test_guard_compares_the_discounted_worth_with_the_reservation_value():
    late = Negotiator("b", DiscountedUtility(theirs, 0.5), 2.0, strategy=script(Propose((1,)), Accept()))
    outcome = await talk(Negotiator("a", mine, strategy=script(Propose((7,)))), late, max_rounds=2)
    assert not outcome.agreed
    assert "acceptance of (7,) is worth 1.5 to b, below its own reservation value 2" in outcome.faults[0].cause
    soon = Negotiator("b", DiscountedUtility(theirs, 0.5), 2.0, strategy=Accept_)
    assert (await talk(Negotiator("a", mine, strategy=script(Propose((7,)))), soon)).utilities["b"] == 3


def Accept_(view):  # noqa: N802  # a strategy that is what it says
    return Accept()


async def test_an_offer_is_judged_at_the_first_round_in_which_it_can_be_taken():
    second = Negotiator("b", DiscountedUtility(theirs, 0.5), 2.0, strategy=script(Propose((7,))))
    outcome = await talk(Negotiator("a", mine, strategy=script(Propose((10,)))), second, max_rounds=1)
    assert "is worth 1.5 to b" in outcome.faults[0].cause, "the initiator can take it in round 2 at the earliest"
    first = Negotiator("b", DiscountedUtility(theirs, 0.5), 2.0, strategy=script(Propose((7,))))
    assert (await talk(first, Negotiator("a", mine, strategy=Accept_))).utilities["b"] == 3


@pytest.mark.parametrize("protocol", ["bilateral", "stacked-alternating-offers"])
async def test_whoever_has_waited_too_long_walks_away_rather_than_go_below(protocol):
    hard = TimeDependentConcession(0.05)
    outcome = await talk(
        Negotiator("a", DiscountedUtility(mine, 0.5), 2.0, strategy=hard), Negotiator("b", theirs, strategy=hard),
        protocol=protocol, max_rounds=50,
    )  # fmt: skip
    assert outcome.failure_reason.startswith("walked-away: a: no deal is worth its reservation value 2 any more")
    assert outcome.faults == ()
    assert outcome.utilities == {"a": 2.0, "b": 0.0}, "no deal is worth the reservation value, undiscounted"


async def test_a_discount_of_nothing_leaves_the_first_round():
    agents = (
        Negotiator("a", DiscountedUtility(mine, 0.0), strategy=script(Propose((6,)))),
        Negotiator("b", theirs, strategy=Accept_),
    )
    assert (await talk(*agents)).utilities == {"a": 6, "b": 4}
    late = await talk(
        Negotiator("a", DiscountedUtility(mine, 0.0), strategy=script(Propose((6,)))),
        Negotiator("b", theirs, strategy=script(Propose((0,)), Accept())),
    )
    assert late.utilities == {"a": 0, "b": 4}


async def test_patience_costs_nothing_and_wraps_nothing():
    seen = []
    await talk(
        Negotiator("a", DiscountedUtility(mine, 1.0), strategy=lambda view: seen.append(view.preferences) or Walk()),
        Negotiator("b", theirs),
    )
    assert not isinstance(seen[0], DiscountedPreferences)


async def test_preferences_that_shrink_travel_to_another_process_as_they_are():
    copies = []

    def second(view):
        if view.round == 3:
            copies.append((view.preferences.utility((5,), False), pickle.loads(pickle.dumps(view.preferences))))
        return Propose((0,))

    b = Negotiator("b", DiscountedUtility(plain_theirs, 0.5), strategy=second)
    await talk(Negotiator("a", mine, strategy=script(Propose((10,)))), b, max_rounds=3)
    now, copy = copies[0]
    assert copy.utility((5,), False) == now == 5 * 0.25


def plain_theirs(outcome):
    return theirs(outcome)


# ---------------------------------------------------------------------------------------------------------- outside options
@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_walking_away_gives_each_its_outside_option_and_waiting_does_not(protocol):
    problem = BargainingProblem(TEN, [mine, theirs], [1.0, 2.0], outside_options={"b": 4.0})
    walked = await talk(
        Negotiator("a", strategy=script(Propose((10,)))),
        Negotiator("b", strategy=script(Propose((0,)), Walk("better elsewhere"))),
        problem=problem,
        protocol=protocol,
    )
    assert walked.failure_reason == "walked-away: b: better elsewhere"
    assert walked.utilities == {"a": 1.0, "b": 4.0}, "a has none: no deal is worth its reservation value"
    waited = await talk(
        Negotiator("a", strategy=script(Propose((10,)))), Negotiator("b", strategy=script(Propose((0,)))),
        problem=problem, protocol=protocol, max_rounds=3,
    )  # fmt: skip
    assert waited.final_state == "DEADLOCK"
    assert waited.utilities == {"a": 1.0, "b": 2.0}, "an outside option is no disagreement point"


async def test_traders_have_outside_options_too():
    outcome = await talk(
        Seller("S", 60, outside_option=7.5), Negotiator("b", strategy=lambda view: Walk()), problem=PriceProblem()
    )
    assert outcome.utilities == {"S": 7.5}


# --------------------------------------------------------------------------------------------------------- common knowledge
def looking(name, seen):
    def decide(view):
        seen.append(view)
        for other in (view.others or {}).values():
            seen.append((other.utility((4,), True), other.utility((4,), False)))
        return Walk()

    return Negotiator(name, strategy=decide)


async def test_private_information_stays_private():
    seen: list = []
    problem = BargainingProblem(TEN, {"a": mine, "b": theirs}, {"a": 1, "b": 2}, {"b": 3}, {"b": 0.5})
    await talk(looking("a", seen), Negotiator("b"), problem=problem)
    view = seen[0]
    assert view.others is None
    shown = view.problem
    assert list(shown.utilities) == ["a"]
    assert list(shown.reservation_values) == ["a"]
    assert (dict(shown.outside_options), dict(shown.discounts)) == ({}, {})
    assert shown.space is problem.space


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_complete_information_shows_the_others_preferences(protocol):
    seen: list = []
    problem = BargainingProblem(TEN, [mine, theirs], [1, 2], information="complete")
    await talk(looking("a", seen), Negotiator("b", DiscountedUtility(theirs, 0.5)), problem=problem, protocol=protocol)
    view = seen[0]
    assert list(view.others) == ["b"]
    later = 6.0 if protocol == "monotonic-concession" else 3.0
    assert seen[1] == (later, 6.0), (
        "an offer of b's can be taken in round 2, or at once where all speak before any is taken"
    )
    assert view.problem is problem
