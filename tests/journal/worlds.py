"""Small worlds whose journals the tests look into."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from negotiate_rt import (
    Buyer,
    Journal,
    NegotiationConfig,
    NegotiationExecutor,
    NegotiationOutcome,
    Network,
    Record,
    Seller,
)

HAGGLE = NegotiationConfig("bilateral", max_rounds=10)


def pair(limit: float = 80.0) -> list[Any]:
    """A buyer and a seller who agree if the buyer's limit is above 60."""
    return [Buyer("Bea", limit, 40.0), Seller("Sam", 60.0, 120.0)]


def jobs(count: int) -> list[Any]:
    """Pairs of which every third has nothing to agree on."""
    return [(pair(40.0 if number % 3 == 2 else 80.0), HAGGLE) for number in range(count)]


def haggled(
    path: Path, count: int = 5, *, clock: str = "virtual", lossy: bool = False, **options: Any
) -> list[NegotiationOutcome]:
    """Run some negotiations with a journal; return their outcomes."""
    network = Network(latency=0.01, loss=0.05, duplicate=0.1, reorder=True) if lossy else None
    executor = NegotiationExecutor(clock=clock, seed=5, name="world", network=network, journal=Journal(path, **options))
    return executor.run_many(jobs(count))


def kinds(path: Path, kind: str) -> list[Record]:
    """Return a journal's records of one kind."""
    return [record for record in Journal(path).records() if record.kind == kind]
