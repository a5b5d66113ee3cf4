"""Cloud capacity by English auction: outcry and clock, snipers, budgets, and a strategy of one's own.

A provider sells 100 GPU hours of tonight. Four teams know what they are worth to them. In an outcry they bid step by
step; the standing bidder pays its bid. By the clock the price rises and teams leave for good. In both the lot goes to who
values it most, at about the second highest value: an English auction is Vickrey's, played in the open.

To wait for the last call and bid then ("sniping") changes the price by a step at most, for a bid at the last call opens
another round. A budget below one's value does change things: who cannot pay leaves early, and the lot goes for less to
a team that it is worth less to. The last row is a strategy of one's own, a function: it opens with half of its value.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from negotiate_rt import (
    Auction,
    AuctionOptions,
    Bidder,
    BudgetBidding,
    ClockOptions,
    EnglishOptions,
    NegotiationExecutor,
    SnipingBidding,
    TruthfulBidding,
)

LOT = "100 GPU hours tonight"
WORTH = {"vision": 300.0, "speech": 260.0, "search": 190.0, "robots": 120.0}
RESERVE, STEP = 100.0, 10.0  # what the power costs the provider; the least step of bids


class Night(NamedTuple):
    """How one auction ended: who got the lot at which price, after how many bids, and what it gained."""

    name: str
    winner: str | None
    price: float
    bids: int
    gain: float


async def sell(executor: NegotiationExecutor, name: str, kind: str, rules: Mapping[str, Callable[..., Any]]) -> Night:
    """Sell tonight's hours; who has no rule of its own is truthful."""
    teams = [Bidder(team, worth, rules.get(team, TruthfulBidding())) for team, worth in WORTH.items()]
    options: AuctionOptions = ClockOptions(starting_price=RESERVE, reserve_price=RESERVE, increment=STEP)
    if kind == "english":
        options = EnglishOptions(starting_price=RESERVE, reserve_price=RESERVE, increment=STEP, calls=2)
    sold = await Auction(kind, LOT, teams, options=options, executor=executor)
    if not sold.success:
        return Night(name, None, 0.0, len(sold.bids), 0.0)
    price = sold.pay_price or 0.0
    return Night(name, sold.winner.name, price, len(sold.bids), WORTH[sold.winner.name] - price)


async def play() -> list[Night]:
    """Sell the same night in several ways."""
    executor = NegotiationExecutor(clock="virtual", seed=24)
    poor = {"vision": BudgetBidding(budget=200)}
    return [
        await sell(executor, "outcry, truthful", "english", {}),
        await sell(executor, "clock, truthful", "japanese", {}),
        await sell(executor, "outcry, vision snipes", "english", {"vision": SnipingBidding()}),
        await sell(executor, "outcry, all snipe", "english", dict.fromkeys(WORTH, SnipingBidding())),
        await sell(executor, "outcry, vision has 200", "english", poor),
        await sell(executor, "clock, vision has 200", "japanese", poor),
        await sell(executor, "outcry, a jump bid", "english", {"vision": jump}),
    ]


def jump(agent: Bidder, task: Any, current_price: float, round: int, previous_bids: Any) -> float | None:
    """Open with half of one's value, then raise by the least step while that pays: a strategy is a function."""
    bid = max(agent.value / 2, current_price + STEP)
    return bid if bid <= agent.value else None


def main() -> list[Night]:
    """Print how each night went, and return them."""
    nights = asyncio.run(play())
    worth = ", ".join(f"{team} {value:g}" for team, value in WORTH.items())
    print(f"{LOT}, worth {worth}; the reserve is {RESERVE:g}\n")
    print(f"{'auction':24} {'winner':8} {'price':>6} {'gains':>6} {'bids':>5}")
    for night in nights:
        print(f"{night.name:24} {night.winner or '-':8} {night.price:6g} {night.gain:6g} {night.bids:5}")
    return nights


if __name__ == "__main__":
    main()
