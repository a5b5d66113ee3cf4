"""Rent division: who gets which room, and pays how much, so that nobody would rather have another's room at its rent."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.exact import Exact, fraction_of, is_exact, told
from negotiate_rt.problems.goods import DivisionProblem, Item, Party


class RentDivision(msgspec.Struct, frozen=True, kw_only=True):
    """Each party's room, each room's rent (they add up to the whole), and what a party is better off than with nothing,
    worth of its room less rent.
    """

    rooms: dict[Party, Item]
    rents: dict[Item, Exact]
    gains: dict[Party, Exact]

    def payment(self, party: Party) -> Exact:
        """Return what a party pays."""
        return self.rents[self.rooms[party]]


def divide_rent(problem: DivisionProblem, rent: Exact) -> RentDivision:
    """Return the envy-free rents at which the party worst off is as well off as it can be.

    v_i(own room) - its rent >= v_i(other room) - its rent for all, the smallest gain as large as possible (Alkan, Demange and
    Gale 1991; Gal, Mash, Procaccia and Zick 2017). Rooms go where they are worth most in all, as they do in any envy-free
    division (Svensson 1983). A rent may be negative where a room is worth much less than the others. Exact in fractions.
    Cost: O(n**3). ConfigurationError unless there are as many rooms as parties, and worths are additive.
    """
    rows = problem.rows()
    count = len(rows)
    whole = fraction_of(rent, "rent")
    if len(problem.items) != count:
        raise ConfigurationError(f"rent division: expected as many rooms as parties, {count}, got {len(problem.items)}")
    room = best_assignment(rows)
    # i gains at least what it would in j's room: gain_i >= gain_j + v_i(j's room) - v_j(j's room)
    steps = [[rows[one][room[two]] - rows[two][room[two]] for two in range(count)] for one in range(count)]
    ahead = [Fraction()] * count  # by how much a party has to be better off than the worst off: longest paths
    for _ in range(count):
        ahead = [max(max(steps[one][two] + ahead[two] for two in range(count)), Fraction()) for one in range(count)]
    made = sum((rows[one][room[one]] for one in range(count)), Fraction()) - whole
    least = (made - sum(ahead)) / count
    exact = problem.exact and is_exact(rent)
    return RentDivision(
        rooms={party: problem.items[room[one]] for one, party in enumerate(problem.parties)},
        rents={problem.items[room[one]]: told(rows[one][room[one]] - least - ahead[one], exact) for one in range(count)},
        gains={party: told(least + ahead[one], exact) for one, party in enumerate(problem.parties)},
    )


def best_assignment(rows: Sequence[Sequence[Fraction]]) -> list[int]:
    """Return, for each row, the column it gets so that the sum is largest: the Hungarian method (Kuhn 1955; Munkres 1957).

    As many columns as rows. Exact. Cost: O(n**3).
    """
    count = len(rows)
    high, low = [Fraction()] * (count + 1), [Fraction()] * (count + 1)  # prices of rows and columns; place 0 is a stand-in
    owner = [0] * (count + 1)
    for row in range(1, count + 1):
        owner[0] = row
        column, came = _free_column(rows, (high, low), owner)
        while column:
            owner[column] = owner[came[column]]
            column = came[column]
    found = [0] * count
    for column in range(1, count + 1):
        found[owner[column] - 1] = column - 1
    return found


def _free_column(
    rows: Sequence[Sequence[Fraction]], prices: tuple[list[Fraction], list[Fraction]], owner: list[int]
) -> tuple[int, list[int]]:
    """Return the nearest column without a row, and from which column each was reached; raise the prices on the way."""
    high, low = prices
    left = set(range(1, len(owner)))
    short: dict[int, Fraction] = {}
    came, column = [0] * len(owner), 0
    seen = []
    while owner[column]:
        seen.append(column)
        left.discard(column)
        for other in left:
            slack = -rows[owner[column] - 1][other - 1] - high[owner[column]] - low[other]
            if other not in short or slack < short[other]:
                short[other], came[other] = slack, column
        column = min(left, key=lambda other: (short[other], other))
        step = short[column]
        for other in seen:
            high[owner[other]] += step
            low[other] -= step
        for other in left:
            short[other] -= step
    return column, came
