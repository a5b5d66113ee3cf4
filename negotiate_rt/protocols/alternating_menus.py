"""Alternating menus: in its turn a party lays several offers before the other, which takes one of them or none.

Multiple equivalent simultaneous offers, as negotiators are taught them (Medvec and Galinsky 2005), under the rules of
`bilateral`: each turn makes a menu of one to `most` different offers. The other side accepts one by name (if it names none,
the one that is best for it), answers by a menu of its own, after which the old one stands no longer, or walks away. Offers of
equal worth to their maker show what it cares for without giving way. A skipped turn leaves the menu where it is. After
max_rounds rounds the talk ends in DEADLOCK.

What is awkward: a menu travels as one message, for a lossy network must not deliver half of it; each of its offers has an
id of its own. A menu stands until it is answered: its offers neither expire nor are taken back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec
from msgspec.structs import replace

from negotiate_rt.errors import InvalidDecision, LocalProtocolError
from negotiate_rt.machine import Board, Moves, Refusal
from negotiate_rt.messages.config import NegotiationConfig, whole
from negotiate_rt.messages.outcome import AGREED, DEADLOCK, FAILED, TIMEOUT, NegotiationOffer
from negotiate_rt.messages.performatives import Accept, Message, Propose, Walk
from negotiate_rt.messages.view import View
from negotiate_rt.protocols.base import NegotiationProtocol
from negotiate_rt.protocols.guard import judge_bargain, view_of
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Question, Seat
from negotiate_rt.strategies.deciding import as_hook, concede

OPENING, ANSWER, COUNTER = "opening", "awaiting_responder", "awaiting_initiator"


class MenuOptions(msgspec.Struct, frozen=True, kw_only=True):
    """most: the largest number of offers in one turn, at least 1."""

    most: int = 5

    def __post_init__(self) -> None:
        whole("options.most", self.most, 1)


class Menu(msgspec.Struct, frozen=True, tag="menu"):
    """Several offers at once: ids and values, in their maker's order."""

    offers: tuple[tuple[str, Any], ...]  # Any: the problem's own values


class MenuBoard(Board):
    """What is on the table where several offers stand at once. `standing` is the one that is best for us."""

    __slots__ = ("menu", "most", "own_menu", "preferences")

    def __init__(self, board: Board, seat: Seat) -> None:
        super().__init__(board.agent, board.peer, board.offers, board.check)
        self.preferences = seat.preferences
        self.most: int = seat.context.most
        self.menu: tuple[NegotiationOffer, ...] = ()
        self.own_menu: tuple[NegotiationOffer, ...] = ()

    def note(self, message: Message, mine: bool) -> None:
        """Take down a menu, which answers the other side's."""
        assert isinstance(message, Propose)
        offers = tuple(self.offers[id] for id, _ in message.value.offers)
        if mine:
            self.own_menu, self.menu = offers, ()
            self.own = self.own_last = offers[0]
            self.standing = None
            return
        self.menu, self.own_menu = offers, ()
        self.standing = self.last_heard = max(offers, key=lambda one: self.preferences.utility(one.value, False))
        self.own = None
        self.heard = [*self.heard, *(one.value for one in offers)]


def is_a_menu(message: Message, board: Board, mine: bool, now: float) -> Refusal | None:
    """A turn makes one to `most` different offers, each in the register under the name of the one who makes it."""
    assert isinstance(message, Propose)
    if not isinstance(message.value, Menu) or not message.value.offers:
        return Refusal("a turn lays a menu of offers before the other side")
    offers = message.value.offers
    if isinstance(board, MenuBoard) and len(offers) > board.most:
        return Refusal(f"a menu holds at most {board.most} offers, not {len(offers)}")
    maker = board.agent if mine else board.peer
    for id, value in offers:
        known = board.offers.get(id)
        if known is None or known.agent != maker or known.value != value:
            return Refusal(f"offer {id!r} is not one that {maker} has made")
    if any(value == other for place, (_, value) in enumerate(offers) for _, other in offers[:place]):
        return Refusal("a menu holds each offer once")
    return None


def takes_from_the_menu(message: Message, board: Board, mine: bool, now: float) -> Refusal | None:
    """An acceptance names one of the offers that stand."""
    assert isinstance(message, Accept)
    if not isinstance(board, MenuBoard):
        return None
    menu = board.menu if mine else board.own_menu
    if any(one.id == message.offer for one in menu):
        return None
    known = board.offers.get(message.offer)
    theirs = known is not None and known.agent == (board.peer if mine else board.agent)
    return Refusal(f"offer {message.offer!r} is not on the menu" if menu else "nothing stands to be accepted",
                   stale=theirs and not mine)  # fmt: skip


def view_of_menu(talk: Dialogue) -> View:
    """Return what a party may see: all offers that stand, and among them the one that is best for it."""
    board = talk.machine.board
    assert isinstance(board, MenuBoard)
    return replace(view_of(talk), standing_offers=board.menu)


