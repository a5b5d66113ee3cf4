"""The best outcome by utilities that are sums over the issues, also where there are 10^9 outcomes or infinitely many.

Each issue has a menu of values: all of them, or for numbers on a long range a grid with the turns of what they are worth.
Branch and bound finds the best combination; then the grids close in on it, step by step, until they cannot be told apart. On
utilities that are straight between their turns no outcome between them can beat the bound of the first menus, so that an
answer which reaches it is proven; elsewhere the answer is the best that was found.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

import numpy as np

from negotiate_rt.problems.constraints import is_finite_issue
from negotiate_rt.problems.evaluations import LinearEvaluation, TriangularEvaluation
from negotiate_rt.problems.issues import Outcome, OutcomeSpace
from negotiate_rt.problems.kinds import AnyIssue, ContinuousIssue, IntegerIssue, OptionalIssue
from negotiate_rt.problems.mediation import SampledEvaluation
from negotiate_rt.problems.utility import AdditiveUtility
from negotiate_rt.problems.worths import Worths
from negotiate_rt.solutions.mediation.branching import Branching, Found, Places, Rule
from negotiate_rt.solutions.mediation.objectives import Goal, Vector
from negotiate_rt.solutions.mediation.relaxing import Oracle, Relaxed, relax

_WHOLE_MENU = 1_000  # values of an issue that are all looked at
_LEVELS = {1: 65, 2: 33, 3: 17}  # of a grid, by the number of issues that have one; 9 for more
_CLOSING = 120  # times that the grids close in, at most
_SHRINK = 1.5  # steps of the old grid on either side of the best that the new one spans
_EDGE = 0.8  # of the way to the end of a grid, from where on the best may lie beyond
_SMALLEST = 1e-13  # of a range
_NODES = 20_000  # partial outcomes that a later, smaller search looks at
_PROOF = 1e-7  # of a bound: what reaches it so nearly is proven on grids
_STRAIGHT = (LinearEvaluation, TriangularEvaluation, SampledEvaluation)


class Added(NamedTuple):
    """The best outcome, its utilities and value, an upper bound on all values (infinite if unknown), and whether it is proven."""

    outcome: Outcome | None
    vector: Vector | None
    value: float
    bound: float
    proven: bool


class Menus:
    """The values of each issue that a search looks at, and what each is worth to each party."""

    def __init__(self, space: OutcomeSpace, utilities: Sequence[AdditiveUtility]) -> None:
        self.space, self.utilities = space, utilities
        self.wide = [k for k, issue in enumerate(space.issues) if not is_finite_issue(issue) or issue.size > _WHOLE_MENU]
        self.levels = _LEVELS.get(len(self.wide), 9)
        self.values: list[list[Any]] = []
        self.straight = True
        for k, issue in enumerate(space.issues):
            self.values.append(self._first(k, issue) if k in self.wide else list(issue.values))

    def _first(self, k: int, issue: AnyIssue) -> list[Any]:
        kind = kind_of(issue)
        low, high = float(kind.at(kind.low) if isinstance(kind, ContinuousIssue) else kind.low), float(last_of(kind))
        turns: set[float] = set()
        for utility in self.utilities:
            evaluation: Any = utility.parts[k].evaluation
            self.straight = self.straight and isinstance(evaluation, _STRAIGHT)
            turns |= set(evaluation.turns(low, high)) if hasattr(evaluation, "turns") else set()
        return self._grid(issue, low, high, turns)

    def _grid(self, issue: AnyIssue, low: float, high: float, turns: Collection[float]) -> list[Any]:
        kind = kind_of(issue)
        numbers = sorted({*np.linspace(low, high, self.levels).tolist(), *turns})
        if isinstance(kind, IntegerIssue):
            steps = {math.floor((one - kind.low) / kind.step) + more for one in numbers for more in (0, 1)}
            values: list[Any] = [kind.at(place) for place in sorted(steps) if 0 <= place < kind.size]
        else:
            values = [min(kind.high, max(kind.low, one)) for one in numbers]
        return [*values, None] if kind is not issue else values

    def around(self, outcome: Outcome, reach: dict[int, float]) -> Menus:
        """Return menus that close in on an outcome: discrete issues keep their whole menus."""
        near = object.__new__(Menus)
        near.space, near.utilities, near.wide, near.levels = self.space, self.utilities, self.wide, self.levels
        near.straight, near.values = self.straight, list(self.values)
        for k in self.wide:
            issue = self.space.issues[k]
            here: Any = outcome[k]  # a number, or None for an issue that is left out
            if here is None:
                near.values[k] = [None]
                continue
            kind = kind_of(issue)
            low, high = max(float(kind.low), here - reach[k]), min(float(last_of(kind)), here + reach[k])
            grid = self._grid(issue, low, high, (here,))
            near.values[k] = grid
        return near

    def worths(self) -> list[Vector]:
        """Return per issue what its values are worth: shape (values, parties)."""
        found = []
        for k, menu in enumerate(self.values):
            columns = [column_of(utility.parts[k], menu) for utility in self.utilities]
            found.append(np.array(columns).T.reshape(len(menu), len(self.utilities)))
        return found

    def rules(self) -> list[Rule]:
        """Return the constraints as tests of places on the menus."""

        def on_menus(positions: tuple[int, ...], test: Callable[[Sequence[Any]], bool]) -> Rule:
            menus = [self.values[position] for position in positions]
            return Rule(
                positions, lambda places: test([menu[place] for menu, place in zip(menus, places, strict=True)])
            )

        return [on_menus(rule.positions, rule.test) for rule in self.space.rules]

    def outcome(self, places: Places) -> Outcome:
        """Return the outcome at these places."""
        return tuple([menu[place] for menu, place in zip(self.values, places, strict=True)])

    def places(self, outcome: Outcome) -> Places | None:
        """Return the places of an outcome, None if a menu lacks one of its values."""
        try:
            return tuple([menu.index(value) for menu, value in zip(self.values, outcome, strict=True)])
        except ValueError:
            return None


def best_sum(
    menus: Menus, goal: Goal, refused: Collection[Outcome], expired: Callable[[], bool], hints: Sequence[Outcome] = ()
) -> Added:
    """Return the best outcome by utilities that are sums over the issues."""
    first = _search(menus, goal, refused, expired, hints)
    if not menus.wide:
        if first.places is None:
            return Added(None, None, -math.inf, first.bound, first.proven)
        outcome = menus.outcome(first.places)
        return Added(outcome, vector_of(menus, outcome), first.value, first.bound, first.proven)
    if first.places is None:
        known = menus.straight and first.bound == -math.inf
        return Added(None, None, -math.inf, first.bound if menus.straight else math.inf, known)
    outcome, value = menus.outcome(first.places), first.value
    relaxed = relax(goal, Oracle(menus.worths()), expired) if menus.straight else None
    mixed = None if relaxed is None else _mixed(menus, relaxed)
    if mixed is not None and mixed not in refused:
        worth = float(goal.values(vector_of(menus, mixed)[None])[0])
        outcome, value = (mixed, worth) if worth > value else (outcome, value)
    outcome, value = _close_in(menus, goal, refused, expired, (outcome, value))
    bound = math.inf if relaxed is None else relaxed.bound
    proven = value >= bound - _PROOF * max(1.0, abs(bound))
    return Added(outcome, vector_of(menus, outcome), value, max(bound, value), proven)


def vector_of(menus: Menus, outcome: Outcome) -> Vector:
    """Return what an outcome is worth to everybody."""
    return np.array([utility.worth(outcome) for utility in menus.utilities])


def _search(
    menus: Menus, goal: Goal, refused: Collection[Outcome], expired: Callable[[], bool], hints: Sequence[Outcome],
    nodes: int | None = None,
) -> Found:  # fmt: skip
    kept = frozenset(places for one in refused if (places := menus.places(one)) is not None)
    known = [places for one in hints if (places := menus.places(one)) is not None]
    return Branching(goal, menus.worths(), menus.rules(), kept, expired).run(known, nodes)


def _close_in(
    menus: Menus, goal: Goal, refused: Collection[Outcome], expired: Callable[[], bool], best: tuple[Outcome, float]
) -> tuple[Outcome, float]:
    """Let the grids close in on the best outcome: a step is repeated at its width as long as the best lies at a grid's end."""
    outcome, value = best
    ranges = {k: float(last_of(kind_of(menus.space.issues[k]))) - float(kind_of(menus.space.issues[k]).low) for k in menus.wide}
    reach = {k: _SHRINK * ranges[k] / (menus.levels - 1) for k in menus.wide}
    for _ in range(_CLOSING):
        if expired() or all(reach[k] <= _SMALLEST * max(ranges[k], abs(number(outcome[k]))) for k in menus.wide):
            break
        near = menus.around(outcome, reach)
        found = _search(near, goal, refused, expired, (outcome,), _NODES)
        moved = False
        if found.places is not None and found.value >= value:
            new = near.outcome(found.places)
            moved = found.value > value and any(
                abs(number(new[k]) - number(outcome[k])) > _EDGE * reach[k] for k in menus.wide
            )
            outcome, value = new, found.value
        if not moved:
            reach = {k: 2 * _SHRINK * one / (menus.levels - 1) for k, one in reach.items()}
    return outcome, value


