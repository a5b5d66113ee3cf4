"""The routine turn says what the long way says: view, hook, guard."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt import (
    AdditiveUtility,
    BargainingProblem,
    Buyer,
    ExponentialConcession,
    Issue,
    LinearConcession,
    NegotiationConfig,
    NegotiationExecutor,
    Negotiator,
    Seller,
    TimeDependentConcession,
    TitForTatConcession,
    Trace,
)
from negotiate_rt.problems.preferences import PricePreferences
from negotiate_rt.protocols.routine import concede_routinely, routine_of
from negotiate_rt.runtime.seat import Seat
from negotiate_rt.strategies.deciding import concede

CURVES = st.one_of(
    st.none(), st.just(LinearConcession()), st.floats(-8, 8).map(ExponentialConcession),
    st.floats(0.05, 5).map(TimeDependentConcession),
)  # fmt: skip
MONEY = st.floats(0, 200, allow_nan=False)


class Pedestrian:
    """Decides like the stock agent, by a hook of its own, which routine must not spare."""

    def decide(self, view):
        return concede(view)


class WalkingBuyer(Pedestrian, Buyer):
    pass


class WalkingSeller(Pedestrian, Seller):
    pass


class WalkingNegotiator(Pedestrian, Negotiator):
    pass


def said(agents, config, problem=None):
    trace = Trace()
    outcome = NegotiationExecutor(clock="virtual", journal=trace, seed=1, name="one").run(agents, config, problem)
    return [(one.kind, one.sender, one.content) for one in trace.records], outcome


def same(quick, slow, config, problem=None):
    ours, outcome = said(quick, config, problem)
    theirs, expected = said(slow, config, problem)
    assert repr(ours) == repr(theirs)
    assert (outcome.agreed, outcome.utilities, outcome.failure_reason, outcome.rounds_used) == (
        expected.agreed, expected.utilities, expected.failure_reason, expected.rounds_used,
    )  # fmt: skip


@settings(max_examples=30)
@given(MONEY, MONEY, CURVES, CURVES, st.integers(1, 12), st.booleans())
def test_routine_prices_are_those_of_the_long_way(limit, ask, one, other, rounds, guard):
    def pair(buyer, seller):
        return [buyer("B", limit, strategy=one, guard=guard), seller("S", ask, strategy=other)]

    same(pair(Buyer, Seller), pair(WalkingBuyer, WalkingSeller), NegotiationConfig("bilateral", max_rounds=rounds))


@settings(max_examples=30)
@given(st.lists(st.floats(0, 1), min_size=12, max_size=12), st.floats(0, 0.9), CURVES, CURVES, st.integers(1, 12))
def test_routine_outcomes_are_those_of_the_long_way(worth, least, one, other, rounds):
    problem = BargainingProblem([Issue("a", list("xyz")), Issue("b", list("uvw"))])
    tables = [dict(zip("xyz", worth[k : k + 3], strict=True)) for k in (0, 6)]
    more = [dict(zip("uvw", worth[k : k + 3], strict=True)) for k in (3, 9)]
    mine, theirs = (
        AdditiveUtility({"a": 0.5, "b": 0.5}, {"a": x, "b": y}, problem.space) for x, y in zip(tables, more, strict=True)
    )

    def pair(kind):
        return [kind("A", mine, least, strategy=one), kind("B", theirs, least / 2, strategy=other)]

    same(pair(Negotiator), pair(WalkingNegotiator), NegotiationConfig("bilateral", max_rounds=rounds), problem)


@pytest.mark.parametrize(
    ("agent", "strategy", "routine"),
    [
        (Buyer("B", 80), None, True),
        (Buyer("B", 80), TimeDependentConcession(0.2), True),
        (Buyer("B", 80), TitForTatConcession(), False),
        (Buyer("B", 80), lambda *_: 1.0, False),
        (WalkingBuyer("B", 80), None, False),
        (Buyer("B", 80, strategy=lambda view: concede(view)), None, False),
    ],
)  # fmt: skip
def test_only_a_stock_agent_with_a_stock_curve_is_routine(agent, strategy, routine):
    seat = Seat(agent, "initiator", {})
    seat.preferences, seat.strategy = PricePreferences(80.0, selling=False), strategy
    assert routine_of(seat, agent.decide) is (concede_routinely if routine else None)
