"""Listeners: told of each negotiation's start and, once, of its outcome. One that raises is logged and harms nobody."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
from anyio.abc import TaskGroup

from negotiate_rt.executor.settings import logger
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.outcome import NegotiationOutcome
from negotiate_rt.runtime.asking import discard


class NegotiationListener:
    """Subclass what you want to hear; methods may be plain or async."""

    def on_negotiation_started(self, config: NegotiationConfig) -> Any:  # None, or an awaitable
        """A negotiation begins."""

    def on_negotiation_completed(self, outcome: NegotiationOutcome) -> Any:  # None, or an awaitable
        """A negotiation has its outcome; called once for each."""


class Listeners:
    """The listeners of one executor or society. Async ones run as tasks of the world's group, `pending` of them now."""

    def __init__(self) -> None:
        self.listeners: list[Any] = []
        self.pending = 0
        self._group: TaskGroup | None = None
        self._idle: anyio.Event | None = None
        self._waiting: list[tuple[str, Awaitable[Any]]] = []
        self.on_idle: Callable[[], None] = _nobody

    def sharing(self) -> Listeners:
        """Return the same listeners for one more world: each has tasks of its own to wait for."""
        other = Listeners()
        other.listeners = self.listeners
        return other

    def attach(self, group: TaskGroup) -> None:
        """Give the listeners a group to run async methods in."""
        self._group = group
        waiting, self._waiting = self._waiting, []
        for name, awaitable in waiting:
            group.start_soon(self._wait, name, awaitable)

    def started(self, config: NegotiationConfig) -> None:
        """Tell of a start."""
        for listener in self.listeners:
            self._call(listener, "on_negotiation_started", config)

    def completed(self, outcome: NegotiationOutcome) -> None:
        """Tell of an outcome."""
        for listener in self.listeners:
            self._call(listener, "on_negotiation_completed", outcome)

    def _call(self, listener: Any, method: str, argument: Any) -> None:
        function: Callable[[Any], Any] | None = getattr(listener, method, None)
        if function is None:
            return
        name = f"{type(listener).__name__}.{method}"
        try:
            result = function(argument)
        except Exception as error:  # noqa: BLE001  # a listener's own failure harms nobody
            logger().error("listener_failed", listener=name, error=repr(error))
            return
        if inspect.isawaitable(result):
            self.pending += 1
            if self._group is None:
                self._waiting.append((name, result))
            else:
                self._group.start_soon(self._wait, name, result)

    async def _wait(self, name: str, awaitable: Awaitable[Any]) -> None:
        try:
            await awaitable
        except Exception as error:  # noqa: BLE001  # a listener's own failure harms nobody
            logger().error("listener_failed", listener=name, error=repr(error))
        finally:
            self.pending -= 1
            if not self.pending:
                self.on_idle()
                if self._idle is not None:
                    self._idle.set()

    async def drain(self, grace: float) -> None:
        """Let async listeners finish, for `grace` real seconds at most."""
        if self.pending:
            self._idle = anyio.Event()
            with anyio.move_on_after(grace):
                await self._idle.wait()
        self._group = self._idle = None

    def drop(self) -> None:
        """Let go of async methods that were called and can never run."""
        waiting, self._waiting = self._waiting, []
        self.pending -= len(waiting)
        for _, awaitable in waiting:
            discard(awaitable)


def _nobody() -> None:
    """Nobody waits for the listeners."""
