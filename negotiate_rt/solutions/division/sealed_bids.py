"""Knaster's sealed bids: whole items and money, so that everybody gets more than an equal part of all as it sees it."""

from __future__ import annotations

from fractions import Fraction

import msgspec

from negotiate_rt.problems.exact import Exact
from negotiate_rt.problems.goods import Bundle, DivisionProblem, Party


class SealedBids(msgspec.Struct, frozen=True, kw_only=True):
    """Who gets which items, and pays how much (received, if negative); payments add up to 0.

    fair_shares: a party's bids for everything, divided by the number of parties. surplus: what was left after each had its
    fair share, divided equally.
    """

    allocation: dict[Party, Bundle]
    payments: dict[Party, Exact]
    fair_shares: dict[Party, Exact]
    surplus: Exact


def knaster(problem: DivisionProblem) -> SealedBids:
    """Return the division by sealed bids (Knaster; Steinhaus 1948): each item to its highest bidder, made up for in money.

    A party that gets more than its fair share, by its own bids, pays the difference, who gets less receives it; what is then
    left is divided equally. Proportional for honest bidders with money enough, and never in need of money from outside.
    Among equal bids the party named first gets the item. Chores are bids below 0. Exact in fractions. Cost: O(n m).
    """
    rows, parties = problem.rows(), problem.parties
    owners = [max(range(len(parties)), key=lambda one: (rows[one][place], -one)) for place in range(len(problem.items))]
    fair = [sum(row, Fraction()) / len(parties) for row in rows]
    held = [sum((row[place] for place, who in enumerate(owners) if who == one), Fraction()) for one, row in enumerate(rows)]
    surplus = sum(held, Fraction()) - sum(fair, Fraction())
    pays = [got - due - surplus / len(parties) for got, due in zip(held, fair, strict=True)]
    bundles = [frozenset(item for item, who in zip(problem.items, owners, strict=True) if who == one)
               for one in range(len(parties))]  # fmt: skip
    return SealedBids(
        allocation=dict(zip(parties, bundles, strict=True)), surplus=problem.told(surplus),
        payments={party: problem.told(amount) for party, amount in zip(parties, pays, strict=True)},
        fair_shares={party: problem.told(amount) for party, amount in zip(parties, fair, strict=True)},
    )  # fmt: skip
