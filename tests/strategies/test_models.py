"""Models of the opponent: formulas by hand, accuracy on random domains, and similarity."""

from __future__ import annotations

import random

import numpy as np
import pytest

from negotiate_rt import (
    AdditiveUtility,
    ConfigurationError,
    Issue,
    LinearConcession,
    OutcomeSpace,
    TimeDependentConcession,
)
from negotiate_rt.problems.constraints import Constraint
from negotiate_rt.problems.issues import OrdinalIssue
from negotiate_rt.problems.kinds import ContinuousIssue
from negotiate_rt.problems.preferences import OutcomePreferences
from negotiate_rt.strategies.models import AdditiveEstimate, accuracy, shapes
from negotiate_rt.strategies.opponent import MODELS, BayesianModel, FrequencyModel
from negotiate_rt.strategies.similarity import Similarity

UNEQUAL = Constraint("unequal", lambda outcome: outcome[0] != outcome[1])
SPACE = OutcomeSpace([Issue("colour", ("red", "green")), Issue("size", ("s", "m", "l"))])


def domain(seed, issues=4, values=4):
    rng = random.Random(seed)
    space = OutcomeSpace([Issue(f"issue {k}", tuple(f"{v}" for v in range(values))) for k in range(issues)])
    weights = {name: rng.uniform(0.1, 1) for name in space.names}
    worths = {issue.name: {value: rng.random() for value in issue.values} for issue in space.issues}
    return space, AdditiveUtility(weights, worths, space)


def offers(space, utility, strategy, count, rounds=100):
    mine = OutcomePreferences(space, utility)
    target = mine.opening
    for round in range(1, count + 1):
        if round > 1:
            target = strategy(round, rounds, mine.limit, target, ())
        yield mine.offer(target), (round - 1) / (rounds - 1)


def test_hard_headed_frequencies_by_hand():
    model = FrequencyModel("hard-headed", rate=0.2).start(SPACE)
    assert model.estimate() == pytest.approx(np.ones(6))
    for offer in (("red", "l"), ("red", "l"), ("red", "m")):
        model.update(offer, 0.0)
    # both stay the same once: (.6, .6) / 1.2; then the colour alone: (.6, .5) / 1.1
    assert model.weights == pytest.approx([6 / 11, 5 / 11])
    assert model.worths[0] == pytest.approx([1.0, 1 / 4])
    assert model.worths[1] == pytest.approx([1 / 3, 2 / 3, 1.0])
    assert model.utility(("red", "l")) == pytest.approx(1.0)
    assert model.utility(("green", "s")) == pytest.approx(6 / 11 / 4 + 5 / 11 / 3)


def test_smith_frequencies_by_hand():
    model = FrequencyModel("smith").start(SPACE)
    for offer in (("red", "l"), ("red", "m"), ("red", "l"), ("green", "s")):
        model.update(offer, 0.0)
    assert model.weights == pytest.approx([3 / 5, 2 / 5])  # most frequent values: 3 and 2 of 4
    assert model.worths[0] == pytest.approx([1.0, 1 / 3])
    assert model.worths[1] == pytest.approx([0.5, 0.5, 1.0])


def test_distinct_models_learn_from_an_outcome_once():
    often, once = FrequencyModel(distinct=True).start(SPACE), FrequencyModel(distinct=True).start(SPACE)
    for _ in range(5):
        often.update(("red", "l"), 0.0)
    once.update(("red", "l"), 0.0)
    assert often.heard == 5
    assert often.worths[0] == pytest.approx(once.worths[0])


@pytest.mark.parametrize("name", MODELS)
def test_estimates_are_utilities_in_the_space_s_order(name):
    space, utility = domain(3)
    model = MODELS[name]().start(space)
    for offer, time in offers(space, utility, LinearConcession(), 30):
        model.update(offer, time)
    table = model.estimate()
    assert table.shape == (space.size,)
    assert table.max() == pytest.approx(1.0)
    assert table.min() >= 0.0
    assert table == pytest.approx([model.utility(outcome) for outcome in space])
    assert table == pytest.approx(model.as_utility().table())
    assert model.estimate() is table
    with pytest.raises(ValueError, match="read-only"):
        table[0] = 3


@pytest.mark.parametrize(("name", "least"), [("frequency", 0.75), ("bayesian", 0.7)])
@pytest.mark.parametrize("strategy", [LinearConcession(), TimeDependentConcession(0.5)])
def test_models_learn_what_an_opponent_wants_from_its_first_concessions(name, least, strategy):
    found = []
    for seed in range(12):
        space, utility = domain(seed)
        model = MODELS[name]().start(space)
        for offer, time in offers(space, utility, strategy, 35):
            model.update(offer, time)
        found.append(accuracy(model.estimate(), utility.table()))
    assert np.mean([one.pearson for one in found]) > least
    assert np.mean([one.spearman for one in found]) > least - 0.05


