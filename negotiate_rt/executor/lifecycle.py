"""Agents' life cycle around their conversations: `on_start` before the first, `on_stop` after the last, workers for the
isolated; each step has a deadline, and one that fails fails the negotiation, with the blame.

Each step runs in an actor of its own, so that a negotiation which ends while its agents start takes nobody with it.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Generator, Hashable, Sequence
from functools import lru_cache
from types import coroutine
from typing import TYPE_CHECKING, Any

from negotiate_rt.executor.settings import logger
from negotiate_rt.messages.outcome import FAILED
from negotiate_rt.runtime.actor import PARK, Actor, Ended
from negotiate_rt.runtime.asking import discard
from negotiate_rt.runtime.calls import Call
from negotiate_rt.runtime.kernel import described, formatted
from negotiate_rt.runtime.seat import Seat, is_async
from negotiate_rt.runtime.timers import Timer

if TYPE_CHECKING:
    from negotiate_rt.executor.negotiation import Negotiation
    from negotiate_rt.executor.world import World
    from negotiate_rt.runtime.isolation import Worker

NEW, STARTING, READY, BROKEN, LEAVING, GONE = "new", "starting", "ready", "broken", "leaving", "gone"


@lru_cache(1024)
def has_life(kind: Hashable) -> bool:
    """Return whether agents of a class have life-cycle hooks."""
    return hasattr(kind, "on_start") or hasattr(kind, "on_stop")


def needs_care(agent: Any) -> bool:  # anything with a name
    """Return whether an agent has life-cycle hooks or is isolated. Cost: O(1)."""
    kind: Any = type(agent)  # Any: typeshed does not take a type for hashable
    return has_life(kind) or getattr(agent, "isolated", False)


def life_of(agent: Any) -> Any:  # anything with a name
    """Return whose life-cycle hooks are an agent's: its own, unless it sits for another (`lives_as`)."""
    return getattr(agent, "lives_as", agent)


