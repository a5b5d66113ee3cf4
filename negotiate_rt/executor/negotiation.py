"""The handle of one negotiation: await it, cancel it, look at it, follow its events."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Generator
from typing import TYPE_CHECKING, Any

import msgspec

from negotiate_rt.errors import ConfigurationError, LocalProtocolError
from negotiate_rt.executor.settings import logger
from negotiate_rt.journal.record import Record, record_of
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.envelope import Envelope
from negotiate_rt.messages.outcome import AGREED, FAILED, NegotiationOffer, NegotiationOutcome, NegotiationState
from negotiate_rt.messages.performatives import Withdraw
from negotiate_rt.protocols.base import NegotiationProtocol
from negotiate_rt.runtime.conversation import Conversation
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.mailbox import Mailbox
from negotiate_rt.runtime.seat import Seat

if TYPE_CHECKING:
    from negotiate_rt.executor.world import World
    from negotiate_rt.journal.session import Page

JOURNAL_ONLY = ("decided", "advanced")  # what a journal takes down for a replay, and listeners are not told


class NegotiationStatus(msgspec.Struct, frozen=True):
    """Where a negotiation stands. `state` is its table's state, or how it ended; `waiting_for` whose turn it is;
    `standing_offer` the latest that has been neither answered nor withdrawn.
    """

    id: str
    protocol: str
    state: str
    round: int
    offers: int
    messages: int
    faults: int
    standing_offer: NegotiationOffer | None
    waiting_for: tuple[str, ...]
    elapsed: float
    time_left: float


class Negotiation:
    """A negotiation under way. `await handle` gives its one outcome, any number of times."""

    __slots__ = (
        "_callbacks", "_conversation", "_page", "_protocol", "_seats", "_waiters", "_watchers", "_world", "config", "id",
        "outcome", "problem",
    )  # fmt: skip

    def __init__(  # made in one place, by World
        self, world: World, conversation: Conversation, protocol: NegotiationProtocol, seats: list[Seat],
        config: NegotiationConfig, problem: Any,
    ) -> None:  # fmt: skip
        self._world = world
        self._conversation = conversation
        self._protocol = protocol
        self._seats = seats
        self.config = config
        self.problem = problem
        self.id = conversation.id
        self.outcome: NegotiationOutcome | None = None
        self._waiters: list[asyncio.Future[None]] | None = None
        self._callbacks: list[Callable[[Negotiation], None]] | None = None
        self._watchers: list[Callable[[Record], None]] | None = None
        self._page: Page | None = None
        conversation.on_over = self._over

    @property
    def done(self) -> bool:
        """Whether the outcome is there."""
        return self.outcome is not None

    def __await__(self) -> Generator[Any, None, NegotiationOutcome]:
        if self.outcome is None:
            waiter = asyncio.get_running_loop().create_future()
            self._waiters = [*(self._waiters or ()), waiter]
            yield from waiter.__await__()
        assert self.outcome is not None
        return self.outcome

    def cancel(self, reason: str = "") -> None:
        """End the negotiation now: FAILED, `cancelled`. Nothing happens if it is over."""
        conversation = self._conversation
        if not conversation.over:
            conversation.finish(FAILED, f"cancelled: {reason}" if reason else "cancelled")
        if conversation.kernel.current is None:
            conversation.close()

    def call_off(self, reason: str = "") -> bool:
        """Let the initiator of a FIPA dialogue (request, query, propose, subscribe) say cancel, and the talk end with the
        participant's answer to that. False if there is nothing to cancel, or the protocol has no such way: see `cancel`."""
        call_off = getattr(self._protocol, "call_off", None)
        if call_off is None or self._conversation.over:
            return False
        done = bool(call_off(self._conversation, reason))
        self._world.kernel.wake_host()
        return done

    @property
    def protocol(self) -> NegotiationProtocol:
        """By whose rules it goes."""
        return self._protocol

    @property
    def agents(self) -> list[Any]:
        """Who sits here."""
        return [seat.agent for seat in self._seats]

    @property
    def world(self) -> World:
        """Where it runs."""
        return self._world

    def fail(self, state: str, reason: str) -> None:
        """End the negotiation for a reason of the runtime's."""
        self._conversation.finish(state, reason)
        if self._conversation.kernel.current is None:
            self._conversation.close()

    def blame(self, who: str, what: str, cause: str) -> None:
        """Record a fault of an agent's outside its decisions."""
        self._conversation.note_fault(who, what, cause)

    def end_for(self, envelope: Envelope) -> Dialogue | None:
        """Return the end that an envelope addresses: its receiver's, in the dialogue with its sender."""
        ends = (e for e in self._conversation.ends if e.name == envelope.receiver and e.other == envelope.sender)
        return next(iter(list(ends)[::-1]), None)

    def lose(self, agent: Any, code: str, cause: str) -> None:
        """An agent has left the society; its seats here, if any, are empty from now on."""
        conversation = self._conversation
        for seat in self._seats:
            if seat.agent is agent and not conversation.over:
                everybody = (conversation.bundle, *conversation.ends)  # an initiator goes as a whole
                ends = [end for end in everybody if end is not None and end.seat is seat]
                if not ends:
                    self.fail(FAILED, f"{code}: {cause}")
                for end in ends:
                    conversation.depart(end, code, cause)

    async def settle(self, grace: float) -> None:
        """Wait up to `grace` real seconds until the cancelled hooks of this negotiation have ended."""
        loose = [task for task in self._conversation.loose if not task.done()]
        if loose:
            await asyncio.wait(loose, timeout=grace)

    def withdraw(self, agent: str) -> None:
        """Take back the agent's standing offer, out of turn. Raises LocalProtocolError if none stands or no row allows it."""
        ends = [end for end in self._conversation.ends if end.name == agent]
        if self._conversation.over:
            raise LocalProtocolError(f"{self.id} is over: {self._conversation.state}")
        if not ends:
            raise ConfigurationError(
                f"{self.id}: nobody named {agent!r} sits here; seats: {', '.join(s.name for s in self._seats)}"
            )
        for end in ends:
            end.say_aside(Withdraw())
        self._world.kernel.wake_host()

    def traffic(self) -> tuple[int, dict[Mailbox, int]]:
        """Return how many messages were said, and this talk's mailboxes with how many wait in each."""
        return self._conversation.messages, {end.box: len(end.box) for end in self._conversation.ends}

    def status(self) -> NegotiationStatus:
        """Return where it stands now."""
        conversation = self._conversation
        kernel = conversation.kernel
        now = conversation.ended_at if conversation.over else kernel.read_clock()
        machines = [end.machine for end in conversation.ends]
        state = conversation.state or (conversation.bundle.joint.state if conversation.bundle else "")
        standing = [end.machine.board.own for end in conversation.ends if end.machine.board.own is not None]
        waiting = {end.name for end in conversation.ends if end.seat.role in end.machine.state.speakers}
        return NegotiationStatus(
            self.id, self._protocol.name, state or (machines[0].state.name if machines else "preparing"), rounds(conversation),
            len(conversation.offers), conversation.messages, conversation.fault_count,
            max(standing, key=lambda offer: offer.at, default=None),
            () if conversation.over else tuple(sorted(waiting)), now - conversation.started_at,
            max(0.0, conversation.started_at + conversation.terms.timeout - now),
        )  # fmt: skip

    async def events(self) -> AsyncIterator[Record]:
        """Follow what is said, as it happens; ends with the record of the ending."""
        queue: deque[Record] = deque()
        bell = asyncio.Event()

        def push(record: Record) -> None:
            queue.append(record)
            bell.set()

        if self.outcome is not None:
            yield self._ending()
            return
        self.watch(push)
        try:
            while True:
                while queue:
                    record = queue.popleft()
                    yield record
                    if record.kind == "ended":
                        return
                bell.clear()
                await bell.wait()
        finally:
            if self._watchers is not None and push in self._watchers:
                self._watchers.remove(push)

    def watch(self, *watchers: Callable[[Record], None]) -> None:
        """Call functions for every record from now on."""
        self._watchers = [*(self._watchers or ()), *watchers]
        self._conversation.observe = self._observe

    def keep(self, page: Page) -> None:
        """Let a journal's page take down everything from now on."""
        self._page = page
        self._conversation.observe = page

    def on_done(self, callback: Callable[[Negotiation], None]) -> None:
        """Call a function once the outcome is there (now, if it is)."""
        if self.outcome is not None:
            callback(self)
        else:
            self._callbacks = [*(self._callbacks or ()), callback]

    def _observe(self, kind: str, what: Any, end: Any) -> None:
        """Something has happened: the journal and whoever watches hear of it."""
        if self._page is not None:
            self._page(kind, what, end)
        if kind == "fault":
            self.tell(Record(self.id, what.when, kind, what.who, content={"what": what.what, "cause": what.cause}))
        elif kind not in JOURNAL_ONLY:
            self.tell(record_of(self.id, self._conversation.kernel.now, kind, what, end.name, end.other))

    def tell(self, record: Record) -> None:
        """Tell whoever watches."""
        for watcher in self._watchers or ():
            try:
                watcher(record)
            except Exception as error:  # noqa: BLE001  # a journal's own failure harms nobody
                logger().error("journal_failed", negotiation=self.id, error=repr(error))

    def _ending(self) -> Record:
        assert self.outcome is not None  # since `_announce`
        one = self.outcome
        content = {"state": str(one.final_state), "reason": one.failure_reason, "accepted": one.accepted_offer}
        return Record(self.id, self._conversation.ended_at, "ended", content=content)

    def _utilities(self, conversation: Conversation) -> dict[str, float]:
        """Return the protocol's own account of utilities; one that fails must not cost the outcome."""
        try:
            return self._protocol.utilities(self._seats, conversation)
        except Exception as error:  # noqa: BLE001  # a protocol of the user's own
            logger().error("utilities_failed", protocol=self._protocol.name, error=repr(error))
            conversation.note_fault(self._protocol.name, "role", f"utilities raised {type(error).__name__}: {error}")
            return {}

    def _over(self, conversation: Conversation) -> None:
        """Everything is released: write the outcome, once, and tell whoever waits."""
        utilities = self._utilities(conversation)
        outcome = NegotiationOutcome(
            id=self.id, protocol=self._protocol.name, agreed=conversation.state == AGREED,
            accepted_offer=conversation.accepted, all_offers=tuple(conversation.offers.values()),
            rounds_used=rounds(conversation), duration_ms=1000.0 * (conversation.ended_at - conversation.started_at),
            final_state=NegotiationState(conversation.state), failure_reason=conversation.reason, utilities=utilities,
            faults=tuple(conversation.faults), result=conversation.result, messages=conversation.messages,
        )  # fmt: skip
        conversation.round = outcome.rounds_used
        if self._page is not None:
            self._page.close()
        if self._page is None or not self._world.record(outcome, self._announce):
            self._announce(outcome)

    def _announce(self, outcome: NegotiationOutcome) -> None:
        """Tell whoever waits how it ended: where a durable journal is kept, once that is committed."""
        self.outcome = outcome
        if self._watchers:
            self.tell(self._ending())
        try:
            self._world.over(self)
        finally:
            for waiter in self._waiters or ():
                if not waiter.done():
                    waiter.set_result(None)
            callbacks, self._callbacks = self._callbacks, None
            for callback in callbacks or ():
                callback(self)

    def __repr__(self) -> str:
        return f"<Negotiation {self.id}: {self.outcome.final_state if self.outcome else 'open'}>"


def rounds(conversation: Conversation) -> int:
    """Return the round that a conversation is in, or ended in."""
    return conversation.round or max((end.machine.round for end in conversation.ends), default=1)
