"""Long-lived agents of a society: they join, may live (a coroutine of their own), are restarted by policy, and leave."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from negotiate_rt.errors import ConfigurationError, NegotiationError
from negotiate_rt.executor.lifecycle import BROKEN, NEW, Guest
from negotiate_rt.executor.settings import logger
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.runtime.actor import Actor, Ended
from negotiate_rt.runtime.directory import Death, Directory, Subscription
from negotiate_rt.runtime.kernel import described
from negotiate_rt.runtime.mailbox import NOTHING, Mailbox
from negotiate_rt.runtime.restart import RestartPolicy, RestartRecord

if TYPE_CHECKING:
    from negotiate_rt.executor.world import World

TEMPORARY = RestartPolicy(kind="temporary")


class Inbox:
    """What an agent's `live(inbox)` holds: its mailbox, its clock, and the deaths it watches. For its own actor only."""

    __slots__ = ("_directory", "_mailbox", "_watching", "name")

    def __init__(self, name: str, mailbox: Mailbox, directory: Directory) -> None:
        self.name = name
        self._mailbox = mailbox
        self._directory = directory
        self._watching: list[Subscription] = []

    @property
    def now(self) -> float:
        """Seconds on the society's clock."""
        return self._mailbox.owner.kernel.now

    async def receive(self, timeout: float | None = None) -> Any:
        """Return the next message or Death notice; None when `timeout` seconds pass first."""
        item = await self._mailbox.receive(math.inf if timeout is None else self.now + timeout)
        return None if item is NOTHING else item

    async def sleep(self, seconds: float) -> None:
        """Wait on the society's clock."""
        await self._mailbox.owner.pause(self.now + seconds)

    def watch(self, name: str) -> Subscription:
        """Ask for a Death in this inbox when that agent dies (at once if it is unknown or dead)."""
        subscription = self._directory.watch(name, self._mailbox.put_system)
        self._watching.append(subscription)
        return subscription

    def close(self) -> None:
        """Stop watching, and refuse further messages."""
        for subscription in self._watching:
            subscription.cancel()
        self._mailbox.close()


class Resident:
    """One agent that lives in a society."""

    __slots__ = ("actor", "agent", "guest", "inbox", "leaving", "record", "remake", "restarts")

    def __init__(self, agent: Any, guest: Guest, policy: RestartPolicy, remake: Callable[[], Any] | None) -> None:
        self.agent = agent
        self.guest = guest
        self.record = RestartRecord(policy)
        self.remake = remake
        self.restarts = 0
        self.leaving = False
        self.actor: Actor | None = None
        self.inbox: Inbox | None = None


