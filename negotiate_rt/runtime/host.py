"""The kernel's place in the caller's event loop: one task that runs slices, gives the loop its turns, and sleeps when idle."""

from __future__ import annotations

import asyncio
import asyncio.tasks
import math
import sys
import threading
import time
from collections.abc import Callable
from typing import Protocol

from negotiate_rt.errors import NegotiationError
from negotiate_rt.runtime.calls import Calls
from negotiate_rt.runtime.kernel import Kernel

LOOP_TURNS = 4  # turns of the host loop between two slices; one made a TCP echo wait 8.6 ms instead of 1.3
GIL_PAUSE = 50e-6  # seconds; slices shorter than the interpreter's switch interval would starve other threads for ever
NEWS_TURNS = 12  # turns in which a hook has heard from tasks of its own that one of its sleeps is over
SETTLE_TURNS = 3  # turns in which a hook that waits on nothing real has certainly finished


def check_event_loop() -> asyncio.AbstractEventLoop:
    """Return the running asyncio loop; refuse trio, and no loop at all, with what to do instead."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        trio = sys.modules.get("trio")
        if trio is not None and _in_trio(trio):
            raise NegotiationError(
                "negotiate_rt runs on asyncio only, and this is a trio event loop: use asyncio.run(...), "
                "anyio.run(..., backend='asyncio'), or the synchronous executor.run(...) in a worker thread"
            ) from None
        raise NegotiationError(
            "no event loop is running: call this from `async def` code, or use the synchronous executor.run(...)"
        ) from None


def _in_trio(trio: object) -> bool:
    lowlevel = getattr(trio, "lowlevel", None)
    inside = getattr(lowlevel, "in_trio_run", None)
    return bool(inside and inside())


class Keeper(Protocol):
    """Keeps a record of what happens, between the slices: a journal."""

    def tick(self, idle: bool) -> None:
        """A slice is over (real clock); `idle`: nothing can run."""

    def look(self) -> None:
        """A slice is over (virtual clock)."""

    async def settle(self) -> None:
        """Nothing can run at this instant (virtual clock)."""

    def rest(self) -> float | None:
        """Return for how many seconds the host may sleep; None: as long as it likes."""

    @property
    def crowded(self) -> bool:
        """Whether it cannot take any more for now."""

    async def room(self) -> None:
        """Wait until it can."""


class Host:
    """Drives one kernel inside the running loop until `stop` is called. `turns` counts slices."""

    def __init__(self, kernel: Kernel, calls: Calls) -> None:
        self.kernel = kernel
        self.calls = calls
        self.turns = 0
        self.stopping = False
        self.keeper: Keeper | None = None
        self.held = 0  # while above 0, nothing runs: somebody outside is still setting the scene
        self._bell: asyncio.Future[None] | None = None
        self._own_threads = 0
        self.on_stall: Callable[[], None] = (
            _nothing  # virtual clock: nothing can run, no timer is set, no call in flight
        )
        kernel.wake_host = self.ring

    def ring(self) -> None:
        """Wake the host: something can run, or it is to stop. Call from the loop's thread only."""
        if self._bell is not None and not self._bell.done():
            self._bell.set_result(None)

    def stop(self) -> None:
        """Let `run` return at its next turn."""
        self.stopping = True
        self.ring()

    def watch_threads(self, own: int) -> None:
        """Tell how many threads are ours and idle, so that they do not count as threads that want the interpreter."""
        self._own_threads = own

    async def run(self) -> None:
        """Run slices until stopped. The current task is hidden while a slice runs: a timeout or scope opened inside an
        actor would otherwise cancel this task."""
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None
        kernel = self.kernel
        while not self.stopping:
            if self.held:
                await asyncio.sleep(0)
                continue
            self.turns += 1
            asyncio.tasks._leave_task(loop, task)
            try:
                kernel.run_slice()
            finally:
                kernel.current = None
                asyncio.tasks._enter_task(loop, task)
            if self.keeper is not None:
                await self._keep(self.keeper)
            if self.stopping:
                return  # type: ignore[unreachable]  # run_slice may have called stop
            if not kernel.idle:
                await self._yield_to_others()
            elif not kernel.virtual:
                await self._sleep_until(kernel.timers.earliest())
            elif kernel.in_flight or kernel.unreleased:
                await self._settle()
            else:
                self.on_stall()
                await self._sleep_until(math.inf)

    async def _keep(self, keeper: Keeper) -> None:
        """Let the record catch up; while it cannot, nothing runs."""
        if self.kernel.virtual:
            keeper.look()
        else:
            keeper.tick(self.kernel.idle)
        if keeper.crowded:
            await keeper.room()

    async def _yield_to_others(self) -> None:
        if threading.active_count() - self._own_threads > 1 and self._others_want_to_run():
            time.sleep(GIL_PAUSE)  # noqa: TID251, ASYNC251  # on purpose: it hands over the interpreter
        for _ in range(LOOP_TURNS):
            await asyncio.sleep(0)

    def _others_want_to_run(self) -> bool:
        """Whether there are threads beside ours and asyncio's, which sleep until a worker process ends."""
        others = [thread for thread in threading.enumerate() if not thread.name.startswith("waitpid-")]
        return len(others) - self._own_threads > 1

    async def _settle(self) -> None:
        """Virtual clock, nothing can run: let hooks that wait on nothing real finish, then release what has finished in the
        order it was asked; time stands still until the last call in flight is back or past its deadline."""
        if self.keeper is not None:
            await self.keeper.settle()
        for _ in range(SETTLE_TURNS):
            await asyncio.sleep(0)
        if self.calls.half_awake:
            for _ in range(NEWS_TURNS):
                await asyncio.sleep(0)
            self.calls.calm()
        news, self.kernel.unreleased = self.kernel.unreleased, 0
        self.calls.release()
        if not news and not self.kernel.ready and self.kernel.in_flight:
            await self._sleep_until(math.inf)

    async def _sleep_until(self, when: float) -> None:
        loop = asyncio.get_running_loop()
        if self.kernel.ready or self.stopping or self.kernel.unreleased:
            return
        rest = self.keeper.rest() if self.keeper is not None else None
        if rest is not None:
            when = min(when, self.kernel.read_clock() + rest)
        bell = self._bell = loop.create_future()
        alarm = None
        if when < math.inf:  # by its distance: the loop's clock may be another
            alarm = loop.call_later(max(0.0, when - self.kernel.read_clock()), self.ring)
        try:
            await bell
        finally:
            self._bell = None
            if alarm is not None:
                alarm.cancel()


def _nothing() -> None:
    """Nobody asked to hear of a stall."""
