"""The frontier of additive utilities over any number of outcomes, built issue by issue.

The utility vectors of a space are the sums of one vector per issue. A partial sum that another one dominates stays
dominated whatever is added to both, so it can be dropped at once, and what is carried along is the frontier of the
issues taken so far: from a space of 10^12 outcomes no more is ever held than a small multiple of its frontier.

Floats would not do for partial sums: their rounding depends on the order of adding, and so would what dominates what.
Each party's numbers are therefore turned into integers of at most 10^16 units, whose sums are exact in any order. At
the end utilities are added anew from the outcomes, in the space's order, and are bit for bit what a call returns.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.ranking import RELATIVE_TOLERANCE
from negotiate_rt.solutions.dominance import Places, undominated

MOST_VECTORS = 1_000_000
"""Distinct vectors that a frontier may have; a zero-sum problem of 10^12 outcomes would have as many as outcomes."""

_CANDIDATES = 1_000_000  # sums weighed up at a time: 50 MB of working memory with two parties
_DIGITS = 16  # the unit is this many decimal digits below the range, so that decimal worths are whole numbers of units
_MERGING = RELATIVE_TOLERANCE / 10  # partial sums are told apart ten times as sharply as utilities
_COLUMN = 1 << 62  # outcomes that one column of numbers can count

Worths = Sequence[NDArray[np.float64]]
"""One array of shape (parties, values) per issue: weight times evaluation."""


class Partial(NamedTuple):
    """The frontier over some of the issues: exact sums, shape (parties, vectors), and numbers, shape (keys, vectors), of the
    first outcome that has each: comparing them column by column compares outcomes in the space's order.
    """

    sums: NDArray[np.int64]
    numbers: NDArray[np.int64]


class Term(NamedTuple):
    """What is chosen at once: one issue, or issues that constraints tie together. positions: of the issues. choices: their
    places, shape (issues of the term, choices), in the space's order.
    """

    positions: tuple[int, ...]
    choices: Places


class MinkowskiSum:
    """The utility vectors of all outcomes of a space under additive utilities, none of them listed.

    terms: how the issues go together; by default each by itself. scales: for each party (scale, shift) pairs that its sums
    go through in turn. low, high: each party's worst and best utility. tolerance: what still counts as the same utility.
    """

    def __init__(
        self, worths: Worths, terms: Sequence[Term] = (), scales: Sequence[Sequence[tuple[float, float]]] = ()
    ) -> None:
        self.worths = worths
        self.scales = scales or [()] * len(worths[0])
        sizes = [worth.shape[1] for worth in worths]
        self.terms = list(terms) or [Term((issue,), np.arange(size)[None, :]) for issue, size in enumerate(sizes)]
        # The long ones are taken early, while there is little to combine them with.
        self.terms.sort(key=lambda term: -term.choices.shape[1])
        sums = [_chosen(worths, term) for term in self.terms]
        ends = np.array([np.add.reduce([end(one, axis=1) for one in sums]) for end in (np.min, np.max)])
        self.low, self.high = np.sort(self._scaled(ends.T).T, axis=0)
        factors = np.array([math.prod(scale for scale, _ in steps) for steps in self.scales])[:, None]
        sums = [factors * one for one in sums]
        scale = np.maximum(np.abs(self.low), np.abs(self.high))
        self.tolerance = RELATIVE_TOLERANCE * scale
        spread = [one - one.min(axis=1, keepdims=True) for one in sums]
        widest = np.add.reduce([one.max(axis=1) for one in spread])
        unit = np.array([10.0 ** (math.ceil(math.log10(wide)) - _DIGITS) if wide else 1.0 for wide in widest])
        self._units = [np.rint(one / unit[:, None]).astype(np.int64) for one in spread]
        # Rounding may add up to a few units an issue; two sums that differ by no more are one.
        self._merging = np.maximum(_MERGING * scale / unit, 4.0 * len(worths)).astype(np.int64)
        self._sizes = sizes
        self._strides, self._keys = _numbering(sizes)

    # --------------------------------------------------------------------------------------------------- the frontier
    def frontier(self) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Return the utilities of the distinct undominated vectors, shape (parties, vectors), best for the first party
        first, and the places of the values of the first outcome that has each, shape (issues, vectors).

        ConfigurationError beyond MOST_VECTORS. Cost: O(s log s) where s is the largest frontier on the way times the
        number of values of an issue; memory as much, but no more than a bounded piece at a time.
        """
        for last in self._fold():
            numbers = last.numbers
        places = self._places(numbers)
        utilities = self.utilities(places)
        firsts = undominated(utilities, self.tolerance, numbers).firsts
        return utilities[:, firsts], places[:, firsts]

    def utilities(self, places: Places) -> NDArray[np.float64]:
        """Return what the outcomes with those places are worth, added in the space's order: shape (parties, outcomes)."""
        total = np.zeros((len(self.low), places.shape[1]))
        for worth, place in zip(self.worths, places, strict=True):
            total += worth[:, place]
        return self._scaled(total)

    def _scaled(self, sums: NDArray[np.float64]) -> NDArray[np.float64]:
        for party, steps in enumerate(self.scales):
            for scale, shift in steps:
                sums[party] = scale * sums[party] + shift
        return sums

    def members(self, places: Places) -> Iterator[tuple[int, ...]]:
        """Yield the places of every outcome with the utilities of the undominated one that is given; that one first.

        The rest come in no promised order. Every step leads to one: whatever part of such an outcome is left out, the
        remainder is undominated too.
        """
        first = tuple(int(place) for place in places)
        yield first
        target = np.zeros(len(self.low), np.int64)
        for units, term in zip(self._units, self.terms, strict=True):
            own = places[list(term.positions)][:, None]
            target += units[:, int(np.flatnonzero((term.choices == own).all(axis=0))[0])]
        for found in self._reaching(list(self._fold()), target):
            if found != first:
                yield found

    # ------------------------------------------------------------------------------------------------------- the fold
    def _fold(self) -> Iterator[Partial]:
        """Yield the frontier over the first term, the first two, and so on."""
        sofar = Partial(np.zeros((len(self.low), 1), np.int64), np.zeros((self._keys, 1), np.int64))
        for units, term in zip(self._units, self.terms, strict=True):
            numbers = np.zeros((self._keys, units.shape[1]), np.int64)
            for position, places in zip(term.positions, term.choices, strict=True):
                stride, key = self._strides[position]
                numbers[key] += places * stride
            firsts = undominated(units, self._merging, numbers).firsts
            sofar = self._sum(sofar, Partial(units[:, firsts], numbers[:, firsts]))
            yield sofar

    def _sum(self, sofar: Partial, own: Partial) -> Partial:
        """Return the frontier of all sums of one vector of each, a bounded number of them at a time."""
        at_once = max(1, _CANDIDATES // sofar.sums.shape[1])
        best: Partial | None = None
        for start in range(0, own.sums.shape[1], at_once):
            some = slice(start, start + at_once)
            sums = _outer(own.sums[:, some], sofar.sums)
            numbers = _outer(own.numbers[:, some], sofar.numbers)
            if best is not None:
                sums = np.concatenate((best.sums, sums), axis=1)
                numbers = np.concatenate((best.numbers, numbers), axis=1)
            firsts = undominated(sums, self._merging, numbers).firsts
            best = Partial(sums[:, firsts], numbers[:, firsts])
            if len(firsts) > MOST_VECTORS:
                raise ConfigurationError(
                    f"building the Pareto frontier of these utilities takes more than {MOST_VECTORS} distinct vectors, "
                    f"as where one party's gain is another's loss; take fewer issues or values"
                )
        assert best is not None  # every issue has a value
        return best

    def _places(self, numbers: NDArray[np.int64]) -> Places:
        return np.array(
            [numbers[key] // stride % size for size, (stride, key) in zip(self._sizes, self._strides, strict=True)],
            dtype=np.intp,
        )

    def _reaching(self, levels: list[Partial], target: NDArray[np.int64]) -> Iterator[tuple[int, ...]]:
        """Yield the places of every outcome with these sums, found from the last term back to the first."""
        slack = self._merging * len(self.terms)
        found = np.zeros(len(self.worths), np.intp)

        def back(level: int, left: NDArray[np.int64]) -> Iterator[tuple[int, ...]]:
            if level < 0:
                yield tuple(found.tolist())
                return
            before = levels[level - 1].sums if level else np.zeros((len(left), 1), np.int64)
            positions, choices = self.terms[level]
            rest = left[:, None] - self._units[level]
            for choice in np.flatnonzero((rest >= -slack[:, None]).all(axis=0)).tolist():
                same = (np.abs(before - rest[:, choice, None]) <= slack[:, None]).all(axis=0)
                for one in np.flatnonzero(same).tolist():
                    found[list(positions)] = choices[:, choice]
                    yield from back(level - 1, before[:, one])

        yield from back(len(self.terms) - 1, target)


def _chosen(worths: Worths, term: Term) -> NDArray[np.float64]:
    """Return what each choice of a term adds: shape (parties, choices)."""
    total: NDArray[np.float64] = np.add.reduce(
        [worths[at][:, places] for at, places in zip(term.positions, term.choices, strict=True)]
    )
    return total


def _outer(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return all sums of a column of each: those of the first column of `one` first."""
    return (one[:, :, None] + other[:, None, :]).reshape(len(one), -1)


def _numbering(sizes: Sequence[int]) -> tuple[list[tuple[int, int]], int]:
    """Return each issue's stride and key, and how many keys it takes to number outcomes beyond what 64 bits can count.

    Within a key the last issue changes fastest, as in the space; earlier keys hold earlier issues.
    """
    groups: list[list[tuple[int, int]]] = [[]]
    stride = 1
    for issue in reversed(range(len(sizes))):
        if stride * sizes[issue] >= _COLUMN:
            groups.append([])
            stride = 1
        groups[-1].append((issue, stride))
        stride *= sizes[issue]
    strides = {issue: (step, len(groups) - 1 - at) for at, group in enumerate(groups) for issue, step in group}
    return [strides[issue] for issue in range(len(sizes))], len(groups)
