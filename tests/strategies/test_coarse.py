"""Models of the opponent over continuous issues, and over numbers too many to have an opinion of each."""

from __future__ import annotations

import numpy as np
import pytest

from negotiate_rt import (
    AdditiveUtility,
    BargainingProblem,
    BayesianModel,
    ContinuousIssue,
    FrequencyModel,
    IntegerIssue,
    InvalidOffer,
    Issue,
    LinearEvaluation,
    NegotiationConfig,
    NegotiationExecutor,
    Negotiator,
    OptionalIssue,
    OutcomeSpace,
    make_strategy,
)

COLOUR = Issue("colour", ("red", "blue"))
SPACES = {
    "continuous": OutcomeSpace([ContinuousIssue("n", 0, 5000), COLOUR]),
    "integer": OutcomeSpace([IntegerIssue("n", 0, 5000), COLOUR]),
    "optional": OutcomeSpace([OptionalIssue(ContinuousIssue("n", 0, 5000)), COLOUR]),
    "a billion": OutcomeSpace([IntegerIssue("n", 0, 10**9), COLOUR]),
}
MODELS = {"bayesian": BayesianModel(), "frequency": FrequencyModel()}


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
def test_a_value_counts_as_the_nearest_of_the_grid(space, model):
    estimate = model.start(space)
    grid = model.start(OutcomeSpace([estimate.inner.space.issues[0], COLOUR]))
    most = 10**9 if space is SPACES["a billion"] else 5000
    for number, share in enumerate((1.0, 0.98, 0.94)):
        near = share * most + (1 if share < 1 else 0)
        estimate.update((near if space is not SPACES["integer"] else int(near), "red"), number / 10)
        grid.update((grid.space.issues[0].at(round(100 * share)), "red"), number / 10)
    assert estimate.heard == grid.heard == 3
    assert estimate.weights == pytest.approx(grid.weights)
    assert estimate.utility((most, "red")) == grid.utility((grid.space.issues[0].at(100), "red")) > estimate.utility((0, "blue"))
    with pytest.raises(InvalidOffer):
        estimate.update((-1, "red"), 0.5)


def test_absence_is_a_value_of_its_own():
    estimate = FrequencyModel().start(SPACES["optional"])
    estimate.update((None, "red"), 0.0)
    estimate.update((None, "blue"), 0.1)
    assert estimate.utility((None, "red")) > estimate.utility((0.0, "red")) == estimate.utility((5000.0, "red"))


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_the_table_is_what_single_outcomes_are_worth(model):
    space = OutcomeSpace([IntegerIssue("n", 0, 1500, 1), COLOUR])
    estimate = model.start(space)
    estimate.update((1490, "blue"), 0.0)
    table = estimate.estimate()
    assert table is estimate.estimate()
    assert not table.flags.writeable
    for number in (0, 1, 17, 1499, 3001):
        assert table[number] == pytest.approx(estimate.utility(space.at(number)))
    estimate.update((1200, "blue"), 0.1)
    assert not np.array_equal(estimate.estimate(), table)


def test_a_thousand_values_are_learned_of_one_by_one():
    assert not hasattr(FrequencyModel().start(OutcomeSpace([IntegerIssue("n", 1, 1000)])), "inner")


@pytest.mark.parametrize("name", ["considerate", "nice-tit-for-tat", "hard-headed", "reciprocal"])
@pytest.mark.parametrize("kind", ["continuous", "integer", "a billion"])
def test_strategies_with_a_model_bargain_over_any_number(name, kind):
    most = 10**9 if kind == "a billion" else 5000
    seller = AdditiveUtility({"n": 1, "colour": 1}, {"n": LinearEvaluation(1 / most), "colour": {"red": 1, "blue": 0}})
    buyer = AdditiveUtility({"n": 1, "colour": 2}, {"n": LinearEvaluation(-1 / most, 1), "colour": {"red": 0, "blue": 1}})
    problem = BargainingProblem(SPACES[kind], {"Sam": seller, "Bea": buyer})
    parties = [Negotiator(one, strategy=make_strategy(name)) for one in ("Sam", "Bea")]
    outcome = NegotiationExecutor(clock="virtual", seed=1).run(parties, NegotiationConfig("bilateral", 20), problem)
    assert outcome.faults == ()
    assert outcome.final_state in ("AGREED", "DEADLOCK")
