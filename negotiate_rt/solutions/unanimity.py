"""Three or more parties divide a pie by alternating offers that all must accept.

They propose in turn, in a fixed order, and the others answer one after the other. In a stationary equilibrium the party
that is d turns away from proposing accepts k^d of what it gets as the proposer (plus what a breakdown gives on the
way), and the proposer of each period takes the rest: n linear equations. With one discount δ for all the shares are
(1, δ, ..., δ^(n-1)) / (1 + δ + ... + δ^(n-1)) (Herrero 1985; Osborne and Rubinstein, "Bargaining and markets", 1990, 3.13).

It is not the only equilibrium: for δ > 1/(n-1) every division, agreed at once, is subgame-perfect (Shaked, in Sutton 1986;
Herrero 1985): whoever refuses a deviating offer is promised everything. Before a horizon, backward induction is unique.
"""

from __future__ import annotations

from fractions import Fraction

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.solutions.terms import AlternatingOffers, Number, PerParty, Stakes, size_of_pie

Shares = tuple[Number, ...]


class UnanimityShares(msgspec.Struct, frozen=True, kw_only=True):
    """How n parties divide a pie.

    shares: what the parties get, in order of party. table: one row per period (without a horizon one per proposer, repeated):
    how the proposer of that period divides the pie, which is also the least that each accepts. every_division: whether other
    equilibria are known to support every division (only without a horizon and if all δ >= 1/(n-1)).
    """

    shares: Shares
    table: tuple[Shares, ...]
    proposer: int
    pie: Number
    horizon: int | None
    unique: bool
    every_division: bool
    definition: str
    disagreement: str
    ties: str = "an indifferent responder accepts"


def unanimity(game: AlternatingOffers | PerParty, pie: Number = 1, *, parties: int | None = None) -> UnanimityShares:
    """Return the division of a pie by n >= 2 parties under unanimity: stationary, or by backward induction before a horizon.

    game: rules with discounts or impatience (one per party, or one number and `parties`) and, if wanted, a risk of
    breakdown with payoffs >= 0; discounts alone are taken as well. All numbers fractions or whole: so is the answer, else each
    share is right to the last few bits, however near the discounts are to 1. Cost: O(n^3), with a horizon O(n · horizon).
    ConfigurationError for costs or outside options, or without a horizon if two parties or more wait for nothing (δ = 1).
    """
    if not isinstance(game, AlternatingOffers):
        game = AlternatingOffers(discounts=game)
    pie = size_of_pie(pie)
    exact = game.is_exact(pie)
    count = _count(game, parties)
    stakes = game.stakes(count, exact=exact)
    _check(game, stakes, pie)
    size: Number = Fraction(pie) if exact else float(pie)
    table = _stationary(size, stakes, game) if game.horizon is None else _backwards(size, stakes, game)
    if not exact:
        table = [tuple(float(one) for one in row) for row in table]
    patient = game.horizon is None and count > 2 and all(one.keep * (count - 1) >= 1 for one in stakes)
    ended = "stationary " if game.horizon is None else ""
    return UnanimityShares(
        shares=table[0], table=tuple(table), proposer=game.first, pie=size if exact else float(pie), horizon=game.horizon,
        unique=game.horizon is not None or count == 2, every_division=patient,
        definition=f"{ended}subgame-perfect equilibrium of alternating offers under unanimity, {count} parties (Herrero 1985)",
        disagreement=f"breakdown payoffs {game.breakdown_payoffs}" if game.breakdown else "0 for never agreeing",
    )  # fmt: skip


def _count(game: AlternatingOffers, parties: int | None) -> int:
    given = [len(one) for one in (game.discounts, game.impatience, game.breakdown_payoffs) if isinstance(one, tuple)]
    count = parties if parties is not None else given[0] if given else None
    if count is None or isinstance(count, bool) or not isinstance(count, int) or count < 2:
        raise ConfigurationError("say how many parties there are, at least 2: one discount each, or parties=n")
    return count


