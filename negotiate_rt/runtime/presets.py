"""Networks one knows by name: LAN, WAN, mobile, flaky, hostile. Numbers are those of a usual day, not of a standard."""

from __future__ import annotations

from typing import Literal, TypeAlias

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.runtime.latency import LogNormal
from negotiate_rt.runtime.network import NetworkFaults
from negotiate_rt.runtime.outages import Partition

PresetName: TypeAlias = Literal["perfect", "lan", "wan", "mobile", "flaky", "hostile"]

PRESETS: dict[str, NetworkFaults] = {
    "perfect": NetworkFaults(),
    "lan": NetworkFaults(latency=LogNormal(0.0003, 0.3)),
    "wan": NetworkFaults(latency=LogNormal(0.04, 0.4), loss=0.001, duplicate=0.0005),
    "mobile": NetworkFaults(latency=LogNormal(0.08, 0.8), loss=0.02, duplicate=0.002, reorder=True),
    "flaky": NetworkFaults(
        latency=LogNormal(0.1, 1.0), loss=0.1, duplicate=0.05, reorder=True,
        outages=(Partition(one="*", at=2.0, lasting=0.5, every=5.0),),
    ),
    "hostile": NetworkFaults(
        latency=LogNormal(0.1, 1.0), loss=0.1, duplicate=0.05, reorder=True, garble=0.02, replay=0.05, forge=0.02, flood=0.005,
        outages=(Partition(one="*", at=2.0, lasting=0.5, every=5.0),),
    ),
}  # fmt: skip


def preset(name: str) -> NetworkFaults:
    """Return the network of a name, as data. Raises ConfigurationError."""
    if name not in PRESETS:
        raise ConfigurationError(f"network: expected one of {', '.join(PRESETS)}, got {name!r}{suggest(str(name), PRESETS)}")
    return PRESETS[name]
