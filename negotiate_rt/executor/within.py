"""Negotiations inside negotiations: an agent's hook opens one, waits for it, and takes it down when it is itself cancelled.

The inner one must end by the outer one's deadline. How long a chain may grow is bounded, and with it every cycle of
contractors that hand a task to each other.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from negotiate_rt.errors import ConfigurationError, NegotiationError
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.outcome import NegotiationOutcome
from negotiate_rt.messages.view import CLOCK
from negotiate_rt.runtime.calls import Call
from negotiate_rt.runtime.conversation import Conversation

if TYPE_CHECKING:
    from negotiate_rt.executor.negotiation import Negotiation
    from negotiate_rt.executor.world import World

LONGEST_CHAIN = 8  # negotiations inside one another; a task that has been handed on so often goes round in circles


def open_within(
    world: World, parent: Conversation, agent: Any, agents: Sequence[Any], config: NegotiationConfig, problem: Any
) -> Negotiation:
    """Start a negotiation that `agent` opens from inside another. Raises ConfigurationError, or NegotiationError if the outer
    one is over or has no time left."""
    chain = (*world.chains.get(parent.id, ()), agent.name)
    if len(chain) > LONGEST_CHAIN:
        raise ConfigurationError(
            f"{parent.id}: {' -> '.join(chain)}: at most {LONGEST_CHAIN} negotiations may be opened inside one another; "
            "end the chain with a contractor that does the work itself"
        )
    left = parent.deadline - world.kernel.read_clock()
    if parent.over or left <= 0:
        raise NegotiationError(f"{parent.id} is over: nothing can be opened from it")
    config, _ = world.settings.chosen(config)
    asked = math.inf if config.timeout is None else float(config.timeout)  # type: ignore[arg-type]  # seconds by now
    if left < asked:
        config = replace(config, timeout=left)
    if world.residents is not None:
        agents = world.residents.seated(agents, config, problem)
    world.inside = parent.id
    try:
        negotiation = world.begin(agents, config, problem)
    finally:
        world.inside = ""
    world.chains[negotiation.id] = chain
    negotiation.on_done(lambda one: forget(world, one.id))
    return negotiation


def forget(world: World, inner: str) -> None:
    """A negotiation inside another is over: nothing more is opened from it."""
    world.chains.pop(inner, None)


async def outcome_within(
    world: World, parent: Conversation, agent: Any, agents: Sequence[Any], config: NegotiationConfig, problem: Any
) -> NegotiationOutcome:
    """Open a negotiation inside another and wait for its outcome; a hook that is cancelled meanwhile takes it along."""
    call = getattr(CLOCK.get(None), "__self__", None)
    opening: asyncio.Future[Negotiation] = asyncio.get_running_loop().create_future()

    def begin() -> None:
        if opening.done():  # cancelled meanwhile
            return
        try:
            opening.set_result(open_within(world, parent, agent, agents, config, problem))
        except Exception as error:  # noqa: BLE001  # the caller's mistake, which is the hook's own
            opening.set_exception(error)

    if isinstance(call, Call):
        call.act(begin)
    else:
        begin()
    negotiation = await opening
    try:
        if isinstance(call, Call):
            await call.until(lambda wake: negotiation.on_done(lambda _: wake()))
        return await negotiation
    finally:
        if not negotiation.done:
            negotiation.cancel(f"{parent.id}, from which it was opened, no longer waits for it")
