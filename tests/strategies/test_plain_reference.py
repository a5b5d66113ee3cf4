"""What strategies offer is what their rules say, computed the plain way: over tables of all outcomes, with nothing kept."""

from __future__ import annotations

import random
from operator import eq

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt import (
    AdditiveUtility,
    BargainingProblem,
    IntegerIssue,
    Issue,
    LinearConcession,
    NegotiationOffer,
    OrdinalIssue,
    OutcomeSpace,
    Propose,
    TimeDependentConcession,
    View,
)
from negotiate_rt.problems.issues import LinearConstraint
from negotiate_rt.problems.preferences import OutcomePreferences
from negotiate_rt.strategies.acceptance import AcceptConstant
from negotiate_rt.strategies.bids import ConcedingBids, NiceTitForTatBids, TradeOffBids
from negotiate_rt.strategies.composed import ComposedStrategy
from negotiate_rt.strategies.issue_sums import IssueSums
from negotiate_rt.strategies.menus import likeness
from negotiate_rt.strategies.models import has_order, shapes
from negotiate_rt.strategies.opponent import BayesianModel, FrequencyModel
from negotiate_rt.strategies.similarity import Similarity

NEVER = AcceptConstant(1e9)
LEAST = 0.2
SPACES = {
    "issues of every kind": OutcomeSpace(
        [
            Issue("a", ("x", "y", "z")),
            OrdinalIssue("b", ("l", "m", "h")),
            IntegerIssue("c", 0, 4),
            Issue("d", (True, False)),
        ]
    ),
    "one issue": OutcomeSpace([Issue("only", tuple("abcdefghij"))]),
    "many small issues": OutcomeSpace([Issue(f"q{k}", ("no", "yes")) for k in range(8)]),
    "constraints": OutcomeSpace(
        [IntegerIssue(name, 0, 5) for name in "pqr"], [LinearConstraint({"p": 1, "q": 1, "r": 1}, most=9)]
    ),
    "more combinations than are added up at once": OutcomeSpace([Issue(f"i{k}", tuple(range(7))) for k in range(4)]),
}
MODELS = {
    "none": None,
    "hard-headed": FrequencyModel(),
    "smith": FrequencyModel("smith", distinct=True),
    "bayesian": BayesianModel(),
    "bayesian, repeats counted": BayesianModel(distinct=False),
}


def drawn(space, rng, levels):
    """Return a utility with values on a grid of so many levels: few make ties."""
    tables = {issue.name: {v: rng.randrange(levels) / (levels - 1) for v in issue.values} for issue in space.issues}
    return AdditiveUtility({name: rng.randint(1, 3) for name in space.names}, tables, space)


class Plainly:
    """The rules of bidding over tables of the whole space, from the whole history, anew in each turn."""

    def __init__(self, space, preferences, model):
        self.space, self.preferences, self.spec = space, preferences, model
        table = np.array([preferences.utility(outcome, True) for outcome in space])
        self.order = [k for k in np.argsort(-table, kind="stable") if table[k] >= preferences.reservation_value]
        self.outcomes, self.table = list(space), table

    def model(self, heard, rounds):
        estimate = self.spec.start(self.space)
        for turn, offer in enumerate(heard):
            estimate.update(offer, turn / (rounds - 1))
        return estimate

    def down_to(self, target):
        return [k for k in self.order if self.table[k] >= target - 1e-12 * abs(target)] or self.order[:1]

    def pleasing(self, target, heard, rounds):
        if self.spec is None:
            return self.preferences.offer(target)
        liked = self.model(heard, rounds).estimate()
        return self.outcomes[max(self.down_to(target), key=lambda k: liked[k])]  # the first of equals

    def nash(self, heard, rounds):
        liked = self.model(heard, rounds).estimate()
        products = [(self.table[k] - self.preferences.reservation_value) * liked[k] for k in self.order]
        return self.table[self.order[int(np.argmax(products))]]

    def similar(self, target, width, last, weights):
        span = self.table[self.order[0]] - self.table[self.order[-1]]
        ranked = self.down_to(target)
        start = min(len(ranked), len(self.down_to(target + width * span))) - 1
        alike = Similarity(self.space).to(last, weights)
        return self.outcomes[max(ranked[start:], key=lambda k: alike[k])]


