"""The scheduler: a run queue, a timer heap, a clock that is real or virtual. It knows no event loop; host.py drives it.

Virtual time jumps to the next timer when nothing can run, and stands still while an outside call is in flight. Real time
is read once a slice. What cannot be seen from here: `asyncio.create_task` and an uncontended lock inside an actor.
"""

from __future__ import annotations

import math
import random
import time
import traceback
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context
from itertools import count
from typing import Any, Protocol

from negotiate_rt.errors import ForeignAwaitError, StalledError
from negotiate_rt.runtime.actor import PARK, Actor, Ended, OnEnd
from negotiate_rt.runtime.timers import DEADLINE, DELIVERY, Timed, Timer, Timers

STEPS_A_LOOK = 8  # steps between two looks at the clock; one step costs about a microsecond
SLICE = 0.0015  # seconds; 1-2 ms with a few turns of the host loop between kept a TCP echo at 1.3 ms
LOOKS = 300  # on the virtual clock a slice is so many looks instead: where it ends must not depend on the machine


class Runnable(Protocol):
    """What the run queue holds: actors, and conversations that are to be closed."""

    resume: Any  # what `run` calls, with None

    @property
    def run(self) -> Callable[..., object]:
        """Make one step; return PARK."""


class Shuffled(deque[Any]):
    """A run queue that lets those who are ready go in an order drawn by chance: every schedule that the real world, in which
    they would run side by side, could show. Cost of a turn: O(those that are ready)."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__()
        self.rng = rng

    def popleft(self) -> Any:
        """Take any of them."""
        if len(self) > 1:
            self.rotate(-self.rng.randrange(len(self)))
        return super().popleft()


class Kernel:
    """Steps actors until a slice is over.

    `clock` is "real" (seconds since the kernel was made) or "virtual" (from 0). `shuffle`: a stream by which those that are
    ready take turns; without one it is in the order in which they became so. `in_flight` counts outside calls that wait
    on the real world; `stubborn` lists coroutines that refused to end.
    """

    __slots__ = (
        "actors", "asking", "clock", "current", "hooked", "in_flight", "now", "origin", "ready", "steps", "stubborn",
        "timers", "unreleased", "virtual", "wake", "wake_host",
    )  # fmt: skip

    def __init__(self, clock: str = "real", shuffle: random.Random | None = None) -> None:
        self.virtual = clock == "virtual"
        self.clock: Callable[[], float] = count().__next__ if self.virtual else time.monotonic  # what slices are measured by
        self.origin = time.monotonic()
        self.now = 0.0
        self.ready: deque[Any] = deque() if shuffle is None else Shuffled(shuffle)  # of Runnable; Any: a lookup here is hot
        self.wake = self.ready.append  # one bound method for all actors
        self.timers = Timers()
        self.actors: dict[Actor, None] = {}  # a set in the order of spawning
        self.current: Any = None
        self.asking: Any = None  # the dialogue's end whose plain hook runs now; the watchdog looks at it
        self.steps = 0
        self.hooked = False  # a plain hook ran in this step
        self.in_flight = 0
        self.unreleased = 0  # news for or from outside (virtual clock): heard when the run queue is empty, at this instant
        self.stubborn: list[str] = []
        self.wake_host: Callable[[], None] = _nobody

    # -- actors ---------------------------------------------------------------------------------------------------------

    def spawn(
        self, name: str, function: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any,
        on_end: OnEnd | None = None, context: Context | None = None,
    ) -> Actor:  # fmt: skip
        """Make an actor and let it run soon; `on_end(actor, result, error)` is called once when it has ended."""
        actor = Actor(self, name, function, arguments, on_end, context)
        self.actors[actor] = None
        self.ready.append(actor)
        return actor

    def kill(self, actor: Actor) -> None:
        """End an actor: throw Ended, then close. Cost: its `finally` blocks. A running actor ends at its next wait."""
        if not actor.alive:
            return
        if actor is self.current:
            actor.alive = False
            return
        coroutine = actor.coroutine
        error: BaseException | None = None
        if coroutine is not None:
            try:
                if actor.run(coroutine.throw, Ended()) is PARK:
                    self._close(actor)
            except (StopIteration, Ended):
                pass
            except BaseException as failure:  # noqa: BLE001  # a role's clean-up may raise anything; it is reported, never lost
                error = failure
        self._end(actor, None, error)

    def _close(self, actor: Actor) -> None:
        assert actor.coroutine is not None
        chain = awaits_of(actor.coroutine)
        try:
            actor.run(actor.coroutine.close)
        except RuntimeError:  # it ignored GeneratorExit as well
            self.stubborn.append(actor.name)
            _kept_for_ever.append(chain)

    def _end(self, actor: Actor, result: Any, error: BaseException | None) -> None:
        self.actors.pop(actor, None)
        on_end = actor.on_end
        self.timers.disarm(actor)
        actor.release()
        if on_end is not None:
            on_end(actor, result, error)

    # -- time -----------------------------------------------------------------------------------------------------------

    def arm(self, owner: Timed, when: float, rank: int = DEADLINE) -> None:
        """Set the one deadline of an actor, timer or conversation."""
        self.timers.arm(owner, when, rank)

    def call_at(self, when: float, action: Callable[[], None], rank: int = DEADLINE) -> Timer:
        """Call a function at a time on this clock; `timers.disarm` takes it back."""
        timer = Timer(action)
        self.timers.arm(timer, when, rank)
        return timer

    def read_clock(self) -> float:
        """Return the time right now; `now` is the time of the running slice."""
        return self.now if self.virtual else self.clock() - self.origin

    def tick(self) -> None:
        """Bring `now` up to date (real clock)."""
        if not self.virtual:
            self.now = max(self.now, self.clock() - self.origin)

    # -- running --------------------------------------------------------------------------------------------------------

    def run_slice(self, budget: float | None = None) -> None:
        """Run what can run for a slice, or for `budget`: seconds of real time, looks on the virtual clock (0: until nothing
        can run)."""
        if budget is None:
            budget = LOOKS if self.virtual else SLICE
        until = self.clock() + budget if budget else math.inf
        if not self.virtual:
            self.tick()
            self._fire(self.now, until)
            self._run_ready(until)
            return
        while self._run_ready(until) and (self._deliver() if self.in_flight or self.unreleased else self.advance()):
            if self.clock() >= until:
                return

    @property
    def idle(self) -> bool:
        """Whether nothing can run before somebody outside acts (or, on the real clock, before the next timer)."""
        if self.ready:
            return False
        if not self.virtual:
            return True
        standing_still = self.in_flight or self.unreleased
        return not self._deliverable() if standing_still else self.timers.next() == math.inf

    def _deliverable(self) -> bool:
        """Whether a delivery (or a sleeper's waking) falls at this very instant: no time need pass for that."""
        return self.timers.next(self.now) <= self.now and self.timers.heap[0][1] == DELIVERY

    def _deliver(self) -> bool:
        if not self._deliverable():
            return False
        self.timers.pop().due()
        return True

    def advance(self) -> bool:
        """Fire the next timer, moving virtual time to it; False when there is none."""
        when = self.timers.next()
        if when == math.inf:
            return False
        self.now = max(self.now, when)
        self.timers.pop().due()
        return True

    def _fire(self, now: float, until: float) -> None:
        while self.timers.next(now) <= now:
            self.timers.pop().due()
            if self.clock() >= until:  # many deadlines of one instant: the rest comes in the next slice
                return

    def _run_ready(self, until: float) -> bool:  # noqa: C901  # one loop, hot: each branch a call would cost a tenth
        """Step actors in turn; True when the queue is empty, False when the slice is over.

        The clock is looked at every few steps, and after each step in which a plain hook ran: a slice outlives its budget by
        one hook at the most.
        """
        ready, popleft, clock = self.ready, self.ready.popleft, self.clock
        while ready:
            self.steps += 1
            for _ in range(STEPS_A_LOOK):
                actor = popleft()
                self.current = actor
                try:
                    run = actor.run  # a local: calling what a slot holds is slow as a method call
                    yielded = run(actor.resume, None)
                    if yielded is not PARK:
                        self._foreign(actor, yielded)
                    elif not actor.alive:
                        self._doom(actor)
                except StopIteration as stop:
                    self._end(actor, stop.value, None)
                except BaseException as error:  # noqa: BLE001  # an actor's own failure; its owner hears of it through on_end
                    self._failed(actor, error)
                if self.hooked:
                    self.hooked = False
                    if clock() >= until:
                        self.current = None
                        return not ready
                if not ready:
                    break
            if clock() >= until:
                self.current = None
                return not ready
        self.current = None
        return True

    def _failed(self, actor: Any, error: BaseException) -> None:
        """An actor raised."""
        if isinstance(error, KeyboardInterrupt):
            self.current = None
            if actor.__class__ is Actor:
                self._end(actor, None, Ended())
            raise error
        if actor.__class__ is not Actor:
            raise error  # a conversation that cannot close is our bug
        self._end(actor, None, translate(error))

    def _doom(self, actor: Any) -> None:
        self.current = None
        actor.alive = True
        self.kill(actor)

    def _foreign(self, actor: Actor, yielded: object) -> None:
        """Refuse an await that is not ours: throw at that point, close on the second offence."""
        assert actor.coroutine is not None
        while yielded is not PARK:
            actor.offences += 1
            if actor.offences > 1:
                self._close(actor)
                raise foreign(actor, yielded)
            yielded = actor.run(actor.coroutine.throw, foreign(actor, yielded))

    def run_until_idle(self) -> None:
        """Run without a host until every actor has ended (tests, simulations). Raises StalledError if some never can."""
        while True:
            self.run_slice(0)
            if not self.virtual and self.timers.next() < math.inf:
                time.sleep(max(0.0, self.timers.next() - self.read_clock()))  # noqa: TID251  # no host: nothing else to run
                continue
            if self.actors:
                raise StalledError(self.dump())
            return

    def dump(self) -> tuple[str, ...]:
        """Return one line per living actor: who, what it waits for, since when, until when."""
        return tuple(describe(actor, self.now) for actor in self.actors)


def describe(actor: Actor, now: float) -> str:
    """Return one line on an actor for dumps and stall reports."""
    if actor.waits_on is None:
        return f"{actor.name}: ready to run"
    until = f", until {actor.deadline:g} s" if actor.deadline < math.inf else ""
    return f"{actor.name}: waits for {actor.waits_on!r} since {actor.waits_since:g} s (now {now:g} s{until})"


def foreign(actor: Actor, yielded: object) -> ForeignAwaitError:
    """Return the error for an await that belongs to the host loop."""
    return ForeignAwaitError(
        f"actor {actor.name!r} awaited {type(yielded).__name__}, which belongs to the host event loop and would stop every "
        "other actor: write `await talk.sleep(seconds)` to wait, `await talk.compute(function, ...)` for work off the loop, "
        "or move the call into an `async def` decision hook and reach it through `await talk.ask(...)`"
    )


_OBSCURE = (
    "should be used inside a task",
    "no running event loop",
    "cannot create weak reference to 'NoneType'",
    "not a task",
    "cannot determine the parent task",
    "not currently running on any asynchronous event loop",
    "unknown async library",
)


def translate(error: BaseException) -> BaseException:
    """Return what to report for an actor's failure: asyncio and anyio scopes fail obscurely where no task is current."""
    if isinstance(error, (RuntimeError, TypeError)) and any(
        text in str(error).lower() for text in map(str.lower, _OBSCURE)
    ):
        translated = ForeignAwaitError(
            f"a scope of the host event loop was opened inside an actor ({error}): write `talk.receive(deadline=...)` or a "
            "turn_timeout instead, or move the code into an `async def` decision hook"
        )
        translated.__cause__ = error
        return translated
    return error


def described(error: BaseException) -> str:
    """Return an exception's type and text; an agent's own exception class may fail even at that."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception as worse:  # noqa: BLE001  # the border to agents' code: their __str__ may raise anything
        return f"{type(error).__name__} (its text raised {type(worse).__name__})"


def formatted(error: BaseException) -> str:
    """Return a traceback as text: the object itself would keep its frames alive as long as the outcome."""
    return "".join(traceback.format_exception(error))


def awaits_of(coroutine: Any) -> list[object]:  # Any: coroutines and generators name what they await differently
    """Return a coroutine, what it awaits, what that awaits, and so on."""
    chain: list[object] = []
    while coroutine is not None:
        chain.append(coroutine)
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "gi_yieldfrom", None)
    return chain


_kept_for_ever: list[object] = []  # stubborn coroutines: collecting one would throw into it again


def _nobody() -> None:
    """No host is asleep."""
