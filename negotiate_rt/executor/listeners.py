"""Listeners: told of each negotiation's start and, once, of its outcome. One that raises is logged and harms nobody."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

from negotiate_rt.executor.settings import logger
from negotiate_rt.journal.record import Record
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.outcome import NegotiationOutcome
from negotiate_rt.runtime.kernel import described


class NegotiationListener:
    """Subclass what you want to hear; methods may be plain or async. One that defines `on_record(record)`, a plain method, is
    also told of every `Record` of every negotiation: each message said and heard, each fault, the ending."""

    def on_negotiation_started(self, config: NegotiationConfig) -> Any:  # None, or an awaitable
        """A negotiation begins."""

    def on_negotiation_completed(self, outcome: NegotiationOutcome) -> Any:  # None, or an awaitable
        """A negotiation has its outcome; called once for each."""


class Listeners:
    """The listeners of one executor or society. What async ones do runs as tasks, owned here and joined by `drain`."""

    def __init__(self) -> None:
        self.listeners: list[Any] = []
        self.tasks: set[asyncio.Future[Any]] = set()
        self.on_idle: Callable[[], None] = _nobody

    def sharing(self) -> Listeners:
        """Return the same listeners for one more world: each has tasks of its own to wait for."""
        other = Listeners()
        other.listeners = self.listeners
        return other

    def started(self, config: NegotiationConfig) -> None:
        """Tell of a start."""
        for listener in self.listeners:
            self._call(listener, "on_negotiation_started", config)

    def completed(self, outcome: NegotiationOutcome) -> None:
        """Tell of an outcome."""
        for listener in self.listeners:
            self._call(listener, "on_negotiation_completed", outcome)

    def recorders(self) -> list[Callable[[Record], None]]:
        """Return what is to be told of records."""
        return [listener.on_record for listener in self.listeners if hasattr(listener, "on_record")]

    def _call(self, listener: Any, method: str, argument: Any) -> None:
        function: Callable[[Any], Any] | None = getattr(listener, method, None)
        if function is None:
            return
        name = f"{type(listener).__name__}.{method}"
        try:
            result = function(argument)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001  # a listener's own failure harms nobody
            logger().error("listener_failed", listener=name, error=described(error))
            return
        if inspect.isawaitable(result):  # no task group's: anyio starts none in a slice, where no task is current
            task = asyncio.ensure_future(result)
            self.tasks.add(task)
            task.add_done_callback(partial(self._ended, name))

    def _ended(self, name: str, task: asyncio.Future[Any]) -> None:
        self.tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            logger().error("listener_failed", listener=name, error=described(error))
        if not self.tasks:
            self.on_idle()

    async def drain(self, grace: float) -> None:
        """Let async listeners finish, for `grace` real seconds at most; then cancel them."""
        if self.tasks:
            _, late = await asyncio.wait(self.tasks, timeout=grace)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=grace)


def _nobody() -> None:
    """Nobody waits for the listeners."""
