"""What all bargaining among many shares: a neutral chair, seated by the runtime, gives the floor and passes offers on.

Each party talks to the chair only; a chair has no interests and no hooks. It relays an offer as it was made, under its
maker's name and id, so that it stands at every table at once; whoever accepts it names that id. Preferences are settled
for the parties alone, in seating order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeAlias

from msgspec.structs import replace

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.machine import Board, Kind, Refusal, Rule, names_own_offer, names_standing_offer
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.performatives import Accept, Message, Propose, Withdraw
from negotiate_rt.messages.view import View
from negotiate_rt.problems.bargaining import Pie
from negotiate_rt.protocols.base import Convener, NegotiationProtocol, unique_name
from negotiate_rt.protocols.guard import judge_bargain, view_of
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Question, Seat
from negotiate_rt.strategies.deciding import as_hook, concede


def relays_an_offer(message: Message, board: Board, mine: bool, now: float) -> Refusal | None:
    """The chair passes on what a third party has offered, unchanged; it never offers anything of its own."""
    assert isinstance(message, Propose)
    offer = board.offers.get(message.offer)
    if offer is None or offer.agent in (board.agent, board.peer):
        return Refusal(f"offer {message.offer!r} is not one that another party has made")
    if offer.value is not message.value and offer.value != message.value:
        return Refusal(f"offer {offer.id} was for {offer.value!r}, not {message.value!r}")
    return None


def names_a_relayed_offer(message: Message, board: Board, mine: bool, now: float) -> Refusal | None:
    """A party accepts the offer that stands before it; whether it still stands when that arrives, the chair says."""
    assert isinstance(message, Accept)
    if mine:
        return names_standing_offer(message, board, mine, now)
    offer = board.offers.get(message.offer)
    return None if offer is not None and offer.agent != board.peer else Refusal(f"no offer {message.offer!r} was put to it")


Rules: TypeAlias = Mapping[Kind | tuple[str, Kind], tuple[Rule, ...]]
CHAIR_RULES: Rules = {
    ("chair", Propose): (relays_an_offer,),
    ("party", Accept): (names_a_relayed_offer,),
    ("chair", Withdraw): (names_own_offer,),
}


def view_at_table(talk: Dialogue) -> View:
    """Return what a party may see, in the round that the chair has called."""
    view = view_of(talk)
    round = talk.conversation.round
    return view if view.round == round else replace(view, round=round)


AT_TABLE = Question("decide", judge_bargain, view_at_table, adapt=as_hook, default=concede)


class Chaired(NegotiationProtocol):
    """Root of the bargaining protocols with a chair and any number of parties."""

    seats: ClassVar = {"chair": 1, "party": (2, None)}
    convener = "chair"
    rules: ClassVar[Rules] = CHAIR_RULES
    questions: ClassVar = {"chair": {None: AT_TABLE}, "party": {None: AT_TABLE}}

    def make_initiator(self, config: NegotiationConfig, agents: Sequence[Any]) -> Convener:
        """Return the chair that the runtime seats."""
        return Convener(unique_name("chair", agents))

    def settle(self, seats: Sequence[Seat], config: NegotiationConfig, problem: Any) -> Any:
        """Resolve what the parties want. Raises ConfigurationError for a pie among more than two."""
        parties = [seat for seat in seats if seat.role != self.convener]
        settled = super().settle(parties, config, problem)
        if isinstance(settled, Pie) and len(parties) > 2:
            raise ConfigurationError(
                f"{self.name}: a pie's offer is one proposer's share, so a pie is divided between two, not {len(parties)}; "
                "describe what many divide as a BargainingProblem, with an issue for each share"
            )
        return settled


async def relay(talk: Bundle, message: Message, maker: str) -> None:
    """Pass on what a party has said to all the others, in seating order."""
    for name in talk.ends:
        if name != maker:
            await talk.send(message, name)
