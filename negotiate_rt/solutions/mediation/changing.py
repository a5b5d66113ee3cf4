"""One step from an outcome to a neighbour: another value of one issue, at random, that breaks no constraint."""

from __future__ import annotations

import random
from typing import Any

from negotiate_rt.problems.constraints import is_finite_issue
from negotiate_rt.problems.issues import Outcome, OutcomeSpace
from negotiate_rt.problems.kinds import AnyIssue

_TRIES = 200  # changes that break a constraint, before it is given up
_NEAR = 0.1  # of a range: how far a number usually moves


def changed(space: OutcomeSpace, outcome: Outcome, rng: random.Random) -> Outcome | None:
    """Return a neighbour: one issue has another value, or two of them where constraints leave no other way. None if none is
    found in 200 tries. A number on a long range mostly moves by a tenth of it or less. Cost: O(issues) a try."""
    issues = space.issues
    for attempt in range(_TRIES):
        own = list(outcome)
        for _ in range(1 + (attempt >= _TRIES // 2)):
            position = rng.randrange(len(issues))
            own[position] = another(issues[position], own[position], rng)
        found = tuple(own)
        if found != outcome and (not space.rules or space.allows(found)):
            return found
    return None


def another(issue: AnyIssue, value: Any, rng: random.Random) -> Any:
    """Return another value of an issue; the same if it has no other."""
    if not is_finite_issue(issue):
        kind: Any = getattr(issue, "issue", issue)  # a ContinuousIssue, perhaps optional
        if kind is not issue and rng.random() < _NEAR:
            return kind.low + rng.random() * (kind.high - kind.low) if value is None else None
        if value is None or rng.random() < _NEAR:
            return kind.low + rng.random() * (kind.high - kind.low)
        return min(kind.high, max(kind.low, value + rng.gauss(0.0, _NEAR) * (kind.high - kind.low)))
    size = issue.size
    if size < 2:
        return value
    here: Any = issue.find(value)
    if issue.ordered and size > 1 / _NEAR and rng.random() > _NEAR:
        far = max(1, round(size * _NEAR))
        place = min(size - 1, max(0, here + rng.choice((-1, 1)) * rng.randint(1, far)))
        if place != here:
            return issue.at(place)
    place = rng.randrange(size - 1)
    return issue.at(place + (place >= here))
