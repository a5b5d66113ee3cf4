"""What the other side may want: estimates of its utility that learn from its offers, and how good they are.

An estimate is additive: per issue a weight and a worth for each value, so that updating costs O(all values) and the
whole table of a space is one broadcast sum, made anew only when asked for after news.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.messages.view import View
from negotiate_rt.problems.issues import OutcomeSpace
from negotiate_rt.problems.preferences import OutcomePreferences
from negotiate_rt.problems.utility import AdditiveUtility, check_enumerable
from negotiate_rt.strategies.issue_sums import Places
from negotiate_rt.strategies.opponent import BayesianModel, FrequencyModel
from negotiate_rt.strategies.options import Options
from negotiate_rt.strategies.session import undiscounted

Floats = NDArray[np.float64]
_RANKED = 4  # values of an issue up to which every ranking of them is a hypothesis: 24 rows


class OpponentModel(Protocol):
    """What a strategy asks of a model. heard: how many offers it has learned from."""

    heard: int

    def update(self, offer: Any, time: float) -> None:
        """Learn from an offer made at progress `time` in [0, 1]."""

    def estimate(self) -> Floats:
        """Return the estimated utility of all outcomes, in [0, 1], in the space's order; read-only."""

    def utility(self, offer: Any) -> float:
        """Return the estimated utility of one outcome."""


class AdditiveEstimate:
    """An additive guess at a utility over a space of discrete issues: `weights` and `worths`, one entry an issue.

    Starts without an opinion: equal weights, all values worth the same. ConfigurationError for a continuous issue.
    """

    def __init__(self, space: OutcomeSpace, distinct: bool) -> None:
        sizes = [getattr(issue, "size", None) for issue in space.issues]
        for issue, size in zip(space.issues, sizes, strict=True):
            if not isinstance(size, int):
                raise ConfigurationError(f"issue {issue.name!r} is continuous: discretize the space to model an opponent")
        self.space = space
        self.heard = 0
        self.distinct = distinct
        self.sizes: list[int] = [size for size in sizes if isinstance(size, int)]
        self._weights: Floats | list[float] = np.full(len(self.sizes), 1.0 / len(self.sizes))
        ends = np.cumsum(self.sizes)
        self._stretches = [slice(end - size, end) for size, end in zip(self.sizes, ends.tolist(), strict=True)]
        self._starts: NDArray[np.intp] = ends - np.array(self.sizes, np.intp)
        self._owner: NDArray[np.intp] = np.repeat(np.arange(len(self.sizes)), self.sizes)  # the issue of each value
        self._places = Places(space)
        self._seen: set[tuple[int, ...]] = set()
        self._parts: list[Floats] | None = None
        self._table: Floats | None = None
        self._numbers: NDArray[np.intp] | None = None

    @property
    def weights(self) -> Floats:
        """What the issues weigh, 1 in all."""
        return np.asarray(self._weights)

    @property
    def worths(self) -> list[Floats]:
        """What the values of each issue are worth, in [0, 1]."""
        flat = self._flat_worths()
        return [flat[stretch] for stretch in self._stretches]

    def _flat_worths(self) -> Floats:
        """Return what all values are worth, issue after issue: few calls at array speed, however many issues there are."""
        return np.ones(len(self._owner))

    def update(self, offer: Any, time: float) -> None:
        """Learn from an offer made at progress `time` in [0, 1]; InvalidOffer if it is no outcome. O(all values)."""
        places = self._places(offer)
        self.heard += 1
        if self.distinct:
            known = tuple(places)
            if known in self._seen:
                return
            self._seen.add(known)
        self._learn(places, time)
        self._parts = self._table = None

    def _learn(self, places: Sequence[int], time: float) -> None:
        raise NotImplementedError

    def parts(self) -> list[Floats]:
        """Return, per issue, weight times worth of each value, scaled so that the best outcome is worth 1.

        The same list until it learns something new.
        """
        if self._parts is None:
            flat = self.weights[self._owner] * self._flat_worths()
            best = sum(np.maximum.reduceat(flat, self._starts).tolist())
            if best > 0:
                flat /= best
            self._parts = [flat[stretch] for stretch in self._stretches]
        return self._parts

    def utility(self, offer: Any) -> float:
        """Return the estimated utility of one outcome, in [0, 1]. O(issues), without the table."""
        return float(sum([part[place] for part, place in zip(self.parts(), self._places(offer), strict=True)]))

    def estimate(self) -> Floats:
        """Return the estimated utility of all outcomes, in the space's order, read-only. O(outcomes) after news."""
        if self._table is None:
            check_enumerable(self.space)
            table = np.zeros(1)
            for part in self.parts():
                table = np.add.outer(table, part).ravel()
            if len(table) != self.space.size:  # constraints leave some combinations out
                if self._numbers is None:
                    columns = tuple(self.space.columns())
                    self._numbers = np.ravel_multi_index(columns, self.sizes).astype(np.intp)
                table = table[self._numbers]
            table.flags.writeable = False
            self._table = table
        return self._table

    def as_utility(self) -> AdditiveUtility:
        """Return the estimate as a utility function over the space, for solutions and reports."""
        names = [issue.name for issue in self.space.issues]
        tables = {
            issue.name: dict(zip(issue.values, part.tolist(), strict=True))
            for issue, part in zip(self.space.issues, self.parts(), strict=True)
        }
        return AdditiveUtility(dict.fromkeys(names, 1.0), tables, self.space)


