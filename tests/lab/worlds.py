"""Worlds in which planted bugs show: small scenarios, and networks that each do one thing."""

from __future__ import annotations

from negotiate_rt.lab.invariants import Violation
from negotiate_rt.lab.stress.running import play_safely
from negotiate_rt.lab.stress.world import WorldSpec
from negotiate_rt.runtime.latency import Uniform
from negotiate_rt.runtime.link import LinkFaults
from negotiate_rt.runtime.network import NetworkFaults
from negotiate_rt.scenarios import load, loads

JITTER = Uniform(0.001, 0.2)
NETWORKS = {
    "plain": None,
    "troubled": None,
    "slow": NetworkFaults(latency=JITTER),
    "jittery": NetworkFaults(latency=JITTER),
    "crossing": NetworkFaults(latency=JITTER, reorder=True),
    "lossy": NetworkFaults(latency=0.01, loss=0.2),
    "duplicating": NetworkFaults(latency=JITTER, duplicate=0.5),
    "acknowledged": NetworkFaults(latency=JITTER, loss=0.2, duplicate=0.2, reorder=True, acknowledged=True),
    "forging": NetworkFaults(forge=0.5),
    "forger": NetworkFaults(links={"bidder-1>*": LinkFaults(forge=1.0)}),
    "lying": NetworkFaults(latency=0.01, lie=0.5),
    "flooding": NetworkFaults(latency=0.01, flood=0.3, flood_size=3000),
    "hostile": NetworkFaults(latency=JITTER, duplicate=0.2, untimely=0.5, lie=0.3, replay=0.2),
}
OWN = {
    "news": 'name = "news"\nprotocol = "subscribe"\ntimeout = 10\noptions = {notifications = 20, reply_by = 5}\n'
            'problem = {type = "task", attributes = {what = "news"}}\nagents = [{type = "plain", name = "a"}, '
            '{type = "responder", name = "b", every = 0.001, news = ["1", "2", "3", "4"]}]',
    "pie": 'name = "pie"\nprotocol = "nash-demand"\noptions = {remainder = "shared", repeats = true}\nmax_rounds = 20\n'
           'problem = {type = "pie", size = 10}\nagents = [{type = "plain", name = "a"}, {type = "plain", name = "b"}]',
    "stuck": 'name = "stuck"\nprotocol = "bilateral"\nmax_rounds = 5\nagents = [{type = "buyer", name = "a", limit = 50}, '
             '{type = "seller", name = "b", limit = 60}]',
    "babbling": 'name = "babbling"\nprotocol = "bilateral"\nmax_rounds = 5\nagents = [{type = "buyer", name = "a", limit = 50}, '
                '{type = "seller", name = "b", limit = 40, behaviour = {kind = "nonsense", probability = 0.7}}]',
    "reserve": 'name = "reserve"\nprotocol = "first-price"\noptions = {reserve_price = 50}\n'
               'agents = [{type = "bidder", name = "a", value = 20}, {type = "bidder", name = "b", value = 30}]',
}  # fmt: skip


def worlds(name: str, network: str, seeds: int = 2) -> list[WorldSpec]:
    """Return a few worlds of a scenario over a network."""
    spec = (loads(OWN[name]) if name in OWN else load(name)).spec
    return [
        WorldSpec(
            spec=spec, network=NETWORKS[network], seed=seed, sessions=tuple(range(1, 6)), shuffle=seed or None,
            troubles=1.0 if network == "troubled" else 0.0,
        )
        for seed in range(seeds)
    ]  # fmt: skip


async def broken(world: WorldSpec) -> list[Violation]:
    """Return what a world breaks, played twice."""
    played = await play_safely(world, digest=True)
    if isinstance(played, Violation):
        return [played]
    again = await play_safely(world, digest=True)
    if isinstance(again, Violation) or again.digest != played.digest:
        return [*played.violations, Violation("same-seed-same-bytes", "", "played twice, it was not the same")]
    return played.violations
