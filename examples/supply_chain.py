"""A supply chain of contract nets: a contractor that subcontracts, one that falls silent, and what its record costs it.

A shop orders bicycles three times over. The assembler that wins needs wheels: it becomes the manager of a contract net of
its own, inside the shop's. The cheapest maker of wheels falls silent at work; after ten seconds without news the assembler
calls it off and awards the wheels to the next best. The society keeps a record of who delivered. An assembler that awards
by cost tries the silent maker at each order and waits for it in vain; one that awards by expected cost, the price divided
by the likelihood to deliver, passes it over from the second order on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from negotiate_rt import ContractNetOptions, Contractor, Failure, NegotiationConfig, Society, Task, sleep

BICYCLES, ORDERS = 40, 3
WHEELS = {"Acme": 11.0, "Roll": 12.0, "Spin": 15.0}  # makers, and what they ask for a wheel
SILENT = "Acme"
BICYCLE = {"Nord": 75.0, "West": 82.0}  # assemblers, and what they ask for a bicycle
SHOP = NegotiationConfig("contract-net", timeout=600, options=ContractNetOptions(capability="bicycles"))


class Order(NamedTuple):
    """How one order went: who assembled, who made the wheels, who was called off, what wheels cost, the time it took."""

    assembler: str
    maker: str
    called_off: tuple[str, ...]
    wheels: float
    seconds: float


async def make_wheels(name: str, task: Task, context: Any) -> str:
    """Make wheels with news every eight seconds; the silent maker never tells and never ends."""
    for third in ("one third", "two thirds", "all"):
        await sleep(3600 if name == SILENT else 8)
        context.report(third)
    return f"{task['wheels']} wheels"


async def assemble(rule: str, task: Task, context: Any) -> Any:  # a report, or a Failure
    """Award the wheels to somebody who makes some, then put bicycles together; report who made the wheels."""
    options = ContractNetOptions(award=rule, capability="wheels", progress_timeout=10)
    config = NegotiationConfig("contract-net", timeout=300, options=options)
    bought = await context.negotiate([], config, Task(wheels=2 * task["bicycles"]))
    if not bought.agreed:
        return Failure(f"no wheels: {bought.failure_reason}")
    await sleep(20)
    (maker,) = bought.result.awarded
    called_off = tuple(name for name in bought.result.reports if name != maker)
    return {"maker": maker, "called_off": called_off, "wheels": bought.accepted_offer.value}


def priced(price: float, unit: str) -> Callable[[Task], float]:
    """Return the bid of somebody with a price a unit."""
    return lambda task: price * task[unit]


async def supply(rule: str) -> tuple[list[Order], dict[str, float]]:
    """Place the orders with assemblers that award wheels by this rule; return how they went, and how likely each maker that
    was tried is to deliver, by its record."""
    async with Society("supply", clock="virtual", seed=40) as society:
        for name, price in WHEELS.items():
            await society.spawn(Contractor(name, priced(price, "wheels"), partial(make_wheels, name), ["wheels"]))
        for name, price in BICYCLE.items():
            await society.spawn(Contractor(name, priced(price, "bicycles"), partial(assemble, rule), ["bicycles"]))
        orders = []
        for _ in range(ORDERS):
            outcome = await society.negotiate([], SHOP, Task(bicycles=BICYCLES))
            if not outcome.agreed:
                raise RuntimeError(f"no bicycles: {outcome.failure_reason}")
            (winner,) = outcome.result.awarded
            orders.append(Order(winner, **outcome.result.reports[winner], seconds=outcome.duration_ms / 1000))
        return orders, {name: record.expected() for name, record in society.reliability.items() if name in WHEELS}


def main() -> dict[str, list[Order]]:
    """Print how the orders went under each rule, and return them."""
    found = {}
    for rule in ("cost", "expected-cost"):
        orders, likely = asyncio.run(supply(rule))
        found[rule] = orders
        print(f"Wheels awarded by {rule}:")
        for number, one in enumerate(orders, 1):
            news = f", after {' and '.join(one.called_off)} was called off" if one.called_off else ""
            print(
                f"  order {number}: {one.assembler} with wheels of {one.maker} for {one.wheels:g}{news}; {one.seconds:g} s"
            )
        print("  likely to deliver: " + ", ".join(f"{name} {chance:.2f}" for name, chance in likely.items()) + "\n")
    return found


if __name__ == "__main__":
    main()
