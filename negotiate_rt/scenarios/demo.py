"""The demonstration: every built-in scenario in turn, with a few agents slow, hung, crashing or talking nonsense."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator

import msgspec

from negotiate_rt.scenarios.dcop_format import AnyDcop
from negotiate_rt.scenarios.files import built_in, load
from negotiate_rt.scenarios.format import Crash, Hang, Nonsense, ScenarioSpec, Slow, Trouble
from negotiate_rt.scenarios.scenario import Job, Scenario

SHARE = 0.12  # of sessions with one troubled agent: enough to see each kind, few enough to see the rest run on
TIMEOUT, TURN_TIMEOUT = 1.5, 0.2  # seconds; a hung party then costs its session at most this much
SELDOM = (
    8  # times as many sessions of other scenarios: a search or a market of thousands of messages takes as long as those
)
PACES = 4  # turns of a trader at an exchange, on average
TROUBLES: tuple[Trouble, ...] = (
    Slow(seconds=0.08, probability=0.7), Hang(probability=0.5), Crash(probability=0.6), Nonsense(probability=0.6),
)  # fmt: skip


class Demo:
    """Jobs of all built-in scenarios mixed. `troubled` counts, as jobs are made, the sessions by the trouble in them."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self.troubled: Counter[str] = Counter()
        self._clean: list[Scenario] = []
        self._long: set[int] = set()  # places of the scenarios that take long
        self._spoilt: list[list[tuple[str, Scenario]]] = []
        for name in built_in():
            hurried = in_a_hurry(load(name).spec)
            if isinstance(hurried.problem, AnyDcop) or "pace" in hurried.options:
                self._long.add(len(self._clean))
            self._clean.append(Scenario(hurried))
            spoils = (
                TROUBLES if hurried.agents else ()
            )  # agents that a problem brings decide nothing that could go wrong
            self._spoilt.append([(kind_of(trouble), spoilt(hurried, trouble)) for trouble in spoils])

    def jobs(self, sessions: int) -> Iterator[Job]:
        """Yield jobs; the same seed gives the same ones."""
        rng = random.Random(f"{self.seed}/demo")
        places = itertools.cycle(self._places())
        for session, place in zip(range(sessions), places, strict=False):
            scenario = self._clean[place]
            if rng.random() < SHARE and self._spoilt[place]:
                kind, scenario = rng.choice(self._spoilt[place])
                self.troubled[kind] += 1
            yield scenario.job(session + 1, self.seed)

    def _places(self) -> list[int]:
        """Return the order of scenarios, until it begins anew: each in turn, those that take long in the first turn only."""
        every = range(len(self._clean))
        others = [place for place in every if place not in self._long]
        return [*every, *others * (SELDOM - 1)]


def in_a_hurry(spec: ScenarioSpec) -> ScenarioSpec:
    """Return a scenario with the demonstration's deadlines: what is open for longer than half of them closes then, and
    whoever acts at a pace gets a few turns."""
    options = dict(spec.options)
    if options.get("reply_by", 0.0) > TIMEOUT / 2:
        options["reply_by"] = TIMEOUT / 2
        if "pace" in options:
            options["pace"] = TIMEOUT / 2 / PACES
    return msgspec.structs.replace(spec, timeout=TIMEOUT, turn_timeout=TURN_TIMEOUT, options=options)


def spoilt(spec: ScenarioSpec, trouble: Trouble) -> Scenario:
    """Return a scenario whose last agent misbehaves."""
    agents = list(spec.agents)
    agents[-1] = msgspec.structs.replace(agents[-1], behaviour=trouble)
    return Scenario(msgspec.structs.replace(spec, agents=tuple(agents)))


def kind_of(trouble: Trouble) -> str:
    """Return a trouble's name in scenario files."""
    return str(trouble.__struct_config__.tag)
