"""One coroutine that the kernel steps, and what it waits for."""

from __future__ import annotations

import math
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context, copy_context
from types import coroutine
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from negotiate_rt.runtime.kernel import Kernel


class Ended(BaseException):
    """Thrown into a coroutine whose conversation or society is over; a role lets it pass.

    Not an Exception, so that `except Exception` in a role cannot hold up an ending.
    """


class Parked:
    """What an actor yields to the kernel. Anything else that it yields is a foreign await."""

    def __repr__(self) -> str:
        return "PARK"


PARK = Parked()
OnEnd = Callable[["Actor", Any, BaseException | None], None]  # Any: whatever the coroutine returned


class Actor:
    """A coroutine with one deadline and one thing it waits for (`waits_on`: a mailbox, an outside call, None when it runs).

    The coroutine is made at its first step, so that an actor that never runs leaves no warning behind. `run` and `resume`
    are what the kernel calls: one step, in the actor's own context, which keeps context variables of one actor out of
    the next. Timer slots (`deadline`, `deadline_seq`, `armed`) are explained in timers.py.
    """

    __slots__ = (
        "alive",
        "arguments",
        "armed",
        "coroutine",
        "deadline",
        "deadline_seq",
        "function",
        "interrupted",
        "kernel",
        "name",
        "offences",
        "on_end",
        "resume",
        "run",
        "timed_out",
        "waits_on",
        "waits_since",
        "wake",
    )  # fmt: skip

    def __init__(
        self, kernel: Kernel, name: str, function: Callable[..., Coroutine[Any, Any, Any]], arguments: tuple[Any, ...],
        on_end: OnEnd | None = None, context: Context | None = None,
    ) -> None:  # fmt: skip
        self.kernel = kernel
        self.name = name
        self.function = function
        self.arguments = arguments
        self.on_end = on_end
        self.coroutine: Coroutine[Any, Any, Any] | None = None
        self.run = (context or copy_context()).run
        self.resume: Callable[[None], object] = self._begin
        self.wake = kernel.wake
        self.alive = True
        self.timed_out = self.interrupted = False
        self.waits_on: object | None = None
        self.waits_since = 0.0
        self.offences = 0
        self.deadline = self.armed = math.inf
        self.deadline_seq = 0

    def _begin(self, _: None) -> object:
        self.coroutine = self.function(*self.arguments)
        self.arguments = ()
        self.resume = self.coroutine.send
        return self.resume(None)

    def due(self) -> None:
        """The deadline has passed: run with `timed_out` set, if still waiting."""
        if self.waits_on is not None:
            self.waits_on = None
            self.timed_out = True
            self.wake(self)

    @coroutine
    def pause(self, until: float) -> Generator[Any, None, None]:
        """Wait until a time on the kernel's clock."""
        self.waits_on = "sleep"
        self.timed_out = False
        self.waits_since = self.kernel.now
        self.kernel.arm(self, until)
        yield PARK

    def release(self) -> None:
        """Drop everything heavy; a timer entry may keep the empty shell until it comes due."""
        self.alive = False
        self.waits_on = self.on_end = self.coroutine = None
        self.arguments = ()
        self.deadline = math.inf
        self.resume = _gone

    def __repr__(self) -> str:
        state = "dead" if not self.alive else f"waits on {self.waits_on!r}" if self.waits_on is not None else "ready"
        return f"<Actor {self.name}: {state}>"


def _gone(_: None) -> object:
    return PARK
