"""All bargaining strategies by the names that scenario files, the command line and tournaments use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.strategies.composed import (
    COMPOSED,
    ComposedStrategy,
    Considerate,
    HardHeaded,
    MicroStrategy,
    NiceTitForTat,
    OptimalStopping,
    RandomWalker,
    Reciprocal,
    TradeOff,
)
from negotiate_rt.strategies.concession import (
    CONCESSIONS,
    ExponentialConcession,
    LinearConcession,
    TimeDependentConcession,
    TitForTatConcession,
)
from negotiate_rt.strategies.equilibrium import Equilibrium
from negotiate_rt.strategies.faratin import (
    TACTICS,
    AveragedTitForTat,
    DynamicDeadlineTactic,
    ExponentialTactic,
    MixedConcession,
    PolynomialTactic,
    RandomAbsoluteTitForTat,
    RelativeTitForTat,
    ResourceTactic,
)
from negotiate_rt.strategies.menus import EquivalentOffers
from negotiate_rt.strategies.zeuthen import Zeuthen

AnyStrategy = (
    LinearConcession | ExponentialConcession | TimeDependentConcession | TitForTatConcession
    | PolynomialTactic | ExponentialTactic | DynamicDeadlineTactic | ResourceTactic
    | RelativeTitForTat | RandomAbsoluteTitForTat | AveragedTitForTat | MixedConcession
    | ComposedStrategy | Considerate | HardHeaded | MicroStrategy | NiceTitForTat | OptimalStopping | RandomWalker
    | Reciprocal | TradeOff | Zeuthen | Equilibrium | EquivalentOffers
)  # fmt: skip
StrategyName = Literal[
    "linear", "exponential", "time-dependent", "tit-for-tat", "polynomial", "exponential-tactic", "dynamic-deadline",
    "resource-dependent", "relative-tit-for-tat", "random-absolute-tit-for-tat", "averaged-tit-for-tat", "mixed",
    "composed", "considerate", "hard-headed", "micro", "nice-tit-for-tat", "optimal-stopping", "random-walker", "reciprocal",
    "trade-off", "zeuthen", "equilibrium", "equivalent-offers",
]
STRATEGIES: dict[str, Any] = {
    **CONCESSIONS, **TACTICS, **COMPOSED, "zeuthen": Zeuthen, "equilibrium": Equilibrium,
    "equivalent-offers": EquivalentOffers,
}  # fmt: skip
"""Strategy structs by name; each parameter has a default."""


def make_strategy(name: str, parameters: Mapping[str, Any] | None = None) -> Callable[..., Any]:
    """Return a strategy by its name and parameters, as a scenario file gives them (nested parts as mappings).

    Raises ConfigurationError for an unknown name, an unknown or missing parameter, and a value out of range.
    """
    kind = STRATEGIES.get(name)
    if kind is None:
        raise ConfigurationError(f"no strategy {name!r}, only {', '.join(STRATEGIES)}{suggest(str(name), STRATEGIES)}")
    given = dict(parameters or {})
    for parameter in given:
        if parameter not in kind.__struct_fields__:
            known = ", ".join(kind.__struct_fields__) or "none"
            hint = suggest(str(parameter), kind.__struct_fields__)
            raise ConfigurationError(f"strategy {name!r} has no parameter {parameter!r}, only {known}{hint}")
    try:
        strategy: Callable[..., Any] = msgspec.convert({"name": name, **given}, kind)
    except msgspec.ValidationError as error:
        cause = error.__cause__
        if isinstance(cause, ConfigurationError):
            raise ConfigurationError(f"strategy {name!r}: {cause}") from error
        raise ConfigurationError(f"strategy {name!r}: {error}") from error
    return strategy
