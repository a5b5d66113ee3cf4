"""Agents' life cycle around their conversations: `on_start` before the first, `on_stop` after the last, workers for the
isolated; each step has a deadline, and one that fails fails the negotiation, with the blame.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Generator, Sequence
from types import coroutine
from typing import TYPE_CHECKING, Any

from negotiate_rt.executor.settings import logger
from negotiate_rt.messages.outcome import FAILED
from negotiate_rt.runtime.actor import PARK, Actor
from negotiate_rt.runtime.calls import Call
from negotiate_rt.runtime.kernel import formatted
from negotiate_rt.runtime.seat import Seat

if TYPE_CHECKING:
    from negotiate_rt.executor.negotiation import Negotiation
    from negotiate_rt.executor.world import World
    from negotiate_rt.runtime.isolation import Worker

NEW, STARTING, READY, BROKEN = "new", "starting", "ready", "broken"
_cares: dict[type, bool] = {}


def needs_care(agent: Any) -> bool:  # anything with a name
    """Return whether an agent has life-cycle hooks or is isolated. Cost: O(1), cached by class."""
    kind = type(agent)
    cares = _cares.get(kind)
    if cares is None:
        cares = _cares[kind] = hasattr(kind, "on_start") or hasattr(kind, "on_stop")
    return cares or getattr(agent, "isolated", False)


class Guest:
    """One agent in care: how many conversations hold it, and how far its start is."""

    __slots__ = ("agent", "holders", "reason", "state", "waiters", "what", "worker")

    def __init__(self, agent: Any) -> None:
        self.agent = agent
        self.holders = 0
        self.state = NEW
        self.reason = ""
        self.what = ""
        self.waiters: list[Actor] = []
        self.worker = worker_for(agent) if getattr(agent, "isolated", False) else None

    def __repr__(self) -> str:
        return f"<start of {self.agent.name}: {self.state}>"


def worker_for(agent: Any) -> Worker:
    """Return a worker process's handle for an isolated agent."""
    from negotiate_rt.runtime.isolation import Worker  # late: most programs isolate nobody

    return Worker(agent)


class LifecycleFailure(Exception):
    """A life-cycle hook was late or raised. `what` is the kind of fault."""

    def __init__(self, what: str, cause: str, trace: str = "") -> None:
        self.what = what
        self.trace = trace
        super().__init__(cause)


