"""Voting rules: from rankings of alternatives to the one that wins.

A ranking names all alternatives, best first. Each rule first finds who is tied at the top; `vote` takes of these the one that
stands first in the list of alternatives, so that a rule is a function of the rankings alone. With three or more alternatives that
can win, every such rule is a dictatorship or can be manipulated (Gibbard 1973; Satterthwaite 1975); where preferences are
single-peaked, the median rule cannot (Black 1948; Moulin 1980).
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeAlias

from negotiate_rt.errors import ConfigurationError, suggest

Alternative: TypeAlias = Any  # any hashable name
Ranking: TypeAlias = tuple[Alternative, ...]
Rankings: TypeAlias = Sequence[Ranking]


def plurality(rankings: Rankings, alternatives: Sequence[Alternative]) -> list[Alternative]:
    """Return who is ranked first most often."""
    return _most(Counter(ranking[0] for ranking in rankings), alternatives)


def borda(rankings: Rankings, alternatives: Sequence[Alternative]) -> list[Alternative]:
    """Return who gets most points: of m alternatives the first in a ranking gets m - 1, the last 0 (Borda 1781)."""
    points: Counter[Alternative] = Counter()
    for ranking in rankings:
        for place, one in enumerate(ranking):
            points[one] += len(ranking) - 1 - place
    return _most(points, alternatives)


def copeland(rankings: Rankings, alternatives: Sequence[Alternative]) -> list[Alternative]:
    """Return who wins most duels by majority, a drawn one counting half (Copeland 1951). A Condorcet winner wins alone."""
    score: Counter[Alternative] = Counter()
    for one, two in itertools.combinations(alternatives, 2):
        margin = sum(1 if ranking.index(one) < ranking.index(two) else -1 for ranking in rankings)
        score[one] += 1 + (margin > 0) - (margin < 0)
        score[two] += 1 + (margin < 0) - (margin > 0)
    return _most(score, alternatives)


def instant_runoff(rankings: Rankings, alternatives: Sequence[Alternative]) -> list[Alternative]:
    """Return who is left when, again and again, the one that fewest rank first among those left is struck (Hare).

    It ends as soon as somebody is first on more than half of the rankings. Of several that fewest rank first, the one that
    stands last in the list of alternatives is struck.
    """
    left = list(alternatives)
    while len(left) > 1:
        firsts = Counter(next(one for one in ranking if one in left) for ranking in rankings)
        top = max(left, key=lambda one: firsts[one])
        if 2 * firsts[top] > len(rankings):
            return [top]
        fewest = min(firsts[one] for one in left)
        left.remove(next(one for one in reversed(left) if firsts[one] == fewest))
    return left


def median(rankings: Rankings, alternatives: Sequence[Alternative]) -> list[Alternative]:
    """Return the median of the voters' best alternatives, in the order of the list of alternatives (Black 1948).

    With an even number of voters the lower of the two in the middle. Only tops count.
    """
    places = {one: place for place, one in enumerate(alternatives)}
    tops = sorted(places[ranking[0]] for ranking in rankings)
    return [alternatives[tops[(len(tops) - 1) // 2]]]


def dictatorship(rankings: Rankings, alternatives: Sequence[Alternative]) -> list[Alternative]:
    """Return what the first voter ranks first."""
    return [rankings[0][0]]


RULES: dict[str, Callable[[Rankings, Sequence[Alternative]], list[Alternative]]] = {
    "plurality": plurality, "borda": borda, "copeland": copeland, "instant-runoff": instant_runoff, "median": median,
    "dictatorship": dictatorship,
}  # fmt: skip
"""The rules by name; each takes checked rankings and alternatives and returns all that are tied at the top."""

Rule: TypeAlias = str | Callable[[Rankings], Alternative]


def vote(rule: str, rankings: Rankings, alternatives: Sequence[Alternative] = ()) -> Alternative:
    """Return the winner of an election by a rule's name; ties go to whoever stands first in the list of alternatives.

    alternatives: all of them, in order (default: as the first ranking, sorted where they can be). Raises ConfigurationError
    for an unknown rule, no rankings, and rankings that do not name every alternative once.
    """
    if rule not in RULES:
        raise ConfigurationError(f"unknown voting rule {rule!r}; there are {', '.join(RULES)}{suggest(str(rule), RULES)}")
    if not rankings:
        raise ConfigurationError("an election needs one or more rankings")
    known = check_alternatives(alternatives or _in_order(rankings[0]))
    checked = [check_ranking(one, known, f"rankings[{place}]") for place, one in enumerate(rankings)]
    return RULES[rule](checked, known)[0]


def condorcet_winner(rankings: Rankings) -> Alternative | None:
    """Return who beats each other alternative by a majority of the rankings, or None if nobody does."""
    if not rankings:
        return None
    known = check_alternatives(rankings[0])
    checked = [check_ranking(one, known, f"rankings[{place}]") for place, one in enumerate(rankings)]

    def beats(one: Alternative, other: Alternative) -> bool:
        return 2 * sum(ranking.index(one) < ranking.index(other) for ranking in checked) > len(checked)

    return next((one for one in known if all(beats(one, other) for other in known if other != one)), None)


def all_rankings(alternatives: Sequence[Alternative]) -> tuple[Ranking, ...]:
    """Return every ranking: m! of them."""
    return tuple(itertools.permutations(check_alternatives(alternatives)))


def single_peaked_rankings(alternatives: Sequence[Alternative]) -> tuple[Ranking, ...]:
    """Return the rankings that fall on both sides of a peak, along the order of the list: 2^(m-1) of them."""
    known = check_alternatives(alternatives)
    found = []
    for steps in itertools.product((False, True), repeat=len(known) - 1):
        low, high = 0, len(known) - 1
        worst_first = []
        for from_below in steps:
            worst_first.append(known[low if from_below else high])
            low, high = (low + 1, high) if from_below else (low, high - 1)
        found.append((known[low], *reversed(worst_first)))
    return tuple(sorted(found, key=lambda ranking: [known.index(one) for one in ranking]))


def check_alternatives(alternatives: Sequence[Alternative]) -> tuple[Alternative, ...]:
    """Return alternatives as a tuple. Raises ConfigurationError unless there are some, all different."""
    if isinstance(alternatives, (str, bytes)) or not isinstance(alternatives, Sequence) or not alternatives:
        raise ConfigurationError(f"alternatives must be a list of one or more names, got {alternatives!r}")
    if not all(isinstance(one, Hashable) for one in alternatives):
        raise ConfigurationError(f"alternatives must be names (hashable), got {alternatives!r}")
    if len(set(alternatives)) < len(alternatives):
        raise ConfigurationError(f"alternatives must differ, got {', '.join(map(str, alternatives))}")
    return tuple(alternatives)


def check_ranking(ranking: Any, alternatives: Sequence[Alternative], path: str) -> Ranking:
    """Return a ranking as a tuple. Raises ConfigurationError unless it names every alternative once."""
    given = tuple(ranking) if isinstance(ranking, (list, tuple)) else ()
    if len(given) != len(alternatives) or any(one not in given for one in alternatives):
        raise ConfigurationError(f"{path} must name each of {', '.join(map(str, alternatives))} once, got {ranking!r}")
    return given


def _in_order(ranking: Any) -> Sequence[Alternative]:
    try:
        return sorted(ranking)
    except TypeError:
        return tuple(ranking) if isinstance(ranking, (list, tuple)) else ()


def _most(score: Counter[Alternative], alternatives: Sequence[Alternative]) -> list[Alternative]:
    best = max(score[one] for one in alternatives)
    return [one for one in alternatives if score[one] == best]
