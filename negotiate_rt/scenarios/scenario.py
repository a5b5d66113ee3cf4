"""A scenario that can be run: its description, checked as a whole, and the jobs it makes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.executor.executor import NegotiationExecutor
from negotiate_rt.executor.settings import Settings, built_in
from negotiate_rt.messages.config import NegotiationConfig, protocol_name
from negotiate_rt.problems import BargainingProblem, Pie, PriceProblem, Task
from negotiate_rt.protocols.brokering import Proxied
from negotiate_rt.runtime.network import Network
from negotiate_rt.runtime.presets import preset
from negotiate_rt.scenarios.dcop_format import AnyDcop
from negotiate_rt.scenarios.division_format import DIVISIONS, stake_of
from negotiate_rt.scenarios.domains import load_domain
from negotiate_rt.scenarios.format import (
    FaultsSpec,
    IssuesSpec,
    PieSpec,
    PriceSpec,
    ProxySpec,
    ScenarioSpec,
    TaskSpec,
)
from negotiate_rt.scenarios.game_format import GAMES, game_of
from negotiate_rt.scenarios.options import build_options
from negotiate_rt.scenarios.preferences import issue_of
from negotiate_rt.scenarios.reading import ScenarioError, hint, listed
from negotiate_rt.scenarios.recipes import Chance, Recipe, Stage, concession, recipe

Job = tuple[list[Any], NegotiationConfig, Any]  # agents, config, problem: as an executor takes them


class Scenario:
    """What `spec` describes, checked down to one session that could start. Raises ScenarioError with all that is wrong.

    `jobs` makes agents afresh for each session. Numbers that are drawn come from a stream per seed, session and agent,
    so session 17 is the same whether 20 or 20,000 are run. `text` is how it was written, in `form` ("toml" or "json");
    `folder` is where the files of its domain are looked for, the working directory unless said.
    """

    def __init__(self, spec: ScenarioSpec, text: str = "", form: str = "toml", folder: Path | None = None) -> None:
        self.spec = spec
        self.text = text
        self.form = form
        self.folder = folder or Path()
        flaws: list[str] = []
        self.protocol = protocol_name(spec.protocol)
        if spec.domain is None:
            self.problem = _attempt(flaws, "problem", _problem, spec.problem, self.folder)
        else:
            self.problem = _domain(spec, self.folder)
        options = _attempt(flaws, "", _options, self.protocol, spec)
        stage = Stage(self.problem, getattr(options, "award", "cost"))
        self._recipes: list[tuple[list[str], Recipe]] = []
        for place, agent in enumerate(spec.agents):
            path = f"agents[{place}]"
            numbers = range(1, agent.count + 1)
            names = [agent.name] if agent.count == 1 else [f"{agent.name}-{number}" for number in numbers]
            self._recipes.append((names, _attempt(flaws, path, recipe, agent, stage, path)))
        flaws.extend(self._doubles())
        if not spec.agents and not isinstance(spec.problem, AnyDcop):  # whose agents are those of its problem
            flaws.append("agents: missing; expected at least one [[agents]] table")
        self.config: NegotiationConfig = _attempt(flaws, "", _config, spec, self.protocol, options)
        if not flaws:
            self._rehearse(flaws)
        if flaws:
            raise ScenarioError(flaws)

    @property
    def name(self) -> str:
        """What the scenario is called."""
        return self.spec.name

    @property
    def agents(self) -> tuple[str, ...]:
        """The agents' names, in order; those of the problem that the runtime seats last."""
        named = [name for names, _ in self._recipes for name in names]
        seated = [name for name, own in self.problem.agents.items() if own] if isinstance(self.spec.problem, AnyDcop) else []
        return tuple(dict.fromkeys((*named, *seated)))

    @property
    def issues(self) -> tuple[str, ...]:
        """The names of the issues, in the order of an outcome's values; empty unless there are many."""
        return self.problem.space.names if isinstance(self.problem, BargainingProblem) else ()

    def job(self, session: int, seed: int | None = None) -> Job:
        """Return agents, config and problem of one session, numbered from 1."""
        base = self.spec.seed if seed is None else seed
        agents = [make(name, Chance(f"{base}/{session}/{name}")) for names, make in self._recipes for name in names]
        return agents, self.config, self.problem

    def jobs(self, sessions: int | None = None, seed: int | None = None) -> Iterator[Job]:
        """Yield jobs, one at a time: as many as asked for, else as the scenario says."""
        for session in range(1, (self.spec.sessions if sessions is None else sessions) + 1):
            yield self.job(session, seed)

    def executor(self, clock: str | None = None, seed: int | None = None, **limits: Any) -> NegotiationExecutor:
        """Return an executor with the scenario's clock, network and seed, where the caller names no other."""
        network = self.network()
        chosen = self.spec.seed if seed is None else seed
        limits.setdefault("name", self.name)  # ids, and with them all streams, do not depend on what ran before
        return NegotiationExecutor(clock=clock or self.spec.clock, network=network, seed=chosen, **limits)

    def network(self) -> Network | None:
        """Return the scenario's network, made afresh; None for a perfect one."""
        described = self.spec.network
        if isinstance(described, str):
            described = preset(described)
        return None if described is None else Network.of(described, static=described.still)

    def _doubles(self) -> Iterator[str]:
        seen: dict[str, int] = {}
        for place, (names, _) in enumerate(self._recipes):
            for name in names:
                if name in seen:
                    yield f"agents[{place}].name: {name!r} is also a name of agents[{seen[name]}]; names must differ"
                    break
                seen[name] = place

    def _rehearse(self, flaws: list[str]) -> None:
        """Plan the first session: whatever the runtime would refuse is told now, at the agent it is about."""
        try:
            Settings(name=self.name).plan(*self.job(1))
        except ConfigurationError as error:
            needs_task = self.problem is None and "needs a task" in str(error)
            flaws.append("problem: missing; expected a task" if needs_task else self._placed(str(error)))

    def _placed(self, text: str) -> str:
        found = re.match(r"agent '(.*?)': ", text)
        for place, (names, _) in enumerate(self._recipes if found else ()):
            if found and found[1] in names:
                return f"agents[{place}]: {text[found.end() :]}"
        return f"agents: {text}"

    def __reduce__(self) -> tuple[Any, ...]:
        return Scenario, (self.spec, self.text, self.form, self.folder)  # recipes are closures; they follow from the description

    def __repr__(self) -> str:
        return f"<Scenario {self.name}: {self.protocol}, {len(self.agents)} agents>"


