"""A world that breaks an invariant, made as small as it can be: fewer negotiations, faults, agents and rounds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec.structs import replace

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.executor.executor import run_sync
from negotiate_rt.lab.invariants import Violation
from negotiate_rt.lab.invariants.witness import Event
from negotiate_rt.lab.stress.running import play_safely
from negotiate_rt.lab.stress.world import Played, WorldSpec
from negotiate_rt.messages.envelope import Envelope
from negotiate_rt.messages.performatives import fipa_name
from negotiate_rt.runtime.network import NetworkFaults
from negotiate_rt.scenarios.scenario import Scenario

MOST_TRIES = 300
MOST_EVENTS = 60  # of a trace that is told


class Shrunk(msgspec.Struct, frozen=True, kw_only=True):
    """The smallest world found that still breaks the invariant: what of it is left, in `tries` attempts, and its trace."""

    world: WorldSpec
    violation: Violation
    tries: int
    negotiations: int
    agents: int
    messages: int
    trace: tuple[str, ...]


def shrink(world: WorldSpec) -> Shrunk | None:
    """Return the world made small; None if it breaks nothing. The first invariant that it breaks is the one to keep."""
    return run_sync(lambda: _shrink(world))  # type: ignore[no-any-return]  # a Shrunk or None


async def _shrink(world: WorldSpec) -> Shrunk | None:
    played = await play_safely(world)
    broken = first_of(played)
    if broken is None:
        return None
    tries, found, shorter = 1, (world, played, broken), True
    while shorter and tries < MOST_TRIES:
        shorter = False
        for candidate in smaller(found[0], found[2]):
            tries += 1
            played = await play_safely(candidate)
            broken = first_of(played, found[2].invariant)
            if broken is not None:
                found, shorter = (candidate, played, broken), True
                break
            if tries >= MOST_TRIES:
                break
    return told(*found, tries)


def first_of(played: Played | Violation, invariant: str = "") -> Violation | None:
    """Return the first violation, of one invariant if it is named."""
    violations = [played] if isinstance(played, Violation) else played.violations
    return next((one for one in violations if invariant in ("", one.invariant)), None)


def smaller(world: WorldSpec, broken: Violation) -> Iterator[WorldSpec]:
    """Yield worlds with a little less in them, those that leave out most first."""
    yield from _fewer_sessions(world, broken)
    if world.shuffle is not None:
        yield replace(world, shuffle=None)
    if world.troubles:
        yield replace(world, troubles=0.0)
    for network in _milder(world.network):
        yield replace(world, network=network)
    for changed in _fewer_agents(world.spec):
        yield replace(world, spec=changed)
    for rounds in (1, 2, 3, 5, 10, 20):
        if rounds < world.spec.max_rounds:
            yield replace(world, spec=replace(world.spec, max_rounds=rounds))


def _fewer_sessions(world: WorldSpec, broken: Violation) -> Iterator[WorldSpec]:
    sessions = world.sessions
    if len(sessions) == 1:
        return
    number = broken.negotiation.rpartition("/")[2]
    if number.isdigit() and int(number) in sessions:
        yield replace(world, sessions=(int(number),))
    half = len(sessions) // 2
    yield replace(world, sessions=sessions[:half])
    yield replace(world, sessions=sessions[half:])
    for place in range(len(sessions) if len(sessions) <= 8 else 0):
        yield replace(world, sessions=sessions[:place] + sessions[place + 1 :])


def _milder(network: NetworkFaults | None) -> Iterator[NetworkFaults | None]:
    if network is None:
        return
    yield None
    plain: dict[str, Any] = {one.name: one.default for one in msgspec.structs.fields(network) if one.name != "links"}
    for name, default in {**plain, "links": {}}.items():
        if getattr(network, name) != default:
            yield replace(network, **{name: default})


def _fewer_agents(spec: Any) -> Iterator[Any]:  # of ScenarioSpec
    for place, agent in enumerate(spec.agents):
        for count in sorted({1, agent.count // 2, agent.count - 1}):
            if 0 < count < agent.count:
                yield from _sound(replace(spec, agents=_with(spec.agents, place, replace(agent, count=count))))
        if len(spec.agents) > 1:
            yield from _sound(replace(spec, agents=_with(spec.agents, place, None)))


def _with(agents: tuple[Any, ...], place: int, agent: Any) -> tuple[Any, ...]:
    return agents[:place] + (() if agent is None else (agent,)) + agents[place + 1 :]


def _sound(spec: Any) -> Iterator[Any]:
    """Yield a description if it can be played at all."""
    try:
        Scenario(spec)
    except ConfigurationError:
        return
    yield spec


# -- telling it -------------------------------------------------------------------------------------------------------


def told(world: WorldSpec, played: Played | Violation, broken: Violation, tries: int) -> Shrunk:
    """Return what is left of a world, with the trace of the negotiation that broke the invariant."""
    outcomes = {} if isinstance(played, Violation) else played.outcomes
    witnesses = () if isinstance(played, Violation) else tuple(played.witnesses.values())
    seen = next(
        (one for one in witnesses if one.conversation.id == broken.negotiation), witnesses[0] if witnesses else None
    )
    trace = () if seen is None else tuple(line(event) for event in seen.events[:MOST_EVENTS])
    if seen is not None and len(seen.events) > MOST_EVENTS:
        trace += (f"... and {len(seen.events) - MOST_EVENTS} more",)
    if seen is not None and seen.outcome is not None:
        trace += (repr(seen.outcome),)
    return Shrunk(
        world=world, violation=broken, tries=tries, negotiations=len(world.sessions), trace=trace,
        agents=max((len(one.seats) for one in witnesses), default=0),
        messages=sum(outcome.messages for outcome in outcomes.values()),
    )  # fmt: skip


def line(event: Event) -> str:
    """Return one event of a trace in words."""
    message = event.message
    fields = ", ".join(f"{name}={getattr(message, name)!r}" for name in message.__struct_fields__)
    where = (
        f"{event.end.name} -> {event.end.other}" if event.kind == "said" else f"{event.end.name} <- {event.end.other}"
    )
    number = f" #{event.what.reply_with}" if isinstance(event.what, Envelope) else ""
    return (
        f"{event.at:10.6f}  {where}  {event.kind} {fipa_name(type(message))}{number}({fields[:120]})  [{event.state}]"
    )
