"""What winners of a combinatorial auction pay: their bids, Vickrey-Clarke-Groves, or the core payments nearest to that.

VCG: each winner pays what its presence costs the others, W(without i) - (W - v_i); bidding the truth is a dominant strategy
(Vickrey 1961, Clarke 1971, Groves 1973). Its revenue can be 0, can fall when a bidder joins, and false names can pay
(Ausubel and Milgrom, "The lovely but lonely Vickrey auction", 2006): true properties, not bugs. Core payments leave no
coalition of bidders that would rather trade with the seller by itself (Day and Milgrom 2008). Of those with the least
revenue, the nearest to VCG in Euclidean distance are taken (Day and Cramton, "Quadratic core-selecting payment rules", 2012),
found by constraint generation (Day and Raghavan 2007). Nobody pays more than it bid.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.problems.bundles import PAYMENTS
from negotiate_rt.problems.combinatorial import BundleAuction, BundleBid, BundleBids, Good, shown
from negotiate_rt.problems.task import FrozenMapping
from negotiate_rt.solutions.nearest import exact_projection, least_sum, nearest_to_origin
from negotiate_rt.solutions.winners.deadline import NEVER, Deadline
from negotiate_rt.solutions.winners.solving import Allocation, Bids, solve

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

SLACK = 1e-9  # of the allocation's value: a coalition that gains less blocks nothing
ROUNDING = 1e-12  # of the largest bid, by which the least sum may be missed while the nearest point is looked for
MOST_EXACT = 40  # tight constraints up to which payments are calculated in fractions in the end
MOST_COMBINATIONS = 4096  # of OR bids of one winner, which core payments have to look at one by one


class BlockingCoalition(msgspec.Struct, frozen=True, kw_only=True):
    """Bidders that would rather deal with the seller by themselves: `value` is what they bid for what they would get,
    `gain` how much they and the seller would gain together. `winners` are the bids that would win.
    """

    bidders: tuple[str, ...]
    value: float
    gain: float
    winners: tuple[BundleBid, ...] = ()


class Payments(msgspec.Struct, frozen=True, kw_only=True):
    """What each winner pays, and the sum. proven: every allocation behind them is; otherwise time was up, and VCG payments
    are held between 0 and the bid, core payments the nearest to VCG that the coalitions found until then allow.

    vcg: for core payments, what they are nearest to; coalitions: those that made a difference.
    """

    rule: str
    payments: Mapping[str, float]
    revenue: float
    proven: bool
    vcg: Mapping[str, float] | None = None
    coalitions: tuple[BlockingCoalition, ...] = ()


def payments_by(
    rule: str, bids: Bids, allocation: Allocation, deadline: Deadline | None = None, *, engine: str | None = None
) -> Payments:
    """Return payments by a rule: "first-price", "vcg" or "core". Raises ConfigurationError. Cost: one winner determination
    a winner for VCG, and some more for the core, each started from what is known.
    """
    name = str(rule).strip().lower()
    if name not in PAYMENTS:
        raise ConfigurationError(f"payment rule: expected one of {', '.join(PAYMENTS)}, got {rule!r}" + suggest(name, PAYMENTS))
    if name == "first-price":
        return first_price_payments(allocation)
    return (vcg_payments if name == "vcg" else core_payments)(bids, allocation, deadline, engine=engine)


def first_price_payments(allocation: Allocation) -> Payments:
    """Return payments where each winner pays what it bid."""
    paid = {bidder: worth_to(allocation.winners, bidder) for bidder in allocation.allocation}
    return told("first-price", paid, True)


def vcg_payments(
    bids: Bids, allocation: Allocation, deadline: Deadline | None = None, *, engine: str | None = None
) -> Payments:
    """Return Vickrey-Clarke-Groves payments of an allocation of these bids: one more winner determination a winner,
    started from the allocation without it.
    """
    auction = auction_of(bids)
    limit = deadline or NEVER
    paid: dict[str, float] = {}
    proven = allocation.proven
    for place, bidder in enumerate(allocation.allocation):
        others = [bid for bid in allocation.winners if bid.bidder != bidder]
        share = limit.share(1 / (len(allocation.allocation) - place))
        instead = solve(auction.without(bidder), share, others, engine=engine)
        cost = math.fsum([bid.value for bid in instead.winners] + [-bid.value for bid in others])
        paid[bidder] = min(max(cost, 0.0), worth_to(allocation.winners, bidder))
        proven = proven and instead.proven
    return told("vcg", paid, proven)


def core_payments(
    bids: Bids, allocation: Allocation, deadline: Deadline | None = None, *, engine: str | None = None
) -> Payments:
    """Return the least core payments that are nearest to VCG's.

    Each step asks which coalition blocks the payments most, one more winner determination, and adds what it would pay as a
    constraint. Raises ConfigurationError for an OR winner with more than 4,096 combinations of bids.
    """
    auction = exclusive(auction_of(bids), allocation)
    limit = deadline or NEVER
    vickrey = vcg_payments(bids, allocation, limit.share(0.5), engine=engine)
    names = tuple(allocation.allocation)
    won = np.array([worth_to(allocation.winners, name) for name in names])
    least = np.array([vickrey.payments[name] for name in names])
    paid = least
    rows: list[Floats] = []
    right: list[float] = []
    coalitions: list[BlockingCoalition] = []
    proven = vickrey.proven
    while not limit.expired():
        now = dict(zip(names, paid.tolist(), strict=True))
        block, sure = most_blocking(auction, allocation, now, limit, engine)
        proven = proven and sure
        if block is None or known(block, coalitions):
            return told("core", now, proven, vickrey.payments, tuple(coalitions))
        outside = np.array([float(name not in block.bidders) for name in names])
        rows.append(outside)
        right.append(block.value - float(won @ (1 - outside)))
        coalitions.append(block)
        paid = nearest_payments(least, won, np.array(rows), np.array(right))
    return told("core", dict(zip(names, paid.tolist(), strict=True)), False, vickrey.payments, tuple(coalitions))


def known(block: BlockingCoalition, coalitions: Sequence[BlockingCoalition]) -> bool:
    """Whether this coalition was heard before: then it is only rounding that it asks for."""
    return any(set(one.bidders) == set(block.bidders) and one.value >= block.value for one in coalitions)


def nearest_payments(least: Floats, most: Floats, rows: Floats, right: Floats) -> Floats:
    """Return payments between `least` and `most` with rows @ payments >= right: of those with the least sum, the nearest to
    `least`. What rounding leaves unmet is laid on `most`, where every coalition is content.
    """
    scale = float(most.max(initial=0.0)) or 1.0
    room = (most - least) / scale
    needed = np.minimum((right - rows @ least) / scale, rows @ room)
    lowest = least_sum(rows, needed, room)
    eye = np.eye(len(least))
    matrix = np.vstack((rows, eye, -eye, -np.ones((1, len(least)))))
    bounds = np.concatenate((needed, np.zeros(len(least)), -room, [-(lowest or 0.0) - ROUNDING]))
    raised = None if lowest is None else nearest_to_origin(matrix, bounds)
    if raised is None:
        return most
    found = np.clip(least + scale * raised, least, most)
    tight = matrix[:-1] @ raised - bounds[:-1] <= SLACK
    return rounded_once(found, least, most, np.vstack((rows, eye, eye)), np.concatenate((right, least, most)), tight)


def rounded_once(found: Floats, least: Floats, most: Floats, rows: Floats, right: Floats, tight: Flags) -> Floats:
    """Return the point where the constraints that are tight at `found` are met to the last digit, if there are few.

    The nearest point of a polyhedron is the projection on the constraints that are tight there; that the sum is the least
    follows from them, too.
    """
    if tight.sum() > MOST_EXACT:
        return found
    exact = exact_projection(least.tolist(), rows[tight].tolist(), right[tight].tolist())
    if exact is None or np.abs(np.array(exact) - found).max() > 1e-6 * max(float(most.max()), 1e-300):
        return found
    result: Floats = np.clip(np.array(exact), least, most)
    return result


def blocking_coalition(
    bids: Bids, allocation: Allocation, payments: Mapping[str, float], deadline: Deadline | None = None, *,
    engine: str | None = None,
) -> BlockingCoalition | None:  # fmt: skip
    """Return the coalition that gains most by dealing with the seller alone, or None if the payments are in the core.

    payments: by winner's name; whoever is missing pays nothing. Gains below a billionth of the allocation's value do not
    count. Raises ConfigurationError as core_payments does. With a deadline, None says only that none was found.
    """
    auction = exclusive(auction_of(bids), allocation)
    return most_blocking(auction, allocation, payments, deadline or NEVER, engine)[0]


def most_blocking(
    auction: BundleAuction, allocation: Allocation, payments: Mapping[str, float], deadline: Deadline, engine: str | None
) -> tuple[BlockingCoalition | None, bool]:
    """Return the coalition that blocks most, and whether that is proven.

    Winners give their surplus up: each bid of theirs is lowered by what they have won more than they pay. If bids are then
    worth more together than is paid, those who make them block. Winners bid XOR here.
    """
    surplus = {name: worth_to(allocation.winners, name) - payments.get(name, 0.0) for name in allocation.allocation}
    lowered = {place: bid.value - surplus.get(bid.bidder, 0.0) for place, bid in enumerate(auction.bids)}
    ready = {place: value for place, value in lowered.items() if value > 0}
    found = solve(auction.revalued(ready), deadline, engine=engine)
    paid = math.fsum(payments.get(name, 0.0) for name in allocation.allocation)
    gain = found.value - paid
    if gain <= SLACK * max(allocation.value, paid):
        return None, found.proven
    full = {(bid.bidder, bid.items, bid.dummies): bid for bid in auction.bids}
    winners = tuple(full[bid.bidder, bid.items, bid.dummies] for bid in found.winners if bid.value > 0)
    bidders = tuple(dict.fromkeys(bid.bidder for bid in winners))
    value = math.fsum(bid.value for bid in winners)
    return BlockingCoalition(bidders=bidders, value=value, gain=gain, winners=winners), found.proven


def exclusive(auction: BundleAuction, allocation: Allocation) -> BundleAuction:
    """Return the auction with every winner's bids in XOR form, so that its surplus can be taken off once."""
    said = []
    for name in auction.bidders:
        own = tuple(bid for bid in auction.bids if bid.bidder == name)
        if auction.languages[name] != "xor" and name in allocation.allocation:
            own = combinations(name, own)
            said.append(BundleBids(own))
        else:
            said.append(BundleBids(own, auction.languages[name]))
    return BundleAuction(said, auction.goods)