def judge_menu(talk: Dialogue, decision: Any) -> Message:
    """Turn a decision into a message: one Propose, or a list of them or of bare values, is a menu; all else as in bargaining.

    Raises InvalidDecision for an empty list, an offer that would expire, and whatever the guard refuses in one of them.
    """
    if isinstance(decision, Accept) and decision.offer:
        return _judge_choice(talk, decision)
    if isinstance(decision, Propose):
        decision = [decision]
    if not isinstance(decision, (list, tuple)):
        return judge_bargain(talk, decision)
    if Propose not in talk.machine.state.says:
        return judge_bargain(talk, Propose(None))
    offers = [one if isinstance(one, Propose) else Propose(one) for one in decision]
    if not offers or any(one.expires_at is not None for one in offers):
        raise InvalidDecision("a menu holds at least one offer, and its offers cannot carry expires_at")
    register, count = talk.conversation.offers, talk.conversation.offer_count
    entered: list[tuple[str, Any]] = []
    try:
        for one in offers:
            entered.append(_entered(talk, one))
        return talk.machine.clear(Propose(Menu(tuple(entered)), entered[0][0]), talk.now)
    except (InvalidDecision, LocalProtocolError):
        for id, _ in entered:
            del register[id]
        talk.conversation.offer_count = count
        raise


def _entered(talk: Dialogue, one: Propose) -> tuple[str, Any]:
    """Enter one offer of a menu in the register; return its id and value. Raises InvalidDecision."""
    preferences = talk.seat.preferences
    try:
        value = preferences.check(one.value)
    except ValueError as error:
        raise InvalidDecision(str(error)) from None
    worth = preferences.utility(value, True)
    if talk.seat.guard and worth < preferences.reservation_value:
        raise InvalidDecision(
            f"offer {value!r} is worth {worth:g} to {talk.name}, below its own reservation value "
            f"{preferences.reservation_value:g}"
        )
    conversation = talk.conversation
    conversation.offer_count += 1
    id = f"{conversation.id}/{conversation.offer_count}"
    conversation.offers[id] = NegotiationOffer(id, talk.name, value, talk.machine.turns // 2 + 1, talk.now)
    return id, value


def _judge_choice(talk: Dialogue, decision: Accept) -> Message:
    """Check an acceptance that names one offer of the menu."""
    message = talk.machine.clear(decision, talk.now)
    preferences = talk.seat.preferences
    worth = preferences.utility(talk.conversation.offers[decision.offer].value, False)
    if talk.seat.guard and worth < preferences.reservation_value:
        raise InvalidDecision(
            f"acceptance of {decision.offer} is worth {worth:g} to {talk.name}, below its own reservation value "
            f"{preferences.reservation_value:g}"
        )
    return message


MENU = Question("decide", judge_menu, view_of_menu, adapt=as_hook, default=concede)


def _turn(mine: str, passes_to: str) -> dict[Any, str]:
    """Rows of a turn: the mover lays out a menu, takes an offer of the other's, or walks."""
    return {(mine, Propose): passes_to, (mine, Accept): AGREED, (mine, Walk): FAILED}


class AlternatingMenus(NegotiationProtocol):
    """Alternating menus of offers between two parties; the other side picks one."""

    name = "alternating-menus"
    seats: ClassVar = {"initiator": 1, "responder": 1}
    start = OPENING
    options = MenuOptions
    contents = (Menu,)
    rules: ClassVar = {
        ("initiator", Propose): (is_a_menu,), ("responder", Propose): (is_a_menu,),
        ("initiator", Accept): (takes_from_the_menu,), ("responder", Accept): (takes_from_the_menu,),
    }  # fmt: skip
    moves: ClassVar[Moves] = {
        OPENING: {("initiator", Propose): ANSWER, ("initiator", Walk): FAILED},
        ANSWER: _turn("responder", COUNTER),
        COUNTER: _turn("initiator", ANSWER),
    }
    skips: ClassVar = {OPENING: ANSWER, ANSWER: COUNTER, COUNTER: ANSWER}
    timeouts: ClassVar = {OPENING: TIMEOUT, ANSWER: TIMEOUT, COUNTER: TIMEOUT}
    exhausted: ClassVar = {COUNTER: DEADLOCK}
    questions: ClassVar = {"initiator": {None: MENU}, "responder": {None: MENU}}

    def settle(self, seats: Sequence[Seat], config: NegotiationConfig, problem: Any) -> Any:
        """Resolve what the parties want, and how many offers a turn may make."""
        for seat in seats:
            seat.context = self.settings(config)
        return super().settle(seats, config, problem)

    async def initiator(self, talk: Dialogue) -> None:
        """Open, then answer in turn."""
        talk.machine.board = MenuBoard(talk.machine.board, talk.seat)
        while True:
            await talk.take_turn()
            await talk.receive()

    async def responder(self, talk: Dialogue) -> None:
        """Answer in turn."""
        talk.machine.board = MenuBoard(talk.machine.board, talk.seat)
        while True:
            await talk.receive()
            await talk.take_turn()
