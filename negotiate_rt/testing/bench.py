"""A bench for agents of one's own: negotiations on the virtual clock, over faulty networks, every invariant checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from negotiate_rt.executor.executor import NegotiationExecutor, finished, run_sync
from negotiate_rt.journal.record import Record, Trace
from negotiate_rt.lab.invariants import Violation, Witness, violations_of
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.outcome import NegotiationOutcome
from negotiate_rt.runtime.network import Network, NetworkFaults
from negotiate_rt.runtime.presets import preset


class Bench:
    """Runs negotiations in worlds of virtual time, one a call, and checks what must hold of every negotiation.

    seed: of all chance. trace: every record of all that was run, as a journal would hold it. check: whether a negotiation
    that breaks an invariant of the runtime fails the test (AssertionError).
    """

    def __init__(self, seed: int = 0, check: bool = True) -> None:
        self.seed = seed
        self.check = check
        self.trace = Trace()
        self.worlds = 0

    async def execute(
        self, agents: Sequence[Any], config: NegotiationConfig | str = "bilateral", problem: Any = None, *,
        network: Network | NetworkFaults | str | None = None,
    ) -> NegotiationOutcome:  # fmt: skip
        """Run a negotiation and return its outcome. config: or a protocol's name. network: or a preset's name ("flaky").

        Raises ConfigurationError for what the caller did wrong, AssertionError for a broken invariant.
        """
        self.worlds += 1
        faults = network_of(network)
        executor = NegotiationExecutor(
            clock="virtual", network=faults, seed=self.seed, name=f"bench-{self.worlds}", journal=self.trace
        )
        negotiation = executor.start(agents, NegotiationConfig(config) if isinstance(config, str) else config, problem)
        names = [agent.name for agent in agents]
        adverse = faults is not None and _speaks_out_of_turn(faults)
        reordered = faults is not None and not faults.acknowledged
        witness = Witness(negotiation, suspects=names, adversaries=names if adverse else (), reordered=reordered)
        outcome = await finished(negotiation)
        if self.check:
            check_kept(violations_of(witness))
        return outcome

    def run(
        self, agents: Sequence[Any], config: NegotiationConfig | str = "bilateral", problem: Any = None, *,
        network: Network | NetworkFaults | str | None = None,
    ) -> NegotiationOutcome:  # fmt: skip
        """Do as `execute` does, without an event loop of one's own."""
        return run_sync(lambda: self.execute(agents, config, problem, network=network))  # type: ignore[no-any-return]

    def said(self, by: str = "", act: str = "") -> list[Record]:
        """Return what was said on this bench, of one agent or one FIPA act if named, in order."""
        return [
            one for one in self.trace.records
            if one.kind == "said" and by in ("", one.sender) and act in ("", one.act)
        ]  # fmt: skip

    def __repr__(self) -> str:
        return f"<Bench seed {self.seed}: {self.worlds} worlds>"


def network_of(network: Network | NetworkFaults | str | None) -> Network | None:
    """Return a fresh network of its description or its preset's name. Raises ConfigurationError."""
    if network is None or isinstance(network, Network):
        return network
    return Network.of(preset(network) if isinstance(network, str) else network)


def check_kept(violations: Sequence[Violation]) -> None:
    """Raise AssertionError if any invariant is broken."""
    if violations:
        raise AssertionError("invariants broken:\n" + "\n".join(f"  - {one}" for one in violations))


def _speaks_out_of_turn(network: Network) -> bool:
    return any(link.adverse for link in (network.faults, *network.exceptions.values()))
