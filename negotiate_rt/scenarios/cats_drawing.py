"""Seeded instances with the distributions of the Combinatorial Auction Test Suite: arbitrary, regions, paths, matching,
scheduling, and the older L1 to L8.

Written from Leyton-Brown, Pearson and Shoham, "Towards a universal test suite for combinatorial auction algorithms" (2000),
with the suite's default parameters; the streams of chance are our own, so that single instances differ from the suite's.
The older ones come from Sandholm 1999 (L1 to L4), Boutilier, Goldszmidt and Sabata 1999 (L5), Fujishima, Leyton-Brown and
Shoham 1999 (L6, L7), and de Vries and Vohra 2000 (L8); here every such bid has a bidder of its own.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.messages.config import whole
from negotiate_rt.problems.combinatorial import BundleAuction, BundleBid, BundleBids
from negotiate_rt.scenarios.cats_places import Offers as Offers
from negotiate_rt.scenarios.cats_places import matching, paths, regions, scheduling

MOST_TRIES = 1000  # bidders in a row who bring nothing: then the distribution has no bids to give


def draw_cats(distribution: str, goods: int = 100, bids: int = 1000, seed: int = 0) -> BundleAuction:
    """Return an auction of so many goods (0, 1, ...) and bids, drawn from a distribution; the same seed, the same auction.

    distribution: arbitrary, regions, paths, matching (goods in fours), scheduling, L1 ... L8. The last bidder's bids are cut
    short where they would be too many. Raises ConfigurationError. Cost: linear in the bids, about 20 to 300 µs each.
    """
    whole("goods", goods, 1)
    whole("bids", bids, 0)
    name = str(distribution).strip().lower()
    if name not in DISTRIBUTIONS:
        known = [one.upper() if one in OLDER else one for one in DISTRIBUTIONS]
        raise ConfigurationError(
            f"distribution: expected one of {', '.join(known)}, got {distribution!r}" + suggest(name, DISTRIBUTIONS)
        )
    offers = DISTRIBUTIONS[name](goods, random.Random(f"{seed}/{name}/{goods}"))
    found: list[BundleBids] = []
    left, idle = bids, 0
    while left and idle < MOST_TRIES:
        own = {items: value for items, value in next(offers).items() if value > 0}
        idle = 0 if own else idle + 1
        if own:
            bidder = f"bidder {len(found)}"
            said = tuple(BundleBid(bidder, items, value) for items, value in undominated(own)[:left])
            found.append(BundleBids(said))
            left -= len(said)
    if left:
        raise ConfigurationError(f"goods: {goods} are too few for bids of distribution {name!r}")
    return BundleAuction(found, range(goods))


def undominated(own: dict[frozenset[int], float]) -> list[tuple[frozenset[int], float]]:
    """Return a bidder's bids without those that a bid on fewer goods beats, best first."""
    kept: list[tuple[frozenset[int], float]] = []
    for items, value in sorted(own.items(), key=lambda one: (-one[1], len(one[0]), sorted(one[0]))):
        if not any(other <= items for other, _ in kept):
            kept.append((items, value))
    return kept


# -- L1 to L8: sizes and prices drawn independently --------------------------------------------------------------------

Size = Callable[[int, random.Random], int]
Price = Callable[[int, random.Random], float]


def single(size: Size, price: Price) -> Callable[[int, random.Random], Iterator[Offers]]:
    """Return a distribution of bidders with one bid each, on goods drawn evenly."""

    def drawing(goods: int, rng: random.Random) -> Iterator[Offers]:
        while True:
            count = min(max(size(goods, rng), 0), goods)
            yield {frozenset(rng.sample(range(goods), count)): price(count, rng)} if count else {}

    return drawing


def quadratic(goods: int, rng: random.Random) -> Iterator[Offers]:
    """L8: three goods, worth the sum of their own values and of what each pair adds, all drawn once for everybody."""
    alone = [rng.random() for _ in range(goods)]
    pairs = [[rng.random() for _ in range(goods)] for _ in range(goods)]
    while True:
        held = sorted(rng.sample(range(goods), min(3, goods)))
        sums = sum(alone[one] for one in held)
        sums += sum(pairs[one][other] for place, one in enumerate(held) for other in held[place + 1 :])
        yield {frozenset(held): sums * rng.random()}


def decaying(goods: int, rng: random.Random, alpha: float = 0.55) -> int:
    """One good, and another as long as a coin of probability `alpha` says so."""
    count = 1
    while count < goods and rng.random() < alpha:
        count += 1
    return count


def exponential(goods: int, rng: random.Random, q: float = 5.0) -> int:
    """P(n) proportional to e^(-n/q), n from 1 to all goods."""
    return 1 + int(-q * math.log(1.0 - (1.0 - math.exp(-goods / q)) * rng.random()))


def evenly(goods: int, rng: random.Random) -> int:
    """Any number of goods, each as likely."""
    return rng.randint(1, goods)


def by_size(low: float, high: float) -> Price:
    """Return a price per good, drawn evenly, times the goods."""
    return lambda count, rng: count * rng.uniform(low, high)


def flat(count: int, rng: random.Random) -> float:
    """A price that does not look at the goods."""
    return rng.random()


OLDER: dict[str, Callable[[int, random.Random], Iterator[Offers]]] = {
    "l1": single(evenly, flat),
    "l2": single(evenly, by_size(0.0, 1.0)),
    "l3": single(lambda goods, rng: 3, flat),
    "l4": single(decaying, by_size(0.0, 1.0)),
    "l5": single(lambda goods, rng: round(rng.gauss(4.0, 1.0)), lambda count, rng: max(rng.gauss(16.0, 3.0), 0.0)),
    "l6": single(exponential, by_size(0.5, 1.5)),
    "l7": single(lambda goods, rng: sum(rng.random() < 0.2 for _ in range(goods)), by_size(0.5, 1.5)),
    "l8": quadratic,
}
DISTRIBUTIONS: dict[str, Callable[[int, random.Random], Iterator[Offers]]] = {
    "arbitrary": lambda goods, rng: regions(goods, rng, arbitrary=True),
    "regions": regions,
    "paths": paths,
    "matching": matching,
    "scheduling": scheduling,
    **OLDER,
}
