"""Ready-made mechanisms by name, each made for some agents and types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.solutions.auction_mechanisms import GRID, all_pay, first_price, item_value, k_unit, vickrey
from negotiate_rt.solutions.choice_mechanisms import (
    bilateral_trade,
    median_point,
    pivotal_trade,
    serial_dictatorship,
    voting,
)
from negotiate_rt.solutions.clarke import merged_bundles, vcg_combinatorial
from negotiate_rt.solutions.equilibrium_bidding import first_price_bid
from negotiate_rt.solutions.market_mechanisms import SMALL, call_market, mcafee_market
from negotiate_rt.solutions.mechanisms import DirectMechanism, TypeSpace, revelation
from negotiate_rt.solutions.myerson import optimal_auction
from negotiate_rt.solutions.position_mechanisms import CLICKS, position_auction
from negotiate_rt.solutions.position_mechanisms import SMALL as SLOT_VALUES
from negotiate_rt.solutions.probes import Merge, merged_units, merged_winner
from negotiate_rt.solutions.value_distributions import DiscreteDistribution, UniformDistribution, ValueDistribution


class Ready(NamedTuple):
    """A ready-made mechanism: `make(types, agents, **options)`, how many agents it has by default, and what may be said.

    types: its default types (None: its own, which are no numbers, or what an option says). options: with their defaults.
    merge: what an alias's share is to its keeper, for false names (None: not probed for them).
    """

    make: Callable[..., DirectMechanism]
    agents: int | None
    types: TypeSpace | None
    options: dict[str, Any]
    about: str
    merge: Merge | None = None


def _votes(rule: str, about: str) -> Ready:
    def make(types: None, agents: int, alternatives: Sequence[Any], domain: str) -> DirectMechanism:
        return voting(rule, alternatives, agents, domain)

    domain = "single-peaked" if rule == "median" else "all"
    return Ready(make, 3, None, {"alternatives": ("a", "b", "c"), "domain": domain}, about)


def _units(rule: str, about: str) -> Ready:
    def make(types: TypeSpace | None, agents: int, units: int, reserve: float) -> DirectMechanism:
        return k_unit(rule, types, agents, units, reserve)

    return Ready(make, 2, None, {"units": 2, "reserve": 0.0}, about, merged_units)


def _positions(pricing: str, about: str) -> Ready:
    def make(types: TypeSpace, agents: int, clicks: Sequence[float], reserve: float) -> DirectMechanism:
        return position_auction(pricing, types, agents, clicks, reserve)

    return Ready(make, 3, SLOT_VALUES, {"clicks": CLICKS, "reserve": 0.0}, about)


def _trade(types: TypeSpace, agents: None, k: float) -> DirectMechanism:
    return bilateral_trade(k, types, types)


def _myerson(types: TypeSpace | None, agents: int, own_value: float) -> DirectMechanism:
    values: ValueDistribution = UniformDistribution()
    if types is not None:
        values = DiscreteDistribution(listed(types), types.probabilities)
    return optimal_auction([values] * agents, own_value)


def listed(types: TypeSpace) -> tuple[Any, ...]:
    """Return the types of a list. Raises ConfigurationError where they are drawn."""
    if not types.finite:
        raise ConfigurationError("this mechanism needs to know the distribution of types: list them")
    return types.types


def first_price_equilibrium(types: TypeSpace | None = None, agents: int = 3) -> DirectMechanism:
    """Return the first-price auction played in equilibrium by bidders with values uniform on [0, 1], as a direct mechanism.

    Telling the truth to it is a Bayes-Nash equilibrium, by the revelation principle, and not dominant.
    """
    space = TypeSpace(draw=lambda rng: rng.random()) if types is None else types
    plain = first_price(space, agents)

    def shade(value: float) -> float:
        bid = first_price_bid(value, len(plain.types))
        return 0.0 if bid is None else bid

    return revelation(
        "first-price-equilibrium", plain.outcome, [shade] * len(plain.types), types=plain.types, valuation=item_value,
        best=plain.best, names=plain.names, residual=plain.residual, assumes="values uniform on [0, 1], equilibrium bids",
    )  # fmt: skip


MECHANISMS: dict[str, Ready] = {
    "first-price": Ready(first_price, 3, GRID, {"reserve": 0.0}, "one item, the highest bid wins and is paid", merged_winner),
    "first-price-equilibrium": Ready(
        first_price_equilibrium, 3, None, {}, "first price with the equilibrium's shaded bids put in for the bidders"
    ),
    "vickrey": Ready(vickrey, 3, GRID, {"reserve": 0.0}, "one item, the highest bid wins and pays the second", merged_winner),
    "all-pay": Ready(all_pay, 3, GRID, {"reserve": 0.0}, "one item, the highest bid wins, all pay", merged_winner),
    "discriminatory": _units("discriminatory", "k units, winners pay their bids"),
    "uniform-price": _units("uniform-price", "k units at the highest losing bid"),
    "multi-unit-vickrey": _units("vickrey", "k units, winners pay what they displace"),
    "vcg": Ready(
        lambda types, agents, goods: vcg_combinatorial(goods, types, agents), 3, None, {"goods": ("A", "B")},
        "several goods, bids on bundles, Clarke's pivot payments", merged_bundles,
    ),
    "gsp": _positions("gsp", "slots of unequal worth, a click costs the next bid"),
    "position-vcg": _positions("vcg", "slots of unequal worth, Clarke's pivot payments"),
    "myerson": Ready(_myerson, 2, None, {"own_value": 0}, "one item, the highest ironed virtual value"),
    "mcafee": Ready(
        lambda types, agents, buyers, sellers: mcafee_market(buyers, sellers, types), None, SMALL,
        {"buyers": 2, "sellers": 2}, "double auction of one unit each, McAfee's rule",
    ),
    "call-market": Ready(
        lambda types, agents, buyers, sellers, k: call_market(buyers, sellers, k, types), None, SMALL,
        {"buyers": 2, "sellers": 2, "k": 0.5}, "double auction of one unit each, at one price",
    ),
    "k-double-auction": Ready(_trade, None, GRID, {"k": 0.5}, "a seller and a buyer, at k bid + (1 - k) ask"),
    "pivotal-trade": Ready(
        lambda types, agents: pivotal_trade(types, types), None, GRID, {}, "a seller and a buyer, by VCG"
    ),
    "median": _votes("median", "the median of the voters' tops (truthful on single-peaked rankings)"),
    "plurality": _votes("plurality", "who is first on most ballots"),
    "borda": _votes("borda", "who has most points for places"),
    "copeland": _votes("copeland", "who wins most duels"),
    "instant-runoff": _votes("instant-runoff", "who is left when the last are struck one by one"),
    "dictatorship": _votes("dictatorship", "what the first voter wants"),
    "median-point": Ready(median_point, 3, GRID, {}, "the median of points on a line"),
    "serial-dictatorship": Ready(
        lambda types, agents, objects: serial_dictatorship(objects, agents), 3, None, {"objects": ("a", "b", "c")},
        "objects, taken in turn",
    ),
}  # fmt: skip
"""The mechanisms that go by a name."""

FIXED_TYPES = ("vcg", "serial-dictatorship", "median", "plurality", "borda", "copeland", "instant-runoff", "dictatorship")


def known_mechanism(name: str) -> str:
    """Return the name of a ready-made mechanism, in any spelling. Raises ConfigurationError."""
    known = str(name).strip().lower().replace("_", "-")
    if known not in MECHANISMS:
        raise ConfigurationError(
            f"unknown mechanism {name!r}; there are {', '.join(MECHANISMS)}{suggest(known, MECHANISMS)}; or name a Python "
            "file, file.py:object, or module:object"
        )
    return known


def ready_mechanism(name: str, agents: int | None = None, types: TypeSpace | None = None, **options: Any) -> DirectMechanism:
    """Return a ready-made mechanism. options: as MECHANISMS lists them. Raises ConfigurationError."""
    known = known_mechanism(name)
    ready = MECHANISMS[known]
    for one in options:
        if one not in ready.options:
            may = ", ".join(ready.options) or "none"
            raise ConfigurationError(f"{known} has no option {one!r}; its options: {may}{suggest(one, ready.options)}")
    if agents is not None and ready.agents is None:
        how = " and ".join(one for one in ("buyers", "sellers") if one in ready.options) or "one buyer and one seller"
        raise ConfigurationError(f"{known}: the number of agents is not free here; it has {how}")
    if agents is not None and (isinstance(agents, bool) or not isinstance(agents, int) or agents < 1):
        raise ConfigurationError(f"agents must be a whole number >= 1, got {agents!r}")
    if types is not None and known in FIXED_TYPES:
        raise ConfigurationError(f"{known}: types are its own: {_own_types(ready)}")
    count = ready.agents if agents is None else agents
    return ready.make(ready.types if types is None else types, count, **(ready.options | options))


def _own_types(ready: Ready) -> str:
    if "alternatives" in ready.options:
        return "rankings of the alternatives"
    return "rankings of the objects" if "objects" in ready.options else "values of bundles of the goods"
