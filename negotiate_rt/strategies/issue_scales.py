"""Conceding issue by issue: what each value of an issue adds to one's utility, and a target for each issue."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from typing import Any

from negotiate_rt.errors import ConfigurationError, InvalidDecision
from negotiate_rt.messages.view import View


class IssueScales:
    """One party's issues in one negotiation, each with a tactic, the worth of its values, and where it has come to.

    A value's worth is what one's best outcome loses by it, so 0 at most: exact for an additive utility. tactics: by issue;
    `otherwise` for the others. ConfigurationError for an unknown issue; InvalidDecision without an outcome space.
    """

    def __init__(self, view: View, tactics: Mapping[str, Callable[..., float]], otherwise: Callable[..., float]) -> None:
        space = getattr(view.problem, "space", None)
        if space is None:
            raise InvalidDecision("bidding issue by issue needs a problem with issues")
        for name in tactics:
            if name not in space.names:
                raise ConfigurationError(f"tactics[{name!r}]: there is no such issue, only {', '.join(space.names)}")
        mine = view.preferences
        best = list(mine.offer(mine.opening))
        top = mine.utility(tuple(best), True)
        self.tactics = [tactics.get(issue.name, otherwise) for issue in space.issues]
        self.lost: list[dict[Any, float]] = []  # by issue: value -> what it adds, 0 at best
        for number, issue in enumerate(space.issues):
            row = {}
            for value in issue.values:
                one = (*best[:number], value, *best[number + 1 :])
                row[value] = mine.utility(mine.check(one), True) - top
            self.lost.append(row)
        self.ranked = [sorted(row, key=row.__getitem__) for row in self.lost]  # worst first; ties keep the issue's order
        self.levels = [[row[value] for value in ranked] for row, ranked in zip(self.lost, self.ranked, strict=True)]
        self.heard: list[list[float]] = [[] for _ in self.lost]
        self.targets: list[float] = []
        self.round = 0

    def offer(self, view: View) -> Any:  # an outcome
        """Return the next offer: for each issue the value at or above its target that is worth least."""
        mine = view.preferences
        for outcome in view.heard[len(self.heard[0]) :]:
            for heard, row, value in zip(self.heard, self.lost, outcome, strict=True):
                heard.append(row[value])
        if not self.targets:
            self.targets = [levels[-1] for levels in self.levels]
        elif view.round != self.round:
            self.targets = [
                float(tactic(view.round, view.max_rounds, levels[0], target, heard))
                for tactic, levels, target, heard in zip(self.tactics, self.levels, self.targets, self.heard, strict=True)
            ]
        self.round = view.round
        chosen = [
            ranked[min(bisect_left(levels, target - 1e-12), len(levels) - 1)]
            for ranked, levels, target in zip(self.ranked, self.levels, self.targets, strict=True)
        ]
        outcome = mine.check(tuple(chosen))
        if mine.utility(outcome, True) >= mine.reservation_value:
            return outcome
        return mine.offer(mine.reservation_value)