def _attempt(flaws: list[str], path: str, make: Any, *arguments: Any) -> Any:  # a function, and what it returns
    """Return what `make` makes; None if it refuses, with its reasons among the flaws."""
    try:
        return make(*arguments)
    except ScenarioError as error:
        flaws.extend(error.flaws)
    except ConfigurationError as error:
        flaws.append(f"{path}: {error}" if path else str(error))
    return None


def _domain(spec: ScenarioSpec, folder: Path) -> BargainingProblem:
    """Return the problem in the files that the scenario names. Raises ScenarioError, which names these."""
    if spec.problem is not None:
        raise ScenarioError(["domain: the scenario has a [problem] of its own, too; expected one of them"])
    paths = (spec.domain,) if isinstance(spec.domain, str) else spec.domain or ()
    try:
        return load_domain(*(folder / path for path in paths))
    except ScenarioError as error:
        raise ScenarioError([f"domain: {f'{error.source}: ' if error.source else ''}{flaw}" for flaw in error.flaws]) from None


def _problem(spec: Any, folder: Path) -> Any:  # one of AnyProblem or None -> what the executor takes
    if isinstance(spec, AnyDcop):
        from negotiate_rt.scenarios.dcop_scenarios import dcop_problem  # loads numpy

        return dcop_problem(spec, folder)
    if isinstance(spec, IssuesSpec):
        return BargainingProblem([issue_of(one) for one in spec.issues], information=spec.information)
    if isinstance(spec, GAMES):
        return game_of(spec)
    if isinstance(spec, DIVISIONS):
        return stake_of(spec)
    if isinstance(spec, PieSpec):
        return Pie(spec.size)
    if isinstance(spec, ProxySpec):
        return Proxied(capability=spec.capability, content=spec.content, protocol=spec.protocol, everybody=spec.everybody)
    if isinstance(spec, TaskSpec):
        return Task(**spec.attributes)
    return PriceProblem() if isinstance(spec, PriceSpec) else None


def _options(protocol: str, spec: ScenarioSpec) -> Any:  # the protocol's own struct
    known = built_in()
    if protocol not in known:
        text = f"protocol: expected one of {listed(known)}, got {spec.protocol!r}{hint(protocol, known)}"
        raise ScenarioError([text])
    return build_options(known[protocol].options, spec.options)


def _config(spec: ScenarioSpec, protocol: str, options: Any) -> NegotiationConfig:
    faults = spec.on_fault.given() if isinstance(spec.on_fault, FaultsSpec) else spec.on_fault
    return NegotiationConfig(
        protocol, spec.max_rounds, spec.timeout, spec.reservation_value, spec.initial_offer, concession(spec.strategy),
        turn_timeout=spec.turn_timeout, options=options, on_fault=faults,
    )  # fmt: skip
