"""The outcomes of a constrained space counted and numbered, row-major, without listing them.

Issues that constraints tie together form a group, and every group is counted by itself: its combinations that break no
rule are kept as ascending row-major numbers within the group. Each other issue is a group of its own with all of its
values. The outcomes are the product of the groups, and the number of one is found issue by issue: how many rows of its
group lie before it, times what the other groups still leave open. So a space of 10^18 outcomes with a budget over three
of its issues has exact numbers, at the cost of counting these three.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.constraints import Rule
from negotiate_rt.problems.kinds import AnyIssue

MOST_ROWS = 10_000_000
"""Combinations of one group of tied issues that are tried, one call of each rule for each: some ten seconds at most."""


class Group:
    """Issues that are counted together. rows: ascending numbers, or None if all combinations are in."""

    __slots__ = ("count", "positions", "rows", "strides")

    def __init__(self, positions: tuple[int, ...], sizes: Sequence[int], rows: NDArray[np.int64] | None) -> None:
        self.positions = positions
        self.strides = [math.prod(sizes[k + 1 :]) for k in range(len(sizes))]
        self.rows = None if rows is None else memoryview(rows)  # type: ignore[arg-type]  # an array is a buffer
        self.count = math.prod(sizes) if rows is None else len(rows)

    def before(self, number: int, low: int, high: int) -> int:
        """Return the place of the first row of at least that number, low <= place <= high."""
        if self.rows is None:
            return min(max(number, low), high)
        return bisect_left(self.rows, number, low, high)

    def places(self, place: int) -> dict[int, int]:
        """Return the row that stands at a place, as {position: place of the issue's value}."""
        number, own = self.row(place), {}
        for position, stride in zip(self.positions, self.strides, strict=True):
            own[position], number = divmod(number, stride)
        return own

    def row(self, place: int) -> int:
        """Return the number that stands at a place."""
        return place if self.rows is None else self.rows[place]


class Numbering:
    """Numbers of the outcomes of discrete issues under rules. ConfigurationError if a group is too large to count."""

    __slots__ = ("_steps", "groups", "issues", "size")

    def __init__(self, issues: Sequence[AnyIssue], rules: Sequence[Rule]) -> None:
        self.issues = issues
        self.groups = [_group(positions, issues, own) for positions, own in tied(len(issues), rules)]
        self.size = math.prod(group.count for group in self.groups)
        place = {position: (g, k) for g, one in enumerate(self.groups) for k, position in enumerate(one.positions)}
        self._steps = [(g, self.groups[g].strides[k]) for g, k in (place[position] for position in range(len(issues)))]

    def index(self, places: Sequence[int]) -> int:
        """Return the number of the outcome with these places, which must break no rule."""
        number, left = 0, self.size
        spans = [(0, group.count, 0) for group in self.groups]
        for (g, stride), place in zip(self._steps, places, strict=True):
            group, (low, high, base) = self.groups[g], spans[g]
            others = left // (high - low)
            base += place * stride
            first = group.before(base, low, high)
            last = group.before(base + stride, first, high)
            number += (first - low) * others
            spans[g], left = (first, last, base), others * (last - first)
        return number

    def places(self, number: int) -> list[int]:
        """Return the places of the outcome of that number, 0 <= number < size."""
        places, left = [], self.size
        spans = [(0, group.count, 0) for group in self.groups]
        for g, stride in self._steps:
            group, (low, high, base) = self.groups[g], spans[g]
            others = left // (high - low)
            place = (group.row(low + number // others) - base) // stride
            base += place * stride
            first = group.before(base, low, high)
            last = group.before(base + stride, first, high)
            number -= (first - low) * others
            places.append(place)
            spans[g], left = (first, last, base), others * (last - first)
        return places

    def columns(self) -> list[NDArray[np.intp]]:
        """Return the places of every outcome, one array of length `size` per issue, in the order of the numbers."""
        sizes = [issue.size for issue in self.issues]
        if math.prod(sizes) > MOST_ROWS:
            rows = np.array([self.places(number) for number in range(self.size)], dtype=np.intp)
            return list(rows.reshape(-1, len(sizes)).T)
        mask = np.ones(sizes, dtype=bool)
        for group in self.groups:
            if group.rows is not None:
                own = np.zeros(math.prod(sizes[k] for k in group.positions), dtype=bool)
                own[np.asarray(group.rows)] = True
                mask &= own.reshape([size if k in group.positions else 1 for k, size in enumerate(sizes)])
        return list(np.nonzero(mask))


def tied(count: int, rules: Sequence[Rule]) -> list[tuple[tuple[int, ...], list[Rule]]]:
    """Return the positions 0 .. count - 1 in groups that share rules, each with its rules, by first position."""
    groups: list[tuple[set[int], list[Rule]]] = [({position}, []) for position in range(count)]
    for rule in rules:
        joined = [group for group in groups if not group[0].isdisjoint(rule.positions)]
        groups = [group for group in groups if group[0].isdisjoint(rule.positions)]
        positions = set().union(*(group[0] for group in joined))
        groups.append((positions, [*itertools.chain(*(group[1] for group in joined)), rule]))
    return sorted((tuple(sorted(positions)), own) for positions, own in groups)


def _group(positions: tuple[int, ...], issues: Sequence[AnyIssue], rules: Sequence[Rule]) -> Group:
    sizes = [issues[position].size for position in positions]
    if not rules:
        return Group(positions, sizes, None)
    combinations = math.prod(sizes)
    if combinations > MOST_ROWS:
        names = ", ".join(issues[position].name for position in positions)
        raise ConfigurationError(
            f"the constraints {', '.join(rule.text for rule in rules)} tie the issues {names} with {combinations} "
            f"combinations; at most {MOST_ROWS} can be counted: sample the space, discretize it, or name in each "
            "constraint the few issues that it looks at"
        )
    mask = np.ones(sizes, dtype=bool)
    for rule in rules:
        own = [issues[position] for position in rule.positions]
        shape = [issue.size for issue in own]
        shown = itertools.product(*(issue.values for issue in own))
        holds = np.fromiter(map(rule.test, shown), bool, math.prod(shape))
        mask &= holds.reshape([size if k in rule.positions else 1 for k, size in zip(positions, sizes, strict=True)])
    rows: NDArray[Any] = np.flatnonzero(mask)
    return Group(positions, sizes, rows)
