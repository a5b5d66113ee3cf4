"""Invariants of how a negotiation ends: once, in time, within its rounds, at an offer that was made and suits everybody."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from negotiate_rt.lab.invariants.witness import Witness
from negotiate_rt.messages.outcome import AGREED, TIMEOUT, NegotiationOffer, NegotiationState
from negotiate_rt.messages.performatives import Accept, Propose
from negotiate_rt.problems.mediation import MediationResult

SLACK = 1e-9  # relative and absolute: rounding of sums and products
CODES = frozenset(
    (
        "walked-away", "no-bids", "below-reserve", "refused", "agent-crashed", "agent-late", "protocol-violation", "cancelled",
        "infeasible", "timeout", "max-rounds", "stood-still",
    )
)  # fmt: skip


def one_outcome(seen: Witness) -> Iterator[str]:
    """One outcome, announced once, its parts in agreement with each other."""
    outcome = seen.outcome
    if outcome is None:
        yield "it has no outcome"
        return
    if seen.endings != 1:
        yield f"it ended {seen.endings} times"
    if outcome.final_state not in NegotiationState:
        yield f"its final state is {outcome.final_state!r}"
    if outcome.agreed != (outcome.final_state == AGREED) or outcome.agreed != (outcome.failure_reason is None):
        yield f"agreed={outcome.agreed}, {outcome.final_state}, failure_reason={outcome.failure_reason!r} contradict each other"
    if outcome.id != seen.conversation.id or outcome.protocol != seen.protocol.name:
        yield f"the outcome is that of {outcome.id} under {outcome.protocol}"
    if not outcome.agreed and outcome.accepted_offer is not None:
        yield f"no agreement, but {outcome.accepted_offer} was accepted"
    if outcome.messages != seen.conversation.messages or outcome.messages < 0:
        yield f"{outcome.messages} messages told, {seen.conversation.messages} counted"


def in_time(seen: Witness) -> Iterator[str]:
    """It ends by its deadline, nothing is said or heard after that, and time never goes back."""
    outcome, conversation = seen.outcome, seen.conversation
    timeout = math.inf if seen.config.timeout is None else float(seen.config.timeout)  # type: ignore[arg-type]  # seconds by now
    if outcome is not None and not 0 <= outcome.duration_ms / 1000 <= timeout * (1 + SLACK) + SLACK:
        yield f"it took {outcome.duration_ms / 1000:g} s of {timeout:g}"
    last = conversation.started_at
    for event in seen.events:
        if event.at < last:
            yield f"time went back from {last:g} to {event.at:g}"
        last = event.at
    if outcome is not None and last > conversation.ended_at + SLACK:
        yield f"something was {seen.events[-1].kind} at {last:g}, after the end at {conversation.ended_at:g}"


def released(seen: Witness) -> Iterator[str]:
    """Nothing of it runs on: roles, timers, mailboxes, calls, the rings between its ends."""
    conversation = seen.conversation
    if not conversation.closed:
        yield "it was never closed"
    yield from seen.held
    if any(end.link is not None and getattr(end.link, "deadline", math.inf) < math.inf for end in seen.ends):
        yield "a channel's timer is still set"
    if any(end.peer is not None for end in seen.ends):
        yield "its ends still hold each other"
    if conversation.ends or conversation.actors:
        yield f"{len(conversation.ends)} ends and {len(conversation.actors)} roles are still held"


def rounds_kept(seen: Witness) -> Iterator[str]:
    """No more rounds than were allowed, and round numbers start from 1."""
    outcome = seen.outcome
    if outcome is not None and not 1 <= outcome.rounds_used <= seen.config.max_rounds:
        yield f"{outcome.rounds_used} rounds of {seen.config.max_rounds}"
    if outcome is not None and any(not 1 <= one.round <= seen.config.max_rounds for one in outcome.all_offers):
        yield "an offer's round lies outside of 1 to max_rounds"


def real_offer(seen: Witness) -> Iterator[str]:
    """What was accepted is an offer that somebody who sits here has made and the other side has heard; offers' ids are unique."""
    outcome = seen.outcome
    ids = [one.id for one in outcome.all_offers] if outcome is not None else []
    if len(set(ids)) < len(ids):
        yield "two offers have the same id"
    deal = outcome.accepted_offer if outcome is not None else None
    if outcome is None or deal is None:
        return
    maker = next((seat for seat in seen.seats if seat.name == deal.agent), None)
    if maker is None:
        yield f"{deal.agent}, who does not sit here, has made the accepted offer"
    elif maker.role == seen.protocol.convener:
        return  # a price that the chair has worked out from demands that fit
    if deal not in outcome.all_offers:
        yield f"the accepted {deal} is not among the offers"
    yield from _made_and_heard(seen, deal)


def _made_and_heard(seen: Witness, deal: NegotiationOffer) -> Iterator[str]:
    made = [event for event in seen.events if isinstance(event.message, Propose) and names(event.message, deal.id)]
    if not any(event.kind == "said" and event.end.name == deal.agent for event in made):
        if deal.agent not in seen.adversaries:
            yield f"{deal.agent} never made the accepted offer {deal.id}"
    elif not any(event.kind == "heard" and event.end.other == deal.agent for event in made):
        yield f"nobody heard the accepted offer {deal.id}"
    if deal.expires_at is not None and seen.conversation.ended_at > deal.expires_at + SLACK:
        yield f"the accepted offer expired at {deal.expires_at:g}, before the end at {seen.conversation.ended_at:g}"


