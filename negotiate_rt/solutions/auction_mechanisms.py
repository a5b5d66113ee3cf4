"""Auctions as direct mechanisms: what bidders who bid their values would get and pay.

Prices are those of `solutions.auction`, `multi_unit`; the sealed tie of the protocols, an even draw among the tied,
is a lottery here. Types are values: a number for one item, a schedule of marginal values for k units.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.messages.outcome import Bid
from negotiate_rt.problems.scalars import finite
from negotiate_rt.solutions.auction import second_price
from negotiate_rt.solutions.mechanisms import Chance, Decision, DirectMechanism, Lottery, Spaces, Types, TypeSpace
from negotiate_rt.solutions.multi_unit import (
    UnitAllocation,
    allocate_units,
    discriminatory_payments,
    uniform_price,
    vickrey_payments,
)

GRID = TypeSpace(range(11))
"""The values 0, 1, ..., 10, evenly likely."""

SELLER = "the seller"
UNIT_BID_RULES = ("discriminatory", "uniform-price", "vickrey")


def first_price(types: Spaces = GRID, agents: int | None = None, reserve: float = 0.0) -> DirectMechanism:
    """Return the sealed first-price auction of one item: the highest bid at or above the reserve wins and is paid."""
    return _single("first-price", types, agents, reserve, lambda bids, winner: bids[winner])


def vickrey(types: Spaces = GRID, agents: int | None = None, reserve: float = 0.0) -> DirectMechanism:
    """Return Vickrey's second-price auction of one item: the winner pays the second bid, at least the reserve."""
    least = finite(reserve, "reserve", ConfigurationError)

    def price(bids: Types, winner: int) -> float:
        said = [Bid(agent=str(place), value=bid, round=1) for place, bid in enumerate(bids) if bid >= least]
        return second_price(said, next(one for one in said if one.agent == str(winner)), least)

    return _single("vickrey", types, agents, reserve, price)


def all_pay(types: Spaces = GRID, agents: int | None = None, reserve: float = 0.0) -> DirectMechanism:
    """Return the all-pay auction of one item: the highest bid at or above the reserve wins, everyone pays its own.

    Bids below the reserve are none, and are not paid.
    """
    return _single("all-pay", types, agents, reserve, None)


def item_value(agent: int, own: float, winner: int | None) -> float:
    """Return what an item is worth to an agent, given who wins it."""
    return own if winner == agent else 0.0


def _single(
    name: str, types: Spaces, agents: int | None, reserve: float, price: Callable[[Types, int], float] | None
) -> DirectMechanism:
    least = finite(reserve, "reserve", ConfigurationError)
    if least < 0:
        raise ConfigurationError(f"reserve must be at least 0, got {reserve!r}")

    def outcome(bids: Types) -> Decision | Lottery:
        best = max(bids)
        if best < least:
            return Decision(None)
        tied = [place for place, bid in enumerate(bids) if bid == best]
        branches = []
        for winner in tied:
            if price is None:
                paid = tuple(float(bid) if bid >= least else 0.0 for bid in bids)
            else:
                due = price(bids, winner)
                paid = tuple(due if place == winner else 0.0 for place in range(len(bids)))
            branches.append(Chance(1 / len(tied), Decision(winner, paid)))
        return branches[0].decision if len(tied) == 1 else tuple(branches)

    return DirectMechanism(
        name=name, outcome=outcome, types=_numbers(types), agents=agents, valuation=item_value,
        best=lambda values: max(0.0, *values), names=bidder_names(types, agents), residual=SELLER,
        assumes="independent private values, one item; ties are drawn evenly",
    )  # fmt: skip


def k_unit(
    rule: str = "vickrey", types: Spaces | None = None, agents: int | None = None, units: int = 2, reserve: float = 0.0
) -> DirectMechanism:
    """Return a sealed auction of k equal units. rule: discriminatory (pay-as-bid), uniform-price (the highest losing bid), or
    vickrey. types: schedules of marginal values, falling, or numbers, for one unit. Ties go to the earlier agent.
    """
    if rule not in UNIT_BID_RULES:
        raise ConfigurationError(f"rule must be one of {', '.join(UNIT_BID_RULES)}, got {rule!r}")
    spaces = schedules(5, units) if types is None else types

    def outcome(reports: Types) -> Decision:
        bids = {f"{place:06}": report for place, report in enumerate(reports)}
        allocation = allocate_units(bids, units, reserve)
        paid = _unit_payments(rule, bids, allocation, units, reserve)
        return Decision(
            tuple(allocation.winners.get(name, 0) for name in bids), tuple(float(paid.get(name, 0.0)) for name in bids)
        )

    def best(values: Types) -> float:
        return float(sum(sorted((one for own in values for one in _units(own)), reverse=True)[:units]))

    return DirectMechanism(
        name=f"{units}-unit {rule}", outcome=outcome, types=spaces,
        agents=agents, valuation=units_value, best=best, names=bidder_names(spaces, agents),
        residual=SELLER, assumes="independent private values that fall from unit to unit; ties go to the earlier agent",
    )  # fmt: skip


def units_value(agent: int, own: Any, won: tuple[int, ...]) -> float:
    """Return what units are worth to an agent, given how many each wins."""
    return float(sum(_units(own)[: won[agent]]))


def schedules(levels: int, units: int) -> TypeSpace:
    """Return all falling schedules of so many marginal values out of 0, 1, ..., levels - 1."""
    found: list[tuple[int, ...]] = [()]
    for _ in range(units):
        found = [(*one, value) for one in found for value in range(levels) if not one or value <= one[-1]]
    return TypeSpace(found)


def _unit_payments(rule: str, bids: Any, allocation: UnitAllocation, units: int, reserve: float) -> dict[str, float]:
    if not allocation.winners:
        return {}
    if rule == "discriminatory":
        return discriminatory_payments(bids, allocation)
    if rule == "vickrey":
        return vickrey_payments(bids, allocation, units, reserve)
    price = uniform_price(bids, allocation)
    return {name: price * won for name, won in allocation.winners.items()}


def _units(own: Any) -> tuple[float, ...]:
    return tuple(own) if isinstance(own, (tuple, list)) else (own,)


def _numbers(types: Spaces) -> Any:  # as given
    """Return spaces as they are. Raises ConfigurationError for a listed type that is no finite number of at least 0."""
    for space in (types,) if isinstance(types, TypeSpace) else tuple(types):
        for one in getattr(space, "types", ()):
            if finite(one, "a bidder's type", ConfigurationError) < 0:
                raise ConfigurationError(f"a bidder's type is a value of at least 0, got {one!r}")
    return types if isinstance(types, TypeSpace) else tuple(types)


def bidder_names(types: Spaces, agents: int | None) -> tuple[str, ...]:
    """Return names for so many bidders."""
    count = (1 if agents is None else agents) if isinstance(types, TypeSpace) else len(types)
    valid = isinstance(count, int) and not isinstance(count, bool)
    return tuple(f"bidder {place}" for place in range(1, count + 1)) if valid else ()
