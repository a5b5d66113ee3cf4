"""A street balances its load: 18 homes choose when to charge the car and heat the water, among neighbours (MGM).

Everybody comes home at six and would plug in at once. A home pays the tariff of the hours it uses, and minds a car that is
ready late. The losses of a wire grow with the square of its load, which falls apart into what any two loads on it cost
together: so each home's agent talks to the agents of homes on its own cable, and a little to those of the next cable, at the
same transformer. Three homes share a cable, whose fuse blows where all three cars charge at once: a hard constraint of three
variables. A home has two variables, the car and the heater, and one agent.

- all at six: the fuses blow;
- MGM: in each round the home that saves the most around changes, so the cost never rises, until nobody alone can save anything;
- MGM-2, where two homes may change together, and DSA, where many change at once by chance, beside it;
- a slow network that loses a tenth of the messages: the same street, only later;
- a home whose agent leaves half-way: what has been reached by then stands.

The cost over time is drawn into an SVG file (named on the command line, else in the folder for temporary files).
Run: python examples/smart_grid.py [FILE.svg]
"""

from __future__ import annotations

import asyncio
import itertools
import math
import sys
import tempfile
from pathlib import Path
from typing import Any

from negotiate_rt import (
    CostFunction,
    DcopProblem,
    DsaOptions,
    Mgm2Options,
    MgmOptions,
    NegotiationConfig,
    NegotiationExecutor,
    Network,
    Uniform,
    Variable,
)
from negotiate_rt.report.cost_curve import cost_chart

CABLES, HOMES = 6, 3  # homes a cable
HOURS = range(18, 26)  # from six in the evening to one at night
TARIFF = {18: 0.40, 19: 0.42, 20: 0.38, 21: 0.33, 22: 0.24, 23: 0.20, 24: 0.16, 25: 0.16}  # a kWh
CAR, CAR_HOURS = 7.0, 2  # kW, and for how long
HEATER, HEATER_HOURS = 3.0, 1
WAITING = 0.15  # for each hour that a car begins later than six
SAME_CABLE, NEXT_CABLE = 0.02, 0.004  # an hour and kW**2 of two loads together: the wire's resistance
LATENCY = Uniform(0.02, 0.2)  # seconds


def loads(start: int, power: float, hours: int) -> dict[int, float]:
    """Return a device's load by hour."""
    return dict.fromkeys(range(start, start + hours), power)


def together(one: dict[int, float], other: dict[int, float]) -> float:
    """Return what two loads on one wire add to the square of their sum."""
    return sum(2 * power * other.get(hour, 0.0) for hour, power in one.items())


def street() -> DcopProblem:
    """Return the problem: two variables a home, pairs of loads, and a fuse for each cable."""
    variables, functions, devices = [], [], []
    for cable, home in itertools.product(range(CABLES), range(HOMES)):
        agent = f"home {cable}{'abc'[home]}"
        for device, power, hours, waiting in (("car", CAR, CAR_HOURS, WAITING), ("heater", HEATER, HEATER_HOURS, 0.0)):
            starts = HOURS[: len(HOURS) - hours + 1]
            costs = [
                sum(power * TARIFF[hour] for hour in loads(start, power, hours)) + waiting * (start - 18)
                for start in starts
            ]
            name = f"{agent}: {device}"
            variables.append(Variable(name, starts, costs, agent))
            devices.append((name, cable, power, hours, starts))
    for (one, on, p, h, starts), (other, at, q, k, others) in itertools.combinations(devices, 2):
        resistance = {0: SAME_CABLE, 1: NEXT_CABLE}.get(abs(on - at))
        if resistance is not None:
            table = [[resistance * together(loads(s, p, h), loads(t, q, k)) for t in others] for s in starts]
            functions.append(CostFunction(f"{one} | {other}", (one, other), table))
    for cable in range(CABLES):
        cars = tuple(name for name, on, *_ in devices if on == cable and name.endswith("car"))
        functions.append(CostFunction(f"fuse {cable}", cars, blown))
    return DcopProblem(variables, functions, name="a street of 18 homes")