def talk(strategy, preferences, offers, space):
    """Return the values that a strategy offers, one a turn, against these of the opponent's."""
    heard, own, made = [], None, []
    for turn, offer in enumerate(offers, 1):
        heard.append(offer)
        standing = NegotiationOffer("theirs", "B", offer, turn, 0.0)
        view = View(
            "A", "responder", "bilateral", "talk", turn, len(offers), 0.0, 60.0, ("propose", "accept-proposal", "walk"),
            standing, own, heard, preferences, None, BargainingProblem(space),
        )  # fmt: skip
        decision = strategy(view)
        assert isinstance(decision, Propose)
        made.append(decision.value)
        own = NegotiationOffer("mine", "A", decision.value, turn, 0.0)
    return made


def seat(name, seed, levels):
    """Return a space, preferences over it, and what an opponent says, some of it more than once."""
    space, rng = SPACES[name], random.Random(seed)
    preferences = OutcomePreferences(space, drawn(space, rng, levels), LEAST)
    few = [space.at(rng.randrange(space.size)) for _ in range(6)]
    return space, preferences, [rng.choice(few) for _ in range(10)]


CASES = [(name, model, levels) for name in SPACES for model in MODELS for levels in (3, 1000)]


@pytest.mark.parametrize(("name", "model", "levels"), CASES)
def test_conceding_bids_please_most_among_all_that_is_worth_the_target(name, model, levels):
    space, preferences, offers = seat(name, 1, levels)
    made = talk(ComposedStrategy(ConcedingBids(LinearConcession()), NEVER, MODELS[model]), preferences, offers, space)
    plain, target, rounds = Plainly(space, preferences, MODELS[model]), preferences.opening, len(offers)
    for turn, value in enumerate(made, 1):
        if turn > 1:
            target = LinearConcession()(turn, rounds, preferences.limit, target)
        assert value == plain.pleasing(target, offers[:turn], rounds), turn


@pytest.mark.parametrize(("name", "model", "levels"), [case for case in CASES if case[1] != "none"])
def test_nice_tit_for_tat_aims_at_the_largest_product_over_all_outcomes(name, model, levels):
    space, preferences, offers = seat(name, 2, levels)
    made = talk(ComposedStrategy(NiceTitForTatBids(0.5), NEVER, MODELS[model]), preferences, offers, space)
    plain, rounds = Plainly(space, preferences, MODELS[model]), len(offers)
    worths = [preferences.utility(offer, False) for offer in offers]
    for turn, value in enumerate(made, 1):
        top, nash = plain.table[plain.order[0]], plain.nash(offers[:turn], rounds)
        first = min(worths[0], nash)
        shared = min(1.0, (max(worths[:turn]) - first) / (nash - first)) if nash > first else 1.0
        target = top - shared * (top - nash)
        target -= 0.5 * (turn - 1) / (rounds - 1) * (target - nash)
        assert value == plain.pleasing(target, offers[:turn], rounds), turn


@pytest.mark.parametrize(("name", "model", "levels"), CASES)
def test_trade_offs_are_the_most_similar_of_the_whole_contour(name, model, levels):
    space, preferences, offers = seat(name, 3, levels)
    concession = TimeDependentConcession(2.0)
    made = talk(ComposedStrategy(TradeOffBids(concession, 0.2), NEVER, MODELS[model]), preferences, offers, space)
    plain, target, rounds = Plainly(space, preferences, MODELS[model]), preferences.opening, len(offers)
    for turn, value in enumerate(made, 1):
        if turn > 1:
            target = concession(turn, rounds, preferences.limit, target)
        weights = None if MODELS[model] is None else plain.model(offers[:turn], rounds).weights
        assert value == plain.similar(target, 0.2, offers[turn - 1], weights), turn


@settings(max_examples=30)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_sums_over_issues_are_those_of_the_whole_table_to_the_last_digit(sizes, rng):
    space = OutcomeSpace([Issue(f"i{k}", tuple(range(size))) for k, size in enumerate(sizes)])
    parts = [np.array([rng.random() for _ in range(size)]) for size in sizes]
    table = np.zeros(1)
    for part in parts:
        table = np.add.outer(table, part).ravel()
    numbers = np.array(rng.sample(range(space.size), rng.randint(1, min(space.size, 50))))
    sums, start = IssueSums(space, numbers), rng.randrange(len(numbers))
    assert sums.of(sums.combine(parts), parts, start, len(numbers)).tolist() == table[numbers[start:]].tolist()


@settings(max_examples=50)
@given(st.integers(1, 300), st.integers(0, 16), st.randoms(use_true_random=False))
def test_likeness_counts_the_issues_shared_with_the_most_similar(issues, count, rng):
    others = [tuple(rng.randrange(2) for _ in range(issues)) for _ in range(count)]
    outcomes = [tuple(rng.randrange(3) for _ in range(issues)), *others[:3]]
    plain = [max((sum(map(eq, one, other)) for other in others), default=0) for one in outcomes]
    assert likeness(outcomes, others) == plain


