"""`await executor.execute(agents, config, problem)`: the front door to running negotiations."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import anyio

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.executor.negotiation import Negotiation
from negotiate_rt.executor.owner import Owner
from negotiate_rt.executor.statistics import WorldStatistics, statistics_of
from negotiate_rt.executor.world import World
from negotiate_rt.messages.config import NegotiationConfig, whole
from negotiate_rt.messages.outcome import NegotiationOutcome
from negotiate_rt.runtime.host import check_event_loop

Job = Sequence[Any]  # (agents, config) or (agents, config, problem)
NO_MORE = object()  # the end of a source of jobs
START_BATCH = 64  # negotiations started between two turns of the host loop


class NegotiationExecutor(Owner):
    """Runs negotiations, any number at once; calls from one event loop share one kernel.

    clock: "real" or "virtual" (time jumps; simulations and tests). network: a `Network` of latencies and faults (None:
    perfect). seed: every stream of chance derives from it. journal: the path of a file to keep one in, a `Journal`, or a
    callable that takes each `Record`; a file that is there is gone on with. max_in_flight: how many asynchronous hooks run
    at once. grace: real seconds that cancelled hooks get to end. reliability: a `ReliabilityLedger` of contractors to go on
    with (None: a new one). shuffle: a seed by which roles that could run at one moment take turns, another schedule for
    each (None: in the order in which they became ready). Raises JournalError for a journal that is damaged or not of this
    version, before anything starts.
    """

    def __init__(
        self, *, clock: str = "real", network: Any = None, seed: int | None = None, journal: Any = None, **limits: Any
    ) -> None:
        super().__init__(clock=clock, network=network, seed=seed, journal=journal, **limits)
        self._worlds: WeakKeyDictionary[asyncio.AbstractEventLoop, World] = WeakKeyDictionary()

    def _world(self) -> World:
        loop = check_event_loop()
        world = self._worlds.get(loop)
        if world is None or world.closed or world.host.stopping:
            world = self._worlds[loop] = World(self._settings, self._listeners)
        return world

    def start(self, agents: Sequence[Any], config: NegotiationConfig, problem: Any = None) -> Negotiation:
        """Start a negotiation and return its handle. Raises ConfigurationError for what the caller did wrong."""
        world = self._world()
        try:
            return world.begin(agents, config, problem)
        except BaseException:
            world.check_idle()
            raise

    async def execute(
        self, agents: Sequence[Any], config: NegotiationConfig, problem: Any = None
    ) -> NegotiationOutcome:
        """Run a negotiation and return its outcome. Never raises for what agents do, and ends by the config's timeout.

        Raises ConfigurationError for what the caller did wrong, before anything has started. When cancelled, the
        negotiation ends as cancelled.
        """
        negotiation = self.start(agents, config, problem)
        return await finished(negotiation)

    async def execute_many(self, jobs: Iterable[Job], limit: int = 10_000) -> list[NegotiationOutcome]:
        """Run jobs, `(agents, config)` or `(agents, config, problem)`, and return their outcomes in order."""
        outcomes: dict[str, NegotiationOutcome] = {}
        ids: list[str] = []
        async for outcome in self.stream(jobs, limit, ids.append):
            outcomes[outcome.id] = outcome
        return [outcomes[one] for one in ids]

    async def stream(
        self, jobs: Iterable[Job], limit: int = 1000, on_start: Callable[[str], object] | None = None
    ) -> AsyncIterator[NegotiationOutcome]:
        """Yield outcomes as they come, `limit` negotiations open at most, from any iterable, in bounded memory.

        Leaving the loop early cancels what is open. `on_start(id)` is told of each start.
        """
        if not isinstance(jobs, Iterable):
            raise ConfigurationError(
                f"jobs: expected an iterable of (agents, config) or (agents, config, problem), got {jobs!r}"
            )
        batch = Batch(self, iter(jobs), whole("limit", limit, 1), on_start)
        try:
            while not batch.finished:
                batch.start_some()
                for outcome in await batch.come():
                    yield outcome
        finally:
            batch.cancel()
            world = self._worlds.get(asyncio.get_running_loop())
            if world is not None:
                await world.settle()

    def run(self, agents: Sequence[Any], config: NegotiationConfig, problem: Any = None) -> NegotiationOutcome:
        """Run a negotiation without an event loop of one's own; inside a running one (a notebook) in a thread with its own."""
        return run_sync(partial(self.execute, agents, config, problem))  # type: ignore[no-any-return]

    def run_many(self, jobs: Iterable[Job], limit: int = 10_000) -> list[NegotiationOutcome]:
        """Run `execute_many` without an event loop of one's own."""
        return run_sync(partial(self.execute_many, jobs, limit))  # type: ignore[no-any-return]

    def statistics(self) -> WorldStatistics | None:
        """Return a snapshot of what runs in this event loop, or None if nothing does."""
        world = self._worlds.get(check_event_loop())
        return None if world is None or world.closed else statistics_of(world)

    def skip_id(self) -> str:
        """Use up and return the id of the next negotiation, so that a run that goes on gives each one the id it had."""
        return self._settings.next_id()

    def dump(self) -> tuple[str, ...]:
        """Return one line per actor that lives in this event loop: who, what it waits for, since when."""
        world = self._worlds.get(check_event_loop())
        return () if world is None or world.closed else world.kernel.dump()

    def __repr__(self) -> str:
        return f"<NegotiationExecutor {self.name}: {', '.join(self.protocols)}>"


