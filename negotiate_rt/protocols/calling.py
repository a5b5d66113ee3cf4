"""What all calls for proposals share: collect answers until reply-by, answer late ones, read the bids off the boards."""

from __future__ import annotations

from negotiate_rt.messages.outcome import Bid
from negotiate_rt.messages.performatives import Lapse, Propose, Reject
from negotiate_rt.runtime.bundle import Bundle

AWAITING_BID, LAPSED, LATE = "awaiting_bid", "lapsed", "late"


async def collect(talk: Bundle, reply_by: float, answered: str) -> list[str]:
    """Wait until all who are awaited have answered, or reply-by (inclusive).

    Return who has proposed and is still in the state `answered`, in the order of arrival. Cost: O(participants).
    """
    proposers: list[str] = []
    ends = talk.ends
    silent = set(talk.waiting(AWAITING_BID))
    while silent:
        name, message = await talk.receive(deadline=reply_by)
        if message.__class__ is Lapse:
            for late in talk.waiting(AWAITING_BID):
                talk.lapse(late)
            break
        silent.discard(name)
        if message.__class__ is Propose and not (ends[name].machine.state.name == LATE and await reject_late(talk, name)):
            proposers.append(name)
    return [name for name in proposers if ends[name].machine.state.name == answered]


async def reject_late(talk: Bundle, name: str) -> bool:
    """Answer a proposal that came after reply-by by reject-proposal; return whether it did."""
    late = talk.state(name) == LATE
    if late:
        await talk.send(Reject("late"), name)
    return late


def bids_of(talk: Bundle, names: list[str], round: int) -> tuple[Bid, ...]:
    """Return the standing proposals of some participants as bids, in the order given."""
    ends = talk.ends
    bids = []
    for name in names:
        offer = ends[name].machine.board.standing
        if offer is not None:
            bids.append(Bid(name, offer.value, round))
    return tuple(bids)