def test_hard_headed_counts_are_those_of_the_plain_rule():
    space, _, offers = seat("issues of every kind", 4, 1000)
    model = FrequencyModel(rate=0.3).start(space)
    counts = [dict.fromkeys(issue.values, 0) for issue in space.issues]
    weights, last = [1 / len(counts)] * len(counts), None
    for offer in offers:
        model.update(offer, 0.5)
        for row, value in zip(counts, offer, strict=True):
            row[value] += 1
        if last is not None:
            grown = [w + 0.3 / len(counts) * (x == y) for w, x, y in zip(weights, offer, last, strict=True)]
            weights = [w / sum(grown) for w in grown]
        last = offer
    worths = [{v: (1 + n) / (1 + max(row.values())) for v, n in row.items()} for row in counts]
    plain = [sum(w * row[v] for w, row, v in zip(weights, worths, outcome, strict=True)) for outcome in space]
    assert model.estimate() == pytest.approx(np.array(plain) / max(plain), rel=1e-12)


@pytest.mark.parametrize("name", SPACES)
def test_bayesian_beliefs_are_those_of_the_plain_rule(name):
    """Each issue's hypotheses are weighed one by one, with the expectations before the offer in place of all others."""
    space, _, offers = seat(name, 5, 1000)
    model, count = BayesianModel(distinct=False).start(space), len(space.issues)
    levels = [2 * k / (count * (count + 1)) for k in range(1, count + 1)]
    hypotheses = [shapes(issue.size, ordered=has_order(issue)).tolist() for issue in space.issues]
    by_weight = [[1 / count] * count for _ in range(count)]
    by_shape = [[1 / len(rows)] * len(rows) for rows in hypotheses]

    def expected():
        weights = [sum(b * level for b, level in zip(row, levels, strict=True)) for row in by_weight]
        worths = [
            [sum(b * one[v] for b, one in zip(belief, rows, strict=True)) for v in range(len(rows[0]))]
            for belief, rows in zip(by_shape, hypotheses, strict=True)
        ]
        return [w / sum(weights) for w in weights], worths

    def posterior(belief, utilities, wanted):
        grown = [b * np.exp(-((u - wanted) ** 2) / (2 * 0.25**2)) for b, u in zip(belief, utilities, strict=True)]
        return [g / sum(grown) for g in grown]

    for turn, offer in enumerate(offers):
        time = turn / len(offers)
        model.update(offer, time)
        weights, worths = expected()
        places = [issue.find(value) for issue, value in zip(space.issues, offer, strict=True)]
        asked = [row[place] for row, place in zip(worths, places, strict=True)]
        total = sum(w * x for w, x in zip(weights, asked, strict=True))
        for k, place in enumerate(places):
            others = total - weights[k] * asked[k]
            rest = others / (1 - weights[k]) if weights[k] < 1 else 0.0
            utilities = [w * asked[k] + (1 - w) * rest for w in levels]
            by_weight[k] = posterior(by_weight[k], utilities, 1 - 0.5 * time)
            utilities = [weights[k] * row[place] + others for row in hypotheses[k]]
            by_shape[k] = posterior(by_shape[k], utilities, 1 - 0.5 * time)
    weights, worths = expected()
    assert model.weights == pytest.approx(weights, rel=1e-9)
    for row, plain in zip(model.worths, worths, strict=True):
        assert row == pytest.approx(plain, rel=1e-9)


def test_a_model_that_had_nothing_to_decide_has_learned_all_when_it_has():
    """A patient party has but one offer for most of a talk; the same offers come out as if it had learned in every turn."""
    space, preferences, offers = seat("more combinations than are added up at once", 6, 1000)
    offers = offers * 60  # more than may be pending
    bidding = ConcedingBids(TimeDependentConcession(0.02))
    made = talk(ComposedStrategy(bidding, NEVER, FrequencyModel()), preferences, offers, space)
    assert len(set(made)) > 3
    plain, rounds = Plainly(space, preferences, FrequencyModel()), len(offers)
    target = preferences.opening
    for turn in range(2, rounds + 1):
        target = bidding.concession(turn, rounds, preferences.limit, target)
        if turn in (rounds - 40, rounds - 3, rounds):
            assert made[turn - 1] == plain.pleasing(target, offers[:turn], rounds)
