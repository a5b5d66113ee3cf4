"""Whole items one after the other: round robin and envy-cycle elimination, both fair up to one item."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.goods import Bundle, DivisionProblem, Item, Party


def round_robin(problem: DivisionProblem, order: Iterable[Party] | None = None) -> dict[Party, Bundle]:
    """Return what the parties pick in turns, each time the item worth most to the one whose turn it is; EF1.

    order: who is first, second, ...; by default the problem's. Among equal items the first is picked. Mixed items go in two
    turns (Aziz, Caragiannis, Igarashi and Walsh 2022): first what nobody likes, padded so that all pick as often, then
    what is left, in the opposite order, where who wants nothing more passes. Additive worths. Cost: O(n m + m**2).
    """
    parties = _order(problem, order)
    rows = dict(zip(problem.parties, problem.rows(), strict=True))
    worth = {party: dict(zip(problem.items, row, strict=True)) for party, row in rows.items()}
    picked: dict[Party, list[Item]] = {party: [] for party in problem.parties}
    left = list(problem.items)
    if problem.kind == "mixed":
        chores = [item for item in left if all(worth[party][item] <= 0 for party in parties)]
        left = [item for item in left if item not in chores]
        idle = -len(chores) % len(parties)  # turns at which somebody picks a thing worth nothing: the first ones would
        turn = 0
        while chores:
            party = parties[turn % len(parties)]
            best = max(chores, key=lambda item: worth[party][item])
            turn += 1
            if idle and worth[party][best] < 0:
                idle -= 1
                continue
            picked[party].append(best)
            chores.remove(best)
        _pick_wanted(parties[::-1], worth, left, picked)
    else:
        for turn in range(len(left)):
            party = parties[turn % len(parties)]
            best = max(left, key=lambda item: worth[party][item])
            picked[party].append(best)
            left.remove(best)
    return {party: frozenset(items) for party, items in picked.items()}


def _pick_wanted(
    parties: list[Party], worth: dict[Party, dict[Item, Fraction]], left: list[Item], picked: dict[Party, list[Item]]
) -> None:
    turn = 0
    while left:
        party = parties[turn % len(parties)]
        best = max(left, key=lambda item: worth[party][item])
        turn += 1
        if worth[party][best] > 0:
            picked[party].append(best)
            left.remove(best)


def envy_cycle_elimination(problem: DivisionProblem, order: Iterable[Item] | None = None) -> dict[Party, Bundle]:
    """Return an EF1 allocation of goods: each item to somebody whom nobody envies, after bundles went round along envy.

    Lipton, Markakis, Mossel and Saberi (2004); for any worths that never fall as bundles grow. order: of the items. Chores
    (additive): each to somebody who envies nobody, after everybody moved to the bundle it likes best around a cycle (Bhaskar,
    Sricharan and Vaish 2021). Ties: the first party. ConfigurationError for mixed items. Cost: O(m n**3) worths.
    """
    items = list(problem.items if order is None else order)
    if len(items) != len(problem.items) or set(items) != set(problem.items):
        raise ConfigurationError(f"order: expected each item once, of {list(problem.items)}")
    kind = problem.kind
    if kind == "mixed":
        raise ConfigurationError("envy-cycle elimination: expected goods or chores, not both; round_robin takes mixed items")
    held: dict[Party, Bundle] = {party: frozenset() for party in problem.parties}
    for item in items:
        while True:
            envied = _envy(problem, held, favourites=kind == "chores")
            free = unenvied(problem.parties, envied) if kind == "goods" else [one for one in problem.parties if not envied[one]]
            if free:
                break
            cycle = envy_cycle(problem.parties, envied, back=kind == "goods")
            moved = {one: held[two] for one, two in zip(cycle, [*cycle[1:], cycle[0]], strict=True)}
            held.update(moved)
        held[free[0]] |= {item}
    return held


def _envy(problem: DivisionProblem, held: dict[Party, Bundle], favourites: bool) -> dict[Party, list[Party]]:
    """Return whom each party envies; `favourites`: only those whose bundle it likes best of all."""
    found: dict[Party, list[Party]] = {}
    for party in problem.parties:
        worths = {other: problem.worth(party, bundle) for other, bundle in held.items()}
        found[party] = [other for other in problem.parties if worths[other] > worths[party]]
        if favourites and found[party]:
            best = max(worths.values())
            found[party] = [other for other in found[party] if worths[other] == best]
    return found


def unenvied(parties: Sequence[Party], envied: Mapping[Party, Sequence[Party]]) -> list[Party]:
    """Return whom nobody envies. envied: by party, whom it envies."""
    anybody = {other for others in envied.values() for other in others}
    return [party for party in parties if party not in anybody]


def envy_cycle(parties: Sequence[Party], envied: Mapping[Party, Sequence[Party]], back: bool) -> list[Party]:
    """Return parties each of which envies the next, the last the first. One exists if all are envied (back), or all envy."""
    walk = [parties[0]]
    while True:
        here = walk[-1]
        following = next(one for one in parties if here in envied[one]) if back else envied[here][0]
        if following in walk:
            found = walk[walk.index(following) :]
            return found[::-1] if back else found
        walk.append(following)


def _order(problem: DivisionProblem, order: Iterable[Party] | None) -> list[Party]:
    parties = list(problem.parties if order is None else order)
    if len(parties) != len(problem.parties) or set(parties) != set(problem.parties):
        raise ConfigurationError(f"order: expected each party once, of {list(problem.parties)}")
    return parties
