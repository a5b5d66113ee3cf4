"""One world: some negotiations of one cell side by side on a virtual clock, with its faults, and what came of them.

A world is data (`WorldSpec`): the same one gives the same bytes, here, in a worker process, and when it is replayed.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from typing import Any

import msgspec
from msgspec.structs import replace

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.executor.executor import NegotiationExecutor
from negotiate_rt.executor.world import World
from negotiate_rt.lab.invariants import Violation, Witness, check_world, violations_of
from negotiate_rt.messages.outcome import NegotiationOutcome
from negotiate_rt.runtime.network import ANYONE, Network, NetworkFaults, ends_of
from negotiate_rt.scenarios.format import Crash, Hang, Hog, Nonsense, ScenarioSpec, Skew, Slow, Trouble
from negotiate_rt.scenarios.scenario import Scenario

TROUBLES: tuple[Trouble, ...] = (
    Slow(seconds=0.2, probability=0.5), Hang(probability=0.3), Crash(probability=0.3), Crash(at_call=2), Crash(at=0.5),
    Crash(at_call=2, restart_after=0.5), Nonsense(probability=0.4), Hog(seconds=1e-4, probability=0.3),
    Skew(offset=-5.0, drift=0.1),
)  # fmt: skip
ADVERSE_NAMES = ("untimely", "lie")  # by which anything may be said in an agent's name


class WorldSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A world as data. sessions: which of the scenario's, by number. shuffle: seed of its schedule (None: as they come).
    troubles: the share of sessions in which an agent misbehaves."""

    spec: ScenarioSpec
    network: NetworkFaults | None
    seed: int
    sessions: tuple[int, ...]
    shuffle: int | None = None
    troubles: float = 0.0


class Played(msgspec.Struct, kw_only=True):
    """What came of a world: its negotiations by session, and what is broken."""

    outcomes: dict[int, NegotiationOutcome]
    witnesses: dict[int, Witness]
    troubled: dict[int, str]
    violations: list[Violation]
    digest: bytes
    carried: int  # by the network, repeats and acknowledgements included


async def play(world: WorldSpec, *, digest: bool = False) -> Played:
    """Play a world in the running loop; check every invariant."""
    network = None if world.network is None else Network.of(world.network, static=world.network.still)
    executor = NegotiationExecutor(
        clock="virtual", network=network, seed=world.seed, name="world", shuffle=world.shuffle, grace=5.0
    )
    ear = Ear()
    executor.add_listener(ear)
    witnesses: dict[int, Witness] = {}
    troubled: dict[int, str] = {}
    for session in range(1, max(world.sessions) + 1):
        if session not in world.sessions:
            executor.skip_id()
            continue
        trouble = trouble_of(world, session)
        scenario = scenario_of(world.spec, trouble)
        if trouble is not None and scenario is not None:
            troubled[session] = str(trouble.__struct_config__.tag)
        scenario = scenario or scenario_of(world.spec)
        assert scenario is not None
        witnesses[session] = _start(executor, scenario, session, world)
    society = next(iter(witnesses.values())).negotiation.world
    for witness in witnesses.values():
        await witness.negotiation
    await society.settle()
    await society.task
    return told_of(society, network, witnesses, troubled, ear, digest)


def _start(executor: NegotiationExecutor, scenario: Scenario, session: int, world: WorldSpec) -> Witness:
    negotiation = executor.start(*scenario.job(session, world.seed))
    suspects = troubled_in(scenario)
    adversaries: list[str] = []
    faults = world.network
    everybody = [agent.name for agent in negotiation.agents]
    for ends, link in {} if faults is None else {"*>*": faults, **faults.links}.items():
        senders = [name for name in everybody if ends_of(ends)[0] in (name, ANYONE)]
        suspects += senders if link.adverse else []
        adversaries += senders if any(getattr(link, name) for name in ADVERSE_NAMES) else []
    links = () if faults is None else (faults, *faults.links.values())
    reordered = any(link.reorder for link in links) and not (faults is not None and faults.acknowledged)
    faultless = not suspects and (faults is None or (faults.perfect and not faults.links))
    return Witness(negotiation, suspects=suspects, adversaries=adversaries, reordered=reordered, faultless=faultless)


def told_of(
    society: World, network: Network | None, witnesses: dict[int, Witness], troubled: dict[int, str], ear: Ear,
    digest: bool = False,
) -> Played:  # fmt: skip
    """Return what came of a world that has ended, every invariant checked."""
    violations = [one for witness in witnesses.values() for one in violations_of(witness)]
    violations += check_world(society, network, ear.heard)
    outcomes = {session: one.outcome for session, one in witnesses.items() if one.outcome is not None}
    hashed = b"".join(witness.digest() for witness in witnesses.values()) if digest else b""
    carried = 0 if network is None else network.carried
    return Played(
        outcomes=outcomes, witnesses=witnesses, troubled=troubled, violations=violations, digest=hashed, carried=carried
    )


def troubled_in(scenario: Scenario) -> list[str]:
    """Return the names of a scenario's agents who misbehave."""
    found: list[str] = []
    first = 0
    for one in scenario.spec.agents:
        found += scenario.agents[first : first + one.count] if one.behaviour is not None else ()
        first += one.count
    return found


class Ear:
    """A listener that counts how often each outcome is announced."""

    def __init__(self) -> None:
        self.heard: Counter[str] = Counter()

    def on_negotiation_started(self, config: Any) -> None:
        """Nothing to note."""

    def on_negotiation_completed(self, outcome: NegotiationOutcome) -> None:
        """One more outcome."""
        self.heard[outcome.id] += 1


def trouble_of(world: WorldSpec, session: int) -> Trouble | None:
    """Return what goes wrong with the last agents of a session, by the world's seed."""
    if not world.troubles:
        return None
    rng = random.Random(f"{world.seed}/{session}/trouble")
    return rng.choice(TROUBLES) if rng.random() < world.troubles else None


_scenarios: dict[tuple[int, Trouble | None], tuple[ScenarioSpec, Scenario | None]] = {}


def scenario_of(spec: ScenarioSpec, trouble: Trouble | None = None) -> Scenario | None:
    """Return the scenario of a description, its last agents in trouble; None where it has none that can be. Kept: a world is
    made in a fraction of the time that checking its description takes."""
    known = _scenarios.get((id(spec), trouble))
    if known is not None and known[0] is spec:
        return known[1]
    made: Scenario | None = None
    if trouble is None:
        made = Scenario(spec)
    elif spec.agents:
        agents = (*spec.agents[:-1], replace(spec.agents[-1], behaviour=trouble))
        try:
            made = Scenario(replace(spec, agents=agents))
        except ConfigurationError:  # a manager has no decision to spoil
            made = None
    if len(_scenarios) > 4096:
        _scenarios.clear()
    _scenarios[id(spec), trouble] = spec, made
    return made


def welfare(outcome: NegotiationOutcome) -> float:
    """Return the sum of what a negotiation was worth to those whose gains are known."""
    return math.fsum(worth for worth in outcome.utilities.values() if math.isfinite(worth))


def healthy(world: WorldSpec) -> WorldSpec:
    """Return the same world without any fault."""
    return replace(world, network=None, troubles=0.0, shuffle=None)
