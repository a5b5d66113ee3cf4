"""Small problems and strategies that the tests of tournaments share. Importable by worker processes."""

from __future__ import annotations

import os
from typing import Any

from negotiate_rt import AdditiveUtility, BargainingProblem, Issue, OutcomeSpace
from negotiate_rt.messages.performatives import Accept, Propose, Walk


def two(least: tuple[float, float] = (0.0, 0.0)) -> BargainingProblem:
    """Three issues that the parties weigh differently: 27 outcomes, room for trade-offs."""
    space = OutcomeSpace(tuple(Issue(name, (0, 1, 2)) for name in ("price", "time", "place")))
    rising = {name: {0: 0.0, 1: 0.5, 2: 1.0} for name in space.names}
    falling = {name: {0: 1.0, 1: 0.5, 2: 0.0} for name in space.names}
    one = AdditiveUtility({"price": 0.5, "time": 0.25, "place": 0.25}, rising, space)
    other = AdditiveUtility({"price": 0.25, "time": 0.25, "place": 0.5}, falling, space)
    return BargainingProblem(space, {"Ann": one, "Ben": other}, {"Ann": least[0], "Ben": least[1]})


def three() -> BargainingProblem:
    """One issue with a middle that all three can live with; parties known by seat only."""
    space = OutcomeSpace((Issue("where", ("north", "middle", "south")),))
    tables = ((1.0, 0.7, 0.0), (0.0, 0.7, 1.0), (0.2, 0.9, 0.4))
    return BargainingProblem(
        space,
        [AdditiveUtility({"where": 1}, {"where": dict(zip(space.issues[0].values, row, strict=True))}) for row in tables],
    )


def best_for(view: Any) -> Any:  # the first outcome that is worth most
    """Return one's own best outcome."""
    space = view.problem.space
    return max(space, key=lambda outcome: view.preferences.utility(outcome, True))


def stubborn(view: Any) -> Any:
    """Demand the best, accept nothing less."""
    return Propose(best_for(view))


def yielding(view: Any) -> Any:
    """Accept whatever is offered; demand the best first."""
    return Accept() if view.standing_offer is not None else Propose(best_for(view))


def leaving(view: Any) -> Any:
    """Walk away at once."""
    return Walk("no time")


def raising(view: Any) -> Any:
    """Crash."""
    raise RuntimeError("broken on purpose")


async def thinking(view: Any) -> Any:
    """Think for a while on the negotiation's clock, then do as the yielding one."""
    await view.sleep(0.1 * view.round)
    return yielding(view)


def dying(view: Any) -> Any:
    """Take the whole process along."""
    os._exit(3)
