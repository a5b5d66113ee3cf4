"""Trades that make somebody better off and nobody worse: of shares along a cycle, of whole goods by moves and swaps.

An allocation of divisible goods is Pareto-optimal exactly if nobody holds what is worth nothing to it and something to another,
and no cycle of parties can pass goods on so that each is made up for and the first gains: with r_ij the least
v_i(k)/v_j(k) over goods k that i holds some of, no cycle has a product of r below 1 (Sandomirskiy and Segal-Halevi 2022). That
is decided exactly, without a linear program. If it holds, no allocation of whole goods is better, either.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise, permutations
from math import prod

import msgspec

from negotiate_rt.problems.exact import Exact
from negotiate_rt.problems.goods import ROUNDING, Bundle, DivisionProblem, Item, Party, Shares


class Improvement(msgspec.Struct, frozen=True, kw_only=True):
    """Another allocation, and what each party's part was and would be worth to it. Without worths: nothing was decided."""

    allocation: dict[Party, Bundle] | dict[Party, dict[Item, Exact]]
    worths: dict[Party, tuple[Exact, Exact]]


class _Goods:
    """Goods in shares: who holds how much of what, and what it is worth to whom."""

    def __init__(self, problem: DivisionProblem, shares: Mapping[Party, Shares]) -> None:
        self.problem = problem
        rows = zip(problem.parties, problem.rows(), strict=True)
        self.worth = {party: dict(zip(problem.items, row, strict=True)) for party, row in rows}
        self.held = {party: {item: share for item, share in one.items() if share} for party, one in shares.items()}
        self.levels = {party: problem.worth(party, one) for party, one in shares.items()}

    def told(self, held: Mapping[Party, Shares]) -> Improvement:
        """Return other shares as an improvement."""
        told = self.problem.told
        worths = {party: (told(self.levels[party]), told(self.problem.worth(party, one))) for party, one in held.items()}
        shares = {party: {item: told(share) for item, share in one.items() if share} for party, one in held.items()}
        return Improvement(allocation=shares, worths=worths)


def share_trade(problem: DivisionProblem, shares: Mapping[Party, Shares]) -> Improvement | None:
    """Return shares of goods that are better for somebody and worse for nobody, None if there are none.

    Exact for exact worths, else to one part in 10**9. Additive worths, none negative. Cost: O(n**2 m + n**4) fractions.
    """
    goods = _Goods(problem, shares)
    spare = {item: 1 - sum((one.get(item, Fraction()) for one in shares.values()), Fraction()) for item in problem.items}
    slack = Fraction() if problem.exact else ROUNDING
    for item, left in spare.items():
        taker = max(problem.parties, key=lambda party: goods.worth[party][item])
        if left > slack and goods.worth[taker][item]:
            return goods.told(_moved(goods.held, None, taker, item, left))
    for party, one in goods.held.items():
        for item, share in one.items():
            taker = max(problem.parties, key=lambda other: goods.worth[other][item])
            if not goods.worth[party][item] and goods.worth[taker][item] and share > slack:
                return goods.told(_moved(goods.held, party, taker, item, share))
    cycle = _cycle(goods, 1 - slack)
    return None if cycle is None else goods.told(_passed_on(goods, cycle))


def whole_trade(problem: DivisionProblem, bundles: Mapping[Party, Bundle]) -> Improvement | None:
    """Return whole goods that are better for somebody and worse for nobody after one moved, or two changed places; None if there
    is no such trade. Additive worths, none negative. Cost: O(m**2)."""
    goods = _Goods(problem, {party: dict.fromkeys(bundle, Fraction(1)) for party, bundle in bundles.items()})
    owner = {item: party for party, bundle in bundles.items() for item in bundle}
    slack = {party: problem.slack(party) for party in problem.parties}
    for item in problem.items:
        mine = owner.get(item)
        for other in problem.parties:
            costless = mine is None or (mine != other and not goods.worth[mine][item])
            if costless and goods.worth[other][item] > slack[other]:
                return _whole(goods, bundles, {item: other})
    placed = [item for item in problem.items if item in owner]
    for place, item in enumerate(placed):
        one = owner[item]
        for swapped in placed[place + 1 :]:
            two = owner[swapped]
            if one == two:
                continue
            gain_one = goods.worth[one][swapped] - goods.worth[one][item]
            gain_two = goods.worth[two][item] - goods.worth[two][swapped]
            if gain_one >= 0 and gain_two >= 0 and (gain_one > slack[one] or gain_two > slack[two]):
                return _whole(goods, bundles, {item: two, swapped: one})
    return None


