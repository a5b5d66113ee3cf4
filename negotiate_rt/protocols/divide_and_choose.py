"""Divide and choose: one claimant cuts in two, the other takes the part that it likes better.

The oldest rule there is; over whole items an honest divider makes the worse of its two bundles worth as much as it can be to it
(its maximin share), over a cake it halves. The chooser envies nobody; the divider gets its maximin share, of a cake half. Nobody
states a worth to anybody.

What is awkward: it is better to divide if one knows what the other likes, else to choose. The first claimant divides unless
the options name another. Without a cut, or a choice, there is no division: it ends FAILED, with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.problems.dividing import Cake, DivisionResult
from negotiate_rt.problems.division_calls import ChoiceCall, CutCall
from negotiate_rt.protocols.dividing import Division, DivisionOptions, Sitting
from negotiate_rt.protocols.division_stakes import has_cake, settle_cake, settle_items
from negotiate_rt.protocols.division_verdicts import known_problem, pieces_result, result_of, with_verdicts
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.seat import Seat


class DividerOptions(DivisionOptions, frozen=True, kw_only=True):
    """Options of divide and choose. divider: who cuts (None: the first claimant)."""

    divider: str | None = None


class DivideAndChoose(Division):
    """One claimant cuts items or a cake in two, the other chooses."""

    name = "divide-and-choose"
    promises = ("maximin share",)
    seats: ClassVar = {"referee": 1, "claimant": (2, 2)}
    options = DividerOptions

    def settle(self, seats: Sequence[Seat], config: NegotiationConfig, problem: Any) -> Any:
        """Return the items, or the cake. Raises ConfigurationError for who cannot take part, or a divider that is nobody."""
        claimants = [seat for seat in seats if seat.role != self.convener]
        divider, names = self.settings(config).divider, [seat.name for seat in claimants]
        if divider is not None and divider not in names:
            raise ConfigurationError(f"options.divider: expected one of {', '.join(names)}, got {divider!r}")
        settle = settle_cake if has_cake(claimants, problem) else settle_items
        stake = settle(self.name, claimants, problem)
        for seat in seats:
            seat.problem = stake
        return stake

    async def referee(self, talk: Bundle) -> None:
        """Have one cut and the other choose."""
        sitting, stake = Sitting(talk, self.promises), talk.problem
        names = list(talk.ends)
        divider = talk.options.divider or names[0]
        chooser = next(name for name in names if name != divider)
        cake = isinstance(stake, Cake)
        if cake:
            sitting.promises = ("envy-free", "proportional")
        talk.conversation.round = 1
        call = CutCall(low=stake.low, high=stake.high) if cake else CutCall(items=stake)
        cut = await sitting.ask({divider: call})
        if divider not in cut:
            return sitting.fail()
        parts = ((stake.low, cut[divider]), (cut[divider], stake.high)) if cake else cut[divider]
        choice = await sitting.ask({chooser: ChoiceCall(parts=parts, cake=cake)})
        if chooser not in choice:
            return sitting.fail()
        if divider in sitting.gone:  # it has cut, and what it gets is what was left to it
            return sitting.fail(sitting.gone[divider])
        taken = {divider: parts[1 - choice[chooser]], chooser: parts[choice[chooser]]}
        return await sitting.conclude(await self._result(talk, {name: taken[name] for name in names}))

    async def _result(self, talk: Bundle, taken: dict[str, Any]) -> DivisionResult:
        if isinstance(talk.problem, Cake):
            return pieces_result(talk, self.name, taken)
        problem = known_problem(talk, list(taken))
        held = {name: frozenset(part) for name, part in taken.items()}
        return await with_verdicts(talk, result_of(self.name, talk.problem, held, problem), problem)


