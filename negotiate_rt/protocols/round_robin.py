"""Round robin: claimants take whole items in turns, each time one of those that are left.

Who takes what it likes best of what is left envies nobody by more than one item (EF1) where worths add up, whoever is first.
The referee calls each in turn and says what is left and who took what; picks are open, worths stay with the claimants.

Chores are taken in the same way, the least bad first. Where an item may be a good to one and a burden to another, the option
`mixed` makes two turns of it (Aziz, Caragiannis, Igarashi and Walsh 2022): the referee asks, under seal, which items each
would rather have than not; those that nobody would are taken first, in so many full rounds that the first turns may pass;
then the others in the opposite order, where who wants nothing more passes.

What is awkward: who passes its turn, or is late, is called again in the next round; once everybody has passed in one round,
or after max_rounds rounds, it is over, and what is left remains. If a claimant leaves, all items go back and the
picking begins anew among the others: what it took would be lost, and what it had the first choice of would make the others'
turns unequal. Rounds are counted on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from msgspec.structs import force_setattr, replace

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.problems.division_calls import PickCall, WishCall
from negotiate_rt.problems.goods import Item
from negotiate_rt.protocols.dividing import Division, DivisionOptions, Sitting, passed
from negotiate_rt.protocols.division_stakes import settle_items
from negotiate_rt.protocols.division_verdicts import known_problem, result_of, with_verdicts
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.seat import Seat

NONE: Any = object()  # what is taken in a turn that passes: an item may be anything, None included


class RoundRobinOptions(DivisionOptions, frozen=True, kw_only=True):
    """Options of round robin. order: "seats", "drawn" by seed, or all claimants' names, the first one first. mixed: whether some
    of the items may be a burden to some: two turns then. Raises ConfigurationError."""

    order: str | tuple[str, ...] = "seats"
    mixed: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.order, str):
            if self.order not in ("seats", "drawn"):
                raise ConfigurationError(f"options.order: expected seats, drawn, or a list of names, got {self.order!r}")
        else:
            force_setattr(self, "order", tuple(self.order))


class RoundRobin(Division):
    """Claimants take turns, each time one item of those that are left; fair up to one item."""

    name = "round-robin"
    promises = ("EF1",)
    options = RoundRobinOptions

    def settle(self, seats: Sequence[Seat], config: NegotiationConfig, problem: Any) -> Any:
        """Return the items. Raises ConfigurationError for who cannot pick, and an order that does not name each once."""
        claimants = [seat for seat in seats if seat.role != self.convener]
        order, names = self.settings(config).order, [seat.name for seat in claimants]
        if not isinstance(order, str) and sorted(order) != sorted(names):
            raise ConfigurationError(f"options.order: expected each claimant once, of {', '.join(names)}, got {', '.join(order)}")
        items = settle_items(self.name, claimants, problem)
        for seat in seats:
            seat.problem = items
        return items

    async def referee(self, talk: Bundle) -> None:
        """Call turn by turn until everything is taken; begin anew when somebody leaves."""
        sitting = Sitting(talk, self.promises)
        order = list(talk.ends) if isinstance(talk.options.order, str) else list(talk.options.order)
        if talk.options.order == "drawn":
            talk.rng.shuffle(order)
        picking = None
        while picking is None or any(name in sitting.gone for name in order):
            order = [name for name in order if name not in sitting.gone]
            if len(order) < 2:
                return sitting.fail()
            picking = Picking(sitting, order)
            await picking.run(talk.options.mixed)
        sitting.missed = {} if picking.taken else picking.missed
        if not picking.taken:
            return sitting.fail()
        held = {name: picking.bundle(name) for name in talk.ends if name in order}
        problem = known_problem(talk, list(held))
        if problem is not None and not (problem.additive and (talk.options.mixed or problem.kind != "mixed")):
            sitting.promises = ()
        found = await with_verdicts(talk, result_of(self.name, talk.problem, held, problem), problem)
        return await sitting.conclude(replace(found, left_out=sitting.why()))


class Picking:
    """Items being taken in turns. `taken`: who took what, in order; `missed`: who let a turn pass, and why, when last it did."""

    def __init__(self, sitting: Sitting, order: list[str]) -> None:
        self.sitting, self.talk = sitting, sitting.talk
        self.order = order
        self.taken: list[tuple[str, Item]] = []
        self.missed: dict[str, str] = {}

    def bundle(self, name: str) -> frozenset[Item]:
        """Return what a claimant has taken."""
        return frozenset(item for who, item in self.taken if who == name)

    async def run(self, mixed: bool) -> None:
        """Go round until everything is taken, everybody passes, or somebody leaves."""
        items = list(self.talk.problem)
        if not mixed:
            await self._turns(self.order, items, 0)
            return
        wishes = await self.sitting.ask(dict.fromkeys(self.order, WishCall(items=tuple(items))))
        wished = {item for one in wishes.values() for item in one}
        burdens = [item for item in items if item not in wished]
        if await self._turns(self.order, burdens, -len(burdens) % len(self.order)):
            await self._turns(self.order[::-1], [item for item in items if item in wished], math.inf)

    async def _turns(self, order: list[str], left: list[Item], spare: float) -> bool:
        """Let these be taken; return whether nobody has left. spare: how many turns may be passed as if something worth nothing
        was taken."""
        talk, limit = self.talk, self.talk.conversation.terms.max_rounds
        moved = True
        while left and moved and talk.conversation.round < limit:
            talk.conversation.round += 1
            moved = False
            for name in order:
                if not left:
                    break
                item = await self._ask(name, left, spare > 0)
                if any(one in self.sitting.gone for one in order):
                    return False
                if item is not NONE:
                    self.taken.append((name, item))
                    left.remove(item)
                elif 0 < spare < math.inf:
                    spare -= 1
                moved = moved or item is not NONE or 0 < spare < math.inf or not passed(self.sitting, [name])
        return not any(one in self.sitting.gone for one in order)

    async def _ask(self, name: str, left: list[Item], may_pass: bool) -> Item:
        call = PickCall(items=tuple(left), taken=tuple(self.taken), may_pass=may_pass)
        answers = await self.sitting.ask({name: call}, part=1 / (len(left) + 1))
        self.missed |= self.sitting.missed
        return answers.get(name, NONE)