def blown(*starts: int) -> float:
    """Return infinity if all cars charge in some hour."""
    first, last = max(starts), min(starts)
    return math.inf if first < last + CAR_HOURS else 0.0


def load_of(assignment: dict[str, int]) -> dict[int, float]:
    """Return the load of the street by hour."""
    total = dict.fromkeys(HOURS, 0.0)
    for name, start in assignment.items():
        power, hours = (CAR, CAR_HOURS) if name.endswith("car") else (HEATER, HEATER_HOURS)
        for hour in range(start, start + hours):
            total[hour] += power
    return total


def bars(assignment: dict[str, int]) -> str:
    """Return the load of the street as a picture, a block for 6 kW."""
    lines = [
        f"  {hour % 24:02}:00 {power:5.0f} kW {'#' * round(power / 6)}" for hour, power in load_of(assignment).items()
    ]
    return "\n".join(line.rstrip() for line in lines)


def solve(algorithm: str, options: Any, network: Network) -> Any:
    """Let the homes find their hours; return the outcome."""
    executor = NegotiationExecutor(clock="virtual", seed=1, network=network)
    return executor.run([], NegotiationConfig(algorithm, 60, 3600.0, options=options), street())


def left_alone() -> Any:
    """Let the agent of one home leave after two seconds; return the outcome."""
    executor = NegotiationExecutor(clock="virtual", seed=1, network=Network(LATENCY))

    async def run() -> Any:
        talk: Any = None

        def watch(point: Any) -> None:
            if point.at >= 2:
                asyncio.get_running_loop().call_soon(leave)

        def leave() -> None:
            gone = next(agent for agent in talk.agents if agent.name == "home 3b")
            talk.lose(gone, "agent-crashed", "home 3b has gone off the net")

        config = NegotiationConfig("mgm", 60, 3600.0, options=MgmOptions(start="first", progress=watch))
        talk = executor.start([], config, street())
        return await talk

    return asyncio.run(run())


def told(title: str, outcome: Any) -> str:
    """Return what a search came to, in a line."""
    result = outcome.result
    peak = max(load_of(result.assignment).values())
    return (
        f"{title:<22} cost {result.cost:7.2f}  peak {peak:4.0f} kW  {result.messages:>7,} messages  {result.cycles:>3} cycles  "
        f"{outcome.duration_ms / 1000:6.1f} s"
    )


def main(target: Path) -> dict[str, Any]:
    """Solve every variant, print what came of it, draw the curves, and return the outcomes."""
    problem = street()
    at_six = {name: variable.domain[0] for name, variable in problem.variables.items()}
    print(f"All at six: {len(problem.violated(at_six))} of {CABLES} fuses blow")
    print(bars(at_six), end="\n\n")
    slow = Network(LATENCY)
    lossy = Network(LATENCY, loss=0.1, reorder=True, acknowledged=True)
    outcomes = {
        "MGM": solve("mgm", MgmOptions(start="first"), slow),
        "MGM-2": solve("mgm-2", Mgm2Options(start="first"), slow),
        "DSA": solve("dsa", DsaOptions(start="first", probability=0.4), slow),
        "MGM, lossy": solve("mgm", MgmOptions(start="first"), lossy),
    }
    print("After MGM:")
    print(bars(outcomes["MGM"].result.assignment), end="\n\n")
    for title, outcome in outcomes.items():
        print(told(title, outcome))
    outcomes["left"] = left_alone()
    result = outcomes["left"].result
    print(f"\n{outcomes['left'].failure_reason}: cost {result.cost:.2f} after {result.cycles} cycles stands")
    chart = cost_chart([outcomes[name].result for name in ("MGM", "MGM-2", "DSA")], over="time")
    target.write_text(chart.svg(alone=True), encoding="utf-8")
    print(f"cost over time: {target}")
    return outcomes


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.gettempdir()) / "smart_grid.svg")
