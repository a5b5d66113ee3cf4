"""Names the plain hook that blocks the event loop: nothing in this process can stop it, but somebody can say who it is.

A daemon thread looks at the kernel now and then; the hot path pays nothing for it. Code that holds the interpreter lock
for ever cannot be seen from a thread either: that is what isolated agents are for.
"""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from negotiate_rt.errors import ConfigurationError

if TYPE_CHECKING:
    from negotiate_rt.runtime.kernel import Kernel

INTERVAL = 0.25  # seconds; ten times a slow plain hook, a hundred times a slice
MAX_BLOCKED = 100
STACK_FRAMES = 20  # the innermost ones; further out are the kernel and the host loop


class BlockedHook(msgspec.Struct, frozen=True):
    """A plain hook that kept the loop for at least `seconds`; `stack` is where it was when first noticed."""

    agent: str
    negotiation: str
    seconds: float
    stack: str


class Watchdog:
    """Watches one kernel from a thread of its own.

    `thread_id`: of the event loop's thread (`threading.get_ident()` there); `report(blocked)` is called in the
    watchdog's thread, once a block. `blocked` lists the latest hundred; the last one's `seconds` grow while it lasts.
    `failures` counts reports that raised. Real clock only: on the virtual one no hook is late by the wall.
    """

    def __init__(
        self, kernel: Kernel, thread_id: int, report: Callable[[BlockedHook], object], interval: float = INTERVAL
    ) -> None:
        if not interval > 0:
            raise ConfigurationError(f"interval must be > 0 seconds, got {interval}")
        self.kernel = kernel
        self.thread_id = thread_id
        self.report = report
        self.interval = interval
        self.blocked: list[BlockedHook] = []
        self.failures = 0
        self._seen: tuple[Any, int] | None = None  # Any: the dialogue's end that is asking
        self._since = 0.0
        self._reported = False
        self._end = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start looking; a second call does nothing."""
        if self._thread is None:
            self._end.clear()
            self._seen = None
            self._thread = threading.Thread(target=self._watch, name="negotiate_rt-watchdog", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop and join the thread (at once, unless `report` takes long)."""
        self._end.set()
        thread, self._thread = self._thread, None
        if thread is not None and thread is not threading.current_thread():
            thread.join()
        self._seen = None

    def _watch(self) -> None:
        while not self._end.wait(self.interval):
            self.look(time.monotonic())

    def look(self, now: float) -> None:
        """Look once, at `now` seconds: a hook in the same step as at the last look has blocked the loop since."""
        kernel = self.kernel
        asking, steps, running = kernel.asking, kernel.steps, kernel.current
        # An end that waits for a remedy is still `asking` while others run or all sleep: only its own step counts.
        if asking is None or running is None or asking.actor is not running:
            self._seen = None
        elif self._seen is None or self._seen[0] is not asking or self._seen[1] != steps:
            self._seen = (asking, steps)
            self._since = now
            self._reported = False
        elif self._reported:
            self.blocked[-1] = msgspec.structs.replace(self.blocked[-1], seconds=now - self._since)
        else:
            self._reported = True
            self._record(BlockedHook(asking.seat.name, asking.conversation.id, now - self._since, self._stack()))

    def _record(self, blocked: BlockedHook) -> None:
        self.blocked.append(blocked)
        del self.blocked[:-MAX_BLOCKED]
        try:
            self.report(blocked)
        except Exception:  # noqa: BLE001  # the border to users' code: a report that raises must not blind the watchdog
            self.failures += 1

    def _stack(self) -> str:
        frame = sys._current_frames().get(self.thread_id)
        return "".join(traceback.format_stack(frame)[-STACK_FRAMES:]) if frame is not None else ""

    def __repr__(self) -> str:
        state = "stopped" if self._thread is None else f"looks every {self.interval:g} s"
        return f"<Watchdog {state}: {len(self.blocked)} blocked>"
