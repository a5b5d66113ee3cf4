"""Votes, the median point, serial dictatorship and bilateral trade as direct mechanisms.

Types of voters are rankings, best first; their utility is the number of alternatives below the winner, so that a gain is told
in ranks, and efficiency is Pareto's, for ranks of different voters are not compared.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.solutions.auction_mechanisms import GRID
from negotiate_rt.solutions.double_auction import double_auction_price
from negotiate_rt.solutions.mechanisms import Decision, DirectMechanism, Spaces, Types, TypeSpace
from negotiate_rt.solutions.terms import chance
from negotiate_rt.solutions.voting import (
    Ranking,
    all_rankings,
    check_alternatives,
    single_peaked_rankings,
    vote,
)

DOMAINS = ("all", "single-peaked")
PRIVATE = 5  # objects: 120 rankings of them


def voting(
    rule: str, alternatives: Sequence[Any] = ("a", "b", "c"), agents: int = 3, domain: str | None = None
) -> DirectMechanism:
    """Return a voting rule as a direct mechanism: types and reports are rankings, nobody pays.

    domain: "all" rankings, or those "single-peaked" along the list of alternatives (the default for the median rule, whose
    truthfulness rests on it). Ties go to the first alternative in the list.
    """
    known = check_alternatives(alternatives)
    where = domain or ("single-peaked" if rule == "median" else "all")
    if where not in DOMAINS:
        raise ConfigurationError(f"domain must be one of {', '.join(DOMAINS)}, got {domain!r}")
    rankings = all_rankings(known) if where == "all" else single_peaked_rankings(known)
    vote(rule, rankings[:1], known)  # is there such a rule?
    return DirectMechanism(
        name=rule, outcome=lambda reports: Decision(vote(rule, reports, known)), types=TypeSpace(rankings), agents=agents,
        valuation=ranks_below, allocations=known, money=False, reservation=no_way_out, names=_names("voter", agents),
        assumes=f"{where} preferences",
    )  # fmt: skip


def no_way_out(agent: int, own: Any) -> float:
    """Return what staying out is worth where nobody can."""
    return -math.inf


def ranks_below(voter: int, own: Ranking, winner: Any) -> float:
    """Return how many alternatives a voter likes less than the winner."""
    return float(len(own) - 1 - own.index(winner))


def median_point(types: Spaces = GRID, agents: int | None = None) -> DirectMechanism:
    """Return the rule that takes the median of reported points on a line (of an even number the lower middle one).

    Types are peaks; utility falls with the distance from one's own (Moulin 1980).
    """

    def outcome(peaks: Types) -> Decision:
        return Decision(sorted(peaks)[(len(peaks) - 1) // 2])

    spaces = (types,) if isinstance(types, TypeSpace) else tuple(types)
    points = sorted({peak for space in spaces for peak in space.types}) if all(one.finite for one in spaces) else ()
    return DirectMechanism(
        name="median-point", outcome=outcome, types=types, agents=agents,
        valuation=lambda agent, peak, point: -float(abs(peak - point)), allocations=points, money=False,
        reservation=no_way_out, assumes="single-peaked preferences",
    )  # fmt: skip


def serial_dictatorship(objects: Sequence[Any] = ("a", "b", "c"), agents: int = 3) -> DirectMechanism:
    """Return serial dictatorship: in the agents' order each takes what it ranks first of the objects that are left.

    Types are rankings of the objects; worth is counted in ranks, and 0 without an object (Svensson 1999).
    """
    known = check_alternatives(objects)
    if len(known) > PRIVATE:
        raise ConfigurationError(f"serial dictatorship is audited over all rankings of at most {PRIVATE} objects")

    def outcome(reports: Types) -> Decision:
        left = list(known)
        taken = []
        for ranking in reports:
            one = next((each for each in ranking if each in left), None)
            taken.append(one)
            if one is not None:
                left.remove(one)
        return Decision(tuple(taken))

    def worth(agent: int, own: Ranking, taken: tuple[Any, ...]) -> float:
        return 0.0 if taken[agent] is None else float(len(own) - own.index(taken[agent]))

    fillers = [None] * max(0, agents - len(known)) if isinstance(agents, int) else []
    return DirectMechanism(
        name="serial-dictatorship", outcome=outcome, types=TypeSpace(all_rankings(known)), agents=agents, valuation=worth,
        allocations=tuple(dict.fromkeys(itertools.permutations([*known, *fillers], agents))), money=False,
        assumes="strict preferences over private objects",
    )  # fmt: skip


def bilateral_trade(k: float = 0.5, cost: TypeSpace = GRID, value: TypeSpace = GRID) -> DirectMechanism:
    """Return the k-double auction of a seller and a buyer as a direct mechanism: if the bid is at least the ask they trade at
    k * bid + (1 - k) * ask (Chatterjee and Samuelson 1983). Its budget balances, so it cannot be truthful and efficient at
    once (Myerson and Satterthwaite 1983).
    """
    chance(k, "k")

    def outcome(reports: Types) -> Decision:
        price = double_auction_price(reports[1], reports[0], k)
        return Decision(False) if price is None else Decision(True, (-float(price), float(price)))

    return DirectMechanism(
        name="k-double-auction", outcome=outcome, types=(cost, value), valuation=trade_value,
        allocations=(False, True), names=("seller", "buyer"), assumes="private cost and value, independent",
    )  # fmt: skip


def trade_value(agent: int, own: float, traded: bool) -> float:
    """Return what a trade is worth: to the buyer its value, to the seller minus its cost; without one 0."""
    return (own if agent == 1 else -own) if traded else 0.0


def pivotal_trade(cost: TypeSpace = GRID, value: TypeSpace = GRID) -> DirectMechanism:
    """Return bilateral trade by VCG: they trade if the bid exceeds the ask; the buyer pays the ask, the seller gets the bid.

    Truthful, efficient, and short of money by the whole gain of each trade, as Myerson and Satterthwaite's theorem has it.
    """

    def outcome(reports: Types) -> Decision:
        ask, bid = reports
        return Decision(True, (-float(bid), float(ask))) if bid > ask else Decision(False)

    return DirectMechanism(
        name="pivotal-trade", outcome=outcome, types=(cost, value), valuation=trade_value, allocations=(False, True),
        names=("seller", "buyer"), assumes="private cost and value",
    )  # fmt: skip


def _names(what: str, agents: Any) -> tuple[str, ...]:
    return tuple(f"{what} {place}" for place in range(1, agents + 1)) if isinstance(agents, int) else ()