def test_bayes_learns_an_order_and_a_weight():
    space = OutcomeSpace([OrdinalIssue("price", ("low", "middle", "high", "top", "peak")), Issue("gift", ("yes", "no"))])
    model = BayesianModel().start(space)
    for price in ("peak", "top", "high", "middle"):  # gives way on the price alone
        model.update((price, "yes"), 0.2)
    assert list(np.argsort(model.worths[0])) == [0, 1, 2, 3, 4]
    assert model.worths[1][0] > model.worths[1][1]
    assert model.weights[1] > model.weights[0]


def test_a_hundred_offers_underflow_nothing():
    space, utility = domain(1, 6, 6)
    model = BayesianModel(deviation=0.01, distinct=False).start(space)
    for _ in range(3):
        for offer, time in offers(space, utility, LinearConcession(), 100):
            model.update(offer, time)
    assert np.isfinite(model.weights).all()
    assert all(np.isfinite(worth).all() for worth in model.worths)


def test_shapes_are_triangles_where_values_have_an_order_and_rankings_where_not():
    assert shapes(1, ordered=True).tolist() == [[1.0]]
    assert shapes(3, ordered=True).tolist() == [[1, 0.5, 0], [0, 1, 0], [0, 0.5, 1]]
    assert len(shapes(4, ordered=False)) == 24
    assert len(shapes(5, ordered=False)) == 5


def test_constrained_spaces_keep_their_order():
    space = OutcomeSpace([Issue("a", (0, 1, 2)), Issue("b", (0, 1, 2))], constraints=(UNEQUAL,))
    model = FrequencyModel().start(space)
    model.update((0, 2), 0.0)
    assert model.estimate() == pytest.approx([model.utility(outcome) for outcome in space])
    alike = Similarity(space)
    assert alike.to((0, 2)) == pytest.approx([alike.between((0, 2), outcome) for outcome in space])


def test_similarity_refuses_continuous_issues_with_what_to_do():
    space = OutcomeSpace([ContinuousIssue("rate", 0.0, 1.0)])
    with pytest.raises(ConfigurationError, match="issue 'rate' is continuous: discretize the space"):
        Similarity(space)


def test_a_bare_estimate_has_no_opinion():
    assert AdditiveEstimate(SPACE, False).estimate() == pytest.approx(np.ones(6))
    with pytest.raises(NotImplementedError):
        AdditiveEstimate(SPACE, False).update(("red", "s"), 0.0)


def test_accuracy_by_hand():
    perfect = accuracy([1, 2, 3], [10, 20, 30])
    assert perfect.pearson == pytest.approx(1.0)
    assert perfect.spearman == pytest.approx(1.0)
    assert accuracy([1, 2, 3], [3, 2, 1]).pearson == pytest.approx(-1.0)
    assert accuracy([1, 1, 1], [3, 2, 1]) == (0.0, 0.0, pytest.approx((5 / 3) ** 0.5))
    assert accuracy([1, 2, 2, 4], [1, 3, 2, 4]).spearman == pytest.approx(4.5 / 22.5**0.5)
    with pytest.raises(ConfigurationError, match="two vectors of one length"):
        accuracy([1, 2], [1])


def test_similarity_by_hand():
    space = OutcomeSpace([Issue("price", (10, 20, 50)), OrdinalIssue("grade", ("a", "b", "c")), Issue("gift", ("yes", "no"))])
    alike = Similarity(space)
    assert alike.between((10, "a", "yes"), (20, "b", "no")) == pytest.approx((0.75 + 0.5 + 0) / 3)
    assert alike.between((10, "a", "yes"), (20, "b", "no"), (2, 1, 1)) == pytest.approx((1.5 + 0.5) / 4)
    assert alike.between((10, "a", "yes"), (10, "a", "yes")) == 1.0
    assert alike.to((20, "b", "no")) == pytest.approx([alike.between(one, (20, "b", "no")) for one in space])
    assert alike.to((20, "b", "no"), (0, 0, 0)) == pytest.approx(alike.to((20, "b", "no")))
    told = Similarity(space, {"gift": {"yes": 0.6, "no": 0.5}})
    assert told.between((10, "a", "yes"), (10, "a", "no")) == pytest.approx((1 + 1 + 0.9) / 3)
    with pytest.raises(ConfigurationError, match=r"criteria\['gift'\]: 'no' is missing"):
        Similarity(space, {"gift": {"yes": 0.6}})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FrequencyModel("counting"), "rule must be 'hard-headed' or 'smith', got 'counting'"),
        (lambda: FrequencyModel(rate=-1), "rate must be >= 0, got -1"),
        (lambda: BayesianModel(concession=2), r"concession must be in \[0, 1\], got 2"),
    ],
)
def test_parameters_out_of_range_are_refused(make, message):
    with pytest.raises(ConfigurationError, match=message):
        make()
