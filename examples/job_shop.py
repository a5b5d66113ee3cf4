"""A job shop that schedules itself: machines bid for operations in contract nets, one net an operation.

ft06 (Fisher and Thompson 1963; data/ft06.json): six jobs, each with one operation on each of six machines in an order
of its own; no schedule is shorter than 55. Each call for proposals names the next operation of every job. A machine
that some of them need bids the earliest time at which it could have one of them done; the others refuse. The earliest
bid is awarded, and its machine books one operation: any that it could begin before that time, by its rule of
preference, which may be the one it bid for or one that is worth waiting for. So bids and awards play the conflict sets
of Giffler and Thompson (1960), and what comes out is an active schedule: nothing in it could end earlier without
something else ending later.

Rules are quick and near-sighted. The last one blurs most work remaining by up to a half, anew at each look, and once a
seed: the best of forty such schedules reaches the optimum, which the report knows only because the literature does.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from negotiate_rt import ContractNetOptions, Contractor, NegotiationConfig, NegotiationExecutor, Task

FT06 = Path(__file__).parent / "data" / "ft06.json"
CONFIG = NegotiationConfig("contract-net", timeout=60, options=ContractNetOptions(award="time"))
DRAWS = 40
BLUR = 0.5

Operation = Mapping[str, Any]  # job, step, machine, ready, duration, work_left: as the call describes it
Rule = Callable[[Operation], float]  # the operation with the lowest value is preferred; ties by job


class Shop(NamedTuple):
    """An instance: step k of job j takes durations[j][k] on machines[j][k]."""

    name: str
    durations: list[list[int]]
    machines: list[list[int]]
    optimum: int


class Booking(NamedTuple):
    """One operation on its machine, from start to end."""

    machine: int
    job: int
    step: int
    start: int
    end: int


RULES: dict[str, Rule] = {
    "most work remaining": lambda operation: -operation["work_left"],
    "most work after it": lambda operation: operation["duration"] - operation["work_left"],
    "shortest operation": lambda operation: operation["duration"],
    "longest operation": lambda operation: -operation["duration"],
    "first come": lambda operation: operation["ready"],
}


def blurred(random: Random) -> Rule:
    """Return the rule that prefers most work remaining, seen through a blur."""
    return lambda operation: -operation["work_left"] * (1 + BLUR * random.random())


class Machine(Contractor):
    """Bids the earliest completion among the operations that need it, and books by its rule when it is awarded."""

    def __init__(self, number: int, rule: Rule) -> None:
        super().__init__(f"machine {number}")
        self.number = number
        self.rule = rule
        self.free_at = 0

    def mine(self, task: Task) -> list[Operation]:
        """Return the operations of a call that need this machine."""
        return [operation for operation in task["operations"] if operation["machine"] == self.number]

    def begin(self, operation: Operation) -> int:
        """Return the earliest time at which an operation could begin here."""
        ready: int = operation["ready"]
        return max(self.free_at, ready)

    def bid(self, task: Task) -> dict[str, int] | None:
        """Bid a completion time, or refuse."""
        ends = [self.begin(operation) + operation["duration"] for operation in self.mine(task)]
        return {"time": min(ends)} if ends else None

    def perform(self, task: Task) -> dict[str, int]:
        """Book the preferred one of the operations that could begin before the time that was bid, and report it."""
        bid = self.bid(task)
        assert bid is not None  # only who proposed is awarded
        rivals = [operation for operation in self.mine(task) if self.begin(operation) < bid["time"]]
        chosen = min(rivals, key=lambda operation: (self.rule(operation), operation["job"]))
        start = self.begin(chosen)
        self.free_at = start + chosen["duration"]
        return {"job": chosen["job"], "start": start, "end": self.free_at}


def call(shop: Shop, steps: Sequence[int], ready: Sequence[int]) -> Task:
    """Return the task of one net: the next operation of every job that has one."""
    return Task(
        operations=[
            {
                "job": job, "step": step, "machine": shop.machines[job][step], "ready": ready[job],
                "duration": shop.durations[job][step], "work_left": sum(shop.durations[job][step:]),
            }
            for job, step in enumerate(steps) if step < len(shop.machines[job])
        ]
    )  # fmt: skip


async def schedule(executor: NegotiationExecutor, shop: Shop, rule: Rule) -> list[Booking]:
    """Run one contract net after the other until every operation is booked; return the bookings in that order."""
    crew = [Machine(number, rule) for number in range(len(shop.machines[0]))]
    steps, ready = [0] * len(shop.machines), [0] * len(shop.machines)
    bookings: list[Booking] = []
    for _ in range(sum(map(len, shop.machines))):
        outcome = await executor.execute(crew, CONFIG, call(shop, steps, ready))
        if not outcome.agreed:
            raise RuntimeError(f"no machine took the next operation: {outcome.failure_reason}")
        winner = outcome.result.awarded[0]
        report = outcome.result.reports[winner]
        job = report["job"]
        bookings.append(Booking(shop.machines[job][steps[job]], job, steps[job], report["start"], report["end"]))
        steps[job], ready[job] = steps[job] + 1, report["end"]
    return bookings


def check(shop: Shop, bookings: Sequence[Booking]) -> int:
    """Return the makespan. Raises ValueError unless every operation is booked once, in order, and nothing overlaps."""
    at = {(one.job, one.step): one for one in bookings}
    wanted = [(job, step) for job, steps in enumerate(shop.machines) for step in range(len(steps))]
    if len(bookings) != len(wanted) or set(at) != set(wanted):
        raise ValueError("not every operation is booked exactly once")
    for (job, step), one in at.items():
        if one.machine != shop.machines[job][step] or one.end - one.start != shop.durations[job][step]:
            raise ValueError(f"{one} has the wrong machine or length")
        if one.start < (at[job, step - 1].end if step else 0):
            raise ValueError(f"{one} begins before the job's step before it ends")
    by_time = sorted(bookings, key=lambda one: (one.machine, one.start))
    for one, later in pairwise(by_time):
        if one.machine == later.machine and later.start < one.end:
            raise ValueError(f"{later} begins while machine {one.machine} is busy")
    return max(one.end for one in bookings)


def gantt(shop: Shop, bookings: Sequence[Booking]) -> str:
    """Return a chart: a line a machine, a character a unit of time, digits are jobs, dots are idle."""
    makespan = max(one.end for one in bookings)
    lines = [f"{'':10}{''.join(f'{tick:<10}' for tick in range(0, makespan + 1, 10)).rstrip()}"]
    for machine in range(len(shop.machines[0])):
        line = ["."] * makespan
        for one in bookings:
            if one.machine == machine:
                line[one.start : one.end] = str(one.job) * (one.end - one.start)
        lines.append(f"machine {machine} {''.join(line)}")
    return "\n".join(lines)


def read(path: Path) -> Shop:
    """Read an instance."""
    facts = json.loads(path.read_text(encoding="utf-8"))
    return Shop(facts["name"], facts["durations"], facts["machines"], facts["optimum"])


async def compare(shop: Shop, draws: int) -> dict[str, list[Booking]]:
    """Schedule the shop by every rule, and by the blurred one once a seed: all at once in one executor."""
    rules = RULES | {f"blurred, seed {seed}": blurred(Random(seed)) for seed in range(draws)}
    executor = NegotiationExecutor(clock="virtual", seed=1963)
    plans = await asyncio.gather(*(schedule(executor, shop, rule) for rule in rules.values()))
    return dict(zip(rules, plans, strict=True))


def main(draws: int = DRAWS) -> dict[str, int]:
    """Print each rule's makespan beside the optimum, and the best schedule; return the makespans."""
    shop = read(FT06)
    plans = asyncio.run(compare(shop, draws))
    makespans = {name: check(shop, plan) for name, plan in plans.items()}
    nets = sum(map(len, plans.values()))
    print(f"{shop.name}: {nets:,} contract nets made {len(plans)} schedules, all feasible;", end=" ")
    print(f"the optimum is {shop.optimum}\n")
    for name in RULES:
        print(f"  {name:20} {makespans[name]:4}  {makespans[name] / shop.optimum - 1:+6.1%}")
    drawn = sorted(makespan for name, makespan in makespans.items() if name not in RULES)
    print(f"  {f'blurred, best of {draws}':20} {drawn[0]:4}  {drawn[0] / shop.optimum - 1:+6.1%}", end="")
    print(f"  (median {drawn[len(drawn) // 2]}, worst {drawn[-1]})")
    best = min(makespans, key=lambda name: makespans[name])
    print(f"\nThe best, {best}:\n{gantt(shop, plans[best])}")
    return makespans


if __name__ == "__main__":
    main()
