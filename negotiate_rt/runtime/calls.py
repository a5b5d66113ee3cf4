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

in_thread = asyncio.to_thread
WAITING, RUNNING, SLEEPING, DONE = "waiting", "running", "sleeping", "done"


class Call:
    """One call of one hook. `result` or `error` is set when `state` is "done"; `late` when its actor did not wait."""

    __slots__ = (
        "actor", "alarm", "awaitable", "calls", "deadline", "error", "flying", "loose", "number", "owner", "result",
        "state", "task", "what",
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
        self.result: Any = None
        self.error: BaseException | None = None

    def __repr__(self) -> str:
        return f"<{self.what} of {self.owner}: {self.state}>"

    async def sleep(self, seconds: float) -> None:
        """Wait on the society's clock from inside the hook (`view.sleep`)."""
        kernel = self.calls.kernel
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def wake() -> None:
            if not woken.done():
                woken.set_result(None)
                self.calls.flies(self, self.state != DONE)

        timer = kernel.call_at(kernel.read_clock() + max(0.0, seconds), wake)
        self.calls.flies(self, False)
        kernel.wake_host()
        try:
            await woken
        finally:
            kernel.timers.disarm(timer)


class Calls:
    """All outside calls of one society. `limit` bounds how many run at once, `limits` the same per agent."""

    def __init__(self, kernel: Kernel, limit: float = math.inf) -> None:
        self.kernel = kernel
        self.limit = limit
        self.limits: dict[str, int] = {}
        self.running: dict[str, int] = {}
        self.live: set[Call] = set()
        self.orphans: set[asyncio.Task[None]] = set()
        self.queue: deque[Call] = deque()
        self.finished: list[Call] = []
        self.asked = 0
        self.orphaned = 0

    def start(self, call: Call, awaitable: Callable[[], Awaitable[Any]]) -> None:
        """Run the call now, or when a place is free."""
        self.asked += 1
        call.number = self.asked
        call.awaitable = awaitable
        if self._free(call):
            self._launch(call)
        else:
            self.queue.append(call)
        self.kernel.wake_host()

    def _free(self, call: Call) -> bool:
        limit = self.limits.get(call.owner)
        return len(self.live) < self.limit and (limit is None or self.running.get(call.owner, 0) < limit)

    def _launch(self, call: Call) -> None:
        call.state = RUNNING
        self.live.add(call)
        self.running[call.owner] = self.running.get(call.owner, 0) + 1
        loop = asyncio.get_running_loop()
        context = call.actor.run.__self__.copy()  # type: ignore[attr-defined]  # a bound Context.run
        context.run(CLOCK.set, call.sleep)
        call.task = loop.create_task(self._drive(call), context=context)
        self.flies(call, True)

    async def _drive(self, call: Call) -> None:
        assert call.awaitable is not None
        try:
            call.result = await call.awaitable()
        except (
            BaseException
        ) as error:  # an agent's code may raise anything; what it means is policy, decided by its actor
            call.error = error
            if isinstance(error, KeyboardInterrupt):
                raise
        finally:
            self._over(call)

    def _over(self, call: Call) -> None:
        self.flies(call, False)
        late = call.state == DONE
        call.state = DONE
        self._retire(call)
        if late or call.actor.waits_on is not call:
            self.orphans.discard(call.task)
        elif self.kernel.virtual:
            self.finished.append(call)
            self.kernel.unreleased += 1
        else:
            self._resume(call)
        self.kernel.wake_host()

    def _retire(self, call: Call) -> None:
        if call in self.live:
            self.live.discard(call)
            left = self.running[call.owner] - 1
            if left:
                self.running[call.owner] = left
            else:
                del self.running[call.owner]
        for waiting in list(self.queue) if self.queue else ():
            if waiting.state == WAITING and self._free(waiting):
                self.queue.remove(waiting)
                self._launch(waiting)

    @staticmethod
    def _resume(call: Call) -> None:
        actor = call.actor
        if actor.waits_on is call:
            actor.waits_on = None
            actor.wake(actor)

    def release(self) -> bool:
        """Resume the actors of finished calls in the order they were asked (virtual clock); False if there are none."""
        if not self.finished:
            return False
        self.kernel.unreleased = 0
        finished, self.finished = sorted(self.finished, key=lambda call: call.number), []
        for call in finished:
            self._resume(call)
        return True

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
        if waiting:
            self.queue.remove(call)
            return
        self._retire(call)
        assert call.task is not None
        self.orphans.add(call.task)
        if call.loose is not None:
            call.loose.append(call.task)
        call.task.add_done_callback(self.orphans.discard)
        call.task.cancel()

    @coroutine
    def run(self, call: Call, awaitable: Callable[[], Awaitable[Any]]) -> Generator[Any, None, bool]:
        """Make a call from its actor: True when it is done (`result` or `error`), False when late or interrupted."""
        actor = call.actor
        actor.waits_on = call
        actor.timed_out = actor.interrupted = False
        actor.waits_since = self.kernel.now
        self.kernel.arm(actor, call.deadline)
        self.start(call, awaitable)
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