class FrequencyEstimate(AdditiveEstimate):
    """Counts what the opponent asks for; the rules are those of `FrequencyModel`."""

    def __init__(self, space: OutcomeSpace, model: FrequencyModel) -> None:
        super().__init__(space, model.distinct)
        self.model = model
        count = len(self.sizes)
        self._weights: list[float] = [1.0 / count] * count  # a few numbers are added up faster one by one
        self._counts = [0.0] * len(self._owner)
        self._tops = [0.0] * count  # the largest count of each issue
        self._firsts: list[int] = self._starts.tolist()
        self._last: Sequence[int] | None = None

    @property
    def counts(self) -> list[Floats]:
        """How often each value of each issue was asked for."""
        return [np.array(self._counts[stretch]) for stretch in self._stretches]

    def _flat_worths(self) -> Floats:
        counts, tops = np.array(self._counts), np.array(self._tops)
        if self.model.rule != "smith" or self._last is None:
            counts, tops = counts + 1.0, tops + 1.0
        worths: Floats = counts / tops[self._owner]
        return worths

    def _learn(self, places: Sequence[int], time: float) -> None:
        counts, tops, last = self._counts, self._tops, self._last
        for issue, (first, place) in enumerate(zip(self._firsts, places, strict=True)):
            count = counts[first + place] = counts[first + place] + 1.0
            if count > tops[issue]:
                tops[issue] = count
        self._last = places
        if self.model.rule == "smith":
            total = float(np.add.reduce(tops))
            self._weights = [top / total for top in tops]
        elif last is not None:
            more, pairs = self.model.rate / len(places), zip(self._weights, places, last, strict=True)
            grown = [weight + more if place == before else weight for weight, place, before in pairs]
            total = float(np.add.reduce(grown))  # the same on every Python: since 3.12 `sum` rounds otherwise
            self._weights = [weight / total for weight in grown]


class BayesianEstimate(AdditiveEstimate):
    """Holds a distribution over weights and one over shapes for each issue; the rules are those of `BayesianModel`.

    All distributions lie one after another in one array, those over weights first, so that an offer is learned from at
    array speed however many issues there are.
    """

    def __init__(self, space: OutcomeSpace, model: BayesianModel) -> None:
        super().__init__(space, model.distinct)
        self.model = model
        count = len(self.sizes)
        self._levels: Floats = 2.0 * np.arange(1, count + 1) / (count * (count + 1))
        self._shapes = [shapes(issue.size, ordered=has_order(issue)) for issue in space.issues]
        self._asked_for = [np.ascontiguousarray(shape.T) for shape in self._shapes]  # by value, what each shape says
        sizes = [count] * count + [len(shape) for shape in self._shapes]
        self._begins: NDArray[np.intp] = np.cumsum(sizes, dtype=np.intp) - np.array(sizes, np.intp)
        self._distribution: NDArray[np.intp] = np.repeat(np.arange(len(sizes)), sizes)  # that a hypothesis belongs to
        self._issue = self._distribution[count * count :] - count  # that a shape is of
        self._beliefs: Floats = 1.0 / np.array(sizes, float)[self._distribution]
        self._of_weights: Floats = self._beliefs[: count * count].reshape(count, count)  # views, as are these
        self._of_shapes: list[Floats] = np.split(self._beliefs, self._begins[1:])[count:]
        self._expect()

    def _flat_worths(self) -> Floats:
        return self._worths

    def _expect(self) -> None:
        weights = self._of_weights @ self._levels
        self._weights = weights / weights.sum()
        of_shapes = zip(self._of_shapes, self._shapes, strict=True)
        self._worths: Floats = np.concatenate([belief @ shape for belief, shape in of_shapes])

    def _learn(self, places: Sequence[int], time: float) -> None:
        wanted = 1.0 - self.model.concession * time
        asked = self._worths[self._starts + places]
        weights, levels = self.weights, self._levels
        others = float(weights @ asked) - weights * asked
        if len(places) > 1:  # what the other issues give, per unit of weight
            pairs = zip(others.tolist(), weights.tolist(), strict=True)
            rest = np.array([other / (1.0 - one) if one < 1.0 else 0.0 for other, one in pairs])
            by_weight = (asked[:, None] * levels + rest[:, None] * (1.0 - levels)).ravel()
        else:
            by_weight = asked
        shown = np.concatenate([shape[place] for shape, place in zip(self._asked_for, places, strict=True)])
        by_shape = weights[self._issue] * shown + others[self._issue]
        self._believe(np.concatenate((by_weight, by_shape)), wanted)
        self._expect()

    def _believe(self, utilities: Floats, wanted: float) -> None:
        """Multiply by the likelihoods, by logarithms so that a hundred offers underflow nothing."""
        beliefs, owner = self._beliefs, self._distribution
        logs = np.log(np.maximum(beliefs, 1e-300)) - (utilities - wanted) ** 2 / (2.0 * self.model.deviation**2)
        np.exp(logs - np.maximum.reduceat(logs, self._begins)[owner], out=beliefs)
        self._of_weights /= self._of_weights.sum(axis=1, keepdims=True)
        for belief in self._of_shapes:
            belief /= belief.sum()