class Guest:
    """One agent in care: how many hold it, how far its start or stop is, and who waits for that (anything with `due`)."""

    __slots__ = ("agent", "holders", "reason", "starter", "state", "waiters", "what", "worker")

    def __init__(self, agent: Any) -> None:
        self.agent = agent
        self.holders = 0
        self.state = NEW
        self.reason = ""
        self.what = ""
        self.waiters: list[Actor | Timer] = []
        self.starter: Actor | None = None
        self.worker = worker_for(agent) if getattr(agent, "isolated", False) else None

    def now_is(self, state: str) -> None:
        """Change the state, and tell whoever waits for that."""
        self.state = state
        waiters, self.waiters = self.waiters, []
        for waiter in waiters:
            waiter.due()

    def __repr__(self) -> str:
        return f"<life of {self.agent.name}: {self.state}>"


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
    """All agents in care of one world: `guests` are held by somebody, `leaving` are being stopped (by the agent's id).

    `busy` counts steps of the life cycle that are under way, `workers` are those that have not been stopped.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.guests: dict[int, Guest] = {}
        self.leaving: dict[int, Guest] = {}
        self.workers: set[Worker] = set()
        self.held: dict[str, list[Guest]] = {}
        self.preparing: dict[str, Actor] = {}
        self.busy = 0

    def step(self, name: str, function: Callable[..., Any], *arguments: Any, on_end: Callable[..., None]) -> Actor:
        """Run a step of the life cycle; `on_end(error)` is called once, before the world may stop."""
        self.busy += 1

        def ended(actor: Actor, result: Any, error: BaseException | None) -> None:
            on_end(None if isinstance(error, Ended) else error)
            self.busy -= 1
            self.world.check_idle()

        actor = self.world.kernel.spawn(name, function, *arguments, on_end=ended)
        self.world.kernel.wake_host()
        return actor

    # -- coming -----------------------------------------------------------------------------------------------------------

    def enter(self, negotiation: Negotiation, seats: Sequence[Seat]) -> bool:
        """Take the agents of a negotiation in; True if some must be prepared first. Raises ConfigurationError."""
        guests = self.held[negotiation.id] = []
        try:
            for seat in seats:
                if needs_care(seat.agent):
                    guest = self.hold(life_of(seat.agent))
                    guests.append(guest)
                    seat.worker = guest.worker
        except BaseException:  # one cannot be isolated: nobody has come
            self.leave(negotiation)
            raise
        if not guests:
            del self.held[negotiation.id]
        return any(guest.state != READY for guest in guests)

    def hold(self, agent: Any) -> Guest:
        """Hold an agent; it is stopped when nobody holds it any more."""
        guest = self.guests.get(id(agent))
        if guest is None:
            guest = self.guests[id(agent)] = Guest(agent)
            if guest.worker is not None:
                self.workers.add(guest.worker)
        guest.holders += 1
        return guest

    def prepare(self, negotiation: Negotiation, then: Callable[[], None]) -> None:
        """Start the agents that are new, then go on."""

        def ended(error: BaseException | None) -> None:
            self.preparing.pop(negotiation.id, None)
            if error is not None:
                negotiation.fail(FAILED, f"protocol-violation: the talk could not begin: {described(error)}")

        name = f"start of {negotiation.id}"
        self.preparing[negotiation.id] = self.step(name, self._prepare, negotiation, then, on_end=ended)

    async def _prepare(self, negotiation: Negotiation, then: Callable[[], None]) -> None:
        for guest in self.held.get(negotiation.id, ()):
            await self.start(guest)
            if guest.state == BROKEN:
                code = "agent-late" if guest.what == "late" else "agent-crashed"
                negotiation.blame(guest.agent.name, guest.what, guest.reason)
                negotiation.fail(FAILED, f"{code}: {guest.agent.name}: {guest.reason}")
                return
        then()

    async def start(self, guest: Guest) -> None:
        """Bring a guest to READY or BROKEN. Call from an actor."""
        self._begin(guest)
        while guest.state in (NEW, STARTING):
            await _change_of(guest, self.world.kernel.current)

    async def start_now(self, guest: Guest) -> None:
        """Bring a guest to READY or BROKEN, from outside the kernel."""
        self._begin(guest)
        while guest.state in (NEW, STARTING):
            await self._change(guest)

    async def _change(self, guest: Guest) -> None:
        """Wait for a change of state, from outside the kernel."""
        done: asyncio.Future[None] = self.world.loop.create_future()
        guest.waiters.append(Timer(lambda: None if done.done() else done.set_result(None)))
        await done

    def _begin(self, guest: Guest) -> None:
        """Let a new guest start."""
        if guest.state != NEW:
            return
        if not needs_care(guest.agent):
            guest.state = READY
            return

        def ended(error: BaseException | None) -> None:
            guest.starter = None
            if guest.state == STARTING:  # it was ended from outside
                guest.reason, guest.what = "it was let go before it had started", "late"
                guest.now_is(BROKEN)

        guest.state = STARTING
        guest.starter = self.step(f"start of {guest.agent.name}", self._start, guest, on_end=ended)

    async def _start(self, guest: Guest) -> None:
        before = self.leaving.get(id(guest.agent))
        while before is not None and before.state == LEAVING:
            await _change_of(before, self.world.kernel.current)
        deadline = self.world.kernel.now + self.world.settings.start_timeout
        try:
            if guest.worker is not None:
                await self.call(guest.agent.name, "start of its worker", guest.worker.start, deadline)
            await self.hook(guest, "on_start", deadline)
        except LifecycleFailure as failure:
            guest.reason, guest.what = str(failure), failure.what
            guest.now_is(BROKEN)
        else:
            guest.now_is(READY)

    # -- hooks ------------------------------------------------------------------------------------------------------------

    async def hook(self, guest: Guest, name: str, deadline: float) -> None:
        """Run a life-cycle hook, if the agent has it. Raises LifecycleFailure."""
        function = getattr(guest.agent, name, None)
        if function is None:
            return
        if guest.worker is not None:
            function = guest.worker.hook(name)
        if guest.worker is not None or is_async(function):
            await self.call(guest.agent.name, name, function, deadline)
            return
        try:
            result = function()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  # the border to agents' code
            raise LifecycleFailure("raised", f"{name} raised {described(error)}", formatted(error)) from None
        if inspect.isawaitable(result):
            try:
                await self.call(guest.agent.name, name, lambda: result, deadline)
            finally:
                discard(result)

    async def call(self, owner: str, what: str, awaitable: Callable[[], Awaitable[Any]], deadline: float) -> None:
        """Make an outside call of the life cycle. Raises LifecycleFailure."""
        call = Call(self.world.calls, self.world.kernel.current, owner, what, deadline)
        if not await self.world.calls.run(call, awaitable):
            raise LifecycleFailure("late", f"{what} was not done in time")
        if call.error is not None:
            raise LifecycleFailure("raised", f"{what} raised {described(call.error)}", formatted(call.error))

    # -- going ------------------------------------------------------------------------------------------------------------

    def leave(self, negotiation: Negotiation) -> None:
        """A negotiation lets its agents go."""
        preparing = self.preparing.get(negotiation.id)
        if preparing is not None:
            self.world.kernel.kill(preparing)
        for guest in self.held.pop(negotiation.id, ()):
            self.release(guest)

    def release(self, guest: Guest) -> None:
        """Let an agent go; the last to do so has it stopped."""
        guest.holders -= 1
        if guest.holders:
            return
        if self.guests.get(id(guest.agent)) is guest:
            del self.guests[id(guest.agent)]
        started = guest.state == READY
        if guest.state == NEW and guest.worker is not None:  # nor has its worker run
            self.workers.discard(guest.worker)
            guest.worker = None
        if guest.starter is not None:
            self.world.kernel.kill(guest.starter)
        if not (started and needs_care(guest.agent)) and guest.worker is None:
            guest.now_is(GONE)
            return
        before = self.leaving.get(id(guest.agent))
        self.leaving[id(guest.agent)] = guest
        guest.now_is(LEAVING)
        name = f"stop of {guest.agent.name}"
        self.step(name, self._stop, guest, started, before, on_end=lambda error: self._forget(guest))

    def _forget(self, guest: Guest) -> None:
        if self.leaving.get(id(guest.agent)) is guest:
            del self.leaving[id(guest.agent)]
        guest.now_is(GONE)

    async def _stop(self, guest: Guest, started: bool, before: Guest | None) -> None:
        while before is not None and before.state == LEAVING:
            await _change_of(before, self.world.kernel.current)
        deadline = self.world.kernel.now + self.world.settings.stop_timeout
        try:
            if started:
                await self.hook(guest, "on_stop", deadline)
        except LifecycleFailure as failure:
            logger().warning("agent_stop_failed", agent=guest.agent.name, what=failure.what, cause=str(failure))
        if guest.worker is not None:
            try:
                await self.call(guest.agent.name, "stop of its worker", guest.worker.stop, deadline)
                self.workers.discard(guest.worker)
            except LifecycleFailure as failure:
                logger().warning("agent_stop_failed", agent=guest.agent.name, what=failure.what, cause=str(failure))

    async def settled(self, agents: Sequence[Any]) -> None:
        """Wait, from outside the kernel, until none of these agents is being stopped any more."""
        for agent in agents:
            guest = self.leaving.get(id(life_of(agent)))
            while guest is not None and guest.state == LEAVING:
                await self._change(guest)

    async def stop_workers(self) -> None:
        """Stop every worker process that is left, on the way out."""
        while self.workers:
            await self.workers.pop().stop(0.0)


@coroutine
def _change_of(guest: Guest, actor: Actor) -> Generator[Any, None, None]:
    """Wait for a change of a guest's state. Call from an actor."""
    guest.waiters.append(actor)
    actor.waits_on = guest
    actor.deadline = float("inf")
    yield PARK
