"""What a campaign sweeps over, as data, and the cells that come of it: one combination of everything each."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import product
from typing import Any

import msgspec
from msgspec.structs import force_setattr, replace

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.messages.config import protocol_name, whole
from negotiate_rt.runtime.latency import LogNormal, check_range
from negotiate_rt.runtime.network import NetworkFaults
from negotiate_rt.runtime.presets import PRESETS, preset
from negotiate_rt.scenarios.files import built_in, load
from negotiate_rt.scenarios.format import AgentSpec, BidderSpec, ScenarioSpec
from negotiate_rt.scenarios.scenario import Scenario
from negotiate_rt.strategies import STRATEGIES
from negotiate_rt.strategies.bid_rules import BIDDINGS

SIGMA = 0.5  # of the logarithm of a swept latency: one message in six takes 1.6 times the median or more
MOST_CELLS = 10_000
ALL = "all"


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    """A sweep: every scenario with every protocol, strategy and population, on every network.

    scenarios: names of built-in ones, files, or "all". negotiations: how many in the whole campaign, at least; they run in
    worlds of `sessions` each, side by side. latencies: medians in seconds, log-normal around them. losses: probabilities.
    networks: presets, instead of latencies and losses. populations: how many of the most numerous agents there are.
    troubles: the share of negotiations in which one agent misbehaves. acknowledged: repeat what was lost. schedules: let who
    is ready go in orders drawn by seed, in every second world. Raises ConfigurationError.
    """

    scenarios: tuple[str, ...]
    negotiations: int = 1000
    sessions: int = 20
    latencies: tuple[float, ...] = ()
    losses: tuple[float, ...] = ()
    networks: tuple[str, ...] = ()
    populations: tuple[int, ...] = ()
    protocols: tuple[str, ...] = ()
    strategies: tuple[str, ...] = ()
    duplicate: float = 0.0
    reorder: bool = False
    troubles: float = 0.0
    acknowledged: bool = False
    schedules: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("negotiations", "sessions"):
            whole(name, getattr(self, name), 1)
        for population in self.populations:
            whole("population", population, 1)
        whole("seed", self.seed)
        for latency in self.latencies:
            check_range("latency", latency)
        for loss in (*self.losses, self.duplicate, self.troubles):
            check_range("loss, duplicate and troubles", loss, at_most=1.0)
        for name in self.networks:
            preset(name)
        if self.networks and (self.latencies or self.losses or self.duplicate or self.reorder):
            raise ConfigurationError(
                "network: a preset has its own latency and losses: sweep over presets or over these"
            )
        if not self.scenarios:
            raise ConfigurationError(f"scenarios: expected at least one, of {', '.join(built_in())}, or 'all'")
        if ALL in self.scenarios:
            force_setattr(self, "scenarios", built_in())

    def cells(self) -> list[Cell]:
        """Return every combination, each checked down to a session that could start. Raises ConfigurationError."""
        found = [Cell(label=label, spec=spec, network=network) for label, spec, network in self._combined()]
        if len(found) > MOST_CELLS:
            raise ConfigurationError(f"the campaign has {len(found)} cells: expected {MOST_CELLS} at most")
        for spec in {id(cell.spec): cell.spec for cell in found}.values():
            Scenario(spec)
        return found

    def _combined(self) -> Iterator[tuple[tuple[str, ...], ScenarioSpec, NetworkFaults | None]]:
        for name in self.scenarios:
            scenario = load(name)
            ways = product(self.protocols or ("",), self.strategies or ("",), self.populations or (0,))
            for protocol, strategy, population in ways:
                spec = varied(in_folder(scenario), protocol, strategy, population)
                for label, network in self._networks(scenario):
                    way = tuple(
                        part for part in (protocol, strategy, f"{population} agents" if population else "") if part
                    )
                    yield (scenario.name, *way, label), spec, network

    def _networks(self, scenario: Scenario) -> Iterator[tuple[str, NetworkFaults | None]]:
        own = scenario.spec.network
        described = preset(own) if isinstance(own, str) else own
        if self.networks:
            for name in self.networks:
                yield name, self._heard(PRESETS[name])
            return
        if not (self.latencies or self.losses or self.duplicate or self.reorder):
            yield "as it is" if described is not None else "perfect", self._heard(described)
            return
        for latency, loss in product(self.latencies or (0.0,), self.losses or (0.0,)):
            drawn = LogNormal(latency, SIGMA) if latency else None
            network = NetworkFaults(latency=drawn, loss=loss, duplicate=self.duplicate, reorder=self.reorder)
            yield f"{latency:g} s, loss {loss:g}", self._heard(network)

    def _heard(self, network: NetworkFaults | None) -> NetworkFaults | None:
        return replace(network, acknowledged=True) if network is not None and self.acknowledged else network

    def arguments(self) -> list[str]:
        """Return the command line that asks for this campaign."""
        words = list(self.scenarios) if self.scenarios != built_in() else ["--all"]
        for field in msgspec.structs.fields(self):
            value = getattr(self, field.name)
            if field.name != "scenarios" and value != field.default:
                words += _option(field.name, value)
        return words


def _option(name: str, value: Any) -> list[str]:
    """Return an option as it is typed."""
    spelled = "--" + {"latencies": "latency", "losses": "loss", "networks": "network", "populations": "population",
                      "protocols": "protocol", "strategies": "strategy"}.get(name, name)  # fmt: skip
    if isinstance(value, bool):
        return [spelled] if value else [f"--no-{name}"]
    return [spelled, ",".join(map(str, value)) if isinstance(value, tuple) else str(value)]


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One combination: what is played, over which network (None: perfect)."""

    label: tuple[str, ...]
    spec: ScenarioSpec
    network: NetworkFaults | None

    @property
    def loss(self) -> float:
        """The probability that a message is lost."""
        return 0.0 if self.network is None else self.network.loss

    @property
    def latency(self) -> float:
        """The median latency in seconds: that of the distribution, or its mean."""
        drawn = None if self.network is None else self.network.latency
        for name in ("median", "seconds", "mean"):
            if hasattr(drawn, name):
                return float(getattr(drawn, name))
        return 0.0


