"""A program that is killed: a society with a durable journal, which tells each outcome on stdout once it is announced.

Run: python killed.py JOURNAL SEED WRITER COUNT
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from typing import Any

from negotiate_rt import (
    Buyer,
    Contractor,
    Journal,
    NegotiationConfig,
    NegotiationListener,
    NegotiationOutcome,
    Seller,
    Society,
    Task,
)


class Teller(NegotiationListener):
    """Tells what it hears at once."""

    def on_negotiation_completed(self, outcome: NegotiationOutcome) -> None:
        """Write one line, unbuffered."""
        os.write(1, f"{outcome.id} {outcome.final_state}\n".encode())


def job(rng: random.Random) -> tuple[list[Any], NegotiationConfig, Any]:
    """Return a haggle or a contract net."""
    if rng.random() < 0.3:
        crew = [Contractor(f"c{k}", bid=lambda task, k=k: 1.0 + k, perform=lambda task: "done") for k in range(3)]
        return crew, NegotiationConfig("contract-net", timeout=5.0), Task(hours=1)
    parties = [Buyer("Bea", rng.choice((40.0, 80.0)), 40.0), Seller("Sam", 60.0, 120.0)]
    return parties, NegotiationConfig("bilateral", max_rounds=rng.randrange(2, 40)), None


async def main(path: str, seed: int, writer: str, count: int) -> None:
    """Let talks begin at any moment of a fifth of a second, or as many seconds as `count` / 1000."""
    rng = random.Random(seed)
    society = Society("killed", seed=seed, journal=Journal(path, durable=True, writer=writer))
    society.add_listener(Teller())

    async def one(after: float) -> None:
        await asyncio.sleep(after)
        await society.negotiate(*job(rng))

    async with society:
        os.write(1, b"open\n")
        await asyncio.gather(*(one(rng.random() * count / 1000) for _ in range(count)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])))
    os.write(1, b"done\n")
