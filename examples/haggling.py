"""Haggling over a price: a buyer and a seller who give way differently.

Bea pays 80 at the most and opens at 40; Sam takes 60 at the least and opens at 120. Any price from 60 to 80 suits both,
and which one they agree on depends on how each gives way from its opening to its limit in ten rounds: in even steps
(linear), late (Boulware), early (conceder), or as the other side does (tit-for-tat). Each accepts what is at least as
good for it as what it would ask for next. Utility is the surplus over one's own limit, so both together always share
20.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from negotiate_rt import (
    Buyer,
    LinearConcession,
    NegotiationConfig,
    NegotiationExecutor,
    Seller,
    TimeDependentConcession,
    TitForTatConcession,
)

BUYER_LIMIT, BUYER_OPENING = 80.0, 40.0
SELLER_LIMIT, SELLER_OPENING = 60.0, 120.0
CONFIG = NegotiationConfig("bilateral", max_rounds=10)
STRATEGIES: dict[str, Callable[..., float]] = {
    "linear": LinearConcession(),
    "Boulware": TimeDependentConcession(beta=0.3),
    "conceder": TimeDependentConcession(beta=3.0),
    "tit-for-tat": TitForTatConcession(),
}


class Haggle(NamedTuple):
    """How one pair of strategies fared; price None: no deal."""

    price: float | None
    rounds: int
    buyer: float
    seller: float
    state: str


def parties(buyer: str, seller: str) -> list[Buyer | Seller]:
    """Return Bea and Sam, with strategies by name."""
    return [
        Buyer("Bea", limit=BUYER_LIMIT, opening=BUYER_OPENING, strategy=STRATEGIES[buyer]),
        Seller("Sam", limit=SELLER_LIMIT, opening=SELLER_OPENING, strategy=STRATEGIES[seller]),
    ]


async def compare(executor: NegotiationExecutor) -> dict[tuple[str, str], Haggle]:
    """Let every strategy of the buyer meet every one of the seller, all at once."""
    pairs = [(buyer, seller) for buyer in STRATEGIES for seller in STRATEGIES]
    outcomes = await executor.execute_many((parties(*pair), CONFIG) for pair in pairs)
    found = {}
    for pair, outcome in zip(pairs, outcomes, strict=True):
        price = outcome.accepted_offer.value if outcome.accepted_offer else None
        worth = outcome.utilities
        found[pair] = Haggle(price, outcome.rounds_used, worth["Bea"], worth["Sam"], str(outcome.final_state))
    return found


async def follow(executor: NegotiationExecutor, buyer: str, seller: str) -> list[str]:
    """Haggle once more, and return what was said as it was said."""
    log = []
    handle = executor.start(parties(buyer, seller), CONFIG)
    async for event in handle.events():
        if event.kind == "said":
            price = f" {event.content['value']:.2f}" if event.act == "propose" else ""
            log.append(f"{event.sender} to {event.receiver}: {event.act}{price}")
        elif event.kind == "ended":
            log.append(f"ended: {event.content['state']}")
    return log


def show(table: dict[tuple[str, str], Haggle]) -> None:
    """Print the table of pairs."""
    print(f"{'Bea (buys)':12} {'Sam (sells)':12} {'price':>7} {'rounds':>7} {'Bea gains':>10} {'Sam gains':>10}")
    for (buyer, seller), one in table.items():
        price = f"{one.price:7.2f}" if one.price is not None else f"{'-':>7}"
        print(f"{buyer:12} {seller:12} {price} {one.rounds:7} {one.buyer:10.2f} {one.seller:10.2f}  {one.state}")


def main() -> tuple[dict[tuple[str, str], Haggle], list[str]]:
    """Print the table and one talk; return both."""

    async def both() -> tuple[dict[tuple[str, str], Haggle], list[str]]:
        executor = NegotiationExecutor(clock="virtual", seed=1)
        return await compare(executor), await follow(executor, "linear", "Boulware")

    table, log = asyncio.run(both())
    show(table)
    print("\nlinear Bea and Boulware Sam, word for word:")
    print("\n".join(f"  {line}" for line in log))
    return table, log


if __name__ == "__main__":
    main()
