"""Round robin: claimants take whole items in turns, each time one of those that are left.

Who takes what it likes best of what is left envies nobody by more than one item (EF1) where worths add up, whoever is first.
The referee calls each in turn and says what is left and who took what; picks are open, worths stay with the claimants.

What is awkward: who passes its turn, or is late, is called again in the next round; once nobody of a whole round has taken
anything, or after max_rounds rounds, it is over, and what is left remains. If a claimant leaves, all items go back and the
picking begins anew among the others: what it took would be lost, and what it had the first choice of would make the others'
turns unequal. Rounds are counted on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import force_setattr, replace

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.problems.dividing import PickCall
from negotiate_rt.problems.goods import Item
from negotiate_rt.protocols.dividing import Division, DivisionOptions, Sitting
from negotiate_rt.protocols.division_stakes import settle_items
from negotiate_rt.protocols.division_verdicts import known_problem, result_of, with_verdicts
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.seat import Seat


class RoundRobinOptions(DivisionOptions, frozen=True, kw_only=True):
    """Options of round robin. order: "seats", "drawn" by seed, or all claimants' names, the first one first. Raises
    ConfigurationError."""

    order: str | tuple[str, ...] = "seats"

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
        sitting = Sitting(talk)
        order = list(talk.ends) if isinstance(talk.options.order, str) else list(talk.options.order)
        if talk.options.order == "drawn":
            talk.rng.shuffle(order)
        taken: list[tuple[str, Item]] | None = None
        while taken is None:
            order = [name for name in order if name not in sitting.gone]
            if len(order) < 2:
                return sitting.fail()
            taken = await self._picking(talk, sitting, order)
        if not taken:
            return sitting.fail()
        held = {name: frozenset(item for who, item in taken if who == name) for name in talk.ends if name in order}
        problem = known_problem(talk, list(held))
        found = result_of(self.name, talk.problem, held, problem)
        found = await with_verdicts(talk, found, problem)
        sitting.missed = {}
        return await sitting.conclude(replace(found, left_out=sitting.why()))

    async def _picking(self, talk: Bundle, sitting: Sitting, order: list[str]) -> list[tuple[str, Item]] | None:
        """Return who took what, in order; None if somebody has left."""
        left: list[Item] = list(talk.problem)
        taken: list[tuple[str, Item]] = []
        missed: dict[str, str] = {}
        rounds = talk.conversation.terms.max_rounds
        while left and talk.conversation.round < rounds:
            talk.conversation.round += 1
            before = len(taken)
            for name in order:
                if not left:
                    break
                call = PickCall(items=tuple(left), taken=tuple(taken))
                answers = await sitting.ask({name: call}, part=1 / (len(left) + 1))
                if any(one in sitting.gone for one in order):
                    return None
                missed |= sitting.missed
                if name in answers:
                    taken.append((name, answers[name]))
                    left.remove(answers[name])
            if len(taken) == before:
                break
        sitting.missed = missed
        return taken

