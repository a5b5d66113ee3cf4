"""How a party decides: concessions and tactics, and whole strategies of bidding, acceptance and a model of the opponent.

Pure: what they are told comes in as arguments, chance from a seed of their own. What a price negotiation does not need
loads when it is first named.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from negotiate_rt.strategies.concession import (
    CONCESSIONS,
    ConcessionCurve,
    ConcessionStrategy,
    ExponentialConcession,
    LinearConcession,
    TimeDependentConcession,
    TitForTatConcession,
)

if TYPE_CHECKING:
    from negotiate_rt.strategies.composed import COMPOSED, ComposedStrategy
    from negotiate_rt.strategies.faratin import TACTICS
    from negotiate_rt.strategies.registry import STRATEGIES, make_strategy

__all__ = [
    "COMPOSED", "CONCESSIONS", "STRATEGIES", "TACTICS", "ComposedStrategy", "ConcessionCurve", "ConcessionStrategy",
    "ExponentialConcession", "LinearConcession", "TimeDependentConcession", "TitForTatConcession", "make_strategy",
]
_LATE = {
    "COMPOSED": "composed", "ComposedStrategy": "composed", "TACTICS": "faratin", "STRATEGIES": "registry",
    "make_strategy": "registry",
}  # fmt: skip


def __getattr__(name: str) -> Any:  # whatever the name is in its own module
    module = _LATE.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{module}"), name)
