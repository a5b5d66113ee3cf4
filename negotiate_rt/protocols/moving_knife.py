"""The moving knife: a knife moves over a cake from left to right; whoever first says stop gets what it has passed.

Dubins and Spanier (1961). An honest claimant says stop where what lies on the left is worth one part in n of the whole to it,
so each gets what it deems an n-th at least (proportional, not always envy-free), and in one piece. The knife does not take
time here: each says, sealed, where it would stop it, and the leftmost mark is where it stops. That claimant gets its piece and
goes; the knife moves on for the others, and the last one gets the rest. Of equal marks the first seated has it.

What is awkward: if somebody leaves without a piece, those who are left divide the rest by their number, from where the knife
is, and are asked anew. Who gives no mark does not stop the knife this time; if all are late they are asked again, as often
as there are rounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.performatives import InformResult
from negotiate_rt.problems.division_calls import Award, MarkCall
from negotiate_rt.protocols.dividing import WAITING, Division, Sitting, passed
from negotiate_rt.protocols.division_stakes import settle_cake
from negotiate_rt.protocols.division_verdicts import pieces_result
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.seat import Seat


class MovingKnife(Division):
    """A knife moves over a cake, and whoever first says stop gets the piece; proportional, each piece an interval."""

    name = "moving-knife"
    promises = ("proportional",)

    def settle(self, seats: Sequence[Seat], config: NegotiationConfig, problem: Any) -> Any:
        """Return the cake. Raises ConfigurationError for who cannot say where to stop."""
        cake = settle_cake(self.name, [seat for seat in seats if seat.role != self.convener], problem)
        for seat in seats:
            seat.problem = cake
        return cake

    async def referee(self, talk: Bundle) -> None:
        """Move the knife until all but one have a piece."""
        sitting, cake = Sitting(talk, self.promises), talk.problem
        pieces: dict[str, tuple[float, float]] = {}
        left = list(talk.ends)
        start = origin = cake.low
        parties = len(left)
        while len(left) > 1:
            talk.conversation.round += 1
            call = MarkCall(origin=origin, start=start, high=cake.high, parties=parties)
            marks = await sitting.ask(dict.fromkeys(left, call), part=1 / (len(left) + 1))
            still = [name for name in left if name not in sitting.gone]
            if len(still) < len(left):  # what they have marked is an n-th for one n too many
                left, origin, parties = still, start, len(still)
                continue
            if not marks and (passed(sitting, left) or talk.conversation.round >= talk.conversation.terms.max_rounds):
                break
            if not marks:
                continue
            first = min(marks, key=marks.__getitem__)
            pieces[first] = (start, marks[first])
            start = marks[first]
            left.remove(first)
            if talk.state(first) == WAITING:
                await talk.send(InformResult(Award(piece=pieces[first])), first)
        if len(left) != 1 or not pieces:
            return sitting.fail()
        pieces[left[0]] = (start, cake.high)
        result = pieces_result(talk, self.name, {name: pieces[name] for name in talk.ends if name in pieces})
        sitting.missed = {}
        return await sitting.conclude(replace(result, left_out=sitting.why()))
