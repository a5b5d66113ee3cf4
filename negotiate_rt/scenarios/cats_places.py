"""The five distributions of the Combinatorial Auction Test Suite that are motivated by markets: nearness of real estate
(regions), likeness (arbitrary), routes (paths), airport slots (matching), machine time (scheduling).

Each is an endless stream of bidders; a bidder is a mapping of bundles to values of which it wants one.
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Iterator
from itertools import accumulate, pairwise
from typing import TypeAlias

from negotiate_rt.errors import ConfigurationError

Offers: TypeAlias = dict[frozenset[int], float]

# regions and arbitrary
MOST_VALUE, DEVIATION = 100, 0.5  # of a good, common to all; of a bidder's own value from it, either way
ANOTHER, JUMP = 0.9, 0.05  # probability of one more good; that it lies anywhere
SEVER, DIAGONAL = 0.1, 0.2  # probability that a neighbour to the side is cut off, and that one across a corner is joined
ADDITIVITY, BUDGET, RESALE, SUBSTITUTES = 0.2, 1.5, 0.5, 5
# paths
NEAREST, DENSITY, PENALTY, SHIPPING, ROUTES, MOST_STEPS = 2, 3, 1.7, 1.5, 5, 3000
# matching: four airports (Chicago, Washington, New York's two), at longitude and latitude
AIRPORTS = ((-87.75, 41.98), (-77.03, 38.85), (-73.78, 40.65), (-73.87, 40.77))
MOST_FARE, EARLY, LATE, LATE_LANDING, DELAY, LATENESS, LONGEST_FLIGHT = 5.0, 1, 2, 2, 0.9, 0.75, 10
# scheduling
LONGEST_JOB, ANOTHER_DEADLINE = 10, 0.9


def regions(goods: int, rng: random.Random, arbitrary: bool = False) -> Iterator[Offers]:
    """Bundles of near goods: neighbours in a grid, or, if arbitrary, linked more or less strongly each with each.

    A bidder's first bundle grows from a good it likes; up to five substitutes, of the same size, grow from each of its goods.
    A bundle is worth the bidder's values and n ** 1.2. Substitutes cost at most 1.5 times as much, and can be sold again
    for half of it.
    """
    near = strengths(goods, rng) if arbitrary else grid(goods, rng)
    common = [rng.uniform(1.0, MOST_VALUE) for _ in range(goods)]
    jump = 0.0 if arbitrary else JUMP
    while True:
        private = [rng.uniform(-DEVIATION, DEVIATION) * MOST_VALUE for _ in range(goods)]
        liking = [(one / MOST_VALUE + DEVIATION) / (2 * DEVIATION) for one in private]

        def worth(bundle: frozenset[int], private: list[float] = private) -> float:
            return sum(common[one] + private[one] for one in bundle) + float(len(bundle) ** (1 + ADDITIVITY))

        first = grown(pick(liking, rng), 0, near, liking, jump, rng)
        best = worth(first)
        found = {first: best}
        others: Offers = {}
        for start in sorted(first) if best > 0 else ():
            bundle = grown(start, len(first), near, liking, jump, rng)
            value = worth(bundle)
            resold = sum(common[one] for one in bundle)
            if 0 <= value <= BUDGET * best and resold >= RESALE * sum(common[one] for one in first) and bundle != first:
                others[bundle] = value
        for bundle in sorted(others, key=others.__getitem__, reverse=True)[:SUBSTITUTES]:
            found[bundle] = others[bundle]
        yield found if best > 0 else {}


def grown(
    start: int, size: int, near: list[dict[int, float]], liking: list[float], jump: float, rng: random.Random
) -> frozenset[int]:
    """Return a bundle grown from a good: of this size, or (0) as long as chance says so. Neighbours of what it holds join
    in proportion to how strongly they are linked to it and liked.
    """
    goods = len(near)
    bundle = {start}
    pull = dict(near[start])
    while len(bundle) < goods and (len(bundle) < size if size else rng.random() < ANOTHER):
        outside = [one for one in pull if one not in bundle]
        weights = [pull[one] * liking[one] for one in outside]
        if not any(weights) or rng.random() < jump:
            outside = [one for one in range(goods) if one not in bundle]
            weights = [1.0] * len(outside)
        chosen = outside[pick(weights, rng)]
        bundle.add(chosen)
        for one, strength in near[chosen].items():
            pull[one] = pull.get(one, 0.0) + strength
    return frozenset(bundle)


def pick(weights: list[float], rng: random.Random) -> int:
    """Return a place, drawn in proportion to the weights."""
    sums = list(accumulate(weights))
    at = rng.random() * sums[-1]
    low, high = 0, len(sums) - 1
    while low < high:
        middle = (low + high) // 2
        if sums[middle] > at:
            high = middle
        else:
            low = middle + 1
    return low


def strengths(goods: int, rng: random.Random) -> list[dict[int, float]]:
    """Return how strongly goods are linked, each with each."""
    near: list[dict[int, float]] = [{} for _ in range(goods)]
    for one in range(goods):
        for other in range(one):
            near[one][other] = near[other][one] = rng.random()
    return near


def grid(goods: int, rng: random.Random) -> list[dict[int, float]]:
    """Return neighbours in a nearly square grid, some cut off, some joined across a corner."""
    width = math.ceil(math.sqrt(goods))
    near: list[dict[int, float]] = [{} for _ in range(goods)]
    for one in range(goods):
        column = one % width
        steps = [(1, column + 1 < width, 1 - SEVER), (width, True, 1 - SEVER)]
        steps += [(width + 1, column + 1 < width, DIAGONAL), (width - 1, column > 0, DIAGONAL)]
        for step, inside, chance in steps:
            other = one + step
            if inside and other < goods and rng.random() < chance:
                near[one][other] = near[other][one] = 1.0
    return near


def paths(goods: int, rng: random.Random) -> Iterator[Offers]:
    """Routes between two cities: goods are the links of a network, bundles the cheapest routes up to a budget.

    Cities lie anywhere in a square, a third as many as links; each is joined to its two nearest, then links are built along
    the cheapest routes between random cities, where a link that is to be built costs 1.7 times its length. A bidder pays what
    it saves of 1 to 1.5 times the straight distance, for one of up to five routes.
    """
    cities = max(2, math.ceil(goods / DENSITY), math.ceil((1 + math.sqrt(1 + 8 * goods)) / 2))
    spots = [(rng.random(), rng.random()) for _ in range(cities)]
    links = network(goods, spots, rng)
    while True:
        start, end = rng.sample(range(cities), 2)
        limit = rng.uniform(1.0, SHIPPING) * math.dist(spots[start], spots[end])
        yield {route: limit - cost for route, cost in routes(start, end, limit, spots, links)}


def network(goods: int, spots: list[tuple[float, float]], rng: random.Random) -> list[dict[int, int]]:
    """Return a network of exactly so many links: city -> neighbour -> number of the link."""
    cities = len(spots)
    links: list[dict[int, int]] = [{} for _ in spots]
    built = 0

    def join(one: int, other: int) -> None:
        nonlocal built
        if built < goods and other not in links[one]:
            links[one][other] = links[other][one] = built
            built += 1

    for one in range(cities):
        nearest = sorted((math.dist(spots[one], spots[other]), other) for other in range(cities) if other != one)
        for _, other in nearest[:NEAREST]:
            join(one, other)
    idle = 0
    while built < goods:
        before = built
        start, end = rng.sample(range(cities), 2)
        route = cheapest(start, end, spots, links) if idle < cities else [start, end]
        for one, other in pairwise(route):
            join(one, other)
        idle = idle + 1 if built == before else 0
    return links


def cheapest(start: int, end: int, spots: list[tuple[float, float]], links: list[dict[int, int]]) -> list[int]:
    """Return the cheapest route between two cities over links that stand or are to be built (Dijkstra 1959)."""
    cost = {start: 0.0}
    before: dict[int, int] = {}
    queue = [(0.0, start)]
    done: set[int] = set()
    while queue:
        so_far, one = heapq.heappop(queue)
        if one == end:
            break
        if one in done:
            continue
        done.add(one)
        for other in range(len(spots)):
            length = math.dist(spots[one], spots[other]) * (1.0 if other in links[one] else PENALTY)
            if other not in done and so_far + length < cost.get(other, math.inf):
                cost[other], before[other] = so_far + length, one
                heapq.heappush(queue, (so_far + length, other))
    route = [end]
    while route[-1] != start:
        route.append(before[route[-1]])
    return route


def routes(
    start: int, end: int, limit: float, spots: list[tuple[float, float]], links: list[dict[int, int]]
) -> Iterator[tuple[frozenset[int], float]]:
    """Yield up to five routes over links that stand, cheapest first, none dearer than the limit."""
    queue: list[tuple[float, float, tuple[int, ...], frozenset[int]]] = [(0.0, 0.0, (start,), frozenset())]
    found = 0
    for _ in range(MOST_STEPS):
        if not queue or found == ROUTES:
            return
        _, cost, cities, used = heapq.heappop(queue)
        if cities[-1] == end:
            found += 1
            yield used, cost
            continue
        for other, link in links[cities[-1]].items():
            if other not in cities:
                further = cost + math.dist(spots[cities[-1]], spots[other])
                least = further + math.dist(spots[other], spots[end])
                if least < limit:
                    heapq.heappush(queue, (least, further, (*cities, other), used | {link}))


def matching(goods: int, rng: random.Random) -> Iterator[Offers]:
    """A slot to take off at one of four airports and one to land at another, within a span around the wished time.

    Goods are (time, airport), four a time. A landing after the wished one costs a quarter of the value a slot, a longer
    flight a tenth. Raises ConfigurationError unless goods come in fours.
    """
    ports = len(AIRPORTS)
    times = goods // ports
    if goods % ports or times < 2:
        raise ConfigurationError(f"goods: matching needs a multiple of {ports}, at least {2 * ports}, got {goods}")
    farthest = max(math.dist(one, other) for one in AIRPORTS for other in AIRPORTS)
    longest = min(LONGEST_FLIGHT, times - 1)
    fares = [rng.random() * MOST_FARE for _ in AIRPORTS]
    while True:
        one, other = rng.sample(range(ports), 2)
        if {one, other} == {2, 3}:
            continue  # nobody flies across the town
        least = max(1, round(longest * math.dist(AIRPORTS[one], AIRPORTS[other]) / farthest))
        wished = rng.randrange(max(1, times - least))
        factor = 1 + rng.uniform(-DEVIATION, DEVIATION)
        found: Offers = {}
        for leave in range(max(0, wished - EARLY), min(times - 1, wished + LATE) + 1):
            for land in range(leave + least, min(times - 1, wished + least + LATE_LANDING) + 1):
                late, longer = max(0, land - wished - least), land - leave - least
                value = factor * (fares[one] + fares[other]) * DELAY**longer * LATENESS**late
                found[frozenset({leave * ports + one, land * ports + other})] = value
        yield found


def scheduling(goods: int, rng: random.Random) -> Iterator[Offers]:
    """A job that needs so many slots of machine time in a row, and is worth less after each of its deadlines.

    Worth at the first deadline: its length ** 1.2, times 0.5 to 1.5; later in proportion to first deadline / deadline.
    """
    while True:
        length = rng.randint(1, min(LONGEST_JOB, goods))
        first = rng.randint(length, goods)
        value = (1 + rng.uniform(-DEVIATION, DEVIATION)) * length ** (1 + ADDITIVITY)
        found: Offers = {}
        passed, deadline = 0, first
        while True:
            for end in range(max(length, passed + 1), deadline + 1):
                found[frozenset(range(end - length, end))] = value * first / deadline
            passed = deadline
            if passed >= goods or rng.random() >= ANOTHER_DEADLINE:
                break
            deadline = rng.randint(passed + 1, goods)
        yield found
