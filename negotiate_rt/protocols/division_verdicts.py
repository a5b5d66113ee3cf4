"""How a division in which claimants only choose is judged: by their own values, where all of them bring some."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from negotiate_rt.problems.dividing import DivisionResult
from negotiate_rt.problems.goods import Bundle as Items
from negotiate_rt.problems.goods import DivisionProblem, Item
from negotiate_rt.protocols.dividing import whole_shares
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.working_clock import working_clock
from negotiate_rt.solutions.division.cake import CakeValue, assess_cake
from negotiate_rt.solutions.division.fairness import FairnessVerdict, assess_division
from negotiate_rt.strategies.claiming import Valuation

LARGE = 60  # claimants times items: verdicts on fewer take a few milliseconds, and are given in place
NODES = 100_000  # of all searches for maximin shares together, a second or so; what is open then is told as undecided
FEWEST = 2_000  # of each
LONGEST = 20.0  # seconds for all verdicts, or a quarter of what is left: no division fails for want of them


def valuations(talk: Bundle, names: list[str]) -> dict[str, Valuation]:
    """Return what these claimants want, of those of whom it is known."""
    found = {name: talk.ends[name].peer.seat.preferences for name in names}
    return {name: mine for name, mine in found.items() if isinstance(mine, Valuation)}


def known_problem(talk: Bundle, names: list[str]) -> DivisionProblem | None:
    """Return the problem of dividing the items among these claimants; None unless the values of all are known."""
    known = valuations(talk, names)
    if len(known) < len(names):
        return None
    return DivisionProblem({name: _values(mine) for name, mine in known.items()}, talk.problem)


def _values(mine: Valuation) -> Any:  # worths in the items' order, or a function of a bundle
    assert mine.items is not None
    return mine.worth if mine.items.values_by_function(mine.party) else mine.items.row(mine.party)


def result_of(
    rule: str, items: tuple[Item, ...], held: Mapping[str, Items], problem: DivisionProblem | None
) -> DivisionResult:
    """Return the result of giving out whole items, without verdicts; worths where the problem is known."""
    given = {item for bundle in held.values() for item in bundle}
    worths = {} if problem is None else {name: problem.told(problem.worth(name, one)) for name, one in held.items()}
    return DivisionResult(
        rule=rule, allocation=dict(held), shares=whole_shares(held, items), worths=worths,
        remainder=tuple(item for item in items if item not in given),
    )  # fmt: skip


async def with_verdicts(talk: Bundle, found: DivisionResult, problem: DivisionProblem | None) -> DivisionResult:
    """Return a result with verdicts on its whole items, if they are wanted and values are known; off the loop for many items."""
    if problem is None or not talk.options.verdicts:
        return found
    verdicts: Mapping[str, FairnessVerdict]
    if len(problem.parties) * len(problem.items) > LARGE or not problem.additive:
        verdicts = await talk.compute(judged, problem, found, patience(talk))
    else:
        verdicts = judged(problem, found)
    return replace(found, verdicts=verdicts)


def patience(talk: Bundle) -> float:
    """Return the seconds that verdicts may take."""
    return min(LONGEST, (talk.deadline - talk.now) / 4)


def judged(
    problem: DivisionProblem, found: DivisionResult, seconds: float = math.inf, normalized: bool = False
) -> Mapping[str, FairnessVerdict]:
    """Return the verdicts on shares of items; in a thread, those that are not begun within so many seconds stay undecided."""
    nodes = max(FEWEST, NODES // len(problem.parties))
    if seconds == math.inf:
        return assess_division(problem, found.shares, normalized=normalized, nodes=nodes)
    until = working_clock() + seconds
    return assess_division(
        problem, found.shares, normalized=normalized, nodes=nodes, expired=lambda: working_clock() > until
    )


def pieces_result(talk: Bundle, rule: str, pieces: Mapping[str, tuple[float, float]]) -> DivisionResult:
    """Return the result of cutting a cake, with verdicts where all values are known."""
    known = valuations(talk, list(pieces))
    values: dict[str, CakeValue] = {name: mine.cake for name, mine in known.items() if mine.cake is not None}
    if len(values) < len(pieces):
        return DivisionResult(rule=rule, pieces=pieces)
    worths = {name: float(values[name].worth(*piece)) for name, piece in pieces.items()}
    verdicts = assess_cake(values, pieces) if talk.options.verdicts else {}
    return DivisionResult(rule=rule, pieces=pieces, worths=worths, verdicts=verdicts)