def _mixed(menus: Menus, relaxed: Relaxed) -> Outcome | None:
    """Return the middle of the relaxation's mixture: numbers are averaged, other issues have their commonest value.
    Where worths are straight it is worth what the mixture is. None if it breaks a constraint, or nobody kept count."""
    if not relaxed.shares.size:
        return None
    own: list[Any] = []
    for k, menu in enumerate(menus.values):
        shares = np.zeros(len(menu))
        np.add.at(shares, [places[k] for places in relaxed.met], relaxed.shares)
        commonest = menu[int(shares.argmax())]
        if k in menus.wide and None not in menu and not is_finite_issue(menus.space.issues[k]):
            issue = kind_of(menus.space.issues[k])
            own.append(min(issue.high, max(issue.low, float(np.array(menu, dtype=np.float64) @ shares))))
        else:
            own.append(commonest)
    return tuple(own) if menus.space.contains(tuple(own)) else None


def column_of(part: Worths, values: Sequence[Any]) -> list[float]:
    """Return what the values of one issue add."""
    return [part[value] for value in values]


def kind_of(issue: AnyIssue) -> Any:  # an issue that is not optional
    """Return what an issue is, whether or not it may be left out."""
    return issue.issue if isinstance(issue, OptionalIssue) else issue


def last_of(kind: Any) -> Any:  # an IntegerIssue or ContinuousIssue: a number
    """Return the last number of an issue."""
    return kind.high if isinstance(kind, ContinuousIssue) else kind.at(kind.size - 1)


def number(value: Any) -> float:  # of an issue of numbers
    """Return a value as a number, 0 for an issue that is left out."""
    return 0.0 if value is None else float(value)