def _whole(goods: _Goods, bundles: Mapping[Party, Bundle], new: Mapping[Item, Party]) -> Improvement:
    held = {party: (bundle - set(new)) | {item for item, taker in new.items() if taker == party}
            for party, bundle in bundles.items()}  # fmt: skip
    told = goods.problem.told
    worths = {party: (told(goods.levels[party]), told(goods.problem.worth(party, one))) for party, one in held.items()}
    return Improvement(allocation={party: frozenset(one) for party, one in held.items()}, worths=worths)


def _moved(
    held: Mapping[Party, Shares], giver: Party | None, taker: Party, item: Item, share: Fraction
) -> dict[Party, Shares]:
    after = {party: dict(one) for party, one in held.items()}
    if giver is not None:
        after[giver][item] -= share
    after[taker][item] = after[taker].get(item, Fraction()) + share
    return after


Edges = dict[tuple[Party, Party], tuple[Fraction, Item]]


def _edges(goods: _Goods) -> Edges:
    """Return, for each pair that can trade, the least ratio of a good's worth to its holder and to the other; and the good."""
    parties = goods.problem.parties
    edges: Edges = {}
    for one, two in permutations(parties, 2):
        mine, theirs = goods.worth[one], goods.worth[two]
        ratios = [(mine[item] / theirs[item], place, item) for place, item in enumerate(goods.held[one]) if theirs[item]]
        if ratios:
            ratio, _, item = min(ratios)
            edges[one, two] = (ratio, item)
    return edges


def _cycle(goods: _Goods, below: Fraction) -> list[tuple[Party, Item]] | None:
    """Return (who gives, which good) around a cycle along which the ratios multiply to less than `below`, None without one.

    Relaxes products as Bellman and Ford do sums; a cycle shows in who came before whom, in the n-th round at the latest.
    """
    edges, parties = _edges(goods), goods.problem.parties
    reach = dict.fromkeys(parties, Fraction(1))
    came: dict[Party, Party] = {}
    for _ in range(len(parties) + 1):
        last = None
        for (one, two), (ratio, _) in edges.items():
            if reach[one] * ratio < reach[two] * below:
                reach[two], came[two], last = reach[one] * ratio, one, two
        if last is None:
            return None
        pairs = _ring(came, last)
        if pairs and prod((edges[pair][0] for pair in pairs), start=Fraction(1)) < below:
            return [(one, edges[one, two][1]) for one, two in pairs]
    return None


def _ring(came: Mapping[Party, Party], last: Party) -> list[tuple[Party, Party]]:
    """Return the steps of the ring that one comes to by going back from `last`, in order; nothing if there is none."""
    walk = [last]
    while walk[-1] in came:
        before = came[walk[-1]]
        if before in walk:
            ring = walk[walk.index(before) :][::-1]
            return list(pairwise([*ring, ring[0]]))
        walk.append(before)
    return []


def _passed_on(goods: _Goods, cycle: list[tuple[Party, Item]]) -> dict[Party, Shares]:
    """Return the shares after as much as possible was passed on around a cycle: all but the first get as much as they give."""
    amounts: list[Fraction] = []
    amount = Fraction(1)
    for place, (giver, item) in enumerate(cycle):
        if place:
            got = cycle[place - 1][1]
            amount = amounts[-1] * goods.worth[giver][got] / goods.worth[giver][item]
        amounts.append(amount)
    most = min(goods.held[giver][item] / part for (giver, item), part in zip(cycle, amounts, strict=True))
    held = {party: dict(one) for party, one in goods.held.items()}
    for place, ((giver, item), part) in enumerate(zip(cycle, amounts, strict=True)):
        taker = cycle[(place + 1) % len(cycle)][0]
        held[giver][item] -= part * most
        held[taker][item] = held[taker].get(item, Fraction()) + part * most
    return held
