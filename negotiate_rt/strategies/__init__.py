"""How a party decides: concession strategies. Pure functions of what they are told; chance comes in as an argument."""

from negotiate_rt.strategies.concession import (
    CONCESSIONS,
    ConcessionCurve,
    ConcessionStrategy,
    ExponentialConcession,
    LinearConcession,
    TimeDependentConcession,
    TitForTatConcession,
)

__all__ = [
    "CONCESSIONS", "ConcessionCurve", "ConcessionStrategy", "ExponentialConcession", "LinearConcession",
    "TimeDependentConcession", "TitForTatConcession",
]