def has_order(issue: Any) -> bool:  # any discrete issue
    """Whether neighbouring values of an issue are alike: it says so, or they are numbers."""
    numeric = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in issue.values)
    return numeric or bool(getattr(issue, "ordered", False))


def shapes(size: int, *, ordered: bool) -> Floats:
    """Return the hypotheses about an issue of that many values: evaluations in [0, 1], the best 1, one a row."""
    if size == 1:
        return np.ones((1, 1))
    if size <= _RANKED and not ordered:
        return np.array(list(permutations(range(size))), float) / (size - 1)
    values = np.arange(size, dtype=float)
    rows = []
    for peak in range(size):
        rising = values / peak if peak else np.ones(size)
        falling = (size - 1 - values) / (size - 1 - peak) if peak < size - 1 else np.ones(size)
        rows.append(np.where(values <= peak, rising, falling))
    return np.array(rows)


class Mirror:
    """On one price or share: what is worse for oneself is better for the opponent."""

    def __init__(self, options: Options) -> None:
        self.heard = 0
        self._options = options
        self._table: Floats = np.linspace(0.0, 1.0, max(1, len(options)))

    def update(self, offer: Any, time: float) -> None:
        """Learn nothing: the order is known."""
        self.heard += 1

    def estimate(self) -> Floats:
        """Return a value in [0, 1] for each point of the scale, in the order of the options."""
        return self._table

    def utility(self, offer: Any) -> float:
        """Return the estimate at the nearest point of the scale."""
        number = self._options.number(offer)
        return 0.0 if number is None else float(self._table[number])


class Known:
    """Under complete information: the opponent's own utility, scaled to [0, 1] over the space."""

    def __init__(self, preferences: OutcomePreferences) -> None:
        self.heard = 0
        self._worth = preferences.ranking.worth
        table = np.fromiter(self._worth.values(), float)
        self._low, span = float(table.min()), float(np.ptp(table))
        self._span = span if span > 0 else 1.0
        self._table: Floats = (table - self._low) / self._span
        self._table.flags.writeable = False

    def update(self, offer: Any, time: float) -> None:
        """Learn nothing: all is known."""
        self.heard += 1

    def estimate(self) -> Floats:
        """Return the utility of all outcomes, in the space's order."""
        return self._table

    def utility(self, offer: Any) -> float:
        """Return the utility of one outcome."""
        return (self._worth[offer] - self._low) / self._span


def model_for(view: View, spec: Any, options: Options) -> OpponentModel:  # spec: a model of `opponent`
    """Return the model of the opponent in a negotiation: what is known of a single one, else an estimate that `spec` starts.

    On a price or share there is nothing to learn: what is worse for oneself is better for the opponent.
    """
    if options.space is None:
        return Mirror(options)
    others = list((view.others or {}).values())
    if len(others) == 1:
        known = undiscounted(others[0])
        if isinstance(known, OutcomePreferences):
            return Known(known)
    estimate: OpponentModel = spec.start(options.space)
    return estimate


class Accuracy(NamedTuple):
    """How an estimate compares with the truth over all outcomes: correlation of values and of ranks (Spearman's), in
    [-1, 1], and the root of the mean squared error. A constant has correlation 0."""

    pearson: float
    spearman: float
    error: float


def accuracy(estimate: ArrayLike, actual: ArrayLike) -> Accuracy:
    """Compare an estimated utility table with the actual one, both of shape (outcomes,). O(n log n).

    Raises ConfigurationError unless both have the same length, at least 1.
    """
    guess, truth = np.asarray(estimate, float), np.asarray(actual, float)
    if guess.shape != truth.shape or guess.ndim != 1 or not guess.size:
        raise ConfigurationError(f"expected two vectors of one length, got shapes {guess.shape} and {truth.shape}")
    error = float(np.sqrt(np.mean((guess - truth) ** 2)))
    return Accuracy(_correlation(guess, truth), _correlation(_mean_ranks(guess), _mean_ranks(truth)), error)


def _correlation(one: Floats, other: Floats) -> float:
    one, other = one - one.mean(), other - other.mean()
    scale = float(np.sqrt((one @ one) * (other @ other)))
    return float(one @ other) / scale if scale > 0 else 0.0


def _mean_ranks(values: Floats) -> Floats:
    """Return ranks from 0, ties sharing their mean."""
    _, inverse, counts = np.unique(np.round(values, 12), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: Floats = (last - (counts + 1) / 2.0)[inverse]
    return ranks
