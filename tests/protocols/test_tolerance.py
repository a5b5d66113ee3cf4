"""Every built-in protocol is held to what it says that it tolerates, in its own built-in scenarios."""

from __future__ import annotations

import asyncio

import pytest

from negotiate_rt.lab.stress.running import play_safely
from negotiate_rt.lab.stress.world import WorldSpec
from negotiate_rt.messages.acknowledgement import Acknowledgement
from negotiate_rt.protocols.base import DELAY, DUPLICATION, LOSS, REORDERING
from negotiate_rt.runtime.latency import Uniform
from negotiate_rt.runtime.network import NetworkFaults
from negotiate_rt.scenarios import built_in, load

JITTER = Uniform(0.0005, 0.01)
LINKS = {
    DELAY: NetworkFaults(latency=JITTER),
    DUPLICATION: NetworkFaults(duplicate=0.5),
    REORDERING: NetworkFaults(latency=JITTER, reorder=True),
    LOSS: NetworkFaults(loss=0.2),
}
EVERYTHING = NetworkFaults(
    latency=JITTER, reorder=True, duplicate=0.3, loss=0.1, acknowledged=Acknowledgement(retry_after=0.03)
)
PATIENT = {"sensor-network", "meetings"}  # hundreds of messages in a row: repeats take them past their deadlines
QUICK = ("haggling", "vickrey", "contract-net", "request", "rubinstein", "uniform-price", "demands", "english")


def endings(name: str, network: NetworkFaults | None, sessions: int = 3) -> list[object]:
    """Return how each session ends and what it is worth to whom."""
    spec = load(name).spec
    world = WorldSpec(spec=spec, network=network, seed=3, sessions=tuple(range(1, sessions + 1)))
    played = asyncio.run(play_safely(world))
    assert not getattr(played, "violations", [played]), played
    told = []
    for outcome in played.outcomes.values():
        worth = {agent: round(value, 6) for agent, value in outcome.utilities.items()}
        told.append((str(outcome.final_state), worth))
    return told


def hold_to_it(name: str) -> None:
    """Check one scenario's protocol."""
    protocol = load(name).executor("virtual").protocols[load(name).protocol]
    assert protocol.tolerates <= set(LINKS)
    clean = endings(name, None)
    for fault in sorted(protocol.tolerates):
        assert endings(name, LINKS[fault]) == clean, f"{protocol.name} says that it tolerates {fault}"
    if DELAY in protocol.tolerates and name not in PATIENT:
        assert endings(name, EVERYTHING) == clean, f"{protocol.name} on an acknowledged network"


@pytest.mark.parametrize("name", QUICK)
def test_a_protocol_tolerates_what_it_says(name):
    hold_to_it(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in built_in() if name not in QUICK])
def test_each_protocol_tolerates_what_it_says(name):
    hold_to_it(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["english", "dutch", "order-book"])
def test_what_goes_by_the_clock_does_not_tolerate_delay_and_says_so(name):
    assert endings(name, LINKS[DELAY], 8) != endings(name, None, 8)


@pytest.mark.parametrize("name", ["haggling", "contract-net", "demands"])
def test_nothing_tolerates_loss_without_acknowledgement(name):
    assert endings(name, LINKS[LOSS], 8) != endings(name, None, 8)


def test_a_protocol_says_what_it_tolerates_as_data():
    protocols = load("haggling").executor("virtual").protocols
    assert protocols["bilateral"].tolerates == {DELAY, DUPLICATION, REORDERING}
    assert protocols["english-auction"].tolerates == {DUPLICATION}
