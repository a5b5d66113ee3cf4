"""Agents that misbehave on purpose, for demonstrations and stress: slow, hung, crashing, talking nonsense.

A behaviour wraps the decision hooks that an agent has. Chance comes from the agent's own seeded stream, time from the
society's clock, so that a misbehaving world can be run again.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from functools import partial, wraps
from typing import Any

from negotiate_rt.messages.performatives import Failure, Propose
from negotiate_rt.messages.view import View, sleep
from negotiate_rt.scenarios.format import Behaviour, Crash, Hang, Nonsense, Slow, Trouble
from negotiate_rt.strategies.deciding import concede

HOOKS = ("decide", "bid", "perform", "handle_request", "answer", "consider", "notify", "mediate")
BY_NAME: dict[str, Trouble] = {"slow": Slow(), "hang": Hang(), "crash": Crash(), "nonsense": Nonsense()}
FOREVER = 1e9  # seconds: thirty years, far beyond any deadline
NONSENSE: dict[str, Sequence[Any]] = {  # what each hook returns that is no decision: Any, as agents do
    "decide": (Propose(math.nan), "purple monkey dishwasher", 42, Propose(("no", "such", "outcome", "anywhere")), None),
    "bid": ("lots", -1.0, math.inf, object),
    "perform": (math.inf, object), "handle_request": (Propose(1), Failure), "answer": (Propose(1), object),
    "consider": (math.nan, "perhaps"), "notify": (Propose(1), 0), "mediate": (Propose(1), object),
}


def misbehave(agent: Any, behaviour: Behaviour, rng: random.Random) -> None:  # agent: anything with hooks
    """Wrap the agent's own decision hooks; one without any (a plain agent) gets a `decide` that concedes, wrapped."""
    trouble = BY_NAME[behaviour] if isinstance(behaviour, str) else behaviour
    hooks = {name: getattr(agent, name) for name in HOOKS if callable(getattr(agent, name, None))}
    for name, hook in (hooks or {"decide": concede}).items():
        make = asynchronous if isinstance(trouble, (Slow, Hang)) else plain
        vars(agent)[name] = make(trouble, name, hook, rng)


def strikes(trouble: Trouble, round: int, rng: random.Random) -> bool:
    """Return whether an agent misbehaves in this decision, its own `round`-th."""
    if trouble.at_round is not None and round != trouble.at_round:
        return False
    return trouble.probability >= 1 or rng.random() < trouble.probability


def round_of(arguments: tuple[Any, ...], calls: int) -> int:
    """Return the round that a hook is asked in: the view's, or how often it was called."""
    return arguments[0].round if arguments and isinstance(arguments[0], View) else calls


def plain(trouble: Trouble, name: str, hook: Callable[..., Any], rng: random.Random) -> Callable[..., Any]:
    """Return a hook that crashes or talks nonsense when its trouble strikes."""
    calls = 0

    @wraps(hook)
    def troubled(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if not strikes(trouble, round_of(arguments, calls), rng):
            return hook(*arguments)
        if isinstance(trouble, Nonsense):
            return rng.choice(NONSENSE[name])
        raise RuntimeError("crashed on purpose, as the scenario says")

    return troubled


def asynchronous(trouble: Trouble, name: str, hook: Callable[..., Any], rng: random.Random) -> Callable[..., Any]:
    """Return a hook that thinks for a while, or for ever, when its trouble strikes."""
    seconds = trouble.seconds if isinstance(trouble, Slow) else FOREVER
    calls = 0

    @wraps(hook)
    async def troubled(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if strikes(trouble, round_of(arguments, calls), rng):
            await sleep(seconds)
        answer = hook(*arguments)
        return await answer if hasattr(answer, "__await__") else answer

    return troubled


def work(takes: float, reliability: float, rng: random.Random) -> Callable[[Any], Any]:
    """Return a `perform` hook: `takes` seconds of the society's clock, then done, or failed with some probability."""
    return partial(_work, takes, reliability, rng) if takes else partial(_finish, reliability, rng)


def _finish(reliability: float, rng: random.Random, task: Any) -> Any:  # None (done) or a Failure
    return None if reliability >= 1 or rng.random() < reliability else Failure("the work went wrong")


async def _work(takes: float, reliability: float, rng: random.Random, task: Any) -> Any:  # as _finish
    await sleep(takes)
    return _finish(reliability, rng, task)
