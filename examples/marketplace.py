"""A marketplace: one buyer haggles with many shops at once, takes the best, and may buy itself out of a deal.

Bea pays 100 at the most. The shops' limits and patience are drawn anew for each of 25 markets. In every round she turns
to all of them, the best offer first, and goes up in even steps from her opening to what she can pay by then; the first
price that suits both commits her. Shops that have a rival must come down for her sooner, so competition does the work
that patience does with one shop alone.

Where commitments hold, the first is the deal. Where one can be broken for a penalty, a bird in the hand is where the next
haggle starts: her reservation price becomes what she has, less the penalty, and she opens below it with the others.
So she never ends worse off than at the first commitment, and the cheaper the way out, the better she does. Of the shops
that are left, some get no more than the penalty.
"""

from __future__ import annotations

import random
from statistics import mean
from typing import NamedTuple

from negotiate_rt import (
    Buyer,
    CommitmentOptions,
    NegotiationConfig,
    NegotiationExecutor,
    Seller,
    TimeDependentConcession,
)

LIMIT, OPENING = 100.0, 30.0
MARKETS, SHOPS, ROUNDS = 25, (1, 2, 4, 8), 20
PENALTIES = (None, 20.0, 10.0, 5.0, 2.0, 0.0)  # None: commitments hold


class Report(NamedTuple):
    """Means over all markets: what Bea gained, penalties paid; the price; commitments made; the penalties."""

    gain: float
    price: float
    commitments: float
    penalties: float


def haggle(round: int, max_rounds: int, reservation: float, current: float, history: tuple[float, ...]) -> float:
    """Go up in even steps from the opening to the reservation price, wherever that is by now."""
    return OPENING + (reservation - OPENING) * (round - 1) / (max_rounds - 1)


def market(seed: int, shops: int) -> list[Buyer | Seller]:
    """Return Bea and the shops of one market; more shops are the same ones and others."""
    chance = random.Random(seed)
    sellers = [
        Seller(
            f"shop {number}", limit=chance.randint(50, 80), opening=120,
            strategy=TimeDependentConcession(beta=chance.choice((0.3, 1, 3))),
        )
        for number in range(shops)
    ]  # fmt: skip
    return [Buyer("Bea", LIMIT, OPENING, strategy=haggle), *sellers]


def trade(shops: int, penalty: float | None) -> Report:
    """Let Bea buy once in each market."""
    rules = NegotiationConfig("concurrent-bargaining", ROUNDS, options=CommitmentOptions(penalty=penalty))
    executor = NegotiationExecutor(clock="virtual")
    found = [executor.run(market(seed, shops), rules) for seed in range(MARKETS)]
    return Report(
        gain=mean(one.utilities["Bea"] for one in found),
        price=mean(one.accepted_offer.value for one in found if one.accepted_offer),
        commitments=mean(len(one.result.commitments) for one in found),
        penalties=mean(sum(one.result.penalties.values()) for one in found),
    )


def main() -> tuple[dict[int, Report], dict[float | None, Report]]:
    """Print and return what Bea gains by the number of shops, and among the most shops by the penalty."""
    print(f"{'':24}{'Bea gains':>10}{'price':>8}{'commitments':>13}{'penalties':>11}")
    row = "{:24}{:10.2f}{:8.2f}{:13.2f}{:11.2f}"
    by_shops = {shops: trade(shops, None) for shops in SHOPS}
    for shops, report in by_shops.items():
        print(row.format(f"{shops} shop{'s' * (shops > 1)}", *report))
    print()
    by_penalty = {penalty: trade(SHOPS[-1], penalty) for penalty in PENALTIES}
    for penalty, report in by_penalty.items():
        print(row.format("commitments hold" if penalty is None else f"broken for {penalty:g}", *report))
    return by_shops, by_penalty


if __name__ == "__main__":
    main()
