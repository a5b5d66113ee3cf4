"""Calls into the outside world: asynchronous hooks run as real tasks, owned here, while their actor is parked.

One task a call, cancelled when the actor's kernel timer says that it is late; a task group entry and a scope per call
would cost 43-67 µs. How many run at once can be limited for the society and for each agent. A hook that swallows its
cancellation is late all the same: it is counted as an orphan and joined when the society closes.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable, Generator
from types import coroutine
from typing import Any

from negotiate_rt.messages.view import CLOCK
from negotiate_rt.runtime.actor import PARK, Actor
from negotiate_rt.runtime.kernel import Kernel
from negotiate_rt.runtime.threads import Threads
from negotiate_rt.runtime.timers import DELIVERY

WAITING, RUNNING, DONE = "waiting", "running", "done"


class Call:
    """One call of one hook. `result` or `error` is set when `state` is "done" and its actor has waited for it.

    `sleepers` counts waits on our own clock: a hook may have several at once, in tasks of its own. `computes`: it is work of
    our own in a thread, and no answer from outside.
    """

    __slots__ = (
        "actor", "alarm", "awaitable", "calls", "computes", "deadline", "error", "flying", "loose", "number", "owner", "places",
        "result", "sleepers", "state", "task", "what",
    )  # fmt: skip

    def __init__(
        self, calls: Calls, actor: Actor, owner: str, what: str, deadline: float,
        loose: list[asyncio.Task[None]] | None = None,
    ) -> None:  # fmt: skip
        self.loose = loose  # where the task goes when it is cancelled
        self.calls = calls
        self.actor = actor
        self.owner = owner
        self.what = what
        self.deadline = deadline
        self.number = 0
        self.awaitable: Callable[[], Awaitable[Any]] | None = None
        self.task: asyncio.Task[None] | None = None
        self.alarm: asyncio.TimerHandle | None = None
        self.state = WAITING
        self.flying = False
        self.computes = False
        self.sleepers = 0
        self.places: Places | None = None  # its agent's, if those are limited
        self.result: Any = None
        self.error: BaseException | None = None

    def __repr__(self) -> str:
        return f"<{self.what} of {self.owner}: {self.state}>"

    async def sleep(self, seconds: float) -> None:
        """Wait on the society's clock from inside the hook (`view.sleep`). Waking comes before a deadline of that instant."""
        calls, kernel = self.calls, self.calls.kernel
        if self.state == DONE:  # it swallowed its cancellation, or a task that it made outlived it
            raise asyncio.CancelledError
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def wake() -> None:
            if not woken.done():
                woken.set_result(None)
                calls.stir(self)

        timer = kernel.call_at(kernel.read_clock() + max(0.0, seconds), wake, DELIVERY)
        self.sleepers += 1
        calls.flies(self, False)
        kernel.wake_host()
        try:
            await woken
        finally:
            self.sleepers -= 1
            kernel.timers.disarm(timer)
            calls.stir(self)


    def act(self, function: Callable[[], object]) -> None:
        """Do something to the kernel's world from inside the hook: now, or on the virtual clock as soon as nothing else can run
        at this instant, so that the order does not depend on the machine."""
        kernel = self.calls.kernel
        if not kernel.virtual:
            function()
            return
        self.calls.acts.append((self.number, function))
        kernel.unreleased += 1
        kernel.wake_host()

    async def until(self, subscribe: Callable[[Callable[[], None]], None]) -> None:
        """Wait, inside the hook, for something that happens on the society's clock: `subscribe(wake)` has `wake` called then.

        Meanwhile the call holds no place among those in flight: what it waits for may need one.
        """
        calls = self.calls
        if self.state == DONE:
            raise asyncio.CancelledError
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def wake() -> None:
            if not woken.done():
                woken.set_result(None)
                calls.stir(self)

        subscribe(wake)
        self.sleepers += 1
        calls.flies(self, False)
        calls.give_place(self)
        calls.kernel.wake_host()
        try:
            await woken
        finally:
            self.sleepers -= 1
            calls.stir(self)


