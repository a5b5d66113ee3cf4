"""Outcomes drawn evenly from a space: by number where they have numbers, else issue by issue, drawn again if need be."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.constraints import is_finite_issue
from negotiate_rt.problems.kinds import AnyIssue, ContinuousIssue, OptionalIssue, Scalar

if TYPE_CHECKING:
    import random

    from negotiate_rt.problems.issues import Outcome, OutcomeSpace

_MOST_DRAWS = 100_000  # per outcome that is wanted, where constraints are met by drawing again: about a second


def draw(space: OutcomeSpace, rng: random.Random, count: int, replace: bool) -> list[Outcome]:
    """Return `count` outcomes of a space; see OutcomeSpace.sample."""
    if type(count) is not int or count < 0:
        raise ConfigurationError(f"count must be a whole number of at least 0, got {count!r}")
    if not space.countable:
        return _draw_by_issue(space, rng, count, replace)
    size = space.size
    if replace:
        return [space.at(rng.randrange(size)) for _ in range(count)]
    if count > size:
        raise ConfigurationError(f"there are only {size} outcomes, so no {count} different ones")
    if size <= sys.maxsize:
        return [space.at(number) for number in rng.sample(range(size), count)]
    numbers: dict[int, None] = {}
    while len(numbers) < count:
        numbers[rng.randrange(size)] = None
    return [space.at(number) for number in numbers]


def _draw_by_issue(space: OutcomeSpace, rng: random.Random, count: int, replace: bool) -> list[Outcome]:
    drawn: list[Outcome] = []
    seen: set[Outcome] = set()
    while len(drawn) < count:
        for _ in range(_MOST_DRAWS):
            outcome = tuple([_any_value(issue, rng) for issue in space.issues])
            if space.allows(outcome) and (replace or outcome not in seen):
                break
        else:
            texts = ", ".join(rule.text for rule in space.rules) or "that all differ"
            raise ConfigurationError(
                f"{_MOST_DRAWS} draws found no further outcome under the constraints {texts}: they leave too little "
                "of the space to be met by chance; state them over fewer issues, or discretize"
            )
        drawn.append(outcome)
        seen.add(outcome)
    return drawn


def _any_value(issue: AnyIssue, rng: random.Random) -> Scalar | None:
    if isinstance(issue, OptionalIssue) and not is_finite_issue(issue):
        return None if rng.random() < 0.5 else _any_value(issue.issue, rng)
    if isinstance(issue, ContinuousIssue):
        return min(issue.high, max(issue.low, rng.uniform(issue.low, issue.high)))
    return issue.at(rng.randrange(issue.size))
