"""Four students share a flat: who gets which room, at which rent, so that nobody would rather have another's?

Each states, under seal, what each room is worth to it; a referee gives the rooms to whom they are worth most in all, and sets
rents that nobody envies. Of all such rents there are many; the referee takes those at which whoever gains least gains as
much as it can (Alkan, Demange and Gale 1991; Gal, Mash, Procaccia and Zick 2017). Theory knows both: any division without
envy puts the rooms where they are worth most (Svensson 1983), which is checked here against all 24 ways; and the smallest
gain is found again by trying rents that are raised and lowered from there.

Equal rents for the same rooms leave envy. And as no rule of this kind is proof against lies (Green and Laffont 1979), one
student tries what it gains by stating other worths while the others are honest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from itertools import permutations
from typing import Any, NamedTuple

from negotiate_rt import (
    Claimant,
    DivisionProblem,
    NegotiationConfig,
    NegotiationExecutor,
    NegotiationOutcome,
    Rent,
    assess_with_money,
    divide_rent,
)

RENT = 2400
ROOMS = ("balcony", "garden", "street", "attic")
WORTHS = {
    "Ada": {"balcony": 900, "garden": 820, "street": 400, "attic": 280},
    "Ben": {"balcony": 800, "garden": 760, "street": 500, "attic": 340},
    "Cleo": {"balcony": 850, "garden": 650, "street": 480, "attic": 420},
    "Dan": {"balcony": 750, "garden": 650, "street": 600, "attic": 400},
}
LIES = range(-300, 301, 20)  # what Ada adds to what she says her room is worth


class Found(NamedTuple):
    """The division, what theory and equal rents say of it, and what a lie is worth."""

    outcome: NegotiationOutcome
    theory: Any  # a RentDivision
    best_total: int
    least: float
    better_shifts: int
    envied_at_equal_rents: str
    lie: int
    gains: tuple[float, float]  # Ada's, honest and by her best lie


async def share(executor: NegotiationExecutor, stated: Mapping[str, Mapping[str, int]]) -> NegotiationOutcome:
    """Divide the flat by what is stated; gains are reckoned by the true worths."""

    def student(name: str) -> Claimant:
        return Claimant(name, WORTHS[name], lambda view: stated[name])

    return await executor.execute([student(name) for name in WORTHS], NegotiationConfig("rent-division"), Rent(RENT, ROOMS))


def smallest_gain(rooms: Mapping[str, str], rents: Mapping[str, Any]) -> Any:  # a number
    """Return the gain of whoever gains least, None if somebody envies."""
    for name, room in rooms.items():
        own = WORTHS[name][room] - rents[room]
        if any(WORTHS[name][other] - rent > own for other, rent in rents.items()):
            return None
    return min(WORTHS[name][room] - rents[room] for name, room in rooms.items())


async def play() -> Found:
    """Divide the flat, set the division beside theory, and try lies."""
    executor = NegotiationExecutor(clock="virtual", seed=1991)
    outcome = await share(executor, WORTHS)
    theory = divide_rent(DivisionProblem(WORTHS, ROOMS), RENT)
    best = max(sum(WORTHS[name][room] for name, room in zip(WORTHS, order, strict=True)) for order in permutations(ROOMS))
    same_rooms = {name: outcome.result.allocation[name] for name in WORTHS}
    equal = assess_with_money(DivisionProblem(WORTHS, ROOMS), same_rooms, dict.fromkeys(WORTHS, RENT // 4), one_each=True)
    least = smallest_gain(theory.rooms, theory.rents)
    assert least is not None  # nobody envies
    shifted = [
        smallest_gain(theory.rooms, theory.rents | {up: theory.rents[up] + 1, down: theory.rents[down] - 1})
        for up, down in permutations(ROOMS, 2)
    ]
    better = sum(gain is not None and gain > least for gain in shifted)
    room = theory.rooms["Ada"]
    tried = {}
    for lie in LIES:
        stated = WORTHS | {"Ada": WORTHS["Ada"] | {room: WORTHS["Ada"][room] + lie}}
        tried[lie] = (await share(executor, stated)).utilities["Ada"]
    best_lie = max(tried, key=lambda lie: (tried[lie], -abs(lie)))
    envy = equal["envy-free"].reason
    return Found(outcome, theory, best, float(least), better, envy, best_lie, (tried[0], tried[best_lie]))


def main() -> Found:
    """Print rooms, rents, verdicts, and what theory says; return them."""
    found = asyncio.run(play())
    result, theory = found.outcome.result, found.theory
    for name, (room,) in result.allocation.items():
        paid, gain = float(result.payments[name]), found.outcome.utilities[name]
        print(f"{name:5} gets {room:8} for {paid:7.2f}, worth {float(result.worths[name]):4.0f} to it: a gain of {gain:.2f}")
    print(f"rents add up to {float(sum(result.payments.values())):.2f} of {RENT}")
    for verdict in result.verdicts.values():
        print(f"  {'yes' if verdict else 'no':3} {verdict}")
    same = result.payments == {name: theory.payment(name) for name in WORTHS}
    total = float(sum(result.worths.values()))
    print(f"theory: the same rooms and rents: {same}; rooms worth {total:.0f} in all, at best {found.best_total}")
    least, shifts, better = found.least, len(ROOMS) * (len(ROOMS) - 1), found.better_shifts
    print(f"        who gains least gains {least:.2f}; of {shifts} shifts of 1 from room to room {better} do better")
    print(f"equal rents of {RENT // 4}: {found.envied_at_equal_rents}")
    honest, lied = found.gains
    print(f"Ada gains {honest:.2f} by the truth, and {lied:.2f} by saying {found.lie:+d} for her room")
    return found


if __name__ == "__main__":
    main()