def _check(game: AlternatingOffers, stakes: tuple[Stakes, ...], pie: Number) -> None:
    if any(one.option is not None for one in stakes):
        raise ConfigurationError("outside options are solved for two parties only: see `rubinstein`")
    costs = game.costs if isinstance(game.costs, tuple) else (game.costs,)
    if any(costs):
        raise ConfigurationError("fixed costs are solved for two parties only: see `rubinstein`")
    if any(one.add < 0 or one.deadline < 0 for one in stakes):
        raise ConfigurationError("breakdown and deadline payoffs must be >= 0 here, so that shares are")
    for name, total in (
        ("breakdown_payoffs", sum(one.add for one in stakes) / game.breakdown if game.breakdown else 0),
        ("deadline_payoffs", sum(one.deadline for one in stakes) if game.horizon else 0),
    ):
        if total > pie:
            raise ConfigurationError(f"{name} must not exceed the pie {pie} in total: nothing to bargain over")
    if game.horizon is None and sum(one.lose == 0 for one in stakes) > 1:
        raise ConfigurationError(
            "two or more parties lose nothing by waiting (discount 1): their shares are indeterminate"
        )


def _stationary(pie: Number, stakes: tuple[Stakes, ...], game: AlternatingOffers) -> list[Shares]:
    """Return how each proposer divides the pie.

    Above what waiting for ever gives, f_j = e_j / (1-k_j), a share shrinks by k_j a turn: y_j = k_j^d · v_j, and the y of each
    period add up to pie - sum of f. Two neighbouring periods' sums, subtracted, say that w_j = (1-k_j)·v_j is the stationary
    distribution of a chain that goes from j to i at rate k_j^((j-i-1) mod n), which is found without any subtraction.
    """
    count = len(stakes)
    never = [one.add / one.lose if one.lose else 0 for one in stakes]
    rates = [[one.keep ** ((at - to - 1) % count) for to in range(count)] for at, one in enumerate(stakes)]
    smallest = min(one.lose for one in stakes)
    flow = _stationary_distribution(rates)
    if smallest:
        demands = [mass * (smallest / one.lose) for mass, one in zip(flow, stakes, strict=True)]
    else:  # whoever loses nothing by waiting gets all
        demands = [mass if not one.lose else 0 for mass, one in zip(flow, stakes, strict=True)]
    table = []
    for period in range(1, count + 1):
        proposer = game.proposer(period, count)
        row = [one.keep ** ((at - proposer) % count) * demands[at] for at, one in enumerate(stakes)]
        part = (pie - sum(never)) / sum(row)
        table.append(tuple(one * part + least for one, least in zip(row, never, strict=True)))
    return table


def _stationary_distribution(rates: list[list[Number]]) -> list[Number]:
    """Return the unnormalised stationary distribution of a chain by its rates (the diagonal is ignored).

    Grassmann, Taksar and Heyman 1985: elimination without subtraction, so that each entry is right to the last few bits.
    """
    count = len(rates)
    for last in range(count - 1, 0, -1):
        leaving = sum(rates[last][:last])
        for at in range(last):
            share = rates[at][last] = rates[at][last] / leaving
            row, onward = rates[at], rates[last]
            row[:last] = [one + share * other for one, other in zip(row[:last], onward[:last], strict=True)]
    found: list[Number] = [Fraction(1)]
    for at in range(1, count):
        found.append(sum((found[to] * rates[to][at] for to in range(at)), Fraction(0)))
    return found


def _backwards(pie: Number, stakes: tuple[Stakes, ...], game: AlternatingOffers) -> list[Shares]:
    count = len(stakes)
    waiting: list[Number] = [one.deadline for one in stakes]
    table: list[Shares] = []
    assert game.horizon is not None  # `unanimity` asks only then
    for period in range(game.horizon, 0, -1):
        proposer = game.proposer(period, count)
        others = sum(value for party, value in enumerate(waiting) if party != proposer)
        row = tuple(pie - others if party == proposer else value for party, value in enumerate(waiting))
        table.append(row)
        waiting = [one.keep * value + one.add for one, value in zip(stakes, row, strict=True)]
    return table[::-1]
