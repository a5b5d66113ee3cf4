"""Every sum of one worth per issue, without listing the outcomes: meet in the middle.

The issues' worths are folded into two sorted lists of distinct sums, A and B, of up to a million each; the largest sum
below a limit is then found by one bisection in B for every element of A, so 10^12 outcomes take one pass (Horowitz and
Sahni 1974). Issues beyond that are run through one by one, each choice a pass of its own, pruned by bounds; in spaces as
large as that sums lie so close together that few passes reach the limit itself. An issue whose worths lie on a line is
never listed: its place is computed.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.evaluations import LinearEvaluation
from negotiate_rt.problems.kinds import IntegerIssue
from negotiate_rt.problems.lattice import lattice_sums
from negotiate_rt.problems.ranking import RELATIVE_TOLERANCE, view
from negotiate_rt.problems.worths import Worths

_LONGEST = 1 << 20  # sums in one list: 8 MB
_MOST_PAIRS = 1 << 27  # that are added one by one where the sums lie on a lattice: half a second
_MERGED = 1e-13  # of the largest magnitude: sums closer than this are one; rounding differs by some 1e-16 per issue
_MOST_PASSES = 5_000  # most of which bounds cut short
_MOST_WHOLE_PASSES = 500  # some ten seconds at the worst
_FEW_PASSES = 8  # for an answer that only has to be close
_CLOSE = 1e-6  # of the largest magnitude
_PIECE = 1 << 16  # of list A that is met with B at a time: half a megabyte an array
_WINDOW = 4_096  # sums that are sorted at a time while a band is walked

Floats = NDArray[np.float64]


class Found(NamedTuple):
    """A sum, and where it comes from: places in A and B and the choice among the other issues."""

    total: float
    a: int
    b: int
    rest: tuple[int, ...]


class Fold:
    """The distinct sums of some issues, ascending, and which choices lead to each. `worths` by issue, in order."""

    def __init__(self, slack: float) -> None:
        self.slack = slack
        self.positions: list[int] = []
        self.worths: list[Floats] = []
        self.stages: list[Floats] = [np.zeros(1)]

    def __len__(self) -> int:
        return len(self.stages[-1])

    def add(self, position: int, worths: Floats, merged: float) -> bool:
        """Fold one more issue in, and return True; or return False if the sums might be too many."""
        before, distinct = self.stages[-1], np.unique(worths)
        if len(before) * len(distinct) <= _LONGEST:
            sums = np.sort(np.add.outer(before, distinct).ravel())
            kept = sums[np.append(True, np.diff(sums) > merged)]
        elif len(before) * len(distinct) <= _MOST_PAIRS:
            found = lattice_sums(before, distinct, _LONGEST, merged)
            if found is None:
                return False
            kept = found
        else:
            return False
        self.positions.append(position)
        self.worths.append(worths)
        self.stages.append(kept)
        return True

    def take(self, places: NDArray[np.intp] | slice | int) -> Floats:
        """Return the sums at these places."""
        return np.asarray(self.stages[-1][places])

    def search(self, values: Floats) -> NDArray[np.intp]:
        """Return how many sums are below each value."""
        return np.searchsorted(self.stages[-1], values)

    def members(self, place: int) -> Iterator[dict[int, int]]:
        """Iterate over the choices, as {issue's position: place of its value}, that add up to the sum at a place."""
        yield from self._walk(len(self.worths), float(self.stages[-1][place]))

    def _walk(self, depth: int, total: float) -> Iterator[dict[int, int]]:
        if not depth:
            yield {}
            return
        before, worths = self.stages[depth - 1], self.worths[depth - 1]
        rests = total - worths
        at = np.searchsorted(before, rests - self.slack)
        fits = (at < len(before)) & (before[np.minimum(at, len(before) - 1)] <= rests + self.slack)
        for place in np.flatnonzero(fits).tolist():
            for others in self._walk(depth - 1, float(rests[place])):
                yield {**others, self.positions[depth - 1]: place}


class Ladder:
    """The worths of an integer issue on a line, ascending, however many: never listed, as a Fold of one issue."""

    def __init__(self, position: int, part: Worths, sign: float) -> None:
        issue, line = part.issue, part.evaluation
        assert isinstance(issue, IntegerIssue)
        assert isinstance(line, LinearEvaluation)
        self.position, self.size = position, issue.size
        self.falling = sign * line.slope < 0
        first = issue.at(issue.size - 1) if self.falling else issue.low
        self._step = -issue.step if self.falling else issue.step
        self._first, self._line, self._scale = float(first), line, sign * part.weight

    def __len__(self) -> int:
        return self.size

    def take(self, places: NDArray[np.intp] | int) -> Floats:
        """Return the worths at these places."""
        values = self._first + np.asarray(places, dtype=np.float64) * self._step
        return np.asarray(self._scale * (self._line.slope * values + self._line.intercept))

    def search(self, values: Floats) -> NDArray[np.intp]:
        """Return how many worths are below each value."""
        gap = float(abs(self._scale * self._line.slope * self._step))
        if not gap:
            return np.where(values > self.take(0), self.size, 0).astype(np.intp)
        guess = np.clip(np.ceil((values - self.take(0)) / gap), 0, self.size).astype(np.intp)
        for _ in range(2):  # rounding may have missed by one
            guess -= (guess > 0) & (self.take(guess - 1) >= values)
            guess += (guess < self.size) & (self.take(guess) < values)
        return guess

    def members(self, place: int) -> Iterator[dict[int, int]]:
        """Iterate over the one choice that is worth what stands at a place."""
        yield {self.position: self.size - 1 - place if self.falling else place}


class Part(Protocol):
    """What one issue, or a group of issues that constraints tie together, adds: one worth for each of its places."""

    def array(self) -> Floats:
        """Return the worth at every place."""


class Sums:
    """All sums of one worth per part, times `sign`; queries from above, so that sign -1 asks from below. A part is an issue.

    ConfigurationError for an issue of more than a million different worths, unless it is the only one and its worths
    lie on a line.
    """

    def __init__(self, parts: Sequence[Part], sign: float) -> None:
        self.sign = sign
        ladders = {k: part for k, part in enumerate(parts) if isinstance(part, Worths) and _is_ladder(part)}
        most = max(ladders, key=lambda k: ladders[k].issue.size, default=None)
        worths = {k: sign * part.array() for k, part in enumerate(parts) if k != most}
        spread = sum(float(np.abs(one).max()) for one in worths.values())
        if most is not None:
            ladder = Ladder(most, ladders[most], sign)
            spread += float(np.abs(ladder.take(np.array([0, len(ladder) - 1]))).max())
        self.tolerance = max(RELATIVE_TOLERANCE * spread, 1e-300)  # all worths 0: still above nothing
        self.a = Fold(self.tolerance)
        self.b: Fold | Ladder = ladder if most is not None else Fold(self.tolerance)
        self.rest: list[tuple[int, Floats, list[NDArray[np.intp]]]] = []
        for k in sorted(worths, key=lambda k: -len(worths[k])):
            self._fold(k, worths[k], _MERGED * spread)
        ends = [(float(one[1][0]), float(one[1][-1])) for one in self.rest]
        self._least = [self._bottom + sum(low for low, _ in ends[k:]) for k in range(len(ends) + 1)]
        self._most = [self._top + sum(high for _, high in ends[k:]) for k in range(len(ends) + 1)]
        self._middle = [(low + high) / 2 for low, high in zip(self._least, self._most, strict=True)]
        self._rounding = 8 * np.finfo(float).eps * spread

    def below(self, limit: float, strict: bool = False, close: bool = False) -> Found | None:
        """Return the largest sum at or below the limit (strictly below: `strict`), or None.

        Sums within the tolerance of the limit count as at it; one that is that close is taken without looking further.
        close: one within a millionth of the largest magnitude will do, or else what a few passes find.
        ConfigurationError after 5,000 passes, or 500 whole ones, without a certain answer.
        """
        reach = limit if strict else limit + self.tolerance
        enough = limit - (_CLOSE / RELATIVE_TOLERANCE * self.tolerance if close else self.tolerance)
        best: Found | None = None
        whole = 0
        for passes, (rest, c) in enumerate(self._choices(-math.inf, reach)):
            if best is not None and (best.total >= enough or (close and passes >= _FEW_PASSES)):
                break
            if passes >= _MOST_PASSES or whole >= _MOST_WHOLE_PASSES:
                raise ConfigurationError(
                    f"{passes} passes have not told which sum is next to {self.sign * limit}: the space is too large "
                    "and too uneven; discretize it, or ask for a utility that more outcomes reach"
                )
            if best is not None and c + self._top <= best.total:
                continue
            whole += 1
            one = self._pass(limit, strict, rest, c)
            if one is not None and (best is None or one.total > best.total):
                best = one
        return best

    def descending(self, high: float, low: float) -> Iterator[dict[int, int]]:
        """Iterate over all choices {position: place} with low <= sum <= high, the largest sums first, lazily.

        Sums within the tolerance of an end are in, and come in any order where they are that close to each other.
        """
        reach, width = high + self.tolerance, 64 * self.tolerance
        while (found := self.below(reach, strict=True)) is not None and found.total >= low - self.tolerance:
            if self.rest:
                width = self.tolerance
            bottom = max(found.total - width, low - self.tolerance)
            window = self._between(bottom, reach, width)
            while window is None:
                width /= 4
                bottom = max(found.total - width, low - self.tolerance)
                window = self._between(bottom, reach, width)
            count = 0
            for one in window:
                count += 1
                yield from self.members(one)
            if count < _WINDOW // 4:
                width *= 4
            reach = bottom

    def members(self, found: Found) -> Iterator[dict[int, int]]:
        """Iterate over all choices {position: place} that make up a sum."""
        groups = [one[2][k].tolist() for one, k in zip(self.rest, found.rest, strict=True)]
        names = [one[0] for one in self.rest]
        for left in self.a.members(found.a):
            for right in self.b.members(found.b):
                for chosen in itertools.product(*groups):
                    yield {**left, **right, **dict(zip(names, chosen, strict=True))}

    @property
    def _top(self) -> float:
        return float(self.a.take(len(self.a) - 1)) + float(self.b.take(len(self.b) - 1))

    @property
    def _bottom(self) -> float:
        return float(self.a.take(0)) + float(self.b.take(0))

    def _fold(self, position: int, worths: Floats, merged: float) -> None:
        folds = sorted((one for one in (self.a, self.b) if isinstance(one, Fold)), key=len)
        if any(one.add(position, worths, merged) for one in folds):
            return
        distinct = np.unique(worths)
        if len(distinct) <= _LONGEST:
            self.rest.append((position, distinct, [np.flatnonzero(worths == one) for one in distinct]))
        else:
            raise ConfigurationError(
                f"one issue has {len(distinct)} different worths; at most {_LONGEST} can be searched, or any number on one "
                "line: discretize the space"
            )

    def _choices(self, bottom: float, reach: float) -> Iterator[tuple[tuple[int, ...], float]]:
        """Iterate over the choices among the other issues that leave sums between two numbers.

        First those that leave A and B to reach from the middle of their sums, where these lie closest together.
        """
        stack: list[tuple[tuple[int, ...], float]] = [((), 0.0)]
        while stack:
            chosen, c = stack.pop()
            depth = len(chosen)
            if c + self._least[depth] > reach + self._rounding or c + self._most[depth] < bottom - self._rounding:
                continue
            if depth == len(self.rest):
                yield chosen, c
                continue
            wanted = reach - c - self._middle[depth + 1]
            each = self.rest[depth][1]
            stack.extend(((*chosen, k), c + float(each[k])) for k in np.argsort(-np.abs(each - wanted)).tolist())

    def _pass(self, limit: float, strict: bool, rest: tuple[int, ...], c: float) -> Found | None:
        """Return the largest sum that `below` may take, for one choice among the other issues.

        A is run through in pieces, from its middle on: where sums lie close together the first piece meets the limit.
        """
        reach = limit if strict else limit + self.tolerance
        starts = range(0, len(self.a), _PIECE)
        best: Found | None = None
        for start in sorted(starts, key=lambda start: abs(start - len(self.a) // 2)):
            sums = self.a.take(slice(start, start + _PIECE))
            at = self.b.search(reach - c - sums + self._rounding) - 1
            totals = sums + self.b.take(np.maximum(at, 0)) + c
            over = totals >= reach if strict else totals > reach
            if over.any():  # the search is a rounding error generous: where the sum itself is beyond reach, be strict
                at[over] = self.b.search(reach - c - sums[over] - self._rounding) - 1
                totals = sums + self.b.take(np.maximum(at, 0)) + c
            totals[(at < 0) | (totals >= reach if strict else totals > reach)] = -math.inf
            a = int(np.argmax(totals))
            if totals[a] > (-math.inf if best is None else best.total):
                best = Found(float(totals[a]), start + a, int(at[a]), rest)
                if best.total >= limit - self.tolerance:
                    break
        return best

    def _between(self, bottom: float, reach: float, width: float) -> Iterator[Found] | None:
        """Return the sums with bottom <= sum < reach, the largest first; None if they are too many to sort."""
        if self.rest:  # the window is no wider than the tolerance: their order means nothing
            return itertools.chain.from_iterable(
                self._pairs(bottom, reach, rest, c) for rest, c in self._choices(bottom, reach)
            )
        first, last = self._spans(bottom, reach, 0.0)
        if int((last - first).sum()) > 16 * _WINDOW and width > self.tolerance:
            return None
        return iter(sorted(self._pairs(bottom, reach, (), 0.0), key=lambda one: -one.total))

    def _spans(self, bottom: float, reach: float, c: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        sums = self.a.take(slice(None))
        first = self.b.search(bottom - c - sums - self._rounding)
        return first, np.maximum(self.b.search(reach - c - sums + self._rounding), first)

    def _pairs(self, bottom: float, reach: float, rest: tuple[int, ...], c: float) -> Iterator[Found]:
        first, last = self._spans(bottom, reach, c)
        for a in np.flatnonzero(last > first).tolist():
            own = float(self.a.take(a))
            for b in range(int(first[a]), int(last[a])):
                total = own + float(self.b.take(b)) + c
                if bottom <= total < reach:
                    yield Found(total, a, b, rest)


def suffix_sums(worths: Sequence[Floats], merged: float) -> list[memoryview | None]:
    """Return for each k the distinct sums, ascending, of worths[k:]; None where they are more than a million."""
    sums: list[memoryview | None] = [view(np.zeros(1))]
    for one in reversed(worths):
        after, distinct = sums[-1], np.unique(one)
        if after is None or len(after) * len(distinct) > _LONGEST:
            sums.append(None)
            continue
        every = np.sort(np.add.outer(np.asarray(after), distinct).ravel())
        sums.append(view(every[np.append(True, np.diff(every) > merged)]))
    return sums[::-1]


def reaches(sums: memoryview, low: float, high: float) -> bool:
    """Whether one of the ascending sums lies between two numbers."""
    place = bisect_left(sums, low)
    return place < len(sums) and bool(sums[place] <= high)


def _is_ladder(part: Worths) -> bool:
    line = isinstance(part.evaluation, LinearEvaluation) and isinstance(part.issue, IntegerIssue)
    return line and part.issue.size > _LONGEST