class Places:
    """How many calls of one agent may run at once, and those that wait for a place."""

    __slots__ = ("agent", "limit", "taken", "waiting")

    def __init__(self, agent: object, limit: int) -> None:
        self.agent = agent
        self.limit = limit
        self.taken = 0
        self.waiting: deque[Call] = deque()


class Calls:
    """All outside calls of one society. `limit` bounds how many run at once; an agent's `max_in_flight` does the same for
    its own. `waiting` counts those that wait for a place; they start in the order they were asked."""

    def __init__(self, kernel: Kernel, limit: float = math.inf) -> None:
        self.kernel = kernel
        self.limit = limit
        self.live: set[Call] = set()
        self.threads = Threads()
        self.places: dict[int, Places] = {}
        self.queue: deque[Call] = deque()
        self.waiting = 0
        self.orphans: set[asyncio.Task[None]] = set()
        self.finished: list[Call] = []
        self.computing = 0  # calls that compute and are not done (virtual clock)
        self.half_awake: list[Call] = []
        self.acts: list[tuple[int, Callable[[], object]]] = []
        self.asked = 0
        self.orphaned = 0

    def start(self, call: Call, awaitable: Callable[[], Awaitable[Any]], agent: Any = None) -> None:  # agent: any object
        """Run the call now, or when the agent and the society have a place free."""
        self.asked += 1
        call.number = self.asked
        call.awaitable = awaitable
        self.computing += call.computes
        self.waiting += 1
        limit = getattr(agent, "max_in_flight", None)
        if limit is not None:
            call.places = self._places_of(agent, limit)
            if call.places.taken >= limit:
                call.places.waiting.append(call)
                return
            call.places.taken += 1
        self._admit(call)

    def _places_of(self, agent: object, limit: int) -> Places:
        places = self.places.get(id(agent))
        if places is None:
            places = self.places[id(agent)] = Places(agent, limit)
        return places

    def _admit(self, call: Call) -> None:
        if len(self.live) < self.limit:
            self._launch(call)
        else:
            self.queue.append(call)

    def _launch(self, call: Call) -> None:
        call.state = RUNNING
        self.waiting -= 1
        self.live.add(call)
        loop = asyncio.get_running_loop()
        context = call.actor.run.__self__.copy()  # type: ignore[attr-defined]  # a bound Context.run
        context.run(CLOCK.set, call.sleep)
        self.flies(call, True)  # first, for an eager task may be over at once
        call.task = loop.create_task(self._drive(call), context=context)
        self.kernel.wake_host()

    async def _drive(self, call: Call) -> None:
        assert call.awaitable is not None
        try:
            call.result = await call.awaitable()
        except BaseException as error:  # an agent's code: what it raises is policy's business
            call.error = error
            if isinstance(error, KeyboardInterrupt):
                if call.task is not None:
                    call.task.add_done_callback(asyncio.Task.exception)  # asked for: it comes out of the loop itself
                raise
        finally:
            self._over(call)

    def _over(self, call: Call) -> None:
        self.flies(call, False)
        late = call.state == DONE
        call.state = DONE
        if not late:
            self.computing -= call.computes
        self.give_place(call)
        if late or call.actor.waits_on is not call:
            self.orphans.discard(call.task)
        elif self.kernel.virtual:
            self.finished.append(call)
            self.kernel.unreleased += 1
        else:
            self._resume(call)
        self.kernel.wake_host()

    def give_place(self, call: Call) -> None:
        """Give the call's place to the next that waits for it."""
        self.live.discard(call)
        self._free_place(call)
        while self.queue and len(self.live) < self.limit:
            waiting = self.queue.popleft()
            if waiting.state == WAITING:
                self._launch(waiting)

    def _free_place(self, call: Call) -> None:
        places, call.places = call.places, None
        if places is None:
            return
        places.taken -= 1
        while places.waiting and places.taken < places.limit:
            waiting = places.waiting.popleft()
            if waiting.state == WAITING:
                places.taken += 1
                self._admit(waiting)
        if not places.taken:
            self.places.pop(id(places.agent), None)

    @staticmethod
    def _resume(call: Call) -> None:
        actor = call.actor
        if actor.waits_on is call:
            actor.waits_on = None
            actor.wake(actor)

    def release(self) -> None:
        """Do what hooks have asked for meanwhile, then resume the actors of finished calls, both in the order of the calls
        (virtual clock). What was computed is released when all of it is done: which thread is first is the machine's affair."""
        acts, self.acts = sorted(self.acts, key=lambda act: act[0]), []
        for _, act in acts:
            act()
        finished = sorted(self.finished, key=lambda call: call.number)
        self.finished = [call for call in finished if call.computes] if self.computing else []
        if self.computing:
            finished = [call for call in finished if not call.computes]
        for call in finished:
            self._resume(call)

    def stir(self, call: Call) -> None:
        """A sleep of a call's has ended: until its hook has had its turns, time stands still (virtual clock)."""
        if call.state == RUNNING:
            self.flies(call, True)
            if self.kernel.virtual and call.sleepers:
                self.half_awake.append(call)

    def calm(self) -> None:
        """Hooks have had their turns: those that sleep elsewhere wait on our clock again."""
        half_awake, self.half_awake = self.half_awake, []
        for call in half_awake:
            if call.state == RUNNING and call.sleepers:
                self.flies(call, False)

    def flies(self, call: Call, real: bool) -> None:
        """Note whether a call waits on the real world; on the virtual clock its deadline then runs in real time."""
        if call.flying == real:
            return
        call.flying = real
        if not self.kernel.virtual:
            return
        self.kernel.in_flight += 1 if real else -1
        if call.alarm is not None:
            call.alarm.cancel()
            call.alarm = None
        if real and call.deadline < math.inf:
            loop = asyncio.get_running_loop()
            call.alarm = loop.call_later(max(0.0, call.deadline - self.kernel.now), self._lapse, call)

    def _lapse(self, call: Call) -> None:
        """The real world has used up the hook's deadline: let virtual time go on to it."""
        call.alarm = None
        self.flies(call, False)
        self.kernel.wake_host()

    def abandon(self, call: Call) -> None:
        """Cancel a call whose actor no longer waits: late, interrupted, or its conversation is over."""
        if call.state == DONE:
            return
        waiting = call.state == WAITING
        call.state = DONE
        self.flies(call, False)
        if call.computes:  # others may have waited for it
            self.computing -= 1
            self.kernel.unreleased += 1
            self.kernel.wake_host()
        if waiting:  # its queue drops it when it comes up
            self.waiting -= 1
            self._forget(call)
            return
        self.give_place(call)
        assert call.task is not None
        self.orphans.add(call.task)
        if call.loose is not None:
            call.loose.append(call.task)
        call.task.add_done_callback(self.orphans.discard)
        if not call.task.cancelling():  # a loop that is torn down has done so: once is enough, while it cleans up
            call.task.cancel()

    def _forget(self, call: Call) -> None:
        """A call that waited was given up: free the place of its agent that it held, unless it waited for that one."""
        places = call.places
        if places is not None and call in places.waiting:
            places.waiting.remove(call)
            call.places = None
        self._free_place(call)

    @coroutine
    def run(self, call: Call, awaitable: Callable[[], Awaitable[Any]], agent: Any = None) -> Generator[Any, None, bool]:
        """Make a call from its actor: True when it is done (`result` or `error`), False when late or interrupted."""
        actor = call.actor
        actor.waits_on = call
        actor.timed_out = actor.interrupted = False
        actor.waits_since = self.kernel.now
        self.kernel.arm(actor, call.deadline)
        self.start(call, awaitable, agent)
        try:
            yield PARK
        finally:
            if call.state != DONE:
                self.abandon(call)
            actor.deadline = math.inf
        return not (actor.timed_out or actor.interrupted)

    async def join(self, grace: float) -> int:
        """Wait up to `grace` real seconds for cancelled hooks to end; return how many still run."""
        if self.orphans:
            await asyncio.wait(set(self.orphans), timeout=grace)
        left = len(self.orphans)
        self.orphaned += left
        return left
