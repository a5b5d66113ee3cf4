"""DCOPs for tests of the protocols that solve them: drawn at random, the published instances, and brute force."""

from __future__ import annotations

import itertools
import json
import math
import os
import random
from pathlib import Path

import numpy as np
import pytest

from negotiate_rt.executor.executor import NegotiationExecutor
from negotiate_rt.journal.record import Record, Trace
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.outcome import NegotiationOutcome
from negotiate_rt.problems.dcop import CostFunction, DcopProblem, Variable
from negotiate_rt.runtime.network import Network

INSTANCES = (
    "gc_random_10_soft", "gc_random_50_soft", "gc_tree_100_soft", "ising_5x5", "meetings_5slots_8ev_5res", "secp_8l_4m_4r",
)  # fmt: skip


def drawn(seed: int, most: int = 7, share: float | None = None) -> DcopProblem:
    """Up to `most` variables of one to three values, functions of up to three of them, some of them hard; often a forest, often
    several variables to an agent."""
    rng = random.Random(seed)
    objective = rng.choice(["min", "max"])
    hard = math.inf if objective == "min" else -math.inf
    share = rng.choice([0.0, 0.0, 0.2, 0.5]) if share is None else share

    def cost() -> float:
        return hard if rng.random() < share else rng.randint(-9, 9)

    sizes = [rng.choice([1, 2, 2, 3, 3]) for _ in range(rng.randint(1, most))]
    crowded = rng.random() < 0.3
    variables = [
        Variable(f"v{i}", range(size), [cost() for _ in range(size)] if rng.random() < 0.4 else None,
                 f"agent{i // 2}" if crowded else "")
        for i, size in enumerate(sizes)
    ]  # fmt: skip
    functions = []
    for number in range(rng.randint(0, most + 2)):
        scope = rng.sample(range(len(sizes)), min(len(sizes), rng.choice([1, 2, 2, 2, 3])))
        shape = [sizes[i] for i in scope]
        table = np.reshape([cost() for _ in range(math.prod(shape))], shape)
        functions.append(CostFunction(f"f{number}", tuple(f"v{i}" for i in scope), table))
    return DcopProblem(variables, functions, objective)


def ring(size: int, colours: str = "RGB", weight: float = 1.0) -> DcopProblem:
    """A ring of variables, where equal neighbours cost."""
    same = [[weight * (a == b) for b in colours] for a in colours]
    variables = [Variable(f"v{i:02}", colours) for i in range(size)]
    names = list(zip(variables, [*variables[1:], variables[0]], strict=True))
    return DcopProblem(variables, [CostFunction(f"f{i:02}", (a.name, b.name), same) for i, (a, b) in enumerate(names)])


def by_enumeration(problem: DcopProblem) -> float:
    """The best cost of all assignments."""
    best = min if problem.objective == "min" else max
    domains = [variable.domain for variable in problem.variables.values()]
    return best(
        problem.cost(dict(zip(problem.variables, values, strict=True))) for values in itertools.product(*domains)
    )


def solved(
    problem: DcopProblem, protocol: str = "dpop", network: Network | None = None, journal: Trace | None = None, **config: object
) -> NegotiationOutcome:
    """The outcome of solving a problem on the virtual clock."""
    executor = NegotiationExecutor(clock="virtual", network=network, journal=journal, name="lab")
    return executor.run([], NegotiationConfig(protocol, **config), problem)


def said(trace: Trace) -> list[Record]:
    """What neighbours have said to each other."""
    return [
        one for one in trace.records if one.kind == "said" and "coordinator" not in (one.sender, one.receiver)
    ]


def dcop_path() -> Path:
    """The folder of published instances, found as other data that is not ours."""
    named = os.environ.get("NEGOTIATE_RT_DATA")
    data = Path(named) if named else Path(__file__).resolve().parents[3] / "shared" / "data"
    for folder in (data / "dcop", data):
        if (folder / "OPTIMA.json").is_file():
            return folder
    pytest.skip(f"no DCOP instances in {data}: let NEGOTIATE_RT_DATA name the folder that holds them")


def proved_optimum(name: str) -> float:
    """The optimum of a published instance, by two exact methods of others."""
    optima = json.loads((dcop_path() / "OPTIMA.json").read_text())
    return float(optima[f"{name}.yaml"]["optimum"])
