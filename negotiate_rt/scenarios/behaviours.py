"""Agents that misbehave on purpose, for demonstrations and stress: slow, hung, crashing, talking nonsense, burning the
processor, going by a clock of their own.

A behaviour wraps the decision hooks that an agent has. Chance comes from the agent's own seeded stream, time from the
society's clock, so that a misbehaving world can be run again.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Sequence
from functools import partial, wraps
from typing import Any

import msgspec

from negotiate_rt.messages.performatives import Failure, Propose
from negotiate_rt.messages.view import CLOCK, View, sleep
from negotiate_rt.scenarios.format import Behaviour, Crash, Hang, Hog, Nonsense, Skew, Slow, Trouble
from negotiate_rt.strategies.deciding import concede

HOOKS = ("decide", "bid", "perform", "handle_request", "answer", "consider", "notify", "mediate", "claim", "disclose", "vote")
BY_NAME: dict[str, Trouble] = {
    "slow": Slow(), "hang": Hang(), "crash": Crash(), "nonsense": Nonsense(), "hog": Hog(), "skew": Skew(),
}  # fmt: skip
FOREVER = 1e9  # seconds: thirty years, far beyond any deadline
NONSENSE: dict[str, Sequence[Any]] = {  # what each hook returns that is no decision: Any, as agents do
    "decide": (Propose(math.nan), "purple monkey dishwasher", 42, Propose(("no", "such", "outcome", "anywhere")), None),
    "bid": ("lots", -1.0, math.inf, object),
    "perform": (math.inf, object), "handle_request": (Propose(1), Failure), "answer": (Propose(1), object),
    "consider": (math.nan, "perhaps"), "notify": (Propose(1), 0), "mediate": (Propose(1), object),
    "claim": ("everything", math.nan, object), "disclose": (42, object), "vote": (math.nan, "perhaps"),
}


def misbehave(
    agent: Any, behaviour: Behaviour, rng: random.Random, remake: Callable[[], Any] | None = None
) -> None:  # agents: anything with hooks
    """Wrap the agent's own decision hooks; one without any (a plain agent) gets a `decide` that concedes, wrapped.

    remake: makes the agent that comes back after a crash; without it the same one does.
    """
    trouble = BY_NAME[behaviour] if isinstance(behaviour, str) else behaviour
    times = Times(trouble, rng)
    for name, hook in hooks_of(agent).items():
        if isinstance(trouble, Crash) and trouble.restart_after is not None:
            wrapped = restarting(trouble.restart_after, name, hook, times, remake or (lambda: agent))
        elif isinstance(trouble, (Slow, Hang)) or trouble.at is not None:
            wrapped = asynchronous(trouble, name, hook, times)
        else:
            wrapped = plain(trouble, name, hook, times)
        vars(agent)[name] = wrapped


def hooks_of(agent: Any) -> dict[str, Callable[..., Any]]:  # agent: anything with hooks
    """Return an agent's decision hooks by name; a plain agent's is to concede."""
    return {name: getattr(agent, name) for name in HOOKS if callable(getattr(agent, name, None))} or {"decide": concede}


class Times:
    """When one agent's trouble strikes; `calls` counts its decisions."""

    def __init__(self, trouble: Trouble, rng: random.Random) -> None:
        self.trouble = trouble
        self.rng = rng
        self.calls = 0

    def strike(self, arguments: tuple[Any, ...]) -> bool:
        """Whether it strikes in the decision that is asked for with these arguments."""
        self.calls += 1
        trouble = self.trouble
        if trouble.at is not None and now_of(arguments) < trouble.at:
            return False
        if trouble.at_call is not None and self.calls != trouble.at_call:
            return False
        return strikes(trouble, round_of(arguments, self.calls), self.rng)


def strikes(trouble: Trouble, round: int, rng: random.Random) -> bool:
    """Return whether an agent misbehaves in this decision, its own `round`-th."""
    if trouble.at_round is not None and round != trouble.at_round:
        return False
    return trouble.probability >= 1 or rng.random() < trouble.probability


def round_of(arguments: tuple[Any, ...], calls: int) -> int:
    """Return the round that a hook is asked in: the view's, or how often it was called."""
    return arguments[0].round if arguments and isinstance(arguments[0], View) else calls


def now_of(arguments: tuple[Any, ...]) -> float:
    """Return the time on the society's clock: the view's, or that of the call that an asynchronous hook runs in."""
    if arguments and isinstance(arguments[0], View):
        return arguments[0].now
    call: Any = getattr(CLOCK.get(None), "__self__", None)  # a runtime Call: its `sleep` is what the variable holds
    return 0.0 if call is None else float(call.calls.kernel.read_clock())


def plain(trouble: Trouble, name: str, hook: Callable[..., Any], times: Times) -> Callable[..., Any]:
    """Return a hook whose trouble takes none of the society's time."""

    @wraps(hook)
    def troubled(*arguments: Any) -> Any:
        if not times.strike(arguments):
            return hook(*arguments)
        return spoil(trouble, name, hook, arguments, times.rng)

    return troubled


def spoil(
    trouble: Trouble, name: str, hook: Callable[..., Any], arguments: tuple[Any, ...], rng: random.Random
) -> Any:  # a decision, or none
    """Crash, talk nonsense, burn the processor or go by another clock."""
    if isinstance(trouble, Nonsense):
        return rng.choice(NONSENSE[name])
    if isinstance(trouble, Crash):
        raise RuntimeError("crashed on purpose, as the scenario says")
    if isinstance(trouble, Hog):
        until = time.thread_time() + trouble.seconds
        while time.thread_time() < until:
            pass
    if isinstance(trouble, Skew) and arguments and isinstance(arguments[0], View):
        view = arguments[0]
        arguments = (msgspec.structs.replace(view, now=view.now * (1 + trouble.drift) + trouble.offset), *arguments[1:])
    return hook(*arguments)


def asynchronous(trouble: Trouble, name: str, hook: Callable[..., Any], times: Times) -> Callable[..., Any]:
    """Return a hook that thinks for a while, or for ever, or whose trouble goes by the time."""
    seconds = trouble.seconds if isinstance(trouble, Slow) else FOREVER if isinstance(trouble, Hang) else None

    @wraps(hook)
    async def troubled(*arguments: Any) -> Any:
        if not times.strike(arguments):
            answer = hook(*arguments)
        elif seconds is None:
            answer = spoil(trouble, name, hook, arguments, times.rng)
        else:
            await sleep(seconds)
            answer = hook(*arguments)
        return await answer if hasattr(answer, "__await__") else answer

    return troubled


def restarting(
    seconds: float, name: str, hook: Callable[..., Any], times: Times, remake: Callable[[], Any]
) -> Callable[..., Any]:
    """Return a hook whose agent dies in the middle of it, is gone for `seconds`, and goes on as a fresh one."""
    alive = hook

    @wraps(hook)
    async def troubled(*arguments: Any) -> Any:
        nonlocal alive
        if times.strike(arguments):
            await sleep(seconds)
            alive = hooks_of(remake())[name]
        answer = alive(*arguments)
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
