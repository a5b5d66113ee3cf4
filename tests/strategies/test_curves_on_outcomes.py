"""Over many issues a curve runs on one's own utility: each offer is the outcome nearest at or above the curve's target."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt import (
    AdditiveUtility,
    BargainingProblem,
    ExponentialConcession,
    Issue,
    LinearConcession,
    NegotiationConfig,
    NegotiationExecutor,
    Negotiator,
    Propose,
    TimeDependentConcession,
)


class Deaf(Negotiator):
    """Asks for its best for ever, and so lets the other concede all the way."""

    def decide(self, view):
        return Propose(view.preferences.offer(view.preferences.opening))


def conceded(worths, least, strategy, rounds):
    """Return the worths of the offers that a conceder makes to one who never gives way."""
    names = [f"v{place}" for place in range(len(worths))]
    problem = BargainingProblem([Issue("only", names)])
    mine = AdditiveUtility({"only": 1.0}, {"only": dict(zip(names, worths, strict=True))})
    deaf = AdditiveUtility({"only": 1.0}, {"only": dict.fromkeys(names, 0.0) | {names[worths.index(min(worths))]: 1.0}})
    agents = [Negotiator("A", mine, least, strategy=strategy), Deaf("Z", deaf, 0.5)]
    outcome = NegotiationExecutor(clock="virtual").run(agents, NegotiationConfig("bilateral", max_rounds=rounds), problem)
    return [worths[names.index(offer.value[0])] for offer in outcome.all_offers if offer.agent == "A"]


def test_small_steps_are_not_lost_in_rounding():
    worths = [0.0, 0.25, 0.5, 0.75, 1.0]
    offers = conceded(worths, 0.1, LinearConcession(), 19)  # targets 1.0, 0.95, ..., 0.15, 0.1
    assert offers == [1.0] * 5 + [0.75] * 5 + [0.5] * 5 + [0.25] * 4


CURVES = {
    LinearConcession(): lambda p: p,
    TimeDependentConcession(0.4): lambda p: p ** (1 / 0.4),
    TimeDependentConcession(3.0): lambda p: p ** (1 / 3.0),
    ExponentialConcession(4.0): lambda p: (2.718281828459045 ** (4 * p) - 1) / (2.718281828459045**4 - 1),
}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 1000), min_size=2, max_size=12, unique=True),
    st.sampled_from(list(CURVES)),
    st.integers(2, 25),
    st.floats(0, 1),
)
def test_each_offer_is_nearest_at_or_above_the_curve(points, strategy, rounds, share):
    worths = [point / 1000 for point in points]
    best = max(worths)
    least = min(worths) + share * (best - min(worths))
    g = CURVES[strategy]
    offers = conceded(worths, least, strategy, rounds)
    for number, worth in enumerate(offers):
        target = best + (least - best) * g(number / (rounds - 1))
        assert worth >= target - 1e-9
        assert not any(target + 1e-9 < other < worth for other in worths)
    assert offers == sorted(offers, reverse=True)


@pytest.mark.parametrize("strategy", [LinearConcession(), TimeDependentConcession(0.3)])
def test_the_last_round_goes_to_the_reservation_value(strategy):
    assert conceded([0.0, 0.3, 0.31, 0.9, 1.0], 0.3, strategy, 12)[-1] == 0.3


def test_a_function_of_ones_own_goes_on_from_what_its_last_offer_is_worth():
    seen = []

    def watch(round, max_rounds, reservation_value, current_value, history):
        seen.append(current_value)
        return current_value - 0.1

    offers = conceded([0.0, 0.25, 0.5, 0.75, 1.0], 0.1, watch, 6)
    assert offers == [1.0] * 6
    assert seen == [1.0] * 5
