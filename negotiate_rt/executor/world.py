"""One kernel in one event loop, and everything that lives in it: negotiations, guests, listeners, workers.

A world is opened by its first negotiation (an executor's) or by `async with` (a society's), and leaves nothing behind: no
task, timer, process or file.
"""

from __future__ import annotations

import asyncio
import gc
import math
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

import anyio

from negotiate_rt.errors import SocietyClosed, StalledError
from negotiate_rt.executor.lifecycle import Guests
from negotiate_rt.executor.listeners import Listeners
from negotiate_rt.executor.negotiation import Negotiation
from negotiate_rt.executor.settings import Settings, logger
from negotiate_rt.journal.record import Record
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.envelope import Envelope
from negotiate_rt.messages.outcome import FAILED, NegotiationOutcome
from negotiate_rt.protocols.base import NegotiationProtocol
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.calls import Calls
from negotiate_rt.runtime.commons import Commons
from negotiate_rt.runtime.conversation import Conversation, Terms
from negotiate_rt.runtime.dead_letters import DeadLetters
from negotiate_rt.runtime.directory import Directory
from negotiate_rt.runtime.host import Host, check_event_loop
from negotiate_rt.runtime.injecting import admit
from negotiate_rt.runtime.kernel import Kernel, described
from negotiate_rt.runtime.seat import Seat
from negotiate_rt.runtime.seating import Wiring
from negotiate_rt.runtime.watchdog import BlockedHook, Watchdog

if TYPE_CHECKING:
    from negotiate_rt.executor.journalling import Journalling
    from negotiate_rt.executor.residents import Residents

CROWD = 32  # open negotiations above which garbage collections are put off: they walk through all that lives
PUT_OFF = 50, 20, 1000  # growth before a young collection, times the usual; young ones before an older, those before a full one