class Batch:
    """Negotiations of one stream: what is open, what has come."""

    def __init__(
        self, executor: NegotiationExecutor, jobs: Iterator[Job], limit: int, on_start: Callable[[str], object] | None
    ) -> None:
        self.executor = executor
        self.jobs = jobs
        self.limit = limit
        self.on_start = on_start
        self.open: set[Negotiation] = set()
        self.done: deque[Negotiation] = deque()
        self.bell = asyncio.Event()
        self.exhausted = False

    @property
    def finished(self) -> bool:
        """Whether every job has run and been handed out."""
        return self.exhausted and not self.open

    def start_some(self) -> None:
        """Start jobs while there is room, a batch at most, so that the loop gets its turns."""
        for _ in range(min(START_BATCH, self.limit - len(self.open))):
            job: Any = next(self.jobs, NO_MORE)  # whatever the caller's source gives
            if job is NO_MORE:
                self.exhausted = True
                return
            negotiation = self.executor.start(*check_job(job))
            self.open.add(negotiation)
            if self.on_start is not None:
                self.on_start(negotiation.id)
            negotiation.on_done(self._ended)

    def _ended(self, negotiation: Negotiation) -> None:
        self.done.append(negotiation)
        self.bell.set()

    async def come(self) -> list[NegotiationOutcome]:
        """Return the outcomes that have come; wait for one only when nothing more can be started."""
        if not self.done:
            if not self.open:
                return []
            self.bell.clear()
            if self.exhausted or len(self.open) >= self.limit:
                await self.bell.wait()
            else:
                await self._breathe()
        outcomes = []
        while self.done:
            negotiation = self.done.popleft()
            self.open.discard(negotiation)
            assert negotiation.outcome is not None
            outcomes.append(negotiation.outcome)
        return outcomes

    async def _breathe(self) -> None:
        """Give the loop a turn; a virtual world waits meanwhile, so that what has started when does not depend on the machine."""
        host = next(iter(self.open)).world.host
        host.held += host.kernel.virtual
        try:
            await asyncio.sleep(0)
        finally:
            host.held -= host.kernel.virtual

    def cancel(self) -> None:
        """Cancel what is open."""
        for negotiation in self.open:
            negotiation.cancel("the stream was closed")


async def finished(negotiation: Negotiation) -> NegotiationOutcome:
    """Wait for a negotiation; if this task is cancelled, cancel it; leave nothing of it running."""
    world = negotiation.world
    try:
        return await negotiation
    finally:
        if not negotiation.done:
            negotiation.cancel("its caller was cancelled")
        await world.settle(negotiation)


def check_job(job: Any) -> Job:
    """Return the job's arguments. Raises ConfigurationError unless it is (agents, config) or (agents, config, problem)."""
    if not isinstance(job, Sequence) or not 2 <= len(job) <= 3:
        raise ConfigurationError(f"a job is (agents, config) or (agents, config, problem), got {job!r}")
    return job


def run_sync(function: Any) -> Any:  # an async function without arguments, and what it returns
    """Run an async function to its end: here if no loop runs in this thread, else in a thread of its own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        running = False
    else:
        running = True
    if not running:
        return anyio.run(function, backend="asyncio")
    with concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="negotiate_rt") as pool:
        return pool.submit(anyio.run, function, backend="asyncio").result()