def names(message: Propose, offer: str) -> bool:
    """Whether a proposal is that offer, or a menu that holds it."""
    return message.offer == offer or any(one[0] == offer for one in getattr(message.value, "offers", ()))


def acceptance_heard(seen: Witness) -> Iterator[str]:
    """Between two parties an agreement binds when the offer's owner hears an acceptance of its own, latest offer."""
    outcome = seen.outcome
    if outcome is None or seen.protocol.joint is not None or outcome.accepted_offer is None:
        return
    deal = outcome.accepted_offer
    heard = [e for e in seen.events if e.kind == "heard" and isinstance(e.message, Accept) and e.end.name == deal.agent]
    if not any(event.message.offer == deal.id for event in heard):  # type: ignore[attr-defined]  # an Accept
        yield f"{deal.agent} never heard an acceptance of its offer {deal.id}"
    said = [event for event in seen.events if event.kind == "said" and event.end.name == deal.agent]
    own = [event.message.offer for event in said if isinstance(event.message, Propose)]
    if seen.protocol.name in LATEST_BINDS and own and own[-1] != deal.id:
        yield f"{deal.agent} is bound to {deal.id}, and had gone on to {own[-1]}"


LATEST_BINDS = frozenset(("bilateral", "rubinstein"))


def rational(seen: Witness) -> Iterator[str]:
    """Nobody whom the guard protects is bound below its reservation value, or to what lies outside of its outcome space."""
    outcome = seen.outcome
    if outcome is None or outcome.accepted_offer is None:
        return
    deal = outcome.accepted_offer
    for seat in bound(seen):
        mine = seat.preferences
        if mine is None or seat.name in seen.adversaries:
            continue
        try:
            mine.check(deal.value)
        except ValueError as error:
            yield f"the deal lies outside of the outcome space of {seat.name}: {error}"
            continue
        if not mine.known or not seat.guard or outvoted(outcome.result):
            continue
        base = undiscounted(mine)
        worth, least = worth_of(base, deal, seat.name), base.reservation_value
        if worth is not None and worth < least - SLACK * max(1.0, abs(least)):
            yield f"the deal is worth {worth:g} to {seat.name}, whose reservation value is {least:g}"


def outvoted(result: Any) -> bool:  # whatever the protocol's is
    """Whether a deal also binds some who did not accept it, as they agreed to before: by majority, quorum or arbitration."""
    return isinstance(result, MediationResult) and (result.imposed or result.accepted < result.parties)


def bound(seen: Witness) -> list[Any]:  # of Seat
    """Return the seats that a deal binds: all, but where one buyer has talked with many sellers only those two."""
    seller = getattr(seen.outcome.result if seen.outcome is not None else None, "seller", None)
    if seller is None:
        return seen.seats
    return [seat for seat in seen.seats if seat.role == seen.protocol.convener or seat.name == seller]


def undiscounted(preferences: Any) -> Any:  # problems.Preferences
    """Return preferences before any discount for delay: a deal that was worth accepting later is worth no less to them."""
    while (inner := getattr(preferences, "base", None)) is not None:
        preferences = inner
    return preferences


def worth_of(preferences: Any, deal: Any, name: str) -> float | None:
    """Return what a deal is worth; None where the agent's own utility fails on it."""
    try:
        return float(preferences.utility(deal.value, deal.agent == name))
    except Exception:  # noqa: BLE001  # the border to agents' code: a utility of its own; its fault is recorded elsewhere
        return None


def utilities_told(seen: Witness) -> Iterator[str]:
    """Utilities are finite numbers of agents who sit here."""
    outcome = seen.outcome
    for name, worth in (outcome.utilities if outcome is not None else {}).items():
        if name not in seen.agents or not isinstance(worth, (int, float)) or not math.isfinite(worth):
            yield f"{name} is said to have gained {worth!r}"


def reason_told(seen: Witness) -> Iterator[str]:
    """What was not agreed says why, with a code in front; nothing breaks the rules but who is known to."""
    outcome = seen.outcome
    if outcome is None or outcome.failure_reason is None:
        return
    if outcome.reason_code not in CODES:
        yield f"{outcome.failure_reason!r} begins with no known code"
    if outcome.reason_code == "protocol-violation" and not seen.suspects:
        yield f"{outcome.failure_reason[:200]}"


def ends_by_itself(seen: Witness) -> Iterator[str]:
    """Where nothing at all goes wrong, nothing waits for ever."""
    outcome = seen.outcome
    if seen.faultless and outcome is not None and outcome.final_state == TIMEOUT:
        yield f"{outcome.failure_reason}, although nothing went wrong"


def offers_registered(seen: Witness) -> Iterator[str]:
    """Every offer that is said is among the offers told, as it was said, put down to who made it (a chair passes it on)."""
    told = {offer.id: offer for offer in seen.outcome.all_offers} if seen.outcome is not None else {}
    for event in seen.events:
        if event.kind != "said" or not isinstance(event.message, Propose) or not event.message.offer:
            continue
        value, offer = event.message.value, told.get(event.message.offer)
        same = offer is not None and (offer.value is value or offer.value == value or hasattr(value, "offers"))
        if offer is None:
            yield f"{event.end.name} said offer {event.message.offer}, which is not told"
        elif not same or (offer.agent != event.end.name and event.end.seat.role != seen.protocol.convener):
            yield f"{event.end.name} said {event.message!r}; told is {offer}"
        elif not 0 <= offer.at - seen.conversation.started_at <= event.at - seen.conversation.started_at:
            yield f"{event.end.name} said at {event.at:g} what was offered at {offer.at:g}"