class Guests:
    """All agents in care of one world. `busy` counts life-cycle steps that are under way."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.guests: dict[int, Guest] = {}
        self.held: dict[str, list[Guest]] = {}
        self.busy = 0

    def enter(self, negotiation: Negotiation, seats: Sequence[Seat]) -> bool:
        """Take the agents of a negotiation in; True if some must be prepared first."""
        guests = []
        for seat in seats:
            if needs_care(seat.agent):
                guest = self.hold(seat.agent)
                seat.worker = guest.worker
                guests.append(guest)
        if guests:
            self.held[negotiation.id] = guests
        return any(guest.state != READY for guest in guests)

    def hold(self, agent: Any) -> Guest:
        """Hold an agent; it is stopped when nobody holds it any more."""
        guest = (
            self.guests.setdefault(id(agent), Guest(agent)) if id(agent) not in self.guests else self.guests[id(agent)]
        )
        guest.holders += 1
        return guest

    def prepare(self, negotiation: Negotiation, then: Callable[[], None]) -> None:
        """Start the agents that are new, then go on."""
        self.busy += 1
        self.world.kernel.spawn(f"start of {negotiation.id}", self._prepare, negotiation, then, on_end=self.step_ended)

    async def _prepare(self, negotiation: Negotiation, then: Callable[[], None]) -> None:
        for guest in self.held.get(negotiation.id, ()):
            await self.start(guest)
            if guest.state == BROKEN:
                code = "agent-late" if guest.what == "late" else "agent-crashed"
                negotiation.blame(guest.agent.name, guest.what, guest.reason)
                negotiation.fail(FAILED, f"{code}: {guest.agent.name}: {guest.reason}")
                return
        if not negotiation.done:
            then()

    async def start_now(self, guest: Guest) -> None:
        """Bring a guest to READY or BROKEN, from outside the kernel."""
        if not needs_care(guest.agent):
            guest.state = READY
            return
        done = self.world.loop.create_future()
        self.busy += 1

        def ended(actor: Actor, result: Any, error: BaseException | None) -> None:
            if not done.done():
                done.set_result(None)
            self.step_ended(actor, result, error)

        self.world.kernel.spawn(f"start of {guest.agent.name}", self.start, guest, on_end=ended)
        self.world.kernel.wake_host()
        await done

    async def start(self, guest: Guest) -> None:
        """Bring a guest to READY or BROKEN; whoever comes second waits for the first. Call from an actor."""
        if guest.state == STARTING:
            await _wait_for(guest, self.world.kernel.current)
            return
        if guest.state != NEW:
            return
        guest.state = STARTING
        deadline = self.world.kernel.now + self.world.settings.start_timeout
        try:
            if guest.worker is not None:
                await self.call(guest.agent.name, "start of its worker", guest.worker.start, deadline)
            await self.hook(guest, "on_start", deadline)
            guest.state = READY
        except LifecycleFailure as failure:
            guest.state, guest.reason, guest.what = BROKEN, str(failure), failure.what
        finally:
            if guest.state == STARTING:
                guest.state, guest.reason, guest.what = BROKEN, "the society was closed", "late"
            for waiter in guest.waiters:
                waiter.due()

    async def hook(self, guest: Guest, name: str, deadline: float) -> None:
        """Run a life-cycle hook, if the agent has it. Raises LifecycleFailure."""
        function = getattr(guest.agent, name, None)
        if function is None:
            return
        if guest.worker is not None:
            function = guest.worker.hook(name)
            await self.call(guest.agent.name, name, function, deadline)
            return
        try:
            result = function()
        except Exception as error:  # noqa: BLE001  # the border to agents' code
            raise LifecycleFailure(
                "raised", f"{name} raised {type(error).__name__}: {error}", formatted(error)
            ) from None
        if inspect.isawaitable(result):
            await self.call(guest.agent.name, name, lambda: result, deadline)

    async def call(self, owner: str, what: str, awaitable: Callable[[], Awaitable[Any]], deadline: float) -> None:
        """Make an outside call of the life cycle. Raises LifecycleFailure."""
        call = Call(self.world.calls, self.world.kernel.current, owner, what, deadline)
        if not await self.world.calls.run(call, awaitable):
            raise LifecycleFailure("late", f"{what} was not done in time")
        if call.error is not None:
            raise LifecycleFailure(
                "raised", f"{what} raised {type(call.error).__name__}: {call.error}", formatted(call.error)
            )

    def leave(self, negotiation: Negotiation) -> None:
        """A negotiation lets its agents go."""
        for guest in self.held.pop(negotiation.id, ()):
            self.release(guest)

    def release(self, guest: Guest) -> None:
        """Let an agent go; the last to do so has it stopped."""
        guest.holders -= 1
        if guest.holders == 0:
            self.guests.pop(id(guest.agent), None)
            if not self.world.closed:
                self.busy += 1
                self.world.kernel.spawn(f"stop of {guest.agent.name}", self._stop, guest, on_end=self.step_ended)

    async def _stop(self, guest: Guest) -> None:
        deadline = self.world.kernel.now + self.world.settings.stop_timeout
        try:
            if guest.state == READY:
                await self.hook(guest, "on_stop", deadline)
        except LifecycleFailure as failure:
            logger().warning("agent_stop_failed", agent=guest.agent.name, what=failure.what, cause=str(failure))
        if guest.worker is not None:
            try:
                await self.call(guest.agent.name, "stop of its worker", guest.worker.stop, deadline)
            except LifecycleFailure as failure:
                logger().warning("agent_stop_failed", agent=guest.agent.name, what=failure.what, cause=str(failure))

    def step_ended(self, actor: Actor, result: Any, error: BaseException | None) -> None:
        """A step of the life cycle is over."""
        self.busy -= 1
        self.world.check_idle()

    async def stop_workers(self) -> None:
        """Stop every worker process that is left, on the way out."""
        for guest in self.guests.values():
            if guest.worker is not None:
                await guest.worker.stop(0.0)


@coroutine
def _wait_for(guest: Guest, actor: Actor) -> Generator[Any, None, None]:
    guest.waiters.append(actor)
    actor.waits_on = guest
    yield PARK
