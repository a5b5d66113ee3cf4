"""Recipes of claimants: who values items, a cake, or claims a part of an estate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from negotiate_rt.agents.claimant import Claimant
from negotiate_rt.problems.dividing import Cake, Rent
from negotiate_rt.scenarios.format import ClaimantSpec
from negotiate_rt.scenarios.reading import ScenarioError, hint, listed, step

if TYPE_CHECKING:
    from negotiate_rt.scenarios.recipes import Chance, Recipe, Stage


def claimant(spec: ClaimantSpec, stage: Stage, path: str) -> Recipe:
    """Return how to make a claimant. Raises ScenarioError for values that do not fit what is divided."""
    given = [name for name in ("values", "claim", "heights") if getattr(spec, name) not in (None, {}, ())]
    if len(given) != 1:
        found = listed(given) or "none"
        raise ScenarioError([f"{path}: expected one of values (of items), claim, or heights (of a cake), got {found}"])
    if given == ["claim"]:
        claim = spec.claim
        assert claim is not None
        return lambda name, chance: Claimant(name, max(0.0, chance.amount(claim)))
    if given == ["heights"]:
        return _of_cake(spec, stage, path)
    items = stage.problem.rooms if isinstance(stage.problem, Rent) else stage.problem
    if not isinstance(items, tuple):
        raise ScenarioError([f"{path}.values: there are no items here: [problem] type = 'items' or 'rent' names some"])
    flaws = [f"{path}.values: no worth of {item!r}" for item in items if item not in spec.values]
    flaws += [f"{step(f'{path}.values', item)}: is none of {listed(items)}{hint(item, items)}"
              for item in spec.values if item not in items]  # fmt: skip
    if flaws:
        raise ScenarioError(flaws)
    return lambda name, chance: Claimant(name, {item: chance.amount(worth) for item, worth in spec.values.items()})


def _of_cake(spec: ClaimantSpec, stage: Stage, path: str) -> Recipe:
    """Return how to make a claimant of a cake; heights without edges are of equal parts of it."""
    from negotiate_rt.solutions.division.cake import CakeValue  # late: a scenario without cakes need not load it

    cake = stage.problem if isinstance(stage.problem, Cake) else Cake()
    parts = len(spec.heights)
    edges: Any = spec.edges or [cake.low + (cake.high - cake.low) * place / parts for place in range(parts)] + [cake.high]
    if len(edges) != parts + 1:
        raise ScenarioError([f"{path}.edges: expected {parts + 1}, the ends of {parts} heights, got {len(edges)}"])

    def make(name: str, chance: Chance) -> Claimant:
        return Claimant(name, CakeValue(edges, [max(0.0, chance.amount(height)) for height in spec.heights]))

    return make