class Residents:
    """All long-lived agents of one world, and its yellow pages."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.directory: Directory = world.commons.directory
        self.by_name: dict[str, Resident] = {}

    async def join(self, agent: Any, policy: RestartPolicy | None, capabilities: Sequence[str]) -> Resident:
        """Take an agent, or a factory of agents, in: start it, register it, let it live. Raises NegotiationError if it
        cannot start, ConfigurationError for a name that is taken."""
        remake = agent if not isinstance(getattr(agent, "name", None), str) and callable(agent) else None
        if remake is not None:
            agent = remake()
        name = getattr(agent, "name", None)
        if not isinstance(name, str):
            raise ConfigurationError(f"spawn: {agent!r} has no name; expected an agent or a callable that makes one")
        if name in self.by_name:
            raise ConfigurationError(
                f"spawn: an agent named {name!r} lives here already; names must differ in a society"
            )
        resident = Resident(agent, self.world.guests.hold(agent), policy or TEMPORARY, remake)
        self.by_name[name] = resident
        try:
            await self.world.guests.start_now(resident.guest)
            if resident.guest.state == BROKEN:
                raise NegotiationError(f"agent {name!r} could not start: {resident.guest.reason}")
            if resident.leaving or self.world.closed:
                raise NegotiationError(f"agent {name!r} was let go before it had started")
            self.directory.register(name, capabilities or getattr(agent, "capabilities", ()))
        except BaseException:  # not started, its name taken in the pages, or its caller cancelled
            if self.by_name.get(name) is resident:
                del self.by_name[name]
                self.world.guests.release(resident.guest)
            raise
        self._live(resident)
        return resident

    def _live(self, resident: Resident) -> None:
        live = getattr(resident.agent, "live", None)
        if not callable(live):
            return
        name = resident.agent.name
        actor = self.world.kernel.spawn(
            name, self._run, resident, live, on_end=lambda a, r, error: self._ended(resident, error)
        )
        resident.actor = actor
        resident.inbox = Inbox(name, self.world.wiring.mailbox(actor), self.directory)
        self.world.kernel.wake_host()

    @staticmethod
    async def _run(resident: Resident, live: Callable[[Inbox], Any]) -> None:
        assert resident.inbox is not None
        await live(resident.inbox)

    def _ended(self, resident: Resident, error: BaseException | None) -> None:
        """An agent's life ended: restart it by policy, or announce its death."""
        if resident.inbox is not None:
            resident.inbox.close()
        if resident.leaving or self.world.closed:
            return
        normal = error is None or isinstance(error, Ended)
        if error is not None and not normal:
            logger().warning(
                "agent_crashed", agent=resident.agent.name, error=described(error), restarts=resident.restarts
            )
        now = self.world.kernel.now
        if resident.record.should(normal) and resident.record.allow(now):
            resident.restarts += 1
            self.world.kernel.call_at(now + resident.record.delay, lambda: self._restart(resident))
            return
        reason = "ended" if error is None or normal else f"crashed: {described(error)}"
        self.bury(resident, reason)

    def _restart(self, resident: Resident) -> None:
        if resident.leaving or self.world.closed:
            return
        if resident.remake is not None:
            try:
                fresh = remade(resident)
            except Exception as error:  # noqa: BLE001  # the border to agents' code; this crash counts like any other
                self._ended(resident, error)
                return
            self.world.guests.release(resident.guest)
            resident.agent, resident.guest = fresh, self.world.guests.hold(fresh)
        else:
            resident.guest.state = NEW  # the same object starts afresh
        name = f"restart of {resident.agent.name}"
        self.world.guests.step(name, self._start_again, resident, on_end=lambda error: None)

    async def _start_again(self, resident: Resident) -> None:
        await self.world.guests.start(resident.guest)
        if resident.guest.state == BROKEN:
            self._ended(resident, NegotiationError(resident.guest.reason))
        elif not resident.leaving:
            self._live(resident)

    def bury(self, resident: Resident, reason: str) -> None:
        """An agent is gone for good: out of the pages, out of its conversations, its death announced."""
        name = resident.agent.name
        if self.by_name.get(name) is not resident:
            return
        del self.by_name[name]
        resident.leaving = True
        if resident.actor is not None:
            self.world.kernel.kill(resident.actor)
        self.directory.died(name, reason, self.world.kernel.now)
        code = "walked-away" if reason == "left" else "agent-crashed"
        for negotiation in list(self.world.open.values()):
            negotiation.lose(resident.agent, f"{code}", f"{name}: {reason}")
        self.world.guests.release(resident.guest)
        self.world.kernel.wake_host()

    def tell(self, name: str, message: Any) -> None:
        """Put a message into a living agent's inbox. Raises ConfigurationError if nobody of that name lives here."""
        resident = self.find(name)
        if resident.inbox is None:
            raise ConfigurationError(f"agent {name!r} has no inbox: it defines no `async def live(self, inbox)`")
        resident.inbox._mailbox.put(message)
        self.world.kernel.wake_host()

    def seated(self, agents: Sequence[Any], config: NegotiationConfig, problem: Any) -> list[Any]:
        """Return who sits down: residents by name, guests as they are, and those whom the protocol invites by what they can
        do. Raises ConfigurationError."""
        if isinstance(agents, str):
            raise ConfigurationError(f"agents: expected a list of names and agents, got {agents!r}")
        seated = [self.find(one).agent if isinstance(one, str) else one for one in agents]
        config, protocol = self.world.settings.chosen(config)
        wanted = protocol.invites(seated, config, problem)
        taken = {getattr(one, "name", None) for one in seated}
        able = self.directory.search(*wanted) if wanted else ()
        return seated + [self.by_name[name].agent for name in able if name in self.by_name and name not in taken]

    def find(self, name: str) -> Resident:
        """Return a resident by name. Raises ConfigurationError."""
        resident = self.by_name.get(name)
        if resident is None:
            raise ConfigurationError(
                f"nobody named {name!r} lives here; residents: {', '.join(self.by_name) or 'none'}"
            )
        return resident


def remade(resident: Resident) -> Any:  # an agent
    """Return a fresh agent from a resident's factory. Raises whatever that raises, and NegotiationError for another name."""
    assert resident.remake is not None
    fresh = resident.remake()
    if getattr(fresh, "name", None) != resident.agent.name:
        raise NegotiationError(f"its factory made {fresh!r}, expected an agent named {resident.agent.name!r}")
    return fresh


__all__ = ["Death", "Inbox", "Resident", "Residents"]
