"""Shortlists of outcomes: the first, those bred from what was liked, and the order that rankings, grades or duels give them."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from typing import Literal

from negotiate_rt.problems.issues import Outcome, OutcomeSpace
from negotiate_rt.solutions.mediation.changing import changed

Answer = Literal["first", "second", "either"]

_TRIES = 50  # outcomes bred for each that is wanted, before the list stays short
_CHANGES = 0.5  # how often a mixture of two is changed once more


def first_shortlist(space: OutcomeSpace, size: int, rng: random.Random) -> list[Outcome]:
    """Return all outcomes if there are no more than `size`, else so many different ones, at random."""
    if space.countable and space.size <= size:
        return [space.at(place) for place in range(space.size)]
    return list(dict.fromkeys(space.sample(rng, size, replace=not space.countable)))


def next_shortlist(
    space: OutcomeSpace, ranked: Sequence[Outcome], size: int, rng: random.Random, seen: Collection[Outcome] = ()
) -> list[Outcome]:
    """Return a shortlist bred from the last, best first: its better half mixed issue by issue, two at a time, and half of the
    mixtures changed once more. Nothing in `seen` comes again; so the list may be shorter, or empty. The best stays."""
    parents = list(ranked[: max(1, (len(ranked) + 1) // 2)])
    found: dict[Outcome, None] = {parents[0]: None}
    for _ in range(_TRIES * size):
        if len(found) >= size:
            break
        mother, father = rng.choice(parents), rng.choice(parents)
        child = tuple([rng.choice(pair) for pair in zip(mother, father, strict=True)])
        if space.rules and not space.allows(child):
            child = mother
        if child in found or child in seen or rng.random() < _CHANGES:
            other = changed(space, child, rng)
            child = child if other is None else other
        if child not in seen:
            found[child] = None
    return list(found)


def by_rankings(shortlist: Sequence[Outcome], rankings: Sequence[Sequence[int]]) -> list[Outcome]:
    """Return a shortlist by Borda's count (1781), best first; ties as they stand. rankings: places, best first."""
    scores = [0] * len(shortlist)
    for ranking in rankings:
        for place, one in enumerate(ranking):
            scores[one] += len(ranking) - 1 - place
    return in_order(shortlist, scores)


def by_grades(shortlist: Sequence[Outcome], ballots: Sequence[Sequence[int]]) -> list[Outcome]:
    """Return a shortlist by the total of the grades, best first; ties as they stand."""
    return in_order(shortlist, [sum(grades[place] for grades in ballots) for place in range(len(shortlist))])


def in_order(shortlist: Sequence[Outcome], scores: Sequence[float]) -> list[Outcome]:
    """Return a shortlist by scores, the largest first; ties as they stand."""
    return [shortlist[place] for place in sorted(range(len(shortlist)), key=lambda place: -scores[place])]


class Duels:
    """What parties answered about pairs of a shortlist, and whether each is consistent with itself.

    An answer that contradicts what the same party said before (better than A, which is better than B, and yet worse than B)
    does not count; the earlier ones stand.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.margins = [[0] * size for _ in range(size)]
        self._above: dict[str, list[int]] = {}  # bit k of row j: j is at least as good as k
        self._strictly: dict[str, list[int]] = {}  # bit k of row j: j is better than k

    def pairs(self) -> list[tuple[int, int]]:
        """Return all pairs of places, in the order to ask about them: neighbours first."""
        return [(one, one + gap) for gap in range(1, self.size) for one in range(self.size - gap)]

    def hear(self, party: str, first: int, second: int, answer: Answer) -> bool:
        """Take down an answer; False if it contradicts the party's earlier ones."""
        above = self._above.setdefault(party, [1 << place for place in range(self.size)])
        strictly = self._strictly.setdefault(party, [0] * self.size)
        better, worse = (second, first) if answer == "second" else (first, second)
        if answer == "either":
            if strictly[first] >> second & 1 or strictly[second] >> first & 1:
                return False
            self._join(above, strictly, first, second, False)
            self._join(above, strictly, second, first, False)
            return True
        if above[worse] >> better & 1:
            return False
        self._join(above, strictly, better, worse, True)
        self.margins[better][worse] += 1
        self.margins[worse][better] -= 1
        return True

    def _join(self, above: list[int], strictly: list[int], better: int, worse: int, strict: bool) -> None:
        """Note that one is as good as or better than another, with all that follows."""
        for upper in range(self.size):
            if above[upper] >> better & 1:
                beaten = above[worse] if strict or strictly[upper] >> better & 1 else strictly[worse]
                above[upper] |= above[worse]
                strictly[upper] |= beaten

    def order(self, shortlist: Sequence[Outcome]) -> list[Outcome]:
        """Return the shortlist by Copeland's score (1951), the duels won and half of those drawn; among ties by the sum of
        margins, then as they stand."""
        scores = [
            (sum(1.0 if margin > 0 else 0.5 if margin == 0 else 0.0 for margin in row), sum(row)) for row in self.margins
        ]
        return [shortlist[place] for place in sorted(range(self.size), key=lambda place: (-scores[place][0], -scores[place][1]))]
