"""Random problems of distributed constraint optimisation from three worlds: meetings, sensors, and lights of a smart building.

Each keeps the structure that its literature describes: hard constraints between the copies of a meeting, cost functions over
four sensors, models and rules over several lights. What is drawn comes from a seeded stream alone.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence

import numpy as np

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.cost_expressions import CostExpression
from negotiate_rt.problems.dcop import CostFunction, Costs, DcopProblem, Variable

IDLE = "idle"
RULE_WEIGHT = 10  # of a step away from what a rule wants, as in Rust, Picard and Ramparany 2016


def draw_meetings(
    events: int, people: int, slots: int, rng: random.Random, *, attendees: int = 3, longest: int = 1
) -> DcopProblem:
    """Return a meeting scheduling problem (to maximise): each of `people` has a variable for each event that it attends, the
    slot in which the event begins, from 1, or 0 if it is not held.

    Each event has 2 to `attendees` people and lasts 1 to `longest` slots. All who attend must name the same slot, nobody is in
    two events at once (hard), and an event is worth a whole number from 10 to 50 to each of them, less what it thinks of the
    slots that it gives up, 0 to 9 each. Holding nothing is always allowed, and worth 0.

    Source: the model PEAV (private events as variables) of DiMES; Maheswaran, Tambe, Bowring, Pearce and Varakantham, "Taking
    DCOP to the real world", AAMAS 2004.
    """
    _at_least(events=(events, 1), people=(people, 2), slots=(slots, 1), attendees=(attendees, 2), longest=(longest, 1))
    if longest > slots:
        raise ConfigurationError(f"longest must be at most slots ({slots}), got {longest}")
    who = [f"p{i:0{_digits(people)}d}" for i in range(people)]
    free = {person: [rng.randint(0, 9) for _ in range(slots)] for person in who}
    lengths = [rng.randint(1, longest) for _ in range(events)]
    variables: list[Variable] = []
    functions: list[CostFunction] = []
    calendar: dict[str, list[tuple[str, int]]] = {person: [] for person in who}
    for event, length in enumerate(lengths):
        crew = sorted(rng.sample(who, rng.randint(2, min(attendees, people))))
        names = [f"e{event:0{_digits(events)}d}_{person}" for person in crew]
        starts = range(1, slots - length + 2)
        for person, name in zip(crew, names, strict=True):
            worth = rng.randint(10, 50)
            gains = [float(worth - sum(free[person][start - 1 : start - 1 + length])) for start in starts]
            variables.append(Variable(name, (0, *starts), [0.0, *gains], person))
            calendar[person].append((name, length))
        same = np.where(np.eye(len(starts) + 1) == 1, 0.0, -math.inf)
        functions += [CostFunction("=".join(pair), pair, same) for pair in itertools.combinations(names, 2)]
    for person in who:
        for (one, its), (other, others) in itertools.combinations(calendar[person], 2):
            functions.append(CostFunction(f"{one}|{other}", (one, other), _apart(slots, its, others)))
    return DcopProblem(variables, functions, "max", name=f"{events} meetings of {people} people", agents=who)


def _apart(slots: int, one: int, other: int) -> list[list[float]]:
    """Return the table that keeps two events of these lengths from being held at once."""
    return [
        [0.0 if not first or not second or first + one <= second or second + other <= first else -math.inf
         for second in range(slots - other + 2)]
        for first in range(slots - one + 2)
    ]  # fmt: skip


def draw_sensors(
    rows: int, columns: int, targets: int, rng: random.Random, *, needed: int = 3, energy: float = 1.0
) -> DcopProblem:
    """Return a sensor network: sensors stand at the corners of a grid, and each tracks one of the targets around it, or none.

    Targets stand in different cells of the grid, and each is seen by the four sensors at the corners of its cell. A target of
    which fewer than `needed` sensors keep track costs its weight (a whole number from 10 to 100) times the missing share: one
    cost function over four sensors. A sensor at work costs `energy`.

    Source: the challenge problem of Lesser, Ortiz and Tambe, "Distributed Sensor Networks", 2003, with three sensors a target as
    in Béjar et al., "Sensor networks and distributed CSP", Artificial Intelligence 161, 2005.
    """
    _at_least(rows=(rows, 2), columns=(columns, 2), targets=(targets, 0), needed=(needed, 1))
    cells = list(itertools.product(range(rows - 1), range(columns - 1)))
    if targets > len(cells):
        raise ConfigurationError(f"targets must be at most the cells of the grid ({len(cells)}), got {targets}")
    if needed > 4 or not 0 <= energy < math.inf:
        raise ConfigurationError(f"needed must be at most 4 and energy finite and >= 0, got {needed} and {energy}")
    seen: dict[str, list[str]] = {
        _corner(row, column): [] for row, column in itertools.product(range(rows), range(columns))
    }
    functions = []
    for number, (row, column) in enumerate(sorted(rng.sample(cells, targets))):
        target = f"t{number:0{_digits(targets)}d}"
        corners = tuple(_corner(row + down, column + right) for down, right in itertools.product((0, 1), (0, 1)))
        for corner in corners:
            seen[corner].append(target)
        functions.append((target, corners, rng.randint(10, 100)))
    variables = [
        Variable(name, (IDLE, *found), [0.0, *(energy for _ in found)] if found else None)
        for name, found in seen.items()
    ]
    tracking = [
        CostFunction(target, corners, _untracked(target, [(IDLE, *seen[one]) for one in corners], weight, needed))
        for target, corners, weight in functions
    ]
    return DcopProblem(variables, tracking, name=f"{rows} x {columns} sensors, {targets} targets")


def _corner(row: int, column: int) -> str:
    return f"s{row}_{column}"


def _untracked(target: str, domains: Sequence[Sequence[str]], weight: int, needed: int) -> Costs:
    counts = np.zeros([len(domain) for domain in domains])
    for axis, domain in enumerate(domains):
        shape = [1] * len(domains)
        shape[axis] = len(domain)
        counts = counts + np.array([value == target for value in domain], dtype=float).reshape(shape)
    found: Costs = weight * np.maximum(needed - counts, 0) / needed
    return found


def draw_secp(lights: int, models: int, rules: int, rng: random.Random, *, levels: int = 5) -> DcopProblem:
    """Return a smart environment configuration problem: lights of several levels, scenes that they make up, rules of the users.

    A light costs its (un)efficiency times its level. A scene's variable must be the sum of one to three lights, weighted and
    rounded (hard, over up to four variables). A rule wants up to three lights or scenes at some level and costs ten a step
    away. Lights are agents, and a scene belongs to the first of its lights.

    Source: Rust, Picard and Ramparany, "Using message-passing DCOP algorithms to solve energy-efficient smart environment
    configuration problems", IJCAI 2016.
    """
    _at_least(lights=(lights, 1), models=(models, 0), rules=(rules, 0), levels=(levels, 2))
    domain = tuple(range(levels))
    names = [f"l{i:0{_digits(lights)}d}" for i in range(lights)]
    variables = []
    for name in names:
        variables.append(Variable(name, domain, CostExpression(f"{round(rng.uniform(0.05, 1), 2)} * {name}", (name,))))
    functions = []
    scenes = []
    for number in range(models):
        scene = f"m{number:0{_digits(models)}d}"
        crew = sorted(rng.sample(names, rng.randint(1, min(3, lights))))
        share = [round(rng.uniform(0.2, 1) / len(crew), 2) for _ in crew]
        light = " + ".join(f"{weight} * {one}" for weight, one in zip(share, crew, strict=True))
        scenes.append(Variable(scene, domain, None, crew[0]))
        model = CostExpression(f"0 if abs({scene} - ({light})) <= 0.5 else inf")
        functions.append(CostFunction(f"model_{scene}", model.variables, model))
    named = [one.name for one in (*variables, *scenes)]
    for number in range(rules):
        wanted = sorted(rng.sample(named, rng.randint(1, min(3, len(named)))))
        away = " + ".join(f"abs({one} - {rng.choice(domain)})" for one in wanted)
        rule = CostExpression(f"{RULE_WEIGHT} * ({away})")
        functions.append(CostFunction(f"rule_{number:0{_digits(rules)}d}", rule.variables, rule))
    title = f"{lights} lights, {models} scenes, {rules} rules"
    return DcopProblem([*variables, *scenes], functions, name=title)


def _digits(count: int) -> int:
    return len(str(max(count - 1, 0)))


def _at_least(**limits: tuple[int, int]) -> None:
    for name, (given, least) in limits.items():
        if given < least:
            raise ConfigurationError(f"{name} must be at least {least}, got {given}")
