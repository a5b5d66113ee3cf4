"""A society: a world that stays open while agents join, negotiate and leave."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

import anyio

from negotiate_rt.errors import SocietyClosed
from negotiate_rt.executor.executor import finished
from negotiate_rt.executor.negotiation import Negotiation
from negotiate_rt.executor.owner import Owner
from negotiate_rt.executor.residents import Residents
from negotiate_rt.executor.statistics import WorldStatistics, statistics_of
from negotiate_rt.executor.world import World, ended
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.envelope import Envelope
from negotiate_rt.messages.outcome import NegotiationOutcome
from negotiate_rt.runtime.directory import Death, Directory, Subscription
from negotiate_rt.runtime.restart import RestartPolicy


class Society(Owner):
    """`async with Society(...) as society`: agents live in it until they leave or it closes. Arguments as NegotiationExecutor.

    Leaving the block cancels what is still open, stops every agent (`on_stop`), and leaves no task, timer or process.
    """

    def __init__(
        self,
        name: str | None = None,
        *,
        clock: str = "real",
        network: Any = None,
        seed: int | None = None,
        **limits: Any,
    ) -> None:
        super().__init__(name=name, clock=clock, network=network, seed=seed, **limits)
        self._world: World | None = None
        self._residents: Residents | None = None

    async def __aenter__(self) -> Self:
        if self._world is not None:
            raise SocietyClosed(f"society {self.name!r} has been opened before; make a new one")
        self._world = World(self._settings, self._listeners, keep_open=True)
        self._world.open_journal()
        self._world.launch()
        self._residents = self._world.residents = Residents(self._world)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        world, residents = self._world, self.residents
        assert world is not None
        with anyio.CancelScope(shield=True):
            for negotiation in list(world.open.values()):
                negotiation.cancel("the society was closed")
            for resident in list(residents.by_name.values()):
                residents.bury(resident, "left")
            world.keep_open = False
            world.check_idle()
            await ended(world.task)
        if not world.task.cancelled() and (failure := world.task.exception()) is not None:
            raise failure

    @property
    def world(self) -> World:
        """The running world. Raises SocietyClosed outside of `async with`."""
        if self._world is None or self._world.closed:
            raise SocietyClosed(f"society {self.name!r} is not open: use `async with Society(...) as society`")
        return self._world

    @property
    def residents(self) -> Residents:
        """Who lives here. Raises SocietyClosed outside of `async with`."""
        if self._residents is None:
            raise SocietyClosed(f"society {self.name!r} is not open: use `async with Society(...) as society`")
        return self._residents

    @property
    def directory(self) -> Directory:
        """The yellow pages: register, search by capability, subscribe, leave."""
        return self.residents.directory

    @property
    def now(self) -> float:
        """Seconds on the society's clock."""
        return self.world.kernel.read_clock()

    async def spawn(self, agent: Any, *, restart: RestartPolicy | None = None, capabilities: Sequence[str] = ()) -> Any:
        """Let an agent (or what a factory makes) live here, started and in the directory; return it.

        restart: what to do when its `live` ends (default: nothing). Raises NegotiationError if it cannot start in time.
        """
        _ = self.world
        return (await self.residents.join(agent, restart, capabilities)).agent

    async def leave(self, name: str) -> None:
        """Let an agent go: its conversations lose it, its `on_stop` runs. Raises ConfigurationError if it is unknown."""
        self.residents.bury(self.residents.find(name), "left")
        await asyncio.sleep(0)

    def tell(self, name: str, message: Any) -> None:
        """Put a message into an agent's inbox (`live(inbox)` receives it)."""
        self.residents.tell(name, message)

    def watch(self, name: str, on_death: Callable[[Death], object]) -> Subscription:
        """Be told once when an agent dies; at once if it is dead or unknown."""
        return self.directory.watch(name, on_death)

    def start(self, agents: Sequence[Any], config: NegotiationConfig, problem: Any = None) -> Negotiation:
        """Start a negotiation between residents (by name) and guests; return its handle. Raises ConfigurationError.

        A contract net without contractors among `agents` calls all residents that can do what the task or its options ask
        for (`capability`).
        """
        world = self.world
        return world.begin(self.residents.seated(agents, config, problem), config, problem)

    async def negotiate(
        self, agents: Sequence[Any], config: NegotiationConfig, problem: Any = None
    ) -> NegotiationOutcome:
        """Run a negotiation between residents (by name) and guests, and return its outcome."""
        return await finished(self.start(agents, config, problem))

    def inject(self, envelope: Envelope, origin: str = "outside") -> bool:
        """Post a raw envelope, as one that came over a wire. Checked like any other: an unknown conversation goes to the dead
        letters (False); a forged sender or an illegal move is `origin`'s fault, answered by a notice, and changes nothing.
        """
        return self.world.inject(envelope, origin)

    def statistics(self) -> WorldStatistics:
        """Return a snapshot of what the society holds and has done."""
        return statistics_of(self.world)

    def dump(self) -> tuple[str, ...]:
        """Return one line per actor: who, what it waits for, since when."""
        return self.world.kernel.dump()

    def __repr__(self) -> str:
        return f"<Society {self.name}: {', '.join(self._residents.by_name) if self._residents else 'not open'}>"