def in_folder(scenario: Scenario) -> ScenarioSpec:
    """Return a scenario's description with the files of its domain named from the root."""
    domain = scenario.spec.domain
    if domain is None:
        return scenario.spec
    paths = (domain,) if isinstance(domain, str) else domain
    return replace(scenario.spec, domain=tuple(str((scenario.folder / path).resolve()) for path in paths))


def strategies_of(agent: AgentSpec) -> Collection[str]:
    """Return the names of the strategies that an agent can have."""
    if not hasattr(agent, "strategy"):
        return ()
    return BIDDINGS if isinstance(agent, BidderSpec) else STRATEGIES


def varied(spec: ScenarioSpec, protocol: str = "", strategy: str = "", population: int = 0) -> ScenarioSpec:
    """Return a scenario under another protocol, with other strategies, with more or fewer agents. Whether that fits is for
    the scenario to say."""
    agents = [replace(one, strategy=strategy) if strategy in strategies_of(one) else one for one in spec.agents]
    if strategy and agents == list(spec.agents) and not any(strategy in strategies_of(one) for one in agents):
        known = sorted({name for one in agents for name in strategies_of(one)})
        raise ConfigurationError(
            f"strategy: {spec.name}: expected one of {', '.join(known) or 'none'}, got {strategy!r}{suggest(strategy, known)}"
        )
    if population:
        crowd = max(range(len(agents)), key=lambda place: (agents[place].count, place), default=None)
        if crowd is None:
            raise ConfigurationError(f"population: {spec.name} has no agents of its own to multiply")
        agents[crowd] = replace(agents[crowd], count=population)
    changed = replace(spec, agents=tuple(agents))
    if protocol and protocol_name(protocol) != protocol_name(spec.protocol):
        changed = replace(
            changed, protocol=protocol_name(protocol), options={}
        )  # those of another protocol mean nothing
    return changed
