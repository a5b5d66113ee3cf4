"""A campaign over agents of one's own: what a function makes, in many seeded worlds on several networks."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.executor.executor import NegotiationExecutor, check_job, run_sync
from negotiate_rt.lab.invariants import Violation, Witness
from negotiate_rt.lab.stress.campaign import Cell
from negotiate_rt.lab.stress.report import Failure, StressReport, Tally, cell_report
from negotiate_rt.lab.stress.world import Ear, Played, WorldSpec, told_of
from negotiate_rt.messages.config import whole
from negotiate_rt.messages.outcome import NegotiationOutcome
from negotiate_rt.runtime.network import Network, NetworkFaults
from negotiate_rt.runtime.presets import preset
from negotiate_rt.scenarios.format import ScenarioSpec

Job = Sequence[Any]  # (agents, config) or (agents, config, problem)
Make = Callable[[random.Random], Sequence[Job]]
Check = Callable[[Sequence[NegotiationOutcome]], Iterable[str]]


def stress_agents(
    make: Make, *, networks: Mapping[str, NetworkFaults | str | None] | None = None, worlds: int = 100, seed: int = 0,
    checks: Mapping[str, Check] | None = None, schedules: bool = True,
) -> StressReport:  # fmt: skip
    """Run agents of one's own in many worlds on a virtual clock, and return the report: a row for each network.

    make: from a stream of chance the negotiations of one world, which run side by side, each `(agents, config)` or
    `(agents, config, problem)`; made afresh for each world. networks: name -> a NetworkFaults, the name of a preset, or None
    (perfect). checks: name -> what must hold of a world's outcomes besides the invariants: told are the reasons why it does
    not. schedules: let who is ready go in another order in every second world. Raises ConfigurationError.
    """
    described = {
        name: preset(one) if isinstance(one, str) else one for name, one in (networks or {"perfect": None}).items()
    }
    whole("worlds", worlds, 1)
    start = time.perf_counter()
    tallies: dict[str, Tally] = {}
    for name, network in described.items():
        tally = tallies[name] = Tally()
        for number in range(worlds):
            shuffle = number if schedules and number % 2 else None
            played = run_sync(lambda: _play(make, network, f"{seed}/{number}", shuffle))  # noqa: B023  # run at once
            for invariant, check in (checks or {}).items():
                broken = check(list(played.outcomes.values()))
                played.violations += [Violation(invariant, "", text) for text in broken]
            tally.add(number, WorldSpec(spec=NOTHING, network=network, seed=seed, sessions=(), shuffle=shuffle), played)
    cells = [Cell(label=(name,), spec=NOTHING, network=network) for name, network in described.items()]
    rows = tuple(cell_report(cell, tallies[cell.label[0]]) for cell in cells)
    failures = tuple(
        Failure(
            cell=(name,), world=number, violation=violation, command=f"make(random.Random('{seed}/{number}')) on {name}"
        )
        for name, tally in tallies.items()
        for number, violation in tally.examples
    )
    return StressReport(
        command="stress_agents", seed=seed, asked=sum(row.negotiations for row in rows),
        negotiations=sum(row.negotiations for row in rows), worlds=sum(row.worlds for row in rows),
        messages=sum(row.messages for row in rows), carried=sum(row.carried for row in rows),
        violations=sum(row.violations for row in rows), seconds=time.perf_counter() - start, jobs=1, cells=rows,
        failures=failures,
    )  # fmt: skip


NOTHING = ScenarioSpec(name="own", protocol="bilateral", agents=())  # what stands where a scenario would


async def _play(make: Make, described: NetworkFaults | None, seed: str, shuffle: int | None) -> Played:
    network = None if described is None else Network.of(described, static=described.still)
    chance = random.Random(seed)
    jobs = make(chance)
    if not jobs:
        raise ConfigurationError("make: expected at least one negotiation, got none")
    executor = NegotiationExecutor(
        clock="virtual", network=network, seed=chance.getrandbits(32), name="world", shuffle=shuffle
    )
    ear = Ear()
    executor.add_listener(ear)
    reordered = described is not None and described.reorder and not described.acknowledged
    witnesses: dict[int, Witness] = {}
    for number, job in enumerate(jobs, 1):
        negotiation = executor.start(*check_job(job))
        everybody = [agent.name for agent in negotiation.agents]
        witnesses[number] = Witness(negotiation, suspects=everybody, reordered=reordered)
    society = witnesses[1].negotiation.world
    for witness in witnesses.values():
        await witness.negotiation
    await society.settle()
    await society.task
    return told_of(society, network, witnesses, {}, ear)