def combinations(name: str, own: Sequence[BundleBid]) -> tuple[BundleBid, ...]:
    """Return the XOR bids that say the same as these OR* bids."""
    found: dict[tuple[frozenset[Good], frozenset[Good]], float] = {(frozenset(), frozenset()): 0.0}
    for bid in own:
        for (items, dummies), value in list(found.items()):
            if not (items & bid.items or dummies & bid.dummies):
                key = (items | bid.items, dummies | bid.dummies)
                found[key] = max(found.get(key, 0.0), value + bid.value)
        if len(found) > MOST_COMBINATIONS:
            raise ConfigurationError(
                f"core payments: the OR bids of winner {name!r} combine to more than {MOST_COMBINATIONS} bundles "
                f"(so far within {shown(bid.items)} and others); let it bid XOR, or use VCG payments"
            )
    best: dict[frozenset[Good], float] = {}
    for (items, _), value in found.items():
        if items:
            best[items] = max(best.get(items, 0.0), value)
    return tuple(BundleBid(name, items, value) for items, value in best.items())


def worth_to(winners: Sequence[BundleBid], bidder: str) -> float:
    """Return what a bidder has bid for all that it gets."""
    return math.fsum(bid.value for bid in winners if bid.bidder == bidder)


def auction_of(bids: Bids) -> BundleAuction:
    """Return the auction of these bids."""
    return bids if isinstance(bids, BundleAuction) else BundleAuction(bids)


def told(
    rule: str, paid: Mapping[str, float], proven: bool, vcg: Mapping[str, float] | None = None,
    coalitions: tuple[BlockingCoalition, ...] = (),
) -> Payments:  # fmt: skip
    """Return payments with their sum."""
    return Payments(
        rule=rule, payments=FrozenMapping(paid), revenue=math.fsum(paid.values()), proven=proven, vcg=vcg,
        coalitions=coalitions,
    )  # fmt: skip
