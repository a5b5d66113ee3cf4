"""What is on the table, seen from one end of a dialogue: which offers stand, and content rules about them.

A counter-proposal answers the standing offer: it stands no longer. `offers` is the conversation's register of all offers
by id; an offer the register does not know, or that its maker may not speak for, is refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec

from negotiate_rt.messages.outcome import NegotiationOffer
from negotiate_rt.messages.performatives import Accept, Message, Propose, Withdraw


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """Why a message's content is not allowed; `stale` if it was legal when said, which makes it nobody's fault."""

    reason: str
    stale: bool = False


Standing: TypeAlias = tuple[NegotiationOffer | None, NegotiationOffer | None, NegotiationOffer | None]
"""What stood on a board: `own`, `own_last`, `standing`."""


def _anything(value: Any) -> Any:  # a problem's own value type
    return value


class Board:
    """Offers of one dialogue, seen by `agent`: `standing` is the other's, `own` is mine, and both are None once answered
    or withdrawn; `own_last` and `last_heard` are the last offers whatever became of them; `heard` holds the values of
    theirs, oldest first."""

    __slots__ = ("agent", "check", "heard", "last_heard", "offers", "own", "own_last", "peer", "standing")

    def __init__(
        self, agent: str, peer: str, offers: dict[str, NegotiationOffer], check: Callable[[Any], Any] = _anything
    ) -> None:
        self.agent = agent
        self.peer = peer
        self.offers = offers
        self.check = check
        self.standing: NegotiationOffer | None = None
        self.own: NegotiationOffer | None = None
        self.own_last: NegotiationOffer | None = None
        self.last_heard: NegotiationOffer | None = None
        self.heard: list[Any] | tuple[()] = ()

    def note(self, message: Message, mine: bool) -> None:
        """Take down an offer, which answers the other side's, or its withdrawal. Cost: O(1)."""
        if isinstance(message, Propose):
            offer = self.offers[message.offer]
            if mine:
                self.own = self.own_last = offer
                self.standing = None
                return
            self.standing = self.last_heard = offer
            self.own = None
            self.heard = self.heard or []
            self.heard.append(offer.value)
        elif isinstance(message, Withdraw):
            if mine:
                self.own = None
            else:
                self.standing = None


def inside_outcome_space(message: Message, board: Board, mine: bool, now: float) -> Refusal | None:
    """An offer must be a point of the outcome space, and be in the register under the name of the one who makes it.

    Whoever registers a value has checked it, so the registered object itself needs no second look.
    """
    assert isinstance(message, Propose)
    offer = board.offers.get(message.offer)
    maker = board.agent if mine else board.peer
    if offer is not None and offer.agent == maker and (offer.value is message.value or offer.value == message.value):
        return None
    try:
        board.check(message.value)
    except ValueError as error:
        return Refusal(str(error))
    return Refusal(f"offer {message.offer!r} is not one that {maker} has made")


def names_standing_offer(message: Message, board: Board, mine: bool, now: float) -> Refusal | None:
    """An acceptance must name the offer that stands; one that was withdrawn, answered or has expired binds nobody."""
    assert isinstance(message, Accept)
    offer = board.standing if mine else board.own
    if offer is None or offer.id != message.offer:
        known = board.offers.get(message.offer)
        if known is not None and known.agent == (board.peer if mine else board.agent):
            return Refusal(f"offer {message.offer} stands no longer", stale=not mine)
        return Refusal(f"no offer {message.offer!r} stands here" if message.offer else "nothing stands to be accepted")
    if offer.expires_at is not None and now > offer.expires_at:
        return Refusal(f"offer {offer.id} expired at {offer.expires_at:g}, now is {now:g}", stale=not mine)
    return None


def names_own_offer(message: Message, board: Board, mine: bool, now: float) -> Refusal | None:
    """Only its maker withdraws an offer, and only while it stands."""
    assert isinstance(message, Withdraw)
    offer = board.own if mine else board.standing
    if offer is None or offer.id != message.offer:
        known = board.offers.get(message.offer)
        theirs = known is not None and known.agent == board.peer
        return Refusal(f"offer {message.offer!r} does not stand", stale=theirs and not mine)
    return None


def finite_number(message: Message, board: Board, mine: bool, now: float) -> Refusal | None:
    """A bid must be a true number: finite, never negative, no bool."""
    assert isinstance(message, Propose)
    value = message.value
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        return Refusal(f"a bid must be a finite number of at least 0, got {value!r}")
    return None
