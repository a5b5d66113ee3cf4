"""Sums over the issues of what their values are given, for some of one's options: the table of a whole space is not made.

The first issues are added up for all their combinations, as long as these are few; then each further issue is looked up for
the options that are asked for. Terms are added in the issues' order, so that a sum is the very number in a table of all
outcomes, down to the last digit, and ties stay ties.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negotiate_rt.problems.issues import OutcomeSpace

Floats = NDArray[np.float64]
_FEW = 128  # combinations of the first issues: a microsecond or two to add up
_SHARE = 16  # or that part of the options, where they are many more


class IssueSums:
    """The options' places among the combinations of the first issues, and in each further issue. Built in O(outcomes)."""

    __slots__ = ("_first", "_further", "_places")

    def __init__(self, space: OutcomeSpace, numbers: NDArray[np.intp]) -> None:
        """Take a space that can be listed, and the options' numbers in it."""
        columns = [column[numbers] for column in space.columns()]
        sizes = [issue.size for issue in space.issues]
        most = max(_FEW, len(numbers) // _SHARE)
        places, self._first, combinations = columns[0], 1, sizes[0]
        while self._first < len(columns) and combinations * sizes[self._first] <= most:
            places = places * sizes[self._first] + columns[self._first]
            combinations *= sizes[self._first]
            self._first += 1
        self._places: NDArray[np.intp] = places
        self._further = columns[self._first :]

    def combine(self, parts: Sequence[Floats]) -> Floats:
        """Return the sums of all combinations of the first issues; parts: of each issue, a number for each value."""
        total = parts[0]
        for part in parts[1 : self._first]:
            total = (total[:, None] + part).ravel()
        return total

    def of(self, combined: Floats, parts: Sequence[Floats], start: int, stop: int) -> Floats:
        """Return the sums of the options from `start` to before `stop`, after `combine`."""
        sums: Floats = combined.take(self._places[start:stop])
        for part, places in zip(parts[self._first :], self._further, strict=True):
            sums += part.take(places[start:stop])
        return sums


class Places:
    """Finds the places of an outcome's values among those of their issues."""

    __slots__ = ("_find", "_space")

    def __init__(self, space: OutcomeSpace) -> None:
        self._space = space
        self._find = [issue.find for issue in space.issues]

    def __call__(self, offer: Any) -> list[int]:  # whatever is said to be an outcome
        """Return one place an issue; InvalidOffer if it is no outcome of the space. O(issues)."""
        if offer.__class__ is not tuple or len(offer) != len(self._find) or self._space.rules:
            offer = self._space.outcome(offer)
        places: list[Any] = [find(value) for find, value in zip(self._find, offer, strict=True)]
        if None in places:
            self._space.outcome(offer)  # says what is wrong
        return places
