"""Two parties: adjusted winner, and divide and choose over whole items."""

from __future__ import annotations

from fractions import Fraction

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.exact import Exact
from negotiate_rt.problems.goods import Bundle, DivisionProblem, Item, Party
from negotiate_rt.solutions.division.maximin import maximin_partition


class AdjustedWinner(msgspec.Struct, frozen=True, kw_only=True):
    """What adjusted winner gives: shares of each item by party, at most one item split.

    points: what each party's shares are worth to it, of 100 for all items; the same for both. split: the item that is
    split, None if none is. transfers: items in the order in which they were considered for handing over, with the share handed.
    """

    shares: dict[Party, dict[Item, Exact]]
    points: dict[Party, Exact]
    split: Item | None
    transfers: tuple[tuple[Item, Exact], ...]


def adjusted_winner(problem: DivisionProblem) -> AdjustedWinner:
    """Return the division of goods between two parties that is envy-free, equitable and efficient, with one item split at most.

    Brams and Taylor (1996). Worths are scaled to 100 points for each party. Each item first goes to whoever gives it more
    points (if equal, to the first party); then the party with more points hands items over, those first whose ratio of its
    points to the other's is smallest, the last of them in part, until both have as many. An item that the other gives no points
    is never handed over. Items that both give none stay with the first party. Exact in fractions. Cost: O(items log items).
    ConfigurationError unless there are two parties, goods only, and each gives some item points.
    """
    if len(problem.parties) != 2:
        raise ConfigurationError(f"adjusted winner is for two parties, got {len(problem.parties)}")
    rows = problem.rows()
    if problem.kind != "goods":
        raise ConfigurationError("adjusted winner is for goods: no worth may be negative")
    for party, row in zip(problem.parties, rows, strict=True):
        if not sum(row):
            raise ConfigurationError(f"adjusted winner: {party!r} gives no item any points")
    points = [[100 * worth / sum(row) for worth in row] for row in rows]
    winners = [int(second > first) for first, second in zip(*points, strict=True)]
    held = [sum((worth for worth, who in zip(points[one], winners, strict=True) if who == one), Fraction()) for one in (0, 1)]
    rich = int(held[1] > held[0])
    rich_points, poor_points = points[rich], points[1 - rich]
    order = [place for place, who in enumerate(winners) if who == rich and poor_points[place]]
    order.sort(key=lambda place: rich_points[place] / poor_points[place])
    handed: dict[int, Fraction] = {}
    gap = held[rich] - held[1 - rich]
    for place in order:
        if gap <= 0:
            break
        step = rich_points[place] + poor_points[place]
        handed[place] = min(Fraction(1), gap / step)
        gap -= handed[place] * step
    return _told(problem, points, winners, handed)


def _told(
    problem: DivisionProblem, points: list[list[Fraction]], winners: list[int], handed: dict[int, Fraction]
) -> AdjustedWinner:
    shares: list[dict[Item, Exact]] = [{}, {}]
    totals = [Fraction(), Fraction()]
    split = None
    for place, (item, who) in enumerate(zip(problem.items, winners, strict=True)):
        part = handed.get(place, Fraction())
        for one, share in ((who, 1 - part), (1 - who, part)):
            if share:
                shares[one][item] = problem.told(share)
                totals[one] += share * points[one][place]
        split = item if 0 < part < 1 else split
    return AdjustedWinner(
        shares=dict(zip(problem.parties, shares, strict=True)),
        points={party: problem.told(total) for party, total in zip(problem.parties, totals, strict=True)}, split=split,
        transfers=tuple((problem.items[place], problem.told(part)) for place, part in handed.items()),
    )  # fmt: skip


def divide(problem: DivisionProblem, divider: Party) -> tuple[Bundle, Bundle]:
    """Return the two bundles, as equal as they can be to the divider: the worse of them is worth as much as possible.

    Whole items; a maximin partition, found exactly unless that takes too long (see `maximin_partition`).
    """
    first, second = maximin_partition(problem, divider, 2).bundles
    return first, second


def divide_and_choose(problem: DivisionProblem, divider: Party | None = None) -> dict[Party, Bundle]:
    """Return what two parties get when one divides the items in two (the first party by default) and the other chooses.

    The divider gets its maximin share, as it makes both bundles worth at least that; the chooser envies nobody. Among equal
    bundles the chooser takes the first. ConfigurationError unless there are two parties.
    """
    if len(problem.parties) != 2:
        raise ConfigurationError(f"divide and choose is for two parties, got {len(problem.parties)}")
    divider = problem.parties[0] if divider is None else divider
    problem.total(divider)  # refuses whoever is no party here
    chooser = next(party for party in problem.parties if party != divider)
    one, other = divide(problem, divider)
    if problem.worth(chooser, other) > problem.worth(chooser, one):
        one, other = other, one
    return {party: one if party == chooser else other for party in problem.parties}
