"""The choices nearest to a given one whose worths sum to a number within a band: best first, with a bound ahead.

Each issue offers values at some distance, with some worth. Nobody gets from the given values' sum down into the band
without paying distance, and the cheapest way is bounded from below by taking, over all issues that are left, the pieces
of each issue's concave envelope (how much the sum can fall at most for a distance) in the order of their efficiency; up
into the band likewise. With that bound the search is A* and its first complete choice is nearest (Hart, Nilsson and
Raphael 1968).
"""

from __future__ import annotations

import heapq
import itertools
from bisect import bisect_left
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.sums import reaches

_MOST_STATES = 2_000_000  # kept in the heap in all: some ten seconds, and 400 MB at the worst

Floats = NDArray[np.float64]


class Descent:
    """How much distance it takes at least for the sum of some issues to fall by an amount: convex, piecewise linear."""

    __slots__ = ("_distances", "_drops")

    def __init__(self, issues: Sequence[tuple[Floats, Floats]]) -> None:
        """Take (distances, drops) of each issue's values, one of them at distance 0."""
        free, pieces = 0.0, []
        for distances, drops in issues:
            hull = _envelope(distances, drops)
            free += hull[0][1]
            pieces += [(d2 - d1, g2 - g1) for (d1, g1), (d2, g2) in itertools.pairwise(hull)]
        pieces.sort(key=lambda piece: piece[0] / piece[1])
        self._distances = [0.0, *itertools.accumulate(distance for distance, _ in pieces)]
        self._drops = [free + drop for drop in (0.0, *itertools.accumulate(drop for _, drop in pieces))]

    def cost(self, drop: float) -> float:
        """Return the least distance for a drop of that size; a drop that nothing reaches costs what all of it would."""
        drops = self._drops
        place = bisect_left(drops, drop)
        if place == 0:
            return 0.0
        if place == len(drops):
            return self._distances[-1]
        share = (drop - drops[place - 1]) / (drops[place] - drops[place - 1])
        return self._distances[place - 1] + share * (self._distances[place] - self._distances[place - 1])


class Approach:
    """Choices of one value per issue, by distance. distances, worths: of each issue's values, one at distance 0.

    sums[k]: the distinct sums of the issues from k on, ascending, or None where they are too many.
    """

    def __init__(self, distances: Sequence[Floats], worths: Sequence[Floats], sums: Sequence[memoryview | None]) -> None:
        self.distances, self.worths, self.sums = distances, worths, sums
        count = len(worths)
        own = [float(worth[np.argmin(far)]) for far, worth in zip(distances, worths, strict=True)]
        pairs = list(zip(distances, worths, own, strict=True))
        self._own = [sum(own[k:]) for k in range(count + 1)]
        self._least = [sum(float(one.min()) for one in worths[k:]) for k in range(count + 1)]
        self._most = [sum(float(one.max()) for one in worths[k:]) for k in range(count + 1)]
        self._down = [Descent([(far, at - worth) for far, worth, at in pairs[k:]]) for k in range(count + 1)]
        self._up = [Descent([(far, worth - at) for far, worth, at in pairs[k:]]) for k in range(count + 1)]

    def into(self, low: float, high: float, merged: float | None) -> Iterator[tuple[int, ...]]:
        """Iterate over the choices (places) with low <= sum <= high, the nearest first.

        merged: choices for the first issues that are as near, and whose sums differ by less than this, are taken as one;
        None keeps them all. ConfigurationError where two million choices for the first issues do not suffice.
        """
        number = itertools.count()
        heap: list[tuple[float, int, float, float, tuple[int, ...]]] = [(0.0, next(number), 0.0, 0.0, ())]
        seen: set[tuple[int, int, int]] = set()
        while heap:
            _, _, distance, total, chosen = heapq.heappop(heap)
            depth = len(chosen)
            if depth == len(self.worths):
                yield chosen
                continue
            if merged is not None:
                state = depth, round(distance * 1e12), round(total / merged)
                if state in seen:
                    continue
                seen.add(state)
            for place, away, reached in self._next(depth, total, low, high):
                ahead = distance + away + self._ahead(depth + 1, reached, low, high)
                made = next(number)
                if made > _MOST_STATES:
                    raise ConfigurationError(
                        f"{_MOST_STATES} choices, the nearest to the offer first, do not tell which outcome is nearest in the "
                        f"band from {low} to {high}: widen it, or discretize the space"
                    )
                heapq.heappush(heap, (ahead, made, distance + away, reached, (*chosen, place)))

    def _next(self, depth: int, total: float, low: float, high: float) -> Iterator[tuple[int, float, float]]:
        """Iterate over the values of the next issue from which the band can be reached: (place, distance, sum)."""
        reached = total + self.worths[depth]
        fits = (reached + self._least[depth + 1] <= high) & (reached + self._most[depth + 1] >= low)
        places = np.flatnonzero(fits)
        rest = self.sums[depth + 1]
        away = self.distances[depth][places].tolist()
        for place, distance, one in zip(places.tolist(), away, reached[places].tolist(), strict=True):
            if rest is None or reaches(rest, low - one, high - one):
                yield place, distance, one

    def _ahead(self, depth: int, total: float, low: float, high: float) -> float:
        straight = total + self._own[depth]
        if straight > high:
            return self._down[depth].cost(straight - high)
        return self._up[depth].cost(low - straight) if straight < low else 0.0


def _envelope(distances: Floats, gains: Floats) -> list[tuple[float, float]]:
    """Return the corners of the least concave function above the points, as far as it rises, from distance 0 on."""
    hull: list[tuple[float, float]] = []
    for distance, gain in sorted(zip(distances.tolist(), gains.tolist(), strict=True), key=lambda one: (one[0], -one[1])):
        if hull and (gain <= hull[-1][1] or distance == hull[-1][0]):
            continue
        while len(hull) > 1 and (hull[-1][1] - hull[-2][1]) * (distance - hull[-2][0]) <= (gain - hull[-2][1]) * (
            hull[-1][0] - hull[-2][0]
        ):
            hull.pop()
        hull.append((distance, gain))
    return hull
