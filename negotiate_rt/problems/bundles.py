"""What a combinatorial auction is about: its goods, its options, what bidders are told, and what bundles are worth to one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import timedelta
from itertools import combinations
from typing import Any

from msgspec.structs import force_setattr

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.problems.auction import AuctionCall, AuctionOptions, AuctionResult, Direction, wait
from negotiate_rt.problems.combinatorial import Good, goods_of, language_of

PAYMENTS = ("vcg", "core", "first-price")
ENGINES = ("auto", "greedy", "exact", "highs", "cp-sat")
MOST_GOODS = 12  # whose bundles, 4,095 of them, are asked for one by one


class BundleCall(AuctionCall, frozen=True, kw_only=True, tag="bundle-call"):
    """What a bidder is told in a combinatorial auction: the lot as the seller calls it, and the `goods` in it. The starting
    price is for each good of a bundle. language: that of bids which do not name one.
    """

    goods: tuple[Good, ...] = ()
    language: str = "xor"


class CombinatorialOptions(AuctionOptions, frozen=True, kw_only=True):
    """Options of a combinatorial auction.

    payment: "vcg", "core" or "first-price". language: "xor", "or" or "or*", of bids that do not say it themselves. engine:
    what determines the winners, "auto" the best that is installed. solve_time: seconds or timedelta for winners and payments
    together (None: half of what is left when bids are closed). reserve_price and starting_price are for each good in a
    bundle. One that buys (direction "reverse") needs a reserve_price, here or in the config: what each good is worth to the
    buyer, who leaves goods that cost more. Raises ConfigurationError.
    """

    payment: str = "vcg"
    language: str = "xor"
    engine: str = "auto"
    solve_time: float | timedelta | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, known in (("payment", PAYMENTS), ("engine", ENGINES)):
            given = getattr(self, name)
            if given not in known:
                hint = suggest(str(given), known)
                raise ConfigurationError(f"options.{name}: expected one of {', '.join(known)}, got {given!r}{hint}")
        force_setattr(self, "language", language_of(self.language))
        if self.solve_time is not None:
            force_setattr(self, "solve_time", wait("options.solve_time", self.solve_time))

    def time_to_solve(self, left: float) -> float:
        """Return the seconds for winners and payments, of those that are left."""
        return left / 2 if self.solve_time is None else min(float(self.solve_time), left)  # type: ignore[arg-type]  # seconds by now


class CombinatorialResult(AuctionResult, frozen=True, kw_only=True):
    """How a combinatorial auction ended: `allocation` tells which goods each winner gets, `payments` what it pays for them.

    value: what the winning bids are worth together; bound: no allocation is worth more, or in a reverse auction, where value
    is what the winning asks come to, no allocation of as many goods costs less; proven: the allocation and all that
    payments rest on is the best there is, and not only the best that was found in time. payment, engine: how it was done.
    """

    value: float = 0.0
    bound: float = 0.0
    proven: bool = True
    payment: str = "vcg"
    engine: str = ""
    direction: Direction = "forward"


def goods_in(lot: Any) -> tuple[Good, ...]:  # whatever the caller sells
    """Return the goods of a lot in order: a sequence or set of names, the names of a mapping, or those under its key `goods`.

    Raises ConfigurationError.
    """
    inside = lot.get("goods", lot) if isinstance(lot, Mapping) else lot
    named = tuple(inside) if isinstance(inside, Mapping) else inside
    if inside is None:
        raise ConfigurationError("a combinatorial auction needs goods: task=['north', 'south'], or a mapping with key 'goods'")
    found = goods_of(named, "goods")
    if not found:
        raise ConfigurationError("goods: expected at least one, got none")
    return tuple(sorted(found, key=lambda one: (isinstance(one, str), one)))


def bundle_worths(value: Any, goods: Iterable[Good], reverse: bool = False) -> Any:  # as a bidder says it
    """Return what bundles are worth to a bidder, for all that its value says: a mapping as it is; a number for all goods
    together; a callable is asked for every bundle of up to 12 goods, and those worth more than each part are kept. `reverse`:
    what they cost to deliver, where all are kept but those that a callable says None of.

    Raises ConfigurationError for a callable over more goods. Cost: 2^goods calls.
    """
    named = tuple(goods)
    if not callable(value):
        return value
    if len(named) > MOST_GOODS:
        raise ConfigurationError(
            f"a value by callable is asked for every bundle, of at most {MOST_GOODS} goods; there are {len(named)}: "
            "bid a mapping of the bundles that matter"
        )
    best: dict[frozenset[Good], Any] = {frozenset(): 0}
    found: dict[frozenset[Good], Any] = {}
    for size in range(1, len(named) + 1):
        for held in combinations(named, size):
            bundle = frozenset(held)
            worth = value(bundle)
            if reverse:
                if worth is not None:
                    found[bundle] = worth
                continue
            part = max(best[bundle - {good}] for good in held)
            if worth > part:
                found[bundle] = worth
            best[bundle] = max(worth, part)
    return found


def worth_of(value: Any, items: frozenset[Good]) -> Any:  # a number, or None
    """Return what a set of goods is worth to a bidder: the best bundle inside that a mapping names, what a callable says,
    or the number that stands for all goods together.
    """
    if callable(value):
        return value(items)
    if isinstance(value, Mapping):
        inside = [worth for bundle, worth in value.items() if goods_of(bundle, "items") <= items]
        return max(inside, default=0.0)
    return value


def cost_of(value: Any, items: frozenset[Good]) -> Any:  # a number, or None
    """Return what it costs a bidder to deliver a set of goods: the cheapest bundles that a mapping names and that hold them
    all together, what a callable says, or the number that stands for all goods together.

    None if a mapping cannot deliver them. Cost: exponential in the bundles named, at worst.
    """
    if callable(value):
        return value(items)
    if not isinstance(value, Mapping):
        return value
    priced = [(goods_of(bundle, "items"), cost) for bundle, cost in value.items()]
    costs: dict[frozenset[Good], float] = {items: 0.0}  # by what is left to deliver
    for bundle, cost in priced:
        for left, spent in list(costs.items()):
            rest = left - bundle
            if rest != left and spent + cost < costs.get(rest, math.inf):
                costs[rest] = spent + cost
    return costs.get(frozenset())