class World:
    """A running kernel with its negotiations. `keep_open`: a society's, which outlives its negotiations."""

    def __init__(self, settings: Settings, listeners: Listeners, keep_open: bool = False) -> None:
        self.settings = settings
        self.listeners = listeners.sharing()
        self.keep_open = keep_open
        self.loop = check_event_loop()
        self.kernel = Kernel(settings.clock, settings.schedule())
        self.calls = Calls(self.kernel, settings.max_in_flight)
        self.host = Host(self.kernel, self.calls)
        self.host.on_stall = self.fail_stalled
        self.listeners.on_idle = self.host.ring
        self.guests = Guests(self)
        self.dead_letters = DeadLetters()
        self.open: dict[str, Negotiation] = {}
        self.closed = False
        network = settings.network
        self.journalling: Journalling | None = None
        if settings.journal is not None:
            from negotiate_rt.executor.journalling import journal_of  # late: most programs keep none

            self.journalling = journal_of(self)
        on_drop = self.dead_letters.add if self.journalling is None else self._dropped
        if network is not None:
            network.bind(self.kernel, f"{settings.seed}", on_drop)
        self.wiring = Wiring(network, settings.mailbox_capacity, settings.overflow, on_drop)
        self.commons = Commons(Directory(), settings.reliability, self.begin_within)
        self.chains: dict[str, tuple[str, ...]] = {}  # negotiations that were opened inside others -> who opened each in turn
        self.inside = ""  # the negotiation from inside which another is being opened right now
        self.residents: Residents | None = None
        self.watchdog: Watchdog | None = None
        self.ended = self.messages = 0  # of negotiations that are over
        self._crowded = False
        self._task: asyncio.Task[None] | None = None

    # -- life -------------------------------------------------------------------------------------------------------------

    @property
    def task(self) -> asyncio.Task[None]:
        """The task that everything runs in."""
        return self.launch()

    def launch(self) -> asyncio.Task[None]:
        """Start running, unless that has been done (not before the first negotiation: a caller's mistake starts nothing)."""
        if self._task is None:
            self._task = self.loop.create_task(self._main(), name=f"negotiate_rt {self.settings.name}")
            self._task.add_done_callback(self._task_ended)
        return self._task

    def _task_ended(self, task: asyncio.Task[None]) -> None:
        if not self.closed:  # cancelled before its first step
            self._end_all()
            if self.journalling is not None:
                self.journalling.abandon()
        error = None if task.cancelled() else task.exception()  # asked for, or asyncio would complain at its collection
        if error is not None and not isinstance(error, KeyboardInterrupt):
            logger().error("society_failed", society=self.settings.name, error=described(error))

    async def _main(self) -> None:
        """Own the kernel, the listeners' tasks, the hooks' and the workers; on the way out end everything."""
        self._start_watchdog()
        try:
            await self.host.run()
        finally:
            self._end_all()
            try:
                with anyio.CancelScope(shield=True):
                    await self._close_journal()
                    await self.listeners.drain(self.settings.grace)
                    await self.calls.join(self.settings.grace)
            finally:
                await self.guests.stop_workers()
                self._stop_watchdog()
                self._calm()
            if self.calls.orphaned:
                logger().warning("orphaned_hooks", society=self.settings.name, count=self.calls.orphaned)
        if self.journalling is not None and self.journalling.error is not None:
            raise self.journalling.error

    def open_journal(self) -> None:
        """Take hold of the journal, once. Raises JournalError."""
        if self.journalling is not None and self._task is None and self.journalling.session is None:
            self.journalling.open()

    async def _close_journal(self) -> None:
        """Write the rest of the journal; what waited for that is announced, and what that starts is ended."""
        if self.journalling is not None:
            await self.journalling.close()
            self._end_all()

    def _dropped(self, item: Any, reason: str) -> None:
        """A message that nobody will read: a dead letter, and a row of the journal."""
        self.dead_letters.add(item, reason)
        if self.journalling is not None:
            self.journalling.lost(item, reason)

    def record(self, outcome: NegotiationOutcome, announce: Callable[[NegotiationOutcome], None]) -> bool:
        """Take down an outcome; True if the journal announces it, once it is safe."""
        return self.journalling is not None and self.journalling.record(outcome, announce)

    def _end_all(self) -> None:
        self.closed = True
        for negotiation in list(self.open.values()):
            negotiation.cancel("the society was closed")
        for actor in list(self.kernel.actors):
            self.kernel.kill(actor)

    def stop(self) -> None:
        """End everything at the next turn."""
        self.host.stop()

    def over(self, negotiation: Negotiation) -> None:
        """A negotiation has its outcome: announce it, let its guests go, and stop when nothing is left."""
        self.open.pop(negotiation.id, None)
        assert negotiation.outcome is not None
        self.ended += 1
        self.messages += negotiation.outcome.messages
        if self.kernel.virtual:  # who waits for it may act before time goes on, or a stream would depend on the machine
            self.kernel.unreleased += 1
        self.listeners.completed(negotiation.outcome)
        self.guests.leave(negotiation)
        self.check_idle()

    def check_idle(self) -> None:
        """Stop the host of a world that was opened for its negotiations and has none left."""
        if not (self.open or self.keep_open or self.guests.busy):
            self.host.stop()
            if self._task is None and self.journalling is not None:  # nothing has started: a caller's mistake
                self.journalling.abandon()

    async def settle(self, negotiation: Negotiation | None = None) -> None:
        """Wait, briefly and come what may, until nothing of a negotiation runs any more; if it was the last, until the world
        has ended."""
        with anyio.CancelScope(shield=True):
            if negotiation is not None and (self.guests.leaving or self.calls.orphans):
                await ended(self.loop.create_task(self._settle(negotiation)))
            if self.host.stopping:
                await ended(self.task)
                if not self.task.cancelled() and (error := self.task.exception()) is not None:
                    raise error

    async def _settle(self, negotiation: Negotiation) -> None:
        await self.guests.settled(negotiation.agents)
        if not self.host.stopping:
            await negotiation.settle(self.settings.grace)

    def _start_watchdog(self) -> None:
        if self.settings.clock == "real" and self.settings.watchdog:
            self.watchdog = Watchdog(self.kernel, threading.get_ident(), self._report_block, self.settings.watchdog)
            self.watchdog.start()
            self.host.watch_threads(1)

    def _stop_watchdog(self) -> None:
        if self.watchdog is not None:
            self.watchdog.stop()

    def _report_block(self, blocked: BlockedHook) -> None:
        logger().warning(
            "hook_blocks_loop", agent=blocked.agent, negotiation=blocked.negotiation, seconds=round(blocked.seconds, 3),
            stack=blocked.stack,
        )  # fmt: skip

    # -- negotiations -----------------------------------------------------------------------------------------------------

    def begin(self, agents: Sequence[Any], config: NegotiationConfig, problem: Any = None) -> Negotiation:
        """Start a negotiation. Raises ConfigurationError for what the caller did wrong, before anything has started."""
        if self.closed or self.host.stopping:
            raise SocietyClosed(f"society {self.settings.name!r} is closed and takes no more negotiations")
        protocol, seats, config, problem, options = self.settings.plan(agents, config, problem)
        if self.journalling is not None:
            self.open_journal()
        name = self.settings.next_id()
        number = name.rpartition("/")[2]
        seed = f"{self.settings.seed}/{number}" if config.seed is None else f"own/{config.seed}"
        terms = Terms(
            config.max_rounds, math.inf if config.timeout is None else float(config.timeout),  # type: ignore[arg-type]  # seconds by now
            math.inf if config.turn_timeout is None else float(config.turn_timeout), config.on_fault, seed,  # type: ignore[arg-type]
            config.acknowledged,
        )  # fmt: skip
        conversation = Conversation(name, protocol.table, self.kernel, self.calls, terms)
        conversation.commons = self.commons
        negotiation = Negotiation(self, conversation, protocol, seats, config, problem)
        unprepared = self.guests.enter(negotiation, seats)
        self.launch()
        self.open[conversation.id] = negotiation
        if len(self.open) == CROWD:
            self._crowd()
        watchers = self.listeners.recorders()
        if self.journalling is not None:
            self.journalling.begin(negotiation, seats, terms)
        elif self.settings.journal is not None:
            watchers.append(self.settings.journal)
        if watchers:
            negotiation.watch(*watchers)
            negotiation.tell(Record(conversation.id, self.kernel.now, "started", content=protocol.name))
        self.listeners.started(config)
        try:
            if unprepared:
                self.guests.prepare(negotiation, lambda: self.seat(conversation, protocol, seats, problem, options))
            else:
                self.seat(conversation, protocol, seats, problem, options)
        except BaseException as error:  # a protocol of the user's own
            negotiation.fail(FAILED, f"protocol-violation: the talk could not begin: {described(error)}")
            raise
        self.kernel.wake_host()
        return negotiation

    def begin_within(
        self, parent: Conversation, agent: Any, agents: Sequence[Any], config: NegotiationConfig, problem: Any
    ) -> Awaitable[NegotiationOutcome]:
        """Open a negotiation from inside another (a contractor that subcontracts); awaited, it gives its outcome."""
        from negotiate_rt.executor.within import outcome_within  # late: few agents do

        return outcome_within(self, parent, agent, agents, config, problem)

    def seat(
        self, conversation: Conversation, protocol: NegotiationProtocol, seats: list[Seat], problem: Any, options: Any
    ) -> None:
        """Open the conversation: its clock starts, its roles run."""
        if conversation.over:  # a listener has cancelled it, or it ended while its agents started
            return
        self.kernel.tick()
        conversation.open()
        protocol.opened(conversation, seats, options)
        joint = protocol.joint_machine()
        if joint is None:
            self.wiring.seat_two(conversation, protocol.in_order(seats), protocol.role)
            return
        first = next(seat for seat in seats if seat.role == protocol.convener)
        bundle = Bundle(conversation, first, joint)
        bundle.problem, bundle.options = problem, options
        self.wiring.seat_many(conversation, bundle, [seat for seat in seats if seat is not first], protocol.role)
        protocol.seated(conversation, self.wiring)

    def fail_stalled(self) -> None:
        """Virtual clock, and nothing can ever run again: fail the negotiations that wait for ever, and name who waits."""
        if self.open and not self.listeners.tasks:
            waiting = StalledError(self.kernel.dump())
            for negotiation in list(self.open.values()):
                negotiation.fail(FAILED, f"protocol-violation: {waiting}")

    def inject(self, envelope: Envelope, origin: str) -> bool:
        """Deliver an envelope from outside to the end it addresses; False if there is none."""
        negotiation = self.open.get(envelope.conversation)
        end = negotiation.end_for(envelope) if negotiation is not None else None
        if negotiation is None or end is None:
            self.dead_letters.add(envelope, "unknown")
            return False
        refused = admit(end, envelope, origin)
        if refused:
            if refused != "forged":  # which is told by the fault
                self.dead_letters.add(envelope, refused)
            return False
        self.kernel.wake_host()
        return True

    # -- memory -----------------------------------------------------------------------------------------------------------

    def _crowd(self) -> None:
        if not self._crowded:
            self._crowded = True
            CROWDS.enter()

    def _calm(self) -> None:
        if self._crowded:
            self._crowded = False
            CROWDS.leave()


class Crowds:
    """Puts full garbage collections off while any world of this process is crowded."""

    def __init__(self) -> None:
        self.count = 0
        self.thresholds = (0, 0, 0)

    def enter(self) -> None:
        """One more is crowded."""
        self.count += 1
        if self.count == 1:
            self.thresholds = gc.get_threshold()
            growth, young, older = PUT_OFF
            gc.set_threshold(self.thresholds[0] * growth, young, older)

    def leave(self) -> None:
        """One less is; the last restores what was."""
        self.count -= 1
        if self.count == 0:
            gc.set_threshold(*self.thresholds)


CROWDS = Crowds()


async def ended(task: asyncio.Task[Any]) -> None:
    """Wait until a task of ours has ended, even if the one that waits is cancelled meanwhile; that takes effect afterwards.

    A scope's shield holds off anyio's cancellation only; and our tasks end by themselves, within their grace.
    """
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
