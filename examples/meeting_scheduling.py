"""When do we meet? Six people, seven meetings and a working day, agreed on by the people's agents among themselves (DPOP).

Each person's agent has a variable for each meeting it goes to: the hour it would have it. Who goes to a meeting must name the
same hour, nobody is in two places at once, and each has likes and dislikes that it tells nobody: what travels are tables of what
could be had at best. No agent, and no server, ever sees the whole problem.

- the day as it is: the best timetable, proved, and what the talk took;
- over a slow network that loses a tenth of all messages: the same timetable, only later;
- beside it MGM and DSA, which look one step ahead only: between "the same hour" and "not twice" the one gets stuck, and the
  other settles for less;
- half a day, on which it cannot be done: which of the rules contradict each other, no more of them and no fewer;
- little memory: refused before anybody has computed a table.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

from negotiate_rt import (
    CostFunction,
    DcopProblem,
    DpopOptions,
    NegotiationConfig,
    NegotiationExecutor,
    Network,
    Uniform,
    Variable,
)

HOURS = (9, 10, 11, 13, 14, 15)
MEETINGS = {
    "stand-up": ("Ada", "Ben", "Cleo", "Dan"), "budget": ("Ada", "Eve"), "hiring": ("Ben", "Eve", "Finn"),
    "design": ("Cleo", "Dan"), "release": ("Ada", "Cleo", "Finn"), "one-to-one": ("Ben", "Dan"), "retrospective": ("Dan", "Finn"),
}  # fmt: skip
LIKES = {  # what each thinks of the hours, from 0 (if it must be) to 5 (gladly)
    "Ada": (5, 5, 3, 1, 1, 0), "Ben": (1, 3, 5, 4, 2, 2), "Cleo": (0, 2, 4, 5, 4, 3), "Dan": (4, 4, 2, 2, 3, 5),
    "Eve": (0, 0, 1, 3, 5, 5), "Finn": (3, 4, 5, 2, 1, 1),
}  # fmt: skip
WEIGHTS = {"stand-up": 1, "budget": 3, "hiring": 2, "design": 2, "release": 3, "one-to-one": 1, "retrospective": 1}


def name(person: str, meeting: str) -> str:
    """Return what a person's variable for a meeting is called."""
    return f"{meeting} ({person})"


def day(hours: tuple[int, ...] = HOURS) -> DcopProblem:
    """Return the problem: likes as utilities to be added up, rules as hard constraints."""
    likes = {person: dict(zip(HOURS, row, strict=True)) for person, row in LIKES.items()}
    variables = [
        Variable(
            name(person, meeting), hours, {hour: WEIGHTS[meeting] * likes[person][hour] for hour in hours}, agent=person
        )
        for meeting, people in MEETINGS.items()
        for person in people
    ]
    same = [[0 if one == other else -math.inf for one in hours] for other in hours]
    apart = [[-math.inf if one == other else 0 for one in hours] for other in hours]
    rules = [
        CostFunction(f"{meeting}: {one} and {other}", (name(one, meeting), name(other, meeting)), same)
        for meeting, people in MEETINGS.items()
        for one, other in itertools.pairwise(people)
    ]
    for person in LIKES:
        own = [meeting for meeting, people in MEETINGS.items() if person in people]
        rules += [
            CostFunction(f"{person}: not {one} and {other}", (name(person, one), name(person, other)), apart)
            for one, other in itertools.combinations(own, 2)
        ]
    return DcopProblem(variables, rules, "max", name="a working day", agents=LIKES)


def solve(problem: DcopProblem, algorithm: str, network: Network | None = None, options: Any = None) -> Any:
    """Let the people's agents solve it; return the outcome."""
    executor = NegotiationExecutor(clock="virtual", seed=3, network=network)
    return executor.run([], NegotiationConfig(algorithm, timeout=3600, options=options), problem)


def timetable(assignment: dict[str, int]) -> str:
    """Return the day in lines: hour, meeting, who is there."""
    lines = []
    for hour in HOURS:
        held = [meeting for meeting, people in MEETINGS.items() if assignment[name(people[0], meeting)] == hour]
        lines.append(f"  {hour:>2}:00  " + "; ".join(f"{one} ({', '.join(MEETINGS[one])})" for one in held))
    return "\n".join(line.rstrip() for line in lines)


def told(title: str, outcome: Any) -> str:
    """Return what a search came to, in a line."""
    result = outcome.result
    worth = (
        "no timetable"
        if result.cost is None
        else f"worth {result.cost:g}"
        if not result.violated
        else "breaks the rules"
    )
    proof = ", proved to be the best" if result.proven else ""
    return (
        f"{title:<26}{worth}{proof}; {result.messages} messages, {result.bytes / 1024:.0f} KiB, "
        f"{outcome.duration_ms / 1000:.1f} s on the society's clock"
    )


def main() -> dict[str, Any]:
    """Solve every variant, print what came of it, and return the outcomes."""
    problem = day()
    slow = Network(Uniform(0.02, 0.3), loss=0.1, acknowledged=True)
    outcomes = {"dpop": solve(problem, "dpop"), "slow": solve(problem, "dpop", slow)}
    print(timetable(outcomes["dpop"].result.assignment), end="\n\n")
    print(told("DPOP", outcomes["dpop"]))
    print(told("DPOP, slow and lossy", outcomes["slow"]))
    for algorithm in ("mgm", "dsa"):
        outcomes[algorithm] = solve(problem, algorithm)
        print(told(algorithm.upper(), outcomes[algorithm]))
    outcomes["short"] = solve(day(HOURS[:3]), "dpop")
    print(f"\nBetween nine and noon only: {outcomes['short'].failure_reason}")
    outcomes["wide"] = solve(problem, "dpop", options=DpopOptions(most_bytes=10_000))
    print(f"\nWith 10 kB for tables: {outcomes['wide'].failure_reason}")
    return outcomes


if __name__ == "__main__":
    main()
