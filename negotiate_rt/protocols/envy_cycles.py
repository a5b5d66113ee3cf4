"""Envy-cycle elimination: item by item to somebody whom nobody envies; where all are envied, bundles go round first.

Lipton, Markakis, Mossel and Saberi (2004). If everybody is envied there is a cycle of parties each of which would rather have the
next one's bundle; they swap along it, and all of them gain, until somebody is not envied, who gets the next item. So nobody ever
envies another by more than one item (EF1), for any worths that never fall as bundles grow.

Two ways to know who envies whom. By `appraisals` each claimant states once, sealed, what each item is worth, and the referee
works it out; chores are taken, too. By `comparisons` nobody states a worth: before each item the referee shows all bundles,
and each says which of them it would rather have than its own; it needs no more than that, and so takes any worths that grow.

What is awkward about comparisons: who gives no answer is taken to envy nobody this time. If a claimant leaves all items go
back, and the division begins anew among the others.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Literal

from msgspec.structs import replace

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.problems.dividing import DivisionResult
from negotiate_rt.problems.division_calls import EnvyCall
from negotiate_rt.problems.goods import DivisionProblem, Item
from negotiate_rt.protocols.dividing import DivisionOptions, Sitting
from negotiate_rt.protocols.division_verdicts import known_problem, result_of, with_verdicts
from negotiate_rt.protocols.sealed_division import SealedDivision, of_bundles
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.seat import Seat
from negotiate_rt.solutions.division.turns import envy_cycle, envy_cycle_elimination, unenvied


class EnvyOptions(DivisionOptions, frozen=True, kw_only=True):
    """Options of envy-cycle elimination. by: `appraisals`, stated once, or `comparisons` of bundles, asked before each item.
    Raises ConfigurationError."""

    by: Literal["appraisals", "comparisons"] = "appraisals"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.by not in ("appraisals", "comparisons"):
            raise ConfigurationError(f"options.by: expected appraisals or comparisons, got {self.by!r}")


class EnvyCycleElimination(SealedDivision):
    """Goods (or chores) go one by one to whom nobody envies, after bundles went round along envy; fair up to one item."""

    name = "envy-cycle-elimination"
    options = EnvyOptions
    promises = ("EF1",)

    def settle(self, seats: Sequence[Seat], config: NegotiationConfig, problem: Any) -> Any:
        """Return the items. Raises ConfigurationError for who cannot answer, and for chores that are to be compared."""
        if self.settings(config).by == "appraisals":
            return super().settle(seats, config, problem)
        claimants = [seat for seat in seats if seat.role != self.convener]
        items = self.at_stake(claimants, config, problem)
        for seat in claimants:
            mine = seat.preferences
            if mine is not None and not mine.items.values_by_function(seat.name) and min(mine.items.row(seat.name)) < 0:
                raise ConfigurationError(f"agent {seat.name!r}: chores are divided by appraisals, not by comparisons")
        for seat in seats:
            seat.problem = items
        return items

    def divide(self, problem: DivisionProblem, options: Any, rng: random.Random) -> DivisionResult:
        """Return what envy-cycle elimination gives by what was stated."""
        return of_bundles(self.name, problem, envy_cycle_elimination(problem))

    async def referee(self, talk: Bundle) -> None:
        """Ask for appraisals once, or for comparisons item by item."""
        if talk.options.by == "appraisals":
            return await super().referee(talk)
        sitting = Sitting(talk, self.promises)
        held: dict[str, tuple[Item, ...]] | None = None
        while held is None:
            names = sitting.present
            if len(names) < 2:
                return sitting.fail()
            held = await self._compared(talk, sitting, names)
        sitting.missed = {}
        problem = known_problem(talk, list(held))
        bundles = {name: frozenset(items) for name, items in held.items()}
        found = await with_verdicts(talk, result_of(self.name, talk.problem, bundles, problem), problem)
        return await sitting.conclude(replace(found, left_out=sitting.why()))

    async def _compared(self, talk: Bundle, sitting: Sitting, names: list[str]) -> dict[str, tuple[Item, ...]] | None:
        """Give out the items one by one; None if somebody has left."""
        held: dict[str, tuple[Item, ...]] = dict.fromkeys(names, ())
        for place, item in enumerate(talk.problem):
            talk.conversation.round += 1
            while place:  # of empty bundles nobody envies any
                bundles = tuple(held.values())
                calls = {name: EnvyCall(bundles=bundles, mine=mine) for mine, name in enumerate(names)}
                answers = await sitting.ask(calls, part=1 / (len(talk.problem) - place + 1))
                if any(name in sitting.gone for name in names):
                    return None
                envied = {name: [names[other] for other in answers.get(name, ())] for name in names}
                if unenvied(names, envied):
                    break
                cycle = envy_cycle(names, envied, back=True)
                held |= {one: held[two] for one, two in zip(cycle, [*cycle[1:], cycle[0]], strict=True)}
            free = unenvied(names, envied)[0] if place else names[0]
            held[free] = (*held[free], item)
        return held
