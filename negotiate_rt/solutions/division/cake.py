"""A cake, such as land or time, that can be cut anywhere: cut and choose, the moving knife, and Even and Paz's halving.

Each party values the cake by a density over it, here piecewise constant, which makes every cut exact in fractions. Pieces are
intervals; whoever stands alone with a value asks two things of it, as Robertson and Webb (1998) do: what an interval is worth,
and where to cut so that it is worth so much.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.exact import Exact, fraction_of, is_exact, told
from negotiate_rt.problems.goods import DivisionProblem, Party
from negotiate_rt.solutions.division.fairness import (
    FairnessVerdict,
    is_envy_free,
    is_equitable,
    is_pareto_optimal,
    is_proportional,
)

Piece = tuple[Exact, Exact]


class CakeValue:
    """How one party values a cake: heights[k] for each unit between edges[k] and edges[k+1].

    edges: rising, at least two. heights: one fewer, none negative, some above 0. ConfigurationError otherwise.

    >>> halves = CakeValue([0, 1, 2], [1, 3])
    >>> halves.worth(0, 2), halves.cut(0, 2)
    (Fraction(4, 1), Fraction(4, 3))
    """

    def __init__(self, edges: Sequence[Exact], heights: Sequence[Exact]) -> None:
        self.exact = all(map(is_exact, (*edges, *heights)))
        self.edges = [fraction_of(edge, "an edge of the cake") for edge in edges]
        self.heights = [fraction_of(height, "a height of the density") for height in heights]
        if len(self.edges) < 2 or any(one >= two for one, two in pairwise(self.edges)):
            raise ConfigurationError(f"edges: expected at least two numbers, each larger than the one before, got {list(edges)}")
        if len(self.heights) != len(self.edges) - 1:
            raise ConfigurationError(f"heights: expected {len(self.edges) - 1}, one between edges, got {len(self.heights)}")
        if min(self.heights) < 0 or not max(self.heights):
            raise ConfigurationError("heights: none may be negative, and some must be above 0")
        self._before = [Fraction()]  # the worth of the cake up to each edge
        for height, (low, high) in zip(self.heights, pairwise(self.edges), strict=True):
            self._before.append(self._before[-1] + height * (high - low))

    @property
    def total(self) -> Fraction:
        """What the whole cake is worth."""
        return self._before[-1]

    def worth(self, low: Exact, high: Exact) -> Fraction:
        """Return what the interval from low to high is worth. Cost: O(log pieces)."""
        return self._up_to(fraction_of(high, "the end of a piece")) - self._up_to(fraction_of(low, "the start of a piece"))

    def cut(self, low: Exact, worth: Exact) -> Fraction | None:
        """Return the first point at which the interval from low is worth that much, None if all that is left is not."""
        start = fraction_of(low, "the start of a piece")
        before = self._up_to(start)
        goal = before + fraction_of(worth, "the worth of a piece")
        if goal > self.total:
            return None
        if goal <= before:
            return start
        place = next(place for place, reached in enumerate(self._before) if reached >= goal)
        return self.edges[place - 1] + (goal - self._before[place - 1]) / self.heights[place - 1]

    def _up_to(self, point: Fraction) -> Fraction:
        if not self.edges[0] <= point <= self.edges[-1]:
            raise ConfigurationError(f"the cake reaches from {self.edges[0]} to {self.edges[-1]}; {point} is outside")
        place = min(bisect_right(self.edges, point), len(self.heights)) - 1
        return self._before[place] + self.heights[place] * (point - self.edges[place])


def cut_and_choose(values: Mapping[Party, CakeValue]) -> dict[Party, Piece]:
    """Return what two parties get when the first cuts the cake in halves, as it sees them, and the other takes the better.

    Envy-free and proportional. Of equal pieces the chooser takes the left one. ConfigurationError unless there are two.
    """
    start, end = _ends(values)
    if len(values) != 2:
        raise ConfigurationError(f"cut and choose is for two parties, got {len(values)}")
    (cutter, one), (chooser, two) = values.items()
    middle = one.cut(start, one.total / 2)
    assert middle is not None  # half of all there is
    left, right = (start, middle), (middle, end)
    if two.worth(*right) > two.worth(*left):
        left, right = right, left
    return _told(values, {cutter: right, chooser: left})


def moving_knife(values: Mapping[Party, CakeValue]) -> dict[Party, Piece]:
    """Return what a knife that moves from left to right gives: who first has an n-th of all on its left says stop and gets that.

    Dubins and Spanier (1961): proportional, each piece an interval. If several say stop at once the first of them gets it; the
    last party gets the rest.
    """
    start, end = _ends(values)
    left = list(values)
    pieces: dict[Party, tuple[Fraction, Fraction]] = {}
    while len(left) > 1:
        stops = {party: values[party].cut(start, values[party].total / len(values)) for party in left}
        first = min(left, key=lambda party: _reached(stops[party]))
        pieces[first] = (start, _reached(stops[first]))
        start = pieces[first][1]
        left.remove(first)
    pieces[left[0]] = (start, end)
    return _told(values, pieces)


def even_paz(values: Mapping[Party, CakeValue]) -> dict[Party, Piece]:
    """Return a proportional division after O(n log n) cuts: the parties with the leftmost half-way marks share the left part.

    Even and Paz (1984). Of n parties each marks where the left part is worth n//2 of n equal parts of what is there.
    """
    start, end = _ends(values)
    pieces: dict[Party, tuple[Fraction, Fraction]] = {}
    open_parts = [(list(values), start, end)]
    while open_parts:
        group, low, high = open_parts.pop()
        if len(group) == 1:
            pieces[group[0]] = (low, high)
            continue
        half = len(group) // 2
        marks = {
            party: _reached(values[party].cut(low, values[party].worth(low, high) * half / len(group))) for party in group
        }
        ordered = sorted(group, key=marks.__getitem__)
        middle = marks[ordered[half - 1]]
        open_parts += [(ordered[:half], low, middle), (ordered[half:], middle, high)]
    return _told(values, pieces)


def assess_cake(values: Mapping[Party, CakeValue], pieces: Mapping[Party, Piece]) -> dict[str, FairnessVerdict]:
    """Return verdicts on pieces of a cake, by property: envy-free, proportional, Pareto-optimal, equitable.

    Pareto-optimal among all divisions, into however many intervals. The items that witnesses name are the intervals between the
    edges and cuts. ConfigurationError for pieces that overlap, and as above. Cost: a linear program of parties times intervals.
    """
    start, end = _ends(values)
    ends = {party: tuple(fraction_of(point, "the end of a piece") for point in piece) for party, piece in pieces.items()}
    for (_, before), (after, _) in pairwise(sorted(one for one in ends.values() if one[0] < one[1])):
        if after < before:
            raise ConfigurationError(f"pieces: two overlap between {float(after):g} and {float(before):g}")
    points = {start, end, *(edge for value in values.values() for edge in value.edges)}
    points |= {min(max(point, start), end) for piece in ends.values() for point in piece}
    spans = list(pairwise(sorted(points)))
    cuts = [point for piece in pieces.values() for point in piece]
    exact = all(value.exact for value in values.values()) and all(map(is_exact, cuts))
    told_spans = [(told(low, exact), told(high, exact)) for low, high in spans]
    rows = {party: [told(value.worth(*span), exact) for span in spans] for party, value in values.items()}
    problem = DivisionProblem(rows, told_spans)
    held = {party: [name for name, (low, high) in zip(told_spans, spans, strict=True) if first <= low and high <= last]
            for party, (first, last) in ends.items()}  # fmt: skip
    verdicts = (
        is_envy_free(problem, held), is_proportional(problem, held), is_pareto_optimal(problem, held, divisible=True),
        is_equitable(problem, held, normalized=True),
    )  # fmt: skip
    return {verdict.property: verdict for verdict in verdicts}


def _reached(point: Fraction | None) -> Fraction:
    assert point is not None  # nobody who is still there has lost so much that less than its part is left
    return point


def _ends(values: Any) -> tuple[Fraction, Fraction]:
    if not isinstance(values, Mapping) or not values:
        raise ConfigurationError("values: expected a CakeValue by party, of at least one party")
    for party, value in values.items():
        if not isinstance(value, CakeValue):
            raise ConfigurationError(f"values: {party!r}: expected a CakeValue, got {type(value).__name__}")
    ends = {(value.edges[0], value.edges[-1]) for value in values.values()}
    if len(ends) > 1:
        raise ConfigurationError(f"values: all must be about the same cake; they reach over {sorted(ends)}")
    return next(iter(ends))


def _told(values: Mapping[Party, CakeValue], pieces: Mapping[Party, tuple[Fraction, Fraction]]) -> dict[Party, Piece]:
    exact = all(value.exact for value in values.values())
    return {party: (told(pieces[party][0], exact), told(pieces[party][1], exact)) for party in values}
