"""Winner determination: which bids win, so that no good is sold twice and the winning bids are worth the most together.

Always an answer: a greedy allocation comes first, prices give an upper bound, and the two rule bids out; then an engine has
the time that is left. At the deadline the best allocation is returned with its bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.combinatorial import BundleAuction, BundleBid, BundleBids, Good
from negotiate_rt.problems.task import FrozenMapping
from negotiate_rt.solutions.winners.deadline import NEVER, Deadline
from negotiate_rt.solutions.winners.engines import (
    FIRST_STEPS,
    STEPS,
    at_hand,
    engine_of,
    installed,
    quick_search,
    run_own,
)
from negotiate_rt.solutions.winners.exact import dynamic_program, programmable
from negotiate_rt.solutions.winners.greedy import by_density, first_allocation, greedy, improve
from negotiate_rt.solutions.winners.highs import Engined, run_highs
from negotiate_rt.solutions.winners.packing import SLACK, Packing
from negotiate_rt.solutions.winners.prices import price, promising

Bids: TypeAlias = BundleAuction | Iterable[BundleBid | BundleBids]


class Allocation(msgspec.Struct, frozen=True, kw_only=True):
    """Who gets what. `winners`: the bids that win; `allocation`: goods by winning bidder; `value`: what they are worth.

    bound: no allocation is worth more; proven: nor more than `value`, but for a billionth of it. engine: what found or
    proved it (greedy, dynamic-program, branch-and-bound, highs, cp-sat); seconds: on the deadline's clock, 0 without one.
    """

    allocation: Mapping[str, frozenset[Good]]
    value: float
    bound: float
    proven: bool
    engine: str
    seconds: float = 0.0
    winners: tuple[BundleBid, ...] = ()

    def won_by(self, bidder: str) -> float:
        """Return what a bidder has bid for all that it gets."""
        return sum(bid.value for bid in self.winners if bid.bidder == bidder)


def solve(
    bids: Bids, deadline: Deadline | None = None, hint: Allocation | Iterable[BundleBid] | None = None, *,
    engine: str | None = None,
) -> Allocation:  # fmt: skip
    """Return the allocation of the largest value, or at the deadline the best one known with a bound on all others.

    bids: a BundleAuction, or its bids (XOR ones). deadline: a Deadline, which holds its own clock; None to run to the end.
    hint: an allocation to start from, as far as its bids are here. engine: "exact" (our own), "highs", "cp-sat", "greedy"
    (no proof is looked for), or the best that is installed. Ties go to what the engine meets first, always the same in the
    same order of bids. Cost: exponential at worst; small instances (bids * 2^goods up to 2^23) are solved by a dynamic
    program in a fifth of a second. Raises ConfigurationError.
    """
    auction = bids if isinstance(bids, BundleAuction) else BundleAuction(bids)
    if deadline is not None and not isinstance(deadline, Deadline):
        raise ConfigurationError(
            f"deadline: expected a Deadline(seconds, clock) or None, got {deadline!r}; "
            "negotiate_rt.solve_winners takes plain seconds"
        )
    limit = NEVER if deadline is None else deadline
    before = limit.elapsed()
    packing = Packing.of(auction)
    asked = None if engine in (None, "auto") else engine_of(engine)
    kept = packing.undominated()
    small = packing.among(kept)
    places = {bid: place for place, bid in enumerate(kept)}
    start = [places[bid] for bid in hinted(auction, packing, hint) if bid in places]
    name, answer = best_of(small, start, limit, asked)
    chosen = [kept[bid] for bid in answer.chosen or ()]
    everything = by_density(packing, 0.5)
    if not answer.proven:
        chosen = improve(packing, chosen, everything, limit.expired)
    winners = [auction.bids[bid] for bid in sorted(greedy(packing, everything, chosen))]
    value = packing.total(chosen)
    proven = answer.proven or answer.bound <= value * (1 + SLACK)
    return Allocation(
        allocation=FrozenMapping(goods_by_bidder(winners)), value=value, bound=value if proven else answer.bound,
        proven=proven, engine=name, seconds=limit.elapsed() - before, winners=tuple(winners),
    )  # fmt: skip


def best_of(packing: Packing, hint: list[int], deadline: Deadline, asked: str | None) -> tuple[str, Engined]:
    """Return what solved a packing without dominated bids, and the answer, which always has an allocation."""
    if asked in (None, "exact") and programmable(packing):
        found = dynamic_program(packing)
        return "dynamic-program", Engined(found, packing.total(found), True)
    quick = greedy(packing, by_density(packing, 0.5), hint)  # and a first bound: what there is in any case
    first = price(packing, quick, FIRST_STEPS, deadline.expired)
    chosen = first_allocation(packing, first.chosen, deadline.expired)
    priced = price(packing, chosen, STEPS, deadline.expired, first.prices)
    chosen = priced.chosen
    worth = packing.total(chosen)
    closed = priced.bound <= worth * (1 + SLACK)
    if closed or asked == "greedy" or deadline.expired():
        return "greedy", Engined(chosen, priced.bound, closed)
    left = promising(priced, worth, chosen)
    name, answer = solve_rest(packing.among(left), [left.index(bid) for bid in chosen], deadline, asked)
    found = chosen if answer.chosen is None else [left[bid] for bid in answer.chosen]
    if not packing.feasible(found) or packing.total(found) < worth:
        found = chosen
    bound = min(priced.bound, max(answer.bound, worth))
    return name, Engined(found, bound, answer.proven)


def solve_rest(packing: Packing, chosen: list[int], deadline: Deadline, asked: str | None) -> tuple[str, Engined]:
    """Solve what is left when bids have been ruled out."""
    if asked in (None, "exact"):
        priced = price(packing, chosen, STEPS, deadline.expired)
        if programmable(packing) or asked == "exact":
            return run_own(packing, chosen, priced, deadline)
        if (found := quick_search(packing, chosen, priced, deadline.expired)) is not None:
            return "branch-and-bound", found
    name = engine_of(asked)
    if name == "cp-sat" and asked is None and not at_hand(name, deadline.left()) and installed("highs"):
        name = "highs"
    if name == "exact" or not at_hand(name, deadline.left()):
        return run_own(packing, chosen, price(packing, chosen, STEPS, deadline.expired), deadline)
    if name == "highs":
        return name, run_highs(packing, chosen, deadline)
    from negotiate_rt.solutions.winners.cp_sat import run_cp_sat

    return name, run_cp_sat(packing, chosen, deadline)


def hinted(auction: BundleAuction, packing: Packing, hint: Any) -> list[int]:
    """Return the places of a hint's bids that are here and fit together."""
    if hint is None:
        return []
    wanted = hint.winners if isinstance(hint, Allocation) else tuple(hint)
    places = {(bid.bidder, bid.items, bid.dummies): place for place, bid in enumerate(auction.bids)}
    known = [places.get((bid.bidder, bid.items, bid.dummies)) for bid in wanted]
    return greedy(packing, [place for place in known if place is not None])


def goods_by_bidder(winners: Iterable[BundleBid]) -> dict[str, frozenset[Good]]:
    """Return what each winner gets."""
    found: dict[str, frozenset[Good]] = {}
    for bid in winners:
        found[bid.bidder] = found.get(bid.bidder, frozenset()) | bid.items
    return found
