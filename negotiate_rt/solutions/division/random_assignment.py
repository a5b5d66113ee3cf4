"""Probabilistic serial: a lottery over who gets which item, that nobody envies and that wastes no chance."""

from __future__ import annotations

from fractions import Fraction

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.goods import Bundle, DivisionProblem, Item, Party


def probabilistic_serial(problem: DivisionProblem) -> dict[Party, dict[Item, Fraction]]:
    """Return each party's chance of each item: all eat at the same speed, each the best item of which something is left.

    Bogomolnaia and Moulin (2001): envy-free and efficient for all worths that agree with the same rankings. Rankings are read off
    the worths, ties by the items' order; with as many items as parties each gets one in all. Exact in fractions.
    """
    rows = problem.rows()
    rankings = [sorted(range(len(problem.items)), key=lambda item: (-row[item], item)) for row in rows]
    left = [Fraction(1)] * len(problem.items)
    shares: list[dict[Item, Fraction]] = [{} for _ in rows]
    while any(left):
        eaten = [next(item for item in ranking if left[item]) for ranking in rankings]
        time = min(left[item] / eaten.count(item) for item in set(eaten))
        for party, item in enumerate(eaten):
            name = problem.items[item]
            shares[party][name] = shares[party].get(name, Fraction()) + time
            left[item] -= time
    return dict(zip(problem.parties, shares, strict=True))


def assignment_lottery(
    problem: DivisionProblem, shares: dict[Party, dict[Item, Fraction]]
) -> list[tuple[Fraction, dict[Party, Bundle]]]:
    """Return allocations of one item each, with probabilities, that give every party its shares as chances.

    Birkhoff (1946) and von Neumann: at most n**2 - 2n + 2 of them. ConfigurationError unless there are as many items as parties
    and all shares of a party, and of an item, add up to 1.
    """
    chances = problem.shares(shares)
    sums = [sum(one.values()) for one in chances.values()]
    sums += [sum(one.get(item, 0) for one in chances.values()) for item in problem.items]
    if any(total != 1 for total in sums):
        raise ConfigurationError("lottery: the shares of each party and of each item must add up to exactly 1")
    rows = {party: dict(one) for party, one in chances.items()}
    found: list[tuple[Fraction, dict[Party, Bundle]]] = []
    while any(rows.values()):
        match = _matching(rows)
        chance = min(rows[party][item] for party, item in match.items())
        found.append((chance, {party: frozenset({item}) for party, item in match.items()}))
        for party, item in match.items():
            rows[party][item] -= chance
            if not rows[party][item]:
                del rows[party][item]
    return found


def _matching(rows: dict[Party, dict[Item, Fraction]]) -> dict[Party, Item]:
    owner: dict[Item, Party] = {}

    def find(party: Party, seen: set[Item]) -> bool:
        for item in rows[party]:
            if item not in seen:
                seen.add(item)
                if item not in owner or find(owner[item], seen):
                    owner[item] = party
                    return True
        return False

    for party in rows:
        find(party, set())
    return {party: item for item, party in owner.items()}
